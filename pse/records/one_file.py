"""One CSV file beside a study, such as counts of coverage: read and checked like a table of its own."""

from pathlib import Path

import pandas as pd

from pse.records.checked import CheckedTable, to_frame
from pse.records.csv_file import read_csv_table
from pse.records.problems import Problem, TableError
from pse.records.raw import RawTable
from pse.records.rules import row_problems
from pse.records.tables import Table
from pse.records.validate import check_table


def read_checked(path: Path, table: Table, *, kps: tuple[str, ...]) -> tuple[CheckedTable, list[Problem]]:
    """Return the rows of a file with their problems, to look for more and then call `frame_or_refuse`.

    Raises
    ------
    TableError
        If the file cannot be read, lacks a column, or has no row where one is needed.
    """
    raw, problems = read_csv_table(path, table)
    if raw is None:
        raise TableError(problems)
    return check_one(raw, problems, kps=kps)


def check_one(
    raw: RawTable, problems: list[Problem], *, kps: tuple[str, ...]
) -> tuple[CheckedTable, list[Problem]]:
    """Return the rows that were read with their problems, after those of the file.

    Raises
    ------
    TableError
        If a column is missing, or every row where one is needed.
    """
    table = raw.table
    checked, found = check_table(raw, table, kps=kps)
    problems = [*problems, *found, *row_problems(checked)]
    missing = any(column.required and not checked.has(column.name) for column in table.columns)
    if missing or not (len(checked) or table.header_only):
        raise TableError(problems)
    return checked, problems


def frame_or_refuse(checked: CheckedTable, problems: list[Problem]) -> pd.DataFrame:
    """Return the rows as a table.

    Raises
    ------
    TableError
        With all problems, if one of them is an error.
    """
    if any(problem.severity == "error" for problem in problems):
        raise TableError(problems)
    return to_frame(checked)
