"""Sizes from lists of people with covariates: conditional likelihood (Huggins, Alho)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit

from pse import checks
from pse.estimate import Estimate
from pse.methods.histories import ON_A_LIST, list_marks
from pse.methods.refusal import NoEstimateError
from pse.methods.unseen import log_bounds

__all__ = ["HugginsFit", "huggins", "huggins_fit"]

ITERATIONS = 100
FARTHEST = 15.0


@dataclass(frozen=True)
class HugginsFit:
    """A fitted conditional likelihood.

    Attributes
    ----------
    point, standard_error : float
        People.
    people : int
        People met.
    coefficients : pandas.DataFrame
        Index: the lists (or ``all lists``) and the covariates; columns: estimate, standard_error, on the
        logit scale.
    log_likelihood, aic : float
        Conditional on being met.
    met : numpy.ndarray, shape (people,)
        Chance of each person to be on at least one list.
    """

    point: float
    standard_error: float
    people: int
    coefficients: pd.DataFrame = field(repr=False)
    log_likelihood: float
    aic: float
    met: np.ndarray = field(repr=False)


def huggins(
    table: pd.DataFrame,
    *,
    lists: Sequence[str],
    covariates: Sequence[str] = (),
    per_list: bool = True,
    level: float = 0.95,
) -> Estimate:
    """Estimate a size when the chance to be on a list depends on what is known of each person.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each person met.
    lists : sequence of str
        Columns of 0 and 1.
    covariates : sequence of str
        Columns of finite numbers (code groups as 0 and 1), the same for all lists.
    per_list : bool
        One intercept for each list (Mt), or one for all (M0).
    level : float
        Of the log interval.

    Raises
    ------
    ValueError
        If a list is not 0 and 1, a covariate is not a finite number, or a person is on no list.
    NoEstimateError
        If nobody is on two lists, or a covariate separates people so that a coefficient runs to infinity.

    Notes
    -----
    N = sum of 1 / (chance to be met) over the people met, the chances from the likelihood conditional on
    being met (Huggins 1989, Biometrika 76:133; Alho 1990, Biometrics 46:623). Variance: sum of (1 - met) /
    met^2 plus the error of the coefficients by the delta method.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1] * 80 + [0] * 40, "b": [0] * 70 + [1] * 50})
    >>> print(huggins(table, lists=["a", "b"]))
    400 (257 to 693, 95% confidence; Huggins conditional likelihood, log interval)
    """
    checks.level(level)
    fit = huggins_fit(table, lists=lists, covariates=covariates, per_list=per_list)
    lower, upper = log_bounds(
        unseen=fit.point - fit.people, people=fit.people, standard_error=fit.standard_error, level=level
    )
    method = "Huggins conditional likelihood, log interval"
    return Estimate(fit.point, lower, upper, "confidence", level, method)


def huggins_fit(
    table: pd.DataFrame, *, lists: Sequence[str], covariates: Sequence[str] = (), per_list: bool = True
) -> HugginsFit:
    """Return the fit behind `huggins`: coefficients, chances, likelihood; to choose covariates by AIC.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1] * 80 + [0] * 40, "b": [0] * 70 + [1] * 50})
    >>> huggins_fit(table, lists=["a", "b"]).coefficients.index.tolist()
    ['a', 'b']
    """
    on, values = _checked(table, lists=list(lists), covariates=list(covariates))
    names = [*(lists if per_list else ["all lists"]), *covariates]
    centre, scale = values.mean(axis=0), values.std(axis=0)
    z = _design((values - centre) / scale, lists=len(lists), per_list=per_list)
    beta = np.zeros(z.shape[2])
    beta[: len(lists) if per_list else 1] = -1.0
    beta, value = _newton(beta, on, z, people=len(on))
    information, chance, met = _information(beta, z)
    covariance = np.linalg.inv(information)
    slope = -((1 - met) / met**2) @ np.einsum("ij,ijk->ik", chance, z)  # d sum(1 / met) / d beta
    variance = ((1 - met) / met**2).sum() + slope @ covariance @ slope
    back = _unscale(len(names) - len(centre), centre, scale)
    errors = np.sqrt(np.diag(back @ covariance @ back.T))
    found = pd.DataFrame({"estimate": back @ beta, "standard_error": errors}, index=pd.Index(names))
    aic = -2 * value + 2 * len(beta)
    return HugginsFit(float((1 / met).sum()), math.sqrt(variance), len(on), found, value, aic, met)


def _checked(
    table: pd.DataFrame, *, lists: list[str], covariates: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    checks.count(lists=len(lists), at_least=2)
    on = list_marks(table, lists).astype(float)
    checks.rows(on.any(axis=1), ON_A_LIST, got="none", remedy="Leave the row out.")
    values = table[covariates].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    checks.rows(np.isfinite(values).all(axis=1), "every covariate must be a finite number")
    same = [name for name, column in zip(covariates, values.T, strict=True) if np.ptp(column) == 0]
    if same:
        raise ValueError(f"every covariate must differ between people; {same[0]} does not. Leave it out.")
    if not (on.sum(axis=1) > 1).any():
        raise NoEstimateError(
            "a size from covariates must have people on two lists; got none. Report the people met.",
            lower=len(on),
        )
    return on, values


def _design(values: np.ndarray, *, lists: int, per_list: bool) -> np.ndarray:
    """Return shape (people, lists, coefficients)."""
    people = len(values)
    start = np.eye(lists) if per_list else np.ones((lists, 1))
    left = np.broadcast_to(start, (people, *start.shape))
    right = np.broadcast_to(values[:, None, :], (people, lists, values.shape[1]))
    return np.concatenate([left, right], axis=2)


def _unscale(starts: int, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the matrix from coefficients of standardised covariates to those of the covariates as given."""
    back = np.diag(np.concatenate([np.ones(starts), 1 / scale]))
    back[:starts, starts:] = -centre / scale
    return back


