"""Charts and the map that show single spots or hours: for the organisation itself, never for release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from mapping.classes import class_labels, class_numbers
from mapping.labels import number, texts
from mapping.land import draw_furniture, equal_area_km
from mapping.style import BESIDE, GREY, INK, KP_STYLES, label, write_footer, write_number_axis, write_title
from pse.records.tables import DAYS

MARKERS = "os^DvPX*<>ph"
SMALLEST, STEP = 4.0, 3.0  # diameter of the first size class and of each further one, in points


def plot_spots(
    spots: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    *,
    level: str,
    breaks: ArrayLike,
    title: str,
    ax: Axes,
    source: str | None = None,
    lang: str = "en",
) -> Axes:
    """Draw each spot where it is, its symbol by typology and its size by class of people.

    Parameters
    ----------
    spots : geopandas.GeoDataFrame
        `typology`, `point` (people) and point geometry, from `locate_spots`.
    areas : geopandas.GeoDataFrame
        Municipal areas under the spots.
    level : {"restricted"}
        Level of release of the picture. Any other is refused: exact places harm people.
    breaks : array-like of float
        Limits of the size classes, from `class_breaks` of `point`.
    title, ax, source, lang
        As in `plot_choropleth`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`; the picture says that it is restricted.

    Raises
    ------
    ValueError
        If the level is not `restricted`, or a size lies outside `breaks`.
    """
    _only_restricted(level, "a map of spots")
    land, places = equal_area_km(areas), equal_area_km(spots, like=areas)
    land.plot(ax=ax, facecolor="#f7f4ec", edgecolor=GREY, linewidth=0.5)
    size = class_numbers(places["point"], breaks)
    styles = {name: _style(n) for n, name in enumerate(_in_order(places["typology"]))}
    for name, (colour, marker) in styles.items():
        chosen = places["typology"].astype(str).eq(name) & size.notna()
        points, area = places.geometry[chosen], (SMALLEST + STEP * size[chosen]) ** 2
        ax.scatter(points.x, points.y, s=area, color=colour, marker=marker, edgecolor="white", linewidth=0.5)
    draw_furniture(land, ax, lang)
    write_title(ax, title)
    write_footer(ax, " ".join([label("restricted", lang), *([source] if source else [])]))
    _spot_legend(styles, breaks, ax, lang)
    return ax


def plot_levels(
    table: pd.DataFrame, *, level: str, kps: Sequence[str], title: str, ax: Axes, lang: str = "en"
) -> Axes:
    """Draw what informants said of each spot at level 1 against what was counted there at level 2.

    Parameters
    ----------
    table : pandas.DataFrame
        `kp`, `level1`, `level2` in people, one row per spot, from `compare_levels`.
    level : {"restricted"}
        Level of release of the picture; any other is refused, because every spot is a symbol.
    kps : sequence of str
        The KPs to draw, in this order.
    title, ax, lang
        As in `plot_choropleth`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`, with a line where both levels agree. Spots below it are smaller than was said.

    Raises
    ------
    ValueError
        If the level is not `restricted`.
    """
    _only_restricted(level, "a chart of single spots")
    for place, kp in enumerate(kps):
        rows, (colour, marker, _) = table[table["kp"].eq(kp)], KP_STYLES[place % len(KP_STYLES)]
        look: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.3, "alpha": 0.75, "s": 18}
        ax.scatter(rows["level1"], rows["level2"], color=colour, marker=marker, label=kp, **look)
    most = 1.05 * max(1.0, table.loc[table["kp"].isin(kps), ["level1", "level2"]].max().max())
    ax.plot([0, most], [0, most], color=INK, linewidth=1, label=label("same_at_both", lang), zorder=0)
    ax.set(xlim=(-0.02 * most, most), ylim=(-0.02 * most, most), aspect="equal")
    ax.set(xlabel=label("level1_axis", lang), ylabel=label("level2_axis", lang))
    for axis in ("x", "y"):
        write_number_axis(ax, axis, lang)
    write_title(ax, title)
    ax.legend(**BESIDE)
    below: dict[str, Any] = {"xytext": (0, -34), "textcoords": "offset points", "va": "top", "fontsize": 7.5}
    ax.annotate(label("restricted", lang), (0, 0), xycoords="axes fraction", **below)
    return ax


def plot_lorenz(curves: Mapping[str, pd.DataFrame], *, title: str, ax: Axes, lang: str = "en") -> Axes:
    """Draw how people are shared among spots, one curve per KP.

    Parameters
    ----------
    curves : mapping of str to pandas.DataFrame
        Name -> `spots`, `people`, the shares from `lorenz_points`.
    title, ax, lang
        As in `plot_choropleth`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`, in percent, with the line where all spots are equal.

    Notes
    -----
    A curve of few spots shows the size of each: draw it for many spots, or keep it inside.
    """
    for place, (name, points) in enumerate(curves.items()):
        colour, _, line = KP_STYLES[place % len(KP_STYLES)]
        ax.plot(100 * points["spots"], 100 * points["people"], color=colour, linestyle=line, label=name)
    ax.plot([0, 100], [0, 100], color=GREY, linewidth=0.8, label=label("lorenz_equal", lang))
    ax.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    ax.set(xlabel=label("lorenz_x", lang), ylabel=label("lorenz_y", lang))
    ax.grid(color="#d8d8d8", linewidth=0.6)
    write_title(ax, title)
    ax.legend(**BESIDE)
    return ax


def plot_hours(
    table: pd.DataFrame, *, level: str, title: str, ax: Axes, first_hour: int = 6, lang: str = "en"
) -> Axes:
    """Draw people present at spots by day of the week and hour of the day.

    Parameters
    ----------
    table : pandas.DataFrame
        `day`, `hour`, `people`, once each, from `people_by_hour` for one KP.
    level : {"restricted"}
        Level of release of the picture; any other is refused: it says when to find people.
    first_hour : int
        Hour at the left end, so that a night is not cut in two.
    title, ax, lang
        As in `plot_choropleth`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`, with a colour bar beside it.

    Raises
    ------
    ValueError
        If the level is not `restricted`.
    """
    _only_restricted(level, "a chart of hours")
    hours = [(first_hour + n) % 24 for n in range(24)]
    wide = table.pivot(index="day", columns="hour", values="people")  # noqa: PD010, twice must raise
    wide = wide.reindex(index=list(DAYS), columns=hours)
    people = wide.fillna(0.0).to_numpy()
    mesh = ax.pcolormesh(
        people, cmap="YlGnBu", vmin=0, vmax=max(1.0, people.max()), edgecolor="white", linewidth=0.4
    )
    words = texts("days", lang)
    ax.set_yticks([n + 0.5 for n in range(7)], [words[f"short_{day}"] for day in DAYS])
    ax.set_xticks(range(0, 24, 2), [f"{hour:02d}" for hour in hours[::2]])
    ax.invert_yaxis()
    ax.set_xlabel(label("hours_axis", lang))
    bar = ax.figure.colorbar(mesh, ax=ax, label=label("people_present", lang), pad=0.02)
    bar.ax.yaxis.set_major_formatter(lambda value, _: number(value, lang))
    bar.outline.set_visible(False)
    write_title(ax, title)
    return ax


def _only_restricted(level: str, what: str) -> None:
    if level != "restricted":
        raise ValueError(f"level must be 'restricted' for {what}; got {level!r}. Draw areas instead.")


def _in_order(typologies: pd.Series) -> list[str]:
    return list(typologies.dropna().astype(str).value_counts(sort=True).index)


def _style(place: int) -> tuple[str, str]:
    return KP_STYLES[place % len(KP_STYLES)][0], MARKERS[place % len(MARKERS)]


def _spot_legend(styles: Mapping[str, tuple[str, str]], breaks: ArrayLike, ax: Axes, lang: str) -> None:
    def sign(text: str, colour: str, marker: str, size: float) -> Line2D:
        look: dict[str, Any] = {"linestyle": "", "markeredgecolor": "white", "markeredgewidth": 0.5}
        return Line2D([], [], color=colour, marker=marker, markersize=size, label=text, **look)

    kinds = [sign(name.replace("_", " "), *style, 8) for name, style in styles.items()]
    sizes = [sign(text, GREY, "o", SMALLEST + STEP * n) for n, text in enumerate(class_labels(breaks, lang))]
    ax.add_artist(ax.legend(handles=kinds, title=label("typology", lang), **BESIDE))
    below = BESIDE | {"loc": "lower left", "bbox_to_anchor": (1.02, 0.0)}
    ax.legend(handles=sizes, title=label("per_spot", lang), **below)
