"""What a needs survey says about people: people in need, groups that overlap, rates with a recall period."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import Share, draw_shares, joint_degrees, share_interval, t_quantile
from pse.methods.surveys import Measure, SurveyDesign, measure_interval, survey_ratio

__all__ = [
    "add_groups",
    "draw_sizes",
    "event_rate",
    "overlap_bounds",
    "people_in_either",
    "people_in_need",
    "rate_ratio",
]


def people_in_need(
    *,
    share: Share,
    size: Estimate,
    how: Literal["delta", "draws"],
    replicates: int = 10_000,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Return share x size, with the errors of both, at the level of `size`.

    Parameters
    ----------
    share : Share
        Share of the KP in need, from a survey that met the people whom `size` counts.
    size : Estimate
        With a confidence or credible interval. Its error must not come from the same survey.
    how : {"delta", "draws"}
        "delta": the relative errors of both are added as squares, to each side of the log scale on its own
        (MOVER, Zou and Donner 2008). "draws": both are drawn (`replicates`, `rng`) and multiplied; the bounds
        are percentiles.

    Raises
    ------
    ValueError
        If `size` is a range: it has no distribution to multiply.
    NoEstimateError
        If nobody of the survey is in need: only an upper limit is known, and the message gives it. If the
        point of `size` is 0.

    Examples
    --------
    >>> from pse.methods.shares import counted_share
    >>> size = Estimate(1000, 800, 1250, "confidence", 0.95, "multiplier")
    >>> print(people_in_need(share=counted_share(holders=100, asked=250), size=size, how="delta"))
    400 (304 to 522, 95% confidence; share of a simple sample x multiplier, delta)
    """
    checks.one_of(how, ("delta", "draws"), name="how")
    _refuse_range(size)
    _refuse_nobody(size)
    level = float(size.level or 0.95)
    if share.point == 0:
        high = share_interval(share, level=level, how="exact")[1]
        raise NoEstimateError(
            f"share must be above 0; got nobody in need. Report at most {high * size.upper:.0f} people, "
            "from the upper limits of share and size.",
            lower=0.0,
        )
    point = share.point * size.point
    if how == "delta":
        lower, upper = _delta_bounds(share, size, level=level)
    else:
        rng = checks.generator(rng, "for draws")
        made = draw_shares(share, replicates=replicates, rng=rng) * draw_sizes(
            size, replicates=replicates, rng=rng
        )
        lower, upper = np.quantile(made, [(1 - level) / 2, (1 + level) / 2])
    method = f"{share.method} x {size.method}, {how}"
    return Estimate(point, min(lower, point), max(upper, point), size.interval, level, method)


def _delta_bounds(share: Share, size: Estimate, *, level: float) -> tuple[float, float]:
    how: Literal["exact", "logit"] = "exact" if share.point == 1 else "logit"
    low, high = share_interval(share, level=level, how=how)
    point = share.point * size.point
    if size.lower == 0 or low == 0:
        lower = 0.0
    else:
        lower = point * math.exp(-math.hypot(math.log(share.point / low), math.log(size.point / size.lower)))
    up = math.hypot(math.log(high / share.point), math.log(size.upper / size.point))
    return lower, point * math.exp(up)


