"""Stock: how much of each commodity to order."""

import numpy as np
import pandas as pd

from mapping.microplan.norms import Norms
from mapping.microplan.people import of_country
from mapping.microplan.whole import up
from pse import checks

COMMODITIES = {
    "condoms": "condoms",
    "lubricant": "lubricant",
    "syringes": "syringes_plan",
    "naloxone": "naloxone",
}
"""Commodity -> the rows of `commodities` that are its need."""

MONTHS = {"month": 1, "year": 12}


def order(
    *,
    monthly_need: float,
    lead_months: float,
    review_months: float,
    buffer_months: float,
    on_hand: float,
    on_order: float,
    pack_size: float,
) -> float:
    """Return the pieces to order, in whole packs.

    Notes
    -----
    max(0, ceil((monthly need x (lead + review + buffer months) - stock - on order) / pack)) x pack.
    MICROPLANS, table Stock.

    Raises
    ------
    ValueError
        If a number is negative, or the pack is empty.

    Examples
    --------
    >>> order(monthly_need=1000, lead_months=3, review_months=3, buffer_months=2, on_hand=500, on_order=0,
    ...       pack_size=144)
    7632.0
    """
    checks.non_negative(
        monthly_need=monthly_need, lead_months=lead_months, review_months=review_months,
        buffer_months=buffer_months, on_hand=on_hand, on_order=on_order,
    )  # fmt: skip
    checks.positive(pack_size=pack_size)
    wanted = monthly_need * (lead_months + review_months + buffer_months) - on_hand - on_order
    return max(0.0, float(up(wanted / pack_size))) * pack_size


def stock(
    goods: pd.DataFrame,
    norms: Norms,
    *,
    on_hand: dict[str, float] | None = None,
    on_order: dict[str, float] | None = None,
) -> pd.DataFrame:
    """Return what the country must order of each commodity.

    Parameters
    ----------
    goods : pandas.DataFrame
        From `commodities`; KPs are added up, central need. Blank if the need of a KP is hidden.
    norms : Norms
        `lead_months, review_months, buffer_months` and `pack_size_` of the commodity.
    on_hand, on_order : dict, optional
        Pieces by commodity; 0 where not given.

    Returns
    -------
    pandas.DataFrame
        `commodity, monthly_need, lead_months, review_months, buffer_months, on_hand, on_order, pack_size,
        order, how`.
    """
    rows = []
    for commodity, how in COMMODITIES.items():
        need = of_country(goods[goods["how"].eq(how)])
        if need.empty:
            continue
        months = need["period"].map(MONTHS).to_numpy(float)
        given = {
            "monthly_need": float((need["central"].to_numpy(float) / months).sum()),
            **{name: norms.value(name) for name in ("lead_months", "review_months", "buffer_months")},
            "on_hand": (on_hand or {}).get(commodity, 0.0),
            "on_order": (on_order or {}).get(commodity, 0.0),
            "pack_size": norms.value(f"pack_size_{commodity}"),
        }
        hidden = bool(np.isnan(given["monthly_need"]))
        amount = np.nan if hidden else order(**given)
        rows.append({"commodity": commodity, **given, "order": amount, "how": "stock", "hidden": hidden})
    return pd.DataFrame(rows)
