"""Find the files of a study: a folder of CSV files with study.toml, or one XLSX workbook."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pse.records.csv_file import MOST_BYTES, read_csv_table, too_large
from pse.records.problems import Place, Problem
from pse.records.raw import RawStudy
from pse.records.said import say
from pse.records.tables import TABLES
from pse.records.workbook import read_workbook

SETTINGS_FILE = "study.toml"
BOUNDARY_FILES = ("boundaries.gpkg", "boundaries.geojson")
_LEFT_ALONE = ("readme", "license", "licence")  # files that explain, by how their names begin
_LINE = re.compile(r"line (\d+)")


def read_raw(path: Path) -> RawStudy:
    """Return what stands at `path`, as it stands: a folder, or a workbook with the same sheet names.

    Never raises for what is in the files: every fault is one of `problems`.
    """
    if path.is_dir():
        return _read_folder(path)
    if path.is_file() and path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        return read_workbook(path)
    raw = RawStudy(Place(path.name), broken={*TABLES, "study"})
    message = say("no_study", got=say("another_kind_of_file" if path.exists() else "nothing_of_this_name"))
    raw.problems.append(raw.place.error("no_study", message, remedy=say("give_the_folder")))
    return raw


def _read_folder(folder: Path) -> RawStudy:
    raw = RawStudy(Place(SETTINGS_FILE))
    present = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    _read_settings(present, raw)
    given = {name: present[f"{name}.csv"] for name in TABLES if f"{name}.csv" in present}
    raw.sources |= {path.name: path for path in given.values()}
    sizes = {name: path.stat().st_size for name, path in given.items()}
    if sum(sizes.values()) > MOST_BYTES:
        raw.problems.append(too_large(raw.place_of(max(sizes, key=sizes.__getitem__))))
        raw.broken |= set(given)
        given = {}
    for name, path in given.items():
        found, problems = read_csv_table(path, TABLES[name])
        raw.problems += problems
        if found is None:
            raw.broken.add(name)
        else:
            raw.tables[name] = found
    for name in BOUNDARY_FILES:
        if raw.boundaries is None and name in present:
            raw.boundaries = raw.sources[name] = present[name]
    raw.problems += _unknown_files(present, raw)
    return raw


def _read_settings(present: dict[str, Path], raw: RawStudy) -> None:
    path = present.get(SETTINGS_FILE)
    if path is None:
        return
    raw.sources[SETTINGS_FILE] = path
    raw.settings, problems = read_toml(path, raw.place)
    raw.problems += problems
    if raw.settings is None:
        raw.broken.add("study")


def read_toml(path: Path, place: Place) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the settings in a TOML file, or the line at which it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        there = not isinstance(error, FileNotFoundError)
        message = say("not_opened", why=error.strerror) if there else say("nothing_of_this_name")
        return None, [place.error("unreadable", message, remedy=say("give_file_there"))]
    except UnicodeDecodeError:
        return None, [place.error("not_utf8", say("not_utf8"), remedy=say("save_utf8"))]
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as error:
        line = _LINE.search(str(error))
        row = int(line.group(1)) if line else None
        message = say("broken_line" if line else "broken_toml")
        return None, [place.error("broken_toml", message, row=row, remedy=say("one_setting_a_line"))]


def _unknown_files(present: dict[str, Path], raw: RawStudy) -> list[Problem]:
    known = {SETTINGS_FILE, *raw.sources, *BOUNDARY_FILES}
    return [
        Place(name).notice("unknown_file", say("unknown_file"))
        for name in present
        if name not in known and not name.startswith((".", "~$")) and not name.lower().startswith(_LEFT_ALONE)
    ]
