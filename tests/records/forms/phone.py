"""A phone that fills a form: it asks what is relevant, takes what is within the limits, and exports."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from pse.records.forms.build import SPOTS_FILE, Form
from pse.records.forms.questions import CHOICES, Question
from tests.records.forms.xpath import evaluate

Pick = Callable[[list[str]], str]
Ask = Callable[[Question, dict[str, str]], str]
Filled = tuple[dict[str, str], list[dict[str, str]]]

NUMBERS = [
    "-3",
    "-0.5",
    "0",
    "0.4",
    "0.5",
    "1",
    "1.5",
    "2",
    "3",
    "7",
    "7.5",
    "40",
    "1000000000",
    "1000000001",
]
TEXTS = {
    "hours": ["18-24", "18-24 00-02", "9-17", "24-18", "25-26", "18-18", "evening", "18-24,00-02"],
    "spot_name": ["Corner", "Park"],
    "zone": ["z1"],
    "platform": ["P1"],
}


def candidates(question: Question, known: dict[str, list[str]]) -> list[str]:
    """Return answers that somebody could try; codes of lists that the study gives are in `known`."""
    words = question.type.split()
    if words[0] in ("integer", "decimal"):
        return [text for text in NUMBERS if words[0] == "decimal" or "." not in text]
    if words[0] in ("select_one", "select_one_from_file"):
        return [*(known.get(words[1]) or CHOICES[words[1]])]
    if words[0] == "select_multiple":
        codes = [*(known.get(words[1]) or CHOICES[words[1]])]
        return [*codes, " ".join(codes[:2]), " ".join(codes)]
    return {"geopoint": ["42.1 21.2 0 0"], "today": ["2026-02-03"]}.get(words[0]) or TEXTS[question.name]


def fill(form: Form, pick: Pick, known: dict[str, list[str]]) -> list[dict[str, str]]:
    """Return the rows that an answered form exports: one, or one for each pass through its repeat."""

    def ask(question: Question, seen: dict[str, str]) -> str:
        fitting = [text for text in candidates(question, known) if allowed(question, text, seen)]
        return pick(fitting if question.required or question.type == "today" else [*fitting, ""])

    answers, passes = walk(form, lambda number: ask, most=3)
    return [answers | inner for inner in passes] or [answers]


def fill_in(form: Form, wanted: Mapping[str, str], passes: Sequence[Mapping[str, str]] = ()) -> Filled:
    """Return what a phone records where somebody gives these answers; `passes` are those of its repeat.

    Raises ValueError for an answer that the phone does not take, lacks, or does not ask for.
    """
    unasked = {name for answers in (wanted, *passes) for name in answers}

    def asking(answers: Mapping[str, str]) -> Ask:
        def ask(question: Question, seen: dict[str, str]) -> str:
            text = answers.get(question.name, "")
            unasked.discard(question.name)
            if (question.required and not text) or not allowed(question, text, seen):
                raise ValueError(f"{form.name} takes no {text!r} for {question.name}")
            return text

        return ask

    filled = walk(form, lambda number: asking(wanted if number < 0 else passes[number]))
    if unasked:
        raise ValueError(f"{form.name} does not ask for {sorted(unasked)}")
    return filled


def walk(form: Form, asking: Callable[[int], Ask], *, most: int = 200) -> Filled:
    """Return the answers to a form and those of each pass through its repeat, at most `most`.

    `asking` gives who answers: of the form itself (-1), or of a pass (from 0).
    """
    answers: dict[str, str] = {}
    passes: list[dict[str, str]] = []
    before, repeat, after = _parts(form.questions)
    hidden = _run(before, answers, asking(-1), [])
    if repeat:
        for number in range(0 if any(hidden) else min(int(answers["spots_named"] or 0), most)):
            passes.append({})
            _run(repeat[1:-1], answers, asking(number), [], passes[-1])
    _run(after, answers, asking(-1), hidden)
    return answers, passes


def _parts(questions: tuple[Question, ...]) -> tuple[list[Question], list[Question], list[Question]]:
    types = [question.type for question in questions]
    if "begin_repeat" not in types:
        return list(questions), [], []
    first, last = types.index("begin_repeat"), types.index("end_repeat")
    return list(questions[:first]), list(questions[first : last + 1]), list(questions[last + 1 :])


def _run(questions, answers, ask, hidden, inner=None) -> list[bool]:
    """Ask questions in turn; return which groups that are still open are hidden."""
    mine = answers if inner is None else inner
    for question in questions:
        seen = {**answers, **mine}
        shown = not question.relevant or bool(evaluate(question.relevant, seen))
        if question.type == "begin_group":
            hidden = [*hidden, not shown]
        elif question.type == "end_group":
            hidden = hidden[:-1]
        elif question.type != "note":
            asked = shown and not any(hidden)
            mine[question.name] = _answer(question, seen, ask) if asked else ""
    return hidden


def _answer(question: Question, seen: dict[str, str], ask: Ask) -> str:
    if question.calculation:
        return str(evaluate(question.calculation, seen, own=seen.get(question.name, "")))
    return ask(question, seen)


def allowed(question: Question, text: str, answers: dict[str, str]) -> bool:
    """Return whether the phone takes an answer."""
    if question.type == "integer" and "." in text:
        return False
    return not question.constraint or not text or bool(evaluate(question.constraint, answers, own=text))


def named_columns(form: Form) -> Iterator[Question]:
    """Yield the questions that give a column of the export."""
    groups = ("begin_group", "end_group", "begin_repeat", "end_repeat", "note")
    yield from (question for question in form.questions if question.type not in groups)


KNOWN_SPOTS = SPOTS_FILE
