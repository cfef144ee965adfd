"""Sheets of a workbook one after the other; run as a program, those of one old .xls to the standard output.

A broken .xls makes the reader ask for hundreds of gigabytes, or stop and print what it was reading:
`read_old` lets a process of its own meet that.
"""

import contextlib
import pickle
import sys
from collections.abc import Iterator
from typing import Any

from python_calamine import CalamineWorkbook

__all__ = ["Corners", "Sheet", "each_sheet"]

Corners = tuple[tuple[int, int], tuple[int, int]]
"""First and last row and column of merged cells, from 0."""

Sheet = tuple[str, list[list[Any]], list[Corners] | None]
"""Name, cells from the first row and column on, and merged cells."""

_MOST_MEMORY = 3 * 1024**3


def each_sheet(path: str) -> Iterator[Sheet]:
    """Yield every sheet of a workbook."""
    workbook = CalamineWorkbook.from_path(path)
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        yield name, sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges


if __name__ == "__main__":
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no limit, a Mac may refuse one
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    pickle.dump(list(each_sheet(sys.argv[1])), sys.stdout.buffer)
