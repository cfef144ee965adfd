"""The reader who computes: linear programmes over everything that is printed.

He knows every printed number, the rules, and which cells are hidden for a rule of their own. What he cannot
rule out is a *witness*: other atoms that agree with all he knows. Chosen and solved by HiGHS through scipy;
the same input gives the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, vstack

from mapping.release.system import System

MOVED = 1e-5
"""A number that differs by less from what is printed has not moved; far above the solver's tolerance."""

HIDDEN_PRICE = 1e-4
"""Share of its price at which a number that is hidden already moves: of witnesses the shortest is taken."""

SEVERAL = 2
"""Needs for which one witness is looked for before one for each."""


@dataclass(frozen=True)
class Need:
    """One thing that no reader may rule out: that a row is as far as `target`.

    Attributes
    ----------
    row : int
        Row of the system.
    target : float
        People (or spots).
    up : bool
        Whether it must be able to be at least, or at most, `target`.
    known : frozenset of str
        Units that this reader knows exactly, because their only spot is his.
    """

    row: int
    target: float
    up: bool
    known: frozenset[str] = frozenset()


class Reader:
    """Linear programmes over one system.

    Parameters
    ----------
    system : System
        With every number known.
    limits : mapping of int to (float, float)
        What the reader knows of a row that is hidden: its least and its most.
    """

    def __init__(self, system: System, limits: Mapping[int, tuple[float, float]]) -> None:
        self.system = system
        n = system.matrix.shape[0]
        sums = vstack([system.matrix, system.order_rows]).tocsr()
        self._columns = sums.tocsc()
        self._low = np.concatenate([system.low, np.full(len(system.order), -np.inf)])
        self._high = np.concatenate([system.high, np.zeros(len(system.order))])
        self._alone = np.flatnonzero((np.diff(system.matrix.indptr) == 1) & (system.low == system.high))
        least = np.array([limits.get(i, (-np.inf, np.inf))[0] for i in range(n)])
        most = np.array([limits.get(i, (-np.inf, np.inf))[1] for i in range(n)])
        self.down = np.maximum(system.value - least, 0.0)
        self.up = np.maximum(most - system.value, 0.0)
        size = np.bincount(system.unit, minlength=len(system.units))
        self._price = np.where(np.isfinite(system.cost), system.cost, 0.0)[system.unit] / size[system.unit]

    def cheapest(self, need: Need, hidden: np.ndarray, *, more: bool) -> np.ndarray | None:
        """Return the numbers of all rows in the witness that is cheapest to hide, or None.

        Parameters
        ----------
        need : Need
            What must not be ruled out.
        hidden : numpy.ndarray of bool
            Units that are hidden already; to move them costs next to nothing.
        more : bool
            Whether other units may be moved, and so hidden, at their price.
        """
        system = self.system
        may = self._may_move(hidden, need.known, more)
        if not may[need.row]:
            return None
        up, down = np.where(may, self.up, 0.0), np.where(may, self.down, 0.0)
        distance = self._distance(need)
        least = np.zeros(2 * len(may))
        way, back = (up, down) if need.up else (down, up)
        if way[need.row] < distance - MOVED:
            return None
        least[need.row + (0 if need.up else len(may))] = min(distance, way[need.row])
        back[need.row] = 0.0
        price = np.where(hidden[system.unit], HIDDEN_PRICE * self._price + 1e-6, self._price)
        return self._solve(np.tile(price, 2), least, np.concatenate([up, down]))

    def many(self, needs: Sequence[Need], hidden: np.ndarray) -> np.ndarray | None:
        """Return the numbers of all rows in an answer that comes near many needs of one reader, or None.

        Each need counts for the share of its distance that is gone, up to all of it; only hidden units move.
        """
        may = self._may_move(hidden, needs[0].known, False)
        up, down = np.where(may, self.up, 0.0), np.where(may, self.down, 0.0)
        price = np.tile(HIDDEN_PRICE * self._price + 1e-6, 2)
        for need in needs:
            distance = max(self._distance(need), MOVED)
            way, back = (0, len(may)) if need.up else (len(may), 0)
            ends = up if need.up else down
            ends[need.row] = min(ends[need.row], distance)
            price[need.row + way], price[need.row + back] = -1 / distance, (1 + HIDDEN_PRICE) / distance
        return self._solve(price, np.zeros(2 * len(may)), np.concatenate([up, down]))

    def _distance(self, need: Need) -> float:
        return (need.target - float(self.system.value[need.row])) * (1 if need.up else -1)

    def _may_move(self, hidden: np.ndarray, known: frozenset[str], more: bool) -> np.ndarray:
        units = hidden | np.isfinite(self.system.cost) if more else hidden.copy()
        units &= ~self.system.mask(known)
        units[0] = False
        return units[self.system.unit]

    def _solve(self, price: np.ndarray, least: np.ndarray, most: np.ndarray) -> np.ndarray | None:
        """Solve for the atoms that printed numbers leave open; without the others, programmes are small."""
        n = len(self.system.rows)
        numbers, open_atoms = self._printed_atoms(most[:n] + most[n:] > 0)
        columns = self._columns[:, open_atoms]
        rows = np.zeros(self._columns.shape[0], dtype=bool)
        rows[columns.indices] = True
        steps = np.flatnonzero((most > 0) & np.tile(rows[:n], 2))
        if (least[~np.isin(np.arange(2 * n), steps)] > 0).any():
            return None
        settled = (self._columns @ np.where(open_atoms, 0.0, numbers))[rows]
        a = np.concatenate([np.zeros(int(open_atoms.sum())), price[steps]])
        found = milp(
            a,
            constraints=LinearConstraint(
                _with_steps(columns, rows, steps, n), self._low[rows] - settled, self._high[rows] - settled
            ),
            bounds=Bounds(
                np.concatenate([np.zeros(len(a) - len(steps)), least[steps]]),
                np.concatenate([np.full(len(a) - len(steps), np.inf), most[steps]]),
            ),
        )
        if found.status != 0:
            return None
        numbers[open_atoms] = found.x[: len(a) - len(steps)]
        return self.system.matrix @ numbers

    def _printed_atoms(self, may: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the values of atoms that are printed alone in rows that stay, and which atoms are open."""
        system = self.system
        rows = self._alone[~may[self._alone]]
        at = system.matrix.indptr[rows]
        atoms = system.matrix.indices[at]
        numbers, open_atoms = np.zeros(system.matrix.shape[1]), np.ones(system.matrix.shape[1], dtype=bool)
        numbers[atoms] = system.value[rows] / system.matrix.data[at]
        open_atoms[atoms] = False
        return numbers, open_atoms

    def moved(self, numbers: np.ndarray) -> np.ndarray:
        """Return which units a witness moves."""
        system = self.system
        slack = MOVED * np.maximum(1, np.abs(system.value) / 1e3)
        rows = (numbers < system.low - slack) | (numbers > system.high + slack)
        found = np.bincount(system.unit[rows], minlength=len(system.units)) > 0
        found[~np.isfinite(system.cost)] = False
        return found


def _with_steps(columns: csc_array, rows: np.ndarray, steps: np.ndarray, n: int) -> csc_array:
    """Return the columns in these rows, and one column for each step of a row up (-1) or down (+1)."""
    place = np.cumsum(rows) - 1
    size = columns.indptr[-1]
    return csc_array(
        (
            np.concatenate([columns.data, np.where(steps < n, -1.0, 1.0)]),
            np.concatenate([place[columns.indices], place[steps % n]]),
            np.concatenate([columns.indptr, size + 1 + np.arange(len(steps))]),
        ),
        shape=(int(rows.sum()), columns.shape[1] + len(steps)),
    )


class Witnesses:
    """Witnesses found so far: one often serves many needs."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._numbers: list[np.ndarray] = []
        self._units: list[np.ndarray] = []

    def add(self, numbers: np.ndarray) -> int:
        """Keep a witness and return its number."""
        self._numbers.append(numbers)
        self._units.append(self.reader.moved(numbers))
        return len(self._numbers) - 1

    def units(self, number: int) -> np.ndarray:
        """Return the units that a witness moves."""
        return self._units[number]

    def covering(self, need: Need, hidden: np.ndarray) -> int | None:
        """Return the number of a witness for a need that moves hidden units only, or None."""
        known = self.reader.system.mask(need.known)
        for number in range(len(self._numbers) - 1, -1, -1):
            value = self._numbers[number][need.row]
            if (value >= need.target - MOVED) if need.up else (value <= need.target + MOVED):
                units = self._units[number]
                if not (units & (~hidden | known)).any():
                    return number
        return None

    def find(self, need: Need, hidden: np.ndarray) -> int | None:
        """Return a witness that moves hidden units only: one found before, or a new one, or None."""
        number = self.covering(need, hidden)
        if number is None:
            numbers = self.reader.cheapest(need, hidden, more=False)
            number = None if numbers is None else self.add(numbers)
        return number

    def find_many(self, need: Need, others: Sequence[Need], hidden: np.ndarray) -> None:
        """Look for one witness of several needs that are alike: same reader, same way, none so far."""
        alike = [other for other in others if (other.known, other.up) == (need.known, need.up)]
        alike = [other for other in alike if self.covering(other, hidden) is None]
        if len(alike) >= SEVERAL:
            numbers = self.reader.many(alike, hidden)
            if numbers is not None:
                self.add(numbers)
