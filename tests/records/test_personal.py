"""Personal data in text: what is found on a labelled corpus, and what is left alone."""

import random
import uuid

import numpy as np
import pytest

from pse.records.personal import personal_heading, personal_kinds
from tests.records.personal_corpus import MAKERS, corpus


def test_recall_and_precision_on_a_labelled_corpus():
    hits, totals, shown, right = {}, {}, 0, 0
    for text, kind in corpus(400, np.random.default_rng(20261127)):
        found = personal_kinds(text)
        if kind is not None:
            totals[kind] = totals.get(kind, 0) + 1
            hits[kind] = hits.get(kind, 0) + (kind in found)
        shown += bool(found)
        right += bool(found) and kind is not None
    recall = {kind: hits[kind] / totals[kind] for kind in totals}
    print({kind: round(share, 3) for kind, share in recall.items()}, "precision", round(right / shown, 3))
    assert set(recall) == set(MAKERS)
    assert min(recall.values()) >= 0.95
    assert right / shown >= 0.95


@pytest.mark.parametrize(
    "text",
    [
        "+383 44 123 456",
        "00383 49123456",
        "064/123-4567",
        "069 212 3456",
        "070 123 456",
        "(067) 123-45-67",
        "044123456",
        "tel 038 222 333",
        "44 123 456",
    ],
)
def test_phones_of_the_region(text):
    assert personal_kinds(text) == ("phone",)


@pytest.mark.parametrize(
    "text",
    ["0101990710008", "3184710691", "1759013776", "1002345678", "J40205055Q"],
)
def test_national_numbers(text):
    assert "national_number" in personal_kinds(text)


@pytest.mark.parametrize("text", ["0101990710009", "3199990710008", "12345678901"])
def test_a_wrong_check_digit_or_date_is_no_national_number(text):
    assert "national_number" not in personal_kinds(text)


def test_names_stand_with_a_surname_or_a_title():
    assert personal_kinds("talk to Dragan Petrović") == ("name",)
    assert personal_kinds("Znj. Krasniqi e di") == ("name",)
    assert personal_kinds("Олена Коваленко") == ("name",)
    assert personal_kinds("Bar Arta") == ()


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Nr. i telefonit", "phone"),
        ("Emri i plotë", "name"),
        ("ime_prezime", "name"),
        ("Прізвище", "name"),
        ("ім'я", "name"),
        ("FirstName", "name"),
        ("Матичен број", "national_number"),
        ("Datëlindja", "birth"),
        ("e-mail", "mail"),
        ("otisak prsta", "biometric"),
        ("Адреса", "address"),
        ("nadimak", "handle"),
    ],
)
def test_headings_in_every_language(heading, kind):
    assert personal_heading(heading) == kind


@pytest.mark.parametrize(
    "heading",
    [
        "kp_min",
        "spot_name",
        "municipality",
        "informant_type",
        "uuid",
        "_index",
        "share_at_spots",
        "interview_id",
        "komuna",
        "people in need",
        "opština",
        "датум",
        "peak_days",
        "typology",
        "adult_women",
        "platform",
    ],
)
def test_headings_of_records_promise_nothing(heading):
    assert personal_heading(heading) == ""


def test_columns_of_the_file_contract_promise_nothing():
    from pse.records.tables import TABLES

    for table in TABLES.values():
        assert [column.name for column in table.columns if personal_heading(column.name)] == []


@pytest.mark.parametrize("text", ["42.6629 N, 21.1655 E", "N42.6629 E21.1655", "N 42,6629; E 21,1655"])
def test_places_with_letters_of_the_compass(text):
    assert personal_kinds(text) == ("place",)


def test_a_random_id_is_no_telephone_and_no_national_number():
    draw = random.Random(1)
    ids = [str(uuid.UUID(int=draw.getrandbits(128), version=4)) for _ in range(2000)]
    assert not any(personal_kinds(text) for text in ids)
    assert any(personal_kinds(text.replace("-", " ")) for text in ids)  # some of their digits look like one
