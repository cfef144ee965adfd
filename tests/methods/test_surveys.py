"""Shares, totals and rates of surveys: exact answers and replicate weights."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import (
    counted_share,
    draw_shares,
    share_from_draws,
    share_from_error,
    share_interval,
    weighted_share,
)
from pse.methods.survey_replicates import (
    bootstrap_weights,
    jackknife_weights,
    replicate_measure,
    replicated_share,
)
from pse.methods.surveys import (
    Measure,
    measure_interval,
    survey_design,
    survey_ratio,
    survey_share,
    survey_size,
    survey_total,
)
from tests.methods.reference import reference_input

SIZE = Estimate(1000, 800, 1250, "confidence", 0.95, "multiplier")


def rng(seed=1):
    return np.random.default_rng(seed)


def example():
    """Return two strata of three and two towns with unequal weights."""
    return pd.DataFrame(
        {
            "stratum": list("aaaaaabbbb"),
            "town": [1, 1, 2, 2, 3, 3, 1, 1, 2, 2],
            "w": [2, 3, 2, 2, 4, 1, 5, 5, 3, 6],
            "towns": [9] * 6 + [4] * 4,
            "y": [1, 0, 1, 1, 0, 0, 1, 0, 0, 0],
        }
    )


def by_fractions(table, *, correct):
    """Return point and variance of the share by exact fractions, from the formula in the docstring."""
    w, y = [Fraction(int(v)) for v in table["w"]], [Fraction(int(v)) for v in table["y"]]
    total = sum(w)
    share = sum(a * b for a, b in zip(w, y, strict=True)) / total
    z = [a * (b - share) / total for a, b in zip(w, y, strict=True)]
    variance = Fraction(0)
    for _, part in table.assign(z=z).groupby("stratum"):
        sums = [sum(rows) for _, rows in part.groupby("town")["z"]]
        n, mean = len(sums), sum(sums) / len(sums)
        f = Fraction(n, int(part["towns"].iloc[0])) if correct else Fraction(0)
        variance += (1 - f) * Fraction(n, n - 1) * sum((s - mean) ** 2 for s in sums)
    return share, variance


@pytest.mark.parametrize("correct", [False, True])
def test_linearised_share_equals_exact_fractions(correct):
    table = example()
    population = "towns" if correct else None
    design = survey_design(table, weight="w", stratum="stratum", cluster="town", population=population)
    got = survey_share(table["y"], design)
    point, variance = by_fractions(table, correct=correct)
    assert got.point == pytest.approx(float(point), rel=1e-12)
    assert got.error**2 == pytest.approx(float(variance), rel=1e-12)
    assert got.degrees == 3


def test_simple_sample_without_replacement_has_the_textbook_variance_of_a_mean():
    # Cochran, Sampling Techniques: v(mean) = (1 - n/N) s^2 / n
    y = np.array([3.0, 7.0, 4.0, 9.0, 2.0])
    design = survey_design(pd.DataFrame({"people": [20] * 5}), population="people")
    assert survey_ratio(y, 1.0, design).error ** 2 == pytest.approx((1 - 5 / 20) * y.var(ddof=1) / 5)
    assert survey_share([1, 0, 1, 1, 0], design).error ** 2 == pytest.approx((1 - 5 / 20) * 0.6 * 0.4 / 4)


def test_variance_of_a_total_is_unbiased_over_all_stratified_cluster_samples():
    """Every possible sample is drawn: the mean estimated variance is the true variance of the estimator."""
    totals = {"a": [5, 1, 8, 2], "b": [3, 9, 4]}
    drawn = {"a": 2, "b": 2}
    points, variances = [], []
    for a in itertools.combinations(totals["a"], drawn["a"]):
        for b in itertools.combinations(totals["b"], drawn["b"]):
            table = pd.DataFrame({"h": list("aabb"), "w": [2, 2, 1.5, 1.5], "of": [4, 4, 3, 3]})
            design = survey_design(table, weight="w", stratum="h", population="of")
            got = survey_total([*a, *b], design)
            points.append(got.point)
            variances.append(got.error**2)
    assert np.mean(points) == pytest.approx(32)
    assert np.mean(variances) == pytest.approx(np.var(points))


def test_design_effect_of_whole_clusters_alike_is_the_cluster_size():
    table = pd.DataFrame({"town": np.repeat(np.arange(30), 8)})
    holds = np.repeat(rng().random(30) < 0.4, 8).astype(float)
    clustered = survey_share(holds, survey_design(table, cluster="town"))
    simple = survey_share(holds, survey_design(table))
    assert (clustered.error / simple.error) ** 2 == pytest.approx(8 * 239 / 240 * 30 / 29, rel=1e-9)


def test_domain_keeps_the_other_clusters_and_blanks_outside_it_do_not_matter():
    table = example()
    design = survey_design(table, weight="w", stratum="stratum", cluster="town")
    women = np.array([1, 0, 1, 1, 0, 1, 0, 0, 1, 1], dtype=bool)
    y = np.where(women, table["y"], np.nan)
    got = survey_share(y, design, among=women)
    w = table["w"].to_numpy(float) * women
    assert got.point == pytest.approx((w * table["y"]).sum() / w.sum())
    assert got.degrees == 3
    with pytest.raises(ValueError, match="holds must be a number in every row; got a blank in row 2"):
        survey_share(y, design)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_scale_and_names_change_nothing(seed):
    draw = rng(seed)
    table = example()
    shuffled = table.iloc[draw.permutation(len(table))].assign(
        w=lambda t: t["w"] * 7.5, town=lambda t: t["town"].map({1: "x", 2: "a", 3: "m"})
    )
    columns = {"weight": "w", "stratum": "stratum", "cluster": "town", "population": "towns"}
    first = survey_share(table["y"], survey_design(table, **columns))
    second = survey_share(shuffled["y"], survey_design(shuffled, **columns))
    assert second.point == pytest.approx(first.point)
    assert second.error == pytest.approx(first.error)


def test_lonely_stratum_is_refused_and_one_drawn_with_certainty_is_not():
    table = example().query("not (stratum == 'b' and town == 2)")
    design = survey_design(table, weight="w", stratum="stratum", cluster="town")
    with pytest.raises(NoEstimateError, match="two clusters or more; got 1 with one"):
        survey_share(table["y"], design)
    certain = table.assign(towns=np.where(table["stratum"] == "b", 1, 9))
    design = survey_design(certain, weight="w", stratum="stratum", cluster="town", population="towns")
    assert survey_share(table["y"], design).error > 0
    jack = replicated_share(table["y"], design, jackknife_weights(design))
    assert jack.error == pytest.approx(survey_share(table["y"], design).error, rel=0.3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"w": [0] * 10}, "weight must be a number above 0 in every row; got something else in row 1"),
        ({"w": [np.nan] + [1] * 9}, "weight must be a number above 0"),
        ({"town": [None, *range(9)]}, "town must be given in every row; got a blank in row 1"),
        ({"towns": [1] * 10}, "towns must be at least the clusters drawn"),
        ({"towns": [9] * 5 + [8] + [4] * 4}, "towns must be one number in each stratum"),
    ],
)
def test_wrong_designs_are_refused_by_words(change, words):
    with pytest.raises(ValueError, match=words):
        survey_design(
            example().assign(**change), weight="w", stratum="stratum", cluster="town", population="towns"
        )


def test_empty_table_and_empty_domain_are_refused():
    with pytest.raises(ValueError, match="respondents must be a whole number, at least 1"):
        survey_design(example().iloc[:0])
    design = survey_design(example())
    with pytest.raises(NoEstimateError, match="bottom must add up to more than 0"):
        survey_share(example()["y"], design, among=np.zeros(10, dtype=bool))
    with pytest.raises(ValueError, match="among must be True or False"):
        survey_share(example()["y"], design, among=np.ones(9, dtype=bool))
    with pytest.raises(ValueError, match="holds must be 0 or 1"):
        survey_share(np.arange(10), design)


# --- replicate weights -------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [{}, {"stratum": "stratum", "cluster": "town", "population": "towns"}])
def test_jackknife_of_a_total_is_the_linearised_variance_exactly(columns):
    table = example()
    design = survey_design(table, weight="w", **columns)
    y = table["y"].to_numpy(float)
    made = jackknife_weights(design)
    got, draws = replicate_measure(lambda w: w @ y, design, made)
    assert got.error == pytest.approx(survey_total(y, design).error, rel=1e-12)
    assert made.method == ("JKn" if columns else "JK1")
    assert len(draws) == (5 if columns else 10)


@pytest.mark.parametrize("how", ["rao-wu", "mccarthy-snowden"])
def test_bootstraps_have_the_linearised_variance_of_a_total_in_expectation(how):
    table = example().assign(towns=[5] * 6 + [3] * 4)
    design = survey_design(table, weight="w", stratum="stratum", cluster="town", population="towns")
    y = table["y"].to_numpy(float)
    made = bootstrap_weights(design, how=how, replicates=20_000, rng=rng(3))
    got, draws = replicate_measure(lambda w: w @ y, design, made)
    expected = survey_total(y, design).error
    kurtosis = np.mean((draws - draws.mean()) ** 4) / draws.var() ** 2
    tolerance = 4 * math.sqrt((kurtosis - 1) / 20_000) / 2  # relative error of a standard deviation
    # the number drawn is rounded at random where (n - 1)/(1 - f) is broken: E(1/m) is a little above 1/E(m)
    allowed = 0.04 if how == "mccarthy-snowden" else 0.0
    assert got.error == pytest.approx(expected, rel=tolerance + allowed)
    assert draws.mean() == pytest.approx(got.point, abs=4 * got.error / math.sqrt(20_000))


def test_without_a_correction_the_two_bootstraps_are_the_same():
    design = survey_design(example(), weight="w", stratum="stratum", cluster="town")
    one = bootstrap_weights(design, how="rao-wu", replicates=4, rng=rng(5))
    assert set(np.unique(one.factors.round(9))) <= {0.0, 1.5, 3.0, 2.0}
    two = bootstrap_weights(design, how="mccarthy-snowden", replicates=4000, rng=rng(5))
    assert set(np.unique(two.factors.round(9))) <= {0.0, 1.5, 3.0, 2.0}


def test_replicated_share_is_the_general_replicate_of_a_ratio():
    table = example()
    design = survey_design(table, weight="w", stratum="stratum", cluster="town")
    made = bootstrap_weights(design, how="rao-wu", replicates=200, rng=rng(8))
    y = table["y"].to_numpy(float)
    general, draws = replicate_measure(lambda w: w @ y / w.sum(), design, made)
    share = replicated_share(y, design, made)
    assert share.error == pytest.approx(general.error, rel=1e-12)
    assert share.draws == pytest.approx(draws)


def _mu284_sample(population, draw):
    """Draw as Särndal, Swensson and Wretman, example 4.3.2: 5 of 50 clusters, 3 municipalities of each."""
    clusters = draw.choice(population["CL"].unique(), 5, replace=False)
    parts = []
    for cluster in clusters:
        part = population[population["CL"] == cluster]
        chosen = part.iloc[draw.permutation(len(part))[:3]]
        parts.append(chosen.assign(w=10 * len(part) / 3))
    return pd.concat(parts)


def test_rescaled_bootstrap_on_mu284_agrees_with_surveybootstrap_in_distribution():
    """The surveys behind the stored summary are not stored: samples of the same design must look alike."""
    population = reference_input("surveybootstrap", "MU284")
    stored = reference_input("surveybootstrap", "MU284.boot.res.summ")
    draw, rows = rng(284), []
    for _ in range(150):
        sample = _mu284_sample(population, draw)
        design = survey_design(sample, weight="w", cluster="CL")
        made = bootstrap_weights(design, how="rao-wu", replicates=60, rng=draw)
        y, top, bottom = (sample[name].to_numpy(float) for name in ("S82", "RMT85", "P85"))
        total, totals = replicate_measure(lambda w, y=y: w @ y, design, made)
        ratio, ratios = replicate_measure(lambda w, t=top, b=bottom: (w @ t) / (w @ b), design, made)
        rows.append((totals.mean(), ratios.mean(), total.error, ratio.error))
    ours = pd.DataFrame(rows, columns=stored.columns)
    combined = np.sqrt(ours.var() / len(ours) + stored.var() / len(stored))
    assert ((ours.mean() - stored.mean()).abs() < 4 * combined).all()
    means = ours["mean.TS82.hat"]
    truth = population["S82"].sum()
    assert truth == 13500
    assert np.mean(means) == pytest.approx(truth, abs=4 * np.std(means) / math.sqrt(150))


def test_replicates_that_lose_the_group_are_refused():
    design = survey_design(example(), weight="w", stratum="stratum", cluster="town")
    first_town = (example()["stratum"] == "a") & (example()["town"] == 1)
    with pytest.raises(NoEstimateError, match="every replicate must hold somebody"):
        replicated_share(
            example()["y"], design, jackknife_weights(design), among=first_town.to_numpy(dtype=bool)
        )


# --- shares ------------------------------------------------------------------------------------------


def test_intervals_of_a_share_have_their_published_values():
    # 81 of 263: Newcombe, Stat Med 1998;17:857-872, table I: exact 0.2527 to 0.3676, Wilson 0.2553 to 0.3662
    share = counted_share(holders=81, asked=263)
    assert share_interval(share, how="exact") == pytest.approx((0.2527, 0.3676), abs=5e-5)
    assert share_interval(share, how="wilson") == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert share_interval(share, how="wald") == pytest.approx((0.2522, 0.3638), abs=5e-5)
    # 0 of 20, same table: exact 0 to 0.1684, Wilson 0 to 0.1611
    none = counted_share(holders=0, asked=20)
    assert share_interval(none, how="exact") == pytest.approx((0, 0.1684), abs=5e-5)
    assert share_interval(none, how="wilson") == pytest.approx((0, 0.1611), abs=5e-5)


@settings(max_examples=40, deadline=None)
@given(
    asked=st.integers(1, 400), part=st.floats(0, 1), how=st.sampled_from(["wald", "logit", "wilson", "exact"])
)
def test_bounds_of_a_share_hold_its_point_and_mirror(asked, part, how):
    holders = round(part * asked)
    low, high = share_interval(counted_share(holders=holders, asked=asked), how=how)
    assert 0 <= low <= holders / asked + 1e-12 <= high + 2e-12 <= 1 + 3e-12
    mirrored = share_interval(counted_share(holders=asked - holders, asked=asked), how=how)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_draws_have_the_mean_and_error_of_the_share():
    share = share_from_error(point=0.2, error=0.03)
    draws = draw_shares(share, replicates=100_000, rng=rng())
    assert draws.mean() == pytest.approx(0.2, abs=4e-4)
    assert draws.std() == pytest.approx(0.03, rel=0.015)
    again = share_from_draws(draws)
    assert again.error == pytest.approx(draws.std(ddof=1))
    assert set(draw_shares(again, replicates=50, rng=rng())) <= set(draws)


def test_finite_population_and_full_count():
    assert counted_share(holders=20, asked=50, population=50).error == 0
    half = counted_share(holders=20, asked=50, population=99)
    assert half.error == pytest.approx(math.sqrt(0.24 / 50 * 49 / 98))


def test_shares_refuse_by_words():
    with pytest.raises(ValueError, match="holders must be a whole number, at least 0 and at most 10; got 11"):
        counted_share(holders=11, asked=10)
    with pytest.raises(ValueError, match="Give counts to counted_share"):
        share_from_error(point=1, error=0.1)
    with pytest.raises(ValueError, match="divide by 100"):
        share_from_draws(np.full(200, 55))
    with pytest.raises(ValueError, match="draws must differ"):
        share_from_draws(np.full(200, 0.5))
    with pytest.raises(ValueError, match="weights must be above 0"):
        weighted_share([1, 0], [1, 0])


def test_weighted_share_equals_the_survey_share_of_single_people():
    w, y = rng(4).random(50) + 0.1, (rng(5).random(50) < 0.3).astype(float)
    single, survey = weighted_share(y, w), survey_share(y, survey_design(pd.DataFrame({"w": w}), weight="w"))
    assert (single.point, single.error) == pytest.approx((survey.point, survey.error))


def test_size_of_a_group_never_starts_below_those_met():
    design = survey_design(pd.DataFrame({"w": [1.2] * 40}), weight="w")
    got = survey_size([1] * 20 + [0] * 20, design)
    assert got.point == pytest.approx(24)
    assert got.lower == 20
    with pytest.raises(NoEstimateError, match="got nobody in the group"):
        survey_size([0] * 40, design)
    low, high = measure_interval(Measure(10, 1, 4, "x"), level=0.95, scale="plain")
    assert high - 10 == pytest.approx(2.776445, rel=1e-5)  # t of 4 degrees of freedom
    assert low == pytest.approx(20 - high)


def test_nobody_in_clusters_counts_each_cluster_as_one_person():
    table = pd.DataFrame({"town": np.repeat(np.arange(10), 30)})
    none = survey_share(np.zeros(300), survey_design(table, cluster="town"))
    assert (none.point, none.error, none.effective) == (0, 0, pytest.approx(10))
    assert survey_share(np.zeros(300), survey_design(table)).effective == pytest.approx(300)


def test_blanks_of_pandas_are_refused_in_our_words_and_truth_values_are_shares():
    design = survey_design(pd.DataFrame({"id": range(4)}))
    with pytest.raises(ValueError, match="got a blank in row 2"):
        survey_share(pd.array([1, None, 0, 1], dtype="Int64"), design)
    with pytest.raises(ValueError, match="got a blank in row 1"):
        survey_share(["yes", 1, 0, 1], design)
    assert survey_share([True, False, True, False], design).point == 0.5


def test_levels_are_refused_everywhere_and_the_point_of_draws_can_be_given():
    design = survey_design(pd.DataFrame({"w": [10.0] * 6}), weight="w")
    for level in (0, 1, 95):
        with pytest.raises(ValueError, match="level must be"):
            survey_size([1, 0, 0, 1, 1, 0], design, level=level)
        with pytest.raises(ValueError, match="level must be"):
            share_interval(counted_share(holders=3, asked=9), level=level, how="wald")
    assert share_from_draws(np.linspace(0.2, 0.3, 200), point=0.24).point == 0.24
    with pytest.raises(ValueError, match="point must be above 0 and below 1"):
        share_from_draws(np.linspace(0.2, 0.3, 200), point=0)
    with pytest.raises(ValueError, match="clusters must be at most 5000 for a jackknife"):
        jackknife_weights(survey_design(pd.DataFrame({"id": range(5001)})))
