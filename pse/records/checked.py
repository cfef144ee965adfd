"""A table whose cells were checked, and the frame that it becomes."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pse.records.problems import KEPT_PER_RULE, Place, Problem
from pse.records.said import say
from pse.records.tables import NUMBER_KINDS, Column, Table

TEXT_DTYPE = pd.Series(["text"]).dtype
"""How pandas keeps text: `str` from version 3, `object` before."""


@dataclass(repr=False)
class CheckedTable:
    """A table whose cells were checked, with what the cross-table rules need.

    Attributes
    ----------
    table : Table
        Its declaration.
    place : Place
        File and sheet.
    rows : numpy.ndarray of int
        Spreadsheet row of each row.
    numbers : dict of str to numpy.ndarray
        Number columns; a blank or wrong cell is NaN.
    codes : dict of str to numpy.ndarray of int
        Text columns as positions in `texts`; a blank cell is -1.
    texts : dict of str to numpy.ndarray of object
        Different texts of each text column, stripped.
    bad : dict of str to numpy.ndarray of bool
        Cells that have a problem already, so that no rule reports them again.
    """

    table: Table
    place: Place
    rows: np.ndarray
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    codes: dict[str, np.ndarray] = field(default_factory=dict)
    texts: dict[str, np.ndarray] = field(default_factory=dict)
    bad: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def has(self, *names: str) -> bool:
        """Return whether all of these columns are there."""
        return all(name in self.codes or name in self.numbers for name in names)

    def blank(self, name: str) -> np.ndarray:
        """Return which cells are blank; a wrong cell is not."""
        empty = self.codes[name] < 0 if name in self.codes else np.isnan(self.numbers[name])
        return empty & ~self.bad[name] if name in self.bad else empty

    def is_text(self, name: str, *texts: str) -> np.ndarray:
        """Return which cells of a text column hold one of `texts`."""
        return pick(pd.Index(self.texts[name]).isin(list(texts)), self.codes[name])

    def good(self, *names: str) -> np.ndarray:
        """Return the rows in which none of these cells has a problem."""
        good = np.ones(len(self), dtype=bool)
        for name in names:
            if name in self.bad:
                good &= ~self.bad[name]
        return good

    def without(self, where: np.ndarray) -> "CheckedTable":
        """Return the table without these rows; the others keep their spreadsheet rows."""
        if not where.any():
            return self
        kept = [
            {name: values[~where] for name, values in of.items()}
            for of in (self.numbers, self.codes, self.bad)
        ]
        return CheckedTable(
            self.table, self.place, self.rows[~where], kept[0], kept[1], dict(self.texts), kept[2]
        )

    def mark(self, name: str, where: np.ndarray) -> None:
        """Remember that these cells have a problem."""
        self.bad[name] = self.bad[name] | where if name in self.bad else where

    def problems(
        self,
        where: np.ndarray,
        rule: str,
        message: str | Callable[[int], str],
        *,
        column: str | None = None,
        remedy: str | Callable[[int], str] = "",
        severity: str = "error",
    ) -> list[Problem]:
        """Return one problem for each row in `where`, at most 1,000; the last one counts the rest.

        `message` and `remedy` may be functions of the position of the row.
        """
        at = np.flatnonzero(where)
        report = self.place.error if severity == "error" else self.place.notice
        found = []
        for number, i in enumerate(at[:KEPT_PER_RULE], start=1):
            text = message if isinstance(message, str) else message(i)
            if number == KEPT_PER_RULE < len(at):
                text = say("more_rows", message=text, rows=len(at) - number)
            mend = remedy if isinstance(remedy, str) else remedy(i)
            found.append(report(rule, text, row=int(self.rows[i]), column=column, remedy=mend))
        return found


def pick(by_text: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return a value for each cell from one for each text; a blank cell gets the last, or False."""
    if by_text.dtype == bool:
        by_text = np.append(by_text, False)
    return by_text[codes]


def to_frame(checked: CheckedTable) -> pd.DataFrame:
    """Return the checked table as a frame: text, numbers (`int64` where whole and complete) and flags.

    An optional column in which nothing stands is left out, as if the file did not have it; a table without
    rows has every declared column.
    """
    if not len(checked):
        return empty_frame(checked.table)
    declared = [c.name for c in checked.table.columns if checked.has(c.name) and _is_used(checked, c)]
    unknown = [name for name in checked.codes if name not in checked.table.by_name]
    return pd.DataFrame({name: _series(checked, name) for name in [*declared, *unknown]}, copy=False)


def _is_used(checked: CheckedTable, column: Column) -> bool:
    return column.required or not checked.blank(column.name).all()


def empty_frame(table: Table) -> pd.DataFrame:
    """Return the frame of an optional table that is not there: every declared column, no row."""
    types = {"flag": bool, "answer": float} | dict.fromkeys(NUMBER_KINDS, float)
    return pd.DataFrame({c.name: pd.Series(dtype=types.get(c.kind, TEXT_DTYPE)) for c in table.columns})


def _series(checked: CheckedTable, name: str) -> pd.Series:
    column = checked.table.by_name.get(name)
    if name in checked.numbers:
        return pd.Series(_whole(checked.numbers[name], column))
    codes, texts = checked.codes[name], checked.texts[name]
    if column is not None and column.kind in ("flag", "answer"):
        yes = pick(np.append((texts == "yes").astype(float), np.nan), codes)
        return pd.Series(yes == 1 if column.kind == "flag" else yes)
    return pd.Series(pd.Series(texts, dtype=TEXT_DTYPE).array.take(codes, allow_fill=True))


def _whole(numbers: np.ndarray, column: Column | None) -> np.ndarray:
    count = column is not None and column.kind == "count"
    if count and len(numbers) and not np.isnan(numbers).any():
        return numbers.astype(np.int64)
    return numbers.astype(np.float64)
