"""What should not be in records: told by row and column, never repeated; children are not counted."""

import pandas as pd
import pytest

import pse
from pse.records.screening import age_range
from pse.records.study import check_study, make_study
from tests.mapping.towns import SETTINGS, town_folder, town_tables


def notices(tables, tmp_path):
    study, problems = check_study(town_folder(tmp_path / "towns", tables))
    assert study is not None, problems
    return problems


def found(problems, rule):
    return [(p.file, p.row, p.column) for p in problems if p.rule == rule]


def test_personal_data_are_told_by_row_and_column_and_never_repeated(tmp_path):
    tables = town_tables()
    level1 = tables["level1"].assign(note="fine", spot_name="Bar")
    level1.loc[2, "note"] = "call 044 123 456"
    level1.loc[3, "note"] = "Dragan Petrović knows"
    level1.loc[4, "spot_name"] = "luna@example.org"
    problems = notices({**tables, "level1": level1}, tmp_path)
    assert found(problems, "personal_phone") == [("level1.csv", 4, "note")]
    assert found(problems, "personal_name") == [("level1.csv", 5, "note")]
    assert found(problems, "personal_mail") == [("level1.csv", 6, "spot_name")]
    text = " ".join(map(str, problems))
    assert not any(secret in text for secret in ("044", "Petrovi", "luna"))


def test_a_column_for_personal_data_is_told_whatever_stands_in_it(tmp_path):
    tables = town_tables()
    problems = notices({**tables, "level2": tables["level2"].assign(telefoni=1)}, tmp_path)
    (told,) = [p for p in problems if p.rule == "personal_column"]
    assert told.message == "the column 'telefoni' seems to be for a telephone number"


def test_look_alike_letters_are_told(tmp_path):
    tables = town_tables()
    tables["municipalities"].loc[0, "name"] = "Приштинa"  # its last letter is Latin
    problems = notices(tables, tmp_path)
    assert found(problems, "two_scripts") == [("municipalities.csv", 2, "name")]


def people(ages, kp="FSW", also=None):
    rows = {
        "person_id": [f"p{i}" for i in range(len(ages))],
        "municipality": "big",
        "kp": kp,
        "spot_id": "S00",
        "spots_visited": 2,
        "age_group": ages,
    }
    return pd.DataFrame(rows | ({} if also is None else {"also_kp": also}))


def test_nobody_under_18_is_counted_as_a_sex_worker(tmp_path):
    tables = town_tables() | {"people": people(["15-17", "18-24", "<18", "17", "25+"])}
    study, problems = check_study(town_folder(tmp_path / "towns", tables))
    assert study.people["person_id"].tolist() == ["p1", "p4"]
    told = [p for p in problems if p.rule == "under_18"]
    assert [p.row for p in told] == [2, 4, 5]
    assert "child-protection procedure" in told[0].remedy


def test_a_number_alone_in_a_text_is_told_as_a_phone_and_a_code_is_not(tmp_path):
    tables = town_tables()
    level1 = tables["level1"].assign(spot_name="Bar")
    level1.loc[4, "spot_name"] = "44123456"
    level1.loc[5, "typology"] = "44123456"
    problems = notices({**tables, "level1": level1}, tmp_path)
    assert found(problems, "personal_phone") == [("level1.csv", 6, "spot_name")]


def test_an_age_that_cannot_be_read_is_told(tmp_path):
    tables = town_tables() | {"people": people(["2008", "18-24", "adult", "17"])}
    study, problems = check_study(town_folder(tmp_path / "towns", tables))
    assert [p.row for p in problems if p.rule == "age_unread"] == [2, 4]
    assert len(study.people) == 3


def test_children_of_another_kp_stay_unless_they_are_also_recorded_as_sex_workers():
    given = people(["15-17", "15-17"], kp="PWID", also=["", "FSW"])
    study = make_study(**SETTINGS, tables=town_tables() | {"people": given})
    assert study.people["person_id"].tolist() == ["p0"]


def test_leaving_children_out_is_the_same_as_not_having_asked_them():
    with_children = town_tables() | {"people": people(["18-24", "15-17", "25+"])}
    without = town_tables() | {"people": people(["18-24", "15-17", "25+"]).drop(index=1)}
    one, other = (
        pse.estimate_study(make_study(**SETTINGS, tables=tables)).national
        for tables in (with_children, without)
    )
    pd.testing.assert_frame_equal(one, other)


def test_an_age_group_over_the_border_is_told(tmp_path):
    tables = town_tables() | {"people": people(["15-24", "18-24"])}
    problems = notices(tables, tmp_path)
    assert found(problems, "age_not_split") == [("people.csv", 2, "age_group")]


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("15-17", (15, 17)),
        ("15 – 17", (15, 17)),
        ("< 18", (0, 17)),
        ("nën 18", (0, 17)),
        ("ispod 18", (0, 17)),
        ("до 18", (0, 17)),
        ("<=17", (0, 17)),
        ("<=18", (0, 18)),
        ("2008-05-13", None),
        ("16", (16, 16)),
        ("18+", (18, float("inf"))),
        ("mbi 50", (50, float("inf"))),
    ],
)
def test_age_groups_are_read_as_people_write_them(text, ages):
    assert age_range(text) == ages


def test_the_sample_has_nothing_to_tell():
    _, problems = check_study(pse.sample_folder())
    assert not [p for p in problems if p.rule.startswith(("personal", "two_scripts", "under_18"))]
