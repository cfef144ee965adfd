"""A copy of the records as one workbook, with the wrong cells marked: for the desk that mends them.

It holds everything that the records hold, so it is for the organisation itself; no level of release applies.
"""

from __future__ import annotations

import csv
import io
import textwrap
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from mapping.labels import texts
from pse.records.problems import Problem
from pse.records.raw import cell_text
from pse.records.workbook import file_fault

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

__all__ = ["write_marked"]

MOST_ROWS = 1_048_576  # of a sheet
MOST_COLUMNS = 16_384
LONGEST_NAME = 31  # of a sheet
COLUMNS = {
    "severity": 10, "file": 20, "sheet": 12, "row": 7, "column": 18, "problem": 56, "mend": 48, "rule": 18,
}  # fmt: skip
"""Columns of the first sheet, with their widths in characters."""

LINE = 15.0  # points
HIGHEST = 409.0  # points of a row
WIDEST = 40  # characters of a column with a long heading
COLOURS = {"error": "#F4B6B6", "notice": "#FFE9A8"}

Grid = list[list[Any]]


def write_marked(study: str | Path, problems: Sequence[Problem], path: str | Path, *, lang: str) -> Path:
    """Write a copy of a study, or of one file, with its problems.

    Parameters
    ----------
    study : str or pathlib.Path
        A folder of CSV files, a workbook, or one CSV file; it is not changed.
    problems : sequence of Problem
        In the language of the reader, see `Problem.in_language`.
    path : str or pathlib.Path
        The .xlsx workbook to write.
    lang : str
        Language of the first sheet.

    Returns
    -------
    pathlib.Path
        A sheet with all problems, each with a link to its cell, and a sheet for each table: cells with an
        error are red, with a notice yellow, and a comment says what and how to mend it. Every value is
        written as text or number, never as a formula.
    """
    from xlsxwriter import Workbook

    sheets = dict(_sheets(Path(study)))
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with Workbook(path, options) as workbook:
        workbook.set_properties({"title": "Marked records", "created": datetime(2000, 1, 1)})
        names = _names(sheets, taken=texts("check", lang)["problem"])
        _write_problems(workbook, problems, sheets, names, lang)
        for place, grid in sheets.items():
            own = [problem for problem in problems if _place(problem) == place]
            _write_sheet(workbook, workbook.add_worksheet(names[place]), grid, own)
    return Path(path)


Where = tuple[str, str | None]  # file and sheet


def _place(problem: Problem) -> Where:
    return problem.file, problem.sheet


def _sheets(study: Path) -> Iterator[tuple[Where, Grid]]:
    """Yield every table as it stands: nothing where it cannot be read at all."""
    files = sorted(study.iterdir()) if study.is_dir() else [study]
    for file in files:
        if file.suffix.lower() == ".csv":
            yield (file.name, None), _csv_grid(file)
        elif file.suffix.lower() in (".xlsx", ".xlsm") and not file_fault(file):
            yield from _workbook_grids(file)


def _csv_grid(file: Path) -> Grid:
    text = file.read_bytes().decode("utf-8-sig", errors="replace").replace("\0", "\ufffd")
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return [[line] for line in text.splitlines()]


def _workbook_grids(file: Path) -> Iterator[tuple[Where, Grid]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(file)
        for name in workbook.sheet_names:
            grid = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            yield (file.name, name.strip()), grid
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile):
        return


def _names(sheets: dict[Where, Grid], *, taken: str) -> dict[Where, str]:
    """Return a name for each sheet that a workbook takes: short, without its forbidden signs, once."""
    names: dict[Where, str] = {}
    used = {taken.lower(), "history"}  # Excel keeps this name for itself
    for file, sheet in sheets:
        plain = (sheet or PurePath(file).stem).translate(dict.fromkeys(map(ord, "[]:*?/\\'"), "_"))
        name, number = plain[:LONGEST_NAME] or "_", 2
        while name.lower() in used:
            tail = f"_{number}"
            name, number = plain[: LONGEST_NAME - len(tail)] + tail, number + 1
        used.add(name.lower())
        names[file, sheet] = name
    return names


