"""One table onto one sheet: headings, numbers, texts and live formulas, each written with its value."""

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from mapping.microplan.formulas import template
from mapping.microplan.norms import Norms
from mapping.release import safe_text

NOT_SHOWN = ("hidden", "table", "row", "share_of_hours", "peak_low", "peak_high")
SHARES = ("share", "reach", "adequacy", "probability")
MOST_COLUMNS = 12
"""More do not fit on a page that can be read."""

WIDTHS = {
    "how": 56,
    "name": 23,
    "municipality": 15,
    "kp": 7,
    "source": 24,
    "note": 44,
    "unit": 26,
    "norm": 26,
    "commodity": 25,
    "service": 38,
    "item": 34,
    "step": 20,
    "flag": 28,
    "basis": 20,
    "typology": 22,
    "peak_days": 24,
    "period": 8,
    "quarter": 9,
}
TRANSLATED = (
    "commodity",
    "period",
    "service",
    "binding",
    "step",
    "flag",
    "item",
    "status",
    "day",
    "reason",
    "stability",
    "size_class",
    "risk_class",
)
"""Columns of codes that are shown as words; other texts are shown as they are."""

LISTS = {"peak_days": "code_short", "flags": "code"}
"""Columns of several codes with spaces between them, and how the labels of these begin."""

WRAPPED = ("how", "note", "source", "unit")
LINE = 13.5
"""Points of height of a line of text."""

LETTERS = 1.45
"""Letters of 8 points that fit into one unit of width, also in Cyrillic and in wide fonts."""

NOTE_LETTERS = 200
"""Letters of a line below the title: longer ones would make the printed page small."""

INPUTS = ("distributed", "on_hand", "on_order")
"""Columns that are for the reader to fill."""

_TEXTS = (
    "norm", "population", "unit", "source", "note", "assumption", "municipality", "name", "kp", "how",
    "binding", "commodity", "period", "service", "step", "flag", "spot_id", "typology", "status", "peak_days",
    "hours", "flags", "day", "block", "open", "unsafe", "item", "peer", "reason", "stability", "size_class",
    "risk_class",
)  # fmt: skip


@dataclass
class Book:
    """What the sheets of one workbook share while it is written.

    Attributes
    ----------
    book : xlsxwriter.Workbook
        The workbook.
    formats : dict
        Formats of cells by name.
    text : mapping of str to str
        Labels of the language.
    norms : Norms
        The norms.
    norm_cells, size_cells : dict
        Where each norm, and each size by municipality, KP and bound, stands.
    rows : dict
        Sheet and row of each row of each table.
    """

    book: Any
    formats: dict[str, Any]
    text: Mapping[str, str]
    norms: Norms
    norm_cells: dict[tuple[str, str], str] = field(default_factory=dict)
    size_cells: dict[tuple[str, str, str], str] = field(default_factory=dict)
    rows: dict[tuple[str, int], tuple[str, int, list[str]]] = field(default_factory=dict)

    def word(self, prefix: str, code: object) -> str:
        """Return the label of a code; the code itself where there is none."""
        return self.text.get(f"{prefix}_{code}", str(code))


def add_sheet(book: Book, key: str, *, fit: bool = True) -> Any:
    """Return a new sheet, set to print on A4 landscape with its page number."""
    name = "Norms" if key == "norms" else book.word("sheet", key)[:31]
    sheet = book.book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    if fit:
        sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)
    return sheet


def write_title(book: Book, sheet: Any, title: str, note: str = "") -> int:
    """Write the title of a sheet and a line below it; return the next free row."""
    sheet.write_string(0, 0, title, book.formats["title"])
    lines = textwrap.wrap(note, NOTE_LETTERS)
    for i, line in enumerate(lines):
        sheet.write_string(1 + i, 0, line, book.formats["note"])
    return 2 + len(lines)


