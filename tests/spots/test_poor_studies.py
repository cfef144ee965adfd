"""Poor studies: an interval with width, or a sentence why there is none, in every table and CSV file."""

import warnings

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import pse
from mapping import jobs
from mapping.cli import app
from pse.spots.chain import study_parts
from pse.spots.intervals import model_interval
from pse.spots.model import ConvergenceError
from pse.spots.model_sampler import Run
from pse.spots.options import options_for
from tests.records.tiny import tiny_study, tiny_tables, write_folder
from tests.spots.poor_studies import CHANGES, SETTINGS, flat_rows, never_silent, poor_tables, study_of

ALL, NONE = {"confidence"}, {"range"}
WORDS = {
    "one spot": (NONE, "no spot has two interviews, so the error of a report is not known"),
    "one zone": (ALL, "error that the whole team of a municipality shares cannot be seen"),
    "one informant": (ALL, ""),
    "nobody asked about visits": (ALL, "duplication between spots is not corrected (factor 1)"),
    "all M are 1": (ALL, "people of the same spot all gave the same answer about visits"),
    "a KP absent from half of the municipalities": (ALL, "nobody is counted at spots there"),
    "virtual people only in one municipality": (ALL, "people added without a recorded range (virtual)"),
    "refused spots only": (NONE, "no visited spot says how far level-1 sizes of unvisited spots are off"),
    "one municipality": (ALL, "give team_sd to put one in"),
    "no repeated interviews": (NONE, "give interview_sd, such as 0.3 for reports that are off by 30%"),
    "level 2 empty for one KP": (ALL | NONE, "FSW: no confidence interval: no visited spot"),
}


def bootstrap(study, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pse.EstimateWarning)
        return pse.estimate_study(
            study, interval="bootstrap", replicates=100, rng=np.random.default_rng(1), **options
        )


@pytest.mark.parametrize("name", CHANGES)
def test_a_poor_study_has_an_interval_or_a_sentence(name):
    kinds, words = WORDS[name]
    sizes = bootstrap(study_of(poor_tables(name)))
    never_silent(sizes)
    assert set(sizes.national["interval"]) == kinds
    assert any(words in said for said in sizes.notices)


@pytest.mark.parametrize("unlisted", ["chao2", "people"])
@pytest.mark.parametrize("name", CHANGES)
def test_unlisted_spots_of_a_poor_study_have_an_interval_or_a_sentence(name, unlisted):
    sizes = bootstrap(study_of(poor_tables(name)), unlisted=unlisted)
    never_silent(sizes)
    found = sizes.components[sizes.components["component"] == "unlisted"]
    for kp in set(sizes.national["kp"]) - set(found.loc[found["point"] > 0, "kp"]):
        missed = sizes.unlisted.loc[sizes.unlisted["kp"] == kp, "missed_spots"].sum()
        told = any(said.startswith(f"{kp}: spots that nobody named cannot be") for said in sizes.notices)
        assert told or missed == 0 or unlisted == "people"


@pytest.mark.parametrize(
    "name", ["one spot", "virtual people only in one municipality", "all M are 1", "level 2 empty for one KP"]
)
def test_the_files_of_a_poor_study_hold_no_silent_interval(name, tmp_path, monkeypatch):
    none = pse.sensitivity_table(tiny_study(), pool="mean", ratio="all", duplication="none").iloc[:0]
    monkeypatch.setattr(jobs, "sensitivity_table", lambda study, **chosen: none)  # slow, and no interval
    folder = write_folder(tmp_path / "study", poor_tables(name), SETTINGS)
    options = ["--interval", "bootstrap", "--replicates", "100", "--seed", "1", "--release", "restricted"]
    done = CliRunner().invoke(app, ["estimate", str(folder), "--out", str(tmp_path / "out"), *options])
    assert done.exit_code == 0
    said = " ".join(done.output.split())
    assert WORDS[name][1] in said
    tables = {path.name: pd.read_csv(path) for path in (tmp_path / "out").glob("*.csv")}
    with_bounds = {name: t for name, t in tables.items() if {"point", "lower", "upper", "interval"} <= set(t)}
    assert {"national.csv", "municipalities.csv", "components.csv", "municipality_days.csv"} <= set(
        with_bounds
    )
    for file, table in with_bounds.items():
        assert (flat_rows(table)["interval"] == "range").all(), file
        assert (table["level"].isna() == (table["interval"] == "range")).all(), file


