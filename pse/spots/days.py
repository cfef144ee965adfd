"""Dynamics: how many people are at spots on each day of the week, and how much more at the weekend."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.spots.options import DAYS, Options
from pse.spots.pool import mean_by
from pse.spots.sizes import ActiveRows, SpotSizes, peak_days
from pse.spots.three import Three
from pse.spots.totals import Cells, Groups
from pse.spots.units import Units

LARGE_QUANTILE = 2 / 3
"""A large municipality is in the upper third of mapped municipalities by adults (men and women)."""


@dataclass(frozen=True)
class DayPeople:
    """People at spots by municipality x KP cell.

    `usual` and `by_day` (one per day, Monday first) are people before duplication, the base of every
    ratio; `people` is after duplication, what is reported.
    """

    usual: np.ndarray
    by_day: list[np.ndarray]
    people: list[Three]


def people_by_day(
    units: Units,
    groups: Groups,
    sizes: SpotSizes,
    active: ActiveRows,
    usual: Three,
    duplication: np.ndarray,
    cells: Cells,
    *,
    min_spots: int,
) -> DayPeople:
    """Return people at spots on each day.

    Parameters
    ----------
    units, groups, sizes, active
        Units of the study, what each step touches, reported sizes, active level-2 rows.
    usual : Three
        Size of every unit on a usual day, before duplication.
    duplication : numpy.ndarray
        D of every unit.
    cells : Cells
        Municipality x KP cells.
    min_spots : int
        With fewer active spots in a KP x typology, unvisited spots take the day factors of the KP.

    Notes
    -----
    E(s, d) is the peak size on the spot's peak days, the usual size on others, or the count recorded for
    that day. Sizes are carried additively, because a factor breaks where the usual size is 0. Unvisited
    spots take the aggregate factor of their KP x typology. METHOD, section 3.
    """
    ordinary = usual.times(duplication)
    cell = cells.of_units(units)
    by_day, people = [], []
    cell_usual, cell_ordinary = usual.sum_by(cell, n=cells.n).point, ordinary.sum_by(cell, n=cells.n)
    for size in day_sizes(units, groups, sizes, active, usual, min_spots=min_spots):
        by_day.append(cell_usual if size is None else size.sum_by(cell, n=cells.n).point)
        people.append(cell_ordinary if size is None else size.times(duplication).sum_by(cell, n=cells.n))
    return DayPeople(cell_usual, by_day, people)


def day_sizes(
    units: Units, groups: Groups, sizes: SpotSizes, active: ActiveRows, usual: Three, *, min_spots: int
) -> Iterator[Three | None]:
    """Yield E(s, d) of every unit before duplication, Monday first; None for a day that is usual everywhere.

    The arguments are those of `people_by_day`.
    """
    n = len(units.table)
    peaks = peak_days(active, n=n)
    seen = groups.active | groups.new
    fine, coarse = _strata(units)
    for number, day in enumerate(DAYS):
        if not peaks[:, number].any() and day not in active.rows:
            yield None
            continue
        visited = sizes.peak.where(peaks[:, number], sizes.usual)
        visited = _recorded(active, day, visited, n=n)
        factor = _day_factor(visited.point, sizes.usual.point, seen, fine, coarse, min_spots)
        yield usual.times(factor).where(groups.unvisited, visited.where(seen))


def _strata(units: Units) -> tuple[np.ndarray, np.ndarray]:
    kp = units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    typology = units.table["typology"].cat
    return kp * (len(typology.categories) + 1) + typology.codes.to_numpy() + 1, kp


def _recorded(active: ActiveRows, day: str, otherwise: Three, *, n: int) -> Three:
    """Put the counts recorded for `day` (columns mon..sun of level 2) in place of usual and peak sizes."""
    if day not in active.rows:
        return otherwise
    count = active.rows[day].to_numpy(dtype=float)
    given = ~np.isnan(count)
    mean = mean_by(active.part[given], count[given], n=len(active.unit))
    has = np.bincount(active.unit[active.part[given]], minlength=n) > 0
    return Three.same(active.total(mean, n=n)).where(has, otherwise)


def _day_factor(
    day: np.ndarray,
    usual: np.ndarray,
    seen: np.ndarray,
    fine: np.ndarray,
    coarse: np.ndarray,
    min_spots: int,
) -> np.ndarray:
    """Return f(d) = sum E(s, d) / sum E_usual(s) of the visited spots of each unit's stratum."""
    own, own_n = _aggregate_ratio(day, usual, seen, fine)
    kp, kp_n = _aggregate_ratio(day, usual, seen, coarse)
    use_own = (own_n[fine] >= min_spots) & ~np.isnan(own[fine])
    use_kp = ~use_own & (kp_n[coarse] > 0) & ~np.isnan(kp[coarse])
    return np.select([use_own, use_kp], [own[fine], kp[coarse]], 1.0)


