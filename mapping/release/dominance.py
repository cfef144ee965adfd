"""Dominance: parts of a total in which one or two spots would show their own size."""

import numpy as np
import pandas as pd

from mapping.release.levels import FEWEST_SPOTS

SHARE = 0.15
"""p of the p-percent rule; never part of an output, because who knows it learns more from what is hidden."""


def is_dominated(sizes: np.ndarray) -> bool:
    """Return whether the sum of these spots would show the size of its largest one.

    Parameters
    ----------
    sizes : numpy.ndarray
        People at each spot; spots without people do not count.

    Returns
    -------
    bool
        True with one or two spots, or if the sum without the two largest is under p of the largest: the owner
        of the second largest spot could then work out the largest one to within p. False without spots.

    Notes
    -----
    The p-percent rule: Hundepool et al., Statistical Disclosure Control, Wiley 2012, section 4.2.2.

    Examples
    --------
    >>> is_dominated(np.array([40.0, 5.0, 5.0])), is_dominated(np.array([20.0, 5.0, 5.0]))
    (True, False)
    """
    held = np.sort(np.asarray(sizes, dtype=float))[::-1]
    held = held[held > 0]
    if len(held) == 0:
        return False
    return len(held) < FEWEST_SPOTS or bool(held[2:].sum() < SHARE * held[0])


def dominance(spots: pd.DataFrame, keys: tuple[str, ...] = ("municipality", "kp")) -> pd.DataFrame:
    """Return which parts counted at spots are sensitive for dominance.

    Parameters
    ----------
    spots : pandas.DataFrame
        `.spots` of the estimates: one row per spot x KP with `point` (people).
    keys : tuple of str
        What a part is: by default municipality x KP; `("kp", "typology")` for the table of typologies.

    Returns
    -------
    pandas.DataFrame
        `keys`, `spots` (with people) and `dominated` (bool); parts without people are left out.
    """
    held = spots[spots["point"].astype(float) > 0]
    named = {key: held[key].astype(object).where(held[key].notna(), "not recorded") for key in keys}
    frame = pd.DataFrame({**named, "point": held["point"].astype(float)})
    grouped = frame.groupby(list(keys), observed=True)["point"]
    found = grouped.agg(spots="size", dominated=lambda sizes: is_dominated(sizes.to_numpy())).reset_index()
    return found.assign(spots=found["spots"].astype(int), dominated=found["dominated"].astype(bool))
