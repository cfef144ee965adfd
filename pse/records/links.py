"""Rules between tables: codes that must be declared elsewhere, and spots that must be in one place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.records.checked import CheckedTable
from pse.records.coordinates import METRES_PER_DEGREE
from pse.records.duplicates import names_differ
from pse.records.names import spelled_words
from pse.records.problems import Place, Problem, near_miss, safe_heading
from pse.records.said import say
from pse.records.validate import check_codes

Tables = Mapping[str, CheckedTable]

WITH_SPOTS = ("level1", "level2", "people")
"""Tables whose rows are about spots."""
FAR = 1_000.0  # metres between two places of one spot that are too many for a slip of a phone
MOST_PAIRS = 3_000
"""Second names of spots that are compared, from the first on, so that checks stay quick."""
_WITH_SIZES = ("level1", "level2", "virtual", "nonspot", "overrides")


def link_problems(tables: Tables, denominators: Mapping[str, str], place: Place) -> list[Problem]:
    """Return the problems between tables.

    Parameters
    ----------
    tables : mapping of str to CheckedTable
        The tables that could be read; a rule whose tables are not all there is left out.
    denominators : mapping of str to str
        KP -> column of municipalities.
    place : Place
        Where the settings stand.
    """
    spots = _number_spots(tables)
    return [
        *_municipality_problems(tables),
        *_one_municipality(tables, spots),
        *_two_places(tables, spots),
        *_two_names(tables, spots),
        *_two_typologies(tables, spots),
        *_new_spots(tables, spots),
        *_people_elsewhere(tables, spots),
        *_virtual_blanks(tables),
        *_denominator_problems(tables, denominators, place),
        *_without_denominator(tables, denominators, place),
    ]


def _municipality_problems(tables: Tables) -> list[Problem]:
    home = tables.get("municipalities")
    if home is None or not home.has("municipality", "mapped"):
        return []
    codes = tuple(home.texts["municipality"])
    mapped = home.texts["municipality"][_codes_of(home, "municipality", home.is_text("mapped", "yes"))]
    found = []
    for t in tables.values():
        column = t.table.by_name.get("municipality")
        if column is None or not column.refers or not t.has("municipality"):
            continue
        found += check_codes(t, "municipality", codes, say("add_municipality"))
        if t.table.name != "coverage":
            outside = ~t.is_text("municipality", *mapped) & ~t.blank("municipality") & t.good("municipality")
            found += t.problems(outside, "not_mapped", say("not_mapped"), column="municipality")
            t.mark("municipality", outside)
    return found


def _codes_of(t: CheckedTable, name: str, where: np.ndarray) -> np.ndarray:
    """Return the different codes of a text column in these rows, blanks left out."""
    present = np.zeros(len(t.texts[name]) + 1, dtype=bool)
    present[t.codes[name][where]] = True
    return np.flatnonzero(present[:-1])


@dataclass(frozen=True)
class _Spots:
    """The spot of each row of each table as a number that is the same in all tables; -1 where blank."""

    rows: dict[str, np.ndarray]
    count: int

    def present(self, name: str) -> np.ndarray:
        """Return which spots a table names."""
        present = np.zeros(self.count + 1, dtype=bool)
        present[self.rows[name]] = True
        return present[:-1]


def _number_spots(tables: Tables) -> _Spots:
    names = [name for name in WITH_SPOTS if name in tables and tables[name].has("spot_id")]
    rows, codes = _numbers(tables, names, "spot_id")
    return _Spots(rows, len(codes))


def _numbers(tables: Tables, names: list[str], column: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the texts of a column as numbers that mean the same in all tables, and the texts."""
    if not names:
        return {}, np.empty(0, dtype=object)
    texts = [tables[name].texts[column] for name in names]
    numbers, different = pd.factorize(np.concatenate(texts))
    parts = np.split(numbers, np.cumsum([len(t) for t in texts])[:-1])
    rows = {n: np.append(own, -1)[tables[n].codes[column]] for n, own in zip(names, parts, strict=True)}
    return rows, different


def _one_municipality(tables: Tables, spots: _Spots) -> list[Problem]:
    """Return the rows that put a spot in another municipality than the spot's first row does."""
    names = [name for name in spots.rows if tables[name].has("municipality")]
    if not names:
        return []
    spot = np.concatenate([spots.rows[name] for name in names])
    home = np.concatenate(list(_numbers(tables, names, "municipality")[0].values()))
    usable = np.concatenate([_usable(tables[name]) for name in names]) & (spot >= 0)
    first = _first_rows(spot, usable, spots.count)
    other = usable & (home != home[first])
    where = _Elsewhere("municipality", "two_municipalities", "", "error")
    return _of_first(tables, names, other, first, where) if other.any() else []


