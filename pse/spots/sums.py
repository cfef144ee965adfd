"""Sums over units as a sparse matrix that holds nothing but numbers, so that it may travel to a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Sums:
    """A matrix in compressed rows: `number[start[i]:start[i + 1]]` stand in row i, in the columns `column`.

    `columns` is their number. `sums @ values` adds up `values` (columns, or columns x draws) by row.
    """

    number: np.ndarray
    column: np.ndarray
    start: np.ndarray
    columns: int

    @classmethod
    def of(cls, number: np.ndarray, row: np.ndarray, column: np.ndarray, *, rows: int, columns: int) -> Sums:
        """Return the matrix with each number at its row and column."""
        made = csr_matrix((number, (row, column)), shape=(rows, columns))
        return cls(made.data.astype(float), made.indices, made.indptr, columns)

    @property
    def rows(self) -> int:
        """Number of sums."""
        return len(self.start) - 1

    def __matmul__(self, values: np.ndarray) -> np.ndarray:
        """Return the sums of `values`, shape (rows,) or (rows, draws)."""
        matrix = csr_matrix((self.number, self.column, self.start), shape=(self.rows, self.columns))
        return np.asarray(matrix @ values)


def indicator(group: np.ndarray, *, n: int, values: np.ndarray | None = None) -> Sums:
    """Return the matrix (n x rows) that sums rows by group; rows of group -1 enter no sum.

    Examples
    --------
    >>> indicator(np.array([0, -1, 0]), n=2) @ np.array([1.0, 2.0, 3.0])
    array([4., 0.])
    """
    known = np.flatnonzero(group >= 0)
    numbers = np.ones(len(group)) if values is None else values
    return Sums.of(numbers[known], group[known], known, rows=n, columns=len(group))


def stacked(parts: Sequence[Sums]) -> Sums:
    """Return the rows of all parts below each other; parts have the same columns."""
    ends = np.cumsum([0, *(part.start[-1] for part in parts)])
    starts = [part.start[:-1] + ends[i] for i, part in enumerate(parts)]
    return Sums(
        np.concatenate([part.number for part in parts]),
        np.concatenate([part.column for part in parts]),
        np.concatenate([*starts, ends[-1:]]),
        parts[0].columns,
    )
