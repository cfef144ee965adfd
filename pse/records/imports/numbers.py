"""Numbers as people write them in any locale: the decimal mark is proved by the column, never assumed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import numpy as np

from pse.records.imports.reasons import TWO_NUMBERS, Reason
from pse.records.said import say
from pse.records.tables import MOST, Column

__all__ = ["Mark", "as_measures", "as_numbers", "no_thousands", "proved_mark"]

Mark = Literal[".", ",", ""]

# Thousands never begin with 0, as telephone numbers do.
_GROUPED = re.compile(r"([+-]?[1-9]\d{0,2}(?:[  \u00a0\u202f'’]\d{3})+)([.,]\d+)?")
_ONE_MARK = re.compile(r"([+-]?\d+)([.,])(\d+)")
_MARKS = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})+")  # 1.234.567
_BOTH = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})+(?!\1)([.,])\d+")  # 1.234,5
_PLAIN = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_ANY = Column("any", "number", "A number of any kind.", required=False, blank="yes", low=-MOST)


def proved_mark(texts: Iterable[str]) -> tuple[bool, bool]:
    """Return whether any text proves the decimal point, and whether any proves the decimal comma.

    Examples
    --------
    >>> proved_mark(["1.234", "0,5"]), proved_mark(["1.234"])
    ((False, True), (False, False))
    """
    marks = {_proof(text) for text in texts}
    return "." in marks, "," in marks


def _proof(text: str) -> Mark:
    both = _BOTH.fullmatch(text)
    if both:
        return "," if both[2] == "," else "."
    many = _MARKS.fullmatch(text)
    if many:
        return "." if many[1] == "," else ","
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        return _as_mark(grouped[2][0]) if grouped[2] else ""
    one = _ONE_MARK.fullmatch(text)
    if one and not _could_be_thousands(one):
        return _as_mark(one[2])
    return ""


def _as_mark(mark: str) -> Mark:
    return "," if mark == "," else "."


def _could_be_thousands(one: re.Match[str]) -> bool:
    whole = one[1].lstrip("+-")
    return len(one[3]) == 3 and len(whole) <= 3 and not whole.startswith("0")


def as_numbers(cells: np.ndarray, column: Column, mark: Mark) -> tuple[np.ndarray, dict[int, Reason]]:
    """Return a column with its numbers in one spelling, and why some of them cannot be read.

    Parameters
    ----------
    cells : numpy.ndarray of object
        Cells as found; numbers of a workbook stay as they are.
    column : Column
        What the numbers are of: a reading outside its limits is no reading.
    mark : {".", ",", ""}
        Decimal mark where the column does not prove one: of the whole file, or empty.

    Returns
    -------
    numpy.ndarray of object
        Texts such as `1234.5`; what is no number stays as it is, for the ordinary checks to tell.
    dict of int to Reason
        By position: numbers of two readings.

    Examples
    --------
    >>> from pse.records.tables import TABLES
    >>> people = TABLES["nonspot"].by_name["people"]
    >>> as_numbers(np.array(["1.234,5", "2.000", "about 20"], dtype=object), people, "")[0].tolist()
    ['1234.5', '2000', 'about 20']
    """
    texts = {value for value in cells if isinstance(value, str)}
    point, comma = proved_mark(texts)
    own: Mark = "." if point and not comma else "," if comma and not point else "" if point else mark
    readings = {text: _read(text, column, own) for text in texts}
    if column.may_be_thousands:
        readings = {text: number and no_thousands(number) for text, number in readings.items()}
    new = np.array([readings[v] or v if isinstance(v, str) else v for v in cells], dtype=object)
    unread = Reason(TWO_NUMBERS, say("imports.two_numbers"), say("imports.say_the_mark"))
    return new, {i: unread for i, v in enumerate(cells) if isinstance(v, str) and readings[v] == ""}


def no_thousands(number: str) -> str:
    """Return a decimal number so that nobody reads thousands in it: with one more zero after three decimals.

    Examples
    --------
    >>> no_thousands("12.375"), no_thousands("0.375"), no_thousands("12375")
    ('12.3750', '0.375', '12375')
    """
    one = _ONE_MARK.fullmatch(number)
    return f"{number}0" if one and _could_be_thousands(one) else number


def as_measures(cells: np.ndarray) -> np.ndarray:
    """Return a column that no table declares with its numbers in one spelling, if it is one of numbers.

    So it is where every cell is a number and the cells prove one decimal mark; else it stays as it stands.

    Examples
    --------
    >>> as_measures(np.array(["12,5", None, "1.200,0", "7"], dtype=object)).tolist()
    ['12.5', None, '1200.0', '7']
    >>> as_measures(np.array(["12,5", "low"], dtype=object)).tolist()
    ['12,5', 'low']
    """
    point, comma = proved_mark({value for value in cells if isinstance(value, str)})
    if point == comma:
        return cells
    numbers, unread = as_numbers(cells, _ANY, "." if point else ",")
    plain = all(_NUMBER.fullmatch(value) for value in numbers if isinstance(value, str))
    return cells if unread or not plain else numbers


def _read(text: str, column: Column, mark: Mark) -> str | None:
    """Return a number in plain spelling, None for no number, empty for one of two readings."""
    if _PLAIN.fullmatch(text):
        return text
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        return re.sub(r"[^\d+-]", "", grouped[1]) + (grouped[2] or "").replace(",", ".")
    both = _BOTH.fullmatch(text)
    if both:
        return text.replace(both[1], "").replace(both[2], ".")
    if _MARKS.fullmatch(text):
        return re.sub("[.,]", "", text)
    one = _ONE_MARK.fullmatch(text)
    if not one:
        return None
    decimal, grouped_text = f"{one[1]}.{one[3]}", one[1] + one[3]
    if not _could_be_thousands(one):
        return decimal
    fits = [reading for reading in (decimal, grouped_text) if column.low <= float(reading) <= _most(column)]
    if len(fits) == 1:
        return fits[0]
    if not mark:
        return ""
    return decimal if mark == one[2] else grouped_text


def _most(column: Column) -> float:
    return 1 if column.kind == "share" else column.high
