"""The column file `import.toml`: which heading of a file is which column, and which word which code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from pse.records.files import read_toml
from pse.records.imports.vocabulary import leaf_of
from pse.records.problems import Place, Problem, TableError, near_miss, safe_heading
from pse.records.said import say
from pse.records.tables import TABLES, Table

__all__ = ["CONSENT", "ColumnFile", "Rules", "is_target", "read_columns", "targets"]

CONSENT = "consent"
"""Column that no table has, as `geopoint` (a place in one cell) and `age`: it is only looked at."""

_SETTINGS = ("title", "country", "year", "size_basis", "denominators", "kps", "options", "privacy")
_KEYS = ("table", "file", "sheet", "columns", "values", "keep", "date_order", "decimal")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CHOICES = {"date_order": ("dmy", "mdy"), "decimal": (".", ",")}


@dataclass(frozen=True, repr=False)
class Rules:
    """What a column file says of one sheet.

    Attributes
    ----------
    table : str
        Table that its rows are of.
    file, sheet : str
        Which file and sheet; `*` stands for any letters, an empty sheet for any sheet.
    columns : dict of str to str
        Heading -> column; an empty column is not imported.
    values : dict of str to dict
        Column -> word -> code.
    keep : frozenset of str
        Headings whose cells stay although they look like personal data.
    date_order, decimal : str
        What a column cannot prove by itself; else empty.
    """

    table: str
    columns: dict[str, str]
    file: str = "*"
    sheet: str = ""
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    date_order: str = ""
    decimal: str = ""

    def is_for(self, place: Place) -> bool:
        """Return whether these rules are about a sheet."""
        return _fits(place.file, self.file) and (not self.sheet or _fits(place.sheet or "", self.sheet))


def _fits(name: str, pattern: str) -> bool:
    """Return whether a name is the pattern, where `*` stands for any letters and nothing else is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


@dataclass(frozen=True, repr=False)
class ColumnFile:
    """Everything in a column file, and where it stands."""

    place: Place
    rules: tuple[Rules, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


def targets(table: Table) -> tuple[str, ...]:
    """Return the declared columns that a heading may become; `is_target` knows free ones too."""
    places = ("geopoint",) if "lat" in table.by_name else ()
    ages = ("age",) if table.name == "people" else ()
    consent = (CONSENT,) if table.name != "municipalities" else ()
    return (*table.by_name, *places, *ages, *consent)


def is_target(column: str, table: Table) -> bool:
    """Return whether a heading may become this column: of municipalities any name, as for denominators."""
    return column in targets(table) or (table.name == "municipalities" and bool(_NAME.fullmatch(column)))


def read_columns(path: str | Path) -> ColumnFile:
    """Read a column file.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML: `[study]` with settings, and one `[[part]]` for each sheet: `file`, `sheet`, `table`,
        `[part.columns]` heading = column, `[part.values.COLUMN]` word = code, `keep`, `date_order`,
        `decimal`. See docs/imports.md.

    Raises
    ------
    TableError
        With every problem of the file.

    Examples
    --------
    >>> read_columns("no such file.toml")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    pse.records.problems.TableError: no such file has 1 problem(s):
    ...
    """
    path = Path(path)
    place = Place(path.name)
    given, problems = read_toml(path, place)
    if given is None:
        raise TableError(problems)
    parts = given.get("part", [])
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise TableError([place.error("no_part", say("imports.no_part"))])
    study = given.get("study", {})
    if not isinstance(study, dict):
        raise TableError([place.error("study", say("imports.study_is_table"), column="study")])
    problems = [p for part in parts for p in _part_problems(part, place)]
    problems += [_unknown(name, (*_SETTINGS,), place) for name in study if name not in _SETTINGS]
    problems += [_unknown(name, ("part", "study"), place) for name in given if name not in ("part", "study")]
    if problems:
        raise TableError(problems)
    return ColumnFile(place, tuple(_rules(part) for part in parts), dict(study))


def _rules(part: Mapping[str, Any]) -> Rules:
    return Rules(
        table=part["table"],
        columns=dict(part["columns"]),
        file=part.get("file", "*"),
        sheet=part.get("sheet", ""),
        values=dict(part.get("values", {})),
        keep=frozenset(part.get("keep", ())),
        date_order=part.get("date_order", ""),
        decimal=part.get("decimal", ""),
    )


def _part_problems(part: Mapping[str, Any], place: Place) -> list[Problem]:
    problems = [_unknown(name, _KEYS, place) for name in part if name not in _KEYS]
    table = part.get("table")
    if not isinstance(table, str) or table not in TABLES:
        return [
            *problems,
            place.error("table", say("unknown_table", tables=", ".join(TABLES)), column="table"),
        ]
    columns = part.get("columns")
    if not _texts(columns):
        return [*problems, place.error("columns", say("imports.heading_is_column"), column="columns")]
    known = targets(TABLES[table])
    problems += [
        _unknown(column, known, place, safe_heading(heading))
        for heading, column in columns.items()
        if column and not is_target(column, TABLES[table])
    ]
    problems += _twice(columns, place) + _value_problems(part.get("values", {}), known, place)
    problems += [
        place.error("text", say("imports.must_be_text"), column=name)
        for name in ("file", "sheet")
        if not isinstance(part.get(name, ""), str)
    ]
    for name, choices in _CHOICES.items():
        if part.get(name, choices[0]) not in choices:
            message = say("must_be", rule=say("one_of", codes=" ".join(choices)))
            problems.append(place.error(name, message, column=name))
    keep = part.get("keep", [])
    if not (isinstance(keep, list) and all(isinstance(item, str) for item in keep)):
        problems.append(place.error("keep", say("imports.keep_is_list"), column="keep"))
    return problems


def _texts(given: object) -> TypeGuard[dict[str, str]]:
    return isinstance(given, dict) and all(isinstance(value, str) for value in given.values())


def _twice(columns: Mapping[str, str], place: Place) -> list[Problem]:
    questions = {(leaf_of(heading), column) for heading, column in columns.items()}
    given = [column for _, column in questions if column and column not in ("peak_days", "also_kp")]
    if "geopoint" in given:
        given += ["lat", "lon"]
    return [
        place.error("twice", say("imports.column_twice", column=column), column="columns")
        for column in sorted({column for column in given if given.count(column) > 1})
    ]


def _value_problems(values: object, known: tuple[str, ...], place: Place) -> list[Problem]:
    if not isinstance(values, dict) or not all(_texts(words) for words in values.values()):
        return [place.error("values", say("imports.word_is_code"), column="values")]
    return [_unknown(column, known, place) for column in values if column not in known]


def _unknown(name: str, known: tuple[str, ...], place: Place, column: str | None = None) -> Problem:
    near = near_miss(name, known)
    remedy = say("did_you_mean", near=near) if near else ""
    message = say("imports.unknown_name", name=safe_heading(name), known=", ".join(known))
    return place.error("unknown_name", message, column=column, remedy=remedy)
