"""The programme of one municipality or zone, as sparse matrices for HiGHS.

Peer educators who can stand in for one another are one *profile*, and the programme counts how many of a
profile work at a unit (spot x KP) in a slot; `roster_deal.py` then names them. Without pairs this is a flow:
profile -> day -> slot -> visit -> rank of the visit among those of the unit, each with a whole
limit, so the linear relaxation already has a whole-numbered optimum (total unimodularity; Ahuja, Magnanti,
Orlin 1993, theorem 11.11) and HiGHS finishes at the root. Pairs break the flow, and branching does the rest.
The formulation is ours.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from mapping.microplan.blocks import BLOCKS, SLOTS
from mapping.microplan.roster_inputs import Group
from pse.records.tables import DAYS

EARLIER = 1e-6
"""What a later day of the week costs, as a share of the people met: ties go to the earlier day."""

SCALE = 1000.0
"""The largest number of people in a visit becomes this: ties stand above HiGHS's tolerance of 1e-7."""

INFEASIBLE = 2


@dataclass(frozen=True)
class Cells:
    """The visits that can exist: one per unit and slot that is open, safe and within reach of a profile.

    `who` and `at` list the pairs of profile and cell that can work together.
    """

    unit: np.ndarray
    slot: np.ndarray
    people: np.ndarray
    who: np.ndarray
    at: np.ndarray


@dataclass(frozen=True)
class Solution:
    """Visits chosen and how many of each profile make them.

    `crew` is profiles x cells. `bound` is the most people that any roster can meet; `status` is HiGHS's own.
    """

    cells: Cells
    crew: np.ndarray | None
    bound: float
    status: int

    @property
    def infeasible(self) -> bool:
        """Tell whether no roster keeps all rules."""
        return self.status == INFEASIBLE


def find_cells(group: Group) -> Cells:
    """Return the visits that can exist; one that meets nobody is kept only where visits are asked for."""
    use = ~np.isnan(group.people) & ((group.people > 0) | (group.minimum > 0)[:, None])
    able = np.zeros((len(group.profiles), *use.shape), dtype=bool)
    for i, profile in enumerate(group.profiles):
        able[i] = np.outer(profile.serves, profile.slots) & use & (profile.visits > 0)
    hands = sum(
        (able[i] * len(p.peers) for i, p in enumerate(group.profiles)), np.zeros(use.shape, dtype=int)
    )
    unit, slot = np.nonzero(hands >= group.need[:, None])
    who, at = np.nonzero(able[:, unit, slot])
    return Cells(unit, slot, group.people[unit, slot], who, at)


def solve(
    group: Group, decay: tuple[float, ...], *, gap: float, node_limit: int, whole: bool = True
) -> Solution:
    """Maximise the people met in the week; with `whole=False` return the linear relaxation's bound only.

    Maximise sum_c l_c sum_n w_n y_cn, where visit c has rank n in its unit (w_1 = 1 >= w_2 ...): the fullest
    visit of the week counts whole, the second w_2 of its people and so on; the last weight has no limit.
    Since weights fall, the best ranks are by size (rearrangement inequality), so the programme is exact.
    """
    cells = find_cells(group)
    n, ranks = len(cells.unit), len(decay)
    top = cells.people.max(initial=0.0)
    scale = SCALE / top if top > 0 else 1.0
    later = 1 - EARLIER * (cells.slot // len(BLOCKS))
    gain = np.outer(cells.people * later * scale, decay).ravel()
    short = np.bincount(cells.unit, minlength=len(group.minimum)) < group.minimum
    if n == 0 or short.any():
        nobody = np.zeros((len(group.profiles), n), dtype=int)
        return Solution(cells, nobody, 0.0, INFEASIBLE if short.any() else 0)
    matrix, low, high = _rules(group, cells, ranks)
    upper = np.concatenate([np.ones(n * ranks), group.need[cells.unit[cells.at]]])
    done = milp(
        np.concatenate([-gain, np.zeros(len(cells.at))]),
        integrality=np.full(matrix.shape[1], int(whole)),
        bounds=Bounds(0, upper),
        constraints=LinearConstraint(matrix, low, high),
        options={"mip_rel_gap": gap, "node_limit": node_limit} if whole else {},
    )
    best = getattr(done, "mip_dual_bound", None) if whole else done.fun
    bound = np.inf if best is None else -best / scale / (1 - EARLIER * (len(DAYS) - 1))
    crew = None
    if whole and done.x is not None:
        crew = np.zeros((len(group.profiles), n), dtype=int)
        crew[cells.who, cells.at] = np.rint(done.x[n * ranks :]).astype(int)
    return Solution(cells, crew, float(bound), int(done.status))


def _rules(group: Group, cells: Cells, ranks: int) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Return the constraint matrix with lower and upper limits; columns are ranks of visits, then crews.

    A visit has one rank and needs its crew; a rank but the last is taken once a unit; a profile has so many
    hands in a slot, a day and a week; a unit has its minimum of visits.
    """
    n = len(cells.unit)
    visit, rank = np.repeat(np.arange(n), ranks), np.tile(np.arange(ranks), n)
    y, x = np.arange(n * ranks), n * ranks + np.arange(len(cells.at))
    limited = rank < ranks - 1
    crew_slot = cells.slot[cells.at]
    crew_day = crew_slot // len(BLOCKS)
    size = np.array([len(profile.peers) for profile in group.profiles])
    most = np.array([len(profile.peers) * profile.visits for profile in group.profiles])
    parts = [
        _rows(visit, y, 1, high=np.ones(n)),
        _rows(
            np.concatenate([cells.at, visit]),
            np.concatenate([x, y]),
            np.concatenate([np.ones(len(x)), -group.need[cells.unit[visit]]]),
            low=np.zeros(n),
            high=np.zeros(n),
        ),
        _rows(
            (cells.unit[visit] * ranks + rank)[limited], y[limited], 1, high=np.ones(len(group.need) * ranks)
        ),
        _rows(cells.who * SLOTS + crew_slot, x, 1, high=np.repeat(size, SLOTS)),
        _rows(cells.who * len(DAYS) + crew_day, x, 1, high=np.repeat(size * group.blocks_per_day, len(DAYS))),
        _rows(cells.who, x, 1, high=most),
        _rows(cells.unit[visit], y, 1, low=group.minimum),
    ]
    width = n * ranks + len(cells.at)
    matrix = sparse.vstack(
        [sparse.csr_array((v, (i, j)), shape=(len(low), width)) for v, i, j, low, _ in parts], format="csr"
    )
    low, high = (np.concatenate([part[side] for part in parts]) for side in (3, 4))
    return matrix, low, high


def _rows(
    label: np.ndarray,
    column: np.ndarray,
    value: np.ndarray | float,
    *,
    low: np.ndarray | None = None,
    high: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return one row for each label that occurs: values, rows, columns and the limits looked up by label."""
    labels, row = np.unique(label, return_inverse=True)
    values = np.broadcast_to(np.asarray(value, dtype=float), row.shape)
    below = np.full(len(labels), -np.inf) if low is None else low[labels].astype(float)
    above = np.full(len(labels), np.inf) if high is None else high[labels].astype(float)
    return values, row, column, below, above