def write_table(
    book: Book,
    sheet: Any,
    name: str,
    table: pd.DataFrame,
    *,
    top: int,
    codes: bool = False,
    repeat: bool = True,
    wrap: bool = True,
) -> int:
    """Write a table with its heading at row `top` and return the row below it.

    Parameters
    ----------
    book, sheet
        Where to.
    name : str
        Name of the table; with `codes` it is an Excel table of this name.
    table : pandas.DataFrame
        `how` becomes a sentence; `hidden` rows are left blank and grey.
    top : int
        Row of the heading, from 0.
    codes : bool
        Whether headings are the plain codes, for programs, with a line of words above.
    repeat : bool
        Whether the heading is printed on every page.
    wrap : bool
        Whether sentences are broken into lines; else they run on over the empty cells to the right.
    """
    columns = [column for column in table.columns if column not in NOT_SHOWN]
    if len(columns) > MOST_COLUMNS:
        raise ValueError(f"a sheet must have at most {MOST_COLUMNS} columns; got {len(columns)} in {name}.")
    if codes:
        for j, column in enumerate(columns):
            sheet.write_string(top, j, book.word("col", column), book.formats["words"])
        sheet.set_row(top, LINE * 2)
        top += 1
    for j, column in enumerate(columns):
        heading = column if codes else book.word("col", column)
        numeric = not codes and column not in _TEXTS
        sheet.write_string(top, j, safe_text(heading), book.formats["head_number" if numeric else "head"])
    if not codes:
        sheet.set_row(
            top, LINE * max(_heading_lines(book.word("col", c), WIDTHS.get(c, 12)) for c in columns)
        )
    if codes and len(table):
        _declare(book, sheet, name, columns, top, len(table))
    for i, row in enumerate(table.to_dict("records")):
        book.rows[name, int(table.index[i])] = (sheet.get_name(), top + 1 + i, columns)
        _write_row(book, sheet, row, columns, top + 1 + i, wrap=wrap)
        sheet.set_row(top + 1 + i, LINE * (_height(book, row, columns) if wrap else 1))
    _lay_out(sheet, columns, top, len(table), repeat=repeat and not codes)
    return top + 1 + len(table)


def _declare(book: Book, sheet: Any, name: str, columns: list[str], top: int, n: int) -> None:
    options = {
        "name": name,
        "columns": [{"header": column, "header_format": book.formats["head"]} for column in columns],
        "autofilter": False,
        "style": "Table Style Light 1",
    }
    sheet.add_table(top, 0, top + n, len(columns) - 1, options)


def _lay_out(sheet: Any, columns: list[str], top: int, n: int, *, repeat: bool) -> None:
    for j, column in enumerate(columns):
        sheet.set_column(j, j, WIDTHS.get(column, 12))
    if repeat:
        sheet.repeat_rows(top)
        sheet.freeze_panes(top + 1, 0)
        if n:
            sheet.autofilter(top, 0, top + n, len(columns) - 1)


def _write_row(
    book: Book, sheet: Any, row: Mapping[Any, Any], columns: list[str], at: int, *, wrap: bool
) -> None:
    hidden = bool(row.get("hidden", False))
    total = row.get("how") == "sum_shown" or row.get("municipality") == ""
    for j, column in enumerate(columns):
        value = row[column]
        if column == "how":
            key = "hidden" if hidden else value
            sheet.write_string(at, j, book.word("how", key), book.formats["how" if wrap else "how_line"])
        elif column in ("municipality", "name") and value == "":
            words = {"municipality": "", "name": "country"}[column]
            label = "sum_shown" if row.get("how") == "sum_shown" else words
            sheet.write_string(
                at, j, book.text[label] if label and column == "name" else "", _text(book, total)
            )
        elif column in INPUTS and not hidden:
            _write_input(book, sheet, value, at, j)
        elif isinstance(value, (bool, np.bool_)):
            sheet.write_string(at, j, book.text["yes" if value else "no"], book.formats["text"])
        elif isinstance(value, str) and not template(str(row.get("how", "")), column)[0]:
            words = _words(book, column, value)
            kind = "wrap_line" if column in WRAPPED else "text_total" if total else "text"
            sheet.write_string(at, j, safe_text(words), book.formats[kind])
        else:
            _write_number(book, sheet, row, columns, at, j, hidden=hidden, total=total)


