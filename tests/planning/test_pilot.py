"""A scenario made from a study: what went in comes out, every number has a source, and errors speak."""

import dataclasses

import numpy as np
import pytest

import pse
from pse.design import base_plan, pilot_kps, scenario_from, try_plans
from pse.records.study import make_study
from pse.simulate import simulate, simulate_study
from pse.simulation.scenario import SCENARIOS, Scenario
from pse.simulation.tables import settings_of
from tests.records.tiny import tiny_settings, tiny_study, tiny_tables

TOLERANCE = {
    "spots": 0.15, "people": 0.15, "false_spots": 0.35, "home": 0.2, "online_only": 0.25, "online": 0.2,
    "further_spots": 0.15, "naming": 0.35, "naming_power": 0.2, "tail": 0.25, "level1_bias": 0.08,
    "level1_noise": 0.15, "level2_noise": 0.35, "width": 0.1, "heaping": 0.25, "visited": 0.06,
    "repeated": 0.3,
}  # fmt: skip
"""How near a number must come to the one of the simulated study, as a share of it."""


SETTINGS = settings_of(Scenario(), "test")


@pytest.fixture(scope="module")
def of_gaps():
    study, _ = simulate_study("unlisted", rng=np.random.default_rng(11))
    return scenario_from(study, kp="FSW", unlisted="people")


def test_the_numbers_of_a_simulated_study_come_back(of_gaps):
    true, got = SCENARIOS["unlisted"], of_gaps.scenario
    for name, share in TOLERANCE.items():
        assert getattr(got, name) == pytest.approx(getattr(true, name), rel=share), name
    for name in ("municipalities", "zones", "informants", "asked", "complete_list"):
        assert getattr(got, name) == getattr(true, name), name


def test_team_errors_are_seen():
    study, _ = simulate_study("team", rng=np.random.default_rng(12))
    assert scenario_from(study, kp="MSM").scenario.team_noise == pytest.approx(0.2, rel=0.35)


def test_every_number_has_a_sentence(of_gaps):
    missing = {field.name for field in dataclasses.fields(Scenario)} - set(of_gaps.sources)
    assert missing == {"days", "peak"}  # sizes of a usual day: neither is used
    assert all(text.endswith(".") and len(text) > 10 for text in of_gaps.sources.values())


def test_an_exercise_like_the_study_is_about_as_precise_as_the_study(of_gaps):
    study, _ = simulate_study("unlisted", rng=np.random.default_rng(11))
    sizes = pse.estimate_study(
        study, interval="bootstrap", replicates=300, rng=np.random.default_rng(1), unlisted="people"
    )
    row = sizes.national.set_index("kp").loc["FSW"]
    own = (row["upper"] - row["lower"]) / 2 / row["point"]
    table = try_plans(of_gaps.scenario, [base_plan(of_gaps.scenario)], seed=1, exercises=2, replicates=100)
    assert table["half_width"][0] == pytest.approx(own, rel=0.35)


def test_a_complete_list_is_as_the_study_says(sample):
    whole = scenario_from(sample, kp="PWID")
    gaps = scenario_from(sample, kp="PWID", unlisted="people")
    assert whole.scenario.complete_list and not gaps.scenario.complete_list
    assert gaps.scenario.spots > whole.scenario.spots and gaps.scenario.people > whole.scenario.people
    assert "that nobody named" in gaps.sources["spots"]


def test_the_sample_has_its_own_numbers(sample):
    got = scenario_from(sample, kp="MSM")
    assert got.scenario.municipalities == 15
    assert got.scenario.people * 15 == pytest.approx(6781, rel=0.01)  # the published total, as adjusted
    assert got.sources["municipalities"] == "15 municipalities: those with spots of MSM."


def test_what_the_user_knows_better_wins(sample):
    got = scenario_from(sample, kp="FSW", municipalities=38, interview_sd=0.3)
    assert got.scenario.municipalities == 38 and got.scenario.level2_noise == 0.3
    assert got.sources["municipalities"] == "Municipalities: 38, as you gave it."
    assert "as you gave it" in got.sources["level2_noise"]
    with pytest.raises(ValueError, match="changes must be numbers of a Scenario; got spotz"):
        scenario_from(sample, kp="FSW", spotz=3)


def test_without_second_interviews_sigma_must_be_given():
    study = tiny_study()
    with pytest.raises(ValueError, match="interview_sd must be given for this study; got nothing"):
        scenario_from(study, kp="FSW")
    got = scenario_from(study, kp="FSW", interview_sd=0.3)
    assert got.scenario.level2_noise == 0.3 and got.scenario.repeated == 0
    assumed = [name for name, text in got.sources.items() if "assumption" in text]
    assert {"tail", "level1_noise", "naming", "asked", "heaping"} <= set(assumed)


def test_a_kp_without_second_interviews_borrows_sigma_and_plans_some():
    tables = simulate("plain", rng=np.random.default_rng(5), municipalities=2).tables
    level2 = tables["level2"]
    tables["level2"] = level2[(level2["kp"] != "FSW") | ~level2.duplicated(["spot_id", "kp"])]
    study = make_study(**SETTINGS, tables=tables)
    got = scenario_from(study, kp="FSW")
    assert got.scenario.level2_noise > 0
    assert got.scenario.repeated == 0.25 and "because none was repeated" in got.sources["repeated"]
    assert scenario_from(study, kp="FSW", interview_sd=0.2).scenario.repeated == 0


def test_a_kp_without_visited_spots_is_refused():
    assert pilot_kps(tiny_study()) == ["FSW"]
    with pytest.raises(ValueError, match="kp must be one of 'FSW'; got 'TG'"):
        scenario_from(tiny_study(), kp="TG", interview_sd=0.3)


def test_a_study_where_nothing_is_active_has_no_kp_to_plan():
    tables = tiny_tables()
    tables["level2"] = tables["level2"].assign(status="inactive")
    assert pilot_kps(make_study(**tiny_settings(), tables=tables)) == []


def test_no_sentence_holds_a_code_a_name_or_a_small_number_of_people():
    made = simulate(
        "plain", rng=np.random.default_rng(4), municipalities=2, people=4, spots=2, zones=1, repeated=1.0
    )
    got = scenario_from(made.study(), kp="FSW", interview_sd=0.2)
    text = " ".join(got.sources.values())
    codes = {*made.tables["level1"]["spot_id"].dropna(), *made.tables["municipalities"]["municipality"]}
    assert not any(code in text for code in codes) and "Town" not in text
    assert got.scenario.people * got.scenario.municipalities < 10
    assert got.sources["people"] == "Fewer than 10 people in each municipality, as estimated."
