"""Bayesian network scale-up: random degrees, barriers, transmission, both, and overdispersed reports.

The first four are those of Maltiel R, Raftery AE, McCormick TH, Baraff AJ. Estimating population size using
the network scale up method. Annals of Applied Statistics 2015;9:1247-1277. Respondent i reports y_ik people
of group k; N_k is the size of the group, N the population, m_k = N_k / N:

- "random degree": y_ik ~ binomial(d_i, m_k), log d_i ~ normal(mu, sigma).
- "barrier": y_ik ~ binomial(d_i, q_ik), q_ik ~ beta with mean m_k and dispersion rho_k (a = m (1 / rho - 1)):
  some respondents know many of the group, others none.
- "transmission": y_ik ~ binomial(d_i, tau_k m_k) for the KP: of the people of the KP that a respondent knows
  they know a share tau to be such.
- "combined": y_ik ~ binomial(d_i, tau_k q_ik).

Priors there: N_k with density 1 / N_k, mu and sigma uniform (`DegreePrior`), rho uniform from 0 to 1. Degrees
are real numbers, the binomial coefficient is taken by gamma functions. The data fix tau m only: **tau is not
identified**, and its prior, which the caller gives from a study of the KP, decides the size as much as the
reports do. No model corrects different network sizes (the degree ratio): see `scale_up_general.py`.

The overdispersed model is in `scale_up_overdispersed.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd

from pse import checks
from pse.engine import Progress
from pse.estimate import Estimate, EstimateWarning
from pse.methods.chains import Chains, each_chain
from pse.methods.refusal import NoEstimateError
from pse.methods.scale_up_reports import known_reports, whole_columns
from pse.methods.surveys import Measure

__all__ = [
    "DegreePrior",
    "Model",
    "ScaleUpDraws",
    "bayesian_scale_up_size",
    "scale_up_draws",
]

MOST_REPORTED = 10_000  # nobody knows more people of a group; time and memory grow with the largest report
Model = Literal["random degree", "barrier", "transmission", "combined"]


@dataclass(frozen=True)
class DegreePrior:
    """Limits of the uniform priors of log degrees, and the smallest size; as in Maltiel et al. (2015).

    Attributes
    ----------
    mu, sigma : tuple of float
        Low and high limit of the mean and of the standard deviation of log degrees.
    smallest : float
        Fewest people of the KP that are possible; below, the density 1 / size has no end.
    """

    mu: tuple[float, float] = (3.0, 8.0)
    sigma: tuple[float, float] = (0.25, 2.0)
    smallest: float = 1.0


@dataclass(frozen=True)
class ScaleUpDraws:
    """Draws of a Bayesian scale-up.

    Attributes
    ----------
    sizes : dict of str to numpy.ndarray, shape (chains, draws)
        People of each unknown group.
    others : dict of str to numpy.ndarray, shape (chains, draws)
        ``"mu"``, ``"sigma"``, ``"mean degree"``, and by group ``"transmission of <group>"`` (tau),
        ``"barrier of <group>"`` (rho), ``"clumping of <group>"`` (omega), as the model has them.
    method : str
        Model, respondents and known groups, for the name of a result.
    """

    sizes: dict[str, np.ndarray] = field(repr=False)
    others: dict[str, np.ndarray] = field(repr=False)
    method: str


def bayesian_scale_up_size(draws: ScaleUpDraws, kp: str, *, level: float = 0.95) -> Estimate:
    """Return the median and credible interval of the size of one group, if its chains agree.

    Parameters
    ----------
    draws : ScaleUpDraws
        From `scale_up_draws` or `overdispersed_draws`.
    kp : str
        Column of the group.
    level : float
        Probability of the interval.

    Raises
    ------
    NoEstimateError
        If the chains do not agree or have too few effective draws (`Chains.check`).

    Examples
    --------
    >>> sizes = np.random.default_rng(1).gamma(50, 10, size=(4, 1000))
    >>> print(bayesian_scale_up_size(ScaleUpDraws({"pwid": sizes}, {}, "scale-up"), "pwid"))
    496 (368 to 645, 95% credible; scale-up)
    """
    checks.one_of(kp, tuple(draws.sizes), name="kp")
    chains = Chains(draws.sizes[kp])
    chains.check(draws.method)
    return chains.estimate(level=level, method=draws.method)


def scale_up_draws(
    reports: pd.DataFrame,
    known: Mapping[str, float],
    *,
    unknown: Sequence[str],
    total_population: float,
    model: Model,
    draws: int,
    rng: np.random.Generator,
    transmission: Mapping[str, Measure] | None = None,
    prior: DegreePrior | None = None,
    chains: int = 4,
    warmup: int = 1000,
    progress: Progress | None = None,
) -> ScaleUpDraws:
    """Draw sizes under one of the four models of Maltiel et al. (2015).

    Parameters
    ----------
    reports : pandas.DataFrame
        One row for each respondent; whole numbers without blanks in the columns of known and unknown groups.
    known : mapping of str to float
        Size of each known group, in people, below `total_population`.
    unknown : sequence of str
        Columns of the groups whose sizes are wanted.
    total_population : float
        People in the population.
    model : {"random degree", "barrier", "transmission", "combined"}
        See the top of this module. "random degree" assumes what basic scale-up assumes.
    draws, warmup, chains : int
        Draws of each chain that are kept; draws before that are not; chains started apart. 1,000 draws do
        for "random degree" and "transmission", 2,000 or more for barriers.
    rng : numpy.random.Generator
    transmission : mapping of str to Measure
        For "transmission" and "combined", for each unknown group: mean and standard error of the share of
        ties that are known to be to the KP, from a study of the KP; taken as a beta prior.
    prior : DegreePrior, optional
        Limits of the other priors; those of the paper without it.
    progress : callable, optional
        Called as ``progress(done, of)`` after each chain.

    Returns
    -------
    ScaleUpDraws
        Give it to `bayesian_scale_up_size`.

    Raises
    ------
    ValueError
        If an argument is wrong; also if transmission is missing or given to a model without it.
    NoEstimateError
        If nobody knows anybody of an unknown group: the posterior would be the prior.

    Notes
    -----
    The chains integrate out what the paper draws (q in "barrier"), and draw sizes, mu and sigma from their
    full conditionals where these exist: sizes of "random degree" from a beta. Respondents count as a simple
    sample: weights and clusters have no place in these models.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> world = np.array([0.01, 0.02, 0.03, 0.005])  # shares of four groups; the last is the KP
    >>> table = rng.binomial(rng.lognormal(5, 0.5, size=(200, 1)).astype(int), world)
    >>> reports = pd.DataFrame(table, columns=["nurses", "teachers", "smiths", "pwid"])
    >>> got = scale_up_draws(
    ...     reports, {"nurses": 1000, "teachers": 2000, "smiths": 3000}, unknown=["pwid"],
    ...     total_population=100_000, model="random degree", draws=1000, rng=rng)
    >>> size = bayesian_scale_up_size(got, "pwid")
    >>> size.lower < 500 < size.upper
    True
    """
    checks.one_of(model, get_args(Model), name="model")
    y, sizes = group_reports(reports, known, unknown, total_population=total_population)
    check_chains(draws=draws, warmup=warmup, chains=chains)
    prior = DegreePrior() if prior is None else prior
    limits = _limits(prior, total_population)
    found = _known_degrees(y, sizes, total_population)
    _warn_of_prior(found, prior)
    thin = _thinning(model, unknown, transmission)
    runs = []
    for _, one in each_chain(rng, chains, progress):
        mu, sigma = one.uniform(*prior.mu), one.uniform(*prior.sigma)
        d = _start_degrees(found, y, one)
        runs.append(_run(model, y, sizes / total_population, thin, limits, d, mu, sigma, draws, warmup, one))
    shares, taus, law, rhos = (np.array(part) for part in zip(*runs, strict=True))
    others = {name: law[..., k] for k, name in enumerate(("mu", "sigma", "mean degree"))}
    if transmission is not None:
        others |= {f"transmission of {name}": taus[..., k] for k, name in enumerate(unknown)}
    others |= {
        f"barrier of {name}": rhos[..., k]
        for k, name in enumerate([*known, *unknown])
        if rhos.shape[-1]  # models without barriers have none
    }
    people = {name: total_population * shares[..., k] for k, name in enumerate(unknown)}
    return ScaleUpDraws(people, others, method_of(f"{model} model", y, known))


def _run(
    model: Model,
    y: np.ndarray,
    known: np.ndarray,
    thin: np.ndarray,
    limits: np.ndarray,
    d: np.ndarray,
    mu: float,
    sigma: float,
    draws: int,
    warmup: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, ...]:
    """Run one chain: shares, taus, (mu, sigma, mean degree), rhos."""
    if model in ("barrier", "combined"):
        from pse.methods import scale_up_barrier_kernels  # not above: numba takes a second to load

        prior = thin if model == "combined" else np.zeros((0, 2))
        return scale_up_barrier_kernels.barrier_chain(  # type: ignore[no-any-return]
            y, known, prior, limits, d, mu, sigma, draws, warmup, rng
        )
    from pse.methods import scale_up_kernels  # not above: numba takes a second to load

    above = np.array([(y > j).sum(axis=0) for j in range(y.max())]).T.astype(np.int64, order="C")
    reported = y[len(known) :].sum(axis=1).astype(float)
    empty = float(np.log1p(-known).sum())
    shares, taus, law = scale_up_kernels.binomial_chain(
        above, reported, empty, thin, limits, d, mu, sigma, draws, warmup, rng
    )
    return shares, taus, law, np.zeros((draws, 0))


def group_reports(
    reports: pd.DataFrame, known: Mapping[str, float], unknown: Sequence[str], *, total_population: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return whole reports, shape (groups, respondents), known groups first, and the known sizes.

    Examples
    --------
    >>> reports = pd.DataFrame({"nurses": [1, 0, 2], "pwid": [0, 0, 1]})
    >>> y, sizes = group_reports(reports, {"nurses": 50}, ["pwid"], total_population=1000)
    >>> y.tolist(), sizes.tolist()
    ([[1, 0, 2], [0, 0, 1]], [50.0])
    """
    y, sizes = known_reports(reports, known, total_population=total_population)
    checks.count(respondents=len(reports), at_least=3)
    checks.count(unknown_groups=len(unknown), at_least=1)
    missing = [name for name in unknown if name not in reports.columns or name in known]
    if missing:
        raise ValueError(f"unknown must be columns of reports without a known size; got {missing}.")
    if sizes.max() >= total_population:
        raise ValueError("sizes of known groups must be below total_population; got one as large.")
    if not y.any():
        raise NoEstimateError(
            "reports must hold somebody known in the known groups; got only zeros. Ask about larger groups."
        )
    wanted = whole_columns(reports, list(unknown))
    silent = [name for name, column in zip(unknown, wanted.T, strict=True) if not column.any()]
    if silent:
        raise NoEstimateError(
            f"reports must hold somebody known in each unknown group; got only zeros for {silent}. The size "
            "would be that of the prior. Ask more people.",
            lower=0.0,
        )
    together = np.hstack([y, wanted])
    checks.rows(
        (together <= MOST_REPORTED).all(axis=1),
        f"reports must be at most {MOST_REPORTED:,} people of a group in every row",
        got="more",
        remedy="Top-code them: 30 is usual.",
    )
    return np.ascontiguousarray(together.T.astype(np.int64)), sizes


