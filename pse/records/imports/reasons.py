"""Why a cell could not be read: a rule and its words, in place of what the ordinary checks would say."""

from __future__ import annotations

from typing import NamedTuple

from pse.records.said import Said

__all__ = ["TWO_NUMBERS", "Reason"]

TWO_NUMBERS = "two_numbers"
"""Rule of a number of two readings, one of which the ordinary checks may take."""


class Reason(NamedTuple):
    """What is wrong with a cell, and how to mend it."""

    rule: str
    message: Said
    remedy: Said
