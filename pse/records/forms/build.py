"""The four forms: which questions stand in them, in which order, and what is asked before anything else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pse.records.forms.questions import CHILD, Question, question_of
from pse.records.said import Said, say
from pse.records.tables import LEVEL1, LEVEL2, PEOPLE, VIRTUAL, Table

__all__ = ["FORMS", "HELPERS", "SPOTS_FILE", "Form"]

SPOTS_FILE = "spots.csv"
HELPERS = (
    "today", "no_names", "consent", "no_consent", "place", "spots_named", "spot_known", "spot_listed",
    "spot_new", "found", "agreed", "child", "at_spot",
)  # fmt: skip
"""Questions that fill no column of a table: `place` holds lat and lon, `today` the date."""

_MOST_SPOTS = 200  # of one key informant: more is a slip, and would make a phone slow
_CONSENT = "consent"  # the import keeps nothing of an interview where it is no
_AGREED = f"${{{_CONSENT}}} = 'yes'"
_ACTIVE = "${status} = 'active'"
# 48 random bits: no name, no place, no time; and no digit, so that none looks like a national number
_NEW_CODE = "once(concat('n', translate(substr(uuid(), 24, 36), '0123456789', 'ghjkmpqrst')))"
_NEW_INTERVIEW = "once(uuid())"


@dataclass(frozen=True)
class Form:
    """One form: its table, and its questions in their order."""

    name: str
    table: Table
    questions: tuple[Question, ...]

    @property
    def lists(self) -> tuple[str, ...]:
        """Names of the lists of choices that its questions use."""
        types = [question.type.split() for question in self.questions]
        named = (words[1] for words in types if words[0] in ("select_one", "select_multiple"))
        return tuple(dict.fromkeys(named))


def _group(name: str, *questions: Question, relevant: str = "") -> tuple[Question, ...]:
    begin = Question("begin_group", name, say(f"forms.g_{name}"), relevant=relevant)
    return (begin, *questions, Question("end_group", name))


def _asked(table: Table, *names: str) -> list[Question]:
    return [question_of(table, name) for name in names]


def _yes_no(name: str, label: Said, relevant: str = "") -> Question:
    return Question("select_one yes_no", name, label, required=True, relevant=relevant)


def _begin(key: str) -> list[Question]:
    """Return the start of every interview: its random code, the day, and that no names are written."""
    return [
        Question("calculate", key, calculation=_NEW_INTERVIEW),
        Question("today", "today"),
        Question("note", "no_names", say("forms.no_names")),
    ]


def _consent(name: str, relevant: str = "") -> list[Question]:
    return [
        _yes_no(name, say("forms.consent"), relevant),
        Question("note", "no_consent", say("forms.refused"), relevant=f"${{{name}}} = 'no'"),
    ]


def _spot_of_list(name: str, relevant: str) -> Question:
    return Question(
        f"select_one_from_file {SPOTS_FILE}",
        name,
        say("forms.q_spot_id"),
        required=True,
        relevant=relevant,
        choice_filter="municipality = ${municipality}",
    )


def _spot() -> list[Question]:
    """Return the questions that end in `spot_id`: one of the list of level 1, or a new random code."""
    code = "if(${spot_known} = 'yes', ${spot_listed}, ${spot_new})"
    return [
        _yes_no("spot_known", say("forms.q_spot_known")),
        _spot_of_list("spot_listed", "${spot_known} = 'yes'"),
        replace(_spot_name(LEVEL2), relevant="${spot_known} = 'no'"),
        Question("calculate", "spot_new", calculation=_NEW_CODE),
        Question("calculate", "spot_id", calculation=code),
    ]


def _spot_name(table: Table) -> Question:
    return replace(question_of(table, "spot_name"), hint=say("forms.h_spot_name"))


def _zone(table: Table) -> Question:
    return replace(question_of(table, "zone"), hint=say("forms.h_zone"))


def _level1() -> Form:
    """Return the form for a key informant, who names spots: each in turn, with a code of its own.

    It asks for no place on the globe: the phone is where the interview is, not at the spot.
    """
    limits = say("from_to", low=0, high=_MOST_SPOTS)
    named = Question(
        "integer",
        "spots_named",
        say("forms.q_spots_named"),
        say("forms.h_spots_named"),
        say("must_be", rule=say("number_within", number=say("any_count"), limits=limits)),
        required=True,
        constraint=f". >= 0 and . <= {_MOST_SPOTS}",
    )
    spot = [
        Question("calculate", "spot_id", calculation=_NEW_CODE),
        _spot_name(LEVEL1),
        *_asked(LEVEL1, "kp", "typology", "kp_min", "kp_max", "peak_days"),
    ]
    repeat = Question("begin_repeat", "spots", say("forms.g_spots"), repeat_count="${spots_named}")
    inside = [*_asked(LEVEL1, "informant_type", "municipality"), _zone(LEVEL1), named, repeat, *spot]
    inside.append(Question("end_repeat", "spots"))
    begin = [*_begin("interview_id"), *_consent(_CONSENT)]
    return Form("level1", LEVEL1, (*begin, *_group("interview", *inside, relevant=_AGREED)))


def _level2() -> Form:
    """Return the form for a visit to a spot.

    What the team found is recorded without anybody's consent, as there may be nobody; people are asked only
    where the spot is active. Where nobody agrees, the status becomes `refused`, and this visit is kept: such
    a spot must stay out of everything that leaves the organisation.
    """
    status = "if(${agreed} = 'no', 'refused', ${found})"
    visit = [
        question_of(LEVEL2, "municipality"),
        _zone(LEVEL2),
        *_spot(),
        question_of(LEVEL2, "kp"),
        replace(question_of(LEVEL2, "status"), name="found"),
    ]
    peak = f"{_ACTIVE} and ${{peak_days}} != ''"
    inside = [
        *_asked(LEVEL2, "typology", "usual_min", "usual_max"),
        replace(question_of(LEVEL2, "peak_days"), relevant=_ACTIVE),
        *(replace(q, relevant=peak, required=True) for q in _asked(LEVEL2, "peak_min", "peak_max")),
        replace(question_of(LEVEL2, "hours"), hint=say("forms.h_hours"), relevant=_ACTIVE),
        replace(question_of(LEVEL2, "share_other_spots"), relevant=_ACTIVE),
        replace(
            question_of(LEVEL2, "other_spots_mean"),
            hint=say("forms.h_other_spots_mean"),
            relevant="${share_other_spots} > 0",
            required=True,
        ),
    ]
    questions = [
        *_begin("interview_id"),
        *_group("visit", *visit),
        *_consent("agreed", "${found} = 'active'"),
        Question("calculate", "status", calculation=status),
        *_group("interview", *inside, relevant="${agreed} = 'yes'"),
        question_of(LEVEL2, "do_not_publish"),
        Question("geopoint", "place", say("forms.q_place"), say("forms.h_place")),
    ]
    return Form("level2", LEVEL2, tuple(questions))


def _people() -> Form:
    """Return the form for a person; one who is under 18 is asked nothing more."""
    other_kps = question_of(PEOPLE, "also_kp").limited("not(selected(., ${kp}))", say("forms.other_kps"))
    visited = question_of(PEOPLE, "spots_visited")
    visited = visited.limited("(${spot_id} = '' or . >= 1)", say("forms.this_spot_counts"))
    adult = [
        replace(_yes_no("at_spot", say("forms.q_at_spot")), hint=say("forms.h_at_spot")),
        _spot_of_list("spot_id", "${at_spot} = 'yes'"),
        question_of(PEOPLE, "kp"),
        other_kps,
        question_of(PEOPLE, "sex"),
        visited,
        *_asked(PEOPLE, "days_per_week", "uses_platforms"),
        replace(question_of(PEOPLE, "profiles"), relevant="${uses_platforms} = 'yes'"),
    ]
    child = f"${{age_group}} = '{CHILD}'"
    inside = [
        question_of(PEOPLE, "municipality"),
        replace(question_of(PEOPLE, "age_group"), required=True),
        Question("note", "child", say("forms.child", note=say("screening.child_protection")), relevant=child),
        *_group("adult", *adult, relevant=f"${{age_group}} != '{CHILD}'"),
    ]
    begin = [*_begin("person_id"), *_consent(_CONSENT)]
    return Form("people", PEOPLE, (*begin, *_group("interview", *inside, relevant=_AGREED)))


def _virtual() -> Form:
    """Return the form for counts on a platform: nobody is interviewed."""
    names = [column.name for column in VIRTUAL.columns]
    changed = {
        "platform": replace(question_of(VIRTUAL, "platform"), hint=say("forms.h_platform")),
        "profiles_max": replace(
            question_of(VIRTUAL, "profiles_max"), relevant="${profiles_min} != ''", required=True
        ),
    }
    questions = (changed.get(name) or question_of(VIRTUAL, name) for name in names)
    return Form("virtual", VIRTUAL, (Question("note", "no_names", say("forms.no_names")), *questions))


FORMS: dict[str, Form] = {form.name: form for form in (_level1(), _level2(), _people(), _virtual())}
"""Every form by the name of its table."""
