"""Cells of workbooks that a reader takes for blank: errors, formulas without a result, merged cells."""

import datetime
import random
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel
from openpyxl.worksheet.formula import ArrayFormula

from pse.records.imports import import_records, read_sources
from pse.records.imports.dates import as_dates
from tests.records.imports.exports import exercise, kobo_level1, kobo_level2, municipalities_csv
from tests.records.imports.test_hostile import (
    SHEET,
    member,
    ods_bytes,
    ods_row,
    only_problem,
    with_member,
    workbook_bytes,
)
from tests.records.imports.test_three_sources import SETTINGS

OLD = Path(__file__).with_name("old.xls")
"""Two sheets that LibreOffice wrote: dates, a division by zero, a formula, merged cells, a blank row."""


def read(path):
    found = read_sources([path])
    return found, [grid.frame.to_dict("records") for grid in found.grids]


def save(tmp_path, *rows):
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    return book, tmp_path / "towns.xlsx"


def test_an_old_workbook_is_read_with_its_rows_errors_and_merged_cells():
    found, [visits, second] = read(OLD)
    assert (found.grids[0].place.sheet, found.grids[0].rows.tolist()) == ("посете", [2, 3, 5])
    assert visits[0] == {
        "interview_id": "007", "date": datetime.date(2016, 5, 2), "kp_min": 3, "share": 0.5, "name": "Пећ",
    }  # fmt: skip
    assert visits[1]["date"] == datetime.datetime(2016, 5, 3, 10, 30) and visits[1]["kp_min"] == "#N/A"
    assert visits[2] == {"interview_id": "009", "date": None, "kp_min": 4, "share": True, "name": "Peć"}
    assert second == [{"x": 1}]
    assert [(p.sheet, p.row, p.rule, p.severity) for p in found.problems] == [
        ("посете", 2, "merged", "notice")
    ]


def test_a_broken_old_workbook_ends_nothing_but_its_own_reader(tmp_path, capfd):
    noise, whole = random.Random(3), OLD.read_bytes()
    path = tmp_path / "old.xls"
    for _ in range(12):
        data = bytearray(whole)
        for _ in range(20):
            data[noise.randrange(len(data))] = noise.randrange(256)
        path.write_bytes(data)
        found = read_sources([path])
        assert found.grids or found.problems[0].message == "the workbook is cut, damaged or no workbook"
    assert capfd.readouterr() == ("", "")


def test_a_locked_old_workbook_is_told(tmp_path):
    data = OLD.read_bytes()
    mark = b"\xe1\x00\x02\x00"  # any record before the cells, made the one that opens an encrypted stream
    assert mark in data
    problem = only_problem(tmp_path / "old.xls", data.replace(mark, b"\x2f\x00\x02\x00", 1))
    assert problem.message == "the workbook has a password"


def test_error_cells_are_not_blank(tmp_path):
    book, path = save(tmp_path, ["municipality", "name", "adult_men"], ["M1", "Town", 5], ["M2", "Town", 6])
    book.active["C3"].value, book.active["C3"].data_type = "#DIV/0!", "e"
    book.create_sheet("blank before").append(["a", "b"])
    book.move_sheet("blank before", -1)
    book.save(path)  # the second member is the first sheet
    _, [_, towns] = read(path)
    assert [row["adult_men"] for row in towns] == [5, "#N/A"]


def test_error_cells_of_an_ods_are_not_blank(tmp_path):
    error = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell office:value-type="string"><text:p>M1</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error">'
        "<text:p>#DIV/0!</text:p></table:table-cell></table:table-row>"
    )
    path = tmp_path / "towns.ods"
    path.write_bytes(ods_bytes(ods_row("municipality", "adult_men") + error))
    found, [towns] = read(path)
    assert towns == [{"municipality": "M1", "adult_men": "#N/A"}]
    assert found.grids[0].rows.tolist() == [4]


@pytest.mark.parametrize("formula", ["=A2+1", ArrayFormula("C2:C2", "=SUM(A2:A2*1)")], ids=["one", "array"])
def test_formulas_without_their_results_are_told(formula, tmp_path):
    book, path = save(tmp_path, ["a", "b", "c"], [1, 2])
    book.active["C2"] = formula
    book.save(path)
    [problem] = read_sources([path]).problems
    assert "formulas without their results" in problem.message
    assert problem.remedy == "Open it in Excel or LibreOffice, save it there, and give it again."


