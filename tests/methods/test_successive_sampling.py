"""Successive sampling: the exact posterior by enumeration, printed posteriors, checks and refusals."""

import math

import numpy as np
import pytest
from scipy import special

from pse.estimate import EstimateWarning
from pse.methods.chains import Chains
from pse.methods.refusal import NoEstimateError
from pse.methods.successive_sampling import successive_sampling
from pse.methods.successive_sampling_checks import predictive_degrees, successive_sample
from pse.methods.successive_sampling_prior import (
    DegreePrior,
    beta_size_prior,
    degree_prior,
    flat_size_prior,
)
from pse.methods.successive_sampling_recruits import one_survey, two_surveys
from tests.methods.reference import reference, reference_input

TINY = DegreePrior(mean=2, sd=0.8, largest=3, mean_people=1, sd_people=3)


def exact_posterior(recruits, prior, belief):
    """Sum over a grid of (log lambda, nu) and over every total of the unseen; the change of variables by
    differences. Nothing here is shared with the package but the data."""
    u = np.arange(1, belief.largest + 1)
    logs = special.gammaln(u + 1)
    rests = np.concatenate(recruits.rests)

    def moments(theta, nu):
        p = special.softmax(theta * u - nu * logs)
        return p @ u, np.sqrt(p @ u**2 - (p @ u) ** 2), p

    posterior, h = np.zeros(len(prior.logs)), 1e-5
    for theta in np.linspace(-5, 13, 61):
        for nu in np.linspace(0.0005, 12, 61):
            mean, sd, p = moments(theta, nu)
            if sd < 1e-3:
                continue
            right, left = moments(theta + h, nu), moments(theta - h, nu)
            up, down = moments(theta, nu + h), moments(theta, nu - h)
            stretch = abs(
                (right[0] - left[0]) * (up[1] - down[1]) - (up[0] - down[0]) * (right[1] - left[1])
            ) / (4 * h * h)
            normal = math.exp(-0.5 * belief.mean_people * ((mean - belief.mean) / sd) ** 2) / sd
            chi = sd ** -(belief.sd_people + 1) * math.exp(-0.5 * belief.sd_people * belief.sd**2 / sd**2)
            weight = normal * chi * stretch * np.prod(p[recruits.degrees - 1])
            if weight < 1e-12:
                continue
            totals = np.array([1.0])  # probabilities of the summed degrees of the unseen
            for unseen in range(len(prior.logs)):
                at = np.arange(len(totals))[:, None] + rests
                order = np.prod(1 / np.where(at > 0, at, np.inf), axis=1)
                size = recruits.seen + unseen
                posterior[unseen] += weight * prior.probabilities[unseen] * math.perm(
                    size, recruits.seen
                ) * (totals @ order)  # fmt: skip
                totals = np.convolve(totals, np.concatenate([[0], p]))
    return posterior / posterior.sum()


@pytest.mark.parametrize(
    "recruits",
    [one_survey([3, 2, 3, 1, 2, 1]), two_surveys([3, 2, 1], [3, 2, 2], again=[True, False, True])],
    ids=["one survey", "two surveys"],
)
def test_draws_have_the_exact_posterior(recruits):
    prior = flat_size_prior(seen=recruits.seen, largest=recruits.seen + 12)
    fit = successive_sampling(
        recruits, prior=prior, degree_prior=TINY, rng=np.random.default_rng(2), draws=5000
    )
    exact = exact_posterior(recruits, prior, TINY)
    for size, expected in zip(prior.sizes, exact, strict=True):
        here = Chains((fit.sizes == size).astype(float))
        error = math.sqrt(expected * (1 - expected) / min(here._effective(method="mean"), fit.sizes.size))
        assert here.draws.mean() == pytest.approx(expected, abs=4 * error)


def quantile_error(share, draws, effective):
    """Standard error of a quantile, read off the quantiles beside it."""
    off = math.sqrt(share * (1 - share) / effective)
    low, high = np.quantile(draws, [max(share - off, 0), min(share + off, 1)])
    return (high - low) / 2


@pytest.fixture(scope="module")
def fauxmadrona():
    return one_survey(reference_input("RDS", "fauxmadrona")["degree"])


