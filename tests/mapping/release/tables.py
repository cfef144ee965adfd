"""Tables with margins as systems, and what any reader can know of them, found without the code under test."""

import itertools

import numpy as np
from scipy.optimize import linprog

from mapping.release.reader import Need, Reader
from mapping.release.system import Row, System, assemble

THRESHOLD = 10.0


def price(unit, people):
    """The nation is never hidden, a margin costs 20, a cell 1 and a little more when it is large."""
    return {"nation": np.inf, "cell": 1 + people / 1000}.get(unit.partition("/")[0], 20.0)


def table(cells) -> System:
    """Return a table of any two sides with its sums: cells in rows and columns, then the margins."""
    cells = np.asarray(cells, dtype=float)
    places = list(np.ndindex(*cells.shape))
    groups = {f"cell/{i}/{j}": [(i, j)] for i, j in places}
    groups |= {f"row/{i}": [place for place in places if place[0] == i] for i in range(cells.shape[0])}
    groups |= {f"column/{j}": [place for place in places if place[1] == j] for j in range(cells.shape[1])}
    groups["nation"] = places
    rows = [
        Row(
            name,
            {(str(i), str(j), "point"): 1.0 for i, j in of},
            float(sum(cells[place] for place in of)),
            kind="people",
        )
        for name, of in groups.items()
    ]
    return assemble(rows, cost=price)


def small_rows(system) -> list[int]:
    return [i for i, row in enumerate(system.rows) if row.value < THRESHOLD]


def known_limits(system) -> dict[int, tuple[float, float]]:
    return {
        i: (0.0, THRESHOLD) if row.value < THRESHOLD else (THRESHOLD, np.inf)
        for i, row in enumerate(system.rows)
    }


def case(cells):
    """Return system, reader, needs of the small numbers, and the units that hold them."""
    system = table(cells)
    small = small_rows(system)
    needs = [need for i in small for need in (Need(i, 0.5, False), Need(i, THRESHOLD, True))]
    return (
        system,
        Reader(system, known_limits(system)),
        needs,
        system.mask(system.rows[i].unit for i in small),
    )


def interval(system, hidden, row, known=()) -> tuple[float, float]:
    """Return the least and most that a row can be: a plain programme over cells, written for the tests."""
    limits, blank = known_limits(system), hidden & ~system.mask(known)
    matrix = system.matrix.toarray()
    ends = [limits[i] if blank[system.unit[i]] else (v, v) for i, v in enumerate(system.value)]
    least, most = (np.array(end) for end in zip(*ends, strict=True))
    above = np.isfinite(most)
    sides, limit = np.vstack([matrix[above], -matrix]), np.concatenate([most[above], -least])
    low, high = (
        linprog(sign * matrix[row], A_ub=sides, b_ub=limit + 1e-9, bounds=(0, None)) for sign in (1, -1)
    )
    return float(low.fun), float(-high.fun) if high.status == 0 else np.inf


def is_safe(system, hidden) -> bool:
    """Return whether every small number can be 0.5 or less and the threshold or more."""
    for row in small_rows(system):
        low, high = interval(system, hidden, row)
        if low > 0.5 + 1e-5 or high < THRESHOLD - 1e-5:
            return False
    return True


def cheapest_of_all(system, start) -> float:
    """Return the smallest loss of all safe choices, by trying every one of them, the cheapest first."""
    free = np.flatnonzero(np.isfinite(system.cost) & ~start)
    choices = [c for n in range(len(free) + 1) for c in itertools.combinations(free, n)]
    for choice in sorted(choices, key=lambda units: system.cost[list(units)].sum()):
        hidden = start.copy()
        hidden[list(choice)] = True
        if is_safe(system, hidden):
            return float(system.cost[list(choice)].sum())
    return float("inf")
