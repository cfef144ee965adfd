"""How often 95% intervals of multipliers, surveys, crowds and venues hold the truth.

``python -m benchmarks.methods_coverage_multiplier``: every run is one survey from a population with a known
size.
"""

import math
from collections.abc import Callable
from typing import get_args

import numpy as np
import pandas as pd

from benchmarks.held import LEVEL, Made, Scenario, write_page
from pse.estimate import Estimate
from pse.methods.crowd import crowd_size, weighted_crowd_size
from pse.methods.multiplier import How, multiplier
from pse.methods.multiplier_pool import pool_multipliers
from pse.methods.shares import Share, counted_share
from pse.methods.survey_needs import people_in_need
from pse.methods.survey_replicates import bootstrap_weights, jackknife_weights, replicated_share
from pse.methods.surveys import Measure, survey_design, survey_share, survey_size
from pse.methods.venues import last_visit_size, place_size, reverse_tracking, time_location_size

SIZE = 10_000


def _hows(share: Share, count: float, rng: np.random.Generator) -> dict[str, Made]:
    def make(how: How) -> Callable[[], Estimate]:
        return lambda: multiplier(
            count=count, share=share, kind="service", how=how, replicates=2000, rng=rng, level=LEVEL
        )

    return {how: (make(how), SIZE) for how in get_args(How)}


def simple(asked: int, share: float) -> Scenario:
    """A simple sample of the KP."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        got = counted_share(holders=int(rng.binomial(asked, share)), asked=asked)
        return _hows(got, SIZE * share, rng)

    return one


def _towns(
    rng: np.random.Generator, clusters: int, share: float, icc: float
) -> tuple[np.ndarray, np.ndarray]:
    own = rng.beta(share * (1 / icc - 1), (1 - share) * (1 / icc - 1), size=clusters)
    return np.repeat(np.arange(clusters), 15), (rng.random((clusters, 15)) < own[:, None]).ravel().astype(
        float
    )


def clustered(clusters: int, share: float) -> Scenario:
    """Clusters of 15 with an intraclass correlation of 0.1."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        town, holds = _towns(rng, clusters, share, 0.1)
        design = survey_design(pd.DataFrame({"town": town}), cluster="town")
        jack = replicated_share(holds, design, jackknife_weights(design))
        drawn = bootstrap_weights(design, how="rao-wu", replicates=500, rng=rng)
        rao_wu = replicated_share(holds, design, drawn)
        made = {
            f"linearised, {how}": got
            for how, got in _hows(survey_share(holds, design), SIZE * share, rng).items()
        }
        made["jackknife, log"] = _hows(jack, SIZE * share, rng)["log"]
        made["Rao-Wu, bootstrap"] = _hows(rao_wu, SIZE * share, rng)["bootstrap"]
        return made

    return one


