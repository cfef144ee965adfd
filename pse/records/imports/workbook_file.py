"""One workbook, XLSX, ODS or old XLS, as one grid for each sheet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pse.records.imports.grid import Grid, Sources, as_grid, shown_name
from pse.records.imports.old_workbook import look_at_old, read_old
from pse.records.package import Looked, Marks, look_at, show_errors
from pse.records.problems import Place, Problem
from pse.records.raw import cell_text
from pse.records.said import Said, say
from pse.records.sheets import each_sheet
from pse.records.workbook import DAMAGED_WORKBOOK, HOW_TO, OLE, merged_problems

__all__ = ["read_sheets"]

_REMEDIES = {"imports.zip_bomb": "imports.split", "no_results": "calculate"}
"""Key of a fault -> what to do about it; for every other fault the workbook is to be exported again."""


def read_sheets(path: Path) -> Sources:
    """Return every sheet that holds anything, or why the workbook cannot be read."""
    with path.open("rb") as file:
        old = file.read(len(OLE)) == OLE
    looked = look_at_old(path) if old else look_at(path)
    if looked.fault:
        return _refused(path, looked.fault)
    try:
        found = _read(path, looked, old=old)
    except DAMAGED_WORKBOOK as error:
        locked = "password" in str(error).lower() or type(error).__name__ == "PasswordError"
        return _refused(path, say("has_password" if locked else "imports.damaged_workbook"))
    if not found.grids and not found.problems:
        found.problems.append(Place(path.name).error("empty_file", say("empty_file")))
    return found


def _refused(path: Path, fault: Said) -> Sources:
    remedy = say(_REMEDIES.get(fault.key, "imports.export_again"))
    return Sources(problems=[Place(path.name).error("workbook", fault, remedy=remedy)])


def _read(path: Path, looked: Looked, *, old: bool) -> Sources:
    found = Sources()
    for name, cells, merged in read_old(path) if old else each_sheet(str(path)):
        if name.strip() != HOW_TO:
            marks = looked.marks(name)
            marks.merged += merged or ()
            _take(cells, marks, Place(path.name, shown_name(name)), looked.epoch, found)
    return found


def _take(cells: list[list[Any]], marks: Marks, place: Place, epoch: date, found: Sources) -> None:
    show_errors(cells, marks.errors)
    if not any(cell_text(value) for row in cells for value in row):
        return  # an empty sheet
    grid, problems = as_grid(cells, place)
    found.problems += problems
    if grid is not None:
        found.grids.append(replace(grid, epoch=epoch))
        found.problems += [*merged_problems(marks.merged, cells, place), *_hidden(marks, grid)]


def _hidden(marks: Marks, grid: Grid) -> list[Problem]:
    """Return a notice if rows that hold anything are hidden: who hid them may think that they are out."""
    last = int(max(grid.rows, default=0))
    hidden = {row for rows in marks.hidden for row in range(rows.start, min(rows.stop, last + 1))}
    rows = [int(row) for row in grid.rows if row in hidden]
    message, remedy = say("imports.hidden_rows", rows=len(rows)), say("imports.delete_hidden")
    return [grid.place.notice("hidden", message, row=rows[0], remedy=remedy)] if rows else []
