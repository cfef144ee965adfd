"""Step 10: people per 1,000 adults of a stated sex, age and area."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

PER = 1000
NONE = "none declared"


def rate_per_1000(*, people: np.ndarray, adults: np.ndarray) -> np.ndarray:
    """Return people per 1,000 adults; NaN where there are no adults to divide by.

    Examples
    --------
    >>> float(rate_per_1000(people=np.array([12.0]), adults=np.array([1000.0]))[0])
    12.0
    """
    people, adults = np.asarray(people, dtype=float), np.asarray(adults, dtype=float)
    return np.where(adults > 0, PER * people / np.where(adults > 0, adults, 1), np.nan)


def adults_of(
    table: pd.DataFrame, municipalities: pd.DataFrame, denominators: Mapping[str, str]
) -> pd.DataFrame:
    """Return `adults` and `denominator` for each row of `table`, which has `kp` and maybe `municipality`.

    Without a `municipality` column the adults of all mapped municipalities are summed. A KP without a
    denominator has blank adults and the denominator "none declared".
    """
    column = pd.Series([denominators.get(kp, NONE) for kp in table["kp"]], index=table.index, dtype=object)
    adults = np.full(len(table), np.nan)
    indexed = municipalities.set_index("municipality")
    for name in sorted(set(column) - {NONE}):
        rows = (column == name).to_numpy()
        values = indexed[name].astype(float)
        if "municipality" in table:
            adults[rows] = values.reindex(table.loc[rows, "municipality"].astype(object)).to_numpy()
        else:
            adults[rows] = values[indexed.index.isin(mapped_codes(municipalities))].sum()
    return pd.DataFrame({"adults": adults, "denominator": column}, index=table.index)


def add_rates(
    table: pd.DataFrame, municipalities: pd.DataFrame, denominators: Mapping[str, str]
) -> pd.DataFrame:
    """Return `table` with `adults, denominator, rate, rate_lower, rate_upper`.

    The bounds of a rate are the bounds of the size over the same adults: no error of the denominator.
    """
    table = pd.concat([table, adults_of(table, municipalities, denominators)], axis=1)
    adults = table["adults"].to_numpy()
    ends = {"rate": "point", "rate_lower": "lower", "rate_upper": "upper"}
    return table.assign(
        **{rate: rate_per_1000(people=table[end].to_numpy(), adults=adults) for rate, end in ends.items()}
    )


def mapped_codes(municipalities: pd.DataFrame) -> list[str]:
    """Return the codes of the mapped municipalities, sorted."""
    return sorted(municipalities.loc[municipalities["mapped"].astype(bool), "municipality"])