def check_chains(*, draws: int, warmup: int, chains: int) -> None:
    """Refuse numbers of draws that are not whole or too few.

    Examples
    --------
    >>> check_chains(draws=1000, warmup=500, chains=4)
    """
    checks.count(draws=draws, warmup=warmup, at_least=1)
    checks.count(chains=chains, at_least=2)


def _limits(prior: DegreePrior, total_population: float) -> np.ndarray:
    for name, (low, high) in {"mu": prior.mu, "sigma": prior.sigma}.items():
        if not low < high:
            raise ValueError(f"{name} of the prior must be a low and a high limit; got {low} and {high}.")
    checks.positive(lowest_sigma=prior.sigma[0], smallest=prior.smallest)
    if prior.smallest >= total_population:
        raise ValueError(f"smallest must be below total_population; got {prior.smallest}.")
    return np.array([*prior.mu, *prior.sigma, prior.smallest / total_population])


def _thinning(model: Model, unknown: Sequence[str], transmission: Mapping[str, Measure] | None) -> np.ndarray:
    """Return a and b of the beta prior of tau for each unknown group, zeros without transmission."""
    if model in ("random degree", "barrier"):
        if transmission is not None:
            raise ValueError(f'transmission must not be given to "{model}"; got one. Use "combined".')
        return np.zeros((len(unknown), 2))
    if transmission is None or set(transmission) != set(unknown):
        raise ValueError(f'transmission must be given for each unknown group with "{model}"; got others.')
    return np.array([_beta_of(transmission[name]) for name in unknown])


