"""Texts in six languages, from label files: one file a section and language, such as `problems.sq.toml`.

Every file says at its top whether a native speaker has reviewed it (`reviewed = true` or `false`).
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

__all__ = ["LANGUAGES", "check_language", "read_texts", "was_reviewed"]

LANGUAGES = ("en", "sq", "sr-Latn", "sr-Cyrl", "mk", "uk")
"""English, Albanian, Serbian in Latin and in Cyrillic letters, Macedonian, Ukrainian."""


def check_language(lang: str) -> str:
    """Return `lang` if there are texts in it.

    Raises
    ------
    ValueError
        If it is none of the six languages.

    Examples
    --------
    >>> check_language("sq")
    'sq'
    """
    if lang not in LANGUAGES:
        raise ValueError(f"lang must be one of {', '.join(LANGUAGES)}; got {lang!r}")
    return lang


@cache
def read_texts(folder: Path, section: str, lang: str) -> Mapping[str, str]:
    """Return the texts of one section in one language, by key; read-only.

    Parameters
    ----------
    folder : pathlib.Path
        Where the label files stand.
    section : str
        What their names begin with.
    lang : str
        One of `LANGUAGES`.
    """
    given = _read(folder, section, lang)
    return MappingProxyType({key: value for key, value in given.items() if key != "reviewed"})


def was_reviewed(folder: Path, section: str, lang: str) -> bool:
    """Return whether a native speaker has reviewed these texts."""
    return bool(_read(folder, section, lang)["reviewed"])


@cache
def _read(folder: Path, section: str, lang: str) -> dict[str, str]:
    file = folder / f"{section}.{check_language(lang)}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
