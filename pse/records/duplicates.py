"""Spots that are probably one and the same, for people to decide: nothing is merged here.

Evidence is added up as log odds. The weights are ours: set on a generated corpus with known truth
(benchmarks/duplicates.py), not fitted to real lists, so the score orders pairs and is no probability to
report.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

from pse import checks
from pse.records.names import name_words
from pse.records.said import in_language, say

__all__ = ["likely_same_spots"]

DEFAULT_THRESHOLD = 0.4
PRIOR = -0.5
# Log odds at these values; between them a straight line.
NAME = ([0, 50, 62, 70, 77, 84, 92, 100], [-6.0, -3.5, -1.2, 0.3, 1.3, 2.4, 3.5, 4.5])
GENERAL_NAME = ([0, 60, 85, 100], [-2.0, -1.0, -0.5, 0.0])  # names that say only what kind of spot it is
METRES = ([0, 40, 120, 250, 600, 2000], [3.0, 2.5, 1.0, -0.5, -3.0, -6.0])
NO_NAME = -1.0  # one of the two has none: only the place speaks
SAME_TYPOLOGY, OTHER_TYPOLOGY = 0.5, -1.0
OTHER_NUMBER = -8.0  # Park 1 and Park 2
TOLD_APART = -4.0  # one informant named both for one KP
NEAR = 150.0  # metres: spots so near are compared whatever their names
MOST_IN_BLOCK = 60  # spots that share a word; a longer block is compared along its sorted names only
WINDOW = 8
EARTH = 6_371_008.8  # metres, mean radius
_GENERAL = frozenset(
    name_words(
        "bar kafe cafe caffe kafiteri kafana kafić kavana pub klub club disko diskoteka restorant restoran "
        "hotel motel bujtinë konak prenoćište park parku plato trg sheshi rruga ulica bulevar stan sauna "
        "stacion stanica autobus autobusëve autobuska hekurudhë železnička masazh masaža salon shtëpi kuća "
        "kukja banesë apartman apartament pumpa pompë benzin night noćni te në e i od do kod afër blizu near "
        "at the prej"
    )
)


def likely_same_spots(
    mentions: pd.DataFrame, *, threshold: float = DEFAULT_THRESHOLD, lang: str = "en"
) -> pd.DataFrame:
    """Return pairs of spots that are probably one, with a score and the reason.

    Parameters
    ----------
    mentions : pandas.DataFrame
        One row a mention of a spot: `spot_id`, `municipality`, and where known `spot_name`, `typology`,
        `lat`, `lon` (degrees), `interview_id`, `kp`. Rows without a spot are left out.
    threshold : float
        Smallest score, between 0 and 1.
    lang : str
        Language of the reasons, one of the six.

    Returns
    -------
    pandas.DataFrame
        `first`, `second` (spot codes, `first` stands earlier), `score`, `name_alike` (0 to 100, blank
        without two names), `metres` (blank without two places), `reason` (words, without any name): one
        row a pair, the likeliest first.

    Notes
    -----
    Spots are compared within a municipality if they share a word of their folded names, the beginning of
    one, or lie within 150 m; across municipalities only if they lie within 150 m. Work grows with the
    number of spots, not with its square: blocks of more than 60 spots are compared along sorted names only.

    Examples
    --------
    >>> mentions = pd.DataFrame({
    ...     "spot_id": ["a", "b", "c"], "municipality": "M1",
    ...     "spot_name": ["Kafe Šumica", "Кафе Шумица", "Park 2"]})
    >>> likely_same_spots(mentions)[["first", "second", "reason"]].to_dict("records")
    [{'first': 'a', 'second': 'b', 'reason': 'names alike (100 of 100)'}]
    """
    checks.share(threshold=threshold)
    spots = _spots(mentions)
    one, other = _candidates(spots)
    evidence = _weigh(spots, one, other)
    shown = evidence.score >= threshold
    table = pd.DataFrame(
        {
            "first": spots.ids[one[shown]],
            "second": spots.ids[other[shown]],
            "score": evidence.score[shown].round(3),
            "name_alike": evidence.name[shown].round(),
            "metres": evidence.metres[shown].round(),
            "reason": _reasons(evidence, np.flatnonzero(shown), lang),
        }
    )
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)


@dataclass(frozen=True, repr=False)
class _Spots:
    """One row a spot: what all its mentions say of it."""

    ids: np.ndarray
    municipality: np.ndarray  # as numbers
    typology: np.ndarray  # as numbers, -1 unknown
    words: list[tuple[str, ...]]  # folded words of its most frequent name
    key: np.ndarray  # the words together
    own: np.ndarray  # the words that are its own, together
    digits: np.ndarray  # its numbers, together
    lat: np.ndarray
    lon: np.ndarray
    informants: coo_array | None  # spots x informants, each for one KP


@dataclass(frozen=True, repr=False)
class _Evidence:
    score: np.ndarray
    name: np.ndarray
    metres: np.ndarray
    same_typology: np.ndarray
    told_apart: np.ndarray


def _spots(mentions: pd.DataFrame) -> _Spots:
    given = mentions[mentions["spot_id"].notna()].reset_index(drop=True)
    code, ids = pd.factorize(given["spot_id"])
    at = _first_rows(code)
    names = _most_frequent(given, "spot_name", code, len(ids))
    words = [name_words(name) for name in names]
    home = pd.factorize(given["municipality"])[0][at]
    kinds = pd.factorize(pd.Series(_most_frequent(given, "typology", code, len(ids))).replace("", None))[0]
    lat, lon = (_middle(given, column, code, len(ids)) for column in ("lat", "lon"))
    return _Spots(
        ids=np.asarray(ids, dtype=object),
        municipality=home,
        typology=kinds,
        words=words,
        key=np.array(["".join(each) for each in words], dtype=object),
        own=np.array([" ".join(sorted(_own(each))) for each in words], dtype=object),
        digits=np.array([" ".join(w for w in each if w.isdigit()) for each in words], dtype=object),
        lat=lat,
        lon=lon,
        informants=_informants(given, code, len(ids)),
    )


def _own(words: tuple[str, ...]) -> list[str]:
    return [word for word in words if word not in _GENERAL and not word.isdigit()]


def _first_rows(code: np.ndarray) -> np.ndarray:
    return np.unique(code, return_index=True)[1]


def _most_frequent(given: pd.DataFrame, column: str, code: np.ndarray, spots: int) -> list[str]:
    """Return the most frequent text of each spot, the earliest of equals; empty where there is none."""
    found = [""] * spots
    if column not in given:
        return found
    counted = pd.DataFrame({"spot": code, "text": given[column]}).dropna()
    counts = counted.groupby(["spot", "text"], sort=False).size().reset_index(name="n")
    best = counts.sort_values("n", ascending=False, kind="stable").drop_duplicates("spot")
    for spot, text in zip(best["spot"], best["text"], strict=True):
        found[spot] = str(text)
    return found


def _middle(given: pd.DataFrame, column: str, code: np.ndarray, spots: int) -> np.ndarray:
    if column not in given:
        return np.full(spots, np.nan)
    return pd.to_numeric(given[column]).groupby(code).median().reindex(range(spots)).to_numpy(dtype=float)


def _informants(given: pd.DataFrame, code: np.ndarray, spots: int) -> coo_array | None:
    """Return who named which spot; of a spot with two KPs an informant speaks twice, once for each."""
    if "interview_id" not in given:
        return None
    about = given.reindex(columns=["interview_id", "kp"])
    who = about.groupby(["interview_id", "kp"], dropna=False, sort=False).ngroup().to_numpy(copy=True)
    who[about["interview_id"].isna()] = -1
    some = who >= 0
    shape = (spots, int(who.max(initial=-1)) + 1)
    return coo_array((np.ones(some.sum(), dtype=np.int32), (code[some], who[some])), shape=shape).tocsr()


# Which pairs are looked at


def _candidates(spots: _Spots) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.concatenate([_sharing_a_word(spots), _near(spots)])
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _sharing_a_word(spots: _Spots) -> np.ndarray:
    """Return pairs in one municipality that share a word of their names, or how one begins."""
    blocks: dict[tuple[int, str], list[int]] = {}
    for spot, words in enumerate(spots.words):
        home = int(spots.municipality[spot])
        marks = {mark for word in _own(words) or words for mark in (word, word[:3], word[-4:], word[1:5])}
        for mark in marks | {spots.key[spot][:5]}:
            if mark:
                blocks.setdefault((home, mark), []).append(spot)
    found = [_pairs_of(block, spots.own) for block in blocks.values() if len(block) > 1]
    return np.concatenate(found) if found else np.empty((0, 2), dtype=int)


def _pairs_of(block: list[int], names: np.ndarray) -> np.ndarray:
    """Return all pairs of a short block, and of a long one those near each other in the order of names."""
    if len(block) <= MOST_IN_BLOCK:
        one, other = np.triu_indices(len(block), 1)
        members = np.array(block)
        return np.column_stack([members[one], members[other]])
    members = np.array(sorted(block, key=lambda spot: names[spot]))
    steps = [np.column_stack([members[:-step], members[step:]]) for step in range(1, WINDOW + 1)]
    return np.concatenate(steps)


def _near(spots: _Spots) -> np.ndarray:
    from scipy.spatial import cKDTree

    known = np.flatnonzero(np.isfinite(spots.lat) & np.isfinite(spots.lon))
    if len(known) < 2:
        return np.empty((0, 2), dtype=int)
    tree = cKDTree(_on_the_globe(spots.lat[known], spots.lon[known]))
    return known[tree.query_pairs(NEAR, output_type="ndarray")]


def _on_the_globe(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Return places in metres from the middle of the earth, between which the straight way is measured."""
    phi, lam = np.radians(lat), np.radians(lon)
    return EARTH * np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


