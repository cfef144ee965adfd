"""Our own forms come back as the study that was filled in: no column file, no word about a column."""

import json
import zipfile
from functools import partial

import pytest
from typer.testing import CliRunner

import pse
from mapping.cli import app
from pse.labels import LANGUAGES
from pse.records.forms import FORMS
from pse.records.forms.questions import CHILD
from pse.records.tables import LEVEL2
from tests.records.forms.phone import fill_in
from tests.records.imports.exports import municipalities_csv
from tests.records.imports.form_exports import kobo_csv, kobo_labels, kobo_labels_csv, kobo_xlsx, odk_zip

STUDY = ["--title", "Towns", "--country", "Kosovo", "--year", "2026"]
LABELS = tuple(f"{kind} {lang}" for kind in ("labels", "labels_csv") for lang in LANGUAGES)
SOURCES = ("kobo_xlsx", "kobo_csv", "odk", *LABELS)
FIRST = {"level1": 1, "level2": 100, "people": 200, "virtual": 300}
DAY = "2026-02-03"
TAXI = {"consent": "yes", "informant_type": "taxi_driver", "municipality": "M1", "zone": "Z1"}
VISIT = {"municipality": "M1", "kp": "FSW"}
BUSY = {"typology": "bar", "usual_min": "3", "usual_max": "7", "share_other_spots": "0.5",
        "other_spots_mean": "1.5", "peak_days": "fri sat", "peak_min": "7", "peak_max": "40",
        "hours": "18-24 00-02"}  # fmt: skip
PERSON = {"consent": "yes", "municipality": "M1", "age_group": "25-34", "kp": "FSW", "at_spot": "yes",
          "spots_visited": "2"}  # fmt: skip
PLATFORM = {"municipality": "M1", "kp": "MSM", "platform_type": "app", "platform": "P1", "accounts_min": "40",
            "accounts_max": "40", "share_genuine": "0.5", "share_active": "0.4", "share_resident": "1",
            "profiles_per_person": "1.5", "share_at_spots": "0"}  # fmt: skip


def informants():
    """Three who were asked and one who did not consent; the second named nothing."""
    corner = {
        "spot_name": "Corner",
        "kp": "FSW",
        "typology": "bar",
        "kp_min": "3",
        "kp_max": "7",
        "peak_days": "fri sat",
    }
    park = {"spot_name": "Park", "kp": "MSM", "typology": "park", "kp_min": "0", "kp_max": "2"}
    nameless = {"kp": "MSM", "typology": "street", "kp_min": "1", "kp_max": "1"}
    asked = [
        (TAXI | {"spots_named": "2"}, [corner, park]),
        (TAXI | {"municipality": "M2", "zone": "", "spots_named": "0"}, []),
        ({"consent": "no"}, []),
        (TAXI | {"spots_named": "3"}, [corner, nameless, nameless]),
    ]
    return [fill_in(FORMS["level1"], {"today": DAY} | main, passes) for main, passes in asked]


def visits(known):
    """A busy spot of the list, a new one, one where all refused, one not found, and one that is unsafe."""
    asked = [
        VISIT | BUSY | {"spot_known": "yes", "spot_listed": known[0], "found": "active", "agreed": "yes",
                        "place": "42.6601 21.1602 580 5"},
        VISIT | {"municipality": "M2", "spot_known": "no", "spot_name": "Bridge", "found": "active",
                 "agreed": "yes", "typology": "street", "usual_min": "0", "usual_max": "2",
                 "share_other_spots": "0"},
        VISIT | {"kp": "MSM", "spot_known": "yes", "spot_listed": known[1], "found": "active",
                 "agreed": "no"},
        VISIT | {"spot_known": "yes", "spot_listed": known[2], "found": "not_found"},
        VISIT | {"kp": "MSM", "spot_known": "yes", "spot_listed": known[3], "found": "unsafe",
                 "do_not_publish": "yes"},
    ]  # fmt: skip
    return [fill_in(FORMS["level2"], {"today": DAY} | one)[0:2] for one in asked]


def people(known):
    """Two at spots, one on a platform, a child, and one who did not consent."""
    asked = [
        PERSON | {"spot_id": known[0], "also_kp": "MSM PWID", "sex": "female", "days_per_week": "1.5"},
        PERSON | {"spot_id": known[0], "uses_platforms": "yes", "profiles": "2"},
        PERSON | {"at_spot": "no", "kp": "MSM", "spots_visited": "0", "uses_platforms": "no"},
        {"consent": "yes", "municipality": "M2", "age_group": CHILD},
        {"consent": "no"},
    ]
    return [fill_in(FORMS["people"], {"today": DAY} | one) for one in asked]


