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
    on_list = ~named.any(axis=1) & (np.arange(n + false) < n) & scenario.complete_list
    spot, who = np.nonzero(named)
    heard = size * scenario.level1_bias
    said = _say(heard[spot], scenario.level1_noise, scenario, rng)
    of_informant = zone[spot] * scenario.informants + who
    level1 = list(zip(spot.tolist(), of_informant.tolist(), *said, strict=True))
    extra = np.flatnonzero(on_list)
    lists = list(zip(extra.tolist(), *_say(heard[extra], scenario.level1_noise, scenario, rng), strict=True))
    listed = named.any(axis=1) | on_list
    level2 = _visit(size, listed, n, scenario, rng)
    interviewed = sorted({row[0] for row in level2 if row[1] == "active"})
    people = _ask_people(group, interviewed, scenario, rng)
    online, accounts = _ask_online(group, rng), _count_accounts(group, rng)
    return Reports(level1, lists, level2, people, online, accounts, listed, zone, typology)


def _name(size: np.ndarray, scenario: Scenario, rng: np.random.Generator) -> np.ndarray:
    """Return who of the informants of a spot's zone names it: bool, shape (spots, informants)."""
    chance = 1 - np.exp(-scenario.naming * np.maximum(size, 0) ** scenario.naming_power)
    return rng.random((len(size), scenario.informants)) < np.where(size > 0, chance, 0)[:, None]


def _say(
    size: np.ndarray, noise: float, scenario: Scenario, rng: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Return reported minima and maxima: right on average, noisy, rounded, some heaped on fives."""
    n = len(size)
    middle = size * np.exp(noise * rng.standard_normal(n) - noise**2 / 2)
    wide = scenario.width * (0.5 + rng.random(n))
    low, high = middle * (1 - wide), middle * (1 + wide)
    unit = np.where((low >= 8) & (rng.random(n) < scenario.heaping), 5, 1)
    shift = rng.random(n)  # rounding at random keeps the mean
    low, high = (unit * np.floor(end / unit + shift).astype(int) for end in (low, high))
    return low.tolist(), np.maximum(low, high).tolist()


def _visit(
    size: np.ndarray, listed: np.ndarray, n: int, scenario: Scenario, rng: np.random.Generator
) -> list[tuple[int, str, int, int, int, int]]:
    """Return level-2 rows: spot, status, usual and peak bounds; the team leans one way everywhere."""
    lean = np.exp(scenario.team_noise * rng.standard_normal() - scenario.team_noise**2 / 2)
    visited = np.flatnonzero(listed & (rng.random(len(size)) < scenario.visited))
    refused = rng.random(len(visited)) < scenario.refused
    rows: list[tuple[int, str, int, int, int, int]] = []
    for closed_spots, closed in (
        (visited[refused], "refused"),
        (visited[~refused & (visited >= n)], "inactive"),
    ):
        rows += [(int(s), closed, 0, 0, 0, 0) for s in closed_spots]
    open_ = visited[~refused & (visited < n)]
    whole = int(scenario.repeated)
    open_ = np.repeat(open_, 1 + whole + (rng.random(len(open_)) < scenario.repeated - whole))
    more = np.where(open_ % 2, 1 + scenario.peak, 1.0).tolist()
    for s, low, high, factor in zip(
        open_.tolist(), *_say(size[open_] * lean, scenario.level2_noise, scenario, rng), more, strict=True
    ):
        rows.append((s, "active", low, high, round(low * factor), round(high * factor)))
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
        for i in group.person[rng.permutation(there)[: scenario.asked]].tolist():
            said = (group.visits[i], group.days[i], group.profiles[i], group.profiles[i] > 0)
            rows.append((i, s, *(int(answer) for answer in said)))
    return rows


def _ask_online(group: Group, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Return (person, M, profiles) of about ten people met on platforms, in proportion to their profiles."""
    chance = np.minimum(10 * group.profiles / max(group.profiles.sum(), 1), 1)
    met = np.flatnonzero(rng.random(len(chance)) < chance)
    return [(int(i), int(group.visits[i]), int(group.profiles[i])) for i in met]


def _count_accounts(group: Group, rng: np.random.Generator) -> tuple[int, int]:
    """Return the accounts counted: a range of 10 % either way around a count that is off by up to 10 %."""
    real = group.profiles.sum() / np.prod(list(PLATFORM_SHARES.values()))
    middle = real * (1 + 0.1 * (2 * rng.random() - 1))
    return round(0.9 * middle), round(1.1 * middle)