def draw_sizes(size: Estimate, *, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return draws of a size from its bounds: two halves of log-normals that meet at the point (ours).

    Half of the draws lie below the point, and `lower` and `upper` are the quantiles of its level. With a
    `lower` of 0 the lower half is that of a normal, cut at 0.

    Examples
    --------
    >>> size = Estimate(100, 50, 200, "confidence", 0.95, "chapman")
    >>> bool((draw_sizes(size, replicates=10, rng=np.random.default_rng(1)) > 0).all())
    True
    """
    _refuse_range(size)
    _refuse_nobody(size)
    z = t_quantile(math.inf, level=float(size.level or 0.95))
    unit = rng.standard_normal(replicates)
    above = math.log(size.upper / size.point) / z
    if size.lower == 0:  # no log of 0: half a normal that is cut at nobody
        lower_half = size.point * np.maximum(1 + np.minimum(unit, 0) / z, 0)
        return np.where(unit < 0, lower_half, size.point * np.exp(above * unit))
    below = math.log(size.point / size.lower) / z
    return np.asarray(size.point * np.exp(np.where(unit < 0, below, above) * unit))


def _refuse_range(size: Estimate) -> None:
    if size.interval == "range":
        raise ValueError(
            "size must have a confidence or credible interval; got a range. A range has no distribution: "
            "multiply its three numbers by the share on their own, and report the share's error beside it."
        )


def _refuse_nobody(size: Estimate) -> None:
    if size.point == 0:
        raise NoEstimateError(
            "size must have a point above 0 to be multiplied or drawn; got 0. Use another estimate of the "
            "size, or report its upper limit times the share.",
            lower=0.0,
        )


def overlap_bounds(*, total: int, first: int, second: int) -> pd.DataFrame:
    """Return the smallest and largest possible overlap of two groups of the same people.

    Parameters
    ----------
    total : int
        Different people asked.
    first, second : int
        Of these, people in each group.

    Returns
    -------
    pandas.DataFrame
        Rows "both", "either", "neither", with point (blank: the data do not say), lower, upper, interval
        "range", level (blank) and method. Bounds of Fréchet: max(0, a + b - n) <= both <= min(a, b).

    Examples
    --------
    >>> bounds = overlap_bounds(total=250, first=169, second=107)  # who inject; who sell sex
    >>> bounds.loc["both", ["lower", "upper"]].tolist()
    [26.0, 107.0]
    """
    checks.count(total=total, at_least=1)
    checks.count(first=first, second=second, at_most=total)
    least, most = max(0, first + second - total), min(first, second)
    rows = {
        "both": (least, most),
        "either": (first + second - most, first + second - least),
        "neither": (total - first - second + least, total - first - second + most),
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["lower", "upper"], dtype=float)
    table.insert(0, "point", np.nan)
    return table.assign(interval="range", level=np.nan, method="bounds of an overlap")


def people_in_either(*, total: int, first: int, second: int, both: int) -> int:
    """Return the different people in two groups whose overlap was counted.

    Raises
    ------
    ValueError
        If `both` cannot be: fewer than the groups must share, or more than the smaller one.

    Examples
    --------
    >>> people_in_either(total=250, first=169, second=107, both=40)
    236
    """
    checks.count(total=total, at_least=1)
    checks.count(first=first, second=second, at_most=total)
    checks.count(both=both, at_least=max(0, first + second - total), at_most=min(first, second))
    return first + second - both


def add_groups(groups: list[int], *, total: int, disjoint: bool) -> int:
    """Add groups of the people asked, only if nobody is in two of them.

    Parameters
    ----------
    groups : list of int
        People in each group.
    total : int
        Different people asked.
    disjoint : bool
        True only where the questionnaire lets nobody be in two groups. It is not believed when the numbers
        say otherwise.

    Raises
    ------
    ValueError
        If groups may overlap, or must: they hold more people than were asked.

    Examples
    --------
    >>> add_groups([120, 90], total=250, disjoint=True)
    210
    """
    checks.count(total=total, at_least=1)
    for size in groups:
        checks.count(groups=size, at_most=total)
    summed = sum(groups)
    if summed > total:
        raise ValueError(
            f"groups must not overlap to be added; got {summed} places in groups for {total} people, so at "
            f"least {summed - total} are of people in more than one. Use overlap_bounds, or people_in_either "
            "with the count of those in both."
        )
    if not disjoint:
        raise ValueError("groups must not overlap to be added; got disjoint=False. Use overlap_bounds.")
    return summed


def event_rate(
    events: ArrayLike, design: SurveyDesign, *, recall_years: ArrayLike, among: ArrayLike | None = None
) -> Measure:
    """Return events per person-year from a question about a recall period.

    Parameters
    ----------
    events : array_like, shape (people,)
        Events that each respondent reports in the recall period.
    recall_years : float or array_like
        The recall period in years, for all or for each (shorter for those at risk only part of it).

    Examples
    --------
    >>> from pse.methods.surveys import survey_design
    >>> design = survey_design(pd.DataFrame({"id": [1, 2, 3, 4]}))
    >>> round(event_rate([7, 0, 3.5, 3.5], design, recall_years=3.5).point, 6)
    1.0
    """
    years = np.asarray(recall_years, dtype=float)
    if not (np.isfinite(years) & (years > 0)).all():
        raise ValueError("recall_years must be a number above 0, in years; got something else.")
    if (np.asarray(events, dtype=float) < 0).any():
        raise ValueError("events must be 0 or more for everybody; got a number below 0.")
    got = survey_ratio(events, years, design, among=among)
    return Measure(got.point, got.error, got.degrees, "events per person-year, linearised")


def rate_ratio(rate: Measure, reference: Measure, *, level: float = 0.95) -> pd.DataFrame:
    """Return how many times as high a rate is as that of a reference population.

    Both must be per person-year (`event_rate`): dividing totals of recall periods of different length is
    wrong by the ratio of the periods.

    Parameters
    ----------
    rate, reference : Measure
        Of independent surveys; `reference` may have error 0 (a register).

    Returns
    -------
    pandas.DataFrame
        One row: point, lower, upper, interval, level, method. Log scale, V = (SE/R)^2 of both, t with the
        degrees of freedom of Satterthwaite.

    Examples
    --------
    >>> kp = Measure(2.0, 0.2, math.inf, "a"); general = Measure(0.35, 0.035, math.inf, "b")
    >>> rate_ratio(kp, general)[["point", "lower", "upper"]].round(2).to_numpy().tolist()
    [[5.71, 4.33, 7.54]]
    """
    checks.non_negative(reference=reference.point)
    if reference.point == 0 or rate.point == 0:
        raise NoEstimateError(
            "both rates must be above 0 for a ratio; got a rate of 0. Report the two rates."
        )
    first, second = (rate.error / rate.point) ** 2, (reference.error / reference.point) ** 2
    degrees = joint_degrees([(first, rate.degrees), (second, reference.degrees)])
    point = rate.point / reference.point
    ratio = Measure(point, point * math.sqrt(first + second), degrees, "")
    lower, upper = measure_interval(ratio, level=level, scale="log")
    row = {"point": point, "lower": lower, "upper": upper}
    return pd.DataFrame([{**row, "interval": "confidence", "level": level, "method": "rate ratio, log"}])
