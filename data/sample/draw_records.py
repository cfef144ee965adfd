"""What informants, teams and people of the bundled sample say of its spots: rows of the tables."""

import random
from typing import Any

from draw_spots import TARGETS, Unit, allot, informant_type, shares

MEN_SHARE, WOMEN_SHARE = 0.3353, 0.3335  # adults of each sex per inhabitant; gives the published rates
NONSPOT = {"FSW": ("phone", 1007.4), "PWID": ("home", 845.4)}
VIRTUAL = {"FSW": (("website",), 503.7), "MSM": (("app", "website"), 4940.2)}


def municipality_rows(places: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return municipalities.csv: adults are a fixed share of the population, so they are synthetic too."""
    return [
        {
            "municipality": place["municipality"],
            "name": place["name"],
            "name_sr": place["name_sr"],
            "adult_men": round(int(place["population"]) * MEN_SHARE),
            "adult_women": round(int(place["population"]) * WOMEN_SHARE),
            "mapped": place["mapped"],
            "lat": place["lat"],
            "lon": place["lon"],
        }
        for place in places
    ]


def render(
    units: list[Unit],
    scale: dict[str, float],
    width: dict[str, float],
    peak: dict[str, float],
    large: set[str],
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of level 1 and level 2 for given scales of size, range and peak."""
    level1, level2 = [], []
    for unit in units:
        size = scale[unit.kp] * unit.size
        level1 += [mention(unit, i, size, width[unit.kp]) for i in range(len(unit.informants))]
        if unit.status != "not_visited":
            level2 += [
                interview(unit, i, size, width[unit.kp], peak[unit.kp], unit.municipality in large)
                for i in range(len(unit.interviews))
            ]
    level1.sort(key=lambda row: (row["interview_id"], row.get("spot_id", ""), row.get("kp", "")))
    level2.sort(key=lambda row: (row["interview_id"], row["spot_id"], row["kp"]))
    return {"level1": level1, "level2": level2}


def silent_rows(silent: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the level-1 rows of informants who named nothing."""
    return [
        {"interview_id": name, "informant_type": informant_type(name), "municipality": municipality}
        for name, municipality in sorted(silent)
    ]


def mention(unit: Unit, i: int, size: float, width: float) -> dict[str, Any]:
    """Return one level-1 row: informants say too much and like round numbers."""
    error, heap, _ = unit.noise[i]
    said = 1.25 * size * 2.718281828 ** (0.25 * error)
    low, high = max(1, round(said * (1 - width))), max(1, round(said * (1 + width)))
    if heap < 0.3 and low >= 5:
        low, high = 5 * round(low / 5), 5 * round(high / 5)
    name = unit.informants[i]
    return {
        "interview_id": name,
        "informant_type": informant_type(name),
        "municipality": unit.municipality,
        "zone": unit.zone,
        "spot_id": unit.spot_id,
        "kp": unit.kp,
        "typology": unit.typology,
        "kp_min": low,
        "kp_max": max(low, high),
        "date": f"2016-02-{1 + int(name[1:]) % 28:02d}",
    }


def interview(unit: Unit, i: int, size: float, width: float, peak: float, large: bool) -> dict[str, Any]:
    """Return one level-2 row; a spot that is not active has no sizes."""
    error, first, second = unit.noise[i + 4]
    name = unit.interviews[i]
    row = {
        "interview_id": name,
        "municipality": unit.municipality,
        "zone": unit.zone,
        "spot_id": unit.spot_id,
        "kp": unit.kp,
        "status": unit.status,
        "date": f"2016-{3 + int(name[1:]) % 2:02d}-{1 + int(name[1:]) % 28:02d}",
    }
    if unit.status != "active":
        return row
    said = size * 2.718281828 ** (0.08 * error)
    low, high = max(1, round(said * (1 - width))), max(1, round(said * (1 + width)))
    row |= {"typology": unit.typology, "usual_min": low, "usual_max": max(low, high)}
    row |= peak_answers(unit, low, max(low, high), peak * (1.6 if large else 0.55), first)
    goes_on = round(0.2 + 0.5 * second, 2)
    row |= {"share_other_spots": goes_on, "other_spots_mean": (1, 1.5, 2, 3)[int(first * 4)]}
    return row | {"hours": TARGETS[unit.kp].hours}


def peak_answers(unit: Unit, low: int, high: int, more: float, luck: float) -> dict[str, Any]:
    """Return the peak columns: blank for PWID and for spots without a peak."""
    days = TARGETS[unit.kp].peak_days
    if not days or (unit.kp == "MSM" and luck > 0.5):
        return {}
    return {
        "peak_min": max(low, round(low * (1 + more))),
        "peak_max": max(high, round(high * (1 + more))),
        "peak_days": days[int(luck * 97) % len(days)],
    }


def draw_people(rng: random.Random, units: list[Unit]) -> list[dict[str, Any]]:
    """Return people interviewed at MSM and PWID spots, met in proportion to the spots they visit."""
    rows = []
    for unit in units:
        if unit.kp == "FSW" or unit.status != "active":
            continue
        for _ in range(1 + (rng.random() < 0.4)):
            visited = rng.choices((1, 2, 3, 4), (0.62, 0.5, 0.27, 0.12))[0]
            row = {
                "person_id": f"A{len(rows) + 1:04d}",
                "municipality": unit.municipality,
                "kp": unit.kp,
                "spot_id": unit.spot_id,
                "spots_visited": visited,
                "sex": "male",
                "age_group": rng.choices(("18-24", "25-34", "35-49", "50+"), (0.3, 0.4, 0.22, 0.08))[0],
            }
            if unit.kp == "MSM":
                row["uses_platforms"] = "yes" if rng.random() < 0.75 else "no"
            other = "PWID" if unit.kp == "MSM" else "MSM"
            row["also_kp"] = other if rng.random() < 0.035 else ""
            rows.append(row)
    return rows


def nonspot_rows(places: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return people who do not come to spots, spread like the KP, with decimals so that they add up."""
    rows = []
    for kp, (setting, people) in NONSPOT.items():
        tenths = allot(round(10 * people), shares(kp, places))
        rows += [
            {"municipality": m, "kp": kp, "setting": setting, "people": n / 10}
            for m, n in sorted(tenths.items())
        ]
    return rows


def virtual_rows(places: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return accounts on platforms such that the formula of METHOD, step 7, gives the published parts."""
    rows = []
    constants = {
        "share_genuine": 0.8, "share_active": 0.75, "share_resident": 0.9, "profiles_per_person": 2.1,
        "share_at_spots": 0.22,
    }  # fmt: skip
    per_account = 0.8 * 0.75 * 0.9 / 2.1 * (1 - 0.22)
    for kp, (platforms, people) in VIRTUAL.items():
        for platform in platforms:
            accounts = allot(round(people / len(platforms) / per_account), shares(kp, places))
            rows += [
                {"municipality": m, "kp": kp, "platform_type": platform, "platform": f"{platform}-1",
                 "accounts_min": n, "accounts_max": n, **constants}
                for m, n in sorted(accounts.items())
            ]  # fmt: skip
    return rows
