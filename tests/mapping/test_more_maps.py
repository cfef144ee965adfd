"""Circles, two numbers at once, small maps, spots, hours and forest plots; in six languages."""

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from shapely.geometry import box

from mapping.labels import LANGUAGES
from mapping.maps import (
    class_breaks,
    compare_levels,
    legend_sizes,
    locate_spots,
    lorenz_points,
    people_by_hour,
    plot_bivariate,
    plot_choropleth,
    plot_circles,
    plot_days,
    plot_forest,
    plot_hours,
    plot_levels,
    plot_lorenz,
    plot_multiples,
    plot_spots,
    plot_waterfall,
)
from mapping.style import STYLE
from pse.estimate import Estimate

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.fixture
def ax():
    return Figure(figsize=(7, 5), layout="constrained").subplots()


@pytest.fixture
def areas():
    """Eight squares of 0.1 degrees near 42.5 N 21 E: m0 to m7."""
    shapes = [
        box(21 + 0.1 * (n % 4), 42.5 + 0.1 * (n // 4), 21.1 + 0.1 * (n % 4), 42.6 + 0.1 * (n // 4))
        for n in range(8)
    ]
    codes = [f"m{n}" for n in range(8)]
    return gpd.GeoDataFrame({"municipality": codes, "schematic": True}, geometry=shapes, crs="EPSG:4326")


@pytest.fixture
def sizes():
    """Six mapped municipalities: one zero, one hidden; m6 and m7 are not mapped."""
    codes = [f"m{n}" for n in range(6)]
    return pd.DataFrame(
        {"municipality": codes, "point": [0, np.nan, 20, 30, 40, 900], "reached": [1, 2, np.nan, 4, 5, 6]}
    )


@pytest.fixture
def spots():
    """Four spots: visited and active, closed, new, not visited."""
    return pd.DataFrame(
        {
            "spot_id": ["a", "b", "c", "d"], "kp": "FSW", "typology": ["bar", "bar", "street", "park"],
            "status": ["active", "inactive", "active", "not_visited"], "new": [False, False, True, False],
            "level1_point": [10.0, 8.0, np.nan, 6.0], "duplication": 0.5, "point": [6.0, 0.0, 2.0, 3.0],
        }
    )  # fmt: skip


def _estimate(point, interval="range", level=None):
    ends = {"point": point, "lower": 0.8 * point, "upper": 1.3 * point}
    return Estimate(**ends, interval=interval, level=level, method="test")


def _circles(areas, table, ax, **change):
    arguments = {"legend": legend_sizes(table["point"]), "unit": "people", "title": "FSW", "ax": ax} | change
    return plot_circles(areas, table, "point", **arguments)


# --- circles


def test_areas_of_circles_are_in_proportion_to_people(ax, areas, sizes):
    _circles(areas, sizes, ax)
    area = np.sort([s for c in ax.collections if c.get_offsets().shape[0] > 1 for s in c.get_sizes()])
    assert area / area[-1] == pytest.approx(np.array([20, 30, 40, 900]) / 900)


def test_hidden_and_not_mapped_areas_have_no_circle_and_are_in_the_legend(ax, areas, sizes):
    _circles(areas, sizes, ax)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["hidden (small number)", "not mapped"]


def test_negative_people_are_refused(ax, areas, sizes):
    with pytest.raises(ValueError, match="no negative number to draw circles; got some in point"):
        _circles(areas, sizes.assign(point=-1.0), ax, legend=[1])


@settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1e7), min_size=1, max_size=20))
def test_circles_of_the_legend_are_no_larger_than_the_largest(values):
    shown = legend_sizes(values)
    assert 1 <= len(shown) <= 3
    assert 0.39 * max(values) <= shown[0] <= max(values) * (1 + 1e-9)
    assert sorted(set(shown), reverse=True) == shown


# --- two numbers


def test_every_area_carries_its_two_classes(ax, areas, sizes):
    table = sizes.assign(point=[1, np.nan, 2, 3, 2, 3], reached=[1, 2, np.nan, 1, 2, 3])
    three = [1, 1.5, 2.5, 3]
    plot_bivariate(
        areas, table, ("point", "reached"), breaks=(three, three), units=("people", "% reached"),
        title="Two", ax=ax,
    )  # fmt: skip
    codes = [text.get_text() for text in ax.texts if len(text.get_text()) == 2]
    assert codes == ["A1", "C1", "B2", "C3"]
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["hidden (small number)", "not mapped"]


def test_four_classes_are_too_many_for_two_numbers(ax, areas, sizes):
    with pytest.raises(ValueError, match="at most three classes"):
        plot_bivariate(
            areas, sizes, ("point", "reached"), breaks=([0, 1, 2, 3, 900], [0, 9]), units=("a", "b"),
            title="", ax=ax,
        )  # fmt: skip


