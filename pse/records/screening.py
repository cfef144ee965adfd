"""What should not be in records at all: personal data, look-alike letters, children counted as sex workers.

Nothing here stops a study from being read, because no detector is sure: each finding is a notice by row and
column, and the reader decides. Only people under 18 recorded as sex workers are left out of the study.
"""

from __future__ import annotations

import re

import numpy as np

from pse.records.checked import CheckedTable, pick
from pse.records.names import mixed_words, spelled_words
from pse.records.personal import (
    KINDS,
    PLATFORMS,
    Kind,
    is_site,
    lost_zero,
    personal_heading,
    personal_kinds,
)
from pse.records.problems import Problem, safe_heading
from pse.records.said import say
from pse.records.tables import Column

__all__ = ["SEX_WORKERS", "age_range", "screening_problems", "under_18"]

SEX_WORKERS = "FSW"
ADULT = 18
_MAY_HOLD_NAMES = ("name", "spot_name")  # of places: bars are called after people
_TELLING = np.isin(np.arange(256), list("@:=°.[(".encode()))  # bytes of marks that personal data have
_LEAST_DIGITS = 8  # of a phone or national number
_AGE = re.compile(r"\d{1,3}(?:[.,]\d(?!\d))?")
_YEAR = re.compile(r"\d{4}")  # of birth: no age
_AT_MOST, _LESS = re.compile("<=|≤"), re.compile(r"<|^\s*[-–]")
_LESS_WORDS = frozenset(
    spelled_words("under below less younger up nën deri pak ri ispod pod do mlađe mlađi mlađa manje до під "
                  "молодше молодші менше помлади помлад помлада помалку")
)  # fmt: skip
_MORE = re.compile(r"\+|>")
_MORE_WORDS = frozenset(
    spelled_words("over above older more mbi iznad preko više stariji starije над понад старше старші більше "
                  "повеќе постари")
)  # fmt: skip


def screening_problems(t: CheckedTable) -> list[Problem]:
    """Return a notice for each cell and column that should be looked at before anything goes on.

    Parameters
    ----------
    t : CheckedTable
        Columns of codes that were checked against a list are left alone.
    """
    found = _headings(t)
    for name, texts in t.texts.items():
        column = t.table.by_name.get(name)
        if column is not None and (
            column.allowed or column.refers or column.kind in ("flag", "answer", "days")
        ):
            continue
        found += _personal(t, name, texts, column) + _look_alikes(t, name, texts)
    return found


def _headings(t: CheckedTable) -> list[Problem]:
    found = []
    for name in [*t.texts, *t.numbers]:
        kind = "" if name in t.table.by_name else personal_heading(name)
        if kind:
            message = say("screening.heading", heading=safe_heading(name), kind=say(f"screening.{kind}"))
            found.append(
                t.place.notice("personal_column", message, column=None, remedy=say("screening.leave_out"))
            )
    return found


def _personal(t: CheckedTable, name: str, texts: np.ndarray, column: Column | None) -> list[Problem]:
    """Return the cells of a column that seem to hold personal data; names only where text is free."""
    free = column is None or (column.kind == "text" and name not in _MAY_HOLD_NAMES)
    worth = range(len(texts)) if free else _worth_a_look(texts)
    kinds: tuple[Kind, ...] = KINDS if free else tuple(kind for kind in KINDS if kind != "name")
    of_text = {i: personal_kinds(str(texts[i])) for i in worth}
    if name in PLATFORMS:
        of_text = {i: held for i, held in of_text.items() if not is_site(str(texts[i]))}
    if column is not None and column.kind == "text":
        of_text |= {i: ("phone",) for i, text in enumerate(texts) if lost_zero(str(text))}
    if not any(of_text.values()):
        return []
    found = []
    for kind in kinds:
        holds = np.zeros(len(texts), dtype=bool)
        holds[[i for i, held in of_text.items() if kind in held]] = True
        where = pick(holds, t.codes[name])
        if where.any():
            found += t.problems(
                where,
                f"personal_{kind}",
                say("screening.cell", kind=say(f"screening.{kind}")),
                column=name,
                remedy=say("screening.take_out"),
                severity="notice",
            )
    return found


