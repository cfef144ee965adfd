"""How often 95% intervals of two and of four lists hold the truth.

``python -m benchmarks.methods_coverage_lists``: every run is one set of lists from a population with a known
size. The lists do not depend on each other; only in the last scenario people differ in how easily they get on
lists.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from benchmarks.held import Made, Scenario, write_page
from pse.estimate import Estimate
from pse.methods.capture_recapture import chapman
from pse.methods.closed_corrected import closed_corrected
from pse.methods.closed_profile import closed_estimate
from pse.methods.histories import Histories, history_patterns
from pse.methods.sample_coverage import sample_coverage

TWO_INTERVALS = ("log", "wald", "profile", "transformed logit", "binomial", "hypergeometric", "poisson")
FOUR = 1000  # people, in the scenarios of four lists


def two(size: int, p1: float, p2: float) -> Scenario:
    """Two lists that hold shares p1 and p2 of the people."""
    chances = [p1 * p2, p1 * (1 - p2), (1 - p1) * p2, (1 - p1) * (1 - p2)]

    def one(rng: np.random.Generator) -> dict[str, Made]:
        both, first, second, _ = (int(people) for people in rng.multinomial(size, chances))

        def make(interval: str) -> Callable[[], Estimate]:
            return lambda: chapman(
                first=both + first,
                second=both + second,
                both=both,
                interval=interval,  # type: ignore[arg-type]
            )

        return {f"Chapman, {interval}": (make(interval), size) for interval in TWO_INTERVALS}

    return one


def four(spread: float) -> Scenario:
    """Four lists that hold 18 to 27 % of the people; log-odds differ between people with this spread."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        given = _four_lists(spread, rng)
        return {
            "Mt, profile": (lambda: closed_estimate(given, model="Mt", interval="profile"), FOUR),
            "Mt, log": (lambda: closed_estimate(given, model="Mt", interval="log"), FOUR),
            "Mt bias-corrected, log": (lambda: closed_corrected(given, model="Mt"), FOUR),
            "Mth Chao, profile": (
                lambda: closed_estimate(given, model="Mth Chao", interval="profile"),
                FOUR,
            ),
            "Mth Darroch, profile": (
                lambda: closed_estimate(given, model="Mth Darroch", interval="profile"),
                FOUR,
            ),
            "sample coverage, low": (
                lambda: sample_coverage(given, form="low coverage", replicates=200, rng=rng),
                FOUR,
            ),
        }

    return one


def _four_lists(spread: float, rng: np.random.Generator) -> Histories:
    chance = expit(np.array([-1.5, -1.2, -1.0, -1.3]) + spread * rng.normal(size=(FOUR, 1)))
    code = (rng.random((FOUR, 4)) < chance) @ (1 << np.arange(4)[::-1])
    return Histories(tuple("abcd"), history_patterns(4), np.bincount(code, minlength=16)[1:])


SCENARIOS: dict[str, Scenario] = {
    "500 people, 20 % and 20 %": two(500, 0.2, 0.2),
    "2,000 people, 5 % and 10 %": two(2000, 0.05, 0.1),
    "4 lists, 1,000 people, alike": four(0.0),
    "4 lists, 1,000 people who differ": four(1.0),
}


if __name__ == "__main__":
    write_page(
        "lists",
        SCENARIOS,
        title="Coverage: two and more lists",
        notes="The Wald interval reaches as far down as up and misses sizes above it; the log interval "
        "does so at an overlap of 10 people. Where people differ, Mt and sample coverage are too "
        "low (easy people are on several lists) and Chao models are lower limits; Darroch's curve "
        "is the shape simulated there (logit-normal), its best case.",
        runs=800,
    )
