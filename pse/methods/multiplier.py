"""The multiplier method: a count of a KP divided by the share of the KP that was in the count.

Service multiplier: clients of a service in a period; unique object: people who were given an object that
nobody else has; event: people who came to an event. The share comes from a survey of the KP that is
independent of the count (`shares.py`, `surveys.py`, or draws of an RDS bootstrap).

Sources
-------
UNAIDS/WHO Working Group. Guidelines on estimating the size of populations most at risk to HIV. Geneva 2010.
Fieller EC. Some problems in interval estimation. J R Stat Soc B 1954;16:175-185. Korn EL, Graubard BI. Survey
Methodology 1998;24:193-201 (effective sample size).
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
import pandas as pd

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import Share, draw_shares, share_interval, t_quantile

__all__ = ["multiplier", "multiplier_draws", "multiplier_intervals", "multiplier_sample_size"]

Kind = Literal["service", "unique object", "event"]
How = Literal["delta", "log", "logit", "fieller", "bootstrap", "beta"]
REPLICATES = 10_000


def multiplier(
    *,
    count: float,
    share: Share,
    kind: Kind,
    how: How,
    level: float = 0.95,
    count_error: float = 0.0,
    replicates: int = REPLICATES,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate a population size as count / share.

    Parameters
    ----------
    count : float
        Different people of the KP that the service saw, that were given the object, or that came; above 0.
        Visits or objects are not people.
    share : Share
        Share of the KP that was in the count, from a survey about the same area and period.
    kind : {"service", "unique object", "event"}
        What was counted; stands in the method of the result.
    how : {"delta", "log", "logit", "fieller", "bootstrap", "beta"}
        "delta": N +- z SE. "log": the same on the log scale. "logit": bounds of the share, symmetric in its
        log-odds, turned over; never below `count`. "fieller": the ratio count / share by Fieller's theorem.
        "bootstrap": percentiles, from the share's own draws or a binomial or beta with its error. "beta":
        posterior of the share under Jeffreys' prior at its effective sample size (a credible interval).
    level : float
        Probability of the interval.
    count_error : float
        Standard error of `count`, where it is itself an estimate.
    replicates : int
        Draws; `rng` is needed for "bootstrap", and for "beta" with a `count_error`.

    Returns
    -------
    Estimate
        People. The lower bound is never below `count` where it has no error: they all exist. At a share of
        1 the point is `count` and the interval is one-sided.

    Raises
    ------
    NoEstimateError
        If nobody of the survey was in the count (`lower`: count over the one-sided upper limit of the share),
        or the interval has no upper end (`lower`: its lower end).
    ValueError
        If the survey met more people of the count than were counted.

    Examples
    --------
    >>> from pse.methods.shares import counted_share
    >>> share = counted_share(holders=60, asked=240)
    >>> print(multiplier(count=500, share=share, kind="service", how="log"))
    2,000 (1,606 to 2,490, 95% confidence; service multiplier, log)
    """
    checks.one_of(kind, get_args(Kind), name="kind")
    checks.one_of(how, get_args(How), name="how")
    _check(count=count, share=share, count_error=count_error, level=level)
    if share.point in (0, 1) and share.draws is None:
        return _at_an_end(count, share, kind=kind, level=level, count_error=count_error)
    if share.error == 0 and math.isfinite(share.effective):
        raise NoEstimateError(
            "share must have an error; got clusters that are all alike, so none can be seen. Ask in more "
            "clusters, or give the error of a like survey to share_from_error.",
            lower=float(count),
        )
    point = count / share.point
    lower, upper = _bounds(how, count, count_error, share, level=level, replicates=replicates, rng=rng)
    lower = min(max(lower, count if count_error == 0 else 0.0), point)
    if not math.isfinite(upper):
        raise NoEstimateError(
            f"share must be above 0 beyond doubt for a {how} interval; got {share.point:.3g} with standard "
            f"error {share.error:.2g}. Only the lower limit is known: {lower:.0f}. Ask more people.",
            lower=lower,
        )
    interval: Literal["credible", "confidence"] = "credible" if how == "beta" else "confidence"
    name = f"{kind} multiplier, {'beta posterior' if how == 'beta' else how}"
    return Estimate(point, lower, max(upper, point), interval, level, name)


