"""Gi* and local Moran, against esda, hand computation and full enumeration."""

from itertools import permutations as orders

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from mapping.hotspots import getis_ord, local_moran

UTM = 32634  # zone of Kosovo
LINE = [1.0, 2.0, 4.0, 8.0, 16.0]
CHOICES = {"value": "rate", "gap_metres": 1, "false_discovery": 0.05}


@pytest.fixture(autouse=True)
def spatial():
    pytest.importorskip("esda")


def rng():
    return np.random.default_rng(20160415)


def cell(i, j, side=1000.0):
    x, y = 500_000 + side * i, 4_700_000 + side * j
    return box(x, y, x + side, y + side)


def line(values):
    """Areas in a row: each touches the one before and the one after."""
    shapes = [cell(i, 0) for i in range(len(values))]
    codes = [f"M{i}" for i in range(len(values))]
    return gpd.GeoDataFrame(
        {"municipality": codes, "rate": values, "hidden": False}, geometry=shapes, crs=UTM
    )


def block(side, values):
    shapes = [cell(i, j) for j in range(side) for i in range(side)]
    return gpd.GeoDataFrame({"rate": values, "hidden": False}, geometry=shapes, crs=UTM)


def test_gi_star_by_hand_for_five_areas_in_a_row():
    # Ord and Getis 1995, equation 14, for the last area of 1, 2, 4, 8, 16: it and its neighbour hold 24 of
    # 31. mean 6.2, variance 341/5 - 38.44 = 29.76; z = (24 - 2 * 6.2) / sqrt(29.76 * (5 * 2 - 4) / 4).
    got = getis_ord(line(LINE), **(CHOICES | {"false_discovery": 0.9}), rng=rng())
    assert got["gi_star"].iloc[-1] == pytest.approx(24 / 31)
    assert got["z"].iloc[-1] == pytest.approx(11.6 / np.sqrt(29.76 * 6 / 4))
    assert list(got["neighbours"]) == [1, 2, 2, 2, 1]


def test_local_moran_by_hand_for_five_areas_in_a_row():
    # z = (x - 6.2) / sqrt(29.76); the last: I = 4/5 * 9.8 * 1.8 / 29.76; the middle: -2.2 * mean(-4.2, 1.8).
    got = local_moran(line(LINE), **(CHOICES | {"false_discovery": 0.9}), rng=rng())
    assert got["moran"].iloc[-1] == pytest.approx(0.8 * 9.8 * 1.8 / 29.76)
    assert got["moran"].iloc[2] == pytest.approx(0.8 * -2.2 * -1.2 / 29.76)


def test_p_is_that_of_all_possible_neighbours():
    # Area 4 (value 16) has one neighbour, drawn from 1, 2, 4, 8: 8 is the highest of four, p = 2 * 1/4.
    # Area 2 (value 4) has 2 and 8, sum 10; of the six pairs of 1, 2, 8, 16 (3 9 17 10 18 24) four are 10 or
    # more and three 10 or less, p = 2 * 3/6 = 1.
    got = getis_ord(line(LINE), **(CHOICES | {"false_discovery": 0.9}), rng=rng(), permutations=20_000)
    assert got["p"].iloc[-1] == pytest.approx(0.5, abs=0.02)
    assert got["p"].iloc[2] == pytest.approx(1.0, abs=0.02)


def test_p_agrees_with_full_enumeration():
    values = np.array([3.0, 7, 1, 9, 4, 4, 12, 2, 5])
    table = block(3, values)
    got = local_moran(table, **(CHOICES | {"false_discovery": 0.5}), rng=rng(), permutations=20_000)
    corner = [1, 3, 4]
    sums = np.array([sum(o[:3]) for o in orders(np.delete(values, 0))][::120])  # 120 orders share 3 first
    seen = values[corner].sum()
    exact = min(1, 2 * min((sums >= seen).mean(), (sums <= seen).mean()))
    assert got["p"].iloc[0] == pytest.approx(exact, abs=0.02)


