"""Bias-corrected sizes of the models of a closed population."""

from __future__ import annotations

import math
import warnings

import numpy as np
from scipy.special import comb

from pse import checks
from pse.estimate import Estimate, EstimateWarning
from pse.methods.closed import check_identified, model_cells
from pse.methods.closed_cells import Cells, ClosedModel, Frequencies
from pse.methods.closed_profile import smallest_cells
from pse.methods.existence import unseen_cell
from pse.methods.histories import Histories, history_counts
from pse.methods.poisson_fit import fit_poisson
from pse.methods.refusal import NoEstimateError
from pse.methods.two_list_forms import two_list_error, two_list_point
from pse.methods.unseen import log_bounds

__all__ = ["closed_corrected", "corrected_size"]


def closed_corrected(given: Histories | Frequencies, *, model: ClosedModel, level: float = 0.95) -> Estimate:
    """Estimate a size with the first-order bias taken out: M0, Mt and the Mh models.

    Parameters
    ----------
    given : Histories or Frequencies
    model : {"M0", "Mt", "Mh Chao", "Mh Poisson", "Mh Darroch", "Mh Gamma"}
    level : float
        Of the log interval.

    Notes
    -----
    Frequencies are changed before the fit so that the first-order bias vanishes (Rivest, Levesque 2001,
    Canadian Journal of Statistics 29:555): with the cells that decide the intercept, X their design and X' s
    = (1, 0, ...), each gets (1 - s) / 2. M0: f1 - 1/2, f2 + 1; Darroch: f1 - 1, f2 + 2; Mt: (t-2)/(2t) to
    each cell of one list, 2/(t(t-1)) to each of two. Two lists under Mt give Chapman's estimate with Seber's
    (1970) variance. Mh Chao is f1(f1-1)/(2(f2+1)) times (t-1)/t, its variance the same kind of unbiased
    product.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> print(closed_corrected(histories(table, people="people"), model="Mt"))
    2,655 (2,135 to 3,363, 95% confidence; Mt bias-corrected, log interval)
    """
    checks.level(level)
    point, error, people = corrected_size(given, model=model)
    met = history_counts(given) if isinstance(given, Histories) else given.counts
    if not met[1:].any():
        warnings.warn(
            f"nobody was met twice, so the size has no upper limit; {people} people were met.",
            EstimateWarning,
            stacklevel=2,
        )
    lower, upper = log_bounds(unseen=point - people, people=people, standard_error=error, level=level)
    return Estimate(point, lower, upper, "confidence", level, f"{model} bias-corrected, log interval")


def corrected_size(given: Histories | Frequencies, *, model: ClosedModel) -> tuple[float, float, int]:
    """Return bias-corrected size, its standard error and the people met.

    Examples
    --------
    >>> from pse.methods.closed_cells import frequencies
    >>> round(corrected_size(frequencies([7, 2], occasions=2), model="M0")[0], 4)
    12.5208
    """
    checks.one_of(model, ("M0", "Mt", "Mh Chao", "Mh Poisson", "Mh Darroch", "Mh Gamma"), name="model")
    if model == "Mt":
        if isinstance(given, Frequencies):
            raise ValueError("model must not be 'Mt' when only frequencies are given; use M0 or an Mh model.")
        return _mt_corrected(given)
    cells = smallest_cells(given, model=model)
    if model == "Mh Chao":
        return _chao_corrected(cells, given)
    check_identified(cells, model=model)
    width = cells.design.shape[1]
    top = cells.design[:width]
    change = np.zeros(len(cells.counts))
    change[:width] = 0.5 - 0.5 * np.linalg.solve(top.T, np.eye(width)[0])
    return _refit(cells, change, model=model)


def _refit(cells: Cells, change: np.ndarray, *, model: str) -> tuple[float, float, int]:
    changed = np.maximum(cells.counts + change, 0.0)
    state = unseen_cell(cells.design, changed)
    if state == "none":
        return float(cells.n), 0.0, cells.n
    if state != "finite":
        raise NoEstimateError(
            f"{model} bias-corrected must have people met more than once; too few were. "
            "Report the people met as a lower limit.",
            lower=cells.n,
        )
    fit = fit_poisson(cells.design, changed, cells.offset)
    unseen = float(np.exp(fit.coefficients[0]))
    return cells.n + unseen, math.sqrt(unseen + unseen**2 * fit.covariance[0, 0]), cells.n


def _mt_corrected(given: Histories) -> tuple[float, float, int]:
    t = len(given.lists)
    if t == 2:
        first, second = (float(people) for people in given.sizes)
        lists = {"first": first, "second": second, "both": float(given.counts[-1])}
        return two_list_point("Chapman", **lists), two_list_error("Chapman", **lists), given.n
    times = given.patterns.sum(axis=1)
    change = np.where(times == 1, (t - 2) / (2 * t), 0.0) + np.where(times == 2, 2 / (t * (t - 1)), 0.0)
    return _refit(model_cells(given, model="Mt"), change, model="Mt")


def _chao_corrected(cells: Cells, given: Histories | Frequencies) -> tuple[float, float, int]:
    t = given.occasions if isinstance(given, Frequencies) else len(given.lists)
    once, twice = cells.counts[:2]
    share = 1.0 if t == math.inf else (t - 1) / t
    unseen = share * once * (once - 1) / (2 * (twice + 1))
    square = share**2 * 6 * comb(once, 4) * 4 / (4 * (twice + 1) * (twice + 2))
    return cells.n + unseen, math.sqrt(max(0.0, unseen + unseen**2 - square)), cells.n
