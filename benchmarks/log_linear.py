"""Time of all 6,893 hierarchical log-linear models of five lists; beside Rcapture where R has it.

    python -m benchmarks.log_linear [--repeats 3]

The people are invented: one table in which every pattern occurs, and one of 60 people in which many do not,
so that models lose cells. Ours is the whole table of `log_linear_models`. R is started once for each table,
and its `closedpMS.t` alone is timed.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from pse.methods.histories import Histories, histories
from pse.methods.log_linear_models import log_linear_models

LISTS = list("abcde")
R_CODE = """
if (!requireNamespace("Rcapture", quietly = TRUE)) quit(status = 3)
x <- as.matrix(read.csv(commandArgs(TRUE)[1]))
cat(system.time(Rcapture::closedpMS.t(x, dfreq = TRUE, stopiflong = FALSE))[["elapsed"]])
"""


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
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "histories.csv"
        pd.DataFrame(given.patterns, columns=LISTS).assign(n=given.counts).to_csv(table, index=False)
        done = subprocess.run(
            ["Rscript", "-e", R_CODE, str(table)], capture_output=True, text=True, check=False
        )
    return float(done.stdout) if done.returncode == 0 else None


def main() -> None:
    """Print one line a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    for name, given in (("20,000 people", invent(20_000, 0.3, 1)), ("60 people", invent(60, 0.3, 2))):
        seconds, cpu = ours(given, options.repeats)
        reference = theirs(given)
        ratio = (
            "R with Rcapture is not here"
            if reference is None
            else (f"Rcapture {reference:.1f} s, {reference / seconds:.0f} times as long")
        )
        empty = int((given.counts == 0).sum())
        print(f"{name}, {empty} empty patterns: {seconds:.2f} s ({cpu:.2f} s of CPU); {ratio}")


if __name__ == "__main__":
    main()
