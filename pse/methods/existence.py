"""Whether a log-linear model of counts has one maximum-likelihood estimate, judged before it is fitted.

Sources
-------
Fienberg SE, Rinaldo A. Maximum likelihood estimation in log-linear models. Annals of Statistics
2012;40:996-1023.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.optimize import linprog

__all__ = ["ModelState", "estimate_exists", "identified", "model_state"]

ModelState = Literal["fine", "does not exist", "not identified", "neither"]
FALL = 1e-7  # how far the linear programme must move an empty cell before it counts


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
    Such a direction d has X d = 0 in cells with people, X d <= 0 in empty cells and X d < 0 in one of them
    (Fienberg, Rinaldo 2012; the dual of their programme). A linear programme makes the sum of X d over the
    empty cells as small as it can.

    Examples
    --------
    >>> design = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> estimate_exists(design, np.array([0, 7, 2]))
    False
    """
    empty = np.asarray(counts) <= 0
    if not empty.any():
        return True
    inside = design[~empty] if (~empty).any() else None
    found = linprog(
        design[empty].sum(axis=0),
        A_ub=design[empty],
        b_ub=np.zeros(int(empty.sum())),
        A_eq=inside,
        b_eq=None if inside is None else np.zeros(len(inside)),
        bounds=(-1, 1),
    )
    return bool(found.status == 0 and found.fun > -FALL)