def _write_problems(
    workbook: Workbook,
    problems: Sequence[Problem],
    sheets: dict[Where, Grid],
    names: dict[Where, str],
    lang: str,
) -> None:
    words = texts("check", lang)
    sheet = workbook.add_worksheet(words["problem"])
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    head = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF4"})
    wrap = workbook.add_format({"text_wrap": True, "valign": "top"})
    link = workbook.add_format({"font_color": "#1F4E9E", "underline": 1, "valign": "top"})
    for number, (heading, width) in enumerate(COLUMNS.items()):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, words[heading], head)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(problems), 1), len(COLUMNS) - 1)
    for row, problem in enumerate(problems[: MOST_ROWS - 1], start=1):
        fill = workbook.add_format({"bg_color": COLOURS[problem.severity], "valign": "top"})
        place = (problem.file, problem.sheet or "", "", problem.column or "")
        cells = (words[problem.severity], *place, problem.message, problem.remedy, problem.rule)
        for number, text in enumerate(cells):
            sheet.write_string(row, number, text, wrap if number else fill)
        sheet.set_row(row, _height(cells))
        if problem.row is not None:
            target = names.get(_place(problem))
            column = _column(problem, sheets[_place(problem)]) if target else None
            if target and problem.row <= MOST_ROWS:
                url = f"internal:'{target}'!{_cell(problem.row - 1, column or 0)}"
                sheet.write_url(row, 3, url, link, string=str(problem.row))
            else:
                sheet.write_number(row, 3, problem.row, wrap)


def _height(cells: Sequence[str]) -> float:
    """Return the height of a row that shows all of its text; LibreOffice does not find it by itself."""
    narrow = 0.95  # of the width, which counts digits: some letters are wider
    lines = (
        len(textwrap.wrap(text, int(width * narrow)))
        for text, width in zip(cells, COLUMNS.values(), strict=True)
    )
    return min(LINE * max(1, *lines), HIGHEST)


def _cell(row: int, column: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    return str(xl_rowcol_to_cell(row, column))


def _column(problem: Problem, grid: Grid) -> int | None:
    """Return the position of the problem's column; None where it has none or the heading is not there."""
    headings = [cell_text(value) for value in grid[0]] if grid else []
    return headings.index(problem.column) if problem.column in headings else None


def _write_sheet(workbook: Workbook, sheet: Worksheet, grid: Grid, problems: Sequence[Problem]) -> None:
    formats = {severity: workbook.add_format({"bg_color": colour}) for severity, colour in COLOURS.items()}
    marks: dict[tuple[int, int], list[Problem]] = {}
    for problem in problems:
        if problem.row is not None and problem.row <= MOST_ROWS:
            marks.setdefault((problem.row - 1, _column(problem, grid) or 0), []).append(problem)
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate(grid[0][:MOST_COLUMNS] if grid else ()):
        sheet.set_column(column, column, min(max(10, len(cell_text(heading)) + 2), WIDEST))
    for row, values in enumerate(grid[:MOST_ROWS]):
        for column, value in enumerate(values[:MOST_COLUMNS]):
            _write_value(sheet, row, column, value)
    for (row, column), found in marks.items():
        severity = "error" if any(problem.severity == "error" for problem in found) else "notice"
        value = grid[row][column] if row < len(grid) and column < len(grid[row]) else ""
        _write_value(sheet, row, column, value, formats[severity])
        told = "\n".join(f"{p.message}. {p.remedy}".strip() for p in found)
        sheet.write_comment(row, column, told[:2000], {"author": "", "x_scale": 2.5, "y_scale": 1.5})


def _write_value(sheet: Worksheet, row: int, column: int, value: Any, style: Any = None) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, column, value, style)
    elif isinstance(value, date | datetime):
        sheet.write_string(row, column, cell_text(value), style)
    elif value in ("", None):
        sheet.write_blank(row, column, None, style)
    else:
        sheet.write_string(row, column, str(value)[:32_767], style)
