"""Areas: where high or low values lie together (Getis-Ord Gi*, local Moran), and how unequal spots are.

The two statistics of areas need the extra `spatial` (libpysal, esda). They take released tables only: a
result worked out from numbers that are hidden tells something about those numbers.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mapping.places import WGS84, utm_zone
from pse import checks
from pse.spots.concentration import concentration_table

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["concentration_table", "getis_ord", "local_moran", "lorenz_points"]

QUADRANTS = {1: "high-high", 2: "low-high", 3: "low-low", 4: "high-low"}
"""The area against its neighbours, in the numbering of esda."""

Statistic = Callable[[np.ndarray, Any], pd.DataFrame]
"""From values and libpysal's graph to the numbers of each area and its `pattern`."""


def getis_ord(
    areas: gpd.GeoDataFrame,
    *,
    value: str,
    gap_metres: float,
    false_discovery: float,
    rng: np.random.Generator,
    permutations: int = 9999,
) -> gpd.GeoDataFrame:
    """Find areas that are high, or low, together with their neighbours (Getis-Ord Gi*).

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Polygons with a CRS and the rows of one KP of a released table, each area once; `hidden` (bool, as
        `release` gives it) must be there, blank where an area was not mapped.
    value : str
        Column of numbers, 0 or more, best a rate, since sizes follow the number of adults. An area that is
        blank or hidden is nobody's neighbour and is not tested: its number is never looked at.
    gap_metres : float
        Areas are neighbours when they lie at most this far apart, in metres: 0 where borders meet
        exactly, some metres for boundaries with small gaps.
    false_discovery : float
        Expected share of wrong ones among the areas named high or low; above 0 and below 1.
    rng : numpy.random.Generator
        Draws the permutations.
    permutations : int
        Draws per area; the smallest possible p is 2 / (permutations + 1).

    Returns
    -------
    geopandas.GeoDataFrame
        `areas`, same rows and index, with `neighbours` (number of them), `tested` (bool), `reason` (why
        not, else empty), `gi_star` (share of the sum of all values held by the area and its neighbours),
        `z` (standard score of it), `p` (two-sided), `p_fdr` (after Benjamini-Hochberg) and `pattern`:
        `high`, `low`, `neither` or `not tested`. Numbers are blank where `tested` is False.

    Raises
    ------
    ImportError
        If the extra `spatial` is not installed.
    ValueError
        If the areas have no column `hidden`, no CRS or hold one twice, a value is negative or infinite, an
        option is out of range, or the permutations are too few for any area to be named.

    Notes
    -----
    Weights are 1 for the area itself and its neighbours. `gi_star` and `z` come from esda; z is equation 14
    of Ord and Getis (1995), Geographical Analysis 27(4). For p the value of the area stays and its
    neighbours are drawn without replacement from all other areas with a value (conditional permutation:
    Anselin 1995, Geographical Analysis 27(2)); p is twice the smaller tail, a tail being (1 + draws as
    extreme) / (1 + draws). An area is named only if its neighbours alone lie to the same side as z: one huge
    area among low ones is `high-low` in `local_moran`, not `high` here. esda's own p is not used: its
    default picks the tail after looking, and without numba it sets the seed of the whole process.
    """
    return _local_test(
        areas,
        _gi_star,
        ("gi_star", "z"),
        value=value,
        gap_metres=gap_metres,
        false_discovery=false_discovery,
        rng=rng,
        permutations=permutations,
    )


def local_moran(
    areas: gpd.GeoDataFrame,
    *,
    value: str,
    gap_metres: float,
    false_discovery: float,
    rng: np.random.Generator,
    permutations: int = 9999,
) -> gpd.GeoDataFrame:
    """Find clusters of like areas, and areas that differ from their neighbours (local Moran's I).

    Use it to find the odd one out, such as a high area among low ones. Under conditional permutation
    `getis_ord` and this ask the same of the neighbours, so that their p estimate the same number.

    Parameters
    ----------
    areas, value, gap_metres, false_discovery, rng, permutations
        As for `getis_ord`.

    Returns
    -------
    geopandas.GeoDataFrame
        `areas`, same rows and index, with `neighbours`, `tested`, `reason`, `moran` (I of the area, positive
        among like neighbours), `p` (two-sided), `p_fdr` and `pattern`: `high-high`, `low-low`, `high-low`
        (a high area among low ones), `low-high`, `neither` or `not tested`.

    Raises
    ------
    ImportError, ValueError
        As `getis_ord`.

    Notes
    -----
    I_i = (n - 1)/n z_i mean(z of the neighbours), with standard scores z over the n areas with a value:
    Anselin (1995), equation 12 up to a constant, from esda. High and low are against their mean.
    """
    return _local_test(
        areas,
        _moran,
        ("moran",),
        value=value,
        gap_metres=gap_metres,
        false_discovery=false_discovery,
        rng=rng,
        permutations=permutations,
    )


