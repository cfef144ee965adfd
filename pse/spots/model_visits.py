"""D drawn from the model: people's answers about visits, pooled between municipalities; counts online."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pse.spots.bootstrap_block import PeopleFactor

MOST_VARIANCE = 9.0
"""A drawn variance is at most this multiple of its estimate: answers about visits are bounded."""

LEAST_FACTOR = 0.02
"""D is at least this: nobody goes to more than 50 spots."""

BETWEEN = 0.1
"""Scale of the half-normal priors of the standard deviation of D between spots and between municipalities."""

STEPS = 60
"""Points of the grid on which such a standard deviation is drawn, up to three times its scale."""


@dataclass(frozen=True)
class Asked:
    """People of one KP who answered about visits, by spot, and the spots where nobody did.

    `rows` people of the `size` at each asked spot answered, in municipality `place`; `variance` is v, that of
    1/M between the people of one spot, on `free` degrees of freedom. `others_size` and `others_place` are
    those of the spots without answers.
    """

    rows: np.ndarray
    variance: float
    free: int
    size: np.ndarray
    place: np.ndarray
    others_size: np.ndarray
    others_place: np.ndarray


def apply_visits(
    factor: PeopleFactor, people: np.ndarray, size: np.ndarray, rng: np.random.Generator
) -> None:
    """Multiply the units of one KP by D as drawn over D at the point.

    Parameters
    ----------
    factor : PeopleFactor
        Answers of the KP.
    people, size : numpy.ndarray, shape (units, n)
        Factors on people, changed here, and on sizes.
    rng : numpy.random.Generator
        Source of the draws.

    Notes
    -----
    Ours. Of the E people of an asked spot n are known; the others are a sample from people like them. What
    those are like on average, m, is drawn around the mean of the n with variance v / n and pulled to the mean
    of the municipality by how little spots differ; that mean, weighted by E, is pulled to the KP's by how
    little municipalities differ. A spot where nobody was asked has E people around a mean that differs from
    the municipality's as spots do. v is drawn with Jeffreys' prior.
    """
    asked, n = factor.people, people.shape[1]
    v = asked.variance * _draw_variance(asked.free, rng, n)
    error = v / asked.rows[:, None]
    flat = factor.mean[:, None] + np.sqrt(error) * rng.standard_normal(error.shape)
    means = _pooled_means(factor, flat, size, rng)
    spots = _draw_spread(factor, factor.mean, asked.variance / asked.rows, rng, n)
    like = _pulled(flat, means[asked.place], error, spots, rng)
    answered = np.minimum(asked.rows, np.maximum(asked.size, 1))
    known = (answered / np.maximum(asked.size, 1))[:, None]
    rest = np.maximum(asked.size - answered, 1e-9)[:, None]
    own = like + np.sqrt(v / rest) * rng.standard_normal(like.shape)
    drawn = np.where(known < 1, known * factor.mean[:, None] + (1 - known) * own, factor.mean[:, None])
    if len(factor.others):
        mean = means[asked.others_place]
        spread = np.sqrt(spots**2 + v / np.maximum(asked.others_size, 1)[:, None])
        others = mean + spread * rng.standard_normal(mean.shape)
        people[factor.others] *= _bounded(others, factor) / factor.others_mean[:, None]
    people[factor.asked] *= _bounded(drawn, factor) / factor.mean[:, None]


def _bounded(drawn: np.ndarray, factor: PeopleFactor) -> np.ndarray:
    """Return D between its least and 1; a factor on people of a week has no upper end."""
    return np.clip(drawn, LEAST_FACTOR, 1.0 if (factor.mean <= 1).all() else np.inf)


def _pulled(
    raw: np.ndarray, middle: np.ndarray, error: np.ndarray, between: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return draws of means: those around their own answers, `raw`, pulled to draws of their middle.

    Normal means with error variance `error` and standard deviation `between` around the middle: the pull is
    1 - between^2 / (between^2 + error), and what `raw` lacks of the posterior variance is added.
    """
    own = np.divide(between**2, between**2 + error, out=np.ones_like(raw), where=error > 0)
    return own * raw + (1 - own) * middle + np.sqrt(own * (1 - own) * error) * rng.standard_normal(raw.shape)


