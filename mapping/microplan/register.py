"""Spots for the organisation itself: the register, and how many people are where on which day and hour."""

import numpy as np
import pandas as pd

from mapping.microplan.blocks import BLOCK_HOURS, BLOCKS
from mapping.microplan.people import BOUNDS, ESTIMATE
from mapping.release import Released
from mapping.release.withheld import WITHHELD_STATUSES, unpublished_spots
from pse.records.study import Study
from pse.records.tables import DAYS

UNIT = ["municipality", "spot_id", "kp"]
"""What one row of spots is about."""

OPEN = ("active", "not_visited")
"""Statuses of spots where people can be met."""


def spot_register(study: Study, released: Released) -> pd.DataFrame:
    """Return the register of spots: code, place, KP, typology, status, sizes, days, hours and flags.

    Parameters
    ----------
    study : Study
        For hours, peak days and marks of withdrawal.
    released : Released
        Its table `spots`.

    Returns
    -------
    pandas.DataFrame
        One row per spot x KP; empty unless the level is `restricted`. `low, central, high`: people on a
        usual day after duplication; `peak_low ... peak_high`: on the fullest day of the week (usual x the
        largest day factor, see `site_load`); `peak_days`, `hours`; `flags`: new, unsafe, do_not_publish.

    Notes
    -----
    Names and coordinates are left out at every level: the code is enough for a plan.
    """
    columns = ["municipality", "spot_id", "kp", "typology", "status", *BOUNDS]
    columns += [*(f"peak_{bound}" for bound in BOUNDS), "peak_days", "hours", "flags", "how"]
    if released.level != "restricted":
        return pd.DataFrame(columns=columns)
    spots = plain_spots(released.tables["spots"])
    names = {estimate: bound for bound, estimate in ESTIMATE.items()}
    fullest = _day_factors(study.level2, spots, released.tables["days"]).max(axis=1)
    peaks = {f"peak_{bound}": spots[estimate] * fullest for bound, estimate in ESTIMATE.items()}
    table = spots.rename(columns=names).assign(
        **peaks,
        peak_days=_said(study.level2, "peak_days", spots),
        hours=_said(study.level2, "hours", spots),
        flags=_marks(study.level2, spots),
        how="register",
    )
    return table[columns].sort_values(UNIT, ignore_index=True)


def site_load(study: Study, released: Released) -> pd.DataFrame:
    """Return expected people by spot, KP, day and block of hours.

    Parameters
    ----------
    study : Study
        For hours, peak days and sizes by day.
    released : Released
        Its tables `spots` and `days`.

    Returns
    -------
    pandas.DataFrame
        `municipality, spot_id, kp, day, block, low, central, high, open, unsafe, share_of_hours`: 42
        rows per spot x KP with people; empty unless the level is `restricted`.
        `open`: the spot is active (or was not
        visited) and somebody is expected in that block. `unsafe` holds refused spots as well.

    Notes
    -----
    Usual day x day factor x hour share. The day factor of a visited spot is its own peak size / usual size on
    its peak days, else 1; others take that of their KP in the table `days`. The hour share is the share of
    the hours named by the interviews that falls in the block; a spot without hours takes the shares of its
    KP x typology, else of its KP, else all blocks are alike. Ours: no source gives the hours. Hours after
    midnight stay with the day for which they were given. People of a day are spread over its blocks, so the
    blocks of a day add up to the people of that day.
    """
    columns = ["municipality", "spot_id", "kp", "day", "block", "low", "central", "high", "open", "unsafe"]
    if released.level != "restricted":
        return pd.DataFrame(columns=[*columns, "share_of_hours"])
    spots = plain_spots(released.tables["spots"])
    spots = spots[spots["upper"] > 0].reset_index(drop=True)
    days = _day_factors(study.level2, spots, released.tables["days"])
    hours = _hour_shares(study.level2, spots)
    n = len(spots)
    rows = spots.loc[np.repeat(np.arange(n), len(DAYS) * len(BLOCKS))].reset_index(drop=True)
    factor = (days[:, :, None] * hours[:, None, :]).reshape(-1)
    share = np.repeat(hours, len(DAYS), axis=0).reshape(-1)
    table = pd.DataFrame(
        {
            **{name: rows[name] for name in ("municipality", "spot_id", "kp")},
            "day": np.tile(np.repeat(DAYS, len(BLOCKS)), n),
            "block": np.tile(BLOCKS, n * len(DAYS)),
            "low": rows["lower"] * factor,
            "central": rows["point"] * factor,
            "high": rows["upper"] * factor,
            "open": rows["status"].isin(OPEN) & (share > 0),
            "unsafe": is_barred(rows),
            "share_of_hours": share,
        }
    )
    table = table.sort_values(UNIT, kind="stable", ignore_index=True)
    return table[[*columns, "share_of_hours"]]


def is_barred(spots: pd.DataFrame) -> pd.Series:
    """Return the spots where nobody is sent: unsafe in any interview, or refused."""
    return spots["unsafe"].astype(bool) | spots["status"].isin(WITHHELD_STATUSES)


