"""People with any differences in how easily they are seen: the nonparametric maximum likelihood size.

The number of times a person is seen is Poisson with a mean drawn from an unknown distribution, which is
left free: the most likely one is a few points with weights (Lindsay 1983). The likelihood of the size
together with that distribution is Norris and Pollock's (1998, Environmental and Ecological Statistics 5:391); Wang
and Lindsay (2005, JASA 100:942) show that it is a conditional likelihood with a penalty on the odds of not being
seen, which keeps it from running to infinity as the unpenalised conditional one often does.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.optimize import brentq, minimize_scalar, nnls
from scipy.special import gammaln
from scipy.stats import chi2, poisson

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.species import chao_lower_limit, frequencies

__all__ = ["mixture_profile", "mixture_size"]

Array = np.ndarray
MOST_TIMES = 10_000  # a size beyond this many times the people seen is no size
SMALLEST_MEAN = 1e-5


def mixture_size(*, people: Mapping[int, int], rare_up_to: int = 10, level: float = 0.95) -> Estimate:
    """Estimate the size with no assumption on how people differ (penalised nonparametric likelihood).

    Parameters
    ----------
    people : mapping of int to int
        People by times seen, from 1.
    rare_up_to : int
        People seen more often are added as they are; 10 by custom.

    Returns
    -------
    Estimate
        Interval where the profile likelihood falls by half the chi-square quantile. It is wide: data say
        little about people who are hardly ever seen.

    Raises
    ------
    NoEstimateError
        If the likelihood has no highest size, or the interval has no upper end below 10,000 times the people
        seen; `.lower` is then Chao's lower limit, or the lower end of the interval.

    Examples
    --------
    >>> mixture_size(people={1: 60, 2: 30, 3: 18, 4: 10, 5: 5}).point
    251.0
    """
    f, n = frequencies(people)
    checks.count(rare_up_to=rare_up_to, at_least=2)
    checks.share(level=level)
    rare = f[:rare_up_to]
    d = float(rare.sum())
    if not rare[1:].any():
        raise NoEstimateError(
            "mixture_size must have people seen more than once; got none.", lower=chao_lower_limit(people)
        )
    best, highest = _highest(rare)
    often = n - d
    drop = chi2.ppf(level, 1) / 2
    lower, upper = _ends(rare, best, highest - drop)
    if best >= np.log(MOST_TIMES * d) - 0.01:
        raise NoEstimateError(
            "mixture_size must have a likelihood with a maximum; got one that rises for ever as the size "
            "grows. Report the lower limit.",
            lower=chao_lower_limit(people),
        )
    if upper is None:
        raise NoEstimateError(
            f"mixture_size must bound the size from above; got a likelihood that hardly falls up to "
            f"{MOST_TIMES:,} times the people seen. Report the lower limit.",
            lower=often + d + lower,
        )
    point = float(np.floor(d + np.exp(best) + 1e-6))
    whole = (often + x for x in (point, min(d + lower, point), max(d + upper, point)))
    point, low, high = whole
    return Estimate(point, low, high, "confidence", level, "nonparametric mixture, profile interval")


def mixture_profile(*, people: Mapping[int, int], sizes: Array, rare_up_to: int = 10) -> Array:
    """Return the log-likelihood of each size, with the best distribution for it; the highest of them is 0.

    Examples
    --------
    >>> profile = mixture_profile(people={1: 60, 2: 30, 3: 18, 4: 10, 5: 5}, sizes=np.array([130, 250, 4000]))
    >>> int(profile.argmax())
    1
    """
    f, n = frequencies(people)
    rare = f[:rare_up_to]
    unseen = np.asarray(sizes, dtype=float) - n
    if (unseen <= 0).any():
        raise ValueError(f"sizes must be above the people seen ({n:g}); got smaller ones.")
    found = np.array([_profile(rare, float(np.log(x))) for x in unseen])
    return found - found.max()


def _highest(f: Array) -> tuple[float, float]:
    """Return the log of the people never seen where the profile is highest, and its height there."""
    d = f.sum()
    ladder = np.linspace(np.log(0.02 * d), np.log(MOST_TIMES * d), 25)
    heights = np.array([_profile(f, x) for x in ladder])
    at = int(heights.argmax())
    ends = ladder[max(at - 1, 0)], ladder[min(at + 1, len(ladder) - 1)]
    found = minimize_scalar(lambda x: -_profile(f, x), bounds=ends, method="bounded", options={"xatol": 1e-5})
    return float(found.x), -float(found.fun)


def _ends(f: Array, best: float, height: float) -> tuple[float, float | None]:
    """Return the people never seen at both ends of the profile interval; None where it has no upper end."""
    least, most = np.log(1e-3), np.log(MOST_TIMES * f.sum())
    under = lambda x: _profile(f, x) - height  # noqa: E731
    lower = np.exp(brentq(under, least, best, xtol=1e-4)) if under(least) < 0 else 0.0
    if best >= most - 0.01 or under(most) >= 0:
        return float(lower), None
    return float(lower), float(np.exp(brentq(under, best, most, xtol=1e-4)))


def _profile(f: Array, log_unseen: float, *, points: int = 100) -> float:
    """Log-likelihood of a number of people never seen, with the best mixture for it."""
    unseen, d = float(np.exp(log_unseen)), float(f.sum())
    counts = np.concatenate([[unseen], f])
    return _mixture(counts, points) + float(gammaln(d + unseen + 1) - gammaln(unseen + 1))


def _mixture(counts: Array, points: int) -> float:
    """Return the highest log-likelihood of a Poisson mixture; the grid is refined where it has its weight."""
    some = np.flatnonzero(counts > 0)
    most = 1.2 * some[-1] + 2
    grid = np.concatenate([[SMALLEST_MEAN], np.geomspace(1e-3, most, points)])
    support, height = _mix(counts, some, grid)
    for finer in (0.02, 0.002):
        near = (support[:, None] * np.exp(np.linspace(-finer, finer, 9))).ravel()
        support, height = _mix(counts, some, np.unique(near))
    return height


def _mix(counts: Array, some: Array, grid: Array) -> tuple[Array, float]:
    """Constrained Newton: least squares with weights of 0 or more, and a step uphill (Wang 2007)."""
    mass = poisson.pmf(some[:, None], grid[None, :])
    share = counts[some] / counts.sum()
    weights = np.full(len(grid), 1 / len(grid))
    height = float(share @ np.log(mass @ weights))
    root = np.sqrt(share)
    for _ in range(60):
        ratio = mass / (mass @ weights)[:, None]
        if float((share @ ratio).max()) - 1 < 1e-10:
            break
        system = np.vstack([root[:, None] * ratio, 1e3 * np.ones(len(grid))])
        solved = nnls(system, np.concatenate([2 * root, [1e3]]), maxiter=20 * len(grid))[0]
        solved /= solved.sum()
        size, before = 1.0, height
        while size > 1e-6:
            trial = weights + size * (solved - weights)
            height = float(share @ np.log(np.maximum(mass @ trial, 1e-300)))
            if height > before:
                weights = trial
                break
            size /= 2
        if height - before < 1e-13:
            height = max(height, before)
            break
    return grid[weights > 1e-9], counts.sum() * height
