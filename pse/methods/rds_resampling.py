"""Draws of shares of a respondent-driven sample: three bootstraps, all groups at once.

Sources
-------
Salganik MJ. Journal of Urban Health 2006;83(S1):98-112. Tree: Baraff AJ, McCormick TH, Raftery AE. PNAS
2016;113:14668-14673. Successive sampling: Gile KJ. JASA 2011;106:135-146.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pse.methods.rds import RdsSample
from pse.methods.rds_hcg import fit_ties
from pse.methods.rds_inclusion import people_each, successive_weights, timed_population
from pse.methods.rds_problems import NOBODY
from pse.methods.rds_transitions import long_run_shares
from pse.methods.refusal import NoEstimateError

__all__ = ["gile_draws", "recruit_again", "salganik_draws", "tree_draws"]

CELLS = 2_000_000  # numbers held at once
LEAK = 1e-9


def salganik_draws(
    sample: RdsSample,
    code: np.ndarray,
    *,
    groups: int,
    by_group: bool,
    replicates: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return shares of chains of people, each drawn from all whom the last one's group recruited.

    Parameters
    ----------
    code : numpy.ndarray of int, shape (people,)
        Group of each respondent.
    by_group : bool
        Whether the shares are those of RDS-I (from recruitments) instead of RDS-II.

    Returns
    -------
    numpy.ndarray, shape (replicates, groups)

    Raises
    ------
    NoEstimateError
        If a group recruited nobody: its people would have no successor. If nobody of a group was recruited:
        no chain would come to it.
    """
    by = np.where(sample.recruiter == NOBODY, groups, code[sample.recruiter])
    recruited = [np.flatnonzero(by == group) for group in range(groups)]
    sizes = np.array([len(rows) for rows in recruited])
    if (sizes == 0).any():
        raise NoEstimateError(
            "every group must have recruited somebody for Salganik's bootstrap; got one that recruited "
            "nobody. Use the tree bootstrap."
        )
    if len(np.unique(code[sample.recruiter != NOBODY])) < groups:
        raise NoEstimateError(
            "every group must have been recruited by somebody for Salganik's bootstrap; got one with seeds "
            "only. Use the tree bootstrap."
        )
    pool, start = np.concatenate(recruited), np.concatenate([[0], np.cumsum(sizes)[:-1]])
    chain = np.empty((len(sample), replicates), dtype=np.int64)
    chain[0] = rng.integers(len(sample), size=replicates)
    for step in range(1, len(sample)):
        group = code[chain[step - 1]]
        chain[step] = pool[start[group] + (rng.random(replicates) * sizes[group]).astype(np.int64)]
    replicate = np.broadcast_to(np.arange(replicates), chain.shape)
    if not by_group:
        return _weighted(replicate, code[chain], 1 / sample.degree[chain], replicates, groups)
    pairs = (replicate[1:], code[chain[:-1]], code[chain[1:]])
    return _by_recruitment(pairs, replicate, code[chain], sample.degree[chain], replicates, groups)


