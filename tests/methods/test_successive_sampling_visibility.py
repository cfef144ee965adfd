"""Imputed visibilities: simulated people with noisy and missing reports, point masses, refusals."""

import numpy as np
import pytest

from pse.methods.refusal import NoEstimateError
from pse.methods.successive_sampling import successive_sampling
from pse.methods.successive_sampling_checks import successive_sample
from pse.methods.successive_sampling_prior import beta_size_prior, degree_prior
from pse.methods.successive_sampling_recruits import one_survey
from pse.methods.successive_sampling_visibility import Measure, reports, visible_sampling

SCATTER = Measure(optimism=1, size=15, concentration=2, concentration_people=10)


def simulated(*, size, draws, scatter, rng):
    """Visibilities in the order of recruitment and noisy reports of them, a tenth missing."""
    everybody = rng.poisson(6, size=size) + 1
    seen = everybody[successive_sample(everybody, draws=draws, rng=rng)]
    base = scatter.logs(largest=int(everybody.max()), most=80)
    told = np.exp(scatter.concentration * base[seen - 1])
    told = (np.cumsum(told, axis=1) < rng.random((draws, 1)) * told.sum(axis=1, keepdims=True)).sum(axis=1)
    told = np.where(rng.random(draws) < 0.1, np.nan, told)
    times = np.arange(draws) / (draws - 1)
    chance = 1 / (1 + np.exp(1.0 + 2 * times - 0.2 * seen))
    return seen, told, rng.binomial(3, chance)


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(12)
    seen, told, recruits = simulated(size=450, draws=300, scatter=SCATTER, rng=rng)
    prior = beta_size_prior(seen=300, largest=6000, stated="median", size=700)
    belief = degree_prior(np.maximum(told, 1), largest=25)
    given = reports(told, recruits=recruits, coupons=3)
    fit = visible_sampling(
        given, prior=prior, degree_prior=belief, measure=SCATTER, rng=rng, draws=700, thin=4
    )
    return seen, told, fit


def test_size_and_parameters_are_found_from_noisy_reports(fitted):
    _, _, fit = fitted
    got = fit.estimate()
    assert got.lower < 450 < got.upper
    assert "imputed visibilities; beta prior, median 700" in got.method
    low, high = np.quantile(fit.line[..., 2], [0.005, 0.995])
    assert low < 0.2 < high
    assert np.quantile(fit.concentration, 0.005) < 2 < np.quantile(fit.concentration, 0.995)


def test_imputed_visibilities_are_nearer_than_the_reports(fitted):
    seen, told, fit = fitted
    there = ~np.isnan(told)
    means = fit.imputed("mean")
    assert np.abs(means - seen)[there].mean() < 0.9 * np.abs(told - seen)[there].mean()
    assert np.abs(means - seen)[~there].mean() < np.abs(seen.mean() - seen)[~there].mean() + 0.3
    assert (fit.counts.sum(axis=1) == 4 * 700).all()
    drawn = fit.imputed("draw", rng=np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(means.mean(), abs=0.4)
    assert np.abs(fit.imputed("median") - means).max() <= 1
    assert np.abs(fit.imputed("mode") - means).max() <= 2.5


def test_exact_reports_give_the_posterior_without_imputation():
    """At a concentration of 10,000 reports are the mode of the negative binomial, here the visibility."""
    rng = np.random.default_rng(3)
    everybody = np.minimum(rng.poisson(4, size=120) + 1, 12)
    seen = everybody[successive_sample(everybody, draws=80, rng=rng)]
    prior = beta_size_prior(seen=80, largest=900, stated="median", size=160)
    belief = degree_prior(seen, largest=12)
    sure = Measure(optimism=1.05, size=1e6, concentration=1e4, concentration_people=1e8)
    given = reports(seen, recruits=np.zeros(80), coupons=1)
    fit = visible_sampling(given, prior=prior, degree_prior=belief, measure=sure, rng=rng, draws=800, thin=2)
    assert (fit.imputed("mode") == seen).all()
    plain = successive_sampling(one_survey(seen), prior=prior, degree_prior=belief, rng=rng)
    for share in (0.1, 0.5, 0.9):
        spread = plain.sizes.std() / np.sqrt(fit.size.chains.effective)
        expected = np.quantile(plain.sizes, share)
        assert np.quantile(fit.size.sizes, share) == pytest.approx(expected, abs=6 * spread)


def test_too_few_rounds_are_refused():
    rng = np.random.default_rng(3)
    given = reports([5, 4, 6, 3, 3, 2, 4, 1], recruits=[2, 1, 0, 1, 0, 0, 0, 0], coupons=3)
    fit = visible_sampling(
        given,
        prior=beta_size_prior(seen=8, largest=90, stated="median", size=20),
        degree_prior=degree_prior([5, 4, 6, 3, 3, 2, 4, 1]),
        measure=SCATTER,
        rng=rng,
        draws=12,
        thin=1,
    )
    with pytest.raises(NoEstimateError, match="must have chains that agree"):
        fit.estimate()
    with pytest.raises(ValueError, match="rng must be given for a draw"):
        fit.imputed("draw")
    with pytest.raises(ValueError, match="how must be one of 'median', 'mode', 'mean', 'draw'; got 'best'"):
        fit.imputed("best")


def test_scatter_is_that_of_the_negative_binomial():
    logs = Measure(optimism=1.5, size=4, concentration=1, concentration_people=5).logs(largest=6, most=400)
    told = np.arange(401)
    mean = np.exp(logs) @ told
    assert mean == pytest.approx(1.5 * np.arange(1, 7))
    assert np.exp(logs) @ told**2 - mean**2 == pytest.approx(mean + mean**2 / 4)


def test_what_was_not_reported_rightly_is_refused():
    with pytest.raises(ValueError, match=r"degrees must be whole numbers, 0 or more, or NaN; .* row 2"):
        reports([3, -1, 2], recruits=0, coupons=3)
    with pytest.raises(ValueError, match=r"recruits must be whole numbers, not more than coupons; .* row 3"):
        reports([3, 1, 2], recruits=[0, 0, 4], coupons=3)
    with pytest.raises(ValueError, match="times must rise"):
        reports([3, 1, 2], recruits=0, coupons=3, times=[1, 3, 2])
    with pytest.raises(ValueError, match="degrees must be there for at least one person"):
        reports([np.nan, np.nan], recruits=0, coupons=3)
    with pytest.raises(ValueError, match="optimism must be a number above 0; got 0"):
        Measure(optimism=0, size=15, concentration=2, concentration_people=10)
    with pytest.raises(ValueError, match="prior must have seen = 3, the people; got 4"):
        visible_sampling(
            reports([3, 1, 2], recruits=0, coupons=3),
            prior=beta_size_prior(seen=4, largest=90, stated="median", size=20),
            degree_prior=degree_prior([3, 1, 2]),
            measure=SCATTER,
            rng=np.random.default_rng(1),
        )
