"""Labels of our own forms, as an export with labels writes them: questions as headings, words for codes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pse.labels import LANGUAGES
from pse.records.forms import FORMS
from pse.records.forms.choices import choice_words, kp_words
from pse.records.forms.questions import CHOICES, Question
from pse.records.said import in_language
from pse.records.tables import KPS, TABLES

__all__ = ["LISTS", "label_columns", "labels_of", "question_texts"]

LISTS = MappingProxyType({"flag": "yes_no"} | {name: name for name in CHOICES if name != "yes_no"})
"""Kind of word -> list of the forms whose labels are such words."""

_MEANT = {"found": "status", "spot_listed": "spot_id", "place": "geopoint"}
"""Question that fills no column -> the column that it would fill by itself."""


def labels_of(kind: str) -> dict[str, tuple[str, ...]]:
    """Return code -> its labels in all languages, of a kind of word; empty for a kind that no form asks.

    Examples
    --------
    >>> labels_of("sex")["female"][:2], labels_of("months")
    (('Female', 'Femër'), {})
    """
    if kind == "kp":
        return {code: tuple(kp_words(code).values()) for code in KPS}
    codes = CHOICES[LISTS[kind]] if kind in LISTS else ()
    return {code: tuple(choice_words(LISTS[kind], code).values()) for code in codes}


@cache
def question_texts(table: str) -> Mapping[str, tuple[str, ...]]:
    """Return question -> its text in all languages, of the form of a table; empty where there is no form."""
    form = FORMS.get(table)
    asked = [q for q in form.questions if not q.type.startswith(("begin_", "end_"))] if form else []
    return MappingProxyType({question.name: _texts(question) for question in asked if question.label})


def _texts(question: Question) -> tuple[str, ...]:
    return tuple(in_language(question.label or "", lang) for lang in LANGUAGES)


@cache
def label_columns(table: str) -> Mapping[str, tuple[str, ...]]:
    """Return column -> texts of the question that is about it, of the form of a table.

    Examples
    --------
    >>> label_columns("level2")["status"][0], label_columns("nonspot")
    ('What did you find at the spot?', mappingproxy({}))
    """
    known = (*TABLES[table].by_name, "geopoint")
    texts = question_texts(table)
    named = {_MEANT.get(name, name): words for name, words in texts.items()}
    return MappingProxyType({column: words for column, words in named.items() if column in known})
