"""What a message tells to do can be done: about files that are not there, and about places."""

import pytest

from pse.records.imports import Decisions, import_records, read_columns, read_sources
from pse.records.imports.spots import PLACE_COLUMNS
from pse.records.problems import TableError
from tests.records.imports.exports import exercise, kobo_level1, kobo_level2, municipalities_csv
from tests.records.imports.test_three_sources import SETTINGS, errors


def test_a_column_file_that_is_missing_is_told_as_missing(tmp_path):
    with pytest.raises(TableError, match="there is nothing of this name") as caught:
        read_columns(tmp_path / "nothere.toml")
    assert "UTF-8" not in str(caught.value)


@pytest.mark.parametrize("name", ["nothere.csv", "."])
def test_of_a_missing_source_or_a_folder_no_new_export_is_asked(tmp_path, name):
    [problem] = read_sources([tmp_path / name]).problems
    assert problem.remedy == "Give the name of a file that is there, with its folder."


def test_level2_is_not_said_to_be_missing_where_a_source_could_not_be_read(tmp_path):
    level1, _ = exercise()
    files = [kobo_level1(level1, tmp_path / "1.xlsx"), municipalities_csv(tmp_path / "m.csv")]
    whole = import_records(read_sources(files), settings=SETTINGS)
    assert "no_level2" in [p.rule for p in whole.problems]
    broken = import_records(read_sources([*files, tmp_path / "2.csv"]), settings=SETTINGS)
    assert [p.rule for p in broken.problems if p.rule in ("no_level2", "unreadable")] == ["unreadable"]
    assert broken.study is None


def test_a_place_without_a_proposal_can_be_left_out_as_the_remedy_says(tmp_path):
    level1, level2 = exercise()
    level1[0]["spots"][0] |= {"lat": 0, "lon": 0}
    files = [kobo_level1(level1, tmp_path / "1.xlsx"), kobo_level2(level2, tmp_path / "2.csv"),
             municipalities_csv(tmp_path / "m.csv")]  # fmt: skip
    found = import_records(read_sources(files), settings=SETTINGS)
    [told] = [p for p in found.problems if p.rule == "place"]
    assert "then it is left out" in told.remedy and "proposal" not in told.remedy
    accepted = found.places.assign(accept="yes")[list(PLACE_COLUMNS)].astype(object).fillna("").astype(str)
    again = import_records(read_sources(files), settings=SETTINGS, decisions=Decisions(places=accepted))
    assert not errors(again) and again.study.level1["lat"].isna().iloc[0]


def test_an_unknown_kp_can_be_mended_in_the_column_file(tmp_path):
    level1, level2 = exercise()
    level1[0]["spots"][0]["kp"] = "punonjës të natës"
    files = [kobo_level1(level1, tmp_path / "1.xlsx"), kobo_level2(level2, tmp_path / "2.csv"),
             municipalities_csv(tmp_path / "m.csv")]  # fmt: skip
    [told] = errors(import_records(read_sources(files), settings=SETTINGS))
    assert told.rule == "unknown_code"
    assert "[part.values.kp] in the column file" in told.remedy and "[kps]" in told.remedy


def test_an_unknown_status_can_be_mended_in_the_column_file(tmp_path):
    level1, level2 = exercise()
    level2[0]["status"] = "puno ljudi"
    files = [kobo_level1(level1, tmp_path / "1.xlsx"), kobo_level2(level2, tmp_path / "2.csv"),
             municipalities_csv(tmp_path / "m.csv")]  # fmt: skip
    [told] = errors(import_records(read_sources(files), settings=SETTINGS))
    assert (told.row, told.rule) == (2, "unknown_code")
    assert told.remedy == (
        "Say which code it is under [part.values.status] in the column file, or correct it in the source."
    )


def test_a_missing_column_is_to_be_named_in_the_column_file(tmp_path):
    (tmp_path / "visits.csv").write_text("Q1,Q2\nB1,M1\n", encoding="utf-8")
    rules = (
        '[[part]]\nfile = "visits.csv"\ntable = "level2"\n[part.columns]\n"Q1" = "interview_id"\n"Q2" = ""\n'
    )
    (tmp_path / "import.toml").write_text(rules, encoding="utf-8")
    files = [kobo_level1(exercise()[0], tmp_path / "1.xlsx"), municipalities_csv(tmp_path / "m.csv")]
    columns = read_columns(tmp_path / "import.toml")
    found = import_records(
        read_sources([*files, tmp_path / "visits.csv"]), settings=SETTINGS, columns=columns
    )
    told = {p.column: p.remedy for p in errors(found) if p.rule == "missing_column"}
    assert told["municipality"] == (
        'Name its heading in the column file, such as "heading" = "municipality".'
    )
    assert set(told) >= {"kp", "typology", "status"} and all(told.values())
