"""Charts of uncertainty, by what is on the axes."""

from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mapping.labels import LANGUAGES, texts
from mapping.style import STYLE
from mapping.uncertaintycharts import plot_coverage, plot_interval_and_range, plot_variance_shares
from pse.simulate import SCENARIOS
from pse.spots.calibration import coverage_curve
from pse.spots.variance import ADVICE


@pytest.fixture
def ax():
    with mpl.rc_context(STYLE):
        yield Figure(figsize=(7, 4.5), layout="constrained").subplots()


@pytest.fixture
def ranges():
    return pd.DataFrame(
        {
            "kp": ["FSW", "MSM"], "point": [5000.0, 1900.0],
            "lower": [4000.0, 1500.0], "upper": [6000.0, 2400.0],
            "interval": "range", "level": np.nan, "method": "programmatic mapping",
        }
    )  # fmt: skip


@pytest.fixture
def intervals(ranges):
    ends = {"lower": [4800.0, 1800.0], "upper": [5250.0, 2000.0]}
    return ranges.assign(**ends, interval="confidence", level=0.95)


@pytest.fixture
def shares():
    rows = [
        (kp, factor, share)
        for kp, all_shares in (("FSW", (0.5, 0.3, 0.001, 0.2)), ("PWID", (0.1, 0.95, 0.0, -0.05)))
        for factor, share in zip(("reports", "unvisited", "nonspot", "together"), all_shares, strict=True)
    ]
    return pd.DataFrame([*rows, ("FSW", "all", 1.0)], columns=["kp", "factor", "share"])


def written(ax):
    legend = ax.get_legend()
    texts_there = [*ax.texts, *legend.get_texts(), legend.get_title(), *ax.get_yticklabels(), ax._left_title]
    return [text.get_text().replace("\n", " ") for text in texts_there]


def spans(ax):
    """The two ends of every whisker, by its row."""
    found = {}
    for bars in ax.containers:
        if isinstance(bars, mpl.container.ErrorbarContainer):
            for ends in bars[2][0].get_segments():
                if len(ends) and not np.isnan(ends).any():  # a blank row has none
                    found[round(ends[0][1], 2)] = (ends[0][0], ends[1][0])
    return found


def test_range_and_interval_of_a_kp_stand_one_below_the_other(ax, ranges, intervals):
    assert plot_interval_and_range(ranges, intervals, ax=ax) is ax
    assert spans(ax) == {-0.17: (4000, 6000), 0.17: (4800, 5250), 0.83: (1500, 2400), 1.17: (1800, 2000)}
    there = written(ax)
    for text in (
        "Range and 95% confidence interval",
        "lower to upper (range)",
        "95% confidence interval",
        "5,000 (4,000 to 6,000)",
        "5,000 (4,800 to 5,250)",
    ):
        assert text in there
    assert any("A range is not a confidence interval" in text for text in there)


def test_rows_are_matched_by_kp_and_not_by_their_order(ax, ranges, intervals):
    plot_interval_and_range(ranges, intervals.iloc[::-1], ax=ax)
    assert spans(ax)[0.17] == (4800, 5250)


def test_a_kp_without_interval_and_a_hidden_one_say_so(ax, ranges, intervals):
    numbers = ["point", "lower", "upper"]
    hidden = ranges.assign(kp=["PRIS", "TG"])
    hidden.loc[0, numbers] = np.nan
    both = pd.concat([ranges, hidden], ignore_index=True)
    second = pd.concat([intervals, hidden.assign(interval=["confidence", "range"], level=[0.95, np.nan])])
    plot_interval_and_range(both, second, ax=ax)
    there = written(ax)
    assert there.count("hidden (small number)") == 2  # PRIS, both rows
    assert there.count("no interval") == 1  # TG
    assert set(spans(ax)) == {-0.17, 0.17, 0.83, 1.17, 2.83}


def test_swapped_tables_ranges_twice_and_other_kps_are_refused(ax, ranges, intervals):
    with pytest.raises(
        ValueError, match=r"ranges must hold ranges only; got confidence\. Are the tables swapped"
    ):
        plot_interval_and_range(intervals, ranges, ax=ax)
    with pytest.raises(ValueError, match="intervals must hold a random interval; got ranges only"):
        plot_interval_and_range(ranges, ranges, ax=ax)
    with pytest.raises(ValueError, match=r"intervals must have the KPs of ranges \(FSW, MSM\); got FSW\."):
        plot_interval_and_range(ranges, intervals.iloc[:1], ax=ax)


