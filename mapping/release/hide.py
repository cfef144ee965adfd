"""Hide the small numbers of every table, in the light of which municipality x KP cells are hidden."""

from dataclasses import dataclass

import pandas as pd

from mapping.release.levels import THRESHOLDS, Level
from mapping.release.rules import COMPUTED, END, RULES, blank, rests_on_few_spots, under
from pse.spots.results import StudyEstimates


@dataclass(frozen=True)
class Sight:
    """What may be seen at one level.

    Attributes
    ----------
    level : {"public", "programme", "restricted"}
        Level of release.
    hidden_kps : frozenset of str
        KPs whose national size is under the threshold.
    cells : frozenset of (str, str)
        Municipality x KP cells that may be seen; a cell that is not there is hidden.
    lowest_hidden : frozenset of str
        KPs whose lowest municipal rate is that of a hidden cell.
    """

    level: Level
    hidden_kps: frozenset[str]
    cells: frozenset[tuple[str, str]]
    lowest_hidden: frozenset[str]

    @property
    def threshold(self) -> int:
        """Sizes under this many people are hidden."""
        return THRESHOLDS[self.level]


def sight(sizes: StudyEstimates, level: Level) -> Sight:
    """Return what may be seen of these estimates at `level`."""
    limit = THRESHOLDS[level]
    national, places = sizes.national, sizes.municipalities
    small = under(places, ("point",), limit)
    seen = places[~small]
    return Sight(
        level=level,
        hidden_kps=frozenset(national.loc[under(national, ("point",), limit), "kp"].astype(str)),
        cells=frozenset(zip(seen["municipality"].astype(str), seen["kp"].astype(str), strict=True)),
        lowest_hidden=_lowest_hidden(places, small),
    )


def _lowest_hidden(places: pd.DataFrame, small: pd.Series) -> frozenset[str]:
    found = set()
    for kp, rows in places[places["adults"] > 0].groupby("kp", observed=True):
        rates = rows[list(END)].div(rows["adults"], axis=0)
        lowest = rates.eq(rates.min()).any(axis=1)
        if small[rows.index][lowest].any():
            found.add(str(kp))
    return frozenset(found)


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
            where |= table[column].astype(str).isin(seen.hidden_kps)
    if rule.by_municipality:
        where |= ~_in_sight(table, seen)
    if name == "extrapolated":
        where |= table["form"].eq("lowest") & table["kp"].astype(str).isin(seen.lowest_hidden)
    return _blank_beside(name, blank(table, where, rule.numbers), seen).assign(hidden=where.astype(bool))


def _in_sight(table: pd.DataFrame, seen: Sight) -> pd.Series:
    keys = zip(table["municipality"].astype(str), table["kp"].astype(str), strict=True)
    return pd.Series([key in seen.cells for key in keys], index=table.index, dtype=bool)


def _blank_beside(name: str, table: pd.DataFrame, seen: Sight) -> pd.DataFrame:
    """Blank single numbers of rows that are shown: counts of spots, and sizes before an override."""
    if name in ("national", "municipalities"):
        return blank(table, under(table, COMPUTED[:1], seen.threshold), COMPUTED)
    if name == "steps":
        return blank(table, under(table, ("n",), seen.threshold), ("n", "factor"))
    if name == "duplication":
        return blank(table, under(table, ("n",), seen.threshold), ("n",))
    if name == "ratios":
        return _blank_means_of_few(table)
    return table


def _blank_means_of_few(ratios: pd.DataFrame) -> pd.DataFrame:
    """Blank mean level-1 sizes over one or two spots; after a fallback they are means over the KP."""
    counts = ratios[["visited", "unvisited"]].astype(float)
    over_kp = counts.groupby(ratios["kp"]).transform("sum")
    few = rests_on_few_spots(
        counts.where(ratios["rests_on"].eq("stratum"), over_kp), ("visited", "unvisited")
    )
    return blank(ratios, few, ("mean_level1_visited", "mean_level1_unvisited", "difference", "flag"))
