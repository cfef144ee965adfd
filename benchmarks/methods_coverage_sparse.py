"""How often 95% intervals of sparse lists hold the truth.

``python -m benchmarks.methods_coverage_sparse``: every run is one draw of a population of known size onto
lists that share few people. "known pairs" is the interval of the model that made the data.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.held import LEVEL, Made, Scenario, write_page
from pse.estimate import Estimate
from pse.methods.histories import Histories, histories
from pse.methods.sparse_lists import sparse_size
from pse.methods.sparse_lists_model import SparseModel

THRESHOLD = 0.02
REPLICATES = 1000
Pairs = list[tuple[str, str]]


def drawn(rng: np.random.Generator, size: int, chances: list[float], odds: dict[str, float]) -> Histories:
    """People on lists a, b, ...; `odds` multiplies the odds of the second list for those on the first."""
    on = np.zeros((size, len(chances)), dtype=bool)
    for place, chance in enumerate(chances):
        ratio = np.full(size, chance / (1 - chance))
        for pair, factor in odds.items():
            first, second = ("abcde".index(name) for name in pair)
            if second == place:
                ratio = np.where(on[:, first], ratio * factor, ratio)
        on[:, place] = rng.random(size) < ratio / (1 + ratio)
    return histories(pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list("abcde"[: len(chances)])))


def sparse(size: int, chances: list[float], odds: dict[str, float]) -> Scenario:
    """Lists of given chances, some pairs dependent; 0 for lists that never share anybody."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        given = drawn(rng, size, chances, odds)
        pairs: Pairs = [(pair[0], pair[1]) for pair in odds]

        def log(model: SparseModel | Pairs, threshold: float | None = None) -> Callable[[], Estimate]:
            return lambda: sparse_size(given, model=model, threshold=threshold, interval="log", level=LEVEL)

        def bca() -> Estimate:
            return sparse_size(
                given,
                model="stepwise",
                threshold=THRESHOLD,
                interval="bca",
                replicates=REPLICATES,
                rng=rng,
                level=LEVEL,
            )

        known: dict[str, Made] = {"known pairs, log": (log(pairs), size)} if pairs else {}
        return known | {
            "no pairs, log": (log("main"), size),
            "all pairs, log": (log("all pairs"), size),
            "stepwise, log": (log("stepwise", THRESHOLD), size),
            "stepwise, BCa": (bca, size),
        }

    return one


SCENARIOS: dict[str, Scenario] = {
    "4 lists of 2-6 % of 5,000, independent": sparse(5000, [0.06, 0.05, 0.04, 0.02], {}),
    "4 lists, a:b odds x 4": sparse(5000, [0.06, 0.05, 0.04, 0.02], {"ab": 4}),
    "4 lists, a:b odds x 2 (hard to see)": sparse(5000, [0.06, 0.05, 0.04, 0.02], {"ab": 2}),
    "4 lists, a:b share nobody": sparse(5000, [0.06, 0.05, 0.04, 0.02], {"ab": 0}),
    "5 lists of 0.5-10 % of 10,000, a:b x 3, c:d share nobody": sparse(
        10_000, [0.05, 0.1, 0.08, 0.035, 0.005], {"ab": 3, "cd": 0}
    ),
    "5 lists of 2-7 % of 1,000, independent": sparse(1000, [0.03, 0.03, 0.07, 0.04, 0.02], {}),
}


if __name__ == "__main__":
    write_page(
        "sparse",
        SCENARIOS,
        title="Coverage: sparse lists",
        notes=f"Stepwise takes pairs with p below {THRESHOLD:g}; BCa has {REPLICATES:,} replicates, in each "
        "of which the pairs are chosen anew. A model without pairs fails where lists depend. After a choice "
        "of pairs the log interval fails where the dependence is too weak to be found in every table; BCa is "
        "wider there.",
        runs=200,
    )
