"""Linked cells: every published number of people as one vector x, and its sums as a sparse A with A x = 0.

A cell that is `hidden` is blank wherever it is printed. Cells of one unit are hidden together: point, lower
and upper of a size. `lower <= point <= upper` is one more relation with a slack that nobody publishes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

ENDS = ("point", "lower", "upper")
SLACK = -1


class Cell(NamedTuple):
    """One printed size: its table, its municipality (empty: the whole mapped area) and what it is of."""

    table: str
    place: str = ""
    item: str = ""


class Sum(NamedTuple):
    """`total` = sum of weight x part, for these ends."""

    total: Cell
    parts: Mapping[Cell, float]
    ends: tuple[str, ...] = ENDS


@dataclass(frozen=True)
class System:
    """Cells with their relations and with what an attacker knows of them before he computes.

    Attributes
    ----------
    cells : list of (Cell, str)
        Cell and end of each variable; slacks stand at the end, without a unit.
    value : numpy.ndarray
        Numbers; NaN where they are not known to the reader.
    unit : numpy.ndarray of int
        Unit of each variable, -1 for a slack.
    low, high : numpy.ndarray
        Known bounds of each variable if it is hidden.
    matrix : scipy.sparse.csr_array
        A, one row per relation: A x = 0.
    units : list of Cell
        Names of the units.
    cost : numpy.ndarray
        Loss when a unit is hidden.
    hidden : numpy.ndarray of bool
        Units that are hidden at the start.
    pairs : numpy.ndarray of int, slacks x 2
        The two variables that each slack stands between.
    after : list of (int, int)
        Unit, and a unit that must be hidden with it.
    """

    cells: list[tuple[Cell, str]]
    value: np.ndarray
    unit: np.ndarray
    low: np.ndarray
    high: np.ndarray
    matrix: csr_array
    units: list[Cell]
    cost: np.ndarray
    hidden: np.ndarray
    pairs: np.ndarray
    after: list[tuple[int, int]] = field(default_factory=list)

    def at(self, cell: Cell, end: str = "point") -> int:
        """Return the place of one variable."""
        return self._places[(cell, end)]

    def has(self, cell: Cell) -> bool:
        """Return whether there is such a cell."""
        return (cell, "point") in self._places

    @property
    def _places(self) -> dict[tuple[Cell, str], int]:
        found = self.__dict__.get("_index")
        if found is None:
            found = {name: place for place, name in enumerate(self.cells)}
            object.__setattr__(self, "_index", found)
        return found

    def unit_of(self, cell: Cell) -> int:
        """Return the unit that a cell is hidden with."""
        return int(self.unit[self.at(cell)])

    def start(self, hidden: Sequence[Cell]) -> "System":
        """Return the system with the units of these cells hidden at the start, and what follows from it."""
        mask = self.hidden.copy()
        mask[[self.unit_of(cell) for cell in hidden]] = True
        return replace(self, hidden=close(mask, self.after))

    def knowing(self, bounds: Mapping[Cell, tuple[float, float]]) -> "System":
        """Return the system with known bounds of points, should they be hidden."""
        low, high = self.low.copy(), self.high.copy()
        for cell, (least, most) in bounds.items():
            low[self.at(cell)], high[self.at(cell)] = least, most
        return replace(self, low=low, high=high)


def close(hidden: np.ndarray, after: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return the hidden units with all that must be hidden with them."""
    mask = hidden.copy()
    for first, second in after:
        mask[second] |= mask[first]
    return mask


def assemble(
    sums: Sequence[Sum],
    numbers: Mapping[Cell, Sequence[float]],
    *,
    unit: Callable[[Cell], Cell] = lambda cell: cell,
    cost: Callable[[Cell, float], float],
    with_unit: Callable[[Cell], Sequence[Cell]] = lambda cell: (),
) -> System:
    """Return the linked cells of some tables.

    Parameters
    ----------
    sums : sequence of Sum
        The relations.
    numbers : mapping of Cell to sequence of float
        Point, or point, lower and upper, in people; NaN where it is not known.
    unit : callable
        The unit that a cell is hidden with; itself by default.
    cost : callable
        Loss when a unit is hidden, from its name and its largest point.
    with_unit : callable
        Units that must be hidden when this one is.
    """
    cells = [(cell, end) for cell, ends in numbers.items() for end, _ in zip(ENDS, ends, strict=False)]
    place = {name: i for i, name in enumerate(cells)}
    value = np.array([number for ends in numbers.values() for number in ends], dtype=float)
    names = list(dict.fromkeys(unit(cell) for cell in numbers))
    code = {name: i for i, name in enumerate(names)}
    rows = _sum_rows(sums, numbers, place)
    pairs = _pairs(numbers, place)
    slack = np.maximum(value[pairs[:, 0]] - value[pairs[:, 1]], 0.0)  # NaN stays NaN
    rows += [{int(more): 1.0, int(less): -1.0, len(value) + i: -1.0} for i, (more, less) in enumerate(pairs)]
    largest = _largest(numbers, unit, code)
    return System(
        cells=cells + [(Cell("slack", "", str(i)), "point") for i in range(len(slack))],
        value=np.concatenate([value, slack]),
        unit=np.array([code[unit(cell)] for cell, _ in cells] + [SLACK] * len(slack), dtype=int),
        low=np.zeros(len(value) + len(slack)),
        high=np.full(len(value) + len(slack), np.inf),
        matrix=_matrix(rows, len(value) + len(slack)),
        units=names,
        cost=np.array([cost(name, largest[code[name]]) for name in names]),
        hidden=np.zeros(len(names), dtype=bool),
        pairs=pairs,
        after=[(code[name], code[other]) for name in names for other in with_unit(name) if other in code],
    )


