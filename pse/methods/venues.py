"""Sizes from venues: PLACE, time-location samples, reverse tracking, and last visits (LMS).

Each is about people who come to venues. Those who never do are not in it; add them from elsewhere.

Sources
-------
PLACE: Weir SS et al. Sex Transm Infect 2003;79(suppl 1):i106-i113 (the worker and patron form; the error is
ours). Time-location: Karon JM, Wejnert C. Am J Public Health 2012;102:1580-1586; the size by multiplicity:
Lavallée P. Indirect Sampling. Springer 2007. LMS: Laska EM, Meisner M, Siegel C. Biometrics 1988;44:461-472;
used for MSM, with a sampling share: Chen H et al. Sex Transm Infect 2013;89:142.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import joint_degrees
from pse.methods.surveys import Measure, log_estimate, survey_design, survey_ratio, survey_total

__all__ = [
    "last_visit_size",
    "net_of_overlap",
    "place_size",
    "reverse_tracking",
    "time_location_size",
    "time_location_weights",
    "venue_duplication",
]


def venue_duplication(venues_visited: ArrayLike, *, weights: ArrayLike | None = None) -> Measure:
    """Return D, the number of different people for each person counted, from people met at venues.

    Parameters
    ----------
    venues_visited : array_like, shape (people,)
        Venues of the list that each person met visits in the time of one count, this one too; at least 1.
    weights : array_like, optional
        People whom each respondent stands for in the counts.

    Returns
    -------
    Measure
        D = mean of 1 / M. Never 1 / mean M: people with many venues are met more often.

    Examples
    --------
    >>> venue_duplication([1, 1, 2, 4]).point
    0.6875
    """
    m = np.asarray(venues_visited, dtype=float).ravel()
    checks.count(people=m.size, at_least=2)
    if not (np.isfinite(m) & (m >= 1)).all():
        raise ValueError("venues_visited must be 1 or more for everybody: this venue counts too; got less.")
    table = pd.DataFrame({"w": np.ones(m.size) if weights is None else np.asarray(weights, dtype=float)})
    got = survey_ratio(1 / m, 1.0, survey_design(table, weight="w"))
    return Measure(got.point, got.error, got.degrees, "mean of 1 / venues visited")


def place_size(
    venues: pd.DataFrame,
    *,
    duplication: Measure,
    weight: str | None = None,
    stratum: str | None = None,
    population: str | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate a KP from counts of workers and patrons at a sample of venues (PLACE).

    Parameters
    ----------
    venues : pandas.DataFrame
        One row for each venue visited: `workers`, `patrons` (people there at the busy time), `workers_kp`,
        `patrons_kp` (share of each who are KP). Closed venues stay in, with 0.
    duplication : Measure
        D of `venue_duplication`; ``Measure(1, 0, math.inf, "none")`` only where nobody visits two.
    weight : str, optional
        Venues that each row stands for; 1 without it.
    stratum, population : str, optional
        As for `survey_design`: strata of venues, and venues of the stratum on the list.

    Returns
    -------
    Estimate
        D x sum of w (workers x share + patrons x share); log interval, error between venues within strata
        and of D.

    Raises
    ------
    NoEstimateError
        If nobody of the KP was at any venue, or all venues were counted and D has no error: there is no
        sampling error to show, use the range of a mapping.

    Examples
    --------
    >>> venues = pd.DataFrame({"workers": [10, 4, 0, 6], "workers_kp": 0.5, "patrons": [20, 30, 10, 0],
    ...     "patrons_kp": 0.1, "w": 5})
    >>> d = Measure(0.8, 0.05, math.inf, "D")
    >>> print(place_size(venues, duplication=d, weight="w"))
    64 (23 to 175, 95% confidence; PLACE, workers and patrons)
    """
    design = survey_design(venues, weight=weight, stratum=stratum, population=population)
    kp = np.zeros(len(venues))
    for group in ("workers", "patrons"):
        people = _column(venues, group)
        share = _column(venues, f"{group}_kp")
        if (share > 1).any():
            raise ValueError(f"{group}_kp must be between 0 and 1; got more. Divide percentages by 100.")
        kp += people * share
    checks.positive(duplication=duplication.point)
    total = survey_total(kp, design)
    got = _product(total, duplication)
    return _log_estimate(
        got, level=level, method="PLACE, workers and patrons", least=float(kp.max()) if kp.size else 0
    )


