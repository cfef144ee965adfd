"""Charts of the estimates: days of the week, and the waterfall of the corrections."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from mapping.labels import number, texts
from mapping.style import (
    BESIDE,
    GREY,
    INK,
    KP_STYLES,
    PALE,
    interval_name,
    known_label,
    label,
    write_number_axis,
    write_title,
)
from pse.records.tables import DAYS

TOTAL, MORE, LESS = "#9a9a9a", "#0072b2", "#f0b860"


def plot_days(days: pd.DataFrame, *, kps: Sequence[str], ax: Axes, lang: str = "en") -> Axes:
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
    lang : str
        Language of the texts; one of `mapping.labels.LANGUAGES`.

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
        _draw_days(rows, kp, place=place, of=len(kps), ax=ax, lang=lang)
    words = texts("days", lang)
    ax.set_xticks(range(len(DAYS)), [words[f"short_{day}"] for day in DAYS])
    ax.set_xlim(-0.5, len(DAYS) - 0.5)
    ax.set_ylim(bottom=0)
    ax.set_ylabel(label("days_axis", lang))
    write_number_axis(ax, "y", lang)
    write_title(ax, label("days_title", lang))
    rest = [Patch(color=PALE, label=label("weekend", lang))] if weekend else []
    kinds = interval_name(_kinds(days[days["kp"].isin(kps)]), lang)
    heading = f"{label('whiskers', lang)}\n{textwrap.fill(kinds, 24)}"
    ax.legend(handles=ax.get_legend_handles_labels()[0] + rest, title=heading, **BESIDE)
    return ax


def waterfall_bars(steps: pd.DataFrame, kp: str, lang: str = "en") -> pd.DataFrame:
    """Sum the running totals of one KP over municipalities and return the bars of the waterfall.

    Parameters
    ----------
    steps : pandas.DataFrame
        The `.steps` table: `municipality`, `kp`, `order`, `step` and `point`, `lower`, `upper`, the
        running total after the step, in people. Without a column `municipality` it is national
        already. A municipality without a row for a step keeps its total.
    kp : str
        The KP.
    lang : str
        Language of `label`.

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
    bars["label"] = [known_label(f"step_{step}", lang, step).format(kp=kp) for step in bars["step"]]
    return bars[["step", "label", "start", "end", "change", "lower", "upper"]]


def plot_waterfall(steps: pd.DataFrame, *, ax: Axes, kp: str, lang: str = "en") -> Axes:
    """Draw what each correction adds or takes away, from the first names to the size of a KP.

    Parameters
    ----------
    steps : pandas.DataFrame
        The `.steps` table; `waterfall_bars` sums it.
    ax : matplotlib.axes.Axes
        Axes to draw on.
    kp : str
        The KP.
    lang : str
        Language of the texts.

    Returns
    -------
    matplotlib.axes.Axes
        The same `ax`.

    Raises
    ------
    ValueError
        As `waterfall_bars` does.
    """
    bars = waterfall_bars(steps, kp, lang)
    for place, bar in enumerate(bars.to_dict("records")):
        _draw_bar(bar, place, ax, whole=place in (0, len(bars) - 1), lang=lang)
    for place, end in enumerate(bars["end"].iloc[:-1]):
        ax.plot([end, end], [place + 0.31, place + 0.69], color=GREY, linewidth=0.8)
    total = bars.iloc[-1]
    whisker = [[max(0.0, total["end"] - total["lower"])], [max(0.0, total["upper"] - total["end"])]]
    ax.errorbar([total["end"]], [len(bars) - 1], xerr=whisker, color=INK, capsize=4, linewidth=1.2)
    ax.set_yticks(range(len(bars)), [textwrap.fill(text, 30) for text in bars["label"]])
    ax.set_ylim(len(bars) - 0.5, -0.5)
    ax.set_xlim(0, 1.02 * max(total["upper"], bars["end"].max(), 1))
    ax.set_xlabel(label("waterfall_axis", lang))
    ax.tick_params(axis="y", length=0)
    write_number_axis(ax, "x", lang)
    write_title(ax, label("waterfall_title", lang, kp=kp), room=0.7)
    return ax


def _running_total(rows: pd.DataFrame, number: str) -> pd.Series:
    """Sum over municipalities by order; where a step has no row, the total before it stands."""
    wide = rows.pivot(index="order", columns="municipality", values=number)  # noqa: PD010, twice must raise
    return wide.sort_index().ffill().fillna(0.0).sum(axis=1)


def _draw_days(rows: pd.DataFrame, kp: str, *, place: int, of: int, ax: Axes, lang: str) -> None:
    colour, marker, line = KP_STYLES[place % len(KP_STYLES)]
    shift = min(0.12, 0.6 / of) * (place - (of - 1) / 2)
    point = rows["point"].astype(float)
    whiskers = [(point - rows["lower"]).clip(lower=0), (rows["upper"] - point).clip(lower=0)]
    name = textwrap.fill(label("all_hidden", lang, kp=kp), 28) if point.isna().all() else kp
    ax.errorbar(
        [day + shift for day in range(len(rows))], point, yerr=whiskers, label=name, color=colour,
        marker=marker, linestyle=line, markersize=5, linewidth=1.4, elinewidth=1, capsize=3,
    )  # fmt: skip


def _draw_bar(bar: dict[Any, Any], place: int, ax: Axes, *, whole: bool, lang: str) -> None:
    colour = TOTAL if whole else MORE if bar["change"] >= 0 else LESS
    ax.barh(place, bar["change"], left=bar["start"], height=0.62, color=colour, edgecolor=INK, linewidth=0.5)
    text, edge = _signed(bar["change"], lang), max(bar["start"], bar["end"])
    if whole:
        text = number(bar["end"], lang)
    if bar["step"] == "total":
        ends = {name: number(bar[name], lang) for name in ("lower", "upper")}
        text, edge = label("bounds_short", lang, point=text, **ends), max(edge, bar["upper"])
    ax.annotate(text, (edge, place), xytext=(5, 0), textcoords="offset points", va="center", color=INK)


def _signed(change: float, lang: str) -> str:
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    return "0" if round(change) == 0 else sign + number(abs(change), lang)


def _kinds(table: pd.DataFrame) -> dict[str, float | None]:
    """Return interval -> level of the rows of a table."""
    kinds = table[["interval", "level"]].dropna(subset="interval").drop_duplicates()
    return {
        kind: None if pd.isna(level) else float(level)
        for kind, level in zip(kinds["interval"], kinds["level"], strict=True)
    }
