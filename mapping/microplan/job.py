"""What `pse microplan` does, from a study on disk to a workbook, CSV files, donor sheets and a PDF."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mapping.jobs import RANGE, Results, compute, remember
from mapping.labels import texts
from mapping.microplan.begin import reached_shares
from mapping.microplan.dhis2 import read_mapping
from mapping.microplan.gap import check_places, read_coverage
from mapping.microplan.norms import Norms, read_norms
from mapping.microplan.roster import Roster, plan_roster
from mapping.microplan.roster_files import read_peers, read_visits, read_ways, with_visits
from mapping.microplan.tables import Microplan, microplan
from mapping.microplan.workbook import write_workbook
from mapping.outgoing import Outgoing
from mapping.output import check_folder, staged
from mapping.plain import WrongUse
from mapping.release import Level
from mapping.screen import open_console, print_notices, progress, say

TRAVEL = 20.0
"""Minutes between two spots of a day where nothing is said; an assumption."""


@dataclass(frozen=True)
class Wanted:
    """What else than the workbook to write, and how.

    Attributes
    ----------
    norms, coverage : pathlib.Path or None
        A local file of norms; a file of counts in place of the study's own coverage.csv.
    password : str
        Password of the workbook, if any.
    csv, donors, calendars : pathlib.Path or None
        Folder for the tables as CSV, folder for the donor sheets, PDF of calendars.
    peers, rosters : pathlib.Path or None
        At `restricted`: peer educators (CSV) for whom the week is planned; PDF of their rosters.
    visits : pathlib.Path or None
        With `peers`: rules for visits (CSV), a minimum in the week and pairs.
    travel : float or pathlib.Path
        Minutes between two spots of a day; or a CSV file of ways.
    separator, decimal : str
        Of the CSV files.
    mapping : pathlib.Path or None
        Mapping file of the donor sheets: definitions, people financed, identifiers of DHIS2.
    """

    norms: Path | None = None
    coverage: Path | None = None
    password: str = ""
    csv: Path | None = None
    separator: str = ","
    decimal: str = "."
    donors: Path | None = None
    mapping: Path | None = None
    calendars: Path | None = None
    peers: Path | None = None
    rosters: Path | None = None
    visits: Path | None = None
    travel: float | Path = TRAVEL


def microplan_job(study: Path, out: Path, going: Outgoing, wanted: Wanted) -> None:
    """Estimate a study and write its microplan to `out`, an .xlsx file, and whatever else is wanted."""
    _check_wanted(out, wanted)
    _check_roster(going.level, wanted)
    for folder in (out.parent, wanted.csv, wanted.donors):
        if folder is not None:
            check_folder(folder, level=going.level)
    norms = read_norms(wanted.norms)
    if wanted.mapping is not None:
        read_mapping(wanted.mapping)
    with progress(4) as begin:
        how: dict[str, Any] = {"chosen": {}, "given": RANGE, "begin": begin, "with_sensitivity": False}
        results = compute(study, going, **how)
        begin("Writing the microplan")
        plan = plan_of(results, norms=norms, coverage=wanted.coverage)
        roster = None if wanted.peers is None else _roster(plan, results, wanted, wanted.peers)
        if roster is not None:
            plan = replace(plan, tables={**plan.tables, "roster": roster.table})
        write_plan(plan, results, out, wanted, lang=going.lang)
    console = open_console()
    print_notices(results.notices, console=console, lang=going.lang)
    console.print(results.released.receipt)
    assumed = sum(norm.assumption for norm in norms.norms.values())
    said = texts("done", going.lang)["microplan"]
    say(said.format(file=out, assumed=assumed, norms=len(norms.norms)), console=console)
    if roster is not None:
        say(f"The week: {roster}.", console=console)
    remember(going, results)


def _roster(plan: Microplan, results: Results, wanted: Wanted, peers: Path) -> Roster:
    """Plan the week of the peer educators of a CSV file."""
    load, spots = plan.tables["site_load"], plan.released.tables["spots"]
    codes: dict[str, Any] = {
        "municipalities": results.study.municipalities["municipality"],
        "kps": results.study.kps,
    }
    workers = read_peers(peers, **codes)
    load = load.assign(reached=reached_shares(load, plan.people, plan.tables.get("gap")))
    if wanted.visits is not None:
        load = with_visits(load, read_visits(wanted.visits, spots, **codes))
    travel = read_ways(wanted.travel, spots) if isinstance(wanted.travel, Path) else wanted.travel
    try:
        return plan_roster(load, workers, travel=travel)
    except ValueError as error:
        raise WrongUse(str(error)) from error


def minutes_or_file(text: str) -> float | Path:
    """Return minutes if the text is a number, else the path of a file of ways.

    >>> minutes_or_file("15"), minutes_or_file("ways.csv").name
    (15.0, 'ways.csv')
    """
    try:
        minutes = float(text)
    except ValueError:
        return Path(text)
    if not 0 <= minutes < float("inf"):
        raise WrongUse(f"travel must be minutes, 0 or more, or a CSV file of ways; got {minutes:g}.")
    return minutes


def _check_roster(level: Level, wanted: Wanted) -> None:
    if wanted.peers is None:
        given = {"rosters": wanted.rosters is not None, "visits": wanted.visits is not None}
        given["travel"] = wanted.travel != TRAVEL
        for name in (name for name, is_given in given.items() if is_given):
            raise WrongUse(f"{name} must come with peers, the table of peer educators; got none.")
        return
    if level != "restricted":
        raise WrongUse(
            f"peers must come with --release restricted; got {level}. A roster says where outreach will be."
        )


def plan_of(results: Results, *, norms: Norms | None = None, coverage: Path | None = None) -> Microplan:
    """Return the microplan of one run, with the usual norms and the counts of the study if none are given."""
    study = results.study
    counts = study.coverage
    codes = study.municipalities["municipality"]
    if coverage is not None:
        counts = read_coverage(coverage, municipalities=codes, kps=study.kps)
    elif counts is not None:
        check_places(counts, codes)
    return microplan(results.released, norms or read_norms(), coverage=counts, study=study)


def write_plan(plan: Microplan, results: Results, out: Path, wanted: Wanted, *, lang: str = "en") -> None:
    """Write the workbook and whatever else is wanted: all of it, or nothing."""
    with ExitStack() as stack:
        folder = stack.enter_context(staged(out.parent))
        write_workbook(plan, folder / out.name, title=results.title, lang=lang, password=wanted.password)
        if wanted.calendars is not None:
            from mapping.microplan.pdf import write_calendars

            folder = stack.enter_context(staged(wanted.calendars.parent))
            write_calendars(folder / wanted.calendars.name, lang=lang, title=results.title)
        if wanted.rosters is not None:
            from mapping.microplan.pdf import write_rosters

            folder = stack.enter_context(staged(wanted.rosters.parent))
            name, roster = wanted.rosters.name, plan.tables["roster"]
            write_rosters(folder / name, roster, lang=lang, title=results.title)
        if wanted.csv is not None:
            from mapping.microplan.csvs import write_csvs

            folder = stack.enter_context(staged(wanted.csv))
            write_csvs(plan, folder, separator=wanted.separator, decimal=wanted.decimal)
        if wanted.donors is not None:
            from mapping.microplan.donors import write_donors

            folder = stack.enter_context(staged(wanted.donors))
            write_donors(plan, results.study, folder, mapping_file=wanted.mapping)


def _check_wanted(out: Path, wanted: Wanted) -> None:
    """Refuse what the command was given before any work is done."""
    from mapping.microplan.csvs import check_marks

    if out.suffix.lower() != ".xlsx":
        raise WrongUse(f"out must end in .xlsx; got {out.name!r}. Write microplan.xlsx, for example.")
    try:
        check_marks(separator=wanted.separator, decimal=wanted.decimal)
    except ValueError as error:
        raise WrongUse(str(error)) from error
    for name in ("calendars", "rosters"):
        path = getattr(wanted, name)
        if path is not None and path.suffix.lower() != ".pdf":
            raise WrongUse(f"{name} must end in .pdf; got {path.name!r}. Write {name}.pdf.")
    if wanted.mapping is not None and wanted.donors is None:
        raise WrongUse("mapping must come with donors, the folder for the donor sheets; got none.")
    for name in ("norms", "coverage", "mapping", "peers", "visits", "travel"):
        path = getattr(wanted, name)
        if isinstance(path, Path) and not path.is_file():
            raise WrongUse(
                f"{name} must be a file; got {path.name!r}, which is not there. Check the spelling."
            )
