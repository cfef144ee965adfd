"""How often 95% intervals of log-linear models hold the truth.

``python -m benchmarks.methods_coverage_log_linear``: the right model, the model that the data chose with its
own interval, averages, strata, and patterns that lists could not show.
"""

import numpy as np
import pandas as pd

from benchmarks.held import LEVEL, Made, Scenario, write_page
from pse.estimate import Estimate
from pse.methods.histories import Histories, histories
from pse.methods.log_linear import log_linear_size
from pse.methods.log_linear_models import average_models, best_model, log_linear_models
from pse.methods.log_linear_strata import strata_fit, strata_size, stratify


def people_on(shares: list[float], size: int, rng: np.random.Generator, tie: float = 0.0) -> np.ndarray:
    """Return who is on which list; who is on the first is on the second with a chance higher by `tie`."""
    on = rng.random((size, len(shares))) < shares
    if tie:
        on[:, 1] = rng.random(size) < shares[1] + tie * on[:, 0]
    return on


def met(on: np.ndarray) -> Histories:
    """Return the histories of those on a list."""
    table = pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list("abcdef")[: on.shape[1]])
    return histories(table)


def chosen(models: pd.DataFrame, criterion: str, biased: str) -> Estimate:
    """Return the best model with its own interval, as if it had not been chosen."""
    row = best_model(models, criterion=criterion, biased=biased)
    return Estimate(row["point"], row["lower"], row["upper"], "confidence", LEVEL, row["method"])


def selection(
    shares: list[float], size: int, *, tie: float, right: str | None, most_order: int, spread: float = 0.0
) -> Scenario:
    """Compare the right model, the chosen one and the averages; `spread` makes people differ in all lists."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        chances = np.array(shares) / (1 - np.array(shares))
        if spread:
            odds = chances * np.exp(rng.normal(0, spread, size=(size, 1)))
            given = met(rng.random((size, len(shares))) < odds / (1 + odds))
        else:
            given = met(people_on(shares, size, rng, tie))
        models = log_linear_models(given, most_order=most_order)
        tried: dict[str, Made] = {}
        if right:
            for interval in ("profile", "log"):
                tried[f"right model {right}, {interval}"] = (
                    lambda i=interval: log_linear_size(given, interactions=right, interval=i),
                    size,
                )
        for c in ("aic", "bic"):
            tried[f"model chosen by {c.upper()}, its own interval"] = (
                lambda c=c: chosen(models, c, "keep"),
                size,
            )
            for biased in ("keep", "leave out"):
                tried[f"{c.upper()} average, biased models: {biased}"] = (
                    lambda c=c, b=biased: average_models(models, criterion=c, biased=b),
                    size,
                )
        return tried

    return one


def strata(rng: np.random.Generator) -> dict[str, Made]:
    """600 and 900 people; the lists reach 10 and 15 % of the first group, 40 and 45 % of the second."""
    groups = [people_on([0.1, 0.15], 600, rng), people_on([0.4, 0.45], 900, rng)]
    on = np.vstack(groups)
    table = pd.DataFrame(on.astype(int), columns=["a", "b"]).assign(group=np.repeat([0, 1], [600, 900]))
    table = table[on.any(axis=1)]
    parts = stratify(table, by=["group"], lists=["a", "b"])

    def fit() -> Estimate:
        return strata_size(strata_fit(parts, interactions=[], common="nothing"))

    pooled = met(on)
    return {
        "strata with nothing in common": (fit, 1500),
        "no strata, profile": (lambda: log_linear_size(pooled, interactions=[], interval="profile"), 1500),
    }


def shared_strata(rng: np.random.Generator) -> dict[str, Made]:
    """300 and 400 people on three lists, the first two dependent the same way, other shares reached."""
    groups = []
    for size, chances in ((300, (0.3, 0.2, 0.25)), (400, (0.25, 0.3, 0.4))):
        on = rng.random((size, 3)) < chances
        odds = chances[1] / (1 - chances[1]) * np.where(on[:, 0], 3.0, 1.0)  # an odds ratio of 3
        on[:, 1] = rng.random(size) < odds / (1 + odds)
        groups.append(on)
    parts = {str(j): met(on) for j, on in enumerate(groups)}
    return {
        common: (
            lambda c=common: strata_size(strata_fit(parts, interactions="[12,3]", common=c)),
            700,
        )
        for common in ("nothing", "interactions")
    }


def missing(rng: np.random.Generator) -> dict[str, Made]:
    """1,000 people on three lists; who would be on the first two and not on the third is not recorded."""
    on = people_on([0.3, 0.25, 0.3], 1000, rng)
    table = pd.DataFrame(on.astype(int), columns=["a", "b", "c"])
    hidden = (table["a"] == 1) & (table["b"] == 1) & (table["c"] == 0)
    given = histories(table[on.any(axis=1) & ~hidden])

    def size(**where: list[str]) -> Estimate:
        return log_linear_size(given, interactions=[], interval="log", **where)

    return {
        "pattern 110 unobserved": (lambda: size(unobserved=["110"]), 1000),
        "taken as an empty cell": (lambda: size(), 1000),
    }


def nested(rng: np.random.Generator) -> dict[str, Made]:
    """200 people on three lists of which the second holds only people of the first."""
    on = people_on([0.4, 0.0, 0.3], 200, rng, tie=0.5)
    given = met(on)

    return {
        f"[12,3], {i}": (lambda i=i: log_linear_size(given, interactions="[12,3]", interval=i), 200)
        for i in ("profile", "log")
    }


SCENARIOS: dict[str, Scenario] = {
    "3 independent lists, 1,000 people": selection(
        [0.3, 0.25, 0.2], 1000, tie=0, right="[1,2,3]", most_order=2
    ),
    "3 lists, the first two dependent, 1,000 people": selection(
        [0.3, 0.2, 0.25], 1000, tie=0.3, right="[12,3]", most_order=2
    ),
    "4 lists, the first two dependent, 500 people": selection(
        [0.3, 0.2, 0.25, 0.2], 500, tie=0.3, right="[12,3,4]", most_order=3
    ),
    "3 small independent lists, 150 people": selection(
        [0.15, 0.2, 0.15], 150, tie=0, right="[1,2,3]", most_order=2
    ),
    "5 lists, the first two dependent, 400 people, pairs only": selection(
        [0.2, 0.15, 0.2, 0.15, 0.2], 400, tie=0.25, right="[12,3,4,5]", most_order=2
    ),
    "4 lists, people differ (log odds sd 1), 500 people": selection(
        [0.2, 0.2, 0.25, 0.2], 500, tie=0, right=None, most_order=3, spread=1.0
    ),
    "2 lists in 2 unlike groups, 1,500 people": strata,
    "3 lists in 2 groups, dependence shared, 700 people": shared_strata,
    "a pattern that lists could not show": missing,
    "a list inside another": nested,
}


if __name__ == "__main__":
    write_page(
        "log_linear",
        SCENARIOS,
        title="Coverage: log-linear models",
        notes=(
            "A model chosen by the data keeps an interval that ignores the choice; it is expected to fail. "
            "Where people differ in all lists, no model of pairs and triples holds the truth."
        ),
        runs=300,
    )
