"""Chance of being drawn when people are drawn one by one, without replacement, in proportion to degree.

Successive sampling is a race: everybody arrives after an exponential time with their degree as the rate, and
the sample is the first n to arrive. Someone of degree k is drawn who arrives before the n-th of the others:
the chance is the integral over t of k exp(-k t) P(fewer than n others have come by t). How many others have
come is a sum of independent 0 and 1; its distribution is taken as normal, corrected for skewness. Where the
literature simulates these chances, this is deterministic; tests/methods/test_rds_weights.py compares it with
simulation and with enumeration.

Sources
-------
Integral: Andreatta G, Kaufman GM. JASA 1986;81:657-666. Iteration for the degrees of the population: Gile KJ.
JASA 2011;106:135-146, section 3. Normal approximation of the sum instead of simulation: ours.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from pse.methods.refusal import NoEstimateError

__all__ = [
    "people_behind",
    "people_each",
    "successive_inclusion",
    "successive_population",
    "successive_weights",
    "timed_population",
]

NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
REACH = 5.0  # standard deviations of the time of the n-th arrival that are integrated over
MOST_ROUNDS = 500
CLOSE = 1e-8


def successive_inclusion(degree: np.ndarray, people: np.ndarray, drawn: np.ndarray | float) -> np.ndarray:
    """Return the chance that one person of each degree is among the first drawn.

    Parameters
    ----------
    degree : numpy.ndarray, shape (degrees,)
        The different degrees, above 0.
    people : numpy.ndarray, shape (..., degrees)
        People of the population with each degree; need not be whole.
    drawn : float or numpy.ndarray, shape (...)
        People drawn, at most all.

    Returns
    -------
    numpy.ndarray, shape (..., degrees)
        Chances; 1 where everybody is drawn.

    Examples
    --------
    >>> chance = successive_inclusion(np.array([1.0, 4.0]), np.array([800.0, 200.0]), 100)
    >>> chance.round(3), round(float(chance @ [800, 200]), 2)
    (array([0.066, 0.238]), 100.0)
    """
    n = np.broadcast_to(np.asarray(drawn, dtype=float), people.shape[:-1])
    everybody = n >= people.sum(axis=-1) - 1e-9
    n = np.where(everybody, n / 2, n)  # a harmless number where the answer is 1
    middle = _middle_time(degree, people, n)
    spread = _spread(degree, people, middle)
    low = np.maximum(middle - REACH * spread, 0.0)[..., None]
    half = (np.minimum(middle + REACH * spread, 2 * middle + REACH * spread)[..., None] - low) / 2
    time = low + half * (NODES + 1)
    fewer = _fewer_others(degree, people, n, time)
    rate = degree[:, None]
    late = np.exp(-rate * time[..., None, :])
    chance = -np.expm1(-degree * low) + half * ((rate * late * fewer) @ NODE_WEIGHTS)
    rising = _rising(degree, np.clip(chance, 1e-12, 1.0))
    return np.where(everybody[..., None], 1.0, rising)


def _rising(degree: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return chances that never fall with degree, as the true ones.

    Where hardly anybody is left the normal approximation can put a chance near 1 a little too low.
    """
    order = np.argsort(degree, kind="stable")
    rising = np.empty_like(chance)
    rising[..., order] = np.maximum.accumulate(chance[..., order], axis=-1)
    return rising


def successive_population(degree: np.ndarray, sampled: np.ndarray, population: float) -> np.ndarray:
    """Return the people of the population with each degree, from those of the sample.

    Gile's iteration: the sample divided by its chances is a new population, until both agree. At the end
    `sampled` / result are the inclusion chances, and their inverses the weights.

    Parameters
    ----------
    degree : numpy.ndarray, shape (degrees,)
    sampled : numpy.ndarray, shape (..., degrees)
        People of the sample with each degree; 0 is allowed.
    population : float
        People of the population, at least those of the sample.

    Returns
    -------
    numpy.ndarray, shape (..., degrees)
        Adds up to `population`.

    Raises
    ------
    NoEstimateError
        If it does not settle.

    Examples
    --------
    >>> successive_population(np.array([1.0, 4.0]), np.array([50.0, 50.0]), 1000).round(0)
    array([784., 216.])
    """
    n = sampled.sum(axis=-1)
    if (n >= population).all():
        return sampled
    people, last = timed_population(degree, sampled, population), np.inf
    for _ in range(MOST_ROUNDS):
        chance = successive_inclusion(degree, people, n)
        new = people_behind(sampled, chance, population)
        moved = np.abs(new - people).max() / population
        people = new if moved < last / 2 else (people + new) / 2  # half a step where it would swing
        if moved < CLOSE:
            return people
        last = moved
    raise NoEstimateError(
        "weights of successive sampling must settle; got none that do. Is the population hardly larger than "
        "the sample? Then use RDS-II."
    )


