"""Recruitment between groups of a finite population: the homophily configuration graph.

People of group g and degree k have k half-ties each, which are paired at random but for the groups:
`ties[g, h]` is the part of all half-ties that lead from g to h, symmetric, its rows adding up to the part of
g. Someone of group g recruits from group h with a chance in proportion to ties[g, h] times the part of the
half-ties of h that belong to people not yet in the sample, then a person of h not in the sample in proportion
to degree.

Sources
-------
Fellows IE. Respondent-driven sampling and the homophily configuration graph. Statistics in Medicine
2019;38:131-150. The chances are simulated there; here the expected course of the sample is followed instead
(groups in expectation, the true tree and order), and within groups `successive_inclusion` is used: ours.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize

from pse.methods.rds import RdsSample
from pse.methods.rds_inclusion import people_behind, successive_inclusion, successive_weights
from pse.methods.rds_problems import NOBODY
from pse.methods.refusal import NoEstimateError

__all__ = ["expected_course", "fit_ties", "homophily_weights", "pair_ties"]

MOST_ROUNDS = 300
CLOSE = 1e-7
MOST_LOG = 8.0  # between groups that never recruit from each other, ties are this much rarer on the log scale


def homophily_weights(sample: RdsSample, code: np.ndarray, *, groups: int, population: float) -> np.ndarray:
    """Return the HCG weights of respondents, adding up to `population`.

    Parameters
    ----------
    code : numpy.ndarray of int, shape (people,)
        Group of each respondent.
    groups : int
    population : float
        People of the KP.

    Raises
    ------
    NoEstimateError
        If the weights do not settle.
    """
    degree, place = np.unique(sample.degree, return_inverse=True)
    sampled = np.zeros((groups, len(degree)))
    np.add.at(sampled, (code, place), 1)
    ties = None
    people, last = sampled * successive_weights(degree, sampled.sum(axis=0), population), np.inf
    for _ in range(MOST_ROUNDS):
        ties = fit_ties(sample, code, half_ties=people @ degree, start=ties)
        drawn = expected_course(sample, code, degree, people, ties, known_seeds=True)
        chance = successive_inclusion(degree, people, drawn)
        new = people_behind(sampled.ravel(), chance.ravel(), population).reshape(people.shape)
        moved = np.abs(new - people).max() / population
        people = new if moved < last / 2 else (people + new) / 2
        if moved < CLOSE:
            return np.asarray((people / np.maximum(sampled, 1))[code, place])
        last = moved
    raise NoEstimateError(
        "HCG weights must settle; got none that do. Are groups hardly linked by recruitment? Use SS."
    )


def fit_ties(
    sample: RdsSample, code: np.ndarray, *, half_ties: np.ndarray, start: np.ndarray | None = None
) -> np.ndarray:
    """Return the parts of half-ties between groups under which the recruitments are most likely.

    Parameters
    ----------
    code : numpy.ndarray of int, shape (people,)
        Group of each respondent.
    half_ties : numpy.ndarray, shape (groups,)
        Sum of the degrees of each group in the population.
    start : numpy.ndarray, shape (groups, groups), optional
        Ties that are near the answer, to be quick; without homophily by default.

    Returns
    -------
    numpy.ndarray, shape (groups, groups)
        Symmetric, adding up to 1; rows add up to the part of each group.
    """
    groups = len(half_ties)
    share = half_ties / half_ties.sum()
    if groups == 1:
        return np.ones((1, 1))
    giver, taker, left = _events(sample, code, half_ties)
    upper = np.triu_indices(groups, 1)

    def unlikely(logs: np.ndarray) -> float:
        chance = pair_ties(share, logs)[giver] * left
        taken = chance[np.arange(len(taker)), taker] / chance.sum(axis=1)
        return -float(np.log(np.maximum(taken, 1e-300)).sum())

    first = np.zeros(len(upper[0]))
    if start is not None:
        own = np.sqrt(np.diag(start))
        first = np.clip(np.log(start / own / own[:, None]), -MOST_LOG, MOST_LOG)[upper]
    found = optimize.minimize(unlikely, first, method="L-BFGS-B", bounds=[(-MOST_LOG, MOST_LOG)] * len(first))
    return pair_ties(share, found.x)


def pair_ties(share: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """Return the parts of half-ties between groups with given rows and log odds off the diagonal.

    Parameters
    ----------
    share : numpy.ndarray, shape (groups,)
        Part of all half-ties that each group has.
    logs : numpy.ndarray, shape (groups * (groups - 1) / 2,)
        How much likelier than within groups ties between two groups are, on the log scale; 0 for no
        homophily. Upper triangle, row by row.

    Examples
    --------
    >>> pair_ties(np.array([0.5, 0.5]), np.array([0.0]))
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    groups = len(share)
    kernel = np.ones((groups, groups))
    upper = np.triu_indices(groups, 1)
    kernel[upper] = np.exp(logs)
    kernel.T[upper] = kernel[upper]
    logs_of_scale = np.log(share)
    for _ in range(200):  # Newton's steps to the lowest point of a convex function: rows of the scaled kernel
        scale = np.exp(logs_of_scale)
        ties = scale[:, None] * kernel * scale
        rows = ties.sum(axis=1)
        if np.abs(rows - share).max() < 1e-13:
            break
        step = np.linalg.solve(np.diag(rows) + ties + 1e-15 * np.eye(groups), rows - share)
        logs_of_scale = logs_of_scale - np.clip(step, -1, 1)
    return np.asarray(ties)


