"""Step 5: D, the factor for people who go to several spots and are counted at each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.spots.options import Options
from pse.spots.pool import mean_by
from pse.spots.units import Units


def factor_from_shares(*, share: np.ndarray | float, others: np.ndarray | float) -> np.ndarray | float:
    """Return D = (1 - p) + p / (1 + m).

    Parameters
    ----------
    share : float or array
        p, share of the people at a spot who also go to other spots in the reference period; 0 to 1.
    others : float or array
        m, mean number of *other* spots among those who go elsewhere. Averaged over everybody instead,
        D is 4 to 7 % too high.

    Returns
    -------
    float or array
        D, between 0 and 1.

    Notes
    -----
    The usual practice of programmatic mapping (a convention: no printed formula was seen). The mean m
    stands in for people's own numbers, which over-corrects by 2 to 4 % (Jensen).

    Examples
    --------
    >>> factor_from_shares(share=0.5, others=1)
    0.75
    """
    return (1 - share) + share / (1 + others)


def factor_from_visits(*, spots_visited: np.ndarray) -> float:
    """Return D = mean(1/M) over people met at one spot.

    People met at spots are met in proportion to M, so the mean of 1/M is right and 1/(1 + mean m)
    over-corrects. Ours (METHOD, section 2, step 5); unbiased to 0.1 % in simulation.

    Parameters
    ----------
    spots_visited : array of float
        M, the number of spots that each person visited in the period, the one of the interview included.

    Examples
    --------
    >>> factor_from_visits(spots_visited=np.array([1, 2, 2]))
    0.6666666666666666
    """
    return float(np.mean(1 / np.asarray(spots_visited, dtype=float)))


@dataclass(frozen=True)
class Duplication:
    """D of every unit, and the table that says where it comes from.

    `table` has one row per municipality x KP: `factor` (mean over spots, weighted by size), `source`
    (people, shares, days, none), `rests_on` (spot, municipality, KP), `n` answers, and for shares `p`
    and `m`. `notices` are sentences about KPs without answers.
    """

    factor: np.ndarray
    table: pd.DataFrame
    notices: tuple[str, ...]


def estimate_duplication(
    units: Units, level2: pd.DataFrame, people: pd.DataFrame, size: np.ndarray, *, options: Options
) -> Duplication:
    """Return D for every unit, from people's answers where recorded, else from shares, else 1.

    Parameters
    ----------
    units : Units
        Units of the study.
    level2, people : pandas.DataFrame
        Checked tables of the study.
    size : numpy.ndarray of float, shape (units,)
        E, people at each spot before this step; the weights of means over spots.
    options : Options
        `duplication` and `duplication_min_people` are used.
    """
    place = places(units)
    answers = {
        "people": visit_answers(units, people, "spots_visited"),
        "days": visit_answers(units, people, "days_per_week"),
        "shares": share_answers(units, level2),
    }
    factor = np.ones(len(units.table))
    parts, notices = [], []
    for code, kp in enumerate(units.kps):
        source = _source(options.duplication, answers, code, units)
        of_kp = (units.table["kp"].cat.codes == code).to_numpy()
        if source == "none":
            part = _nothing(place, of_kp)
            if options.duplication != "none":
                notices.append(
                    f"{kp}: nobody answered about other spots, so duplication between spots is not "
                    "corrected (factor 1)."
                )
        elif source == "shares":
            part = _from_shares(answers["shares"], place, of_kp, options.duplication_min_people)
        else:
            part = from_people(answers[source], place, of_kp, size)
        factor[of_kp] = part.pop("factor")[of_kp]
        parts.append(pd.DataFrame({"municipality": place.names, "kp": kp, "source": source, **part}))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    table = table.reindex(columns=["municipality", "kp", "source", "rests_on", "n", "p", "m"])
    mean = _mean_factor(units, place, factor, size, table)
    return Duplication(factor, table.assign(factor=mean), tuple(notices))


@dataclass(frozen=True)
class Places:
    """Municipality of each unit, as a number, and the names behind the numbers."""

    code: np.ndarray
    names: list[str]


def places(units: Units) -> Places:
    """Return the municipality of each unit."""
    text = units.table["municipality"]
    return Places(text.cat.codes.to_numpy(dtype=np.int64), list(text.cat.categories))


def visit_answers(units: Units, people: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one row per person met at a known spot: `unit` and `weight` = 1/M, or 7 / days a week.

    `days_per_week` is read as days of the week on which the person is at some spot, one spot a day, so
    that sum over spots of f_is = days / 7 (METHOD, section 3; ours).
    """
    if column not in people:
        return pd.DataFrame({"unit": np.zeros(0, dtype=int), "weight": np.zeros(0)})
    unit = units.of(people)
    value = people[column].to_numpy(dtype=float)
    known = (unit >= 0) & (value > 0)
    over = 7.0 if column == "days_per_week" else 1.0
    return pd.DataFrame({"unit": unit[known], "weight": over / value[known]})