def esda_input():
    """Return a table with a high corner, and the weights of its areas for esda."""
    import libpysal

    table = block(7, rng().gamma(2.0, 5.0, 49))
    table.loc[[0, 1, 7, 8], "rate"] = 60.0
    return table, libpysal.graph.Graph.build_contiguity(table, rook=False)


def test_statistics_are_those_of_esda():
    import esda

    table, weights = esda_input()
    theirs = esda.Moran_Local(table["rate"], weights, permutations=0)
    assert local_moran(table, **CHOICES, rng=rng())["moran"].to_numpy() == pytest.approx(theirs.Is)
    star = esda.G_Local(table["rate"], weights, transform="B", star=True, permutations=0)
    assert getis_ord(table, **CHOICES, rng=rng())["z"].to_numpy() == pytest.approx(star.Zs)


@pytest.mark.slow  # esda compiles for a quarter of a minute; the fast check is by full enumeration
def test_p_lies_near_the_two_sided_p_of_esda():
    import esda

    table, weights = esda_input()
    state = np.random.get_state()  # noqa: NPY002  (esda without numba seeds the process)
    with pytest.warns(DeprecationWarning, match="two-sided"):
        theirs = esda.Moran_Local(table["rate"], weights, permutations=20_000, seed=3)
    np.random.set_state(state)  # noqa: NPY002
    ours = local_moran(table, **CHOICES, rng=rng(), permutations=20_000)
    sure = 2 * theirs.p_sim < 0.9  # their two tails overlap at ties near the middle
    assert ours["p"].to_numpy()[sure] == pytest.approx(2 * theirs.p_sim[sure], abs=0.03)


def test_one_high_corner_is_found_and_nothing_else():
    values = rng().uniform(5, 10, 64)
    values[[0, 1, 2, 8, 9, 10]] = 30
    hot = getis_ord(block(8, values), **CHOICES, rng=rng())
    like = local_moran(block(8, values), **CHOICES, rng=rng())
    assert set(hot.index[hot["pattern"] == "high"]) <= {0, 1, 2, 8, 9, 10}
    assert {0, 1, 9} <= set(hot.index[hot["pattern"] == "high"])
    assert {0, 1, 9} <= set(like.index[like["pattern"] == "high-high"])
    assert not hot["pattern"].eq("low").any()


@pytest.mark.parametrize(("own", "near", "pattern"), [(20, 1, "high-low"), (1, 20, "low-high")])
def test_an_odd_one_out_has_its_own_pattern(own, near, pattern):
    values = rng().uniform(9, 11, 81)
    values[[30, 31, 32, 39, 41, 48, 49, 50]] = near
    values[40] = own
    got = local_moran(block(9, values), **CHOICES, rng=rng())
    assert got.loc[40, "moran"] < 0
    assert got.loc[40, "pattern"] == pattern


def test_one_huge_area_among_low_ones_is_no_hot_spot():
    values = rng().uniform(9, 11, 81)
    values[[30, 31, 32, 39, 41, 48, 49, 50]] = 1
    values[40] = 300
    got = getis_ord(block(9, values), **CHOICES, rng=rng())
    assert got.loc[40, "z"] > 0
    assert got.loc[40, "p_fdr"] < 0.05  # its neighbours are as low as can be
    assert got.loc[40, "pattern"] == "neither"


def test_pure_noise_rarely_names_an_area():
    draws = np.random.default_rng(5)
    named = 0
    for _ in range(30):
        got = getis_ord(block(5, draws.gamma(2, 5, 25)), **CHOICES, rng=draws, permutations=999)
        named += got["pattern"].isin(["high", "low"]).any()
    assert named <= 5  # at most 5 % of 30 expected; 6 or more has a chance of 0.3 %


def test_p_fdr_is_benjamini_hochberg_by_hand():
    got = getis_ord(line(LINE), **(CHOICES | {"false_discovery": 0.9}), rng=rng())
    p = got["p"].to_numpy()
    step_up = [min(1, min(5 * q / (1 + sum(p <= q) - 1) for q in p if q >= own)) for own in p]
    assert got["p_fdr"].to_numpy() == pytest.approx(step_up)
    assert (got["p_fdr"] >= got["p"]).all()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=9, max_size=9), st.integers(0, 2**31), st.randoms())
