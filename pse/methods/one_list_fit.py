"""A truncated count regression fitted to one list: coefficients, likelihood, errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from pse import checks
from pse.methods.one_list_cells import Cells, one_list_cells
from pse.methods.one_list_newton import added_up, expected_terms, linear, maximise, separated
from pse.methods.refusal import NoEstimateError
from pse.methods.species import chao_lower_limit
from pse.methods.truncated_counts import FAMILIES, Family, stands_for, terms, used

__all__ = [
    "Information",
    "OneListFit",
    "coefficient_table",
    "covariance",
    "fit_one_list",
    "lower_limit",
    "people_stood_for",
    "starts",
]

Information = Literal["observed", "fisher"]
Array = np.ndarray
FARTHEST = 12.0  # a logit or log this far out is a parameter at its boundary
LEAST_REPEATS = 0.01  # people expected twice among all, if all were like the rarest; below it, no maximum


@dataclass(frozen=True)
class OneListFit:
    """A fitted family: numbers only; functions of this package read it.

    Attributes
    ----------
    family : str
    names : tuple of str
        Names of the parameters: `intercept`, numeric columns, ``column=category``, then the extra one.
    parameters : array
    log_likelihood : float
        With all constants, so that families may be compared by AIC (not across which counts they use).
    cells : Cells
        People by covariates and times seen.
    """

    family: str
    names: tuple[str, ...]
    parameters: Array = field(repr=False)
    log_likelihood: float
    cells: Cells = field(repr=False)

    @property
    def shape(self) -> Family:
        """What the family does to the counts."""
        return FAMILIES[self.family]

    @property
    def n(self) -> float:
        """People seen."""
        return float(self.cells.people.sum())

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * len(self.names) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion with all people seen as the sample size, also where ones are set aside."""
        return float(np.log(self.n)) * len(self.names) - 2 * self.log_likelihood


def fit_one_list(
    table: pd.DataFrame,
    *,
    seen: str,
    family: str,
    numeric: Sequence[str] = (),
    categories: Mapping[str, Sequence[object]] | None = None,
    people: str | None = None,
) -> OneListFit:
    """Fit how often people were seen on one list, by covariates.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each person seen, or for each kind of person with `people`.
    seen : str
        Column with how often, whole numbers from 1.
    family : str
        ``ztpoisson``, ``ztgeom``, ``ztnegbin`` (zero-truncated); ``zotpoisson``, ``zotgeom``, ``zotnegbin``
        (ones set aside too); ``oiztpoisson``, ``oiztgeom`` (a share seen once and never again); ``chao``,
        ``zelterman`` (only once against twice).
    numeric : sequence of str
        Columns that enter as numbers.
    categories : mapping of str to sequence
        Columns that enter as categories, each with all its values; the first is what the others are compared
        with. Nothing is guessed from the type of a column.
    people : str, optional
        Column with the number of people of a row; without it a row is one person.

    Raises
    ------
    NoEstimateError
        If the likelihood has no maximum: nobody was seen again, a covariate separates those who were, or
        an extra parameter is at its boundary. `.lower` is Chao's lower limit.

    Examples
    --------
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> round(float(np.exp(fit.parameters[0])), 4)  # mean times among everybody, also those never seen
    0.25
    """
    checks.one_of(family, list(FAMILIES), name="family")
    cells = one_list_cells(table, seen=seen, numeric=numeric, categories=categories or {}, people=people)
    return fit_cells(cells, family=family)


def fit_cells(cells: Cells, *, family: str) -> OneListFit:
    """Fit a family to people that are already counted by covariates and times seen."""
    shape = FAMILIES[family]
    _refuse_without_repeats(cells, shape)
    if separated(shape, cells.design, cells.seen):
        raise NoEstimateError(
            f"{family} must have a likelihood with a maximum; got covariates that part people seen again "
            "from the others (a category in which nobody came back, for example). Merge categories, leave "
            "covariates out, or report the lower limit.",
            lower=lower_limit(cells),
        )
    weights = cells.people[None, :]
    begin = starts(shape, cells.design, cells.seen, weights)
    tried, likelihoods = _from_all(shape, cells, begin)
    best = int(np.argmax(likelihoods))
    names = (*cells.names, shape.extra) if shape.extra else cells.names
    fit = OneListFit(family, names, tried[best], float(likelihoods[best]), cells)
    _refuse_boundary(fit)
    return fit