def platforms():
    asked = [PLATFORM, PLATFORM | {"platform": "P2", "profiles_min": "1", "profiles_max": "2"}]
    return [fill_in(FORMS["virtual"], one) for one in asked]


def field_work():
    """Return what the phones recorded, by form: level 2 and people choose from the spots of level 1."""
    level1 = informants()
    known = [spot["spot_id"] for _, passes in level1 for spot in passes]
    return {"level1": level1, "level2": visits(known), "people": people(known), "virtual": platforms()}


def handed_in(source, records, folder):
    """Write the four exports; Kobo's CSV has no repeats, so that its level 1 comes as a workbook."""
    folder.mkdir()
    source, _, lang = source.partition(" ")
    writers = {
        "kobo_xlsx": (kobo_xlsx, "xlsx"),
        "kobo_csv": (kobo_csv, "csv"),
        "odk": (odk_zip, "zip"),
        "labels": (partial(kobo_labels, lang=lang), "xlsx"),
        "labels_csv": (partial(kobo_labels_csv, lang=lang), "csv"),
    }
    with_repeats = {"kobo_csv": "kobo_xlsx", "labels_csv": "labels"}
    files = []
    for number, (name, filled) in enumerate(records.items()):
        write, kind = writers[with_repeats.get(source, source) if name == "level1" else source]
        files.append(write(FORMS[name], filled, folder / f"export_{number}.{kind}", first=FIRST[name]))
    return files


def run(*args):
    return CliRunner().invoke(app, ["import", *map(str, args)], env={"COLUMNS": "200"})


def imported(source, records, tmp_path):
    towns = municipalities_csv(tmp_path / "towns.csv")
    files = handed_in(source, records, tmp_path / "sources")
    result = run(*files, "--out", tmp_path / "study", "--municipalities", towns, *STUDY, "--json")
    assert result.exit_code == 0, result.output
    return pse.read_study(tmp_path / "study"), json.loads(result.output)["problems"]


@pytest.fixture(scope="module", params=SOURCES)
def trip(request, tmp_path_factory):
    records = field_work()
    return records, *imported(request.param, records, tmp_path_factory.mktemp(request.param))


def ids(records, form, name):
    return [answers[name] for answers, _ in records[form]]


def rows(frame, columns):
    """Return rows with None for a blank cell; whole numbers are whole."""
    texts = frame.reindex(columns=columns).astype(object)
    return texts.where(texts.notna(), None).to_numpy().tolist()


def test_level1_is_a_row_for_each_spot_named_and_one_for_who_named_nothing(trip):
    records, study, _ = trip
    first, second, _, fourth = ids(records, "level1", "interview_id")
    codes = [spot["spot_id"] for _, passes in records["level1"] for spot in passes]
    columns = ["interview_id", "informant_type", "municipality", "zone", "spot_id", "kp", "typology",
               "kp_min", "kp_max", "date", "spot_name", "peak_days"]  # fmt: skip
    taxi = ["taxi_driver", "M1", "Z1"]
    assert rows(study.level1, columns) == [
        [first, *taxi, codes[0], "FSW", "bar", 3, 7, DAY, "Corner", "fri sat"],
        [first, *taxi, codes[1], "MSM", "park", 0, 2, DAY, "Park", None],
        [second, "taxi_driver", "M2", None, None, None, None, None, None, DAY, None, None],
        [fourth, *taxi, codes[2], "FSW", "bar", 3, 7, DAY, "Corner", "fri sat"],
        [fourth, *taxi, codes[3], "MSM", "street", 1, 1, DAY, None, None],
        [fourth, *taxi, codes[4], "MSM", "street", 1, 1, DAY, None, None],
    ]
    assert set(study.level1) == set(columns)


