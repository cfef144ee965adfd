"""All maps and charts, and `write_maps`, which writes the set that may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from mapping.areamaps import plot_bivariate, plot_choropleth, plot_circles, plot_multiples
from mapping.charts import DAYS, plot_days, plot_waterfall, waterfall_bars
from mapping.classes import as_printed, class_breaks, class_labels, legend_sizes
from mapping.forest import plot_forest
from mapping.labels import check_language, number, texts
from mapping.spotcharts import plot_hours, plot_levels, plot_lorenz, plot_spots
from mapping.spottables import compare_levels, locate_spots, lorenz_points, people_by_hour
from mapping.style import METADATA, STYLE, known_label, label, new_figure, write_source
from pse.estimate import Estimate

if TYPE_CHECKING:
    from mapping.release import Released

__all__ = [
    "Sizes",
    "class_breaks",
    "class_labels",
    "compare_levels",
    "legend_sizes",
    "locate_spots",
    "lorenz_points",
    "people_by_hour",
    "plot_bivariate",
    "plot_choropleth",
    "plot_circles",
    "plot_days",
    "plot_forest",
    "plot_hours",
    "plot_levels",
    "plot_lorenz",
    "plot_multiples",
    "plot_spots",
    "plot_waterfall",
    "tables_to_draw",
    "waterfall_bars",
    "write_maps",
]

DPI = 200
FORMATS = ("png", "svg", "pdf")
"""Dots per inch of a PNG, for print at its size; FORMATS are what is written."""
Drawing = Iterator[tuple[str, Figure]]


class Sizes(Protocol):
    """What `write_maps` draws: result tables that `release` has already been through.

    A table `municipality_days` may be there too; then each KP gets a map per day of the week.
    """

    @property
    def municipalities(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def days(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def steps(self) -> pd.DataFrame: ...  # noqa: D102


@dataclass(frozen=True)
class MapSet:
    """The tables of a release that are drawn; see `tables_to_draw`."""

    municipalities: pd.DataFrame
    days: pd.DataFrame
    steps: pd.DataFrame
    municipality_days: pd.DataFrame | None


def tables_to_draw(released: Released, names: Mapping[str, str] | None = None) -> MapSet:
    """Return what `write_maps` draws of a release, the municipal numbers by day of the week included.

    `names` are what municipalities are called in the language of the maps, by code; else as in the release.
    """
    tables = released.for_maps()
    days = released.tables.get("municipality_days")
    if days is not None:
        days = days[days["kp"].isin(tables.municipalities["kp"])].reset_index(drop=True)
    municipalities = tables.municipalities
    if names is not None:
        municipalities = municipalities.assign(name=municipalities["municipality"].map(names))
    return MapSet(municipalities, tables.days, tables.steps, days)


def write_maps(
    sizes: Sizes,
    areas: gpd.GeoDataFrame,
    out_dir: str | Path,
    formats: Sequence[str] = FORMATS,
    source: str | None = None,
    lang: str = "en",
) -> list[Path]:
    """Write the maps and charts that may be shown at the level of the release.

    Parameters
    ----------
    sizes : object with `.municipalities`, `.days` and `.steps`
        From `tables_to_draw(released)`; nothing is hidden here.
    areas : geopandas.GeoDataFrame
        As from `study_boundaries`. Municipalities without an area are left out, and each map says how
        many they are.
    out_dir : str or pathlib.Path
        Folder to write to; made if it is not there.
    formats : sequence of {"png", "pdf", "svg"}
        File formats.
    source : str, optional
        Line under each map, for instance the title and year of the study.
    lang : str
        Language of all texts: en, sq, sr-Latn, sr-Cyrl, mk or uk.

    Returns
    -------
    list of pathlib.Path
        In each format: for each KP `rate_map_KP` (where there is a denominator), `size_map_KP`
        (circles), `forest_KP` (each municipality with its bounds), `waterfall_KP` and
        `days_map_KP`; then `kps_map` (all KPs) and `days`.

    Raises
    ------
    ValueError
        For another format or language, a KP code that cannot stand in a file name, and as the plots do.

    Notes
    -----
    Everything is drawn before the first file is written. The files name no software, author or date.
    """
    check_formats(formats)
    check_language(lang)
    with mpl.rc_context(STYLE):
        return write_figures(map_figures(sizes, areas, source, lang), out_dir, formats)


def map_figures(sizes: Sizes, areas: gpd.GeoDataFrame, source: str | None, lang: str) -> dict[str, Figure]:
    """Return the figures of `write_maps` by the name of their file; call it within `STYLE`."""
    return dict(_draw_all(sizes, areas, source, lang))


def write_figures(figures: Mapping[str, Figure], out_dir: str | Path, formats: Sequence[str]) -> list[Path]:
    """Write figures by name in each format, at the size of the figure in inches; return the paths."""
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for figure in figures.values():
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # laid out once, not twice for each format
    return [_save(figure, folder / f"{name}.{kind}") for name, figure in figures.items() for kind in formats]


def check_formats(formats: Sequence[str]) -> None:
    """Refuse a format that cannot be written without naming software, author or date."""
    unknown = [name for name in formats if name not in METADATA]
    if unknown:
        raise ValueError(f"formats must be png, pdf or svg; got {', '.join(unknown)}.")


def _save(figure: Figure, path: Path) -> Path:
    metadata = METADATA[path.suffix[1:]]
    for place, ax in enumerate(figure.axes):  # else an SVG names the software in the ids of its axes
        ax.xaxis.set_gid(f"x{place}")
        ax.yaxis.set_gid(f"y{place}")
    figure.savefig(path, dpi=DPI, metadata=metadata, bbox_inches="tight", pad_inches=0.15)
    return path


def _draw_all(sizes: Sizes, areas: gpd.GeoDataFrame, source: str | None, lang: str) -> Drawing:
    """Give file name and figure, one after the other."""
    municipalities = as_printed(sizes.municipalities)
    kps = list(dict.fromkeys(municipalities["kp"]))
    days = getattr(sizes, "municipality_days", None)
    by_day = None if days is None else as_printed(days)
    for kp in kps:
        part = file_part(kp)
        table = municipalities[municipalities["kp"].eq(kp)]
        for name, figure in _draw_kp(table, areas, kp, source, lang):
            yield f"{name}_{part}", figure
        if sizes.steps["kp"].eq(kp).any():
            yield f"waterfall_{part}", _waterfall(sizes.steps, kp, source, lang)
        if by_day is not None and by_day["kp"].eq(kp).any():
            yield f"days_map_{part}", _day_maps(by_day[by_day["kp"].eq(kp)], areas, kp, source, lang)
    if len(kps) > 1:
        yield "kps_map", _kp_maps(municipalities, areas, kps, source, lang)
    in_days = [kp for kp in kps if kp in set(sizes.days["kp"])]
    if in_days:
        figure, ax = new_figure(7.5, 4.0)
        plot_days(sizes.days, kps=in_days, ax=ax, lang=lang)
        write_source(figure, source or "")
        yield "days", figure


def _draw_kp(table: pd.DataFrame, areas: gpd.GeoDataFrame, kp: str, source: str | None, lang: str) -> Drawing:
    """Give the rate map, the map of circles and the forest plot of one KP."""
    drawn, footer = with_area(table, areas), map_footer(table, areas, source, lang)
    rate, people = _rate_unit(table, lang), label("people", lang)
    common: dict[str, Any] = {"source": footer, "lang": lang}
    if rate:
        figure, ax = new_figure(7.0, 5.6)
        heading = {"unit": rate, "title": label("by_municipality", lang, kp=kp, unit=rate)}
        plot_choropleth(areas, drawn, "rate", breaks=class_breaks(drawn["rate"]), ax=ax, **heading, **common)
        yield "rate_map", figure
    figure, ax = new_figure(7.0, 5.6)
    heading = {"unit": people, "title": label("by_municipality", lang, kp=kp, unit=people)}
    plot_circles(areas, drawn, "point", legend=legend_sizes(drawn["point"]), ax=ax, **heading, **common)
    yield "size_map", figure
    figure, ax = new_figure(7.0, 1.4 + 0.2 * len(table))
    plot_forest(_estimates(table), title=label("forest_title", lang, kp=kp), ax=ax, lang=lang)
    write_source(figure, map_footer(table, None, source, lang))
    yield "forest", figure


def _waterfall(steps: pd.DataFrame, kp: str, source: str | None, lang: str) -> Figure:
    figure, ax = new_figure(7.5, 4.6)
    plot_waterfall(steps, ax=ax, kp=kp, lang=lang)
    write_source(figure, source or "")
    return figure


def _day_maps(table: pd.DataFrame, areas: gpd.GeoDataFrame, kp: str, source: str | None, lang: str) -> Figure:
    words = texts("days", lang)
    title = label("by_day", lang, kp=kp)
    return _multiples(table, areas, "day", {day: words[day] for day in DAYS}, title, source, lang, across=4)


def _kp_maps(
    table: pd.DataFrame, areas: gpd.GeoDataFrame, kps: list[str], source: str | None, lang: str
) -> Figure:
    title = label("by_kp", lang)
    return _multiples(table, areas, "kp", {kp: kp for kp in kps}, title, source, lang, across=3)


def _multiples(
    table: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    by: str,
    panels: dict[str, str],
    title: str,
    source: str | None,
    lang: str,
    *,
    across: int,
) -> Figure:
    across = min(across, len(panels))
    rows = -(-len(panels) // across)
    figure = Figure(figsize=(2.1 + 1.9 * across, 0.8 + 2.0 * rows), layout="constrained")
    axes = list(figure.subplots(rows, across, squeeze=False).flat)
    for spare in axes[len(panels) :]:
        spare.remove()
    drawn = with_area(table, areas)
    plot_multiples(
        areas, drawn, "point", by=by, panels=panels, breaks=class_breaks(drawn["point"]),
        unit=label("people", lang), title=title, axes=axes[: len(panels)],
        source=map_footer(table, areas, source, lang), lang=lang,
    )  # fmt: skip
    return figure


def _estimates(table: pd.DataFrame) -> dict[str, Estimate | None]:
    """Return name -> estimate, the largest first; None where it is hidden."""
    table = table.sort_values("point", ascending=False, kind="stable")
    names = table["name"] if "name" in table else table["municipality"]
    return {
        str(name): None
        if pd.isna(row["point"])
        else Estimate(
            point=row["point"],
            lower=row["lower"],
            upper=row["upper"],
            interval=row["interval"],
            level=None if pd.isna(row["level"]) else row["level"],
            method=row["method"],
        )
        for name, row in zip(names, table.to_dict("records"), strict=True)
    }


def with_area(table: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the rows whose municipality has an area."""
    return table[table["municipality"].isin(areas["municipality"])]