def _draw_spread(
    factor: PeopleFactor, mean: np.ndarray, variance: np.ndarray, rng: np.random.Generator, n: int
) -> np.ndarray:
    """Return draws of how much means differ; 0 where all people said the same."""
    if factor.people.variance == 0 and np.ptp(mean) < 1e-12:
        return np.zeros(n)
    scale = BETWEEN * max(1.0, float(factor.mean.mean()))
    return draw_between(mean / scale, variance / scale**2, rng, n=n) * scale


def _draw_variance(free: int, rng: np.random.Generator, n: int) -> np.ndarray:
    """Return draws of a variance over its estimate: free / chi-squared (Jeffreys prior), at most 9."""
    if free == 0:
        return np.ones(n)
    return np.minimum(free / rng.chisquare(free, size=n), MOST_VARIANCE)


def _pooled_means(
    factor: PeopleFactor, flat: np.ndarray, size: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the mean of 1/M among people like those asked, by municipality, shape (municipalities, n)."""
    asked, n = factor.people, flat.shape[1]
    places = factor.sums.rows - 1
    weight = size[factor.asked]
    total = factor.sums @ weight
    raw = np.divide(factor.sums @ (weight * flat), total, out=np.zeros_like(total), where=total > 0)
    sums = np.bincount(asked.place, weights=asked.size, minlength=places)
    people = np.bincount(asked.place, weights=asked.size * factor.mean, minlength=places)
    squares = np.bincount(asked.place, weights=asked.size**2 / asked.rows, minlength=places)
    known = (sums > 0) & (total[:places] > 0).all(axis=1)
    if not known.any():
        return np.repeat(raw[-1:], places, axis=0)
    error = asked.variance * squares[known] / sums[known] ** 2
    between = _draw_spread(factor, people[known] / sums[known], error, rng, n)
    middle = raw[-1]  # of the KP, weighted by E as in the chain
    means = middle + between * rng.standard_normal((places, n))
    means[known] = _pulled(raw[:places][known], middle, np.tile(error[:, None], n), between, rng)
    return means


def draw_between(mean: np.ndarray, variance: np.ndarray, rng: np.random.Generator, *, n: int) -> np.ndarray:
    """Return draws of the standard deviation of means between groups, shape (n,).

    Normal means with known variances, flat prior of their centre, half-normal prior of scale 1 of the
    standard deviation, on a grid up to 3: the marginal density of Gelman et al., Bayesian Data Analysis, 3rd
    edition, equation 5.21.
    """
    grid = (np.arange(STEPS) + 0.5) * 3 / STEPS
    log_density = -0.5 * grid**2
    if len(mean) > 1:
        weight = 1 / (grid[:, None] ** 2 + variance)
        middle = (weight * mean).sum(axis=1) / weight.sum(axis=1)
        off = (weight * (mean - middle[:, None]) ** 2).sum(axis=1)
        log_density += 0.5 * (np.log(weight).sum(axis=1) - np.log(weight.sum(axis=1)) - off)
    chance = np.cumsum(np.exp(log_density - log_density.max()))
    return grid[np.searchsorted(chance / chance[-1], rng.random(n))]


def scatter_counts(
    only: np.ndarray, at_spots: np.ndarray, spread: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return people online only with the scatter of counts: gamma with the mean `only`, shape (rows, n).

    Of P people on a platform each comes to spots with the chance v: variance P v (1 - v); and P people have
    profiles that differ, so that P = profiles / mean has the variance P c^2, c^2 being `spread`. Ours.
    """
    variance = np.maximum(at_spots + (1 - at_spots) * spread[:, None], 0)  # over `only`
    shape = np.divide(only, variance, out=np.ones_like(only), where=(variance > 0) & (only > 0))
    return np.where((variance > 0) & (only > 0), variance * rng.standard_gamma(shape), only)