def tree_draws(
    sample: RdsSample,
    code: np.ndarray,
    *,
    groups: int,
    weights: np.ndarray | None,
    replicates: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return shares of resampled trees: seeds drawn again, then the recruits of each, wave by wave.

    Parameters
    ----------
    code : numpy.ndarray of int, shape (people,)
        Group of each respondent.
    weights : numpy.ndarray or None, shape (people,)
        The weights, kept by whoever is drawn; None for RDS-I, made again for each resample.

    Returns
    -------
    numpy.ndarray, shape (replicates, groups)
    """
    parts = [
        _one_batch_of_trees(sample, code, groups, weights, size, rng)
        for size in _batches(replicates, len(sample))
    ]
    return np.concatenate(parts)


def gile_draws(
    sample: RdsSample,
    code: np.ndarray,
    *,
    groups: int,
    population: float,
    replicates: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return SS shares of samples recruited anew from the population that the SS weights describe.

    The population has the estimated number of people of each group and degree. A resample has the tree of the
    sample: seeds are drawn in proportion to degree; a recruit's group depends on the recruiter's and on whom
    each group has left (`rds_hcg.py`), and the recruit is drawn from it in proportion to degree, without
    replacement. The weights are estimated again for each resample.

    Notes
    -----
    Gile (2011) takes ties between groups from the recruitments, too; that they are the most likely ones,
    that resamples keep the tree, and that their weights are those of `timed_population`, are ours.

    Returns
    -------
    numpy.ndarray, shape (replicates, groups)
    """
    degree, place = np.unique(sample.degree, return_inverse=True)
    sampled = np.zeros((groups, len(degree)))
    np.add.at(sampled, (code, place), 1)
    weight = successive_weights(degree, sampled.sum(axis=0), population)
    people = _whole(sampled * weight, round(population))
    ties = fit_ties(sample, code, half_ties=people @ degree)
    parts = []
    for size in _batches(replicates, max(2 * len(sample), people.size)):
        counts = recruit_again(sample, degree, people, ties, size, rng)
        met = counts.sum(axis=1)
        weight = people_each(timed_population(degree, met, population), met)
        parts.append((counts * weight[:, None]).sum(axis=2) / population)
    return np.concatenate(parts)


def _one_batch_of_trees(
    sample: RdsSample,
    code: np.ndarray,
    groups: int,
    weights: np.ndarray | None,
    replicates: int,
    rng: np.random.Generator,
) -> np.ndarray:
    recruits, seeds = sample.recruits, sample.seeds
    children = np.argsort(sample.recruiter, kind="stable")[len(seeds) :]
    first = np.cumsum(recruits) - recruits
    row = rng.choice(seeds, size=replicates * len(seeds))
    replicate = np.repeat(np.arange(replicates), len(seeds))
    rows, replicates_of, parents = [row], [replicate], [np.full(len(row), NOBODY)]
    while recruits[row].any():
        parent = np.repeat(row, recruits[row])
        replicate = np.repeat(replicate, recruits[row])
        row = children[first[parent] + (rng.random(len(parent)) * recruits[parent]).astype(np.int64)]
        rows.append(row)
        replicates_of.append(replicate)
        parents.append(parent)
    row, replicate, parent = np.concatenate(rows), np.concatenate(replicates_of), np.concatenate(parents)
    if weights is not None:
        return _weighted(replicate, code[row], weights[row], replicates, groups)
    later = parent != NOBODY
    pairs = (replicate[later], code[parent[later]], code[row[later]])
    return _by_recruitment(pairs, replicate, code[row], sample.degree[row], replicates, groups)


def _weighted(
    replicate: np.ndarray, group: np.ndarray, weight: np.ndarray, replicates: int, groups: int
) -> np.ndarray:
    """Return the weighted share of each group in each replicate."""
    cell = (replicate * groups + group).ravel()
    sums = np.bincount(cell, weights=weight.ravel(), minlength=replicates * groups)
    sums = sums.reshape(replicates, groups)
    return np.asarray(sums / sums.sum(axis=1, keepdims=True))


def _by_recruitment(
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
    replicate: np.ndarray,
    group: np.ndarray,
    degree: np.ndarray,
    replicates: int,
    groups: int,
) -> np.ndarray:
    """Return the RDS-I share of each group in each replicate; `pairs` are replicate, recruiter, recruit.

    A group that recruited nobody in a resample is followed by groups as they stand in it; between groups that
    never recruited from each other there is a leak of `LEAK` of the same kind, so that shares exist.
    """
    of, giver, taker = (part.ravel() for part in pairs)
    counts = np.bincount((of * groups + giver) * groups + taker, minlength=replicates * groups * groups)
    table = counts.reshape(replicates, groups, groups).astype(float)
    made = table.sum(axis=2, keepdims=True)
    cell = (replicate * groups + group).ravel()
    people = np.bincount(cell, minlength=replicates * groups).reshape(replicates, groups)
    any_group = (people / people.sum(axis=1, keepdims=True))[:, None, :]
    chance = np.where(made > 0, table / np.maximum(made, 1), any_group)
    chance = (1 - LEAK) * chance + LEAK * any_group
    inverse = np.bincount(cell, weights=1 / degree.ravel(), minlength=replicates * groups)
    raw = long_run_shares(chance) * inverse.reshape(replicates, groups) / np.maximum(people, 1)
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def recruit_again(
    sample: RdsSample,
    degree: np.ndarray,
    people: np.ndarray,
    ties: np.ndarray,
    replicates: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return people of resamples by group and degree, shape (replicates, groups, degrees)."""
    from pse.methods.rds_kernels import recruit  # not above: numba takes a second to load

    position = np.full(len(sample) + 1, NOBODY)  # the last one is NOBODY's
    position[sample.order] = np.arange(len(sample))
    uniform = rng.random((replicates, len(sample), 2))
    counts = np.empty((replicates, *people.shape))
    recruit(position[sample.recruiter[sample.order]], degree, people, ties, uniform, counts)
    return counts


def _whole(people: np.ndarray, total: int) -> np.ndarray:
    """Round so that the sum is `total`: those with the largest remainders are rounded up."""
    floor = np.floor(people).astype(np.int64)
    remainder = (people - floor).ravel()
    up = np.argsort(-remainder, kind="stable")[: max(total - int(floor.sum()), 0)]
    floor.ravel()[up] += 1
    return floor


def _batches(replicates: int, width: int) -> Iterator[int]:
    most = max(1, CELLS // width)
    for first in range(0, replicates, most):
        yield min(most, replicates - first)
