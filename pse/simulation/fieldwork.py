"""The field work: level 1, level 2 and interviews with people, as a study would record them."""

from dataclasses import dataclass

import numpy as np

from pse.simulation.people import Group
from pse.simulation.scenario import Scenario

PLATFORM_SHARES = {"genuine": 0.8, "active": 0.75, "resident": 0.9}
"""Shares of accounts; a study records them, and here they are right."""


@dataclass(frozen=True)
class Reports:
    """What the field work of one municipality x KP gave, with spots as numbers.

    Spots 0 to n-1 have people, those after them are false (closed). `level1`, `level2`, `people` and
    `online` are lists of plain rows; `listed` says of each spot whether it is on the list.
    """

    level1: list[tuple[int, int, int, int]]
    lists: list[tuple[int, int, int]]
    level2: list[tuple[int, str, int, int, int, int]]
    people: list[tuple[int, int, int, int, int, int]]
    online: list[tuple[int, int, int]]
    accounts: tuple[int, int]
    listed: np.ndarray
    zone: np.ndarray
    typology: np.ndarray


def do_fieldwork(group: Group, scenario: Scenario, rng: np.random.Generator) -> Reports:
    """Return what informants, teams and people say about one municipality x KP."""
    n = len(group.zone)
    false = int(rng.poisson(scenario.false_spots * n))
    like = rng.integers(n, size=false)  # a closed spot is as a spot with people was
    size = np.concatenate([group.size, group.size[like]])
    zone = np.concatenate([group.zone, group.zone[like]])
    typology = np.concatenate([group.typology, group.typology[like]])
    named = _name(size, scenario, rng)
    unnamed = ~named.any(axis=1) & (size > 0)
    on_list = unnamed & (np.arange(n + false) < n) & scenario.complete_list
    level1 = [
        (i, int(zone[s]) * scenario.informants + int(i), *_say(size[s] * scenario.level1_bias, scenario.level1_noise, scenario, rng))
        for s, i in zip(*np.nonzero(named), strict=True)
    ]  # fmt: skip
    spots = [int(s) for s in np.nonzero(named)[0]]
    level1 = [(s, who, low, high) for s, (_, who, low, high) in zip(spots, level1, strict=True)]
    lists = [
        (int(s), *_say(size[s] * scenario.level1_bias, scenario.level1_noise, scenario, rng))
        for s in np.flatnonzero(on_list)
    ]
    listed = named.any(axis=1) | on_list
    level2 = _visit(group, size, listed, n, scenario, rng)
    interviewed = sorted({row[0] for row in level2 if row[1] == "active"})
    people = _ask_people(group, interviewed, scenario, rng)
    return Reports(
        level1, lists, level2, people, _ask_online(group, rng), _count_accounts(group, rng), listed, zone, typology
    )  # fmt: skip


def _name(size: np.ndarray, scenario: Scenario, rng: np.random.Generator) -> np.ndarray:
    """Return who of the informants of a spot's zone names it: bool, shape (spots, informants)."""
    chance = 1 - np.exp(-scenario.naming * np.maximum(size, 0) ** scenario.naming_power)
    return rng.random((len(size), scenario.informants)) < np.where(size > 0, chance, 0)[:, None]


def _say(size: float, noise: float, scenario: Scenario, rng: np.random.Generator) -> tuple[int, int]:
    """Return the minimum and maximum that somebody reports: right on average, noisy, rounded, heaped."""
    middle = size * np.exp(noise * rng.standard_normal() - noise**2 / 2)
    wide = scenario.width * (0.5 + rng.random())
    low, high = middle * (1 - wide), middle * (1 + wide)
    unit = 5 if low >= 8 and rng.random() < scenario.heaping else 1
    shift = rng.random()  # rounding at random keeps the mean
    ends = [unit * int(np.floor(end / unit + shift)) for end in (low, high)]
    return ends[0], max(ends)


def _visit(
    group: Group,
    size: np.ndarray,
    listed: np.ndarray,
    n: int,
    scenario: Scenario,
    rng: np.random.Generator,
) -> list[tuple[int, str, int, int, int, int]]:
    """Return level-2 rows: spot, status, usual and peak bounds; the team leans one way everywhere."""
    lean = np.exp(scenario.team_noise * rng.standard_normal() - scenario.team_noise**2 / 2)
    rows: list[tuple[int, str, int, int, int, int]] = []
    for s in np.flatnonzero(listed):
        if rng.random() >= scenario.visited:
            continue
        if rng.random() < scenario.refused:
            rows.append((int(s), "refused", 0, 0, 0, 0))
        elif s >= n:
            rows.append((int(s), "inactive", 0, 0, 0, 0))
        else:
            for _ in range(1 + int(rng.random() < scenario.repeated)):
                low, high = _say(size[s] * lean, scenario.level2_noise, scenario, rng)
                more = 1 + scenario.peak if s % 2 else 1.0
                rows.append((int(s), "active", low, high, round(low * more), round(high * more)))
    return rows


def _ask_people(
    group: Group, spots: list[int], scenario: Scenario, rng: np.random.Generator
) -> list[tuple[int, int, int, int, int, int]]:
    """Return (person, spot, M, days, profiles, online) of people met at spots on the day of the visit."""
    rows = []
    present = np.ones(len(group.person), dtype=bool)
    if scenario.days < 1:
        present = rng.random(len(present)) < group.days[group.person] / 7 / group.visits[group.person]
    order = np.argsort(group.spot, kind="stable")
    ends = np.searchsorted(group.spot[order], np.arange(len(group.zone) + 1))
    for s in spots:
        there = order[ends[s] : ends[s + 1]]
        there = there[present[there]]
        for at in rng.permutation(there)[: scenario.asked]:
            i = int(group.person[at])
            rows.append(
                (i, s, int(group.visits[i]), int(group.days[i]), int(group.profiles[i]), int(group.profiles[i] > 0))
            )  # fmt: skip
    return rows


def _ask_online(group: Group, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Return (person, M, profiles) of ten people met on platforms, in proportion to their profiles."""
    online = np.flatnonzero(group.profiles > 0)
    if len(online) == 0:
        return []
    weight = group.profiles[online] / group.profiles[online].sum()
    chosen = rng.choice(online, size=min(10, len(online)), replace=False, p=weight)
    return [(int(i), int(group.visits[i]), int(group.profiles[i])) for i in chosen]


def _count_accounts(group: Group, rng: np.random.Generator) -> tuple[int, int]:
    """Return the accounts counted, as a range of about 10 % either way around a count that is a little off."""
    real = group.profiles.sum() / np.prod(list(PLATFORM_SHARES.values()))
    middle = real * (1 + 0.1 * (2 * rng.random() - 1))
    return int(round(0.9 * middle)), int(round(1.1 * middle))
