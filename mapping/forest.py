"""Several estimates below each other, each with its bounds."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from mapping.labels import number
from mapping.style import BESIDE, GREY, INK, KP_STYLES, interval_name, label, write_number_axis, write_title
from pse.estimate import Estimate


def plot_forest(estimates: Mapping[str, Estimate | None], *, title: str, ax: Axes, lang: str = "en") -> Axes:
    """Draw several sizes below each other, such as methods, rounds, studies or municipalities.

    Parameters
    ----------
    estimates : mapping of str to Estimate or None
        Name -> estimate, from top to bottom; None is hidden for its size.
    title : str
        Title of the chart.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`, about 0.2 inches high for each estimate.
    lang : str
        Language of the texts.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`. Each kind of interval has a marker of its own, named in the legend: a range is
        not a confidence interval. Numbers stand to the right.

    Raises
    ------
    ValueError
        If there are no estimates.
    """
    if not estimates:
        raise ValueError("estimates must hold one or more; got none.")
    shown = {place: one for place, one in enumerate(estimates.values()) if one is not None}
    kinds = list(dict.fromkeys((one.interval, one.level) for one in shown.values()))
    for place, kind in enumerate(kinds):
        rows = {row: one for row, one in shown.items() if (one.interval, one.level) == kind}
        _draw_kind(rows, KP_STYLES[place % len(KP_STYLES)], interval_name(dict([kind]), lang), ax)
    for row, one in enumerate(estimates.values()):
        _write_number(row, one, ax, lang)
    ax.set_yticks(range(len(estimates)), [textwrap.fill(name, 34) for name in estimates])
    ax.set_ylim(len(estimates) - 0.4, -0.6)
    ax.set_xlim(0, 1.03 * max([1.0, *[one.upper for one in shown.values()]]))
    ax.set_xlabel(label("people", lang))
    ax.tick_params(axis="y", length=0)
    write_number_axis(ax, "x", lang)
    write_title(ax, title, room=0.7)
    if kinds:
        shift = ScaledTranslation(0, -0.5, ax.figure.dpi_scale_trans)  # inches: below the axis label
        below: dict[str, Any] = {"bbox_to_anchor": (0.0, 0.0), "bbox_transform": ax.transAxes + shift}
        ax.legend(**BESIDE | below)
    return ax


def _draw_kind(rows: Mapping[int, Estimate], style: tuple[str, str, str], name: str, ax: Axes) -> None:
    point = [one.point for one in rows.values()]
    ends = [
        [one.point - one.lower for one in rows.values()],
        [one.upper - one.point for one in rows.values()],
    ]
    colour, marker, _ = style
    look: dict[str, Any] = {
        "color": colour,
        "marker": marker,
        "markersize": 4.5,
        "linestyle": "",
        "capsize": 2,
    }
    ax.errorbar(point, list(rows), xerr=ends, label=name, elinewidth=1.1, **look)


def _write_number(row: int, one: Estimate | None, ax: Axes, lang: str) -> None:
    text = label("hidden", lang)
    if one is not None:
        numbers = {name: number(getattr(one, name), lang) for name in ("point", "lower", "upper")}
        text = label("bounds_short", lang, **numbers)
    place: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": 7.5}
    ax.text(1.02, row, text, color=GREY if one is None else INK, **place)
