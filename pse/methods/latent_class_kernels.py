"""The Gibbs sampler of latent classes of capture: people of one pattern are drawn together.

Steps 1 to 6 are those of Manrique-Vallier D. Biometrics 2016;72:1246-1254. The two moves in
between are ours: they change what the steps of Gibbs change slowly, and leave the same distribution
unchanged.

Shares of classes are kept as logarithms: with a small `alpha` the last one is below the smallest number of
the machine. The prior of N here is Poisson with a Gamma(`shape`, `rate`) mean, that is p(N) proportional to
Gamma(N + shape) / N! (1 + rate)^-N; the published 1 / N is shape 0 and rate 0, and other values let a test
draw data from the prior.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["sample_classes"]

SMALLEST = 0.05  # standard deviation of a step of `_shift_capture` on the log scale of odds; the largest is 1
SHIFTS = 3  # classes, drawn at random, that it tries in a step


@njit(cache=True, nogil=True, error_model="numpy")
def sample_classes(
    patterns: np.ndarray,
    counts: np.ndarray,
    start: tuple[float, np.ndarray, np.ndarray],
    prior: tuple[float, float, float, float],
    steps: tuple[int, int, int],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return draws of one chain: people not seen, alpha, occupied classes, shares, chances of the lists.

    Parameters
    ----------
    patterns, counts : shape (patterns, lists), (patterns,)
        Patterns that people have, 0 and 1, and how many have them.
    start : float, shape (classes,), shape (classes, lists)
        Alpha, logarithms of the shares, chances.
    prior : float, float, float, float
        Shape and rate of the gamma prior of alpha, then of the mean of N.
    steps : int, int, int
        Steps of warm-up, draws kept, steps for each draw kept.
    """
    alpha, log_share, chance = start[0], start[1].copy(), start[2].copy()
    classes, lists = chance.shape
    warmup, kept, thin = steps
    unseen, alphas, occupied = np.empty(kept, np.int64), np.empty(kept), np.empty(kept, np.int64)
    shares, chances = np.empty((kept, classes)), np.empty((kept, classes, lists))
    for step in range(warmup + kept * thin):
        people, on = _allocate_seen(patterns, counts, log_share, chance, rng)
        _shift_capture(log_share, chance, alpha, people, on, prior, rng)
        missed = _draw_unseen(people, log_share, chance, prior, rng)
        _draw_chances(chance, people, on, rng)
        _draw_shares(log_share, people, alpha, rng)
        _swap_neighbours(log_share, chance, people, alpha, rng)
        alpha = rng.gamma(prior[0] + classes - 1, 1.0) / (prior[1] - log_share[-1])
        at = (step - warmup) // thin
        if step >= warmup and (step - warmup) % thin == thin - 1:
            unseen[at], alphas[at], occupied[at] = missed, alpha, np.sum(people > 0)
            shares[at], chances[at] = np.exp(log_share), chance
    return unseen, alphas, occupied, shares, chances


@njit(cache=True, nogil=True, error_model="numpy")
def _allocate_seen(patterns, counts, log_share, chance, rng):  # type: ignore[no-untyped-def]
    """Step 1: draw the class of everybody seen; return people of each class, and how many on each list."""
    classes, lists = chance.shape
    people, on = np.zeros(classes, np.int64), np.zeros((classes, lists), np.int64)
    weight = np.empty(classes)
    share = np.exp(log_share)
    for row in range(len(counts)):
        for k in range(classes):
            weight[k] = share[k]
            for j in range(lists):
                weight[k] *= chance[k, j] if patterns[row, j] else 1.0 - chance[k, j]
        drawn = _multinomial(counts[row], weight, rng)
        for k in range(classes):
            if drawn[k]:
                people[k] += drawn[k]
                for j in range(lists):
                    on[k, j] += drawn[k] * patterns[row, j]
    return people, on


@njit(cache=True, nogil=True, error_model="numpy")
def _multinomial(n, weight, rng):  # type: ignore[no-untyped-def]
    """Draw how many of n fall in each class, with chances in proportion to weight."""
    drawn, left = np.zeros(len(weight), np.int64), weight.sum()
    for k in range(len(weight) - 1):
        if n == 0:
            return drawn
        part = min(1.0, weight[k] / left) if left > 0.0 else 0.0
        drawn[k] = rng.binomial(n, part)
        n -= drawn[k]
        left -= weight[k]
    drawn[-1] = n
    return drawn


