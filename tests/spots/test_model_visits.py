"""D as the model draws it, and people online as counts: moments, pooling, nothing where nothing differs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.spots.bootstrap_block import PeopleFactor
from pse.spots.model_visits import Asked, apply_visits, draw_between, scatter_counts
from pse.spots.sums import Sums


def factor_of(mean, rows, size, place, *, variance, free=10_000, others=(), others_size=(), places=None):
    """D of one KP: asked spots first, then spots without answers in the municipalities `others`."""
    mean, rows, size, place = (np.asarray(each) for each in (mean, rows, size, place))
    n, others = len(mean), np.asarray(others, dtype=int)
    places = places or int(max(place.max(), others.max(initial=0))) + 1
    sums = Sums.of(
        np.tile(size.astype(float), 2),
        np.concatenate([place, np.full(n, places)]),
        np.tile(np.arange(n), 2),
        rows=places + 1,
        columns=n,
    )
    units = n + np.arange(len(others))
    people = Asked(
        rows, variance, free, size.astype(float), place, np.asarray(others_size, dtype=float), others
    )
    point = np.average(mean, weights=size) * np.ones(len(others))
    return PeopleFactor(np.arange(n), mean, np.zeros(n), sums, units, others, point, people)


def drawn(factor, n=20_000, seed=1):
    units = len(factor.asked) + len(factor.others)
    people, size = np.ones((units, n)), np.ones((units, n))
    apply_visits(factor, people, size, np.random.default_rng(seed))
    return people * np.concatenate([factor.mean, factor.others_mean])[:, None]


def test_a_spot_whose_people_all_answered_is_known():
    got = drawn(factor_of([0.6, 0.5], [4, 2], [4, 9], [0, 0], variance=0.05))
    assert np.allclose(got[0], 0.6)
    assert got[1].std() > 0.05


def test_many_different_spots_are_not_pulled_and_err_as_a_sample_without_replacement():
    # 60 spots that differ much: D of each is its own mean with variance v (1 - n/E) / n
    mean = np.where(np.arange(60) % 2, 0.35, 0.75)
    got = drawn(factor_of(mean, np.full(60, 8), np.full(60, 16), np.zeros(60, int), variance=0.02))
    assert got.mean(axis=1) == pytest.approx(mean, abs=0.03)
    assert got.std(axis=1).mean() == pytest.approx(np.sqrt(0.02 * 0.5 / 8), rel=0.12)


def test_the_sum_over_asked_spots_keeps_its_point():
    rng = np.random.default_rng(3)
    mean, size = rng.uniform(0.4, 0.8, 80), rng.integers(5, 30, 80)
    factor = factor_of(mean, np.full(80, 3), size, np.arange(80) % 8, variance=0.06)
    total = (size[:, None] * drawn(factor, n=2_000)).sum(axis=0)
    assert total.mean() == pytest.approx((size * mean).sum(), rel=0.01)


def test_a_municipality_with_few_answers_takes_the_mean_of_the_kp():
    # 30 municipalities with D about 0.6 and many answers, one with 0.95 from one answer
    place = np.arange(31)
    mean = np.append(np.full(30, 0.6), 0.95)
    rows = np.append(np.full(30, 40), 1)
    size = np.full(31, 50)
    factor = factor_of(mean, rows, size, place, variance=0.06, others=[30], others_size=[50], places=31)
    assert drawn(factor)[31].mean() == pytest.approx(0.61, abs=0.02)


def test_where_all_people_say_the_same_d_is_what_they_say():
    got = drawn(factor_of([1.0, 1.0], [3, 2], [9, 9], [0, 1], variance=0.0, others=[0], others_size=[7]))
    assert np.allclose(got, 1.0)


def test_draws_of_d_are_shares():
    got = drawn(factor_of([0.2, 0.98], [1, 1], [9, 9], [0, 1], variance=0.1, others=[0], others_size=[2]))
    assert got.min() > 0 and got.max() <= 1


def test_the_spread_of_exactly_known_means_is_their_own():
    rng = np.random.default_rng(1)
    means = 0.5 * rng.standard_normal(400)
    got = draw_between(means, np.full(400, 1e-6), rng, n=500)
    assert got.mean() == pytest.approx(means.std(), rel=0.1)


def test_without_means_the_spread_is_that_of_its_prior():
    got = draw_between(np.zeros(0), np.zeros(0), np.random.default_rng(1), n=40_000)
    assert got.mean() == pytest.approx(np.sqrt(2 / np.pi), rel=0.02)  # half-normal


def test_people_online_scatter_as_a_binomial_count():
    # 40 people on a platform, v = 0.25: 30 online only, variance 40 x 0.25 x 0.75 = 7.5
    only = np.full((1, 60_000), 30.0)
    got = scatter_counts(only, np.full((1, 60_000), 0.25), np.array([0.0]), np.random.default_rng(1))
    assert got.mean() == pytest.approx(30, rel=0.005)
    assert got.var() == pytest.approx(7.5, rel=0.04)


@settings(max_examples=20, deadline=None)
@given(v=st.floats(0, 1), spread=st.floats(0, 2), people=st.floats(0, 500))
def test_counts_are_never_below_zero_and_nobody_stays_nobody(v, spread, people):
    got = scatter_counts(
        np.full((1, 50), people), np.full((1, 50), v), np.array([spread]), np.random.default_rng(1)
    )
    assert (got >= 0).all() and np.isfinite(got).all()
    if people == 0 or v == spread == 0:
        assert np.array_equal(got, np.full((1, 50), people))
