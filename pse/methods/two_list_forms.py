"""Sizes from two lists and their standard errors, form by form."""

from __future__ import annotations

import math
from typing import Literal

__all__ = ["Form", "two_list_error", "two_list_point"]

Form = Literal["Petersen", "Chapman", "Bailey", "Ricker"]


def two_list_point(form: Form, *, first: float, second: float, both: float) -> float:
    """Return the size by one form; `both` may be a bound of the people on both lists.

    Examples
    --------
    >>> round(two_list_point("Chapman", first=467, second=450, both=54), 1)
    3836.6
    """
    first, second, both = float(first), float(second), float(both)  # products of NumPy integers overflow
    if form == "Petersen":
        return first * second / both
    if form == "Bailey":
        return first * (second + 1) / (both + 1)
    return (first + 1) * (second + 1) / (both + 1) - (form == "Chapman")


def two_list_error(form: Form, *, first: float, second: float, both: float) -> float:
    """Return the standard error of a two-list size, the first list given.

    Examples
    --------
    >>> round(two_list_error("Petersen", first=948, second=421, both=167), 1)
    143.6
    """
    a, b, m = float(first), float(second), float(both)  # products of NumPy integers overflow
    variance = {
        "Petersen": a**2 * b * (b - m) / m**3 if m else math.inf,
        "Chapman": (a + 1) * (b + 1) * (a - m) * (b - m) / ((m + 1) ** 2 * (m + 2)),
        "Bailey": a**2 * (b + 1) * (b - m) / ((m + 1) ** 2 * (m + 2)),
        "Ricker": (a + 1) ** 2 * (b + 1) * (b - m) / ((m + 1) ** 2 * (m + 2)),
    }[form]
    return math.sqrt(variance)
