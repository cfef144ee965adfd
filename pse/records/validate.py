"""Cells of one table against its declaration: every check is one pass over a column, never over rows."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from pse.records.checked import CheckedTable, pick
from pse.records.problems import Problem, listed, near_miss, safe_heading, safe_value
from pse.records.raw import RawTable, cell_text
from pse.records.said import say
from pse.records.spellings import SPELLINGS, kp_list
from pse.records.tables import MOST, NUMBER_KINDS, Column, Table

_HEADINGS = 20  # unknown headings that a notice names
_EDGE = re.compile(r"\n\s|\s\n")
_SPACES = " \t\n\r\v\f\x1c\x1d\x1e\x1f"
_NUMERIC = ("integer", "floating", "mixed-integer-float")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d{1,2}|[+-]?\d+,\d{4,}")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([ ,.'’]\d{3})+")
_TWO_READINGS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")  # thousands never begin with 0
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%?")


def check_table(
    raw: RawTable, table: Table, *, kps: tuple[str, ...] | None
) -> tuple[CheckedTable, list[Problem]]:
    """Return a table with its cells checked and cleaned.

    Parameters
    ----------
    raw : RawTable
        Values as found.
    table : Table
        Declaration to check against.
    kps : tuple of str or None
        KP codes that the study knows; None when its settings cannot be read.

    Returns
    -------
    CheckedTable
        Cleaned columns; unknown ones as text.
    list of Problem
        Missing and unknown headings, blank cells and wrong cells.
    """
    checked = CheckedTable(table, raw.place, raw.rows)
    problems = _heading_problems(raw, table)
    if any(problem.rule == "no_known_column" for problem in problems):
        return checked, problems
    if not len(raw.rows) and not table.header_only:
        problems.append(raw.place.error("no_rows", say("no_rows")))
    for name in raw.frame.columns:
        column = table.by_name.get(name) or Column(name, "text", "", blank="yes", private=True)
        if column.kind in NUMBER_KINDS:
            problems += _check_numbers(checked, column, raw.frame[name])
        else:
            problems += _check_texts(checked, column, raw.frame[name], kps)
        if column.blank == "no":
            where = checked.blank(name)
            problems += checked.problems(where, "blank", say("not_blank"), column=name)
            checked.mark(name, where)
    return checked, problems


def _heading_problems(raw: RawTable, table: Table) -> list[Problem]:
    found, known = list(raw.frame.columns), table.by_name
    if found and not any(name in known for name in found):
        headings = say("headings_are", names=", ".join(c.name for c in table.columns if c.required))
        return [raw.place.error("no_known_column", say("no_known_column"), row=1, remedy=headings)]
    unknown = [n for n in found if n not in known and not n.startswith(table.prefixes or ("\0",))]
    problems = []
    for column in table.columns:
        if column.required and column.name not in found:
            near = near_miss(column.name, unknown)
            remedy = say("rename_it", near=safe_heading(near)) if near else ""
            problems.append(
                raw.place.error("missing_column", say("missing_column"), column=column.name, remedy=remedy)
            )
    if unknown:
        names = ", ".join(safe_heading(name) for name in unknown[:_HEADINGS])
        more = len(unknown) - _HEADINGS
        named = say("and_more", named=names, more=more) if more > 0 else names
        problems.append(raw.place.notice("unknown_column", say("unknown_columns", named=named)))
    return problems


# Numbers


def _check_numbers(checked: CheckedTable, column: Column, values: pd.Series) -> list[Problem]:
    found, wrong = to_numbers(values)
    twofold = _of_two_readings(values) if column.may_be_thousands else np.zeros(len(values), dtype=bool)
    bad = _outside(found, column) & ~twofold
    bad = bad if wrong is None else bad | wrong
    unusable = bad | twofold
    numbers = np.where(unusable, np.nan, found) if unusable.any() else found
    checked.numbers[column.name] = numbers
    if not unusable.any():
        return []
    checked.mark(column.name, unusable)
    cells = values.to_numpy(dtype=object)

    def message(i: int) -> str:
        rule = say("at_most_number", most=f"{MOST:,.0f}") if _too_large(cells[i], column) else column.rule
        got = found[i] if np.isfinite(found[i]) else cells[i]
        shown = say("not_printed") if column.private else safe_value(got)
        return say("must_be_got", rule=rule, shown=shown)

    return checked.problems(
        bad, column.kind, message, column=column.name, remedy=lambda i: _remedy(cells[i], column)
    ) + checked.problems(
        twofold, "two_numbers", say("imports.two_numbers"), column=column.name, remedy=say("without_mark")
    )


def _outside(numbers: np.ndarray, column: Column) -> np.ndarray:
    """Return which numbers lie outside the limits of the column, or have decimals where none may be."""
    with np.errstate(invalid="ignore"):
        outside = (numbers < column.low) | (numbers > column.high)
        if column.above_low:
            outside |= numbers == column.low
        if column.kind == "share":
            outside |= numbers > 1
        if column.kind == "count" and numbers.dtype.kind != "i":
            outside |= numbers != np.floor(numbers)
        return outside & ~np.isnan(numbers)


def _of_two_readings(values: pd.Series) -> np.ndarray:
    """Return which cells are text such as `60.000`: thousands to many writers, decimals to a computer."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf":
        return np.zeros(len(values), dtype=bool)
    codes, different = _numbered(values.to_numpy(dtype=object))
    return pick(np.array([_has_two_readings(value) for value in different], dtype=bool), codes)


