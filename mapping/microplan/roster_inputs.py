"""From the tables of load and peer educators to the arrays of one municipality or zone."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pandas as pd

from mapping.microplan.blocks import BLOCK_MINUTES, BLOCKS, SLOTS, slot_numbers
from mapping.microplan.register import UNIT
from pse import checks
from pse.records.tables import DAYS

LOAD = [*UNIT, "day", "block", "central", "open", "unsafe"]
PEERS = ["peer", "municipality", "hours_per_week"]
WEEK_HOURS = 168


@dataclass(frozen=True)
class Profile:
    """Peer educators who can stand in for one another: same place, hours, days, blocks and KPs.

    `visits` is what each can do in a week, `slots` (42) when they can, `serves` which units they serve.
    """

    peers: tuple[str, ...]
    visits: int
    slots: np.ndarray
    serves: np.ndarray


@dataclass(frozen=True)
class Group:
    """One municipality or zone: what its peer educators can visit.

    Attributes
    ----------
    key : tuple of str
        Municipality, or municipality and zone.
    units : pandas.DataFrame
        `municipality, spot_id, kp`, one row per spot x KP, sorted, with `row`: where it starts in the load.
    people : numpy.ndarray
        Units x 42 slots: unreached people expected; NaN where closed or unsafe, so that no visit exists.
    need, minimum : numpy.ndarray
        Peer educators in one visit (1, or 2 where a pair is flagged) and visits that the week must hold.
    profiles : tuple of Profile
    minutes : numpy.ndarray
        Units x units: travel time.
    blocks_per_day : int
        Blocks that one peer educator works in a day at most.
    peer_row : int
        Where the first of them stands in the table of peer educators, from 1; 0 where nobody works.
    """

    key: tuple[str, ...]
    units: pd.DataFrame
    people: np.ndarray
    need: np.ndarray
    minimum: np.ndarray
    profiles: tuple[Profile, ...]
    minutes: np.ndarray
    blocks_per_day: int
    peer_row: int


def roster_groups(
    load: pd.DataFrame,
    peers: pd.DataFrame,
    *,
    by: str,
    minimum_visits: Mapping[str, int],
    travel: float | pd.DataFrame,
    blocks_per_day: int,
) -> list[Group]:
    """Return the checked groups in the order of their codes, whatever the order of the rows.

    Raises
    ------
    ValueError
        At the first column, day, number or code that breaks its rule; rows count from 1.
    """
    keys = ["municipality"] if by == "municipality" else ["municipality", "zone"]
    load, peers = _checked_load(load, keys, minimum_visits), _checked_peers(peers, keys)
    workers = dict(list(peers.groupby(keys, sort=True)))
    groups = []
    for key, rows in load.groupby(keys, sort=True):
        own = workers.get(key, peers.iloc[:0])
        groups.append(_group(key, rows, own, minimum_visits, travel, blocks_per_day))
    return groups


def _group(
    key: Hashable,
    rows: pd.DataFrame,
    own: pd.DataFrame,
    minimum_visits: Mapping[str, int],
    travel: float | pd.DataFrame,
    blocks_per_day: int,
) -> Group:
    codes = tuple(str(part) for part in (key if isinstance(key, tuple) else (key,)))
    first = rows.drop_duplicates(UNIT).reset_index(drop=True)
    unit = rows.groupby(UNIT, sort=True).ngroup().to_numpy()
    people = np.full((len(first), SLOTS), np.nan)
    people[unit, rows["slot"].to_numpy(dtype=int)] = rows["unreached"].to_numpy(dtype=float)
    asked = ~first["barred"].to_numpy(dtype=bool) & ~np.isnan(people).all(axis=1) & (len(own) > 0)
    minimum = np.where(asked, first["minimum"], 0).astype(int)
    minutes = _minutes(first["spot_id"].tolist(), travel)
    charge = minutes.max(initial=0.0) * (blocks_per_day - 1) / blocks_per_day
    return Group(
        key=codes,
        units=first[[*UNIT, "row"]],
        people=people,
        need=np.where(first["pair"].to_numpy(dtype=bool), 2, 1),
        minimum=minimum,
        profiles=_profiles(own, first["kp"].to_numpy(), BLOCK_MINUTES + charge),
        minutes=minutes,
        blocks_per_day=blocks_per_day,
        peer_row=int(own["row"].min()) if len(own) else 0,
    )


def _profiles(own: pd.DataFrame, kps: np.ndarray, visit_minutes: float) -> tuple[Profile, ...]:
    """Put peer educators who can stand in for one another together.

    A visit is charged a block and (B - 1)/B of the longest travel time of the group, B being the blocks of a
    day: n <= B visits are then charged n (B - 1)/B >= n - 1 times the longest way, at least what they take.
    Ours.
    """
    minutes = 60 * own["hours_per_week"].to_numpy(dtype=float)
    visits = np.floor(minutes / visit_minutes + 1e-9).astype(int)
    visits = np.maximum(
        visits, (minutes >= BLOCK_MINUTES).astype(int)
    )  # one visit needs no way between spots
    kinds = own.assign(visits=visits)[["visits", "days", "blocks", "kps"]]
    profiles = []
    for kind, rows in own.groupby([kinds[c] for c in kinds], sort=True):
        most, days, blocks, served = cast(tuple[int, Any, Any, Any], kind)
        slots = (np.isin(DAYS, days)[:, None] & np.isin(BLOCKS, blocks)).ravel()
        serves = np.isin(kps, served) if served else np.ones(len(kps), dtype=bool)
        profiles.append(Profile(tuple(rows["peer"]), int(most), slots, serves))
    return tuple(profiles)


def _minutes(spots: list[str], travel: float | pd.DataFrame) -> np.ndarray:
    """Return minutes between units; 0 within a spot. A way given in one direction holds for both.

    A row of the table without spots holds for all ways that are not in it.
    """
    codes, place = np.unique(spots, return_inverse=True)
    if isinstance(travel, pd.DataFrame):
        table = _ways(codes, travel)
    else:
        table = np.full((len(codes), len(codes)), float(travel))
    np.fill_diagonal(table, 0.0)
    if np.isnan(table).any():
        raise ValueError(
            "travel must hold minutes between every two spots of a group; got "
            f"{int(np.isnan(table).sum()) // 2} pairs of spots without them. "
            "Add the rows, a row with blank spots for all other ways, or give one number of minutes."
        )
    return table[np.ix_(place, place)]


def _ways(codes: np.ndarray, travel: pd.DataFrame) -> np.ndarray:
    """Return spots x spots: minutes, the longer of several rows for one way; NaN where nothing is said."""
    number = {code: i for i, code in enumerate(codes)}
    minutes = pd.to_numeric(travel["minutes"]).astype(float)
    ends = [travel[name].astype(str).map(number) for name in ("from_spot", "to_spot")]
    known = (ends[0].notna() & ends[1].notna()).to_numpy()
    i, j = (end[known].to_numpy(dtype=int) for end in ends)
    table = np.full((len(codes), len(codes)), np.nan)
    np.fmax.at(table, (i, j), minutes.to_numpy()[known])
    table = np.fmax(table, table.T)
    others = minutes[travel[["from_spot", "to_spot"]].isna().all(axis=1)].max()
    return np.where(np.isnan(table), others, table)


def _checked_load(load: pd.DataFrame, keys: list[str], minimum_visits: Mapping[str, int]) -> pd.DataFrame:
    """Return the load by keys and slot, with `slot, unreached` (NaN where barred), `minimum`, `row`."""
    _has("load", load, [*LOAD, *keys, *(["size_class"] if minimum_visits else [])])
    table = load.reset_index(drop=True)
    table = table.assign(**{key: table[key].astype(str) for key in dict.fromkeys([*UNIT, *keys])})
    slot = slot_numbers(table)
    _rows(slot.isna(), "load", f"have a day out of {', '.join(DAYS)} and a block out of {', '.join(BLOCKS)}")
    _rows(
        table.assign(slot=slot).duplicated([*UNIT, "slot"]), "load", "hold each spot, KP, day and block once"
    )
    is_open, unsafe = (_truth(table, name) for name in ("open", "unsafe"))
    central = pd.to_numeric(table["central"], errors="coerce").where(is_open, 0.0)
    _rows(~(np.isfinite(central) & (central >= 0)), "load", "have a number of people, 0 or more, in central")
    reached = (
        pd.to_numeric(table["reached"], errors="coerce")
        if "reached" in table
        else pd.Series(0.0, table.index)
    )
    _rows(~reached.between(0, 1), "load", "have a share between 0 and 1 in reached")
    barred = unsafe.groupby(table["spot_id"]).transform("any")
    classes = table["size_class"] if minimum_visits else pd.Series("", table.index)
    of_class = classes.astype(object).map(dict(minimum_visits)).fillna(0).astype(int)
    visits = pd.to_numeric(table["visits"], errors="coerce") if "visits" in table else of_class
    _rows(~(visits.ge(0) & visits.mod(1).eq(0)), "load", "have a whole number, 0 or more, in visits")
    table = table.assign(
        row=np.arange(1, len(table) + 1),
        slot=slot.astype(int),
        unreached=(central * (1 - reached)).where(is_open & ~barred),
        barred=barred,
        pair=_truth(table, "pair") if "pair" in table else False,
        minimum=np.maximum(of_class, visits.astype(int)),
    )
    table[["pair", "minimum"]] = table.groupby(UNIT)[["pair", "minimum"]].transform("max")
    return table.sort_values([*UNIT, "slot"], ignore_index=True)


def _checked_peers(peers: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the peer educators by code, with `kps`, `days` and `blocks` as tuples; no KP means all."""
    _has("peers", peers, [*PEERS, *keys])
    table = peers.reset_index(drop=True)
    table = table.assign(**{key: table[key].astype(str) for key in ["peer", *keys]})
    _rows(table["peer"].duplicated(), "peers", "hold each peer once")
    hours = pd.to_numeric(table["hours_per_week"], errors="coerce")
    _rows(~hours.between(0, WEEK_HOURS), "peers", f"have hours_per_week between 0 and {WEEK_HOURS}")
    days, blocks = _words(table, "days", DAYS), _words(table, "blocks", BLOCKS)
    for words, allowed, name in ((days, DAYS, "days"), (blocks, BLOCKS, "blocks")):
        _rows(
            words.map(lambda row, a=allowed: not set(row) <= set(a)),
            "peers",
            f"have {name} out of {' '.join(allowed)}",
        )
    table = table.assign(
        hours_per_week=hours,
        days=days,
        blocks=blocks,
        kps=_words(table, "kps", ()),
        row=np.arange(1, len(table) + 1),
    )
    return table.sort_values("peer", ignore_index=True)


