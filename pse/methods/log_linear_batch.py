"""Many log-linear models of the same cells at once: small Newton steps of all of them in one array operation.

The design holds 0 and 1, with 1 where a pattern holds all lists of a term. So the information of two terms is
the sum of the fitted counts over the patterns that hold the lists of both, and all information matrices of
all models are read off one table of such sums (ours; the fits are those of `pse.methods.log_linear`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pse.methods.log_linear_cells import LogLinearCells
from pse.methods.log_linear_extended import NOISE, extended_fit
from pse.methods.log_linear_faces import Faces
from pse.methods.log_linear_terms import term_design

__all__ = ["ManyFits", "fit_many"]

ITERATIONS = 60
HALVINGS = 30
RIDGE = {False: 1e-14, True: 1e-11}  # of a diagonal of ones; True: with cells at 0


@dataclass(frozen=True)
class ManyFits:
    """Fits of many models; arrays have one entry for each model, in the order given.

    Attributes
    ----------
    states : list of tuple of str
        For each model, that of each unseen cell, see `Face`; ``("rank",)`` where the cells cannot tell the
        coefficients apart.
    unseen, variance, bias : numpy.ndarray, shape (models,)
        People in the unseen cells, the variance of that number and its first-order bias; NaN where refused.
    fitted : numpy.ndarray, shape (models, cells)
        NaN for a model of too low a rank.
    """

    states: list[tuple[str, ...]] = field(repr=False)
    unseen: np.ndarray = field(repr=False)
    variance: np.ndarray = field(repr=False)
    bias: np.ndarray = field(repr=False)
    fitted: np.ndarray = field(repr=False)


def fit_many(cells: LogLinearCells, models: Sequence[tuple[int, ...]]) -> ManyFits:
    """Fit hierarchical models by extended maximum likelihood.

    Parameters
    ----------
    cells : LogLinearCells
    models : sequence of tuple of int
        Terms of each model, see `pse.methods.log_linear_terms`.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> from pse.methods.log_linear_cells import log_linear_cells
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> fit_many(log_linear_cells(histories(table, people="people")), [(0, 1, 2)]).unseen.round(1).tolist()
    [1994.3]
    """
    table = _Table(cells)
    mask, states = _faces(table, cells, models)
    sizes = np.full((3, len(models)), np.nan)
    fitted = np.full((len(models), len(cells.counts)), np.nan)
    for rows in _same_length(models):
        rows = [j for j in rows if states[j] != ("rank",)]
        if not rows:
            continue
        columns = np.array([models[j] for j in rows])
        beta, mean, late = _newton(table, columns, mask[rows])
        sizes[:, rows] = _sizes(table, columns, beta, mean, [states[j] for j in rows])
        fitted[rows] = mean
        for j in (rows[i] for i in np.flatnonzero(late)):
            sizes[:, j], fitted[j] = _one(table, models[j])
    unseen, variance, bias = sizes
    return ManyFits(states, unseen, variance, bias, fitted)


class _Table:
    """Cells with the design of all terms, every one of 2^lists, and that of the unseen cells."""

    def __init__(self, cells: LogLinearCells) -> None:
        every = np.arange(1 << len(cells.lists))
        self.counts = cells.counts.astype(float)
        self.design = term_design(cells.patterns, every)
        self.unseen = term_design(cells.unseen, every)


def _same_length(models: Sequence[tuple[int, ...]]) -> list[list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for j, terms in enumerate(models):
        groups[len(terms)].append(j)
    return list(groups.values())


def _faces(
    table: _Table, cells: LogLinearCells, models: Sequence[tuple[int, ...]]
) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Return the cells with a fitted count above 0, shape (models, cells), and the states of unseen cells."""
    mask = np.ones((len(models), len(cells.counts)), dtype=bool)
    states: list[tuple[str, ...]] = [("finite",) * len(cells.unseen)] * len(models)
    faces = Faces(cells)
    for j in _dependent(table.design[cells.counts > 0], models):
        mask[j], states[j] = faces.face(models[j])
    return mask, states


def _dependent(design: np.ndarray, models: Sequence[tuple[int, ...]]) -> list[int]:
    """Return the models whose columns are linearly dependent, the largest first."""
    found: list[int] = []
    for rows in _same_length(models):
        columns = np.array([models[j] for j in rows])
        if columns.shape[1] > len(design):
            found += rows
            continue
        triangle = np.linalg.qr(design[:, columns].transpose(1, 0, 2), mode="r")
        least = np.abs(np.diagonal(triangle, axis1=1, axis2=2)).min(axis=1)
        found += [rows[i] for i in np.flatnonzero(least < NOISE)]
    return sorted(found, key=lambda j: -len(models[j]))


