"""What the `pse` command shows in a terminal. Here, and only here, numbers are rounded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from mapping.labels import number, texts
from mapping.release import Released
from pse.estimate import round_people
from pse.records.problems import Problem

RANGE_LINE = "Range: reported minimum to maximum, not a confidence interval."
PROBLEMS_SHOWN = 50
NOTICES_SHOWN = 20
NARROW = 100
"""Columns of a terminal below which a table of problems would break words."""

HIDDEN = "hidden"


def open_console(*, stderr: bool = False) -> Console:
    """Return a console that takes text as it is, in a notebook too: no markup, no emoji, plain numbers."""
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, force_jupyter=False)


def say(text: str, *, console: Console) -> None:
    """Print a sentence; it is wrapped at words in a terminal and left whole in a pipe or file."""
    console.print(text, soft_wrap=not console.is_terminal)


def show(title: str, table: Table, *, console: Console, whole: bool = True) -> None:
    """Print a title and a table so that no number is cut: wider than the terminal if need be.

    A table that is not `whole` has sentences in it, which are wrapped in a terminal, but not in a pipe.
    """
    if title:
        console.print(title, style="bold", soft_wrap=True)
    width = console.width
    if whole or not console.is_terminal:
        options = console.options.update(max_width=10_000)
        console.width = max(width, Measurement.get(console, options, table).maximum)
    console.print(table)
    console.width = width
    console.print()


@contextmanager
def progress(steps: int) -> Iterator[Callable[[str], None]]:
    """Give a function that names the step that begins; the bar stands on stderr, in a terminal only."""
    with _bar() as bar:
        task = bar.add_task("", total=steps)
        begun = 0

        def begin(text: str) -> None:
            nonlocal begun
            bar.update(task, description=text, completed=begun)
            begun += 1

        yield begin


@contextmanager
def counting(text: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that tells how much of one long step is done, and of how much; else as `progress`."""
    with _bar() as bar:
        task = bar.add_task(text, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _bar() -> Progress:
    console = open_console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    )


def people(number: Any, *, hidden: bool = False) -> str:
    """Return a number of people as it is printed: whole, a half goes up, thousands separated.

    Examples
    --------
    >>> people(5036.5), people(float("nan"), hidden=True), people(float("nan"))
    ('5,037', 'hidden', '-')
    """
    if pd.isna(number):
        return HIDDEN if hidden else "-"
    return f"{round_people(float(number)):,}"


def percent(share: Any, *, hidden: bool = False) -> str:
    """Return a change in whole percent with its sign.

    Examples
    --------
    >>> percent(0.2502), percent(-0.001)
    ('+25%', '0%')
    """
    if pd.isna(share):
        return HIDDEN if hidden else "-"
    rounded = round(float(share), 2)
    return f"{rounded:+.0%}" if rounded else "0%"


