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


def test_a_way_holds_in_both_directions_and_a_blank_row_for_all_others():
    """9 hours are two blocks and an hour for the way: 60 minutes fit, 61 do not."""
    for minutes, blocks in ((60, 2), (61, 1)):
        ways = pd.DataFrame(
            {"from_spot": ["S2", None], "to_spot": ["S1", None], "minutes": [float(minutes), 1.0]}
        )
        assert len(plan_roster(load_of(WEEK), peers_of(1, hours=9), travel=ways).table) == blocks


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


def random_peers(rng, n):
    """Return peer educators of whom some keep to days, blocks or KPs; the first two do not."""
    choices = {
        "days": ["", "mon tue wed fri", "thu fri sat sun"],
        "blocks": ["", "16-20 20-24", "08-12 12-16"],
        "kps": ["", "FSW", "PWID FSW"],
    }
    limits = {name: rng.choice(words, n).astype(object) for name, words in choices.items()}
    for words in limits.values():
        words[:2] = ""
    return peers_of(n, hours=rng.integers(12, 41, n), **limits)


def ways_of(spots, rng):
    ends = list(itertools.combinations([f"S{i}" for i in range(spots)], 2))
    table = pd.DataFrame(ends, columns=["from_spot", "to_spot"])
    return table.assign(minutes=rng.integers(0, 90, len(ends)).astype(float))


def hours_used(days, ways):
    """Return hours of one peer educator: four a visit, and the ways between the spots of a day."""
    minutes = {frozenset(way[:2]): way[2] for way in ways.itertuples(index=False)}
    used = 4.0 * len(days)
    for _, rows in days.groupby("day"):
        spots = rows.sort_values("block")["spot_id"]
        used += sum(minutes.get(frozenset(way), 0.0) for way in itertools.pairwise(spots)) / 60
    return used


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.sampled_from(["milp", "greedy"]))
def test_rules_hold_whatever_the_load(seed, n, method):
    rng = np.random.default_rng(seed)
    load, peers, ways = random_load(rng, 5), random_peers(rng, n), ways_of(5, rng)
    load["visits"] = np.where(load["spot_id"].isin(["S0", "S2"]), 1, 0)
    key = ["spot_id", "kp", "day", "block"]
    roster = plan_roster(load, peers, method=method, travel=ways)
    table = roster.table
    allowed = load.loc[load["open"] & ~load["unsafe"], key]
    assert not table["spot_id"].eq("S0").any()  # unsafe, whatever minimum is asked
    assert len(table.merge(allowed, on=key)) == len(table)  # never closed
    crews = table.groupby(key).size()
    assert (crews == np.where(crews.index.get_level_values("spot_id") == "S1", 2, 1)).all()
    can = allowed[allowed["spot_id"].eq("S2")].drop_duplicates(["spot_id", "kp"])
    assert len(can.merge(table.drop_duplicates(["spot_id", "kp"]), on=["spot_id", "kp"])) == len(can)
    assert not table.duplicated(["peer", "day", "block"]).any()  # one place at a time
    assert (table.groupby(["peer", "day"]).size() <= 2).all()
    for peer in peers.to_dict("records"):
        own = table[table["peer"].eq(peer["peer"])]
        assert hours_used(own, ways) <= peer["hours_per_week"] + 1e-9
        for name, column in (("days", "day"), ("blocks", "block"), ("kps", "kp")):
            assert not peer[name] or own[column].isin(peer[name].split()).all()
    assert table["expected_people"].sum() <= roster.bound + 1e-6
    assert 0 <= roster.gap <= 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["milp", "greedy"]))
def test_later_visits_meet_fewer_of_the_people(seed, method):
    """The people of a spot's visits, fullest first, count 1, 1/2, 1/4, 1/4 ...: counted again by hand."""
    rng = np.random.default_rng(seed)
    load = random_load(rng, 2).assign(pair=False, unsafe=False)
    table = plan_roster(load, peers_of(4, hours=30), method=method).table
    met = table.merge(load, on=["spot_id", "kp", "day", "block"])
    for _, rows in met.groupby(["spot_id", "kp"]):
        sizes = rows["central"].sort_values(ascending=False).to_numpy()
        weights = np.array([1, 0.5, *[0.25] * len(sizes)])[: len(sizes)]
        assert rows["expected_people"].sum() == pytest.approx(sizes @ weights)


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
    assert one.table.to_csv() == other.table.to_csv()


# What cannot be


def asked(visits=1, **more):
    return load_of(WEEK, visits=visits, **more)


