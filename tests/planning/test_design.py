"""Plans tried on simulated exercises: common worlds, known directions, and errors."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pse.design import Plan, median_error, try_plans
from pse.engine import task_seeds
from pse.planning.exercise import FIELDS, Trial, run_exercise
from pse.simulate import simulate
from pse.simulation.scenario import SCENARIOS, Scenario

BASE = Plan(informants=6, visited=0.5, asked=2, interviews=1.5)
SMALL = replace(SCENARIOS["unlisted"], municipalities=4)


def records(*plans, scenario=SMALL, number=0, seed=1):
    trial = Trial(scenario, plans, 40, 0.95, None)
    return run_exercise(trial, task_seeds(seed, number + 1)[number], number)


def test_every_plan_maps_the_same_world():
    other = Plan(informants=12, visited=1.0, asked=8, interviews=2.0)
    both = records(BASE, other)
    truth = both[..., FIELDS.index("truth")]
    assert (truth[0] == truth[1]).all() and (truth > 0).all()
    assert (both[1, :, FIELDS.index("spots_visited")] > both[0, :, FIELDS.index("spots_visited")]).all()


def test_a_plan_has_the_same_numbers_whatever_is_tried_beside_it():
    alone, beside = records(BASE), records(Plan(2, 1.0, 1, 1.5), BASE)
    assert np.array_equal(alone[0], beside[1])


def test_exercises_differ_but_seeds_repeat_them():
    assert np.array_equal(records(BASE, number=1), records(BASE, number=1))
    truths = [records(BASE, number=k)[0, :, 0].tolist() for k in (0, 1, 2)]
    assert truths[0] != truths[1] != truths[2]


def test_tables_agree_bit_for_bit_in_processes():
    given = {"seed": 3, "exercises": 2, "replicates": 20}
    tiny = replace(SMALL, municipalities=2)
    here = try_plans(tiny, [BASE], **given)
    pd.testing.assert_frame_equal(here, try_plans(tiny, [BASE], engine="processes", **given))


def test_more_visits_and_more_people_asked_narrow_the_interval_and_fewer_informants_do_not():
    plans = [
        BASE,
        replace(BASE, visited=1.0),
        replace(BASE, asked=8),
        replace(BASE, informants=2),
    ]
    table = try_plans(SMALL, plans, seed=1, exercises=5, replicates=100)
    width, error = table["half_width"], table["half_width_se"]
    assert width[1] < width[0]  # all spots visited: clearly narrower than a half
    assert width[2] <= width[0] + 2 * np.hypot(error[0], error[2])  # never wider beyond noise
    assert width[3] >= width[0] - 2 * np.hypot(error[0], error[3])
    assert (error > 0).all() and (table["without"] == 0).all()


def test_with_everything_asked_and_no_noise_the_interval_is_that_of_accounts_alone():
    # no reporting error, every spot visited, everybody asked, nobody online or at home: nothing is uncertain
    sure = Scenario(
        municipalities=3, level1_noise=0, level2_noise=0, width=0, heaping=0, refused=0, home=0,
        online_only=0, online=0,
    )  # fmt: skip
    plan = Plan(informants=8, visited=1.0, asked=10_000, interviews=1.5)
    table = try_plans(sure, [plan], seed=1, exercises=2, replicates=20, interview_sd=0.0)
    assert table["half_width"][0] == pytest.approx(0, abs=1e-9)
    assert table["bias"][0] == pytest.approx(0, abs=1e-9)


def test_work_is_counted():
    days = {"informant_days": 0.25, "interview_days": 0.5, "asked_days": 0.1}
    got = try_plans(SMALL, [BASE], seed=1, exercises=2, replicates=10, **days).iloc[0]
    assert got["informant_interviews"] == 4 * 3 * 6
    assert got["spot_interviews"] > got["spots_visited"] > 0
    assert got["people_asked"] <= 2 * got["spots_visited"]
    parts = got[["informant_interviews", "spot_interviews", "people_asked"]].to_numpy(dtype=float)
    assert got["contacts"] == pytest.approx(parts.sum())
    assert got["person_days"] == pytest.approx(parts @ [0.25, 0.5, 0.1])


def test_an_interval_that_is_not_there_is_counted():
    # one spot a KP at a quarter of the visits: often nobody goes there
    lonely = Scenario(municipalities=1, zones=1, spots=0.1, people=20)
    table = try_plans(lonely, [Plan(2, 0.25, 1, 1.5)], seed=1, exercises=4, replicates=10)
    assert table["without"][0] > 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"exercises": 1}, "exercises must be a whole number, at least 2; got 1"),
        ({"replicates": 1}, "replicates must be a whole number, at least 2"),
        ({"level": 95}, "level must be above 0 and below 1"),
        ({"interview_sd": -1}, "interview_sd must be a number, 0 or more"),
        ({"asked_days": 0.1}, "informant_days and interview_days must be given with asked_days"),
        ({"plans": []}, "plans must hold a plan or more; got none"),
        (
            {"plans": [Plan(8, 0.5, 4, 1)]},
            "interviews must be above 1 where the error of a report is not known",
        ),
        ({"scenario": "easy"}, "scenario must be one of"),
    ],
)
def test_what_cannot_be_tried_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        try_plans(**{"scenario": "six", "plans": [BASE], "seed": 1, **given})


def test_no_second_interview_is_fine_where_the_error_is_known():
    plan = Plan(4, 0.5, 2, 1)
    table = try_plans(
        replace(SMALL, municipalities=2), [plan], seed=1, exercises=2, replicates=10, interview_sd=0.2
    )
    assert table["half_width"][0] > 0


def test_the_error_of_a_median_is_that_of_its_resamples():
    # the formula is the exact limit of the bootstrap for odd n: 200,000 resamples agree to 2 %
    values = np.array([3.0, 7.0, 8.0, 12.0, 30.0])
    draws = np.random.default_rng(1).choice(values, size=(200_000, 5))
    assert median_error(values) == pytest.approx(np.median(draws, axis=1).std(), rel=0.02)
    assert np.isnan(median_error(values[:1]))


def test_more_than_two_interviews_a_spot_can_be_simulated_and_old_seeds_stay():
    def rows(repeated):
        made = simulate("six", rng=np.random.default_rng(2), repeated=repeated)
        level2 = made.tables["level2"]
        return level2[level2["status"] == "active"].groupby(["spot_id", "kp"]).size()

    assert set(rows(0.25)) == {1, 2} and set(rows(1.0)) == {2}
    assert set(rows(2.0)) == {3} and set(rows(1.5)) == {2, 3}
    with pytest.raises(ValueError, match="repeated must be a number, 0 or more"):
        Scenario(repeated=-0.1)


def test_an_exercise_of_an_old_seed_is_as_it_was():
    # sums printed by the code before `repeated` could be above 1
    level2 = simulate("plain", rng=np.random.default_rng(1), municipalities=2).tables["level2"]
    assert (len(level2), int(level2["usual_min"].sum()), int(level2["usual_max"].sum())) == (
        153,
        1140,
        1694,
    )


@pytest.mark.slow
def test_widths_fall_with_every_factor_on_a_country_of_26_municipalities():
    plans = [
        Plan(4, 0.25, 1, 1.25), Plan(8, 0.25, 1, 1.25), Plan(8, 0.5, 1, 1.25), Plan(8, 0.5, 4, 1.25),
        Plan(16, 1.0, 8, 2.0),
    ]  # fmt: skip
    table = try_plans("unlisted", plans, seed=1, exercises=30)
    assert table["half_width"].is_monotonic_decreasing
    # 30 exercises x 3 KPs: a cover of 95 % falls below 85 % with a chance under 0.001
    assert (table["cover"] >= 0.85).all()
    assert (table["bias"].abs() < 0.03).all()
