"""Step 6: people who never come to a spot: at home, in residences, reached by telephone."""

import numpy as np
import pandas as pd

from pse.spots.three import Three


def nonspot_people(nonspot: pd.DataFrame) -> Three:
    """Return the people of each row: a constant, or the range where one is recorded.

    Parameters
    ----------
    nonspot : pandas.DataFrame
        Checked table with `people` and perhaps `people_min`, `people_max`; decimals are allowed.

    Returns
    -------
    Three
        People, one element per row. Without a range the number is the same in point, lower and upper,
        as implied by the PWID totals of Kosovo 2016 (846 / 845 / 845).
    """
    people = nonspot["people"].to_numpy(dtype=float)
    bounds = []
    for name in ("people_min", "people_max"):
        given = nonspot[name].to_numpy(dtype=float) if name in nonspot else np.full(len(people), np.nan)
        bounds.append(np.where(np.isnan(given), people, given))
    return Three(people, bounds[0], bounds[1])


def channel_of_setting(setting: pd.Series) -> np.ndarray:
    """Return `phone` for the setting `phone` and `geographic` for all others."""
    return np.where(setting == "phone", "phone", "geographic")
