"""Which rows belong to which spot x KP: the unit of the whole chain, found once and used by every step."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

STATUSES = ("not_visited", "refused", "unsafe", "not_found", "duplicate", "inactive", "active")
"""Statuses of a unit, a later one beating an earlier one when several interviews differ."""

VISITED = ("not_found", "duplicate", "inactive", "active")
"""Statuses that say what is at the spot; `refused` and `unsafe` do not, so they count as not visited."""


@dataclass(frozen=True)
class Units:
    """Spot x KP units and where each row of the records belongs.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unit, sorted by spot and KP: `spot_id, kp, municipality, zone, typology` (text as
        categories), `status`, `listed` and `new` (bool), `unsafe` (bool, any such row).
    level1 : numpy.ndarray of int
        Unit of each level-1 row; -1 for an informant who named nothing.
    level2 : numpy.ndarray of int
        Unit of each level-2 row.
    kps : list of str
        KP codes of the units, sorted.
    spots : pandas.Index
        Spot codes, sorted.
    lookup : numpy.ndarray of int
        Unit of spot code x KP code, -1 where there is none.
    """

    table: pd.DataFrame
    level1: np.ndarray
    level2: np.ndarray
    kps: list[str]
    spots: pd.Index
    lookup: np.ndarray

    def of(self, table: pd.DataFrame) -> np.ndarray:
        """Return the unit of each row of a table with `spot_id` and `kp`; -1 where there is none."""
        if table.empty or not len(self.spots) or not self.kps:
            return np.full(len(table), -1)
        spot = self.spots.get_indexer(pd.Index(table["spot_id"]))
        kp = pd.Index(self.kps).get_indexer(pd.Index(table["kp"]))
        known = (spot >= 0) & (kp >= 0) & table["spot_id"].notna().to_numpy()
        return np.where(known, self.lookup[spot * len(self.kps) + kp], -1)


def find_units(level1: pd.DataFrame, level2: pd.DataFrame) -> Units:
    """Return the spot x KP units of the records, whatever the order of the rows.

    Parameters
    ----------
    level1, level2 : pandas.DataFrame
        Checked tables of the study.

    Returns
    -------
    Units
        A unit is *listed* when level 1 names it and *new* when only level 2 does. Several interviews at
        one unit: active if any says so, else inactive, duplicate, not found; refused or unsafe only if
        nobody saw the spot.
    """
    both = pd.concat([level1[["spot_id", "kp"]], level2[["spot_id", "kp"]]], ignore_index=True)
    spot, spots = pd.factorize(both["spot_id"], sort=True)
    kp, kps = pd.factorize(both["kp"], sort=True)
    cell = np.where((spot >= 0) & (kp >= 0), spot * len(kps) + kp, -1)
    lookup = _number_cells(cell, len(spots) * len(kps))
    unit = np.where(cell >= 0, lookup[cell], -1) if len(lookup) else cell
    first, second = unit[: len(level1)], unit[len(level1) :]
    table = _describe(level1, level2, first, second, np.flatnonzero(lookup >= 0), list(kps), pd.Index(spots))
    return Units(table, first, second, list(kps), pd.Index(spots), lookup)


def _number_cells(cell: np.ndarray, n_cells: int) -> np.ndarray:
    """Number the spot x KP cells that occur, in their order; -1 for the others."""
    present = np.zeros(n_cells, dtype=bool)
    present[cell[cell >= 0]] = True
    return np.where(present, np.cumsum(present) - 1, -1)


def _describe(
    level1: pd.DataFrame,
    level2: pd.DataFrame,
    first: np.ndarray,
    second: np.ndarray,
    cells: np.ndarray,
    kps: list[str],
    spots: pd.Index,
) -> pd.DataFrame:
    n = len(cells)
    kp_code = cells % len(kps) if kps else cells
    status = _status(second, level2["status"], n)
    listed = np.bincount(first[first >= 0], minlength=n) > 0
    text = {
        name: _text_of_units(level1[name], level2[name], first, second, n) for name in ("zone", "typology")
    }
    place = _any_text(level1["municipality"], level2["municipality"], first, second, n)
    return pd.DataFrame(
        {
            "spot_id": spots.take(cells // len(kps) if kps else cells),
            "kp": pd.Categorical.from_codes(kp_code, categories=pd.Index(kps)),
            "municipality": place,
            **text,
            "status": pd.Categorical.from_codes(status, categories=pd.Index(STATUSES)),
            "listed": listed,
            "new": ~listed,
            "unsafe": np.bincount(second[(level2["status"] == "unsafe").to_numpy()], minlength=n) > 0,
        }
    )


def _status(unit: np.ndarray, status: pd.Series, n: int) -> np.ndarray:
    """Return the code of the strongest status of each unit (see STATUSES)."""
    rank = pd.Index(STATUSES).get_indexer(pd.Index(status))
    best = np.zeros(n, dtype=np.int8)
    for code in range(1, len(STATUSES)):
        best[unit[rank == code]] = np.maximum(best[unit[rank == code]], code)
    return best


def _any_text(
    level1: pd.Series, level2: pd.Series, first: np.ndarray, second: np.ndarray, n: int
) -> pd.Categorical:
    """Return the text of any row of each unit: the door has seen to it that all rows say the same."""
    row = np.zeros(n, dtype=np.int64)
    named = np.flatnonzero(first >= 0)
    row[first[named]] = named
    row[second] = len(level1) + np.arange(len(level2))
    text = pd.concat([level1, level2], ignore_index=True).take(row)
    codes, values = pd.factorize(text, sort=True)
    return pd.Categorical.from_codes(codes, categories=pd.Index(values))


def _text_of_units(
    level1: pd.Series, level2: pd.Series, first: np.ndarray, second: np.ndarray, n: int
) -> pd.Categorical:
    """Return the text most often given at level 2, else at level 1; the first in the alphabet in a tie."""
    codes, values = pd.factorize(pd.concat([level1, level2], ignore_index=True), sort=True)
    chosen = _mode(second, codes[len(level1) :], n)
    listed = _mode(first, codes[: len(level1)], n)
    return pd.Categorical.from_codes(np.where(chosen >= 0, chosen, listed), categories=pd.Index(values))


def _mode(unit: np.ndarray, code: np.ndarray, n: int) -> np.ndarray:
    """Return the commonest code of each unit (the lowest in a tie), -1 where there is none."""
    known = (unit >= 0) & (code >= 0)
    unit, code = unit[known], code[known]
    mode = np.full(n, -1)
    mode[unit] = code
    several = np.zeros(n, dtype=bool)
    several[unit[mode[unit] != code]] = True  # only units whose rows differ need counting
    disputed = several[unit]
    if disputed.any():
        _count_votes(mode, unit[disputed], code[disputed])
    return mode


def _count_votes(mode: np.ndarray, unit: np.ndarray, code: np.ndarray) -> None:
    """Write into `mode` the commonest code of the units given, the lowest in a tie."""
    width = int(code.max()) + 1
    numbers, pairs = pd.factorize(unit.astype(np.int64) * width + code)
    votes = np.bincount(numbers)
    order = np.lexsort((-(pairs % width), votes))  # the winner of a unit is written last
    mode[pairs[order] // width] = pairs[order] % width
