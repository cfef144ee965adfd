"""Attacks on the maps that carry masked points: `pse map --release programme` with a key."""

import contextlib
import io
import json
import re
import sqlite3

import geopandas as gpd
import numpy as np
import pytest
import shapely

import pse
from mapping.geopackage import write_geopackage
from mapping.jobs import map_job
from mapping.outgoing import Outgoing
from mapping.plain import WrongUse
from mapping.points import MAXIMUM, MINIMUM, masked_points
from mapping.release import release, withheld_spots
from mapping.release.private import write_new
from tests.attacks.canary import SIDE, TOWNS, make_canary
from tests.attacks.scan import scan


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    """Towns with 24 spots within 1.5 km, so that most have others near."""
    return make_canary(tmp_path_factory.mktemp("study") / "qxzwdstudy", spots_of_a_town=24, width=0.014)


def boundaries():
    boxes = [shapely.box(west, south, west + SIDE, south + SIDE) for west, south in TOWNS.values()]
    return gpd.GeoDataFrame({"municipality": list(TOWNS)}, geometry=boxes, crs="EPSG:4326")


def residents():
    return boundaries().assign(adults=10**7)[["adults", "geometry"]]


def draw(canary, folder, **named):
    """Run the job; return the folder with its maps, and what it said."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        map_job(canary.folder, folder / "out", Outgoing(named.pop("level", "programme")), **named)
    return folder / "out", " ".join(told.getvalue().split())


@pytest.fixture(scope="module")
def maps(canary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    residents().to_file(folder / "residents.gpkg")
    write_new(folder / "mask.key", bytes(range(32)))  # of another key a place may stand at a spot by chance
    out, told = draw(canary, folder, mask_key=folder / "mask.key", residents=folder / "residents.gpkg")
    return out, told, (folder / "mask.key").read_bytes()


def drawn(out):
    """Return the points of the GeoPackage and those of the page, as degrees."""
    table = gpd.read_file(out / "areas.gpkg", layer="points")
    text = (out / "map.html").read_text(encoding="utf-8")
    content = json.loads(re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', text, re.S)[1])
    page = [(lon, lat) for places in content["points"] for lat, lon in places]
    return table, page


def test_the_points_are_drawn_in_both_files_by_kp_and_place_only(maps):
    out, told, _ = maps
    table, page = drawn(out)
    assert list(table.columns) == ["kp", "geometry"]
    assert len(table) > 30
    rounded = np.round(shapely.get_coordinates(table.geometry.to_numpy()), 3)
    assert len(page) == len(table)
    assert np.abs(np.sort(rounded, axis=0) - np.sort(np.array(page), axis=0)).max() < 0.001
    assert f"Spots on the map: {len(table)} of" in told


def leaked(canary, path, *, decimals):
    """Return the spots whose latitude and longitude both stand in one file; one alone may be chance."""
    degrees = [token for token in canary.tokens if token.degrees is not None]
    spots, leaks = canary.spots, set()
    for file in (file for file in path.rglob("*") if file.is_file()):
        found = scan(file, degrees, decimals=decimals)
        by_value = {token.degrees for token in degrees if token.name in found}
        leaks |= set(spots.loc[spots["lat"].isin(by_value) & spots["lon"].isin(by_value), "spot_id"])
    return leaks


def test_exact_places_in_a_layer_are_found(canary, tmp_path):
    """The careless export: rounding to 5 decimals is no mask."""
    rounded = shapely.points(canary.spots[["lon", "lat"]].round(5).to_numpy())
    gpd.GeoDataFrame({"kp": "FSW"}, geometry=rounded, crs="EPSG:4326", index=range(len(rounded))).to_file(
        tmp_path / "a.gpkg"
    )
    assert leaked(canary, tmp_path, decimals=5) == set(canary.spots["spot_id"])


def test_no_map_with_masked_points_holds_a_place_a_text_a_code_or_the_key(canary, maps):
    out, told, key = maps
    (out / "told.txt").write_text(told, encoding="utf-8")
    assert leaked(canary, out, decimals=5) == set()
    assert scan(out, [*canary.texts(), *canary.codes()]) == set()
    for path in (path for path in out.rglob("*") if path.is_file()):
        for secret in (key, key.hex().encode(), key[:12]):
            assert secret not in path.read_bytes()


def test_no_drawn_point_is_near_its_spot_and_barred_spots_are_not_there(canary, maps):
    study = pse.read_study(canary.folder)
    sizes = pse.estimate_study(study)
    released = release(sizes, "programme", withheld=withheld_spots(study))
    table = masked_points(study, sizes, released, boundaries(), key=maps[2], residents=residents())
    assert not set(table["spot_id"]) & canary.barred()
    shown = table[table["masked"]]
    true = canary.spots.set_index("spot_id").to_crs(table.crs).geometry.loc[shown["spot_id"]]
    assert (
        shown.geometry.reset_index(drop=True)
        .distance(true.reset_index(drop=True))
        .between(MINIMUM, MAXIMUM)
        .all()
    )
    assert len(shown) == len(drawn(maps[0])[0])


def test_a_second_map_with_the_same_key_has_the_same_points(canary, maps, tmp_path):
    residents().to_file(tmp_path / "residents.gpkg")
    (tmp_path / "mask.key").write_bytes(maps[2])
    (tmp_path / "mask.key").chmod(0o600)
    out, told = draw(canary, tmp_path, mask_key=tmp_path / "mask.key", residents=tmp_path / "residents.gpkg")
    assert drawn(out)[0].equals(drawn(maps[0])[0])
    assert "A new key" not in told


def test_without_key_or_residents_there_are_no_points_and_a_sentence(canary, tmp_path):
    out, told = draw(canary, tmp_path, mask_key=tmp_path / "mask.key")
    assert "Spots on the map: none. Masked points need --mask-key FILE, --residents FILE" in told
    with sqlite3.connect(out / "areas.gpkg") as database:
        names = {row[0] for row in database.execute("select table_name from gpkg_contents")}
    assert "points" not in names
    assert not (tmp_path / "mask.key").exists()


@pytest.mark.parametrize("level", ["public", "restricted"])
def test_a_key_at_another_level_is_refused(canary, level, tmp_path):
    with pytest.raises(WrongUse, match="must come with --release programme"):
        draw(canary, tmp_path, level=level, mask_key=tmp_path / "mask.key")
    assert not (tmp_path / "out").exists()


def test_a_key_among_the_results_is_refused_and_nothing_is_written(canary, tmp_path):
    residents().to_file(tmp_path / "residents.gpkg")
    with pytest.raises(ValueError, match="outside every folder with results"):
        draw(canary, tmp_path, mask_key=tmp_path / "out" / "k", residents=tmp_path / "residents.gpkg")
    assert not (tmp_path / "out").exists()


def test_points_that_are_not_masked_never_reach_a_geopackage(canary, tmp_path):
    study = pse.read_study(canary.folder)
    sizes = pse.estimate_study(study)
    exact = canary.spots.assign(kp="FSW", masked=False)[["kp", "masked", "geometry"]]
    for level, words in (("programme", "must be masked"), ("public", "must not be given at level public")):
        released = release(sizes, level, withheld=withheld_spots(study))
        with pytest.raises(ValueError, match=words) as caught:
            write_geopackage(
                released, boundaries().assign(schematic=False), tmp_path / "a.gpkg", points=exact
            )
        (tmp_path / "said.txt").write_text(str(caught.value))
        assert scan(tmp_path / "said.txt", canary.tokens) == set()
        assert not (tmp_path / "a.gpkg").exists()


def test_a_cell_that_is_hidden_has_no_point(canary):
    """A point would say that the hidden number is not 0."""
    study = pse.read_study(canary.folder)
    sizes = pse.estimate_study(study)
    released = release(sizes, "programme", withheld=withheld_spots(study))
    cells = released.tables["municipalities"]
    cells["hidden"] = cells["municipality"].eq("T2")
    table = masked_points(study, sizes, released, boundaries(), key=bytes(32), residents=residents())
    assert set(table["spot_id"].str[:2]) == {"T1", "T3", "T4"}


def test_no_residents_near_mean_no_point(canary):
    study = pse.read_study(canary.folder)
    sizes = pse.estimate_study(study)
    released = release(sizes, "programme", withheld=withheld_spots(study))
    nobody = residents().assign(adults=100)
    table = masked_points(study, sizes, released, boundaries(), key=bytes(32), residents=nobody)
    assert not table["masked"].any()
    assert table.geometry.isna().all()
