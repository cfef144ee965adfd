"""Whole numbers: the one place where people, staff and packs become integers."""

from typing import Any

import numpy as np

PLACES = 6
"""Decimals kept before rounding: 75.0000000001 is 75 and not 76."""


def up(values: Any) -> np.ndarray:
    """Return the next whole number, as for staff and packs; a blank stays blank.

    Examples
    --------
    >>> up([75.55, 75.0000000001]).tolist()
    [76.0, 75.0]
    """
    return np.ceil(np.round(np.asarray(values, dtype=float), PLACES)) + 0.0


def nearest(values: Any) -> np.ndarray:
    """Return the nearest whole number, halves up, as for people.

    Examples
    --------
    >>> nearest([2327.6, 0.5]).tolist()
    [2328.0, 1.0]
    """
    return np.floor(np.round(np.asarray(values, dtype=float), PLACES) + 0.5)


def largest_remainder(quotas: Any, total: float) -> np.ndarray:
    """Return whole numbers in proportion to `quotas` that add up to `total`.

    Parameters
    ----------
    quotas : array-like
        Numbers, 0 or more.
    total : float
        A whole number; 0 where all quotas are 0.

    Notes
    -----
    Hamilton's method: everybody gets the whole part of a proportional share, and the rest goes to the
    largest remainders, the first of equal ones first.

    Examples
    --------
    >>> largest_remainder([1.2, 2.5, 0.3], 4).tolist()
    [1.0, 3.0, 0.0]
    """
    quotas = np.asarray(quotas, dtype=float)
    whole = quotas.sum()
    if whole <= 0:
        return np.zeros(len(quotas))
    exact = np.round(quotas * (total / whole), PLACES)
    shares = np.floor(exact)
    left = round(total - shares.sum())
    shares[np.argsort(-(exact - shares), kind="stable")[:left]] += 1
    return shares


def share_out(low: Any, central: Any, high: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return whole shares of the three totals, low <= central <= high in every place.

    Parameters
    ----------
    low, central, high : array-like
        Exact needs by place. Their sums, rounded up, are the totals.

    Notes
    -----
    The central total is shared by the largest remainder; low takes away from it and high adds to it, each
    by the largest remainder of the differences. Sharing the three alone could put low above central. Ours.

    Examples
    --------
    >>> [part.tolist() for part in share_out([0.4, 0.8], [1.4, 1.4], [2.4, 2.4])]
    [[1.0, 1.0], [2.0, 1.0], [2.0, 3.0]]
    """
    low, central, high = (np.asarray(part, dtype=float) for part in (low, central, high))
    totals = [float(up(part.sum())) for part in (low, central, high)]
    middle = largest_remainder(central, totals[1])
    less = largest_remainder(np.maximum(middle - low, 0), totals[1] - totals[0])
    more = largest_remainder(np.maximum(high - middle, 0), totals[2] - totals[1])
    return middle - less, middle, middle + more
