"""Content of the web map: released numbers, shapes and words, rounded as the page shows them.

Nothing goes in that the page does not show: a hidden cell is the number 0 in place of its row of numbers.
"""

from __future__ import annotations

from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from mapping.classes import as_printed, class_breaks, class_labels, class_numbers
from mapping.labels import number, texts
from mapping.release import Released
from pse.estimate import round_people
from pse.records.tables import DAYS

COLOURS = ("#eff8b8", "#a9dcb7", "#4eb6c4", "#2479b5", "#0f2a6b")
"""Light to dark (after YlGnBu of ColorBrewer): safe for colour-blind readers and in grey print."""

RATES = ("rate", "rate_lower", "rate_upper")
HIDDEN: Literal[0] = 0
DECIMALS = 4
"""Decimals of a degree: about 11 m, finer than a screen shows of a country."""
MOST_VERTICES = 15_000
"""More than this is simplified, so that the page stays small: about 250 kB of coordinates."""

Cell = list[float | int | None] | Literal[0] | None
"""People, lower, upper, adults, rate, its lower and upper, class; or 0 for hidden, None for not mapped."""


def page_content(
    released: Released, areas: gpd.GeoDataFrame, *, lang: str, points: gpd.GeoDataFrame | None
) -> dict[str, Any]:
    """Return what the script of the page draws, ready for JSON.

    Parameters
    ----------
    released : Released
        From `release`; only its tables `municipalities`, `national`, `days` and `municipality_days` are read.
    areas : geopandas.GeoDataFrame
        WGS84: `municipality`, `geometry`, optionally `name`.
    lang : str
        One of `mapping.labels.LANGUAGES`.
    points : geopandas.GeoDataFrame, optional
        Points with `kp`, checked before.

    Returns
    -------
    dict
        `areas` (name, shape, centre, cells by KP and by day), `kps` (names, units, legends, national
        numbers), `points` by KP, and the words.
    """
    words = texts("web", lang)
    table = released.tables["municipalities"]
    kps = list(dict.fromkeys(table["kp"]))
    layers = [_Layer(released, kp, lang) for kp in kps]
    days = texts("days", lang)
    sample = number(1234.5, lang, decimals=1)
    return {
        "lang": lang,
        "marks": [sample[1], sample[-2]],
        "texts": dict(words),
        "days": [days[day] for day in DAYS],
        "shortDays": [days[f"short_{day}"] for day in DAYS],
        "kps": [layer.description() for layer in layers],
        "areas": _areas(areas, table, layers),
        "points": None if points is None else [_places(points[points["kp"].eq(kp)]) for kp in kps],
        "pointsLabel": words["points_exact" if released.level == "restricted" else "points"],
    }


class _Layer:
    """One KP: its rows by municipality, its classes and its words."""

    def __init__(self, released: Released, kp: str, lang: str) -> None:
        self.kp, self.lang, self.words = kp, lang, texts("web", lang)
        rows = released.tables["municipalities"]
        self.rows = as_printed(rows[rows["kp"].eq(kp)]).set_index("municipality")
        self.denominator = _denominator(self.rows)
        national = released.tables["national"]
        self.national = as_printed(national[national["kp"].eq(kp)])
        self.by_day = _by_day(released.tables.get("municipality_days"), self.rows, kp)
        self.days = _national_days(released.tables.get("days"), self.national, kp)
        self.column = "rate" if self.denominator else "point"
        self.breaks = class_breaks(self.rows[self.column])
        self.day_breaks = class_breaks(self.by_day[self.column])
        self.cells = _cells(self.rows, self.column, self.breaks)
        self.day_cells = _cells(self.by_day, self.column, self.day_breaks)

    def description(self) -> dict[str, Any]:
        """Return what the page says of the KP itself."""
        return {
            "code": self.kp,
            "name": self.words.get(f"kp_{self.kp}", self.kp),
            "unit": self._phrase("unit") if self.denominator else self.words["unit_people"],
            "adults": self._phrase("adults") if self.denominator else "",
            "rated": bool(self.denominator),
            "interval": next(iter(self.rows["interval"].dropna()), ""),
            "legend": self._legend(self.breaks),
            "dayLegend": self._legend(self.day_breaks) if len(self.day_breaks) else None,
            "national": _first(_cells(self.national, self.column, None)),
            "days": self._days(),
            "uplift": [_percent(value) for value in self.days["factor"]],
        }

    def area_days(self, code: str) -> list[Cell] | None:
        """Return the cells of a municipality from Monday to Sunday."""
        cells = [self.day_cells.get((code, day)) for day in DAYS]
        return cells if any(cell is not None for cell in cells) else None

    def _days(self) -> list[Cell] | None:
        if self.days["point"].isna().all():
            return None
        cells = _cells(self.days, self.column, None)
        return [cells[day] for day in DAYS]

    def _phrase(self, start: str) -> str:
        other = self.words[f"{start}_other"].format(denominator=self.denominator.replace("_", " "))
        return self.words.get(f"{start}_{self.denominator}", other)

    def _legend(self, breaks: NDArray[np.float64]) -> dict[str, list[str]]:
        classes = max(len(breaks) - 1, 0)
        shades = np.round(np.linspace(0, len(COLOURS) - 1, classes)).astype(int)
        return {
            "labels": class_labels(breaks, self.lang),
            "colours": [COLOURS[shade] for shade in shades],
        }


def _denominator(rows: pd.DataFrame) -> str:
    """Return the column of adults that the rates are made with; empty if there are no rates."""
    names = rows.loc[rows["adults"].notna(), "denominator"].dropna().unique()
    return str(names[0]) if len(names) else ""


