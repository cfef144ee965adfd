"""The audit: what can an attacker work out from the published tables alone?

For every hidden number the smallest and the largest value that agrees with all published sums, by linear
programming (HiGHS). He knows the rules, and which cells are sensitive: these bounds go in beside the sums.
Linear bounds are outer bounds; the needs hold with a margin, and sums are taken to the precision that is
printed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from mapping.release.linked import SLACK, Cell, System
from mapping.release.links import Tables, linked_cells
from mapping.release.protect import attacked

PRINTED = 5e-7
"""Half a unit of the last printed decimal: sums of printed numbers may differ by so much per number."""

MARGIN = 1e-3
"""People by which a bound may miss its limit; what is hidden was chosen with a larger margin."""

Enough = Callable[[Cell, float, float], bool]
COLUMNS = ["table", "kp", "municipality", "item", "lower", "upper", "protected"]


def attainable(system: System, *, printed: float = PRINTED, enough: Enough | None = None) -> pd.DataFrame:
    """Return the interval that the published numbers leave to every hidden point of a system.

    Parameters
    ----------
    system : System
        `value` is NaN where a number is not published; `low` and `high` are what is known beforehand.
    printed : float
        Half a unit of the last decimal of the published numbers.
    enough : callable, optional
        Whether an interval of a cell is wide enough. Then the search of a cell stops there: its interval is
        attainable, but not the whole one. Much faster.

    Returns
    -------
    pandas.DataFrame
        `table, municipality, item, lower, upper`; an upper end without limit is infinite.

    Raises
    ------
    ValueError
        If the published numbers contradict each other.
    """
    hidden = np.flatnonzero(np.isnan(system.value))
    attacker = _Attacker(system, printed)
    rows = []
    for column, place in enumerate(hidden):
        cell, end = system.cells[place]
        if end != "point" or system.unit[place] == SLACK:
            continue
        if enough is None or not enough(cell, *attacker.seen(column)):
            attacker.search(column)
        rows.append((cell, *attacker.seen(column)))
    names = [(cell.table, cell.place, cell.item, low, high) for cell, low, high in rows]
    return pd.DataFrame(names, columns=["table", "municipality", "item", "lower", "upper"])


class _Attacker:
    """Solves the published sums, and remembers the least and the most that every hidden number was."""

    def __init__(self, system: System, printed: float) -> None:
        hidden = np.isnan(system.value)
        sums, limits = _sums_of_hidden(system, hidden, printed)
        self._sums = vstack([sums, -sums]).tocsr()
        self._most = np.concatenate([limits[:, 1], -limits[:, 0]])
        self._bounds = np.column_stack([system.low, system.high])[hidden]
        self._least = np.full(int(hidden.sum()), np.inf)
        self._largest = np.full(int(hidden.sum()), -np.inf)

    def seen(self, column: int) -> tuple[float, float]:
        """Return the interval of a number that was seen so far."""
        return float(self._least[column]) + 0.0, float(self._largest[column]) + 0.0  # no -0.0

    def search(self, column: int) -> None:
        """Find the whole interval of one number."""
        for way in (1.0, -1.0):
            goal = np.zeros(len(self._bounds))
            goal[column] = way
            found = linprog(goal, A_ub=self._sums, b_ub=self._most, bounds=self._bounds, method="highs")
            if found.status == 3:
                self._largest[column] = np.inf
            elif found.status != 0:
                raise ValueError(
                    "tables must agree with each other; got published sums that no table of sizes has. "
                    "Release again from one run of the estimates."
                )
            else:
                self._least = np.minimum(self._least, found.x)
                self._largest = np.maximum(self._largest, found.x)


def _sums_of_hidden(system: System, hidden: np.ndarray, printed: float) -> tuple[csr_array, np.ndarray]:
    """Return M and the bounds of M x of the hidden numbers x, as the two columns of the second."""
    matrix = system.matrix
    shown = np.where(hidden, 0.0, system.value)
    known = -(matrix @ shown)
    room = printed * (abs(matrix) @ (~hidden).astype(float)) + 1e-9 * (abs(matrix) @ np.abs(shown))
    left = matrix[:, np.flatnonzero(hidden)]
    rows = np.flatnonzero(np.diff(left.indptr) > 0)
    return left[rows], np.column_stack([known - room, known + room])[rows]


def audit(
    tables: Tables,
    *,
    threshold: float,
    sensitive: pd.DataFrame | None = None,
    weights: pd.DataFrame | None = None,
    printed: float = PRINTED,
    whole: bool = True,
) -> pd.DataFrame:
    """Return what can be worked out of every hidden number, from the published tables only.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        `.tables` of a release; hidden numbers are blank.
    threshold : float
        Sizes under so many people are hidden.
    sensitive : pandas.DataFrame, optional
        `table, kp, municipality, item, reason, value` of the sensitive cells, known to the auditor only. The
        attacker is given the reason, never the value. Without it every hidden cell is asked only not to be
        fixed.
    weights : pandas.DataFrame, optional
        1 / D by municipality, should the attacker know it.
    printed : float
        Half a unit of the last printed decimal.
    whole : bool
        Whether to find the whole interval of every number, or to stop where it is known to be protected.

    Returns
    -------
    pandas.DataFrame
        `table, kp, municipality, item, lower, upper, protected`. A cell hidden for its size is protected if
        it can be 1 or less and the threshold or more; one hidden for dominance if it can be 20 % of its size
        less and more; any other if it is not fixed. Not for publication.
    """
    seen = {**tables, **({} if weights is None else {"weights": weights})}
    national = tables["national"]
    shown = national.loc[~national["hidden"].astype(bool), "kp"].astype(str)
    parts = [_audit_kp(seen, kp, threshold, sensitive, printed, whole) for kp in shown]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _audit_kp(
    tables: Tables, kp: str, threshold: float, sensitive: pd.DataFrame | None, printed: float, whole: bool
) -> pd.DataFrame:
    system = linked_cells(tables, kp)
    known = {} if sensitive is None else _of_kp(sensitive, kp)
    reasons = {cell: str(row["reason"]) for cell, row in known.items() if system.has(cell)}
    if sensitive is not None:
        system = attacked(system, reasons, threshold=threshold)

    def enough(cell: Cell, low: float, high: float) -> bool:
        return _is_protected(known.get(cell), low, high, threshold)

    found = attainable(system, printed=printed, enough=None if whole else enough).assign(kp=kp)
    found["protected"] = [
        enough(Cell(*row[:3]), *row[3:])
        for row in found[["table", "municipality", "item", "lower", "upper"]].itertuples(index=False)
    ]
    return found[COLUMNS]


def _of_kp(sensitive: pd.DataFrame, kp: str) -> dict[Cell, Mapping[str, Any]]:
    rows = sensitive[sensitive["kp"].eq(kp)]
    keys = zip(rows["table"], rows["municipality"], rows["item"], strict=True)
    facts = zip(rows["reason"], rows["value"], strict=True)
    named = zip(keys, facts, strict=True)
    return {Cell(*map(str, key)): {"reason": reason, "value": value} for key, (reason, value) in named}


def _is_protected(found: Mapping[str, Any] | None, low: float, high: float, threshold: float) -> bool:
    if found is None:
        return high - low > MARGIN * max(1.0, abs(low))
    if found["reason"] == "dominance":
        value = float(found["value"])
        return low <= 0.8 * value + MARGIN and high >= 1.2 * value - MARGIN
    least, most = (1.0, 2.0) if found["reason"] == "count" else (1.0, threshold)
    return low <= least + MARGIN and high >= most - MARGIN