def share_answers(units: Units, level2: pd.DataFrame) -> pd.DataFrame:
    """Return one row per active interview that answered: `unit`, `share` p, `others` m (0 where p is 0)."""
    if "share_other_spots" not in level2:
        return pd.DataFrame({"unit": np.zeros(0, dtype=int), "share": np.zeros(0), "others": np.zeros(0)})
    share = level2["share_other_spots"].to_numpy(dtype=float)
    others = level2["other_spots_mean"].to_numpy(dtype=float)
    known = (level2["status"] == "active").to_numpy() & ~np.isnan(share) & (units.level2 >= 0)
    return pd.DataFrame(
        {"unit": units.level2[known], "share": share[known], "others": np.nan_to_num(others[known])}
    )


def _source(choice: str, answers: dict[str, pd.DataFrame], kp: int, units: Units) -> str:
    """Return the source that serves this KP: the chosen one, or the first recorded one for `auto`."""
    codes = units.table["kp"].cat.codes.to_numpy()
    recorded = [
        name
        for name in ("people", "shares", "days")
        if (codes[answers[name]["unit"].to_numpy(dtype=int)] == kp).any()
    ]
    if choice == "auto":
        return next((name for name in recorded if name != "days"), "none")
    return choice if choice in recorded else "none"


def _from_shares(
    answers: pd.DataFrame, place: Places, of_kp: np.ndarray, min_people: int
) -> dict[str, np.ndarray]:
    """D of the municipality when enough people answered there, else of the KP.

    p is the mean over interviews and m their mean weighted by p; then the formula once.
    """
    rows = answers[of_kp[answers["unit"]]]
    where = place.code[rows["unit"]]
    n = np.bincount(where, minlength=len(place.names))
    local = n >= min_people
    share, others = _pooled_shares(rows, where, len(place.names))
    all_share, all_others = _pooled_shares(rows, np.zeros(len(rows), dtype=int), 1)
    p, m = np.where(local, share, all_share), np.where(local, others, all_others)
    return {
        "factor": np.asarray(factor_from_shares(share=p, others=m))[place.code],
        "rests_on": np.where(local, "municipality", "KP"),
        "n": np.where(local, n, len(rows)),
        "p": p,
        "m": m,
    }


def _pooled_shares(rows: pd.DataFrame, group: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    share, others = rows["share"].to_numpy(), rows["others"].to_numpy()
    weight = np.bincount(group, weights=share, minlength=n)
    weighted = np.bincount(group, weights=share * others, minlength=n)
    return mean_by(group, share, n=n), weighted / np.where(weight > 0, weight, 1)


def from_people(
    answers: pd.DataFrame, place: Places, of_kp: np.ndarray, size: np.ndarray
) -> dict[str, np.ndarray]:
    """D_s = mean of the weights of the people met at the spot.

    Spots without answers take the mean of the municipality weighted by E, else that of the KP.
    """
    rows = answers[of_kp[answers["unit"]]]
    n_units, n_places = len(of_kp), len(place.names)
    asked = np.bincount(rows["unit"], minlength=n_units)
    own = mean_by(rows["unit"].to_numpy(), rows["weight"].to_numpy(), n=n_units)
    seen = asked > 0
    local = _weighted_mean(own[seen], size[seen], place.code[seen], n_places)
    overall = _weighted_mean(own[seen], size[seen], np.zeros(seen.sum(), dtype=int), 1)
    fallback = np.where(np.isnan(local), overall, local)
    answered = np.bincount(place.code[seen], weights=asked[seen], minlength=n_places).astype(int)
    return {
        "factor": np.where(seen, own, fallback[place.code]),
        "rests_on": np.where(np.isnan(local), "KP", "spot, else municipality"),
        "n": np.where(answered > 0, answered, len(rows)),
    }


def _weighted_mean(values: np.ndarray, weight: np.ndarray, group: np.ndarray, n: int) -> np.ndarray:
    """Return the weighted mean of each group, the plain mean where all weights are 0, NaN where empty."""
    total = np.bincount(group, weights=weight, minlength=n)
    weighted = np.bincount(group, weights=weight * values, minlength=n) / np.where(total > 0, total, 1)
    plain = np.where(np.bincount(group, minlength=n) > 0, mean_by(group, values, n=n), np.nan)
    return np.where(total > 0, weighted, plain)


def _nothing(place: Places, of_kp: np.ndarray) -> dict[str, np.ndarray]:
    n = len(place.names)
    return {
        "factor": np.ones(len(of_kp)),
        "rests_on": np.full(n, "no answers"),
        "n": np.zeros(n, dtype=int),
    }


def _mean_factor(
    units: Units, place: Places, factor: np.ndarray, size: np.ndarray, table: pd.DataFrame
) -> np.ndarray:
    """Return, for each row of `table`, the mean D of its spots weighted by their size (1 without spots)."""
    if table.empty:
        return np.zeros(0)
    cell = units.table["kp"].cat.codes.to_numpy(dtype=np.int64) * len(place.names) + place.code
    return np.nan_to_num(_weighted_mean(factor, size, cell, len(table)), nan=1.0)
