"""How long weights and bootstraps of a respondent-driven sample take: ``python -m benchmarks.rds``.

500 of 2,000 people of a made network, 1,000 resamples; wall and processor time, the best of three.
"""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.beside_r import beside, seconds_in_r
from benchmarks.rds_network import made_network, recruit
from pse.methods.rds import RdsSample
from pse.methods.rds_bootstrap import Bootstrap, bootstrap_shares
from pse.methods.rds_problems import NOBODY
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
UNCERTAINTY = {"salganik": "Salganik", "tree": "Treeboot", "gile": "Gile"}
IN_R = """
d <- RDS::as.rds.data.frame(table, id = "id", recruiter.id = "by", network.size = "degree",
                            population.size = {population})
cat(cpu(RDS::RDS.bootstrap.intervals(d, "group", weight.type = "{how}", uncertainty = "{uncertainty}",
                                     N = {population}, number.of.bootstrap.samples = {replicates})))
"""


def best_of_three(work: Callable[[], object]) -> tuple[float, float]:
    """Return the shortest wall and processor time in seconds."""
    wall, processor = [], []
    for _ in range(3):
        start = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return min(wall), min(processor)


def theirs(sample: RdsSample, how: RdsWeights, bootstrap: Bootstrap) -> float | None:
    """Return the seconds of the package RDS, or None where R or RDS is not installed."""
    recruiter = pd.Series(sample.recruiter).astype(str).where(sample.recruiter != NOBODY, "seed")
    table = sample.traits.assign(id=np.arange(len(sample)), by=recruiter.to_numpy(), degree=sample.degree)
    code = IN_R.format(
        population=POPULATION,
        how="Gile's SS" if how == "SS" else how,
        uncertainty=UNCERTAINTY[bootstrap],
        replicates=REPLICATES,
    )
    return seconds_in_r("RDS", code, table)


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
        told = beside("RDS", theirs(sample, how, bootstrap), processor)
        print(f"{how}, {bootstrap} bootstrap x {REPLICATES}: {wall:.3f} s wall, {processor:.3f} s; {told}")


if __name__ == "__main__":
    main()
