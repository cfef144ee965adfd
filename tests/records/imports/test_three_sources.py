"""A Kobo export, an ODK zip and a Serbian office's workbook of one exercise become the same study."""

import pandas as pd
import pytest

from pse.records.imports import import_records, read_columns, read_sources
from tests.records.imports.exports import (
    column_file,
    exercise,
    kobo_level1,
    kobo_level2,
    municipalities_csv,
    odk_zip,
    serbian_csv,
    serbian_workbook,
)

SETTINGS = {"title": "Exercise", "country": "Kosovo", "year": 2016, "denominators": {"FSW": "adult_women"}}
SOURCES = ("kobo", "odk", "serbian", "twin")


def import_exercise(source, level1, level2, folder, **more):
    """Write the records as `source` hands them in, and import them."""
    folder.mkdir(exist_ok=True)
    columns = folder / "import.toml"
    if source == "kobo":
        files = [kobo_level1(level1, folder / "kobo_1.xlsx"), kobo_level2(level2, folder / "kobo_2.csv")]
    elif source == "odk":
        files = [odk_zip(level1, level2, folder / "odk.zip")]
    elif source == "serbian":
        files = [serbian_workbook(level1, level2, folder / "terenski.xlsx")]
        column_file(columns, ("terenski*.xlsx", "Информанти"), ("terenski*.xlsx", "Посете"))
    else:
        files = serbian_csv(level1, level2, folder)
        column_file(columns, ("informanti.csv", ""), ("posete.csv", ""))
    files.append(municipalities_csv(folder / "municipalities.csv"))
    rules = read_columns(columns) if columns.exists() else None
    return import_records(read_sources(files), settings=SETTINGS, columns=rules, **more)


def errors(found):
    return [problem for problem in found.problems if problem.severity == "error"]


@pytest.mark.parametrize("source", SOURCES[1:])
def test_every_source_is_the_same_study(source, tmp_path):
    kobo = import_exercise("kobo", *exercise(), tmp_path / "kobo")
    other = import_exercise(source, *exercise(), tmp_path / source)
    assert kobo.study is not None and other.study is not None
    for table in ("municipalities", "level1", "level2"):
        pd.testing.assert_frame_equal(
            getattr(other.study, table), getattr(kobo.study, table), check_like=True
        )


def test_the_study_holds_what_was_recorded(tmp_path):
    study = import_exercise("kobo", *exercise(), tmp_path / "kobo").study
    assert study.level1["interview_id"].tolist() == ["A1", "A1", "A2", "A2", "A3", "A4"]
    assert study.level1["spot_id"].isna().tolist() == [False] * 5 + [True]  # A4 named no spot
    assert study.level1["peak_days"].dropna().tolist() == ["fri sat", "sat", "fri", "fri sat", "wed"]
    assert study.level1["lat"].iloc[0] == 42.6601
    assert study.level2["hours"].iloc[0] == "18-24 00-02"
    assert study.municipalities["name_sr"].tolist() == ["Priština", "Đakovica"]


PLANTED = [
    ("above_kp_max", {"kobo": ("spot", 2), "odk": ("level1-spot.csv", 2), "flat": ("level1", 2)}),
    ("days", {"kobo": ("spot", 3), "odk": ("level1-spot.csv", 3), "flat": ("level1", 3)}),
    ("count", {"kobo": ("spot", 4), "odk": ("level1-spot.csv", 4), "flat": ("level1", 4)}),
    ("unknown_code", {"kobo": ("level 1", 4), "odk": ("level1.csv", 4), "flat": ("level1", 6)}),
    ("blank", {"kobo": ("level 1", 5), "odk": ("level1.csv", 5), "flat": ("level1", 7)}),
    ("unknown_code", {"kobo": (None, 2), "odk": ("level2.csv", 2), "flat": ("level2", 2)}),
    ("blank", {"kobo": (None, 3), "odk": ("level2.csv", 3), "flat": ("level2", 3)}),
    ("hours", {"kobo": (None, 3), "odk": ("level2.csv", 3), "flat": ("level2", 3)}),
    ("date", {"kobo": (None, 4), "odk": ("level2.csv", 4), "flat": ("level2", 4)}),
]


def planted_exercise():
    level1, level2 = exercise()
    level1[0]["spots"][0]["kp_min"] = 30  # above kp_max
    level1[0]["spots"][1]["peak_days"] = "someday"
    level1[1]["spots"][0]["kp_max"] = "about 20"
    level1[2]["municipality"] = "Atlantis"
    level1[3]["informant_type"] = None
    level2[0]["status"] = "perhaps"
    level2[1]["usual_min"] = None
    level2[1]["hours"] = "25-30"
    level2[2]["date"] = "2016-02-31"
    return level1, level2


def test_one_parent_row_with_several_repeats_is_told_once(tmp_path):
    level1, level2 = exercise()
    level1[0]["informant_type"] = None  # A1 named two spots
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    assert [(p.sheet, p.row, p.column, p.rule) for p in errors(found)] == [
        ("level 1", 2, "informant_type", "blank")
    ]


@pytest.mark.parametrize("source", SOURCES)
def test_every_planted_error_is_told_once_at_its_row(source, tmp_path):
    found = import_exercise(source, *planted_exercise(), tmp_path / source)
    assert found.study is None
    places = {"serbian": {"level1": "Информанти", "level2": "Посете"},
              "twin": {"level1": "informanti.csv", "level2": "posete.csv"}}  # fmt: skip
    expected = []
    for rule, at in PLANTED:
        sheet, row = at.get(source) or at["flat"]
        expected.append((places.get(source, {}).get(sheet, sheet), row, rule))
    told = [(p.file if source == "twin" else p.sheet, p.row, p.rule) for p in errors(found)]
    assert sorted(told, key=str) == sorted(expected, key=str)


def test_columns_are_told_by_the_headings_of_the_source(tmp_path):
    kobo = import_exercise("kobo", *planted_exercise(), tmp_path / "kobo")
    assert {p.column for p in errors(kobo)} >= {
        "spot/kp_min",
        "spot/kp_max",
        "where/municipality",
        "visit/hours",
    }
    serbian = import_exercise("serbian", *planted_exercise(), tmp_path / "serbian")
    assert {p.column for p in errors(serbian)} >= {"Најмање", "Највише", "Општина", "Статус", "Сати"}


def test_a_code_that_comes_twice_names_the_row_of_the_other_one(tmp_path):
    level1, level2 = exercise()
    level2[1] |= {"interview_id": "B1", "spot_id": "S1", "kp": "FSW"}
    found = import_exercise("odk", level1, level2, tmp_path / "odk")
    [problem] = errors(found)
    assert (problem.sheet, problem.row, problem.rule) == ("level2.csv", 3, "duplicate_key")
    assert "first in row 2" in problem.message


def test_a_row_in_another_sheet_is_named_with_its_sheet(tmp_path):
    level1, level2 = exercise()
    level2[0]["municipality"] = "M2"  # S1 is in M1 at level 1
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    [problem] = errors(found)
    assert (problem.file, problem.row, problem.column) == ("kobo_2.csv", 2, "visit/municipality")
    assert "in level1 row 2 (kobo_1.xlsx, spot); this spot" in problem.message
