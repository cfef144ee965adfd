"""Submissions that came twice, older versions, copies, and rows that belong to nothing."""

import json
from copy import deepcopy
from functools import partial

import pytest

from pse.records.forms import FORMS
from pse.records.imports import import_records, read_sources
from pse.records.imports.submissions import find_twice
from tests.records.forms.phone import fill_in
from tests.records.imports.exports import (
    as_csv,
    exercise,
    kobo_level1,
    kobo_level2,
    municipalities_csv,
    odk_zip,
    uuid,
)
from tests.records.imports.form_exports import kobo_labels, kobo_xlsx
from tests.records.imports.form_exports import odk_zip as odk_of_form
from tests.records.imports.test_three_sources import SETTINGS, errors, import_exercise


def told(found, *rules):
    return [(p.sheet or p.file, p.row, p.rule) for p in found.problems if p.rule in rules]


RULES = ("same_submission", "edited", "same_content")


@pytest.mark.parametrize(("source", "sheet"), [("kobo", "level 1"), ("odk", "level1.csv")])
def test_a_submission_sent_twice_counts_once(source, sheet, tmp_path):
    level1, level2 = exercise()
    level1[0]["end"] = "2016-05-13T10:30:00.000+02:00"
    found = import_exercise(source, [*level1, deepcopy(level1[0])], level2, tmp_path / "twice")
    once = import_exercise(source, level1, level2, tmp_path / "once")
    assert told(found, *RULES) == [(sheet, 6, "same_submission")]
    assert found.study.level1.equals(once.study.level1)
    assert found.set_aside[["sheet", "row"]].to_numpy().tolist() == [[sheet, 6]]


def test_an_edited_submission_keeps_the_newest(tmp_path):
    level1, level2 = exercise()
    edited = deepcopy(level2[0]) | {
        "uuid": uuid(99),
        "root": level2[0]["uuid"],
        "usual_max": 13,
        "sent": "2016-05-25T08:00:00",
    }
    files = [kobo_level1(level1, tmp_path / "1.xlsx"), municipalities_csv(tmp_path / "municipalities.csv")]
    kobo = tmp_path / "2.csv"
    kobo_level2([edited, *level2], kobo)  # the newest stands first
    text = kobo.read_text("utf-8-sig").replace(";_id;", ";meta/rootUuid;_id;", 1).splitlines()
    roots = [uuid(11), uuid(11), uuid(12), uuid(13)]
    at = text[0].split(";").index("meta/rootUuid")
    lines = [line.split(";") for line in text[1:]]
    text[1:] = [
        ";".join([*cells[:at], f"uuid:{root}", *cells[at:]]) for cells, root in zip(lines, roots, strict=True)
    ]
    kobo.write_text("\n".join(text) + "\n", encoding="utf-8")
    found = import_records(read_sources([*files, kobo]), settings=SETTINGS)
    assert not errors(found)
    assert told(found, *RULES) == [("2.csv", 3, "edited")]
    assert found.study.level2["usual_max"].tolist()[0] == 13
    [reason] = found.set_aside["reason"]
    assert "edited later, as row 2" in reason


def test_the_same_answers_under_another_id_are_set_aside_and_told(tmp_path):
    level1, level2 = exercise()
    again = deepcopy(level1[0]) | {"uuid": uuid(50)}
    again |= {"start": f"{again['date']}T10:00:00.000+02:00", "end": f"{again['date']}T10:30:01.000+02:00"}
    found = import_exercise("kobo", [*level1, again], level2, tmp_path / "kobo")
    assert told(found, *RULES) == [("level 1", 6, "same_content")]
    assert json.loads(found.set_aside["content"].iloc[0])["interview_id"] == "A1"
    assert len(found.study.level1) == 6


def test_another_repeat_makes_another_content(tmp_path):
    level1, level2 = exercise()
    again = deepcopy(level1[0]) | {"uuid": uuid(50), "interview_id": "A9"}
    again["spots"][0]["kp_max"] = 15
    found = import_exercise("kobo", [*level1, again], level2, tmp_path / "kobo")
    assert not told(found, *RULES) and len(found.study.level1) == 8


def test_a_copied_row_of_a_plain_table_is_set_aside(tmp_path):
    level1, level2 = exercise()
    level2.append(deepcopy(level2[0]))
    found = import_exercise("twin", level1, level2, tmp_path / "twin")
    assert told(found, *RULES) == [("posete.csv", 5, "same_content")]
    assert len(found.study.level2) == 3


