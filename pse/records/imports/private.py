"""The small private files beside a study that carry decisions from one import to the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pse.records.imports.grid import Grid
from pse.records.imports.source import read_sources
from pse.records.imports.words import as_words
from pse.records.problems import Place, TableError
from pse.records.raw import RawTable, cell_text
from pse.records.said import say
from pse.records.tables import Table

__all__ = ["read_decided", "read_private"]


def read_private(path: str | Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read a private file of an earlier import, also after a spreadsheet of any locale saved it.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or workbook.
    columns : sequence of str
        Columns it must have; others are left out.

    Returns
    -------
    pandas.DataFrame
        The columns as text; a blank cell is empty text.

    Raises
    ------
    TableError
        If it cannot be read or lacks a column.

    Examples
    --------
    >>> read_private("no such file.csv", ["row"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    pse.records.problems.TableError: no such file has 1 problem(s):
    ...
    """
    frame = _grid(path).frame
    missing = [name for name in columns if name not in frame]
    if missing:
        message, remedy = say("imports.other_file", named=", ".join(missing)), say("imports.give_private")
        raise TableError([Place(Path(path).name).error("missing_column", message, remedy=remedy)])
    return pd.DataFrame(
        {n: pd.Series(["" if v is None else cell_text(v) for v in frame[n]], dtype=object) for n in columns}
    )


def read_decided(path: str | Path, table: Table) -> RawTable:
    """Read a file of decisions to be checked, also after a spreadsheet of any locale saved it.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV or workbook.
    table : Table
        Its declaration; yes and no may be words of any of the six languages.

    Raises
    ------
    TableError
        If it cannot be read.
    """
    grid = _grid(path)
    answers = [c.name for c in table.columns if c.kind == "answer" and c.name in grid.frame]
    words = {name: as_words(grid.frame[name].to_numpy(dtype=object), "flag") for name in answers}
    return RawTable(table, grid.place, grid.frame.assign(**words), grid.rows)


def _grid(path: str | Path) -> Grid:
    """Return the first table of a file."""
    sources = read_sources([path])
    if not sources.grids:
        raise TableError(sources.problems)
    return sources.grids[0]
