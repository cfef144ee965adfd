"""Maps of municipalities: classes, circles, two numbers at once, and several small maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnchoredOffsetbox, DrawingArea, TextArea, VPacker
from matplotlib.patches import Circle, Patch
from matplotlib.text import Text
from numpy.typing import ArrayLike

from mapping.classes import class_labels
from mapping.labels import number
from mapping.land import (
    HIDDEN,
    INK,
    LINE,
    UNMAPPED,
    area_classes,
    check_table,
    class_styles,
    draw_classes,
    draw_furniture,
    equal_area_km,
    is_schematic,
    missing_styles,
)
from mapping.style import BESIDE, label, wrap_short, write_footer, write_source, write_title

LARGEST = 34.0  # diameter of the largest circle, in points
CIRCLE: dict[str, Any] = {"facecolor": "#4f94c4", "edgecolor": "white", "linewidth": 0.8}
BELOW = BESIDE | {"loc": "lower left", "bbox_to_anchor": (1.02, 0.0)}
TWO_COLOURS = (  # rows: size low to high; columns: coverage low to high (Stevens, blue and pink)
    ("#e8e8e8", "#ace4e4", "#5ac8c8"),
    ("#dfb0d6", "#a5add3", "#5698b9"),
    ("#be64ac", "#8c62aa", "#3b4994"),
)


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
    lang: str = "en",
) -> Axes:
    """Draw a map of one number per municipality, best a rate.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        `municipality`, `geometry` in any CRS, and `schematic` (then the map says so).
    table : pandas.DataFrame
        `municipality`, once each, `column` and, from a release, `hidden`. No row: not mapped, hatched. A
        blank: hidden for its size, dotted; where `hidden` is False it has no rate (no adults), left
        white. Zero is a value.
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
    lang : str
        Language of the legend; one of `mapping.labels.LANGUAGES`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`, in kilometres of a local equal-area projection.

    Raises
    ------
    ValueError
        If a municipality is twice in `table`, has no area, or its value lies outside `breaks`.
    """
    check_table(areas, table, column)
    breaks = np.asarray(breaks, dtype=float)
    classes = area_classes(areas, table, column, breaks)
    land = equal_area_km(areas)
    handles = draw_classes(land, classes, class_styles(breaks, classes, lang), ax)
    _finish(land, ax, title=title, source=source, lang=lang)
    ax.legend(handles=handles, title=wrap_short(unit), **BESIDE)
    return ax


def plot_circles(
    areas: gpd.GeoDataFrame,
    table: pd.DataFrame,
    column: str,
    *,
    legend: Sequence[float],
    unit: str,
    title: str,
    ax: Axes,
    source: str | None = None,
    lang: str = "en",
) -> Axes:
    """Draw a circle per municipality, its area in proportion to a number of people.

    Use it for sizes: a large pale area with few people does not mislead, as colours of sizes do.

    Parameters
    ----------
    areas, table, column, unit, title, ax, source, lang
        As in `plot_choropleth`; the number must not be negative.
    legend : sequence of float
        Numbers whose circles the legend shows, from `legend_sizes` of the same values.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`. Circles stand at a representative point of the area and hold no place within it;
        zero has none.

    Raises
    ------
    ValueError
        As `plot_choropleth` does, and for a negative number.
    """
    check_table(areas, table, column)
    values = areas["municipality"].map(table.set_index("municipality")[column]).reset_index(drop=True)
    if values.lt(0).any():
        raise ValueError(f"table must hold no negative number to draw circles; got some in {column}.")
    mapped = areas["municipality"].isin(table["municipality"]).reset_index(drop=True)
    if "hidden" in table:
        gone = table.loc[table["hidden"].astype(bool), "municipality"]
        values = values.mask(areas["municipality"].isin(gone).to_numpy())
    classes = pd.Series(np.select([~mapped, values.isna()], [UNMAPPED, HIDDEN], 0))
    land = equal_area_km(areas)
    plain = {0: {"facecolor": "#f7f4ec", "edgecolor": INK, **LINE}}
    handles = draw_classes(land, classes, plain | missing_styles(classes, lang), ax)[1:]
    largest = max([*legend, float(np.nanmax(values, initial=0.0))], default=0.0)
    _draw_circles(land, values, largest, ax)
    _finish(land, ax, title=title, source=source, lang=lang)
    ax.add_artist(_circle_legend(legend, largest, wrap_short(unit), ax, lang))
    if handles:
        ax.legend(handles=handles, **BELOW)
    return ax


def plot_bivariate(
    areas: gpd.GeoDataFrame,
    table: pd.DataFrame,
    columns: tuple[str, str],
    *,
    breaks: tuple[ArrayLike, ArrayLike],
    units: tuple[str, str],
    title: str,
    ax: Axes,
    source: str | None = None,
    lang: str = "en",
) -> Axes:
    """Draw two numbers at once, such as size and coverage, in 3 x 3 classes.

    Parameters
    ----------
    areas, table, title, ax, source, lang
        As in `plot_choropleth`. An area is hidden if one of its two numbers is blank.
    columns : tuple of str
        The column of the letters (A to C, such as the size) and that of the digits (1 to 3).
    breaks : tuple of array-like of float
        Class limits of each, from `class_breaks(..., k=3)`; at most three classes.
    units : tuple of str
        Heading of each side of the legend.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`. Each area carries its class, such as C1 (many people, few reached), so that the
        map can be read without colours.

    Raises
    ------
    ValueError
        As `plot_choropleth` does, and for more than three classes.
    """
    check_table(areas, table, *columns)
    if max(len(np.asarray(side)) for side in breaks) > 4:
        raise ValueError("breaks must have at most three classes for two numbers at once; got more.")
    first, second = (area_classes(areas, table, c, b) for c, b in zip(columns, breaks, strict=True))
    both = first.where(first.lt(0) | second.ge(0), second)
    classes = both.where(both.lt(0), 3 * first + second)
    land = equal_area_km(areas)
    colours = [colour for row in TWO_COLOURS for colour in row]
    styles = {n: {"facecolor": colour, "edgecolor": INK, **LINE} for n, colour in enumerate(colours)}
    handles = draw_classes(land, classes, styles | missing_styles(classes, lang), ax)[len(colours) :]
    for point, place in zip(land.representative_point(), classes, strict=True):
        if place >= 0:
            ax.text(point.x, point.y, _two_code(place), color=_ink_on(place), **CODE)
    _finish(land, ax, title=title, source=source, lang=lang)
    _draw_two_legend(ax, breaks, units, lang)
    if handles:
        ax.legend(handles=handles, **BELOW)
    return ax


def plot_multiples(
    areas: gpd.GeoDataFrame,
    table: pd.DataFrame,
    column: str,
    *,
    by: str,
    panels: Mapping[str, str],
    breaks: ArrayLike,
    unit: str,
    title: str,
    axes: Sequence[Axes],
    source: str | None = None,
    lang: str = "en",
) -> Sequence[Axes]:
    """Draw one small map per KP or per day of the week, all in the same classes.

    Parameters
    ----------
    areas, column, unit, title, source, lang
        As in `plot_choropleth`; the title stands over all maps, the source under all.
    table : pandas.DataFrame
        `municipality`, `by` and `column`: one row per municipality and panel.
    by : str
        The column that parts the table, such as `kp` or `day`.
    panels : mapping of str to str
        Value of `by` -> heading of its map, in order.
    breaks : array-like of float
        Class limits of all maps, from `class_breaks` of all values.
    axes : sequence of matplotlib.axes.Axes
        As many axes as panels, of one figure with `layout="constrained"`.

    Returns
    -------
    sequence of matplotlib.axes.Axes
        The same `axes`. Scale bar and north arrow stand on the first, the legend right of all.

    Raises
    ------
    ValueError
        As `plot_choropleth` does, and if the number of axes is another than that of panels.
    """
    if len(axes) != len(panels) or not panels:
        raise ValueError(f"axes must be as many as panels, 1 or more; got {len(axes)} for {len(panels)}.")
    breaks, land = np.asarray(breaks, dtype=float), equal_area_km(areas)
    parts = {value: table[table[by].eq(value)] for value in panels}
    for part in parts.values():
        check_table(areas, part, column)
    classes = {value: area_classes(areas, part, column, breaks) for value, part in parts.items()}
    styles = class_styles(breaks, pd.concat(classes.values()), lang)
    for ax, (value, heading) in zip(axes, panels.items(), strict=True):
        draw_classes(land, classes[value], styles, ax)
        draw_furniture(land, ax, lang, small=True, bare=ax is not axes[0])
        ax.set_title(heading, loc="left", fontsize=9, color=INK)
    figure = axes[0].get_figure(root=True)
    assert figure is not None
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK)
    note = label("schematic", lang).replace("\n", " ") + "." if is_schematic(areas) else ""
    below = " ".join(text for text in (source, note) if text)
    write_source(figure, below)
    handles = [Patch(**style) for style in styles.values()]
    place: dict[str, Any] = {"loc": "outside right upper", "frameon": False, "alignment": "left"}
    figure.legend(handles=handles, title=wrap_short(unit), **place)
    return axes


CODE: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6.5, "zorder": 4}


def _finish(land: gpd.GeoDataFrame, ax: Axes, *, title: str, source: str | None, lang: str) -> None:
    draw_furniture(land, ax, lang)
    write_title(ax, title)
    if source:
        write_footer(ax, source)


def _draw_circles(land: gpd.GeoDataFrame, values: pd.Series, largest: float, ax: Axes) -> None:
    shown = values[values.gt(0)].sort_values(ascending=False)  # small ones on top of large ones
    if shown.empty:
        return
    points = land.geometry.representative_point().loc[shown.index]
    area = LARGEST**2 * shown / largest  # scatter takes the square of the diameter, in points
    ax.scatter(points.x, points.y, s=area, zorder=5, **CIRCLE)


def _circle_legend(
    legend: Sequence[float], largest: float, title: str, ax: Axes, lang: str
) -> AnchoredOffsetbox:
    """Return nested circles that stand on one line, each with its number at a line from its top."""
    words = [number(value, lang, decimals=0 if value >= 1 else 2) for value in legend]
    width = LARGEST + 14 + 7 * max(map(len, words), default=0)
    tops = [LARGEST * np.sqrt(value / largest) for value in legend]
    drawing = DrawingArea(width, max(tops, default=0.0) + 3)
    heights = _apart(tops, gap=9.0)
    for top, height, word in zip(tops, heights, words, strict=True):
        drawing.add_artist(Circle((LARGEST / 2, top / 2), top / 2, **CIRCLE))
        drawing.add_artist(Text(LARGEST + 6, height, word, va="center", fontsize=8, color=INK))
    box = VPacker(children=[TextArea(title), drawing], pad=0, sep=5)
    place: dict[str, Any] = {"bbox_to_anchor": (1.02, 1.0), "bbox_transform": ax.transAxes}
    return AnchoredOffsetbox("upper left", child=box, pad=0, borderpad=0, frameon=False, **place)


def _apart(tops: Sequence[float], *, gap: float) -> list[float]:
    """Return heights of texts near the tops, largest first, none nearer to another than `gap`."""
    heights: list[float] = []
    for top in reversed(tops):
        heights.append(max(top - 2, heights[-1] + gap if heights else 0.0))
    return heights[::-1]


def _two_code(place: int) -> str:
    return f"{'ABC'[place // 3]}{place % 3 + 1}"


def _ink_on(place: int) -> str:
    return "white" if place in (7, 8) else INK


def _draw_two_legend(
    ax: Axes, breaks: tuple[ArrayLike, ArrayLike], units: tuple[str, str], lang: str
) -> None:
    """Draw the square of 3 x 3 colours to the right of the map, letters upwards, digits to the right."""
    square = ax.inset_axes((1.36, 0.5, 0.27, 0.27))
    for place in range(9):
        x, y = place % 3, place // 3
        square.fill([x, x + 1, x + 1, x], [y, y, y + 1, y + 1], color=TWO_COLOURS[y][x], linewidth=0)
        square.text(x + 0.5, y + 0.5, _two_code(place), color=_ink_on(place), **CODE)
    sides = [class_labels(np.asarray(side, dtype=float), lang) for side in breaks]
    square.set_yticks([n + 0.5 for n in range(len(sides[0]))], sides[0], fontsize=7)
    square.set_xticks([n + 0.5 for n in range(len(sides[1]))], sides[1], fontsize=7, rotation=90)
    square.set(xlim=(0, 3), ylim=(0, 3))
    square.tick_params(length=0)
    square.spines[:].set_visible(False)
    square.set_title(wrap_short(units[0]), fontsize=8, loc="left")
    square.set_xlabel(wrap_short(units[1]), fontsize=8)
