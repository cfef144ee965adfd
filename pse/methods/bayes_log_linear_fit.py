"""Posterior of many log-linear models at once: the mode of each, and weighted draws around it.

Unknown cells are summed out, not drawn along: a missing Poisson count has no likelihood, and a count of at
most u has the Poisson probability of 0 to u. What is left is log-concave in the coefficients, so that
Newton's method finds the mode of every model and draws around it need no Markov chain (ours; the posterior
is that of Overstall AM, King R. J Stat Softw 2014;58(7), who draw the unknown counts along by reversible
jump).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import stats
from scipy.special import gammaincc, gammaln

from pse.methods.bayes_log_linear_cells import LogLinearCells

__all__ = ["ModelModes", "at_most", "log_posterior", "model_draws", "model_modes"]

STEPS = 100
FREEDOM = 6.0  # of the t that the draws are from: its tails are longer than those of the posterior
BLOCK = 2048  # models whose modes are found together


@dataclass(frozen=True)
class ModelModes:
    """Modes of models and the normal (Laplace) approximation around them.

    Attributes
    ----------
    held : numpy.ndarray of bool, shape (models, coefficients)
        Coefficients that the model holds; the others are 0.
    modes : numpy.ndarray, shape (models, coefficients)
    curvature : numpy.ndarray, shape (models, coefficients, coefficients)
        Minus the second derivatives at the mode; 1 on the diagonal for coefficients not held.
    log_evidence : numpy.ndarray, shape (models,)
        Laplace approximation of the logarithm of the marginal likelihood.
    """

    held: np.ndarray = field(repr=False)
    modes: np.ndarray = field(repr=False)
    curvature: np.ndarray = field(repr=False)
    log_evidence: np.ndarray = field(repr=False)


def model_modes(cells: LogLinearCells, held: np.ndarray) -> ModelModes:
    """Return the modes of models; `held` has a row for each model."""
    blocks = [_block_modes(cells, held[at : at + BLOCK]) for at in range(0, len(held), BLOCK)]
    modes, curvature, evidence = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return ModelModes(held, modes, curvature, evidence)


def model_draws(
    cells: LogLinearCells, found: ModelModes, model: int, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return draws of the coefficients of one model, and the logarithm of posterior over drawing density.

    The mean of those ratios is the marginal likelihood (importance sampling).
    """
    held = found.held[model]
    root = np.linalg.cholesky(found.curvature[model][np.ix_(held, held)])
    size = int(held.sum())
    spread = np.sqrt(FREEDOM / rng.chisquare(FREEDOM, size=draws))
    standard = rng.standard_normal((draws, size)) * spread[:, None]
    drawn = np.zeros((draws, len(held)))
    drawn[:, held] = found.modes[model, held] + np.linalg.solve(root.T, standard.T).T
    density = (
        gammaln((FREEDOM + size) / 2) - gammaln(FREEDOM / 2) - size / 2 * np.log(FREEDOM * np.pi)
        + np.log(np.diag(root)).sum()
        - (FREEDOM + size) / 2 * np.log1p((standard**2).sum(axis=1) / FREEDOM)
    )  # fmt: skip
    return drawn, log_posterior(cells, drawn, np.broadcast_to(held, drawn.shape)) - density