def make_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, text: Collection[str]) -> Table:
    """Return a table without lines between columns; the columns `text` stand left, numbers right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(Text(heading), justify="left" if heading in text else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def national_table(released: Released) -> Table:
    """Return size, bounds and rate of each KP; the heading says what the bounds are."""
    rows = []
    for row in released.national.to_dict("records"):
        gone = bool(row["hidden"])
        size = people(row["point"], hidden=gone)
        bounds = HIDDEN if gone else f"{people(row['lower'])} to {people(row['upper'])}"
        rows.append([str(row["kp"]), size, bounds, *_rate(row, gone)])
    headings = ["KP", "people", " / ".join(_kinds(released)) or "range", "per 1,000", "of"]
    return make_table(headings, rows, text=["KP", "of"])


def _kinds(released: Released) -> list[str]:
    """Return what the bounds of national sizes are: `range`, `95% confidence`; each once."""
    table = released.national.dropna(subset="interval")
    kinds = zip(table["interval"], table["level"], strict=True)
    return list(
        dict.fromkeys(kind if pd.isna(level) else f"{100 * level:.6g}% {kind}" for kind, level in kinds)
    )


def _rate(row: dict[str, Any], gone: bool) -> list[str]:
    adults = "" if pd.isna(row["adults"]) else f"{people(row['adults'])} "
    of = f"{adults}{str(row['denominator']).replace('_', ' ')}"
    if pd.isna(row["rate"]):
        return [HIDDEN if gone else "-", of]
    return [f"{row['rate']:.1f} ({row['rate_lower']:.1f} to {row['rate_upper']:.1f})", of]


def effort_table(released: Released) -> Table:
    """Return interviews and spots, one column per KP."""
    table = released.effort.set_index("kp").drop(columns="hidden")
    rows = [
        [
            str(name).replace("_", " ").replace("level", "level-"),
            *(people(value, hidden=True) for value in table[name]),
        ]
        for name in table.columns
    ]
    return make_table(["", *map(str, table.index)], rows, text=[""])


def informants_table(released: Released) -> Table:
    """Return level-1 interviews by type of informant."""
    columns = ["informant_type", "interviews", "named_nothing", "mentions"]
    rows = [
        [str(kind), *(people(number) for number in numbers)]
        for kind, *numbers in released.informants[columns].itertuples(index=False)
    ]
    headings = ["informant", "interviews", "named nothing", "mentions of spots"]
    return make_table(headings, rows, text=headings[:1])


def uplift_table(released: Released) -> Table:
    """Return how many more people are at spots at the weekend, by KP and size of municipality."""
    table = released.uplift
    sizes = ["all", "large", "other"]
    rows = []
    for kp in dict.fromkeys(table["kp"]):
        found = table[table["kp"].eq(kp)].set_index("municipality_size").reindex(sizes)
        cells = zip(found["uplift"], found["hidden"].eq(True), strict=True)
        rows.append([str(kp), *(percent(uplift, hidden=gone) for uplift, gone in cells)])
    return make_table(["KP", "all municipalities", "large ones", "others"], rows, text=["KP"])


def sensitivity_table(released: Released) -> Table:
    """Return, for each KP, the lowest and the highest size over the undecided choices, and the one used."""
    rows = []
    for kp, found in released.sensitivity.groupby("kp", observed=True):
        seen = found[~found["hidden"]]
        if seen.empty:
            rows.append([str(kp), HIDDEN, "", "", "", "", ""])
            continue
        picks = {"lowest": seen["point"].idxmin(), "used": None, "highest": seen["point"].idxmax()}
        if seen["chosen"].any():
            picks["used"] = seen.index[seen["chosen"]][0]
        rows += [
            [str(kp), name, *_choice(seen.loc[place])] for name, place in picks.items() if place is not None
        ]
    headings = ["KP", "", "pooling", "ratio", "duplication", "people", "change"]
    return make_table(headings, rows, text=headings[:5])


def _choice(row: pd.Series) -> list[str]:
    names = [str(row[name]) for name in ("pool", "ratio", "duplication")]
    return [*names, people(row["point"]), percent(row["change"])]


def print_estimates(
    released: Released, *, title: str, weekend: Sequence[str], notices: Sequence[str]
) -> None:
    """Print the whole result of one run to stdout."""
    console = open_console()
    say(title, console=console)
    console.print()
    show("Sizes", national_table(released), console=console)
    if "range" in _kinds(released):
        say(RANGE_LINE, console=console)
    console.print()
    show("Field work", effort_table(released), console=console)
    show("Key informants (level 1)", informants_table(released), console=console)
    days = f"People at spots at the weekend ({', '.join(weekend)}), against a usual day"
    show(days, uplift_table(released), console=console)
    if "sensitivity" in released.tables:
        choices = "How far choices that no source decides move the size (all of them: sensitivity.csv)"
        show(choices, sensitivity_table(released), console=console)
    print_notices(notices, console=console)
    console.print(released.receipt)


def print_notices(notices: Sequence[str], *, console: Console, lang: str = "en") -> None:
    """Print what a reader should know, at most 20 sentences, as they are; `lang` is that of the heading."""
    if not notices:
        return
    words = texts("done", lang)
    say(words["notices"], console=console)
    for notice in notices[:NOTICES_SHOWN]:
        say(f"- {notice}", console=console)
    if len(notices) > NOTICES_SHOWN:
        more = number(len(notices) - NOTICES_SHOWN, lang)
        say(f"- {words['more_notices'].format(more=more)}", console=console)
    console.print()


def print_map_problems(problems: pd.DataFrame, *, console: Console) -> None:
    """Print the table of `map_problems`: what was wrong with areas and places; nothing if all is well."""
    if problems.empty:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, column in (("", "in"), ("problem", "problem"), ("how many", "count"), ("where", "where")):
        table.add_column(heading, justify="right" if column == "count" else "left", overflow="fold")
    table.add_column("what to do", overflow="fold", ratio=2)
    for row in problems[["in", "problem", "count", "where", "remedy"]].itertuples(index=False):
        table.add_row(*(Text(str(cell)) for cell in row))
    show("What was wrong with the map; the rest is drawn", table, console=console, whole=False)


def print_problems(problems: Sequence[Problem], *, console: Console, lang: str = "en") -> None:
    """Print problems as a table, errors first, at most 50 rows; then a sentence that counts them.

    A narrow terminal gets a paragraph for each problem instead.

    `lang` is the language of headings and counts; the problems are printed as they are.
    """
    words = texts("check", lang)
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    shown = ordered[:PROBLEMS_SHOWN]
    if console.is_terminal and console.width < NARROW:
        for problem in shown:
            say(_problem_line(problem, words) + "\n", console=console)
    elif shown:
        show("", _problem_table(shown, words), console=console, whole=False)
    errors = sum(problem.severity == "error" for problem in ordered)
    more = len(ordered) - PROBLEMS_SHOWN
    counted = words["counts"].format(errors=errors, notices=len(ordered) - errors)
    if more > 0:
        counted += " " + words["first"].format(shown=PROBLEMS_SHOWN, more=more)
    say(counted, console=console)


def _problem_line(problem: Problem, words: Mapping[str, str]) -> str:
    row = "" if problem.row is None else f"{words['row']} {problem.row}"
    places = [_file_of(problem, words), row, problem.column]
    where = ", ".join(place for place in places if place)
    text = f"{words[problem.severity]}: {where}: {problem.message}"
    return f"{text}. {problem.remedy}" if problem.remedy else text


def _file_of(problem: Problem, words: Mapping[str, str]) -> str:
    return problem.file if problem.sheet is None else f"{problem.file}, {words['sheet']} {problem.sheet}"


def _problem_table(problems: Sequence[Problem], words: Mapping[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("")
    for heading in ("file", "row", "column"):
        justify = "right" if heading == "row" else "left"
        table.add_column(words[heading], justify=justify, overflow="fold")  # type: ignore[arg-type]
    table.add_column(words["problem"], overflow="fold", ratio=3)
    table.add_column(words["mend"], overflow="fold", ratio=2)
    for problem in problems:
        row = "" if problem.row is None else str(problem.row)
        cells = (
            words[problem.severity],
            _file_of(problem, words),
            row,
            problem.column or "",
            problem.message,
            problem.remedy,
        )
        table.add_row(*(Text(cell) for cell in cells))
    return table
