"""`Study`: the checked tables of one mapping exercise, and the ways to get one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from pse.records.alike import alike_problems
from pse.records.checked import CheckedTable, empty_frame, to_frame
from pse.records.files import read_raw
from pse.records.links import link_problems
from pse.records.plausible import far_dates, unlikely_numbers
from pse.records.problems import Place, Problem, TableError
from pse.records.raw import RawStudy, raw_frame
from pse.records.rules import row_problems
from pse.records.said import say
from pse.records.screening import screening_problems, under_18
from pse.records.settings import Settings, check_settings, option_value, usable_codes
from pse.records.tables import TABLES, Table
from pse.records.validate import check_table


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """Checked tables of a mapping exercise; `read_study` and `make_study` make one.

    Attributes
    ----------
    title, country : str
        As printed on every result.
    year : int
        Year of the field work.
    size_basis : {"usual_day", "peak_day"} or None
        The day that a size is about, where the settings say it.
    denominators : dict of str to str
        KP -> column of `municipalities` with the adults a rate is about.
    options, privacy : dict
        The tables of the same name in study.toml.
    kps : tuple of str
        KP codes that the data may use.
    municipalities, level1, level2, people, virtual, nonspot, overrides, coverage : pandas.DataFrame
        Tables as docs/study_folder.md declares them. Text is text and a blank is missing; counts are
        `int64` where no cell is blank, other numbers `float64`; `mapped` and `do_not_publish` are bool;
        `uses_platforms` is 1, 0 or NaN. Rows are in the order of the file. A table without rows, or not
        there, has all declared columns; any other has its optional columns only where something stands in
        them, and unknown columns as text.
    boundaries : pathlib.Path or None
        File of boundaries in the study folder.
    notices : tuple of Problem
        What to know about the records though nothing is wrong.
    sources : dict of str to pathlib.Path
        File name -> path of every file read.
    kp_names : dict of str to str
        What the settings call the KPs that they declare.
    """

    title: str
    country: str
    year: int
    size_basis: Literal["usual_day", "peak_day"] | None
    denominators: dict[str, str]
    options: dict[str, Any]
    privacy: dict[str, Any]
    kps: tuple[str, ...]
    municipalities: pd.DataFrame
    level1: pd.DataFrame
    level2: pd.DataFrame
    people: pd.DataFrame
    virtual: pd.DataFrame
    nonspot: pd.DataFrame
    overrides: pd.DataFrame
    coverage: pd.DataFrame
    boundaries: Path | None = None
    notices: tuple[Problem, ...] = ()
    sources: dict[str, Path] = field(default_factory=dict)
    kp_names: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return the number of rows of each table and nothing that stands in them."""
        rows = ", ".join(f"{name} {len(getattr(self, name)):,}" for name in TABLES)
        return f"Study(rows: {rows}; {len(self.notices)} notice(s))"


def read_study(path: str | Path) -> Study:
    """Read and check a study folder or workbook.

    Parameters
    ----------
    path : str or pathlib.Path
        A folder with study.toml and CSV files (UTF-8, commas), or an .xlsx workbook with a sheet `study`
        and a sheet for each table. The contract is docs/study_folder.md.

    Returns
    -------
    Study
        Checked tables; its `.notices` say what to know about them.

    Raises
    ------
    TableError
        If anything is wrong: every problem of every file, with file, spreadsheet row, column, rule and
        remedy. Names, coordinates and free text never stand in it.

    Examples
    --------
    >>> read_study("no such folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    pse.records.problems.TableError: no such folder has 1 problem(s):
      the study must be a folder or an .xlsx workbook; there is nothing of this name. ...
    """
    return study_or_raise(*check_study(path))


def check_study(
    path: str | Path, *, declared: Mapping[str, Table] = TABLES
) -> tuple[Study | None, list[Problem]]:
    """Read a study and return it with every error and notice, for `pse check`.

    Parameters
    ----------
    path : str or pathlib.Path
        As in `read_study`.
    declared : mapping of str to Table
        Tables to read by name, as they are declared; others are left alone, as if they were not there.

    Returns
    -------
    Study or None
        None if there is any error.
    list of Problem
        Errors and notices in the order of files, rows and columns.
    """
    return check_raw(read_raw(Path(path)), declared)


def make_study(
    *,
    title: str,
    country: str,
    year: int,
    tables: Mapping[str, pd.DataFrame],
    denominators: Mapping[str, str] | None = None,
    size_basis: Literal["usual_day", "peak_day"] | None = None,
    options: Mapping[str, Any] | None = None,
    kps: Mapping[str, str] | None = None,
) -> Study:
    """Return a study from tables in memory, after the same checks as `read_study` makes.

    Parameters
    ----------
    title, country, year, denominators, size_basis, options, kps
        As in study.toml.
    tables : mapping of str to pandas.DataFrame
        `municipalities`, `level1`, `level2` and any optional table. They are not changed. A problem in row
        i (from 0) is reported as spreadsheet row i + 2.

    Returns
    -------
    Study
        Checked tables, as of a folder with the same values.

    Raises
    ------
    TableError
        If anything is wrong, as in `read_study`.

    Examples
    --------
    >>> make_study(title="Empty", country="Nowhere", year=2016, tables={})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    pse.records.problems.TableError: municipalities has 1 problem(s):
      the file must be there; it is missing...
    """
    given = {
        "title": title,
        "country": country,
        "year": year,
        "size_basis": size_basis,
        "denominators": denominators,
        "options": options,
        "kps": kps,
    }
    raw = RawStudy(Place("study.toml"), {name: value for name, value in given.items() if value is not None})
    for name, frame in tables.items():
        if name not in TABLES:
            message = say("unknown_table", tables=", ".join(TABLES))
            raw.problems.append(Place(str(name)).error("unknown_table", message))
            continue
        found, problems = raw_frame(frame, TABLES[name], raw.place_of(name))
        raw.problems += problems
        if found is None:
            raw.broken.add(name)
        else:
            raw.tables[name] = found
    return study_or_raise(*check_raw(raw))


