"""A study from the files of a field team: everything read, joined, named and checked, and nothing decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse.records.decisions import SAME_SPOTS, apply_same_spots, same_spots_of
from pse.records.imports.assemble import SET_ASIDE_COLUMNS, Assembled, assemble, match_grids
from pse.records.imports.columns import ColumnFile
from pse.records.imports.convert import Converted
from pse.records.imports.grid import Grid, Sources
from pse.records.imports.origins import FIRST_ROW, at_source, line_of
from pse.records.imports.private import read_decided
from pse.records.imports.propose import propose_columns
from pse.records.imports.reasons import Reason
from pse.records.imports.repeats import Part
from pse.records.imports.results import Decisions, Imported
from pse.records.imports.spots import (
    accepted_places,
    give_spot_ids,
    places_to_judge,
    same_spots_to_judge,
    totals_and_notes,
    unclear_places,
    with_decided_places,
)
from pse.records.links import WITH_SPOTS
from pse.records.problems import Place, Problem, TableError
from pse.records.raw import RawStudy, RawTable
from pse.records.said import Said, in_language, say
from pse.records.settings import usable_codes
from pse.records.study import check_raw
from pse.records.tables import TABLES

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["AreasOf", "import_records"]

AreasOf = Callable[[pd.DataFrame], "gpd.GeoDataFrame | None"]
"""Gives the polygons of a table of municipalities in degrees; ValueError if there are none that fit."""


def import_records(
    sources: Sources,
    *,
    settings: Mapping[str, Any],
    columns: ColumnFile | None = None,
    decisions: Decisions | None = None,
    areas_of: AreasOf | None = None,
    lang: str = "en",
) -> Imported:
    """Return the study that foreign files hold, or everything that keeps them from being one.

    Parameters
    ----------
    sources : Sources
        From `read_sources`; the table municipalities is among the files.
    settings : mapping
        `title`, `country`, `year` and any other setting of study.toml; they win over the column file.
    columns : ColumnFile, optional
        From `read_columns`; not needed where all headings are our own.
    decisions : Decisions, optional
        What people decided after an earlier import.
    areas_of : callable, optional
        Gives the boundaries by which a place is told to lie outside its municipality.
    lang : str
        Language of comments and reasons in the files to look at.

    Returns
    -------
    Imported
        The study and its private files. Nothing is merged, mended or dropped without a decision: copies,
        children and cells that look personal are set aside and told.
    """
    decisions = decisions or Decisions()
    settings = {**(columns.settings if columns else {}), **settings}
    matches, open_ones, problems = match_grids(sources.grids, columns)
    problems = [*sources.problems, *problems]
    proposal = propose_columns(open_ones, lang=lang)
    if proposal or (not matches and not _has_errors(problems)):
        problems += _foreign(open_ones if proposal else ())
        return Imported(
            problems=problems + _unknown_sheets(sources, proposal), settings=settings, proposal=proposal
        )
    problems += [grid.place.notice("unknown_sheet", say("imports.sheet_left_out")) for grid, _ in open_ones]
    _, denominators = usable_codes(settings)
    kps = _kp_names(settings)
    failed = _has_errors(problems)
    done = assemble(sources.grids, matches, kps=kps, denominators=denominators.values())
    problems += done.problems + done.quarantine.problems
    areas, found = _areas(done, areas_of)
    return _finish(done, [*problems, *found], settings, decisions, areas, lang=lang, failed=failed)


def _kp_names(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return every KP code with what the settings call it; else with itself."""
    codes, _ = usable_codes(settings)
    given = settings.get("kps")
    names = given if isinstance(given, Mapping) else {}
    return {code: str(names.get(code, code)) for code in codes}


def _areas(done: Assembled, areas_of: AreasOf | None) -> tuple[gpd.GeoDataFrame | None, list[Problem]]:
    homes = _homes(done)
    if areas_of is None or "municipality" not in homes:
        return None, []
    try:
        return areas_of(homes), []
    except ValueError:
        return None, [Place("boundaries").notice("boundaries", say("imports.boundaries_unused"))]


def _foreign(open_ones: Sequence[tuple[Grid, Part]]) -> list[Problem]:
    return [
        grid.place.error(
            "foreign_headings",
            say("imports.foreign_headings"),
            remedy=say("imports.look_at_proposal"),
        )
        for grid, _ in open_ones
    ]


