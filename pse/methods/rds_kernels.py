"""Compiled recruitment of resamples: who comes next, by group and degree, without replacement."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["recruit"]


@njit(cache=True, error_model="numpy")
def place_of(target: float, shares: np.ndarray) -> int:
    """Return the place where the running sum of shares first exceeds the target; else the last above 0."""
    running = 0.0
    for place in range(len(shares)):
        running += shares[place]
        if running > target:
            return place
    place = len(shares) - 1  # rounding: the target is all there is
    while place > 0 and shares[place] <= 0:
        place -= 1
    return place


@njit(cache=True, error_model="numpy")
def recruit(
    recruiter: np.ndarray,
    degree: np.ndarray,
    people: np.ndarray,
    ties: np.ndarray,
    uniform: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Fill counts (replicates, groups, degrees) with the people of resamples; arguments as `recruit_again`.

    recruiter (steps,): the step at which the recruiter came, -1 for a seed. people (groups, degrees): whole.
    uniform (replicates, steps, 2): chances in [0, 1) for the group and for the degree.
    """
    steps, groups = len(recruiter), len(people)
    seeds, chance, group_at = ties.sum(axis=1), np.empty(groups), np.empty(steps, np.int64)
    half_ties = people * degree
    whole = half_ties.sum(axis=1)
    for replicate in range(len(counts)):
        counts[replicate] = 0
        left, open_ties, total = people.sum(axis=1), half_ties.copy(), whole.copy()
        for step in range(steps):
            wanted = seeds if recruiter[step] < 0 else ties[group_at[recruiter[step]]]
            for g in range(groups):
                chance[g] = wanted[g] * total[g] / whole[g] if left[g] else 0.0
            g = place_of(uniform[replicate, step, 0] * chance.sum(), chance)
            d = place_of(uniform[replicate, step, 1] * total[g], open_ties[g])
            group_at[step] = g
            counts[replicate, g, d] += 1
            left[g] -= 1
            total[g] -= degree[d]
            open_ties[g, d] = (people[g, d] - counts[replicate, g, d]) * degree[d]
