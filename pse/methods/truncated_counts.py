"""Counts of how often somebody was seen, when nobody is seen zero times: likelihoods, what a row stands for.

One base distribution serves all families, the negative binomial with mean ``lam = exp(eta)`` and variance
``lam + alpha lam^2``: ``alpha = 0`` is the Poisson, ``alpha = 1`` the geometric. What a list does to it is
its `kind`: ``zero`` (nobody with 0 is seen), ``zero_one`` (ones are not trusted either), ``inflated`` (a
share ``omega`` is seen exactly once and never again) and ``first_two`` (only "once" against "twice" is used,
as in Chao's and Zelterman's regressions). Everything works on arrays with one row for each replicate.

Sources: van der Heijden et al. (2003, Statistical Modelling 3:305), Bohning and van der Heijden (2019, Annals
of Applied Statistics 13:1198), Godwin and Bohning (2017, JRSS C 66:425), Bohning et al. (2013, Biometrics
69:1033).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, gammaln

__all__ = ["FAMILIES", "Family", "Terms", "stands_for", "terms", "used"]

Kind = Literal["zero", "zero_one", "inflated", "first_two"]
Array = np.ndarray


@dataclass(frozen=True)
class Family:
    """What a family is: what the list does to the counts, and their dispersion (None: estimated)."""

    kind: Kind
    alpha: float | None = 0.0
    trusts_higher: bool = True  # a person seen three times or more stands for others as well

    @property
    def extra(self) -> str | None:
        """Name of the one parameter beside the regression: of one-inflation or of dispersion."""
        return "logit_omega" if self.kind == "inflated" else "log_alpha" if self.alpha is None else None


FAMILIES = {
    "ztpoisson": Family("zero"),
    "ztgeom": Family("zero", 1.0),
    "ztnegbin": Family("zero", None),
    "zotpoisson": Family("zero_one"),
    "zotgeom": Family("zero_one", 1.0),
    "zotnegbin": Family("zero_one", None),
    "oiztpoisson": Family("inflated"),
    "oiztgeom": Family("inflated", 1.0),
    "chao": Family("first_two", trusts_higher=False),
    "zelterman": Family("first_two"),
}


@dataclass(frozen=True)
class Terms:
    """Log-likelihood of a row and its derivatives by eta and by the extra parameter zeta."""

    value: Array
    eta: Array
    eta_eta: Array
    zeta: Array | None = None
    eta_zeta: Array | None = None
    zeta_zeta: Array | None = None


def used(kind: Kind, seen: Array) -> Array:
    """Tell which rows enter the likelihood.

    Examples
    --------
    >>> used("zero_one", np.array([1, 2, 3])).tolist()
    [False, True, True]
    """
    return {"zero_one": seen >= 2, "first_two": seen <= 2}.get(kind, seen >= 1)


def terms(family: Family, seen: Array, eta: Array, zeta: Array | float = 0.0) -> Terms:
    """Return the log-likelihood of each row with its first and second derivatives.

    Parameters
    ----------
    seen : array (cells,)
        How often the people of a cell were seen, 1 or more.
    eta : array (..., cells)
        Linear predictor: log of the mean; for ``first_two`` the logit of "twice" against "once".
    zeta : array (..., 1)
        Logit of omega or log of alpha, for the families that have one.

    Examples
    --------
    >>> round(float(terms(FAMILIES["ztpoisson"], np.array([1]), np.array([0.0])).value[0]), 4)  # -log(e - 1)
    -0.5413
    """
    if family.kind == "first_two":
        share = expit(eta)
        return Terms(-np.logaddexp(0, -eta * (2 * seen - 3)), (seen == 2) - share, -share * (1 - share))
    if family.kind == "inflated":
        return _inflated(seen, eta, zeta, float(family.alpha or 0))
    if family.alpha is not None:
        return _truncated(family.kind, seen, eta, family.alpha)
    return _dispersed(family.kind, seen, eta, np.asarray(zeta))


def _truncated(kind: Kind, seen: Array, eta: Array, alpha: Array | float) -> Terms:
    lam = np.exp(eta)
    wide = 1 + alpha * lam
    q, dq, ddq = _kept(kind, lam, alpha)
    value = log_mass(seen, eta, alpha) - np.log(q)
    ratio = dq / q
    score = (seen - lam) / wide - ratio
    return Terms(value, score, -lam * (1 + alpha * seen) / wide**2 - ddq / q + ratio**2)


def _dispersed(kind: Kind, seen: Array, eta: Array, log_alpha: Array, step: float = 1e-4) -> Terms:
    """Derivatives by log alpha are central differences of the closed forms above."""
    low, mid, high = (_truncated(kind, seen, eta, np.exp(log_alpha + d)) for d in (-step, 0.0, step))
    return Terms(
        mid.value,
        mid.eta,
        mid.eta_eta,
        (high.value - low.value) / (2 * step),
        (high.eta - low.eta) / (2 * step),
        (high.value - 2 * mid.value + low.value) / step**2,
    )


def _inflated(seen: Array, eta: Array, zeta: Array | float, alpha: float) -> Terms:
    omega = expit(np.asarray(zeta, dtype=float))
    rest, d, dd = 1 - omega, omega * (1 - omega), omega * (1 - omega) * (1 - 2 * omega)
    (p0, p0_1, p0_2), (p1, p1_1, p1_2) = _first_masses(np.exp(eta), alpha)
    den = 1 - rest * p0
    den_e, den_z = -rest * p0_1 / den, d * p0 / den
    den_ee = -rest * p0_2 / den - den_e**2
    den_zz, den_ez = dd * p0 / den - den_z**2, d * p0_1 / den - den_e * den_z
    one = omega + rest * p1
    one_e, one_z = rest * p1_1 / one, d * (1 - p1) / one
    lam = np.exp(eta)
    wide = 1 + alpha * lam
    once = seen == 1
    more_ee = -lam * (1 + alpha * seen) / wide**2
    return Terms(
        np.where(once, np.log(one), np.log(rest) + log_mass(seen, eta, alpha)) - np.log(den),
        np.where(once, one_e, (seen - lam) / wide) - den_e,
        np.where(once, rest * p1_2 / one - one_e**2, more_ee) - den_ee,
        np.where(once, one_z, -omega) - den_z,
        np.where(once, -d * p1_1 / one - one_e * one_z, 0.0) - den_ez,
        np.where(once, dd * (1 - p1) / one - one_z**2, -d) - den_zz,
    )


def log_mass(seen: Array, eta: Array, alpha: Array | float) -> Array:
    """Log probability of `seen`, not truncated."""
    if np.ndim(alpha) == 0 and alpha == 0:
        return seen * eta - np.exp(eta) - gammaln(seen + 1)
    size = 1 / np.asarray(alpha, dtype=float)
    constant = gammaln(seen + size) - gammaln(size) - gammaln(seen + 1)
    return constant + seen * (eta + np.log(alpha)) - (seen + size) * np.log1p(alpha * np.exp(eta))


def _first_masses(lam: Array, alpha: Array | float) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """P(0) and P(1), each with its first and second derivative by eta."""
    m = lam / (1 + alpha * lam)
    dm = m * (1 - alpha * m)
    ddm = dm * (1 - 2 * alpha * m)
    p0 = np.exp(-_zero_exponent(lam, alpha))
    zero = (p0, -m * p0, (m * m - dm) * p0)
    one = (m * p0, (dm - m * m) * p0, (ddm - 3 * m * dm + m**3) * p0)
    return zero, one


def _zero_exponent(lam: Array, alpha: Array | float) -> Array:
    """Minus the log of P(0)."""
    return lam if np.ndim(alpha) == 0 and alpha == 0 else np.log1p(alpha * lam) / alpha


def _kept(kind: Kind, lam: Array, alpha: Array | float) -> tuple[Array, Array, Array]:
    """Probability that a count survives the truncation, with derivatives by eta; exact for small means."""
    zero, one = _first_masses(lam, alpha)
    if kind == "zero":
        return -np.expm1(-_zero_exponent(lam, alpha)), -zero[1], -zero[2]
    q = -np.expm1(-_zero_exponent(lam, alpha)) - one[0]
    series = lam * lam * (1 + alpha) / 2  # the difference cancels below; P(2) is what is left
    small = lam < 1e-5
    first, second = -zero[1] - one[1], -zero[2] - one[2]
    return (
        np.where(small, series, q),
        np.where(small, 2 * series, first),
        np.where(small, 4 * series, second),
    )


def stands_for(
    family: Family, seen: Array, eta: Array, zeta: Array | float = 0.0
) -> tuple[Array, Array, Array]:
    """Return how many people one person of each cell stands for, its derivative by eta and its variance.

    The sum of the first over all people seen is the size (Horvitz-Thompson); the sum of the third is the
    part of its variance that is left when the coefficients are known.

    Examples
    --------
    >>> [float(x[0].round(4)) for x in stands_for(FAMILIES["ztpoisson"], np.array([1]), np.array([0.0]))]
    [1.582, -0.9207, 0.9207]
    """
    if family.kind == "first_two":
        return _two_stand_for(family, seen, eta)
    alpha = np.exp(zeta) if family.alpha is None else family.alpha
    lam = np.exp(eta)
    (p0, p0_1, _), (p1, p1_1, _) = _first_masses(lam, alpha)
    if family.kind == "zero_one":
        q, dq, _ = _kept("zero_one", lam, alpha)
        more = seen >= 2
        whole = (1 - p1) / q
        slope = -p1_1 / q - (1 - p1) * dq / q**2
        return np.where(more, whole, 1.0), np.where(more, slope, 0.0), np.where(more, p0 * (1 - p1) / q**2, 0)
    rest = 1 - expit(np.asarray(zeta, dtype=float)) if family.kind == "inflated" else 1.0
    q = 1 - rest * p0 if family.kind == "inflated" else _kept("zero", lam, alpha)[0]
    return 1 / q, rest * p0_1 / q**2, rest * p0 / q**2


def _two_stand_for(family: Family, seen: Array, eta: Array) -> tuple[Array, Array, Array]:
    lam = 2 * np.exp(eta)
    if family.trusts_higher:  # Zelterman
        q = -np.expm1(-lam)
        slope = -lam * np.exp(-lam) / q**2
        return 1 / q, slope, np.exp(-lam) / q**2
    both = lam + lam**2 / 2
    few = seen <= 2
    kept = np.exp(-lam) * both
    variance = (1 - kept) * (1 + 1 / both) ** 2
    slope = -(lam + lam**2) / both**2
    return np.where(few, 1 + 1 / both, 1.0), np.where(few, slope, 0.0), np.where(few, variance, 0.0)
