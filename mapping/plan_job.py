"""What `pse plan` does: simulated exercises under several plans, a table, and a sentence for each KP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.output import file_in_the_way, staged, write_csv
from mapping.plain import WrongUse
from mapping.screen import make_table, open_console, progress, say, show
from pse.design import (
    Choice,
    Plan,
    base_plan,
    check_trial,
    choose_plan,
    pilot_kps,
    plans_around,
    scenario_from,
    try_plans,
)
from pse.planning.choice import check_half_width, plan_of
from pse.records.study import Study, read_study
from pse.simulation.scenario import KPS, Scenario, scenario_of

TABLE = "plans.csv"
CAUTION = (
    "The half-widths are those of simulated exercises; real field work has errors that the simulator does "
    "not know (docs/plan.md), so plan for a little more than the table asks for."
)
ALIKE = "The KPs of a scenario are alike, so the table holds for any of them."


@dataclass(frozen=True)
class Wish:
    """What the user of `pse plan` gave.

    `own` holds the numbers of the base plan that were given, `days` the person-days; `scenario` is used where
    there is no `study`.
    """

    half_width: float
    kp: str | None
    study: Path | None
    scenario: str | None
    unlisted: str | None
    interview_sd: float | None
    exercises: int
    replicates: int
    level: float
    grid: bool
    seed: int
    own: dict[str, Any]
    days: dict[str, float | None]
    out: Path | None

    def trial(self) -> dict[str, Any]:
        """Return how the exercises are done, as `try_plans` takes it."""
        names = ("exercises", "replicates", "level")
        return {**{name: getattr(self, name) for name in names}, **self.days}


@dataclass(frozen=True)
class _Country:
    """A KP, the scenario that stands for it, and sentences about where its numbers come from."""

    kp: str
    scenario: Scenario
    sources: tuple[str, ...]


def plan_job(wish: Wish) -> None:
    """Try plans for every KP asked for, print a table and a sentence, and write the table if wanted."""
    file = _file(wish.out)
    study = None if wish.study is None else read_study(wish.study)
    try:
        check_half_width(wish.half_width)
        countries = _countries(wish, study)
        plans = [plans_around(_base(country, wish), grid=wish.grid) for country in countries]
        for found in plans:
            check_trial(found, interview_sd=wish.interview_sd, **wish.trial())
    except ValueError as error:
        raise WrongUse(str(error)) from error
    with progress(len(countries) * wish.exercises) as begin:
        tables = [_tried(*each, wish, begin) for each in zip(countries, plans, strict=True)]
    choices = [choose_plan(table, half_width=wish.half_width) for table in tables]
    _print(countries, tables, choices, wish)
    if file is not None:
        _write(countries, tables, choices, file, wish)


def _countries(wish: Wish, study: Study | None) -> list[_Country]:
    if study is not None and wish.scenario is not None:
        raise WrongUse(
            "--scenario must not come with --study; got both. Leave one out: either says what the country is "
            "like."
        )
    if study is None:
        return [_named(wish)]
    kps = pilot_kps(study)
    if not kps:
        raise WrongUse(
            "the study must have a visited, active spot to plan from; got none. Plan from a scenario, such "
            "as --scenario unlisted."
        )
    found = []
    for kp in kps if wish.kp is None else [wish.kp]:
        pilot = scenario_from(study, kp=kp, unlisted=wish.unlisted, interview_sd=wish.interview_sd)
        found.append(_Country(kp, pilot.scenario, tuple(dict.fromkeys(pilot.sources.values()))))
    return found


def _named(wish: Wish) -> _Country:
    if wish.kp is not None and wish.kp not in KPS:
        raise WrongUse(f"--kp must be one of {', '.join(KPS)} with a scenario; got {wish.kp!r}. {ALIKE}")
    if wish.unlisted is not None:
        raise WrongUse(
            f"--unlisted must come with --study; got {wish.unlisted}. A scenario says it by its name: plain "
            "(a complete list) or unlisted (a list with gaps)."
        )
    scenario = scenario_of(wish.scenario or "unlisted", {})
    return _Country(wish.kp or "any KP", scenario, (ALIKE,))


def _base(country: _Country, wish: Wish) -> Plan:
    return replace(base_plan(country.scenario), **wish.own)


def _tried(country: _Country, plans: list[Plan], wish: Wish, begin: Callable[[str], None]) -> pd.DataFrame:
    begin(f"{country.kp}: exercise 1 of {wish.exercises}")

    def tell(done: int, of: int) -> None:
        if done < of:
            begin(f"{country.kp}: exercise {done + 1} of {of}")

    return try_plans(
        country.scenario,
        plans,
        seed=wish.seed,
        interview_sd=wish.interview_sd,
        progress=tell,
        **wish.trial(),
    )


def _print(countries: list[_Country], tables: list[pd.DataFrame], choices: list[Choice], wish: Wish) -> None:
    console = open_console()
    for country, table, choice in zip(countries, tables, choices, strict=True):
        title = f"{country.kp}: {wish.exercises} simulated exercises, {100 * wish.level:g}% intervals"
        show(title, _on_screen(table, choice), console=console)
        say(f"{country.kp}: {choice.sentence}", console=console)
        console.print()
        for sentence in country.sources:
            say(f"- {sentence}", console=console)
        console.print()
    say(CAUTION, console=console)


def _on_screen(table: pd.DataFrame, choice: Choice) -> Any:
    """Return the table as it is printed; an arrow marks the plan chosen."""
    headings = ["", "informants", "spots", "people", "interviews", "half-width", "bias", "truth", "work:"]
    headings += ["interviews", "people"]
    units = ["", "a zone", "visited", "a spot", "a spot", "", "", "held", "informants", "at spots", "asked"]
    days = "person_days" in table
    rows = [units + (["days"] if days else [])]
    for _, row in table.iterrows():
        plan = plan_of(row)
        cells = [
            ">" if plan == choice.plan else "",
            f"{plan.informants}",
            f"{plan.visited:.0%}",
            f"{plan.asked}",
            f"{plan.interviews:.3g}",
            _width(row),
            _signed(row["bias"]),
            "-" if pd.isna(row["cover"]) else f"{row['cover']:.0%}",
            *(f"{row[name]:,.0f}" for name in ("informant_interviews", "spot_interviews", "people_asked")),
        ]
        rows.append(cells + ([f"{row['person_days']:,.0f}"] if days else []))
    return make_table([*headings, *(["person-"] if days else [])], rows, text=[""])


def _width(row: pd.Series) -> str:
    if pd.isna(row["half_width"]):
        return "no interval"
    error = "" if pd.isna(row["half_width_se"]) else f" ({row['half_width_se']:.1%})"
    return f"±{row['half_width']:.1%}{error}"


def _signed(share: float) -> str:
    rounded = round(float(share), 3)
    return f"{rounded:+.1%}" if rounded else "0.0%"


def _file(out: Path | None) -> Path | None:
    """Return the file to write: `out` itself where it ends in .csv, else plans.csv in the folder `out`."""
    if out is None:
        return None
    if out.suffix.lower() == ".csv":
        if out.is_dir():
            raise WrongUse(f"--out must be a file or a folder; got {out.name!r}, a folder named like a file.")
        return out
    file = file_in_the_way(out)
    if file is not None:
        raise WrongUse(f"--out must be a folder or end in .csv; got {file.name!r}, which is a file.")
    return out / TABLE


def _write(
    countries: list[_Country], tables: list[pd.DataFrame], choices: list[Choice], file: Path, wish: Wish
) -> None:
    parts = []
    for country, table, choice in zip(countries, tables, choices, strict=True):
        chosen = [choice.answer if plan_of(row) == choice.plan else "" for _, row in table.iterrows()]
        rows = table.assign(wanted=wish.half_width, chosen=chosen, seed=wish.seed)
        rows.insert(0, "kp", country.kp)
        parts.append(rows)
    with staged(file.parent) as folder:
        write_csv(pd.concat(parts, ignore_index=True), folder / file.name)
    say(f"The table is in {file}.", console=open_console())
