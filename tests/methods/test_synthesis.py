"""Consensus: against closed forms and an independent double integral, and its properties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pse.methods import synthesis
from pse.methods.multiplier_pool import pool_multipliers
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import t_quantile
from pse.methods.synthesis import consensus, consensus_fit
from pse.methods.synthesis_mixture import NormalMixture, log_mass
from pse.methods.synthesis_pool import pool_evidence, pool_prediction, pool_spread, pool_table
from pse.methods.synthesis_priors import ElicitedPrior, MethodBias
from tests.methods.synthesis_data import Z, entry

PRIOR = ElicitedPrior(median=1500, upper=2000, probability=0.75)
THREE = [entry(1000, 0.12), entry(1500, 0.1, confidence=0.5), entry(1300, 0.2)]
BIAS = MethodBias(method="lists", factor=0.8, lower=0.6, upper=1.07, level=0.95, source="a validation")


def by_hand(y, covariance, alpha, prior, low=-np.inf, high=np.inf):
    """Return the posterior of theta on a grid: densities multiplied and summed, nothing in closed form."""
    theta = np.linspace(max(low, 4.0), min(high, 10.0), 6001)
    even = (np.arange(1500) + 0.5) / 1500
    tau = alpha * np.tan(np.pi / 2 * even**2 * (3 - 2 * even))  # quantiles, dense at both ends
    mass = even * (1 - even)
    post = np.zeros_like(theta)
    for t, m in zip(tau, mass, strict=True):
        inverse = np.linalg.inv(covariance + t**2 * np.eye(len(y)))
        gap = y[:, None] - theta
        _, logdet = np.linalg.slogdet(inverse)
        post += m * np.exp(0.5 * logdet - 0.5 * np.einsum("ij,ik,kj->j", gap, inverse, gap))
    post *= prior(theta)
    cumulative = (np.cumsum(post) - post / 2) / post.sum()
    return np.exp(np.interp([0.5, 0.025, 0.975], cumulative, theta))


@pytest.mark.parametrize("multiplier", [0.01, 1.0])
@pytest.mark.parametrize("biased", [False, True])
def test_consensus_is_the_double_integral(multiplier, biased):
    y = np.log([1000, 1500, 1300])
    covariance = np.diag([0.12, 0.2, 0.2]) ** 2
    alpha = multiplier * y.std(ddof=1)
    if biased:
        y = y - math.log(0.8)
        covariance = covariance + (math.log(1.07 / 0.6) / (2 * Z)) ** 2
    mu, sd = math.log(1500), math.log(2000 / 1500) / stats.norm.ppf(0.75)
    expected = by_hand(y, covariance, alpha, lambda x: stats.norm.pdf(x, mu, sd))
    got = consensus(
        THREE, scale="log", prior=PRIOR, tau_multiplier=multiplier, biases=[BIAS] if biased else []
    )
    assert [got.point, got.lower, got.upper] == pytest.approx(expected, rel=3e-4)
    assert got.interval == "credible"


def test_bounds_of_the_prior_cut_the_posterior_as_the_double_integral():
    prior = ElicitedPrior(median=1500, upper=2000, probability=0.75, lowest=1250, highest=1700)
    y, covariance = np.log([1000, 1500, 1300]), np.diag([0.12, 0.2, 0.2]) ** 2
    mu, sd = math.log(1500), math.log(2000 / 1500) / stats.norm.ppf(0.75)
    expected = by_hand(
        y,
        covariance,
        0.01 * y.std(ddof=1),
        lambda x: stats.norm.pdf(x, mu, sd),
        math.log(1250),
        math.log(1700),
    )
    got = consensus(THREE, scale="log", prior=prior, tau_multiplier=0.01)
    assert [got.point, got.lower, got.upper] == pytest.approx(expected, rel=3e-4)
    assert got.lower >= 1250 and got.upper <= 1700


def test_without_spread_and_prior_it_is_the_mean_by_inverse_variance():
    got = consensus(THREE, scale="log", prior=None, tau_multiplier=1e-9)
    w = 1 / np.array([0.12, 0.2, 0.2]) ** 2
    mean, half = w @ np.log([1000, 1500, 1300]) / w.sum(), Z / math.sqrt(w.sum())
    assert got.point == pytest.approx(math.exp(mean), rel=1e-5)
    assert got.lower == pytest.approx(math.exp(mean - half), rel=1e-4)
    fit = consensus_fit(THREE, scale="log", prior=None, tau_multiplier=1e-9)
    assert fit.weights["weight"].to_numpy() == pytest.approx(w / w.sum(), rel=1e-5)


def test_values_that_are_all_the_same_have_no_spread():
    got = consensus_fit([entry(1000, source=s) for s in "ab"], scale="log", prior=None, tau_multiplier=0.01)
    assert got.tau == 0 and got.unaccounted == 0
    assert got.estimate().point == pytest.approx(1000)
    assert got.prediction().lower == pytest.approx(got.estimate().lower)


def test_weights_sum_to_one_and_give_the_consensus_back():
    fit = consensus_fit(THREE, scale="log", prior=PRIOR, tau_multiplier=0.01)
    assert fit.weights.index.tolist() == [1, 2, 3, "prior"]
    assert fit.weights["weight"].sum() == pytest.approx(1)
    mean = fit.weights["weight"].to_numpy() @ np.log([1000, 1500, 1300, 1500])
    assert mean == pytest.approx(float(fit.posterior.weights @ fit.posterior.means), rel=1e-9)


def test_half_the_confidence_weighs_a_quarter():
    fit = consensus_fit(
        [entry(1000), entry(1001, confidence=0.5)], scale="log", prior=None, tau_multiplier=1e-6
    )
    first, second = fit.weights["weight"]
    assert first / second == pytest.approx(4, rel=1e-4)


def test_studies_that_disagree_widen_interval_and_prediction():
    alike = consensus_fit([entry(n) for n in (1000, 1050, 950)], scale="log", prior=None, tau_multiplier=0.5)
    apart = consensus_fit([entry(n) for n in (1000, 2100, 480)], scale="log", prior=None, tau_multiplier=0.5)
    width = [math.log(one.estimate().upper / one.estimate().lower) for one in (alike, apart)]
    assert width[1] > 3 * width[0]
    assert apart.tau > 5 * alike.tau and apart.unaccounted > 0.8 > 0.5 > alike.unaccounted
    next_one = apart.prediction()
    assert next_one.lower < apart.estimate().lower and next_one.upper > apart.estimate().upper
    assert next_one.method.startswith("next study, ")


def test_a_bias_that_is_known_well_is_as_good_as_a_corrected_entry():
    sure = MethodBias(method=" Lists", factor=0.8, lower=0.79999, upper=0.80001, level=0.95, source="s")
    found = [entry(800, 0.1), entry(1100, 0.1, method="multiplier")]
    corrected = [entry(1000, 0.1), entry(1100, 0.1, method="multiplier")]
    got = consensus(found, scale="log", prior=PRIOR, tau_multiplier=1e-6, biases=[sure])
    want = consensus(corrected, scale="log", prior=PRIOR, tau_multiplier=1e-6)
    assert got.point == pytest.approx(want.point, rel=1e-4) and got.upper == pytest.approx(
        want.upper, rel=1e-4
    )
    assert "prior on the bias of 1 method(s)" in got.method


def test_many_studies_of_a_biased_method_do_not_outvote_its_bias():
    many = [entry(1000, 0.05, source=f"s{n}") for n in range(8)]
    got = consensus(many, scale="log", prior=None, tau_multiplier=0.01, biases=[BIAS])
    assert math.log(got.upper / got.lower) > math.log(1.07 / 0.6)
    assert got.point == pytest.approx(1250, rel=1e-3)


@pytest.mark.parametrize("method", ["mapping", "no such"])
def test_a_bias_must_be_for_an_entry(method):
    with pytest.raises(ValueError, match="got another in bias 1"):
        bias = MethodBias(method=method, factor=1, lower=0.8, upper=1.25, level=0.95, source="s")
        consensus(THREE, scale="log", prior=None, tau_multiplier=0.01, biases=[bias])


def test_small_shares_give_the_same_on_both_scales_and_large_ones_stay_below_the_denominator():
    small = [entry(1000), entry(1200), entry(900)]
    log, odds = (consensus(small, scale=s, prior=PRIOR, tau_multiplier=0.01) for s in ("log", "logit"))
    assert log.point == pytest.approx(odds.point, rel=2e-3) and log.upper == pytest.approx(
        odds.upper, rel=5e-3
    )
    large = [entry(n, 0.2, denominator=2000) for n in (1300, 1200)]
    got = consensus(large, scale="logit", prior=None, tau_multiplier=1.0)
    assert got.upper < 2000


def test_the_logit_scale_has_one_denominator_and_a_prior_below_it():
    with pytest.raises(ValueError, match=r"denominator must be the same.*got 2 different"):
        consensus(
            [entry(1000), entry(1100, denominator=80_000)], scale="logit", prior=None, tau_multiplier=0.01,
            reason="about the same",
        )  # fmt: skip
    prior = ElicitedPrior(median=1500, upper=3000, probability=0.75)
    with pytest.raises(ValueError, match="prior must be below the denominator"):
        consensus(
            [entry(n, denominator=2500) for n in (1000, 1100)],
            scale="logit",
            prior=prior,
            tau_multiplier=0.01,
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"upper": 1400}, "upper must be above median"),
        ({"probability": 0.4}, "with a probability above 0.5; got 2000 with 0.4"),
        ({"probability": 75}, "Give 0.95 for 95%"),
        ({"lowest": 1600}, "median must be above lowest and below highest; got 1500"),
        ({"highest": 1500}, "median must be above lowest and below highest"),
    ],
)
def test_a_prior_refuses_what_it_cannot_be(change, words):
    with pytest.raises(ValueError, match=words):
        ElicitedPrior(**{"median": 1500, "upper": 2000, "probability": 0.75} | change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"factor": 2}, "factor must be between"),
        ({"source": " "}, "source must say"),
        ({"lower": 0}, "above 0"),
    ],
)
def test_a_bias_refuses_what_it_cannot_be(change, words):
    given = {"method": "lists", "factor": 1, "lower": 0.8, "upper": 1.25, "level": 0.95, "source": "s"}
    with pytest.raises(ValueError, match=words):
        MethodBias(**given | change)


sizes = st.lists(st.floats(50, 50_000), min_size=2, max_size=5, unique=True)


@settings(max_examples=25, deadline=None)
@given(sizes, st.floats(0.1, 10), st.randoms())
def test_the_order_does_not_matter_and_the_unit_goes_through(points, times, random):
    def of(numbers, unit):
        prior = ElicitedPrior(median=900 * unit, upper=1500 * unit, probability=0.75)
        entries = [entry(n * unit, 0.15, denominator=None, source=str(i)) for i, n in enumerate(numbers)]
        return consensus(entries, scale="log", prior=prior, tau_multiplier=0.05)

    got = of(points, 1)
    mixed = list(points)
    random.shuffle(mixed)
    assert of(mixed, 1).point == pytest.approx(got.point, rel=1e-6)
    assert of(points, times).upper == pytest.approx(times * got.upper, rel=1e-6)
    low, high = min([*points, 900]), max([*points, 900])
    assert low * 0.999 <= got.point <= high * 1.001


def test_log_mass_is_that_of_the_normal_also_far_out():
    means, errors = np.array([0.0, 1.0, 0.0]), np.array([1.0, 2.0, 1.0])
    expected = np.log(stats.norm.cdf((1.5 - means) / errors) - stats.norm.cdf((-0.5 - means) / errors))
    assert log_mass(means, errors, -0.5, 1.5) == pytest.approx(expected, rel=1e-12)
    far = log_mass(np.zeros(2), np.ones(2), 38.0, np.inf), log_mass(np.zeros(2), np.ones(2), -np.inf, -38.0)
    assert far[0][0] == pytest.approx(stats.norm.logsf(38)) and far[1][0] == pytest.approx(
        stats.norm.logsf(38)
    )


def test_a_prior_far_from_all_estimates_still_has_quantiles():
    prior = ElicitedPrior(median=60_000, upper=61_000, probability=0.9, lowest=50_000)
    got = consensus([entry(100, 0.01), entry(105, 0.01)], scale="log", prior=prior, tau_multiplier=0.01)
    assert 50_000 <= got.lower <= got.point <= got.upper
    mixture = NormalMixture(np.array([0.0]), np.array([0.01]), np.ones(1), low=5.0, high=6.0)
    assert 5 < mixture.quantile(0.5) < 5.001


# Pooling without a prior


def test_the_pool_is_that_of_multipliers_when_confidence_is_full():
    given = [entry(1000, 0.1), entry(1500, 0.12), entry(1200, 0.2)]
    for error in ("normal", "hartung-knapp"):
        got = pool_evidence(given, error=error)
        want = pool_multipliers([one.estimate for one in given], error=error)
        assert (got.point, got.lower, got.upper) == pytest.approx(
            (want.point, want.lower, want.upper), rel=1e-9
        )
    assert got.method.startswith("pool of 3 estimates, random effects, hartung-knapp, I2 ")


def test_prediction_is_mean_and_t_times_the_root_of_both_variances():
    given = [entry(1000, 0.1), entry(1500, 0.12), entry(1200, 0.2), entry(2000, 0.1)]
    got = pool_prediction(given, level=0.9)
    tau = pool_spread(given)["tau"]
    w = 1 / (np.array([0.1, 0.12, 0.2, 0.1]) ** 2 + tau**2)
    mean = w @ np.log([1000, 1500, 1200, 2000]) / w.sum()
    half = t_quantile(2, level=0.9) * math.sqrt(tau**2 + 1 / w.sum())
    expected = (math.exp(mean), math.exp(mean - half), math.exp(mean + half))
    assert (got.point, got.lower, got.upper) == pytest.approx(expected, rel=1e-9)


def test_the_typical_variance_is_the_one_of_i_squared():
    errors = np.array([0.1, 0.12, 0.2, 0.1])
    points = (1000, 1500, 1200, 2000)
    spread = pool_spread([entry(n, float(e)) for n, e in zip(points, errors, strict=True)])
    typical = synthesis._typical_variance(errors**2)
    assert spread["tau"] ** 2 / (spread["tau"] ** 2 + typical) == pytest.approx(spread["I2"], rel=1e-9)


def test_a_prediction_needs_three():
    with pytest.raises(NoEstimateError, match="three estimates or more; got 2"):
        pool_prediction([entry(1000), entry(1200)])


def test_the_table_of_the_pool_shows_errors_widened_by_the_confidence():
    table = pool_table([entry(1000), entry(1001, confidence=0.5)], level=0.9)
    assert table.index.tolist() == [1, 2] and table["weight"].sum() == pytest.approx(1)
    half = np.log(table["upper"] / table["point"])
    assert half[2] == pytest.approx(2 * half[1]) and (table["level"] == 0.9).all()
