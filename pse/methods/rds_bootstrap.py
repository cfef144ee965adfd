"""Shares from a respondent-driven sample with their bootstrap errors, also as `Share` for multipliers.

Which bootstrap: Salganik's takes recruits as a chain and knows likeness within one trait only; the tree
bootstrap knows the likeness of all whom one person brought, for any trait, and its intervals are wide; Gile's
knows that nobody is asked twice, and needs a population size. docs/coverage_rds.md shows how often each holds
the truth.

Sources: see `rds_resampling.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from pse import checks
from pse.methods.rds import RdsSample, trait_codes
from pse.methods.rds_resampling import gile_draws, salganik_draws, tree_draws
from pse.methods.rds_shares import rds_shares
from pse.methods.rds_weights import RdsWeights, check_weights, rds_weights
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import FEWEST_DRAWS, Share, share_from_draws, t_quantile

__all__ = ["Bootstrap", "bootstrap_shares", "rds_intervals", "rds_share"]

Bootstrap = Literal["salganik", "tree", "gile"]
FITS: dict[str, tuple[str, ...]] = {
    "salganik": ("RDS-I", "RDS-I (DS)", "RDS-II"),
    "tree": get_args(RdsWeights),
    "gile": ("SS",),
}
"""Weights that each bootstrap is for."""


def bootstrap_shares(
    sample: RdsSample,
    trait: str,
    *,
    how: RdsWeights,
    bootstrap: Bootstrap,
    population: float | None = None,
    replicates: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return draws of the share of each value of a trait.

    Parameters
    ----------
    sample : RdsSample
    trait : str
        Column; each different value is a group.
    how, population
        As in `rds_weights`.
    bootstrap : {"salganik", "tree", "gile"}
        "salganik" for RDS-I and RDS-II; "gile" for SS; "tree" for all. In the tree bootstrap RDS-I is made
        again for each resample, other weights are kept by whoever is drawn.
    replicates : int
        At least 100.
    rng : numpy.random.Generator

    Returns
    -------
    pandas.DataFrame, shape (replicates, values)

    Raises
    ------
    ValueError
        If the bootstrap is not one for these weights, or as `rds_weights`.
    NoEstimateError
        As `rds_weights`; with "salganik" also if a group recruited nobody.

    Examples
    --------
    >>> from pse.methods.rds import rds_sample
    >>> table = pd.DataFrame({"id": range(7), "by": ["", 0, 0, 1, 1, 2, 2], "degree": [5, 3, 8, 2, 4, 6, 3]})
    >>> table["hiv"] = [0, 1, 0, 1, 0, 0, 1]
    >>> sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    >>> rng = np.random.default_rng(1)
    >>> bootstrap_shares(sample, "hiv", how="RDS-II", bootstrap="tree", replicates=100, rng=rng).shape
    (100, 2)
    """
    check_weights(sample, how=how, trait=trait, population=population)
    checks.one_of(bootstrap, get_args(Bootstrap), name="bootstrap")
    checks.one_of(how, FITS[bootstrap], name=f"how with the {bootstrap} bootstrap")
    checks.count(replicates=replicates, at_least=FEWEST_DRAWS)
    values, code = trait_codes(sample, trait)
    groups, by_group = len(values), how in ("RDS-I", "RDS-I (DS)")
    if bootstrap == "salganik":
        draws = salganik_draws(sample, code, groups=groups, by_group=by_group, replicates=replicates, rng=rng)
    elif bootstrap == "gile":
        draws = gile_draws(
            sample, code, groups=groups, population=population or 0.0, replicates=replicates, rng=rng
        )
    else:
        kept = None if by_group else rds_weights(sample, how=how, trait=trait, population=population)
        draws = tree_draws(sample, code, groups=groups, weights=kept, replicates=replicates, rng=rng)
    return pd.DataFrame(draws, columns=values)


