"""What all maps share: equal-area drawing, classes of areas, hatching, scale bar and north arrow."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patches import Patch, Rectangle
from matplotlib.path import Path
from numpy.typing import ArrayLike

from mapping.classes import class_labels, class_numbers
from mapping.labels import number, texts
from mapping.style import GREY, INK, PALE, label

HIDDEN, UNMAPPED, NO_RATE = -1, -2, -3
LINE: dict[str, Any] = {"linewidth": 0.5}


def check_table(areas: gpd.GeoDataFrame, table: pd.DataFrame, *columns: str) -> None:
    """Refuse a table that lacks a column, has a municipality twice, or one without an area."""
    absent = [column for column in ("municipality", *columns) if column not in table]
    if absent:
        raise ValueError(
            f"table must have columns municipality and {', '.join(columns)}; got {', '.join(table.columns)}."
        )
    if table["municipality"].duplicated().any():
        raise ValueError(
            "table must have one row per municipality; got some twice. Choose the rows of one KP."
        )
    astray = int((~table["municipality"].isin(areas["municipality"])).sum())
    if astray:
        raise ValueError(
            f"areas must hold every municipality of the table; got {astray} of {len(table)} without an area. "
            "Check the codes in the boundaries."
        )


def area_classes(areas: gpd.GeoDataFrame, table: pd.DataFrame, column: str, breaks: ArrayLike) -> pd.Series:
    """Return for each area its class from 0, HIDDEN, NO_RATE or UNMAPPED.

    A blank is hidden, unless the table comes from a release whose `hidden` says that it is not: then there
    is no rate, as without adults. What `hidden` marks is never drawn, even if a number stands there.
    """
    rows = table.set_index("municipality")
    hidden = rows["hidden"].astype(bool) if "hidden" in rows else rows[column].isna()
    classes = class_numbers(rows[column].mask(hidden), breaks)
    classes = classes.fillna(hidden.map({True: HIDDEN, False: NO_RATE}))
    found = areas["municipality"].map(classes).fillna(UNMAPPED).astype(int)
    return found.reset_index(drop=True)


def class_styles(breaks: ArrayLike, classes: pd.Series, lang: str) -> dict[int, dict[str, Any]]:
    """Return how to draw each class: all of the scale, and hidden and not mapped if they occur."""
    labels = class_labels(breaks, lang)
    colours = mpl.colormaps["YlGnBu"](np.linspace(0.1, 0.95, len(labels)))
    styles: dict[int, dict[str, Any]] = {
        place: {"facecolor": colour, "edgecolor": INK, "label": text, **LINE}
        for place, (colour, text) in enumerate(zip(colours, labels, strict=True))
    }
    return styles | missing_styles(classes, lang)


def missing_styles(classes: pd.Series, lang: str) -> dict[int, dict[str, Any]]:
    """Return how to draw what is hidden, has no rate or is not mapped, where they occur."""
    looks: dict[int, dict[str, Any]] = {
        HIDDEN: {"facecolor": PALE, "hatch": "...", "label": label("hidden", lang)},
        NO_RATE: {"facecolor": "white", "label": texts("web", lang)["no_rate"]},
        UNMAPPED: {"facecolor": "white", "hatch": "////", "label": label("unmapped", lang)},
    }
    return {n: {**look, "edgecolor": GREY, **LINE} for n, look in looks.items() if classes.eq(n).any()}


def draw_classes(
    land: gpd.GeoDataFrame, classes: pd.Series, styles: dict[int, dict[str, Any]], ax: Axes
) -> list[Patch]:
    """Draw the areas of each class and all borders; return one patch per class for a legend."""
    paths = np.array(_paths(land), dtype=object)
    for place, style in styles.items():
        chosen = paths[classes.eq(place).to_numpy()]
        if len(chosen):
            ax.add_collection(PathCollection(list(chosen), **style))
    lines: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "linewidth": 0.5, "zorder": 3}
    ax.add_collection(PathCollection(list(paths), **lines))
    return [Patch(**style) for style in styles.values()]


def _paths(land: gpd.GeoDataFrame) -> list[Path]:
    """Return one path per area; holes run the other way round, so that they stay empty."""
    found = []
    for shape in shapely.normalize(land.geometry.to_numpy()):
        rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
        found.append(
            Path.make_compound_path(*[Path(shapely.get_coordinates(ring), closed=True) for ring in rings])
        )
    return found


def equal_area_km(shapes: gpd.GeoDataFrame, *, like: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return shapes in kilometres of an equal-area projection around them, or around `like`."""
    west, south, east, north = (shapes if like is None else like).to_crs("EPSG:4326").total_bounds
    centre = f"+lat_0={(south + north) / 2:.4f} +lon_0={(west + east) / 2:.4f}"
    return shapes.reset_index(drop=True).to_crs(f"+proj=laea {centre} +datum=WGS84 +units=km")


