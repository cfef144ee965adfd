"""The ledger of evidence: what each estimate counted, so that nothing is pooled that is not about the same.

One entry says who was counted (`definition`), over which `recall` window, in which `area` and out of which
`denominator`. Entries that differ in one of the four are pooled only for a written reason.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from pse import checks
from pse.estimate import Estimate, EstimateWarning

__all__ = [
    "MUST_AGREE",
    "Evidence",
    "check_alike",
    "checked",
    "differences",
    "evidence_from",
    "in_spite",
    "ledger",
    "numbered",
    "plain",
]

MUST_AGREE = ("definition", "recall", "area", "denominator")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One estimate and what it is about.

    Attributes
    ----------
    estimate : Estimate
        The size, in people.
    definition : str
        Who was counted: "women 18 and over who sold sex".
    recall : str
        Over which time: "12 months".
    area : str
        Where: one municipality, or the country.
    denominator : float or None
        Adults out of whom the size is counted; needed for the logit scale and for areas.
    source : str
        Study or report. Two entries of one source are not independent.
    year : int
        Year of the field work.
    method : str
        How it was made; entries of one method share the bias of this method.
    confidence : float
        Trust of the experts in the study, above 0, at most 1 (assumptions met, field work as planned). The
        standard error is divided by it: 0.5 doubles it.

    Raises
    ------
    ValueError
        If a text is blank or a number breaks its rule.
    """

    estimate: Estimate
    definition: str
    recall: str
    area: str
    denominator: float | None
    source: str
    year: int
    method: str
    confidence: float

    def __post_init__(self) -> None:
        for name in ("definition", "recall", "area", "source", "method"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise ValueError(f"{name} must be a text; got nothing. Write 'not known' if nobody knows.")
        checks.count(year=self.year, at_least=1900)
        checks.share(confidence=self.confidence)
        checks.positive(confidence=self.confidence)
        if self.denominator is None:
            return
        checks.positive(denominator=self.denominator)
        if self.estimate.point > self.denominator:
            raise ValueError(
                f"estimate must be at most the denominator ({self.denominator:g}); got "
                f"{self.estimate.point:g}."
            )


def ledger(evidence: Sequence[Evidence]) -> pd.DataFrame:
    """Return the ledger as a table, one row for each entry, numbered from 1.

    Examples
    --------
    >>> size = Estimate(900, 700, 1200, "confidence", 0.95, "chapman")
    >>> one = Evidence(estimate=size, definition="women who sold sex", recall="12 months", area="city",
    ...     denominator=90_000, source="survey", year=2024, method="two lists", confidence=0.8)
    >>> ledger([one])[["point", "year", "confidence"]].values.tolist()
    [[900.0, 2024.0, 0.8]]
    """
    rows = []
    for one in checked(evidence, at_least=1):
        size = asdict(one.estimate)
        what = {name: value for name, value in asdict(one).items() if name not in ("estimate", "method")}
        rows.append({**size, **what, "method": one.method})
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="entry"))


def evidence_from(table: pd.DataFrame) -> list[Evidence]:
    """Return the entries of a table with one row for each.

    Parameters
    ----------
    table : pandas.DataFrame
        `point`, `lower`, `upper`, `level` (blank for a range), and the columns of `Evidence` but `estimate`.

    Raises
    ------
    ValueError
        With every row that cannot be an entry, and why. Entry 1 is the first row below the header.
    """
    entries: list[Evidence] = []
    wrong = []
    for number, row in enumerate(table.to_dict("records"), start=1):
        try:
            entries.append(_entry(row))
        except ValueError as error:
            wrong.append(f"entry {number}: {error}")
    if wrong:
        raise ValueError("every entry must keep the rules of the ledger; " + "; ".join(wrong))
    return entries


def _entry(row: dict[Any, Any]) -> Evidence:
    level = None if pd.isna(row["level"]) else float(row["level"])
    kind: Literal["range", "confidence"] = "range" if level is None else "confidence"
    point, lower, upper = (float(row[name]) for name in ("point", "lower", "upper"))
    estimate = Estimate(point, lower, upper, kind, level, str(row["method"]))
    rest = {name: row[name] for name in Evidence.__dataclass_fields__ if name != "estimate"}
    if pd.isna(rest["denominator"]):
        rest["denominator"] = None
    return Evidence(estimate=estimate, **rest)


