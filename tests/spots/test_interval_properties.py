"""Properties of random intervals on simulated studies: order, nesting, certainty, order of the rows."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pse
from pse.simulate import simulate
from tests.spots.poor_studies import SETTINGS, SMALL

SEEDS = st.integers(0, 10**6)


def tables_of(seed):
    return simulate("plain", rng=np.random.default_rng(seed), **SMALL).tables


def bootstrap(tables, *, level=0.95, replicates=300):
    study = pse.make_study(**SETTINGS, tables=tables)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pse.EstimateWarning)
        return pse.estimate_study(
            study, interval="bootstrap", level=level, replicates=replicates, rng=np.random.default_rng(1)
        )


@settings(max_examples=5)
@given(seed=SEEDS, picks=st.lists(st.tuples(st.integers(1, 15), st.integers(1, 7)), min_size=6, max_size=6))
def test_the_interval_of_any_sum_holds_the_sum_of_the_points(seed, picks):
    sizes = bootstrap(tables_of(seed))
    draws = sizes.draws
    point = sizes.municipalities.pivot_table(index="municipality", columns="kp", values="point")
    for rows, columns in picks:  # bits say which municipalities and which KPs are summed
        places = [name for i, name in enumerate(draws.municipalities) if rows >> i & 1]
        kps = [name for i, name in enumerate(draws.kps) if columns >> i & 1]
        low, high = draws.interval(draws.total(kps=kps, municipalities=places))
        assert low <= point.loc[places, kps].to_numpy().sum() <= high


@settings(max_examples=4)
@given(seed=SEEDS)
def test_the_interval_of_a_lower_level_lies_inside(seed):
    tables = tables_of(seed)
    narrow, wide = bootstrap(tables, level=0.9), bootstrap(tables, level=0.95)
    for name in ("national", "municipalities", "components", "national_components", "typologies", "days"):
        inner, outer = getattr(narrow, name), getattr(wide, name)
        assert (outer["lower"] <= inner["lower"]).all() and (inner["upper"] <= outer["upper"]).all()
    assert (wide.national["lower"] < narrow.national["lower"]).all()


@settings(max_examples=2)
@given(seed=SEEDS, people=st.integers(50, 500))
def test_a_municipality_that_is_certain_shifts_a_size_and_does_not_widen_it(seed, people):
    tables = tables_of(seed)
    more = dict(tables)
    town = tables["municipalities"].iloc[:1].assign(municipality="M99", name="Town 99")
    more["municipalities"] = pd.concat([tables["municipalities"], town], ignore_index=True)
    added = pd.DataFrame(
        {"municipality": "M99", "kp": ["FSW", "MSM", "PWID"], "setting": "home", "people": people}
    )
    more["nonspot"] = pd.concat([tables["nonspot"], added], ignore_index=True)
    one, two = (bootstrap(given, replicates=3000) for given in (tables, more))
    assert two.national["point"].to_numpy() == pytest.approx(one.national["point"].to_numpy() + people)
    before, after = (sizes.draws.people.sum(axis=1) for sizes in (one, two))
    # another stream of random numbers, so equal up to 5 standard errors of 3,000 draws
    assert after.std(axis=0) == pytest.approx(before.std(axis=0), rel=0.1)
    assert after.mean(axis=0) - people == pytest.approx(before.mean(axis=0), rel=0.01)
    certain = two.municipalities[two.municipalities["municipality"] == "M99"]
    assert (certain["interval"] == "range").all() and (certain["lower"] == people).all()


def shuffled(tables, names, seed):
    cut = {name: tables[name].sample(frac=1, random_state=seed).reset_index(drop=True) for name in names}
    return tables | cut


@settings(max_examples=3)
@given(seed=SEEDS)
def test_the_order_of_municipalities_and_interviews_changes_nothing(seed):
    tables = tables_of(seed)
    one = bootstrap(tables)
    two = bootstrap(shuffled(tables, ("municipalities", "level1", "level2"), seed))
    for name in ("national", "municipalities", "components", "typologies", "days"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), rtol=1e-9)


@settings(max_examples=3)
@given(seed=SEEDS)
def test_the_order_of_people_and_added_rows_changes_no_point_and_no_more_than_another_seed_would(seed):
    # answers and rows are drawn by their place in the table, so each order has random numbers of its own
    tables = tables_of(seed)
    one = bootstrap(tables, replicates=2000)
    two = bootstrap(shuffled(tables, ("people", "virtual", "nonspot"), seed), replicates=2000)
    assert two.national["point"].to_numpy() == pytest.approx(one.national["point"].to_numpy(), rel=1e-9)
    width = one.national["upper"] - one.national["lower"]
    for end in ("lower", "upper"):
        assert (abs(one.national[end] - two.national[end]) < 0.15 * width).all()
