"""Design before field work: which plan gives the wanted precision, from simulated exercises.

`try_plans` maps the same simulated worlds under several plans and says how wide the bootstrap intervals come
out, `choose_plan` names the plan with the least work that is narrow enough, and `scenario_from` makes the
simulated country like the one of a study.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta

from pse import checks
from pse.engine import run_tasks
from pse.planning.choice import Choice, choose_plan
from pse.planning.exercise import FIELDS, Trial, run_exercise
from pse.planning.pilot import Pilot, pilot_kps, scenario_from
from pse.planning.plan import Plan, base_plan, plans_around
from pse.simulation.scenario import Scenario, scenario_of

__all__ = [
    "Choice",
    "Pilot",
    "Plan",
    "base_plan",
    "check_trial",
    "choose_plan",
    "pilot_kps",
    "plans_around",
    "scenario_from",
    "try_plans",
]

DAYS = ("informant_days", "interview_days", "asked_days")
"""Person-days of one interview with an informant, one interview at a spot, one person asked about visits."""


def try_plans(
    scenario: str | Scenario,
    plans: Sequence[Plan] | None = None,
    *,
    seed: int | np.random.SeedSequence,
    exercises: int = 20,
    replicates: int = 200,
    level: float = 0.95,
    interview_sd: float | None = None,
    informant_days: float | None = None,
    interview_days: float | None = None,
    asked_days: float | None = None,
    engine: Any = "serial",
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Simulate mapping exercises under several plans and say how precise each is and what it takes.

    Parameters
    ----------
    scenario : str or Scenario
        The country: a name out of `pse.simulate.SCENARIOS`, numbers of your own, or `scenario_from(study)`.
    plans : sequence of Plan, optional
        By default `plans_around` the plan of the scenario.
    seed : int or numpy.random.SeedSequence
        Exercise k of one seed has the same people and spots under every plan and in every call.
    exercises : int
        Simulated worlds, 2 or more.
    replicates : int
        Bootstrap draws of each interval, 2 or more.
    level : float
        Level of the intervals.
    interview_sd : float, optional
        sigma, where it is known beforehand; needed for plans without a second interview at any spot.
    informant_days, interview_days, asked_days : float, optional
        Person-days of one informant, one interview at a spot and one person asked: all three or none.
    engine, progress
        As in `pse.engine.run_tasks`.

    Returns
    -------
    pandas.DataFrame
        One row per plan: `informants, visited, asked, interviews` (the plan); `half_width`, half the length
        of the national interval over its point (median over exercises), and `half_width_se`, its standard
        error; `bias`, sum of points over sum of truths less 1; `cover`, share of intervals that hold the
        truth, and `cover_se`; `without`, share of exercises x KPs without an interval; `exercises`, `level`;
        then the work, for one KP and on average: `informant_interviews` (which all KPs share),
        `spots_visited`, `spot_interviews` (visits to closed spots are among them), `people_asked`,
        `contacts` (the sum of informants, interviews and people asked) and, where the days are given,
        `person_days`.

    Raises
    ------
    ValueError
        If a number cannot be, or a plan leaves sigma unknown.

    Notes
    -----
    The simulator has three KPs that are alike; the half-width of one exercise is the mean over the three.
    Standard error of a median: Maritz JS, Jarrett RG. A note on estimating the variance of the sample median.
    Journal of the American Statistical Association 1978;73:194-196. Everything else is ours.

    Examples
    --------
    >>> plan = Plan(informants=4, visited=0.5, asked=2, interviews=1.5)
    >>> table = try_plans("six", [plan], seed=1, exercises=2, replicates=20)
    >>> bool(0.01 < table["half_width"][0] < 0.3)
    True
    """
    chosen = scenario_of(scenario, {})
    tried = tuple(plans_around(base_plan(chosen)) if plans is None else plans)
    days = check_trial(
        tried,
        exercises=exercises,
        replicates=replicates,
        level=level,
        interview_sd=interview_sd,
        informant_days=informant_days,
        interview_days=interview_days,
        asked_days=asked_days,
    )
    trial = Trial(chosen, tried, replicates, level, interview_sd)
    found = run_tasks(
        run_exercise, range(exercises), state=trial, seed=seed, engine=engine, progress=progress
    )
    records = np.stack(found)
    rows = [
        {**vars(plan), **_precision(records[:, i]), "exercises": exercises, "level": level}
        | _work(records[:, i], plan, chosen, days)
        for i, plan in enumerate(tried)
    ]
    return pd.DataFrame(rows)


