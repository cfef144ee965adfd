"""Grids of the sources as rows of tables: which sheet is which table, what is set aside, what is kept out."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pse.records.imports.columns import ColumnFile, Rules
from pse.records.imports.consent import consent_problem, lacks_consent
from pse.records.imports.convert import Converted, convert, municipality_codes
from pse.records.imports.grid import Grid
from pse.records.imports.matching import best_guess
from pse.records.imports.origins import line_of
from pse.records.imports.privacy import (
    Quarantine,
    keep_out,
    under_18,
    unread_ages,
    unused_columns,
    without_personal,
)
from pse.records.imports.repeats import Part, join_up, lacks_parent, parent_of
from pse.records.imports.submissions import find_twice, is_system, submission_ids
from pse.records.problems import Place, Problem
from pse.records.raw import cell_text
from pse.records.said import say
from pse.records.tables import TABLES

__all__ = ["SET_ASIDE_COLUMNS", "Assembled", "Match", "assemble", "match_grids"]

SET_ASIDE_COLUMNS = ("file", "sheet", "row", "reason", "content")
_ALIKE_ROWS = ("people", "nonspot", "coverage")  # two rows with the same answers may be two people

Match = tuple[Grid, Rules]


@dataclass(repr=False)
class Assembled:
    """Parts of each table, what was kept out, and the problems met."""

    tables: dict[str, list[Converted]] = field(default_factory=dict)
    set_aside: list[tuple[str, str, int, str, str]] = field(default_factory=list)
    quarantine: Quarantine = field(default_factory=Quarantine)
    problems: list[Problem] = field(default_factory=list)

    def leave_out(self, place: Place, row: int, reason: str, content: Mapping[Hashable, object]) -> None:
        """Remember a row that is set aside, with what it holds but for columns that promise personal data."""
        held = {h: cell_text(v) for h, v in without_personal(content).items() if v is not None}
        text = json.dumps(held, ensure_ascii=False)
        self.set_aside.append((place.file, place.sheet or "", row, reason, text))


def match_grids(
    grids: Sequence[Grid], columns: ColumnFile | None
) -> tuple[list[Match], list[tuple[Grid, Part]], list[Problem]]:
    """Return which grids are which tables, the grids for which nothing is known, and what is wrong.

    The rules of the column file come first; a grid that it does not name is taken if its headings are our
    own.
    """
    grids = list(grids)
    matches: list[Match] = []
    open_ones: list[tuple[Grid, Part]] = []
    problems: list[Problem] = []
    parents = {id(found[0]) for grid in grids if (found := parent_of(grid, grids))}
    used: set[int] = set()
    for grid in grids:
        wanted = [rules for rules in (columns.rules if columns else ()) if rules.is_for(grid.place)]
        used |= {id(rules) for rules in wanted}
        matches += [(grid, rules) for rules in wanted]
        if wanted:
            problems += _same_part(grid, wanted)
            continue
        part, _ = join_up(grid, grids, dropped={})
        guess = best_guess(part, alike=False)
        if guess is not None:
            matches.append((grid, Rules(guess.table.name, guess.columns)))
        elif lacks_parent(grid, grids):
            problems.append(
                grid.place.error("no_parent", say("imports.no_parent"), remedy=say("imports.whole_export"))
            )
        elif id(grid) not in parents:
            open_ones.append((grid, part))
    problems += _without_sheet(columns, used) if columns else []
    return matches, open_ones, problems


def _without_sheet(columns: ColumnFile, used: Collection[int]) -> list[Problem]:
    """Return a problem for each part of the column file that no sheet is for, by its number in the file."""
    remedy = say("imports.see_names")
    return [
        columns.place.error("no_sheet", say("imports.no_sheet", number=number), column="file", remedy=remedy)
        for number, rules in enumerate(columns.rules, start=1)
        if id(rules) not in used
    ]


def _same_part(grid: Grid, wanted: Sequence[Rules]) -> list[Problem]:
    """Return a problem where two parts would take the same rows of a sheet twice."""
    taken = [(rules.table, {h: c for h, c in rules.columns.items() if c}) for rules in wanted]
    if all(taken.count(one) == 1 for one in taken):
        return []
    return [grid.place.error("same_part", say("imports.same_part"), remedy=say("imports.one_part"))]


def assemble(
    grids: Sequence[Grid],
    matches: Sequence[Match],
    *,
    kps: Mapping[str, str],
    denominators: Collection[str],
) -> Assembled:
    """Return the rows of every table, after copies, children and personal data were taken out.

    Parameters
    ----------
    grids : sequence of Grid
        All grids.
    matches : sequence of Match
        Which of them are which tables.
    kps : mapping of str to str
        KP codes, and what the study calls them.
    denominators : collection of str
        Columns of municipalities that the settings name.
    """
    done = Assembled()
    grids = list(grids)
    dropped = _set_copies_aside(grids, matches, done)
    ordered = sorted(matches, key=lambda match: match[1].table != "municipalities")
    codes: dict[str, str] = {}
    told: set[tuple[str, str | None]] = set()
    rules_of = _rules_of(grids, matches)
    for grid, rules in ordered:
        part, problems = join_up(grid, grids, dropped=dropped)
        part = _without_empty(part, rules)
        done.problems += [p for p in problems if p not in done.problems]
        rows = convert(part, rules, municipalities=codes, kps=kps, denominators=denominators)
        done.problems += rows.problems
        rows = _without_copies(rows, done)
        rows = _without_children(rows, done)
        keep_out(rows, done.quarantine)
        done.tables.setdefault(rules.table, []).append(rows)
        if rules.table == "municipalities":
            codes = municipality_codes(pd.concat([part.frame for part in done.tables[rules.table]]))
        done.problems += _unused(part, rules, grids, rules_of, told)
    done.problems += _shared_interviews(done.tables)
    return done


def _shared_interviews(tables: Mapping[str, Sequence[Converted]]) -> list[Problem]:
    """Return a notice for each sheet that has codes of interviews of an earlier one.

    Two teams that number their interviews from 1 would else become one, and half of the informants be lost.
    """
    problems = []
    for parts in tables.values():
        known: dict[str, Place] = {}
        for part in (part for part in parts if "interview_id" in part.frame):
            place = part.part.grid.place
            codes = {cell_text(v) for v in part.frame["interview_id"] if v is not None}
            for other in dict.fromkeys(known.values()):
                shared = sum(known.get(code) == other for code in codes)
                if shared and other != place:
                    message = say("imports.shared_interviews", interviews=shared, where=_shown(other))
                    problems.append(place.notice("shared_interviews", message))
            known = dict.fromkeys(codes, place) | known
    return problems


def _shown(place: Place) -> str:
    return place.file if place.sheet is None else f"{place.file}, {place.sheet}"


def _unused(
    part: Part,
    rules: Rules,
    grids: list[Grid],
    rules_of: Mapping[int, Sequence[Rules]],
    told: set[tuple[str, str | None]],
) -> list[Problem]:
    """Return what is not imported of a grid and of those above it, once for each grid."""
    problems: list[Problem] = []
    grid: Grid | None = part.grid
    while grid is not None:
        key = (grid.place.file, grid.place.sheet)
        if key not in told:
            told.add(key)
            used = {h: c for one in rules_of[id(grid)] for h, c in one.columns.items() if c}
            own, _ = join_up(grid, [grid], dropped={})
            problems += unused_columns(own, used, TABLES[rules.table])
        above = parent_of(grid, grids)
        grid = above[0] if above else None
    return problems


def _set_copies_aside(grids: list[Grid], matches: Sequence[Match], done: Assembled) -> dict[int, np.ndarray]:
    children: dict[int, list[Grid]] = {}
    forms = []
    for grid in grids:
        above = parent_of(grid, grids)
        if above is None:
            forms.append(grid)
        else:
            children.setdefault(id(above[0]), []).append(grid)
    alike = {id(grid) for grid, rules in matches if rules.table in _ALIKE_ROWS}
    twice = find_twice(forms, children, alike)
    done.problems += twice.problems
    rules = _rules_of(grids, matches)
    lacking = {id(grid): lacks_consent(grid, rules.get(id(grid), [])) for grid in grids}
    ids = {id(grid): submission_ids(grid) for grid in grids}
    withdrawn = {
        key
        for grid in grids
        if (keys := ids[id(grid)]) is not None
        for key in keys[lacking[id(grid)][0]]
        if key
    }
    for grid, i, reason in twice.reasons:
        own = ids[id(grid)]
        kept = not lacking[id(grid)][0][i] and (own is None or own[i] not in withdrawn)
        content = grid.frame.iloc[i].to_dict() if kept else {}
        done.leave_out(grid.place, int(grid.rows[i]), reason, content)
    for grid in grids:
        away = twice.dropped.get(id(grid), np.zeros(len(grid.rows), dtype=bool))
        without, unclear = lacking[id(grid)]
        twice.dropped[id(grid)] = away | without
        _tell_without_consent(grid, without & ~away, unclear, done)
    return twice.dropped


def _rules_of(grids: list[Grid], matches: Sequence[Match]) -> dict[int, list[Rules]]:
    """Return by `id` of a grid the rules of its rows and of the repeats below it."""
    found: dict[int, list[Rules]] = {}
    for matched, rules in matches:
        grid: Grid | None = matched
        while grid is not None:
            found.setdefault(id(grid), []).append(rules)
            above = parent_of(grid, grids)
            grid = above[0] if above else None
    return found


def _tell_without_consent(grid: Grid, without: np.ndarray, unclear: np.ndarray, done: Assembled) -> None:
    """Tell the rows of people who did not consent; nothing of them is kept anywhere."""
    for i in np.flatnonzero(without):
        problem = consent_problem(grid, int(grid.rows[i]), unclear=bool(unclear[i]))
        done.problems.append(problem)
        done.leave_out(grid.place, int(grid.rows[i]), problem.message, {})


def _without_empty(part: Part, rules: Rules) -> Part:
    """Return the part without rows of the form in which a repeat holds nothing.

    At level 1 such a row says that an informant named no spot; elsewhere nobody was recorded.
    """
    if rules.table == "level1" or not part.childless.any():
        return part
    return part.keep(~part.childless)


def _without_copies(rows: Converted, done: Assembled) -> Converted:
    """Return the rows without exact copies where rows must differ, in a table without ids; else tell them."""
    if submission_ids(rows.part.grid) is not None:
        return rows
    if any(is_system(heading) for heading in rows.part.sources):
        return rows  # rows of a form: whole submissions were compared before
    may_differ = not TABLES[rows.table.name].key
    texts = _texts(rows.part.frame)
    again = texts.duplicated().to_numpy()
    first: dict[str, int] = {}
    for i, text in enumerate(texts):
        place, row = line_of(rows, i, None)
        if again[i] and may_differ:
            message = say("imports.same_row_kept", row=first[text])
            done.problems.append(place.notice("same_content", message, row=row))
        elif again[i]:
            reason = say("imports.same_content", row=first[text])
            done.problems.append(place.notice("same_content", reason, row=row))
            done.leave_out(place, row, reason, rows.part.frame.iloc[i].to_dict())
        else:
            first[text] = row
    return rows.keep(~again) if again.any() and not may_differ else rows


def _texts(frame: pd.DataFrame) -> pd.Series:
    cells = zip(*(frame[name] for name in frame), strict=True)
    return pd.Series(
        [repr([None if v is None else cell_text(v) for v in row]) for row in cells], dtype=object
    )


def _without_children(rows: Converted, done: Assembled) -> Converted:
    young, notes = under_18(rows)
    done.problems += unread_ages(rows)
    if not young.any():
        return rows
    done.problems += notes
    for i, note in zip(np.flatnonzero(young), notes, strict=True):
        place, row = line_of(rows, int(i), None)
        done.leave_out(place, row, note.message, rows.frame.iloc[int(i)].to_dict())
    return rows.keep(~young)
