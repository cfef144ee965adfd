"""Models of a closed population over lists or occasions: M0, Mt, Mh, Mth, and for ordered ones Mb, Mbh, Mtb.

Poisson log-linear models of the observed patterns; the size is the people met plus the fitted people on no
list. Otis et al. 1978 (Wildlife Monographs 62) named the models; the log-linear forms are those of Cormack
1989 (Biometrics 45:395) and Rivest, Baillargeon 2007 (Biometrics 63:999).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
import pandas as pd

from pse import checks
from pse.methods.behaviour import behaviour_fit
from pse.methods.closed_cells import Cells, ClosedModel, Frequencies, closed_cells, frequency_cells
from pse.methods.existence import unseen_cell
from pse.methods.histories import Histories, history_counts
from pse.methods.poisson_fit import (
    PoissonFit,
    coefficient_bias,
    fit_poisson,
    poisson_log_likelihood,
)
from pse.methods.refusal import NoEstimateError
from pse.methods.unseen import log_bounds

__all__ = ["ClosedFit", "closed_fit", "closed_models", "descriptive"]

ORDERED = ("Mb", "Mbh", "Mtb")
FREQUENCY_MODELS = ("M0", "Mh Chao", "Mh Poisson", "Mh Darroch", "Mh Gamma")
LARGE_BIAS = 0.1


@dataclass(frozen=True)
class ClosedFit:
    """One fitted model.

    Attributes
    ----------
    model : str
    point, standard_error : float
        People.
    log_likelihood, deviance, aic, bic : float
        Poisson likelihood of the observed cells, constant included; BIC counts people, not cells.
    df : int
        Cells less coefficients.
    bias : float
        First-order bias of `point`, in people; NaN for Mtb.
    coefficients : dict of str to float
        Log-linear coefficients by name; probabilities for Mtb.
    dropped : tuple of str
        Steps of Chao's lower bound that were negative and set to 0.
    people : int
        People met.
    fitted : numpy.ndarray
        Expected people of each observed cell, in the order of `Histories.patterns` or of times met.
    """

    model: str
    point: float
    standard_error: float
    log_likelihood: float
    deviance: float
    df: int
    bias: float
    coefficients: dict[str, float] = field(repr=False)
    dropped: tuple[str, ...]
    people: int
    fitted: np.ndarray = field(repr=False)

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return -2 * self.log_likelihood + 2 * (len(self.fitted) - self.df)

    @property
    def bic(self) -> float:
        """Bayesian criterion, with the logarithm of the people met."""
        return -2 * self.log_likelihood + math.log(self.people) * (len(self.fitted) - self.df)

    @property
    def at_limit(self) -> bool:
        """Whether the curve of heterogeneity ran to its limit, nobody unmet: no standard error exists."""
        return self.standard_error == 0 and "tau" in self.coefficients

    @property
    def unstable(self) -> bool:
        """Whether the bias is more than a tenth of the point (a sign of too few people met twice)."""
        return bool(self.bias > LARGE_BIAS * self.point)


def closed_fit(
    given: Histories | Frequencies, *, model: ClosedModel, ordered: bool = False, nonnegative: bool = True
) -> ClosedFit:
    """Fit one model of a closed population.

    Parameters
    ----------
    given : Histories or Frequencies
        Patterns of lists, or only how many people were met how often (M0 and Mh models).
    model : str
        M0: one probability; Mt: one for each list; Mh, Mth: people differ, by Chao's lower bound or a Poisson
        (2), Darroch or Gamma (3.5) curve. Mb, Mbh, Mtb: being met changes the chance to be met again.
    ordered : bool
        That the columns are occasions in time order; Mb, Mbh and Mtb ask for True.
    nonnegative : bool
        Set negative steps of Chao's lower bound to 0, as the model of differing people demands.

    Raises
    ------
    ValueError
        If `model` is unknown, needs ordered occasions, or needs patterns where only frequencies are given.
    NoEstimateError
        If the data do not identify the model, or the likelihood rises for ever with the size.

    Notes
    -----
    Var(N) = u + u^2 v, u people on no list and v the variance of the intercept; the first-order bias is
    u (b + v/2), b the bias of the intercept (Cordeiro, McCullagh 1991, JRSS B 53:629).

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> round(closed_fit(histories(table, people="people"), model="Mt").point, 1)
    2692.3
    """
    checks.one_of(model, get_args(ClosedModel), name="model")
    _check_model(given, model=model, ordered=ordered)
    if model in ORDERED:
        assert isinstance(given, Histories)
        return _with_likelihood(model, behaviour_fit(given, model=model), given.counts, given.n)
    cells = model_cells(given, model=model)
    check_identified(cells, model=model)
    keep, fit = fit_nonnegative(cells) if nonnegative else (_all(cells), _fit(cells, _all(cells)))
    state = unseen_cell(cells.design[:, keep], cells.counts)
    if state in ("unbounded", "unknown"):
        raise NoEstimateError(_why_not(model, state), lower=cells.n)
    names = [cells.names[j] for j in keep]
    unseen = 0.0 if state == "none" else float(np.exp(fit.coefficients[0]))
    point, error, bias = _size(cells, keep, fit, unseen)
    pieces = {
        "point": point,
        "standard_error": error,
        "bias": bias,
        "coefficients": dict(zip(names, fit.coefficients.tolist(), strict=True)),
        "dropped": tuple(name for name in cells.names if name not in names),
        "fitted": fit.fitted,
        "parameters": len(keep),
    }
    return _with_likelihood(model, pieces, cells.counts, cells.n)


def _why_not(model: str, state: str) -> str:
    if state == "unknown":
        return (
            f"{model} must have people at more of the numbers of meetings; the empty ones leave the size "
            "open. Use M0 or Mt, or report the people met as a lower limit."
        )
    return (
        f"{model} must have people met more than once to bound the size; the likelihood rises for ever with "
        "the size. Join lists that overlap little, or report the people met as a lower limit."
    )


def model_cells(given: Histories | Frequencies, *, model: str) -> Cells:
    """Return the cells of a model from patterns or from frequencies."""
    return (
        frequency_cells(given, model=model)
        if isinstance(given, Frequencies)
        else closed_cells(given, model=model)
    )


def check_identified(cells: Cells, *, model: str) -> None:
    """Refuse a model with more coefficients than the cells can tell apart, or without people."""
    if cells.n == 0:
        raise NoEstimateError(
            "the lists must hold somebody; got nobody. Check the columns and rows of the lists.", lower=0
        )
    if np.linalg.matrix_rank(cells.design) < cells.design.shape[1]:
        raise NoEstimateError(
            f"{model} must have at least as many cells as coefficients ({cells.design.shape[1]}); the lists "
            "are too few to identify it. Use Mt or Mh Chao, or add a list.",
            lower=cells.n,
        )


def _check_model(given: Histories | Frequencies, *, model: str, ordered: bool) -> None:
    if isinstance(given, Frequencies) and model not in FREQUENCY_MODELS:
        raise ValueError(
            f"model must be one of {', '.join(FREQUENCY_MODELS)} when only frequencies are given; got "
            f"{model!r}. Give patterns for the others."
        )
    if model in ORDERED and not ordered:
        raise ValueError(
            f"model must not be {model!r} unless the occasions are ordered in time; got ordered=False. "
            "Lists kept side by side have no order: use Mt or Mth; for true occasions say ordered=True."
        )


def _all(cells: Cells) -> list[int]:
    return list(range(cells.design.shape[1]))


def _fit(cells: Cells, keep: list[int]) -> PoissonFit:
    return fit_poisson(cells.design[:, keep], cells.counts, cells.offset)


def fit_nonnegative(cells: Cells) -> tuple[list[int], PoissonFit]:
    """Drop the negative steps of Chao's lower bound, all at once, and fit again until none is left."""
    keep = _all(cells)
    while True:
        fit = _fit(cells, keep)
        negative = {
            j
            for j, value in zip(keep, fit.coefficients, strict=True)
            if cells.names[j].startswith("eta") and value < 0
        }
        if not negative:
            return keep, fit
        keep = [j for j in keep if j not in negative]