def _aggregate_ratio(
    day: np.ndarray, usual: np.ndarray, seen: np.ndarray, group: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    n = int(group.max(initial=-1)) + 1
    top = np.bincount(group[seen], weights=day[seen], minlength=n)
    bottom = np.bincount(group[seen], weights=usual[seen], minlength=n)
    ratio = np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), np.nan)
    return ratio, np.bincount(group[seen], minlength=n)


def days_by_cell(days: DayPeople, cells: Cells, *, options: Options) -> pd.DataFrame:
    """Return people at spots by `municipality, kp, day`, with `weekend`, the stamp left to the caller."""
    parts = [
        pd.DataFrame({**cells.keys(), "day": day, "weekend": day in options.weekend, **people.columns()})
        for day, people in zip(DAYS, days.people, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def days_table(days: DayPeople, cells: Cells, *, options: Options) -> pd.DataFrame:
    """Return people at spots by `kp, day`: `weekend, factor, point, lower, upper` for the mapped area.

    `factor` is f(d) = sum E(s, d) / sum E_usual(s), before duplication; 1 where nobody is counted.
    """
    kp = np.tile(np.arange(len(cells.kps)), len(cells.municipalities))
    usual = np.bincount(kp, weights=days.usual, minlength=len(cells.kps))
    parts = []
    for number, day in enumerate(DAYS):
        total = np.bincount(kp, weights=days.by_day[number], minlength=len(cells.kps))
        parts.append(
            pd.DataFrame(
                {
                    "kp": cells.kps,
                    "day": day,
                    "weekend": day in options.weekend,
                    "factor": np.where(usual > 0, total / np.where(usual > 0, usual, 1), 1.0),
                    **days.people[number].sum_by(kp, n=len(cells.kps)).columns(),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values("kp", kind="stable", ignore_index=True)


def uplift_table(
    days: DayPeople, cells: Cells, municipalities: pd.DataFrame, *, options: Options
) -> pd.DataFrame:
    """Return the weekend uplift by KP, for all municipalities and for large and other ones.

    Returns
    -------
    pandas.DataFrame
        `kp, municipality_size` (all, large, other), `usual` and `weekend` people at spots before
        duplication, and `uplift` = mean over the weekend days / usual - 1. Groups without people are
        left out.
    """
    weekend = np.mean([days.by_day[DAYS.index(day)] for day in options.weekend], axis=0)
    large = large_municipalities(municipalities)
    keys = cells.keys()
    size = np.where(np.isin(keys["municipality"].astype(str), large), "large", "other")
    frame = pd.DataFrame(
        {"kp": keys["kp"], "municipality_size": size, "usual": days.usual, "weekend": weekend}
    )
    parts = [frame.assign(municipality_size="all"), frame]
    sums = pd.concat(parts).groupby(["kp", "municipality_size"], as_index=False)[["usual", "weekend"]].sum()
    sums = sums[sums["usual"] > 0].reset_index(drop=True)
    return sums.assign(uplift=sums["weekend"] / sums["usual"] - 1)


def large_municipalities(municipalities: pd.DataFrame) -> list[str]:
    """Return the codes of the mapped municipalities in the upper third by adults, men and women."""
    mapped = municipalities[municipalities["mapped"].astype(bool)]
    if mapped.empty:
        return []
    adults = mapped[["adult_men", "adult_women"]].astype(float).sum(axis=1)
    return sorted(mapped.loc[adults >= np.quantile(adults, LARGE_QUANTILE), "municipality"])
