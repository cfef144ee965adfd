"""The three levels of release and their limits."""

from typing import Literal, cast, get_args

Level = Literal["public", "programme", "restricted"]
"""For everybody; for partners of the programme; for the organisation itself."""

LEVELS: tuple[str, ...] = get_args(Level)

THRESHOLDS: dict[Level, int] = {"public": 10, "programme": 5, "restricted": 0}
"""Sizes under this many people are hidden; judged on the unrounded point."""

FEWEST_SPOTS = 3
"""A national row that rests on fewer spots would show the size of single spots."""


def check_level(level: str) -> Level:
    """Return `level` if it is one of the three.

    Raises
    ------
    ValueError
        If it is not.

    Examples
    --------
    >>> check_level("public")
    'public'
    """
    if level not in LEVELS:
        raise ValueError(f"release must be one of {', '.join(LEVELS)}; got {level!r}.")
    return cast(Level, level)
