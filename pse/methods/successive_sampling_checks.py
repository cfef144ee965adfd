"""Does the model of successive sampling make surveys like the one at hand?

From draws of the posterior new populations are made, new surveys drawn from them, and figures of the new
surveys are set beside those of the real one (Gelman A, Meng XL, Stern H. Stat Sin 1996;6:733-807). What
matters most is how the degrees change from the first people to the last: the size is read off it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import special, stats

from pse import checks
from pse.methods.successive_sampling import SuccessiveSampling, log_factorials
from pse.methods.successive_sampling_recruits import Recruits

__all__ = ["predictive_degrees", "size_curves", "successive_sample"]

PARTS = 3  # thirds


def successive_sample(sizes: np.ndarray, *, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw people without replacement, each time with probability proportional to size.

    Parameters
    ----------
    sizes : array_like, shape (people,)
        Above 0.
    draws : int
        People drawn.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    numpy.ndarray of int, shape (draws,)
        Rows of `sizes` in the order of the draws: each person waits an exponential time with rate `size`.

    Examples
    --------
    >>> successive_sample(np.array([1.0, 1e9]), draws=1, rng=np.random.default_rng(1)).tolist()
    [1]
    """
    u = np.asarray(sizes, dtype=float)
    checks.count(draws=draws, at_least=0, at_most=len(u))
    checks.rows(u > 0, "sizes must be above 0")
    return np.argsort(rng.standard_exponential(len(u)) / u, kind="stable")[:draws]