def lorenz_points(spots: pd.DataFrame) -> pd.DataFrame:
    """Return the points of the Lorenz curve of each KP: the smallest spots first.

    Parameters
    ----------
    spots : pandas.DataFrame
        `kp` and `point` (people); one row per spot. Spots without people are left out, as in
        `concentration_table`, whose `gini` is the area between this curve and the diagonal, doubled.

    Returns
    -------
    pandas.DataFrame
        `kp, spots_share, people_share`: shares that rise from 0 to 1; one row more than spots.

    Examples
    --------
    >>> spots = pd.DataFrame({"kp": "FSW", "point": [3.0, 1.0]})
    >>> lorenz_points(spots)["people_share"].tolist()
    [0.0, 0.25, 1.0]
    """
    parts = [
        _lorenz(kp, np.sort(part["point"].to_numpy(dtype=float)))
        for kp, part in spots[spots["point"] > 0].groupby("kp", observed=True)
    ]
    empty = pd.DataFrame({"kp": [], "spots_share": [], "people_share": []})
    return pd.concat(parts, ignore_index=True) if parts else empty.astype({"kp": object})


def _lorenz(kp: object, sizes: np.ndarray) -> pd.DataFrame:
    held = np.concatenate([[0.0], np.cumsum(sizes)])
    places = np.arange(len(held)) / len(sizes)
    return pd.DataFrame({"kp": kp, "spots_share": places, "people_share": held / held[-1]})


def _local_test(
    areas: gpd.GeoDataFrame,
    statistic: Statistic,
    names: tuple[str, ...],
    *,
    value: str,
    gap_metres: float,
    false_discovery: float,
    rng: np.random.Generator,
    permutations: int,
) -> gpd.GeoDataFrame:
    """Return `areas` with one statistic, its p-values and pattern; see `getis_ord`."""
    _check_options(gap_metres, false_discovery, permutations)
    known = _check_areas(areas, value)
    values = areas.loc[known, value].to_numpy(dtype=float)
    graph = _graph(areas.geometry[known], gap_metres)
    sets = _neighbour_sets(graph, len(values))
    why = _why_not_tested(values, sets)
    tested = why == ""
    table = pd.DataFrame({"neighbours": [len(s) for s in sets], "tested": tested, "reason": why})
    table = table.assign(**dict.fromkeys([*names, "p", "p_fdr"], np.nan), pattern="not tested")
    if tested.any():
        _check_enough(int(tested.sum()), false_discovery, permutations)
        p = _two_sided_p(values, sets, permutations, rng)
        table[tested] = _discoveries(table, statistic(values, graph), p, false_discovery)[tested]
    return _back_on(areas, known, table)


def _gi_star(values: np.ndarray, graph: Any) -> pd.DataFrame:
    esda = _spatial("esda")
    with np.errstate(all="ignore"):  # alike values and full neighbourhoods are not tested
        got = esda.G_Local(values, graph, transform="B", star=True, permutations=0)
        around = graph.sparse @ values / graph.cardinalities.to_numpy()
    others = (values.sum() - values) / (len(values) - 1)
    # p is about the neighbours alone, z also about the area: one huge area among low ones is not "high"
    rules = [(got.Zs > 0) & (around > others), (got.Zs < 0) & (around < others)]
    return pd.DataFrame(
        {"gi_star": got.Gs, "z": got.Zs, "pattern": np.select(rules, ["high", "low"], "neither")}
    )


def _moran(values: np.ndarray, graph: Any) -> pd.DataFrame:
    esda = _spatial("esda")
    with np.errstate(all="ignore"):
        got = esda.Moran_Local(values, graph, transformation="R", permutations=0)
    return pd.DataFrame({"moran": got.Is, "pattern": [QUADRANTS[int(q)] for q in got.q]})


def _two_sided_p(
    values: np.ndarray, sets: list[np.ndarray], permutations: int, rng: np.random.Generator
) -> np.ndarray:
    """Return for each area how rare so high or so low a sum of its neighbours is, if drawn from the others.

    Gi* and local Moran both rise or both fall with that sum while the area's own value is kept, so that one
    test serves both. The same draws of positions serve every area.
    """
    n, most = len(values), max(len(s) for s in sets)
    draws = np.array([rng.choice(n - 1, size=most, replace=False) for _ in range(permutations)])
    slack = 1e-9 * np.abs(values).max()  # equal sums differ in their last digits by the order of adding
    p = np.ones(n)
    for i, near in enumerate(sets):
        drawn = np.delete(values, i)[draws[:, : len(near)]].sum(axis=1)
        seen = values[near].sum()
        tail = min((drawn >= seen - slack).sum(), (drawn <= seen + slack).sum())
        p[i] = min(1.0, 2 * (1 + tail) / (1 + permutations))
    return p


