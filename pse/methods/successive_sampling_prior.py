"""What is believed of a size and of the degrees before a survey: priors of successive sampling.

The prior of the size is a distribution on whole numbers of people, from those seen to a largest number that
the analyst names. The beta form is that of Handcock MS, Gile KJ, Mar CM. Electron J Stat 2014;8:1491-1521:
the share that was sampled, n / N, has a beta distribution, so that the weight of N is
(N - n)^(b - 1) / N^(a + b). A prior is stated by what people know: a median, mode, mean or two quartiles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from pse import checks
from pse.estimate import Estimate

__all__ = [
    "DegreePrior",
    "SizePrior",
    "Stated",
    "beta_size_prior",
    "degree_prior",
    "flat_size_prior",
    "given_size_prior",
    "quartile_size_prior",
]

Stated = Literal["median", "mode", "mean"]
# as documented for sspse 1.1.0: people that the prior of the degrees is worth; a cap of its spread
MEAN_PEOPLE, SD_PEOPLE, LARGEST_SD = 1.0, 3.0, 4.0
MOST_SIZES, MOST_CONTACTS = 10_000_000, 10_000  # above, it is a slip, and the memory ends
WIDEST = (-7.0, 14.0)  # natural logarithms of the second beta parameter that are searched


@dataclass(frozen=True)
class SizePrior:
    """Probabilities of sizes from the people seen to the largest size believed possible.

    Attributes
    ----------
    seen : int
        Different people in the survey or surveys; the smallest size.
    logs : numpy.ndarray, shape (largest - seen + 1,)
        Natural logarithm of the probability of seen, seen + 1, ..., largest people; -inf where it is 0.
    stated : str
        How it was stated, for a report: ``"beta prior, median 1,000"``.
    shape : tuple of float or None
        a and b of a beta form.
    """

    seen: int
    logs: np.ndarray = field(repr=False)
    stated: str
    shape: tuple[float, float] | None = None

    @property
    def sizes(self) -> np.ndarray:
        """The sizes: seen, seen + 1, ..., largest."""
        return np.arange(self.seen, self.largest + 1)

    @property
    def largest(self) -> int:
        """The largest size believed possible."""
        return self.seen + len(self.logs) - 1

    @property
    def probabilities(self) -> np.ndarray:
        """Probability of each of `sizes`."""
        return np.exp(self.logs)

    @property
    def mean(self) -> float:
        """Mean size in people."""
        return float(self.sizes @ self.probabilities)

    @property
    def mode(self) -> int:
        """Most probable size."""
        return int(self.sizes[self.logs.argmax()])

    def quantiles(self, shares: ArrayLike) -> np.ndarray:
        """Return the smallest sizes that have at least these shares of the probability at or below them."""
        below = np.cumsum(self.probabilities)
        at = np.searchsorted(below, np.asarray(shares, dtype=float) - 1e-12)
        return self.sizes[np.minimum(at, len(below) - 1)]

    def estimate(self, *, level: float) -> Estimate:
        """Return its median and equal-tailed interval, to stand beside the posterior."""
        checks.level(level)
        lower, point, upper = self.quantiles([(1 - level) / 2, 0.5, (1 + level) / 2])
        return Estimate(point, lower, upper, "credible", level, f"prior only: {self.stated}")


def flat_size_prior(*, seen: int, largest: int) -> SizePrior:
    """Return equal probabilities of all sizes; the answer then hangs on `largest`.

    Examples
    --------
    >>> round(flat_size_prior(seen=500, largest=5000).mean)
    2750
    """
    _check_range(seen, largest)
    logs = np.full(int(largest) - int(seen) + 1, -np.log(largest - seen + 1))
    return SizePrior(int(seen), logs, f"flat prior up to {int(largest):,}")


def given_size_prior(weights: ArrayLike, *, seen: int, stated: str) -> SizePrior:
    """Return a prior with any weights, such as the posterior of an earlier survey of the same population.

    Parameters
    ----------
    weights : array_like
        For sizes of seen, seen + 1, ... people: 0 or more, the last one above 0; they need not add up to 1.
    stated : str
        Where they come from, in one line.

    Examples
    --------
    >>> given_size_prior([1, 2, 1], seen=10, stated="register").mean
    11.0
    """
    checks.count(seen=seen, at_least=1)
    w = np.asarray(weights, dtype=float).ravel()
    if len(w) < 2 or not (np.isfinite(w) & (w >= 0)).all() or w[-1] == 0:
        raise ValueError("weights must be two or more numbers, 0 or more, the last above 0; got others.")
    with np.errstate(divide="ignore"):
        return SizePrior(int(seen), np.log(w / w.sum()), stated)


def beta_size_prior(
    *, seen: int, largest: int, stated: Stated, size: float, strength: float = 1.0
) -> SizePrior:
    """Return the beta-type prior with a given median, mode or mean of the size.

    Parameters
    ----------
    seen : int
        Different people in the survey or surveys.
    largest : int
        Largest size believed possible, such as the adults of the area. The answer depends on it.
    stated : {"median", "mode", "mean"}
        What `size` is, of the prior between `seen` and `largest`.
    size : float
        People, above `seen` and below `largest`.
    strength : float
        1 is weak, more is narrower. The first beta parameter is a = strength (1 / (1 - seen / size) + 1) - 1,
        so that the upper tail falls as the weak one to the power of `strength`; the second, b, is found. The
        papers leave a to the analyst; this form was read off printed priors of sspse 1.1.0.

    Notes
    -----
    The weight is taken at N + 1/2, so that it is finite at N = seen for every b.

    Raises
    ------
    ValueError
        If no b gives this size, as when the mean is asked for beyond what `largest` allows.

    Examples
    --------
    >>> prior = beta_size_prior(seen=500, largest=4392, stated="median", size=1000)
    >>> int(prior.quantiles(0.5)), prior.mode
    (1000, 681)
    """
    _check_beta(seen, largest, strength, size=size)
    checks.one_of(stated, get_args(Stated), name="stated")
    n, top, a = int(seen), int(largest), strength * (1 / (1 - seen / size) + 1) - 1
    if a <= 0:
        raise ValueError(
            f"strength must give a first beta parameter above 0; got {strength}. Give 1 or more."
        )
    if stated == "mode":
        b = (size + 0.5) * (a + 1) / n - a  # where the derivative of the weight is 0
    else:
        b = _find(lambda b: _miss(stated, _beta_logs(n, top, a, b), n, size), stated, size)
    name = f"beta prior, {stated} {size:,.0f}, largest {top:,}"
    return SizePrior(n, _beta_logs(n, top, a, b), name, (a, b))


def quartile_size_prior(*, seen: int, largest: int, quartiles: tuple[float, float]) -> SizePrior:
    """Return the beta-type prior with given quartiles of the size; both beta parameters are found.

    Examples
    --------
    >>> prior = quartile_size_prior(seen=500, largest=6199, quartiles=(800, 1600))
    >>> prior.quantiles([0.25, 0.75]).tolist()
    [800, 1600]
    """
    low, high = quartiles
    _check_beta(seen, largest, 1.0, lower_quartile=low, upper_quartile=high)
    if low >= high:
        raise ValueError(f"quartiles must rise; got {low} and {high}. Give the lower one first.")
    n, top = int(seen), int(largest)

    def missed(logs_of_shape: np.ndarray) -> list[float]:
        logs = _beta_logs(n, top, *np.exp(logs_of_shape))
        return [_middle(logs, n, low) - 0.25, _middle(logs, n, high) - 0.75]

    start = np.log([1 / (1 - n / np.sqrt(low * high)), np.sqrt(low * high) / n])
    found = optimize.root(missed, start)
    if not found.success or np.abs(found.fun).max() > 1e-6:
        raise ValueError(
            f"quartiles must be those of a beta-type prior; got {low} and {high}. State a median, or give a "
            "larger largest."
        )
    a, b = (float(value) for value in np.exp(found.x))
    name = f"beta prior, quartiles {low:,.0f} and {high:,.0f}, largest {top:,}"
    return SizePrior(n, _beta_logs(n, top, a, b), name, (a, b))


@dataclass(frozen=True)
class DegreePrior:
    """What is believed of the degrees of the whole population, before the survey.

    The mean degree has a normal prior around `mean` with standard deviation (that of the degrees) /
    sqrt(mean_people); the standard deviation a scaled inverse chi prior with `sd_people` degrees of freedom
    (Handcock et al. 2014). Both are of a Conway-Maxwell-Poisson distribution on 1, ..., largest
    that is not more spread out than a geometric one.

    Attributes
    ----------
    mean, sd : float
        Believed mean and standard deviation, in contacts.
    largest : int
        Largest degree possible.
    mean_people, sd_people : float
        Number of people whose degrees would tell as much.

    Examples
    --------
    >>> DegreePrior(mean=7, sd=3, largest=40, mean_people=1, sd_people=3).largest
    40
    """

    mean: float
    sd: float
    largest: int
    mean_people: float
    sd_people: float

    def __post_init__(self) -> None:
        checks.positive(sd=self.sd, mean_people=self.mean_people, sd_people=self.sd_people)
        checks.count(largest=self.largest, at_least=2)
        if self.largest > MOST_CONTACTS:
            raise ValueError(
                f"largest must be at most {MOST_CONTACTS:,} contacts; got {self.largest:,}. Cut reports that "
                "are not credible: it is twice the largest report if not given."
            )
        if not 1 < self.mean < self.largest:
            raise ValueError(f"mean must be above 1 and below largest ({self.largest}); got {self.mean}.")


def degree_prior(degrees: ArrayLike, *, largest: int | None = None) -> DegreePrior:
    """Return a weak prior from the reports themselves, each weighted by 1 / degree, worth 1 and 3 people.

    Its spread is capped at 4, so that a few very large reports are not believed beforehand.

    Parameters
    ----------
    degrees : array_like, shape (people,)
        Reported degrees, 1 or more; missing ones (NaN) are left out.
    largest : int, optional
        Largest degree possible; by default twice the largest report.

    Examples
    --------
    >>> degree_prior([2, 4, 4, 8])  # doctest: +ELLIPSIS
    DegreePrior(mean=3.55..., sd=1.83..., largest=16, mean_people=1.0, sd_people=3.0)
    """
    d = np.asarray(degrees, dtype=float).ravel()
    d = d[~np.isnan(d)]
    if len(d) < 2 or not (d >= 1).all():
        raise ValueError("degrees must be 1 or more, of two people or more; got others.")
    weights = (1 / d) / (1 / d).sum()
    mean = float(weights @ d)
    sd = float(np.sqrt(weights @ (d - mean) ** 2))
    top = int(2 * d.max()) if largest is None else largest
    return DegreePrior(max(mean, 1.01), min(max(sd, 0.1), LARGEST_SD), top, MEAN_PEOPLE, SD_PEOPLE)


def _check_range(seen: int, largest: int) -> None:
    checks.count(seen=seen, at_least=1)
    checks.count(largest=largest, at_least=int(seen) + 1)
    if largest - seen > MOST_SIZES:
        raise ValueError(
            f"largest must be at most {MOST_SIZES:,} above seen; got {largest:,}. Give the adults of "
            "the area."
        )


def _check_beta(seen: int, largest: int, strength: float, **sizes: float) -> None:
    _check_range(seen, largest)
    checks.positive(strength=strength, **sizes)
    for name, size in sizes.items():
        if not seen < size < largest:
            raise ValueError(f"{name} must be above seen ({seen}) and below largest ({largest}); got {size}.")


def _beta_logs(seen: int, largest: int, a: float, b: float) -> np.ndarray:
    at = np.arange(seen, largest + 1) + 0.5
    logs = (b - 1) * np.log(at - seen) - (a + b) * np.log(at)
    logs -= logs.max()
    return logs - np.log(np.exp(logs).sum())


def _middle(logs: np.ndarray, seen: int, size: float) -> float:
    """Return the probability below `size`, with the half of its own cell: smooth in the parameters."""
    below = np.concatenate([[0.0], np.cumsum(np.exp(logs))])
    return float(np.interp(size + 0.5 - seen, np.arange(len(below)), below))


def _miss(stated: str, logs: np.ndarray, seen: int, size: float) -> float:
    if stated == "median":
        return 0.5 - _middle(logs, seen, size)
    return float(np.exp(logs) @ np.arange(seen, seen + len(logs))) / size - 1


def _find(missed: Callable[[float], float], stated: str, size: float) -> float:
    try:
        at = optimize.brentq(lambda log_b: missed(float(np.exp(log_b))), *WIDEST, xtol=1e-12)
    except ValueError:
        raise ValueError(
            f"size must be a {stated} that a prior up to largest can have; got {size:g}. Give a larger "
            "largest, or state a median."
        ) from None
    return float(np.exp(at))
