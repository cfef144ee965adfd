"""Personal data and children are told, set aside, and never in the study."""

import pytest

from pse.records.imports import import_records, read_sources
from tests.records.imports.exports import (
    as_csv,
    exercise,
    kobo_level1,
    kobo_level2,
    municipalities_csv,
    odk_zip,
)
from tests.records.imports.test_three_sources import SETTINGS, errors, import_exercise

PHONE = "044 123 456"


def people(tmp_path, rows, heading="age_group"):
    level1, level2 = exercise()
    table = [["person_id", "municipality", "kp", "spot_id", "spots_visited", heading],
             *([f"P{i}", "M1", kp, "S1", 2, age] for i, (kp, age) in enumerate(rows))]  # fmt: skip
    path = tmp_path / "people.csv"
    path.write_text(as_csv(table), encoding="utf-8")
    files = [odk_zip(level1, level2, tmp_path / "odk.zip"), municipalities_csv(tmp_path / "m.csv"), path]
    return import_records(read_sources(files), settings=SETTINGS)


def test_a_cell_that_looks_personal_is_kept_out_and_told(tmp_path):
    level1, level2 = exercise()
    level1[1]["spots"][0]["spot_name"] = f"ask at {PHONE}"
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    [notice] = [p for p in found.problems if p.rule == "personal_cell"]
    assert (notice.sheet, notice.row, notice.column) == ("spot", 4, "spot/spot_name")
    assert "looks like a telephone number" in notice.message
    assert found.quarantine.to_numpy().tolist() == [
        ["kobo_1.xlsx", "spot", 4, "spot/spot_name", "a telephone number", f"ask at {PHONE}"]
    ]
    assert found.study is not None
    assert PHONE not in found.study.level1.to_csv() and PHONE not in found.tables["level1"].to_csv()


def test_keep_lets_a_heading_through(tmp_path):
    level1, level2 = exercise()
    level1[1]["spots"][0]["spot_name"] = f"ask at {PHONE}"
    folder = tmp_path / "twin"
    import_exercise("twin", level1, level2, folder)  # writes the files and the column file
    text = (
        (folder / "import.toml")
        .read_text("utf-8")
        .replace('table = "level1"', 'table = "level1"\nkeep = ["Назив места"]')
    )
    (folder / "import.toml").write_text(text, encoding="utf-8")
    from pse.records.imports import read_columns

    files = [folder / name for name in ("informanti.csv", "posete.csv", "municipalities.csv")]
    found = import_records(
        read_sources(files), settings=SETTINGS, columns=read_columns(folder / "import.toml")
    )
    assert found.study.level1["spot_name"].tolist()[2] == f"ask at {PHONE}"
    assert not len(found.quarantine)


