"""Staff: peer educators, outreach workers and supervisors."""

import numpy as np
import pandas as pd

from mapping.microplan.norms import Norms
from mapping.microplan.people import BOUNDS, KEYS, of_country, of_municipalities, with_bounds
from mapping.microplan.whole import share_out, up


def workforce(people: pd.DataFrame, norms: Norms) -> pd.DataFrame:
    """Return the staff that each row of `people` needs, each row on its own.

    Parameters
    ----------
    people : pandas.DataFrame
        From `people_table`.
    norms : Norms
        `reach` (share), `people_per_peer_educator`, `contacts_per_month` (per person),
        `contacts_per_peer_month` (what one peer educator can do), `people_per_outreach_worker`,
        `peer_educators_per_supervisor`.

    Returns
    -------
    pandas.DataFrame
        Keys; `low, central, high`: peer educators by the ratio, ceil(n x reach / ratio);
        `contacts_low ... contacts_high`: by the contacts needed against the capacity; `binding`: `ratio` or
        `contacts`, whichever needs more staff (central); `needed`: that number; `outreach_workers`,
        `supervisors` (central; one for so many of those needed).
        MICROPLANS, table Workforce.
    """
    reach = norms.values("reach", people["kp"])
    ratio = norms.values("people_per_peer_educator", people["kp"])
    contacts = norms.values("contacts_per_month", people["kp"])
    capacity = norms.values("contacts_per_peer_month", people["kp"])
    by_ratio = with_bounds(people, reach / ratio, whole="up")
    by_contacts = with_bounds(people, reach * contacts / capacity, whole="up", prefix="contacts_")
    table = pd.concat([people[KEYS], by_ratio, by_contacts], axis=1)
    binding = np.where(table["contacts_central"] > table["central"], "contacts", "ratio")
    needed = table[["central", "contacts_central"]].max(axis=1, skipna=False)
    outreach = norms.values("people_per_outreach_worker", people["kp"])
    span = norms.values("peer_educators_per_supervisor", people["kp"])
    return table.assign(
        binding=np.where(people["hidden"], "", binding),
        needed=needed,
        outreach_workers=up(people["central"] * reach / outreach),
        supervisors=up(needed / span),
        how="workforce",
        hidden=people["hidden"],
    )


def shared_workforce(people: pd.DataFrame, norms: Norms) -> pd.DataFrame:
    """Return the peer educators of each municipality twice: on its own, and as its part of the country's.

    Returns
    -------
    pandas.DataFrame
        Keys; `low, central, high`: rounded up in each municipality; `share_low ... share_high`: whole
        numbers that add up to the country's own, by the largest remainder. What a hidden municipality needs
        is one part together with all other hidden ones, and not shown. Last rows by KP: the sums of the
        municipalities that are shown, and in `share_*` the number of the country.
    """
    table = pd.concat([_one_kp(rows, norms) for _, rows in people.groupby("kp", sort=True)])
    places = of_municipalities(table)
    order = places.sort_values(["name", "municipality", "kp"], kind="stable")
    return pd.concat([order, of_country(table)], ignore_index=True)


def _one_kp(people: pd.DataFrame, norms: Norms) -> pd.DataFrame:
    country, places = of_country(people), of_municipalities(people)
    kp = str(country["kp"].iloc[0])
    factor = norms.value("reach", kp) / norms.value("people_per_peer_educator", kp)
    own = with_bounds(places, factor, whole="up")
    parts, totals = _shares(country, places, factor)
    shares = pd.DataFrame({f"share_{bound}": part for bound, part in zip(BOUNDS, parts, strict=True)})
    shown = own.sum(min_count=1).to_frame().T
    last = pd.DataFrame({f"share_{bound}": [total] for bound, total in zip(BOUNDS, totals, strict=True)})
    rows = pd.concat([places[[*KEYS, "hidden"]], own, shares], axis=1).assign(how="workforce_shared")
    foot = pd.concat([country[[*KEYS, "hidden"]], shown, last], axis=1).assign(how="sum_shown")
    return pd.concat([rows, foot], ignore_index=True)[[*KEYS, *BOUNDS, *shares.columns, "how", "hidden"]]


def _shares(
    country: pd.DataFrame, places: pd.DataFrame, factor: float
) -> tuple[list[np.ndarray], list[float]]:
    """Return the shares of each municipality and the totals; all hidden ones together take one share."""
    totals = country[list(BOUNDS)].iloc[0].to_numpy(float)
    if np.isnan(totals).any():  # without the country's number there is nothing to share
        return [np.full(len(places), np.nan)] * len(BOUNDS), [np.nan] * len(BOUNDS)
    shown = places["central"].notna().to_numpy()
    needs = []
    for bound, total in zip(BOUNDS, totals, strict=True):
        known = places.loc[shown, bound].to_numpy(float)
        rest = np.round(total - known.sum(), 6) if not shown.all() else 0.0
        needs.append(np.append(known, max(rest, 0.0)) * factor)
    parts = []
    for part in share_out(*needs):
        full = np.full(len(places), np.nan)
        full[shown] = part[:-1]
        parts.append(full)
    return parts, [float(total) for total in up(totals * factor)]
