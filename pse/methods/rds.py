"""Respondent-driven samples: who recruited whom, personal network sizes, traits.

Some people of the KP (seeds) get coupons for their acquaintances, who get coupons in their turn. All
estimators need the recruiter of each respondent and the degree: how many people of the KP they know, who
could have recruited them. Identifiers are dropped as soon as the recruiters are found; rows keep their order.

Sources
-------
Heckathorn DD. Social Problems 1997;44:174-199. Heckathorn DD. Social Problems 2002;49:11-34.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from pse import checks
from pse.methods.rds_problems import NOBODY, Problems, check_ids, check_order, read_degrees, text_keys

__all__ = ["RdsSample", "check_columns", "link_sample", "rds_sample", "trait_codes", "wave_counts"]


@dataclass(frozen=True)
class RdsSample:
    """A respondent-driven sample without problems; rows stand as in the table it was made from.

    Attributes
    ----------
    recruiter : numpy.ndarray of int, shape (people,)
        Row of the recruiter, counted from 0; -1 for a seed.
    degree : numpy.ndarray of float, shape (people,)
        Personal network size, above 0.
    wave : numpy.ndarray of int, shape (people,)
        Recruitments between the seed and this person; 0 for a seed.
    order : numpy.ndarray of int, shape (people,)
        Rows in the order of recruitment: by date where dates are known, else by wave, then by row.
    traits : pandas.DataFrame, shape (people, traits)
        All other columns of the table.
    """

    recruiter: np.ndarray = field(repr=False)
    degree: np.ndarray = field(repr=False)
    wave: np.ndarray = field(repr=False)
    order: np.ndarray = field(repr=False)
    traits: pd.DataFrame = field(repr=False)

    def __len__(self) -> int:
        return len(self.recruiter)

    @property
    def seeds(self) -> np.ndarray:
        """Rows of the seeds."""
        return np.flatnonzero(self.recruiter == NOBODY)

    @cached_property
    def tree(self) -> np.ndarray:
        """Row of the seed from which each person's chain starts, shape (people,)."""
        root = np.arange(len(self))
        for wave in range(1, int(self.wave.max()) + 1):
            here = self.wave == wave
            root[here] = root[self.recruiter[here]]
        return root

    @property
    def recruits(self) -> np.ndarray:
        """How many people each person recruited, shape (people,)."""
        return np.bincount(self.recruiter[self.recruiter != NOBODY], minlength=len(self))


def rds_sample(
    table: pd.DataFrame, *, id: str, recruiter: str, degree: str, seed: str, date: str | None = None
) -> RdsSample:
    """Return the sample of a table that names the recruiter of each person.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each respondent; its other columns become traits.
    id, recruiter, degree : str
        Columns: the respondent, the recruiter, the number of acquaintances in the KP.
    seed : str
        What stands as the recruiter of a seed, such as ``"seed"`` or ``"0"``; ``""`` where the cell is blank.
    date : str, optional
        Column with the day or time of the interview; it stays a trait.

    Raises
    ------
    ValueError
        With all problems at once, by row counted from 1: an id missing or used twice; a recruiter missing,
        unknown, or the person; recruitment in a circle; no seed; a degree missing or not above 0; a date
        missing or before the recruiter's.

    Examples
    --------
    >>> table = pd.DataFrame({"id": [1, 2, 3], "by": ["seed", 1, 1], "degree": [5, 3, 8], "hiv": [0, 1, 0]})
    >>> sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="seed")
    >>> sample.recruiter.tolist(), sample.wave.tolist()
    ([-1, 0, 0], [0, 1, 1])
    """
    check_columns(table, [id, recruiter, degree])
    problems = Problems()
    people, by = text_keys(table[id]), text_keys(table[recruiter])
    check_ids(people, problems, column=id)
    seeds = by.eq(seed.strip())
    if seed.strip():
        problems.add(
            np.flatnonzero(by.eq("")), f"{recruiter} must be filled in; seeds have the mark {seed!r}"
        )
    row = by.map({person: row for row, person in enumerate(people)})
    problems.add(
        np.flatnonzero(row.isna() & ~seeds & by.ne("")), f"{recruiter} must be the {id} of another row"
    )
    found = row.where(~seeds & by.ne("")).fillna(NOBODY).to_numpy(dtype=int)
    if not seeds.any():
        problems.add_table(f"{recruiter} must mark at least one seed")
    return link_sample(table, found, problems, degree=degree, date=date, used=[id, recruiter, degree])


