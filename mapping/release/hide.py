"""Hide in every table what `protect` chose, and the rows that no sum ties to it by rules of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mapping.release.levels import FEWEST_SPOTS, Level
from mapping.release.oneway import hidden_rows
from mapping.release.printed import SPOTS
from mapping.release.protect import Hidden
from mapping.release.rules import RULES, blank, rests_on_few_spots, under

_AT_SPOTS = f"part/{SPOTS}/geographic"
_ONLINE = "part/virtual/web"
BEFORE_SUMS = ("level1", "inactive", "validated", "new", "ratio", "duplication")
KIND = ("interval", "level", "method")
"""What the bounds of a row are. A hidden row does not say: a range among intervals is nobody at spots."""


@dataclass(frozen=True)
class Sight:
    """What may be seen at one level.

    Attributes
    ----------
    level : {"public", "programme", "restricted"}
        Level of release.
    threshold : float
        Sizes under so many people are hidden.
    kps : mapping of str to Hidden
        What `protect` chose, by KP.
    """

    level: Level
    threshold: float
    kps: Mapping[str, Hidden]

    def gone(self, kp: object) -> bool:
        """Return whether everything of a KP is hidden."""
        return str(kp) in self.kps and self.kps[str(kp)].whole

    def hides(self, kp: object, unit: str) -> bool:
        """Return whether a unit of a KP is hidden."""
        return self.gone(kp) or (str(kp) in self.kps and unit in self.kps[str(kp)].units)

    def hides_a_place(self, kp: object) -> bool:
        """Return whether any number of a KP in a municipality is hidden."""
        units = self.kps[str(kp)].units if str(kp) in self.kps else frozenset()
        return self.gone(kp) or any(unit.startswith("total/") or unit.count("/") > 2 for unit in units)

    def spots_gone(self, kp: object) -> bool:
        """Return whether the people of a KP at spots, all together, are hidden."""
        return self.hides(kp, _AT_SPOTS)


def hide(name: str, table: pd.DataFrame, seen: Sight) -> pd.DataFrame:
    """Return a copy of the table `name` with what may not be seen left blank, and `hidden` (bool).

    Parameters
    ----------
    name : str
        One of `RULES`.
    table : pandas.DataFrame
        The table with all its numbers, its rows labelled as `protect` saw them.
    seen : Sight
        What may be seen.
    """
    if seen.level == "restricted":
        return table.copy().assign(hidden=False)
    rule = RULES[name]
    where = under(table, rule.people, seen.threshold) | rests_on_few_spots(table, rule.spots)
    where |= _chosen(name, table, seen)
    for column in ("kp", "other_kp"):
        if column in table:
            where |= table[column].map(seen.gone).astype(bool)
    if rule.about_spots:
        where |= table["kp"].map(seen.spots_gone).astype(bool)
    if name in _OF_TABLE:
        where |= _OF_TABLE[name](table, seen)
    shown = blank(table, where, (*rule.numbers, *KIND))
    return _blank_beside(name, shown).assign(hidden=where.astype(bool))


def _chosen(name: str, table: pd.DataFrame, seen: Sight) -> pd.Series:
    """Return the rows that `protect` chose in this table."""
    labels = {label for found in seen.kps.values() for place, label, _ in found.places if place == name}
    return pd.Series(table.index.isin(list(labels)), index=table.index, dtype=bool)


# Tables that no sum ties to the others ------------------------------------------------------------


def _few_answers(table: pd.DataFrame, seen: Sight) -> pd.Series:
    """Rows of few people and partners: the shares of a KP add up to 1 over the answers of level 2."""
    return _by_kp(table, "answers", lambda n: n < seen.threshold, low=0.0, high=seen.threshold)


def _few_spots(table: pd.DataFrame, seen: Sight) -> pd.Series:
    """Classes of one or two spots and partners: the spots of a KP are counted elsewhere."""
    return _by_kp(table, "spots", lambda n: (n > 0) & (n < FEWEST_SPOTS), low=1.0, high=FEWEST_SPOTS - 1.0)


def _by_kp(
    table: pd.DataFrame,
    column: str,
    sensitive: Callable[[np.ndarray], np.ndarray],
    *,
    low: float,
    high: float,
) -> pd.Series:
    where = pd.Series(False, index=table.index)
    for _, rows in table.groupby("kp", observed=True):
        amounts = rows[column].to_numpy(dtype=float)
        where[rows.index] = hidden_rows(amounts, sensitive(amounts), low=low, high=high)
    return where


def _uplift_gone(table: pd.DataFrame, seen: Sight) -> pd.Series:
    """Groups of municipalities of a KP in which a municipal number is hidden, if they would bound it.

    The three uplifts of a KP give the share of each group. In whole percent they leave the people of a group
    unsure by usual / 200 / difference; under three times the threshold the groups are hidden.
    """
    where = pd.Series(False, index=table.index)
    for kp, rows in table.groupby("kp", observed=True):
        groups = rows[~rows["municipality_size"].eq("all")]
        apart = float(groups["uplift"].max() - groups["uplift"].min()) if len(groups) > 1 else 1.0
        unsure = float(groups["usual"].sum()) / 200
        small = groups["usual"].min() < 3 * seen.threshold
        if seen.hides_a_place(kp) and (small or unsure < 3 * seen.threshold * apart):
            where[groups.index] = True
    return where


def _step_gone(table: pd.DataFrame, seen: Sight) -> pd.Series:
    """Steps on the way to people at spots, where those are hidden; the sums after them are units (`nation`).

    So are steps that change the size by one or two spots: the difference would be their size.
    """
    few = table["step"].isin(["inactive", "validated", "new", "ratio"]) & table["n"].between(
        1, FEWEST_SPOTS - 1
    )
    spots = table["kp"].map(seen.spots_gone).astype(bool)
    return few | (spots & table["step"].isin(BEFORE_SUMS))


def _virtual_gone(table: pd.DataFrame, seen: Sight) -> pd.Series:
    """KPs whose people online are hidden: with the shares of the two sides they follow from the check."""
    return table["kp"].map(lambda kp: seen.hides(kp, _ONLINE)).astype(bool)


_OF_TABLE: Mapping[str, Callable[[pd.DataFrame, Sight], pd.Series]] = {
    "ages": _few_answers,
    "size_classes": _few_spots,
    "uplift": _uplift_gone,
    "steps": _step_gone,
    "checks": _virtual_gone,
    "dual": _virtual_gone,
    "ratios": lambda table, seen: pd.Series(
        [
            seen.hides(kp, f"kind/{SPOTS}/{stratum}")
            for kp, stratum in zip(table["kp"], table["stratum"], strict=True)
        ],
        index=table.index,
        dtype=bool,
    ),
}


def _blank_beside(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Blank single numbers of rows that are shown, such as people of size classes: one spot is one number."""
    always = pd.Series(True, index=table.index)
    if name == "size_classes":
        return blank(table, always, ("people",))
    if name == "uplift":
        return blank(table, always, ("usual", "weekend"))  # before duplication: one more sum of hidden ones
    if name == "steps":
        return blank(table, table["n"].astype(float) < FEWEST_SPOTS, ("n",))
    if name == "ratios":
        return _blank_means_of_few(table)
    return table


def _blank_means_of_few(ratios: pd.DataFrame) -> pd.DataFrame:
    """Blank counts and mean level-1 sizes over one or two spots; after a fallback they are over the KP."""
    counts = ratios[["visited", "unvisited"]].astype(float)
    over_kp = counts.groupby(ratios["kp"]).transform("sum")
    basis = counts.where(ratios["rests_on"].eq("stratum"), over_kp)
    few = rests_on_few_spots(basis, ("visited", "unvisited"))
    means = ("mean_level1_visited", "mean_level1_unvisited", "difference", "flag")
    small = rests_on_few_spots(counts, ("visited", "unvisited"))
    return blank(blank(ratios, few, means), small, ("n", "visited", "active", "unvisited"))
