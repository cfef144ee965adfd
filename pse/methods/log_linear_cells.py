"""The cells of a log-linear model, those that could not be observed, and why there is no size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pse.methods.histories import Histories
from pse.methods.refusal import NoEstimateError

__all__ = ["LogLinearCells", "log_linear_cells", "why_no_size"]

REASONS = {
    "rank": (
        "a log-linear model must have no more coefficients than its cells can tell apart; this one has. "
        "Leave out interactions, or add a list."
    ),
    "unbounded": (
        "a log-linear model must have people met together to bound the size; the empty cells let it grow for "
        "ever. Leave out the interaction of lists that hardly overlap, join them, or report the lower limit."
    ),
    "unknown": (
        "a log-linear model must have people in more of its cells; the empty ones leave the size open. Leave "
        "out interactions or lists without people, or report the people met."
    ),
}


@dataclass(frozen=True)
class LogLinearCells:
    """Cells of a log-linear model.

    Attributes
    ----------
    lists : tuple of str
    patterns, counts : numpy.ndarray
        Observed cells: shape (cells, lists) and (cells,).
    unseen : numpy.ndarray, shape (unseen cells, lists)
        Patterns of people who were not observed: on no list first, then those that lists could not show.
    """

    lists: tuple[str, ...]
    patterns: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    unseen: np.ndarray = field(repr=False)

    @property
    def n(self) -> int:
        """People met."""
        return int(self.counts.sum())


def log_linear_cells(
    given: Histories, *, impossible: Sequence[str] = (), unobserved: Sequence[str] = ()
) -> LogLinearCells:
    """Return the cells of capture histories, without those that could not be observed.

    Parameters
    ----------
    given : Histories
    impossible : sequence of str
        Patterns that nobody can have, such as ``"110"`` for two lists that exclude each other. They hold no
        part of the size.
    unobserved : sequence of str
        Patterns that people can have but that the lists could not show. The model fills them, and they are
        part of the size, as those on no list are.

    Raises
    ------
    ValueError
        If a pattern is not 0 and 1 for each list, is given twice, is on no list, or has people.
    NoEstimateError
        If the lists hold nobody.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> given = histories(pd.DataFrame({"a": [1, 0, 0], "b": [0, 1, 0], "c": [1, 1, 1]}))
    >>> log_linear_cells(given, impossible=["110", "111"]).patterns.shape
    (5, 3)
    """
    if given.n == 0:
        raise NoEstimateError(
            "the lists must hold somebody; got nobody. Check the columns and rows of the lists.", lower=0
        )
    out = {**_rows(given, impossible, "impossible"), **_rows(given, unobserved, "unobserved")}
    if len(out) < len(impossible) + len(unobserved):
        raise ValueError("impossible and unobserved must name each pattern once; got one twice.")
    keep = np.setdiff1d(np.arange(len(given.counts)), list(out.values()))
    nobody = np.zeros((1, len(given.lists)), dtype=np.int64)
    unseen = np.vstack([nobody, given.patterns[[out[pattern] for pattern in unobserved]]])
    return LogLinearCells(given.lists, given.patterns[keep], given.counts[keep], unseen)


def _rows(given: Histories, patterns: Sequence[str], name: str) -> dict[str, int]:
    rows = {}
    for pattern in patterns:
        right = isinstance(pattern, str) and len(pattern) == len(given.lists) and set(pattern) <= {"0", "1"}
        if not right or "1" not in pattern:
            raise ValueError(
                f"{name} must hold patterns of 0 and 1, one digit for each of {len(given.lists)} lists and "
                f"a 1 somewhere; got {pattern!r}."
            )
        rows[pattern] = int(pattern, 2) - 1
        if given.counts[rows[pattern]]:
            raise ValueError(f"{name} must hold patterns without people; got {pattern!r}, which has some.")
    return rows


def why_no_size(states: Sequence[str]) -> str:
    """Return why a model gives no size from the states of its unseen cells; empty if it gives one.

    Examples
    --------
    >>> why_no_size(["finite"])
    ''
    >>> why_no_size(["unbounded"]).startswith("a log-linear model must have people met together")
    True
    """
    return next((text for state, text in REASONS.items() if state in states), "")
