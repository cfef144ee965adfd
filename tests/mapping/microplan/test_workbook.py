"""The workbook: what is in its cells, what is not, and that a reader finds the numbers."""

import io
import re
import zipfile
from dataclasses import replace

import numpy as np
import openpyxl
import pytest

from mapping.labels import LANGUAGES, texts
from mapping.microplan.dictionary import dictionary
from mapping.microplan.norms import Norms, read_norms
from mapping.microplan.people import BOUNDS
from mapping.microplan.tables import microplan
from mapping.microplan.workbook import workbook_bytes, write_workbook

STAFF = {"FSW": (64, 76, 88), "MSM": (97, 103, 107), "PWID": (108, 131, 155)}


@pytest.fixture(scope="module")
def data(plan):
    return workbook_bytes(plan, title="T (C, 2016)")


@pytest.fixture(scope="module")
def cells(data):
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.fixture(scope="module")
def values(data):
    return openpyxl.load_workbook(io.BytesIO(data), data_only=True)


def excel_table(book, name):
    sheet = next(sheet for sheet in book.worksheets if name in sheet.tables)
    first, *rows = [[cell.value for cell in row] for row in sheet[sheet.tables[name].ref]]
    return [dict(zip(first, row, strict=True)) for row in rows]


def all_cells(book):
    return [
        cell
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]


def test_the_table_workforce_holds_the_check_values(values):
    rows = excel_table(values, "workforce")
    assert list(rows[0])[:4] == ["kp", *BOUNDS]
    assert {row["kp"]: tuple(row[b] for b in BOUNDS) for row in rows} == STAFF


def test_other_check_values_are_in_named_tables(values):
    syringes = {row["basis"]: row["central"] for row in excel_table(values, "syringes")}
    assert abs(syringes["syringes_2020"] - 1_163_800) <= 200
    assert {row["basis"]: row["central"] for row in excel_table(values, "oamt")}[
        "oamt_2012"
    ] == pytest.approx(2328, abs=1)


def test_staff_cells_are_formulas_that_refer_to_the_norms(cells):
    for row in excel_table(cells, "workforce"):
        for bound in BOUNDS:
            assert row[bound].startswith("=") and row[bound].count("Norms!$C$") == 2


def test_every_formula_is_one_of_the_declared_kinds_and_has_its_value(cells, values):
    allowed = re.compile(
        r"""=(?:'[^'\[\]]+'!|Norms!|ROUNDUP|ROUND|MAX|IF|OR|"[^"=]*"|\$?[A-Z]{1,3}\$?\d+|[\d.*/+\-(),>=]|\s)+"""
    )
    n = 0
    for sheet in cells.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    n += 1
                    assert allowed.fullmatch(cell.value), cell.value
                    assert values[sheet.title][cell.coordinate].value is not None or cell.value.startswith(
                        "=IF("
                    )
    assert n > 1000


def test_hidden_sizes_leave_no_number_and_no_formula(cells, plan):
    gone = {(row["municipality"], row["kp"]) for row in plan.people.to_dict("records") if row["hidden"]}
    assert gone
    seen = 0
    for sheet in cells.worksheets:
        for row in sheet.iter_rows(values_only=True):
            if len(row) > 3 and (row[0], row[2]) in gone:
                seen += 1
                assert not [v for v in row[3:] if isinstance(v, (int, float)) and v not in (1, 2, 3, 4)]
                assert not [v for v in row if isinstance(v, str) and v.startswith("=")]
    assert seen > 4 * len(gone)


def test_no_hidden_sheet_no_comment_no_name_of_anybody(cells, data):
    assert all(sheet.sheet_state == "visible" for sheet in cells.worksheets)
    assert not [cell for cell in all_cells(cells) if cell.comment]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = parts.namelist()
        core = parts.read("docProps/core.xml").decode()
        everything = b"".join(parts.read(name) for name in names)
    assert "<dc:creator></dc:creator>" in core or "<dc:creator/>" in core
    assert "2000-01-01" in core
    assert not [name for name in names if "comment" in name or "external" in name or "vba" in name.lower()]
    assert b"/tmp/" not in everything and b"/home/" not in everything


def test_texts_that_look_like_formulas_stay_texts(plan):
    evil = '=HYPERLINK("http://x")'
    people = plan.people.assign(name=plan.people["name"].where(plan.people["name"].ne("Prizren"), evil))
    norms = Norms(
        plan.norms.title,
        {
            **plan.norms.norms,
            ("reach", "all"): plan.norms.norms["reach", "all"].model_copy(update={"note": "@SUM(1)"}),
        },
    )
    tables = {**plan.tables}
    for name in ("workforce", "commodities", "services", "targets"):
        table = plan.tables[name]
        tables[name] = table.assign(name=table["name"].where(table["name"].ne("Prizren"), evil))
    made = workbook_bytes(replace(plan, people=people, norms=norms, tables=tables), title="=1+1")
    book = openpyxl.load_workbook(io.BytesIO(made))
    found = [
        cell for cell in all_cells(book) if "HYPERLINK" in str(cell.value) or "SUM(1)" in str(cell.value)
    ]
    assert len(found) > 20
    assert all(cell.data_type == "s" and cell.value.startswith("'") for cell in found)
    assert not [cell for cell in all_cells(book) if cell.value == "=1+1"]


def test_numbers_are_numbers(values):
    for cell in all_cells(values):
        assert not (isinstance(cell.value, str) and re.fullmatch(r"-?\d+([.,]\d+)?", cell.value)), (
            cell.coordinate
        )


