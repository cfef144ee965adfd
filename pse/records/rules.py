"""Rules within one table: cells of a row that must fit each other, and rows that must not come twice."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from pse.records.checked import CheckedTable, pick
from pse.records.names import spelled_words
from pse.records.problems import Problem, safe_value
from pse.records.said import say
from pse.records.tables import Needed

_TOTALS = (
    "total", "totals", "sum", "subtotal", "grand total", "gjithsej", "shuma", "totali", "ukupno", "zbir",
    "suma", "svega", "укупно", "збир", "сума", "свега", "вкупно", "разом", "усього", "всього",
)  # fmt: skip
_SPELLED_TOTALS = frozenset(spelled_words(word) for word in _TOTALS)
_BEGINNINGS = frozenset(form[:2] for word in _TOTALS for form in (word, word.title(), word.upper()))
"""How a word for a total may begin: asked first, because a million codes are quickly asked this."""
_MAY_BE_TOTALS = ("interview_id", "spot_id", "spot_name", "zone", "municipality")


def row_problems(t: CheckedTable) -> list[Problem]:
    """Return the problems of the rows of one table, each rule of its own table in turn."""
    own = _RULES.get(t.table.name)
    found = _totals(t)  # first, so that no other rule is told of the same cells
    found += [problem for low, high in t.table.ordered for problem in at_most(t, low, high)]
    found += [problem for rule in t.table.needed for problem in _needed_by(t, rule)]
    return found + (own(t) if own else []) + twice(t)


def at_most(t: CheckedTable, low: str, high: str) -> list[Problem]:
    """Return the rows in which `low` is above `high`; a blank cell says nothing."""
    if not t.has(low, high):
        return []
    small, large = t.numbers[low], t.numbers[high]
    where = small > large

    def message(i: int) -> str:
        return say("at_most", high=high, low_value=safe_value(small[i]), high_value=safe_value(large[i]))

    return t.problems(where, f"above_{high}", message, column=low)


def needed(t: CheckedTable, names: tuple[str, ...], where: np.ndarray, words: str) -> list[Problem]:
    """Return the rows of `where` in which one of `names` is blank."""
    found = []
    for name in names:
        if t.has(name):
            blank = where & t.blank(name)
            found += t.problems(blank, "blank", say("not_blank_where", words=words), column=name)
    return found


def _needed_by(t: CheckedTable, rule: Needed) -> list[Problem]:
    if not t.has(rule.where):
        return []
    if rule.is_:
        where, words = t.is_text(rule.where, rule.is_), say("is_value", name=rule.where, value=rule.is_)
    else:
        where, words = ~t.blank(rule.where), say("is_given", name=rule.where)
    return needed(t, rule.columns, where, words)


def both_or_neither(t: CheckedTable, one: str, other: str) -> list[Problem]:
    """Return the rows in which one of two columns is blank and the other is not."""
    found = []
    for name, partner in ((one, other), (other, one)):
        if not t.has(name):
            continue
        given = ~t.blank(partner) if t.has(partner) else np.zeros(len(t), dtype=bool)
        if t.has(partner):
            message, remedy = (
                say("not_blank_where", words=say("is_given", name=partner)),
                say("both_or_neither"),
            )
            found += t.problems(given & t.blank(name), "half_blank", message, column=name, remedy=remedy)
        elif not t.table.by_name[partner].required and not t.blank(name).all():
            message = say("partner_missing", name=name)
            found.append(t.place.error("missing_column", message, column=partner))
    return found


def twice(t: CheckedTable) -> list[Problem]:
    """Return the rows whose key stands in an earlier row already."""
    names = [name for name in t.table.key if t.has(name)]
    if len(names) < len([k for k in t.table.key if t.table.by_name[k].required]) or not names:
        return []
    key = _combined(t, names)
    again = pd.Index(key).duplicated() & t.good(*names)
    if not again.any():
        return []
    first = pd.Series(t.rows).groupby(key).transform("first").to_numpy()
    many, most = len(names) > 1, ", ".join(names[:-1])
    what = say("together", most=most, last=names[-1]) if many else say("the_code")
    column = names[0] if len(names) == 1 else None
    return t.problems(
        again,
        "duplicate_key",
        lambda i: say("duplicate_key", what=what, row=int(first[i])),
        column=column,
    )


def _combined(t: CheckedTable, names: list[str]) -> np.ndarray:
    """Return one whole number for each different key."""
    key = np.zeros(len(t), dtype=np.int64)
    size = 1
    for name in names:
        width = len(t.texts[name]) + 1
        if size * width >= 2**62:
            key, kept = pd.factorize(key)
            size = len(kept) + 1
        key = key * width + t.codes[name] + 1
        size *= width
    return key


def _totals(t: CheckedTable) -> list[Problem]:
    """Return the rows that a spreadsheet added up, each once: they would count as one more spot."""
    found, told = [], np.zeros(len(t), dtype=bool)
    for name in _MAY_BE_TOTALS:
        totals = _are_totals(t.texts[name]) if t.has(name) else np.zeros(0, dtype=bool)
        if totals.any():
            where = pick(totals, t.codes[name])
            message, remedy = say("total_row"), say("delete_total")
            found += t.problems(where & ~told, "total_row", message, column=name, remedy=remedy)
            t.mark(name, where)
            told |= where
    return found


def _are_totals(texts: np.ndarray) -> np.ndarray:
    totals = np.zeros(len(texts), dtype=bool)
    for i in [i for i, text in enumerate(texts.tolist()) if text[:2] in _BEGINNINGS]:
        totals[i] = spelled_words(texts[i]) in _SPELLED_TOTALS
    return totals


def _municipalities(t: CheckedTable) -> list[Problem]:
    if not t.has("mapped"):
        return []
    mapped = t.is_text("mapped", "yes")
    adults = tuple(c.name for c in t.table.columns if c.name in t.numbers and c.name not in ("lat", "lon"))
    found = needed(t, adults, mapped, say("is_value", name="mapped", value="yes"))
    if len(t) and not mapped.any() and t.good("mapped").all():
        found.append(t.place.error("none_mapped", say("none_mapped"), column="mapped"))
    return found


def _level1(t: CheckedTable) -> list[Problem]:
    if not t.has("spot_id"):
        return []
    counted = np.zeros(len(t), dtype=bool)
    for name in ("kp_min", "kp_max"):
        if t.has(name):
            counted |= t.numbers[name] > 0
    found = needed(t, ("spot_id",), counted, say("people_counted"))
    return found + _one_interview(t, "informant_type") + _one_interview(t, "date")


def _one_interview(t: CheckedTable, name: str) -> list[Problem]:
    """Return a notice where an interview gets a second informant or day: two of them may have one code."""
    if not t.has("interview_id", name):
        return []
    given = ~t.blank("interview_id") & ~t.blank(name) & t.good("interview_id", name)
    interview = t.codes["interview_id"]
    different = pd.DataFrame({"interview": interview, "value": t.codes[name]})[given].drop_duplicates()
    later = different["interview"].duplicated()
    first = pd.Series(different.index[~later], index=different.loc[~later, "interview"])
    where = np.zeros(len(t), dtype=bool)
    where[different.index[later]] = True

    def message(i: int) -> str:
        return say("two_interviews", row=int(t.rows[first[interview[i]]]))

    remedy = say("own_interview_code")
    return t.problems(where, "two_interviews", message, column=name, remedy=remedy, severity="notice")


def _level2(t: CheckedTable) -> list[Problem]:
    return both_or_neither(t, "peak_min", "peak_max") + _other_spots(t) + _one_interview(t, "date")


def _other_spots(t: CheckedTable) -> list[Problem]:
    """Return what is wrong with p (share_other_spots) and m (other_spots_mean) of the duplication."""
    if not t.has("share_other_spots"):
        return []
    some = t.numbers["share_other_spots"] > 0
    if not t.has("other_spots_mean"):
        message = say("partner_missing", name="share_other_spots")
        return [t.place.error("missing_column", message, column="other_spots_mean")] if some.any() else []
    found = needed(t, ("other_spots_mean",), some, say("above_0", name="share_other_spots"))
    mean = t.numbers["other_spots_mean"]

    def message_of(i: int) -> str:
        return say("mean_below_1", mean=safe_value(mean[i]))

    low = some & (mean < 1)
    remedy = say("leave_out_of_mean")
    return found + t.problems(
        low, "mean_below_1", message_of, column="other_spots_mean", remedy=remedy, severity="notice"
    )


def _people(t: CheckedTable) -> list[Problem]:
    found = []
    if t.has("spot_id", "spots_visited"):
        none = ~t.blank("spot_id") & (t.numbers["spots_visited"] < 1)
        found += t.problems(none, "no_spot_visited", say("no_spot_visited"), column="spots_visited")
    if t.has("kp", "also_kp"):
        pairs = pd.factorize(
            t.codes["kp"].astype(np.int64) * (len(t.texts["also_kp"]) + 1) + t.codes["also_kp"]
        )
        same = np.array([_same_kp(t, i) for i in _first_of(pairs[0])], dtype=bool)[pairs[0]]
        found += t.problems(same & t.good("kp", "also_kp"), "same_kp", say("same_kp"), column="also_kp")
    return found


def _first_of(codes: np.ndarray) -> np.ndarray:
    return np.unique(codes, return_index=True)[1]


def _same_kp(t: CheckedTable, i: int) -> bool:
    kp, also = t.codes["kp"][i], t.codes["also_kp"][i]
    return bool(kp >= 0 and also >= 0 and t.texts["kp"][kp] in t.texts["also_kp"][also].split())


def _virtual(t: CheckedTable) -> list[Problem]:
    return both_or_neither(t, "profiles_min", "profiles_max")


def _nonspot(t: CheckedTable) -> list[Problem]:
    return both_or_neither(t, "people_min", "people_max")


_RULES: dict[str, Callable[[CheckedTable], list[Problem]]] = {
    "municipalities": _municipalities,
    "level1": _level1,
    "level2": _level2,
    "people": _people,
    "virtual": _virtual,
    "nonspot": _nonspot,
}
