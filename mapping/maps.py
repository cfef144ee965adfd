"""Maps of the estimates, and `write_maps`, which writes them with the charts."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import ArrayLike

from mapping.charts import plot_days, plot_waterfall, waterfall_bars
from mapping.classes import class_breaks, class_labels, class_numbers
from mapping.style import BESIDE, GREY, INK, PALE, STYLE, write_footer, write_title

__all__ = [
    "Sizes",
    "class_breaks",
    "class_labels",
    "plot_choropleth",
    "plot_days",
    "plot_waterfall",
    "waterfall_bars",
    "write_maps",
]

HIDDEN, UNMAPPED = -1, -2
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}


class Sizes(Protocol):
    """What `write_maps` draws: result tables that `release` has already been through."""

    @property
    def municipalities(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def days(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def steps(self) -> pd.DataFrame: ...  # noqa: D102


def plot_choropleth(
    areas: gpd.GeoDataFrame,
    table: pd.DataFrame,
    column: str,
    *,
    breaks: ArrayLike,
    unit: str,
    title: str,
    ax: Axes,
    source: str | None = None,
) -> Axes:
    """Draw a map of one number per municipality, best a rate.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        `municipality`, `geometry` in any CRS, and `schematic` (then the map says so).
    table : pandas.DataFrame
        `municipality`, once each, and `column`. No row: not mapped, hatched. A blank: hidden for its
        size, dotted. Zero is a value.
    column : str
        The column to draw.
    breaks : array-like of float
        Class limits from `class_breaks`; they must cover the values.
    unit : str
        Heading of the legend, with the denominator of a rate: `per 1,000 adult women`.
    title : str
        Title of the map.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`, so that the legend beside the map has room.
    source : str, optional
        Line under the map.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`, in kilometres of a local equal-area projection.

    Raises
    ------
    ValueError
        If a municipality is twice in `table`, has no area, or its value lies outside `breaks`.
    """
    _check_table(areas, table, column)
    breaks = np.asarray(breaks, dtype=float)
    classes = _area_classes(areas, table, column, breaks)
    land = _equal_area_km(areas)
    handles = []
    for number, style in _class_styles(breaks, classes).items():
        _draw_areas(land[classes.eq(number)], style, ax)
        handles.append(Patch(**style))
    land.boundary.plot(ax=ax, color=INK, linewidth=0.5, zorder=3)
    _draw_furniture(land, ax)
    write_title(ax, title)
    if source:
        write_footer(ax, source)
    ax.legend(handles=handles, title=textwrap.fill(unit, 24), **BESIDE)
    return ax


def write_maps(
    sizes: Sizes,
    areas: gpd.GeoDataFrame,
    out_dir: str | Path,
    formats: Sequence[str] = ("png", "pdf"),
    source: str | None = None,
) -> list[Path]:
    """Write a rate map and a waterfall per KP, and one chart of the days.

    Parameters
    ----------
    sizes : object with `.municipalities`, `.days` and `.steps`
        Estimates that have been through `release`; nothing is hidden here.
    areas : geopandas.GeoDataFrame
        As from `study_boundaries`.
    out_dir : str or pathlib.Path
        Folder to write to; made if it is not there.
    formats : sequence of {"png", "pdf"}
        File formats.
    source : str, optional
        Line under each map, for instance the title and year of the study.

    Returns
    -------
    list of pathlib.Path
        `rate_map_KP`, `waterfall_KP` and `days`, in each format. A KP without a denominator gets
        `size_map_KP` instead of a rate map.

    Raises
    ------
    ValueError
        For another format, a KP code that cannot stand in a file name, and as the plots do.

    Notes
    -----
    Everything is drawn before the first file is written. The files name no software, author or date.
    """
    unknown = [name for name in formats if name not in METADATA]
    if unknown:
        raise ValueError(f"formats must be png or pdf; got {', '.join(unknown)}.")
    with mpl.rc_context(STYLE):
        figures = _draw_all(sizes, areas, source)
        folder = Path(out_dir)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, figure in figures.items():
            for kind in formats:
                path = folder / f"{name}.{kind}"
                figure.savefig(path, dpi=150, metadata=METADATA[kind], bbox_inches="tight", pad_inches=0.15)
                paths.append(path)
    return paths


def _draw_all(sizes: Sizes, areas: gpd.GeoDataFrame, source: str | None) -> dict[str, Figure]:
    """Return file name -> figure."""
    figures = {}
    kps = list(dict.fromkeys(sizes.municipalities["kp"]))
    for kp in kps:
        table = sizes.municipalities[sizes.municipalities["kp"].eq(kp)]
        column, unit = _what_to_map(table)
        name = f"{'rate' if column == 'rate' else 'size'}_map_{_file_part(kp)}"
        figures[name], ax = _new_figure(7.0, 5.6)
        plot_choropleth(
            areas, table, column, breaks=class_breaks(table[column]), unit=unit,
            title=f"{kp} {unit}, by municipality", ax=ax, source=_footer(table, source),
        )  # fmt: skip
        figures[f"waterfall_{_file_part(kp)}"], ax = _new_figure(7.5, 4.4)
        plot_waterfall(sizes.steps, ax=ax, kp=kp)
    in_days = [kp for kp in kps if kp in set(sizes.days["kp"])]
    if in_days:
        figures["days"], ax = _new_figure(7.5, 4.0)
        plot_days(sizes.days, kps=in_days, ax=ax)
    return figures


def _new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _what_to_map(table: pd.DataFrame) -> tuple[str, str]:
    """Return the column to map and its unit: the rate, or the size where there is no denominator."""
    denominators = table.loc[table["adults"].notna(), "denominator"].dropna().unique()
    if len(denominators) == 0:
        return "point", "people"
    return "rate", f"per 1,000 {str(denominators[0]).replace('_', ' ')}"


def _footer(table: pd.DataFrame, source: str | None) -> str:
    bases = [
        f"Size basis: {str(basis).replace('_', ' ')}." for basis in table["size_basis"].dropna().unique()
    ]
    return " ".join([*([source] if source else []), *bases])


def _file_part(kp: str) -> str:
    if not re.fullmatch(r"\w[\w-]*", kp):
        raise ValueError(f"kp must be letters, digits, - or _ to name a file; got {kp!r}. Change the code.")
    return kp


def _check_table(areas: gpd.GeoDataFrame, table: pd.DataFrame, column: str) -> None:
    if column not in table or "municipality" not in table:
        raise ValueError(
            f"table must have columns municipality and {column}; got {', '.join(table.columns)}."
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


def _area_classes(areas: gpd.GeoDataFrame, table: pd.DataFrame, column: str, breaks: ArrayLike) -> pd.Series:
    """Return for each area its class from 0, HIDDEN or UNMAPPED."""
    classes = class_numbers(table.set_index("municipality")[column], breaks).fillna(HIDDEN)
    found = areas["municipality"].map(classes).fillna(UNMAPPED).astype(int)
    return found.reset_index(drop=True)


def _class_styles(breaks: ArrayLike, classes: pd.Series) -> dict[int, dict[str, Any]]:
    """Return how to draw each class: all of the scale, and hidden and not mapped if they occur."""
    labels = class_labels(breaks)
    colours = mpl.colormaps["YlGnBu"](np.linspace(0.1, 0.95, len(labels)))
    line = {"linewidth": 0.5}
    styles: dict[int, dict[str, Any]] = {
        number: {"facecolor": colour, "edgecolor": INK, "label": label, **line}
        for number, (colour, label) in enumerate(zip(colours, labels, strict=True))
    }
    styles[HIDDEN] = {
        "facecolor": PALE, "edgecolor": GREY, "hatch": "...", "label": "hidden (small number)", **line
    }  # fmt: skip
    styles[UNMAPPED] = {
        "facecolor": "white", "edgecolor": GREY, "hatch": "////", "label": "not mapped", **line
    }  # fmt: skip
    return {n: style for n, style in styles.items() if n >= 0 or classes.eq(n).any()}


def _draw_areas(land: gpd.GeoDataFrame, style: dict[str, Any], ax: Axes) -> None:
    if len(land):
        land.plot(ax=ax, **style)


def _equal_area_km(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    west, south, east, north = areas.to_crs("EPSG:4326").total_bounds
    centre = f"+lat_0={(south + north) / 2:.4f} +lon_0={(west + east) / 2:.4f}"
    return areas.reset_index(drop=True).to_crs(f"+proj=laea {centre} +datum=WGS84 +units=km")


def _draw_furniture(land: gpd.GeoDataFrame, ax: Axes) -> None:
    """Draw scale bar, north arrow and the note on schematic areas in a strip below the map."""
    west, south, east, north = land.total_bounds
    height = north - south
    width = max(east - west, 0.75 * height)  # a narrow country leaves room for the strip
    strip = max(0.13 * height, 0.09 * width)
    ax.set_xlim(west - 0.02 * width, west + 1.02 * width)
    ax.set_ylim(south - strip, north + 0.02 * height)
    ax.set(xlabel="", ylabel="")
    ax.set_axis_off()
    bottom = south - 0.9 * strip
    _draw_scale_bar(ax, x=west, y=bottom, length=_scale_length(width), height=0.1 * strip)
    _draw_north(ax, x=west + 0.42 * width, low=bottom, high=bottom + 0.45 * strip)
    if "schematic" in land and land["schematic"].any():
        ax.text(
            west + width, bottom, "Schematic areas,\nnot boundaries", ha="right", va="bottom", style="italic"
        )


def _scale_length(width: float) -> float:
    """Return the longest 1, 2 or 5 times a power of ten below 0.28 of the width, in km."""
    step = 10.0 ** np.floor(np.log10(0.28 * width))
    return float(max(n * step for n in (1, 2, 5) if n * step <= 0.28 * width))


def _draw_scale_bar(ax: Axes, *, x: float, y: float, length: float, height: float) -> None:
    half = length / 2
    for start, fill in ((x, INK), (x + half, "white")):
        ax.add_patch(Rectangle((start, y), half, height, facecolor=fill, edgecolor=INK, linewidth=0.7))
    for place, text in ((0.0, "0"), (length, f"{length:,g} km")):
        ax.annotate(
            text, (x + place, y + height), xytext=(0, 2), textcoords="offset points",
            ha="center", va="bottom", fontsize=8, color=INK,
        )  # fmt: skip


def _draw_north(ax: Axes, *, x: float, low: float, high: float) -> None:
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", xy=(x, high), xytext=(x, low), arrowprops=arrow)
    ax.annotate(
        "N", (x, high), xytext=(0, 1), textcoords="offset points", ha="center", va="bottom", color=INK
    )
