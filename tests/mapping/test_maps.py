"""Maps and charts, tested by what is on the axes."""

from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from shapely.geometry import box

from mapping.classes import class_numbers
from mapping.maps import (
    class_breaks,
    class_labels,
    plot_choropleth,
    plot_days,
    plot_waterfall,
    waterfall_bars,
    write_maps,
)

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
STEPS = ["level1", "inactive", "validated", "new", "ratio", "duplication", "nonspot", "virtual", "override"]


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
    return gpd.GeoDataFrame({"municipality": codes, "schematic": False}, geometry=shapes, crs="EPSG:4326")


@pytest.fixture
def rates():
    """Six mapped municipalities: one zero, one hidden, four with a rate; m6 and m7 are not mapped."""
    return pd.DataFrame(
        {"municipality": [f"m{n}" for n in range(6)], "rate": [0, np.nan, 2.0, 3.0, 4.0, 9.5]}
    )


@pytest.fixture
def days():
    rows = [
        {
            "kp": kp,
            "day": day,
            "weekend": day in ("sat", "sun"),
            "point": size,
            "lower": 0.8 * size,
            "upper": 1.3 * size,
        }
        for kp, size in (("FSW", 3000.0), ("MSM", 1800.0))
        for day in reversed(DAYS)
    ]
    return pd.DataFrame(rows).assign(interval="range", level=np.nan)


@pytest.fixture
def steps():
    """Two municipalities; totals after each step by hand, m1 half of m0."""
    point = [100.0, 80, 70, 90, 85, 60, 65, 75, 78]
    rows = [
        {
            "municipality": code, "kp": "FSW", "order": order, "step": step,
            "point": share * size, "lower": 0.9 * share * size, "upper": 1.2 * share * size,
        }
        for code, share in (("m0", 1.0), ("m1", 0.5))
        for order, (step, size) in enumerate(zip(STEPS, point, strict=True), start=1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def sizes(rates, days, steps):
    point = 10 * rates["rate"]
    fsw = rates.assign(
        kp="FSW", point=point, lower=0.9 * point, upper=1.2 * point, interval="range", level=np.nan,
        method="test", adults=10_000, denominator="adult_women", size_basis="usual_day",
    )  # fmt: skip
    pris = fsw.assign(kp="PRIS", rate=np.nan, adults=np.nan, denominator="none declared")
    both = pd.concat([steps, steps.assign(kp="PRIS")], ignore_index=True)
    return SimpleNamespace(municipalities=pd.concat([fsw, pris], ignore_index=True), days=days, steps=both)


def _draw(areas, table, ax, **change):
    arguments = {
        "breaks": class_breaks(table["rate"]),
        "unit": "per 1,000 adult women",
        "title": "FSW",
    } | change
    return plot_choropleth(areas, table, "rate", ax=ax, **arguments)


def _legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def _patches(ax):
    """Return label -> (number of areas, hatch) of the classes drawn on the map."""
    return {
        c.get_label(): (len(c.get_paths()), c.get_hatch())
        for c in ax.collections
        if not c.get_label().startswith("_")
    }


def _texts(ax):
    return [text.get_text() for text in ax.texts]


def _text_boxes(ax):
    """Return the boxes, in pixels, of all texts that are drawn."""
    ax.figure.draw_without_rendering()
    ticks = [*ax.get_xticklabels(), *ax.get_yticklabels()] if ax.axison else []
    labels = [ax.xaxis.label, ax.yaxis.label] if ax.axison else []
    legend = ax.get_legend().findobj(mpl.text.Text) if ax.get_legend() else []
    texts = [*ticks, *labels, *legend, *ax.texts, ax._left_title]
    return [text.get_window_extent() for text in dict.fromkeys(texts) if text.get_text()]


def _overlapping(boxes):
    return [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]


# --- classes


def test_quantile_classes_hold_equal_numbers():
    values = np.arange(1.0, 101.0)
    counts = class_numbers(pd.Series(values), class_breaks(values, k=5)).value_counts()
    assert counts.tolist() == [20] * 5


def test_natural_breaks_part_the_numbers_at_the_gaps():
    values = [1, 2, 3, 50, 51, 52, 100, 101]
    numbers = class_numbers(pd.Series(values, dtype=float), class_breaks(values, k=3, scheme="natural"))
    assert numbers.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]


def test_equal_classes_have_equal_widths():
    assert class_breaks([0, 3, 10], k=5, scheme="equal").tolist() == [0, 2, 4, 6, 8, 10]


def test_fixed_limits_stay_as_they_are():
    assert class_breaks([1, 4], scheme="fixed", limits=[0, 2.25, 5]).tolist() == [0, 2.25, 5]


def test_fixed_limits_must_hold_all_values():
    with pytest.raises(ValueError, match="breaks must cover all values"):
        class_breaks([1, 7], scheme="fixed", limits=[0, 2.25, 5])


def test_legend_limits_do_not_overlap_and_have_thousands_separators():
    assert class_labels([2.1, 3.4, 5]) == ["2.1 to 3.4", "over 3.4 to 5.0"]
    assert class_labels([0, 1000, 2_500_000]) == ["0 to 1,000", "over 1,000 to 2,500,000"]


def test_many_zeros_are_a_class_of_their_own():
    breaks = class_breaks([0, 0, 0, 0, 3.14, 5], k=3)
    assert class_labels(breaks)[0] == "0"
    assert class_numbers(pd.Series([0.0, 3.14]), breaks).tolist() == [0, 1]


def test_without_values_there_are_no_classes():
    assert class_breaks([np.nan]).size == 0
    assert class_labels([]) == []


def test_one_number_is_one_class():
    assert class_labels(class_breaks([5.04, 5.04])) == ["5.04"]


@example([0.0, 5e-324], 2, "equal")
@given(
    st.lists(st.floats(0, 1e6) | st.just(float("nan")) | st.just(0.0), max_size=40),
    st.integers(1, 7),
    st.sampled_from(["quantile", "natural", "equal"]),
)
@pytest.mark.filterwarnings("error")
def test_breaks_increase_and_hold_every_value(values, k, scheme):
    breaks = class_breaks(values, k=k, scheme=scheme)
    numbers = class_numbers(pd.Series(values, dtype=float), breaks)
    assert len(breaks) <= k + 1
    assert np.all(np.diff(breaks[1:]) > 0)
    assert numbers.isna().sum() == np.isnan(values).sum()


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=40))
def test_a_legend_says_the_class_of_every_value(values):
    breaks = class_breaks(values)
    labels = class_labels(breaks)
    for value, number in zip(values, class_numbers(pd.Series(values), breaks), strict=True):
        limits = [float(word.replace(",", "")) for word in labels[int(number)].split() if word[0].isdigit()]
        assert limits[0] <= value <= limits[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"k": 0}, "k must be 1 or more; got 0"),
        ({"scheme": "jenks"}, "scheme must be quantile, natural, equal or fixed; got 'jenks'"),
        ({"scheme": "fixed"}, "limits must be two or more increasing numbers"),
        ({"scheme": "fixed", "limits": [3, 2]}, "limits must be two or more increasing numbers"),
        ({"limits": [1, 2]}, "with scheme 'fixed' only"),
    ],
)
def test_wrong_classes_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        class_breaks([1, 2, 3], **arguments)


