"""Charts for whoever fits the hierarchical model: does it make records like those at hand, did it converge?

They are for the analyst, in English only, and show no place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mapping.style import BESIDE, GREY, INK, KP_STYLES, write_title

ENDS = ("lower", "quarter", "middle", "three_quarters", "upper")
WIDE = 8.0
COARSE = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
FINE = (0.25, 0.5, 0.8, 1, 1.25, 2, 4)
"""Numbers on the axis of ratios when it is wider than `WIDE` times, and when it is not."""

LARGEST_SHOWN = 20.0
"""Drawn figures further than this many times above or below the recorded one end at the edge."""


def plot_predictive(table: pd.DataFrame, *, title: str, ax: Axes) -> Axes:
    """Draw figures of records that the model makes, over the recorded ones: 1 is agreement.

    Parameters
    ----------
    table : pandas.DataFrame
        From `pse.spots.model_checks.predictive_table`, of draws from the prior or the posterior.
    title : str
        Title of the chart: say which of the two it is.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`, about 0.6 inches high for each check.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`: for each check and KP a thin line from the 5 % to the 95 % quantile of the drawn
        figures, a thick one for the middle half, a marker at the median. A thin line that misses 1 says
        that the model does not make such records.

    Raises
    ------
    ValueError
        If the table has no row with a recorded figure above 0.
    """
    shown = table[table["recorded"] > 0]
    if shown.empty:
        raise ValueError("table must have a recorded figure above 0; got none.")
    checks = list(dict.fromkeys(shown["check"]))
    kps = list(dict.fromkeys(shown["kp"]))
    for place, kp in enumerate(kps):
        of_kp = shown[shown["kp"] == kp]
        shift = (place - (len(kps) - 1) / 2) * 0.6 / len(kps)
        _draw_quantiles(of_kp, checks, shift, KP_STYLES[place % len(KP_STYLES)], kp, ax)
    ax.axvline(1, color=INK, linewidth=0.8)
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    low, high = max(low, 1 / LARGEST_SHOWN), min(high, LARGEST_SHOWN)
    ticks = [tick for tick in (COARSE if high / low > WIDE else FINE) if low <= tick <= high]
    ax.set_xlim(low, high)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    _finish(checks, "drawn / recorded", title, ax)
    ax.legend(title="KP", **BESIDE)
    return ax


def plot_convergence(diagnostics: pd.DataFrame, *, largest: float, title: str, ax: Axes) -> Axes:
    """Draw R-hat of every parameter and the limit above which nothing is reported.

    Parameters
    ----------
    diagnostics : pandas.DataFrame
        `parameter, kp, of, r_hat, effective_draws`, from `StudyEstimates.diagnostics`.
    largest : float
        The limit, `pse.spots.model.LARGEST_R_HAT`.
    title : str
        Title of the chart.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`, about 0.16 inches high for each row.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`; the effective draws stand to the right.

    Raises
    ------
    ValueError
        If there is no row: nothing was sampled.
    """
    if diagnostics.empty:
        raise ValueError("diagnostics must have a row for each parameter; got none. Nothing was sampled.")
    r_hat = diagnostics["r_hat"].to_numpy(dtype=float)
    rows = np.arange(len(r_hat))
    fine = r_hat <= largest
    for keep, (colour, marker, _), name in (
        (fine, KP_STYLES[0], "within the limit"),
        (~fine, KP_STYLES[1], "above it"),
    ):
        if keep.any():
            ax.plot(r_hat[keep], rows[keep], marker, color=colour, markersize=4, label=name)
    ax.axvline(largest, color=INK, linewidth=0.8, linestyle="--")
    ax.set_xlim(min(0.995, r_hat.min() - 0.002), max(largest + 0.005, np.nanmax(r_hat) + 0.005))
    right: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "va": "center", "fontsize": 7}
    for row, draws in enumerate(diagnostics["effective_draws"]):
        ax.text(1.02, row, f"{draws:,.0f}", color=GREY, **right)
    ax.text(1.02, -1.4, "effective draws", color=GREY, **right)
    names = [_name(row) for _, row in diagnostics.iterrows()]
    _finish(names, "R-hat", title, ax)
    ax.tick_params(axis="y", labelsize=7)
    if not fine.all():
        ax.legend(loc="upper right", bbox_to_anchor=(1.0, -0.04), fontsize=7, frameon=False)
    return ax


def _draw_quantiles(
    of_kp: pd.DataFrame, checks: list[str], shift: float, style: tuple[str, str, str], kp: str, ax: Axes
) -> None:
    colour, marker, _ = style
    rows = np.array([checks.index(name) for name in of_kp["check"]]) + shift
    over = {
        name: of_kp[name].to_numpy(dtype=float) / of_kp["recorded"].to_numpy(dtype=float) for name in ENDS
    }
    clear = {name: np.clip(values, 1 / LARGEST_SHOWN, LARGEST_SHOWN) for name, values in over.items()}
    ax.hlines(rows, clear["lower"], clear["upper"], color=colour, linewidth=1)
    ax.hlines(rows, clear["quarter"], clear["three_quarters"], color=colour, linewidth=3)
    ax.plot(clear["middle"], rows, marker, color=colour, markersize=4.5, markeredgecolor="white", label=kp)


def _name(row: pd.Series) -> str:
    name = str(row["parameter"]).replace("_", " ")
    if row["of"] > 1:
        return f"{name} (worst of {row['of']})"
    return f"{name}, {row['kp']}" if row["kp"] != "all" else name


def _finish(names: list[str], axis: str, title: str, ax: Axes) -> None:
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="#d8d8d8", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(axis)
    write_title(ax, title)
