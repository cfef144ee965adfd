"""Sentences about records that can be said again in another language.

A sentence is English text, as `str` is, and remembers its key in the label files and what was filled in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pse.labels import read_texts

__all__ = ["Said", "in_language", "say"]

FOLDER = Path(__file__).with_name("sentences")


class Said(str):
    """English text with the key and the values that it was made from."""

    __slots__ = ("key", "values")
    key: str
    values: dict[str, Any]

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the sentence travel between processes with its key and values."""
        return (_said, (self.key, self.values))


def say(key: str, /, **values: Any) -> Said:
    """Return the English sentence of a key, with its values filled in.

    Parameters
    ----------
    key : str
        In the label files `problems`; of other files with their name before it: ``"imports.two_orders"``.
    **values
        What is filled in: numbers, and text that may be a sentence of its own.

    Examples
    --------
    >>> text = say("at_most", high="kp_max", low_value=30, high_value=20)
    >>> text
    'must be at most kp_max; got 30 and kp_max 20'
    >>> in_language(text, "sr-Latn")
    'mora biti najviše kp_max; nađeno je 30, a kp_max je 20'
    """
    return _said(key, values)


def in_language(text: str, lang: str) -> str:
    """Return a sentence in one of the six languages; text that is no such sentence stays as it is."""
    if not isinstance(text, Said):
        return text
    values = {
        name: in_language(value, lang) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return _text(text.key, lang).format(**values)


def _said(key: str, values: dict[str, Any]) -> Said:
    text = Said(_text(key, "en").format(**values))
    text.key, text.values = key, values
    return text


def _text(key: str, lang: str) -> str:
    section, _, name = key.rpartition(".")
    return read_texts(FOLDER, section or "problems", lang)[name]