def test_level2_keeps_every_visit_whatever_was_found(trip):
    records, study, _ = trip
    interviews, codes = ids(records, "level2", "interview_id"), ids(records, "level2", "spot_id")
    columns = ["interview_id", "spot_id", "municipality", "kp", "status", "typology", "usual_min",
               "usual_max", "peak_min", "peak_max", "peak_days", "hours", "share_other_spots",
               "other_spots_mean", "do_not_publish", "spot_name", "lat", "lon"]  # fmt: skip
    nothing = [None] * 9
    assert rows(study.level2, columns) == [
        [interviews[0], codes[0], "M1", "FSW", "active", "bar", 3, 7, 7, 40, "fri sat", "18-24 00-02", 0.5,
         1.5, False, None, 42.6601, 21.1602],
        [interviews[1], codes[1], "M2", "FSW", "active", "street", 0, 2, None, None, None, None, 0, None,
         False, "Bridge", None, None],
        [interviews[2], codes[2], "M1", "MSM", "refused", *nothing, False, None, None, None],
        [interviews[3], codes[3], "M1", "FSW", "not_found", *nothing, False, None, None, None],
        [interviews[4], codes[4], "M1", "MSM", "unsafe", *nothing, True, None, None, None],
    ]  # fmt: skip
    assert set(study.level2) == {*columns, "zone", "date"}
    listed = set(study.level1["spot_id"].dropna())
    assert [code in listed for code in codes] == [True, False, True, True, True]


def test_people_are_adults_who_consented(trip):
    records, study, told = trip
    codes = ids(records, "people", "person_id")
    spot = records["level1"][0][1][0]["spot_id"]
    columns = ["person_id", "municipality", "kp", "spot_id", "spots_visited", "also_kp", "sex",
               "days_per_week", "uses_platforms", "profiles", "age_group"]  # fmt: skip
    assert rows(study.people, columns) == [
        [codes[0], "M1", "FSW", spot, 2, "MSM PWID", "female", 1.5, None, None, "25-34"],
        [codes[1], "M1", "FSW", spot, 2, None, None, None, 1, 2, "25-34"],
        [codes[2], "M1", "MSM", None, 0, None, None, None, 0, None, "25-34"],
    ]
    assert set(study.people) == set(columns)
    [child] = [problem for problem in told if problem["rule"] == "under_18"]
    assert child["row"] == 5 and "nothing more was asked" in child["message"]
    assert "child-protection procedure" in child["remedy"]


def test_virtual_is_a_row_for_each_platform(trip):
    _, study, _ = trip
    columns = ["municipality", "kp", "platform_type", "platform", "accounts_min", "accounts_max",
               "share_genuine", "share_active", "share_resident", "profiles_per_person", "share_at_spots",
               "profiles_min", "profiles_max"]  # fmt: skip
    counted = [40, 40, 0.5, 0.4, 1, 1.5, 0]
    assert rows(study.virtual, columns) == [
        ["M1", "MSM", "app", "P1", *counted, None, None],
        ["M1", "MSM", "app", "P2", *counted, 1, 2],
    ]
    assert set(study.virtual) == set(columns)


def test_no_word_is_lost_about_columns_that_our_forms_have(trip):
    _, _, told = trip
    rules = sorted(problem["rule"] for problem in told)
    assert rules == ["new_spots", "no_consent", "no_consent", "no_denominator", "no_denominator", "under_18"]


def test_a_question_of_another_form_is_told_although_ours_has_one_of_its_name(tmp_path):
    path = tmp_path / "level2.csv"
    names = [name for name, column in LEVEL2.by_name.items() if column.required]
    path.write_text(",".join([*names, "place", "spots_named"]) + "\n" + "," * (len(names) + 1) + "2\n")
    result = run(path, "--out", tmp_path / "study", *STUDY, "--json")
    told = [p["message"] for p in json.loads(result.output)["problems"] if p["rule"] == "left_out"]
    assert told == ["columns that are not imported: 'place', 'spots_named'"]


@pytest.mark.parametrize("source", ["kobo_xlsx", "odk"])
def test_a_day_on_which_nobody_named_a_spot_is_imported_too(source, tmp_path):
    records = {"level1": informants()[1:3]}
    study, told = imported(source, records, tmp_path)
    assert rows(study.level1, ["municipality", "spot_id", "kp_min"]) == [["M2", None, None]]
    assert {problem["rule"] for problem in told} == {"no_consent", "no_level2"}


def test_a_question_that_somebody_added_is_told(tmp_path):
    records = field_work()
    [path] = handed_in("odk", {"virtual": records["virtual"]}, tmp_path / "odk")
    book = tmp_path / "more.csv"
    with zipfile.ZipFile(path) as package:
        lines = package.read("pse_virtual.csv").decode().splitlines()
    book.write_text("\n".join([f"{lines[0]},visit-colour", *(f"{line},red" for line in lines[1:])]) + "\n")
    result = run(book, "--out", tmp_path / "study", *STUDY, "--json")
    told = [p["message"] for p in json.loads(result.output)["problems"] if p["rule"] == "left_out"]
    assert told == ["columns that are not imported: 'visit-colour'"]
