"""The pictures that show single spots, hours or coverage: for the organisation itself (level restricted)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from mapping.areamaps import plot_bivariate
from mapping.classes import class_breaks
from mapping.coverage import outside_areas
from mapping.labels import check_language, texts
from mapping.maps import (
    FORMATS,
    Drawing,
    as_sentence,
    check_formats,
    file_part,
    map_footer,
    with_area,
    write_figures,
)
from mapping.spotcharts import plot_hours, plot_levels, plot_lorenz, plot_spots
from mapping.spottables import compare_levels, locate_spots, lorenz_points, people_by_hour
from mapping.style import STYLE, label, new_figure, write_source

if TYPE_CHECKING:
    from mapping.release import Released
    from pse.records.study import Study

STEP = "contacted"
"""The step of the programme that is called coverage, where it is recorded; else the first in the file."""


def write_inside_maps(
    released: Released,
    study: Study,
    areas: gpd.GeoDataFrame,
    out_dir: str | Path,
    formats: Sequence[str] = FORMATS,
    source: str | None = None,
    lang: str = "en",
) -> list[Path]:
    """Write the pictures that may not leave the organisation.

    Parameters
    ----------
    released : Released
        From `release(sizes, "restricted")`.
    study : pse.Study
        The records: places and hours of spots, and coverage of the programme.
    areas, out_dir, formats, source, lang
        As for `write_maps`.

    Returns
    -------
    list of pathlib.Path
        In each format, for each KP where there is something to draw: `spots_map_KP` (spots with a place in
        some area), `hours_KP` (day x hour) and `coverage_map_KP` (size x coverage); then `levels` (level 1
        against level 2) and `lorenz`.

    Raises
    ------
    ValueError
        For a release of another level, another format or language.
    """
    if released.level != "restricted":
        raise ValueError(
            f"released must be of level restricted for maps of spots; got {released.level!r}. "
            "Write the maps of areas by write_maps instead."
        )
    check_formats(formats)
    check_language(lang)
    with mpl.rc_context(STYLE):
        return write_figures(draw_inside(released, study, areas, source, lang), out_dir, formats)


def draw_inside(
    released: Released, study: Study, areas: gpd.GeoDataFrame, source: str | None, lang: str
) -> dict[str, Figure]:
    """Return the figures of `write_inside_maps` by the name of their file."""
    return dict(_draw(released, study, areas, source, lang))


def coverage_share(coverage: pd.DataFrame, sizes: pd.DataFrame, *, step: str) -> pd.DataFrame:
    """Return the sizes of one KP with the share of people that the programme reached.

    Parameters
    ----------
    coverage : pandas.DataFrame
        Rows of one KP: `municipality`, `step`, `people` and, where given, `period`; the last period of each
        municipality counts.
    sizes : pandas.DataFrame
        Rows of one KP: `municipality`, `point`.
    step : str
        The step of the programme.

    Returns
    -------
    pandas.DataFrame
        `sizes` with `share`, 100 x people / point, in percent. It may pass 100. Blank where the size is 0
        or blank, or nothing was recorded: that is not 0.

    Examples
    --------
    >>> reached = pd.DataFrame({"municipality": ["M1"], "step": "contacted", "people": [30]})
    >>> sizes = pd.DataFrame({"municipality": ["M1", "M2"], "point": [120.0, 50.0]})
    >>> coverage_share(reached, sizes, step="contacted")["share"].tolist()
    [25.0, nan]
    """
    rows = coverage[coverage["step"].eq(step)]
    if "period" in rows:
        rows = rows.sort_values("period", kind="stable")
    people = rows.groupby("municipality", observed=True)["people"].last().astype(float)
    reached = sizes["municipality"].astype(object).map(people)
    return sizes.assign(share=100 * reached / sizes["point"].where(sizes["point"] > 0))


def _draw(
    released: Released, study: Study, areas: gpd.GeoDataFrame, source: str | None, lang: str
) -> Drawing:
    spots, sizes = released.tables["spots"], released.tables["municipalities"]
    kps = list(dict.fromkeys(sizes["kp"].astype(str)))
    placed = locate_spots(spots, study.level2, study.level1)
    placed = placed[~outside_areas(placed, areas)] if len(placed) else placed
    common: dict[str, Any] = {"source": source, "lang": lang}
    for kp in kps:
        part, own = file_part(kp), placed[placed["kp"].astype(str).eq(kp)]
        if own["point"].notna().any():
            yield f"spots_map_{part}", _spot_map(own, areas, kp, common)
        if "hours" in study.level2 and _has_hours(study.level2, kp):
            yield f"hours_{part}", _hours(study.level2, kp, common)
        reached = study.coverage[study.coverage["kp"].astype(str).eq(kp)]
        if len(reached):
            yield f"coverage_map_{part}", _coverage(reached, sizes[sizes["kp"].eq(kp)], areas, kp, common)
    yield from _charts(spots, kps, common)


def _charts(spots: pd.DataFrame, kps: list[str], common: dict[str, Any]) -> Drawing:
    lang, note = common["lang"], _inside_note(common)
    both = compare_levels(spots)
    if len(both):
        figure, ax = new_figure(7.0, 5.4)
        present = [kp for kp in kps if both["kp"].eq(kp).any()]
        plot_levels(
            both, level="restricted", kps=present, title=label("levels_title", lang), ax=ax, lang=lang
        )
        write_source(figure, common["source"] or "")
        yield "levels", figure
    people = {kp: spots.loc[spots["kp"].eq(kp) & spots["point"].gt(0), "point"] for kp in kps}
    curves = {kp: lorenz_points(sizes) for kp, sizes in people.items() if len(sizes)}
    if curves:
        figure, ax = new_figure(7.0, 5.2)
        plot_lorenz(curves, title=label("lorenz_title", lang), ax=ax, lang=lang)
        write_source(figure, note)
        yield "lorenz", figure


def _spot_map(spots: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, kp: str, common: dict[str, Any]) -> Figure:
    figure, ax = new_figure(7.6, 5.6)
    title, breaks = label("spots_title", common["lang"], kp=kp), class_breaks(spots["point"], k=4)
    plot_spots(spots, areas, level="restricted", breaks=breaks, title=title, ax=ax, **common)
    return figure


def _has_hours(level2: pd.DataFrame, kp: str) -> bool:
    rows = level2["kp"].astype(str).eq(kp) & level2["status"].astype(str).eq("active")
    return bool(level2.loc[rows, "hours"].notna().any())


def _hours(level2: pd.DataFrame, kp: str, common: dict[str, Any]) -> Figure:
    figure, ax = new_figure(7.5, 3.6)
    lang = common["lang"]
    title = label("hours_title", lang, kp=kp)
    plot_hours(people_by_hour(level2, kp=kp), level="restricted", title=title, ax=ax, lang=lang)
    write_source(figure, _inside_note(common))
    return figure


def _inside_note(common: dict[str, Any]) -> str:
    """Return the line under a chart: that it is restricted, and the source."""
    return " ".join(text for text in (_mark(common["lang"]), common["source"]) if text)


def _mark(lang: str) -> str:
    """Return that a picture without single spots is for the organisation itself all the same."""
    return as_sentence(texts("web", lang)["level_restricted"])


def _coverage(
    reached: pd.DataFrame, sizes: pd.DataFrame, areas: gpd.GeoDataFrame, kp: str, common: dict[str, Any]
) -> Figure:
    lang = common["lang"]
    step = STEP if reached["step"].eq(STEP).any() else str(reached["step"].iloc[0])
    table = with_area(coverage_share(reached, sizes, step=step), areas)
    figure, ax = new_figure(7.6, 5.6)
    plot_bivariate(
        areas, table, ("point", "share"),
        breaks=(class_breaks(table["point"], k=3), class_breaks(table["share"], k=3)),
        units=(label("people", lang), label("coverage_unit", lang, step=step)),
        title=label("coverage_title", lang, kp=kp), ax=ax,
        source=f"{_mark(lang)} {map_footer(sizes, areas, common['source'], lang)}", lang=lang,
    )  # fmt: skip
    return figure
