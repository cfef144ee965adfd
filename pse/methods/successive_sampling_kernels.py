"""Compiled random walk of successive sampling over the size and the distribution of degrees.

People who were not seen are never held one by one: given the size and the degree distribution, only the total
of their degrees enters the order of recruitment. See `pse.methods.successive_sampling` for the model.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["unit_sizes", "walk"]

TILTS = 6  # steps towards the tilt; it only has to be near
GROUP = 8  # factors multiplied before a logarithm is taken


@njit(cache=True, error_model="numpy")
def unit_sizes(theta: float, nu: float, log_factorials: np.ndarray, p: np.ndarray) -> float:
    """Fill p with the Conway-Maxwell-Poisson probabilities of 1..K; return the log of their normaliser."""
    top = -np.inf
    for i in range(len(p)):
        p[i] = theta * (i + 1) - nu * log_factorials[i]
        top = max(top, p[i])
    total = 0.0
    for i in range(len(p)):
        p[i] = math.exp(p[i] - top)
        total += p[i]
    for i in range(len(p)):
        p[i] /= total
    return top + math.log(total)


@njit(cache=True, error_model="numpy")
def degree_density(
    p: np.ndarray, log_factorials: np.ndarray, belief: tuple[float, float, float, float], moments: np.ndarray
) -> float:
    """Fill moments (mean, sd); return the log prior density in (theta, nu), with the change of variables."""
    mean, mean_log = 0.0, 0.0
    for i in range(len(p)):
        mean += p[i] * (i + 1)
        mean_log += p[i] * log_factorials[i]
    v, c, skew, d = 0.0, 0.0, 0.0, 0.0
    for i in range(len(p)):
        x, y = i + 1 - mean, log_factorials[i] - mean_log
        v += p[i] * x * x
        c += p[i] * x * y
        skew += p[i] * x * x * x
        d += p[i] * x * x * y
    moments[0], moments[1] = mean, math.sqrt(v)
    if v < 1e-10:
        return -np.inf
    sd = math.sqrt(v)
    stretch = abs(c * skew - v * d) / (2 * sd)  # determinant of d(mean, sd) / d(theta, nu)
    if stretch <= 0:
        return -np.inf
    centre, spread, mean_people, sd_people = belief
    off = (mean - centre) / sd
    normal = -math.log(sd) - 0.5 * mean_people * off * off
    chi = -(sd_people + 1) * math.log(sd) - 0.5 * sd_people * spread * spread / v
    return normal + chi + math.log(stretch)


@njit(cache=True, error_model="numpy")
def tilt(p: np.ndarray, unseen: int, knots: np.ndarray, weight: float, q: np.ndarray) -> tuple[float, float]:
    """Fill q with p tilted to those left over; return the tilt and the log of the lost normaliser."""
    mean = 0.0
    for i in range(len(p)):
        mean += p[i] * (i + 1)
    psi, norm = 0.0, 1.0
    for _ in range(TILTS):
        psi = 0.0
        for k in range(len(knots)):
            psi += weight / (unseen * mean + knots[k])
        step, fall, norm, mean = math.exp(-psi), 1.0, 0.0, 0.0
        for i in range(len(p)):
            fall *= step
            q[i] = p[i] * fall
            norm += q[i]
            mean += q[i] * (i + 1)
        mean /= norm
    for i in range(len(p)):
        q[i] /= norm
    return psi, math.log(norm)


@njit(cache=True, error_model="numpy")
def draw_total(q: np.ndarray, unseen: int, rng: np.random.Generator) -> int:
    """Return the summed sizes of `unseen` people with class probabilities q, class by class."""
    left, mass, total = unseen, 1.0, 0
    for i in range(len(q) - 1):
        if left == 0:
            return total
        share = q[i] / mass if q[i] < mass else 1.0
        here = rng.binomial(left, share)
        total += here * (i + 1)
        left -= here
        mass -= q[i]
    return total + left * len(q)


@njit(cache=True, error_model="numpy")
def order_log(rests: np.ndarray, total: float) -> float:
    """Return the sum of log(rest + total) over the draws of all surveys."""
    log_sum, product = 0.0, 1.0
    for k in range(len(rests)):
        product *= rests[k] + total
        if k % GROUP == GROUP - 1:
            log_sum += math.log(product)
            product = 1.0
    return log_sum + math.log(product)


@njit(cache=True, error_model="numpy")
def weigh(
    state: np.ndarray,
    fresh: bool,
    rests: np.ndarray,
    knots: np.ndarray,
    sums: tuple[float, float, float],
    log_prior: np.ndarray,
    log_factorials: np.ndarray,
    belief: tuple[float, float, float, float],
    work: np.ndarray,
    moments: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Set state[4] to the log weight of (y, theta, nu) with the unseen total state[3], drawn anew if fresh.

    The weight is the joint density divided by the density with which the total is drawn; so its mean over
    totals is the density of size and degree distribution alone (pseudo-marginal; Andrieu C, Roberts GO. Ann
    Stat 2009;37:697-725). y = log(unseen + 1), rounded to whole people.
    """
    y, theta, nu = state[0], state[1], state[2]
    seen, summed, summed_log = sums
    unseen = math.floor(math.exp(min(y, 40.0)) - 0.5)
    state[4] = -np.inf
    if unseen < 0 or unseen >= len(log_prior) or nu < 0 or log_prior[unseen] == -np.inf:
        return
    p, q = work[0], work[1]
    log_norm = unit_sizes(theta, nu, log_factorials, p)
    density = degree_density(p, log_factorials, belief, moments)
    if density == -np.inf:
        return
    psi, log_lost = tilt(p, unseen, knots, len(rests) / len(knots), q)
    if fresh:
        state[3] = draw_total(q, unseen, rng)
    drawn = unseen * log_lost + psi * state[3]
    people = math.lgamma(seen + unseen + 1.0) - math.lgamma(unseen + 1.0)
    degrees = theta * summed - nu * summed_log - seen * log_norm
    state[4] = log_prior[unseen] + people + degrees + density + drawn - order_log(rests, state[3]) + y


