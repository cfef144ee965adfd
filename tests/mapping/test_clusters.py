"""Clusters of spots against scikit-learn and by hand; density against the normal distribution."""

from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from mapping import clusters
from mapping.clusters import cluster_table, people_density

spot_clusters = partial(clusters.spot_clusters, release="restricted")
UTM = 32634
EAST, NORTH = 500_000.0, 4_700_000.0
GRID = {"people": "point", "bandwidth_metres": 300.0, "cell_metres": 100.0, "release": "restricted"}
spread = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=40)


def points(xy, crs=UTM, **columns):
    xy = np.array(xy, dtype=float).reshape(-1, 2)
    shapes = gpd.points_from_xy(EAST + xy[:, 0], NORTH + xy[:, 1])
    return gpd.GeoDataFrame(columns or {"point": 1.0}, index=range(len(xy)), geometry=shapes, crs=UTM).to_crs(
        crs
    )


def groups(labels):
    """The sets of positions with one label, without the names of the labels."""
    labels = np.asarray(labels)
    return {frozenset(np.flatnonzero(labels == one)) for one in set(labels)}


def test_clusters_by_hand():
    # Four spots 100 m apart in a row, two spots 3 km east, one alone. Reach 100 m counts as within reach.
    xy = [(3000, 0), (0, 0), (100, 0), (200, 0), (300, 0), (3100, 0), (9000, 9000)]
    got = spot_clusters(points(xy), metres=100, min_spots=3)
    assert got["cluster"].tolist() == [0, 1, 1, 1, 1, 0, 0]
    assert got["cluster_role"].tolist() == ["alone", "edge", "core", "core", "edge", "alone", "alone"]
    got = spot_clusters(points(xy), metres=100, min_spots=2)
    assert got["cluster"].tolist() == [2, 1, 1, 1, 1, 2, 0]


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_of_two_clusters_alike_the_western_one_is_number_one(order):
    xy = [(0, 0), (50, 0), (5000, 0), (5050, 0)]
    got = spot_clusters(points(xy).iloc[order], metres=60, min_spots=2)
    assert got["cluster"].sort_index().tolist() == [1, 1, 2, 2]


def test_an_edge_between_two_clusters_goes_with_the_nearer_core():
    west, east = [(0, 0), (0, 50), (0, -50), (40, 0)], [(260, 0), (280, 0), (260, 50), (260, -50)]
    between = [(145, 0)]  # 105 from (40, 0) and 115 from (260, 0)
    got = spot_clusters(points(west + east + between), metres=120, min_spots=4)
    assert got["cluster_role"].iloc[-1] == "edge"
    assert got["cluster"].iloc[-1] == got["cluster"].iloc[3] != got["cluster"].iloc[4]


@settings(max_examples=30, deadline=None)
@given(spread, st.integers(1, 5), st.sampled_from([105, 250, 330]))
def test_cores_are_grouped_as_by_scikit_learn(cells, min_spots, metres):
    cluster = pytest.importorskip("sklearn.cluster")
    xy = 100.0 * np.array(cells)
    theirs = cluster.DBSCAN(eps=metres, min_samples=min_spots).fit(xy)
    ours = spot_clusters(points(xy), metres=metres, min_spots=min_spots)
    core = np.zeros(len(xy), dtype=bool)
    core[theirs.core_sample_indices_] = True
    assert ours["cluster_role"].eq("core").tolist() == core.tolist()
    assert groups(ours["cluster"][core]) == groups(theirs.labels_[core])
    assert ours["cluster"].eq(0).tolist() == (theirs.labels_ == -1).tolist()


@settings(max_examples=20, deadline=None)
@given(spread, st.randoms())
def test_the_order_of_rows_does_not_matter_and_the_largest_is_number_one(cells, shuffle):
    table = points(100 * np.array(cells) + np.arange(len(cells))[:, None] % 7)
    got = spot_clusters(table, metres=150, min_spots=3)
    order = shuffle.sample(range(len(cells)), len(cells))
    turned = spot_clusters(table.iloc[order], metres=150, min_spots=3).sort_index()
    assert turned["cluster"].tolist() == got["cluster"].tolist()
    sizes = got.loc[got["cluster"] > 0, "cluster"].value_counts().sort_index()
    assert sizes.index.tolist() == list(range(1, len(sizes) + 1))
    assert sizes.is_monotonic_decreasing


def test_clusters_measure_metres_in_any_crs_and_say_which_spots_have_no_place():
    spots = points([(0, 0), (95, 0), (190, 0), (0, 0)], 3857)  # 95 m are 129 m of Web Mercator
    spots.loc[3, "geometry"] = None
    got = spot_clusters(spots, metres=100, min_spots=2)
    assert got["cluster"].tolist() == [1, 1, 1, 0]
    assert got["cluster_role"].tolist() == ["core", "core", "core", "no place"]
    assert "cluster" not in spots


def test_no_spots_give_an_empty_table():
    got = spot_clusters(points([]), metres=100, min_spots=2)
    assert got.empty
    assert {"cluster", "cluster_role"} <= set(got.columns)
    assert cluster_table(got.assign(point=1.0), people="point").empty


