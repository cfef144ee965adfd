"""Labels of our forms are read back as the codes and the columns that they stand for, in every language."""

import numpy as np
import pytest

from pse.labels import LANGUAGES
from pse.records.forms.choices import choice_words, kp_words
from pse.records.forms.questions import CHOICES
from pse.records.imports.vocabulary import heading_words, key_of, label_column
from pse.records.imports.words import as_words
from pse.records.said import in_language, say
from pse.records.tables import KPS


def read(texts, kind):
    return as_words(np.array(texts, dtype=object), kind).tolist()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CHOICES)
def test_every_label_of_a_choice_is_read_as_its_code(name, lang):
    labels = [choice_words(name, code)[lang] for code in CHOICES[name]]
    assert read(labels, "flag" if name == "yes_no" else name) == list(CHOICES[name])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_kps_are_read_by_their_labels_one_or_several(lang):
    labels = [kp_words(code)[lang] for code in KPS]
    assert read(labels, "kp") == list(KPS)
    assert read([" ".join(labels), ", ".join(labels[:2])], "kps") == [" ".join(KPS), "FSW MSM"]


def test_a_code_in_brackets_at_the_end_is_a_kp_and_another_word_there_is_not():
    texts = ["Sex workers of the town (FSW)", "Somebody (XYZ)", "(FSW) or so"]
    assert read(texts, "kp") == ["FSW", "Somebody (XYZ)", "(FSW) or so"]


def test_words_that_no_form_has_stay():
    assert read(["Taksist privat", "taxi_driver"], "informant_type") == ["Taksist privat", "taxi_driver"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_text_of_a_question_is_a_heading_of_its_column(lang):
    for column in (
        "informant_type",
        "kp_min",
        "spots_visited",
        "share_genuine",
        "peak_days",
        "do_not_publish",
    ):
        assert column in heading_words()[key_of(in_language(say(f"forms.q_{column}"), lang))]
    found = in_language(say("forms.q_status"), lang)
    assert label_column(f"Group/{found}", "level2") == "status" and label_column(found, "people") is None
