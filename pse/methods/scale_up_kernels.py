"""Markov chains of the models of `scale_up_bayes.py`, compiled. The models and their sources stand there.

The chains with barriers are in `scale_up_barrier_kernels.py`. Every chain adapts the steps of its random
walks in the warm-up only. A draw from a conditional distribution without its limits is kept if it lies within
them, and else the last one stays: an independence step with acceptance 1 or 0.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["binomial_chain", "overdispersed_chain"]

WANTED = 0.44  # share of steps of a random walk in one dimension to accept
HUGE = 1e200  # a product is turned into a logarithm before it grows beyond the numbers of the machine


@njit(cache=True, error_model="numpy")
def taken(gain: float, rng: np.random.Generator) -> bool:
    """Tell whether a Metropolis step is taken; never where the new state has no density."""
    return gain >= 0 or math.log(rng.random()) < gain


@njit(cache=True, error_model="numpy")
def adapted(step: float, success: bool, sweep: int, warmup: int) -> float:
    """Return the step of a random walk, made longer after a success and shorter after a failure."""
    if sweep >= warmup:
        return step
    return step * math.exp(((1.0 if success else 0.0) - WANTED) / math.sqrt(sweep + 1.0))


@njit(cache=True, error_model="numpy")
def degree_law(
    logs: np.ndarray, mu: float, sigma: float, limits: np.ndarray, rng: np.random.Generator
) -> tuple[float, float]:
    """Draw mu and sigma of normal log degrees, both uniform within limits (mu low, high, sigma low, high)."""
    n = len(logs)
    new = logs.mean() + sigma / math.sqrt(n) * rng.standard_normal()
    if limits[0] <= new <= limits[1]:
        mu = new
    new = _spread(((logs - mu) ** 2).sum(), n, rng)
    if limits[2] <= new <= limits[3]:
        sigma = new
    return mu, sigma


@njit(cache=True, error_model="numpy")
def _spread(squares: float, n: int, rng: np.random.Generator) -> float:
    """Draw a standard deviation with a flat prior from n squared deviations, n at least 2."""
    return math.sqrt(0.5 * squares / rng.standard_gamma(0.5 * (n - 1)))


@njit(cache=True, error_model="numpy")
def _falling(d: float, above: np.ndarray) -> float:
    """Log of the product over groups of d (d - 1) ... (d - y + 1), from the number of groups with y > j."""
    total = 0.0
    for j in range(len(above)):
        if above[j] == 0:
            break
        total += above[j] * math.log(d - j)
    return total


@njit(cache=True, error_model="numpy")
def _step_degrees(
    d: np.ndarray,
    above: np.ndarray,
    most: np.ndarray,
    slope: float,
    mu: float,
    sigma: float,
    step: np.ndarray,
    sweep: int,
    warmup: int,
    rng: np.random.Generator,
) -> None:
    """Walk every log degree twice under binomial reports; `slope` is the sum of log(1 - share)."""
    for i in range(len(d)):
        log = math.log(d[i])
        now = _falling(d[i], above[i]) + d[i] * slope - 0.5 * ((log - mu) / sigma) ** 2
        for _ in range(2):
            new = log + step[i] * rng.standard_normal()
            many, success = math.exp(new), False
            if many >= most[i]:
                then = _falling(many, above[i]) + many * slope - 0.5 * ((new - mu) / sigma) ** 2
                success = taken(then - now, rng)
            if success:
                d[i], log, now = many, new, then
            step[i] = adapted(step[i], success, sweep, warmup)


@njit(cache=True, error_model="numpy")
def binomial_chain(
    above: np.ndarray,
    reports: np.ndarray,
    known: float,
    tau_prior: np.ndarray,
    limits: np.ndarray,
    d: np.ndarray,
    mu: float,
    sigma: float,
    draws: int,
    warmup: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random degrees and binomial reports, with or without transmission.

    above : (respondents, most) groups of whom a respondent reports more than j people. reports : (unknown,)
    all people reported. known : sum of log(1 - share) of the known groups. tau_prior : (unknown, 2) a and b
    of the beta, 0 without transmission. limits : mu low and high, sigma low and high, smallest share.
    Returns shares and taus (draws, unknown); mu, sigma and mean degree (draws, 3).
    """
    n, unknown = len(d), len(reports)
    shares, taus, law = np.empty((draws, unknown)), np.ones((draws, unknown)), np.empty((draws, 3))
    step, tau = np.full(n, 0.3), np.ones(unknown)
    most = np.array([float((above[i] > 0).sum()) for i in range(n)])
    seen = np.maximum(limits[4], np.minimum(reports / d.sum(), 0.5))  # share times transmission
    for k in range(unknown):
        if tau_prior[k, 0] > 0:
            tau[k] = min(1.0, max(seen[k], tau_prior[k, 0] / tau_prior[k].sum()))
    for sweep in range(warmup + draws):
        slope = known + np.log1p(-seen).sum()
        _step_degrees(d, above, most, slope, mu, sigma, step, sweep, warmup, rng)
        mu, sigma = degree_law(np.log(d), mu, sigma, limits, rng)
        people = d.sum()
        for k in range(unknown):
            new = rng.beta(reports[k], people - reports[k] + 1.0)
            if limits[4] <= new / tau[k] <= 1.0:
                seen[k] = new
            if tau_prior[k, 0] > 0:
                new = rng.beta(tau_prior[k, 0], tau_prior[k, 1])
                if limits[4] <= seen[k] / new <= 1.0:
                    tau[k] = new
        if sweep >= warmup:
            at = sweep - warmup
            shares[at], taus[at] = seen / tau, tau
            law[at, 0], law[at, 1], law[at, 2] = mu, sigma, people / n
    return shares, taus, law


