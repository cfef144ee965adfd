"""How often 95% intervals of respondent-driven samples hold the share of the population.

``python -m benchmarks.methods_coverage_rds``: a made network stays the same, every run is one sample of it
(`benchmarks/rds_network.py`). Estimated are the people in the group: the share times the known population.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from benchmarks.held import LEVEL, Made, Scenario, write_page
from benchmarks.rds_network import Network, made_network, recruit
from pse.estimate import Estimate
from pse.methods.rds import RdsSample
from pse.methods.rds_bootstrap import rds_intervals

REPLICATES = 100
TRIED = (
    ("RDS-I", "salganik", "normal"),
    ("RDS-II", "salganik", "normal"),
    ("RDS-II", "tree", "normal"),
    ("RDS-II", "tree", "percentile"),
    ("SS", "gile", "normal"),
    ("SS", "tree", "normal"),
    ("HCG", "tree", "normal"),
)
network = cache(made_network)


def _made(
    sample: RdsSample, how: str, bootstrap: str, interval: str, known: float, net: Network, seed: int
) -> Callable[[], Estimate]:
    def make() -> Estimate:
        bounds = rds_intervals(
            sample,
            "group",
            how=how,  # type: ignore[arg-type]
            bootstrap=bootstrap,  # type: ignore[arg-type]
            interval=interval,  # type: ignore[arg-type]
            population=known,
            level=LEVEL,
            replicates=REPLICATES,
            rng=np.random.default_rng(seed),
        ).loc["yes", ["point", "lower", "upper"]]
        point, lower, upper = (bounds.to_numpy(dtype=float) * len(net.inside)).tolist()
        return Estimate(point, lower, upper, "confidence", LEVEL, f"{how}, {bootstrap}")

    return make


def sampled(
    *,
    people: int,
    of: int,
    share: float = 0.3,
    activity: float = 1.0,
    homophily: float = 1.0,
    seeds: int = 6,
    seeds_inside: bool = False,
    known: float = 1.0,
) -> Scenario:
    """A sample of `people` from a network of `of`; the size that SS is told is `known` times the true one."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        net = network(people=of, share=share, degree=10, activity=activity, homophily=homophily, seed=7)
        sample = recruit(net, people=people, seeds=seeds, seeds_inside=seeds_inside, rng=rng)
        truth, seed = net.share * of, int(rng.integers(2**32))
        return {", ".join(tried): (_made(sample, *tried, known * of, net, seed), truth) for tried in TRIED}

    return one


SCENARIOS: dict[str, Scenario] = {
    "300 of 2,000, groups do not matter": sampled(people=300, of=2000),
    "300 of 2,000, homophily 4": sampled(people=300, of=2000, homophily=4),
    "300 of 2,000, homophily 4, seeds of the group": sampled(
        people=300, of=2000, homophily=4, seeds_inside=True
    ),
    "300 of 2,000, share 0.08, homophily 4": sampled(people=300, of=2000, share=0.08, homophily=4),
    "500 of 1,000, activity 1.8, homophily 2": sampled(people=500, of=1000, activity=1.8, homophily=2),
    "500 of 1,000, the same, size told twice too large": sampled(
        people=500, of=1000, activity=1.8, homophily=2, known=2.0
    ),
}


TITLE = "Coverage: shares from respondent-driven samples"
NOTES = (
    "Networks are made, degrees are told without error, people recruit at random among those they know: this "
    "is the best case. Homophily 4: a tie within groups is 4 times as likely as one between. Activity 1.8: "
    f"people of the group know 1.8 times as many. {REPLICATES} resamples each."
)


if __name__ == "__main__":
    write_page("rds", SCENARIOS, title=TITLE, notes=NOTES, runs=200)
