"""How often 95 % intervals hold the truth: the loop and the page that all methods share.

A scenario draws one set of data and gives every interval to be tried with the truth it is for. An interval
that was refused is neither a success nor a failure, but its share is printed.
"""

import argparse
import math
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pse.estimate import Estimate, EstimateWarning
from pse.methods.refusal import NoEstimateError

LEVEL = 0.95
FEWEST = 0.93  # below it an interval is named as a failure
Made = tuple[Callable[[], Estimate], float]  # an estimate yet to be made, and the truth
Scenario = Callable[[np.random.Generator], dict[str, Made]]


def cover(name: str, scenario: Scenario, runs: int) -> Iterator[dict[str, object]]:
    """Yield one row for each interval of a scenario."""
    seen: dict[str, list[tuple[float, float, float, float]]] = {}
    refused: dict[str, int] = {}
    for run in range(runs):
        rng = np.random.default_rng([len(name), sum(map(ord, name)), run])
        for label, (make, truth) in scenario(rng).items():
            try:
                got = make()
                seen.setdefault(label, []).append((got.lower, got.upper, truth, got.point))
            except NoEstimateError:
                refused[label] = refused.get(label, 0) + 1
    for label in dict.fromkeys([*seen, *refused]):
        table = np.array(seen.get(label, [(np.nan,) * 4]))
        low, high, truth, point = table.T
        yield {
            "scenario": name,
            "interval": label,
            "held the truth": float(((low <= truth) & (truth <= high)).mean()),
            "truth above": float((truth > high).mean()),
            "truth below": float((truth < low).mean()),
            "median width / truth": float(np.median((high - low) / truth)),
            "mean point / truth": float((point / truth).mean()),
            "refused": refused.get(label, 0) / runs,
        }


def page(rows: pd.DataFrame, *, title: str, notes: str, command: str, runs: int) -> str:
    """Return the page with its failures named first."""
    bad = rows[rows["held the truth"] < FEWEST]
    lines = [
        f"# {title}",
        "",
        f"`{command} --runs {runs}`. Intervals of 95 %; the standard error of that in {runs} runs is "
        f"{100 * math.sqrt(0.95 * 0.05 / runs):.1f} points. The docstrings there say what is simulated.",
        "Refused runs have no interval; the shares are of the others.",
        notes,
        "",
        f"## Below {100 * FEWEST:g} %",
        "",
    ]
    lines += [
        f"- {row['scenario']}, {row['interval']}: {100 * row['held the truth']:.1f} %"
        for _, row in bad.iterrows()
    ] or ["None."]
    shown = rows.copy()
    for name in ("held the truth", "truth above", "truth below", "refused"):
        shown[name] = (100 * shown[name]).map("{:.1f} %".format)
    for name in ("median width / truth", "mean point / truth"):
        shown[name] = shown[name].map("{:.2f}".format)
    head = "| " + " | ".join(shown.columns) + " |"
    body = ["| " + " | ".join(map(str, row)) + " |" for row in shown.to_numpy()]
    return "\n".join([*lines, "", "## All", "", head, "|" + "---|" * len(shown.columns), *body, ""])


def write_page(family: str, scenarios: dict[str, Scenario], *, title: str, notes: str, runs: int) -> None:
    """Run the scenarios as the command line asks and write ``docs/coverage_<family>.md``.

    `runs` is the default number of data sets of a scenario.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parents[1] / "docs" / f"coverage_{family}.md"
    )
    options = parser.parse_args()
    rows = []
    for name, scenario in scenarios.items():
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EstimateWarning)
            rows += list(cover(name, scenario, options.runs))
        print(f"{name}: {time.perf_counter() - start:.1f} s", flush=True)
    command = f"python -m benchmarks.methods_coverage_{family}"
    text = page(pd.DataFrame(rows), title=title, notes=notes, command=command, runs=options.runs)
    options.out.write_text(text, encoding="utf-8")
