"""Wisdom of the crowd and Delphi: textbook values, agreement, stop rule."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pse.methods.crowd import crowd_range, crowd_size, weighted_crowd_size
from pse.methods.delphi import delphi_rounds, delphi_size, delphi_stop, intraclass, kendalls_w
from pse.methods.refusal import NoEstimateError

# Shrout PE, Fleiss JL. Psychol Bull 1979;86:420-428, table 2: six targets by four judges
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)


@pytest.mark.parametrize(
    ("n", "rank"), [(6, 1), (8, 1), (9, 2), (10, 2), (15, 4), (20, 6), (25, 8), (30, 10), (50, 18), (100, 40)]
)
def test_median_interval_has_the_tabled_order_statistics(n, rank):
    """The sign-test table: largest k with 2 P(B <= k - 1) <= 0.05, B binomial (n, 1/2)."""
    got = crowd_size(np.arange(1, n + 1), how="median")
    assert (got.lower, got.upper) == (rank, n + 1 - rank)
    assert got.point == (n + 1) / 2


@pytest.mark.parametrize("n", range(2, 6))
def test_too_few_guesses_for_a_median_interval_are_refused(n):
    with pytest.raises(NoEstimateError, match=f"got {n}. Ask more people, or use crowd_range"):
        crowd_size(np.arange(n), how="median")
    assert crowd_range(np.arange(1, n + 1), bounds="extremes").upper == n


def test_trimmed_mean_is_that_of_scipy_with_the_winsorised_error():
    x = np.array([300, 250, 900, 500, 20_000, 340, 450, 600, 520, 10], dtype=float)
    got = crowd_size(x, how="trimmed mean", trim=0.2)
    assert got.point == pytest.approx(stats.trim_mean(x, 0.2))
    winsorised = np.asarray(stats.mstats.winsorize(x, limits=(0.2, 0.2)))
    error = winsorised.std(ddof=1) / ((1 - 2 * 0.2) * math.sqrt(10))
    # Tukey-McLaughlin divides by h (h - 1) for g on each side, h = n - 2 g
    assert (got.upper - got.point) / stats.t(5).ppf(0.975) == pytest.approx(
        math.sqrt(winsorised.var(ddof=0) * 10 / (6 * 5)), rel=1e-9
    )
    assert (got.upper - got.point) / stats.t(5).ppf(0.975) == pytest.approx(error, rel=0.1)
    assert "20% at each end" in got.method


def test_no_trimming_is_the_mean_with_t():
    x = np.array([3.0, 5, 8, 10, 14])
    got = crowd_size(x, how="trimmed mean", trim=0)
    assert (got.point, got.upper) == pytest.approx(
        (8, 8 + stats.t(4).ppf(0.975) * x.std(ddof=1) / math.sqrt(5))
    )


def test_log_mean_is_geometric():
    got = crowd_size([100, 1000, 10_000], how="log mean")
    assert got.point == pytest.approx(1000)
    assert math.log(got.upper / 1000) == pytest.approx(stats.t(2).ppf(0.975) * math.log(10) / math.sqrt(3))
    with pytest.raises(ValueError, match="above 0 for a log mean"):
        crowd_size([0, 10, 20], how="log mean")


@settings(max_examples=40, deadline=None)
@given(
    x=st.lists(st.integers(1, 10_000), min_size=10, max_size=60),
    how=st.sampled_from(["median", "trimmed mean", "log mean"]),
    seed=st.integers(0, 99),
)
def test_crowd_order_scale_and_bounds(x, how, seed):
    got = crowd_size(x, how=how)
    assert got.lower <= got.point <= got.upper
    again = crowd_size(np.random.default_rng(seed).permutation(x) * 3.0, how=how)
    assert (again.point, again.upper) == pytest.approx((3 * got.point, 3 * got.upper))
    wide = crowd_size(x, how=how, level=0.99) if len(x) > 8 else got
    assert wide.lower <= got.lower + 1e-9
    assert got.upper <= wide.upper + 1e-9


def test_equal_weights_give_the_plain_median_and_heavy_ones_move_it():
    x = np.arange(100, 1100, 10)
    plain, weighted = crowd_size(x, how="median"), weighted_crowd_size(x, np.ones(100))
    assert weighted.point == plain.point
    assert weighted.lower == pytest.approx(plain.lower, abs=10)
    assert weighted_crowd_size(x, np.where(x > 700, 5.0, 1.0)).point > 700
    with pytest.raises(NoEstimateError, match="Ask more people"):
        weighted_crowd_size([1, 2, 3], [1, 1, 1])


def test_a_crowd_that_agrees_has_no_width():
    got = crowd_size([500] * 12, how="median")
    assert (got.lower, got.point, got.upper) == (500, 500, 500)


def test_guesses_that_are_none_are_refused():
    for wrong in ([1, -2], [1, np.nan], [1, np.inf]):
        with pytest.raises(ValueError, match="guesses must be numbers of people, 0 or more"):
            crowd_size(wrong, how="median")
    with pytest.raises(ValueError, match="guesses must be a whole number, at least 1"):
        crowd_range([], bounds="quartiles")
    with pytest.raises(ValueError, match="trim must be below"):
        crowd_size(np.arange(20), how="trimmed mean", trim=0.5)


# --- Delphi ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "printed"), [("one-way", 0.17), ("two-way random", 0.29), ("two-way fixed", 0.71)]
)
def test_intraclass_correlations_of_shrout_and_fleiss(kind, printed):
    assert round(intraclass(SHROUT_FLEISS.T, kind=kind), 2) == printed


def test_kendalls_w_is_friedmans_statistic():
    got, p = kendalls_w(SHROUT_FLEISS.T)  # judges as experts, with ties
    friedman = stats.friedmanchisquare(*SHROUT_FLEISS)
    assert got == pytest.approx(friedman.statistic / (4 * 5))
    assert p == pytest.approx(friedman.pvalue)


def test_kendalls_w_is_1_when_all_agree_and_0_when_ranks_cancel():
    assert kendalls_w([[1, 2, 3], [4, 5, 60], [1, 20, 30]])[0] == pytest.approx(1)
    assert kendalls_w([[1, 2, 3], [3, 2, 1]])[0] == 0
    with pytest.raises(NoEstimateError, match="got the same for all"):
        kendalls_w([[1, 1], [2, 2]])
    with pytest.raises(ValueError, match="two experts and two items"):
        kendalls_w([[1, 2]])


def rounds():
    return pd.DataFrame(
        {
            "round": [1] * 5 + [2] * 5 + [3] * 4,
            "expert": [*"abcde", *"abcde", *"abcd"],
            "guess": [100, 300, 500, 700, 1500, 300, 400, 500, 600, 800, 450, 480, 500, 560],
        }
    )


def test_rounds_by_hand():
    table = delphi_rounds(rounds().sample(frac=1, random_state=3))
    assert table["point"].tolist() == [500, 500, 490]
    assert table["lower"].tolist() == [300, 400, 472.5]
    assert table["upper"].tolist() == [700, 600, 515]
    assert table["iqr_shrinkage"].tolist() == pytest.approx([0, 0.5, 1 - 42.5 / 400])
    assert table["median_change"].tolist()[1:] == pytest.approx([0, 10 / 500])
    assert table["moved"].tolist()[1:] == [0.8, 0.75]
    assert table["stayed"].tolist()[1:] == [1, 0.8]
    assert table["experts"].tolist() == [5, 5, 4]


def test_stop_rule_names_the_round_and_the_result_names_the_rule():
    table = delphi_rounds(rounds())
    assert delphi_stop(table, relative_iqr=0.5, median_change=0.05) == 2
    assert delphi_stop(table, relative_iqr=0.2, median_change=0.05) == 3
    assert delphi_stop(table.loc[[1]], relative_iqr=9, median_change=9) is None
    got = delphi_size(rounds(), relative_iqr=0.2, median_change=0.05)
    assert (got.point, got.interval, got.level) == (490, "range", None)
    assert "stopped at round 3: IQR <= 20%" in got.method
    with pytest.raises(NoEstimateError, match="Hold another round"):
        delphi_size(rounds(), relative_iqr=0.01, median_change=0.05)


def test_wrong_rounds_are_refused():
    with pytest.raises(ValueError, match="one guess in a round; got two"):
        delphi_rounds(pd.concat([rounds(), rounds().iloc[:1]]))
    with pytest.raises(
        ValueError, match="guess must be a number, 0 or more, in every row; got something else in row 2"
    ):
        delphi_rounds(rounds().assign(guess=lambda t: t["guess"].where(t.index != 1)))
