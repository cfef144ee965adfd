"""Compiled loop of successive sampling with imputed visibilities, around the walk over size and degrees.

See `pse.methods.successive_sampling_visibility` for the model. `people` is always (reports, times, recruits,
coupons) of everybody seen, in the order of recruitment; report -1 is a missing one. numba does not see that a
function of another file changed: after a change of `walk`, delete the files *.nbi and *.nbc beside this one.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from pse.methods.successive_sampling_kernels import unit_sizes, walk

__all__ = ["impute"]

STEPS_OF_SIZE, STEPS_OF_LINE = 3, 4  # of random walks, for each renewal of the visibilities
People = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@njit(cache=True, error_model="numpy")
def report_normalisers(concentration: float, base: np.ndarray, logs: np.ndarray) -> None:
    """Fill logs with the log of the summed base^concentration over reports, for each visibility."""
    for i in range(base.shape[0]):
        top = concentration * base[i].max()
        total = 0.0
        for d in range(base.shape[1]):
            total += math.exp(concentration * base[i, d] - top)
        logs[i] = top + math.log(total)


@njit(cache=True, error_model="numpy")
def fill_table(concentration: float, base: np.ndarray, logs: np.ndarray, table: np.ndarray) -> None:
    """Fill table with the probability of each report, for each visibility."""
    for i in range(base.shape[0]):
        for d in range(base.shape[1]):
            table[i, d] = math.exp(concentration * base[i, d] - logs[i])


@njit(cache=True, error_model="numpy")
def report_logs(
    concentration: float, base: np.ndarray, logs: np.ndarray, visibilities: np.ndarray, reports: np.ndarray
) -> float:
    """Return the log probability of the reports; report -1 is a missing one."""
    total = 0.0
    for k in range(len(visibilities)):
        if reports[k] >= 0:
            i = visibilities[k] - 1
            total += concentration * base[i, reports[k]] - logs[i]
    return total


@njit(cache=True, error_model="numpy")
def recruit_logs(
    slopes: np.ndarray, visibilities: np.ndarray, times: np.ndarray, recruits: np.ndarray, coupons: np.ndarray
) -> float:
    """Return the log probability of the numbers of recruits, binomial with a logit line."""
    total = 0.0
    for k in range(len(visibilities)):
        x = slopes[0] + slopes[1] * times[k] + slopes[2] * visibilities[k]
        total += recruits[k] * x - coupons[k] * (max(x, 0.0) + math.log1p(math.exp(-abs(x))))
    return total


@njit(cache=True, error_model="numpy")
def redraw_visibilities(
    visibilities: np.ndarray,
    p: np.ndarray,
    exposures: np.ndarray,
    table: np.ndarray,
    slopes: np.ndarray,
    people: People,
    work: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Draw each person's visibility given the distribution p, exposure to the draws, report and recruits."""
    reports, times, recruits, coupons = people
    for k in range(len(visibilities)):
        fall, rise, kept = math.exp(-exposures[k]), math.exp(slopes[2]), 1.0
        odds = math.exp(slopes[0] + slopes[1] * times[k])
        total = 0.0
        for i in range(len(p)):
            kept *= fall
            odds = min(odds * rise, 1e30)
            share = odds / (1 + odds)
            w = p[i] * (i + 1) * kept
            for _ in range(recruits[k]):
                w *= share
            for _ in range(coupons[k] - recruits[k]):
                w *= 1 - share
            if reports[k] >= 0:
                w *= table[i, reports[k]]
            total += w
            work[i] = total
        at = rng.random() * total
        i = 0
        while i < len(p) - 1 and work[i] <= at:
            i += 1
        if total > 0:
            visibilities[k] = i + 1


@njit(cache=True, error_model="numpy")
def step_concentration(
    concentration: float,
    width: float,
    base: np.ndarray,
    prior: tuple[float, float],
    logs: np.ndarray,
    tried_logs: np.ndarray,
    visibilities: np.ndarray,
    reports: np.ndarray,
    rng: np.random.Generator,
) -> float:
    """Take one Metropolis step of log concentration; prior is (shape, rate) of a gamma distribution."""
    tried = concentration * math.exp(width * rng.standard_normal())
    report_normalisers(tried, base, tried_logs)
    gain = report_logs(tried, base, tried_logs, visibilities, reports) - report_logs(
        concentration, base, logs, visibilities, reports
    )
    gain += prior[0] * math.log(tried / concentration) - prior[1] * (tried - concentration)
    if -rng.standard_exponential() < gain:
        logs[:] = tried_logs
        return tried
    return concentration


