"""`pse microplan`: what it writes, in which languages and forms, and that a refusal leaves nothing behind."""

import inspect
import io
import re
import zipfile

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import pse
from mapping.cli import app
from mapping.microplan.csvs import check_marks
from tests.mapping.microplan.test_workbook import excel_table
from tests.mapping.towns import town_folder

SAMPLE = pse.sample_folder()
RATIO = """[people_per_peer_educator.FSW]
value = {value}
unit = "people per peer educator"
source = "Assumption of a test"
note = "T"
assumption = true
"""


def run(*arguments, **given):
    old = "mix_stderr" in inspect.signature(CliRunner).parameters
    runner = CliRunner(mix_stderr=False) if old else CliRunner()
    return runner.invoke(app, ["microplan", *(str(argument) for argument in arguments)], **given)


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def coverage(tmp_path_factory, counts):
    path = tmp_path_factory.mktemp("coverage") / "coverage.csv"
    counts.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def everything(tmp_path_factory, coverage):
    """One run with every output, in Albanian, with 1:50 and a password."""
    pytest.importorskip("typst")
    folder = tmp_path_factory.mktemp("everything")
    (folder / "norms.toml").write_text('title = "Mine"\n' + RATIO.format(value=50), encoding="utf-8")
    done = run(
        SAMPLE, "--out", folder / "m.xlsx", "--norms", folder / "norms.toml", "--coverage", coverage,
        "--lang", "sq", "--csv", folder / "csv", "--separator", ";", "--decimal", ",",
        "--donors", folder / "donors", "--calendars", folder / "papers" / "calendars.pdf", "--password",
        input="secret words\nsecret words\n",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    return folder, done


def test_all_that_was_asked_for_is_there(everything):
    folder, done = everything
    found = set(files_in(folder))
    assert {"m.xlsx", "csv/workforce.csv", "csv/gap.csv", "csv/receipt.txt", "donors/kp_atlas.csv"} <= found
    assert "papers/calendars.pdf" in found
    assert not [name for name in found if "register" in name or "site_load" in name or ".pse-" in name]
    last = " ".join(done.stdout.split()).split("Mikroplani është në ")[1]
    assert re.search(r"m\.xlsx\. Supozime janë \d+ nga 79 norma\.$", last)


def test_the_overlay_and_the_language_reach_the_workbook(everything):
    msoffcrypto = pytest.importorskip("msoffcrypto")
    folder, _ = everything
    with pytest.raises(zipfile.BadZipFile):
        openpyxl.load_workbook(folder / "m.xlsx")
    out = io.BytesIO()
    with (folder / "m.xlsx").open("rb") as file:
        locked = msoffcrypto.OfficeFile(file)
        locked.load_key(password="secret words")
        locked.decrypt(out)
    book = openpyxl.load_workbook(out, data_only=True)
    staff = {row["kp"]: row["central"] for row in excel_table(book, "workforce")}
    assert staff == {"FSW": 91, "MSM": 103, "PWID": 131}
    about = "\n".join(str(row[0]) for row in book.worksheets[0].iter_rows(values_only=True))
    assert "Release level" not in about  # the receipt is in Albanian too


def test_the_csv_files_have_the_marks_that_were_asked_for(everything):
    folder, _ = everything
    raw = (folder / "csv" / "sizes.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and b"\r\n" in raw
    sizes = pd.read_csv(folder / "csv" / "sizes.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert round(sizes.loc[0, "central"]) == 5037
    staff = (folder / "csv" / "national_workforce.csv").read_text(encoding="utf-8-sig")
    assert ";76;91;106;" in staff  # whole numbers are written as such


def test_restricted_plans_have_the_spots_and_say_so(tmp_path):
    done = run(SAMPLE, "--out", tmp_path / "m.xlsx", "--release", "restricted", "--csv", tmp_path / "csv")
    assert done.exit_code == 0, done.stderr
    assert {"csv/register.csv", "csv/site_load.csv"} <= set(files_in(tmp_path))
    assert (
        (tmp_path / "csv" / "receipt.txt").read_text(encoding="utf-8").startswith("Release level: restricted")
    )
    names = openpyxl.load_workbook(tmp_path / "m.xlsx", read_only=True).sheetnames
    assert {"Spot register", "Site load"} <= set(names)
    again = run(SAMPLE, "--out", tmp_path / "csv" / "m.xlsx")
    assert again.exit_code == 2 and "must not hold results of another level" in again.stderr


WRONG = [
    (["--norms", "{gone}"], 2, "norms must be a file; got 'gone.toml', which is not there"),
    (["--coverage", "{gone}"], 2, "coverage must be a file; got 'gone.toml'"),
    (["--lang", "de"], 2, "lang must be one of en, sq, sr-Latn, sr-Cyrl, mk, uk; got 'de'"),
    (["--release", "secret"], 2, "release must be one of public, programme, restricted; got 'secret'"),
    (["--separator", ",", "--decimal", ","], 2, "decimal must differ from separator"),
    (["--calendars", "week.doc"], 2, "calendars must end in .pdf; got 'week.doc'"),
    (["--mapping", "{norms}"], 2, "mapping must come with donors"),
    (["--norms", "{norms}"], 1, "people_per_peer_educator.FSW must be above 0; got 0"),
    (
        ["--coverage", "{coverage}"],
        1,
        "coverage must name municipalities of the study by their code; got 1 row",
    ),
    (
        ["--donors", "{out}/donors", "--mapping", "{norms}"],
        1,
        "mapping must have the parts definitions, financed",
    ),
]


@pytest.mark.parametrize(("arguments", "code", "words"), WRONG)
def test_a_refusal_is_one_sentence_and_leaves_nothing(tmp_path, arguments, code, words):
    study, out = town_folder(tmp_path / "towns"), tmp_path / "out"
    out.mkdir()
    norms, coverage = tmp_path / "norms.toml", tmp_path / "coverage.csv"
    norms.write_text('title = "Mine"\n' + RATIO.format(value=0), encoding="utf-8")
    coverage.write_text("municipality,kp,step,people\nAtlantis,FSW,tested,5\n", encoding="utf-8")
    places = {"gone": tmp_path / "gone.toml", "norms": norms, "coverage": coverage, "out": out}
    done = run(study, "--out", out / "m.xlsx", *(text.format(**places) for text in arguments))
    said = " ".join(done.stderr.split())
    assert (done.exit_code, words in said) == (code, True), said
    assert "Atlantis" not in said
    assert files_in(out) == []


def test_a_fault_at_the_last_file_leaves_none_of_the_others(tmp_path, monkeypatch):
    def fail(*arguments, **given):
        raise OSError("the disk is full")

    monkeypatch.setattr("mapping.microplan.donors.write_donors", fail)
    out = tmp_path / "out"
    done = run(SAMPLE, "--out", out / "m.xlsx", "--csv", out / "csv", "--donors", out / "donors")
    assert done.exit_code == 2 and "out must be a folder that can be written to" in done.stderr
    assert not out.exists() or files_in(out) == []


def test_the_workbook_must_be_an_xlsx_file(tmp_path):
    done = run(SAMPLE, "--out", tmp_path / "plan.csv")
    assert done.exit_code == 2 and "out must end in .xlsx; got 'plan.csv'" in done.stderr


def test_a_kp_without_norms_is_named(tmp_path):
    study = town_folder(tmp_path / "towns")
    toml = study / "study.toml"
    for path in study.glob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("FSW", "QQ"), encoding="utf-8")
    settings = toml.read_text(encoding="utf-8").replace("FSW", "QQ")
    toml.write_text(settings + '\n[kps]\nQQ = "another key population"\n', encoding="utf-8")
    done = run(study, "--out", tmp_path / "m.xlsx")
    assert done.exit_code == 1, done.stderr
    assert "for QQ, TG; got none. Add [people_per_peer_educator.QQ] to a norm file" in " ".join(
        done.stderr.split()
    )
    assert not (tmp_path / "m.xlsx").exists()


@pytest.mark.parametrize(("separator", "decimal"), [("|", "."), (";", "'")])
def test_other_marks_are_refused(separator, decimal):
    with pytest.raises(ValueError, match="must be one of"):
        check_marks(separator=separator, decimal=decimal)