@njit(cache=True, nogil=True, error_model="numpy")
def _missed_by_all(chance):  # type: ignore[no-untyped-def]
    """Return the chance of each class to be on no list."""
    missed = np.ones(len(chance))
    for k in range(len(chance)):
        for j in range(chance.shape[1]):
            missed[k] *= 1.0 - chance[k, j]
    return missed


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_unseen(people, log_share, chance, prior, rng):  # type: ignore[no-untyped-def]
    """Steps 5 and 6: draw how many were not seen, and add them to the people of the classes."""
    weight = np.exp(log_share) * _missed_by_all(chance)
    missed = weight.sum()
    mean = rng.gamma(people.sum() + prior[2], 1.0) * missed / (1.0 + prior[3] - missed)
    unseen = rng.poisson(mean)  # a gamma mean: negative binomial
    people += _multinomial(unseen, weight, rng)
    return unseen


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_chances(chance, people, on, rng):  # type: ignore[no-untyped-def]
    """Step 2: draw the chances of the lists; the prior is uniform."""
    for k in range(chance.shape[0]):
        for j in range(chance.shape[1]):
            chance[k, j] = rng.beta(on[k, j] + 1.0, people[k] - on[k, j] + 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_shares(log_share, people, alpha, rng):  # type: ignore[no-untyped-def]
    """Step 3: break the stick; gamma draws of small shape are made on the log scale."""
    rest, log_rest = people.sum(), 0.0
    for k in range(len(log_share) - 1):
        rest -= people[k]
        first = np.log(rng.gamma(1.0 + people[k], 1.0))
        second = np.log(rng.gamma(1.0 + alpha + rest, 1.0)) + np.log1p(-rng.random()) / (alpha + rest)
        both = np.logaddexp(first, second)
        log_share[k] = log_rest + first - both
        log_rest += second - both
    log_share[-1] = log_rest


@njit(cache=True, nogil=True, error_model="numpy")
def _log_prior_of_shares(log_share, alpha):  # type: ignore[no-untyped-def]
    """Return the logarithm of the density of the shares, up to a constant: breaking sticks backwards.

    With R_k the part of the stick left before class k, it is share_K^(alpha - 1) / (R_1 ... R_{K-1}).
    """
    left, total = log_share[-1], (alpha - 1.0) * log_share[-1]
    for k in range(len(log_share) - 2, -1, -1):
        left = np.logaddexp(left, log_share[k])
        total -= left
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _swap_neighbours(log_share, chance, people, alpha, rng):  # type: ignore[no-untyped-def]
    """Ours: exchange two neighbouring classes with all they have; only the prior of the shares decides."""
    if len(log_share) == 1:
        return
    k = rng.integers(0, len(log_share) - 1)
    before = _log_prior_of_shares(log_share, alpha)
    log_share[k], log_share[k + 1] = log_share[k + 1], log_share[k]
    if np.log1p(-rng.random()) < _log_prior_of_shares(log_share, alpha) - before:
        people[k], people[k + 1] = people[k + 1], people[k]
        for j in range(chance.shape[1]):
            chance[k, j], chance[k + 1, j] = chance[k + 1, j], chance[k, j]
    else:
        log_share[k], log_share[k + 1] = log_share[k + 1], log_share[k]


@njit(cache=True, nogil=True, error_model="numpy")
def _shift_capture(log_share, chance, alpha, people, on, prior, rng):  # type: ignore[no-untyped-def]
    """Ours: lower all chances of a class and raise its share; as many of it are expected to be seen.

    People not seen are summed out (they are drawn next). The odds of all chances of the class are multiplied
    by exp(step); its share is multiplied by `grow`, and all shares are divided by their sum. The likelihood
    is prod share^people chance^on (1 - chance)^(people - on) / (rate + seen)^(n + shape), `seen` the chance
    to be on a list; the change of volume is prod chance (1 - chance) after / before, times grow /
    sum^classes.
    """
    classes, lists = chance.shape
    n = people.sum()
    new, proposed = np.empty(lists), np.empty(classes)
    missed = _missed_by_all(chance)
    for k in rng.integers(0, classes, SHIFTS):
        factor = np.exp(SMALLEST ** rng.random() * rng.normal(0.0, 1.0))  # small steps for large data
        log_ratio, new_missed = 0.0, 1.0
        for j in range(lists):
            new[j] = factor * chance[k, j] / (1.0 - chance[k, j] + factor * chance[k, j])
            new_missed *= 1.0 - new[j]
            log_ratio += (on[k, j] + 1.0) * np.log(new[j] / chance[k, j])
            log_ratio += (people[k] - on[k, j] + 1.0) * np.log((1.0 - new[j]) / (1.0 - chance[k, j]))
        log_grow = np.log((1.0 - missed[k]) / (1.0 - new_missed))
        log_sum = np.log1p(np.exp(log_share[k]) * (np.exp(log_grow) - 1.0))
        for h in range(classes):
            proposed[h] = log_share[h] - log_sum
        proposed[k] += log_grow
        seen = np.sum(np.exp(log_share) * (1.0 - missed))
        log_ratio += people[k] * log_grow - n * log_sum + log_grow - classes * log_sum
        log_ratio -= (n + prior[2]) * np.log((prior[3] + seen * np.exp(-log_sum)) / (prior[3] + seen))
        log_ratio += _log_prior_of_shares(proposed, alpha) - _log_prior_of_shares(log_share, alpha)
        if np.log1p(-rng.random()) < log_ratio:
            log_share[:] = proposed
            chance[k] = new
            missed[k] = new_missed
