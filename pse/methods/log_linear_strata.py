"""Log-linear models of lists in several strata: areas, ages, or any groups that covariates make.

People of different strata can have different chances to be on a list; leaving that out makes lists seem
dependent (Sekar, Deming 1949, JASA 44:101). Coefficients may be shared between strata, as in the log-linear
models of covariates of Bishop, Fienberg, Holland 1975 (Discrete Multivariate Analysis, chapter 6). For a
covariate in numbers see `pse.methods.huggins`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd

from pse import checks
from pse.estimate import Estimate, EstimateWarning
from pse.methods.existence import identified
from pse.methods.histories import Histories, histories
from pse.methods.log_linear_cells import LogLinearCells, log_linear_cells, why_no_size
from pse.methods.log_linear_extended import ExtendedFit, extended_fit
from pse.methods.log_linear_terms import Interactions, model_name, model_terms, term_design
from pse.methods.poisson_fit import poisson_log_likelihood
from pse.methods.refusal import NoEstimateError
from pse.methods.unseen import log_bounds

__all__ = ["Common", "StrataFit", "strata_fit", "strata_size", "strata_table", "stratify"]

Common = Literal["nothing", "interactions", "lists and interactions"]


def stratify(
    table: pd.DataFrame, *, by: Sequence[str], lists: Sequence[str], people: str | None = None
) -> dict[str, Histories]:
    """Return the histories of each stratum of a table of people or of patterns.

    Parameters
    ----------
    table : pandas.DataFrame
    by : sequence of str
        Columns of the covariates; each combination of values that occurs is a stratum. None may be blank.
    lists : sequence of str
        Columns of the lists.
    people : str, optional
        See `pse.methods.histories.histories`.

    Returns
    -------
    dict of str to Histories
        By the values of the covariates, joined by ``", "``.

    Examples
    --------
    >>> table = pd.DataFrame({"age": ["old", "young"], "a": [1, 0], "b": [1, 1], "n": [5, 7]})
    >>> list(stratify(table, by=["age"], lists=["a", "b"], people="n"))
    ['old', 'young']
    """
    for name in by:
        checks.rows(table[name].notna(), f"{name} must not be blank", got="a blank")
    checks.count(covariates=len(by), at_least=1)
    return {
        ", ".join(map(str, values)): histories(part, lists=list(lists), people=people)
        for values, part in table.groupby(list(by), sort=True)
    }


@dataclass(frozen=True)
class StrataFit:
    """One log-linear model of several strata.

    Attributes
    ----------
    strata : tuple of str
    method : str
        The model and what its strata share.
    people : numpy.ndarray of int, shape (strata,)
        People met.
    unseen : numpy.ndarray, shape (strata,)
        Expected people who were not observed.
    covariance : numpy.ndarray, shape (strata, strata)
        Of the sizes of the strata.
    log_likelihood, deviance : float
    parameters, df : int
        Columns of the design; observed cells less these.
    """

    strata: tuple[str, ...]
    method: str
    people: np.ndarray
    unseen: np.ndarray
    covariance: np.ndarray = field(repr=False)
    log_likelihood: float
    deviance: float
    parameters: int
    df: int

    @property
    def aic(self) -> float:
        """Akaike's criterion, to compare what strata share."""
        return -2 * self.log_likelihood + 2 * self.parameters

    @property
    def bic(self) -> float:
        """Bayesian criterion, with the logarithm of the people met."""
        return -2 * self.log_likelihood + math.log(self.people.sum()) * self.parameters


