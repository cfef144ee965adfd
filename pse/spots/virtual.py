"""Step 7: people met on web sites and apps: from accounts to people who are only there."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.spots.three import Three


def profiles(
    *, accounts: np.ndarray, genuine: np.ndarray, active: np.ndarray, resident: np.ndarray
) -> np.ndarray:
    """Return profiles = accounts x share genuine x share active x share resident.

    The shares are sequential: active among the genuine, resident among the active. A convention of
    virtual mapping (METHOD, section 2, step 7).
    """
    return accounts * genuine * active * resident


def virtual_only(*, profiles: np.ndarray, per_person: np.ndarray, at_spots: np.ndarray) -> np.ndarray:
    """Return people who are met only online: profiles / profiles per person x (1 - v).

    Parameters
    ----------
    profiles : array of float
        Genuine, active, resident profiles on a platform.
    per_person : array of float
        Profiles that one person has on *all* platforms together, 1 or more.
    at_spots : array of float
        v, share of these people who also come to spots; 0 to 1.
    """
    return profiles / per_person * (1 - at_spots)


def mean_profiles_on_platforms(*, profiles: np.ndarray) -> float:
    """Return the harmonic mean: people recruited on platforms are met in proportion to their profiles."""
    return len(profiles) / float(np.sum(1 / profiles))


def mean_profiles_at_spots(*, profiles: np.ndarray, spots_visited: np.ndarray) -> float:
    """Return the mean weighted by 1/M: people recruited at spots are met in proportion to M."""
    return float(np.average(profiles, weights=1 / spots_visited))


@dataclass(frozen=True)
class Virtual:
    """People of each row of virtual.csv.

    `only` is who is met only online, `everybody` the point before spots are taken off, `per_person` and
    `at_spots` the values used, and `notices` says which of them were computed from people.csv.
    """

    only: Three
    everybody: np.ndarray
    per_person: np.ndarray
    at_spots: np.ndarray
    notices: tuple[str, ...]


def virtual_people(virtual: pd.DataFrame, people: pd.DataFrame) -> Virtual:
    """Return the people of each row of `virtual`, with blanks filled from what people answered.

    Parameters
    ----------
    virtual : pandas.DataFrame
        Checked table. A blank `profiles_per_person` or `share_at_spots` is computed from `people`.
        Optional `profiles_min`, `profiles_max` bound the profiles per person: the lower number of people
        then uses the upper number of profiles (as the published bounds of Kenya 2020 do).
    people : pandas.DataFrame
        Checked table of people; those recruited on platforms have a blank `spot_id`.

    Returns
    -------
    Virtual
        One element per row of `virtual`.
    """
    share = {
        name: virtual[f"share_{name}"].to_numpy(dtype=float) for name in ("genuine", "active", "resident")
    }
    per_person, at_spots, notices = _fill(virtual, people)
    low_accounts = virtual["accounts_min"].to_numpy(dtype=float)
    high_accounts = virtual["accounts_max"].to_numpy(dtype=float)

    def count(accounts: np.ndarray, divisor: np.ndarray) -> np.ndarray:
        return virtual_only(
            profiles=profiles(accounts=accounts, **share), per_person=divisor, at_spots=at_spots
        )

    fewest, most = profile_bounds(virtual, per_person)
    middle = (low_accounts + high_accounts) / 2
    only = Three(count(middle, per_person), count(low_accounts, most), count(high_accounts, fewest))
    everybody = profiles(accounts=middle, **share) / per_person
    return Virtual(only, everybody, per_person, at_spots, notices)


def profile_bounds(virtual: pd.DataFrame, per_person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return fewest and most profiles per person of each row; the value used where no range is recorded."""
    return _bound(virtual, "profiles_min", per_person), _bound(virtual, "profiles_max", per_person)


def _bound(virtual: pd.DataFrame, name: str, otherwise: np.ndarray) -> np.ndarray:
    if name not in virtual:
        return otherwise
    given = virtual[name].to_numpy(dtype=float)
    return np.where(np.isnan(given), otherwise, given)


def _fill(virtual: pd.DataFrame, people: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    per_person = virtual["profiles_per_person"].to_numpy(dtype=float).copy()
    at_spots = virtual["share_at_spots"].to_numpy(dtype=float).copy()
    notices = []
    for kp in sorted(set(virtual["kp"])):
        rows = (virtual["kp"] == kp).to_numpy()
        for values, name, answer in (
            (per_person, "profiles per person", _profiles_per_person(people, kp)),
            (at_spots, "share of platform users who come to spots", _share_at_spots(people, kp)),
        ):
            blank = rows & np.isnan(values)
            if blank.any() and answer is None:
                raise ValueError(
                    f"virtual.csv must give the {name} for {kp}, or people.csv must record it; got neither."
                )
            if blank.any() and answer is not None:
                values[blank] = answer
                notices.append(f"{kp}: {name} is {answer:.3g}, from people.csv.")
    return per_person, at_spots, tuple(notices)


def _profiles_per_person(people: pd.DataFrame, kp: str) -> float | None:
    """From people recruited on platforms if any gave their profiles, else from people at spots."""
    if "profiles" not in people:
        return None
    rows = people[(people["kp"] == kp) & (people["profiles"] > 0)]
    online = rows[rows["spot_id"].isna()]
    if len(online):
        return mean_profiles_on_platforms(profiles=online["profiles"].to_numpy(dtype=float))
    if len(rows):
        return mean_profiles_at_spots(
            profiles=rows["profiles"].to_numpy(dtype=float),
            spots_visited=rows["spots_visited"].to_numpy(dtype=float),
        )
    return None


def _share_at_spots(people: pd.DataFrame, kp: str) -> float | None:
    """v, share of people on platforms who come to spots, weighted by 1 / profiles."""
    if "profiles" not in people:
        return None
    online = people[(people["kp"] == kp) & people["spot_id"].isna() & (people["profiles"] > 0)]
    if online.empty:
        return None
    return float(np.average(online["spots_visited"] > 0, weights=1 / online["profiles"]))


def share_on_platforms(people: pd.DataFrame, kp: str) -> float | None:
    """Return g, the share of people at spots who use platforms, weighted by 1/M; None if not recorded."""
    if "uses_platforms" not in people:
        return None
    rows = people[(people["kp"] == kp) & people["spot_id"].notna() & people["uses_platforms"].notna()]
    if rows.empty:
        return None
    visited = rows["spots_visited"].to_numpy(dtype=float)
    return float(np.average(rows["uses_platforms"].to_numpy(dtype=float), weights=1 / visited))
