"""What the hierarchical model sees of a study: one row per spot x KP, as plain arrays of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from pse.records.study import Study
from pse.spots.options import Options
from pse.spots.ratio import estimate_ratios
from pse.spots.units import VISITED

if TYPE_CHECKING:
    from pse.spots.chain import Parts

HEAPS = (5, 10, 50)
"""Round numbers that informants prefer; any other number is read to the nearest person."""


class Level(NamedTuple):
    """Reports of one level about the units that can hold people.

    By unit: `size` is the reported size, pooled as in the chain (people; 1 where there is none), and `kind`
    the code of how well it is known: kind 0 is no report. By kind: its KP, the `rows` behind a size (0 for
    kind 0), the mean `rounding`, which is the squared coefficient of variation that round numbers give one
    report, the number of `units` and the sum of ln of their sizes, `logs`. By KP: `squares` of ln reports
    around the mean of their spot (within shifts) on `free` degrees of freedom, and `round_within`, the mean
    rounding of those reports.
    """

    size: np.ndarray
    kind: np.ndarray
    kp: np.ndarray
    rows: np.ndarray
    rounding: np.ndarray
    units: np.ndarray
    logs: np.ndarray
    squares: np.ndarray
    free: np.ndarray
    round_within: np.ndarray


class ModelData(NamedTuple):
    """Units of the chain, in its order, and where each stands; arrays have one element per unit.

    `kp`, `stratum` (KP x typology) and `place` (zone x KP, or municipality x KP where no municipality has
    more than one zone) are codes; `stratum_kp`, `place_cell` and `cell_kp` give the KP of a stratum, the
    municipality x KP of a place, and its KP. `zones` is empty, or has one element per place where places are
    zones. `trial` is listed and seen (active or closed), `active` counted at level 2; `unvisited` has a
    level-1 size only, and `draws_closed` is true where it may turn out closed. `named` is ln of the
    informants who named the unit, around its mean by KP; `slope` the same for the level-1 size. `chain` is
    the size that the chain gives the unit before duplication, `chain_open` that with R of active spots.
    """

    kp: np.ndarray
    stratum: np.ndarray
    place: np.ndarray
    stratum_kp: np.ndarray
    place_cell: np.ndarray
    cell_kp: np.ndarray
    zones: np.ndarray
    trial: np.ndarray
    active: np.ndarray
    unvisited: np.ndarray
    draws_closed: np.ndarray
    named: np.ndarray
    slope: np.ndarray
    level1: Level
    level2: Level
    chain: np.ndarray
    chain_open: np.ndarray


def model_data(study: Study, parts: Parts, options: Options) -> ModelData:
    """Return the arrays of the model, from the records and the sizes that the chain pooled.

    Pooled sizes, shifts, statuses and the day of a size are those of the chain, so that the model and the
    replication estimate speak of the same numbers.
    """
    spots = parts.spots
    frame, groups = spots.units.table, spots.groups
    kp, town, zone, typology = (
        frame[name].cat.codes.to_numpy(dtype=np.int64) for name in ("kp", "municipality", "zone", "typology")
    )
    stratum, stratum_kp = _codes(kp, typology)
    cell, cell_kp = _codes(kp, town)
    place, place_cell, zones = _places(cell, zone)
    first, second = spots.sizes.level1.point, spots.sizes.validated(options.size_basis).point
    active = groups.active | groups.new
    unvisited = groups.unvisited & (first > 0)
    level1, level2 = _levels(study, parts, options, first * (active | unvisited), second * active)
    refused = frame["status"].isin(["refused", "unsafe"]).to_numpy()
    open_ratio, _ = estimate_ratios(spots.units, first, second, options=options.changed(ratio="active"))
    listed = first > 0
    informants = np.bincount(spots.units.level1[spots.units.level1 >= 0], minlength=len(frame))
    return ModelData(
        kp=kp,
        stratum=stratum,
        place=place,
        stratum_kp=stratum_kp,
        place_cell=place_cell,
        cell_kp=cell_kp,
        zones=zones,
        trial=frame["listed"].to_numpy() & frame["status"].isin(VISITED).to_numpy(),
        active=active,
        unvisited=unvisited,
        draws_closed=unvisited & ~refused & (options.ratio in ("all", "active_share")),
        named=_around(np.log(np.maximum(informants, 1)), kp, listed),
        slope=_around(np.log(np.where(listed, first, 1)), kp, listed),
        level1=level1,
        level2=level2,
        chain=spots.crude.point,
        chain_open=np.where(unvisited, first * open_ratio, spots.crude.point),
    )


def _codes(kp: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a code for each pair, and the first of each pair by code."""
    width = int(other.max(initial=-1)) + 2
    code, pairs = pd.factorize(kp * width + other + 1, sort=True)
    return code.astype(np.int64), np.asarray(pairs, dtype=np.int64) // width


