"""Rules within a row and between tables."""

import pandas as pd
import pytest

from pse.records.alike import MOST_TEXTS
from pse.records.study import make_study
from tests.records.test_cells import problems_of, with_cell
from tests.records.tiny import tiny_settings, tiny_study, tiny_tables


def more_rows(table, **changes):
    """Return the tables of the tiny study with a copy of a table's first row, changed, below the others."""
    tables = tiny_tables()
    row = tables[table].iloc[[0]].assign(**changes)
    return tables | {table: pd.concat([tables[table], row], ignore_index=True)}


def people(**changes):
    """Return a table of one person met at spot A, and changes to it."""
    row = {"person_id": "P1", "municipality": "M1", "kp": "FSW", "spot_id": "A", "spots_visited": 2}
    return pd.DataFrame([row | changes])


def override(**changes):
    row = {"municipality": "M1", "kp": "FSW", "point": 70, "lower": 60, "upper": 80}
    return pd.DataFrame([row | {"reason": "meeting", "role": "supervisor"} | changes])


ABOVE = [
    ("level1", {"kp_min": 15}, "kp_min", "must be at most kp_max; got 15 and kp_max 14"),
    (
        "level2",
        {"usual_min": 13, "peak_min": 13},
        "usual_min",
        "must be at most usual_max; got 13 and usual_max 12",
    ),
    ("level2", {"peak_min": 19}, "peak_min", "must be at most peak_max; got 19 and peak_max 18"),
    ("level2", {"usual_min": 11}, "usual_min", "must be at most peak_min; got 11 and peak_min 10"),
    ("level2", {"usual_max": 19}, "usual_max", "must be at most peak_max; got 19 and peak_max 18"),
    (
        "virtual",
        {"accounts_min": 101},
        "accounts_min",
        "must be at most accounts_max; got 101 and accounts_max 100",
    ),
    (
        "virtual",
        {"profiles_min": 2.5, "profiles_max": 3},
        "profiles_min",
        "must be at most profiles_per_person",
    ),
    (
        "virtual",
        {"profiles_min": 1, "profiles_max": 1.5},
        "profiles_per_person",
        "must be at most profiles_max",
    ),
    (
        "nonspot",
        {"people_min": 6, "people_max": 7},
        "people_min",
        "must be at most people; got 6 and people 5",
    ),
    (
        "nonspot",
        {"people_min": 1, "people_max": 4},
        "people",
        "must be at most people_max; got 5 and people_max 4",
    ),
]


@pytest.mark.parametrize(("table", "changes", "column", "words"), ABOVE)
def test_a_smaller_number_must_not_be_above_a_larger_one(table, changes, column, words):
    tables = tiny_tables()
    tables[table] = tables[table].assign(**{name: tables[table].get(name) for name in changes})
    for name, value in changes.items():
        tables[table][name] = tables[table][name].astype(object)
        tables[table].loc[0, name] = value
    problem = problems_of(tables)[0]
    assert (problem.row, problem.column) == (2, column)
    assert words in problem.message


@pytest.mark.parametrize(("change", "column"), [({"lower": 71}, "lower"), ({"upper": 69}, "point")])
def test_the_point_of_an_override_lies_in_its_bounds(change, column):
    (problem,) = problems_of(tiny_tables() | {"overrides": override(**change)})
    assert problem.column == column


