"""Forms take what the check of the records takes, and refuse what it refuses."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.records.forms import FORMS
from pse.records.forms.build import HELPERS
from pse.records.forms.questions import CHILD, CHOICES
from pse.records.personal import personal_kinds
from pse.records.problems import Place
from pse.records.raw import RawTable
from pse.records.rules import row_problems
from pse.records.said import in_language
from pse.records.screening import age_range
from pse.records.spellings import hour_list
from pse.records.tables import KPS, STATUSES
from pse.records.validate import check_table
from tests.records.forms.phone import KNOWN_SPOTS, allowed, fill, named_columns
from tests.records.forms.xpath import evaluate

KNOWN = {
    "municipality": ["m1", "m2"],
    "kp": list(KPS),
    KNOWN_SPOTS: ["s1", "s2"],
    "status": ["active"] * 8 + list(STATUSES),  # most questions are asked where a spot is active
}


def errors(table, row):
    """Return the errors of one row that holds only these columns; missing columns are no matter here."""
    frame = pd.DataFrame([row], dtype=object)
    checked, problems = check_table(
        RawTable(table, Place("t.csv"), frame, np.array([2])), table, kps=tuple(KPS)
    )
    found = [*problems, *row_problems(checked)]
    return [p for p in found if p.severity == "error" and p.rule != "missing_column"]


def limited():
    for form in FORMS.values():
        for question in form.questions:
            if question.type in ("integer", "decimal") and question.name in form.table.by_name:
                others = re.findall(r"\$\{(\w+)\}", question.constraint)
                numbers = [name for name in others if form.table.by_name[name].kind != "key"]
                yield pytest.param(
                    form, [*dict.fromkeys(numbers), question.name], id=f"{form.name}-{question.name}"
                )


def numbers():
    edges = [-1, -0.5, 0, 0.25, 0.5, 1, 1.0001, 1.5, 2, 6.9, 7, 7.01, 90, 1e6, 1e6 + 1, 1e9, 1e9 + 1, 1e12]
    return st.one_of(
        st.sampled_from([*edges, None]),
        st.integers(-5, 40),
        st.floats(-2, 2e9, allow_nan=False).map(lambda value: round(value, 3)),
    )


@pytest.mark.parametrize(("form", "names"), list(limited()))
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_limits_of_numbers_and_of_pairs_are_those_of_the_check(form, names, data):
    values = {name: data.draw(numbers(), label=name) for name in names}
    texts = {name: "" if value is None else f"{value:.10g}" for name, value in values.items()}
    asked = {question.name: question for question in form.questions}
    taken = all(allowed(asked[name], texts[name], texts) for name in names)
    wrong = [p for p in errors(form.table, texts) if p.rule not in ("blank", "half_blank")]
    assert taken == (not wrong), (texts, wrong)


def test_every_pair_that_must_be_in_order_stands_in_a_form():
    for form in FORMS.values():
        asked = {question.name: question for question in form.questions}
        for low, high in form.table.ordered:
            later = max(low, high, key=list(form.table.by_name).index)
            earlier = low if later == high else high
            answers = {earlier: "5"}
            assert allowed(asked[later], "5", answers)
            assert allowed(asked[later], "6", answers) == (later == high)
            assert allowed(asked[later], "4", answers) == (later == low)


def test_the_message_tells_every_limit_in_the_language():
    asked = next(question for question in FORMS["level2"].questions if question.name == "peak_max")
    assert asked.message == (
        "must be a whole number, from 0 to 1,000,000, "
        "and not below: Smallest number of people on a peak day, "
        "and not below: Largest number of people on a usual day"
    )
    assert "dhe jo më pak se: Numri më i madh i njerëzve në një ditë të zakonshme" in in_language(
        asked.message, "sq"
    )


@given(
    st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27), st.booleans()), min_size=1, max_size=3),
    st.sampled_from([" ", ",", "  ", "-"]),
)
@settings(deadline=None)
def test_hours_go_from_an_hour_to_a_later_one(pairs, between):
    form = "{:02d}-{:02d}", "{}-{}"
    text = between.join(form[short].format(start, end) for start, end, short in pairs)
    asked = next(question for question in FORMS["level2"].questions if question.name == "hours")
    if allowed(asked, text, {}):
        assert hour_list(text) is not None
    if between == " ":
        assert allowed(asked, text, {}) == (hour_list(text) is not None)


@pytest.mark.parametrize("also", ["FSW", "MSM", "MSM PWID", "PWID FSW", "TG"])
def test_other_kps_are_others(also):
    asked = next(question for question in FORMS["people"].questions if question.name == "also_kp")
    row = {"kp": "FSW", "also_kp": also}
    assert allowed(asked, also, row) == (not errors(FORMS["people"].table, row))


@pytest.mark.parametrize("spot", ["", "s1"])
@pytest.mark.parametrize("visited", ["0", "1", "2"])
def test_a_person_met_at_a_spot_visited_one(spot, visited):
    asked = next(question for question in FORMS["people"].questions if question.name == "spots_visited")
    row = {"spot_id": spot, "spots_visited": visited}
    wrong = [p for p in errors(FORMS["people"].table, row) if p.rule != "blank"]
    assert allowed(asked, visited, row) == (not wrong)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_must_not_be_blank_must_be_answered(form):
    for question in named_columns(form):
        column = form.table.by_name.get(question.name)
        rules = [rule for rule in form.table.needed if question.name in rule.columns]
        if column is None or question.calculation:
            continue
        if rules:
            for value in ("", "s1", *STATUSES):
                needed = value == rules[0].is_ if rules[0].is_ else value != ""
                assert evaluate(question.relevant, {rules[0].where: value}) == needed
        assert question.required or not rules
        assert question.required or not (column.required and column.blank == "no"), question.name


def test_every_needed_column_of_the_tables_can_be_filled():
    for form in FORMS.values():
        filled = {question.name for question in named_columns(form)} | {"date"}
        for column in form.table.columns:
            if column.required and column.blank == "no":
                assert column.name in filled, (form.name, column.name)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_names_of_questions_are_columns_or_listed_helpers(form):
    names = [question.name for question in named_columns(form)]
    assert len(set(names)) == len(names)
    assert set(names) <= {*form.table.by_name, *HELPERS}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_what_a_phone_exports_has_no_error_in_any_row(form, data):
    rows = fill(form, lambda answers: data.draw(st.sampled_from(answers)), KNOWN)
    for row in rows:
        if form.name in ("level1", "people") and row["consent"] == "no":
            assert not any(row[name] for name in row if name not in ("consent", "today", form.table.key[0]))
            continue
        if row.get("age_group") == CHILD:
            known = ("consent", "today", "person_id", "municipality", "age_group")
            assert not any(row[name] for name in row if name not in known)
            continue
        kept = {name: text for name, text in row.items() if name in form.table.by_name}
        assert not errors(form.table, kept), kept


@pytest.mark.parametrize("answered", range(8))
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_one_optional_answer_alone_leaves_no_error(form, answered):
    optional = itertools.count()

    def pick(answers):
        if "" not in answers:
            return next(text for text in answers if text != CHILD)
        return answers[-2] if next(optional) == answered else ""

    for row in fill(form, pick, KNOWN):
        assert not errors(form.table, {name: row[name] for name in row if name in form.table.by_name})


def test_a_spot_where_nobody_agrees_is_refused_and_asks_nothing_more():
    def pick(answers):
        wanted = [text for text in ("active", "no") if text in answers]
        return wanted[0] if wanted else answers[0]

    (row,) = fill(FORMS["level2"], pick, KNOWN)
    assert (row["found"], row["agreed"], row["status"]) == ("active", "no", "refused")
    assert "consent" not in row  # the import would drop the visit, and with it the refusal
    assert not row["usual_min"] and not row["typology"] and row["spot_id"].startswith("n")


def test_a_spot_that_is_not_active_needs_nobodys_consent():
    (row,) = fill(FORMS["level2"], lambda answers: "unsafe" if "unsafe" in answers else answers[0], KNOWN)
    assert (row["agreed"], row["status"], row["usual_min"]) == ("", "unsafe", "")
    assert not errors(
        FORMS["level2"].table, {k: v for k, v in row.items() if k in FORMS["level2"].table.by_name}
    )


def test_a_person_under_18_ends_the_interview_with_the_note_on_protection():
    note = next(question for question in FORMS["people"].questions if question.name == "child")
    assert evaluate(note.relevant, {"age_group": CHILD}) is True
    assert evaluate(note.relevant, {"age_group": "18-24"}) is False
    assert "follow your child-protection procedure" in note.label
    groups = [age_range(code) for code in CHOICES["age_group"]]
    assert [last < 18 for _, last in groups] == [True, False, False, False, False]
    assert all(first >= 18 for first, _ in groups[1:])


def test_a_person_at_a_spot_that_is_not_listed_yet_is_not_called_one_met_online():
    asked = next(question for question in FORMS["people"].questions if question.name == "at_spot")
    assert asked.hint.startswith(
        "No is only for people met on web sites and apps. If the spot is not on the list"
    )


def test_codes_are_random_and_made_from_nothing_else():
    for form in FORMS.values():
        for question in form.questions:
            if question.name in ("interview_id", "person_id", "spot_new") or (
                form.name == "level1" and question.name == "spot_id"
            ):
                assert "${" not in question.calculation
                codes = {evaluate(question.calculation, {}) for _ in range(2000)}
                assert len(codes) == 2000
                assert all(re.fullmatch(r"n[a-hjkmp-t]{12}|[0-9a-f-]{36}", code) for code in codes)
                assert not any(personal_kinds(code) for code in codes)  # the import would refuse such a code
                assert evaluate(question.calculation, {}, own="kept") == "kept"
