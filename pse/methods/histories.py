"""Capture histories: who was on which lists, as counts of each pattern."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd

from pse import checks

__all__ = ["Histories", "histories", "history_counts", "list_marks"]

MOST_LISTS = 20
ON_A_LIST = "everybody must be on a list"


@dataclass(frozen=True)
class Histories:
    """Counts of people by the lists they are on; nobody is on no list.

    Attributes
    ----------
    lists : tuple of str
        Names of the lists, in the order of the columns.
    patterns : numpy.ndarray of int, shape (2^k - 1, k)
        All patterns of 0 and 1 but the empty one, the last list changing fastest: 0...01 to 1...1.
    counts : numpy.ndarray of int, shape (2^k - 1,)
        People with each pattern; 0 where nobody has it.
    """

    lists: tuple[str, ...]
    patterns: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)

    @property
    def n(self) -> int:
        """People on at least one list."""
        return int(self.counts.sum())

    @property
    def sizes(self) -> np.ndarray:
        """People on each list."""
        return self.counts @ self.patterns


def histories(table: pd.DataFrame, *, lists: list[str] | None = None, people: str | None = None) -> Histories:
    """Return the counts of all patterns from a table of people or of patterns.

    Parameters
    ----------
    table : pandas.DataFrame
        A column of 0 and 1 for each list; one row for each person, or for each pattern with `people`.
        The same pattern may stand in several rows.
    lists : list of str, optional
        Columns of the lists; by default all but `people`.
    people : str, optional
        Column with the number of people of a row; without it each row is one person.

    Raises
    ------
    ValueError
        If there are fewer than two lists or more than 20, a cell is neither 0 nor 1, a number of people is
        not whole, or a row with people is on no list.

    Examples
    --------
    >>> table = pd.DataFrame({"clinic": [1, 1, 0], "outreach": [0, 1, 1], "people": [70, 10, 40]})
    >>> histories(table, people="people").counts.tolist()  # 01, 10, 11
    [40, 70, 10]
    """
    names = [str(name) for name in (lists or [name for name in table.columns if name != people])]
    checks.count(lists=len(names), at_least=2, at_most=MOST_LISTS)
    on = list_marks(table, names)
    counts = np.ones(len(table)) if people is None else pd.to_numeric(table[people]).to_numpy(dtype=float)
    whole = np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))
    checks.rows(whole, "people must be whole numbers, 0 or more")
    checks.rows(on.any(axis=1) | (counts == 0), ON_A_LIST, got="none", remedy="Leave the row out.")
    code = on @ (1 << np.arange(len(names))[::-1])
    summed = np.bincount(code, weights=counts, minlength=1 << len(names))[1:]
    return Histories(tuple(names), history_patterns(len(names)), summed.astype(np.int64))


def list_marks(table: pd.DataFrame, lists: list[str]) -> np.ndarray:
    """Return who is on which list, 0 and 1: shape (rows, lists).

    Raises
    ------
    ValueError
        If a cell is neither, with the first such row.

    Examples
    --------
    >>> list_marks(pd.DataFrame({"a": [1, 0], "b": [True, True]}), ["a", "b"]).tolist()
    [[1, 1], [0, 1]]
    """
    on = table[lists].to_numpy()
    checks.rows(np.isin(on, (0, 1)).all(axis=1), "every list must hold 0 or 1 in every row")
    return on.astype(np.int64)


def history_patterns(lists: int) -> np.ndarray:
    """Return all patterns but the empty one: shape (2^lists - 1, lists).

    Examples
    --------
    >>> history_patterns(2).tolist()
    [[0, 1], [1, 0], [1, 1]]
    """
    return np.array(list(product((0, 1), repeat=lists)), dtype=np.int64)[1:]


def history_counts(given: Histories) -> np.ndarray:
    """Return how many people are on exactly 1, 2, ... lists.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [70, 10, 40]})
    >>> history_counts(histories(table, people="people")).tolist()
    [110, 10]
    """
    times = given.patterns.sum(axis=1)
    return np.bincount(times, weights=given.counts, minlength=len(given.lists) + 1)[1:].astype(np.int64)