def test_an_override_needs_a_reason_and_comes_once():
    (blank,) = problems_of(tiny_tables() | {"overrides": override(reason=" ")})
    assert str(blank) == "row 2, reason: must not be blank"
    (again,) = problems_of(tiny_tables() | {"overrides": pd.concat([override(), override()])})
    assert str(again) == "row 3: municipality and kp together must not come twice; first in row 2"


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("level1", "kp", "must not be blank where spot_id is given"),
        ("level1", "typology", "must not be blank where spot_id is given"),
        ("level1", "kp_max", "must not be blank where spot_id is given"),
        ("level1", "spot_id", "must not be blank where people were counted"),
        ("level2", "spot_id", "must not be blank"),
        ("level2", "usual_max", "must not be blank where status is active"),
        ("level2", "typology", "must not be blank where status is active"),
        ("level2", "other_spots_mean", "must not be blank where share_other_spots is above 0"),
        ("level2", "peak_min", "must not be blank where peak_max is given. Leave both blank or give both."),
        ("virtual", "profiles_per_person", "the table people has no people with profiles of this KP"),
        ("virtual", "share_at_spots", "the table people has no people met on platforms"),
        ("municipalities", "adult_women", "must not be blank where mapped is yes"),
    ],
)
def test_blank_cell_that_is_needed(table, column, words):
    problem = problems_of(with_cell(table, column, None))[0]
    assert (problem.row, problem.column) == (2, column)
    assert words in str(problem)


def test_an_informant_who_named_nothing_is_a_row_with_a_blank_spot():
    nothing = {
        "interview_id": "I9",
        "spot_id": None,
        "kp": None,
        "typology": None,
        "kp_min": None,
        "kp_max": None,
    }
    study = tiny_study(tables=more_rows("level1", **nothing))
    assert len(study.level1) == 7
    assert study.level1["spot_id"].isna().sum() == 1


def test_blank_peak_means_usual_and_inactive_spots_may_leave_sizes_blank():
    tables = tiny_tables()
    tables["level2"][["peak_min", "peak_max"]] = None
    study = tiny_study(tables=tables)
    assert study.level2["peak_min"].isna().all()
    assert study.level2.loc[2, "status"] == "inactive"


def test_adults_may_be_blank_where_nothing_was_mapped():
    unmapped = {"municipality": "M2", "mapped": "no", "adult_men": None, "adult_women": None}
    assert tiny_study(tables=more_rows("municipalities", **unmapped)).municipalities["mapped"].tolist() == [
        True,
        False,
    ]


def test_at_least_one_municipality_is_mapped():
    found = problems_of(with_cell("municipalities", "mapped", "no"))
    assert "at least one municipality must be mapped" in found[0].message


def test_records_of_an_unmapped_municipality_are_an_error():
    tables = more_rows("municipalities", municipality="M2", mapped="no")
    tables["nonspot"]["municipality"] = "M2"
    (problem,) = problems_of(tables)
    assert (
        str(problem) == "row 2, municipality: must be a mapped municipality (mapped = yes in municipalities)"
    )


def test_counts_of_a_programme_may_be_from_anywhere():
    tables = more_rows("municipalities", municipality="M2", mapped="no")
    tables["coverage"] = pd.DataFrame(
        {"municipality": ["M2"], "kp": ["FSW"], "step": ["tested"], "people": [3]}
    )
    assert tiny_study(tables=tables).coverage["people"].tolist() == [3]


def test_a_spot_is_in_one_municipality():
    tables = more_rows("municipalities", municipality="M2")
    tables["level2"].loc[1, "municipality"] = "M2"
    (problem,) = problems_of(tables)
    assert (problem.file, problem.row, problem.rule) == ("level2.csv", 3, "two_municipalities")
    assert problem.message == "must be that of the spot in level1 row 3; this spot is in two municipalities"


def test_one_code_for_two_places_far_apart_is_told():
    tables = tiny_tables()
    tables["level1"] = tables["level1"].assign(lat=42.66, lon=21.16)
    tables["level2"] = tables["level2"].assign(lat=[42.66, 42.665, 42.75, 0], lon=[21.16, 21.16, 21.16, 0])
    told = [p for p in tiny_study(tables=tables).notices if p.rule == "two_places"]
    assert [(p.file, p.row, p.column) for p in told] == [("level2.csv", 4, "lat")]
    assert "from the place of the spot in level1 row" in told[0].message and "42" not in told[0].message


