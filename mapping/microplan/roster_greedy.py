"""A roster one visit at a time: quick, keeps every rule, and is measured against the linear relaxation."""

import heapq

import numpy as np

from mapping.microplan.blocks import BLOCKS
from mapping.microplan.roster_inputs import Group
from mapping.microplan.roster_model import Cells
from pse.records.tables import DAYS


class _Hands:
    """What each profile has left in its slots, days and week; counts change as visits are taken."""

    def __init__(self, group: Group, cells: Cells) -> None:
        size = np.array([len(profile.peers) for profile in group.profiles], dtype=int)
        self.slot = np.repeat(size[:, None], len(DAYS) * len(BLOCKS), axis=1)
        self.day = np.repeat(size[:, None] * group.blocks_per_day, len(DAYS), axis=1)
        self.week = np.array([len(p.peers) * p.visits for p in group.profiles], dtype=int)
        self.able = np.zeros((len(size), len(cells.unit)), dtype=bool)
        self.able[cells.who, cells.at] = True

    def crew(self, cell: int, slot: int, need: int) -> np.ndarray | None:
        """Return how many of each profile could make the visit, those with most time left first; or None."""
        day = slot // len(BLOCKS)
        free = np.minimum(np.minimum(self.slot[:, slot], self.day[:, day]), self.week) * self.able[:, cell]
        if free.sum() < need:
            return None
        taken = np.zeros(len(free), dtype=int)
        for _ in range(need):
            taken[np.argmax(np.where(free - taken > 0, self.week - taken, -1))] += 1
        return taken

    def take(self, taken: np.ndarray, slot: int) -> None:
        """Use the hours."""
        self.slot[:, slot] -= taken
        self.day[:, slot // len(BLOCKS)] -= taken
        self.week -= taken


def greedy_crew(group: Group, cells: Cells, decay: tuple[float, ...]) -> np.ndarray | None:
    """Return crews (profiles x cells), or None where the minimum of visits was not met this way.

    First the minimum of each unit, units with the fewest open slots first; then always the visit that adds
    most people per peer educator. A gain can only fall as visits are added, so a stale one is looked at again
    when it comes to the top (lazy evaluation, Minoux 1978).
    """
    hands = _Hands(group, cells)
    crew = np.zeros((len(group.profiles), len(cells.unit)), dtype=int)
    members = [np.flatnonzero(cells.unit == unit) for unit in range(len(group.need))]
    for unit in sorted(range(len(members)), key=lambda u: (len(members[u]), u)):
        if not _reach_minimum(group, cells, members[unit], hands, crew, unit):
            return None
    heap = [
        (-_gain(cells, members, crew, c, decay) / group.need[cells.unit[c]], c) for c in range(crew.shape[1])
    ]
    heapq.heapify(heap)
    while heap:
        old, cell = heapq.heappop(heap)
        need = group.need[cells.unit[cell]]
        taken = None if crew[:, cell].any() else hands.crew(cell, cells.slot[cell], need)
        if taken is None:  # taken already, or nobody has time: neither can change back
            continue
        now = -_gain(cells, members, crew, cell, decay) / need
        if now > old + 1e-12:
            heapq.heappush(heap, (now, cell))
        elif now < 0:
            crew[:, cell] = taken
            hands.take(taken, cells.slot[cell])
    return crew


def _reach_minimum(
    group: Group, cells: Cells, members: np.ndarray, hands: _Hands, crew: np.ndarray, unit: int
) -> bool:
    """Add the fullest visits that can be made until the unit has its minimum; tell whether it has."""
    missing = int(group.minimum[unit])
    for cell in members[np.lexsort([members, -cells.people[members]])]:
        if missing == 0:
            break
        taken = hands.crew(cell, cells.slot[cell], group.need[unit])
        if taken is not None:
            crew[:, cell] = taken
            hands.take(taken, cells.slot[cell])
            missing -= 1
    return missing == 0


def _gain(
    cells: Cells, members: list[np.ndarray], crew: np.ndarray, cell: int, decay: tuple[float, ...]
) -> float:
    """Return how many more people the week meets with this visit than without."""
    own = members[cells.unit[cell]]
    sizes = np.sort(cells.people[own[crew[:, own].any(axis=0)]])[::-1]
    more = np.sort(np.append(sizes, cells.people[cell]))[::-1]
    return float(more @ _weights(len(more), decay) - sizes @ _weights(len(sizes), decay))


def _weights(n: int, decay: tuple[float, ...]) -> np.ndarray:
    return np.asarray([decay[min(rank, len(decay) - 1)] for rank in range(n)])
