"""How likely an overlap of two lists is in a population of a given size, for lists of any length.

The second list is drawn from the population without looking at the first, so the people on both are
hypergeometric. SciPy adds up the whole tail, which takes minutes for lists of many millions; here the first
term of a tail has a closed form and the sum stops where the terms no longer count.

Source: Loader C. Fast and accurate computation of binomial probabilities. 2000 (the saddle-point form of the
binomial mass; the hypergeometric mass is two of them over a third).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import xlog1py, xlogy

__all__ = ["chance_at_least", "chance_at_most"]

BLOCK = 256  # terms in the first block of a sum; each next block has twice as many
FEW = 15  # up to here the error of Stirling's formula is taken from the gamma function itself


def chance_at_most(both: int, *, size: int, first: int, second: int) -> float:
    """Return the chance of `both` people or fewer on both lists, in a population of `size`.

    Parameters
    ----------
    both, size, first, second : int
        People on both lists, in the population, and on each list; no list is longer than the population.

    Notes
    -----
    Relative accuracy about 1e-10 for lists of 1e9, better for shorter ones. The number of terms grows with
    the standard deviation of the overlap, so with the root of the lists.

    Examples
    --------
    >>> round(chance_at_most(0, size=10, first=3, second=4), 6)  # 6 x 5 x 4 x 3 / (10 x 9 x 8 x 7)
    0.166667
    """
    if both >= min(first, second):
        return 1.0
    if both < max(0, first + second - size):
        return 0.0
    if both * size <= first * second:  # below the mean, so that the terms fall from the first one on
        return _tail(both, size=size, first=first, second=second)
    return 1.0 - _tail(second - both - 1, size=size, first=size - first, second=second)


def chance_at_least(both: int, *, size: int, first: int, second: int) -> float:
    """Return the chance of `both` people or more on both lists.

    Examples
    --------
    >>> round(chance_at_least(1, size=10, first=3, second=4), 6)
    0.833333
    """
    others = size - first  # at most second - both of the second list are among them
    return chance_at_most(second - both, size=size, first=others, second=second)


def _tail(both: int, *, size: int, first: int, second: int) -> float:
    """Return the chance of `both` or fewer, for `both` at most the mean: its mass times a sum of ratios."""
    last, total, done, block = 1.0, 1.0, 0, BLOCK
    while done < both and last > np.finfo(float).eps * total / 1000:
        i = both - np.arange(done, min(done + block, both), dtype=float)
        falls = i * (size - first - second + i) / ((second - i + 1) * (first - i + 1))
        terms = last * np.cumprod(falls)
        last, total = float(terms[-1]), total + float(terms.sum())
        done, block = done + block, 2 * block
    return math.exp(_log_mass(both, size=size, first=first, second=second)) * total


def _log_mass(both: int, *, size: int, first: int, second: int) -> float:
    chance = (second, size)
    return (
        _log_binomial(both, first, chance)
        + _log_binomial(second - both, size - first, chance)
        - _log_binomial(second, size, chance)
    )


def _log_binomial(x: int, n: int, chance: tuple[int, int]) -> float:
    """Return the log of the binomial mass of x of n, the chance as a fraction (Loader 2000, equation 3)."""
    p = chance[0] / chance[1]
    if x == 0:
        return float(xlog1py(n, -p))
    if x == n:
        return float(xlogy(n, p))
    q = (chance[1] - chance[0]) / chance[1]
    errors = _stirling_error(n) - _stirling_error(x) - _stirling_error(n - x)
    away = _deviance(x, n * p) + _deviance(n - x, n * q)
    return errors - away + 0.5 * math.log(n / (2 * math.pi * x * (n - x)))


def _stirling_error(n: int) -> float:
    """Return log n! less Stirling's formula."""
    if n <= FEW:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2 * math.pi)
    square = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n


def _deviance(x: int, mean: float) -> float:
    """Return x log(x / mean) + mean - x."""
    away = (x - mean) / mean
    return mean * ((1 + away) * math.log1p(away) - away)
