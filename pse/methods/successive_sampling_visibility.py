"""Successive sampling with visibilities in place of reported degrees.

Reports of the number of contacts are rounded, missing or not believable. Here they only measure a person's
visibility, the number that decides when the person is drawn; how many people they recruited measures it too.

Model, after McLaughlin KR, Johnston LG, Jakupi X, Gexha-Bunjaku D, Deva E, Handcock MS. Ann Appl Stat, doi
10.1214/23-AOAS1807, and McLaughlin KR, Handcock MS, Johnston LG. JSM Proceedings 2015:2259-2267. The parts
are those that the documentation of sspse 1.1.0 names; their exact form is ours:

- the report d of visibility u has probability proportional to NB(d)^c: NB the negative binomial with mean
  optimism x u and variance mean + mean^2 / size, c its concentration;
- of k coupons a binomial number comes back, with logit b0 + b1 time + b2 u;
- visibilities are Conway-Maxwell-Poisson and people come by successive sampling, as without reports.

The scale of u hangs on `optimism`: order and recruits do not change if all u are doubled, so that it is not
estimated but given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from pse import checks
from pse.engine import Progress
from pse.estimate import Estimate
from pse.methods.chains import Chains, each_chain
from pse.methods.refusal import NoEstimateError
from pse.methods.successive_sampling import (
    BLOCKS,
    KNOTS,
    SuccessiveSampling,
    WalkData,
    belief_of,
    fit_of,
    log_factorials,
    proposals,
    start,
)
from pse.methods.successive_sampling_prior import DegreePrior, SizePrior
from pse.methods.successive_sampling_recruits import Recruits, one_survey

__all__ = ["Measure", "Reports", "VisibleSampling", "reports", "visible_sampling"]

NAME = "successive sampling (SS-PSE) with imputed visibilities"
LINE_PRIOR = np.array([[-3.0, 0.0, 0.0], [10.0, 10.0, 10.0]])  # means and sds, as documented for sspse 1.1.0
BLOCK_STEPS = 200
LARGEST_RHAT = 1.05  # of numbers that are not reported
WANTED = 0.25  # share of steps taken
MOST_VISIBLE = 1000  # each draw looks at all visibilities of everybody: above, it takes many minutes
Imputed = Literal["median", "mode", "mean", "draw"]


@dataclass(frozen=True)
class Measure:
    """How reports scatter around visibilities.

    Attributes
    ----------
    optimism : float
        Mean report of a person, as a multiple of visibility; 1 where reports are not inflated.
    size : float
        Of the negative binomial: small is spread out; 15 is that of sspse 1.1.0.
    concentration, concentration_people : float
        Prior mean of c and how many degrees of freedom it is worth, a scaled chi-square; 2 and 10 there.

    Examples
    --------
    >>> Measure(optimism=1, size=15, concentration=2, concentration_people=10).size
    15
    """

    optimism: float
    size: float
    concentration: float
    concentration_people: float

    def __post_init__(self) -> None:
        checks.positive(
            optimism=self.optimism,
            size=self.size,
            concentration=self.concentration,
            concentration_people=self.concentration_people,
        )

    def logs(self, *, largest: int, most: int) -> np.ndarray:
        """Return log NB of reports 0, ..., most for visibilities 1, ..., largest.

        Shape (largest, most + 1).
        """
        means = self.optimism * np.arange(1, largest + 1)[:, None]
        share = self.size / (self.size + means)
        return np.asarray(stats.nbinom.logpmf(np.arange(most + 1), self.size, share))


@dataclass(frozen=True)
class Reports:
    """What people of one survey told and how many they recruited, in the order of recruitment.

    Attributes
    ----------
    degrees : numpy.ndarray of int
        -1 where missing.
    times : numpy.ndarray
        From 0 at the first to 1 at the last.
    recruits, coupons : numpy.ndarray of int
    """

    degrees: np.ndarray = field(repr=False)
    times: np.ndarray = field(repr=False)
    recruits: np.ndarray = field(repr=False)
    coupons: np.ndarray = field(repr=False)


def reports(
    degrees: ArrayLike, *, recruits: ArrayLike, coupons: ArrayLike, times: ArrayLike | None = None
) -> Reports:
    """Return the reports of one survey, in the order of recruitment.

    Parameters
    ----------
    degrees : array_like, shape (people,)
        Whole numbers of contacts, 0 or more; NaN where missing.
    recruits : array_like, shape (people,)
        People who came with this person's coupons.
    coupons : int or array_like, shape (people,)
        Coupons given.
    times : array_like, shape (people,), optional
        Of the interview, rising, in any unit; by default the place in the order.

    Examples
    --------
    >>> reports([8, float("nan"), 5], recruits=[2, 0, 0], coupons=2).times.tolist()
    [0.0, 0.5, 1.0]
    """
    d = np.asarray(degrees, dtype=float).ravel()
    checks.count(people=len(d), at_least=2)
    missing = np.isnan(d)
    checks.rows(missing | ((d >= 0) & (d == np.floor(d))), "degrees must be whole numbers, 0 or more, or NaN")
    if missing.all():
        raise ValueError("degrees must be there for at least one person; got none.")
    r, k = (np.broadcast_to(np.asarray(x, dtype=float), d.shape) for x in (recruits, coupons))
    right = (r >= 0) & (r == np.floor(r)) & (r <= k) & (k == np.floor(k))
    checks.rows(right, "recruits must be whole numbers, not more than coupons")
    t = np.arange(len(d), dtype=float) if times is None else np.asarray(times, dtype=float).ravel()
    if t.shape != d.shape or not np.isfinite(t).all() or (np.diff(t) < 0).any() or t[0] == t[-1]:
        raise ValueError("times must rise from the first to the last person; got others. Sort the table.")
    told, r, k = (x.astype(np.int64) for x in (np.where(missing, -1, d), r, k))
    return Reports(told, (t - t[0]) / (t[-1] - t[0]), r, k)


@dataclass(frozen=True)
class VisibleSampling:
    """Draws of the size with what was imputed.

    Attributes
    ----------
    size : SuccessiveSampling
        Draws of the size and of the distribution of visibilities; `size.estimate()` is the estimate.
    concentration : numpy.ndarray, shape (chains, draws)
        c of the reports.
    line : numpy.ndarray, shape (chains, draws, 3)
        b0, b1, b2 of the recruits.
    counts : numpy.ndarray of int, shape (people, largest)
        In how many draws each person had visibility 1, 2, ...
    """

    size: SuccessiveSampling
    concentration: np.ndarray = field(repr=False)
    line: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)

    def estimate(self, *, level: float = 0.95) -> Estimate:
        """Return `size.estimate`, if the chains agree on the visibilities too.

        Raises
        ------
        NoEstimateError
            As `SuccessiveSampling.estimate`, or if R-hat of mean, spread or concentration is above 1.05.
        """
        worst = max(Chains(draws).rhat for draws in (self.size.means, self.size.sds, self.concentration))
        if not worst <= LARGEST_RHAT:
            raise NoEstimateError(
                f"{NAME} must have chains that agree on the visibilities (R-hat at most {LARGEST_RHAT}); got "
                f"{worst:.3f}. Take more draws or a larger thin, or state the scatter of reports more firmly."
            )
        return self.size.estimate(level=level)

    def imputed(self, how: Imputed, *, rng: np.random.Generator | None = None) -> np.ndarray:
        """Return each person's visibility: the median, mode or mean of the draws, or one draw of them."""
        checks.one_of(how, get_args(Imputed), name="how")
        shares = self.counts / self.counts.sum(axis=1, keepdims=True)
        u = np.arange(1, shares.shape[1] + 1)
        if how == "mean":
            return np.asarray(shares @ u)
        if how == "mode":
            return np.asarray(u[shares.argmax(axis=1)])
        at = 0.5 if how == "median" else checks.generator(rng, "for a draw").random((len(shares), 1))
        return np.asarray(u[(np.cumsum(shares, axis=1) < at).sum(axis=1).clip(max=len(u) - 1)])


