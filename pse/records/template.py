"""An empty study to fill: one XLSX workbook with a sheet for each table, drop-downs and instructions."""

from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pse.records.tables import DAYS, KPS, MOST, TABLES, TEXT_KINDS, Column, Table
from pse.records.workbook import HOW_TO

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_A4 = 9  # as workbooks number papers
_LAST_ROW = 1_048_575  # of a sheet, counted from 0
_NO_NUMBER = "Not a number that can stand here"
_MUNICIPALITY_CODES = "=municipalities!$A$2:$A$2000"
_LINES = (
    "How to fill this study",
    "One sheet is one table; the list below says what a row is. Leave the headings in row 1 as they are.",
    "Fill the sheets study, municipalities, level1 and level2. The other sheets are optional.",
    "A column that may be blank can be left empty or be taken out, if it is optional.",
    "Numbers have a decimal point and no mark between the thousands: write 60000, not 60.000.",
    "Codes are text: 007 stays 007. Shares are between 0 and 1: write 0.55 for 55 %.",
    "A KP of your own: add a row to the sheet study, such as kps.CLIENT and beside it its name.",
    "Names and coordinates of spots are for your own desk. Leave them out where you do not need them.",
    "Check the filled workbook with: pse check STUDY.xlsx",
)
_SETTINGS = (
    ("title", "Title of the study, as it is printed."),
    ("country", "Country."),
    ("year", "Year of the field work."),
    ("size_basis", "Day that a size is about: usual_day or peak_day."),
)


def write_template(path: str | Path) -> Path:
    """Write an empty study as an XLSX workbook, to be filled and then read with `read_study`.

    Parameters
    ----------
    path : str or pathlib.Path
        A new file that ends in .xlsx.

    Returns
    -------
    pathlib.Path
        The file written: a sheet `how_to` with what each column means, a sheet `study` for the settings,
        and a sheet for each table with its headings, drop-downs for codes and limits for numbers. No
        hidden sheet, no comment, no author.

    Raises
    ------
    ValueError
        If `path` does not end in .xlsx, or is there already (it could be a filled study).
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise ValueError(f"path must end in .xlsx; got {path.name!r}. Write study.xlsx, for example.")
    if path.exists():
        raise ValueError(f"path must be a new file; got {path.name!r}, which is there already.")
    from xlsxwriter import Workbook

    with Workbook(path) as workbook:
        workbook.set_properties({"title": "Study", "created": datetime(2000, 1, 1)})
        head = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF4"})
        _write_how_to(workbook.add_worksheet(HOW_TO), head)
        _write_settings(workbook.add_worksheet("study"), head)
        for table in TABLES.values():
            _write_table(workbook, table, head)
    return path


def _write_how_to(sheet: "Worksheet", head: "Format") -> None:
    sheet.write_string(0, 0, _LINES[0], head)
    for row, line in enumerate(_LINES[1:], start=1):
        sheet.write_string(row, 0, line)
    row = len(_LINES) + 1
    sheet.write_row(row, 0, ["sheet", "column", "must be", "may be blank", "meaning"], head)
    for table in TABLES.values():
        row += 1
        sheet.write_row(row, 0, [table.name, "", "", "", table.meaning], head)
        for column in table.columns:
            row += 1
            blank = column.blank if column.required else f"{column.blank}; optional column"
            sheet.write_row(row, 0, [table.name, column.name, column.rule, blank, column.meaning])
    for number, width in enumerate((16, 20, 66, 62, 100)):
        sheet.set_column(number, number, width)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)  # people print it and pin it up


def _write_settings(sheet: "Worksheet", head: "Format") -> None:
    from pse.spots.options import Options

    sheet.write_row(0, 0, ["setting", "value", "meaning"], head)
    sheet.freeze_panes(1, 0)
    rows = list(_SETTINGS)
    rows += [
        (f"denominators.{kp}", f"Column of municipalities: adults for the rate of {label}.")
        for kp, label in KPS.items()
    ]
    rows += [
        (f"options.{option.name}", f"Blank: {_default_words(option.default)}.") for option in fields(Options)
    ]
    for row, (name, meaning) in enumerate(rows, start=1):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 2, meaning)
        if name.startswith("denominators."):
            sheet.data_validation(row, 1, row, 1, _choice(["adult_men", "adult_women"], strict=False))
        elif name == "size_basis":
            sheet.data_validation(row, 1, row, 1, _choice(["usual_day", "peak_day"]))
        elif name == "year":
            sheet.data_validation(row, 1, row, 1, _limits("integer", 1950, 2100))
    for number, width in enumerate((32, 30, 70)):
        sheet.set_column(number, number, width)


def _default_words(default: Any) -> str:
    if default is None:
        return "from the records"
    return " ".join(default) if isinstance(default, tuple) else str(default)


def _write_table(workbook: "Workbook", table: Table, head: "Format") -> None:
    sheet = workbook.add_worksheet(table.name)
    sheet.freeze_panes(1, 0)
    text = workbook.add_format({"num_format": 49})  # text
    for number, column in enumerate(table.columns):
        is_text = column.kind in (*TEXT_KINDS, "flag", "answer")
        sheet.set_column(number, number, max(12, len(column.name) + 2), text if is_text else None)
        sheet.write_string(0, number, column.name, head)
        rule = _validation(column, number)
        if rule:
            help_text = {"input_title": column.name[:32], "input_message": column.meaning[:255]}
            sheet.data_validation(1, number, _LAST_ROW, number, rule | help_text)


def _validation(column: Column, number: int) -> dict[str, Any]:
    """Return what a spreadsheet checks while a cell is filled; empty where any text may stand.

    `number` is the position of the column in its sheet.
    """
    if column.allowed:
        return _choice(list(column.allowed))
    if column.refers == "municipality":
        return {"validate": "list", "source": _MUNICIPALITY_CODES, "ignore_blank": True}
    if column.refers:
        return _choice(list(KPS), strict=False)
    if column.kind in ("flag", "answer"):
        return _choice(["yes", "no"])
    if column.kind == "days":
        return _choice([*DAYS, "fri sat", "sat sun"], strict=False)
    if column.kind == "count":
        return _limits("integer", column.low, column.high)
    if column.above_low:
        return _above(column.low, column.high, number)
    if column.kind in ("number", "share"):
        return _limits("decimal", column.low, 1 if column.kind == "share" else column.high)
    return {}


def _choice(codes: list[str], *, strict: bool = True) -> dict[str, Any]:
    """Return a drop-down; when not strict, it only helps, and other texts may be written."""
    return {"validate": "list", "source": codes, "show_error": strict, "ignore_blank": True}


def _above(low: float, high: float, number: int) -> dict[str, Any]:
    """Return the limits of a number that is above `low`: spreadsheets know no such pair but in a formula."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    cell = xl_rowcol_to_cell(1, number)
    return {
        "validate": "custom",
        "value": f"=AND({cell}>{low:g},{cell}<={high:.10g})",
        "ignore_blank": True,
        "error_title": _NO_NUMBER,
        "error_message": f"Write a number, more than {low:g} and at most {high:.10g}.",
    }


def _limits(kind: str, low: float, high: float) -> dict[str, Any]:
    limits = {"validate": kind, "ignore_blank": True, "error_title": _NO_NUMBER}
    if high == MOST:
        return limits | {"criteria": ">=", "value": low, "error_message": f"Write a number, {low:g} or more."}
    message = f"Write a number from {low:g} to {high:.10g}."
    return limits | {"criteria": "between", "minimum": low, "maximum": high, "error_message": message}