def _rate_unit(table: pd.DataFrame, lang: str) -> str:
    """Return the unit of the rate; empty where there is no denominator."""
    names = table.loc[table["adults"].notna(), "denominator"].dropna().unique()
    if len(names) == 0:
        return ""
    adults = known_label(str(names[0]), lang, str(names[0]).replace("_", " "))
    return label("unit_rate", lang, thousand=number(1000, lang), adults=adults)


def map_footer(table: pd.DataFrame, areas: gpd.GeoDataFrame | None, source: str | None, lang: str) -> str:
    """Return the line under a map or chart: source, size basis, and how many municipalities have no area."""
    bases = [str(basis) for basis in table["size_basis"].dropna().unique() if str(basis) != "day"]
    words = [known_label(f"basis_{basis}", lang, basis.replace("_", " ")) for basis in bases]
    notes = [label("size_basis", lang, basis=word) for word in words]
    drawn = table if areas is None else with_area(table, areas)
    lost = table["municipality"].nunique() - drawn["municipality"].nunique()
    if lost:
        notes.append(label("not_drawn", lang, count=number(lost, lang)))
    return " ".join([*([as_sentence(source)] if source else []), *notes])


def as_sentence(text: str) -> str:
    """Return a text with a full stop, so that another sentence can follow."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def file_part(kp: str) -> str:
    """Return the code of a KP, if it can stand in a file name."""
    if not re.fullmatch(r"\w[\w-]*", kp):
        raise ValueError(f"kp must be letters, digits, - or _ to name a file; got {kp!r}. Change the code.")
    return kp
