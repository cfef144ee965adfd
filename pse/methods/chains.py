"""Draws of a size from several Markov chains: whether they agree, and the estimate they give.

R-hat and effective draws are those of Vehtari A, Gelman A, Simpson D, Carpenter B, Bürkner PC. Bayesian
Analysis 2021;16:667-718: rank-normalised and split, with folded draws for the spread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pse import checks
from pse.engine import Progress
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError

__all__ = ["LARGEST_RHAT", "LEAST_DRAWS", "Chains", "each_chain"]

LARGEST_RHAT = 1.01  # Vehtari et al. 2021, section 1
LEAST_DRAWS = 400  # the same: effective draws, for the middle and for the tails


def each_chain(
    rng: np.random.Generator, chains: int, progress: Progress | None
) -> Iterator[tuple[int, np.random.Generator]]:
    """Give the number of each chain, from 0, and its own random numbers; tell when it is done."""
    for chain, own in enumerate(checks.generator(rng, "for draws").spawn(chains)):
        yield chain, own
        if progress is not None:
            progress(chain + 1, chains)


@dataclass(frozen=True)
class Chains:
    """Draws of one number from chains that were started apart.

    Attributes
    ----------
    draws : numpy.ndarray, shape (chains, draws)
        Without the warm-up, in people.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> chains = Chains(rng.poisson(500, size=(4, 1000)))
    >>> chains.check("latent classes")
    >>> print(chains.estimate(level=0.95, method="latent classes"))
    500 (457 to 546, 95% credible; latent classes)
    """

    draws: np.ndarray = field(repr=False)

    @property
    def rhat(self) -> float:
        """Ratio of spread between and within chains: 1 where they agree; NaN where no draw differs."""
        with np.errstate(invalid="ignore"):
            return float(_statistics().rhat(self._floats, chain_axis=0, draw_axis=1))

    @property
    def effective(self) -> float:
        """Draws that would tell as much if they were independent, for the median."""
        return self._effective(method="median")

    @property
    def effective_tail(self) -> float:
        """The same for the 5 % and 95 % quantiles, the smaller one."""
        return self._effective(method="tail", prob=(0.05, 0.95))

    def check(self, of: str) -> None:
        """Refuse draws of chains that do not agree or are too few; `of` begins the message.

        Raises
        ------
        NoEstimateError
            If R-hat is above 1.01, or effective draws of the median or of the tails are below 400.
        """
        rhat, least = self.rhat, min(self.effective, self.effective_tail)
        if not (rhat <= LARGEST_RHAT and least >= LEAST_DRAWS):
            raise NoEstimateError(
                f"{of} must have chains that agree (R-hat at most {LARGEST_RHAT}, {LEAST_DRAWS} effective "
                f"draws); got R-hat {rhat:.3f} and {least:.0f} effective draws. Take more draws; if that "
                "does not help, the data do not fix the size under this model."
            )

    def estimate(self, *, level: float, method: str) -> Estimate:
        """Return median and equal-tailed credible interval; call `check` first."""
        checks.level(level)
        lower, point, upper = np.quantile(self.draws, [(1 - level) / 2, 0.5, (1 + level) / 2])
        return Estimate(point, lower, upper, "credible", level, method)

    @property
    def _floats(self) -> np.ndarray:
        return np.asarray(self.draws, dtype=float)

    def _effective(self, **of: Any) -> float:
        return float(_statistics().ess(self._floats, chain_axis=0, draw_axis=1, **of))


def _statistics() -> Any:
    from arviz_stats.base import array_stats  # not above: it takes a second to load

    return array_stats
