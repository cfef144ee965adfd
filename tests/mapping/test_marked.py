"""The marked copy of the records: every wrong cell is found, says what is wrong, and nothing runs."""

import openpyxl
import pytest
from typer.testing import CliRunner

from mapping.cli import app
from mapping.marked import write_marked
from pse.records.problems import Problem
from pse.records.study import check_study
from tests.mapping.towns import town_folder, town_tables


@pytest.fixture
def broken(tmp_path):
    tables = town_tables()
    tables["level1"].loc[1, ["kp_min", "kp_max"]] = [30, 20]
    tables["level1"]["typology"] = ["=1+1", *tables["level1"]["typology"][1:]]
    return town_folder(tmp_path / "towns", tables)


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


def test_wrong_cells_are_red_and_say_what_to_do(broken, tmp_path):
    problems = check_study(broken)[1]
    path = write_marked(broken, problems, tmp_path / "marked.xlsx", lang="en")
    book = openpyxl.load_workbook(path)
    errors = [problem for problem in problems if problem.severity == "error"]
    assert [(problem.row, problem.column) for problem in errors] == [(3, "kp_min")]
    sheet = book["level1"]
    headings = [cell.value for cell in sheet[1]]
    cell = sheet.cell(3, headings.index("kp_min") + 1)
    assert cell.fill.fgColor.rgb == "FFF4B6B6"
    assert "must be at most kp_max; got 30 and kp_max 20" in cell.comment.text
    marked = [c.coordinate for row in sheet.iter_rows() for c in row if c.comment]
    assert marked == [cell.coordinate]
    assert book.worksheets[0]["D2"].hyperlink.location.endswith(cell.coordinate)


def test_a_formula_in_the_records_stays_text(broken, tmp_path):
    path = write_marked(broken, [], tmp_path / "marked.xlsx", lang="en")
    cells = [cell for row in openpyxl.load_workbook(path)["level1"].iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert "=1+1" in [cell.value for cell in cells]


def test_a_row_is_as_high_as_its_longest_text(broken, tmp_path):
    told = ["short", "a notice that goes on " * 20, "x" * 20_000]
    problems = [Problem("level1.csv", None, 3, None, "notice", "x", text, "mend it") for text in told]
    path = write_marked(broken, problems, tmp_path / "marked.xlsx", lang="sr-Cyrl")
    heights = [openpyxl.load_workbook(path).worksheets[0].row_dimensions[row].height for row in (2, 3, 4)]
    assert heights[0] is None  # the usual height
    assert heights[1] == 9 * 15  # 440 letters in lines of at most 53
    assert heights[2] > 408  # the highest row that Excel takes


def test_a_problem_of_a_row_or_of_a_lost_column_marks_the_first_cell(broken, tmp_path):
    problems = [Problem("level1.csv", None, 4, "gone", "notice", "x", "look here")]
    path = write_marked(broken, problems, tmp_path / "marked.xlsx", lang="sq")
    cell = openpyxl.load_workbook(path)["level1"]["A4"]
    assert (cell.fill.fgColor.rgb, cell.comment.text.strip()) == ("FFFFE9A8", "look here.")


def test_a_workbook_is_copied_sheet_by_sheet(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "level1"
    book.create_sheet("History")  # such a sheet of another program cannot be opened in Excel
    book.active.append(["interview_id", "kp_min"])
    book.active.append(["I1", 2.5])
    book.save(tmp_path / "study.xlsx")
    problem = Problem("study.xlsx", "level1", 2, "kp_min", "error", "count", "must be whole")
    path = write_marked(tmp_path / "study.xlsx", [problem], tmp_path / "marked.xlsx", lang="en")
    copy = openpyxl.load_workbook(path)
    assert copy.sheetnames == ["problem", "level1", "History_2"]
    assert copy["level1"].column_dimensions["A"].width >= len("interview_id")
    cell = copy["level1"]["B2"]
    assert (cell.value, cell.comment.text.strip()) == (2.5, "must be whole.")


def test_a_sheet_that_would_fill_the_memory_is_not_copied(tmp_path):
    book = openpyxl.Workbook()
    book.active.cell(1_048_576, 30, "far")
    book.save(tmp_path / "far.xlsx")
    done = run("import", tmp_path / "far.xlsx", "--out", tmp_path / "s", "--marked", tmp_path / "m.xlsx")
    assert done.exit_code == 1 and "clear what stands far outside the table" in " ".join(done.output.split())
    assert openpyxl.load_workbook(tmp_path / "m.xlsx").sheetnames == ["problem"]


def test_files_that_cannot_be_read_are_told_and_copied_as_they_are(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "level1.csv").write_bytes("interview_id,nom\nI1,\xe9\0".encode("latin-1"))
    problems = check_study(tmp_path / "s")[1]
    path = write_marked(tmp_path / "s", problems, tmp_path / "marked.xlsx", lang="uk")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["проблема", "level1"]
    assert book.worksheets[0]["A1"].value == "вид"
    assert any("UTF-8" in str(row[5].value) for row in book.worksheets[0].iter_rows())


def test_the_command_says_it_in_albanian_and_writes_the_copy(broken, tmp_path):
    done = run("check", broken, "--lang", "sq", "--marked", tmp_path / "m.xlsx")
    assert done.exit_code == 1
    assert "Gabime: 1." in done.stdout
    assert "duhet të jetë e shumta kp_max" in " ".join(done.stdout.split())
    assert "Kopja e shënuar është te" in done.stdout
    assert (tmp_path / "m.xlsx").exists()


def test_json_stays_json_and_keeps_its_keys_in_another_language(broken, tmp_path):
    import json

    done = run("check", broken, "--json", "--lang", "mk", "--marked", tmp_path / "m.xlsx")
    record = json.loads(done.stdout)
    assert record["errors"] == 1
    assert any("мора да биде најмногу kp_max" in problem["message"] for problem in record["problems"])


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--lang", "de"], "lang must be one of en, sq"),
        (["--marked", "x.csv"], "must end in .xlsx"),
    ],
)
def test_wrong_use_is_a_sentence(broken, args, words):
    done = run("check", broken, *args)
    assert done.exit_code == 2
    assert words in done.stderr


def test_a_wrong_language_is_refused_although_there_is_nothing_to_say(tmp_path):
    done = run("check", town_folder(tmp_path / "towns"), "--json", "--lang", "de")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "lang must be one of en, sq" in done.stderr


def test_a_file_that_cannot_be_marked_is_refused_before_anything_is_read(broken, tmp_path):
    done = run("check", broken, "--lang", "uk", "--marked", tmp_path / "m.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--marked має закінчуватися на .xlsx; вказано 'm.csv'" in done.stderr


def test_a_file_that_is_there_is_never_replaced(broken, tmp_path):
    (tmp_path / "m.xlsx").write_text("mine")
    done = run("check", broken, "--marked", tmp_path / "m.xlsx")
    assert (done.exit_code, "must be a new file" in done.stderr) == (2, True)
    assert (tmp_path / "m.xlsx").read_text() == "mine"
