"""People at spots that nobody named: a component of its own, off by default (METHOD, section 4)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pse.spots.naming import fit_naming, missed_spots, missing_share, more_informants
from pse.spots.options import Options
from pse.spots.sizes import SpotSizes
from pse.spots.sums import indicator
from pse.spots.three import Three
from pse.spots.totals import Cells, Groups
from pse.spots.units import Units
from pse.spots.unlisted_draws import Missing, Naming, less_known

LIST = "list"
"""`informant_type` of rows that come from other sources: they are no nominations."""

SEVERAL_ZONES = 0.1
"""Where more than this share of informants name spots in several zones, a municipality is one zone."""

COLUMNS = [
    *("municipality", "kp", "informants", "zones", "named", "once", "twice", "missed_spots", "coverage"),
    *("more_informants", "new_spots", "people"),
]


@dataclass(frozen=True)
class Unlisted:
    """Unlisted spots: people by cell, what is drawn of each KP, the table beside them, and notices."""

    people: Three
    draws: tuple[Naming | Missing, ...]
    table: pd.DataFrame
    notices: tuple[str, ...]


@dataclass(frozen=True)
class _Nominations:
    """Namings by informants, without lists: `named` k and `informants` t of each unit, `zone` of each."""

    named: np.ndarray
    informants: np.ndarray
    zone: np.ndarray
    silent: int


def find_unlisted(
    level1: pd.DataFrame, units: Units, people: Three, size: np.ndarray, cells: Cells, *, options: Options
) -> Unlisted:
    """Estimate people at unlisted spots by municipality and KP.

    Parameters
    ----------
    level1 : pandas.DataFrame
        Checked table; every informant is a row, also those who named nothing.
    units, cells
        Units of the study and its municipality x KP cells.
    people : Three
        U, people at every unit after duplication.
    size : numpy.ndarray, shape (units,)
        E, people at every unit if it is open, before duplication; naming depends on it.
    options : Options
        `unlisted`: ``chao2`` counts missed spots and gives each the people of a spot named once; ``people``
        weights every named spot by its chance of being named.

    Returns
    -------
    Unlisted
        `table` has, by `municipality, kp`: informants, zones, spots named, once and twice named, missed
        spots by Chao2, coverage, how many more informants (over all its zones) raise coverage to 95 %, new
        spots that level 2 found, and people at unlisted spots.

    Notes
    -----
    ``people``: sum over named spots of U / (1 - (1 - p)^t), less people already known at all spots (named,
    from lists, found at level 2), never below 0. Spots found at level 2 are taken off because they are in
    the total already (ours; METHOD names listed spots only).
    """
    kp = units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    cell = cells.of_units(units)
    said = _nominations(level1, units)
    table = _table(said, units, kp, cells)
    parts: list[Naming | Missing] = []
    total, notices = Three.zeros(cells.n), []
    for code, name in enumerate(units.kps):
        of_kp = kp == code
        make = _missing if options.unlisted == "chao2" else _by_naming
        part = make(said, of_kp, cell, people.point, size, table, name, cells)
        if part is None:
            notices.append(
                f"{name}: spots that nobody named cannot be estimated, because too few spots were named by "
                "some informants and not by others."
            )
            continue
        parts.append(part)
        total = total + _people(part, people)
    if parts and said.silent == 0:
        notices.append(
            "No informant is recorded as having named nothing; if such rows are missing from level1, the "
            "unlisted component is 1 to 2% of the total too high."
        )
    table = table.assign(people=total.point[cells.of(table)])[COLUMNS]
    return Unlisted(total, tuple(parts), table, (*notices, *_level2_check(table)))


def nobody_unlisted(cells: Cells) -> Unlisted:
    """Return the component when it was not asked for: nobody, and nothing to draw."""
    return Unlisted(Three.zeros(cells.n), (), pd.DataFrame(columns=COLUMNS), ())


def open_sizes(groups: Groups, sizes: SpotSizes, units: Units, *, size_basis: str) -> np.ndarray:
    """Return E of every unit that may be open: level 2 where visited, else level 1 x R of active spots.

    R is sum(E2) / sum(E1) over the active visited spots of the KP, 1 where there is none: a spot that is not
    visited may be closed, but if it holds people, this is how many. Closed spots are 0.
    """
    kp = units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    seen = sizes.validated(size_basis).point
    n = len(units.kps)
    first = np.bincount(kp[groups.active], weights=sizes.level1.point[groups.active], minlength=n)
    second = np.bincount(kp[groups.active], weights=seen[groups.active], minlength=n)
    ratio = np.divide(second, first, out=np.ones(n), where=(first > 0) & (second > 0))
    named = np.where(groups.unvisited, sizes.level1.point * ratio[kp], 0.0)
    return np.where(groups.active | groups.new, seen, named)


def _people(part: Naming | Missing, people: Three) -> Three:
    """Return the component at point, lower and upper: one factor on each, as for R and D."""
    if isinstance(part, Missing):
        return Three(*(part.spots * (values[part.once].mean()) for values in people.parts()))
    rate = part.informants * np.exp(part.coefficients[0] + part.coefficients[1] * part.log_size)
    odds = 1 / np.expm1(np.minimum(rate, 500))
    before = part.sums @ odds
    known = part.known @ np.ones(part.known.columns)
    share = less_known(before[:, None], known).sum() / before.sum() if before.sum() > 0 else 0.0
    ends = []
    for values in people.parts():
        point = people.point[part.named]
        ratio = np.divide(values[part.named], point, out=np.ones_like(point), where=point > 0)
        ends.append((part.sums @ (odds * ratio)) * share)
    return Three(*ends)


def _nominations(level1: pd.DataFrame, units: Units) -> _Nominations:
    """Count who named what, and how many informants could have."""
    rows = level1.assign(unit=units.level1)[(level1["informant_type"] != LIST).to_numpy()]
    places = rows["municipality"].astype(object)
    zones = rows["zone"].astype(object).where(rows["zone"].notna(), "")
    several = _name_in_several_zones(rows, zones)
    zone_of_row = places if several else places + "\x1f" + zones
    unit_place = units.table["municipality"].astype(object)
    unit_zone = units.table["zone"].astype(object).where(units.table["zone"].notna(), "")
    zone_of_unit = unit_place if several else unit_place + "\x1f" + unit_zone
    named = rows["unit"] >= 0
    pairs = pd.DataFrame({"who": rows["interview_id"], "zone": zone_of_row, "place": places, "named": named})
    silent = pairs.groupby("who")["named"].transform("any").eq(False)
    known_zones = set(zone_of_unit)
    lost = pairs[silent & ~pairs["zone"].isin(known_zones)]  # named nothing and no zone recorded: shared out
    per_zone = pairs[~pairs.index.isin(lost.index)].drop_duplicates(["who", "zone"])
    count = per_zone.groupby("zone")["who"].size().astype(float)
    place_of_zone = per_zone.drop_duplicates("zone").set_index("zone")["place"]
    in_place = count.groupby(place_of_zone).sum()
    extra = lost.drop_duplicates("who").groupby("place")["who"].size()
    grow = 1 + (extra / in_place).reindex(place_of_zone.loc[count.index]).fillna(0).to_numpy()
    count = count * grow
    k = np.bincount(rows.loc[named, "unit"], minlength=len(units.table))
    codes, _ = pd.factorize(zone_of_unit)
    t = zone_of_unit.map(count).fillna(0).to_numpy(dtype=float)
    return _Nominations(k, np.maximum(t, k), codes, int(pairs.loc[silent, "who"].nunique()))


def _name_in_several_zones(rows: pd.DataFrame, zones: pd.Series) -> bool:
    named = rows.assign(zone=zones)[rows["unit"] >= 0]
    by_who = named.groupby("interview_id").agg(spots=("unit", "size"), zones=("zone", "nunique"))
    several = by_who[by_who["spots"] > 1]
    return len(several) > 0 and float((several["zones"] > 1).mean()) > SEVERAL_ZONES


def _table(said: _Nominations, units: Units, kp: np.ndarray, cells: Cells) -> pd.DataFrame:
    """Return the table by municipality and KP, `people` left to the caller."""
    frame = pd.DataFrame(
        {
            "municipality": units.table["municipality"].astype(object),
            "kp": np.asarray(units.kps, dtype=object)[kp] if len(kp) else kp,
            "zone": said.zone,
            "informants": said.informants,
            "namings": said.named,
            "named": said.named > 0,
            "once": said.named == 1,
            "twice": said.named == 2,
            "new_spots": units.table["new"],
        }
    )
    keys = ["municipality", "kp"]
    by_zone = frame.groupby([*keys, "zone"], as_index=False).agg(
        informants=("informants", "max"),
        **{name: (name, "sum") for name in ("namings", "named", "once", "twice", "new_spots")},
    )
    missed, variance = missed_spots(
        **{name: by_zone[name].to_numpy(dtype=float) for name in ("once", "twice", "informants")}
    )
    by_zone = by_zone.assign(missed_spots=missed, variance=variance)
    rows = [{**dict(zip(keys, key, strict=True)), **_row(zones)} for key, zones in by_zone.groupby(keys)]
    return pd.DataFrame(rows, columns=[*COLUMNS[:-1], "variance"])


def _row(zones: pd.DataFrame) -> dict[str, float]:
    counts: dict[str, Any] = {
        name: zones[name].to_numpy(dtype=float) for name in ("once", "twice", "informants")
    }
    namings = float(zones["namings"].sum())
    sums = ("informants", "named", "once", "twice", "missed_spots", "new_spots", "variance")
    return {
        **{name: zones[name].sum() for name in sums},
        "zones": len(zones),
        "coverage": 1 - missing_share(**counts, namings=namings),
        "more_informants": more_informants(**counts, namings=namings) * len(zones),
    }


def _missing(
    said: _Nominations,
    of_kp: np.ndarray,
    cell: np.ndarray,
    people: np.ndarray,
    size: np.ndarray,
    table: pd.DataFrame,
    name: str,
    cells: Cells,
) -> Missing | None:
    once = np.flatnonzero(of_kp & (said.named == 1))
    rows = table[table["kp"] == name]
    if len(once) == 0 or rows["informants"].max() < 2:
        return None
    at = cells.of(rows)
    spots, variance = np.zeros(cells.n), np.zeros(cells.n)
    spots[at[at >= 0]] = rows["missed_spots"].to_numpy()[at >= 0]
    variance[at[at >= 0]] = rows["variance"].to_numpy()[at >= 0]
    log_variance = np.log1p(np.divide(variance, spots**2, out=np.zeros(cells.n), where=spots > 0))
    return Missing(spots, log_variance, once, people[once])


def _by_naming(
    said: _Nominations,
    of_kp: np.ndarray,
    cell: np.ndarray,
    people: np.ndarray,
    size: np.ndarray,
    table: pd.DataFrame,
    name: str,
    cells: Cells,
) -> Naming | None:
    named = np.flatnonzero(of_kp & (said.named > 0) & (size > 0) & (cell >= 0))
    fit = fit_naming(said.named[named], said.informants[named], np.log(size[named])) if len(named) else None
    if fit is None:
        return None
    coefficients, covariance = fit
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    sums = indicator(cell[named], n=cells.n, values=people[named])
    known = indicator(np.where(of_kp & (said.named == 0), 0, -1), n=1, values=people)
    log_size, t = np.log(size[named]), said.informants[named]
    return Naming(coefficients, root, named, log_size, t, sums, known)


def _level2_check(table: pd.DataFrame) -> list[str]:
    """Say where level 2 found more new spots than Chao2 expected to be missing."""
    sums = table.groupby("kp")[["new_spots", "missed_spots"]].sum()
    return [
        f"{kp}: level 2 found {int(row['new_spots'])} new spots, more than the "
        f"{row['missed_spots']:.0f} that Chao2 (a lower bound) says informants missed."
        for kp, row in sums.iterrows()
        if row["new_spots"] > row["missed_spots"] and row["new_spots"] > 0
    ]
