"""Areas to map: read a boundary file, match its names, or make schematic cells from the municipal seats."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

if TYPE_CHECKING:
    from pse.records.study import Study

WGS84 = "EPSG:4326"
READABLE = (".geojson", ".json", ".gpkg", ".shp")


def read_boundaries(path: str | Path, municipalities: pd.DataFrame) -> gpd.GeoDataFrame:
    """Read municipal boundaries and give each polygon its municipality code.

    Parameters
    ----------
    path : str or pathlib.Path
        GeoJSON, GeoPackage (first layer) or Shapefile, in any coordinate reference system (CRS).
        A column `municipality` (codes or names) is used if there is one, else the text column that
        matches the most municipalities.
    municipalities : pandas.DataFrame
        The table of the study: `municipality`, `name` and, where given, `name_*` and `mapped`.

    Returns
    -------
    geopandas.GeoDataFrame
        WGS84, one row per municipality that has a polygon, in the order of `municipalities`:
        `municipality`, `geometry` and `schematic` (True where the file says so, as written by
        `schematic_cells`).

    Raises
    ------
    ValueError
        If the file cannot be read, holds other things than polygons, lies outside the range of
        degrees without saying its CRS, misses a mapped municipality, or holds one twice.

    Warns
    -----
    UserWarning
        If the file names no CRS and WGS84 is assumed, and if polygons match no municipality
        (`match_names` lists them).
    """
    path = Path(path)
    areas = _to_wgs84(_only_polygons(_read(path), path.name), path.name)
    column = areas["municipality"] if "municipality" in areas else _best_name_column(areas, municipalities)
    codes = _match(column, municipalities)["municipality"].set_axis(areas.index)
    _check_matches(codes, municipalities, path.name)
    found = gpd.GeoDataFrame(
        {"municipality": codes, "schematic": _schematic_flag(areas)}, geometry=areas.geometry, crs=areas.crs
    )
    order = [code for code in _text(municipalities["municipality"]) if code in set(codes.dropna())]
    return found.set_index("municipality").loc[order].reset_index()[["municipality", "geometry", "schematic"]]


def match_names(names: Iterable[object], municipalities: pd.DataFrame) -> pd.DataFrame:
    """Match names from a file to municipalities; the result is a table to look through.

    A name matches a code as it stands, or `name` and any `name_*` column after capital letters,
    accents, spaces, hyphens and other punctuation are set aside. A name that fits two municipalities
    matches neither.

    Parameters
    ----------
    names : iterable
        Names or codes, for instance a column of a boundary file.
    municipalities : pandas.DataFrame
        Columns `municipality`, `name` and any `name_*`.

    Returns
    -------
    pandas.DataFrame
        `name`, `municipality` (code), `how` (`code`, `name` or `unmatched`): one row per name in the
        order given, then one row with a blank `name` per municipality that no name matched.

    Examples
    --------
    >>> table = pd.DataFrame({"municipality": ["M1"], "name": ["Prishtinë"]})
    >>> match_names(["PRISHTINE"], table)["how"].tolist()
    ['name']
    """
    matched = _match(names, municipalities)
    codes = _text(municipalities["municipality"])
    left = codes[~codes.isin(matched["municipality"].dropna())]
    alone = pd.DataFrame({"name": None, "municipality": left, "how": "unmatched"}, dtype=object)
    return pd.concat([matched, alone], ignore_index=True)


def name_key(name: object) -> str:
    """Return the letters and digits of a name, without capitals, accents and punctuation.

    Examples
    --------
    >>> name_key("Fushë-Kosovë"), name_key("FUSHE KOSOVE")
    ('fushekosove', 'fushekosove')
    """
    letters = str(name)
    for _ in range(2):  # twice: Unicode's caseless match, since either step can undo the other
        letters = unicodedata.normalize("NFKD", letters).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


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
    cells = [_polygons(cell.intersection(region)) for cell in _voronoi(points, region)]
    if any(cell.is_empty for cell in cells):
        raise ValueError(
            f"seats must lie in or near the outline; got {sum(c.is_empty for c in cells)} of {len(cells)} "
            "too far outside. Check that lat and lon are not exchanged."
        )
    codes = seats["municipality"].reset_index(drop=True)
    cells = gpd.GeoSeries(cells, crs=metric).to_crs(WGS84)
    return gpd.GeoDataFrame({"municipality": codes, "geometry": cells, "schematic": True}, crs=WGS84)


def study_boundaries(study: Study) -> gpd.GeoDataFrame:
    """Return the areas to map a study on: its boundary file, else schematic cells around the seats.

    Parameters
    ----------
    study : pse.Study
        `study.boundaries` is the boundary file, if the study folder has one; otherwise
        `study.municipalities` must have `lat` and `lon` of the seats.

    Returns
    -------
    geopandas.GeoDataFrame
        `municipality`, `geometry` (WGS84), `schematic`.

    Raises
    ------
    ValueError
        If the study has neither, and as `read_boundaries` and `schematic_cells` do.
    """
    if study.boundaries is not None:
        return read_boundaries(study.boundaries, study.municipalities)
    if {"lat", "lon"} <= set(study.municipalities.columns):
        return schematic_cells(study.municipalities)
    raise ValueError(
        "boundaries must be given to draw a map; got neither a boundary file nor seats. Add "
        "boundaries.geojson or .gpkg to the study folder, or lat and lon of the seats to municipalities."
    )


def _read(path: Path) -> gpd.GeoDataFrame:
    if path.suffix.lower() not in READABLE:
        raise ValueError(f"boundaries must be one of {', '.join(READABLE)}; got {path.name}.")
    if not path.is_file():
        raise ValueError(f"boundaries must be a file; got {path.name}, which is not there.")
    try:
        areas = gpd.read_file(path)
    except Exception as error:  # GDAL's own classes differ by version
        raise ValueError(
            f"boundaries must be readable as a map layer; got {path.name}, which is not. Export it again."
        ) from error
    if not isinstance(areas, gpd.GeoDataFrame) or areas.empty:
        raise ValueError(f"boundaries must hold at least one polygon; got none in {path.name}.")
    return areas


def _to_wgs84(areas: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    crs = None if areas.crs is None else CRS(areas.crs)
    if crs is not None and (crs.is_projected or crs.is_bound):
        return areas.to_crs(WGS84)
    if not _in_degrees(areas):
        raise ValueError(
            f"boundaries must say their coordinate system, or be in degrees; got {name}, whose coordinates "
            "are not degrees. Save the layer again with its coordinate system, best as WGS84 (EPSG:4326)."
        )
    if crs is not None and crs.is_geographic:
        return areas.to_crs(WGS84)
    warnings.warn(
        f"{name} does not say its coordinate system; its coordinates look like degrees, so WGS84 is assumed.",
        UserWarning,
        stacklevel=3,
    )
    return areas.set_crs(WGS84, allow_override=True)


def _in_degrees(areas: gpd.GeoDataFrame) -> bool:
    west, south, east, north = areas.total_bounds
    return bool(-180.5 <= west <= east <= 180.5 and -90 <= south <= north <= 90)


def _only_polygons(areas: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    areas = areas[areas.geometry.notna() & ~areas.geometry.is_empty].reset_index(drop=True)
    other = ~areas.geom_type.isin(["Polygon", "MultiPolygon"])
    if other.any() or areas.empty:
        raise ValueError(
            f"boundaries must hold polygons only; got {name} with {int(other.sum())} other geometries and "
            f"{int((~other).sum())} polygons. Give the layer of the municipal areas."
        )
    flat = [_polygons(shape) for shape in shapely.make_valid(shapely.force_2d(areas.geometry.array))]
    return areas.set_geometry(gpd.GeoSeries(flat, crs=areas.crs))


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a geometry; points and lines left over from a cut are dropped."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    parts = parts[shapely.get_dimensions(parts) == 2]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _schematic_flag(areas: gpd.GeoDataFrame) -> pd.Series:
    if "schematic" not in areas:
        return pd.Series(False, index=areas.index)
    numbers = pd.to_numeric(areas["schematic"], errors="coerce")
    return numbers.eq(1)


def _text(column: Iterable[object]) -> pd.Series:
    column = pd.Series(column, dtype=object)
    return column.where(column.isna(), column.astype(str).str.strip()).astype(object)


def _match(names: Iterable[object], municipalities: pd.DataFrame) -> pd.DataFrame:
    """Match names one by one, codes before names; see `match_names`."""
    names = _text(names).reset_index(drop=True)
    codes = set(_text(municipalities["municipality"]))
    by_name = names.map(name_key, na_action="ignore").map(_codes_by_name(municipalities))
    is_code = names.isin(codes)
    how = np.select([is_code, by_name.notna()], ["code", "name"], "unmatched")
    code = names.where(is_code, by_name)
    return pd.DataFrame({"name": names, "municipality": code, "how": how}, dtype=object)


def _codes_by_name(municipalities: pd.DataFrame) -> dict[str, str]:
    """Return key of a name -> code, for the names that belong to one municipality only."""
    columns = [c for c in municipalities.columns if c == "name" or str(c).startswith("name_")]
    codes = _text(municipalities["municipality"]).to_numpy()
    texts = [pd.DataFrame({"code": codes, "text": _text(municipalities[c]).to_numpy()}) for c in columns]
    if not texts:
        return {}
    pairs = pd.concat(texts).dropna()
    pairs["key"] = pairs["text"].map(name_key)
    pairs = pairs[pairs["key"] != ""].drop_duplicates(["key", "code"]).drop_duplicates("key", keep=False)
    return dict(zip(pairs["key"], pairs["code"], strict=True))


def _best_name_column(areas: gpd.GeoDataFrame, municipalities: pd.DataFrame) -> pd.Series:
    """Return the text column that matches the most different municipalities, the first one if equal."""
    columns = [c for c in areas.columns if c != areas.geometry.name and _is_text(areas[c])]
    if not columns:
        raise ValueError(
            "boundaries must have a column of codes or names; got none with text. Add a column municipality."
        )
    counts = [_match(areas[c], municipalities)["municipality"].nunique() for c in columns]
    return areas[columns[int(np.argmax(counts))]]


def _is_text(column: pd.Series) -> bool:
    return pd.api.types.is_string_dtype(column) or column.dtype == object


def _check_matches(codes: pd.Series, municipalities: pd.DataFrame, file: str) -> None:
    """Raise if a mapped municipality has no polygon or one has two; warn of polygons left out."""
    names = dict(zip(_text(municipalities["municipality"]), _text(_names(municipalities)), strict=True))
    twice = list(dict.fromkeys(codes[codes.duplicated() & codes.notna()]))
    if twice:
        raise ValueError(
            f"boundaries must hold each municipality once; got {len(twice)} in {file} more than once "
            f"({_some(twice, names)}). Merge (dissolve) the parts of a municipality, or correct its name."
        )
    missing = [code for code in _text(_mapped(municipalities)) if code not in set(codes)]
    if missing:
        raise ValueError(
            f"boundaries must hold every mapped municipality; got {len(missing)} without a polygon in {file} "
            f"({_some(missing, names)}). match_names shows what matched; a column municipality settles it."
        )
    if codes.isna().any():
        warnings.warn(
            f"{int(codes.isna().sum())} polygon(s) of {file} match no municipality and are left out; "
            "match_names shows which.",
            UserWarning,
            stacklevel=3,
        )


def _names(municipalities: pd.DataFrame) -> pd.Series:
    return municipalities["name" if "name" in municipalities else "municipality"]


def _mapped(municipalities: pd.DataFrame) -> pd.Series:
    """Return the codes of the mapped municipalities; all of them if the table does not say."""
    codes = municipalities["municipality"]
    if "mapped" not in municipalities:
        return codes
    return codes[_text(municipalities["mapped"]).str.lower().isin(["true", "yes", "1", "1.0"]).to_numpy()]


def _some(codes: list[str], names: dict[str, str], at_most: int = 5) -> str:
    shown = ", ".join(str(names[code]) for code in codes[:at_most])
    return shown if len(codes) <= at_most else f"{shown} and {len(codes) - at_most} more"


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
    return _polygons(shapely.make_valid(shapes.to_crs(crs).union_all()))


def _voronoi(points: gpd.GeoSeries, region: BaseGeometry) -> list[BaseGeometry]:
    """Return the Voronoi cell of each point, uncut, in the order of the points."""
    if len(points) == 1:
        return [region]
    cells = shapely.get_parts(shapely.voronoi_polygons(points.union_all(), extend_to=region))
    nearest = shapely.STRtree(cells).query_nearest(points.array, all_matches=False)
    return list(cells[nearest[1]])
