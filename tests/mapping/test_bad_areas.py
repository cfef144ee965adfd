"""`pse map` where areas and places are wrong in every way: a table of it, and the map of the rest."""

import re
import warnings

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import box
from typer.testing import CliRunner

from mapping.cli import app
from mapping.mapcheck import map_problems
from pse.records.study import make_study
from tests.mapping.towns import SETTINGS, TOWNS, town_folder, town_tables
from tests.records.tiny import write_folder

NAMES = ["big", "edge", "Atlantis", "small", "small", "tiny", "raised", "none"]


def faulty_areas():
    """Eight squares of 0.2 degrees, no CRS: a bow tie, a name of nothing, one name twice, one overlap."""
    shapes = [box(21 + 0.2 * (n % 4), 42 + 0.2 * (n // 4), 21.2 + 0.2 * (n % 4), 42.2 + 0.2 * (n // 4)) for n in range(8)]  # fmt: skip  # noqa: E501
    shapes[1] = shapely.Polygon([(21.2, 42.0), (21.4, 42.2), (21.4, 42.0), (21.2, 42.2)])
    shapes[6] = box(21.35, 42.2, 21.6, 42.4)  # over tiny, which ends at 21.4
    return gpd.GeoDataFrame({"municipality": NAMES}, geometry=shapes)


def placed_tables():
    """The towns; three FSW spots have a place, one of them outside every area, one at 0, 0."""
    tables = town_tables()
    level2 = tables["level2"].assign(lat=None, lon=None)
    spots = level2.index[level2["kp"].eq("FSW")][:5]
    level2.loc[spots, "lat"] = [42.1, 42.1, 42.1, 45.0, 0.0]
    level2.loc[spots, "lon"] = [21.1, 21.1, 21.1, 21.1, 0.0]
    tables["level2"] = level2
    return tables


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The command at restricted, on a study in which all of it is wrong; its files and its words."""
    folder = tmp_path_factory.mktemp("bad")
    settings = SETTINGS | {"denominators": SETTINGS["denominators"] | {"PWID": "adult_men"}}
    tables = placed_tables()
    tables["municipalities"].loc[0, "adult_women"] = 0
    study = write_folder(folder / "study", tables, settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no CRS is what is tested
        faulty_areas().to_file(study / "boundaries.gpkg")
    done = CliRunner().invoke(
        app, ["map", str(study), "--out", str(folder / "out"), "--release", "restricted"]
    )
    return done, folder / "out"


def line(text, words):
    """Return the line of the table on the screen with these words, blanks made single."""
    return next(re.sub(r"\s+", " ", row) for row in text.splitlines() if words in row)


def test_the_map_of_the_rest_is_drawn(run):
    done, out = run
    assert done.exit_code == 0, done.output
    names = {path.name for path in out.iterdir()}
    assert {"rate_map_FSW.png", "rate_map_FSW.svg", "rate_map_FSW.pdf", "map.html", "areas.gpkg"} <= names
    assert {"spots_map_FSW.png", "days_map_FSW.png", "levels.png", "lorenz.png"} <= names
    assert not any("PWID" in name for name in names)


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("no coordinate system", "boundaries no coordinate system; degrees (WGS84) assumed 1"),
        ("invalid ring", "boundaries invalid ring, mended 1 feature 2"),
        ("two areas", "boundaries two areas with one name 2 feature 4, feature 5"),
        ("matches no", "boundaries matches no municipality 1 feature 3"),
        ("mapped, but no area", "boundaries mapped, but no area 1 almost"),
        ("overlap", "boundaries overlap 1 tiny, raised"),
        ("outside every area", "spots outside every area 1 FSW"),
        ("no valid coordinates", "spots no valid coordinates 1 FSW"),
        ("no record of a KP", "records no record of a KP 1 PWID"),
    ],
)
def test_each_fault_is_in_the_table_with_its_place(run, words, where):
    assert where in line(run[0].stdout, words)


def test_the_table_repeats_no_name_of_the_file_and_no_coordinate(run):
    assert "Atlantis" not in run[0].stdout
    assert "45.0" not in run[0].stdout
    assert run[0].stderr == ""


def test_what_has_no_area_is_counted_on_the_maps_and_on_the_page(run):
    _, out = run
    page = (out / "map.html").read_text(encoding="utf-8")
    assert "because the boundary file has no area for them: 2." in page  # almost, and small, which is twice


def test_a_study_in_which_all_is_well_has_an_empty_table():
    study = make_study(**SETTINGS, tables=town_tables())
    areas = gpd.GeoDataFrame(
        {"municipality": TOWNS}, geometry=[box(n, 42, n + 1, 43) for n in range(8)], crs=4326
    )
    assert map_problems(study, study.level1, areas).empty


def test_many_faults_of_a_kind_are_counted_and_not_all_named(tmp_path):
    study = town_folder(tmp_path / "study")
    shapes = [box(20 + n, 42, 21 + n, 43) for n in range(10)]
    areas = gpd.GeoDataFrame({"municipality": ["big", *"abcdefghi"]}, geometry=shapes, crs=4326)
    areas.to_file(study / "boundaries.geojson")
    import pse

    study = pse.read_study(study)
    got = map_problems(study, study.level1, areas.iloc[:1]).set_index("problem")
    assert got.loc["matches no municipality", "count"] == 9
    assert got.loc["matches no municipality", "where"].endswith("feature 7 and 3 more")
