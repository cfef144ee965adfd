"""Profile-likelihood sizes of the models of a closed population."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, gammaln
from scipy.stats import chi2

from pse import checks
from pse.estimate import Estimate
from pse.methods.closed import (
    ORDERED,
    check_identified,
    closed_fit,
    fit_nonnegative,
    model_cells,
)
from pse.methods.closed_cells import Cells, ClosedModel, Frequencies, frequencies
from pse.methods.histories import Histories, history_counts
from pse.methods.refusal import NoEstimateError
from pse.methods.unseen import log_bounds, normal_quantile

__all__ = ["Profile", "cells_profile", "closed_estimate", "closed_profile", "profile_bounds"]

FARTHEST = 1e7


@dataclass(frozen=True)
class Profile:
    """Multinomial profile likelihood of the size of a model.

    Attributes
    ----------
    people : int
        People met: the smallest size.
    value : callable
        Size to log-likelihood.
    slope : callable
        Size to the derivative of the log-likelihood.
    """

    people: int
    value: Callable[[float], float] = field(repr=False)
    slope: Callable[[float], float] = field(repr=False)


def closed_profile(given: Histories | Frequencies, *, model: ClosedModel) -> Profile:
    """Return the profile likelihood of the size under one model (not Mb, Mbh, Mtb).

    Notes
    -----
    For a size N the likelihood of the observed cells and of N - n people on no list is multinomial (Cormack
    1992, Biometrics 48:567); it is a Poisson fit with one cell more. Negative steps
    of Chao's lower bound are set to 0 at every N.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> profile = closed_profile(histories(table, people="people"), model="Mt")
    >>> profile.value(2600) > profile.value(2000)
    True
    """
    cells = smallest_cells(given, model=model)
    check_identified(cells, model=model)
    return cells_profile(_columns(cells, fit_nonnegative(cells)[0]))


def cells_profile(cells: Cells) -> Profile:
    """Return the profile likelihood of the size for any cells whose first column is the intercept.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.closed_cells import closed_cells
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> cells_profile(closed_cells(histories(table, people="people"), model="Mt")).people
    698
    """
    inside = cells.counts.sum()
    constant = -float(gammaln(cells.counts + 1).sum())

    def share(size: float) -> tuple[np.ndarray, float]:
        unseen = size - cells.n
        _, fit = fit_nonnegative(_with_unseen(cells, unseen))
        return np.log(np.maximum(fit.fitted / (inside + unseen), 1e-300)), unseen

    def value(size: float) -> float:
        logs, unseen = share(size)
        ways = gammaln(size + 1) - gammaln(unseen + 1) + constant
        rest = gammaln(inside + unseen + 1) - gammaln(size + 1)
        return float(ways + rest + unseen * logs[0] + cells.counts @ logs[1:])

    def slope(size: float) -> float:
        logs, unseen = share(size)
        return float(digamma(inside + unseen + 1) - digamma(unseen + 1) + logs[0])

    return Profile(cells.n, value, slope)


def _columns(cells: Cells, keep: list[int]) -> Cells:
    names = tuple(cells.names[j] for j in keep)
    return Cells(cells.design[:, keep], cells.counts, cells.offset, names, cells.outside)


def _with_unseen(cells: Cells, unseen: float) -> Cells:
    """Return the cells with one more on top: people on no list."""
    return Cells(
        np.vstack([np.eye(1, cells.design.shape[1]), cells.design]),
        np.concatenate([[unseen], cells.counts]),
        np.concatenate([[0.0], cells.offset]),
        cells.names,
        cells.outside,
    )


def smallest_cells(given: Histories | Frequencies, *, model: str) -> Cells:
    """Return cells by times met for M0 and Mh: they hold all that bears on the size."""
    if isinstance(given, Histories) and not model.startswith("Mt"):
        given = frequencies(history_counts(given), occasions=len(given.lists))
    return model_cells(given, model=model)


def profile_bounds(profile: Profile, *, level: float) -> tuple[float, float, float]:
    """Return the size of the highest profile likelihood and its likelihood-ratio interval.

    Raises
    ------
    NoEstimateError
        If the likelihood never falls far enough above (with the lower bound), so that no upper one exists.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> profile = closed_profile(histories(table, people="people"), model="Mt")
    >>> [round(x) for x in profile_bounds(profile, level=0.95)]
    [2686, 2157, 3447]
    """
    n = float(profile.people)
    drop = chi2.ppf(level, 1) / 2
    point = _peak(profile)
    far = FARTHEST * (n + 1)
    top = profile.value(far if point is None else point)

    def below(size: float) -> float:
        return profile.value(size) - top + drop

    right = far if point is None else max(point, n + 1e-9)
    lower = n if below(n) >= 0 else brentq(below, n, right, xtol=1e-9 * right, rtol=1e-12)
    upper = None if point is None else _cross(below, start=point, n=n, far=far)
    if point is None or upper is None:
        raise NoEstimateError(
            "the profile likelihood must fall as the size grows; it does not fall far enough for an upper "
            "bound. Report the lower bound alone, or use more or larger lists.",
            lower=lower,
        )
    return point, lower, upper


def _peak(profile: Profile) -> float | None:
    """Return where the slope turns negative: the people met if at once, None if never."""
    n = float(profile.people)
    if profile.slope(n) <= 0:
        return n
    step = max(1.0, 0.1 * n)
    while profile.slope(n + step) > 0:
        step *= 2
        if step > FARTHEST * (n + 1):
            return None
    return float(brentq(profile.slope, n, n + step, xtol=1e-10 * (n + step), rtol=1e-13))


def _cross(below: Callable[[float], float], *, start: float, n: float, far: float) -> float | None:
    step = max(1.0, 0.5 * (start - n))
    while below(start + step) > 0:
        step *= 2
        if start + step > far:
            return None
    return float(brentq(below, start, start + step, xtol=1e-9 * (start + step), rtol=1e-12))


def closed_estimate(
    given: Histories | Frequencies,
    *,
    model: ClosedModel,
    interval: Literal["profile", "log", "wald"],
    level: float = 0.95,
    ordered: bool = False,
) -> Estimate:
    """Estimate a size by one model of a closed population, with a named interval.

    Parameters
    ----------
    given : Histories or Frequencies
    model : str
        See `closed_fit`. Chao's models give a lower bound of the size, not the size.
    interval : {"profile", "log", "wald"}
        Profile: multinomial maximum likelihood and likelihood-ratio bounds (not for Mb, Mbh, Mtb). Log and
        Wald: Poisson maximum likelihood with its standard error; Wald stops at the people met.
    level : float
    ordered : bool
        That the columns are occasions in time order.

    Raises
    ------
    NoEstimateError
        If the data do not identify the model or give no upper bound; `.lower` holds the lower one.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [298, 52, 348]})
    >>> print(closed_estimate(histories(table, people="people"), model="Mt", interval="profile"))
    2,686 (2,157 to 3,447, 95% confidence; Mt, profile likelihood interval)
    """
    checks.one_of(interval, ("profile", "log", "wald"), name="interval")
    checks.level(level)
    if interval == "profile":
        if model in ORDERED:
            raise ValueError(f"interval must be log or wald for {model}; got 'profile'.")
        point, lower, upper = _profile_or_limit(given, model=model, level=level)
        return Estimate(point, lower, upper, "confidence", level, f"{model}, profile likelihood interval")
    fit = closed_fit(given, model=model, ordered=ordered)
    if fit.at_limit:
        raise NoEstimateError(
            f"{model} must have a standard error for this interval; its curve ran to its limit, nobody "
            "unmet. Use the profile interval, or Mt.",
            lower=fit.people,
        )
    if interval == "log":
        unseen = fit.point - fit.people
        lower, upper = log_bounds(
            unseen=unseen, people=fit.people, standard_error=fit.standard_error, level=level
        )
        return Estimate(fit.point, lower, upper, "confidence", level, f"{model}, log interval")
    reach = normal_quantile(level) * fit.standard_error
    lower = max(float(fit.people), fit.point - reach)
    return Estimate(fit.point, lower, fit.point + reach, "confidence", level, f"{model}, Wald interval")


def _profile_or_limit(
    given: Histories | Frequencies, *, model: ClosedModel, level: float
) -> tuple[float, float, float]:
    """Refuse as the fit refuses, but with the lower bound of the profile likelihood."""
    profile = closed_profile(given, model=model)
    try:
        closed_fit(given, model=model)
    except NoEstimateError as refusal:
        try:
            profile_bounds(profile, level=level)
        except NoEstimateError as unbounded:
            raise NoEstimateError(str(refusal), lower=unbounded.lower) from None
        raise
    return profile_bounds(profile, level=level)
