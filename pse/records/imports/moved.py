"""Questions that moved to another group between versions of a form: one column from several headings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pse.records.imports.repeats import Part
from pse.records.imports.vocabulary import leaf_of
from pse.records.problems import Problem, safe_heading, shown_heading
from pse.records.raw import cell_text
from pse.records.said import say

__all__ = ["Gathered", "gather", "gathered_cells"]


@dataclass(frozen=True, repr=False)
class Gathered:
    """A part in which each moved question is one column.

    Attributes
    ----------
    part : Part
        The first heading of each question holds the cells of all of them.
    columns : dict of str to str
        Heading -> column, without the other headings.
    stood : dict of str to numpy.ndarray
        First heading -> where each of its cells stood.
    problems : list of Problem
        What was put together, and cells that contradict each other.
    """

    part: Part
    columns: dict[str, str]
    stood: dict[str, np.ndarray]
    problems: list[Problem]


def gather(part: Part, columns: Mapping[str, str]) -> Gathered:
    """Return the part with the cells of a question under one heading, whichever group it stood in."""
    same: dict[tuple[str, str, int], list[str]] = {}
    for heading, column in columns.items():
        if heading in part.frame:
            same.setdefault((column, leaf_of(heading), id(part.sources[heading])), []).append(heading)
    done = Gathered(replace(part, frame=part.frame.copy(deep=False)), dict(columns), {}, [])
    for first, *others in same.values():
        for other in others:
            _put_together(done, first, other)
    return done


def gathered_cells(first: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cells of two headings as one column, which of them are of the other, and where both differ."""
    blank, filled = first == None, other != None  # noqa: E711 (cell by cell)
    both = np.flatnonzero(~blank & filled)
    differ = np.array([i for i in both if cell_text(first[i]) != cell_text(other[i])], dtype=int)
    return np.where(blank, other, first), blank & filled, differ


def _put_together(done: Gathered, first: str, other: str) -> None:
    frame, source = done.part.frame, done.part.sources[first]
    cells, moved, differ = gathered_cells(*(frame[h].to_numpy(dtype=object) for h in (first, other)))
    frame[first] = cells
    del done.columns[other]
    stood = done.stood.get(first, np.full(len(frame), first, dtype=object))
    done.stood[first] = np.where(moved, other, stood)
    if moved.any():
        message = say("imports.moved", heading=safe_heading(other))
        done.problems.append(source.place.notice("moved", message, column=shown_heading(first)))
    if len(differ):
        rows = sorted({int(row) for row in source.rows[differ]})
        message = say("imports.moved_differ", heading=safe_heading(other), rows=len(rows))
        remedy = say("imports.name_one_heading")
        problem = source.place.error(
            "moved_differ", message, row=rows[0], column=shown_heading(first), remedy=remedy
        )
        done.problems.append(problem)
