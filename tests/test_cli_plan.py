"""`pse plan` from end to end, with few exercises."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mapping.cli import app
from pse.simulate import simulate, write_simulated
from tests.records.tiny import tiny_tables, write_folder

QUICK = ("--exercises", 2, "--replicates", 10)


def run(*arguments):
    return CliRunner().invoke(app, ["plan", *(str(argument) for argument in arguments)])


def words(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    made = simulate("plain", rng=np.random.default_rng(8), municipalities=2)
    return write_simulated(made, tmp_path_factory.mktemp("pilot") / "study")


@pytest.fixture
def poor(tmp_path):
    return write_folder(tmp_path / "poor", tiny_tables())


def test_a_scenario_gives_a_table_and_one_sentence():
    done = run("--half-width", 0.3, "--scenario", "six", *QUICK)
    assert done.exit_code == 0, done.output
    text = words(done.output)
    assert "any KP: 2 simulated exercises, 95% intervals" in text
    assert text.count("any KP: Yes:") == 1
    assert "within the ±30.0% wanted. It takes" in text
    assert "> " in done.output and "errors that the simulator does not know" in text


def test_a_study_gives_its_own_country_and_a_file(pilot, tmp_path):
    out = tmp_path / "new" / "table.csv"
    done = run("--half-width", 0.2, "--study", pilot, "--kp", "FSW", *QUICK, "--out", out)
    assert done.exit_code == 0, done.output
    assert "2 municipalities: those with spots of FSW." in words(done.output)
    assert "MSM" not in done.output
    table = pd.read_csv(out)
    assert set(table["kp"]) == {"FSW"} and (table["wanted"] == 0.2).all() and (table["seed"] == 1).all()
    assert len(table) == len(table.drop_duplicates(["informants", "visited", "asked", "interviews"]))
    assert set(table["chosen"].dropna()) <= {"yes", "not sure"}
    assert [path.name for path in out.parent.iterdir()] == ["table.csv"]


def test_the_same_seed_writes_the_same_table_and_another_one_does_not(poor, tmp_path):
    study = ("--study", poor, "--interview-sd", 0.3, "--exercises", 2, "--replicates", 10)
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        done = run("--half-width", 0.2, *study, "--seed", seed, "--out", tmp_path / name)
        assert done.exit_code == 0, done.output
    a, b, c = ((tmp_path / name / "plans.csv").read_bytes() for name in "abc")
    assert a == b != c


def test_the_plan_to_begin_with_and_person_days_are_used():
    done = run(
        "--half-width", 0.5, "--scenario", "six", "--kp", "MSM", *QUICK,
        "--informants", 2, "--visited", 0.5, "--asked", 1, "--interviews", 1.5,
        "--informant-days", 0.2, "--interview-days", 0.5, "--asked-days", 0.1,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    text = words(done.output)
    assert "2 50% 1 1.5 ±" in text and "person-days" in text


def test_a_poor_study_says_what_is_missing_and_then_works(poor):
    refused = run("--half-width", 0.1, "--study", poor, *QUICK)
    assert refused.exit_code == 2
    assert words(refused.output).startswith("interview_sd must be given for this study; got nothing")
    done = run("--half-width", 0.1, "--study", poor, *QUICK, "--interview-sd", 0.3)
    assert done.exit_code == 0, done.output
    text = words(done.output)
    assert "FSW: None of the plans tried" in text and "an assumption" in text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--half-width", 0), "half_width must be a number above 0; got 0.0"),
        (("--half-width", 10), "If it is a percentage, divide it by 100: 0.1."),
        (("--half-width", 0.1, "--informants", 0), "informants must be a whole number, at least 1; got 0"),
        (("--half-width", 0.1, "--visited", 1.5), "visited must be between 0 and 1; got 1.5"),
        (("--half-width", 0.1, "--interviews", 1), "interviews must be above 1 where the error of a report"),
        (("--half-width", 0.1, "--scenario", "easy"), "scenario must be one of 'plain'"),
        (("--half-width", 0.1, "--kp", "TG"), "--kp must be one of FSW, MSM, PWID with a scenario; got 'TG'"),
        (("--half-width", 0.1, "--unlisted", "people"), "--unlisted must come with --study"),
        (("--half-width", 0.1, "--asked-days", 1), "must be given with asked_days; got nothing"),
        (("--half-width", 0.1, "--study", "no-such-study"), "STUDY must be the folder of a study"),
    ],
)
def test_wrong_use_is_one_clear_sentence(arguments, text):
    done = run(*arguments, *QUICK)
    assert done.exit_code == 2 and text in words(done.output)
    assert len(done.output.strip().splitlines()) == 1


def test_wrong_use_of_a_study(pilot, tmp_path):
    both = run("--half-width", 0.1, "--study", pilot, "--scenario", "six")
    assert both.exit_code == 2 and "--scenario must not come with --study" in both.output
    absent = run("--half-width", 0.1, "--study", pilot, "--kp", "TG")
    assert absent.exit_code == 2 and "kp must be one of 'FSW', 'MSM', 'PWID'; got 'TG'" in absent.output
    (tmp_path / "file").write_text("x")
    placed = run("--half-width", 0.1, "--study", pilot, "--out", tmp_path / "file" / "deep")
    assert placed.exit_code == 2 and "--out must be a folder or end in .csv" in placed.output


def test_problems_of_the_records_are_problems_of_the_data(tmp_path):
    tables = tiny_tables()
    tables["level1"].loc[1, "kp_min"] = 99
    done = run("--half-width", 0.1, "--study", write_folder(tmp_path / "broken", tables))
    assert done.exit_code == 1 and "level1.csv" in done.output


def test_a_study_without_an_active_spot_is_told_where_to_go(tmp_path):
    tables = tiny_tables()
    sizes = ["usual_min", "usual_max", "peak_min", "peak_max", "share_other_spots", "other_spots_mean"]
    tables["level2"] = tables["level2"].assign(status="inactive", **dict.fromkeys(sizes))
    done = run("--half-width", 0.1, "--study", write_folder(tmp_path / "closed", tables))
    assert done.exit_code == 2 and "must have a visited, active spot to plan from; got none" in done.output


def test_half_width_must_be_said():
    done = run("--scenario", "six")
    assert done.exit_code == 2 and "--half-width" in done.output


def test_the_wish_has_a_place_for_every_option():
    from mapping.plan_cli import plan
    from mapping.plan_job import Wish

    names = {field.name for field in dataclasses.fields(Wish)} - {"own", "days"}
    assert names <= set(plan.__annotations__)
