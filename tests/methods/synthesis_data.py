"""Entries of a ledger for the tests of the synthesis: synthetic, no real place."""

import math

from pse.estimate import Estimate
from pse.methods.synthesis_ledger import Evidence

Z = 1.959963984540054


def entry(point, error=0.1, **changes):
    """Return an entry whose log size has this standard error."""
    reach = math.exp(Z * error)
    size = Estimate(point, point / reach, point * reach, "confidence", 0.95, "made")
    what = {
        "estimate": size, "definition": "sold sex", "recall": "12 months", "area": "city",
        "denominator": 90_000, "source": f"study of {point}", "year": 2024, "method": "lists",
        "confidence": 1.0,
    }  # fmt: skip
    return Evidence(**what | changes)


def ranged(point, lower, upper, **changes):
    """Return an entry with a range."""
    return entry(point, estimate=Estimate(point, lower, upper, "range", None, "mapping"), **changes)
