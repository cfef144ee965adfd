"""Areas to map: read a boundary file, match its names, or make schematic cells from the municipal seats."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from mapping.cells import WGS84, only_polygons, schematic_cells
from pse.records.names import name_key

if TYPE_CHECKING:
    from pse.records.study import Study

READABLE = (".geojson", ".json", ".gpkg", ".shp")
REMEDIES = {
    "no coordinate system; degrees (WGS84) assumed": "Save the layer again with its coordinate system.",
    "no polygon": "Left out. Give the layer of the municipal areas.",
    "invalid ring, mended": "Look at this area on the map; repair it in the layer.",
    "two areas with one name": "Left out. Merge (dissolve) the parts of a municipality, or correct a name.",
    "matches no municipality": "Left out. Correct the name, or add a column municipality with the codes.",
    "mapped, but no area": "Not drawn. Add its area, or correct the name of the area that is meant.",
}
QUIET = ("no coordinate system; degrees (WGS84) assumed", "invalid ring, mended")
"""Problems that need no warning of their own: said before, or mended."""


def read_boundaries(path: str | Path, municipalities: pd.DataFrame) -> gpd.GeoDataFrame:
    """Read municipal boundaries and give each polygon its municipality code.

    What cannot be used is left out with a warning; `review_boundaries` lists it.

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
        WGS84, one row per municipality that has one polygon, in the order of `municipalities`:
        `municipality`, `geometry` and `schematic` (True where the file says so, as written by
        `schematic_cells`). Invalid rings are mended.

    Raises
    ------
    ValueError
        If nothing can be drawn: the file cannot be read, holds no polygons, lies outside the range of
        degrees without saying its CRS, or has no polygon for any mapped municipality.

    Warns
    -----
    UserWarning
        If the file names no CRS and WGS84 is assumed; if mapped municipalities have no polygon, or two;
        if polygons match no municipality; if geometries are no polygons.
    """
    path = Path(path)
    return _read_and_review(path, municipalities, _to_wgs84(_read(path), path.name))[0]


def review_boundaries(path: str | Path, municipalities: pd.DataFrame) -> pd.DataFrame:
    """List everything in a boundary file that `read_boundaries` leaves out, mends or assumes.

    Parameters
    ----------
    path, municipalities
        As for `read_boundaries`.

    Returns
    -------
    pandas.DataFrame
        One row per problem: `problem`, `row` (number of the feature in the file, from 1), `name` (in the
        file), `municipality` (code) and `remedy`; blank where it does not apply. Empty if all is well.

    Raises
    ------
    ValueError
        As `read_boundaries` does.
    """
    path = Path(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the table says the same
        raw = _read(path)
        return _read_and_review(path, municipalities, _to_wgs84(raw, path.name), raw.crs is None)[1]


def match_names(names: Iterable[object], municipalities: pd.DataFrame) -> pd.DataFrame:
    """Match names from a file to municipalities; the result is a table to look through.

    A name matches a code as it stands, or `name` and any `name_*` column by its key, which is the same in
    every script, without accents and spaces, and in any Albanian case (`pse.records.names.name_key`). A
    name that fits two municipalities matches neither.

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


def _read_and_review(
    path: Path, municipalities: pd.DataFrame, found: gpd.GeoDataFrame, no_crs: bool = False
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the areas that can be drawn, and the table of what was wrong."""
    own = "municipality" in found
    column = _text(found["municipality"] if own else _best_name_column(found, municipalities))
    codes = _match(column, municipalities)["municipality"]
    shape, useful = found.geometry.array, _is_polygon(found)
    if not useful.any():
        raise ValueError(
            f"boundaries must hold polygons, at least one; got {path.name} with {len(found)} other "
            "geometries. Give the layer of the municipal areas."
        )
    mended = useful & ~shapely.is_valid(shape)
    twice = useful & (codes.duplicated(keep=False) & codes.notna()).to_numpy()
    twice &= codes.where(useful).duplicated(keep=False).to_numpy()
    drawn = useful & codes.notna().to_numpy() & ~twice
    missing = [code for code in _text(_mapped(municipalities)) if code not in set(codes[useful])]
    faults = {
        "no polygon": ~useful,
        "invalid ring, mended": mended,
        "two areas with one name": twice,
        "matches no municipality": useful & codes.isna().to_numpy(),
    }
    problems = pd.concat(
        [
            _problems("no coordinate system; degrees (WGS84) assumed", [None] * no_crs, [None] * no_crs),
            *(_problems(name, column[where], codes[where]) for name, where in faults.items()),
            _problems("mapped, but no area", [None] * len(missing), missing),
        ],
        ignore_index=True,
    )
    _say(problems, municipalities, path.name)
    if not set(codes[drawn]) & set(_text(_mapped(municipalities))):
        raise ValueError(
            f"boundaries must have an area for at least one mapped municipality; got none in {path.name}. "
            "match_names shows what matched; a column municipality settles it."
        )
    return _areas(found, codes, drawn, municipalities), problems


def _areas(
    found: gpd.GeoDataFrame, codes: pd.Series, drawn: np.ndarray, municipalities: pd.DataFrame
) -> gpd.GeoDataFrame:
    flat = shapely.make_valid(shapely.force_2d(found.geometry.array[drawn]))
    areas = gpd.GeoDataFrame(
        {"municipality": codes[drawn].to_numpy(), "schematic": _schematic_flag(found)[drawn].to_numpy()},
        geometry=[only_polygons(shape) for shape in flat],
        crs=found.crs,
    )
    order = [code for code in _text(municipalities["municipality"]) if code in set(areas["municipality"])]
    return areas.set_index("municipality").loc[order].reset_index()[["municipality", "geometry", "schematic"]]


def _is_polygon(found: gpd.GeoDataFrame) -> np.ndarray:
    shape = found.geometry.array
    return np.isin(shapely.get_type_id(shape), (3, 6)) & ~shapely.is_empty(shape)


def _problems(problem: str, names: Iterable[object], codes: Iterable[object]) -> pd.DataFrame:
    """Return one row per name; a name from the file has its place there as index."""
    rows = [n + 1 for n in names.index] if isinstance(names, pd.Series) else None
    names = list(names)
    rows = rows or [None] * len(names)
    table = {"problem": problem, "row": rows, "name": names, "municipality": list(codes)}
    return pd.DataFrame(table | {"remedy": REMEDIES[problem]}, dtype=object, index=range(len(names)))


def _say(problems: pd.DataFrame, municipalities: pd.DataFrame, file: str) -> None:
    """Warn once per kind of problem, with the names of mapped municipalities that will not be drawn."""
    names = dict(zip(_text(municipalities["municipality"]), _text(_names(municipalities)), strict=True))
    for problem, rows in problems.groupby("problem", sort=False):
        if problem in QUIET:
            continue
        codes = list(dict.fromkeys(rows["municipality"].dropna()))
        where = f" ({_some(codes, names)})" if codes else ""
        warnings.warn(
            f"{file}: {problem}: {len(rows)}{where}. review_boundaries lists them.",
            UserWarning,
            stacklevel=4,
        )


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
