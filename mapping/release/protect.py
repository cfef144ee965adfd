"""What is sensitive in a study, and which cells are hidden so that none of it can be worked out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mapping.release.dominance import dominance
from mapping.release.levels import FEWEST_SPOTS
from mapping.release.linked import Cell, Sum, System, assemble
from mapping.release.links import SPOTS, Tables, linked_cells
from mapping.release.suppress import Need, UnprotectableError, suppress

DOWN = 0.5
"""People that a cell hidden for its size must be able to be; the rule says 1, this leaves a margin."""

ASIDE = 0.21
"""Share of its size by which a dominated cell must be able to differ; the rule says 20 %, with a margin."""

LOOSE = 0.05
"""Share of its size by which any other hidden cell must be able to differ, and at least one person."""


@dataclass(frozen=True)
class Hidden:
    """What is hidden of one KP, and why; the reasons never leave this package.

    Attributes
    ----------
    cells : frozenset of Cell
        Hidden cells.
    whole : bool
        Whether the national size is hidden, and with it everything of the KP.
    reasons : dict of Cell to str
        `size`, `dominance` or `count` of the sensitive cells.
    values : dict of Cell to float
        People in the sensitive cells.
    loss, gap : float
        Loss of what was hidden beside the sensitive cells; how far it is from the optimum (NaN: not known).
    """

    cells: frozenset[Cell]
    whole: bool = False
    reasons: Mapping[Cell, str] = field(default_factory=dict)
    values: Mapping[Cell, float] = field(default_factory=dict)
    loss: float = 0.0
    gap: float = 0.0


def protect(tables: Tables, spots: pd.DataFrame, kp: str, *, threshold: float) -> Hidden:
    """Return what must be hidden of one KP so that an attacker who knows the rules finds no sensitive cell.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        As for `linked_cells`, with every number.
    spots : pandas.DataFrame
        `.spots` of the estimates.
    kp : str
        KP code.
    threshold : float
        Sizes under so many people are sensitive.
    """
    national = tables["national"]
    row = national[national["kp"].astype(str).eq(kp)].iloc[0]
    if min(row["point"], row["computed_point"]) < threshold:
        return Hidden(frozenset(), whole=True)
    system = linked_cells(tables, kp)
    reasons = sensitive_cells(system, spots[spots["kp"].astype(str).eq(kp)], threshold=threshold)
    if not reasons:
        return Hidden(frozenset())
    system = attacked(system, reasons, threshold=threshold).start(list(reasons))
    needs = needs_of(system, reasons, threshold=threshold)
    needs += _needs_beside_single_spots(system, needs, _single(system, spots[spots["kp"].astype(str).eq(kp)]))
    try:
        found = suppress(system, needs, loose=loose_amounts(system))
    except UnprotectableError:
        return Hidden(frozenset(), whole=True, reasons=reasons)
    cells = frozenset(
        cell
        for (cell, _), unit in zip(system.cells, system.unit, strict=True)
        if unit >= 0 and found.hidden[unit]
    )
    values = {cell: float(system.value[system.at(cell)]) for cell in reasons}
    return Hidden(cells, Cell("total") in cells, reasons, values, found.loss, found.gap)


def sensitive_cells(system: System, spots: pd.DataFrame, *, threshold: float) -> dict[Cell, str]:
    """Return the cells that must not be found, with the reason: `size`, `dominance` or `count`.

    A municipality that was mapped with nobody found counts as small. A row that counts one or two spots is
    sensitive as a number of spots too.
    """
    reasons: dict[Cell, str] = {}
    for (cell, end), value in zip(system.cells, system.value, strict=True):
        small = value < threshold and cell.table in (
            "total",
            "computed",
            "part",
            "day",
            "typology",
            "usual",
            "weekend",
        )
        if end == "point" and small:
            reasons[cell] = "size"
        if cell.table == "count" and cell.item and 0 < value < FEWEST_SPOTS:
            reasons[cell] = "count"
    for cell in _dominated(system, spots):
        if system.has(cell):
            reasons.setdefault(cell, "dominance")
    return reasons


def _dominated(system: System, spots: pd.DataFrame) -> list[Cell]:
    """Return parts that one or two spots dominate, their days, and a total that has no other part."""
    by_place = dominance(spots)
    by_kind = dominance(spots, ("kp", "typology"))
    cells = [Cell("typology", "", f"spots/{t}") for t in by_kind.loc[by_kind["dominated"], "typology"]]
    places = [str(m) for m in by_place.loc[by_place["dominated"], "municipality"]]
    if dominance(spots, ("kp",))["dominated"].any():
        places.append("")
    for place in places:
        here = [c for c, end in system.cells if end == "point" and c.place == place]
        cells += [c for c in here if c.table == "day" or c == Cell("part", place, SPOTS)]
        if len([c for c in here if c.table == "part"]) == 1:
            cells += [Cell("computed", place)] + [Cell("total", place)] * _is_computed(system, place)
    return cells


def _is_computed(system: System, place: str) -> bool:
    """Return whether a total is the computed one: an override is about no spot."""
    computed = Cell("computed", place)
    if not system.has(computed):
        return True
    return bool(np.isclose(system.value[system.at(computed)], system.value[system.at(Cell("total", place))]))


def _single(system: System, spots: pd.DataFrame) -> list[tuple[int, ...]]:
    """Return the units that the people of a single spot know: of its municipality, and of its typology."""
    by_place, by_kind = dominance(spots), dominance(spots, ("kp", "typology"))
    found = []
    for place in by_place.loc[by_place["spots"].eq(1), "municipality"]:
        found.append(tuple(sorted({u for u, name in enumerate(system.units) if name.place == str(place)})))
    for kind in by_kind.loc[by_kind["spots"].eq(1), "typology"]:
        cell = Cell("typology", "", f"spots/{kind}")
        if system.has(cell):
            found.append((system.unit_of(cell),))
    return found


def attacked(system: System, reasons: Mapping[Cell, str], *, threshold: float) -> System:
    """Return the system with what an attacker knows who knows the rules and which cells are sensitive.

    A cell that is hidden for its size is at most the threshold, any other at least; of a cell that is
    hidden for dominance he knows nothing.
    """
    bounds: dict[Cell, tuple[float, float]] = {}
    for cell, end in system.cells:
        if end != "point" or cell.table in ("slack", "mean rate"):
            continue
        reason = reasons.get(cell)
        if cell.table == "count":
            bounds[cell] = (1.0, 2.0) if reason == "count" else (0.0, np.inf)
        elif reason == "size":
            bounds[cell] = (0.0, threshold)
        else:
            bounds[cell] = (0.0, np.inf) if reason == "dominance" else (threshold, np.inf)
    return system.knowing(bounds)


def needs_of(system: System, reasons: Mapping[Cell, str], *, threshold: float) -> list[Need]:
    """Return what an attacker must not be able to rule out: both sides of every sensitive cell."""
    needs = []
    for cell, reason in reasons.items():
        place = system.at(cell)
        value = float(system.value[place])
        low, high = {
            "size": (DOWN, threshold),
            "count": (1.0, 2.0),
            "dominance": ((1 - ASIDE) * value, (1 + ASIDE) * value),
        }[reason]
        needs += [Need(place, low, False), Need(place, high, True)]
    return needs


def _needs_beside_single_spots(system: System, needs: list[Need], known: list[tuple[int, ...]]) -> list[Need]:
    """Repeat the needs of all other cells for an attacker who knows one cell: its only spot is his.

    So a cell with one spot is never the only partner of another hidden one.
    """
    return [
        Need(need.index, need.target, need.up, units)
        for units in known
        for need in needs
        if int(system.unit[need.index]) not in units
    ]


def loose_amounts(system: System) -> np.ndarray:
    """Return by how many people each variable must be able to differ if it is hidden; NaN: not asked.

    A hidden number that the sums give away is not hidden, even if nobody would mind.
    """
    asked = [
        end == "point" and cell.table not in ("slack", "mean rate", "usual", "weekend")
        for cell, end in system.cells
    ]
    return np.where(asked, np.maximum(1.0, LOOSE * system.value), np.nan)


def hidden_rows(
    amounts: np.ndarray, sensitive: np.ndarray, *, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return which rows of a small table with a known sum are hidden: the sensitive ones and partners.

    Parameters
    ----------
    amounts : numpy.ndarray
        Numbers whose sum everybody knows, such as shares x answers, or spots by size class.
    sensitive : numpy.ndarray of bool
        Rows that must not be found.
    low, high : numpy.ndarray
        What each sensitive row must be able to be.

    Returns
    -------
    numpy.ndarray of bool
        All rows where no choice is safe.

    Examples
    --------
    >>> n, small = np.array([4.0, 30.0, 50.0]), np.array([True, False, False])
    >>> hidden_rows(n, small, low=np.zeros(3), high=np.full(3, 10.0)).tolist()
    [True, True, False]
    """
    if not sensitive.any():
        return sensitive.copy()
    rows = [Cell("row", "", str(i)) for i in range(len(amounts))]
    numbers = {cell: (float(n),) for cell, n in zip(rows, amounts, strict=True)} | {
        Cell("sum"): (float(amounts.sum()),)
    }
    system = assemble(
        [Sum(Cell("sum"), dict.fromkeys(rows, 1.0), ("point",))],
        numbers,
        cost=lambda cell, n: np.inf if cell.table == "sum" else float(1 + np.log10(1 + n)),
    )
    start = [cell for cell, is_so in zip(rows, sensitive, strict=True) if is_so]
    bounds = {
        c: (0.0, max(float(h), float(n)))
        for c, h, n, is_so in zip(rows, high, amounts, sensitive, strict=True)
        if is_so
    }
    bounds |= {
        c: (min(float(h), float(n)), np.inf)
        for c, h, n, is_so in zip(rows, high, amounts, sensitive, strict=True)
        if not is_so
    }
    needs = [
        Need(system.at(c), float(end), up)
        for c, lo, hi in zip(rows, low, high, strict=True)
        if c in start
        for end, up in ((lo, False), (hi, True))
    ]
    try:
        return suppress(system.start(start).knowing(bounds), needs).hidden[: len(rows)]
    except UnprotectableError:
        return np.ones(len(amounts), dtype=bool)
