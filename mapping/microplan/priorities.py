"""Where to begin: the smallest set of places that holds most people not reached yet, and how sure that is."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mapping.microplan.people import BOUNDS
from pse import checks

STEADY = 0.9
"""In (or out) in so many of all draws is stable; less is borderline. Ours."""

NEEDED = ["municipality", "kp", *BOUNDS]
ADDED = ["unreached", "band", "chosen", "reason", "probability", "stability"]


def priorities_table(
    places: pd.DataFrame,
    *,
    reach: float,
    floors: Mapping[str, int] | None = None,
    per_municipality: int = 0,
    draws: int = 1000,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return for each KP which spots (or municipalities) hold the wanted share of unreached people.

    Parameters
    ----------
    places : pandas.DataFrame
        One row per spot (or municipality) and KP: `municipality, kp, low, central, high` people. Optional:
        `reached` (share of them reached already, 0 where absent), `unsafe` (true or false), `typology`.
    reach : float
        Share of the unreached people at safe places that the set holds, 0 to 1.
    floors : mapping of str to int
        Typology -> places of it that are in the set at least, such as homes, which sizes alone leave out.
    per_municipality : int
        Places of each municipality that are in the set at least.
    draws : int
        How often sizes are drawn again.
    rng : numpy.random.Generator
        For the draws.

    Returns
    -------
    pandas.DataFrame
        The places with `unreached` (central), `band` (1 is the largest; equal numbers share one), `chosen`,
        `reason` (`size`, `floor`, `unsafe`, `below`), `probability` of being in the set, and `stability`
        (`stable` or `borderline`). In the order of KP and band.

    Raises
    ------
    ValueError
        For a missing column, sizes out of order, or a share that is none.

    Notes
    -----
    `unreached` is 0 at unsafe places. The smallest set is the largest places in turn; places as large as its
    last one are in it too, because nothing tells them apart. Sizes are drawn apart from each other from a
    triangle between low and high with its top at central: an assumption, because a range has no chances of
    its own. Unsafe places are never in the set, whatever their size. Ours, after MICROPLANS.md.

    Examples
    --------
    >>> places = pd.DataFrame({"municipality": list("abc"), "kp": "FSW", "low": [80, 9, 9],
    ...     "central": [100, 10, 10], "high": [120, 11, 11]})
    >>> priorities_table(places, reach=0.8, rng=np.random.default_rng(1))["chosen"].tolist()
    [True, False, False]
    """
    checks.share(reach=reach)
    checks.count(draws=draws, at_least=1)
    _check(places)
    floors = dict(floors or {})
    parts = [
        _of_kp(rows, reach, floors, per_municipality, draws, rng)
        for _, rows in places.groupby("kp", sort=True, observed=True)
    ]
    if not parts:
        return places.reindex(columns=[*places.columns, *ADDED])
    return pd.concat(parts, ignore_index=True)


def _of_kp(
    rows: pd.DataFrame,
    reach: float,
    floors: Mapping[str, int],
    per_municipality: int,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    safe = ~_column(rows, "unsafe", False).astype(bool).to_numpy()
    left = (1 - _column(rows, "reached", 0.0).to_numpy(dtype=float)) * safe
    unreached = rows["central"].to_numpy(dtype=float) * left
    groups = _groups(rows, floors, per_municipality)
    by_size = _set(unreached[None, :], reach)
    chosen = _with_floors(unreached[None, :], by_size, groups)[0]
    sizes = _drawn(rows, draws, rng) * left
    drawn = _with_floors(sizes, _set(sizes, reach), groups)
    often = drawn.mean(axis=0)
    steady = np.where(chosen, often >= STEADY, often <= 1 - STEADY)
    reason = np.select([~safe, by_size[0], chosen], ["unsafe", "size", "floor"], "below")
    table = rows.assign(
        unreached=unreached,
        band=pd.Series(-unreached.round(9)).rank(method="dense").astype(int).to_numpy(),
        chosen=chosen,
        reason=reason,
        probability=often,
        stability=np.where(steady, "stable", "borderline"),
    )
    return table.sort_values("band", kind="stable")


def _set(sizes: np.ndarray, reach: float) -> np.ndarray:
    """Return draws x places: which are in the smallest set, places that tie with its last one included."""
    ordered = -np.sort(-sizes, axis=1)
    sums = np.cumsum(ordered, axis=1)
    wanted = reach * sums[:, -1:] - 1e-9
    last = np.argmax(sums >= wanted, axis=1)
    least = np.take_along_axis(ordered, last[:, None], axis=1)
    return np.asarray((sizes >= least - 1e-9) & (sizes > 0) & (reach > 0))


def _groups(
    rows: pd.DataFrame, floors: Mapping[str, int], per_municipality: int
) -> list[tuple[np.ndarray, int]]:
    """Return which places each floor is about, and how many of them are in the set at least."""
    kinds = _column(rows, "typology", "").astype(str).to_numpy()
    towns = rows["municipality"].astype(str).to_numpy()
    groups = [(np.flatnonzero(kinds == kind), least) for kind, least in floors.items()]
    groups += [(np.flatnonzero(towns == town), per_municipality) for town in np.unique(towns)]
    return [(members, least) for members, least in groups if least > 0 and len(members)]


def _with_floors(sizes: np.ndarray, chosen: np.ndarray, groups: list[tuple[np.ndarray, int]]) -> np.ndarray:
    """Add, draw by draw, the largest places of every group that has too few in the set."""
    chosen = chosen.copy()
    for members, least in groups:
        inside = chosen[:, members]
        missing = least - inside.sum(axis=1, keepdims=True)
        spare = np.where(inside, 0.0, sizes[:, members])
        place = np.argsort(np.argsort(-spare, axis=1, kind="stable"), axis=1, kind="stable")
        chosen[:, members] = inside | ((place < missing) & (spare > 0))
    return chosen


def _drawn(rows: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
    low, central, high = (rows[name].to_numpy(dtype=float) for name in ("low", "central", "high"))
    apart = high > low
    sizes = np.broadcast_to(central, (draws, len(rows))).copy()
    if apart.any():
        sizes[:, apart] = rng.triangular(
            low[apart], central[apart], high[apart], size=(draws, int(apart.sum()))
        )
    return sizes


def _column(rows: pd.DataFrame, name: str, otherwise: object) -> pd.Series:
    return rows[name] if name in rows else pd.Series(otherwise, index=rows.index)


def _check(places: pd.DataFrame) -> None:
    missing = [name for name in NEEDED if name not in places]
    if missing:
        raise ValueError(
            f"places must have the columns {', '.join(NEEDED)}; got none named {', '.join(missing)}."
        )
    wrong = ~(
        (places["low"] >= 0) & (places["low"] <= places["central"]) & (places["central"] <= places["high"])
    )
    if wrong.any():
        raise ValueError(
            f"places must have 0 <= low <= central <= high; got {int(wrong.sum())} rows that do not, first "
            f"row {int(np.flatnonzero(wrong.to_numpy())[0]) + 1}. Look at its sizes."
        )
    if "reached" in places and not places["reached"].between(0, 1).all():
        raise ValueError("reached must be a share between 0 and 1; got others. Divide percentages by 100.")
