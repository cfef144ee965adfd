"""Bounds of random intervals, rounded outward where a KP has hidden numbers.

The width of the interval of a sum is the root of the sum of the squared errors of its parts, and an error is
about a known share of its part. Beside the sum of two hidden parts the width is a second equation, and who
has many draws, or averages releases, solves it. In steps of the threshold it is too coarse for that where
the error of a municipality is a quarter or less: moving a whole threshold of people between two hidden parts
changes the width by at most 2 x 1.96 x 0.25 of it, which is one step. Larger errors tell more; no audit
covers it. Ours.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

BOUNDS = {
    "lower": "upper",
    "computed_lower": "computed_upper",
    "both_from_platforms_lower": "both_from_platforms_upper",
    "both_from_spots_lower": "both_from_spots_upper",
    "total_lower": "total_upper",
    "total_from_spots_lower": "total_from_spots_upper",
}
"""Columns in people: the lower bound and the upper one."""

RATIO_DECIMALS = 2


def bound_step(threshold: float) -> int:
    """Return the step of bounds in people: the threshold in whole people, at least 1.

    Examples
    --------
    >>> bound_step(10), bound_step(5)
    (10, 5)
    """
    return max(1, int(threshold))


def coarse_bounds(table: pd.DataFrame, kps: Collection[str], *, threshold: float) -> pd.DataFrame:
    """Return a copy of a table whose random bounds of these KPs are rounded outward; points stay.

    Parameters
    ----------
    table : pandas.DataFrame
        With `kp`, and `interval` where it has bounds of several kinds; `dual` has random bounds only.
    kps : collection of str
        KPs of which anything is hidden.
    threshold : float
        Sizes under so many people are hidden.

    Notes
    -----
    Rates are made anew from the rounded bounds: as they were they would give those away.
    """
    where = _rows(table, kps)
    if not where.any():
        return table
    step, table = bound_step(threshold), table.copy()
    for lower, upper in BOUNDS.items():
        for name, round_to in ((lower, np.floor), (upper, np.ceil)):
            if name in table:
                values = table[name].to_numpy(dtype=float)
                table[name] = np.where(where, round_to(values / step) * step, values)
    for end in ("lower", "upper"):
        if f"rate_{end}" in table:
            rate = 1000 * table[end] / table["adults"].astype(float).where(table["adults"] > 0)
            table[f"rate_{end}"] = table[f"rate_{end}"].mask(where & table[f"rate_{end}"].notna(), rate)
        if f"ratio_{end}" in table:
            table[f"ratio_{end}"] = table[f"ratio_{end}"].mask(
                where, table[f"ratio_{end}"].round(RATIO_DECIMALS)
            )
    return table


def _rows(table: pd.DataFrame, kps: Collection[str]) -> pd.Series:
    """Return the rows of these KPs with random bounds."""
    where = pd.Series(False, index=table.index)
    for name in ("kp", "other_kp"):
        if name in table:
            where |= table[name].astype(str).isin(list(kps))
    if "interval" in table:
        return where & table["interval"].isin(["confidence", "credible"])
    return where & ("total_lower" in table)
