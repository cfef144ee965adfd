"""From how many of a profile work in each slot to who goes where, and what each visit is expected to meet."""

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from mapping.microplan.blocks import BLOCKS, slot_name
from mapping.microplan.roster_inputs import Group, Profile
from mapping.microplan.roster_model import Cells

COLUMNS = ["peer", "municipality", "spot_id", "kp", "day", "block", "expected_people"]


def people_met(group: Group, cells: Cells, chosen: np.ndarray, decay: tuple[float, ...]) -> np.ndarray:
    """Return the people that each chosen visit is expected to meet: l_c w_n, ranks by size within a unit.

    Of equal visits the earlier one ranks first. Visits that are not chosen meet 0.
    """
    weights = np.asarray(decay)
    order = np.lexsort([cells.slot, -cells.people, cells.unit])
    order = order[chosen[order]]
    unit = cells.unit[order]
    start = np.searchsorted(unit, unit)  # the first visit of the same unit
    rank = np.arange(len(order)) - start
    met = np.zeros(len(chosen))
    met[order] = cells.people[order] * weights[np.minimum(rank, len(weights) - 1)]
    return met


def deal(group: Group, cells: Cells, crew: np.ndarray, decay: tuple[float, ...]) -> pd.DataFrame:
    """Return the roster of one group: one row per peer educator and visit; a pair shares the people met.

    The visits of a profile are dealt like cards, slot after slot, to its peer educators in turn. Hands that
    follow one another go to different people, so nobody is in two places, and the numbers of any two differ
    by at most one in every day and in the week: what holds for the sum of a profile holds for each.
    """
    met = people_met(group, cells, np.asarray(crew.any(axis=0)), decay) / group.need[cells.unit]
    parts = [_deal_profile(group, p, cells, crew[i]) for i, p in enumerate(group.profiles)]
    dealt = pd.concat([pd.DataFrame({"peer": [], "cell": []}, dtype=object), *parts], ignore_index=True)
    cell = dealt["cell"].to_numpy(dtype=int)
    units = group.units.iloc[cells.unit[cell]].reset_index(drop=True)
    names = [slot_name(slot) for slot in cells.slot[cell]]
    table = pd.DataFrame(
        {
            "peer": dealt["peer"].astype(object),
            **{name: units[name].astype(object) for name in ("municipality", "spot_id", "kp")},
            "day": pd.Series([day for day, _ in names], dtype=object),
            "block": pd.Series([block for _, block in names], dtype=object),
            "expected_people": met[cell],
            "slot": cells.slot[cell],
        }
    )
    return table.sort_values(["peer", "slot"], ignore_index=True)[COLUMNS]


def _deal_profile(group: Group, profile: Profile, cells: Cells, count: np.ndarray) -> pd.DataFrame:
    hands = np.repeat(np.arange(len(count)), count)
    hands = hands[np.argsort(cells.slot[hands], kind="stable")]
    peers = np.arange(len(hands)) % len(profile.peers)
    for slot in np.unique(cells.slot[hands]):
        now = np.flatnonzero(cells.slot[hands] == slot)
        hands[now] = _nearest(group, cells, hands, peers, now)
    return pd.DataFrame({"peer": [profile.peers[i] for i in peers], "cell": hands})


def _nearest(group: Group, cells: Cells, hands: np.ndarray, peers: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Swap the spots of one slot among those who work in it, so that ways from their last spot are short."""
    today = cells.slot[hands[now[0]]] // len(BLOCKS)
    before = [np.flatnonzero(peers[: now[0]] == peer) for peer in peers[now]]
    last = [
        past[-1] if len(past) and cells.slot[hands[past[-1]]] // len(BLOCKS) == today else -1
        for past in before
    ]
    places = cells.unit[hands[now]]
    ways = [
        group.minutes[cells.unit[hands[past]], places] if past >= 0 else np.zeros(len(now)) for past in last
    ]
    return hands[now][linear_sum_assignment(np.array(ways))[1]]
