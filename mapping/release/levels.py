"""The three levels of release and their limits."""

import math
from typing import Literal, cast, get_args

Level = Literal["public", "programme", "restricted"]
"""For everybody; for partners of the programme; for the organisation itself."""

LEVELS: tuple[str, ...] = get_args(Level)

THRESHOLDS: dict[Level, float] = {"public": 10, "programme": 5, "restricted": 0}
"""Sizes under this many people are hidden; judged on the unrounded point."""

FEWEST_SPOTS = 3
"""A row that rests on fewer spots would show the size of single spots."""

SHORTEST_REASON = 10
"""Letters and signs of a reason; fewer explain nothing."""


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


def check_threshold(level: Level, threshold: float | None, reason: str | None) -> float:
    """Return the threshold of a release, in people.

    Parameters
    ----------
    level : {"public", "programme", "restricted"}
        Level of release.
    threshold : float, optional
        Sizes under so many people are hidden; that of the level by default.
    reason : str, optional
        Why the threshold is lower than that of the level: one sentence, which the receipt prints.

    Raises
    ------
    ValueError
        If it is not above 0, if a lower one has no written reason, or at `restricted`, which hides nothing.
    """
    usual = THRESHOLDS[level]
    if threshold is None:
        return usual
    if level == "restricted":
        raise ValueError(
            f"threshold must not be given at restricted; got {threshold!r}. Nothing is hidden there."
        )
    if not (threshold > 0 and math.isfinite(threshold)):
        raise ValueError(f"threshold must be above 0 people; got {threshold!r}.")
    if threshold < usual and len(clean_reason(reason)) < SHORTEST_REASON:
        raise ValueError(
            f"reason must be a sentence of {SHORTEST_REASON} letters or more when the threshold is under "
            f"{usual:g}; got {len(clean_reason(reason))}. Write who decided it and why: it is printed."
        )
    return threshold


def clean_reason(reason: str | None) -> str:
    """Return a reason as one line of printable text."""
    text = "".join(letter if letter.isprintable() else " " for letter in reason or "")
    return " ".join(text.split())
