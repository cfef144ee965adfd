"""Replicate weights of a survey: jackknife and the bootstraps of Rao and Wu, McCarthy and Snowden.

Sources
-------
Rao JNK, Wu CFJ. Resampling inference with complex survey data. JASA 1988;83:231-241. Rust KF, Rao JNK.
Variance estimation for complex surveys using replication techniques. Stat Methods Med Res 1996;5:283-310.
McCarthy PJ, Snowden CB. The bootstrap and finite population sampling. Vital and Health Statistics 1985;2(95).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pse import checks
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import Share
from pse.methods.surveys import (
    NO_ERROR,
    Measure,
    SurveyDesign,
    numbers_inside,
    refuse_lonely,
    respondents_inside,
    survey_share,
)

__all__ = ["Replicates", "bootstrap_weights", "jackknife_weights", "replicate_measure", "replicated_share"]

Bootstrap = Literal["rao-wu", "mccarthy-snowden"]
MOST_JACKKNIFE = 5000  # replicates x clusters numbers are held in memory


@dataclass(frozen=True)
class Replicates:
    """Replicate weights and what each adds to the variance.

    Attributes
    ----------
    factors : numpy.ndarray, shape (replicates, clusters)
        What the weight of everybody in a cluster is multiplied by.
    scale : numpy.ndarray, shape (replicates,)
        V = sum of scale x (replicate - full)^2.
    method : str
    """

    factors: np.ndarray = field(repr=False)
    scale: np.ndarray = field(repr=False)
    method: str

    @property
    def bootstrap(self) -> bool:
        """Whether the replicates are draws."""
        return "bootstrap" in self.method

    def error(self, replicates: np.ndarray, full: float) -> float:
        """Return the standard error: a bootstrap's around the mean of its replicates, else around `full`."""
        centre = replicates.mean() if self.bootstrap else full
        return math.sqrt(float(self.scale @ (replicates - centre) ** 2))


def jackknife_weights(design: SurveyDesign) -> Replicates:
    """Return the delete-one-cluster jackknife: JK1 with one stratum, JKn with several.

    Each cluster is left out once; the others of its stratum weigh n/(n - 1) times as much, and the replicate
    counts (1 - f)(n - 1)/n.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.surveys import survey_design
    >>> jackknife_weights(survey_design(pd.DataFrame({"id": [1, 2, 3]}))).factors[0].tolist()
    [0.0, 1.5, 1.5]
    """
    refuse_lonely(design)
    if len(design.stratum) > MOST_JACKKNIFE:
        raise ValueError(
            f"clusters must be at most {MOST_JACKKNIFE} for a jackknife; got {len(design.stratum)}. "
            "Use survey_ratio or bootstrap_weights: they give the same error."
        )
    n = design.drawn[design.stratum]
    more = n / np.maximum(n - 1, 1)
    same = design.stratum[:, None] == design.stratum[None, :]
    factors = np.where(same, more[:, None], 1.0)
    np.fill_diagonal(factors, 0.0)
    alone = n == 1  # drawn with certainty: it cannot be left out and adds nothing
    factors[alone] = 1.0
    scale = (1 - design.fraction[design.stratum]) * (n - 1) / n
    return Replicates(factors, scale, "JK1" if len(design.fraction) == 1 else "JKn")


def bootstrap_weights(
    design: SurveyDesign, *, how: Bootstrap, replicates: int, rng: np.random.Generator
) -> Replicates:
    """Return bootstrap weights: clusters drawn again within strata.

    Parameters
    ----------
    how : {"rao-wu", "mccarthy-snowden"}
        "rao-wu": n - 1 clusters with replacement, the weights rescaled for the finite population:
        1 - k + k n/(n - 1) t, k = sqrt(1 - f), t the times a cluster was drawn. "mccarthy-snowden":
        (n - 1)/(1 - f) clusters with replacement, a broken number rounded up or down at random, and no
        rescaling but n/m. Without a correction the two are the same.
    replicates : int
        At least 2.

    Raises
    ------
    NoEstimateError
        If a stratum has one cluster only.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.surveys import survey_design
    >>> design = survey_design(pd.DataFrame({"id": [1, 2, 3]}))
    >>> made = bootstrap_weights(design, how="rao-wu", replicates=2, rng=np.random.default_rng(1))
    >>> made.factors.sum(axis=1).round(6).tolist()
    [3.0, 3.0]
    """
    checks.one_of(how, ("rao-wu", "mccarthy-snowden"), name="how")
    checks.count(replicates=replicates, at_least=2)
    refuse_lonely(design)
    factors = np.ones((replicates, len(design.stratum)))
    for h, (n, f) in enumerate(zip(design.drawn, design.fraction, strict=True)):
        if f < 1 and n > 1:
            draw = _rao_wu if how == "rao-wu" else _mccarthy_snowden
            factors[:, design.stratum == h] = draw(int(n), float(f), replicates, rng)
    name = "Rao-Wu bootstrap" if how == "rao-wu" else "McCarthy-Snowden bootstrap"
    return Replicates(factors, np.full(replicates, 1 / (replicates - 1)), name)


