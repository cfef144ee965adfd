"""Which pairwise models of lists have an estimate, for all models at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from pse.methods.existence import ModelState, identified
from pse.methods.histories import Histories
from pse.methods.sparse_lists_cells import PairCells, pair_cells
from pse.methods.sparse_lists_fit import pair_model_state

__all__ = ["sparse_models_check"]

MOST_MODELS = 4096  # looked at one by one, some ten seconds
Array = np.ndarray


def sparse_models_check(given: Histories) -> pd.DataFrame:
    """Return the pairwise models that have no estimate; an empty table if all have one.

    Parameters
    ----------
    given : Histories
        Of 2 to 10 lists.

    Returns
    -------
    pandas.DataFrame
        One row for each failing model: a column of 0 and 1 for each pair of lists (``"clinic:outreach"``)
        that says which pairs it has, and `state`: "does not exist", "not identified" or "neither".

    Raises
    ------
    ValueError
        If more than 4,096 models would have to be looked at; ask `sparse_fit` for the one you need.

    Notes
    -----
    A model that has an estimate still has one when an overlapping pair is left out (Chan, Silverman, Vincent
    2021). So for each set of pairs that share nobody the search starts with all overlapping
    pairs and goes on below failing models only. If the cells with people tell the overlapping pairs apart,
    all models are fine and no search is needed (ours).

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 0, 0, 1], "b": [0, 1, 0, 1], "c": [0, 0, 1, 0], "n": [40, 30, 20, 6]})
    >>> sparse_models_check(histories(table, people="n"))
       a:b  a:c  b:c           state
    0    1    0    0  does not exist
    1    1    1    0  does not exist
    2    1    0    1  does not exist
    3    1    1    1  not identified
    """
    cells = pair_cells(given)
    rows = [] if _all_fine(cells, given.counts) else list(_failing(cells, given.counts))
    rows.sort(key=lambda row: (row[0].sum(), np.flatnonzero(row[0]).tolist()))
    table = pd.DataFrame([chosen.astype(int) for chosen, _ in rows], columns=cells.pair_names, dtype=int)
    return table.assign(state=[state for _, state in rows])


def _all_fine(cells: PairCells, counts: Array) -> bool:
    """Say whether the cells with people fix every coefficient that can be finite."""
    overlapping = counts @ cells.on_both > 0
    finite = np.concatenate([[True], counts @ cells.patterns > 0, overlapping])
    return identified(cells.design[counts > 0][:, finite])


def _failing(cells: PairCells, counts: Array) -> Iterator[tuple[Array, ModelState]]:
    """Yield each failing model with its state."""
    overlapping = np.flatnonzero(counts @ cells.on_both > 0)
    apart = np.flatnonzero(counts @ cells.on_both == 0)
    looked = 0
    for taken in product((False, True), repeat=len(apart)):
        top = np.ones(len(cells.pairs), dtype=bool)
        top[apart] = taken
        waiting = [(top, 0)]
        while waiting:
            chosen, first = waiting.pop()
            looked += 1
            if looked > MOST_MODELS:
                raise ValueError(
                    f"lists must leave at most {MOST_MODELS:,} models to look at; got more "
                    f"({len(apart)} pairs share nobody). Fit the model you need with sparse_fit; it checks."
                )
            state = pair_model_state(cells, counts, chosen)
            if state == "fine":
                continue
            yield chosen, state
            for at in range(first, len(overlapping)):
                below = chosen.copy()
                below[overlapping[at]] = False
                waiting.append((below, at + 1))
