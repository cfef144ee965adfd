"""Mixtures of normal distributions cut at two bounds: the posterior of a size over a grid of spreads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr

__all__ = ["NormalMixture", "log_mass"]

REACH = 40.0  # standard deviations: no quantile lies further out


@dataclass(frozen=True)
class NormalMixture:
    """Weighted normal distributions, each cut at the same two bounds.

    Attributes
    ----------
    means, errors, weights : numpy.ndarray, shape (parts,)
        Mean and standard deviation before the cut, and the weight after it; weights sum to 1.
    low, high : float
        Bounds; infinite where there are none.
    """

    means: np.ndarray
    errors: np.ndarray
    weights: np.ndarray
    low: float = -np.inf
    high: float = np.inf

    def below(self, x: float) -> float:
        """Return the probability of a value of at most `x`.

        Examples
        --------
        >>> one = np.ones(1)
        >>> NormalMixture(0 * one, one, one, low=0.0).below(1.0).__round__(4)
        0.6827
        """
        if x <= self.low or x >= self.high:
            return float(x >= self.high)
        part = log_mass(self.means, self.errors, self.low, x) - log_mass(
            self.means, self.errors, self.low, self.high
        )
        return float(self.weights @ np.exp(part))

    def quantile(self, probability: float) -> float:
        """Return the value below which `probability` lies."""
        low = max(self.low, float((self.means - REACH * self.errors).min()))
        high = min(self.high, float((self.means + REACH * self.errors).max()))
        if low >= high:  # all normals lie beyond one bound
            low, high = self.low, self.high
        return float(brentq(lambda x: self.below(x) - probability, low, high, xtol=1e-12, rtol=1e-14))


def log_mass(means: np.ndarray, errors: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the log of the probability between two bounds, exact far out in both tails.

    Examples
    --------
    >>> log_mass(np.zeros(1), np.ones(1), 30.0, 31.0).round(2).tolist()
    [-454.32]
    """
    a, b = (low - means) / errors, (high - means) / errors
    flipped = a > 0  # above the mean: take the same mass on the other side, where it is not 1 - 1
    a, b = np.where(flipped, -b, a), np.where(flipped, -a, b)
    upper = log_ndtr(b)
    with np.errstate(divide="ignore"):  # no mass between two bounds that are the same
        return np.asarray(upper + np.log1p(-np.exp(log_ndtr(a) - upper)))
