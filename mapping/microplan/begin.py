"""Where a study should begin: spots for the organisation itself, municipalities for everybody."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from mapping.microplan.norms import Norms
from mapping.microplan.people import ESTIMATE, KEYS, of_municipalities
from mapping.microplan.priorities import ADDED, priorities_table
from mapping.microplan.register import UNIT, is_barred, plain_spots

COVERED = ("regular", "contacted", "registered")
"""Steps of the ladder that say who is covered; the first one that was counted holds."""

QUARTER, CLASSES = 0.25, ("small", "medium", "large")
"""Size classes of the spots of a KP: below the lower quartile, at or above the upper one. Ours."""

RISKS = {1.0: "low", 2.0: "medium", 3.0: "high"}
"""Values of the norms `risk_<typology>`."""

SEED = 1
"""Of the draws: the same study gives the same workbook."""


def covered(counts: pd.DataFrame | None) -> dict[tuple[str, str], tuple[str, float]]:
    """Return `(municipality, kp) -> (step, people)`: who is covered, by the strictest step counted.

    Parameters
    ----------
    counts : pandas.DataFrame or None
        `municipality, kp, step, people`; blank where hidden.

    Examples
    --------
    >>> covered(pd.DataFrame([["a", "FSW", "registered", 90.0], ["a", "FSW", "contacted", 60.0]],
    ...     columns=["municipality", "kp", "step", "people"]))
    {('a', 'FSW'): ('contacted', 60.0)}
    """
    known: dict[tuple[str, str], tuple[str, float]] = {}
    if counts is None:
        return known
    for step in COVERED:
        rows = counts[counts["step"].eq(step) & counts["people"].notna()]
        for place, kp, people in zip(rows["municipality"], rows["kp"], rows["people"], strict=True):
            known.setdefault((str(place), str(kp)), (step, float(people)))
    return known


def reached_shares(rows: pd.DataFrame, people: pd.DataFrame, counts: pd.DataFrame | None) -> np.ndarray:
    """Return for each row the share of the people of its municipality and KP who are covered, 0 to 1.

    Parameters
    ----------
    rows : pandas.DataFrame
        With `municipality, kp`.
    people : pandas.DataFrame
        From `people_table`.
    counts : pandas.DataFrame or None
        From `release_coverage`.

    Notes
    -----
    0 where nothing was counted or the size is hidden. Spots of a municipality get the same share: an
    assumption, because no count says who of a spot is covered.
    """
    sizes = of_municipalities(people).set_index(["municipality", "kp"])["central"]
    now = covered(counts)
    shares = []
    for key in zip(rows["municipality"].astype(str), rows["kp"].astype(str), strict=True):
        size = float(sizes.get(key, np.nan))
        shares.append(min(1.0, now[key][1] / size) if key in now and size > 0 else 0.0)
    return np.array(shares, dtype=float)


def spot_priorities(
    spots: pd.DataFrame, people: pd.DataFrame, norms: Norms, counts: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the priorities of the spots of a study.

    Parameters
    ----------
    spots : pandas.DataFrame
        The table `spots` at `restricted`. Spots without people are left out; refused and unsafe ones are
        never in the set.
    people, counts
        As in `reached_shares`.
    norms : Norms
        `priority_share`; floors: `places_per_municipality`, `places_per_typology` and, for one typology,
        `places_<typology>`; `risk_<typology>` (1 low, 2 medium, 3 high).

    Returns
    -------
    pandas.DataFrame
        `municipality, spot_id, kp, typology, central, unreached, size_class, risk_class, band, reason,
        probability, stability`; see `priorities_table`. `reason` tells `refused` from `unsafe`; `risk_class`
        is blank without a norm.
    """
    held = plain_spots(spots[spots["upper"] > 0]).sort_values(UNIT, ignore_index=True)
    sizes = {bound: held[estimate] for bound, estimate in ESTIMATE.items()}
    places = held[[*UNIT, "typology", "status"]].assign(
        **sizes,
        unsafe=is_barred(held),
        told_unsafe=held["unsafe"].astype(bool),
        reached=reached_shares(held, people, counts),
        risk_class=_risk_classes(held, norms),
    )
    places["size_class"] = places.groupby("kp")["central"].transform(_size_classes) if len(places) else ""
    table = _by_kp(places, norms, lambda rows, kp: _floors(rows, norms, kp))
    refused = table["reason"].eq("unsafe") & ~table["told_unsafe"].astype(bool)
    table["reason"] = table["reason"].mask(refused, "refused")
    classes = ["size_class", "risk_class"]
    return table[[*UNIT, "typology", "central", "unreached", *classes, *_SHOWN]]


def municipality_priorities(
    people: pd.DataFrame, norms: Norms, counts: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return for each KP which municipalities hold most of the people not reached, as far as sizes are shown.

    Parameters
    ----------
    people, norms, counts
        As in `spot_priorities`. Hidden municipalities take no part and are blank.

    Returns
    -------
    pandas.DataFrame
        `municipality, name, kp, central, unreached, band, reason, probability, stability, hidden`.
    """
    places = of_municipalities(people)
    shown = places[~places["hidden"]].reset_index(drop=True)
    shown = shown.assign(reached=reached_shares(shown, people, counts))
    table = _by_kp(shown, norms, lambda rows, kp: {}, per_municipality=False)
    table = table.assign(hidden=False)[[*KEYS, "central", "unreached", *_SHOWN, "hidden"]]
    gone = places.loc[places["hidden"], [*KEYS, "hidden"]]
    blank = gone.reindex(columns=table.columns).assign(reason="", stability="")
    return pd.concat([table, blank], ignore_index=True) if len(gone) else table


_SHOWN = [name for name in ADDED if name not in ("unreached", "chosen")]


def _by_kp(
    places: pd.DataFrame,
    norms: Norms,
    floors: Callable[[pd.DataFrame, str], dict[str, int]],
    *,
    per_municipality: bool = True,
) -> pd.DataFrame:
    """Return the priorities of each KP by its own norms."""
    parts = [
        priorities_table(
            rows,
            reach=norms.value("priority_share", str(kp)),
            floors=floors(rows, str(kp)),
            per_municipality=int(norms.value("places_per_municipality", str(kp))) if per_municipality else 0,
            rng=np.random.default_rng(SEED),
        )
        for kp, rows in places.groupby("kp", sort=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else places.reindex(columns=[*places, *ADDED])


def _floors(rows: pd.DataFrame, norms: Norms, kp: str) -> dict[str, int]:
    """Return how many places of each typology are in the set at least."""
    least = {}
    for kind in rows["typology"].dropna().astype(str).unique():
        own = f"places_{kind}"
        least[kind] = int(norms.value(own if norms.has(own, kp) else "places_per_typology", kp))
    return least


def _size_classes(sizes: pd.Series) -> pd.Series:
    low, high = np.quantile(sizes, [QUARTER, 1 - QUARTER])
    return pd.Series(
        np.select([sizes >= high, sizes < low], [CLASSES[2], CLASSES[0]], CLASSES[1]), sizes.index
    )


def _risk_classes(spots: pd.DataFrame, norms: Norms) -> list[str]:
    keys = zip(spots["typology"].astype(str), spots["kp"].astype(str), strict=True)
    named = [(f"risk_{kind}", kp) for kind, kp in keys]
    return [RISKS.get(norms.value(*key), "") if norms.has(*key) else "" for key in named]
