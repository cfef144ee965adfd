"""Bootstrap and jackknife of pairwise models of lists, with the pairs chosen anew every time."""

from __future__ import annotations

import math
import warnings

import numpy as np

from pse import checks
from pse.estimate import EstimateWarning
from pse.methods.refusal import NoEstimateError
from pse.methods.sparse_lists_bca import acceleration, bca_shares, bias_correction, ordered_quantile
from pse.methods.sparse_lists_cells import PairCells
from pse.methods.sparse_lists_fit import limit_sizes
from pse.methods.sparse_lists_model import PairModel, fit_model

__all__ = ["bca_interval", "bootstrap_pair_sizes", "jackknife_pair_sizes"]

Array = np.ndarray
MOST_REPLICATES = 1_000_000  # that a message asks for
NUMBERS_AT_ONCE = 2_000_000  # in the largest array of a batch


def bootstrap_pair_sizes(
    cells: PairCells, counts: Array, model: PairModel, *, replicates: int, rng: np.random.Generator
) -> Array:
    """Return one size for each replicate; see `limit_sizes` for replicates without an estimate.

    Parameters
    ----------
    counts : numpy.ndarray, shape (cells,)
        People by history. A replicate draws as many people from them, with replacement.
    replicates : int
    """
    checks.count(replicates=replicates, at_least=2)
    drawn = rng.multinomial(int(counts.sum()), counts / counts.sum(), size=replicates)
    return _sizes(cells, drawn.astype(float), model)


def jackknife_pair_sizes(cells: PairCells, counts: Array, model: PairModel) -> tuple[Array, Array]:
    """Return the size without one person of each observed history, and how many people have it."""
    observed = np.flatnonzero(counts)
    without = np.tile(counts.astype(float), (len(observed), 1))
    without[np.arange(len(observed)), observed] -= 1
    return _sizes(cells, without, model), counts[observed]


def _sizes(cells: PairCells, counts: Array, model: PairModel) -> Array:
    largest = max(cells.design.shape[1] ** 2, len(cells.design))
    batch = max(1, NUMBERS_AT_ONCE // largest)
    sizes = []
    for part in np.split(counts, range(batch, len(counts), batch)):
        choice = fit_model(cells, part, model)
        sizes.append(limit_sizes(cells, part, choice.chosen, choice.fits))
    return np.concatenate(sizes)


def bca_interval(
    cells: PairCells,
    counts: Array,
    model: PairModel,
    *,
    point: float,
    replicates: int,
    level: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return the BCa limits of the size.

    Raises
    ------
    NoEstimateError
        If the upper limit falls among replicates without a finite size, with the lower limit; if all
        replicates are on one side of the point.
    """
    sizes = bootstrap_pair_sizes(cells, counts, model, replicates=replicates, rng=rng)
    bias = bias_correction(sizes, point=point)
    if not np.isfinite(bias):
        raise NoEstimateError(
            f"a BCa interval must have replicates on both sides of the point; got all {replicates} on one. "
            "Take more replicates, or the interval log.",
            lower=float(counts.sum()),
        )
    left_out, people = jackknife_pair_sizes(cells, counts, model)
    shares = bca_shares(bias=bias, acceleration=acceleration(left_out, people=people), level=level)
    lower, upper = (ordered_quantile(sizes, share) for share in shares)
    if not np.isfinite(upper):
        raise NoEstimateError(
            "a bootstrap must bound the size from above; got "
            f"{100 * np.mean(~np.isfinite(sizes)):.1f}% of the replicates without a finite size (the few "
            "people on two lists were not drawn, for example). Join lists that overlap little, or report the "
            "lower limit.",
            lower=min(lower, point),
        )
    _warn_of_ends(shares, replicates)
    return min(lower, point), max(upper, point)


def _warn_of_ends(shares: tuple[float, float], replicates: int) -> None:
    """Warn where a limit is the most extreme replicate, which more replicates would move."""
    ends = [
        end
        for end, share in zip(("lower", "upper"), (shares[0], 1 - shares[1]), strict=True)
        if share * replicates < 1
    ]
    if ends:
        needed = math.ceil(10 / max(min(shares[0], 1 - shares[1]), 1e-300))
        remedy = f"Take {needed:,} or more." if needed <= MOST_REPLICATES else "Do not rely on it."
        warnings.warn(
            f"the {' and the '.join(ends)} limit is the most extreme of {replicates:,} replicates, so it "
            f"moves with their number. {remedy}",
            EstimateWarning,
            stacklevel=4,
        )
