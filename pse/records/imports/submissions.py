"""Submissions that came twice: sent again, edited since, or filled in twice with the same content."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pse.records.imports.grid import Grid
from pse.records.problems import Problem
from pse.records.raw import cell_text
from pse.records.said import Said, say

__all__ = ["SUBMISSION", "SYSTEM", "TwiceSent", "find_twice", "is_of_central", "is_system", "submission_ids"]

SUBMISSION = "\0submission"
"""Column with the id that a submission keeps through all its edits."""

_ROOT = ("meta/rootuuid", "meta-rootuuid", "rootuuid", "root_uuid", "_root_uuid")
_OWN = ("_uuid", "KEY", "meta/instanceid", "meta-instanceid", "instanceid")
_TIME = ("_submission_time", "submissiondate", "end")

SYSTEM = frozenset(
    (*_ROOT, *_OWN, "_submission_time", "submissiondate", "PARENT_KEY", "instancename", "meta/instancename",
     "meta-instancename", "meta/deprecatedid", "submitterid", "submittername", "attachmentspresent",
     "attachmentsexpected", "reviewstate", "devicestatus", "edits", "formversion", "__version__",
     "_version_", "_version", "start", "end", "today", "formhub/uuid", "deprecatedid", "_xform_id_string")
)  # fmt: skip
"""Headings, in small letters but for KEYs, that Kobo and ODK add; others of theirs begin with `_`."""

_STAMPS = ("start", "end", "today")  # a real second interview differs in them


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
    found = TwiceSent()
    seen: dict[str, list[tuple[str, int, Grid, int, str]]] = {}
    for order, grid in enumerate(grids):
        found.dropped[id(grid)] = np.zeros(len(grid.rows), dtype=bool)
        ids = submission_ids(grid)
        if ids is None:
            continue
        times = _first(grid, _TIME)
        prints = _contents(grid, children)
        for i, key in enumerate(ids):
            if key:
                when = str(times[i]) if times is not None else ""
                seen.setdefault(key, []).append((when, order, grid, i, prints[i]))
    for versions in seen.values():
        _keep_newest(versions, found)
    for grid in grids:
        if submission_ids(grid) is not None:
            _same_content(grid, children, found, stay=id(grid) in kept_alike)
    return found


def _keep_newest(versions: list[tuple[str, int, Grid, int, str]], found: TwiceSent) -> None:
    """Set aside all versions of a submission but the newest: by its time, else by its place in the files."""
    *older, newest = sorted(versions, key=lambda v: (v[0], v[1], v[3]))
    first = min(versions, key=lambda v: (v[1], v[3]))
    if all(version[4] == newest[4] for version in versions):  # sent twice: the first copy stays
        older, newest = [version for version in versions if version is not first], first
    row = int(newest[2].rows[newest[3]])
    for version in older:
        same = version[4] == newest[4]
        key = "imports.same_submission" if same else "imports.edited_submission"
        _set_aside(version[2], version[3], say(key, row=row), "same_submission" if same else "edited", found)


def _set_aside(grid: Grid, i: int, reason: Said, rule: str, found: TwiceSent) -> None:
    found.dropped[id(grid)][i] = True
    found.reasons.append((grid, i, reason))
    found.problems.append(grid.place.notice(rule, reason, row=int(grid.rows[i])))


def _same_content(grid: Grid, children: dict[int, list[Grid]], found: TwiceSent, *, stay: bool) -> None:
    prints = pd.Series(_contents(grid, children))
    live = ~found.dropped[id(grid)]
    again = prints[live].duplicated(keep="first")
    first = {prints[i]: int(grid.rows[i]) for i in np.flatnonzero(live)[::-1]}
    stamped = any(heading.lower() in _STAMPS for heading in grid.headings)
    for i in np.flatnonzero(live)[again.to_numpy()]:
        row = first[prints[i]]
        if stay and not stamped:
            message = say("imports.same_content_kept", row=row)
            found.problems.append(grid.place.notice("same_content", message, row=int(grid.rows[i])))
        else:
            _set_aside(grid, int(i), say("imports.same_content", row=row), "same_content", found)


def _contents(grid: Grid, children: dict[int, list[Grid]]) -> list[str]:
    """Return a fingerprint of the answers of each row and of its repeats, without what Kobo and ODK add."""
    below: dict[int, list[str]] = {}
    for child in children.get(id(grid), []):
        parent_key, child_key = _joint(child)
        at: dict[str, list[int]] = {}
        for i, key in enumerate(grid.texts(parent_key)):
            at.setdefault(key, []).append(i)
        for key, text in zip(child.texts(child_key), _contents(child, children), strict=True):
            for i in at.get(key, ()):
                below.setdefault(i, []).append(text)
    asked = [h for h in grid.headings if not is_system(h) or h.lower() in _STAMPS]
    rows = zip(*(grid.frame[h] for h in asked), strict=True) if asked else iter([()] * len(grid.rows))
    return [
        hashlib.sha256(
            repr(([None if v is None else cell_text(v) for v in row], below.get(i, []))).encode()
        ).hexdigest()
        for i, row in enumerate(rows)
    ]


def _joint(child: Grid) -> tuple[str, str]:
    return ("_index", "_parent_index") if "_parent_index" in child.frame else ("KEY", "PARENT_KEY")