def _size(cells: Cells, keep: list[int], fit: PoissonFit, unseen: float) -> tuple[float, float, float]:
    """Return the size, its standard error and its first-order bias."""
    if unseen == 0.0:
        return float(cells.n), 0.0, 0.0
    design = cells.design[:, keep]
    error = math.sqrt(unseen + unseen**2 * fit.covariance[0, 0])
    bias = unseen * (coefficient_bias(fit, design)[0] + fit.covariance[0, 0] / 2)
    return cells.n + unseen, error, float(bias)


def _with_likelihood(model: str, pieces: dict, counts: np.ndarray, people: int) -> ClosedFit:
    parameters = pieces.pop("parameters")
    likelihood = poisson_log_likelihood(counts, pieces["fitted"])
    full = poisson_log_likelihood(counts, counts)
    return ClosedFit(
        model=model,
        log_likelihood=likelihood,
        deviance=max(0.0, 2 * (full - likelihood)),
        df=len(counts) - parameters,
        people=people,
        **pieces,
    )


def closed_models(
    given: Histories | Frequencies, *, ordered: bool = False, level: float = 0.95
) -> pd.DataFrame:
    """Return every model of a closed population that the data can hold, one row each.

    Parameters
    ----------
    given : Histories or Frequencies
        Patterns give M0, Mt, Mh, Mth and, with `ordered`, Mb, Mbh, Mtb; frequencies give M0 and Mh.
    ordered : bool
        That the columns are occasions in time order.
    level : float
        Probability of the interval: the log interval of Burnham et al. 1987; `closed_estimate` gives the
        profile likelihood interval.

    Returns
    -------
    pandas.DataFrame
        model, point, lower, upper, interval, level, method, standard_error, deviance, df, aic, bic, bias,
        note. A model that cannot be fitted keeps its row, without numbers, and says why in `note`.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> closed_models(histories(table, people="people"))["point"].round(1).tolist()[:2]
    [2704.3, 2692.3]
    """
    checks.level(level)
    models = FREQUENCY_MODELS if isinstance(given, Frequencies) else get_args(ClosedModel)
    models = tuple(model for model in models if ordered or model not in ORDERED)
    return pd.DataFrame([_row(given, model=model, ordered=ordered, level=level) for model in models])


