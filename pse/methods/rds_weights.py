"""Weights of respondent-driven samples: how many people of the KP each respondent stands for.

Sources
-------
RDS-I: Salganik MJ, Heckathorn DD. Sociological Methodology 2004;34:193-239; data smoothing: Heckathorn DD.
Social Problems 2002;49:11-34. RDS-II: Volz E, Heckathorn DD. Journal of Official Statistics 2008;24:79-97.
SS: Gile KJ. JASA 2011;106:135-146. HCG: Fellows IE. Statistics in Medicine 2019;38:131-150.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from pse import checks
from pse.methods.rds import RdsSample, trait_codes
from pse.methods.rds_hcg import homophily_weights
from pse.methods.rds_inclusion import successive_weights
from pse.methods.rds_transitions import equilibrium, harmonic_degrees, transition_counts

__all__ = ["RdsWeights", "check_weights", "rds_weights"]

RdsWeights = Literal["arithmetic", "RDS-I", "RDS-I (DS)", "RDS-II", "SS", "HCG"]
BY_TRAIT = ("RDS-I", "RDS-I (DS)", "HCG")
BY_POPULATION = ("SS", "HCG")


def rds_weights(
    sample: RdsSample, *, how: RdsWeights, trait: str | None = None, population: float | None = None
) -> np.ndarray:
    """Return the weight of each respondent.

    Parameters
    ----------
    sample : RdsSample
    how : {"arithmetic", "RDS-I", "RDS-I (DS)", "RDS-II", "SS", "HCG"}
        "arithmetic": all the same. "RDS-I": the share of the group, from recruitments between groups and
        their degrees, over its people in the sample; "RDS-I (DS)" the same with data smoothing, which gives
        the same weights (`smoothed_transitions` says why). "RDS-II": 1 / degree. "SS": inverse chances of
        successive sampling, for a sample that is a good part of the population. "HCG": the same, but the
        group of a recruit depends on that of the recruiter, and the order of recruitment counts.
    trait : str, optional
        Column of the groups; needed for "RDS-I", "RDS-I (DS)", "HCG", whose weights hold for this trait.
    population : float, optional
        People of the KP; needed for "SS" and "HCG". Weights add up to it, and to 1 without it.

    Returns
    -------
    numpy.ndarray, shape (people,)

    Raises
    ------
    ValueError
        If what `how` needs is missing, or the population is smaller than the sample.
    NoEstimateError
        If recruitments leave a group apart (RDS-I), or the weights do not settle (SS, HCG).

    Notes
    -----
    All assume that the network of the KP is one piece, ties go both ways, people recruit at random among
    their acquaintances and report their number. RDS-I and RDS-II also assume sampling with replacement.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.rds import rds_sample
    >>> table = pd.DataFrame({"id": [1, 2, 3], "by": ["", 1, 1], "degree": [2, 4, 4]})
    >>> sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    >>> rds_weights(sample, how="RDS-II")
    array([0.5 , 0.25, 0.25])
    """
    check_weights(sample, how=how, trait=trait, population=population)
    if how == "arithmetic":
        raw = np.ones(len(sample))
    elif how == "RDS-II":
        raw = 1 / sample.degree
    elif how == "SS":
        raw = _successive(sample, population or 0.0)
    else:
        values, code = trait_codes(sample, trait or "")
        if how == "HCG":
            raw = homophily_weights(sample, code, groups=len(values), population=population or 0.0)
        else:
            raw = _by_group(sample, code, groups=len(values))
    return np.asarray((1.0 if population is None else population) * raw / raw.sum())


def check_weights(sample: RdsSample, *, how: str, trait: str | None, population: float | None) -> None:
    """Refuse what the weights cannot be made of."""
    checks.one_of(how, get_args(RdsWeights), name="how")
    if population is not None:
        checks.positive(population=population)
        if population < len(sample):
            raise ValueError(
                f"population must be at least the {len(sample)} people of the sample; got {population:g}. "
                "A repeated person, or a size that is too small?"
            )
    elif how in BY_POPULATION:
        raise ValueError(f"population must be given for {how} weights; got None. Without a size, use RDS-II.")
    if trait is None and how in BY_TRAIT:
        raise ValueError(f"trait must be given for {how} weights; got None. They hold for one trait.")


def _successive(sample: RdsSample, population: float) -> np.ndarray:
    degree, place, sampled = np.unique(sample.degree, return_inverse=True, return_counts=True)
    return np.asarray(successive_weights(degree, sampled.astype(float), population)[place])


def _by_group(sample: RdsSample, code: np.ndarray, *, groups: int) -> np.ndarray:
    if groups == 1:
        return np.ones(len(sample))
    raw = equilibrium(transition_counts(code, sample.recruiter, groups=groups))
    share = raw / harmonic_degrees(code, sample.degree, groups=groups)
    return np.asarray((share / np.bincount(code))[code])
