"""Points of spots that a map for partners may carry: masked ones, and only where others hide them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from mapping.places import utm_zone
from mapping.release.masking import FEW, NO_COORDINATE, NO_PLACE, OUTSIDE, mask_points
from mapping.release.withheld import withheld_spots
from mapping.spottables import locate_spots

if TYPE_CHECKING:
    from mapping.release import Released
    from pse.records.study import Study
    from pse.spots.results import StudyEstimates

WGS84 = "EPSG:4326"
DECIMALS = 5
"""Decimals of a degree that a drawn point has: about a metre."""
MINIMUM, MAXIMUM = 500.0, 2000.0
"""Metres that a spot is moved, at least and at most. Fixed, because a spot moved in two ways has two points,
and two points say more than one."""
CLOSED = ("inactive", "not_found", "duplicate")
WHY = {
    NO_COORDINATE: "no coordinates",
    OUTSIDE: "outside their municipality",
    NO_PLACE: "no place in the municipality far enough away",
    FEW: "too few residents or similar spots near",
}
NO_POINTS = (
    "Spots on the map: none. Masked points need --mask-key FILE, --residents FILE and a boundary file in the "
    "study."
)


def masked_points(
    study: Study,
    sizes: StudyEstimates,
    released: Released,
    areas: gpd.GeoDataFrame,
    *,
    key: bytes,
    residents: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return the spots of a study at masked places, for a web map or a GeoPackage at `programme`.

    Parameters
    ----------
    study : pse.Study
        The records; places come from `lat` and `lon` of level 2, else of level 1.
    sizes : pse.StudyEstimates
        The estimates of the study.
    released : Released
        From `release(sizes, "programme", withheld=withheld_spots(study))`. A spot that it does not list, and
        one in a municipality whose size is hidden there, has no row.
    areas : geopandas.GeoDataFrame
        From `study_boundaries`; not schematic. Keep them for the whole project, as the key.
    key : bytes
        From `read_or_make_key`.
    residents : geopandas.GeoDataFrame
        `adults`, as points of a grid or polygons, in any CRS; the finer, the safer.

    Returns
    -------
    geopandas.GeoDataFrame
        `spot_id`, `kp`, `masked` (bool), `reason` and `geometry`, one row per spot x KP, in the UTM zone of
        the middle of `areas`. Rows without a point have `geometry` None and a `reason`; see `mask_points`.
        The table is for the organisation; `checked_points` takes from it what goes out.

    Raises
    ------
    ValueError
        If `released` is not of level programme, the areas are schematic, and as `mask_points` does.

    Notes
    -----
    Plausible venues are the spots of the study itself, of the same typology: real ones, so that a spot is
    never counted as hidden among places that nobody would take for one. Ours; other venues of a town would
    only hide it better. Closed spots have no point.
    """
    if released.level != "programme":
        raise ValueError(
            f"released must be of level programme; got {released.level}. Points are masked for it alone."
        )
    if "schematic" in areas and areas["schematic"].any():
        raise ValueError("areas must be true boundaries; got schematic ones. Add boundaries to the study.")
    withheld = withheld_spots(study)
    located = _located(study, sizes, areas)
    one = located.drop_duplicates("spot_id")
    columns = ["spot_id", "municipality", "typology", "geometry"]
    masked = mask_points(
        one.loc[~one["unsafe"].astype(bool), columns],
        key=key,
        minimum=MINIMUM,
        maximum=MAXIMUM,
        areas=areas,
        residents=residents,
        venues=one.loc[one.geometry.notna(), ["typology", "geometry"]],
        withheld=withheld,
    )
    rows = _listed(sizes, released).merge(masked, on="spot_id", how="inner")
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=masked.crs)