def test_a_long_question_whose_answers_are_telephone_numbers_is_described(tmp_path):
    level1, level2 = exercise()
    asked = "How may we get in touch with you after this interview?"
    for number, record in enumerate(level1):
        record[asked] = f"044 123 45{number}"
    kobo = kobo_level1(level1, tmp_path / "k.xlsx", extra=[asked])
    files = [kobo, kobo_level2(level2, tmp_path / "k.csv"), municipalities_csv(tmp_path / "m.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    [told] = [p for p in found.problems if p.rule == "personal_column"]
    assert told.message == (
        "a column seems to hold a telephone number and is not imported: a heading of 54 characters. "
        "Ask whether the form should have it at all"
    )


def test_a_code_made_from_a_phone_is_an_error_told_once(tmp_path):
    level1, level2 = exercise()
    level2[1]["interview_id"] = "+383 44 123 456"
    found = import_exercise("odk", level1, level2, tmp_path / "odk")
    assert [(p.row, p.column, p.rule) for p in errors(found)] == [(3, "visit-interview_id", "personal_code")]


def test_a_column_the_form_should_not_have_is_never_imported(tmp_path):
    level1, level2 = exercise()
    for number, record in enumerate(level1):
        record |= {"Broj telefona": f"044 123 45{number}", "mbiemri": "Xhaferi", "deviceid": "ee.x:1"}
    kobo = kobo_level1(level1, tmp_path / "k.xlsx", extra=["Broj telefona", "mbiemri", "deviceid"])
    files = [kobo, kobo_level2(level2, tmp_path / "k.csv"), municipalities_csv(tmp_path / "m.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    messages = [p.message for p in found.problems if p.rule == "personal_column"]
    assert len(messages) == 3 and any("a telephone number" in text for text in messages)
    everything = "".join(frame.to_csv() for frame in found.tables.values()) + "".join(
        map(str, found.problems)
    )
    assert "044 123" not in everything and "Xhaferi" not in everything and "ee.x" not in everything


@pytest.mark.parametrize(
    "age",
    ["17", "15-17", "<18", "<=17", "under 18", "less than 18", "nën 18", "më pak se 18", "ispod 18", "do 18",
     "mlađe od 18", "mladje od 18", "млађе од 18", "помлади од 18", "до 18", "молодше 18", "0 - 17",
     "16 years", "17.5", 12],
)  # fmt: skip
def test_children_are_never_counted_as_sex_workers(age, tmp_path):
    found = people(tmp_path, [("FSW", "18-24"), ("FSW", age), ("MSM", age)])
    [note] = [p for p in found.problems if p.rule == "under_18"]
    assert (note.file, note.row) == ("people.csv", 3)
    assert "is under 18" in note.message and "child-protection procedure" in note.remedy
    assert found.study.people["person_id"].tolist() == ["P0", "P2"]
    assert found.set_aside["row"].tolist() == [3]


@pytest.mark.parametrize("age", ["18", "18-24", "15-24", "25+", ">18", "over 18", "mbi 18", "", "adult"])
def test_others_stay(age, tmp_path):
    found = people(tmp_path, [("FSW", age), ("FSW", "30")])
    assert len(found.study.people) == 2


def test_an_age_that_is_no_column_of_the_table_is_looked_at_and_not_kept(tmp_path):
    found = people(tmp_path, [("FSW", 15), ("FSW", 33)], heading="age")
    assert found.study.people["person_id"].tolist() == ["P1"]
    assert "age" not in found.tables["people"]


@pytest.mark.parametrize("heading", ["age", "age_group"])
@pytest.mark.parametrize("age", ["2008", "2008-05-13", "born 13.5.1985", "minor"])
def test_an_age_that_cannot_be_read_is_told_for_sex_workers_and_nobody_is_set_aside(age, heading, tmp_path):
    found = people(tmp_path, [("FSW", "24"), ("FSW", age), ("MSM", age)], heading=heading)
    [told] = [p for p in found.problems if p.rule == "age_unread"]
    assert (told.file, told.row, told.severity) == ("people.csv", 3, "notice")
    assert "the age cannot be read" in told.message and len(found.study.people) == 3


def test_a_number_in_place_of_a_name_is_a_phone_that_lost_its_zero(tmp_path):
    level1, level2 = exercise()
    level1[1]["spots"][0]["spot_name"] = 44123456
    level2[1]["interview_id"] = "44123457"  # codes may look so
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    assert not errors(found)
    assert found.quarantine["value"].tolist() == ["44123456"]
    assert "44123456" not in found.tables["level1"].to_csv()


def test_a_platform_may_be_called_by_its_web_site_and_not_by_an_account(tmp_path):
    head = ["municipality", "kp", "platform_type", "platform", "accounts_min", "accounts_max",
            "share_genuine", "share_active", "share_resident", "profiles_per_person",
            "share_at_spots"]  # fmt: skip
    names = ["oglasi.rs", "https://www.oglasi.rs", "oglasi.rs/ana", "telegram: ana_k", "luna@oglasi.rs"]
    rows = [["M1", "FSW", "web site", name, 10, 20, 0.5, 0.5, 0.5, 1.5, 0.2] for name in names]
    (tmp_path / "virtual.csv").write_text(as_csv([head, *rows]), encoding="utf-8")
    files = [odk_zip(*exercise(), tmp_path / "odk.zip"), municipalities_csv(tmp_path / "m.csv")]
    found = import_records(read_sources([*files, tmp_path / "virtual.csv"]), settings=SETTINGS)
    told = [
        (p.row, p.rule) for p in found.problems if p.file == "virtual.csv" and p.rule.startswith("personal")
    ]
    assert told == [(4, "personal_code"), (5, "personal_code"), (6, "personal_code")]


def test_no_message_repeats_a_value(tmp_path):
    level1, level2 = exercise()
    level1[0]["spots"][0]["spot_name"] = "Ana Kovač, ana@example.org"
    level1[1]["municipality"] = "Secretville"
    level2[0]["status"] = "Ana Kovač"
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    text = "".join(f"{p} {p.in_language('uk')}" for p in found.problems)
    for secret in ("Ana", "Kovač", "example", "Secretville", "42.66"):
        assert secret not in text


def test_columns_of_municipalities_that_no_table_declares_are_looked_at_too(tmp_path):
    head = ["municipality", "name", "name_sr", "adult_men", "adult_women", "mapped", "telefon", "coordinator",
            "poverty_share"]  # fmt: skip
    rows = [["M1", "Prishtinë", "Priština", 9, 9, "yes", "044 123 456", "Ana Kovač", "12,5"],
            ["M2", "Gjakovë", "Đakovica", 9, 9, "yes", "044 123 457", "", "7,5"]]  # fmt: skip
    level1, level2 = exercise()
    towns = tmp_path / "towns.csv"
    towns.write_text(as_csv([head, *rows]), encoding="utf-8")
    files = [odk_zip(level1, level2, tmp_path / "odk.zip"), towns]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert not errors(found)
    everything = found.tables["municipalities"].to_csv() + "".join(map(str, found.problems))
    assert "044 123" not in everything and "Kovač" not in everything
    assert found.study.municipalities["poverty_share"].tolist() == ["12.5", "7.5"]
    assert found.quarantine["value"].tolist() == ["044 123 456", "044 123 457", "Ana Kovač"]


def test_a_row_that_is_set_aside_is_kept_without_columns_that_promise_personal_data(tmp_path):
    level1, level2 = exercise()
    level1.append(level1[0])  # sent twice
    for record in level1:
        record |= {"Broj telefona": PHONE, "deviceid": "ee.x:1"}
    kobo = kobo_level1(level1, tmp_path / "k.xlsx", extra=["Broj telefona", "deviceid"])
    files = [kobo, kobo_level2(level2, tmp_path / "k.csv"), municipalities_csv(tmp_path / "m.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    [content] = found.set_aside["content"]
    assert '"interview_id": "A1"' in content
    assert "044" not in content and "ee.x" not in content