def successive_weights(degree: np.ndarray, sampled: np.ndarray, population: float) -> np.ndarray:
    """Return how many people each person of the sample stands for, by degree; 0 where there is none.

    Arguments as in `successive_population`, whose result this is over `sampled`.
    """
    return people_each(successive_population(degree, sampled, population), sampled)


def people_each(people: np.ndarray, sampled: np.ndarray) -> np.ndarray:
    """Return how many people each person of the sample stands for; 0 where there is none."""
    return np.divide(people, sampled, out=np.zeros_like(people), where=sampled > 0)


def timed_population(degree: np.ndarray, sampled: np.ndarray, population: float) -> np.ndarray:
    """Return about what `successive_population` returns, if the sample were all who come by a time.

    Chances are then 1 - exp(-k t), with the time t at which the sample stands for all: sum of
    n_k / (1 - exp(-k t)) = N. Ours. Shares of groups come out within 0.0001 with hundreds of people, within
    0.001 with 60, far less than their bootstrap errors. Arguments as in `successive_population`.
    """
    if (sampled.sum(axis=-1) >= population).all():
        return sampled
    log_time = np.log(sampled.sum(axis=-1) / (sampled @ degree))
    for _ in range(100):
        rate_time = degree * np.exp(log_time)[..., None]
        come = -np.expm1(-rate_time)
        people = sampled / come
        slope = (people * rate_time * np.exp(-rate_time) / come).sum(axis=-1)
        step = np.clip((people.sum(axis=-1) - population) / np.maximum(slope, 1e-300), -1.0, 1.0)
        log_time = log_time + step
        if np.abs(step).max() < 1e-8:
            break
    return people_behind(sampled, come, population)


def people_behind(sampled: np.ndarray, chance: np.ndarray, population: float) -> np.ndarray:
    """Return the people of the population from those of the sample and their inclusion chances.

    The sample itself, and for everybody in it (1 - chance) / chance people who are not, scaled to add up to
    `population`: at the end of the iteration the same as sampled / chance, but on the way never fewer than
    those who were met.
    """
    unseen = sampled * (1 - chance) / chance
    left = population - sampled.sum(axis=-1, keepdims=True)
    return np.asarray(sampled + left * unseen / np.maximum(unseen.sum(axis=-1, keepdims=True), 1e-300))


def _middle_time(degree: np.ndarray, people: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return when n people are expected to have come, by Newton's steps on the log of the time."""
    log_time = np.log(n / (people @ degree))
    for _ in range(60):
        rate_time = degree * np.exp(log_time)[..., None]
        away = np.exp(-rate_time)
        come = (people * -np.expm1(-rate_time)).sum(axis=-1)
        slope = (people * rate_time * away).sum(axis=-1)
        step = np.clip((n - come) / np.maximum(slope, 1e-300), -1.0, 1.0)
        log_time = log_time + step
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(np.exp(log_time))


def _spread(degree: np.ndarray, people: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return the standard deviation of the time of the n-th arrival, to first order."""
    away = np.exp(-degree * time[..., None])
    variance = (people * away * (1 - away)).sum(axis=-1)
    return np.asarray(np.sqrt(variance) / (people * degree * away).sum(axis=-1))


def _fewer_others(degree: np.ndarray, people: np.ndarray, n: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return P(fewer than n others have come), shape (..., degrees, times), for one person of each degree."""
    away = np.exp(-degree[:, None] * time[..., None, :])
    come = 1 - away
    variance = come * away
    third = variance * (away - come)
    many = people[..., None]
    mean = (many * come).sum(axis=-2, keepdims=True) - come
    spread2 = np.maximum((many * variance).sum(axis=-2, keepdims=True) - variance, 1e-12)
    skew = ((many * third).sum(axis=-2, keepdims=True) - third) / spread2**1.5
    x = (n[..., None, None] - 0.5 - mean) / np.sqrt(spread2)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    return np.asarray(np.clip(ndtr(x) - skew * (x * x - 1) * density / 6, 0.0, 1.0))
