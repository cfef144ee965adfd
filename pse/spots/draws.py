"""Joint draws of all sizes, so that any sum, rate, share or rank has an interval."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from pse import checks


@dataclass(frozen=True)
class Draws:
    """Draws of the sizes of every municipality x KP, kept together.

    Attributes
    ----------
    municipalities, kps : tuple of str
        Codes of the second and third axis.
    people : numpy.ndarray, shape (replicates, municipalities, kps)
        Totals in people; row i of every array belongs to the same draw. NaN for a KP without an interval.
    components : dict of str to numpy.ndarray
        The same for `spots`, `nonspot`, `virtual` and, where asked for, `unlisted`, before overrides.
    level : float
        Level of the intervals of the tables.
    kind : {"confidence", "credible"}
        What an interval of these draws is.

    Notes
    -----
    An interval of a sum is the interval of the draws of the sum; adding the bounds of its parts is wrong.
    """

    municipalities: tuple[str, ...]
    kps: tuple[str, ...]
    people: np.ndarray = field(repr=False)
    components: dict[str, np.ndarray] = field(repr=False)
    level: float
    kind: str = "confidence"

    @property
    def replicates(self) -> int:
        """Number of draws."""
        return len(self.people)

    def of(self, kp: str) -> np.ndarray:
        """Return the draws of one KP: shape (replicates, municipalities)."""
        return self.people[:, :, _place(self.kps, kp, "kp")]

    def total(
        self, *, kps: Collection[str] | None = None, municipalities: Collection[str] | None = None
    ) -> np.ndarray:
        """Return the draws of a sum over KPs and municipalities (default: all), shape (replicates,).

        KPs that overlap are counted twice in a sum over KPs; see `union`.
        """
        columns = _places(self.kps, kps, "kps")
        rows = _places(self.municipalities, municipalities, "municipalities")
        return self.people[:, rows][:, :, columns].sum(axis=(1, 2))

    def ranks(self, kp: str, *, adults: np.ndarray | None = None) -> np.ndarray:
        """Return the rank of each municipality in each draw, 1 for the largest size (or rate).

        Parameters
        ----------
        kp : str
            A KP.
        adults : numpy.ndarray, shape (municipalities,), optional
            Adults in the order of `municipalities`; then rates are ranked.
        """
        sizes = self.of(kp) if adults is None else self.of(kp) / np.asarray(adults, dtype=float)
        order = np.argsort(-sizes, axis=1, kind="stable")
        ranks = np.empty_like(order)
        np.put_along_axis(ranks, order, np.arange(1, order.shape[1] + 1)[None, :], axis=1)
        return ranks

    def interval(self, values: np.ndarray, *, level: float | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and upper end of the interval of `values`, draws along the first axis."""
        return percentile_interval(values, level=self.level if level is None else level)


ROUNDING = 1e-9
"""Sums of the same numbers in another order differ by less than this share; it is no spread."""


def varies(values: np.ndarray, point: np.ndarray | float) -> np.ndarray | bool:
    """Return whether draws (first axis) differ by more than rounding, seen from the size of `point`.

    Examples
    --------
    >>> bool(varies(np.array([5.0, 5.0 + 1e-12]), 5.0)), bool(varies(np.array([5.0, 6.0]), 5.0))
    (False, True)
    """
    if len(values) == 0:
        return False
    return np.ptp(values, axis=0) > ROUNDING * (1 + np.abs(point))


def percentile_interval(values: np.ndarray, *, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval of draws: the quantiles (1 - level) / 2 and (1 + level) / 2.

    Parameters
    ----------
    values : numpy.ndarray, shape (replicates, ...)
        Draws along the first axis.
    level : float
        Above 0 and below 1.

    Examples
    --------
    >>> [round(float(end), 9) for end in percentile_interval(np.arange(101.0), level=0.9)]
    [5.0, 95.0]
    """
    checks.level(level)
    tail = (1 - level) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail], axis=0)
    return lower, upper


def _place(names: tuple[str, ...], name: str, argument: str) -> int:
    if name not in names:
        shown = f"; got {name!r}" if argument.startswith("kp") else ""
        raise ValueError(f"{argument} must be among those of the draws ({len(names)}){shown}")
    return names.index(name)


def _places(names: tuple[str, ...], chosen: Collection[str] | None, argument: str) -> list[int]:
    wanted = names if chosen is None else tuple(chosen)
    return [_place(names, name, argument) for name in wanted]