def _first_rows(spot: np.ndarray, usable: np.ndarray, count: int) -> np.ndarray:
    """Return for each row the first usable row of its spot."""
    first = np.full(count + 1, -1)
    at = np.flatnonzero(usable)[::-1]
    first[spot[at]] = at  # the first row of a spot is written last
    return first[spot]


def _two_places(tables: Tables, spots: _Spots) -> list[Problem]:
    """Return a notice for each row that puts a spot far from where the spot's first row does."""
    names = [name for name in spots.rows if tables[name].has("lat", "lon")]
    if not names:
        return []
    spot = np.concatenate([spots.rows[name] for name in names])
    lat, lon = (np.concatenate([tables[name].numbers[c] for name in names]) for c in ("lat", "lon"))
    usable = (spot >= 0) & np.isfinite(lat) & np.isfinite(lon) & ((lat != 0) | (lon != 0))
    first = _first_rows(spot, usable, spots.count)
    east = (lon - lon[first]) * np.cos(np.radians(lat))
    far = usable & (np.hypot(lat - lat[first], east) * METRES_PER_DEGREE > FAR)
    where = _Elsewhere("lat", "two_places", say("look_at_places"), "notice")
    return _of_first(tables, names, far, first, where) if far.any() else []


def _two_names(tables: Tables, spots: _Spots) -> list[Problem]:
    """Return a notice for each name that is clearly another one than the first name of its spot."""
    names = [name for name in spots.rows if tables[name].has("spot_name")]
    if not names:
        return []
    spot = np.concatenate([spots.rows[name] for name in names])
    rows, texts = _numbers(tables, names, "spot_name")
    name = np.concatenate(list(rows.values()))
    usable = (spot >= 0) & (name >= 0)
    first = _first_rows(spot, usable, spots.count)
    other = _first_of_each(spot, name, usable & (name != name[first]))
    pairs = zip(texts[name[other]], texts[name[first[other]]], strict=True)
    other = other[[one.casefold() != two.casefold() for one, two in pairs]][:MOST_PAIRS]
    if not len(other):
        return []
    unlike = np.zeros(len(spot), dtype=bool)
    unlike[other[names_differ(texts[name[other]], texts[name[first[other]]])]] = True
    return _of_first(tables, names, unlike, first, _of_another_spot("spot_name", "two_names"))


def _two_typologies(tables: Tables, spots: _Spots) -> list[Problem]:
    """Return a notice for each typology that is another one than the first of its spot and KP at a level."""
    found = []
    for name in [name for name in spots.rows if tables[name].has("kp", "typology")]:
        t = tables[name]
        kps = len(t.texts["kp"]) + 1
        spelled = [spelled_words(text) for text in t.texts["typology"]]  # other spellings are alike.py's
        kind = np.append(pd.factorize(pd.Series(spelled, dtype=object))[0], -1)[t.codes["typology"]]
        usable = (spots.rows[name] >= 0) & (t.codes["kp"] >= 0) & (kind >= 0) & t.good("spot_id", "kp")
        unit = np.where(usable, spots.rows[name] * kps + t.codes["kp"], -1)
        first = _first_rows(unit, usable, spots.count * kps)
        other = np.zeros(len(t), dtype=bool)
        other[_first_of_each(unit, kind, usable & (kind != kind[first]))] = True
        found += _of_first(tables, [name], other, first, _of_another_spot("typology", "two_typologies"))
    return found


