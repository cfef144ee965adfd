"""Complementary suppression: which other cells to hide, at the smallest loss, so that no hidden one is found.

The attacker solves the published sums by linear programming, with what he knows of each hidden cell as
bounds. A cell is protected by a *witness*: another table that he cannot rule out, in which the cell is far
enough from its number. Only cells that are hidden may differ from the truth in a witness.

The heuristic is the sequential linear programme of Kelly, Golden and Assad (Networks 1992;22:397-417): for
each need, the cheapest witness; the cells that it moves are hidden. A clean-up then shows again every cell
that the protection can do without. `optimum.py` finds the optimum of small systems, and the gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array, hstack

from mapping.release.linked import SLACK, System, close

MOVED = 1e-6
"""People by which a cell must differ in a witness to count as moved; far above the solver's 1e-7."""

EXACT_UNITS = 60
"""The optimum is looked for among at most so many units that may be hidden; of more, only a lower bound."""

EXACT_ROUNDS = 30


@dataclass(frozen=True)
class Need:
    """One thing that the attacker must not be able to rule out.

    Attributes
    ----------
    index : int
        Variable of the system.
    target : float
        People: the variable must be able to be this far up or down.
    up : bool
        Whether it must be able to be at least, or at most, `target`.
    known : tuple of int
        Units that this attacker knows exactly, for instance because the only spot in them is his.
    """

    index: int
    target: float
    up: bool
    known: tuple[int, ...] = ()


@dataclass(frozen=True)
class Suppression:
    """Which units are hidden, their loss, and a lower bound of any safe loss (NaN: not asked for)."""

    hidden: np.ndarray
    loss: float
    bound: float = float("nan")

    @property
    def gap(self) -> float:
        """Loss over the lower bound - 1; 0 for the optimum, NaN where no bound was asked for."""
        if self.bound > 0:
            return max(0.0, self.loss / self.bound - 1)
        return 0.0 if self.loss == 0 else float("nan")


class UnprotectableError(ValueError):
    """Not even hiding every cell that may be hidden protects this system."""


class Moves:
    """Linear programme of all tables x = truth + up - down that satisfy the sums of a system."""

    def __init__(self, system: System) -> None:
        self.system = system
        self._columns = csc_array(system.matrix)
        used = np.bincount(system.unit[system.unit != SLACK], minlength=len(system.units))
        price = np.where(np.isfinite(system.cost), system.cost, 0.0) / np.maximum(used, 1)
        self._price = np.where(system.unit == SLACK, 0.0, price[system.unit])

    def may_move(self, hidden: np.ndarray, known: tuple[int, ...], *, more: bool) -> np.ndarray:
        """Return what a witness may move: variables of hidden units, or of all that may be hidden."""
        system = self.system
        units = hidden | np.isfinite(system.cost) if more else hidden.copy()
        units[list(known)] = False
        may = np.append(units, False)[system.unit]
        may[system.unit == SLACK] = may[system.pairs].any(axis=1)
        return may

    def cheapest(self, need: Need, hidden: np.ndarray, *, more: bool) -> np.ndarray | None:
        """Return the cheapest witness for a need, as moves away from the truth, or None.

        Parameters
        ----------
        need : Need
            What the attacker must not rule out.
        hidden : numpy.ndarray of bool
            Units that are hidden already; they cost next to nothing.
        more : bool
            Whether other units may be moved, and so hidden, at their price.
        """
        system = self.system
        may = np.flatnonzero(self.may_move(hidden, need.known, more=more))
        place = np.flatnonzero(may == need.index)
        if not len(place):
            return None
        up = np.maximum(system.high[may] - system.value[may], 0.0)
        down = np.maximum(system.value[may] - system.low[may], 0.0)
        way, back = (place[0], place[0] + len(may)) if need.up else (place[0] + len(may), place[0])
        distance = abs(need.target - system.value[need.index])
        least, most = np.zeros(2 * len(may)), np.concatenate([up, down])
        if most[way] < distance - MOVED:
            return None
        least[way], most[back] = min(distance, most[way]), 0.0
        free = np.append(hidden, True)[system.unit[may]]
        price = np.tile(np.where(free, 1e-6, 1.0) * self._price[may], 2)
        found = self._solve(price, may, least, most)
        if found is None:
            return None
        moves = np.zeros(len(system.value))
        moves[may] = found[: len(may)] - found[len(may) :]
        return moves

    def _solve(
        self, price: np.ndarray, may: np.ndarray, least: np.ndarray, most: np.ndarray
    ) -> np.ndarray | None:
        columns = csr_array(self._columns[:, may])
        sums = columns[np.flatnonzero(np.diff(columns.indptr))]
        found = linprog(
            price,
            A_eq=hstack([sums, -sums]).tocsc(),
            b_eq=np.zeros(sums.shape[0]),
            bounds=np.column_stack([least, most]),
            method="highs",
        )
        return found.x if found.status == 0 else None

    def moved_units(self, moves: np.ndarray) -> np.ndarray:
        """Return which units a witness moves."""
        moved = self.system.unit[(np.abs(moves) > MOVED) & (self.system.unit != SLACK)]
        return np.bincount(moved, minlength=len(self.system.units)) > 0