# --- the map


def test_the_same_axes_come_back(areas, rates, days, steps):
    for draw in (
        lambda ax: _draw(areas, rates, ax),
        lambda ax: plot_days(days, kps=["FSW"], ax=ax),
        lambda ax: plot_waterfall(steps, ax=ax, kp="FSW"),
    ):
        ax = Figure().subplots()
        assert draw(ax) is ax


def test_every_area_is_drawn_in_one_class(ax, areas, rates):
    _draw(areas, rates, ax, breaks=[0, 2.5, 10])
    assert _patches(ax) == {
        "0.0 to 2.5": (2, None),
        "over 2.5 to 10.0": (3, None),
        "hidden (small number)": (1, "..."),
        "not mapped": (2, "////"),
    }
    assert _legend(ax) == list(_patches(ax))
    assert ax.get_legend().get_title().get_text() == "per 1,000 adult women"


def test_hidden_and_not_mapped_are_in_the_legend_only_where_they_occur(ax, areas, rates):
    _draw(areas.head(6), rates.fillna(1.0), ax, breaks=[0, 10])
    assert _legend(ax) == ["0 to 10"]


def test_a_class_without_areas_stays_in_the_legend(ax, areas, rates):
    _draw(areas, rates, ax, breaks=[0, 10, 20])
    assert "over 10 to 20" in _legend(ax)
    assert "over 10 to 20" not in _patches(ax)


def test_everything_hidden_is_still_a_map(ax, areas, rates):
    _draw(areas, rates.assign(rate=np.nan), ax)
    assert _patches(ax) == {"hidden (small number)": (6, "..."), "not mapped": (2, "////")}


