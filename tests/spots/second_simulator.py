"""A second, simpler simulator, so that ours does not judge our intervals alone.

Written from METHOD's meaning of the records; shares no code with `pse/simulate.py`. Spot sizes are negative
binomial; their seats are dealt to people, each of whom takes a zero-truncated Poisson number of seats (two
seats at one spot are one visit). Reports are the true size times log-normal factors of mean 1, told as a
minimum and a maximum around it, rounded to whole people. Every person asked says M, all spots visited.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

import pse

KPS = ("FSW", "MSM")


@dataclass(frozen=True)
class Setting:
    """What one exercise looks like; shares are of 1, standard deviations are of logarithms."""

    municipalities: int = 12
    spots: float = 9.0
    mean_size: float = 14.0
    dispersion: float = 1.2
    seats: float = 0.8
    closed: float = 0.1
    visited: float = 0.8
    level1_bias: float = 1.2
    level1_sd: float = 0.5
    level2_sd: float = 0.25
    team_sd: float = 0.0
    second_interview: float = 0.4
    asked: int = 5
    informants: int = 0
    """0: every spot is on the list; else informants of a municipality, who may leave spots unnamed."""
    home: int = 8
    """People of each municipality x KP who come to no spot, counted without error."""


SETTINGS = {
    "plain": Setting(),
    "half_visited": Setting(visited=0.5),
    "team": Setting(team_sd=0.2),
    "closed": Setting(closed=0.35, visited=0.7),
    "noisy": Setting(level1_sd=0.8, level2_sd=0.45),
    "unlisted": Setting(informants=8),
    "six": Setting(municipalities=6),
}
OPTIONS = {name: {"unlisted": "people"} if setting.informants else {} for name, setting in SETTINGS.items()}


def exercise(setting: Setting, rng: np.random.Generator) -> tuple[pse.Study, pd.DataFrame]:
    """Return the study, and the true people by `municipality, kp`."""
    rows: dict[str, list[dict]] = {name: [] for name in ("level1", "level2", "people", "nonspot", "truth")}
    places = [f"M{i:02}" for i in range(1, setting.municipalities + 1)]
    for place in places:
        for kp in KPS:
            _one_place(setting, place, kp, rows, rng)
    truth = pd.DataFrame(rows.pop("truth"))
    tables = {name: pd.DataFrame(found) for name, found in rows.items()}
    numbers = {name: [f"{name}{i}" for i in range(len(tables[name]))] for name in ("level2", "people")}
    no_peak = {"peak_min": None, "peak_max": None, "peak_days": None}
    tables["level2"] = tables["level2"].assign(interview_id=numbers["level2"], **no_peak)
    tables["people"] = tables["people"].assign(person_id=numbers["people"])
    tables["municipalities"] = pd.DataFrame(
        {"municipality": places, "name": places, "adult_men": 9000, "adult_women": 9000, "mapped": "yes"}
    )
    study = pse.make_study(
        title="Second simulator",
        country="Nowhere",
        year=2016,
        size_basis="usual_day",
        denominators={"FSW": "adult_women", "MSM": "adult_men"},
        tables=tables,
    )
    return study, truth


def _one_place(
    setting: Setting, place: str, kp: str, rows: dict[str, list[dict]], rng: np.random.Generator
) -> None:
    """Make the spots and people of one municipality x KP, and add what the field records of them."""
    n = 1 + rng.poisson(setting.spots - 1)
    k, mean = setting.dispersion, setting.mean_size - 1
    once = 1 + rng.negative_binomial(k, k / (k + mean), size=n)  # size now, or before the spot closed
    is_open = rng.random(n) >= setting.closed
    person, spot, visits = _people(np.where(is_open, once, 0), setting.seats, rng)
    size = np.bincount(spot, minlength=n)
    rows["truth"].append({"municipality": place, "kp": kp, "people": len(visits) + setting.home})
    keys = {"municipality": place, "zone": None, "kp": kp}
    rows["nonspot"].append({"municipality": place, "kp": kp, "setting": "home", "people": setting.home})
    team = np.exp(setting.team_sd * rng.standard_normal() - setting.team_sd**2 / 2)
    told = np.where(size > 0, size, once)
    for s, names in enumerate(_namings(setting, told, rng)):
        here = {**keys, "spot_id": f"{place}{kp}{s}", "typology": "bar"}
        for who in names:
            low, high = _told(told[s] * setting.level1_bias, setting.level1_sd, rng)
            # an informant is a person of the municipality and KP, or one per naming where all is listed
            name = f"I{place}{kp}{who}" if setting.informants else f"I{place}{kp}{s}-{who}"
            rows["level1"].append(
                {**here, "interview_id": name, "informant_type": "taxi", "kp_min": low, "kp_max": high}
            )
        if len(names) == 0 or rng.random() >= setting.visited:
            continue
        if size[s] == 0:
            rows["level2"].append({**here, "status": "inactive"})
            continue
        for _ in range(1 + (rng.random() < setting.second_interview)):
            low, high = _told(size[s] * team, setting.level2_sd, rng)
            rows["level2"].append({**here, "status": "active", "usual_min": low, "usual_max": high})
        met = person[spot == s]
        for who in rng.choice(met, size=min(setting.asked, len(met)), replace=False):
            asked = {"municipality": place, "kp": kp, "spot_id": here["spot_id"]}
            rows["people"].append({**asked, "spots_visited": visits[who]})
    spoke = {row["interview_id"] for row in rows["level1"]}
    for who in range(setting.informants):
        name = f"I{place}{kp}{who}"
        if name not in spoke:  # named nothing: one row with blank spot
            nothing = {"spot_id": None, "typology": None, "kp_min": None, "kp_max": None}
            row = {**keys, **nothing, "interview_id": name, "informant_type": "taxi"}
            rows["level1"].append(row)


def _people(
    size: np.ndarray, seats: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Deal the seats of all spots to people; return who is at which spot, and the spots each visits."""
    deck = rng.permutation(np.repeat(np.arange(len(size)), size))
    takes = rng.poisson(seats, size=4 * len(deck) + 1)
    takes = takes[takes > 0]  # zero-truncated
    holder = np.repeat(np.arange(len(takes)), takes)[: len(deck)]
    pairs = np.unique(np.column_stack([holder, deck]), axis=0).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], np.bincount(pairs[:, 0])


def _namings(setting: Setting, told: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Return which informants name each spot: at least one, or each by a chance that grows with its size."""
    if setting.informants == 0:
        return [np.arange(1 + rng.poisson(0.7)) for _ in told]
    chance = 1 - np.exp(-0.08 * told**0.6)
    return [np.flatnonzero(rng.random(setting.informants) < p) for p in chance]


def _told(size: float, sd: float, rng: np.random.Generator) -> tuple[int, int]:
    """Return minimum and maximum of one report: 30 % to each side of what the informant has in mind."""
    thinks = size * np.exp(sd * rng.standard_normal() - sd**2 / 2)
    return int(np.floor(0.7 * thinks + 0.5)), int(np.floor(1.3 * thinks + 0.5))
