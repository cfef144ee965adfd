"""The workbooks: pyxform converts each without a warning, in six languages, and ODK Validate takes them."""

import csv
import re
import shutil
import xml.etree.ElementTree as ET

import openpyxl
import pytest

from pse.labels import LANGUAGES, read_texts
from pse.records.forms import FORMS, write_forms
from pse.records.forms.xlsform import CALLED
from pse.records.names import place_name
from pse.records.personal import personal_heading
from pse.records.problems import TableError
from pse.records.said import FOLDER, in_language
from pse.records.study import make_study
from tests.records.forms.studies import TOWNS, municipalities, study_with_spots
from tests.records.tiny import tiny_settings, tiny_study, tiny_tables

XFORM = "{http://www.w3.org/2002/xforms}"
FREE_TEXT = {"zone", "spot_name", "hours", "platform"}
TYPES = {
    "select_one", "select_multiple", "select_one_from_file", "integer", "decimal", "text", "calculate",
    "today", "note", "geopoint", "begin_group", "end_group", "begin_repeat", "end_repeat",
}  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return study_with_spots(do_not_publish=["no", "no", "no", "no"])


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    out = tmp_path_factory.mktemp("forms")
    write_forms(out, study=study, without=())
    return out


def sheet(path, name):
    rows = list(openpyxl.load_workbook(path)[name].iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def choices(path, name):
    return {row["name"]: row for row in sheet(path, "choices") if row["list_name"] == name}


def converted(path, **options):
    xls2xform = pytest.importorskip("pyxform.xls2xform", reason="pyxform comes with the extra `field`")
    warnings = []
    done = xls2xform.convert(path, warnings=warnings, **options)
    return done.xform, warnings


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", FORMS)
def test_every_form_converts_without_a_warning_and_opens_in_its_language(name, lang, study, tmp_path):
    write_forms(tmp_path, study=study, without=(), lang=lang)
    xform, warnings = converted(tmp_path / f"{name}.xlsx")
    assert warnings == []
    translations = {t.get("lang"): t for t in ET.fromstring(xform).iter(f"{XFORM}translation")}
    assert set(translations) == set(CALLED.values())
    assert [t for t, found in translations.items() if found.get("default")] == [CALLED[lang]]
    texts = {t: {v.text for v in found.iter(f"{XFORM}value")} for t, found in translations.items()}
    for question in FORMS[name].questions:
        for language, called in CALLED.items():
            for said in (question.label, question.hint, question.message):
                text = in_language(said, language) if said else None
                assert text is None or text[:1].upper() + text[1:] in texts[called]


@pytest.mark.parametrize("name", FORMS)
def test_no_text_of_the_study_is_taken_for_a_question(name, tmp_path):
    tables = tiny_tables()
    tables["municipalities"]["name"] = "Town ${b}"
    tables["level1"].loc[0, "typology"] = "bar-${c}"
    kps = {"CLIENT": "clients ${d}"}
    made = tiny_study(tables=tables, title="Mapping ${a}", kps=kps)
    write_forms(tmp_path, study=made, without=())
    xform, _ = converted(tmp_path / f"{name}.xlsx")
    assert "Mapping $ {a}" in xform and "Town $ {b}" in xform and "clients $ {d}" in xform


@pytest.mark.parametrize("name", FORMS)
def test_the_validator_of_odk_takes_every_expression(name, folder):
    if not shutil.which("java"):
        pytest.skip("ODK Validate, which comes with pyxform, needs java")
    _, warnings = converted(folder / f"{name}.xlsx", validate=True)
    assert warnings == []


def test_the_list_of_spots_is_a_file_beside_the_form(folder):
    for name in ("level2", "people"):
        xform, _ = converted(folder / f"{name}.xlsx")
        assert 'src="jr://file-csv/spots.csv"' in xform
        assert re.search(r"instance\('spots'\)/root/item\[municipality\s*=\s*/data/\S*municipality", xform)


def test_a_spot_that_is_named_is_one_pass_of_a_repeat(folder):
    xform, _ = converted(folder / "level1.xlsx")
    repeat = next(ET.fromstring(xform).iter(f"{XFORM}repeat"))
    assert repeat.get("nodeset") == "/data/interview/spots"
    assert "/data/interview/spots_named" in repeat.get("{http://openrosa.org/javarosa}count", "")


def test_every_text_of_the_label_files_stands_in_a_form(folder):
    shown = " ".join(str(cell) for name in FORMS for part in ("survey", "choices", "settings")
                     for row in sheet(folder / f"{name}.xlsx", part) for cell in row.values())  # fmt: skip
    for key, text in read_texts(FOLDER, "forms", "en").items():
        for part in re.split(r"{\w+}", text):
            assert part in shown or part[:1].upper() + part[1:] in shown, key


@pytest.mark.parametrize("name", FORMS)
def test_no_question_is_for_a_name_a_telephone_or_a_handle(name):
    for question in FORMS[name].questions:
        kind, _, _ = question.type.partition(" ")
        assert kind in TYPES
        assert kind != "text" or question.name in FREE_TEXT
        assert not personal_heading(question.name)
        if kind != "note" and question.label and question.name not in ("consent", "agreed"):
            labels = [in_language(question.label, lang) for lang in LANGUAGES]
            assert not any(personal_heading(label) for label in labels), labels


def test_consent_is_asked_before_any_answer_and_a_refusal_ends_the_interview():
    for name in ("level1", "people"):
        asked = [q for q in FORMS[name].questions if q.type not in ("calculate", "today", "note")]
        assert asked[0].name == "consent" and asked[0].required
        assert (asked[1].type, asked[1].relevant) == ("begin_group", "${consent} = 'yes'")
        assert asked[-1].type == "end_group" and asked[-1].name == asked[1].name
    for word in ("voluntary", "anonymous", "no names", "stop at any time"):
        assert word in asked[0].label
    refused = next(q for q in FORMS["people"].questions if q.name == "no_consent")
    assert refused.relevant == "${consent} = 'no'" and "No answer of this person is recorded" in refused.label


def test_municipalities_are_called_as_each_language_calls_them(tmp_path):
    tables = tiny_tables() | {"municipalities": municipalities()}
    for name in ("level1", "level2", "nonspot", "virtual"):
        tables[name]["municipality"] = "peje"
    write_forms(tmp_path, study=make_study(**tiny_settings(), tables=tables), without=())
    found = choices(tmp_path / "level1.xlsx", "municipality")
    assert list(found) == list(TOWNS)  # the one that was not mapped is no choice
    for lang, called in CALLED.items():
        wanted = "Peja" if lang == "en" else place_name("peje", lang)
        assert found["peje"][f"label::{called}"] == wanted
    names = [found["x1"][f"label::{called}"] for called in CALLED.values()]
    assert names == ["Fieldtown", "Fieldtown", "Poljana", "Пољана", "Fieldtown", "Fieldtown"]


def test_a_serbian_name_in_cyrillic_is_latin_where_the_form_is(tmp_path):
    tables = tiny_tables()
    tables["municipalities"] = tables["municipalities"].assign(name="Fieldtown", name_sr="Пољана")
    write_forms(tmp_path, study=make_study(**tiny_settings(), tables=tables), without=())
    town = choices(tmp_path / "level1.xlsx", "municipality")["M1"]
    assert [town[f"label::{CALLED[lang]}"] for lang in ("sr-Latn", "sr-Cyrl")] == ["Poljana", "Пољана"]


def test_kps_are_people_first_and_those_of_the_settings_keep_their_words(folder):
    found = choices(folder / "level1.xlsx", "kp")
    assert found["PWID"][f"label::{CALLED['en']}"] == "People who inject drugs (PWID)"
    assert found["CLIENT"][f"label::{CALLED['mk']}"] == "Clients of sex workers"


def test_kinds_of_spots_in_the_records_can_be_chosen_too(folder):
    found = choices(folder / "level2.xlsx", "typology")
    assert {"street", "bar", "lodge"} <= set(found)
    assert found["lodge"][f"label::{CALLED['uk']}"] == "lodge"
    assert found["bar"][f"label::{CALLED['uk']}"] == "Бар або кафе"
    assert "taxi" in choices(folder / "level1.xlsx", "informant_type")


def test_the_version_changes_with_the_form_alone(study, folder, tmp_path):
    def versions(where):
        return {name: sheet(where / f"{name}.xlsx", "settings")[0]["version"] for name in FORMS}

    write_forms(tmp_path, study=study, without=())
    assert versions(tmp_path) == versions(folder)
    assert (tmp_path / "level1.xlsx").read_bytes() == (folder / "level1.xlsx").read_bytes()
    write_forms(tmp_path, study=study_with_spots(), without=(), lang="sq")
    assert not set(versions(tmp_path).values()) & set(versions(folder).values())


def read_spots(path):
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_list_of_spots_has_codes_names_and_municipalities(folder):
    spots = read_spots(folder / "spots.csv")
    assert list(spots[0]) == ["name", "label", "municipality"]
    assert [row["name"] for row in spots] == list("ABCDEF")
    assert spots[3] == {"name": "D", "label": "Кафе D (lodge, D)", "municipality": "M1"}


def test_spots_without_a_name_are_known_by_kind_and_code(tmp_path):
    write_forms(tmp_path, study=tiny_study(), without={"A"})
    spots = {row["name"]: row["label"] for row in read_spots(tmp_path / "spots.csv")}
    assert spots == {"B": "street, B", "C": "hotel, C", "D": "lodge, D", "E": "bar, E", "F": "street, F"}


def test_no_text_of_the_list_is_taken_for_a_formula(tmp_path):
    tables = tiny_tables()
    tables["level1"]["spot_name"] = ["=1+1", "@x", "+383", "-A", "\t=2", "fine"]
    write_forms(tmp_path, study=make_study(**tiny_settings(), tables=tables), without=())
    labels = [row["label"] for row in read_spots(tmp_path / "spots.csv")]
    assert sorted(labels)[0].startswith("1+1 (")
    assert not any(label.startswith(("=", "+", "-", "@", "\t")) for label in labels)
    tables["level1"].loc[0, "spot_id"] = tables["level2"].loc[0, "spot_id"] = "=A"
    with pytest.raises(TableError, match=r"spot_id: must begin with a letter or digit .*; 1 spot\(s\) break"):
        write_forms(tmp_path, study=make_study(**tiny_settings(), tables=tables), without=())


def test_workbooks_say_nothing_about_who_made_them(folder):
    for name in FORMS:
        book = openpyxl.load_workbook(folder / f"{name}.xlsx")
        assert book.properties.title == name
        assert not book.properties.creator and not book.properties.lastModifiedBy
        assert book.sheetnames == ["survey", "choices", "settings"]
