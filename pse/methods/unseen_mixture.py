"""People with any differences in how easily they are seen: the nonparametric maximum likelihood size.

The number of times a person is seen is Poisson with a mean drawn from an unknown distribution, which is
left free: the most likely one is a few points with weights (Lindsay 1983). The likelihood of the size
together with that distribution is Norris and Pollock's (1998, Environmental and Ecological Statistics 5:391).
Wang and Lindsay (2005, JASA 100:942) show that it is a conditional likelihood with a penalty on the odds of
not being seen, which keeps it from running to infinity as the unpenalised conditional one often does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar, nnls
from scipy.special import gammaln
from scipy.stats import chi2, poisson

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.species import chao_lower_limit, frequencies

__all__ = ["mixture_point", "mixture_profile", "mixture_size"]

Array = np.ndarray
MOST_TIMES = 100  # a size beyond this many times the people seen is no size
SMALLEST_MEAN = 1e-5


def mixture_size(
    *,
    people: Mapping[int, int],
    interval: str,
    rare_up_to: int = 10,
    replicates: int = 200,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate the size with no assumption on how people differ (penalised nonparametric likelihood).

    Parameters
    ----------
    people : mapping of int to int
        People by times seen, from 1.
    interval : {"profile", "bootstrap"}
        Where the profile likelihood falls by half the chi-square quantile: honest, and mostly without an
        upper end, as data say little about people who are hardly ever seen (Mao and Lindsay 2007, Annals of
        Statistics 35:917: without assumptions there are lower limits only). Or percentiles of a parametric
        bootstrap from the fitted mixture, as Wang (2011, JSS 40:9) does: mostly finite, and too narrow
        above.
    rare_up_to : int
        People seen more often are added as they are; 10 by custom.
    replicates, rng
        Of the bootstrap; each replicate takes about a fifth of a second.

    Raises
    ------
    NoEstimateError
        If the likelihood has no highest size (`.lower` is Chao's lower limit), or the interval no upper end
        below 100 times the people seen (`.lower` is its lower end).

    Examples
    --------
    >>> people = {1: 3347, 2: 2510, 3: 1255, 4: 471, 5: 141, 6: 35, 7: 8}  # a Poisson of mean 1.5
    >>> size = mixture_size(people=people, interval="bootstrap", replicates=2, rng=np.random.default_rng(1))
    >>> size.point
    10003.0
    """
    checks.one_of(interval, ("profile", "bootstrap"), name="interval")
    checks.level(level)
    climbed = _climb(people, rare_up_to)
    point, often = climbed.point, climbed.often
    if interval == "profile":
        lower, upper = _profile_ends(climbed, level)
    else:
        lower, upper = _bootstrap_ends(climbed, replicates, level, rng)
    if upper is None:
        raise NoEstimateError(
            f"mixture_size must bound the size from above; got none up to {MOST_TIMES:,} times the people "
            "seen. People who are hardly ever seen leave no trace: report the lower limit.",
            lower=often + lower,
        )
    name = f"nonparametric mixture, {interval} interval"
    low, high = min(often + lower, point), max(often + upper, point)
    return Estimate(point, low, high, "confidence", level, name)


def mixture_point(*, people: Mapping[int, int], rare_up_to: int = 10) -> float:
    """Return the size where the likelihood is highest, a whole number, without an interval.

    Raises
    ------
    NoEstimateError
        If nobody was seen again, or the likelihood rises for ever as the size grows.

    Examples
    --------
    >>> mixture_point(people={1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1})
    13429.0
    """
    return _climb(people, rare_up_to).point


@dataclass(frozen=True)
class _Climbed:
    """Where the likelihood is highest: log of the people never seen, its height, and who was seen how often.

    `rare` are people seen once, twice, ... up to the cut, `often` those seen more often.
    """

    rare: Array
    often: float
    best: float
    height: float

    @property
    def point(self) -> float:
        return float(np.floor(self.often + self.rare.sum() + np.exp(self.best) + 1e-6))


def _climb(people: Mapping[int, int], rare_up_to: int) -> _Climbed:
    """Find the highest likelihood, or refuse where there is none."""
    f, n = frequencies(people)
    checks.count(rare_up_to=rare_up_to, at_least=2)
    rare = f[:rare_up_to]
    if not rare[1:].any():
        raise NoEstimateError(
            "a mixture must have people seen more than once; got none. Report the lower limit, or count for "
            "longer.",
            lower=chao_lower_limit(people),
        )
    best, height = _highest(rare)
    if best >= np.log(MOST_TIMES * rare.sum()) - 0.01:
        raise NoEstimateError(
            "a mixture must have a likelihood with a maximum; got one that rises for ever as the "
            "size grows. Report the lower limit.",
            lower=chao_lower_limit(people),
        )
    return _Climbed(rare, n - float(rare.sum()), best, height)


