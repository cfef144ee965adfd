"""The plan with the least work that is precise enough, in one sentence for a field coordinator."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pse import checks
from pse.planning.plan import Plan

FACTORS = ("informants", "visited", "asked", "interviews")
MOST_WITHOUT = 0.05
"""A plan that leaves more than this share of exercises without an interval is not chosen."""

COVER_SLACK = 0.03
"""An interval of 95 % must hold the truth in 92 %, the lowest cover that this project accepts."""

_HELPS = {
    "informants": ("asking more informants", "{:g} to {:g} a zone"),
    "visited": ("visiting more of the listed spots", "{:.0%} to {:.0%}"),
    "asked": ("asking more people about their visits", "{:g} to {:g} a spot"),
    "interviews": ("more interviews about the size of a spot", "{:.3g} to {:.3g} a spot"),
}


@dataclass(frozen=True)
class Choice:
    """Answer to: which plan gives the wanted half-width?

    Attributes
    ----------
    answer : {"yes", "not sure", "none"}
        `not sure`: the half-width wanted lies within 2 standard errors of the plan's.
    plan : Plan or None
        The plan with the least work; None where none will do.
    sentence : str
        For a reader without statistics.
    """

    answer: Literal["yes", "not sure", "none"]
    plan: Plan | None
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def choose_plan(table: pd.DataFrame, *, half_width: float) -> Choice:
    """Choose the plan with the least work whose interval is narrow enough.

    Parameters
    ----------
    table : pandas.DataFrame
        From `try_plans`, for one KP.
    half_width : float
        Wanted half-width over the point: 0.10 for plus or minus 10 %; above 0 and below 1.

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        If the half-width cannot be.

    Notes
    -----
    Ours. Least work is the least `person_days` where they are known, else `contacts`. A plan is left out if
    more than 5 % of its exercises have no interval, or if its intervals hold the truth in so few exercises
    (2 standard errors allowed) that cover is below `level` less 0.03: a narrow interval beside the truth is
    no precision.

    Examples
    --------
    >>> row = {"informants": 8, "visited": 1.0, "asked": 4, "interviews": 1.25, "half_width": 0.08,
    ...     "half_width_se": 0.001, "cover": 0.95, "cover_se": 0.02, "without": 0.0, "exercises": 20,
    ...     "level": 0.95, "contacts": 100.0, "informant_interviews": 20, "spot_interviews": 40.0,
    ...     "people_asked": 40.0}
    >>> choose_plan(pd.DataFrame([row]), half_width=0.10).answer
    'yes'
    """
    check_half_width(half_width)
    good = table[_trusted(table)]
    if good.empty:
        return Choice("none", None, _nothing_trusted(table))
    work = "person_days" if "person_days" in table else "contacts"
    good = good.sort_values(work, kind="stable")
    error = 2 * good["half_width_se"].fillna(0)
    enough, sure = good["half_width"] <= half_width, good["half_width"] + error <= half_width
    if enough.any():
        first = good[enough].iloc[0]
        if sure[enough].iloc[0]:
            return Choice("yes", plan_of(first), _reaches(first, half_width, table))
        return Choice("not sure", plan_of(first), _unsure(first, good[sure], half_width))
    near = good[good["half_width"] - error <= half_width]
    if len(near):
        return Choice("not sure", plan_of(near.iloc[0]), _unsure(near.iloc[0], near[:0], half_width))
    return Choice("none", None, _none(good, half_width))


def check_half_width(half_width: float) -> None:
    """Refuse a half-width that is not above 0 and below 1."""
    checks.positive(half_width=half_width)
    if half_width >= 1:
        remedy = (
            f" If it is a percentage, divide it by 100: {half_width / 100:g}." if half_width <= 100 else ""
        )
        raise ValueError(f"half_width must be above 0 and below 1; got {half_width!r}.{remedy}")


def plan_of(row: pd.Series) -> Plan:
    """Return the plan of one row of a table."""
    return Plan(int(row["informants"]), float(row["visited"]), int(row["asked"]), float(row["interviews"]))


def _trusted(table: pd.DataFrame) -> pd.Series:
    floor = table["level"] - COVER_SLACK
    return (
        table["half_width"].notna()
        & (table["without"] <= MOST_WITHOUT)
        & (table["cover"] + 2 * table["cover_se"].fillna(0) >= floor)
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _takes(row: pd.Series) -> str:
    days = f", {row['person_days']:,.0f} person-days" if "person_days" in row else ""
    return (
        f"It takes {row['informant_interviews']:,.0f} informants, {row['spot_interviews']:,.0f} interviews "
        f"at spots and {row['people_asked']:,.0f} people asked about their visits{days}."
    )


def _gave(row: pd.Series) -> str:
    plan = plan_of(row).sentence()
    return f"{plan} gave ±{_percent(row['half_width'])} (median of {row['exercises']:.0f} exercises)"


def _reaches(row: pd.Series, half_width: float, table: pd.DataFrame) -> str:
    text = f"Yes: {_gave(row)}, within the ±{_percent(half_width)} wanted. {_takes(row)}"
    work = "person_days" if "person_days" in table else "contacts"
    if row[work] <= table[work].min():
        text += " No plan with less work was tried, so less may do."
    return text


def _unsure(row: pd.Series, surer: pd.DataFrame, half_width: float) -> str:
    text = (
        f"Not sure: {_gave(row)}, too near to the ±{_percent(half_width)} wanted to tell. Run more exercises"
    )
    if len(surer):
        next_ = surer.iloc[0]
        return f"{text}, or take the next plan: {_gave(next_)}. {_takes(next_)}"
    return f"{text}, or plan a little more than that."


def _none(good: pd.DataFrame, half_width: float) -> str:
    best = good.iloc[int(good["half_width"].argmin())]
    return (
        f"None of the plans tried reaches ±{_percent(half_width)}: the narrowest, {_gave(best)}. "
        f"{_what_helps(good)} If that is not enough, look at what these plans do not change: errors of whole "
        "teams, accounts online, and how many municipalities are mapped."
    )


def _what_helps(table: pd.DataFrame) -> str:
    """Return which factor narrows the interval most, from plans that differ in this factor alone."""
    found = max((_largest_drop(table, name) for name in FACTORS), key=lambda drop: drop[0])
    drop, name, low, high = found
    if drop <= 0:
        return "None of the four things varied makes a clear difference."
    what, from_to = _HELPS[name]
    values = from_to.format(low[name], high[name])
    return (
        f"What helps most is {what} ({values}: ±{_percent(low['half_width'])} became "
        f"±{_percent(high['half_width'])})."
    )


def _largest_drop(table: pd.DataFrame, name: str) -> tuple[float, str, pd.Series, pd.Series]:
    """Return the largest narrowing beyond 2 standard errors that this factor alone gives; 0 if none does."""
    others = [factor for factor in FACTORS if factor != name]
    best = (0.0, name, table.iloc[0], table.iloc[0])
    for _, rows in table.groupby(others):
        ordered = rows.sort_values(name)
        for i in range(len(ordered)):
            for j in range(i + 1, len(ordered)):
                low, high = ordered.iloc[i], ordered.iloc[j]
                drop = float(low["half_width"] - high["half_width"])
                noise = 2 * float(np.hypot(low["half_width_se"], high["half_width_se"]))
                if drop > max(noise, best[0]):
                    best = (drop, name, low, high)
    return best


def _nothing_trusted(table: pd.DataFrame) -> str:
    if (table["without"] > MOST_WITHOUT).all():
        best = 1 - float(table["without"].min())
        return (
            f"None of the plans tried gives an interval each time (at best in {best:.0%} of the exercises): "
            "there are too few spots, visits or repeated interviews. Visit every spot, plan second "
            "interviews, or map more municipalities."
        )
    return (
        "None of the plans tried has an interval that can be trusted: at best it held the truth in "
        f"{float(table['cover'].max()):.0%} of the exercises; {float(table['level'].iloc[0]):.0%} is meant. "
        "Usually that is a list of spots with gaps: ask more informants."
    )