def test_classes_darken_in_print_without_colour(ax, areas, rates):
    _draw(areas, rates, ax, breaks=[0, 1, 2, 3, 4, 10])
    colours = [c.get_facecolor()[0][:3] for c in ax.collections if "to" in c.get_label().split()]
    grey = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in colours]
    assert len(grey) == 5
    assert np.all(np.diff(grey) < -0.1)


def test_legend_scale_bar_and_north_arrow_are_off_the_land(ax, areas, rates):
    _draw(areas, rates, ax)
    ax.figure.draw_without_rendering()
    land = mpl.transforms.Bbox.union([c.get_datalim(ax.transData) for c in ax.collections])
    land = land.transformed(ax.transData)
    furniture = [ax.get_legend(), *ax.texts, *ax.patches]
    assert {"N", "0", "5 km"} <= set(_texts(ax))
    assert not any(land.overlaps(artist.get_window_extent()) for artist in furniture)


def test_a_narrow_country_has_room_for_scale_bar_arrow_and_note(ax):
    shapes = [box(20, 40 + 0.3 * n, 20.4, 40.3 + 0.3 * n) for n in range(10)]
    codes = [f"m{n}" for n in range(10)]
    narrow = gpd.GeoDataFrame({"municipality": codes, "schematic": True}, geometry=shapes, crs="EPSG:4326")
    _draw(narrow, pd.DataFrame({"municipality": codes, "rate": range(10)}), ax)
    assert _overlapping(_text_boxes(ax)) == []


def test_the_scale_bar_is_as_long_as_it_says(ax, areas, rates):
    _draw(areas, rates, ax)
    # Four squares of 0.1 degrees at 42.6 N: 4 x 0.1 x 111.32 km x cos(42.6) = 32.8 km from west to east.
    land = mpl.transforms.Bbox.union([c.get_datalim(ax.transData) for c in ax.collections])
    assert land.width == pytest.approx(32.8, rel=0.01)
    assert sum(patch.get_width() for patch in ax.patches) == 5
    assert "5 km" in _texts(ax)


def test_schematic_areas_are_called_so_on_the_map(ax, areas, rates):
    _draw(areas.assign(schematic=True), rates, ax)
    assert "Schematic areas,\nnot boundaries" in _texts(ax)


def test_real_boundaries_are_not_called_schematic(ax, areas, rates):
    _draw(areas.drop(columns="schematic"), rates, ax)
    assert not any("Schematic" in text for text in _texts(ax))


def test_title_and_source_are_on_the_map_and_wrapped_to_the_page(ax, areas, rates):
    _draw(areas, rates, ax, title="People who inject drugs " * 8, source="Programmatic mapping 2016. " * 12)
    assert "\n" in ax.get_title(loc="left")
    assert any(text.startswith("Programmatic mapping 2016.") and "\n" in text for text in _texts(ax))
    boxes = _text_boxes(ax)
    assert _overlapping(boxes) == []
    page = ax.figure.bbox
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in boxes)


def test_the_drawing_is_equal_area(ax, areas, rates):
    _draw(areas, rates, ax)
    outline = [
        path.vertices for c in ax.collections if not c.get_label().startswith("_") for path in c.get_paths()
    ]
    drawn = sum(abs(np.sum(v[:-1, 0] * v[1:, 1] - v[1:, 0] * v[:-1, 1])) / 2 for v in outline)
    assert drawn == pytest.approx(
        areas.to_crs("EPSG:6933").area.sum() / 1e6, rel=1e-3
    )  # EASE-Grid, equal-area


def test_no_plot_changes_its_input(ax, areas, rates, days, steps):
    before = [frame.copy(deep=True) for frame in (areas, rates, days, steps)]
    _draw(areas, rates, ax)
    plot_days(days, kps=["FSW"], ax=Figure().subplots())
    plot_waterfall(steps, ax=Figure().subplots(), kp="FSW")
    for old, new in zip(before, (areas, rates, days, steps), strict=True):
        pd.testing.assert_frame_equal(old, new)


def test_order_of_areas_and_rows_changes_no_class(ax, areas, rates):
    _draw(areas.iloc[::-1], rates.sample(frac=1, random_state=3), ax, breaks=[0, 2.5, 10])
    assert _patches(ax)["0.0 to 2.5"] == (2, None)


def test_two_kps_in_one_table_are_refused(ax, areas, rates):
    with pytest.raises(ValueError, match=r"one row per municipality.*rows of one KP"):
        _draw(areas, pd.concat([rates, rates]), ax)


