"""The workbook of a microplan: sheets for planners, with formulas that follow the sheet Norms."""

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell

from mapping.labels import texts
from mapping.microplan.cells import LINE, WIDTHS, Book, add_sheet, write_table, write_title
from mapping.microplan.dictionary import dictionary
from mapping.microplan.people import BOUNDS
from mapping.microplan.tables import Microplan, plan_of_municipalities
from mapping.release import safe_text

SHEETS = ("workforce", "commodities", "services", "targets", "stock", "gap", "register", "site_load")
"""Sheets of one table each, in their order; those that are not among the tables are left out."""

BEFORE_CALENDAR = ("municipality_priorities", "priorities", "roster")
"""Sheets of one table each: where to begin, at restricted by spot too, and a roster where one was planned."""

BY_SPOT = ("register", "site_load")
"""Sheets with so many rows that the sentence stands once, below the title."""

PLANS_SCALE = 60
"""Print scale of the pages of municipalities: forced page breaks work only with a fixed scale."""


def write_workbook(
    plan: Microplan, path: str | Path, *, title: str, lang: str = "en", password: str = ""
) -> Path:
    """Write a microplan as an Excel workbook.

    Parameters
    ----------
    plan : Microplan
        From `microplan`; further tables may be added under the names in `BEFORE_CALENDAR`.
    path : str or pathlib.Path
        The file; written in one go at the end, or not at all.
    title : str
        Title, country and year of the study.
    lang : str
        Language of headings and explanations. Norms keep the language of their file, the sheet with them is
        called Norms in every language, and the Excel tables `workforce`, `syringes`, `oamt` have codes as
        headings, so that programs find them.
    password : str
        Opens the file; without one it is not encrypted.

    Returns
    -------
    pathlib.Path
        The file.

    Notes
    -----
    Every formula is written with its value, so a reader that does not recalculate sees the number.
    """
    data = workbook_bytes(plan, title=title, lang=lang)
    if password:
        data = _encrypted(data, password)
    path = Path(path)
    path.write_bytes(data)
    return path


def _encrypted(data: bytes, password: str) -> bytes:
    from msoffcrypto.format.ooxml import OOXMLFile  # type: ignore[import-untyped]

    locked = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, locked)
    return locked.getvalue()


def workbook_bytes(plan: Microplan, *, title: str, lang: str = "en") -> bytes:
    """Return the workbook as bytes, the same ones for the same plan."""
    target = io.BytesIO()
    with Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as made:
        made.set_properties({"title": "Microplan", "created": datetime(2000, 1, 1)})
        made.set_calc_mode("auto")
        days = {f"code_{day}": word for day, word in texts("days", lang).items()}
        book = Book(made, _formats(made), {**days, **texts("microplan", lang)}, plan.norms)
        _write_about(book, plan, title)
        _write_norms(book, plan)
        _write_sizes(book, plan)
        _write_country(book, plan)
        for name in SHEETS:
            _write_single(book, name, plan.tables)
        _write_plans(book, plan)
        for name in BEFORE_CALENDAR:
            _write_single(book, name, plan.tables)
        _write_calendar(book, plan.tables["calendar"])
        _write_dictionary(book, plan)
        _footers(book, plan)
    return target.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    base = {"font_name": "Arial", "font_size": 9, "valign": "top"}
    line = {**base, "bottom": 4, "bottom_color": "#999999"}
    right = {"align": "right", "indent": 1}
    kinds = {
        "title": {**base, "bold": True, "font_size": 14},
        "note": {**base, "italic": True, "font_color": "#555555"},
        "head": {**base, "bold": True, "text_wrap": True, "bg_color": "#DCE6EE", "bottom": 1},
        "head_number": {**base, **right, "bold": True, "text_wrap": True, "bg_color": "#DCE6EE", "bottom": 1},
        "words": {**base, "italic": True, "font_color": "#555555", "text_wrap": True},
        "heading": {**base, "bold": True},
        "how_line": {**base, "font_size": 8, "font_color": "#444444", "indent": 1},
        "wrap_line": {**line, "text_wrap": True, "font_size": 8, "indent": 1},
        "text": line,
        "wrap": {**base, "text_wrap": True},
        "how": {**line, "text_wrap": True, "font_size": 8, "font_color": "#444444", "indent": 1},
        "number": {**line, **right, "num_format": "#,##0"},
        "plain": {**line, **right, "num_format": "0.####"},
        "share": {**line, **right, "num_format": "0%"},
        "hidden": {**line, "bg_color": "#D0D0D0"},
        "input": {**line, **right, "num_format": "#,##0", "bg_color": "#FFF9DB"},
        "box": {**base, "border": 1},
    }
    kinds |= {f"{name}_total": {**kinds[name], "bold": True} for name in ("text", "number", "plain", "share")}
    return {name: book.add_format(kind) for name, kind in kinds.items()}


