"""How often the 95 % intervals from one list hold the true size.

`python -m benchmarks.methods_coverage_one_list` writes docs/coverage_one_list.md. Populations are simulated
from stated models; intervals below the mark are listed by name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from pse.estimate import Estimate
from pse.methods.one_list import fit_one_list, one_list_size
from pse.methods.one_list_bootstrap import bootstrap_size
from pse.methods.refusal import NoEstimateError
from pse.methods.species import chao, chao_bunge, chao_lee, jackknife, times_seen

Array = np.ndarray
TRUE = 1000
MEAN = 0.8
SEED = 20160215
WORLDS = ("Poisson", "geometric", "negative binomial 0.5", "one-inflated 0.3", "covariate")


def people_of(world: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return how often each of the true people is seen, and a covariate that matters in one world only."""
    z = (rng.random(TRUE) < 0.4).astype(float)
    mean = np.full(TRUE, MEAN)
    if world == "geometric":
        mean = mean * rng.gamma(1.0, 1.0, TRUE)
    if world == "negative binomial 0.5":
        mean = mean * rng.gamma(2.0, 0.5, TRUE)
    if world == "covariate":
        mean = 0.5 * np.exp(0.8 * z)
    seen = rng.poisson(mean)
    if world == "one-inflated 0.3":
        seen = np.where(rng.random(TRUE) < 0.3, 1, seen)
    return seen, z


def intervals(seen: Array, z: Array, rng: np.random.Generator) -> dict[str, Callable[[], Estimate]]:
    """Return every interval that is tried, by name."""
    some = seen > 0
    table = pd.DataFrame({"seen": seen[some], "z": z[some]})
    people = times_seen(seen[some])

    def fitted(family: str, **options: str) -> Estimate:
        return one_list_size(fit_one_list(table, seen="seen", family=family, numeric=["z"]), **options)  # type: ignore[arg-type]

    def resampled(kind: str) -> Estimate:
        fit = fit_one_list(table, seen="seen", family="ztpoisson", numeric=["z"])
        return bootstrap_size(fit, kind=kind, replicates=200, rng=rng)  # type: ignore[arg-type]

    tried: dict[str, Callable[[], Estimate]] = {
        f"{family}, log-normal": lambda family=family: fitted(family)  # type: ignore[misc]
        for family in (
            "ztpoisson",
            "ztgeom",
            "ztnegbin",
            "zotpoisson",
            "zotgeom",
            "oiztpoisson",
            "chao",
            "zelterman",
        )
    }
    tried["ztpoisson, normal"] = lambda: fitted("ztpoisson", interval="normal")
    for kind in ("nonparametric", "semiparametric", "parametric"):
        tried[f"ztpoisson, {kind} bootstrap"] = lambda kind=kind: resampled(kind)  # type: ignore[misc]
    tried["chao without covariates"] = lambda: chao(people=people, bias_corrected=False)
    tried["chao, bias-corrected"] = lambda: chao(people=people, bias_corrected=True)
    tried["chao-lee 1"] = lambda: chao_lee(people=people, form=1)
    tried["chao-lee 2"] = lambda: chao_lee(people=people, form=2)
    tried["chao-bunge"] = lambda: chao_bunge(people=people)
    tried["jackknife"] = lambda: jackknife(people=people)
    return tried


def coverage(*, replicates: int, seed: int = SEED) -> pd.DataFrame:
    """Return, by world and interval, shares that held the true size and were refused, and the mean point."""
    rows = []
    for world, seeds in zip(WORLDS, np.random.SeedSequence(seed).spawn(len(WORLDS)), strict=True):
        for one in seeds.spawn(replicates):
            rng = np.random.default_rng(one)
            seen, z = people_of(world, rng)
            for name, make in intervals(seen, z, rng).items():
                try:
                    size = make()
                    rows.append((world, name, float(size.lower <= TRUE <= size.upper), size.point, 0.0))
                except NoEstimateError:
                    rows.append((world, name, np.nan, np.nan, 1.0))
    table = pd.DataFrame(rows, columns=["world", "method", "held", "point", "refused"])
    return table.groupby(["world", "method"], sort=False).mean().reset_index()


def write_report(table: pd.DataFrame, path: Path, *, replicates: int) -> None:
    """Write the two tables and the list of failures."""
    noise = 2 * np.sqrt(0.95 * 0.05 / replicates)
    lines = [
        "# Coverage of the 95 % intervals from one list",
        "",
        f"{replicates} populations of {TRUE:,} in each world, seed {SEED}; made by "
        "`python -m benchmarks.methods_coverage_one_list`. Share of intervals that hold the true size, then "
        "the mean point, then the share refused (left out of the first two). With so many populations a "
        f"right interval shows {100 * (0.95 - noise):.0f} % or more. All regressions have the covariate z, "
        "which matters in the last world only.",
        "",
        "| method | " + " | ".join(WORLDS) + " |",
        "|---|" + "---|" * len(WORLDS),
    ]
    for method, part in table.groupby("method", sort=False):
        cells = part.set_index("world").loc[list(WORLDS)]
        shown = [_cell(*row) for row in zip(cells["held"], cells["point"], cells["refused"], strict=True)]
        lines.append(f"| {method} | " + " | ".join(shown) + " |")
    low = table[table["held"] < 0.95 - noise]
    lines += ["", "## Failures: below the noise of 95 %", ""]
    lines += [
        f"- {row.method} in the world *{row.world}*: {100 * row.held:.0f} % (mean point {row.point:,.0f})"
        for row in low.itertuples()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(held: float, point: float, refused: float) -> str:
    if np.isnan(held):
        return "all refused"
    tail = f", {100 * refused:.0f} % refused" if refused else ""
    return f"{100 * held:.0f} % ({point:,.0f}{tail})"


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    target = Path(__file__).parents[1] / "docs" / "coverage_one_list.md"
    write_report(coverage(replicates=times), target, replicates=times)
    print(target.read_text(encoding="utf-8"))
