"""The reader who computes: linear programmes over everything that is printed.

He knows every printed number, the rules, and which cells are hidden for a rule of their own. What he cannot
rule out is a *witness*: other atoms that agree with all he knows. Chosen and solved by HiGHS through scipy;
the same input gives the same answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from mapping.release.system import System

MOVED = 1e-5
"""A number that differs by less from what is printed has not moved; far above the solver's tolerance."""


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
        n, m = system.matrix.shape[0], len(system.order)
        step = eye_array(n, format="csr")
        sums = hstack([system.matrix, -step, step])
        first = csr_array((np.ones(m), (np.arange(m), system.order[:, 0])), shape=(m, sums.shape[1]))
        second = csr_array((np.ones(m), (np.arange(m), system.order[:, 1])), shape=(m, sums.shape[1]))
        self._all = LinearConstraint(
            vstack([sums, first - second]).tocsr(),
            np.concatenate([system.low, np.full(m, -np.inf)]),
            np.concatenate([system.high, np.zeros(m)]),
        )
        least = np.array([limits.get(i, (-np.inf, np.inf))[0] for i in range(n)])
        most = np.array([limits.get(i, (-np.inf, np.inf))[1] for i in range(n)])
        self._down = np.maximum(system.value - least, 0.0)
        self._up = np.maximum(most - system.value, 0.0)
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
        may = self._may_move(hidden, need, more)
        if not may[need.row]:
            return None
        up, down = np.where(may, self._up, 0.0), np.where(may, self._down, 0.0)
        distance = (need.target - system.value[need.row]) * (1 if need.up else -1)
        least = np.zeros(2 * len(may))
        way, back = (up, down) if need.up else (down, up)
        if way[need.row] < distance - MOVED:
            return None
        least[need.row + (0 if need.up else len(may))] = min(distance, way[need.row])
        back[need.row] = 0.0
        price = np.where(hidden[system.unit], 1e-4 * self._price + 1e-6, self._price)
        return self._solve(np.tile(price, 2), least, np.concatenate([up, down]))

    def _may_move(self, hidden: np.ndarray, need: Need, more: bool) -> np.ndarray:
        units = hidden | np.isfinite(self.system.cost) if more else hidden.copy()
        units &= ~self.system.mask(need.known)
        units[0] = False
        return units[self.system.unit]

    def _solve(self, price: np.ndarray, least: np.ndarray, most: np.ndarray) -> np.ndarray | None:
        atoms = self.system.matrix.shape[1]
        found = milp(
            np.concatenate([np.zeros(atoms), price]),
            constraints=self._all,
            bounds=Bounds(
                np.concatenate([np.zeros(atoms), least]), np.concatenate([np.full(atoms, np.inf), most])
            ),
        )
        return self.system.matrix @ found.x[:atoms] if found.status == 0 else None

    def moved(self, numbers: np.ndarray) -> np.ndarray:
        """Return which units a witness moves."""
        system = self.system
        slack = MOVED * np.maximum(1, np.abs(system.value) / 1e3)
        rows = (numbers < system.low - slack) | (numbers > system.high + slack)
        found = np.bincount(system.unit[rows], minlength=len(system.units)) > 0
        found[~np.isfinite(system.cost)] = False
        return found


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
