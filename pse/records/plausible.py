"""Numbers and dates that may be slips: told for people to look at, because each of them can be right."""

from collections.abc import Mapping

import numpy as np

from pse.records.checked import CheckedTable, pick
from pse.records.problems import Problem
from pse.records.said import say

__all__ = ["far_dates", "unlikely_numbers"]

_AT_SPOTS = {
    "level1": (("kp_min", "kp_max"),),
    "level2": (("usual_min", "usual_max"), ("peak_min", "peak_max")),
}
MOST_TIMES = 20
"""How many times its minimum a maximum may be."""
FEW = 100
"""Maximum at a spot below which any range may be meant."""
_YEARS_BEFORE, _YEARS_AFTER = 2, 1


def unlikely_numbers(tables: Mapping[str, CheckedTable], denominators: Mapping[str, str]) -> list[Problem]:
    """Return a notice for each row with more people at a spot than adults, or with a very wide range.

    Parameters
    ----------
    tables : mapping of str to CheckedTable
        The tables that could be read.
    denominators : mapping of str to str
        KP -> column of municipalities.
    """
    found = []
    for name, ranges in _AT_SPOTS.items():
        t = tables.get(name)
        if t is None:
            continue
        adults, told = _adults(t, tables.get("municipalities"), denominators), np.zeros(len(t), dtype=bool)
        for low, high in ranges:
            if t.has(high):
                many = (t.numbers[high] > adults) & ~told
                found += _look(t, many, "above_adults", say("above_adults"), high)
                told |= many
            if t.has(low, high):
                wide = _is_wide(t.numbers[low], t.numbers[high]) & ~told
                found += _look(t, wide, "wide_range", say("wide_range", low=low, times=MOST_TIMES), high)
                told |= wide
    return found


def _adults(
    t: CheckedTable, home: CheckedTable | None, denominators: Mapping[str, str]
) -> np.ndarray | float:
    """Return for each row the adults whom the rate of its KP is about; NaN where they are not known or 0."""
    if home is None or not home.has("municipality") or not t.has("kp", "municipality"):
        return np.nan
    adults = np.full(len(t), np.nan)
    towns = [*home.texts["municipality"], ""]
    for kp, column in denominators.items():
        if column in home.numbers:
            rows = zip(home.codes["municipality"], home.numbers[column], strict=True)
            of_town = {towns[code]: number for code, number in rows if number > 0}
            by_text = [of_town.get(text, np.nan) for text in t.texts["municipality"]]
            of_row = pick(np.array([*by_text, np.nan]), t.codes["municipality"])
            adults = np.where(t.is_text("kp", kp), of_row, adults)
    return adults


def _is_wide(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return (low > 0) & (high >= FEW) & (high > MOST_TIMES * low)


def _look(t: CheckedTable, where: np.ndarray, rule: str, message: str, column: str) -> list[Problem]:
    return t.problems(where, rule, message, column=column, remedy=say("look_at_number"), severity="notice")


def far_dates(tables: Mapping[str, CheckedTable], year: int) -> list[Problem]:
    """Return a notice for each row whose date is more than two years before the study's year, or one after.

    Parameters
    ----------
    tables : mapping of str to CheckedTable
        The tables that could be read.
    year : int
        Year of the field work.
    """
    found = []
    for t in tables.values():
        for column in t.table.columns:
            if column.kind == "date" and t.has(column.name):
                years = np.array([int(text[:4]) for text in t.texts[column.name]], dtype=int)
                far = pick(
                    (years < year - _YEARS_BEFORE) | (years > year + _YEARS_AFTER), t.codes[column.name]
                )
                message, remedy = say("far_date", year=year), say("mend_date")
                found += t.problems(
                    far, "far_date", message, column=column.name, remedy=remedy, severity="notice"
                )
    return found
