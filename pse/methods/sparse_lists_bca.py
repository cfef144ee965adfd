"""Bias-corrected and accelerated (BCa) limits from bootstrap and jackknife sizes, some of them infinite.

Sources
-------
DiCiccio TJ, Efron B. Bootstrap confidence intervals. Statistical Science 1996;11:189-228. Quantiles: Hyndman
RJ, Fan Y. American Statistician 1996;50:361-365, definition 8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from pse.methods.unseen import normal_quantile

__all__ = ["acceleration", "bca_shares", "bias_correction", "ordered_quantile"]

SAME = 1e-9  # relative: sizes of the same table differ by rounding only


def bias_correction(replicates: ArrayLike, *, point: float) -> float:
    """Return the normal quantile of the share of replicates below the point, ties by half.

    Minus or plus infinity where all replicates are on one side.

    Examples
    --------
    >>> bias_correction([1.0, 2, 3, 4], point=2.5)
    0.0
    """
    sizes = np.asarray(replicates, dtype=float)
    below = np.mean(sizes < point * (1 - SAME))
    same = np.mean(np.abs(sizes - point) <= point * SAME)
    return float(norm.ppf(below + same / 2))


def acceleration(jackknife: ArrayLike, *, people: ArrayLike) -> float:
    """Return the acceleration from the sizes without one person.

    Parameters
    ----------
    jackknife : array_like, shape (histories,)
        Size without one person of each observed history.
    people : array_like, shape (histories,)
        People with that history: the same size comes as often.

    Notes
    -----
    sum (mean - size)^3 / 6 (sum (mean - size)^2)^(3/2) over people (DiCiccio, Efron 1996).
    Where sizes are infinite, the limit is taken in which these grow and the others stand still (ours).

    Examples
    --------
    >>> round(acceleration([90.0, 100.0], people=[1, 3]), 6)
    0.096225
    """
    sizes, weights = np.asarray(jackknife, dtype=float), np.asarray(people, dtype=float)
    if np.isinf(sizes).any():
        sizes = np.isinf(sizes).astype(float)
    away = np.average(sizes, weights=weights) - sizes
    spread = float(weights @ away**2)
    return float(weights @ away**3) / (6 * spread**1.5) if spread > 0 else 0.0


def bca_shares(*, bias: float, acceleration: float, level: float) -> tuple[float, float]:
    """Return which shares of the replicates are below the lower and below the upper limit.

    Examples
    --------
    >>> tuple(round(x, 6) for x in bca_shares(bias=0.0, acceleration=0.0, level=0.95))
    (0.025, 0.975)
    """
    z = normal_quantile(level)
    lower, upper = (_share(bias + side, bias, acceleration) for side in (-z, z))
    return lower, upper


def _share(moved: float, bias: float, acceleration: float) -> float:
    """Return the normal share of the moved quantile; 0 or 1 where the acceleration carries it off."""
    stretch = 1 - acceleration * moved
    if stretch <= 0:
        return 1.0 if moved > 0 else 0.0
    return float(norm.cdf(bias + moved / stretch))


def ordered_quantile(values: ArrayLike, share: float) -> float:
    """Return the median-unbiased quantile (definition 8); infinite if it touches an infinite value.

    Examples
    --------
    >>> ordered_quantile([1.0, 2.0, 3.0, np.inf], 0.5), ordered_quantile([1.0, 2.0, np.inf], 0.6)
    (2.5, inf)
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    place = np.clip(share * (len(ordered) + 1 / 3) + 1 / 3, 1, len(ordered)) - 1
    low, high = int(np.floor(place)), int(np.ceil(place))
    if not np.isfinite(ordered[high]):
        return float("inf")
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