def starts(family: Family, design: Array, seen: Array, people: Array) -> list[Array]:
    """Return starting values for each replicate: several, where the likelihood may have several hills."""
    once = (people * (seen == 1)).sum(axis=1)
    again = (people * (seen >= 2)).sum(axis=1)
    mean = 2 * np.maximum(again, 0.5) / np.maximum(once, 0.5)
    begin = np.zeros((len(people), design.shape[1]))
    begin[:, 0] = np.log(mean / 2 if family.kind == "first_two" else mean)
    if not family.extra:
        return [np.clip(begin, -10, 3)]
    fixed = Family("zero_one" if family.kind == "inflated" else family.kind, 1.0)
    begin = maximise(fixed, design, seen, people, np.clip(begin, -10, 3))[0]
    values = (-2.0, 0.0) if family.kind == "inflated" else (-3.0, -0.5, 1.0)
    return [np.column_stack([begin, np.full(len(people), value)]) for value in values]


def _from_all(shape: Family, cells: Cells, begin: list[Array]) -> tuple[Array, Array]:
    start = np.vstack(begin)
    weights = np.broadcast_to(cells.people, (len(start), len(cells.people)))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return maximise(shape, cells.design, cells.seen, weights, start)


def _refuse_without_repeats(cells: Cells, shape: Family) -> None:
    again = cells.people[cells.seen >= 2].sum()
    if again == 0:
        raise NoEstimateError(
            "the list must hold people who were seen again; got everybody seen exactly once. No model can "
            "tell then how many were never seen; count for longer.",
            lower=lower_limit(cells),
        )
    if shape.kind == "first_two" and cells.people[cells.seen == 2].sum() == 0:
        raise NoEstimateError(
            "chao and zelterman must have people seen twice; got none. Report the lower limit, or count for "
            "longer.",
            lower=lower_limit(cells),
        )
    if shape.kind == "first_two" and cells.people[cells.seen == 1].sum() == 0:
        raise NoEstimateError(
            "chao and zelterman must have people seen once; got none. Check that people seen once are in the "
            "list; if so, nearly everybody was seen: report the people seen.",
            lower=lower_limit(cells),
        )
    if shape.kind in ("zero_one", "inflated") and cells.people[cells.seen >= 3].sum() == 0:
        raise NoEstimateError(
            "a family that sets ones aside must have people seen three times or more; got none. Use "
            "ztpoisson or chao, or count for longer.",
            lower=lower_limit(cells),
        )
    keep = used(shape.kind, cells.seen)
    widest = np.abs(cells.design).max(axis=0)
    rank = np.linalg.matrix_rank(cells.design[keep] / np.where(widest > 0, widest, 1.0))
    if rank < cells.design.shape[1]:
        raise NoEstimateError(
            "covariates must differ among the people that the family uses; got columns that say the same, or "
            "a category without people. Leave one out.",
            lower=lower_limit(cells),
        )


def _refuse_boundary(fit: OneListFit) -> None:
    """Refuse a maximum that lies at the end of the parameters' range, where the numbers mean nothing."""
    shape, cells = fit.shape, fit.cells
    keep = used(shape.kind, cells.seen)
    eta, zeta = linear(shape, cells.design[keep], fit.parameters[None, :])
    if shape.extra == "logit_omega":
        plain = fit_cells(cells, family=fit.family.removeprefix("oi"))
        if fit.log_likelihood < plain.log_likelihood + 1e-6 or abs(float(np.ravel(zeta)[0])) > FARTHEST:
            raise NoEstimateError(
                "the share seen once and never again must be above 0; got a fit at 0. The ones are not too "
                f"many: use {plain.family}.",
                lower=lower_limit(cells),
            )
    if shape.extra == "log_alpha":
        _refuse_dispersion(fit)
    rarest = float(np.exp(eta).min())
    if not np.isfinite(fit.log_likelihood) or rarest * cells.people.sum() < LEAST_REPEATS:
        raise NoEstimateError(
            f"{fit.family} must have a finite size; got chances of being seen that run to zero. Report the "
            "lower limit, or use a family with fewer parameters.",
            lower=lower_limit(cells),
        )


