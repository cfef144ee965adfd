"""`pse methods` and `pse run` from end to end."""

import json
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from mapping.cli import app
from mapping.methods_job import example_command
from pse.methods.registry import METHODS

TWO = "first,second,both\n400,350,52\n"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def words(text):
    return " ".join(text.split())


@pytest.fixture
def two(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text(TWO, encoding="utf-8")
    return path


def test_methods_lists_every_method_under_its_family():
    done = run("methods")
    assert done.exit_code == 0, done.output
    for method in METHODS.values():
        assert f"\n{method.name} " in done.output and f"{method.family}\n" in done.output


@pytest.mark.parametrize("name", METHODS)
def test_methods_tells_all_about_one(name):
    method, done = METHODS[name], run("methods", name)
    assert done.exit_code == 0, done.output
    text = words(done.output)
    for part in (
        method.title,
        method.row,
        method.assumes,
        method.pitfalls,
        method.gives,
        example_command(method),
    ):
        assert words(part) in text
    assert method.example in done.output


def test_the_example_can_be_written_and_run_as_it_says(tmp_path):
    file = tmp_path / "new" / "example.csv"
    done = run("methods", "closed", "--example", file)
    assert done.exit_code == 0 and file.read_text() == METHODS["closed"].example
    options = ["--option=lists=outreach,clinic,survey", "--option=model=Mt", "--option=interval=profile"]
    done = run("run", "closed", file, *options)
    assert done.exit_code == 0 and "closed: 810 (731 to 909, 95% confidence" in done.output
    again = run("methods", "closed", "--example", file)
    assert again.exit_code == 2 and "--example must be new" in again.output


def test_run_prints_the_size_what_must_hold_and_what_goes_wrong(two):
    done = run("run", "chapman", two)
    assert done.exit_code == 0, done.output
    assert "chapman: 2,655 (2,135 to 3,363, 95% confidence; Chapman, log interval)" in done.output
    assert "Holds only if: Nobody enters" in done.output and "Pitfalls: Lists that reach" in done.output


def test_a_range_is_said_to_be_one(tmp_path):
    path = tmp_path / "guesses.csv"
    path.write_text("guess\n100\n200\n300\n", encoding="utf-8")
    done = run("run", "crowd-range", path, "--option", "bounds=extremes")
    assert "200 (100 to 300, range;" in done.output
    assert "Range: reported minimum to maximum, not a confidence interval." in done.output


def test_run_writes_numbers_only_as_csv_and_json(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("secret_clinic,other,people\n1,0,70\n1,1,40\n0,1,60\n", encoding="utf-8")
    options = ["--option", "lists=secret_clinic,other", "--option", "model=Mt", "--option", "interval=log"]
    for name in ("out.csv", "out.json"):
        done = run(
            "run", "closed", path, *options, "--level", 0.9, "--seed", 3, "--out", tmp_path / "o" / name
        )
        assert done.exit_code == 0, done.output
        assert "secret" not in (tmp_path / "o" / name).read_text()
    table = pd.read_csv(tmp_path / "o" / "out.csv")
    record = json.loads((tmp_path / "o" / "out.json").read_text())
    assert list(table) == ["point", "lower", "upper", "interval", "level", "method"]
    assert (
        table["point"][0] == pytest.approx(record["estimate"]["point"], abs=1e-6) and table["level"][0] == 0.9
    )
    assert record["options"] == {"model": "Mt", "interval": "log", "ordered": False}
    assert record["seed"] == 3 and record["method"] == "closed"
    assert sorted(file.name for file in (tmp_path / "o").iterdir()) == ["out.csv", "out.json"]


def test_weights_are_shown_and_written_without_names(tmp_path):
    path = tmp_path / "ledger.csv"
    path.write_text(METHODS["consensus"].example.replace("city", "Secret Town"), encoding="utf-8")
    options = [f"--option={name}={value}" for name, value in METHODS["consensus"].example_options.items()]
    done = run("run", "consensus", path, *options, "--out", tmp_path / "out.json")
    assert done.exit_code == 0 and re.search(r"2 \d+\.\d% 3 \d+\.\d% prior \d+\.\d%", words(done.output))
    text = (tmp_path / "out.json").read_text()
    assert [row["entry"] for row in json.loads(text)["details"]] == [1, 2, 3, "prior"]
    assert "Secret" not in text + done.output


def test_no_estimate_is_a_reason_a_lower_limit_and_no_file(tmp_path):
    path, out = tmp_path / "two.csv", tmp_path / "out.csv"
    path.write_text("first,second,both\n400,350,0\n", encoding="utf-8")
    done = run("run", "lincoln-petersen", path, "--out", out)
    assert done.exit_code == 1 and not out.exists()
    assert "No estimate by lincoln-petersen: a Lincoln-Petersen size must have people on both" in done.output
    assert "What the data do say: at least 38,328 people." in done.output


def test_problems_of_the_file_are_a_table_of_rows(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text('first,second,both\n400,"350,5",Ann Secret\n', encoding="utf-8")
    done = run("run", "chapman", path)
    assert done.exit_code == 1 and "Secret" not in done.output
    assert "Errors: 2. Notices: 0." in done.output


def test_a_method_that_refuses_the_data_is_one_sentence(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("first,second,both\n400,350,360\n", encoding="utf-8")
    done = run("run", "chapman", path)
    assert done.exit_code == 1 and words(done.output).startswith("both must be")


def test_unknown_columns_are_a_notice(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("first,second,both,note\n400,350,52,x\n", encoding="utf-8")
    done = run("run", "chapman", path)
    assert done.exit_code == 0 and "not used: 'note'" in words(done.output)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("methods", "chapmann"), "Did you mean chapman?"),
        (("methods", "--example", "x.csv"), "--example must come with NAME"),
        (
            ("methods", "chapman", "--example", "x.txt"),
            "--example must be a file that ends in .csv; got 'x.txt'",
        ),
        (("run", "petersen", "x.csv"), "METHOD must be a method of the list; got 'petersen'"),
        (("run", "chapman", "no-such.csv"), "FILE must be a CSV file; got 'no-such.csv'"),
        (("run", "crowd", "TWO"), "how must be given; got nothing"),
        (
            ("run", "crowd", "TWO", "--option", "how"),
            "--option must be NAME=VALUE; got something else in option 1",
        ),
        (("run", "crowd", "TWO", "--option", "how=log", "--option", "how=log"), "must give each name once"),
        (("run", "chapman", "TWO", "--option", "interval=x"), "interval must be one of 'log'"),
        (("run", "chapman", "TWO", "--level", 95), "Give 0.95 for 95%"),
        (("run", "chapman", "TWO", "--out", "x.xlsx"), "--out must be a file that ends in .csv or .json"),
        (("run", "chapman", "TWO", "--out", "TWO/deep/x.csv"), "--out must be in a folder; got 'two.csv'"),
    ],
)
def test_wrong_use_is_one_clear_sentence(arguments, text, two):
    done = run(*(str(one).replace("TWO", str(two)) for one in arguments))
    assert done.exit_code == 2 and text in words(done.output)
    assert len(done.output.strip().splitlines()) == 1
