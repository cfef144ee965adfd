"""Multipliers beside each other: checks of the field, pools, chains and trees."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pse import Estimate
from pse.methods.multiplier import (
    multiplier,
)
from pse.methods.multiplier_checks import independence_check, period_check
from pse.methods.multiplier_pool import heterogeneity, pool_multipliers, pool_weights
from pse.methods.multiplier_tree import multiplier_chain, multiplier_tree, tree_draws, tree_table
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import counted_share

QUARTER = counted_share(holders=60, asked=240)


def rng(seed=1):
    return np.random.default_rng(seed)


def size(how, *, count=500, share=QUARTER, **more):
    return multiplier(count=count, share=share, kind="service", how=how, rng=rng(), **more)


# --- checks of the field ------------------------------------------------------------------------------


def test_periods_that_differ_are_shown_with_what_they_do():
    same = {"count_from": date(2025, 1, 1), "count_to": date(2025, 6, 30), "survey_from": date(2025, 7, 1)}
    good = period_check(**same, recall_from=date(2025, 1, 1), recall_to=date(2025, 6, 30))
    assert good["ok"].all()
    bad = period_check(**same, recall_from=date(2025, 4, 1), recall_to=date(2025, 7, 9))
    assert bad["days"].tolist() == [0, 90, 9]
    assert bad["means"].iloc[1].endswith("size too high")
    assert bad["means"].iloc[2].endswith("size too low")
    late = period_check(
        **{**same, "survey_from": date(2025, 6, 21)},
        recall_from=same["count_from"],
        recall_to=same["count_to"],
    )
    assert late.loc["count after survey", "days"] == 10
    with pytest.raises(ValueError, match="recall_to must not be before recall_from"):
        period_check(**same, recall_from=date(2025, 4, 2), recall_to=date(2025, 4, 1))


def test_independence_uses_fisher_for_two_parts_and_chi_squared_for_more():
    parts = pd.DataFrame({"holders": [8, 1], "asked": [10, 6]})  # Fisher's exact test by hand: below
    got = independence_check(parts, count=100, kind="service")
    # P(first >= 8 holders) of the hypergeometric 9 of 16, 10 drawn, and what is as rare
    pmf = [math.comb(9, k) * math.comb(7, 10 - k) / math.comb(16, 10) for k in range(3, 10)]
    at = pmf[8 - 3]
    assert got["p_value"].iloc[0] == pytest.approx(sum(p for p in pmf if p <= at * (1 + 1e-9)))
    three = pd.DataFrame({"holders": [10, 20, 0], "asked": [50, 50, 50]})
    got = independence_check(three, count=100, kind="event")
    statistic = sum((h - 10) ** 2 / 10 + (h - 10) ** 2 / 40 for h in (10, 20, 0))
    assert got["p_value"].iloc[0] == pytest.approx(stats.chi2.sf(statistic, 2))
    assert got["upper"].iloc[2] == math.inf
    assert np.isnan(got["point"].iloc[2])
    assert independence_check(three.assign(holders=0), count=9, kind="event")["p_value"].iloc[0] == 1


# --- several multipliers -----------------------------------------------------------------------------


def confidence(point, error, level=0.95):
    factor = math.exp(stats.norm.ppf((1 + level) / 2) * error)
    return Estimate(point, point / factor, point * factor, "confidence", level, "m")


def test_pool_is_that_of_statsmodels():
    meta = pytest.importorskip("statsmodels.stats.meta_analysis")
    points, errors = [900, 1400, 2100, 1300], [0.1, 0.15, 0.2, 0.12]
    parts = [confidence(p, e) for p, e in zip(points, errors, strict=True)]
    theirs = meta.combine_effects(np.log(points), np.square(errors), method_re="dl")
    assert heterogeneity(parts)["tau"] ** 2 == pytest.approx(theirs.tau2, rel=1e-9)
    assert heterogeneity(parts)["Q"] == pytest.approx(theirs.q, rel=1e-9)
    assert math.log(pool_multipliers(parts, error="normal").point) == pytest.approx(theirs.mean_effect_re)
    assert pool_weights(parts)["weight"].to_numpy() == pytest.approx(theirs.weights_rel_re)
    got = pool_multipliers(parts, error="normal")
    assert math.log(got.upper / got.point) == pytest.approx(1.959964 * theirs.sd_eff_w_re, rel=1e-6)
    knapp = pool_multipliers(parts, error="hartung-knapp")
    scale = max(1.0, theirs.scale_hksj_re)
    assert math.log(knapp.upper / knapp.point) == pytest.approx(
        stats.t(3).ppf(0.975) * theirs.sd_eff_w_re * math.sqrt(scale), rel=1e-6
    )


@settings(max_examples=20, deadline=None)
@given(points=st.lists(st.floats(100, 10_000), min_size=2, max_size=6), seed=st.integers(0, 99))
def test_pool_lies_between_its_parts_whatever_their_order(points, seed):
    parts = [confidence(p, 0.05 + 0.02 * i) for i, p in enumerate(points)]
    got = pool_multipliers(parts, error="normal")
    assert min(points) - 1e-6 <= got.point <= max(points) + 1e-6
    mixed = [parts[i] for i in rng(seed).permutation(len(parts))]
    again = pool_multipliers(mixed, error="normal")
    assert (again.lower, again.upper) == pytest.approx((got.lower, got.upper))


def test_pool_refuses_ranges_levels_and_zero():
    with pytest.raises(ValueError, match="got a range"):
        pool_multipliers([Estimate(5, 4, 6, "range", None, "mapping")] * 2, error="normal")
    with pytest.raises(ValueError, match="must have one level"):
        pool_multipliers([confidence(5, 0.1), confidence(5, 0.1, level=0.9)], error="normal")
    with pytest.raises(NoEstimateError, match="lower bound above 0"):
        pool_multipliers([Estimate(5, 0, 6, "confidence", 0.95, "m")] * 2, error="normal")
    with pytest.raises(ValueError, match="estimates must be a whole number, at least 2; got 1"):
        pool_multipliers([confidence(5, 0.1)], error="normal")


# --- chains and trees --------------------------------------------------------------------------------


def test_chain_of_one_share_is_the_multiplier_and_order_does_not_matter():
    one = multiplier_chain(count=500, shares=[QUARTER], how="delta")
    assert (one.lower, one.upper) == pytest.approx((size("log").lower, size("log").upper))
    half, unique = counted_share(holders=60, asked=120), counted_share(holders=90, asked=100)
    first = multiplier_chain(count=500, shares=[QUARTER, half], times=[unique], how="delta")
    second = multiplier_chain(count=500, shares=[half, QUARTER], times=[unique], how="delta")
    assert (first.point, first.lower) == pytest.approx((second.point, second.lower))
    assert first.point == pytest.approx(500 * 0.9 / 0.125)
    drawn = multiplier_chain(
        count=500, shares=[QUARTER, half], times=[unique], how="draws", replicates=100_000, rng=rng()
    )
    assert (drawn.lower, drawn.upper) == pytest.approx((first.lower, first.upper), rel=0.03)


def test_chain_refuses_a_share_of_0():
    with pytest.raises(NoEstimateError, match="above 0; got none or a share of 0"):
        multiplier_chain(count=5, shares=[counted_share(holders=0, asked=9)], how="delta")


def tree(**changes):
    """Two counts below one branch, one beside it."""
    table = pd.DataFrame(
        {
            "node": ["all", "contact", "clinic", "jail", "lapsed"],
            "parent": [None, "all", "contact", "contact", "all"],
            "holders": [np.nan, 60, 40, 15, 30],
            "asked": [np.nan, 100, 120, 120, 100],
            "count": [np.nan, np.nan, 400, 160, 610],
            "source": ["", "survey", "follow-up", "follow-up", "survey"],
        }
    )
    return table.assign(**changes)


def test_tree_of_one_count_is_the_chain():
    one = tree(count=[np.nan, np.nan, 400, np.nan, np.nan])
    got = multiplier_tree(one, replicates=50_000, rng=rng())
    shares = [counted_share(holders=60, asked=100), counted_share(holders=40, asked=120)]
    chain = multiplier_chain(count=400, shares=shares, how="draws", replicates=50_000, rng=rng())
    assert got.point == pytest.approx(chain.point)
    assert (got.lower, got.upper) == pytest.approx((chain.lower, chain.upper), rel=0.02)


def test_tree_weights_are_those_of_the_covariance_by_hand():
    """Two counts on independent branches: weights by 1 / variance of the log share."""
    nodes = tree(source=["", "a", "b", "c", "d"], count=[np.nan, 700, np.nan, np.nan, 330])
    table = tree_table(nodes, replicates=400_000, rng=rng())
    variance = np.array([0.4 / 60, 0.7 / 30])  # (1 - p) / (n p)
    expected = 1 / variance / (1 / variance).sum()
    assert table["weight"].to_numpy() == pytest.approx(expected, abs=0.01)
    assert table["point"].tolist() == pytest.approx([700 / 0.6, 330 / 0.3])
    got = multiplier_tree(nodes, replicates=100_000, rng=rng())
    assert math.log(got.upper / got.lower) / (2 * 1.96) == pytest.approx(
        math.sqrt(1 / (1 / variance).sum()), rel=0.02
    )


def test_sisters_of_one_question_are_drawn_as_multinomial_shares():
    nodes = tree(count=[np.nan, 700, np.nan, np.nan, 330])
    draws = tree_draws(nodes, replicates=200_000, rng=rng())
    shares = np.array([700, 330]) / draws
    covariance = np.cov(shares, rowvar=False)
    assert covariance[0, 0] == pytest.approx(0.6 * 0.4 / 100, rel=0.02)
    assert covariance[0, 1] == pytest.approx(-0.6 * 0.3 / 100, rel=0.03)
    assert (shares.sum(axis=1) <= 1).all()


def test_tree_point_does_not_depend_on_the_order_of_rows():
    first = multiplier_tree(tree(), replicates=20_000, rng=rng())
    second = multiplier_tree(tree().iloc[[4, 2, 0, 3, 1]], replicates=20_000, rng=rng(2))
    assert first.point == pytest.approx(second.point, rel=0.02)
    table = tree_table(tree(), rng=rng())
    assert table["weight"].sum() == pytest.approx(1)
    assert table["point"].min() <= first.point <= table["point"].max()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parent": [None, None, "all", "all", "all"]}, "one root"),
        ({"parent": [None, "all", "jail", "clinic", "all"]}, "circle of parents"),
        ({"parent": [None, "all", "nowhere", "contact", "all"]}, "parent must be a node"),
        ({"count": np.nan}, "count must be above 0 at one node or more"),
        ({"holders": [np.nan, 60, np.nan, 15, 30]}, "every branch must have holders and asked"),
        ({"holders": [np.nan, 60, 0, 15, 30]}, "way to a count must be above 0"),
        ({"count": [900, np.nan, 400, np.nan, np.nan]}, "count must stand below the root"),
        (
            {
                "asked": [np.nan, 1, 120, 120, 1],
                "holders": [np.nan, 1, 40, 15, 0],
                "count": [np.nan, np.nan, 400, 160, np.nan],
            },
            "asked must be at least 2",
        ),
        ({"holders": [np.nan, 80, 40, 15, 30]}, "sisters with one source must have one `asked`"),
    ],
)
def test_what_is_no_tree_is_refused_by_words(change, words):
    with pytest.raises(ValueError, match=words):
        multiplier_tree(tree(**change), replicates=100, rng=rng())
