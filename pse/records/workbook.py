"""One XLSX workbook in: a sheet for each table and a sheet `study` for the settings."""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineError

from pse.records.package import Looked, look_at, show_errors
from pse.records.problems import KEPT_PER_RULE, Place, Problem, safe_heading, shown_heading
from pse.records.raw import (
    LOOKED_AT,
    RawStudy,
    RawTable,
    as_raw_table,
    cell_text,
    heading_problems,
    is_text_column,
    is_title,
    title_problem,
)
from pse.records.said import Said, say
from pse.records.sheets import Corners, each_sheet
from pse.records.tables import TABLES, Table

HOW_TO = "how_to"
"""Sheet of instructions in the template; the reader leaves it out."""

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""First bytes of an old .xls, and of the wrapping of an encrypted workbook."""

DAMAGED_WORKBOOK = (CalamineError, OSError, ValueError, KeyError, zipfile.BadZipFile)
"""What a reader raises for a workbook that is none."""

_REMEDIES = {"imports.zip_bomb": "split_study", "no_results": "calculate"}
"""Key of a fault -> what to do about it; for every other fault the workbook is to be saved again."""


def read_workbook(path: Path) -> RawStudy:
    """Return settings and tables of an XLSX workbook as they stand, and why a sheet cannot be read.

    Parameters
    ----------
    path : pathlib.Path
        A workbook with the sheets `study` (two columns: setting, value), `municipalities`, `level1`,
        `level2` and the optional tables.
    """
    raw = RawStudy(Place(path.name, "study"), sources={path.name: path})
    looked = _look(path)
    fault = looked.fault or _read_sheets(path, looked, raw)
    if fault:
        remedy = say(_REMEDIES.get(fault.key, "save_xlsx"))
        raw.problems.append(Place(path.name).error("not_a_workbook", fault, remedy=remedy))
        raw.broken.update((*TABLES, "study"))
    return raw


def file_fault(path: Path) -> Said | None:
    """Return why a file is not an XLSX workbook that can be read; None when nothing is wrong with it."""
    return _look(path).fault


def _look(path: Path) -> Looked:
    try:
        with path.open("rb") as file:
            start = file.read(len(OLE))
            rest = file.read(1024 * 1024) if start == OLE else b""
    except OSError as error:
        return Looked(say("workbook_not_opened", why=error.strerror))
    if start == OLE:
        locked = "EncryptedPackage".encode("utf-16-le") in rest
        return Looked(say("has_password" if locked else "old_xls"))
    return look_at(path) if zipfile.is_zipfile(path) else Looked(say("not_xlsx"))


def _read_sheets(path: Path, looked: Looked, raw: RawStudy) -> Said | None:
    sheets = {}
    try:
        for name, cells, merged in each_sheet(str(path)):
            table = name.strip()
            if table in (*TABLES, "study"):
                show_errors(cells, looked.marks(name).errors)
                raw.problems += merged_problems(merged, cells, Place(path.name, table))
                sheets[table] = cells
            elif table != HOW_TO:
                message = say("unknown_sheet", sheet=safe_heading(name))
                raw.problems.append(Place(path.name, name).notice("unknown_sheet", message))
    except DAMAGED_WORKBOOK:
        return say("damaged_xlsx")
    _take_sheets(path, sheets, raw)
    return None


def merged_problems(
    ranges: Sequence[Corners] | None, cells: Sequence[list[Any]], place: Place
) -> list[Problem]:
    """Return a notice for every row below the headings whose cells are merged with those of the next rows.

    It stands at the first of these cells: one for each of them would be too many.
    """
    first: dict[int, int] = {}
    for (top, left), (bottom, _) in ranges or ():
        if 0 < top < bottom and top < len(cells) and left < len(cells[top]) and cell_text(cells[top][left]):
            first[top] = min(left, first.get(top, left))
    message, remedy = say("merged_rows"), say("undo_merging")
    return [
        place.notice("merged", message, row=top + 1, column=_heading(cells[0], left), remedy=remedy)
        for top, left in sorted(first.items())[:KEPT_PER_RULE]
    ]


def _heading(headings: Sequence[Any], at: int) -> str | None:
    """Return the heading of a column, if it has one that may be printed."""
    text = cell_text(headings[at]) if at < len(headings) and headings[at] is not None else ""
    return shown_heading(text) if text else None


def _take_sheets(path: Path, sheets: dict[str, list[list[Any]]], raw: RawStudy) -> None:
    if "study" in sheets:
        raw.settings, problems = _settings(sheets["study"], raw.place)
        raw.problems += problems
        if raw.settings is None:
            raw.broken.add("study")
    for name, table in TABLES.items():
        if name in sheets:
            found, problems = _sheet_table(sheets[name], table, Place(path.name, name))
            raw.problems += problems
            if found is not None:
                raw.tables[name] = found
            elif problems:
                raw.broken.add(name)


def _sheet_table(cells: list[list[Any]], table: Table, place: Place) -> tuple[RawTable | None, list[Problem]]:
    if not any(cell_text(value) for row in cells for value in row):
        if not table.required:
            return None, []  # an optional sheet of the template that nobody filled
        return None, [place.error("empty_file", say("empty_sheet"))]
    if is_title(cells[:LOOKED_AT]):
        return None, [title_problem(place)]
    headings = [cell_text(value) for value in cells[0]]
    problems = heading_problems(headings, place)
    if problems:
        return None, problems
    columns = zip(*cells[1:], strict=True) if len(cells) > 1 else ([] for _ in headings)
    frame = pd.DataFrame(
        {
            i: pd.Series(list(_cells(values, text=is_text_column(table, heading))), dtype=object)
            for i, (heading, values) in enumerate(zip(headings, columns, strict=True))
        }
    )
    return as_raw_table(frame, headings, table, place)


def _cells(values: Any, *, text: bool) -> Iterator[object]:
    """Yield the cells of a column: blank as None, text columns as text."""
    for value in values:
        if isinstance(value, str):
            yield value.strip() or None
        else:
            yield cell_text(value) if text else value


def _settings(cells: list[list[Any]], place: Place) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the settings of the sheet `study` as study.toml would hold them: a dot opens a table."""
    settings: dict[str, Any] = {}
    problems = []
    if [cell_text(value) for value in (cells[0] if cells else [])[:2]] != ["setting", "value"]:
        return None, [place.error("no_header", say("setting_and_value"))]
    for number, row in enumerate(cells[1:], start=2):
        name, value = cell_text(row[0]), _setting_value(row[1])
        if value == "" or not name:
            continue
        section, _, key = name.partition(".")
        inner = settings.setdefault(section, {}) if key else settings
        if not isinstance(inner, dict) or (key or section) in inner:
            twice = say("setting_twice")
            problems.append(place.error("duplicate_setting", twice, row=number, column=name))
        else:
            inner[key or section] = value
    return settings, problems


def _setting_value(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, bool | int | float) else cell_text(value)