def test_two_people_with_the_same_answers_stay(tmp_path):
    rows = [["municipality", "kp", "spot_id", "spots_visited", "_uuid"],
            ["M1", "FSW", "S1", 2, uuid(201)], ["M1", "FSW", "S1", 2, uuid(202)]]  # fmt: skip
    people = tmp_path / "people.csv"
    people.write_text(as_csv(rows), encoding="utf-8")
    level1, level2 = exercise()
    files = [odk_zip(level1, level2, tmp_path / "odk.zip"), municipalities_csv(tmp_path / "m.csv"), people]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert told(found, *RULES) == [("people.csv", 3, "same_content")]
    assert found.study.people["person_id"].tolist() == [uuid(201), uuid(202)]
    assert not len(found.set_aside)


def test_a_repeat_without_its_form_is_told_at_its_row(tmp_path):
    level1, level2 = exercise()
    lost = deepcopy(level1)
    path = kobo_level1(lost, tmp_path / "kobo.xlsx")
    from openpyxl import load_workbook

    book = load_workbook(path)
    at = [cell.value for cell in book["spot"][1]].index("_parent_index") + 1
    book["spot"].cell(row=4, column=at, value=77)
    book.save(path)
    files = [path, kobo_level2(level2, tmp_path / "2.csv"), municipalities_csv(tmp_path / "m.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert [(p.sheet, p.row, p.column, p.rule) for p in errors(found)] == [
        ("spot", 4, "_parent_index", "orphan")
    ]


def test_an_interview_without_consent_is_told_and_nothing_of_it_is_kept(tmp_path):
    level1, level2 = exercise()
    for record in level1:
        record["consent"] = "yes"
    level1[1] |= {"consent": "no", "municipality": None, "informant_type": None, "spots": []}
    kobo = kobo_level1(level1, tmp_path / "kobo.xlsx", extra=["group/consent"])
    towns, visits = municipalities_csv(tmp_path / "m.csv"), kobo_level2(level2, tmp_path / "2.csv")
    found = import_records(read_sources([kobo, visits, towns]), settings=SETTINGS)
    assert not errors(found)
    assert told(found, "no_consent") == [("level 1", 3, "no_consent")]
    assert found.set_aside[["row", "content"]].to_numpy().tolist() == [[3, "{}"]]
    assert "A2" not in set(found.study.level1["interview_id"])


def test_the_day_that_a_form_records_by_itself_is_the_date(tmp_path):
    level1, level2 = exercise()
    for record in level2:
        record["today"] = record.pop("date")
    path = tmp_path / "2.csv"
    names = [*(n for n in level2[0] if n not in ("uuid", "today")), "today", "_uuid"]
    rows = [[{**r, "_uuid": r["uuid"]}.get(n) for n in names] for r in level2]
    path.write_text(as_csv([names, *rows]), encoding="utf-8")
    files = [kobo_level1(level1, tmp_path / "1.xlsx"), path, municipalities_csv(tmp_path / "m.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert found.study.level2["date"].tolist() == ["2016-05-20", "2016-05-21", "2016-06-20"]


def test_the_same_export_given_twice_counts_once(tmp_path):
    level1, level2 = exercise()
    first, second = (odk_zip(level1, level2, tmp_path / name) for name in ("a.zip", "b.zip"))
    towns = municipalities_csv(tmp_path / "m.csv")
    found = import_records(read_sources([first, second, towns]), settings=SETTINGS)
    assert not errors(found) and len(found.study.level1) == 6 and len(found.study.level2) == 3
    assert {p.file for p in found.problems if p.rule == "same_submission"} == {"b.zip"}
    assert len(found.set_aside) == 7


FIELDS = ["municipality", "kp", "spot_id", "spots_visited"]
ANSWERS = ["M1", "FSW", "S1", 2]


def grids_of(folder, **tables):
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text(as_csv(rows), encoding="utf-8")
    return read_sources([folder / f"{name}.csv" for name in tables]).grids


def twice(folder, **tables):
    """Return what is told of forms, and the rows that stay of each."""
    grids = grids_of(folder, **tables)
    found = find_twice(grids, {}, set())
    return found.problems, [grid.rows[~found.dropped[id(grid)]].tolist() for grid in grids]


def test_the_row_of_another_file_is_named_with_its_file(tmp_path):
    rows = [[*FIELDS, "_uuid"], [*ANSWERS, uuid(1)]]
    [problem], stay = twice(tmp_path, one=rows, other=rows)
    assert (problem.file, problem.message) == (
        "other.csv", "is the same submission as row 2 (one.csv), sent twice: set aside"
    )  # fmt: skip
    assert stay == [[2], []]


def test_a_code_that_comes_twice_names_the_file_of_the_other_row(tmp_path):
    level1, level2 = exercise()
    again = deepcopy(level2[0]) | {"uuid": uuid(77), "date": "2016-05-23"}
    files = [
        kobo_level1(level1, tmp_path / "1.xlsx"),
        kobo_level2(level2, tmp_path / "2.csv"),
        kobo_level2([again], tmp_path / "3.csv"),
        municipalities_csv(tmp_path / "m.csv"),
    ]
    [problem] = errors(import_records(read_sources(files), settings=SETTINGS))
    assert (problem.file, problem.row, problem.rule) == ("3.csv", 2, "duplicate_key")
    assert "first in row 2 (2.csv)" in problem.message


EDITED = ["M1", "FSW", "S1", 3]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2016-05-13T23:30:00.000+02:00", "2016-05-13T22:30:00Z"),
        ("2016-05-13 09:00:00", "2016-05-13T10:00:00.000+00:00"),
        ("", "2016-05-13"),
    ],
)
def test_the_newer_of_two_versions_is_told_by_the_moment_and_not_by_its_letters(older, newer, tmp_path):
    head = [*FIELDS, "_submission_time", "_uuid"]
    rows = [head, [*EDITED, newer, uuid(1)], [*ANSWERS, older, uuid(1)]]
    [problem], stay = twice(tmp_path, people=rows)
    assert (problem.row, problem.rule) == (3, "edited") and stay == [[2]]


def test_an_edit_keeps_the_time_of_sending_and_is_told_by_its_end(tmp_path):
    head, sent = [*FIELDS, "end", "_submission_time", "_uuid"], "2016-05-13T10:00:00"
    newer = [head, [*EDITED, "2016-05-20T09:00:00.000+02:00", sent, uuid(1)]]
    older = [head, [*ANSWERS, "2016-05-13T09:00:00.000+02:00", sent, uuid(1)]]
    [problem], stay = twice(tmp_path, newer=newer, older=older)
    assert problem.message == "was edited later, as row 2 (newer.csv): this older version is set aside"
    assert stay == [[2], []]


@pytest.mark.parametrize("times", [("", ""), ("30.05.2016 10:00", "02.06.2016 10:00")], ids=["none", "local"])
def test_versions_without_a_time_that_decides_are_one_error(times, tmp_path):
    head = [*FIELDS, "_submission_time", "_uuid"]
    rows = [head, [*ANSWERS, times[0], uuid(1)], [*EDITED, times[1], uuid(1)]]
    [problem], stay = twice(tmp_path, people=rows)
    assert (problem.row, problem.rule, problem.severity) == (3, "two_versions", "error")
    assert "as row 2 with other answers, and no time says which is newer" in problem.message
    assert stay == [[2]]


def test_a_question_that_only_the_later_export_has_makes_no_edit_of_a_copy(tmp_path):
    one = [[*FIELDS, "_uuid"], [*ANSWERS, uuid(1)]]
    other = [["new_question", *FIELDS, "_uuid"], ["", *ANSWERS, uuid(1)]]
    [problem], _ = twice(tmp_path, one=one, other=other)
    assert problem.rule == "same_submission"


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("_validation_status", ["validation_status_approved", "validation_status_not_approved", "", ""]),
        ("_validation_status", ["Approved", "Not Approved", "On Hold", ""]),
        ("ReviewState", ["approved", "rejected", "hasIssues", ""]),
    ],
)
def test_what_was_not_approved_is_set_aside(heading, words, tmp_path):
    rows = [[*ANSWERS[:3], i, word, uuid(i)] for i, word in enumerate(words)]
    [problem], stay = twice(tmp_path, people=[[*FIELDS, heading, "_uuid"], *rows])
    assert (problem.row, problem.rule, problem.severity) == (3, "rejected", "notice")
    assert "was not approved" in problem.message and stay == [[2, 4, 5]]


