"""Words of the field in six languages: headings of columns, and what stands for the codes of the tables."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pse.records.imports.form_labels import label_columns, labels_of, question_texts
from pse.records.names import name_words, spelled_words
from pse.records.tables import TABLES

__all__ = ["asked_keys", "heading_words", "key_of", "label_column", "leaf_of", "word_codes", "word_key"]

_HERE = Path(__file__).parent


@cache
def key_of(text: str) -> str:
    """Return the key of words: the same in every script, with and without marks.

    Examples
    --------
    >>> key_of("Opština") == key_of("ОПШТИНА") == key_of("opstina")
    True
    """
    return " ".join(name_words(text))


@cache
def word_key(text: str) -> str:
    """Return the key of words that stand for a code: of any script, but what is not known is not guessed.

    Examples
    --------
    >>> word_key("Субота") == word_key("SUBOTA"), word_key("sat") == word_key("sati")
    (True, False)
    """
    return " ".join(spelled_words(text))


def leaf_of(heading: str) -> str:
    """Return the name of a question without the groups that Kobo (`/`) and ODK (`-`) write before it.

    Examples
    --------
    >>> leaf_of("interview/spots/kp_min"), leaf_of("interview-spots-kp_min")
    ('kp_min', 'kp_min')
    """
    return heading.rpartition("/")[2].rpartition("-")[2]


@cache
def word_codes(kind: str) -> MappingProxyType[str, str]:
    """Return `word_key` of a word -> code, of a kind: `months`, `kp`, or one of `LISTS` of our forms.

    Examples
    --------
    >>> [word_codes("days")[word_key(word)] for word in ("petak", "Петок", "e premte", "п'ятниця")]
    ['fri', 'fri', 'fri', 'fri']
    """
    given = _read("words.toml").get(kind, {})
    labels = labels_of(kind)
    return _by_key({code: (*given.get(code, ()), *labels.get(code, ())) for code in (given | labels)})


@cache
def heading_words() -> MappingProxyType[str, tuple[str, ...]]:
    """Return key of a heading -> columns that it can mean; also `geopoint`, `age` and `consent`."""
    found: dict[str, tuple[str, ...]] = {}
    labels = [pair for table in TABLES for pair in label_columns(table).items()]
    for column, words in [*_read("headings.toml").items(), *labels]:
        for key in dict.fromkeys(key_of(word) for word in (column, *words)):
            if column not in found.get(key, ()):
                found[key] = (*found.get(key, ()), column)
    return MappingProxyType(found)


@cache
def label_column(heading: str, table: str) -> str | None:
    """Return the column of a question of our form by its text in any language; groups may stand before it.

    Examples
    --------
    >>> label_column("Intervju/Vrsta ključnog informanta", "level1"), label_column("Komuna", "nonspot")
    ('informant_type', None)
    """
    found = _labels(table)
    return found.get(key_of(heading)) or found.get(key_of(heading.rpartition("/")[2]))


@cache
def _labels(table: str) -> dict[str, str]:
    return {key_of(text): column for column, texts in label_columns(table).items() for text in texts}


@cache
def asked_keys(table: str) -> MappingProxyType[str, str]:
    """Return key of the text of every question of a form -> its name, also of those that fill no column."""
    texts = question_texts(table).items()
    return MappingProxyType({key_of(text): name for name, given in texts for text in given})


def _by_key(given: Any) -> MappingProxyType[str, str]:
    found: dict[str, str] = {}
    for code, words in given.items():
        for word in words:
            found.setdefault(word_key(word), code)
    return MappingProxyType(found)


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))
