"""Forward choice of the pairs of lists that a model needs, for many tables of counts at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.special import pdtr, pdtrc

from pse.methods.sparse_lists_cells import PairCells
from pse.methods.sparse_lists_fit import PairFits, fit_pairs, start_from_lists

__all__ = [
    "Best",
    "Choice",
    "Round",
    "best_pairs",
    "choose_pairs",
    "choosing",
    "no_pairs_yet",
    "pair_p_values",
]

Array = np.ndarray
LARGEST_START = 3.0  # of a new coefficient: a factor of 20


@dataclass(frozen=True)
class Choice:
    """The pairs chosen so far in each table, the fits with them, and pairs not to be tried at this step."""

    chosen: Array = field(repr=False)  # (tables, pairs), bool
    fits: PairFits = field(repr=False)
    barred: Array = field(repr=False)  # (tables, pairs), bool: the model with it has no estimate


@dataclass(frozen=True)
class Best:
    """The pair with the smallest p-value in each of some tables: arrays of shape (tables,)."""

    pair: Array = field(repr=False)
    p: Array = field(repr=False)
    on_both: Array = field(repr=False)  # people observed on both lists
    expected: Array = field(repr=False)  # people there in the model so far

    def of(self, rows: Array) -> Best:
        """Return those of some of the tables."""
        return Best(self.pair[rows], self.p[rows], self.on_both[rows], self.expected[rows])


@dataclass(frozen=True)
class Round:
    """One pair tried in each of some tables; `added` where the model with it has an estimate."""

    tables: Array = field(repr=False)
    best: Best = field(repr=False)
    added: Array = field(repr=False)


def no_pairs_yet(cells: PairCells, counts: Array) -> Choice:
    """Fit the model without pairs to each table, for `choosing` to go on from."""
    none = np.zeros((len(counts), len(cells.pairs)), dtype=bool)
    fits = fit_pairs(cells, counts, none, start_from_lists(cells, counts))
    return Choice(none, fits, np.zeros_like(none))


def pair_p_values(cells: PairCells, counts: Array, fitted: Array) -> Array:
    """Return the one-sided Poisson p-value of the people on both lists of each pair: (tables, pairs).

    Notes
    -----
    On the hypothesis that the pair is not needed, the people on both lists, whatever other lists they are on,
    are Poisson with the fitted mean (Chan, Silverman, Vincent 2021). The p-value is the smaller of the two
    tails, each with the observed number in it.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> from pse.methods.sparse_lists_cells import pair_cells
    >>> cells = pair_cells(histories(pd.DataFrame({"a": [1, 1], "b": [0, 1]})))
    >>> pair_p_values(cells, np.array([[5.0, 5, 0]]), np.array([[3.0, 3, 2]])).round(6).tolist()
    [[0.135335]]
    """
    both, mean = counts @ cells.on_both, fitted @ cells.on_both
    above = np.where(both > 0, pdtrc(np.maximum(both - 1, 0), mean), 1.0)
    return np.minimum(pdtr(both, mean), above)


def choose_pairs(cells: PairCells, counts: Array, *, threshold: float) -> Choice:
    """Return the pairs that forward choice adds to the model without pairs, and the fits.

    Parameters
    ----------
    counts : numpy.ndarray of float, shape (tables, cells)
    threshold : float
        A pair is added only if its p-value is below it.
    """
    choice = no_pairs_yet(cells, counts)
    for _ in choosing(cells, counts, choice, threshold=threshold):
        pass
    return choice


def choosing(cells: PairCells, counts: Array, choice: Choice, *, threshold: float) -> Iterator[Round]:
    """Add pairs one by one to `choice`, in place, and yield each round.

    Notes
    -----
    At each step the pair with the smallest p-value is tried (Chan, Silverman, Vincent 2021); if the model
    with it has no estimate, the pair with the next smallest is. A table is done when no p-value is below the
    threshold.
    """
    going = np.flatnonzero(choice.fits.exists)
    while len(going):
        best = best_pairs(cells, counts[going], choice, going)
        small = best.p < threshold
        going, best = going[small], best.of(small)
        if not len(going):
            return
        added = _try(cells, counts, choice, going, best)
        choice.barred[going[added]] = False
        choice.barred[going[~added], best.pair[~added]] = True
        yield Round(going, best, added)


def best_pairs(cells: PairCells, counts: Array, choice: Choice, tables: Array) -> Best:
    """Return the pair outside the model, and not barred, with the smallest p-value; p is 2 if none is left.

    `counts` are those of the `tables` only.
    """
    fitted = choice.fits.fitted[tables]
    p = pair_p_values(cells, counts, fitted)
    p[choice.chosen[tables] | choice.barred[tables]] = 2.0
    pair = p.argmin(axis=1)
    on_both = cells.on_both[:, pair].T
    return Best(
        pair, p[np.arange(len(p)), pair], (counts * on_both).sum(axis=1), (fitted * on_both).sum(axis=1)
    )


def _try(cells: PairCells, counts: Array, choice: Choice, tables: Array, best: Best) -> Array:
    """Fit with the best pair, keep it in `choice` where an estimate exists, and say where."""
    at = np.arange(len(tables))
    trial, start = choice.chosen[tables], choice.fits.coefficients[tables]
    trial[at, best.pair] = True
    rise = np.log(np.maximum(best.on_both, 0.5) / np.maximum(best.expected, 1e-9))
    start[at, cells.first_pair + best.pair] = rise.clip(-LARGEST_START, LARGEST_START)
    new = fit_pairs(cells, counts[tables], trial, start)
    kept = tables[new.exists]
    choice.chosen[kept] = trial[new.exists]
    choice.fits.coefficients[kept] = new.coefficients[new.exists]
    choice.fits.fitted[kept] = new.fitted[new.exists]
    return new.exists
