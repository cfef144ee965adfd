"""Step 11: sizes of areas that nobody mapped, from a rate. Separate, labelled, never in a mapped total."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pse import checks
from pse.spots.rates import adults_of, mapped_codes

ALL_STRATA = "all mapped areas (none mapped in its own stratum)"

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
        `municipality, kp, form, rate, adults, denominator, point, lower, upper, interval, level, method`;
        `rate` is per 1,000. The bounds use the same form of the lower and upper sizes: a range, which holds
        nothing of the spread between areas. `extrapolate_by_regression` and `extrapolate_by_fay_herriot` do.
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
        return pd.DataFrame(columns=[*columns, "interval", "level", "method"])
    return pd.concat(parts, ignore_index=True)


def _by_form(targets: pd.DataFrame, rows: pd.DataFrame, form: str) -> pd.DataFrame:
    rate_of = {"mean": mean_rate, "pooled": pooled_rate, "lowest": lowest_rate}[form]
    rates = {end: rate_of(rows[end], rows["adults"]) for end in ("point", "lower", "upper")}
    sizes = {end: extrapolate_by_rate(targets["adults"], rate=rate) for end, rate in rates.items()}
    method = f"extrapolated, {form} rate of {len(rows)} areas"
    found = targets.assign(form=form, rate=1000 * rates["point"], **sizes)
    return found.assign(interval="range", level=np.nan, method=method)


def extrapolate_by_strata(
    by_municipality: pd.DataFrame,
    municipalities: pd.DataFrame,
    denominators: Mapping[str, str],
    *,
    strata: str,
    form: str,
) -> pd.DataFrame:
    """Return sizes of the unmapped municipalities, each by the rate of the mapped ones of its own stratum.

    Parameters
    ----------
    by_municipality, municipalities, denominators
        As in `extrapolate_study`; `by_municipality` needs no column `adults`.
    strata : str
        Column of `municipalities`, such as region or urban; no blank.
    form : {"mean", "pooled", "lowest"}
        Which rate of the stratum. No default: in Kosovo 2015 the choice made 13,051 or 8,918.

    Returns
    -------
    pandas.DataFrame
        As `extrapolate_study`, with `stratum`. Where nothing is mapped in a stratum, the rate is that of all
        mapped areas and `stratum` says so.

    Raises
    ------
    ValueError
        If the column is missing or has blanks, the form is unknown, or no mapped area has adults.
    """
    checks.one_of(form, FORMS, name="form")
    if strata not in municipalities:
        raise ValueError(f"strata must be a column of municipalities; got {strata!r}. Add it to the file.")
    blank = int(municipalities[strata].isna().sum())
    if blank:
        raise ValueError(f"{strata} must be filled in for every municipality; got {blank} blank.")
    stratum = municipalities.set_index("municipality")[strata].astype(str)
    sizes = by_municipality.drop(columns=["adults", "denominator"], errors="ignore").reset_index(drop=True)
    sizes = pd.concat([sizes, adults_of(sizes, municipalities, denominators)], axis=1)
    sizes = sizes[sizes["adults"] > 0]
    if sizes.empty:
        raise ValueError("adults must be above 0 in some mapped area; got 0 or blank in all. Fill them in.")
    pooled = extrapolate_study(sizes, municipalities, denominators)
    parts = [pooled[pooled["form"].eq(form)].assign(stratum=ALL_STRATA)]
    for name in sorted(set(stratum)):
        inside = sizes[sizes["municipality"].map(stratum).eq(name)]
        places = municipalities[municipalities["municipality"].map(stratum).eq(name)]
        if len(inside):
            rows = extrapolate_study(inside, places, denominators)
            parts.append(rows[rows["form"].eq(form)].assign(stratum=name))
    # the last one given wins: the own stratum before all areas
    found = pd.concat(parts).drop_duplicates(["municipality", "kp"], keep="last")
    return found.sort_values(["kp", "municipality"], ignore_index=True)
