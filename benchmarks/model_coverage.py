"""How often credible intervals of the model hold the truth, on small exercises.

Writes docs/model_coverage.md:

    python -m benchmarks.model_coverage [--exercises 100] [--replicates 1000] [--scenarios plain,team]
                                        [--records FILE.csv] [--out docs/model_coverage.md]
                                        [--picture FILE.png]
    python -m benchmarks.model_coverage --records FILE.csv --only-table --out docs/model_coverage.md

`--records` keeps one row per exercise x KP and goes on from there after a stop; see `benchmarks.coverage`.
"""

import time

import pandas as pd

from benchmarks.coverage import (
    HEADINGS,
    LEVEL,
    arguments,
    draw,
    failures,
    make_exercise,
    row,
    run,
    summary,
    table_of,
)
from pse.spots.bootstrap import run_blocks
from pse.spots.intervals import joint_draws
from pse.spots.model import ConvergenceError, fit_model
from pse.spots.model_sampler import Run

SMALL = {"municipalities": 6, "spots": 8.0, "people": 60.0}
RUN = Run(chains=2, warmup=300, draws=400)


def exercise(scenario: str, number: int, replicates: int) -> list[dict]:
    """Return one row per KP as `benchmarks.coverage` does; a refusal has one row without numbers."""
    few = {"municipalities": 3} if scenario == "six" else {}
    made = make_exercise(scenario, number, **(SMALL | few))
    start = time.process_time()
    try:
        fit = fit_model(made.study, made.parts, made.options, rng=made.rng, run=RUN)
    except ConvergenceError:
        return [{"scenario": scenario, "number": number, "kp": "refused"}]
    columns = run_blocks(fit.ready.state, replicates, made.rng)
    draws = joint_draws(columns, fit.ready, made.parts, level=LEVEL, kind="credible")
    seconds = time.process_time() - start
    return [
        row(made.truth, draws, made.total, kp, scenario, number) | {"seconds": seconds}
        for kp in draws.kps
        if kp not in fit.ready.without
    ]


TEXT = """# How often the credible intervals of the model hold the truth

Written by `python -m benchmarks.model_coverage`; do not edit by hand. Simulated exercises of `pse.simulate`
made small (6 municipalities, scenario `six` 3; on average 8 spots and 60 people of a KP in each), three
KPs; 2 chains of 300 + 400 steps, {replicates} draws; 95 % intervals. A national interval is one KP of one
exercise; a municipal one is one KP of one municipality. `truth above` and `truth below` are the two ways to
miss. `national bias` is that of the points, which are those of the chain; `bias of the posterior` that of the
mean of the draws. Widths are medians, as a share of the minimum-maximum range. The scenario `unlisted` is
estimated with `unlisted="people"`. A refused exercise is one whose chains did not converge in two runs.

Targets: national cover 92 to 98 %, municipal cover 90 to 98 %, absolute national bias below 1.5 %, at least
100 exercises per scenario. The standard error of a cover of 95 % from n intervals is
{error}.

{table}

{verdict}
"""


def show(records: pd.DataFrame, replicates: int) -> str:
    """Return the page: the table, and every target that was not reached."""
    table = with_posterior(records)
    headings = HEADINGS | {"posterior": "bias of the posterior", "refused": "refused"}
    missed = failures(table.assign(width=0.0))  # no target for the width of small exercises
    missed += [
        f"- {got['scenario']}: bias of the posterior is {100 * got['posterior']:.2f} %, wanted -1.5 to 1.5 %."
        for _, got in table.iterrows()
        if not abs(got["posterior"]) < 0.015
    ]
    short = table.loc[table["exercises"] < 100, "scenario"]
    if len(short):
        missed.append(f"- fewer than 100 exercises: {', '.join(short)}.")
    verdict = "Every target is reached." if not missed else "Not reached:\n\n" + "\n".join(missed)
    n = int(table["intervals"].median())
    return TEXT.format(
        replicates=replicates,
        table=table_of(table, headings),
        verdict=verdict,
        error=f"{100 * (0.95 * 0.05 / n) ** 0.5:.1f} points with n = {n}, more within an exercise",
    )


def with_posterior(records: pd.DataFrame) -> pd.DataFrame:
    """Return the summary with the bias of the mean of the draws and the refused exercises."""
    kept = records[records["kp"] != "refused"]
    table = summary(kept)
    sums = kept.groupby("scenario")[["mean_draw", "truth"]].sum()
    refused = records[records["kp"] == "refused"].groupby("scenario")["number"].nunique()
    names = pd.Index(table["scenario"])
    return table.assign(
        posterior=(sums["mean_draw"] / sums["truth"] - 1).reindex(names).to_numpy(),
        refused=refused.reindex(names).fillna(0).astype(int).to_numpy(),
    )


def main() -> None:
    given = arguments(__doc__, exercises=100, replicates=1000)
    records = pd.read_csv(given.records) if given.only_table else run(given, exercise, 1)
    print(with_posterior(records).round(4).to_string(index=False))
    if given.picture:
        draw(records[records["kp"] != "refused"], given.picture)
    if given.out:
        given.out.write_text(show(records, given.replicates), encoding="utf-8")


if __name__ == "__main__":
    main()
