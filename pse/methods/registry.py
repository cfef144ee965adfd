"""The list of methods of `pse run`: what each needs, what it gives, and how to run it on a file.

A new method is one `Method` in the module of its family (`registry_*.py`), and the family in `_FAMILIES`
if it is new.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse import checks
from pse.engine import Progress
from pse.estimate import Estimate, EstimateWarning
from pse.methods import (
    registry_latent,
    registry_list_models,
    registry_lists,
    registry_one_list,
    registry_rds,
    registry_scale_up,
    registry_surveys,
    registry_synthesis,
    registry_venues,
)
from pse.methods.refusal import NoEstimateError
from pse.methods.registry_parts import Given, Method, Option
from pse.records.one_file import frame_or_refuse, read_checked

__all__ = ["METHODS", "OptionError", "Ran", "find_method", "read_options", "read_table", "run_method"]

_FAMILIES = (
    registry_lists,
    registry_list_models,
    registry_latent,
    registry_one_list,
    registry_surveys,
    registry_rds,
    registry_scale_up,
    registry_venues,
    registry_synthesis,
)
METHODS: dict[str, Method] = {one.name: one for family in _FAMILIES for one in family.METHODS}


class OptionError(ValueError):
    """A method or option that does not exist, or a value that it cannot take."""


@dataclass(frozen=True)
class Ran:
    """The result of one run.

    Attributes
    ----------
    estimate : Estimate
    notices : tuple of str
        What a reader should know.
    options : mapping
        As they were used.
    details : pandas.DataFrame or None
        Of `Method.details`.
    """

    estimate: Estimate
    notices: tuple[str, ...]
    options: Mapping[str, Any]
    details: pd.DataFrame | None


def find_method(name: str) -> Method:
    """Return a method by its name.

    Raises
    ------
    OptionError
        If there is none.

    Examples
    --------
    >>> find_method("chapman").family
    'two lists'
    """
    if name in METHODS:
        return METHODS[name]
    near = get_close_matches(name, METHODS, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`pse methods` lists them."
    raise OptionError(f"METHOD must be a method of the list; got {name!r}. {hint}")


def read_options(method: Method, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the options of a method, checked and turned into values.

    Raises
    ------
    OptionError
        If an option is unknown, is missing, or cannot take its value.

    Examples
    --------
    >>> read_options(find_method("crowd"), {"how": "median"})
    {'how': 'median'}
    """
    known = {option.name: option for option in method.options}
    for name in given:
        if name not in known:
            names = ", ".join(known) or "none"
            raise OptionError(f"--option must be one of {names} for {method.name}; got {name!r}.")
    return {name: _value(option, given.get(name)) for name, option in known.items()}


def _value(option: Option, given: str | None) -> Any:
    if given is None:
        if option.needed:
            raise OptionError(
                f"{option.name} must be given; got nothing. {option.meaning} "
                f"Add --option {option.name}={_shape(option)}."
            )
        return option.default
    try:
        return _parse(option, given.strip())
    except ValueError as error:
        raise OptionError(str(error)) from None


def _shape(option: Option) -> str:
    shapes = {
        "columns": "column,column",
        "flag": "yes",
        "text": '"..."',
        "share": "0.5",
        "numbers": "NUMBER,NUMBER",
    }
    return option.allowed[0] if option.allowed else shapes.get(option.kind, "NUMBER")


def _parse(option: Option, given: str) -> Any:
    if option.kind == "choice":
        checks.one_of(given, option.allowed, name=option.name)
        return given
    if option.kind == "flag":
        checks.one_of(given, ("yes", "no"), name=option.name)
        return given == "yes"
    if option.kind == "columns":
        return _column_names(option, given)
    if option.kind == "text":
        return given
    if option.kind == "numbers":
        return [float(_number(option, one)) for one in given.split(",")]
    return _number(option, given)


def _column_names(option: Option, given: str) -> list[str]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"{option.name} must name columns, each once, with a comma between; got others.")
    return names


def _number(option: Option, given: str) -> float | int:
    try:
        value: Any = float(given)
    except ValueError:
        raise ValueError(f"{option.name} must be a number; got a text. Write 0.5, not 0,5.") from None
    if option.kind == "count":
        checks.count(at_least=0, at_most=None, **{option.name: value})
        return int(value)
    if option.kind == "share":
        checks.share(**{option.name: value})
    checks.non_negative(**{option.name: value})
    return value


def read_table(method: Method, path: Path, options: Mapping[str, Any]) -> tuple[pd.DataFrame, list[str]]:
    """Return the checked table of a file, and notices about it.

    Raises
    ------
    OptionError
        If an option names a column that the method has already.
    TableError
        With every problem of the file, by row and column.
    """
    table = method.table(options)
    if len(table.by_name) < len(table.columns):
        raise OptionError("every column must have one role; got a column named by two options, or twice.")
    checked, problems = read_checked(path, table, kps=())
    frame = frame_or_refuse(checked, problems)
    declared = [name for name in table.by_name if name in frame]
    if method.one_row and len(frame) > 1:
        raise ValueError(f"{method.name} must have one row below the header; got {len(frame)} rows.")
    return frame[declared], [str(problem) for problem in problems if problem.severity == "notice"]


def run_method(
    name: str,
    path: Path,
    *,
    options: Mapping[str, str],
    level: float = 0.95,
    seed: int = 1,
    progress: Progress | None = None,
) -> Ran:
    """Run a method on a file.

    Parameters
    ----------
    name : str
        Name of the method.
    path : pathlib.Path
        CSV file, UTF-8, columns separated by commas.
    options : mapping of str to str
        Options as text.
    level : float
        Probability of the interval; a range has none.
    seed : int
        Seed of methods that draw.
    progress : callable, optional
        Called as ``progress(done, of)`` after each chain of methods that have chains.

    Raises
    ------
    OptionError
        If the method or an option is wrong.
    TableError
        With every problem of the file.
    NoEstimateError
        If the data give no size.
    """
    method = find_method(name)
    values = read_options(method, options)
    try:
        checks.level(level)
    except ValueError as error:
        raise OptionError(str(error)) from None
    frame, notices = read_table(method, path, values)
    given = (
        Given(values, level, np.random.default_rng(seed), progress) for _ in range(2)
    )  # the same draws twice
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", EstimateWarning)
        got = _estimate(method, frame, next(given))
        details = None if method.details is None else method.details(frame, next(given))
    if got.level not in (None, level):
        notices.append(f"The interval is at {100 * float(got.level or 0):g}%, the level of the file.")
    return Ran(got, (*notices, *dict.fromkeys(str(one.message) for one in caught)), values, details)


def _estimate(method: Method, frame: pd.DataFrame, given: Given) -> Estimate:
    """Run the method; where it refuses a row, say how it counts rows: the problems of a file count others."""
    try:
        return method.estimate(frame, given)
    except NoEstimateError:
        raise
    except ValueError as error:
        if re.search(r"\brow(\(s\))? \d", str(error)):
            end = "\n" if "\n" in str(error) else " "  # several problems stand in a line each
            raise ValueError(f"{error}{end}Row 1 is the first one below the header.") from None
        raise
