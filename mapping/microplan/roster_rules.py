"""Which rule binds: where a roster is full, and why one cannot exist."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mapping.microplan.blocks import BLOCKS, SLOTS
from mapping.microplan.roster_inputs import Group
from mapping.microplan.roster_model import Cells

HOURS = "hours per week"
OPENING = "opening hours"
NOBODY = "no peer educator"
TIMES = "days and blocks of the peer educators"


def binding_rule(group: Group, cells: Cells, crew: np.ndarray) -> str:
    """Return the rule that keeps the roster of a group from meeting more people.

    `hours per week` if every block that the peer educators can work is used, `opening hours` if every open
    block is visited, `no peer educator` where none works, else the days, blocks and blocks per day they work.
    """
    if not any(profile.peers for profile in group.profiles):
        return NOBODY
    if crew.sum() == _capacity(group):
        return HOURS
    return OPENING if crew.any(axis=0).all() and len(cells.unit) == _open(group).sum() else TIMES


def binding_sentences(rules: list[str], *, by: str) -> tuple[str, ...]:
    """Return one sentence for each rule that binds somewhere.

    >>> binding_sentences(["hours per week", "opening hours", "hours per week"], by="zone")
    ('hours per week binds in 2 of 3 zones', 'opening hours binds in 1 of 3 zones')
    """
    places = "municipalities" if by == "municipality" else "zones"
    return tuple(
        f"{rule} binds in {rules.count(rule)} of {len(rules)} {places}" for rule in sorted(set(rules))
    )


def why_impossible(group: Group, feasible: Callable[[Group], bool]) -> str:
    """Return one sentence that names the rule because of which no roster of the group exists.

    Parameters
    ----------
    group : Group
        A group whose minimum of visits cannot be met.
    feasible : callable
        Tells whether a group with one rule lifted has a roster.

    Notes
    -----
    Counts come first, then each rule is lifted alone. Rows are those of the load, counted from 1; codes are
    not repeated.
    """
    row = int(group.units["row"].iloc[0])
    where = f"the {'zone' if len(group.key) > 1 else 'municipality'} of load row {row}"
    opens, asked = _open(group).sum(axis=1), group.minimum
    if (opens < asked).any():
        unit = int(np.flatnonzero(opens < asked)[0])
        return (
            f"minimum_visits must fit the opening hours of a spot; got {asked[unit]} visits asked and "
            f"{opens[unit]} open blocks at the spot of load row {group.units['row'].iloc[unit]}. Lower the "
            "minimum or check hours."
        )
    served = np.any([profile.serves for profile in group.profiles], axis=0)
    if (~served & (asked > 0)).any():
        return (
            f"minimum_visits must fit the KPs of the peer educators; got a KP that nobody serves in {where}"
        )
    total, capacity = int((asked * group.need).sum()), _capacity(group)
    if total > capacity:
        return (
            f"minimum_visits must fit the hours of the peer educators; got {total} blocks asked and "
            f"{capacity} that they can work in {where}. Lower the minimum or add hours."
        )
    for rule, lifted in _lifted(group):
        if feasible(lifted):
            return f"minimum_visits must fit {rule}; got more visits than these allow in {where}"
    return f"minimum_visits must fit all rules together; got no roster for {where} with any one rule lifted"


def _lifted(group: Group) -> list[tuple[str, Group]]:
    """Return the group with each rule lifted alone, and the rule's name."""
    always = tuple(replace(p, slots=np.ones(SLOTS, dtype=bool)) for p in group.profiles)
    everything = tuple(replace(p, serves=np.ones(len(group.need), dtype=bool)) for p in group.profiles)
    return [
        ("blocks_per_day", replace(group, blocks_per_day=len(BLOCKS))),
        ("the pairs that spots are flagged for", replace(group, need=np.ones_like(group.need))),
        ("the days and blocks on which peer educators work", replace(group, profiles=always)),
        ("the KPs of the peer educators", replace(group, profiles=everything)),
    ]


def _capacity(group: Group) -> int:
    return sum(len(profile.peers) * profile.visits for profile in group.profiles)


def _open(group: Group) -> np.ndarray:
    """Return units x slots: open, safe, and somebody is there or visits are asked for."""
    return ~np.isnan(group.people) & ((group.people > 0) | (group.minimum > 0)[:, None])
