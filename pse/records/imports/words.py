"""Words for codes: yes and no, days, hours, status and KP, as they are written in the six languages."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from pse.records.imports.form_labels import LISTS
from pse.records.imports.vocabulary import key_of, word_codes
from pse.records.raw import cell_text
from pse.records.tables import DAYS

__all__ = ["as_words"]

_BETWEEN = re.compile(r"[\s,;/|+]+")
_HOURS = re.compile(
    r"(\d{1,2})(?:[:.](\d{2}))?\s*h?\s*(?:-|–|—|\bdo\b|\bто\b|\bдо\b|\bderi\b|\bto\b)\s*(\d{1,2})(?:[:.](\d{2}))?\s*h?",
    re.I,
)
_BETWEEN_HOURS = re.compile(r"[\s,;/|]+|\band\b|\bi\b|\bdhe\b|\bи\b|\bта\b")
_CODE_LAST = re.compile(r"\(([A-Z]{2,5})\)$")  # `Female sex workers (FSW)` of ours
_CODE_FIRST = re.compile(r"([A-Z]{2,5})\b\W")  # `FSW - female sex workers` of a form


def as_words(cells: np.ndarray, kind: str, known: tuple[str, ...] = ()) -> np.ndarray:
    """Return a column with words replaced by their codes; what is not known stays as it is.

    Parameters
    ----------
    cells : numpy.ndarray of object
        Cells as found.
    kind : str
        What the words are: `kp`, `kps`, `hours`, or one of `LISTS` of our forms, such as `flag`.
    known : tuple of str
        Codes that are right as they stand.

    Examples
    --------
    >>> as_words(np.array(["Po", "НЕ", "maybe"], dtype=object), "flag").tolist()
    ['yes', 'no', 'maybe']
    >>> as_words(np.array(["petak, subota", "fri sat", "E premte E shtunë"], dtype=object), "days").tolist()
    ['fri sat', 'fri sat', 'fri sat']
    >>> as_words(np.array(["18:00-02:00", "18h - 24h"], dtype=object), "hours").tolist()
    ['18-24 00-02', '18-24']
    """
    texts = {value: cell_text(value) for value in {v for v in cells if v is not None}}
    read = _READERS[kind]
    new = {v: text if text in known else read(text) or text for v, text in texts.items()}
    return np.array([None if v is None else new[v] for v in cells], dtype=object)


def _kp(text: str) -> str:
    code = word_codes("kp").get(key_of(text), "")
    beside = _CODE_FIRST.match(text) or _CODE_LAST.search(text)
    return code or (word_codes("kp").get(key_of(beside[1]), "") if beside else "")


def _kps(text: str) -> str:
    """Return the codes of several KPs: a word each, or labels that end in brackets, one after the other."""
    parts = re.findall(r"[^()]*\([^()]*\)", text)
    if not parts or "".join(parts) != text:
        parts = [part for part in _BETWEEN.split(text) if part]
    found = [_kp(part.strip(" ,;/|+")) for part in parts]
    return " ".join(dict.fromkeys(found)) if all(found) else _kp(text)


def _choice(kind: str) -> Callable[[str], str]:
    """Return what reads the words of a list of our forms."""
    return lambda text: word_codes(kind).get(key_of(text), "")


def _days(text: str) -> str:
    """Return days in the order of the week; articles of Albanian (`e premte`) are passed over."""
    words = [word for word in _BETWEEN.split(text) if key_of(word) not in ("e", "")]
    found = [word_codes("days").get(key_of(word)) for word in words]
    return " ".join(day for day in DAYS if day in found) if words and all(found) else ""


def _hours(text: str) -> str:
    """Return whole hours; a night that goes on after midnight becomes two parts."""
    found = list(_HOURS.finditer(text))
    rest = _HOURS.sub(" ", text)
    if not found or _BETWEEN_HOURS.sub("", rest) or any(m[2] not in (None, "00") for m in found):
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


_READERS: dict[str, Callable[[str], str]] = {
    **{kind: _choice(kind) for kind in LISTS},
    "kp": _kp,
    "kps": _kps,
    "days": _days,
    "hours": _hours,
}
