"""How often 95% intervals of pooled estimates hold the truth.

``python -m benchmarks.methods_coverage_synthesis``: every run is one set of studies of a population of known
size. Each study has a sampling error that it knows, and a bias that it does not.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.held import LEVEL, Made, Scenario, write_page
from pse.estimate import Estimate
from pse.methods.synthesis import consensus, consensus_fit
from pse.methods.synthesis_anchor import Anchor, anchored_multiplier
from pse.methods.synthesis_areas import AreaSizes, Spreads, area_sizes
from pse.methods.synthesis_ledger import Evidence
from pse.methods.synthesis_pool import pool_evidence, pool_prediction
from pse.methods.synthesis_priors import ElicitedPrior, MethodBias

SIZE, ADULTS = 3_000, 100_000
Z = 1.959964


def entry(size: Estimate, number: int, **changes: Any) -> Evidence:
    """One entry of the ledger."""
    what: dict[str, Any] = {
        "definition": "made", "recall": "12 months", "area": "city", "denominator": ADULTS,
        "source": f"study {number}", "year": 2024, "method": "lists", "confidence": 1.0,
    }  # fmt: skip
    return Evidence(estimate=size, **what | changes)


def study(point: float, error: float, number: int, **changes: Any) -> Evidence:
    """One entry with this error of the log size."""
    reach = math.exp(Z * error)
    size = Estimate(point, point / reach, point * reach, "confidence", LEVEL, "made")
    return entry(size, number, **changes)


def cell(log_odds: float, adults: float, number: int, **changes: Any) -> Evidence:
    """One entry of an area, with an error of the log-odds of 0.15."""
    point, low, high = (adults / (1 + math.exp(-(log_odds + z * 0.15))) for z in (0, -Z, Z))
    size = Estimate(point, low, high, "confidence", LEVEL, "made")
    return entry(size, number, denominator=adults, **changes)


def studies(rng: np.random.Generator, k: int, tau: float, *, confidence: float = 1.0) -> list[Evidence]:
    """k studies with errors of 8 to 25 % and biases of tau."""
    errors = rng.uniform(0.08, 0.25, size=k)
    logs = math.log(SIZE) + rng.normal(0, tau, size=k) + rng.normal(0, errors)
    return [
        study(math.exp(y), float(error), number, confidence=confidence)
        for number, (y, error) in enumerate(zip(logs, errors, strict=True))
    ]


def prior_of(rng: np.random.Generator, sd: float = 0.4) -> ElicitedPrior:
    """A prior whose centre is off as it says itself."""
    centre = math.exp(math.log(SIZE) + rng.normal(0, sd))
    return ElicitedPrior(median=centre, upper=centre * math.exp(0.6745 * sd), probability=0.75)


def pooled(k: int, tau: float, confidence: float = 1.0) -> Scenario:
    """Consensus with the published and a wide prior of tau, and the pool without a prior."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        given = studies(rng, k, tau, confidence=confidence)
        prior = prior_of(rng)
        following = math.exp(math.log(SIZE) + rng.normal(0, tau)) if tau else SIZE

        def make(multiplier: float, used: ElicitedPrior | None) -> Made:
            return lambda: consensus(given, scale="log", prior=used, tau_multiplier=multiplier), SIZE

        return {
            "consensus, tau x 0.01": make(0.01, prior),
            "consensus, tau x 1": make(1.0, prior),
            "consensus, tau x 1, no prior": make(1.0, None),
            "consensus, tau x 1, next study": (
                lambda: consensus_fit(given, scale="log", prior=prior, tau_multiplier=1.0).prediction(),
                following,
            ),
            "pool, hartung-knapp": (lambda: pool_evidence(given, error="hartung-knapp"), SIZE),
            "pool, next study": (lambda: pool_prediction(given), following),
        }

    return one


def biased(rng: np.random.Generator) -> dict[str, Made]:
    """Four studies of one method that is off by a common factor (sd 0.2), two of another that is not."""
    factor = math.exp(math.log(0.8) + rng.normal(0, 0.2))
    points = SIZE * np.exp(rng.normal(0, 0.1, size=6)) * ([factor] * 4 + [1.0] * 2)
    methods = ["multiplier"] * 4 + ["lists"] * 2
    given = [study(float(p), 0.1, n, method=m) for n, (p, m) in enumerate(zip(points, methods, strict=True))]
    reach = math.exp(Z * 0.2)
    bias = MethodBias(
        method="multiplier", factor=0.8, lower=0.8 / reach, upper=0.8 * reach, level=LEVEL, source="made"
    )

    def make(biases: Sequence[MethodBias]) -> Made:
        return (
            lambda: consensus(given, scale="log", prior=None, tau_multiplier=0.01, biases=biases),
            SIZE,
        )

    return {"with the prior on the bias": make([bias]), "without it": make([])}