def test_order_of_rows_scale_and_blanks_do_not_matter(numbers, seed, shuffle):
    values = np.array(numbers, dtype=float)
    table = block(3, values)
    options = CHOICES | {"false_discovery": 0.5, "permutations": 199}
    got = getis_ord(table, **options, rng=np.random.default_rng(seed))
    scaled = getis_ord(block(3, values / 10), **options, rng=np.random.default_rng(seed))
    assert scaled["p"].equals(got["p"])  # though 0.1 + 0.2 is not 0.3
    order = shuffle.sample(range(9), 9)
    turned = getis_ord(table.iloc[order], **options, rng=np.random.default_rng(seed)).sort_index()
    pd.testing.assert_series_equal(turned["z"], got["z"])
    assert ((got["p"].dropna() > 0) & (got["p"].dropna() <= 1)).all()
    assert got.loc[~got["tested"], "reason"].ne("").all()
    assert got.loc[got["tested"], ["z", "p", "p_fdr"]].notna().all(axis=None)


def test_islands_and_areas_without_a_value_are_said_and_the_rest_is_computed():
    table = line([1.0, 2.0, 4.0, np.nan, 8.0, 16.0, 3.0, 9.0])
    shapes = [*table.geometry, cell(500, 0), None, Polygon()]
    columns = {"rate": [*table["rate"], 5.0, 5.0, 5.0], "hidden": False}
    table = gpd.GeoDataFrame(columns, geometry=shapes, crs=UTM)
    for test in (getis_ord, local_moran):
        got = test(table, **CHOICES, rng=rng())
        assert list(got["tested"]) == [True] * 3 + [False] + [True] * 4 + [False] * 3
        assert list(got["reason"][[3, 8, 9, 10]]) == [
            "no value or no polygon",
            "no neighbour with a value",
            "no value or no polygon",
            "no value or no polygon",
        ]
        assert list(got["neighbours"]) == [1, 2, 1, 0, 1, 2, 2, 1, 0, 0, 0]  # blank M3 cuts the row in two
        assert set(got["pattern"][[3, 8, 9, 10]]) == {"not tested"}
        assert got.loc[got["tested"], ["p", "p_fdr"]].notna().all(axis=None)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1.0, 2.0], "fewer than 3 areas with a value"),
        ([3.0, 3.0, 3.0, 3.0], "all values are alike"),
        ([np.nan] * 4, "no value or no polygon"),
    ],
)
def test_a_table_that_cannot_be_tested_comes_back_with_the_reason(values, reason):
    for test in (getis_ord, local_moran):
        got = test(line(values), **CHOICES, rng=rng())
        assert set(got["reason"]) == {reason}
        assert set(got["pattern"]) == {"not tested"}
        assert got["p"].isna().all()


def test_an_area_that_touches_all_others_is_not_tested():
    got = getis_ord(line([1.0, 5.0, 2.0]), **(CHOICES | {"false_discovery": 0.5}), rng=rng())
    assert list(got["reason"]) == ["", "every other area is a neighbour", ""]


def test_no_areas_give_an_empty_table_with_the_columns():
    got = getis_ord(line([]).astype({"rate": float}), **CHOICES, rng=rng())
    assert got.empty
    assert {"gi_star", "z", "p", "p_fdr", "pattern", "reason"} <= set(got.columns)


def test_gaps_are_bridged_in_metres_whatever_the_crs():
    apart = [box(500_000 + 1010 * i, 4_700_000, 501_000 + 1010 * i, 4_701_000) for i in range(5)]
    table = gpd.GeoDataFrame({"rate": LINE, "hidden": False}, geometry=apart, crs=UTM)
    options = {"value": "rate", "false_discovery": 0.9, "rng": rng()}
    closed = {5: [0] * 5, 15: [1, 2, 2, 2, 1]}
    for crs in (UTM, 4326, 3857):  # a metre of Web Mercator is 0.74 m here
        for gap, expected in closed.items():
            got = getis_ord(table.to_crs(crs), gap_metres=gap, **options)
            assert list(got["neighbours"]) == expected