def test_a_spot_may_lie_in_two_zones():
    tables = tiny_tables()
    tables["level2"]["zone"] = ["Z1", "Z2", "Z3", "Z4"]
    assert tiny_study(tables=tables).level2["zone"].tolist() == ["Z1", "Z2", "Z3", "Z4"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("level1", "interview_id, spot_id and kp together must not come twice; first in row 2"),
        ("level2", "interview_id, spot_id and kp together must not come twice; first in row 2"),
        ("municipalities", "the code must not come twice; first in row 2"),
        (
            "virtual",
            "municipality, kp, platform_type and platform together must not come twice; first in row 2",
        ),
    ],
)
def test_duplicate_keys(table, words):
    tables = more_rows(table)
    (problem,) = problems_of(tables)
    assert (problem.row, problem.rule, problem.message) == (len(tables[table]) + 1, "duplicate_key", words)


def test_two_shifts_of_a_spot_are_two_rows():
    tables = more_rows("level2", shift="night")
    tables["level2"].loc[0, "shift"] = "day"
    assert tiny_study(tables=tables).level2["shift"].notna().sum() == 2
    tables["level2"].loc[0, "shift"] = "night"
    (problem,) = problems_of(tables)
    assert problem.message.startswith("interview_id, spot_id, kp and shift together must not come twice")


def test_overlap_of_shifts_needs_the_shift():
    (problem,) = problems_of(with_cell("level2", "share_other_shift", 0.2, shift=None))
    assert str(problem) == "row 2, shift: must not be blank where share_other_shift is given"


def test_people_visit_at_least_the_spot_they_were_met_at():
    (problem,) = problems_of(tiny_tables() | {"people": people(spots_visited=0)})
    assert problem.message == "must be 1 or more where spot_id is given: this spot counts; got 0"
    online = people(spots_visited=0, spot_id=None, profiles=2)
    assert tiny_study(tables=tiny_tables() | {"people": online}).people["spots_visited"].tolist() == [0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"days_per_week": 0}, "must be a number, more than 0 and at most 7; got 0"),
        ({"days_per_week": 8}, "must be a number, more than 0 and at most 7; got 8"),
        ({"also_kp": "PWID OTHER"}, "must be codes out of FSW, MSM, PWID, TG, PRIS"),
        ({"also_kp": "PWID FSW"}, "must name other KPs than the one in kp"),
        ({"profiles": -1}, "must be a whole number, 0 or more; got -1"),
        ({"spots_visited": None}, "must not be blank"),
    ],
)
def test_answers_of_people(change, words):
    (problem,) = problems_of(tiny_tables() | {"people": people(**change)})
    assert problem.message == words


def test_answers_about_platforms_are_1_0_or_missing():
    rows = [people(person_id=f"P{i}", uses_platforms=answer) for i, answer in enumerate(["yes", "no", None])]
    table = tiny_study(tables=tiny_tables() | {"people": pd.concat(rows)}).people
    assert table["uses_platforms"].fillna(-1).tolist() == [1, 0, -1]


def test_profiles_may_be_left_to_people():
    tables = with_cell("virtual", "profiles_per_person", None)
    tables["virtual"]["share_at_spots"] = None
    tables["people"] = people(spot_id=None, spots_visited=1, profiles=3)
    assert tiny_study(tables=tables).virtual["profiles_per_person"].isna().all()
    tables["people"]["kp"] = "MSM"
    assert [p.column for p in problems_of(tables)] == ["profiles_per_person", "share_at_spots"]


def _notices(tables, **settings):
    return [(p.file, p.row, p.rule, p.message) for p in tiny_study(tables=tables, **settings).notices]


def test_new_spots_are_counted_and_are_no_error():
    tables = tiny_tables()
    tables["level2"].loc[0, "spot_id"] = "N1"
    ((file, row, rule, message),) = _notices(tables)
    assert (file, row, rule) == ("level2.csv", None, "new_spots")
    assert message.startswith("1 spot(s) are not in level1: they are taken as new spots")


