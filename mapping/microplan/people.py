"""The people that a microplan is about: released sizes as low, central and high, country first."""

import numpy as np
import pandas as pd

from mapping.microplan.norms import Norms
from mapping.microplan.whole import nearest, up
from mapping.release import Released

BOUNDS = ("low", "central", "high")
ESTIMATE = {"low": "lower", "central": "point", "high": "upper"}
KEYS = ["municipality", "name", "kp"]
COUNTRY = ""
"""Municipality of the rows about the whole mapped area."""


def people_table(released: Released) -> pd.DataFrame:
    """Return `municipality, name, kp, low, central, high, hidden`: the country first, then municipalities.

    Parameters
    ----------
    released : Released
        What may be shown. A hidden size is blank here and in every table made from this one.

    Returns
    -------
    pandas.DataFrame
        People; the rows of the country have an empty `municipality` and `name`. They are true totals, also
        where municipalities are hidden.

    Notes
    -----
    Every table of a microplan is a function of this one, of norms and of released counts alone. So it says
    nothing about a hidden size that the released sizes do not say already.
    """
    national = released.tables["national"].assign(municipality=COUNTRY, name="")
    places = released.tables["municipalities"]
    columns = [*KEYS, *ESTIMATE.values(), "hidden"]
    both = pd.concat([national[columns].astype({"kp": object}), _sorted(places)[columns]], ignore_index=True)
    both = both.astype({"municipality": object, "name": object, "kp": object, "hidden": bool})
    for bound, column in ESTIMATE.items():
        both[bound] = both[column].astype(float).where(~both["hidden"])
    return both[[*KEYS, *BOUNDS, "hidden"]]


def _sorted(places: pd.DataFrame) -> pd.DataFrame:
    plain = places.astype({"municipality": object, "name": object, "kp": object})
    return plain.sort_values(["name", "municipality", "kp"], kind="stable")


def of_country(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about the whole mapped area."""
    return table[table["municipality"].eq(COUNTRY)].reset_index(drop=True)


def of_municipalities(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows about single municipalities."""
    return table[table["municipality"].ne(COUNTRY)].reset_index(drop=True)


def with_bounds(
    people: pd.DataFrame, factor: np.ndarray | float, *, whole: str = "", prefix: str = ""
) -> pd.DataFrame:
    """Return `low, central, high`: people times a factor.

    Parameters
    ----------
    people : pandas.DataFrame
        With `low, central, high`.
    factor : array or float
        One for each row, or one for all.
    whole : {"", "up", "nearest"}
        How the products become whole numbers, at the very end.
    prefix : str
        Put before the names of the columns.
    """
    numbers = {f"{prefix}{bound}": people[bound].to_numpy(float) * factor for bound in BOUNDS}
    if whole:
        make = {"up": up, "nearest": nearest}[whole]
        numbers = {name: make(values) for name, values in numbers.items()}
    return pd.DataFrame(numbers, index=people.index)


def with_norm(people: pd.DataFrame, norms: Norms, name: str) -> pd.DataFrame:
    """Return the rows of the KPs that have a norm of this name, of their own or for everybody."""
    return people[[norms.has(name, str(kp)) for kp in people["kp"]]].reset_index(drop=True)


def in_order_of(people: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `table` in the order in which their place and KP stand in `people`."""
    order = {key: i for i, key in enumerate(zip(people["municipality"], people["kp"], strict=True))}
    place = [order[key] for key in zip(table["municipality"], table["kp"], strict=True)]
    return (
        table.assign(_place=place)
        .sort_values("_place", kind="stable", ignore_index=True)
        .drop(columns="_place")
    )
