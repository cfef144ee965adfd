"""Draws of people at spots that nobody named, for one KP."""

from dataclasses import dataclass

import numpy as np

from pse.spots.sums import Sums

MOST_MISSED = 1e6
"""No named spot stands for more spots than this; met only where a naming chance is all but 0."""


@dataclass(frozen=True)
class Naming:
    """Named spots of one KP and the chance that an informant names one.

    Attributes
    ----------
    coefficients, root : numpy.ndarray, shape (2,) and (2, 2)
        a and b of the rate exp(a + b ln E), and the Cholesky factor of their covariance.
    named : numpy.ndarray of int
        Units that informants named and that hold people.
    log_size, informants : numpy.ndarray
        ln E and t of each of them.
    sums : Sums, shape (cells, named)
        Their people at the point, by cell.
    known : Sums, shape (1, units)
        People at the point of spots known from lists or found at level 2, not from informants.
    """

    coefficients: np.ndarray
    root: np.ndarray
    named: np.ndarray
    log_size: np.ndarray
    informants: np.ndarray
    sums: Sums
    known: Sums


@dataclass(frozen=True)
class Missing:
    """Chao2: how many spots were missed by cell, how uncertain that is, and the people of spots named once.

    `spots` and `log_variance` have one element per cell; `once` are units named by one informant, `people`
    their people at the point.
    """

    spots: np.ndarray
    log_variance: np.ndarray
    once: np.ndarray
    people: np.ndarray


def draw_unlisted(part: Naming | Missing, factor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return people at unlisted spots by cell, shape (cells, n); `factor` is that of all units."""
    if isinstance(part, Missing):
        return _draw_missing(part, factor, rng)
    return _draw_by_naming(part, factor, rng)


def _draw_by_naming(part: Naming, factor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw, for each named spot, how many spots like it nobody named.

    With the chance pi of being named at all, that number is geometric with mean (1 - pi) / pi; its variance
    (1 - pi) / pi^2 is that of an inverse-probability sum (ours).
    """
    n = factor.shape[1]
    drawn = part.coefficients[:, None] + part.root @ rng.standard_normal((2, n))
    rate = part.informants[:, None] * np.exp(drawn[0] + drawn[1] * part.log_size[:, None])
    missed = np.floor(rng.standard_exponential(rate.shape) / np.maximum(rate, 1 / MOST_MISSED))
    gross = part.sums @ (np.minimum(missed, MOST_MISSED) * factor[part.named])
    return less_known(gross, (part.known @ factor)[0])


def less_known(gross: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Take people known otherwise off the sum over cells (never below 0), in proportion to the cells."""
    total = gross.sum(axis=0)
    left = np.maximum(total - known, 0)
    return gross * np.divide(left, total, out=np.zeros_like(total), where=total > 0)


def _draw_missing(part: Missing, factor: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the missed spots log-normally, and people per spot from the spots named once, resampled."""
    n, k = factor.shape[1], len(part.once)
    error = np.exp(
        np.sqrt(part.log_variance)[:, None] * rng.standard_normal((len(part.spots), n))
        - part.log_variance[:, None] / 2
    )
    if k == 0:
        return np.zeros_like(error)
    at = rng.integers(k, size=(k, n))
    people = (part.people[:, None] * factor[part.once])[at, np.arange(n)].mean(axis=0)
    return part.spots[:, None] * error * people
