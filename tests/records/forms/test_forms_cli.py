"""`pse forms`: before field work, in the middle of it, and what it refuses."""

import openpyxl
import pytest
from typer.testing import CliRunner

from mapping.cli import app
from mapping.forms_cli import NOTE
from pse.records.forms import read_prepared
from pse.records.problems import TableError
from pse.records.study import read_study
from tests.records.forms.studies import municipalities
from tests.records.imports.exports import exercise, kobo_level1
from tests.records.tiny import tiny_settings, tiny_tables, write_folder

FILES = {"level1.xlsx", "level2.xlsx", "people.xlsx", "virtual.xlsx", "spots.csv", NOTE}


def run(*arguments):
    return CliRunner().invoke(app, ["forms", *(str(argument) for argument in arguments)])


def words(text):
    return " ".join(text.split())


@pytest.fixture
def before(tmp_path):
    return write_folder(tmp_path / "before", {"municipalities": municipalities()})


def test_settings_and_municipalities_are_enough_before_field_work(before, tmp_path):
    done = run(before, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert "spots.csv: no spot yet. Make the forms again when level 1 is in the records." in words(
        done.output
    )
    assert (tmp_path / "out" / "spots.csv").read_text(encoding="utf-8").split() == ["name,label,municipality"]
    with pytest.raises(TableError):  # forms ask for less than an estimate
        read_study(before)


@pytest.mark.parametrize("names", [["level1"], ["level1", "level2"]])
def test_tables_that_hold_headings_alone_are_as_if_they_were_not_there(names, before, tmp_path):
    for name in names:
        tiny_tables()[name].iloc[:0].to_csv(before / f"{name}.csv", index=False)
    assert not len(read_prepared(before).level1)
    assert run(before, "--out", tmp_path / "out").exit_code == 0


def test_the_note_says_what_is_private_and_names_no_spot(tmp_path):
    tables = tiny_tables()
    tables["level1"]["spot_name"] = [f"Unique{letter}" for letter in "ABCDEF"]
    tables["level2"].loc[2, "status"] = "unsafe"
    tables["level2"]["do_not_publish"] = ["yes", "no", "no", "no"]
    done = run(write_folder(tmp_path / "study", tables), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    note = words(done.output)
    assert "spots.csv: 4 spot(s) that level2 and people choose from." in note
    assert "2 spot(s) are left out of it: refused, unsafe, or never to leave the organisation." in note
    assert "spots.csv is private" in note and "for the field teams only" in note
    assert "attach spots.csv to level2 and to people as a media file" in note
    assert "Unique" not in note
    spots = (tmp_path / "out" / "spots.csv").read_text(encoding="utf-8")
    assert [f"Unique{letter}" in spots for letter in "ABCDEF"] == [False, True, False, True, True, True]
    assert words((tmp_path / "out" / NOTE).read_text(encoding="utf-8")) in note


def test_a_name_that_looks_personal_does_not_go_to_the_phones(tmp_path):
    tables = tiny_tables()
    tables["level1"]["spot_name"] = ["ask at 044 123 456", *[f"Place {letter}" for letter in "BCDEF"]]
    done = run(write_folder(tmp_path / "study", tables), "--out", tmp_path / "out")
    assert "1 spot(s) stand in it without their name" in words(done.output)
    spots = (tmp_path / "out" / "spots.csv").read_text(encoding="utf-8")
    assert "044" not in spots and "Place B" in spots and "\nA," in spots


def test_the_note_is_in_the_language_of_the_forms(before, tmp_path):
    done = run(before, "--out", tmp_path / "out", "--lang", "sq")
    assert "spots.csv është privat" in words(done.output)


def test_records_that_are_there_are_checked_and_nothing_is_written(tmp_path):
    tables = tiny_tables()
    tables["level1"].loc[1, ["kp_min", "kp_max"]] = [30, 20]
    done = run(write_folder(tmp_path / "study", tables), "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "must be at most kp_max" in words(done.output) and "level1" in done.output
    assert not (tmp_path / "out").exists()


def test_tables_that_forms_do_not_use_are_left_alone(tmp_path):
    tables = tiny_tables()
    tables["virtual"].loc[0, "accounts_min"] = -4
    study = write_folder(tmp_path / "study", tables)
    (study / "people.csv").write_bytes(b"\x00broken")
    assert run(study, "--out", tmp_path / "out").exit_code == 0


def test_missing_municipalities_are_told(tmp_path):
    study = write_folder(tmp_path / "study", {}, tiny_settings())
    done = run(study, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "municipalities" in done.output and "the file must be there; it is missing" in words(done.output)
    assert "level1" not in done.output


def test_forms_never_lie_beside_results_that_go_out(before, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    estimated = CliRunner().invoke(
        app, ["estimate", str(write_folder(tmp_path / "study")), "--out", str(out), "--release", "restricted"]
    )
    assert estimated.exit_code == 0, estimated.output
    kept = {path.name: path.read_bytes() for path in out.iterdir()}
    done = run(before, "--out", out)
    assert done.exit_code == 2
    assert "--out must be a new or empty folder" in words(done.output)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == kept


def test_nothing_in_the_folder_of_the_study_is_replaced(before):
    (before / "level1.xlsx").write_bytes(b"records")
    done = run(before, "--out", before)
    assert done.exit_code == 2 and "which holds other files" in words(done.output)
    assert (before / "level1.xlsx").read_bytes() == b"records"


def test_forms_can_be_made_again_in_their_folder(before, tmp_path):
    for _ in range(2):
        assert run(before, "--out", tmp_path / "out").exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES


def test_an_export_that_somebody_put_beside_the_forms_is_not_written_over(before, tmp_path):
    out = tmp_path / "out"
    assert run(before, "--out", out).exit_code == 0
    export = kobo_level1(exercise()[0], out / "level1.xlsx").read_bytes()
    done = run(before, "--out", out, "--lang", "uk")
    assert done.exit_code == 2 and "--out містить 'level1.xlsx', що не є таким, як записав pse" in words(
        done.output
    )
    assert (out / "level1.xlsx").read_bytes() == export


def test_a_form_that_somebody_changed_is_not_written_over(before, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other"
    for folder in (out, other):
        assert run(before, "--out", folder).exit_code == 0
    book = openpyxl.load_workbook(out / "people.xlsx")
    book.save(out / "people.xlsx")  # looked at and saved, as a spreadsheet asks
    assert run(before, "--out", out, "--lang", "sq").exit_code == 0
    book["survey"].append(["note", "ours", "A question of ours"])
    book.save(out / "people.xlsx")
    changed = (out / "people.xlsx").read_bytes()
    done = run(before, "--out", out)
    assert done.exit_code == 2 and "'people.xlsx', which is not as pse wrote it" in words(done.output)
    assert (out / "people.xlsx").read_bytes() == changed


def test_a_file_in_place_of_the_folder_is_told_in_the_language(before, tmp_path):
    (tmp_path / "out").write_text("mine")
    done = run(before, "--out", tmp_path / "out", "--lang", "sq")
    assert (done.exit_code, "out duhet të jetë dosje" in words(done.output)) == (2, True)
    assert (tmp_path / "out").read_text() == "mine"


def test_codes_that_a_spreadsheet_would_run_are_told_in_the_language(tmp_path):
    tables = tiny_tables()
    for name in ("level1", "level2"):
        tables[name]["spot_id"] = tables[name]["spot_id"].replace("A", "=A")
    done = run(write_folder(tmp_path / "study", tables), "--out", tmp_path / "out", "--lang", "sr-Latn")
    assert done.exit_code == 1 and "mora početi slovom ili cifrom" in words(done.output)
    assert "=A" not in done.output and not (tmp_path / "out").exists()


def test_wrong_use_is_told_in_words(before, tmp_path):
    done = run(before, "--out", tmp_path / "out", "--lang", "de")
    assert (done.exit_code, "lang must be one of en, sq" in done.output) == (2, True)
    done = run(tmp_path / "nothing", "--out", tmp_path / "out")
    assert (done.exit_code, "which is not there" in words(done.output)) == (2, True)
