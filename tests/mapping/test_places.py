"""Points on the map: problems, distance and walking time, by hand and against brute force."""

from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from mapping import places as tools
from mapping.places import place_problems, utm_zone, walking_access

nearest_service = partial(tools.nearest_service, release="restricted")
UTM = 32634
EAST, NORTH = 500_000.0, 4_700_000.0  # on the central meridian of the zone
WALK = {"people": "point", "km_per_hour": 4.5, "detour": 1.3, "release": "restricted"}
metres = st.floats(-5000, 5000).map(lambda v: round(v, 1))
places = st.lists(st.tuples(metres, metres), min_size=1, max_size=25)


def points(xy, crs=UTM, **columns):
    xy = np.array(xy, dtype=float).reshape(-1, 2)
    shapes = gpd.points_from_xy(EAST + xy[:, 0], NORTH + xy[:, 1])
    return gpd.GeoDataFrame(columns or {"n": range(len(xy))}, geometry=shapes, crs=UTM).to_crs(crs)


def test_distance_by_hand_is_that_of_the_3_4_5_triangle():
    got = nearest_service(points([(0, 0), (3000, 4000)]), points([(300, 400), (3000, 3900)]))
    assert got["service_metres"].tolist() == pytest.approx([500, 100])
    assert got["service"].tolist() == [0, 1]


@pytest.mark.parametrize("crs", [4326, 3857, 3035])
def test_distance_does_not_depend_on_the_crs_of_the_file(crs):
    # In Web Mercator the same 500 m read as 678, since its metres stretch by 1 / cos(latitude).
    got = nearest_service(points([(0, 0)], crs), points([(300, 400)], 4326))
    assert got["service_metres"].tolist() == pytest.approx([500], abs=0.01)


def test_distance_agrees_with_the_geodesic_to_4_in_10_000():
    from pyproj import Geod

    spots, services = points([(0, 0), (2500, 900)], 4326), points([(-4000, 7000)], 4326)
    got = nearest_service(spots, services)["service_metres"]
    lon, lat = services.geometry.x[0], services.geometry.y[0]
    for at, metres_ in zip(spots.geometry, got, strict=True):
        assert metres_ == pytest.approx(Geod(ellps="WGS84").inv(at.x, at.y, lon, lat)[2], rel=4.1e-4)


@settings(max_examples=15, deadline=None)
@given(places, places)
def test_the_nearest_is_no_further_than_any_other(spots, services):
    got = nearest_service(points(spots), points(services))
    apart = np.hypot(*(np.array(spots)[:, None] - np.array(services)[None]).transpose(2, 0, 1))
    assert got["service_metres"].to_numpy() == pytest.approx(apart.min(axis=1), abs=1e-6)


def test_blank_and_impossible_coordinates_are_said_and_the_rest_is_computed():
    spots = gpd.GeoDataFrame(
        {"spot_id": list("abcdefghi")},
        geometry=[
            Point(21, 42.5),
            None,
            Point(),
            Point(0, 0),
            Point(21, 95),
            Point(42.5, 21),
            Point(np.nan, np.nan),
            Point(21.1, 42.6),
            Point(21.2, 42.4),
        ],
        crs=4326,
    )
    got = nearest_service(spots, points([(0, 0)], 4326))
    assert got["service_reason"].tolist() == [
        "",
        *["no valid coordinates"] * 6,
        "",
        "",
    ]  # the sixth is exchanged
    assert got["service_metres"].notna().tolist() == [True] + [False] * 6 + [True] * 2
    assert got["service"].isna().tolist() == [False] + [True] * 6 + [False] * 2
    assert got["spot_id"].tolist() == list("abcdefghi")


def test_no_services_and_no_spots_are_no_error():
    none = points([]).iloc[:0]
    got = nearest_service(points([(0, 0)]), none)
    assert got["service_reason"].tolist() == ["no service on the map"]
    assert nearest_service(none, points([(0, 0)])).empty
    blank = gpd.GeoDataFrame({"n": [1]}, geometry=[None], crs=4326)
    assert nearest_service(points([(0, 0)]), blank)["service_reason"].tolist() == ["no service on the map"]


@pytest.mark.parametrize(
    ("lon", "lat"), [(20.9, 42.6), (30.5, 50.4), (-70.6, -33.4), (179.9, 10), (18.1, 43)]
)
def test_the_zone_is_that_of_geopandas(lon, lat):
    assert gpd.GeoSeries([Point(lon, lat)], crs=4326).estimate_utm_crs().to_epsg() == int(
        utm_zone(lon, lat)[5:]
    )


def test_walking_share_by_hand():
    # 4.5 km/h is 75 m a minute; at detour 1.3 ten minutes reach 750 / 1.3 = 576.9 m in a straight line.
    xy = [(576, 0), (578, 0), (0, 100), (0, 0)]
    spots = points(xy, kp=["FSW", "FSW", "FSW", "MSM"], point=[10.0, 30.0, 20.0, 5.0])
    got = walking_access(spots, points([(0, 0)]), minutes=[10, 11], **WALK).set_index(["kp", "minutes"])
    assert got.loc[("FSW", 10), ["people", "people_within", "share"]].tolist() == [60, 30, 0.5]
    assert got.loc[("FSW", 11), "share"] == 1
    assert got.loc[("MSM", 10), "share"] == 1
    assert set(got["km_per_hour"]) == {4.5}
    assert set(got["detour"]) == {1.3}