def anchored(tau: float, off: float) -> Scenario:
    """Four estimates of one survey and an anchor that is off by a factor (its own sd: a fifth)."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        given = studies(rng, 4, tau)
        share = max(SIZE / ADULTS * (off + rng.normal(0, 0.2)), 0.003)
        half = Z * 0.2 * SIZE / ADULTS
        anchor = Anchor(
            share=share, lower=max(share - half, 0.0), upper=share + half, level=LEVEL, source="made"
        )
        return {
            form: (
                lambda form=form: anchored_multiplier(  # type: ignore[misc]
                    given, anchor=anchor, form=form, denominator=ADULTS
                ),
                SIZE,
            )
            for form in ("plain", "variance-adjusted")
        }

    return one


def areas(spread: float, method: float, rest: float) -> Scenario:
    """Six areas by three methods, a third of the cells blank; the first area and the total."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        adults = rng.uniform(5_000, 50_000, size=6)
        shares = 1 / (1 + np.exp(4 - rng.normal(0, spread, size=6)))
        odds = np.log(shares / (1 - shares))
        bias = rng.normal(0, method, size=3)
        given = []
        for number in range(18):
            a, m = divmod(number, 3)
            if (a + m) % 3 == 2:
                continue
            y = odds[a] + bias[m] + rng.normal(0, rest) + rng.normal(0, 0.15)
            given.append(cell(float(y), float(adults[a]), number, method=f"method {m}", area=f"area {a}"))
        made: list[AreaSizes] = []

        def fit() -> AreaSizes:
            if not made:
                spreads = Spreads(area=1.0, method=0.5, study=0.3)
                made.append(area_sizes(given, spreads=spreads, draws=1000, rng=rng))
            return made[0]

        def first() -> Estimate:
            row = fit().table().iloc[0]
            return Estimate(row["point"], row["lower"], row["upper"], "credible", LEVEL, "area")

        return {
            "one area": (first, float(adults[0] * shares[0])),
            "all areas together": (lambda: fit().total(), float(adults @ shares)),
        }

    return one


def areas_by_prior(rng: np.random.Generator) -> dict[str, Made]:
    """The same with spreads drawn from the prior: exact up to the grid and the normal errors."""
    spreads = np.abs(rng.normal(size=3)) * [1.0, 0.5, 0.3]
    return areas(*map(float, spreads))(rng)


SCENARIOS: dict[str, Scenario] = {
    "3 studies without bias": pooled(3, 0.0),
    "3 studies, bias 0.3": pooled(3, 0.3),
    "3 studies, bias 0.3, confidence 0.5": pooled(3, 0.3, 0.5),
    "6 studies, bias 0.3": pooled(6, 0.3),
    "a biased method": biased,
    "anchor right, 4 estimates agree": anchored(0.0, 1.0),
    "anchor right, 4 estimates differ (0.3)": anchored(0.3, 1.0),
    "anchor half of the truth, 4 estimates agree": anchored(0.0, 0.5),
    "areas, spreads from the prior": areas_by_prior,
    "areas 0.5, methods 0.3, rest 0.1": areas(0.5, 0.3, 0.1),
    "areas 0.5, methods 1.0, rest 0.1": areas(0.5, 1.0, 0.1),
}


NOTES = (
    "No bias that all studies share is in it: this is the best case. Bias: standard deviation of log sizes "
    "between studies. A next study is one without sampling error.\n\nHow to read it: where studies have a "
    "bias that the confidences leave out, the published prior of tau (0.01) is far too narrow; with 1 a few "
    "studies still cannot show it fully, and only hartung-knapp holds, at twice the width. The anchored "
    "multiplier is for estimates that agree. Areas fail where methods err more than the prior of their "
    "spread allows."
)


if __name__ == "__main__":
    title = "Coverage: synthesis of several estimates"
    write_page("synthesis", SCENARIOS, title=title, notes=NOTES, runs=200)
