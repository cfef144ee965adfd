"""All hierarchical log-linear models of some lists: their table, the best one, and their average.

A model that the data chose has an interval that ignores the choice (Chatfield 1995, JRSS A 158:419; for
capture-recapture Regal, Hook 1991, Statistics in Medicine 10:717): it is too narrow. The average carries the
spread between the models in its error.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.stats import chi2

from pse import checks
from pse.estimate import Estimate, EstimateWarning
from pse.methods.closed import LARGE_BIAS
from pse.methods.histories import Histories
from pse.methods.log_linear_batch import ManyFits, fit_many
from pse.methods.log_linear_cells import LogLinearCells, log_linear_cells, why_no_size
from pse.methods.log_linear_terms import hierarchical_models, interaction_text, model_name
from pse.methods.poisson_fit import poisson_log_likelihood
from pse.methods.refusal import NoEstimateError
from pse.methods.unseen import log_bounds

__all__ = ["Criterion", "average_models", "best_model", "log_linear_models", "model_weights"]

Criterion = Literal["aic", "bic"]
Biased = Literal["keep", "leave out"]
TOLD_SHARE = 0.1  # models left out that would hold more of the weight are worth a warning


def log_linear_models(
    given: Histories,
    *,
    most_order: int,
    level: float = 0.95,
    impossible: Sequence[str] = (),
    unobserved: Sequence[str] = (),
) -> pd.DataFrame:
    """Fit every hierarchical log-linear model that holds each list by itself.

    Parameters
    ----------
    given : Histories
        Two to five lists for all models; more with a small `most_order`.
    most_order : int
        Most lists in one interaction; one less than there are lists for all models (8 of three lists, 113 of
        four, 6,893 of five).
    level : float
        Of the log interval; `log_linear_size` gives the profile-likelihood interval of one model.
    impossible, unobserved : sequence of str
        See `pse.methods.log_linear_cells`.

    Returns
    -------
    pandas.DataFrame
        One row a model, those with fewer terms first: `model` (``[12,3]``: lists by number), `interactions`
        (the same by the names of the lists), `parameters`, `df`, `deviance`, `pearson`, `fit_p` (p-value of
        Pearson's distance), `aic`, `bic`, `point`, `lower`, `upper`, `interval`, `level`, `method`,
        `standard_error`, `bias` (first order, in people), `biased` (the bias is above a tenth of the point),
        `people` (met), `refused` (why there is no size; else empty). Where the people on no list fall to 0,
        the point is the people met, and there is no standard error and no upper bound.

    Raises
    ------
    ValueError
        If `most_order` is out of bounds or gives more than 50,000 models.
    NoEstimateError
        If the lists hold nobody.

    Notes
    -----
    Parameters count as columns of the design, those that run to minus infinity included, in AIC, BIC and df;
    BIC takes the logarithm of the people met.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> people = {"a": [1, 1, 1, 1, 0, 0, 0], "b": [1, 1, 0, 0, 1, 1, 0], "c": [1, 0, 1, 0, 1, 0, 1]}
    >>> given = histories(pd.DataFrame(people | {"n": [12, 30, 20, 90, 25, 80, 70]}), people="n")
    >>> models = log_linear_models(given, most_order=2)
    >>> models.loc[7, ["model", "interactions"]].tolist()
    ['[12,13,23]', 'a:b, a:c, b:c']
    """
    checks.level(level)
    cells = log_linear_cells(given, impossible=impossible, unobserved=unobserved)
    models = hierarchical_models(len(cells.lists), most_order=most_order)
    fits = fit_many(cells, models)
    refused = [why_no_size(states) for states in fits.states]
    table = pd.DataFrame(
        {
            "model": [model_name(terms, len(cells.lists)) for terms in models],
            "interactions": [interaction_text(terms, cells.lists) for terms in models],
            "parameters": [len(terms) for terms in models],
        }
    )
    return _with_sizes(_with_fit(table, cells, fits.fitted), fits, people=cells.n, level=level).assign(
        people=cells.n, refused=refused
    )


def _with_fit(table: pd.DataFrame, cells: LogLinearCells, fitted: np.ndarray) -> pd.DataFrame:
    """Add the distances and criteria of the fits."""
    counts, parameters = cells.counts, table["parameters"]
    likelihood = np.array([poisson_log_likelihood(counts, mean) for mean in fitted])
    full = poisson_log_likelihood(counts, counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        pearson = np.where(fitted == 0, 0.0, (counts - fitted) ** 2 / fitted).sum(axis=1)
    df = len(counts) - parameters
    return table.assign(
        df=df,
        deviance=np.maximum(2 * (full - likelihood), 0.0),
        pearson=pearson,
        fit_p=np.where(df > 0, chi2.sf(pearson, np.maximum(df, 1)), np.nan),
        aic=-2 * likelihood + 2 * parameters,
        bic=-2 * likelihood + math.log(cells.n) * parameters,
    )


def _with_sizes(table: pd.DataFrame, fits: ManyFits, *, people: int, level: float) -> pd.DataFrame:
    error = np.sqrt(np.where(fits.variance > 0, fits.variance, np.nan))
    bounds = np.array(
        [
            log_bounds(unseen=u, people=people, standard_error=e, level=level)
            if e > 0
            else (people if u == 0 else np.nan, np.nan)
            for u, e in zip(fits.unseen.tolist(), error.tolist(), strict=True)
        ]
    )
    return table.assign(
        point=people + fits.unseen,
        lower=bounds[:, 0],
        upper=bounds[:, 1],
        interval="confidence",
        level=level,
        method="log-linear " + table["model"] + ", log interval",
        standard_error=error,
        bias=fits.bias,
        biased=fits.bias > LARGE_BIAS * (people + fits.unseen),
    )


def model_weights(models: pd.DataFrame, *, criterion: Criterion, biased: Biased) -> pd.Series:
    """Return the weight of each model of `log_linear_models` in an average.

    Parameters
    ----------
    models : pandas.DataFrame
        Made by `log_linear_models`, or some of its rows.
    criterion : {"aic", "bic"}
    biased : {"keep", "leave out"}
        Whether models whose first-order bias is above a tenth of their size take part.

    Returns
    -------
    pandas.Series
        exp(-difference / 2) over its sum (Buckland, Burnham, Augustin 1997, Biometrics 53:603), with the
        index of `models`. Models without a size or without a standard error weigh 0.

    Warns
    -----
    EstimateWarning
        If the models left out would hold more than a tenth of the weight.

    Raises
    ------
    NoEstimateError
        If no model is left.

    Examples
    --------
    >>> models = pd.DataFrame({"aic": [10.0, 12.0], "standard_error": [5.0, 9.0], "biased": False})
    >>> models = models.assign(people=100)
    >>> model_weights(models, criterion="aic", biased="keep").round(3).tolist()
    [0.731, 0.269]
    """
    checks.one_of(criterion, get_args(Criterion), name="criterion")
    checks.one_of(biased, get_args(Biased), name="biased")
    kept = models["standard_error"].notna() & ~((biased == "leave out") & models["biased"])
    if not kept.any():
        raise NoEstimateError(
            f"models must hold one with a standard error to use; got {len(models)} without. Use fewer "
            "interactions, join lists, or report the people met.",
            lower=float(models["people"].max()),
        )
    away = models[criterion] - models[criterion].min()  # a model of too low a rank has no criterion
    weight = np.exp(-away / 2).fillna(0.0)
    lost = float(weight[~kept].sum() / weight.sum())
    if lost > TOLD_SHARE:
        warnings.warn(
            f"{int((~kept).sum())} models left out would hold {100 * lost:.0f} % of the weight by "
            f"{criterion}: the data support models that give no usable size. Read the others with care.",
            EstimateWarning,
            stacklevel=2,
        )
    away = models[criterion] - models.loc[kept, criterion].min()
    weight = np.exp(-away.where(kept, np.inf) / 2)
    return (weight / weight.sum()).rename("weight")


def average_models(
    models: pd.DataFrame, *, criterion: Criterion, biased: Biased, level: float = 0.95
) -> Estimate:
    """Average the sizes of models, with an error that holds the spread between them.

    Parameters
    ----------
    models, criterion, biased
        See `model_weights`.
    level : float
        Of the log interval around the average.

    Notes
    -----
    SE = sum w sqrt(SE_k^2 + (N_k - N)^2) (Buckland, Burnham, Augustin 1997). The interval is too
    narrow where the truth is far from every model.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> people = {"a": [1, 1, 1, 1, 0, 0, 0], "b": [1, 1, 0, 0, 1, 1, 0], "c": [1, 0, 1, 0, 1, 0, 1]}
    >>> given = histories(pd.DataFrame(people | {"n": [12, 30, 20, 90, 25, 80, 70]}), people="n")
    >>> print(average_models(log_linear_models(given, most_order=2), criterion="aic", biased="leave out"))
    579 (479 to 747, 95% confidence; average of 8 log-linear models by AIC, log interval)
    """
    checks.level(level)
    weight = model_weights(models, criterion=criterion, biased=biased)
    used = models[weight > 0]
    w = weight[weight > 0].to_numpy()
    sizes = used["point"].to_numpy()
    point = float(w @ sizes)
    error = float(w @ np.hypot(used["standard_error"].to_numpy(), sizes - point))
    people = float(used["people"].iloc[0])
    lower, upper = log_bounds(unseen=point - people, people=people, standard_error=error, level=level)
    name = f"average of {len(used):,} log-linear models by {criterion.upper()}, log interval"
    return Estimate(point, lower, upper, "confidence", level, name)


def best_model(models: pd.DataFrame, *, criterion: Criterion, biased: Biased) -> pd.Series:
    """Return the row of the model with the smallest criterion among those with a size and a standard error.

    Its interval ignores that the data chose it, and holds the truth less often than it says
    (`docs/coverage_log_linear.md`); `average_models` is safer.

    Parameters
    ----------
    models, criterion, biased
        See `model_weights`, which also tells what it warns of and refuses.

    Examples
    --------
    >>> models = pd.DataFrame({"model": ["[1,2]"], "aic": [10.0], "standard_error": [5.0], "biased": False})
    >>> best_model(models.assign(people=100), criterion="aic", biased="keep")["model"]
    '[1,2]'
    """
    weight = model_weights(models, criterion=criterion, biased=biased)
    return models.iloc[int(weight.to_numpy().argmax())]
