"""`pse simulate`, and random intervals with `pse estimate`."""

import pandas as pd
import pytest
from typer.testing import CliRunner

import pse
from mapping.cli import app


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def exercise(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "study"
    result = run("simulate", "--out", folder, "--scenario", "six", "--seed", 3)
    assert result.exit_code == 0, result.output
    return folder


def test_the_study_is_read_and_the_truth_lies_beside_it(exercise):
    sizes = pse.estimate_study(pse.read_study(exercise)).national.set_index("kp")["point"]
    truth = pd.read_csv(exercise / "truth" / "people.csv").groupby("kp")["people"].sum()
    assert sizes.to_numpy() == pytest.approx(truth.to_numpy(), rel=0.15)


def test_the_same_seed_writes_the_same_study(exercise, tmp_path):
    assert run("simulate", "--out", tmp_path / "again", "--scenario", "six", "--seed", 3).exit_code == 0
    for name in ("level1", "level2", "people", "truth/people"):
        assert (exercise / f"{name}.csv").read_bytes() == (tmp_path / "again" / f"{name}.csv").read_bytes()


def test_a_folder_that_is_there_and_a_wrong_scenario_are_wrong_use(exercise, tmp_path):
    there = run("simulate", "--out", exercise)
    assert there.exit_code == 2 and "folder must be new" in there.output
    wrong = run("simulate", "--out", tmp_path / "new", "--scenario", "easy")
    assert wrong.exit_code == 2 and "scenario must be one of" in wrong.output
    assert not (tmp_path / "new").exists()


def test_bootstrap_and_unlisted_reach_the_files(exercise, tmp_path):
    out = tmp_path / "out"
    result = run(
        "estimate", exercise, "--out", out, "--release", "restricted", "--interval", "bootstrap",
        "--unlisted", "people", "--team-sd", 0.1, "--replicates", 100, "--seed", 1,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "95% confidence" in result.output
    national = pd.read_csv(out / "national.csv")
    assert set(national["interval"]) == {"confidence"}
    assert (national["lower"] < national["upper"]).all()
    assert "unlisted" in set(pd.read_csv(out / "components.csv")["component"])