def _has_two_readings(value: object) -> bool:
    return isinstance(value, str) and bool(_TWO_READINGS.fullmatch(value.strip()))


def to_numbers(values: pd.Series) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a column as numbers and which cells are not one; None in place of an all-false answer.

    A column that pandas already read as numbers is taken as it is; else the different texts are looked at
    once each. Blank cells are NaN and are not wrong.
    """
    if values.dtype.kind in "iuf" and isinstance(values.dtype, np.dtype):
        numbers = values.to_numpy()
        if values.dtype.kind == "f" and np.isinf(numbers).any():
            return numbers, np.isinf(numbers)
        return numbers, None
    cells = values.to_numpy(dtype=object)
    kind = pd.api.types.infer_dtype(cells, skipna=True)
    if kind in _NUMERIC:
        numbers = pd.to_numeric(pd.Series(cells, dtype=object)).to_numpy(dtype=float)
        return numbers, np.isinf(numbers)
    if kind != "string":
        logical = np.fromiter((isinstance(v, bool | np.bool_) for v in cells), dtype=bool, count=len(cells))
        cells = np.where(logical, "TRUE", cells) if logical.any() else cells
    codes, texts = to_codes(cells)
    parsed = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(dtype=float)
    numbers = pick(np.append(parsed, np.nan), codes)
    return numbers, (codes >= 0) & ~np.isfinite(numbers)


def _too_large(value: object, column: Column) -> bool:
    number = pd.to_numeric(cell_text(value), errors="coerce")
    return bool(column.kind != "share" and column.high == MOST and MOST < number < np.inf)


def _remedy(value: object, column: Column) -> str:
    text = cell_text(value)
    if safe_value(text).startswith("a text of") or column.private:
        return ""
    percent = _PERCENT.fullmatch(text) if column.kind == "share" else None
    if percent and 1 < float(percent[1]) <= 100:
        number = float(percent[1])
        return say("percent", share=f"{number / 100:g}", percent=f"{number:g}")
    if _THOUSANDS.fullmatch(text):
        return say("thousands")
    if _DECIMAL_COMMA.fullmatch(text):
        return say("decimal_comma")
    return "" if _is_number(text) else say("one_number")


def _is_number(text: str) -> bool:
    return bool(pd.notna(pd.to_numeric(text, errors="coerce")))


# Text


def to_codes(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of text as codes and its different texts, stripped; a blank cell has code -1."""
    if pd.api.types.infer_dtype(cells, skipna=False) != "string":
        cells = np.where(pd.isna(cells), "", cells)  # a column of text alone is numbered twice as fast
    codes, different = _numbered(cells)
    codes, texts = _without_blank(codes, different.tolist())
    if not _is_tidy(texts):
        texts += [""]  # for the blank cells, whose code is -1
        merged, different = pd.factorize(np.array([cell_text(value) for value in texts], dtype=object))
        codes, texts = _without_blank(merged[codes], different.tolist())
    return codes.astype(np.int32), np.array(texts, dtype=object)


