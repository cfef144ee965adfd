"""How often bootstrap intervals hold the truth of the second simulator: writes docs/coverage_second.md.

    python -m benchmarks.coverage_second [--exercises 400] [--replicates 500] [--scenarios plain,team]
                                         [--records FILE.csv] [--out docs/coverage_second.md]
    python -m benchmarks.coverage_second --records FILE.csv --only-table --out docs/coverage_second.md

The simulator is `tests/spots/second_simulator.py`, which shares no code with `pse.simulate`; sizes come from
`pse.estimate_study` and are read from its tables, as a user does. The rest is as in `benchmarks.coverage`.
"""

import zlib

import numpy as np
import pandas as pd

import pse
from benchmarks.coverage import HEADINGS, LEVEL, arguments, failures, run, summary, table_of
from pse.spots.calibration import truth_position
from tests.spots.second_simulator import OPTIONS, SETTINGS
from tests.spots.second_simulator import exercise as make

TEXT = """# How often the bootstrap intervals hold the truth of a second simulator

Written by `python -m benchmarks.coverage_second`; do not edit by hand. Simulated exercises of
`tests/spots/second_simulator.py`, which was written from METHOD alone and shares no code with `pse.simulate`;
two KPs each; {replicates} draws; 95 % intervals as `pse.estimate_study` prints them. A national interval is
one KP of one exercise; a municipal one is one KP of one municipality. `truth above` and `truth below` are
the two ways to miss. Bias is the sum of points over the sum of truths, less 1. Widths are medians over
exercises and KPs, as a share of the minimum-maximum range. `unlisted` is estimated with `unlisted="people"`.

Targets: national cover 92 to 98 %, municipal cover 90 to 98 %, absolute national bias below 1.5 %.
The standard error of a cover of 95 % from n intervals is {error}.

{table}

{verdict}
{why}
What the settings are (a blank cell: as in `plain`; sd: of a logarithm):

{settings}
"""

WHY = {
    "team": """the variance of team effects, tau^2, is taken from the spread between municipalities of level 2
over level 1 and then used as if it were known. Here level 1 is so noisy (sd 0.5 a spot, about 9 spots a
cell) and cells are so few (12 municipalities x 2 KPs) that the estimate is often near 0, and the interval is
then too narrow. Give `team_sd` where something is known about teams; `interval="model"` carries the
uncertainty of that spread (its cover on these exercises was not measured)."""
}


def exercise(scenario: str, number: int, replicates: int) -> list[dict]:
    """Return one row per KP, with the columns of `benchmarks.coverage.row`."""
    rng = np.random.default_rng(np.random.SeedSequence([zlib.crc32(scenario.encode()), number]))
    study, truth = make(SETTINGS[scenario], rng)
    how = {"interval": "bootstrap", "level": LEVEL, "replicates": replicates, "rng": rng}
    sizes = pse.estimate_study(study, **how, **OPTIONS[scenario])
    ranges = pse.estimate_study(study, **OPTIONS[scenario])
    return [_row(sizes, ranges, truth, row) | {"scenario": scenario, "number": number} for row in _kps(sizes)]


def _kps(sizes: pse.StudyEstimates) -> list[pd.Series]:
    return [row for _, row in sizes.national.iterrows()]


def _row(
    sizes: pse.StudyEstimates, ranges: pse.StudyEstimates, truth: pd.DataFrame, nation: pd.Series
) -> dict:
    kp = nation["kp"]
    real = truth[truth["kp"] == kp].set_index("municipality")["people"].astype(float)
    cells, wide = (
        t[t["kp"] == kp].set_index("municipality") for t in (sizes.municipalities, ranges.municipalities)
    )
    real = real.reindex(cells.index)
    whole = ranges.national.set_index("kp").loc[kp]
    drawn = sizes.draws.of(kp).sum(axis=1)
    return {
        "kp": kp,
        "truth": real.sum(),
        "interval": nation["interval"],
        "point": nation["point"],
        "lower": nation["lower"],
        "upper": nation["upper"],
        "mean_draw": drawn.mean(),
        "truth_at": truth_position(drawn, real.sum()),
        "range_lower": whole["lower"],
        "range_upper": whole["upper"],
        "cells": len(cells),
        "cells_hold": int(((cells["lower"] <= real) & (real <= cells["upper"])).sum()),
        "cells_below": int((real < cells["lower"]).sum()),
        "cell_width": (cells["upper"] - cells["lower"]).sum(),
        "cell_range": (wide["upper"] - wide["lower"]).sum(),
        "range_holds": bool(whole["lower"] <= real.sum() <= whole["upper"]),
    }


def show(table: pd.DataFrame, replicates: int) -> str:
    """Return the page: the table, every target that was not reached, and the settings."""
    missed = failures(table.assign(width=0.0))  # no target for the width
    verdict = "Every target is reached." if not missed else "Not reached:\n\n" + "\n".join(missed)
    n = int(table["intervals"].median())
    return TEXT.format(
        replicates=replicates,
        table=table_of(table, HEADINGS),
        verdict=verdict,
        error=f"{100 * (0.95 * 0.05 / n) ** 0.5:.1f} points with n = {n}",
        settings=_settings(),
        why="".join(
            f"\nWhy, in `{name}`: {said}\n" for name, said in WHY.items() if f"- {name}: " in verdict
        ),
    )


def _settings() -> str:
    plain = vars(SETTINGS["plain"])
    lines = ["| | " + " | ".join(SETTINGS) + " |", "|---" * (len(SETTINGS) + 1) + "|"]
    for name, usual in plain.items():
        shown = [vars(setting)[name] for setting in SETTINGS.values()]
        said = [str(v) if i == 0 or v != usual else "" for i, v in enumerate(shown)]
        lines.append(f"| {name} | " + " | ".join(said) + " |")
    return "\n".join(lines)


def main() -> None:
    given = arguments(__doc__, exercises=400, replicates=500, scenarios=SETTINGS)
    records = pd.read_csv(given.records) if given.only_table else run(given, exercise, 10)
    table = summary(records, scenarios=SETTINGS)
    print(table.round(4).to_string(index=False))
    if given.out:
        given.out.write_text(show(table, given.replicates), encoding="utf-8")


if __name__ == "__main__":
    main()
