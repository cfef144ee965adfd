"""One list as a table of cells: people by covariates and by how often they were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pse import checks

__all__ = ["Cells", "one_list_cells"]

Array = np.ndarray


@dataclass(frozen=True)
class Cells:
    """People who are alike in covariates and in how often they were seen.

    Attributes
    ----------
    names : tuple of str
        Names of the columns of `design`.
    design : array (cells, columns)
        Covariates, with a first column of 1.
    seen, people : array (cells,)
        How often, and how many people.
    row_cell, row_people : array (rows,)
        The cell of each row of the table, and its people.
    """

    names: tuple[str, ...]
    design: Array = field(repr=False)
    seen: Array = field(repr=False)
    people: Array = field(repr=False)
    row_cell: Array = field(repr=False)
    row_people: Array = field(repr=False)


def one_list_cells(
    table: pd.DataFrame,
    *,
    seen: str,
    numeric: Sequence[str] = (),
    categories: Mapping[str, Sequence[object]],
    people: str | None = None,
) -> Cells:
    """Return the cells of a table; see `fit_one_list` for the arguments.

    Raises
    ------
    ValueError
        If a column is missing, a number is not whole or not finite, or a value is not among its categories.

    Examples
    --------
    >>> table = pd.DataFrame({"times": [1, 1, 2], "sex": ["f", "m", "f"]})
    >>> one_list_cells(table, seen="times", categories={"sex": ["f", "m"]}).design.tolist()
    [[1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
    """
    _check_columns(table, [seen, *numeric, *categories, *([people] if people else [])])
    times = _whole(table[seen], name=seen, at_least=1)
    weights = np.ones(len(table)) if people is None else _whole(table[people], name=people, at_least=0)
    columns: dict[str, Array] = {"intercept": np.ones(len(table))}
    for name in numeric:
        columns[str(name)] = _finite(table[name], name=str(name))
    for name, values in categories.items():
        columns |= _indicators(table[name], list(values), name=str(name))
    keyed = np.column_stack([*columns.values(), times])
    kept = weights > 0
    if not kept.any():
        raise ValueError("table must hold at least one person; got none.")
    whole, place = np.unique(keyed[kept], axis=0, return_inverse=True)
    place = np.ravel(place)
    total = np.bincount(place, weights=weights[kept])
    row_cell = np.full(len(table), -1)
    row_cell[kept] = place
    return Cells(tuple(columns), whole[:, :-1], whole[:, -1].astype(np.int64), total, row_cell, weights)


def _check_columns(table: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise ValueError(f"table must have the column {missing[0]!r}; got a table without it.")
    if len(set(names)) < len(names):
        raise ValueError("every column must be used once; got one twice.")


def _finite(column: pd.Series, *, name: str) -> Array:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    remedy = "Give a column of words as categories, with its values."
    checks.rows(np.isfinite(numbers), f"{name} must hold a number in every row", remedy=remedy)
    return numbers


def _whole(column: pd.Series, *, name: str, at_least: int) -> Array:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    right = np.isfinite(numbers) & (numbers >= at_least) & (numbers == np.floor(numbers))
    remedy = "Nobody on a list was seen zero times; leave such rows out." if at_least else ""
    checks.rows(right, f"{name} must be whole numbers, at least {at_least}", remedy=remedy)
    return numbers


def _indicators(column: pd.Series, values: list[object], *, name: str) -> dict[str, Array]:
    if len(values) < 2 or len(set(values)) < len(values):
        raise ValueError(f"categories of {name} must be two or more different values; got {len(values)}.")
    rule = f"{name} must hold one of its categories in every row"
    checks.rows(column.isin(values), rule, got="another")
    return {f"{name}={value}": (column == value).to_numpy(dtype=float) for value in values[1:]}
