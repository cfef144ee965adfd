"""The release ledger: what was published before. `compare_release` tells what a new release adds to it.

The ledger holds the true value of every cell, hidden ones too: without them nobody can tell what a difference
reveals. So it is a restricted file. It stays with the records and goes into no output.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mapping.release.differences import ABSENT, HIDDEN, SHOWN, Keys, Within
from mapping.release.levels import Level, check_level
from mapping.release.private import check_owner_only, refuse_output_folder, write_new

KEYS_OF_TABLES: dict[str, tuple[str, ...]] = {
    "national": ("kp",),
    "municipalities": ("municipality", "kp"),
    "components": ("municipality", "kp", "component", "channel"),
    "national_components": ("kp", "component", "channel"),
    "typologies": ("kp", "component", "typology"),
    "days": ("kp", "day"),
    "municipality_days": ("municipality", "kp", "day"),
    "national_steps": ("kp", "step"),
    "steps": ("municipality", "kp", "step"),
}
"""Tables of people that are compared, and the columns that say what a row is about."""

NUMBERS = {"point": "rate", "lower": "rate_lower", "upper": "rate_upper"}
WARNING = (
    "RESTRICTED. True values of hidden cells are in this file. It is for the organisation itself: never "
    "send it, copy it to results or put it under version control."
)
_CELLS = ("keys", "number", "value", "state")


@dataclass(frozen=True)
class ReleaseRecord:
    """One release, as the ledger keeps it.

    Attributes
    ----------
    level : {"public", "programme", "restricted"}
        Level of release.
    round : str
        Round of mapping, such as `2016`.
    geography : str
        What its areas are: `municipality`, or one of `within`.
    formats : tuple of str
        What was written, such as `csv`, `webmap`.
    date : str
        Day of the release, `2016-02-29`.
    cells : pandas.DataFrame
        `keys`, `number` (point, lower, upper), `value` (true, people) and `state` (shown, hidden,
        absent, partner).
    within : mapping
        Geography -> municipality -> area.
    """

    level: Level
    round: str
    geography: str
    formats: tuple[str, ...]
    date: str
    cells: pd.DataFrame = field(repr=False)
    within: Within = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ReleaseLedger:
    """The releases so far, oldest first."""

    releases: tuple[ReleaseRecord, ...] = ()


def release_record(
    shown: Mapping[str, pd.DataFrame],
    whole: Mapping[str, pd.DataFrame],
    *,
    level: str,
    round: str,
    formats: Sequence[str],
    date: str,
    geography: str = "municipality",
    within: Within | None = None,
) -> ReleaseRecord:
    """Return the record of one release.

    Parameters
    ----------
    shown : mapping of str to pandas.DataFrame
        The tables that go out: `release(sizes, level).tables`, or only those of one format. A table of
        another geography stands under its name, with that name as a column: `{"region": table}`.
    whole : mapping of str to pandas.DataFrame
        The same tables with every number: `release(sizes, "restricted").tables`.
    level, round, formats, date, geography
        As in `ReleaseRecord`.
    within : mapping, optional
        Geography -> municipality -> area, for tables of other geographies, of earlier releases too.

    Returns
    -------
    ReleaseRecord
        With a cell for every number of `whole`. A rate shows its size, since adults are known.

    Raises
    ------
    ValueError
        If a table has a row twice, or a row that is not in `whole`.
    """
    within = within or {}
    frames = []
    for name in (name for name in KEYS_OF_TABLES if name in whole):
        frames += _cells_of_table(name, whole[name], shown.get(name))
    for name in within:
        if name in shown:
            areas = _sum_by_area(whole["municipalities"], within[name], name)
            frames.append(_cells(areas, shown[name], [name, "kp"], name))
    cells = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(_CELLS))
    cells = _once(cells)
    return ReleaseRecord(check_level(level), round, geography, tuple(formats), date, cells, within)


def _once(cells: pd.DataFrame) -> pd.DataFrame:
    """Return every cell once; printed in one table is printed, hidden in one is hidden."""
    order = cells["state"].map({SHOWN: 0, HIDDEN: 1, ABSENT: 2})
    return (
        cells.loc[order.sort_values(kind="stable").index]
        .drop_duplicates(["keys", "number"])
        .sort_index()
        .reset_index(drop=True)
    )


def _cells_of_table(name: str, whole: pd.DataFrame, shown: pd.DataFrame | None) -> list[pd.DataFrame]:
    """Return the cells of one table; it may have gone out without municipalities, as sums over them."""
    columns = list(KEYS_OF_TABLES[name])
    if shown is None or "municipality" not in columns or "municipality" in shown:
        return [_cells(whole, shown, columns, name)]
    coarse = [column for column in columns if column != "municipality"]
    return [_cells(whole, None, columns, name), _cells(_sum_by(whole, coarse), shown, coarse, name)]


def _sum_by(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    numbers = [number for number in NUMBERS if number in table]
    return table.groupby(columns, as_index=False, observed=True, dropna=False)[numbers].sum()


def _sum_by_area(municipalities: pd.DataFrame, areas: Mapping[str, str], name: str) -> pd.DataFrame:
    table = municipalities.assign(**{name: municipalities["municipality"].map(dict(areas))})
    return _sum_by(table[table[name].notna()], [name, "kp"])


def _cells(whole: pd.DataFrame, shown: pd.DataFrame | None, columns: list[str], name: str) -> pd.DataFrame:
    """Return the cells of one table."""
    order = [cell_keys(row, columns) for row in whole[columns].itertuples(index=False)]
    seen = {} if shown is None else _rows_by_keys(shown, columns, name)
    if len(set(order)) < len(order) or not set(seen) <= set(order):
        raise ValueError(
            f"{name} must have each row once, and no row that is not in the whole table; got others. "
            "Give both tables from the same estimates."
        )
    cells = []
    for number in (number for number in NUMBERS if number in whole):
        for keys, value in zip(order, whole[number].astype(float), strict=True):
            if not np.isnan(value):
                cells.append((keys, number, value, _state(seen, keys, number, table=shown is not None)))
    return pd.DataFrame(cells, columns=list(_CELLS))


def _rows_by_keys(table: pd.DataFrame, columns: list[str], name: str) -> dict[Keys, dict[Hashable, Any]]:
    found = {}
    for row in table.to_dict("records"):
        keys = cell_keys([row[column] for column in columns], columns)
        if keys in found:
            raise ValueError(f"{name} must have each row once; got one twice.")
        found[keys] = row
    return found


def cell_keys(values: Iterable[Any], columns: list[str]) -> Keys:
    """Return what a row is about, from the values of its key columns."""
    pairs = zip(columns, values, strict=True)
    return tuple(sorted((column, "" if pd.isna(value) else str(value)) for column, value in pairs))


def _state(seen: Mapping[Keys, Mapping[Hashable, Any]], keys: Keys, number: str, *, table: bool) -> str:
    row = seen.get(keys)
    if row is None:
        return HIDDEN if table else ABSENT
    visible = any(pd.notna(row.get(name)) for name in (number, NUMBERS[number]))
    return SHOWN if visible else HIDDEN


def read_ledger(path: str | Path) -> ReleaseLedger:
    """Read the releases so far; a file that is not there yet is a ledger without releases.

    Parameters
    ----------
    path : str or pathlib.Path
        The ledger of the study, beside its records.

    Raises
    ------
    ValueError
        If others can read the file, or a line was changed or taken out.
    """
    path = Path(path)
    if not path.exists():
        return ReleaseLedger()
    check_owner_only(path, name="ledger")
    lines = _lines(path)
    releases = [
        _checked(line, before, number) for number, (before, line) in enumerate(pairwise(["", *lines]))
    ]
    return ReleaseLedger(tuple(_record(content) for content in releases[1:]))


def _checked(line: str, before: str, number: int) -> dict[str, Any]:
    """Return what a line says, if it still follows the one before."""
    with suppress(ValueError, KeyError, TypeError):
        content = json.loads(line)
        if content["previous"] == _hash(before):
            return dict(content)
    raise ValueError(
        f"ledger must be as it was written; got line {number + 1} changed, or the one before it. "
        "Restore it from the backup: without it nobody can tell what a release gives away."
    )


def record_release(path: str | Path, record: ReleaseRecord, *, outputs: Iterable[str | Path] = ()) -> None:
    """Add one release at the end of the ledger, all of it or nothing.

    Parameters
    ----------
    path : str or pathlib.Path
        The ledger; made for its owner only the first time. JSON, one line per release; every line holds the
        hash of the one before.
    record : ReleaseRecord
        What went out.
    outputs : iterable of str or pathlib.Path
        Folders that results are written to; the ledger may not lie in them.

    Raises
    ------
    ValueError
        If the ledger lies among results, was changed, or somebody else is writing to it.
    """
    path = Path(path)
    refuse_output_folder(path, name="ledger", outputs=outputs)
    draft = path.with_name(f".{path.name}.new")  # also the lock: two writers would lose a release
    try:
        write_new(draft, b"")
    except FileExistsError as error:
        raise ValueError(
            f"ledger must have one writer at a time; got {draft.name!r} of another one. "
            "Wait; if no other is running, delete that file."
        ) from error
    try:
        draft.write_bytes(_with_line(path, record))
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _with_line(path: Path, record: ReleaseRecord) -> bytes:
    """Return the ledger with one more line, after a look at the lines before."""
    read_ledger(path)
    lines = _lines(path) if path.exists() else [json.dumps({"about": WARNING, "previous": _hash("")})]
    lines.append(json.dumps({**_content(record), "previous": _hash(lines[-1])}))
    return ("\n".join(lines) + "\n").encode()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def _hash(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def _content(record: ReleaseRecord) -> dict[str, Any]:
    cells = record.cells[list(_CELLS)].itertuples(index=False)
    return {
        "level": record.level,
        "round": record.round,
        "geography": record.geography,
        "formats": list(record.formats),
        "date": record.date,
        "within": {name: dict(areas) for name, areas in record.within.items()},
        "cells": [[dict(keys), number, value, state] for keys, number, value, state in cells],
    }


def _record(content: Mapping[str, Any]) -> ReleaseRecord:
    cells = [(tuple(sorted(keys.items())), *rest) for keys, *rest in content["cells"]]
    texts = (content["round"], content["geography"], tuple(content["formats"]), content["date"])
    table = pd.DataFrame(cells, columns=list(_CELLS))
    return ReleaseRecord(check_level(content["level"]), *texts, table, content["within"])
