"""How often bootstrap intervals hold the truth, on simulated exercises: writes docs/coverage.md.

    python -m benchmarks.coverage [--exercises 400] [--replicates 500] [--scenarios plain,team]
                                  [--records FILE.csv] [--out docs/coverage.md] [--picture FILE.png]
    python -m benchmarks.coverage --records FILE.csv --only-table --out docs/coverage.md

`--records` keeps one row per exercise x KP, rewritten after every tenth exercise: a run that was stopped goes
on from there, and `--only-table` writes the table of what is there. The seed of exercise i of a scenario is
(scenario, i): a run can be repeated. `truth_at` says where the truth lies among the draws, so that the cover
of any level can be read from the records; those of runs before it was kept have a table, but no curve.
`--picture` draws the curves.
"""

import argparse
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

from mapping.style import METADATA, STYLE, new_figure
from mapping.uncertaintycharts import plot_coverage
from pse.records.study import Study
from pse.simulate import SCENARIOS, simulate
from pse.spots.bootstrap import make_state, run_blocks
from pse.spots.calibration import coverage_curve, truth_position
from pse.spots.chain import Parts, study_parts, total_parts
from pse.spots.draws import percentile_interval
from pse.spots.intervals import joint_draws
from pse.spots.options import Options, options_of
from pse.spots.three import Three

LEVEL = 0.95


@dataclass(frozen=True)
class Exercise:
    """One simulated exercise as the chain sees it, with the truth and the source of further draws."""

    truth: pd.DataFrame
    study: Study
    options: Options
    parts: Parts
    total: Three
    rng: np.random.Generator


def make_exercise(scenario: str, number: int, **changes: float) -> Exercise:
    """Return exercise `number` of a scenario, with some numbers of the scenario changed."""
    seed = np.random.SeedSequence([zlib.crc32(scenario.encode()), number])
    rng = np.random.default_rng(seed)
    made = simulate(scenario, rng=rng, **changes)
    study = made.study()
    unlisted = "people" if scenario == "unlisted" else "none"
    options = options_of(study, {"unlisted": unlisted})
    parts = study_parts(study, options)
    return Exercise(made.truth.people, study, options, parts, total_parts(study, parts, options), rng)


def exercise(scenario: str, number: int, replicates: int) -> list[dict]:
    """Return one row per KP: truth, estimate, interval, range, and how many municipal intervals hold."""
    made = make_exercise(scenario, number)
    ready = make_state(made.study, made.parts, made.options)
    columns = run_blocks(ready.state, replicates, made.rng)
    draws = joint_draws(columns, ready, made.parts, level=LEVEL)
    return [row(made.truth, draws, made.total, kp, scenario, number) for kp in draws.kps]


def row(truth, draws, total, kp, scenario, number):
    k = draws.kps.index(kp)
    of_kp = truth[truth["kp"] == kp].set_index("municipality")["people"].reindex(draws.municipalities)
    of_kp = of_kp.to_numpy(dtype=float)
    shape = (len(draws.municipalities), len(draws.kps))
    point, low, high = (end.reshape(shape)[:, k] for end in total.parts())
    lower, upper = percentile_interval(draws.of(kp), level=LEVEL)
    lower, upper = np.minimum(lower, point), np.maximum(upper, point)
    drawn = draws.of(kp).sum(axis=1)
    nation = percentile_interval(drawn, level=LEVEL)
    return {
        "scenario": scenario,
        "number": number,
        "kp": kp,
        "truth": of_kp.sum(),
        "point": point.sum(),
        "lower": nation[0],
        "upper": nation[1],
        "mean_draw": drawn.mean(),
        "truth_at": truth_position(drawn, of_kp.sum()),
        "range_lower": low.sum(),
        "range_upper": high.sum(),
        "cells": len(point),
        "cells_hold": int(((lower <= of_kp) & (of_kp <= upper)).sum()),
        "cells_below": int((of_kp < lower).sum()),
        "cell_width": float(np.sum(upper - lower)),
        "cell_range": float(np.sum(high - low)),
        "range_holds": bool(low.sum() <= of_kp.sum() <= high.sum()),
    }


def summary(records: pd.DataFrame, scenarios: Collection[str] = tuple(SCENARIOS)) -> pd.DataFrame:
    """Return one row per scenario, in the order of `scenarios`."""
    rows = []
    for scenario in [name for name in scenarios if name in set(records["scenario"])]:
        found = records[records["scenario"] == scenario]
        holds = (found["lower"] <= found["truth"]) & (found["truth"] <= found["upper"])
        width = (found["upper"] - found["lower"]) / (found["range_upper"] - found["range_lower"])
        rows.append(
            {
                "scenario": scenario,
                "exercises": found["number"].nunique(),
                "intervals": len(found),
                "national": holds.mean(),
                "municipal": found["cells_hold"].sum() / found["cells"].sum(),
                "bias": found["point"].sum() / found["truth"].sum() - 1,
                "width": width.median(),
                "municipal_width": (found["cell_width"] / found["cell_range"]).median(),
                "range": found["range_holds"].mean(),
                "missed_below": (found["truth"] > found["upper"]).mean(),
                "missed_above": (found["truth"] < found["lower"]).mean(),
            }
        )
    return pd.DataFrame(rows)


