"""What `pse microplan` does, from a study on disk to a workbook, CSV files, donor sheets and a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mapping.jobs import RANGE, Results, compute
from mapping.microplan.gap import read_coverage
from mapping.microplan.norms import read_norms
from mapping.microplan.tables import Microplan, microplan
from mapping.microplan.workbook import write_workbook
from mapping.output import staged
from mapping.plain import WrongUse
from mapping.screen import open_console, print_notices, progress, say

if TYPE_CHECKING:
    from mapping.release import Level


@dataclass(frozen=True)
class Wanted:
    """What else than the workbook to write, and how.

    Attributes
    ----------
    norms, coverage : pathlib.Path or None
        A local file of norms; a file of counts in place of the study's own coverage.csv.
    lang, password : str
        Language; password of the workbook, if any.
    csv, donors, calendars : pathlib.Path or None
        Folder for the tables as CSV, folder for the donor sheets, PDF of calendars.
    separator, decimal : str
        Of the CSV files.
    dhis2 : pathlib.Path or None
        Mapping file for DHIS2.
    """

    norms: Path | None = None
    coverage: Path | None = None
    lang: str = "en"
    password: str = ""
    csv: Path | None = None
    separator: str = ","
    decimal: str = "."
    donors: Path | None = None
    dhis2: Path | None = None
    calendars: Path | None = None


def microplan_job(study: Path, out: Path, level: Level, wanted: Wanted) -> None:
    """Estimate a study and write its microplan to `out`, an .xlsx file."""
    _check_wanted(out, wanted)
    with progress(3) as begin:
        norms = read_norms(None if wanted.norms is None else existing_file(wanted.norms, "norms"))
        results = compute(study, level, chosen={}, given=RANGE, begin=begin, with_sensitivity=False)
        begin("Writing the microplan")
        plan = plan_of(results, norms_path=wanted.norms, coverage=wanted.coverage)
        write_plan(plan, results, out, wanted)
    console = open_console()
    print_notices(results.notices, console=console)
    console.print(results.released.receipt)
    assumed = sum(norm.assumption for norm in norms.norms.values())
    say(f"The microplan is in {out}. {assumed} of {len(norms.norms)} norms are assumptions.", console=console)


def plan_of(results: Results, *, norms_path: Path | None = None, coverage: Path | None = None) -> Microplan:
    """Return the microplan of one run."""
    study = results.study
    counts = study.coverage
    if coverage is not None:
        codes = study.municipalities["municipality"]
        counts = read_coverage(existing_file(coverage, "coverage"), municipalities=codes, kps=study.kps)
    return microplan(results.released, read_norms(norms_path), coverage=counts, study=study)


def write_plan(plan: Microplan, results: Results, out: Path, wanted: Wanted) -> None:
    """Write the workbook and whatever else is wanted; each file whole or not at all."""
    with staged(out.parent) as folder:
        file = folder / out.name
        write_workbook(plan, file, title=results.title, lang=wanted.lang, password=wanted.password)
        if wanted.calendars is not None:
            from mapping.microplan.pdf import write_calendars

            write_calendars(folder / "calendars.pdf", lang=wanted.lang, title=results.title)
            (folder / "calendars.pdf").rename(folder / wanted.calendars.name)
    if wanted.csv is not None:
        from mapping.microplan.csvs import write_csvs

        with staged(wanted.csv) as folder:
            write_csvs(plan, folder, separator=wanted.separator, decimal=wanted.decimal)
    if wanted.donors is not None:
        from mapping.microplan.donors import write_donors

        with staged(wanted.donors) as folder:
            write_donors(plan, results.study, folder, dhis2=wanted.dhis2)


def existing_file(path: Path, name: str) -> Path:
    """Return the path of a file, or refuse it if nothing is there."""
    if not path.is_file():
        raise WrongUse(f"{name} must be a file; got {path.name!r}, which is not there. Check the spelling.")
    return path


def _check_wanted(out: Path, wanted: Wanted) -> None:
    """Refuse what the command was given before any work is done."""
    from mapping.labels import LANGUAGES
    from mapping.microplan.csvs import check_marks

    if out.suffix.lower() != ".xlsx":
        raise WrongUse(f"out must end in .xlsx; got {out.name!r}. Write microplan.xlsx, for example.")
    if wanted.lang not in LANGUAGES:
        raise WrongUse(f"lang must be one of {', '.join(LANGUAGES)}; got {wanted.lang!r}")
    try:
        check_marks(separator=wanted.separator, decimal=wanted.decimal)
    except ValueError as error:
        raise WrongUse(str(error)) from error
    for path, name in ((wanted.norms, "norms"), (wanted.coverage, "coverage"), (wanted.dhis2, "dhis2")):
        if path is not None:
            existing_file(path, name)
