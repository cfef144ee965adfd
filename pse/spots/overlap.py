"""Step 9: people who belong to two KPs, such as MSM who sell sex or PWID who sell sex."""

from itertools import combinations

import numpy as np
import pandas as pd

from pse.combine import union
from pse.estimate import Estimate

COLUMNS = [
    "kp",
    "other_kp",
    "share_other_in_kp",
    "share_kp_in_other",
    "both_from_kp",
    "both_from_other",
    "point",
    "lower",
    "upper",
    "basis",
]


def share_also(people: pd.DataFrame, kp: str, also: str) -> float | None:
    """Return the share of people of `kp` who say that they also belong to `also`.

    Person-weighted: people met at spots count 1/M each, because they are met in proportion to the number
    M of spots they visit. None where nobody of `kp` answered the question.
    """
    if "also_kp" not in people:
        return None
    rows = people[(people["kp"] == kp) & (people["spots_visited"] > 0)]
    if rows.empty or rows["also_kp"].isna().all():
        return None
    says = [also in str(codes).split() for codes in rows["also_kp"]]
    return float(np.average(says, weights=1 / rows["spots_visited"].to_numpy(dtype=float)))


def unions_table(estimates: dict[str, Estimate], people: pd.DataFrame) -> pd.DataFrame:
    """Return the union of every pair of KPs: each KP stays reported in full elsewhere.

    Parameters
    ----------
    estimates : dict of str to Estimate
        National size of each KP.
    people : pandas.DataFrame
        Checked table with `also_kp` where it was asked.

    Returns
    -------
    pandas.DataFrame
        `kp, other_kp, share_other_in_kp, share_kp_in_other, both_from_kp, both_from_other, point, lower,
        upper, basis`. The two numbers of people in both KPs should agree where both KPs were asked; the
        union takes their mean (`pse.union`). Without shares it runs from the larger KP to the sum, and the
        point is the middle of the two points, which `basis` says.
    """
    rows = [_pair(a, b, estimates, people) for a, b in combinations(estimates, 2)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _pair(kp: str, other: str, estimates: dict[str, Estimate], people: pd.DataFrame) -> dict[str, object]:
    first, second = estimates[kp], estimates[other]
    in_first, in_second = share_also(people, kp, other), share_also(people, other, kp)
    both = union(
        first, second, share_second_in_first=in_first, share_first_in_second=in_second, dependence="together"
    )
    known = in_first is not None or in_second is not None
    return {
        "kp": kp,
        "other_kp": other,
        "share_other_in_kp": in_first,
        "share_kp_in_other": in_second,
        "both_from_kp": np.nan if in_first is None else first.point * in_first,
        "both_from_other": np.nan if in_second is None else second.point * in_second,
        "point": both.point,
        "lower": both.lower,
        "upper": both.upper,
        "basis": "recorded shares" if known else "no overlap recorded: from the larger to the sum",
    }
