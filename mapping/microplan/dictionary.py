"""The data dictionary of a microplan: every column, its heading, its unit and what it means."""

from collections.abc import Mapping

import pandas as pd

from mapping.microplan.tables import Microplan

_UNITS = {
    "people": ("people", "current", "gap", "lost", "expected_people", "unreached"),
    "staff": (
        "contacts_low", "contacts_central", "contacts_high", "outreach_workers", "supervisors", "needed",
        "share_low", "share_central", "share_high",
    ),
    "pieces": ("on_hand", "on_order", "pack_size", "order", "monthly_need", "distributed", "units"),
    "share": ("share", "reach", "adequacy", "share_of_hours", "probability"),
    "months": ("lead_months", "review_months", "buffer_months"),
    "number": ("year", "quarter", "week", "events"),
    "money": ("budget",),
    "mixed": ("low", "central", "high", "value"),
    "text": ("name", "unit", "source", "note", "how", "hours"),
    "form": ("contact", "condoms", "lubricant", "syringes", "referral", "test", "next_due"),
}  # fmt: skip
"""Unit -> columns; any other column is a code or yes / no."""


def unit_of(column: str) -> str:
    """Return the unit of a column.

    Examples
    --------
    >>> unit_of("outreach_workers"), unit_of("kp")
    ('staff', 'code')
    """
    return next((unit for unit, columns in _UNITS.items() if column in columns), "code")


def dictionary(plan: Microplan, text: Mapping[str, str]) -> pd.DataFrame:
    """Return `column, heading, unit, meaning` of every column of a plan, then every way of computing.

    Parameters
    ----------
    plan : Microplan
        From `microplan`.
    text : mapping of str to str
        Labels of the language.
    """
    tables = [plan.norms.table(), *plan.tables.values()]
    columns = dict.fromkeys(column for table in tables for column in table.columns if column != "hidden")
    rows = [
        {
            "column": column,
            "heading": text.get(f"col_{column}", column),
            "unit": text[f"unit_{unit_of(column)}"],
            "meaning": text.get(f"mean_{column}", ""),
        }
        for column in columns
    ]
    hows = dict.fromkeys(how for table in tables if "how" in table for how in table["how"].dropna())
    rows += [
        {"column": "how", "heading": how, "unit": text["unit_text"], "meaning": text.get(f"how_{how}", how)}
        for how in hows
    ]
    return pd.DataFrame(rows)