def test_people_at_an_unknown_spot_are_told():
    ((file, row, rule, message),) = _notices(tiny_tables() | {"people": people(spot_id="X")})
    assert (file, row, rule) == ("people.csv", 2, "unknown_spot")
    assert message == "1 row(s) name a spot that is neither in level1 nor in level2"


def test_a_mean_over_everybody_is_noticed():
    ((_, row, rule, message),) = _notices(with_cell("level2", "other_spots_mean", 0.5))
    assert (row, rule) == (2, "mean_below_1")
    assert "the mean must be among those who go to other spots" in message


def test_a_kp_without_denominator_is_noticed():
    ((file, _, rule, message),) = _notices(tiny_tables(), denominators={})
    assert (file, rule) == ("study.toml", "no_denominator")
    assert message.endswith("do not say which adults the rates of FSW are about, so they are left blank")
    (problem,) = tiny_study(denominators={}).notices
    assert problem.column == "denominators.FSW"
    assert problem.remedy.startswith("Under denominators, give FSW a column of municipalities, such as adult")


def test_a_municipality_with_no_adults_is_noticed():
    ((file, row, rule, message),) = _notices(with_cell("municipalities", "adult_women", 0))
    assert (file, row, rule) == ("municipalities.csv", 2, "zero_adults")
    assert message == "is 0 in a mapped municipality: the rate of FSW is left blank there"


def test_a_denominator_names_a_column_of_numbers():
    (problem,) = problems_of(tiny_tables(), denominators={"FSW": "adult_woman"})
    assert problem.column == "denominators.FSW"
    assert "must name a column of numbers in municipalities; 'adult_woman' is not one" in problem.message
    assert problem.remedy == "Did you mean 'adult_women'?"
    (text,) = problems_of(tiny_tables(), denominators={"FSW": "name"})
    assert text.rule == "denominator"


def test_a_denominator_may_be_a_column_of_ones_own():
    tables = tiny_tables()
    tables["municipalities"]["women_15_49"] = 700
    study = tiny_study(tables=tables, denominators={"FSW": "women_15_49"})
    assert study.municipalities["women_15_49"].tolist() == [700.0]
    assert study.notices == ()
    tables["municipalities"]["women_15_49"] = None
    (problem,) = problems_of(tables, denominators={"FSW": "women_15_49"})
    assert str(problem) == "row 2, women_15_49: must not be blank where mapped is yes"


def test_unknown_columns_are_kept_as_text_and_named():
    tables = tiny_tables()
    tables["level1"]["team"] = 7
    study = tiny_study(tables=tables)
    assert study.level1["team"].tolist() == ["7"] * 6
    assert study.notices[0].message == "unknown columns are kept as text and not used: 'team'"


def test_names_in_other_languages_are_known():
    tables = tiny_tables()
    tables["municipalities"]["name_sr"] = "Grad"
    assert tiny_study(tables=tables).notices == ()


def test_problems_come_in_the_order_of_files_rows_and_columns_whatever_breaks():
    tables = with_cell("level2", "status", "open", row=3)
    tables["level1"] = with_cell("level1", "kp_min", -1, row=4)["level1"]
    tables["level1"].loc[4, "kp_max"] = -1
    tables["level1"].loc[1, "kp"] = "X"
    tables["municipalities"]["adult_men"] = -1
    expected = [
        ("study.toml", None, "year"),
        ("municipalities.csv", 2, "adult_men"),
        ("level1.csv", 3, "kp"),
        ("level1.csv", 6, "kp_min"),
        ("level1.csv", 6, "kp_max"),
        ("level2.csv", 5, "status"),
    ]
    for order in (list(tables), list(reversed(tables))):
        found = problems_of({name: tables[name] for name in order}, year="soon")
        assert [(p.file, p.row, p.column) for p in found] == expected