def _rao_wu(n: int, f: float, replicates: int, rng: np.random.Generator) -> np.ndarray:
    times = rng.multinomial(n - 1, np.full(n, 1 / n), size=replicates)
    k = math.sqrt(1 - f)
    return np.asarray(1 - k + k * n / (n - 1) * times)


def _mccarthy_snowden(n: int, f: float, replicates: int, rng: np.random.Generator) -> np.ndarray:
    wanted = (n - 1) / (1 - f)
    m = math.floor(wanted) + (rng.random(replicates) < wanted - math.floor(wanted))
    return rng.multinomial(m, np.full(n, 1 / n)) * (n / m)[:, None]


def replicate_measure(
    estimator: Callable[[np.ndarray], float], design: SurveyDesign, made: Replicates
) -> tuple[Measure, np.ndarray]:
    """Return any weighted number with its replicate variance, and its replicates.

    Parameters
    ----------
    estimator : callable
        Takes weights, shape (people,), and returns the number.

    Returns
    -------
    Measure, numpy.ndarray of shape (replicates,)
        A bootstrap's error is around the mean of its replicates, a jackknife's around the full number.

    Raises
    ------
    NoEstimateError
        If a replicate has no finite number (a domain vanished).

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.surveys import survey_design
    >>> design = survey_design(pd.DataFrame({"id": [1, 2, 3]}))
    >>> y = np.array([1.0, 2.0, 6.0])
    >>> got, _ = replicate_measure(lambda w: w @ y / w.sum(), design, jackknife_weights(design))
    >>> round(got.error, 6), round(float(y.std(ddof=1)) / 3**0.5, 6)
    (1.527525, 1.527525)
    """
    full = float(estimator(design.weights))
    draws = np.array([float(estimator(design.weights * row[design.cluster])) for row in made.factors])
    if not (math.isfinite(full) and np.isfinite(draws).all()):
        raise NoEstimateError(
            "estimator must give a number for every replicate; got none for some. The group is in too few "
            "clusters for replicates: use linearisation (survey_ratio)."
        )
    return Measure(full, made.error(draws, full), float(design.degrees), made.method), draws


def replicated_share(
    holds: ArrayLike, design: SurveyDesign, made: Replicates, *, among: ArrayLike | None = None
) -> Share:
    """Return the share of a group with the error of replicate weights; a bootstrap's draws stay with it.

    Examples
    --------
    >>> import pandas as pd
    >>> from pse.methods.surveys import survey_design
    >>> design = survey_design(pd.DataFrame({"id": [1, 2, 3, 4]}))
    >>> round(replicated_share([1, 0, 0, 1], design, jackknife_weights(design)).error, 4)
    0.2887
    """
    inside = respondents_inside(among, design)
    base = survey_share(holds, design, among=inside)
    y = numbers_inside(holds, design, "holds", inside)
    sums = np.bincount(design.cluster, weights=design.weights * y, minlength=len(design.stratum))
    weights = np.bincount(design.cluster, weights=design.weights * inside, minlength=len(design.stratum))
    below = made.factors @ weights
    if (below <= 0).any():
        raise NoEstimateError("every replicate must hold somebody of `among`; got some without.")
    draws = np.clip(made.factors @ sums / below, 0.0, 1.0)
    error = made.error(draws, base.point)
    error = error if error > NO_ERROR else 0.0
    effective = base.point * (1 - base.point) / error**2 if error else base.effective
    name = f"share of a survey, {made.method}"
    kept = draws if made.bootstrap and error else None
    return replace(base, error=error, effective=float(effective), method=name, draws=kept)