def _row(given: Histories | Frequencies, *, model: ClosedModel, ordered: bool, level: float) -> dict:
    try:
        fit = closed_fit(given, model=model, ordered=ordered)
    except NoEstimateError as refusal:
        numbers = ("standard_error", "deviance", "df", "aic", "bic", "bias")
        size = {"point": math.nan, "lower": refusal.lower, "upper": math.nan, "interval": "confidence"}
        return {"model": model, **size, "level": level, "method": model} | {
            **dict.fromkeys(numbers, math.nan),
            "note": str(refusal),
        }
    lower, upper = log_bounds(
        unseen=fit.point - fit.people, people=fit.people, standard_error=fit.standard_error, level=level
    )
    if fit.at_limit:
        upper = math.nan
    size = {"point": fit.point, "lower": lower, "upper": upper, "interval": "confidence", "level": level}
    return {
        "model": model,
        **size,
        "method": f"{model}, log interval",
        **{name: getattr(fit, name) for name in ("standard_error", "deviance", "df", "aic", "bic", "bias")},
        "note": _note(fit),
    }


def _note(fit: ClosedFit) -> str:
    if fit.at_limit:
        return "the curve ran to its limit, nobody unmet: no upper bound here; use the profile interval or Mt"
    if fit.coefficients.get("tau", 0.0) < 0:
        return "people differ less than by chance (tau below 0): use M0 or Mt"
    return "the bias is large: too few people were met more than once" if fit.unstable else ""


def descriptive(given: Histories) -> pd.DataFrame:
    """Return, for i = 1 ... t, people met i times and people met first, last and at all on occasion i.

    Returns
    -------
    pandas.DataFrame
        `met_times` (f_i), `first` (u_i), `last` (v_i), `met` (n_i); index: the names of the lists.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [70, 10, 40]})
    >>> descriptive(histories(table, people="people")).loc["a"].tolist()
    [110, 80, 70, 80]
    """
    t = len(given.lists)
    first = given.patterns.argmax(axis=1)
    last = t - 1 - given.patterns[:, ::-1].argmax(axis=1)
    by = [np.bincount(where, weights=given.counts, minlength=t).astype(np.int64) for where in (first, last)]
    columns = {"met_times": history_counts(given), "first": by[0], "last": by[1], "met": given.sizes}
    return pd.DataFrame(columns, index=pd.Index(given.lists, name="list"))