def _write_about(book: Book, plan: Microplan, title: str) -> None:
    sheet = add_sheet(book, "about")
    sheet.set_column(0, 0, 110)
    lines = [safe_text(title), book.text["level"].format(level=book.word("code", plan.released.level))]
    lines += [plan.released.stamp] if plan.released.stamp else []
    lines += [book.text[f"about_{n}"] for n in range(1, 7)]
    at = write_title(book, sheet, book.text["title"])
    for line in lines:
        sheet.write_string(at, 0, line, book.formats["wrap"])
        sheet.set_row(at, LINE * (1 + len(line) // 105))
        at += 1
    sheet.write_string(at + 1, 0, book.text["receipt"], book.formats["head"])
    for n, line in enumerate(plan.released.receipt.splitlines()):
        sheet.write_string(at + 2 + n, 0, safe_text(line), book.formats["how_line"])


def _write_norms(book: Book, plan: Microplan) -> None:
    sheet = add_sheet(book, "norms")
    top = write_title(book, sheet, book.text["sheet_norms"], book.text["norms_note"])
    table = plan.norms.table()
    write_table(book, sheet, "norms", table, top=top)
    value = list(table.columns).index("value")
    for i, key in enumerate(plan.norms.norms):
        cell = xl_rowcol_to_cell(top + 1 + i, value, row_abs=True, col_abs=True)
        book.norm_cells[key] = f"Norms!{cell}"


def _write_sizes(book: Book, plan: Microplan) -> None:
    sheet = add_sheet(book, "sizes")
    top = write_title(book, sheet, book.text["sheet_sizes"], book.text["sizes_note"])
    write_table(book, sheet, "people", plan.people.assign(how="size"), top=top)
    columns = list(plan.people.columns)
    for i, row in enumerate(plan.people.to_dict("records")):
        for bound in BOUNDS:
            cell = xl_rowcol_to_cell(top + 1 + i, columns.index(bound), row_abs=True, col_abs=True)
            name = sheet.get_name()
            book.size_cells[str(row["municipality"]), str(row["kp"]), bound] = f"'{name}'!{cell}"


def _write_country(book: Book, plan: Microplan) -> None:
    """Write the Excel tables `workforce`, `syringes` and `oamt` of the country, one below the other."""
    sheet = add_sheet(book, "country")
    at = write_title(book, sheet, book.text["sheet_country"], book.text["country_note"])
    for name in ("workforce", "syringes", "oamt"):
        table = plan.tables["national_workforce" if name == "workforce" else name]
        if name != "workforce":
            table = table.assign(basis=table["how"])
            table = table[["kp", "basis", *BOUNDS, "how", "hidden"]]
        sheet.write_string(at, 0, book.text[f"table_{name}"], book.formats["heading"])
        shown = table.drop(columns=["municipality", "name"], errors="ignore")
        at = write_table(book, sheet, name, shown, top=at + 1, codes=True, wrap=name == "workforce") + 1
        if name == "workforce":
            for i in range(len(table)):
                book.rows["national_workforce", i] = book.rows["workforce", i]
    sheet.set_column(0, 0, 9)
    sheet.set_column(1, 1, 20)
    sheet.set_column(2, 10, 14)
    sheet.set_column(11, 11, WIDTHS["how"])


def _write_single(book: Book, name: str, tables: Mapping[str, pd.DataFrame]) -> None:
    if name not in tables or not len(tables[name]):
        return
    sheet = add_sheet(book, name)
    table, notes = tables[name], [book.text.get(f"note_{name}", "")]
    if name == "site_load":  # spots are closed in most blocks; the CSV has these rows too
        table = table[table["central"] > 0].reset_index(drop=True)
    if name in BY_SPOT:
        table = table.drop(columns="how", errors="ignore")
        notes.append(book.text[f"how_{name}"])
    top = write_title(book, sheet, book.word("sheet", name), " ".join(notes).strip())
    write_table(book, sheet, name, table, top=top)


def _write_plans(book: Book, plan: Microplan) -> None:
    """Write the pages of the municipalities: a page break after each, the country last."""
    sheet = add_sheet(book, "plans", fit=False)
    sheet.set_print_scale(PLANS_SCALE)
    top = write_title(book, sheet, book.text["sheet_plans"], book.text["plans_note"])
    table = plan_of_municipalities(plan)
    write_table(book, sheet, "plans", table, top=top)
    starts = table["municipality"].ne(table["municipality"].shift()).to_numpy().nonzero()[0]
    sheet.set_h_pagebreaks([top + 1 + int(i) for i in starts[1:]])


def _write_calendar(book: Book, calendar: pd.DataFrame) -> None:
    sheet = add_sheet(book, "calendar")
    top = write_title(book, sheet, book.text["sheet_calendar"], book.text["calendar_note"])
    for j, column in enumerate(calendar.columns):
        sheet.write_string(top, j, book.word("col", column), book.formats["head"])
    for i, row in enumerate(calendar.to_numpy()):
        sheet.set_row(top + 1 + i, 26)
        sheet.write_number(top + 1 + i, 0, int(row[0]), book.formats["box"])
        for j in range(1, len(row)):
            sheet.write_blank(top + 1 + i, j, None, book.formats["box"])
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, len(calendar.columns) - 1, 16)


def _write_dictionary(book: Book, plan: Microplan) -> None:
    sheet = add_sheet(book, "dictionary")
    top = write_title(book, sheet, book.text["sheet_dictionary"])
    rows = dictionary(plan, book.text)
    for j, name in enumerate(rows.columns):
        sheet.write_string(top, j, book.text[f"dict_{name}"], book.formats["head"])
    for i, row in enumerate(rows.to_numpy()):
        for j, value in enumerate(row):
            sheet.write_string(top + 1 + i, j, safe_text(value), book.formats["how" if j == 3 else "text"])
        sheet.set_row(top + 1 + i, LINE * (1 + len(row[3]) // 105))
    sheet.repeat_rows(top)
    for j, width in enumerate((26, 30, 24, 84)):
        sheet.set_column(j, j, width)


def _footers(book: Book, plan: Microplan) -> None:
    level = book.text["level"].format(level=book.word("code", plan.released.level))
    for sheet in book.book.worksheets():
        sheet.set_footer(f"&L&8{level.replace('&', '&&')}&R&8&P / &N")
        if plan.released.stamp:
            sheet.set_header(f"&L&8{plan.released.stamp.replace('&', '&&')[:200]}")