# What speaks for and against a pair


def _weigh(spots: _Spots, one: np.ndarray, other: np.ndarray) -> _Evidence:
    name, for_name = _name_evidence(spots, one, other)
    place = _on_the_globe(spots.lat, spots.lon)
    metres = np.sqrt(((place[one] - place[other]) ** 2).sum(axis=1))
    for_place = np.where(np.isnan(metres), 0.0, np.interp(np.nan_to_num(metres), *METRES))
    both = (spots.typology[one] >= 0) & (spots.typology[other] >= 0)
    same = both & (spots.typology[one] == spots.typology[other])
    apart = _told_apart(spots, one, other)
    odds = PRIOR + for_name + for_place
    odds += np.where(same, SAME_TYPOLOGY, np.where(both, OTHER_TYPOLOGY, 0.0))
    odds += np.where(apart, TOLD_APART, 0.0)
    return _Evidence(1 / (1 + np.exp(-odds)), name, metres, same, apart)


def _name_evidence(spots: _Spots, one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how alike names are, 0 to 100, and the log odds of it."""
    whole = _alike(spots.key, one, other)
    own = _alike(spots.own, one, other)
    has_own = (spots.own[one] != "") & (spots.own[other] != "")
    named = (spots.key[one] != "") & (spots.key[other] != "")
    name = np.where(named, np.where(has_own, own, whole), np.nan)
    odds = np.where(has_own, np.interp(own, *NAME), np.interp(whole, *GENERAL_NAME))
    numbers = (spots.digits[one] != "") & (spots.digits[other] != "")
    odds += np.where(numbers & (spots.digits[one] != spots.digits[other]), OTHER_NUMBER, 0.0)
    return name, np.where(named, odds, NO_NAME)


def names_differ(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which pairs of names are clearly not those of one spot.

    Their numbers differ (Park 1, Park 2), or both have words of their own, share none of them, and are less
    alike than names of one spot are. One name may say more than the other.
    """
    names = [*one, *other]
    words = [name_words(name) for name in names]
    own, numbers = [set(_own(each)) for each in words], [set(filter(str.isdigit, each)) for each in words]
    texts = np.array([" ".join(sorted(each)) for each in own], dtype=object)
    first, second = np.arange(len(one)), np.arange(len(one), len(names))
    unlike = np.interp(_alike(texts, first, second), *NAME) < 0
    return np.array(
        [
            _apart(numbers[i], numbers[j]) or (unlike[i] and bool(own[i] and own[j]) and not own[i] & own[j])
            for i, j in zip(first, second, strict=True)
        ],
        dtype=bool,
    )


def _apart(one: set[str], other: set[str]) -> bool:
    return not (one <= other or other <= one)


def _alike(texts: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA  # one edit: a letter lost, added, changed, or two swapped

    if not len(one):
        return np.empty(0)
    alike = process.cpdist(
        texts[one].tolist(), texts[other].tolist(), scorer=OSA.normalized_similarity, dtype=np.float32
    )
    return 100 * np.asarray(alike, dtype=float)


def _told_apart(spots: _Spots, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    if spots.informants is None or not len(one):
        return np.zeros(len(one), dtype=bool)
    rows = spots.informants
    return np.asarray(rows[one].multiply(rows[other]).sum(axis=1)).ravel() > 0


def _reasons(evidence: _Evidence, at: np.ndarray, lang: str) -> list[str]:
    reasons = []
    for i in at:
        parts: list[str] = []
        if not np.isnan(evidence.name[i]):
            parts.append(say("duplicates.names_alike", alike=round(float(evidence.name[i]))))
        if not np.isnan(evidence.metres[i]):
            parts.append(say("duplicates.metres_apart", metres=round(float(evidence.metres[i]))))
        if evidence.same_typology[i]:
            parts.append(say("duplicates.same_typology"))
        if evidence.told_apart[i]:
            parts.append(say("duplicates.told_apart"))
        reasons.append("; ".join(in_language(part, lang) for part in parts))
    return reasons