def _refuse_dispersion(fit: OneListFit) -> None:
    cells = fit.cells
    log_alpha = float(fit.parameters[-1])
    even = _log_likelihood_at(fit, alpha=0.0)
    if fit.log_likelihood < even + 1e-6 or log_alpha < -FARTHEST:
        poisson = fit.family.replace("negbin", "poisson")
        raise NoEstimateError(
            f"{fit.family} must find people to differ more than a Poisson lets them; got a dispersion of 0. "
            f"Use {poisson}, which fits as well.",
            lower=lower_limit(cells),
        )
    if fit.log_likelihood < endless_log_likelihood(fit) + 1e-4:
        raise NoEstimateError(
            f"{fit.family} must have a finite size; got a likelihood that rises for ever as the size grows "
            f"(the dispersion runs to infinity). Report the lower limit; a geometric or "
            "Poisson family assumes more and gives a number.",
            lower=lower_limit(cells),
        )


def endless_log_likelihood(fit: OneListFit) -> float:
    """Return the log-likelihood of a negative binomial whose size has run to infinity (the log series)."""
    return _log_likelihood_at(fit, alpha=1e6)


def _log_likelihood_at(fit: OneListFit, *, alpha: float) -> float:
    cells = fit.cells
    fixed = replace(fit.shape, alpha=alpha)
    start = fit.parameters[None, :-1].copy()
    start[:, 0] += max(0.0, float(fit.parameters[-1])) - (np.log(alpha) if alpha > 1 else 0.0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return float(maximise(fixed, cells.design, cells.seen, cells.people[None, :], start)[1][0])


def people_stood_for(fit: OneListFit) -> Array:
    """Return how many people one person of each cell stands for; over all seen they add up to the size.

    Examples
    --------
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> people_stood_for(fit).round(3).tolist()
    [5.0, 5.0, 5.0]
    """
    eta, zeta = linear(fit.shape, fit.cells.design, fit.parameters[None, :])
    return stands_for(fit.shape, fit.cells.seen, eta, zeta)[0][0]


def covariance(fit: OneListFit, *, information: Information = "observed") -> Array:
    """Return the covariance matrix of the parameters.

    Parameters
    ----------
    information : {"observed", "fisher"}
        Second derivatives at the data, or their expectation. With an estimated dispersion only the former.

    Examples
    --------
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> float(covariance(fit)[0, 0].round(6))
    0.05
    """
    checks.one_of(information, ("observed", "fisher"), name="information")
    shape, cells = fit.shape, fit.cells
    if information == "fisher" and shape.alpha is None:
        raise ValueError("information must be 'observed' with an estimated dispersion; got 'fisher'.")
    keep = used(shape.kind, cells.seen)
    eta, zeta = linear(shape, cells.design[keep], fit.parameters[None, :])
    given = terms(shape, cells.seen[keep], eta, zeta) if information == "observed" else None
    given = given or expected_terms(shape, eta, zeta)
    matrix = added_up(given, cells.design[keep], cells.people[None, keep])[2][0]
    if np.linalg.eigvalsh(matrix / np.sqrt(np.outer(*[np.abs(np.diag(matrix))] * 2)))[0] < 1e-10:
        raise NoEstimateError(
            f"{fit.family} must be identified; got a likelihood that is flat in some direction. Use a family "
            "with fewer parameters or leave covariates out.",
            lower=lower_limit(cells),
        )
    return np.linalg.inv(matrix)


def coefficient_table(fit: OneListFit, *, information: Information = "observed") -> pd.DataFrame:
    """Return the parameters with their standard errors: columns parameter, coefficient, standard_error.

    Examples
    --------
    >>> table = pd.DataFrame({"times": [1, 2, 3], "people": [80, 15, 5]})
    >>> fit = fit_one_list(table, seen="times", family="ztgeom", people="people")
    >>> coefficient_table(fit)["coefficient"].round(3).tolist()
    [-1.386]
    """
    error = np.sqrt(np.diag(covariance(fit, information=information)))
    return pd.DataFrame({"parameter": fit.names, "coefficient": fit.parameters, "standard_error": error})


def lower_limit(cells: Cells) -> float:
    """Return Chao's lower limit of the size, whatever the covariates."""
    people = np.bincount(cells.seen, weights=cells.people)
    return chao_lower_limit({times: float(people[times]) for times in range(1, len(people))})
