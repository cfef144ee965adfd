"""Shares of a key population from a respondent-driven sample, and their means: points only.

The intervals are in `rds_bootstrap.py`. Sources: `rds_weights.py`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pse.methods.rds import RdsSample, trait_codes
from pse.methods.rds_weights import RdsWeights, rds_weights
from pse.methods.refusal import NoEstimateError

__all__ = ["differential_activity", "group_members", "population_homophily", "rds_mean", "rds_shares"]


def rds_shares(
    sample: RdsSample, trait: str, *, how: RdsWeights, population: float | None = None
) -> pd.Series:
    """Return the share of the KP with each value of a trait.

    Parameters
    ----------
    sample : RdsSample
    trait : str
        Column; each different value is a group.
    how, population
        As in `rds_weights`.

    Returns
    -------
    pandas.Series
        Shares that add up to 1, by value as sorted text.

    Raises
    ------
    ValueError, NoEstimateError
        As `rds_weights`.

    Examples
    --------
    >>> from pse.methods.rds import rds_sample
    >>> table = pd.DataFrame({"id": [1, 2, 3], "by": ["", 1, 1], "degree": [2, 4, 4], "hiv": [0, 1, 0]})
    >>> sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    >>> rds_shares(sample, "hiv", how="RDS-II").to_dict()
    {'0': 0.75, '1': 0.25}
    """
    weights = rds_weights(sample, how=how, trait=trait, population=population)
    values, code = trait_codes(sample, trait)
    return pd.Series(np.bincount(code, weights=weights) / weights.sum(), index=values, name="share")


def rds_mean(numbers: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted mean of a number asked from each respondent: sum(w x) / sum(w).

    Parameters
    ----------
    numbers, weights : numpy.ndarray, shape (people,)
        The weights are those of `rds_weights`.

    Raises
    ------
    ValueError
        If a number is missing.

    Examples
    --------
    >>> rds_mean(np.array([20.0, 40.0]), np.array([3.0, 1.0]))
    25.0
    """
    x, w = np.asarray(numbers, dtype=float), np.asarray(weights, dtype=float)
    if x.shape != w.shape or not np.isfinite(x).all():
        raise ValueError("numbers must be known for everybody with a weight; got others.")
    return float(w @ x / w.sum())


def differential_activity(sample: RdsSample, trait: str, value: str, *, weights: np.ndarray) -> float:
    """Return the weighted mean degree of a group, over that of all others; 1 is none.

    Parameters
    ----------
    value : str
        The group.
    weights : numpy.ndarray, shape (people,)
        From `rds_weights`.

    Examples
    --------
    >>> from pse.methods.rds import rds_sample
    >>> table = pd.DataFrame({"id": [1, 2, 3], "by": ["", 1, 1], "degree": [2, 8, 2], "hiv": [0, 1, 0]})
    >>> sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    >>> differential_activity(sample, "hiv", "1", weights=1 / sample.degree)
    4.0
    """
    inside = group_members(sample, trait, value)
    inner, outer = (rds_mean(sample.degree[part], weights[part]) for part in (inside, ~inside))
    return inner / outer


def population_homophily(sample: RdsSample, trait: str, value: str, *, weights: np.ndarray) -> float:
    """Return ties between a group and the others expected without homophily, over those estimated.

    Above 1, ties lead to one's own kind. The estimated ties are the half-ties of each side times the part of
    its recruits on the other side, averaged over both sides.

    Notes
    -----
    Definition: Gile KJ, Handcock MS. Sociological Methodology 2010;40:285-327. That both sides are averaged
    is ours; without it the two answers differ.

    Examples
    --------
    >>> from pse.methods.rds import rds_sample
    >>> table = pd.DataFrame({"id": range(5), "by": ["", 0, 0, 1, 1], "degree": 2, "hiv": [0, 1, 0, 1, 0]})
    >>> sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    >>> round(population_homophily(sample, "hiv", "1", weights=1 / sample.degree), 2)
    0.96
    """
    inside = group_members(sample, trait, value)
    half = np.array([weights[~inside] @ sample.degree[~inside], weights[inside] @ sample.degree[inside]])
    code, recruit = inside.astype(int), sample.recruiter >= 0
    by, got = code[sample.recruiter[recruit]], code[recruit]
    crossed = np.bincount(by, weights=by != got, minlength=2) / np.maximum(np.bincount(by, minlength=2), 1)
    ties = float(half @ crossed) / 2
    if ties == 0:
        raise NoEstimateError("recruitments must cross between groups for homophily; got none that do.")
    return float(half[0] * half[1] / half.sum() / ties)


def group_members(sample: RdsSample, trait: str, value: str) -> np.ndarray:
    """Return who has a value of a trait; refuse a value that nobody has, or everybody."""
    values, code = trait_codes(sample, trait)
    if str(value) not in values or len(values) == 1:
        raise NoEstimateError(
            f"{trait} must divide the sample into people with this value and others; got one group only."
        )
    return np.asarray(code == values.index(str(value)))
