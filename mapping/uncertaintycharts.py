"""Charts of what is not certain: range beside interval, shares of the variance, how often intervals hold."""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from mapping.labels import number, texts
from mapping.style import (
    BESIDE,
    GREY,
    INK,
    KP_STYLES,
    PALE,
    interval_name,
    label,
    write_number_axis,
    write_title,
)

APART = 0.17  # range above, interval below the middle of a row
BAND = "#dcdcdc"
SMALLEST = 0.005  # smaller shares would be printed as 0 %
HATCHES = ("", "////", "....", "xxxx", "----", "++++", "oooo")  # for print in grey


def plot_interval_and_range(
    ranges: pd.DataFrame, intervals: pd.DataFrame, *, ax: Axes, lang: str = "en"
) -> Axes:
    """Draw the range of each national size and, below it, the random interval of the same size.

    Parameters
    ----------
    ranges : pandas.DataFrame
        The table `.national` of a release of `interval="range"`: `kp`, `point`, `lower`, `upper` (people),
        `interval`, `level`. Blank numbers are hidden ones.
    intervals : pandas.DataFrame
        The same table of a release with a random interval: the same KPs.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`, about 0.6 inches high for each KP.
    lang : str
        Language of the texts; one of `mapping.labels.LANGUAGES`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`. Range and interval have a marker and a name of their own, and the legend says that a
        range is no confidence interval. Beside a KP that has none, or a hidden one, this is written.

    Raises
    ------
    ValueError
        If `ranges` holds another kind of interval, `intervals` only ranges, or their KPs differ.
    """
    _check_kinds(ranges, intervals)
    kps = ranges["kp"].tolist()
    second = intervals.set_index("kp").loc[kps].reset_index()
    drawn = second["interval"].ne("range")
    kind = interval_name(_kind(second[drawn]), lang)
    lines = ((ranges, -APART, label("range", lang), 1), (second.where(drawn), APART, kind, 0))
    for table, shift, name, style in lines:
        _draw_line(table, shift, name, KP_STYLES[style], ax)
        for row, (_, one) in enumerate(table.iterrows()):
            nothing = shift > 0 and not drawn.iloc[row]
            _write_bounds(one, row + shift, ax, lang, otherwise="no_interval" if nothing else "")
    ax.set_yticks(range(len(kps)), kps)
    ax.set_ylim(len(kps) - 0.5, -0.5)
    ax.set_xlim(0, 1.03 * max(1.0, ranges["upper"].max(), second["upper"].max()))
    ax.set_xlabel(label("people", lang))
    ax.tick_params(axis="y", length=0)
    write_number_axis(ax, "x", lang)
    write_title(ax, texts("uncertainty", lang)["interval_title"].format(interval=kind), room=0.7)
    _legend_below(ax, title=textwrap.fill(texts("web", lang)["note_range"], 62))
    return ax


def plot_variance_shares(shares: pd.DataFrame, *, ax: Axes, lang: str = "en") -> Axes:
    """Draw how much of the variance of each national size comes from each factor, and what would help.

    Parameters
    ----------
    shares : pandas.DataFrame
        From `pse.spots.variance.variance_shares`: `kp`, `factor`, `share` (of 1). Leave out the KPs that a
        release hides (`Released.unmapped_kps`). Factors under half a percent in every
        KP are not drawn.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`, about 0.6 inches high for each factor.
    lang : str
        Language of the texts.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`: a group of bars for each factor, one a KP; under its name what to measure better.

    Raises
    ------
    ValueError
        If no KP has a share.
    """
    known = shares[shares["factor"].ne("all")].dropna(subset="share")
    if known.empty:
        raise ValueError("shares must hold a share of some KP; got none. No KP has a random interval.")
    kps = shares["kp"].drop_duplicates().tolist()
    used = set(known.loc[known["share"].abs().ge(SMALLEST), "factor"])
    factors = [name for name in known["factor"].drop_duplicates() if name in used]
    thick = 0.76 / len(kps)
    for place, kp in enumerate(kps):
        share = known[known["kp"].eq(kp)].set_index("factor")["share"].reindex(factors)
        at = [row - 0.38 + thick * (place + 0.5) for row in range(len(factors))]
        _draw_shares(share, at, kp, place, thick, ax, lang)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_yticks(range(len(factors)), [_factor_name(name, lang) for name in factors])
    ax.set_ylim(len(factors) - 0.45, -0.55)
    low, high = min(0.0, known["share"].min()), known["share"].max()
    ax.set_xlim(110 * low, 112 * high)
    ax.set_xlabel(texts("uncertainty", lang)["shares_axis"])
    ax.tick_params(axis="y", length=0)
    write_number_axis(ax, "x", lang)
    write_title(ax, texts("uncertainty", lang)["shares_title"])
    ax.legend(**BESIDE)
    return ax


