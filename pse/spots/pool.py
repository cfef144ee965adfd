"""Step 1: several informants of one spot become one minimum and one maximum."""

from typing import Literal

import numpy as np
import pandas as pd

Pool = Literal["mean", "median", "widest"]


def pool_bounds(
    group: np.ndarray, lower: np.ndarray, upper: np.ndarray, *, n: int, how: Pool
) -> tuple[np.ndarray, np.ndarray]:
    """Pool the minima and the maxima that informants gave, spot by spot.

    Parameters
    ----------
    group : numpy.ndarray of int, shape (rows,)
        Which spot (0 to n - 1) each row is about.
    lower, upper : numpy.ndarray of float, shape (rows,)
        Smallest and largest number of people that the row gives.
    n : int
        Number of spots.
    how : {"mean", "median", "widest"}
        Mean of the minima and of the maxima; their medians; smallest minimum and largest maximum.

    Returns
    -------
    tuple of numpy.ndarray, shape (n,)
        Pooled minimum and maximum in people; 0 for a spot without rows.

    Notes
    -----
    The mean is the usual practice of programmatic mapping (a convention: no printed formula was seen).
    """
    if how == "mean":
        return mean_by(group, lower, n=n), mean_by(group, upper, n=n)
    if how == "median":
        return _median_by(group, lower, n=n), _median_by(group, upper, n=n)
    return _extreme_by(group, lower, n=n, smallest=True), _extreme_by(group, upper, n=n, smallest=False)


def mean_by(group: np.ndarray, values: np.ndarray, *, n: int) -> np.ndarray:
    """Return the mean of `values` in each of `n` groups; 0 for a group without values."""
    rows = np.bincount(group, minlength=n)
    return np.bincount(group, weights=values, minlength=n) / np.maximum(rows, 1)


def _median_by(group: np.ndarray, values: np.ndarray, *, n: int) -> np.ndarray:
    medians = pd.Series(values).groupby(group, sort=False).median()
    pooled = np.zeros(n)
    pooled[medians.index.to_numpy()] = medians.to_numpy()
    return pooled


def _extreme_by(group: np.ndarray, values: np.ndarray, *, n: int, smallest: bool) -> np.ndarray:
    pooled = np.full(n, np.inf if smallest else -np.inf)
    (np.minimum if smallest else np.maximum).at(pooled, group, values)
    return np.where(np.isfinite(pooled), pooled, 0.0)
