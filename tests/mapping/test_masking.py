"""SAFETY 5: masked points. All places are constructed, in metres of UTM zone 34 north."""

import math
import os
import pickle
import traceback

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mapping.release.masking import _radius, _uniforms, mask_points, read_or_make_key

UTM = "EPSG:32634"
EAST, NORTH = 500_000.0, 4_700_000.0
KEY = bytes(range(32))
RING = {"minimum": 200.0, "maximum": 1000.0}


def points(places, **columns):
    xy = np.add(np.asarray(places, dtype=float).reshape(-1, 2), (EAST, NORTH))
    return gpd.GeoDataFrame(columns, geometry=shapely.points(xy), crs=UTM, index=range(len(xy)))


def square(west, south, east, north):
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def town(**changes):
    """Return what masks well: a town of 20 x 20 km, 500 adults and 4 venues in each square kilometre."""
    land = square(-10_000, -10_000, 10_000, 10_000)
    grid = np.arange(-9_750, 10_000, 500.0)
    given_ = {
        "spots": points([(0, 0), (3000, 0), (0, 3000)], spot_id=["S3", "S1", "S2"], municipality="M1"),
        "areas": gpd.GeoDataFrame({"municipality": ["M1"]}, geometry=[land], crs=UTM),
        "residents": gpd.GeoDataFrame({"adults": [200_000]}, geometry=[land], crs=UTM),
        "venues": points([(x, y) for x in grid for y in grid]),
        "withheld": frozenset(),
        "key": KEY,
        **RING,
    }
    return {**given_, **changes}


def mask(**changes):
    arguments = town(**changes)
    return mask_points(arguments.pop("spots"), **arguments)


def moved(result, spots):
    true = spots.set_index("spot_id").geometry.loc[result["spot_id"]]
    return result.geometry.distance(true.reset_index(drop=True))


def test_every_spot_moves_by_a_distance_between_the_two():
    spots = points(np.random.default_rng(1).uniform(-8000, 8000, (300, 2)), municipality="M1")
    spots["spot_id"] = [f"S{i:03}" for i in range(300)]
    result = mask(spots=spots)
    assert result["masked"].all()
    assert moved(result, spots).between(200, 1000).all()


def test_the_result_holds_code_reason_and_place_by_code_and_nothing_else():
    result = mask(spots=town()["spots"].assign(spot_name="Bar behind the mill", phone="+383 44 987 123"))
    assert list(result.columns) == ["spot_id", "masked", "reason", "geometry"]
    assert list(result["spot_id"]) == ["S1", "S2", "S3"]
    assert list(result["reason"]) == ["", "", ""]
    assert result.crs == UTM
    assert result.attrs == {}


def test_two_exports_and_any_order_give_the_same_points():
    spots = town()["spots"]
    assert mask().geometry.equals(mask(spots=spots.iloc[::-1]).geometry)
    alone = mask(spots=spots[spots["spot_id"].eq("S1")])
    assert alone.geometry.iloc[0] == mask().geometry.iloc[0]


def test_another_key_distance_or_crs_gives_another_draw():
    """One draw at two distances, or in two grids, would put both points on a line through the spot."""
    first = [_uniforms(KEY, "S1", 200.0, 1000.0, UTM, 0)]
    others = [
        _uniforms(KEY[::-1], "S1", 200.0, 1000.0, UTM, 0),
        _uniforms(KEY, "S1", 200.0, 2000.0, UTM, 0),
        _uniforms(KEY, "S1", 200.0, 1000.0, "EPSG:32633", 0),
        _uniforms(KEY, "S1", 200.0, 1000.0, UTM, 1),
    ]
    assert len({number for pair in first + others for number in pair}) == 10


@given(u=st.floats(0, 1, exclude_max=True), r=st.floats(1, 1000), width=st.floats(1, 1000))
def test_the_share_of_the_ring_inside_the_radius_is_u(u, r, width):
    """Area-uniform: the ring from r to the radius has the share u of the area of the whole ring."""
    radius = _radius(u, minimum=r, maximum=r + width)
    assert (radius**2 - r**2) / ((r + width) ** 2 - r**2) == pytest.approx(u, abs=1e-6)