def plot_coverage(curve: pd.DataFrame, *, ax: Axes, lang: str = "en") -> Axes:
    """Draw how often intervals of each level held the truth, one line per scenario.

    Parameters
    ----------
    curve : pandas.DataFrame
        From `pse.spots.calibration.coverage_curve`: `scenario`, `level`, `intervals`, `cover`,
        `band_lower`, `band_upper`, all shares of 1. The band drawn is that of the fewest intervals.
    ax : matplotlib.axes.Axes
        Axes to draw on.
    lang : str
        Language of the texts.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`. Lines above the diagonal are of intervals that are too wide, lines below of intervals
        that are too narrow.

    Raises
    ------
    ValueError
        If the curve has no rows.
    """
    if curve.empty:
        raise ValueError("curve must hold one scenario or more; got none.")
    words = texts("uncertainty", lang)
    band = curve[curve["intervals"].eq(curve["intervals"].min())]
    band = band[band["scenario"].eq(band["scenario"].iloc[0])]
    level = 100 * band["level"]
    name = textwrap.fill(words["cover_band"].format(count=number(band["intervals"].iloc[0], lang)), 28)
    ax.fill_between(
        level, 100 * band["band_lower"], 100 * band["band_upper"], color=BAND, linewidth=0, label=name
    )
    ax.plot(level, level, color=GREY, linewidth=1, label=textwrap.fill(words["cover_equal"], 28))
    for place, (scenario, rows) in enumerate(curve.groupby("scenario", sort=False)):
        colour, marker, line = KP_STYLES[place % len(KP_STYLES)]
        shown = textwrap.fill(words.get(f"scenario_{scenario}", str(scenario)), 28)
        ax.plot(
            100 * rows["level"], 100 * rows["cover"], label=shown, color=colour, marker=marker,
            linestyle=line, markersize=4, markevery=(5 * place % 7, 7), linewidth=1.4,
        )  # fmt: skip
    ax.set_xlabel(words["cover_x"])
    ax.set_ylabel(words["cover_y"])
    write_number_axis(ax, "x", lang)
    write_number_axis(ax, "y", lang)
    write_title(ax, words["cover_title"])
    ax.legend(**BESIDE)
    return ax


def _check_kinds(ranges: pd.DataFrame, intervals: pd.DataFrame) -> None:
    others = sorted(set(ranges["interval"].dropna()) - {"range"})
    if others:
        raise ValueError(f"ranges must hold ranges only; got {', '.join(others)}. Are the tables swapped?")
    if set(intervals["interval"].dropna()) <= {"range"}:
        raise ValueError(
            "intervals must hold a random interval; got ranges only. "
            'Estimate with interval="bootstrap", and read the notices if no KP has one.'
        )
    if sorted(ranges["kp"]) != sorted(intervals["kp"]):
        raise ValueError(
            f"intervals must have the KPs of ranges ({', '.join(ranges['kp'])}); "
            f"got {', '.join(intervals['kp'])}."
        )


def _kind(table: pd.DataFrame) -> dict[str, float | None]:
    kinds = table.dropna(subset="interval").drop_duplicates(["interval", "level"])
    return dict(zip(kinds["interval"], kinds["level"].astype(float), strict=True))


def _draw_line(table: pd.DataFrame, shift: float, name: str, style: tuple[str, str, str], ax: Axes) -> None:
    point = table["point"].astype(float)
    ends = [(point - table["lower"]).clip(lower=0), (table["upper"] - point).clip(lower=0)]
    colour, marker, _ = style
    look: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": "", "markersize": 5, "capsize": 3}
    ax.errorbar(
        point, [row + shift for row in range(len(table))], xerr=ends, label=name, elinewidth=1.6, **look
    )


def _write_bounds(one: pd.Series, at: float, ax: Axes, lang: str, *, otherwise: str) -> None:
    known = not pd.isna(one["point"])
    if known:
        text = label(
            "bounds_short", lang, **{end: number(one[end], lang) for end in ("point", "lower", "upper")}
        )
    else:
        text = texts("uncertainty", lang)[otherwise] if otherwise else label("hidden", lang)
    place: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": 7.5}
    ax.text(1.02, at, text, color=INK if known else GREY, **place)


def _legend_below(ax: Axes, *, title: str) -> None:
    shift = ScaledTranslation(0, -0.5, ax.figure.dpi_scale_trans)  # inches: below the axis label
    below: dict[str, Any] = {"bbox_to_anchor": (0.0, 0.0), "bbox_transform": ax.transAxes + shift}
    ax.legend(title=title, title_fontsize=8, **BESIDE | below)


def _factor_name(factor: str, lang: str) -> str:
    words = texts("uncertainty", lang)
    name = textwrap.fill(words[f"factor_{factor}"], 34)
    advice = words.get(f"advice_{factor}")
    return name if advice is None else f"{name}\n" + textwrap.fill(f"\N{RIGHTWARDS ARROW} {advice}", 34)


def _draw_shares(
    share: pd.Series, at: list[float], kp: str, place: int, thick: float, ax: Axes, lang: str
) -> None:
    colour = KP_STYLES[place % len(KP_STYLES)][0]
    if share.isna().all():
        name = textwrap.fill(f"{kp} ({texts('uncertainty', lang)['no_interval']})", 24)
        ax.add_artist(Patch(color=PALE, label=name))
        return
    look: dict[str, Any] = {"color": colour, "edgecolor": "white", "hatch": HATCHES[place % len(HATCHES)]}
    ax.barh(at, 100 * share, height=thick, linewidth=0.6, label=kp, **look)
    for y, value in zip(at, share, strict=True):
        text = _percent(value, lang)
        ax.annotate(
            text,
            (100 * max(value, 0), y),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
        )


def _percent(share: float, lang: str) -> str:
    sign = "\N{MINUS SIGN}" if round(100 * share) < 0 else ""
    return f"{sign}{number(abs(100 * share), lang)}%"
