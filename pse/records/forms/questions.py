"""One column of a table as one question of a form: its type, its limits and when it is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pse.records.said import Said, say
from pse.records.tables import DAYS, STATUSES, Column, Needed, Table

__all__ = ["CHILD", "CHOICES", "Question", "question_of"]

CHILD = "0-17"
"""Age group of people under 18; the code is one that `pse.records.screening.age_range` understands."""

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
    "age_group": (CHILD, "18-24", "25-34", "35-44", "45+"),
}  # fmt: skip
"""Codes that may be chosen; municipalities, KPs and spots come from the study."""

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
        Whether the form cannot go on without an answer, where the question is asked.
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

    def limited(self, constraint: str, message: Said) -> Question:
        """Return the question with one more limit; `message` says all of them."""
        both = f"{self.constraint} and {constraint}" if self.constraint else constraint
        return replace(self, constraint=both, message=message)


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
    ('integer', ". >= 0 and . <= 1000000 and (${kp_min} = '' or . >= ${kp_min})")
    """
    column = table.by_name[name]
    asked = Question(
        type=_type(column),
        name=name,
        label=say(f"forms.q_{name}"),
        hint=say("forms.h_share") if column.kind == "share" else None,
        required=column.required and column.blank == "no",
    )
    message = say("must_be", rule=column.rule)
    for limit in _limits(column):
        asked = asked.limited(limit, message)
    for other, sign in _ordered(table, name):
        words = say(f"forms.q_{other}")
        above = sign == ">="
        message = say("forms.and_not_below" if above else "forms.and_not_above", rule=message, name=words)
        asked = asked.limited(f"(${{{other}}} = '' or . {sign} ${{{other}}})", message)
    rule = next((rule for rule in table.needed if name in rule.columns), None)
    return replace(asked, relevant=_where(rule), required=True) if rule else asked


def _type(column: Column) -> str:
    if column.refers:
        return "select_multiple kp" if column.refers == "kps" else f"select_one {column.refers}"
    return f"select_one {column.name}" if column.name in CHOICES else _TYPES[column.kind]


def _limits(column: Column) -> list[str]:
    if column.kind == "hours":
        return [f"regex(., '^{_hours()}( {_hours()})*$')"]
    if column.kind not in ("count", "number", "share"):
        return []
    high = 1 if column.kind == "share" else column.high
    return [f". {'>' if column.above_low else '>='} {column.low:.10g}", f". <= {high:.10g}"]


def _hours() -> str:
    """Return the pattern of an hour and a later one, 24 at most: every pair, as a pattern cannot count."""
    later = {start: "|".join(_hour(end) for end in range(start + 1, 25)) for start in range(24)}
    return f"({'|'.join(f'{_hour(start)}-({ends})' for start, ends in later.items())})"


def _hour(hour: int) -> str:
    return f"0?{hour}" if hour < 10 else str(hour)


def _ordered(table: Table, name: str) -> list[tuple[str, str]]:
    """Return the columns that stand before this one and must not be above (>=) or below (<=) it."""
    names = list(table.by_name)
    return [
        (low if name == high else high, ">=" if name == high else "<=")
        for low, high in table.ordered
        if name in (low, high) and names.index(low if name == high else high) < names.index(name)
    ]


def _where(rule: Needed) -> str:
    return f"${{{rule.where}}} = '{rule.is_}'" if rule.is_ else f"${{{rule.where}}} != ''"
