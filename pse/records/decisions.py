"""What people decided about spots that may be one: a small CSV beside the records, applied at each import.

Originals stay as they are; whoever takes a decision back gets the spots back.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pse.records.checked import CheckedTable
from pse.records.links import WITH_SPOTS
from pse.records.one_file import check_one, frame_or_refuse
from pse.records.problems import Problem
from pse.records.raw import RawTable
from pse.records.said import say
from pse.records.tables import Column, Table

__all__ = ["SAME_SPOTS", "apply_same_spots", "same_spots_of"]

SAME_SPOTS = Table(
    "same_spots",
    "One row per pair of spots that somebody looked at.",
    (
        Column("first", "key", "Code of a spot."),
        Column("second", "key", "Code of another spot."),
        Column("same", "answer", "yes: they are one; no: they are two; blank: not decided.", blank="yes"),
        Column("note", "text", "Why, without names.", required=False, blank="yes", private=True),
    ),
    key=("first", "second"),
)


def same_spots_of(raw: RawTable, *, spots: set[str]) -> dict[str, str]:
    """Return for each spot that goes into another one the code it gets.

    Parameters
    ----------
    raw : RawTable
        The file as it was read: `first`, `second`, `same` (yes, no or blank), optionally `note` and any other
        column of the review table.
    spots : set of str
        Codes of the spots in the records, before any decision.

    Returns
    -------
    dict of str to str
        Code -> code of the spot that stands for it: the `first` of the earliest row of its group.

    Raises
    ------
    TableError
        With every problem: a decision about a spot that is not in the records, a spot paired with itself,
        and two spots that are said to be two and yet are one through others.

    Examples
    --------
    >>> from pse.records.problems import Place
    >>> rows = pd.DataFrame({"first": ["a", "b"], "second": ["b", "c"], "same": ["yes", "no"]})
    >>> raw = RawTable(SAME_SPOTS, Place("same_spots.csv"), rows, np.array([2, 3]))
    >>> same_spots_of(raw, spots={"a", "b", "c"})
    {'b': 'a'}
    """
    checked, problems = check_one(raw, [], kps=())
    problems += _unknown(checked, spots)
    first, second = (_texts(checked, name) for name in ("first", "second"))
    self_pairs = checked.good("first", "second") & (first == second)
    problems += checked.problems(self_pairs, "same_code", say("decisions.same_code"), column="second")
    leads = _groups(first, second, checked.is_text("same", "yes"))
    apart = checked.is_text("same", "no") & np.array(
        [leads.get(a, a) == leads.get(b, b) for a, b in zip(first, second, strict=True)], dtype=bool
    )
    problems += checked.problems(
        apart & ~self_pairs,
        "two_and_one",
        say("decisions.two_and_one"),
        column="same",
        remedy=say("decisions.look_at_the_chain"),
    )
    frame_or_refuse(checked, problems)
    return {code: lead for code, lead in leads.items() if code != lead}


def apply_same_spots(tables: Mapping[str, pd.DataFrame], leads: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Return the tables with each spot under the code that stands for it; the given ones stay as they are.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Tables of a study by name.
    leads : mapping of str to str
        From `same_spots_of`.

    Examples
    --------
    >>> level1 = pd.DataFrame({"spot_id": ["a", "b", None]})
    >>> apply_same_spots({"level1": level1}, {"b": "a"})["level1"]["spot_id"].dropna().tolist()
    ['a', 'a']
    """
    return {
        name: frame.assign(spot_id=frame["spot_id"].map(lambda code: leads.get(code, code)))
        if name in WITH_SPOTS and "spot_id" in frame
        else frame
        for name, frame in tables.items()
    }


def _texts(checked: CheckedTable, name: str) -> np.ndarray:
    return np.append(checked.texts[name], "")[checked.codes[name]]


def _unknown(checked: CheckedTable, spots: set[str]) -> list[Problem]:
    found = []
    for name in ("first", "second"):
        known = np.array([text in spots for text in _texts(checked, name)], dtype=bool)
        where = ~known & ~checked.blank(name) & ~checked.blank("same")
        message, remedy = say("decisions.unknown_spot"), say("decisions.delete_pair")
        found += checked.problems(where, "unknown_spot", message, column=name, remedy=remedy)
    return found


def _groups(first: np.ndarray, second: np.ndarray, same: np.ndarray) -> dict[str, str]:
    """Return code -> the code that stands for its group: of the earliest row."""
    leads: dict[str, str] = {}

    def lead_of(code: str) -> str:
        while leads.setdefault(code, code) != code:
            code = leads[code]
        return code

    order = {code: row for row, code in reversed(list(enumerate(np.ravel([first, second], order="F"))))}
    for one, other in zip(first[same], second[same], strict=True):
        lead, follower = sorted((lead_of(one), lead_of(other)), key=order.__getitem__)
        leads[follower] = lead
    return {code: lead_of(code) for code in list(leads)}
