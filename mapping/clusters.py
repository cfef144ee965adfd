"""Places: spots that lie close together, and the density of people around them.

It works on exact coordinates, so it is for the organisation itself (level `restricted`). Distances are
measured as in `mapping.places`.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mapping.places import check_restricted, metres_of, metric_crs, people_of, placed_rows
from mapping.release.levels import Level
from pse import checks

if TYPE_CHECKING:
    import geopandas as gpd

MOST_CELLS = 1_000_000
"""Cells of a density grid; more would fill the memory of a small computer."""

REACH = 4.0
"""Bandwidths by which a density grid goes beyond the outermost spots; 0.01 % of people would lie further."""


def spot_clusters(
    spots: gpd.GeoDataFrame, *, metres: float, min_spots: int, release: Level
) -> gpd.GeoDataFrame:
    """Find spots that lie close enough together for one outreach round (DBSCAN).

    Parameters
    ----------
    spots : geopandas.GeoDataFrame
        Points with a CRS, one row per spot: one KP at a time, or the KPs of a spot summed.
    metres : float
        Reach of a spot. A cluster may be much longer, since spots are chained.
    min_spots : int
        Spots within reach that make a spot the core of a cluster, itself included; 1 or more.
    release : {"restricted"}
        Level of release of what is made from it; any other is refused.

    Returns
    -------
    geopandas.GeoDataFrame
        `spots`, same rows and index, with `cluster` (1 has the most spots, then 2, ...; 0 is none) and
        `cluster_role`: `core`, `edge` (within reach of a core), `alone` or `no place`.

    Raises
    ------
    ValueError
        If `release` is not restricted, the CRS is missing, `spots` holds other things than points, a
        `spot_id` comes twice, or an option is out of range.

    Notes
    -----
    Ester et al. (1996), KDD-96: cores within reach of each other are in one cluster. An edge goes with its
    nearest core, so that the order of rows does not matter. Of clusters with as many spots the one that
    begins further west comes first.
    """
    check_restricted(release, "clusters of spots")
    checks.positive(metres=metres)
    checks.count(min_spots=min_spots, at_least=1)
    if "spot_id" in spots and spots["spot_id"].duplicated().any():
        raise ValueError("spots must have one row per spot_id; got some twice. Keep one KP or sum over KPs.")
    placed = placed_rows(spots, "spots")
    cluster = np.zeros(len(spots), dtype="int64")
    role = np.full(len(spots), "no place", dtype=object)
    if placed.any():
        cluster[placed], role[placed] = _dbscan(
            metres_of(spots, placed, metric_crs(spots, placed)), metres, min_spots
        )
    return spots.assign(cluster=cluster, cluster_role=role)


def cluster_table(clusters: gpd.GeoDataFrame, *, people: str) -> pd.DataFrame:
    """Sum the clusters of `spot_clusters` for planning.

    Parameters
    ----------
    clusters : geopandas.GeoDataFrame
        From `spot_clusters`.
    people : str
        Column with the people of each spot.

    Returns
    -------
    pandas.DataFrame
        `cluster, spots, people, across_metres` (diagonal of the box around its spots); spots without a
        cluster or without a place are in row 0, whose `across_metres` is blank.
    """
    xy = np.full((len(clusters), 2), np.nan)
    placed = placed_rows(clusters, "clusters")
    if placed.any():
        xy[placed] = metres_of(clusters, placed, metric_crs(clusters, placed))
    number = clusters["cluster"].to_numpy()
    frame = pd.DataFrame(
        {"cluster": number, "people": people_of(clusters, people), "x": xy[:, 0], "y": xy[:, 1]}
    )
    groups = frame.groupby("cluster")
    table = groups.agg(spots=("people", "size"), people=("people", "sum"))
    size = groups[["x", "y"]].max() - groups[["x", "y"]].min()
    table["across_metres"] = (size["x"] ** 2 + size["y"] ** 2) ** 0.5
    table.loc[table.index == 0, "across_metres"] = np.nan
    return table.reset_index()


def people_density(
    spots: gpd.GeoDataFrame, *, people: str, bandwidth_metres: float, cell_metres: float, release: Level
) -> gpd.GeoDataFrame:
    """Spread the people of each spot over a grid (kernel density); for level `restricted` only.

    Parameters
    ----------
    spots : geopandas.GeoDataFrame
        Points with a CRS.
    people : str
        Column with the people of each spot, 0 or more; blank adds nothing.
    bandwidth_metres : float
        Standard deviation of the Gaussian kernel in each direction, in metres.
    cell_metres : float
        Side of a grid cell, in metres.
    release : {"restricted"}
        Level of release of what is drawn from it. Peaks of the density are spots.

    Returns
    -------
    geopandas.GeoDataFrame
        Centres of the cells in a metric CRS, `people` in the cell, `people_per_km2`. The cells together
        hold all people of the spots with coordinates. No rows if no spot has any.

    Raises
    ------
    ValueError
        If `release` is not restricted, the CRS is missing, a number of people is negative or not finite,
        an option is out of range, or the grid would have more than `MOST_CELLS` cells.

    Warns
    -----
    UserWarning
        If spots have no valid coordinates (`place_problems` lists them): their people are not in the grid.

    Notes
    -----
    Each cell gets the exact integral of the kernel over it (a product of two normal probabilities), not the
    value at its centre; the 0.01 % beyond the grid is put back in proportion.
    """
    check_restricted(release, "a density of people")
    checks.positive(bandwidth_metres=bandwidth_metres, cell_metres=cell_metres)
    size = people_of(spots, people)
    placed = placed_rows(spots, "spots")
    _warn_of_left_out(placed)
    crs = metric_crs(spots, placed)
    xy = metres_of(spots, placed, crs)
    x, y = (_edges(v, REACH * bandwidth_metres, cell_metres) for v in xy.T)
    if (len(x) - 1) * (len(y) - 1) > MOST_CELLS:
        raise ValueError(
            f"cell_metres must give at most {MOST_CELLS:,} cells; got {cell_metres!r}, which gives "
            f"{(len(x) - 1) * (len(y) - 1):,}. Use larger cells or one municipality."
        )
    held = _spread(xy, size[placed], x, y, bandwidth_metres)
    return _grid_table(held, x, y, crs)


def _dbscan(xy: np.ndarray, metres: float, min_spots: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cluster number and role of each point; computed from west to east, given back in order."""
    from scipy.spatial import cKDTree

    order = np.lexsort((xy[:, 1], xy[:, 0]))
    points = xy[order]
    pairs = cKDTree(points).query_pairs(metres, output_type="ndarray")
    core = 1 + np.bincount(pairs.ravel(), minlength=len(points)) >= min_spots
    label = np.full(len(points), -1)
    label[core] = _components(pairs[core[pairs].all(axis=1)], core)
    if core.any():
        distance, which = cKDTree(points[core]).query(points[~core])
        label[~core] = np.where(distance <= metres, label[core][which], -1)
    role = np.where(core, "core", np.where(label >= 0, "edge", "alone"))
    cluster, roles = np.empty(len(points), dtype="int64"), np.empty(len(points), dtype=object)
    cluster[order], roles[order] = _by_size(label), role
    return cluster, roles


