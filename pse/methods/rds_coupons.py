"""Respondent-driven samples from coupons: who came with a coupon was recruited by whoever was given it.

RDSAT files: RDS Incorporated. RDS Analysis Tool, user manual (data preparation): a first line ``RDS``; a
second with the number of people, the largest number of coupons, the number that means missing, and names of
the traits; then a line for each person: identifier, degree, own coupon, coupons given, traits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pse.methods.rds import RdsSample, check_columns, link_sample
from pse.methods.rds_problems import NOBODY, Problems, check_ids, text_keys

__all__ = ["coupon_sample", "read_rdsat"]


def coupon_sample(
    table: pd.DataFrame,
    *,
    id: str,
    own: str,
    given: Sequence[str],
    degree: str,
    seed: str,
    date: str | None = None,
) -> RdsSample:
    """Return the sample of a table of coupons.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each respondent; its other columns become traits.
    id, own, degree : str
        Columns: the respondent, the coupon they came with, the number of acquaintances in the KP.
    given : sequence of str
        Columns with the coupons they were given to pass on; blank where there was none.
    seed : str
        What stands as the own coupon of a seed, such as ``"0"``; ``""`` where the cell is blank.
    date : str, optional
        Column with the day or time of the interview; it stays a trait.

    Raises
    ------
    ValueError
        With all problems at once, by row: those of `rds_sample`, and a coupon given out twice, used twice, or
        used without having been given out.

    Examples
    --------
    >>> table = pd.DataFrame({"id": [1, 2, 3], "came": ["", "A", "B"], "degree": [5, 3, 8]})
    >>> table["c1"], table["c2"] = ["A", "C", ""], ["B", "", ""]
    >>> coupon_sample(table, id="id", own="came", given=["c1", "c2"], degree="degree", seed="").recruiter
    array([-1,  0,  0])
    """
    given = list(given)
    check_columns(table, [id, own, degree, *given])
    problems = Problems()
    check_ids(text_keys(table[id]), problems, column=id)
    came = text_keys(table[own])
    seeds = came.eq(seed.strip())
    if seed.strip():
        problems.add(np.flatnonzero(came.eq("")), f"{own} must be filled in; seeds have the mark {seed!r}")
    if not seeds.any():
        problems.add_table(f"{own} must mark at least one seed")
    came = came.where(~seeds, "")
    problems.add(np.flatnonzero(came.duplicated(keep=False) & came.ne("")), f"{own} must be used once")
    giver = _givers(table[given], problems, seed=seed.strip())
    row = came.map(giver)
    problems.add(np.flatnonzero(row.isna() & came.ne("")), f"{own} must be a coupon given to somebody")
    found = row.fillna(NOBODY).to_numpy(dtype=int)
    return link_sample(table, found, problems, degree=degree, date=date, used=[id, own, degree, *given])


def read_rdsat(path: Path | str, *, seed: str = "0") -> RdsSample:
    """Read a data file of RDSAT.

    Parameters
    ----------
    path : path
        The text file, separated by tabs, commas or blanks.
    seed : str
        What stands as the own coupon of a seed besides the number that means missing.

    Returns
    -------
    RdsSample
        A degree or trait with the number that means missing is missing.

    Raises
    ------
    ValueError
        If the file does not begin as such files do, a line is too short or too long, or as `coupon_sample`.
    """
    lines = [line.strip() for line in Path(path).read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if len(lines) < 3 or not lines[0].upper().startswith("RDS"):
        raise ValueError("path must be a file of RDSAT, with a first line RDS; got something else.")
    cut = re.compile(next((mark for mark in ("\t", ",") if mark in lines[1]), r"\s+"))
    head = [cell.strip() for cell in cut.split(lines[1])]
    if len(head) < 3 or not (head[0].isdigit() and head[1].isdigit()):
        raise ValueError("line 2 must begin with people, coupons and the missing number; got others.")
    missing, coupons = head[2], [f"coupon {place + 1}" for place in range(int(head[1]))]
    columns = ["id", "degree", "own coupon", *coupons, *head[3:]]
    rows = [[cell.strip() for cell in cut.split(line)] for line in lines[2:]]
    table = _table_of(rows, columns, people=int(head[0]))
    for name in ("own coupon", *coupons):
        table[name] = table[name].mask(table[name].isin([missing, seed]), "")
    for name in ("degree", *head[3:]):
        table[name] = table[name].mask(table[name] == missing)
    return coupon_sample(table, id="id", own="own coupon", given=coupons, degree="degree", seed="")


def _givers(given: pd.DataFrame, problems: Problems, *, seed: str) -> dict[str, int]:
    """Return coupon -> row of whoever was given it."""
    cells = [(key, row) for name in given for row, key in enumerate(text_keys(given[name]))]
    cells = [(key, row) for key, row in cells if key not in ("", seed)]
    coupons = pd.Series([key for key, _ in cells], dtype=str)
    twice = sorted({cells[place][1] for place in np.flatnonzero(coupons.duplicated(keep=False))})
    problems.add(twice, "a coupon must be given out once")
    return dict(cells)


def _table_of(rows: list[list[str]], columns: list[str], *, people: int) -> pd.DataFrame:
    problems = Problems()
    if len(rows) != people:
        problems.add_table(f"the file must have the {people} people of its second line; got {len(rows)}")
    odd = [place for place, row in enumerate(rows) if len(row) != len(columns)]
    problems.add(odd, f"a line must have {len(columns)} cells")
    problems.refuse()
    return pd.DataFrame(rows, columns=columns)
