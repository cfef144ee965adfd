"""Small releases and areas for the tests of the web map."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Point, box

from mapping.release import Released
from mapping.web.content import DAYS

SECRET = {"point": 7351.25, "lower": 6917.5, "upper": 8123.75, "rate": 431.9, "rate_lower": 429.3}
"""Numbers of the hidden cells of these tables; none may be in the file."""
NAMES = ["Fushë-Kosovë", "Đakovica", "Прилеп", "<b>Evil</b> & Co", "Obiliq", "Zhur", "m6", "m7"]


def rows_of(kp, denominator):
    """Six mapped municipalities: m1 is hidden, m0 has a rate of 0.5, m5 of 12.5."""
    points = np.array([5, 0, 41, 60, 80, 1250.5])
    table = pd.DataFrame(
        {
            "municipality": [f"m{n}" for n in range(6)], "name": NAMES[:6], "kp": kp,
            "point": points, "lower": points - 2, "upper": points + 3,
            "interval": "range", "level": np.nan, "method": "test", "size_basis": "usual_day",
            "adults": [10000.0, 17021, 10000, 10000, 10000, 100040], "denominator": denominator,
            "hidden": [False, True, False, False, False, False],
        }
    )  # fmt: skip
    for name, people in (("rate", "point"), ("rate_lower", "lower"), ("rate_upper", "upper")):
        table[name] = 1000 * table[people] / table["adults"]
    table.loc[1, list(SECRET)] = list(SECRET.values())
    return table


def days_of(table):
    """A third of the size on each day; on Saturday 1.25 times that."""
    made = []
    for day in DAYS:
        factor = 1.25 if day == "sat" else 1.0
        part = table[["municipality", "kp", "hidden"]].assign(day=day, weekend=day in ("sat", "sun"))
        for name in ("point", "lower", "upper"):
            part[name] = table[name] * factor / 3
        made.append(part)
    return pd.concat(made, ignore_index=True)


def released_tables(level="public", without=()):
    municipalities = pd.concat([rows_of("FSW", "adult_women"), rows_of("XY", "adult_men")], ignore_index=True)
    municipalities.loc[municipalities["kp"].eq("XY"), ["point", "lower", "upper"]] *= 2
    total = (
        municipalities[~municipalities["hidden"]]
        .groupby("kp", as_index=False)[["point", "lower", "upper"]]
        .sum()
    )
    total = total.assign(adults=200_000.0, denominator="adult_women", hidden=False)
    for name, people in (("rate", "point"), ("rate_lower", "lower"), ("rate_upper", "upper")):
        total[name] = 1000 * total[people] / total["adults"]
    national_days = pd.concat([total.assign(day=day, factor=1.25 if day == "sat" else 1.0) for day in DAYS])
    tables = {
        "municipalities": municipalities, "national": total,
        "days": national_days, "municipality_days": days_of(municipalities),
    }  # fmt: skip
    tables = {name: table for name, table in tables.items() if name not in without}
    return Released(
        level=level, tables=tables, receipt=f"Release level: {level}\nOne <cell> is hidden.\n", hidden=2
    )


def masked(kps, crs="EPSG:4326"):
    places = [Point(21.05 + 0.001 * n, 42.55) for n in range(len(kps))]
    points = gpd.GeoDataFrame(
        {"spot_id": "S_SECRET", "kp": kps, "masked": True}, geometry=places, crs="EPSG:4326"
    )
    return points.to_crs(crs)


def squares():
    """Eight squares of 0.1 degrees: m0 to m3 in a row from west to east, m4 to m7 above them."""
    shapes = [
        box(21 + 0.1 * (n % 4), 42.5 + 0.1 * (n // 4), 21.1 + 0.1 * (n % 4), 42.6 + 0.1 * (n // 4))
        for n in range(8)
    ]
    codes = [f"m{n}" for n in range(8)]
    return gpd.GeoDataFrame({"municipality": codes, "schematic": True}, geometry=shapes, crs="EPSG:4326")
