"""One result for every method: a size with its lower and upper bound, and what the bounds mean.

Three kinds of interval exist, and they are never mixed. A ``range`` adds up the smallest and the largest
numbers that informants gave: it bounds reporting error and has no probability. A ``confidence`` interval
comes from sampling or a bootstrap, a ``credible`` interval from a model; both have a level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from pse import checks

__all__ = ["Estimate", "EstimateWarning", "Interval", "round_people"]

Interval = Literal["range", "confidence", "credible"]


class EstimateWarning(UserWarning):
    """Something a reader of the estimate should know; the number is still returned."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A population size in people, with its bounds and their meaning.

    The three numbers are independent of each other: the point need not be the midpoint (the published MSM
    total of Kosovo 2016 is not), so nothing here moves it. Numbers are kept unrounded; only `str` rounds.

    Parameters
    ----------
    point, lower, upper : float
        People; finite, ``0 <= lower <= point <= upper``.
    interval : {"range", "confidence", "credible"}
        What `lower` and `upper` are.
    level : float or None
        Probability of the interval, above 0 and below 1 (0.95); None for a range.
    method : str
        How the number was made, as it should stand in a report: ``"chapman"``, ``"programmatic mapping"``.

    Raises
    ------
    ValueError
        If an argument breaks one of these rules.

    Examples
    --------
    >>> print(Estimate(point=5036.5, lower=4213, upper=5860, interval="range", level=None, method="mapping"))
    5,037 (4,213 to 5,860, range; mapping)
    """

    point: float
    lower: float
    upper: float
    interval: Interval
    level: float | None
    method: str

    def __post_init__(self) -> None:
        checks.non_negative(point=self.point, lower=self.lower, upper=self.upper)
        _check_order(point=self.point, lower=self.lower, upper=self.upper)
        checks.one_of(self.interval, get_args(Interval), name="interval")
        _check_level(self.level, interval=self.interval)
        _check_method(self.method)
        for name in ("point", "lower", "upper"):  # plain floats, whatever number type came in
            object.__setattr__(self, name, float(getattr(self, name)))

    @property
    def kind(self) -> str:
        """What the bounds are, in words: ``"range"``, ``"95% confidence"``."""
        return self.interval if self.level is None else f"{100 * self.level:.6g}% {self.interval}"

    def __str__(self) -> str:
        point, lower, upper = (f"{round_people(n):,}" for n in (self.point, self.lower, self.upper))
        return f"{point} ({lower} to {upper}, {self.kind}; {self.method})"


def round_people(people: float) -> int:
    """Round for print as the field does: a half goes up.

    Python and NumPy round a half to the even neighbour and would print the FSW midpoint of Kosovo 2016,
    5,036.5, as 5,036; the study prints 5,037. Rounding noise of the machine below one millionth is dropped
    first.

    Parameters
    ----------
    people : float
        A finite number of people.

    Examples
    --------
    >>> round_people(5036.5), round_people(0.49)
    (5037, 0)
    """
    return math.floor(round(people, 6) + 0.5)


def _check_order(*, point: float, lower: float, upper: float) -> None:
    if lower > point:
        raise ValueError(
            f"lower must be at most point ({point}); got {lower}. Were they given in this order?"
        )
    if upper < point:
        raise ValueError(
            f"upper must be at least point ({point}); got {upper}. Were they given in this order?"
        )


def _check_level(level: float | None, *, interval: Interval) -> None:
    if interval == "range":
        if level is not None:
            raise ValueError(f"level must be None for a range; got {level!r}. A range has no probability.")
        return
    checks.level(level)


def _check_method(method: str) -> None:
    if not isinstance(method, str) or len(method.strip().splitlines()) != 1:
        raise ValueError(f"method must say in one line how the number was made; got {method!r}")