def _discoveries(
    table: pd.DataFrame, numbers: pd.DataFrame, p: np.ndarray, false_discovery: float
) -> pd.DataFrame:
    """Fill in the numbers of one statistic; its pattern stays only where `p_fdr` is low enough."""
    from scipy.stats import false_discovery_control

    tested = table["tested"].to_numpy()
    adjusted = np.full(len(p), np.nan)
    adjusted[tested] = false_discovery_control(p[tested], method="bh")
    pattern = numbers["pattern"].astype(object).where(adjusted <= false_discovery, "neither")
    return table.assign(**numbers.drop(columns="pattern"), p=p, p_fdr=adjusted, pattern=pattern)


def _back_on(areas: gpd.GeoDataFrame, known: np.ndarray, table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put the results of the areas with a value back on all areas, with a reason for the others."""
    whole = table.set_index(np.flatnonzero(known)).reindex(range(len(areas)))
    whole["neighbours"] = whole["neighbours"].fillna(0).astype("int64")
    whole["tested"] = whole["tested"].eq(True)
    whole["reason"] = whole["reason"].where(known, "no value or no polygon")
    whole["pattern"] = whole["pattern"].where(known, "not tested")
    first = ["neighbours", "tested", "reason"]
    columns = first + [c for c in table.columns if c not in first]
    taken = [c for c in columns if c in areas]
    if taken:
        raise ValueError(
            f"areas must not have the column(s) {', '.join(taken)} already; the result adds them. Rename."
        )
    return areas.assign(**{c: whole[c].to_numpy() for c in columns})


def _graph(polygons: gpd.GeoSeries, gap_metres: float) -> Any:
    """Return libpysal's graph of areas at most `gap_metres` apart; ids are positions."""
    graph = _spatial("libpysal.graph").Graph
    metric = polygons.reset_index(drop=True)
    if len(metric) < 3:  # nothing can be tested, and libpysal takes no empty list
        return None
    west, south, east, north = metric.to_crs(WGS84).total_bounds
    metric = metric.to_crs(utm_zone((west + east) / 2, (south + north) / 2)).make_valid()
    return graph.build_fuzzy_contiguity(metric, buffer=gap_metres / 2 if gap_metres else None)


def _neighbour_sets(graph: Any, n: int) -> list[np.ndarray]:
    """Return the positions of the neighbours of each of `n` areas; empty for an island."""
    if graph is None:
        return [np.array([], dtype=int)] * n
    matrix = graph.sparse.tocsr()
    return [row.indices[row.data > 0] for row in (matrix[[i]] for i in range(n))]


def _why_not_tested(values: np.ndarray, sets: list[np.ndarray]) -> np.ndarray:
    n = len(values)
    counts = np.array([len(near) for near in sets], dtype=int)
    rules = [
        np.full(n, n < 3),
        np.full(n, n == 0 or np.ptp(values) == 0),
        counts == 0,
        counts == n - 1,
    ]
    texts = ["fewer than 3 areas with a value", "all values are alike", "no neighbour with a value"]
    return np.select(rules, [*texts, "every other area is a neighbour"], "").astype(object)


def _check_options(gap_metres: float, false_discovery: float, permutations: int) -> None:
    checks.non_negative(gap_metres=gap_metres)
    checks.positive(false_discovery=false_discovery)
    checks.share(false_discovery=false_discovery)
    checks.count(permutations=permutations, at_least=1)


def _check_areas(areas: gpd.GeoDataFrame, value: str) -> np.ndarray:
    """Refuse areas that cannot be compared; return which have a value and a polygon."""
    import shapely

    if areas.crs is None:
        raise ValueError("areas must have a CRS; got none. Set it with set_crs, if it is known.")
    if value not in areas:
        raise ValueError(f"value must be a column of areas; got {value!r}.")
    if "municipality" in areas and areas["municipality"].duplicated().any():
        raise ValueError("areas must hold each municipality once; got some twice. Keep one KP.")
    if not pd.api.types.is_numeric_dtype(areas[value]):
        raise ValueError(f"{value} must hold numbers; got another kind of column. Convert it first.")
    if "hidden" not in areas:
        raise ValueError(
            "areas must hold the column hidden of a released table; got none. Use release(sizes, level) and "
            "merge its table municipalities with the areas."
        )
    numbers = areas[value].astype(float).mask(areas["hidden"].eq(True))
    if ((numbers < 0) | np.isinf(numbers)).any():
        raise ValueError(f"{value} must be a finite number, 0 or more, or blank; got others. Correct them.")
    shapes = areas.geometry.array
    return numbers.notna().to_numpy() & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)


def _check_enough(tested: int, false_discovery: float, permutations: int) -> None:
    """Refuse permutations so few that even the rarest neighbourhood, alone, could not be named."""
    least = int(np.ceil(2 * tested / false_discovery)) - 1
    if permutations < least:
        raise ValueError(
            f"permutations must be at least {least:,} for {tested} areas and false_discovery "
            f"{false_discovery}; got {permutations:,}. With fewer, no single area could be named."
        )


def _spatial(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            "Spatial statistics need libpysal and esda, which are not installed. "
            'Run: pip install "pse-toolkit[spatial]"'
        ) from error
