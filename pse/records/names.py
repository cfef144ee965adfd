"""Names of places across scripts: one key for Prishtina, Prishtinë, Priština and Приштина.

Names stay as they were entered; they are matched by key and can be shown in the reader's script. Keys are
for matching only and are never printed: they fold sounds together that a reader would miss.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pse.labels import check_language

__all__ = [
    "in_script",
    "mixed_words",
    "name_key",
    "name_words",
    "place_code",
    "place_name",
    "spelled_words",
    "town_name",
]

GAZETTEERS = Path(__file__).with_name("gazetteer")

# Letters of Serbian, Macedonian, Ukrainian and Russian, in the Latin of the key.
_CYRILLIC = str.maketrans(
    "абвгґдѓђеёєжзиіїйјклмнопрстћќуўфхцчшщыэ",
    "abvggdgdeeezziiijjklmnoprstckuufhccssie",
    "ъь",
) | {ord("љ"): "lj", ord("њ"): "nj", ord("ѕ"): "dz", ord("џ"): "dz", ord("ю"): "ju", ord("я"): "ja"}
_LATIN = str.maketrans("đðłıæø", "ddlieo", "'’ʼ`ʹ")
# Pairs of letters that one of these languages writes for a single sound that another writes with a mark.
_PAIRS = {
    "shtsh": "s", "dzh": "dz", "zh": "z", "sh": "s", "ch": "c", "kh": "h", "th": "t", "dh": "d",
    "xh": "dz", "gj": "g", "dj": "d", "lj": "l", "nj": "n", "kj": "k", "ts": "c",
}  # fmt: skip
_SOUNDS = _PAIRS | {"q": "c", "x": "dz", "w": "v", "y": "i", "j": "i"}


def _exchange(sounds: Mapping[str, str]) -> Callable[[str], str]:
    """Return what puts one letter for each of these sounds of a word, the longest first."""
    pattern = re.compile("|".join(sorted(sounds, key=len, reverse=True)))
    return lambda word: pattern.sub(lambda found: sounds[found[0]], word)


_without_pairs, _without_sounds = _exchange(_PAIRS), _exchange(_SOUNDS)
_TWICE = re.compile(r"(.)\1+")
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC_LETTER, _LATIN_LETTER = re.compile("[\u0400-\u04ff]"), re.compile("[A-Za-z\u00c0-\u024f]")
_SHORTEST_STEM = 3
_ENDING = re.compile("(?:se|es|it|ut|[aeiou])$")


def name_key(name: str) -> str:
    """Return the key of a name: the same in every script, with and without marks, definite or not.

    Parameters
    ----------
    name : str
        A name as entered, in Latin or Cyrillic letters.

    Returns
    -------
    str
        For a municipality of the gazetteer its code, whatever its language; for any other name its letters
        and digits folded: case, marks, Cyrillic, pairs such as sh and š, and the
        Albanian case endings of each word. Empty for a name without letters and digits.

    Examples
    --------
    >>> {name_key(name) for name in ("Gjakova", "Đakovica", "Djakovica", "Ђаковица", "Ѓаковица")}
    {'gjakove'}
    >>> name_key("Kafe Šumica") == name_key("КАФЕ  ШУМИЦА") == name_key("kafe shumica")
    True
    """
    key = fold(name)
    return _codes().get(key, key)


def place_code(name: str) -> str | None:
    """Return the gazetteer's code of a municipality by any of its names; None if it is not known.

    Examples
    --------
    >>> place_code("Пећ"), place_code("Peja"), place_code("Nowhere")
    ('peje', 'peje', None)
    """
    return _codes().get(fold(name))


def place_name(code: str, lang: str) -> str:
    """Return how a municipality of the gazetteer is called in one of the six languages.

    English shows the Albanian indefinite form.

    Raises
    ------
    KeyError
        If the gazetteer has no such code.

    Examples
    --------
    >>> place_name("peje", "sr-Cyrl"), place_name("peje", "sq"), place_name("peje", "uk")
    ('Пећ', 'Pejë', 'Печ')
    """
    forms = _gazetteer()[code]
    lang = check_language(lang)
    if lang == "sr-Cyrl":
        return in_script(forms["sr"][0], "Cyrl")
    return forms[{"en": "sq", "sr-Latn": "sr"}.get(lang, lang)][0]


def town_name(row: Mapping[Any, Any], lang: str) -> str:
    """Return a name from a column such as `name_sr`, else from the gazetteer, else as it was entered.

    `row` is one of the table of municipalities. The gazetteer has no English: there it is as it was entered.

    Examples
    --------
    >>> town_name({"name": "Peja", "name_sr": "Peć"}, "sr-Cyrl"), town_name({"name": "Peja"}, "sq")
    ('Пећ', 'Pejë')
    """
    given = row.get(f"name_{lang[:2]}")
    if isinstance(given, str):
        if lang.startswith("sr"):
            return in_script(given, "Cyrl" if lang == "sr-Cyrl" else "Latn")
        return given
    code = None if lang == "en" else place_code(row["name"])
    return str(row["name"]) if code is None else place_name(code, lang)


def mixed_words(text: str) -> int:
    """Return how many words mix Cyrillic and Latin letters: look-alikes such as Cyrillic с in "сafe".

    Such a word looks right and matches nothing. The word itself is never returned.

    Examples
    --------
    >>> mixed_words("c\u0430fe Roma"), mixed_words("cafe Рома")
    (1, 0)
    """
    if text.isascii():
        return 0
    return sum(
        bool(_CYRILLIC_LETTER.search(word) and _LATIN_LETTER.search(word)) for word in _WORD.findall(text)
    )


_SERBIAN = {
    "lj": "љ", "nj": "њ", "dž": "џ", "a": "а", "b": "б", "v": "в", "g": "г", "d": "д", "đ": "ђ", "e": "е",
    "ž": "ж", "z": "з", "i": "и", "j": "ј", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п",
    "r": "р", "s": "с", "t": "т", "ć": "ћ", "u": "у", "f": "ф", "h": "х", "c": "ц", "č": "ч", "š": "ш",
}  # fmt: skip
_TO_CYRILLIC = re.compile("|".join(_SERBIAN), re.IGNORECASE)
_TO_LATIN = {cyrillic: latin for latin, cyrillic in _SERBIAN.items()}


def in_script(text: str, script: Literal["Latn", "Cyrl"]) -> str:
    """Return a Serbian text in the other of its two scripts; letters it does not have stay as they are.

    Examples
    --------
    >>> in_script("Đurđevak Njegoš", "Cyrl"), in_script("Ђурђевак Његош", "Latn")
    ('Ђурђевак Његош', 'Đurđevak Njegoš')
    """
    if script == "Cyrl":
        return _TO_CYRILLIC.sub(
            lambda found: _cased(_SERBIAN.get(found[0].lower(), found[0]), found[0]), text
        )
    return "".join(_cased(_TO_LATIN.get(letter.lower(), letter.lower()), letter) for letter in text)


def _cased(new: str, old: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def fold(name: str) -> str:
    """Return the folded letters and digits of a name, without asking the gazetteer."""
    return "".join(name_words(name))


@cache
def name_words(name: str) -> tuple[str, ...]:
    """Return the folded words of a name, as `name_key` puts them together.

    Examples
    --------
    >>> name_words("Kafe Šumica 2")
    ('kaf', 'sumic', '2')
    """
    words = re.findall(r"[^\W_]+", _plain(name))
    return tuple(_stem(_TWICE.sub(r"\1", _without_sounds(word))) for word in words)


@cache
def spelled_words(text: str) -> tuple[str, ...]:
    """Return the words of a text in plain Latin letters and nothing guessed: no ending is cut.

    A question mark stays, as a word of its own: who writes "yes?" does not say yes.

    Examples
    --------
    >>> spelled_words("Четвртак"), spelled_words("cetvrtak"), spelled_words("Čet?")
    (('cetvrtak',), ('cetvrtak',), ('cet', '?'))
    """
    return tuple(_without_pairs(word) for word in re.findall(r"[^\W_]+|\?", _plain(text)))


def _plain(text: str) -> str:
    """Return a text in small Latin letters without marks."""
    small = unicodedata.normalize("NFC", text).casefold().translate(_CYRILLIC).translate(_LATIN)
    return "".join(c for c in unicodedata.normalize("NFKD", small) if not unicodedata.combining(c))


def _stem(word: str) -> str:
    """Return a word without Albanian endings: Prishtina, Prishtinë, Prishtinës; Gjilan, Gjilani."""
    stem = _ENDING.sub("", word)
    return word if len(stem) < _SHORTEST_STEM or stem == word else _stem(stem)


@cache
def _gazetteer() -> MappingProxyType[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(GAZETTEERS.glob("*.toml")):
        found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType(found)


@cache
def _codes() -> MappingProxyType[str, str]:
    """Return the folded form of every name -> code."""
    forms = {
        fold(name): code
        for code, by_language in _gazetteer().items()
        for names in by_language.values()
        for name in names
    }
    return MappingProxyType(forms | {fold(code): code for code in _gazetteer()})