def _days(*given: float | None) -> tuple[float, ...]:
    """Return the three numbers of person-days, or none."""
    known = {name: value for name, value in zip(DAYS, given, strict=True) if value is not None}
    checks.non_negative(**known)
    if known and len(known) < len(DAYS):
        missing = [name for name in DAYS if name not in known]
        raise ValueError(
            f"{' and '.join(missing)} must be given with {' and '.join(known)}; got nothing. "
            "Give all three numbers of person-days, or none."
        )
    return tuple(known.values())


def check_trial(
    plans: Sequence[Plan],
    *,
    exercises: int,
    replicates: int,
    level: float,
    interview_sd: float | None,
    informant_days: float | None,
    interview_days: float | None,
    asked_days: float | None,
) -> tuple[float, ...]:
    """Refuse what `try_plans` cannot do; return the three numbers of person-days, or none."""
    checks.count(exercises=exercises, replicates=replicates, at_least=2)
    checks.level(level)
    if not plans:
        raise ValueError("plans must hold a plan or more; got none.")
    if interview_sd is not None:
        checks.non_negative(interview_sd=interview_sd)
    elif any(plan.interviews == 1 for plan in plans):
        raise ValueError(
            "interviews must be above 1 where the error of a report is not known; got 1. Plan a second "
            "interview at some spots (1.25: at every fourth), or give interview_sd, such as 0.3 for reports "
            "that are off by 30%."
        )
    return _days(informant_days, interview_days, asked_days)


def _precision(records: np.ndarray) -> dict[str, float]:
    """Return width, bias and cover from the numbers of one plan, shape (exercises, KPs, fields)."""
    truth, point, lower, upper = (records[..., FIELDS.index(name)] for name in FIELDS[:4])
    known = ~np.isnan(lower) & (point > 0)
    width = np.divide(upper - lower, 2 * point, out=np.full(point.shape, np.nan), where=known)
    of_exercise = _row_means(width)
    holds = np.where(known, (lower <= truth) & (truth <= upper), np.nan)
    held = _row_means(holds)
    some = len(of_exercise) > 0
    return {
        "half_width": float(np.median(of_exercise)) if some else np.nan,
        "half_width_se": median_error(of_exercise) if some else np.nan,
        "bias": float(point.sum() / truth.sum() - 1),
        "cover": float(held.mean()) if some else np.nan,
        "cover_se": float(held.std(ddof=1) / np.sqrt(len(held))) if len(held) > 1 else np.nan,
        "without": float(1 - known.mean()),
    }


def _row_means(values: np.ndarray) -> np.ndarray:
    """Return the mean of what is known in each row, for rows where anything is."""
    known = ~np.isnan(values)
    rows = known.any(axis=1)
    return np.nansum(values[rows], axis=1) / known[rows].sum(axis=1)


def median_error(values: np.ndarray) -> float:
    """Return the standard error of a sample median by Maritz and Jarrett (1978).

    The weight of the i-th smallest value is the chance that the median of a resample of n falls on it, from
    the beta distribution with both parameters (n + 1) / 2. One value has none (NaN).

    Examples
    --------
    >>> median_error(np.array([3.0, 3.0, 3.0]))
    0.0
    """
    n = len(values)
    if n < 2:
        return float("nan")
    weight = np.diff(beta.cdf(np.arange(n + 1) / n, (n + 1) / 2, (n + 1) / 2))
    ordered = np.sort(values)
    mean = weight @ ordered
    return float(np.sqrt(weight @ (ordered - mean) ** 2))


def _work(records: np.ndarray, plan: Plan, scenario: Scenario, days: tuple[float, ...]) -> dict[str, float]:
    """Return what a plan takes for one KP, on average over exercises."""
    spots, interviews, asked = (float(records[..., FIELDS.index(name)].mean()) for name in FIELDS[4:])
    informants = scenario.municipalities * scenario.zones * plan.informants
    contacts = (informants, interviews, asked)
    work = {
        "informant_interviews": informants,
        **dict(zip(FIELDS[4:], (spots, interviews, asked), strict=True)),
        "contacts": sum(contacts),
    }
    if days:
        work["person_days"] = sum(day * number for day, number in zip(days, contacts, strict=True))
    return work
