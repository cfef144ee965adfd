"""Coordinates as people write them: what they probably mean, proposed for a person to accept.

Nothing is mended here. A proposal is made only where exactly one reading of what stands there lies in the
country; everything else is told without a proposal. No message holds a coordinate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pse.records.said import Said, say

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Home", "home_of", "place_proposals", "read_degrees"]

AROUND = 1.0  # degrees around the seats or areas that still count as the country
BORDER = 1_000.0  # metres: so near a border either municipality is right
METRES_PER_DEGREE = 111_195.0
_SOUTH_WEST = "SWJPЈЗЮ"  # south, west: jug, perëndim; југ, запад; юг
_NORTH_EAST = "NEVLСИІВП"  # north, east: veri, lindje; север, исток, схід; північ
_DMS = re.compile(
    r"(?P<sign>[-+])?\s*(?P<d>\d{1,3})\s*[°º\s]\s*(?P<m>\d{1,2}(?:\.\d+)?)\s*(?:['’′\s]\s*(?:(?P<s>\d{1,2}(?:\.\d+)?)"
    r"\s*(?:[\"”″]|''|’’)?)?)?"
)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


def read_degrees(text: str) -> float | None:
    r"""Return the degrees that a text means: decimal, with a comma, or degrees, minutes and seconds.

    Returns None for a text that is no single angle, and never guesses at lost decimals.

    Examples
    --------
    >>> read_degrees("42,6629"), read_degrees("42°39'46.8\"N"), read_degrees("21 9.9 W")
    (42.6629, 42.663, -21.165)
    """
    plain = text.strip().upper().replace(",", ".") if text.count(",") <= 1 else text.strip().upper()
    letters = [c for c in plain if c.isalpha()]
    if len(letters) > 1 or any(c not in _SOUTH_WEST + _NORTH_EAST for c in letters):
        return None
    plain = "".join(c for c in plain if not c.isalpha()).strip()
    sign = -1.0 if letters and letters[0] in _SOUTH_WEST else 1.0
    if _NUMBER.fullmatch(plain.rstrip("°º ")):
        return sign * float(plain.rstrip("°º "))
    found = _DMS.fullmatch(plain)
    if not found or float(found["m"]) >= 60 or float(found["s"] or 0) >= 60:
        return None
    degrees = int(found["d"]) + float(found["m"]) / 60 + float(found["s"] or 0) / 3600
    return round(sign * (-degrees if found["sign"] == "-" else degrees), 7)


@dataclass(frozen=True)
class Home:
    """The box in which the places of a study must lie, in degrees, and the areas if there are any."""

    south: float
    west: float
    north: float
    east: float
    areas: gpd.GeoDataFrame | None = None

    def holds(self, lat: float | np.ndarray, lon: float | np.ndarray) -> np.ndarray:
        """Return whether places lie in the box; a blank one does not."""
        return np.asarray((self.south <= lat) & (lat <= self.north) & (self.west <= lon) & (lon <= self.east))


def home_of(municipalities: pd.DataFrame, areas: gpd.GeoDataFrame | None = None) -> Home | None:
    """Return where places must lie: a degree around the areas, else around the seats; None without both.

    Parameters
    ----------
    municipalities : pandas.DataFrame
        With `lat` and `lon` of the seats, where known.
    areas : geopandas.GeoDataFrame, optional
        `municipality` and polygons in degrees (WGS 84).
    """
    if areas is not None and len(areas):
        west, south, east, north = areas.total_bounds
    elif {"lat", "lon"} <= set(municipalities) and municipalities[["lat", "lon"]].notna().all(axis=1).any():
        seats = municipalities[["lat", "lon"]].astype(float)
        (south, west), (north, east) = seats.min(), seats.max()
    else:
        return None
    return Home(south - AROUND, west - AROUND, north + AROUND, east + AROUND, areas)


def place_proposals(places: pd.DataFrame, home: Home | None) -> pd.DataFrame:
    """Return every place that is probably wrong, and what it probably should be.

    Parameters
    ----------
    places : pandas.DataFrame
        `lat`, `lon` as they were entered (text or numbers), and `municipality`.
    home : Home or None
        Where places must lie; without it only 0/0, decimal commas and degrees with minutes are found.

    Returns
    -------
    pandas.DataFrame
        `position` (of the row in `places`, from 0), `rule`, `message`, `lat`, `lon` (proposed; blank where
        the place should be left out or nothing is known). One row a place, in the order of `places`.

    Notes
    -----
    Rules: `zero`, `not_degrees` (cannot be read), `written` (a comma, or degrees and minutes), `swapped`,
    `lost_point` (42663000 for 42.663), `sign`, `abroad`, `other_municipality` (more than 1 km outside the
    polygon of its own). Places of two wrongs at once are proposed only if exactly one reading is at home.

    Examples
    --------
    >>> seats = pd.DataFrame({"lat": [42.0, 43.0], "lon": [20.0, 21.5]})
    >>> places = pd.DataFrame({"lat": ["20.9", "42663000"], "lon": ["42.6", "21,1"], "municipality": "M1"})
    >>> place_proposals(places, home_of(seats))[["rule", "lat", "lon"]].to_numpy().tolist()
    [['swapped', 42.6, 20.9], ['lost_point', 42.663, 21.1]]
    """
    rows = []
    lat, lon = places["lat"].to_numpy(dtype=object), places["lon"].to_numpy(dtype=object)
    inside = np.zeros(len(places), dtype=bool)
    for position, (one, other) in enumerate(zip(lat, lon, strict=True)):
        if _blank(one) and _blank(other):
            continue
        rule, place = _judge(one, other, home)
        inside[position] = rule == ""
        if rule:
            rows.append((position, rule, place))
    rows += [(int(at), "other_municipality", None) for at in _elsewhere(places, inside, home)]
    rows.sort(key=lambda row: row[0])
    return pd.DataFrame(
        {
            "position": pd.Series([position for position, _, _ in rows], dtype=int),
            "rule": [rule for _, rule, _ in rows],
            "message": [_message(rule, place) for _, rule, place in rows],
            "lat": pd.Series([place[0] if place else np.nan for _, _, place in rows], dtype=float),
            "lon": pd.Series([place[1] if place else np.nan for _, _, place in rows], dtype=float),
        }
    )


Place = tuple[float, float]


def _blank(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and np.isnan(value))


def _judge(lat: object, lon: object, home: Home | None) -> tuple[str, Place | None]:
    """Return which rule a place breaks, empty for none, and the place that is probably meant."""
    one, other = (read_degrees(str(value)) if not _blank(value) else None for value in (lat, lon))
    if one is None or other is None:
        return "not_degrees", None
    if one == 0 and other == 0:
        return "zero", None
    written = not (_is_plain(lat) and _is_plain(lon))
    if home is None:
        fits = abs(one) <= 90 and abs(other) <= 180
        return ("written", (one, other)) if written and fits else ("" if fits else "abroad", None)
    if home.holds(one, other):
        return ("written", (one, other)) if written else ("", None)
    readings = [
        (rule, place)
        for rule, found in _readings(one, other).items()
        for place in found
        if home.holds(*place)
    ]
    places = {place for _, place in readings}
    return readings[0] if len(places) == 1 else ("abroad", None)


def _is_plain(value: object) -> bool:
    return not isinstance(value, str) or _NUMBER.fullmatch(value.strip()) is not None


def _readings(lat: float, lon: float) -> dict[str, list[Place]]:
    """Return other places that two numbers may mean, by rule."""
    return {
        "swapped": [(lon, lat)],
        "sign": [(-lat, lon), (lat, -lon), (-lat, -lon)],
        "lost_point": [place for one, other in ((lat, lon), (lon, lat)) for place in _with_point(one, other)],
    }


def _with_point(lat: float, lon: float) -> list[Place]:
    """Return the places with a decimal point set into the numbers that are too large for degrees."""
    return [(a, b) for a in _shifted(lat, 90) for b in _shifted(lon, 180) if (a, b) != (lat, lon)]


def _shifted(value: float, most: float) -> list[float]:
    if abs(value) <= most:
        return [value]
    digits = len(str(int(abs(value))))
    return [float(f"{value / 10**power:.10g}") for power in range(digits - 3, digits) if power > 0]


def _elsewhere(places: pd.DataFrame, inside: np.ndarray, home: Home | None) -> np.ndarray:
    """Return the rows whose place is well outside the polygon of their municipality."""
    if home is None or home.areas is None or not inside.any():
        return np.empty(0, dtype=int)
    import geopandas as gpd

    at = np.flatnonzero(inside)
    points = gpd.GeoSeries(
        gpd.points_from_xy(
            [float(v) for v in places["lon"].iloc[at]], [float(v) for v in places["lat"].iloc[at]]
        ),
        crs=home.areas.crs,
    )
    metric = home.areas.estimate_utm_crs()
    polygon = home.areas.set_index("municipality").geometry.to_crs(metric)
    own = places["municipality"].iloc[at].map(polygon.to_dict()).reset_index(drop=True)
    known = own.notna().to_numpy()
    owned = gpd.GeoSeries(own[known].tolist(), crs=metric)
    metres = points[known].reset_index(drop=True).to_crs(metric).distance(owned)
    return at[known][(metres > BORDER).to_numpy()]


def _message(rule: str, place: Place | None) -> Said:
    if place is None:
        return say(f"coordinates.{rule}")
    return say("coordinates.proposed", what=say(f"coordinates.{rule}"))
