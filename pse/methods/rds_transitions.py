"""Who recruited whom by trait: recruitments, their long-run shares, degrees, homophily.

Sources
-------
Heckathorn DD. Social Problems 2002;49:11-34 (equilibrium, data smoothing, homophily). Salganik MJ, Heckathorn
DD. Sociological Methodology 2004;34:193-239 (degrees, RDS-I). Gile KJ, Handcock MS. Sociological Methodology
2010;40:285-327 (population homophily).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pse.methods.rds import RdsSample, trait_codes
from pse.methods.rds_problems import NOBODY
from pse.methods.refusal import NoEstimateError

__all__ = [
    "equilibrium",
    "group_degrees",
    "group_homophily",
    "harmonic_degrees",
    "long_run_shares",
    "recruitment_homophily",
    "smoothed_transitions",
    "transition_counts",
    "transitions",
]


def transitions(sample: RdsSample, trait: str) -> pd.DataFrame:
    """Return how often people with each value (rows) recruited people with each value (columns).

    Examples
    --------
    >>> table = pd.DataFrame({"id": [1, 2, 3], "by": ["", 1, 1], "degree": [5, 3, 8], "hiv": [0, 1, 0]})
    >>> from pse.methods.rds import rds_sample
    >>> transitions(rds_sample(table, id="id", recruiter="by", degree="degree", seed=""), "hiv").to_numpy()
    array([[1, 1],
           [0, 0]])
    """
    values, code = trait_codes(sample, trait)
    counts = transition_counts(code, sample.recruiter, groups=len(values))
    return pd.DataFrame(counts, index=pd.Index(values, name="recruiter"), columns=values)


def transition_counts(code: np.ndarray, recruiter: np.ndarray, *, groups: int) -> np.ndarray:
    """Return the counts of `transitions` from codes of groups, shape (groups, groups)."""
    recruit = np.flatnonzero(recruiter != NOBODY)
    cell = code[recruiter[recruit]] * groups + code[recruit]
    return np.bincount(cell, minlength=groups * groups).reshape(groups, groups)


def equilibrium(counts: pd.DataFrame | np.ndarray) -> np.ndarray:
    """Return the shares of groups among recruits in the long run, whoever the seeds were.

    Parameters
    ----------
    counts : pandas.DataFrame or numpy.ndarray, shape (groups, groups)
        Recruitments, recruiters in rows.

    Raises
    ------
    NoEstimateError
        If a group recruited nobody, or some group cannot be reached from another: there is no such share.

    Examples
    --------
    >>> equilibrium(np.array([[60, 20], [30, 10]]))
    array([0.75, 0.25])
    """
    table = np.asarray(counts, dtype=float)
    made = table.sum(axis=1)
    if (made == 0).any():
        raise NoEstimateError(
            "every group must have recruited somebody for RDS-I; got a group that recruited nobody. Join "
            "groups, or use RDS-II."
        )
    if not _all_reachable(table):
        raise NoEstimateError(
            "every group must be reached from every other by recruitment for RDS-I; got groups that are "
            "not. Estimate them as separate populations."
        )
    return long_run_shares(table / made[:, None])


def long_run_shares(chance: np.ndarray) -> np.ndarray:
    """Return the stationary shares of Markov chains, shape (..., groups), from (..., groups, groups)."""
    groups = chance.shape[-1]
    system = np.swapaxes(chance, -1, -2) - np.eye(groups)
    system[..., -1, :] = 1.0  # the shares add up to 1, instead of the last equation, which is redundant
    right = np.zeros((groups, 1))
    right[-1] = 1.0
    solved = np.linalg.solve(system, np.broadcast_to(right, (*system.shape[:-1], 1)))[..., 0]
    return np.asarray(np.clip(solved, 0.0, 1.0))


def smoothed_transitions(sample: RdsSample, trait: str) -> pd.DataFrame:
    """Return the recruitments after data smoothing: as many from x to y as from y to x.

    The counts are scaled so that every group makes as many as it gets (equilibrium), then averaged over both
    directions. RDS-I of the smoothed table is RDS-I of the raw one whatever the number of groups, because
    smoothing keeps the equilibrium; what changes are the cells, for homophily and preference.

    Raises
    ------
    NoEstimateError
        As `equilibrium`.
    """
    counts = transitions(sample, trait)
    share = equilibrium(counts)
    raw = counts.to_numpy(dtype=float)
    level = share[:, None] * raw / raw.sum(axis=1, keepdims=True) * raw.sum()
    return pd.DataFrame((level + level.T) / 2, index=counts.index, columns=counts.columns)


def group_degrees(sample: RdsSample, trait: str) -> pd.Series:
    """Return the estimated mean degree of each group in the population: the harmonic mean of the sample's.

    Examples
    --------
    >>> table = pd.DataFrame({"id": [1, 2, 3], "by": ["", 1, 1], "degree": [2, 6, 8], "hiv": [0, 0, 1]})
    >>> from pse.methods.rds import rds_sample
    >>> sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    >>> group_degrees(sample, "hiv").tolist()
    [3.0, 8.0]
    """
    values, code = trait_codes(sample, trait)
    return pd.Series(harmonic_degrees(code, sample.degree, groups=len(values)), index=values, name="degree")


def harmonic_degrees(code: np.ndarray, degree: np.ndarray, *, groups: int) -> np.ndarray:
    """Return the harmonic mean of the degrees of each group, shape (groups,)."""
    people = np.bincount(code, minlength=groups)
    return np.asarray(people / np.bincount(code, weights=1 / degree, minlength=groups))


def recruitment_homophily(counts: pd.DataFrame) -> float:
    """Return recruits of the recruiter's own group, over those expected if groups did not matter.

    Parameters
    ----------
    counts : pandas.DataFrame
        From `transitions`. 1 is none; above 1, people recruit their own kind.

    Raises
    ------
    NoEstimateError
        If nobody was recruited, or none would be expected.

    Examples
    --------
    >>> recruitment_homophily(pd.DataFrame([[30, 10], [10, 30]]))
    1.5
    """
    table = counts.to_numpy(dtype=float)
    total = table.sum()
    expected = float(table.sum(axis=1) @ table.sum(axis=0)) / total if total else 0.0
    if expected == 0:
        raise NoEstimateError(
            "recruits of the recruiter's own group must be possible for homophily; got none that could be."
        )
    return float(np.trace(table) / expected)


def group_homophily(sample: RdsSample, trait: str) -> pd.Series:
    """Return Heckathorn's homophily of each group, from the shares of RDS-I.

    With S the part of a group's recruits who are of the group and P its share of the KP: (S - P) / (1 - P)
    where S >= P, else (S - P) / P. 1: all ties are within the group; 0: ties ignore it; -1: none within.

    Raises
    ------
    NoEstimateError
        As `equilibrium`.
    """
    counts = transitions(sample, trait)
    raw = equilibrium(counts) / group_degrees(sample, trait).to_numpy()
    share = raw / raw.sum()
    own = np.diag(counts) / counts.sum(axis=1).to_numpy()
    return pd.Series(
        np.where(own >= share, (own - share) / (1 - share), (own - share) / share),
        index=counts.index,
        name="homophily",
    )


def _all_reachable(table: np.ndarray) -> bool:
    reach = (table > 0) | np.eye(len(table), dtype=bool)
    for _ in range(len(table)):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    return bool(reach.all())
