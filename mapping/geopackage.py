"""Write released tables with their areas as one GeoPackage, for a map program such as QGIS."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from mapping.points import checked_points

if TYPE_CHECKING:
    from mapping.release import Released

NOT_LAYERS = ("spots",)  # single spots have no polygon of their own, and leave in no map file
NUMBERS = ("point", "lower", "upper", "adults", "rate", "rate_lower", "rate_upper")


def write_geopackage(
    released: Released,
    areas: gpd.GeoDataFrame,
    path: str | Path,
    *,
    points: gpd.GeoDataFrame | None = None,
) -> Path:
    """Write every released table by municipality with its areas, as layers of one GeoPackage.

    Parameters
    ----------
    released : Released
        What may be shown, from `release`; nothing is hidden here.
    areas : geopandas.GeoDataFrame
        `municipality`, polygons and `schematic`, as from `study_boundaries`.
    path : str or pathlib.Path
        File to write, ending with `.gpkg`; replaced if it is there.
    points : geopandas.GeoDataFrame, optional
        Spots for a layer `points` (KP and place only), as for `write_webmap`: masked ones at `programme`,
        none at `public`.

    Returns
    -------
    pathlib.Path
        The file. Its layer `areas` has one polygon per municipality, with columns `FSW_status` (shown,
        hidden or not mapped), `FSW_point`, `FSW_rate` and so on for each KP. Every table with a column
        `municipality` is a layer of its own name, one polygon per row. Hidden numbers are NULL. Rows of
        municipalities without an area are there with no geometry. There are no spots but those of `points`.

    Raises
    ------
    ValueError
        If `path` does not end with `.gpkg`, or the release has no table by municipality, and for points
        that the level of release does not allow.

    Notes
    -----
    The file says nothing of who wrote it, where or when: its time is that of 1970. It is written beside
    its place first, so that nothing is half-written. Simplify detailed boundaries first
    (`simplify_areas`): each row of a table repeats its polygon.
    """
    path = Path(path)
    if path.suffix != ".gpkg":
        raise ValueError(f"path must end with .gpkg; got {path.name}.")
    layers = released_layers(released, areas)
    if points is not None:
        layers["points"] = checked_points(points, released)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pse-", dir=path.parent) as place, _fixed_time():
        new = Path(place) / "new.gpkg"
        for name, layer in layers.items():
            layer.to_file(new, layer=name, driver="GPKG", engine="pyogrio", mode="a" if new.exists() else "w")
        new.replace(path)
    return path


def released_layers(released: Released, areas: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of `write_geopackage`: name -> table with geometry in WGS84."""
    areas = areas[["municipality", "schematic", areas.geometry.name]].to_crs("EPSG:4326")
    tables = {
        name: table
        for name, table in released.tables.items()
        if "municipality" in table.columns and name not in NOT_LAYERS
    }
    if "municipalities" not in tables:
        raise ValueError("released must have a table municipalities; got none. Use release(sizes).")
    layers = {name: _with_geometry(table, areas) for name, table in tables.items()}
    return {"areas": _wide(tables["municipalities"], areas), **layers}


def _with_geometry(table: pd.DataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    plain = table.astype(
        {name: object for name in table if isinstance(table[name].dtype, pd.CategoricalDtype)}
    )
    return gpd.GeoDataFrame(plain.merge(areas, on="municipality", how="left"), crs=areas.crs)


def _wide(table: pd.DataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per area, with the numbers of each KP side by side."""
    wide = areas
    columns = [name for name in NUMBERS if name in table]
    for kp in dict.fromkeys(table["kp"].astype(str)):
        rows = table[table["kp"].astype(str).eq(kp)].set_index("municipality")
        status = rows["hidden"].map({True: "hidden", False: "shown"}).rename("status")
        part = pd.concat([status, rows[columns]], axis=1).add_prefix(f"{kp}_")
        wide = wide.merge(part, left_on="municipality", right_index=True, how="left")
        wide[f"{kp}_status"] = wide[f"{kp}_status"].astype(object).fillna("not mapped")
    return wide


@contextmanager
def _fixed_time() -> Iterator[None]:
    """Keep the time of writing out of the file."""
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "1970-01-01T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