def differences(evidence: Sequence[Evidence]) -> pd.DataFrame:
    """Return in what the entries differ that must agree before they are pooled.

    Returns
    -------
    pandas.DataFrame
        One row for each of definition, recall, area and denominator that differs: `item`, `kinds` (how many
        different ones), `entries` (numbers of the entries, those that agree together: ``"1, 3 | 2"``).
        Empty if nothing differs. Capitals and spaces make no difference.
    """
    rows = []
    for item in MUST_AGREE:
        groups: dict[object, list[int]] = {}
        for number, one in enumerate(checked(evidence, at_least=1), start=1):
            groups.setdefault(plain(getattr(one, item)), []).append(number)
        if len(groups) > 1:
            told = " | ".join(", ".join(map(str, numbers)) for numbers in groups.values())
            rows.append({"item": item, "kinds": len(groups), "entries": told})
    return pd.DataFrame(rows, columns=["item", "kinds", "entries"])


def plain(value: object) -> object:
    """Return a text without what makes no difference: capitals and spaces; a number as it is.

    Examples
    --------
    >>> plain(" Sold  sex"), plain(90_000)
    ('sold sex', 90000)
    """
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def check_alike(
    evidence: Sequence[Evidence], *, reason: str | None, apart: Sequence[str] = ()
) -> pd.DataFrame:
    """Refuse entries that differ, unless somebody wrote why they may be pooled.

    Parameters
    ----------
    evidence : sequence of Evidence
        At least two.
    reason : str or None
        Why entries that differ are pooled all the same, as it should stand in the report.
    apart : sequence of str
        What may differ without a reason: areas and denominators, where areas are estimated side by side.

    Returns
    -------
    pandas.DataFrame
        The differences that the reason is for.

    Raises
    ------
    ValueError
        With every difference in one message, if there is one and no reason.

    Warns
    -----
    EstimateWarning
        If two entries about one area have one source.
    """
    found = differences(checked(evidence, at_least=2))
    found = found[~found["item"].isin(list(apart))]
    if reason is not None and not reason.strip():
        raise ValueError("reason must say why entries that differ are pooled; got a blank text.")
    if len(found) and reason is None:
        told = "; ".join(f"{row.item} (entries {row.entries})" for row in found.itertuples())
        raise ValueError(
            f"evidence must agree in {', '.join(MUST_AGREE)} to be pooled; got {len(found)} difference(s): "
            f"{told}. Pool what agrees, or write in reason= why these may be pooled."
        )
    sources = [(plain(one.source), plain(one.area)) for one in evidence]
    twice = [number for number, source in enumerate(sources, start=1) if sources.count(source) > 1]
    if twice:
        warnings.warn(
            f"Entries {numbered(twice)} share their source: what they have in common counts twice, and the "
            "interval is too narrow. Keep one of them, or lower their confidence.",
            EstimateWarning,
            stacklevel=3,
        )
    return found


def in_spite(differ: pd.DataFrame, reason: str | None) -> list[str]:
    """Return what the method text of a result says about differences: nothing where there are none.

    Examples
    --------
    >>> in_spite(pd.DataFrame({"item": ["recall", "area"]}), "both are about a year")
    ['pooled in spite of different recall and area (both are about a year)']
    """
    items = " and ".join(differ["item"])
    return [f"pooled in spite of different {items} ({' '.join(str(reason).split())})"] if items else []


def checked(evidence: Sequence[Evidence], *, at_least: int) -> list[Evidence]:
    """Return the entries as a list; refuse fewer than `at_least`."""
    entries = list(evidence)
    checks.count(evidence=len(entries), at_least=at_least)
    return entries


def numbered(numbers: Sequence[int]) -> str:
    """Return numbers of entries as they stand in a message."""
    return ", ".join(map(str, numbers))