def predictive_degrees(
    fit: SuccessiveSampling,
    recruits: Recruits,
    *,
    replicates: int,
    level: float = 0.95,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Compare figures of the survey with those of surveys that the fitted model makes.

    Parameters
    ----------
    fit : SuccessiveSampling
        Draws from the posterior.
    recruits : Recruits
        The survey or surveys that were fitted.
    replicates : int
        New populations; 500 is enough.
    level : float
        Probability between `lower` and `upper`.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    pandas.DataFrame
        One row for each survey and check: `survey` (1, 2), `check`, `recorded`, `lower`, `middle`, `upper` of
        the new surveys and `p`, the share of them below the recorded figure (ties count half). A `p` near 0
        or 1 says that the model does not make such surveys. With two surveys also the people in both.

    Examples
    --------
    >>> from pse.methods.successive_sampling import successive_sampling
    >>> from pse.methods.successive_sampling_prior import degree_prior, flat_size_prior
    >>> from pse.methods.successive_sampling_recruits import one_survey
    >>> rng = np.random.default_rng(1)
    >>> people = one_survey([4, 3, 5, 2, 2, 1])
    >>> fit = successive_sampling(people, prior=flat_size_prior(seen=6, largest=30),
    ...                           degree_prior=degree_prior(people.degrees), rng=rng, draws=200)
    >>> predictive_degrees(fit, people, replicates=100, rng=rng)["check"].tolist()
    ['mean degree', 'sd of degrees', 'mean degree, first third', 'mean degree, last third', 'fall of degrees']
    """
    checks.count(replicates=replicates, at_least=1)
    checks.level(level)
    lengths = [len(order) for order in recruits.orders]
    chosen = rng.integers(fit.sizes.size, size=replicates)
    sizes, parameters = fit.sizes.ravel()[chosen], fit.parameters.reshape(-1, 2)[chosen]
    logs = log_factorials(fit.degree_prior.largest)
    made = [
        _figures(*_new_orders(int(size), at, logs, lengths, rng))
        for size, at in zip(sizes, parameters, strict=True)
    ]
    twice = sum(lengths) - recruits.seen
    recorded = _figures(recruits.orders, twice)
    return pd.DataFrame(
        [
            {"survey": survey, "check": check, "recorded": figure}
            | _beside(np.array([one[survey, check] for one in made]), figure, level)
            for (survey, check), figure in recorded.items()
        ]
    )


def size_curves(fit: SuccessiveSampling, *, bins: int = 60) -> pd.DataFrame:
    """Return prior and posterior of the size in bins, for a chart.

    Parameters
    ----------
    fit : SuccessiveSampling
        Draws from the posterior.
    bins : int
        Equal bins from the people seen to the largest of the 99% quantiles of prior and posterior.

    Returns
    -------
    pandas.DataFrame
        `lower`, `upper` (people, the upper one not in the bin), `prior`, `posterior` (probability in it).

    Examples
    --------
    >>> from pse.methods.successive_sampling import successive_sampling
    >>> from pse.methods.successive_sampling_prior import degree_prior, flat_size_prior
    >>> from pse.methods.successive_sampling_recruits import one_survey
    >>> people = one_survey([4, 3, 5, 2, 2, 1])
    >>> fit = successive_sampling(people, prior=flat_size_prior(seen=6, largest=105),
    ...                           degree_prior=degree_prior(people.degrees), rng=np.random.default_rng(1))
    >>> size_curves(fit, bins=5)["prior"].tolist()
    [0.2, 0.2, 0.2, 0.2, 0.19]
    """
    checks.count(bins=bins, at_least=2)
    end = int(max(fit.prior.quantiles(0.99), np.quantile(fit.sizes, 0.99))) + 1
    edges = np.unique(np.ceil(np.linspace(fit.prior.seen, end, bins + 1)).astype(int))
    below = np.concatenate([[0.0], np.cumsum(fit.prior.probabilities)])
    posterior = np.histogram(fit.sizes, bins=np.append(edges[:-1], edges[-1] - 0.5))[0] / fit.sizes.size
    prior = np.diff(below[edges - fit.prior.seen])
    return pd.DataFrame(
        {"lower": edges[:-1], "upper": edges[1:], "prior": prior.round(12), "posterior": posterior}
    )


def _new_orders(
    size: int, at: np.ndarray, logs: np.ndarray, lengths: list[int], rng: np.random.Generator
) -> tuple[tuple[np.ndarray, ...], int]:
    """Return the degrees of new surveys of one new population, and how many people are in more than one."""
    u = np.arange(1, len(logs) + 1)
    everybody = rng.choice(u, p=special.softmax(at[0] * u - at[1] * logs), size=size)
    drawn = [successive_sample(everybody, draws=length, rng=rng) for length in lengths]
    different = len(np.unique(np.concatenate(drawn)))
    return tuple(everybody[rows] for rows in drawn), sum(lengths) - different


def _figures(orders: tuple[np.ndarray, ...], twice: int) -> dict[tuple[int, str], float]:
    figures = {
        (survey, check): float(make(order))
        for survey, order in enumerate(orders, start=1)
        for check, make in CHECKS.items()
    }
    return figures | ({(2, "people in both surveys"): float(twice)} if len(orders) > 1 else {})


def _fall(order: np.ndarray) -> float:
    """Return minus Kendall's tau of degree and place; 0 where all degrees are the same."""
    tau = stats.kendalltau(np.arange(len(order)), order).statistic
    return 0.0 if np.isnan(tau) else -float(tau)


CHECKS: dict[str, Callable[[np.ndarray], float]] = {
    "mean degree": np.mean,
    "sd of degrees": np.std,
    "mean degree, first third": lambda order: np.array_split(order, PARTS)[0].mean(),
    "mean degree, last third": lambda order: np.array_split(order[::-1], PARTS)[0].mean(),
    "fall of degrees": _fall,
}


def _beside(made: np.ndarray, recorded: float, level: float) -> dict[str, float]:
    lower, middle, upper = np.quantile(made, [(1 - level) / 2, 0.5, (1 + level) / 2])
    below = float((made < recorded).mean() + (made == recorded).mean() / 2)
    return {"lower": float(lower), "middle": float(middle), "upper": float(upper), "p": below}
