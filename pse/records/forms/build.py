"""The four forms: which questions stand in them, in which order, and what is asked before anything else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pse.records.forms.questions import Question, question_of
from pse.records.said import say
from pse.records.tables import LEVEL1, LEVEL2, PEOPLE, VIRTUAL, Table

__all__ = ["FORMS", "SPOTS_FILE", "Form"]

SPOTS_FILE = "spots.csv"
AGREED = "${consent} = 'yes'"
_NEW_CODE = "once(concat('n', substr(uuid(), 0, 8), substr(uuid(), 9, 13)))"  # random: holds no name, no place


@dataclass(frozen=True)
class Form:
    """One form: its table, and its questions in their order."""

    name: str
    table: Table
    questions: tuple[Question, ...]

    @property
    def lists(self) -> tuple[str, ...]:
        """Names of the lists of choices that its questions use."""
        named = (q.type.split()[1] for q in self.questions if q.type.startswith(("select_one ", "select_mul")))
        return tuple(dict.fromkeys(named))


def _group(name: str, *questions: Question, relevant: str) -> tuple[Question, ...]:
    begin = Question("begin_group", name, say(f"forms.g_{name}"), relevant=relevant)
    return (begin, *questions, Question("end_group", name))


def _asked(table: Table, *names: str) -> list[Question]:
    return [question_of(table, name) for name in names]


def _begin(key: str) -> list[Question]:
    """Return the questions of every form: a random code of the interview, the day, and consent."""
    return [
        Question("calculate", key, calculation="once(uuid())"),
        Question("today", "today"),
        Question("note", "no_names", say("forms.no_names")),
        Question("select_one yes_no", "consent", say("forms.consent"), required=True),
        Question("note", "refused", say("forms.refused"), relevant="${consent} = 'no'"),
    ]


def _place() -> Question:
    return Question("geopoint", "place", say("forms.q_place"), say("forms.h_place"))


def _spot_of_list() -> list[Question]:
    """Return the questions that end in `spot_id`: one of the list of level 1, or a new random code."""
    return [
        Question("select_one yes_no", "spot_known", say("forms.q_spot_known"), required=True),
        Question(
            f"select_one_from_file {SPOTS_FILE}",
            "spot_listed",
            say("forms.q_spot_id"),
            required=True,
            relevant="${spot_known} = 'yes'",
            choice_filter="municipality = ${municipality}",
        ),
        replace(
            question_of(LEVEL2, "spot_name"),
            hint=say("forms.h_spot_name"),
            relevant="${spot_known} = 'no'",
        ),
        Question("calculate", "spot_new", calculation=_NEW_CODE),
        Question(
            "calculate", "spot_id", calculation="if(${spot_known} = 'yes', ${spot_listed}, ${spot_new})"
        ),
    ]


def _level1() -> Form:
    spot = [
        Question("calculate", "spot_id", calculation=_NEW_CODE),
        replace(question_of(LEVEL1, "spot_name"), hint=say("forms.h_spot_name")),
        *(
            replace(question_of(LEVEL1, name), relevant="", required=True)
            for name in ("kp", "typology", "kp_min", "kp_max")
        ),
        question_of(LEVEL1, "peak_days"),
        _place(),
    ]
    named = Question(
        "integer",
        "spots_named",
        say("forms.q_spots_named"),
        say("forms.h_spots_named"),
        say("must_be", rule=say("kind_count")),
        required=True,
        constraint=". >= 0 and . <= 200",
    )
    repeat = Question("begin_repeat", "spots", say("forms.g_spots"), repeat_count="${spots_named}")
    inside = _asked(LEVEL1, "informant_type", "municipality", "zone")
    return Form(
        "level1",
        LEVEL1,
        (
            *_begin("interview_id"),
            *_group(
                "interview", *inside, named, repeat, *spot, Question("end_repeat", "spots"), relevant=AGREED
            ),
        ),
    )


def _level2() -> Form:
    inside = [
        *_asked(LEVEL2, "municipality", "zone"),
        *_spot_of_list(),
        *_asked(LEVEL2, "kp", "status", "do_not_publish", "typology", "usual_min", "usual_max"),
        *(
            replace(asked, relevant=relevant, required=bool(asked.required or "peak_min" in relevant))
            for asked, relevant in (
                (question_of(LEVEL2, "peak_days"), "${status} = 'active'"),
                (question_of(LEVEL2, "peak_min"), "${status} = 'active' and ${peak_days} != ''"),
                (question_of(LEVEL2, "peak_max"), "${status} = 'active' and ${peak_min} != ''"),
            )
        ),
        replace(question_of(LEVEL2, "hours"), hint=say("forms.h_hours"), relevant="${status} = 'active'"),
        replace(question_of(LEVEL2, "share_other_spots"), relevant="${status} = 'active'"),
        replace(
            question_of(LEVEL2, "other_spots_mean"), relevant="${share_other_spots} > 0", required=True
        ),
        _place(),
    ]
    return Form("level2", LEVEL2, (*_begin("interview_id"), *_group("interview", *inside, relevant=AGREED)))


def _people() -> Form:
    adult = "${age_group} != 'under_18'"
    where = Question("select_one yes_no", "at_spot", say("forms.q_at_spot"), required=True)
    listed = Question(
        f"select_one_from_file {SPOTS_FILE}",
        "spot_id",
        say("forms.q_spot_id"),
        required=True,
        relevant="${at_spot} = 'yes'",
        choice_filter="municipality = ${municipality}",
    )
    inside = [
        where,
        listed,
        *_asked(PEOPLE, "kp", "also_kp", "sex", "spots_visited", "days_per_week", "uses_platforms"),
        replace(question_of(PEOPLE, "profiles"), relevant="${uses_platforms} = 'yes'"),
    ]
    return Form(
        "people",
        PEOPLE,
        (
            *_begin("person_id"),
            *_group(
                "interview",
                question_of(PEOPLE, "municipality"),
                replace(question_of(PEOPLE, "age_group"), required=True),
                Question("note", "child", say("screening.child_protection"), relevant="${age_group} = 'under_18'"),
                *_group("adult", *inside, relevant=adult),
                relevant=AGREED,
            ),
        ),
    )


def _virtual() -> Form:
    names = [column.name for column in VIRTUAL.columns]
    questions = [
        replace(asked, hint=say("forms.h_platform")) if asked.name == "platform" else asked
        for asked in _asked(VIRTUAL, *names)
    ]
    return Form("virtual", VIRTUAL, (Question("note", "no_names", say("forms.no_names")), *questions))


FORMS: dict[str, Form] = {form.name: form for form in (_level1(), _level2(), _people(), _virtual())}
"""Every form by the name of its table."""
