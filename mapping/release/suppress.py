"""Complementary suppression: which other cells to hide, at the smallest loss, so that no hidden one is found.

Each need must have a witness that moves hidden units only. The heuristic is the sequential linear programme
of Kelly, Golden and Assad (Networks 1992;22:397-417): for each need the cheapest witness, and the units that
it moves are hidden; one more programme then looks for a witness that serves several needs. Then every unit
that the needs can do without is shown again, the dearest first.
`optimum.py` finds the optimum of small systems, and how far from it this is.
"""

from collections.abc import Sequence

import numpy as np

from mapping.release.reader import Need, Reader, Witnesses
from mapping.release.system import System


class UnprotectableError(ValueError):
    """Not even hiding every unit that may be hidden protects this system."""


def suppress(
    reader: Reader, needs: Sequence[Need], hidden: np.ndarray, *, loose: Sequence[Sequence[Need]] = ()
) -> np.ndarray:
    """Return the units to hide so that every need is met.

    Parameters
    ----------
    reader : Reader
        Who computes with the printed numbers.
    needs : sequence of Need
        What he must not be able to rule out.
    hidden : numpy.ndarray of bool
        Units that are hidden whatever else happens.
    loose : sequence of sequences of Need
        Groups of needs, of which one must be met if its row is hidden: a number that the sums give away
        is not hidden.

    Raises
    ------
    UnprotectableError
        If no choice of the units that may be hidden is enough.

    Examples
    --------
    A table of 2 x 2 with margins: the row and the column of a small cell must each hide another one.

    >>> from mapping.release.system import Row, assemble
    >>> people = {"ac": 3.0, "ad": 20.0, "bc": 30.0, "bd": 40.0}
    >>> rows = [Row(cell, {(cell, "point"): 1.0}, n, kind="people") for cell, n in people.items()]
    >>> for name in "abcd":
    ...     part = {cell: n for cell, n in people.items() if name in cell}
    ...     rows.append(Row("", {(cell, "point"): 1.0 for cell in part}, sum(part.values())))
    >>> system = assemble(rows, cost=lambda unit, people: 1.0)
    >>> found = suppress(Reader(system, {0: (0, 10)}), [Need(0, 10, True)], system.mask(["ac"]))
    >>> int(found.sum())
    4
    """
    witnesses = Witnesses(reader)
    start = hidden.copy()
    wanted = [need for need in needs if not _true_already(reader.system, need)]
    wanted.sort(key=lambda need: (len(need.known), -_distance(reader.system, need), need.row, need.up))
    hidden, chosen = _protect(witnesses, wanted, hidden)
    hidden = _show_again(witnesses, hidden, start, wanted, chosen)
    return _loosen(witnesses, hidden, loose)


def loss(system: System, hidden: np.ndarray, start: np.ndarray) -> float:
    """Return what is lost by hiding more than `start`."""
    return float(system.cost[hidden & ~start].sum())


def _distance(system: System, need: Need) -> float:
    return abs(need.target - float(system.value[need.row]))


def _true_already(system: System, need: Need) -> bool:
    value = system.value[need.row]
    return bool(value >= need.target if need.up else value <= need.target)


def _protect(witnesses: Witnesses, needs: Sequence[Need], hidden: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Hide what the cheapest witness of each need moves; return the number of a witness per need too."""
    chosen = []
    for place, need in enumerate(needs):
        number = witnesses.covering(need, hidden)
        if number is None:
            number, hidden = _hide_for(witnesses, [need], hidden)
            witnesses.find_many(need, needs[place + 1 :], hidden)
        chosen.append(number)
    return hidden, chosen


def _hide_for(witnesses: Witnesses, needs: Sequence[Need], hidden: np.ndarray) -> tuple[int, np.ndarray]:
    """Find the cheapest witness of the first need that has one, and hide what it moves."""
    for need in needs:
        numbers = witnesses.reader.cheapest(need, hidden, more=True)
        if numbers is not None:
            number = witnesses.add(numbers)
            return number, hidden | witnesses.units(number)
    raise UnprotectableError("the cells must leave a choice of what to hide; got none that is enough.")


def _show_again(
    witnesses: Witnesses, hidden: np.ndarray, start: np.ndarray, needs: Sequence[Need], chosen: list[int]
) -> np.ndarray:
    """Show every unit again, the dearest first, that the needs can do without."""
    cost = witnesses.reader.system.cost
    for unit in sorted(np.flatnonzero(hidden & ~start), key=lambda unit: (-cost[unit], unit)):
        trial = hidden.copy()
        trial[unit] = False
        replaced = _without(witnesses, trial, needs, chosen, int(unit))
        if replaced is not None:
            hidden, chosen = trial, replaced
    return hidden


def _without(
    witnesses: Witnesses, hidden: np.ndarray, needs: Sequence[Need], chosen: list[int], unit: int
) -> list[int] | None:
    """Return witnesses that leave `unit` alone, or None; only those that moved it are looked for again."""
    result = list(chosen)
    places = [place for place in range(len(needs)) if witnesses.units(chosen[place])[unit]]
    for i, place in enumerate(places):
        number = witnesses.covering(needs[place], hidden)
        if number is None:
            number = witnesses.find(needs[place], hidden)
            if number is None:
                return None
            witnesses.find_many(needs[place], [needs[other] for other in places[i + 1 :]], hidden)
        result[place] = number
    return result


def _loosen(witnesses: Witnesses, hidden: np.ndarray, loose: Sequence[Sequence[Need]]) -> np.ndarray:
    """Hide until no hidden row is fixed: hiding for one may hide another, so all are looked at again."""
    unit = witnesses.reader.system.unit
    open_groups = list(loose)
    while True:
        mine = [group for group in open_groups if hidden[unit[group[0].row]]]
        if not mine:
            return hidden
        open_groups = [group for group in open_groups if group not in mine]
        for group in mine:
            if all(witnesses.find(need, hidden) is None for need in group):
                hidden = _hide_for(witnesses, group, hidden)[1]
