"""Step 11: the area-level small-area model of Fay and Herriot, with neighbours as an option.

y = X b + u + e, e with known sampling variances psi. Independent areas: u ~ (0, A). With neighbours, the
simultaneous autoregression u = rho W u + v, v ~ (0, A), W with rows that sum to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from pse import checks

RHO_MOST = 0.99


@dataclass(frozen=True)
class FayHerriot:
    """EBLUPs of all areas, mapped or not.

    Attributes
    ----------
    theta : numpy.ndarray
        EBLUP of each area, on the scale of y.
    mse : numpy.ndarray
        Estimated mean squared error: g1 + g2 + 2 g3.
    error : numpy.ndarray
        Areas x areas: covariance of the prediction errors, `mse` on its diagonal (g1 and g2 beside it).
    coefficients, coefficient_se : numpy.ndarray
        b and its standard errors.
    between : float
        A, the variance between areas given X.
    rho : float
        Autocorrelation; 0 without neighbours.
    leading : numpy.ndarray
        g1: what is left when all parameters are known.
    """

    theta: np.ndarray
    mse: np.ndarray
    error: np.ndarray
    coefficients: np.ndarray
    coefficient_se: np.ndarray
    between: float
    rho: float
    leading: np.ndarray


def fit_fay_herriot(
    y: np.ndarray, psi: np.ndarray, x: np.ndarray, *, neighbours: np.ndarray | None = None
) -> FayHerriot:
    """Fit the model by REML and predict every area.

    Parameters
    ----------
    y : numpy.ndarray
        Direct estimates; NaN where an area is not mapped.
    psi : numpy.ndarray
        Sampling variances, above 0; not read where `y` is NaN.
    x : numpy.ndarray
        Areas x columns, the intercept among them.
    neighbours : numpy.ndarray, optional
        Areas x areas, 0 or more, 0 on the diagonal: who is next to whom. Rows are scaled to sum to 1; an
        area without neighbours has none.

    Returns
    -------
    FayHerriot
        EBLUP and MSE of all areas. An unmapped area has the synthetic estimate x'b, and with neighbours
        also what the residuals around it say.

    Raises
    ------
    ValueError
        If mapped areas are too few, a variance is not above 0, or `neighbours` is no such matrix.

    Notes
    -----
    Fay and Herriot, JASA 74 (1979); REML and MSE with 2 g3: Datta and Lahiri, Statistica Sinica 10 (2000),
    after Prasad and Rao, JASA 85 (1990); Rao and Molina, Small Area Estimation (2015), 6.1 to 6.2. With
    neighbours: Pratesi and Salvati, Statistical Methods and Applications 17 (2008); the term g4 of Singh,
    Shukla and Kundu (2005) for a curved covariance is left out.

    Examples
    --------
    >>> y, psi = np.array([1.0, 2, 3, 6, np.nan]), np.ones(5)
    >>> fit = fit_fay_herriot(y, psi, np.ones((5, 1)))
    >>> round(fit.between, 4), round(float(fit.theta[4]), 4)  # variance of y is 4.6667; less psi of 1
    (3.6667, 3.0)
    """
    known = ~np.isnan(y)
    _check(y, psi, x, known)
    w = None if neighbours is None else _row_standard(neighbours, len(y))
    between, rho = _reml(y[known], psi[known], x[known], known, w)
    g, slopes = _covariance(between, rho, w, len(y))
    return _predict(y[known], psi[known], x, known, g, slopes, between, rho)


def _check(y: np.ndarray, psi: np.ndarray, x: np.ndarray, known: np.ndarray) -> None:
    needed = x.shape[1] + 1
    if known.sum() < needed:
        raise ValueError(
            f"mapped areas must be at least {needed}; got {int(known.sum())}. Use fewer covariates."
        )
    bad = int((~(psi[known] > 0)).sum())
    if bad:
        raise ValueError(
            f"sampling variances must be above 0; got {bad} that are not. "
            "A census has none: give such areas a small one, or leave them as they are."
        )


def _row_standard(neighbours: np.ndarray, n: int) -> np.ndarray:
    w = np.asarray(neighbours, dtype=float)
    if w.shape != (n, n) or (w < 0).any() or np.diag(w).any() or not np.isfinite(w).all():
        raise ValueError("neighbours must be a square table of areas, 0 or more, with 0 on its diagonal.")
    if not w.any():
        raise ValueError("neighbours must join some areas; got none. Leave them out.")
    total = w.sum(axis=1, keepdims=True)
    return w / np.where(total > 0, total, 1)


def _covariance(
    between: float, rho: float, w: np.ndarray | None, n: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return G and its derivatives by A and, with neighbours, by rho."""
    if w is None:
        return between * np.eye(n), [np.eye(n)]
    root = np.linalg.inv(np.eye(n) - rho * w)
    c = root @ root.T
    by_rho = between * c @ (w + w.T - 2 * rho * w.T @ w) @ c
    return between * c, [c, by_rho]


