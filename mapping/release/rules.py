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
    about_spots : bool
        Whether people of a KP at spots, all together, follow from the rows: hidden when they are.
    """

    people: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    spots: tuple[str, ...] = ()
    about_spots: bool = False


_EFFORT = tuple(
    f"spots_{name}"
    for name in (
        "listed", "new", "validated", "not_visited", "refused", "unsafe", "not_found", "duplicate",
        "inactive",
    )
)  # fmt: skip

RULES: Mapping[str, Rule] = {
    "national": Rule(("point",), (*END, *RATES, *COMPUTED)),
    "municipalities": Rule(("point",), (*END, *RATES, *COMPUTED)),
    "typologies": Rule(("point",), ("spots", *END, "mean_size"), spots=("spots",)),
    "days": Rule(("point",), ("factor", *END), about_spots=True),
    "municipality_days": Rule(("point",), END),
    "uplift": Rule(("usual", "weekend"), ("usual", "weekend", "uplift"), about_spots=True),
    "components": Rule(("point",), END),
    "national_components": Rule(("point",), END),
    "steps": Rule(("point",), ("n", *END)),
    "national_steps": Rule(("point",), ("n", *END)),
    "ratios": Rule(
        (),
        ("ratio", "refused_ratio", "n", "visited", "active", "unvisited", "mean_level1_visited",
         "mean_level1_unvisited", "difference", "flag"),
        about_spots=True,
    ),
    "duplication": Rule((), ("factor",), about_spots=True),
    "effort": Rule((), ("level1_interviews", "level2_interviews", *_EFFORT)),
    "informants": Rule(),
    "size_classes": Rule((), ("spots", "people")),
    "concentration": Rule(
        ("people",),
        ("spots", "people", "spots_for_80", "share_for_80", "gini"),
        spots=("spots", "spots_for_80"),
        about_spots=True,
    ),
    "ages": Rule((), ("answers", "share")),
    "unions": Rule(
        ("point", "both_from_kp", "both_from_other"),
        ("share_other_in_kp", "share_kp_in_other", "both_from_kp", "both_from_other", *END),
    ),
    "extrapolated": Rule(("point",), ("rate", *END)),
    "checks": Rule(
        ("from_platforms", "from_spots"), ("from_platforms", "from_spots", "ratio"), about_spots=True
    ),
    "unlisted": Rule(
        ("people",),
        ("informants", "named", "once", "twice", "missed_spots", "new_spots", "people"),
        spots=("named", "once"),
    ),
    "attendance": Rule(
        ("answers",), ("answers", "factor", "factor_lower", "factor_upper"), about_spots=True
    ),
    "dual": Rule(
        ("both_from_platforms", "both_from_spots"),
        tuple(
            f"{name}{end}"
            for name in ("both_from_platforms", "both_from_spots", "ratio", "total", "total_from_spots")
            for end in ("", "_lower", "_upper")
        ),
        about_spots=True,
    ),
    "sensitivity": Rule(("point",), (*END, "change"), about_spots=True),
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