def test_a_masked_point_never_leaves_its_municipality():
    """A strip of 400 m with the spot in its middle: most tries at 200 to 1000 m leave it."""
    land = [square(-10_000, -200, 10_000, 200), square(-10_000, 200, 10_000, 9000)]
    areas = gpd.GeoDataFrame({"municipality": ["M1", "M2"]}, geometry=land, crs=UTM)
    spots = points([(x, 0) for x in range(-9000, 9000, 200)], municipality="M1")
    spots["spot_id"] = [f"S{i}" for i in range(len(spots))]
    adults = gpd.GeoDataFrame({"adults": [10**6]}, geometry=land[:1], crs=UTM)
    venues = points([(x, 50) for x in range(-9900, 9900, 50)])
    result = mask(spots=spots, areas=areas, residents=adults, venues=venues)
    shown = result[result["masked"]]
    assert len(shown) > 80
    assert shown.within(land[0]).all()


def test_where_no_try_is_valid_there_is_no_point_and_never_the_true_one():
    """The municipality is smaller than the smallest distance."""
    areas = gpd.GeoDataFrame({"municipality": ["M1"]}, geometry=[square(-100, -100, 100, 100)], crs=UTM)
    result = mask(spots=town()["spots"].iloc[[0]], areas=areas)
    assert list(result["reason"]) == ["no place"]
    assert result.geometry.isna().all()
    assert not result["masked"].any()


@pytest.mark.parametrize(
    ("place", "municipality", "reason"),
    [
        (shapely.Point(EAST + 50_000, NORTH), "M1", "outside"),
        (shapely.Point(EAST, NORTH), "M9", "outside"),
        (None, "M1", "no coordinate"),
        (shapely.Point(), "M1", "no coordinate"),
    ],
)
def test_a_spot_without_a_sound_place_keeps_its_row_and_gets_no_point(place, municipality, reason):
    spots = gpd.GeoDataFrame({"spot_id": ["S1"], "municipality": [municipality]}, geometry=[place], crs=UTM)
    result = mask(spots=spots)
    assert list(result["reason"]) == [reason]
    assert result.geometry.isna().all()


def test_a_village_with_one_motel_is_refused_however_many_live_there():
    result = mask(venues=points([(0, 0)]))
    assert list(result["reason"]) == ["k", "k", "k"]
    assert result.geometry.isna().all()


def test_ten_records_of_one_motel_are_one_venue():
    result = mask(spots=town()["spots"].iloc[[0]], venues=points([(i, i % 3) for i in range(10)]))
    assert list(result["reason"]) == ["k"]


def test_venues_of_another_typology_hide_nobody():
    """Partners are told that the spot is a motel: forty bars round the only motel are no cover."""
    bars = [(x, y) for x in range(-900, 1000, 300) for y in range(-900, 1000, 300)]
    venues = points([(0, 0), *bars], typology=["motel"] + ["bar"] * len(bars))
    spots = town()["spots"].iloc[[0]]
    assert list(mask(spots=spots.assign(typology="motel"), venues=venues)["reason"]) == ["k"]
    assert list(mask(spots=spots.assign(typology="bar"), venues=venues)["reason"]) == [""]
    assert list(mask(spots=spots.assign(typology=None), venues=venues)["reason"]) == ["k"]


def test_venues_beyond_the_border_hide_nobody():
    """A masked point stays in its municipality, so the reader looks nowhere else."""
    areas = gpd.GeoDataFrame(
        {"municipality": ["M1", "M2"]},
        geometry=[square(-3000, -3000, 0, 3000), square(0, -3000, 3000, 3000)],
        crs=UTM,
    )
    spots = points([(-100, 0)], spot_id=["S1"], municipality=["M1"])
    beyond = [(x, y) for x in range(50, 900, 100) for y in range(-900, 900, 100)]
    assert list(mask(spots=spots, areas=areas, venues=points([(-100, 0), *beyond]))["reason"]) == ["k"]