def test_bars_are_the_shares_and_advice_stands_under_the_factor(ax, shares):
    assert plot_variance_shares(shares, ax=ax) is ax
    bars = {bars.get_label(): [bar.get_width() for bar in bars] for bars in ax.containers}
    assert bars == {"FSW": [50, 30, 20], "PWID": [10, 95, -5]}  # nobody has half a percent from nonspot
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == [
        "Error of reports\n\N{RIGHTWARDS ARROW} second interviews at spots",
        "Spots not visited\n\N{RIGHTWARDS ARROW} visit more spots",
        "Several of them together",
    ]
    assert "95%" in written(ax) and "\N{MINUS SIGN}5%" in written(ax)
    assert ax.get_xlim()[0] < -5 and ax.get_xlim()[1] > 95


def test_bars_do_not_overlap(ax, shares):
    plot_variance_shares(shares, ax=ax)
    rows = sorted((bar.get_y(), bar.get_y() + bar.get_height()) for bars in ax.containers for bar in bars)
    assert all(first[1] <= second[0] + 1e-9 for first, second in pairwise(rows))


def test_a_kp_without_shares_is_named_and_none_at_all_is_refused(ax, shares):
    blank = shares.assign(share=shares["share"].where(shares["kp"].eq("FSW")))
    plot_variance_shares(blank, ax=ax)
    assert "PWID (no interval)" in written(ax)
    with pytest.raises(ValueError, match="shares must hold a share of some KP; got none"):
        plot_variance_shares(shares.assign(share=np.nan), ax=ax)


def test_every_factor_has_a_name_and_the_advice_of_the_table():
    words = texts("uncertainty", "en")
    assert {
        key.removeprefix("advice_"): text for key, text in words.items() if key.startswith("advice_")
    } == ADVICE
    assert {f"factor_{name}" for name in [*ADVICE, "together"]} == {
        key for key in words if key.startswith("factor_")
    }
    assert {f"scenario_{name}" for name in SCENARIOS} == {key for key in words if key.startswith("scenario_")}


def test_curves_lie_on_the_axes_as_they_are_with_the_band_of_the_fewest(ax):
    rng = np.random.default_rng(1)
    records = pd.DataFrame({"scenario": ["plain"] * 300 + ["mine"] * 40, "truth_at": rng.random(340)})
    curve = coverage_curve(records)
    assert plot_coverage(curve, ax=ax) is ax
    lines = {line.get_label(): line for line in ax.lines}
    for name in ("plain", "mine"):
        of_one = curve[curve["scenario"].eq(name)]
        np.testing.assert_allclose(lines[name].get_xydata(), 100 * of_one[["level", "cover"]].to_numpy())
    fewest = curve[curve["scenario"].eq("mine")]
    (band,) = ax.collections
    ends = band.get_paths()[0].get_extents()
    assert ends.y0 == pytest.approx(100 * fewest["band_lower"].min())
    assert ends.y1 == pytest.approx(100 * fewest["band_upper"].max())
    assert any("(40 intervals)" in text for text in written(ax))


def test_no_curve_is_refused(ax):
    with pytest.raises(ValueError, match="curve must hold one scenario or more; got none"):
        plot_coverage(pd.DataFrame(columns=["scenario"]), ax=ax)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_all_texts_are_in_the_language_and_inside_the_picture(lang, ranges, intervals, shares):
    curve = coverage_curve(pd.DataFrame({"scenario": "team", "truth_at": np.linspace(0.01, 0.99, 60)}))
    words = texts("uncertainty", lang)
    drawings = {
        "interval_title": lambda ax: plot_interval_and_range(ranges, intervals, ax=ax, lang=lang),
        "shares_title": lambda ax: plot_variance_shares(shares, ax=ax, lang=lang),
        "cover_title": lambda ax: plot_coverage(curve, ax=ax, lang=lang),
    }
    for key, draw in drawings.items():
        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(7, 4.5), layout="constrained")
            ax = draw(figure.subplots())
            figure.draw_without_rendering()
            assert ax._left_title.get_text().startswith(words[key].split("{")[0].split(" ")[0])
            names = (
                [] if key == "cover_title" else ax.get_yticklabels()
            )  # numbers beyond the limits are not drawn
            things = [ax._left_title, ax.xaxis.label, *names, *ax.get_legend().get_texts()]
            for thing in things:
                box = thing.get_window_extent()
                assert box.x0 >= -1 and box.x1 <= figure.bbox.width + 1, (key, thing.get_text())
                assert box.y0 >= -1 and box.y1 <= figure.bbox.height + 1, (key, thing.get_text())
