"""What forms are made from: the settings and municipalities of a study, and its spots, if any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pse.records.study import Study, check_study, study_or_raise
from pse.records.tables import LEVEL1, LEVEL2, MUNICIPALITIES

__all__ = ["read_prepared"]

_DECLARED = {
    "municipalities": MUNICIPALITIES,
    "level1": replace(LEVEL1, required=False, header_only=True),
    "level2": replace(LEVEL2, required=False),
}


def read_prepared(path: str | Path) -> Study:
    """Read the part of a study that forms need, before field work or in the middle of it.

    Parameters
    ----------
    path : str or pathlib.Path
        A study folder or workbook, as in `read_study`. Only the settings and `municipalities` must be there:
        `level1` and `level2` may be missing or hold headings alone, as they do before anybody was asked.
        Rows that are there are checked as always, because spots come from them. Other tables are not read.

    Returns
    -------
    Study
        Without spots as long as there are no records; its other tables are empty.

    Raises
    ------
    TableError
        If anything is wrong in what is read: every problem, as in `read_study`.

    Examples
    --------
    >>> read_prepared("no such folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    pse.records.problems.TableError: no such folder has 1 problem(s):
      the study must be a folder or an .xlsx workbook; there is nothing of this name. ...
    """
    return study_or_raise(*check_study(path, declared=_DECLARED))