def fit_of(recruits, name, **stated):
    printed = reference("sspse", name)["result"]
    prior = beta_size_prior(seen=recruits.seen, largest=printed["maxN"], stated="median", size=1000, **stated)
    belief = degree_prior(recruits.degrees, largest=printed["K"])
    fit = successive_sampling(
        recruits, prior=prior, degree_prior=belief, rng=np.random.default_rng(6), draws=4000
    )
    return fit, printed


def test_the_long_run_of_sspse_has_the_same_quantiles(fauxmadrona):
    fit, printed = fit_of(fauxmadrona, "fauxmadrona_med1000_deg_long")
    ours, theirs = fit.chains.effective, printed["N"]["ess"]
    for share, quantile in printed["N"]["quantiles"].items():
        error = quantile_error(float(share), fit.sizes, theirs) + quantile_error(
            float(share), fit.sizes, ours
        )
        assert np.quantile(fit.sizes, float(share)) == pytest.approx(quantile, abs=4 * error)
    assert fit.means.mean() == pytest.approx(printed["other"]["mu"], rel=0.005)
    assert fit.sds.mean() == pytest.approx(printed["other"]["sigma"], rel=0.01)
    assert fit.estimate().method == ("successive sampling (SS-PSE); beta prior, median 1,000, largest 4,392")


def test_the_long_run_with_a_strong_prior_is_within_two_percent(fauxmadrona):
    """Theirs is larger by 1 to 4 %, more than its Monte Carlo error; see the page of parity."""
    fit, printed = fit_of(fauxmadrona, "fauxmadrona_med1000_deg_df5_long", strength=5)
    for share in ("0.05", "0.25", "0.5", "0.75"):
        assert np.quantile(fit.sizes, float(share)) == pytest.approx(
            printed["N"]["quantiles"][share], rel=0.02
        )
    assert fit.sizes.mean() == pytest.approx(printed["N"]["mean"], rel=0.02)


def test_two_surveys_hold_the_size_that_was_simulated():
    """The data were drawn from a network of 1,000 people; sspse prints 1,010 to 1,274 for them."""
    first, second = (reference_input("sspse", f"fauxmadrona2_rds{k}") for k in (1, 2))
    recruits = two_surveys(first["degree"], second["degree"], again=second["recapture"].to_numpy(dtype=bool))
    assert recruits.seen == 586
    fit, printed = fit_of(recruits, "fauxmadrona2_capture_recapture")
    got = fit.estimate()
    assert got.lower < 1000 < got.upper
    assert got.upper > printed["N"]["quantiles"]["0.025"]
    assert fit.prior_overlap < 0.5
    assert got.method.startswith("successive sampling (SS-PSE), two surveys; beta prior")


def test_flat_degrees_leave_a_flat_prior_flat_and_are_refused():
    degrees = np.tile([3, 5, 4, 6, 2, 4], 10)
    fit = successive_sampling(
        one_survey(degrees),
        prior=flat_size_prior(seen=60, largest=3000),
        degree_prior=degree_prior(degrees),
        rng=np.random.default_rng(1),
    )
    with pytest.raises(NoEstimateError, match=r"posterior that ends below largest \(3,000\)") as refused:
        fit.estimate()
    assert refused.value.lower == 60


def test_a_small_survey_gives_back_the_prior_with_a_warning():
    rng = np.random.default_rng(4)
    people = one_survey(successive_sampled(rng, size=4000, draws=60))
    prior = beta_size_prior(seen=60, largest=20_000, stated="median", size=500, strength=3)
    fit = successive_sampling(people, prior=prior, degree_prior=degree_prior(people.degrees), rng=rng)
    assert fit.prior_overlap > 0.9
    with pytest.warns(EstimateWarning, match=r"shares 9\d% with the prior"):
        got = fit.estimate()
    assert got.upper < 4000  # the truth: the prior was wrong and the survey could not tell


def successive_sampled(rng, *, size, draws):
    everybody = rng.poisson(6, size=size) + 1
    return everybody[successive_sample(everybody, draws=draws, rng=rng)]


def test_steep_falls_show_that_nearly_everybody_came():
    rng = np.random.default_rng(5)
    people = one_survey(successive_sampled(rng, size=550, draws=500))
    prior = beta_size_prior(seen=500, largest=10_000, stated="median", size=1500)
    fit = successive_sampling(people, prior=prior, degree_prior=degree_prior(people.degrees), rng=rng)
    got = fit.estimate()
    assert got.lower < 550 < got.upper < 700
    table = fit.table()
    assert table.loc["posterior", "97.5%"] == got.upper
    assert table.loc["prior", "50%"] == 1500


