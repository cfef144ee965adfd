"""Network scale-up: how many people of the KP respondents of a general survey know, and the size it gives.

Every respondent says how many people they know in groups of known size and in the KP. The known groups tell
how many people each respondent knows in all (the degree); the size is the share of the KP among all people
known, times the population.

What basic scale-up assumes
---------------------------
No barrier: everybody is as likely to know people of the KP as chance gives. No transmission bias: who knows a
person of the KP knows that they are one. Equal networks: people of the KP know as many people as others do.
For key populations all three are usually false, and most often they make the size too small. No interval
here, a bootstrap's neither, has any of these biases in it: it tells how the number would move in another
sample of respondents. `scale_up_general.py` corrects with measured factors, `scale_up_bayes.py` with models,
and `leave_one_out_known_groups` shows the biases for groups of known size.

Sources
-------
Killworth PD, Johnsen EC, McCarty C, Shelley GA, Bernard HR. Social Networks 1998;20:23-50 ("pimle").
Killworth PD, McCarty C, Bernard HR, Shelley GA, Johnsen EC. Evaluation Review 1998;22:289-308 ("mle", degrees
and standard error). Feehan DM, Salganik MJ. Sociological Methodology 2016;46:153-186 ("survey", average
degrees).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pse import checks
from pse.estimate import Estimate, EstimateWarning
from pse.methods.refusal import NoEstimateError
from pse.methods.scale_up_reports import known_reports, numbers, people_known, refuse_silence
from pse.methods.surveys import Measure, SurveyDesign, log_estimate, survey_design, survey_ratio

__all__ = [
    "How",
    "average_degree",
    "known_population_degrees",
    "scale_up_measure",
    "scale_up_size",
]

How = Literal["mle", "pimle", "survey"]


def known_population_degrees(
    reports: pd.DataFrame, known: Mapping[str, float], *, total_population: float
) -> pd.Series:
    """Return how many people each respondent knows, by the known population method.

    d_i = N sum_k y_ik / sum_k N_k over the groups of known size (Killworth et al. 1998, Evaluation Review),
    for each respondent over the groups that they answered; blanks are counted in a warning.

    Parameters
    ----------
    reports : pandas.DataFrame
        One row for each respondent; the columns named in `known` hold how many people of that group the
        respondent knows. Whole numbers or blanks; other columns are not looked at. Top-code before (30 is
        usual).
    known : mapping of str to float
        Size of each known group, in people: column -> size, as ``{"nurses": 7807, "teachers": 47745}``.
    total_population : float
        People in the population that the known groups and the KP are part of.

    Returns
    -------
    pandas.Series
        Degrees, in people, with the index of `reports`.

    Raises
    ------
    ValueError
        If a report is not a whole number, a respondent has blanks only, or a size is not above 0 and at most
        `total_population`.
    NoEstimateError
        If nobody knows anybody of any known group.

    Notes
    -----
    Groups should be typical of all people as a whole: their members together as old, as often women and as
    spread over the country.

    Examples
    --------
    >>> reports = pd.DataFrame({"nurses": [1, 0, 2], "teachers": [3, 1, 2]})
    >>> known_population_degrees(reports, {"nurses": 100, "teachers": 300}, total_population=10_000).tolist()
    [100.0, 25.0, 100.0]
    """
    y, sizes = known_reports(reports, known, total_population=total_population, blanks=True)
    answered = ~np.isnan(y)
    checks.rows(answered.any(axis=1), "a known group must be answered in every row", got="blanks only")
    if not answered.all():
        warnings.warn(
            f"{int((~answered).any(axis=1).sum())} of {len(y)} respondents have blanks; their degrees come "
            "from the groups that they answered.",
            EstimateWarning,
            stacklevel=2,
        )
    degrees = total_population * np.nansum(y, axis=1) / (answered @ sizes)
    if not degrees.any():
        raise NoEstimateError(
            "reports must hold somebody known in the known groups; got only zeros. All degrees would be 0. "
            "Ask about larger groups."
        )
    return pd.Series(degrees, index=reports.index, name="degree")


def average_degree(degrees: ArrayLike, design: SurveyDesign, *, among: ArrayLike | None = None) -> Measure:
    """Return the average degree of the population of a survey, or of a part of it, with its error.

    sum(w d) / sum(w). With degrees of `known_population_degrees` this is the known population estimator of
    Feehan and Salganik (2016), the people of the part taken as the sum of their weights.

    Parameters
    ----------
    degrees : array_like, shape (respondents,)
        How many people each respondent knows.
    design : SurveyDesign
    among : array_like of bool, optional
        The part of the respondents it is about; the others stay in the table.

    Examples
    --------
    >>> design = survey_design(pd.DataFrame({"w": [1, 2, 1]}), weight="w")
    >>> average_degree([100, 25, 100], design).point
    62.5
    """
    checks.rows(numbers(degrees, "degrees") >= 0, "degrees must be numbers, 0 or more, in every row")
    return survey_ratio(degrees, 1.0, design, among=among)


def scale_up_size(
    reports: ArrayLike,
    degrees: ArrayLike,
    *,
    total_population: float,
    how: How,
    design: SurveyDesign | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate the size of the KP by basic network scale-up.

    Parameters
    ----------
    reports : array_like, shape (respondents,)
        How many people of the KP each respondent knows; whole numbers without blanks.
    degrees : array_like, shape (respondents,)
        How many people each respondent knows, as from `known_population_degrees`; 0 or more.
    total_population : float
        People in the population (with "survey": in its frame).
    how : {"mle", "pimle", "survey"}
        "mle": N sum(y) / sum(d), with the binomial standard error of Killworth et al.; respondents count as
        if people were drawn at random for each, so the interval is too narrow wherever some know many and
        others none. "pimle": N times the mean of y / d, with the error between respondents; respondents of
        degree 0 are left out, with a warning, and it is too large where degrees are small numbers with errors
        (the mean of 1 / d is). "survey": N sum(w y) / sum(w d), with the linearised error of
        the design: the one to report for a survey.
    design : SurveyDesign, optional
        Weights, strata and clusters of the respondents, from `survey_design`. Needed for "survey"; "pimle"
        takes a simple sample without it; "mle" has no place for it.
    level : float
        Probability of the interval, which is symmetric on the log scale.

    Returns
    -------
    Estimate
        A confidence interval of sampling error only: see the assumptions at the top of this module.

    Raises
    ------
    NoEstimateError
        If all degrees are 0, nobody knows anybody of the KP (its text gives what the silence still allows),
        or the size is above `total_population`.

    Examples
    --------
    >>> print(scale_up_size([1, 0, 2, 1], [100, 150, 200, 150], total_population=100_000, how="mle"))
    667 (251 to 1,770, 95% confidence; basic network scale-up, mle, 4 respondents)
    """
    got = scale_up_measure(reports, degrees, total_population=total_population, how=how, design=design)
    return scaled_estimate(got, level=level, total_population=total_population)


