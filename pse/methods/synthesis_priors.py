"""What experts say before they pool estimates: of the size itself, and of the bias of a method."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pse import checks
from pse.methods.shares import t_quantile

__all__ = ["ElicitedPrior", "MethodBias"]


@dataclass(frozen=True, kw_only=True)
class ElicitedPrior:
    """What experts say of the size without looking at the estimates that are pooled.

    Attributes
    ----------
    median : float
        People: as likely below it as above it.
    upper, probability : float
        The size is below `upper` people with this probability, above 0.5: ask for 0.75.
    lowest, highest : float or None
        No size below (people on a list of a service) or above (adults of the area) is possible.
    """

    median: float
    upper: float
    probability: float
    lowest: float | None = None
    highest: float | None = None

    def __post_init__(self) -> None:
        checks.positive(median=self.median, upper=self.upper)
        checks.level(self.probability)
        if self.probability <= 0.5 or self.upper <= self.median:
            raise ValueError(
                f"upper must be above median ({self.median:g}), with a probability above 0.5; got "
                f"{self.upper:g} with {self.probability:g}."
            )
        ends = {name: one for name in ("lowest", "highest") if (one := getattr(self, name)) is not None}
        checks.positive(**ends)
        if not ends.get("lowest", 0) < self.median < ends.get("highest", math.inf):
            raise ValueError(f"median must be above lowest and below highest; got {self.median:g}.")


@dataclass(frozen=True, kw_only=True)
class MethodBias:
    """What is known beforehand of the bias of a method; it stands in the method text of the result.

    Attributes
    ----------
    method : str
        The method of the entries that it is for.
    factor, lower, upper : float
        Estimates of this method over the size (0.8: a fifth too low), with bounds; of the odds on the logit
        scale. The same unknown factor acts on all entries of the method.
    level : float
        Probability of the bounds.
    source : str
        Where this is known from.
    """

    method: str
    factor: float
    lower: float
    upper: float
    level: float
    source: str

    def __post_init__(self) -> None:
        checks.positive(factor=self.factor, lower=self.lower, upper=self.upper)
        checks.level(self.level)
        if not (self.lower < self.upper and self.lower <= self.factor <= self.upper):
            raise ValueError(f"factor must be between lower and upper; got {self.factor:g}.")
        if not self.source.strip():
            raise ValueError("source must say where the bias is known from; got a blank text.")

    @property
    def error(self) -> float:
        """Standard error of the log of the factor."""
        return math.log(self.upper / self.lower) / (2 * t_quantile(math.inf, level=self.level))
