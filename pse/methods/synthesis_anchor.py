"""The anchored multiplier: estimates of one survey pulled together around a share from elsewhere.

Sources
-------
Wesson PD, Mirzazadeh A, McFarland W. A Bayesian approach to synthesize estimates of the size of hidden
populations: the Anchored Multiplier. Int J Epidemiol 2018;47:1636-1644. Wesson PD, McFarland W, Qin CC,
Mirzazadeh A. Software application profile: the Anchored Multiplier calculator. Int J Epidemiol
2019;48:1744-1749. The abstract of the first was read, the formulas were not seen. From it: a Bayesian
synthesis of multipliers around an a priori estimate, as shares of the adults, and a variance-adjusted form
with similar points and wider intervals. Ours: each share as a beta distribution by its mean and standard
deviation, their product, and the adjustment (see `anchored_multiplier`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import beta

from pse import checks
from pse.estimate import Estimate
from pse.methods.multiplier_pool import heterogeneity
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import t_quantile
from pse.methods.synthesis_ledger import Evidence, check_alike, differences, in_spite, numbered
from pse.methods.synthesis_pool import log_estimates
from pse.methods.synthesis_scale import on_scale

__all__ = ["Anchor", "anchor_weights", "anchored_multiplier"]

AnchorForm = Literal["plain", "variance-adjusted"]


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """The share of adults who belong to the KP, as known before the survey: from the literature.

    Attributes
    ----------
    share, lower, upper : float
        Between 0 and 1.
    level : float
        Probability of the bounds.
    source : str
        Where it is from.
    """

    share: float
    lower: float
    upper: float
    level: float
    source: str

    def __post_init__(self) -> None:
        checks.share(share=self.share, lower=self.lower, upper=self.upper)
        checks.level(self.level)
        if not (self.lower < self.upper and self.lower <= self.share <= self.upper and 0 < self.share < 1):
            raise ValueError(f"share must be between lower and upper, above 0, below 1; got {self.share:g}.")
        if not self.source.strip():
            raise ValueError("source must say where the anchor is from; got a blank text.")

    @property
    def error(self) -> float:
        """Standard deviation: the width of the bounds over 2 z."""
        return (self.upper - self.lower) / (2 * t_quantile(math.inf, level=self.level))


def anchored_multiplier(
    evidence: Sequence[Evidence],
    *,
    anchor: Anchor,
    form: AnchorForm,
    denominator: float,
    reason: str | None = None,
    range_as: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """Return the size from several estimates and an anchor.

    Parameters
    ----------
    evidence : sequence of Evidence
        At least two, each with its denominator.
    anchor : Anchor
        The share known beforehand. It must not come from the estimates themselves.
    form : {"plain", "variance-adjusted"}
        "plain" supposes that estimates differ by chance alone; where they disagree its interval is too
        narrow. "variance-adjusted" adds the spread between them to the error of each.
    denominator : float
        Adults out of whom the size is counted; the size is the share of them.
    reason, range_as
        As for `synthesis.consensus`.
    level : float
        Probability of the credible interval.

    Returns
    -------
    Estimate
        denominator x mean of the posterior beta, equal-tailed interval.

    Notes
    -----
    A share p with standard deviation s counts as n = p (1 - p) / s^2 - 1 people of whom p n belong to the
    KP; the posterior is Beta(sum of p n, sum of (1 - p) n) over the anchor and the estimates. Adjusted:
    s^2 + (tau p)^2, tau the standard deviation between log sizes by DerSimonian and Laird. s is the error
    on the log scale times p, divided by the confidence.

    Raises
    ------
    ValueError
        As `synthesis.consensus`.
    NoEstimateError
        If a share is so uncertain that no beta has its mean and error.

    Examples
    --------
    >>> def entry(point, lower, upper, source):
    ...     size = Estimate(point, lower, upper, "confidence", 0.95, source)
    ...     return Evidence(estimate=size, definition="injected drugs", recall="12 months", area="city",
    ...         year=2024, denominator=100_000, source=source, method="multiplier", confidence=1.0)
    >>> evidence = [entry(2000, 1500, 2600, "needles"), entry(2600, 2100, 3200, "clinic")]
    >>> anchor = Anchor(share=0.018, lower=0.008, upper=0.028, level=0.95, source="a review")
    >>> print(anchored_multiplier(evidence, anchor=anchor, form="plain", denominator=100_000))
    2,282 (1,931 to 2,662, 95% credible; anchored multiplier, plain, of 2 estimates)
    """
    table = _counts(evidence, anchor, form, reason=reason, range_as=range_as)
    checks.positive(denominator=denominator)
    checks.level(level)
    a = float((table["share"] * table["people"]).sum())
    b = float(((1 - table["share"]) * table["people"]).sum())
    lower, upper = beta.ppf([(1 - level) / 2, (1 + level) / 2], a, b)
    told = [f"anchored multiplier, {form}, of {len(evidence)} estimates"]
    name = ", ".join([*told, *in_spite(differences(evidence), reason)])
    return Estimate(
        denominator * a / (a + b), denominator * lower, denominator * upper, "credible", level, name
    )


def anchor_weights(
    evidence: Sequence[Evidence],
    *,
    anchor: Anchor,
    form: AnchorForm,
    reason: str | None = None,
    range_as: float | None = None,
) -> pd.DataFrame:
    """Return what the anchor and each estimate bring to the posterior.

    Returns
    -------
    pandas.DataFrame
        Index `entry` ("anchor" first): source, share, people (that the estimate counts as), weight.
    """
    return _counts(evidence, anchor, form, reason=reason, range_as=range_as)


def _counts(
    evidence: Sequence[Evidence],
    anchor: Anchor,
    form: AnchorForm,
    *,
    reason: str | None,
    range_as: float | None,
) -> pd.DataFrame:
    checks.one_of(form, ("plain", "variance-adjusted"), name="form")
    check_alike(evidence, reason=reason)
    _, relative = on_scale(evidence, scale="log", range_as=range_as)
    share = np.array([anchor.share, *_shares(evidence)])
    between = 0.0
    if form == "variance-adjusted":
        between = heterogeneity(log_estimates(evidence, range_as=range_as, level=0.95))["tau"]
    error = np.array([anchor.error, *(share[1:] * np.hypot(relative, between))])
    people = share * (1 - share) / error**2 - 1
    wide = np.flatnonzero(people <= 0)
    if len(wide):
        named = ["the anchor" if i == 0 else f"entry {i}" for i in wide]
        raise NoEstimateError(
            "every share must be known better than one person's answer to be a beta distribution; got "
            f"none in {', '.join(named)}. Leave it out, or use consensus."
        )
    table = pd.DataFrame({"source": [anchor.source, *(one.source for one in evidence)], "share": share})
    table = table.assign(people=people, weight=people / people.sum())
    return table.set_axis(["anchor", *range(1, len(evidence) + 1)]).rename_axis("entry")


def _shares(evidence: Sequence[Evidence]) -> list[float]:
    blank = [number for number, one in enumerate(evidence, 1) if one.denominator is None]
    if blank:
        raise ValueError(
            f"denominator must be given for an anchored multiplier; got none in entry {numbered(blank)}."
        )
    return [one.estimate.point / float(one.denominator or math.nan) for one in evidence]