def _beta_of(share: Measure) -> tuple[float, float]:
    """Return a and b of the beta with this mean and standard deviation."""
    checks.share(transmission=share.point)
    checks.positive(error_of_transmission=share.error)
    size = share.point * (1 - share.point) / share.error**2 - 1
    if size <= 0:
        raise ValueError(
            f"error of transmission must be below {(share.point * (1 - share.point)) ** 0.5:.3g}; "
            f"got {share.error}."
        )
    return share.point * size, (1 - share.point) * size


def _known_degrees(y: np.ndarray, sizes: np.ndarray, total_population: float) -> np.ndarray:
    """Return degrees by known groups, half a person added so that none is 0."""
    return np.asarray((y[: len(sizes)].sum(axis=0) + 0.5) * total_population / sizes.sum())


def _warn_of_prior(degrees: np.ndarray, prior: DegreePrior) -> None:
    mean = float(np.log(degrees).mean())
    if not prior.mu[0] <= mean <= prior.mu[1]:
        warnings.warn(
            f"the mean of log degrees by known groups is {mean:.1f}, outside the prior's limits "
            f"{prior.mu[0]:g} and {prior.mu[1]:g}: they decide the size. Give another DegreePrior.",
            EstimateWarning,
            stacklevel=3,
        )


def _start_degrees(degrees: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return degrees to start a chain from, moved all together and each apart."""
    moved = degrees * np.exp(rng.normal(0, 0.5) + rng.normal(0, 0.3, size=len(degrees)))
    return np.asarray(np.maximum(moved, y.max(axis=0) + 1.0))


def method_of(model: str, y: np.ndarray, known: Mapping[str, float]) -> str:
    """Return the name of a result.

    Examples
    --------
    >>> method_of("barrier model", np.zeros((3, 200)), {"nurses": 50, "teachers": 80})
    'network scale-up, barrier model, 200 respondents, 2 known groups'
    """
    return f"network scale-up, {model}, {y.shape[1]} respondents, {len(known)} known groups"
