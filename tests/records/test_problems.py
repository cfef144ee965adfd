"""What a problem says, and what it never says."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pse.records.problems import Place, TableError, near_miss, safe_heading, safe_value

LEVEL1 = Place("level1.csv")


def _error(row, column="kp_min", got="-1"):
    return LEVEL1.error("count", f"must be a whole number, 0 or more; got {got}", row=row, column=column)


def test_text_is_that_of_the_style_guide():
    """STYLE.md, example 4."""
    error = TableError([_error(3), _error(7, "kp_max", "'about 20'")])
    assert str(error) == (
        "level1 has 2 problem(s):\n"
        "  row 3, kp_min: must be a whole number, 0 or more; got -1\n"
        "  row 7, kp_max: must be a whole number, 0 or more; got 'about 20'"
    )


def test_remedy_is_a_sentence_of_its_own():
    problem = LEVEL1.error("share", "must be a share", row=2, column="share", remedy="Write 0.55 for 55 %.")
    assert str(problem) == "row 2, share: must be a share. Write 0.55 for 55 %."


def test_a_problem_of_the_whole_file_names_no_row():
    assert str(LEVEL1.error("empty_file", "the file is empty")) == "the file is empty"


def test_a_sheet_is_named_like_its_file():
    assert str(TableError([Place("study.xlsx", "level2").error("blank", "x")])).startswith("level2 has 1")


def test_twenty_lines_of_a_file_are_printed_and_the_rest_is_counted():
    error = TableError([_error(row) for row in range(2, 47)] + [Place("level2.csv").error("a", "b")])
    lines = str(error).splitlines()
    assert lines[0] == "level1 has 45 problem(s):"
    assert lines[20] == "  row 21, kp_min: must be a whole number, 0 or more; got -1"
    assert lines[21] == "  ... and 25 more"
    assert lines[22] == "level2 has 1 problem(s):"
    assert len(error.problems) == 46


def test_notices_are_not_part_of_the_error():
    error = TableError([LEVEL1.notice("unknown_column", "x"), _error(2)])
    assert [problem.rule for problem in error.problems] == ["count"]
    assert isinstance(error, ValueError)


def test_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(TableError([_error(2)])))
    assert error.problems == (_error(2),)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-1, "-1"),
        (12.5, "12.5"),
        (3.0, "3"),
        ("about 20", "'about 20'"),
        ("1,000", "'1,000'"),
        ("12-15", "'12-15'"),
        ("oko 20", "'oko 20'"),
        ("20+", "'20+'"),
        ("Arta 7", "a text of 6 characters"),
        ("Arta", "a text of 4 characters"),
        ("x", "a text of 1 character"),
        ("044 123 456", "a text of 11 characters"),
        ("42.66291", "a text of 8 characters"),
        (44123456, "a number of 8 digits"),
        (42.66291, "a number of 7 digits"),
        (float("inf"), "inf"),
        (True, "a text of 4 characters"),
    ],
)
def test_only_numbers_and_text_about_numbers_are_printed(value, shown):
    assert safe_value(value) == shown


@given(st.text(min_size=1), st.integers(100_000, 10**12))
def test_no_text_with_a_long_number_is_printed(text, number):
    assert str(number) not in safe_value(f"{text}{number}")
    assert str(number) not in safe_value(number)


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=1).filter(lambda text: len(text) > 12))
def test_no_name_is_printed(name):
    assert name not in safe_value(f"{name} 7")


def test_heading_that_looks_like_data_is_described():
    assert safe_heading("kp_mni") == "'kp_mni'"
    assert safe_heading("+383 44 123 456") == "a heading of 15 characters"
    assert safe_heading("x" * 50) == "a heading of 50 characters"


def test_near_miss_looks_past_capitals_and_small_slips():
    assert near_miss("fsw", ["FSW", "MSM"]) == "FSW"
    assert near_miss("not found", ["active", "not_found"]) == "not_found"
    assert near_miss("Teuta", ["FSW", "MSM"]) == ""