def test_formulas_of_an_ods_without_their_results_are_told(tmp_path):
    cell = '<table:table-row><table:table-cell table:formula="of:=1+1"/></table:table-row>'
    problem = only_problem(tmp_path / "towns.ods", ods_bytes(ods_row("a", "b") + cell))
    assert "formulas without their results" in problem.message


@pytest.mark.parametrize(
    "cell",
    ['<c r="B2"><f>1+1</f><v>2</v></c>', '<c r="B2" t="str"><f>IF(1,"")</f><v></v></c>', '<c r="B2" s="1"/>'],
    ids=["result", "empty text", "format"],
)
def test_formulas_with_their_results_are_read(cell, tmp_path):
    data = workbook_bytes([("a", "b"), ("x",)])
    sheet = member(data, SHEET).replace("</row></sheetData>", f"{cell}</row></sheetData>")
    path = tmp_path / "towns.xlsx"
    path.write_bytes(with_member(data, SHEET, sheet))
    found, [rows] = read(path)
    assert not found.problems and rows == [{"a": "x", "b": 2.0 if "1+1" in cell else None}]


def test_merged_rows_are_told_and_merged_headings_are_not(tmp_path):
    book, path = save(tmp_path, ["a", "b", "c"], ["x", 1, 1], [None, 2, 2], ["y", 3, 3], [None, 4, 4])
    for cells in ("A2:A3", "A4:A5", "B1:C1", "C2:C2"):
        book.active.merge_cells(cells)
    book.save(path)
    found, _ = read(path)
    told = [(p.row, p.column, p.severity) for p in found.problems if p.rule == "merged"]
    assert told == [(2, "a", "notice"), (4, "a", "notice")]
    assert found.problems[-1].message == "is merged with the rows below it: only this row holds the value"


def test_rows_that_are_merged_in_several_columns_are_told_once_at_the_first_of_them(tmp_path):
    book, path = save(
        tmp_path, ["a", "b", "044 123 456"], ["x", 1, 1], [None, None, 2], ["y", 3, 3], [None] * 3
    )
    for cells in ("B2:B3", "A2:A3", "C4:C5"):
        book.active.merge_cells(cells)
    book.save(path)
    found, _ = read(path)
    assert [(p.row, p.column) for p in found.problems if p.rule == "merged"] == [(2, "a"), (4, None)]


def test_merged_rows_of_an_ods_are_told(tmp_path):
    cells = (
        '<table:table-row><table:table-cell office:value-type="string" table:number-rows-spanned="2">'
        "<text:p>x</text:p></table:table-cell></table:table-row>"
        '<table:table-row><table:covered-table-cell/><table:table-cell office:value-type="string">'
        "<text:p>y</text:p></table:table-cell></table:table-row>"
    )
    path = tmp_path / "towns.ods"
    path.write_bytes(ods_bytes(ods_row("a", "b") + cells))
    found, _ = read(path)
    assert [(p.row, p.column, p.rule) for p in found.problems] == [(2, "a", "merged")]


def test_a_workbook_that_holds_nothing_is_told(tmp_path):
    assert only_problem(tmp_path / "empty.xlsx", workbook_bytes([])).message == "the file is empty"


def test_a_title_in_a_workbook_is_told_once(tmp_path):
    data = workbook_bytes([("Mapping 2016",), (), ("a", "b"), (1, 2)])
    problem = only_problem(tmp_path / "title.xlsx", data)
    assert (problem.rule, problem.row, problem.sheet) == ("title", 1, "Sheet")


def hidden_rows(path):
    return [(p.row, p.severity, p.message) for p in read_sources([path]).problems if p.rule == "hidden"]


HIDDEN = "is hidden; hidden rows of this sheet that are imported all the same: "