def time_location_weights(
    *, event_share: ArrayLike, present: ArrayLike, interviewed: ArrayLike, visits: ArrayLike
) -> np.ndarray:
    """Return weights of people met in a time-location sample.

    Parameters
    ----------
    event_share : array_like, shape (people,)
        Chance that the venue-day-time at which the person was met was drawn; above 0, at most 1.
    present, interviewed : array_like
        Eligible people who came to that event, and those of them interviewed.
    visits : array_like
        Venue-day-times of the whole frame to which the person comes in the period, this one too; at least 1.

    Returns
    -------
    numpy.ndarray
        1 / event_share x present / interviewed / visits. With visits in the frame's own events the weights
        sum to people; with visits a week or a month they are only relative.

    Examples
    --------
    >>> time_location_weights(event_share=0.1, present=40, interviewed=8, visits=[1, 5]).tolist()
    [50.0, 10.0]
    """
    shares, come, asked, times = (
        np.asarray(one, dtype=float) for one in (event_share, present, interviewed, visits)
    )
    if not (np.isfinite(shares) & (shares > 0) & (shares <= 1)).all():
        raise ValueError("event_share must be above 0 and at most 1; got others.")
    if not ((asked >= 1) & (come >= asked)).all():
        raise ValueError("present must be at least interviewed, and interviewed at least 1; got others.")
    if not (np.isfinite(times) & (times >= 1)).all():
        raise ValueError("visits must be 1 or more: the visit at which the person was met counts; got less.")
    return np.asarray(1 / shares * come / asked / times)


def time_location_size(
    people: pd.DataFrame, *, event: str, weight: str, stratum: str | None = None, level: float = 0.95
) -> Estimate:
    """Estimate the people who come to the venues of the frame in the period: the sum of the weights.

    Parameters
    ----------
    people : pandas.DataFrame
        One row for each interview, with the `event` at which it was held and its `weight` by
        `time_location_weights`, visits counted in events of the frame. A person may be met twice.
    stratum : str, optional
        Strata of events.

    Notes
    -----
    An event at which nobody was met belongs to the error too; without its row the interval is too narrow.

    Examples
    --------
    >>> people = pd.DataFrame({"event": [1, 1, 2, 2, 3, 3], "w": [50, 10, 20, 20, 20, 60]})
    >>> time_location_size(people, event="event", weight="w").point
    180.0
    """
    design = survey_design(people, weight=weight, stratum=stratum, cluster=event)
    return _log_estimate(
        survey_total(1.0, design), level=level, method="time-location, multiplicity", least=0
    )


def reverse_tracking(
    spots: pd.DataFrame,
    *,
    mapped_total: float,
    stratum: str | None = None,
    population: str | None = None,
    level: float = 0.95,
) -> Estimate:
    """Correct the total of a mapping by what a later visit finds at a sample of its spots.

    Parameters
    ----------
    spots : pandas.DataFrame
        One row for each spot visited: `mapped` (people by the mapping) and `found` (people counted).
    mapped_total : float
        People by the mapping at all spots.
    stratum, population : str, optional
        As for `survey_design`, with spots as the units. Strata share one ratio.

    Returns
    -------
    Estimate
        mapped_total x sum(found) / sum(mapped), the ratio with its linearised error; log interval.

    Notes
    -----
    Spots must be drawn by chance from the mapping, those that turn out closed included (`found` 0). New
    spots are not in it.

    Examples
    --------
    >>> spots = pd.DataFrame({"mapped": [10, 20, 30, 40], "found": [8, 17, 20, 35]})
    >>> print(reverse_tracking(spots, mapped_total=1000))
    800 (633 to 1,011, 95% confidence; reverse tracking)
    """
    checks.positive(mapped_total=mapped_total)
    mapped, found = _column(spots, "mapped"), _column(spots, "found")
    if mapped_total < mapped.sum():
        raise ValueError(
            f"mapped_total must be at least the people mapped at the spots visited ({mapped.sum():g}); "
            f"got {mapped_total}."
        )
    design = survey_design(spots, stratum=stratum, population=population)
    ratio = survey_ratio(found, mapped, design)
    got = Measure(mapped_total * ratio.point, mapped_total * ratio.error, ratio.degrees, "")
    return _log_estimate(got, level=level, method="reverse tracking", least=float(found.sum()))


