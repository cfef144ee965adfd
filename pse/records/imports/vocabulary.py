"""Words of the field in six languages: headings of columns, and what stands for the codes of the tables."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pse.records.names import name_words

__all__ = ["heading_words", "key_of", "leaf_of", "word_codes"]

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
    """Return key of a word -> code, of a kind: `flag`, `status`, `kp`, `days` or `months`.

    Examples
    --------
    >>> [word_codes("days")[key_of(word)] for word in ("petak", "Петок", "e premte", "п'ятниця")]
    ['fri', 'fri', 'fri', 'fri']
    """
    return _by_key(_read("words.toml")[kind])


@cache
def heading_words() -> MappingProxyType[str, tuple[str, ...]]:
    """Return key of a heading -> columns that it can mean; also `geopoint`, `age` and `consent`."""
    found: dict[str, tuple[str, ...]] = {}
    for column, words in _read("headings.toml").items():
        for key in dict.fromkeys(key_of(word) for word in (column, *words)):
            found[key] = (*found.get(key, ()), column)
    return MappingProxyType(found)


def _by_key(given: Any) -> MappingProxyType[str, str]:
    found: dict[str, str] = {}
    for code, words in given.items():
        for word in words:
            found.setdefault(key_of(word), code)
    return MappingProxyType(found)


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))