def rds_share(
    sample: RdsSample,
    trait: str,
    value: str,
    *,
    how: RdsWeights,
    bootstrap: Bootstrap,
    population: float | None = None,
    replicates: int,
    rng: np.random.Generator,
) -> Share:
    """Return the share of the KP with one value of a trait, with its bootstrap draws.

    The result goes to `multiplier`, `people_in_need` and all else that takes a `Share`.

    Parameters
    ----------
    value : str
        The value, as in the table: ``"1"``, ``"yes"``.
    sample, trait, how, bootstrap, population, replicates, rng
        As in `bootstrap_shares`.

    Raises
    ------
    NoEstimateError
        If nobody of the sample has the value, or everybody: the bootstrap has no error then.
    ValueError
        As `bootstrap_shares`.

    Examples
    --------
    >>> from pse.methods.multiplier import multiplier
    >>> from pse.methods.rds import rds_sample
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame({"id": range(1, 64), "by": ["", *(row // 2 for row in range(2, 64))]})
    >>> table["degree"], table["clinic"] = rng.integers(2, 12, size=63), rng.integers(0, 2, size=63)
    >>> sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    >>> share = rds_share(
    ...     sample, "clinic", "1", how="RDS-II", bootstrap="tree", replicates=500, rng=rng
    ... )
    >>> multiplier(count=120, share=share, kind="service", how="bootstrap", replicates=500, rng=rng).kind
    '95% confidence'
    """
    values, code = trait_codes(sample, trait)
    holders = int((code == values.index(str(value))).sum()) if str(value) in values else 0
    if holders in (0, len(sample)):
        who = "everybody" if holders else "nobody"
        raise NoEstimateError(
            f"some of the sample, not all, must have the value of {trait} for a bootstrap; got {who}. "
            "Count them: counted_share gives at least the limit of a simple sample."
        )
    draws = bootstrap_shares(
        sample, trait, how=how, bootstrap=bootstrap, population=population, replicates=replicates, rng=rng
    )
    point = float(rds_shares(sample, trait, how=how, population=population)[str(value)])
    share = share_from_draws(draws[str(value)].to_numpy(), point=point)
    return replace(share, method=f"RDS share ({how}, {bootstrap} bootstrap)", holders=holders)


def rds_intervals(
    sample: RdsSample,
    trait: str,
    *,
    how: RdsWeights,
    bootstrap: Bootstrap,
    interval: Literal["normal", "percentile"],
    population: float | None = None,
    level: float = 0.95,
    replicates: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the share of every value of a trait with its interval.

    Parameters
    ----------
    interval : {"normal", "percentile"}
        "normal": the share and a multiple of the bootstrap error, cut at 0 and 1. "percentile": quantiles of
        the draws, widened to hold the share where they do not.
    level : float
        Probability of the interval.
    sample, trait, how, bootstrap, population, replicates, rng
        As in `bootstrap_shares`.

    Returns
    -------
    pandas.DataFrame
        By value: `point`, `lower`, `upper`, `error`, `design_effect` (variance over that of a simple sample
        as large, without replacement where the population is given), `people` (of the sample).

    Raises
    ------
    ValueError, NoEstimateError
        As `bootstrap_shares`.
    """
    checks.one_of(interval, ("normal", "percentile"), name="interval")
    z = t_quantile(np.inf, level=level)
    draws = bootstrap_shares(
        sample, trait, how=how, bootstrap=bootstrap, population=population, replicates=replicates, rng=rng
    )
    values, code = trait_codes(sample, trait)
    point = rds_shares(sample, trait, how=how, population=population).to_numpy()
    error = draws.std(ddof=1).to_numpy()
    lower, upper = point - z * error, point + z * error
    if interval == "percentile":
        tail = (1 - level) / 2
        low, high = np.quantile(draws.to_numpy(), [tail, 1 - tail], axis=0)
        lower, upper = np.minimum(low, point), np.maximum(high, point)
    return pd.DataFrame(
        {
            "point": point,
            "lower": np.clip(lower, 0, 1),
            "upper": np.clip(upper, 0, 1),
            "error": error,
            "design_effect": _design_effect(point, error, asked=len(sample), population=population),
            "people": np.bincount(code),
        },
        index=pd.Index(values, name=trait),
    )


def _design_effect(
    point: np.ndarray, error: np.ndarray, *, asked: int, population: float | None
) -> np.ndarray:
    part = 1.0 if population is None else (population - asked) / (population - 1)
    simple = point * (1 - point) / asked * part
    return np.divide(error**2, simple, out=np.full(len(point), np.nan), where=simple > 0)