def log_posterior(cells: LogLinearCells, beta: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return log-likelihood plus log-prior of rows of coefficients; `held` tells which ones a row has.

    Prior: constant flat; the others normal with the information of one cell, precision X'X / cells
    (Ntzoufras I, Dellaportas P, Forster JJ. J Stat Plan Inference 2003;111:165-180).
    """
    predictor = beta @ cells.design.T
    known, limit = cells.counted, cells.limits
    y = cells.people
    value = (y[known] * predictor[:, known] - np.exp(predictor[:, known]) - gammaln(y[known] + 1)).sum(axis=1)
    value += _log_at_most(y[limit], predictor[:, limit]).sum(axis=1)
    precision = _precision(cells)
    value -= np.einsum("mi,ij,mj->m", beta, precision, beta) / 2
    return value + _log_prior_constant(precision, held)


def _log_prior_constant(precision: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Blocks of different effects are orthogonal on the full table, so a model has a part of one prior."""
    free = held[:, 1:]
    padded = np.where(free[:, :, None] & free[:, None, :], precision[1:, 1:], np.eye(free.shape[1]))
    return np.linalg.slogdet(padded)[1] / 2 - free.sum(axis=1) / 2 * np.log(2 * np.pi)


def _precision(cells: LogLinearCells) -> np.ndarray:
    precision = cells.design.T @ cells.design / len(cells.design)
    precision[0] = precision[:, 0] = 0
    return precision


def _log_at_most(most: np.ndarray, predictor: np.ndarray) -> np.ndarray:
    """Return the logarithm of the Poisson probability of 0 to `most` at a mean of exp(predictor)."""
    mean = np.exp(predictor)
    inside = gammaincc(most + 1, mean)
    far = inside < 1e-250  # the last term of the sum, and those before it as a geometric series
    with np.errstate(divide="ignore"):
        plain = np.log(inside)
    ratio = np.where(far, most / mean, 0.0)
    return np.where(far, most * predictor - mean - gammaln(most + 1) - np.log1p(-ratio), plain)


def _slopes(cells: LogLinearCells, predictor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return first and minus second derivatives of the log-likelihood by cell and predictor."""
    mean, y = np.exp(predictor), cells.people
    first, second = np.where(cells.counted, y - mean, 0.0), np.where(cells.counted, mean, 0.0)
    limit = cells.limits
    most, at = y[limit] + 1, predictor[:, limit]
    fall = np.exp(most * at - mean[:, limit] - gammaln(most) - _log_at_most(most - 1, at))
    first[:, limit], second[:, limit] = -fall, fall * (most - mean[:, limit] + fall)
    return first, np.maximum(second, 0.0)


def _block_modes(cells: LogLinearCells, held: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Newton's method with halved steps, for a block of models."""
    design, precision = cells.design, _precision(cells)
    beta = np.zeros(held.shape)
    beta[:, 0] = np.log(max(cells.people.sum(), 1.0) / len(design))
    value = log_posterior(cells, beta, held)
    for _ in range(STEPS):
        first, curvature = _curvature(cells, beta, held)
        slope = np.where(held, first @ design - beta @ precision, 0.0)
        step = np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
        if ((step * slope).sum(axis=1) < 1e-16 * (1 + np.abs(value))).all():
            break
        beta, value = _halved(cells, beta, step, value, held)
    _, curvature = _curvature(cells, beta, held)
    evidence = value + held.sum(axis=1) / 2 * np.log(2 * np.pi) - np.linalg.slogdet(curvature)[1] / 2
    return beta, curvature, evidence


def _curvature(cells: LogLinearCells, beta: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = _slopes(cells, beta @ cells.design.T)
    full = np.einsum("mc,ci,cj->mij", second, cells.design, cells.design, optimize=True) + _precision(cells)
    return first, np.where(held[:, :, None] & held[:, None, :], full, np.eye(held.shape[1]))


def _halved(
    cells: LogLinearCells, beta: np.ndarray, step: np.ndarray, value: np.ndarray, held: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    size = np.minimum(1.0, 3.0 / np.maximum(np.abs(step).max(axis=1), 1e-300))
    new, risen = beta, value
    for _ in range(40):
        tried = beta + size[:, None] * step
        with np.errstate(over="ignore"):
            got = log_posterior(cells, tried, held)
        better = got >= value
        new = np.where(better[:, None], tried, beta)
        risen = np.where(better, got, value)
        if better.all():
            break
        size = np.where(better, size, size / 2)
    return new, risen


def at_most(most: np.ndarray, mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw Poisson counts that are at most `most`; shape of `mean`."""
    top = stats.poisson.cdf(most, mean)
    drawn = stats.poisson.ppf(rng.random(mean.shape) * top, mean)
    return np.where(top > 0, np.clip(drawn, 0, most), most)  # the mean is far above `most`: all of them