def test_hidden_rows_are_told_where_they_hold_anything(tmp_path):
    book, path = save(tmp_path, ["a", "b"], [1, 2], [3, 4], [5, 6], [], [7, 8])
    for row in (3, 4, 5, 900):
        book.active.row_dimensions[row].hidden = True
    book.save(path)
    found, [rows] = read(path)
    assert len(rows) == 4 and hidden_rows(path) == [(3, "notice", f"{HIDDEN}2")]
    assert found.problems[0].remedy == "Delete them in the file if they must not count."


@pytest.mark.parametrize("how", ["filter", "collapse"])
def test_hidden_rows_of_an_ods_are_told(how, tmp_path):
    rows = ods_row("a", "b") + ods_row("1", "2", repeat=3).replace(">", f' table:visibility="{how}">', 1)
    blank = ods_row(repeat=1_000_000).replace(">", ' table:visibility="collapse">', 1)
    path = tmp_path / "towns.ods"
    path.write_bytes(ods_bytes(rows + blank))
    assert hidden_rows(path) == [(2, "notice", f"{HIDDEN}3")]


def test_hidden_rows_of_an_old_workbook_are_told(tmp_path):
    path = tmp_path / "old.xls"
    data = OLD.read_bytes()
    at = data.index(b"\x08\x02\x10\x00\x01\x00")  # the record of the second row of the first sheet
    path.write_bytes(data[: at + 16] + bytes([data[at + 16] | 0x20]) + data[at + 17 :])
    assert hidden_rows(path) == [(2, "notice", f"{HIDDEN}1")]


def days(path):
    [grid] = read_sources([path]).grids
    return as_dates(grid.frame["date"].to_numpy(dtype=object), epoch=grid.epoch)[0].tolist()


@pytest.mark.parametrize("epoch", [CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900])
def test_serial_days_of_a_workbook_count_from_its_own_day(epoch, tmp_path):
    book, path = save(tmp_path, ["date"], [to_excel(datetime.date(2016, 5, 13), epoch)])
    book.epoch = epoch
    book.active.append([datetime.date(2016, 5, 14)])
    book.save(path)
    assert days(path) == ["2016-05-13", "2016-05-14"]


def test_serial_days_of_an_ods_count_from_its_own_day(tmp_path):
    data = ods_bytes(ods_row("date") + ods_row(41041))
    for given, day in (("1904-01-01", "2016-05-13"), ("1899-12-30", "2012-05-12")):
        start = f'<table:calculation-settings><table:null-date table:date-value="{given}"/>'
        text = member(data, "content.xml")
        text = text.replace("<table:table ", f"{start}</table:calculation-settings><table:table ", 1)
        (tmp_path / "days.ods").write_bytes(with_member(data, "content.xml", text))
        assert days(tmp_path / "days.ods") == [day]


def test_an_old_workbook_of_a_mac_says_where_its_days_begin(tmp_path):
    data = OLD.read_bytes()
    assert data.count(b"\x22\x00\x02\x00\x00\x00") == 1
    mac = tmp_path / "mac.xls"
    mac.write_bytes(data.replace(b"\x22\x00\x02\x00\x00\x00", b"\x22\x00\x02\x00\x01\x00"))
    first = [read_sources([path]).grids[0] for path in (OLD, mac)]
    assert [grid.epoch for grid in first] == [datetime.date(1899, 12, 30), datetime.date(1904, 1, 1)]


def test_serial_days_of_an_import_count_from_the_day_of_their_workbook(tmp_path):
    level1, level2 = exercise()
    book = load_workbook(kobo_level1(level1, tmp_path / "1.xlsx"))
    book.epoch = CALENDAR_MAC_1904
    sheet = book["level 1"]
    column = [cell.value for cell in sheet[1]].index("date") + 1
    for line in range(2, sheet.max_row + 1):
        day = datetime.date.fromisoformat(sheet.cell(line, column).value)
        sheet.cell(line, column).value = to_excel(day, CALENDAR_MAC_1904)
    book.save(tmp_path / "1.xlsx")
    files = [
        tmp_path / "1.xlsx",
        kobo_level2(level2, tmp_path / "2.csv"),
        municipalities_csv(tmp_path / "m.csv"),
    ]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert set(found.tables["level1"]["date"]) == {record["date"] for record in level1}
