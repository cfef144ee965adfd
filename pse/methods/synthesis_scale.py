"""Entries of a ledger as values with normal errors, on the scale on which they are pooled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from scipy.special import logit

from pse import checks
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import t_quantile
from pse.methods.synthesis_ledger import Evidence, checked, numbered

__all__ = ["Scale", "on_scale", "scaled"]

Scale = Literal["log", "logit"]
NUMBERS = ("point", "lower", "upper")


def on_scale(
    evidence: Sequence[Evidence], *, scale: Scale, range_as: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return points and standard errors on the scale on which they are pooled.

    Parameters
    ----------
    evidence : sequence of Evidence
    scale : {"log", "logit"}
        "log": log of the size. "logit": log-odds of size / denominator.
    range_as : float or None
        Probability that a range is taken for. A range has none of its own.

    Notes
    -----
    The standard error is the width of the interval on the scale over 2 z, divided by the confidence (Fellows
    et al. 2024).

    Raises
    ------
    ValueError
        If there is a range and no `range_as`, or a denominator is missing or below an upper bound.
    NoEstimateError
        If an entry has a lower bound of 0 or no width, and so no error on the scale.
    """
    entries = checked(evidence, at_least=1)
    checks.one_of(scale, get_args(Scale), name="scale")
    _check_ranges(entries, range_as)
    flat = [n for n, one in enumerate(entries, 1) if one.estimate.lower in (0, one.estimate.upper)]
    if flat:
        raise NoEstimateError(
            "every entry must have a lower bound above 0 and a width, to have an error; got none in entry "
            f"{numbered(flat)}. Leave it out; use its count as the lowest size of the prior."
        )
    if scale == "logit":
        _check_denominators(entries)
    bounds = np.array(
        [[scaled(getattr(one.estimate, name), one.denominator, scale) for name in NUMBERS] for one in entries]
    )
    z = [t_quantile(math.inf, level=one.estimate.level or float(range_as or 0)) for one in entries]
    confidence = np.array([one.confidence for one in entries])
    return bounds[:, 0], (bounds[:, 2] - bounds[:, 1]) / (2 * np.array(z)) / confidence


def scaled(people: float, denominator: float | None, scale: Scale) -> float:
    """Return log N, or logit (N / denominator).

    Examples
    --------
    >>> scaled(500, 1000, "logit"), scaled(1, None, "log")
    (0.0, 0.0)
    """
    return math.log(people) if scale == "log" else float(logit(people / float(denominator or math.nan)))


def _check_ranges(entries: list[Evidence], range_as: float | None) -> None:
    ranges = [number for number, one in enumerate(entries, 1) if one.estimate.interval == "range"]
    if range_as is not None:
        checks.level(range_as)
    elif ranges:
        raise ValueError(
            f"range_as must be given for a range; got nothing for entry {numbered(ranges)}. A range has no "
            "probability and no standard error: say what you take it for, such as range_as=0.9, or leave "
            "it out."
        )


def _check_denominators(entries: list[Evidence]) -> None:
    blank = [number for number, one in enumerate(entries, 1) if one.denominator is None]
    if blank:
        raise ValueError(
            f"denominator must be given on the logit scale; got none in entry {numbered(blank)}. "
            "Use scale='log' without denominators."
        )
    above = [n for n, one in enumerate(entries, 1) if one.estimate.upper >= float(one.denominator or 0)]
    if above:
        raise ValueError(
            "upper must be below the denominator on the logit scale; got more in entry "
            f"{numbered(above)}. Check that both are about the same area."
        )