def _components(pairs: np.ndarray, core: np.ndarray) -> np.ndarray:
    """Return the number of the connected component of each core point."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(core), len(core)))
    return connected_components(links, directed=False)[1][core]


def _by_size(label: np.ndarray) -> np.ndarray:
    """Number clusters from 1, most spots first, then by first place in the row; -1 becomes 0."""
    found, first, count = np.unique(label[label >= 0], return_index=True, return_counts=True)
    number = dict(zip(found[np.lexsort((first, -count))], range(1, len(found) + 1), strict=True))
    return np.array([number.get(one, 0) for one in label], dtype="int64")


def _edges(values: np.ndarray, beyond: float, cell: float) -> np.ndarray:
    """Return the limits of the cells along one axis, at whole multiples of `cell`."""
    if not len(values):
        return np.array([0.0])
    first, last = np.floor((values.min() - beyond) / cell), np.ceil((values.max() + beyond) / cell)
    return np.arange(first, last + 1) * cell


def _spread(xy: np.ndarray, size: np.ndarray, x: np.ndarray, y: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the people in each cell, rows from south to north."""
    held = np.zeros((max(len(y) - 1, 0), max(len(x) - 1, 0)))
    for start in range(0, len(xy), 2000):  # in parts, to bound the memory
        part = slice(start, start + 2000)
        across, up = (_mass(xy[part, i], edges, bandwidth) for i, edges in enumerate((x, y)))
        held += (up * size[part, None]).T @ across
    return held


def _mass(centre: np.ndarray, edges: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the share of each kernel between neighbouring edges; every row sums to 1."""
    from scipy.special import ndtr

    share = np.diff(ndtr((edges - centre[:, None]) / bandwidth), axis=1)
    return share / share.sum(axis=1, keepdims=True)


def _grid_table(held: np.ndarray, x: np.ndarray, y: np.ndarray, crs: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    across, up = np.meshgrid((x[:-1] + x[1:]) / 2, (y[:-1] + y[1:]) / 2)
    km2 = (x[1] - x[0]) ** 2 / 1e6 if len(x) > 1 else 1.0
    columns = {"people": held.ravel(), "people_per_km2": held.ravel() / km2}
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(across.ravel(), up.ravel()), crs=crs)


def _warn_of_left_out(placed: np.ndarray) -> None:
    if not placed.all():
        warnings.warn(
            f"{int((~placed).sum())} of {len(placed)} spots have no valid coordinates; their people are not "
            "in the density. place_problems lists them.",
            UserWarning,
            stacklevel=3,
        )
