"""Personal data and children at the door: told, kept out of the study, laid out for a person to decide."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from pse.records.forms.build import FORMS, HELPERS
from pse.records.imports.consent import asks_consent
from pse.records.imports.convert import Converted, column_of
from pse.records.imports.matching import said_elsewhere
from pse.records.imports.origins import line_of
from pse.records.imports.repeats import Part
from pse.records.imports.submissions import is_of_central, is_system
from pse.records.imports.vocabulary import asked_keys, key_of, leaf_of
from pse.records.personal import PLATFORMS, is_site, lost_zero, personal_heading, personal_kinds
from pse.records.problems import Problem, safe_heading, shown_heading
from pse.records.raw import cell_text
from pse.records.said import Said, say
from pse.records.screening import ADULT, SEX_WORKERS, age_range
from pse.records.tables import Column, Table

__all__ = [
    "QUARANTINE_COLUMNS",
    "Quarantine",
    "as_file_stays",
    "keep_out",
    "under_18",
    "unread_ages",
    "unused_columns",
    "without_personal",
]

QUARANTINE_COLUMNS = ("file", "sheet", "row", "column", "kind", "value")
_DEVICE = ("phonenumber", "username", "email", "deviceid", "simserial", "subscriberid", "imei", "audit")
_STAYS = {
    "imports.personal_cell": "imports.stays",
    "imports.personal_column": "imports.stays",
    "imports.personal_left_out": "imports.column_stays",
}
"""Sentence about what an import keeps out -> about the same in a file that it leaves as it is."""
_MEANT = ("spot_name", "name", "lat", "lon", "geopoint")  # columns that are about places, not people


@dataclass(repr=False)
class Quarantine:
    """What was kept out of the study because it looks personal, and what is told of it."""

    rows: list[tuple[str, str, int, str, Said, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def table(self) -> pd.DataFrame:
        """Return the kept out cells with where they stand; private."""
        return pd.DataFrame(self.rows, columns=list(QUARANTINE_COLUMNS), dtype=object).drop_duplicates(
            ignore_index=True
        )


def keep_out(done: Converted, quarantine: Quarantine) -> None:
    """Take cells that look personal out of the rows, in place; a code that does is an error instead."""
    for name, (_, heading) in list(done.origins.items()):
        column = column_of(done.table, name)
        if column.kind not in ("text", "code", "key") or column.refers or column.allowed:
            continue
        if heading in done.rules.keep:
            continue
        if personal_heading(heading) and name not in _MEANT:
            _keep_column_out(done, name, heading, quarantine)
        else:
            _keep_cells_out(done, column, quarantine)


def _keep_column_out(done: Converted, name: str, heading: str, quarantine: Quarantine) -> None:
    kind = _said(personal_heading(heading))
    place = done.origins[name][0].place
    if column_of(done.table, name).blank != "yes":
        message, remedy = say("imports.personal_code", kind=kind), say("imports.give_code")
        problem = place.error("personal_code", message, column=shown_heading(heading) or name, remedy=remedy)
        quarantine.problems.append(problem)
        return
    message, remedy = say("imports.personal_column", kind=kind), say("imports.keep_it")
    quarantine.problems.append(
        place.notice("personal_column", message, column=shown_heading(heading) or name, remedy=remedy)
    )
    for i, value in enumerate(done.frame[name]):
        if value is not None:
            where, row = line_of(done, i, name)
            stood = done.heading_of(name, i)
            quarantine.rows.append((where.file, where.sheet or "", row, stood, kind, cell_text(value)))
    if name in done.table.by_name:
        done.frame[name] = pd.Series([None] * len(done.frame), dtype=object)
    else:
        done.frame = done.frame.drop(columns=name)


def _keep_cells_out(done: Converted, column: Column, quarantine: Quarantine) -> None:
    cells = done.frame[column.name].to_numpy(dtype=object).copy()
    named = column.name in _MEANT or column.name.startswith(done.table.prefixes or "\0")
    free = column.kind == "text" and not named  # bars and towns are called after people
    kinds = {text: _kind(text, free=free) for text in {v for v in cells if v is not None}}
    if column.kind == "text" and column.name in done.table.by_name:
        kinds |= {text: "phone" for text in kinds if lost_zero(text)}
    if column.name in PLATFORMS:
        kinds |= {text: "" for text in kinds if is_site(text)}
    for i, value in enumerate(cells):
        heading = done.heading_of(column.name, i)
        if value is None or not kinds[value] or heading in done.rules.keep:
            continue
        shown = shown_heading(heading) or column.name
        place, row = line_of(done, i, column.name)
        kind = _said(kinds[value])
        if column.blank != "yes":
            message, remedy = say("imports.personal_code", kind=kind), say("imports.give_code")
            quarantine.problems.append(
                place.error("personal_code", message, row=row, column=shown, remedy=remedy)
            )
            continue
        message, remedy = say("imports.personal_cell", kind=kind), say("imports.keep_it")
        quarantine.problems.append(
            place.notice("personal_cell", message, row=row, column=shown, remedy=remedy)
        )
        quarantine.rows.append((place.file, place.sheet or "", row, heading, kind, value))
        cells[i] = None
    done.frame[column.name] = pd.Series(cells, dtype=object)


def _kind(text: str, *, free: bool) -> str:
    """Return the first kind of personal data in a text, names only in free text."""
    return next((kind for kind in personal_kinds(text) if free or kind != "name"), "")


def _said(kind: str) -> Said:
    return say("imports.device") if kind == "device" else say(f"screening.{kind}")


def unused_columns(part: Part, used: dict[str, str], table: Table) -> list[Problem]:
    """Return what is left out of a part: columns that look personal one by one, the others in one notice."""
    problems, others = [], []
    for heading in sorted(part.own, key=list(part.frame.columns).index):
        if heading in used or _is_nothing_new(heading, part) or _is_helper(heading, part, table):
            continue
        kind = _promised(heading)
        if not kind and said_elsewhere(heading, part.frame[heading].tolist(), used, table):
            continue
        kind = kind or _held(part.frame[heading])
        if not kind:
            others.append(heading)
            continue
        message = say("imports.personal_left_out", heading=safe_heading(heading), kind=_said(kind))
        problems.append(part.grid.place.notice("personal_column", message))
    if others:
        named = ", ".join(safe_heading(h) for h in others[:20])
        named = say("and_more", named=named, more=len(others) - 20) if len(others) > 20 else named
        problems.append(part.grid.place.notice("left_out", say("imports.left_out", named=named)))
    return problems


def _is_nothing_new(heading: str, part: Part) -> bool:
    """Return whether a column needs no word: Kobo or ODK add it, or no device stands in it."""
    if heading.lower() in _DEVICE:
        return bool(part.frame[heading].isna().all())
    return is_system(heading) or is_of_central(heading, part.frame.columns)


def _is_helper(heading: str, part: Part, table: Table) -> bool:
    """Return whether it asks for consent, or fills no column of our form: of one that asks all of these."""
    if asks_consent(heading, table.name, part.frame[heading].tolist()):
        return True
    asked = FORMS[table.name].questions if table.name in FORMS else ()
    helpers = {question.name: question.type for question in asked if question.name in HELPERS}
    written = [name for name, kind in helpers.items() if kind not in ("note", "geopoint")]
    named = {h: _question(h, table) for h in part.frame.columns}
    return named[heading] in helpers and set(written) <= set(named.values())


def _question(heading: str, table: Table) -> str:
    """Return the name of the question of our form that a heading has, by its text or its name."""
    known = asked_keys(table.name)
    keys = (key_of(heading), key_of(heading.rpartition("/")[2]))
    return next((known[key] for key in keys if key in known), leaf_of(heading))


def _promised(heading: str) -> str:
    """Return the kind of personal data that a heading promises; empty for none."""
    return personal_heading(heading) or ("device" if heading.lower() in _DEVICE else "")


def without_personal(content: Mapping[Hashable, object]) -> dict[str, object]:
    """Return what a row holds, without the columns that promise personal data: these are copied nowhere."""
    return {str(h): v for h, v in content.items() if not _promised(str(h))}


def _held(cells: pd.Series) -> str:
    texts = {v for v in cells if isinstance(v, str)}
    return next((kind for text in texts if (kind := _kind(text, free=True))), "")


def as_file_stays(problems: Sequence[Problem], file: str) -> list[Problem]:
    """Return the problems as they are to be told where one file stays as it is: nothing is kept out of it."""
    told = []
    for problem in problems:
        said = problem.message
        if problem.file != file or not isinstance(said, Said):
            told.append(problem)
        elif said.key in _STAYS:
            message = say(_STAYS[said.key], **said.values)
            told.append(replace(problem, message=message, remedy=say("imports.mend_towns")))
        elif said.key != "imports.left_out":
            told.append(problem)
    return told


def under_18(done: Converted) -> tuple[np.ndarray, list[Problem]]:
    """Return which rows of people are children who must not be counted, and the note about each.

    Nobody under 18 is counted as a sex worker, and of one whose KP is blank, as our form leaves it, nothing
    more was asked: the rows are set aside, and the note says what is due.
    """
    nobody = np.zeros(len(done.frame), dtype=bool)
    if done.table.name != "people" or "kp" not in done.frame:
        return nobody, []
    fsw = _sex_workers(done)
    young = nobody.copy()
    for ages in _ages(done):
        young |= np.array([_is_child(v) for v in ages], dtype=bool)
    unasked = done.frame["kp"].isna().to_numpy()
    where = (fsw | unasked) & young
    remedy = say("screening.child_protection")
    problems = []
    for i in np.flatnonzero(where):
        place, row = line_of(done, int(i), None)
        note = say("imports.child_unasked") if unasked[i] and not fsw[i] else say("screening.under_18")
        problems.append(place.notice("under_18", note, row=row, remedy=remedy))
    return where, problems


def _sex_workers(done: Converted) -> np.ndarray:
    """Return which people are recorded as sex workers, also as a second KP."""
    fsw = np.zeros(len(done.frame), dtype=bool)
    for name in ("kp", "also_kp"):
        if name in done.frame:
            fsw |= np.array([SEX_WORKERS in str(v or "").split() for v in done.frame[name]], dtype=bool)
    return fsw


def unread_ages(done: Converted) -> list[Problem]:
    """Return a notice for each sex worker whose age is no age; the ordinary checks look at groups."""
    if done.age is None:
        return []
    message, remedy = say("screening.age_unread"), say("screening.give_age")
    unread = [v is not None and age_range(cell_text(v)) is None for v in done.age]
    told = []
    for i in np.flatnonzero(_sex_workers(done) & np.array(unread, dtype=bool)):
        place, row = line_of(done, int(i), None)
        told.append(place.notice("age_unread", message, row=row, remedy=remedy))
    return told


def _ages(done: Converted) -> Sequence[np.ndarray]:
    groups = done.frame["age_group"].to_numpy(dtype=object) if "age_group" in done.frame else None
    return [ages for ages in (done.age, groups) if ages is not None]


def _is_child(value: object) -> bool:
    """Return whether an age, or the whole of an age group, is under 18."""
    ages = None if value is None else age_range(cell_text(value))
    return ages is not None and ages[1] < ADULT
