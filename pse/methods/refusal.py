"""When there is no number: the reason, what to do instead, and a lower limit where one is known."""

from __future__ import annotations


class NoEstimateError(ValueError):
    """The data cannot give this size: it does not exist, is not identified, or chains did not converge.

    Attributes
    ----------
    lower : float or None
        A lower limit in people where the data give one; None where they give nothing.

    Examples
    --------
    >>> raise NoEstimateError("a Petersen point must have people on both lists; got none.", lower=120)
    Traceback (most recent call last):
        ...
    pse.methods.refusal.NoEstimateError: a Petersen point must have people on both lists; got none.
    """

    def __init__(self, text: str, *, lower: float | None = None) -> None:
        super().__init__(text)
        self.lower = lower