def test_same_seed_same_draws_and_too_few_draws_are_refused():
    people, prior = one_survey([4, 3, 5, 2, 2, 1]), flat_size_prior(seen=6, largest=30)
    one, two = (
        successive_sampling(
            people, prior=prior, degree_prior=TINY5, rng=np.random.default_rng(9), draws=20, thin=1
        )
        for _ in range(2)
    )
    assert (one.sizes == two.sizes).all()
    with pytest.raises(NoEstimateError, match="must have chains that agree"):
        one.estimate()


TINY5 = DegreePrior(mean=3, sd=1.5, largest=8, mean_people=1, sd_people=3)


def test_a_population_from_the_model_passes_its_predictive_checks_and_a_rising_survey_does_not():
    rng = np.random.default_rng(8)
    people = one_survey(successive_sampled(rng, size=700, draws=300))
    prior = beta_size_prior(seen=300, largest=5000, stated="median", size=800)
    belief = degree_prior(people.degrees)
    fit = successive_sampling(people, prior=prior, degree_prior=belief, rng=rng)
    fine = predictive_degrees(fit, people, replicates=300, rng=rng)
    assert fine["p"].between(0.01, 0.99).all()
    rising = one_survey(np.sort(people.degrees))
    odd = predictive_degrees(
        successive_sampling(rising, prior=prior, degree_prior=belief, rng=rng),
        rising,
        replicates=300,
        rng=rng,
    ).set_index("check")
    assert odd.loc["fall of degrees", "p"] < 0.01
    assert odd.loc["mean degree, last third", "p"] > 0.99


def test_people_in_both_surveys_are_checked_too():
    rng = np.random.default_rng(2)
    everybody = rng.poisson(5, size=300) + 1
    first, second = (successive_sample(everybody, draws=100, rng=rng) for _ in range(2))
    again = np.isin(second, first)
    people = two_surveys(everybody[first], everybody[second], again=again)
    prior = flat_size_prior(seen=people.seen, largest=1500)
    fit = successive_sampling(people, prior=prior, degree_prior=degree_prior(people.degrees), rng=rng)
    assert fit.estimate().lower < 300 < fit.estimate().upper
    checked = predictive_degrees(fit, people, replicates=200, rng=rng).set_index("check")
    assert checked.loc["people in both surveys", "recorded"] == again.sum()
    assert 0.02 < checked.loc["people in both surveys", "p"] < 0.98


def test_successive_draws_have_the_probabilities_of_the_textbook():
    """P(order) = u_i / sum * u_j / (sum - u_i): by hand for degrees 1, 2, 3."""
    rng = np.random.default_rng(1)
    drawn = np.array([successive_sample(np.array([1, 2, 3]), draws=2, rng=rng) for _ in range(20_000)])
    third_then_second = ((drawn[:, 0] == 2) & (drawn[:, 1] == 1)).mean()
    assert third_then_second == pytest.approx(3 / 6 * 2 / 3, abs=4 * math.sqrt(1 / 3 * 2 / 3 / 20_000))


def test_what_cannot_be_sampled_is_refused():
    people = one_survey([4, 3, 5, 2, 2, 1])
    with pytest.raises(ValueError, match="prior must have seen = 6, the different people; got 7"):
        successive_sampling(
            people,
            prior=flat_size_prior(seen=7, largest=30),
            degree_prior=TINY5,
            rng=np.random.default_rng(1),
        )
    with pytest.raises(ValueError, match=r"largest of at least the largest report \(5\); got 3"):
        successive_sampling(
            people,
            prior=flat_size_prior(seen=6, largest=30),
            degree_prior=TINY,
            rng=np.random.default_rng(1),
        )
    with pytest.raises(
        ValueError, match="degrees must be whole numbers, 1 or more; got something else in row 2"
    ):
        one_survey([3, 0, 2])
    with pytest.raises(ValueError, match="again must be True or False for each person of second"):
        two_surveys([3, 2], [3, 2], again=[True])
    with pytest.raises(ValueError, match="again must be true for at most 2 people; got 3"):
        two_surveys([3, 2], [3, 2, 1], again=[True, True, True])
