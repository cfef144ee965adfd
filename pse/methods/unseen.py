"""Intervals of a size as the people met plus those nobody met."""

from __future__ import annotations

import math
from functools import cache

from scipy.stats import norm

__all__ = ["log_bounds", "normal_quantile"]


@cache  # SciPy takes longer for it than all the rest of an interval
def normal_quantile(level: float) -> float:
    """Return the standard normal quantile of a two-sided interval.

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return float(norm.ppf(0.5 + level / 2))


def log_bounds(*, unseen: float, people: float, standard_error: float, level: float) -> tuple[float, float]:
    """Return the log interval: `people` plus `unseen` divided and multiplied by one factor.

    Parameters
    ----------
    unseen : float
        Estimated people on no list, 0 or more.
    people : float
        People met.
    standard_error : float
        Of the size.
    level : float
        Between 0 and 1.

    Notes
    -----
    The factor is exp(z sqrt(log(1 + Var / unseen^2))) (Burnham et al. 1987, American Fisheries Society
    Monograph 5, p. 212; Chao 1987, Biometrics 43:783).

    Examples
    --------
    >>> tuple(round(x, 1) for x in log_bounds(unseen=125.56, people=208, standard_error=28.6997, level=0.95))
    (288.7, 403.4)
    """
    if unseen <= 0 or standard_error == 0:
        return people + max(unseen, 0.0), people + max(unseen, 0.0)
    factor = math.exp(normal_quantile(level) * math.sqrt(math.log1p((standard_error / unseen) ** 2)))
    return people + unseen / factor, people + unseen * factor
