"""Reports and degrees of a network scale-up, checked at the door; refusals that all its methods share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pse import checks
from pse.methods.refusal import NoEstimateError

__all__ = ["known_reports", "numbers", "people_known", "refuse_silence", "whole_columns"]


def people_known(reports: ArrayLike, degrees: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return reports and degrees as numbers, or refuse them: blanks, broken numbers, two lengths.

    Examples
    --------
    >>> people_known([1, 0], [20, 30])
    (array([1., 0.]), array([20., 30.]))
    """
    y, d = numbers(reports, "reports"), numbers(degrees, "degrees")
    checks.count(respondents=y.size, at_least=1)
    checks.rows((y >= 0) & (y == np.floor(y)), "reports must be whole numbers, 0 or more, in every row")
    checks.rows(d >= 0, "degrees must be numbers, 0 or more, in every row")
    if y.shape != d.shape:
        raise ValueError(f"degrees must be one for each of the {y.size} respondents; got {d.size}.")
    return y, d


def refuse_silence(y: np.ndarray, d: np.ndarray, *, total_population: float) -> None:
    """Refuse data without degrees or without anybody of the KP known.

    Examples
    --------
    >>> refuse_silence(np.array([1.0]), np.array([50.0]), total_population=1000)
    """
    if not d.any():
        raise NoEstimateError("degrees must be above 0 for somebody; got only zeros. No size can be scaled.")
    if not y.any():
        # P(nobody known) = (1 - m)^D >= 5 % up to this m
        most = total_population * (1 - 0.05 ** (1 / d.sum()))
        raise NoEstimateError(
            "reports must hold somebody of the KP known to a respondent; got only zeros. Under the basic "
            f"assumptions this silence still allows sizes up to {most:,.0f} (5 % limit). Ask more people.",
            lower=0.0,
        )


def known_reports(
    reports: pd.DataFrame, known: Mapping[str, float], *, total_population: float, blanks: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return reports about known groups, shape (respondents, groups), and sizes of the groups, checked.

    `blanks` keeps blank reports as NaN instead of refusing them.

    Examples
    --------
    >>> known_reports(pd.DataFrame({"nurses": [1, 0]}), {"nurses": 10}, total_population=100)[0].shape
    (2, 1)
    """
    checks.positive(total_population=total_population)
    checks.count(known_groups=len(known), at_least=1)
    checks.count(respondents=len(reports), at_least=1)
    missing = [name for name in known if name not in reports.columns]
    if missing:
        raise ValueError(f"reports must have a column for each known group; got none for {missing}.")
    for name, size in known.items():
        checks.positive(**{f"size of {name}": size})
        if size > total_population:
            raise ValueError(f"size of {name} must be at most total_population; got {size:,.0f}.")
    return whole_columns(reports, list(known), blanks=blanks), np.array(list(known.values()), dtype=float)


def whole_columns(reports: pd.DataFrame, names: list[str], *, blanks: bool = False) -> np.ndarray:
    """Return columns of counts as an array, shape (respondents, columns); refuse blanks and broken numbers.

    Examples
    --------
    >>> whole_columns(pd.DataFrame({"a": [1, 2], "b": [0, 3]}), ["a", "b"]).tolist()
    [[1.0, 0.0], [2.0, 3.0]]
    """
    columns = []
    for name in names:
        blank = reports[name].isna().to_numpy() if blanks else np.zeros(len(reports), dtype=bool)
        column = numbers(reports[name].where(~blank, 0), name)
        whole = (column >= 0) & (column == np.floor(column))
        checks.rows(whole, f"{name} must be whole numbers, 0 or more, in every row")
        columns.append(np.where(blank, np.nan, column))
    return np.column_stack(columns)


def numbers(given: ArrayLike, name: str) -> np.ndarray:
    """Return one number a row; words and blanks are refused by row.

    Examples
    --------
    >>> numbers([1, 2], "degrees")
    array([1., 2.])
    """
    values = pd.to_numeric(pd.Series(np.asarray(given).ravel()), errors="coerce")
    found = values.to_numpy(dtype=float, na_value=np.nan)
    rule = f"{name} must be numbers in every row"
    checks.rows(np.isfinite(found), rule, got="a blank", remedy="Leave out who did not answer.")
    return found
