"""How often 95% credible intervals of Bayesian capture-recapture hold the truth.

``python -m benchmarks.methods_coverage_latent``: every run is one population of 1,000 people and its lists.
"""

import numpy as np
import pandas as pd

from benchmarks.held import LEVEL, Made, Scenario, write_page
from pse.methods.bayes_log_linear import bayes_log_linear_size
from pse.methods.histories import Histories, histories
from pse.methods.latent_class import latent_class_size

SIZE = 1000
LISTS = ["clinic", "outreach", "test", "ngo"]
CHANCES = np.array([0.3, 0.2, 0.35, 0.25])


def _met(chance: np.ndarray, rng: np.random.Generator) -> Histories:
    """Draw who is on which list; `chance` has a row for each person."""
    on = (rng.random(chance.shape) < chance).astype(int)
    return histories(pd.DataFrame(on[on.any(axis=1)], columns=LISTS))


def _made(given: Histories, rng: np.random.Generator) -> dict[str, Made]:
    def size(classes: int, thin: int) -> Made:
        length = {"draws": 500, "warmup": 1000, "thin": thin}
        return lambda: latent_class_size(given, classes=classes, level=LEVEL, rng=rng, **length), SIZE

    return {
        "latent classes, up to 5": size(5, 30),
        "one class (independent lists)": size(1, 2),
        "log-linear models": _log_linear(given, None, rng),
    }


def _log_linear(given: Histories, uncertain: str | None, rng: np.random.Generator) -> Made:
    table = pd.DataFrame(given.patterns, columns=LISTS).assign(people=given.counts)
    columns = {"lists": LISTS, "people": "people", "covariates": [], "uncertain": uncertain}
    return lambda: bayes_log_linear_size(table, **columns, level=LEVEL, rng=rng, draws=4000), SIZE


def alike(rng: np.random.Generator) -> dict[str, Made]:
    """All people have the same chances, 20 to 35 %."""
    return _made(_met(np.tile(CHANCES, (SIZE, 1)), rng), rng)


def two_classes(rng: np.random.Generator) -> dict[str, Made]:
    """30 % are found with 60 % by each list, the others with half of the usual chances."""
    easy = rng.random(SIZE)[:, None] < 0.3
    return _made(_met(np.where(easy, 0.6, CHANCES / 2), rng), rng)


def continuous(rng: np.random.Generator) -> dict[str, Made]:
    """Log odds of a person are shifted by a normal number with standard deviation 1 on all lists."""
    odds = CHANCES / (1 - CHANCES) * np.exp(rng.normal(size=(SIZE, 1)))
    return _made(_met(odds / (1 + odds), rng), rng)


def referral(rng: np.random.Generator) -> dict[str, Made]:
    """All alike, but the clinic refers half of its people to the test: a tie of two lists only."""
    on = rng.random((SIZE, 4)) < CHANCES
    on[:, 2] |= on[:, 0] & (rng.random(SIZE) < 0.5)
    return _made(_met(on.astype(float), rng), rng)


def others(rng: np.random.Generator) -> dict[str, Made]:
    """All alike; the NGO also lists 300 people who are not of the KP and on no other list."""
    given = _met(np.tile(CHANCES, (SIZE, 1)), rng)
    given.counts[0] += 300  # 0001: on the last list alone
    return {
        "log-linear models": _log_linear(given, None, rng),
        "log-linear models, ngo as an upper limit": _log_linear(given, "ngo", rng),
    }


SCENARIOS: dict[str, Scenario] = {
    "all alike": alike,
    "two classes": two_classes,
    "odds differ from person to person": continuous,
    "one list refers to another": referral,
    "one list also holds others": others,
}


if __name__ == "__main__":
    write_page(
        "latent",
        SCENARIOS,
        title="Coverage: Bayesian capture-recapture",
        notes="Chains are short (4 x 500 draws): what did not agree is refused.",
        runs=200,
    )