def test_a_missing_column_is_named_and_the_rest_is_checked():
    tables = with_cell("level1", "kp_max", -3)
    tables["level1"] = tables["level1"].rename(columns={"kp_min": "kp_mni"})
    first, second = problems_of(tables)
    assert str(first) == "kp_min: the column is missing. Rename 'kp_mni' if it is meant."
    assert (second.row, second.column) == (2, "kp_max")


def test_an_unknown_table_is_refused():
    (problem,) = problems_of(tiny_tables() | {"levl1": tiny_tables()["level1"]})
    assert problem.rule == "unknown_table"


def test_an_absent_table_is_empty_with_all_columns():
    study = tiny_study()
    assert list(study.people.columns)[:5] == ["person_id", "municipality", "kp", "spot_id", "spots_visited"]
    assert len(study.people) == 0
    assert study.people["profiles"].dtype == float


def test_an_optional_column_in_which_nothing_stands_is_as_if_it_were_not_there():
    tables = tiny_tables()
    tables["level2"]["shift"] = None
    assert "shift" not in tiny_study(tables=tables).level2


def test_required_tables_must_be_there():
    found = problems_of({})
    assert [p.file for p in found] == ["municipalities.csv", "level1.csv", "level2.csv"]
    assert all(p.rule == "missing_file" for p in found)


def test_nobody_visited_a_spot_is_no_error():
    tables = tiny_tables()
    tables["level2"] = tables["level2"].iloc[:0]
    assert len(make_study(**tiny_settings(), tables=tables).level2) == 0


def test_repr_counts_rows_and_shows_no_value():
    text = repr(tiny_study())
    assert text.startswith("Study(rows: municipalities 1, level1 6, level2 4, people 0")
    assert "Town" not in text


def told(tables, rule):
    return [p for p in tiny_study(tables=tables).notices if p.rule == rule]


@pytest.mark.parametrize("column", ["informant_type", "date"])
def test_two_informants_or_days_with_one_code_of_an_interview_are_told_once(column):
    tables = tiny_tables()
    first, second = {"informant_type": ("taxi", "police"), "date": ("2016-03-01", "2016-03-02")}[column]
    tables["level1"]["interview_id"] = ["I1", "I1", "I1", "I1", "I2", "I2"]
    tables["level1"][column] = [first, first, second, second, second, second]
    (problem,) = told(tables, "two_interviews")
    assert (problem.file, problem.row, problem.column) == ("level1.csv", 4, column)
    assert problem.message.startswith("is not the same as in row 2 of this interview_id")
    assert problem.remedy == "Give each interview a code of its own, or correct the row."
    assert not {first, second, "I1"} & set(str(problem).replace(":", " ").split())


def test_an_interview_at_a_spot_has_one_day():
    tables = tiny_tables()
    tables["level2"]["interview_id"] = ["J1", "J1", "J2", "J2"]
    tables["level2"]["date"] = ["2016-03-01", "2016-03-02", "2016-03-02", None]
    (problem,) = told(tables, "two_interviews")
    assert (problem.file, problem.row, problem.column) == ("level2.csv", 3, "date")


def test_typologies_that_are_only_written_otherwise_are_told():
    tables = tiny_tables()
    tables["level1"]["typology"] = ["Kafiteri", "kafiteri", "Kafiteri", "kafit\u00ebri", "bar", "street"]
    tables["level2"]["typology"] = ["bar", "kafiteri  ", "street", "hotel"]
    found = told(tables, "alike")
    assert [(p.file, p.row, p.column) for p in found] == [
        ("level1.csv", 3, "typology"),
        ("level1.csv", 5, "typology"),
        ("level2.csv", 3, "typology"),
    ]
    for problem in found:
        assert problem.message.startswith("differs from level1 row 2 only in letter case, spaces, marks")
        assert problem.message.endswith("rows written like this: 1")
        assert problem.remedy == "Write it the same way in all rows."
        assert "afit" not in str(problem)


