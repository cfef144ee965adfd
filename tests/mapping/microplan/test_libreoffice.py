"""LibreOffice opens the workbook, recalculates it, and finds the numbers that were written."""

import io
import shutil
import subprocess

import openpyxl
import pytest

from mapping.microplan.workbook import workbook_bytes
from tests.mapping.microplan.test_workbook import excel_table

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not on this machine")

BOUNDS = ("low", "central", "high")


@pytest.fixture(scope="module")
def recalculate(tmp_path_factory):
    """Return a function that opens workbooks in LibreOffice, which computes every cell anew."""
    home = tmp_path_factory.mktemp("office")

    def convert(**books):
        folder, out = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("out")
        for name, book in books.items():
            book.save(folder / f"{name}.xlsx")
        command = [SOFFICE, f"-env:UserInstallation=file://{home}", "--headless", "--convert-to", "xlsx"]
        command += ["--outdir", str(out), *(str(folder / f"{name}.xlsx") for name in books)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return {name: openpyxl.load_workbook(out / f"{name}.xlsx", data_only=True) for name in books}

    return convert


@pytest.fixture(scope="module")
def opened(published_plan, plan, recalculate):
    """The workbook of the published sizes as it is, with 1:50 for FSW, in Serbian, and that of the sample.

    openpyxl saves formulas without their values, so every number found later was computed by LibreOffice.
    """
    books = {
        "as_is": (published_plan, "en"),
        "fifty": (published_plan, "en"),
        "serbian": (published_plan, "sr-Cyrl"),
    }
    books |= {"sample": (plan, "en")}
    loaded = {
        name: openpyxl.load_workbook(io.BytesIO(workbook_bytes(made, title="T", lang=lang)))
        for name, (made, lang) in books.items()
    }
    for row in loaded["fifty"]["Norms"].iter_rows():
        if (row[0].value, row[1].value) == ("people_per_peer_educator", "FSW"):
            assert row[2].value == 60
            row[2].value = 50
    return recalculate(**loaded)


def staff(book, kp="FSW"):
    row = next(row for row in excel_table(book, "workforce") if row["kp"] == kp)
    return tuple(row[bound] for bound in BOUNDS)


def test_the_staff_cells_follow_the_ratio_on_the_sheet_norms(opened):
    assert staff(opened["as_is"]) == (64, 76, 88)
    assert staff(opened["fifty"]) == (76, 91, 106)
    assert staff(opened["fifty"], "MSM") == (97, 103, 107)


def test_the_pages_of_municipalities_follow_too(opened):
    def total(book):
        return sum(
            row[5] or 0  # hidden ones are blank
            for row in book["Municipalities"].iter_rows(values_only=True)
            if row[3] == "peer educators" and row[2] == "FSW"
        )

    assert total(opened["fifty"]) > total(opened["as_is"])


def test_another_language_recalculates_to_the_same(opened):
    assert staff(opened["serbian"]) == (64, 76, 88)


def test_every_recalculated_number_is_the_one_that_was_written(opened, plan):
    written = openpyxl.load_workbook(io.BytesIO(workbook_bytes(plan, title="T")), data_only=True)
    formulas = openpyxl.load_workbook(io.BytesIO(workbook_bytes(plan, title="T")))
    n = 0
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                n += 1
                got = opened["sample"][sheet.title][cell.coordinate].value
                want = written[sheet.title][cell.coordinate].value
                if isinstance(want, (int, float)):
                    assert got == pytest.approx(want, rel=1e-9, abs=1e-6), (sheet.title, cell.coordinate)
                else:
                    assert (got or "") == (want or ""), (sheet.title, cell.coordinate)
    assert n > 1000