def _has_errors(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _unknown_sheets(sources: Sources, proposal: str) -> list[Problem]:
    if proposal:
        return []
    remedy = say("imports.write_columns")
    return [
        grid.place.error("unknown_sheet", say("imports.no_table"), remedy=remedy) for grid in sources.grids
    ]


def _homes(done: Assembled) -> pd.DataFrame:
    parts = done.tables.get("municipalities", [])
    return _frame(parts) if parts else pd.DataFrame()


def _finish(
    done: Assembled,
    problems: list[Problem],
    settings: dict[str, Any],
    decisions: Decisions,
    areas: gpd.GeoDataFrame | None,
    *,
    lang: str,
    failed: bool,
) -> Imported:
    """Return the import after places, spots and the ordinary checks; `failed`: a sheet could not be taken."""
    result = Imported(settings=settings)
    problems += _place_decisions(done, decisions.places)
    judged = _judge_places(done, result, decisions, areas)
    result.spot_ids = give_spot_ids(done.tables.get("level1", []), decisions.spot_ids)
    frames = {name: _frame(parts) for name, parts in done.tables.items()}
    placed = _without_told_places(done, frames)
    result.same_spots, more = same_spots_to_judge(placed, decisions.same_spots_table, lang=lang)
    problems += more
    frames, more = _with_decisions(frames, decisions.same_spots)
    problems += more
    merged = _merged(placed, frames)
    if not failed:  # what could not be read may be level 2
        problems += _add_level2(frames)
    study, found = check_raw(_raw(frames, settings, failed=failed))
    found = _without(found, ("two_places",), _wrongly_placed(done, frames), frames)
    found = _without(found, ("two_names", "two_typologies"), merged, frames)
    found, more = _once_a_total(found, done)
    problems += more
    decided = decisions.same_spots is not None
    found = at_source([_for_import(p, decided=decided) for p in found], done.tables)
    found = _not_twice(found, problems)
    problems += _once_a_place(found, judged)
    result.problems = _in_order(problems)
    result.study = None if _has_errors(result.problems) else study
    result.tables = frames
    set_aside = pd.DataFrame(done.set_aside, columns=list(SET_ASIDE_COLUMNS), dtype=object)
    result.set_aside = _in_words(set_aside, "reason", lang)
    result.quarantine = _in_words(done.quarantine.table(), "kind", lang)
    return result


def _in_words(frame: pd.DataFrame, column: str, lang: str) -> pd.DataFrame:
    """Return a table with the sentences of a column in a language."""
    return frame.assign(**{column: pd.Series([in_language(v, lang) for v in frame[column]], dtype=object)})


def _place_decisions(done: Assembled, places: pd.DataFrame) -> list[Problem]:
    """Put accepted places into the tables and return what is wrong with the decisions."""
    file = Place("places.csv")
    unclear, unused = unclear_places(places), accepted_places(done.tables, places)
    problems = []
    if unclear:
        message, remedy = say("imports.places_unclear", rows=unclear), say("imports.mend_places")
        problems.append(file.error("places_unclear", message, remedy=remedy))
    if unused:
        problems.append(file.notice("places_unused", say("imports.places_unused", places=unused)))
    return problems


def _judge_places(
    done: Assembled, result: Imported, decisions: Decisions, areas: gpd.GeoDataFrame | None
) -> list[Problem]:
    """Lay out proposals for places, after those decided before, and return a notice for each."""
    proposals, found = places_to_judge(done.tables, _homes(done), areas)
    result.places = with_decided_places(proposals, decisions.places)
    notices = []
    for part, i, message in found:
        why = _place_reason(message)
        part.reasons |= {(name, i): why for name in ("lat", "lon")}
        place, row = line_of(part, i, "lat")
        heading = part.heading_of("lat", i)
        notices.append(place.notice(why.rule, message, row=row, column=heading, remedy=why.remedy))
    return notices


def _place_reason(message: Said) -> Reason:
    """Return a place that is wrong with what to do: only some messages come with a place to accept."""
    proposed = message.key == "coordinates.proposed"
    return Reason("place", message, say("imports.accept_place" if proposed else "imports.leave_place"))


def _not_twice(found: list[Problem], told: list[Problem]) -> list[Problem]:
    """Return the problems without those of a heading or a code that was told about already."""
    gone = {(p.file, p.sheet, p.column) for p in told if p.rule == "missing_heading"}
    codes = {(p.file, p.sheet, p.row, p.column) for p in told if p.rule == "personal_code"}
    return [
        p
        for p in found
        if not (p.rule in ("missing_column", "blank") and (p.file, p.sheet, p.column) in gone)
        and not (p.rule.startswith("personal_") and (p.file, p.sheet, p.row, p.column) in codes)
    ]


def _told_places(parts: Sequence[Converted]) -> np.ndarray:
    """Return the rows of a built table whose place was told to be wrong."""
    return np.array(
        [("lat", i) in part.reasons for part in parts for i in range(len(part.frame))], dtype=bool
    )


def _without_told_places(done: Assembled, frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables with blank places where they are wrong, so that no two spots are far apart for it."""
    return {
        name: frame.mask(_told_places(done.tables[name])[:, None] & frame.columns.isin(("lat", "lon")), None)
        for name, frame in frames.items()
    }


def _wrongly_placed(done: Assembled, frames: Mapping[str, pd.DataFrame]) -> set[str]:
    """Return the codes of spots of which a place was told to be wrong: two places of one are no news then."""
    return {
        code
        for name in WITH_SPOTS
        if name in done.tables and "spot_id" in frames[name]
        for code in frames[name]["spot_id"][_told_places(done.tables[name])]
    }


def _merged(before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]) -> set[str]:
    """Return the codes that stand for several spots since somebody said that these are one."""
    names = [name for name in WITH_SPOTS if name in before and "spot_id" in before[name]]
    return {
        code
        for name in names
        for was, code in zip(before[name]["spot_id"], after[name]["spot_id"], strict=True)
        if was is not None and was != code
    }


def _without(
    found: list[Problem], rules: tuple[str, ...], spots: set[str], frames: Mapping[str, pd.DataFrame]
) -> list[Problem]:
    """Return the problems without those of some rules about some spots."""
    return [
        p
        for p in found
        if p.rule not in rules or frames[p.table]["spot_id"].iloc[(p.row or 0) - FIRST_ROW] not in spots
    ]


def _once_a_total(found: list[Problem], done: Assembled) -> tuple[list[Problem], list[Problem]]:
    """Return the problems without those of totals and notes at level 1, and one for each of these rows."""
    at, told = 0, []
    rows = set()
    message, remedy = say("imports.total_row"), say("imports.delete_total")
    for part in done.tables.get("level1", ()):
        for i in np.flatnonzero(totals_and_notes(part.frame)).tolist():
            place, row = line_of(part, i, None)
            told.append(place.error("total_row", message, row=row, remedy=remedy))
            rows.add(at + i + FIRST_ROW)
        at += len(part.frame)
    return [p for p in found if p.table != "level1" or p.row not in rows], told


def _once_a_place(problems: list[Problem], judged: list[Problem]) -> list[Problem]:
    """Return the problems with one for each wrong place: its error if there is one, else the notice."""
    kept, seen = [], set()
    for problem in [*problems, *judged]:
        key = (problem.file, problem.sheet, problem.row)
        if problem.rule != "place" or key not in seen:
            kept.append(problem)
        if problem.rule == "place":
            seen.add(key)
    return kept


def _frame(parts: Sequence[Converted]) -> pd.DataFrame:
    """Return the rows of all parts as one table, columns in the order of their declaration."""
    frame = pd.concat([part.frame for part in parts], ignore_index=True).astype(object)
    frame = frame.where(frame.notna(), None)
    known = [name for name in parts[0].table.by_name if name in frame]
    return frame[[*known, *(name for name in frame if name not in known)]]


def _with_decisions(
    frames: dict[str, pd.DataFrame], path: Path | None
) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    if path is None:
        return frames, []
    spots = {
        str(code) for frame in frames.values() if "spot_id" in frame for code in frame["spot_id"] if code
    }
    try:
        leads = same_spots_of(read_decided(path, SAME_SPOTS), spots=spots)
        return apply_same_spots(frames, leads), []
    except TableError as error:
        return frames, list(error.problems)


def _raw(frames: dict[str, pd.DataFrame], settings: dict[str, Any], *, failed: bool) -> RawStudy:
    """Return the tables as if they had been read from a study folder; where a file failed, none is missed."""
    raw = RawStudy(Place("study.toml"), dict(settings))
    for name, table in TABLES.items():
        frame = frames.get(name)
        if frame is not None:
            rows = np.arange(FIRST_ROW, len(frame) + FIRST_ROW)
            raw.tables[name] = RawTable(table, raw.place_of(name), frame, rows)
        elif failed:
            raw.broken.add(name)
    return raw


def _add_level2(frames: dict[str, pd.DataFrame]) -> list[Problem]:
    """Add an empty level2, which a study must have, where nobody has visited a spot; return the notice."""
    if "level2" in frames:
        return []
    needed = [column.name for column in TABLES["level2"].columns if column.required]
    frames["level2"] = pd.DataFrame({name: pd.Series(dtype=object) for name in needed})
    return [Place("level2.csv").notice("no_level2", say("imports.no_level2"))]


def _for_import(problem: Problem, *, decided: bool) -> Problem:
    """Return a problem with what mends it at an import: an option, the column file, or a decision."""
    if problem.rule == "duplicate_key" and decided and problem.table in WITH_SPOTS:
        return replace(problem, remedy=say("imports.merged_twice"))
    if problem.rule == "missing_setting" and problem.column in ("title", "country", "year"):
        return replace(problem, remedy=say("imports.give_option", option=f"--{problem.column}"))
    if problem.rule == "missing_column":
        return replace(problem, remedy=say("imports.name_heading", column=problem.column))
    if problem.rule == "unknown_code" and problem.remedy == say("declare_kp"):
        return replace(problem, remedy=say("imports.say_the_kp"))
    if problem.rule == "unknown_code" and not problem.remedy:
        return replace(problem, remedy=say("imports.say_the_code", values=f"[part.values.{problem.column}]"))
    if problem.rule == "missing_file" and problem.table == "municipalities":
        return replace(problem, remedy=say("imports.give_option", option="--municipalities FILE"))
    return problem


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems by file and sheet as they came, then by row."""
    places = list(dict.fromkeys((p.file, p.sheet) for p in problems))
    unique = list(dict.fromkeys(problems))
    return sorted(unique, key=lambda p: (places.index((p.file, p.sheet)), p.row or 0, p.column or ""))
