"""One line per argument: checks at the door of a public formula, so that the formula only computes.

Every check raises ``ValueError`` in the form ``<name> must <rule>; got <value>. <remedy>``. The arguments are
numbers and option names, never names of people or places, so the value can be shown.

>>> count(first=50, second=70)
>>> share(share_genuine=55)
Traceback (most recent call last):
    ...
ValueError: share_genuine must be between 0 and 1; got 55. If it is a percentage, divide it by 100.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Collection
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

__all__ = ["count", "generator", "level", "non_negative", "one_of", "positive", "rows", "share"]


def count(*, at_least: int = 0, at_most: int | None = None, **named: Any) -> None:
    """Refuse anything but a whole number of people, spots or days within the bounds.

    Parameters
    ----------
    at_least, at_most : int
        Smallest and largest value allowed; no largest one by default.
    **named
        The arguments, by their name. ``12.0`` is a whole number; ``True`` and NaN are not.

    Raises
    ------
    ValueError
        At the first argument that breaks the rule.

    Examples
    --------
    >>> count(first=50, both=10, at_most=50)
    """
    upper = "" if at_most is None else f" and at most {at_most}"
    rule = f"be a whole number, at least {at_least}{upper}"
    for name, value in named.items():
        whole = _is_number(value) and value == math.floor(value)
        if not whole or value < at_least or (at_most is not None and value > at_most):
            _refuse(name, rule, value)


def positive(**named: Any) -> None:
    """Refuse anything but a finite number above 0.

    Raises
    ------
    ValueError
        At the first argument that breaks the rule.

    Examples
    --------
    >>> positive(profiles_per_person=1.4)
    """
    for name, value in named.items():
        if not (_is_number(value) and value > 0):
            _refuse(name, "be a number above 0", value)


def non_negative(**named: Any) -> None:
    """Refuse anything but a finite number, 0 or more.

    Raises
    ------
    ValueError
        At the first argument that breaks the rule.

    Examples
    --------
    >>> non_negative(other_spots_mean=0)
    """
    for name, value in named.items():
        if not (_is_number(value) and value >= 0):
            _refuse(name, "be a number, 0 or more", value)


def share(**named: Any) -> None:
    """Refuse anything but a number between 0 and 1.

    Raises
    ------
    ValueError
        At the first argument that breaks the rule; 55 gets the hint to divide a percentage by 100.

    Examples
    --------
    >>> share(share_active=0.55)
    """
    for name, value in named.items():
        if not (_is_number(value) and 0 <= value <= 1):
            percentage = _is_number(value) and 1 < value <= 100
            remedy = "If it is a percentage, divide it by 100." if percentage else ""
            _refuse(name, "be between 0 and 1", value, remedy=remedy)


def level(level: Any) -> None:
    """Refuse a probability of an interval that is not above 0 and below 1.

    Raises
    ------
    ValueError
        If it is not; 95 gets the hint to give 0.95.

    Examples
    --------
    >>> level(0.95)
    """
    positive(level=level)
    if level >= 1:
        raise ValueError(f"level must be above 0 and below 1; got {level!r}. Give 0.95 for 95%.")


def rows(right: ArrayLike, rule: str, *, got: str = "something else", remedy: str = "") -> None:
    """Refuse a table of which a row breaks a rule, and name the first such row, counted from 1.

    Parameters
    ----------
    right : array_like of bool, shape (rows,)
        Whether each row keeps the rule.
    rule : str
        What must hold, such as ``"weight must be a number above 0 in every row"``.
    got, remedy : str
        What stands there instead, never the value itself; what to do.

    Raises
    ------
    ValueError
        If a row breaks the rule.

    Examples
    --------
    >>> rows([True, False], "people must be whole numbers", remedy="Leave out who gave none.")
    Traceback (most recent call last):
        ...
    ValueError: people must be whole numbers; got something else in row 2. Leave out who gave none.
    """
    import numpy as np  # not above: everything loads this module, also what computes without arrays

    wrong = np.flatnonzero(~np.asarray(right, dtype=bool))
    if len(wrong):
        raise ValueError(f"{rule}; got {got} in row {wrong[0] + 1}.{' ' + remedy if remedy else ''}")


def generator(rng: np.random.Generator | None, needed: str) -> np.random.Generator:
    """Return the source of random numbers, or refuse its absence; `needed` says what it is needed for.

    Raises
    ------
    ValueError
        If it is None.

    Examples
    --------
    >>> generator(None, "for draws")
    Traceback (most recent call last):
        ...
    ValueError: rng must be given for draws; got None. Use numpy.random.default_rng(seed).
    """
    if rng is None:
        raise ValueError(f"rng must be given {needed}; got None. Use numpy.random.default_rng(seed).")
    return rng


def one_of(value: Any, options: Collection[str], *, name: str) -> None:
    """Refuse an option that is not on the list.

    Parameters
    ----------
    value
        What the caller gave.
    options : collection of str
        The names allowed, in the order in which the message lists them.
    name : str
        The argument's name.

    Raises
    ------
    ValueError
        If `value` is not among `options`.

    Examples
    --------
    >>> one_of("all", ("all", "active"), name="ratio")
    """
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(repr(option) for option in options)
        _refuse(name, f"be one of {listed}", value)


def _is_number(value: Any) -> bool:
    """Tell whether `value` is a finite number; NumPy numbers are, truth values are not."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and -sys.float_info.max <= value <= sys.float_info.max  # NaN compares as False


def _refuse(name: str, rule: str, value: Any, *, remedy: str = "") -> NoReturn:
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
    sentence = f"{name} must {rule}; got {plain!r}"
    raise ValueError(f"{sentence}. {remedy}" if remedy else sentence)
