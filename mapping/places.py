"""Points on the map: which cannot be placed, and how far people are from the nearest service point.

It works on exact coordinates, so it is for the organisation itself (level `restricted`). Distances are
straight lines in metres in the UTM zone of the points, whatever CRS they come in; in a country as wide as
Ukraine they are up to 1 % too long.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mapping.release.levels import Level, check_level
from pse import checks

if TYPE_CHECKING:
    import geopandas as gpd

WGS84 = "EPSG:4326"

FARTHEST_DEGREES = 20.0
"""A point further from the middle of the points, in longitude or latitude, has wrong coordinates."""


def place_problems(
    spots: gpd.GeoDataFrame, *, areas: gpd.GeoDataFrame | None = None, kps: Collection[str] = ()
) -> pd.DataFrame:
    """List the spots that cannot be placed on the map, and the KPs that have no spot on it.

    Parameters
    ----------
    spots : geopandas.GeoDataFrame
        Points with a CRS; with `kp` where `kps` are given. Latitude 0 with longitude 0 counts as blank,
        and a point more than `FARTHEST_DEGREES` from the middle of the others as wrong.
    areas : geopandas.GeoDataFrame, optional
        Polygons with a CRS; a spot on a border is inside.
    kps : collection of str
        KPs that should have spots.

    Returns
    -------
    pandas.DataFrame
        `row` (label of the row in `spots`; blank for a KP), `kp` (blank if not given), `problem`: `no valid
        coordinates`, `outside every area` or `no spot on the map`. Empty if all is well. It repeats no
        coordinate and no name.

    Raises
    ------
    ValueError
        If a CRS is missing or `spots` holds other things than points.
    """
    placed = placed_rows(spots, "spots")
    problem = np.where(placed, "", "no valid coordinates").astype(object)
    if areas is not None:
        _check_crs(areas, "areas")
        problem[placed & ~_inside(spots, placed, areas)] = "outside every area"
    kp = spots["kp"].to_numpy(dtype=object) if "kp" in spots else np.full(len(spots), None)
    on_map = set(kp[problem == ""])
    table = pd.DataFrame(
        {"row": spots.index.to_numpy(dtype=object), "kp": kp, "problem": problem}, dtype=object
    )
    empty = [code for code in kps if code not in on_map]
    more = pd.DataFrame({"row": None, "kp": empty, "problem": "no spot on the map"}, dtype=object)
    return pd.concat([table[problem != ""], more], ignore_index=True)


def nearest_service(
    spots: gpd.GeoDataFrame, services: gpd.GeoDataFrame, *, release: Level
) -> gpd.GeoDataFrame:
    """Return the straight-line distance of each spot to its nearest service point.

    Parameters
    ----------
    spots, services : geopandas.GeoDataFrame
        Points with a CRS, not necessarily the same one. Services more than `FARTHEST_DEGREES` from the
        middle of the spots are taken as wrong.
    release : {"restricted"}
        Level of release of what is made from it; any other is refused.

    Returns
    -------
    geopandas.GeoDataFrame
        `spots`, same rows and index, with `service` (label of the row in `services`), `service_metres` and
        `service_reason`: why both are blank (`no valid coordinates`, `no service on the map`), else empty.

    Raises
    ------
    ValueError
        If `release` is not restricted, a CRS is missing or a table holds other things than points.

    Examples
    --------
    >>> import geopandas as gpd
    >>> spots = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500000], [4700000]), crs=32634)
    >>> clinic = gpd.GeoDataFrame(geometry=gpd.points_from_xy([500300], [4700400]), crs=32634)
    >>> nearest_service(spots, clinic, release="restricted")["service_metres"].round().tolist()
    [500.0]
    """
    check_restricted(release, "distances of spots")
    placed = placed_rows(spots, "spots")
    middle = _middle(spots, placed) if placed.any() else None
    open_ = placed_rows(services, "services", near=middle)
    label = np.full(len(spots), None, dtype=object)
    distance = np.full(len(spots), np.nan)
    reason = np.where(placed, "" if open_.any() else "no service on the map", "no valid coordinates")
    if placed.any() and open_.any():
        from scipy.spatial import cKDTree

        crs = metric_crs(spots, placed)
        tree = cKDTree(metres_of(services, open_, crs))
        distance[placed], which = tree.query(metres_of(spots, placed, crs))
        label[placed] = services.index.to_numpy(dtype=object)[open_][which]
    return spots.assign(service=label, service_metres=distance, service_reason=reason.astype(object))


def walking_access(
    spots: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    *,
    people: str,
    minutes: Sequence[float],
    km_per_hour: float,
    detour: float,
    release: Level,
) -> pd.DataFrame:
    """Return the share of people at spots who can walk to a service point within given times.

    Parameters
    ----------
    spots, services : geopandas.GeoDataFrame
        Points with a CRS; `spots` with `kp`.
    people : str
        Column with the people of each spot, 0 or more; blank counts as nobody.
    minutes : sequence of float
        Walking times one way.
    km_per_hour : float
        Walking speed; 4.5 is a usual choice.
    detour : float
        Way on foot / straight line; 1 for the straight line itself, 1.3 is usual in towns.
    release : {"restricted"}
        Level of release of what is made from it; any other is refused: no rule has hidden small numbers.

    Returns
    -------
    pandas.DataFrame
        One row per KP and time: `kp, minutes, people, people_within, share, people_without_place,
        km_per_hour, detour`. `share` is of the people whose spot has coordinates (`people` less
        `people_without_place`); blank if there are none.

    Raises
    ------
    ValueError
        If `release` is not restricted, a CRS or a column is missing, `detour` is under 1, a number of people
        is negative or not finite, or another option is out of range.
    """
    checks.positive(km_per_hour=km_per_hour, detour=detour)
    if detour < 1:
        raise ValueError(
            f"detour must be 1 or more; got {detour!r}. No way is shorter than the straight line."
        )
    for limit in minutes:
        checks.non_negative(minutes=limit)
    if "kp" not in spots:
        raise ValueError("spots must have the column kp; got none. Add it, the same in every row for one KP.")
    near = nearest_service(spots, services, release=release)
    frame = pd.DataFrame(
        {
            "kp": spots["kp"].to_numpy(dtype=object),
            "people": people_of(spots, people),
            "walk": near["service_metres"].to_numpy() * detour / (km_per_hour * 1000 / 60),
            "placed": near["service_reason"].ne("no valid coordinates").to_numpy(),
        }
    )
    rows = [_access(kp, part, limit) for kp, part in frame.groupby("kp") for limit in minutes]
    columns = ["kp", "minutes", "people", "people_within", "share", "people_without_place"]
    return pd.DataFrame(rows, columns=columns).assign(km_per_hour=km_per_hour, detour=detour)


def check_restricted(release: Level, what: str) -> None:
    """Refuse any level of release but `restricted` for what shows or rests on single places."""
    if check_level(release) != "restricted":
        raise ValueError(
            f"release must be restricted for {what}; got {release!r}. It shows where spots are, or how large "
            "single ones are. Show areas instead."
        )


def people_of(spots: gpd.GeoDataFrame, column: str) -> np.ndarray:
    """Return the people of each spot, blank as 0; refuse a missing column and numbers that cannot be."""
    if column not in spots:
        raise ValueError(f"people must be a column of spots; got {column!r}.")
    if not pd.api.types.is_numeric_dtype(spots[column]):
        raise ValueError(f"{column} must hold numbers; got another kind of column. Convert it first.")
    size = spots[column].astype(float).to_numpy()
    if ((size < 0) | np.isinf(size)).any():
        raise ValueError(f"{column} must be a finite number, 0 or more, or blank; got others. Correct them.")
    return np.nan_to_num(size)


def placed_rows(
    points: gpd.GeoDataFrame, name: str, *, near: tuple[float, float] | None = None
) -> np.ndarray:
    """Tell which rows have coordinates that can be right; refuse a missing CRS and other things than points.

    Latitude 0 and longitude 0 together are what many forms write for a blank. A point further from the
    middle of the points, or from `near` (longitude, latitude), than any country is wide is wrong too, as
    when lat and lon are exchanged.
    """
    _check_crs(points, name)
    lon, lat = _degrees(points, name)
    right = (np.abs(lon) <= 180) & (np.abs(lat) <= 90) & ~((lon == 0) & (lat == 0))
    if not right.any():
        return right
    middle = near or (np.median(lon[right]), np.median(lat[right]))
    away = np.maximum(np.abs(lon - middle[0]), np.abs(lat - middle[1]))
    return right & (away <= FARTHEST_DEGREES)


def utm_zone(lon: float, lat: float) -> str:
    """Return the UTM zone (WGS84) of a place in degrees; `estimate_utm_crs` takes 0.1 s for the same.

    Examples
    --------
    >>> utm_zone(20.9, 42.6)
    'EPSG:32634'
    """
    return f"EPSG:{(32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1}"


def metric_crs(points: gpd.GeoDataFrame, placed: np.ndarray) -> Any:
    """Return the UTM zone of the middle of the points; where none is placed, their own CRS."""
    return utm_zone(*_middle(points, placed)) if placed.any() else points.crs


def metres_of(points: gpd.GeoDataFrame, placed: np.ndarray, crs: Any) -> np.ndarray:
    """Return x and y of the placed points in a metric CRS; one row per placed point."""
    import shapely

    return shapely.get_coordinates(points.geometry[placed].to_crs(crs).array)


def _access(kp: Any, part: pd.DataFrame, limit: float) -> tuple[Any, float, float, float, float, float]:
    whole = float(part["people"].sum())
    placed = float(part.loc[part["placed"], "people"].sum())
    unplaced = float(part.loc[~part["placed"], "people"].sum())
    within = float(part.loc[part["walk"] <= limit, "people"].sum())
    return kp, limit, whole, within, within / placed if placed > 0 else np.nan, unplaced


def _check_crs(table: gpd.GeoDataFrame, name: str) -> None:
    if table.crs is None:
        raise ValueError(f"{name} must have a CRS; got none. Set it with set_crs, if it is known.")


def _degrees(points: gpd.GeoDataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of each row; blank for a row without a point."""
    import shapely

    shapes = points.geometry.array
    there = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    if not points.geom_type[there].eq("Point").all():
        raise ValueError(f"{name} must hold points only; got other geometries. Give one point per row.")
    degrees = np.full((len(points), 2), np.nan)
    degrees[there] = shapely.get_coordinates(points.geometry[there].to_crs(WGS84).array)
    return degrees[:, 0], degrees[:, 1]


def _middle(points: gpd.GeoDataFrame, placed: np.ndarray) -> tuple[float, float]:
    """Return the median longitude and latitude, which one wrong point cannot move."""
    lon, lat = (float(np.median(values[placed])) for values in _degrees(points, "points"))
    return lon, lat


def _inside(spots: gpd.GeoDataFrame, placed: np.ndarray, areas: gpd.GeoDataFrame) -> np.ndarray:
    """Tell which placed spots are in some area or on its border."""
    import shapely

    whole = areas.geometry.make_valid().union_all()
    inside = np.zeros(len(spots), dtype=bool)
    inside[placed] = shapely.intersects(whole, spots.geometry[placed].to_crs(areas.crs).array)
    return inside
