"""One CSV or text file of any locale: its encoding, its separator, its rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from pse.records.imports.encoding import decode
from pse.records.imports.grid import MOST_COLUMNS, Grid, as_grid
from pse.records.problems import KEPT_PER_RULE, Place, Problem
from pse.records.raw import first_rows, is_title, title_problem
from pse.records.said import say

__all__ = ["MOST_TEXT", "text_grid"]

MOST_TEXT = 50 * 1024 * 1024
"""Bytes of a CSV file that is read; 500,000 rows. A mapping of a whole country is some 20 MB."""

_SEPARATORS = (",", ";", "\t", "|")
_FITTING = 0.6  # share of these rows that must be as long as the header where two signs part it


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
    decoded = decode(data)
    if decoded.text is None:
        remedy = say("save_utf8_csv")
        return None, [place.error("encoding", decoded.reason or "", remedy=remedy)]
    if not decoded.text.strip("\0 \r\n\t"):
        return None, [place.error("empty_file", say("empty_file"))]
    notices = [place.notice("encoding", decoded.reason)] if decoded.reason else []
    grid, problems = _rows(decoded.text, place)
    return grid, notices + problems


def _rows(text: str, place: Place) -> tuple[Grid | None, list[Problem]]:
    text, first_row, separator = _without_hint(text)
    separator = separator or _separator(text)
    if not separator:
        return None, [place.error("separator", say("imports.no_separator"), row=1, remedy=say("save_commas"))]
    if is_title(_first_rows(text, separator)):
        return None, [title_problem(place, first_row)]
    broken = _nul(text, separator, place, first_row) or _broken(text, separator, place, first_row)
    if broken:
        return None, [broken]
    ragged: list[Problem] = []
    grid, problems = as_grid(_even(text, separator, place, first_row, ragged), place, first_row=first_row)
    return grid, problems + ragged


def _without_hint(text: str) -> tuple[str, int, str]:
    """Return the text after the line `sep=;` that Excel reads as a hint, and what it hints at."""
    if text[:4].lower() == "sep=" and text[5:6] in "\r\n":
        return text[5:].removeprefix("\r").removeprefix("\n"), 2, text[4]
    return text, 1, ""


def _separator(text: str) -> str:
    """Return the separator by which rows are parted as the headings are; empty if that is not clear."""
    starts = {separator: _first_rows(text, separator) for separator in _SEPARATORS}
    headed = {separator: rows for separator, rows in starts.items() if rows and len(rows[0]) > 1}
    under_title = {separator: rows[1:] for separator, rows in starts.items() if is_title(rows)}
    if not headed and not under_title:
        return ","  # one column
    scores = {separator: _fitting(*rows) for separator, rows in (headed or under_title).items()}
    best = max(scores.values())
    winners = [separator for separator, score in scores.items() if score == best]
    clear = len(winners) == 1 and (len(scores) == 1 or best[1] >= _FITTING)
    return winners[0] if clear and best[0] else ""


def _fitting(header: list[str], *below: list[str]) -> tuple[bool, float, int]:
    """Return whether any row is parted, the share of rows as long as the headings, and their number."""
    parted = not below or any(len(row) > 1 for row in below)
    fitting = sum(_as_long(row, len(header)) for row in below) / max(len(below), 1)
    return parted, fitting, len(header)


def _first_rows(text: str, separator: str) -> list[list[str]]:
    """Return the first rows that hold anything; fewer where a quotation mark is out of place."""
    return [row for row in first_rows(_reader(text, separator)) if _filled(row)]


def _filled(cells: list[str]) -> bool:
    return any(cell.strip() for cell in cells)


def _as_long(row: list[str], width: int) -> bool:
    """Return whether a row is as long as the headings; blank cells after its end do not count."""
    return len(row) >= width and not _filled(row[width:])


def _reader(text: str, separator: str) -> Iterator[list[str]]:
    """Read strictly: a quotation mark without its partner would swallow the rows after it in silence."""
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _nul(text: str, separator: str, place: Place, first_row: int) -> Problem | None:
    at = text.find("\0")
    if at < 0:
        return None
    rows = csv.reader(io.StringIO(text[:at] + ".", newline=""), delimiter=separator)
    row = first_row - 1 + sum(1 for _ in rows)
    return place.error("nul_byte", say("nul_byte"), row=row, remedy=say("damaged_csv"))


def _broken(text: str, separator: str, place: Place, first_row: int) -> Problem | None:
    """Return a problem if a quotation mark has no partner, or the file ends within a row."""
    header: list[str] = []
    last, row = header, first_row - 1
    whole = text.endswith(("\n", "\r"))
    try:
        for cells in _reader(text, separator):
            header, last, row = header or cells, cells, row + 1
    except csv.Error as error:
        if whole or "end of data" not in str(error):
            return place.error("unreadable_row", say("open_quote"), row=row + 1, remedy=say("look_for_quote"))
        return _cut(place, row + 1)
    return None if whole or len(last) >= len(header) else _cut(place, row)


def _cut(place: Place, row: int) -> Problem:
    return place.error("cut", say("imports.cut_row"), row=row, remedy=say("imports.export_again"))


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
        elif _as_long(cells, width) or not _filled(cells):
            yield [seen.setdefault(cell, cell) if len(cell) < 40 else cell for cell in cells[:width]]
        else:
            yield []
            if len(ragged) < KEPT_PER_RULE:
                ragged.append(_ragged(place, row, len(cells), width))


def _ragged(place: Place, row: int, got: int, width: int) -> Problem:
    if got < width:
        message, remedy = say("fields", fields=width, got=got), say("imports.fill_row")
        return place.error("fields", message, row=row, remedy=remedy)
    message = say("imports.more_cells", got=got, headings=width)
    return place.error("fields", message, row=row, remedy=say("imports.quote_separator"))
