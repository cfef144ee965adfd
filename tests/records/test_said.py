"""Problems in six languages: every sentence is in every label file, with the same things to fill in."""

import pickle
import re
from pathlib import Path

import pytest

import pse
from pse.labels import LANGUAGES, read_texts, was_reviewed
from pse.records.said import FOLDER, in_language, say
from pse.records.study import check_study
from tests.mapping.towns import town_folder, town_tables

SECTIONS = sorted({path.name.split(".")[0] for path in FOLDER.glob("*.toml")})
SOURCES = [p for p in Path(pse.__file__).parent.rglob("*.py") if p.name != "said.py"]
CYRILLIC = re.compile("[а-яА-ЯђјљњћџѓќѕіїєґЂЈЉЊЋЏЃЌЅІЇЄҐ]")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_language_has_every_sentence(section, lang):
    english, other = (read_texts(FOLDER, section, each) for each in ("en", lang))
    assert list(other) == list(english)
    for key, text in english.items():
        assert other[key].strip()
        assert sorted(re.findall(r"{(\w*)", other[key])) == sorted(re.findall(r"{(\w*)", text)), key
    assert was_reviewed(FOLDER, section, lang) in (True, False)


@pytest.mark.parametrize("section", SECTIONS)
def test_no_word_mixes_two_scripts(section):
    for lang in ("sr-Cyrl", "mk", "uk"):
        for key, text in read_texts(FOLDER, section, lang).items():
            words = re.findall(r"\w+", re.sub(r"{\w*}", "", text))
            assert not [w for w in words if re.search("[A-Za-z]", w) and CYRILLIC.search(w)], (lang, key)


def test_every_sentence_is_used_and_every_key_is_there():
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    quoted = set(re.findall(r'"([\w.]+)"', code))
    prefixes = set(re.findall(r'say\(f"([\w.]+)\{', code))
    for section in SECTIONS:
        for key in read_texts(FOLDER, section, "en"):
            full = key if section == "problems" else f"{section}.{key}"
            assert full in quoted or any(full.startswith(prefix) for prefix in prefixes), full
    known = {
        key if section == "problems" else f"{section}.{key}"
        for section in SECTIONS
        for key in read_texts(FOLDER, section, "en")
    }
    assert set(re.findall(r'\bsay\("([\w.]+)"', code)) <= known


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_typed_as_it_stands_is_the_same_in_every_language(lang):
    typed = re.compile(r"--[a-z-]+|\w+\.(?:csv|toml|xlsx)|\[\[?[\w.]+\]|\b[a-z]+_[a-z]+\b|^title =| title =")
    for section in SECTIONS:
        for key, text in read_texts(FOLDER, section, "en").items():
            words = typed.findall(re.sub(r"{\w*}", "", text))
            other = read_texts(FOLDER, section, lang)[key]
            assert not [word for word in words if word.strip() not in other], key


def test_a_sentence_inside_a_sentence_is_said_in_the_language_too():
    text = say("must_be_got", rule=say("kind_share"), shown=say("not_printed"))
    assert text == "must be a share between 0 and 1; got a value that is not printed"
    assert in_language(text, "sq") == "duhet të jetë një pjesë midis 0 dhe 1; u gjet një vlerë që nuk shfaqet"
    assert in_language("as it is", "sq") == "as it is"


def test_a_sentence_travels_between_processes_with_its_key():
    text = pickle.loads(pickle.dumps(say("must_be", rule=say("kind_count"))))
    assert in_language(text, "uk") == "має бути ціле число, 0 або більше"


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_no_problem_of_a_study_stays_english(lang, tmp_path):
    tables = town_tables()
    tables["level1"].loc[1, ["kp_min", "kp_max"]] = [30, 20]
    tables["level1"]["kp_min"] = tables["level1"]["kp_min"].astype(object)
    tables["level1"].loc[2, "kp_min"] = "about 20"
    tables["level1"].loc[3, "kp"] = "XYZ"
    tables["level2"].loc[0, "status"] = ""
    tables["municipalities"]["more"] = 1
    _, problems = check_study(town_folder(tmp_path / "towns", tables))
    assert len({problem.rule for problem in problems}) >= 5
    for problem in problems:
        told = problem.in_language(lang)
        assert (told.rule, told.row, told.column) == (problem.rule, problem.row, problem.column)
        assert told.message != problem.message
        assert told.remedy != problem.remedy or not problem.remedy
