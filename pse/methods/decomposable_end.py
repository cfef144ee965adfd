"""The end of the grid of missing people: how much probability lies beyond it, and when that is too much.

The rule is ours. With lists that may all depend on each other, and with priors that fall slowly, the end of
the grid would otherwise decide the upper bound.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pse.methods.decomposable_score import Scores, Weights, sum_weights
from pse.methods.histories import Histories, history_counts
from pse.methods.refusal import NoEstimateError

__all__ = ["MOST_MISSING", "beyond_end", "most_beyond"]

MOST_MISSING = 10_000_000  # the farthest end
MOST_BEYOND = 0.1  # part of the probability above an interval that may lie beyond the end
FAR = 1e6  # how many times the end the sum beyond it goes
SHORTEST, LONGEST = 1e-4, 0.05  # its steps, as parts of the missing people


def most_beyond(level: float) -> float:
    """Return the largest probability that may lie beyond the end for an interval at `level`.

    Examples
    --------
    >>> round(most_beyond(0.95), 6)
    0.0025
    """
    return MOST_BEYOND * (1 - level) / 2


def beyond_end(scores: Scores, weights: Weights, end: int) -> float:
    """Return the probability beyond the end of the grid, or refuse it.

    It is summed over steps that grow with the missing people. A step is no longer than the relative spread of
    the missing people that the overlap leaves, so that no graph with its peak out there is stepped over.
    """
    edges, middles = _steps(scores.given, end)
    middles = middles[scores.log_prior(middles) > -np.inf]
    if not len(middles):
        return 0.0  # the prior ends within the grid

    def widened(missing: np.ndarray) -> np.ndarray:
        at = np.searchsorted(edges, missing, side="right")
        return scores.log_prior(missing) + np.log(edges[at] - edges[at - 1])

    far = sum_weights(replace(scores, log_prior=widened), middles)
    beyond = float(np.exp(far.log_total - np.logaddexp(far.log_total, weights.log_total)))
    if beyond > most_beyond(0.95):
        after = beyond * (1 - np.cumsum(far.by_missing))
        enough = int(middles[np.argmax(after <= most_beyond(0.95))])
        raise _no_end(beyond, enough, seen=scores.given.n, end=end)
    return beyond


def _steps(given: Histories, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where the steps beyond the end begin, and the middle of each, in whole people."""
    twice = history_counts(given)[1:].sum()
    step = np.clip(1 / np.sqrt(twice), SHORTEST, LONGEST)
    edges = np.unique(np.floor((end + 1) * np.exp(np.arange(0, np.log(FAR), step))).astype(np.int64))
    return edges, (edges[:-1] + edges[1:] - 1) // 2


def _no_end(beyond: float, enough: int, *, seen: int, end: int) -> NoEstimateError:
    wanted = 1.2 * enough
    remedy = (
        f"Raise most_missing to {wanted:,.0f} or more."
        if wanted <= MOST_MISSING
        else "Raise most_missing; if that does not help, these lists do not bound the size: give a prior "
        "that falls faster, or report the people met."
    )
    return NoEstimateError(
        f"most_missing must leave at most {100 * most_beyond(0.95):.2g}% of the probability beyond it; got "
        f"about {100 * beyond:.3g}% beyond {end:,}. {remedy}",
        lower=seen,
    )
