"""One log-linear model of two or more lists: any interactions, missing cells, profile-likelihood interval.

The counts of the patterns of lists are Poisson, their logarithms sums of terms of the lists and of their
interactions; the size is the people met plus the fitted people on no list (Fienberg 1972, Biometrika 59:591;
Bishop, Fienberg, Holland 1975, Discrete Multivariate Analysis, chapter 6; Cormack 1989, Biometrics 45:395).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.stats import chi2

from pse import checks
from pse.estimate import Estimate, EstimateWarning
from pse.methods.closed import LARGE_BIAS
from pse.methods.closed_cells import Cells
from pse.methods.closed_profile import Profile, cells_profile, profile_bounds
from pse.methods.existence import identified
from pse.methods.histories import Histories
from pse.methods.log_linear_cells import LogLinearCells, log_linear_cells, why_no_size
from pse.methods.log_linear_extended import extended_face, extended_fit
from pse.methods.log_linear_terms import Interactions, model_name, model_terms, term_design, term_text
from pse.methods.poisson_fit import poisson_log_likelihood
from pse.methods.refusal import NoEstimateError
from pse.methods.unseen import log_bounds

__all__ = ["LogLinearFit", "log_linear_fit", "log_linear_size"]


@dataclass(frozen=True)
class LogLinearFit:
    """One fitted log-linear model.

    Attributes
    ----------
    model : str
        Its largest terms, lists by number: ``[12,3]``.
    point, standard_error, bias : float
        Size with its standard error and first-order bias, in people. Where the people on no list fall to 0
        the size is the people met, and there is no standard error (NaN).
    log_likelihood, deviance, pearson : float
        Poisson likelihood of the observed cells with its constant; the distances of the fit.
    df : int
        Observed cells less coefficients, those that run to minus infinity included.
    coefficients : dict of str to float
        By the names of the lists; minus infinity where an empty cell sends it there, NaN where the cells do
        not settle it (the fitted counts and the size are settled).
    people : int
        People met.
    fitted : numpy.ndarray
        Expected people of each observed cell.
    """

    model: str
    point: float
    standard_error: float
    bias: float
    log_likelihood: float
    deviance: float
    pearson: float
    df: int
    coefficients: dict[str, float] = field(repr=False)
    people: int
    fitted: np.ndarray = field(repr=False)

    @property
    def aic(self) -> float:
        """Akaike's criterion; every column of the design counts."""
        return -2 * self.log_likelihood + 2 * len(self.coefficients)

    @property
    def bic(self) -> float:
        """Bayesian criterion, with the logarithm of the people met; every column of the design counts."""
        return -2 * self.log_likelihood + math.log(self.people) * len(self.coefficients)

    @property
    def fit_p(self) -> float:
        """P-value of Pearson's distance, rough for small fitted counts; NaN without degrees of freedom."""
        return float(chi2.sf(self.pearson, self.df)) if self.df else math.nan

    @property
    def unstable(self) -> bool:
        """Whether the bias is more than a tenth of the point: too few people were met together."""
        return bool(self.bias > LARGE_BIAS * self.point)


def log_linear_fit(
    given: Histories,
    *,
    interactions: Interactions,
    impossible: Sequence[str] = (),
    unobserved: Sequence[str] = (),
) -> LogLinearFit:
    """Fit one hierarchical log-linear model by extended maximum likelihood.

    Parameters
    ----------
    given : Histories
    interactions : sequence of sequences of str, or str
        Sets of lists that depend on each other, ``[]`` for independent lists, or a name such as ``"[12,3]"``.
    impossible, unobserved : sequence of str
        Patterns that nobody can have; patterns that people have but the lists could not show. See
        `log_linear_cells`.

    Raises
    ------
    ValueError
        If an interaction or a pattern is unknown.
    NoEstimateError
        If the cells cannot tell the coefficients apart, or empty cells leave the size open or let it grow for
        ever. An empty cell alone is no reason: see `pse.methods.log_linear_extended`.

    Notes
    -----
    Var(N) = u + u^2 v, u the people on no list and v the variance of the intercept: the Poisson variance less
    N, so that of a fixed size (Cormack, Jupp 1991, Biometrika 78:911). AIC and BIC count coefficients that
    run to minus infinity, as established software does, and df leaves out their cells as if they were free.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> round(log_linear_fit(histories(table, people="people"), interactions=[]).point, 1)
    2692.3
    """
    cells = log_linear_cells(given, impossible=impossible, unobserved=unobserved)
    terms = model_terms(cells.lists, interactions)
    design = _design(cells, terms)
    fit = extended_fit(design, cells.counts, term_design(cells.unseen, terms))
    refused = why_no_size(fit.face.states)
    if refused:
        raise NoEstimateError(refused, lower=cells.n)
    likelihood = poisson_log_likelihood(cells.counts, fit.fitted)
    full = poisson_log_likelihood(cells.counts, cells.counts)
    above = fit.fitted > 0
    variance = float(fit.covariance.sum())
    return LogLinearFit(
        model=model_name(terms, len(cells.lists)),
        point=cells.n + float(fit.unseen.sum()),
        standard_error=math.sqrt(variance) if variance > 0 else math.nan,
        bias=float(fit.bias.sum()),
        log_likelihood=likelihood,
        deviance=max(0.0, 2 * (full - likelihood)),
        pearson=float(((cells.counts - fit.fitted)[above] ** 2 / fit.fitted[above]).sum()),
        df=len(cells.counts) - len(terms),
        coefficients={
            term_text(term, cells.lists): float(value)
            for term, value in zip(terms, fit.coefficients, strict=True)
        },
        people=cells.n,
        fitted=fit.fitted,
    )


