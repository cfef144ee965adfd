"""One workbook, XLSX, ODS or old XLS, as one grid for each sheet."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pse.records.imports.grid import Sources, as_grid, shown_name
from pse.records.imports.package import sheet_fault
from pse.records.problems import Place
from pse.records.raw import cell_text
from pse.records.said import say
from pse.records.workbook import HOW_TO

__all__ = ["OLE", "read_sheets"]

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""First bytes of an old .xls, and of the wrapping of an encrypted workbook."""

MOST_XLS = 100 * 1024 * 1024


def read_sheets(path: Path) -> Sources:
    """Return every sheet that holds anything, or why the workbook cannot be read."""
    found = Sources()
    fault = _old_fault(path) if path.open("rb").read(8) == OLE else sheet_fault(path)
    if fault:
        found.problems.append(Place(path.name).error("workbook", fault, remedy=say("imports.export_again")))
        return found
    _read(path, found)
    return found


def _old_fault(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MOST_XLS + 1)
    if "EncryptedPackage".encode("utf-16-le") in data:
        return say("has_password")
    return say("imports.too_large", most=MOST_XLS // 1024**2) if len(data) > MOST_XLS else ""


def _read(path: Path, found: Sources) -> None:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
        for name in workbook.sheet_names:
            if name.strip() == HOW_TO:
                continue
            sheet = workbook.get_sheet_by_name(name)
            _take(sheet.to_python(skip_empty_area=False), Place(path.name, shown_name(name)), found)
    except (CalamineError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        locked = "password" in str(error).lower() or type(error).__name__ == "PasswordError"
        message = say("has_password") if locked else say("imports.damaged_workbook")
        remedy = say("imports.export_again")
        found.problems.append(Place(path.name).error("workbook", message, remedy=remedy))
        found.grids.clear()


def _take(cells: Sequence[list[Any]], place: Place, found: Sources) -> None:
    if not any(cell_text(value) for row in cells for value in row):
        return  # an empty sheet
    grid, problems = as_grid(cells, place)
    found.problems += problems
    if grid is not None:
        found.grids.append(grid)