# --- small maps


def test_small_maps_share_their_classes_and_come_back(areas, sizes):
    axes = list(Figure(layout="constrained").subplots(1, 2))
    table = pd.concat([sizes.assign(kp="FSW"), sizes.assign(kp="MSM", point=30.0)])
    got = plot_multiples(
        areas, table, "point", by="kp", panels={"FSW": "FSW", "MSM": "Men"}, breaks=[0, 30, 900],
        unit="people", title="All", axes=axes,
    )  # fmt: skip
    assert got is axes
    assert [ax.get_title(loc="left") for ax in axes] == ["FSW", "Men"]
    (legend,) = axes[0].figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == ["0 to 30", "over 30 to 900", "hidden (small number)", "not mapped"]


def test_axes_must_be_as_many_as_panels(areas, sizes, ax):
    with pytest.raises(ValueError, match="axes must be as many as panels, 1 or more; got 1 for 2"):
        plot_multiples(
            areas, sizes, "point", by="kp", panels={"a": "", "b": ""}, breaks=[0, 1], unit="", title="",
            axes=[ax],
        )  # fmt: skip


# --- single spots, restricted


@pytest.mark.parametrize("level", ["public", "programme", ""])
def test_single_spots_and_hours_are_drawn_at_restricted_only(ax, areas, spots, level):
    located = gpd.GeoDataFrame(spots, geometry=areas.representative_point()[:4], crs=areas.crs)
    for draw in (
        lambda: plot_spots(located, areas, level=level, breaks=[0, 6], title="", ax=ax),
        lambda: plot_levels(compare_levels(spots), level=level, kps=["FSW"], title="", ax=ax),
        lambda: plot_hours(pd.DataFrame(), level=level, title="", ax=ax),
    ):
        with pytest.raises(ValueError, match="level must be 'restricted'"):
            draw()
    assert not ax.collections


def test_spots_have_a_symbol_by_typology_and_a_size_by_class(ax, areas, spots):
    located = gpd.GeoDataFrame(spots, geometry=areas.representative_point()[:4], crs=areas.crs)
    plot_spots(located, areas, level="restricted", breaks=[0, 2, 6], title="Spots", ax=ax)
    assert any(text.get_text().startswith("RESTRICTED") for text in ax.texts)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["0 to 2", "over 2 to 6"]


def test_both_levels_are_compared_before_duplication_and_closed_spots_are_zero(spots):
    got = compare_levels(spots)
    assert got[["spot_id", "level1", "level2"]].to_numpy().tolist() == [["a", 10.0, 12.0], ["b", 8.0, 0.0]]


def test_places_come_from_level_2_first(spots):
    level2 = pd.DataFrame({"spot_id": ["a", "a"], "lat": [42.0, 43.0], "lon": [21.0, 21.0]})
    level1 = pd.DataFrame({"spot_id": ["a", "b"], "lat": [1.0, 2.0], "lon": [1.0, 2.0]})
    got = locate_spots(spots, level2, level1)
    assert [(p.y, p.x) for p in got.geometry] == [(42.5, 21.0), (2.0, 2.0)]
    assert got.attrs["without_place"] == 2


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_a_lorenz_curve_rises_to_one_below_the_diagonal(values):
    curve = lorenz_points(values)
    assert curve.iloc[[0, -1]].to_numpy().tolist() == pytest.approx(np.array([[0, 0], [1, 1]]))
    assert (curve["people"] <= curve["spots"] + 1e-9).all()
    assert (curve["people"].diff().dropna() >= 0).all()


def test_people_by_hour_by_hand():
    """Spot a: 10 people, 20 on Friday, both interviews say 20-22, one also 00-02. Spot b is closed."""
    level2 = pd.DataFrame(
        {
            "spot_id": ["a", "a", "b", "c"], "kp": "FSW",
            "status": ["active", "active", "inactive", "active"],
            "usual_min": [8, 8, np.nan, 5], "usual_max": [12, 12, np.nan, 5],
            "peak_min": [20, 20, np.nan, 5], "peak_max": [20, 20, np.nan, 5],
            "peak_days": ["fri", "fri", None, None], "hours": ["20-22", "20-22 00-02", "08-10", None],
        }
    )  # fmt: skip
    got = people_by_hour(level2, kp="FSW")
    people = got.set_index(["day", "hour"])["people"]
    assert len(got) == 168
    assert people[people > 0].to_dict() == {
        (day, hour): (20 if day == "fri" else 10) * (1.0 if hour > 2 else 0.5)
        for day in DAYS
        for hour in (0, 1, 20, 21)
    }
    assert got.attrs == {"spots": 1, "without_hours": 1}


