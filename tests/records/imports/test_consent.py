"""An interview without consent is not imported, whatever its heading says and in whatever language."""

import pytest

from pse.labels import LANGUAGES
from pse.records.imports import import_records, read_columns, read_sources
from pse.records.said import in_language, say
from tests.records.imports.exports import MUNICIPALITIES, as_csv, municipalities_csv

SETTINGS = {"title": "Towns", "country": "Kosovo", "year": 2026}
NAMES = ("interview_id", "informant_type", "municipality", "zone", "spot_id", "kp", "typology", "kp_min",
         "kp_max")  # fmt: skip
TOWN = MUNICIPALITIES[0]["municipality"]
VISITS = ("interview_id", "spot_id", "municipality", "kp", "typology", "usual_min", "usual_max",
          "share_other_spots", "other_spots_mean", "status")  # fmt: skip


def question(lang):
    return in_language(say("forms.consent"), lang)


def answer(code, lang):
    return in_language(say(f"forms.c_yes_no_{code}"), lang)


def imported(tmp_path, heading, answers, more=""):
    """Level 1 of one informant for each answer, read with a column file that says `more`, if anything."""
    rows = [[f"K{i}", "vendor", TOWN, "", "", "", "", "", "", a] for i, a in enumerate(answers)]
    path = tmp_path / "talks.csv"
    path.write_text(as_csv([[*NAMES, heading], *rows]), encoding="utf-8")
    columns = None
    if more:
        lines = [f'{name} = "{name}"' for name in NAMES]
        file = tmp_path / "import.toml"
        head = '[[part]]\nfile = "talks.csv"\ntable = "level1"\n[part.columns]'
        file.write_text("\n".join([head, *lines, more]), encoding="utf-8")
        columns = read_columns(file)
    files = [path, municipalities_csv(tmp_path / "towns.csv")]
    return import_records(read_sources(files), settings=SETTINGS, columns=columns)


def kept(found):
    return found.tables["level1"]["interview_id"].tolist()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("shortened", [False, True])
def test_consent_under_the_question_of_our_forms_is_seen_in_every_language(tmp_path, lang, shortened):
    heading = question(lang).rpartition(". ")[2] if shortened else f"group/{question(lang)}"
    found = imported(tmp_path, heading, [answer("yes", lang), answer("no", lang), "Ні", "НЕ"])
    assert kept(found) == ["K0"]
    assert [p.row for p in found.problems if p.rule == "no_consent"] == [3, 4, 5]
    assert found.set_aside["content"].tolist() == ["{}"] * 3
    assert not [p for p in found.problems if p.rule in ("left_out", "personal_column")]


@pytest.mark.parametrize(
    "heading", ["Consent (yes/no)", "Informed consent obtained", "Pëlqimi i dhënë", "Saglasnost ispitanika",
                "Сагласност испитаника", "Согласност на лицето", "Згода респондента"]
)  # fmt: skip
def test_consent_is_seen_where_the_word_stands_among_others(heading, tmp_path):
    found = imported(tmp_path, heading, ["Da", "Ne", "", "maybe", "Po"])
    assert kept(found) == ["K0", "K4"]
    found = imported(tmp_path, heading, ["Da", "Ne"], f'"{heading}" = ""')  # consent to something else
    assert kept(found) == ["K0", "K1"]


@pytest.mark.parametrize("cells", [["", ""], ["12", "13"], ["", "read aloud"]])
def test_a_note_and_a_number_of_a_paper_are_no_answers_about_consent(cells, tmp_path):
    assert kept(imported(tmp_path, "consent_note", cells)) == ["K0", "K1"]


def test_a_blank_or_unclear_answer_is_no_consent_and_the_remedy_says_how_to_read_it(tmp_path):
    found = imported(tmp_path, "consent", ["yes", "", "Agreed in part"])
    assert kept(found) == ["K0"]
    notices = [p for p in found.problems if p.rule == "no_consent"]
    assert [p.row for p in notices] == [3, 4]
    assert all("no clear yes" in p.message and "[part.values.consent]" in p.remedy for p in notices)


def test_the_column_file_names_consent_and_its_words(tmp_path):
    more = '"Q7" = "consent"\n[part.values.consent]\n"Pajtohem" = "yes"\n"Refuzoj" = "no"'
    found = imported(tmp_path, "Q7", ["pajtohem", "Refuzoj", "yes"], more)
    assert kept(found) == ["K0", "K2"]


def test_a_column_file_cannot_switch_consent_off(tmp_path):
    found = imported(tmp_path, "Saglasnost", ["Da", "Ne"], '"Saglasnost" = ""')
    assert kept(found) == ["K0"]


def test_of_a_copy_without_consent_nothing_is_kept(tmp_path):
    rows = [["u1", "K1", "vendor", TOWN, *[""] * 6, "no"]] * 2
    path = tmp_path / "talks.csv"
    path.write_text(as_csv([["_uuid", *NAMES, "consent"], *rows]), encoding="utf-8")
    files = [path, municipalities_csv(tmp_path / "towns.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert found.set_aside["content"].tolist() == ["{}", "{}"]
    assert found.set_aside["reason"].str.contains("sent twice").any()


@pytest.mark.parametrize("heading", ["agreed", question("uk")])
def test_a_visit_without_consent_stays_as_refused_and_never_as_active(tmp_path, heading):
    counted = ["bar", "1", "2", "0", ""]
    visits = [
        ["V1", "S1", TOWN, "FSW", *counted, "active", "yes"],
        ["V2", "S2", TOWN, "FSW", *counted, "active", "no"],
        ["V3", "S3", TOWN, "FSW", *[""] * 5, "refused", "no"],
        ["V4", "S4", TOWN, "FSW", *[""] * 5, "not_found", ""],
    ]
    path = tmp_path / "visits.csv"
    path.write_text(as_csv([[*VISITS, heading], *visits]), encoding="utf-8")
    files = [path, municipalities_csv(tmp_path / "towns.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert found.tables["level2"]["interview_id"].tolist() == ["V1", "V3", "V4"]
    assert [p.row for p in found.problems if p.rule == "no_consent"] == [3]


def test_of_an_older_version_nothing_is_kept_once_consent_was_withdrawn(tmp_path):
    versions = (("2026-02-01", "yes"), ("2026-02-02", "no"))
    rows = [["u1", day, "K1", "vendor", TOWN, *[""] * 6, said] for day, said in versions]
    path = tmp_path / "talks.csv"
    path.write_text(as_csv([["_uuid", "_submission_time", *NAMES, "consent"], *rows]), encoding="utf-8")
    files = [path, municipalities_csv(tmp_path / "towns.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert found.set_aside["content"].tolist() == ["{}", "{}"] and not kept(found)
