"""Published numbers as rows over unknown parts: what a reader of the tables can compute with.

An *atom* is the finest part that anybody could ask about: people of one KP in one municipality at spots, at
home or online; on one day; of one typology. Every printed number is a sum of atoms with known weights, and
each is printed as itself or left blank. So one row holds one printed number, a blank one is a row that the
reader cannot use, and sums between tables need not be written down: they follow from the atoms.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

ENDS = ("point", "lower", "upper")

Atom = tuple[str, ...]
"""What it is, and at the end which of point, lower and upper."""


Place = tuple[str, object, str]
"""Where a number is printed: table, row label, column."""


class Row(NamedTuple):
    """One printed number.

    Attributes
    ----------
    unit : str
        Numbers of one unit are hidden together; empty for a relation that always holds.
    weights : mapping of Atom to float
        The number is the sum of weight x atom.
    value : float
        What is printed; NaN where it is hidden.
    room : tuple of float
        The reader knows that it is at most so much less, and at most so much more, than the value.
    kind : {"people", "bound", "count", "other"}
        `people` are judged against the threshold; a `bound` is the lower or upper end of a size.
    places : tuple of Place
        Where it is printed.
    """

    unit: str
    weights: Mapping[Atom, float]
    value: float
    room: tuple[float, float] = (0.0, 0.0)
    kind: str = "other"
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class System:
    """Rows over atoms, in arrays.

    Attributes
    ----------
    rows : list of Row
        Printed numbers; rows that are the same number of one unit are one.
    matrix : scipy.sparse.csr_array, rows x atoms
        Weights.
    low, value, high : numpy.ndarray
        Printed numbers, and between which bounds a reader knows them to be.
    units : list of str
        Names of the units; the first one is empty and is never hidden.
    unit : numpy.ndarray of int
        Unit of each row.
    cost : numpy.ndarray
        Loss when a unit is hidden; infinite where it never is.
    order : numpy.ndarray of int, pairs x 2
        Atoms of which the first is never above the second: lower <= point <= upper.
    """

    rows: list[Row]
    matrix: csr_array
    low: np.ndarray
    value: np.ndarray
    high: np.ndarray
    units: list[str]
    unit: np.ndarray
    cost: np.ndarray
    order: np.ndarray

    def mask(self, units: Iterable[str]) -> np.ndarray:
        """Return which units these are; names that are not here are passed over."""
        found = np.zeros(len(self.units), dtype=bool)
        found[[self._place[name] for name in units if name in self._place]] = True
        return found

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.units)}

    @cached_property
    def order_rows(self) -> csr_array:
        """Pairs x atoms: the first of each pair of `order` less the second, which is never above 0."""
        n, shape = np.arange(len(self.order)), (len(self.order), self.matrix.shape[1])
        first, second = (csr_array((np.ones(len(n)), (n, self.order[:, i])), shape=shape) for i in (0, 1))
        return first - second


def assemble(rows: Iterable[Row], *, cost: Callable[[str, float], float]) -> System:
    """Return the system of some printed numbers.

    Parameters
    ----------
    rows : iterable of Row
        Printed numbers and relations.
    cost : callable
        Loss when a unit is hidden, from its name and its largest number of people.

    Examples
    --------
    >>> a, b = ("a", "point"), ("b", "point")
    >>> rows = [Row("a", {a: 1.0}, 3.0), Row("b", {b: 1.0}, 4.0), Row("sum", {a: 1.0, b: 1.0}, 7.0)]
    >>> assemble(rows, cost=lambda unit, people: 1.0).matrix.toarray().tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    """
    merged = _merge(rows)
    atoms = list(dict.fromkeys(atom for row in merged for atom in row.weights))
    column = {atom: i for i, atom in enumerate(atoms)}
    units = ["", *dict.fromkeys(row.unit for row in merged if row.unit)]
    place = {name: i for i, name in enumerate(units)}
    unit = np.array([place[row.unit] for row in merged], dtype=int)
    value = np.array([row.value for row in merged], dtype=float)
    room = np.array([row.room for row in merged], dtype=float).reshape(-1, 2)
    people = np.zeros(len(units))
    np.maximum.at(people, unit, np.nan_to_num(np.abs(value)))
    return System(
        rows=merged,
        matrix=_matrix(merged, column),
        low=value - room[:, 0],
        value=value,
        high=value + room[:, 1],
        units=units,
        unit=unit,
        cost=np.array([np.inf, *(cost(name, people[place[name]]) for name in units[1:])]),
        order=_order(atoms, column),
    )


def _merge(rows: Iterable[Row]) -> list[Row]:
    """Make one row of those of one unit that are the same sum; a value that is known wins over a blank."""
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = (row.unit, row.kind, frozenset(row.weights.items()))
        if key in found:
            first = found[key]
            value = row.value if np.isnan(first.value) else first.value
            row = first._replace(value=value, places=(*first.places, *row.places))
        found[key] = row
    return list(found.values())


def _matrix(rows: list[Row], column: Mapping[Atom, int]) -> csr_array:
    at = [i for i, row in enumerate(rows) for _ in row.weights]
    columns = [column[atom] for row in rows for atom in row.weights]
    weights = [float(weight) for row in rows for weight in row.weights.values()]
    return csr_array((weights, (at, columns)), shape=(len(rows), len(column)))


def _order(atoms: list[Atom], column: Mapping[Atom, int]) -> np.ndarray:
    pairs = []
    for atom in atoms:
        lower, upper = (*atom[:-1], "lower"), (*atom[:-1], "upper")
        if atom[-1] == "point" and lower in column and upper in column:
            pairs += [(column[lower], column[atom]), (column[atom], column[upper])]
    return np.array(pairs, dtype=int).reshape(-1, 2)
