"""Sizes of many areas from several methods at once: areas borrow from each other, methods have biases.

Sources
-------
Bao L, Raftery AE, Reddy A. Estimating the sizes of populations at risk of HIV infection from multiple data
sources using a Bayesian hierarchical model. Stat Interface 2015;8:125-136 is the published model of this
kind: local shares around a national one, each source with its own bias. Its abstract was read, not its
formulas; this model is ours. For entry i of area a and method m, on the log-odds of size / denominator,

    y_i = mu + u_a + b_m + r_i + e_i,   u ~ N(0, area^2), b ~ N(0, method^2), r ~ N(0, study^2),

e with the standard error of the entry over its confidence, mu flat, and half-normal priors of the three
spreads. The size of an area is denominator x expit(mu + u_a): biases of methods are 0 on average. All is
normal given the spreads; these are summed over a grid and sizes are drawn independently, so there are no
chains that must converge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import expit, logsumexp
from scipy.stats import halfnorm

from pse import checks
from pse.estimate import Estimate
from pse.methods.synthesis_ledger import Evidence, check_alike, in_spite, plain
from pse.methods.synthesis_scale import on_scale

__all__ = ["AreaSizes", "Spreads", "area_sizes"]

NODES = 18  # values of each spread, of the same prior probability
METHOD = "hierarchical pool of areas and methods"


@dataclass(frozen=True, kw_only=True)
class Spreads:
    """Scales of the half-normal priors of the spreads, as standard deviations of log-odds.

    Attributes
    ----------
    area : float
        Between areas: 1 allows shares that differ some sevenfold between a low and a high area.
    method : float
        Biases of methods: 0.5 allows a method that is two and a half times too high.
    study : float
        What else differs from entry to entry.
    """

    area: float
    method: float
    study: float

    def __post_init__(self) -> None:
        checks.positive(area=self.area, method=self.method, study=self.study)


@dataclass(frozen=True)
class AreaSizes:
    """Posterior draws of the sizes of areas and of the biases of methods.

    Attributes
    ----------
    areas, methods : tuple of str
        In the order in which they come first in the evidence.
    sizes : numpy.ndarray, shape (draws, areas)
        People.
    biases : numpy.ndarray, shape (draws, methods)
        Log of the factor by which a method multiplies the odds.
    spreads : dict of str to float
        Posterior medians of the standard deviations `area`, `method` and `study`.
    weights : pandas.DataFrame
        Rows areas, columns entries by number: how much each entry moves the log-odds of each area. Rows
        sum to 1; what an area has outside its own entries it borrows.
    method : str
        Text for the report.
    """

    areas: tuple[str, ...]
    methods: tuple[str, ...]
    sizes: np.ndarray = field(repr=False)
    biases: np.ndarray = field(repr=False)
    spreads: dict[str, float]
    weights: pd.DataFrame = field(repr=False)
    method: str

    def table(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return one row for each area: area, point, lower, upper, interval, level, method."""
        rows = _quantiles(self.sizes, level)
        return pd.DataFrame({"area": self.areas, **rows}).assign(
            interval="credible", level=level, method=self.method
        )

    def method_table(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return the factor of each method on the odds: method, point, lower, upper, interval, level."""
        rows = _quantiles(np.exp(self.biases), level)
        return pd.DataFrame({"method": self.methods, **rows}).assign(interval="credible", level=level)

    def total(self, *, level: float = 0.95) -> Estimate:
        """Return the size of all areas together, from the draws: bounds do not add up."""
        rows = _quantiles(self.sizes.sum(axis=1, keepdims=True), level)
        point, lower, upper = (float(rows[name][0]) for name in ("point", "lower", "upper"))
        return Estimate(point, lower, upper, "credible", level, f"{self.method}, {len(self.areas)} areas")


def area_sizes(
    evidence: Sequence[Evidence],
    *,
    spreads: Spreads,
    draws: int,
    rng: np.random.Generator,
    reason: str | None = None,
    range_as: float | None = None,
) -> AreaSizes:
    """Estimate the sizes of several areas from all their estimates.

    Parameters
    ----------
    evidence : sequence of Evidence
        Entries of at least two areas, each with the denominator of its area.
    spreads : Spreads
        Priors of the spreads.
    draws : int
        Posterior draws, at least 100; 4,000 give bounds to about 2 % of the width.
    rng : numpy.random.Generator
    reason : str, optional
        Why entries that differ in definition or recall are pooled.
    range_as : float, optional
        Probability that ranges are taken for.

    Raises
    ------
    ValueError
        If definitions or recalls differ and there is no reason, there are fewer than two areas, an area has
        two denominators, or there is a range and no `range_as`.
    NoEstimateError
        If an entry has no error on the scale.

    Notes
    -----
    Areas are alike (exchangeable): an area that experts know to be unlike the others does not belong here.
    With one method its bias is only as known as its prior, and the intervals say so. Methods that are all
    biased the same way stay biased.

    Examples
    --------
    >>> def entry(point, area, method):
    ...     size = Estimate(point, 0.8 * point, 1.25 * point, "confidence", 0.95, method)
    ...     return Evidence(estimate=size, definition="sold sex", recall="12 months", area=area, year=2024,
    ...         denominator=10_000, source=f"{area} {method}", method=method, confidence=1.0)
    >>> evidence = [entry(n, area, method) for area, n in (("north", 100), ("south", 200))
    ...     for method in ("lists", "mapping")]
    >>> got = area_sizes(evidence, spreads=Spreads(area=1, method=0.3, study=0.2), draws=2000,
    ...     rng=np.random.default_rng(1))
    >>> got.table()["point"].round(-1).tolist()
    [100.0, 200.0]
    """
    differ = check_alike(evidence, reason=reason, apart=("area", "denominator"))
    checks.count(draws=draws, at_least=100)
    y, error = on_scale(evidence, scale="logit", range_as=range_as)
    area, areas = _groups([one.area for one in evidence])
    method, methods = _groups([one.method for one in evidence])
    checks.count(areas=len(areas), at_least=2)
    adults = _denominators(evidence, area, len(areas))
    model = _Model(y, error**2, area, method, len(areas), len(methods))
    scales = (spreads.area, spreads.method, spreads.study)
    grid = np.array(list(product(*(_nodes(scale) for scale in scales))))
    log_weight = np.concatenate([model.log_likelihood(part) for part in np.split(grid, NODES)])
    weight = np.exp(log_weight - logsumexp(log_weight))
    effects, shares = _draws(model, grid, weight, draws, rng)
    logits = effects[:, :1] + effects[:, 1 : 1 + len(areas)]
    medians = [_weighted_median(grid[:, column], weight) for column in range(3)]
    return AreaSizes(
        areas,
        methods,
        adults * expit(logits),
        effects[:, 1 + len(areas) :],
        dict(zip(("area", "method", "study"), medians, strict=True)),
        pd.DataFrame(shares, index=pd.Index(areas, name="area"), columns=range(1, len(y) + 1)),
        ", ".join([METHOD, *in_spite(differ, reason)]),
    )


def _groups(texts: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the group of each text, and the first text of each group."""
    codes, _ = pd.factorize(pd.Series([plain(text) for text in texts]))
    firsts = [texts[int(np.flatnonzero(codes == group)[0])] for group in range(codes.max() + 1)]
    return codes, tuple(firsts)


@dataclass(frozen=True)
class _Model:
    """The normal model given the spreads; effects are mu, the areas, the methods."""

    y: np.ndarray
    variance: np.ndarray
    area: np.ndarray
    method: np.ndarray
    areas: int
    methods: int

    @property
    def design(self) -> np.ndarray:
        """One row for each entry, one column for each effect."""
        return np.hstack(
            [np.ones((len(self.y), 1)), np.eye(self.areas)[self.area], np.eye(self.methods)[self.method]]
        )

    def precision(self, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each row of spreads, the precision of the effects and X' W."""
        x, w = self.design, 1 / (self.variance + grid[:, 2:] ** 2)
        xw = x.T * w[:, None, :]
        own = np.hstack(
            [
                np.zeros((len(grid), 1)),
                np.repeat(grid[:, :1] ** -2, self.areas, axis=1),
                np.repeat(grid[:, 1:2] ** -2, self.methods, axis=1),
            ]
        )
        return xw @ x + own[:, :, None] * np.eye(own.shape[1]), xw

    def log_likelihood(self, grid: np.ndarray) -> np.ndarray:
        """Return the log marginal likelihood of each row of spreads, up to a constant."""
        precision, xw = self.precision(grid)
        w = 1 / (self.variance + grid[:, 2:] ** 2)
        y = self.y - self.y.mean()  # mu is flat: only differences count
        root = np.linalg.cholesky(precision)
        half = np.linalg.solve(root, (xw @ y)[:, :, None])[:, :, 0]
        prior = -self.areas * np.log(grid[:, 0]) - self.methods * np.log(grid[:, 1])
        fit = 0.5 * (np.log(w).sum(axis=1) - w @ y**2 + (half**2).sum(axis=1))
        return np.asarray(prior + fit - np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1))


def _nodes(scale: float) -> np.ndarray:
    return np.asarray(halfnorm.ppf((np.arange(NODES) + 0.5) / NODES, scale=scale))


def _draws(
    model: _Model, grid: np.ndarray, weight: np.ndarray, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return draws of the effects, and the weights of the entries in each area over the grid."""
    often = rng.multinomial(draws, weight)
    effects = []
    shares = np.zeros((model.areas, len(model.y)))
    pick = np.hstack([np.ones((model.areas, 1)), np.eye(model.areas), np.zeros((model.areas, model.methods))])
    for row, times in zip(grid[often > 0], often[often > 0], strict=True):
        precision, xw = (found[0] for found in model.precision(row[None, :]))
        by_entry = np.linalg.solve(precision, xw)
        root = np.linalg.cholesky(precision)
        noise = np.linalg.solve(root.T, rng.standard_normal((len(precision), times)))
        effects.append((by_entry @ model.y)[:, None] + noise)
        shares += times / draws * (pick @ by_entry)
    return rng.permutation(np.hstack(effects).T), shares  # else draws of like spreads stand together


def _denominators(evidence: Sequence[Evidence], area: np.ndarray, areas: int) -> np.ndarray:
    found: list[set[float | None]] = [set() for _ in range(areas)]
    for one, of in zip(evidence, area, strict=True):
        found[of].add(one.denominator)
    several = sum(len(values) > 1 for values in found)
    if several:
        raise ValueError(
            f"denominator must be the same in all entries of an area; got {several} area(s) with several. "
            "Bring the sizes to one denominator first."
        )
    return np.array([float(values.pop() or math.nan) for values in found])


def _quantiles(draws: np.ndarray, level: float) -> dict[str, np.ndarray]:
    checks.level(level)
    point, lower, upper = np.quantile(draws, [0.5, (1 - level) / 2, (1 + level) / 2], axis=0)
    return {"point": point, "lower": lower, "upper": upper}


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), 0.5)])
