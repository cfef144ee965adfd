"""A part of an export as rows of a table: columns renamed, words as codes, every cell with where it stood."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from pse.labels import LANGUAGES
from pse.records.imports.columns import CONSENT, Rules
from pse.records.imports.dates import Order, as_dates
from pse.records.imports.form_labels import LISTS
from pse.records.imports.matching import IDS, essential, is_geopoint, splits
from pse.records.imports.moved import gather
from pse.records.imports.numbers import Mark, as_measures, as_numbers, proved_mark
from pse.records.imports.reasons import Reason
from pse.records.imports.repeats import Part, Source
from pse.records.imports.submissions import SUBMISSION
from pse.records.imports.vocabulary import word_key
from pse.records.imports.words import as_words
from pse.records.names import name_key, place_code, place_name
from pse.records.problems import Problem, safe_heading
from pse.records.raw import cell_text
from pse.records.said import say
from pse.records.tables import NUMBER_KINDS, TABLES, Column, Table

__all__ = ["Converted", "column_of", "convert", "municipality_codes", "with_values"]

_PLACE = ("lat", "lon")


@dataclass(repr=False, eq=False)
class Converted:
    """Rows of one table that come from one part.

    Attributes
    ----------
    table : Table
        Declaration.
    part : Part
        Where the rows come from.
    frame : pandas.DataFrame
        Columns of the table; a blank cell is None.
    origins : dict of str to tuple
        Column -> source of its cells and heading there.
    reasons : dict of tuple to Reason
        (column, position) -> why a cell could not be read, in place of what the ordinary checks would say.
    rules : Rules
        What was asked for.
    stood : dict of str to numpy.ndarray
        Column -> heading of each of its cells, of a question that moved to another group.
    age : numpy.ndarray or None
        Ages as found, which are only looked at.
    problems : list of Problem
        Headings that the rules name and the part lacks.
    """

    table: Table
    part: Part
    frame: pd.DataFrame
    origins: dict[str, tuple[Source, str]]
    reasons: dict[tuple[str, int], Reason]
    rules: Rules
    stood: dict[str, np.ndarray] = field(default_factory=dict)
    age: np.ndarray | None = None
    problems: list[Problem] = field(default_factory=list)

    def keep(self, where: np.ndarray) -> Converted:
        """Return some of the rows."""
        new = np.cumsum(where) - 1
        part = self.part.keep(where)
        moved = {
            id(old): fresh for old, fresh in zip(self._sources(self.part), self._sources(part), strict=True)
        }
        return replace(
            self,
            part=part,
            frame=self.frame[where].reset_index(drop=True),
            origins={c: (moved[id(source)], h) for c, (source, h) in self.origins.items()},
            reasons={(c, int(new[i])): why for (c, i), why in self.reasons.items() if where[i]},
            stood={c: headings[where] for c, headings in self.stood.items()},
            age=None if self.age is None else self.age[where],
        )

    def heading_of(self, column: str, i: int) -> str:
        """Return the heading that a cell stands under in its source."""
        return str(self.stood[column][i]) if column in self.stood else self.origins[column][1]

    @staticmethod
    def _sources(part: Part) -> list[Source]:
        return [*part.lines, *part.sources.values()]


def convert(
    part: Part,
    rules: Rules,
    *,
    municipalities: Mapping[str, str],
    kps: Mapping[str, str],
    denominators: Collection[str],
) -> Converted:
    """Return the rows of a part as rows of its table.

    Parameters
    ----------
    part : Part
        Rows with foreign headings.
    rules : Rules
        Which heading is which column; headings that the part lacks are problems.
    municipalities : mapping of str to str
        Key of a name -> code, from `municipality_codes`.
    kps : mapping of str to str
        KP codes, and what the study calls them.
    denominators : collection of str
        Columns of municipalities that the settings name, which are numbers.
    """
    table = TABLES[rules.table]
    if table.name == "municipalities":
        table = table.with_numbers(list(dict.fromkeys(denominators)))
    columns = _with_ids(part, {h: column for h, column in rules.columns.items() if column}, table)
    missing = _missing_headings(part, columns)
    columns = {heading: column for heading, column in columns.items() if heading in part.frame}
    gathered = gather(part, columns)
    part, columns = gathered.part, gathered.columns
    done = Converted(table, part, pd.DataFrame(index=range(len(part.frame))), {}, {}, rules)
    done.problems += [*missing, *gathered.problems]
    choices = splits(columns, table)
    mark: Mark = rules.decimal or _file_mark(part, columns, table)  # type: ignore[assignment]
    for heading, column in columns.items():
        cells = part.frame[heading].to_numpy(dtype=object)
        if column == "age":
            done.age = cells
        elif column == CONSENT:
            continue  # rows without it are gone already
        elif column == "geopoint":
            _take_geopoint(done, heading, cells)
        elif heading not in choices.get(column, {}).values():
            if column in done.frame:
                done.problems.append(_twice(part, column))
            _take(done, heading, column_of(table, column), cells, mark, municipalities, kps)
    for column, headings in choices.items():
        if column not in done.frame:
            _take_choices(done, table.by_name[column], headings, kps)
    done.stood = {name: gathered.stood[h] for name, (_, h) in done.origins.items() if h in gathered.stood}
    _fill(done)
    return done


def column_of(table: Table, name: str) -> Column:
    """Return the declaration of a column; one of municipalities that no table declares is free text."""
    return table.by_name.get(name) or Column(name, "text", "", blank="yes")


def _with_ids(part: Part, columns: dict[str, str], table: Table) -> dict[str, str]:
    """Return the columns with the id of the submission for `_uuid` and where no other id was named."""
    if SUBMISSION not in part.frame:
        return columns
    columns = {SUBMISSION if heading == "_uuid" else heading: c for heading, c in columns.items()}
    lacking = [name for name in IDS if name in table.by_name and name not in columns.values()]
    return columns | ({SUBMISSION: lacking[0]} if lacking else {})


def _missing_headings(part: Part, columns: Mapping[str, str]) -> list[Problem]:
    return [
        part.grid.place.error(
            "missing_heading", say("imports.missing_heading", heading=safe_heading(heading)), column=column
        )
        for heading, column in columns.items()
        if heading not in part.frame
    ]


def _twice(part: Part, column: str) -> Problem:
    return part.grid.place.error("twice", say("imports.column_twice", column=column), column=column)


def _file_mark(part: Part, columns: Mapping[str, str], table: Table) -> Mark:
    """Return the decimal mark that the number columns of a part prove together; Kobo and ODK write points.

    Places prove nothing: they are copied from maps, with points in offices of every locale.
    """
    texts = {
        value
        for heading, column in columns.items()
        if column not in _PLACE and column in table.by_name and table.by_name[column].kind in NUMBER_KINDS
        for value in part.frame[heading]
        if isinstance(value, str)
    }
    point, comma = proved_mark(texts)
    if not point and not comma and SUBMISSION in part.frame:
        return "."
    return "" if point == comma else "." if point else ","


def _take(
    done: Converted,
    heading: str,
    column: Column,
    cells: np.ndarray,
    mark: Mark,
    municipalities: Mapping[str, str],
    kps: Mapping[str, str],
) -> None:
    cells = with_values(cells, done.rules.values.get(column.name, {}))
    reasons: dict[int, Reason] = {}
    if column.kind in NUMBER_KINDS:
        cells, reasons = as_numbers(cells, column, mark)
    elif column.kind == "date":
        order: Order = done.rules.date_order  # type: ignore[assignment]
        cells, reasons = as_dates(cells, order, epoch=done.part.grid.epoch)
    else:
        cells = cells if column.name in done.table.by_name else as_measures(cells)
        cells = _as_codes(cells, column, municipalities, kps)
        if column.refers == "municipality":
            reasons = _two_towns(cells, municipalities)
    done.frame[column.name] = pd.Series(cells, dtype=object)
    done.origins[column.name] = (done.part.sources[heading], _shown(heading))
    done.reasons |= {(column.name, i): why for i, why in reasons.items()}


def _shown(heading: str) -> str:
    return "_uuid" if heading == SUBMISSION else heading


def with_values(cells: np.ndarray, values: Mapping[str, str]) -> np.ndarray:
    """Return cells with the user's own words replaced by codes."""
    if not values:
        return cells
    by_key = {word_key(word): code for word, code in values.items()} | dict(values)
    texts = {v: cell_text(v) for v in {v for v in cells if v is not None}}
    new = {v: by_key.get(text, by_key.get(word_key(text), v)) for v, text in texts.items()}
    return np.array([None if v is None else new[v] for v in cells], dtype=object)


