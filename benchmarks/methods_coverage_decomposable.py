"""How often 95% intervals averaged over decomposable graphs hold the truth.

``python -m benchmarks.methods_coverage_decomposable``: every run is one set of lists. In the first scenarios
size, graph and cells are drawn from the prior, where a credible interval must hold 95 %; the others have one
true size.
"""

from collections.abc import Callable
from itertools import combinations, permutations

import numpy as np
from scipy import stats
from scipy.special import expit

from benchmarks.held import Made, Scenario, write_page
from pse.estimate import Estimate
from pse.methods.decomposable import Prior, decomposable_size
from pse.methods.decomposable_graphs import decomposable_graphs
from pse.methods.histories import Histories, history_patterns

NAMES = ("a", "b", "c", "d", "e")


def to_histories(on: np.ndarray) -> Histories:
    """Return the lists of people, 0 and 1, who are on at least one."""
    lists = on.shape[1]
    code = on @ (1 << np.arange(lists)[::-1])
    return Histories(NAMES[:lists], history_patterns(lists), np.bincount(code, minlength=1 << lists)[1:])


def draw_lists(size: int, powers: np.ndarray, delta: float, rng: np.random.Generator) -> np.ndarray:
    """Return people by lists from a graph whose cells are drawn from the hyper-Dirichlet prior.

    Each list is drawn given its neighbours that were drawn before it; in the right order these are joined.
    """
    k = len(powers).bit_length() - 1
    joined = {
        pair
        for pair in combinations(range(k), 2)
        if any(powers[m] > 0 for m in range(1 << k) if _in(m, pair))
    }
    before = next(near for order in permutations(range(k)) if (near := _drawn_before(order, joined)))
    on = np.zeros((size, k), dtype=np.int64)
    for node, around in before:
        own = delta * 2.0 ** (k - len(around) - 1)
        chance = rng.beta(own, own, size=1 << len(around))
        on[:, node] = rng.random(size) < chance[on[:, around] @ (1 << np.arange(len(around)))]
    return on


def _in(margin: int, pair: tuple[int, int]) -> bool:
    return all(margin >> i & 1 for i in pair)


def _drawn_before(order: tuple[int, ...], joined: set[tuple[int, int]]) -> list[tuple[int, list[int]]] | None:
    """Return each list with its neighbours drawn before; None if some are not joined to each other."""
    made: list[tuple[int, list[int]]] = []
    for at, node in enumerate(order):
        around = sorted(i for i in order[:at] if (min(i, node), max(i, node)) in joined)
        if not joined.issuperset(combinations(around, 2)):
            return None
        made.append((node, around))
    return made


def from_the_prior(lists: int, delta: float) -> Scenario:
    """Size negative binomial around 600; any graph; cells from the hyper-Dirichlet prior."""
    prior = stats.nbinom(6, 1 / 101)

    def one(rng: np.random.Generator) -> dict[str, Made]:
        size = int(prior.rvs(random_state=rng))
        graphs = decomposable_graphs(lists)
        given = to_histories(draw_lists(size, graphs[rng.integers(len(graphs))], delta, rng))
        return {"prior of the size": (_make(given, delta, prior.logpmf, 5000), size)}

    return one


def _make(given: Histories, delta: float, prior: Prior, most: int) -> Callable[[], Estimate]:
    return lambda: decomposable_size(given, delta=delta, most_missing=most, prior=prior)


def fixed(people: Callable[[np.random.Generator], np.ndarray], *, most: int = 10_000) -> Scenario:
    """One true size; both named priors, delta 1 and 1 / 2^k."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        on = people(rng)
        size, lists = on.shape
        given = to_histories(on)
        made: dict[str, Made] = {}
        for told, delta in (("1", 1.0), ("1/2^k", 1 / 2**lists)):
            made[f"delta {told}, one over size"] = (_make(given, delta, "one over size", most), size)
            made[f"delta {told}, one over missing"] = (_make(given, delta, "one over missing", most), size)
        return made

    return one


def alone(size: int, chances: tuple[float, ...]) -> Callable[[np.random.Generator], np.ndarray]:
    """Lists that do not depend on each other."""
    return lambda rng: (rng.random((size, len(chances))) < chances).astype(np.int64)


def referral(size: int, chances: tuple[float, ...]) -> Callable[[np.random.Generator], np.ndarray]:
    """The same, but people on the first list are on the second with a chance of 60 %."""

    def people(rng: np.random.Generator) -> np.ndarray:
        on = (rng.random((size, len(chances))) < chances).astype(np.int64)
        on[:, 1] = rng.random(size) < np.where(on[:, 0] == 1, 0.6, chances[1])
        return on

    return people


def differ(size: int, lists: int) -> Callable[[np.random.Generator], np.ndarray]:
    """People who differ, logit-normal with spread 1: each pair of lists overlaps more than by chance."""

    def people(rng: np.random.Generator) -> np.ndarray:
        chance = expit(-1.3 + rng.normal(size=(size, 1)))
        return (rng.random((size, lists)) < chance).astype(np.int64)

    return people


SCENARIOS: dict[str, Scenario] = {
    "3 lists from the prior, delta 1": from_the_prior(3, 1.0),
    "3 lists from the prior, delta 1/8": from_the_prior(3, 1 / 8),
    "4 lists from the prior, delta 1": from_the_prior(4, 1.0),
    "3 lists alone, 1,000 people": fixed(alone(1000, (0.2, 0.25, 0.3))),
    "3 lists alone, 200 people, 10 % each": fixed(alone(200, (0.1, 0.1, 0.1)), most=100_000),
    "3 lists with referral, 1,000 people": fixed(referral(1000, (0.2, 0.25, 0.3))),
    "4 lists with referral, 1,000 people": fixed(referral(1000, (0.2, 0.25, 0.3, 0.15))),
    "5 lists with referral, 1,000 people": fixed(referral(1000, (0.2, 0.1, 0.3, 0.15, 0.1))),
    "4 lists, 1,000 people who differ": fixed(differ(1000, 4)),
}


if __name__ == "__main__":
    write_page(
        "decomposable",
        SCENARIOS,
        title="Coverage: averages over decomposable graphs",
        notes="Drawn from the prior, the intervals hold what they promise. With delta 1 there are as many "
        "imagined people on all lists as on none, which pulls the size down, the more the fewer the lists "
        "hold; 1 / missing pulls it down too. No graph has people who differ, so that all intervals there "
        "are far too low.",
        runs=400,
    )