def test_few_adults_in_the_ring_mean_no_point():
    """The ring from 200 to 1,000 m has 3.016 km2; 331 adults per km2 are 998 of them, 332 are 1,001."""
    land = town()["areas"].geometry
    spot = town()["spots"].iloc[[0]]
    for adults, reason in ((331 * 400, "k"), (332.5 * 400, "")):
        residents = gpd.GeoDataFrame({"adults": [adults]}, geometry=land, crs=UTM)
        assert list(mask(spots=spot, residents=residents)["reason"]) == [reason]


def test_adults_may_come_as_points_of_a_grid():
    grid = [(x, y) for x in range(-2000, 2001, 100) for y in range(-2000, 2001, 100)]
    spot = town()["spots"].iloc[[0]]
    assert list(mask(spots=spot, residents=points(grid, adults=5.0))["reason"]) == [""]
    assert list(mask(spots=spot, residents=points(grid, adults=2.0))["reason"]) == ["k"]
    assert list(mask(spots=spot, residents=points(grid, adults=np.nan))["reason"]) == ["k"]


def test_no_venue_is_likelier_than_one_in_k_given_the_point():
    """Bayes by simulation: 8 venues, two of them in corners where few tries are valid.

    The posterior of each venue, given a masked point that we show, is 1 over the area that is valid round
    it; it never passes 1/5.
    """
    land = square(-1200, -1200, 1200, 1200)
    areas = gpd.GeoDataFrame({"municipality": ["M1"]}, geometry=[land], crs=UTM)
    places = [
        (-1150, -1150),
        (1150, 1150),
        (0, 0),
        (300, 0),
        (0, 400),
        (-500, 300),
        (200, -600),
        (-300, -300),
    ]
    seen = 0
    for number in range(40):
        spots = points(places, municipality="M1")
        spots["spot_id"] = [f"{number}-{i}" for i in range(len(places))]
        residents = gpd.GeoDataFrame({"adults": [10**6]}, geometry=[land], crs=UTM)
        result = mask(spots=spots, areas=areas, residents=residents, venues=points(places))
        for point in result.geometry.dropna():
            near = [p for p in spots.geometry if 200 <= p.distance(point) <= 1000]
            rings = [p.buffer(1000, 64).difference(p.buffer(200, 64)).intersection(land).area for p in near]
            weights = 1 / np.array(rings)
            assert (weights / weights.sum()).max() <= 1 / 5 + 0.001
            seen += 1
    assert seen > 30


def test_withheld_refused_unsafe_and_do_not_publish_spots_have_no_row():
    spots = points([(i * 500, 0) for i in range(7)], municipality="M1").assign(
        spot_id=list("ABCDEFG"),
        status=["active", "refused", "unsafe", "active", "active", "active", "active"],
        unsafe=[False, False, False, True, False, False, False],
        do_not_publish=[False, False, False, False, True, None, False],
    )
    assert list(mask(spots=spots, withheld={"G"})["spot_id"]) == ["A"]


def test_all_withheld_is_an_empty_table():
    result = mask(withheld={"S1", "S2", "S3"})
    assert result.empty
    assert result.crs == UTM


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4258"])
def test_degrees_are_refused(crs):
    with pytest.raises(ValueError, match=r"spots must be in a projected CRS in metres; got degrees.*UTM"):
        mask(spots=town()["spots"].to_crs(crs))


def test_a_table_without_crs_is_refused():
    with pytest.raises(ValueError, match="projected CRS"):
        mask(spots=town()["spots"].set_crs(None, allow_override=True))


def test_feet_are_refused():
    with pytest.raises(ValueError, match="got another unit"):
        mask(spots=town()["spots"].to_crs("EPSG:2263"))


