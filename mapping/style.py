"""Colours, type and legend place that all maps and charts share."""

from __future__ import annotations

import textwrap
from typing import Any

from matplotlib.axes import Axes

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
    "text.parse_math": False,
    "hatch.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
BESIDE: dict[str, Any] = {
    "loc": "upper left",
    "bbox_to_anchor": (1.02, 1.0),
    "borderaxespad": 0.0,
    "frameon": False,
    "alignment": "left",
}
"""A legend to the right of the axes."""


def write_title(ax: Axes, title: str) -> None:
    """Write the title at the left, wrapped to the width of the figure."""
    ax.set_title(_wrapped(ax, title, size=11), loc="left", fontsize=11, fontweight="bold", color=INK)


def write_footer(ax: Axes, text: str) -> None:
    """Write a line under axes without tick labels, wrapped to the width of the figure."""
    ax.text(
        0,
        -0.02,
        _wrapped(ax, text, size=7.5),
        transform=ax.transAxes,
        va="top",
        fontsize=7.5,
        color="#444444",
    )


def _wrapped(ax: Axes, text: str, *, size: float) -> str:
    points = 72 * ax.figure.bbox.width / ax.figure.get_dpi() * 0.9
    return textwrap.fill(text, max(20, int(points / (0.56 * size))))
