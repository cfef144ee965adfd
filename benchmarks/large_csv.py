"""Most memory that reading and checking a study takes at the limits of its CSV files.

``python -m benchmarks.large_csv`` writes level1.csv of several shapes, as large as is read, and reads each in
a process of its own. Memory is the peak of that process, in MB, as the operating system counts it.
"""

import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pse.records.csv_file import MOST_BYTES, MOST_CELLS
from pse.records.study import check_study

HEAD = "interview_id,informant_type,municipality,zone,spot_id,kp,typology,kp_min,kp_max"
MORE = 300  # columns that are not known
OTHERS = {
    "study.toml": 'title = "Large"\ncountry = "Nowhere"\nyear = 2026\n',
    "municipalities.csv": "municipality,name,adult_men,adult_women,mapped\nM1,Town,1000,1000,yes\n",
    "level2.csv": "interview_id,municipality,zone,spot_id,kp,status,typology,usual_min,usual_max,peak_min,"
    "peak_max,peak_days\n",
}
Row = Callable[[int, random.Random], str]


def _ordinary(i: int, draw: random.Random) -> str:
    place = f"{42 + draw.random():.6f},{21 + draw.random():.6f}"
    code = f"n{draw.getrandbits(48):012x}"
    return f"I{i // 5:08d},taxi_driver,M1,Z{i % 40},{code},FSW,bar,3,7,2026-02-03,Corner,fri sat,{place}"


def _short(i: int, draw: random.Random) -> str:
    return f"{i},t,M1,,{i % 99},FSW,b,1,2,,,,,"


def _blank_cells(i: int, draw: random.Random) -> str:
    return f"{i},t,M1,,{i % 99},FSW,b,1,2" + "," * MORE


def _blank_rows(i: int, draw: random.Random) -> str:
    return "" if i else "1,t,M1,,1,FSW,b,1,2,,,,,"


KNOWN = f"{HEAD},date,spot_name,peak_days,lat,lon"
SHAPES: dict[str, tuple[str, Row]] = {
    "ordinary rows": (KNOWN, _ordinary),
    "rows of short cells": (KNOWN, _short),
    "300 blank columns": (HEAD + "".join(f",x{k}" for k in range(MORE)), _blank_cells),
    "blank rows": (KNOWN, _blank_rows),
}


def _write(path: Path, head: str, row: Row) -> tuple[int, int]:
    """Write rows up to the limits; return bytes and rows."""
    draw, size, rows = random.Random(1), len(head) + 1, 0
    most_rows = MOST_CELLS // (head.count(",") + 1) - 1
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(head + "\n")
        while rows < most_rows:
            line = row(rows, draw) + "\n"
            size += len(line)
            if size > MOST_BYTES - 10_000:  # for the other files
                break
            file.write(line)
            rows += 1
    return path.stat().st_size, rows


def _read(folder: str) -> None:
    """Read a study and print seconds and peak memory of this process."""
    start = time.perf_counter()
    study, _ = check_study(folder)
    assert study is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.perf_counter() - start:.0f} | {peak:,.0f}")


def main() -> None:
    print("| level1.csv | MB | rows | seconds | memory |\n|---|---|---|---|---|")
    for name, (head, row) in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder:
            for file, text in OTHERS.items():
                (Path(folder) / file).write_text(text, encoding="utf-8")
            size, rows = _write(Path(folder) / "level1.csv", head, row)
            command = [sys.executable, "-m", "benchmarks.large_csv", folder]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
            print(f"| {name} | {size / 1024**2:.0f} | {rows:,} | {told} |", flush=True)


if __name__ == "__main__":
    _read(sys.argv[1]) if len(sys.argv) > 1 else main()
