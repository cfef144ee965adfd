"""The smallest loss at which a system can be protected, and a lower bound where the optimum takes too long.

Cutting planes after Fischetti and Salazar-Gonzalez (Management Science 2001;47:1008-1027): an integer
programme chooses the cheapest units, the reader tries to rule out each need, and the dual prices of each
success of his are a rule that every safe choice keeps. Solved by HiGHS through scipy; it stops after so many
rounds and nodes, never after seconds, so the same input gives the same answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, vstack

from mapping.release.reader import MOVED, Need, Reader
from mapping.release.suppress import UnprotectableError

LEAST_PRICE = 1e-9
"""Dual prices under this are rounding of the solver."""

BROKEN = 1e-6
"""A rule is broken when it is missed by more; rules are let off by so much against rounding."""

PARTLY = 10.0
"""Times the largest number: how far a row without an end moves while units are chosen in part. Rules hold
whatever this is, because they are made with the true ends."""

Rule = tuple[np.ndarray, float]
"""Weights of the units, and what their sum is at least in every safe choice."""


@dataclass(frozen=True)
class Optimum:
    """The cheapest safe choice that was found, and what no safe choice can be under.

    Attributes
    ----------
    hidden : numpy.ndarray of bool or None
        Units to hide; None if no safe choice was found in so many rounds.
    loss : float
        Loss of what is hidden beside the start; infinite without a choice.
    bound : float
        No safe choice loses less.
    """

    hidden: np.ndarray | None
    loss: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether no safe choice can be cheaper than this one."""
        return self.loss - self.bound <= BROKEN * max(1.0, self.bound)


def gap(loss: float, bound: float) -> float:
    """Return by which share of the bound a loss is above it: 0.1 is at most 10 % dearer than the optimum.

    Examples
    --------
    >>> gap(11.0, 10.0), gap(0.0, 0.0)
    (0.1, 0.0)
    """
    return max(0.0, loss - bound) / bound if bound > 0 else (0.0 if loss <= BROKEN else float("inf"))


def optimum(
    reader: Reader,
    needs: Sequence[Need],
    hidden: np.ndarray,
    *,
    loose: Sequence[Sequence[Need]] = (),
    rounds: int = 200,
    nodes: int = 100_000,
) -> Optimum:
    """Return the units to hide at the smallest loss so that every need is met.

    Parameters
    ----------
    reader : Reader
        Who computes with the printed numbers.
    needs, loose, hidden
        As for `suppress`.
    rounds : int
        Rounds of choosing and attacking with whole units; as many with units in part come before.
    nodes : int
        Nodes of the integer programme in each round.

    Raises
    ------
    UnprotectableError
        If no choice of the units that may be hidden is enough.

    Examples
    --------
    The 2 x 2 table of `suppress`: all four cells must go, and the three that are not small cost 1 each.

    >>> from mapping.release.system import Row, assemble
    >>> people = {"ac": 3.0, "ad": 20.0, "bc": 30.0, "bd": 40.0}
    >>> rows = [Row(cell, {(cell, "point"): 1.0}, n, kind="people") for cell, n in people.items()]
    >>> for name in "abcd":
    ...     part = {cell: n for cell, n in people.items() if name in cell}
    ...     rows.append(Row("", {(cell, "point"): 1.0 for cell in part}, sum(part.values())))
    >>> system = assemble(rows, cost=lambda unit, people: 1.0)
    >>> found = optimum(Reader(system, {0: (0, 10)}), [Need(0, 10, True)], system.mask(["ac"]))
    >>> found.loss, found.bound, found.proven
    (3.0, 3.0, True)
    """
    master = _Master(reader, hidden)
    _in_part(master, needs, rounds)
    for _ in range(rounds):
        chosen = master.choose(nodes)
        broken = [rule for need in needs for rule in master.rules_of(need, chosen)]
        if not broken:
            broken = [rule for group in loose for rule in master.rules_of_group(group, chosen)]
        if not broken:
            return Optimum(chosen > 0.5, float(master.cost @ chosen), master.bound)
        master.rules += broken
    return Optimum(None, float("inf"), master.bound)


def lower_bound(reader: Reader, needs: Sequence[Need], hidden: np.ndarray, *, rounds: int = 100) -> float:
    """Return a loss that no safe choice can be under: the optimum if units could be hidden in part.

    Faster than `optimum`, and the only way for large systems. Parameters as there.

    Raises
    ------
    UnprotectableError
        If no choice of the units that may be hidden is enough.
    """
    master = _Master(reader, hidden)
    _in_part(master, needs, rounds)
    return master.bound


def _in_part(master: "_Master", needs: Sequence[Need], rounds: int) -> None:
    """Add the rules that a choice of units in part breaks, until it breaks none."""
    for _ in range(rounds):
        chosen = master.choose(None)
        broken = [rule for need in needs for rule in master.rules_of(need, chosen)]
        broken = [(row, least) for row, least in broken if row @ chosen < least - BROKEN]
        if not broken:
            return
        master.rules += broken


