"""What was wrong with the areas and places of a study, so that the rest can be drawn.

It names feature numbers and codes of municipalities, and no coordinate, spot or free text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from mapping.boundaries import review_boundaries
from mapping.coverage import check_coverage
from mapping.places import place_problems
from mapping.spottables import locate_spots

if TYPE_CHECKING:
    from pse.records.study import Study

COLUMNS = ["in", "problem", "count", "where", "remedy"]
MOST = 6
"""Features or municipalities named in one row of the table."""
PLACES = {
    "outside every area": "Not on maps of spots. Correct lat and lon, or the areas.",
    "no valid coordinates": "Not on maps of spots. Correct lat and lon (0 and 0, or exchanged?).",
}
FITS = {
    "overlap": "Both are drawn. Correct the borders in the layer.",
    "gap": "Left empty. A lake may be right; else correct the borders in the layer.",
}


def map_problems(study: Study, spots: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """List what keeps something of a study off its maps, or was mended to draw it.

    Parameters
    ----------
    study : pse.Study
        The records, with its boundary file if there is one.
    spots : pandas.DataFrame
        The `.spots` table of its estimates: `spot_id`, `kp`.
    areas : geopandas.GeoDataFrame
        From `study_boundaries(study)`.

    Returns
    -------
    pandas.DataFrame
        `in` (boundaries, spots or records), `problem`, `count`, `where` (numbers of features in the boundary
        file, codes of municipalities or a KP) and `remedy`: one row per kind of problem. Empty if all is
        well. Places are looked at only where the study has coordinates.
    """
    parts = [_of_records(study, spots), _of_places(study, spots, areas)]
    if study.boundaries is not None:
        parts = [_of_file(study), _of_fit(areas), *parts]
    rows = [row for part in parts for row in part]
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_file(study: Study) -> list[list[object]]:
    assert study.boundaries is not None
    found = review_boundaries(study.boundaries, study.municipalities)
    rows: list[list[object]] = []
    for problem, part in found.groupby("problem", sort=False):
        places = [f"feature {n}" for n in part["row"].dropna()] or list(part["municipality"].dropna())
        rows.append(["boundaries", problem, len(part), _some(places), part["remedy"].iloc[0]])
    return rows


def _of_fit(areas: gpd.GeoDataFrame) -> list[list[object]]:
    found = check_coverage(areas)
    return [
        ["boundaries", kind, len(part), _some(list(part["municipalities"])), FITS[str(kind)]]
        for kind, part in found.groupby("problem", sort=False)
    ]


def _of_places(study: Study, spots: pd.DataFrame, areas: gpd.GeoDataFrame) -> list[list[object]]:
    located = locate_spots(spots, study.level2, study.level1)
    if located.empty:
        return []
    found = place_problems(located, areas=areas)
    return [
        ["spots", problem, len(part), str(kp), PLACES[str(problem)]]
        for (problem, kp), part in found.groupby(["problem", "kp"], sort=False)
    ]


def _of_records(study: Study, spots: pd.DataFrame) -> list[list[object]]:
    """List the KPs that the settings name and no table has."""
    tables = (spots, study.level1, study.level2, study.virtual, study.nonspot, study.overrides)
    known = {str(kp) for table in tables for kp in table["kp"].dropna().unique()}
    remedy = "No map and no size. Add its records, or take it out of study.toml."
    return [["records", "no record of a KP", 1, kp, remedy] for kp in study.denominators if kp not in known]


def _some(places: Sequence[object]) -> str:
    shown = ", ".join(str(place) for place in places[:MOST])
    return shown if len(places) <= MOST else f"{shown} and {len(places) - MOST} more"
