"""Spots of the bundled sample with their hidden traits, drawn from the seed of `make.py`."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

LEVEL1_INTERVIEWS, LEVEL2_INTERVIEWS = 1537, 976
MAJOR = ("prishtine", "prizren", "ferizaj", "peje", "gjakove")  # hold three quarters of MSM
INFORMANTS = (
    "taxi_driver", "bar_staff", "outreach_worker", "police", "health_worker", "shop_keeper", "hotel_staff",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What the chain must return for one KP (people), and how its spots are spread."""

    lower: float  # people at spots, lower and upper
    upper: float
    spots: int  # held: active or not visited
    unvisited: float  # share of held spots
    uplift: float  # of the weekend (FSW) or of Friday and Saturday (MSM)
    peak_days: tuple[str, ...]
    typologies: tuple[tuple[str, float], ...]
    hours: str
    spread: float  # standard deviation of the logarithm of spot sizes


TARGETS = {
    "FSW": Target(
        2702.1, 4349.1, 430, 0.38, 0.25, ("sat sun", "fri sat sun"),
        (("pimp_run_bar", 0.34), ("pimp_run_motel", 0.24), ("private_apartment", 0.14), ("street", 0.09),
         ("massage_salon", 0.08), ("coffee_bar", 0.07), ("highway_stop", 0.04)),
        "20-24 00-03", 0.55,
    ),
    "MSM": Target(
        1504.8, 2176.8, 138, 0.27, 0.05, ("fri sat",),
        (("park", 0.4), ("bar_club", 0.25), ("apartment", 0.2), ("sauna_gym", 0.15)),
        "18-24", 0.6,
    ),
    "PWID": Target(
        3931.7, 6014.9, 700, 0.44, 0.0, (),
        (("residential", 0.35), ("park_street", 0.25), ("abandoned_building", 0.2), ("cafe", 0.12),
         ("river_bank", 0.08)),
        "10-16", 0.5,
    ),
}  # fmt: skip


@dataclass
class Unit:
    """One spot x KP with its hidden traits; sizes follow from them by `render`."""

    spot_id: str
    kp: str
    municipality: str
    zone: str
    typology: str
    status: str
    new: bool
    size: float  # relative
    informants: list[str] = field(default_factory=list)
    interviews: list[str] = field(default_factory=list)
    noise: list[tuple[float, float, float]] = field(default_factory=list)


def shares(kp: str, places: list[dict[str, str]], *, at_least: int = 0) -> dict[str, float]:
    """Return how the KP is spread over mapped municipalities of `at_least` so many people; it sums to 1."""
    mapped = {p["municipality"]: int(p["population"]) for p in places if p["mapped"] == "yes"}
    mapped = {name: people for name, people in mapped.items() if people >= at_least}
    if kp != "MSM":
        power = 1.25 if kp == "FSW" else 1.0
        total = sum(people**power for people in mapped.values())
        return {name: people**power / total for name, people in mapped.items()}
    major = sum(mapped[name] for name in MAJOR)
    rest = sum(people for name, people in mapped.items() if name not in MAJOR)
    return {
        name: 0.75 * people / major if name in MAJOR else 0.25 * people / rest
        for name, people in mapped.items()
    }


def allot(total: int, weights: dict[str, float]) -> dict[str, int]:
    """Split a whole number by weights, largest remainders first."""
    exact = {name: total * weight / sum(weights.values()) for name, weight in weights.items()}
    given = {name: int(value) for name, value in exact.items()}
    order = sorted(exact, key=lambda name: (given[name] - exact[name], name))
    for name in order[: total - sum(given.values())]:
        given[name] += 1
    return given


def draw_units(rng: random.Random, places: list[dict[str, str]]) -> list[Unit]:
    """Draw the spots of every KP: held ones, closed ones and new ones."""
    population = {p["municipality"]: int(p["population"]) for p in places}
    units, codes = [], spot_codes(rng)
    for kp, target in TARGETS.items():
        # MSM spots are known in the larger municipalities only
        weights = shares(kp, places, at_least=50_000 if kp == "MSM" else 0)
        statuses = draw_statuses(rng, target)
        for municipality, count in allot(len(statuses), weights).items():
            for _ in range(count):
                status, new = statuses.pop()
                zones = max(1, round(population[municipality] / 40_000))
                units.append(
                    Unit(
                        next(codes), kp, municipality, f"{municipality}-{1 + int(rng.random() * zones)}",
                        draw_typology(rng, kp, population[municipality]), status, new,
                        draw_size(rng, target, population[municipality]),
                    )
                )  # fmt: skip
    share_spots(units)
    return units