HEADINGS = {
    "scenario": "scenario",
    "exercises": "exercises",
    "intervals": "national intervals",
    "national": "national cover",
    "missed_below": "truth above",
    "missed_above": "truth below",
    "municipal": "municipal cover",
    "bias": "national bias",
    "width": "width / range",
    "municipal_width": "municipal width / range",
    "range": "range covers",
}

TEXT = """# How often the bootstrap intervals hold the truth

Written by `python -m benchmarks.coverage`; do not edit by hand. Simulated exercises of `pse.simulate`, three
KPs each; {replicates} draws; 95 % intervals. A national interval is one KP of one exercise; a municipal one
is one KP of one municipality. `truth above` and `truth below` are the two ways to miss. Bias is the sum of
points over the sum of truths, less 1. Widths are medians over exercises and KPs, as a share of the
minimum-maximum range. The scenario `unlisted` is estimated with `unlisted="people"`.

Targets: national cover 92 to 98 %, municipal cover 90 to 98 %, absolute national bias below 1.5 %, and in
`plain` a width of at most 25 % of the range.

{table}

{verdict}
"""


def table_of(table: pd.DataFrame, headings: dict[str, str]) -> str:
    """Return the summary as a Markdown table."""
    whole = {"scenario", "exercises", "intervals", "refused"}
    lines = ["| " + " | ".join(headings.values()) + " |", "|---" * len(headings) + "|"]
    for _, got in table.iterrows():
        shown = [str(got[name]) if name in whole else f"{100 * got[name]:.1f} %" for name in headings]
        lines.append("| " + " | ".join(shown) + " |")
    return "\n".join(lines)


def show(table: pd.DataFrame, replicates: int) -> str:
    """Return the page: the table, and every target that was not reached."""
    missed = failures(table)
    verdict = "Every target is reached." if not missed else "Not reached:\n\n" + "\n".join(missed)
    return TEXT.format(replicates=replicates, table=table_of(table, HEADINGS), verdict=verdict)


def failures(table: pd.DataFrame) -> list[str]:
    """Return a line for each target that a scenario does not reach."""
    lines = []
    for _, got in table.iterrows():
        limits = [("national", 0.92, 0.98), ("municipal", 0.90, 0.98), ("bias", -0.015, 0.015)]
        limits += [("width", 0, 0.25)] if got["scenario"] == "plain" else []
        lines += [
            f"- {got['scenario']}: {HEADINGS[name]} is {100 * got[name]:.2f} %, wanted {100 * low:.4g} to "
            f"{100 * high:.4g} %."
            for name, low, high in limits
            if not low <= got[name] <= high
        ]
    return lines


def run(given: argparse.Namespace, one: Callable[[str, int, int], list[dict]], every: int) -> pd.DataFrame:
    """Return the records of all exercises, those already in `given.records` included.

    `one` returns the records of a scenario, a number and a number of draws; they are written after `every`
    exercises of each scenario.
    """
    kept = given.records is not None and given.records.exists()
    records = pd.read_csv(given.records).to_dict("records") if kept else []
    for number in range(max((row["number"] + 1 for row in records), default=0), given.exercises):
        for scenario in given.scenarios.split(","):
            records += one(scenario, number, given.replicates)
        if given.records and (number + 1) % every == 0:
            pd.DataFrame(records).to_csv(given.records, index=False)
    if given.records:
        pd.DataFrame(records).to_csv(given.records, index=False)
    return pd.DataFrame(records)


def draw(records: pd.DataFrame, path: Path) -> None:
    """Write the curves of cover as a PNG."""
    with mpl.rc_context(STYLE):
        figure, ax = new_figure(7, 4.4)
        plot_coverage(coverage_curve(records), ax=ax)
        figure.savefig(path, dpi=100, metadata=METADATA["png"])


def arguments(
    text: str | None, *, exercises: int, replicates: int, scenarios: Collection[str] = tuple(SCENARIOS)
) -> argparse.Namespace:
    """Return the arguments of a benchmark of coverage; the numbers and scenarios are its defaults."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--exercises", type=int, default=exercises)
    parser.add_argument("--replicates", type=int, default=replicates)
    parser.add_argument("--scenarios", default=",".join(scenarios))
    parser.add_argument("--records", type=Path)
    parser.add_argument("--only-table", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--picture", type=Path)
    return parser.parse_args()


def main() -> None:
    given = arguments(__doc__, exercises=400, replicates=500)
    records = pd.read_csv(given.records) if given.only_table else run(given, exercise, 10)
    table = summary(records)
    print(table.round(4).to_string(index=False))
    if given.out:
        given.out.write_text(show(table, given.replicates), encoding="utf-8")
    if given.picture:
        draw(records, given.picture)


if __name__ == "__main__":
    main()
