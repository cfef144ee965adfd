"""What is drawn about people who are not at spots: ranges of their numbers, accounts, answers of people."""

import numpy as np
import pandas as pd

from pse.records.study import Study
from pse.spots.bootstrap_block import Answers, Platforms, Ranges
from pse.spots.nonspot import channel_of_setting, nonspot_people
from pse.spots.sums import Sums, indicator, stacked
from pse.spots.three import Three
from pse.spots.totals import Cells
from pse.spots.virtual import Virtual, profile_bounds


def ranges(three: Three, sums: Sums) -> Ranges:
    """Return rows with a range; a bound on the wrong side of the point is the point."""
    return Ranges(
        np.minimum(three.lower, three.point), three.point, np.maximum(three.upper, three.point), sums
    )


def nonspot_ranges(study: Study, cells: Cells) -> Ranges:
    """Return the people of each row of nonspot, summed by cell: geographic ones first, then by telephone."""
    phone = channel_of_setting(study.nonspot["setting"]) == "phone"
    cell = cells.of(study.nonspot)
    group = np.where(cell >= 0, cell + np.where(phone, cells.n, 0), -1)
    return ranges(nonspot_people(study.nonspot), indicator(group, n=2 * cells.n))


def override_ranges(study: Study, cells: Cells) -> tuple[Ranges, np.ndarray]:
    """Return the overrides, one row each, and their cells."""
    cell = cells.of(study.overrides)
    given = study.overrides[cell >= 0]
    return ranges(Three.of(given), indicator(np.arange(len(given)), n=len(given))), cell[cell >= 0]


def platform_rows(study: Study, online: Virtual, cells: Cells) -> tuple[Platforms, pd.DataFrame]:
    """Return what is drawn about virtual.csv, and the KP x platform type of its rows after the cells.

    Profiles per person and v are resampled from the answers of people where these fill them; recorded ones
    have the range of `profiles_min`, `profiles_max`, else none. The shares of accounts that are genuine,
    active and resident have no recorded error and stay as they are.
    """
    virtual, people = study.virtual, study.people
    low, high = (virtual[f"accounts_{end}"].to_numpy(dtype=float) for end in ("min", "max"))
    fewest, most = profile_bounds(virtual, online.per_person)
    point = 1 / online.per_person
    base = np.prod(
        [virtual[f"share_{name}"].to_numpy(dtype=float) for name in ("genuine", "active", "resident")], axis=0
    )
    kp = pd.Index(cells.kps).get_indexer(pd.Index(virtual["kp"].astype(object)))
    types = virtual[["kp", "platform_type"]].astype(object)
    table = types.drop_duplicates().set_axis(["kp", "typology"], axis=1).reset_index(drop=True)
    code = pd.MultiIndex.from_frame(table).get_indexer(pd.MultiIndex.from_frame(types))
    cell = cells.of(virtual)
    sums = stacked([indicator(cell, n=cells.n), indicator(code, n=len(table))])
    answers = _answers_of_platforms(virtual, people, kp, cells.kps)
    profiles = answers[0]
    platforms = Platforms(
        (low, (low + high) / 2, high),
        (np.minimum(1 / most, point), point, np.maximum(1 / fewest, point)),
        base,
        online.at_spots,
        *answers,
        sums,
        indicator(kp, n=len(cells.kps)),
        np.array([_spread(profiles.get(int(code))) for code in kp]),
    )
    return platforms, table


def _answers_of_platforms(
    virtual: pd.DataFrame, people: pd.DataFrame, kp: np.ndarray, kps: list[str]
) -> tuple[
    dict[int, Answers], dict[int, Answers], dict[int, Answers], dict[int, np.ndarray], dict[int, np.ndarray]
]:
    profiles, visits, uses, fill_profiles, fill_visits = {}, {}, {}, {}, {}
    no_profiles = virtual["profiles_per_person"].isna().to_numpy()
    no_share = virtual["share_at_spots"].isna().to_numpy()
    for code, name in enumerate(kps):
        rows = people[people["kp"] == name]
        online = _with_profiles(rows[rows["spot_id"].isna()])
        met = online if len(online) else _with_profiles(rows)
        value = met["profiles"].to_numpy(dtype=float) if len(met) else np.zeros(0)
        over = value if len(online) else met["spots_visited"].to_numpy(dtype=float)
        here = kp == code
        if (here & no_profiles).any() and len(met):
            fill_profiles[code] = np.flatnonzero(here & no_profiles)
            profiles[code] = Answers(value, 1 / over)
        if (here & no_share).any() and len(online):
            fill_visits[code] = np.flatnonzero(here & no_share)
            visits[code] = Answers((online["spots_visited"] > 0).to_numpy(dtype=float), 1 / value)
        if here.any() and (said := _who_use_platforms(rows)) is not None:
            uses[code] = said
    return profiles, visits, uses, fill_profiles, fill_visits


def _spread(answers: Answers | None) -> float:
    """Return the squared coefficient of variation of profiles between people; 0 where nobody was asked."""
    if answers is None or len(answers.value) < 2:
        return 0.0
    mean = np.average(answers.value, weights=answers.weight)
    return float(np.average((answers.value - mean) ** 2, weights=answers.weight) / mean**2)


def _with_profiles(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["profiles"] > 0] if "profiles" in rows else rows.iloc[:0]


def _who_use_platforms(rows: pd.DataFrame) -> Answers | None:
    """Return who of the people met at spots use platforms, with weights 1/M."""
    if "uses_platforms" not in rows:
        return None
    said = rows[rows["spot_id"].notna() & rows["uses_platforms"].notna()]
    if said.empty:
        return None
    return Answers(
        said["uses_platforms"].to_numpy(dtype=float), 1 / said["spots_visited"].to_numpy(dtype=float)
    )
