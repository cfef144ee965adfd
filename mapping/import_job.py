"""What `pse import` does: read, ask what people decided, check, and write a study with its private files."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import typer

from mapping.check_cli import check_record, save_marked
from mapping.import_files import PRIVATE, settings_before, write_import, write_named
from mapping.labels import texts
from mapping.output import OutputError, file_in_the_way, staged
from mapping.plain import BAD_DATA, WrongUse, language_of
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
from pse.records.imports.spots import GIVEN_COLUMNS, PLACE_COLUMNS, SAME_COLUMNS
from pse.records.imports.study import AreasOf
from pse.records.tables import TABLES

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["ImportWish", "import_job"]

MUNICIPALITIES_FILE = "municipalities.csv"
_NEEDED = ("municipalities", "level1", "level2")


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
    _refuse_early(wish)
    columns = read_columns(wish.columns) if wish.columns else None
    sources, own_towns = _sources(wish, columns)
    found = import_records(
        sources,
        settings=settings_before(wish.out) | (columns.settings if columns else {}) | dict(wish.settings),
        columns=columns,
        decisions=_decisions(wish),
        areas_of=_areas_of(wish),
        lang=wish.lang,
    )
    proposal = _write_proposal(found, wish.sources[0])
    _print(found, wish)
    if wish.marked is not None:
        told = [problem.in_language(wish.lang) for problem in found.problems]
        save_marked(wish.sources[0], told, wish.marked, lang=wish.lang, quiet=wish.as_json)
    if own_towns:
        found.tables.pop("municipalities", None)  # they stand in the folder, and stay as they are
    if found.study is not None:
        write_import(found, wish.out)
    elif not proposal:
        write_named(found, wish.out)
    _say_end(found, wish, proposal)
    if found.study is None:
        raise typer.Exit(BAD_DATA)


def _refuse_early(wish: ImportWish) -> None:
    """Refuse what the command cannot do before it reads anything."""
    language_of(wish.lang)
    file = file_in_the_way(wish.out)
    if file is not None:
        raise OutputError(f"out must be a folder; got {file.name!r}, which is a file. Give another name.")
    names = [source.name for source in wish.sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:  # sheets of a file are told apart, and joined, by its name
        raise WrongUse(f"each SOURCE must have another file name; got {twice!r} twice. Rename one of them.")
    written = [wish.out / f"{name}.csv" for name in TABLES if name != "municipalities"]
    lost = next((s for s in wish.sources if any(_same_file(s, table) for table in written)), None)
    if lost is not None:
        raise WrongUse(
            f"the study would be written over {lost.name!r}, a SOURCE. Move it out of STUDY first."
        )
    if wish.marked is None:
        return
    if wish.marked.suffix.lower() != ".xlsx" or wish.marked.exists():
        raise WrongUse(f"--marked must be a new file that ends in .xlsx; got {wish.marked.name!r}.")
    if len(wish.sources) != 1 or wish.sources[0].suffix.lower() not in (".xlsx", ".xlsm"):
        raise WrongUse("--marked must be used with one SOURCE that is an .xlsx workbook.")


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
    return one.resolve() == other.resolve()


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


def _write_proposal(found: Imported, source: Path) -> Path | None:
    """Write the proposed column file beside the first source, under a name that is free."""
    if not found.proposal:
        return None
    path, number = source.with_name("import.toml"), 2
    while path.exists():
        path, number = source.with_name(f"import-{number}.toml"), number + 1
    with staged(path.parent) as folder:
        (folder / path.name).write_text(found.proposal, encoding="utf-8")
    return path


def _print(found: Imported, wish: ImportWish) -> None:
    from mapping.screen import open_console, print_problems

    told = [problem.in_language(wish.lang) for problem in found.problems]
    if wish.as_json:
        typer.echo(json.dumps(check_record(told), indent=2))
    elif told or not found.proposal:
        print_problems(told, console=open_console(), lang=wish.lang)


def _say_end(found: Imported, wish: ImportWish, proposal: Path | None) -> None:
    if wish.as_json:
        return
    words = texts("import", wish.lang)
    if proposal is not None:
        typer.echo(words["proposed"].format(file=proposal))
    elif found.study is None:
        typer.echo(words["nothing_written"])
        if _undecided(found.places, "accept"):
            typer.echo(words["places"].format(file=wish.out / PRIVATE / "places.csv"))
    else:
        typer.echo(words["done"].format(study=wish.out))
        typer.echo(words["private"].format(folder=wish.out / PRIVATE))
        kept = [f"{n}.csv" for n in TABLES if n not in _NEEDED and n not in found.tables]
        kept = [name for name in kept if (wish.out / name).is_file()]
        if kept:
            typer.echo(words["kept"].format(tables=", ".join(kept)))
        open_ones = {
            "set_aside": len(found.set_aside),
            "quarantine": len(found.quarantine),
            "places": _undecided(found.places, "accept"),
            "same_spots": _undecided(found.same_spots, "same"),
        }
        for name, rows in open_ones.items():
            if rows:
                typer.echo(words[name].format(file=wish.out / PRIVATE / f"{name}.csv", rows=rows))


def _undecided(table: pd.DataFrame, column: str) -> int:
    """Return how many rows of a private table wait for a decision."""
    return int(table[column].fillna("").eq("").sum()) if len(table) else 0
