"""Which pairs of lists a model has: none, all, some by name, or those that forward choice adds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pse import checks
from pse.methods.sparse_lists_cells import PairCells
from pse.methods.sparse_lists_fit import fit_pairs, start_from_lists
from pse.methods.sparse_lists_steps import Choice, choose_pairs

__all__ = ["PairModel", "SparseModel", "fit_model", "pair_model"]

NAMED = ("main", "all pairs", "stepwise")
SparseModel = Literal["main", "all pairs", "stepwise"]


@dataclass(frozen=True)
class PairModel:
    """A model before the counts are seen.

    Attributes
    ----------
    name : str
        As a report says it.
    pairs : numpy.ndarray of bool, shape (pairs,)
        Pairs that are in it whatever the counts.
    threshold : float or None
        p-value below which forward choice adds a pair; None without a choice.
    """

    name: str
    pairs: np.ndarray = field(repr=False)
    threshold: float | None


def pair_model(
    cells: PairCells, model: SparseModel | Collection[tuple[str, str]], *, threshold: float | None
) -> PairModel:
    """Return the model that a caller asked for.

    Raises
    ------
    ValueError
        If `model` is none of the names and no collection of pairs of lists, or if `threshold` is missing for
        "stepwise" or given for another.
    """
    none, every = np.zeros(len(cells.pairs), dtype=bool), np.ones(len(cells.pairs), dtype=bool)
    if model == "stepwise":
        if threshold is None:
            raise ValueError(
                'threshold must be given for model="stepwise"; got None. Chan, Silverman and Vincent (2021) '
                "use 0.02."
            )
        checks.share(threshold=threshold)
        return PairModel(f"pairs chosen stepwise (p below {threshold:g})", none, float(threshold))
    if threshold is not None:
        raise ValueError(f'threshold must be None unless model="stepwise"; got {threshold!r}')
    if isinstance(model, str):
        checks.one_of(model, NAMED, name="model")
        return (
            PairModel("all pairs", every, None) if model == "all pairs" else PairModel("no pairs", none, None)
        )
    chosen = _by_name(cells, model)
    many = int(chosen.sum())
    return PairModel(f"{many} given pair{'' if many == 1 else 's'}", chosen, None)


def _by_name(cells: PairCells, pairs: Collection[tuple[str, str]]) -> np.ndarray:
    place = {frozenset((cells.lists[i], cells.lists[j])): at for at, (i, j) in enumerate(cells.pairs)}
    chosen = np.zeros(len(cells.pairs), dtype=bool)
    for pair in pairs:
        at = place.get(frozenset(map(str, pair)))
        if at is None:
            raise ValueError(f"model must hold pairs of two different lists; got {tuple(pair)!r}")
        chosen[at] = True
    return chosen


def fit_model(cells: PairCells, counts: np.ndarray, model: PairModel) -> Choice:
    """Fit the model to each table of counts, with the choice of pairs made anew in each.

    Parameters
    ----------
    counts : numpy.ndarray of float, shape (tables, cells)
    """
    if model.threshold is not None:
        return choose_pairs(cells, counts, threshold=model.threshold)
    chosen = np.tile(model.pairs, (len(counts), 1))
    fits = fit_pairs(cells, counts, chosen, start_from_lists(cells, counts))
    return Choice(chosen, fits, np.zeros_like(chosen))
