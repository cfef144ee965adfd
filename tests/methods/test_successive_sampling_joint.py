"""The compiled kernels leave the joint distribution of prior and data alone (Geweke J. JASA 2004;99:799-804).

A step of the chain, then new data from the model, then a step, ...: the marginal of every parameter must be
its prior. A wrong factor anywhere in the likelihood, in the change of variables or in a proposal shows.
"""

import numpy as np
import pytest
from scipy import special

from pse.methods import successive_sampling_kernels, successive_sampling_visibility_kernels
from pse.methods.successive_sampling import log_factorials
from pse.methods.successive_sampling_checks import successive_sample
from pse.methods.successive_sampling_recruits import suffix_sums
from pse.methods.successive_sampling_visibility import Measure

SEEN, LARGEST, CLASSES = 6, 25, 5
LOGS = log_factorials(CLASSES)
PRIOR = np.full(LARGEST - SEEN + 1, -np.log(LARGEST - SEEN + 1))
BELIEF = (2.5, 1.0, 4.0, 6.0)
STEPS = np.diag([0.8, 1.2, 1.0])


def error_of_mean(draws, batches=40):
    means = np.array_split(draws, batches)
    return np.std([batch.mean() for batch in means], ddof=1) / np.sqrt(batches)


def assert_mean(draws, expected):
    assert draws.mean() == pytest.approx(expected, abs=4 * error_of_mean(draws))


def population(state, rng):
    """Degrees of everybody, drawn ones first and in their order; sets the total of the unseen."""
    size = SEEN + int(np.exp(state[0]) - 0.5)
    shares = special.softmax(state[1] * np.arange(1, CLASSES + 1) - state[2] * LOGS)
    everybody = rng.choice(CLASSES, p=shares, size=size) + 1
    drawn = everybody[successive_sample(everybody, draws=SEEN, rng=rng)]
    state[3] = everybody.sum() - drawn.sum()
    return drawn


def test_walk_over_size_and_degrees_keeps_the_joint_distribution():
    rng = np.random.default_rng(3)
    state, out = np.array([np.log(8.0), 1.0, 1.0, 0.0, 0.0]), np.empty((1, 6))
    kept = []
    for _ in range(6_000):
        drawn = population(state, rng)
        rests = suffix_sums(drawn)
        sums = (float(SEEN), float(drawn.sum()), float(LOGS[drawn - 1].sum()))
        successive_sampling_kernels.walk(
            state, STEPS, rests, np.sort(rests), sums, PRIOR, LOGS, BELIEF, out, 3, rng
        )
        kept.append(out[0, :3].copy())
    unseen, means, sds = np.array(kept).T
    assert_mean(unseen, (LARGEST - SEEN) / 2)
    assert_mean(unseen**2, (np.arange(LARGEST - SEEN + 1) ** 2).mean())
    prior_means, prior_sds = believed(np.random.default_rng(4))
    assert means.mean() == pytest.approx(prior_means.mean(), abs=4 * error_of_mean(means) + 0.01)
    assert sds.mean() == pytest.approx(prior_sds.mean(), abs=4 * error_of_mean(sds) + 0.01)


def believed(rng):
    """Draws from the prior of mean and sd, without those that no distribution of the family on 1..K has."""
    centre, spread, mean_people, sd_people = BELIEF
    sd = np.sqrt(sd_people * spread**2 / rng.chisquare(sd_people, size=20_000))
    mean = rng.normal(centre, sd / np.sqrt(mean_people))
    return mean[_possible(mean, sd)], sd[_possible(mean, sd)]


def _possible(mean, sd):
    """nu >= 0: at a mean, no more spread than the geometric; enough that two neighbours can give the mean."""
    u = np.arange(1, CLASSES + 1)
    theta = np.linspace(-12, 12, 4001)
    shares = special.softmax(theta[:, None] * u, axis=1)
    geometric = shares @ u
    widest = np.sqrt(np.maximum(shares @ u**2 - geometric**2, 0))
    inside = (mean > 1) & (mean < CLASSES)
    part = mean - np.floor(mean)
    return inside & (sd < np.interp(mean, geometric, widest)) & (sd > np.sqrt(part * (1 - part)))


def test_imputation_keeps_the_joint_distribution():
    rng = np.random.default_rng(5)
    measure = Measure(optimism=1.2, size=6, concentration=1.5, concentration_people=8)
    base = measure.logs(largest=CLASSES, most=24)
    slopes_prior = np.array([[-0.5, 0.3, 0.2], [0.7, 0.6, 0.3]])
    times, coupons = np.linspace(0, 1, SEEN), np.array([3, 3, 3, 2, 2, 0])
    state, held = np.array([np.log(8.0), 1.0, 1.0, 0.0, 0.0]), np.array([1.5, -0.5, 0.3, 0.2])
    widths, knots = (0.6, np.diag([0.8, 0.7, 0.3])), np.empty(8)
    out, counts, kept = np.empty((1, 10)), np.zeros((SEEN, CLASSES), dtype=np.int64), []
    priors = ((4.0, 4 / 1.5), slopes_prior)
    for _ in range(6_000):
        drawn = population(state, rng)
        told = np.exp(held[0] * base[drawn - 1])
        told = (np.cumsum(told, axis=1) < rng.random((SEEN, 1)) * told.sum(axis=1, keepdims=True)).sum(axis=1)
        told[2] = -1  # missing
        chance = special.expit(held[1] + held[2] * times + held[3] * drawn)
        people = (told, times, rng.binomial(coupons, chance), coupons)
        successive_sampling_visibility_kernels.impute(
            state, held, drawn, STEPS, widths, people, base, priors, PRIOR, LOGS, BELIEF,
            knots, out, counts, 1, rng,
        )  # fmt: skip
        kept.append(out[0].copy())
    kept = np.array(kept)
    assert_mean(kept[:, 0], (LARGEST - SEEN) / 2)
    assert_mean(kept[:, 0] ** 2, (np.arange(LARGEST - SEEN + 1) ** 2).mean())
    assert_mean(kept[:, 6], 1.5)
    assert_mean(kept[:, 6] ** 2, 1.5**2 * (1 + 1 / 4))
    for place in range(3):
        mean, sd = slopes_prior[:, place]
        assert_mean(kept[:, 7 + place], mean)
        assert_mean((kept[:, 7 + place] - mean) ** 2, sd**2)
    prior_means, prior_sds = believed(np.random.default_rng(4))
    assert kept[:, 1].mean() == pytest.approx(prior_means.mean(), abs=4 * error_of_mean(kept[:, 1]) + 0.01)
    assert kept[:, 2].mean() == pytest.approx(prior_sds.mean(), abs=4 * error_of_mean(kept[:, 2]) + 0.01)
