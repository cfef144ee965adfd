"""Coordinates as people write them: proposals where one reading lies at home, a sentence everywhere else."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from pse.records.coordinates import home_of, place_proposals, read_degrees

SEATS = pd.DataFrame({"municipality": ["A", "B"], "lat": [42.0, 43.0], "lon": [20.4, 21.6]})
HOME = home_of(SEATS)
LAT, LON = 42.663, 21.165


def judged(lat, lon, home=HOME, municipality="A"):
    got = place_proposals(pd.DataFrame({"lat": [lat], "lon": [lon], "municipality": [municipality]}), home)
    return None if got.empty else (got["rule"][0], got["lat"][0], got["lon"][0])


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("42.663", 42.663),
        ("42,663", 42.663),
        (" -21.165 ", -21.165),
        ("42°39'46.8\"N", 42.663),
        ("42° 39' 46,8\" N", 42.663),
        ("N 42 39 46.8", 42.663),
        ("42 39.78", 42.663),
        ("21°9′54″E", 21.165),
        ("21°09'54\" L", 21.165),
        ("21° 9' W", -21.15),
        ("42.663°", 42.663),
    ],
)
def test_angles_are_read_however_they_are_written(text, degrees):
    assert read_degrees(text) == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["", "park", "42.663, 21.165", "42 75 10", "42.663N21.165E", "1,234,567", "a"]
)
def test_what_is_no_single_angle_is_not_read(text):
    assert read_degrees(text) is None


@pytest.mark.parametrize(
    ("lat", "lon", "rule"),
    [
        (LON, LAT, "swapped"),
        ("42663000", "21165000", "lost_point"),
        (42663, LON, "lost_point"),
        ("42,663", "21,165", "written"),
        ("42°39'46.8\"N", "21°9'54\"E", "written"),
        (LAT, -LON, "sign"),
    ],
)
def test_one_reading_at_home_is_proposed(lat, lon, rule):
    got = judged(lat, lon)
    assert got[0] == rule
    assert got[1:] == pytest.approx((LAT, LON), abs=1e-6)


@pytest.mark.parametrize(
    ("lat", "lon", "rule"),
    [
        (0, 0, "zero"),
        ("0.0", "0,0", "zero"),
        (52.5, 13.4, "abroad"),
        ("x", LON, "not_degrees"),
        (LAT, None, "not_degrees"),
    ],
)
def test_where_no_reading_is_at_home_nothing_is_proposed(lat, lon, rule):
    got = judged(lat, lon)
    assert got[0] == rule
    assert np.isnan(got[1:]).all()


def test_a_place_that_is_right_and_a_blank_one_are_left_alone():
    assert judged(LAT, LON) is None
    assert judged(str(LAT), str(LON)) is None
    assert judged(None, None) is None


def test_without_a_country_only_the_writing_is_mended():
    assert judged("42,663", "21,165", home=None) == ("written", LAT, LON)
    assert judged(LON, LAT, home=None) is None
    assert judged(4266, 21, home=None)[0] == "abroad"


def test_two_readings_at_home_are_not_guessed_at():
    near_the_diagonal = home_of(pd.DataFrame({"lat": [10.0], "lon": [-10.0]}))
    assert judged(-10.2, 10.1, near_the_diagonal)[0] == "abroad"  # swapped, or both signs wrong


def test_a_place_outside_its_polygon_is_told_and_one_at_the_border_is_not():
    areas = gpd.GeoDataFrame(
        {"municipality": ["A", "B"]}, geometry=[box(20, 42, 21, 43), box(21, 42, 22, 43)], crs=4326
    )
    home = home_of(SEATS, areas)
    assert judged(42.5, 21.5, home)[0] == "other_municipality"
    assert judged(42.5, 21.005, home) is None
    assert judged(42.5, 20.5, home) is None
    assert judged(42.5, 21.5, home, municipality="unknown") is None


def test_the_table_given_stays_and_rows_keep_their_order():
    places = pd.DataFrame({"lat": [LAT, 0, LON], "lon": [LON, 0, LAT], "municipality": "A"}, index=[7, 8, 9])
    before = places.copy()
    assert place_proposals(places, HOME)["position"].tolist() == [1, 2]
    pd.testing.assert_frame_equal(places, before)


def test_no_message_holds_a_coordinate():
    places = pd.DataFrame({"lat": [LON, "42663000", 0], "lon": [LAT, "21165000", 0], "municipality": "A"})
    text = " ".join(place_proposals(places, HOME)["message"])
    assert "42" not in text
    assert "21" not in text


@given(st.floats(41.5, 43.5), st.floats(19.8, 22.2))
def test_a_swapped_place_at_home_always_comes_back(lat, lon):
    assert judged(lon, lat) == ("swapped", lat, lon)


@given(st.text(max_size=25), st.text(max_size=25))
def test_any_text_gets_an_answer(lat, lon):
    judged(lat, lon)