def _numbered(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a column as codes and its different cells."""
    try:
        return pd.factorize(cells)
    except TypeError:  # a list or a dict in a table made in memory
        return pd.factorize(np.array([str(value) for value in cells], dtype=object))


def _is_tidy(texts: list[str]) -> bool:
    """Return whether all values are text with nothing to strip, looking at all of them at once."""
    try:
        together = "\n" + "\n".join(texts) + "\n"
    except TypeError:
        return not texts
    if not together.isascii():
        return not _EDGE.search(together)
    return not any(f"\n{space}" in together or f"{space}\n" in together for space in _SPACES)


def _without_blank(codes: np.ndarray, texts: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return codes and texts after the empty text became a blank cell, code -1."""
    if "" not in texts:
        return codes, texts
    blank = texts.index("")
    new = np.arange(len(texts))
    new[blank:] -= 1
    new[blank] = -1
    return new[codes], texts[:blank] + texts[blank + 1 :]


def _check_texts(
    checked: CheckedTable, column: Column, values: pd.Series, kps: tuple[str, ...] | None
) -> list[Problem]:
    codes, texts = to_codes(values.to_numpy(dtype=object))
    name = column.name
    checked.codes[name], checked.texts[name] = codes, texts
    if column.allowed or (column.refers == "kp" and kps):
        remedy = say("declare_kp") if column.refers else ""
        return check_codes(checked, name, column.allowed or kps or (), remedy)
    if column.refers == "kps" and kps:
        return _check_parsed(
            checked, column, lambda text: kp_list(text, kps), say("codes_out_of", codes=listed(kps))
        )
    if column.kind in SPELLINGS:
        return _check_parsed(checked, column, SPELLINGS[column.kind], column.rule)
    return []


def check_codes(
    checked: CheckedTable, name: str, allowed: tuple[str, ...], remedy: str = ""
) -> list[Problem]:
    """Return a problem for each cell that holds none of the allowed codes; its text is never printed."""
    codes, texts = checked.codes[name], checked.texts[name]
    unknown = pick(~pd.Index(texts).isin(list(allowed)), codes) & checked.good(name)
    if not unknown.any():
        return []
    checked.mark(name, unknown)

    def mend(i: int) -> str:
        near = near_miss(texts[codes[i]], allowed)
        return say("did_you_mean", near=near) if near else remedy

    message = say("unknown_code", allowed=listed(allowed))
    return checked.problems(unknown, "unknown_code", message, column=name, remedy=mend)


def _check_parsed(
    checked: CheckedTable, column: Column, parse: Callable[[str], str | None], rule: str
) -> list[Problem]:
    """Put each text in its one spelling; a text that `parse` does not understand is a problem."""
    name, codes = column.name, checked.codes[column.name]
    parsed = [parse(text) for text in checked.texts[name]]
    wrong = pick(np.array([text is None for text in parsed], dtype=bool), codes)
    again, kept = pd.factorize(np.array([*parsed, None], dtype=object))
    checked.codes[name], checked.texts[name] = again[codes].astype(np.int32), np.asarray(kept, dtype=object)
    if not wrong.any():
        return []
    checked.mark(name, wrong)
    return checked.problems(wrong, column.kind, say("must_be", rule=rule), column=name)