def test_hours_need_a_column():
    with pytest.raises(ValueError, match="level2 must have a column hours"):
        people_by_hour(pd.DataFrame({"kp": []}), kp="FSW")


# --- forest plot


def test_kinds_of_interval_have_a_marker_and_a_name_each(ax):
    estimates = {
        "Mapping": _estimate(100), "Capture": _estimate(90, "confidence", 0.95), "Small": None,
    }  # fmt: skip
    plot_forest(estimates, title="FSW", ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "lower to upper (range)",
        "95% confidence interval",
    ]
    assert [text.get_text() for text in ax.texts] == [
        "100 (80 to 130)",
        "90 (72 to 117)",
        "hidden (small number)",
    ]
    assert ax.yaxis_inverted()


def test_a_forest_needs_estimates(ax):
    with pytest.raises(ValueError, match="estimates must hold one or more"):
        plot_forest({}, title="", ax=ax)


# --- six languages


def _draw_everything(areas, sizes, spots, lang):
    """Give one figure per plot, with everything in it that may be in it."""

    def figure(draw, width=7.0, height=5.0):
        fig = Figure(figsize=(width, height), layout="constrained")
        draw(fig.subplots())
        return fig

    days = pd.DataFrame({"kp": "FSW", "day": DAYS, "weekend": [False] * 5 + [True] * 2, "point": 3000.0})
    days = days.assign(lower=2000.0, upper=4000.0, interval="range", level=np.nan)
    steps = pd.DataFrame({"kp": "FSW", "order": range(1, 10), "point": 1_500_000.0})
    steps["step"] = [
        "level1", "inactive", "validated", "new", "ratio", "duplication", "nonspot", "virtual", "override",
    ]  # fmt: skip
    steps = steps.assign(lower=1_400_000.0, upper=1_600_000.0)
    located = gpd.GeoDataFrame(spots, geometry=areas.representative_point()[:4], crs=areas.crs)
    hours = pd.DataFrame(
        [(day, hour, 5.0) for day in DAYS for hour in range(24)], columns=["day", "hour", "people"]
    )
    breaks, common = class_breaks(sizes["point"]), {"title": "FSW", "lang": lang}
    yield figure(lambda ax: plot_choropleth(areas, sizes, "point", breaks=breaks, unit="u", ax=ax, **common))
    yield figure(lambda ax: _circles(areas, sizes, ax, lang=lang))
    yield figure(lambda ax: plot_days(days, kps=["FSW"], ax=ax, lang=lang))
    yield figure(lambda ax: plot_waterfall(steps, kp="FSW", ax=ax, lang=lang))
    yield figure(lambda ax: plot_spots(located, areas, level="restricted", breaks=[0, 6], ax=ax, **common))
    yield figure(
        lambda ax: plot_levels(compare_levels(spots), level="restricted", kps=["FSW"], ax=ax, **common)
    )
    yield figure(lambda ax: plot_lorenz({"FSW": lorenz_points([1, 2])}, ax=ax, **common))
    yield figure(lambda ax: plot_hours(hours, level="restricted", ax=ax, **common))
    yield figure(lambda ax: plot_forest({"a": _estimate(9e6), "b": None}, ax=ax, **common))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_clipped_and_no_legend_lies_on_the_axes_in_any_language(areas, sizes, spots, lang):
    with mpl.rc_context(STYLE):
        for figure in _draw_everything(areas, sizes, spots, lang):
            figure.draw_without_rendering()
            page = figure.get_tightbbox().padded(0.02)  # the page as it is saved, in inches
            assert page.width < 8.27, (lang, "wider than A4")
            page = page.transformed(figure.dpi_scale_trans)
            unseen = {id(text) for text in _unseen(figure)}
            for text in figure.findobj(mpl.text.Text):
                if not text.get_text() or not text.get_visible() or id(text) in unseen:
                    continue
                extent = text.get_window_extent()
                inside = page.x0 <= extent.x0 and extent.x1 <= page.x1 and page.y0 <= extent.y0
                assert inside and extent.y1 <= page.y1, (lang, text.get_text())
            ax = figure.axes[0]
            for legend in ax.findobj(mpl.legend.Legend):
                assert not legend.get_window_extent().padded(-1).overlaps(ax.get_window_extent()), lang


def _unseen(figure):
    """Return texts that may not be drawn: ticks outside the limits, and labels of axes that are off."""
    found = []
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        ticks = (*axis.majorTicks, *axis.minorTicks)
        found += [words for tick in ticks for words in (tick.label1, tick.label2)]
        found += [] if axis.axes.axison else [axis.label]
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.filterwarnings("error:Glyph")
def test_the_font_has_every_letter(areas, sizes, spots, lang):
    with mpl.rc_context(STYLE):
        for figure in _draw_everything(areas, sizes, spots, lang):
            figure.draw_without_rendering()
