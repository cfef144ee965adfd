"""A share of a key population with its error, wherever it comes from: a count, a survey, or draws."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from pse import checks

__all__ = [
    "Share",
    "counted_share",
    "draw_shares",
    "joint_degrees",
    "kish_size",
    "share_from_draws",
    "share_from_error",
    "share_interval",
    "t_quantile",
    "weighted_share",
]

ShareInterval = Literal["wald", "logit", "wilson", "exact", "beta"]
FEWEST_DRAWS = 100


@dataclass(frozen=True)
class Share:
    """A share with its standard error.

    Attributes
    ----------
    point, error : float
        The share, between 0 and 1, and its standard error.
    effective : float
        People of a simple random sample that would have the same error: point (1 - point) / error^2.
    degrees : float
        Degrees of freedom of the error (clusters - strata); infinite where it is taken as known.
    method : str
        Where the share comes from, for the name of a result.
    holders : int or None
        People of the sample in the group, where they were counted: a count of the group cannot be smaller.
    draws : numpy.ndarray or None
        Draws of the share, where its distribution is known by draws (a bootstrap, a posterior).
    """

    point: float
    error: float
    effective: float
    degrees: float
    method: str
    holders: int | None = None
    draws: np.ndarray | None = field(default=None, repr=False, compare=False)


def counted_share(*, holders: int, asked: int, population: int | None = None) -> Share:
    """Return the share of a simple random sample.

    Parameters
    ----------
    holders, asked : int
        People of the sample in the group, and all people of the sample; `asked` at least 1.
    population : int, optional
        People from whom the sample was drawn without replacement; the error is multiplied by
        sqrt((population - asked) / (population - 1)). By default the sample is a small part of them.

    Raises
    ------
    ValueError
        If `holders` is above `asked`, or `asked` above `population`.

    Examples
    --------
    >>> share = counted_share(holders=60, asked=240)
    >>> round(share.point, 3), round(share.error, 5)
    (0.25, 0.02795)
    """
    checks.count(asked=asked, at_least=1)
    checks.count(holders=holders, at_most=asked)
    effective = float(asked)
    if population is not None:
        checks.count(population=population, at_least=asked)
        effective = asked * (population - 1) / (population - asked) if population > asked else math.inf
    point = holders / asked
    error = math.sqrt(point * (1 - point) / effective)
    return Share(point, error, effective, math.inf, "share of a simple sample", holders)


def share_from_error(*, point: float, error: float, degrees: float = math.inf) -> Share:
    """Return a share known by its point and standard error, as a report prints it.

    Raises
    ------
    ValueError
        If `point` is not above 0 and below 1 (a share of 0 or 1 has no usable standard error: give the
        counts to `counted_share`), or `error` is not above 0 or as large as that of one person.

    Examples
    --------
    >>> round(share_from_error(point=0.25, error=0.05).effective, 6)
    75.0
    """
    checks.share(point=point)
    if point in (0, 1):
        raise ValueError(f"point must be above 0 and below 1; got {point}. Give counts to counted_share.")
    checks.positive(error=error)
    effective = point * (1 - point) / error**2
    if effective <= 1:
        raise ValueError(
            f"error must be below {math.sqrt(point * (1 - point)):.3g}, the error of asking one person; "
            f"got {error}."
        )
    return Share(float(point), float(error), effective, degrees, "share with a standard error")


def share_from_draws(draws: ArrayLike, *, point: float | None = None) -> Share:
    """Return a share known by draws: a bootstrap of an RDS sample, or a posterior.

    Parameters
    ----------
    draws : array_like, shape (draws,)
        At least 100 shares, each between 0 and 1.
    point : float, optional
        The estimated share; the mean of the draws without it.

    Raises
    ------
    ValueError
        If there are fewer, one is not a share, or all are the same.

    Examples
    --------
    >>> round(share_from_draws(np.linspace(0.2, 0.3, 101)).point, 6)
    0.25
    """
    kept = np.asarray(draws, dtype=float).ravel()
    checks.count(draws=kept.size, at_least=FEWEST_DRAWS)
    if not (np.isfinite(kept) & (kept >= 0) & (kept <= 1)).all():
        raise ValueError("draws must be between 0 and 1; got others. If they are percentages, divide by 100.")
    error = float(kept.std(ddof=1))
    point = float(kept.mean()) if point is None else point
    checks.share(point=point)
    if point in (0, 1):
        raise ValueError(f"point must be above 0 and below 1; got {point}. Give counts to counted_share.")
    if error == 0:
        raise ValueError("draws must differ; got one value only. Give the counts to counted_share.")
    return Share(point, error, point * (1 - point) / error**2, math.inf, "share by draws", draws=kept)


def weighted_share(
    holds: ArrayLike, weights: ArrayLike, *, replicates: int = 0, rng: np.random.Generator | None = None
) -> Share:
    """Return the share of a sample of single people with weights, as sum(w I) / sum(w).

    A weight says how many people a respondent stands for (RDS-II or Gile's weights, survey weights): it
    multiplies. Dividing by it gives those who stand for few people the most to say.

    Parameters
    ----------
    holds : array_like, shape (people,)
        1 or True for those in the group, 0 for the others.
    weights : array_like, shape (people,)
        Above 0; any scale.
    replicates : int
        Bootstrap draws of respondents to keep with the share; 0 for none. `rng` is needed with them. A
        share of 0 or 1 has no draws: all of them would be the same.

    Notes
    -----
    The error is that of a ratio, linearised, respondents taken as drawn independently. For an RDS sample
    this is too small: chains make people alike. Give the draws of an RDS bootstrap to `share_from_draws`.

    Examples
    --------
    >>> weighted_share([1, 0, 0], [2.0, 1.0, 1.0]).point
    0.5
    """
    y, w = _checked(holds, weights)
    point = float(y[0]) if (y == y[0]).all() else float(w @ y / w.sum())
    z = w * (y - point) / w.sum()
    n = len(y)
    error = math.sqrt(n / (n - 1) * float(z @ z)) if n > 1 else 0.0
    effective = point * (1 - point) / error**2 if error > 0 else kish_size(w)
    draws = None
    if replicates and 0 < point < 1:
        rng = checks.generator(rng, "with replicates")
        draws = _resampled(y, w, replicates=replicates, rng=rng)
    return Share(point, error, effective, float(max(n - 1, 1)), "weighted share", int(y.sum()), draws)


def _checked(holds: ArrayLike, weights: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    y, w = np.asarray(holds, dtype=float).ravel(), np.asarray(weights, dtype=float).ravel()
    checks.count(people=y.size, at_least=1)
    if not np.isin(y, (0, 1)).all():
        raise ValueError(
            "holds must be 0 or 1 for everybody; got other values. Leave out who did not answer."
        )
    if w.shape != y.shape or not (np.isfinite(w) & (w > 0)).all():
        raise ValueError("weights must be above 0, one for everybody; got others. Leave out weights of 0.")
    return y, w


def _resampled(y: np.ndarray, w: np.ndarray, *, replicates: int, rng: np.random.Generator) -> np.ndarray:
    times = rng.multinomial(len(y), np.full(len(y), 1 / len(y)), size=replicates)
    return np.asarray((times @ (w * y)) / (times @ w))


def kish_size(weights: np.ndarray) -> float:
    """Return the effective number of units with these weights (Kish): sum(w)^2 / sum(w^2).

    Examples
    --------
    >>> kish_size(np.array([1.0, 1.0, 2.0])).__round__(3)
    2.667
    """
    return float(weights.sum() ** 2 / (weights @ weights))


def share_interval(share: Share, *, level: float = 0.95, how: ShareInterval) -> tuple[float, float]:
    """Return the bounds of a share.

    Parameters
    ----------
    share : Share
    level : float
        Probability of the interval.
    how : {"wald", "logit", "wilson", "exact", "beta"}
        "wald" is symmetric; "logit" symmetric on the log-odds scale; "wilson" by the score; "exact" the
        Clopper-Pearson interval at the effective sample size with the correction of Korn and Graubard for
        the degrees of freedom; "beta" the posterior under Jeffreys' prior.

    Notes
    -----
    Korn EL, Graubard BI. Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data. Survey Methodology 1998;24:193-201. Only "wilson", "exact" and "beta" have a
    width at 0 and 1.

    Examples
    --------
    >>> low, high = share_interval(counted_share(holders=10, asked=100), level=0.95, how="exact")
    >>> round(low, 4), round(high, 4)
    (0.049, 0.1762)
    """
    checks.one_of(how, ("wald", "logit", "wilson", "exact", "beta"), name="how")
    p, tail = share.point, (1 - level) / 2
    z = t_quantile(share.degrees, level=level)
    if how == "wald" or (how == "logit" and p in (0, 1)):
        return max(0.0, p - z * share.error), min(1.0, p + z * share.error)
    if how == "logit":
        centre, error = math.log(p / (1 - p)), share.error / (p * (1 - p))
        return _expit(centre - z * error), _expit(centre + z * error)
    if math.isinf(share.effective):
        return p, p
    if how == "wilson":
        return _wilson(p, share.effective, z)
    n = share.effective * (float(stats.norm.ppf(1 - tail)) / z) ** 2
    a, b = n * p, n * (1 - p)
    if how == "beta":
        return float(stats.beta.ppf(tail, a + 0.5, b + 0.5)), float(
            stats.beta.ppf(1 - tail, a + 0.5, b + 0.5)
        )
    lower = 0.0 if p == 0 else float(stats.beta.ppf(tail, a, b + 1))
    upper = 1.0 if p == 1 else float(stats.beta.ppf(1 - tail, a + 1, b))
    return lower, upper


def draw_shares(share: Share, *, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return draws of a share: its own, drawn again, or a beta with its point and error.

    A share of 0 or 1 that was counted is drawn from its posterior under Jeffreys' prior.

    Examples
    --------
    >>> draws = draw_shares(counted_share(holders=60, asked=240), replicates=5, rng=np.random.default_rng(1))
    >>> draws.shape
    (5,)
    """
    checks.count(replicates=replicates, at_least=1)
    if share.draws is not None:
        return rng.choice(share.draws, size=replicates)
    n, p = share.effective, share.point
    if math.isinf(n):
        return np.full(replicates, p)
    if p in (0, 1):
        return rng.beta(n * p + 0.5, n * (1 - p) + 0.5, size=replicates)
    size = max(n - 1, 1e-9)  # the beta with a + b = n - 1 has the variance p (1 - p) / n
    return rng.beta(size * p, size * (1 - p), size=replicates)


def t_quantile(degrees: float, *, level: float) -> float:
    """Return how many standard errors a two-sided interval goes to each side; normal without `degrees`.

    Examples
    --------
    >>> round(t_quantile(4, level=0.95), 4), round(t_quantile(math.inf, level=0.95), 4)
    (2.7764, 1.96)
    """
    checks.level(level)
    one = stats.norm if math.isinf(degrees) or degrees <= 0 else stats.t(degrees)
    return float(one.ppf((1 + level) / 2))


def joint_degrees(parts: Iterable[tuple[float, float]]) -> float:
    """Return the degrees of freedom of a sum of variances (Satterthwaite), from (variance, degrees) each.

    Examples
    --------
    >>> joint_degrees([(1.0, 5), (1.0, 5)]), joint_degrees([(1.0, 5), (0.0, 1)])
    (10.0, 5.0)
    """
    known = [(variance, degrees) for variance, degrees in parts if variance > 0 and degrees > 0]
    spread = sum(variance**2 / degrees for variance, degrees in known)
    return float(sum(variance for variance, _ in known) ** 2 / spread) if spread > 0 else math.inf


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def _wilson(p: float, n: float, z: float) -> tuple[float, float]:
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (0.0 if p == 0 else max(0.0, centre - half)), (1.0 if p == 1 else min(1.0, centre + half))
