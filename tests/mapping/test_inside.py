"""Pictures for the organisation itself: spots, hours, both levels, Lorenz, size x coverage."""

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

import pse
from mapping.inside import coverage_share, draw_inside, write_inside_maps
from mapping.labels import LANGUAGES, texts
from mapping.maps import map_figures, tables_to_draw
from mapping.release import release
from mapping.style import STYLE
from pse.records.study import make_study
from tests.mapping.test_more_maps import _unseen
from tests.mapping.towns import SETTINGS, TOWNS, town_tables

LONG = "Programmatic mapping of key populations, Ministry of Health and partners, 2020. " * 3


@pytest.fixture(scope="module")
def areas():
    shapes = [
        box(21 + 0.2 * (n % 4), 42 + 0.2 * (n // 4), 21.2 + 0.2 * (n % 4), 42.2 + 0.2 * (n // 4))
        for n in range(8)
    ]
    frame = {"municipality": TOWNS, "schematic": True}
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")


@pytest.fixture(scope="module")
def study():
    """The towns with places, hours and coverage; the second visited spot lies outside every area."""
    tables = town_tables()
    count = len(tables["level2"])
    places = {"lat": 42.02 + 0.005 * np.arange(count), "lon": 21.02 + 0.007 * np.arange(count)}
    tables["level2"] = tables["level2"].assign(**places, hours="20-24 00-02")
    tables["level2"].loc[1, "lat"] = 50.0
    rows = [("big", "FSW", 61), ("edge", "FSW", 10), ("raised", "FSW", 5), ("none", "FSW", 0)]
    reached = pd.DataFrame(rows, columns=["municipality", "kp", "people"])
    tables["coverage"] = pd.concat([reached.assign(step="registered"), reached.assign(step="contacted")])
    tables["municipalities"].loc[2, "adult_women"] = 0
    return make_study(**SETTINGS, tables=tables)


@pytest.fixture(scope="module")
def released(study):
    return release(pse.estimate_study(study), "restricted")


def figures(released, study, areas, lang="en", source="Source"):
    """Every picture of the set, those for inside last."""
    with mpl.rc_context(STYLE):
        drawn = map_figures(tables_to_draw(released), areas, source, lang)
        return {**drawn, **draw_inside(released, study, areas, source, lang)}


@pytest.fixture(scope="module")
def drawn(released, study, areas):
    return figures(released, study, areas)


def texts_of(figure):
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


def test_there_is_a_picture_of_every_kind(drawn):
    kinds = {
        "rate_map", "size_map", "forest", "waterfall", "days_map", "spots_map", "hours", "coverage_map",
    }  # fmt: skip
    assert {name.rpartition("_")[0] for name in drawn if name.endswith("FSW")} == kinds
    assert {"kps_map", "days", "levels", "lorenz"} <= set(drawn)
    assert not any(name.startswith("coverage_map_MSM") for name in drawn)  # nothing was recorded


def test_every_picture_has_the_source_and_maps_have_scale_bar_and_north_arrow(drawn):
    for name, figure in drawn.items():
        words = texts_of(figure)
        assert any("Source" in text for text in words), name
        if "_map" in name:
            assert "N" in words, name
            assert any(text.endswith(" km") for text in words), name


def test_spots_outside_every_area_are_not_drawn(drawn, released):
    figure = drawn["spots_map_FSW"]
    points = sum(len(path.get_offsets()) for path in figure.axes[0].collections if hasattr(path, "get_sizes"))
    assert points == released.tables["spots"]["kp"].eq("FSW").sum() - 1


def test_pictures_of_spots_say_that_they_are_restricted(drawn):
    for name in ("spots_map_FSW", "hours_FSW", "levels", "lorenz", "coverage_map_FSW"):
        assert any("RESTRICTED" in text.upper() for text in texts_of(drawn[name])), name


def test_coverage_is_the_share_contacted_and_unknown_is_not_zero(released, study):
    reached = study.coverage[study.coverage["kp"].eq("FSW")]
    sizes = released.tables["municipalities"].query("kp == 'FSW'")
    got = coverage_share(reached, sizes, step="contacted").set_index("municipality")["share"]
    assert got["big"] == 50  # 61 of 122
    assert got["edge"] == 100
    assert got[["almost", "small", "none"]].isna().all()  # nothing recorded; and 0 of 0


def test_the_last_period_counts():
    rows = [("M", "contacted", 5, "2020-Q2"), ("M", "contacted", 1, "2020-Q1")]
    reached = pd.DataFrame(rows, columns=["municipality", "step", "people", "period"])
    sizes = pd.DataFrame({"municipality": ["M"], "point": [10.0]})
    assert coverage_share(reached, sizes, step="contacted")["share"].tolist() == [50]


@pytest.mark.parametrize("level", ["public", "programme"])
def test_another_level_is_refused(tmp_path, study, areas, level):
    shown = release(pse.estimate_study(study), level)
    with pytest.raises(ValueError, match=f"must be of level restricted for maps of spots; got '{level}'"):
        write_inside_maps(shown, study, areas, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_municipality_without_adults_has_no_rate_and_is_not_called_hidden(drawn):
    legend = drawn["rate_map_FSW"].axes[0].get_legend()
    words = [text.get_text() for text in legend.get_texts()]
    assert words[-2:] == ["no rate", "not mapped"]
    assert "hidden (small number)" not in words


def test_without_adults_and_hidden_are_two_classes(study, areas):
    shown = release(pse.estimate_study(study), "public")
    table = tables_to_draw(shown).municipalities.query("kp == 'FSW'")
    assert table["hidden"].any()
    assert not table.loc[table["municipality"].eq("big"), "hidden"].any()
    no_adults = table.assign(rate=table["rate"].mask(table["municipality"].eq("big")))
    with mpl.rc_context(STYLE):
        sizes = tables_to_draw(shown)
        changed = type(sizes)(no_adults, sizes.days, sizes.steps, sizes.municipality_days)
        figure = map_figures(changed, areas, "Source", "en")["rate_map_FSW"]
    words = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert words[-3:] == ["hidden (small number)", "no rate", "not mapped"]


def test_grey_print_tells_the_two_number_classes_apart_by_their_codes(drawn):
    figure = drawn["coverage_map_FSW"]
    codes = {f"{letter}{digit}" for letter in "ABC" for digit in "123"}
    on_map = [text.get_text() for text in figure.axes[0].texts if text.get_text() in codes]
    assert len(on_map) == 3  # big, edge, raised: what has a size and a share


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_letter_of_the_whole_set_is_clipped_in_any_language(released, study, areas, lang):
    for name, figure in figures(released, study, areas, lang, source=LONG).items():
        if name.endswith(("MSM", "TG")):
            continue  # as for FSW
        figure.draw_without_rendering()
        page = figure.get_tightbbox().padded(0.02)
        assert page.width <= 11.69, (lang, name, "wider than A4 on its side")
        assert not _clipped(figure, page.transformed(figure.dpi_scale_trans)), (lang, name)
        assert not _off_page(figure), (lang, name)


def _clipped(figure, page):
    unseen = {id(text) for text in _unseen(figure)}
    seen = [
        t for t in figure.findobj(mpl.text.Text) if t.get_text() and t.get_visible() and id(t) not in unseen
    ]
    boxes = {t.get_text(): t.get_window_extent() for t in seen}
    return [
        word
        for word, b in boxes.items()
        if b.x0 < page.x0 or b.x1 > page.x1 or b.y0 < page.y0 or b.y1 > page.y1
    ]


def _off_page(figure):
    """Return the lines at the foot and the titles that are wider than the figure itself."""
    wide = figure.bbox
    lines = [figure._supxlabel, figure._suptitle, *(ax._left_title for ax in figure.axes)]
    boxes = [line.get_window_extent() for line in lines if line is not None and line.get_text()]
    return [b for b in boxes if b.x1 > wide.x1 + 1]


def test_titles_are_there_in_every_language():
    for lang in LANGUAGES:
        assert "{kp}" in texts("maps", lang)["spots_title"]
