"""Tables of single spots made ready for drawing: where they are, both levels, hours, concentration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from pse.records.tables import DAYS

if TYPE_CHECKING:
    import geopandas as gpd


def locate_spots(spots: pd.DataFrame, *records: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the spots that have a place, with their places.

    Parameters
    ----------
    spots : pandas.DataFrame
        The `.spots` table: `spot_id` and any other columns.
    *records : pandas.DataFrame
        Tables with `spot_id` and, where given, `lat`, `lon` in WGS84 degrees: first that of level 2,
        then that of level 1. A spot has the mean of its places in the first table that has any.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows of `spots` with a place, in their order; `.attrs["without_place"]` counts the others.
    """
    import geopandas as gpd

    parts = [table for table in records if {"spot_id", "lat", "lon"} <= set(table.columns)]
    places = [
        table.dropna(subset=["lat", "lon"]).groupby("spot_id")[["lat", "lon"]].mean() for table in parts
    ]
    known = pd.concat(places) if places else pd.DataFrame(columns=["lat", "lon"], dtype=float)
    known = known[~known.index.duplicated()]  # the first table wins
    lat, lon = (spots["spot_id"].astype(object).map(known[name]) for name in ("lat", "lon"))
    found = lat.notna() & lon.notna()
    points = gpd.points_from_xy(lon[found], lat[found])
    located = gpd.GeoDataFrame(spots[found].reset_index(drop=True), geometry=points, crs="EPSG:4326")
    located.attrs["without_place"] = int((~found).sum())
    return located


def compare_levels(spots: pd.DataFrame) -> pd.DataFrame:
    """Return what level 1 said and what level 2 counted, per visited spot.

    Parameters
    ----------
    spots : pandas.DataFrame
        The `.spots` table.

    Returns
    -------
    pandas.DataFrame
        `spot_id`, `kp`, `typology`, `level1` (midpoint of what informants said) and `level2` (people
        counted, before the correction for people at several spots; 0 where the spot is inactive, not
        found or a duplicate). Spots that level 1 did not name, or that nobody visited, have no row.
    """
    closed = spots["status"].isin(["inactive", "not_found", "duplicate"])
    both = spots[(spots["status"].eq("active") | closed) & spots["level1_point"].notna() & ~spots["new"]]
    counted = (both["point"] / both["duplication"]).where(~closed, 0.0)
    table = both[["spot_id", "kp", "typology"]].assign(level1=both["level1_point"], level2=counted)
    return table.reset_index(drop=True)


def lorenz_points(values: ArrayLike) -> pd.DataFrame:
    """Return the Lorenz curve: the share of people at the smallest spots, for each share of spots.

    Parameters
    ----------
    values : array-like of float
        People per spot, 0 or more; blanks are left out.

    Returns
    -------
    pandas.DataFrame
        `spots`, `people`: cumulative shares from (0, 0) to (1, 1), smallest spots first; the line of
        equality if there are no people.

    References
    ----------
    Lorenz (1905), Publications of the American Statistical Association 9 (70), 209-219.

    Examples
    --------
    >>> lorenz_points([1, 3]).to_numpy().tolist()
    [[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]]
    """
    people = np.sort(np.asarray(values, dtype=float))
    people = people[~np.isnan(people)]
    if people.sum() == 0:
        return pd.DataFrame({"spots": [0.0, 1.0], "people": [0.0, 1.0]})
    share = np.concatenate([[0.0], np.cumsum(people) / people.sum()])
    return pd.DataFrame({"spots": np.linspace(0, 1, len(share)), "people": share})


def people_by_hour(level2: pd.DataFrame, *, kp: str) -> pd.DataFrame:
    """Return people present at visited spots by day of the week and hour.

    Parameters
    ----------
    level2 : pandas.DataFrame
        The level-2 records: `spot_id`, `kp`, `status`, `usual_min`, `usual_max`, `hours` (such as
        `18-24 00-02`) and, where given, `peak_min`, `peak_max`, `peak_days`.
    kp : str
        The KP.

    Returns
    -------
    pandas.DataFrame
        `day`, `hour` (0 to 23), `people`: 168 rows, Monday first. `.attrs["spots"]` counts the spots
        behind it, `.attrs["without_hours"]` the active ones that nobody gave hours for.

    Raises
    ------
    ValueError
        If `level2` has no column of hours.

    Notes
    -----
    A spot adds the size of the day (peak size on its peak days, else usual) times the share of its
    interviews that name the hour. So it says who may be met, at most: people who come for one of the
    hours only are counted in all of them. Nobody is at two spots at once, so there is no correction for
    duplication. Hours after midnight stay with the day for which they were given. Visited spots only.
    """
    if "hours" not in level2:
        raise ValueError("level2 must have a column hours for a table by hour. Add it, such as 18-24 00-02.")
    rows = level2[level2["kp"].astype(str).eq(kp) & level2["status"].astype(str).eq("active")]
    timed = rows[rows["hours"].notna()].reset_index(drop=True)
    spot = timed["spot_id"].astype(object)
    open_hours = _mean_by(spot, np.array([_hours(text) for text in timed["hours"]]).reshape(-1, 24))
    sizes = _mean_by(spot, _size_by_day(timed))
    table = pd.MultiIndex.from_product([DAYS, range(24)], names=["day", "hour"]).to_frame(index=False)
    table["people"] = (sizes.T @ open_hours).ravel()
    table.attrs = {"spots": len(sizes), "without_hours": int(rows["spot_id"].nunique() - len(sizes))}
    return table


def _mean_by(spot: pd.Series, values: np.ndarray) -> np.ndarray:
    """Return the mean over interviews, one row per spot; blanks count as nothing said."""
    return pd.DataFrame(values).groupby(spot, sort=True).mean().fillna(0.0).to_numpy()


def _hours(text: str) -> list[bool]:
    spans = [tuple(map(int, part.split("-"))) for part in str(text).split()]
    return [any(start <= hour < end for start, end in spans) for hour in range(24)]


def _size_by_day(rows: pd.DataFrame) -> np.ndarray:
    """Return the midpoint of the peak or usual size of each interview on each day."""
    usual = ((rows["usual_min"] + rows["usual_max"]) / 2).to_numpy(float)
    if not {"peak_min", "peak_max", "peak_days"} <= set(rows.columns):
        return np.repeat(usual[:, None], 7, axis=1)
    peak = ((rows["peak_min"] + rows["peak_max"]) / 2).to_numpy(float)
    peak = np.where(np.isnan(peak), usual, peak)
    named = rows["peak_days"].fillna("").astype(str).str.split()
    is_peak = np.array([[day in days for day in DAYS] for days in named]).reshape(-1, 7)
    return np.where(is_peak, peak[:, None], usual[:, None])