def _events(
    sample: RdsSample, code: np.ndarray, half_ties: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return groups of recruiter and recruit, and what was left of each group's half-ties just before."""
    ordered = sample.order
    taken = np.zeros((len(sample), len(half_ties)))
    taken[np.arange(len(sample)), code[ordered]] = sample.degree[ordered]
    before = np.cumsum(taken, axis=0) - taken
    left = np.maximum(1 - before / half_ties, 1e-9)
    recruit = sample.recruiter[ordered] != NOBODY
    rows = ordered[recruit]
    return code[sample.recruiter[rows]], code[rows], left[recruit]


def expected_course(
    sample: RdsSample,
    code: np.ndarray,
    degree: np.ndarray,
    people: np.ndarray,
    ties: np.ndarray,
    *,
    known_seeds: bool,
) -> np.ndarray:
    """Return how many people of each group a sample with this tree is expected to hold.

    Parameters
    ----------
    code : numpy.ndarray of int, shape (people of the sample,)
        Group of each respondent; only that of seeds counts.
    degree : numpy.ndarray, shape (degrees,)
    people : numpy.ndarray, shape (groups, degrees)
        People of the population.
    ties : numpy.ndarray, shape (groups, groups)
        From `fit_ties`.
    known_seeds : bool
        Whether the seeds have the groups of the sample; else they are drawn in proportion to degree.

    Returns
    -------
    numpy.ndarray, shape (groups,)
    """
    grids = [_left_by_drawn(degree, row) for row in people]
    groups, most = len(people), people.sum(axis=1)
    member = np.zeros((len(sample), groups))
    drawn = np.zeros(groups)
    for row in sample.order:
        recruiter = sample.recruiter[row]
        left = [np.interp(drawn[g], *grids[g]) for g in range(groups)]
        if recruiter == NOBODY and known_seeds:
            member[row, code[row]] = 1.0
        elif recruiter == NOBODY:
            member[row] = ties.sum(axis=1) * left / (ties.sum(axis=1) @ left)
        else:
            chance = ties * left
            member[row] = member[recruiter] @ (chance / chance.sum(axis=1, keepdims=True))
        drawn = np.minimum(drawn + member[row], most)
    return drawn


def _left_by_drawn(degree: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of people drawn from a group, rising, and the part of its half-ties left then."""
    time = np.concatenate([[0.0], np.geomspace(1e-6, 50.0, 400)]) / degree.min()
    away = np.exp(-np.outer(time, degree))
    return (1 - away) @ people, (away @ (people * degree)) / (people @ degree)