def test_one_visited_spot_cannot_speak_for_the_unvisited_ones():
    tables = tiny_tables()
    tables["level2"] = tables["level2"].iloc[:1]
    sizes = bootstrap(tiny_study(tables=tables), interview_sd=0.3, team_sd=0.0)
    assert any("no confidence interval: only one visited spot says" in said for said in sizes.notices)
    assert set(sizes.national["interval"]) == NONE
    never_silent(sizes)


def test_unvisited_spots_whose_like_were_all_closed_are_told_of():
    tables = tiny_tables()
    closed = tables["level2"].assign(status="inactive")
    for column in ("usual_min", "usual_max", "peak_min", "peak_max", "peak_days"):
        closed[column] = None
    tables["level2"] = closed.assign(share_other_spots=None, other_spots_mean=None)
    sizes = bootstrap(tiny_study(tables=tables), interview_sd=0.3, team_sd=0.0)
    assert any(said.startswith("2 unvisited spot(s) count as nobody") for said in sizes.notices)


def test_one_share_for_all_is_no_error_of_duplication_and_said_so():
    sizes = bootstrap(tiny_study(), interview_sd=0.3, team_sd=0.0)  # all three interviews say 0.5 and 1
    assert any("all interviews gave the same answer about other spots" in said for said in sizes.notices)


def test_accounts_without_a_range_leave_the_dual_check_blank_and_say_so():
    tables = poor_tables("virtual people only in one municipality")
    sizes = bootstrap(study_of(tables))
    assert sizes.dual["both_from_platforms_lower"].isna().all()
    assert (sizes.dual["ratio_lower"] < sizes.dual["ratio_upper"]).all()
    assert "FSW: both_from_platforms has no bounds: nothing recorded says how far it errs." in sizes.notices


def test_everybody_who_comes_every_day_leaves_the_week_factor_blank_and_says_so():
    tables = poor_tables("one informant")
    tables["people"] = tables["people"].assign(days_per_week=7)
    sizes = bootstrap(study_of(tables))
    never_silent(sizes)
    assert (sizes.attendance["factor"] == 1).all() and sizes.attendance["factor_lower"].isna().all()
    assert (sizes.attendance["week_lower"] < sizes.attendance["week_upper"]).all()
    assert "FSW: factor has no bounds: nothing recorded says how far it errs." in sizes.notices


# the seven of the issue stand in test_model.py; one KP and no zones, so that jax compiles one shape
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("refused spots only", marks=pytest.mark.slow),
        "no repeated interviews",
        pytest.param("one municipality", marks=pytest.mark.slow),
    ],
)
def test_the_model_has_an_interval_or_a_sentence(name):
    pytest.importorskip("numpyro", reason="the model needs the extra bayes")
    study = study_of(poor_tables(name, kps=("FSW",), zoned=False))
    options = options_for(dict(study.options), {"size_basis": study.size_basis})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pse.EstimateWarning)
        try:
            sizes = model_interval(
                pse.estimate_study(study),
                study,
                study_parts(study, options),
                level=0.95,
                replicates=100,
                rng=np.random.default_rng(1),
                engine=None,
                run=Run(chains=2, warmup=250, draws=500),
            )
        except ConvergenceError as refused:
            assert "must converge" in str(refused) and "Use interval='bootstrap'" in str(refused)
            return
    never_silent(sizes)
    words = {
        "refused spots only": "no credible interval: no visited spot says",
        "no repeated interviews": "so the error of a report rests on other KPs, level 1 and the prior",
        "one municipality": "rests on its prior; give team_sd if you know it",
    }
    assert any(words[name] in said for said in sizes.notices)
