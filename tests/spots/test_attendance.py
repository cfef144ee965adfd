"""A day against a week, and people both online and at spots from either side; by hand."""

import numpy as np
import pandas as pd
import pytest

import pse
from pse.simulate import simulate_study
from tests.records.tiny import tiny_study, tiny_tables


def asked(**columns):
    people = pd.DataFrame({"municipality": "M1", "spot_id": "A", "kp": "FSW", **columns})
    return people.assign(person_id=[f"P{i}" for i in range(1, len(people) + 1)])


def test_week_from_days_by_hand():
    # two people a day who come 7 and 1 days a week stand for 7/7 and 7/1: (1 + 7) / 2 = 4 times the day
    tables = tiny_tables()
    for name in ("nonspot", "virtual"):
        tables.pop(name, None)
    for name in ("level1", "level2"):
        tables[name] = tables[name][tables[name]["spot_id"] == "A"]
    tables["people"] = asked(spots_visited=[1, 1], days_per_week=[7, 1])
    row = pse.estimate_study(tiny_study(tables=tables)).attendance.iloc[0]
    assert (row["answers"], row["day"], row["factor"], row["week"]) == (2, 9, 4, 36)
    assert np.isnan(row["week_lower"])


def test_simulated_week_holds_the_truth():
    study, truth = simulate_study("infrequent", rng=np.random.default_rng(1))
    sizes = pse.estimate_study(study, interval="bootstrap", replicates=300, rng=np.random.default_rng(1))
    real = truth.people.groupby("kp")["at_spots"].sum()
    table = sizes.attendance.set_index("kp")
    assert (table["week_lower"] <= real).all() and (real <= table["week_upper"]).all()
    assert (table["day"] < 0.6 * real).all()  # a count of one day misses who comes on other days


def test_dual_check_agrees_where_accounts_and_shares_are_right():
    study, _ = simulate_study("plain", rng=np.random.default_rng(3))
    sizes = pse.estimate_study(study, interval="bootstrap", replicates=300, rng=np.random.default_rng(3))
    table = sizes.dual
    assert len(table) == 3
    assert (table["ratio_lower"] < table["ratio_upper"]).all()
    assert (table["ratio_lower"] <= 1).all() and (table["ratio_upper"] >= 1).all()
    assert table["ratio"].to_numpy() == pytest.approx(
        (table["both_from_platforms"] / table["both_from_spots"]).to_numpy()
    )
