"""Pairwise models of lists: their cells, their coefficients, and which cells an empty overlap takes away."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from pse import checks
from pse.methods.histories import Histories

__all__ = ["PairCells", "kept_cells", "pair_cells", "used_columns"]

MOST_LISTS = 10  # 1,023 cells and 56 coefficients
Array = np.ndarray


@dataclass(frozen=True)
class PairCells:
    """Design of all pairwise models of the same lists.

    Attributes
    ----------
    lists : tuple of str
    pairs : tuple of (int, int)
        Every pair of lists, by their places.
    patterns : numpy.ndarray of int, shape (cells, lists)
        As in `Histories`.
    design : numpy.ndarray of float, shape (cells, 1 + lists + pairs)
        Ones, lists, pairs: 1 where a cell is on the list or on both lists.
    """

    lists: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    patterns: Array = field(repr=False)
    design: Array = field(repr=False)

    @property
    def first_pair(self) -> int:
        """Column of the first pair."""
        return 1 + len(self.lists)

    @property
    def on_both(self) -> Array:
        """Which cells are on both lists of which pair: shape (cells, pairs), 0 and 1."""
        return self.design[:, self.first_pair :]

    @property
    def pair_names(self) -> list[str]:
        """Names of the pairs, such as ``"clinic:outreach"``."""
        return [f"{self.lists[i]}:{self.lists[j]}" for i, j in self.pairs]


def pair_cells(given: Histories) -> PairCells:
    """Return the cells of the pairwise models of lists.

    Raises
    ------
    ValueError
        If there are more than 10 lists.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> cells = pair_cells(histories(pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "c": [0, 0, 1]})))
    >>> cells.pair_names, cells.design.shape
    (['a:b', 'a:c', 'b:c'], (7, 7))
    """
    checks.count(lists=len(given.lists), at_least=2, at_most=MOST_LISTS)
    on = given.patterns
    pairs = tuple(combinations(range(len(given.lists)), 2))
    both = [on[:, i] * on[:, j] for i, j in pairs]
    design = np.column_stack([np.ones(len(on)), on, *both]).astype(float)
    return PairCells(given.lists, pairs, on, design)


def kept_cells(cells: PairCells, counts: Array, chosen: Array) -> Array:
    """Say which cells a model keeps: shape (tables, cells).

    Parameters
    ----------
    counts : numpy.ndarray, shape (tables, cells)
    chosen : numpy.ndarray of bool, shape (tables, pairs)
        Pairs in the model of each table.

    Notes
    -----
    The coefficient of a chosen pair that shares nobody is estimated at minus infinity: no cell on both lists
    can hold anybody, and the others are fitted without these cells (Chan, Silverman, Vincent 2021). A list
    without people says nothing and is left out in the same way (ours).
    """
    empty_pairs = chosen & (counts @ cells.on_both == 0)
    empty_lists = counts @ cells.patterns == 0
    return (empty_pairs @ cells.on_both.T == 0) & (empty_lists @ cells.patterns.T == 0)


def used_columns(cells: PairCells, counts: Array, chosen: Array) -> Array:
    """Say which coefficients of a model are finite and to be fitted: shape (tables, columns)."""
    lists = counts @ cells.patterns > 0
    pairs = chosen & (counts @ cells.on_both > 0)
    return np.hstack([np.ones((len(counts), 1), dtype=bool), lists, pairs])
