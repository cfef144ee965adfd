"""Charts for whoever reads a size off a model of a survey: what the survey added, does the model fit?

They are for the analyst, in English only, and show no place.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from mapping.style import GREY, INK, KP_STYLES, PALE, write_number_axis, write_title

__all__ = ["plot_predictive_degrees", "plot_prior_and_posterior"]

EXTREME = 0.025  # on both sides: the shaded part of the axis


def plot_prior_and_posterior(table: pd.DataFrame, *, title: str, ax: Axes) -> Axes:
    """Draw what was believed of a size before the survey, and after it.

    Parameters
    ----------
    table : pandas.DataFrame
        From `pse.methods.successive_sampling_checks.size_curves`.
    title : str
        Title of the chart.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`: the prior filled grey, the posterior as a line. Where they lie on each other, the
        survey told nothing.

    Raises
    ------
    ValueError
        If the table has no row.
    """
    if table.empty:
        raise ValueError("table must have a row for each bin; got none.")
    edges = [*table["lower"], table["upper"].iloc[-1]]
    wide = table["upper"] - table["lower"]
    colour = KP_STYLES[0][0]
    ax.stairs(table["prior"] / wide, edges, fill=True, color="#c8c8c8", label="before the survey (prior)")
    ax.stairs(table["posterior"] / wide, edges, color=colour, linewidth=1.8, label="after it (posterior)")
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(bottom=0)
    ax.set_xlabel("people in the population")
    ax.set_ylabel("probability")
    ax.set_yticks([])
    write_number_axis(ax, "x", "en")
    write_title(ax, title)
    ax.legend(frameon=False, loc="upper right")
    return ax


def plot_predictive_degrees(table: pd.DataFrame, *, title: str, ax: Axes) -> Axes:
    """Draw where the figures of a survey lie among those of surveys that the fitted model makes.

    Parameters
    ----------
    table : pandas.DataFrame
        From `pse.methods.successive_sampling_checks.predictive_degrees`.
    title : str
        Title of the chart.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`, about 0.4 inches high for each row.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`: one point for each figure, at the share of made surveys below the recorded one; the
        grey parts are the outermost 2.5 %. Recorded figure and interval stand to the right.

    Raises
    ------
    ValueError
        If the table has no row.
    """
    if table.empty:
        raise ValueError("table must have a row for each check; got none.")
    for low, high in ((0, EXTREME), (1 - EXTREME, 1)):
        ax.axvspan(low, high, color=PALE, linewidth=0)
    ax.axvline(0.5, color=GREY, linewidth=0.6)
    ax.plot(table["p"], range(len(table)), "o", color=KP_STYLES[0][0], clip_on=False)
    for row, (_, one) in enumerate(table.iterrows()):
        figures = f"{one['recorded']:.3g} ({one['lower']:.3g} to {one['upper']:.3g})"
        ax.text(1.03, row, figures, transform=ax.get_yaxis_transform(), va="center", fontsize=8, color=INK)
    ax.text(1.03, -0.8, "recorded (made)", transform=ax.get_yaxis_transform(), fontsize=8, color=GREY)
    several = len(set(table["survey"])) > 1
    names = [f"{one.check}, survey {one.survey}" if several else one.check for one in table.itertuples()]
    ax.set_yticks(range(len(table)), [str(name) for name in names])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.set_xlabel("share of made surveys below the recorded one")
    ax.tick_params(axis="y", length=0)
    write_title(ax, title)
    return ax
