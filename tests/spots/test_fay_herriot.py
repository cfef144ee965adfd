"""Fay-Herriot: a published example, a case with a closed form, and likelihoods written down a second time."""

import numpy as np
import pytest
from scipy.optimize import minimize

from pse.spots.fay_herriot import fit_fay_herriot, shrinkage

# Milk expenditure in 43 areas of the USA (Arora and Lahiri, Statistica Sinica 1997; You and Chapman, Survey
# Methodology 2006; data `milk` of the R package sae, Molina and Marhuenda, R Journal 2015): direct estimate x
# 1,000, standard error x 1,000, major area. Results: sae::mseFH(yi ~ as.factor(MajorArea), SD^2).
PRINTED = """1099 163 1  1075 80 1  1105 83 1  628 109 1  753 119 1  981 141 1  1257 202 1  1095 127 2
    1405 168 2
    1356 178 2  615 100 2  1460 201 2  1338 148 2  854 143 2  1176 149 3  1111 145 3  1257 135 3  1430 172 3
    1278 137 3  1292 163 3  1002 125 3  1183 247 3  1044 140 3  1267 171 3  1193 106 3  791 121 4  795 121 4
    759 259 4  796 106 4  565 89 4  886 225 4  952 205 4  807 119 4  582 67 4  684 106 4  787 126 4  440 92 4
    759 132 4  770 100 4  800 113 4  756 83 4  865 121 4  640 129 4"""
MILK = np.array(PRINTED.split(), dtype=float).reshape(43, 3)
COEFFICIENTS = [0.9681890, 0.1327801, 0.2269462, -0.2413011]
STANDARD_ERRORS = [0.06936208, 0.10300072, 0.09232981, 0.08161707]
EBLUP = {0: 1.0219703, 3: 0.7608170, 10: 0.7852155, 21: 1.1923057, 33: 0.6102302, 42: 0.6810870}
MSE = {0: 0.013460220, 3: 0.008541740, 10: 0.007694262, 21: 0.017243977, 33: 0.003870786, 42: 0.009903626}


def milk():
    x = np.column_stack([np.ones(43), *[MILK[:, 2] == place for place in (2, 3, 4)]]).astype(float)
    return MILK[:, 0] / 1000, (MILK[:, 1] / 1000) ** 2, x


def test_the_milk_example_of_the_r_package_sae():
    fit = fit_fay_herriot(*milk())
    assert fit.between == pytest.approx(0.01855022, abs=2e-6)
    assert fit.coefficients == pytest.approx(COEFFICIENTS, abs=2e-6)
    assert fit.coefficient_se == pytest.approx(STANDARD_ERRORS, abs=3e-6)
    assert [fit.theta[i] for i in EBLUP] == pytest.approx(list(EBLUP.values()), abs=5e-6)
    assert [fit.mse[i] for i in MSE] == pytest.approx(list(MSE.values()), abs=2e-6)


def test_equal_variances_have_a_closed_form():
    rng = np.random.default_rng(4)
    x = np.column_stack([np.ones(12), rng.normal(size=12)])
    y, psi = x @ [2.0, 1.0] + rng.normal(0, 2, 12), np.full(12, 0.7)
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    fit = fit_fay_herriot(y, psi, x)
    assert fit.between == pytest.approx(residual @ residual / 10 - 0.7, rel=1e-6)
    gamma = shrinkage(between=fit.between, psi=0.7)
    assert fit.theta == pytest.approx(y - (1 - gamma) * residual, rel=1e-6)
    g2 = (1 - gamma) ** 2 * np.diag(x @ np.linalg.inv(x.T @ x) @ x.T) * (fit.between + 0.7)
    g3 = 0.7**2 / (fit.between + 0.7) ** 3 * 2 * (fit.between + 0.7) ** 2 / 12
    assert fit.mse == pytest.approx(gamma * 0.7 + g2 + 2 * g3, rel=1e-6)


def test_no_spread_beyond_the_variances_gives_the_synthetic_estimate_with_a_width():
    y, psi = np.array([1.0, 1.01, 0.99, 1.0, np.nan]), np.ones(5)
    fit = fit_fay_herriot(y, psi, np.ones((5, 1)))
    assert fit.between == 0
    assert fit.theta == pytest.approx(np.full(5, 1.0))
    assert fit.mse == pytest.approx([0.25 + 2 * 2 / 4] * 4 + [0.25])  # 1/m, and 2 g3


def test_an_unmapped_area_is_synthetic_and_its_error_is_the_spread_and_that_of_the_coefficients():
    y, psi, x = milk()
    more = np.vstack([x, [1, 0, 0, 1]])
    fit = fit_fay_herriot(np.append(y, np.nan), np.append(psi, np.nan), more)
    alone = fit_fay_herriot(y, psi, x)
    assert fit.theta[:43] == pytest.approx(alone.theta)
    assert fit.theta[43] == pytest.approx(alone.coefficients[0] + alone.coefficients[3])
    weight = 1 / (alone.between + psi)
    of_four = 1 / weight[MILK[:, 2] == 4].sum()  # the variance of a mean within major area 4
    assert fit.mse[43] == pytest.approx(alone.between + of_four)