def test_the_projection_of_web_maps_is_refused():
    """At 42 degrees north a metre of EPSG:3857 is 0.74 m on the ground."""
    with pytest.raises(ValueError, match="keeps distances there within 2 %"):
        mask(spots=town()["spots"].to_crs("EPSG:3857"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"minimum": 0}, "minimum must be a number above 0"),
        ({"minimum": 1000, "maximum": 200}, r"maximum must be above minimum \(1000\); got 200"),
        ({"minimum": 200, "maximum": math.inf}, "maximum must be a number above 0"),
        ({"k_venues": 0}, "k_venues must be a whole number, at least 1"),
        ({"key": b"short"}, "key must be at least 32 secret bytes"),
        ({"key": "f" * 64}, "key must be at least 32 secret bytes"),
        ({"residents": points([(0, 0)])}, "residents must have the column adults"),
        ({"residents": points([(0, 0)], adults=[-1])}, "adults must be 0 or more"),
        ({"venues": gpd.GeoDataFrame(geometry=[square(0, 0, 9, 9)], crs=UTM)}, "venues must be points"),
        ({"venues": points([(0, 0)]).set_crs(None, allow_override=True)}, "venues must say its coordinate"),
        ({"spots": points([(0, 0), (1, 1)], spot_id=["A", "A"], municipality="M1")}, "one row per spot"),
        ({"spots": points([(0, 0)], spot_id=["A"])}, "spots must have the column municipality"),
    ],
)
def test_wrong_arguments_are_refused_in_words_that_show_no_place_and_no_key(changes, words):
    with pytest.raises(ValueError, match=words) as caught:
        mask(**changes)
    told = "".join(traceback.format_exception(caught.value))
    assert not [secret for secret in ("700000", "500000.", KEY.hex(), "ffffffff") if secret in told]


def test_the_key_is_in_no_output(tmp_path):
    key = b"0123456789abcdefABCDEF~~secret~~"
    result = mask(key=key)
    result.to_file(tmp_path / "points.gpkg")
    result.to_file(tmp_path / "points.geojson")
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir()) + pickle.dumps(result)
    everything += (repr(result) + result.to_csv()).encode()
    for secret in (key, key[:8], key.hex().encode(), key[-8:]):
        assert secret not in everything


def test_a_key_is_made_once_is_random_and_is_for_its_owner_only(tmp_path):
    key = read_or_make_key(tmp_path / "mask.key")
    assert len(key) == 32
    assert key == read_or_make_key(tmp_path / "mask.key")
    assert key != read_or_make_key(tmp_path / "other.key")
    if os.name != "nt":
        assert (tmp_path / "mask.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such mode")
def test_a_key_that_others_can_read_is_refused(tmp_path):
    read_or_make_key(tmp_path / "mask.key")
    (tmp_path / "mask.key").chmod(0o644)
    with pytest.raises(ValueError, match=r"owner only \(mode 600\); got mode 644"):
        read_or_make_key(tmp_path / "mask.key")


def test_a_file_that_is_no_key_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "mask.key"
    path.write_bytes(b"hello")
    path.chmod(0o600)
    with pytest.raises(ValueError, match="key must be a file of 32 bytes; got 5"):
        read_or_make_key(path)
    assert path.read_bytes() == b"hello"


@pytest.mark.parametrize("mark", ["receipt.txt", "run.json"])
@pytest.mark.parametrize("below", ["", "maps/points"])
def test_a_key_among_results_is_refused(tmp_path, mark, below):
    (tmp_path / mark).touch()
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    with pytest.raises(ValueError, match="key must lie outside every folder with results"):
        read_or_make_key(tmp_path / below / "mask.key")
    assert not (tmp_path / below / "mask.key").exists()


def test_a_key_in_a_folder_that_results_are_about_to_go_to_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(ValueError, match="outside every folder with results"):
        read_or_make_key(tmp_path / "out" / "mask.key", outputs=[tmp_path / "out"])
    link = tmp_path / "mask.key"
    try:
        link.symlink_to(tmp_path / "out" / "mask.key")
    except OSError:
        pytest.skip("no links on this system")
    with pytest.raises(ValueError, match="outside every folder with results"):
        read_or_make_key(link, outputs=[tmp_path / "out"])


def test_the_table_of_the_caller_is_not_changed():
    arguments = town()
    before = {name: value.copy() for name, value in arguments.items() if isinstance(value, pd.DataFrame)}
    mask(**arguments)
    for name, value in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(arguments[name]), pd.DataFrame(value))