def _minus_reml(
    between: float,
    rho: float,
    y: np.ndarray,
    psi: np.ndarray,
    x: np.ndarray,
    known: np.ndarray,
    w: np.ndarray | None,
) -> float:
    """Return -2 x the restricted log-likelihood, without its constant."""
    if w is None:
        variance = between + psi
        scaled, right = x / variance[:, None], y / variance
        log_det = float(np.log(variance).sum())
    else:
        v = _covariance(between, rho, w, len(known))[0][np.ix_(known, known)] + np.diag(psi)
        scaled, right = np.linalg.solve(v, x), np.linalg.solve(v, y)
        log_det = float(np.linalg.slogdet(v)[1])
    information = x.T @ scaled
    b = np.linalg.solve(information, x.T @ right)
    return log_det + float(np.linalg.slogdet(information)[1]) + float((y - x @ b) @ (right - scaled @ b))


def _reml(
    y: np.ndarray, psi: np.ndarray, x: np.ndarray, known: np.ndarray, w: np.ndarray | None
) -> tuple[float, float]:
    """Return A, 0 or more, and rho at the largest restricted likelihood: a grid, then a search around it."""
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    top = max(float(residual @ residual), float(psi.max())) * 4
    grid = np.concatenate([[0.0], top * np.logspace(-9, 0, 55)])

    def at(between: float, rho: float) -> float:
        return _minus_reml(between, rho, y, psi, x, known, w)

    rhos = [0.0] if w is None else [-0.6, -0.2, 0.2, 0.6, 0.9]
    places = [(a, rho) for a in (grid if w is None else grid[::4]) for rho in rhos]
    values = [at(*place) for place in places]
    start = places[int(np.argmin(values))]
    if w is not None:
        return _search_two(at, start, top)
    at_grid = int(np.argmin(values))
    ends = (grid[max(at_grid - 1, 0)], grid[min(at_grid + 1, len(grid) - 1)])
    found = minimize_scalar(
        lambda a: at(a, 0.0), bounds=ends, method="bounded", options={"xatol": 1e-12 * top}
    )
    return (float(found.x), 0.0) if found.fun < at(0.0, 0.0) - 1e-12 else (0.0, 0.0)


def _search_two(
    at: Callable[[float, float], float], start: tuple[float, float], top: float
) -> tuple[float, float]:
    bounds = [(0.0, 1.0), (-RHO_MOST, RHO_MOST)]
    found = minimize(
        lambda p: at(top * p[0] ** 2, p[1]),  # the square keeps steps even near 0
        [np.sqrt(start[0] / top), start[1]],
        method="Nelder-Mead",
        bounds=bounds,
        options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 600},
    )
    return float(top * found.x[0] ** 2), float(found.x[1])


def _predict(
    y: np.ndarray,
    psi: np.ndarray,
    x: np.ndarray,
    known: np.ndarray,
    g: np.ndarray,
    slopes: list[np.ndarray],
    between: float,
    rho: float,
) -> FayHerriot:
    v = g[np.ix_(known, known)] + np.diag(psi)
    inverse = np.linalg.inv(v)
    c = g[:, known]
    b_cov = np.linalg.inv(x[known].T @ inverse @ x[known])
    beta = b_cov @ x[known].T @ inverse @ y
    weights = c @ inverse
    theta = x @ beta + weights @ (y - x[known] @ beta)
    rest = x - weights @ x[known]
    first, second = g - weights @ c.T, rest @ b_cov @ rest.T
    third = _third(weights, inverse, v, known, slopes) if between > 0 else _third_at_zero(psi, known)
    mse = np.diag(first) + np.diag(second) + 2 * third
    return FayHerriot(
        theta=theta,
        mse=mse,
        error=first + second + np.diag(2 * third),
        coefficients=beta,
        coefficient_se=np.sqrt(np.diag(b_cov)),
        between=between,
        rho=rho,
        leading=np.diag(first).copy(),
    )


def _third(
    weights: np.ndarray, inverse: np.ndarray, v: np.ndarray, known: np.ndarray, slopes: list[np.ndarray]
) -> np.ndarray:
    """Return g3 = tr(D_i V D_i' I^-1), D_i the derivatives of the weights of area i.

    I_jk = tr(V^-1 V_j V^-1 V_k)/2 is the information on A and rho.
    """
    inside = [slope[np.ix_(known, known)] for slope in slopes]
    parts = [inverse @ slope for slope in inside]
    information = 0.5 * np.array([[np.sum(a * b.T) for b in parts] for a in parts])
    changes = [
        (slope[:, known] - weights @ part) @ inverse for slope, part in zip(slopes, inside, strict=True)
    ]
    cross = np.array([[np.einsum("ij,jk,ik->i", a, v, b) for b in changes] for a in changes])
    return np.einsum("jki,kj->i", cross, np.linalg.pinv(information))


def _third_at_zero(psi: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return g3 of independent areas at A = 0: V(A)/psi for mapped areas, 0 for the others."""
    third = np.zeros(len(known))
    third[known] = 2 / np.sum(psi**-2.0) / psi
    return third


def shrinkage(*, between: float, psi: float) -> float:
    """Return A/(A + psi): the weight of an area's own estimate without neighbours.

    Examples
    --------
    >>> shrinkage(between=3.0, psi=1.0)
    0.75
    """
    checks.non_negative(between=between)
    checks.positive(psi=psi)
    return between / (between + psi)
