"""Records as they stand in a file or in memory, before any check: values, headings and row numbers."""

import contextlib
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse.records.problems import Place, Problem, safe_heading
from pse.records.said import say
from pse.records.tables import NUMBER_KINDS, Table

LOOKED_AT = 200
"""First rows that tell whether the very first one is a title."""

_UNNAMED = "\0"


@dataclass(frozen=True, repr=False, eq=False)
class RawTable:
    """One table as it was found.

    Attributes
    ----------
    table : Table
        Its declaration.
    place : Place
        File and sheet, for messages.
    frame : pandas.DataFrame
        Values as found; blank cells are missing, blank rows are left out, headings are unique text.
    rows : numpy.ndarray of int
        Spreadsheet row of each row of `frame`.
    """

    table: Table
    place: Place
    frame: pd.DataFrame
    rows: np.ndarray


@dataclass(repr=False)
class RawStudy:
    """What was found at a path: settings and tables that could be read, and the problems so far.

    `settings` is None and `broken` names a table where a file is there but could not be read: checks that
    need it are then left out, because every answer would be wrong.
    """

    place: Place
    settings: dict[str, Any] | None = None
    tables: dict[str, RawTable] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    boundaries: Path | None = None
    sources: dict[str, Path] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place_of(self, name: str) -> Place:
        """Return where a table stands or should stand: its sheet, or its CSV file."""
        return Place(self.place.file, name) if self.place.sheet else Place(f"{name}.csv")


def cell_text(value: object) -> str:
    """Return a cell as text: `7.0` of a spreadsheet is `7`, a date is `2016-02-29`, blanks are stripped.

    Examples
    --------
    >>> cell_text(7.0), cell_text(" 007 "), cell_text(True)
    ('7', '007', 'TRUE')
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def is_text_column(table: Table, name: str) -> bool:
    """Return whether a column is read as text: all but the declared numbers."""
    column = table.by_name.get(name)
    return column is None or column.kind not in NUMBER_KINDS


def heading_problems(headings: list[str], place: Place) -> list[Problem]:
    """Return the problems that keep a header row from being used: no heading at all, or one twice."""
    if not any(headings):
        return [place.error("no_header", say("no_header"), remedy=say("delete_blank_rows"))]
    twice = sorted({h for h in headings if h and headings.count(h) > 1})
    return [
        place.error("duplicate_column", say("duplicate_column", heading=safe_heading(h)), row=1)
        for h in twice
    ]


def first_rows(rows: Iterator[list[str]]) -> list[list[str]]:
    """Return the first rows of a CSV file, fewer where a quotation mark is out of place."""
    found = []
    with contextlib.suppress(csv.Error):
        for row in islice(rows, LOOKED_AT):
            found.append(row)
    return found


def is_title(rows: Sequence[Sequence[object]]) -> bool:
    """Return whether the first row is no row of headings: most rows below hold twice as many cells or more.

    Examples
    --------
    >>> is_title([["Mapping"], ["kp", "kp_min"], ["FSW", "3"]]), is_title([["kp"], ["FSW"]])
    (True, False)
    """
    first, *below = [sum(bool(cell_text(value)) for value in row) for row in rows] or [0]
    below = [cells for cells in below if cells]
    return first > 0 and 2 * sum(cells >= 2 * first for cells in below) > len(below)


def title_problem(place: Place, row: int = 1) -> Problem:
    """Return the problem of a title above the headings."""
    return place.error("title", say("imports.title"), row=row, remedy=say("imports.delete_title"))


def unique_headings(headings: list[str]) -> list[str]:
    """Return headings to name columns with: a blank one becomes a mark that no file can hold."""
    return [heading or f"{_UNNAMED}{i}" for i, heading in enumerate(headings)]


def as_raw_table(
    frame: pd.DataFrame, headings: list[str], table: Table, place: Place
) -> tuple[RawTable, list[Problem]]:
    """Return the rows that hold anything; row i of `frame` is spreadsheet row i + 2.

    Columns without a heading cannot be kept: where they hold values, a notice says so.
    """
    frame = frame.set_axis(unique_headings(headings), axis=1).reset_index(drop=True)
    unnamed = [name for name in frame.columns if name.startswith(_UNNAMED)]
    lost = sum(bool((frame[name].notna() & (frame[name] != "")).any()) for name in unnamed)
    frame, rows = _without_blank_rows(frame.drop(columns=unnamed))
    message = say("no_heading", columns=lost)
    notices = [place.notice("no_heading", message, remedy=say("give_headings"))] if lost else []
    return RawTable(table, place, frame, rows), notices


def _without_blank_rows(frame: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    rows = np.arange(2, len(frame) + 2)
    blank = np.arange(len(frame))
    for name in reversed(frame.columns):  # the rows that may still be blank become few at once
        cells = frame[name].iloc[blank]
        blank = blank[(cells.isna() | (cells == "")).to_numpy(dtype=bool)]
        if not len(blank):
            return frame, rows
    return frame.drop(index=pd.Index(blank)).reset_index(drop=True), np.delete(rows, blank)


def raw_frame(given: pd.DataFrame, table: Table, place: Place) -> tuple[RawTable | None, list[Problem]]:
    """Return a table in memory as if it had been read."""
    headings = [cell_text(name) for name in given.columns]
    problems = heading_problems(headings, place) if headings else []
    return (None, problems) if problems else as_raw_table(given, headings, table, place)