def strata_fit(
    strata: Mapping[str, Histories],
    *,
    interactions: Interactions | Mapping[str, Interactions],
    common: Common,
    impossible: Sequence[str] = (),
    unobserved: Sequence[str] = (),
) -> StrataFit:
    """Fit one log-linear model to strata of different people on the same lists.

    Parameters
    ----------
    strata : mapping of str to Histories
        See `stratify`.
    interactions : see `pse.methods.log_linear.log_linear_fit`, or a mapping of them by stratum
        The mapping only where nothing is common.
    common : {"nothing", "interactions", "lists and interactions"}
        "nothing": each stratum has its own coefficients (and the fits are separate). "interactions": lists
        depend on each other the same way everywhere, but reach different shares. "lists and interactions":
        lists also reach the same share of each stratum; only sizes differ.
    impossible, unobserved : sequence of str
        See `pse.methods.log_linear_cells`; the same in all strata.

    Raises
    ------
    ValueError
        If lists differ between strata or the mapping does not fit.
    NoEstimateError
        If a stratum gives no size; the message gives its number. Join it to another, or share coefficients.

    Examples
    --------
    >>> from pse.methods.two_list_intervals import two_lists
    >>> strata = {"n": two_lists(first=400, second=350, both=52), "s": two_lists(first=90, second=80, both=9)}
    >>> strata_fit(strata, interactions=[], common="nothing").unseen.round(1).tolist()
    [1994.3, 639.0]
    """
    checks.one_of(common, get_args(Common), name="common")
    if len({given.lists for given in strata.values()}) != 1:
        raise ValueError("strata must all have the same lists, and there must be one stratum; got others.")
    _refuse_empty(strata)
    cells = [
        log_linear_cells(given, impossible=impossible, unobserved=unobserved) for given in strata.values()
    ]
    terms = _terms(strata, interactions, common)
    design, unseen = _designs(cells, terms, common)
    counts = np.concatenate([part.counts for part in cells])
    if not identified(design):
        raise NoEstimateError(why_no_size(["rank"]), lower=float(counts.sum()))
    fit = extended_fit(design, counts, unseen)
    each = len(cells[0].unseen)
    _check_strata(fit, each, lower=float(counts.sum()))
    to_strata = np.kron(np.eye(len(cells)), np.ones((1, each)))
    likelihood = poisson_log_likelihood(counts, fit.fitted)
    names = list(dict.fromkeys(model_name(part, len(cells[0].lists)) for part in terms))
    return StrataFit(
        strata=tuple(map(str, strata)),
        method=f"log-linear {' and '.join(names)} in {len(cells)} strata with {common} in common",
        people=np.array([part.n for part in cells]),
        unseen=to_strata @ fit.unseen,
        covariance=to_strata @ fit.covariance @ to_strata.T,
        log_likelihood=likelihood,
        deviance=max(0.0, 2 * (poisson_log_likelihood(counts, counts) - likelihood)),
        parameters=design.shape[1],
        df=len(counts) - design.shape[1],
    )


def _refuse_empty(strata: Mapping[str, Histories]) -> None:
    met = [given.n for given in strata.values()]
    if 0 in met:
        raise NoEstimateError(
            f"every stratum must hold somebody; got nobody in stratum {met.index(0) + 1}. Leave it out, or "
            "join it to another.",
            lower=float(sum(met)),
        )


def _terms(
    strata: Mapping[str, Histories], interactions: Interactions | Mapping[str, Interactions], common: Common
) -> list[tuple[int, ...]]:
    lists = next(iter(strata.values())).lists
    if not isinstance(interactions, Mapping):
        return [model_terms(lists, interactions)] * len(strata)
    if common != "nothing" or set(interactions) != set(strata):
        raise ValueError(
            "interactions must be given once, or for each stratum where nothing is common; got a mapping "
            "that does not fit."
        )
    return [model_terms(lists, interactions[name]) for name in strata]


def _designs(
    cells: list[LogLinearCells], terms: list[tuple[int, ...]], common: Common
) -> tuple[np.ndarray, np.ndarray]:
    """Return the designs of the observed and of the unseen cells; a shared term has one column for all."""
    fewest = {"nothing": math.inf, "interactions": 2, "lists and interactions": 1}[common]
    owned = [
        [(None if term.bit_count() >= fewest else j, term) for term in part] for j, part in enumerate(terms)
    ]
    columns = {key: at for at, key in enumerate(dict.fromkeys(key for part in owned for key in part))}
    blocks: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for part, keys, used in zip(cells, owned, terms, strict=True):
        for patterns, stack in zip((part.patterns, part.unseen), blocks, strict=True):
            block = np.zeros((len(patterns), len(columns)))
            block[:, [columns[key] for key in keys]] = term_design(patterns, used)
            stack.append(block)
    return np.vstack(blocks[0]), np.vstack(blocks[1])


