"""Which table a sheet is, and which heading is which column: by our own names, else by similarity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pse.records.imports.columns import CONSENT, is_target, targets
from pse.records.imports.repeats import Part
from pse.records.imports.submissions import SUBMISSION, is_of_central, is_system
from pse.records.imports.vocabulary import heading_words, key_of, label_column, leaf_of, word_codes, word_key
from pse.records.tables import TABLES, Table

__all__ = [
    "IDS",
    "Guess",
    "best_guess",
    "essential",
    "geopoint_pair",
    "is_geopoint",
    "own_columns",
    "said_elsewhere",
    "splits",
]

_GEOPOINT = re.compile(r"-?\d{1,2}[.,]\d+ -?\d{1,3}[.,]\d+(?: -?\d+(?:[.,]\d+)?){0,2}")
IDS = ("interview_id", "person_id")
"""Columns that the id of a submission fills where there is no other."""

_MAY_LACK = ("zone", "peak_min", "peak_max", "peak_days", "profiles_per_person", "share_at_spots")
_ALIKE = 86  # of 100, between keys of headings
_SHARE = 0.5  # of the essential columns that must be found to call a sheet a table
_LOOKED_AT = 200  # cells


@dataclass(frozen=True, repr=False)
class Guess:
    """A table for a part: heading -> column, and the essential columns that were not found."""

    table: Table
    columns: dict[str, str]
    missing: tuple[str, ...]


def essential(table: Table, part: Part) -> tuple[str, ...]:
    """Return the columns that a source must have: others are made, or are blank when they are not there."""
    made = (*_MAY_LACK, *(IDS if SUBMISSION in part.frame else ()))
    made = (*made, "spot_id") if table.name in ("level1", "people") else made
    return tuple(column.name for column in table.columns if column.required and column.name not in made)


def own_columns(part: Part, table: Table) -> dict[str, str]:
    """Return the headings that are our own, also behind the group of a form (`group_a/kp_min`)."""
    found: dict[str, str] = {}
    for heading in part.frame.columns:
        if is_system(heading) or splits_of(heading, table):
            continue
        for name in (heading, heading.rpartition("/")[2], heading.rpartition("-")[2]):
            if name != CONSENT and is_target(name, table) and name not in found.values():
                found[heading] = name
                break
    return _with_moved(part, table, _with_automatic(part, table, _with_labels(part, table, found)))


def _with_moved(part: Part, table: Table, found: dict[str, str]) -> dict[str, str]:
    """Return the columns with those of questions that stood in another group in an older form."""
    known = {
        (leaf_of(heading), id(part.sources[heading])): column
        for heading, column in found.items()
        if not splits_of(heading, table)
    }
    moved = {}
    for heading in part.frame.columns:
        column = known.get((leaf_of(heading), id(part.sources[heading])))
        if column and not (heading in found or is_system(heading) or splits_of(heading, table)):
            moved[heading] = column
    return found | moved


def _with_labels(part: Part, table: Table, found: dict[str, str]) -> dict[str, str]:
    """Return the columns with those whose heading is the text of their question in our form."""
    places = geopoint_pair(part.frame.columns)
    for heading in part.frame.columns:
        column = label_column(heading, table.name)
        if column == "geopoint" and places:
            continue  # its parts stand beside it
        if column and column not in found.values() and not splits_of(heading, table):
            found[heading] = column
    return found


def _with_automatic(part: Part, table: Table, found: dict[str, str]) -> dict[str, str]:
    """Return the columns with those that exports add by themselves: ids, places, columns of choices."""
    taken = set(found.values())
    for name in IDS:
        if name in table.by_name and name not in taken and SUBMISSION in part.frame:
            found[SUBMISSION] = name
    today = [h for h in part.frame.columns if leaf_of(h) == "today"]
    if "date" in table.by_name and "date" not in taken and today:
        found[today[0]] = "date"  # the day of the interview, as our forms and many others record it
    pair = _place_of(part, table)
    if pair and not taken & {"lat", "lon", "geopoint"}:
        found |= {pair[0]: "lat", pair[1]: "lon"}
    for heading in part.frame.columns:
        split = splits_of(heading, table)
        if split and split[0] not in taken:
            found[heading] = split[0]
    return found


def _place_of(part: Part, table: Table) -> tuple[str, str] | None:
    """Return the latitude and longitude beside the place of a row.

    At level 1 a place above the repeat of spots is where the interview was, and no spot is there.
    """
    pair = geopoint_pair(part.frame.columns) if "lat" in table.by_name else None
    return None if pair and table.name == "level1" and not part.own.issuperset(pair) else pair


def geopoint_pair(headings: Iterable[str]) -> tuple[str, str] | None:
    """Return the latitude and longitude that Kobo and ODK write beside a place; None if there are several."""
    headings = list(headings)
    lat = [h for h in headings if re.search(r"(?:^_.+_latitude|-Latitude)$", h)]
    lon = [h for h in headings if re.search(r"(?:^_.+_longitude|-Longitude)$", h)]
    return (lat[0], lon[0]) if len(lat) == len(lon) == 1 else None


def is_geopoint(text: str) -> bool:
    """Return whether a text is a place of Kobo: latitude, longitude, height and accuracy."""
    return bool(_GEOPOINT.fullmatch(text))


def splits_of(heading: str, table: Table) -> tuple[str, str] | None:
    """Return column and choice of a column of choices such as `peak_days/fri`; None for another heading."""
    question, mark, choice = heading.rpartition("/")
    if not mark:
        return None
    meant = _columns_of(question.rpartition("/")[2], table) or _columns_of(leaf_of(question), table)
    for column in ("peak_days", "also_kp"):
        if column in meant:
            return (column, choice)
    return None


def splits(columns: dict[str, str], table: Table) -> dict[str, dict[str, str]]:
    """Return column -> choice -> heading for the columns of choices among those mapped."""
    found: dict[str, dict[str, str]] = {}
    for heading, column in columns.items():
        split = splits_of(heading, table)
        if split and split[0] == column:
            found.setdefault(column, {})[split[1]] = heading
    return found


def said_elsewhere(heading: str, cells: Sequence[object], used: dict[str, str], table: Table) -> bool:
    """Return whether a column that is not used only repeats others: choices one by one, parts of a place."""
    split = splits_of(heading, table)
    if split:
        return split[0] in used.values()
    if "lat" not in used.values():
        return False
    part_of_place = re.search(r"(?:^_.+_|-)(?:altitude|accuracy|precision)$", heading, re.IGNORECASE)
    filled = [str(cell) for cell in cells if cell is not None]
    return bool(part_of_place) or (bool(filled) and all(is_geopoint(text) for text in filled))


def best_guess(part: Part, *, alike: bool) -> Guess | None:
    """Return the table that a part most probably is; None if none fits.

    Parameters
    ----------
    part : Part
        Rows with their headings.
    alike : bool
        Whether headings may be similar to those known in six languages; else only our own names count and
        every essential column must be there.
    """
    guesses = []
    for table in TABLES.values():
        columns = alike_columns(part, table) if alike else own_columns(part, table)
        needed = essential(table, part)
        missing = tuple(name for name in needed if name not in columns.values())
        own = [h for h, c in columns.items() if h in part.own and c in needed]
        share = 1 - len(missing) / len(needed)
        if own and (share >= _SHARE if alike else not missing):
            named = table.name in f"{part.grid.place.file} {part.grid.place.sheet or ''}".lower()
            guesses.append(((share + 0.3 * named, len(columns)), Guess(table, columns, missing)))
    return max(guesses, key=lambda guess: guess[0])[1] if guesses else None


def alike_columns(part: Part, table: Table) -> dict[str, str]:
    """Return headings with the columns that they probably are: our own names first, then by similarity."""
    from rapidfuzz import fuzz

    found = own_columns(part, table)
    taken = set(found.values())
    scores = []
    for order, heading in enumerate(part.frame.columns):
        if heading in found or is_system(heading) or is_of_central(heading, part.frame.columns):
            continue
        leaf = heading.rpartition("/")[2]
        for key, columns in heading_words().items():
            for column in columns:
                if column not in targets(table) or column in taken:
                    continue
                score = max(fuzz.ratio(key_of(text), key) for text in (heading, leaf))
                if score >= _ALIKE and _contents_fit(part, heading, column, table):
                    scores.append((-score, order, heading, column))
    for _, _, heading, column in sorted(scores):
        if heading not in found and column not in taken:
            found[heading] = column
            taken.add(column)
    if {"lat", "lon"} <= taken and "geopoint" in taken:
        found = {heading: column for heading, column in found.items() if column != "geopoint"}
    return _with_moved(part, table, found)


def _columns_of(heading: str, table: Table) -> tuple[str, ...]:
    if heading in table.by_name:
        return (heading,)
    return tuple(c for c in heading_words().get(key_of(heading), ()) if c in table.by_name)


def _contents_fit(part: Part, heading: str, column: str, table: Table) -> bool:
    """Return whether most cells could stand in the column: numbers or days where those belong."""
    cells = [v for v in part.frame[heading].to_numpy(dtype=object) if v is not None][:_LOOKED_AT]
    if not cells or column == CONSENT:
        return True
    if column == "geopoint":
        fitting = [is_geopoint(str(v)) for v in cells]
    elif column == "age" or table.by_name[column].kind in ("count", "number", "share"):
        fitting = [any(c.isdigit() for c in str(v)) for v in cells]
    elif table.by_name[column].kind == "days":
        fitting = [any(word_key(word) in word_codes("days") for word in str(v).split()) for v in cells]
    else:
        return True
    return float(np.mean(fitting)) >= 0.5
