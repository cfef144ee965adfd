"""Exact probabilities of lists under decomposable graphs, over a grid of the number of missing people.

Each graph is a product of margins; each margin is needed by many graphs and is computed once. Only its cell
of people on none of its lists changes with the number of missing people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from pse.methods.histories import Histories

__all__ = ["Scores", "Weights", "sum_weights"]

CHUNK = 4096  # numbers of missing people at once: 27 MB for the 822 graphs of five lists


@dataclass(frozen=True)
class Scores:
    """Log of prior times likelihood of each graph, up to one constant, as a function of the missing people.

    The prior of the cells is hyper-Dirichlet with `delta` people in every cell of all lists (Dawid and
    Lauritzen 1993, section 3); all graphs are as likely before.

    Attributes
    ----------
    given : Histories
    delta : float
        Imagined people in each of the 2^k cells.
    powers : numpy.ndarray, shape (graphs, 2^k)
        From `decomposable_graphs`.
    log_prior : callable
        Log of the prior of each number of missing people, up to a constant.
    """

    given: Histories
    delta: float
    powers: np.ndarray
    log_prior: Callable[[np.ndarray], np.ndarray]

    def __call__(self, missing: np.ndarray) -> np.ndarray:
        """Return the logs: shape (graphs, missing)."""
        margins = np.array([self._margin(margin, missing) for margin in range(1, self.powers.shape[1])])
        ways = gammaln(self.given.n + missing + 1.0) - gammaln(missing + 1.0)  # the multinomial coefficient
        return self.powers[:, 1:] @ margins + ways + self.log_prior(missing)

    def _margin(self, margin: int, missing: np.ndarray) -> np.ndarray:
        """Return the log probability of the counts of some lists (bit i: list i), whatever the others."""
        lists = len(self.given.lists)
        cells = self.given.patterns @ (1 << np.arange(lists)) & margin
        counts = np.bincount(cells, weights=self.given.counts, minlength=1 << lists)
        of = margin.bit_count()
        prior, total = self.delta * 2.0 ** (lists - of), self.delta * 2.0**lists
        # empty cells add nothing, so do those that are not of this margin
        known = (gammaln(prior + counts[1:]) - gammaln(prior)).sum() + gammaln(total) - gammaln(prior)
        return known + gammaln(prior + counts[0] + missing) - gammaln(total + self.given.n + missing)


@dataclass(frozen=True)
class Weights:
    """Sums of the probabilities of a grid.

    Attributes
    ----------
    log_total : float
        Log of the sum over graphs and missing people.
    by_missing, by_graph : numpy.ndarray
        Shares of each number of missing people and of each graph; both add up to 1.
    """

    log_total: float
    by_missing: np.ndarray
    by_graph: np.ndarray


def sum_weights(scores: Scores, missing: np.ndarray) -> Weights:
    """Return the sums over the grid, which is never held for all graphs at once."""
    tops, rows, columns = [], [], []
    for start in range(0, len(missing), CHUNK):
        logs = scores(missing[start : start + CHUNK])
        tops.append(logs.max())
        weights = np.exp(logs - tops[-1])
        rows.append(weights.sum(axis=0))
        columns.append(weights.sum(axis=1))
    top = max(tops)
    scale = np.exp(np.array(tops) - top)
    by_missing = np.concatenate([part * factor for part, factor in zip(rows, scale, strict=True)])
    total = by_missing.sum()
    return Weights(top + float(np.log(total)), by_missing / total, scale @ np.array(columns) / total)
