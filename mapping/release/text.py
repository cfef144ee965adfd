"""Text that a spreadsheet must not take for a formula."""

import re

from pse.formulas import BLANKS, FORMULA_MARKS

_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def safe_text(text: object) -> str:
    """Return the text of a cell so that a spreadsheet shows it and does not run it.

    Parameters
    ----------
    text : object
        The text of a cell; anything else is written as text first.

    Returns
    -------
    str
        The same text, or with `'` before it where it begins with ``= + - @``, tab, a line break or NUL, or
        with their full-width forms, and is not a plain number. Spaces before them do not help.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text("-5"), safe_text("bar")
    ("'=1+1", '-5', 'bar')
    """
    text = str(text)
    risky = text.lstrip(BLANKS).startswith(tuple(FORMULA_MARKS))
    return f"'{text}" if risky and not _PLAIN_NUMBER.fullmatch(text) else text
