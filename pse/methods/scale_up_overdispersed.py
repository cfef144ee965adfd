"""Bayesian network scale-up with overdispersed reports: some respondents know many of a group, others none.

Source: Zheng T, Salganik MJ, Gelman A. How many people do you know in prison? JASA 2006;101:409-423. Not
here: the correlated model of Laga I, Bao L, Niu X (JASA 2023), which adds correlations between groups and
covariates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from pse import checks
from pse.engine import Progress
from pse.methods.chains import each_chain
from pse.methods.refusal import NoEstimateError
from pse.methods.scale_up_bayes import ScaleUpDraws, check_chains, group_reports, method_of

__all__ = ["overdispersed_draws"]

REPEATS = 4  # steps of an unknown group in a sweep: cheap next to the activity of all respondents


def overdispersed_draws(
    reports: pd.DataFrame,
    known: Mapping[str, float],
    *,
    unknown: Sequence[str],
    total_population: float,
    scale_by: Sequence[str],
    draws: int,
    rng: np.random.Generator,
    balance: tuple[Sequence[str], Sequence[str]] | None = None,
    chains: int = 4,
    warmup: int = 1000,
    progress: Progress | None = None,
) -> ScaleUpDraws:
    """Draw sizes under the overdispersed model of Zheng, Salganik and Gelman (2006).

    y_ik ~ negative binomial with mean exp(alpha_i + beta_k) and variance omega_k times the mean;
    alpha_i ~ normal(0, sigma_alpha), beta_k ~ normal(mu_beta, sigma_beta), flat priors on mu_beta and both
    sigmas, 1 / omega_k uniform. Known sizes are not used for that; afterwards each draw is scaled so that the
    groups of `scale_by` have their sizes together.

    Parameters
    ----------
    reports, known, unknown, total_population, draws, rng, chains, warmup, progress
        As for `scale_up_draws`.
    scale_by : sequence of str
        Known groups that everybody is equally likely to know and to report (rare first names in the paper):
        C1 = log(sum exp(beta) / share of these groups in the population).
    balance : (sequence of str, sequence of str), optional
        Two sets of known groups, where those of `scale_by` are all of one kind of people whom respondents
        know more than others (women's names): first groups of this kind, then of the other kind (men's).
        C = C1 + C2 / 2, C2 the same log for the other kind less that for the first.

    Returns
    -------
    ScaleUpDraws
        `sizes` has the known groups too, as the model finds them: compare them with what is known.
        ``"clumping of <group>"`` is omega: 1 where reports are Poisson.

    Raises
    ------
    ValueError, NoEstimateError
        As for `scale_up_draws`; nobody may be unknown to all in any group; degrees that differ without limit,
        as where one respondent alone knows anybody.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = rng.poisson(rng.lognormal(5, 0.5, size=(200, 1)) * np.array([0.01, 0.02, 0.03, 0.005]))
    >>> reports = pd.DataFrame(table, columns=["nurses", "teachers", "smiths", "pwid"])
    >>> names = {"nurses": 1000, "teachers": 2000, "smiths": 3000}
    >>> got = overdispersed_draws(
    ...     reports, names, unknown=["pwid"], total_population=100_000, scale_by=list(names), draws=1000,
    ...     rng=rng)
    >>> from pse.methods.scale_up_bayes import bayesian_scale_up_size
    >>> size = bayesian_scale_up_size(got, "pwid")
    >>> size.lower < 500 < size.upper
    True
    """
    from pse.methods import scale_up_kernels  # not above: numba takes a second to load

    y, sizes = group_reports(reports, known, unknown, total_population=total_population)
    check_chains(draws=draws, warmup=warmup, chains=chains)
    names = [*known, *unknown]
    if len(names) < 3:
        raise ValueError(f"groups must be at least 3, known and unknown, for their spread; got {len(names)}.")
    if (y.sum(axis=1) == 0).any():
        raise NoEstimateError(
            "reports must hold somebody known in every group; got a known group without. Leave the group out."
        )
    limits = np.array([-np.inf, np.inf, 0.0, np.inf, 0.0, np.inf])
    repeats = np.where(np.arange(len(names)) < len(known), 1, REPEATS)
    runs = []
    for _, one in each_chain(rng, chains, progress):
        alpha = np.log(y.sum(axis=0) + 0.5) + one.normal(0, 0.5, size=y.shape[1])
        beta = np.log(y.mean(axis=1)) + one.normal(0, 0.5, size=len(names))
        runs.append(
            scale_up_kernels.overdispersed_chain(
                y, repeats, limits, alpha - alpha.mean(), beta, draws, warmup, one
            )
        )
    betas, omegas, law = (np.array(part) for part in zip(*runs, strict=True))
    if not np.isfinite(law).all():
        raise NoEstimateError(
            "the overdispersed model must have reports that limit how far degrees differ; got draws that "
            "grow without an end. Too few respondents know anybody: ask more people, or use scale_up_draws."
        )
    shares = dict(zip(known, sizes / total_population, strict=True))
    scale = _scale(betas, names, shares, scale_by, "scale_by")
    if balance is not None:
        first, other = (_scale(betas, names, shares, groups, "balance") for groups in balance)
        scale = scale + (other - first) / 2
    others = {"mean degree": law[..., 3] * np.exp(scale), "sigma": law[..., 2]}
    others |= {f"clumping of {name}": omegas[..., k] for k, name in enumerate(names)}
    found = {name: total_population * np.exp(betas[..., k] - scale) for k, name in enumerate(names)}
    return ScaleUpDraws(found, others, method_of("overdispersed model", y, known))


def _scale(
    betas: np.ndarray, names: list[str], shares: Mapping[str, float], groups: Sequence[str], argument: str
) -> np.ndarray:
    """Return log(sum exp(beta) / sum of shares) of known groups, for each draw."""
    checks.count(**{f"groups of {argument}": len(groups)}, at_least=1)
    for name in groups:
        checks.one_of(name, tuple(shares), name=argument)
    at = [names.index(name) for name in groups]
    share = sum(shares[name] for name in groups)
    return np.asarray(logsumexp(betas[..., at], axis=-1) - np.log(share))
