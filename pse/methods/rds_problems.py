"""All problems of a respondent-driven sample in one message, by row; identifiers are never printed."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["NOBODY", "Problems", "check_ids", "check_order", "read_degrees", "text_keys"]

MOST_ROWS = 50
NOBODY = -1


class Problems:
    """Collect problems, then refuse them together.

    Examples
    --------
    >>> problems = Problems()
    >>> problems.add([0, 2], "degree must be a number above 0")
    >>> problems.refuse()
    Traceback (most recent call last):
        ...
    ValueError: the sample has 1 problem(s):
      row(s) 1, 3: degree must be a number above 0
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, rows: np.ndarray | list[int], rule: str) -> None:
        """Note the rows, counted from 0, that break a rule; nothing if there are none."""
        if len(rows):
            shown = ", ".join(str(row + 1) for row in rows[:MOST_ROWS])
            more = f" and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
            self.lines.append(f"row(s) {shown}{more}: {rule}")

    def add_table(self, rule: str) -> None:
        """Note a rule that the whole table breaks."""
        self.lines.append(rule)

    def refuse(self) -> None:
        """Raise ValueError with everything noted; do nothing if that is nothing."""
        if self.lines:
            raise ValueError("\n  ".join([f"the sample has {len(self.lines)} problem(s):", *self.lines]))


def text_keys(column: pd.Series) -> pd.Series:
    """Return identifiers or values as text without blanks around; 7.0 is 7, a missing one is empty.

    Examples
    --------
    >>> text_keys(pd.Series([7.0, None, 8.0])).tolist()
    ['7', '', '8']
    """
    return column.astype(object).where(column.notna(), "").map(_plain).reset_index(drop=True)


def check_ids(keys: pd.Series, problems: Problems, *, column: str) -> None:
    """Note identifiers that are missing or used twice."""
    problems.add(np.flatnonzero(keys.eq("")), f"{column} must not be blank")
    twice = keys.duplicated(keep=False) & keys.ne("")
    problems.add(np.flatnonzero(twice), f"{column} must not be that of another row")


def read_degrees(column: pd.Series, problems: Problems) -> np.ndarray:
    """Return the degrees as numbers, and note those that are missing or not above 0."""
    degree = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    good = np.isfinite(degree) & (degree > 0)
    if not good.any():
        problems.add_table(f"{column.name} must be above 0; got nobody with such a number")
    else:
        rule = f"{column.name} must be a number above 0; recruiter and recruits count"
        problems.add(np.flatnonzero(~good), rule)
    return degree


def check_order(column: pd.Series, recruiter: np.ndarray, problems: Problems) -> np.ndarray:
    """Return the times as numbers, and note who has none or stands before the recruiter."""
    when = pd.to_datetime(column, errors="coerce").to_numpy()
    missing = np.isnat(when)
    problems.add(np.flatnonzero(missing), f"{column.name} must be a date")
    early = (recruiter != NOBODY) & (when < when[recruiter])
    problems.add(np.flatnonzero(early), f"{column.name} must not be before that of the recruiter")
    return when.astype("int64")


def _plain(value: object) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value).strip()  # type: ignore[call-overload]