def _newton(
    table: _Table, columns: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return coefficients, fitted counts and whether a model has not converged, for models of equal size."""
    pairs = columns[:, :, None] | columns[:, None, :]
    start = mask * (table.counts + 0.5)
    beta, _ = _step(table, columns, pairs, start, start * np.log(table.counts + 0.5))
    mean, value = _mean_and_value(table, columns, mask, beta)
    late = np.ones(len(columns), dtype=bool)
    for _ in range(ITERATIONS):
        rows = np.flatnonzero(late)
        if not len(rows):
            break
        score = mask[rows] * table.counts - mean[rows]
        step, gain = _step(table, columns[rows], pairs[rows], mean[rows], score)
        step *= np.minimum(1.0, 10.0 / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-300))
        beta[rows], mean[rows], value[rows] = _halved(
            table, columns[rows], mask[rows], beta[rows], step, value[rows]
        )
        late[rows] = ~(gain <= 1e-13 * (1 + table.counts.sum()))  # a last step has been taken: error squared
    return beta, mean, late


def _step(
    table: _Table, columns: np.ndarray, pairs: np.ndarray, weights: np.ndarray, residual: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solve information @ step = score; return the step and score @ step."""
    score = np.take_along_axis(residual @ table.design, columns, axis=1)
    information, scale = _information(table, pairs, weights)
    step = scale * np.linalg.solve(information, (scale * score)[:, :, None])[:, :, 0]
    return step, (score * step).sum(axis=1)


def _information(table: _Table, pairs: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return scale * information * scale with a diagonal of ones, and the scale.

    Cells at 0 leave some coefficients open: a small ridge picks values for them, and moves no fitted count.
    Elsewhere it is far below rounding, and only keeps one bad model from stopping the others.
    """
    sums = weights @ table.design
    information = np.take_along_axis(sums, pairs.reshape(len(pairs), -1), axis=1).reshape(pairs.shape)
    diagonal = np.diagonal(information, axis1=1, axis2=2)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    information *= scale[:, :, None] * scale[:, None, :]
    ridge = np.where((weights == 0).any(axis=1), RIDGE[True], RIDGE[False])
    return information + ridge[:, None, None] * np.eye(pairs.shape[1]), scale


def _mean_and_value(
    table: _Table, columns: np.ndarray, mask: np.ndarray, beta: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    every = np.zeros((len(beta), table.design.shape[1]))
    np.put_along_axis(every, columns, beta, axis=1)
    predictor = every @ table.design.T
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.exp(predictor) * mask
        return mean, (predictor * mask) @ table.counts - mean.sum(axis=1)


def _halved(
    table: _Table,
    columns: np.ndarray,
    mask: np.ndarray,
    beta: np.ndarray,
    step: np.ndarray,
    value: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Halve each model's step until its likelihood no longer falls."""
    for _ in range(HALVINGS):
        mean, trial = _mean_and_value(table, columns, mask, beta + step)
        fell = ~(trial >= value - 1e-9 * (1 + np.abs(value)))
        if not fell.any():
            break
        step = np.where(fell[:, None], step / 2, step)
    return beta + step, mean, trial


def _sizes(
    table: _Table, columns: np.ndarray, beta: np.ndarray, mean: np.ndarray, states: list[tuple[str, ...]]
) -> np.ndarray:
    """Return the unseen people, their variance and bias (see `extended_fit`): shape (3, models)."""
    rows = table.unseen[:, columns].transpose(1, 0, 2)
    lost = np.array([[0.0 if s in ("finite", "none") else np.nan for s in state] for state in states])
    finite = np.array([[s == "finite" for s in state] for state in states])
    with np.errstate(over="ignore", invalid="ignore"):
        people = np.where(finite, np.exp((rows @ beta[:, :, None])[:, :, 0]), lost)
    pairs = columns[:, :, None] | columns[:, None, :]
    information, scale = _information(table, pairs, mean)
    variance = np.linalg.inv(information) * scale[:, :, None] * scale[:, None, :]
    used = table.design[:, columns].transpose(1, 0, 2)
    leverage = ((used @ variance) * used).sum(axis=2) * mean
    pull = np.take_along_axis(-leverage / 2 @ table.design, columns, axis=1)
    shift = (rows @ (variance @ pull[:, :, None]))[:, :, 0]
    spread = rows @ variance @ rows.transpose(0, 2, 1)
    total = np.einsum("bi,bij,bj->b", people, spread, people) + people.sum(axis=1)
    bias = (people * (shift + np.diagonal(spread, axis1=1, axis2=2) / 2)).sum(axis=1)
    return np.array([people.sum(axis=1), total, bias])


def _one(table: _Table, terms: tuple[int, ...]) -> tuple[list[float], np.ndarray]:
    """Fit one model by itself, with the more careful steps."""
    columns = list(terms)
    fit = extended_fit(table.design[:, columns], table.counts, table.unseen[:, columns])
    return [float(part.sum()) for part in (fit.unseen, fit.covariance, fit.bias)], fit.fitted
