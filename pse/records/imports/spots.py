"""Spots named at level 1 get random codes; likely doubles and wrong places are laid out to be decided on."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse.records.coordinates import home_of, place_proposals, read_degrees
from pse.records.duplicates import likely_same_spots
from pse.records.imports.convert import Converted
from pse.records.imports.origins import line_of
from pse.records.imports.vocabulary import word_key
from pse.records.imports.words import as_words
from pse.records.problems import Place, Problem
from pse.records.raw import cell_text
from pse.records.said import Said, say

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "GIVEN_COLUMNS",
    "PLACE_COLUMNS",
    "SAME_COLUMNS",
    "accepted_places",
    "give_spot_ids",
    "new_code",
    "places_to_judge",
    "same_spots_to_judge",
    "totals_and_notes",
    "unclear_places",
]

MOST_MENTIONS = 150_000
"""Mentions of spots among which doubles are looked for: about a minute and 3 GB of memory."""

_LETTERS = "bcdfghjkmnpqrstvwxz"  # no vowel makes no word, no digit makes no number in a spreadsheet
_LENGTH = 8
_SIGNS = ("spot_name", "kp", "typology", "kp_min", "kp_max", "lat")
_WHERE = ("municipality", "zone")
_OF_EVERY_SPOT = ("municipality", "kp", "typology")  # a total or a note has none of them
_TOLD = ("typology", "kp", "kp_min", "kp_max", "peak_days", "lat", "lon")  # of a spot without a name

GIVEN_COLUMNS = ("interview_id", "mention", "spot_id")
"""Columns of spot_ids.csv."""

SAME_COLUMNS = ("first", "second", "same", "note")
"""Columns of same_spots.csv that people fill in; the others help them to decide."""

_REVIEW = (*SAME_COLUMNS, "score", "name_alike", "metres", "reason")

PLACE_COLUMNS = (
    "file", "sheet", "row", "rule", "lat", "lon", "proposed_lat", "proposed_lon", "accept",
)  # fmt: skip
"""Columns of places.csv; a person writes yes into `accept`."""


def new_code() -> str:
    """Return a random spot code: made from nothing, so that it says nothing of the spot."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def give_spot_ids(
    parts: Sequence[Converted], known: pd.DataFrame, *, new: Callable[[], str] = new_code
) -> pd.DataFrame:
    """Give each mention of a spot without a code one, in place, and return the table of all given codes.

    Parameters
    ----------
    parts : sequence of Converted
        Parts of level1; their `spot_id` is filled.
    known : pandas.DataFrame
        `interview_id`, `mention`, `spot_id` of earlier imports: the same mention gets the same code again.
    new : callable
        Makes a code.

    Notes
    -----
    A mention is one name in one zone and one interview, whatever the KPs and the order of rows. Two
    informants who say the same name get two codes: whether they mean one spot is for people to decide, in
    same_spots.csv. A spot without a name is known by all that is told of it, and each row of the source that
    tells of one is another spot: nothing says that two of them are one.
    """
    given = {(str(r[0]), str(r[1])): str(r[2]) for r in known[list(GIVEN_COLUMNS)].itertuples(index=False)}
    used = set(given.values())
    alike: Counter[tuple[str, str]] = Counter()
    for part in parts:
        ids = part.frame["spot_id"].to_numpy(dtype=object).copy()
        for i, mention in enumerate(_mentions(part, alike)):
            if ids[i] is None and mention:
                while mention not in given:
                    code = new()
                    if code not in used:
                        given[mention] = code
                        used.add(code)
                ids[i] = given[mention]
        part.frame["spot_id"] = pd.Series(ids, dtype=object)
    rows = [(*mention, code) for mention, code in given.items()]
    return pd.DataFrame(rows, columns=list(GIVEN_COLUMNS), dtype=object)


def totals_and_notes(frame: pd.DataFrame) -> np.ndarray:
    """Return which rows of level1 are no mention of a spot, but a total or a note that somebody wrote below.

    An informant who named nothing has a municipality; one whose municipality was forgotten has a kind.
    """
    if not {*_OF_EVERY_SPOT, "spot_id"} <= set(frame):
        return np.zeros(len(frame), dtype=bool)
    bare = frame[[*_OF_EVERY_SPOT, "spot_id"]].isna().all(axis=1)
    told = frame[[name for name in _SIGNS if name in frame]].notna().any(axis=1)
    kind = frame.reindex(columns=["informant_type"])["informant_type"].notna()
    return (bare & (told | ~kind)).to_numpy()


