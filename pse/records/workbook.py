"""One XLSX workbook in: a sheet for each table and a sheet `study` for the settings."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from pse.records.problems import Place, Problem, safe_heading
from pse.records.raw import RawStudy, RawTable, as_raw_table, cell_text, heading_problems, is_text_column
from pse.records.said import say
from pse.records.tables import TABLES, Table

HOW_TO = "how_to"
"""Sheet of instructions in the template; the reader leaves it out."""

_MOST_UNPACKED = 2 * 1024**3  # a larger workbook is a trap or should be CSV files
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # old .xls, and the wrapping of an encrypted workbook


def read_workbook(path: Path) -> RawStudy:
    """Return settings and tables of an XLSX workbook as they stand, and why a sheet cannot be read.

    Parameters
    ----------
    path : pathlib.Path
        A workbook with the sheets `study` (two columns: setting, value), `municipalities`, `level1`,
        `level2` and the optional tables.
    """
    raw = RawStudy(Place(path.name, "study"), sources={path.name: path})
    fault = file_fault(path)
    if not fault:
        fault = _read_sheets(path, raw)
    if fault:
        raw.problems.append(Place(path.name).error("not_a_workbook", fault, remedy=say("save_xlsx")))
        raw.broken.update((*TABLES, "study"))
    return raw


def file_fault(path: Path) -> str:
    """Return why a file is not an XLSX workbook that can be read; empty when nothing is wrong with it."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
            rest = file.read(1024 * 1024) if start == _OLE else b""
    except OSError as error:
        return say("workbook_not_opened", why=error.strerror)
    if start == _OLE:
        locked = "EncryptedPackage".encode("utf-16-le") in rest
        return say("has_password" if locked else "old_xls")
    if not zipfile.is_zipfile(path):
        return say("not_xlsx")
    with zipfile.ZipFile(path) as package:
        unpacked = sum(item.file_size for item in package.infolist())
    return say("too_large_unpacked") if unpacked > _MOST_UNPACKED else ""


def _read_sheets(path: Path, raw: RawStudy) -> str:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
        sheets = {
            name.strip(): workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in workbook.sheet_names
            if name.strip() in (*TABLES, "study")
        }
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile):
        return say("damaged_xlsx")
    for name in workbook.sheet_names:
        if name.strip() not in (*TABLES, "study", HOW_TO):
            message = say("unknown_sheet", sheet=safe_heading(name))
            raw.problems.append(Place(path.name, name).notice("unknown_sheet", message))
    _take_sheets(path, sheets, raw)
    return ""


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