@pytest.mark.parametrize(("more", "notices"), [(0, 1), (1, 0)])
def test_a_column_of_more_texts_than_there_are_zones_is_left_alone(more, notices):
    tables = tiny_tables()
    zones = ["Zone", "zone", *(f"Z{i}" for i in range(MOST_TEXTS - 2 + more))]
    level1 = pd.DataFrame({"zone": zones}).assign(**tables["level1"].iloc[0].drop("zone"))
    tables["level1"] = level1.assign(interview_id=[f"I{i}" for i in range(len(level1))])
    assert len(told(tables, "alike")) == notices


def test_zones_are_alike_within_a_municipality_only():
    tables = tiny_tables()
    tables["municipalities"] = pd.concat(
        [tables["municipalities"], tables["municipalities"].assign(municipality="M2")]
    )
    tables["level1"]["municipality"] = ["M1", "M1", "M1", "M1", "M2", "M2"]
    tables["level1"]["zone"] = ["Zone 1", "Zone 2", "zone-1", "Zone 12", "ZONE 1", None]
    (problem,) = told(tables, "alike")
    assert (problem.file, problem.row, problem.column) == ("level1.csv", 4, "zone")


TOTALS = [
    "Gjithsej",
    "TOTAL",
    "Grand total:",
    "ukupno",
    "Укупно",
    "ЗБИР",
    "Вкупно",
    "Разом",
    "усього",
    "Shuma",
]


@pytest.mark.parametrize("word", TOTALS)
@pytest.mark.parametrize("column", ["interview_id", "spot_id", "spot_name", "zone", "municipality"])
def test_a_row_of_totals_is_no_spot(column, word):
    tables = more_rows("level1", **({"interview_id": "I9", "spot_name": None} | {column: word}))
    (problem,) = problems_of(tables)
    assert (problem.file, problem.row, problem.column) == ("level1.csv", 8, column)
    assert problem.message == "this row looks like a total of other rows"
    assert problem.remedy == "Delete the row; if it is no total, write more than this one word."


def test_a_row_of_totals_is_told_once_whatever_cells_say_so():
    tables = more_rows("level1", interview_id="Gjithsej", zone="Gjithsej", municipality="total", kp_max=63)
    assert [(p.rule, p.column) for p in problems_of(tables)] == [("total_row", "interview_id")]


@pytest.mark.parametrize("name", ["Total Sport", "Sumica", "Totale", "Sum 41", "Bar Ukupno"])
def test_a_spot_may_have_a_word_for_a_total_in_its_name(name):
    assert not told(more_rows("level1", interview_id="I9", spot_name=name), "total_row")


def named(*pairs):
    """Return the tables of the tiny study with mentions of one spot under these names, one row each."""
    tables = tiny_tables()
    first = tables["level1"].iloc[0].to_dict()
    rows = [first | {"interview_id": f"I{i}", "spot_name": name} for i, name in enumerate(pairs)]
    return tables | {"level1": pd.DataFrame(rows), "level2": tables["level2"].iloc[:1]}


def test_two_names_under_one_code_are_told():
    tables = named("Kafe Šumica", "КАФЕ ШУМИЦА", "Motel Drini", None, "Motel Drini", "Kafe Shumica")
    tables["level2"] = tables["level2"].assign(spot_name="Sauna Liri")
    found = told(tables, "two_names")
    assert [(p.file, p.row, p.column) for p in found] == [
        ("level1.csv", 4, "spot_name"),
        ("level2.csv", 2, "spot_name"),
    ]
    for problem in found:
        assert problem.message == "is another name than in level1 row 2: one code may stand for two spots"
        assert problem.remedy.startswith("Correct the row, or give one of the two spots another code")


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Park 1", "Park 2", True),
        ("Bar Liri", "Hotel Dukagjini", True),
        ("Kafe Roma", "Hotel Roma", False),
        ("Kafe Roma", "Roma 2, afër pompës", False),
        ("Kafe", "Kafe Roma", False),
        ("Dukagjini", "Dukagjni", False),
        ("Park", "Park", False),
    ],
)
def test_a_name_is_another_one_only_where_it_clearly_is(one, other, differ):
    assert bool(told(named(one, other), "two_names")) == differ


