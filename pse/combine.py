"""Put estimates together: `add` different people, `pool` the same people, `union` overlapping KPs.

How the errors of the estimates hang together changes the answer, so `dependence` has no default.

``"together"``
    All errors go the same way: every area is at its lower bound at once, or every area at its upper bound.
    The widest answer, and the only one for ranges, which hold reports and have no distribution.
``"independent"``
    An error in one estimate says nothing about the error in another, so they partly cancel. Only for
    confidence and credible intervals.

Kinds of interval are never mixed, nor are levels: 95% with 90%, or a range with a confidence interval, is
refused.

Sources
-------
Zou GY, Donner A. Construction of confidence limits about effect measures: a general approach. Statistics in
Medicine 2008;27:1693-1702 (MOVER). Birge RT. The calculation of errors by the method of least squares.
Physical Review 1932;40:207-227. The union and the check of the overlap are this project's own.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Literal, get_args

from pse import checks
from pse.estimate import Estimate, EstimateWarning

__all__ = ["Dependence", "add", "overlap_check", "pool", "union"]

Dependence = Literal["together", "independent"]
NAMED_METHODS = 3  # a method text names up to so many different methods, then only counts them
ROUNDING = 1e-9  # an overlap that is larger than a KP by so little is machine noise
IMPOSSIBLE_OVERLAP = (
    "The recorded shares put more people into both KPs than the smaller KP has; the overlap was cut to the "
    "smaller KP. Check the shares and the two sizes."
)


def add(estimates: Iterable[Estimate], *, dependence: Dependence) -> Estimate:
    """Add estimates of different people: areas, or KPs that do not overlap.

    Parameters
    ----------
    estimates : iterable of Estimate
        At least one; all of one kind of interval and one level. Nobody is counted in two of them: for KPs
        that overlap use `union`.
    dependence : {"together", "independent"}
        "together" sums point, lower and upper separately. "independent" sums the points and takes the MOVER
        bounds, which are narrower; it is refused for ranges.

    Returns
    -------
    Estimate
        People, unrounded; kind and level as those of `estimates`. One estimate comes back as it is.

    Raises
    ------
    ValueError
        If there is no estimate, kinds or levels differ, or ranges are to be added as independent.

    Examples
    --------
    >>> north = Estimate(120, 90, 150, interval="range", level=None, method="mapping")
    >>> south = Estimate(80, 60, 110, interval="range", level=None, method="mapping")
    >>> print(add([north, south], dependence="together"))
    200 (150 to 260, range; mapping, summed together)
    """
    parts = _alike(estimates, dependence=dependence)
    if len(parts) == 1:
        return parts[0]
    point = math.fsum(part.point for part in parts)
    if dependence == "together":
        lower, upper = math.fsum(part.lower for part in parts), math.fsum(part.upper for part in parts)
        method = _name(parts, done="summed together")
    else:
        lower = max(0.0, point - math.hypot(*(part.point - part.lower for part in parts)))
        upper = point + math.hypot(*(part.upper - part.point for part in parts))
        method = _name(parts, done="summed as independent")
    return replace(parts[0], point=point, lower=lower, upper=upper, method=method)


def pool(estimates: Iterable[Estimate], *, dependence: Dependence) -> Estimate:
    """Pool several estimates of the same people: one KP, one area, one time.

    Parameters
    ----------
    estimates : iterable of Estimate
        At least one; all of one kind of interval and one level.
    dependence : {"together", "independent"}
        "together": the methods share their errors (the same informants, the same list), so a further estimate
        brings no precision: plain mean of the points, of the lower and of the upper bounds.
        "independent": mean on the log scale with weights 1/SE^2, SE from the width of each interval on the
        log scale, taken as normal there. Where the estimates disagree by more than their intervals allow,
        the standard error is multiplied by Birge's ratio; it is never made smaller. Refused for ranges and
        for estimates with a lower bound of 0.

    Returns
    -------
    Estimate
        People, unrounded. The interval of an independent pool is symmetric on the log scale; `method` tells
        by how much disagreement widened it. One estimate comes back as it is.

    Raises
    ------
    ValueError
        If there is no estimate, kinds or levels differ, ranges are to be pooled as independent, or an
        interval has a lower bound of 0 or no width and so no standard error on the log scale.

    Notes
    -----
    Neither choice repairs a bias that all methods share. With two or three estimates Birge's ratio is itself
    uncertain: read it as a sign of disagreement.

    Examples
    --------
    >>> first = Estimate(100, 50, 200, interval="confidence", level=0.95, method="chapman")
    >>> second = Estimate(100, 50, 200, interval="confidence", level=0.95, method="multiplier")
    >>> print(pool([first, second], dependence="independent"))
    100 (61 to 163, 95% confidence; chapman + multiplier, 2 estimates pooled as independent)
    """
    parts = _alike(estimates, dependence=dependence)
    if len(parts) == 1:
        return parts[0]
    level = parts[0].level
    if dependence == "together" or level is None:  # ranges have no level and come here only as "together"
        return _pool_together(parts)
    return _pool_independent(parts, level=level)


def union(
    first: Estimate,
    second: Estimate,
    *,
    share_second_in_first: float | None = None,
    share_first_in_second: float | None = None,
    dependence: Dependence,
) -> Estimate:
    """Count the people who belong to at least one of two KPs that overlap.

    With shares, N = N_A + N_B - both, and both = N_A share(B|A), or N_B share(A|B), or their mean when both
    shares are given; never more than the smaller KP. Without shares the overlap is unknown: the answer is the
    bracket from "the smaller KP lies wholly inside the larger" to "nobody is in both", the point halfway.

    Parameters
    ----------
    first, second : Estimate
        The two KPs in the same area and period, each counted in full; one kind of interval and one level.
    share_second_in_first : float, optional
        share(B|A): of the people of `first`, the share who also belong to `second`; between 0 and 1.
    share_first_in_second : float, optional
        share(A|B): of the people of `second`, the share who also belong to `first`; between 0 and 1.
    dependence : {"together", "independent"}
        "together": both KPs at their lower bounds, then both at their upper bounds. "independent": the two
        errors are combined by a square root of squares, as in MOVER; refused for ranges. Without shares it
        changes nothing.

    Returns
    -------
    Estimate
        People, unrounded, each number between the larger KP and the sum of both. Kind and level as those of
        the KPs; without shares a range, whatever the KPs are.

    Raises
    ------
    ValueError
        If kinds or levels differ, ranges are to be taken as independent, or a share is not between 0 and 1.

    Warns
    -----
    EstimateWarning
        If the shares put more people into both KPs than the smaller KP has.

    Notes
    -----
    Shares must be weighted by person (an answer given at a spot with many people counts for many) and are
    treated as known: the interval leaves out their error. When both shares are recorded look at
    `overlap_check` first.

    Examples
    --------
    >>> msm = Estimate(500, 400, 600, interval="range", level=None, method="mapping")
    >>> fsw = Estimate(200, 150, 250, interval="range", level=None, method="mapping")
    >>> print(union(msm, fsw, share_second_in_first=0.1, dependence="together"))
    650 (510 to 790, range; mapping, union by recorded shares)
    >>> print(union(msm, fsw, dependence="together"))
    600 (400 to 850, range; mapping, no overlap recorded: between the larger and the sum)
    """
    parts = _alike([first, second], dependence=dependence)
    given = {"share_second_in_first": share_second_in_first, "share_first_in_second": share_first_in_second}
    shares = {name: share for name, share in given.items() if share is not None}
    if not shares:
        return _bracket(parts)
    checks.share(**shares)
    both, smaller = overlap(first=first.point, second=second.point, **shares), min(first.point, second.point)
    if both > smaller * (1 + ROUNDING):
        warnings.warn(IMPOSSIBLE_OVERLAP, EstimateWarning, stacklevel=2)
    return _union_by_shares(parts, shares=shares, dependence=dependence)


def overlap_check(
    first: Estimate, second: Estimate, *, share_second_in_first: float, share_first_in_second: float
) -> float:
    """Compare the two estimates of the overlap of two KPs: N_A share(B|A) / (N_B share(A|B)).

    Parameters
    ----------
    first, second : Estimate
        The two KPs in the same area and period; their points are used.
    share_second_in_first, share_first_in_second : float
        As in `union`, weighted by person.

    Returns
    -------
    float
        1 when the two agree, also when both say that nobody belongs to both KPs. Far from 1: one share, or
        one size, is wrong, or the shares are not weighted by person. Infinite when only the second overlap
        is 0.

    Raises
    ------
    ValueError
        If a share is not between 0 and 1.

    Examples
    --------
    >>> msm = Estimate(500, 400, 600, interval="range", level=None, method="mapping")
    >>> fsw = Estimate(200, 150, 250, interval="range", level=None, method="mapping")
    >>> overlap_check(msm, fsw, share_second_in_first=0.1, share_first_in_second=0.25)
    1.0
    """
    checks.share(share_second_in_first=share_second_in_first, share_first_in_second=share_first_in_second)
    by_first, by_second = first.point * share_second_in_first, second.point * share_first_in_second
    if by_second == 0:
        return 1.0 if by_first == 0 else math.inf
    return by_first / by_second


def log_standard_error(*, lower: float, upper: float, level: float) -> float:
    """Return the standard error of log N whose normal interval at `level` is as wide as lower to upper."""
    return math.log1p((upper - lower) / lower) / (2 * normal_quantile(level=level))


def normal_quantile(*, level: float) -> float:
    """Return z: a normal value lies within z standard errors with probability `level` (1.96 at 0.95)."""
    return NormalDist().inv_cdf((1 + level) / 2)


def inverse_variance_mean(*, values: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """Return the mean of `values` weighted by 1/error^2, and its standard error."""
    smallest = min(errors)  # weights relative to the best value stay finite
    weights = [(smallest / error) ** 2 for error in errors]
    total = math.fsum(weights)
    mean = math.fsum(weight * value for weight, value in zip(weights, values, strict=True)) / total
    return mean, smallest / math.sqrt(total)


def birge_ratio(*, values: Sequence[float], errors: Sequence[float], mean: float) -> float:
    """Return sqrt(Q / (k - 1)), Q = sum of ((value - mean) / error)^2 over the k >= 2 values (Birge 1932).

    About 1 when the values scatter as their standard errors say, above 1 when they disagree.
    """
    q = math.fsum(((value - mean) / error) ** 2 for value, error in zip(values, errors, strict=True))
    return math.sqrt(q / (len(values) - 1))


def overlap(
    *,
    first: float,
    second: float,
    share_second_in_first: float | None = None,
    share_first_in_second: float | None = None,
) -> float:
    """Return the people in both KPs: N_A share(B|A), or N_B share(A|B), or the mean of the two.

    At least one share must be given.
    """
    pairs = ((first, share_second_in_first), (second, share_first_in_second))
    both = [size * share for size, share in pairs if share is not None]
    return math.fsum(both) / len(both)


def union_size(*, first: float, second: float, both: float) -> float:
    """Return N_A + N_B - both, at least the larger KP (then `both` was too large) and at most the sum."""
    smaller, larger = sorted((first, second))
    return larger + (smaller - min(both, smaller))


def _union_by_shares(parts: list[Estimate], *, shares: dict[str, float], dependence: Dependence) -> Estimate:
    a, b = parts

    def size(n_a: float, n_b: float) -> float:
        return union_size(first=n_a, second=n_b, both=overlap(first=n_a, second=n_b, **shares))

    point, lower, upper = size(a.point, b.point), size(a.lower, b.lower), size(a.upper, b.upper)
    if dependence == "independent":  # move one KP at a time; never wider than both together
        lower = max(lower, point - math.hypot(point - size(a.lower, b.point), point - size(a.point, b.lower)))
        upper = min(upper, point + math.hypot(size(a.upper, b.point) - point, size(a.point, b.upper) - point))
    method = _name(parts, done="union by recorded shares")
    return replace(a, point=point, lower=lower, upper=upper, method=method)


def _bracket(parts: list[Estimate]) -> Estimate:
    a, b = parts
    return Estimate(
        point=(max(a.point, b.point) + (a.point + b.point)) / 2,
        lower=max(a.lower, b.lower),
        upper=a.upper + b.upper,
        interval="range",
        level=None,
        method=_name(parts, done="no overlap recorded: between the larger and the sum"),
    )


def _pool_together(parts: list[Estimate]) -> Estimate:
    point, lower, upper = (
        math.fsum(getattr(part, name) for part in parts) / len(parts) for name in ("point", "lower", "upper")
    )
    method = _name(parts, done=f"mean of {len(parts)} estimates")
    return replace(parts[0], point=point, lower=lower, upper=upper, method=method)


def _pool_independent(parts: list[Estimate], *, level: float) -> Estimate:
    _check_logs(parts)
    values = [math.log(part.point) for part in parts]
    errors = [log_standard_error(lower=part.lower, upper=part.upper, level=level) for part in parts]
    mean, error = inverse_variance_mean(values=values, errors=errors)
    ratio = max(1.0, birge_ratio(values=values, errors=errors, mean=mean))
    point, reach = math.exp(mean), math.exp(normal_quantile(level=level) * ratio * error)
    done = f"{len(parts)} estimates pooled as independent"
    if round(ratio, 2) > 1:
        done += f", interval {ratio:.2f} times wider because they disagree (Birge 1932)"
    method = _name(parts, done=done)
    return replace(parts[0], point=point, lower=point / reach, upper=point * reach, method=method)


def _check_logs(parts: list[Estimate]) -> None:
    remedy = "Pool with dependence='together', or leave that estimate out."
    for part in parts:
        if part.lower == 0:
            raise ValueError(f"lower must be above 0 to pool on the log scale; got {part.lower}. {remedy}")
        if part.upper == part.lower:
            raise ValueError(
                f"upper must be above lower to give a standard error; got {part.upper}. {remedy}"
            )


def _alike(estimates: Iterable[Estimate], *, dependence: Dependence) -> list[Estimate]:
    """Return the estimates as a list; refuse none at all, mixed kinds, and ranges taken as independent."""
    checks.one_of(dependence, get_args(Dependence), name="dependence")
    parts = list(estimates)
    if not parts:
        raise ValueError("estimates must hold at least one Estimate; got none")
    if len({(part.interval, part.level) for part in parts}) > 1:
        kinds = ", ".join(sorted({part.kind for part in parts}))
        raise ValueError(
            f"estimates must have one kind of interval and one level; got {kinds}. Report them side by side."
        )
    if dependence == "independent" and parts[0].interval == "range":
        raise ValueError(
            "dependence must be 'together' for ranges; got 'independent'. A range has no distribution: it "
            "holds the smallest and largest reports, and nothing says how far they cancel."
        )
    return parts


def _name(parts: list[Estimate], *, done: str) -> str:
    """Return the methods of the parts and what was done; sums of sums are not named twice."""
    methods = sorted({part.method.removesuffix(f", {done}") for part in parts})
    text = " + ".join(methods) if len(methods) <= NAMED_METHODS else f"{len(methods)} methods"
    return f"{text}, {done}"
