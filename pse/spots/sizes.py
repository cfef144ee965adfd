"""Steps 1 to 3: what level 1 and level 2 say about each spot x KP."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.records.tables import DAYS
from pse.spots.pool import Pool, mean_by, pool_bounds
from pse.spots.three import Three
from pse.spots.units import Units

_USED = (
    *("usual_min", "usual_max", "peak_min", "peak_max", "peak_days"),
    *("shift", "share_other_shift", *DAYS),
)
"""Columns of level 2 that say something about sizes."""


@dataclass(frozen=True)
class SpotSizes:
    """Reported sizes of each unit, in people; 0 where nothing is reported.

    `level1` is the pooled size of listed units, `usual` and `peak` the pooled level-2 sizes of active
    units (0 for inactive, not found and duplicate ones), `active_rows` the number of active level-2 rows.
    """

    level1: Three
    usual: Three
    peak: Three
    active_rows: np.ndarray

    def validated(self, size_basis: str) -> Three:
        """Return the level-2 sizes for a `usual_day` or a `peak_day`."""
        return self.peak if size_basis == "peak_day" else self.usual


@dataclass(frozen=True)
class ActiveRows:
    """Level-2 rows at active spots, grouped by unit and shift.

    `part` numbers the unit x shift of each row, `unit` is the unit of each part, and `kept` the share of
    the people of each part who are not counted in another shift already.
    """

    rows: pd.DataFrame
    part: np.ndarray
    unit: np.ndarray
    kept: np.ndarray

    def total(self, values: np.ndarray, *, n: int) -> np.ndarray:
        """Return, for each of `n` units, the sum over its shifts of `values` less the overlap of shifts."""
        return np.bincount(self.unit, weights=values * self.kept, minlength=n)


def report_sizes(level1: pd.DataFrame, active: ActiveRows, units: Units, *, pool: Pool) -> SpotSizes:
    """Return the pooled level-1 and level-2 sizes of every unit.

    Parameters
    ----------
    level1 : pandas.DataFrame
        Checked table of the study.
    active : ActiveRows
        Its level-2 rows at active spots, from `find_active_rows`.
    units : Units
        Units of the study.
    pool : {"mean", "median", "widest"}
        How informants are pooled (see `pool_bounds`).

    Returns
    -------
    SpotSizes
        A visited spot has its level-2 size only; a blank peak is the usual size; with several active
        interviews only the active rows are pooled.
    """
    n = len(units.table)
    named = units.level1 >= 0
    listed = Three.between(
        *pool_bounds(
            units.level1[named],
            level1["kp_min"].to_numpy(dtype=float)[named],
            level1["kp_max"].to_numpy(dtype=float)[named],
            n=n,
            how=pool,
        )
    )
    usual = _pool_shifts(active, "usual", "usual", n=n, how=pool)
    peak = _pool_shifts(active, "peak", "usual", n=n, how=pool)
    rows = np.bincount(active.unit[active.part], minlength=n)
    return SpotSizes(listed, usual, peak, rows)


def find_active_rows(level2: pd.DataFrame, units: Units) -> ActiveRows:
    """Return the active level-2 rows with their unit and shift.

    A spot with a day and a night shift has a row for each. The people of both are added, less the share
    `share_other_shift` of a row's people who are counted in the other shift's row (blank: nobody).
    This use of the overlap share is ours: METHOD, section 3, asks for "two rows and one overlap share".
    """
    active = (level2["status"] == "active").to_numpy() & (units.level2 >= 0)
    rows = level2[[name for name in _USED if name in level2]][active]
    unit = units.level2[active]
    if "shift" in rows and rows["shift"].notna().any():
        shift, names = pd.factorize(rows["shift"])
        part, parts = pd.factorize(unit * (len(names) + 1) + shift + 1)
        part_unit = np.asarray(parts) // (len(names) + 1)
    else:
        part, parts = pd.factorize(unit)
        part_unit = np.asarray(parts)
    return ActiveRows(rows, part, part_unit, 1 - _share_counted_elsewhere(rows, part, len(part_unit)))


def _share_counted_elsewhere(rows: pd.DataFrame, part: np.ndarray, n: int) -> np.ndarray:
    if "share_other_shift" not in rows:
        return np.zeros(n)
    share = rows["share_other_shift"].to_numpy(dtype=float)
    given = ~np.isnan(share)
    return mean_by(part[given], share[given], n=n)


def _pool_shifts(active: ActiveRows, name: str, otherwise: str, *, n: int, how: Pool) -> Three:
    """Pool the bounds `name_min`, `name_max` within each shift, then add the shifts of a unit."""
    bounds = []
    for end in ("min", "max"):
        values = active.rows[f"{name}_{end}"].to_numpy(dtype=float)
        instead = active.rows[f"{otherwise}_{end}"].to_numpy(dtype=float)
        bounds.append(np.where(np.isnan(values), instead, values))
    lower, upper = pool_bounds(active.part, *bounds, n=len(active.unit), how=how)
    return Three.between(active.total(lower, n=n), active.total(upper, n=n))


def peak_days(active: ActiveRows, *, n: int) -> np.ndarray:
    """Return which days are peak days of each unit: bool, shape (n, 7), Monday first.

    A day is a peak day if at least half of the active interviews of the spot name it.
    """
    codes, texts = pd.factorize(active.rows["peak_days"])
    named = np.array([[day in str(text).split() for day in DAYS] for text in texts], dtype=bool)
    named = named.reshape(len(texts), len(DAYS))
    unit = active.unit[active.part]
    rows = np.bincount(unit, minlength=n)
    votes = np.zeros((n, len(DAYS)))
    for day in np.flatnonzero(named.any(axis=0)):
        says = np.append(named[:, day], False)[codes]  # code -1 is blank: names no day
        votes[:, day] = np.bincount(unit[says], minlength=n)
    return (votes * 2 >= rows[:, None]) & (rows[:, None] > 0)