def multiplier_intervals(
    *,
    count: float,
    share: Share,
    kind: Kind,
    level: float = 0.95,
    count_error: float = 0.0,
    replicates: int = REPLICATES,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return all intervals of one multiplier side by side.

    Returns
    -------
    pandas.DataFrame
        One row for each `how` of `multiplier`: point, lower, upper, interval, level, method. An interval
        without an upper end has `upper` infinite.

    Examples
    --------
    >>> from pse.methods.shares import counted_share
    >>> share = counted_share(holders=60, asked=240)
    >>> rng = np.random.default_rng(1)
    >>> table = multiplier_intervals(count=500, share=share, kind="service", rng=rng)
    >>> table.loc["fieller", ["lower", "upper"]].round(0).tolist()
    [1641.0, 2561.0]
    """
    rows: dict[str, tuple[object, ...]] = {}
    for how in get_args(How):
        try:
            got = multiplier(
                count=count,
                share=share,
                kind=kind,
                how=how,
                level=level,
                count_error=count_error,
                replicates=replicates,
                rng=rng,
            )
            rows[how] = (got.point, got.lower, got.upper, got.interval, level, got.method)
        except NoEstimateError as refusal:
            if share.point == 0:
                raise
            kind_of = "credible" if how == "beta" else "confidence"
            name = f"{kind} multiplier, {how}, no upper limit"
            rows[how] = (count / share.point, refusal.lower, math.inf, kind_of, level, name)
    columns = ["point", "lower", "upper", "interval", "level", "method"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def multiplier_draws(
    *,
    count: float,
    share: Share,
    replicates: int,
    rng: np.random.Generator,
    count_error: float = 0.0,
) -> np.ndarray:
    """Return draws of count / share, for sums and products with other sizes.

    Raises
    ------
    NoEstimateError
        If the share is 0, or its draws are.

    Examples
    --------
    >>> from pse.methods.shares import counted_share
    >>> share = counted_share(holders=60, asked=240)
    >>> multiplier_draws(count=500, share=share, replicates=3, rng=np.random.default_rng(1)).shape
    (3,)
    """
    _check(count=count, share=share, count_error=count_error, level=0.95)
    drawn = draw_shares(share, replicates=replicates, rng=rng)
    if share.point == 0 or (drawn <= 0).any():
        raise NoEstimateError(
            "share must be above 0 in every draw; got draws of 0. Ask more people.", lower=count
        )
    return draw_counts(count, count_error, replicates, rng) / drawn


def multiplier_sample_size(
    *, share: float, half_width: float, level: float = 0.95, design_effect: float = 1.0
) -> int:
    """Return how many people to ask, so that the interval is about N +- half_width x N.

    Parameters
    ----------
    share : float
        Share of the KP expected in the count, above 0 and below 1.
    half_width : float
        Wanted half-width as a part of N: 0.2 for plus or minus 20 %.
    design_effect : float
        Variance of the survey over that of a simple sample; 2 or more for RDS. 1 is a simple sample.

    Returns
    -------
    int
        n = deff z^2 (1 - p) / (p half_width^2), rounded up: the delta method turned over.

    Examples
    --------
    >>> multiplier_sample_size(share=0.25, half_width=0.2)
    289
    """
    checks.positive(share=share, half_width=half_width, design_effect=design_effect)
    if share >= 1:
        raise ValueError(f"share must be above 0 and below 1; got {share}.")
    z = t_quantile(math.inf, level=level)
    return math.ceil(design_effect * z**2 * (1 - share) / (share * half_width**2))


def _check(*, count: float, share: Share, count_error: float, level: float) -> None:
    checks.positive(count=count)
    checks.non_negative(count_error=count_error)
    checks.level(level)
    if share.holders is not None and count_error == 0 and count < share.holders:
        raise ValueError(
            f"count must be at least the people of the survey who were in it ({share.holders}); got {count}. "
            "Check that count and survey mean the same group and period."
        )


def _at_an_end(count: float, share: Share, *, kind: Kind, level: float, count_error: float) -> Estimate:
    """Return the one-sided answer at a share of 1, and refuse a share of 0 with its lower limit."""
    limit = (1 - level) ** (1 / share.effective) if math.isfinite(share.effective) else 1.0
    if share.point == 0:
        if math.isinf(share.effective):
            raise NoEstimateError("share must be above 0; got 0 for certain.", lower=float(count))
        least = count / (1 - limit)  # Clopper and Pearson, one-sided: 1 - alpha^(1/n)
        raise NoEstimateError(
            f"share must be above 0; got nobody of the survey in the count. Only a lower limit is known: "
            f"{least:.0f} at {100 * level:g}%. Ask more people, or take a count that more of them are in.",
            lower=least,
        )
    if count_error > 0:
        raise NoEstimateError(
            "share must be below 1 where the count has an error; got 1. The size is the count itself.",
            lower=float(count),
        )
    return Estimate(
        count, count, count / limit, "confidence", level, f"{kind} multiplier, share 1, one-sided upper limit"
    )


def _bounds(
    how: How,
    count: float,
    count_error: float,
    share: Share,
    *,
    level: float,
    replicates: int,
    rng: np.random.Generator | None,
) -> tuple[float, float]:
    if how in ("delta", "log", "logit"):
        return _normal_bounds(how, count, count_error, share, z=t_quantile(share.degrees, level=level))
    if how == "fieller":
        z = t_quantile(share.degrees, level=level)
        return fieller_bounds(count, share.point, top_error=count_error, bottom_error=share.error, z=z)
    if how == "beta" and count_error == 0:
        low, high = share_interval(share, level=level, how="beta")
        return count / high, count / low
    rng = checks.generator(rng, f"for {how}")
    drawn = _draw_again(how, share, replicates, rng)
    counts = draw_counts(count, count_error, replicates, rng)
    tail = (1 - level) / 2
    if (drawn <= 0).mean() >= tail:  # the upper percentile lies among draws without a size
        highest = float(np.quantile(drawn, 1 - tail)) or 1.0  # all draws 0: a share is at most 1
        return float(np.quantile(counts, tail)) / highest, math.inf
    sizes = np.divide(counts, drawn, out=np.full(replicates, np.inf), where=drawn > 0)
    lower, upper = np.quantile(sizes, [tail, 1 - tail], method="inverted_cdf")
    return float(lower), float(upper)


def _normal_bounds(
    how: str, count: float, count_error: float, share: Share, *, z: float
) -> tuple[float, float]:
    point = count / share.point
    relative = math.hypot(count_error / count, share.error / share.point)
    if how == "delta":
        return max(0.0, point * (1 - z * relative)), point * (1 + z * relative)
    if how == "log":
        factor = math.exp(min(z * relative, 700.0))
        return point / factor, point * factor
    p = share.point  # N - count has the log-odds of the share as its log: N = count (1 + (1 - p) / p)
    spread = math.exp(min(z * share.error / (p * (1 - p)), 700.0))
    others = (1 - p) / p
    if count_error == 0:
        return count * (1 + others / spread), count * (1 + others * spread)
    down = math.hypot(math.log((1 + others) / (1 + others / spread)), z * count_error / count)
    up = math.hypot(math.log((1 + others * spread) / (1 + others)), z * count_error / count)
    return point * math.exp(-down), point * math.exp(up)


def fieller_bounds(
    top: float, bottom: float, *, top_error: float, bottom_error: float, z: float
) -> tuple[float, float]:
    """Return Fieller's bounds of top / bottom, errors independent; the upper one infinite where unbounded.

    The ratios r with (top - r bottom)^2 <= z^2 (top_error^2 + r^2 bottom_error^2).

    Examples
    --------
    >>> fieller_bounds(100, 0.5, top_error=0, bottom_error=0.125, z=2)
    (133.33333333333334, 400.0)
    """
    a = bottom**2 - (z * bottom_error) ** 2
    c = top**2 - (z * top_error) ** 2
    root = math.sqrt(max((top * bottom) ** 2 - a * c, 0.0))
    if a > 0:
        return (top * bottom - root) / a, (top * bottom + root) / a
    return max(0.0, c / (top * bottom + root)), math.inf


def _draw_again(how: How, share: Share, replicates: int, rng: np.random.Generator) -> np.ndarray:
    if how == "bootstrap" and share.draws is None and share.holders is not None and share.effective < 1e9:
        asked = round(share.effective)
        return (
            rng.binomial(asked, share.point, size=replicates) / asked if asked >= 1 else np.zeros(replicates)
        )
    if how == "beta":
        n = share.effective
        return rng.beta(n * share.point + 0.5, n * (1 - share.point) + 0.5, size=replicates)
    return draw_shares(share, replicates=replicates, rng=rng)


def draw_counts(count: float, error: float, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return draws of a count with a standard error, at least 1; the count itself where it has none."""
    if error == 0:
        return np.full(replicates, float(count))
    return np.maximum(rng.normal(count, error, size=replicates), 1.0)
