"""Attacks by random intervals: kinds of bounds, sums of bounds, widths, draws.

Each attack is first shown to read a hidden number from tables of which only the small numbers were blanked.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pse
from mapping.output import write_estimates
from mapping.release import release
from mapping.release.coarse import bound_step
from mapping.release.rules import RULES
from pse.spots.totals import sum_by
from tests.attacks.plain_study import plain_study
from tests.attacks.random_sizes import KIND, SMALL, audited, blanked, estimated
from tests.mapping.random_studies import random_study


@pytest.fixture(scope="module")
def sizes():
    return estimated(plain_study(SMALL, typologies=("bar", "street")))


@pytest.fixture(scope="module")
def released(sizes):
    return release(sizes)


# What kind of bounds a hidden row has


def by_kind(table):
    """Return hidden municipalities whose bounds are a range among intervals: nobody is at spots there."""
    hidden = table[table["hidden"]]
    return set(hidden.loc[hidden["interval"].eq("range"), "municipality"])


@pytest.mark.parametrize("name", ["municipalities", "components", "municipality_days"])
def test_the_kind_of_bounds_reads_who_has_nobody_and_ours_does_not_say(sizes, released, name):
    assert by_kind(blanked(getattr(sizes, name))) == {"none"}
    ours = released.tables[name]
    assert {"none", "bora"} <= set(ours.loc[ours["hidden"], "municipality"])
    assert by_kind(ours) == set()
    assert ours.loc[ours["hidden"], KIND].isna().all(axis=None)


# Sums of bounds


def by_bounds(nation, parts, end):
    """Return the bound of the one hidden part: the printed sum of bounds less those that are shown."""
    hidden = parts["hidden"] & parts["interval"].ne("range")
    left = nation.loc[nation["component"].eq("spots"), end].iloc[0] - parts[end].sum()
    return left if hidden.sum() == 1 else np.nan


def test_sums_of_random_bounds_read_a_hidden_interval_and_ours_are_those_of_the_draws(sizes, released):
    careless = sum_by(sizes.components, ["kp", "component", "channel"])
    bora = sizes.components.set_index("municipality").loc["bora"]
    for end in ("lower", "upper"):
        assert by_bounds(careless, blanked(sizes.components), end) == pytest.approx(bora[end])
        true = sizes.national_components
        assert abs(by_bounds(true, blanked(sizes.components), end) - bora[end]) > 10
    ours = released.national_components.iloc[0]
    low, high = sizes.draws.interval(sizes.draws.total())
    assert ours["lower"] <= low <= high <= ours["upper"]
    assert ours["upper"] - ours["lower"] <= high - low + 2 * bound_step(10)


# The width of an interval


def by_width(width, *, known, hidden, sd, slack):
    """Return how small the first of two hidden sizes can be, from the width of the interval of the nation.

    The reader knows the scheme: each municipality has one log-normal factor of its own. He tries all ways to
    split the sum of the two, draws the nation for each, and keeps those that agree with what is printed.
    """
    rng = np.random.default_rng(99)
    factors = np.exp(rng.normal(-(sd**2) / 2, sd, size=(40_000, len(known) + 2)))
    splits = np.arange(0.5, 10.5)
    ends = [
        np.quantile(factors @ np.array([*known, small, hidden - small]), [0.025, 0.975]) for small in splits
    ]
    wide = np.diff(ends).ravel()
    return splits[np.abs(wide - width) <= slack]


WIDE = {"alba": [25, 25], "bora": [1, 1, 1], "cira": [20] * 5, "dova": [12, 12, 12], "elma": [11, 11, 11]}
"""`bora` has 3 people; with `cira`, who has 100, they are 103. Careless people hide these two."""


def test_widths_of_averaged_runs_split_a_hidden_sum_and_rounded_ones_do_not():
    """Runs with other seeds average the noise of the draws away."""
    runs = [
        estimated(plain_study(WIDE), seed=seed, replicates=20_000, interview_sd=0.0, team_sd=0.25)
        for seed in (1, 2)
    ]
    widths = [np.diff(run.national[["lower", "upper"]].to_numpy())[0, 0] for run in runs]
    told = {"known": [50, 36, 33], "hidden": 103, "sd": 0.25}
    read = by_width(np.mean(widths), **told, slack=1.0)
    assert 2.5 in read or 3.5 in read
    assert np.ptp(read) < 5
    ours = [release(run).national for run in runs]
    rounded = [np.diff(table[["lower", "upper"]].to_numpy(dtype=float))[0, 0] for table in ours]
    assert all(0 <= wide - width <= 2 * bound_step(10) for wide, width in zip(rounded, widths, strict=True))
    # rounding outward adds 0 to 20 people: he takes off the mean, 10, and is right to 10
    left = by_width(np.mean(rounded) - 10, **told, slack=10.0)
    assert {0.5, 9.5} <= set(left)


def test_rates_tell_no_more_than_rounded_bounds(released):
    shown = released.municipalities[~released.municipalities["hidden"]]
    for end in ("lower", "upper"):
        people = shown[f"rate_{end}"] * shown["adults"] / 1000
        assert people.to_numpy(dtype=float) == pytest.approx(shown[end].to_numpy(dtype=float))
        assert (shown[end] % bound_step(10) == 0).all()


def test_bounds_stay_as_they_are_where_nothing_is_hidden():
    sizes = estimated(plain_study({"alba": [20] * 5, "cira": [12] * 4, "dova": [15] * 6}))
    ours = release(sizes)
    assert ours.hidden == 0
    pd.testing.assert_series_equal(ours.national["lower"], sizes.national["lower"])


# Draws


def test_draws_give_every_hidden_size_and_are_in_no_file(sizes, tmp_path):
    towns = list(sizes.draws.municipalities)
    assert sizes.draws.of("FSW")[:, towns.index("bora")].mean() == pytest.approx(8, abs=0.5)
    for level in ("public", "programme", "restricted"):
        ours = release(sizes, level, withheld=())
        write_estimates(ours, tmp_path / level, run={})
        assert not [path for path in (tmp_path / level).iterdir() if "draw" in path.name]
        assert "Joint draws are in no file" in " ".join(ours.receipt.split())
        assert "draws" not in ours.tables


def test_nothing_is_said_of_draws_where_there_are_none():
    assert "draws" not in release(pse.estimate_study(plain_study(SMALL))).receipt


# Whatever the study


@settings(max_examples=3, deadline=None)
@given(
    st.integers(0, 500),
    st.sampled_from(["none", "chao2", "people"]),
    st.sampled_from(["public", "programme"]),
)
@pytest.mark.filterwarnings("ignore::pse.EstimateWarning")
def test_no_study_is_refused_and_hidden_rows_say_nothing(seed, unlisted, level):
    study = random_study(seed, towns=4, kps=1, spots=16)
    sizes = estimated(study, replicates=20, unlisted=unlisted)
    ours = release(sizes, level, withheld=())
    partly = [kp for kp, found in ours.sight.kps.items() if found.units or found.whole]
    for name, table in ours.tables.items():
        if name == "spots":
            continue
        hidden = table[table["hidden"].astype(bool)]
        blank = [c for c in (*RULES[name].numbers, *KIND) if c in table and c not in ("p", "m")]
        assert hidden[blank].isna().all(axis=None), name
        if {"lower", "upper", "interval"} <= set(table) and "kp" in table:
            random = table[table["interval"].eq("confidence") & table["kp"].isin(partly)]
            ends = random[["lower", "upper"]].astype(float)
            assert (ends % bound_step(ours.threshold) == 0).all(axis=None), name
            assert (random["lower"] <= random["point"]).all(), name
            assert (random["point"] <= random["upper"]).all(), name
    assert audited(sizes, ours)["protected"].all()
