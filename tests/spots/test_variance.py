"""Shares of the variance: one source alone is all of it, two multiply by a formula, none is negative."""

import numpy as np
import pandas as pd
import pytest

import pse
from pse.simulate import simulate, simulate_study
from pse.spots.variance import ADVICE, COLUMNS, variance_shares
from tests.records.tiny import tiny_study, tiny_tables

SMALL = {"municipalities": 4, "spots": 6.0, "people": 50.0}
NOTHING = {"interview_sd": 0.0, "team_sd": 0.0}


def shares(study, **options):
    return variance_shares(study, replicates=200, rng=np.random.default_rng(1), **options)


def still(scenario="plain", **changes):
    """Tables of an exercise in which nothing varies: all spots visited, nobody asked, no range added."""
    numbers = {"visited": 1.0, "refused": 0.0, **SMALL, **changes}
    made = simulate(scenario, rng=np.random.default_rng(3), **numbers)
    made.tables.pop("people")
    online = made.tables["virtual"]
    made.tables["virtual"] = online.assign(
        accounts_max=online["accounts_min"], profiles_per_person=1.5, share_at_spots=0.5
    )
    home = made.tables["nonspot"]
    made.tables["nonspot"] = home.drop(columns=["people_min", "people_max"], errors="ignore")
    return made


def of_visits(made):
    asked = simulate("plain", rng=np.random.default_rng(3), visited=1.0, refused=0.0, **SMALL)
    made.tables["people"] = asked.tables["people"].drop(columns="profiles")


def of_accounts(made):
    online = made.tables["virtual"]
    made.tables["virtual"] = online.assign(accounts_max=2 * online["accounts_min"] + 4)


def of_profiles(made):
    asked = simulate("plain", rng=np.random.default_rng(3), **SMALL).tables["people"]
    made.tables["people"] = asked[asked["spot_id"].isna()]
    made.tables["virtual"] = made.tables["virtual"].assign(profiles_per_person=None)


def of_nonspot(made):
    home = made.tables["nonspot"]
    made.tables["nonspot"] = home.assign(people_min=0, people_max=3 * home["people"])


def of_overrides(made):
    keys = made.tables["nonspot"][["municipality", "kp"]].drop_duplicates()
    made.tables["overrides"] = keys.assign(
        point=50.0, lower=30.0, upper=80.0, reason="meeting", role="community"
    )


ONE_SOURCE = {
    "reports": (still, lambda made: None, {"interview_sd": 0.3}),
    "teams": (still, lambda made: None, {"team_sd": 0.3}),
    "unvisited": (lambda: still(visited=0.6), lambda made: None, {}),
    "visits": (still, of_visits, {}),
    "online": (still, of_accounts, {}),
    "online, from answers": (still, of_profiles, {}),
    "nonspot": (still, of_nonspot, {}),
    "unlisted": (lambda: still("unlisted"), lambda made: None, {"unlisted": "people"}),
    "overrides": (still, of_overrides, {}),
}


@pytest.mark.parametrize("source", ONE_SOURCE)
def test_the_only_source_has_the_whole_variance(source):
    make, change, options = ONE_SOURCE[source]
    made = make()
    change(made)
    found = shares(made.study(), **NOTHING | options)
    factor = source.split(",")[0]
    has = found[found["factor"] == factor]
    assert len(has) == 3
    np.testing.assert_allclose(has["share"], 1, rtol=1e-9)
    np.testing.assert_allclose(has["share_if_known"], 1, rtol=1e-9)
    assert (has["sd_people"] > 0).all()
    rest = found[~found["factor"].isin([factor, "all"])]
    np.testing.assert_allclose(rest["share"], 0, atol=1e-9)


def test_shares_answers_of_interviews_are_the_only_source():
    tables = tiny_tables()
    for name in ("nonspot", "virtual"):
        tables.pop(name)
    for name in ("level1", "level2"):
        tables[name] = tables[name][tables[name]["spot_id"].isin(["A", "B", "D"])].reset_index(drop=True)
    tables["level2"] = tables["level2"].assign(share_other_spots=[0.2, 0.5, 0.9])
    found = shares(tiny_study(tables=tables), **NOTHING).set_index("factor")["share"]
    assert found["visits"] == pytest.approx(1)
    assert found["reports"] == found["unvisited"] == 0


