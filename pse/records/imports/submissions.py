"""Submissions that came twice: sent again, edited since, or filled in twice with the same content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import NamedTuple

import numpy as np

from pse.records.imports.grid import Grid, row_beside
from pse.records.imports.vocabulary import leaf_of
from pse.records.problems import Problem
from pse.records.raw import cell_text
from pse.records.said import Said, say

__all__ = ["SUBMISSION", "SYSTEM", "TwiceSent", "find_twice", "is_of_central", "is_system", "submission_ids"]

SUBMISSION = "\0submission"
"""Column with the id that a submission keeps through all its edits."""

_ROOT = ("meta/rootuuid", "meta-rootuuid", "rootuuid", "root_uuid", "_root_uuid")
_OWN = ("_uuid", "KEY", "meta/instanceid", "meta-instanceid", "instanceid")
_TIMES = (("_submission_time", "submissiondate"), ("end",))
_REVIEWS = ("_validation_status", "reviewstate")
_REJECTED = ("validation_status_not_approved", "not approved", "rejected")

SYSTEM = frozenset(
    (*_ROOT, *_OWN, "_submission_time", "submissiondate", "PARENT_KEY", "instancename", "meta/instancename",
     "meta-instancename", "meta/deprecatedid", "submitterid", "submittername", "attachmentspresent",
     "attachmentsexpected", "reviewstate", "devicestatus", "edits", "formversion", "__version__",
     "_version_", "_version", "start", "end", "today", "formhub/uuid", "deprecatedid", "_xform_id_string")
)  # fmt: skip
"""Headings, in small letters but for KEYs, that Kobo and ODK add; others of theirs begin with `_`."""

_STAMPS = ("start", "end", "today")  # a real second interview differs in them
_JOINTS = frozenset(("_parent_index", "PARENT_KEY"))  # of a repeat
_MADE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|n[a-t]{12}", re.IGNORECASE)
"""Codes that our forms make of `uuid()`, of an interview and of a new spot: chance, and no answer."""

_HARDLY_BY_CHANCE = 10  # answers that are all the same; shorter forms make many such rows
_TOLD = 20  # of them in one sheet


def is_system(heading: str) -> bool:
    """Return whether a column is one that Kobo or ODK adds: it is used or left out without a word."""
    return heading.startswith(("_", "\0")) or _plain(heading) in SYSTEM


def is_of_central(heading: str, beside: Container[str]) -> bool:
    """Return whether it is the `Status` that ODK Central adds, and not a question of this name."""
    return heading == "Status" and "ReviewState" in beside


def _plain(heading: str) -> str:
    """Return a heading in small letters; the keys of ODK stay, so that no other `key` is taken for one."""
    return heading if heading in ("KEY", "PARENT_KEY") else heading.lower()


def submission_ids(grid: Grid) -> np.ndarray | None:
    """Return the id that each submission keeps through its edits; None for a table without ids."""
    found = _first(grid, _OWN)
    root = _first(grid, _ROOT)
    if found is None or "PARENT_KEY" in grid.frame:
        return None
    if root is not None:
        found = np.where(root == "", found, root)
    return found


def _first(grid: Grid, names: Sequence[str]) -> np.ndarray | None:
    given = {_plain(heading): heading for heading in reversed(grid.headings)}
    for name in names:
        if name in given:
            return np.array([text.removeprefix("uuid:") for text in grid.texts(given[name])], dtype=object)
    return None


@dataclass(repr=False)
class TwiceSent:
    """Rows to set aside, by `id` of their grid, and why."""

    dropped: dict[int, np.ndarray] = field(default_factory=dict)
    reasons: list[tuple[Grid, int, Said]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def find_twice(grids: list[Grid], children: dict[int, list[Grid]], kept_alike: set[int]) -> TwiceSent:
    """Return which submissions are copies of others or older than an edit.

    Parameters
    ----------
    grids : list of Grid
        Forms: grids that are no repeat.
    children : dict of int to list of Grid
        By `id` of a grid: the repeats below it.
    kept_alike : set of int
        `id` of grids in which two rows with the same answers are two people, unless a time says otherwise:
        such rows are told and stay.
    """
    found = TwiceSent({id(grid): np.zeros(len(grid.rows), dtype=bool) for grid in grids})
    seen: dict[str, list[_Version]] = {}
    for grid in grids:
        ids = submission_ids(grid)
        if ids is None:
            continue
        for i, (key, times, answered) in enumerate(
            zip(ids, _times(grid), _contents(grid, children), strict=True)
        ):
            if key:
                seen.setdefault(key, []).append(_Version(grid, i, times, answered.mark))
    for versions in seen.values():
        _keep_newest(versions, found)
    for grid in grids:
        _leave_rejected(grid, found)
        if submission_ids(grid) is not None:
            _same_content(grid, children, found, stay=id(grid) in kept_alike)
    return found


@dataclass(frozen=True, repr=False, eq=False)
class _Version:
    """One row of a submission: when it was sent and ended, and a fingerprint of its answers."""

    grid: Grid
    i: int
    times: tuple[float, ...]
    content: str

    @property
    def row(self) -> int:
        return int(self.grid.rows[self.i])


def _times(grid: Grid) -> Iterator[tuple[float, ...]]:
    """Yield when each submission was sent and ended, as far as the export says it."""
    columns = [_first(grid, names) for names in _TIMES]
    return zip(
        *([-inf] * len(grid.rows) if texts is None else map(_moment, texts) for texts in columns), strict=True
    )


def _moment(text: str) -> float:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return -inf  # blank, or written anew by a spreadsheet
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _keep_newest(versions: list[_Version], found: TwiceSent) -> None:
    """Set aside all versions of a submission but the newest, or its first copy."""
    newest = max(versions, key=lambda version: version.times)
    kept = next(version for version in versions if version.content == newest.content)
    for version in versions:
        if version is kept:
            continue
        row = row_beside(kept.row, kept.grid.place, version.grid.place)
        if version.content == kept.content:
            _set_aside(version, say("imports.same_submission", row=row), "same_submission", found)
        elif version.times == newest.times:
            message, remedy = say("imports.two_versions", row=row), say("imports.delete_older")
            problem = version.grid.place.error("two_versions", message, row=version.row, remedy=remedy)
            found.problems.append(problem)
            found.dropped[id(version.grid)][version.i] = True  # one error for it is enough
        else:
            _set_aside(version, say("imports.edited_submission", row=row), "edited", found)


def _leave_rejected(grid: Grid, found: TwiceSent) -> None:
    """Set aside what those who check the submissions did not approve."""
    for heading in (h for h in grid.headings if _plain(h) in _REVIEWS):
        for i, text in enumerate(grid.texts(heading)):
            if text.lower() in _REJECTED and not found.dropped[id(grid)][i]:
                _set_aside(_Version(grid, i, (), ""), say("imports.rejected"), "rejected", found)


def _set_aside(version: _Version, reason: Said, rule: str, found: TwiceSent) -> None:
    found.dropped[id(version.grid)][version.i] = True
    found.reasons.append((version.grid, version.i, reason))
    found.problems.append(version.grid.place.notice(rule, reason, row=version.row))


def _same_content(grid: Grid, children: dict[int, list[Grid]], found: TwiceSent, *, stay: bool) -> None:
    """Set copies aside that differ in nothing; tell those that differ in the codes that a form makes only."""
    live = ~found.dropped[id(grid)]
    copies = _again([answered.mark for answered in _contents(grid, children)], live)
    stamped = any(heading.lower() in _STAMPS for heading in grid.headings)
    for i, first in copies.items():
        row = int(grid.rows[first])
        if stay and not stamped:
            message = say("imports.same_content_kept", row=row)
            found.problems.append(grid.place.notice("same_content", message, row=int(grid.rows[i])))
        else:
            _set_aside(_Version(grid, i, (), ""), say("imports.same_content", row=row), "same_content", found)
    live[list(copies)] = False
    found.problems += _same_answers(grid, _contents(grid, children, without_made=True), live)


def _again(marks: Sequence[str], live: np.ndarray) -> dict[int, int]:
    """Return the position of each live row whose mark another one has before it -> that of the first one."""
    first: dict[str, int] = {}
    at = {i: first.setdefault(marks[i], i) for i in np.flatnonzero(live).tolist()}
    return {i: before for i, before in at.items() if before != i}


def _same_answers(grid: Grid, answered: Sequence[_Answered], live: np.ndarray) -> list[Problem]:
    """Return a notice for each interview that is probably an earlier one, filled in again under another code.

    So it is where the form recorded the same start and end, or where so many answers are the same that it is
    hardly by chance. All of them stay: two people may answer alike.
    """
    timed, again = _timed(grid), _again([one.mark for one in answered], live)
    rows = {i: first for i, first in again.items() if timed[i] or answered[i].questions >= _HARDLY_BY_CHANCE}
    more = len(rows) - _TOLD
    told: list[Problem] = []
    for i, first in list(rows.items())[:_TOLD]:
        message = say("imports.same_answers", row=int(grid.rows[first]))
        if more > 0 and len(told) == _TOLD - 1:
            message = say("more_rows", message=message, rows=more)
        remedy = say("imports.delete_double")
        told.append(grid.place.notice("same_answers", message, row=int(grid.rows[i]), remedy=remedy))
    return told


def _timed(grid: Grid) -> np.ndarray:
    """Return the rows of which the form recorded start and end."""
    times = [_first(grid, (name,)) for name in ("start", "end")]
    known = [np.zeros(len(grid.rows), dtype=bool) if texts is None else texts != "" for texts in times]
    return np.logical_and.reduce(known)


class _Answered(NamedTuple):
    """What a row and its repeats hold: a fingerprint, and how many questions were answered."""

    mark: str
    questions: int


def _contents(grid: Grid, children: dict[int, list[Grid]], *, without_made: bool = False) -> list[_Answered]:
    """Return the answers of each row and of its repeats, without what Kobo and ODK add.

    `without_made` leaves out the random codes that our forms make: those of the interview and of new spots.
    """
    below: dict[int, list[_Answered]] = {}
    for child in children.get(id(grid), []):
        parent_key, child_key = _joint(child)
        at: dict[str, list[int]] = {}
        for i, key in enumerate(grid.texts(parent_key)):
            at.setdefault(key, []).append(i)
        inner = _contents(child, children, without_made=without_made)
        for key, answered in zip(child.texts(child_key), inner, strict=True):
            for i in at.get(key, ()):
                below.setdefault(i, []).append(answered)
    asked = sorted(h for h in grid.headings if not is_system(h) or h.lower() in _STAMPS)
    made = _made_by_form(grid) if without_made else frozenset()
    questions = {h for h in asked if h.lower() not in _STAMPS and h.rpartition("/")[0] not in grid.frame}
    questions -= made
    rows = zip(*(grid.frame[h] for h in asked), strict=True) if asked else iter([()] * len(grid.rows))
    return [
        _answered(dict(zip(asked, row, strict=True)), made, questions, below.get(i, []))
        for i, row in enumerate(rows)
    ]


def _answered(
    cells: Mapping[str, object], made: Container[str], questions: Container[str], below: Sequence[_Answered]
) -> _Answered:
    """Return a mark of what was answered: a question that only a later export has may be blank."""
    texts = {heading: cell_text(value) for heading, value in cells.items() if value is not None}
    answers = [(h, text) for h, text in texts.items() if not (h in made and _MADE.fullmatch(text))]
    mark = hashlib.sha256(repr((answers, [one.mark for one in below])).encode()).hexdigest()
    return _Answered(mark, sum(h in questions for h, _ in answers) + sum(one.questions for one in below))


def _made_by_form(grid: Grid) -> frozenset[str]:
    """Return the headings of codes that our forms make; a `spot_id` that was chosen from a list is an answer.

    Only level 1 has repeats, in which each spot gets a new code; level 2 makes it beside `spot_new`.
    """
    named = {heading: leaf_of(heading) for heading in grid.headings}
    new_spots = "spot_new" in named.values() or not _JOINTS.isdisjoint(grid.headings)
    made = {"interview_id", "person_id", "spot_new", *(["spot_id"] if new_spots else [])}
    return frozenset(heading for heading, name in named.items() if name in made)


def _joint(child: Grid) -> tuple[str, str]:
    return ("_index", "_parent_index") if "_parent_index" in child.frame else ("KEY", "PARENT_KEY")
