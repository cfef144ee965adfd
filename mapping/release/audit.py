"""The audit: what can a reader work out from the published tables alone?

For every hidden number the smallest and the largest value that agrees with all that is printed, by linear
programming (HiGHS). He knows the rules, and which cells are sensitive: these bounds go in beside the numbers.
Linear bounds are outer bounds: whole numbers of people could narrow them, so the needs that a release meets
have a margin, and printed sizes are not whole numbers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from mapping.release.levels import FEWEST_SPOTS
from mapping.release.printed import Tables, rows_of
from mapping.release.sensitive import limits
from mapping.release.system import Place, System, assemble

PRINTED = 5e-7
"""Half a unit of the last printed decimal: sums of printed numbers may differ by so much per number."""

MARGIN = 1e-3
"""People; two bounds that differ by less are one number."""

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
    found = []
    for i, row in enumerate(system.rows):
        if np.isnan(row.value) and row.places and row.kind in ("people", "count"):
            table, label, column = row.places[0]
            reason = known.get(i, "")
            value = np.nan if true is None else true[table].loc[[label], column].to_numpy(dtype=float)[0]
            low, high = attack.seen(i)
            if whole or not _is_protected(reason, low, high, threshold, value):
                low, high = attack.interval(i)
            safe = _is_protected(reason, low, high, threshold, value)
            found.append([kp, table, label, column, reason, low, high, safe])
    return found


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
        sides = [self._matrix[above], -self._matrix[under], _order(system)]
        self._sums = vstack([side for side in sides if side.shape[0]]).tocsr()
        self._most = np.concatenate([most[above], -least[under], np.zeros(len(system.order))])
        self._least_seen = np.full(len(system.rows), np.inf)
        self._most_seen = np.full(len(system.rows), -np.inf)

    def seen(self, row: int) -> tuple[float, float]:
        """Return the least and the most that a row was in all answers so far."""
        return float(self._least_seen[row]), float(self._most_seen[row])

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


def _order(system: System) -> csr_array:
    n = len(system.order)
    at, columns = np.arange(n), system.matrix.shape[1]
    first = csr_array((np.ones(n), (at, system.order[:, 0])), shape=(n, columns))
    return first - csr_array((np.ones(n), (at, system.order[:, 1])), shape=(n, columns))