def draw_furniture(
    land: gpd.GeoDataFrame, ax: Axes, lang: str, *, small: bool = False, bare: bool = False
) -> None:
    """Draw scale bar, north arrow and the note on schematic areas in a strip below the map.

    Small maps side by side have no note and little text; bare ones have only the empty strip.
    """
    west, south, east, north = land.total_bounds
    height = north - south
    width = max(east - west, 0.75 * height)  # a narrow country leaves room for the strip
    strip = max(0.13 * height, 0.09 * width)
    ax.set_xlim(west - 0.02 * width, west + 1.02 * width)
    ax.set_ylim(south - strip, north + 0.02 * height)
    ax.set(xlabel="", ylabel="", aspect="equal")
    ax.set_axis_off()
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_visible(False)  # else ticks that nobody sees are measured, slowly
    if bare:
        return
    bottom = south - 0.9 * strip
    _draw_scale_bar(
        ax, x=west, y=bottom, length=_scale_length(width), height=0.1 * strip, lang=lang, small=small
    )
    _draw_north(
        ax,
        label("north", lang),
        x=west + 0.42 * width,
        low=bottom,
        high=bottom + (0.3 if small else 0.45) * strip,
    )
    if not small and is_schematic(land):
        words = label("schematic", lang)
        place: dict[str, Any] = {"ha": "right", "va": "bottom", "style": "italic"}
        ax.text(west + width, bottom, words, **place)


def is_schematic(areas: gpd.GeoDataFrame) -> bool:
    """Return whether some areas are no boundaries."""
    return "schematic" in areas and bool(areas["schematic"].any())


def _scale_length(width: float) -> float:
    """Return the longest 1, 2 or 5 times a power of ten below 0.28 of the width, in km."""
    step = 10.0 ** np.floor(np.log10(0.28 * width))
    return float(max(n * step for n in (1, 2, 5) if n * step <= 0.28 * width))


def _draw_scale_bar(
    ax: Axes, *, x: float, y: float, length: float, height: float, lang: str, small: bool
) -> None:
    half = length / 2
    for start, fill in ((x, INK), (x + half, "white")):
        ax.add_patch(Rectangle((start, y), half, height, facecolor=fill, edgecolor=INK, linewidth=0.7))
    decimals = max(0, -int(np.floor(np.log10(length))))
    far = f"{number(length, lang, decimals=decimals)} {label('km', lang)}"
    ends = ((half, far),) if small else ((0.0, "0"), (length, far))
    for place, text in ends:
        ax.annotate(
            text, (x + place, y + height), xytext=(0, 2), textcoords="offset points",
            ha="center", va="bottom", fontsize=7 if small else 8, color=INK,
        )  # fmt: skip


def _draw_north(ax: Axes, letter: str, *, x: float, low: float, high: float) -> None:
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=(x, high), xytext=(x, low), arrowprops=arrow)
    place: dict[str, Any] = {"ha": "center", "va": "bottom", "color": INK}
    ax.annotate(letter, (x, high), xytext=(0, 1), textcoords="offset points", **place)
