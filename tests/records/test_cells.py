"""Single cells: what each kind of column takes, and how a wrong cell is reported."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pse.records.problems import TableError
from pse.records.study import make_study
from pse.records.tables import NUMBER_KINDS, TABLES
from tests.records.tiny import tiny_settings, tiny_study, tiny_tables


def with_cell(table, column, value, row=0, **more):
    """Return the tables of the tiny study with one cell changed (and whole columns added)."""
    tables = tiny_tables()
    frame = tables[table].assign(**more)
    if column not in frame:
        frame[column] = None
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return tables | {table: frame}


def problems_of(tables, **settings):
    with pytest.raises(TableError) as caught:
        make_study(**(tiny_settings() | settings), tables=tables)
    return caught.value.problems


COUNT = "must be a whole number, from 0 to 1,000,000"
DAYS = "must be days out of mon tue wed thu fri sat sun, with a space between"

WRONG = [
    ("level1", "kp_min", "about 20", "count", f"{COUNT}; got 'about 20'. Write one number alone."),
    ("level1", "kp_min", -1, "count", f"{COUNT}; got -1"),
    ("level1", "kp_max", 12.5, "count", f"{COUNT}; got 12.5"),
    (
        "level1",
        "kp_max",
        "1,000",
        "count",
        f"{COUNT}; got '1,000'. Write it without a mark between the thousands.",
    ),
    ("level1", "kp_max", "12-15", "count", f"{COUNT}; got '12-15'. Write one number alone."),
    ("level1", "kp_max", "NA", "count", f"{COUNT}; got a text of 2 characters"),
    ("level1", "kp_max", "nan", "count", f"{COUNT}; got a text of 3 characters"),
    ("level1", "kp_max", True, "count", f"{COUNT}; got a text of 4 characters"),
    ("level1", "kp_max", np.inf, "count", f"{COUNT}; got inf"),
    ("level1", "kp_max", 44123456, "count", f"{COUNT}; got a number of 8 digits"),
    ("level1", "kp_max", "044123456", "count", f"{COUNT}; got a number of 8 digits"),
    ("level2", "peak_max", 1_000_001, "count", f"{COUNT}; got a number of 7 digits"),
    (
        "virtual",
        "accounts_max",
        10**10,
        "count",
        "must be at most 1,000,000,000; got a number of 11 digits",
    ),
    ("level1", "lat", 91, "number", "must be a number, from -90 to 90; got a value that is not printed"),
    (
        "level1",
        "lon",
        "Arta",
        "number",
        "must be a number, from -180 to 180; got a value that is not printed",
    ),
    ("level1", "date", "29.2.2016", "date", "must be a date such as 2016-02-29"),
    ("level1", "date", "2015-02-29", "date", "must be a date such as 2016-02-29"),
    ("level1", "peak_days", "friday", "days", DAYS),
    ("level1", "informant_type", None, "blank", "must not be blank"),
    ("level2", "hours", "22-02", "hours", "must be hours such as 18-24 00-02, with a space between"),
    ("level2", "hours", "evening", "hours", "must be hours such as 18-24 00-02, with a space between"),
    (
        "level2",
        "share_other_spots",
        55,
        "share",
        "must be a share between 0 and 1; got 55. Write 0.55 for 55 %.",
    ),
    ("level2", "share_other_spots", "55 %", "share", "got '55 %'. Write 0.55 for 55 %."),
    (
        "level2",
        "share_other_spots",
        "0,5",
        "share",
        "got '0,5'. Write a point, not a comma, before the decimals.",
    ),
    ("level2", "share_other_spots", -0.1, "share", "must be a share between 0 and 1; got -0.1"),
    ("virtual", "share_genuine", 1.01, "share", "must be a share between 0 and 1; got 1.01"),
    ("virtual", "profiles_per_person", 0, "number", "must be a number, 1 or more; got 0"),
    ("virtual", "share_active", None, "blank", "must not be blank"),
    ("municipalities", "mapped", "perhaps", "flag", "must be yes or no"),
    ("municipalities", "adult_women", -5, "number", "must be a number, 0 or more; got -5"),
    ("municipalities", "name", " ", "blank", "must not be blank"),
]


@pytest.mark.parametrize(("table", "column", "value", "rule", "words"), WRONG)
def test_wrong_cell_is_reported_by_file_row_column_and_rule(table, column, value, rule, words):
    found = problems_of(with_cell(table, column, value))
    problem = next(p for p in found if p.rule == rule)
    assert (problem.file, problem.sheet, problem.row, problem.column) == (f"{table}.csv", None, 2, column)
    assert words in str(problem)


@pytest.mark.parametrize(
    ("table", "column", "value", "allowed", "guess"),
    [
        ("level1", "kp", "fsw", "FSW, MSM, PWID, TG, PRIS", "Did you mean 'FSW'?"),
        ("level1", "kp", "zzzz", "FSW, MSM, PWID, TG, PRIS", "Declare a further code under [kps]"),
        (
            "level2",
            "status",
            "Active",
            "active, inactive, not_found, duplicate, refused, unsafe",
            "mean 'active'?",
        ),
        ("level2", "municipality", "m1", "M1", "Did you mean 'M1'?"),
        ("nonspot", "municipality", "Nowhere", "M1", "Add the municipality to municipalities."),
    ],
)
def test_unknown_code_lists_the_codes_and_never_the_value(table, column, value, allowed, guess):
    (problem,) = problems_of(with_cell(table, column, value))
    assert problem.rule == "unknown_code"
    assert problem.message == f"must be one of {allowed}; got an unknown code"
    assert guess in problem.remedy


def test_other_cells_of_a_wrong_row_are_checked_too():
    tables = with_cell("level1", "kp_min", -1)
    tables["level1"].loc[0, "informant_type"] = None
    assert [(p.row, p.column) for p in problems_of(tables)] == [(2, "informant_type"), (2, "kp_min")]


def test_a_code_of_study_toml_is_known():
    tables = with_cell("level1", "kp", "CLIENT")
    study = tiny_study(tables=tables, kps={"CLIENT": "clients of sex workers"})
    assert study.kps[-1] == "CLIENT"
    assert study.level1["kp"][0] == "CLIENT"


def test_space_around_codes_is_taken_off_and_keys_stay_text():
    tables = with_cell("level1", "spot_id", " 007 ")
    tables["level1"]["kp"] = " FSW"
    tables["level1"]["zone"] = [1.0, 2.0, None, 3, "x", " "]
    level1 = tiny_study(tables=tables).level1
    assert level1["spot_id"][0] == "007"
    assert set(level1["kp"]) == {"FSW"}
    assert level1["zone"].fillna("blank").tolist() == ["1", "2", "blank", "3", "x", "blank"]


def test_text_na_is_text():
    tables = with_cell("level1", "typology", "NA")
    assert tiny_study(tables=tables).level1["typology"][0] == "NA"


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("peak_days", "Sun  fri", "fri sun"),
        ("hours", "8-12 18-24", "08-12 18-24"),
        ("date", "2016-02-29", "2016-02-29"),
        ("date", pd.Timestamp("2016-02-29"), "2016-02-29"),
    ],
)
def test_forms_are_kept_in_one_spelling(column, value, kept):
    assert tiny_study(tables=with_cell("level2", column, value)).level2[column][0] == kept


@pytest.mark.parametrize("yes", ["yes", "Yes", "true", "TRUE", "1", 1, True, 1.0])
def test_yes_is_known_in_its_forms(yes):
    tables = tiny_tables()
    more = tables["municipalities"].assign(municipality="M2", mapped="no")
    first = tables["municipalities"].assign(mapped=pd.Series([yes], dtype=object))
    study = tiny_study(tables=tables | {"municipalities": pd.concat([first, more])})
    assert study.municipalities["mapped"].tolist() == [True, False]
    assert study.municipalities["mapped"].dtype == bool


def test_whole_counts_are_integers_and_blanks_are_missing():
    study = tiny_study(tables=with_cell("level1", "kp_min", "3"))
    assert study.level1["kp_min"].dtype == np.int64
    assert study.level2["usual_min"].dtype == np.float64
    assert study.level2["usual_min"].isna().tolist() == [False, False, True, False]


def test_every_numeric_type_of_pandas_gives_the_same_table():
    plain = tiny_study().level1
    for dtype in ("Int64", "float64", "string", object, "category", "int8"):
        tables = tiny_tables()
        tables["level1"] = tables["level1"].astype({"kp_min": dtype, "kp_max": dtype})
        pd.testing.assert_frame_equal(tiny_study(tables=tables).level1, plain)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_counts_come_back_as_they_were(counts):
    tables = tiny_tables()
    tables["level1"] = pd.DataFrame(
        {
            "interview_id": [f"I{i}" for i in range(len(counts))],
            "informant_type": "taxi",
            "municipality": "M1",
            "zone": None,
            "spot_id": "A",
            "kp": "FSW",
            "typology": "bar",
            "kp_min": counts,
            "kp_max": counts,
        }
    )
    tables["level2"]["spot_id"] = "A"
    assert tiny_study(tables=tables).level1["kp_min"].tolist() == counts


@given(st.floats(allow_nan=False))
def test_a_share_is_accepted_exactly_between_0_and_1(share):
    tables = with_cell("virtual", "share_at_spots", share)
    if 0 <= share <= 1:
        assert tiny_study(tables=tables).virtual["share_at_spots"][0] == share
    else:
        assert problems_of(tables)[0].rule == "share"


def test_a_thousand_problems_of_a_rule_are_kept_and_the_last_counts_the_rest():
    tables = tiny_tables()
    n = 2500
    tables["level1"] = pd.DataFrame(
        {
            "interview_id": [f"I{i}" for i in range(n)],
            "informant_type": "taxi",
            "municipality": "M1",
            "zone": None,
            "spot_id": "A",
            "kp": "FSW",
            "typology": "bar",
            "kp_min": -1,
            "kp_max": 5,
        }
    )
    found = problems_of(tables)
    assert len(found) == 1000
    assert found[0].message == f"{COUNT}; got -1"
    assert found[-1].row == 1001
    assert found[-1].message.endswith("1,500 more rows break the same rule")


def test_the_callers_tables_are_not_changed():
    tables, before = tiny_tables(), tiny_tables()
    tiny_study(tables=tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, before[name])


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("level1", "kp_max", "2.000"),
        ("level2", "peak_max", " 12.000 "),
        ("virtual", "accounts_max", "500.000"),
        ("municipalities", "adult_women", "60.000"),
        ("nonspot", "people", "1.250"),
    ],
)
def test_a_number_of_people_that_may_be_thousands_is_not_guessed(table, column, value):
    (problem,) = [p for p in problems_of(with_cell(table, column, value)) if p.rule == "two_numbers"]
    assert (problem.file, problem.row, problem.column) == (f"{table}.csv", 2, column)
    assert problem.message == ("is a number of two readings: the mark in it may part thousands or decimals")
    assert problem.remedy.startswith("Write thousands without the mark, as 60000")


def test_only_measures_shares_and_places_have_three_decimals():
    measures = {c.name for t in TABLES.values() for c in t.columns if c.kind in NUMBER_KINDS}
    measures -= {c.name for t in TABLES.values() for c in t.columns if c.may_be_thousands}
    assert {name for name in measures if not name.startswith("share_")} == {
        "lat", "lon", "days_per_week", "other_spots_mean",
        "profiles_per_person", "profiles_min", "profiles_max",
    }  # fmt: skip


def test_the_adults_of_a_denominator_of_ones_own_are_not_guessed():
    (problem,) = problems_of(
        with_cell("municipalities", "women_15_49", "60.000"), denominators={"FSW": "women_15_49"}
    )
    assert (problem.column, problem.rule) == ("women_15_49", "two_numbers")


@pytest.mark.parametrize(
    ("table", "column", "value", "kept"),
    [
        ("level2", "share_other_spots", "0.500", 0.5),
        ("level2", "other_spots_mean", "1.500", 1.5),
        ("level1", "lat", "42.663", 42.663),
        ("nonspot", "people", "0.375", 0.375),
        ("nonspot", "people", "12.38", 12.38),
        ("nonspot", "people", 12.375, 12.375),
        ("level1", "kp_max", "20.0", 20),
        ("municipalities", "adult_women", "60000", 60000),
    ],
)
def test_decimals_that_cannot_be_thousands_stay_as_they_are(table, column, value, kept):
    assert getattr(tiny_study(tables=with_cell(table, column, value)), table)[column][0] == kept