def test_print_set_up(cells):
    for sheet in cells.worksheets:
        assert sheet.page_setup.paperSize == 9 and sheet.page_setup.orientation == "landscape"
        assert sheet.max_column <= 12
        assert "public" in sheet.oddFooter.left.text
    for title in ("Workforce", "Commodities", "Services", "Targets", "Sizes", "Norms", "Municipalities"):
        assert cells[title].print_title_rows, title
    plans = cells["Municipalities"]
    assert len(plans.row_breaks.brk) == 26  # 26 municipalities, then the country


def test_the_receipt_stands_in_the_workbook(values, plan):
    text = "\n".join(str(row[0]) for row in values["About"].iter_rows(values_only=True))
    assert all(line in text for line in plan.released.receipt.splitlines())


def test_the_stamp_of_a_lower_threshold_is_on_every_page(plan):
    stamped = replace(plan, released=replace(plan.released, stamp="Threshold 3 in place of 10."))
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(stamped, title="T")))
    assert all("Threshold 3" in sheet.oddHeader.left.text for sheet in book.worksheets)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_gives_the_same_numbers_under_its_own_words(plan, values, lang):
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(plan, title="T", lang=lang)), data_only=True)
    assert excel_table(book, "workforce")[0]["central"] == 76
    text = texts("microplan", lang)
    assert book.sheetnames[:4] == [text["sheet_about"], "Norms", text["sheet_sizes"], text["sheet_country"]]
    assert len(book.sheetnames) == len(values.sheetnames)
    if lang != "en":
        english = set(texts("microplan", "en").values())
        same = {"Norms", "people", "yes", "no"}
        heads = [cell.value for cell in book[text["sheet_services"]][3] if cell.value]
        assert not set(heads) & english - same - {"KP"}


def test_every_column_and_way_of_computing_is_in_the_dictionary(plan, values):
    table = dictionary(plan, texts("microplan", "en"))
    assert (table[["column", "heading", "unit"]] != "").all().all()
    columns = {column for made in plan.tables.values() for column in made.columns} - {"hidden"}
    assert columns <= set(table["column"])
    assert values["Dictionary"].max_row >= len(table)


def test_the_same_plan_gives_the_same_bytes(plan, data):
    assert workbook_bytes(plan, title="T (C, 2016)") == data


def test_a_password_encrypts(plan, tmp_path):
    msoffcrypto = pytest.importorskip("msoffcrypto")
    path = write_workbook(plan, tmp_path / "m.xlsx", title="T", password="correct horse")
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(path)
    with path.open("rb") as file:
        locked = msoffcrypto.OfficeFile(file)
        with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
            locked.load_key(password="wrong")
            locked.decrypt(io.BytesIO())
        locked.load_key(password="correct horse")
        out = io.BytesIO()
        locked.decrypt(out)
    assert excel_table(openpyxl.load_workbook(out, data_only=True), "workforce")[0]["central"] == 76


def test_a_table_of_priorities_or_a_roster_gets_its_sheet(plan):
    roster = plan.tables["national_workforce"][["kp"]].assign(
        peer="P1", municipality="a", spot_id="S1", day="mon", block="16-20", expected_people=4.6
    )
    made = workbook_bytes(replace(plan, tables={**plan.tables, "roster": roster}), title="T")
    sheet = openpyxl.load_workbook(io.BytesIO(made))["Weekly roster"]
    numbers = [cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, float)]
    assert numbers == [4.6] * len(roster)


def test_restricted_plans_hold_the_register_and_the_site_load(sample, restricted):
    made = microplan(restricted, read_norms(), study=sample)
    load = made.tables["site_load"]
    assert set(load["day"]) == {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
    assert (load["low"] <= load["central"]).all() and (load["central"] <= load["high"]).all()
    assert len(made.tables["register"]) == len(restricted.spots)
    begin = made.tables["priorities"]
    held = (
        begin.loc[begin["reason"].eq("size")].groupby("kp")["central"].sum()
        / begin.groupby("kp")["central"].sum()
    )
    assert (held >= 0.75).all()  # 80 % of those at safe spots
    assert {"stable", "borderline"} == set(begin["stability"])
    by_day = load.groupby(["spot_id", "kp", "day"])["share_of_hours"].sum()
    assert np.allclose(by_day, 1)
    assert not load.loc[load["unsafe"], "spot_id"].empty or not restricted.spots["unsafe"].any()


def test_the_register_has_sizes_of_the_usual_and_of_the_fullest_day(sample, restricted):
    table = microplan(restricted, read_norms(), study=sample).tables["register"]
    for bound in BOUNDS:
        assert (table[f"peak_{bound}"] >= table[bound]).all() and (
            table[f"peak_{bound}"] > table[bound]
        ).any()
    load = microplan(restricted, read_norms(), study=sample).tables["site_load"]
    fullest = load.groupby(["spot_id", "kp", "day"])["central"].sum().groupby(["spot_id", "kp"]).max()
    known = table.set_index(["spot_id", "kp"])["peak_central"].reindex(fullest.index)
    assert np.allclose(fullest, known)


def test_restricted_workbooks_show_words_for_codes(sample, restricted):
    made = microplan(restricted, read_norms(), study=sample)
    few = {**made.tables, "site_load": made.tables["site_load"].head(100)}
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(replace(made, tables=few), title="T", lang="sq")))
    text = texts("microplan", "sq")
    register = book[text["sheet_register"]]
    statuses = {row[4] for row in register.iter_rows(min_row=5, values_only=True)}
    assert text["code_not_visited"] in statuses and "not_visited" not in statuses
    assert register.max_column == 12
    peaks = {row[9] for row in register.iter_rows(min_row=5, values_only=True)}
    assert "pre, sht" in peaks and not [days for days in peaks if days and "fri" in days]
    load = book[text["sheet_site_load"]]
    assert {row[3] for row in load.iter_rows(min_row=5, values_only=True)} <= set(
        texts("days", "sq").values()
    )
