"""Which cells of many log-linear models fall to 0, and whether their unseen cells are estimated.

It answers what `pse.methods.log_linear_extended` answers for one design, for all models of the same cells. A
direction is held by its change v of the logarithm of each of the 2^k cells; it belongs to a model if the
alternating sums (Moebius) of v over the terms outside the model are 0. It never lowers the likelihood if v is
0 where people are and at most 0 in empty cells; in unseen cells it is free. This way the numbers of the
problem are 0, 1 and -1, and a direction found for one model is one of every model that holds its terms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog, nnls

from pse.methods.existence import identified
from pse.methods.log_linear_cells import LogLinearCells
from pse.methods.log_linear_extended import NOISE, null_space

__all__ = ["Faces", "solution"]


class Faces:
    """The faces of models of the same cells; it remembers directions from model to model.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> from pse.methods.log_linear_cells import log_linear_cells
    >>> nested = histories(pd.DataFrame({"a": [1, 1, 1], "b": [0, 1, 1]}))
    >>> cells, states = Faces(log_linear_cells(nested)).face((0, 1, 2))
    >>> cells.tolist(), states  # 01 is empty; nobody is left on no list
    ([False, True, True], ('none',))
    """

    def __init__(self, cells: LogLinearCells) -> None:
        every = np.arange(1 << len(cells.lists))
        held, unseen = (rows @ (1 << np.arange(len(cells.lists))) for rows in (cells.patterns, cells.unseen))
        self._empty = np.flatnonzero(cells.counts == 0)  # rows of the observed cells
        impossible = np.setdiff1d(every, np.concatenate([held, unseen]))
        hidden = np.concatenate([unseen, impossible])
        sums = _alternating_sums(len(cells.lists))
        self._sums = np.hstack([sums[:, held[self._empty]], sums[:, hidden], -sums[:, hidden]])
        self._unseen, self._hidden, self._cells = len(unseen), len(hidden), len(held)
        self._known: list[tuple[int, np.ndarray]] = []  # terms of a direction, and the empty cells it lowers

    def face(self, terms: Sequence[int]) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return the observed cells that keep a fitted count above 0, and the state of each unseen cell.

        States are those of `pse.methods.log_linear_extended.Face`, or ``("rank",)``.
        """
        outside = np.ones(len(self._sums), dtype=bool)
        outside[list(terms)] = False
        rows = self._sums[outside]
        n_empty = len(self._empty)
        cells = np.ones(self._cells, dtype=bool)
        hidden = rows[:, n_empty : n_empty + self._hidden]
        if self._hidden > 1 and not identified(hidden):
            return cells, ("rank",)
        lowered = self._lowered(rows, sum(1 << term for term in terms))
        cells[self._empty[lowered]] = False
        free = null_space(np.hstack([hidden, rows[:, :n_empty][:, lowered]]))
        settled = np.abs(free[: self._unseen]).max(axis=1, initial=0.0) < NOISE
        return cells, tuple("finite" if ok else self._runs(rows, j) for j, ok in enumerate(settled))

    def _lowered(self, rows: np.ndarray, terms: int) -> np.ndarray:
        """Return the empty cells that some direction lowers: known directions, then new ones until none."""
        lowered = np.zeros(len(self._empty), dtype=bool)
        for needed, falling in self._known:
            if needed & terms == needed:
                lowered |= falling
        while not lowered.all():
            aim = np.zeros(rows.shape[1])
            aim[: len(lowered)] = ~lowered
            fall = solution(rows, aim, 1.0)
            if fall is None:
                break
            new = fall[: len(lowered)] > NOISE
            held = np.flatnonzero(np.abs(self._sums @ fall) > NOISE)
            self._known.append((sum(1 << int(term) for term in held), new))
            lowered |= new
        return lowered

    def _runs(self, rows: np.ndarray, j: int) -> str:
        """Say where an unseen cell runs to: whether its rise can be made 1, -1 or both."""
        rise = np.zeros(rows.shape[1])  # the variables are falls
        rise[len(self._empty) + j], rise[len(self._empty) + self._hidden + j] = -1.0, 1.0
        up, down = (solution(rows, rise, value) is not None for value in (1.0, -1.0))
        return "unknown" if up == down else "unbounded" if up else "none"


def _alternating_sums(lists: int) -> np.ndarray:
    """Return the matrix from logarithms of all 2^k cells to all 2^k coefficients of the saturated model."""
    one = np.array([[1, 0], [-1, 1]])
    sums = np.ones((1, 1), dtype=np.int64)
    for _ in range(lists):
        sums = np.kron(one, sums)
    return sums.astype(float)


def solution(rows: np.ndarray, aim: np.ndarray, value: float) -> np.ndarray | None:
    """Return weights of 0 or more with ``rows @ weights = 0`` and ``aim @ weights = value``, if any.

    Notes
    -----
    Either the weights keep the equations, or what they miss proves that none can (lemma of Farkas). Both are
    checked, because SciPy's non-negative least squares now and then returns neither; then a linear programme
    answers. Least squares take microseconds where a programme takes milliseconds.

    Examples
    --------
    >>> solution(np.array([[1.0, -1.0]]), np.array([1.0, 1.0]), 1.0).round(6).tolist()
    [0.5, 0.5]
    >>> solution(np.array([[1.0, 1.0]]), np.array([1.0, 1.0]), 1.0) is None
    True
    """
    equations = np.vstack([rows, aim])
    wanted = np.zeros(len(equations))
    wanted[-1] = value
    try:
        weights = nnls(equations, wanted)[0]
    except RuntimeError:  # too many steps
        weights = np.zeros(equations.shape[1])
    miss = wanted - equations @ weights
    if np.abs(miss).max() < NOISE:
        return weights
    if miss @ wanted > NOISE and (miss @ equations).max() < NOISE:
        return None
    found = linprog(np.zeros(equations.shape[1]), A_eq=equations, b_eq=wanted, bounds=(0, None))
    return found.x if found.status == 0 else None
