"""CPU time of network scale-up: per effective draw of a size, and of bootstrap replicates.

    python -m benchmarks.scale_up [--draws 2000]

Invented surveys of the shape of those that NSUM and networkreporting come with: 300 respondents and 20 known
groups, 400 and 29; 2,406 respondents in 160 clusters of 5 strata. Compilation is not in it. Where R has NSUM
and networkreporting, they do the same in the same run.
"""

import argparse
import math
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.beside_r import beside, in_r, seconds_in_r
from pse.methods.chains import Chains
from pse.methods.scale_up import known_population_degrees
from pse.methods.scale_up_bayes import Model, ScaleUpDraws, scale_up_draws
from pse.methods.scale_up_bootstrap import scale_up_replicates
from pse.methods.scale_up_overdispersed import overdispersed_draws
from pse.methods.surveys import Measure, survey_design

TOTAL = 1_000_000
WARMUP = 500
MODELS: tuple[Model, ...] = ("random degree", "transmission", "barrier", "combined")

NSUM_MODEL = """
known <- c({known})
seconds <- cpu(fit <- NSUM::nsum.mcmc(
  as.matrix(table), known, {total}, model = "{model}", iterations = {draws}, burnin = {warmup}))
cat(fit$NK.values, seconds)
"""
NETWORKREPORTING = """
library(networkreporting)
cat(cpu(bootstrap.estimates(
  survey.data = table, survey.design = ~ town + strata(region), num.reps = {replicates},
  bootstrap.fn = "rescaled.bootstrap.sample", estimator.fn = "nsum.estimator", weights = "w",
  d.hat.vals = "d.hat", y.vals = "kp", total.popn.size = {total}, missing = "complete.obs")))
"""


def survey(respondents: int, groups: int, *, kept: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return reports with barriers of rho 0.02; a share `kept` of ties to the KP is reported."""
    shares = np.append(np.linspace(0.0005, 0.03, groups), 0.02)
    degrees = rng.lognormal(5, 0.9, size=respondents).astype(int)
    known = rng.beta(shares * 49, (1 - shares) * 49, size=(respondents, groups + 1))
    reports = rng.binomial(degrees[:, None], known)
    reports[:, -1] = rng.binomial(reports[:, -1], kept)
    return pd.DataFrame(reports, columns=[*_sizes(groups), "kp"])


def _sizes(groups: int) -> dict[str, float]:
    return {f"group {k}": float(n) for k, n in enumerate(np.linspace(0.0005, 0.03, groups) * TOTAL)}


def nsum(reports: pd.DataFrame, known: dict[str, float], model: Model, draws: int) -> None:
    """Print the same of NSUM, if it is here."""
    code = NSUM_MODEL.format(
        known=", ".join(map(str, known.values())),
        total=TOTAL,
        model=model.removeprefix("random "),
        draws=draws,
        warmup=WARMUP,
    )
    printed = in_r("NSUM", code, reports)
    if printed is not None:
        *sizes, spent = map(float, printed.split())
        effective = Chains(np.array([sizes])).effective
        print(
            f"  NSUM: {spent:.2f} s, {effective:,.0f} effective: {1000 * spent / effective:.2f} ms each",
            flush=True,
        )


def measure(name: str, draw: Callable[[int], ScaleUpDraws], draws: int) -> None:
    """Print CPU milliseconds per effective draw, the warm-up in it."""
    draw(5)
    start = time.process_time()
    got = draw(draws)
    spent = time.process_time() - start
    chains = Chains(got.sizes["kp"])
    print(
        f"{name}: {spent:.2f} s CPU, {chains.effective:,.0f} effective draws of {chains.draws.size:,} "
        f"(R-hat {chains.rhat:.3f}): {1000 * spent / chains.effective:.2f} ms each",
        flush=True,
    )


def models(respondents: int, groups: int, draws: int) -> None:
    """Measure all models on one survey."""
    rng = np.random.default_rng(20160215)
    told = {"kp": Measure(0.6, 0.05, math.inf, "KP study")}
    known = _sizes(groups)
    for model in MODELS:
        thin = told if model in ("transmission", "combined") else None
        reports = survey(respondents, groups, kept=0.6 if thin else 1.0, rng=rng)

        def draw(n: int, model: Model = model, thin=thin, reports=reports) -> ScaleUpDraws:  # type: ignore[no-untyped-def]
            return scale_up_draws(
                reports,
                known,
                unknown=["kp"],
                total_population=TOTAL,
                model=model,
                transmission=thin,
                draws=n,
                warmup=WARMUP,
                rng=np.random.default_rng(1),
            )

        measure(f"{respondents} x {groups + 1}, {model}", draw, draws)
        nsum(reports, known, model, draws)
    reports = survey(respondents, groups, kept=1.0, rng=rng)
    measure(
        f"{respondents} x {groups + 1}, overdispersed",
        lambda n: overdispersed_draws(
            reports,
            known,
            unknown=["kp"],
            total_population=TOTAL,
            scale_by=list(known),
            draws=n,
            warmup=WARMUP,
            rng=np.random.default_rng(1),
        ),
        draws,
    )


def bootstrap(replicates: int) -> None:
    """Print CPU milliseconds of bootstrap replicates, the median of 20 runs."""
    rng = np.random.default_rng(20160215)
    table = survey(2406, 22, kept=1.0, rng=rng)
    town = rng.integers(0, 160, size=len(table))
    table = table.assign(town=town, region=town % 5, w=rng.uniform(0.3, 2, size=len(table)))
    design = survey_design(table, weight="w", stratum="region", cluster="town")
    degrees = known_population_degrees(table, _sizes(22), total_population=TOTAL)
    spent = []
    for _ in range(20):
        start = time.process_time()
        scale_up_replicates(
            table["kp"], degrees, total_population=TOTAL, design=design, replicates=replicates, rng=rng
        )
        spent.append(time.process_time() - start)
    ours = float(np.median(spent))
    code = NETWORKREPORTING.format(replicates=replicates, total=TOTAL)
    told = beside(
        "networkreporting", seconds_in_r("networkreporting", code, table.assign(**{"d.hat": degrees})), ours
    )
    print(f"bootstrap, 2,406 respondents, {replicates:,} replicates: {1000 * ours:.1f} ms CPU; {told}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    options = parser.parse_args()
    bootstrap(1000)
    models(300, 20, options.draws)
    models(400, 29, options.draws)
