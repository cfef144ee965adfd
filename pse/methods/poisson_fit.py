"""Poisson log-linear fits of the observed cells of a capture table."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import gammaln, xlogy

__all__ = ["PoissonFit", "coefficient_bias", "fit_poisson", "poisson_log_likelihood"]

ITERATIONS = 200


@dataclass(frozen=True)
class PoissonFit:
    """Maximum-likelihood fit of ``log mean = offset + design @ coefficients``."""

    coefficients: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    fitted: np.ndarray = field(repr=False)


def fit_poisson(design: np.ndarray, counts: np.ndarray, offset: np.ndarray) -> PoissonFit:
    """Fit by Newton's method with halved steps; counts need not be whole.

    Parameters
    ----------
    design : numpy.ndarray, shape (cells, coefficients)
    counts, offset : numpy.ndarray, shape (cells,)

    Notes
    -----
    Where a coefficient runs to infinity (a list that nobody else is on) the fitted counts still converge;
    the coefficient stops where it no longer changes the likelihood (extended maximum likelihood).

    Examples
    --------
    >>> fit = fit_poisson(np.ones((2, 1)), np.array([3.0, 5.0]), np.zeros(2))
    >>> fit.fitted.round(6).tolist()
    [4.0, 4.0]
    """
    beta = np.linalg.lstsq(design, np.log(counts + 0.5) - offset, rcond=None)[0]
    mean, value = _mean_and_value(beta, design, counts, offset)
    for _ in range(ITERATIONS):
        score = design.T @ (counts - mean)
        step = _solve(design.T * mean @ design, score)
        gain = float(score @ step)
        if not gain > 1e-13 * (1 + counts.sum()):  # twice the rise of the likelihood that is still open
            break
        size = min(1.0, 10.0 / np.abs(step).max())
        beta, mean, value, moved = _line_search(beta, size * step, value, design, counts, offset)
        if not moved:
            break
    score = design.T @ (counts - mean)
    last = beta + _solve(design.T * mean @ design, score)  # one free step more: error squared
    polished, rise = _mean_and_value(last, design, counts, offset)
    if np.isfinite(rise) and rise >= value - 1e-9 * (1 + abs(value)):
        beta, mean = last, polished
    information = design.T * mean @ design
    return PoissonFit(beta, np.linalg.pinv(information, rcond=1e-14, hermitian=True), mean)


def _mean_and_value(
    beta: np.ndarray, design: np.ndarray, counts: np.ndarray, offset: np.ndarray
) -> tuple[np.ndarray, float]:
    predictor = offset + design @ beta
    with np.errstate(over="ignore"):
        mean = np.exp(predictor)
    return mean, float(counts @ predictor - mean.sum())


def _solve(information: np.ndarray, score: np.ndarray) -> np.ndarray:
    scale = 1 / np.sqrt(np.maximum(np.diag(information), 1e-300))
    try:
        return scale * np.linalg.solve(scale * information * scale[:, None], scale * score)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(information, score, rcond=None)[0]


def _line_search(
    beta: np.ndarray,
    step: np.ndarray,
    value: float,
    design: np.ndarray,
    counts: np.ndarray,
    offset: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, float, bool]:
    """Halve the step until the likelihood no longer falls."""
    for _ in range(40):
        mean, trial = _mean_and_value(beta + step, design, counts, offset)
        if trial >= value - 1e-12 * (1 + abs(value)):
            return beta + step, mean, trial, True
        step = step / 2
    mean, value = _mean_and_value(beta, design, counts, offset)
    return beta, mean, value, False


def coefficient_bias(fit: PoissonFit, design: np.ndarray) -> np.ndarray:
    """Return the first-order bias of the coefficients (Cordeiro, McCullagh 1991, JRSS B 53:629).

    Examples
    --------
    >>> design = np.ones((1, 1))
    >>> coefficient_bias(fit_poisson(design, np.array([4.0]), np.zeros(1)), design).round(6).tolist()
    [-0.125]
    """
    leverage = np.einsum("ij,jk,ik->i", design, fit.covariance, design) * fit.fitted
    return fit.covariance @ design.T @ (-leverage / 2)


def poisson_log_likelihood(counts: np.ndarray, fitted: np.ndarray) -> float:
    """Return the Poisson log-likelihood with its constant, as AIC and BIC use it.

    Examples
    --------
    >>> round(poisson_log_likelihood(np.array([2.0]), np.array([2.0])), 6)
    -1.306853
    """
    return float((xlogy(counts, fitted) - fitted - gammaln(counts + 1)).sum())
