"""Charts of the estimates: days of the week, and the waterfall of the corrections."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from mapping.style import BESIDE, GREY, INK, KP_STYLES, PALE, write_title

TOTAL, MORE, LESS = "#9a9a9a", "#0072b2", "#f0b860"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STEP_LABELS = {
    "level1": "Named at level 1",
    "inactive": "Inactive, not found or duplicate",
    "validated": "Sizes counted at level 2",
    "new": "New spots found at level 2",
    "ratio": "Spots not visited (ratio)",
    "duplication": "Same people at several spots",
    "nonspot": "People outside spots",
    "virtual": "People met only online",
    "override": "Override, with its reason",
}


def plot_days(days: pd.DataFrame, *, kps: Sequence[str], ax: Axes) -> Axes:
    """Draw the people at geographic spots by day of the week, one line per KP with whiskers.

    Parameters
    ----------
    days : pandas.DataFrame
        The `.days` table: `kp`, `day` (mon to sun), `weekend`, `point`, `lower`, `upper` (people) and
        `interval`, `level`. Blank numbers leave a gap.
    kps : sequence of str
        The KPs to draw, in this order.
    ax : matplotlib.axes.Axes
        Axes to draw on.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    ValueError
        If a KP has no row in `days`.
    """
    absent = [kp for kp in kps if kp not in set(days["kp"])]
    if absent or not kps:
        raise ValueError(f"kps must be in the table of days; got {', '.join(absent) or 'none'}.")
    free = set(days.loc[days["weekend"].eq(True), "day"])
    weekend = [place for place, day in enumerate(DAYS) if day in free]
    for place in weekend:
        ax.axvspan(place - 0.5, place + 0.5, color=PALE, linewidth=0, zorder=0)
    for place, kp in enumerate(kps):
        rows = days[days["kp"].eq(kp)].set_index("day").reindex(list(DAYS))
        _draw_days(rows, kp, place=place, of=len(kps), ax=ax)
    ax.set_xticks(range(len(DAYS)), [day.capitalize() for day in DAYS])
    ax.set_xlim(-0.5, len(DAYS) - 0.5)
    ax.set_ylim(bottom=0)
    ax.set_ylabel("people at spots on that day")
    _tidy(ax, "y")
    write_title(ax, "People at spots by day of the week")
    handles = ax.get_legend_handles_labels()[0] + ([Patch(color=PALE, label="weekend")] if weekend else [])
    ax.legend(handles=handles, title=f"whiskers:\n{_interval_name(days[days['kp'].isin(kps)])}", **BESIDE)
    return ax


def waterfall_bars(steps: pd.DataFrame, kp: str) -> pd.DataFrame:
    """Sum the running totals of one KP over municipalities and return the bars of the waterfall.

    Parameters
    ----------
    steps : pandas.DataFrame
        The `.steps` table: `municipality`, `kp`, `order`, `step` and `point`, `lower`, `upper`, the
        running total after the step, in people. Without a column `municipality` it is national
        already. A municipality without a row for a step keeps its total.
    kp : str
        The KP.

    Returns
    -------
    pandas.DataFrame
        One row per step in order, then the row `total`: `step`, `label`, `start`, `end`, `change`
        (end - start), and `lower`, `upper` of the running total. People, unrounded.

    Raises
    ------
    ValueError
        If the KP has no steps, or a number is blank: a sum over hidden numbers would be too small.
    """
    rows = steps[steps["kp"].eq(kp)]
    if rows.empty:
        raise ValueError(f"kp must have rows in steps; got {kp!r}.")
    if rows[["point", "lower", "upper"]].isna().any(axis=None):
        raise ValueError(
            f"steps must have no blank number for a waterfall; got some for {kp}. "
            "Sum the steps over municipalities before small numbers are hidden."
        )
    rows = rows if "municipality" in rows else rows.assign(municipality="")
    names = rows.drop_duplicates("order").set_index("order")["step"].sort_index()
    bars = pd.DataFrame({number: _running_total(rows, number) for number in ("point", "lower", "upper")})
    bars = bars.assign(step=names, start=bars["point"].shift(fill_value=0.0)).rename(columns={"point": "end"})
    last = bars.tail(1).assign(step="total", start=0.0)
    bars = pd.concat([bars, last], ignore_index=True)
    bars["change"] = bars["end"] - bars["start"]
    bars["label"] = [
        STEP_LABELS.get(step, f"Size of {kp}" if step == "total" else step) for step in bars["step"]
    ]
    return bars[["step", "label", "start", "end", "change", "lower", "upper"]]


def plot_waterfall(steps: pd.DataFrame, *, ax: Axes, kp: str) -> Axes:
    """Draw what each correction adds or takes away, from the first names to the size of a KP.

    Parameters
    ----------
    steps : pandas.DataFrame
        The `.steps` table; `waterfall_bars` sums it.
    ax : matplotlib.axes.Axes
        Axes to draw on.
    kp : str
        The KP.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    ValueError
        As `waterfall_bars` does.
    """
    bars = waterfall_bars(steps, kp)
    for place, bar in enumerate(bars.to_dict("records")):
        _draw_bar(bar, place, ax, whole=place in (0, len(bars) - 1))
    for place, end in enumerate(bars["end"].iloc[:-1]):
        ax.plot([end, end], [place + 0.31, place + 0.69], color=GREY, linewidth=0.8)
    total = bars.iloc[-1]
    whisker = [[max(0.0, total["end"] - total["lower"])], [max(0.0, total["upper"] - total["end"])]]
    ax.errorbar([total["end"]], [len(bars) - 1], xerr=whisker, color=INK, capsize=4, linewidth=1.2)
    ax.set_yticks(range(len(bars)), [textwrap.fill(label, 34) for label in bars["label"]])
    ax.set_ylim(len(bars) - 0.5, -0.5)
    ax.set_xlim(0, 1.02 * max(total["upper"], bars["end"].max(), 1))
    ax.set_xlabel("people (whisker: lower to upper)")
    ax.tick_params(axis="y", length=0)
    _tidy(ax, "x")
    write_title(ax, f"{kp}: from the names at level 1 to the size")
    return ax


def _running_total(rows: pd.DataFrame, number: str) -> pd.Series:
    """Sum over municipalities by order; where a step has no row, the total before it stands."""
    wide = rows.pivot(index="order", columns="municipality", values=number)  # noqa: PD010, twice must raise
    return wide.sort_index().ffill().fillna(0.0).sum(axis=1)


def _draw_days(rows: pd.DataFrame, kp: str, *, place: int, of: int, ax: Axes) -> None:
    colour, marker, line = KP_STYLES[place % len(KP_STYLES)]
    shift = min(0.12, 0.6 / of) * (place - (of - 1) / 2)
    point = rows["point"].astype(float)
    whiskers = [(point - rows["lower"]).clip(lower=0), (rows["upper"] - point).clip(lower=0)]
    label = f"{kp} (hidden: small number)" if point.isna().all() else kp
    ax.errorbar(
        [number + shift for number in range(len(rows))], point, yerr=whiskers, label=label, color=colour,
        marker=marker, linestyle=line, markersize=5, linewidth=1.4, elinewidth=1, capsize=3,
    )  # fmt: skip


def _draw_bar(bar: dict[Any, Any], place: int, ax: Axes, *, whole: bool) -> None:
    colour = TOTAL if whole else MORE if bar["change"] >= 0 else LESS
    ax.barh(place, bar["change"], left=bar["start"], height=0.62, color=colour, edgecolor=INK, linewidth=0.5)
    text, edge = _signed(bar["change"]), max(bar["start"], bar["end"])
    if whole:
        text = f"{bar['end']:,.0f}"
    if bar["step"] == "total":
        text, edge = f"{text} ({bar['lower']:,.0f} to {bar['upper']:,.0f})", max(edge, bar["upper"])
    ax.annotate(text, (edge, place), xytext=(5, 0), textcoords="offset points", va="center", color=INK)


def _signed(change: float) -> str:
    return "0" if round(change) == 0 else f"{change:+,.0f}".replace("-", "\N{MINUS SIGN}")


def _tidy(ax: Axes, axis: Literal["x", "y"]) -> None:
    """Give the axis of the numbers thousands separators, few ticks and a pale grid."""
    numbers = ax.xaxis if axis == "x" else ax.yaxis
    most = 7 if axis == "y" else 5 if ax.get_xlim()[1] < 1_000_000 else 3  # long numbers side by side
    numbers.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10], integer=True))
    numbers.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.grid(axis=axis, color="#d8d8d8", linewidth=0.6)
    ax.set_axisbelow(True)


def _interval_name(table: pd.DataFrame) -> str:
    """Return what lower and upper are, in words; a range is never called a confidence interval."""
    kinds = table[["interval", "level"]].drop_duplicates().dropna(subset="interval").itertuples(index=False)
    words = [
        "lower to upper (range)" if kind == "range" else f"{level:.0%} {kind} interval"
        for kind, level in kinds
    ]
    return ", ".join(words) or "lower to upper"
