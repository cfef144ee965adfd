"""Write the bundled sample: a synthetic mapping study in the municipalities of Kosovo.

    python data/sample/make.py [FOLDER]

Everything here is drawn from a seed, then adjusted until the ordinary chain, with nothing hard-wired,
gives totals and ranges consistent with the published ones of the Kosovo 2016 mapping (JMIR Public Health
Surveill 2019;5(1):e11194, abstract). No spot, informant or person in it is real. Municipality names,
seats (GeoNames, CC BY 4.0) and populations are public figures; which 26 were mapped is inferred.

Only the standard library draws numbers, because its generator is the same on every machine.
"""

import csv
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd
from draw_records import draw_people, municipality_rows, nonspot_rows, render, silent_rows, virtual_rows
from draw_spots import TARGETS, Target, Unit, assign_informants, assign_interviews, draw_units, shares

import pse

HERE = Path(__file__).resolve().parent
SEED = 2016
OVERRIDE = 33.0


def main(folder: Path) -> None:
    """Draw, adjust and write the study."""
    rng = random.Random(SEED)
    places = read_places()
    units = draw_units(rng, places)
    silent = assign_informants(rng, units)
    assign_interviews(rng, units)
    tables = adjust(rng, units, silent, places)
    tables["overrides"] = override(tables)
    write(folder, tables)


def read_places() -> list[dict[str, str]]:
    """Return municipalities with names, populations and seats."""
    with (HERE / "places.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def adjust(
    rng: random.Random, units: list[Unit], silent: list[tuple[str, str]], places: list[dict[str, str]]
) -> dict[str, list[dict[str, Any]]]:
    """Return the tables after scaling the draws until the chain meets the targets."""
    fixed = {
        "municipalities": municipality_rows(places),
        "people": draw_people(rng, units),
        "nonspot": nonspot_rows(places),
        "virtual": virtual_rows(places),
    }
    scale = {"FSW": 9.0, "MSM": 14.0, "PWID": 8.0}
    width, peak = dict.fromkeys(scale, 0.2), {"FSW": 0.2, "MSM": 0.1, "PWID": 0.0}
    large = set(sorted(shares("FSW", places), key=shares("FSW", places).get)[-9:])  # type: ignore[arg-type]
    for _ in range(6):
        tables = fixed | render(units, scale, width, peak, large)
        got = at_spots(estimate(tables))
        for kp, target in TARGETS.items():
            point, half = (target.lower + target.upper) / 2, (target.upper - target.lower) / 2
            scale[kp] *= point / got[kp][0]
            width[kp] *= (half / point) / ((got[kp][2] - got[kp][1]) / 2 / got[kp][0])
    tables = fixed | render(units, scale, width, peak, large)
    for kp in ("FSW", "MSM"):
        tune_peak(rng, tables, kp)
    for kp, target in TARGETS.items():
        tune_range(rng, tables, kp, target)
    return tables | {"level1": tables["level1"] + silent_rows(silent)}


def estimate(tables: dict[str, list[dict[str, Any]]]) -> pse.StudyEstimates:
    """Run the ordinary chain on the tables."""
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return pse.estimate_study(pse.make_study(**SETTINGS, tables=frames))


def at_spots(sizes: pse.StudyEstimates) -> dict[str, tuple[float, float, float]]:
    """Return point, lower and upper of people at spots by KP."""
    parts = sizes.components.query("component == 'spots'").groupby("kp")[["point", "lower", "upper"]].sum()
    return {str(kp): (row.point, row.lower, row.upper) for kp, row in parts.iterrows()}


def tune_range(rng: random.Random, tables: dict[str, list[dict[str, Any]]], kp: str, target: Target) -> None:
    """Move level-1 numbers of unvisited spots by one person until the sums meet the target.

    Unvisited spots do not enter R, so each change moves the total by R x D / informants and nothing else.
    """
    sizes = estimate(tables)
    _, lower, upper = at_spots(sizes)[kp]
    spots = sizes.spots.query("kp == @kp and status in ('not_visited', 'refused', 'unsafe')").set_index(
        "spot_id"
    )
    rows = [row for row in tables["level1"] if row.get("kp") == kp and row["spot_id"] in spots.index]
    informants: dict[str, int] = defaultdict(int)
    for row in rows:
        informants[row["spot_id"]] += 1
    rng.shuffle(rows)
    missing = {"kp_min": target.lower - lower, "kp_max": target.upper - upper}
    for row in rows * 3:
        spot = spots.loc[row["spot_id"]]
        effect = spot["ratio"] * spot["duplication"] / informants[row["spot_id"]]
        for column, gap in missing.items():
            move = 1 if gap > 0 else -1
            new = {**row, column: row[column] + move}
            if abs(gap) > effect / 2 and 0 < new["kp_min"] <= new["kp_max"]:
                row[column] += move
                missing[column] = gap - move * effect


