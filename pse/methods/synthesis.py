"""Consensus of several estimates of one size, with an elicited prior and confidence in each study.

Which pooling to use
--------------------
`pse.combine.pool`: no judgement about studies at all, or methods that share their errors ("together").
`multiplier_pool.pool_multipliers`: several multipliers of one survey, random effects.
`synthesis_pool.pool_evidence`: the same over a ledger, when there is no prior and everybody trusts the data
to show how far studies differ; wide with two or three. `consensus`: experts state a prior and their
confidence before they see the result; for few and unequal studies. `synthesis_anchor`: the prior is a share
from the literature. `synthesis_areas`: many areas at once.

Sources
-------
Fellows IE, Corcoran C, McIntyre AF. Triangulating truth and reaching consensus on population size,
prevalence, and more: modeling study. JMIR Public Health Surveill 2024;10:e48738, as the package triangulator
documents its mathematics: with s_i the standard error on the scale, y_i ~ N(eta_i, s_i / c_i),
eta_i ~ N(theta, tau), theta normal and cut at bounds, tau half-Cauchy with scale `tau_multiplier` x standard
deviation of the y. There theta is sampled; here it is summed over a grid of tau. The prior on the bias of a
method is ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit, logsumexp
from scipy.stats import norm

from pse import checks
from pse.estimate import Estimate
from pse.methods.synthesis_ledger import Evidence, check_alike, in_spite, plain
from pse.methods.synthesis_mixture import NormalMixture, log_mass
from pse.methods.synthesis_priors import ElicitedPrior, MethodBias
from pse.methods.synthesis_scale import Scale, on_scale, scaled

__all__ = ["Consensus", "consensus", "consensus_fit"]

GRID = 600  # values of tau
SPAN = 8.0  # the grid begins e^8 times below the prior's scale and ends e^8 times above all spreads seen


@dataclass(frozen=True)
class Consensus:
    """The posterior of a size from several estimates.

    Attributes
    ----------
    weights : pandas.DataFrame
        Index `entry` ("prior" last): source, method, year, confidence, and the `weight` of its value in the
        consensus. Weights sum to 1 (before the cut at the bounds of the prior).
    tau : float
        Posterior median of the standard deviation between studies on the scale, after their confidence.
    unaccounted : float
        tau^2 / (tau^2 + typical variance of an estimate), the posterior mean: the share of variability that
        the confidences leave open. Above 0.3 look at the confidences again (guide of the package
        triangulator, which gives no formula; this one follows Higgins and Thompson's I squared, 2002).
    method : str
        Text for the report.
    """

    weights: pd.DataFrame = field(repr=False)
    tau: float
    unaccounted: float
    method: str
    posterior: NormalMixture = field(repr=False)
    next_study: NormalMixture = field(repr=False)
    denominator: float | None = field(repr=False)

    def estimate(self, *, level: float = 0.95) -> Estimate:
        """Return the posterior median with its equal-tailed credible interval."""
        return self._estimate(self.posterior, level, self.method)

    def prediction(self, *, level: float = 0.95) -> Estimate:
        """Return where a further study without sampling error would fall: the prediction interval.

        Bounds of the prior do not cut it.
        """
        return self._estimate(self.next_study, level, f"next study, {self.method}")

    def _estimate(self, of: NormalMixture, level: float, method: str) -> Estimate:
        checks.level(level)
        at = [of.quantile(p) for p in (0.5, (1 - level) / 2, (1 + level) / 2)]
        sizes = [math.exp(x) if self.denominator is None else self.denominator * float(expit(x)) for x in at]
        return Estimate(sizes[0], sizes[1], sizes[2], "credible", level, method)


def consensus(
    evidence: Sequence[Evidence],
    *,
    scale: Scale,
    prior: ElicitedPrior | None,
    tau_multiplier: float,
    biases: Sequence[MethodBias] = (),
    reason: str | None = None,
    range_as: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """Return the consensus size of several estimates.

    Parameters
    ----------
    evidence : sequence of Evidence
        At least two entries about the same people.
    scale : {"log", "logit"}
        "log" for sizes, as published. "logit" for sizes as shares of one denominator (needed in all
        entries): for shares that are not small; the size stays below the denominator.
    prior : ElicitedPrior or None
        None: nothing is known beforehand (flat on the scale).
    tau_multiplier : float
        Scale of the half-Cauchy prior of tau, over the standard deviation of the values. 0.01 is published
        and says that the confidences hold all bias: far too narrow where they do not
        (docs/coverage_synthesis.md). 1 lets the data say it.
    biases : sequence of MethodBias
        What is known beforehand of the bias of methods.
    reason : str, optional
        Why entries that differ in definition, recall, area or denominator are pooled; it stands in the
        method text of the result.
    range_as : float, optional
        Probability that ranges are taken for; needed where an entry is a range.
    level : float
        Probability of the credible interval.

    Returns
    -------
    Estimate
        Median and equal-tailed credible interval, in people.

    Raises
    ------
    ValueError
        If entries differ and there is no reason (all differences at once), there is a range and no
        `range_as`, or a bias is for a method without an entry.
    NoEstimateError
        If an entry has no error on the scale.

    Notes
    -----
    Errors are taken as normal on the scale and as independent between sources. A bias that all studies share
    cannot be seen in them. Guesses of a crowd and counts of services are no estimates: put them into the
    prior.

    Examples
    --------
    >>> def entry(point, lower, upper, source, confidence):
    ...     size = Estimate(point, lower, upper, "confidence", 0.95, source)
    ...     return Evidence(estimate=size, definition="sold sex", recall="12 months", area="city", year=2024,
    ...         denominator=90_000, source=source, method=source, confidence=confidence)
    >>> evidence = [entry(2500, 2000, 3100, "lists", 0.9), entry(4000, 3000, 5300, "multiplier", 0.5)]
    >>> prior = ElicitedPrior(median=3000, upper=4000, probability=0.75)
    >>> got = consensus(evidence, scale="log", prior=prior, tau_multiplier=0.01)
    >>> round(got.point), round(got.lower), round(got.upper)
    (2712, 2178, 3392)
    >>> got.method[:69]
    'consensus of 2 estimates, log scale, elicited prior, tau x 0.01, 1% o'
    """
    fit = consensus_fit(
        evidence, scale=scale, prior=prior, tau_multiplier=tau_multiplier, biases=biases, reason=reason,
        range_as=range_as,
    )  # fmt: skip
    return fit.estimate(level=level)


def consensus_fit(
    evidence: Sequence[Evidence],
    *,
    scale: Scale,
    prior: ElicitedPrior | None,
    tau_multiplier: float,
    biases: Sequence[MethodBias] = (),
    reason: str | None = None,
    range_as: float | None = None,
) -> Consensus:
    """Return the posterior behind `consensus`: weights, spread between studies, prediction.

    Parameters and errors are those of `consensus`.
    """
    differ = check_alike(evidence, reason=reason)
    checks.positive(tau_multiplier=tau_multiplier)
    y, error = on_scale(evidence, scale=scale, range_as=range_as)
    denominator = _one_denominator(evidence) if scale == "logit" else None
    alpha = tau_multiplier * float(y.std(ddof=1))
    shift, shared = _bias_terms(evidence, biases)
    solved = _solve(y - shift, np.diag(error**2) + shared, _on_scale(prior, denominator, scale), alpha)
    found, typical = solved.posterior, _typical_variance(error**2)
    unaccounted = float(found.weights @ (solved.tau**2 / (solved.tau**2 + typical)))
    told = _told(evidence, scale, prior, tau_multiplier, biases, range_as)
    told.append(f"{100 * unaccounted:.0f}% of variability left open by the confidences")
    return Consensus(
        _weights(evidence, solved.shares, prior),
        float(solved.tau[np.searchsorted(np.cumsum(found.weights), 0.5)]),
        unaccounted,
        ", ".join([*told, *in_spite(differ, reason)]),
        found,
        NormalMixture(found.means, np.hypot(found.errors, solved.tau), found.weights),
        denominator,
    )


@dataclass(frozen=True)
class _Scaled:
    """A prior on the scale; precision 0 where there is none."""

    mean: float
    precision: float
    low: float
    high: float


@dataclass(frozen=True)
class _Solved:
    posterior: NormalMixture
    tau: np.ndarray
    shares: np.ndarray


def _on_scale(prior: ElicitedPrior | None, denominator: float | None, scale: Scale) -> _Scaled:
    if prior is None:
        return _Scaled(0.0, 0.0, -math.inf, math.inf)
    if denominator is not None and max(prior.upper, prior.highest or 0) >= denominator:
        raise ValueError(f"prior must be below the denominator ({denominator:g}); got a size above it.")
    low, high = (
        end if size is None else scaled(size, denominator, scale)
        for size, end in ((prior.lowest, -math.inf), (prior.highest, math.inf))
    )
    mean = scaled(prior.median, denominator, scale)
    error = (scaled(prior.upper, denominator, scale) - mean) / float(norm.ppf(prior.probability))
    return _Scaled(mean, 1 / error**2, low, high)


def _bias_terms(evidence: Sequence[Evidence], biases: Sequence[MethodBias]) -> tuple[np.ndarray, np.ndarray]:
    """Return what the biases add to the values, and the covariance that their error makes."""
    shift, shared = np.zeros(len(evidence)), np.zeros((len(evidence), len(evidence)))
    named = [plain(bias.method) for bias in biases]
    for number, bias in enumerate(biases, start=1):
        of = np.array([plain(one.method) == plain(bias.method) for one in evidence], dtype=float)
        if not of.any() or named.count(plain(bias.method)) > 1:
            raise ValueError(
                "every bias must be for a method of its own that has an entry; got another in bias "
                f"{number}. Write the method as in the entries."
            )
        shift += of * math.log(bias.factor)
        shared += np.outer(of, of) * bias.error**2
    return shift, shared


def _solve(y: np.ndarray, covariance: np.ndarray, prior: _Scaled, alpha: float) -> _Solved:
    """Return theta given each tau, weighted by the posterior of tau.

    Given tau, y ~ N(theta, covariance + tau^2 I) and theta is normal; one set of eigenvectors serves all tau.
    """
    tau, log_prior = _tau_grid(alpha, spread=max(float(np.ptp(y)), math.sqrt(float(covariance.max()))))
    values, vectors = np.linalg.eigh(covariance)
    centre = float(y.mean())
    one, z = vectors.T @ np.ones(len(y)), vectors.T @ (y - centre)
    inverse = 1 / (values + tau[:, None] ** 2)
    precision = inverse @ one**2 + prior.precision
    mean0 = prior.mean - centre if prior.precision else 0.0
    mean = (inverse @ (one * z) + prior.precision * mean0) / precision
    square = inverse @ z**2 + prior.precision * mean0**2 - precision * mean**2
    error = 1 / np.sqrt(precision)
    log_weight = log_prior + 0.5 * (np.log(inverse).sum(axis=1) - np.log(precision) - square)
    log_weight = log_weight + log_mass(mean + centre, error, prior.low, prior.high)
    weight = np.exp(log_weight - logsumexp(log_weight))
    shares = (weight / precision) @ inverse @ (vectors * one).T
    return _Solved(NormalMixture(mean + centre, error, weight, prior.low, prior.high), tau, shares)


def _tau_grid(alpha: float, *, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Return values of tau, even on the log scale, and the log of the half-Cauchy's mass of each."""
    if alpha == 0:  # all values are the same: the published prior has all its mass at 0
        return np.zeros(1), np.zeros(1)
    tau = np.exp(np.linspace(math.log(alpha) - SPAN, math.log(max(alpha, spread)) + SPAN, GRID))
    return tau, np.log(tau / alpha) - np.log1p((tau / alpha) ** 2)


def _typical_variance(variance: np.ndarray) -> float:
    """Return the variance of a typical estimate (Higgins and Thompson 2002, equation 9)."""
    w = 1 / variance
    return float((len(w) - 1) * w.sum() / (w.sum() ** 2 - w @ w))


def _one_denominator(evidence: Sequence[Evidence]) -> float:
    found = {one.denominator for one in evidence}
    if len(found) > 1:
        raise ValueError(
            f"denominator must be the same in all entries on the logit scale; got {len(found)} different "
            "ones. Use scale='log', or bring the sizes to one denominator first."
        )
    return float(found.pop() or math.nan)


def _weights(evidence: Sequence[Evidence], shares: np.ndarray, prior: ElicitedPrior | None) -> pd.DataFrame:
    columns = ("source", "method", "year", "confidence")
    table = pd.DataFrame([{name: getattr(one, name) for name in columns} for one in evidence])
    table = table.assign(weight=shares).set_axis(range(1, len(evidence) + 1)).rename_axis("entry")
    if prior is None:
        return table
    row = pd.DataFrame({"source": "elicited prior", "method": "prior", "weight": 1 - shares.sum()}, ["prior"])
    return pd.concat([table.astype({"year": object}), row]).rename_axis("entry")


def _told(
    evidence: Sequence[Evidence],
    scale: Scale,
    prior: ElicitedPrior | None,
    tau_multiplier: float,
    biases: Sequence[MethodBias],
    range_as: float | None,
) -> list[str]:
    """Return the parts of the method text that say what was put in."""
    parts = [
        f"consensus of {len(evidence)} estimates",
        f"{scale} scale",
        "no prior" if prior is None else "elicited prior",
        f"tau x {tau_multiplier:g}",
    ]
    if biases:
        parts.append(f"prior on the bias of {len(biases)} method(s)")
    if any(one.estimate.interval == "range" for one in evidence):
        parts.append(f"ranges taken for {100 * float(range_as or 0):g}%")
    return parts
