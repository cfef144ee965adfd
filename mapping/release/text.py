"""Text that a spreadsheet must not take for a formula."""

import re

_STARTS = tuple("=+-@\t\r\n\0＝＋－＠")
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
    risky = text.lstrip(" \u00a0\u3000\ufeff").startswith(_STARTS)
    return f"'{text}" if risky and not _PLAIN_NUMBER.fullmatch(text) else text