def _as_codes(
    cells: np.ndarray, column: Column, municipalities: Mapping[str, str], kps: Mapping[str, str]
) -> np.ndarray:
    if column.kind in ("flag", "answer"):
        return as_words(cells, "flag")
    if column.kind in ("days", "hours"):
        return as_words(cells, column.kind)
    if column.allowed:
        return as_words(cells, "status")
    if column.refers in ("kp", "kps"):
        return as_words(cells, column.refers, kps)
    if column.name in LISTS:
        return as_words(cells, column.name)
    texts = np.array([None if v is None else cell_text(v) or None for v in cells], dtype=object)
    if column.refers != "municipality":
        return texts
    codes = set(municipalities.values())
    return np.array(
        [t if t is None or t in codes else municipalities.get(name_key(t)) or t for t in texts], dtype=object
    )


def _two_towns(cells: np.ndarray, municipalities: Mapping[str, str]) -> dict[int, Reason]:
    """Return by position the names that two municipalities have: which is meant is not guessed."""
    why = Reason("two_towns", say("imports.two_towns"), say("imports.write_code"))
    codes = set(municipalities.values())
    return {
        i: why
        for i, name in enumerate(cells)
        if name is not None and name not in codes and municipalities.get(name_key(name)) == ""
    }


def municipality_codes(frame: pd.DataFrame) -> dict[str, str]:
    """Return key of every code and name -> code, which is empty for a name of two municipalities.

    Examples
    --------
    >>> names = {"name": ["Pejë", "Anytown"], "name_sr": [None, "Grad"]}
    >>> table = pd.DataFrame({"municipality": ["M1", "M2"], **names})
    >>> codes = municipality_codes(table)
    >>> codes[name_key("Пећ")], codes[name_key("Град")]
    ('M1', 'M2')
    """
    names = [c for c in frame.columns if c in ("municipality", "name") or c.startswith("name_")]
    found: dict[str, set[str]] = {}
    for row in frame[names].itertuples(index=False):
        code = row[names.index("municipality")] if "municipality" in names else None
        for text in (cell_text(v) for v in row if code is not None and v is not None and v == v):
            for called in (text, *_other_names(text)):
                found.setdefault(name_key(called), set()).add(cell_text(code))
    return {key: codes.pop() if len(codes) == 1 else "" for key, codes in found.items() if key}