def study_or_raise(study: Study | None, problems: list[Problem]) -> Study:
    """Return the study of `check_study`, or raise a TableError with every problem."""
    if study is None:
        raise TableError(problems)
    return study


def check_raw(raw: RawStudy, declared: Mapping[str, Table] = TABLES) -> tuple[Study | None, list[Problem]]:
    """Return the study that records as they stand make, with every error and notice, as `check_study` does.

    Parameters
    ----------
    raw : RawStudy
        What was found: in a folder, a workbook, the files of an import. Its tables are used up.
    declared : mapping of str to Table
        As in `check_study`.

    Returns
    -------
    Study or None
        None if there is any error.
    list of Problem
        Errors and notices in the order of files, rows and columns.
    """
    problems = [p for p in raw.problems if p.table in declared or p.table not in TABLES]
    problems += _missing_files(raw, declared)
    settings: Settings | None = None
    kps: tuple[str, ...] | None = None
    denominators: dict[str, str] = {}
    if raw.settings is not None:
        settings, found = check_settings(raw.settings, raw.place)
        kps, denominators = usable_codes(raw.settings)
        problems += found
    tables, found = _check_tables(raw, declared, kps, denominators)
    problems += found
    problems += link_problems(tables, denominators, raw.place) + alike_problems(tables)
    problems += unlikely_numbers(tables, denominators)
    if settings is not None:
        problems += far_dates(tables, settings.year)
    problems = in_order(problems)
    if settings is None or any(problem.severity == "error" for problem in problems):
        return None, problems
    return _build(raw, settings, tables, problems), problems


def _missing_files(raw: RawStudy, declared: Mapping[str, Table]) -> list[Problem]:
    found = {"study": raw.settings is not None} | {name: name in raw.tables for name in declared}
    return [
        Place(place.file if place.sheet or name != "study" else "study.toml", place.sheet).error(
            "missing_file",
            say("missing_sheet" if place.sheet else "missing_file"),
            remedy=say("template") if name == "study" else "",
        )
        for name, there in found.items()
        if not there and name not in raw.broken and (name == "study" or declared[name].required)
        for place in [raw.place_of(name)]
    ]


def _check_tables(
    raw: RawStudy,
    declared: Mapping[str, Table],
    kps: tuple[str, ...] | None,
    denominators: Mapping[str, str],
) -> tuple[dict[str, CheckedTable], list[Problem]]:
    tables, problems = {}, []
    for name in [name for name in raw.tables if name in declared]:
        table = declared[name]
        if name == "municipalities":
            table = table.with_numbers(list(dict.fromkeys(denominators.values())))
        tables[name], found = check_table(raw.tables.pop(name), table, kps=kps)
        problems += found + row_problems(tables[name]) + screening_problems(tables[name])
    if "people" in tables:
        children, found = under_18(tables["people"])
        tables["people"], problems = tables["people"].without(children), problems + found
    return tables, problems


def in_order(problems: list[Problem]) -> list[Problem]:
    """Return problems in the order of the files, their rows and columns; the same for the same study."""
    tables = ["study", *TABLES]

    def key(problem: Problem) -> tuple[int, str, int, int, str, str]:
        table = problem.table
        names = list(TABLES[table].by_name) if table in TABLES else []
        column = names.index(problem.column) if problem.column in names else len(names)
        place = tables.index(table) if table in tables else len(tables)
        return (place, problem.file, problem.row or 0, column, problem.column or "", problem.rule)

    return sorted(problems, key=key)


def _build(
    raw: RawStudy, settings: Settings, tables: dict[str, CheckedTable], problems: list[Problem]
) -> Study:
    frames = {
        name: to_frame(tables.pop(name)) if name in tables else empty_frame(table)
        for name, table in TABLES.items()
    }
    return Study(
        title=settings.title,
        country=settings.country,
        year=settings.year,
        size_basis=settings.size_basis,
        denominators=dict(settings.denominators),
        options={name: option_value(name, value) for name, value in settings.options.items()},
        privacy=dict(settings.privacy),
        kps=settings.kp_codes,
        kp_names=dict(settings.kps),
        boundaries=raw.boundaries,
        notices=tuple(problem for problem in problems if problem.severity == "notice"),
        sources=dict(raw.sources),
        **frames,
    )
