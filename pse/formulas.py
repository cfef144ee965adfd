"""How a text begins that a spreadsheet takes for a formula: the one place that lists it."""

__all__ = ["BLANKS", "FORMULA_MARKS"]

FORMULA_MARKS = "=+-@\t\r\n\0＝＋－＠"
"""The text may run as a formula where one of these comes first."""

BLANKS = " \u00a0\u3000\ufeff"
"""Signs before such a mark that do not keep the text from running."""
