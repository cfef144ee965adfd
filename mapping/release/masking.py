"""Masking: move every spot by a secret distance, or show no point where too few others are near.

Who sees a masked point knows the rules and both distances: the spot lies in a ring round that point, within
the same municipality. That ring is the uncertainty area. Only the key is secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Proj
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from mapping.release.private import check_owner_only, refuse_output_folder, write_new
from mapping.release.withheld import WITHHELD_STATUSES
from pse import checks

__all__ = ["SHOWN", "mask_points", "read_or_make_key"]

KEY_BYTES = 32
TRIES = 200
SHOWN, NO_COORDINATE, OUTSIDE, NO_PLACE, FEW = "", "no coordinate", "outside", "no place", "k"
"""Reasons of a row: shown; no coordinate; not in its own municipality; no valid place; too few others."""

_SCALE_ERROR = 0.02  # of a projected CRS, at the spots
_SAME_PLACE = 10.0  # metres


@dataclass(frozen=True)
class _Ring:
    """Where a spot may lie round its masked point, metres."""

    minimum: float
    maximum: float

    def around(self, points: Any) -> Any:
        """Return the ring round each point; distance is the same both ways, so it serves both."""
        outer = shapely.buffer(points, self.maximum, quad_segs=32)
        return shapely.difference(outer, shapely.buffer(points, self.minimum, quad_segs=32))


@dataclass(frozen=True)
class _Candidates:
    """Plausible venues of one municipality (and typology): places, metres, and weights, 1 / square metre."""

    places: NDArray[np.float64]
    weights: NDArray[np.float64]


def read_or_make_key(path: str | Path, *, outputs: Iterable[str | Path] = ()) -> bytes:
    """Return the secret key of the masks of a project; make it the first time.

    Parameters
    ----------
    path : str or pathlib.Path
        The key file, beside the records of the study. Who has it and the masked points has the spots. Do not
        lose it: a new key gives every spot a second point, and two points say more than one.
    outputs : iterable of str or pathlib.Path
        Folders that results are written to; the key may not lie in them.

    Returns
    -------
    bytes
        32 bytes from the random numbers of the operating system.

    Raises
    ------
    ValueError
        If the file lies among results, can be read by others, or is no key.
    """
    path = Path(path)
    refuse_output_folder(path, name="key", outputs=outputs)
    with suppress(FileExistsError):
        write_new(path, secrets.token_bytes(KEY_BYTES))
    check_owner_only(path, name="key")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(
            f"key must be a file of {KEY_BYTES} bytes; got {len(key)}. Restore it from the backup."
        )
    return key


def mask_points(
    spots: gpd.GeoDataFrame,
    *,
    key: bytes,
    minimum: float,
    maximum: float,
    areas: gpd.GeoDataFrame,
    residents: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    withheld: Collection[str],
    k_residents: int = 1000,
    k_venues: int = 5,
) -> gpd.GeoDataFrame:
    """Return a masked point for every spot that can have one, for maps at `programme`.

    Parameters
    ----------
    spots : geopandas.GeoDataFrame
        `spot_id` (once each), `municipality`, point geometry in a projected CRS in metres, such as UTM, that
        keeps distances there; `status`, `unsafe`, `do_not_publish` and `typology` where known.
    key : bytes
        From `read_or_make_key`.
    minimum, maximum : float
        Distances in metres, 0 < minimum < maximum. Keep them, and the CRS, for the whole project: with other
        ones every spot gets a second point, and two points say more than one.
    areas : geopandas.GeoDataFrame
        `municipality` and polygons, in any CRS. Schematic cells are not good enough. Keep them too: near a
        changed border a spot may get a second point.
    residents : geopandas.GeoDataFrame
        `adults` and either polygons, within which adults live evenly, or points, such as a grid.
    venues : geopandas.GeoDataFrame
        Points where a stranger would look for such a spot. With a column `typology` in `venues` and `spots`,
        only venues of the typology of the spot count: partners are told the typology.
    withheld : collection of str
        Codes that never leave, from `withheld_spots(study)`.
    k_residents, k_venues : int
        Smallest number of adults and of plausible venues in the uncertainty area.

    Returns
    -------
    geopandas.GeoDataFrame
        `spot_id`, `masked` (bool), `reason` and `geometry`, by spot_id, in the CRS of `spots`. Without
        a point, `geometry` is None and `reason` is `no coordinate`, `outside` (the spot is not in its
        municipality), `no place` or `k`. Withheld, refused and unsafe spots have no row.

    Raises
    ------
    ValueError
        For a geographic CRS, one that is not in metres or distorts distances by over 2 % there, distances out
        of order, a short key, and missing columns.

    Notes
    -----
    Uniform direction; radius sqrt(u (R^2 - r^2) + r^2), so that every square metre of the ring is as likely;
    both from HMAC-SHA256(key, spot and number of the try). The first try in the municipality counts, and k is
    judged there once: drawing again until k holds would make some venues likelier than others. Venues are
    weighed by how likely they lead to this very point (near a border fewer tries are valid), and venues
    within 10 m of each other are one. So no venue, and not the spot, is likelier than 1 in `k_venues`.

    Assumes that no spot has two codes: two points of one place say more than one.

    Sources: donut masking, Hampton et al., Am J Epidemiol 2010; HMAC, RFC 2104.
    """
    _check_key(key)
    _check_distances(minimum, maximum)
    checks.count(k_residents=k_residents, k_venues=k_venues, at_least=1)
    _check_spots(spots)
    kept = _kept(spots, withheld)
    _check_distortion(kept)
    ring = _Ring(float(minimum), float(maximum))
    land = _land(areas, spots.crs)
    if not ("typology" in kept and "typology" in venues):
        kept, venues = kept.assign(typology=""), venues.assign(typology="")
    tried = [_try(spot, land, key, ring, spots.crs) for spot in _rows(kept)]
    adults = _adults(residents, spots.crs)
    candidates = _candidates(venues, land, ring, spots.crs)
    found = [
        (reason, place)
        if place is None
        or (
            _adults_near(place, land[spot["municipality"]], adults, ring) >= k_residents
            and _venues_near(spot, place, land, candidates, ring) >= k_venues
        )
        else (FEW, None)
        for spot, (reason, place) in zip(_rows(kept), tried, strict=True)
    ]
    return _result(kept, found, spots.crs)


def _result(
    kept: gpd.GeoDataFrame, found: list[tuple[str, shapely.Point | None]], crs: CRS
) -> gpd.GeoDataFrame:
    table = pd.DataFrame({"spot_id": _text(kept["spot_id"]), "reason": [reason for reason, _ in found]})
    table.insert(1, "masked", table["reason"].eq(SHOWN))
    return gpd.GeoDataFrame(table, geometry=[place for _, place in found], crs=crs)


def _kept(spots: gpd.GeoDataFrame, withheld: Collection[str]) -> gpd.GeoDataFrame:
    """Return the spots that may come out, by code; what is not plainly publishable may not."""
    barred = _text(spots["spot_id"]).isin({str(code) for code in withheld})
    if "status" in spots:
        barred |= spots["status"].isin(WITHHELD_STATUSES)
    for name in ("unsafe", "do_not_publish"):
        if name in spots:
            barred |= ~spots[name].eq(False)
    kept = spots[~barred.astype(bool)]
    return kept.iloc[np.argsort(_text(kept["spot_id"]).to_numpy(), kind="stable")].reset_index(drop=True)


def _rows(kept: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    columns = (_text(kept["spot_id"]), _text(kept["municipality"]), kept["typology"], kept.geometry)
    names = ("spot_id", "municipality", "typology", "place")
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _try(
    spot: Mapping[str, Any], land: Mapping[str, BaseGeometry], key: bytes, ring: _Ring, crs: CRS
) -> tuple[str, shapely.Point | None]:
    """Return the reason and the first displaced place that lies in the municipality of the spot."""
    place = spot["place"]
    if place is None or place.is_empty or not math.isfinite(place.x + place.y):
        return NO_COORDINATE, None
    home = land.get(spot["municipality"])
    if home is None or not home.covers(place):
        return OUTSIDE, None
    for number in range(TRIES):
        u, v = _uniforms(key, spot["spot_id"], ring.minimum, ring.maximum, crs.to_string(), number)
        radius, angle = _radius(u, minimum=ring.minimum, maximum=ring.maximum), 2 * math.pi * v
        moved = shapely.Point(place.x + radius * math.cos(angle), place.y + radius * math.sin(angle))
        if home.contains(moved):
            return SHOWN, moved
    return NO_PLACE, None


def _radius(u: float, *, minimum: float, maximum: float) -> float:
    """Return the distance in metres that makes every square metre of the ring as likely, u in [0, 1)."""
    return math.sqrt(u * (maximum**2 - minimum**2) + minimum**2)


def _uniforms(key: bytes, *message: str | float) -> tuple[float, float]:
    """Return two numbers in [0, 1) that nobody can tell without the key.

    All that changes the draw is in the message. The same draw at other distances, or in another CRS, would
    put two points on one line through the spot.
    """
    digest = hmac.digest(key, json.dumps(["pse mask 1", *message]).encode(), hashlib.sha256)
    first, second = (int.from_bytes(digest[i : i + 8]) >> 11 for i in (0, 8))
    return first / 2**53, second / 2**53


def _land(areas: gpd.GeoDataFrame, crs: CRS) -> dict[str, BaseGeometry]:
    """Return code -> polygon, ready for many questions."""
    areas = _in_crs(areas, crs, name="areas", columns=("municipality",))
    merged = areas.assign(municipality=_text(areas["municipality"])).dissolve("municipality").geometry
    shapely.prepare(merged.to_numpy())
    return dict(zip(merged.index, merged.to_numpy(), strict=True))


def _adults(residents: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Return `adults` (a blank counts as none), `square_metres` (0 for points) and the geometry."""
    residents = _in_crs(residents, crs, name="residents", columns=("adults",))
    adults = pd.to_numeric(residents["adults"]).astype(float).fillna(0.0)
    if not (np.isfinite(adults) & (adults >= 0)).all():
        raise ValueError("adults must be 0 or more in every row of residents; got others. Correct them.")
    return residents.assign(adults=adults, square_metres=residents.area)