def _words(book: Book, column: str, value: str) -> str:
    """Return the text of a cell: labels in place of codes."""
    if column in LISTS:
        return ", ".join(book.word(LISTS[column], code) for code in value.split())
    return book.word("code", value) if column in TRANSLATED else value


def _height(book: Book, row: Mapping[Any, Any], columns: list[str]) -> int:
    """Return how many lines the wrapped texts of a row need."""
    lines = 1
    for column in columns:
        if column in WRAPPED and isinstance(row[column], str):
            text = book.word("how", "hidden" if row.get("hidden") else row[column])
            lines = max(lines, _lines(text if column == "how" else row[column], WIDTHS[column]))
    return lines


def _heading_lines(text: str, width: int) -> int:
    """Return how many lines a bold heading of 9 points needs when it is broken at its words."""
    lines, left = 1, 0
    for word in text.split():
        if left and left + 1 + len(word) > width * 0.95:
            lines, left = lines + 1, 0
        left += len(word) + (1 if left else 0)
    return lines


def _lines(text: str, width: int) -> int:
    return -(-len(text) // max(int(width * LETTERS), 1))


def _text(book: Book, total: bool) -> Any:
    return book.formats["text_total" if total else "text"]


def _write_input(book: Book, sheet: Any, value: Any, at: int, j: int) -> None:
    if pd.isna(value):
        sheet.write_blank(at, j, None, book.formats["input"])
    else:
        sheet.write_number(at, j, float(value), book.formats["input"])
    sheet.data_validation(
        at, j, at, j,
        {"validate": "decimal", "criteria": ">=", "value": 0, "ignore_blank": True,
         "error_message": book.text["not_negative"][:255]},
    )  # fmt: skip


def _write_number(
    book: Book,
    sheet: Any,
    row: Mapping[str, Any],
    columns: list[str],
    at: int,
    j: int,
    *,
    hidden: bool,
    total: bool,
) -> None:
    column, value = columns[j], row[columns[j]]
    style = _style(column, value) + ("_total" if total else "")
    if hidden:
        sheet.write_blank(at, j, None, book.formats["hidden"])
        return
    formula = cell_formula(book, row, columns, at, column)
    blank = value is None or value is pd.NaT or (not isinstance(value, str) and pd.isna(value))
    if formula:
        words = book.word("code", value) if isinstance(value, str) else value
        sheet.write_formula(at, j, formula, book.formats[style], "" if blank else words)
    elif blank:
        sheet.write_blank(at, j, None, book.formats[style])
    else:
        sheet.write_number(at, j, float(value), book.formats[style])


def _style(column: str, value: Any) -> str:
    if column in SHARES:
        return "share"
    return "plain" if column in ("value", "year") or isinstance(value, str) else "number"


def cell_formula(book: Book, row: Mapping[str, Any], columns: list[str], at: int, column: str) -> str:
    """Return the live formula of a cell; empty where its number is not a formula."""
    if "table" in row and column in ("low", "central", "high"):
        sheet, place, there = book.rows[str(row["table"]), int(row["row"])]
        return f"='{sheet}'!{xl_rowcol_to_cell(place, there.index(column))}"
    text, bound = template(str(row.get("how", "")), column)
    if not text:
        return ""

    def cell(found: re.Match[str]) -> str:
        name = found[1]
        if name == "people":
            return book.size_cells[str(row.get("municipality", "")), str(row["kp"]), bound]
        if name.startswith("@"):
            return xl_rowcol_to_cell(at, columns.index(name[1:]))
        return book.norm_cells[book.norms.key(name, str(row.get("kp", "all")))]

    text = re.sub(r'"(\w+)"', lambda found: f'"{book.word("code", found[1])}"', text)
    return "=" + re.sub(r"{(@?\w+)}", cell, text)