def tune_peak(rng: random.Random, tables: dict[str, list[dict[str, Any]]], kp: str) -> None:
    """Move peak numbers by one person until the uplift of the peak days is the published one."""
    rows = [row for row in tables["level2"] if row["kp"] == kp and row.get("peak_days")]
    rng.shuffle(rows)
    for _ in range(12):
        days = estimate(tables).days.set_index(["kp", "day"])["factor"]
        # Saturday is a peak day of both KPs; Sunday (FSW) and Friday (MSM) follow it
        error = TARGETS[kp].uplift - (days[kp, "sat"] - 1)
        if abs(error) < 0.0003:
            return
        visited = sum(row["usual_min"] + row["usual_max"] for row in rows) / 2
        for row in rows[: max(1, round(abs(error) * visited * 0.8))]:
            if error > 0:
                row["peak_max"] += 1
            elif row["peak_max"] > max(row["usual_max"], row["peak_min"]):
                row["peak_max"] -= 1
            elif row["peak_min"] > row["usual_min"]:
                row["peak_min"] -= 1
        rng.shuffle(rows)


def override(tables: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the one override: the published MSM total lies 33 above the middle of its range."""
    row = estimate(tables).municipalities.query("kp == 'MSM' and municipality == 'prishtine'").iloc[0]
    return [
        {
            "municipality": "prishtine",
            "kp": "MSM",
            "point": round(row["point"] + OVERRIDE, 1),
            "lower": round(row["lower"], 1),
            "upper": round(row["upper"], 1),
            "reason": "synthetic: the published MSM total (6,814) is 33 above the middle of its range; "
            "this row adds the 33, without it the chain gives 6,781",
            "role": "sample author",
        }
    ]


SETTINGS: dict[str, Any] = {
    "title": "Synthetic mapping study, consistent with the published totals of Kosovo 2016",
    "country": "Kosovo",
    "year": 2016,
    "size_basis": "usual_day",
    "denominators": {"FSW": "adult_women", "MSM": "adult_men", "PWID": "adult_men"},
}


COLUMNS = {
    "municipalities": "municipality name name_sr adult_men adult_women mapped lat lon",
    "level1": "interview_id informant_type municipality zone spot_id kp typology kp_min kp_max date",
    "level2": "interview_id municipality zone spot_id kp status typology usual_min usual_max peak_min "
    "peak_max peak_days date hours share_other_spots other_spots_mean",
    "people": "person_id municipality kp spot_id spots_visited uses_platforms also_kp sex age_group",
    "virtual": "municipality kp platform_type platform accounts_min accounts_max share_genuine share_active "
    "share_resident profiles_per_person share_at_spots",
    "nonspot": "municipality kp setting people",
    "overrides": "municipality kp point lower upper reason role",
}


def write(folder: Path, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Write the study folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in COLUMNS.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns.split(), restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(tables[name])
    (folder / "study.toml").write_text(study_toml(), encoding="utf-8")
    write_cells(folder / "boundaries.geojson", tables["municipalities"])


def study_toml() -> str:
    """Return the settings of the sample as TOML."""
    denominators = "\n".join(f'{kp} = "{column}"' for kp, column in SETTINGS["denominators"].items())
    return (
        "# Synthetic. No spot, informant or person is real. Consistent with the published totals of the\n"
        "# Kosovo 2016 mapping (JMIR Public Health Surveill 2019;5(1):e11194).\n"
        "# Written by data/sample/make.py.\n"
        f'title = "{SETTINGS["title"]}"\ncountry = "{SETTINGS["country"]}"\nyear = {SETTINGS["year"]}\n'
        f'size_basis = "{SETTINGS["size_basis"]}"\n\n[denominators]\n{denominators}\n'
    )


def write_cells(path: Path, municipalities: list[dict[str, Any]]) -> None:
    """Write schematic cells around the seats, clipped to the outline of Natural Earth: no boundaries."""
    import geopandas as gpd

    from mapping.boundaries import schematic_cells

    seats = pd.DataFrame(municipalities).astype({"lat": float, "lon": float})
    outline = gpd.read_file(HERE / "outline.geojson")
    cells = schematic_cells(seats, outline)
    cells.geometry = cells.geometry.set_precision(1e-5)
    path.write_text(cells.to_json(drop_id=True, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "kosovo_2016")