def _mentions(part: Converted, alike: Counter[tuple[str, str]]) -> list[tuple[str, str] | None]:
    """Return for each row the interview and what it calls the spot; None where no spot was named.

    `alike` counts spots without a name of which an interview tells the same, over all parts.
    """
    frame = part.frame
    signs = [name for name in _SIGNS if name in frame]
    named = frame[signs].notna().any(axis=1).to_numpy() if signs else np.zeros(len(frame), dtype=bool)
    named = named & ~totals_and_notes(frame)
    texts = {name: _texts(frame, name) for name in ("interview_id", "spot_name", *_WHERE, *_TOLD)}
    mentions: list[tuple[str, str] | None] = [None] * len(frame)
    nameless: dict[tuple[str, int], list[int]] = {}
    for i in np.flatnonzero(named).tolist():
        interview, name = texts["interview_id"][i], word_key(texts["spot_name"][i])
        if interview and name:
            mentions[i] = (interview, ", ".join([name, *(texts[n][i] for n in _WHERE if texts[n][i])]))
        elif interview:
            nameless.setdefault((interview, line_of(part, i, "typology")[1]), []).append(i)
    for (interview, _), rows in nameless.items():
        told = "; ".join(sorted(" ".join(texts[n][i] for n in (*_WHERE, *_TOLD)) for i in rows))
        alike[interview, told] += 1
        for i in rows:
            mentions[i] = (interview, f"#{alike[interview, told]} {told}")
    return mentions


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame:
        return [""] * len(frame)
    return ["" if value is None else cell_text(value) for value in frame[column]]


def _text(frame: pd.DataFrame, column: str, i: int) -> str:
    value = frame[column].iloc[i] if column in frame else None
    return "" if value is None else cell_text(value)


