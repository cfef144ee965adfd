"""One CSV or text file of any locale: its encoding, its separator, its rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

from pse.records.imports.encoding import decode
from pse.records.imports.grid import MOST_COLUMNS, Grid, as_grid
from pse.records.problems import KEPT_PER_RULE, Place, Problem
from pse.records.said import say

__all__ = ["MOST_TEXT", "text_grid"]

MOST_TEXT = 50 * 1024 * 1024
"""Bytes of a CSV file that is read; 500,000 rows. A mapping of a whole country is some 20 MB."""

_SEPARATORS = (",", ";", "\t", "|")
_LINES = 200  # looked at to find the separator
_FITTING = 0.6  # share of these rows that must be as long as the header


def text_grid(data: bytes, place: Place) -> tuple[Grid | None, list[Problem]]:
    r"""Return the rows of a CSV file, or why it cannot be read.

    Parameters
    ----------
    data : bytes
        The file as it stands, at most `MOST_TEXT`.
    place : Place
        File and sheet, for messages.

    Examples
    --------
    >>> grid, _ = text_grid("shifra;kp_min\nA;3\n".encode(), Place("a.csv"))
    >>> grid.headings, grid.rows.tolist()
    (['shifra', 'kp_min'], [2])
    """
    if not data.strip(b" \r\n\t\0"):
        return None, [place.error("empty_file", say("empty_file"))]
    decoded = decode(data)
    if decoded.text is None:
        remedy = say("save_utf8_csv")
        return None, [place.error("encoding", decoded.reason or "", remedy=remedy)]
    notices = [place.notice("encoding", decoded.reason)] if decoded.reason else []
    if "\0" in decoded.text:
        row = decoded.text[: decoded.text.index("\0")].count("\n") + 1
        return None, [place.error("nul_byte", say("nul_byte"), row=row, remedy=say("damaged_csv"))]
    grid, problems = _rows(decoded.text, place)
    return grid, notices + problems


def _rows(text: str, place: Place) -> tuple[Grid | None, list[Problem]]:
    text, first_row, separator = _without_hint(text)
    separator = separator or _separator(text)
    if not separator:
        return None, [place.error("separator", say("imports.no_separator"), row=1, remedy=say("save_commas"))]
    cut = _cut(text, separator, place, first_row)
    if cut:
        return None, [cut]
    ragged: list[Problem] = []
    try:
        grid, problems = as_grid(_even(text, separator, place, first_row, ragged), place, first_row=first_row)
    except csv.Error:
        return None, [place.error("unreadable_row", say("open_quote"), remedy=say("look_for_quote"))]
    return grid, problems + ragged


def _without_hint(text: str) -> tuple[str, int, str]:
    """Return the text after the line `sep=;` that Excel reads as a hint, and what it hints at."""
    if text[:4].lower() == "sep=" and text[5:6] in "\r\n":
        return text[5:].removeprefix("\r").removeprefix("\n"), 2, text[4]
    return text, 1, ""


def _separator(text: str) -> str:
    """Return the separator by which the first rows are as long as the header; empty if two do equally."""
    scores = {}
    for separator in _SEPARATORS:
        try:
            rows = [row for row in islice(_reader(text, separator), _LINES) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        fitting = sum(len(row) == width for row in rows) / len(rows) if rows else 0
        if width > 1 and (fitting >= _FITTING or len(rows) == 2):
            scores[separator] = (fitting, width)
    if not scores:
        return "," if _one_column(text) else ""
    best = max(scores.values())
    winners = [separator for separator, score in scores.items() if score == best]
    return winners[0] if len(winners) == 1 else ""


def _one_column(text: str) -> bool:
    header = text.split("\n", 1)[0]
    return not any(separator in header for separator in _SEPARATORS)


def _reader(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _cut(text: str, separator: str, place: Place, first_row: int) -> Problem | None:
    """Return a problem if the file ends within a row: the export or the copy was broken off."""
    if text.endswith(("\n", "\r")):
        return None
    header: list[str] = []
    last, rows = header, 0
    try:
        for cells in _reader(text, separator):
            header, last, rows = header or cells, cells, rows + 1
    except csv.Error:
        return None  # told by the reader of the rows
    open_quote = text.count('"') % 2 == 1
    if len(last) < len(header) or (open_quote and len(last) <= len(header)):
        return place.error(
            "cut", say("imports.cut_row"), row=first_row + rows - 1, remedy=say("imports.export_again")
        )
    return None


def _even(
    text: str, separator: str, place: Place, first_row: int, ragged: list[Problem]
) -> Iterator[list[str]]:
    """Yield the rows; one that is longer or shorter than the header is told and yielded as a blank row."""
    seen: dict[str, str] = {}  # equal cells share one text: most columns hold few different ones
    width = 0
    for row, cells in enumerate(_reader(text, separator), start=first_row):
        if not width:
            width = len(cells)
            yield cells
            if width > MOST_COLUMNS:
                return
        elif len(cells) == width or not any(cells):
            yield [seen.setdefault(cell, cell) if len(cell) < 40 else cell for cell in cells]
        elif not any(cells[width:]) and len(cells) > width:
            yield cells[:width]
        else:
            yield []
            if len(ragged) < KEPT_PER_RULE:
                message = say("fields", fields=width, got=len(cells))
                ragged.append(place.error("fields", message, row=row))
