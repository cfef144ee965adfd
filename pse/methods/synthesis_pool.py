"""Random-effects pooling of a ledger without a prior, and how far studies differ.

The pooling itself is that of `multiplier_pool` (DerSimonian and Laird, Hartung and Knapp); here the entries
are checked to be about the same people, ranges need a statement, and errors are divided by the confidence.

Sources
-------
Prediction interval: Higgins JPT, Thompson SG, Spiegelhalter DJ. A re-evaluation of random-effects
meta-analysis. J R Stat Soc A 2009;172:137-159 (t with k - 2 degrees of freedom). Dividing errors by a
confidence before such a pool is ours, after Fellows et al. 2024 (see `synthesis.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pse import checks
from pse.estimate import Estimate
from pse.methods.multiplier_pool import Error, heterogeneity, pool_multipliers, pool_weights
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import t_quantile
from pse.methods.synthesis_ledger import Evidence, check_alike, in_spite
from pse.methods.synthesis_scale import on_scale

__all__ = ["log_estimates", "pool_evidence", "pool_prediction", "pool_spread", "pool_table"]


@dataclass(frozen=True)
class _Like:
    """The entries as estimates of one level, and in what they differ."""

    estimates: list[Estimate]
    differ: pd.DataFrame


def pool_evidence(
    evidence: Sequence[Evidence],
    *,
    error: Error,
    reason: str | None = None,
    range_as: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """Pool sizes of the same people from a ledger: random effects on the log scale.

    Parameters
    ----------
    evidence : sequence of Evidence
        At least two entries.
    error : {"normal", "hartung-knapp"}
        As for `pool_multipliers`.
    reason, range_as
        As for `synthesis.consensus`.
    level : float
        Probability of the interval.

    Raises
    ------
    ValueError
        If entries differ and there is no reason, or there is a range and no `range_as`.
    NoEstimateError
        If an entry has no error on the log scale.

    Examples
    --------
    >>> def entry(point, lower, upper, source):
    ...     size = Estimate(point, lower, upper, "confidence", 0.95, source)
    ...     return Evidence(estimate=size, definition="sold sex", recall="12 months", area="city", year=2024,
    ...         denominator=None, source=source, method=source, confidence=1.0)
    >>> evidence = [entry(1000, 800, 1250, "lists"), entry(1500, 1200, 1875, "multiplier")]
    >>> print(pool_evidence(evidence, error="normal"))
    1,225 (823 to 1,822, 95% confidence; pool of 2 estimates, random effects, normal, I2 84%)
    """
    like = _like(evidence, reason=reason, range_as=range_as, level=level)
    got = pool_multipliers(like.estimates, error=error)
    told = [f"pool of {len(like.estimates)} estimates", *got.method.split(", ")[1:]]
    return replace(got, method=", ".join([*told, *in_spite(like.differ, reason)]))


def pool_spread(
    evidence: Sequence[Evidence], *, reason: str | None = None, range_as: float | None = None
) -> dict[str, float]:
    """Return Q, its p_value, tau and I2 of the entries, as `multiplier_pool.heterogeneity`."""
    return heterogeneity(_like(evidence, reason=reason, range_as=range_as, level=0.95).estimates)


def pool_prediction(
    evidence: Sequence[Evidence],
    *,
    reason: str | None = None,
    range_as: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """Return where the size of a further study would fall: mean +- t sqrt(tau^2 + SE^2).

    Raises
    ------
    NoEstimateError
        If there are fewer than three entries: t has k - 2 degrees of freedom.
    """
    like = _like(evidence, reason=reason, range_as=range_as, level=level)
    k = len(like.estimates)
    if k < 3:
        raise NoEstimateError(
            f"a prediction interval must have three estimates or more; got {k}. Show the estimates instead."
        )
    normal = pool_multipliers(like.estimates, error="normal")
    error = math.log(normal.upper / normal.point) / t_quantile(math.inf, level=level)
    reach = t_quantile(k - 2, level=level) * math.hypot(heterogeneity(like.estimates)["tau"], error)
    bounds = normal.point, normal.point * math.exp(-reach), normal.point * math.exp(reach)
    return Estimate(*bounds, "confidence", level, f"prediction from {k} estimates, random effects")


def pool_table(
    evidence: Sequence[Evidence],
    *,
    reason: str | None = None,
    range_as: float | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return each entry as it goes into the pool, with its weight.

    Returns
    -------
    pandas.DataFrame
        Index `entry`: source, point, lower, upper, interval, level, method, weight. Bounds are those of the
        normal error on the log scale, widened by the confidence.
    """
    like = _like(evidence, reason=reason, range_as=range_as, level=level)
    table = pool_weights(like.estimates)
    table.insert(0, "source", [one.source for one in evidence])
    return table.set_axis(range(1, len(table) + 1)).rename_axis("entry")


def log_estimates(evidence: Sequence[Evidence], *, range_as: float | None, level: float) -> list[Estimate]:
    """Return the entries with bounds of one level, normal on the log scale, widened by the confidence."""
    y, error = on_scale(evidence, scale="log", range_as=range_as)
    reach = t_quantile(math.inf, level=level) * error
    rows = np.exp([y, y - reach, y + reach]).T
    return [
        Estimate(row[0], row[1], row[2], "confidence", level, one.method)
        for row, one in zip(rows, evidence, strict=True)
    ]


def _like(evidence: Sequence[Evidence], *, reason: str | None, range_as: float | None, level: float) -> _Like:
    differ = check_alike(evidence, reason=reason)
    checks.level(level)
    return _Like(log_estimates(evidence, range_as=range_as, level=level), differ)