def same_spots_to_judge(
    tables: Mapping[str, pd.DataFrame], decided: pd.DataFrame, *, lang: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return pairs of spots that may be one, with names, and what was decided about them before.

    More than `MOST_MENTIONS` are not compared, and a notice says so.
    """
    columns = ["spot_id", "municipality", "spot_name", "typology", "lat", "lon", "interview_id", "kp"]
    frames = [tables[name].reindex(columns=columns) for name in ("level1", "level2") if name in tables]
    mentions = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    mentions[["lat", "lon"]] = _degrees(mentions)
    mentions = mentions.astype({n: object for n in columns if n not in ("lat", "lon")})
    mentions = mentions.where(mentions.notna(), None)
    problems, count = [], int(mentions["spot_id"].notna().sum())
    if count > MOST_MENTIONS:
        message = say("imports.too_many_spots", mentions=count)
        problems.append(Place("same_spots.csv").notice("too_many_spots", message))
    few = 0 < count <= MOST_MENTIONS
    pairs = likely_same_spots(mentions, lang=lang) if few else _NO_PAIRS.copy()
    pairs = _with_decisions(pairs, decided)
    names = mentions.dropna(subset=["spot_id", "spot_name"]).drop_duplicates("spot_id")
    by_id = dict(zip(names["spot_id"], names["spot_name"], strict=True))
    pairs["first_name"], pairs["second_name"] = pairs["first"].map(by_id), pairs["second"].map(by_id)
    return pairs, problems


def _degrees(mentions: pd.DataFrame) -> pd.DataFrame:
    """Return lat and lon as numbers; what is on no globe, and 0/0, says nothing of how near two spots are."""
    places = mentions[["lat", "lon"]].apply(pd.to_numeric, errors="coerce")
    wrong = (places["lat"].abs() > 90) | (places["lon"].abs() > 180) | (places == 0).all(axis=1)
    return places.mask(wrong)


_NO_PAIRS = pd.DataFrame(
    {name: pd.Series(dtype=object) for name in ("first", "second", "score", "name_alike", "metres", "reason")}
)


def _with_decisions(pairs: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with every decision there was, first the decided ones, as they were written.

    What spoke for a decided pair stands beside it; a pair that is no longer alike stays too.
    """
    pairs = pairs.astype(object)
    if not len(decided):
        return pairs.assign(same="", note="")[list(_REVIEW)]
    decided = decided[list(SAME_COLUMNS)].astype(object).assign(pair=_unordered(decided))
    pairs = pairs.assign(pair=_unordered(pairs))
    known = decided.merge(pairs.drop(columns=["first", "second"]), on="pair", how="left")
    fresh = pairs[~pairs["pair"].isin(decided["pair"])].assign(same="", note="")
    return pd.concat([known, fresh], ignore_index=True)[list(_REVIEW)]


def _unordered(pairs: pd.DataFrame) -> pd.Series:
    """Return the two codes of each row in one order, so that a pair is the same from either side."""
    return pd.Series(
        [tuple(sorted(codes)) for codes in zip(pairs["first"], pairs["second"], strict=True)],
        index=pairs.index,
        dtype=object,
    )


def places_to_judge(
    parts: Mapping[str, Sequence[Converted]],
    municipalities: pd.DataFrame,
    areas: gpd.GeoDataFrame | None = None,
) -> tuple[pd.DataFrame, list[tuple[Converted, int, Said]]]:
    """Return the places that are probably wrong, and of each its part, its position there and the message.

    `areas` holds the polygons of municipalities in degrees, where there are any.
    """
    seats = municipalities.reindex(columns=["lat", "lon"]).apply(pd.to_numeric, errors="coerce")
    home = home_of(seats, areas)
    rows, found = [], []
    for table in ("level1", "level2"):
        for part in parts.get(table, ()):
            if not {"lat", "lon"} <= set(part.frame):
                continue
            places = part.frame.reindex(columns=["lat", "lon", "municipality"])
            for wrong in place_proposals(places, home).to_dict("records"):
                i = int(wrong["position"])
                place, row = line_of(part, i, "lat")
                entered = [_text(part.frame, name, i) for name in ("lat", "lon")]
                proposed = (wrong["lat"], wrong["lon"])
                rows.append((place.file, place.sheet or "", row, wrong["rule"], *entered, *proposed, ""))
                found.append((part, i, wrong["message"]))
    frame = pd.DataFrame(rows, columns=list(PLACE_COLUMNS)).drop_duplicates(ignore_index=True)
    return frame, found


def unclear_places(places: pd.DataFrame) -> int:
    """Return how many rows of places.csv are neither accepted nor not, or accept what is no place."""
    accept = _accept(places)
    words = sum(code not in ("yes", "no", "", None) for code in accept)
    proposed = places.loc[accept == "yes", ["proposed_lat", "proposed_lon"]].astype(str)
    return words + sum(not _is_place(*texts) for texts in proposed.itertuples(index=False))


def _is_place(lat: str, lon: str) -> bool:
    """Return whether two texts are degrees, or both blank: no place."""
    return (not lat and not lon) or None not in (read_degrees(lat), read_degrees(lon))


def _accept(places: pd.DataFrame) -> np.ndarray:
    return as_words(places["accept"].to_numpy(dtype=object), "flag")


def with_decided_places(proposals: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Return the proposals after the accepted ones, with no where somebody said no to what was entered."""
    answers = _accept(decided)
    denied = {_entered(row) for row in decided[answers == "no"].to_dict("records")}
    proposals = proposals.astype(object)
    proposals["accept"] = ["no" if _entered(row) in denied else "" for row in proposals.to_dict("records")]
    return pd.concat([decided[answers == "yes"].astype(object), proposals], ignore_index=True)


def _entered(row: Mapping[Any, object]) -> tuple[str, ...]:
    """Return where a row of places.csv stands in the sources, and what was entered there.

    Numbers count as numbers: a spreadsheet may have saved a point as a comma.
    """
    where = (str(row[name]) for name in ("file", "sheet", "row"))
    texts = (str(row[name]) for name in ("lat", "lon"))
    return (*where, *(text if (degrees := read_degrees(text)) is None else repr(degrees) for text in texts))


def accepted_places(parts: Mapping[str, Sequence[Converted]], places: pd.DataFrame) -> int:
    """Put accepted places in the place of what was entered, in place, and return how many were not found.

    A row counts only while the source still holds what the proposal was made for.
    """
    wanted = {
        _entered(r): [read_degrees(str(r[name])) for name in ("proposed_lat", "proposed_lon")]
        for r in places[_accept(places) == "yes"].to_dict("records")
    }
    if not wanted:
        return 0
    used = set()
    for table in ("level1", "level2"):
        for part in parts.get(table, ()):
            if not {"lat", "lon"} <= set(part.frame):
                continue
            for i in range(len(part.frame)):
                place, row = line_of(part, i, "lat")
                entered = {name: _text(part.frame, name, i) for name in ("lat", "lon")}
                key = _entered({"file": place.file, "sheet": place.sheet or "", "row": row, **entered})
                if key in wanted:
                    used.add(key)
                    part.frame.loc[i, ["lat", "lon"]] = pd.Series(wanted[key], ["lat", "lon"], dtype=object)
    return len(wanted) - len(used)