def visible_sampling(
    given: Reports,
    *,
    prior: SizePrior,
    degree_prior: DegreePrior,
    measure: Measure,
    rng: np.random.Generator,
    chains: int = 4,
    draws: int = 2000,
    thin: int = 5,
    progress: Progress | None = None,
) -> VisibleSampling:
    """Draw from the posterior of a size and of everybody's visibility.

    Parameters
    ----------
    given : Reports
        From `reports`.
    prior, degree_prior
        As for `successive_sampling`; the second is of visibilities.
    measure : Measure
        How reports scatter.
    rng : numpy.random.Generator
        Source of random numbers; each chain has a stream of its own.
    chains, draws, thin : int
        Chains started apart, draws kept of each, rounds for each draw.
    progress : callable, optional
        Called as ``progress(done, of)`` after each chain.

    Raises
    ------
    ValueError
        If `prior` is of another number of people, or `degree_prior` goes above 1,000.

    Notes
    -----
    Given independent exponential waiting times of the draws (Handcock et al. 2014) the
    visibilities of the people seen are independent, so that each is drawn from its whole distribution.
    """
    # not above: numba takes a second to load
    from pse.methods import successive_sampling_visibility_kernels

    impute: Any = successive_sampling_visibility_kernels.impute

    checks.count(chains=chains, at_least=2)
    checks.count(draws=draws, thin=thin, at_least=1)
    if degree_prior.largest > MOST_VISIBLE:
        raise ValueError(
            f"degree_prior must have a largest of at most {MOST_VISIBLE:,}; got {degree_prior.largest:,}. "
            "Cut reports that are not credible."
        )
    first = first_visibilities(given, measure, degree_prior)
    base = measure.logs(largest=degree_prior.largest, most=most_reported(given, measure, degree_prior))
    fixed = arguments_of(given, prior, degree_prior, measure, base)
    kept = np.empty((chains, draws, 10))
    counts = np.zeros((first.seen, degree_prior.largest), dtype=np.int64)
    walks = WalkData.of(first, prior, degree_prior)
    for chain, own in each_chain(rng, chains, progress):
        state, steps = start(walks, prior, where=(chain + 1) / (chains + 1))
        line = np.array([-1.0, 0.0, 0.0]) + 0.1 * own.standard_normal(3)
        moving = (state, np.array([measure.concentration, *line]), first.degrees.copy())
        widths = (0.1, np.diag([0.2, 0.2, 0.02]))
        for _ in range(2 * BLOCKS):
            tried = np.empty((BLOCK_STEPS, 10))
            taken = impute(*moving, steps, widths, *fixed, tried, np.zeros_like(counts), 1, own)
            steps = proposals(tried[:, 3:6], steps) * np.exp(taken - WANTED)
            widths = (2.4 * tried[:, 6].std() / tried[:, 6].mean() + 0.01, proposals(tried[:, 7:], widths[1]))
        impute(*moving, steps, widths, *fixed, kept[chain], counts, thin, own)
    size = fit_of(kept, prior, degree_prior, method=NAME)
    return VisibleSampling(size, kept[..., 6], kept[..., 7:], counts)


