"""The weekly roster: known answers by hand, rules that always hold, and what is said when none can exist."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pse
from mapping.microplan.blocks import BLOCKS
from mapping.microplan.register import site_load
from mapping.microplan.roster import plan_roster
from mapping.release import release
from pse.records.tables import DAYS


def load_of(rows, **more):
    """Return a load from (spot, kp, day, block, people)."""
    table = pd.DataFrame(rows, columns=["spot_id", "kp", "day", "block", "central"])
    table = table.assign(municipality="M", low=0.0, high=99.0, open=True, unsafe=False)
    return table.assign(**more)


def peers_of(n, hours=8, **more):
    table = pd.DataFrame({"peer": [f"P{i}" for i in range(n)], "municipality": "M", "hours_per_week": hours})
    return table.assign(**more)


WEEK = [
    ("S1", "FSW", "fri", "20-24", 10.0),
    ("S1", "FSW", "sat", "20-24", 12.0),
    ("S2", "FSW", "fri", "20-24", 9.0),
    ("S3", "PWID", "tue", "12-16", 5.0),
]


def test_the_best_two_blocks_of_one_peer_educator():
    """12 on Saturday; then 9 at S2, because a second visit to S1 meets half of 10; 5 at S3 is less."""
    roster = plan_roster(load_of(WEEK), peers_of(1))
    assert roster.table[["spot_id", "day", "expected_people"]].to_numpy().tolist() == [
        ["S2", "fri", 9.0],
        ["S1", "sat", 12.0],
    ]
    assert roster.bound == pytest.approx(21, rel=1e-4)
    assert roster.gap == pytest.approx(0, abs=1e-4)


def test_a_second_visit_meets_half():
    roster = plan_roster(load_of(WEEK), peers_of(4))
    assert roster.table["expected_people"].sum() == pytest.approx(12 + 10 * 0.5 + 9 + 5)


def test_people_who_were_reached_already_are_not_counted():
    roster = plan_roster(load_of(WEEK, reached=[0.9, 0.9, 0.0, 0.0]), peers_of(1))
    assert sorted(roster.table["spot_id"]) == ["S2", "S3"]


def test_pairs_share_the_people_they_meet():
    roster = plan_roster(load_of(WEEK, pair=True), peers_of(2, hours=4))
    assert roster.table["spot_id"].tolist() == ["S1", "S1"]
    assert roster.table["expected_people"].tolist() == [6.0, 6.0]


def test_travel_counts_as_hours():
    """8 hours are two blocks; with 30 minutes between spots only one fits."""
    assert len(plan_roster(load_of(WEEK), peers_of(1)).table) == 2
    assert len(plan_roster(load_of(WEEK), peers_of(1), travel=30.0).table) == 1


def test_a_minimum_of_visits_is_kept_even_where_few_people_are():
    load = load_of(WEEK, size_class=["large", "large", "large", "small"])
    roster = plan_roster(load, peers_of(1), minimum_visits={"small": 1})
    assert sorted(roster.table["spot_id"]) == ["S1", "S3"]


def random_load(rng, spots):
    rows = [
        (f"S{i}", kp, day, block, float(rng.integers(0, 30)))
        for i, kp in itertools.product(range(spots), ("FSW", "PWID"))
        for day, block in itertools.product(DAYS, BLOCKS)
        if rng.random() < 0.3
    ]
    load = load_of(rows)
    return load.assign(
        open=rng.random(len(load)) < 0.8, unsafe=load["spot_id"].isin(["S0"]), pair=load["spot_id"].eq("S1")
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from(["milp", "greedy"]))
def test_rules_hold_whatever_the_load(seed, peers, method):
    rng = np.random.default_rng(seed)
    load = random_load(rng, 5)
    hours = int(rng.integers(4, 30))
    roster = plan_roster(load, peers_of(peers, hours=hours), method=method)
    table, key = roster.table, ["spot_id", "kp", "day", "block"]
    assert not table["spot_id"].eq("S0").any()  # unsafe
    allowed = load.loc[load["open"] & ~load["unsafe"], key]
    assert len(table.merge(allowed, on=key)) == len(table)  # never closed
    assert not table.duplicated(["peer", "day", "block"]).any()  # one place at a time
    assert (table.groupby("peer").size() <= hours // 4).all()
    assert (table.groupby(["peer", "day"]).size() <= 2).all()
    crews = table.groupby(key).size()
    assert (crews == np.where(crews.index.get_level_values("spot_id") == "S1", 2, 1)).all()
    assert table["expected_people"].sum() <= roster.bound + 1e-6
    assert 0 <= roster.gap <= 1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_programme_meets_at_least_what_the_greedy_roster_does(seed):
    load = random_load(np.random.default_rng(seed), 5)
    best, quick = (plan_roster(load, peers_of(3, hours=16), method=method) for method in ("milp", "greedy"))
    assert best.table["expected_people"].sum() >= quick.table["expected_people"].sum() * (1 - 1e-4)


def test_the_order_of_rows_changes_nothing():
    load = random_load(np.random.default_rng(3), 6)
    one = plan_roster(load, peers_of(3, hours=16))
    other = plan_roster(load.sample(frac=1, random_state=1), peers_of(3, hours=16).iloc[::-1])
    pd.testing.assert_frame_equal(one.table, other.table)


# What cannot be


def test_it_is_said_which_rule_binds():
    load = load_of(WEEK, size_class="all")
    with pytest.raises(ValueError, match="minimum_visits must fit the opening hours of a spot; got 2 visits"):
        plan_roster(load, peers_of(9), minimum_visits={"all": 2})
    with pytest.raises(
        ValueError, match="must fit the hours of the peer educators; got 3 blocks asked and 1"
    ):
        plan_roster(load, peers_of(1, hours=4), minimum_visits={"all": 1})
    with pytest.raises(
        ValueError, match="must fit the KPs of the peer educators; got a KP that nobody serves"
    ):
        plan_roster(load, peers_of(3, kps="FSW"), minimum_visits={"all": 1})
    with pytest.raises(ValueError, match="must fit the days and blocks on which peer educators work"):
        plan_roster(load, peers_of(3, days="fri"), minimum_visits={"all": 1})


def test_tables_and_options_that_break_a_rule_are_named():
    with pytest.raises(ValueError, match=r"every row of load must have a day out of mon, .* first row 2"):
        plan_roster(load_of([WEEK[0], ("S1", "FSW", "someday", "20-24", 1.0)]), peers_of(1))
    with pytest.raises(ValueError, match="every row of load must hold each spot, KP, day and block once"):
        plan_roster(load_of([WEEK[0], WEEK[0]]), peers_of(1))
    with pytest.raises(ValueError, match="every row of peers must have hours_per_week between 0 and 168"):
        plan_roster(load_of(WEEK), peers_of(1, hours=200))
    with pytest.raises(ValueError, match="decay must begin with 1 and never rise"):
        plan_roster(load_of(WEEK), peers_of(1), decay=(0.5, 1.0))


def test_nobody_to_send_gives_an_empty_roster_that_says_so():
    roster = plan_roster(load_of(WEEK), peers_of(1, hours=4).assign(municipality="elsewhere"))
    assert roster.table.empty
    assert roster.binding == ("no peer educator binds in 1 of 1 municipalities",)


# The sample


def test_weekend_evenings_are_chosen_for_fsw_and_not_for_pwid_on_the_sample():
    study = pse.read_study(pse.sample_folder())
    load = site_load(study, release(pse.estimate_study(study), "restricted"))
    load = load[load["municipality"].isin(sorted(load["municipality"].unique())[:8])]
    peers = pd.DataFrame(
        [
            {"peer": f"{kp}-{place}-{i}", "municipality": place, "hours_per_week": 20, "kps": kp}
            for place in load["municipality"].unique()
            for kp in ("FSW", "PWID")
            for i in range(2)
        ]
    )
    table = plan_roster(load, peers, travel=20.0).table
    evening = table["day"].isin(["fri", "sat", "sun"]) & table["block"].isin(["16-20", "20-24"])
    share = evening.groupby(table["kp"]).mean()
    assert share["FSW"] > 0.6
    assert share["PWID"] == 0
