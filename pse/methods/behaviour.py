"""Models in which being met changes the chance to be met again: Mb, Mbh, Mtb; ordered occasions only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import expit, logit

from pse.methods.histories import Histories
from pse.methods.poisson_fit import coefficient_bias, fit_poisson
from pse.methods.refusal import NoEstimateError

__all__ = ["behaviour_fit"]

RUN_AWAY = 1000.0


def behaviour_fit(given: Histories, *, model: str) -> dict[str, Any]:
    """Return point, standard error, bias, coefficients, fitted cells and number of parameters.

    Notes
    -----
    Mb: the chance is p until the first meeting and c afterwards; Mbh: the first occasion has its own chance;
    Mtb: logit c_j = logit p_j + b (Otis et al. 1978; Rivest, Baillargeon 2007). The size of Mb and Mbh is the
    removal estimate: only first meetings bear on it.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [50, 10, 30]})
    >>> round(behaviour_fit(histories(table, people="people"), model="Mb")["point"], 6)  # 60^2 / (60 - 30)
    120.0
    """
    first = given.patterns.argmax(axis=1)
    seen_first = np.bincount(first, weights=given.counts, minlength=len(given.lists))
    _check_removal(seen_first[1:] if model == "Mbh" else seen_first, model=model, people=given.n)
    if model == "Mtb":
        return _mtb(given, first)
    return _removal(given, first, model=model)


def _check_removal(first: np.ndarray, *, model: str, people: int) -> None:
    """Refuse where new people do not become fewer: the likelihood then rises for ever with the size."""
    k = np.arange(len(first))
    if len(first) < 2 or first.sum() == 0 or (k * first).sum() / first.sum() >= (len(first) - 1) / 2:
        raise NoEstimateError(
            f"{model} must see new people become fewer over the occasions; they do not. "
            "Use Mt or Mth, or report the people met as a lower limit.",
            lower=people,
        )


def _removal(given: Histories, first: np.ndarray, *, model: str) -> dict[str, Any]:
    t, held = len(given.lists), 1 if model == "Mbh" else 0
    again = given.patterns.sum(axis=1) - 1
    columns = [np.ones(len(first)), np.maximum(first - held, 0), again]
    if held:
        columns.append(first == 0)
    design = np.column_stack(columns).astype(float)
    fit = fit_poisson(design, given.counts.astype(float), np.zeros(len(first)))
    size, names = _mb_size(t, held), ["intercept", "wait", "again"] + ["first"] * held
    point = size(fit.coefficients)
    gradient, curve = _derivatives(size, fit.coefficients)
    return {
        "point": point,
        "standard_error": math.sqrt(max(0.0, gradient @ fit.covariance @ gradient - point)),
        "bias": float(gradient @ coefficient_bias(fit, design) + np.trace(curve @ fit.covariance) / 2),
        "coefficients": dict(zip(names, fit.coefficients.tolist(), strict=True)),
        "dropped": (),
        "fitted": fit.fitted,
        "parameters": design.shape[1],
    }


def _mb_size(t: int, held: int) -> Any:
    """Return the size as a function of the log-linear coefficients.

    log mean = log(N p) + (t - 1) log(1 - c) + wait log((1 - p)/(1 - c)) + again logit c; for Mbh N is the
    people not met on the first occasion, t - 1 occasions are left, and the first occasion is added.
    """

    def size(beta: np.ndarray) -> float:
        missed = -np.logaddexp(0, beta[2])  # log(1 - c)
        stay = beta[1] + missed  # log(1 - p)
        later = math.exp(beta[0] - (t - 1 - held) * missed) / -math.expm1(stay)
        return float(later + (math.exp(beta[0] + beta[3] - (t - 1) * missed) if held else 0.0))

    return size


def _derivatives(size: Any, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return gradient and second derivatives by central differences of fourth and second order."""
    n, base = len(beta), size(beta)
    unit = np.eye(n)

    def slope(j: int, h: float = 1e-3) -> float:
        near = size(beta + h * unit[j]) - size(beta - h * unit[j])
        far = size(beta + 2 * h * unit[j]) - size(beta - 2 * h * unit[j])
        return (8 * near - far) / (12 * h)

    def bend(i: int, j: int, h: float = 1e-3) -> float:
        if i == j:
            return (size(beta + h * unit[i]) - 2 * base + size(beta - h * unit[i])) / h**2
        corners = [(a * b, size(beta + h * (a * unit[i] + b * unit[j]))) for a in (1, -1) for b in (1, -1)]
        return sum(sign * value for sign, value in corners) / (4 * h**2)

    return np.array([slope(j) for j in range(n)]), np.array(
        [[bend(i, j) for j in range(n)] for i in range(n)]
    )