class Witnesses:
    """Witnesses found so far; one often serves many needs."""

    def __init__(self, moves: Moves) -> None:
        self._moves = moves
        self._found: list[np.ndarray] = []
        self._units: list[np.ndarray] = []

    def add(self, witness: np.ndarray) -> int:
        """Keep a witness and return its number."""
        self._found.append(witness)
        self._units.append(self._moves.moved_units(witness))
        return len(self._found) - 1

    def units(self, number: int) -> np.ndarray:
        """Return the units that a witness moves."""
        return self._units[number]

    def covering(self, need: Need, hidden: np.ndarray) -> int | None:
        """Return the number of a witness for a need that moves hidden units only, or None."""
        distance = abs(need.target - self._moves.system.value[need.index])
        way = 1.0 if need.up else -1.0
        for number in range(len(self._found) - 1, -1, -1):
            if way * self._found[number][need.index] < distance - MOVED:
                continue
            units = self._units[number]
            if not (units & ~hidden).any() and not any(units[unit] for unit in need.known):
                return number
        return None


def suppress(
    system: System, needs: Sequence[Need], *, loose: np.ndarray | None = None, exact: bool = False
) -> Suppression:
    """Return the units to hide so that every need is met.

    Parameters
    ----------
    system : System
        Linked cells with their true numbers; what is hidden at the start stays hidden.
    needs : sequence of Need
        What the attacker must not be able to rule out.
    loose : numpy.ndarray, optional
        By how much each variable must be able to differ, up or down, if it is hidden; NaN: not asked.
    exact : bool
        Whether to look for the optimum and a lower bound too. A release does not: that takes ten to a
        hundred times as long.

    Returns
    -------
    Suppression
        The same for the same input.

    Raises
    ------
    UnprotectableError
        If no choice of the units that may be hidden is enough.

    Examples
    --------
    >>> from mapping.release.linked import Cell, table_with_margins
    >>> system = table_with_margins(np.array([[3.0, 20.0], [30.0, 40.0]]), cost=lambda cell, people: 1.0)
    >>> small = system.at(Cell("inner", "0", "0"))
    >>> found = suppress(system.start([Cell("inner", "0", "0")]), [Need(small, 10.0, True)])
    >>> int(found.hidden.sum())  # its row and its column must each hide another cell
    4
    """
    moves = Moves(system)
    open_needs = [need for need in needs if not _met_by_truth(system, need)]
    open_needs.sort(key=lambda need: (len(need.known), -_distance(system, need), need.index, need.up))
    witnesses = Witnesses(moves)
    hidden, chosen = _protect(moves, open_needs, witnesses)
    hidden = _show_again(moves, hidden, open_needs, witnesses, chosen)
    hidden, bound = _optimum(moves, hidden, open_needs, exact)
    if loose is not None:
        hidden = _loosen(moves, hidden, loose, witnesses)
    return Suppression(hidden, _loss(system, hidden), bound)


def _optimum(
    moves: Moves, hidden: np.ndarray, needs: Sequence[Need], exact: bool
) -> tuple[np.ndarray, float]:
    """Return a better choice if one is found, and a lower bound of the loss."""
    system, loss = moves.system, _loss(moves.system, hidden)
    may = int((np.isfinite(system.cost) & ~system.hidden).sum())
    if loss == 0:
        return hidden, 0.0
    if not exact:
        return hidden, float("nan")
    from mapping.release.optimum import best_choice

    best, bound = best_choice(moves, needs, rounds=EXACT_ROUNDS, whole=may <= EXACT_UNITS)
    if best is not None and _loss(system, best) < loss - 1e-9 and _holds(moves, best, needs):
        hidden, loss = best, _loss(system, best)
    return hidden, min(bound, loss)


