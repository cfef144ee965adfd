"""What a reader of several releases can work out of the numbers that were hidden in one of them.

Every number is a variable. A variable is the same in two releases where its cell and its true value are the
same: a reader may know that a municipality was not mapped again, and tries it. Numbers are 0 or more, and a
total is the sum of its parts; nothing else is assumed. The bounds are those of linear programming (HiGHS).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Keys = tuple[tuple[str, str], ...]
"""What a number is about, such as (("kp", "FSW"), ("municipality", "M1")); what is not named is summed."""
Within = Mapping[str, Mapping[str, str]]
"""Geography -> municipality -> area of that geography, such as {"region": {"M1": "North"}}."""
Name = tuple[Keys, str, float]
"""Cell, kind of number (point, lower, upper) and true value: the identity of a variable."""

SHOWN, HIDDEN, ABSENT, PARTNER = "shown", "hidden", "absent", "partner"
"""Printed; blank in its table; not in a table that went out; blank to protect others, no secret itself."""
_ADDS_UP = 1e-6  # of a total
_DECIMALS = 6


@dataclass(frozen=True)
class Numbers:
    """The numbers of some releases and the sums between them.

    Attributes
    ----------
    place : dict of Name to int
        Where each variable stands.
    truth : numpy.ndarray
        Its true value.
    known : numpy.ndarray of bool
        Whether some release shows it.
    sums : scipy.sparse.csr_array
        One row per sum, -1 for the total and 1 for each part, variables in columns.
    """

    place: dict[Name, int]
    truth: NDArray[np.float64]
    known: NDArray[np.bool_]
    sums: csr_array


def join_numbers(releases: Sequence[tuple[pd.DataFrame, Within]]) -> Numbers:
    """Return the variables and sums of several releases together.

    Parameters
    ----------
    releases : sequence of (pandas.DataFrame, mapping)
        Cells with `keys`, `number`, `value` (true) and `state`, and the geographies that they may name.
    """
    place: dict[Name, int] = {}
    shown: set[int] = set()
    equations: dict[tuple[int, frozenset[int]], None] = {}
    for cells, within in releases:
        names = [name_of(*row) for row in zip(cells["keys"], cells["number"], cells["value"], strict=True)]
        for name, state in zip(names, cells["state"], strict=True):
            at = place.setdefault(name, len(place))
            if state == SHOWN:
                shown.add(at)
        for total, parts in _sums(names, within):
            members = frozenset(place.setdefault(part, len(place)) for part in parts)
            equations[place.setdefault(total, len(place)), members] = None
    truth = np.array([value for _, _, value in place], dtype=float)
    known = np.isin(np.arange(len(place)), list(shown))
    return Numbers(place, truth, known, _matrix(list(equations), len(place)))


def name_of(keys: Keys, number: str, value: float) -> Name:
    """Return the identity of the variable that stands in a cell."""
    return keys, number, round(float(value), _DECIMALS)


def _matrix(equations: Sequence[tuple[int, frozenset[int]]], width: int) -> csr_array:
    rows, columns, signs = [], [], []
    for row, (total, parts) in enumerate(equations):
        rows += [row] * (1 + len(parts))
        columns += [total, *parts]
        signs += [-1.0] + [1.0] * len(parts)
    return csr_array((signs, (rows, columns)), shape=(len(equations), width))


def _sums(names: Sequence[Name], within: Within) -> list[tuple[Name, list[Name]]]:
    """Return total and parts of every sum that the cells allow and that the true values keep.

    Totals that nobody printed join two tables with common parts, such as typologies and components.
    """
    tables: dict[tuple[frozenset[str], str], dict[Keys, Name]] = {}
    for name in names:
        dims = frozenset(dim for dim, _ in name[0])
        tables.setdefault((dims, name[1]), {})[name[0]] = name
    found = []
    for number in {number for _, number in tables}:
        fine = {dims: rows for (dims, kind), rows in tables.items() if kind == number}
        for dims in _coarser(list(fine), within):
            totals = fine.get(dims, {})
            for parts in [rows for other, rows in fine.items() if _splits(dims, other, within)]:
                groups = _grouped(parts, dims, within)
                found += _that_add_up(totals, groups, number)
                totals = {**_implied(groups, number), **totals}
    return found


def _coarser(tables: Sequence[frozenset[str]], within: Within) -> list[frozenset[str]]:
    common = {a & b for a, b in combinations(tables, 2)}
    areas = {(t - {"municipality"}) | {geo} for t in tables if "municipality" in t for geo in within}
    return sorted({*tables, *common, *areas} - {frozenset()}, key=lambda dims: (len(dims), sorted(dims)))


def _splits(dims: frozenset[str], parts: frozenset[str], within: Within) -> bool:
    """Return whether rows by `parts` can be summed to rows by `dims`."""
    reachable = parts | (set(within) if "municipality" in parts else set())
    return dims != parts and dims <= reachable


def _grouped(parts: Mapping[Keys, Name], dims: frozenset[str], within: Within) -> dict[Keys, list[Name]]:
    groups: dict[Keys, list[Name]] = {}
    for keys, name in parts.items():
        own = dict(keys)
        for geography, areas in within.items():
            if geography in dims and own.get("municipality") in areas:
                own.setdefault(geography, areas[own["municipality"]])
        if dims <= own.keys():
            groups.setdefault(tuple(sorted((dim, own[dim]) for dim in dims)), []).append(name)
    return groups


def _implied(groups: Mapping[Keys, Sequence[Name]], number: str) -> dict[Keys, Name]:
    return {
        keys: name_of(keys, number, sum(value for _, _, value in parts)) for keys, parts in groups.items()
    }


def _that_add_up(
    totals: Mapping[Keys, Name], groups: Mapping[Keys, Sequence[Name]], number: str
) -> list[tuple[Name, list[Name]]]:
    """Return the sums that hold; an override breaks one, and a total that is not there is implied."""
    found = []
    for keys, implied in _implied(groups, number).items():
        total = totals.get(keys, implied)
        if abs(total[2] - implied[2]) <= _ADDS_UP * max(1.0, abs(total[2])):
            found.append((total, list(groups[keys])))
    return found


def bounds(numbers: Numbers, wanted: Sequence[Mapping[Name, float]]) -> NDArray[np.float64]:
    """Return the smallest and largest value that each wanted sum can have for the reader.

    Parameters
    ----------
    numbers : Numbers
        From `join_numbers`.
    wanted : sequence of mapping
        Weight of each variable, such as {name: 1} for one number, {after: 1, before: -1} for a change.

    Returns
    -------
    numpy.ndarray
        Shape (wanted, 2). 0 or minus infinity to infinity where these releases say nothing about it.
    """
    labels = _linked(numbers)
    return np.array([_bound(numbers, labels, weights) for weights in wanted], dtype=float).reshape(-1, 2)


def _linked(numbers: Numbers) -> NDArray[np.int64]:
    """Return a label per variable; unknown variables that share a sum have the same one."""
    unknown = numbers.sums[:, np.flatnonzero(~numbers.known)]
    labels = np.full(len(numbers.truth), -1, dtype=np.int64)
    if unknown.shape[1]:
        _, labels[~numbers.known] = connected_components(abs(unknown).T @ abs(unknown), directed=False)
    return labels


def surroundings(numbers: Numbers, wanted: Sequence[Mapping[Name, float]]) -> list[object]:
    """Return for each wanted sum what its bounds rest on: the sums of unknown numbers that it is linked to.

    Equal surroundings in two sets of releases mean equal bounds, without a linear programme.
    """
    names, labels = list(numbers.place), _linked(numbers)
    linked: dict[int, set[frozenset[tuple[Name, float]]]] = {}
    sums = numbers.sums
    for start, end in pairwise(sums.indptr):
        terms = zip(sums.indices[start:end], sums.data[start:end], strict=True)
        unknown = [(int(at), float(sign)) for at, sign in terms if not numbers.known[at]]
        if unknown:
            members = frozenset((names[at], sign) for at, sign in unknown)
            linked.setdefault(int(labels[unknown[0][0]]), set()).add(members)
    sealed = {label: frozenset(members) for label, members in linked.items()}
    return [tuple(_around(numbers, labels, sealed, name) for name in weights) for weights in wanted]


def _around(numbers: Numbers, labels: NDArray[np.int64], sealed: Mapping[int, object], name: Name) -> object:
    at = numbers.place.get(name)
    if at is None:
        return "not there"
    return "known" if numbers.known[at] else sealed.get(int(labels[at]), "free")


def _bound(numbers: Numbers, labels: NDArray[np.int64], weights: Mapping[Name, float]) -> tuple[float, float]:
    there = {numbers.place[name]: weight for name, weight in weights.items() if name in numbers.place}
    away = [weight for name, weight in weights.items() if name not in numbers.place]
    truth = sum(weight * numbers.truth[at] for at, weight in there.items())
    free = {at: weight for at, weight in there.items() if not numbers.known[at]}
    members = np.flatnonzero(np.isin(labels, [labels[at] for at in free]))
    low, high = (0.0, 0.0) if not free else _solve(numbers, members, free)
    low = -np.inf if any(weight < 0 for weight in away) else truth + low
    return low, (np.inf if any(weight > 0 for weight in away) else truth + high)


def _solve(numbers: Numbers, members: NDArray[Any], free: Mapping[int, float]) -> tuple[float, float]:
    """Return the smallest and largest deviation from the truth; the truth itself always fits the sums."""
    sums = numbers.sums[:, members]
    sums = sums[np.flatnonzero(abs(sums).sum(axis=1))]
    weights = np.array([free.get(int(at), 0.0) for at in members])
    limits = np.column_stack([-numbers.truth[members], np.full(len(members), np.inf)])
    found = []
    for sign in (1.0, -1.0):
        if sums.shape[0]:
            done = linprog(sign * weights, A_eq=sums, b_eq=np.zeros(sums.shape[0]), bounds=limits)
        else:
            done = linprog(sign * weights, bounds=limits)
        found.append(sign * done.fun if done.status == 0 else -sign * np.inf)
    return float(found[0]), float(found[1])
