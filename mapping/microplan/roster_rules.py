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
TIMES = "days, blocks, KPs or pairs"

SENTENCES = {
    HOURS: "all hours of the peer educators are used",
    OPENING: "every open block is visited",
    NOBODY: "no peer educator works",
    TIMES: "days, blocks, KPs or pairs leave hours of the peer educators unused",
}
"""What each rule that binds means, before `in 2 of 26 municipalities`."""

KPS, BLOCKED, PAIRS = "kps", "blocks", "pairs"
OUT_OF_REACH = {
    KPS: "have a KP that no peer educator there serves",
    BLOCKED: "are open in no block in which a peer educator works",
    PAIRS: "need a pair, and no two peer educators can be there at once",
}
"""Why an open and safe spot x KP can have no visit at all, where peer educators work."""


def binding_rule(group: Group, cells: Cells, crew: np.ndarray) -> str:
    """Return the rule that keeps the roster of a group from meeting more people.

    `hours per week` if every block that the peer educators can work is used, `opening hours` if every open
    block is visited, `no peer educator` where none works, else `days, blocks, KPs or pairs`.
    """
    if not any(profile.peers for profile in group.profiles):
        return NOBODY
    if crew.sum() == _capacity(group):
        return HOURS
    return OPENING if crew.any(axis=0).all() and len(cells.unit) == _open(group).sum() else TIMES


def binding_sentences(rules: list[str], *, by: str) -> tuple[str, ...]:
    """Return one sentence for each rule that binds somewhere.

    >>> binding_sentences(["hours per week", "hours per week"], by="zone")
    ('all hours of the peer educators are used in 2 of 2 zones',)
    """
    places = "municipalities" if by == "municipality" else "zones"
    return tuple(
        f"{SENTENCES[rule]} in {rules.count(rule)} of {len(rules)} {places}" for rule in sorted(set(rules))
    )


def out_of_reach(group: Group) -> np.ndarray:
    """Return for each unit why it can have no visit: a key of `OUT_OF_REACH`, or blank if it can.

    Blank too where the spot is closed or unsafe, and for all units if nobody has the hours of one visit.
    """
    hands, served = _hands(group), _served(group)
    most = hands.max(axis=1, initial=0)
    reasons = [~served, most == 0, most < group.need]
    found = np.select(reasons, [KPS, BLOCKED, PAIRS], "")
    return np.where(_open(group).any(axis=1) & (_capacity(group) > 0), found, "")


def reach_sentences(reasons: list[str]) -> tuple[str, ...]:
    """Return one sentence for each reason for which spots can have no visit.

    >>> reach_sentences(["pairs", "", "pairs"])
    ('2 spots x KP need a pair, and no two peer educators can be there at once',)
    """
    return tuple(
        f"{reasons.count(reason)} spots x KP {words}"
        for reason, words in OUT_OF_REACH.items()
        if reason in reasons
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
    Counts come first, then each rule is lifted alone. Rows are those of the load and of the peer educators,
    counted from 1 below the headings; codes are not repeated.
    """
    where = f"the {'zone' if len(group.key) > 1 else 'municipality'} of peers row {group.peer_row}"
    total, capacity = int((group.minimum * group.need).sum()), _capacity(group)
    at_a_spot = _why_at_a_spot(group) if capacity else ""
    if at_a_spot:
        return at_a_spot
    if total > capacity:
        return (
            f"minimum_visits must fit the hours of the peer educators; got {total} blocks asked and "
            f"{capacity} that they can work in {where}. Lower the minimum or add hours."
        )
    for rule, lifted in _lifted(group):
        if feasible(lifted):
            return (
                f"minimum_visits must fit {rule}; got more visits than these allow in {where}. "
                "Lower the minimum or lift the rule."
            )
    return (
        f"minimum_visits must fit all rules together; got no roster for {where}, not even with any one rule "
        "lifted. Lower the minimum or add hours."
    )


def _why_at_a_spot(group: Group) -> str:
    """Return why the first spot that cannot have its minimum cannot; blank if each could by itself."""
    asked, opens, hands = group.minimum, _open(group).sum(axis=1), _hands(group)
    fits = (hands >= group.need[:, None]).sum(axis=1)
    reasons = np.where(asked > 0, out_of_reach(group), "")
    wrong = np.flatnonzero((np.minimum(opens, fits) < asked) | (reasons != ""))
    if not len(wrong):
        return ""
    unit = int(wrong[0])
    rules = {
        KPS: "the KPs of the peer educators; got a KP that nobody serves. Add it to a peer educator",
        BLOCKED: (
            f"the blocks of the peer educators; got {opens[unit]} open blocks, and nobody works in them. "
            "Add days or blocks to a peer educator"
        ),
        PAIRS: (
            "the pairs that spots are flagged for; got one peer educator who can be there at a time. "
            "Add a peer educator with the same days and blocks, or lift the pair"
        ),
    }
    few = f"the opening hours of a spot; got {opens[unit]} open blocks. Check the hours"
    short = (
        f"the days and blocks on which peer educators work; got {fits[unit]} open blocks in which enough of "
        "them work. Add days or blocks"
    )
    rule = rules.get(reasons[unit]) or (few if opens[unit] < asked[unit] else short)
    return (
        f"minimum_visits must fit {rule}, or lower the minimum ({asked[unit]} asked) at the spot of load row "
        f"{group.units['row'].iloc[unit]}."
    )


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


def _served(group: Group) -> np.ndarray:
    """Return the units whose KP somebody serves."""
    return np.any([np.zeros(len(group.need), dtype=bool), *(p.serves for p in group.profiles)], axis=0)


def _hands(group: Group) -> np.ndarray:
    """Return units x slots: peer educators who could be there at once, if the spot is open."""
    hands = np.zeros(group.people.shape, dtype=int)
    for profile in group.profiles:
        if profile.visits > 0:
            hands += len(profile.peers) * np.outer(profile.serves, profile.slots)
    return hands * _open(group)
