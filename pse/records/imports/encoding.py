"""Which encoding a text file has: by its mark, by UTF-8's own rules, else by the spelling of its words."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from pse.records.said import Said, say

__all__ = ["Decoded", "decode"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_ALPHABETS = (
    "abcčćdđefghijklmnopqrsštuvwxyzžëç",  # English, Serbian, Albanian
    "абвгдђежзијклљмнњопрстћуфхцчџш",  # Serbian
    "абвгдѓежзѕијклљмнњопрстќуфхцчџш",  # Macedonian
    "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",  # Ukrainian
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",  # Russian
)
_SIGNS = "'’‘\"“”„«»–—-…()./ "  # beside the letters of a word
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_SPELLED = 0.9  # share of words spelled in one alphabet that decides
_APART = 0.3  # the other encoding must be so much worse
_LOOKED_AT = 20_000  # words


@dataclass(frozen=True, repr=False)
class Decoded:
    """A text, or None when its encoding cannot be told; `reason` says what was assumed and why."""

    text: str | None
    reason: Said | None = None


def decode(data: bytes) -> Decoded:
    """Return a file as text.

    Examples
    --------
    >>> decode("Приштина; Митровица".encode("cp1251")).text
    'Приштина; Митровица'
    >>> decode("Peć; Đakovica; Štrpce".encode("cp1250")).text
    'Peć; Đakovica; Štrpce'
    >>> decode(bytes(range(128, 256))).text is None
    True
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], codec, name)
    codec = _utf16(data)
    if codec:
        return _marked(data, codec, "UTF-16")
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _by_spelling(data)


def _marked(data: bytes, codec: str, name: str) -> Decoded:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return Decoded(None, say("imports.broken_encoding", encoding=name))
    return Decoded(text, say("imports.read_as_marked", encoding=name) if name == "UTF-16" else None)


def _utf16(data: bytes) -> str:
    """Return the byte order of UTF-16 without a mark: every second byte of its commas and digits is 0."""
    start = data[:65_536]
    odd, even = start[1::2].count(0), start[::2].count(0)
    if max(odd, even) < len(start) // 10:
        return ""
    return "utf-16-le" if odd > 10 * even else "utf-16-be" if even > 10 * odd else ""


def _by_spelling(data: bytes) -> Decoded:
    words = [found[0] for found in _WORD.finditer(data) if len(found[0]) > 1][:_LOOKED_AT]
    shares = {name: _spelled(words, codec) for name, codec in (("1250", "cp1250"), ("1251", "cp1251"))}
    best, other = sorted(shares, key=lambda name: -shares[name])
    if not words or shares[best] < _SPELLED or shares[best] - shares[other] < _APART:
        return Decoded(None, say("imports.unknown_encoding"))
    try:
        text = data.decode(f"cp{best}")
    except UnicodeDecodeError:
        return Decoded(None, say("imports.unknown_encoding"))
    percent = round(100 * shares[best])
    return Decoded(
        text, say("imports.read_as_spelled", encoding=f"Windows-{best}", words=len(words), percent=percent)
    )


def _spelled(words: list[bytes], codec: str) -> float:
    """Return the share of words whose letters are of one alphabet, in an order of case that people write."""
    if not words:
        return 0
    return sum(_is_word(word.decode(codec, errors="replace")) for word in words) / len(words)


def _is_word(word: str) -> bool:
    """Return whether one of our languages could write this: its letters only, and capitals at the start."""
    word = word.strip(_SIGNS)
    plain = "".join(c for c in word if c not in _SIGNS)
    cased = plain.islower() or plain.isupper() or plain == plain.capitalize()
    return cased and any(set(plain.lower()) <= set(alphabet) for alphabet in _ALPHABETS)
