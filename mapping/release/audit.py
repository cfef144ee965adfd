"""The audit: what can a reader work out from the published tables alone?

For every hidden number the smallest and the largest value that agrees with all that is printed, by linear
programming (HiGHS). He knows the rules, and which cells are sensitive: these bounds go in beside the numbers.
Linear bounds are outer bounds: whole numbers of people could narrow them, so the needs that a release meets
have a margin, and printed sizes are not whole numbers.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import vstack

from mapping.release.levels import FEWEST_SPOTS
from mapping.release.printed import Tables, rows_of
from mapping.release.sensitive import limits
from mapping.release.system import Place, System, assemble

PRINTED = 5e-7
"""Half a unit of the last printed decimal: sums of printed numbers may differ by so much per number."""

MARGIN = 1e-3
"""People; two bounds that differ by less are one number."""

TOGETHER = 5
"""Pairs of programmes for all blanks at once before each is tried alone."""

COLUMNS = ["kp", "table", "row", "number", "reason", "low", "high", "protected"]
Reasons = Mapping[str, Mapping[Place, str]]


def audit(
    tables: Tables,
    *,
    threshold: float,
    reasons: Reasons | None = None,
    true: Tables | None = None,
    weights: pd.DataFrame | None = None,
    whole: bool = True,
) -> pd.DataFrame:
    """Return what can be worked out of every hidden number, from the published tables only.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        `.tables` of a release; hidden numbers are blank.
    threshold : float
        Sizes under so many people are hidden.
    reasons : mapping, optional
        KP -> (table, row label, column) -> `size`, `dominance` or `few` of the sensitive numbers, as the
        attacker is told them. Without it he knows no limits, and every hidden number is asked only not to be
        fixed.
    true : mapping of str to pandas.DataFrame, optional
        The tables with every number, to judge dominance by; only the auditor has them.
    weights : pandas.DataFrame, optional
        1 / D by municipality, should the attacker know it.
    whole : bool
        Whether to find the whole interval of every number, or to stop where it is known to be protected.

    Returns
    -------
    pandas.DataFrame
        `kp, table, row, number, reason, low, high, protected`. A number hidden for its size is protected if
        it can be 1 or less and the threshold or more; one hidden for dominance if it can be 20 % of its size
        less and more; any other if it is not fixed. None is if the tables contradict each other. Not for
        publication.
    """
    seen = {**tables, **({} if weights is None else {"weights": weights})}
    shown = tables["national"].loc[~tables["national"]["hidden"].astype(bool), "kp"].astype(str)
    parts = [_audit_kp(seen, kp, threshold, (reasons or {}).get(kp), true, whole) for kp in shown]
    return pd.DataFrame([row for part in parts for row in part], columns=COLUMNS)


def _audit_kp(
    tables: Tables,
    kp: str,
    threshold: float,
    told: Mapping[Place, str] | None,
    true: Tables | None,
    whole: bool,
) -> list[list[Any]]:
    system = assemble(rows_of(tables, kp), cost=lambda unit, people: 1.0)
    known = {i: told[p] for i, row in enumerate(system.rows) for p in row.places if told and p in told}
    bounds = {} if told is None else limits(system, known, threshold=threshold)
    attack = _Attack(system, bounds)
    blanks = [_blank_of(system, i, known.get(i, ""), true) for i in _blank_rows(system)]
    if not whole:
        _try_together(attack, blanks, threshold)
    found = []
    for blank in blanks:
        low, high = attack.seen(blank.row)
        if whole or not _is_protected(blank.reason, low, high, threshold, blank.value):
            low, high = attack.interval(blank.row)
        safe = _is_protected(blank.reason, low, high, threshold, blank.value)
        table, label, column = blank.place
        found.append([kp, table, label, column, blank.reason, low, high, safe])
    return found


class _Blank(NamedTuple):
    """A hidden number: its row, where it is blank, why, and what it is if the auditor knows."""

    row: int
    place: Place
    reason: str
    value: float


def _blank_rows(system: System) -> list[int]:
    return [
        i
        for i, row in enumerate(system.rows)
        if np.isnan(row.value) and row.places and row.kind in ("people", "count")
    ]


def _blank_of(system: System, row: int, reason: str, true: Tables | None) -> _Blank:
    table, label, column = system.rows[row].places[0]
    value = np.nan if true is None else true[table].loc[[label], column].to_numpy(dtype=float)[0]
    return _Blank(row, (table, label, column), reason, value)


def _try_together(attack: "_Attack", blanks: list[_Blank], threshold: float) -> None:
    """Look for answers in which many blanks are far from each other's ends, before each is tried alone.

    The signs are the binary digits of the place in the list, so that any two numbers go apart once.
    """
    for digit in range(TOGETHER):
        left = [
            one
            for one in blanks
            if not _is_protected(one.reason, *attack.seen(one.row), threshold, one.value)
        ]
        if len(left) < 3:
            return
        signs = np.where(np.arange(len(left)) >> digit & 1, 1.0, -1.0)
        attack.push([one.row for one in left], signs)


def _is_protected(reason: str, low: float, high: float, threshold: float, value: float) -> bool:
    if reason == "size":
        return low <= 1.0 + MARGIN and high >= threshold - MARGIN
    if reason == "few":
        return low <= 1.0 + MARGIN and high >= FEWEST_SPOTS - 1 - MARGIN
    if reason == "dominance" and not np.isnan(value):
        return low <= 0.8 * value + MARGIN and high >= 1.2 * value - MARGIN
    return high - low > MARGIN * max(1.0, abs(low))


class _Attack:
    """Solves the published numbers for one blank after another."""

    def __init__(self, system: System, bounds: Mapping[int, tuple[float, float]]) -> None:
        self._matrix = system.matrix
        blank = np.isnan(system.value)
        room = PRINTED * np.asarray(abs(system.matrix).sum(axis=1)).ravel()
        room = room + 1e-9 * np.abs(np.nan_to_num(system.value))
        least = np.where(blank, -np.inf, system.low - room)
        most = np.where(blank, np.inf, system.high + room)
        for i, (low, high) in bounds.items():
            if blank[i]:
                least[i], most[i] = low, high
        above, under = np.isfinite(most), np.isfinite(least)
        sides = [self._matrix[above], -self._matrix[under], system.order_rows]
        self._sums = vstack([side for side in sides if side.shape[0]]).tocsr()
        self._most = np.concatenate([most[above], -least[under], np.zeros(len(system.order))])
        self._least_seen = np.full(len(system.rows), np.inf)
        self._most_seen = np.full(len(system.rows), -np.inf)

    def seen(self, row: int) -> tuple[float, float]:
        """Return the least and the most that a row was in all answers so far."""
        return float(self._least_seen[row]), float(self._most_seen[row])

    def push(self, rows: list[int], signs: np.ndarray) -> None:
        """Look for the answers in which rows with one sign are largest and the others smallest; and back."""
        goal = self._matrix[rows].T @ signs
        self._end(goal)
        self._end(-goal)

    def interval(self, row: int) -> tuple[float, float]:
        """Return the least and the most that a row can be; NaN where the tables contradict each other."""
        goal = self._matrix[[row]].toarray().ravel()
        return self._end(goal), -self._end(-goal)

    def _end(self, goal: np.ndarray) -> float:
        found = linprog(goal, A_ub=self._sums, b_ub=self._most, bounds=(0, None), method="highs")
        if found.status == 3:
            return -np.inf
        if found.status != 0:
            return np.nan
        numbers = self._matrix @ found.x
        self._least_seen = np.minimum(self._least_seen, numbers)
        self._most_seen = np.maximum(self._most_seen, numbers)
        return float(found.fun) + 0.0
