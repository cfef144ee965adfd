"""The same work in R, on the same table, where R and the package are installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd

NOT_INSTALLED = 3
BEFORE = """
if (!requireNamespace("{package}", quietly = TRUE)) quit(status = {missing})
table <- read.csv(commandArgs(TRUE)[1], check.names = FALSE)
cpu <- function(work) {{ taken <- system.time(work); taken[["user.self"]] + taken[["sys.self"]] }}
"""


def in_r(package: str, code: str, table: pd.DataFrame) -> str | None:
    """Return what `code` prints, or None where R or the package is not installed.

    The code finds the table as `table`, and `cpu(work)` gives the processor seconds that some work takes.

    Raises
    ------
    RuntimeError
        If the package is there and the code stops.
    """
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "table.csv", Path(folder) / "run.R"
        table.to_csv(data, index=False)
        script.write_text(BEFORE.format(package=package, missing=NOT_INSTALLED) + code, encoding="utf-8")
        done = subprocess.run(["Rscript", script, data], capture_output=True, text=True, check=False)
    if done.returncode == NOT_INSTALLED:
        return None
    if done.returncode:
        raise RuntimeError(f"{package} stopped: {done.stderr[-500:]}")
    return done.stdout


def seconds_in_r(package: str, code: str, table: pd.DataFrame) -> float | None:
    """Return the last number that `code` prints, its seconds; None as `in_r`."""
    printed = in_r(package, code, table)
    return None if printed is None else float(printed.split()[-1])


def beside(package: str, theirs: float | None, ours: float) -> str:
    """Return the end of a line: how many times as long R takes."""
    if theirs is None:
        return f"R with {package} is not here"
    return f"{package} {theirs:.2f} s, {theirs / ours:,.0f} times as long"
