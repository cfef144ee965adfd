"""Markov chain of network scale-up with barriers, with or without transmission, compiled.

Shares known to one respondent are integrated out (beta-binomial reports), but for groups with transmission,
where they are drawn: `q`. Barriers are held as odds = log(1 / rho - 1). The models stand in
`scale_up_bayes.py`, the rules of the chain in `scale_up_kernels.py`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from pse.methods.scale_up_kernels import HUGE, adapted, degree_law, log_logistic, taken

__all__ = ["barrier_chain"]

REPEATS = 8  # steps of an unknown group in a sweep: cheap next to the degrees of all respondents


@njit(cache=True, error_model="numpy")
def _log_gamma(x: float) -> float:
    """Stirling's series above 10, and the recurrence below; right to 1e-10."""
    below = 0.0
    if x < 10.0:
        shift = 1.0
        while x < 10.0:
            shift *= x
            x += 1.0
        below = math.log(shift)
    square = 1.0 / (x * x)
    series = (1.0 / 12.0 - square * (1.0 / 360.0 - square / 1260.0)) / x
    return (x - 0.5) * math.log(x) - x + 0.9189385332046727 + series - below


@njit(cache=True, error_model="numpy")
def _degree_part(d: float, y: np.ndarray, a: np.ndarray, b: np.ndarray, plain: int) -> float:
    """Log probability of one respondent's reports, the terms with d; groups from `plain` on are binomial."""
    total, product = 0.0, 1.0
    for k in range(len(y)):
        if k < plain:
            total += _log_gamma(d + b[k]) - _log_gamma(d + a[k] + b[k])
        for j in range(y[k]):
            product *= (d - j) / (d + b[k] - 1.0 - j) if k < plain else d - j
            if product < 1.0 / HUGE or product > HUGE:
                total, product = total + math.log(product), 1.0
    return total + math.log(product)


@njit(cache=True, error_model="numpy")
def _step_degrees(
    d: np.ndarray,
    y: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    plain: int,
    slope: np.ndarray,
    mu: float,
    sigma: float,
    step: np.ndarray,
    sweep: int,
    warmup: int,
    rng: np.random.Generator,
) -> None:
    """Walk every log degree; `slope` is the sum of log(1 - tau q) over groups with transmission."""
    for i in range(len(d)):
        log = math.log(d[i])
        new = log + step[i] * rng.standard_normal()
        many, success = math.exp(new), False
        if many > y[i].max():
            gain = _degree_part(many, y[i], a, b, plain) - _degree_part(d[i], y[i], a, b, plain)
            gain += (many - d[i]) * slope[i] - 0.5 * (((new - mu) ** 2 - (log - mu) ** 2) / sigma**2)
            success = taken(gain, rng)
        if success:
            d[i] = many
        step[i] = adapted(step[i], success, sweep, warmup)


@njit(cache=True, error_model="numpy")
def _group_part(d: np.ndarray, y: np.ndarray, a: float, b: float) -> float:
    """Log probability of the reports about one group, the terms with a and b."""
    total, product = len(d) * (_log_gamma(a + b) - _log_gamma(b)), 1.0
    for i in range(len(d)):
        total += _log_gamma(d[i] + b) - _log_gamma(d[i] + a + b)
        for j in range(y[i]):
            product *= (a + j) / (d[i] + b - 1.0 - j)
            if product < 1.0 / HUGE or product > HUGE:
                total, product = total + math.log(product), 1.0
    return total + math.log(product)


@njit(cache=True, error_model="numpy")
def _shares_part(n: int, logs: float, others: float, a: float, b: float) -> float:
    """Log density of n shares from a beta, by the sums of their logs and of the logs of the rest."""
    constant = _log_gamma(a + b) - _log_gamma(a) - _log_gamma(b)
    return n * constant + (a - 1.0) * logs + (b - 1.0) * others


@njit(cache=True, error_model="numpy")
def _group_density(
    d: np.ndarray, y: np.ndarray, logs: float, others: float, share: float, odds: float
) -> float:
    """Log density of share (on the log scale) and odds of one group: by reports, or by drawn shares."""
    size = math.exp(odds)
    a, b = share * size, (1.0 - share) * size
    if len(y):
        return _group_part(d, y, a, b) + log_logistic(odds)
    return _shares_part(len(d), logs, others, a, b) + log_logistic(odds)


