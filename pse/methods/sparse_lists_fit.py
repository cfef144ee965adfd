"""Fits of pairwise models to many tables of counts at once, and whether their estimates exist."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pse.methods.existence import ModelState, model_state, unseen_cell
from pse.methods.sparse_lists_cells import PairCells, kept_cells, used_columns
from pse.methods.sparse_lists_newton import Tables, full_rank, log_linear_means, maximise, tables

__all__ = ["PairFits", "fit_pairs", "limit_sizes", "pair_model_state", "start_from_lists"]

Array = np.ndarray
CERTAIN = 0.5  # change of a log mean, see `fit_pairs`
NO_NOISE = 1e-9  # people in a fitted cell, far above what rounding can leave of a cell that runs to 0


@dataclass(frozen=True)
class PairFits:
    """Fits of some tables.

    Attributes
    ----------
    coefficients : numpy.ndarray, shape (tables, columns)
        0 where a column is not in the model or its coefficient is minus infinity.
    fitted : numpy.ndarray, shape (tables, cells)
        0 in cells that the model leaves out.
    exists : numpy.ndarray of bool, shape (tables,)
        Whether there is one maximum-likelihood estimate; without it the other two mean nothing.
    """

    coefficients: Array = field(repr=False)
    fitted: Array = field(repr=False)
    exists: Array = field(repr=False)

    def sizes(self, counts: Array) -> Array:
        """Return the people on the lists and on none; infinite where no estimate exists: shape (tables,)."""
        with np.errstate(over="ignore"):
            return np.where(self.exists, counts.sum(axis=1) + np.exp(self.coefficients[:, 0]), np.inf)


def fit_pairs(cells: PairCells, counts: Array, chosen: Array, start: Array) -> PairFits:
    """Fit a pairwise model to each table by Newton's method with halved steps.

    Parameters
    ----------
    cells : PairCells
    counts : numpy.ndarray of float, shape (tables, cells)
    chosen : numpy.ndarray of bool, shape (tables, pairs)
        Pairs in the model of each table.
    start : numpy.ndarray, shape (tables, columns)

    Notes
    -----
    Existence comes with the fit (ours): if the next Newton step d changes every log mean by less than 1, the
    counts m (1 + X d) are all above 0 and have exactly the observed totals, and such counts are what Fienberg
    and Rinaldo (2012) ask for. Only fits that end otherwise go to the linear programme.
    """
    used = used_columns(cells, counts, chosen)
    some = used.any(axis=0)
    given = tables(cells.design[:, some], counts, kept_cells(cells, counts, chosen), used[:, some])
    exists = _identified(given)
    rows = np.flatnonzero(exists)
    beta, change = np.where(used, start, 0.0)[:, some], np.full(len(counts), np.inf)
    beta[rows], change[rows] = maximise(given.of(rows), beta[rows])
    fitted = log_linear_means(given, beta)
    proved = (change < CERTAIN) & (np.where(given.keep, fitted, 1.0).min(axis=1) > NO_NOISE)
    for row in np.flatnonzero(exists & ~proved):
        exists[row] = pair_model_state(cells, counts[row], chosen[row]) == "fine"
    coefficients = np.zeros(used.shape)
    coefficients[:, some] = beta
    return PairFits(coefficients, fitted, exists)


def _identified(given: Tables) -> Array:
    """Say which models are identified; those that keep all cells of three or more lists always are."""
    known = given.keep.all(axis=1) & (given.keep.shape[1] > 3)
    unsure = np.flatnonzero(~known)
    if len(unsure):
        known[unsure] = full_rank(given.of(unsure))
    return known


def pair_model_state(cells: PairCells, counts: Array, chosen: Array) -> ModelState:
    """Say whether the extended estimate of one model of one table exists and is the only one.

    Parameters
    ----------
    counts : numpy.ndarray, shape (cells,)
    chosen : numpy.ndarray of bool, shape (pairs,)

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> from pse.methods.sparse_lists_cells import pair_cells
    >>> table = pd.DataFrame({"a": [1, 0, 0, 1], "b": [0, 1, 0, 1], "c": [0, 0, 1, 0], "n": [40, 30, 20, 6]})
    >>> given = histories(table, people="n")
    >>> pair_model_state(pair_cells(given), given.counts, np.array([True, False, False]))
    'does not exist'
    """
    keep = kept_cells(cells, counts[None], chosen[None])[0]
    used = used_columns(cells, counts[None], chosen[None])[0]
    return model_state(cells.design[keep][:, used], counts[keep])


def limit_sizes(cells: PairCells, counts: Array, chosen: Array, fits: PairFits) -> Array:
    """Return the size of each table; where no estimate exists, the size to which the likelihood rises.

    That is infinite, or the people on the lists if the unseen run to 0, or a number in between if only other
    coefficients run away; where the data leave it open it is counted as infinite.
    """
    sizes = fits.sizes(counts)
    for row in np.flatnonzero(~fits.exists):
        keep = kept_cells(cells, counts[[row]], chosen[[row]])[0]
        used = used_columns(cells, counts[[row]], chosen[[row]])[0]
        where = unseen_cell(cells.design[keep][:, used], counts[row][keep])
        unseen = {"finite": float(np.exp(fits.coefficients[row, 0])), "none": 0.0}.get(where, np.inf)
        sizes[row] = counts[row].sum() + unseen
    return sizes


def start_from_lists(cells: PairCells, counts: Array) -> Array:
    """Return rough coefficients of the model without pairs, from the sizes of lists: (tables, columns)."""
    people, on = counts.sum(axis=1, keepdims=True), counts @ cells.patterns
    times = cells.patterns.sum(axis=1)
    once, twice = (counts[:, times == k].sum(axis=1, keepdims=True) for k in (1, 2))
    size = people + (once + 1) ** 2 / (2 * twice + 2)  # Chao's lower bound, kept finite
    share = np.clip(on, 0.5, None) / np.maximum(size, on + 1)
    start = np.zeros((len(counts), cells.design.shape[1]))
    start[:, 0] = np.log(size[:, 0]) + np.log1p(-share).sum(axis=1)
    start[:, 1 : cells.first_pair] = np.log(share / (1 - share))
    return start
