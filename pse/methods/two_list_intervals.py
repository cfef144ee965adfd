"""Intervals for the size from two lists: from the likelihood, from the odds, and from the overlap alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.stats import binomtest, chi2

from pse.methods.closed_profile import closed_profile, profile_bounds
from pse.methods.histories import Histories, history_patterns
from pse.methods.overlap_tails import chance_at_least, chance_at_most
from pse.methods.refusal import NoEstimateError
from pse.methods.two_list_forms import Form, two_list_point
from pse.methods.unseen import normal_quantile

__all__ = ["overlap_bounds", "profile_interval", "smallest_size", "transformed_logit"]

ROUNDING = 1e-12  # relative, of a chance


def two_lists(*, first: int, second: int, both: int) -> Histories:
    """Return the capture histories of two lists.

    Examples
    --------
    >>> two_lists(first=80, second=50, both=10).counts.tolist()
    [40, 70, 10]
    """
    counts = np.array([second - both, first - both, both], dtype=np.int64)
    return Histories(("first", "second"), history_patterns(2), counts)


def profile_interval(*, first: int, second: int, both: int, level: float) -> tuple[float, float]:
    """Return the multinomial profile-likelihood interval (Cormack 1992, Biometrics 48:567).

    Examples
    --------
    >>> [round(x) for x in profile_interval(first=400, second=350, both=52, level=0.95)]
    [2157, 3447]
    """
    given = two_lists(first=first, second=second, both=both)
    _, lower, upper = profile_bounds(closed_profile(given, model="Mt"), level=level)
    return lower, upper


def transformed_logit(*, first: int, second: int, both: int, level: float) -> tuple[float, float]:
    """Return the transformed logit interval (Sadinle 2009, Commun. Statist. Simulation 38:1909).

    Notes
    -----
    n - 1/2 + (b + 1/2)(c + 1/2) / (a + 1/2) exp(+-z s), s^2 the sum of 1/(a + 1/2), 1/(b + 1/2), 1/(c + 1/2)
    and (a + 1/2) / ((b + 1/2)(c + 1/2)), a people on both lists and b, c on one only.

    Raises
    ------
    NoEstimateError
        If everybody is on both lists: the odds say nothing then.

    Examples
    --------
    >>> [round(x) for x in transformed_logit(first=400, second=350, both=52, level=0.95)]
    [2144, 3412]
    """
    people = first + second - both
    if both == people:
        raise NoEstimateError(
            "a transformed logit interval must have people on one list only; got none. Use the log interval.",
            lower=people,
        )
    a, b, c = both + 0.5, first - both + 0.5, second - both + 0.5
    spread = math.sqrt(1 / a + 1 / b + 1 / c + a / (b * c))
    factor = math.exp(normal_quantile(level) * spread)
    return max(float(people), people - 0.5 + b * c / a / factor), people - 0.5 + b * c / a * factor


def smallest_size(*, first: int, second: int, both: int, level: float) -> int:
    """Return the smallest size that does not make so small an overlap unlikely (exact, hypergeometric).

    Notes
    -----
    The smallest whole N with P(overlap <= both) >= (1 - level) / 2 when the second list is drawn from N
    people.

    Examples
    --------
    >>> smallest_size(first=948, second=421, both=167, level=0.95)
    2154
    """
    a, b, m = int(first), int(second), int(both)  # products of NumPy integers overflow
    return _whole(lambda size: chance_at_most(m, size=size, first=a, second=b), a + b - m, level)


def _whole(chance: Callable[[int], float], start: int, level: float) -> int:
    """Return the first whole number from `start` on at which a rising chance reaches the tail."""
    tail = _tail(level)
    low, high = start - 1, start
    while chance(high) < tail:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chance(middle) >= tail else (middle, high)
    return high


def _tail(level: float) -> float:
    """Return the chance left out at an end, a little less: one that equals it but for rounding reaches it."""
    return (1 - level) / 2 * (1 - ROUNDING)


def _largest(*, first: int, second: int, both: int, level: float) -> int:
    """Return the largest size that does not make so large an overlap unlikely."""
    tail = _tail(level)
    a, b, m = int(first), int(second), int(both)
    people = a + b - m
    fails = _whole(
        lambda size: 1.0 * (chance_at_least(m, size=size, first=a, second=b) < tail), people, level
    )
    return max(people, fails - 1)


def overlap_bounds(
    form: Form,
    *,
    first: int,
    second: int,
    both: int,
    kind: Literal["binomial", "hypergeometric", "poisson"],
    level: float,
) -> tuple[float, float]:
    """Return bounds of the size from bounds of the overlap, by the form of the point.

    Parameters
    ----------
    form : {"Petersen", "Chapman", "Bailey", "Ricker"}
    kind : str
        Binomial: Wilson's interval of the share of the second list that is on the first (Wilson 1927).
        Poisson: the exact interval of the count on both (Garwood 1936). Hypergeometric: exact, the same for
        every form.

    Raises
    ------
    NoEstimateError
        If nobody is on both lists, so that no upper bound exists.

    Examples
    --------
    >>> bounds = overlap_bounds("Chapman", first=948, second=421, both=167, kind="binomial", level=0.95)
    >>> [round(x, 1) for x in bounds]
    [2129.4, 2690.3]
    """
    if both == 0:
        lower = smallest_size(first=first, second=second, both=0, level=level)
        raise NoEstimateError(
            "an interval from the overlap must have people on both lists; got none. Report the lower limit.",
            lower=lower,
        )
    if kind == "hypergeometric":
        return (
            float(smallest_size(first=first, second=second, both=both, level=level)),
            float(_largest(first=first, second=second, both=both, level=level)),
        )
    if kind == "binomial":
        share = binomtest(both, second).proportion_ci(level, method="wilson")
        most, least = second * share.high, second * share.low
    else:
        tail = (1 - level) / 2
        most, least = chi2.ppf(1 - tail, 2 * both + 2) / 2, chi2.ppf(tail, 2 * both) / 2

    ends = [two_list_point(form, first=first, second=second, both=m) for m in (most, least)]
    return float(ends[0]), float(ends[1])
