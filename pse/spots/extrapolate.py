"""Step 11: sizes of areas that nobody mapped, from a rate. Separate, labelled, never in a mapped total."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pse import checks
from pse.spots.rates import adults_of, mapped_codes

FORMS = ("mean", "pooled", "lowest")
"""Which rate of the mapped areas the unmapped ones are given. None is the default: all are shown."""


def mean_rate(sizes: ArrayLike, adults: ArrayLike) -> float:
    """Return the unweighted mean of the rates of the surveyed areas, in people per adult.

    Kosovo 2015 used it: two cities' rates of PWID give 13,051 in nine municipalities.

    Examples
    --------
    >>> mean_rate([10, 10], [1000, 500])
    0.015
    """
    return float(np.mean(_rates(sizes, adults)))


def pooled_rate(sizes: ArrayLike, adults: ArrayLike) -> float:
    """Return all people over all adults of the surveyed areas; large areas weigh more."""
    _rates(sizes, adults)
    return float(np.sum(np.asarray(sizes, dtype=float)) / np.sum(np.asarray(adults, dtype=float)))


def lowest_rate(sizes: ArrayLike, adults: ArrayLike) -> float:
    """Return the lowest rate of the surveyed areas: a cautious choice (8,918 in Kosovo 2015)."""
    return float(np.min(_rates(sizes, adults)))


def _rates(sizes: ArrayLike, adults: ArrayLike) -> np.ndarray:
    people, over = np.asarray(sizes, dtype=float), np.asarray(adults, dtype=float)
    if people.size == 0 or not (over > 0).all():
        raise ValueError(
            "adults must be above 0 in every surveyed area; got 0, blank or no area. Leave those out."
        )
    return people / over


def extrapolate_by_rate(adults: pd.Series, *, rate: float) -> pd.Series:
    """Return people = adults x rate for areas without a survey, unrounded.

    Parameters
    ----------
    adults : pandas.Series
        Adults of each area, of the sex and age that the rate is about.
    rate : float
        People per adult, 0 or more.

    Notes
    -----
    Assumes that unmapped areas are like the mapped ones, which are often chosen because they are not.
    """
    checks.non_negative(rate=rate)
    return adults * rate


def extrapolate_study(
    by_municipality: pd.DataFrame, municipalities: pd.DataFrame, denominators: Mapping[str, str]
) -> pd.DataFrame:
    """Return sizes of the unmapped municipalities by each of the three rates.

    Parameters
    ----------
    by_municipality : pandas.DataFrame
        `.municipalities` of the study, with `adults`.
    municipalities : pandas.DataFrame
        All municipalities; those that are not mapped and have adults get a row.
    denominators : mapping
        KP to the column of adults.

    Returns
    -------
    pandas.DataFrame
        `municipality, kp, form, rate, adults, denominator, point, lower, upper`; `rate` is per 1,000.
        The bounds use the same form of the lower and upper sizes.
    """
    unmapped = sorted(set(municipalities["municipality"]) - set(mapped_codes(municipalities)))
    parts = []
    for kp, rows in by_municipality[by_municipality["adults"] > 0].groupby("kp"):
        targets = pd.DataFrame({"municipality": unmapped, "kp": kp})
        targets = pd.concat([targets, adults_of(targets, municipalities, denominators)], axis=1)
        targets = targets[targets["adults"] > 0]
        parts += [_by_form(targets, rows, form) for form in FORMS if len(targets)]
    if not parts:
        columns = ["municipality", "kp", "adults", "denominator", "form", "rate", "point", "lower", "upper"]
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)


def _by_form(targets: pd.DataFrame, rows: pd.DataFrame, form: str) -> pd.DataFrame:
    rate_of = {"mean": mean_rate, "pooled": pooled_rate, "lowest": lowest_rate}[form]
    rates = {end: rate_of(rows[end], rows["adults"]) for end in ("point", "lower", "upper")}
    sizes = {end: extrapolate_by_rate(targets["adults"], rate=rate) for end, rate in rates.items()}
    return targets.assign(form=form, rate=1000 * rates["point"], **sizes)
