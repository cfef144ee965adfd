"""Multipliers: printed sizes, the reference package, ends of the share."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pse.methods.multiplier import (
    fieller_bounds,
    multiplier,
    multiplier_draws,
    multiplier_intervals,
    multiplier_sample_size,
)
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import counted_share, share_from_draws, share_from_error, weighted_share
from pse.methods.surveys import survey_design, survey_share
from tests.methods.reference import reference, reference_input, reference_names

GOLDENS = Path(__file__).parents[3] / "shared" / "reference" / "crc_goldens.csv"
QUARTER = counted_share(holders=60, asked=240)
HOWS = ["delta", "log", "logit", "fieller", "bootstrap", "beta"]


def rng(seed=1):
    return np.random.default_rng(seed)


def size(how, *, count=500, share=QUARTER, **more):
    return multiplier(count=count, share=share, kind="service", how=how, rng=rng(), **more)


# --- known answers -----------------------------------------------------------------------------------


def test_asuncion_unique_object_as_printed():
    """293 / 0.227, printed 1,292 (1,031 to 1,644): its bounds are the share's logit interval turned over."""
    if not GOLDENS.exists():
        pytest.skip("the reference values of other packages are not on this machine")
    row = pd.read_csv(GOLDENS).query("case == 'Asuncion FSW'").iloc[0]
    share = share_from_error(point=0.227, error=0.027)
    got = multiplier(count=row["n1"], share=share, kind="unique object", how="logit")
    assert got.point == pytest.approx(row["OUTPUT_N"], rel=0.003)
    assert (got.lower, got.upper) == pytest.approx((row["lower"], row["upper"]), rel=0.005)
    others = math.log(row["lower"] - 293), math.log(row["upper"] - 293)
    assert sum(others) / 2 == pytest.approx(math.log(row["OUTPUT_N"] - 293), abs=0.002)


def test_closed_intervals_by_hand():
    error = math.sqrt(0.25 * 0.75 / 240)
    z = stats.norm.ppf(0.975)
    assert size("delta").upper == pytest.approx(2000 * (1 + z * error / 0.25), rel=1e-12)
    assert size("log").lower == pytest.approx(2000 / math.exp(z * error / 0.25), rel=1e-12)
    assert size("fieller").upper == pytest.approx(500 / (0.25 - z * error), rel=1e-12)
    assert size("fieller").lower == pytest.approx(500 / (0.25 + z * error), rel=1e-12)
    assert size("beta").lower == pytest.approx(500 / stats.beta.ppf(0.975, 60.5, 180.5), rel=1e-12)
    assert size("logit").upper == pytest.approx(500 * (1 + 3 * math.exp(z * error / (0.25 * 0.75))))
    low, high = np.quantile(stats.binom.rvs(240, 0.25, size=200_000, random_state=2) / 240, [0.025, 0.975])
    assert (size("bootstrap").lower, size("bootstrap").upper) == pytest.approx(
        (500 / high, 500 / low), rel=0.02
    )


def test_fieller_solves_its_own_quadratic():
    low, high = fieller_bounds(500, 0.25, top_error=40, bottom_error=0.03, z=1.96)
    for ratio in (low, high):
        assert (500 - ratio * 0.25) ** 2 == pytest.approx(1.96**2 * (40**2 + ratio**2 * 0.03**2))


@pytest.mark.parametrize("how", HOWS)
def test_an_error_of_the_count_widens_every_interval(how):
    plain, wide = size(how, replicates=50_000), size(how, count_error=60, replicates=50_000)
    assert wide.lower < plain.lower < plain.point == wide.point < plain.upper < wide.upper
    relative = math.hypot(60 / 500, math.sqrt(0.75 / 60))
    width = math.log(wide.upper / wide.lower) / (2 * 1.96)
    assert width == pytest.approx(relative, rel=0.08)


# --- the reference package ---------------------------------------------------------------------------


def weighted_size(table, *, turned_over=False):
    weights = table["Weight"].to_numpy()
    share = weighted_share(
        table["I.object"], 1 / weights if turned_over else weights, replicates=8000, rng=rng(7)
    )
    return multiplier(
        count=1000, share=share, kind="unique object", how="bootstrap", replicates=20_000, rng=rng()
    )


@pytest.mark.parametrize("name", ["FSW", "FSW01", "default_seed"])
def test_rdspopsize_divides_by_its_weights_and_we_multiply(name):
    """Its manual: weights of respondents, N = n / (weighted share). Its number needs 1 / weight instead."""
    rows = pd.DataFrame(reference("RDSpopsize", name)["result"]).set_index("Type")
    table = reference_input("RDSpopsize", "FSW01" if name == "FSW01" else "FSW")
    theirs = rows.loc["RDS weighted"]
    w, seen = table["Weight"].to_numpy(), table["I.object"].to_numpy(dtype=float)
    assert weighted_size(table).point == pytest.approx(1000 * w.sum() / (w @ seen), rel=0.003)
    assert round(1000 / weighted_share(seen, w).point) == 5942
    assert round(1000 / weighted_share(seen, 1 / w).point) == theirs["Estimate"] == 7778
    turned = weighted_size(table, turned_over=True)
    # percentiles of 2,000 draws have standard errors of 50 (lower) and 131 (upper): 200 runs of ours
    assert abs(turned.lower - theirs["lower"]) < 4 * 50
    assert abs(turned.upper - theirs["upper"]) < 4 * 131
    if "Unweighted" in rows.index:
        naive = counted_share(holders=int(seen.sum()), asked=len(seen))
        assert round(1000 / naive.point) == rows.loc["Unweighted", "Estimate"] == 6244


