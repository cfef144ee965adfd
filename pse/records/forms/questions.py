"""One column of a table as one question of a form: its type, its limits and when it is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pse.records.said import Said, say
from pse.records.tables import DAYS, STATUSES, Column, Needed, Table

__all__ = ["CHOICES", "Question", "question_of"]

_TYPES = {
    "count": "integer",
    "number": "decimal",
    "share": "decimal",
    "date": "date",
    "text": "text",
    "key": "text",
    "code": "text",
    "hours": "text",
    "days": "select_multiple days",
    "flag": "select_one yes_no",
    "answer": "select_one yes_no",
}
_HOURS = r"regex(., '^[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}-[0-9]{1,2})*$')"
CHOICES: dict[str, tuple[str, ...]] = {
    "yes_no": ("yes", "no"),
    "days": DAYS,
    "status": STATUSES,
    "informant_type": (
        "kp_member", "ngo_worker", "health_worker", "taxi_driver", "bar_staff", "hotel_staff", "vendor",
        "security", "police", "other",
    ),
    "typology": (
        "street", "park", "bar", "club", "hotel", "sauna", "home", "station", "abandoned", "border", "other"
    ),
    "platform_type": ("app", "web_site", "social_network", "chat_group", "other"),
    "sex": ("female", "male", "other"),
    "age_group": ("under_18", "18-24", "25-34", "35-44", "45+"),
}  # fmt: skip
"""Codes that may be chosen; municipalities, KPs and spots come from the study."""


@dataclass(frozen=True)
class Question:
    """One row of the sheet `survey`.

    Attributes
    ----------
    type, name : str
        As XLSForm calls them.
    label, hint, message : Said or None
        In six languages; `message` says what is wrong when the constraint does not hold.
    required : bool
    constraint, relevant, calculation, choice_filter, repeat_count : str
        Expressions of XLSForm; empty for none.
    """

    type: str
    name: str
    label: Said | None = None
    hint: Said | None = None
    message: Said | None = None
    required: bool = False
    constraint: str = ""
    relevant: str = ""
    calculation: str = ""
    choice_filter: str = ""
    repeat_count: str = ""


def question_of(table: Table, name: str) -> Question:
    """Return the question that fills a column, with exactly the rules that the records are checked by.

    Parameters
    ----------
    table : Table
        Its declaration.
    name : str
        The column.

    Examples
    --------
    >>> from pse.records.tables import LEVEL1
    >>> asked = question_of(LEVEL1, "kp_max")
    >>> asked.type, asked.constraint
    ('integer', ". >= 0 and . <= 1000000000 and (${kp_min} = '' or . >= ${kp_min})")
    """
    column = table.by_name[name]
    limits = [*_limits(column), *_order(table, name)]
    asked = Question(
        type=_type(column),
        name=name,
        label=say(f"forms.q_{name}"),
        required=column.required and column.blank == "no",
        constraint=" and ".join(limits),
        message=_message(table, column) if limits else None,
    )
    rule = next((rule for rule in table.needed if name in rule.columns), None)
    return replace(asked, **_when(rule)) if rule else asked


def _type(column: Column) -> str:
    if column.refers == "kps":
        return "select_multiple kp"
    if column.refers:
        return f"select_one {column.refers}"
    return f"select_one {column.name}" if column.name in CHOICES else _TYPES[column.kind]


def _limits(column: Column) -> list[str]:
    if column.kind == "hours":
        return [_HOURS]
    if column.kind not in ("count", "number", "share"):
        return []
    high = 1 if column.kind == "share" else column.high
    return [f". {'>' if column.above_low else '>='} {column.low:.10g}", f". <= {high:.10g}"]


def _order(table: Table, name: str) -> list[str]:
    """Return the rules with columns that stand before this one, where they were answered."""
    names = list(table.by_name)
    before = [
        (low if name == high else high, "<=" if name == low else ">=")
        for low, high in table.ordered
        if name in (low, high)
    ]
    return [
        f"(${{{other}}} = '' or . {sign} ${{{other}}})"
        for other, sign in before
        if names.index(other) < names.index(name) and other in names
    ]


def _message(table: Table, column: Column) -> Said:
    """Return the rule in words, as the check of the records says it."""
    lows = [low for low, high in table.ordered if high == column.name]
    if lows:
        return say("forms.not_below", rule=column.rule, name=say(f"forms.q_{lows[0]}"))
    return say("must_be", rule=column.rule)


def _when(rule: Needed) -> dict[str, object]:
    """Return when a question is asked, and that it must then be answered."""
    relevant = f"${{{rule.where}}} = '{rule.is_}'" if rule.is_ else f"${{{rule.where}}} != ''"
    return {"relevant": relevant, "required": True}


