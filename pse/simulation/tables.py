"""From simulated reports to the tables of a study, and the truth behind them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pse.simulation.fieldwork import PLATFORM_SHARES, Reports
from pse.simulation.people import Group
from pse.simulation.scenario import KPS, TYPOLOGIES, Scenario

INFORMANTS = ("taxi_driver", "bar_staff", "outreach_worker", "police", "health_worker", "shop_keeper")
_NOTHING = {"spot_id": None, "kp": None, "typology": None, "kp_min": None, "kp_max": None}
_SIZES = ("usual_min", "usual_max", "peak_min", "peak_max")


@dataclass(frozen=True)
class Truth:
    """What is true of a simulated exercise.

    Attributes
    ----------
    people : pandas.DataFrame
        By `municipality, kp`: `people` (all), `at_spots`, `online_only`, `home`, and `at_unlisted`, the sum
        over visits to unlisted spots of 1/M, so that `at_spots - at_unlisted` is what a perfect count of
        the listed spots finds.
    spots : pandas.DataFrame
        By `spot_id, kp`: `municipality`, `zone`, `size` (E, people), `listed`, `active`.
    """

    people: pd.DataFrame
    spots: pd.DataFrame

    def national(self) -> pd.Series:
        """Return all people by KP."""
        return self.people.groupby("kp")["people"].sum()


def settings_of(scenario: Scenario, name: str) -> dict[str, Any]:
    """Return the settings of study.toml."""
    settings: dict[str, Any] = {
        "title": f"Simulated mapping exercise ({name})",
        "country": "Nowhere",
        "year": 2026,
        "size_basis": "usual_day",
        "denominators": {"FSW": "adult_women", "MSM": "adult_men", "PWID": "adult_men"},
    }
    if scenario.days < 1:
        settings["options"] = {"duplication": "days"}
    return settings


def tables_of(
    world: list[Group], reports: list[Reports], scenario: Scenario
) -> tuple[dict[str, pd.DataFrame], Truth]:
    """Return the tables of the study and the truth."""
    parts: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("level1", "level2", "people", "virtual", "nonspot", "truth", "spots")
    }
    for group, found in zip(world, reports, strict=True):
        _add(parts, group, found, scenario)
    parts["level1"] += _silent(parts["level1"], scenario)
    level1 = pd.DataFrame(parts["level1"]).sort_values("interview_id", kind="stable", ignore_index=True)
    level2 = pd.DataFrame(parts["level2"], columns=_LEVEL2)
    level2.insert(0, "interview_id", [f"V{i:05d}" for i in range(1, len(level2) + 1)])
    tables = {"municipalities": _municipalities(scenario, world), "level1": level1, "level2": level2}
    tables |= {name: pd.DataFrame(parts[name]) for name in ("people", "virtual", "nonspot") if parts[name]}
    return tables, Truth(pd.DataFrame(parts["truth"]), pd.DataFrame(parts["spots"]))


_LEVEL2 = ["municipality", "zone", "spot_id", "kp", "status", "typology", *_SIZES, "peak_days"]


def _add(parts: dict[str, list[dict[str, Any]]], group: Group, found: Reports, scenario: Scenario) -> None:
    """Add the rows of one municipality x KP to every table."""
    town, kp = f"M{group.municipality + 1:02d}", KPS[group.kp]
    place = {"municipality": town, "kp": kp}
    code = [f"S{group.municipality + 1:02d}{group.kp + 1}{s + 1:03d}" for s in range(len(found.zone))]
    spot = [
        {**place, "zone": f"{town}-{z + 1}", "spot_id": code[s], "typology": TYPOLOGIES[t]}
        for s, (z, t) in enumerate(zip(found.zone, found.typology, strict=True))
    ]
    for s, who, low, high in found.level1:
        kind = INFORMANTS[who % len(INFORMANTS)]
        row = {"interview_id": f"K{town}-{who + 1:03d}", "informant_type": kind}
        parts["level1"].append({**row, **spot[s], "kp_min": low, "kp_max": high})
    for s, low, high in found.lists:
        row = {"interview_id": f"L{town}", "informant_type": "list"}
        parts["level1"].append({**row, **spot[s], "kp_min": low, "kp_max": high})
    for s, status, low, high, peak_low, peak_high in found.level2:
        if status != "active":
            parts["level2"].append({**spot[s], "status": status})
            continue
        sizes = dict(zip(_SIZES, (low, high, peak_low, peak_high), strict=True))
        peak = "fri sat" if (peak_low, peak_high) != (low, high) else None
        parts["level2"].append({**spot[s], "status": status, **sizes, "peak_days": peak})
    _add_people(parts, group, found, scenario, place, code)
    _add_truth(parts, group, found, place, spot)


def _add_people(
    parts: dict[str, list[dict[str, Any]]],
    group: Group,
    found: Reports,
    scenario: Scenario,
    place: dict[str, str],
    code: list[str],
) -> None:
    prefix = f"{place['municipality']}{place['kp']}"
    for i, s, visits, days, profiles, online in found.people:
        row = {"person_id": f"{prefix}-{i}", **place, "spot_id": code[s], "spots_visited": visits}
        row["days_per_week"] = days if scenario.days < 1 else None
        answers = {"profiles": profiles or None, "uses_platforms": "yes" if online else "no"}
        parts["people"].append({**row, **answers})
    for i, visits, profiles in found.online:
        row = {"person_id": f"{prefix}-w{i}", **place, "spot_id": None, "spots_visited": visits}
        parts["people"].append({**row, "days_per_week": None, "profiles": profiles, "uses_platforms": "yes"})
    if found.accounts[1] > 0:
        shares = {f"share_{name}": value for name, value in PLATFORM_SHARES.items()}
        row = {**place, "platform_type": "app", "platform": "app-1"}
        row |= {"accounts_min": found.accounts[0], "accounts_max": found.accounts[1], **shares}
        parts["virtual"].append({**row, "profiles_per_person": None, "share_at_spots": None})
    home = int(group.home.sum())
    if home:
        row = {**place, "setting": "home", "people": home}
        parts["nonspot"].append(
            {**row, "people_min": int(0.9 * home), "people_max": home + home - int(0.9 * home)}
        )


def _add_truth(
    parts: dict[str, list[dict[str, Any]]],
    group: Group,
    found: Reports,
    place: dict[str, str],
    spot: list[dict[str, Any]],
) -> None:
    n = len(group.zone)
    part = 1 / group.visits[group.person]
    hidden = ~found.listed[group.spot]
    people = len(group.visits)
    at_spots = int((group.visits > 0).sum())
    home = int(group.home.sum())
    numbers = {"people": people, "at_spots": at_spots, "online_only": people - at_spots - home, "home": home}
    parts["truth"].append({**place, **numbers, "at_unlisted": float(part[hidden].sum())})
    size = np.concatenate([group.size, np.zeros(len(found.zone) - n)])
    parts["spots"] += [
        {**spot[s], "size": float(size[s]), "listed": bool(found.listed[s]), "active": s < n}
        for s in range(len(found.zone))
    ]


def _silent(level1: list[dict[str, Any]], scenario: Scenario) -> list[dict[str, Any]]:
    """Return a row for every informant who named nothing."""
    spoke = {row["interview_id"] for row in level1}
    rows = []
    for m in range(scenario.municipalities):
        town = f"M{m + 1:02d}"
        for who in range(scenario.zones * scenario.informants):
            name = f"K{town}-{who + 1:03d}"
            if name not in spoke:
                zone = f"{town}-{who // scenario.informants + 1}"
                kind = INFORMANTS[who % len(INFORMANTS)]
                row = {"interview_id": name, "informant_type": kind, "municipality": town, "zone": zone}
                rows.append({**row, **_NOTHING})
    return rows


def _municipalities(scenario: Scenario, world: list[Group]) -> pd.DataFrame:
    codes = [f"M{m + 1:02d}" for m in range(scenario.municipalities)]
    people = np.zeros(scenario.municipalities, dtype=int)
    for group in world:
        people[group.municipality] += len(group.visits)
    return pd.DataFrame(
        {
            "municipality": codes,
            "name": [f"Town {m + 1}" for m in range(scenario.municipalities)],
            "adult_men": 40 * people + 100,
            "adult_women": 41 * people + 100,
            "mapped": "yes",
        }
    )
