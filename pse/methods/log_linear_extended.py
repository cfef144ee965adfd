"""Extended maximum likelihood: a log-linear fit where empty cells send coefficients to minus infinity.

An empty cell can push its fitted count to 0. The likelihood then has no maximum at finite coefficients, but
it has one on the cells that are left (Fienberg, Rinaldo 2012, Annals of Statistics 40:996), and the people on
no list are still estimated if their row of the design is a mix of the rows left (Chan, Silverman, Vincent
2021, JASA 116:1297). Linear programmes find these cells; for many models see `pse.methods.log_linear_faces`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import qr

from pse.methods.existence import FALL, CellState, identified, no_fall, unseen_cell
from pse.methods.poisson_fit import coefficient_bias, fit_poisson

__all__ = ["ExtendedFit", "Face", "extended_face", "extended_fit", "independent_columns"]

NOISE = 1e-8  # designs hold 0 and 1; anything smaller is rounding


@dataclass(frozen=True)
class Face:
    """What is left of a model after empty cells have pushed fitted counts to 0.

    Attributes
    ----------
    cells : numpy.ndarray of bool, shape (cells,)
        Cells with a fitted count above 0.
    columns : numpy.ndarray of int
        Columns of the design that are enough for these cells.
    states : tuple of str
        For each unseen cell: ``finite``; ``none`` (its count falls to 0); ``unbounded`` (grows for ever);
        ``unknown`` (both: the data do not say).
    """

    cells: np.ndarray = field(repr=False)
    columns: np.ndarray = field(repr=False)
    states: tuple[str, ...]


def extended_face(design: np.ndarray, counts: np.ndarray, unseen: np.ndarray) -> Face:
    """Find the cells and columns on which the likelihood has its maximum.

    Parameters
    ----------
    design : numpy.ndarray, shape (cells, coefficients)
        Of full column rank.
    counts : numpy.ndarray, shape (cells,)
    unseen : numpy.ndarray, shape (unseen cells, coefficients)
        Rows of the design for the cells that nobody could observe.

    Examples
    --------
    >>> design = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> extended_face(design, np.array([5, 7, 0]), np.eye(1, 3)).states
    ('unbounded',)
    >>> extended_face(design, np.array([0, 7, 2]), np.eye(1, 3)).states  # the second list lies in the first
    ('none',)
    """
    seen = counts > 0
    if identified(design[seen]):  # no direction is free: all is as usual
        return Face(np.ones(len(seen), dtype=bool), np.arange(design.shape[1]), ("finite",) * len(unseen))
    cells = ~seen
    cells[cells] = ~_lowered(design, seen)
    cells |= seen
    left = null_space(design[cells])
    states = tuple(_state(design, counts, row, left) for row in unseen)
    return Face(cells, independent_columns(design[cells]), states)


def _lowered(design: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return which empty cells some direction of no fall lowers: what one finds, then the rest again."""
    lowered = np.zeros(int((~seen).sum()), dtype=bool)
    while not lowered.all():
        change = design[~seen] @ no_fall(design, seen, design[~seen][~lowered].sum(axis=0))
        if not (change[~lowered] < -FALL).any():
            break
        lowered |= change < -FALL
    return lowered


def _state(design: np.ndarray, counts: np.ndarray, row: np.ndarray, left: np.ndarray) -> CellState:
    """Return the state of an unseen cell, where `left` are the directions that change no cell of the face."""
    if np.abs(row @ left).max(initial=0.0) < NOISE:
        return "finite"
    found = unseen_cell(design, counts, row)
    return "unknown" if found == "finite" else found  # it moves, but less than the programmes can tell


def null_space(rows: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of the solutions of ``rows @ x = 0``: shape (variables, directions).

    Examples
    --------
    >>> null_space(np.array([[1.0, 0.0]])).round(6).tolist()
    [[0.0], [1.0]]
    """
    _, sizes, right = np.linalg.svd(rows, full_matrices=len(rows) < rows.shape[1])
    return right[int((sizes > NOISE).sum()) :].T


def independent_columns(rows: np.ndarray) -> np.ndarray:
    """Return columns, in order, that span all columns of a design; a first column of ones is among them.

    Examples
    --------
    >>> independent_columns(np.array([[1, 0, 0], [1, 1, 1], [1, 1, 1]])).tolist()
    [0, 1]
    """
    triangle, order = qr(rows, mode="r", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > NOISE).sum())
    return np.sort(order[:rank])


@dataclass(frozen=True)
class ExtendedFit:
    """An extended fit: fitted counts of all cells, and the unseen cells with their errors.

    Attributes
    ----------
    face : Face
    coefficients : numpy.ndarray, shape (coefficients,)
        Minus infinity where a coefficient runs there; NaN where the cells do not settle it.
    fitted : numpy.ndarray, shape (cells,)
    unseen : numpy.ndarray, shape (unseen cells,)
        Expected people; NaN where unbounded or unknown.
    covariance : numpy.ndarray, shape (unseen cells, unseen cells)
        Of the number of people in the unseen cells.
    bias : numpy.ndarray, shape (unseen cells,)
        First-order bias of `unseen`.
    """

    face: Face
    coefficients: np.ndarray = field(repr=False)
    fitted: np.ndarray = field(repr=False)
    unseen: np.ndarray
    covariance: np.ndarray = field(repr=False)
    bias: np.ndarray


def extended_fit(design: np.ndarray, counts: np.ndarray, unseen: np.ndarray) -> ExtendedFit:
    """Fit by extended maximum likelihood; arguments as in `extended_face`.

    Notes
    -----
    Cov = diag(u) + u u' * (R V R'), u the unseen counts, R their rows, V the variance of the coefficients;
    the first-order bias is u (R b + diag(R V R') / 2), b the bias of the coefficients (Cordeiro, McCullagh
    1991, JRSS B 53:629), all on the cells that are left.

    Examples
    --------
    >>> design = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]])
    >>> extended_fit(design, np.array([348, 298, 52]), np.eye(1, 3)).unseen.round(1).tolist()
    [1994.3]
    """
    face = extended_face(design, counts, unseen)
    used, rows = design[face.cells][:, face.columns], unseen[:, face.columns]
    fit = fit_poisson(used, counts[face.cells].astype(float), np.zeros(len(used)))
    known = np.array([state == "finite" for state in face.states])
    lost = np.array([0.0 if state == "none" else np.nan for state in face.states])
    people = lost.copy()
    people[known] = np.exp(rows[known] @ fit.coefficients)
    spread = rows @ fit.covariance @ rows.T
    bias = people * (rows @ coefficient_bias(fit, used) + np.diag(spread) / 2)
    fitted = np.zeros(len(counts))
    fitted[face.cells] = fit.fitted
    covariance = np.diag(people) + np.outer(people, people) * spread
    return ExtendedFit(face, _coefficients(design, face, fit.coefficients), fitted, people, covariance, bias)


def _coefficients(design: np.ndarray, face: Face, found: np.ndarray) -> np.ndarray:
    values = np.full(design.shape[1], np.nan)
    values[face.columns] = found
    values[np.abs(null_space(design[face.cells])).max(axis=1, initial=0.0) > NOISE] = np.nan
    values[~design[face.cells].any(axis=0)] = -np.inf
    return values
