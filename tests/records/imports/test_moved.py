"""Questions that moved to another group between versions of a form: no value is lost, none is guessed."""

import pytest
from openpyxl import load_workbook

from pse.records.imports import import_records, read_sources
from tests.records.imports.exports import as_csv, exercise, kobo_level1, municipalities_csv
from tests.records.imports.test_columns import VISIT, VISITS, visits
from tests.records.imports.test_three_sources import SETTINGS, errors

NEW, OLD = "visit/usual_max", "numbers/usual_max"
HEADINGS = [*VISITS[:-1], NEW, OLD]


def row(number, *cells):
    return [f"B{number}", "M1", f"T{number}", *VISIT[3:-1], *cells]


@pytest.mark.parametrize("headings", [HEADINGS, [*VISITS[:-1], "usual_max", "numbers-usual_max"]])
def test_a_moved_question_keeps_the_values_of_both_groups(headings, tmp_path):
    found = visits(tmp_path, headings, [row(1, 12, None), row(2, None, 14), row(3, 9, 9)])
    assert not errors(found)
    assert found.study.level2["usual_max"].tolist() == [12, 14, 9]
    [told] = [p for p in found.problems if p.rule == "moved"]
    assert (told.file, told.row, told.column) == ("visits.csv", None, headings[-2])
    assert told.message == (
        f"is a question that stands in two groups of the form: where it is blank, '{headings[-1]}' is taken"
    )
    assert "left_out" not in [p.rule for p in found.problems if p.file == "visits.csv"]


def test_nothing_is_said_where_the_old_group_is_blank(tmp_path):
    found = visits(tmp_path, HEADINGS, [row(1, 12, None)])
    assert not errors(found) and "moved" not in [p.rule for p in found.problems]


def test_two_answers_are_told_at_the_first_row_and_none_is_guessed(tmp_path):
    found = visits(tmp_path, HEADINGS, [row(1, 12, None), row(2, 12, 14), row(3, 8, 9)])
    [told] = errors(found)
    assert (told.row, told.column, told.rule) == (3, NEW, "moved_differ")
    assert (
        told.message == f"is filled in here and in '{OLD}' too, with another answer; rows with two answers: 2"
    )
    assert "only one of the two headings" in told.remedy


def test_a_wrong_cell_is_told_under_the_heading_where_it_stands(tmp_path):
    found = visits(tmp_path, HEADINGS, [row(1, 12, None), row(2, None, "about 20"), row(3, "about 30", None)])
    assert [(p.row, p.column) for p in errors(found)] == [(3, OLD), (4, NEW)]


def test_a_cell_that_looks_personal_is_kept_out_under_its_own_heading(tmp_path):
    headings = [*VISITS, "visit/zone", "old/zone"]
    found = visits(tmp_path, headings, [[*VISIT, None, "call 044 123 456"]])
    assert [p.column for p in found.problems if p.rule == "personal_cell"] == ["old/zone"]
    assert found.quarantine["column"].tolist() == ["old/zone"]


def test_a_place_that_moved_is_told_under_the_heading_where_it_stands(tmp_path):
    headings = [*VISITS, "new/geopoint", "old/geopoint"]
    found = visits(
        tmp_path, headings, [[*VISIT, "42.66 21.16 0 0", None], [*row(2, 12), None, "0.0 0.0 0 0"]]
    )
    assert [(p.row, p.column) for p in found.problems if p.rule == "place"] == [(3, "old/geopoint")]


def test_choices_one_by_one_that_moved_are_put_together(tmp_path):
    headings = [*VISITS, *(f"{group}/peak_days/{day}" for group in ("new", "old") for day in ("fri", "sat"))]
    found = visits(tmp_path, headings, [[*row(1, 12), 1, 0, None, None], [*row(2, 12), None, None, 0, 1]])
    assert not errors(found)
    assert found.study.level2["peak_days"].tolist() == ["fri", "sat"]


def test_a_column_file_may_name_both_groups_and_the_proposal_does(tmp_path):
    headings = [*VISITS[:-3], "Typology", "visit/Usual min", "visit/Usual max", "old/Usual max"]
    rows = [row(1, 12, None), row(2, None, 14)]
    assert '"old/Usual max" = "usual_max"' in visits(tmp_path, headings, rows).proposal
    found = visits(tmp_path, headings, rows, visits(tmp_path, headings, rows).proposal)
    assert not errors(found) and found.study.level2["usual_max"].tolist() == [12, 14]


def test_an_answer_of_the_repeat_wins_over_the_same_question_above_it(tmp_path):
    level1 = [record for record in exercise()[0] if record["spots"]]
    files = [kobo_level1(level1, tmp_path / "1.xlsx"), municipalities_csv(tmp_path / "m.csv")]
    book = load_workbook(files[0])
    spots = book["spot"]
    column = spots.max_column + 1
    spots.cell(1, column, "spot/municipality")
    for line in range(2, spots.max_row + 1):
        spots.cell(line, column, "M2")
    book.save(files[0])
    found = import_records(read_sources(files), settings=SETTINGS)
    assert not errors(found) and "moved" not in [p.rule for p in found.problems]
    assert set(found.study.level1["municipality"].dropna()) == {"M2"}


@pytest.mark.parametrize(
    ("answers", "kept"),
    [(("yes", None), True), ((None, "yes"), True), (("no", None), False), ((None, None), False),
     (("yes", "no"), False)],
)  # fmt: skip
def test_consent_in_another_group_is_consent(answers, kept, tmp_path):
    text = as_csv(
        [
            ["person_id", "municipality", "kp", "spot_id", "spots_visited", "new/consent", "old/consent"],
            ["P1", "M1", "MSM", "S1", 2, *answers],
            ["P2", "M1", "MSM", "S1", 2, "yes", "yes"],
        ]
    )
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    files = [kobo_level1(exercise()[0], tmp_path / "kobo.xlsx"), tmp_path / "people.csv"]
    found = import_records(read_sources([*files, municipalities_csv(tmp_path / "m.csv")]), settings=SETTINGS)
    assert not errors(found)
    assert found.study.people["person_id"].tolist() == (["P1", "P2"] if kept else ["P2"])