def spot_codes(rng: random.Random) -> Any:
    """Yield random spot codes, none twice: no identity in an id."""
    seen = set()
    while True:
        code = "S" + "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(5))
        if code not in seen:
            seen.add(code)
            yield code


def draw_statuses(rng: random.Random, target: Target) -> list[tuple[str, bool]]:
    """Return (status, new) for each spot: the held ones sum to the target, closed ones come on top."""
    unvisited, new = round(target.unvisited * target.spots), round(0.03 * target.spots)
    refused, unsafe = round(0.01 * target.spots), 1
    active = target.spots - unvisited - new
    counts = {
        ("active", False): active,
        ("active", True): new,
        ("refused", False): refused,
        ("unsafe", False): unsafe,
        ("not_visited", False): unvisited - refused - unsafe,
        ("inactive", False): round(0.09 * active),
        ("not_found", False): round(0.03 * active),
        ("duplicate", False): round(0.02 * active),
    }
    statuses = [status for status, count in counts.items() for _ in range(count)]
    rng.shuffle(statuses)
    return statuses


def draw_typology(rng: random.Random, kp: str, population: int) -> str:
    """Return a typology; PWID meet in residences in small municipalities."""
    names, weights = zip(*TARGETS[kp].typologies, strict=True)
    if kp == "PWID" and population < 60_000:
        weights = tuple(3 * w if name == "residential" else w for name, w in zip(names, weights, strict=True))
    return str(rng.choices(names, weights)[0])


def draw_size(rng: random.Random, target: Target, population: int) -> float:
    """Return a relative spot size: heavy-tailed, a little larger in large municipalities."""
    return (population / 60_000) ** 0.15 * 2.718281828 ** (target.spread * rng.gauss(0, 1))


def share_spots(units: list[Unit]) -> None:
    """Let some FSW bars serve MSM too: one spot, two KPs."""
    bars = {}
    for unit in units:
        if unit.kp == "FSW" and unit.typology == "pimp_run_bar" and unit.status == "active" and not unit.new:
            bars.setdefault(unit.municipality, unit)
    for unit in units:
        bar = bars.get(unit.municipality)
        if unit.kp == "MSM" and unit.typology == "bar_club" and unit.status == "active" and bar:
            unit.spot_id, unit.zone = bar.spot_id, bar.zone
            del bars[unit.municipality]


def assign_informants(rng: random.Random, units: list[Unit]) -> list[tuple[str, str]]:
    """Give every listed spot its level-1 informants: bigger spots are named more often.

    Returns the informants who named nothing, each with the municipality.
    """
    listed = [unit for unit in units if not unit.new]
    mentions = {id(u): 1 + sum(rng.random() < min(0.55, 0.25 * u.size) for _ in range(4)) for u in listed}
    people: dict[str, int] = defaultdict(int)
    for unit in listed:
        people[unit.municipality] += mentions[id(unit)]
    interviews = allot(LEVEL1_INTERVIEWS, dict(people))
    number, names = 0, {}
    for municipality, count in sorted(interviews.items()):
        names[municipality] = [f"K{number + i + 1:04d}" for i in range(count)]
        number += count
    for unit in listed:
        talkers = names[unit.municipality][: max(1, int(0.94 * len(names[unit.municipality])))]
        unit.informants = rng.sample(talkers, min(len(talkers), mentions[id(unit)]))
    for unit in units:
        unit.noise = [(rng.gauss(0, 1), rng.random(), rng.random()) for _ in range(8)]
    named = {name for unit in listed for name in unit.informants}
    return [(name, m) for m, everybody in names.items() for name in everybody if name not in named]


def assign_interviews(rng: random.Random, units: list[Unit]) -> None:
    """Give every visited spot its level-2 interviews: 976 at active spots, one visit at the others."""
    active = [unit for unit in units if unit.status == "active"]
    counts = [1] * len(active)
    while sum(counts) < LEVEL2_INTERVIEWS:
        i = rng.choices(range(len(active)), [unit.size for unit in active])[0]
        if counts[i] < 3:
            counts[i] += 1
    number = 0
    for unit, count in zip(active, counts, strict=True):
        unit.interviews = [f"P{number + i + 1:04d}" for i in range(count)]
        number += count
    closed = [unit for unit in units if unit.status not in ("active", "not_visited")]
    for i, unit in enumerate(closed, start=1):
        unit.interviews = [f"V{i:04d}"]


def informant_type(name: str) -> str:
    """Return the same type for the same informant."""
    return INFORMANTS[int(name[1:]) * 5 % len(INFORMANTS)]