def _profile_ends(climbed: _Climbed, level: float) -> tuple[float, float | None]:
    lower, upper = _ends(climbed.rare, climbed.best, climbed.height - chi2.ppf(level, 1) / 2)
    d = float(climbed.rare.sum())
    return d + lower, None if upper is None else d + upper


def _bootstrap_ends(
    climbed: _Climbed, replicates: int, level: float, rng: np.random.Generator | None
) -> tuple[float, float | None]:
    """Draw the estimated population anew and estimate it; people beyond the cut stay out of both."""
    checks.count(replicates=replicates, at_least=2)
    if rng is None:
        raise ValueError("rng must be a numpy generator for a bootstrap; got None.")
    counts = np.concatenate([[np.exp(climbed.best)], climbed.rare])
    support, weights, _ = _mixture(counts, 100)
    mass = poisson.pmf(np.arange(len(counts))[:, None], support[None, :]) @ weights
    drawn = rng.multinomial(round(counts.sum()), mass / mass.sum(), size=replicates)[:, 1:].astype(float)
    most = np.log(MOST_TIMES)
    sizes = np.full(replicates, np.inf)
    for place, f in enumerate(drawn):
        if f[1:].any():
            found = _highest(f, steps=14, points=60)[0]
            sizes[place] = f.sum() + np.exp(found) if found < most + np.log(f.sum()) - 0.01 else np.inf
    tail = (1 - level) / 2
    lower, upper = np.quantile(sizes, [tail, 1 - tail], method="inverted_cdf")
    return float(lower), float(upper) if np.isfinite(upper) else None


def mixture_profile(*, people: Mapping[int, int], sizes: Array, rare_up_to: int = 10) -> Array:
    """Return the log-likelihood of each size, with the best distribution for it; the highest of them is 0.

    Examples
    --------
    >>> profile = mixture_profile(people={1: 60, 2: 30, 3: 18, 4: 10, 5: 5}, sizes=np.array([130, 250, 140]))
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


def _highest(f: Array, *, steps: int = 25, points: int = 100) -> tuple[float, float]:
    """Return the log of the people never seen where the profile is highest, and its height there."""
    d = f.sum()
    ladder = np.linspace(np.log(0.02 * d), np.log(MOST_TIMES * d), steps)
    heights = np.array([_profile(f, x, points=points) for x in ladder])
    at = int(heights.argmax())
    ends = ladder[max(at - 1, 0)], ladder[min(at + 1, len(ladder) - 1)]
    found = minimize_scalar(
        lambda x: -_profile(f, x, points=points), bounds=ends, method="bounded", options={"xatol": 1e-5}
    )
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
    return _mixture(counts, points)[2] + float(gammaln(d + unseen + 1) - gammaln(unseen + 1))


def _mixture(counts: Array, points: int) -> tuple[Array, Array, float]:
    """Return the best Poisson mixture and its log-likelihood; the grid is refined where it has weight."""
    some = np.flatnonzero(counts > 0)
    most = 1.2 * some[-1] + 2
    grid = np.concatenate([[SMALLEST_MEAN], np.geomspace(1e-3, most, points)])
    support, weights, height = _mix(counts, some, grid)
    for finer in (0.02, 0.002):
        near = (support[:, None] * np.exp(np.linspace(-finer, finer, 9))).ravel()
        support, weights, height = _mix(counts, some, np.unique(near))
    return support, weights, height


def _mix(counts: Array, some: Array, grid: Array) -> tuple[Array, Array, float]:
    """Constrained Newton: least squares with weights of 0 or more, and a step uphill (Wang 2007)."""
    mass = poisson.pmf(some[:, None], grid[None, :])
    share = counts[some] / counts.sum()
    weights = np.full(len(grid), 1 / len(grid))
    height = float(share @ np.log(mass @ weights))
    root = np.sqrt(share)
    for _ in range(100):
        ratio = mass / (mass @ weights)[:, None]
        if float((share @ ratio).max()) - 1 < 1e-12:
            break
        system = np.vstack([root[:, None] * (ratio - 2), np.ones(len(grid))])  # Dax: the sum is exactly 1
        target = np.append(np.zeros(len(root)), 1.0)
        solved = nnls(system, target, maxiter=50 * len(grid))[0]
        trial, reached = _uphill(mass, share, weights, solved / solved.sum(), height)
        if reached - height < 1e-14:
            trial = weights * (share @ ratio)  # a step of the EM algorithm never goes down
            reached = float(share @ np.log(mass @ trial))
            if reached - height < 1e-15:
                break
        weights, height = trial, reached
    kept = weights > 1e-9
    return grid[kept], weights[kept] / weights[kept].sum(), counts.sum() * height


def _uphill(mass: Array, share: Array, weights: Array, solved: Array, height: float) -> tuple[Array, float]:
    size = 1.0
    while size > 1e-6:
        trial = weights + size * (solved - weights)
        reached = float(share @ np.log(np.maximum(mass @ trial, 1e-300)))
        if reached > height:
            return trial, reached
        size /= 2
    return weights, height
