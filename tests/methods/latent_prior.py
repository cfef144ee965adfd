"""The latent class model drawn from its prior, in plain NumPy: what the sampler is tested against."""

import numpy as np
from scipy.special import gammaln, logsumexp, xlogy

from pse.methods.histories import history_patterns


def prior_draws(rng, *, draws, classes, lists, alpha=(0.25, 0.25)):
    """Return alpha, logarithms of the shares, chances; shape (draws, ...)."""
    a = rng.gamma(alpha[0], 1 / alpha[1], size=draws)
    with np.errstate(divide="ignore"):  # a share may be 0 on this machine where alpha is tiny
        stays = np.log(rng.random((draws, classes - 1))) / a[:, None]
        broken = np.log(-np.expm1(stays))
    left = np.cumsum(np.c_[np.zeros(draws), stays], axis=1)
    return a, np.c_[broken, np.zeros(draws)] + left, rng.random((draws, classes, lists))


def cells(log_share, chance):
    """Return the chance of every pattern, the empty one first: shape (draws, 2^lists)."""
    patterns = np.vstack([np.zeros(chance.shape[2], int), history_patterns(chance.shape[2])])
    within = np.where(patterns == 1, chance[:, :, None, :], 1 - chance[:, :, None, :]).prod(axis=-1)
    return np.einsum("dk,dkp->dp", np.exp(log_share), within)


def log_weights(counts, cell):
    """Return the log-likelihood of counts of the seen patterns when p(N) is 1/N and N is summed out."""
    return xlogy(counts, cell[:, 1:]).sum(axis=1) - counts.sum() * np.log1p(-cell[:, 0])


def independent_posterior(counts, patterns, most):
    """Return N and its exact posterior for one class, up to `most`: chances integrated out, p(N) = 1/N."""
    n, on = counts.sum(), counts @ patterns
    size = np.arange(n, most + 1)
    log_p = gammaln(size + 1) - gammaln(size - n + 1) - np.log(size)
    for people in on:
        log_p += gammaln(size - people + 1) - gammaln(size + 2)
    return size, np.exp(log_p - logsumexp(log_p))
