"""Plans of field work, and the plan chosen from a table made by hand."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.design import Plan, base_plan, choose_plan, plans_around
from pse.planning.plan import carried_out
from pse.simulation.scenario import Scenario

BASE = Plan(informants=8, visited=0.5, asked=4, interviews=1.25)
PLANS = st.builds(
    Plan,
    informants=st.integers(1, 40),
    visited=st.floats(0.05, 1),
    asked=st.integers(1, 30),
    interviews=st.floats(1, 4),
)


@given(plan=PLANS)
@settings(max_examples=40)
def test_plans_around_change_one_factor_or_all_and_begin_with_the_base(plan):
    plans = plans_around(plan)
    assert plans[0] == plan
    assert len(set(plans)) == len(plans)
    changed = [sum(vars(other)[name] != value for name, value in vars(plan).items()) for other in plans[1:]]
    assert all(n == 1 for n in changed[:-2])
    # the last two have everything at its least and at its most
    for name in vars(plan):
        values = [vars(other)[name] for other in plans]
        assert vars(plans_around(plan, grid=True)[0])[name] == vars(plan)[name]
        assert max(values) <= max(vars(other)[name] for other in plans_around(plan, grid=True))


def test_the_grid_holds_every_combination_once():
    grid = plans_around(BASE, grid=True)
    assert len(set(grid)) == len(grid) == 3 * 3 * 3 * 3  # a half of the spots is the base: three shares
    assert grid[0] == BASE


@given(plan=PLANS)
@settings(max_examples=40)
def test_a_scenario_carries_out_the_plan_and_nothing_else(plan):
    before = Scenario(team_noise=0.1, people=77.0)
    after = carried_out(before, plan)
    got = base_plan(after)
    assert (got.informants, got.visited, got.asked) == (plan.informants, plan.visited, plan.asked)
    assert got.interviews == pytest.approx(plan.interviews)
    rest = replace(after, **{name: getattr(before, name) for name in FIELD_WORK})
    assert rest == before


FIELD_WORK = ("informants", "visited", "asked", "repeated")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"informants": 0}, "informants must be a whole number, at least 1; got 0"),
        ({"visited": 1.2}, "visited must be between 0 and 1; got 1.2"),
        ({"visited": 85}, "divide it by 100"),
        ({"visited": 0}, "visited must be a number above 0; got 0"),
        ({"asked": 0}, "asked must be a whole number, at least 1; got 0"),
        ({"asked": 2.5}, "asked must be a whole number"),
        ({"interviews": 0.25}, "interviews must be 1 or more, the mean number at a visited spot; got 0.25"),
    ],
)
def test_a_plan_that_no_team_can_do_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        replace(BASE, **changes)


def row(*, informants=8, visited=0.5, asked=4, interviews=1.25, half_width, error=0.001, **more):
    work = {"informant_interviews": 24 * informants, "spot_interviews": 400 * visited * interviews}
    work["people_asked"] = 320 * visited * asked
    return {
        "informants": informants, "visited": visited, "asked": asked, "interviews": interviews,
        "half_width": half_width, "half_width_se": error, "cover": 0.95, "cover_se": 0.01, "without": 0.0,
        "exercises": 20, "level": 0.95, **work, "contacts": sum(work.values()),
    } | more  # fmt: skip


def table(*rows):
    return pd.DataFrame(list(rows))


def test_the_least_work_that_is_narrow_enough_is_chosen():
    found = choose_plan(
        table(row(half_width=0.12, visited=0.25), row(half_width=0.09), row(half_width=0.05, visited=1.0)),
        half_width=0.10,
    )
    assert (found.answer, found.plan) == ("yes", BASE)
    assert "visits to 50% of the listed spots" in found.sentence
    assert "±9.0% (median of 20 exercises), within the ±10.0% wanted" in found.sentence
    assert "192 informants, 250 interviews at spots and 640 people asked" in found.sentence
    assert str(found) == found.sentence


def test_person_days_decide_where_they_are_known():
    many_informants = row(half_width=0.08, informants=16, visited=0.25, person_days=300.0)
    many_visits = row(half_width=0.08, visited=1.0, person_days=100.0)
    assert many_informants["contacts"] < many_visits["contacts"]
    with_days = choose_plan(table(many_informants, many_visits), half_width=0.1)
    assert with_days.plan.visited == 1.0
    assert "100 person-days" in with_days.sentence
    without = table(many_informants, many_visits).drop(columns="person_days")
    assert choose_plan(without, half_width=0.1).plan.informants == 16


def test_the_cheapest_of_all_says_that_less_may_do():
    assert "less may do" in choose_plan(table(row(half_width=0.05)), half_width=0.1).sentence


def test_within_two_standard_errors_nobody_can_be_sure():
    just = row(half_width=0.098, error=0.002)
    clear = row(half_width=0.07, visited=1.0)
    found = choose_plan(table(just, clear), half_width=0.10)
    assert (found.answer, found.plan) == ("not sure", BASE)
    assert "too near to the ±10.0% wanted to tell" in found.sentence
    assert "take the next plan: 8 informants a zone, visits to 100%" in found.sentence
    alone = choose_plan(table(just), half_width=0.10)
    assert alone.answer == "not sure" and "Run more exercises, or plan a little more" in alone.sentence


def test_just_above_is_not_sure_either_but_far_above_is_none():
    assert choose_plan(table(row(half_width=0.103, error=0.002)), half_width=0.10).answer == "not sure"
    assert choose_plan(table(row(half_width=0.105, error=0.002)), half_width=0.10).answer == "none"


def test_none_says_what_helps_most():
    found = choose_plan(
        table(
            row(half_width=0.20), row(half_width=0.19, informants=16), row(half_width=0.15, visited=1.0),
            row(half_width=0.18, asked=8),
        ),
        half_width=0.10,
    )  # fmt: skip
    assert (found.answer, found.plan) == ("none", None)
    assert "What helps most is visiting more of the listed spots (50% to 100%: ±20.0% became ±15.0%)" in (
        found.sentence
    )


def test_none_says_so_where_nothing_helps_beyond_noise():
    found = choose_plan(
        table(row(half_width=0.20, error=0.01), row(half_width=0.19, error=0.01, visited=1.0)),
        half_width=0.10,
    )
    assert "None of the four things varied makes a clear difference" in found.sentence


def test_a_narrow_interval_beside_the_truth_is_not_chosen():
    beside = row(half_width=0.03, informants=1, cover=0.60, cover_se=0.05)
    assert choose_plan(table(beside, row(half_width=0.09)), half_width=0.10).plan == BASE
    alone = choose_plan(table(beside), half_width=0.10)
    assert alone.answer == "none" and "held the truth in 60% of the exercises; 95% is meant" in alone.sentence


def test_cover_that_could_be_chance_is_not_held_against_a_plan():
    few = row(half_width=0.05, cover=0.88, cover_se=0.03)
    assert choose_plan(table(few), half_width=0.10).answer == "yes"


def test_a_plan_that_often_has_no_interval_is_not_chosen():
    found = choose_plan(table(row(half_width=0.05, without=0.2)), half_width=0.10)
    assert found.answer == "none" and "at best in 80% of the exercises" in found.sentence
    blank = choose_plan(table(row(half_width=float("nan"), error=float("nan"), without=1.0)), half_width=0.1)
    assert blank.answer == "none" and "at best in 0%" in blank.sentence


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (0, "half_width must be a number above 0; got 0"),
        (-0.1, "half_width must be a number above 0"),
        (
            10,
            r"half_width must be above 0 and below 1; got 10. If it is a percentage, divide it by 100: 0.1.",
        ),
        (float("nan"), "half_width must be a number above 0"),
    ],
)
def test_a_half_width_that_cannot_be_is_refused(wanted, words):
    with pytest.raises(ValueError, match=words):
        choose_plan(table(row(half_width=0.05)), half_width=wanted)