def _other_names(name: str) -> list[str]:
    """Return how our forms call a municipality of the gazetteer, in all languages."""
    known = place_code(name)
    return [place_name(known, lang) for lang in LANGUAGES] if known else []


def _take_geopoint(done: Converted, heading: str, cells: np.ndarray) -> None:
    """Split `42.66 21.16 580 5` in two; what is no such place goes to `lat` for the checks to tell."""
    lat: list[str | None] = []
    lon: list[str | None] = []
    for value in cells:
        text = "" if value is None else cell_text(value)
        parts = text.replace(",", ".").split() if is_geopoint(text) else [text or None, None]
        lat.append(parts[0])
        lon.append(parts[1])
    for name, values in zip(_PLACE, (lat, lon), strict=True):
        done.frame[name] = pd.Series(values, dtype=object)
        done.origins[name] = (done.part.sources[heading], heading)


def _take_choices(
    done: Converted, column: Column, headings: Mapping[str, str], kps: Mapping[str, str]
) -> None:
    """Put columns of choices, each 1 or 0, together as one list of codes, and tell what is neither."""
    rows: list[dict[str, None]] = [{} for _ in range(len(done.part.frame))]
    choices = as_words(np.array(list(headings), dtype=object), column.refers or column.kind, kps)
    for code, heading in zip(choices, headings.values(), strict=True):
        for i, chosen in enumerate(as_words(done.part.frame[heading].to_numpy(dtype=object), "flag")):
            if chosen not in (None, "no"):
                rows[i][code if chosen == "yes" else chosen] = None
    done.frame[column.name] = pd.Series([" ".join(row) or None for row in rows], dtype=object)
    first = next(iter(headings.values()))
    done.origins[column.name] = (done.part.sources[first], first.rpartition("/")[0])


def _fill(done: Converted) -> None:
    """Add columns that a source may lack as blank ones."""
    needed = essential(done.table, done.part)
    for column in done.table.columns:
        if column.required and column.name not in done.frame and column.name not in needed:
            done.frame[column.name] = pd.Series([None] * len(done.frame), dtype=object)
