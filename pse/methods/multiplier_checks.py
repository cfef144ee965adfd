"""What can be checked of a multiplier before it is believed: same period, same people, independence."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from pse import checks
from pse.methods.multiplier import Kind, multiplier
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import counted_share

__all__ = ["independence_check", "period_check"]


def period_check(
    *, count_from: date, count_to: date, recall_from: date, recall_to: date, survey_from: date
) -> pd.DataFrame:
    """Check that the count and the question of the survey mean the same days.

    Parameters
    ----------
    count_from, count_to : datetime.date
        First and last day of the count (of handing out objects, of the event).
    recall_from, recall_to : datetime.date
        First and last day that the question asks about.
    survey_from : datetime.date
        First day of the survey.

    Returns
    -------
    pandas.DataFrame
        Rows "count after survey", "days counted, not asked", "days asked, not counted"; columns `ok`,
        `days` and `means`: what it does to the size.

    Examples
    --------
    >>> year = dict(count_from=date(2025, 1, 1), count_to=date(2025, 6, 30), survey_from=date(2025, 7, 5))
    >>> table = period_check(**year, recall_from=date(2025, 1, 1), recall_to=date(2025, 6, 30))
    >>> bool(table["ok"].all())
    True
    """
    for name, first, last in (("count", count_from, count_to), ("recall", recall_from, recall_to)):
        if last < first:
            raise ValueError(f"{name}_to must not be before {name}_from; got the two the wrong way round.")
    common = max(0, (min(count_to, recall_to) - max(count_from, recall_from)).days + 1)
    not_asked = (count_to - count_from).days + 1 - common
    not_counted = (recall_to - recall_from).days + 1 - common
    late = max(0, (count_to - survey_from).days + 1)
    rows: dict[str, tuple[int, str]] = {
        "count after survey": (late, "people counted after they were asked could not say so: size too high"),
        "days counted, not asked": (
            not_asked,
            "the count holds people whom the question misses: size too high",
        ),
        "days asked, not counted": (
            not_counted,
            "the question holds people whom the count misses: size too low",
        ),
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["days", "means"])
    table["means"] = table["means"].where(table["days"] > 0, "nothing")
    table.insert(0, "ok", table["days"] == 0)
    return table


def independence_check(parts: pd.DataFrame, *, count: float, kind: Kind, level: float = 0.95) -> pd.DataFrame:
    """Compare the share in the count between parts of the survey: it should not depend on how people came in.

    If the share is higher among those recruited through the service, or near its door, the survey leans
    towards clients and the size is too low.

    Parameters
    ----------
    parts : pandas.DataFrame
        One row for each part (seed, recruiter's link to the service, district), with `holders` and `asked`.
        The index names the parts.
    count : float
        The count of the multiplier.
    kind : {"service", "unique object", "event"}

    Returns
    -------
    pandas.DataFrame
        For each part: holders, asked, share, point, lower, upper, interval, level, method (by logit; blank
        and infinite where a part has nobody in the count), p_value of the hypothesis that all shares are
        one: Fisher's exact test for two parts, chi-squared for more.

    Notes
    -----
    A large p-value does not prove independence: a survey that leans the same way everywhere passes.

    Examples
    --------
    >>> parts = pd.DataFrame({"holders": [40, 20], "asked": [80, 160]}, index=["clients' chains", "others"])
    >>> bool(independence_check(parts, count=500, kind="service")["p_value"].iloc[0] < 0.001)
    True
    """
    checks.count(parts=len(parts), at_least=2)
    rows = [
        _part(int(holders), int(asked), count=count, kind=kind, level=level)
        for holders, asked in zip(parts["holders"], parts["asked"], strict=True)
    ]
    table = pd.concat([parts[["holders", "asked"]], pd.DataFrame(rows, index=parts.index)], axis=1)
    return table.assign(p_value=_same_share(table["holders"].to_numpy(), table["asked"].to_numpy()))


def _part(holders: int, asked: int, *, count: float, kind: Kind, level: float) -> dict[str, Any]:
    share = counted_share(holders=holders, asked=asked)
    try:
        got = multiplier(count=count, share=share, kind=kind, how="logit", level=level)
        size: dict[str, Any] = {
            "point": got.point,
            "lower": got.lower,
            "upper": got.upper,
            "method": got.method,
        }
    except NoEstimateError as refusal:
        size = {"point": math.nan, "lower": refusal.lower, "upper": math.inf, "method": "lower limit only"}
    return {"share": share.point, **size, "interval": "confidence", "level": level}


def _same_share(holders: np.ndarray, asked: np.ndarray) -> float:
    table = np.vstack([holders, asked - holders])
    if (table.sum(axis=1) == 0).any():
        return 1.0
    if table.shape[1] == 2:
        return float(stats.fisher_exact(table)[1])
    return float(stats.chi2_contingency(table, correction=False)[1])
