"""Schematic areas around the municipal seats, for studies without boundaries."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

WGS84 = "EPSG:4326"


def schematic_cells(
    seats: pd.DataFrame, outline: gpd.GeoDataFrame | gpd.GeoSeries | BaseGeometry | None = None
) -> gpd.GeoDataFrame:
    """Make schematic areas: all the land that is nearer to one municipal seat than to any other.

    These Voronoi cells show where a municipality lies, not where it ends. Use them when no boundaries
    may be had, and say so on the map (`plot_choropleth` does).

    Parameters
    ----------
    seats : pandas.DataFrame
        `municipality`, `lat` and `lon` of the seat in WGS84 degrees; no blanks, no two in one place.
    outline : GeoDataFrame, GeoSeries or shapely geometry, optional
        The country, to which the cells are cut; a bare geometry is taken as WGS84. Without one, the
        convex hull of the seats is used, widened by 15 % of its diagonal and by at least 10 km.

    Returns
    -------
    geopandas.GeoDataFrame
        WGS84, in the order of `seats`: `municipality`, `geometry`, `schematic` (True). The cells fill
        the outline without overlap.

    Raises
    ------
    ValueError
        If a seat is blank, out of range, shared, or so far outside the outline that its cell is empty.

    Notes
    -----
    Distances are measured in the UTM zone of the seats (`estimate_utm_crs`), in metres.
    """
    _check_seats(seats)
    points = gpd.GeoSeries(gpd.points_from_xy(seats["lon"], seats["lat"]), crs=WGS84)
    metric = points.estimate_utm_crs()
    points = points.to_crs(metric)
    region = _hull(points) if outline is None else _one_geometry(outline, metric)
    cells = [only_polygons(cell.intersection(region)) for cell in _voronoi(points, region)]
    if any(cell.is_empty for cell in cells):
        raise ValueError(
            f"seats must lie in or near the outline; got {sum(c.is_empty for c in cells)} of {len(cells)} "
            "too far outside. Check that lat and lon are not exchanged."
        )
    codes = seats["municipality"].reset_index(drop=True)
    cells = gpd.GeoSeries(cells, crs=metric).to_crs(WGS84)
    return gpd.GeoDataFrame({"municipality": codes, "geometry": cells, "schematic": True}, crs=WGS84)


def only_polygons(shape: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a geometry; points and lines left over from a cut are dropped."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    parts = parts[shapely.get_dimensions(parts) == 2]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _check_seats(seats: pd.DataFrame) -> None:
    absent = [column for column in ("municipality", "lat", "lon") if column not in seats]
    if absent or seats.empty:
        raise ValueError(
            f"seats must have rows with municipality, lat and lon; got {len(seats)} rows, "
            f"without {', '.join(absent) or 'a row'}."
        )
    blank = seats[["municipality", "lat", "lon"]].isna().any(axis=1)
    if blank.any():
        raise ValueError(
            f"seats must have municipality, lat and lon in every row; got {int(blank.sum())} of {len(seats)} "
            "rows with a blank. Fill in the seat of each municipality."
        )
    if not (seats["lat"].abs().le(90) & seats["lon"].abs().le(180)).all():
        raise ValueError("seats must have lat within 90 and lon within 180 degrees. Check the two columns.")
    if seats["municipality"].duplicated().any():
        raise ValueError("seats must have one row per municipality; got some twice. Keep one seat for each.")
    shared = seats[["lat", "lon"]].round(5).duplicated(keep=False)  # 5 decimals: about a metre
    if shared.any():
        raise ValueError(
            f"seats must be at different places; got {int(shared.sum())} municipalities that share a place "
            "with another. Correct lat and lon."
        )


def _hull(points: gpd.GeoSeries) -> BaseGeometry:
    west, south, east, north = points.total_bounds
    return points.union_all().convex_hull.buffer(max(10_000.0, 0.15 * np.hypot(east - west, north - south)))


def _one_geometry(outline: gpd.GeoDataFrame | gpd.GeoSeries | BaseGeometry, crs: CRS) -> BaseGeometry:
    shapes = gpd.GeoSeries([outline]) if isinstance(outline, BaseGeometry) else outline.geometry
    shapes = shapes.set_crs(WGS84) if shapes.crs is None else shapes
    return only_polygons(shapely.make_valid(shapes.to_crs(crs).union_all()))


def _voronoi(points: gpd.GeoSeries, region: BaseGeometry) -> list[BaseGeometry]:
    """Return the Voronoi cell of each point, uncut, in the order of the points."""
    if len(points) == 1:
        return [region]
    cells = shapely.get_parts(shapely.voronoi_polygons(points.union_all(), extend_to=region))
    nearest = shapely.STRtree(cells).query_nearest(points.array, all_matches=False)
    return list(cells[nearest[1]])
