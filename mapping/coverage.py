"""Whether areas fit together: overlaps, gaps, points outside; and simpler lines with shared borders kept."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from mapping.cells import only_polygons


def check_coverage(areas: gpd.GeoDataFrame, *, at_least_km2: float = 0.001) -> pd.DataFrame:
    """List where areas overlap, and the gaps between them.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        `municipality` and polygons in any CRS.
    at_least_km2 : float
        Smaller overlaps and gaps are left out.

    Returns
    -------
    pandas.DataFrame
        `problem` (`overlap` or `gap`), `municipalities` (codes, with a comma between) and `km2`, the
        largest first. Empty if the areas fit. A gap is land with areas all around it: a lake, an
        enclave that is left out, or a fault.
    """
    metric = _metric(areas)
    found = pd.concat([_overlaps(metric), _gaps(metric)], ignore_index=True)
    found = found[found["km2"] >= at_least_km2]
    return found.sort_values("km2", ascending=False, kind="stable", ignore_index=True)


def simplify_areas(areas: gpd.GeoDataFrame, *, metres: float) -> gpd.GeoDataFrame:
    """Return areas with simpler lines; a border that two areas share stays one border.

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons in any CRS that share their borders point by point.
    metres : float
        Tolerance, above 0: corners go whose triangle with their neighbours is smaller than its square.

    Returns
    -------
    geopandas.GeoDataFrame
        The same rows, columns and CRS; no area is lost.

    Raises
    ------
    ValueError
        If `metres` is not above 0.

    Warns
    -----
    UserWarning
        If areas overlap or have slits between them: there the two sides are simplified apart.

    References
    ----------
    Visvalingam and Whyatt (1993), The Cartographic Journal 30 (1), 46-51; `shapely.coverage_simplify`.
    """
    if not metres > 0:
        raise ValueError(f"metres must be above 0; got {metres}.")
    metric = _metric(areas)
    shapes = metric.geometry.to_numpy()
    if not shapely.coverage_is_valid(shapes):
        warnings.warn(
            "some areas do not share their borders point by point; there the two sides are simplified apart. "
            "check_coverage lists overlaps and gaps.",
            UserWarning,
            stacklevel=2,
        )
    simple = shapely.make_valid(shapely.coverage_simplify(shapes, metres))
    kept = [
        new if not new.is_empty else old for new, old in zip(map(only_polygons, simple), shapes, strict=True)
    ]
    lines = gpd.GeoSeries(kept, index=areas.index, crs=metric.crs).to_crs(areas.crs)
    return areas.set_geometry(lines)


def outside_areas(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Return for each point whether it lies outside every area, or has no place.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Point geometry in any CRS.
    areas : geopandas.GeoDataFrame
        Polygons in any CRS.

    Returns
    -------
    pandas.Series of bool
        With the index of `points`.
    """
    places = points.geometry.to_crs(areas.crs)
    inside = shapely.STRtree(areas.geometry.to_numpy()).query(places.to_numpy(), predicate="intersects")[0]
    return pd.Series(~np.isin(np.arange(len(points)), inside), index=points.index, name="outside")


def _metric(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return areas in metres of an equal-area projection around them."""
    west, south, east, north = areas.to_crs("EPSG:4326").total_bounds
    centre = f"+lat_0={(south + north) / 2:.4f} +lon_0={(west + east) / 2:.4f}"
    return areas.to_crs(CRS(f"+proj=laea {centre} +datum=WGS84 +units=m"))


def _overlaps(metric: gpd.GeoDataFrame) -> pd.DataFrame:
    shapes = metric.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    km2 = shapely.area(shapely.intersection(shapes[first], shapes[second])) / 1e6
    codes = metric["municipality"].astype(str).to_numpy()
    pairs = [f"{one}, {other}" for one, other in zip(codes[first], codes[second], strict=True)]
    return pd.DataFrame({"problem": "overlap", "municipalities": pairs, "km2": km2})


def _gaps(metric: gpd.GeoDataFrame) -> pd.DataFrame:
    whole = shapely.get_parts(shapely.union_all(metric.geometry.to_numpy()))
    rings = [shapely.Polygon(ring) for part in whole for ring in getattr(part, "interiors", ())]
    around = [metric["municipality"][metric.intersects(ring)].astype(str) for ring in rings]
    names = [", ".join(codes) for codes in around]
    km2 = np.array([ring.area / 1e6 for ring in rings], dtype=float)
    return pd.DataFrame({"problem": "gap", "municipalities": names, "km2": km2})