@njit(cache=True, error_model="numpy")
def _step_group(
    d: np.ndarray,
    y: np.ndarray,
    logs: float,
    others: float,
    share: float,
    odds: float,
    fixed: bool,
    least: float,
    step: np.ndarray,
    sweep: int,
    warmup: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Walk the odds of a group, and the log of its share where it is not `fixed`; return both."""
    now = _group_density(d, y, logs, others, share, odds)
    for _ in range(1 if fixed else REPEATS):
        new = odds + step[0] * rng.standard_normal()
        success = False
        if abs(new) < 30:  # rho between 1e-13 and 1 - 1e-13: outside, the numbers of the machine end
            then = _group_density(d, y, logs, others, share, new)
            success = taken(then - now, rng)
        if success:
            odds, now = new, then
        step[0] = adapted(step[0], success, sweep, warmup)
        if fixed:
            continue
        new = share * math.exp(step[1] * rng.standard_normal())
        success = False
        if least <= new < 1:
            then = _group_density(d, y, logs, others, new, odds)
            success = taken(then - now, rng)
        if success:
            share, now = new, then
        step[1] = adapted(step[1], success, sweep, warmup)
    return share, odds


@njit(cache=True, error_model="numpy")
def _beta(a: float, b: float, rng: np.random.Generator) -> tuple[float, float]:
    """Draw log(x) and log(1 - x) of a beta; right for x far below the smallest number too."""
    first = math.log(rng.standard_gamma(a + 1.0)) + math.log(1.0 - rng.random()) / a
    second = math.log(rng.standard_gamma(b + 1.0)) + math.log(1.0 - rng.random()) / b
    both = max(first, second) + math.log1p(math.exp(-abs(first - second)))
    return first - both, second - both


@njit(cache=True, error_model="numpy")
def _draw_shares(
    y: np.ndarray,
    d: np.ndarray,
    a: float,
    b: float,
    tau: float,
    log_q: np.ndarray,
    log_rest: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Draw the share known to each respondent; the beta proposed is right for a tau of 0 and of 1."""
    for i in range(len(d)):
        left = d[i] - y[i]
        new, rest = _beta(a + y[i], b + tau * left, rng)
        gain = math.log1p(-tau * math.exp(new)) - tau * rest
        gain -= math.log1p(-tau * math.exp(log_q[i])) - tau * log_rest[i]
        if taken(left * gain, rng):
            log_q[i], log_rest[i] = new, rest


@njit(cache=True, error_model="numpy")
def _tau_part(y: np.ndarray, d: np.ndarray, log_q: np.ndarray, tau: float, prior: np.ndarray) -> float:
    """Log density of logit(tau) given the shares known to respondents."""
    total = (y.sum() + prior[0]) * math.log(tau) + prior[1] * math.log1p(-tau)
    for i in range(len(d)):
        total += (d[i] - y[i]) * math.log1p(-tau * math.exp(log_q[i]))
    return total


@njit(cache=True, error_model="numpy")
def _step_tau(
    y: np.ndarray,
    d: np.ndarray,
    log_q: np.ndarray,
    tau: float,
    prior: np.ndarray,
    step: np.ndarray,
    sweep: int,
    warmup: int,
    rng: np.random.Generator,
) -> float:
    odds = math.log(tau / (1 - tau)) + step[2] * rng.standard_normal()
    new = 1 / (1 + math.exp(-odds))
    gain = _tau_part(y, d, log_q, new, prior) - _tau_part(y, d, log_q, tau, prior)
    success = taken(gain, rng)
    step[2] = adapted(step[2], success, sweep, warmup)
    return new if success else tau


@njit(cache=True, error_model="numpy")
def _step_scale(
    log_q: np.ndarray,
    log_rest: np.ndarray,
    share: float,
    odds: float,
    tau: float,
    prior: np.ndarray,
    least: float,
    step: np.ndarray,
    sweep: int,
    warmup: int,
    rng: np.random.Generator,
) -> tuple[float, float, float]:
    """Change tau with all else such that tau q, tau share and a stay: no probability of a report changes.

    The shares are multiplied by c = tau / new tau, and 1 / rho - 1 divided by it. Return share, odds, tau.
    """
    n = len(log_q)
    logit = math.log(tau / (1 - tau)) + step[3] * rng.standard_normal()
    new = 1 / (1 + math.exp(-logit))
    by = math.log(tau / new)
    moved, moved_odds, success = share * math.exp(by), odds - by, False
    if log_q.max() + by < 0 and least <= moved < 1:
        rest = np.log1p(-np.exp(log_q + by))
        a, size = share * math.exp(odds), math.exp(moved_odds)
        gain = _shares_part(n, log_q.sum() + n * by, rest.sum(), a, size - a)
        gain -= _shares_part(n, log_q.sum(), log_rest.sum(), a, math.exp(odds) - a)
        gain += n * by + log_logistic(moved_odds) - log_logistic(odds)  # n * by: q is stretched
        gain += prior[0] * math.log(new / tau) + prior[1] * math.log((1 - new) / (1 - tau))
        success = taken(gain, rng)
    step[3] = adapted(step[3], success, sweep, warmup)
    if success:
        log_q += by
        log_rest[:] = rest
        return moved, moved_odds, new
    return share, odds, tau


@njit(cache=True, error_model="numpy")
def barrier_chain(
    y: np.ndarray,
    known: np.ndarray,
    tau_prior: np.ndarray,
    limits: np.ndarray,
    d: np.ndarray,
    mu: float,
    sigma: float,
    draws: int,
    warmup: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Random degrees and barriers, with transmission (`tau_prior` has a row for each unknown group) or not.

    y : (groups, respondents) reports, known groups first. known : shares of the known groups. The rest and
    the result as in `binomial_chain`, and rho of every group (draws, groups).
    """
    groups, n, first = y.shape[0], y.shape[1], len(known)
    plain = groups - len(tau_prior)  # from here on shares are drawn
    of_respondent, nobody = np.ascontiguousarray(y.T), np.zeros(0, y.dtype)
    shares, taus = np.empty((draws, groups - first)), np.ones((draws, groups - first))
    law, rhos = np.empty((draws, 3)), np.empty((draws, groups))
    share, odds, tau = np.empty(groups), np.full(groups, 3.0), np.ones(groups)  # rho starts at 0.05
    share[:first] = known
    for k in range(first, groups):
        if k >= plain:
            tau[k] = tau_prior[k - plain, 0] / tau_prior[k - plain].sum()
        share[k] = min(0.5, max(limits[4], y[k].sum() / d.sum() / tau[k]))
    log_q = np.full((groups - plain, n), math.log(0.01))
    log_rest = np.log1p(-np.exp(log_q))
    step, steps = np.full(n, 0.3), np.full((groups, 4), 0.3)
    for sweep in range(warmup + draws):
        size, slope = np.exp(odds), np.zeros(n)
        for k in range(plain, groups):
            at = k - plain
            _draw_shares(
                y[k], d, share[k] * size[k], (1 - share[k]) * size[k], tau[k], log_q[at], log_rest[at], rng
            )
            slope += np.log1p(-tau[k] * np.exp(log_q[at]))
        a, b = share * size, (1 - share) * size
        _step_degrees(d, of_respondent, a, b, plain, slope, mu, sigma, step, sweep, warmup, rng)
        mu, sigma = degree_law(np.log(d), mu, sigma, limits, rng)
        for k in range(groups):
            drawn = k >= plain
            logs = log_q[k - plain].sum() if drawn else 0.0
            others = log_rest[k - plain].sum() if drawn else 0.0
            share[k], odds[k] = _step_group(
                d, nobody if drawn else y[k], logs, others, share[k], odds[k], k < first, limits[4], steps[k],
                sweep, warmup, rng,
            )  # fmt: skip
        for k in range(plain, groups):
            at = k - plain
            tau[k] = _step_tau(y[k], d, log_q[at], tau[k], tau_prior[at], steps[k], sweep, warmup, rng)
            share[k], odds[k], tau[k] = _step_scale(
                log_q[at], log_rest[at], share[k], odds[k], tau[k], tau_prior[at], limits[4], steps[k],
                sweep, warmup, rng,
            )  # fmt: skip
        if sweep >= warmup:
            at = sweep - warmup
            shares[at], taus[at] = share[first:], tau[first:]
            rhos[at] = 1 / (1 + np.exp(odds))
            law[at, 0], law[at, 1], law[at, 2] = mu, sigma, d.mean()
    return shares, taus, law, rhos