def _located(study: Study, sizes: StudyEstimates, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return every spot x KP with its place in metres, or with none."""
    spots = sizes.spots[["spot_id", "kp", "municipality", "typology", "unsafe"]].astype({"spot_id": str})
    spots = spots.assign(typology=spots["typology"].astype(object).fillna("not recorded"))
    placed = locate_spots(spots, study.level2, study.level1).drop_duplicates("spot_id")
    west, south, east, north = areas.to_crs(WGS84).total_bounds
    metric = placed.to_crs(utm_zone((west + east) / 2, (south + north) / 2))
    places = spots["spot_id"].map(metric.set_index("spot_id").geometry)
    return gpd.GeoDataFrame(
        spots, geometry=gpd.GeoSeries(places.to_list(), crs=metric.crs, index=spots.index)
    )


def _listed(sizes: StudyEstimates, released: Released) -> pd.DataFrame:
    """Return `spot_id, kp` of the open spots that the release lists, in cells that it shows."""
    spots = released.tables.get("spots", pd.DataFrame(columns=["spot_id", "kp", "status"]))
    open_ = spots.loc[~spots["status"].isin(CLOSED), ["spot_id", "kp"]].astype(str)
    home = sizes.spots[["spot_id", "kp", "municipality"]].astype(str)
    cells = released.tables["municipalities"]
    shown = cells.loc[~cells["hidden"].astype(bool), ["municipality", "kp"]].astype(str)
    return open_.merge(home, on=["spot_id", "kp"]).merge(shown, on=["municipality", "kp"])[["spot_id", "kp"]]


def checked_points(points: gpd.GeoDataFrame, released: Released) -> gpd.GeoDataFrame:
    """Return `kp` and place of the points that may be drawn, or refuse them. No message shows a place.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        `kp`, point geometry in any CRS and `masked`, as from `masked_points`; rows without a point go.
    released : Released
        The release that they are drawn with.

    Returns
    -------
    geopandas.GeoDataFrame
        `kp` and geometry, WGS84, 5 decimals, sorted by KP and place: the order says nothing.

    Raises
    ------
    ValueError
        If the level allows no such points, or some are no points of a KP of the release.
    """
    if released.level == "public":
        raise ValueError("points must not be given at level public; got some. Draw them at programme.")
    points = points[points.geometry.notna() & ~points.geometry.is_empty]
    masked = points["masked"].eq(True) if "masked" in points else pd.Series(False, index=points.index)
    if released.level == "programme" and not masked.all():
        raise ValueError(
            f"points must be masked at level programme; got {int((~masked).sum())} of {len(points)} that are "
            "not said to be (column masked). Mask them by mask_points."
        )
    known = points["kp"].isin(released.tables["municipalities"]["kp"])
    if points.crs is None or not (known & points.geom_type.eq("Point")).all():
        raise ValueError(
            "points must be points with a coordinate system and with a KP of the tables; got others. "
            "Leave out what is not a spot."
        )
    places = np.round(shapely.get_coordinates(points.to_crs(WGS84).geometry.to_numpy()), DECIMALS)
    kps = points["kp"].astype(str).to_numpy()
    order = np.lexsort((places[:, 0], places[:, 1], kps))
    return gpd.GeoDataFrame({"kp": kps[order]}, geometry=shapely.points(places[order]), crs=WGS84)


def points_sentence(points: gpd.GeoDataFrame) -> str:
    """Return how many spots have a masked point, and why others have none; for the organisation."""
    spots = points.drop_duplicates("spot_id")
    reasons = spots.loc[~spots["masked"].astype(bool), "reason"].value_counts()
    why = "; ".join(f"{WHY[reason]}: {count:,}" for reason, count in reasons.items())
    counted = (
        f"Spots on the map: {int(spots['masked'].sum()):,} of {len(spots):,}, at places moved on purpose"
    )
    return f"{counted}. Without a point: {why}." if why else f"{counted}."


def read_residents(path: str | Path) -> gpd.GeoDataFrame:
    """Read where adults live: a map layer with a column `adults`, such as a population grid.

    Parameters
    ----------
    path : str or pathlib.Path
        GeoPackage, GeoJSON or Shapefile with a coordinate system; points or polygons.

    Returns
    -------
    geopandas.GeoDataFrame
        `adults` and geometry.

    Raises
    ------
    ValueError
        If the file is not such a layer.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"residents must be a file; got {path.name}, which is not there.")
    try:
        table = gpd.read_file(path)
    except Exception:  # GDAL's own classes differ by version, and its texts may repeat the content
        raise ValueError(f"residents must be a map layer; got {path.name}, which is none.") from None
    if not isinstance(table, gpd.GeoDataFrame) or "adults" not in table or table.crs is None:
        raise ValueError(
            "residents must have places, a coordinate system and the column adults; "
            f"got {path.name} without. Add them in a map program."
        )
    return table[["adults", table.geometry.name]]
