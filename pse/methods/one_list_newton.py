"""Newton's method for many replicates of a truncated count regression at once; is there a maximum?"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from pse.methods.truncated_counts import Family, Terms, terms, used

__all__ = ["added_up", "expected_terms", "linear", "maximise", "separated"]

ITERATIONS = 80
ENOUGH = 1e-12  # half the Newton decrement, relative to 1 + |log-likelihood|
LONGEST = 3.0  # no step moves a linear predictor further than this
Array = np.ndarray


def linear(family: Family, design: Array, parameters: Array) -> tuple[Array, Array | float]:
    """Return the linear predictor (replicates, cells) and the extra parameter (replicates, 1)."""
    columns = design.shape[1]
    eta = parameters[:, :columns] @ design.T
    return eta, parameters[:, columns:] if family.extra else 0.0


def added_up(given: Terms, design: Array, people: Array) -> tuple[Array, Array, Array]:
    """Return the log-likelihood, the score and minus the Hessian of each replicate."""
    value = (people * given.value).sum(axis=1)
    score = (people * given.eta) @ design
    information = np.einsum("bm,mp,mq->bpq", -people * given.eta_eta, design, design, optimize=True)
    if given.zeta is None or given.eta_zeta is None or given.zeta_zeta is None:
        return value, score, information
    across = ((-people * given.eta_zeta) @ design)[:, :, None]
    corner = (-people * given.zeta_zeta).sum(axis=1)[:, None, None]
    bottom = np.concatenate([across.transpose(0, 2, 1), corner], axis=2)
    information = np.concatenate([np.concatenate([information, across], axis=2), bottom], axis=1)
    return value, np.column_stack([score, (people * given.zeta).sum(axis=1)]), information


def expected_terms(family: Family, eta: Array, zeta: Array | float) -> Terms:
    """Return the terms whose second derivatives are the expected ones, given the row is in the likelihood.

    Second derivatives are linear in the count (apart from "once" in inflated families), so their expectation
    is their value at the expected count. Not for an estimated dispersion.
    """
    base = Family("zero", family.alpha)
    lam, alpha = np.exp(eta), float(family.alpha or 0.0)
    p0 = np.exp(-lam) if alpha == 0 else (1 + alpha * lam) ** (-1 / alpha)
    p1 = p0 * lam / (1 + alpha * lam)
    if family.kind == "first_two":
        return terms(family, np.ones(1), eta)
    if family.kind == "zero":
        return terms(base, lam / (1 - p0), eta)
    higher = (lam - p1) / (1 - p0 - p1)
    if family.kind == "zero_one":
        return terms(family, higher, eta)
    once, more = terms(family, np.ones(1), eta, zeta), terms(family, higher, eta, zeta)
    share = np.exp(once.value)
    names = ("value", "eta", "eta_eta", "zeta", "eta_zeta", "zeta_zeta")
    return Terms(*(share * getattr(once, name) + (1 - share) * getattr(more, name) for name in names))


def maximise(family: Family, design: Array, seen: Array, people: Array, start: Array) -> tuple[Array, Array]:
    """Return the parameters (replicates, parameters) with the highest likelihood and that likelihood.

    Parameters
    ----------
    design : array (cells, columns)
    seen : array (cells,)
    people : array (replicates, cells)
        People in each cell; a cell may be empty in a replicate.
    start : array (replicates, parameters)

    Notes
    -----
    Each step is Newton's, made to go uphill where the likelihood is not concave and halved until it rises.
    Where no maximum exists the steps run off; the caller tells by `separated` or by tiny means.
    """
    keep = used(family.kind, seen)
    design, seen, people = design[keep], seen[keep], people[:, keep]
    at = np.array(start, dtype=float)
    best = np.full(len(at), -np.inf)
    active = np.arange(len(at))
    for _ in range(ITERATIONS):
        eta, zeta = linear(family, design, at[active])
        value, score, information = added_up(terms(family, seen, eta, zeta), design, people[active])
        step = _uphill(information, score)
        gain = 0.5 * (step * score).sum(axis=1)
        step *= _shortened(step, design, family)[:, None]
        moved, reached = _climb(family, design, seen, people[active], at[active], step, value)
        at[active], best[active] = moved, reached
        going = gain > ENOUGH * (1 + np.abs(value))
        active = active[going]
        if not len(active):
            break
    return at, best


def _shortened(step: Array, design: Array, family: Family) -> Array:
    columns = design.shape[1]
    furthest = np.abs(step[:, :columns] @ design.T).max(axis=1, initial=0)
    if family.extra:
        furthest = np.maximum(furthest, np.abs(step[:, columns]))
    return np.minimum(1.0, LONGEST / np.maximum(furthest, 1e-300))


def _uphill(information: Array, score: Array) -> Array:
    """Solve for the step; a direction of no or negative curvature is turned uphill with a bounded length."""
    scale = np.sqrt(np.maximum(np.abs(np.einsum("bpp->bp", information)), 1e-12))
    values, vectors = np.linalg.eigh(information / (scale[:, :, None] * scale[:, None, :]))
    values = np.maximum(np.abs(values), 1e-9)
    turned = np.einsum("bpk,bp->bk", vectors, score / scale) / values
    return np.einsum("bpk,bk->bp", vectors, turned) / scale


def _climb(
    family: Family, design: Array, seen: Array, people: Array, at: Array, step: Array, value: Array
) -> tuple[Array, Array]:
    moved, reached = at.copy(), value.copy()
    left, size = np.arange(len(at)), 1.0
    for _ in range(14):
        trial = at[left] + size * step[left]
        eta, zeta = linear(family, design, trial)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = (people[left] * terms(family, seen, eta, zeta).value).sum(axis=1)
        better = found >= value[left] - 1e-12 * np.abs(value[left])
        moved[left[better]], reached[left[better]] = trial[better], found[better]
        left, size = left[~better], size / 2
        if not len(left):
            break
    return moved, reached


def separated(family: Family, design: Array, seen: Array) -> bool:
    """Tell whether some combination of covariates lets the likelihood rise for ever (linear programme).

    With ``zero`` and ``zero_one`` kinds it exists if it lowers the mean of people seen as rarely as the kind
    allows and leaves all others where they are; with ``first_two`` also if it parts the two (Albert and
    Anderson 1984, Biometrika 71:1).

    Examples
    --------
    >>> from pse.methods.truncated_counts import FAMILIES
    >>> design = np.array([[1.0, 0], [1, 0], [1, 1]])
    >>> separated(FAMILIES["ztpoisson"], design, np.array([1, 2, 1]))  # nobody of the second kind came back
    True
    """
    keep = used(family.kind, seen)
    design, seen = design[keep] / np.abs(design[keep]).max(axis=0), seen[keep]
    low = seen == (2 if family.kind == "zero_one" else 1)
    fall, rest = np.unique(design[low], axis=0), np.unique(design[~low], axis=0)
    box = [(-1, 1)] * design.shape[1]
    if family.kind == "first_two":
        rows = np.vstack([fall, -rest])
        found = linprog(rows.sum(axis=0), A_ub=rows, b_ub=np.zeros(len(rows)), bounds=box)
    else:
        # the people that must stay as they are span a space; its directions are what is forbidden
        span = np.linalg.qr(rest.T @ rest)[1] if len(rest) > design.shape[1] else rest
        equal = {"A_eq": span, "b_eq": np.zeros(len(span))} if len(rest) else {}
        found = linprog(fall.sum(axis=0), A_ub=fall, b_ub=np.zeros(len(fall)), bounds=box, **equal)
    return bool(found.status == 0 and found.fun < -1e-7)