def _design(cells: LogLinearCells, terms: Sequence[int]) -> np.ndarray:
    """Return the design of the observed cells, or refuse one of too low a rank."""
    design = term_design(cells.patterns, terms)
    if not identified(design):
        raise NoEstimateError(why_no_size(["rank"]), lower=cells.n)
    return design


def log_linear_size(
    given: Histories,
    *,
    interactions: Interactions,
    interval: Literal["profile", "log"],
    level: float = 0.95,
    impossible: Sequence[str] = (),
    unobserved: Sequence[str] = (),
) -> Estimate:
    """Estimate a size by one log-linear model chosen before the data were seen.

    For a model that the same data chose the interval is too narrow: use `average_models`.

    Parameters
    ----------
    given, interactions, impossible, unobserved
        See `log_linear_fit`.
    interval : {"profile", "log"}
        "profile": multinomial maximum likelihood and likelihood-ratio bounds (Cormack 1992, Biometrics
        48:567); not with `unobserved`. "log": Poisson maximum likelihood with its standard error (Burnham et
        al. 1987, American Fisheries Society Monograph 5).
    level : float

    Warns
    -----
    EstimateWarning
        If the first-order bias is more than a tenth of the point.

    Raises
    ------
    NoEstimateError
        As `log_linear_fit`; if the profile likelihood never falls far enough for an upper bound; if there is
        no standard error for the log interval. `.lower` holds the lower bound of the profile.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> print(log_linear_size(histories(table, people="people"), interactions=[], interval="profile"))
    2,686 (2,157 to 3,447, 95% confidence; log-linear [1,2], profile likelihood interval)
    """
    checks.one_of(interval, ("profile", "log"), name="interval")
    checks.level(level)
    if interval == "profile" and len(unobserved):
        raise ValueError("interval must be 'log' with unobserved patterns; got 'profile'.")
    missing = {"impossible": impossible, "unobserved": unobserved}
    try:
        fit = log_linear_fit(given, interactions=interactions, **missing)
    except NoEstimateError as refusal:
        lower = _profile_lower(given, interactions, level=level, **missing)
        raise NoEstimateError(str(refusal), lower=lower) from None
    if fit.unstable:
        warnings.warn(_bias_text(fit), EstimateWarning, stacklevel=2)
    name = f"log-linear {fit.model}"
    if interval == "profile":
        point, lower, upper = profile_bounds(
            log_linear_profile(given, interactions=interactions, impossible=impossible), level=level
        )
        return Estimate(point, lower, upper, "confidence", level, f"{name}, profile likelihood interval")
    lower, upper = fit_log_bounds(fit, level=level)
    return Estimate(fit.point, lower, upper, "confidence", level, f"{name}, log interval")


def _bias_text(fit: LogLinearFit) -> str:
    return (
        f"The first-order bias of this size is {100 * fit.bias / fit.point:.0f} % of it: too few people were "
        "met together. Use fewer interactions, or report it as uncertain."
    )


def fit_log_bounds(fit: LogLinearFit, *, level: float) -> tuple[float, float]:
    """Return the log interval of a fit, or refuse it where there is no standard error."""
    if not fit.standard_error > 0:
        raise NoEstimateError(
            "a log interval must have a standard error; the people on no list fall to 0 here. Use the "
            "profile interval, or leave out interactions.",
            lower=fit.people,
        )
    unseen = fit.point - fit.people
    return log_bounds(unseen=unseen, people=fit.people, standard_error=fit.standard_error, level=level)


def log_linear_profile(
    given: Histories, *, interactions: Interactions, impossible: Sequence[str] = ()
) -> Profile:
    """Return the multinomial profile likelihood of the size under a log-linear model.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> profile = log_linear_profile(histories(table, people="people"), interactions=[])
    >>> profile.value(2600) > profile.value(2000)
    True
    """
    cells = log_linear_cells(given, impossible=impossible)
    terms = model_terms(cells.lists, interactions)
    design = _design(cells, terms)
    counts = cells.counts.astype(float)
    face = extended_face(design, counts, term_design(cells.unseen, terms))
    if face.states == ("finite",):  # then the same cells are empty at every size
        design, counts = design[face.cells][:, face.columns], counts[face.cells]
    names = tuple(f"x{j}" for j in range(design.shape[1]))
    return cells_profile(Cells(design, counts, np.zeros(len(counts)), names, 0))


def _profile_lower(
    given: Histories,
    interactions: Interactions,
    *,
    level: float,
    impossible: Sequence[str],
    unobserved: Sequence[str],
) -> float:
    """Return the lower bound of the profile where there is one, else the people met."""
    if len(unobserved):
        return float(given.n)
    try:
        profile = log_linear_profile(given, interactions=interactions, impossible=impossible)
        return profile_bounds(profile, level=level)[1]
    except NoEstimateError as unbounded:
        return float(given.n if unbounded.lower is None else unbounded.lower)