@pytest.mark.parametrize(
    ("load", "peers", "words"),
    [
        (asked(2), peers_of(9), "the opening hours of a spot; got 1 open blocks. .* row 3"),
        (asked(), peers_of(1, hours=4), "the hours of the peer educators; got 3 blocks asked and 1 that"),
        (asked(), peers_of(3, kps="FSW"), "the KPs of the peer educators; got a KP that nobody serves"),
        (asked(), peers_of(3, days="fri"), "the blocks of the peer educators; got 1 open blocks, and nobody"),
        (
            asked(2).iloc[:2],
            peers_of(3, days="fri"),
            "the days and blocks on which peer educators work; got 1 open blocks in",
        ),
        (
            asked(pair=True),
            peers_of(1, hours=40),
            "the pairs that spots are flagged for; got one peer educator",
        ),
        (asked(), peers_of(9, hours=3), "the hours of the peer educators; got 3 blocks asked and 0 that"),
    ],
    ids=["opening", "hours", "kps", "blocks", "days", "pairs", "short weeks"],
)
@pytest.mark.parametrize("method", ["milp", "greedy"])
def test_it_is_said_which_rule_binds(load, peers, words, method):
    with pytest.raises(ValueError, match=f"^minimum_visits must fit {words}") as caught:
        plan_roster(load, peers, method=method)
    assert str(caught.value).count("\n") == 0
    assert not any(code in str(caught.value) for code in ("S1", "S2", "S3", "P0"))


def test_rules_that_only_clash_together_are_found_by_lifting_them():
    """Two spots are open at the same hour only, and each needs the two peer educators as a pair."""
    rows = [(spot, "FSW", "fri", "20-24", 5.0) for spot in ("S1", "S2")]
    with pytest.raises(ValueError, match="must fit the pairs that spots are flagged for; got more visits"):
        plan_roster(load_of(rows, visits=1, pair=True), peers_of(2, hours=40))
    day = [(f"S{i}", "FSW", "fri", block, 5.0) for i, block in enumerate(BLOCKS[:3])]
    with pytest.raises(ValueError, match=r"must fit blocks_per_day; got more visits .* of peers row 1"):
        plan_roster(load_of(day, visits=1), peers_of(1, hours=40))


def test_spots_that_nobody_can_visit_are_counted_with_the_reason():
    load = load_of(WEEK, pair=[False, False, True, False])
    roster = plan_roster(load, peers_of(1, hours=40, days="mon fri sat"))
    assert set(roster.table["spot_id"]) == {"S1"}
    assert roster.binding[1:] == (
        "1 spots x KP are open in no block in which a peer educator works",
        "1 spots x KP need a pair, and no two peer educators can be there at once",
    )
    served = plan_roster(load_of(WEEK), peers_of(1, hours=40, kps="FSW"))
    assert "1 spots x KP have a KP that no peer educator there serves" in served.binding


def test_closed_and_unsafe_spots_and_places_without_peers_are_exempt_from_the_minimum():
    load = load_of(WEEK, visits=1, open=[True, True, True, False])
    assert plan_roster(load, peers_of(1)).gap == pytest.approx(0, abs=1e-4)
    assert (
        plan_roster(load.assign(unsafe=load["spot_id"].eq("S2")), peers_of(1)).table["spot_id"].eq("S1").all()
    )
    elsewhere = load.assign(municipality="N", spot_id=load["spot_id"] + "N")
    roster = plan_roster(pd.concat([load, elsewhere]), peers_of(1))
    assert roster.table["municipality"].eq("M").all()
    assert "no peer educator works in 1 of 2 municipalities" in roster.binding


def test_tables_and_options_that_break_a_rule_are_named():
    with pytest.raises(ValueError, match=r"every row of load must have a day out of mon, .* first row 2"):
        plan_roster(load_of([WEEK[0], ("S1", "FSW", "someday", "20-24", 1.0)]), peers_of(1))
    with pytest.raises(ValueError, match="every row of load must hold each spot, KP, day and block once"):
        plan_roster(load_of([WEEK[0], WEEK[0]]), peers_of(1))
    with pytest.raises(ValueError, match="every row of peers must have hours_per_week between 0 and 168"):
        plan_roster(load_of(WEEK), peers_of(1, hours=200))
    with pytest.raises(ValueError, match="every row of load must have a whole number, 0 or more, in visits"):
        plan_roster(load_of(WEEK, visits=0.5), peers_of(1))
    ways = pd.DataFrame({"from_spot": ["S1"], "to_spot": ["S2"], "minutes": [10.0]})
    with pytest.raises(ValueError, match="got 2 pairs of spots without them"):
        plan_roster(load_of(WEEK), peers_of(1), travel=ways)
    with pytest.raises(ValueError, match="decay must begin with 1 and never rise"):
        plan_roster(load_of(WEEK), peers_of(1), decay=(0.5, 1.0))


def test_nobody_to_send_gives_an_empty_roster_that_says_so():
    roster = plan_roster(load_of(WEEK), peers_of(1, hours=4).assign(municipality="elsewhere"))
    assert roster.table.empty
    assert roster.binding == (
        "no peer educator works in 1 of 1 municipalities",
        "1 peer educators work where there is no spot of the load",
    )


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
