"""Personal data at the door: phones, mail, national numbers, handles, links, places and names in text.

No detector finds everything: this one knows the forms of Kosovo and its neighbours, Ukraine and Moldova. What
it finds is told by row, column and kind; what was written is never repeated.

Sources
-------
JMBG and EMBG: check digit of the former Yugoslav number (weights 7 6 5 4 3 2 twice, modulo 11). RNOKPP:
weights -1 5 7 9 4 6 10 5 7, modulo 11, then modulo 10 (State Tax Service of Ukraine). Albanian NID: form and
date of birth only (a letter for the decade, month + 50 for women, a letter A to W at the end). Kosovo's
personal number: ten digits, no public check digit known to us, so any ten digits alone that begin with 1 or 2
are told. Phone numbers: national numbering plans as published by the ITU, by length and first digits.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

from pse.records.names import name_words

__all__ = ["KINDS", "PLATFORMS", "Kind", "is_site", "lost_zero", "personal_heading", "personal_kinds"]

Kind = Literal["phone", "mail", "national_number", "handle", "link", "place", "name"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PLATFORMS = ("platform", "platform_type")
"""Columns in which the name of a web site is meant."""

_MAIL = re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|org|net|info|app|me|al|rs|mk|ua|md|ks)(?:/\S*)?(?![\w@])", re.I
)
_SITE = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+/?", re.IGNORECASE)
_HANDLE = re.compile(
    r"(?<![\w.@])@[A-Za-z][\w.]{2,}|\b(?:telegram|viber|whatsapp|instagram|insta|facebook|fb|tiktok|grindr|"
    r"snapchat|skype|телеграм|вайбер|инстаграм|інстаграм|фейсбук)\b\s*[:=@]\s*\S{3,}",
    re.IGNORECASE,
)
_DIGIT_RUN = re.compile(r"(?<![\w.,])(?:\+|00)?\(?\d[\d\s()./–-]{5,20}\d(?![\w])")
_DECIMALS = re.compile(
    r"(?<![\d.,])-?\d{1,2}[.,]\d{3,}\s*[°]?\s*[NSEW]?\s*[,;/ ]\s*[NSEW]?\s*-?\d{1,3}[.,]\d{3,}"
)
_DEGREES = re.compile(r"\d{1,3}\s*°\s*\d{1,2}\s*['’′]")
_LONG_NUMBER = re.compile(r"(?<!\d)\d{10}(?!\d)|(?<!\d)\d{13}(?!\d)")
_NID = re.compile(r"(?<![A-Za-z0-9])([A-Ta-t0-9])(\d)(\d{2})(\d{2})\d{3}([A-Wa-w])(?![A-Za-z0-9])")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COUNTRIES = ("383", "381", "389", "355", "382", "380", "373", "387", "385")
_MOBILE = re.compile(  # after the leading 0, by country: XK, RS and ME, AL, MK, UA, MD
    r"4[3-9]\d{6}|6[0-9]\d{6,7}|6[6-9]\d{7}|7[0-9]\d{6}|(?:39|50|63|6[6-8]|73|9[1-9])\d{7}|[67]\d{7}"
)
_LANDLINE = re.compile(r"(?:1\d|2\d{1,2}|3\d{1,2}|4[0-8]\d?|5\d)\d{5,7}")

_JMBG_WEIGHTS = (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_RNOKPP_WEIGHTS = (-1, 5, 7, 9, 4, 6, 10, 5, 7)


def personal_kinds(text: str) -> tuple[Kind, ...]:
    """Return the kinds of personal data that a text seems to hold, in the order of `KINDS`.

    A random id, as phones give to interviews, is none, whatever digits stand in it.

    Examples
    --------
    >>> personal_kinds("call 044 123 456 or ana@example.org"), personal_kinds("behind the station, 20-30")
    (('phone', 'mail'), ())
    """
    return () if _UUID.fullmatch(text) else tuple(kind for kind in KINDS if _FINDERS[kind](text))


def is_site(text: str) -> bool:
    """Return whether a text is the name of a web site and nothing on it, as platforms are called.

    Examples
    --------
    >>> is_site("www.example.org"), is_site("example.org/ana")
    (True, False)
    """
    return bool(_SITE.fullmatch(text))


def lost_zero(text: str) -> bool:
    """Return whether a number that stands alone is a mobile number whose first 0 a spreadsheet dropped.

    Codes may look the same, so only columns of text should be asked.

    Examples
    --------
    >>> lost_zero("44123456"), lost_zero("60"), lost_zero("Bar 44123456")
    (True, False, False)
    """
    return text.isdecimal() and bool(_MOBILE.fullmatch(text))


def _has_phone(text: str) -> bool:
    return any(_is_phone(run) for run in _number_runs(text))


def _number_runs(text: str) -> Iterator[str]:
    """Yield runs of digits with the marks that phone numbers have between them; not dates, not ranges."""
    for found in _DIGIT_RUN.finditer(text):
        run = found[0].strip(" .-–/(")
        if not re.search(r"\s[-–]\s|\d\s*[–]\s*\d", run):
            yield run


def _is_phone(run: str) -> bool:
    digits = re.sub(r"\D", "", run)
    abroad = run.startswith(("+", "00"))
    national = digits.removeprefix("00") if abroad else digits
    if abroad:
        return any(national.startswith(code) and 7 <= len(national) - 3 <= 10 for code in _COUNTRIES) or (
            run.startswith("+") and 9 <= len(national) <= 15
        )
    if digits.startswith("0"):
        rest = digits[1:]
        return bool(_MOBILE.fullmatch(rest) or _LANDLINE.fullmatch(rest))
    if any(digits.startswith(code) and 8 <= len(digits) - 3 <= 9 for code in _COUNTRIES):
        return True
    return bool(re.fullmatch(r"[4-79]\d[\s./-]\d{3}[\s.-]?\d{3,4}", run))


def _has_national_number(text: str) -> bool:
    return any(_is_national_number(found[0]) for found in _LONG_NUMBER.finditer(text)) or any(
        _is_date(int(month) % 50, int(day)) for _, _, month, day, _ in _NID.findall(text)
    )


def _is_national_number(digits: str) -> bool:
    values = [int(digit) for digit in digits]
    if len(values) == 13:
        check = 11 - sum(w * v for w, v in zip(_JMBG_WEIGHTS, values, strict=False)) % 11
        dated = _is_date(int(digits[2:4]), int(digits[:2]))
        return dated and values[12] == (0 if check > 9 else check)
    total = sum(w * v for w, v in zip(_RNOKPP_WEIGHTS, values, strict=False))
    return values[9] == total % 11 % 10 or digits[0] in "12"


def _is_date(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def _has_place(text: str) -> bool:
    return bool(_DECIMALS.search(text)) or len(_DEGREES.findall(text)) >= 2


_WORD = re.compile(r"[^\W\d_]+")


def _has_name(text: str) -> bool:
    """Return whether a given name of the region, or a title, stands before another word with a capital."""
    words = _WORD.findall(text)
    for word, following in pairwise(words):
        if not (word[:1].isupper() and following[:1].isupper() and len(following) > 2):
            continue
        folded = "".join(name_words(word))
        if folded in _words().given_names or (folded in _words().titles and word[1:].islower()):
            return True
    return False


@dataclass(frozen=True)
class _Words:
    """Words of the data file, folded."""

    titles: frozenset[str]
    given_names: frozenset[str]
    headings: dict[str, str]


@cache
def _words() -> _Words:
    given = tomllib.loads(Path(__file__).with_name("personal_words.toml").read_text(encoding="utf-8"))
    return _Words(
        frozenset(name_words(given["titles"])),
        frozenset(word for names in given["given_names"].values() for word in name_words(names)),
        {word: kind for kind, words in given["headings"].items() for word in name_words(words)},
    )


_FINDERS: dict[Kind, Callable[[str], bool]] = {
    "phone": _has_phone,
    "mail": lambda text: bool(_MAIL.search(text)),
    "national_number": _has_national_number,
    "handle": lambda text: bool(_HANDLE.search(_MAIL.sub(" ", text))),
    "link": lambda text: bool(_LINK.search(_MAIL.sub(" ", text))),
    "place": _has_place,
    "name": _has_name,
}


def personal_heading(heading: str) -> str:
    """Return what a column heading promises, in any of the languages: such as ``"phone"``; empty for none.

    Examples
    --------
    >>> personal_heading("Nr. i telefonit"), personal_heading("Презиме"), personal_heading("kp_min")
    ('phone', 'name', '')
    """
    spaced = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])|[_/-]", " ", re.sub("['’ʼ]", "", heading))
    words = name_words(spaced)
    for word in (*words, *map("".join, pairwise(words))):
        if word in _words().headings:
            return _words().headings[word]
    return ""
