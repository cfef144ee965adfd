"""Words for codes: yes and no, days, hours, status and KP, as they are written in the six languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np

from pse.records.imports.vocabulary import word_codes, word_key
from pse.records.raw import cell_text
from pse.records.tables import DAYS

__all__ = ["as_words"]

NO_KPS: Mapping[str, str] = MappingProxyType({})
_BETWEEN = re.compile(r"[\s,;/|+]+")
_HOURS = re.compile(
    r"(\d{1,2})(?:[:.](\d{2}))?\s*h?\s*(?:-|–|—|\bdo\b|\bто\b|\bдо\b|\bderi\b|\bto\b)\s*(\d{1,2})(?:[:.](\d{2}))?\s*h?",
    re.I,
)
_LABEL = re.compile(r"[^()]*\([^()]*\)")
_MARKS = " \t\n,;/|+"
_AND = ("", *map(word_key, ("and", "dhe", "i", "та", "й")))  # keys of what may stand between; `&` has none
_FIRST = re.compile(r"([\w-]+?)\s*(?:[-–—:.)]\s|\().+")  # `FSW - female sex workers` of a form
_LAST = re.compile(r".+\(([^()]+)\)")  # `Female sex workers (FSW)` of ours


def as_words(cells: np.ndarray, kind: str, kps: Mapping[str, str] = NO_KPS) -> np.ndarray:
    """Return a column with words replaced by their codes; what is not known stays as it is.

    Parameters
    ----------
    cells : numpy.ndarray of object
        Cells as found.
    kind : str
        What the words are: `kp`, `kps`, `hours`, or one of `LISTS` of our forms, such as `flag`.
    kps : mapping of str to str
        KP codes of the study, and what it calls them: that comes before the usual names.

    Examples
    --------
    >>> as_words(np.array(["Po", "НЕ", "maybe"], dtype=object), "flag").tolist()
    ['yes', 'no', 'maybe']
    >>> as_words(np.array(["petak, subota", "fri sat", "E premte E shtunë"], dtype=object), "days").tolist()
    ['fri sat', 'fri sat', 'fri sat']
    >>> as_words(np.array(["18:00-02:00", "18h - 24h"], dtype=object), "hours").tolist()
    ['18-24 00-02', '18-24']
    >>> as_words(np.array(["Clients", "FSW/MSM"], dtype=object), "kp", {"CLIENT": "Clients"}).tolist()
    ['CLIENT', 'FSW/MSM']
    """
    texts = {value: cell_text(value) for value in {v for v in cells if v is not None}}
    read = _reader(kind, kps)
    new = {v: text if text in kps else read(text) or text for v, text in texts.items()}
    return np.array([None if v is None else new[v] for v in cells], dtype=object)


def _reader(kind: str, kps: Mapping[str, str]) -> Callable[[str], str]:
    """Return what gives the code or codes of a text, empty where it is not understood."""
    if kind == "hours":
        return _hours
    if kind == "days":
        return _days
    if kind in ("kp", "kps"):
        return partial(_kp if kind == "kp" else _kps, words=_kp_words(kps))
    return lambda text: word_codes(kind).get(word_key(text), "")


def _kp_words(kps: Mapping[str, str]) -> dict[str, str]:
    """Return key of a word -> code: codes first, then what the study calls them; empty for a name of two."""
    codes: dict[str, set[str]] = {}
    for code, name in kps.items():
        codes.setdefault(word_key(name), set()).add(code)
    named = {key: of.pop() if len(of) == 1 else "" for key, of in codes.items()}
    return {**word_codes("kp"), **named, **{word_key(code): code for code in kps}}


def _kp(text: str, words: Mapping[str, str]) -> str:
    """Return the code of a name, or of the only KP named where its code stands first, or last in brackets."""
    if word_key(text) in words:
        return words[word_key(text)]
    codes, alone = _named(text, words)
    marked = {words.get(word_key(m[1])) for m in (_FIRST.fullmatch(text), _LAST.fullmatch(text)) if m}
    return codes[0] if len(set(codes)) == 1 and (alone or codes[0] in marked) else ""


def _named(text: str, words: Mapping[str, str]) -> tuple[list[str], bool]:
    """Return the codes of the names in a text, each the longest there is, and whether it holds them alone."""
    codes, alone, rest = [], True, word_key(text).split()
    while rest:
        longest = next((n for n in range(len(rest), 0, -1) if words.get(" ".join(rest[:n]))), 0)
        if longest:
            codes.append(words[" ".join(rest[:longest])])
        else:
            alone = alone and rest[0] in _AND
        rest = rest[longest or 1 :]
    return codes, alone


def _kps(text: str, words: Mapping[str, str]) -> str:
    """Return the codes of several KPs, one name after the other, or labels that each end in brackets."""
    codes, alone = _named(text, words)
    if not alone:
        codes = [_kp(label, words) for label in _labels(text)]
    return " ".join(dict.fromkeys(codes)) if all(codes) else ""


def _labels(text: str) -> list[str]:
    """Return the labels in brackets that a text is made of; none where one of them may be two."""
    labels = [label.strip(_MARKS) for label in _LABEL.findall(text)]
    more = _LABEL.sub("", text).strip(_MARKS) or any(mark in label for label in labels for mark in ",;/|+")
    return [] if more else labels


def _days(text: str) -> str:
    """Return days in the order of the week; articles of Albanian (`e premte`) are passed over."""
    words = [word for word in _BETWEEN.split(text) if word_key(word) not in ("e", *_AND)]
    found = [word_codes("days").get(word_key(word)) for word in words]
    return " ".join(day for day in DAYS if day in found) if words and all(found) else ""


def _hours(text: str) -> str:
    """Return whole hours; a night that goes on after midnight becomes two parts."""
    found = list(_HOURS.finditer(text))
    between = [part for part in _BETWEEN.split(_HOURS.sub(" ", text)) if word_key(part) not in _AND]
    if not found or between or any(m[2] not in (None, "00") for m in found):
        return ""
    if any(m[4] not in (None, "00") for m in found):
        return ""
    parts = []
    for one in found:
        start, end = int(one[1]), int(one[3])
        if max(start, end) > 24:
            return ""
        start %= 24
        if end > start:
            parts.append((start, end))
        elif end < start:
            parts += [(start, 24), (0, end)] if end else [(start, 24)]
    return " ".join(f"{start:02d}-{end:02d}" for start, end in parts)