def _words(table: pd.DataFrame, name: str, otherwise: tuple[str, ...]) -> pd.Series:
    """Return space-separated words as sorted tuples; `otherwise` where blank or without such a column."""
    texts = table[name] if name in table else pd.Series([""] * len(table), dtype=object)
    split = [tuple(sorted(str(text).split())) if pd.notna(text) else () for text in texts]
    return pd.Series([words or tuple(sorted(otherwise)) for words in split], index=table.index, dtype=object)


def _truth(table: pd.DataFrame, name: str) -> pd.Series:
    wrong = ~table[name].isin([True, False])
    _rows(wrong, "load", f"have true or false in {name}")
    return table[name].astype(bool)


def _has(what: str, table: pd.DataFrame, columns: list[str]) -> None:
    columns = list(dict.fromkeys(columns))
    missing = [name for name in columns if name not in table]
    if missing:
        raise ValueError(
            f"{what} must have the columns {', '.join(columns)}; got none named {', '.join(missing)}"
        )


def _rows(wrong: pd.Series, what: str, rule: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong.to_numpy())[0]) + 1
        raise ValueError(
            f"every row of {what} must {rule}; got {int(wrong.sum())} that do not, first row {row}"
        )


def check_options(
    *,
    by: str,
    decay: tuple[float, ...],
    blocks_per_day: int,
    minimum_visits: Mapping[str, int],
    travel: float | pd.DataFrame,
    gap: float,
    node_limit: int,
    method: str,
) -> None:
    """Refuse options that have no meaning; the arguments of `plan_roster`."""
    checks.one_of(by, ("municipality", "zone"), name="by")
    checks.one_of(method, ("milp", "greedy"), name="method")
    checks.count(blocks_per_day=blocks_per_day, at_least=1, at_most=len(BLOCKS))
    checks.count(node_limit=node_limit)
    checks.count(**{f"minimum_visits[{name!r}]": n for name, n in minimum_visits.items()})
    checks.share(gap=gap, **{f"decay[{i}]": weight for i, weight in enumerate(decay)})
    if not decay or decay[0] != 1 or any(b > a for a, b in pairwise(decay)):
        raise ValueError(f"decay must begin with 1 and never rise; got {decay!r}")
    if isinstance(travel, pd.DataFrame):
        _has("travel", travel, ["from_spot", "to_spot", "minutes"])
        checks.non_negative(**{"minutes of travel": float(pd.to_numeric(travel["minutes"]).min())})
    else:
        checks.non_negative(travel=travel)
