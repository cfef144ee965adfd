"""Whether intervals hold the truth as often as they say: where it lies among draws, and curves of cover."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import binom

LEVELS = tuple(percent / 100 for percent in range(50, 100))
"""Nominal levels of a curve of cover: 50 % to 99 %."""


def truth_position(draws: np.ndarray, truth: float) -> float:
    """Return where a known truth lies among draws: 0 at or below all of them, 1 at or above all.

    Parameters
    ----------
    draws : numpy.ndarray, shape (replicates,)
        Draws of one size, in people.
    truth : float
        The true size, known in a simulated exercise.

    Notes
    -----
    It is the inverse of the quantiles of `pse.spots.draws.percentile_interval`: the interval of level L holds
    the truth where the position lies from (1 - L) / 2 to (1 + L) / 2. So one number a size tells the cover
    at every level. Blank if the draws are.

    Examples
    --------
    >>> truth_position(np.arange(101.0), 97.5)
    0.975
    """
    if np.isnan(draws).any():
        return float("nan")
    return float(np.interp(truth, np.sort(draws), np.linspace(0, 1, len(draws))))


def coverage_curve(records: pd.DataFrame, *, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Return how often intervals of each level held the truth, by scenario.

    Parameters
    ----------
    records : pandas.DataFrame
        One row per interval: `scenario` and `truth_at`, from `truth_position`. Rows without a position, of
        runs that did not keep it, are left out.
    levels : sequence of float
        Nominal levels, above 0 and below 1.

    Returns
    -------
    pandas.DataFrame
        `scenario, level, intervals, cover, band_lower, band_upper`: the share of intervals that hold the
        truth, and where 95 % of such shares lie if the level is right and exercises are independent
        (quantiles of the binomial distribution over the number of intervals).

    Raises
    ------
    ValueError
        If no row has a position, or a level is not above 0 and below 1.

    Examples
    --------
    >>> found = coverage_curve(pd.DataFrame({"scenario": "plain", "truth_at": [0.5, 0.01]}), levels=[0.9])
    >>> found[["intervals", "cover"]].values.tolist()
    [[2.0, 0.5]]
    """
    level = np.asarray(levels, dtype=float)
    if not ((level > 0) & (level < 1)).all():
        raise ValueError(f"levels must be above 0 and below 1; got {level.min():g} to {level.max():g}.")
    known = records.dropna(subset="truth_at") if "truth_at" in records else records.iloc[:0]
    if known.empty:
        raise ValueError(
            "records must have a column truth_at with numbers; got none. "
            "Run benchmarks.coverage anew: older records do not keep it."
        )
    curves = [_curve(str(name), of_one, level) for name, of_one in known.groupby("scenario", sort=False)]
    return pd.concat(curves, ignore_index=True)


def _curve(scenario: str, records: pd.DataFrame, level: np.ndarray) -> pd.DataFrame:
    n = len(records)
    off = np.abs(2 * records["truth_at"].to_numpy(dtype=float) - 1)  # the smallest level that holds the truth
    cover = (off[:, None] <= level).mean(axis=0)
    ends = {f"band_{end}": binom.ppf(p, n, level) / n for end, p in (("lower", 0.025), ("upper", 0.975))}
    return pd.DataFrame({"scenario": scenario, "level": level, "intervals": n, "cover": cover, **ends})
