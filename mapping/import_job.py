"""What `pse import` does: read, ask what people decided, check, and write a study with its private files."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import typer

from mapping.check_cli import check_record, refuse_marked, save_marked
from mapping.import_files import KEPT, PRIVATE, not_as_written, settings_before, write_import, write_named
from mapping.labels import texts
from mapping.output import check_is_folder
from mapping.plain import BAD_DATA, Refused, check_line, language_of, typed
from mapping.staged_file import staged_file
from pse.records.files import BOUNDARY_FILES
from pse.records.imports import (
    ColumnFile,
    Decisions,
    Imported,
    Sources,
    import_records,
    read_columns,
    read_private,
    read_sources,
)
from pse.records.imports.assemble import match_grids
from pse.records.imports.privacy import as_file_stays
from pse.records.imports.spots import GIVEN_COLUMNS, PLACE_COLUMNS, SAME_COLUMNS
from pse.records.imports.study import AreasOf
from pse.records.problems import Problem, TableError
from pse.records.tables import TABLES

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["ImportWish", "import_job"]

MUNICIPALITIES_FILE = "municipalities.csv"
_NEEDED = ("municipalities", "level1")
_ANSWERED = {"places": ("accept", "--places"), "same_spots": ("same", "--same-spots")}
"""Private tables that people answer: the column, and the option that brings the answers back."""


@dataclass(frozen=True)
class ImportWish:
    """What the command was asked for, as `mapping.import_cli` explains it."""

    sources: tuple[Path, ...]
    out: Path
    columns: Path | None
    municipalities: Path | None
    settings: Mapping[str, Any]
    places: Path | None
    same_spots: Path | None
    marked: Path | None
    as_json: bool
    lang: str


def import_job(wish: ImportWish) -> None:
    """Import, print the problems, and write the study if there is no error; else leave with exit code 1."""
    try:
        _import(wish)
    except TableError as error:
        if not wish.as_json:
            raise
        _print_json(error.problems, wish.lang)
        raise typer.Exit(BAD_DATA) from None


def _import(wish: ImportWish) -> None:
    _refuse_early(wish)
    columns = read_columns(wish.columns) if wish.columns else None
    sources, own_towns = _sources(wish, columns)
    _refuse_study(sources, wish)
    found = import_records(
        sources,
        settings=settings_before(wish.out) | (columns.settings if columns else {}) | dict(wish.settings),
        columns=columns,
        decisions=_decisions(wish),
        areas_of=_areas_of(wish),
        lang=wish.lang,
    )
    _leave_alone(found, wish.out, own_towns=own_towns)
    _refuse_lost(found, wish.out)
    proposal = _write_proposal(found, wish)
    _print(found, wish)
    if wish.marked is not None:
        told = [problem.in_language(wish.lang) for problem in found.problems]
        save_marked(wish.sources[0], told, wish.marked, lang=wish.lang, quiet=wish.as_json)
    unused = _unused_answers(found, wish)
    if found.study is not None:
        write_import(found, wish.out, keep=unused)
    elif not proposal:
        write_named(found, wish.out, keep=unused)
    _say_end(found, wish, proposal, unused)
    if found.study is None:
        raise typer.Exit(BAD_DATA)


def _refuse_early(wish: ImportWish) -> None:
    """Refuse what the command cannot do before it reads anything."""
    language_of(wish.lang)
    check_is_folder(wish.out)
    refuse_marked(wish.marked)
    names = [source.name for source in wish.sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:  # sheets of a file are told apart, and joined, by its name
        raise Refused("same_name", name=twice)
    written = [wish.out / f"{name}.csv" for name in TABLES if name != "municipalities"]
    lost = next((s for s in wish.sources if any(_same_file(s, table) for table in written)), None)
    if lost is not None:
        raise Refused("over_source", name=lost.name)
    if wish.marked is not None and not _one_workbook(wish):
        raise Refused("marked_one")


def _one_workbook(wish: ImportWish) -> bool:
    return len(wish.sources) == 1 and wish.sources[0].suffix.lower() in (".xlsx", ".xlsm")


def _refuse_study(sources: Sources, wish: ImportWish) -> None:
    """Refuse a workbook that is a study, such as a filled template: nothing is gained by an import."""
    settings = [grid for grid in sources.grids if grid.place.sheet == "study"]
    if _one_workbook(wish) and any(grid.headings[:2] == ["setting", "value"] for grid in settings):
        [file] = wish.sources
        raise Refused("study_already", name=file.name, line=check_line(file, wish.lang))


def _leave_alone(found: Imported, out: Path, *, own_towns: bool) -> None:
    """Take out of the tables what the folder holds already and no SOURCE does."""
    if own_towns:
        found.tables.pop("municipalities", None)
        found.problems = as_file_stays(found.problems, MUNICIPALITIES_FILE)
    without_visits = any(problem.rule == "no_level2" for problem in found.problems)
    if without_visits and _has_rows(out / "level2.csv"):
        del found.tables["level2"]


def _has_rows(table: Path) -> bool:
    """Return whether anything stands below the headings of a CSV file, if it is there."""
    return table.is_file() and len(table.read_bytes().strip().splitlines()) > 1


def _refuse_lost(found: Imported, out: Path) -> None:
    """Refuse to write over tables that people typed, or changed after an import."""
    lost = not_as_written(out, found.tables)
    if lost:
        raise Refused("over_table", name=lost[0])


def _unused_answers(found: Imported, wish: ImportWish) -> list[str]:
    """Return the private tables that are written again and whose answers were not given."""
    written = {"places": found.study is not None or len(found.places), "same_spots": found.study is not None}
    given = {"places": wish.places, "same_spots": wish.same_spots}
    return [
        name for name in written if written[name] and given[name] is None and _is_answered(wish.out, name)
    ]


def _is_answered(out: Path, name: str) -> bool:
    path, (column, _) = out / PRIVATE / f"{name}.csv", _ANSWERED[name]
    try:
        return path.is_file() and bool(read_private(path, [column])[column].ne("").any())
    except TableError:
        return True  # somebody changed it


def _sources(wish: ImportWish, columns: ColumnFile | None) -> tuple[Sources, bool]:
    """Return what the files hold, and whether the municipalities are those that STUDY holds already."""
    towns = _municipalities(wish)
    files = [*wish.sources, *towns]
    found = read_sources(files)
    own = wish.out / MUNICIPALITIES_FILE
    if towns or not own.is_file() or any(_same_file(file, own) for file in files):
        return found, any(_same_file(file, own) for file in files)
    matches, _, _ = match_grids(found.grids, columns)
    if any(rules.table == "municipalities" for _, rules in matches):
        return found, False
    more = read_sources([own])
    return Sources(found.grids + more.grids, found.problems + more.problems), True


def _municipalities(wish: ImportWish) -> list[Path]:
    """Return the file of municipalities, of a study folder where one is given."""
    given = wish.municipalities
    return [] if given is None else [given / MUNICIPALITIES_FILE if given.is_dir() else given]


def _areas_of(wish: ImportWish) -> AreasOf | None:
    """Return what reads the boundaries beside the municipalities, else those of the earlier study."""
    folders = [folder for folder in (wish.municipalities, wish.out) if folder and folder.is_dir()]
    files = [folder / name for folder in folders for name in BOUNDARY_FILES if (folder / name).is_file()]
    if not files:
        return None

    def areas_of(municipalities: pd.DataFrame) -> gpd.GeoDataFrame | None:
        from mapping.boundaries import read_boundaries

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # maps tell of areas that are missing or left out
            areas = read_boundaries(files[0], municipalities)
        real = areas[~areas["schematic"]]  # a schematic cell is no boundary
        return real if len(real) else None

    return areas_of


def _same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _decisions(wish: ImportWish) -> Decisions:
    given = wish.out / PRIVATE / "spot_ids.csv"
    decided = Decisions()
    return Decisions(
        spot_ids=read_private(given, GIVEN_COLUMNS) if given.is_file() else decided.spot_ids,
        places=read_private(wish.places, PLACE_COLUMNS) if wish.places else decided.places,
        same_spots=wish.same_spots,
        same_spots_table=read_private(wish.same_spots, SAME_COLUMNS)
        if wish.same_spots
        else decided.same_spots_table,
    )


def _write_proposal(found: Imported, wish: ImportWish) -> Path | None:
    """Write the proposed column file beside the first source, under a name that is free.

    It holds the parts in use too, as they were written, so that it alone does.
    """
    if not found.proposal:
        return None
    source = wish.sources[0]
    path, number = source.with_name("import.toml"), 2
    while path.exists():
        path, number = source.with_name(f"import-{number}.toml"), number + 1
    in_use = wish.columns.read_text(encoding="utf-8-sig").rstrip() + "\n\n" if wish.columns else ""
    with staged_file(path, "proposal_unwritable") as file:
        file.write_text(in_use + found.proposal, encoding="utf-8")
    return path


def _print(found: Imported, wish: ImportWish) -> None:
    from mapping.screen import open_console, print_problems

    if wish.as_json:
        _print_json(found.problems, wish.lang)
    elif found.problems or not found.proposal:
        told = [problem.in_language(wish.lang) for problem in found.problems]
        print_problems(told, console=open_console(), lang=wish.lang)


def _print_json(problems: Sequence[Problem], lang: str) -> None:
    typer.echo(json.dumps(check_record([problem.in_language(lang) for problem in problems]), indent=2))


def _say_end(found: Imported, wish: ImportWish, proposal: Path | None, unused: Sequence[str]) -> None:
    if wish.as_json:
        return
    words = texts("import", wish.lang)
    for name in unused:
        kept = _private(wish, name + KEPT)
        typer.echo(
            words["kept_answers"].format(file=_private(wish, name), option=_ANSWERED[name][1], kept=kept)
        )
    if proposal is not None:
        typer.echo(words["proposed"].format(file=typed(proposal)))
    elif found.study is None:
        typer.echo(words["nothing_written"])
        if _undecided(found.places, "places"):
            typer.echo(words["places"].format(file=_private(wish, "places")))
    else:
        _say_done(found, wish)


def _say_done(found: Imported, wish: ImportWish) -> None:
    words = texts("import", wish.lang)
    typer.echo(words["done"].format(study=wish.out, line=check_line(wish.out, wish.lang)))
    typer.echo(words["private"].format(folder=wish.out / PRIVATE))
    kept = [f"{name}.csv" for name in TABLES if name not in _NEEDED and name not in found.tables]
    kept = [name for name in kept if (wish.out / name).is_file()]
    if kept:
        typer.echo(words["kept"].format(tables=", ".join(kept)))
    open_ones = {
        "set_aside": len(found.set_aside),
        "quarantine": len(found.quarantine),
        "places": _undecided(found.places, "places"),
        "same_spots": _undecided(found.same_spots, "same_spots"),
    }
    for name, rows in open_ones.items():
        if rows:
            typer.echo(words[name].format(file=_private(wish, name), rows=rows))


def _private(wish: ImportWish, name: str) -> str:
    """Return the path of a private table as it is typed."""
    return typed(wish.out / PRIVATE / f"{name}.csv")


def _undecided(table: pd.DataFrame, name: str) -> int:
    """Return how many rows of a private table wait for a decision."""
    return int(table[_ANSWERED[name][0]].fillna("").eq("").sum()) if len(table) else 0
