"""Error in matching two lists: how the size moves with missed and false matches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import pandas as pd

from pse import checks
from pse.methods.unseen import normal_quantile

__all__ = ["linkage_sensitivity"]


def linkage_sensitivity(
    *,
    first: int,
    second: int,
    both: int,
    missed: Sequence[float],
    false: Sequence[float],
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the Lincoln-Petersen size for every pair of error rates of the identifier that matches the
    lists.

    Missed matches make the size too large, false ones too small. The rates come from a sample of records
    checked by hand, or say what the size would be if they were so; they are taken as known.

    Parameters
    ----------
    first, second, both : int
        People on each list, and matches found.
    missed : sequence of float
        Shares of the true matches that were not found; 0 or more and below 1.
    false : sequence of float
        Shares of the people on the second list alone who were matched to somebody on the first; 0 or more and
        below 1.
    level : float
        Of the interval, symmetric for log N.

    Returns
    -------
    pandas.DataFrame
        missed, false, both (corrected), point, lower, upper, interval, level, method, note. Rates that
        explain more or fewer matches than can be keep their row without numbers, with the reason in `note`.

    Notes
    -----
    E(both) = (1 - missed) m + false (second - m) for m true matches (Ding, Fienberg 1994, Survey Methodology
    20:149, their model of matching in one direction), so m = (both - false second) / (1 - missed - false).
    The interval takes `both` as binomial out of `second`.

    Examples
    --------
    >>> table = linkage_sensitivity(first=400, second=350, both=52, missed=[0, 0.2], false=[0])
    >>> table["point"].round(1).tolist()
    [2692.3, 2153.8]
    """
    checks.level(level)
    checks.count(first=first, second=second, at_least=1)
    checks.count(both=both, at_least=1, at_most=min(first, second))
    for name, rates in (("missed", missed), ("false", false)):
        for rate in rates:
            checks.share(**{name: rate})
    rows = [
        _row(first, second, both, missed=float(a), false=float(b), level=level)
        for a, b in product(missed, false)
    ]
    return pd.DataFrame(rows)


def _row(first: int, second: int, both: int, *, missed: float, false: float, level: float) -> dict:
    keys = {"missed": missed, "false": false}
    kind = {"interval": "confidence", "level": level, "method": "Lincoln-Petersen, matching error given"}
    surplus, slope = both - false * second, 1 - missed - false
    true = surplus / slope if slope > 0 else math.nan
    if not 0 < true <= min(first, second):
        note = (
            "all matches may be false"
            if surplus <= 0 or slope <= 0
            else "more true matches than people on the smaller list"
        )
        nothing = dict.fromkeys(("both", "point", "lower", "upper"), math.nan)
        return {**keys, **nothing, **kind, "note": note}
    point = first * second / true
    spread = normal_quantile(level) * math.sqrt(both * (1 - both / second)) / surplus
    people = first + second - true
    lower = min(point, max(people, point * math.exp(-spread)))
    size = {"both": true, "point": point, "lower": lower, "upper": point * math.exp(spread)}
    return {**keys, **size, **kind, "note": ""}
