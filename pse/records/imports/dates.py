"""Dates as people write them: the order of day and month is proved by the column, never assumed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal

import numpy as np

from pse.records.imports.reasons import Reason
from pse.records.imports.vocabulary import word_codes, word_key
from pse.records.package import EPOCH
from pse.records.said import say

__all__ = ["Order", "as_dates"]

Order = Literal["dmy", "mdy", ""]

_ISO = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[T ].*)?")
_THREE = re.compile(r"(\d{1,2})([-./])\s?(\d{1,2})\2\s?(\d{4}|\d{2})\.?(?:[ ,]+\d{1,2}[:.]\d{2}.*)?")
_NAMED = re.compile(
    r"(\d{1,2})[. \-]*\s*([^\W\d_]+)[.,\- ]*\s*(\d{4})\.?|([^\W\d_]+)\.?\s+(\d{1,2}),?\s+(\d{4})"
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_LATEST = "70"  # a year such as 99 is a slip: nobody maps in 2099
_MOST_SERIAL = 99_999
_YEARS = range(1950, 2101)  # of serial days: other numbers are none


def as_dates(
    cells: np.ndarray, order: Order = "", *, epoch: date = EPOCH
) -> tuple[np.ndarray, dict[int, Reason]]:
    """Return a column of dates as `2016-02-29`, and why some of them cannot be read.

    Parameters
    ----------
    cells : numpy.ndarray of object
        Text, dates of a workbook, or serial days.
    order : {"dmy", "mdy", ""}
        Order of numbers such as 3/4/2016; empty when the column has to prove it: one value with a day above
        12 holds for all. Numbers with points are day.month.year, unless the order is given.
    epoch : date
        Day 0 of serial days.

    Returns
    -------
    numpy.ndarray of object
        Dates in one spelling; what is none stays as it is, for the ordinary checks to tell.
    dict of int to Reason
        By position: dates of two orders.

    Examples
    --------
    >>> as_dates(np.array(["3/4/2016", "13/4/2016", "5. maj 2016"], dtype=object))[0].tolist()
    ['2016-04-03', '2016-04-13', '2016-05-05']
    >>> as_dates(np.array(["3/4/2016"], dtype=object))[1][0].message
    'has a day and a month that could be exchanged'
    """
    orders = {".": order or "dmy"} | dict.fromkeys("-/", order or _proved(cells))
    new = np.array([_read(value, orders, epoch) for value in cells], dtype=object)
    unread = Reason("two_orders", say("imports.two_orders"), say("imports.say_the_order"))
    undecided = {i: unread for i, value in enumerate(cells) if new[i] == ""}
    for i in undecided:
        new[i] = cells[i]
    return new, undecided


def _proved(cells: np.ndarray) -> Order:
    orders = {_proof(value) for value in {v for v in cells if isinstance(v, str)}} - {""}
    return orders.pop() if len(orders) == 1 else ""  # type: ignore[return-value]


def _proof(text: str) -> Order:
    found = _THREE.fullmatch(text)
    if not found:
        return ""
    first, second = int(found[1]), int(found[3])
    if found[2] == "." and second > 12:
        return ""  # a slip: nobody writes month.day.year
    return "dmy" if first > 12 >= second else "mdy" if second > 12 >= first else ""


def _read(value: object, orders: Mapping[str, Order], epoch: date) -> object:
    """Return a date, the value itself if it is none, and empty text for one of two orders."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _read_text(value, orders, epoch)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_serial(float(value), epoch) or value
    return value


def _read_text(text: str, orders: Mapping[str, Order], epoch: date) -> str:
    iso = _ISO.fullmatch(text)
    if iso:
        return _day(iso[1], iso[2], iso[3]) or text
    if _SERIAL.fullmatch(text):
        return _from_serial(float(text), epoch) or text
    named = _NAMED.fullmatch(text)
    if named:
        day, word, year = (named[1], named[2], named[3]) if named[1] else (named[5], named[4], named[6])
        month = word_codes("months").get(word_key(word), "")
        return _day(year, month, day) or text
    three = _THREE.fullmatch(text)
    return _from_three(three, orders[three[2]], text) if three else text


def _from_three(three: re.Match[str], order: Order, text: str) -> str:
    """Return a date, the text itself if it is none in this order, and empty text for one of two orders."""
    first, second, year = three[1], three[3], _year(three[4])
    by_day, by_month = _day(year, second, first), _day(year, first, second)
    if order:
        return (by_day if order == "dmy" else by_month) or text
    if by_day and by_month and by_day != by_month:
        return ""
    return by_day or by_month or text


def _year(digits: str) -> str:
    """Return a year with its century; none for two digits that no field work of this century has."""
    if len(digits) == 4:
        return digits
    return f"20{digits}" if digits < _LATEST else ""


def _day(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""


def _from_serial(days: float, epoch: date) -> str:
    if not 0 <= days <= _MOST_SERIAL:
        return ""
    found = epoch + timedelta(days=int(days))
    return found.isoformat() if found.year in _YEARS else ""