def last_visit_size(
    *,
    days: ArrayLike,
    people: ArrayLike | None = None,
    sampled: float,
    window: int | None = None,
    level: float = 0.95,
) -> Estimate:
    """Estimate how many come in a period, from one day's visitors and when each came last before (LMS).

    Who came last i days ago stands for i people of whom one comes a day.

    Parameters
    ----------
    days : array_like
        Days since the last visit before, for each person or group of persons asked; at least 1.
    people : array_like, optional
        Persons asked with that answer; 1 each without it.
    sampled : float
        Share of the day's visitors who were asked: hours without interviews lower it too.
    window : int, optional
        Length of the period in days: longer answers (and "never before") count as it. Without it, the
        longest answer.

    Returns
    -------
    Estimate
        N = sum(i m_i) / r; V = sum(i^2 m_i) / r^2 - sum(i m_i) / r (each person met with chance r / i; ours,
        a Horvitz-Thompson variance); log interval with t, never below those asked.

    Notes
    -----
    The day must be like any other: no trend, no weekday that matters. Where it does, ask on several days.

    Examples
    --------
    >>> print(last_visit_size(days=[1, 2, 7, 30], people=[20, 10, 8, 2], sampled=0.5))
    312 (170 to 571, 95% confidence; last visits (LMS), log)
    """
    i, m = np.asarray(days, dtype=float).ravel(), np.ones(np.size(days))
    if people is not None:
        m = np.asarray(people, dtype=float).ravel()
    checks.share(sampled=sampled)
    checks.positive(sampled=sampled)
    if m.shape != i.shape or not (np.isfinite(m) & (m >= 0)).all() or m.sum() <= 0:
        raise ValueError("people must be one number, 0 or more, for each of days, and somebody; got others.")
    if not (i >= 1).all():
        raise ValueError("days must be 1 or more: the day of the survey is not the last visit; got less.")
    if window is not None:
        checks.count(window=window, at_least=1)
        i = np.minimum(i, window)
    if not np.isfinite(i).all():
        raise ValueError("days must be finite; got others. Give a window for those who never came before.")
    point = float(i @ m) / sampled
    variance = max(float(i**2 @ m) / sampled**2 - point, 0.0)
    asked = float(m.sum())
    got = Measure(point, math.sqrt(variance), max(asked - 1, 1.0), "")
    return log_estimate(got, level=level, method="last visits (LMS), log", least=asked)


def net_of_overlap(size: Estimate, *, share_elsewhere: float) -> Estimate:
    """Return the people of `size` who are not counted elsewhere, the share taken as known.

    Examples
    --------
    >>> online = Estimate(60830, 57327, 64329, "confidence", 0.95, "last visits (LMS)")
    >>> net_of_overlap(online, share_elsewhere=0.5).point
    30415.0
    """
    checks.share(share_elsewhere=share_elsewhere)
    kept = 1 - share_elsewhere
    bounds = (kept * size.point, kept * size.lower, kept * size.upper)
    return Estimate(*bounds, size.interval, size.level, f"{size.method}, net of overlap")


def _column(table: pd.DataFrame, name: str) -> np.ndarray:
    values = pd.to_numeric(table[name]).to_numpy(dtype=float, na_value=np.nan)
    checks.rows(np.isfinite(values) & (values >= 0), f"{name} must be a number, 0 or more, in every row")
    return values


def _product(first: Measure, second: Measure) -> Measure:
    """Return the product of two independent measures, Satterthwaite's degrees of freedom."""
    if first.point == 0:
        return Measure(0.0, 0.0, first.degrees, "")
    a, b = (first.error / first.point) ** 2, (second.error / second.point) ** 2
    degrees = joint_degrees([(a, first.degrees), (b, second.degrees)])
    point = first.point * second.point
    return Measure(point, point * math.sqrt(a + b), degrees, "")


def _log_estimate(got: Measure, *, level: float, method: str, least: float) -> Estimate:
    if got.point <= 0:
        raise NoEstimateError(
            "somebody of the KP must be met at a venue; got nobody. Visit more venues or at other hours, or "
            "use a method that does not need venues.",
            lower=0.0,
        )
    if got.error == 0:
        raise NoEstimateError(
            "venues must vary or be a sample to have a sampling error; got none. The total is "
            f"{got.point:.0f}: report it with the range of the counts, as in a mapping.",
            lower=least,
        )
    return log_estimate(got, level=level, method=method, least=least)