def plain_spots(spots: pd.DataFrame) -> pd.DataFrame:
    """Return spots with codes as plain texts and rows numbered anew."""
    names = ("municipality", "kp", "spot_id", "typology", "status")
    return spots.astype(dict.fromkeys(names, object)).reset_index(drop=True)


def _active(level2: pd.DataFrame) -> pd.DataFrame:
    rows = level2[level2["status"].astype(str).eq("active")]
    return rows.astype({"spot_id": object, "kp": object})


def _keys(spots: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(spots[["spot_id", "kp"]])


def _said(level2: pd.DataFrame, column: str, spots: pd.DataFrame) -> pd.Series:
    """Return what most interviews of a spot say, the first in the alphabet of equal ones."""
    if column not in level2:
        return pd.Series("", index=spots.index)
    rows = _active(level2).dropna(subset=[column])
    most = rows.groupby(["spot_id", "kp"])[column].agg(lambda texts: texts.astype(str).mode().iloc[0])
    return pd.Series(most.reindex(_keys(spots)).fillna("").to_numpy(), index=spots.index)


def _marks(level2: pd.DataFrame, spots: pd.DataFrame) -> pd.Series:
    marks = {
        "new": spots["new"].astype(bool),
        "unsafe": spots["unsafe"].astype(bool),
        "do_not_publish": spots["spot_id"].isin(unpublished_spots(level2)),
    }
    lines = zip(*marks.values(), strict=True)
    return pd.Series([" ".join(n for n, on in zip(marks, line, strict=True) if on) for line in lines])


def _day_factors(level2: pd.DataFrame, spots: pd.DataFrame, days: pd.DataFrame) -> np.ndarray:
    """Return the factor of each spot on each day, Monday first."""
    known = days.astype({"kp": object}).pivot_table(index="kp", columns="day", values="factor", observed=True)
    known = known[list(DAYS)]
    of_kp = known.reindex(spots["kp"]).astype(float).fillna(1.0).to_numpy()
    rows = _active(level2)
    own = _own_factors(rows).reindex(_keys(spots)).to_numpy()
    return np.where(np.isnan(own), of_kp, own)


def _own_factors(rows: pd.DataFrame) -> pd.DataFrame:
    """Return peak / usual size on the days that at least half of the interviews name, else 1."""
    rows = rows.assign(usual=rows["usual_min"].astype(float) + rows["usual_max"].astype(float))
    peak = rows["peak_min"].astype(float) + rows["peak_max"].astype(float)
    rows = rows.assign(peak=peak.fillna(rows["usual"]))
    named = rows["peak_days"].fillna("").astype(str).str.split()
    for day in DAYS:
        rows[f"on_{day}"] = np.array([day in names for names in named], dtype=float)
    means = rows.groupby(["spot_id", "kp"])[["usual", "peak", *(f"on_{day}" for day in DAYS)]].mean()
    ratio = (means["peak"] / means["usual"].where(means["usual"] > 0)).to_numpy()[:, None]
    is_peak = means[[f"on_{day}" for day in DAYS]].to_numpy() >= 0.5  # half of the interviews: METHOD, 3
    return pd.DataFrame(np.where(is_peak, ratio, 1.0), index=means.index, columns=list(DAYS))


def _hour_shares(level2: pd.DataFrame, spots: pd.DataFrame) -> np.ndarray:
    """Return the share of each block of the day at each spot; each row adds up to 1."""
    even = np.full((len(spots), len(BLOCKS)), 1 / len(BLOCKS))
    rows = _active(level2)
    if "hours" not in rows or rows["hours"].isna().all():
        return even
    rows = rows.dropna(subset=["hours"])
    shares = pd.DataFrame([block_shares(str(text)) for text in rows["hours"]], columns=list(BLOCKS))
    for name in ("spot_id", "kp", "typology"):
        shares[name] = rows[name].astype(object).to_numpy()
    result = even
    for by in (["kp"], ["kp", "typology"], ["spot_id", "kp"]):  # the finest that has hours wins
        means = shares.groupby(by)[list(BLOCKS)].mean()
        wanted = pd.MultiIndex.from_frame(spots[by]) if len(by) > 1 else pd.Index(spots[by[0]])
        found = means.reindex(wanted).to_numpy()
        result = np.where(np.isnan(found), result, found)
    return result


def block_shares(hours: str) -> np.ndarray:
    """Return the share of the hours named that falls in each block.

    Parameters
    ----------
    hours : str
        Such as `18-24 00-02`.

    Examples
    --------
    >>> block_shares("18-24 00-02").tolist()
    [0.25, 0.0, 0.0, 0.0, 0.25, 0.5]
    """
    spans = [tuple(map(int, part.split("-"))) for part in hours.split()]
    inside = [
        sum(any(start <= hour < end for start, end in spans) for hour in range(first, first + BLOCK_HOURS))
        for first in range(0, BLOCK_HOURS * len(BLOCKS), BLOCK_HOURS)
    ]
    counted = np.array(inside, dtype=float)
    return counted / counted.sum()
