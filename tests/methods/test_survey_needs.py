"""What a needs survey says about people: people in need, overlapping groups, rates."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import (
    counted_share,
)
from pse.methods.survey_needs import (
    add_groups,
    draw_sizes,
    event_rate,
    overlap_bounds,
    people_in_either,
    people_in_need,
    rate_ratio,
)
from pse.methods.surveys import (
    Measure,
    survey_design,
)

SIZE = Estimate(1000, 800, 1250, "confidence", 0.95, "multiplier")


def rng(seed=1):
    return np.random.default_rng(seed)


def test_people_in_need_by_delta_and_by_draws_agree():
    share = counted_share(holders=100, asked=250)
    delta = people_in_need(share=share, size=SIZE, how="delta")
    draws = people_in_need(share=share, size=SIZE, how="draws", replicates=200_000, rng=rng())
    assert delta.point == draws.point == 400
    # by hand: log standard errors sqrt(0.6/0.4/250) and ln(1.25)/1.96
    error = math.hypot(math.sqrt(0.6 / 100), math.log(1.25) / 1.959964)
    assert math.log(delta.upper / delta.lower) / 2 / 1.959964 == pytest.approx(error, rel=0.01)
    assert (draws.lower, draws.upper) == pytest.approx((delta.lower, delta.upper), rel=0.02)


def test_people_in_need_refuses_a_range_and_nobody_in_need():
    a_range = Estimate(1000, 800, 1250, "range", None, "mapping")
    with pytest.raises(ValueError, match="got a range"):
        people_in_need(share=counted_share(holders=1, asked=2), size=a_range, how="delta")
    with pytest.raises(NoEstimateError, match="got nobody in need") as refusal:
        people_in_need(share=counted_share(holders=0, asked=100), size=SIZE, how="delta")
    assert refusal.value.lower == 0
    everybody = people_in_need(share=counted_share(holders=30, asked=30), size=SIZE, how="delta")
    assert everybody.point == 1000
    assert everybody.lower < 800


@pytest.mark.parametrize("how", ["delta", "draws"])
def test_people_in_need_of_a_size_of_0_are_refused(how):
    nobody = Estimate(0, 0, 40, "confidence", 0.95, "survey")
    with pytest.raises(NoEstimateError, match=r"above 0.*got 0\. Use another estimate"):
        people_in_need(share=counted_share(holders=5, asked=9), size=nobody, how=how, rng=rng())


def test_drawn_sizes_have_the_bounds_as_quantiles():
    size = Estimate(100, 60, 300, "credible", 0.9, "model")
    draws = draw_sizes(size, replicates=200_000, rng=rng())
    assert np.quantile(draws, [0.05, 0.5, 0.95]) == pytest.approx([60, 100, 300], rel=0.02)


def test_legal_needs_survey_has_26_or_more_who_inject_and_sell_sex():
    bounds = overlap_bounds(total=250, first=169, second=107)
    assert bounds.loc["both", ["lower", "upper"]].tolist() == [26, 107]
    assert bounds.loc["either", ["lower", "upper"]].tolist() == [169, 250]
    assert bounds.loc["neither", ["lower", "upper"]].tolist() == [0, 81]
    assert set(bounds["interval"]) == {"range"}
    for disjoint in (True, False):
        with pytest.raises(ValueError, match="at least 26 are of people in more than one"):
            add_groups([169, 107], total=250, disjoint=disjoint)
    with pytest.raises(ValueError, match="both must be a whole number, at least 26 and at most 107; got 20"):
        people_in_either(total=250, first=169, second=107, both=20)
    assert people_in_either(total=250, first=169, second=107, both=26) == 250
    with pytest.raises(ValueError, match="got disjoint=False"):
        add_groups([100, 50], total=250, disjoint=False)


@settings(max_examples=40, deadline=None)
@given(total=st.integers(1, 12), data=st.data())
def test_overlap_bounds_are_reached_and_never_passed(total, data):
    first, second = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    got = overlap_bounds(total=total, first=first, second=second)
    people = set(range(total))
    seen = [len(set(range(first)) & set(b)) for b in itertools.combinations(people, second)]
    assert got.loc["both", ["lower", "upper"]].tolist() == [min(seen), max(seen)]


def test_ten_times_as_many_problems_need_the_same_years():
    """3.5 years of recall against 2: ten times as many problems per person are 5.7 times as many per year."""
    kp = survey_design(pd.DataFrame({"id": range(250)}))
    general = survey_design(pd.DataFrame({"id": range(1000)}))
    problems, theirs = np.tile([4.0, 6.0], 125), np.tile([0.0, 1.0], 500)
    ratio = rate_ratio(
        event_rate(problems, kp, recall_years=3.5), event_rate(theirs, general, recall_years=2.0)
    ).iloc[0]
    assert problems.mean() / theirs.mean() == 10
    assert ratio["point"] == pytest.approx(10 * 2 / 3.5)
    assert ratio["lower"] < ratio["point"] < ratio["upper"]


def test_rates_refuse_by_words():
    design = survey_design(pd.DataFrame({"id": range(3)}))
    with pytest.raises(ValueError, match="recall_years must be a number above 0"):
        event_rate([1, 2, 3], design, recall_years=0)
    with pytest.raises(ValueError, match="events must be 0 or more"):
        event_rate([1, -2, 3], design, recall_years=1)
    with pytest.raises(NoEstimateError, match="both rates must be above 0"):
        rate_ratio(Measure(0, 0, 5, "a"), Measure(1, 0.1, 5, "b"))


def test_rate_ratio_with_a_register_has_the_error_of_the_survey_alone():
    got = rate_ratio(Measure(2.0, 0.2, math.inf, "a"), Measure(0.5, 0.0, math.inf, "register")).iloc[0]
    assert math.log(got["upper"] / got["point"]) == pytest.approx(1.959964 * 0.1, rel=1e-6)


def test_drawn_sizes_with_a_lower_bound_of_0():
    draws = draw_sizes(Estimate(100, 0, 300, "confidence", 0.95, "m"), replicates=100_000, rng=rng())
    assert draws.min() == 0
    assert np.median(draws) == pytest.approx(100, rel=0.02)
    assert (draws == 0).mean() == pytest.approx(0.025, abs=0.003)
