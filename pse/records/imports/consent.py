"""Interviews without consent: which heading asks for it, in any language, and which rows lack a clear yes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from pse.labels import LANGUAGES
from pse.records.imports.columns import CONSENT, Rules
from pse.records.imports.convert import with_values
from pse.records.imports.grid import Grid
from pse.records.imports.moved import gathered_cells
from pse.records.imports.vocabulary import heading_words, key_of, leaf_of
from pse.records.imports.words import as_words
from pse.records.problems import Problem
from pse.records.said import in_language, say

__all__ = ["asks_consent", "consent_problem", "lacks_consent"]

_AGREED = "agreed"  # the same question of our level 2, where the visit stays without the answers
_VISITS = "level2"
_MOST = 0.5


def asks_consent(heading: str, table: str, cells: Sequence[object] = ()) -> bool:
    """Return whether a heading asks for consent: by our own name, a known heading, or the text of our forms.

    A heading in which the word stands among others, such as `Consent (yes/no)`, asks for it where most of its
    filled cells say yes or no; so notes and numbers of papers do not.

    Examples
    --------
    >>> asks_consent("interview/consent", "level1"), asks_consent("A pranoni të merrni pjesë?", "people")
    (True, True)
    >>> asks_consent("agreed", "level2"), asks_consent("agreed", "level1"), asks_consent("Komuna", "level1")
    (True, False, False)
    """
    names = (CONSENT, _AGREED) if table == _VISITS else (CONSENT,)
    if leaf_of(heading) in names:
        return True
    keys = {key_of(heading), key_of(heading.rpartition("/")[2])}
    known = any(
        CONSENT in heading_words().get(key, ())
        or any(f" {part} " in f" {key} " for part in _question_parts())
        for key in keys
    )
    return known or (bool(_words() & set(key_of(heading).split())) and _are_answers(cells))


@cache
def _words() -> frozenset[str]:
    """Return the keys of the known headings of one word."""
    return frozenset(key for key, meant in heading_words().items() if CONSENT in meant and " " not in key)


def _are_answers(cells: Sequence[object]) -> bool:
    filled = np.array([cell for cell in cells if cell is not None], dtype=object)
    return len(filled) > 0 and bool(np.mean(np.isin(as_words(filled, "flag"), ("yes", "no"))) >= _MOST)


@cache
def _question_parts() -> frozenset[str]:
    """Return the keys of the first and the last sentence of the question: offices shorten it to either."""
    texts = [in_language(say("forms.consent"), lang) for lang in LANGUAGES]
    sentences = [text.split(". ") for text in texts]
    return frozenset(key_of(part) for parts in sentences for part in (parts[0], parts[-1]))


def lacks_consent(grid: Grid, rules: Sequence[Rules]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows without consent, and those of them whose answer is neither yes nor no.

    Parameters
    ----------
    grid : Grid
        A form or a repeat.
    rules : sequence of Rules
        Of the tables that its rows go to.

    Notes
    -----
    Level 2 records what the team found also where nobody was asked or all refused: there a blank answer is
    none that is missing, and a row whose status is `refused` stays.
    """
    lacking = np.zeros(len(grid.rows), dtype=bool)
    unclear = lacking.copy()
    for one in rules:
        for answers in _answers(grid, one):
            missing = answers != "yes"
            if one.table == _VISITS:
                missing &= (answers != None) & ~_refused(grid, one)  # noqa: E711 (cell by cell)
            lacking |= missing
            unclear |= missing & (answers != "no")
    return lacking, unclear


def _answers(grid: Grid, rules: Rules) -> Iterator[np.ndarray]:
    """Yield what was answered to each question, in whichever group it stood; two answers are none."""
    asked: dict[str, np.ndarray] = {}
    for heading in _asked(grid, rules):
        answers, question = _codes(grid, heading, rules.values.get(CONSENT, {})), leaf_of(heading)
        if question in asked:
            answers, _, differ = gathered_cells(asked[question], answers)
            answers[differ] = ""
        asked[question] = answers
    yield from asked.values()


def _asked(grid: Grid, rules: Rules) -> Iterator[str]:
    """Yield the headings that ask for consent; of those that only hold the word the column file decides."""
    for heading in grid.headings:
        cells = () if heading in rules.columns else grid.frame[heading].tolist()
        if rules.columns.get(heading) == CONSENT or asks_consent(heading, rules.table, cells):
            yield heading


def _refused(grid: Grid, rules: Rules) -> np.ndarray:
    """Return the rows of visits whose status says that people refused."""
    found = np.zeros(len(grid.rows), dtype=bool)
    for heading, column in rules.columns.items():
        if column == "status" and heading in grid.frame:
            cells = with_values(grid.frame[heading].to_numpy(dtype=object), rules.values.get("status", {}))
            found |= as_words(cells, "status") == "refused"
    return found


def _codes(grid: Grid, heading: str, values: dict[str, str]) -> np.ndarray:
    return as_words(with_values(grid.frame[heading].to_numpy(dtype=object), values), "flag")


def consent_problem(grid: Grid, row: int, *, unclear: bool) -> Problem:
    """Return the notice about an interview that is left out."""
    if unclear:
        message, remedy = say("imports.unclear_consent"), say("imports.say_consent")
        return grid.place.notice("no_consent", message, row=row, remedy=remedy)
    return grid.place.notice("no_consent", say("imports.no_consent"), row=row)
