"""The hierarchical model in formulas: a spot's size is gamma given what is above it, and its reports.

A size N has a gamma distribution with the mean and variance of a negative binomial; a report Y of N people
has an inverse gamma distribution with mean N x bias, so that N given its reports is gamma again. So sizes
are integrated out in closed form: the sampler sees effects and scales only, and sizes are drawn afterwards.
Every function takes arrays of numpy or of jax with draws, if any, along the first axis (docs/model.md).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from pse.spots.model_data import Level, ModelData

HALF_LOG_2PI = 0.5 * float(np.log(2 * np.pi))

SHARED_KPS = 0.3
"""Prior scatter of the logarithm of a KP's scale around that of all KPs."""

LEAST = 1e-7
"""Squared coefficient of variation (0.03 %) that a report has at least in the density that is sampled."""


class Parameters(NamedTuple):
    """Effects and scales; arrays of shape (kps,), (codes,) or (), or with draws before that.

    `size` is ln of the mean size, `dispersion` r of the negative binomial, `named` the slope of ln size on ln
    informants; `typology`, `municipality`, `zone` are effects on ln size. `bias` is ln of the level-1 bias
    and `bias_typology` what a typology adds; `report1`, `report2` are coefficients of variation of one
    report, `shared` of what all level-1 reports of a spot share; `team` are ln factors of municipality
    x KP on level 2. `open`, `open_typology`, `open_slope` make the log odds that a listed spot is active.
    """

    size: Any
    dispersion: Any
    named: Any
    typology: Any
    municipality: Any
    zone: Any
    bias: Any
    bias_typology: Any
    report1: Any
    report2: Any
    shared: Any
    team: Any
    open: Any
    open_typology: Any
    open_slope: Any


@dataclass(frozen=True)
class Scales:
    """Scales held fixed instead of estimated: None estimates, 0 takes that part as free of error.

    Attributes
    ----------
    report1, report2, shared : float or None
        Coefficient of variation of one report of a level, and of what level-1 reports of a spot share.
    team : float or None
        Standard deviation of ln of the factor that a municipality's team puts on all its sizes of a KP.
    rounding : {None, 0}
        0: reported numbers are exact and not heaped.
    activity : {None, 0}
        0: of unvisited spots the chain's share is open, instead of some open and some closed.
    people, added : {None, 0}
        0: D, and people not at spots, accounts, profiles and overrides, are as the chain has them.
    """

    report1: float | None = None
    report2: float | None = None
    shared: float | None = None
    team: float | None = None
    rounding: int | None = None
    activity: int | None = None
    people: int | None = None
    added: int | None = None

    def __post_init__(self) -> None:
        """Refuse a negative scale, a number where only 0 may stand, and sizes without error but for teams."""
        for field in fields(self):
            value = getattr(self, field.name)
            only_zero = field.name in ("rounding", "activity", "people", "added")
            if value is not None and (value != 0 if only_zero else not 0 <= value < np.inf):
                rule = "be 0 or None" if only_zero else "be 0 or more, or None to estimate it"
                raise ValueError(f"{field.name} must {rule}; got {value!r}")
        if self.exact_sizes and (self.team != 0 or self.activity != 0):
            raise ValueError(
                "team and activity must be 0 where report1, report2, shared and rounding are 0: without any "
                "error of reports nothing is left to estimate them from."
            )

    @property
    def exact_sizes(self) -> bool:
        """Whether no report has an error: then sizes are those of the chain and nothing is sampled."""
        return self.report1 == self.report2 == self.shared == self.rounding == 0


NO_NOISE = Scales(**{field.name: 0 for field in fields(Scales)})
"""All variances at zero: the model then returns the replication estimate."""


class Tables(NamedTuple):
    """What is the same for many units: by stratum, place, KP and kind of report."""

    log_mean: Any  # by stratum
    spread: Any  # 1 / r, by stratum
    ratio1: Any  # ln of reported over true size at level 1, by stratum
    place: Any  # effect on ln size, by place
    team: Any  # ln of reported over true size at level 2, by place
    shape1: Any  # a, by kind of report
    shape2: Any


def tables(p: Parameters, data: ModelData, xp: Any) -> Tables:
    """Return means, biases and errors of reports by their codes."""
    place = p.municipality[..., data.place_cell]
    if p.zone.shape[-1]:
        place = place + p.zone
    return Tables(
        log_mean=p.size[..., data.stratum_kp] + p.typology,
        spread=1 / p.dispersion[..., data.stratum_kp],
        ratio1=p.bias[..., data.stratum_kp] + p.bias_typology,
        place=place,
        team=p.team[..., data.place_cell],
        shape1=_shapes(data.level1, p.report1, p.shared, xp),
        shape2=_shapes(data.level2, p.report2, 0 * p.report2, xp),
    )


def squared_cv(level: Level, report: Any, shared: Any) -> Any:
    """Return the squared coefficient of variation of a pooled report, by kind.

    What all reports of a spot share, and the error and rounding of one report over their number.
    """
    rows = np.maximum(level.rows, 1) if isinstance(level.rows, np.ndarray) else level.rows + (level.rows == 0)
    return shared[..., level.kp] ** 2 + (report[..., level.kp] ** 2 + level.rounding) / rows


def _shapes(level: Level, report: Any, shared: Any, xp: Any) -> Any:
    """Return the shape a of each kind of report; 0 where nobody reported."""
    cv = xp.maximum(squared_cv(level, report, shared), LEAST)
    return xp.where(level.rows > 0, report_shape(cv), 0.0)


