"""Successive sampling population size estimation (SS-PSE): a size from the order in which people came.

Respondent-driven sampling reaches people with many contacts first. If the degrees of those who come later
fall, the survey is using up the population, and the fall tells how large it is. Small samples tell little:
the posterior is then mostly the prior, and `SuccessiveSampling.estimate` warns of it.

Model: the degrees of all N people come from one Conway-Maxwell-Poisson distribution; each next person is
drawn without replacement with probability proportional to degree, so that the k-th draw has the factor u_k /
(sum of the degrees of all not yet drawn).

Sources
-------
Handcock MS, Gile KJ, Mar CM. Electron J Stat 2014;8:1491-1521 (model, priors); the same, Biometrics
2015;71:258-266. Two surveys: Kim BJ, Handcock MS. J Surv Stat Methodol 2021;9:94-120. Ours: the unseen people
enter only by the total of their degrees, which is drawn from a tilted distribution and weighed, in a random
walk over the size and the two parameters of the degrees (pseudo-marginal), instead of a Gibbs sampler over
every person; the model is the same.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, special

from pse import checks
from pse.engine import Progress
from pse.estimate import Estimate, EstimateWarning
from pse.methods.chains import Chains, each_chain
from pse.methods.refusal import NoEstimateError
from pse.methods.successive_sampling_prior import DegreePrior, SizePrior
from pse.methods.successive_sampling_recruits import Recruits

__all__ = ["SuccessiveSampling", "successive_sampling"]

NAME = "successive sampling (SS-PSE)"
BLOCKS, BLOCK_STEPS = 6, 500  # of the warm-up; the proposals are renewed after each block
KNOTS = 32  # of what was left before the draws, for the tilt
TOP_SHARE, MOST_AT_TOP = 0.05, 0.02  # of the range of sizes; of the posterior
SAME_AS_PRIOR = 0.9
AT_EDGE = 0.02  # nu of a geometric distribution is 0
OVERLAP_BINS = 20


@dataclass(frozen=True)
class SuccessiveSampling:
    """Draws from the posterior of the size and of the degrees.

    Attributes
    ----------
    sizes : numpy.ndarray of int, shape (chains, draws)
        People in the population.
    means, sds : numpy.ndarray, shape (chains, draws)
        Mean and standard deviation of the degrees (visibilities) in the population.
    parameters : numpy.ndarray, shape (chains, draws, 2)
        log lambda and nu of the Conway-Maxwell-Poisson distribution: P(u) ~ lambda^u / (u!)^nu.
    prior, degree_prior
        As given.
    method : str
        For a report.
    """

    sizes: np.ndarray = field(repr=False)
    means: np.ndarray = field(repr=False)
    sds: np.ndarray = field(repr=False)
    parameters: np.ndarray = field(repr=False)
    prior: SizePrior
    degree_prior: DegreePrior
    method: str

    @property
    def chains(self) -> Chains:
        """Draws of the size, with their convergence."""
        return Chains(self.sizes)

    @property
    def share_at_top(self) -> float:
        """Share of the draws in the highest 5% of the sizes that the prior allows."""
        edge = self.prior.largest - TOP_SHARE * (self.prior.largest - self.prior.seen)
        return float((self.sizes > edge).mean())

    @property
    def prior_overlap(self) -> float:
        """Likeness of prior and posterior: 1 where the survey told nothing, near 0 where it told all.

        The shared probability over bins that hold a twentieth of the prior each.
        """
        below = np.concatenate([[0.0], np.cumsum(self.prior.probabilities)])
        bins = np.minimum((below * OVERLAP_BINS).astype(int), OVERLAP_BINS - 1)[:-1]
        before = np.bincount(bins, weights=self.prior.probabilities, minlength=OVERLAP_BINS)
        after = np.bincount(bins[self.sizes.ravel() - self.prior.seen], minlength=OVERLAP_BINS)
        return float(np.minimum(before, after / self.sizes.size).sum())

    def table(self) -> pd.DataFrame:
        """Return prior and posterior of the size side by side, in people.

        Columns `mean`, `2.5%`, `25%`, `50%`, `75%`, `97.5%`; rows `prior`, `posterior`.
        """
        shares = [0.025, 0.25, 0.5, 0.75, 0.975]
        rows = [
            [self.prior.mean, *self.prior.quantiles(shares)],
            [self.sizes.mean(), *np.quantile(self.sizes, shares)],
        ]
        columns = ["mean", *(f"{100 * share:g}%" for share in shares)]
        return pd.DataFrame(rows, index=["prior", "posterior"], columns=columns)

    def estimate(self, *, level: float = 0.95) -> Estimate:
        """Return the posterior median with its credible interval.

        Warns
        -----
        EstimateWarning
            If the posterior hardly differs from the prior (`prior_overlap` above 0.9), or the degrees are at
            the edge of the family (nu below 0.02 in half of the draws).

        Raises
        ------
        NoEstimateError
            If the chains do not agree, or the posterior is cut off by the largest size that the prior allows
            (more than 2% of it within the highest 5% of the range).
        """
        self.chains.check(NAME)
        if self.share_at_top > MOST_AT_TOP:
            raise NoEstimateError(
                f"{NAME} must have a posterior that ends below largest ({self.prior.largest:,}); got "
                f"{100 * self.share_at_top:.1f}% of it within the highest {100 * TOP_SHARE:g}% of the range. "
                "The data do not bound the size from above: give a larger largest, or a prior that does.",
                lower=float(self.prior.seen),
            )
        if self.prior_overlap > SAME_AS_PRIOR:
            warnings.warn(
                f"the posterior shares {100 * self.prior_overlap:.0f}% with the prior: the order of "
                "recruitment told little about the size, and it is mostly what was believed before",
                EstimateWarning,
                stacklevel=2,
            )
        if (self.parameters[..., 1] < AT_EDGE).mean() > 0.5:
            warnings.warn(
                "the degrees are as spread out as the model can make them, or more: see predictive_degrees",
                EstimateWarning,
                stacklevel=2,
            )
        return self.chains.estimate(level=level, method=f"{self.method}; {self.prior.stated}")


def successive_sampling(
    recruits: Recruits,
    *,
    prior: SizePrior,
    degree_prior: DegreePrior,
    rng: np.random.Generator,
    chains: int = 4,
    draws: int = 2000,
    thin: int = 10,
    progress: Progress | None = None,
) -> SuccessiveSampling:
    """Draw from the posterior of a size, with reported degrees taken as they are.

    Parameters
    ----------
    recruits : Recruits
        From `one_survey` or `two_surveys`.
    prior : SizePrior
        Of the size; its `seen` must be the number of different people.
    degree_prior : DegreePrior
        Of the degrees; `degree_prior(recruits.degrees)` is a weak one.
    rng : numpy.random.Generator
        Source of random numbers; each chain has a stream of its own.
    chains, draws, thin : int
        Chains started apart, draws kept of each, steps for each draw; after 3,000 steps of warm-up.
    progress : callable, optional
        Called as ``progress(done, of)`` after each chain.

    Raises
    ------
    ValueError
        If the priors do not fit the recruits.

    Examples
    --------
    >>> from pse.methods.successive_sampling_prior import beta_size_prior, degree_prior
    >>> from pse.methods.successive_sampling_recruits import one_survey
    >>> rng = np.random.default_rng(1)
    >>> people = one_survey(np.sort(rng.poisson(6, size=150))[::-1] + 1)  # degrees that fall steeply
    >>> prior = beta_size_prior(seen=150, largest=3000, stated="median", size=400)
    >>> fit = successive_sampling(
    ...     people, prior=prior, degree_prior=degree_prior(people.degrees), rng=rng, thin=4)
    >>> fit.estimate().upper < 200  # nearly everybody came
    True
    """
    from pse.methods import successive_sampling_kernels  # not above: numba takes a second to load

    walk: Any = successive_sampling_kernels.walk
    check_priors(recruits, prior, degree_prior)
    checks.count(chains=chains, at_least=2)
    checks.count(draws=draws, thin=thin, at_least=1)
    given = WalkData.of(recruits, prior, degree_prior)
    kept = np.empty((chains, draws, 6))
    for chain, own in each_chain(rng, chains, progress):
        state, steps = start(given, prior, where=(chain + 1) / (chains + 1))
        for _ in range(BLOCKS):
            tried = np.empty((BLOCK_STEPS, 6))
            walk(state, steps, *given.arguments, tried, 1, own)
            steps = proposals(tried[:, 3:], steps)
        walk(state, steps, *given.arguments, kept[chain], thin, own)
    method = NAME if len(recruits.orders) == 1 else f"{NAME}, two surveys"
    return fit_of(kept, prior, degree_prior, method=method)


@dataclass(frozen=True)
class WalkData:
    """What `kernels.walk` needs of data and priors, in its order."""

    arguments: tuple[Any, ...] = field(repr=False)

    @classmethod
    def of(cls, recruits: Recruits, prior: SizePrior, degree_prior: DegreePrior) -> WalkData:
        """Return the arguments from `rests` to `belief`."""
        rests = np.concatenate(recruits.rests)
        logs = log_factorials(degree_prior.largest)
        sums = (float(recruits.seen), float(recruits.degrees.sum()), float(logs[recruits.degrees - 1].sum()))
        knots = np.quantile(rests, (np.arange(KNOTS) + 0.5) / KNOTS)
        return cls((rests, knots, sums, prior.logs, logs, belief_of(degree_prior)))


def fit_of(
    kept: np.ndarray, prior: SizePrior, degree_prior: DegreePrior, *, method: str
) -> SuccessiveSampling:
    """Return draws of the kernel, shape (chains, draws, 6 or more), as a fit."""
    sizes = kept[..., 0].astype(np.int64) + prior.seen
    means, sds, parameters = kept[..., 1], kept[..., 2], kept[..., 4:6]
    return SuccessiveSampling(sizes, means, sds, parameters, prior, degree_prior, method)


def belief_of(prior: DegreePrior) -> tuple[float, float, float, float]:
    """Return the four numbers of a degree prior as the kernels take them."""
    return float(prior.mean), float(prior.sd), float(prior.mean_people), float(prior.sd_people)


def log_factorials(largest: int) -> np.ndarray:
    """Return log(u!) for u = 1, ..., largest."""
    return np.asarray(special.gammaln(np.arange(1, int(largest) + 1) + 1.0))


def start(given: WalkData, prior: SizePrior, *, where: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a first state at a quantile of the size prior and the likeliest parameters of the degrees seen.

    The first proposals of the parameters have the inverse information as their covariance.
    """
    (people, summed, summed_log), logs = given.arguments[2], given.arguments[4]
    u = np.arange(1, len(logs) + 1)

    def against(at: np.ndarray) -> float:
        return (
            float(special.logsumexp(at[0] * u - at[1] * logs))
            - (at[0] * summed - at[1] * summed_log) / people
        )

    best = optimize.minimize(against, [0.0, 0.5], bounds=[(-50, 200), (1e-4, 50)], method="L-BFGS-B").x
    shares = special.softmax(best[0] * u - best[1] * logs)
    information = people * np.cov(np.stack([u, -logs]), aweights=shares, ddof=0)
    steps = np.zeros((3, 3))
    steps[0, 0] = 0.3
    steps[1:, 1:] = np.linalg.cholesky(np.linalg.inv(information + 1e-6 * np.eye(2)))
    unseen = int(prior.quantiles(where)) - prior.seen
    return np.array([np.log(unseen + 1), *best, np.nan, 0.0]), steps


def proposals(walked: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return proposals from the covariance of a block of the warm-up; half the old if it did not move."""
    spread = np.cov(walked.T) * 2.38**2 / walked.shape[1]  # Roberts GO, Rosenthal JS. Stat Sci 2001;16:351
    spread += 1e-9 * np.diag(np.diag(spread)) + 1e-12 * np.eye(walked.shape[1])
    return steps / 2 if (np.diag(spread) < 1e-11).any() else np.linalg.cholesky(spread)


def check_priors(recruits: Recruits, prior: SizePrior, degree_prior: DegreePrior) -> None:
    """Refuse priors that are not of these recruits."""
    if prior.seen != recruits.seen:
        raise ValueError(f"prior must have seen = {recruits.seen}, the different people; got {prior.seen}.")
    if recruits.degrees.max() > degree_prior.largest:
        raise ValueError(
            f"degree_prior must have a largest of at least the largest report ({recruits.degrees.max()}); "
            f"got {degree_prior.largest}. Cut reports that are not credible, or raise it."
        )
