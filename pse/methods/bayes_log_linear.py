"""Bayesian log-linear capture-recapture over all models of pairs, with covariates and lists that hold others.

Two factors (lists or covariates such as sex) may be tied or not; every choice of tied pairs is a model, all
equally likely before the data. The size is averaged over the models. Cells on no list are unknown. Where a
list also holds people who are not of the KP (a police or hospital list), those who are on it alone are an
upper limit.

Sources
-------
Overstall AM, King R. conting: an R package for Bayesian analysis of complete and incomplete contingency
tables. J Stat Softw 2014;58(7). Overstall AM, King R, Bird SM, Hutchinson SJ, Hay G. Incomplete contingency
tables with censored cells with application to estimating the number of people who inject drugs in Scotland.
Stat Med 2014;33:1564-1579. Unit information prior. They use reversible jump; here all models are gone
through (see `pse.methods.bayes_log_linear_fit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from pse import checks
from pse.estimate import Estimate
from pse.methods.bayes_log_linear_cells import LogLinearCells, log_linear_cells
from pse.methods.bayes_log_linear_fit import ModelModes, at_most, model_draws, model_modes
from pse.methods.chains import LEAST_DRAWS
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import kish_size

__all__ = ["LogLinearDraws", "bayes_log_linear_draws", "bayes_log_linear_size"]

MOST_PAIRS = 15  # 32,768 models
SMALLEST_PROBABILITY = 1e-7  # models below it, by the normal approximation, are left out
FEWEST = 50  # draws of a model


@dataclass(frozen=True)
class LogLinearDraws:
    """Weighted draws of the size, and which pairs the data tie.

    Attributes
    ----------
    size : numpy.ndarray, shape (draws,)
        People, seen or not; without those of an upper limit who are drawn as not of the KP.
    weights : numpy.ndarray, shape (draws,)
        Weights of the draws; they add up to 1.
    pairs : pandas.DataFrame
        `first`, `second`, `probability` that a model with the two tied is true.
    models : pandas.DataFrame
        `pairs` of each model, as ``"a:b + a:c"``, and its `probability`, the most probable first.
    """

    size: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    pairs: pd.DataFrame
    models: pd.DataFrame = field(repr=False)

    @property
    def effective(self) -> float:
        """Draws of equal weight that would tell as much."""
        return kish_size(self.weights)


def bayes_log_linear_size(
    table: pd.DataFrame,
    *,
    lists: Sequence[str],
    people: str,
    covariates: Sequence[str],
    uncertain: str | None,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = 20_000,
) -> Estimate:
    """Estimate a size from lists, averaged over all log-linear models of pairs.

    Parameters
    ----------
    table, lists, people, covariates, uncertain, rng, draws
        As for `bayes_log_linear_draws`.
    level : float
        Probability of the interval.

    Raises
    ------
    NoEstimateError
        If nobody is on two lists, or if the draws are too unequal to be trusted.

    Notes
    -----
    Assumes a closed population, links without errors, and no tie of three lists at once. With two or three
    lists the model of all pairs has as many coefficients as counts, or more: the prior then speaks.

    Examples
    --------
    >>> table = pd.DataFrame({"clinic": [0, 0, 0, 1, 1, 1, 1], "outreach": [0, 1, 1, 0, 0, 1, 1],
    ...                       "test": [1, 0, 1, 0, 1, 0, 1], "people": [50, 48, 30, 52, 28, 33, 29]})
    >>> got = bayes_log_linear_size(table, lists=["clinic", "outreach", "test"], people="people",
    ...                             covariates=[], uncertain=None, rng=np.random.default_rng(1))
    >>> got.method, 280 < got.lower < got.point < got.upper < 500
    ('Bayesian log-linear models, averaged over 8, unit information prior', True)
    """
    checks.level(level)
    drawn = bayes_log_linear_draws(
        table, lists=lists, people=people, covariates=covariates, uncertain=uncertain, rng=rng, draws=draws
    )
    if not drawn.effective >= LEAST_DRAWS:
        raise NoEstimateError(
            f"Bayesian log-linear models must have {LEAST_DRAWS} effective draws; got {drawn.effective:.0f}. "
            "Take more draws; if that does not help, the data do not fix the size under these models."
        )
    lower, point, upper = _weighted_quantiles(drawn, [(1 - level) / 2, 0.5, (1 + level) / 2])
    name = f"Bayesian log-linear models, averaged over {len(drawn.models)}, unit information prior"
    if uncertain is not None:
        name += ", one list as an upper limit"
    return Estimate(point, lower, upper, "credible", level, name)


def bayes_log_linear_draws(
    table: pd.DataFrame,
    *,
    lists: Sequence[str],
    people: str,
    covariates: Sequence[str],
    uncertain: str | None,
    rng: np.random.Generator,
    draws: int = 20_000,
) -> LogLinearDraws:
    """Draw sizes from the posterior over all log-linear models of pairs.

    Parameters
    ----------
    table : pandas.DataFrame
        A row for each pattern of lists (and group of people): lists 0 and 1, covariates, number of people.
    lists : sequence of str
        Columns of the lists.
    people : str
        Column with the number of people.
    covariates : sequence of str
        Columns that split people into groups; may be empty. At most 15 pairs of lists and covariates: six
        factors.
    uncertain : str or None
        A list that also holds people who are not of the KP; None if there is none.
    rng : numpy.random.Generator
        Source of random numbers.
    draws : int
        Draws, about; each model gets its part by its probability.

    Raises
    ------
    ValueError
        If the table breaks a rule or there are too many pairs.
    NoEstimateError
        If nobody is on two lists.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 1], "people": [60, 30, 20]})
    >>> drawn = bayes_log_linear_draws(table, lists=["a", "b"], people="people", covariates=[],
    ...                                uncertain=None, rng=np.random.default_rng(1))
    >>> drawn.pairs.round(1)
      first second  probability
    0     a      b          0.4
    """
    checks.count(draws=draws, at_least=100)
    cells = log_linear_cells(table, lists=lists, people=people, covariates=covariates, uncertain=uncertain)
    checks.count(**{"pairs of lists and covariates": len(cells.pairs)}, at_most=MOST_PAIRS)
    _check_overlap(cells, list(lists))
    rng = checks.generator(rng, "for draws")
    held, chosen = _all_models(cells)
    found = model_modes(cells, held)
    drawn, log_ratio, model = _draws_of_all(cells, found, draws, rng)
    weights = np.exp(log_ratio - logsumexp(log_ratio))
    probability = np.bincount(model, weights=weights, minlength=len(held))
    return LogLinearDraws(
        _sizes(cells, drawn, rng), weights, _pair_table(cells, chosen, probability),
        _model_table(cells, chosen, probability),
    )  # fmt: skip


def _all_models(cells: LogLinearCells) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients and the pairs of every model, each of shape (models, ...)."""
    count = len(cells.pairs)
    chosen = (np.arange(1 << count)[:, None] >> np.arange(count)) % 2 == 1
    always = np.ones((len(chosen), int((cells.pair_of < 0).sum())), dtype=bool)
    return np.hstack([always, chosen[:, cells.pair_of[cells.pair_of >= 0]]]), chosen


