"""What a foreign file holds before anything is understood: headings, cells, and the rows they stand in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd

from pse.records.package import EPOCH
from pse.records.problems import Place, Problem, safe_heading
from pse.records.raw import LOOKED_AT, cell_text, is_title, title_problem
from pse.records.said import Said, say

__all__ = [
    "MOST_COLUMNS",
    "Grid",
    "Sources",
    "as_grid",
    "row_beside",
    "same_name",
    "shown_name",
]

MOST_COLUMNS = 16_384
"""Columns of a table, as Excel allows; more is a damaged file or a trap."""


@dataclass(frozen=True, repr=False, eq=False)
class Grid:
    """One sheet, CSV file or member of a zip.

    Attributes
    ----------
    place : Place
        File and sheet, for messages.
    frame : pandas.DataFrame
        Cells by heading, all of dtype object; a blank one is None, text is stripped.
    rows : numpy.ndarray of int
        Row of the source file of each row, the header being row 1.
    epoch : date
        Day 0 of its serial days.
    """

    place: Place
    frame: pd.DataFrame
    rows: np.ndarray
    epoch: date = EPOCH

    @property
    def headings(self) -> list[str]:
        """Headings in their order."""
        return list(self.frame.columns)

    def texts(self, heading: str) -> np.ndarray:
        """Return a column as text; a blank cell is empty."""
        return np.array(
            ["" if v is None else cell_text(v) for v in self.frame[heading].to_numpy(dtype=object)],
            dtype=object,
        )

    def keep(self, where: np.ndarray) -> Grid:
        """Return the grid with only some of its rows."""
        return replace(self, frame=self.frame[where].reset_index(drop=True), rows=self.rows[where])


@dataclass(repr=False)
class Sources:
    """Everything that was read: grids in the order of the files, and the problems of the files.

    Of two grids at one place, as when two readings are put together, the first stays and the other is told.
    """

    grids: list[Grid] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        first = {grid.place: grid for grid in reversed(self.grids)}
        again = [grid.place for grid in self.grids if grid is not first[grid.place]]
        if again:
            self.grids = list(reversed(first.values()))
            self.problems = [*self.problems, *map(same_name, again)]


def same_name(place: Place) -> Problem:
    """Return the problem of a second table of one name: by it rows are told apart and repeats joined."""
    return place.error("same_name", say("imports.same_name"), remedy=say("imports.rename"))


def shown_name(name: str) -> str:
    r"""Return the name of a sheet or member as it may be printed: short, no signs that steer a screen.

    Examples
    --------
    >>> shown_name("level 1\x1b[2J")
    'level 1?[2J'
    """
    return "".join(c if c.isprintable() else "?" for c in name.strip())[:80]


def row_beside(row: int, place: Place, beside: Place) -> int | Said:
    """Return a row as a problem at `beside` names it: with file and sheet where these are others.

    Examples
    --------
    >>> row_beside(3, Place("a.xlsx", "spot"), Place("a.xlsx", "visit"))
    '3 (a.xlsx, spot)'
    """
    if place == beside:
        return row
    return say("imports.row_in", row=row, where=", ".join(filter(None, (place.file, place.sheet))))


def as_grid(
    table: Iterable[list[Any]], place: Place, *, first_row: int = 1
) -> tuple[Grid | None, list[Problem]]:
    """Return the rows below the headings, or why there are no headings that can be used.

    Parameters
    ----------
    table : iterable of list
        Rows as they stand.
    place : Place
        File and sheet.
    first_row : int
        Row of the first list in the source.
    """
    rows = iter(table)
    start = list(islice(rows, LOOKED_AT))
    if is_title(start):
        return None, [title_problem(place, first_row)]
    first = start[0] if start else []
    while first and not cell_text(first[-1]):
        first = first[:-1]
    headings = [cell_text(value) for value in first]
    if not any(headings):
        return None, [place.error("no_header", say("no_header"), remedy=say("delete_blank_rows"))]
    if len(headings) > MOST_COLUMNS:
        return None, [_too_wide(place)]
    twice = sorted({h for h in headings if h and headings.count(h) > 1})
    if twice:
        return None, [
            place.error("duplicate_column", say("duplicate_column", heading=safe_heading(h)), row=first_row)
            for h in twice
        ]
    numbers, kept = [], []
    beyond: set[int] = set()
    for number, row in enumerate(chain(start[1:], rows), start=first_row + 1):
        beyond.update(i for i in range(len(headings), len(row)) if _cell(row[i]) is not None)
        cells = [_cell(value) for value in row[: len(headings)]]
        if any(value is not None for value in cells):
            numbers.append(number)
            kept.append(cells + [None] * (len(headings) - len(cells)))
    columns = list(zip(*kept, strict=True)) if kept else [()] * len(headings)
    named = {h: pd.Series(c, dtype=object) for h, c in zip(headings, columns, strict=True) if h}
    grid = Grid(place, pd.DataFrame(named), np.array(numbers, dtype=np.int64))
    return grid, _nameless(headings, columns, len(beyond), place)


def _too_wide(place: Place) -> Problem:
    message = say("imports.too_wide", most=f"{MOST_COLUMNS:,}")
    return place.error("too_wide", message, row=1, remedy=say("imports.damaged"))


def _nameless(headings: list[str], columns: list[Any], beyond: int, place: Place) -> list[Problem]:
    lost = beyond + sum(
        not heading and any(value is not None for value in column)
        for heading, column in zip(headings, columns, strict=True)
    )
    message = say("no_heading", columns=lost)
    return [place.notice("no_heading", message, remedy=say("give_headings"))] if lost else []


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return None if value is None or value != value else value
