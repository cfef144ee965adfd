"""Sizes of spots drawn from the model: gamma given the effects and scales of one posterior draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pse.spots.model_data import ModelData
from pse.spots.model_formulas import Parameters, log_odds_open, squared_cv, tables, units


@dataclass(frozen=True)
class ModelSizes:
    """What one draw of all sizes needs, as plain arrays: units, and posterior draws of the parameters.

    `exact` is true where no report has an error: then every size is that of the chain. `share_open` is true
    where the chain's share of unvisited spots is open, instead of drawing which are.
    """

    data: ModelData
    posterior: Parameters
    exact: bool
    share_open: bool


def draw_factors(sizes: ModelSizes, rng: np.random.Generator, n: int) -> np.ndarray:
    """Return the drawn size of every unit over that of the chain, shape (units, n); 1 where nothing is drawn.

    Each draw takes one posterior draw of the parameters at random. A unit that is 0 in the chain stays 0.
    """
    data = sizes.data
    if sizes.exact:
        return np.ones((len(data.kp), n))
    at = rng.integers(len(sizes.posterior.size), size=n)
    p = Parameters(*(values[at] for values in sizes.posterior))
    size = draw_sizes(p, data, rng)
    base = data.chain_open if sizes.share_open else data.chain
    if not sizes.share_open:
        size *= ~data.draws_closed | draw_open(p, data, rng)
    known = (data.level2.kind > 0) | data.unvisited
    factor = np.divide(size, base, out=np.ones_like(size), where=known & (base > 0))
    return np.ascontiguousarray(factor.T)


def draw_sizes(p: Parameters, data: ModelData, rng: np.random.Generator) -> np.ndarray:
    """Return the people of every unit if it is active, given its reports, shape (draws, units).

    Gamma with shape q + a1 + a2 and rate q/mu + s1 + s2; without any error of a report, the size is the
    reported one over its ratio, exactly.
    """
    t = tables(p, data, np)
    u = units(t, p, data, np)
    size = rng.standard_gamma(u.shape + u.reported) / (np.exp(u.log_rate) + u.report_rate)
    for level, report, shared, ratio in (
        (data.level1, p.report1, p.shared, np.exp(t.ratio1)[..., data.stratum]),
        (data.level2, p.report2, 0 * p.report2, np.exp(t.team)[..., data.place]),
    ):
        sure = (level.rows > 0) & (squared_cv(level, report, shared) == 0)
        size = np.where(sure[..., level.kind], level.size / ratio, size)
    return size


def draw_open(p: Parameters, data: ModelData, rng: np.random.Generator) -> np.ndarray:
    """Return which units are active, by the odds of each draw: bool, shape (draws, units)."""
    chance = 1 / (1 + np.exp(-log_odds_open(p, data)))
    return np.asarray(rng.random(chance.shape) < chance)
