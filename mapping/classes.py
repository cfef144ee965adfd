"""Class limits of a map: made once, before drawing, so that legend and colours say the same."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mapping.labels import number, texts

Scheme = Literal["quantile", "natural", "equal", "fixed"]
MOST_DECIMALS = 6
PRINTED = {"point": 0, "lower": 0, "upper": 0, "rate": 1, "rate_lower": 1, "rate_upper": 1}
"""Decimals of the numbers of a release in every table that is read beside a map."""


def as_printed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of a release as it is printed: rounded, and blank where it is hidden.

    Maps are drawn and class limits made from this only: else a legend of few areas tells more digits than
    the table, or the number of a hidden area.

    Parameters
    ----------
    table : pandas.DataFrame
        Any of the columns `PRINTED`, in people or per 1,000, and, from a release, `hidden`.

    Examples
    --------
    >>> as_printed(pd.DataFrame({"point": [12.5, 3], "rate": [0.3004, 0.1], "hidden": [False, True]}))
       point  rate  hidden
    0   13.0   0.3   False
    1    NaN   NaN    True
    """
    hidden = table["hidden"].astype(bool) if "hidden" in table else pd.Series(False, index=table.index)
    columns = {name: decimals for name, decimals in PRINTED.items() if name in table}
    return table.assign(
        **{name: _half_up(table[name].mask(hidden), decimals) for name, decimals in columns.items()}
    )


def _half_up(values: pd.Series, decimals: int) -> pd.Series:
    """Round as `round_people` does, at so many decimals."""
    scale = 10**decimals
    return np.floor((values.astype(float) * scale).round(MOST_DECIMALS) + 0.5) / scale


def class_breaks(
    values: ArrayLike, k: int = 5, scheme: Scheme = "quantile", limits: Sequence[float] = ()
) -> NDArray[np.float64]:
    """Return the class limits of a map, rounded so that legend and colours say the same.

    Parameters
    ----------
    values : array-like of float
        The numbers to be mapped, in any unit; blanks are left out, zero is a number like any other.
    k : int
        Number of classes wanted, 1 or more. Fewer come back if there are not that many different
        numbers, or if limits fall together when rounded.
    scheme : {"quantile", "natural", "equal", "fixed"}
        Equal counts, Fisher-Jenks natural breaks, equal steps, or `limits` as they stand (so that
        several maps share their classes).
    limits : sequence of float
        For `scheme="fixed"`: the lowest limit, then the upper limit of each class, increasing.

    Returns
    -------
    numpy.ndarray of float
        The lowest limit, then the upper limit of each class: class 1 is [b0, b1], class 2 is (b1, b2]
        and so on. b0 = b1 if the first class is one number, as with many zeros. Empty without values.

    Raises
    ------
    ValueError
        If `k`, `scheme` or `limits` break these rules, or fixed limits do not hold all values.

    Notes
    -----
    Natural breaks are those of mapclassify. Upper limits are then rounded up and the lowest down, to about a
    fiftieth of the span of the values, and whole numbers to no less than two digits.

    Examples
    --------
    >>> class_breaks([0, 2.31, 3.47, 8.05], k=2).tolist()
    [0.0, 2.4, 8.1]
    """
    _check_classes(k, scheme, limits)
    numbers = pd.Series(np.asarray(values, dtype=float)).dropna().to_numpy()
    if scheme == "fixed":
        class_numbers(pd.Series(numbers), limits)
        return np.array(limits, dtype=float)
    if numbers.size == 0:
        return np.array([])
    span = float(np.ptp(numbers))
    upper = [_round(limit, span, ROUND_CEILING) for limit in _upper_limits(numbers, k, scheme)]
    lowest = _round(float(numbers.min()), span, ROUND_FLOOR)
    return np.array([lowest, *sorted(set(upper))])


def class_labels(breaks: ArrayLike, lang: str = "en") -> list[str]:
    """Return the legend text of each class; the limits do not overlap.

    Parameters
    ----------
    breaks : array-like of float
        As from `class_breaks`.
    lang : str
        Language of the text, and of the marks in the numbers.

    Examples
    --------
    >>> class_labels([0, 2.5, 1200])
    ['0.0 to 2.5', 'over 2.5 to 1,200.0']
    """
    breaks = np.asarray(breaks, dtype=float)
    fits = (d for d in range(MOST_DECIMALS) if np.allclose(np.round(breaks, d), breaks, rtol=0, atol=1e-9))
    decimals = next(fits, MOST_DECIMALS)
    numbers = [number(value, lang, decimals=decimals) for value in breaks]
    words = texts("maps", lang)
    labels = [words["class_next"].format(low=low, high=high) for low, high in pairwise(numbers)]
    if labels:
        first = words["class_first"].format(low=numbers[0], high=numbers[1])
        labels[0] = numbers[0] if numbers[0] == numbers[1] else first
    return labels