@njit(cache=True, error_model="numpy")
def step_slopes(
    slopes: np.ndarray,
    steps: np.ndarray,
    prior: np.ndarray,
    visibilities: np.ndarray,
    people: People,
    rng: np.random.Generator,
) -> None:
    """Take one Metropolis step of the line of recruitment; prior is a row of means and one of sds."""
    _, times, recruits, coupons = people
    tried = slopes.copy()
    for j in range(3):
        z = rng.standard_normal()
        for i in range(j, 3):
            tried[i] += steps[i, j] * z
    gain = recruit_logs(tried, visibilities, times, recruits, coupons) - recruit_logs(
        slopes, visibilities, times, recruits, coupons
    )
    for j in range(3):
        gain += 0.5 * ((slopes[j] - prior[0, j]) / prior[1, j]) ** 2
        gain -= 0.5 * ((tried[j] - prior[0, j]) / prior[1, j]) ** 2
    if -rng.standard_exponential() < gain:
        slopes[:] = tried


@njit(cache=True, error_model="numpy")
def lay_out(
    visibilities: np.ndarray, log_factorials: np.ndarray, rests: np.ndarray, knots: np.ndarray
) -> tuple[float, float, float]:
    """Fill what is left before each draw, and knots of it; return the sums that `walk` needs."""
    n, left, summed_log = len(visibilities), 0.0, 0.0
    for k in range(n - 1, -1, -1):
        left += visibilities[k]
        rests[k] = left
        summed_log += log_factorials[visibilities[k] - 1]
    for j in range(len(knots)):
        knots[j] = rests[int((j + 0.5) / len(knots) * n)]
    return float(n), left, summed_log


@njit(cache=True, error_model="numpy")
def impute(
    state: np.ndarray,
    measure: np.ndarray,
    visibilities: np.ndarray,
    steps: np.ndarray,
    measure_steps: tuple[float, np.ndarray],
    people: People,
    base: np.ndarray,
    priors: tuple[tuple[float, float], np.ndarray],
    log_prior: np.ndarray,
    log_factorials: np.ndarray,
    belief: tuple[float, float, float, float],
    knots: np.ndarray,
    out: np.ndarray,
    counts: np.ndarray,
    thin: int,
    rng: np.random.Generator,
) -> float:
    """Alternate size and degrees, exposures, visibilities and measurement; everything is changed in place.

    `measure` holds the concentration and the three numbers of the line of recruitment; out[:, 6:10] gets it.
    Each row of out is followed by one count of each person's visibility in `counts`.
    """
    n, classes = len(visibilities), len(log_factorials)
    rests, exposures, one = np.empty(n), np.empty(n), np.empty((1, 6))
    p, work, logs, tried_logs = np.empty(classes), np.empty(classes), np.empty(classes), np.empty(classes)
    table = np.empty(base.shape)
    report_normalisers(measure[0], base, logs)
    taken, of_table = 0.0, -1.0
    for row in range(len(out)):
        for _ in range(thin):
            sums = lay_out(visibilities, log_factorials, rests, knots)
            taken += walk(
                state, steps, rests, knots, sums, log_prior, log_factorials, belief, one, STEPS_OF_SIZE, rng
            )
            gone = 0.0
            for k in range(n):
                gone += rng.standard_exponential() / (state[3] + rests[k])
                exposures[k] = gone
            unit_sizes(state[1], state[2], log_factorials, p)
            if measure[0] != of_table:
                of_table = measure[0]
                fill_table(of_table, base, logs, table)
            redraw_visibilities(visibilities, p, exposures, table, measure[1:], people, work, rng)
            measure[0] = step_concentration(
                measure[0], measure_steps[0], base, priors[0], logs, tried_logs, visibilities, people[0], rng
            )
            for _ in range(STEPS_OF_LINE):
                step_slopes(measure[1:], measure_steps[1], priors[1], visibilities, people, rng)
        out[row, :6] = one[0]
        out[row, 6:10] = measure
        for k in range(n):
            counts[k, visibilities[k] - 1] += 1
    return taken / (len(out) * thin)