def test_rdspopsize_stops_without_words_at_no_overlap_and_we_give_the_lower_limit():
    assert "missing value" in reference("RDSpopsize", "zero_overlap")["error"]
    share = weighted_share(np.zeros(200), rng().random(200) + 0.5)
    with pytest.raises(NoEstimateError, match="Only a lower limit is known") as refusal:
        multiplier(count=800, share=share, kind="unique object", how="log")
    assert refusal.value.lower > 800 * 40


def test_rdspopsize_gives_a_size_from_a_list_smaller_than_the_overlap_and_we_refuse():
    assert reference("RDSpopsize", "list_smaller_than_overlap")["result"][0]["Estimate"] == 218
    with pytest.raises(ValueError, match=r"who were in it \(99\); got 50"):
        multiplier(count=50, share=counted_share(holders=99, asked=430), kind="unique object", how="log")


def test_every_reference_result_is_named_in_this_file():
    known = {"FSW", "FSW01", "default_seed", "zero_overlap", "list_smaller_than_overlap"}
    assert set(reference_names("RDSpopsize")) <= known


# --- the ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", HOWS)
def test_share_0_gives_the_lower_limit_only(how):
    with pytest.raises(NoEstimateError, match="got nobody of the survey in the count") as refusal:
        size(how, share=counted_share(holders=0, asked=50))
    # 1 - 0.05^(1/50): the rule of three in its exact form
    assert refusal.value.lower == pytest.approx(500 / (1 - 0.05**0.02))


@pytest.mark.parametrize("how", HOWS)
def test_share_1_gives_the_point_and_a_one_sided_interval(how):
    got = size(how, share=counted_share(holders=50, asked=50))
    assert (got.lower, got.point) == (500, 500)
    assert got.upper == pytest.approx(500 / 0.05**0.02)
    assert "one-sided" in got.method


def test_fieller_without_an_upper_end_is_refused_with_its_lower_end_and_shown_as_infinite():
    share = counted_share(holders=2, asked=60)
    with pytest.raises(NoEstimateError, match="beyond doubt for a fieller interval") as refusal:
        size("fieller", share=share)
    table = multiplier_intervals(count=500, share=share, kind="event", rng=rng())
    assert table.loc["fieller", "upper"] == math.inf
    assert table.loc["fieller", "lower"] == pytest.approx(refusal.value.lower)
    assert "no upper limit" in table.loc["fieller", "method"]
    assert np.isfinite(table.loc[["log", "logit", "beta"], "upper"]).all()


def test_bootstrap_with_draws_of_nobody_has_no_upper_limit():
    with pytest.raises(NoEstimateError, match="bootstrap interval"):
        size("bootstrap", share=counted_share(holders=2, asked=60))


def test_the_table_has_all_intervals_and_the_columns_of_the_house():
    table = multiplier_intervals(count=500, share=QUARTER, kind="service", rng=rng())
    assert list(table.index) == HOWS
    assert list(table.columns) == ["point", "lower", "upper", "interval", "level", "method"]
    assert table["interval"].tolist() == ["confidence"] * 5 + ["credible"]
    assert (table["point"] == 2000).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": 0}, "count must be a number above 0"),
        ({"count": float("nan")}, "count must be a number above 0"),
        ({"level": 1}, "level must be above 0 and below 1"),
        ({"count_error": -1}, "count_error must be a number, 0 or more"),
    ],
)
def test_wrong_arguments_are_refused_by_words(change, words):
    with pytest.raises(ValueError, match=words):
        size("log", **change)


def test_missing_generator_and_unknown_words():
    with pytest.raises(ValueError, match="rng must be given for bootstrap"):
        multiplier(count=500, share=QUARTER, kind="service", how="bootstrap")
    with pytest.raises(ValueError, match="how must be one of"):
        size("profile")
    with pytest.raises(ValueError, match="kind must be one of"):
        multiplier(count=500, share=QUARTER, kind="clinic", how="log")


# --- properties --------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    holders=st.integers(1, 300),
    others=st.integers(1, 300),
    extra=st.integers(0, 5000),
    how=st.sampled_from(["delta", "log", "logit", "fieller", "beta"]),
)
def test_bounds_are_ordered_above_the_count_and_scale_with_it(holders, others, extra, how):
    share = counted_share(holders=holders, asked=holders + others)
    count = holders + extra
    try:
        got = size(how, count=count, share=share)
    except NoEstimateError as refusal:
        assert how == "fieller"
        assert refusal.lower >= count
        return
    assert count <= got.lower <= got.point <= got.upper
    ten = size(how, count=10 * count, share=share)
    assert (ten.lower, ten.point, ten.upper) == pytest.approx(
        (10 * got.lower, 10 * got.point, 10 * got.upper)
    )
    wider = size(how, count=count, share=share, level=0.8)
    assert got.lower <= wider.lower + 1e-9
    assert wider.upper <= got.upper + 1e-9


