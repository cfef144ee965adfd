"""Generalised network scale-up: with different networks and with ties that are not known to be to the KP.

Basic scale-up is divided by what it leaves out. Feehan DM, Salganik MJ. Sociological Methodology
2016;46:153-186: size = sum of reports / visibility, and visibility = average degree x degree ratio x true
positive rate, so that size = basic size / (degree ratio x transmission). Both factors need a study of the KP
itself (an enriched survey, or a game of contacts: Salganik MJ, Mello MB, Abdo AH, Bertoni N, Fazito D,
Bastos FI. Social Networks 2011;33:70-78).

Degree ratio: average ties of people of the KP to the frame of the survey, over those of frame members to it.
Feehan and Salganik's third factor, the frame ratio, is 1 here: degrees are those of frame members to the
frame (known groups counted within it), or the frame is everybody.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from pse import checks
from pse.estimate import Estimate
from pse.methods.scale_up import How, scale_up_measure, scaled_estimate
from pse.methods.scale_up_reports import people_known, refuse_silence
from pse.methods.shares import joint_degrees
from pse.methods.surveys import Measure, SurveyDesign, survey_total

__all__ = ["degree_ratio", "generalised_scale_up_size", "visible_scale_up_size"]


def generalised_scale_up_size(
    reports: ArrayLike,
    degrees: ArrayLike,
    *,
    total_population: float,
    how: How,
    degree_ratio: Measure,
    transmission: Measure,
    design: SurveyDesign | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate the size of the KP by scale-up, corrected for smaller networks and for what is not known.

    Parameters
    ----------
    reports, degrees, total_population, how, design, level
        As for `scale_up_size`.
    degree_ratio : Measure
        Average degree of people of the KP to that of everybody (function `degree_ratio`); 0.7 where people of
        the KP know fewer. A factor taken from elsewhere is still a guess: give it an honest error.
    transmission : Measure
        Share of the ties to people of the KP which the other side knows to be such, between 0 and 1: the true
        positive rate. False positives are taken not to exist.

    Returns
    -------
    Estimate
        Relative variances add (delta method); the interval is on the log scale, t with joined degrees of
        freedom (Satterthwaite), and at most `total_population`.

    Raises
    ------
    ValueError
        If a factor is not above 0, or transmission is above 1.
    NoEstimateError
        As for `scale_up_size`; also where the corrected size is above `total_population`.

    Examples
    --------
    >>> print(generalised_scale_up_size(
    ...     [1, 0, 2, 1], [100, 150, 200, 150], total_population=100_000, how="mle",
    ...     degree_ratio=Measure(0.8, 0.1, math.inf, "survey"),
    ...     transmission=Measure(0.5, 0.05, math.inf, "game of contacts")))
    1,667 (597 to 4,649, 95% confidence; generalised network scale-up, mle, 4 respondents)
    """
    checks.positive(degree_ratio=degree_ratio.point)
    checks.positive(transmission=transmission.point)
    checks.share(transmission=transmission.point)
    basic = scale_up_measure(reports, degrees, total_population=total_population, how=how, design=design)
    method = basic.method.replace("basic", "generalised")
    got = _product((basic, 1), (degree_ratio, -1), (transmission, -1), method=method)
    return scaled_estimate(got, level=level, total_population=total_population)


def visible_scale_up_size(
    reports: ArrayLike,
    design: SurveyDesign,
    *,
    visibility: Measure,
    total_population: float,
    level: float = 0.95,
) -> Estimate:
    """Estimate the size of the KP as all reports about it, divided by how often one person is reported.

    Size = sum(w y) / v (Feehan and Salganik 2016): no degrees of respondents are needed.

    Parameters
    ----------
    reports : array_like, shape (respondents,)
        How many people of the KP each respondent knows.
    design : SurveyDesign
        Its weights must add up to the people of the frame, `total_population` (within 5 %).
    visibility : Measure
        People of the frame who would report an average person of the KP: asked in a survey of the KP as "how
        many nurses (teachers, ...) know that you ...", scaled up by the size of the frame over the sizes of
        these groups (`known_population_degrees` on these answers, then `average_degree`).

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.surveys import survey_design
    >>> design = survey_design(pd.DataFrame({"w": [250.0] * 4}), weight="w")
    >>> print(visible_scale_up_size(
    ...     [1, 0, 2, 1], design, visibility=Measure(20, 2, 49, "KP survey"), total_population=1000))
    50 (14 to 176, 95% confidence; generalised network scale-up, visibility, 4 respondents)
    """
    checks.positive(visibility=visibility.point, total_population=total_population)
    y, ones = people_known(reports, np.ones_like(np.asarray(reports, dtype=float)))
    refuse_silence(y, ones, total_population=total_population)
    people = float(design.weights.sum())
    if abs(people / total_population - 1) > 0.05:
        raise ValueError(
            f"weights must add up to total_population ({total_population:,.0f}); got {people:,.0f}. "
            "Scale them: the reports are added up, not averaged."
        )
    method = f"generalised network scale-up, visibility, {len(y)} respondents"
    got = _product((survey_total(y, design), 1), (visibility, -1), method=method)
    return scaled_estimate(got, level=level, total_population=total_population)


def degree_ratio(*, kp: Measure, everybody: Measure) -> Measure:
    """Return the average degree of the KP over that of everybody, two independent surveys (`average_degree`).

    Both must be about the same known groups, or both about groups typical of all people.

    Examples
    --------
    >>> got = degree_ratio(kp=Measure(80, 8, 30, ""), everybody=Measure(100, 5, 200, ""))
    >>> got.point, round(got.error, 4)
    (0.8, 0.0894)
    """
    checks.positive(kp=kp.point, everybody=everybody.point)
    return _product((kp, 1), (everybody, -1), method="degree ratio")


def _product(*factors: tuple[Measure, int], method: str) -> Measure:
    """Return the product of independent measures to their powers, 1 or -1: relative variances add."""
    point = math.prod(factor.point**power for factor, power in factors)
    relative = [((factor.error / factor.point) ** 2, factor.degrees) for factor, _ in factors]
    error = point * math.sqrt(sum(variance for variance, _ in relative))
    return Measure(point, error, joint_degrees(relative), method)
