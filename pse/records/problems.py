"""What is wrong in a study, said by file, row and column, without ever repeating a private value."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from numbers import Real
from pathlib import PurePath
from typing import Literal

from pse.records.said import in_language, say

PRINTED_PER_FILE = 20
"""Lines of one file that the text of a TableError prints."""

KEPT_PER_RULE = 1000
"""Problem objects kept for one file, column and rule; the last one says how many rows more."""

_DIGITS_OF_A_NAME = 6  # a longer run could be a phone number, a national number or a coordinate
_WORDS_WITH_NUMBERS = (
    "about around approx approximately ca circa c over under than more less plus minus min max to or and "
    "few some many people persons none several half rreth mbi nen deri ose "
    "oko preko ispod do ili околу над под до или около близько понад або від"
)
_NUMBER_WORDS = frozenset(_WORDS_WITH_NUMBERS.split())
_LISTED = 20
_LONGEST_CODE = 60
_CODE = re.compile(r"[\w.-]{1,30}")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Problem:
    """One thing to mend in a study, or to know about it.

    Attributes
    ----------
    file : str
        Name of the file, such as `level1.csv`, or of the workbook.
    sheet : str or None
        Sheet of the workbook; None for a folder of CSV files.
    row : int or None
        Row as a spreadsheet counts it (the header is row 1); None when the problem has no row.
    column : str or None
        Column heading, or the key of a setting; None when the whole row or file is meant.
    severity : {"error", "notice"}
        An error stops the study from being read; a notice does not.
    rule : str
        Short stable code of the rule, such as `min_above_max`.
    message : str
        The rule in plain words and, where it is safe to print, what was found.
    remedy : str
        How to mend it; empty where the message says it already.
    """

    file: str
    sheet: str | None
    row: int | None
    column: str | None
    severity: Literal["error", "notice"]
    rule: str
    message: str
    remedy: str = ""

    @property
    def table(self) -> str:
        """Name of the table: the sheet, or the file without its ending."""
        return self.sheet or PurePath(self.file).stem

    def __str__(self) -> str:
        """Return `row 3, kp_min: must be ...`, with the remedy as a sentence of its own."""
        place = f"row {self.row}" if self.row is not None else ""
        place = ", ".join(part for part in (place, self.column) if part)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text}. {self.remedy}" if self.remedy else text

    def in_language(self, lang: str) -> "Problem":
        """Return the problem with message and remedy in one of the six languages."""
        return replace(self, message=in_language(self.message, lang), remedy=in_language(self.remedy, lang))


@dataclass(frozen=True)
class Place:
    """Where a table stands, for its problems: the file and, in a workbook, the sheet."""

    file: str
    sheet: str | None = None

    def error(
        self, rule: str, message: str, *, row: int | None = None, column: str | None = None, remedy: str = ""
    ) -> Problem:
        """Return a problem that stops the study from being read."""
        return Problem(self.file, self.sheet, row, column, "error", rule, message, remedy)

    def notice(
        self, rule: str, message: str, *, row: int | None = None, column: str | None = None, remedy: str = ""
    ) -> Problem:
        """Return something to know that stops nothing."""
        return Problem(self.file, self.sheet, row, column, "notice", rule, message, remedy)


class TableError(ValueError):
    """A study with errors. All of them are in `.problems`; the text prints the first 20 of each file.

    Parameters
    ----------
    problems : iterable of Problem
        Problems of all files; only those of severity `error` are kept.

    Attributes
    ----------
    problems : tuple of Problem
        Every error, in the order of the files, rows and columns.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(p for p in problems if p.severity == "error")
        super().__init__(describe_problems(self.problems))

    def __reduce__(self) -> tuple[type["TableError"], tuple[tuple[Problem, ...]]]:
        """Let the error travel between processes with its problems."""
        return (type(self), (self.problems,))


def describe_problems(problems: Iterable[Problem]) -> str:
    """Return the problems as text, one block per file, at most 20 lines of each."""
    by_table: dict[str, list[Problem]] = {}
    for problem in problems:
        by_table.setdefault(problem.table, []).append(problem)
    blocks = []
    for table, found in by_table.items():
        lines = [f"{table} has {len(found):,} problem(s):"]
        lines += [f"  {problem}" for problem in found[:PRINTED_PER_FILE]]
        if len(found) > PRINTED_PER_FILE:
            lines.append(f"  ... and {len(found) - PRINTED_PER_FILE:,} more")
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def safe_value(value: object) -> str:
    """Return what may be printed of a value that should have been a number.

    Numbers and short text that is clearly about a number (`'about 20'`, `'12-15'`) are printed. Anything
    else could be a name, a phone number or a coordinate and is only described.

    Examples
    --------
    >>> safe_value(-1), safe_value("about 20"), safe_value("044 123 456")
    ('-1', "'about 20'", 'a text of 11 characters')
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        text = _number_text(float(value))
        digits = sum(c.isdigit() for c in text)
        return text if digits < _DIGITS_OF_A_NAME else say("a_number", digits=digits)
    text = str(value)
    digits = sum(c.isdigit() for c in text)
    words = {word.lower() for word in _WORD.findall(text)}
    if len(text) <= 20 and 0 < digits < _DIGITS_OF_A_NAME and words <= _NUMBER_WORDS and text.isprintable():
        return repr(text)
    return say("a_letter") if len(text) == 1 else say("a_text", characters=len(text))


def safe_heading(heading: str) -> str:
    """Return a column heading as it may be printed: one that looks like data is only described."""
    digits = sum(c.isdigit() for c in heading)
    if len(heading) <= 40 and digits < _DIGITS_OF_A_NAME and heading.isprintable():
        return f"'{heading}'"
    return say("a_heading", characters=len(heading))


def shown_heading(heading: str) -> str | None:
    """Return a column heading if it may be printed as it stands; None for one that looks like data.

    Examples
    --------
    >>> shown_heading("kp_min"), shown_heading("call 044 123 456")
    ('kp_min', None)
    """
    return heading if safe_heading(heading) == f"'{heading}'" else None


def near_miss(value: str, allowed: Iterable[str]) -> str:
    """Return the allowed code that `value` is probably meant to be; empty when none is near.

    Examples
    --------
    >>> near_miss("fsw", ["FSW", "MSM"]), near_miss("taxi", ["FSW", "MSM"])
    ('FSW', '')
    """
    by_lower = {code.lower(): code for code in allowed if _is_code(code)}
    found = get_close_matches(value.lower()[:_LONGEST_CODE], list(by_lower), n=1, cutoff=0.65)
    return by_lower[found[0]] if found else ""


def listed(codes: Iterable[str]) -> str:
    """Return codes with commas between: the first 20, and of the others how many.

    A "code" with a space or a long number could be a name or a phone number; it is counted only.
    """
    codes = list(codes)
    shown = [code for code in codes if _is_code(code)][:_LISTED]
    if not shown:
        return say("declared_codes", codes=len(codes))
    named = ", ".join(shown)
    return say("and_more", named=named, more=len(codes) - len(shown)) if len(codes) > len(shown) else named


def _is_code(text: str) -> bool:
    return bool(_CODE.fullmatch(text)) and sum(c.isdigit() for c in text) < _DIGITS_OF_A_NAME


def _number_text(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
