"""Does the model make records like those at hand? Prior and posterior predictive checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pse.records.study import Study
from pse.spots.model import Fit, fit_model
from pse.spots.model_data import ModelData
from pse.spots.model_draws import draw_open
from pse.spots.model_formulas import Parameters, tables, units
from pse.spots.model_priors import draw_prior, parameters_of, reported_centre
from pse.spots.model_sampler import Run
from pse.spots.options import options_of

QUANTILES = {"lower": 0.05, "quarter": 0.25, "middle": 0.5, "three_quarters": 0.75, "upper": 0.95}


@dataclass(frozen=True)
class ModelChecks:
    """Tables of `predictive_table` before and after the records are seen, and how the chains converged."""

    prior: pd.DataFrame
    posterior: pd.DataFrame
    diagnostics: pd.DataFrame


@dataclass(frozen=True)
class Records:
    """Records about spots, as recorded or as drawn: arrays of shape (draws, units).

    `level1`, `level2` are reported sizes (people), `open` whether a listed and seen spot was active.
    """

    level1: np.ndarray
    level2: np.ndarray
    open: np.ndarray


def check_model(
    study: Study, *, rng: np.random.Generator, draws: int = 500, run: Run | None = None, **options: Any
) -> ModelChecks:
    """Fit the model to a study and compare records drawn from it with those at hand.

    Parameters
    ----------
    study : Study
        From `read_study`.
    rng : numpy.random.Generator
        Source of all draws.
    draws : int
        Records drawn, before and after the model has seen the study.
    run : Run, optional
        Length of the run of the sampler.
    **options
        Fields of `pse.Options`.

    Returns
    -------
    ModelChecks
        For `mapping.modelcharts`.

    Raises
    ------
    ConvergenceError
        If the chains have not converged.
    """
    from pse.spots.chain import study_parts

    chosen = options_of(study, options)
    parts = study_parts(study, chosen)
    fit = fit_model(study, parts, chosen, rng=rng, run=run)
    kps = parts.spots.units.kps
    return ModelChecks(
        predictive_table(fit.data, prior_draws(fit, rng, draws=draws), kps, rng),
        predictive_table(fit.data, posterior_draws(fit, rng, draws=draws), kps, rng),
        fit.diagnostics,
    )


def prior_draws(fit: Fit, rng: np.random.Generator, *, draws: int) -> Parameters:
    """Return parameters drawn from the priors."""
    z = draw_prior(fit.data, fit.scales, rng, draws=draws)
    return parameters_of(z, fit.data, reported_centre(fit.data), fit.scales, np)


def posterior_draws(fit: Fit, rng: np.random.Generator, *, draws: int) -> Parameters:
    """Return posterior draws of the parameters, taken at random."""
    at = rng.integers(len(fit.posterior.size), size=draws)
    return Parameters(*(values[at] for values in fit.posterior))


def draw_records(p: Parameters, data: ModelData, rng: np.random.Generator) -> Records:
    """Return records that the model makes: new sizes, new reports of them, new closed spots.

    Nothing of a spot's own report is used, only which spots were reported and how often.
    """
    t = tables(p, data, np)
    u = units(t, p, data, np)
    size = rng.standard_gamma(u.shape) / np.exp(u.log_rate)
    said = []
    for level, shape, ratio in (
        (data.level1, t.shape1, t.ratio1[..., data.stratum]),
        (data.level2, t.shape2, t.team[..., data.place]),
    ):
        a = np.where(level.kind > 0, shape[..., level.kind], 3.0)
        said.append((a - 1) * np.exp(ratio) * size / rng.standard_gamma(a))
    return Records(said[0], said[1], draw_open(p, data, rng))


def recorded(data: ModelData) -> Records:
    """Return the records at hand in the same shape, as one draw."""
    return Records(data.level1.size[None], data.level2.size[None], data.active[None])


def predictive_table(
    data: ModelData, p: Parameters, kps: list[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Return, by KP and check, the recorded figure and where those of drawn records lie.

    Parameters
    ----------
    data : ModelData
        Units of the study.
    p : Parameters
        Draws from the prior or the posterior.
    kps : list of str
        KP of each code.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    pandas.DataFrame
        `kp, check, recorded`, quantiles `lower` (5 %), `quarter`, `middle`, `three_quarters`, `upper` (95 %)
        of the drawn figures, and `p`, the share of them at or above the recorded one (Gelman et al.,
        Bayesian Data Analysis, 3rd edition, section 6.3). A KP has no row for what its records do not show.
    """
    drawn, at_hand = draw_records(p, data, rng), recorded(data)
    rows = []
    for code, kp in enumerate(kps):
        for name, figure in CHECKS.items():
            one, many = figure(at_hand, data, data.kp == code), figure(drawn, data, data.kp == code)
            if one is None or many is None:
                continue
            ends = np.quantile(many, list(QUANTILES.values()))
            quantiles = dict(zip(QUANTILES, ends.tolist(), strict=True))
            share = float((many >= one[0]).mean())
            rows.append({"kp": kp, "check": name, "recorded": float(one[0]), **quantiles, "p": share})
    return pd.DataFrame(rows, columns=["kp", "check", "recorded", *QUANTILES, "p"])


