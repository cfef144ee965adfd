"""Problems of the tables told where they stand in the source: its file, sheet, row and heading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pse.records.imports.convert import Converted
from pse.records.imports.grid import row_beside
from pse.records.imports.reasons import TWO_NUMBERS
from pse.records.problems import Place, Problem, shown_heading
from pse.records.said import Said, say
from pse.records.tables import TABLES

__all__ = ["FIRST_ROW", "Tables", "at_source", "line_of", "locate"]

Tables = Mapping[str, Sequence[Converted]]

FIRST_ROW = 2
"""Row in which a table that is built from parts begins, below its headings."""


def at_source(problems: Sequence[Problem], tables: Tables) -> list[Problem]:
    """Return problems of built tables as problems of their sources, each once.

    A wrong cell of a form stands in every row of its repeats; it is told at its own row only. A number of two
    readings, such as `60.000`, is told in every column: the checks refuse it only where people are counted.

    Parameters
    ----------
    problems : sequence of Problem
        Of tables whose rows are those of the parts one after the other; those of other files stay.
    tables : mapping of str to sequence of Converted
        Parts of each table.
    """
    found: dict[tuple[str, str | None, int | None, str | None, str], Problem] = {}
    for moved in [*(_moved(problem, tables) for problem in problems), *_two_numbers(tables)]:
        found.setdefault((moved.file, moved.sheet, moved.row, moved.column, moved.rule), moved)
    return list(found.values())


def _two_numbers(tables: Tables) -> Iterator[Problem]:
    """Yield the problem of each number that has two readings."""
    for part in (part for parts in tables.values() for part in parts):
        for (column, i), why in part.reasons.items():
            if why.rule == TWO_NUMBERS:
                place, row = line_of(part, i, column)
                shown = _heading(column, part, i)
                yield place.error(why.rule, why.message, row=row, column=shown, remedy=why.remedy)


def _moved(problem: Problem, tables: Tables) -> Problem:
    parts = tables.get(problem.table, ()) if problem.file == f"{problem.table}.csv" else ()
    if not parts:
        return problem
    if problem.row is None:
        return _at(problem, parts[0].part.grid.place, None, _heading(problem.column, parts[0], None))
    part, i = locate(parts, problem.row - FIRST_ROW)
    place, row = line_of(part, i, problem.column)
    moved = _at(problem, place, row, _heading(problem.column, part, i))
    why = part.reasons.get((problem.column or "", i))
    if why is not None:
        return replace(moved, rule=why.rule, message=why.message, remedy=why.remedy)
    return replace(moved, message=_with_source_row(problem, tables, moved))


def _at(problem: Problem, place: Place, row: int | None, heading: str | None) -> Problem:
    return replace(problem, file=place.file, sheet=place.sheet, row=row, column=heading)


def _heading(column: str | None, part: Converted, i: int | None) -> str | None:
    """Return the heading of the source if it may be printed, else the column of the table."""
    if column is None or column not in part.origins:
        return column
    heading = part.origins[column][1] if i is None else part.heading_of(column, i)
    return shown_heading(heading) or column


def locate(parts: Sequence[Converted], position: int) -> tuple[Converted, int]:
    """Return the part in which a row of the built table lies, and its position there."""
    sizes = np.cumsum([len(part.frame) for part in parts])
    which = int(np.searchsorted(sizes, position, side="right"))
    return parts[which], position - int(sizes[which] - len(parts[which].frame))


def line_of(part: Converted, i: int, column: str | None) -> tuple[Place, int]:
    """Return file, sheet and row of a cell; of the innermost row that is there when no column is meant."""
    source = part.origins[column][0] if column in part.origins else None
    sources = [source, *part.part.lines] if source is not None else list(part.part.lines)
    for one in sources:
        if one.rows[i]:
            return one.place, int(one.rows[i])
    return part.part.grid.place, 0


def _with_source_row(problem: Problem, tables: Tables, moved: Problem) -> str:
    """Return the message with the row of another record, such as `first in row 3`, as the source counts."""
    message = problem.message
    if not isinstance(message, Said) or "row" not in message.values:
        return message
    other = str(message.values.get("table", problem.table))
    parts = tables.get(other, ())
    if not parts or other not in TABLES:
        return message
    part, i = locate(parts, int(message.values["row"]) - FIRST_ROW)
    place, row = line_of(part, i, "spot_id" if "table" in message.values else problem.column)
    told = row_beside(row, place, Place(moved.file, moved.sheet))
    return say(message.key, **(message.values | {"row": told}))
