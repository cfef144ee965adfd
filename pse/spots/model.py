"""The hierarchical model fitted to a study: posterior draws, whether they converged, what a draw needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pse.records.study import Study
from pse.spots.bootstrap import Ready, model_state
from pse.spots.bootstrap_block import Platforms, State
from pse.spots.donors import ALL_CLOSED, NO_DONOR
from pse.spots.model_data import ModelData, model_data
from pse.spots.model_draws import ModelSizes
from pse.spots.model_formulas import Parameters, Scales
from pse.spots.model_priors import EFFECTS, ERRORS, SPREADS, draw_prior, parameters_of, reported_centre
from pse.spots.model_sampler import Run, Sampled, sample_numbers
from pse.spots.options import Options

if TYPE_CHECKING:
    from pse.spots.chain import Parts

LARGEST_R_HAT = 1.05
"""Split R-hat of every parameter must not be above this (Gelman and Rubin 1992; BDA3, section 11.4: 1.1)."""

FEWEST_DRAWS = 100
"""Effective draws that every parameter must have: the ends of an interval are then known to about 0.2 of a
standard deviation (ours)."""

MOST_DIVERGENT = 0.01
"""Share of draws that may diverge."""


class ConvergenceError(ValueError):
    """The chains of the model do not agree or are too short: nothing is reported."""


@dataclass(frozen=True)
class Fit:
    """A fitted model: what a draw needs, posterior draws, and the table of diagnostics.

    `data` and `scales` are those of the fit; `diagnostics` is empty where nothing was sampled.
    """

    ready: Ready
    data: ModelData
    scales: Scales
    posterior: Parameters
    diagnostics: pd.DataFrame


def fit_model(
    study: Study,
    parts: Parts,
    options: Options,
    *,
    rng: np.random.Generator,
    scales: Scales | None = None,
    run: Run | None = None,
) -> Fit:
    """Fit the model and return what draws of all sizes need.

    Parameters
    ----------
    study, parts
        The records and what the chain made of them.
    options : Options
        `interview_sd` and `team_sd` are held fixed where they are given.
    rng : numpy.random.Generator
        Source of the chains.
    scales : Scales, optional
        Other scales to hold fixed; they beat the options.
    run : Run, optional
        Length of the run; a run that has not converged is followed by one of twice the length.

    Raises
    ------
    ConvergenceError
        If the second run has not converged either.
    """
    held = scales_of(options) if scales is None else scales
    data = without_rounding(model_data(study, parts, options), held)
    without, notices = _without(parts, data), _notices(parts, data, held)
    diagnostics, posterior = pd.DataFrame(), _nothing_sampled(data, held)
    if not held.exact_sizes and len(data.kp):
        sampled, diagnostics = _converged(data, held, run or Run(), rng, parts.spots.units.kps)
        z = {name: values.reshape(-1, *values.shape[2:]) for name, values in sampled.numbers.items()}
        posterior = parameters_of(z, data, reported_centre(data), held, np)
    sizes = ModelSizes(data, posterior, held.exact_sizes or not len(data.kp), held.activity == 0)
    ready = model_state(study, parts, sizes, without, tuple(notices))
    return Fit(replace(ready, state=_still(ready.state, held)), data, held, posterior, diagnostics)


def scales_of(options: Options) -> Scales:
    """Return the scales that the options hold fixed; sigma of a logarithm becomes a coefficient of variation.

    Examples
    --------
    >>> scales_of(Options(interview_sd=0.0)).report2
    0.0
    """
    sd = options.interview_sd
    return Scales(
        report2=None if sd is None else float(np.sqrt(np.expm1(sd**2))),
        team=None if options.team_sd is None else float(options.team_sd),
    )


def without_rounding(data: ModelData, scales: Scales) -> ModelData:
    """Return the data with exact numbers where rounding is held at 0."""
    if scales.rounding != 0:
        return data
    levels = [
        level._replace(rounding=0 * level.rounding, round_within=0 * level.round_within)
        for level in (data.level1, data.level2)
    ]
    return data._replace(level1=levels[0], level2=levels[1])


def _nothing_sampled(data: ModelData, scales: Scales) -> Parameters:
    """Return one draw from the prior: it fills the state where no parameter is used."""
    z = draw_prior(data, scales, np.random.default_rng(0), draws=1)
    return parameters_of(z, data, reported_centre(data), scales, np)


def _converged(
    data: ModelData, scales: Scales, run: Run, rng: np.random.Generator, kps: list[str]
) -> tuple[Sampled, pd.DataFrame]:
    """Return draws that converged and their diagnostics; a second run is twice as long."""
    said = ""
    for tried in (run, run.longer()):
        sampled = sample_numbers(data, scales, tried, rng)
        table = diagnostics_table(sampled, data, scales, kps)
        said = what_is_wrong(table, sampled.diverging)
        if not said:
            return sampled, table
    raise ConvergenceError(
        f"the chains of the model must converge before anything is reported; got {said}. Use "
        "interval='bootstrap', or give interview_sd and team_sd."
    )


def what_is_wrong(table: pd.DataFrame, diverging: np.ndarray) -> str:
    """Return the figures that forbid a report, in words; empty where there are none.

    Parameters
    ----------
    table : pandas.DataFrame
        From `diagnostics_table`.
    diverging : numpy.ndarray of bool
        Draws whose trajectory diverged.
    """
    wrong = []
    # written so that a number that is not a number is wrong, too
    worst, fewest = table["r_hat"].max(skipna=False), table["effective_draws"].min(skipna=False)
    if not worst <= LARGEST_R_HAT:
        wrong.append(f"R-hat {worst:.2f} (at most {LARGEST_R_HAT})")
    if not fewest >= FEWEST_DRAWS:
        wrong.append(f"{fewest:.0f} effective draws (at least {FEWEST_DRAWS})")
    if not diverging.mean() <= MOST_DIVERGENT:
        wrong.append(f"{int(diverging.sum())} of {diverging.size} draws divergent (at most 1%)")
    return ", ".join(wrong)


def diagnostics_table(sampled: Sampled, data: ModelData, scales: Scales, kps: list[str]) -> pd.DataFrame:
    """Return one row per parameter: mean, standard deviation, R-hat, effective draws.

    Effects of typologies, places and teams have one row a kind, with the worst R-hat and the fewest
    effective draws among them and without a mean: `of` is their number.

    Notes
    -----
    Split R-hat and effective draws of numpyro (Gelman et al., Bayesian Data Analysis, 3rd edition, sections
    11.4 and 11.5), of the numbers that are sampled.
    """
    found = import_module("numpyro.diagnostics")
    p = parameters_of(sampled.numbers, data, reported_centre(data), scales, np)
    shown = p._asdict()
    rows = []
    for name, values in sampled.numbers.items():
        flat = values.reshape(*values.shape[:2], -1)
        r_hat, draws = found.split_gelman_rubin(flat), found.effective_sample_size(flat)
        one = {"r_hat": np.max(r_hat), "effective_draws": np.min(draws), "of": flat.shape[2]}
        if name in (*EFFECTS, *ERRORS):
            for code, kp in enumerate(kps):
                one = {"r_hat": r_hat[code], "effective_draws": draws[code], "of": 1}
                rows.append({"parameter": name, "kp": kp, **_summary(shown[name][..., code]), **one})
            continue
        width = (SPREADS | ERRORS).get(name.removeprefix("sd_").removeprefix("all_"), np.nan)
        scale = _summary(width * np.exp(values)) if values.ndim == 2 else {}
        rows.append({"parameter": name, "kp": "all", **scale, **one})
    columns = ["parameter", "kp", "of", "mean", "sd", "r_hat", "effective_draws"]
    return pd.DataFrame(rows).reindex(columns=columns)


def _summary(values: np.ndarray) -> dict[str, float]:
    return {"mean": float(values.mean()), "sd": float(values.std())}


def _without(parts: Parts, data: ModelData) -> dict[str, str]:
    """Return the KPs without an interval, with the reason."""
    reasons = {}
    for code, kp in enumerate(parts.spots.units.kps):
        here = data.kp == code
        seen = here & (data.level2.kind > 0) & (data.level1.kind > 0)
        if (here & data.unvisited).any() and not seen.any():
            reasons[kp] = NO_DONOR
    return reasons


def _notices(parts: Parts, data: ModelData, scales: Scales) -> list[str]:
    """Return sentences about what rests on a prior instead of records."""
    said = []
    if scales.report2 is None:
        for code, kp in enumerate(parts.spots.units.kps):
            if data.level2.free[code] == 0 and ((data.kp == code) & (data.level2.kind > 0)).any():
                said.append(
                    f"{kp}: no spot has two interviews, so the error of a report rests on other KPs, level 1 "
                    "and the prior; give interview_sd if you know it."
                )
    if scales.team is None and len(data.cell_kp) == len(np.unique(data.cell_kp)) and len(data.kp):
        said.append(
            "No KP has spots in two municipalities, so an effect that the whole team of a municipality "
            "shares rests on its prior; give team_sd if you know it."
        )
    closed = int((data.unvisited & (data.chain == 0)).sum())
    if closed:
        said.append(ALL_CLOSED.format(n=closed))
    return said


def _still(state: State, scales: Scales) -> State:
    """Return the state without draws of what is held at 0 (D, people not at spots); else with all of them."""
    if scales.people == 0:
        state = replace(state, visits=(), week=())
    if scales.added != 0:
        return replace(state, platforms=replace(state.platforms, counts=True))
    return replace(
        state,
        nonspot=state.nonspot.at_point(),
        overrides=state.overrides.at_point(),
        platforms=_platforms_at_point(state.platforms),
    )


def _platforms_at_point(rows: Platforms) -> Platforms:
    (_, accounts, _), (_, inverse, _) = rows.accounts, rows.inverse
    return replace(
        rows,
        accounts=(accounts, accounts, accounts),
        inverse=(inverse, inverse, inverse),
        profiles={},
        visits={},
        uses={},
        fill_profiles={},
        fill_visits={},
    )