def _loss(system: System, hidden: np.ndarray) -> float:
    return float(system.cost[hidden & ~system.hidden].sum())


def _distance(system: System, need: Need) -> float:
    return abs(need.target - float(system.value[need.index]))


def _met_by_truth(system: System, need: Need) -> bool:
    value = system.value[need.index]
    return bool(value >= need.target if need.up else value <= need.target)


def _protect(moves: Moves, needs: Sequence[Need], witnesses: Witnesses) -> tuple[np.ndarray, list[int]]:
    """Hide what the cheapest witness of each need moves; return the number of a witness per need too."""
    hidden, chosen = moves.system.hidden.copy(), []
    for need in needs:
        number = witnesses.covering(need, hidden)
        if number is None:
            number, hidden = _hide_for(moves, need, hidden, witnesses)
        chosen.append(number)
    return hidden, chosen


def _hide_for(moves: Moves, need: Need, hidden: np.ndarray, witnesses: Witnesses) -> tuple[int, np.ndarray]:
    """Find the cheapest witness of a need and hide what it moves."""
    witness = moves.cheapest(need, hidden, more=False)
    if witness is None:
        witness = moves.cheapest(need, hidden, more=True)
    if witness is None:
        raise UnprotectableError(
            "the cells must leave a choice of what to hide; got a table in which hiding every cell is not "
            "enough. Release at a level with a lower threshold, or leave this KP out."
        )
    number = witnesses.add(witness)
    return number, close(hidden | witnesses.units(number), moves.system.after)


def _show_again(
    moves: Moves, hidden: np.ndarray, needs: Sequence[Need], witnesses: Witnesses, chosen: list[int]
) -> np.ndarray:
    """Show every unit again, the dearest first, that the needs can do without."""
    system, hidden, chosen = moves.system, hidden.copy(), list(chosen)
    for unit in sorted(np.flatnonzero(hidden & ~system.hidden), key=lambda u: (-system.cost[u], u)):
        if any(hidden[first] for first, second in system.after if second == unit):
            continue
        trial = hidden.copy()
        trial[unit] = False
        replaced = _without(moves, trial, needs, witnesses, chosen, int(unit))
        if replaced is not None:
            hidden, chosen = trial, replaced
    return hidden


def _without(
    moves: Moves,
    hidden: np.ndarray,
    needs: Sequence[Need],
    witnesses: Witnesses,
    chosen: list[int],
    unit: int,
) -> list[int] | None:
    """Return witnesses that leave `unit` alone, or None; only those that moved it are looked for again."""
    result = list(chosen)
    for place, need in enumerate(needs):
        if not witnesses.units(chosen[place])[unit]:
            continue
        number = witnesses.covering(need, hidden)
        if number is None:
            witness = moves.cheapest(need, hidden, more=False)
            if witness is None:
                return None
            number = witnesses.add(witness)
        result[place] = number
    return result


def _loosen(moves: Moves, hidden: np.ndarray, loose: np.ndarray, witnesses: Witnesses) -> np.ndarray:
    """Hide until no hidden cell is fixed: one that the sums give away is not hidden."""
    system, done = moves.system, np.isnan(loose)
    while True:
        mine = np.append(hidden, False)[system.unit] & ~done
        if not mine.any():
            return hidden
        index = int(np.flatnonzero(mine)[0])
        done[index] = True
        hidden = _loosen_one(moves, hidden, index, float(loose[index]), witnesses)


def _loosen_one(
    moves: Moves, hidden: np.ndarray, index: int, amount: float, witnesses: Witnesses
) -> np.ndarray:
    value = float(moves.system.value[index])
    ways = [Need(index, value + amount, True)] + [Need(index, value - amount, False)] * (value >= amount)
    if any(witnesses.covering(need, hidden) is not None for need in ways):
        return hidden
    for need in ways:
        witness = moves.cheapest(need, hidden, more=False)
        if witness is not None:
            witnesses.add(witness)
            return hidden
    if value + amount > moves.system.high[index] + MOVED:
        return hidden  # a cell hidden for its size has needs of its own
    return _hide_for(moves, ways[0], hidden, witnesses)[1]


def _holds(moves: Moves, hidden: np.ndarray, needs: Sequence[Need]) -> bool:
    return all(moves.cheapest(need, hidden, more=False) is not None for need in needs)