def link_sample(
    table: pd.DataFrame,
    recruiter: np.ndarray,
    problems: Problems,
    *,
    degree: str,
    date: str | None,
    used: list[str],
) -> RdsSample:
    """Return the sample whose recruiters were found, after the checks that all ways of reading share.

    Parameters
    ----------
    recruiter : numpy.ndarray of int, shape (people,)
        Row of the recruiter; -1 for a seed, and for whoever has a problem noted already.
    problems : Problems
        What the reading noted; refused here together with what is found here.
    used : list of str
        Columns that do not become traits.
    """
    rows = np.arange(len(table))
    oneself = recruiter == rows
    problems.add(np.flatnonzero(oneself), "nobody must be their own recruiter")
    wave = _waves(np.where(oneself, NOBODY, recruiter))
    problems.add(np.flatnonzero(wave == NOBODY), "recruitment must not run in a circle")
    degrees = read_degrees(table[degree], problems)
    times = rows if date is None else check_order(table[date], recruiter, problems)
    problems.refuse()
    order = np.lexsort((rows, wave)) if date is None else np.lexsort((rows, wave, times))
    traits = table.drop(columns=used).reset_index(drop=True)
    return RdsSample(recruiter, degrees, wave, order, traits)


def trait_codes(sample: RdsSample, trait: str) -> tuple[list[str], np.ndarray]:
    """Return the sorted values of a trait as text, and for each person the place of theirs among them.

    Raises
    ------
    ValueError
        If there is no such column, or a value is missing: with the first such row.

    Examples
    --------
    >>> table = pd.DataFrame({"id": [1, 2], "by": ["", 1], "degree": [5, 3], "hiv": ["yes", "no"]})
    >>> trait_codes(rds_sample(table, id="id", recruiter="by", degree="degree", seed=""), "hiv")
    (['no', 'yes'], array([1, 0]))
    """
    checks.one_of(trait, [str(name) for name in sample.traits.columns], name="trait")
    keys = text_keys(sample.traits[trait])
    checks.rows(
        keys.ne(""),
        f"{trait} must be known for everybody",
        got="none",
        remedy="Give those who did not answer a value of their own, such as 'unknown'.",
    )
    values, codes = np.unique(keys.to_numpy(dtype=str), return_inverse=True)
    return [str(value) for value in values], codes


def wave_counts(sample: RdsSample) -> pd.Series:
    """Return how many people stand in each wave, the seeds in wave 0.

    Examples
    --------
    >>> table = pd.DataFrame({"id": [1, 2, 3], "by": ["", 1, 1], "degree": [5, 3, 8]})
    >>> wave_counts(rds_sample(table, id="id", recruiter="by", degree="degree", seed="")).tolist()
    [1, 2]
    """
    counts = np.bincount(sample.wave)
    return pd.Series(counts, index=pd.RangeIndex(len(counts), name="wave"), name="people")


def check_columns(table: pd.DataFrame, names: list[str]) -> None:
    """Refuse a table without rows or without one of these columns."""
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise ValueError(f"table must have the columns {', '.join(names)}; got none named {absent[0]}.")
    checks.count(rows=len(table), at_least=1)


def _waves(recruiter: np.ndarray) -> np.ndarray:
    """Return the wave of each row, -1 where the chain never comes from a seed."""
    wave = np.where(recruiter == NOBODY, 0, NOBODY)
    for step in range(1, len(recruiter) + 1):
        reached = (wave == NOBODY) & (wave[recruiter] == step - 1)
        if not reached.any():
            break
        wave[reached] = step
    return wave
