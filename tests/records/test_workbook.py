"""A workbook in place of a folder, and the template that is filled into one."""

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pse.records.problems import TableError
from pse.records.study import check_study, read_study
from pse.records.tables import TABLES
from pse.records.template import write_template
from tests.records.tiny import tiny_settings, tiny_tables, write_folder


def fill(path: Path, tables=None, settings=None) -> Path:
    """Fill a template by its headings, as a person would, and save it."""
    workbook = openpyxl.load_workbook(path)
    for name, table in (tiny_tables() if tables is None else tables).items():
        sheet = workbook[name]
        columns = {cell.value: cell.column for cell in sheet[1]}
        for row, record in enumerate(table.to_dict("records"), start=2):
            for heading, value in record.items():
                if not pd.isna(value):
                    sheet.cell(row, columns[heading], value)
    flat = dict(_flat(tiny_settings() if settings is None else settings))
    for row in workbook["study"].iter_rows(min_row=2):
        if row[0].value in flat:
            row[1].value = flat[row[0].value]
    workbook.save(path)
    return path


def _flat(settings):
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            yield name, value


@pytest.fixture
def workbook(tmp_path):
    return fill(write_template(tmp_path / "study.xlsx"))


def edit(path, change):
    """Change an open workbook and save it."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def errors_of(path):
    with pytest.raises(TableError) as caught:
        read_study(path)
    return caught.value.problems


def test_a_filled_template_gives_the_tables_of_the_folder(tmp_path, workbook):
    from_sheets, from_files = read_study(workbook), read_study(write_folder(tmp_path / "folder"))
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(from_sheets, name), getattr(from_files, name))
    for name in ("title", "country", "year", "size_basis", "denominators", "kps", "notices", "options"):
        assert getattr(from_sheets, name) == getattr(from_files, name)
    assert from_sheets.sources == {"study.xlsx": workbook}


def test_an_empty_template_says_what_is_still_missing(tmp_path):
    found = errors_of(write_template(tmp_path / "study.xlsx"))
    assert [(p.sheet, p.column or p.rule) for p in found] == [
        ("study", "country"),
        ("study", "title"),
        ("study", "year"),
        ("municipalities", "no_rows"),
        ("level1", "no_rows"),
    ]


def test_template_shows_every_column_and_hides_nothing(tmp_path):
    book = openpyxl.load_workbook(write_template(tmp_path / "new.xlsx"))
    assert book.sheetnames == ["how_to", "study", *TABLES]
    assert {sheet.sheet_state for sheet in book} == {"visible"}
    assert not book.properties.creator
    explained = [(row[0].value, row[1].value) for row in book["how_to"].iter_rows()]
    for name, table in TABLES.items():
        assert [cell.value for cell in book[name][1]] == [column.name for column in table.columns]
        assert all((name, column.name) in explained for column in table.columns)


def test_template_offers_codes_and_limits_numbers(tmp_path):
    book = openpyxl.load_workbook(write_template(tmp_path / "new.xlsx"))
    rules = {}
    for rule in book["level2"].data_validations.dataValidation:
        heading = book["level2"].cell(1, min(rule.sqref.ranges, key=str).min_col).value
        rules[heading] = (rule.type, rule.operator, rule.formula1, rule.formula2)
    assert rules["status"][2] == '"active,inactive,not_found,duplicate,refused,unsafe"'
    assert rules["municipality"][2] == "municipalities!$A$2:$A$2000"
    assert rules["kp"][2] == '"FSW,MSM,PWID,TG,PRIS"'
    assert (rules["usual_min"][0], rules["usual_min"][2:]) == ("whole", ("0", "1000000"))
    assert rules["other_spots_mean"] == ("decimal", "greaterThanOrEqual", "0", None)
    assert (rules["share_other_spots"][0], rules["share_other_spots"][2:]) == ("decimal", ("0", "1"))
    assert "spot_id" not in rules


def test_the_sheet_of_instructions_prints_on_whole_pages(workbook):
    page = openpyxl.load_workbook(workbook)["how_to"]
    assert (page.sheet_properties.pageSetUpPr.fitToPage, page.page_setup.fitToHeight) == (True, 0)
    assert page.page_setup.orientation == "landscape"
    for row in page.iter_rows(min_row=10, max_col=4):
        assert all(len(cell.value or "") <= page.column_dimensions[cell.column_letter].width for cell in row)


def test_a_kp_of_the_user_is_a_row_more_as_the_template_says(workbook):
    lines = [cell.value for (cell,) in openpyxl.load_workbook(workbook)["how_to"]["A1:A9"]]
    assert any("no mark between the thousands: write 60000" in (line or "") for line in lines)
    assert any("add a row to the sheet study, such as kps.CLIENT" in (line or "") for line in lines)
    edit(workbook, lambda book: book["study"].append(["kps.CLIENT", "Clients of sex workers"]))
    assert read_study(workbook).kp_names == {"CLIENT": "Clients of sex workers"}


def test_the_template_names_no_default_that_is_none(workbook):
    rows = {row[0]: row[2] for row in openpyxl.load_workbook(workbook)["study"].iter_rows(values_only=True)}
    assert rows["options.interview_sd"] == "Blank: from the records."
    assert "None" not in " ".join(rows.values())


def test_template_keeps_codes_of_digits(tmp_path):
    book = openpyxl.load_workbook(write_template(tmp_path / "new.xlsx"))
    headings = [cell.value for cell in book["level1"][1]]
    formats = {
        headings[number - 1]: columns.number_format
        for columns in book["level1"].column_dimensions.values()
        for number in range(columns.min, columns.max + 1)
    }
    assert formats["spot_id"] == formats["municipality"] == "@"
    assert formats["kp_min"] == "General"


def test_template_is_never_written_over_a_filled_one(workbook, tmp_path):
    with pytest.raises(
        ValueError, match=r"path must be a new file; got 'study\.xlsx', which is there already"
    ):
        write_template(workbook)
    with pytest.raises(ValueError, match=r"path must end in \.xlsx; got 'study\.csv'"):
        write_template(tmp_path / "study.csv")


def test_numbers_dates_and_switches_of_a_spreadsheet_are_understood(workbook):
    def change(book):
        for name, day in (("level1", datetime(2016, 2, 29)), ("level2", date(2016, 2, 29))):
            column = {cell.value: cell.column for cell in book[name][1]}
            book[name].cell(2, column["spot_id"], 7)
            book[name].cell(2, column["date"], day)
        book["municipalities"].cell(2, 5, True)

    study = read_study(edit(workbook, change))
    assert study.level1["spot_id"][0] == study.level2["spot_id"][0] == "7"
    assert study.level1["date"][0] == study.level2["date"][0] == "2016-02-29"
    assert study.municipalities["mapped"].tolist() == [True]


def test_problems_name_the_sheet_and_its_row(workbook):
    def change(book):
        column = {cell.value: cell.column for cell in book["level1"][1]}
        book["level1"].insert_rows(3)
        book["level1"].cell(5, column["kp_min"], "about 20")

    (problem,) = errors_of(edit(workbook, change))
    assert (problem.file, problem.sheet, problem.row) == ("study.xlsx", "level1", 5)
    assert str(TableError([problem])).startswith("level1 has 1 problem(s):\n  row 5, kp_min: must be a whole")


def test_options_come_from_the_sheet_study(workbook):
    def change(book):
        for row in book["study"].iter_rows(min_row=2):
            row[1].value = {"options.weekend": "fri sat", "options.ratio_min_spots": 3}.get(
                row[0].value, row[1].value
            )

    assert read_study(edit(workbook, change)).options == {"weekend": ("fri", "sat"), "ratio_min_spots": 3}


def test_a_setting_must_not_come_twice(workbook):
    problems = errors_of(edit(workbook, lambda book: book["study"].append(["title", "again"])))
    assert [(p.sheet, p.rule, p.column) for p in problems] == [("study", "duplicate_setting", "title")]


def test_the_sheet_study_has_two_headings(workbook):
    (problem,) = errors_of(edit(workbook, lambda book: book["study"].delete_rows(1)))
    assert problem.message == "row 1 must hold the two headings setting and value"


def test_sheets_that_are_missing_empty_or_unknown(workbook):
    def change(book):
        del book["level2"]
        book["level1"].delete_rows(1, 100)
        book.create_sheet("Sheet1")

    _, problems = check_study(edit(workbook, change))
    assert [(p.sheet, p.rule) for p in problems] == [
        ("level1", "empty_file"),
        ("level2", "missing_file"),
        ("Sheet1", "unknown_sheet"),
    ]


FAULTS = [
    (b"", "the file is not an XLSX workbook"),
    (b"municipality,name\n", "the file is not an XLSX workbook"),
    (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "the file is an old .xls workbook"),
    (
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "the workbook has a password",
    ),
]


@pytest.mark.parametrize(("content", "words"), FAULTS)
def test_what_is_no_workbook_is_said_in_one_sentence(tmp_path, content, words):
    path = tmp_path / "study.xlsx"
    path.write_bytes(content)
    (problem,) = errors_of(path)
    assert problem.message == words
    assert problem.remedy == "Save it again as an Excel workbook (.xlsx) without a password."


def test_a_zip_that_is_no_workbook_and_a_cut_workbook(tmp_path, workbook):
    path = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("readme.txt", "x")
    assert errors_of(path)[0].message == "the file is damaged or not an XLSX workbook"
    path.write_bytes(workbook.read_bytes()[:2000])
    assert errors_of(path)[0].rule == "not_a_workbook"


def test_a_workbook_that_would_fill_the_memory_is_refused(workbook, monkeypatch):
    monkeypatch.setattr("pse.records.package.MOST_UNPACKED", 1000)
    assert "larger than" in errors_of(workbook)[0].message


def test_decimals_of_a_workbook_are_those_of_memory(tmp_path):
    tables = tiny_tables()
    tables["virtual"]["share_at_spots"] = 0.123456789012345
    path = fill(write_template(tmp_path / "s.xlsx"), tables)
    assert read_study(path).virtual["share_at_spots"].tolist() == [0.123456789012345]


def put(path, row, column, value):
    """Write a cell into the sheet level1 of a filled workbook, as a person does afterwards."""

    def change(book):
        at = [cell.value for cell in book["level1"][1]].index(column) + 1
        cell = book["level1"].cell(row, at, value)
        cell.data_type = "e" if value.startswith("#") else cell.data_type

    edit(path, change)


def test_an_error_of_a_formula_is_no_blank_cell(workbook):
    put(workbook, 3, "kp_max", "#DIV/0!")
    [problem] = errors_of(workbook)
    assert (problem.sheet, problem.row, problem.column) == ("level1", 3, "kp_max")
    assert "got a text of 4 characters" in problem.message


def test_formulas_without_results_are_told_with_what_to_do(workbook):
    put(workbook, 3, "kp_max", "=1+1")
    [problem] = errors_of(workbook)
    assert "formulas without their results" in problem.message
    assert problem.remedy == "Open it in Excel or LibreOffice, save it there, and give it again."


def test_merged_rows_are_told(workbook):
    edit(workbook, lambda book: book["level1"].merge_cells("A2:A3"))
    _, problems = check_study(workbook)
    [told] = [p for p in problems if p.rule == "merged"]
    assert (told.sheet, told.row, told.column, told.severity) == ("level1", 2, "interview_id", "notice")


def test_a_cell_far_away_does_not_fill_the_memory(workbook):
    edit(workbook, lambda book: book["level1"].cell(1_048_576, 16_384, 1))
    assert "clear what stands far outside the table" in errors_of(workbook)[0].message


def test_a_workbook_that_is_too_large_is_told_with_what_to_do(workbook, monkeypatch):
    monkeypatch.setattr("pse.records.package.MOST_UNPACKED", 1000)
    assert errors_of(workbook)[0].remedy.startswith("Make a study for each region")


def test_a_title_above_the_headings_is_told(workbook):
    def change(book):
        book["level1"].insert_rows(1)
        book["level1"]["A1"] = "Mapping of the towns"

    edit(workbook, change)
    [problem] = errors_of(workbook)
    assert (problem.sheet, problem.row, problem.rule) == ("level1", 1, "title")


def test_text_with_a_point_between_thousands_is_no_number_and_a_number_is(workbook):
    def type_adults(value):
        def change(book):
            book["municipalities"]["D2"] = value

        edit(workbook, change)

    type_adults("60.000")
    (problem,) = errors_of(workbook)
    assert (problem.sheet, problem.row, problem.column, problem.rule) == (
        "municipalities", 2, "adult_women", "two_numbers"
    )  # fmt: skip
    type_adults(812.375)
    assert read_study(workbook).municipalities["adult_women"].tolist() == [812.375]


def test_the_template_refuses_0_where_the_check_does(tmp_path):
    sheet = openpyxl.load_workbook(write_template(tmp_path / "new.xlsx"))["people"]
    number = [cell.value for cell in sheet[1]].index("days_per_week") + 1
    (rule,) = [
        r for r in sheet.data_validations.dataValidation
        if number in {part.min_col for part in r.sqref.ranges}
    ]  # fmt: skip
    first = sheet.cell(2, number).coordinate
    assert (rule.type, rule.formula1) == ("custom", f"AND({first}>0,{first}<=7)")
    assert rule.error == "Write a number, more than 0 and at most 7."
