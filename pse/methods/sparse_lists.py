"""Sizes from several lists of which many pairs share nobody.

A pairwise log-linear model gives each list, and each pair of lists in the model, a coefficient. Where a pair
in the model shares nobody, its coefficient is minus infinity: the cells on both lists are empty for certain,
and the others are fitted without them. Before a model is fitted, two checks ask whether its estimate exists
and is the only one.

Sources
-------
Chan L, Silverman BW, Vincent K. Multiple systems estimation for sparse capture data: inferential challenges
when there are nonoverlapping lists. JASA 2021;116:1297-1306. Fienberg SE, Rinaldo A. Annals of Statistics
2012;40:996-1023.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import numpy as np
import pandas as pd

from pse import checks
from pse.estimate import Estimate
from pse.methods.histories import Histories
from pse.methods.sparse_lists_bootstrap import bca_interval
from pse.methods.sparse_lists_cells import PairCells, pair_cells
from pse.methods.sparse_lists_model import SparseModel, pair_model
from pse.methods.sparse_lists_single import check_model, fit_checked
from pse.methods.sparse_lists_steps import Best, Choice, best_pairs, choosing, no_pairs_yet

__all__ = ["sparse_size", "stepwise_path"]


def sparse_size(
    given: Histories,
    *,
    model: SparseModel | Collection[tuple[str, str]],
    interval: Literal["log", "bca"],
    threshold: float | None = None,
    replicates: int | None = None,
    rng: np.random.Generator | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate a size from lists with a pairwise model, where pairs of lists may share nobody.

    Parameters
    ----------
    given : Histories
        Of 2 to 10 lists.
    model : {"main", "all pairs", "stepwise"} or collection of (str, str)
        "main" takes the lists as independent; "all pairs" lets every two lists depend; "stepwise" adds pairs
        one by one (see `stepwise_path`); pairs of names of lists are taken as they are.
    interval : {"log", "bca"}
        "log" is the normal interval of the log of the unseen as if the model had been known before: quick,
        and too narrow after "stepwise". "bca" is a bootstrap that chooses the model anew in every replicate,
        corrected for bias and acceleration.
    threshold : float, optional
        For "stepwise" only, and needed there: a pair enters if its p-value is below it.
    replicates : int, optional
        For "bca" only, and needed there: better 1,000 or more (six lists: about a second).
    rng : numpy.random.Generator, optional
        For "bca" only, and needed there.
    level : float
        Probability of the interval.

    Raises
    ------
    NoEstimateError
        If the model is not identified or its estimate does not exist, with the people on the lists as lower
        limit; with "bca", if the upper limit falls among replicates without a finite size.
    ValueError
        If an argument breaks its rule.

    Warns
    -----
    EstimateWarning
        If a list holds nobody (it is left out); if a limit is the most extreme replicate.

    Notes
    -----
    Assumes a closed population, right links between lists, and within the model equal chances for all
    people. A replicate draws as many people as are on the lists, by history, with replacement; where its
    estimate does not exist, it counts as the size to which its likelihood rises, mostly infinite (ours).
    Acceleration: jackknife of one person of each observed history, weighted by its people. Replicates as
    large as the point count half for the bias (ours). An end on the wrong side of the point is moved to it.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame(
    ...     {"a": [1, 0, 0, 1, 0], "b": [0, 1, 0, 1, 1], "c": [0, 0, 1, 0, 1], "n": [90, 70, 60, 12, 9]}
    ... )
    >>> given = histories(table, people="n")
    >>> print(sparse_size(given, model=[("a", "c")], interval="log"))
    741 (540 to 1,076, 95% confidence; 3 lists, 1 given pair, log interval)
    """
    checks.one_of(interval, ("log", "bca"), name="interval")
    checks.level(level)
    cells = pair_cells(given)
    asked = pair_model(cells, model, threshold=threshold)
    fit = fit_checked(given, cells, asked)
    if interval == "log":
        lower, upper = fit.bounds(level=level)
    else:
        lower, upper = bca_interval(
            cells,
            given.counts,
            asked,
            point=fit.size,
            replicates=_needed(replicates),
            level=level,
            rng=checks.generator(rng, "for a bootstrap"),
        )
    told = "log interval" if interval == "log" else "BCa bootstrap"
    name = f"{len(given.lists)} lists, {asked.name}, {told}"
    return Estimate(fit.size, lower, upper, "confidence", level, name)


def stepwise_path(given: Histories, *, threshold: float) -> pd.DataFrame:
    """Return the steps by which pairs enter the model without pairs.

    Parameters
    ----------
    given : Histories
    threshold : float
        A pair enters if its p-value is below it.

    Returns
    -------
    pandas.DataFrame
        One row for each pair tried: `pair`, `on_both` (people observed on both lists), `expected` (people
        there in the model so far), `p` (one-sided Poisson), `result` ("added", "no estimate", and at last
        "above the threshold") and `point`, the size of the model after the row.

    Raises
    ------
    NoEstimateError
        If the model without pairs has no estimate.

    Notes
    -----
    At each step the pair with the smallest p-value enters, if it is below the threshold and the model with it
    is identified and has an estimate; else the next is tried. The p-value is the smaller tail of the Poisson
    distribution with mean `expected` at `on_both`, which is in it; people on other lists as well count.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame(
    ...     {"a": [1, 0, 0, 1, 0], "b": [0, 1, 0, 1, 1], "c": [0, 0, 1, 0, 1], "n": [90, 70, 60, 12, 9]}
    ... )
    >>> stepwise_path(histories(table, people="n"), threshold=0.02)[["pair", "on_both", "result"]]
      pair  on_both               result
    0  a:c        0                added
    1  b:c        9  above the threshold
    """
    cells = pair_cells(given)
    check_model(given, cells, pair_model(cells, "stepwise", threshold=threshold))
    counts = given.counts[None].astype(float)
    choice = no_pairs_yet(cells, counts)
    rows = []
    for tried in choosing(cells, counts, choice, threshold=threshold):
        result = "added" if tried.added[0] else "no estimate"
        rows.append(_step(cells, counts, choice, tried.best, result))
    last = best_pairs(cells, counts, choice, np.array([0]))
    if last.p[0] <= 1:
        rows.append(_step(cells, counts, choice, last, "above the threshold"))
    return pd.DataFrame(rows)


def _step(cells: PairCells, counts: np.ndarray, choice: Choice, best: Best, result: str) -> dict[str, object]:
    return {
        "pair": cells.pair_names[best.pair[0]],
        "on_both": int(best.on_both[0]),
        "expected": float(best.expected[0]),
        "p": float(best.p[0]),
        "result": result,
        "point": float(choice.fits.sizes(counts)[0]),
    }


def _needed(replicates: int | None) -> int:
    if replicates is None:
        raise ValueError('replicates must be given for interval="bca"; got None. Take 1,000 or more.')
    return replicates