@njit(cache=True, error_model="numpy")
def walk(
    state: np.ndarray,
    steps: np.ndarray,
    rests: np.ndarray,
    knots: np.ndarray,
    sums: tuple[float, float, float],
    log_prior: np.ndarray,
    log_factorials: np.ndarray,
    belief: tuple[float, float, float, float],
    out: np.ndarray,
    thin: int,
    rng: np.random.Generator,
) -> float:
    """Random-walk Metropolis from `state` (y, theta, nu, unseen total, log weight), changed in place.

    A total that is NaN is drawn first: one that is not likely would never be left.
    Fills out[:, :6] with unseen people, mean and sd of the degrees, and y, theta, nu, after every `thin`
    steps; returns the share of steps taken. `steps` is the lower Cholesky factor of the proposals.
    """
    work = np.empty((2, len(log_factorials)))
    moments, tried_moments = np.empty(2), np.empty(2)
    tried, z, taken = np.empty(5), np.empty(3), 0
    weigh(
        state, math.isnan(state[3]), rests, knots, sums, log_prior, log_factorials, belief, work, moments, rng
    )
    for row in range(len(out)):
        for _ in range(thin):
            for j in range(3):
                z[j] = rng.standard_normal()
            for j in range(3):
                tried[j] = state[j]
                for i in range(j + 1):
                    tried[j] += steps[j, i] * z[i]
            weigh(
                tried, True, rests, knots, sums, log_prior, log_factorials, belief, work, tried_moments, rng
            )
            if -rng.standard_exponential() < tried[4] - state[4]:
                state[:] = tried
                moments[:] = tried_moments
                taken += 1
        out[row, 0] = math.floor(math.exp(state[0]) - 0.5)
        out[row, 1:3] = moments
        out[row, 3:6] = state[:3]
    return taken / (len(out) * thin)
