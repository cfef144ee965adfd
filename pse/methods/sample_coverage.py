"""Sample-coverage sizes for three and more lists that depend on each other (as the package CARE1).

The share of people who are on a list and on at least one other, averaged over the lists, estimates how well
the lists cover the population. Chao, Tsay 1998 (Journal of the American Statistical Association 93:283),
Tsay, Chao 2001 (Journal of Applied Statistics 28:25), for epidemiology Chao et al. 2001 (Statistics in
Medicine 20:3123).
"""

from __future__ import annotations

import math
import warnings
from itertools import combinations
from typing import Literal, get_args

import numpy as np
import pandas as pd

from pse import checks
from pse.estimate import Estimate, EstimateWarning
from pse.methods.histories import Histories
from pse.methods.refusal import NoEstimateError
from pse.methods.two_list_forms import two_list_error, two_list_point
from pse.methods.unseen import log_bounds

__all__ = ["CoverageForm", "coverage_table", "list_pairs", "pair_dependence", "sample_coverage"]

CoverageForm = Literal["independent", "high coverage", "low coverage"]
FEWEST_REPLICATES = 0.5
LOW = 0.55


def sample_coverage(
    given: Histories,
    *,
    form: CoverageForm,
    replicates: int = 1000,
    level: float = 0.95,
    rng: np.random.Generator,
) -> Estimate:
    """Estimate a size by sample coverage, with a bootstrap standard error and the log interval.

    Parameters
    ----------
    given : Histories
        Three lists or more.
    form : {"independent", "high coverage", "low coverage"}
        Independent: lists unrelated (N0 = D / C). High coverage (55 % and more): dependence of each pair of
        lists corrected. Low coverage: two steps towards that correction; stabler, and low when lists depend
        positively.
    replicates : int
        Bootstrap samples.
    level : float
    rng : numpy.random.Generator

    Raises
    ------
    NoEstimateError
        If nobody is on two lists, or the high-coverage form has no positive solution.

    Notes
    -----
    D is the mean number of people left when one list is taken away, C = 1 - mean of (only on j) / n_j.
    Samples are multinomial from the estimated size with its people on no list.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories, history_patterns
    >>> hav = pd.DataFrame(history_patterns(3), columns=list("abc")).assign(n=[63, 55, 18, 69, 17, 21, 28])
    >>> rng = np.random.default_rng(1)
    >>> got = sample_coverage(histories(hav, people="n"), form="low coverage", replicates=200, rng=rng)
    >>> round(got.point)
    508
    """
    checks.one_of(form, get_args(CoverageForm), name="form")
    checks.count(replicates=replicates, at_least=2)
    checks.level(level)
    table = _checked(given)
    coverage = float(_pieces(table[None], given.patterns)[1][0])
    if form == "high coverage" and coverage < LOW:
        warnings.warn(
            f"the coverage is {coverage:.0%}, below {LOW:.0%}: the high-coverage size is unstable. "
            "Use the low-coverage form.",
            EstimateWarning,
            stacklevel=2,
        )
    point = _point(table, given.patterns, form=form)
    if math.isnan(point):
        raise NoEstimateError(
            "the high-coverage size must be positive and at least the people met; the coverage is too low "
            "for it. Use the low-coverage form.",
            lower=given.n,
        )
    error = _bootstrap_error(table, given.patterns, point=point, form=form, replicates=replicates, rng=rng)
    lower, upper = log_bounds(unseen=point - given.n, people=given.n, standard_error=error, level=level)
    method = f"sample coverage, {form}, bootstrap log interval"
    return Estimate(point, lower, upper, "confidence", level, method)


def coverage_table(given: Histories) -> pd.DataFrame:
    """Return what the sample-coverage sizes are made of, and the sizes themselves, without intervals.

    Returns
    -------
    pandas.DataFrame
        One row for each form: people (M), reduced (D), coverage (C), point. The high-coverage point is NaN
        where its equation has no positive solution.

    Examples
    --------
    >>> from pse.methods.histories import histories, history_patterns
    >>> hav = pd.DataFrame(history_patterns(3), columns=list("abc")).assign(n=[63, 55, 18, 69, 17, 21, 28])
    >>> coverage_table(histories(hav, people="n"))["point"].round(1).tolist()
    [407.0, 970.8, 507.8]
    """
    table = _checked(given)
    reduced, coverage, _, _ = _pieces(table[None], given.patterns)
    rows = []
    for form in get_args(CoverageForm):
        point = _point(table, given.patterns, form=form)
        rows.append(
            {
                "form": form,
                "people": given.n,
                "reduced": float(reduced[0]),
                "coverage": float(coverage[0]),
                "point": point,
            }
        )
    return pd.DataFrame(rows)


def _checked(given: Histories) -> np.ndarray:
    checks.count(lists=len(given.lists), at_least=3)
    if given.n == 0 or (given.sizes == 0).any():
        raise NoEstimateError("every list must hold somebody; one is empty. Leave it out.", lower=given.n)
    if not given.counts[given.patterns.sum(axis=1) >= 2].any():
        raise NoEstimateError(
            "sample coverage must have people on two lists or more; got none. Report the people met.",
            lower=given.n,
        )
    return given.counts.astype(float)


