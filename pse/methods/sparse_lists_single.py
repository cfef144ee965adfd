"""One pairwise model fitted to one set of lists, after the checks."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from pse.estimate import EstimateWarning
from pse.methods.histories import Histories
from pse.methods.poisson_fit import poisson_log_likelihood
from pse.methods.refusal import NoEstimateError
from pse.methods.sparse_lists_cells import PairCells, kept_cells, pair_cells, used_columns
from pse.methods.sparse_lists_fit import pair_model_state
from pse.methods.sparse_lists_model import PairModel, SparseModel, fit_model, pair_model
from pse.methods.sparse_lists_steps import Choice
from pse.methods.unseen import normal_quantile

__all__ = ["SparseFit", "check_model", "fit_checked", "sparse_fit"]


@dataclass(frozen=True)
class SparseFit:
    """A pairwise model fitted to lists.

    Attributes
    ----------
    people : int
        On at least one list.
    unseen : float
        On none: exp of the intercept.
    log_unseen_error : float
        Standard error of the intercept, given the model.
    coefficients : dict of str to float
        ``"intercept"``, the lists, the pairs in the model as ``"clinic:outreach"``; minus infinity for pairs
        in the model that share nobody and for lists that hold nobody.
    log_likelihood, deviance : float
        Poisson, of the cells that the model does not set to 0.
    """

    people: int
    unseen: float
    log_unseen_error: float
    coefficients: dict[str, float] = field(repr=False)
    log_likelihood: float
    deviance: float

    @property
    def size(self) -> float:
        """People on the lists and on none."""
        return self.people + self.unseen

    @property
    def aic(self) -> float:
        """Akaike's criterion; coefficients of minus infinity count too."""
        return 2 * len(self.coefficients) - 2 * self.log_likelihood

    def bounds(self, *, level: float) -> tuple[float, float]:
        """Return the size at both ends of the normal interval of the log of the unseen, given the model."""
        factor = math.exp(normal_quantile(level) * self.log_unseen_error)
        return self.people + self.unseen / factor, self.people + self.unseen * factor


def sparse_fit(
    given: Histories,
    *,
    model: SparseModel | Collection[tuple[str, str]],
    threshold: float | None = None,
) -> SparseFit:
    """Fit a pairwise model; arguments, errors and warnings as in `sparse_size`.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame(
    ...     {"a": [1, 0, 0, 1, 0], "b": [0, 1, 0, 1, 1], "c": [0, 0, 1, 0, 1], "n": [90, 70, 60, 12, 9]}
    ... )
    >>> fit = sparse_fit(histories(table, people="n"), model=[("a", "c")])
    >>> fit.coefficients["a:c"], round(fit.size)
    (-inf, 741)
    """
    cells = pair_cells(given)
    return fit_checked(given, cells, pair_model(cells, model, threshold=threshold))


def fit_checked(given: Histories, cells: PairCells, model: PairModel) -> SparseFit:
    """Check a model, then fit it."""
    check_model(given, cells, model)
    return _described(given, cells, fit_model(cells, given.counts[None].astype(float), model))


def check_model(given: Histories, cells: PairCells, model: PairModel) -> None:
    """Refuse a model without an estimate; with a choice of pairs, the model without pairs is checked.

    Raises
    ------
    NoEstimateError
        If fewer than two lists hold people, the model is not identified or its estimate does not exist.
    """
    _check_lists(given)
    state = pair_model_state(cells, given.counts, model.pairs)
    if state == "fine":
        return
    why = (
        "must have an estimate that exists; got counts with which the likelihood rises for ever (mostly too "
        "few people on two lists)"
        if state == "does not exist"
        else "must be identified; got several estimates that fit equally well: too few cells are left"
    )
    name = "no pairs" if model.threshold is not None else model.name
    raise NoEstimateError(
        f"the model with {name} {why}. Leave pairs out (sparse_models_check names models that fail), join "
        "lists, or report the people on the lists as a lower limit.",
        lower=given.n,
    )


def _check_lists(given: Histories) -> None:
    holding = int((given.sizes > 0).sum())
    if holding < 2:
        raise NoEstimateError(
            f"two lists or more must hold people; got {holding}. Report the people met as a lower limit.",
            lower=given.n,
        )
    if holding < len(given.lists):
        warnings.warn(
            f"{len(given.lists) - holding} of {len(given.lists)} lists hold nobody and are left out.",
            EstimateWarning,
            stacklevel=5,
        )


def _described(given: Histories, cells: PairCells, choice: Choice) -> SparseFit:
    counts = given.counts[None].astype(float)
    chosen, beta, fitted = choice.chosen[0], choice.fits.coefficients[0], choice.fits.fitted[0]
    keep = kept_cells(cells, counts, choice.chosen)[0]
    used = used_columns(cells, counts, choice.chosen)[0]
    design = cells.design[keep][:, used]
    covariance = np.linalg.inv(design.T * fitted[keep] @ design)
    names = np.array(["intercept", *cells.lists, *cells.pair_names])
    inside = np.concatenate([np.ones(cells.first_pair, dtype=bool), chosen])
    likelihood = poisson_log_likelihood(given.counts[keep], fitted[keep])
    return SparseFit(
        people=given.n,
        unseen=math.exp(beta[0]),
        log_unseen_error=math.sqrt(covariance[0, 0]),
        coefficients=dict(
            zip(names[inside].tolist(), np.where(used, beta, -np.inf)[inside].tolist(), strict=True)
        ),
        log_likelihood=likelihood,
        deviance=2 * (poisson_log_likelihood(given.counts[keep], given.counts[keep]) - likelihood),
    )
