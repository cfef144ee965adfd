"""Which visited spots stand in for which unvisited ones when sizes are drawn."""

import numpy as np
import pandas as pd

from pse.spots.bootstrap_block import Donors
from pse.spots.options import Options
from pse.spots.ratio import ratio_sums, strata_of, with_fallback
from pse.spots.units import VISITED, Units

NO_DONOR = "no visited spot says how far level-1 sizes of unvisited spots are off, so it keeps its range"
ONE_DONOR = (
    "only one visited spot says how far level-1 sizes of unvisited spots are off, so it keeps its range"
)
ALL_CLOSED = (
    "{n} unvisited spot(s) count as nobody, because all visited spots like them were closed: their interval "
    "holds nobody either."
)


def find_donors(
    units: Units, level1: np.ndarray, level2: np.ndarray, receives: np.ndarray, *, options: Options
) -> tuple[list[Donors], np.ndarray]:
    """Return the donors of every unvisited unit, as R is formed: same strata, same fallback to the KP.

    Parameters
    ----------
    units : Units
        Units of the study.
    level1, level2 : numpy.ndarray, shape (units,)
        E1 and E2 in people; E2 is 0 for spots that are not active.
    receives : numpy.ndarray of bool, shape (units,)
        Listed units without a visit; refused and unsafe ones take donors out of the active spots only.
    options : Options
        `ratio`, `ratio_strata`, `ratio_min_spots`.

    Returns
    -------
    list of Donors
        One for each stratum and form with receivers.
    without : numpy.ndarray of int
        Receivers with no donor at all: their R is 1 by default and nothing is known about its error.
    """
    frame = units.table
    kp = frame["kp"].cat.codes.to_numpy(dtype=np.int64)
    stratum, names = strata_of(frame, level1, kp, options.ratio_strata)
    cell, cells = pd.factorize(kp * (len(names) + 1) + stratum + 1, sort=True)
    fine = ratio_sums(cell, len(cells), frame, level1, level2)
    coarse = ratio_sums(kp, len(units.kps), frame, level1, level2)
    cell_kp = np.asarray(cells) // (len(names) + 1)
    visited = frame["listed"].to_numpy() & frame["status"].isin(VISITED).to_numpy()
    active = visited & (frame["status"] == "active").to_numpy()
    refused = frame["status"].isin(["refused", "unsafe"]).to_numpy()
    found, without = [], []
    for form, takes in ((options.ratio, receives & ~refused), ("active", receives & refused)):
        _, rests_on, _ = with_fallback(fine, coarse, cell_kp, form, options.ratio_min_spots)
        pool = visited if form == "all" else active
        own = rests_on[cell] == "stratum" if len(cells) else np.zeros(0, dtype=bool)
        none = np.char.startswith(rests_on[cell].astype(str), "1:") if len(cells) else own
        without.append(np.flatnonzero(takes & none))
        for group, here in ((cell, own), (kp, ~own & ~none)):
            for code in np.unique(group[takes & here]):
                donors = np.flatnonzero(pool & (group == code))
                receivers = np.flatnonzero(takes & here & (group == code))
                seen = int((visited & (group == code)).sum())
                found.append(_donors(form, donors, receivers, level1, level2, seen))
    return found, np.concatenate(without) if without else np.zeros(0, dtype=int)


def _donors(
    form: str, donors: np.ndarray, receivers: np.ndarray, level1: np.ndarray, level2: np.ndarray, visited: int
) -> Donors:
    counts = (len(donors), visited) if form == "active_share" else (0, 0)
    donors = donors[level1[donors] > 0]
    first, second = level1[donors], level2[donors]
    weight = np.ones(len(donors)) if form == "mean" else first
    ratio = second / first
    mean = float(np.average(ratio, weights=weight)) if len(donors) else 0.0
    return Donors(donors, receivers, weight, ratio / mean if mean > 0 else ratio, *counts)
