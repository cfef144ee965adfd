"""One simulated world, mapped under every plan: the same people and spots, other field work."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.engine import task_seeds
from pse.planning.plan import Plan, carried_out
from pse.records.study import Study, make_study
from pse.simulation.fieldwork import do_fieldwork
from pse.simulation.people import Group, make_world
from pse.simulation.scenario import KPS, Scenario
from pse.simulation.tables import Truth, settings_of, tables_of
from pse.spots.bootstrap import make_state, run_blocks
from pse.spots.chain import study_parts, total_parts
from pse.spots.draws import percentile_interval
from pse.spots.intervals import joint_draws
from pse.spots.options import options_of

FIELDS = ("truth", "point", "lower", "upper", "spots_visited", "spot_interviews", "people_asked")
"""Numbers kept of one KP of one exercise under one plan, national."""


@dataclass(frozen=True)
class Trial:
    """What all exercises share: numbers only, so that exercises may be done on other machines.

    `interview_sd` is sigma where it is known beforehand, None where each exercise estimates it from its
    repeated interviews, as a study does.
    """

    scenario: Scenario
    plans: tuple[Plan, ...]
    replicates: int
    level: float
    interview_sd: float | None


def run_exercise(trial: Trial, seed: np.random.SeedSequence, number: int) -> np.ndarray:
    """Return the numbers `FIELDS` of one exercise, shape (plans, KPs, fields).

    The world comes from the seed alone, so it is the same under every plan, and its field work as far as the
    plans agree. `number` is not used: the seed belongs to it. NaN stands where there is no interval.
    """
    for_world, for_field, for_draws = task_seeds(seed, 3)
    world = make_world(trial.scenario, np.random.default_rng(for_world))
    seeds = task_seeds(for_field, len(world))
    return np.stack([_under(plan, world, seeds, for_draws, trial) for plan in trial.plans])


def _under(
    plan: Plan,
    world: list[Group],
    seeds: list[np.random.SeedSequence],
    for_draws: np.random.SeedSequence,
    trial: Trial,
) -> np.ndarray:
    """Map a world under one plan and estimate it, shape (KPs, fields)."""
    scenario = carried_out(trial.scenario, plan)
    reports = [
        do_fieldwork(group, scenario, np.random.default_rng(seed))
        for group, seed in zip(world, seeds, strict=True)
    ]
    tables, truth = tables_of(world, reports, scenario)
    study = make_study(**settings_of(scenario, "plan"), tables=tables)
    sizes = _estimate(study, scenario, trial, np.random.default_rng(for_draws))
    return np.array([_row(kp, truth, sizes, tables) for kp in KPS])


def _estimate(
    study: Study, scenario: Scenario, trial: Trial, rng: np.random.Generator
) -> dict[str, tuple[float, float, float]]:
    """Return point, lower and upper of the nation by KP, as `pse estimate --interval bootstrap` does."""
    unlisted = "none" if scenario.complete_list else "people"
    options = options_of(study, {"interview_sd": trial.interview_sd, "unlisted": unlisted})
    parts = study_parts(study, options)
    point = total_parts(study, parts, options).point
    ready = make_state(study, parts, options)
    columns = run_blocks(ready.state, trial.replicates, rng)
    draws = joint_draws(columns, ready, parts, level=trial.level)
    nation = point.reshape(len(draws.municipalities), len(draws.kps)).sum(axis=0)
    lower, upper = percentile_interval(draws.people.sum(axis=1), level=trial.level)
    ends = np.minimum(lower, nation), np.maximum(upper, nation)  # a blank end stays blank
    return {kp: (float(nation[k]), float(ends[0][k]), float(ends[1][k])) for k, kp in enumerate(draws.kps)}


def _row(
    kp: str, truth: Truth, sizes: Mapping[str, tuple[float, float, float]], tables: Mapping[str, pd.DataFrame]
) -> list[float]:
    people = float(truth.people.loc[truth.people["kp"] == kp, "people"].sum())
    point, lower, upper = sizes.get(kp, (0.0, np.nan, np.nan))
    rows = tables["level2"][tables["level2"]["kp"] == kp]
    asked = 0
    if "people" in tables:
        answers = tables["people"]
        asked = int(((answers["kp"] == kp) & answers["spot_id"].notna()).sum())
    return [people, point, lower, upper, rows["spot_id"].nunique(), len(rows), asked]
