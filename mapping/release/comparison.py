"""Compare a new release with the ledger, and decide: allow it, hide more, or refuse it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from mapping.release.differences import (
    ABSENT,
    HIDDEN,
    PARTNER,
    SHOWN,
    Keys,
    Name,
    Numbers,
    bounds,
    join_numbers,
    name_of,
    surroundings,
)
from mapping.release.ledger import KEYS_OF_TABLES, ReleaseLedger, ReleaseRecord, cell_keys
from mapping.release.levels import LEVELS, THRESHOLDS, Level, check_level
from mapping.release.rules import END, RATES, RULES, blank

_ONE_PERSON = 1.0
_EXACT = 0.5  # of a person
_SAME = 0.05  # of a person: bounds that differ by less are the same
_DOMINANCE = 0.2  # of the value, to each side
_LOOKED_AT = 12  # cells at a time


@dataclass(frozen=True)
class ReleaseDecision:
    """What to do with a new release.

    Attributes
    ----------
    action : {"allow", "coarsen", "refuse"}
        `coarsen`: allowed once the cells of `hide` are hidden as well.
    sentence : str
        Why, in words that name no place and no number of people.
    revelations : pandas.DataFrame
        From `compare_release`, of the release as it came. Restricted: for the eyes of the desk.
    hide : tuple of Keys
        Cells to hide as well, with point, lower, upper and rate.
    record : ReleaseRecord
        What to write to the ledger when it goes out: the release with these cells hidden.
    """

    action: Literal["allow", "coarsen", "refuse"]
    sentence: str
    revelations: pd.DataFrame = field(repr=False)
    record: ReleaseRecord = field(repr=False)
    hide: tuple[Keys, ...] = field(default=(), repr=False)


def compare_release(new: ReleaseRecord, ledger: ReleaseLedger) -> pd.DataFrame:
    """Return the hidden numbers that the new release and earlier ones give away together.

    Parameters
    ----------
    new : ReleaseRecord
        The release that is about to go out.
    ledger : ReleaseLedger
        What went out before.

    Returns
    -------
    pandas.DataFrame
        `audience` (whose eyes: partners see public releases too), `kind`, `keys`, `number`, `low` and `high`
        (what the reader is left with). Kinds: `shown` (hidden in an earlier release of the round and
        printed now), `derived` (a hidden number follows), `narrowed` (one under the threshold is not open
        from 1 to the threshold any more, or one hidden for dominance not by 20 % to each side) and
        `change` (by how much a hidden number changed since an earlier round follows). Restricted.

    Notes
    -----
    What the new release gives away alone is the audit's to find, and what earlier ones gave away is out
    already: both are not repeated here. Linear: whole numbers of people can leave less than the bounds say.
    Numbers of spots, microplans and pictures are not compared.
    """
    found = []
    start = LEVELS.index(new.level)
    for audience in [level for level in LEVELS[start:] if level != "restricted"]:
        earlier = [one for one in ledger.releases if LEVELS.index(one.level) <= LEVELS.index(audience)]
        if earlier:
            found += _revelations(new, earlier, audience=check_level(audience))
    columns = ["audience", "kind", "keys", "number", "low", "high"]
    return pd.DataFrame(found, columns=columns)


def _revelations(new: ReleaseRecord, earlier: list[ReleaseRecord], *, audience: Level) -> list[list[Any]]:
    threshold = THRESHOLDS[audience]
    printed = _printed_now(new, earlier, audience)
    rows = [[audience, "shown", name[0], name[1], name[2], name[2]] for name in printed]
    own = [one for one in (*earlier, new) if one.level == audience]
    hidden = [name for name in _hidden(own, threshold) if name not in printed]
    changes = _changes(new, [one for one in earlier if one.level == audience])
    wanted = [{name: 1.0} for name in hidden] + [{now: 1.0, then: -1.0} for now, then in changes]
    for weights, low, high in _narrowed(new, earlier, wanted):
        name = next(iter(weights))
        kind = _kind(name[2], low, high, threshold) if len(weights) == 1 else _kind_of_change(low, high)
        if kind:
            rows.append([audience, kind, name[0], name[1], low, high])
    return rows


def _narrowed(
    new: ReleaseRecord, earlier: list[ReleaseRecord], wanted: list[dict[Name, float]]
) -> list[tuple[dict[Name, float], float, float]]:
    """Return what the releases together say more about than the new one alone or the earlier ones."""
    before, alone, joined = (_numbers(group) for group in (earlier, [new], [*earlier, new]))
    around = (surroundings(numbers, wanted) for numbers in (before, alone, joined))
    differ = [
        weights for weights, old, own, both in zip(wanted, *around, strict=True) if both not in (old, own)
    ]
    (low, high), old, own = (bounds(numbers, differ).T for numbers in (joined, before, alone))
    more = (low > np.maximum(old[0], own[0]) + _SAME) | (high < np.minimum(old[1], own[1]) - _SAME)
    return [(differ[at], float(low[at]), float(high[at])) for at in np.flatnonzero(more)]


def _kind(value: float, low: float, high: float, threshold: float) -> str:
    """Return what is wrong with the interval that is left for a hidden number; empty if nothing is."""
    if high - low < _EXACT:
        return "derived"
    if value < threshold:
        return "narrowed" if low > _ONE_PERSON or high < threshold else ""
    return "narrowed" if min(value - low, high - value) < _DOMINANCE * value else ""


def _kind_of_change(low: float, high: float) -> str:
    return "change" if high - low < _EXACT else ""


def _numbers(releases: Sequence[ReleaseRecord]) -> Numbers:
    within = {name: areas for one in releases for name, areas in one.within.items()}
    return join_numbers([(one.cells, within) for one in releases])


def _names(record: ReleaseRecord, *states: str) -> set[Name]:
    cells = record.cells[record.cells["state"].isin(states)]
    return {name_of(*row) for row in zip(cells["keys"], cells["number"], cells["value"], strict=True)}


def _hidden(releases: Sequence[ReleaseRecord], threshold: float) -> list[Name]:
    """Return what a reader may not know: hidden cells, and points under the threshold never printed."""
    hidden = {name for one in releases for name in _names(one, HIDDEN)}
    small = {name for one in releases for name in _names(one, ABSENT) if name[1] == "point"}
    return sorted(hidden | {name for name in small if name[2] < threshold})


def _printed_now(new: ReleaseRecord, earlier: Sequence[ReleaseRecord], audience: Level) -> list[Name]:
    """Return what an earlier release of the round hides from these eyes and the new one prints."""
    rounds = [one for one in earlier if one.level == audience and one.round == new.round]
    return sorted({name for one in rounds for name in _names(one, HIDDEN)} & _names(new, SHOWN))


def _changes(new: ReleaseRecord, earlier: Sequence[ReleaseRecord]) -> list[tuple[Name, Name]]:
    """Return cells that are hidden in the new release and, with another value, in an earlier one."""
    now = {name[:2]: name for name in _names(new, HIDDEN)}
    then = {name for one in earlier for name in _names(one, HIDDEN)}
    return sorted((now[n[:2]], n) for n in then if n[:2] in now and now[n[:2]] != n)


def decide_release(
    new: ReleaseRecord, ledger: ReleaseLedger, *, otherwise: Literal["refuse", "coarsen"]
) -> ReleaseDecision:
    """Decide whether a new release may go out after the earlier ones.

    Parameters
    ----------
    new : ReleaseRecord
        The release that is about to go out.
    ledger : ReleaseLedger
        What went out before.
    otherwise : {"refuse", "coarsen"}
        What to do where it gives a hidden number away: refuse it, or look for more cells to hide. Cells that
        are printed already are not among them, and where no others help the release is refused all the same.

    Returns
    -------
    ReleaseDecision
        With the sentence to show; `hide_cells` hides what it names.
    """
    found = compare_release(new, ledger)
    if found.empty:
        return ReleaseDecision(
            "allow", "The release gives away no hidden number of earlier ones.", found, new
        )
    more = _more_to_hide(new, ledger, found) if otherwise == "coarsen" else None
    cells = "one hidden number" if len(found) == 1 else f"{len(found):,} hidden numbers"
    if more is None:
        sentence = (
            f"The release must not give away what is hidden; got {cells} that can be worked out of it and of "
            f"{len(ledger.releases):,} earlier release(s). Hide what was hidden before, or hide more."
        )
        return ReleaseDecision("refuse", sentence, found, new)
    hide, record = more
    sentence = (
        f"The release gives away {cells} together with earlier ones; {len(hide):,} more cell(s) are hidden, "
        "so that it does not."
    )
    return ReleaseDecision("coarsen", sentence, found, record, hide)


def _more_to_hide(
    new: ReleaseRecord, ledger: ReleaseLedger, found: pd.DataFrame
) -> tuple[tuple[Keys, ...], ReleaseRecord] | None:
    """Return cells to hide until nothing is given away, smallest first; None where that is not possible."""
    hide: list[Keys] = []
    public = {name for one in ledger.releases for name in _names(one, SHOWN)}
    while len(found):
        printed = _names(new, SHOWN)
        again = sorted(set(found.loc[found["kind"].eq("shown"), "keys"]) & {keys for keys, _, _ in printed})
        choice = again[:1] or _beside(found, printed - public)[:_LOOKED_AT]
        if not choice:
            return None
        best = _best(new, ledger, choice)
        hide.append(best)
        new = _without(new, best, HIDDEN if again else PARTNER)
        found = compare_release(new, ledger)
    return tuple(hide), new


def _beside(found: pd.DataFrame, printed: set[Name]) -> list[Keys]:
    """Return cells of these KPs that only the new release prints: fine ones first, then small ones."""
    kps = {dict(keys).get("kp") for keys in found["keys"]}
    near = [name for name in printed if dict(name[0]).get("kp") in kps and name[1] == "point"]
    return [keys for keys, _, _ in sorted(near, key=lambda name: (-len(name[0]), name[2], name[0]))]


def _best(new: ReleaseRecord, ledger: ReleaseLedger, choice: Sequence[Keys]) -> Keys:
    """Return the cell after whose hiding the fewest numbers are given away; the first of equals."""
    if len(choice) == 1:
        return choice[0]
    left = [len(compare_release(_without(new, keys, PARTNER), ledger)) for keys in choice]
    return choice[int(np.argmin(left))]


def _without(record: ReleaseRecord, keys: Keys, state: str) -> ReleaseRecord:
    """Return the record with one more cell blank: point, lower and upper."""
    where = record.cells["keys"].map(lambda own: own == keys) & record.cells["state"].eq(SHOWN)
    return replace(record, cells=record.cells.assign(state=record.cells["state"].mask(where, state)))


def hide_cells(tables: Mapping[str, pd.DataFrame], hide: Sequence[Keys]) -> dict[str, pd.DataFrame]:
    """Return copies of the tables with more cells hidden, from `decide_release(...).hide`.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        As given to `release_record`.
    hide : sequence of Keys
        What to hide: point, lower, upper and every number made from them.
    """
    return {name: _hide_in(name, table, set(hide)) for name, table in tables.items()}


def _hide_in(name: str, table: pd.DataFrame, hide: set[Keys]) -> pd.DataFrame:
    columns = [column for column in KEYS_OF_TABLES.get(name, (name, "kp")) if column in table]
    if name not in KEYS_OF_TABLES and name not in table:
        return table.copy()
    rows = [cell_keys(row, columns) for row in table[columns].itertuples(index=False)]
    where = pd.Series([keys in hide for keys in rows], index=table.index, dtype=bool)
    numbers = RULES[name].numbers if name in RULES else (*END, *RATES)
    return blank(table, where, numbers).assign(hidden=where | table.get("hidden", False))
