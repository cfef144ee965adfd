"""Bootstrap sizes of one list, all replicates fitted at once."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import expit

from pse import checks
from pse.estimate import Estimate
from pse.methods.one_list_fit import LEAST_REPEATS, OneListFit, lower_limit, people_stood_for
from pse.methods.one_list_newton import linear, maximise
from pse.methods.refusal import NoEstimateError
from pse.methods.truncated_counts import log_mass, stands_for, used

__all__ = ["bootstrap_size", "bootstrap_sizes", "refitted_sizes"]

Bootstrap = Literal["nonparametric", "semiparametric", "parametric"]
Array = np.ndarray
CELLS_AT_ONCE = 2_000_000  # replicates x cells in memory at a time


def bootstrap_size(
    fit: OneListFit,
    *,
    kind: Bootstrap,
    replicates: int = 2000,
    level: float = 0.95,
    rng: np.random.Generator,
) -> Estimate:
    """Return the size with a percentile interval of bootstrap sizes.

    Parameters
    ----------
    kind : {"nonparametric", "semiparametric", "parametric"}
        See `bootstrap_sizes`.

    Raises
    ------
    NoEstimateError
        If more replicates have no finite size than the interval may leave out above; `.lower` is the lower
        limit of the interval, or Chao's where hardly any replicate has a size.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.one_list_fit import fit_one_list
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [800, 150, 50]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> print(bootstrap_size(fit, kind="parametric", replicates=200, rng=np.random.default_rng(1)).method)
    ztgeom, parametric bootstrap
    """
    checks.level(level)
    sizes = bootstrap_sizes(fit, kind=kind, replicates=replicates, rng=rng)
    tail = (1 - level) / 2
    lower, upper = np.quantile(sizes, [tail, 1 - tail], method="inverted_cdf")
    if not np.isfinite(upper):
        endless = float(np.mean(~np.isfinite(sizes)))
        raise NoEstimateError(
            f"a bootstrap must bound the size from above; got {100 * endless:.1f}% of the replicates without "
            "a finite size (a category whose few repeats were not drawn, for example). Merge categories, or "
            "report the lower limit.",
            lower=float(lower) if np.isfinite(lower) else lower_limit(fit.cells),
        )
    point = float(fit.cells.people @ people_stood_for(fit))
    name = f"{fit.family}, {kind} bootstrap"
    return Estimate(point, min(lower, point), max(upper, point), "confidence", level, name)


def bootstrap_sizes(fit: OneListFit, *, kind: Bootstrap, replicates: int, rng: np.random.Generator) -> Array:
    """Return one size for each replicate; infinite where a replicate has no finite size.

    Parameters
    ----------
    kind : {"nonparametric", "semiparametric", "parametric"}
        Nonparametric draws the people seen again, with replacement. Semiparametric first draws how many of
        the estimated population were seen. Parametric draws the whole estimated population, its covariates
        and how often each was seen, and keeps those seen (Zwane and van der Heijden 2003, Statistics &
        Probability Letters 65:121). Families that set ones aside or use the first two counts only have no
        model for all counts and no parametric bootstrap.
    replicates : int
    rng : numpy.random.Generator

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.one_list_fit import fit_one_list
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [800, 150, 50]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> bootstrap_sizes(fit, kind="nonparametric", replicates=3, rng=np.random.default_rng(1)).shape
    (3,)
    """
    checks.one_of(kind, ("nonparametric", "semiparametric", "parametric"), name="kind")
    checks.count(replicates=replicates, at_least=1)
    if kind == "parametric":
        return _parametric(fit, replicates, rng)
    cells = fit.cells
    n = np.full(replicates, round(fit.n))
    if kind == "semiparametric":
        size = float(cells.people @ people_stood_for(fit))
        n = rng.binomial(round(size), fit.n / size, replicates)
    batch = max(1, CELLS_AT_ONCE // len(cells.people))
    shares = cells.people / cells.people.sum()
    found = [
        refitted_sizes(fit, rng.multinomial(part, shares).astype(float))
        for part in np.split(n, range(batch, replicates, batch))
    ]
    return np.concatenate(found)


def _parametric(fit: OneListFit, replicates: int, rng: np.random.Generator) -> Array:
    if fit.shape.kind not in ("zero", "inflated"):
        raise ValueError(
            f"kind must be nonparametric or semiparametric for {fit.family}, which has no model of all "
            "counts; got 'parametric'."
        )
    cells = fit.cells
    patterns, place = np.unique(cells.design, axis=0, return_inverse=True)
    living = np.bincount(np.ravel(place), weights=cells.people * people_stood_for(fit))
    mass = _mass(fit, patterns, people=float(living.sum()))
    many = mass.size
    batch = max(1, CELLS_AT_ONCE // many)
    design = np.repeat(patterns, mass.shape[1] - 1, axis=0)
    seen = np.tile(np.arange(1, mass.shape[1]), len(patterns))
    found = []
    for first in range(0, replicates, batch):
        size = min(batch, replicates - first)
        people = rng.multinomial(round(living.sum()), living / living.sum(), size=size)
        drawn = rng.multinomial(people, mass)[:, :, 1:].reshape(size, -1)
        some = drawn.any(axis=0)
        found.append(refitted_sizes(fit, drawn[:, some].astype(float), design[some], seen[some]))
    return np.concatenate(found)


def _mass(fit: OneListFit, patterns: Array, *, people: float) -> Array:
    """Probability of 0, 1, 2, ... for each pattern of covariates, up to counts that next to nobody has."""
    eta, zeta = linear(fit.shape, patterns, fit.parameters[None, :])
    alpha = float(np.exp(np.ravel(zeta)[0])) if fit.shape.alpha is None else fit.shape.alpha
    rare = 1e-3 / people
    most = 8
    while True:
        mass = np.exp(log_mass(np.arange(most), eta[0][:, None], alpha))
        if ((1 - mass.sum(axis=1)).max() < 1e-9 and mass[:, -1].max() < rare) or most > 4000:
            break
        most *= 2
    mass = mass[:, : int(np.flatnonzero((mass > min(rare, 1e-12)).any(axis=0))[-1]) + 1]
    if fit.shape.kind == "inflated":
        omega = float(expit(np.ravel(zeta)[0]))
        mass = (1 - omega) * mass
        mass[:, 1] += omega
    return mass / mass.sum(axis=1, keepdims=True)


def refitted_sizes(
    fit: OneListFit, people: Array, design: Array | None = None, seen: Array | None = None
) -> Array:
    """Return the size that each replicate of the people gives; infinite where it has none.

    Parameters
    ----------
    people : array (replicates, cells)
    design, seen : arrays, optional
        Cells of the replicates; by default those of the fit.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.one_list_fit import fit_one_list
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> refitted_sizes(fit, np.array([[80.0, 15, 5], [80, 15, 0]])).round(1).tolist()
    [500.0, 696.7]
    """
    design = fit.cells.design if design is None else design
    seen = fit.cells.seen if seen is None else seen
    start = np.broadcast_to(fit.parameters, (len(people), len(fit.parameters)))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        at, reached = maximise(fit.shape, design, seen, people, start)
        eta, zeta = linear(fit.shape, design, at)
        whole = stands_for(fit.shape, seen, eta, zeta)[0]
        sizes = np.where(people > 0, people * whole, 0.0).sum(axis=1)
    inside = (people > 0) & used(fit.shape.kind, seen)
    rarest = np.where(inside, np.exp(eta), np.inf).min(axis=1)
    rarest = np.where(inside.any(axis=1), rarest, 0.0)  # infinite where nobody was drawn
    none = (rarest * people.sum(axis=1) < LEAST_REPEATS) | ~np.isfinite(reached)
    return np.where(none, np.inf, sizes)