def _draws_of_all(
    cells: LogLinearCells, found: ModelModes, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return coefficients, logarithms of their weights, and the model of each draw."""
    guess = np.exp(found.log_evidence - logsumexp(found.log_evidence))
    parts = []
    for model in map(int, np.flatnonzero(guess > SMALLEST_PROBABILITY)):
        size = FEWEST + int(np.ceil(draws * guess[model]))
        drawn, log_ratio = model_draws(cells, found, model, size, rng)
        parts.append((drawn, log_ratio - np.log(size), np.full(size, model)))
    beta, log_ratio, owner = (np.concatenate(part) for part in zip(*parts, strict=True))
    return beta, log_ratio, owner


def _sizes(cells: LogLinearCells, beta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    with np.errstate(over="ignore"):
        mean = np.exp(beta @ cells.design.T)
    unseen = rng.poisson(np.minimum(mean[:, cells.unseen], 1e18)).sum(axis=1)
    inside = at_most(cells.people[cells.limits], mean[:, cells.limits], rng).sum(axis=1)
    return cells.people[cells.counted].sum() + unseen + inside


def _pair_table(cells: LogLinearCells, chosen: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(list(cells.pairs), columns=["first", "second"])
    return table.assign(probability=probability @ chosen)


def _model_table(cells: LogLinearCells, chosen: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    names = np.array([f"{first}:{second}" for first, second in cells.pairs])
    order = np.argsort(-probability, kind="stable")
    told = [" + ".join(names[row]) for row in chosen[order]]
    return pd.DataFrame({"pairs": told, "probability": probability[order]})


def _check_overlap(cells: LogLinearCells, lists: list[str]) -> None:
    several = (cells.table[lists].sum(axis=1) > 1).to_numpy()
    if not cells.people[several].any():
        raise NoEstimateError(
            "Bayesian log-linear models must have people on two lists or more; got none. "
            "The people counted are a lower limit.",
            lower=float(cells.people[cells.counted].sum()),
        )


def _weighted_quantiles(drawn: LogLinearDraws, at: list[float]) -> list[float]:
    order = np.argsort(drawn.size, kind="stable")
    below = np.cumsum(drawn.weights[order])
    place = np.minimum(np.searchsorted(below, at), len(order) - 1)
    return [float(people) for people in drawn.size[order][place]]
