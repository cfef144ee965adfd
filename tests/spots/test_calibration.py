"""Where the truth lies among draws, and how often intervals hold it: known answers and one definition."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from benchmarks.coverage import exercise, summary
from pse.spots.calibration import LEVELS, coverage_curve, truth_position
from pse.spots.draws import percentile_interval


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), level=st.floats(0.3, 0.995), n=st.integers(5, 60))
def test_the_position_says_what_the_interval_says(seed, level, n):
    rng = np.random.default_rng(seed)
    draws, truth = rng.normal(100, 10, size=n), rng.normal(100, 10)
    lower, upper = percentile_interval(draws, level=level)
    holds = abs(2 * truth_position(draws, truth) - 1) <= level
    assert holds == (lower <= truth <= upper)


def test_a_truth_outside_all_draws_is_in_no_interval():
    assert truth_position(np.array([5.0, 6.0]), 4.0) == 0
    assert truth_position(np.array([5.0, 6.0]), 7.0) == 1
    records = pd.DataFrame({"scenario": "plain", "truth_at": [0.0, 1.0]})
    assert coverage_curve(records)["cover"].eq(0).all()


def test_draws_that_are_blank_have_no_position():
    assert np.isnan(truth_position(np.array([np.nan, 1.0]), 1.0))


def test_evenly_spread_positions_hold_as_often_as_the_level_says():
    records = pd.DataFrame({"scenario": "plain", "truth_at": (np.arange(1000) + 0.5) / 1000})
    found = coverage_curve(records)
    assert len(found) == len(LEVELS) == 50
    np.testing.assert_allclose(found["cover"], found["level"], atol=1e-3)
    assert (found["band_lower"] <= found["cover"]).all() and (found["cover"] <= found["band_upper"]).all()


def test_the_band_is_that_of_the_binomial_distribution():
    found = coverage_curve(pd.DataFrame({"scenario": "plain", "truth_at": [0.5] * 100}), levels=[0.95])
    # of 100 intervals of 95 %, 90 to 99 hold with probability 95 %: P(X <= 89) = 1.1 %, P(X <= 90) = 2.8 %
    assert found[["band_lower", "band_upper"]].to_numpy().ravel().tolist() == [0.90, 0.99]
    assert binom.cdf(89, 100, 0.95) < 0.025 <= binom.cdf(90, 100, 0.95)


def test_scenarios_have_a_curve_each_and_old_records_are_left_out():
    records = pd.DataFrame({"scenario": ["a", "a", "b", "b"], "truth_at": [0.5, np.nan, 0.5, 0.2]})
    found = coverage_curve(records, levels=[0.5]).set_index("scenario")
    assert found["intervals"].to_dict() == {"a": 1, "b": 2}
    assert found["cover"].to_dict() == {"a": 1.0, "b": 0.5}


def test_records_without_positions_are_refused_with_a_remedy():
    with pytest.raises(ValueError, match=r"truth_at with numbers; got none\. Run benchmarks\.coverage anew"):
        coverage_curve(pd.DataFrame({"scenario": ["plain"]}))
    with pytest.raises(ValueError, match="levels must be above 0 and below 1; got 95 to 95"):
        coverage_curve(pd.DataFrame({"scenario": ["plain"], "truth_at": [0.5]}), levels=[95])


def test_records_of_the_benchmark_agree_with_their_curve_and_older_ones_still_have_a_table():
    records = pd.DataFrame([row for number in range(2) for row in exercise("six", number, 60)])
    holds = (records["lower"] <= records["truth"]) & (records["truth"] <= records["upper"])
    assert coverage_curve(records, levels=[0.95])["cover"].item() == holds.mean()
    older = records.drop(columns="truth_at")
    pd.testing.assert_frame_equal(summary(older), summary(records))
