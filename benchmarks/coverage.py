"""How often bootstrap intervals hold the truth, on simulated exercises: writes docs/coverage.md.

    python benchmarks/coverage.py [--exercises 400] [--replicates 500] [--out docs/coverage.md]
                                  [--scenarios plain,team] [--records FILE.csv]

`--records` keeps one row per exercise x KP (nation) and the municipal counts, so that a run can be stopped
and its table still be written. The seed of exercise i of a scenario is (scenario, i): a run can be repeated.
"""

import argparse
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from pse.simulate import SCENARIOS, simulate
from pse.spots.bootstrap import make_state, run_blocks
from pse.spots.chain import study_parts, total_parts
from pse.spots.draws import percentile_interval
from pse.spots.intervals import joint_draws
from pse.spots.options import options_for

LEVEL = 0.95


def exercise(scenario: str, number: int, replicates: int) -> list[dict]:
    """Return one row per KP: truth, estimate, interval, range, and how many municipal intervals hold."""
    seed = np.random.SeedSequence([zlib.crc32(scenario.encode()), number])
    rng = np.random.default_rng(seed)
    made = simulate(scenario, rng=rng)
    study = made.study()
    unlisted = "people" if scenario == "unlisted" else "none"
    options = options_for(dict(study.options), {"size_basis": study.size_basis, "unlisted": unlisted})
    parts = study_parts(study, options)
    total = total_parts(study, parts, options)
    ready = make_state(study, parts, options)
    columns = run_blocks(ready.state, replicates, rng)
    draws = joint_draws(columns, ready, parts, level=LEVEL)
    return [row(made.truth.people, draws, total, kp, scenario, number) for kp in draws.kps]


def row(truth, draws, total, kp, scenario, number):
    k = draws.kps.index(kp)
    of_kp = truth[truth["kp"] == kp].set_index("municipality")["people"].reindex(draws.municipalities)
    of_kp = of_kp.to_numpy(dtype=float)
    shape = (len(draws.municipalities), len(draws.kps))
    point, low, high = (end.reshape(shape)[:, k] for end in total.parts())
    lower, upper = percentile_interval(draws.of(kp), level=LEVEL)
    lower, upper = np.minimum(lower, point), np.maximum(upper, point)
    nation = percentile_interval(draws.of(kp).sum(axis=1), level=LEVEL)
    return {
        "scenario": scenario,
        "number": number,
        "kp": kp,
        "truth": of_kp.sum(),
        "point": point.sum(),
        "lower": nation[0],
        "upper": nation[1],
        "mean_draw": draws.of(kp).sum(axis=1).mean(),
        "range_lower": low.sum(),
        "range_upper": high.sum(),
        "cells": len(point),
        "cells_hold": int(((lower <= of_kp) & (of_kp <= upper)).sum()),
        "cells_below": int((of_kp < lower).sum()),
        "cell_width": float(np.sum(upper - lower)),
        "cell_range": float(np.sum(high - low)),
        "range_holds": bool(low.sum() <= of_kp.sum() <= high.sum()),
    }


def summary(records: pd.DataFrame) -> pd.DataFrame:
    """Return one row per scenario."""
    rows = []
    for scenario in [name for name in SCENARIOS if name in set(records["scenario"])]:
        found = records[records["scenario"] == scenario]
        holds = (found["lower"] <= found["truth"]) & (found["truth"] <= found["upper"])
        width = (found["upper"] - found["lower"]) / (found["range_upper"] - found["range_lower"])
        rows.append(
            {
                "scenario": scenario,
                "exercises": found["number"].nunique(),
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exercises", type=int, default=400)
    parser.add_argument("--replicates", type=int, default=500)
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    parser.add_argument("--records", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    records = []
    for number in range(given.exercises):
        for scenario in given.scenarios.split(","):
            records += exercise(scenario, number, given.replicates)
        if given.records and (number + 1) % 10 == 0:
            pd.DataFrame(records).to_csv(given.records, index=False)
    table = pd.DataFrame(records)
    if given.records:
        table.to_csv(given.records, index=False)
    print(summary(table).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
