"""Newton's method for many small Poisson log-linear fits at once, each with cells and columns of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["Tables", "full_rank", "log_linear_means", "maximise", "tables"]

Array = np.ndarray
ITERATIONS = 60
CLOSE = 1e-6  # largest change of a log mean before the last step: its square is left
LONGEST = 3.0  # change of a log mean in one step
HALVINGS = 30
RIDGE = 1e-12  # of a scaled information: keeps a flat direction solvable, moves no solution
SMALLEST_EIGENVALUE = 1e-9  # of the cross-products of 0 and 1; rounding leaves 1e-13


@dataclass(frozen=True)
class Tables:
    """Tables of counts of the same cells, each with a model.

    Attributes
    ----------
    design : numpy.ndarray, shape (cells, columns)
    products : numpy.ndarray, shape (cells, columns x columns)
        Of the columns of the design.
    counts : numpy.ndarray of float, shape (tables, cells)
    keep : numpy.ndarray of bool, shape (tables, cells)
        Cells that the model of each table has.
    used : numpy.ndarray of bool, shape (tables, columns)
        Columns that it has.
    """

    design: Array = field(repr=False)
    products: Array = field(repr=False)
    counts: Array = field(repr=False)
    keep: Array = field(repr=False)
    used: Array = field(repr=False)

    def of(self, rows: Array) -> Tables:
        """Return some of the tables."""
        return Tables(self.design, self.products, self.counts[rows], self.keep[rows], self.used[rows])


def tables(design: Array, counts: Array, keep: Array, used: Array) -> Tables:
    """Return tables with the products of their columns."""
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    return Tables(design, products, counts, keep, used)


def maximise(given: Tables, start: Array) -> tuple[Array, Array]:
    """Return the coefficients of the largest likelihood and the change of log means in the last step.

    Parameters
    ----------
    start : numpy.ndarray, shape (tables, columns)
        0 in columns that are not used.

    Returns
    -------
    coefficients : numpy.ndarray, shape (tables, columns)
    change : numpy.ndarray, shape (tables,)
        Largest over the cells, before the step was cut.

    Examples
    --------
    >>> both = tables(np.ones((2, 1)), np.array([[3.0, 5]]), np.ones((1, 2), bool), np.ones((1, 1), bool))
    >>> np.exp(maximise(both, np.zeros((1, 1)))[0]).round(6).tolist()
    [[4.0]]
    """
    beta, value = start.copy(), _log_likelihood(given, start)
    changes = np.full(len(start), np.inf)
    going = np.arange(len(start))
    for _ in range(ITERATIONS):
        if not len(going):
            break
        part = given.of(going)
        step = _newton_step(part, beta[going])
        change = np.abs(step @ part.design.T * part.keep).max(axis=1)
        beta[going], value[going] = _halved(part, beta[going], step, change, value[going])
        changes[going] = change
        going = going[change > CLOSE]
    return beta, changes


def log_linear_means(given: Tables, beta: Array) -> Array:
    """Return the fitted counts; 0 in cells that a model leaves out: shape (tables, cells)."""
    with np.errstate(over="ignore"):
        return np.where(given.keep, np.exp(beta @ given.design.T), 0.0)


def full_rank(given: Tables) -> Array:
    """Say for each table whether its cells tell its columns apart: shape (tables,)."""
    gram = _of_used(given.keep.astype(float) @ given.products, given.used)
    return np.linalg.eigvalsh(gram)[:, 0] > SMALLEST_EIGENVALUE


def _of_used(flat: Array, used: Array) -> Array:
    """Return matrices of the used columns, with 1 on the diagonal of the others."""
    columns = used.shape[1]
    matrix = flat.reshape(len(flat), columns, columns) * (used[:, :, None] & used[:, None, :])
    at = np.arange(columns)
    matrix[:, at, at] += ~used
    return matrix


def _newton_step(given: Tables, beta: Array) -> Array:
    mean = log_linear_means(given, beta)
    score = np.where(given.used, (given.counts * given.keep - mean) @ given.design, 0.0)
    information = _of_used(mean @ given.products, given.used)
    scale = 1 / np.sqrt(np.maximum(np.diagonal(information, axis1=1, axis2=2), 1e-300))
    scaled = information * scale[:, :, None] * scale[:, None, :] + RIDGE * np.eye(beta.shape[1])
    return scale * np.linalg.solve(scaled, (scale * score)[:, :, None])[:, :, 0]


def _log_likelihood(given: Tables, beta: Array) -> Array:
    predictor = beta @ given.design.T
    with np.errstate(over="ignore"):
        return np.where(given.keep, given.counts * predictor - np.exp(predictor), 0.0).sum(axis=1)


def _halved(given: Tables, beta: Array, step: Array, change: Array, value: Array) -> tuple[Array, Array]:
    """Take each step, cut to the longest, halved until the likelihood does not fall."""
    size = np.minimum(1.0, LONGEST / np.maximum(change, 1e-300))
    reached, todo = value.copy(), np.arange(len(beta))
    for _ in range(HALVINGS):
        reached[todo] = _log_likelihood(given.of(todo), beta[todo] + size[todo, None] * step[todo])
        todo = todo[~(reached[todo] >= value[todo] - 1e-9 * (1 + np.abs(value[todo])))]
        if not len(todo):
            break
        size[todo] /= 2
    size[todo], reached[todo] = 0.0, value[todo]
    return beta + size[:, None] * step, reached