def _first_of_each(spot: np.ndarray, value: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return the first row of each different value of a spot among these rows."""
    at = np.flatnonzero(where)
    again = pd.DataFrame({"spot": spot[at], "value": value[at]}).duplicated()
    return at[~again.to_numpy()]


@dataclass(frozen=True)
class _Elsewhere:
    """What is said of a row that contradicts the first one of its spot."""

    column: str
    rule: str  # and the key of the message
    remedy: str
    severity: str


def _of_another_spot(column: str, rule: str) -> _Elsewhere:
    return _Elsewhere(column, rule, say("own_spot_code"), "notice")


def _of_first(
    tables: Tables, names: list[str], other: np.ndarray, first: np.ndarray, where: _Elsewhere
) -> list[Problem]:
    ends = np.cumsum([len(tables[name]) for name in names])
    found = []
    for name, end in zip(names, ends, strict=True):
        part = slice(end - len(tables[name]), end)

        def message(i: int, firsts: np.ndarray = first[part]) -> str:
            which = int(np.searchsorted(ends, firsts[i], side="right"))
            t = tables[names[which]]
            row = t.rows[firsts[i] - (ends[which] - len(t))]
            return say(where.rule, table=names[which], row=row)

        found += tables[name].problems(
            other[part], where.rule, message, column=where.column, remedy=where.remedy,
            severity=where.severity,
        )  # fmt: skip
    return found


def _usable(t: CheckedTable) -> np.ndarray:
    return t.good("municipality", "spot_id") & ~t.blank("municipality")


def _new_spots(tables: Tables, spots: _Spots) -> list[Problem]:
    if not {"level1", "level2"} <= set(spots.rows):
        return []
    new = int((spots.present("level2") & ~spots.present("level1")).sum())
    if not new:
        return []
    message, remedy = say("new_spots", spots=new), say("not_new")
    return [tables["level2"].place.notice("new_spots", message, column="spot_id", remedy=remedy)]


def _people_elsewhere(tables: Tables, spots: _Spots) -> list[Problem]:
    if set(spots.rows) != set(WITH_SPOTS):
        return []
    known = spots.present("level1") | spots.present("level2")
    lost = np.flatnonzero(~np.append(known, True)[spots.rows["people"]])
    if not len(lost):
        return []
    message, remedy = say("unknown_spot", rows=len(lost)), say("answers_do_not_count")
    t = tables["people"]
    return [
        t.place.notice("unknown_spot", message, row=int(t.rows[lost[0]]), column="spot_id", remedy=remedy)
    ]


def _virtual_blanks(tables: Tables) -> list[Problem]:
    """Return the blank cells of virtual that people cannot fill."""
    t = tables.get("virtual")
    if t is None or not t.has("kp"):
        return []
    online, anywhere = _kps_with_profiles(tables.get("people"))
    found = []
    for name, kps, who in (
        ("profiles_per_person", anywhere, "with_profiles"),
        ("share_at_spots", online, "online_with_profiles"),
    ):
        if t.has(name):
            where = t.blank(name) & ~t.is_text("kp", *kps) & t.good("kp")
            message = say("people_cannot_fill", who=say(who))
            found += t.problems(where, "blank", message, column=name)
    return found


def _kps_with_profiles(people: CheckedTable | None) -> tuple[list[str], list[str]]:
    """Return the KPs of whom people on platforms, and people anywhere, gave their profiles."""
    if people is None or not people.has("kp", "spot_id", "profiles"):
        return [], []
    gave = people.numbers["profiles"] > 0
    online = gave & people.blank("spot_id")
    return [list(people.texts["kp"][_codes_of(people, "kp", where)]) for where in (online, gave)]  # type: ignore[return-value]


def _denominator_problems(tables: Tables, denominators: Mapping[str, str], place: Place) -> list[Problem]:
    home = tables.get("municipalities")
    if home is None or not home.has("mapped"):
        return []
    found = []
    mapped = home.is_text("mapped", "yes")
    for kp, column in denominators.items():
        if column not in home.numbers:
            near = near_miss(column, home.numbers)
            message = say("denominator", column=safe_heading(column))
            remedy = say("did_you_mean", near=near) if near else ""
            found.append(place.error("denominator", message, column=f"denominators.{kp}", remedy=remedy))
            continue
        message = say("zero_adults", kp=kp)
        none = mapped & (home.numbers[column] == 0)
        found += home.problems(none, "zero_adults", message, column=column, severity="notice")
    return found


def _without_denominator(tables: Tables, denominators: Mapping[str, str], place: Place) -> list[Problem]:
    used: set[str] = set()
    for name in _WITH_SIZES:
        t = tables.get(name)
        if t is not None and t.has("kp"):
            used.update(t.texts["kp"][_codes_of(t, "kp", t.good("kp"))])
    return [
        place.notice(
            "no_denominator",
            say("no_denominator", kp=kp),
            column=f"denominators.{kp}",
            remedy=say("give_denominator", kp=kp),
        )
        for kp in sorted(used - set(denominators))
    ]
