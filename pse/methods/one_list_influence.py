"""What single rows and single counts do to the size from one list."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pse.methods.one_list_bootstrap import CELLS_AT_ONCE, refitted_sizes
from pse.methods.one_list_fit import OneListFit

__all__ = ["influence_of_counts", "influence_of_rows"]


def influence_of_rows(fit: OneListFit) -> pd.DataFrame:
    """Return the size that is left when one person of a row is left out and the family is fitted again.

    Returns
    -------
    pandas.DataFrame
        One row for each row of the fitted table, in its order: columns row (from 1), seen, size (people,
        infinite where the rest has no finite size), change (size without minus size with). People who are
        alike in covariates and count share one fit; a list of 12,000 different people takes a minute or so.

    Examples
    --------
    >>> from pse.methods.one_list_fit import fit_one_list
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> influence_of_rows(fit)["change"].round(1).tolist()
    [-9.0, 7.4, 25.1]
    """
    cells = fit.cells
    many = len(cells.people)
    batch = max(1, CELLS_AT_ONCE // many)
    sizes = np.concatenate(
        [_without(fit, np.arange(first, min(first + batch, many))) for first in range(0, many, batch)]
    )
    place = cells.row_cell
    some = place >= 0  # rows without people change nothing
    whole = float(refitted_sizes(fit, cells.people[None, :])[0])
    size = np.where(some, sizes[place], whole)
    seen = np.where(some, cells.seen[place], 0)
    return pd.DataFrame(
        {"row": np.arange(1, len(place) + 1), "seen": seen, "size": size, "change": size - whole}
    )


def influence_of_counts(fit: OneListFit) -> pd.DataFrame:
    """Return the size that is left when everybody seen exactly once, twice, ... is left out of the list.

    Returns
    -------
    pandas.DataFrame
        Columns seen, people, size, change. Without the ones few families have a size near the truth; the
        table shows on which counts the size rests, it is no correction.

    Examples
    --------
    >>> from pse.methods.one_list_fit import fit_one_list
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> influence_of_counts(fit)["change"].round(1).tolist()
    [-464.0, 307.5, 196.7]
    """
    cells = fit.cells
    counts = np.unique(cells.seen)
    kept = cells.people * (cells.seen[None, :] != counts[:, None])
    sizes = refitted_sizes(fit, kept)
    whole = float(refitted_sizes(fit, cells.people[None, :])[0])
    people = np.bincount(cells.seen, weights=cells.people)[counts]
    return pd.DataFrame({"seen": counts, "people": people, "size": sizes, "change": sizes - whole})


def _without(fit: OneListFit, which: np.ndarray) -> np.ndarray:
    people = np.repeat(fit.cells.people[None, :], len(which), axis=0)
    people[np.arange(len(which)), which] -= 1
    return refitted_sizes(fit, people)