def _mean1(records: Records, data: ModelData, here: np.ndarray) -> np.ndarray | None:
    told = here & (data.level1.kind > 0)
    return records.level1[:, told].mean(axis=1) if told.any() else None


def _mean2(records: Records, data: ModelData, here: np.ndarray) -> np.ndarray | None:
    told = here & (data.level2.kind > 0)
    return records.level2[:, told].mean(axis=1) if told.any() else None


def _spread2(records: Records, data: ModelData, here: np.ndarray) -> np.ndarray | None:
    told = here & (data.level2.kind > 0)
    return np.log(records.level2[:, told]).std(axis=1) if told.sum() > 1 else None


def _largest2(records: Records, data: ModelData, here: np.ndarray) -> np.ndarray | None:
    told = here & (data.level2.kind > 0)
    return records.level2[:, told].max(axis=1) if told.sum() > 1 else None


def _ratio(records: Records, data: ModelData, here: np.ndarray) -> np.ndarray | None:
    both = here & (data.level1.kind > 0) & (data.level2.kind > 0)
    if not both.any():
        return None
    return records.level2[:, both].sum(axis=1) / records.level1[:, both].sum(axis=1)


def _scatter(records: Records, data: ModelData, here: np.ndarray) -> np.ndarray | None:
    both = here & (data.level1.kind > 0) & (data.level2.kind > 0)
    if both.sum() < 2:
        return None
    return np.log(records.level2[:, both] / records.level1[:, both]).std(axis=1)


def _between(records: Records, data: ModelData, here: np.ndarray) -> np.ndarray | None:
    """Return the spread between municipalities of ln(sum E2 / sum E1): what team effects do."""
    both = here & (data.level1.kind > 0) & (data.level2.kind > 0)
    cells, code = np.unique(data.place_cell[data.place[both]], return_inverse=True)
    if len(cells) < 2:
        return None
    member = (code[:, None] == np.arange(len(cells))).astype(float)
    return np.log((records.level2[:, both] @ member) / (records.level1[:, both] @ member)).std(axis=1)


def _open(records: Records, data: ModelData, here: np.ndarray) -> np.ndarray | None:
    trial = here & data.trial
    return records.open[:, trial].mean(axis=1) if trial.any() else None


Figure = Callable[[Records, ModelData, np.ndarray], np.ndarray | None]
CHECKS: dict[str, Figure] = {
    "mean level-1 size": _mean1,
    "mean level-2 size": _mean2,
    "spread of ln level-2 size": _spread2,
    "largest level-2 size": _largest2,
    "level 2 over level 1": _ratio,
    "scatter of ln level 2 over level 1": _scatter,
    "the same between municipalities": _between,
    "share of visited spots open": _open,
}
"""Figures that are compared: each is positive, one number a draw, None where the records do not show it."""