def _check_strata(fit: ExtendedFit, each: int, *, lower: float) -> None:
    for j in range(0, len(fit.face.states), each):
        reason = why_no_size(fit.face.states[j : j + each])
        if reason:
            raise NoEstimateError(
                f"In stratum {j // each + 1}: {reason} Or share coefficients between strata, or join strata.",
                lower=lower,
            )


def strata_size(fit: StrataFit, *, level: float = 0.95) -> Estimate:
    """Return the size of all strata together with its log interval, errors of shared coefficients included.

    For profile-likelihood intervals of separate strata, add those of `log_linear_size` by `pse.combine.add`
    as independent.

    Raises
    ------
    NoEstimateError
        If nobody is left on no list in any stratum: then there is no standard error.

    Warns
    -----
    EstimateWarning
        If nobody is left on no list in some strata: the interval holds no error of these.

    Examples
    --------
    >>> from pse.methods.two_list_intervals import two_lists
    >>> strata = {"n": two_lists(first=400, second=350, both=52), "s": two_lists(first=90, second=80, both=9)}
    >>> print(strata_size(strata_fit(strata, interactions=[], common="nothing")))
    3,492 (2,817 to 4,400, 95% confidence; log-linear [1,2] in 2 strata with nothing in common, log interval)
    """
    checks.level(level)
    people, variance = float(fit.people.sum()), float(fit.covariance.sum())
    if not variance > 0:
        raise NoEstimateError(
            "a log interval must have a standard error; the people on no list fall to 0 in every stratum. "
            "Leave out interactions.",
            lower=people,
        )
    whole = int((fit.unseen == 0).sum())
    if whole:
        warnings.warn(
            f"In {whole} of {len(fit.unseen)} strata the people on no list fall to 0, and the interval holds "
            "no error of these strata. Leave out interactions, or share coefficients.",
            EstimateWarning,
            stacklevel=2,
        )
    unseen = float(fit.unseen.sum())
    lower, upper = log_bounds(unseen=unseen, people=people, standard_error=math.sqrt(variance), level=level)
    return Estimate(people + unseen, lower, upper, "confidence", level, f"{fit.method}, log interval")


def strata_table(fit: StrataFit, *, level: float = 0.95) -> pd.DataFrame:
    """Return the size of each stratum; the points add up to `strata_size`, the bounds do not.

    Returns
    -------
    pandas.DataFrame
        stratum, point, lower, upper, interval, level, method, standard_error. Where nobody is left on no list
        there is no standard error and no upper bound.

    Examples
    --------
    >>> from pse.methods.two_list_intervals import two_lists
    >>> strata = {"n": two_lists(first=400, second=350, both=52), "s": two_lists(first=90, second=80, both=9)}
    >>> strata_table(strata_fit(strata, interactions=[], common="nothing"))["point"].round(1).tolist()
    [2692.3, 800.0]
    """
    checks.level(level)
    errors = np.sqrt(np.where(np.diag(fit.covariance) > 0, np.diag(fit.covariance), np.nan))
    bounds = [
        log_bounds(unseen=u, people=n, standard_error=e, level=level) if e > 0 else (n, math.nan)
        for u, n, e in zip(fit.unseen.tolist(), fit.people.tolist(), errors.tolist(), strict=True)
    ]
    return pd.DataFrame(
        {
            "stratum": fit.strata,
            "point": fit.people + fit.unseen,
            "lower": [lower for lower, _ in bounds],
            "upper": [upper for _, upper in bounds],
            "interval": "confidence",
            "level": level,
            "method": f"{fit.method}, log interval",
            "standard_error": errors,
        }
    )
