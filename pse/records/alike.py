"""Kinds of spots and zones that differ only in how they are written: each spelling would be a stratum."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from pse.records.checked import CheckedTable
from pse.records.names import spelled_words
from pse.records.problems import Problem
from pse.records.said import say

__all__ = ["alike_problems"]

_COLUMNS = ("typology", "zone")
_TABLES = ("level1", "level2")
MOST_TEXTS = 10_000
"""Different texts of a column that are looked at: more are no kinds or zones, and would fill the memory."""


def alike_problems(tables: Mapping[str, CheckedTable]) -> list[Problem]:
    """Return a notice for each further spelling of a typology, or of a zone of a municipality.

    The notice stands at the first row of the spelling in each table, and never shows the text.

    Parameters
    ----------
    tables : mapping of str to CheckedTable
        The tables that could be read.
    """
    return [problem for column in _COLUMNS for problem in _alike(tables, column)]


def _alike(tables: Mapping[str, CheckedTable], column: str) -> Iterator[Problem]:
    first: dict[tuple[str, tuple[str, ...]], tuple[str, str, int]] = {}
    for name in _TABLES:
        t = tables.get(name)
        if t is None or not t.has("municipality", column) or len(t.texts[column]) > MOST_TEXTS:
            continue
        for town, text, row, rows in _spellings(t, column):
            words = spelled_words(text)
            known, table, known_row = first.setdefault((town, words), (text, name, row))
            if words and known != text:
                message, remedy = say("alike", table=table, row=known_row, rows=rows), say("write_alike")
                yield t.place.notice("alike", message, row=row, column=column, remedy=remedy)


def _spellings(t: CheckedTable, column: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield each text of a column with its municipality where it is a zone, its first row and its rows."""
    towns = t.codes["municipality"] if column == "zone" else np.full(len(t), -1)
    cells = pd.DataFrame({"town": towns, "text": t.codes[column], "at": np.arange(len(t))})
    given = cells[cells["text"] >= 0].groupby(["town", "text"], sort=False)["at"].agg(["first", "size"])
    names = [*t.texts["municipality"], ""]
    for (town, text), at, rows in given.itertuples():
        yield names[town], t.texts[column][text], int(t.rows[at]), int(rows)