def test_a_rejected_double_does_not_take_the_place_of_the_approved_one(tmp_path):
    rows = [[*ANSWERS, "rejected", uuid(1)], [*ANSWERS, "approved", uuid(2)]]
    problems, stay = twice(tmp_path, people=[[*FIELDS, "ReviewState", "_uuid"], *rows])
    assert [p.rule for p in problems] == ["rejected"] and stay == [[3]]


def test_a_rejected_informant_takes_the_spots_along(tmp_path):
    level1, level2 = exercise()
    for record in level1:
        record["_validation_status"] = ""
    level1[0]["_validation_status"] = "validation_status_not_approved"
    kobo = kobo_level1(level1, tmp_path / "kobo.xlsx", extra=["_validation_status"])
    towns, visits = municipalities_csv(tmp_path / "m.csv"), kobo_level2(level2, tmp_path / "2.csv")
    found = import_records(read_sources([kobo, visits, towns]), settings=SETTINGS)
    assert not errors(found) and told(found, "rejected") == [("level 1", 2, "rejected")]
    assert found.study.level1["interview_id"].tolist() == ["A2", "A2", "A3", "A4"]
    assert json.loads(found.set_aside["content"].iloc[0])["interview_id"] == "A1"


CORNER = {"spot_name": "Corner", "kp": "FSW", "typology": "bar", "kp_min": "3", "kp_max": "7"}
TAXI = {"today": "2026-02-03", "consent": "yes", "informant_type": "taxi_driver", "municipality": "M1",
        "zone": "Z1", "spots_named": "1"}  # fmt: skip
