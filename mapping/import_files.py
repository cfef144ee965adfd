"""The files that `pse import` writes: the study folder, and what must stay at the desk."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.output import sha256, staged, write_csv
from pse.records.files import SETTINGS_FILE, read_toml
from pse.records.imports import Imported
from pse.records.imports.numbers import no_thousands
from pse.records.problems import Place, TableError
from pse.records.raw import cell_text
from pse.records.settings import usable_codes
from pse.records.tables import TABLES

__all__ = ["KEPT", "PRIVATE", "not_as_written", "settings_before", "write_import", "write_named"]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")  # of TOML

PRIVATE = "private"
"""Folder in the study for what must not leave the desk."""

KEPT = "_before"
"""Ends the name of a private table whose answers an import was not given."""


_WRITTEN = "written.json"  # the tables as imports wrote them: name of the file -> SHA-256


def not_as_written(out: Path, tables: Iterable[str]) -> list[str]:
    """Return the files of these tables that are in a folder and that no import wrote as they are."""
    written = _written(out)
    files = [out / f"{name}.csv" for name in tables]
    return [file.name for file in files if file.is_file() and written.get(file.name) != sha256(file).hex()]


def _written(out: Path) -> dict[str, str]:
    try:
        return dict(json.loads((out / PRIVATE / _WRITTEN).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # not there, or damaged
        return {}


def write_import(found: Imported, out: str | Path, *, keep: Sequence[str] = ()) -> list[Path]:
    """Write the study folder of an import without errors: its tables, settings and private files.

    Parameters
    ----------
    found : Imported
        From `import_records`.
    out : str or pathlib.Path
        The folder; other files in it are left alone. All files are written, or none.
    keep : sequence of str
        Private tables of an earlier import that stay under another name, because people answered them.

    Returns
    -------
    list of pathlib.Path
        The files of the study, without the private ones.
    """
    with staged(out) as folder:
        if settings_before(Path(out)) != found.settings:  # else a file with its comments stays
            (folder / SETTINGS_FILE).write_text(_toml(found.settings), encoding="utf-8")
        for name, frame in found.tables.items():
            write_csv(_as_table(frame, name, found.settings), folder / f"{name}.csv")
        private = {
            "set_aside": found.set_aside,
            "quarantine": found.quarantine,
            "places": found.places,
            "spot_ids": found.spot_ids,
            "same_spots": found.same_spots,
        }
        _write_private(folder, private)
        _keep(Path(out), folder, keep)
        names = [f"{name}.csv" for name in found.tables]
        written = _written(Path(out)) | {name: sha256(folder / name).hex() for name in names}
        (folder / PRIVATE / _WRITTEN).write_text(json.dumps(written, indent=2), encoding="utf-8")
    return [Path(out) / name for name in (SETTINGS_FILE, *names)]


def write_named(found: Imported, out: Path, *, keep: Sequence[str] = ()) -> None:
    """Write the private files that the problems name, although there is no study yet; `keep` as above."""
    named = {"places": found.places, "quarantine": found.quarantine}
    named = {name: table for name, table in named.items() if len(table)}
    if named:
        with staged(out) as folder:
            _write_private(folder, named)
            _keep(out, folder, keep)


def _keep(out: Path, folder: Path, names: Sequence[str]) -> None:
    for name in names:
        shutil.copy2(out / PRIVATE / f"{name}.csv", folder / PRIVATE / f"{name}{KEPT}.csv")


def settings_before(out: Path) -> dict[str, Any]:
    """Return the settings of an earlier import into the same folder."""
    path = out / SETTINGS_FILE
    if not path.is_file():
        return {}
    settings, problems = read_toml(path, Place(SETTINGS_FILE))
    if settings is None:
        raise TableError(problems)
    return settings


def _write_private(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    (folder / PRIVATE).mkdir(exist_ok=True)
    for name, table in tables.items():
        write_csv(_as_text(table), folder / PRIVATE / f"{name}.csv")


def _as_table(frame: pd.DataFrame, name: str, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table as text in which no decimal of a number of people is taken for thousands."""
    table = TABLES[name]
    if name == "municipalities":
        _, denominators = usable_codes(settings)
        table = table.with_numbers(list(dict.fromkeys(denominators.values())))
    text = _as_text(frame)
    people = [column.name for column in table.columns if column.may_be_thousands and column.name in text]
    return text.assign(**{name: text[name].map(no_thousands, na_action="ignore") for name in people})


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with every cell as the text that a study folder holds; blank cells stay blank."""
    return pd.DataFrame(
        {
            name: pd.Series(
                [None if v is None or v != v else cell_text(v) for v in frame[name]], dtype=object
            )
            for name in frame.columns
        }
    )


def _toml(settings: Mapping[str, Any]) -> str:
    """Return settings as study.toml: plain values first, then one table for each group."""
    plain = [_line(name, value) for name, value in settings.items() if not isinstance(value, Mapping)]
    for name, inner in settings.items():
        if isinstance(inner, Mapping):
            plain += ["", f"[{_key(name)}]", *(_line(key, value) for key, value in inner.items())]
    return "\n".join(plain) + "\n"


def _line(name: str, value: Any) -> str:
    return f"{_key(name)} = {_value(value)}"


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(_line(key, inner) for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, date | time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
