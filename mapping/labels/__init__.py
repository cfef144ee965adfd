"""Texts in six languages, from label files; and numbers as each language writes them.

A section has one file a language: `maps.sq.toml` holds the Albanian texts of maps. Every file says at its
top whether a native speaker has reviewed it (`reviewed = true` or `false`).
"""

from collections.abc import Mapping
from pathlib import Path

from pse.labels import LANGUAGES, check_language, read_texts, was_reviewed

__all__ = ["LANGUAGES", "check_language", "number", "reviewed", "texts"]

FOLDER = Path(__file__).parent

_GROUP = {"en": ",", "sq": "\u00a0", "sr-Latn": ".", "sr-Cyrl": ".", "mk": ".", "uk": "\u00a0"}
_DECIMAL = {"en": ".", "sq": ",", "sr-Latn": ",", "sr-Cyrl": ",", "mk": ",", "uk": ","}
# Marks for groups of digits and for decimals as the Unicode CLDR gives them for these languages.


def texts(section: str, lang: str) -> Mapping[str, str]:
    """Return the texts of one section in one language, by key.

    Parameters
    ----------
    section : str
        Such as ``maps``, ``web``, ``release``; the label files have its name.
    lang : str
        One of `LANGUAGES`.

    Returns
    -------
    Mapping
        Key to text; a text may hold ``{names}`` to fill with `str.format`. Read-only.

    Examples
    --------
    >>> texts("days", "sq")["mon"]
    'e hënë'
    """
    return read_texts(FOLDER, section, lang)


def reviewed(section: str, lang: str) -> bool:
    """Return whether a native speaker has reviewed these texts."""
    return was_reviewed(FOLDER, section, lang)


def number(value: float, lang: str, *, decimals: int = 0) -> str:
    """Return a number as the language writes it; halves go up, as in every print of this toolkit.

    Examples
    --------
    >>> number(5036.5, "en"), number(1234.56, "sr-Latn", decimals=1)
    ('5,037', '1.234,6')
    """
    from pse.estimate import round_people

    scale = 10**decimals
    text = f"{round_people(value * scale) / scale:,.{decimals}f}"
    return text.translate({ord(","): _GROUP[check_language(lang)], ord("."): _DECIMAL[lang]})