@njit(cache=True, error_model="numpy")
def _rising(r: float, y: int) -> float:
    """Log of r (r + 1) ... (r + y - 1)."""
    total, product = 0.0, 1.0
    for j in range(y):
        product *= r + j
        if product > HUGE:
            total, product = total + math.log(product), 1.0
    return total + math.log(product)


@njit(cache=True, error_model="numpy")
def _clumping(logit: float) -> tuple[float, float, float]:
    """1 / (omega - 1), log(omega) / (omega - 1) and log(1 - 1 / omega), from the logit of 1 - 1 / omega."""
    log_v = -math.log1p(math.exp(-logit)) if logit > 0 else logit - math.log1p(math.exp(logit))
    less = math.exp(-logit)  # (1 - v) / v
    log_omega = math.log1p(math.exp(logit)) if logit < 0 else logit + math.log1p(math.exp(-logit))
    return less, less * log_omega, log_v


@njit(cache=True, error_model="numpy")
def _reports_part(y: np.ndarray, rates: np.ndarray, logit: float) -> float:
    """Log probability of reports about one group with these rates, without the factorials of y."""
    less, slope, log_v = _clumping(logit)
    total, people = 0.0, 0
    for i in range(len(y)):
        total += _rising(rates[i] * less, y[i]) - rates[i] * slope
        people += y[i]
    return total + people * log_v


@njit(cache=True, error_model="numpy")
def _respondent_part(
    y: np.ndarray, alpha: float, prevalence: np.ndarray, less: np.ndarray, slope: np.ndarray
) -> float:
    """Log probability of the reports of one respondent, the terms with alpha."""
    activity, total = math.exp(alpha), 0.0
    for k in range(len(y)):
        rate = activity * prevalence[k]
        total += _rising(rate * less[k], y[k]) - rate * slope[k]
    return total


@njit(cache=True, error_model="numpy")
def _step_alphas(
    y: np.ndarray,
    alpha: np.ndarray,
    beta: np.ndarray,
    logit: np.ndarray,
    sigma: float,
    step: np.ndarray,
    sweep: int,
    warmup: int,
    rng: np.random.Generator,
) -> None:
    groups = len(beta)
    less, slope = np.empty(groups), np.empty(groups)
    for k in range(groups):
        less[k], slope[k], _ = _clumping(logit[k])
    prevalence = np.exp(beta)
    for i in range(len(alpha)):
        new = alpha[i] + step[i] * rng.standard_normal()
        gain = _respondent_part(y[i], new, prevalence, less, slope) - 0.5 * (new / sigma) ** 2
        gain -= _respondent_part(y[i], alpha[i], prevalence, less, slope) - 0.5 * (alpha[i] / sigma) ** 2
        success = taken(gain, rng)
        if success:
            alpha[i] = new
        step[i] = adapted(step[i], success, sweep, warmup)


