"""How long weights and bootstraps of a respondent-driven sample take: ``python -m benchmarks.rds``.

500 of 2,000 people of a made network, 1,000 resamples; wall and processor time, the best of three.
"""

import time
from collections.abc import Callable

import numpy as np

from benchmarks.rds_network import made_network, recruit
from pse.methods.rds_bootstrap import Bootstrap, bootstrap_shares
from pse.methods.rds_weights import RdsWeights, rds_weights

POPULATION, PEOPLE, REPLICATES = 2000, 500, 1000
WEIGHTS: tuple[RdsWeights, ...] = ("RDS-I", "RDS-II", "SS", "HCG")
BOOTSTRAPS: tuple[tuple[RdsWeights, Bootstrap], ...] = (
    ("RDS-I", "salganik"),
    ("RDS-II", "salganik"),
    ("RDS-I", "tree"),
    ("RDS-II", "tree"),
    ("SS", "gile"),
)


def best_of_three(work: Callable[[], object]) -> tuple[float, float]:
    """Return the shortest wall and processor time in seconds."""
    wall, processor = [], []
    for _ in range(3):
        start = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return min(wall), min(processor)


def main() -> None:
    """Print one line for each weight and bootstrap."""
    rng = np.random.default_rng(1)
    network = made_network(people=POPULATION, share=0.3, degree=10, activity=1.5, homophily=3, seed=1)
    sample = recruit(network, people=PEOPLE, seeds=6, seeds_inside=False, rng=rng)
    for how in WEIGHTS:
        wall, processor = best_of_three(
            lambda how=how: rds_weights(sample, how=how, trait="group", population=POPULATION)  # type: ignore[misc]
        )
        print(f"weights {how}: {1000 * wall:.1f} ms wall, {1000 * processor:.1f} ms processor")
    for how, bootstrap in BOOTSTRAPS:
        wall, processor = best_of_three(
            lambda how=how, bootstrap=bootstrap: bootstrap_shares(  # type: ignore[misc]
                sample,
                "group",
                how=how,
                bootstrap=bootstrap,
                population=POPULATION,
                replicates=REPLICATES,
                rng=rng,
            )
        )
        print(f"{how}, {bootstrap} bootstrap x {REPLICATES}: {wall:.3f} s wall, {processor:.3f} s processor")


if __name__ == "__main__":
    main()