def test_the_share_is_of_people_with_a_place_and_the_others_are_counted():
    spots = points(
        [(0, 0), (9000, 0), (0, 0), (0, 0)], kp=["FSW"] * 3 + ["TG"], point=[10.0, 30.0, 20.0, 4.0]
    )
    spots.loc[[2, 3], "geometry"] = None
    got = walking_access(spots, points([(0, 0)]), minutes=[15], **WALK).set_index("kp")
    assert got.loc["FSW", ["people", "people_within", "share", "people_without_place"]].tolist() == [
        60,
        10,
        0.25,
        20,
    ]
    assert np.isnan(got.loc["TG", "share"])
    assert got.loc["TG", "people_without_place"] == 4


def test_without_a_service_nobody_is_within_reach():
    spots = points([(0, 0)], kp=["FSW"], point=[10.0])
    got = walking_access(spots, points([]), minutes=[15], **WALK)
    assert got["share"].tolist() == [0]


@settings(max_examples=10, deadline=None)
@given(places, places, st.lists(st.floats(0, 200), min_size=2, max_size=4))
def test_more_time_or_fewer_detours_never_reach_fewer(spots, services, minutes):
    table = points(spots, kp=["FSW"] * len(spots), point=[2.0] * len(spots))
    options = {"people": "point", "km_per_hour": 4.5, "minutes": sorted(minutes), "release": "restricted"}
    far = walking_access(table, points(services), detour=1.4, **options)["share"]
    near = walking_access(table, points(services), detour=1.0, **options)["share"]
    assert far.is_monotonic_increasing
    assert (near >= far).all()
    assert far.between(0, 1).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"detour": 0.9}, "detour must be 1 or more"),
        ({"km_per_hour": 0}, "km_per_hour must be a number above 0"),
        ({"minutes": [-1]}, "minutes must be a number, 0 or more"),
        ({"people": "size"}, "people must be a column of spots"),
    ],
)
def test_options_out_of_range_are_refused(change, words):
    spots = points([(0, 0)], kp=["FSW"], point=[1.0])
    with pytest.raises(ValueError, match=words):
        walking_access(spots, points([(0, 0)]), **({"minutes": [10], **WALK} | change))


@pytest.mark.parametrize("people", [[-1.0], [np.inf], ["about 20"]])
def test_numbers_of_people_that_cannot_be_are_refused_and_not_shown(people):
    spots = points([(0, 0)], kp=["FSW"], point=people)
    with pytest.raises(ValueError, match=r"point must (be a finite number|hold numbers)") as caught:
        walking_access(spots, points([(0, 0)]), minutes=[10], **WALK)
    assert "about 20" not in str(caught.value)


def test_a_missing_kp_column_is_refused():
    with pytest.raises(ValueError, match="spots must have the column kp"):
        walking_access(points([(0, 0)], point=[1.0]), points([(0, 0)]), minutes=[10], **WALK)


def test_a_missing_crs_and_other_things_than_points_are_refused():
    good = points([(0, 0)])
    with pytest.raises(ValueError, match="spots must have a CRS"):
        nearest_service(good.set_crs(None, allow_override=True), good)
    with pytest.raises(ValueError, match="services must have a CRS"):
        nearest_service(good, good.set_crs(None, allow_override=True))
    lines = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], crs=UTM)
    with pytest.raises(ValueError, match="services must hold points only"):
        nearest_service(good, lines)
    with pytest.raises(ValueError, match="areas must have a CRS"):
        place_problems(good, areas=gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)]))


@pytest.mark.parametrize("away", [Point(42.5, 21), Point(-69, -7), Point(-159, -42)])
def test_services_in_another_part_of_the_world_are_not_on_the_map(away):
    services = gpd.GeoDataFrame(geometry=[away], crs=4326)
    got = nearest_service(points([(0, 0)]), services)
    assert got["service_reason"].tolist() == ["no service on the map"]
    both = pd.concat([services, points([(300, 400)], 4326)], ignore_index=True)
    assert nearest_service(points([(0, 0)]), both)["service"].tolist() == [1]


def test_problems_are_listed_by_row_with_empty_kps_and_without_coordinates():
    spots = points([(10, 10), (50, 50), (20, 20), (7000, 0)], kp=["FSW", "FSW", "MSM", "PWID"])
    spots.index = pd.Index([11, 12, 13, 14])
    spots.loc[12, "geometry"] = None
    areas = gpd.GeoDataFrame(geometry=[box(EAST, NORTH, EAST + 100, NORTH + 100), None], crs=UTM).to_crs(4326)
    got = place_problems(spots.to_crs(3035), areas=areas, kps=["FSW", "PWID", "TG"])
    assert got[["row", "kp", "problem"]].astype(object).where(got.notna(), None).to_numpy().tolist() == [
        [12, "FSW", "no valid coordinates"],
        [14, "PWID", "outside every area"],
        [None, "PWID", "no spot on the map"],
        [None, "TG", "no spot on the map"],
    ]


def test_a_spot_on_the_border_is_inside_and_no_problem_is_an_empty_table():
    areas = gpd.GeoDataFrame(geometry=[box(EAST, NORTH, EAST + 100, NORTH + 100)], crs=UTM)
    got = place_problems(points([(0, 50), (100, 100)]), areas=areas)
    assert got.empty
    assert list(got.columns) == ["row", "kp", "problem"]
    assert place_problems(points([]), areas=areas, kps=[]).empty


@pytest.mark.parametrize("level", ["public", "programme"])
def test_distances_and_walking_times_are_for_the_organisation_itself_only(level):
    spots, clinic = points([(0, 0)], kp=["FSW"], point=[1.0]), points([(0, 0)])
    with pytest.raises(ValueError, match=f"release must be restricted for distances of spots; got '{level}'"):
        tools.nearest_service(spots, clinic, release=level)
    with pytest.raises(ValueError, match="release must be restricted"):
        walking_access(spots, clinic, minutes=[10], **(WALK | {"release": level}))