def class_numbers(values: pd.Series, breaks: ArrayLike) -> pd.Series:
    """Return the class of each value: 0 for the first, blank for a blank.

    Parameters
    ----------
    values : pandas.Series of float
        The numbers to be mapped.
    breaks : array-like of float
        As from `class_breaks`.

    Returns
    -------
    pandas.Series of float
        Class numbers, with the index of `values`.

    Raises
    ------
    ValueError
        If a value lies outside the breaks.

    Examples
    --------
    >>> class_numbers(pd.Series([0, 2.5, 2.6]), [0, 2.5, 4]).tolist()
    [0.0, 0.0, 1.0]
    """
    breaks = np.asarray(breaks, dtype=float)
    known = values.dropna().astype(float)
    if len(known) and (len(breaks) < 2 or known.min() < breaks[0] or known.max() > breaks[-1]):
        raise ValueError(
            "breaks must cover all values; got values outside. Make them by class_breaks of the same values."
        )
    numbers = pd.Series(np.searchsorted(breaks[1:], known, side="left"), index=known.index, dtype=float)
    return numbers.reindex(values.index)


def legend_sizes(values: ArrayLike) -> list[float]:
    """Return up to three round numbers for the legend of circles, the largest first.

    Parameters
    ----------
    values : array-like of float
        The numbers to be drawn as circles; blanks are left out.

    Returns
    -------
    list of float
        The largest 1, 2 or 5 times a power of ten that is not above the largest value, and the next
        ones at about a quarter and a twentieth of it. Empty if nothing is above zero.

    Examples
    --------
    >>> legend_sizes([3, 40, 870])
    [500.0, 100.0, 20.0]
    """
    numbers = np.asarray(values, dtype=float)
    largest = float(np.nanmax(numbers, initial=0.0))
    if largest <= 0:
        return []
    first = _round_number(largest)
    return list(dict.fromkeys([first, _round_number(first / 4), _round_number(first / 20)]))


def _round_number(value: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not above `value`."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(times * power for times in (1, 2, 5) if times * power <= value * (1 + 1e-9)))


def _check_classes(k: int, scheme: str, limits: Sequence[float]) -> None:
    if k < 1:
        raise ValueError(f"k must be 1 or more; got {k}.")
    if scheme not in get_args(Scheme):
        raise ValueError(f"scheme must be quantile, natural, equal or fixed; got {scheme!r}.")
    wanted = len(limits) >= 2 if scheme == "fixed" else len(limits) == 0
    if not wanted or np.any(np.diff(limits) <= 0):
        raise ValueError(
            f"limits must be two or more increasing numbers, with scheme 'fixed' only; got {list(limits)}."
        )


def _upper_limits(numbers: NDArray[np.float64], k: int, scheme: str) -> NDArray[np.float64]:
    different = len(np.unique(numbers))
    k = k if scheme == "equal" else min(k, different)
    if k == 1 or np.ptp(numbers) < 10.0**-MOST_DECIMALS:  # no legend could tell them apart
        return np.array([numbers.max()])
    upper = _natural_limits(numbers, k) if scheme == "natural" else _even_limits(numbers, k, scheme)
    upper[-1] = numbers.max()  # free of rounding error
    if scheme == "equal":
        return upper
    ordered = np.sort(numbers)  # the largest number of each class, so that no class is empty
    return ordered[np.maximum(np.searchsorted(ordered, upper, side="right") - 1, 0)]


def _even_limits(numbers: NDArray[np.float64], k: int, scheme: str) -> NDArray[np.float64]:
    """Return the upper limits of classes of equal counts, or of equal width."""
    shares = np.arange(1, k + 1) / k
    if scheme == "equal":
        return numbers.min() + shares * np.ptp(numbers)
    return np.unique(np.quantile(numbers, shares))


def _natural_limits(numbers: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    import mapclassify  # brings scikit-learn and networkx along: two seconds

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "numba not installed", "not enough unique values"
        return np.array(mapclassify.FisherJenks(numbers, k=k).bins, dtype=float)


def _round(value: float, span: float, way: str) -> float:
    """Round up or down as written in decimals, so that 1.1 stays 1.1."""
    step = Decimal(1).scaleb(-_decimals(value, span))
    return float(Decimal(repr(float(value))).quantize(step, rounding=way))


def _decimals(value: float, span: float) -> int:
    """Return the decimals of a limit: a fiftieth of the span, or two digits of a whole number.

    Below zero means tens, hundreds and so on. A span of 0 (one number) gives three digits.
    """
    digits = int(np.floor(np.log10(abs(value)))) if value else 0
    if span == 0:
        return min(MOST_DECIMALS, max(0, 2 - digits))
    by_span = np.ceil(-np.log10(max(span / 50, 10.0**-MOST_DECIMALS)))
    return max(int(by_span), min(0, 1 - digits))