def test_a_municipality_without_an_area_is_not_dropped_in_silence(ax, areas, rates):
    with pytest.raises(ValueError, match="got 1 of 6 without an area"):
        _draw(areas.drop(index=2), rates, ax)


def test_values_outside_the_breaks_are_refused(ax, areas, rates):
    with pytest.raises(ValueError, match="breaks must cover all values"):
        _draw(areas, rates, ax, breaks=[0, 5])


# --- the days


def test_days_run_from_monday_with_one_line_per_kp(ax, days):
    plot_days(days, kps=["FSW", "MSM"], ax=ax)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [
        "Mon",
        "Tue",
        "Wed",
        "Thu",
        "Fri",
        "Sat",
        "Sun",
    ]
    assert _legend(ax) == ["FSW", "MSM", "weekend"]
    assert [len(container[0].get_ydata()) for container in ax.containers] == [7, 7]
    assert ax.get_ylabel() == "people at spots on that day"
    assert ax.get_ylim()[0] == 0
    assert "3,000" in [tick.get_text() for tick in ax.get_yticklabels()]


def test_whiskers_span_lower_to_upper(ax, days):
    plot_days(days, kps=["FSW"], ax=ax)
    (segments,) = ax.containers[0].lines[2]
    assert np.allclose([s[:, 1] for s in segments.get_segments()], [[2400, 3900]] * 7)


def test_the_weekend_is_shaded_as_the_table_says(ax, days):
    plot_days(days.assign(weekend=days["day"].isin(["fri", "sat"])), kps=["FSW"], ax=ax)
    assert [(p.get_x(), p.get_width()) for p in ax.patches] == [(3.5, 1.0), (4.5, 1.0)]


@pytest.mark.parametrize(
    ("interval", "level", "words"),
    [
        ("range", np.nan, "lower to upper (range)"),
        ("confidence", 0.95, "95% confidence interval"),
        ("credible", 0.9, "90% credible interval"),
    ],
)
def test_the_legend_says_what_the_whiskers_are(ax, days, interval, level, words):
    plot_days(days.assign(interval=interval, level=level), kps=["FSW"], ax=ax)
    assert ax.get_legend().get_title().get_text() == f"whiskers:\n{words}"


def test_whiskers_of_two_kps_stand_side_by_side(ax, days):
    plot_days(days, kps=["FSW", "MSM"], ax=ax)
    fsw, msm = (container[0].get_xdata() for container in ax.containers)
    assert np.all(msm - fsw > 0.1)
    assert np.all(np.abs(np.concatenate([fsw, msm]) - np.tile(range(7), 2)) < 0.5)


def test_a_hidden_kp_says_so(ax, days):
    days.loc[days["kp"].eq("MSM"), ["point", "lower", "upper"]] = np.nan
    plot_days(days, kps=["FSW", "MSM"], ax=ax)
    assert _legend(ax) == ["FSW", "MSM (hidden: small number)", "weekend"]


def test_a_kp_without_days_is_refused(ax, days):
    with pytest.raises(ValueError, match="kps must be in the table of days; got TG"):
        plot_days(days, kps=["FSW", "TG"], ax=ax)


# --- the waterfall


def test_bars_are_sums_over_municipalities(steps):
    bars = waterfall_bars(steps, "FSW")
    assert bars["step"].tolist() == [*STEPS, "total"]
    # 1.5 times the totals of m0: 100, 80, 70, 90, 85, 60, 65, 75, 78
    assert bars["end"].tolist() == pytest.approx([150, 120, 105, 135, 127.5, 90, 97.5, 112.5, 117, 117])
    assert bars["start"].tolist() == pytest.approx([0, 150, 120, 105, 135, 127.5, 90, 97.5, 112.5, 0])
    assert bars["change"].tolist() == pytest.approx([150, -30, -15, 30, -7.5, -37.5, 7.5, 15, 4.5, 117])
    assert bars.iloc[-1][["label", "lower", "upper"]].tolist() == [
        "Size of FSW",
        pytest.approx(105.3),
        pytest.approx(140.4),
    ]


def test_changes_add_up_to_the_total(steps):
    bars = waterfall_bars(steps, "FSW")
    assert bars["change"].iloc[:-1].sum() == pytest.approx(bars["end"].iloc[-1])


def test_order_of_rows_does_not_matter(steps):
    mixed = steps.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(waterfall_bars(mixed, "FSW"), waterfall_bars(steps, "FSW"))


