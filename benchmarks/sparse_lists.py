"""Seconds of a BCa interval of sparse lists, pairs chosen anew in every replicate.

``python -m benchmarks.sparse_lists`` draws six lists of which most people are on one only. ``--data
table.csv`` takes another table: lists, then people in the last column. Where R has the package SparseMSE, the
same table is timed there too and the ratio is printed.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.beside_r import beside, seconds_in_r
from pse.methods.histories import Histories, histories
from pse.methods.sparse_lists import sparse_size

LISTS = {"police": 0.008, "ngo": 0.05, "government": 0.1, "hotline": 0.075, "public": 0.035, "border": 0.008}
SIZE = 10_000
THRESHOLD = 0.02


def six_lists() -> pd.DataFrame:
    """One row for each pattern; every tenth person of `hotline` is on `ngo`, nobody of `public` is."""
    rng = np.random.default_rng(2026)
    on = rng.random((SIZE, 6)) < list(LISTS.values())
    on[:, 1] |= on[:, 3] & (rng.random(SIZE) < 0.1)
    on[on[:, 4], 1] = False
    people = pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list(LISTS))
    return people.value_counts().rename("people").reset_index()


def seconds_here(given: Histories, replicates: int) -> float:
    """Return the shortest of three runs."""
    taken = []
    for seed in range(3):
        start = time.process_time()
        size = sparse_size(
            given,
            model="stepwise",
            threshold=THRESHOLD,
            interval="bca",
            replicates=replicates,
            rng=np.random.default_rng(seed),
        )
        taken.append(time.process_time() - start)
    print(size)
    return min(taken)


def there(table: pd.DataFrame, replicates: int) -> float | None:
    """Return the seconds of the same in R; None where R or its package is not installed."""
    code = (
        "fit <- function() SparseMSE::estimatepopulation("
        f"as.matrix(table), nboot = {replicates}, pthresh = {THRESHOLD}); cat(cpu(fit()))"
    )
    return seconds_in_r("SparseMSE", code, table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--replicates", type=int, default=1000)
    options = parser.parse_args()
    table = six_lists() if options.data is None else pd.read_csv(options.data)
    given = histories(table, people=table.columns[-1])
    print(f"{len(given.lists)} lists, {given.n:,} people, {int((given.counts > 0).sum())} histories")
    here = seconds_here(given, options.replicates)
    told = beside("SparseMSE", there(table, options.replicates), here)
    print(f"here: {here:.2f} s for {options.replicates:,} replicates; {told}")


if __name__ == "__main__":
    main()
