"""People by typology of spot and by type of platform."""

import pandas as pd

from pse.spots.three import Three
from pse.spots.virtual import Virtual


def typologies_table(spots: pd.DataFrame, virtual: pd.DataFrame, online: Virtual) -> pd.DataFrame:
    """Return people by typology of spot and by type of platform.

    `mean_size` is unique people (after D) per spot that is active or was not visited; closed spots are
    left out. It is blank for platforms, which have no spots.
    """
    held = spots[~spots["status"].isin(["inactive", "not_found", "duplicate"])]
    at_spots = pd.DataFrame(
        {
            "kp": held["kp"].astype(object),
            "component": "spots",
            "typology": held["typology"].astype(object).where(held["typology"].notna(), "not recorded"),
            "spots": 1,
            **Three.of(held).columns(),
        }
    )
    on_platforms = pd.DataFrame(
        {
            "kp": virtual["kp"].to_numpy(dtype=object),
            "component": "virtual",
            "typology": virtual["platform_type"].to_numpy(dtype=object),
            "spots": 0,
            **online.only.columns(),
        }
    )
    parts = [part for part in (at_spots, on_platforms) if len(part)] or [at_spots]
    keys = ["kp", "component", "typology"]
    grouped = pd.concat(parts, ignore_index=True).groupby(keys, as_index=False)
    table = grouped[["spots", "point", "lower", "upper"]].sum()
    return table.assign(mean_size=table["point"] / table["spots"].where(table["spots"] > 0))