@njit(cache=True, error_model="numpy")
def _step_group(
    y: np.ndarray,
    activity: np.ndarray,
    beta: float,
    logit: float,
    mu: float,
    sigma: float,
    step: np.ndarray,
    sweep: int,
    warmup: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Walk beta and omega of one group; 1 / omega is uniform, so the logit has density v (1 - v)."""
    now = _reports_part(y, activity * math.exp(beta), logit)
    new = beta + step[0] * rng.standard_normal()
    then = _reports_part(y, activity * math.exp(new), logit)
    success = taken(then - now - 0.5 * ((new - mu) ** 2 - (beta - mu) ** 2) / sigma**2, rng)
    if success:
        beta, now = new, then
    step[0] = adapted(step[0], success, sweep, warmup)
    new = logit + step[1] * rng.standard_normal()
    then = _reports_part(y, activity * math.exp(beta), new)
    success = taken(then - now + log_logistic(new) - log_logistic(logit), rng)
    step[1] = adapted(step[1], success, sweep, warmup)
    return beta, new if success else logit


@njit(cache=True, error_model="numpy")
def log_logistic(x: float) -> float:
    """Log density of the logit of a uniform share."""
    return -abs(x) - 2.0 * math.log1p(math.exp(-abs(x)))


@njit(cache=True, error_model="numpy")
def overdispersed_chain(
    y: np.ndarray,
    repeats: np.ndarray,
    limits: np.ndarray,
    alpha: np.ndarray,
    beta: np.ndarray,
    draws: int,
    warmup: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Negative binomial reports with a clumping of each group.

    y : (groups, respondents). repeats : (groups,) steps of a group in a sweep. limits : mu of beta low and
    high, sigma of beta low and high, of alpha low and high. alpha : (respondents,), beta : (groups,) to start
    from. Returns betas and omegas (draws, groups); mu and sigma of beta, sigma of alpha, mean of exp(alpha)
    (draws, 4).
    """
    groups, n = y.shape
    of_respondent = np.ascontiguousarray(y.T)
    betas, omegas, law = np.empty((draws, groups)), np.empty((draws, groups)), np.empty((draws, 4))
    logit, steps, step = np.zeros(groups), np.full((groups, 2), 0.2), np.full(n, 0.5)
    mu = min(limits[1], max(limits[0], beta.mean()))
    sigma = min(limits[3], max(limits[2], beta.std()))
    wide = min(limits[5], max(limits[4], alpha.std()))
    for sweep in range(warmup + draws):
        _step_alphas(of_respondent, alpha, beta, logit, wide, step, sweep, warmup, rng)
        activity = np.exp(alpha)
        for k in range(groups):
            for _ in range(repeats[k]):
                beta[k], logit[k] = _step_group(
                    y[k], activity, beta[k], logit[k], mu, sigma, steps[k], sweep, warmup, rng
                )
        # alpha down and beta up by the same change no probability of a report: drawn exactly
        by = alpha.mean() + wide / math.sqrt(n) * rng.standard_normal()
        if limits[0] <= mu + by <= limits[1]:
            alpha, beta, mu = alpha - by, beta + by, mu + by
        new = beta.mean() + sigma / math.sqrt(groups) * rng.standard_normal()
        mu = new if limits[0] <= new <= limits[1] else mu
        new = _spread(((beta - mu) ** 2).sum(), groups, rng)
        sigma = new if limits[2] <= new <= limits[3] else sigma
        new = _spread((alpha**2).sum(), n, rng)
        wide = new if limits[4] <= new <= limits[5] else wide
        if sweep >= warmup:
            at = sweep - warmup
            betas[at], omegas[at] = beta, 1.0 + np.exp(logit)
            law[at, 0], law[at, 1], law[at, 2], law[at, 3] = mu, sigma, wide, np.exp(alpha).mean()
    return betas, omegas, law