def size_shape(mean: Any, dispersion: Any) -> Any:
    """Return the shape of the gamma distribution with the variance mu + mu^2 / r of a negative binomial.

    The continuous stand-in for whole numbers of people: mu^2 / variance = 1 / (1 / mu + 1 / r). Ours.

    Examples
    --------
    >>> size_shape(10.0, 2.5)  # variance 10 + 40 = 50
    2.0
    """
    return 1 / (1 / mean + 1 / dispersion)


def report_shape(squared_cv: Any) -> Any:
    """Return the shape a of an inverse gamma distribution with this squared coefficient of variation.

    Its squared coefficient of variation is 1 / (a - 2).
    """
    return 2 + 1 / squared_cv


def log_variance(squared_cv: Any) -> Any:
    """Return the variance of ln of such a report: trigamma(a), by its asymptotic series (a >= 2).

    Examples
    --------
    >>> round(log_variance(0.25), 4)  # trigamma(6) = 0.1813
    0.1813
    """
    a = report_shape(squared_cv)
    return 1 / a + 1 / (2 * a**2) + 1 / (6 * a**3) - 1 / (30 * a**5)


def log_gamma(x: Any, xp: Any) -> Any:
    """Return ln Gamma(x) by Stirling's series after a shift of 4: right to 1e-9 for x > 0.

    Examples
    --------
    >>> round(float(log_gamma(np.float64(5.0), np)), 8)  # ln 24
    3.17805383
    """
    y = x + 4
    series = 1 / (12 * y) - 1 / (360 * y**3) + 1 / (1260 * y**5) - 1 / (1680 * y**7)
    return (y - 0.5) * xp.log(y) - y + HALF_LOG_2PI + series - xp.log(x * (x + 1) * (x + 2) * (x + 3))


class Units(NamedTuple):
    """What is known of every unit: shape q and ln(q / mu) of its size, and shape and rate of its reports."""

    shape: Any
    log_rate: Any
    reported: Any
    report_rate: Any


def units(t: Tables, p: Parameters, data: ModelData, xp: Any) -> Units:
    """Return the gamma distribution of every unit's size, and what reports add to it.

    With N people, a report Y is inverse gamma with shape a and scale (a - 1) x ratio x N, so its mean is
    ratio x N; as a function of N its density is N^a exp(-N (a - 1) ratio / Y) times a constant.
    """
    log_mean = t.log_mean[..., data.stratum] + t.place[..., data.place] + p.named[..., data.kp] * data.named
    shape = 1 / (xp.exp(-log_mean) + t.spread[..., data.stratum])
    a1, a2 = t.shape1[..., data.level1.kind], t.shape2[..., data.level2.kind]
    rate1 = xp.where(a1 > 0, a1 - 1, 0.0) * xp.exp(t.ratio1)[..., data.stratum] / data.level1.size
    rate2 = xp.where(a2 > 0, a2 - 1, 0.0) * xp.exp(t.team)[..., data.place] / data.level2.size
    return Units(shape, xp.log(shape) - log_mean, a1 + a2, rate1 + rate2)


def log_odds_open(p: Parameters, data: ModelData) -> Any:
    """Return the log odds that a listed spot is active: by KP and typology, and by its level-1 size."""
    by_stratum = p.open[..., data.stratum_kp] + p.open_typology
    return by_stratum[..., data.stratum] + p.open_slope[..., data.kp] * data.slope


def log_density(p: Parameters, data: ModelData, xp: Any) -> Any:
    """Return ln of the density of all records about spots, sizes integrated out; `p` is one draw.

    Notes
    -----
    The gamma integral of N^(q-1) exp(-N q/mu) N^A exp(-N S) is Gamma(q + A) / (q/mu + S)^(q + A). Level-1
    sizes of closed spots say nothing about sizes. Ours.
    """
    t = tables(p, data, xp)
    u = units(t, p, data, xp)
    total = u.shape + u.reported
    sizes = u.shape * u.log_rate - total * xp.log(xp.exp(u.log_rate) + u.report_rate)
    sizes = sizes + log_gamma(total, xp) - log_gamma(u.shape, xp)
    a1, a2 = t.shape1[data.level1.kind], t.shape2[data.level2.kind]
    sizes = sizes + a1 * t.ratio1[data.stratum] + a2 * t.team[data.place]
    odds = log_odds_open(p, data)
    activity = -xp.logaddexp(0.0, xp.where(data.active, -odds, odds))
    return (
        xp.sum(sizes)
        + xp.sum(xp.where(data.trial, activity, 0.0))
        + _own(data.level1, t.shape1, xp)
        + _own(data.level2, t.shape2, xp)
        + _within(data.level1, p.report1, xp)
        + _within(data.level2, p.report2, xp)
    )


def _own(level: Level, a: Any, xp: Any) -> Any:
    """Return the part of ln of an inverse gamma density that depends on the kind only, over all units."""
    shape = xp.where(a > 0, a, 2.0)
    each = level.units * (shape * xp.log(shape - 1) - log_gamma(shape, xp)) - shape * level.logs
    return xp.sum(xp.where(a > 0, each, 0.0))


def _within(level: Level, report: Any, xp: Any) -> Any:
    """Return ln of the density of the scatter of reports of one spot: squares / variance is chi-squared."""
    variance = log_variance(xp.maximum(report**2 + level.round_within, LEAST))
    return -0.5 * xp.sum(level.squares / variance + level.free * xp.log(variance))
