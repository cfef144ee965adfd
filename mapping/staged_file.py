"""Write one file beside others: whole or not at all, and refused in words about this file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mapping.output import OutputError, staged
from mapping.plain import Refused

__all__ = ["staged_file"]


@contextmanager
def staged_file(file: Path, refusal: str) -> Iterator[Path]:
    """Give a path to write to, and move it to `file` at the end, or nothing: see `staged`.

    Parameters
    ----------
    file : pathlib.Path
        A file that is new.
    refusal : str
        What is told where nothing can be written there: in the label files `use`, with `name` and `why`.
    """
    try:
        with staged(file.parent) as folder:
            yield folder / file.name
    except OutputError as error:
        raise Refused(refusal, **(error.values | {"name": file.name})) from error