def _mtb(given: Histories, first: np.ndarray) -> dict[str, Any]:
    """Fit log N, logit p_1 ... p_t and b by Fisher scoring on the Poisson cells."""
    t, w = len(given.lists), given.patterns
    after = np.arange(t) > first[:, None]
    theta = np.concatenate(
        [[math.log(1.3 * given.n)], logit((given.sizes + 0.5) / (1.3 * given.n + 1)), [0.0]]
    )
    log_mean, jacobian = _mtb_mean(theta, w, after)
    value = given.counts @ log_mean - np.exp(log_mean).sum()
    for _ in range(500):
        mean = np.exp(log_mean)
        information = jacobian.T * mean @ jacobian
        score = jacobian.T @ (given.counts - mean)
        step = np.linalg.lstsq(information + 1e-12 * np.eye(t + 2), score, rcond=None)[0]
        step *= min(1.0, 2.0 / np.abs(step).max())
        for _ in range(40):
            log_mean, jacobian = _mtb_mean(theta + step, w, after)
            new = given.counts @ log_mean - np.exp(log_mean).sum()
            if new >= value - 1e-12 * abs(value):
                break
            step = step / 2
        theta, gain, value = theta + step, new - value, new
        if np.abs(step).max() < 1e-10 or (abs(gain) < 1e-13 * abs(value) and np.abs(step).max() < 1e-7):
            break
    else:
        raise NoEstimateError(
            "Mtb must converge; it did not. Its size is hardly identified here: use Mb or Mth.",
            lower=given.n,
        )
    return _mtb_result(theta, log_mean, jacobian, people=given.n)


def _mtb_mean(theta: np.ndarray, w: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log expected counts of the cells and their derivatives."""
    predictor = theta[1:-1] + theta[-1] * after
    chance = expit(predictor)
    log_mean = theta[0] + (w * predictor - np.logaddexp(0, predictor)).sum(axis=1)
    rest = w - chance
    return log_mean, np.column_stack([np.ones(len(w)), rest, (rest * after).sum(axis=1)])


def _mtb_result(
    theta: np.ndarray, log_mean: np.ndarray, jacobian: np.ndarray, *, people: int
) -> dict[str, Any]:
    mean, point = np.exp(log_mean), float(np.exp(theta[0]))
    if point > RUN_AWAY * people:  # the likelihood still creeps up, by less than the steps stop at
        raise NoEstimateError(
            "Mtb must see new people become fewer over the occasions; the likelihood rises for ever. "
            "Use Mt or Mth, or report the people met as a lower limit.",
            lower=people,
        )
    covariance = np.linalg.pinv(jacobian.T * mean @ jacobian, rcond=1e-14, hermitian=True)
    t = len(theta) - 2
    chances = {f"p{j + 1}": float(expit(theta[1 + j])) for j in range(t)}
    again = {f"c{j + 1}": float(expit(theta[1 + j] + theta[-1])) for j in range(1, t)}
    return {
        "point": max(point, float(people)),
        "standard_error": math.sqrt(max(0.0, point**2 * covariance[0, 0] - point)),
        "bias": math.nan,
        "coefficients": chances | again,
        "dropped": (),
        "fitted": mean,
        "parameters": t + 2,
    }