def test_two_typologies_of_a_spot_and_kp_at_one_level_are_told():
    tables = more_rows("level1", interview_id="I9", typology="sauna")
    tables["level1"].loc[1, ["spot_id", "kp"]] = ["A", "MSM"]  # a street, for another KP
    tables["level2"].loc[0, "typology"] = "lodge"  # at the other level
    (problem,) = told(tables, "two_typologies")
    assert (problem.file, problem.row, problem.column) == ("level1.csv", 8, "typology")
    assert problem.message.startswith(
        "is another typology than in level1 row 2, for the same KP: one code may"
    )
    assert not told(more_rows("level1", interview_id="I9", typology="BAR"), "two_typologies")


def with_cells(table, **cells):
    tables = tiny_tables()
    for name, value in cells.items():
        tables[table].loc[0, name] = value
    return tables


@pytest.mark.parametrize(
    ("table", "cells", "column", "words"),
    [
        ("level1", {"kp_max": 1001}, "kp_max", "is more than all adults of this municipality"),
        ("level2", {"usual_max": 1001, "peak_max": 1001}, "usual_max", "is more than all adults of this"),
        ("level2", {"peak_max": 1001}, "peak_max", "is more than all adults of this municipality"),
        ("level1", {"kp_min": 5, "kp_max": 101}, "kp_max", "is more than 20 times kp_min"),
        ("level2", {"peak_max": 201}, "peak_max", "is more than 20 times peak_min"),
    ],
)
def test_an_unlikely_number_of_people_is_told_once_a_row(table, cells, column, words):
    (problem,) = tiny_study(tables=with_cells(table, **cells)).notices
    assert (problem.file, problem.row, problem.column) == (f"{table}.csv", 2, column)
    assert problem.message.startswith(words)
    assert problem.remedy == "Look at the number; if it is right, nothing is to be done."


@pytest.mark.parametrize(
    ("cells", "denominators"),
    [
        ({"kp_min": 900, "kp_max": 1000}, {"FSW": "adult_women"}),
        ({"kp_min": 900, "kp_max": 1001}, {"MSM": "adult_men", "FSW": "adults"}),
        ({"kp_min": 5, "kp_max": 100}, {"FSW": "adult_women"}),
        ({"kp_min": 1, "kp_max": 99}, {"FSW": "adult_women"}),
        ({"kp_min": 0, "kp_max": 500}, {"FSW": "adult_women"}),
    ],
)
def test_large_numbers_of_people_that_may_be_are_not_told(cells, denominators):
    tables = with_cells("level1", **cells)
    tables["municipalities"]["adults"] = 1900
    rules = {problem.rule for problem in tiny_study(tables=tables, denominators=denominators).notices}
    assert rules <= {"unknown_column"}


@pytest.mark.parametrize("table", ["level1", "level2"])
def test_a_date_far_from_the_year_of_the_study_is_told(table):
    tables = tiny_tables()
    dates = ["2014-01-01", "2013-12-31", "2017-12-31", "2018-01-01", None, "2061-05-03"]
    tables[table]["date"] = dates[: len(tables[table])]
    found = told(tables, "far_date")
    assert [p.row for p in found] == [3, 5, 7][: len(found)] and len(found) == len(tables[table]) // 2
    for problem in found:
        assert (problem.file, problem.column) == (f"{table}.csv", "date")
        assert problem.message == "is far from the year of the study, 2016"