def test_the_table_of_clusters_by_hand():
    spots = points([(0, 0), (30, 40), (60, 80), (9000, 0), (0, 0)], point=[5.0, 6.0, np.nan, 8.0, 9.0])
    spots.loc[4, "geometry"] = None
    got = cluster_table(spot_clusters(spots, metres=60, min_spots=2), people="point")
    assert got["cluster"].tolist() == [0, 1]
    assert got["spots"].tolist() == [2, 3]
    assert got["people"].tolist() == [17, 11]
    assert got["across_metres"].tolist() == pytest.approx([np.nan, 100], nan_ok=True)


def test_a_spot_given_twice_and_options_out_of_range_are_refused():
    with pytest.raises(ValueError, match="one row per spot_id") as caught:
        spot_clusters(points([(0, 0), (0, 0)], spot_id=["Bar X", "Bar X"]), metres=100, min_spots=2)
    assert "Bar X" not in str(caught.value)
    with pytest.raises(ValueError, match="metres must be a number above 0"):
        spot_clusters(points([(0, 0)]), metres=0, min_spots=2)
    with pytest.raises(ValueError, match="min_spots must be a whole number, at least 1"):
        spot_clusters(points([(0, 0)]), metres=10, min_spots=0)
    with pytest.raises(ValueError, match="spots must have a CRS"):
        spot_clusters(points([(0, 0)]).set_crs(None, allow_override=True), metres=10, min_spots=1)


def test_one_spot_gives_the_normal_distribution():
    # The cell from 0 to 100 m each way holds (Phi(1/3) - Phi(0))^2 of 1,000 people; density at its centre.
    got = people_density(points([(0, 0)], point=[1000.0]), **GRID)
    cell = got[(got.geometry.x == EAST + 50) & (got.geometry.y == NORTH + 50)]
    assert cell["people"].item() == pytest.approx(1000 * (norm.cdf(1 / 3) - 0.5) ** 2, rel=2e-4)
    peak = multivariate_normal([0, 0], 300**2).pdf([50, 50]) * 1000 * 1e6
    assert cell["people_per_km2"].item() == pytest.approx(peak, rel=0.01)


def test_two_spots_add_up_and_the_mean_place_is_kept():
    spots = points([(50, 50), (2050, 1050)], point=[30.0, 10.0])
    got = people_density(spots, **GRID)
    assert got["people"].sum() == pytest.approx(40)
    assert np.average(got.geometry.x - EAST, weights=got["people"]) == pytest.approx(
        (30 * 50 + 10 * 2050) / 40, abs=0.1
    )
    assert np.average(got.geometry.y - NORTH, weights=got["people"]) == pytest.approx(
        (30 * 50 + 10 * 1050) / 40, abs=0.1
    )


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 4000), st.floats(0, 4000), st.floats(0, 500)), min_size=1, max_size=20),
    st.floats(100, 900),
    st.sampled_from([90.0, 250.0, 3000.0]),
)
def test_the_grid_holds_all_people(rows, bandwidth, cell):
    x, y, people = np.array(rows).T
    spots = points(np.column_stack([x, y]), 4326, point=people)
    options = GRID | {"bandwidth_metres": bandwidth, "cell_metres": cell}
    got = people_density(spots, **options)
    assert got["people"].sum() == pytest.approx(people.sum())
    assert (got["people"] >= 0).all()
    assert got["people_per_km2"].to_numpy() * cell**2 / 1e6 == pytest.approx(got["people"].to_numpy())
    assert got.crs.axis_info[0].unit_name == "metre"


def test_spots_without_a_place_are_said_and_blank_sizes_add_nothing():
    spots = points([(0, 0), (100, 0), (0, 0)], point=[10.0, np.nan, 99.0])
    spots.loc[2, "geometry"] = None
    with pytest.warns(UserWarning, match="1 of 3 spots have no valid coordinates"):
        got = people_density(spots, **GRID)
    assert got["people"].sum() == pytest.approx(10)


def test_no_spots_give_no_cells():
    got = people_density(points([]).assign(point=pd.Series(dtype=float)), **GRID)
    assert got.empty
    assert {"people", "people_per_km2"} <= set(got.columns)


@pytest.mark.parametrize("level", ["public", "programme"])
def test_clusters_are_for_the_organisation_itself_only(level):
    with pytest.raises(ValueError, match=f"release must be restricted for clusters of spots; got '{level}'"):
        clusters.spot_clusters(points([(0, 0)]), metres=10, min_spots=1, release=level)


@pytest.mark.parametrize("level", ["public", "programme"])
def test_density_is_for_the_organisation_itself_only(level):
    with pytest.raises(
        ValueError, match=f"release must be restricted for a density of people; got '{level}'"
    ):
        people_density(points([(0, 0)]), **(GRID | {"release": level}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"release": "secret"}, "release must be one of public, programme, restricted"),
        ({"cell_metres": 0.5}, "cell_metres must give at most 1,000,000 cells; got 0.5, which gives 23,"),
        ({"bandwidth_metres": 0}, "bandwidth_metres must be a number above 0"),
        ({"people": "size"}, "people must be a column of spots"),
    ],
)
def test_options_that_make_no_grid_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        people_density(points([(0, 0)]), **(GRID | change))