def _chances(beta: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return logits and chances of each list, and the chance to be on any."""
    logit = z @ beta
    missed = -np.logaddexp(0, logit).sum(axis=1)
    return logit, expit(logit), np.maximum(-np.expm1(missed), 1e-300)


def _value(beta: np.ndarray, on: np.ndarray, z: np.ndarray) -> float:
    logit, _, met = _chances(beta, z)
    return float((on * logit - np.logaddexp(0, logit)).sum() - np.log(met).sum())


def _information(beta: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _, chance, met = _chances(beta, z)
    own = np.einsum("ij,ijk,ijl->kl", chance * (1 - chance) / met[:, None], z, z, optimize=True)
    pull = np.einsum("ij,ijk->ik", chance, z)
    return own - (pull * ((1 - met) / met**2)[:, None]).T @ pull, chance, met


def _newton(beta: np.ndarray, on: np.ndarray, z: np.ndarray, *, people: int) -> tuple[np.ndarray, float]:
    value = _value(beta, on, z)
    for _ in range(ITERATIONS):
        information, chance, met = _information(beta, z)
        score = np.einsum("ij,ijk->k", on - chance / met[:, None], z)
        step = np.linalg.lstsq(information, score, rcond=None)[0]
        step *= min(1.0, 3.0 / max(np.abs(step).max(), 1e-300))
        new = _value(beta + step, on, z)
        while new < value - 1e-10 * abs(value) and np.abs(step).max() > 1e-12:
            step = step / 2
            new = _value(beta + step, on, z)
        beta, value = beta + step, new
        if np.abs(beta).max() > FARTHEST:
            break
        if np.abs(step).max() < 1e-10:
            if np.linalg.matrix_rank(_information(beta, z)[0]) < len(beta):
                break
            return beta, value
    raise NoEstimateError(
        "the covariates must not separate people met once from people met often, nor repeat each other; a "
        "coefficient runs to infinity. Leave a covariate out, or join its groups.",
        lower=people,
    )
