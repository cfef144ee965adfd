"""What the registry says of one method: its table, its options, and the function behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from pse.engine import Progress
from pse.estimate import Estimate
from pse.records.tables import Column, Table

__all__ = ["Given", "Method", "Option", "draw_options", "mark", "number", "people", "text"]

OptionKind = Literal["choice", "number", "count", "numbers", "share", "flag", "text", "columns"]


@dataclass(frozen=True)
class Option:
    """One option of a method: ``--option name=value``.

    Attributes
    ----------
    name, kind, meaning : str
        What may be given, and what it does, in one line. "columns" names columns of the file, with a comma
        between them; "numbers" are as many numbers, with a comma too.
    default : object
        Value without it; None with `needed` False means that it is left out.
    needed : bool
        Whether it must be given: a choice that changes the answer has no default.
    allowed : tuple of str
        Of a choice.
    column : Column or None
        What stands in the columns that it names.
    """

    name: str
    kind: OptionKind
    meaning: str
    default: Any = None
    needed: bool = True
    allowed: tuple[str, ...] = ()
    column: Column | None = None


@dataclass(frozen=True)
class Given:
    """What a run was given beside the table: checked options, level, random numbers, and whom to tell."""

    options: Mapping[str, Any]
    level: float
    rng: np.random.Generator = field(repr=False)
    progress: Progress | None = field(default=None, repr=False)

    def __getitem__(self, name: str) -> Any:
        return self.options[name]


@dataclass(frozen=True)
class Method:
    """One method of `pse run`.

    Attributes
    ----------
    name, family, title : str
        How it is called, where it belongs, and when to use it, in one line.
    row : str
        What one row of the file is.
    columns : tuple of Column
        Columns of the file; options may name more.
    options : tuple of Option
    gives, assumes, pitfalls : str
        What the result is, what must hold for it, and what goes wrong in the field.
    example : str
        A small synthetic file.
    example_options : mapping of str to str
        Options that go with it.
    estimate : callable
        From the checked table and what was given to an `Estimate`.
    one_row : bool
        Whether the file has one row only.
    details : callable or None
        Where one number is not enough: a table of numbers to show beside it, such as weights. Rows of the
        file are named by their number, never by what stands in them.
    """

    name: str
    family: str
    title: str
    row: str
    columns: tuple[Column, ...]
    options: tuple[Option, ...]
    gives: str
    assumes: str
    pitfalls: str
    example: str
    estimate: Callable[[pd.DataFrame, Given], Estimate] = field(repr=False)
    example_options: Mapping[str, str] = field(default_factory=dict)
    one_row: bool = False
    details: Callable[[pd.DataFrame, Given], pd.DataFrame] | None = field(default=None, repr=False)

    def table(self, options: Mapping[str, Any]) -> Table:
        """Return the declaration of the file, with the columns that options name."""
        named = [
            replace(option.column, name=name)
            for option in self.options
            if option.column is not None
            for name in options.get(option.name) or ()
        ]
        return Table(self.name, self.row, (*self.columns, *named), header_only=False)


def draw_options(*, thin: int) -> tuple[Option, Option]:
    """Return the options of a method with four chains; `thin` is its usual number of steps for a draw."""
    return (
        Option("draws", "count", "Draws of each of the four chains; more if they do not agree.", 2000, False),
        Option("thin", "count", "Steps for each draw; more if the chains do not agree.", thin, False),
    )


def people(name: str, meaning: str, *, needed: bool = True, low: float = 0) -> Column:
    """Return a column of whole people."""
    return Column(name, "count", meaning, required=needed, low=low)


def number(
    name: str, meaning: str, *, needed: bool = True, blank: str = "no", above_0: bool = False
) -> Column:
    """Return a column of numbers, 0 or more."""
    return Column(name, "number", meaning, required=needed, blank=blank, above_low=above_0)


def size(name: str, meaning: str, *, blank: str = "no", above_0: bool = False) -> Column:
    """Return a column of people who need not be whole: `60.000` has two readings there, and is refused."""
    return replace(number(name, meaning, blank=blank, above_0=above_0), people=True)


def mark(name: str, meaning: str, *, needed: bool = True, blank: str = "no") -> Column:
    """Return a column of 0 and 1."""
    return Column(name, "count", meaning, required=needed, blank=blank, high=1)


def text(name: str, meaning: str, *, needed: bool = True, blank: str = "no") -> Column:
    """Return a column of codes or words whose values no message prints."""
    return Column(name, "text", meaning, required=needed, blank=blank, private=True)
