"""Chances of an overlap, against fractions, SciPy, and what must hold for lists too long for either."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom, norm

from pse.methods.overlap_tails import chance_at_least, chance_at_most
from pse.methods.two_list_intervals import overlap_bounds, smallest_size

BILLION = 10**9


def exact(both: int, *, size: int, first: int, second: int) -> Fraction:
    """Chance of `both` or fewer, by counting ways to draw the second list."""
    ways = sum(math.comb(first, i) * math.comb(size - first, second - i) for i in range(both + 1))
    return Fraction(ways, math.comb(size, second))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 200), st.floats(0, 1))
def test_short_lists_are_exact(first, second, others, part):
    both = round(part * min(first, second))
    size = max(first + second - both, max(first, second)) + others
    lists = {"size": size, "first": first, "second": second}
    assert chance_at_most(both, **lists) == pytest.approx(float(exact(both, **lists)), rel=1e-11)
    at_least = 1 - exact(both - 1, **lists)
    assert chance_at_least(both, **lists) == pytest.approx(float(at_least), rel=1e-11)


@pytest.mark.parametrize("size", [60_000, 120_000, 200_000, 3_000_000])
@pytest.mark.parametrize("both", [0, 1, 5000, 9000, 10_000, 11_000])
def test_long_lists_are_those_of_scipy(both, size):
    lists = {"size": size, "first": 30_000, "second": 40_000}
    args = (size, 30_000, 40_000)
    assert chance_at_most(both, **lists) == pytest.approx(hypergeom.cdf(both, *args), rel=1e-8, abs=1e-300)
    assert chance_at_least(both, **lists) == pytest.approx(
        hypergeom.sf(both - 1, *args), rel=1e-8, abs=1e-300
    )


def test_outside_what_can_be_the_chances_are_0_and_1():
    lists = {"size": 10, "first": 7, "second": 6}  # at least 3 on both
    assert [chance_at_most(both, **lists) for both in (-1, 2, 6)] == [0, 0, 1]
    assert [chance_at_least(both, **lists) for both in (3, 7)] == [1, 0]


def test_nobody_on_both_of_a_billion_is_a_product():
    # log of (1 - b/N) ... (1 - b/(N - a + 1)) lies between a log(1 - b/(N - a)) and a log(1 - b/N)
    size = 3 * BILLION**2
    got = math.log(chance_at_most(0, size=size, first=BILLION, second=BILLION))
    assert got == pytest.approx(BILLION * math.log1p(-BILLION / size), rel=1e-9)


def test_the_middle_of_lists_of_billions_is_normal():
    size, first, both = 4 * BILLION, 2 * BILLION, BILLION
    spread = math.sqrt(first / 4 * (size - first) / (size - 1))
    for steps in (-3, -1, 1, 3):
        people = both + round(steps * spread)
        near = norm.cdf((people + 0.5 - both) / spread)
        got = chance_at_most(people, size=size, first=first, second=first)
        assert got == pytest.approx(near, rel=1e-4)
        above = chance_at_least(people + 1, size=size, first=first, second=first)
        assert got + above == pytest.approx(1, abs=1e-10)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 30), st.integers(1, 30), st.floats(0, 1), st.sampled_from(["0.5", "0.9", "0.95", "0.99"])
)
def test_limits_of_short_lists_are_exact_also_where_a_chance_equals_the_tail(first, second, part, level):
    both = round(part * min(first, second))
    tail = (1 - Fraction(level)) / 2
    lists = {"first": first, "second": second}
    smallest = smallest_size(**lists, both=both, level=float(level))
    people = first + second - both
    assert exact(both, size=smallest, **lists) >= tail
    assert smallest == people or exact(both, size=smallest - 1, **lists) < tail
    if both:
        kind = {"kind": "hypergeometric", "level": float(level)}
        largest = int(overlap_bounds("Chapman", **lists, both=both, **kind)[1])
        assert 1 - exact(both - 1, size=largest + 1, **lists) < tail
        assert largest == people or 1 - exact(both - 1, size=largest, **lists) >= tail


def test_the_smallest_size_of_long_lists_without_overlap_is_near_that_of_a_poisson():
    # (1 - a/N)^b = 2.5 % at N = ab / log 40, but for terms of order a
    for people in (10**7, BILLION):
        got = smallest_size(first=people, second=people, both=0, level=0.95)
        assert got == pytest.approx(people**2 / math.log(40), rel=2 * math.log(40) / people)
