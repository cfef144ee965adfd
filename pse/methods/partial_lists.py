"""Lists that cover only some of the areas, and events turned into histories."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pse import checks
from pse.estimate import Estimate
from pse.methods.existence import unseen_cell
from pse.methods.histories import Histories, histories
from pse.methods.poisson_fit import PoissonFit, fit_poisson
from pse.methods.refusal import NoEstimateError
from pse.methods.unseen import log_bounds

__all__ = ["event_histories", "partial_lists", "partial_lists_table"]


def event_histories(events: pd.DataFrame, *, person: str, source: str) -> Histories:
    """Return histories from events: each row one contact of one person with one list.

    Several contacts of a person with one list count once. Assumed: the same person has the same identifier in
    every list, and no two people share one; `linkage_sensitivity` shows what an error does.

    Parameters
    ----------
    events : pandas.DataFrame
    person, source : str
        Columns with the identifier and the name of the list; neither may be blank.

    Raises
    ------
    ValueError
        If a cell is blank or there are fewer than two lists.

    Examples
    --------
    >>> events = pd.DataFrame({"id": ["a", "a", "a", "b"], "list": ["clinic", "clinic", "vans", "vans"]})
    >>> event_histories(events, person="id", source="list").counts.tolist()  # 01, 10, 11
    [1, 0, 1]
    """
    for name in (person, source):
        blank = events[name].isna() | (events[name].astype(str).str.strip() == "")
        checks.rows(~blank, f"{name} must not be blank", got="a blank", remedy="Leave the event out.")
    met = pd.crosstab(events[person], events[source]).clip(upper=1).reset_index(drop=True)
    checks.count(lists=met.shape[1], at_least=2)
    return histories(met)


def partial_lists(areas: Mapping[str, Histories], *, level: float = 0.95) -> Estimate:
    """Estimate the size of all areas together when a list works in some of them only.

    Parameters
    ----------
    areas : mapping of str to Histories
        Histories of the lists that work in each area; a list keeps its name from area to area. People belong
        to one area. An area may have one list if that list overlaps others elsewhere.
    level : float
        Of the log interval.

    Raises
    ------
    NoEstimateError
        If an area's lists do not overlap with others anywhere.

    Notes
    -----
    Lists are independent and a list reaches the same share in every area where it works: then what a list
    would have found where it does not work is missing at random (Zwane, van der Pal-de Bruin, van der Heijden
    2004, Statistics in Medicine 23:2267), and with main effects alone their EM is one Poisson fit with an
    intercept per area. Var = sum u + u' V u, u people on no list of their area.

    Examples
    --------
    >>> from pse.methods.two_list_intervals import two_lists
    >>> print(partial_lists({"north": two_lists(first=400, second=350, both=52)}))
    2,692 (2,155 to 3,427, 95% confidence; lists of parts of the area, log interval)
    """
    checks.level(level)
    fit, unseen, met = _fit(areas)
    k = len(unseen)
    error = math.sqrt(unseen.sum() + unseen @ fit.covariance[:k, :k] @ unseen)
    total = float(unseen.sum())
    lower, upper = log_bounds(unseen=total, people=met.sum(), standard_error=error, level=level)
    point = float(met.sum()) + total
    return Estimate(point, lower, upper, "confidence", level, "lists of parts of the area, log interval")


def partial_lists_table(areas: Mapping[str, Histories], *, level: float = 0.95) -> pd.DataFrame:
    """Return the size of each area under `partial_lists`; the points add up to its total, the bounds do not.

    Examples
    --------
    >>> from pse.methods.two_list_intervals import two_lists
    >>> table = partial_lists_table({"north": two_lists(first=400, second=350, both=52)})
    >>> table["point"].round(1).tolist()
    [2692.3]
    """
    checks.level(level)
    fit, unseen, met = _fit(areas)
    rows = []
    for j, area in enumerate(areas):
        error = math.sqrt(unseen[j] + unseen[j] ** 2 * fit.covariance[j, j])
        lower, upper = log_bounds(unseen=unseen[j], people=met[j], standard_error=error, level=level)
        point = float(met[j] + unseen[j])
        rows.append(
            {"area": area, "point": point, "lower": lower, "upper": upper}
            | {"interval": "confidence", "level": level}
            | {"method": "lists of parts of the area, log interval", "standard_error": error}
        )
    return pd.DataFrame(rows)


def _fit(areas: Mapping[str, Histories]) -> tuple[PoissonFit, np.ndarray, np.ndarray]:
    """Return the fit, people on no list and people met, by area; area intercepts come first."""
    names = sorted({name for given in areas.values() for name in given.lists})
    blocks = []
    for j, given in enumerate(areas.values()):
        block = np.zeros((len(given.counts), len(areas) + len(names)))
        block[:, j] = 1
        block[:, [len(areas) + names.index(name) for name in given.lists]] = given.patterns
        blocks.append(block)
    design = np.vstack(blocks)
    counts = np.concatenate([given.counts for given in areas.values()]).astype(float)
    met = np.array([given.n for given in areas.values()], dtype=float)
    rank = np.linalg.matrix_rank(design)
    for j in range(len(areas)):
        order = [j, *(i for i in range(design.shape[1]) if i != j)]
        unit = np.eye(1, design.shape[1], j)
        free = np.linalg.matrix_rank(np.vstack([design, unit])) > rank
        if free or unseen_cell(design[:, order], counts) in ("unbounded", "unknown"):
            raise NoEstimateError(
                f"every area must have lists that overlap there or elsewhere; area {j + 1} has none. "
                "Leave the area out, or report the people met as a lower limit.",
                lower=float(met.sum()),
            )
    fit = fit_poisson(design, counts, np.zeros(len(counts)))
    return fit, np.exp(fit.coefficients[: len(areas)]), met
