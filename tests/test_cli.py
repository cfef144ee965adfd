"""The `pse` command: what it prints, what it writes, its exit codes, and that nothing private gets out."""

import inspect
import io
import json
import re
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import pse
import pse.records.study
from mapping import jobs, outgoing
from mapping.check_cli import CHECK_SCHEMA, PROBLEM_KEYS
from mapping.cli import app
from mapping.labels import LANGUAGES, texts
from mapping.plain import plain_words
from tests.mapping.towns import town_folder, town_tables

ROOT = Path(__file__).resolve().parents[1]
SIX = {"national.csv", "municipalities.csv", "typologies.csv", "days.csv", "components.csv", "steps.csv"}


def run(*arguments):
    """Run the command in this process."""
    old = "mix_stderr" in inspect.signature(CliRunner).parameters
    runner = CliRunner(mix_stderr=False) if old else CliRunner()
    return runner.invoke(app, [str(argument) for argument in arguments])


def words(text):
    """Return a text with single spaces, as the eye reads it."""
    return " ".join(text.split())


def files_in(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(autouse=True)
def fewer_combinations(request, monkeypatch):
    """Try two of the undecided choices only, to be quick; a test that takes `every_combination` tries all."""
    if "every_combination" not in request.fixturenames:
        fixed = {"pool": "mean", "ratio": "all"}
        monkeypatch.setattr(
            jobs,
            "sensitivity_table",
            lambda study, **chosen: pse.sensitivity_table(study, **{**fixed, **chosen}),
        )


@pytest.fixture
def every_combination():
    """Ask for the whole sensitivity table."""


@pytest.fixture
def towns(tmp_path):
    return town_folder(tmp_path / "towns")


@pytest.fixture
def broken(tmp_path):
    """A study with two errors in level1."""
    tables = town_tables()
    tables["level1"]["kp_min"] = tables["level1"]["kp_min"].astype(object)
    tables["level1"].loc[1, "kp_min"] = "Bar Zanzibar"
    tables["level1"].loc[2, "kp_min"] = 99
    return town_folder(tmp_path / "broken", tables)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run `pse demo` once, as a user does: from another folder, with its output in a pipe of 80 columns."""
    here = tmp_path_factory.mktemp("elsewhere")
    done = subprocess.run(
        [sys.executable, "-m", "mapping.cli", "demo"],
        cwd=here, env={"PYTHONPATH": str(ROOT), "PATH": "", "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    return here, done


# --- the demo


def test_the_demo_prints_the_three_published_totals_with_their_ranges(demo):
    _, done = demo
    assert done.returncode == 0, done.stderr
    text = words(done.stdout)
    # JMIR Public Health Surveill 2019;5(1):e11194, abstract
    assert "FSW 5,037 4,213 to 5,860 8.9" in text
    assert "MSM 6,814 6,445 to 7,117 12.0" in text
    assert "PWID 5,819 4,777 to 6,860 10.2" in text
    assert "Range: reported minimum to maximum, not a confidence interval" in text
    assert "It is synthetic" in text
    assert "consistent with the published totals" in text


def test_the_demo_is_quiet_beside_that_and_cuts_no_number(demo):
    _, done = demo
    assert done.stderr == ""  # no progress bar in a pipe, no warning
    assert "…" not in done.stdout
    assert "nan" not in done.stdout.lower()


def test_the_demo_writes_tables_and_maps_where_it_was_called(demo):
    here, _ = demo
    assert [path.name for path in here.iterdir()] == ["pse-demo"]
    names = set(files_in(here / "pse-demo"))
    assert SIX | {"receipt.txt", "run.json", "sensitivity.csv"} <= names
    assert {"maps/rate_map_FSW.png", "maps/waterfall_MSM.pdf", "maps/days.png", "maps/receipt.txt"} <= names
    assert "spots.csv" not in names
    national = pd.read_csv(here / "pse-demo" / "national.csv").set_index("kp")
    assert round(national.loc["PWID", "point"]) == 5819
    assert national["interval"].unique().tolist() == ["range"]


def test_the_demo_shows_the_weekend_and_the_field_work(demo):
    text = words(demo[1].stdout)
    assert re.search(r"FSW \+25% \+\d+% \+\d+%", text)
    assert "level-1 interviews 723 280 975 1,537" in text  # 1,537 as published
    assert "976" in text  # level-2 interviews as published


# --- help and version


def test_help_and_version_load_nothing_heavy():
    code = (
        "import sys; from mapping.cli import app\n"
        "from typer.testing import CliRunner\n"
        "for words in (['--help'], ['--version'], ['estimate', '--help']):\n"
        "    assert CliRunner().invoke(app, words).exit_code == 0\n"
        "print(sorted({'pandas', 'numpy', 'matplotlib', 'geopandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version():
    assert run("--version").output.strip() == f"pse {pse.__version__}"


def test_every_command_is_in_the_help():
    text = run("--help").output
    for command in ("demo", "check", "template", "estimate", "map"):
        assert command in text


def test_errors_never_print_local_variables():
    assert app.pretty_exceptions_enable is False


# --- the ledger and the threshold


def test_a_ledger_keeps_what_went_out_and_is_looked_at_next_time(towns, tmp_path):
    ledger = tmp_path / "ledger"
    first = run("estimate", towns, "--out", tmp_path / "a", "--ledger", ledger)
    assert first.exit_code == 0, first.output
    assert "compared with the 0 in the ledger" in words(first.stdout)
    assert "This release is in the ledger as 0001-" in words(first.stdout)
    second = run("map", towns, "--out", tmp_path / "b", "--ledger", ledger, "--lang", "sq")
    assert second.exit_code == 0, second.output
    assert "u krahasua me 1 në regjistër" in words(
        (tmp_path / "b" / "receipt.txt").read_text(encoding="utf-8")
    )
    assert "Ky publikim është në regjistër si 0001-" in words(second.stdout)
    assert len(list(ledger.iterdir())) == 1  # the same numbers again


def test_a_ledger_that_is_a_file_is_refused_before_anything_is_written(towns, tmp_path):
    (tmp_path / "ledger").write_text("", encoding="utf-8")
    done = run("estimate", towns, "--out", tmp_path / "out", "--ledger", tmp_path / "ledger")
    assert done.exit_code == 2
    assert "ledger must be a folder" in words(done.stderr)
    assert not (tmp_path / "out").exists()


def test_a_lower_threshold_needs_a_reason_and_is_stamped(towns, tmp_path):
    refused = run("estimate", towns, "--out", tmp_path / "out", "--threshold", 5)
    assert refused.exit_code == 2
    assert "reason must be a sentence" in words(refused.stderr)
    assert not (tmp_path / "out").exists()
    why = "The committee of the network decided so on 3 May."
    done = run("estimate", towns, "--out", tmp_path / "out", "--threshold", 5, "--reason", why)
    assert done.exit_code == 0, done.output
    text = words((tmp_path / "out" / "receipt.txt").read_text(encoding="utf-8"))
    assert "sizes under 5 people are hidden in place of 10" in text
    assert why in text


def test_a_ledger_is_refused_at_restricted_and_a_broken_one_anywhere(towns, tmp_path):
    done = run(
        "estimate", towns, "--out", tmp_path / "out", "--ledger", tmp_path / "l", "--release", "restricted"
    )
    assert done.exit_code == 2
    assert "--ledger must come with public or programme; got restricted" in words(done.stderr)
    (tmp_path / "l" / "0001-2026-01-01-public").mkdir(parents=True)
    done = run("estimate", towns, "--out", tmp_path / "out", "--ledger", tmp_path / "l")
    assert done.exit_code == 2
    assert "ledger must hold whole releases" in words(done.stderr)
    assert not (tmp_path / "out").exists()


# --- estimate


def test_estimate_prints_rounded_numbers_and_writes_unrounded_ones(towns, tmp_path):
    done = run("estimate", towns, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    text = words(done.stdout)
    assert "Constructed towns (Nowhere, 2020)" in text
    assert "FSW 171 165 to 176 2.4" in text  # 170.5, and a half goes up; rate 170.5 / 70,000
    assert "70,000 adult women" in text
    assert "TG hidden hidden hidden" in text  # 4 people
    assert set(files_in(tmp_path / "out")) >= SIX
    national = pd.read_csv(tmp_path / "out" / "national.csv").set_index("kp")
    assert national.loc["FSW", "point"] == 170.5


def test_estimate_prints_sensitivity_notices_receipt_and_place(towns, tmp_path, every_combination):
    text = words(run("estimate", towns, "--out", tmp_path / "out").stdout)
    assert "FSW hidden" in text  # from the sizes with and without D follow the people at spots
    assert "nobody answered about other spots" in text
    assert "20 of 21 municipality x KP cells" in text
    assert f"Tables are in {tmp_path / 'out'}: national.csv" in text
    table = pd.read_csv(tmp_path / "out" / "sensitivity.csv")
    assert table.groupby("kp").size().to_dict() == {"FSW": 12, "MSM": 12, "TG": 12}  # 3 pools x 4 forms of R


def test_options_reach_the_chain_and_the_run(towns, tmp_path):
    done = run(
        "estimate", towns, "--out", tmp_path / "out", "--size-basis", "peak_day", "--pool", "widest",
        "--seed", 7,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["options"]["size_basis"] == "peak_day"
    assert record["given"]["seed"] == 7
    assert record["given"]["pool"] == "widest"
    national = pd.read_csv(tmp_path / "out" / "national.csv").set_index("kp")
    assert national["size_basis"].unique().tolist() == ["peak_day"]
    # peak counts are twice the usual
    assert national.loc["FSW", "point"] == 2 * (114 + 10 + 9.5 + 6 + 3) + 20 + 8


@pytest.mark.parametrize(("level", "spots"), [("public", None), ("programme", 5), ("restricted", 20)])
def test_each_level_writes_the_spots_it_may(towns, tmp_path, level, spots):
    assert run("estimate", towns, "--out", tmp_path / "out", "--release", level).exit_code == 0
    path = tmp_path / "out" / "spots.csv"
    assert path.exists() is (spots is not None)
    if spots:
        assert pd.read_csv(path).shape[1] == spots


def test_two_runs_differ_in_nothing(towns, tmp_path):
    for name in ("a", "b"):
        run("estimate", towns, "--out", tmp_path / name)
    a, b = files_in(tmp_path / "a"), files_in(tmp_path / "b")
    for files in (a, b):
        record = json.loads(files.pop("run.json"))
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", record["date"])
    assert a == b


def test_the_study_and_the_folder_may_be_given_from_another_place(towns, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("estimate", "towns", "--out", "results/first").exit_code == 0
    assert (tmp_path / "results" / "first" / "national.csv").exists()


def test_a_narrow_screen_cuts_no_number(towns, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    done = run("estimate", towns, "--out", tmp_path / "out")
    assert "165 to 176" in done.stdout
    assert "…" not in done.stdout


# --- map


def test_map_writes_png_and_pdf_and_the_receipt(towns, tmp_path):
    done = run("map", towns, "--out", tmp_path / "maps")
    assert done.exit_code == 0, done.output
    stems = ["rate_map_FSW", "waterfall_FSW", "days"]
    pictures = {f"{stem}.{kind}" for stem in stems for kind in ("png", "pdf")}
    assert set(files_in(tmp_path / "maps")) >= pictures | {"receipt.txt"}
    assert not any("TG" in name or "MSM" in name for name in files_in(tmp_path / "maps"))
    assert "TG: no map, because its whole size is hidden" in done.stdout


def test_a_language_without_texts_is_refused_in_a_sentence(towns, tmp_path):
    done = run("map", towns, "--out", tmp_path / "maps", "--lang", "de")
    assert done.exit_code == 2
    assert "lang must be one of en, sq, sr-Latn, sr-Cyrl, mk, uk; got 'de'" in done.stderr
    assert not (tmp_path / "maps").exists()


def test_maps_come_with_a_web_page_and_a_geopackage_in_the_language_asked_for(towns, tmp_path):
    done = run("map", towns, "--out", tmp_path / "maps", "--lang", "sq")
    assert done.exit_code == 0, done.output
    assert {"map.html", "areas.gpkg", "receipt.txt"} <= set(files_in(tmp_path / "maps"))
    assert '<html lang="sq"' in (tmp_path / "maps" / "map.html").read_text(encoding="utf-8")
    assert "Njoftime -" in words(done.stdout)
    assert words(done.stdout).split("Hartat dhe grafikët janë në ")[1].endswith("areas.gpkg.")


def test_maps_call_a_municipality_as_their_language_does(tmp_path):
    """First as the study says in that language, then as the gazetteer, then as the study says at all."""
    tables = town_tables()
    named = {"name": ["Peja", "Gjakova", "Nowhere"], "name_sr": ["Petrovac", None, None]}
    towns = tables["municipalities"].iloc[:3].assign(**named)
    tables["municipalities"] = pd.concat([towns, tables["municipalities"].iloc[3:]])
    folder = town_folder(tmp_path / "towns", tables)
    done = run("map", folder, "--out", tmp_path / "maps", "--release", "restricted", "--lang", "sr-Cyrl")
    assert done.exit_code == 0, done.output
    for page in ("map.html", "forest_FSW.svg"):
        text = (tmp_path / "maps" / page).read_text(encoding="utf-8")
        assert all(name in text for name in ("Петровац", "Ђаковица", "Nowhere")), page
        assert not any(name in text for name in ("Peja", "Пећ", "Gjakova", "Petrovac")), page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_residents_that_are_not_there_are_refused_in_each_language(towns, tmp_path, lang):
    asked = ["--release", "programme", "--residents", tmp_path / "residents.gpkg", "--lang", lang]
    done = run("map", towns, "--out", tmp_path / "maps", *asked)
    assert done.exit_code == 2
    said = texts("use", lang)["residents_missing"].format(name="residents.gpkg")
    assert words(said) in words(done.stderr)
    assert not (tmp_path / "maps").exists()


def test_a_study_without_seats_or_boundaries_says_what_to_add(tmp_path):
    tables = town_tables()
    tables["municipalities"] = tables["municipalities"].drop(columns=["lat", "lon"])
    done = run("map", town_folder(tmp_path / "towns", tables), "--out", tmp_path / "maps")
    assert done.exit_code == 1
    assert "Add boundaries.geojson or .gpkg to the study folder" in done.stderr
    assert not (tmp_path / "maps").exists()


# --- check


def test_check_of_a_good_study_is_done(towns):
    done = run("check", towns)
    assert done.exit_code == 0
    assert "Errors: 0." in done.stdout
    assert "the study can be estimated" in done.stdout


def test_check_shows_file_row_column_and_the_way_to_mend_but_no_private_value(broken):
    done = run("check", broken)
    assert done.exit_code == 1
    text = words(done.stdout)
    assert "error level1.csv 3 kp_min must be a whole number" in text
    assert "error level1.csv 4 kp_min must be at most kp_max" in text
    assert "Errors: 2." in text
    assert "Zanzibar" not in done.output


def test_estimate_of_a_broken_study_shows_the_same_problems_and_writes_nothing(broken, tmp_path):
    done = run("estimate", broken, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "level1.csv 4 kp_min must be at most kp_max" in words(done.stderr)
    assert done.stdout == ""
    assert "Zanzibar" not in done.output
    assert not (tmp_path / "out").exists()


def test_errors_come_before_notices_and_only_fifty_are_shown(tmp_path):
    tables = town_tables()
    tables["municipalities"]["unknown"] = 1
    many = pd.concat([tables["level1"]] * 10, ignore_index=True).assign(kp_min=99)
    many["interview_id"] = [f"A{number}" for number in range(len(many))]
    folder = town_folder(tmp_path / "towns", {**tables, "level1": many})
    text = run("check", folder).stdout
    rows = [line for line in text.splitlines() if line.startswith(("error", "notice"))]
    assert [line.split()[0] for line in rows] == ["error"] * 50
    total = len(pse.records.study.check_study(folder)[1])
    assert f"The first 50 are shown; {total - 50} more come with --json or --marked." in text


def test_square_brackets_in_a_message_are_printed(tmp_path, capsys):
    from mapping.screen import open_console, print_problems

    problem = pse.Problem(
        "study.toml", None, None, "kps", "error", "x", "declare it under [kps]", "See [/kps]."
    )
    print_problems([problem], console=open_console())
    assert "declare it under [kps]" in capsys.readouterr().out


def test_a_narrow_terminal_gets_sentences_whose_words_stay_whole():
    from rich.console import Console

    from mapping.screen import print_problems

    problem = pse.Problem(
        "records_of_may.csv",
        None,
        7,
        "kp_min",
        "error",
        "x",
        "must be unquestionably whole",
        "Write a number.",
    )
    console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system=None)
    print_problems([problem], console=console, lang="sr-Latn")
    told = console.file.getvalue()
    assert words(told).startswith(
        "greška: records_of_may.csv, red 7, kp_min: must be unquestionably whole. Write a number. Greške: 1."
    )
    assert "unquestionably" in told and max(map(len, told.splitlines())) <= 60


def _check_json(folder):
    done = run("check", folder, "--json")
    return done, json.loads(done.stdout)


def test_json_has_the_frozen_schema(broken):
    done, record = _check_json(broken)
    assert done.exit_code == 1
    assert list(record) == ["schema", "errors", "notices", "problems"]
    assert record["schema"] == CHECK_SCHEMA == "pse-check/1"
    assert (record["errors"], len(record["problems"])) == (2, 2 + record["notices"])
    types = {
        "file": str, "sheet": (str, type(None)), "row": (int, type(None)), "column": (str, type(None)),
        "severity": str, "rule": str, "message": str, "remedy": str,
    }  # fmt: skip
    for problem in record["problems"]:
        assert list(problem) == list(types)
        assert all(isinstance(problem[key], kind) for key, kind in types.items())
        assert problem["severity"] in ("error", "notice")
    assert (record["problems"][0]["row"], record["problems"][0]["column"]) == (3, "kp_min")


def test_json_of_a_good_study_is_json_and_done(towns):
    done, record = _check_json(towns)
    assert done.exit_code == 0
    assert record["errors"] == 0


def test_the_documented_keys_are_exactly_those_printed(broken):
    text = (ROOT / "docs" / "check_json.md").read_text(encoding="utf-8")
    outer, inner = (
        re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
        for part in text.split("## The object")[1].split("## Each problem")
    )
    _, record = _check_json(broken)
    assert outer == list(record)
    assert inner == list(PROBLEM_KEYS) == list(record["problems"][0])
    example = json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1])
    assert list(example) == outer
    assert list(example["problems"][0]) == inner


# --- template


def test_a_template_is_written_and_can_be_checked(tmp_path):
    file = tmp_path / "new" / "study.xlsx"
    assert run("template", file).exit_code == 0
    done = run("check", file)
    assert done.exit_code == 1  # empty, and says so
    assert "must have at least one row" in done.stdout


def test_a_template_never_replaces_a_file(tmp_path):
    file = tmp_path / "study.xlsx"
    file.write_text("my data")
    done = run("template", file)
    assert done.exit_code == 2
    assert "FILE must be new; got 'study.xlsx'" in done.stderr
    assert file.read_text() == "my data"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_template_speaks_the_language_that_was_asked_for(tmp_path, lang):
    file = tmp_path / "my study.xlsx"
    done = run("template", file, "--lang", lang)
    tail = "" if lang == "en" else f" --lang {lang}"
    assert done.exit_code == 0 and f'pse check "{file}"{tail}\n' in done.stdout
    again = run("template", file, "--lang", lang)
    assert (again.exit_code, again.stderr.strip()) == (
        2, texts("use", lang)["template_new"].format(name=file.name)
    )  # fmt: skip


def test_a_template_must_be_a_workbook(tmp_path):
    done = run("template", tmp_path / "study.csv")
    assert done.exit_code == 2
    assert "FILE must end in .xlsx" in done.stderr


# --- wrong use


@pytest.mark.parametrize("command", [["check"], ["estimate", "--out", "o"], ["map", "--out", "o"]])
def test_a_study_that_is_not_there_is_wrong_use(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    done = run(command[0], "nowhere", *command[1:])
    assert done.exit_code == 2
    assert "got 'nowhere', which is not there" in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--interval", "confidence", "interval must be 'range', 'bootstrap' or 'model'; got 'confidence'"),
        ("--unlisted", "guess", "unlisted must be one of none, chao2, people; got 'guess'"),
        ("--pool", "middle", "pool must be one of mean, median, widest; got 'middle'"),
        ("--ratio", "none", "ratio must be one of all, active, active_share, mean; got 'none'"),
        ("--ratio-strata", "zone", "ratio_strata must be one of typology, size; got 'zone'"),
        ("--duplication", "guess", "duplication must be one of"),
        ("--size-basis", "week", "size_basis must be one of usual_day, peak_day; got 'week'"),
        ("--release", "secret", "release must be one of public, programme, restricted; got 'secret'"),
        ("--level", "2", "--level"),
        ("--replicates", "0", "--replicates"),
        ("--colour", "red", "No such option"),
    ],
)
def test_a_wrong_option_is_refused_in_a_sentence(towns, tmp_path, option, value, sentence):
    done = run("estimate", towns, "--out", tmp_path / "out", option, value)
    assert done.exit_code == 2
    assert sentence in words(re.sub("[│╭╮╰╯─]", " ", done.stderr))
    assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_refused_before_any_work(towns, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "read_study", lambda path: pytest.fail("the study was read"))
    (tmp_path / "taken").write_text("x")
    done = run("estimate", towns, "--out", tmp_path / "taken")
    assert done.exit_code == 2
    assert "out must be a folder; got 'taken', which is a file" in done.stderr


def test_levels_are_not_mixed_in_one_folder(towns, tmp_path):
    run("estimate", towns, "--out", tmp_path / "out", "--release", "restricted")
    before = files_in(tmp_path / "out")
    done = run("map", towns, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "which holds restricted ones" in done.stderr
    assert files_in(tmp_path / "out") == before


# --- failures


@pytest.mark.parametrize(("command", "where"), [("estimate", "write_files"), ("map", "write_receipt")])
def test_a_failure_in_the_middle_leaves_the_folder_as_it_was(towns, tmp_path, monkeypatch, command, where):
    real = getattr(jobs, where)

    def write_then_fail(*arguments, **named):
        real(*arguments, **named)
        raise RuntimeError("Bar Zanzibar")

    monkeypatch.setattr(jobs, where, write_then_fail)
    out = tmp_path / "out"
    out.mkdir()
    (out / "national.csv").write_text("old")
    done = run(command, towns, "--out", out)
    assert done.exit_code == 3
    assert "a fault of its own: RuntimeError in test_cli.py, line" in done.stderr
    assert "Zanzibar" not in done.output  # an unforeseen text could be private
    assert files_in(out) == {"national.csv": b"old"}
    assert [path.name for path in out.iterdir()] == ["national.csv"]


def test_texts_of_other_libraries_are_not_printed(towns, tmp_path, monkeypatch):
    monkeypatch.setattr(outgoing, "release", lambda *_, **__: pd.to_numeric(pd.Series(["Bar Zanzibar"])))
    done = run("estimate", towns, "--out", tmp_path / "out")
    assert done.exit_code == 3
    assert "ValueError" in done.stderr
    assert "Zanzibar" not in done.output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_closed_window_leaves_no_half_written_file(tmp_path, number):
    slow = (
        "import sys, time, mapping.cli as cli\n"
        "def slow(file):\n"
        "    with cli.staged(file.parent) as folder:\n"
        "        (folder / 'names.csv').write_text('a name')\n"
        "        print('begun', flush=True)\n"
        "        time.sleep(60)\n"
        "import mapping.output\n"
        "cli.staged, cli._write_template = mapping.output.staged, slow\n"
        "cli.main()\n"
    )
    command = [sys.executable, "-c", slow, "template", str(tmp_path / "study.xlsx")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout.readline() == "begun\n"
        assert list(tmp_path.rglob("names.csv"))
        started.send_signal(number)
        assert started.wait(timeout=20) == 128 + number
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (PermissionError(13, "denied", "/home/x/level1.csv"), 1, "level1.csv ne može da se koristi: denied."),
        (KeyError("044 123 456"), 3, "pse je stao zbog sopstvene greške: KeyError u test_cli.py, red"),
    ],
)
def test_what_nobody_foresaw_is_told_in_the_language_too(error, code, sentence, capsys):
    with pytest.raises(typer.Exit) as stopped, plain_words("sr-Latn"):
        raise error
    told = capsys.readouterr().err
    assert stopped.value.exit_code == code
    assert told.startswith(sentence) and "044" not in told


def test_a_disk_that_is_full_is_a_sentence(towns, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs, "write_files", full)
    done = run("estimate", towns, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "No space left on device" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_study_that_may_not_be_read_is_a_sentence(towns, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path / "level1.csv"))

    monkeypatch.setattr(jobs, "read_study", refuse)
    done = run("estimate", towns, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr.strip() == "level1.csv cannot be used: Permission denied."


# --- canaries


def _canary_study(folder):
    """Return a study in which every private cell is a token of its own, and the tokens."""
    tables, tokens = town_tables(), []

    def fill(table, column):
        values = [f"zq{table}{column}{n:03d}x".replace("_", "") for n in range(len(tables[table]))]
        tables[table][column] = values
        tokens.extend(values)

    for table in ("level1", "level2"):
        for column in ("interview_id", "spot_name", "extra_notes"):
            fill(table, column)
        count = len(tables[table])
        for column, start in (("lat", 42.1), ("lon", 21.1)):
            values = [start + 0.0137251 * (n + 1) for n in range(count)]
            tables[table][column] = [f"{value:.7f}" for value in values]
            tokens.extend(f"{value:.7f}"[:7] for value in values)  # cut to 4 decimals
    tables["people"] = pd.DataFrame(
        {"municipality": "big", "kp": "FSW", "spot_id": ["S00", "S03"], "spots_visited": [1, 2]}
    )
    fill("people", "person_id")
    for column in ("reason", "role"):
        fill("overrides", column)
    return town_folder(folder, tables), tokens


def _all_bytes(folder):
    """Return every byte of a folder, with the streams of PDF and the blocks of PNG unpacked."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        raw = path.read_bytes()
        yield path.name, raw
        for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL):
            try:
                yield path.name, zlib.decompress(part)
            except zlib.error:
                continue


@pytest.mark.parametrize("level", ["public", "programme"])
def test_no_canary_comes_out_in_any_file_or_on_the_screen(tmp_path, level):
    folder, tokens = _canary_study(tmp_path / "study")
    out = tmp_path / "out"
    printed = run("check", folder).output + run("check", folder, "--json").output
    for command in (("estimate", "tables"), ("map", "maps")):
        done = run(command[0], folder, "--out", out / command[1], "--release", level)
        assert done.exit_code == 0, done.output
        printed += done.output
    places = [("screen", printed.encode()), *_all_bytes(out)]
    found = [(name, token) for name, raw in places for token in tokens if token.encode() in raw]
    assert found == []


def test_the_canaries_are_found_where_they_are(tmp_path):
    folder, tokens = _canary_study(tmp_path / "study")
    everything = b"".join(raw for _, raw in _all_bytes(folder))
    assert all(token.encode() in everything for token in tokens)


def test_public_names_no_spot_at_all(towns, tmp_path):
    run("estimate", towns, "--out", tmp_path / "out")
    everything = b"".join(raw for _, raw in _all_bytes(tmp_path / "out"))
    assert not re.search(rb"\bS\d\d\b", everything)
