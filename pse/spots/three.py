"""Point, lower and upper side by side: three numbers that every step carries separately."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Three:
    """Three arrays of one shape: people at the point, at the lower and at the upper bound.

    They are never derived from one another after the first step: the point of a published total need not
    lie in the middle of its range.
    """

    point: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def between(cls, lower: np.ndarray, upper: np.ndarray) -> "Three":
        """Return the size of a spot from its minimum and maximum: E = (min + max) / 2.

        Published for Nigeria 2012; holds in the 41 rows of Kenya 2012 that print bounds.
        """
        return cls((lower + upper) / 2, np.asarray(lower, dtype=float), np.asarray(upper, dtype=float))

    @classmethod
    def same(cls, value: np.ndarray) -> "Three":
        """Return a number without a range: the same at point, lower and upper."""
        value = np.asarray(value, dtype=float)
        return cls(value, value, value)

    @classmethod
    def zeros(cls, n: int) -> "Three":
        """Return `n` zeros."""
        return cls.same(np.zeros(n))

    def __add__(self, other: "Three") -> "Three":
        return Three(self.point + other.point, self.lower + other.lower, self.upper + other.upper)

    def times(self, factor: np.ndarray | float) -> "Three":
        """Multiply all three numbers by one factor without a range of its own."""
        return Three(self.point * factor, self.lower * factor, self.upper * factor)

    def where(self, keep: np.ndarray, other: "Three | None" = None) -> "Three":
        """Keep the numbers where `keep` is true; elsewhere take `other`, or 0."""
        other = other or Three.zeros(len(self.point))
        return Three(
            np.where(keep, self.point, other.point),
            np.where(keep, self.lower, other.lower),
            np.where(keep, self.upper, other.upper),
        )

    def sum_by(self, group: np.ndarray, *, n: int) -> "Three":
        """Sum each of the three numbers separately within `n` groups; group -1 is left out."""
        rows = slice(None) if (group >= 0).all() else group >= 0
        sums = (np.bincount(group[rows], weights=part[rows], minlength=n) for part in self.parts())
        return Three(*sums)

    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return point, lower and upper in this order."""
        return self.point, self.lower, self.upper

    def columns(self) -> dict[str, np.ndarray]:
        """Return the three arrays by the names of the columns of every estimates table."""
        return {"point": self.point, "lower": self.lower, "upper": self.upper}

    @classmethod
    def of(cls, table: pd.DataFrame) -> "Three":
        """Return the columns `point`, `lower`, `upper` of a table."""
        return cls(*(table[name].to_numpy(dtype=float) for name in ("point", "lower", "upper")))
