"""How likely an informant names a spot, and how many spots were missed: formulas on plain numbers."""

import numpy as np

FEWEST_FOR_SLOPE = 10
"""With fewer named spots than this, the naming chance is the same for all sizes."""

MOST_MORE = 1000
"""More further informants than this are reported as blank: nobody will ask so many."""


def missed_spots(
    *, once: np.ndarray, twice: np.ndarray, informants: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the Chao2 lower bound for spots that nobody named, and its variance.

    Parameters
    ----------
    once, twice : array
        Q1 and Q2: spots named by exactly one and by exactly two informants.
    informants : array
        t, informants of the zone, those who named nothing included.

    Returns
    -------
    tuple of numpy.ndarray
        (t-1)/t Q1^2 / (2 Q2), or (t-1)/t Q1 (Q1-1) / 2 where Q2 is 0; and its variance. Spots that are
        closed are among them.

    Notes
    -----
    Chao A. Estimating the population size for capture-recapture data with unequal catchability. Biometrics
    1987;43:783-791. Variances as in Colwell RK, EstimateS, appendix B, with the number of spots seen left
    out of the last term where Q2 is 0.

    Examples
    --------
    >>> missed, _ = missed_spots(once=np.array([4.0]), twice=np.array([2.0]), informants=np.array([4.0]))
    >>> float(missed[0])
    3.0
    """
    q1, q2, t = (np.asarray(values, dtype=float) for values in (once, twice, informants))
    a = np.where(t > 0, (t - 1) / np.maximum(t, 1), 0.0)
    some = q2 > 0
    ratio = q1 / np.where(some, q2, 1)
    missed = a * np.where(some, q1 * ratio / 2, q1 * (q1 - 1) / 2)
    with_twice = q2 * (a / 2 * ratio**2 + a**2 * ratio**3 + a**2 / 4 * ratio**4)
    without = a * q1 * (q1 - 1) / 2 + a**2 * q1 * (2 * q1 - 1) ** 2 / 4
    return np.maximum(missed, 0), np.maximum(np.where(some, with_twice, np.where(q1 > 1, without, 0)), 0)


def missing_share(
    *, once: np.ndarray, twice: np.ndarray, namings: float, informants: np.ndarray, more: float = 0
) -> float:
    """Return 1 - coverage: the share of all naming chances that belongs to spots nobody named.

    Parameters
    ----------
    once, twice, informants : array
        Q1, Q2 and t of each zone.
    namings : float
        All namings of spots in these zones.
    more : float
        Further informants in each zone, 0 or more.

    Notes
    -----
    Chao A, Jost L. Coverage-based rarefaction and extrapolation. Ecology 2012;93:2533-2547, equations 4a and
    12 for incidence data; zones are added up (ours).

    Examples
    --------
    >>> one = {"once": np.array([4.0]), "twice": np.array([2.0]), "informants": np.array([4.0])}
    >>> round(missing_share(**one, namings=20), 3)
    0.15
    """
    if namings <= 0:
        return float("nan")
    q1, q2, t = (np.asarray(values, dtype=float) for values in (once, twice, informants))
    top = np.where(q2 > 0, (t - 1) * q1, (t - 1) * np.maximum(q1 - 1, 0))
    base = np.divide(top, top + np.where(q2 > 0, 2 * q2, 2), out=np.zeros_like(q1), where=t > 1)
    return float(np.sum(q1 * base ** (more + 1)) / namings)


def more_informants(
    *, once: np.ndarray, twice: np.ndarray, namings: float, informants: np.ndarray, coverage: float = 0.95
) -> float:
    """Return how many more informants in each zone raise coverage to `coverage`; NaN above 1,000."""

    def missing(more: int) -> float:
        return missing_share(once=once, twice=twice, namings=namings, informants=informants, more=more)

    enough = (float(k) for k in range(MOST_MORE + 1) if missing(k) <= 1 - coverage)
    return next(enough, float("nan"))


def fit_naming(
    named: np.ndarray, informants: np.ndarray, log_size: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Fit the naming rate exp(a + b ln E) to spots that were named at least once.

    Parameters
    ----------
    named, informants, log_size : numpy.ndarray, shape (spots,)
        k informants out of t named the spot, k at least 1; ln E, E in people.

    Returns
    -------
    tuple of numpy.ndarray, or None
        (a, b) and their covariance; None where the numbers cannot tell (one informant, or no maximum).

    Notes
    -----
    Ours. Zero-truncated binomial likelihood with p = 1 - exp(-exp(a + b ln E)): every informant names a spot
    independently, so (1 - p)^t = exp(-t exp(a + b ln E)). Spots with the same E have the same chance: chances
    that differ for other reasons make the estimate too low.
    """
    if len(named) < 3 or informants.max() < 2 or np.all(named >= informants):
        return None
    slope = len(named) >= FEWEST_FOR_SLOPE and np.ptp(log_size) > 1e-6
    centre = log_size.mean()
    x = np.column_stack([np.ones(len(named)), log_size - centre])[:, : 2 if slope else 1]
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(max(named.sum() / informants.sum(), 1e-6))
    for _ in range(100):
        score, information = _score(named, informants, x, beta)
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            return None
        beta = beta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-9:
            break
    if not np.isfinite(beta).all() or beta[0] < -12 or np.linalg.eigvalsh(information).min() <= 0:
        return None
    back = np.array([[1.0, -centre], [0.0, 1.0]])[:, : x.shape[1]]
    return back @ beta, back @ np.linalg.inv(information) @ back.T


def _score(k: np.ndarray, t: np.ndarray, x: np.ndarray, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient and the observed information, made positive where it is not."""
    rate = np.exp(np.clip(x @ beta, -30, 5))
    first = k * _h(rate) - (t - k) * rate - _h(t * rate)
    second = k * rate * _slope(rate) - (t - k) * rate - t * rate * _slope(t * rate)
    return x.T @ first, x.T @ (x * np.maximum(-second, 1e-6)[:, None])


def _h(z: np.ndarray) -> np.ndarray:
    return np.where(z > 1e-8, z / np.expm1(np.maximum(z, 1e-8)), 1.0)


def _slope(z: np.ndarray) -> np.ndarray:
    """Return the derivative of z / (exp(z) - 1)."""
    z = np.clip(z, 1e-4, 500)
    return (np.expm1(z) - z * np.exp(z)) / np.expm1(z) ** 2