def _adults_near(point: shapely.Point, home: BaseGeometry, adults: gpd.GeoDataFrame, ring: _Ring) -> float:
    """Return the adults in the uncertainty area."""
    area = shapely.intersection(ring.around(point), home)
    near = adults.iloc[adults.sindex.query(area, predicate="intersects")]
    shared = shapely.area(shapely.intersection(near.geometry.to_numpy(), area))
    whole = near["square_metres"].to_numpy()
    share = np.divide(shared, whole, out=np.ones_like(whole), where=whole > 0)
    return float((near["adults"].to_numpy() * share).sum())


def _candidates(
    venues: gpd.GeoDataFrame, land: Mapping[str, BaseGeometry], ring: _Ring, crs: CRS
) -> dict[tuple[str, str], _Candidates]:
    """Return (municipality, typology) -> its different places. A venue without a typology counts for none."""
    venues = _in_crs(venues, crs, name="venues", columns=())
    if not venues.geom_type.eq("Point").all():
        raise ValueError("venues must be points; got others. Take the middle of each building.")
    found = {}
    for typology, rows in venues.groupby("typology"):
        for code, home in land.items():
            points = rows.geometry.to_numpy()[shapely.covers(home, rows.geometry.to_numpy())]
            places = _different(shapely.get_coordinates(points))
            weights = 1 / _valid_area(shapely.points(places), home, ring)
            found[code, str(typology)] = _Candidates(places, weights)
    return found