def test_the_table_given_stays_as_it_was_and_the_index_is_kept():
    table = line(LINE).set_index(pd.Index(list("edcba")))
    before = table.copy()
    got = getis_ord(table, **(CHOICES | {"false_discovery": 0.9}), rng=rng())
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(before))
    assert list(got.index) == list("edcba")
    assert got.crs == table.crs


def test_the_same_seed_gives_the_same_and_the_global_generator_is_left_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again = (local_moran(line(LINE), **(CHOICES | {"false_discovery": 0.9}), rng=rng()) for _ in "ab")
    assert first["p"].equals(again["p"])
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gap_metres": -1}, "gap_metres must be a number, 0 or more"),
        ({"false_discovery": 0}, "false_discovery must be a number above 0"),
        ({"false_discovery": 5}, "false_discovery must be between 0 and 1"),
        ({"permutations": 99}, "permutations must be at least 199 for 5 areas"),
        ({"value": "size"}, "value must be a column of areas; got 'size'"),
    ],
)
def test_options_out_of_range_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        getis_ord(line(LINE), **(CHOICES | change), rng=rng())


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (line(LINE).set_crs(None, allow_override=True), "areas must have a CRS"),
        (line(LINE).drop(columns="hidden"), "areas must hold the column hidden of a released table"),
        (line([1.0, -2.0, 3.0]), "rate must be a finite number, 0 or more"),
        (line([1.0, np.inf, 3.0]), "rate must be a finite number, 0 or more"),
        (line(["about 20", "3", "4"]), "rate must hold numbers"),
        (line(LINE).assign(municipality="M1"), "each municipality once"),
        (line(LINE).assign(p=0.5), "must not have the column.s. p already"),
    ],
)
def test_areas_that_cannot_be_compared_are_refused_without_showing_a_value(table, words):
    with pytest.raises(ValueError, match=words) as caught:
        getis_ord(table, **CHOICES, rng=rng())
    assert "about 20" not in str(caught.value)


@pytest.mark.parametrize("test", [getis_ord, local_moran])
def test_a_hidden_number_is_never_looked_at(test):
    """Whatever stands in a hidden cell, and blank as a release leaves it: the result is the same."""
    blank, small, large = (block(4, np.arange(16.0)) for _ in range(3))
    for table, number in ((blank, np.nan), (small, 3.0), (large, 9000.0)):
        table.loc[[5, 10], ["rate", "hidden"]] = [number, True]
    got = [test(table, **CHOICES, rng=rng()).drop(columns="rate") for table in (blank, small, large)]
    assert got[0].loc[5, "reason"] == "no value or no polygon"
    assert got[0]["tested"].sum() == 14
    for other in got[1:]:
        pd.testing.assert_frame_equal(pd.DataFrame(other), pd.DataFrame(got[0]))


def test_the_released_sample_is_tested_with_hidden_and_unmapped_areas_left_out(sample, sample_sizes):
    from mapping.boundaries import study_boundaries
    from mapping.release import release

    table = release(sample_sizes, "public").tables["municipalities"]
    rows = table[table["kp"].eq("MSM")][["municipality", "rate", "hidden"]]
    rows.loc[rows.index[:3], ["rate", "hidden"]] = [np.nan, True]  # as if three more were small
    areas = study_boundaries(sample).merge(rows, on="municipality", how="left")
    got = getis_ord(areas, **CHOICES, rng=rng(), permutations=1999)
    left_out = got["rate"].isna()
    assert left_out.sum() >= 12 + 3  # 12 of 38 were not mapped
    assert (got["tested"] & left_out).sum() == 0
    assert set(got.loc[left_out, "pattern"]) == {"not tested"}
