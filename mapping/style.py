"""Colours, type, legend place and file settings that all maps and charts share."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from mapping.labels import number, texts

INK, GREY, PALE = "#222222", "#767676", "#ececec"
# Colours of Okabe and Ito, safe for colour-blind readers; marker and line differ too, for print in grey.
KP_STYLES = (
    ("#0072b2", "o", "-"),
    ("#d55e00", "s", "--"),
    ("#009e73", "^", "-."),
    ("#000000", "D", ":"),
    ("#cc79a7", "v", "-"),
    ("#56b4e9", "P", "--"),
    ("#b8860b", "X", "-."),
)
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "font.family": "DejaVu Sans",  # comes with matplotlib and has the letters of all six languages
    "text.parse_math": False,
    "hatch.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "maps",  # the same drawing gives the same file
}
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    "svg": {"Creator": None, "Date": None},
}
"""Nothing about software, author or date in the file, by format."""

BESIDE: dict[str, Any] = {
    "loc": "upper left",
    "bbox_to_anchor": (1.02, 1.0),
    "borderaxespad": 0.0,
    "frameon": False,
    "alignment": "left",
}
"""A legend to the right of the axes."""


def label(key: str, lang: str, **fill: str) -> str:
    """Return a text of maps and charts in one language, with its names filled in."""
    return texts("maps", lang)[key].format(**fill)


def known_label(key: str, lang: str, otherwise: str) -> str:
    """Return a text that there may not be, such as that of a step or denominator of one's own."""
    return texts("maps", lang).get(key, otherwise)


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure in inches, and axes that leave room for what stands beside them."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def write_title(ax: Axes, title: str, *, room: float = 1.0) -> None:
    """Write the title at the left, wrapped to the width of the figure, or to a share of it."""
    ax.set_title(
        _wrapped(ax, title, size=11, room=room), loc="left", fontsize=11, fontweight="bold", color=INK
    )


def write_footer(ax: Axes, text: str) -> None:
    """Write a line under axes without tick labels, wrapped to the width of the figure."""
    place: dict[str, Any] = {"transform": ax.transAxes, "va": "top", "fontsize": 7.5, "color": "#444444"}
    ax.text(0, -0.02, _wrapped(ax, text, size=7.5), **place)


def write_source(figure: Figure, text: str) -> None:
    """Write the source at the foot of a figure with `layout="constrained"`, under all its axes."""
    if text:
        wide = int(16 * figure.bbox.width / figure.get_dpi())
        figure.supxlabel(textwrap.fill(text, wide), x=0.01, ha="left", fontsize=7.5, color="#444444")


def write_number_axis(ax: Axes, axis: Literal["x", "y"], lang: str) -> None:
    """Give the axis of the numbers separators of thousands, few ticks and a pale grid."""
    numbers = ax.xaxis if axis == "x" else ax.yaxis
    most = 7 if axis == "y" else 5 if ax.get_xlim()[1] < 1_000_000 else 3  # long numbers side by side
    numbers.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10], integer=True))
    numbers.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang)))
    ax.grid(axis=axis, color="#d8d8d8", linewidth=0.6)
    ax.set_axisbelow(True)


def interval_name(kinds: Mapping[str, float | None], lang: str) -> str:
    """Return what lower and upper are, in words; a range is never called a confidence interval.

    Parameters
    ----------
    kinds : mapping of str to float or None
        `interval` -> `level`, of what is drawn.
    lang : str
        Language.
    """
    words = [_interval_words(kind, level, lang) for kind, level in kinds.items()]
    return ", ".join(words) or label("bounds", lang)


def _interval_words(kind: str, level: float | None, lang: str) -> str:
    if kind == "range" or level is None:
        return label("range", lang)
    return label(kind, lang, level=f"{100 * level:.6g}".replace(".", number(0.5, lang, decimals=1)[1]))


def _wrapped(ax: Axes, text: str, *, size: float, room: float = 1.0) -> str:
    points = 72 * ax.figure.bbox.width / ax.figure.get_dpi() * 0.9 * room
    return textwrap.fill(text, max(20, int(points / (0.6 * size))))


wrap_short = partial(textwrap.fill, width=24)
"""Wrap a text that stands beside a map."""