def _different(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one place of each set of places that are linked by steps of at most 10 m."""
    if len(places) < 2:
        return places
    pairs = cKDTree(places).query_pairs(_SAME_PLACE, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(places),) * 2)
    _, label = connected_components(links, directed=False)
    return places[np.unique(label, return_index=True)[1]]


def _valid_area(points: NDArray[Any], home: BaseGeometry, ring: _Ring) -> NDArray[np.float64]:
    """Return how many square metres of the ring round each point lie in the municipality."""
    area = np.full(len(points), shapely.area(ring.around(shapely.Point(0, 0))))
    cut = shapely.dwithin(home.boundary, points, ring.maximum)
    area[cut] = shapely.area(shapely.intersection(ring.around(points[cut]), home))
    return np.maximum(area, 1e-6)


def _venues_near(
    spot: Mapping[str, Any],
    point: shapely.Point,
    land: Mapping[str, BaseGeometry],
    candidates: Mapping[tuple[str, str], _Candidates],
    ring: _Ring,
) -> float:
    """Return 1 / the chance of the likeliest candidate, given the masked point; 0 where there is none."""
    venues = candidates.get((spot["municipality"], str(spot["typology"])))
    if venues is None or len(venues.places) == 0:
        return 0.0
    distance = np.hypot(*(venues.places - (point.x, point.y)).T)
    weights = venues.weights[(distance >= ring.minimum) & (distance <= ring.maximum)]
    own = 1 / _valid_area(np.array([spot["place"]]), land[spot["municipality"]], ring)[0]
    return float(weights.sum() / max(own, weights.max(initial=0.0)))


def _in_crs(frame: gpd.GeoDataFrame, crs: CRS, *, name: str, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    missing = [column for column in columns if column not in frame]
    if missing:
        raise ValueError(f"{name} must have the column {missing[0]}; got none of this name. Add it.")
    if frame.crs is None:
        raise ValueError(f"{name} must say its coordinate system; got none. Set it by set_crs.")
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs(crs).reset_index(drop=True)
    return frame.set_geometry(shapely.make_valid(frame.geometry.to_numpy()), crs=crs)


def _check_key(key: bytes) -> None:
    if not isinstance(key, bytes) or len(key) < KEY_BYTES:
        raise ValueError(f"key must be at least {KEY_BYTES} secret bytes; got another. Use read_or_make_key.")


def _check_distances(minimum: float, maximum: float) -> None:
    checks.positive(minimum=minimum, maximum=maximum)
    if not minimum < maximum:
        raise ValueError(f"maximum must be above minimum ({minimum}); got {maximum}. Both are in metres.")


def _check_spots(spots: gpd.GeoDataFrame) -> None:
    crs = spots.crs
    if crs is None or crs.is_geographic or not crs.is_projected:
        raise ValueError(
            "spots must be in a projected CRS in metres; got degrees or no CRS. "
            "Use to_crs with the UTM zone of the country: a degree is no distance."
        )
    if any(abs(axis.unit_conversion_factor - 1) > 1e-9 for axis in crs.axis_info[:2]):
        raise ValueError("spots must be in a projected CRS in metres; got another unit. Use to_crs.")
    for name in ("spot_id", "municipality"):
        if name not in spots:
            raise ValueError(f"spots must have the column {name}; got none of this name. Add it.")
    again = int(spots["spot_id"].duplicated().sum())
    if again or spots["spot_id"].isna().any():
        raise ValueError(
            f"spot_id must be there, and once; got {again} again. Give one row per spot, not one per KP."
        )
    if not spots.geom_type.dropna().eq("Point").all():
        raise ValueError("spots must be points; got other shapes.")


def _check_distortion(kept: gpd.GeoDataFrame) -> None:
    """Refuse a CRS in which a metre is not a metre there, such as that of web maps."""
    corners = kept.geometry.dropna()
    corners = corners[~corners.is_empty].to_crs("EPSG:4326")
    if corners.empty:
        return
    west, south, east, north = corners.total_bounds
    factors = Proj(kept.crs).get_factors(np.array([west, west, east, east]), np.array([south, north] * 2))
    scales = np.concatenate([np.atleast_1d(factors.meridional_scale), np.atleast_1d(factors.parallel_scale)])
    if not (np.abs(scales - 1) <= _SCALE_ERROR).all():
        raise ValueError(
            "spots must be in a CRS that keeps distances there within 2 %; got one that does not. "
            "Use the UTM zone of the country."
        )


def _text(column: pd.Series) -> pd.Series:
    return column.astype(object).map(str).reset_index(drop=True).set_axis(column.index)