def pooled(k: int, tau: float) -> Scenario:
    """k multipliers of 200 people whose counts lean by a random factor."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        lean = np.exp(rng.normal(0, tau, size=k))
        parts = [
            multiplier(
                count=2000 * factor,
                share=counted_share(holders=int(rng.binomial(200, 0.2)), asked=200),
                kind="service",
                how="log",
            )
            for factor in lean
        ]
        return {
            "normal": (lambda: pool_multipliers(parts, error="normal"), SIZE),
            "hartung-knapp": (lambda: pool_multipliers(parts, error="hartung-knapp"), SIZE),
        }

    return one


def needs(rng: np.random.Generator) -> dict[str, Made]:
    """People in need: a share of 250 people, a size with a relative error of 15%."""
    factor = math.exp(1.959964 * 0.15)
    point = SIZE * math.exp(rng.normal(0, 0.15))
    size = Estimate(point, point / factor, point * factor, "confidence", LEVEL, "m")
    share = counted_share(holders=int(rng.binomial(250, 0.3)), asked=250)
    return {
        "delta": (lambda: people_in_need(share=share, size=size, how="delta"), 0.3 * SIZE),
        "draws": (
            lambda: people_in_need(share=share, size=size, how="draws", replicates=2000, rng=rng),
            0.3 * SIZE,
        ),
    }


def totals(rng: np.random.Generator) -> dict[str, Made]:
    """A total from 20 towns of 15 people, weights adding up to the population."""
    town, holds = _towns(rng, 20, 0.2, 0.1)
    design = survey_design(pd.DataFrame({"town": town, "w": SIZE / 300}), cluster="town", weight="w")
    return {"log": (lambda: survey_size(holds, design), 0.2 * SIZE)}


def crowd(people: int) -> Scenario:
    """Guesses log-normal around a median of 500 (spread of a factor 2.7); the truth is their median."""

    def one(rng: np.random.Generator) -> dict[str, Made]:
        x = np.exp(rng.normal(math.log(500), 1.0, size=people))
        return {
            "median": (lambda: crowd_size(x, how="median"), 500),
            "log mean": (lambda: crowd_size(x, how="log mean"), 500),
            "weighted median": (lambda: weighted_crowd_size(x, np.ones(people)), 500),
        }

    return one


VENUES = np.random.default_rng(99).negative_binomial(1, 0.1, size=200).astype(float)


def venues(rng: np.random.Generator) -> dict[str, Made]:
    """40 of 200 venues, sizes as skewed as real ones; mapping errors of 30% for reverse tracking."""
    part = rng.choice(200, 40, replace=False)
    table = pd.DataFrame(
        {"workers": VENUES[part], "workers_kp": 1.0, "patrons": 0, "patrons_kp": 0, "w": 5.0, "of": 200}
    )
    mapped = np.random.default_rng(98).poisson(VENUES * 1.2 + 0.5).astype(float)
    spots = pd.DataFrame({"mapped": mapped[part], "found": VENUES[part], "of": 200})
    d = Measure(1.0, 0.0, math.inf, "none")
    return {
        "PLACE": (
            lambda: place_size(table, duplication=d, weight="w", population="of"),
            float(VENUES.sum()),
        ),
        "reverse tracking": (
            lambda: reverse_tracking(spots, mapped_total=float(mapped.sum()), population="of"),
            float(VENUES.sum()),
        ),
    }


def visits(rng: np.random.Generator) -> dict[str, Made]:
    """1,500 people with daily chances of 2, 10 and 40 %; half of the last day's visitors are asked."""
    chance = np.repeat([0.02, 0.1, 0.4], 500)
    came = rng.random((1500, 28)) < chance[:, None]
    today = came[came[:, -1], -2::-1]
    gaps = np.where(today.any(axis=1), today.argmax(axis=1) + 1, 28)
    asked = gaps[rng.random(len(gaps)) < 0.5]
    truth = float((500 * (1 - (1 - np.array([0.02, 0.1, 0.4])) ** 28)).sum())
    day = rng.choice(28, 8, replace=False)
    person, event = np.nonzero(came[:, day])
    table = pd.DataFrame({"event": event, "w": 28 / 8 / came.sum(axis=1)[person]})
    return {
        "last visits (LMS)": (lambda: last_visit_size(days=asked, sampled=0.5, window=28), truth),
        "time-location, 8 of 28 days": (
            lambda: time_location_size(table, event="event", weight="w"),
            float(came.any(axis=1).sum()),
        ),
    }


SCENARIOS: dict[str, Scenario] = {
    "multiplier, 5 of 50 expected": simple(50, 0.1),
    "multiplier, 10 of 200 expected": simple(200, 0.05),
    "multiplier, 60 of 200 expected": simple(200, 0.3),
    "multiplier, 180 of 200 expected": simple(200, 0.9),
    "multiplier, 20 clusters of 15, share 0.2": clustered(20, 0.2),
    "multiplier, 8 clusters of 15, share 0.2": clustered(8, 0.2),
    "pool of 3 that agree": pooled(3, 0.0),
    "pool of 3 that lean (tau 0.3)": pooled(3, 0.3),
    "pool of 6 that lean (tau 0.3)": pooled(6, 0.3),
    "people in need": needs,
    "survey total": totals,
    "crowd of 12": crowd(12),
    "crowd of 60": crowd(60),
    "venues": venues,
    "visits": visits,
}


if __name__ == "__main__":
    write_page(
        "multiplier",
        SCENARIOS,
        title="Coverage: multipliers, surveys, crowds, venues",
        notes="No bias of the count or of the survey is in it: this is the best case.",
        runs=2000,
    )
