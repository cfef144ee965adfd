"""Time of all 6,893 hierarchical log-linear models of five lists; beside Rcapture where R has it.

    python -m benchmarks.log_linear [--repeats 3]

The people are invented: one table in which every pattern occurs, and one of 60 people in which many do not,
so that models lose cells. Ours is the whole table of `log_linear_models`. R is started once for each table,
and its `closedpMS.t` alone is timed.
"""

import argparse
import time

import numpy as np
import pandas as pd

from benchmarks.beside_r import beside, seconds_in_r
from pse.methods.histories import Histories, histories
from pse.methods.log_linear_models import log_linear_models

LISTS = list("abcde")
IN_R = "cat(cpu(Rcapture::closedpMS.t(as.matrix(table), dfreq = TRUE, stopiflong = FALSE)))"


def invent(people: int, share: float, seed: int) -> Histories:
    """Return histories of people whom five lists reach, each the same share."""
    on = np.random.default_rng(seed).random((people, len(LISTS))) < share
    return histories(pd.DataFrame(on[on.any(axis=1)].astype(int), columns=LISTS))


def ours(given: Histories, repeats: int) -> tuple[float, float]:
    """Return the least seconds and the least CPU seconds of several runs."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        log_linear_models(given, most_order=4)
        taken.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    seconds, cpu = np.min(taken, axis=0)
    return float(seconds), float(cpu)


def theirs(given: Histories) -> float | None:
    """Return the seconds of Rcapture, or None where R or Rcapture is not installed."""
    table = pd.DataFrame(given.patterns, columns=LISTS).assign(n=given.counts)
    return seconds_in_r("Rcapture", IN_R, table)


def main() -> None:
    """Print one line a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    for name, given in (("20,000 people", invent(20_000, 0.3, 1)), ("60 people", invent(60, 0.3, 2))):
        seconds, cpu = ours(given, options.repeats)
        told = beside("Rcapture", theirs(given), cpu)
        empty = int((given.counts == 0).sum())
        print(f"{name}, {empty} empty patterns: {seconds:.2f} s ({cpu:.2f} s of CPU); {told}")


if __name__ == "__main__":
    main()
