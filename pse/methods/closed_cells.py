"""What the models of a closed population need: cells, columns of the design, and capture frequencies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.special import gammaln

from pse import checks
from pse.methods.histories import Histories

__all__ = ["Cells", "ClosedModel", "Frequencies", "closed_cells", "frequencies", "frequency_cells"]

ClosedModel = Literal[
    "M0", "Mt", "Mh Chao", "Mh Poisson", "Mh Darroch", "Mh Gamma",
    "Mth Chao", "Mth Poisson", "Mth Darroch", "Mth Gamma", "Mb", "Mbh", "Mtb",
]  # fmt: skip
POISSON_BASE = 2.0
GAMMA_SHIFT = 3.5


@dataclass(frozen=True)
class Frequencies:
    """How many people were met exactly 1, 2, ... times, when nobody knows on which occasions.

    Attributes
    ----------
    counts : numpy.ndarray of int
        People met once, twice, ...
    occasions : float
        Occasions (lists); infinite where people are met in continuous time.
    most : int
        Only people met 1 to `most` times enter the models; the others are counted as they are.
    """

    counts: np.ndarray = field(repr=False)
    occasions: float
    most: int

    @property
    def n(self) -> int:
        """People met at least once."""
        return int(self.counts.sum())


def frequencies(
    counts: Sequence[int] | np.ndarray, *, occasions: float, most: int | None = None
) -> Frequencies:
    """Return checked capture frequencies.

    Parameters
    ----------
    counts : sequence of int
        People met exactly 1, 2, 3, ... times.
    occasions : float
        How often one person could be met; ``math.inf`` for continuous time.
    most : int, optional
        Largest number of times in the models; all occasions by default, in continuous time the largest met.

    Raises
    ------
    ValueError
        If a count is not whole, somebody was met more often than there were occasions, or `most` is out of
        bounds.

    Examples
    --------
    >>> frequencies([6, 4, 5, 2, 0, 2], occasions=math.inf).most
    6
    """
    for people in counts:
        checks.count(people=people)
    met = np.trim_zeros(np.asarray(counts, dtype=np.int64), "b")
    if not len(met):
        raise ValueError("counts must hold somebody; got nobody. Check the counts and their order.")
    if occasions != math.inf:
        checks.count(occasions=occasions, at_least=max(2, len(met)))
        met = np.pad(met, (0, min(int(occasions), 10_000) - len(met)))
    most = max(2, len(met)) if most is None else most
    checks.count(most=most, at_least=2, at_most=max(2, len(met)))
    return Frequencies(np.pad(met, (0, max(0, most - len(met)))), float(occasions), most)


@dataclass(frozen=True)
class Cells:
    """Observed cells of a model: counts, design (intercept first), offset; `outside` people kept aside."""

    design: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    offset: np.ndarray = field(repr=False)
    names: tuple[str, ...]
    outside: int

    @property
    def n(self) -> int:
        """All people met."""
        return int(self.counts.sum()) + self.outside


def heterogeneity(times: np.ndarray, *, model: str, largest: int) -> tuple[np.ndarray, list[str]]:
    """Return the columns of heterogeneity: one for a named curve, eta3, eta4, ... for Chao's lower bound.

    Notes
    -----
    Poisson ``2^k - 1``, Darroch ``k^2 / 2``, Gamma ``log 3.5 - log(3.5 + k)``; the lower bound frees every
    frequency from 3 on by ``max(k - j + 1, 0)``, j = 3, 4, ... (Rivest, Baillargeon 2007, Biometrics 63:999).

    Examples
    --------
    >>> heterogeneity(np.array([1, 2, 3]), model="Mh Chao", largest=3)[0].ravel().tolist()
    [0.0, 0.0, 1.0]
    """
    k = times.astype(float)
    if model.endswith("Chao"):
        steps = np.arange(3, largest + 1)
        return np.maximum(k[:, None] - steps + 1, 0), [f"eta{j}" for j in steps]
    if model.endswith("Poisson"):
        return (POISSON_BASE**k - 1)[:, None], ["tau"]
    if model.endswith("Darroch"):
        return (k**2 / 2)[:, None], ["tau"]
    if model.endswith("Gamma"):
        return (math.log(GAMMA_SHIFT) - np.log(GAMMA_SHIFT + k))[:, None], ["tau"]
    return np.empty((len(k), 0)), []


def closed_cells(given: Histories, *, model: str) -> Cells:
    """Return the cells of a model over patterns of lists.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> import pandas as pd
    >>> table = pd.DataFrame({"a": [1, 1, 0], "b": [0, 1, 1], "people": [70, 10, 40]})
    >>> closed_cells(histories(table, people="people"), model="Mt").names
    ('intercept', 'beta1', 'beta2')
    """
    times = given.patterns.sum(axis=1)
    t = len(given.lists)
    if model.startswith("Mt"):
        columns, names = given.patterns.astype(float), [f"beta{j}" for j in range(1, t + 1)]
    else:
        columns, names = times[:, None].astype(float), ["beta"]
    more, more_names = heterogeneity(times, model=model, largest=t)
    design = np.hstack([np.ones((len(times), 1)), columns, more])
    counts = given.counts.astype(float)
    return Cells(design, counts, np.zeros(len(times)), ("intercept", *names, *more_names), 0)


def frequency_cells(given: Frequencies, *, model: str) -> Cells:
    """Return the cells of M0 or an Mh model over capture frequencies.

    Notes
    -----
    The offset is log C(t, k) for t occasions and -log k! in continuous time.

    Examples
    --------
    >>> frequency_cells(frequencies([6, 4, 5], occasions=4), model="M0").offset.round(4).tolist()
    [1.3863, 1.7918, 1.3863, 0.0]
    """
    k = np.arange(1, given.most + 1)
    t = given.occasions
    ways = gammaln(t + 1) - gammaln(t - k + 1) if t != math.inf else 0.0
    offset = ways - gammaln(k + 1.0)
    more, names = heterogeneity(k, model=model, largest=given.most)
    design = np.hstack([np.ones((len(k), 1)), k[:, None].astype(float), more])
    outside = int(given.counts[given.most :].sum())
    counts = given.counts[: given.most].astype(float)
    return Cells(design, counts, offset, ("intercept", "beta", *names), outside)
