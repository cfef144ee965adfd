"""How far reports scatter: error of one interview, team effects of municipalities, answers about visits."""

import numpy as np
from scipy.optimize import brentq

TRUSTED_DF = 5
"""With fewer repeated interviews than this, sigma of a KP is that of all KPs together."""


def correction_variance(*, sd: np.ndarray | float, n: np.ndarray | float) -> np.ndarray | float:
    """Return s^2 = ln(2 - exp(-sigma^2 / n)), the log-variance of the error that a reported size is given.

    Parameters
    ----------
    sd : float or array
        sigma, standard deviation of the logarithm of one interview's size.
    n : int or array
        Interviews at the spot, 1 or more.

    Returns
    -------
    float or array
        Log-variance of a log-normal factor with mean 1, below ln 2.

    Notes
    -----
    Ours. A reported mean X = E exp(e - v/2), v = sigma^2 / n, has variance E^2 (exp(v) - 1), and X^2 is
    too large by exp(v) on average, so X^2 (1 - exp(-v)) is unbiased for that variance. A log-normal factor
    of mean 1 with log-variance s^2 has variance exp(s^2) - 1 = 1 - exp(-v), which gives s^2.

    Examples
    --------
    >>> round(float(correction_variance(sd=0.3, n=1)), 6)
    0.082565
    """
    return np.log(2 - np.exp(-(np.asarray(sd, dtype=float) ** 2) / n))


def within_squares(
    values: np.ndarray, group: np.ndarray, label: np.ndarray, *, n_groups: int, n_labels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum of squares within groups and its degrees of freedom, for each label.

    Parameters
    ----------
    values, group : numpy.ndarray, shape (rows,)
        Numbers, and the group (0 to n_groups - 1) of each.
    label : numpy.ndarray of int, shape (n_groups,)
        Label (0 to n_labels - 1) of each group, over which its groups are pooled.
    """
    rows = np.bincount(group, minlength=n_groups)
    mean = np.bincount(group, weights=values, minlength=n_groups) / np.maximum(rows, 1)
    squares = np.bincount(group, weights=(values - mean[group]) ** 2, minlength=n_groups)
    df = np.maximum(rows - 1, 0)
    return (
        np.bincount(label, weights=squares, minlength=n_labels),
        np.bincount(label, weights=df, minlength=n_labels),
    )


def pooled_sd(squares: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Return sigma of each KP; the one of all KPs where few were repeated; NaN where nobody was.

    Parameters
    ----------
    squares, df : numpy.ndarray, shape (kps,)
        From `within_squares` on logarithms of interviews at one spot.
    """
    total, total_df = squares.sum(), df.sum()
    together = np.sqrt(total / total_df) if total_df > 0 else np.nan
    own = np.sqrt(squares / np.maximum(df, 1))
    trusted = (df >= TRUSTED_DF) | ((df > 0) & (total_df < TRUSTED_DF))
    return np.where(trusted, own, together)


def paule_mandel(y: np.ndarray, variance: np.ndarray, group: np.ndarray) -> float:
    """Return tau^2, the variance between municipalities beyond that within them, pooled over groups.

    Parameters
    ----------
    y, variance : numpy.ndarray, shape (cells,)
        Logarithm of sum(E2) / sum(E1) of a municipality x KP, and its variance from the spots within it.
    group : numpy.ndarray of int, shape (cells,)
        KP of each cell; each KP has a mean of its own.

    Returns
    -------
    float
        The solution of sum (y - mean)^2 / (variance + tau^2) = cells - groups, and 0 where the left side is
        smaller already; NaN with no more cells than groups.

    Notes
    -----
    Paule RC, Mandel J. Consensus values and weighting factors. Journal of Research of the National Bureau of
    Standards 1982;87:377-385. Pooling over groups with means of their own is ours.

    Examples
    --------
    >>> round(paule_mandel(np.array([-1.0, 1.0]), np.array([0.5, 0.5]), np.zeros(2, int)), 9)
    1.5
    """
    _, code = np.unique(group, return_inverse=True)
    free = len(y) - (code.max() + 1 if len(y) else 0)
    if free <= 0:
        return float("nan")
    variance = np.maximum(variance, 1e-12)

    def excess(tau2: float) -> float:
        weight = 1 / (variance + tau2)
        mean = np.bincount(code, weights=weight * y) / np.bincount(code, weights=weight)
        return float(np.sum(weight * (y - mean[code]) ** 2)) - free

    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, float(np.sum((y - y.mean()) ** 2)) + 1.0))


def log_ratios(
    level1: np.ndarray, level2: np.ndarray, cell: np.ndarray, kp: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ln(sum E2 / sum E1) of every cell with spots, its variance within the cell, and its KP.

    Parameters
    ----------
    level1, level2 : numpy.ndarray, shape (spots,)
        E1 and E2 of active listed spots, both above 0.
    cell, kp : numpy.ndarray of int, shape (spots,)
        Municipality x KP cell and KP of each spot.

    Notes
    -----
    Ours. With R = sum E2 / sum E1 of the cell, phi = sum (E2 - R E1)^2 / (R E1 E2) / (spots - cells) is the
    spread of one spot's ratio (4 sinh^2 of half the log-deviation), pooled over the cells of a KP; then the
    variance of ln R is phi sum(E1 E2) / (sum E1 sum E2).
    """
    cells, code = np.unique(cell, return_inverse=True)
    n = len(cells)
    kp_of = np.zeros(n, dtype=int)
    kp_of[code] = kp
    sums = [np.bincount(code, weights=values, minlength=n) for values in (level1, level2, level1 * level2)]
    ratio = sums[1] / sums[0]
    spread = (level2 - ratio[code] * level1) ** 2 / (ratio[code] * level1 * level2)
    top = np.bincount(kp, weights=spread)
    df = np.bincount(kp) - np.bincount(kp_of, minlength=len(top))
    everybody = top.sum() / max(df.sum(), 1)
    phi = np.where(df > 0, top / np.maximum(df, 1), everybody)
    return np.log(ratio), phi[kp_of] * sums[2] / (sums[0] * sums[1]), kp_of