VISIT = {"today": "2026-02-03", "municipality": "M1", "kp": "FSW", "spot_known": "yes"}
NOT_THERE = VISIT | {"found": "not_found"}
BUSY = VISIT | {"found": "active", "agreed": "yes", "typology": "bar", "usual_min": "3", "usual_max": "7",
                "share_other_spots": "0"}  # fmt: skip
LISTED = ["nabcdefghjkmp", "nbbcdefghjkmp"]
WRITERS = {"kobo": kobo_xlsx, "labels": partial(kobo_labels, lang="sq"), "odk": odk_of_form}


def of_phone(tmp_path, form, *filled, source="kobo"):
    """Return what is told of interviews that a phone recorded with a form of ours, and the rows that stay."""
    path = tmp_path / ("form.zip" if source == "odk" else "form.xlsx")
    WRITERS[source](FORMS[form], filled, path, first=1)
    grids = read_sources([path]).grids
    found = find_twice(grids[:1], {id(grids[0]): grids[1:]}, set())
    return found.problems, grids[0].rows[~found.dropped[id(grids[0])]].tolist()


def informant(**changed):
    return fill_in(FORMS["level1"], TAXI, [CORNER | changed])


def visit(answers, code=LISTED[0], **changed):
    return fill_in(FORMS["level2"], answers | {"spot_listed": code} | changed)


@pytest.mark.parametrize("source", WRITERS)
def test_an_interview_that_was_filled_in_twice_with_our_form_is_told_and_stays(source, tmp_path):
    first, other, again = informant(), informant(kp_max="40"), informant()
    assert first[0]["interview_id"] != again[0]["interview_id"]
    [problem], stay = of_phone(tmp_path, "level1", first, other, again, source=source)
    assert (problem.row, problem.rule, problem.severity) == (4, "same_answers", "notice")
    assert problem.message == "has the same answers as row 2 under another code: it stays and counts too"
    assert problem.remedy == "If one interview was filled in twice, delete one of the two rows."
    assert stay == [2, 3, 4]


def test_a_visit_to_another_spot_of_the_list_has_other_answers(tmp_path):
    one, other, again = visit(BUSY), visit(BUSY, LISTED[1]), visit(BUSY)
    problems, stay = of_phone(tmp_path, "level2", one, other, again)
    assert [(p.row, p.rule) for p in problems] == [(4, "same_answers")] and stay == [2, 3, 4]


def test_a_visit_to_a_new_spot_is_told_although_the_phone_made_two_codes(tmp_path):
    new = BUSY | {"spot_known": "no", "spot_name": "Park"}
    visits = [fill_in(FORMS["level2"], new) for _ in range(2)]
    assert visits[0][0]["spot_id"] != visits[1][0]["spot_id"]
    problems, _ = of_phone(tmp_path, "level2", *visits)
    assert [(p.row, p.rule) for p in problems] == [(3, "same_answers")]


def test_few_answers_are_alike_by_chance_and_not_told(tmp_path):
    assert of_phone(tmp_path, "level2", visit(NOT_THERE), visit(NOT_THERE)) == ([], [2, 3])


def test_few_answers_are_told_where_start_and_end_are_the_same(tmp_path):
    head = ["start", "end", "interview_id", *FIELDS, "_uuid"]
    times = ["2016-05-13T10:00:00.000+02:00", "2016-05-13T10:04:09.000+02:00"]
    later = [times[1], "2016-05-13T10:09:00.000+02:00"]
    unknown = ["", ""]
    rows = [
        [*at, uuid(50 + i), *ANSWERS, uuid(i)] for i, at in enumerate([times, times, later, unknown, unknown])
    ]
    problems, [stay] = twice(tmp_path, form=[head, *rows])
    assert [(p.row, p.rule) for p in problems] == [(3, "same_answers")] and stay == [2, 3, 4, 5, 6]


def test_many_interviews_with_the_same_answers_are_counted(tmp_path):
    problems, stay = of_phone(tmp_path, "level1", *(informant() for _ in range(31)))
    assert [p.row for p in problems] == list(range(3, 23)) and len(stay) == 31
    assert problems[-1].message.endswith("it stays and counts too; 10 more rows break the same rule")
