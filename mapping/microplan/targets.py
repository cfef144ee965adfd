"""Targets: how many people to reach in each municipality by the end of each quarter."""

import numpy as np
import pandas as pd

from mapping.microplan.norms import Norms
from mapping.microplan.people import BOUNDS, KEYS, in_order_of, with_bounds

QUARTERS = (1, 2, 3, 4)


def targets(people: pd.DataFrame, norms: Norms) -> pd.DataFrame:
    """Return people to reach by place, KP and quarter, with the line of the budget.

    Parameters
    ----------
    people : pandas.DataFrame
        From `people_table`.
    norms : Norms
        `reach`, the ramp `ramp_q1` ... `ramp_q4` (share of the reach by the end of the quarter) and, where
        money is planned, `cost_per_person_year`.

    Returns
    -------
    pandas.DataFrame
        Keys, `quarter`, `reach` (share), `low, central, high` = n x reach x ramp; `budget` of the quarter =
        central x cost per person and year / 4, blank without a cost; `how`. MICROPLANS, Municipal targets.
    """
    parts = []
    reach = norms.values("reach", people["kp"])
    cost = _cost(people["kp"], norms)
    for quarter in QUARTERS:
        share = reach * norms.values(f"ramp_q{quarter}", people["kp"])
        table = pd.concat([people[KEYS], with_bounds(people, share)], axis=1)
        parts.append(
            table.assign(
                quarter=quarter,
                reach=np.where(people["hidden"], np.nan, share),
                budget=table["central"] * cost / len(QUARTERS),
                how=f"target_q{quarter}",
                hidden=people["hidden"],
            )
        )
    columns = [*KEYS, "quarter", "reach", *BOUNDS, "budget", "how", "hidden"]
    return in_order_of(people, pd.concat(parts, ignore_index=True))[columns]


def _cost(kps: pd.Series, norms: Norms) -> np.ndarray:
    name = "cost_per_person_year"
    return np.array([norms.value(name, kp) if norms.has(name, kp) else np.nan for kp in kps], dtype=float)