def _worth_a_look(texts: np.ndarray) -> np.ndarray:
    """Return which texts could hold personal data at all: by their bytes, all of them at once."""
    lines = "\n".join(str(text).replace("\n", " ") for text in texts) + "\n"
    data = np.frombuffer(lines.encode(errors="replace"), dtype=np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    digits = np.cumsum((data >= ord("0")) & (data <= ord("9")))[ends]
    marks = np.cumsum(_TELLING[data])[ends]
    return np.flatnonzero((np.diff(digits, prepend=0) >= _LEAST_DIGITS) | (np.diff(marks, prepend=0) > 0))


def _look_alikes(t: CheckedTable, name: str, texts: np.ndarray) -> list[Problem]:
    if "".join(map(str, texts)).isascii():
        return []
    where = pick(np.array([mixed_words(str(text)) > 0 for text in texts], dtype=bool), t.codes[name])
    message, remedy = say("screening.two_scripts"), say("screening.one_script")
    return t.problems(where, "two_scripts", message, column=name, remedy=remedy, severity="notice")


def under_18(people: CheckedTable) -> tuple[np.ndarray, list[Problem]]:
    """Return which rows are people under 18 recorded as sex workers, and what to say about ages.

    Returns
    -------
    numpy.ndarray of bool, shape (rows,)
        Rows to leave out: the age group ends below 18 and the person is recorded as FSW, also as a second KP.
    list of Problem
        One notice a row that is left out, with the note on child protection; one for each row of a sex
        worker whose age group holds 18 and younger ages, or cannot be read.
    """
    none = np.zeros(len(people), dtype=bool)
    if not people.has("age_group", "kp"):
        return none, []
    given = [age_range(str(text)) for text in people.texts["age_group"]]
    ages = [each or (ADULT, ADULT) for each in given]
    codes = people.codes["age_group"]
    child = pick(np.array([last < ADULT for _, last in ages], dtype=bool), codes)
    mixed = pick(np.array([first < ADULT <= last for first, last in ages], dtype=bool), codes)
    unread = pick(np.array([each is None for each in given], dtype=bool), codes)
    worker = people.is_text("kp", SEX_WORKERS) | _also_sex_worker(people)
    told = []
    for rows, rule, remedy in (
        (child, "under_18", "child_protection"),
        (mixed, "age_not_split", "split_at_18"),
        (unread, "age_unread", "give_age"),
    ):
        message, remedy = say(f"screening.{rule}"), say(f"screening.{remedy}")
        told += people.problems(
            rows & worker, rule, message, column="age_group", remedy=remedy, severity="notice"
        )
    return child & worker, told


def _also_sex_worker(people: CheckedTable) -> np.ndarray:
    if not people.has("also_kp"):
        return np.zeros(len(people), dtype=bool)
    named = np.array([SEX_WORKERS in str(text).split() for text in people.texts["also_kp"]], dtype=bool)
    return pick(named, people.codes["also_kp"])


def age_range(age_group: str) -> tuple[float, float] | None:
    """Return the youngest and oldest age of a group as it was recorded; None if no age stands in it.

    Examples
    --------
    >>> age_range("15-17"), age_range("<18"), age_range("25+"), age_range("adult")
    ((15.0, 17.0), (0.0, 17.0), (25.0, inf), None)
    """
    numbers = [float(number.replace(",", ".")) for number in _AGE.findall(age_group)]
    if not numbers or _YEAR.search(age_group):
        return None
    words = set(spelled_words(age_group))
    if len(numbers) == 1 and _AT_MOST.search(age_group):
        return 0.0, numbers[0]
    if len(numbers) == 1 and (_LESS.search(age_group) or words & _LESS_WORDS):
        return 0.0, numbers[0] - 1
    if len(numbers) == 1 and (_MORE.search(age_group) or words & _MORE_WORDS):
        return numbers[0], float("inf")
    return min(numbers), max(numbers)
