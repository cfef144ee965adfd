"""Whether a log-linear model of counts has one maximum-likelihood estimate, judged before it is fitted.

Along a direction d of no fall the likelihood never falls: X d = 0 in cells with people and X d <= 0 in empty
ones. Linear programmes look for such directions.

Sources
-------
Fienberg SE, Rinaldo A. Maximum likelihood estimation in log-linear models. Annals of Statistics
2012;40:996-1023.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.optimize import linprog

from pse.methods.refusal import NoEstimateError

__all__ = [
    "FALL",
    "CellState",
    "ModelState",
    "estimate_exists",
    "identified",
    "model_state",
    "no_fall",
    "unseen_cell",
]

ModelState = Literal["fine", "does not exist", "not identified", "neither"]
CellState = Literal["finite", "none", "unbounded", "unknown"]
FALL = 1e-6  # how far a linear programme must move a cell; it keeps to its limits within 1e-7


def model_state(design: np.ndarray, counts: np.ndarray) -> ModelState:
    """Say whether the estimate exists (every fitted count above 0) and is the only one.

    Parameters
    ----------
    design : numpy.ndarray, shape (cells, coefficients)
        Cells whose count the model sets to 0 must be left out before.
    counts : numpy.ndarray, shape (cells,)

    Returns
    -------
    str
        "fine"; "does not exist"; "not identified" (several coefficients fit equally well); "neither".

    Examples
    --------
    >>> design = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> model_state(design, np.array([5, 7, 2])), model_state(design, np.array([5, 7, 0]))
    ('fine', 'does not exist')
    """
    if identified(design[counts > 0]):  # then no direction is left that could run to infinity
        return "fine"
    there, one = estimate_exists(design, counts), identified(design)
    if there:
        return "fine" if one else "not identified"
    return "does not exist" if one else "neither"


def identified(design: np.ndarray) -> bool:
    """Say whether different coefficients always give different fitted counts: full column rank.

    Examples
    --------
    >>> identified(np.array([[1, 0], [1, 1]])), identified(np.array([[1, 1], [1, 1]]))
    (True, False)
    """
    return bool(np.linalg.matrix_rank(design) == design.shape[1]) if design.size else False


def estimate_exists(design: np.ndarray, counts: np.ndarray) -> bool:
    """Say whether no direction lets the likelihood rise for ever.

    Notes
    -----
    It looks for a direction of no fall that lowers an empty cell (Fienberg, Rinaldo 2012; the dual of their
    programme).

    Examples
    --------
    >>> design = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> estimate_exists(design, np.array([0, 7, 2]))
    False
    """
    seen = np.asarray(counts) > 0
    if seen.all():
        return True
    goal = design[~seen].sum(axis=0)
    return bool(goal @ no_fall(design, seen, goal) > -FALL)


def no_fall(design: np.ndarray, seen: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Return the direction of no fall that makes `goal` smallest, of coefficients within -1 and 1.

    Parameters
    ----------
    design : numpy.ndarray, shape (cells, coefficients)
        Columns may have any unit; each counts by its largest number.
    seen : numpy.ndarray of bool, shape (cells,)
        Cells with people.
    goal : numpy.ndarray, shape (coefficients,)

    Examples
    --------
    >>> design = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> no_fall(design, np.array([True, True, False]), np.array([-1, 0, 0])).tolist()
    [1.0, -1.0, -1.0]
    """
    unit = np.maximum(np.abs(design).max(axis=0), 1e-12)
    scaled, empty = design / unit, int((~seen).sum())
    found = linprog(
        goal / unit,
        A_ub=scaled[~seen] if empty else None,
        b_ub=np.zeros(empty) if empty else None,
        A_eq=scaled[seen] if seen.any() else None,
        b_eq=np.zeros(int(seen.sum())) if seen.any() else None,
        bounds=(-1, 1),
    )
    if found.x is None:
        raise NoEstimateError(
            "a linear programme must end before it is known whether the size exists; got one that does not. "
            "Leave terms out of the model."
        )
    return np.asarray(found.x / unit)


def unseen_cell(design: np.ndarray, counts: np.ndarray, row: np.ndarray | None = None) -> CellState:
    """Say whether the count of a cell that nobody could observe exists, such as that of people on no list.

    Parameters
    ----------
    design : numpy.ndarray, shape (cells, coefficients)
    counts : numpy.ndarray, shape (cells,)
    row : numpy.ndarray, shape (coefficients,), optional
        Row of the design for the cell; without it 1, 0, ..., 0: the count is ``exp(first coefficient)``.

    Returns
    -------
    str
        ``finite``; ``none`` (the likelihood rises for ever as it falls to 0); ``unbounded`` (as it grows);
        ``unknown`` (it can do both: the data do not say).

    Examples
    --------
    >>> design = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> unseen_cell(design, np.array([5, 7, 0])), unseen_cell(design, np.array([5, 7, 2]))
    ('unbounded', 'finite')
    """
    seen = counts > 0
    if identified(design[seen]):
        return "finite"
    row = np.eye(1, design.shape[1])[0] if row is None else row
    up, down = (sign * row @ no_fall(design, seen, -sign * row) > FALL for sign in (1.0, -1.0))
    if up and down:
        return "unknown"
    return "unbounded" if up else "none" if down else "finite"