def _pieces(
    tables: np.ndarray, patterns: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return D, C, pair overlaps B_kj / (n_k n_j) and people on j but on no list other than k and j.

    Shapes (samples,), (samples,), (samples, pairs), (samples, pairs); a pair stands once for (k, j) and (j,
    k).
    """
    t = patterns.shape[1]
    times = patterns.sum(axis=1)
    n = np.maximum(tables @ patterns, 1e-12)
    only = tables @ (patterns * (times == 1)[:, None])
    coverage = 1 - (only / n).mean(axis=1)
    reduced = tables.sum(axis=1) - only.mean(axis=1)
    ratio, near = [], []
    for k, j in combinations(range(t), 2):
        both = patterns[:, k] * patterns[:, j]
        alone = (times - patterns[:, k] - patterns[:, j]) == 0
        ratio.append(tables @ both / (n[:, k] * n[:, j]))
        near.append(tables @ ((patterns[:, k] + patterns[:, j]) * alone))
    return reduced, coverage, np.stack(ratio, axis=1), np.stack(near, axis=1)


def _sizes(tables: np.ndarray, patterns: np.ndarray, *, form: str) -> np.ndarray:
    """Return one size per table; the dependence of a pair is N B_kj / (n_k n_j) - 1.

    N C = D + (1/t) sum over ordered pairs of (people on j, on no list but k and j) x dependence: the
    covariance of list k with the union of the others, to first order.
    """
    t = patterns.shape[1]
    reduced, coverage, ratio, near = _pieces(tables, patterns)
    with np.errstate(divide="ignore", invalid="ignore"):
        start = size = reduced / coverage
        if form == "independent":
            return start
        if form == "low coverage":
            for _ in range(2):  # the dependence from D / C, then from the size it gives
                step = (near * (size[:, None] * ratio - 1)).sum(axis=1) / (t * coverage)
                size = start + step
            return size
        size = (reduced - near.sum(axis=1) / t) / (coverage - (near * ratio).sum(axis=1) / t)
    return np.where(size > 0, size, np.nan)


def _point(table: np.ndarray, patterns: np.ndarray, *, form: str) -> float:
    """Return one size, NaN where it does not exist or is below the people met (but for rounding)."""
    people = float(table.sum())
    point = float(_sizes(table[None], patterns, form=form)[0])
    return max(point, people) if math.isfinite(point) and point > people * (1 - 1e-9) else math.nan


def _bootstrap_error(
    table: np.ndarray,
    patterns: np.ndarray,
    *,
    point: float,
    form: str,
    replicates: int,
    rng: np.random.Generator,
) -> float:
    whole = max(round(point), int(table.sum()))
    chances = np.append(table, max(0.0, whole - table.sum())) / whole
    drawn = rng.multinomial(whole, chances / chances.sum(), size=replicates)[:, :-1].astype(float)
    sizes = _sizes(drawn, patterns, form=form)
    sizes = sizes[np.isfinite(sizes)]
    if len(sizes) < FEWEST_REPLICATES * replicates:
        raise NoEstimateError(
            "at least half of the bootstrap samples must have a size; fewer have. Use the low-coverage form.",
            lower=float(table.sum()),
        )
    return float(sizes.std(ddof=1))


def pair_dependence(given: Histories, *, size: float) -> pd.DataFrame:
    """Return how much each pair of lists depends on each other if the population has this size.

    Parameters
    ----------
    given : Histories
    size : float
        People, such as a sample-coverage point.

    Returns
    -------
    pandas.DataFrame
        first, second, dependence: the coefficient of covariation size x both / (n1 n2) - 1; 0 for independent
        lists, above 0 when people of one list are more often on the other.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "n": [70, 10, 40]})
    >>> from pse.methods.histories import histories
    >>> float(pair_dependence(histories(table, people="n"), size=400)["dependence"].iloc[0])
    0.0
    """
    checks.positive(size=size)
    rows = []
    for k, j in combinations(range(len(given.lists)), 2):
        both = float(given.counts @ (given.patterns[:, k] * given.patterns[:, j]))
        expected = float(given.sizes[k]) * float(given.sizes[j])
        value = size * both / expected - 1 if expected else math.nan
        rows.append({"first": given.lists[k], "second": given.lists[j], "dependence": value})
    return pd.DataFrame(rows)


def list_pairs(given: Histories, *, level: float = 0.95) -> pd.DataFrame:
    """Return Petersen and Chapman sizes of every pair of lists: far apart, the lists depend on each other.

    Returns
    -------
    pandas.DataFrame
        first, second, both, petersen (NaN without overlap), point (Chapman), standard_error, lower, upper,
        interval, level, method.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "n": [70, 10, 40]})
    >>> from pse.methods.histories import histories
    >>> list_pairs(histories(table, people="n"))[["petersen", "point"]].round(1).to_numpy().tolist()
    [[400.0, 374.5]]
    """
    checks.level(level)
    rows = []
    for k, j in combinations(range(len(given.lists)), 2):
        both = int(given.counts @ (given.patterns[:, k] * given.patterns[:, j]))
        a, b = int(given.sizes[k]), int(given.sizes[j])
        lists = {"first": a, "second": b, "both": both}
        point, error = two_list_point("Chapman", **lists), two_list_error("Chapman", **lists)
        people = a + b - both
        lower, upper = log_bounds(unseen=point - people, people=people, standard_error=error, level=level)
        rows.append(
            {"first": given.lists[k], "second": given.lists[j], "both": both}
            | {
                "petersen": two_list_point("Petersen", **lists) if both else math.nan,
                "point": point,
                "standard_error": error,
            }
            | {"lower": lower, "upper": upper, "interval": "confidence", "level": level}
            | {"method": "Chapman, log interval"}
        )
    return pd.DataFrame(rows)
