"""Size from three to five lists, averaged over all ways in which the lists may depend on each other.

Every decomposable graph of the lists is a model; its probability given the lists is exact, so is that of
every number of missing people. No chain, no choice of one model. Not seen: people who differ in how easily
they get on lists, beyond what lines between lists can take up.

Sources
-------
Madigan D, York JC. Biometrika 1997;84:19-31. Hyper-Dirichlet prior and the likelihood of cliques over
separators: Dawid AP, Lauritzen SL. Annals of Statistics 1993;21:1272-1317, section 3. The rule for the end of
the grid is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd

from pse import checks
from pse.estimate import Estimate
from pse.methods.decomposable_end import MOST_MISSING, beyond_end, most_beyond
from pse.methods.decomposable_graphs import decomposable_graphs, graph_text
from pse.methods.decomposable_score import Scores, Weights, sum_weights
from pse.methods.histories import Histories, history_counts
from pse.methods.refusal import NoEstimateError

__all__ = ["DecomposablePosterior", "Prior", "decomposable_posterior", "decomposable_size"]

NamedPrior = Literal["one over size", "one over missing"]
Prior = NamedPrior | Callable[[np.ndarray], np.ndarray]

FEWEST_MISSING = 100  # as the end of the grid


@dataclass(frozen=True)
class DecomposablePosterior:
    """Probabilities of the number of missing people and of the graphs, given the lists.

    Attributes
    ----------
    seen : int
        People on at least one list.
    missing : pandas.DataFrame
        `missing` (people on no list) and `probability`, averaged over the graphs.
    graphs : pandas.DataFrame
        `graph` (its cliques in brackets: lists in one bracket may depend on each other) and `probability`,
        the likeliest first.
    beyond : float
        Probability of more missing people than the grid has, approximate; the tables are given that there are
        not more.
    method : str
        How it was made.
    """

    seen: int
    missing: pd.DataFrame = field(repr=False)
    graphs: pd.DataFrame = field(repr=False)
    beyond: float
    method: str

    def estimate(self, *, level: float = 0.95) -> Estimate:
        """Return the median with the interval that leaves the same probability on each side.

        Raises
        ------
        NoEstimateError
            If more than a tenth of the probability above the interval lies beyond the end of the grid.
        """
        checks.level(level)
        most = most_beyond(level)
        if self.beyond > most:
            raise NoEstimateError(
                f"most_missing must leave at most {100 * most:.2g}% of the probability beyond it for an "
                f"interval at {100 * level:g}%; got {100 * self.beyond:.2g}%. Raise it, or lower the level.",
                lower=self.seen,
            )
        sizes = self.seen + self.missing["missing"].to_numpy()
        below = np.cumsum(self.missing["probability"].to_numpy())
        at = np.searchsorted(below, np.array([0.5, (1 - level) / 2, (1 + level) / 2]) - 1e-12)
        point, lower, upper = sizes[np.minimum(at, len(sizes) - 1)]
        return Estimate(point, lower, upper, "credible", level, self.method)


def decomposable_size(
    given: Histories, *, delta: float, most_missing: int, prior: Prior, level: float = 0.95
) -> Estimate:
    """Estimate a size from three to five lists, averaged over all decomposable graphs.

    The point is the median. Arguments and refusals are those of `decomposable_posterior`.

    Parameters
    ----------
    given : Histories
        Three to five lists.
    delta : float
        Imagined people in each cell; 1 / 2^k for k lists, or 1, are usual.
    most_missing : int
        End of the grid.
    prior : "one over size", "one over missing" or callable
        Prior of the size.
    level : float
        Probability of the interval.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame(
    ...     {
    ...         "clinic": [1, 0, 1, 0, 1, 0, 1],
    ...         "outreach": [0, 1, 1, 0, 0, 1, 1],
    ...         "prison": [0, 0, 0, 1, 1, 1, 1],
    ...         "people": [60, 49, 4, 247, 112, 142, 12],
    ...     }
    ... )
    >>> lists = histories(table, people="people")
    >>> print(decomposable_size(lists, delta=1, most_missing=20_000, prior="one over size"))
    732 (681 to 800, 95% credible; decomposable graphs of 3 lists, delta 1, prior one over size)
    """
    made = decomposable_posterior(given, delta=delta, most_missing=most_missing, prior=prior)
    return made.estimate(level=level)


def decomposable_posterior(
    given: Histories, *, delta: float, most_missing: int, prior: Prior
) -> DecomposablePosterior:
    """Return the probabilities of sizes and graphs, given three to five lists (Madigan and York 1997).

    Before the lists are seen, all 8, 61 or 822 decomposable graphs are as likely. After, each number of
    missing people and each graph has its exact probability.

    Parameters
    ----------
    given : Histories
        Three to five lists; two lists cannot tell dependence from few people.
    delta : float
        Hyper-Dirichlet prior of the cells: imagined people in each of the 2^k cells, above 0. The package dga
        suggests 1 / 2^k, one person in all. With 1 there are as many imagined people on all lists as on none:
        where lists hold few people that makes the size too small (docs/coverage_decomposable.md).
    most_missing : int
        End of the grid of missing people, which starts at 0; 100 to 10 million. It must be so large that
        little probability is beyond it; a larger one then changes nothing.
    prior : "one over size", "one over missing" or callable
        Prior of the size. "one over size" is 1 / (seen + missing), the default with which dga computes. "one
        over missing" is 1 / missing, which dga's manual names: 0 missing is impossible, and few missing
        people have much more weight. A callable gets an array of sizes (people, seen and missing) and returns
        the logs of their prior, up to a constant; -inf where a size is impossible. The gamma-Poisson prior
        with shape a and scale b (mean a b) is ``scipy.stats.nbinom(a, 1 / (1 + b)).logpmf``.

    Raises
    ------
    NoEstimateError
        If a list is empty, nobody is on two lists, or more than 0.25% of the probability lies beyond
        `most_missing`; the text then says how far the grid must go.
    ValueError
        If an argument breaks its rule.

    Notes
    -----
    The probability beyond the end is summed up to a million times the end, in steps of up to 5% (ours). If
    all lists may depend on each other, the size comes from the prior alone: with the named priors and delta
    1 / 2^k it falls as missing^(2^-k - 2). Where that graph has weight, the grid must go far and the upper
    bound says little. Five lists with 100,000 missing people take about a second.

    Examples
    --------
    >>> from scipy import stats
    >>> from pse.methods.histories import Histories, history_patterns
    >>> lists = Histories(("a", "b", "c"), history_patterns(3), np.array([247, 49, 142, 60, 112, 4, 12]))
    >>> got = decomposable_posterior(
    ...     lists, delta=1, most_missing=1000, prior=stats.nbinom(13.14, 1 / 56.17).logpmf
    ... )
    >>> got.graphs.head(3).round(2)
            graph  probability
    0    [a b][c]         0.37
    1  [a b][b c]         0.31
    2  [a b][a c]         0.28
    """
    checks.positive(delta=delta)
    checks.count(most_missing=most_missing, at_least=FEWEST_MISSING, at_most=MOST_MISSING)
    _check_lists(given)
    log_prior = _log_prior(prior, seen=given.n)
    missing = np.arange(most_missing + 1)
    missing = missing[log_prior(missing) > -np.inf]
    if not len(missing):
        raise ValueError(
            "prior must be above 0 for a size of the grid; got none. Raise most_missing, or check that prior "
            "takes sizes, seen and missing, and returns logs."
        )
    scores = Scores(given, delta, decomposable_graphs(len(given.lists)), log_prior)
    weights = sum_weights(scores, missing)
    told = prior if isinstance(prior, str) else "of the size given"
    return DecomposablePosterior(
        given.n,
        pd.DataFrame({"missing": missing, "probability": weights.by_missing}),
        _graph_table(scores, weights),
        beyond_end(scores, weights, most_missing),
        f"decomposable graphs of {len(given.lists)} lists, delta {delta:g}, prior {told}",
    )


def _check_lists(given: Histories) -> None:
    checks.count(lists=len(given.lists), at_least=3, at_most=5)
    if (given.sizes == 0).any():
        raise NoEstimateError(
            f"every list must hold somebody; got {int((given.sizes == 0).sum())} of {len(given.lists)} lists "
            "without. Leave them out.",
            lower=given.n,
        )
    if history_counts(given)[1:].sum() == 0:
        raise NoEstimateError(
            "decomposable graphs must have people on two lists or more; got none. Report the people met.",
            lower=given.n,
        )


def _log_prior(prior: Prior, *, seen: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return the log of the prior as a function of the missing people."""
    if not callable(prior):
        checks.one_of(prior, get_args(NamedPrior), name="prior")
        if prior == "one over size":
            return lambda missing: -np.log(seen + missing)
        return lambda missing: np.where(missing > 0, -np.log(np.maximum(missing, 1)), -np.inf)

    def of_size(missing: np.ndarray) -> np.ndarray:
        logs = np.asarray(prior(seen + missing), dtype=float)
        if logs.shape != missing.shape or not (logs < np.inf).all():  # NaN is not below infinity
            raise ValueError(
                "prior must return one number below infinity for each size; got others. "
                "Return the log of the prior, -inf where a size is impossible."
            )
        return logs

    return of_size


def _graph_table(scores: Scores, weights: Weights) -> pd.DataFrame:
    names = [graph_text(powers, scores.given.lists) for powers in scores.powers]
    table = pd.DataFrame({"graph": names, "probability": weights.by_graph})
    return table.sort_values("probability", ascending=False, kind="stable", ignore_index=True)
