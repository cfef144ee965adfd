"""Shares, means, rates and totals from a survey with weights, strata and clusters: Taylor linearisation.

The design goes in as one table of respondents (`survey_design`); replicate weights are in
`survey_replicates.py`, people in need and overlapping groups in `survey_needs.py`.

Sources
-------
Särndal C-E, Swensson B, Wretman J. Model Assisted Survey Sampling. Springer 1992. Wolter KM. Introduction to
Variance Estimation. Springer 2007. Clusters are taken as the ultimate clusters: the variance between them
holds that of all later stages, and the finite-population correction is that of the first stage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import Share, kish_size, t_quantile

__all__ = [
    "Measure",
    "SurveyDesign",
    "measure_interval",
    "survey_design",
    "survey_ratio",
    "survey_share",
    "survey_size",
    "survey_total",
]

NO_ERROR = 1e-12  # a standard error of a share below it is rounding of the machine


@dataclass(frozen=True)
class SurveyDesign:
    """How respondents were drawn.

    Attributes
    ----------
    weights : numpy.ndarray, shape (people,)
        People whom each respondent stands for; above 0.
    cluster : numpy.ndarray of int, shape (people,)
        Cluster of each respondent, 0 ... clusters - 1; without clusters everybody is one.
    stratum : numpy.ndarray of int, shape (clusters,)
        Stratum of each cluster.
    fraction : numpy.ndarray, shape (strata,)
        Share of the clusters of each stratum that was drawn; 0 where no correction is wanted.
    """

    weights: np.ndarray = field(repr=False)
    cluster: np.ndarray = field(repr=False)
    stratum: np.ndarray = field(repr=False)
    fraction: np.ndarray

    @property
    def drawn(self) -> np.ndarray:
        """Clusters drawn in each stratum."""
        return np.bincount(self.stratum, minlength=len(self.fraction))

    @property
    def degrees(self) -> int:
        """Degrees of freedom of a variance: clusters less strata."""
        return len(self.stratum) - len(self.fraction)


@dataclass(frozen=True)
class Measure:
    """A mean, rate, ratio or total with its standard error and degrees of freedom, in its own unit."""

    point: float
    error: float
    degrees: float
    method: str


def survey_design(
    table: pd.DataFrame,
    *,
    weight: str | None = None,
    stratum: str | None = None,
    cluster: str | None = None,
    population: str | None = None,
) -> SurveyDesign:
    """Return the design of a survey from the columns of its respondents.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each respondent.
    weight : str, optional
        Column of weights, above 0; everybody weighs 1 without it.
    stratum, cluster : str, optional
        Columns of strata and clusters. The same cluster code in two strata is two clusters.
    population : str, optional
        Column with the number of clusters (people, without clusters) of the stratum in the population, for
        the finite-population correction of a draw without replacement.

    Raises
    ------
    ValueError
        If the table is empty, a code is missing, a weight is not above 0, or a stratum has fewer clusters in
        the population than were drawn.

    Examples
    --------
    >>> table = pd.DataFrame({"stratum": ["a", "a", "b", "b"], "town": [1, 2, 1, 2]})
    >>> survey_design(table, stratum="stratum", cluster="town").degrees
    2
    """
    checks.count(respondents=len(table), at_least=1)
    weights = np.ones(len(table)) if weight is None else _numbers(table, weight)
    checks.rows(np.isfinite(weights) & (weights > 0), "weight must be a number above 0 in every row")
    h, strata = _codes(table, stratum)
    c = np.arange(len(table)) if cluster is None else _codes(table, cluster)[0]
    pairs, unit = np.unique(np.column_stack([h, c]), axis=0, return_inverse=True)
    of_cluster = pairs[:, 0]
    fraction = _fraction(table, population, h=h, drawn=np.bincount(of_cluster, minlength=strata))
    return SurveyDesign(weights, np.asarray(unit).ravel(), of_cluster, fraction)


def _codes(table: pd.DataFrame, column: str | None) -> tuple[np.ndarray, int]:
    if column is None:
        return np.zeros(len(table), dtype=np.int64), 1
    codes, names = pd.factorize(table[column])
    checks.rows(codes >= 0, f"{column} must be given in every row", got="a blank")
    return codes, len(names)


def _numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    return pd.to_numeric(table[column]).to_numpy(dtype=float, na_value=np.nan)


def _fraction(table: pd.DataFrame, population: str | None, *, h: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    if population is None:
        return np.zeros(len(drawn))
    given = _numbers(table, population)
    largest, smallest = np.full(len(drawn), -np.inf), np.full(len(drawn), np.inf)
    np.maximum.at(largest, h, given)
    np.minimum.at(smallest, h, given)
    if not np.array_equal(largest, smallest):
        raise ValueError(f"{population} must be one number in each stratum; got several or a blank.")
    if (largest < drawn).any():
        raise ValueError(
            f"{population} must be at least the clusters drawn in its stratum; got fewer. "
            "Give the number of clusters of the stratum (of people, where people were drawn)."
        )
    return drawn / largest


def survey_ratio(
    top: ArrayLike, bottom: ArrayLike, design: SurveyDesign, *, among: ArrayLike | None = None
) -> Measure:
    """Return the ratio of two weighted sums, with its linearised error.

    A mean has `bottom` 1 for everybody; a rate per person-year has each person's years.

    Parameters
    ----------
    top, bottom : array_like, shape (people,)
        Numbers without gaps; one number stands for everybody.
    design : SurveyDesign
    among : array_like of bool, optional
        The part of the respondents it is about. Never drop the others from the table: their clusters belong
        to the error.

    Returns
    -------
    Measure
        R = sum(w y) / sum(w x); V = sum over strata of (1 - f) n/(n - 1) sum (z_c - mean z)^2,
        z = w (y - R x) / sum(w x) summed by cluster.

    Raises
    ------
    NoEstimateError
        If the bottom adds up to 0, or a stratum has one cluster only: no variance can be seen there.

    Examples
    --------
    >>> design = survey_design(pd.DataFrame({"id": [1, 2, 3, 4]}))
    >>> rate = survey_ratio([2, 0, 1, 1], 3.5, design)  # problems by person-years
    >>> round(rate.point, 4), round(rate.error, 4)
    (0.2857, 0.1166)
    """
    inside = respondents_inside(among, design)
    y, x = numbers_inside(top, design, "top", inside), numbers_inside(bottom, design, "bottom", inside)
    below = float(design.weights @ x)
    if below <= 0:
        raise NoEstimateError("bottom must add up to more than 0; got nobody to speak of. Check `among`.")
    ratio = float(design.weights @ y) / below
    error = math.sqrt(_variance(design.weights * (y - ratio * x) / below, design))
    return Measure(ratio, error, float(design.degrees), "survey ratio, linearised")


def survey_total(values: ArrayLike, design: SurveyDesign, *, among: ArrayLike | None = None) -> Measure:
    """Return a weighted total with its error.

    Examples
    --------
    >>> design = survey_design(pd.DataFrame({"w": [10, 10, 10, 10], "of": 40}), weight="w", population="of")
    >>> survey_total([1, 0, 1, 0], design).point
    20.0
    """
    y = numbers_inside(values, design, "values", respondents_inside(among, design))
    error = math.sqrt(_variance(design.weights * y, design))
    return Measure(float(design.weights @ y), error, float(design.degrees), "survey total")


def survey_share(holds: ArrayLike, design: SurveyDesign, *, among: ArrayLike | None = None) -> Share:
    """Return the share of people in a group, with the error of the design.

    Parameters
    ----------
    holds : array_like, shape (people,)
        1 or True for those in the group; blanks are refused: leave them out with `among`.

    Notes
    -----
    Where everybody or nobody is in the group the linearised error is 0, and the design effect cannot be seen.
    The effective sample is then that of the clusters, each as one person (Kish: sum(W)^2 / sum(W^2) of their
    weights): too small rather than too large.

    Examples
    --------
    >>> design = survey_design(pd.DataFrame({"town": [1, 1, 2, 2, 3, 3]}), cluster="town")
    >>> share = survey_share([1, 1, 0, 1, 0, 0], design)
    >>> share.point, round(share.error, 4), share.degrees
    (0.5, 0.2887, 2.0)
    """
    inside = respondents_inside(among, design)
    y = _marks(holds, design, inside)
    got = survey_ratio(y, 1.0, design, among=inside)
    error = got.error if got.error > NO_ERROR else 0.0
    effective = got.point * (1 - got.point) / error**2 if error else _kish(design, inside)
    holders = int(y[inside].sum())
    return Share(got.point, error, effective, got.degrees, "share of a survey, linearised", holders)


def _kish(design: SurveyDesign, inside: np.ndarray) -> float:
    """Return the effective number of clusters; without end where every cluster there is was drawn."""
    if (design.fraction == 1).all():
        return math.inf
    w = np.bincount(design.cluster, weights=design.weights * inside, minlength=len(design.stratum))
    return kish_size(w)


def survey_size(holds: ArrayLike, design: SurveyDesign, *, level: float = 0.95) -> Estimate:
    """Return the people of a group in the population of a survey whose weights add up to it.

    The interval is symmetric on the log scale, with t of clusters - strata degrees of freedom, and never
    starts below the people met.

    Examples
    --------
    >>> design = survey_design(pd.DataFrame({"w": [10] * 6}), weight="w")
    >>> print(survey_size([1, 0, 0, 1, 1, 0], design))
    30 (10 to 95, 95% confidence; survey total, log)
    """
    y = _marks(holds, design, respondents_inside(None, design))
    got = survey_total(y, design)
    met = float(y.sum())
    if met == 0:
        raise NoEstimateError(
            "holds must be 1 for somebody; got nobody in the group. Report the upper limit of the share "
            "(share_interval, exact) times the people that the survey is of, or ask more people.",
            lower=0.0,
        )
    return log_estimate(got, level=level, method="survey total, log", least=met)


def log_estimate(got: Measure, *, level: float, method: str, least: float) -> Estimate:
    """Return a size with the interval that is symmetric on the log scale, never below the people met.

    Examples
    --------
    >>> print(log_estimate(Measure(100, 10, math.inf, ""), level=0.95, method="count", least=90))
    100 (90 to 122, 95% confidence; count)
    """
    lower, upper = measure_interval(got, level=level, scale="log")
    lower = min(max(lower, least), got.point)
    return Estimate(got.point, lower, upper, "confidence", level, method)


def measure_interval(measure: Measure, *, level: float = 0.95, scale: str) -> tuple[float, float]:
    """Return the bounds of a measure, symmetric on the "plain" or on the "log" scale.

    Examples
    --------
    >>> low, high = measure_interval(Measure(10, 1, math.inf, "mean"), scale="plain")
    >>> round(low, 2), round(high, 2)
    (8.04, 11.96)
    """
    checks.one_of(scale, ("plain", "log"), name="scale")
    t = t_quantile(measure.degrees, level=level)
    if scale == "plain":
        return measure.point - t * measure.error, measure.point + t * measure.error
    checks.positive(point=measure.point)
    factor = math.exp(min(t * measure.error / measure.point, 700.0))
    return measure.point / factor, measure.point * factor


def respondents_inside(among: ArrayLike | None, design: SurveyDesign) -> np.ndarray:
    """Return for each respondent whether it is about them; everybody without `among`."""
    n = len(design.weights)
    inside = np.ones(n, dtype=bool) if among is None else np.asarray(among)
    if inside.shape != (n,) or inside.dtype != bool:
        raise ValueError(f"among must be True or False for each of the {n} respondents.")
    return inside


def numbers_inside(given: ArrayLike, design: SurveyDesign, name: str, inside: np.ndarray) -> np.ndarray:
    """Return a number for each respondent, 0 for those outside; refuse a blank inside."""
    n = len(design.weights)
    try:
        values = np.asarray(given, dtype=float)
    except (TypeError, ValueError):  # blanks of pandas; words become blanks and are refused as such
        values = pd.to_numeric(pd.Series(given), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if values.ndim and values.shape != (n,):
        raise ValueError(f"{name} must have one number for each of the {n} respondents; got {values.size}.")
    values = np.where(inside, np.broadcast_to(values, n), 0.0)
    rule = f"{name} must be a number in every row"
    checks.rows(np.isfinite(values), rule, got="a blank", remedy="Use `among`.")
    return values


def _marks(holds: ArrayLike, design: SurveyDesign, inside: np.ndarray) -> np.ndarray:
    y = numbers_inside(holds, design, "holds", inside)
    if not np.isin(y, (0, 1)).all():
        raise ValueError(
            "holds must be 0 or 1 for everybody; got other values. Use survey_ratio for numbers."
        )
    return y


def _variance(z: np.ndarray, design: SurveyDesign) -> float:
    """Return the variance of the sum of z between the clusters of each stratum."""
    sums = np.bincount(design.cluster, weights=z, minlength=len(design.stratum))
    n = design.drawn
    refuse_lonely(design)
    means = np.bincount(design.stratum, weights=sums, minlength=len(n)) / n
    squares = np.bincount(design.stratum, weights=(sums - means[design.stratum]) ** 2, minlength=len(n))
    return float(np.sum((1 - design.fraction) * n / np.maximum(n - 1, 1) * squares))


def refuse_lonely(design: SurveyDesign) -> None:
    """Refuse a stratum with one cluster, unless all of it was drawn: no variance can be seen there."""
    lonely = int(((design.drawn == 1) & (design.fraction < 1)).sum())
    if lonely:
        raise NoEstimateError(
            f"every stratum must have two clusters or more; got {lonely} with one. "
            "Join strata that are alike before looking at the answers."
        )
