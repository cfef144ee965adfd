"""Cells of lists and covariates: counted, not counted by anybody, or only an upper limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np
import pandas as pd

from pse import checks
from pse.methods.histories import ON_A_LIST, list_marks

__all__ = ["LogLinearCells", "log_linear_cells"]


@dataclass(frozen=True)
class LogLinearCells:
    """The full table of lists and covariates, and the columns of its log-linear models.

    Attributes
    ----------
    table : pandas.DataFrame
        A row for each combination: lists (0 and 1), covariates, `people` (0 where nobody can be counted).
    unseen : numpy.ndarray of bool, shape (cells,)
        On no list: the number is not known.
    limits : numpy.ndarray of bool, shape (cells,)
        `people` is an upper limit.
    design : numpy.ndarray, shape (cells, coefficients)
        Constant, main effects, pairs; effects of a factor add up to 0 over its levels.
    pairs : tuple of (str, str)
        Pairs of factors that a model may hold.
    pair_of : numpy.ndarray of int, shape (coefficients,)
        Place in `pairs` of the coefficient; -1 for constant and main effects, which every model holds.
    """

    table: pd.DataFrame = field(repr=False)
    unseen: np.ndarray = field(repr=False)
    limits: np.ndarray = field(repr=False)
    design: np.ndarray = field(repr=False)
    pairs: tuple[tuple[str, str], ...]
    pair_of: np.ndarray = field(repr=False)

    @property
    def people(self) -> np.ndarray:
        """People of each cell, or their upper limit; 0 where they are not known."""
        return self.table["people"].to_numpy(dtype=float)

    @property
    def counted(self) -> np.ndarray:
        """Cells with a number that is known."""
        return ~(self.unseen | self.limits)


def log_linear_cells(
    table: pd.DataFrame,
    *,
    lists: Sequence[str],
    people: str,
    covariates: Sequence[str],
    uncertain: str | None,
) -> LogLinearCells:
    """Return all cells of a table of patterns.

    Parameters
    ----------
    table : pandas.DataFrame
        A row for each pattern (and group): lists 0 and 1, covariates, the number of people. Rows of one cell
        are added up; a cell without a row has nobody.
    lists, people, covariates
        Columns.
    uncertain : str or None
        A list that also holds people who are not of the KP: those on it alone are an upper limit.

    Raises
    ------
    ValueError
        If a cell is neither 0 nor 1, a number is not whole, a covariate is blank, a row is on no list, or
        `uncertain` is not a list.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 1], "people": [60, 30, 20]})
    >>> cells = log_linear_cells(table, lists=["a", "b"], people="people", covariates=[], uncertain="b")
    >>> cells.people.tolist(), cells.unseen.tolist(), cells.limits.tolist()
    ([0.0, 30.0, 60.0, 20.0], [True, False, False, False], [False, True, False, False])
    """
    checks.count(lists=len(lists), at_least=2)
    if uncertain is not None:
        checks.one_of(uncertain, list(lists), name="uncertain")
    factors = [*lists, *covariates]
    levels = [[0, 1]] * len(lists) + [sorted(table[name].dropna().unique()) for name in covariates]
    for name, values in zip(factors, levels, strict=True):
        checks.rows(table[name].notna(), f"{name} must be given in every row", got="a blank")
        checks.count(**{f"levels of {name}": len(values)}, at_least=2)
    full = pd.DataFrame(list(product(*levels)), columns=factors)
    marks, counts = list_marks(table, list(lists)), pd.to_numeric(table[people]).to_numpy(dtype=float)
    whole = np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))
    checks.rows(whole, f"{people} must be whole numbers, 0 or more")
    checks.rows(marks.any(axis=1) | (counts == 0), ON_A_LIST, got="none", remedy="Leave the row out.")
    given = pd.DataFrame(marks, columns=list(lists)).assign(
        **{name: table[name].to_numpy() for name in covariates}
    )
    summed = given.assign(people=counts).groupby(factors, as_index=False)["people"].sum()
    full = full.merge(summed, how="left", on=factors).fillna({"people": 0.0})
    times = full[list(lists)].sum(axis=1).to_numpy()
    limits = (
        (times == 1) & (full[uncertain] == 1).to_numpy() if uncertain else np.zeros(len(full), dtype=bool)
    )
    design, pairs, pair_of = _design(full[factors])
    return LogLinearCells(full, times == 0, limits, design, pairs, pair_of)


def _design(full: pd.DataFrame) -> tuple[np.ndarray, tuple[tuple[str, str], ...], np.ndarray]:
    main = {name: _contrasts(full[name]) for name in full.columns}
    pairs = tuple(combinations(full.columns, 2))
    parts, owner = [np.ones((len(full), 1)), *main.values()], []
    for place, (first, second) in enumerate(pairs):
        both = (main[first][:, :, None] * main[second][:, None, :]).reshape(len(full), -1)
        parts.append(both)
        owner += [place] * both.shape[1]
    design = np.hstack(parts)
    return design, pairs, np.array([-1] * (design.shape[1] - len(owner)) + owner)


def _contrasts(column: pd.Series) -> np.ndarray:
    """Return a column for each level but the last: 1 on it, -1 on the last."""
    codes, levels = pd.factorize(column, sort=True)
    return np.vstack([np.eye(len(levels) - 1), -np.ones(len(levels) - 1)])[codes]
