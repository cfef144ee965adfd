"""How many people were never seen, from how often each was seen on one list.

A service's register, a year of arrests or one month of outreach contacts: some people appear once, some
twice, some more often. Fit a family with `fit_one_list`, then ask for the size, by groups, by bootstrap
(`one_list_bootstrap.py`), or what single rows do to it (`one_list_influence.py`). Assumed: the population is
closed while the list is kept, being seen does not change the chance of being seen again, and people with the
same covariates are alike, except for the gamma differences of a negative binomial or a geometric family.
Where they differ more, every family but the negative binomial tends to give too few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
from scipy.stats import chi2

from pse import checks
from pse.estimate import Estimate
from pse.methods.one_list_fit import (
    Information,
    OneListFit,
    coefficient_table,
    covariance,
    endless_log_likelihood,
    fit_one_list,
    lower_limit,
)
from pse.methods.one_list_newton import linear
from pse.methods.refusal import NoEstimateError
from pse.methods.species import size_interval
from pse.methods.truncated_counts import FAMILIES, stands_for

__all__ = [
    "coefficient_table",
    "covariance",
    "fit_one_list",
    "one_list_by",
    "one_list_size",
    "one_list_table",
    "size_and_variance",
]

Array = np.ndarray
WIDEST = 3.0  # standard error of the people never seen over their number; wider says nothing


def one_list_size(
    fit: OneListFit,
    *,
    interval: str = "log-normal",
    information: Information = "observed",
    level: float = 0.95,
) -> Estimate:
    """Return the size of a fitted list with an analytic interval.

    Parameters
    ----------
    fit : OneListFit
        From `fit_one_list`.
    interval : {"log-normal", "normal"}
        Log-normal in the people never seen; or point plus and minus z standard errors, cut at those seen.
    information : {"observed", "fisher"}
        Which covariance of the coefficients.

    Raises
    ------
    NoEstimateError
        If the data bound the size only from below: the likelihood of a negative binomial with endless size is
        within the interval's reach, or the standard error exceeds three times the people never seen.

    Notes
    -----
    Sum of 1 / P(seen) over the people seen; variance by the delta method plus that of who was seen (van der
    Heijden et al. 2003). With ones set aside: ones plus the estimate of all others.

    Examples
    --------
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> print(one_list_size(fit_one_list(table, seen="times", family="ztgeom", people="people")))
    500 (347 to 748, 95% confidence; ztgeom, log-normal interval)
    """
    checks.level(level)
    _refuse_endless(fit, level=level)
    point, variance = size_and_variance(fit, information=information)
    _refuse_vague(fit, point, variance)
    return size_interval(point, variance, seen=fit.n, interval=interval, level=level, method=fit.family)


def size_and_variance(
    fit: OneListFit, *, information: Information = "observed", people: Array | None = None
) -> tuple[float, float]:
    """Return the size and its variance; with `people` by cell, those of a part of the list.

    Examples
    --------
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> [round(x, 3) for x in size_and_variance(fit)]
    [500.0, 10000.0]
    """
    cells = fit.cells
    weights = cells.people if people is None else people
    eta, zeta = linear(fit.shape, cells.design, fit.parameters[None, :])
    whole, slope, own = (x[0] for x in stands_for(fit.shape, cells.seen, eta, zeta))
    gradient = cells.design.T @ (weights * slope)
    if fit.shape.extra:
        step = 1e-5
        high, low = (stands_for(fit.shape, cells.seen, eta, zeta + d)[0][0] for d in (step, -step))
        gradient = np.append(gradient, weights @ (high - low) / (2 * step))
    spread = gradient @ covariance(fit, information=information) @ gradient
    return float(weights @ whole), float(spread + weights @ own)


def one_list_by(
    fit: OneListFit,
    groups: pd.Series,
    *,
    interval: str = "log-normal",
    information: Information = "observed",
    level: float = 0.95,
) -> pd.DataFrame:
    """Return sizes of parts of the population: one row for each value of `groups`.

    Parameters
    ----------
    groups : pandas.Series
        A group for each row of the fitted table, in its order; not necessarily a covariate of the fit.

    Returns
    -------
    pandas.DataFrame
        Columns group, seen (people), point, lower, upper, interval, level, method. The points add up to the
        whole size; the intervals do not, as the parts share coefficients.

    Examples
    --------
    >>> table = pd.DataFrame({"times": [1, 1, 2, 3], "people": [40, 40, 15, 5], "sex": ["f", "m", "m", "f"]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> one_list_by(fit, table["sex"])["point"].round(3).tolist()
    [225.0, 275.0]
    """
    cells = fit.cells
    if len(groups) != len(cells.row_cell):
        raise ValueError(
            f"groups must have a value for each row of the table ({len(cells.row_cell)}); got {len(groups)}."
        )
    if groups.isna().any():
        raise ValueError("groups must have a value in every row; got blanks. Name them, or leave them out.")
    _refuse_endless(fit, level=level)
    rows = []
    for group in sorted(groups.unique(), key=str):
        inside = (groups == group).to_numpy() & (cells.row_cell >= 0)
        part = np.bincount(
            cells.row_cell[inside], weights=cells.row_people[inside], minlength=len(cells.people)
        )
        point, variance = size_and_variance(fit, information=information, people=part)
        size = size_interval(
            point, variance, seen=part.sum(), interval=interval, level=level, method=fit.family
        )
        rows.append({"group": group, "seen": part.sum(), **asdict(size)})
    return pd.DataFrame(rows)


def one_list_table(
    table: pd.DataFrame,
    *,
    seen: str,
    families: Sequence[str] = tuple(FAMILIES),
    numeric: Sequence[str] = (),
    categories: Mapping[str, Sequence[object]] | None = None,
    people: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return one row for each family: likelihood, criteria, size, or the reason why there is none.

    Returns
    -------
    pandas.DataFrame
        Columns method, uses (which counts enter the likelihood: compare criteria only among equals),
        parameters, log_likelihood, aic, bic, point, lower, upper, interval, level, reason. A refused family
        has blanks, its lower limit in `lower` and the reason.

    Examples
    --------
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> found = one_list_table(table, seen="times", people="people", families=["ztpoisson", "ztgeom"])
    >>> found["point"].round().tolist()
    [269.0, 500.0]
    """
    rows = []
    for family in families:
        row: dict[str, object] = {"method": family, "uses": _uses(family)}
        try:
            fit = fit_one_list(
                table, seen=seen, family=family, numeric=numeric, categories=categories, people=people
            )
            row |= {
                "parameters": len(fit.names),
                "log_likelihood": fit.log_likelihood,
                "aic": fit.aic,
                "bic": fit.bic,
            }
            row |= asdict(one_list_size(fit, level=level)) | {"method": family, "reason": ""}
        except NoEstimateError as refused:
            row |= {"lower": refused.lower, "reason": str(refused)}
        rows.append(row)
    fitted = ["parameters", "log_likelihood", "aic", "bic"]
    order = ["method", "uses", *fitted, "point", "lower", "upper", "interval", "level", "reason"]
    return pd.DataFrame(rows).reindex(columns=order)


def _uses(family: str) -> str:
    return {"zero_one": "2 and more", "first_two": "1 and 2"}.get(FAMILIES[family].kind, "1 and more")


def _refuse_endless(fit: OneListFit, *, level: float) -> None:
    if fit.shape.alpha is not None:
        return
    if 2 * (fit.log_likelihood - endless_log_likelihood(fit)) < chi2.ppf(level, 1):
        raise NoEstimateError(
            f"{fit.family} must bound the size from above; got an endless size that fits about as well "
            f"(within the {100 * level:g}% interval). Report the lower limit.",
            lower=lower_limit(fit.cells),
        )


def _refuse_vague(fit: OneListFit, point: float, variance: float) -> None:
    unseen = point - fit.n
    if not np.isfinite(variance) or variance > (WIDEST * max(unseen, 1.0)) ** 2:
        raise NoEstimateError(
            f"{fit.family} must have a standard error below {WIDEST:g} times the people never seen; got "
            "more. The list says next to nothing about the size: report the lower limit or leave "
            "covariates out.",
            lower=lower_limit(fit.cells),
        )
