"""Boundaries: files in any projection, names with accents, schematic cells that fill the country."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from mapping.boundaries import (
    match_names,
    read_boundaries,
    review_boundaries,
    schematic_cells,
    study_boundaries,
)

ROOT = Path(__file__).resolve().parents[2]
OUTLINE = ROOT / "data" / "sample" / "outline.geojson"
REFERENCE = ROOT / ".." / "shared" / "reference"

# Seats from GeoNames, to about 100 m.
MUNICIPALITIES = pd.DataFrame(
    {
        "municipality": ["001", "002", "003", "004"],
        "name": ["Prishtinë", "Fushë Kosovë", "Prizren", "Hani i Elezit"],
        "name_sr": ["Priština", "Kosovo Polje", "Prizren", "Elez Han"],
        "mapped": [True, True, True, False],
        "lat": [42.673, 42.618, 42.214, 42.150],
        "lon": [21.167, 21.039, 20.740, 21.297],
    }
)


@pytest.fixture
def outline() -> gpd.GeoDataFrame:
    return gpd.read_file(OUTLINE)


@pytest.fixture
def squares() -> gpd.GeoDataFrame:
    """One square of 0.05 degrees around each seat, named in capitals without accents."""
    shapes = [box(x - 0.025, y - 0.025, x + 0.025, y + 0.025) for x, y in _places(MUNICIPALITIES)]
    names = ["PRISHTINE", "Fushe-Kosove", "prizren", "Hani i Elezit"]
    return gpd.GeoDataFrame({"label": names}, geometry=shapes, crs="EPSG:4326")


def _places(table: pd.DataFrame) -> list[tuple[float, float]]:
    return list(zip(table["lon"], table["lat"], strict=True))


def _metric_area(areas: gpd.GeoDataFrame) -> np.ndarray:
    return areas.to_crs("EPSG:32634").area.to_numpy()


# --- the outline of the sample


def test_outline_is_one_public_domain_feature_of_about_the_area_of_kosovo(outline):
    assert outline[["name", "source"]].to_numpy().tolist() == [
        ["Kosovo", "Natural Earth 1:10m Admin 0, public domain"]
    ]
    # 10,887 km2 by the national statistics office; Natural Earth is generalised.
    assert _metric_area(outline).sum() / 1e6 == pytest.approx(10_887, rel=0.01)
    digits = shapely.get_coordinates(outline.geometry)
    assert np.array_equal(digits, digits.round(5))


def test_every_seat_of_kosovo_lies_inside_the_outline(outline):
    path = REFERENCE / "kosovo_municipalities.csv"
    if not path.is_file():
        pytest.skip("reference folder not here: ../shared/reference/kosovo_municipalities.csv")
    seats = pd.read_csv(path)
    inside = outline.geometry.iloc[0].contains(gpd.points_from_xy(seats["seat_lon"], seats["seat_lat"]))
    assert (len(seats), int(np.sum(inside))) == (38, 38)


# --- reading files


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32634"])
@pytest.mark.parametrize("suffix", ["gpkg", "shp"])
def test_files_in_any_projection_come_back_in_degrees(tmp_path, squares, crs, suffix):
    path = tmp_path / f"areas.{suffix}"
    squares.to_crs(crs).to_file(path)
    got = read_boundaries(path, MUNICIPALITIES)
    assert got.crs.to_epsg() == 4326
    assert got["municipality"].tolist() == ["001", "002", "003", "004"]
    assert list(got.columns) == ["municipality", "geometry", "schematic"]
    assert not got["schematic"].any()
    assert all(
        shape.equals_exact(shape_wanted, 1e-6) or shape.symmetric_difference(shape_wanted).area < 1e-8
        for shape, shape_wanted in zip(got.geometry, squares.geometry, strict=True)
    )


def test_geojson_with_a_projected_crs_member_is_read(tmp_path, squares):
    path = tmp_path / "areas.geojson"
    squares.to_crs("EPSG:32634").to_file(path, RFC7946="NO")
    got = read_boundaries(path, MUNICIPALITIES)
    assert np.allclose(got.total_bounds, squares.total_bounds, atol=1e-6)


def test_rows_follow_the_municipalities_not_the_file(tmp_path, squares):
    path = tmp_path / "areas.gpkg"
    squares.iloc[::-1].to_file(path)
    assert read_boundaries(path, MUNICIPALITIES)["municipality"].tolist() == ["001", "002", "003", "004"]


def test_codes_are_text_and_keep_their_zeros(tmp_path, squares):
    path = tmp_path / "areas.geojson"
    squares.assign(label="x", municipality=["003", "001", "002", "004"]).to_file(path)
    got = read_boundaries(path, MUNICIPALITIES).set_index("municipality")
    assert got.loc["003", "geometry"].centroid.distance(squares.geometry.iloc[0].centroid) < 1e-6


def test_the_column_with_the_most_matches_is_the_name(tmp_path, squares):
    path = tmp_path / "areas.geojson"
    squares.insert(0, "region", ["Prizren", "Prizren", "Prizren", "Prizren"])
    squares.to_file(path)
    assert len(read_boundaries(path, MUNICIPALITIES)) == 4


def test_schematic_cells_stay_schematic_in_a_file(tmp_path, outline):
    path = tmp_path / "cells.geojson"
    schematic_cells(MUNICIPALITIES, outline).to_file(path)
    assert read_boundaries(path, MUNICIPALITIES)["schematic"].all()


def test_no_crs_in_degrees_is_taken_as_wgs84_and_said(tmp_path, squares):
    path = tmp_path / "areas.shp"
    squares.to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.warns(UserWarning, match=r"areas\.shp does not say its coordinate system.*WGS84 is assumed"):
        got = read_boundaries(path, MUNICIPALITIES)
    assert np.allclose(got.total_bounds, squares.total_bounds)


def test_no_crs_in_metres_is_refused(tmp_path, squares):
    path = tmp_path / "areas.shp"
    squares.to_crs("EPSG:32634").to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(ValueError, match=r"must say their coordinate system.*Save the layer again"):
        read_boundaries(path, MUNICIPALITIES)


def test_geojson_in_metres_without_crs_is_refused(tmp_path, squares):
    path = tmp_path / "areas.geojson"
    path.write_text(
        squares.to_crs("EPSG:32634").to_json(to_wgs84=False, drop_id=True).replace('"crs"', '"x"')
    )
    with pytest.raises(ValueError, match="coordinates are not degrees"):
        read_boundaries(path, MUNICIPALITIES)


def test_a_mapped_municipality_without_a_polygon_is_named_and_the_rest_is_there(tmp_path, squares):
    path = tmp_path / "areas.gpkg"
    squares.drop(index=[1]).to_file(path)
    with pytest.warns(UserWarning, match=r"areas\.gpkg: mapped, but no area: 1 \(Fushë Kosovë\)"):
        assert read_boundaries(path, MUNICIPALITIES)["municipality"].tolist() == ["001", "003", "004"]
    got = review_boundaries(path, MUNICIPALITIES)
    assert got[["problem", "municipality"]].to_numpy().tolist() == [["mapped, but no area", "002"]]


def test_without_an_area_for_any_mapped_municipality_there_is_no_map(tmp_path, squares):
    path = tmp_path / "areas.gpkg"
    squares.tail(1).to_file(path)
    with (
        pytest.warns(UserWarning, match="mapped, but no area: 3"),
        pytest.raises(ValueError, match=r"at least one mapped municipality; got none in areas\.gpkg"),
    ):
        read_boundaries(path, MUNICIPALITIES)


def test_an_unmapped_municipality_may_lack_a_polygon(tmp_path, squares):
    path = tmp_path / "areas.gpkg"
    squares.drop(index=[3]).to_file(path)
    assert read_boundaries(path, MUNICIPALITIES)["municipality"].tolist() == ["001", "002", "003"]


def test_two_areas_with_one_name_are_both_left_out(tmp_path, squares):
    path = tmp_path / "areas.gpkg"
    squares.assign(label=["Prishtinë", "Fushë Kosovë", "Prizren", "Priština"]).to_file(path)
    with pytest.warns(UserWarning, match=r"two areas with one name: 2 \(Prishtinë\)"):
        assert read_boundaries(path, MUNICIPALITIES)["municipality"].tolist() == ["002", "003"]
    got = review_boundaries(path, MUNICIPALITIES)
    assert got["problem"].tolist() == ["two areas with one name"] * 2
    assert got["name"].tolist() == ["Prishtinë", "Priština"]
    assert got["remedy"].str.contains("dissolve").all()


def test_polygons_of_no_municipality_are_left_out_with_a_warning(tmp_path, squares):
    path = tmp_path / "areas.gpkg"
    squares.assign(label=["Prishtinë", "Fushë Kosovë", "Prizren", "Elsewhere"]).to_file(path)
    with pytest.warns(UserWarning, match=r"areas\.gpkg: matches no municipality: 1"):
        assert len(read_boundaries(path, MUNICIPALITIES)) == 3
    got = review_boundaries(path, MUNICIPALITIES)
    assert got[["problem", "name"]].to_numpy().tolist() == [["matches no municipality", "Elsewhere"]]


def test_points_are_no_boundaries(tmp_path, squares):
    path = tmp_path / "areas.gpkg"
    squares.set_geometry(squares.geometry.representative_point()).to_file(path)
    with pytest.raises(ValueError, match=r"polygons, at least one; got areas\.gpkg with 4 other geometries"):
        read_boundaries(path, MUNICIPALITIES)


def test_a_point_among_polygons_is_left_out(tmp_path, squares):
    path = tmp_path / "areas.geojson"
    seat = squares.head(1).assign(label="Seat").set_geometry(squares.head(1).representative_point())
    pd.concat([squares, seat]).to_file(path)
    with pytest.warns(UserWarning, match="no polygon: 1"):
        assert len(read_boundaries(path, MUNICIPALITIES)) == 4


def test_a_clean_file_has_no_problems(tmp_path, squares):
    squares.to_file(tmp_path / "areas.gpkg")
    got = review_boundaries(tmp_path / "areas.gpkg", MUNICIPALITIES)
    assert (len(got), list(got.columns)) == (0, ["problem", "row", "name", "municipality", "remedy"])


def test_several_faults_are_in_one_table_and_the_rest_is_read(tmp_path, squares):
    path = tmp_path / "areas.shp"
    tie = shapely.Polygon([(21.1, 42.6), (21.2, 42.7), (21.2, 42.6), (21.1, 42.7)])
    squares.geometry = gpd.GeoSeries([tie, *squares.geometry.iloc[1:]], crs=squares.crs)
    squares.assign(label=["Prishtinë", "Atlantis", "Prizren", "Prizren"]).to_file(path)
    path.with_suffix(".prj").unlink()
    got = review_boundaries(path, MUNICIPALITIES)
    assert got["row"].tolist() == [
        None,
        1,
        3,
        4,
        2,
        None,
    ]  # numbers of the features, as a map program has them
    assert got["problem"].tolist() == [
        "no coordinate system; degrees (WGS84) assumed",
        "invalid ring, mended",
        "two areas with one name",
        "two areas with one name",
        "matches no municipality",
        "mapped, but no area",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read_boundaries(path, MUNICIPALITIES)["municipality"].tolist() == ["001"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("areas.csv", "a,b", r"must be one of \.geojson.*got areas\.csv"),
        ("areas.geojson", "not a map", r"readable as a map layer; got areas\.geojson"),
        ("areas.geojson", '{"type": "FeatureCollection", "features": []}', "at least one polygon; got none"),
    ],
)
def test_a_file_that_is_no_map_layer_is_refused_by_name(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=words):
        read_boundaries(tmp_path / name, MUNICIPALITIES)


def test_a_web_address_is_not_fetched():
    with pytest.raises(ValueError, match=r"must be a file; got areas\.geojson, which is not there"):
        read_boundaries("https://example.org/areas.geojson", MUNICIPALITIES)


def test_a_bow_tie_polygon_is_mended(tmp_path, squares):
    path = tmp_path / "areas.gpkg"
    tie = shapely.Polygon([(21.1, 42.6), (21.2, 42.7), (21.2, 42.6), (21.1, 42.7)])
    squares.geometry = gpd.GeoSeries([tie, *squares.geometry.iloc[1:]], crs=squares.crs)
    squares.to_file(path)
    assert read_boundaries(path, MUNICIPALITIES).is_valid.all()


# --- matching names


def test_accents_capitals_spaces_and_hyphens_do_not_matter():
    got = match_names(["PRISHTINE", "Prishtinë", "fushe-kosove", "Elez Han", "003"], MUNICIPALITIES)
    assert got["municipality"].tolist() == ["001", "001", "002", "004", "003"]
    assert got["how"].tolist() == ["name", "name", "name", "name", "code"]


def test_unmatched_names_and_municipalities_are_both_listed():
    got = match_names(["Prizren", "Atlantis", None], MUNICIPALITIES)
    assert got["name"].fillna("-").tolist() == ["Prizren", "Atlantis", "-", "-", "-", "-"]
    assert got["municipality"].fillna("-").tolist() == ["003", "-", "-", "001", "002", "004"]
    assert got["how"].tolist() == ["name", *["unmatched"] * 5]


def test_a_name_of_two_municipalities_matches_neither():
    table = pd.DataFrame(
        {"municipality": ["a", "b"], "name": ["Mitrovicë", "Mitrovica"], "name_sr": "Mitrovica"}
    )
    got = match_names(["Mitrovica", "Mitrovicë"], table)
    assert got["municipality"].fillna("-").tolist()[:2] == ["-", "-"]


def test_a_name_in_another_script_or_language_finds_its_municipality():
    table = pd.DataFrame({"municipality": ["1", "2"], "name": ["Gjakovë", "Prishtinë"]})
    got = match_names(["Ђаковица", "Приштина", "Djakovica"], table)
    assert got["municipality"].tolist()[:3] == ["1", "2", "1"]


def test_matching_changes_no_input():
    before = MUNICIPALITIES.copy(deep=True)
    match_names(["Prizren"], MUNICIPALITIES)
    pd.testing.assert_frame_equal(MUNICIPALITIES, before)


# --- schematic cells


def test_cells_fill_the_outline_without_overlap(outline):
    cells = schematic_cells(MUNICIPALITIES, outline)
    assert _metric_area(cells).sum() == pytest.approx(_metric_area(outline).sum(), rel=1e-6)
    assert _metric_area(outline.set_geometry([cells.union_all()])).sum() == pytest.approx(
        _metric_area(cells).sum(), rel=1e-9
    )
    assert cells["municipality"].tolist() == ["001", "002", "003", "004"]
    assert cells["schematic"].all()
    assert cells.crs.to_epsg() == 4326


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(4200, 4300), st.integers(2000, 2200)), min_size=1, max_size=25, unique=True
    )
)
def test_each_seat_lies_in_its_own_cell_and_nowhere_else(places):
    seats = pd.DataFrame(places, columns=["lat", "lon"]) / 100
    seats["municipality"] = [str(number) for number in range(len(seats))]
    country = box(19.9, 41.9, 22.1, 43.1)
    cells = schematic_cells(seats, country)
    points = [Point(place) for place in _places(seats)]
    inside = np.array([cells.contains(point).to_numpy() for point in points])
    assert np.array_equal(inside, np.eye(len(seats), dtype=bool))
    assert _metric_area(cells).sum() == pytest.approx(
        gpd.GeoSeries([country], crs=4326).to_crs(cells.estimate_utm_crs()).area.sum(), rel=0.01
    )


def test_without_an_outline_the_cells_reach_beyond_the_seats():
    cells = schematic_cells(MUNICIPALITIES)
    metric = cells.to_crs("EPSG:32634")
    seats = gpd.GeoSeries.from_xy(MUNICIPALITIES["lon"], MUNICIPALITIES["lat"], crs=4326).to_crs("EPSG:32634")
    edge = metric.union_all().boundary
    assert seats.distance(edge).min() >= 9_900  # 10 km, less the corners of a circle drawn by lines


def test_one_seat_gets_the_whole_country(outline):
    cells = schematic_cells(MUNICIPALITIES.head(1), outline)
    assert _metric_area(cells).sum() == pytest.approx(_metric_area(outline).sum(), rel=1e-9)


def test_the_outline_may_have_another_projection(outline):
    there = schematic_cells(MUNICIPALITIES, outline.to_crs("EPSG:3857"))
    here = schematic_cells(MUNICIPALITIES, outline)
    assert np.allclose(_metric_area(there), _metric_area(here), rtol=1e-6)


def test_order_of_seats_changes_no_cell(outline):
    turned = schematic_cells(MUNICIPALITIES.iloc[::-1], outline).set_index("municipality")
    straight = schematic_cells(MUNICIPALITIES, outline).set_index("municipality")
    assert np.allclose(_metric_area(turned.loc[straight.index]), _metric_area(straight))


def test_blank_seats_are_counted():
    seats = MUNICIPALITIES.assign(lat=[42.6, np.nan, 42.2, np.nan])
    with pytest.raises(ValueError, match=r"got 2 of 4 rows with a blank\. Fill in the seat"):
        schematic_cells(seats)


def test_two_seats_in_one_place_are_refused_without_printing_it():
    seats = MUNICIPALITIES.assign(lat=42.6, lon=[21.1, 21.1, 21.2, 21.3])
    with pytest.raises(ValueError, match=r"different places; got 2 municipalities") as error:
        schematic_cells(seats)
    assert "21.1" not in str(error.value)


def test_exchanged_lat_and_lon_are_noticed(outline):
    seats = MUNICIPALITIES.rename(columns={"lat": "lon", "lon": "lat"})
    with pytest.raises(ValueError, match=r"too far outside\. Check that lat and lon are not exchanged"):
        schematic_cells(seats, outline)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lat": 142.6}, "lat within 90"),
        ({"municipality": "001"}, "one row per municipality"),
    ],
)
def test_impossible_seats_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        schematic_cells(MUNICIPALITIES.assign(**change))


# --- the areas of a study


def test_a_study_uses_its_boundary_file_first(tmp_path, squares):
    path = tmp_path / "boundaries.gpkg"
    squares.to_file(path)
    got = study_boundaries(SimpleNamespace(boundaries=path, municipalities=MUNICIPALITIES))
    assert not got["schematic"].any()


def test_a_study_without_a_file_gets_schematic_cells():
    got = study_boundaries(SimpleNamespace(boundaries=None, municipalities=MUNICIPALITIES))
    assert got["schematic"].all()
    assert len(got) == 4


def test_a_study_with_neither_is_told_what_to_add():
    study = SimpleNamespace(boundaries=None, municipalities=MUNICIPALITIES.drop(columns=["lat", "lon"]))
    with pytest.raises(ValueError, match=r"Add boundaries\.geojson or \.gpkg to the study folder, or lat"):
        study_boundaries(study)


def test_boundaries_of_the_38_municipalities_match_by_name_in_two_languages():
    path = REFERENCE / "kosovo_municipalities.geojson"
    if not path.is_file():
        pytest.skip("reference folder not here: ../shared/reference/kosovo_municipalities.geojson")
    table = pd.read_csv(REFERENCE / "kosovo_municipalities.csv").rename(
        columns={"slug": "municipality", "name_sq": "name"}
    )[["municipality", "name", "name_sr"]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = read_boundaries(path, table)
    assert got["municipality"].tolist() == table["municipality"].tolist()
    assert _metric_area(got).sum() / 1e6 == pytest.approx(10_887, rel=0.01)
