"""Words for users: one thing has one name in a language, and a step can be done as it is said."""

import pytest
from typer.testing import CliRunner

import pse
from mapping.cli import app
from mapping.labels import FOLDER as LABELS
from mapping.labels import texts
from pse.labels import LANGUAGES, read_texts
from pse.records.names import in_script
from pse.records.said import FOLDER as SENTENCES
from tests.records.imports.exports import exercise, municipalities_csv, serbian_csv

KPS = ("FSW", "MSM", "PWID")


def all_texts(lang):
    for folder in (LABELS, SENTENCES):
        for path in sorted(folder.glob(f"*.{lang}.toml")):
            yield from read_texts(folder, path.name.split(".")[0], lang).items()


def import_into(study, *words):
    towns = municipalities_csv(study.with_name("towns.csv"))
    settings = ["--municipalities", towns, "--title", "T", "--country", "C", "--year", "2016"]
    return CliRunner().invoke(app, [str(word) for word in ["import", *words, "--out", study, *settings]])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_kp_has_the_same_name_in_forms_maps_and_plans(lang):
    forms, web, plan = read_texts(SENTENCES, "forms", lang), texts("web", lang), texts("microplan", lang)
    for kp in KPS:
        name = web[f"kp_{kp}"]
        assert forms[f"kp_{kp}"] == name
        assert f"{kp}: {name.removesuffix(f' ({kp})')}.".lower() in plan["about_6"].lower()


def test_albanian_has_one_word_for_a_rate_and_one_for_sex_workers():
    web, rule = texts("web", "sq"), texts("release", "sq")["rule_partners"]
    assert f"{web['range']}, {web['rate']} dhe".lower() in rule
    assert not [key for key, text in all_texts("sq") if "punonjëse seksi" in text]


def test_serbian_cyrillic_parts_n_and_j_in_words_of_injecting():
    found = [text for _, text in all_texts("sr-Cyrl") if "инјек" in text.lower()]
    assert len(found) == 4
    assert not [key for key, text in all_texts("sr-Cyrl") if "ињек" in text.lower()]


def test_serbian_is_one_text_in_two_scripts():
    cyrillic = [(key, in_script(text, "Latn")) for key, text in all_texts("sr-Cyrl")]
    assert cyrillic == list(all_texts("sr-Latn"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_date_of_two_orders_can_be_mended_in_the_records_too(lang):
    assert "2016-02-29" in read_texts(SENTENCES, "imports", lang)["say_the_order"]


def test_a_proposed_column_file_does_alone(tmp_path):
    first, later = serbian_csv(*exercise(), tmp_path)

    def run(*more):
        return import_into(tmp_path / "study", first, *more)

    in_use, new = tmp_path / "import.toml", tmp_path / "import-2.toml"
    assert run().exit_code == 1 and run("--columns", in_use).exit_code == 0
    said = " ".join(run(later, "--columns", in_use).output.split())
    assert "The parts of a column file that you gave are in it too." in said
    told = run(later, "--columns", new)
    assert told.exit_code == 0, told.output
    got = pse.read_study(tmp_path / "study")
    assert (len(got.level1), len(got.level2)) == (6, 3)


def test_a_table_without_headings_is_told_to_need_them_in_its_first_row(tmp_path):
    source = tmp_path / "visits.csv"
    source.write_text("Q1,Hana,Poljana,4,6\nQ2,Vera,Poljana,5,9\n", encoding="utf-8")
    said = import_into(tmp_path / "study", source).output
    assert "the headings in its first row are of no table" in " ".join(said.split())
    assert "Hana" not in said
