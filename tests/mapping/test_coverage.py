"""Overlaps, gaps, points outside, simpler lines, and the GeoPackage."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import Point, box

from mapping.coverage import check_coverage, outside_areas, simplify_areas
from mapping.geopackage import write_geopackage


def _areas(*shapes, crs="EPSG:32634"):
    codes = [f"m{n}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"municipality": codes, "schematic": False}, geometry=list(shapes), crs=crs)


def _box(west, south, east, north):
    """A box in km near 42.5 N 21 E."""
    x, y = 500_000, 4_700_000
    return box(x + 1000 * west, y + 1000 * south, x + 1000 * east, y + 1000 * north)


def test_areas_that_share_borders_have_no_problem():
    got = check_coverage(_areas(_box(0, 0, 2, 2), _box(2, 0, 4, 2)))
    assert (len(got), list(got.columns)) == (0, ["problem", "municipalities", "km2"])


def test_an_overlap_is_listed_with_its_area():
    got = check_coverage(_areas(_box(0, 0, 2, 2), _box(1.5, 0, 4, 2)))
    assert got[["problem", "municipalities"]].to_numpy().tolist() == [["overlap", "m0, m1"]]
    assert got["km2"].tolist() == pytest.approx([1.0], rel=0.002)  # 0.5 x 2 km; UTM scale is 0.9996


def test_a_gap_is_listed_with_the_areas_around_it():
    ring = _box(0, 0, 6, 6).difference(_box(2, 2, 4, 5))
    west, east = ring.intersection(_box(0, 0, 3, 6)), ring.intersection(_box(3, 0, 6, 6))
    got = check_coverage(_areas(west, east))
    assert got[["problem", "municipalities"]].to_numpy().tolist() == [["gap", "m0, m1"]]
    assert got["km2"].tolist() == pytest.approx([6.0], rel=0.002)  # 2 x 3 km


def test_shared_borders_stay_shared_when_lines_get_simpler():
    border = [(500_000 + (30 if n % 2 else -30), 4_700_000 + 50 * n) for n in range(101)]
    west = shapely.Polygon([*border, (495_000, 4_705_000), (495_000, 4_700_000)])
    east = shapely.Polygon([*border, (505_000, 4_705_000), (505_000, 4_700_000)])
    before = _areas(west, east)
    after = simplify_areas(before, metres=200)
    assert shapely.get_num_coordinates(after.geometry.to_numpy()).sum() < 40
    assert check_coverage(after, at_least_km2=1e-9).empty
    assert after.union_all().area == pytest.approx(before.union_all().area, rel=1e-3)
    assert after.crs == before.crs


def test_areas_that_do_not_fit_are_simplified_with_a_warning():
    with pytest.warns(UserWarning, match="do not share their borders point by point"):
        assert len(simplify_areas(_areas(_box(0, 0, 2, 2), _box(1.5, 0, 4, 2)), metres=10)) == 2


def test_metres_must_be_above_zero():
    with pytest.raises(ValueError, match="metres must be above 0; got 0"):
        simplify_areas(_areas(_box(0, 0, 2, 2)), metres=0)


def test_points_outside_every_area_and_without_a_place_are_found():
    areas = _areas(_box(0, 0, 2, 2), _box(2, 0, 4, 2))
    inside, border, outside = (Point(500_000 + x, 4_701_000) for x in (1000, 2000, 9000))
    points = gpd.GeoSeries([inside, border, outside, None], crs=areas.crs).to_crs(4326)
    got = outside_areas(gpd.GeoDataFrame(geometry=points), areas)
    assert got.tolist() == [False, False, True, True]


# --- GeoPackage


@pytest.fixture
def released():
    sizes = pd.DataFrame(
        {
            "municipality": ["m0", "m1", "m0"], "kp": ["FSW", "FSW", "MSM"], "point": [20.0, np.nan, 30.0],
            "lower": [15.0, np.nan, 25.0], "upper": [25.0, np.nan, 35.0], "hidden": [False, True, False],
        }
    )  # fmt: skip
    national = pd.DataFrame({"kp": ["FSW"], "point": [24.0]})
    spots = pd.DataFrame({"municipality": ["m0"], "spot_id": ["SECRET"]})
    days = sizes.assign(day="mon")
    tables = {"national": national, "municipalities": sizes, "municipality_days": days, "spots": spots}
    return SimpleNamespace(tables=tables)


@pytest.fixture
def three():
    return _areas(_box(0, 0, 2, 2), _box(2, 0, 4, 2), _box(4, 0, 6, 2))


def test_a_geopackage_reads_back_with_hidden_numbers_blank(tmp_path, released, three):
    path = write_geopackage(released, three, tmp_path / "sizes.gpkg")
    assert gpd.list_layers(path)["name"].tolist() == ["areas", "municipalities", "municipality_days"]
    wide = gpd.read_file(path, layer="areas").set_index("municipality")
    assert wide["FSW_status"].tolist() == ["shown", "hidden", "not mapped"]
    assert wide["MSM_status"].tolist() == ["shown", "not mapped", "not mapped"]
    assert wide["FSW_point"].fillna(-1).tolist() == [20.0, -1, -1]
    long = gpd.read_file(path, layer="municipalities")
    assert len(long) == 3
    assert long["point"].isna().tolist() == [False, True, False]
    assert long.to_crs(three.crs).area.sum() / 1e6 == pytest.approx(12, rel=1e-3)


def test_a_geopackage_holds_no_spot_no_path_and_no_date(tmp_path, released, three):
    first = write_geopackage(released, three, tmp_path / "a.gpkg").read_bytes()
    second = write_geopackage(released, three, tmp_path / "b.gpkg").read_bytes()
    assert first == second
    for word in (b"SECRET", bytes(tmp_path), b".pse-"):
        assert word not in first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gpkg", "b.gpkg"]


def test_another_ending_is_refused(tmp_path, released, three):
    with pytest.raises(ValueError, match=r"path must end with \.gpkg; got sizes\.shp"):
        write_geopackage(released, three, tmp_path / "sizes.shp")


def test_without_sizes_there_is_no_geopackage(tmp_path, three):
    with pytest.raises(ValueError, match="released must have a table municipalities"):
        write_geopackage(SimpleNamespace(tables={}), three, tmp_path / "a.gpkg")
    assert not (tmp_path / "a.gpkg").exists()
