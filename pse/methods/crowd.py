"""Wisdom of the crowd: many members of a KP guess its size, and the middle of the guesses is taken.

The confidence intervals here are of the middle of the crowd, not of the size: a crowd that all errs the same
way has a narrow interval around a wrong number. Nothing in the guesses can show it; compare another method.

Sources
-------
Order-statistic interval of a median: David HA, Nagaraja HN. Order Statistics. Wiley 2003. Trimmed mean: Tukey
JW, McLaughlin DH. Sankhya A 1963;25:331-352. Weighted median: Woodruff RS. JASA 1952;47:635-646.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import kish_size, t_quantile

__all__ = ["crowd_range", "crowd_size", "weighted_crowd_size"]


def crowd_size(
    guesses: ArrayLike,
    *,
    how: Literal["median", "trimmed mean", "log mean"],
    level: float = 0.95,
    trim: float = 0.1,
) -> Estimate:
    """Estimate a size from guesses of a simple sample of people.

    Parameters
    ----------
    guesses : array_like, shape (people,)
        One guess for each person, in people, 0 or more; without those who gave none.
    how : {"median", "trimmed mean", "log mean"}
        "median" with the interval of order statistics that holds at least `level` whatever the distribution.
        "trimmed mean" without the share `trim` at each end, with its winsorised error and t. "log mean", the
        geometric mean, with t on the log scale: guesses of 0 are refused.
    level : float
        Probability of the interval.

    Raises
    ------
    NoEstimateError
        If there are too few guesses for the level (6 for the median at 95%); use `crowd_range`.

    Examples
    --------
    >>> print(crowd_size([400, 250, 900, 500, 3000, 300, 450, 600, 500], how="median"))
    500 (300 to 900, 95% confidence; wisdom of the crowd, median of 9)
    """
    checks.one_of(how, ("median", "trimmed mean", "log mean"), name="how")
    x = _guesses(guesses)
    checks.level(level)
    told = f"trimmed mean ({100 * trim:g}% at each end)" if how == "trimmed mean" else how
    name = f"wisdom of the crowd, {told} of {len(x)}"
    make = {"median": _median, "trimmed mean": _trimmed, "log mean": _log_mean}[how]
    point, lower, upper = make(x, level, trim)
    return Estimate(point, max(0.0, lower), upper, "confidence", level, name)


def crowd_range(guesses: ArrayLike, *, bounds: Literal["quartiles", "extremes"]) -> Estimate:
    """Return the median of guesses with their quartiles or extremes: a range, without a probability.

    Examples
    --------
    >>> print(crowd_range([100, 200, 300, 400, 1000], bounds="quartiles"))
    300 (200 to 400, range; wisdom of the crowd, median and quartiles of 5)
    """
    checks.one_of(bounds, ("quartiles", "extremes"), name="bounds")
    x = _guesses(guesses)
    low, high = (0.25, 0.75) if bounds == "quartiles" else (0, 1)
    lower, point, upper = np.quantile(x, [low, 0.5, high])
    return Estimate(
        point, lower, upper, "range", None, f"wisdom of the crowd, median and {bounds} of {len(x)}"
    )


def weighted_crowd_size(guesses: ArrayLike, weights: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Return the weighted median of guesses, as from an RDS survey, with Woodruff's interval.

    The share of the weight below a number is taken as a share of sum(w)^2 / sum(w^2) people; its interval
    around one half is read off the guesses. Likeness within chains of recruits is not in it.

    Examples
    --------
    >>> guesses = [100, 200, 300, 400, 500, 600, 700, 800, 900]
    >>> weighted_crowd_size(guesses, [1] * 9).point
    500.0
    """
    x, w = np.asarray(guesses, dtype=float).ravel(), np.asarray(weights, dtype=float).ravel()
    if w.shape != x.shape or not (np.isfinite(w) & (w > 0)).all():
        raise ValueError("weights must be above 0, one for each guess; got others.")
    checks.level(level)
    _guesses(x)
    order = np.argsort(x, kind="stable")
    x, below = x[order], np.cumsum(w[order]) / w.sum()
    half = t_quantile(math.inf, level=level) * 0.5 / math.sqrt(kish_size(w))
    if half >= 0.5:
        raise _too_few(len(x), level)
    lower, point, upper = (_weighted_quantile(x, below, q) for q in (0.5 - half, 0.5, 0.5 + half))
    name = f"wisdom of the crowd, weighted median of {len(x)}"
    return Estimate(point, lower, upper, "confidence", level, name)


def _weighted_quantile(x: np.ndarray, below: np.ndarray, q: float) -> float:
    """Return the smallest guess with at least q of the weight; the middle of two where q falls between."""
    at = min(int(np.searchsorted(below, q - 1e-12)), len(x) - 1)
    between = abs(below[at] - q) < 1e-12 and at + 1 < len(x)
    return float((x[at] + x[at + 1]) / 2 if between else x[at])


def _median(x: np.ndarray, level: float, trim: float) -> tuple[float, float, float]:
    ordered, n = np.sort(x), len(x)
    # the r-th smallest and largest hold the median with probability 1 - 2 P(B < r), B binomial (n, 1/2)
    below = 2 * stats.binom.cdf(np.arange(n // 2 + 1) - 1, n, 0.5)
    fits = np.flatnonzero(below <= (1 - level) * (1 + 1e-12))
    r = int(fits[-1]) if len(fits) else 0
    if r == 0:
        raise _too_few(n, level)
    return float(np.median(ordered)), float(ordered[r - 1]), float(ordered[n - r])


def _trimmed(x: np.ndarray, level: float, trim: float) -> tuple[float, float, float]:
    checks.non_negative(trim=trim)
    if trim >= 0.5:
        raise ValueError(f"trim must be below 0.5; got {trim}. It is the share cut off at each end.")
    ordered, n = np.sort(x), len(x)
    g = math.floor(trim * n + 1e-9)
    h = n - 2 * g
    if h < 2:
        raise _too_few(n, level)
    winsorised = np.clip(ordered, ordered[g], ordered[n - g - 1])
    error = math.sqrt(float(((winsorised - winsorised.mean()) ** 2).sum()) / (h * (h - 1)))
    point = float(ordered[g : n - g].mean())
    half = t_quantile(h - 1, level=level) * error
    return point, point - half, point + half


def _log_mean(x: np.ndarray, level: float, trim: float) -> tuple[float, float, float]:
    if (x <= 0).any():
        raise ValueError("guesses must be above 0 for a log mean; got a 0. Use the median.")
    if len(x) < 2:
        raise _too_few(len(x), level)
    logs = np.log(x)
    half = t_quantile(len(x) - 1, level=level) * float(logs.std(ddof=1)) / math.sqrt(len(x))
    return tuple(math.exp(float(logs.mean()) + side * half) for side in (0, -1, 1))  # type: ignore[return-value]


def _guesses(guesses: ArrayLike) -> np.ndarray:
    x = np.asarray(guesses, dtype=float).ravel()
    checks.count(guesses=x.size, at_least=1)
    if not (np.isfinite(x) & (x >= 0)).all():
        raise ValueError("guesses must be numbers of people, 0 or more; got others. Leave out who gave none.")
    return x


def _too_few(n: int, level: float) -> NoEstimateError:
    return NoEstimateError(
        f"guesses must be more for an interval at {100 * level:g}%; got {n}. "
        "Ask more people, or use crowd_range."
    )
