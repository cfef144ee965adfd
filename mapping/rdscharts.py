"""Charts for whoever reads a respondent-driven sample: has it forgotten its seeds, are its chains apart?

They are for the analyst, in English only; no identifier is drawn. Their data come from
`pse.methods.rds_checks` and `pse.methods.rds_transitions`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from mapping.style import BESIDE, GREY, INK, KP_STYLES, PALE, write_title

__all__ = ["plot_bottleneck", "plot_convergence_path", "plot_recruitment_matrix", "plot_recruitment_trees"]


def plot_convergence_path(path: pd.DataFrame, *, title: str, ax: Axes) -> Axes:
    """Draw the share after each recruitment, and its last value.

    Parameters
    ----------
    path : pandas.DataFrame
        From `convergence_path`: `people`, `share`.
    title : str
        Title of the chart.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`. A line that still climbs or falls at its end has not forgotten the seeds.
    """
    colour = KP_STYLES[0][0]
    ax.plot(path["people"], path["share"], color=colour, linewidth=1.4, label="share so far")
    ax.axhline(path["share"].iloc[-1], color=INK, linewidth=0.8, linestyle="--", label="share of all")
    _finish_shares(ax, title, most=int(path["people"].iloc[-1]))
    ax.set_xlabel("people recruited")
    ax.legend(**BESIDE)
    return ax


def plot_bottleneck(paths: pd.DataFrame, *, title: str, ax: Axes) -> Axes:
    """Draw the share after each recruitment within each chain.

    Parameters
    ----------
    paths : pandas.DataFrame
        From `bottleneck_paths`: `chain`, `people`, `share`.
    title : str
        Title of the chart.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`, one line for each chain, the largest first; a chain of one person is a dot. Lines that
        stay apart tell of parts of the KP that hardly recruit from each other.
    """
    for place, (number, rows) in enumerate(paths.groupby("chain", sort=True)):
        colour, marker, _ = KP_STYLES[place % len(KP_STYLES)]
        line = KP_STYLES[(place + place // len(KP_STYLES)) % len(KP_STYLES)][2]
        name = f"{number} ({len(rows)} people)"
        ax.plot(rows["people"], rows["share"], color=colour, linestyle=line, linewidth=1.2, label=name)
        ax.plot(rows["people"].iloc[-1:], rows["share"].iloc[-1:], marker, color=colour, markersize=4)
    _finish_shares(ax, title, most=int(paths["people"].max()))
    ax.set_xlabel("people recruited in the chain")
    ax.legend(title="chain", **BESIDE)
    return ax


def plot_recruitment_matrix(counts: pd.DataFrame, *, homophily: float, title: str, ax: Axes) -> Axes:
    """Draw who recruited whom by trait: the part of each group's recruits, and their number.

    Parameters
    ----------
    counts : pandas.DataFrame
        From `transitions`, recruiters in rows.
    homophily : float
        From `recruitment_homophily`; written after the title.
    title : str
        Title of the chart.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`. Rows that look alike mean that groups do not matter for recruitment.
    """
    table = counts.to_numpy(dtype=float)
    part = np.divide(table, table.sum(axis=1, keepdims=True), out=np.zeros_like(table), where=table > 0)
    ax.imshow(part, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(part):
        text = f"{100 * share:.0f}%\n{table[row, column]:.0f}"
        ax.text(column, row, text, ha="center", va="center", color="white" if share > 0.6 else INK)
    ax.set_xticks(range(len(counts.columns)), list(counts.columns))
    ax.set_yticks(range(len(counts.index)), list(counts.index))
    ax.set_xlabel("recruit")
    ax.set_ylabel("recruiter")
    ax.tick_params(length=0)
    write_title(ax, f"{title}: homophily {homophily:.2f} (1 is none)")
    return ax


def plot_recruitment_trees(
    places: pd.DataFrame, *, groups: pd.Series, sizes: np.ndarray, title: str, ax: Axes
) -> Axes:
    """Draw the recruitment trees, seeds on top, a mark for each person in the style of their group.

    Parameters
    ----------
    places : pandas.DataFrame
        From `tree_places`: `across`, `wave`, `recruiter`.
    groups : pandas.Series
        Value of a trait of each person, in the same order.
    sizes : numpy.ndarray, shape (people,)
        What the area of a mark stands for, such as the degree.
    title : str
        Title of the chart.
    ax : matplotlib.axes.Axes
        Axes of a figure with `layout="constrained"`, wide enough for the people without recruits.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.
    """
    spots = places[["across", "wave"]].to_numpy(dtype=float)
    recruit = np.flatnonzero(places["recruiter"].to_numpy() >= 0)
    links = np.stack([spots[places["recruiter"].to_numpy()[recruit]], spots[recruit]], axis=1)
    ax.add_collection(LineCollection(list(links), colors=GREY, linewidths=0.5, zorder=1))
    area = 4 + 40 * np.asarray(sizes, dtype=float) / max(float(np.max(sizes)), 1e-12)
    names = groups.astype(str).to_numpy()
    for place, name in enumerate(sorted(set(names))):
        colour, marker, _ = KP_STYLES[place % len(KP_STYLES)]
        mine = names == name
        ax.scatter(
            spots[mine, 0], spots[mine, 1], s=area[mine], c=colour, marker=marker, linewidths=0.3,
            edgecolors="white", label=name, zorder=2,
        )  # fmt: skip
    ax.set_ylim(places["wave"].max() + 0.5, -0.5)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel("wave")
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    write_title(ax, title)
    ax.legend(title=str(groups.name or ""), **BESIDE)
    return ax


def _finish_shares(ax: Axes, title: str, *, most: int) -> None:
    ax.set_xlim(0, 1.02 * most)
    ax.set_ylim(0, 1)
    ax.set_ylabel("share")
    ax.grid(axis="y", color=PALE, linewidth=0.6)
    ax.set_axisbelow(True)
    write_title(ax, title)