def test_a_municipality_without_a_step_keeps_its_total(steps):
    without = steps[~(steps["municipality"].eq("m1") & steps["step"].eq("ratio"))]
    bars = waterfall_bars(without, "FSW").set_index("step")
    assert bars.loc["ratio", "end"] == pytest.approx(85 + 45)  # m1 stays at 45, half of 90
    assert bars.loc["total", "end"] == pytest.approx(117)


def test_national_steps_need_no_municipality(steps):
    alone = steps[steps["municipality"].eq("m0")].drop(columns="municipality")
    assert waterfall_bars(alone, "FSW")["end"].iloc[-1] == 78


def test_hidden_steps_are_not_summed(steps):
    steps.loc[3, ["point", "lower", "upper"]] = np.nan
    with pytest.raises(
        ValueError, match=r"no blank number for a waterfall; got some for FSW\. Sum the steps"
    ):
        waterfall_bars(steps, "FSW")


def test_a_kp_without_steps_is_refused(steps):
    with pytest.raises(ValueError, match="kp must have rows in steps; got 'TG'"):
        waterfall_bars(steps, "TG")


def test_the_waterfall_shows_each_step_from_start_to_end(ax, steps):
    plot_waterfall(steps, ax=ax, kp="FSW")
    bars = waterfall_bars(steps, "FSW")
    drawn = [sorted((p.get_x(), p.get_x() + p.get_width())) for p in ax.patches]
    assert np.allclose(drawn, np.sort(bars[["start", "end"]].to_numpy(), axis=1))
    assert ax.get_yticklabels()[0].get_text() == "Named at level 1"
    assert ax.get_xlabel() == "people (whisker: lower to upper)"
    assert _texts(ax)[:2] == ["150", "\N{MINUS SIGN}30"]
    assert _texts(ax)[-1] == "117 (105 to 140)"
    assert ax.yaxis_inverted()


def test_the_last_bar_has_the_whisker_of_the_range(ax, steps):
    plot_waterfall(steps, ax=ax, kp="FSW")
    (whisker,) = [c for c in ax.containers if isinstance(c, mpl.container.ErrorbarContainer)]
    (line,) = whisker.lines[2]
    assert np.allclose(line.get_segments()[0], [[105.3, 9], [140.4, 9]])


def test_seven_digits_and_long_labels_do_not_overlap(ax, steps):
    big = steps.assign(**{name: steps[name] * 50_000 for name in ("point", "lower", "upper")})
    big.loc[big["step"].eq("new"), "step"] = (
        "a step of the chain with a very long name that has to be wrapped"
    )
    plot_waterfall(big, ax=ax, kp="FSW")
    assert "7,500,000" in _texts(ax)
    assert _overlapping(_text_boxes(ax)) == []


# --- files


def test_each_kp_gets_its_files_and_they_name_no_software_author_date_or_path(tmp_path, sizes, areas):
    kinds = ["png", "pdf", "svg"]
    paths = write_maps(sizes, areas, tmp_path / "maps", formats=kinds)
    stems = [
        "rate_map_FSW", "size_map_FSW", "forest_FSW", "waterfall_FSW",
        "size_map_PRIS", "forest_PRIS", "waterfall_PRIS", "kps_map", "days",
    ]  # fmt: skip
    assert [path.name for path in paths] == [f"{stem}.{kind}" for stem in stems for kind in kinds]
    assert sorted((tmp_path / "maps").iterdir()) == sorted(paths)
    words = [b"matplotlib", b"date", b"/author", b"/producer", b"/creator", b"software", bytes(tmp_path)]
    found = [
        (path.name, word) for path in paths for word in words if word.lower() in path.read_bytes().lower()
    ]
    assert found == []


def test_the_same_estimates_give_the_same_files_and_settings_are_left_alone(tmp_path, sizes, areas):
    before = dict(mpl.rcParams)
    first = write_maps(sizes, areas, tmp_path / "a", formats=["png", "svg"])
    second = write_maps(sizes, areas, tmp_path / "b", formats=["png", "svg"])
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    ("change", "formats", "words"),
    [
        ({}, ["gif"], "formats must be png, pdf or svg; got gif"),
        ({"kp": "../FSW"}, ["png"], "letters, digits, - or _ to name a file"),
    ],
)
def test_what_cannot_be_written_leaves_no_folder(tmp_path, sizes, areas, change, formats, words):
    sizes.municipalities = sizes.municipalities.head(6).assign(**change)
    with pytest.raises(ValueError, match=words):
        write_maps(sizes, areas, tmp_path / "maps", formats=formats)
    assert not Path(tmp_path / "maps").exists()
