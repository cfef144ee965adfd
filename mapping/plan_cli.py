"""The command `pse plan`: its options, in words for a field coordinator."""

from pathlib import Path
from typing import Annotated

import typer

from mapping.plain import existing, plain_words


def plan(
    half_width: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Wanted half-width of the national interval over the size: 0.1 for plus or minus 10%.",
            show_default=False,
        ),
    ],
    kp: Annotated[str | None, typer.Option(metavar="KP", help="One KP only, such as FSW.")] = None,
    study: Annotated[
        Path | None,
        typer.Option(metavar="STUDY", help="An earlier study or a pilot: the country is like it."),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Without a study: a scenario of pse simulate (usual: unlisted)."),
    ] = None,
    unlisted: Annotated[
        str | None,
        typer.Option(
            metavar="HOW",
            help="With --study: its list of spots is complete (none) or has gaps (people).",
        ),
    ] = None,
    informants: Annotated[int | None, typer.Option(help="Plan to begin with: informants a zone.")] = None,
    visited: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Plan to begin with: share of listed spots visited.")
    ] = None,
    asked: Annotated[
        int | None, typer.Option(help="Plan to begin with: people asked about visits at each visited spot.")
    ] = None,
    interviews: Annotated[
        float | None,
        typer.Option(
            help="Plan to begin with: mean interviews about the size of a visited spot, 1.25 usual."
        ),
    ] = None,
    grid: Annotated[
        bool, typer.Option("--grid", help="Every combination, not one change at a time: takes long.")
    ] = False,
    interview_sd: Annotated[
        float | None,
        typer.Option(
            min=0, help="Scatter of one interview (0.3: off by 30%); else from repeated interviews."
        ),
    ] = None,
    informant_days: Annotated[
        float | None, typer.Option(min=0, help="Person-days of one informant; with the two others.")
    ] = None,
    interview_days: Annotated[
        float | None, typer.Option(min=0, help="Person-days of one interview at a spot.")
    ] = None,
    asked_days: Annotated[
        float | None, typer.Option(min=0, help="Person-days of one person asked about visits.")
    ] = None,
    exercises: Annotated[int, typer.Option(min=2, help="Simulated exercises.")] = 20,
    replicates: Annotated[int, typer.Option(min=2, help="Draws of each interval.")] = 200,
    level: Annotated[float, typer.Option(min=0.01, max=0.999, help="Level of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(min=0, help="Seed: the same one, the same table.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR or FILE.csv", help="Also write the table.")
    ] = None,
) -> None:
    """Say how much field work a wanted precision takes, from simulated exercises, before it begins."""
    own = {"informants": informants, "visited": visited, "asked": asked, "interviews": interviews}
    days = {"informant_days": informant_days, "interview_days": interview_days, "asked_days": asked_days}
    with plain_words():
        from mapping.plan_job import Wish, plan_job

        wish = Wish(
            half_width=half_width, kp=kp, study=None if study is None else existing(study),
            scenario=scenario, unlisted=unlisted, interview_sd=interview_sd, exercises=exercises,
            replicates=replicates, level=level, grid=grid, seed=seed, days=days, out=out,
            own={name: value for name, value in own.items() if value is not None},
        )  # fmt: skip
        plan_job(wish)
