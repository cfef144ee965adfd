"""What is in the file of the offline web map. What Chromium makes of it: test_webmap_browser.py."""

import base64
import hashlib
import json
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import box

import pse
from mapping.boundaries import study_boundaries
from mapping.labels import LANGUAGES
from mapping.release import release
from mapping.web.content import light_shapes
from mapping.webmap import write_webmap
from tests.mapping.pages import NAMES, masked, released_tables, squares


@pytest.fixture(scope="module")
def areas():
    return squares()


@pytest.fixture(scope="module")
def page(areas, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "map.html"
    return write_webmap(
        released_tables(), areas, path, title="A </title><script>alert(1)</script>", source="Us & <them>"
    )


@pytest.fixture(scope="module")
def sample():
    study = pse.read_study(pse.sample_folder())
    return study, release(pse.estimate_study(study)), study_boundaries(study)


def content_of(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(
        re.search(r'<script id="content" type="application/json">(.*?)</script>', text, re.S)[1]
    )


# --- the file -----------------------------------------------------------------------------------------


def test_the_policy_lets_only_the_scripts_and_styles_of_the_page_run(page):
    text = page.read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    blocks = re.findall(r"<(script|style)>(.*?)</\1>", text, re.S)
    assert [kind for kind, _ in blocks] == ["style", "style", "style", "script", "script"]
    for _, block in blocks:
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_nothing_in_the_file_points_outside(page):
    text = page.read_text(encoding="utf-8").lower()
    for trace in (
        "http://",
        "https://",
        "sourcemappingurl",
        "@import",
        "<link",
        "<img",
        "<iframe",
        "url(images",
    ):
        assert trace not in text, trace
    assert not re.search(r"\bsrc=|\bstyle=|\son\w+=\"", re.sub(r"<script.*?</script>", "", text, flags=re.S))


def test_the_file_names_no_author_date_program_or_path(page):
    text = page.read_text(encoding="utf-8").lower()
    body = re.sub(r"<(script|style)>.*?</\1>", "", text, flags=re.S)
    for trace in ("generator", "author", "pse-toolkit", str(page.parent).lower()):
        assert trace not in body
    assert set(re.findall(r'<meta name="([^"]*)"', body)) == {"referrer", "viewport"}


def test_the_same_input_gives_the_same_bytes(areas, page, tmp_path):
    again = write_webmap(
        released_tables(),
        areas,
        tmp_path / "x.html",
        title="A </title><script>alert(1)</script>",
        source="Us & <them>",
    )
    assert again.read_bytes() == page.read_bytes()


def test_hidden_numbers_are_nowhere_in_the_file(page):
    text = page.read_text(encoding="utf-8")
    data = json.dumps(content_of(page))
    for value in (7351, 6918, 8124, 14703, 13835, 431.9, 429.3, 17021, 2450, 3063):
        assert not re.search(rf"(?<![\d.]){re.escape(str(value))}(?!\d)", data), value
    assert "17,021" not in text and "7351" not in text


def test_a_hidden_cell_says_only_that_it_is_hidden(page):
    areas = content_of(page)["areas"]
    assert areas[1]["cells"] == [0, 0]
    assert areas[1]["days"] == [[0] * 7, [0] * 7]
    assert areas[6]["cells"] == [None, None]


def test_numbers_in_the_file_are_rounded_as_they_are_shown(page):
    content = content_of(page)
    assert content["areas"][5]["cells"][0][:7] == [1251, 1249, 1254, 100040, 12.5, 12.5, 12.5]
    assert content["kps"][0]["uplift"] == [0, 0, 0, 0, 0, 25, 0]


def test_a_day_of_a_hidden_size_is_hidden_even_where_the_table_of_days_forgot(areas, tmp_path):
    released = released_tables()
    released.tables["municipality_days"]["hidden"] = False
    path = write_webmap(released, areas, tmp_path / "map.html", title="T", source="S")
    assert content_of(path)["areas"][1]["days"] == [[0] * 7, [0] * 7]


def test_class_limits_come_from_shown_numbers_and_do_not_overlap(page):
    labels = content_of(page)["kps"][0]["legend"]["labels"]
    limits = [float(number) for label in labels for number in re.findall(r"[\d.]+", label)]
    assert limits[0] <= 0.5 and 12.5 <= limits[-1] <= 13  # the hidden cell has a rate of 431.9
    assert [label.startswith("over ") for label in labels] == [False] + [True] * (len(labels) - 1)
    ends = [re.findall(r"[\d.]+", label)[-1] for label in labels]
    starts = [re.findall(r"[\d.]+", label)[0] for label in labels[1:]]
    assert starts == ends[:-1]


def test_text_cannot_break_out_of_the_page(page):
    text = page.read_text(encoding="utf-8")
    assert (
        "<b>Evil" not in text
        and "alert(1)</script>" not in text
        and "<cell>" not in text
        and "<them>" not in text
    )
    assert "<title>A &lt;/title&gt;&lt;script&gt;" in text
    assert content_of(page)["areas"][3]["name"] == NAMES[3]


def test_the_notes_say_what_a_reader_could_get_wrong(page):
    text = page.read_text(encoding="utf-8")
    for sentence in (
        "A range is not a confidence interval.",
        "The areas are schematic",
        "Not mapped means that nobody counted there. It is not zero.",
        "Hidden means that the number is too small",
        "Sizes are about a usual day.",
        "Source: Us &amp; &lt;them&gt;",
        "<p>One &lt;cell&gt; is hidden.</p>",
    ):
        assert sentence in text


def test_a_confidence_interval_is_not_called_a_range(areas, tmp_path):
    released = released_tables()
    released.tables["municipalities"][["interval", "level"]] = ["confidence", 0.95]
    text = write_webmap(released, areas, tmp_path / "m.html", title="T", source="S").read_text(
        encoding="utf-8"
    )
    assert "<li>Intervals are 95 % confidence intervals.</li>" in text
    assert "<li>Ranges come from" not in text


def test_coordinates_have_at_most_four_decimals(areas, tmp_path):
    moved = areas.translate(0.00123456, 0.00123456)
    path = write_webmap(
        released_tables(), areas.set_geometry(moved), tmp_path / "m.html", title="T", source="S"
    )
    for area in content_of(path)["areas"]:
        numbers = re.findall(r"\d+\.(\d+)", json.dumps([area["shape"], area["centre"]]))
        assert numbers and max(map(len, numbers)) <= 4


def test_holes_and_islands_stay(areas, tmp_path):
    island = shapely.union(
        areas.geometry[0].difference(box(21.02, 42.52, 21.04, 42.54)), box(20.8, 42.5, 20.9, 42.6)
    )
    changed = areas.set_geometry([island, *areas.geometry[1:]])
    path = write_webmap(released_tables(), changed, tmp_path / "m.html", title="T", source="S")
    shape = content_of(path)["areas"][0]["shape"]
    assert sorted(len(rings) for rings in shape) == [1, 2]


def test_simplified_borders_stay_shared():
    x = np.linspace(0, 1, 5000)
    border = np.column_stack([0.01 * np.sin(40 * x), x])
    west = shapely.Polygon([(-1, 0), *border, (-1, 1)])
    east = shapely.Polygon([(1, 0), *border, (1, 1)])
    light = light_shapes(gpd.GeoSeries([west, east]), at_most=2000)
    assert shapely.get_num_coordinates(light).sum() <= 2000
    assert shapely.coverage_is_valid(light)
    assert shapely.area(light).sum() == pytest.approx(2, abs=1e-6)


def test_areas_in_metres_are_drawn_at_the_same_place(areas, page, tmp_path):
    path = write_webmap(
        released_tables(), areas.to_crs("EPSG:32634"), tmp_path / "m.html", title="T", source="S"
    )
    moved = np.array(content_of(path)["areas"][0]["centre"]) - content_of(page)["areas"][0]["centre"]
    assert np.abs(moved).max() < 0.0002


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sample_is_under_a_megabyte_in_every_language(sample, tmp_path, lang):
    study, released, areas = sample
    path = write_webmap(released, areas, tmp_path / "map.html", title=study.title, source="S", lang=lang)
    assert path.stat().st_size < 1_000_000
    text = path.read_text(encoding="utf-8")
    assert f'<html lang="{lang}">' in text
    assert "{" not in re.sub(r"<(script|style).*?</\1>", "", text, flags=re.S)


def test_the_numbers_of_the_sample_are_those_of_the_release(sample, tmp_path):
    _, released, areas = sample
    content = content_of(write_webmap(released, areas, tmp_path / "m.html", title="T", source="S"))
    totals = {kp["code"]: kp["national"][:3] for kp in content["kps"]}
    assert totals["FSW"] == [5037, 4213, 5860]  # JMIR Public Health Surveill 2019;5(1):e11194
    assert totals["MSM"] == [6814, 6445, 7117]
    assert totals["PWID"] == [5819, 4777, 6860]


# --- what is refused ----------------------------------------------------------------------------------


def test_points_have_no_place_in_a_public_map(areas, tmp_path):
    with pytest.raises(ValueError, match="points must not be given at level public"):
        write_webmap(
            released_tables(), areas, tmp_path / "m.html", title="T", source="S", points=masked(["FSW"])
        )
    assert not (tmp_path / "m.html").exists()


def test_true_places_are_refused_at_programme(areas, tmp_path):
    points = masked(["FSW", "XY"])
    points.loc[1, "masked"] = False
    for wrong, count in ((points, 1), (points.drop(columns="masked"), 2)):
        with pytest.raises(
            ValueError, match=f"points must be masked at level programme; got {count} of 2"
        ) as error:
            write_webmap(
                released_tables("programme"), areas, tmp_path / "m.html", title="T", source="S", points=wrong
            )
        assert "42.5" not in str(error.value) and "SECRET" not in str(error.value)


def test_points_carry_place_and_kp_only(areas, tmp_path):
    points = masked(["XY", "FSW", "XY"], crs="EPSG:32634")
    none = points.iloc[:1].assign(masked=False).set_geometry(gpd.GeoSeries([None], crs=points.crs))
    points = pd.concat([points, none])  # as mask_points gives a spot without a valid place
    path = write_webmap(
        released_tables("programme"), areas, tmp_path / "m.html", title="T", source="S", points=points
    )
    assert content_of(path)["points"] == [[[42.55, 21.051]], [[42.55, 21.05], [42.55, 21.052]]]
    text = path.read_text(encoding="utf-8")
    assert "SECRET" not in text
    assert "no point is the true place of a spot" in text


def test_an_unknown_kp_of_a_point_is_refused(areas, tmp_path):
    with pytest.raises(ValueError, match="with a KP of the tables; got others"):
        write_webmap(
            released_tables("programme"),
            areas,
            tmp_path / "m.html",
            title="T",
            source="S",
            points=masked(["ZZ"]),
        )


def test_a_municipality_without_an_area_is_left_out_and_counted(areas, tmp_path):
    path = write_webmap(released_tables(), areas.iloc[2:], tmp_path / "m.html", title="T", source="S")
    text = path.read_text(encoding="utf-8")
    assert "because the boundary file has no area for them: 2." in text
    assert NAMES[0] not in text
    assert NAMES[2] in text


def test_areas_of_somewhere_else_are_refused(areas, tmp_path):
    with pytest.raises(ValueError, match="areas must hold a municipality of the release; got none"):
        write_webmap(released_tables(), areas.iloc[6:], tmp_path / "m.html", title="T", source="S")


def test_a_municipality_twice_is_refused(areas, tmp_path):
    with pytest.raises(ValueError, match="municipality must be once in areas"):
        write_webmap(released_tables(), pd.concat([areas, areas]), tmp_path / "m.html", title="T", source="S")


def test_an_unknown_language_is_refused(areas, tmp_path):
    with pytest.raises(ValueError, match="lang must be one of"):
        write_webmap(released_tables(), areas, tmp_path / "m.html", title="T", source="S", lang="xx")