@settings(max_examples=25, deadline=None)
@given(holders=st.integers(2, 99), how=st.sampled_from(["delta", "log", "logit", "beta"]))
def test_a_larger_share_means_fewer_people(holders, how):
    small = size(how, share=counted_share(holders=holders, asked=200))
    large = size(how, share=counted_share(holders=holders + 1, asked=200))
    assert large.point < small.point
    assert large.upper < small.upper


def test_cluster_sample_goes_in_through_its_error_and_few_clusters_widen_the_interval():
    town = np.repeat(np.arange(12), 20)
    holds = (rng(3).random(240) < np.repeat(rng(4).beta(2, 6, 12), 20)).astype(float)
    clustered = survey_share(holds, survey_design(pd.DataFrame({"town": town}), cluster="town"))
    simple = counted_share(holders=int(holds.sum()), asked=240)
    wide, narrow = size("log", share=clustered), size("log", share=simple)
    assert wide.point == pytest.approx(narrow.point)
    t, z = stats.t(11).ppf(0.975), stats.norm.ppf(0.975)
    ratio = t * clustered.error / (z * simple.error)
    assert math.log(wide.upper / wide.point) == pytest.approx(ratio * math.log(narrow.upper / narrow.point))


def test_draws_of_an_rds_bootstrap_are_used_as_they_are():
    draws = rng(2).beta(30, 90, size=4000)
    got = size("bootstrap", share=share_from_draws(draws), replicates=40_000)
    assert (got.lower, got.upper) == pytest.approx(tuple(500 / np.quantile(draws, [0.975, 0.025])), rel=0.01)
    some = multiplier_draws(count=500, share=share_from_draws(draws), replicates=100, rng=rng())
    assert set((500 / some).round(9)) <= set(draws.round(9))
    with pytest.raises(NoEstimateError, match="above 0 in every draw"):
        multiplier_draws(count=5, share=share_from_draws([0, 0.1] * 100), replicates=50, rng=rng())


def test_sample_size_gives_the_wanted_half_width():
    n = multiplier_sample_size(share=0.25, half_width=0.2)
    got = size("delta", share=counted_share(holders=round(n / 4), asked=n))
    assert (got.upper - got.point) / got.point == pytest.approx(0.2, rel=0.01)
    assert multiplier_sample_size(share=0.25, half_width=0.2, design_effect=2) == pytest.approx(2 * n, abs=1)
    assert multiplier_sample_size(share=0.1, half_width=0.2) > n
    with pytest.raises(ValueError, match="share must be above 0 and below 1; got 1"):
        multiplier_sample_size(share=1, half_width=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["log", "logit", "beta"])
def test_intervals_hold_the_truth_about_as_often_as_they_say(how):
    draw, inside, runs = rng(11), 0, 2000
    for _ in range(runs):
        holders = int(draw.binomial(200, 0.3))
        got = size(how, count=600, share=counted_share(holders=holders, asked=200))
        inside += got.lower <= 2000 <= got.upper
    assert inside / runs == pytest.approx(0.95, abs=0.02)


def test_clusters_that_are_all_alike_show_no_error_and_are_refused():
    table = pd.DataFrame({"town": np.repeat(np.arange(3), 4)})
    share = survey_share(np.tile([1.0, 0, 0, 0], 3), survey_design(table, cluster="town"))
    with pytest.raises(NoEstimateError, match="clusters that are all alike"):
        size("log", share=share)
    census = counted_share(holders=20, asked=50, population=50)
    for how in HOWS:
        got = size(how, share=census)
        assert (got.lower, got.point, got.upper) == pytest.approx((1250, 1250, 1250))


def test_weighted_share_of_everybody_or_nobody_has_no_draws():
    weights = rng().random(40) + 0.3
    everybody = weighted_share(np.ones(40), weights, replicates=200, rng=rng())
    assert everybody.point == 1
    got = size("bootstrap", share=everybody)
    assert got.point == 500 < got.upper
    with pytest.raises(NoEstimateError, match="nobody of the survey"):
        size("bootstrap", share=weighted_share(np.zeros(40), weights, replicates=200, rng=rng()))
    with pytest.raises(ValueError, match="the error of asking one person"):
        share_from_error(point=0.5, error=0.6)


def test_draws_that_are_nearly_all_0_leave_the_count_as_the_lower_limit():
    share = share_from_draws(np.append(np.zeros(999), 0.4), point=0.1)
    with pytest.raises(NoEstimateError, match="Only the lower limit is known: 120") as caught:
        multiplier(
            count=120,
            share=share,
            kind="service",
            how="bootstrap",
            replicates=500,
            rng=np.random.default_rng(1),
        )
    assert caught.value.lower == 120
