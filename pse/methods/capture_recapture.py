"""Two lists: Lincoln-Petersen, Chapman, Bailey and Ricker, each with a named interval.

`first` and `second` are people on the lists, `both` those on both. Assumed: a closed population, lists that
are independent of each other, the same chance for everybody on at least one list, and no error in matching.
"""

from __future__ import annotations

import math
import warnings
from typing import Literal, get_args

from pse import checks
from pse.estimate import Estimate, EstimateWarning
from pse.methods.refusal import NoEstimateError
from pse.methods.two_list_forms import Form, two_list_error, two_list_point
from pse.methods.two_list_intervals import overlap_bounds, profile_interval, smallest_size, transformed_logit
from pse.methods.unseen import log_bounds, normal_quantile

__all__ = ["TwoListInterval", "bailey", "chapman", "lincoln_petersen", "ricker", "two_list_error"]

TwoListInterval = Literal[
    "log", "wald", "profile", "transformed logit", "binomial", "hypergeometric", "poisson"
]


def lincoln_petersen(
    *, first: int, second: int, both: int, interval: TwoListInterval = "log", level: float = 0.95
) -> Estimate:
    """Estimate a size from two lists, first x second / both.

    Parameters
    ----------
    first, second, both : int
        People on each list and on both.
    interval : {"log", "wald", "profile", "transformed logit", "binomial", "hypergeometric", "poisson"}
        See `pse.methods.two_list_intervals`; log is the interval of Burnham et al. 1987. Its name stands in
        the method of the result.
    level : float

    Raises
    ------
    ValueError
        If `both` is larger than a list.
    NoEstimateError
        If nobody is on both lists: no size follows. `.lower` is the smallest size (hypergeometric).

    Notes
    -----
    Var(N) = first^2 second (second - both) / both^3, the second list drawn with fixed size (Seber 1982, p.
    60); for the log and Wald intervals the large-sample variance of two random lists,
    first second (first - both)(second - both) / both^3.

    Examples
    --------
    >>> print(lincoln_petersen(first=1381, second=1469, both=521))
    3,894 (3,696 to 4,121, 95% confidence; Lincoln-Petersen, log interval)
    """
    lists = _checked(first=first, second=second, both=both, level=level)
    if both == 0:
        raise NoEstimateError(
            "a Lincoln-Petersen size must have people on both lists; got none. Use the lower limit, or a "
            "list that overlaps; Chapman's estimate has no upper limit here either.",
            lower=smallest_size(**lists, level=level),
        )
    a, b, m = lists.values()
    variance = a * b * (a - m) * (b - m) / m**3
    return _estimate("Petersen", lists, math.sqrt(variance), interval=interval, level=level)


def chapman(
    *, first: int, second: int, both: int, interval: TwoListInterval = "log", level: float = 0.95
) -> Estimate:
    """Estimate a size from two lists by Chapman's form, nearly unbiased when both lists are not small.

    Parameters
    ----------
    first, second, both, interval, level
        As for `lincoln_petersen`.

    Warns
    -----
    EstimateWarning
        If nobody is on both lists: the number then only says how small the population can be.

    Notes
    -----
    N = (first + 1)(second + 1) / (both + 1) - 1 (Chapman 1951); variance (first + 1)(second + 1)(first -
    both) (second - both) / ((both + 1)^2 (both + 2)) (Seber 1970, Biometrika 57:677).

    Examples
    --------
    >>> print(chapman(first=467, second=450, both=54))
    3,837 (3,075 to 4,860, 95% confidence; Chapman, log interval)
    """
    return _corrected("Chapman", first=first, second=second, both=both, interval=interval, level=level)


def bailey(
    *, first: int, second: int, both: int, interval: TwoListInterval = "log", level: float = 0.95
) -> Estimate:
    """Estimate a size when people of the second list are met one by one and may be met again (Bailey 1951).

    Parameters
    ----------
    first, second, both, interval, level
        As for `lincoln_petersen`; `second` counts meetings.

    Notes
    -----
    N = first (second + 1) / (both + 1); variance first^2 (second + 1)(second - both) / ((both + 1)^2 (both +
    2)) (Seber 1982, p. 61).

    Examples
    --------
    >>> round(bailey(first=948, second=421, both=167).point, 2)
    2381.29
    """
    return _corrected("Bailey", first=first, second=second, both=both, interval=interval, level=level)


def ricker(
    *, first: int, second: int, both: int, interval: TwoListInterval = "log", level: float = 0.95
) -> Estimate:
    """Estimate a size by Ricker's form, (first + 1)(second + 1) / (both + 1): Chapman's without the - 1.

    Parameters
    ----------
    first, second, both, interval, level
        As for `lincoln_petersen`.

    Notes
    -----
    Variance (first + 1)^2 (second + 1)(second - both) / ((both + 1)^2 (both + 2)) (Ricker 1975, p. 78).

    Examples
    --------
    >>> round(ricker(first=948, second=421, both=167).point, 2)
    2383.8
    """
    return _corrected("Ricker", first=first, second=second, both=both, interval=interval, level=level)


def _corrected(
    form: Form, *, first: int, second: int, both: int, interval: TwoListInterval, level: float
) -> Estimate:
    """Return a size by a form that has one without overlap too, with a warning there."""
    lists = _checked(first=first, second=second, both=both, level=level)
    if both == 0:
        lower = smallest_size(**lists, level=level)
        warnings.warn(
            f"nobody is on both lists, so the size has no upper limit; it is at least {lower:,.0f}. "
            "Report the lower limit, not the point.",
            EstimateWarning,
            stacklevel=3,
        )
    return _estimate(form, lists, two_list_error(form, **lists), interval=interval, level=level)


def _checked(*, first: int, second: int, both: int, level: float) -> dict[str, int]:
    """Return the counts as Python integers: those of a table are of NumPy and overflow in products."""
    checks.level(level)
    checks.count(first=first, second=second, at_least=1)
    if not 0 <= both <= min(first, second):
        raise ValueError(f"both must be between 0 and the smaller list ({min(first, second)}); got {both!r}.")
    checks.count(both=both)
    return {"first": int(first), "second": int(second), "both": int(both)}


def _estimate(
    form: Form, lists: dict[str, int], error: float, *, interval: TwoListInterval, level: float
) -> Estimate:
    checks.one_of(interval, get_args(TwoListInterval), name="interval")
    point = two_list_point(form, **lists)
    people = lists["first"] + lists["second"] - lists["both"]
    name = "Lincoln-Petersen" if form == "Petersen" else form
    method = f"{name}, {interval} interval"
    if interval == "log":
        lower, upper = log_bounds(unseen=point - people, people=people, standard_error=error, level=level)
    elif interval == "wald":
        reach = normal_quantile(level) * error
        lower, upper = max(float(people), point - reach), point + reach
    elif interval == "profile":
        lower, upper = profile_interval(**lists, level=level)
    elif interval == "transformed logit":
        lower, upper = transformed_logit(**lists, level=level)
    else:
        lower, upper = overlap_bounds(form, **lists, kind=interval, level=level)
        lower = max(lower, float(people))
    return Estimate(point, min(lower, point), max(upper, point), "confidence", level, method)