class _Master:
    """The rules so far, the cheapest choice that keeps them, and the attack that makes new ones."""

    def __init__(self, reader: Reader, hidden: np.ndarray) -> None:
        system = reader.system
        may = np.isfinite(system.cost)
        self.system, self._reader = system, reader
        self.cost = np.where(may & ~hidden, system.cost, 0.0)
        self.bound = 0.0
        self.rules: list[Rule] = []
        self._start = hidden.astype(float)
        self._most = np.maximum(self._start, may.astype(float))
        self._sides = vstack([system.matrix, -system.matrix, system.order_rows]).tocsr()
        self._far = PARTLY * max(1.0, float(np.abs(system.value).max(initial=0.0)))

    def choose(self, nodes: int | None) -> np.ndarray:
        """Return the cheapest choice that keeps all rules; without `nodes`, of units in part."""
        if not self.rules:
            return self._start.copy()
        whole = nodes is not None
        found = milp(
            self.cost,
            constraints=LinearConstraint(
                csr_array(np.array([row for row, _ in self.rules])),
                np.array([least for _, least in self.rules]) - BROKEN,
                np.inf,
            ),
            bounds=Bounds(self._start, self._most),
            integrality=np.full(len(self.cost), int(whole)),
            options={"mip_rel_gap": 0.0, "node_limit": nodes} if whole else {},
        )
        if found.x is None:
            raise UnprotectableError(
                "the cells must leave a choice of what to hide; got none that is enough."
            )
        reached = found.mip_dual_bound if whole else found.fun
        self.bound = max(self.bound, float(reached))
        return np.round(found.x) if whole else np.clip(found.x, 0.0, 1.0)

    def rules_of(self, need: Need, chosen: np.ndarray) -> Iterator[Rule]:
        """Yield the rules that a choice breaks for one need; none if the reader cannot rule it out."""
        worth = self._worth(need, chosen)
        if worth is not None:
            yield worth, 1.0
            if _is_whole(chosen):
                yield self._one_more(worth, chosen), 1.0

    def rules_of_group(self, group: Sequence[Need], chosen: np.ndarray) -> Iterator[Rule]:
        """Yield the rule that a choice of whole units breaks for needs of which one must be met."""
        unit = self.system.unit[group[0].row]
        if not chosen[unit]:
            return
        worths = [self._worth(need, chosen) for need in group]
        found = [self._one_more(worth, chosen) for worth in worths if worth is not None]
        if len(found) == len(group):
            row = np.max(found, axis=0)
            row[unit] -= 1.0
            yield row, 0.0

    def _one_more(self, worth: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Return which units are missing: one of those that have a worth and are not chosen."""
        return ((worth > 0) & (chosen < 0.5)).astype(float)

    def _worth(self, need: Need, chosen: np.ndarray) -> np.ndarray | None:
        """Return what each unit adds to how far the row of a need can be, 1 being enough; or None.

        He finds max x = base + sum((alpha up + beta down) h) for the dual prices alpha, beta of the bounds
        low - down h <= x <= high + up h. So every safe h has sum((alpha up + beta down) h) >= target - base.
        """
        system, goal = self.system, self.system.matrix[[need.row]].toarray().ravel()
        sign = 1.0 if need.up else -1.0
        known = system.mask(need.known)
        share = np.where(known, 0.0, chosen)[system.unit]
        ends, moves = self._ends(share)
        finite = np.isfinite(ends)
        found = linprog(-sign * goal, A_ub=self._sides[finite], b_ub=ends[finite], method="highs")
        if found.status == 3 or (found.status == 0 and -found.fun >= sign * need.target - MOVED):
            return None
        if found.status != 0:
            raise RuntimeError(f"the attack must have an answer; got {found.message!r}")
        price = np.zeros(len(ends))
        price[finite] = np.maximum(-found.ineqlin.marginals, 0.0)
        price[price < LEAST_PRICE] = 0.0
        return self._shares(price, moves, sign * need.target, known)

    def _ends(self, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the right sides of `_sides` if so much of each row is hidden, and how far each may move."""
        system, order = self.system, np.zeros(len(self.system.order))
        moves = np.concatenate([self._reader.up, self._reader.down, order])
        part = np.concatenate([share, share, order])
        there = np.where(part >= 1.0, moves, np.minimum(moves, self._far) * part)
        return np.concatenate([system.high, -system.low, order]) + np.where(part > 0, there, 0.0), moves

    def _shares(
        self, price: np.ndarray, moves: np.ndarray, target: float, known: np.ndarray
    ) -> np.ndarray | None:
        system, n = self.system, len(self.system.unit)
        base = float(price[:n] @ system.high - price[n : 2 * n] @ system.low)
        left = target - base
        if left <= BROKEN:
            return None
        worth = np.where(price > 0, np.minimum(price * np.where(price > 0, moves, 0.0), left), 0.0)
        row = np.bincount(system.unit, weights=worth[:n] + worth[n : 2 * n], minlength=len(self.cost))
        row[known] = 0.0
        row[0] = 0.0
        return np.minimum(row, left) / left


def _is_whole(chosen: np.ndarray) -> bool:
    return bool(np.isin(chosen, (0.0, 1.0)).all())
