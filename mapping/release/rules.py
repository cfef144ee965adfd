"""What is judged and what is blanked in each table. A table that is not named here does not go out."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mapping.release.levels import FEWEST_SPOTS

END = ("point", "lower", "upper")
RATES = ("rate", "rate_lower", "rate_upper")
COMPUTED = ("computed_point", "computed_lower", "computed_upper")


@dataclass(frozen=True)
class Rule:
    """How a table is hidden, row by row.

    Attributes
    ----------
    people : tuple of str
        Columns in people: a row with one under the threshold is hidden.
    numbers : tuple of str
        Columns that are blank in a hidden row: the size and every number made from it.
    spots : tuple of str
        Counts of spots behind a national row: with one or two the row shows the size of single spots.
    by_municipality : bool
        Whether a row belongs to a municipality x KP cell and is hidden with it.
    """

    people: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    spots: tuple[str, ...] = ()
    by_municipality: bool = False


_EFFORT = tuple(
    f"spots_{name}"
    for name in (
        "listed", "new", "validated", "not_visited", "refused", "unsafe", "not_found", "duplicate",
        "inactive",
    )
)  # fmt: skip

RULES: Mapping[str, Rule] = {
    "national": Rule(("point",), (*END, *RATES, *COMPUTED)),
    "municipalities": Rule(("point",), (*END, *RATES, *COMPUTED), by_municipality=True),
    "typologies": Rule(("point",), ("spots", *END, "mean_size"), spots=("spots",)),
    "days": Rule(("point",), ("factor", *END)),
    "municipality_days": Rule(("point",), END, by_municipality=True),
    "uplift": Rule(("usual", "weekend"), ("usual", "weekend", "uplift")),
    "components": Rule(("point",), END, by_municipality=True),
    "steps": Rule(("point",), ("factor", "n", "option", *END), by_municipality=True),
    "national_steps": Rule(("point",), END),
    "ratios": Rule(
        (),
        ("ratio", "refused_ratio", "n", "visited", "active", "unvisited", "mean_level1_visited",
         "mean_level1_unvisited", "difference", "flag"),
    ),
    "duplication": Rule((), ("rests_on", "n", "p", "m", "factor"), by_municipality=True),
    "effort": Rule((), ("level1_interviews", "level2_interviews", *_EFFORT)),
    "informants": Rule(),
    "size_classes": Rule(("people",), ("spots", "people"), spots=("spots",)),
    "concentration": Rule(
        ("people",),
        ("spots", "people", "spots_for_80", "share_for_80", "gini"),
        spots=("spots", "spots_for_80"),
    ),
    "ages": Rule(("answers",), ("answers", "share")),
    "unions": Rule(
        ("point", "both_from_kp", "both_from_other"),
        ("share_other_in_kp", "share_kp_in_other", "both_from_kp", "both_from_other", *END),
    ),
    "extrapolated": Rule(("point",), ("rate", *END)),
    "checks": Rule(("from_platforms", "from_spots"), ("from_platforms", "from_spots", "ratio")),
    "sensitivity": Rule(("point",), (*END, "change")),
}  # fmt: skip


def under(table: pd.DataFrame, columns: tuple[str, ...], threshold: float) -> pd.Series:
    """Return the rows in which one of `columns` is under `threshold`; zero is, a blank is not."""
    values = table[list(columns)].astype(float)
    return (values.notna() & (values < threshold)).any(axis=1)


def rests_on_few_spots(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    """Return the rows that rest on one or two spots; none at all is a row about something else."""
    counts = table[list(columns)].astype(float)
    return ((counts > 0) & (counts < FEWEST_SPOTS)).any(axis=1)


def blank(table: pd.DataFrame, where: pd.Series, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return a new table with `columns` blank in the rows `where`; whole numbers stay whole (`Int64`)."""
    table = table.copy()
    for name in columns:
        if name not in table:
            continue
        values = table[name]
        if pd.api.types.is_bool_dtype(values):
            values = values.astype("boolean")
        elif pd.api.types.is_integer_dtype(values):
            values = values.astype("Int64")
        table[name] = values.mask(where)
    return table