def _largest(
    numbers: Mapping[Cell, Sequence[float]], unit: Callable[[Cell], Cell], code: Mapping[Cell, int]
) -> np.ndarray:
    largest = np.zeros(len(code))
    for cell, ends in numbers.items():
        point = 0.0 if np.isnan(ends[0]) else ends[0]
        largest[code[unit(cell)]] = max(largest[code[unit(cell)]], point)
    return largest


def _sum_rows(
    sums: Sequence[Sum], numbers: Mapping[Cell, Sequence[float]], place: Mapping[tuple[Cell, str], int]
) -> list[dict[int, float]]:
    rows = []
    for total, parts, ends in sums:
        for end in ends:
            row = {place[(part, end)]: weight for part, weight in parts.items()}
            row[place[(total, end)]] = -1.0
            rows.append(row)
    return rows


def _pairs(numbers: Mapping[Cell, Sequence[float]], place: Mapping[tuple[Cell, str], int]) -> np.ndarray:
    """Return (point, lower) and (upper, point) of every cell that has bounds: the larger one first."""
    pairs = []
    for cell, ends in numbers.items():
        if len(ends) == len(ENDS):
            point, lower, upper = (place[(cell, end)] for end in ENDS)
            pairs += [(point, lower), (upper, point)]
    return np.array(pairs, dtype=int).reshape(-1, 2)


def _matrix(rows: list[dict[int, float]], width: int) -> csr_array:
    row = [i for i, entries in enumerate(rows) for _ in entries]
    column = [place for entries in rows for place in entries]
    weight = [float(w) for entries in rows for w in entries.values()]
    return csr_array((weight, (row, column)), shape=(len(rows), width))


def table_with_margins(
    inner: np.ndarray, *, cost: Callable[[Cell, float], float], places: Sequence[str] | None = None
) -> System:
    """Return the linked cells of one KP: municipality x typology with both margins and the total.

    Parameters
    ----------
    inner : numpy.ndarray
        People, municipalities x typologies, or municipalities x typologies x 3 with lower and upper.
    cost : callable
        As for `assemble`; the total is never hidden.
    places : sequence of str, optional
        Names of the municipalities.

    Examples
    --------
    >>> system = table_with_margins(np.array([[3.0, 20.0], [30.0, 40.0]]), cost=lambda cell, people: 1.0)
    >>> len(system.cells), bool(np.allclose(system.matrix @ system.value, 0))
    (9, True)
    """
    whole = inner if inner.ndim == 3 else inner[:, :, None]
    rows, columns = whole.shape[:2]
    names = [str(i) for i in range(rows)] if places is None else list(places)
    kinds = [str(j) for j in range(columns)]
    ends = ENDS[: whole.shape[2]]
    numbers = {
        Cell("inner", m, t): tuple(whole[i, j]) for i, m in enumerate(names) for j, t in enumerate(kinds)
    }
    numbers |= {Cell("total", m): tuple(whole[i].sum(axis=0)) for i, m in enumerate(names)}
    numbers |= {Cell("typology", "", t): tuple(whole[:, j].sum(axis=0)) for j, t in enumerate(kinds)}
    numbers[Cell("total")] = tuple(whole.sum(axis=(0, 1)))
    sums = [Sum(Cell("total", m), {Cell("inner", m, t): 1.0 for t in kinds}, ends) for m in names]
    sums += [Sum(Cell("typology", "", t), {Cell("inner", m, t): 1.0 for m in names}, ends) for t in kinds]
    sums += [Sum(Cell("total"), {Cell("total", m): 1.0 for m in names}, ends)]
    sums += [Sum(Cell("total"), {Cell("typology", "", t): 1.0 for t in kinds}, ends)]
    return assemble(sums, numbers, cost=lambda c, p: np.inf if c == Cell("total") else cost(c, p))
