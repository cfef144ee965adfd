"""Which printed numbers are sensitive, what a reader knows of hidden ones, and what he may not rule out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mapping.release.dominance import dominance
from mapping.release.levels import FEWEST_SPOTS
from mapping.release.printed import SPOTS
from mapping.release.reader import Need
from mapping.release.system import System

DOWN = 0.5
"""People that a number hidden for its size must be able to be; the rule says 1, this leaves a margin."""

ASIDE = 0.21
"""Share by which a dominated number must be able to differ; the rule says 20 %, with a margin."""

LOOSE = 1.0
"""People, or spots, by which any other hidden number must be able to differ: else it is hidden in vain."""


@dataclass(frozen=True)
class Sensitive:
    """Rows of a system that must not be found.

    Attributes
    ----------
    reasons : dict of int to str
        Row -> `size`, `dominance` or `few` (spots).
    single : list of frozenset of str
        Units that the people of a single spot know, one set per spot.
    """

    reasons: Mapping[int, str]
    single: list[frozenset[str]]


def find_sensitive(system: System, spots: pd.DataFrame, *, threshold: float) -> Sensitive:
    """Return the rows that must not be found.

    Parameters
    ----------
    system : System
        All printed numbers of one KP.
    spots : pandas.DataFrame
        `.spots` of that KP.
    threshold : float
        Sizes under so many people are sensitive; a municipality that was mapped with nobody found is too.

    Notes
    -----
    Dominance is judged on the part counted at spots; platforms and homes are no spots. A row that counts one
    or two spots is sensitive as a number of spots.
    """
    reasons: dict[int, str] = {}
    dominated, single = _few_spots(spots)
    for i, row in enumerate(system.rows):
        if row.kind == "people" and row.value < threshold:
            reasons[i] = "size"
        elif row.kind == "count" and 0 < row.value < FEWEST_SPOTS:
            reasons[i] = "few"
        elif row.kind == "people" and (row.unit in dominated or _only_spots(row.weights) in dominated):
            reasons[i] = "dominance"
    return Sensitive(reasons, single)


def _few_spots(spots: pd.DataFrame) -> tuple[set[str], list[frozenset[str]]]:
    """Return units that one or two spots dominate, and what the people of single spots know."""
    by_place, by_kind = dominance(spots), dominance(spots, ("kp", "typology"))
    place = [f"part/{m}/{SPOTS}/geographic" for m in by_place["municipality"]]
    kind = [f"kind/{SPOTS}/{name}" for name in by_kind["typology"]]
    units = pd.Series(place + kind, dtype=object)
    few = pd.concat([by_place, by_kind], ignore_index=True)
    dominated = set(units[few["dominated"].to_numpy(dtype=bool)])
    if dominance(spots, ("kp",))["dominated"].any():
        dominated.add(f"part/{SPOTS}/geographic")
    known = [
        frozenset({unit, f"total/{unit.split('/')[1]}"} if unit.startswith("part/") else {unit})
        for unit in units[few["spots"].to_numpy() == 1]
    ]
    return dominated, known


def _only_spots(weights: Mapping[tuple[str, ...], float]) -> str:
    """Return the unit of the people at spots of a municipality if a number is nothing else; else nothing."""
    if len(weights) == 1:
        atom = next(iter(weights))
        if atom[0] == "part" and atom[2].startswith(f"{SPOTS}/"):
            return f"part/{atom[1]}/{atom[2]}"
    return ""


def limits(
    system: System, sensitive: Mapping[int, str], *, threshold: float
) -> dict[int, tuple[float, float]]:
    """Return what a reader who knows the rules knows of each row if it is hidden: its least and its most.

    A number that is hidden for its size is at most the threshold, any other at least; of one that is hidden
    for dominance he knows nothing. He knows which is which.
    """
    known = {
        "size": (0.0, threshold),
        "few": (1.0, FEWEST_SPOTS - 1.0),
        "dominance": (0.0, np.inf),
        "people": (threshold, np.inf),
        "bound": (0.0, np.inf),
    }
    return {
        i: known[sensitive.get(i, row.kind)]
        for i, row in enumerate(system.rows)
        if sensitive.get(i, row.kind) in known
    }


def needs_of(system: System, sensitive: Sensitive, *, threshold: float) -> list[Need]:
    """Return what no reader may rule out: both sides of every sensitive number.

    The same for a reader who knows one unit exactly, because the only spot in it is his: so a cell with one
    spot is never the only partner of another hidden one.
    """
    needs = []
    for row, reason in sensitive.reasons.items():
        value = float(system.value[row])
        low, high = {
            "size": (DOWN, threshold),
            "few": (1.0, FEWEST_SPOTS - 1.0),
            "dominance": ((1 - ASIDE) * value, (1 + ASIDE) * value),
        }[reason]
        needs += [Need(row, low, False), Need(row, high, True)]
    inside = [
        replace(need, known=known)
        for known in sensitive.single
        for need in needs
        if system.rows[need.row].unit not in known
    ]
    return needs + inside


def loose_needs(system: System, sensitive: Mapping[int, str], *, threshold: float) -> list[list[Need]]:
    """Return for the first size and the first count of every unit: up or down, it must be able to differ."""
    groups = []
    done = {(system.rows[row].unit, system.rows[row].kind) for row in sensitive}
    for i, row in enumerate(system.rows):
        if row.kind in ("people", "count") and row.unit and (row.unit, row.kind) not in done:
            done.add((row.unit, row.kind))
            least = threshold if row.kind == "people" else 0.0
            groups.append([Need(i, row.value + LOOSE, True), Need(i, row.value - LOOSE, False)])
            if row.value - LOOSE < least:
                groups[-1].pop()
    return groups
