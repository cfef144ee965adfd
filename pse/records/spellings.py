"""The one spelling of a text that has a form: yes and no, days, hours, dates, lists of KP codes."""

import re
from collections.abc import Callable
from datetime import date

from pse.records.tables import DAYS

_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")
_HOURS = re.compile(r"(\d{1,2})-(\d{1,2})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def flag(text: str) -> str | None:
    """Return `yes` or `no`; None for a text that is neither."""
    lower = text.lower()
    return "yes" if lower in _YES else "no" if lower in _NO else None


def day_list(text: str) -> str | None:
    """Return days in the order of the week; None if a word is no day."""
    named = text.lower().split()
    return " ".join(day for day in DAYS if day in named) if set(named) <= set(DAYS) else None


def hour_list(text: str) -> str | None:
    """Return hours as `18-24 00-02`; None if a part is not from an hour to a later one."""
    parts = [_HOURS.fullmatch(part) for part in text.split()]
    hours = [(int(part[1]), int(part[2])) for part in parts if part]
    if len(hours) < len(parts) or not all(0 <= start < end <= 24 for start, end in hours):
        return None
    return " ".join(f"{start:02d}-{end:02d}" for start, end in hours)


def iso_date(text: str) -> str | None:
    """Return a date as `2016-02-29`; None if there is no such day."""
    try:
        return date.fromisoformat(text).isoformat() if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def kp_list(text: str, kps: tuple[str, ...]) -> str | None:
    """Return KP codes with a space between; None if one is not known."""
    named = text.split()
    return " ".join(dict.fromkeys(named)) if set(named) <= set(kps) else None


SPELLINGS: dict[str, Callable[[str], str | None]] = {
    "flag": flag,
    "answer": flag,
    "days": day_list,
    "hours": hour_list,
    "date": iso_date,
}
"""What puts the texts of a kind of column in their one spelling."""