def _by_day(table: pd.DataFrame | None, rows: pd.DataFrame, kp: str) -> pd.DataFrame:
    """Return the rows of `municipality_days` of a KP with adults and rates, by municipality and day."""
    if table is None:
        return rows.iloc[:0]
    table = table[table["kp"].eq(kp)]
    codes = table["municipality"]
    hidden = table["hidden"] | codes.map(rows["hidden"]).eq(True)  # what hides a size hides its days
    days = table.assign(hidden=hidden, adults=codes.map(rows["adults"]))
    return _with_rates(days).set_index(["municipality", "day"])


def _national_days(days: pd.DataFrame | None, national: pd.DataFrame, kp: str) -> pd.DataFrame:
    """Return one row per day of the week, from Monday; blank where the release has none."""
    columns = ["point", "lower", "upper", "factor", "hidden"]
    rows = pd.DataFrame(columns=["kp", "day", *columns]) if days is None else days
    rows = rows[rows["kp"].eq(kp)].set_index("day")[columns].reindex(list(DAYS))
    hidden = rows["hidden"].ne(False) | bool(national["hidden"].any())
    factor = rows["factor"].where(~hidden)
    return _with_rates(rows.assign(hidden=hidden, factor=factor, adults=national["adults"].max()))


def _with_rates(days: pd.DataFrame) -> pd.DataFrame:
    """Return days with rates per 1,000 adults, and with what is hidden blank."""
    per = 1000 / days["adults"].where(days["adults"] > 0).astype(float)
    people = {name: days[name].astype(float).where(~days["hidden"]) for name in ("point", "lower", "upper")}
    rates = {name: people[of] * per for name, of in zip(RATES, people, strict=True)}
    return as_printed(days.assign(**people, **rates))


def _cells(rows: pd.DataFrame, column: str, breaks: NDArray[np.float64] | None) -> dict[Any, Cell]:
    """Return index -> cell; the class is judged on the number as it is printed."""
    if rows.empty:
        return {}
    hidden = rows["hidden"].astype(bool) | rows["point"].isna()
    shown = rows[column].where(~hidden).astype(float)
    classes = shown * np.nan if breaks is None else class_numbers(shown, breaks)
    whole = ("point", "lower", "upper", "adults")
    cells: dict[Any, Cell] = {}
    for place, (index, row) in enumerate(rows.iterrows()):
        if hidden.iloc[place]:
            cells[index] = HIDDEN
            continue
        numbers = [_rounded(row[name], 1) for name in whole] + [_rounded(row[name], 10) for name in RATES]
        cells[index] = [*numbers, _rounded(classes.iloc[place], 1)]
    return cells


def _first(cells: dict[Any, Cell]) -> Cell:
    return next(iter(cells.values()), None)


def _rounded(value: float, parts: int) -> float | int | None:
    if pd.isna(value):
        return None
    return round_people(value * parts) / parts if parts > 1 else round_people(value)


def _percent(factor: float) -> int | None:
    """Return a factor of 1.25 as 25 (% more)."""
    return None if pd.isna(factor) else round_people(100 * factor) - 100


def _areas(areas: gpd.GeoDataFrame, table: pd.DataFrame, layers: list[_Layer]) -> list[dict[str, Any]]:
    names = table.drop_duplicates("municipality").set_index("municipality")["name"]
    codes = areas["municipality"].astype(str)
    shown = codes.map(names).fillna(codes)
    if "name" in areas:
        shown = areas["name"].fillna(shown)
    shapes = light_shapes(areas.geometry)
    return [
        {
            "name": str(name),
            "shape": _rings(shape),
            "centre": _lat_lon(shapely.point_on_surface(shape)),
            "cells": [layer.cells.get(code) for layer in layers],
            "days": [layer.area_days(code) for layer in layers],
        }
        for code, name, shape in zip(codes, shown, shapes, strict=True)
    ]


def light_shapes(shapes: gpd.GeoSeries, at_most: int = MOST_VERTICES) -> NDArray[np.object_]:
    """Return polygons with few enough vertices for a page; shared borders stay shared.

    Parameters
    ----------
    shapes : geopandas.GeoSeries
        Polygons in degrees.
    at_most : int
        Vertices wanted. The tolerance doubles from about 10 m until there are no more of them, or until
        it is about 10 km.

    Returns
    -------
    numpy.ndarray of shapely geometries
        The shapes as they are if they have few vertices; else by `shapely.coverage_simplify`.
    """
    light = shapes.to_numpy()
    tolerance = 0.0001
    while shapely.get_num_coordinates(light).sum() > at_most and tolerance < 0.1:
        light = shapely.coverage_simplify(shapes.to_numpy(), tolerance)
        tolerance *= 2
    return light


def _rings(shape: Any) -> list[list[list[list[float]]]]:
    """Return polygons -> rings -> [lat, lon], as Leaflet takes them; a ring is not closed."""
    return [
        [_pairs(ring.coords)[:-1] for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(shape)
    ]


def _pairs(coords: Any) -> list[list[float]]:
    pairs = np.round(np.asarray(coords)[:, 1::-1], DECIMALS)
    moved = np.r_[True, np.any(np.diff(pairs, axis=0) != 0, axis=1)]
    return [[float(lat), float(lon)] for lat, lon in pairs[moved]]


def _lat_lon(point: Any) -> list[float]:
    return [round(point.y, DECIMALS), round(point.x, DECIMALS)]


def _places(points: gpd.GeoDataFrame) -> list[list[float]]:
    """Return [lat, lon] of each point, sorted: the order in the table says nothing then."""
    pairs = np.round(np.column_stack([points.geometry.y, points.geometry.x]), DECIMALS)
    return sorted([float(lat), float(lon)] for lat, lon in pairs)
