"""Several multipliers of one population: random-effects pooling on the log scale, heterogeneity shown.

Sources
-------
DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials 1986;7:177-188. Hartung J,
Knapp G. Stat Med 2001;20:1771-1782, with the factor kept at 1 or more (Röver C, Knapp G, Friede T.
BMC Med Res Methodol 2015;15:99). Higgins JPT, Thompson SG. Stat Med 2002;21:1539-1558 (I squared).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import t_quantile

__all__ = ["heterogeneity", "pool_multipliers", "pool_weights"]

Error = Literal["normal", "hartung-knapp"]


@dataclass(frozen=True)
class _Logs:
    y: np.ndarray
    variance: np.ndarray
    tau2: float
    q: float
    level: float

    @property
    def weights(self) -> np.ndarray:
        w = 1 / (self.variance + self.tau2)
        return np.asarray(w / w.sum())

    @property
    def i2(self) -> float:
        return max(0.0, 1 - (len(self.y) - 1) / self.q) if self.q > 0 else 0.0


def pool_multipliers(estimates: Sequence[Estimate], *, error: Error) -> Estimate:
    """Pool sizes of the same people from several multipliers that are independent of each other.

    Parameters
    ----------
    estimates : sequence of Estimate
        At least two, confidence or credible, of one level; lower bounds above 0.
    error : {"normal", "hartung-knapp"}
        "normal" is too narrow with few multipliers that differ; "hartung-knapp" uses t with k - 1 degrees of
        freedom and is very wide with two.

    Returns
    -------
    Estimate
        People; the spread between multipliers (tau) is part of the interval, and I squared of its method.

    Notes
    -----
    Pooling does not repair what all share: clients who are easy to find are in every count, and all the
    sizes are then too low.

    Raises
    ------
    ValueError
        If there are fewer than two, one is a range, or levels differ.
    NoEstimateError
        If an estimate has a lower bound of 0 or no width, and so no error on the log scale.

    Examples
    --------
    >>> one = Estimate(1000, 800, 1250, "confidence", 0.95, "service multiplier, log")
    >>> two = Estimate(1500, 1200, 1875, "confidence", 0.95, "event multiplier, log")
    >>> print(pool_multipliers([one, two], error="normal"))
    1,225 (823 to 1,822, 95% confidence; 2 multipliers, random effects, normal, I2 84%)
    """
    checks.one_of(error, ("normal", "hartung-knapp"), name="error")
    logs = _logs(estimates)
    k, w = len(logs.y), logs.weights
    mean = float(w @ logs.y)
    variance = 1 / float((1 / (logs.variance + logs.tau2)).sum())
    z = t_quantile(math.inf, level=logs.level)
    if error == "hartung-knapp":
        z = t_quantile(k - 1, level=logs.level)
        variance *= max(1.0, float(((logs.y - mean) ** 2 / (logs.variance + logs.tau2)).sum()) / (k - 1))
    half = z * math.sqrt(variance)
    name = f"{k} multipliers, random effects, {error}, I2 {100 * logs.i2:.0f}%"
    bounds = math.exp(mean), math.exp(mean - half), math.exp(mean + half)
    return Estimate(*bounds, "confidence", logs.level, name)


def heterogeneity(estimates: Sequence[Estimate]) -> dict[str, float]:
    """Return Q, its p_value, tau (standard deviation of the log sizes) and I2 between 0 and 1.

    Examples
    --------
    >>> one = Estimate(1000, 800, 1250, "confidence", 0.95, "a")
    >>> two = Estimate(1500, 1200, 1875, "confidence", 0.95, "b")
    >>> round(heterogeneity([one, two])["Q"], 3)
    6.342
    """
    logs = _logs(estimates)
    degrees = len(logs.y) - 1
    return {
        "Q": logs.q,
        "p_value": float(stats.chi2.sf(logs.q, degrees)),
        "tau": math.sqrt(logs.tau2),
        "I2": logs.i2,
    }


def pool_weights(estimates: Sequence[Estimate]) -> pd.DataFrame:
    """Return each estimate with its weight in the pool: point, lower, upper, interval, level, method, weight.

    Examples
    --------
    >>> one = Estimate(1000, 800, 1250, "confidence", 0.95, "a")
    >>> pool_weights([one, one])["weight"].tolist()
    [0.5, 0.5]
    """
    return pd.DataFrame([asdict(one) for one in estimates]).assign(weight=_logs(estimates).weights)


def _logs(estimates: Sequence[Estimate]) -> _Logs:
    checks.count(estimates=len(estimates), at_least=2)
    levels = {one.level for one in estimates}
    if any(one.interval == "range" for one in estimates):
        raise ValueError("estimates must have confidence or credible intervals; got a range.")
    if len(levels) > 1:
        raise ValueError(f"estimates must have one level; got {len(levels)} levels.")
    if any(one.lower <= 0 or one.lower == one.upper for one in estimates):
        raise NoEstimateError("every estimate must have a lower bound above 0 and a width; got one without.")
    level = float(estimates[0].level or 0.95)
    z = t_quantile(math.inf, level=level)
    y = np.log([one.point for one in estimates])
    variance = np.array([(math.log(one.upper / one.lower) / (2 * z)) ** 2 for one in estimates])
    w = 1 / variance
    q = float(w @ (y - w @ y / w.sum()) ** 2)
    tau2 = max(0.0, (q - (len(y) - 1)) / (w.sum() - (w @ w) / w.sum()))
    return _Logs(y, variance, float(tau2), q, level)
