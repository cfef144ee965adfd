"""Who came to a survey in which order: the data of successive sampling, for one survey or two."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from pse import checks

__all__ = ["Recruits", "one_survey", "suffix_sums", "two_surveys"]


@dataclass(frozen=True)
class Recruits:
    """Degrees of the people seen, and what was left of them before each draw.

    Attributes
    ----------
    degrees : numpy.ndarray of int, shape (people,)
        Of each different person once.
    orders : tuple of numpy.ndarray of int
        For each survey, the degrees in the order of recruitment.
    rests : tuple of numpy.ndarray of float
        For each survey, the summed degrees of all seen people who were not yet drawn before each draw; the
        one drawn is among them.
    """

    degrees: np.ndarray = field(repr=False)
    orders: tuple[np.ndarray, ...] = field(repr=False)
    rests: tuple[np.ndarray, ...] = field(repr=False)

    @property
    def seen(self) -> int:
        """Different people in the survey or surveys."""
        return len(self.degrees)


def one_survey(degrees: ArrayLike) -> Recruits:
    """Return the recruits of one survey.

    The order decides: sort by date and time of the interview. With the same 500 simulated people in the order
    of the file the median was 1,270; sorted by code within each wave it was 630.

    Parameters
    ----------
    degrees : array_like, shape (people,)
        Reported numbers of contacts in the KP, 1 or more, in the order of recruitment.

    Raises
    ------
    ValueError
        If a degree is missing, not whole or below 1.

    Examples
    --------
    >>> one_survey([5, 4, 2]).rests[0].tolist()
    [11.0, 6.0, 2.0]
    """
    order = _degrees(degrees, "degrees")
    return Recruits(order, (order,), (suffix_sums(order),))


def two_surveys(first: ArrayLike, second: ArrayLike, *, again: ArrayLike) -> Recruits:
    """Return the recruits of two surveys of a population that did not change between them.

    Parameters
    ----------
    first, second : array_like, shape (people,)
        Degrees in the order of recruitment of each survey.
    again : array_like of bool, shape (people of second,)
        Whether this person was in the first survey. Who it was need not be known.

    Raises
    ------
    ValueError
        If `again` does not fit `second`, or has more people than the first survey.

    Notes
    -----
    Whoever is in both is taken to have the same degree in both; a second report is used only for the draws
    of the second survey. The first survey must not change who comes to the second.

    Examples
    --------
    >>> both = two_surveys([5, 4, 2], [4, 3], again=[True, False])
    >>> both.seen, both.rests[0].tolist(), both.rests[1].tolist()
    (4, [14.0, 9.0, 5.0], [14.0, 10.0])
    """
    one, two = _degrees(first, "first"), _degrees(second, "second")
    twice = np.asarray(again)
    if twice.shape != two.shape or twice.dtype != bool:
        raise ValueError("again must be True or False for each person of second; got something else.")
    if twice.sum() > len(one):
        raise ValueError(f"again must be true for at most {len(one)} people; got {twice.sum()}.")
    missed = max(0.0, float(one.sum() - two[twice].sum()))
    rests = (suffix_sums(one) + two[~twice].sum(), suffix_sums(two) + missed)
    return Recruits(np.concatenate([one, two[~twice]]), (one, two), rests)


def suffix_sums(degrees: np.ndarray) -> np.ndarray:
    """Return for each place the sum from it to the end."""
    return np.cumsum(degrees[::-1])[::-1].astype(float)


def _degrees(given: ArrayLike, name: str) -> np.ndarray:
    d = np.asarray(given, dtype=float).ravel()
    checks.count(**{f"people of {name}": len(d)}, at_least=2)
    whole = np.isfinite(d) & (d >= 1) & (d == np.floor(d))
    checks.rows(
        whole, f"{name} must be whole numbers, 1 or more", remedy="Impute visibilities, or leave the row out."
    )
    return d.astype(np.int64)
