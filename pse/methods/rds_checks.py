"""Did a respondent-driven sample forget its seeds? Estimates as the sample grew, in all and by chain.

Source: Gile KJ, Johnston LG, Salganik MJ. Diagnostics for respondent-driven sampling. Journal of the Royal
Statistical Society A 2015;178:241-269 (convergence plots, bottleneck plots).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pse.methods.rds import RdsSample
from pse.methods.rds_problems import NOBODY
from pse.methods.rds_shares import group_members

__all__ = ["bottleneck_paths", "convergence_path", "settled_since", "tree_places"]


def convergence_path(sample: RdsSample, trait: str, value: str) -> pd.DataFrame:
    """Return the RDS-II share after each recruitment.

    Parameters
    ----------
    sample : RdsSample
    trait, value : str
        The share is that of people with this value.

    Returns
    -------
    pandas.DataFrame
        One row for each person in the order of recruitment: `people` so far, `share`, `wave` of that person.

    Raises
    ------
    NoEstimateError
        If nobody has the value, or everybody.

    Examples
    --------
    >>> from pse.methods.rds import rds_sample
    >>> table = pd.DataFrame({"id": [1, 2, 3], "by": ["", 1, 1], "degree": [2, 4, 4], "hiv": [1, 0, 0]})
    >>> sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    >>> convergence_path(sample, "hiv", "1")["share"].round(3).tolist()
    [1.0, 0.667, 0.5]
    """
    path = _running(sample, group_members(sample, trait, value), sample.order)
    return path.assign(wave=sample.wave[sample.order])


def bottleneck_paths(sample: RdsSample, trait: str, value: str) -> pd.DataFrame:
    """Return the RDS-II share after each recruitment within each chain, one chain for each seed.

    Chains that stay apart tell of parts of the KP between which people hardly recruit.

    Returns
    -------
    pandas.DataFrame
        `chain` (1, 2, ... from the largest), `people` of the chain so far, `share`. No identifier.

    Raises
    ------
    NoEstimateError
        If nobody has the value, or everybody.
    """
    inside = group_members(sample, trait, value)
    sizes = pd.Series(sample.tree).value_counts(sort=False).sort_values(ascending=False, kind="stable")
    parts = []
    for number, root in enumerate(sizes.index, start=1):
        rows = sample.order[sample.tree[sample.order] == root]
        parts.append(_running(sample, inside, rows).assign(chain=number))
    return pd.concat(parts, ignore_index=True)[["chain", "people", "share"]]


def settled_since(path: pd.DataFrame, *, within: float) -> int:
    """Return after how many people the share last came within a distance of its final value, to stay there.

    Parameters
    ----------
    path : pandas.DataFrame
        From `convergence_path`.
    within : float
        The distance, such as 0.02: a published rule for equilibrium.

    Notes
    -----
    Heckathorn (1997) takes 2% for the composition of waves. A path that stays near its last value has few
    people after it by construction: a late number is a warning, an early one no proof.

    Examples
    --------
    >>> settled_since(pd.DataFrame({"people": [1, 2, 3, 4], "share": [1.0, 0.4, 0.52, 0.5]}), within=0.05)
    3
    """
    away = np.flatnonzero(np.abs(path["share"] - path["share"].iloc[-1]).to_numpy() > within)
    return int(path["people"].iloc[away[-1] + 1]) if len(away) else int(path["people"].iloc[0])


def tree_places(sample: RdsSample) -> pd.DataFrame:
    """Return where each person stands in a drawing of the recruitment trees.

    Returns
    -------
    pandas.DataFrame
        One row for each person, in the order of the table: `across` (leaves side by side, recruiters over the
        middle of their recruits, chains from the largest to the smallest), `wave`, `recruiter` (row, -1 for
        seeds).

    Examples
    --------
    >>> from pse.methods.rds import rds_sample
    >>> table = pd.DataFrame({"id": [1, 2, 3], "by": ["", 1, 1], "degree": [2, 4, 4]})
    >>> tree_places(rds_sample(table, id="id", recruiter="by", degree="degree", seed=""))["across"].tolist()
    [0.5, 0.0, 1.0]
    """
    children: dict[int, list[int]] = {}
    for row in sample.order:
        children.setdefault(int(sample.recruiter[row]), []).append(int(row))
    sizes = np.bincount(sample.tree, minlength=len(sample))
    across = np.zeros(len(sample))
    leaves = 0
    waiting = [(row, False) for row in sorted(children[NOBODY], key=lambda seed: sizes[seed])]
    while waiting:
        row, below_done = waiting.pop()
        recruits = children.get(row, [])
        if not recruits:
            across[row] = leaves
            leaves += 1
        elif below_done:
            across[row] = (across[recruits[0]] + across[recruits[-1]]) / 2
        else:
            waiting.append((row, True))
            waiting += [(recruit, False) for recruit in reversed(recruits)]
    return pd.DataFrame({"across": across, "wave": sample.wave, "recruiter": sample.recruiter})


def _running(sample: RdsSample, inside: np.ndarray, rows: np.ndarray) -> pd.DataFrame:
    weight = 1 / sample.degree[rows]
    share = np.cumsum(weight * inside[rows]) / np.cumsum(weight)
    return pd.DataFrame({"people": np.arange(1, len(rows) + 1), "share": share})
