"""The calendar of a peer educator: a form for the weeks of a quarter, blank by default."""

import pandas as pd

from pse import checks

CONTACTS = ("contact", "condoms", "lubricant", "syringes", "referral", "test", "next_due")
"""What a peer educator writes down in a week, one column each."""

WEEKS = 13
"""Weeks of a quarter."""


def peer_calendar(*, weeks: int = WEEKS) -> pd.DataFrame:
    """Return a blank calendar: `week` and one empty column for each of `CONTACTS`.

    Parameters
    ----------
    weeks : int
        Rows; 13 are a quarter.

    Notes
    -----
    It has no place for a name: a peer educator writes her or his own code.

    Examples
    --------
    >>> peer_calendar(weeks=2).columns.tolist()[:3]
    ['week', 'contact', 'condoms']
    """
    checks.count(weeks=weeks, at_least=1, at_most=53)
    return pd.DataFrame({"week": range(1, weeks + 1), **dict.fromkeys(CONTACTS, "")})
