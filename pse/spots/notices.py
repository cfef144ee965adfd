"""Sentences and checks beside the numbers: what to look at before using them."""

import numpy as np
import pandas as pd

from pse.records.study import Study
from pse.spots.units import Units
from pse.spots.virtual import Virtual, share_on_platforms


def chain_notices(study: Study, units: Units, ratios: pd.DataFrame) -> list[str]:
    """Return the sentences that a reader of the numbers should know, without a name or a coordinate."""
    notices = []
    for _, row in ratios[ratios["rests_on"].str.startswith("1:")].iterrows():
        if row["unvisited"] > 0:
            notices.append(
                f"{row['kp']}, {row['stratum']}: {row['unvisited']} unvisited spot(s) keep their level-1 "
                f"size (R = {row['rests_on']})."
            )
    notices += _size_notices(ratios)
    blind = units.table
    unknown = int((blind["new"] & blind["status"].isin(["refused", "unsafe"])).sum())
    if unknown:
        notices.append(f"{unknown} new spot(s) were refused or unsafe: no size is known, they count as 0.")
    for _, row in study.overrides.iterrows():
        notices.append(
            f"{row['kp']}: one municipal total was overridden; the computed one is kept beside it."
        )
    return notices


def _size_notices(ratios: pd.DataFrame) -> list[str]:
    """Say for which KPs the visited spots were not like the unvisited ones in level-1 size."""
    used = ratios[ratios["unvisited"] > 0]
    notices = []
    for kp, rows in used.groupby("kp"):
        flagged = rows[rows["flag"]]
        if len(flagged):
            names = ", ".join(f"{row['stratum']} {row['difference']:+.0%}" for _, row in flagged.iterrows())
            notices.append(
                f"{kp}: visited spots differ by more than 10% from unvisited ones in level-1 size ({names}), "
                "so R may not hold there; compare ratio_strata='size'."
            )
    return notices


def checks_table(study: Study, online: Virtual, components: pd.DataFrame) -> pd.DataFrame:
    """Return checks of one answer against another: people of platforms at spots, and the other way round.

    Virtual people x v should equal people at spots x g, g the share of people at spots who use platforms.
    """
    rows = []
    at_spots = components[components["component"] == "spots"].groupby("kp")["point"].sum()
    kp_of_row = study.virtual["kp"].to_numpy(dtype=object)
    for kp in sorted(set(study.virtual["kp"])):
        share = share_on_platforms(study.people, kp)
        if share is None:
            continue
        of_kp = kp_of_row == kp
        seen_online = float(np.sum((online.everybody * online.at_spots)[of_kp]))
        seen_at_spots = float(at_spots.get(kp, 0.0)) * share
        rows.append(
            {
                "kp": kp,
                "check": "people on platforms who come to spots",
                "from_platforms": seen_online,
                "from_spots": seen_at_spots,
                "ratio": seen_online / seen_at_spots if seen_at_spots > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows, columns=["kp", "check", "from_platforms", "from_spots", "ratio"])