def scale_up_measure(
    reports: ArrayLike,
    degrees: ArrayLike,
    *,
    total_population: float,
    how: How,
    design: SurveyDesign | None = None,
) -> Measure:
    """Return the size of `scale_up_size` with its standard error, to be combined further; same arguments.

    Examples
    --------
    >>> got = scale_up_measure([1, 0, 2, 1], [100, 150, 200, 150], total_population=100_000, how="mle")
    >>> round(got.error, 3)  # sqrt(N size (1 - size / N) / sum of degrees)
    332.22
    """
    checks.one_of(how, get_args(How), name="how")
    checks.positive(total_population=total_population)
    y, d = people_known(reports, degrees)
    refuse_silence(y, d, total_population=total_population)
    method = f"basic network scale-up, {how}, {len(y)} respondents"
    if how == "mle":
        if design is not None:
            raise ValueError('design must not be given with "mle"; got one. Use "survey".')
        return _mle(y, d, total_population, method)
    if design is None:
        if how == "survey":
            raise ValueError('design must be given with "survey"; got None. Use survey_design(table, ...).')
        design = survey_design(pd.DataFrame({"respondent": np.arange(len(y))}))
    ratio = survey_ratio(y, d, design) if how == "survey" else _mean_of_ratios(y, d, design)
    n = total_population
    return Measure(n * ratio.point, n * ratio.error, ratio.degrees, method)


def _mle(y: np.ndarray, d: np.ndarray, total: float, method: str) -> Measure:
    """N sum y / sum d; variance N size (1 - size / N) / sum d (Killworth et al. 1998)."""
    size = total * y.sum() / d.sum()
    variance = max(0.0, total * size * (1 - size / total) / d.sum())
    return Measure(float(size), math.sqrt(variance), math.inf, method)


def _mean_of_ratios(y: np.ndarray, d: np.ndarray, design: SurveyDesign) -> Measure:
    inside = d > 0
    dropped = int((~inside).sum())
    if dropped:
        warnings.warn(
            f"{dropped} of {len(d)} respondents have degree 0 and are left out of the mean of ratios.",
            EstimateWarning,
            stacklevel=4,
        )
    share = np.divide(y, d, out=np.zeros(len(y)), where=inside)
    if not share.any():
        raise NoEstimateError(
            "reports must be above 0 for a respondent of degree above 0; got none. "
            'Use "mle", which keeps respondents of degree 0.',
            lower=0.0,
        )
    return survey_ratio(share, 1.0, design, among=inside)


def scaled_estimate(got: Measure, *, level: float, total_population: float) -> Estimate:
    """Return the estimate of a size with its interval on the log scale, cut off at the population.

    Examples
    --------
    >>> print(scaled_estimate(Measure(60, 30, math.inf, "scale-up"), level=0.95, total_population=100))
    60 (23 to 100, 95% confidence; scale-up)
    """
    if got.point > total_population:
        raise NoEstimateError(
            f"the size must be at most total_population ({total_population:,.0f}); got {got.point:,.0f}. "
            "Check that degrees and reports are about the same population and are not top-coded differently."
        )
    made = log_estimate(got, level=level, method=got.method, least=0.0)
    upper = min(made.upper, float(total_population))
    return Estimate(made.point, made.lower, upper, "confidence", level, got.method)
