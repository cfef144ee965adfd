"""Closed formulas and the mixture for one list: known answers, properties, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.methods.refusal import NoEstimateError
from pse.methods.species import chao, chao_bunge, chao_lee, chao_lower_limit, jackknife, times_seen
from pse.methods.unseen_mixture import mixture_point, mixture_profile, mixture_size

PEOPLE = {1: 60, 2: 30, 3: 18, 4: 10, 5: 5}


def _chao(people):
    return chao(people=people, bias_corrected=True)


ALL = [
    _chao,
    lambda p: chao_lee(people=p),
    lambda p: chao_bunge(people=p),
    lambda p: jackknife(people=p),
]


def test_chao_by_hand():
    """n + f1^2 / (2 f2) = 123 + 3600 / 60; corrected: n + f1 (f1 - 1) / (2 (f2 + 1)) = 123 + 3540 / 62."""
    assert chao(people=PEOPLE, bias_corrected=False).point == 183
    assert chao(people=PEOPLE, bias_corrected=True).point == pytest.approx(123 + 3540 / 62)
    assert chao_lower_limit(PEOPLE) == 183


def test_jackknife_of_order_one_and_two_by_hand():
    """n + f1, n + 2 f1 - f2 (Burnham and Overton 1979, many occasions)."""
    assert jackknife(people=PEOPLE, order=1).point == 183
    assert jackknife(people=PEOPLE, order=2).point == 123 + 2 * 60 - 30


def test_coverage_of_even_chances_is_the_chao_lee_point():
    """Nobody is rarer than Poisson chance: n / (1 - f1 / T), no term for variation."""
    people = {1: 20, 2: 30, 3: 20}
    assert chao_lee(people=people).point == pytest.approx(70 / (1 - 20 / 140))


def test_chao_bunge_finds_a_geometric_population():
    """Expected counts of 1,000 people with a geometric of mean 1: Chao and Bunge's formula is exact there."""
    people = {times: round(1e9 * 0.5 ** (times + 1)) for times in range(1, 25)}
    assert chao_bunge(people=people, rare_up_to=25).point == pytest.approx(1e9, rel=1e-3)


def test_people_seen_often_are_only_added():
    few, more = PEOPLE, PEOPLE | {40: 7}
    for estimator in (chao_lee, chao_bunge):
        assert estimator(people=more).point == pytest.approx(estimator(people=few).point + 7)


@settings(max_examples=30, deadline=None)
@given(counts=st.lists(st.integers(0, 80), min_size=2, max_size=12), which=st.integers(0, 3))
def test_bounds_are_ordered_above_the_people_seen_or_there_is_a_reason(counts, which):
    people = dict(enumerate(counts, 1))
    n = sum(counts)
    if n == 0:
        return
    try:
        size = ALL[which](people)
    except NoEstimateError as refused:
        assert refused.lower >= n
        return
    assert n <= size.lower <= size.point <= size.upper


@settings(max_examples=10, deadline=None)
@given(more=st.integers(1, 30))
def test_more_ones_mean_more_unseen_and_more_twos_mean_fewer(more):
    point = chao(people=PEOPLE, bias_corrected=False).point
    assert chao(people=PEOPLE | {1: 60 + more}, bias_corrected=False).point > point + more
    assert chao(people=PEOPLE | {2: 30 + more}, bias_corrected=False).point < point + more


@pytest.mark.parametrize("estimator", [*ALL, lambda p: mixture_point(people=p)])
def test_everybody_seen_once_is_refused(estimator):
    with pytest.raises(NoEstimateError) as refused:
        estimator({1: 30})
    assert refused.value.lower == 30 + 30 * 29 / 2


def test_nobody_seen_twice_has_no_chao_point():
    with pytest.raises(NoEstimateError, match="people seen twice; got none"):
        _chao({1: 10, 3: 4})


def test_wrong_counts_are_refused():
    with pytest.raises(ValueError, match="times must be a whole number, at least 1; got 0"):
        _chao({0: 3, 1: 5})
    with pytest.raises(ValueError, match="people must be a whole number, at least 0; got -1"):
        _chao({1: -1})
    with pytest.raises(ValueError, match="at least one count"):
        _chao({})
    with pytest.raises(ValueError, match="at least 1; got 0"):
        times_seen([1, 0])


POISSON = {1: 3347, 2: 2510, 3: 1255, 4: 471, 5: 141, 6: 35, 7: 8}  # 10,000 people, mean 1.5, as expected


def test_a_mixture_of_one_mean_is_the_truncated_poisson():
    assert mixture_point(people=POISSON) == pytest.approx(10_000, rel=0.001)
    assert mixture_point(people=POISSON | {30: 5}) == mixture_point(people=POISSON) + 5


def test_the_mixture_profile_has_a_lower_end_only():
    with pytest.raises(NoEstimateError, match="leave no trace") as refused:
        mixture_size(people=POISSON, interval="profile")
    sizes = np.array([refused.value.lower, mixture_point(people=POISSON), 50 * 7767])
    profile = mixture_profile(people=POISSON, sizes=sizes)
    np.testing.assert_allclose(profile[:2], [-1.9207, 0], atol=0.01)
    assert -1.9207 < profile[2] < 0
    with pytest.raises(ValueError, match="above the people seen"):
        mixture_profile(people=POISSON, sizes=np.array([1000]))


def test_the_mixture_bootstrap_is_seeded_and_ordered():
    one, two = (
        mixture_size(people=POISSON, interval="bootstrap", replicates=8, rng=np.random.default_rng(3))
        for _ in range(2)
    )
    assert one == two
    assert one.lower <= one.point <= one.upper < 20_000
    with pytest.raises(ValueError, match="rng must be a numpy generator"):
        mixture_size(people=POISSON, interval="bootstrap")