def test_two_factors_on_one_spot_multiply_as_the_formula_says():
    # variances of factors of mean 1: a = 1 - exp(-0.25) of one interview (s^2 = ln(2 - exp(-0.25))), and
    # b = exp(0.16) - 1 of the team; of their product (1 + a)(1 + b) - 1 = a + b + ab
    tables = tiny_tables()
    for name in ("nonspot", "virtual"):
        tables.pop(name)
    for name in ("level1", "level2"):
        tables[name] = tables[name][tables[name]["spot_id"] == "A"].reset_index(drop=True)
    tables["level2"] = tables["level2"].assign(share_other_spots=None, other_spots_mean=None)
    found = variance_shares(
        tiny_study(tables=tables),
        replicates=10_000,
        rng=np.random.default_rng(1),
        interview_sd=0.5,
        team_sd=0.4,
    ).set_index("factor")
    a, b = 1 - np.exp(-0.25), np.exp(0.16) - 1
    whole = a + b + a * b
    share = found["share"]
    assert share["reports"] == pytest.approx(a / whole, rel=0.05)
    assert share["teams"] == pytest.approx(b / whole, rel=0.05)
    assert share["together"] == pytest.approx(a * b / whole, abs=0.03)
    known = found["share_if_known"]
    assert known["reports"] == pytest.approx((a + a * b) / whole, rel=0.05)
    assert known["teams"] == pytest.approx((b + a * b) / whole, rel=0.05)
    assert found.loc["all", "sd_people"] == pytest.approx(9 * np.sqrt(whole), rel=0.03)  # 6 to 12 people


def test_squares_add_up_to_about_the_whole_on_the_sample_and_no_share_is_negative():
    study = pse.read_study(pse.sample_folder())
    found = variance_shares(study, replicates=1000, rng=np.random.default_rng(1))
    assert list(found.columns) == COLUMNS
    factors = found[found["factor"].isin(ADVICE)]
    assert (factors["share"] >= 0).all()
    squares = (factors["sd_people"] ** 2).groupby(factors["kp"]).sum()
    whole = found[found["factor"] == "all"].set_index("kp")["sd_people"] ** 2
    np.testing.assert_allclose(squares / whole, 1, atol=0.15)
    parts = found[found["factor"] != "all"].groupby("kp")["share"].sum()
    np.testing.assert_allclose(parts, 1)
    assert (factors["advice"] == factors["factor"].map(ADVICE)).all()


def test_the_whole_is_that_of_the_bootstrap():
    study, _ = simulate_study("team", rng=np.random.default_rng(5), **SMALL)
    found = variance_shares(study, replicates=2000, rng=np.random.default_rng(1))
    drawn = pse.estimate_study(study, interval="bootstrap", replicates=2000, rng=np.random.default_rng(2))
    sd = drawn.draws.people.sum(axis=1).std(axis=0)
    whole = found[found["factor"] == "all"].set_index("kp")["sd_people"]
    np.testing.assert_allclose(whole, sd, rtol=0.1)


def test_the_same_seed_gives_the_same_shares():
    study, _ = simulate_study("plain", rng=np.random.default_rng(6), **SMALL)
    pd.testing.assert_frame_equal(shares(study), shares(study))


def test_more_visits_make_the_share_of_unvisited_spots_smaller():
    found = {}
    for visited in (0.3, 0.9):
        study, _ = simulate_study("plain", rng=np.random.default_rng(7), visited=visited, **SMALL)
        found[visited] = (
            shares(study, team_sd=0.0).set_index(["kp", "factor"])["share"].xs("unvisited", level=1)
        )
    assert (found[0.9] < found[0.3]).all()


def test_a_kp_without_an_interval_is_blank():
    found = variance_shares(tiny_study(), replicates=20, rng=np.random.default_rng(1))
    assert found[["share", "share_if_known", "sd_people"]].isna().all(axis=None)
    still_there = shares(still().study(), **NOTHING)
    assert still_there["share"].isna().all() and still_there["sd_people"].dropna().eq(0).all()