def ring(n):
    w = np.zeros((n, n))
    for i in range(n):
        w[i, (i + 1) % n] = w[i, (i - 1) % n] = 1
    return w


def spatial(n=40, rho=0.8, seed=2):
    rng = np.random.default_rng(seed)
    w = ring(n) / 2
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    u = np.linalg.solve(np.eye(n) - rho * w, rng.normal(0, 1, n))
    psi = rng.uniform(0.1, 0.3, n)
    truth = x @ [5.0, 1.0] + u
    return truth, truth + rng.normal(0, np.sqrt(psi)), psi, x, w


def test_neighbours_the_restricted_likelihood_written_down_a_second_time():
    _, y, psi, x, w = spatial()
    y = y.copy()
    y[[3, 17]] = np.nan
    fit = fit_fay_herriot(y, psi, x, neighbours=ring(40))
    seen = ~np.isnan(y)
    k = np.linalg.svd(x[seen])[0][:, 2:]  # contrasts: K'X = 0, so K'y ~ N(0, K'VK)

    def minus(p):
        m = np.linalg.inv((np.eye(40) - p[1] * w).T @ (np.eye(40) - p[1] * w))
        v = k.T @ ((abs(p[0]) * m)[np.ix_(seen, seen)] + np.diag(psi[seen])) @ k
        z = k.T @ y[seen]
        return np.linalg.slogdet(v)[1] + z @ np.linalg.solve(v, z)

    best = minimize(minus, [1.0, 0.5], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    assert [fit.between, fit.rho] == pytest.approx(best.x, abs=1e-4)
    # the best predictor from one joint normal distribution, and BLUP weights by a border of the equations
    g = best.x[0] * np.linalg.inv((np.eye(40) - best.x[1] * w).T @ (np.eye(40) - best.x[1] * w))
    v = g[np.ix_(seen, seen)] + np.diag(psi[seen])
    border = np.block([[v, x[seen]], [x[seen].T, np.zeros((2, 2))]])
    for area in (3, 17, 20):
        weights = np.linalg.solve(border, np.concatenate([g[area, seen], x[area]]))
        assert fit.theta[area] == pytest.approx(weights[:38] @ y[seen], abs=1e-3)
        blup_mse = g[area, area] - 2 * weights[:38] @ g[area, seen] + weights[:38] @ v @ weights[:38]
        third = fit.mse[area] - blup_mse
        assert 0 <= third < 0.2 * fit.mse[area]


def test_neighbours_help_where_there_is_correlation():
    with_w = without = 0.0
    for seed in range(8):
        truth, y, psi, x, _ = spatial(seed=seed)
        gone = np.arange(0, 40, 5)
        y[gone] = np.nan
        with_w += np.sum((fit_fay_herriot(y, psi, x, neighbours=ring(40)).theta - truth)[gone] ** 2)
        without += np.sum((fit_fay_herriot(y, psi, x).theta - truth)[gone] ** 2)
    assert with_w < 0.8 * without


def test_derivatives_of_the_spatial_weights_by_differences():
    from pse.spots.fay_herriot import _covariance

    w = ring(8) / 2
    _, (by_a, by_rho) = _covariance(1.3, 0.4, w, 8)
    step = 1e-6
    high, low = _covariance(1.3, 0.4 + step, w, 8)[0], _covariance(1.3, 0.4 - step, w, 8)[0]
    assert by_rho == pytest.approx((high - low) / (2 * step), abs=1e-6)
    assert by_a == pytest.approx(_covariance(1.0, 0.4, w, 8)[0])


def test_bad_input_gets_a_sentence():
    one = np.ones((3, 1))
    with pytest.raises(ValueError, match="mapped areas must be at least 2; got 1"):
        fit_fay_herriot(np.array([1.0, np.nan, np.nan]), np.ones(3), one)
    with pytest.raises(ValueError, match="sampling variances must be above 0; got 1 that"):
        fit_fay_herriot(np.array([1.0, 2, 3]), np.array([1.0, 0, 1]), one)
    for wrong in (np.ones((3, 3)), np.zeros((2, 2)), -ring(3)):
        with pytest.raises(ValueError, match="neighbours must be a square table"):
            fit_fay_herriot(np.array([1.0, 2, 3]), np.ones(3), one, neighbours=wrong)
    with pytest.raises(ValueError, match="neighbours must join some areas"):
        fit_fay_herriot(np.array([1.0, 2, 3]), np.ones(3), one, neighbours=np.zeros((3, 3)))