def first_visibilities(given: Reports, measure: Measure, degree_prior: DegreePrior) -> Recruits:
    """Return the reports over optimism, cut to the range, as a start; the prior mean where missing."""
    guess = np.where(given.degrees < 0, degree_prior.mean, given.degrees / measure.optimism)
    return one_survey(np.clip(np.round(guess), 1, degree_prior.largest))


def most_reported(given: Reports, measure: Measure, degree_prior: DegreePrior) -> int:
    """Return the largest report that the model allows for: far above any made and any expected."""
    return int(3 * max(given.degrees.max(), measure.optimism * degree_prior.largest))


def arguments_of(
    given: Reports, prior: SizePrior, degree_prior: DegreePrior, measure: Measure, base: np.ndarray
) -> tuple[Any, ...]:
    """Return what `kernels.impute` needs from `people` to `knots`, in its order."""
    if prior.seen != len(given.degrees):
        raise ValueError(f"prior must have seen = {len(given.degrees)}, the people; got {prior.seen}.")
    half = measure.concentration_people / 2
    priors = ((half, half / measure.concentration), LINE_PRIOR)
    people = (given.degrees, given.times, given.recruits, given.coupons)
    logs = log_factorials(degree_prior.largest)
    return people, base, priors, prior.logs, logs, belief_of(degree_prior), np.empty(KNOTS)
