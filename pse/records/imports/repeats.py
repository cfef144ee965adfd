"""Repeats of a form joined with the rows they belong to: Kobo by `_index`, ODK Central by `KEY`."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.records.imports.grid import Grid
from pse.records.imports.submissions import SUBMISSION, submission_ids
from pse.records.problems import Place, Problem
from pse.records.raw import cell_text
from pse.records.said import say

__all__ = ["Part", "Source", "join_up", "lacks_parent", "parent_of"]

_NUMBER, _PARENT_NUMBER = "_index", "_parent_index"  # of Kobo: rows of each sheet are numbered from 1
_LINKS = ((_NUMBER, _PARENT_NUMBER), ("KEY", "PARENT_KEY"))
_PARENT_TABLE = "_parent_table_name"
_UUID, _PARENT_UUID = "_uuid", "_submission__uuid"
_SHEET_NAME = 31  # signs
_NOT_IN_SHEETS = re.compile(r"[\[\]:*?/\\]")
_CUT = re.compile(r"\.\.\.( \(\d+\))?$")  # where Kobo cut the name of a sheet
_TOLD = 1000


@dataclass(frozen=True, repr=False, eq=False)
class Source:
    """Where the cells of a column stand: file, sheet, and a row each (0: the row has no such parent)."""

    place: Place
    rows: np.ndarray


@dataclass(frozen=True, repr=False, eq=False)
class Part:
    """Rows of one grid with the columns of the rows above them.

    Attributes
    ----------
    grid : Grid
        The grid that gives the rows: the innermost repeat.
    frame : pandas.DataFrame
        Columns by heading; the repeat's own heading wins over the same one above it.
    sources : dict of str to Source
        Where the cells of each heading stand.
    own : frozenset of str
        Headings of the repeat itself.
    childless : numpy.ndarray of bool
        Rows of the form in which the repeat holds nothing: only the columns above it are filled.
    lines : tuple of Source
        Every row that a row is made of: of the repeat, then of the rows above it.
    """

    grid: Grid
    frame: pd.DataFrame
    sources: dict[str, Source]
    own: frozenset[str]
    childless: np.ndarray
    lines: tuple[Source, ...]

    def keep(self, where: np.ndarray) -> Part:
        """Return the part with only some of its rows."""
        frame = self.frame[where].reset_index(drop=True)
        rows = {id(s): Source(s.place, s.rows[where]) for s in (*self.sources.values(), *self.lines)}
        sources = {heading: rows[id(s)] for heading, s in self.sources.items()}
        lines = tuple(rows[id(s)] for s in self.lines)
        return Part(self.grid, frame, sources, self.own, self.childless[where], lines)


def parent_of(grid: Grid, grids: list[Grid]) -> tuple[Grid, str, str] | None:
    """Return the grid that a repeat belongs to, with the headings that join them; None for a form itself.

    Kobo names the sheet, in the same file; ODK's keys tell the table, wherever it stands.
    """
    found = above = _joined_to(grid, grids)
    below = {id(grid)}
    while above is not None:
        if id(above[0]) in below:
            return None  # each would stand above the other: none of them is the form
        below.add(id(above[0]))
        above = _joined_to(above[0], grids)
    return found


def lacks_parent(grid: Grid, grids: list[Grid]) -> bool:
    """Return whether the rows of a repeat belong to rows of a table that is not there."""
    linked = any(child in grid.frame and any(grid.texts(child)) for _, child in _LINKS)
    return linked and parent_of(grid, grids) is None


def _joined_to(grid: Grid, grids: list[Grid]) -> tuple[Grid, str, str] | None:
    for parent_key, child_key in _LINKS:
        if child_key not in grid.frame:
            continue
        others = [g for g in grids if g is not grid and parent_key in g.frame]
        if parent_key == _NUMBER:
            others = _sheets_above(grid, [g for g in others if g.place.file == grid.place.file])
        wanted = set(grid.texts(child_key)) - {""}
        found = {id(g): len(wanted & set(g.texts(parent_key))) for g in others}
        if any(found.values()):
            others = [g for g in others if found[id(g)]]
        elif wanted:
            continue
        best = max(others, key=lambda g: (*_alike(g.place, grid.place), found[id(g)]), default=None)
        if best is not None:
            return best, parent_key, child_key
    return None


def _sheets_above(grid: Grid, others: list[Grid]) -> list[Grid]:
    """Return the sheets that a repeat of Kobo may belong to: of the name it gives, else the only form."""
    names = set(grid.texts(_PARENT_TABLE)) if _PARENT_TABLE in grid.frame else set()
    named = [g for g in others if any(_is_sheet_of(g.place.sheet or "", name) for name in names)]
    forms = [g for g in others if _PARENT_NUMBER not in g.frame]
    return named or (forms if len(forms) == 1 else [])


def _is_sheet_of(sheet: str, name: str) -> bool:
    """Return whether a sheet is the table of this name: Excel allows 31 signs, and not each of them."""
    name = _NOT_IN_SHEETS.sub("_", name)
    return sheet == name or (len(name) > _SHEET_NAME and name.startswith(_CUT.sub("", sheet[:_SHEET_NAME])))


def _alike(parent: Place, child: Place) -> tuple[bool, int]:
    """Return how near two tables are: in one file, then named as `level1.csv` and `level1-spot.csv` are."""
    above, below = ((place.sheet or place.file).removesuffix(".csv") for place in (parent, child))
    return parent.file == child.file, len(above) if below.startswith(above) else 0


def join_up(grid: Grid, grids: list[Grid], *, dropped: dict[int, np.ndarray]) -> tuple[Part, list[Problem]]:
    """Return a grid with the columns of all grids above it.

    Parameters
    ----------
    grid : Grid
        The repeat, or a table without a parent.
    grids : list of Grid
        All grids, the parents among them.
    dropped : dict of int to numpy.ndarray of bool
        By `id` of a grid: rows that were set aside, with everything below them.

    Returns
    -------
    Part
        One row for each row of the repeat, and one for each row above without any.
    list of Problem
        Rows of the repeat whose row above is not in the export.
    """
    found = parent_of(grid, grids)
    away = dropped.get(id(grid), np.zeros(len(grid.rows), dtype=bool))
    if found is None:
        return _alone(grid.keep(~away), grid), []
    parent, parent_key, child_key = found
    above, problems = join_up(parent, grids, dropped=dropped)
    keys = grid.texts(child_key)
    if parent_key == _NUMBER:
        copies = _copies(parent, _NUMBER)
        problems += _twice(parent, _NUMBER, copies)
        away = away | np.isin(keys, list(parent.texts(_NUMBER)[copies]))
    if "KEY" in grid.frame:  # a submission that stands twice in one file brings its repeats twice
        again = grid.frame.duplicated().to_numpy()
        problems += _twice(grid, "KEY", _copies(grid, "KEY") & ~again)
        away = away | again
    index = dict(zip(reversed(above_keys(above, parent_key)), reversed(range(len(above.frame))), strict=True))
    index.pop("", None)
    gone_keys = set(parent.texts(parent_key)) - set(index) - {""}  # set aside here or further above
    at = np.array([index.get(key, -1) for key in keys], dtype=int)
    at = np.where(_of_another(grid, above, at), -1, at)
    lost = (at < 0) & ~away & ~np.isin(keys, list(gone_keys))
    problems += _orphans(grid, lost, parent.place, child_key)
    return _joined(grid, above, at, (at >= 0) & ~away), problems


def _orphans(grid: Grid, where: np.ndarray, above: Place, heading: str) -> list[Problem]:
    message = say("imports.orphan", parent=above.sheet or above.file)
    remedy = say("imports.each_export")
    return [
        grid.place.error("orphan", message, row=int(row), column=heading, remedy=remedy)
        for row in grid.rows[where][:_TOLD]
    ]


def above_keys(above: Part, key: str) -> list[str]:
    """Return the texts that rows below name this row by."""
    return ["" if v is None else cell_text(v) for v in above.frame[key]]


def _copies(grid: Grid, heading: str) -> np.ndarray:
    """Return which rows have a value that stands in a row before them."""
    texts = pd.Series(grid.texts(heading))
    return (texts.duplicated() & (texts != "")).to_numpy()


def _twice(grid: Grid, heading: str, where: np.ndarray) -> list[Problem]:
    """Return the problem of each row whose number or key is that of another: nothing is joined by it."""
    message, remedy = say("imports.joint_twice"), say("imports.each_export")
    return [
        grid.place.error("joint_twice", message, row=int(row), column=heading, remedy=remedy)
        for row in grid.rows[where][:_TOLD]
    ]


def _of_another(grid: Grid, above: Part, at: np.ndarray) -> np.ndarray:
    """Return which rows of a repeat name another submission than the row that their number leads to."""
    if _PARENT_UUID not in grid.frame or _UUID not in above.frame:
        return np.zeros(len(at), dtype=bool)
    given = grid.texts(_PARENT_UUID)
    led_to = np.array([*above_keys(above, _UUID), ""], dtype=object)[at]
    return (given != "") & (led_to != "") & (given != led_to)


def _alone(kept: Grid, grid: Grid) -> Part:
    source = Source(grid.place, kept.rows)
    ids = submission_ids(kept)
    frame = kept.frame if ids is None else kept.frame.assign(**{SUBMISSION: ids})
    return Part(
        grid,
        frame,
        dict.fromkeys(frame.columns, source),
        frozenset(kept.headings),
        np.zeros(len(kept.rows), dtype=bool),
        (source,),
    )


def _joined(grid: Grid, above: Part, at: np.ndarray, where: np.ndarray) -> Part:
    """Return the rows of the repeat beside those above them; those above without any come after them."""
    alone = np.setdiff1d(np.arange(len(above.frame)), at[where])
    up = np.concatenate([at[where], alone])
    down = np.concatenate([np.flatnonzero(where), np.full(len(alone), -1)])
    order = np.argsort(up, kind="stable")
    up, down = up[order], down[order]
    own = grid.frame.reindex(down).reset_index(drop=True).astype(object)
    own = own.where(own.notna(), None)
    carried = above.frame.iloc[up].reset_index(drop=True)
    frame = pd.concat([own, carried[[h for h in carried if h not in own]]], axis=1)
    source = Source(grid.place, np.where(down >= 0, np.append(grid.rows, 0)[down], 0))
    moved = {id(s): Source(s.place, s.rows[up]) for s in (*above.sources.values(), *above.lines)}
    sources = {h: moved[id(s)] for h, s in above.sources.items()} | dict.fromkeys(grid.headings, source)
    lines = (source, *(moved[id(s)] for s in above.lines))
    return Part(grid, frame, sources, frozenset(grid.headings), down < 0, lines)
