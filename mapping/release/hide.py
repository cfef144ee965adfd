"""Hide in every table what `protect` chose, and the rows that no sum ties to it by rules of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mapping.release.levels import FEWEST_SPOTS, Level
from mapping.release.linked import Cell
from mapping.release.links import records
from mapping.release.protect import Hidden, hidden_rows
from mapping.release.rules import COMPUTED, RULES, blank, rests_on_few_spots, under

SPOTS = Cell("part", "", "spots/geographic")


@dataclass(frozen=True)
class Sight:
    """What may be seen at one level.

    Attributes
    ----------
    level : {"public", "programme", "restricted"}
        Level of release.
    threshold : float
        Sizes under so many people are hidden.
    kps : dict of str to Hidden
        What `protect` chose, by KP.
    """

    level: Level
    threshold: float
    kps: Mapping[str, Hidden]

    def gone(self, kp: object) -> bool:
        """Return whether everything of a KP is hidden."""
        return str(kp) in self.kps and self.kps[str(kp)].whole

    def hides(self, kp: object, *cells: Cell) -> bool:
        """Return whether any of these cells of a KP is hidden."""
        return str(kp) in self.kps and (self.gone(kp) or not self.kps[str(kp)].cells.isdisjoint(cells))

    def any_place(self, kp: object, tables: tuple[str, ...]) -> bool:
        """Return whether a KP has a hidden municipal cell in one of these tables of linked cells."""
        if self.gone(kp) or str(kp) not in self.kps:
            return self.gone(kp)
        return any(cell.place and cell.table in tables for cell in self.kps[str(kp)].cells)

    def spots_gone(self, kp: object) -> bool:
        """Return whether the people of a KP at spots, all together, are hidden."""
        return self.hides(kp, SPOTS)


def hide(name: str, table: pd.DataFrame, seen: Sight) -> pd.DataFrame:
    """Return a copy of the table `name` with what may not be seen left blank, and `hidden` (bool).

    Parameters
    ----------
    name : str
        One of `RULES`.
    table : pandas.DataFrame
        The table with all its numbers.
    seen : Sight
        What may be seen.
    """
    if seen.level == "restricted":
        return table.copy().assign(hidden=False)
    rule = RULES[name]
    where = under(table, rule.people, seen.threshold) | rests_on_few_spots(table, rule.spots)
    for column in ("kp", "other_kp"):
        if column in table:
            where |= table[column].map(seen.gone).astype(bool)
    if rule.about_spots:
        where |= table["kp"].map(seen.spots_gone).astype(bool)
    if name in _OF_ROW:
        where |= _each(table, lambda row: _OF_ROW[name](seen, row))
    if name in _OF_TABLE:
        where |= _OF_TABLE[name](table, seen)
    shown = blank(table, where, rule.numbers)
    return _blank_beside(name, shown, seen).assign(hidden=where.astype(bool))


def _each(table: pd.DataFrame, test: Callable[[Mapping[str, Any]], bool]) -> pd.Series:
    return pd.Series([bool(test(row)) for row in records(table)], index=table.index, dtype=bool)


def _part(row: Mapping[str, Any], place: object = "") -> Cell:
    return Cell("part", str(place), f"{row['component']}/{row['channel']}")


def _step_gone(seen: Sight, row: Mapping[str, Any]) -> bool:
    """Up to duplication a step is about spots; `nonspot` is one part less than the sum of the parts."""
    if row["step"] == "override":
        return seen.gone(row["kp"])
    if row["step"] == "virtual":
        return seen.hides(row["kp"], Cell("computed"))
    hidden = seen.kps.get(str(row["kp"]))
    parts = hidden is not None and any(c.table == "part" and not c.place for c in hidden.cells)
    return (row["step"] == "nonspot" and parts) or seen.spots_gone(row["kp"])


def _form_gone(seen: Sight, row: Mapping[str, Any]) -> bool:
    """The lowest rate bounds every hidden one; the mean is one more sum over municipalities."""
    if row["form"] == "lowest":
        return seen.any_place(row["kp"], ("total",))
    return row["form"] == "mean" and seen.hides(row["kp"], Cell("mean rate"))


_OF_ROW: Mapping[str, Callable[[Sight, Mapping[str, Any]], bool]] = {
    "municipalities": lambda seen, row: seen.hides(row["kp"], Cell("total", str(row["municipality"]))),
    "components": lambda seen, row: seen.hides(row["kp"], _part(row, row["municipality"])),
    "national_components": lambda seen, row: seen.hides(row["kp"], _part(row)),
    "municipality_days": lambda seen, row: seen.hides(
        row["kp"], Cell("total", str(row["municipality"])), Cell("part", str(row["municipality"]), SPOTS.item)
    ),
    "days": lambda seen, row: seen.hides(row["kp"], Cell("day", "", str(row["day"]))),
    "typologies": lambda seen, row: seen.hides(
        row["kp"], Cell("typology", "", f"{row['component']}/{row['typology']}")
    ),
    "ratios": lambda seen, row: seen.hides(row["kp"], Cell("typology", "", f"spots/{row['stratum']}")),
    "duplication": lambda seen, row: seen.hides(
        row["kp"], Cell("total", str(row["municipality"])), Cell("part", str(row["municipality"]), SPOTS.item)
    ),
    "steps": _step_gone,
    "national_steps": _step_gone,
    "extrapolated": _form_gone,
}


def _few_answers(table: pd.DataFrame, seen: Sight) -> pd.Series:
    """Rows of few people, and partners, because the shares of a KP add up to 1."""
    where = pd.Series(False, index=table.index)
    for _, rows in table.groupby("kp", observed=True):
        answers = rows["answers"].to_numpy(dtype=float)
        amounts = rows["share"].to_numpy(dtype=float) * answers.sum()
        most = np.full(len(rows), seen.threshold)
        where[rows.index] = hidden_rows(amounts, answers < seen.threshold, low=0 * most, high=most)
    return where


def _few_spots(table: pd.DataFrame, seen: Sight) -> pd.Series:
    """Classes of one or two spots, and partners, because the spots of a KP are counted elsewhere."""
    where = pd.Series(False, index=table.index)
    for kp, rows in table.groupby("kp", observed=True):
        counts = rows["spots"].to_numpy(dtype=float)
        few = (counts > 0) & (counts < FEWEST_SPOTS)
        ends = np.ones(len(rows)), np.full(len(rows), FEWEST_SPOTS - 1.0)
        where[rows.index] = hidden_rows(counts, few, low=ends[0], high=ends[1])
        if seen.spots_gone(kp):
            where[rows.index] = True
    return where


def _uplift_gone(table: pd.DataFrame, seen: Sight) -> pd.Series:
    """Groups of municipalities of a KP in which a municipal number of people at spots is hidden.

    The three uplifts of a KP give the share of the groups. In whole percent they leave the people of a group
    unsure by usual / 200 / difference; where that is under three times the threshold the groups are hidden.
    """
    where = pd.Series(False, index=table.index)
    for kp, rows in table.groupby("kp", observed=True):
        if not seen.any_place(kp, ("total", "part", "day")):
            continue
        groups = rows[~rows["municipality_size"].eq("all")]
        apart = float(groups["uplift"].max() - groups["uplift"].min()) if len(groups) > 1 else 1.0
        unsure = float(groups["usual"].sum()) / 200
        if unsure < 3 * seen.threshold * apart or groups["usual"].min() < 3 * seen.threshold:
            where[groups.index] = True
    return where


_OF_TABLE: Mapping[str, Callable[[pd.DataFrame, Sight], pd.Series]] = {
    "ages": _few_answers,
    "size_classes": _few_spots,
    "uplift": _uplift_gone,
}


def _blank_beside(name: str, table: pd.DataFrame, seen: Sight) -> pd.DataFrame:
    """Blank single numbers of rows that are shown, such as people of size classes: one spot is one number."""
    always = pd.Series(True, index=table.index)
    if name == "national":
        gone = table["kp"].map(lambda kp: seen.hides(kp, Cell("computed"))).astype(bool)
        return blank(table, gone, COMPUTED)
    if name == "size_classes":
        return blank(table, always, ("people",))
    if name == "duplication":
        return blank(table, under(table, ("n",), seen.threshold), ("n",))
    if name == "ratios":
        return _blank_means_of_few(table)
    if name == "uplift":
        return _whole_percent(table, seen)
    return table


def _whole_percent(uplift: pd.DataFrame, seen: Sight) -> pd.DataFrame:
    some = uplift["kp"].map(lambda kp: seen.any_place(kp, ("total", "part", "day"))).astype(bool)
    groups = some & ~uplift["municipality_size"].eq("all")
    table = blank(uplift, groups, ("usual", "weekend"))
    table["uplift"] = table["uplift"].where(~groups, table["uplift"].round(2))
    return table


def _blank_means_of_few(ratios: pd.DataFrame) -> pd.DataFrame:
    """Blank mean level-1 sizes over one or two spots; after a fallback they are means over the KP."""
    counts = ratios[["visited", "unvisited"]].astype(float)
    over_kp = counts.groupby(ratios["kp"]).transform("sum")
    few = rests_on_few_spots(
        counts.where(ratios["rests_on"].eq("stratum"), over_kp), ("visited", "unvisited")
    )
    return blank(ratios, few, ("mean_level1_visited", "mean_level1_unvisited", "difference", "flag"))