def _places(cell: np.ndarray, zone: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the place of each unit, the cell of each place, and one element per place if they are zones."""
    place, place_cell = _codes(cell, zone)
    if len(place_cell) == len(np.unique(place_cell)):
        return cell, np.arange(int(cell.max(initial=-1)) + 1), np.zeros(0)
    return place, place_cell, np.zeros(len(place_cell))


def _around(values: np.ndarray, kp: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return `values` around their mean by KP; 0 where they are not known."""
    n = int(kp.max(initial=0)) + 1
    rows = np.bincount(kp[known], minlength=n)
    mean = np.bincount(kp[known], weights=values[known], minlength=n) / np.maximum(rows, 1)
    return np.where(known, values - mean[kp], 0.0)


def _levels(
    study: Study, parts: Parts, options: Options, first: np.ndarray, second: np.ndarray
) -> tuple[Level, Level]:
    """Return the reports of both levels; `first` and `second` are pooled sizes, 0 where they say nothing."""
    units, active = parts.spots.units, parts.spots.active
    kp = units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    named = units.level1 >= 0
    one = study.level1.loc[named, ["kp_min", "kp_max"]].to_numpy(dtype=float)
    ends = []
    for end in ("min", "max"):
        usual = active.rows[f"usual_{end}"].to_numpy(dtype=float)
        peak = active.rows[f"peak_{end}"].to_numpy(dtype=float)
        ends.append(np.where(np.isnan(peak), usual, peak) if options.size_basis == "peak_day" else usual)
    two = np.stack(ends, axis=1)
    return (
        _level(first, kp, units.level1[named], np.arange(len(kp)), one),
        _level(second, kp, active.part, active.unit, two),
    )


def _level(size: np.ndarray, kp: np.ndarray, part: np.ndarray, unit: np.ndarray, bounds: np.ndarray) -> Level:
    """Return the reports of one level; `part` is the unit x shift of each row, `unit` that of each part."""
    n, kps = len(size), int(kp.max(initial=-1)) + 1
    middle = bounds.mean(axis=1) if len(bounds) else np.zeros(0)
    good = middle > 0
    part, bounds, middle = part[good], bounds[good], middle[good]
    rounding = (rounding_variance(bounds[:, 0]) + rounding_variance(bounds[:, 1])) / 4 / middle**2
    rows = np.bincount(part, minlength=len(unit))
    mean = np.bincount(part, weights=np.log(middle), minlength=len(unit)) / np.maximum(rows, 1)
    squares = np.bincount(part, weights=(np.log(middle) - mean[part]) ** 2, minlength=len(unit))
    free = np.maximum(rows - 1, 0)
    repeated = (rows > 1)[part]
    kp_of = kp[unit]
    kind, kinds = _kinds(size > 0, kp, np.bincount(unit, weights=rows, minlength=n).astype(np.int64))
    in_kind = kind[unit[part]]
    return Level(
        size=np.where(size > 0, size, 1.0),
        kind=kind,
        kp=kinds[:, 0],
        rows=kinds[:, 1].astype(float),
        rounding=np.where(kinds[:, 1] > 0, _mean(in_kind, rounding, len(kinds)), 0.0),
        units=np.bincount(kind, minlength=len(kinds)).astype(float),
        logs=np.bincount(kind, weights=np.log(np.where(size > 0, size, 1.0)), minlength=len(kinds)) * 1.0,
        squares=np.bincount(kp_of, weights=squares, minlength=kps).astype(float),
        free=np.bincount(kp_of, weights=free, minlength=kps).astype(float),
        round_within=_mean(kp_of[part[repeated]], rounding[repeated], kps),
    )


def _kinds(told: np.ndarray, kp: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the kind of each unit, and KP and rows of each kind; kind 0 has no report."""
    kinds, code = np.unique(np.stack([kp, np.maximum(rows, 1)], axis=1)[told], axis=0, return_inverse=True)
    kind = np.zeros(len(kp), dtype=np.int64)
    kind[told] = code.ravel() + 1
    return kind, np.vstack([np.zeros((1, 2), dtype=np.int64), kinds.reshape(-1, 2)])


def _mean(group: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    rows = np.bincount(group, minlength=n)
    return np.bincount(group, weights=values, minlength=n) / np.maximum(rows, 1)


def rounding_variance(numbers: np.ndarray) -> np.ndarray:
    """Return the variance that rounding gives each reported number, from how often round numbers are said.

    Parameters
    ----------
    numbers : numpy.ndarray
        All reported minima, or all maxima, of one level.

    Returns
    -------
    numpy.ndarray
        step^2 / 12 for the step to which the number was rounded: 1 person, or 5, 10, 50 where the number is
        a multiple of it and at least twice as large. Where the share of multiples of a step among those of
        the next finer one is above u, that of unrounded numbers (1 in 5, 1 in 2, 1 in 5), a share h of them
        is rounded to it, and a multiple is a rounded one with the chance h / (h + (1 - h) u).

    Notes
    -----
    Sheppard's step^2 / 12; the shares of steps are ours (METHOD, section 4: heaping).

    Examples
    --------
    >>> rounding_variance(np.array([10, 15, 20, 35])).round(2).tolist()  # nothing but fives: all rounded
    [2.08, 2.08, 2.08, 2.08]
    """
    variance, finer = np.full(len(numbers), 1 / 12), 1
    for step in HEAPS:
        large = numbers >= 2 * step
        multiple = large & (numbers % step == 0)
        if multiple.any():
            usual = finer / step  # multiples of `step` among those of the next finer step, without heaping
            share = multiple.sum() / (large & (numbers % finer == 0)).sum()
            share = max(0.0, (share - usual) / (1 - usual))
            chance = share / (share + (1 - share) * usual)
            variance = np.where(multiple, chance * step**2 / 12 + (1 - chance) * variance, variance)
        finer = step
    return variance
