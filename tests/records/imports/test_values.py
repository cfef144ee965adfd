"""Values of any locale in one spelling; what has two readings is told and never guessed."""

import tomllib
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pse.records.imports import import_records, read_sources, words
from pse.records.imports.dates import as_dates
from pse.records.imports.numbers import as_measures, as_numbers
from pse.records.imports.vocabulary import word_codes, word_key
from pse.records.imports.words import as_words
from pse.records.tables import TABLES
from tests.records.imports.exports import exercise, municipalities_csv, odk_zip
from tests.records.imports.test_three_sources import SETTINGS, errors

PEOPLE = TABLES["nonspot"].by_name["people"]
LAT = TABLES["level1"].by_name["lat"]
MEAN = TABLES["level2"].by_name["other_spots_mean"]
SHARE = TABLES["level2"].by_name["share_other_spots"]


def cells(*values):
    return np.array(values, dtype=object)


def numbers(*texts, column=PEOPLE, mark=""):
    found, reasons = as_numbers(cells(*texts), column, mark)
    return found.tolist(), sorted(reasons)


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", "12"), ("1,5", "1.5"), ("1.5", "1.5"), ("0,500", "0.500"), ("1.234,5", "1234.5"),
     ("1,234.5", "1234.5"), ("1 234", "1234"), ("1\u00a0234,5", "1234.5"), ("1'234", "1234"),
     ("1.234.567", "1234567"), ("-3", "-3")],
)  # fmt: skip
def test_numbers_with_one_reading(text, number):
    assert numbers(text) == ([number], [])


def test_one_value_that_proves_the_mark_holds_for_the_column():
    assert numbers("1.234", "0,5") == (["1234", "0.5"], [])
    assert numbers("1.234", "0.5", column=MEAN) == (["1.234", "0.5"], [])


@pytest.mark.parametrize(("text", "mark"), [("12,375", ","), ("60.000", "."), ("-1.234", ".")])
def test_three_decimals_get_a_zero_so_that_nobody_reads_thousands(text, mark):
    assert numbers(text, mark=mark) == ([text.replace(",", ".") + "0"], [])
    assert numbers("1.234", "0.5") == (["1.2340", "0.5"], [])
    assert numbers("0.375", mark=".") == (["0.375"], [])


def test_a_number_of_two_readings_is_told_and_stays():
    assert numbers("1.234", "7") == (["1.234", "7"], [0])
    assert numbers("1.234", mark=",") == (["1234"], [])
    assert numbers("0,5", "0.5", "1.234") == (["0.5", "0.5", "1.234"], [2])


def test_the_limits_of_a_column_decide_between_readings():
    assert numbers("42,663", column=LAT) == (["42.663"], [])
    assert numbers("0,663", column=SHARE) == (["0.663"], [])


def test_a_telephone_number_is_no_number_of_people():
    texts = ["044 123 456", "044.123.456", "044'123'456", "064.123.4567", "00 381 641"]
    assert numbers(*texts) == (texts, [])


def test_what_is_no_number_stays_for_the_ordinary_check():
    assert numbers("about 20", "12-15", "55 %") == (["about 20", "12-15", "55 %"], [])


@pytest.mark.parametrize(
    "text",
    ["2016-05-13", "2016/5/13", "2016-05-13T10:30:00.000+02:00", "13.5.2016", "13. 5. 2016.", "13/5/2016",
     "5/13/2016", "13.05.16", "13 May 2016", "May 13, 2016", "13. maj 2016", "13 мај 2016", "13 травня 2016",
     "13 maj 2016", "13. maja 2016.", "42503", date(2016, 5, 13), datetime(2016, 5, 13, 10, 30), 42503,
     42503.4],
)  # fmt: skip
def test_dates_of_the_usual_kinds(text):
    assert as_dates(cells(text))[0].tolist() == ["2016-05-13"]


WORDS = tomllib.loads(Path(words.__file__).with_name("words.toml").read_text("utf-8"))


@pytest.mark.parametrize("month", range(1, 13))
def test_month_names_in_every_language(month):
    for word in WORDS["months"][str(month)]:
        assert as_dates(cells(f"3 {word} 2016"))[0].tolist() == [f"2016-{month:02d}-03"]


def test_one_date_that_proves_the_order_holds_for_the_column():
    assert as_dates(cells("3/4/2016", "13/4/2016"))[0].tolist() == ["2016-04-03", "2016-04-13"]
    assert as_dates(cells("3/4/2016", "4/13/2016"))[0].tolist() == ["2016-03-04", "2016-04-13"]


def test_dates_of_two_orders_are_told_and_stay():
    found, reasons = as_dates(cells("3/4/2016", "5/5/2016", None, "6/7/2016"))
    assert found.tolist() == ["3/4/2016", "2016-05-05", None, "6/7/2016"]
    assert sorted(reasons) == [0, 3]
    found, reasons = as_dates(cells("3/4/2016", "13/4/2016", "4/13/2016"))  # the column proves both
    assert found.tolist() == ["3/4/2016", "2016-04-13", "2016-04-13"] and sorted(reasons) == [0]
    assert as_dates(cells("3/4/2016"), "mdy")[0].tolist() == ["2016-03-04"]


@pytest.mark.parametrize(
    ("texts", "order", "dates"),
    [(["3.4.2016", "4/13/2016"], "", ["2016-04-03", "2016-04-13"]),  # points prove themselves
     (["3/4/2016", "4.13.2016"], "", ["3/4/2016", "4.13.2016"]),  # a slip proves nothing
     (["3.4.2016"], "mdy", ["2016-03-04"]),  # what the column file says holds for points too
     (["13/4/2016"], "mdy", ["13/4/2016"]), (["4/13/2016"], "dmy", ["4/13/2016"])],
)  # fmt: skip
def test_points_and_slashes_in_one_column(texts, order, dates):
    assert as_dates(cells(*texts), order)[0].tolist() == dates


@pytest.mark.parametrize(
    "text", ["31.2.2016", "soon", "2016", "32/13/2016", "1 Foo 2016", "13.5.99", "13/5/70"]
)
def test_what_is_no_date_stays_for_the_ordinary_check(text):
    found, reasons = as_dates(cells(text))
    assert found.tolist() == [text] and not reasons


@given(
    day=st.dates(date(1990, 1, 1), date(2050, 1, 1)),
    form=st.sampled_from(["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"]),
)
def test_no_date_is_ever_read_in_the_wrong_order(day, form):
    found, reasons = as_dates(cells(day.strftime(form)))
    assert reasons or found.tolist() == [day.isoformat()]
    assert as_dates(cells(day.strftime(form)), "dmy")[0].tolist() == [day.isoformat()]


@pytest.mark.parametrize(
    ("word", "code"),
    [("Po", "yes"), ("Да", "yes"), ("так", "yes"), ("DA", "yes"), (1, "yes"), (True, "yes"), (1.0, "yes"),
     ("Jo", "no"), ("Не", "no"), ("ні", "no"), (0, "no"), (False, "no"), ("perhaps", "perhaps")],
)  # fmt: skip
def test_yes_and_no(word, code):
    assert as_words(cells(word), "flag").tolist() == [code]


@pytest.mark.parametrize(
    ("kind", "word"),
    [("flag", "yes?"), ("flag", "poe"), ("flag", "nee"), ("days", "fryday"), ("days", "sati"),
     ("days", "petak ili subota"), ("days", "mon-fri"), ("status", "close"), ("kp", "transi")],
)  # fmt: skip
def test_a_word_that_is_only_like_a_known_one_is_told_and_not_guessed(kind, word):
    assert as_words(cells(word), kind).tolist() == [word]


@pytest.mark.parametrize(
    ("words", "days"),
    [("E premte, E shtunë", "fri sat"), ("petak;subota", "fri sat"), ("Петок сабота", "fri sat"),
     ("субота, п'ятниця", "fri sat"), ("sat fri", "fri sat"),
     ("петак", "fri"), ("Petak i subota", "fri sat"), ("e premte dhe e shtunë", "fri sat"),
     ("пт та сб", "fri sat"), ("fri & sat", "fri sat"), ("Friday Saturday", "fri sat"),
     ("пт сб", "fri sat"), ("someday", "someday")],
)  # fmt: skip
def test_days(words, days):
    assert as_words(cells(words), "days").tolist() == [days]


@pytest.mark.parametrize(
    ("text", "hours"),
    [("18-24 00-02", "18-24 00-02"), ("18:00-02:00", "18-24 00-02"), ("20.00 – 24.00", "20-24"),
     ("18h-22h", "18-22"), ("20-00", "20-24"), ("10-12, 18-20", "10-12 18-20"),
     ("od 18 do 22", "od 18 do 22"),
     ("18 do 22", "18-22"),
     ("18:30-20:00", "18:30-20:00"), ("evening", "evening"), ("25-30", "25-30")],
)  # fmt: skip
def test_hours(text, hours):
    assert as_words(cells(text), "hours").tolist() == [hours]


KPS = {"FSW": "FSW", "MSM": "MSM", "CLIENT": "Clients of sex workers", "SW": "Sex workers"}


@pytest.mark.parametrize(
    ("word", "code"),
    [("Seksualne radnice", "FSW"), ("сексуалне раднице", "FSW"), ("FSW - female sex workers", "FSW"),
     ("FSW (women)", "FSW"), ("ЧСЧ", "MSM"), ("Людвіни", "Людвіни"), ("ЛВІН", "PWID"), ("CLIENT", "CLIENT"),
     ("clients of sex workers", "CLIENT"), ("Клијенти (CLIENT)", "CLIENT"), ("Sex workers", "SW"),
     ("Women who sell (FSW)", "FSW"), ("Sex workers (SW)", "SW")],
)  # fmt: skip
def test_kps(word, code):
    assert as_words(cells(word), "kp", KPS).tolist() == [code]


@pytest.mark.parametrize(
    "text",
    ["FSW/MSM", "FSW MSM", "MSM or FSW", "MSM (FSW)", "men (TG) (FSW)", "FSW - MSM", "FSW/other", "FSW?",
     "no FSW", "Sex workers (FSW)", "Clients of sex workers, women (FSW)", "clients of sex workers msm"],
)  # fmt: skip
def test_a_cell_of_one_kp_that_names_two_is_told_and_none_is_dropped(text):
    assert as_words(cells(text), "kp", KPS).tolist() == [text]


def test_a_name_that_the_study_gives_to_two_kps_is_no_code_and_a_code_is_never_a_name():
    kps = {"TG": "TG", "A": "Sex workers", "B": "Sex workers", "C": "tg"}
    assert as_words(cells("sex workers", "tg", "b"), "kp", kps).tolist() == ["sex workers", "TG", "B"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [("FSW and MSM", "FSW MSM"), ("FSW/CLIENT", "FSW CLIENT"), ("FSW i MSM", "FSW MSM"),
     ("FSW/other", "FSW/other"), ("Clients of sex workers", "CLIENT"),
     ("Clients of sex workers, Female sex workers (FSW)", "CLIENT FSW"),
     ("Female sex workers (FSW) Clients of sex workers", "FSW CLIENT"),
     ("Women of the street (FSW), men of the park (MSM)", "FSW MSM"),
     ("somebody, women of the street (FSW)", "somebody, women of the street (FSW)")],
)  # fmt: skip
def test_several_kps_are_all_read_or_none(text, codes):
    assert as_words(cells(text), "kps", KPS).tolist() == [codes]


def test_no_word_stands_for_two_codes():
    for kind, codes in WORDS.items():
        for code, given_words in codes.items():
            assert {word_codes(kind)[word_key(word)] for word in given_words} == {code}, (kind, code)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["12,5", None, "7"], ["12.5", None, "7"]),
        (["1.200,5", "-3,25"], ["1200.5", "-3.25"]),
        (["1.234", "0,5"], ["1234", "0.5"]),
        (["12,5", 3.5], ["12.5", 3.5]),
        (["0.5", "1,234.5"], ["0.5", "1234.5"]),
        (["12,5", "low"], ["12,5", "low"]),  # not all of them numbers
        (["12,5", "12.5"], ["12,5", "12.5"]),  # two marks
        (["1.234", "2.345"], ["1.234", "2.345"]),  # no mark is proved
        (["007", "010"], ["007", "010"]),
    ],
)
def test_a_column_that_nobody_declared_is_numbers_only_where_it_proves_so(given, read):
    assert as_measures(cells(*given)).tolist() == read


def towns(tmp_path, rows, **settings):
    """Import with municipalities of a Serbian office, two covariates beside the declared columns."""
    head = "municipality;name;adult_men;adult_women;mapped;poverty_share;clients_aged"
    (tmp_path / "municipalities.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    level1, level2 = exercise()
    files = [odk_zip(level1, level2, tmp_path / "odk.zip"), tmp_path / "municipalities.csv"]
    return import_records(read_sources(files), settings=SETTINGS | settings)


def test_covariates_of_municipalities_have_decimal_points(tmp_path):
    rows = ["M1;Prishtinë;60000;62000;yes;12,5;1.200,5", "M2;Gjakovë;28000;29000;yes;7,25;800"]
    found = towns(tmp_path, rows, denominators={"FSW": "clients_aged"})
    assert not errors(found)
    assert found.study.municipalities["poverty_share"].tolist() == ["12.5", "7.25"]
    assert found.study.municipalities["clients_aged"].tolist() == [1200.5, 800]


@pytest.mark.parametrize("column", ["adult_men", "clients_aged"])
def test_adults_of_two_readings_are_told_and_never_taken_for_few(column, tmp_path):
    names = ["adult_men", "clients_aged"]
    men, aged = ("60.000" if name == column else "500" for name in names)
    rows = [f"M1;Prishtinë;{men};62000;yes;;{aged}", "M2;Gjakovë;28000;29000;yes;;800"]
    found = towns(tmp_path, rows, denominators={"FSW": "clients_aged"})
    assert [(p.row, p.column, p.rule) for p in errors(found)] == [(2, column, "two_numbers")]


def test_places_with_points_do_not_turn_thousands_into_decimals(tmp_path):
    head = "municipality;name;adult_men;adult_women;mapped;lat;lon"
    rows = ["M1;Prishtinë;60.000;62.000;yes;42.6629;21.1655", "M2;Gjakovë;28.000;29.000;yes;42.3803;20.4308"]
    (tmp_path / "towns.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    level1, level2 = exercise()
    files = [odk_zip(level1, level2, tmp_path / "odk.zip"), tmp_path / "towns.csv"]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert {(p.column, p.rule) for p in errors(found)} == {
        ("adult_men", "two_numbers"), ("adult_women", "two_numbers")}  # fmt: skip


def test_a_name_of_two_municipalities_of_two_files_is_no_code(tmp_path):
    head = "municipality,name,adult_men,adult_women,mapped"
    for code in ("M1", "M2"):
        text = f"{head}\n{code},Novo Selo,9,9,yes\n"
        (tmp_path / f"towns_{code}.csv").write_text(text, encoding="utf-8")
    level1, level2 = exercise()
    level1[0]["municipality"] = "Ново Село"
    files = [odk_zip(level1, level2, tmp_path / "odk.zip"), *sorted(tmp_path.glob("towns_*.csv"))]
    found = import_records(read_sources(files), settings=SETTINGS)
    [told] = errors(found)
    assert (told.sheet, told.row, told.rule) == ("level1.csv", 2, "two_towns")
    assert told.message == "is a name of two municipalities" and "Write its code" in told.remedy


def test_two_equal_rows_of_people_at_home_are_told_and_both_count(tmp_path):
    text = "municipality,kp,setting,people\nM1,FSW,home,30\nM1,FSW,home,30\n"
    (tmp_path / "nonspot.csv").write_text(text, encoding="utf-8")
    level1, level2 = exercise()
    files = [odk_zip(level1, level2, tmp_path / "odk.zip"), municipalities_csv(tmp_path / "towns.csv")]
    found = import_records(read_sources([*files, tmp_path / "nonspot.csv"]), settings=SETTINGS)
    [told] = [p for p in found.problems if p.rule == "same_content"]
    assert (told.file, told.row) == ("nonspot.csv", 3) and "as row 2: it stays and counts too" in told.message
    assert found.study.nonspot["people"].tolist() == [30, 30]


def test_a_form_writes_decimal_points(tmp_path):
    level1, level2 = exercise()
    level2[0]["other_spots_mean"] = level2[1]["other_spots_mean"] = 1.125
    for record in level2:
        record["share_other_spots"] = record["share_other_spots"] and 1
    files = [odk_zip(level1, level2, tmp_path / "odk.zip"), municipalities_csv(tmp_path / "towns.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert not errors(found)
    assert found.study.level2["other_spots_mean"].tolist()[:2] == [1.125, 1.125]


@pytest.mark.parametrize(
    ("kind", "words", "code"),
    [("typology", ["bar", "бар", "Бар"], "bar"),
     ("typology", ["Клуб", "klub", "club"], "club"),
     ("typology", ["Хотел", "hotel", "готель"], "hotel"), ("typology", ["Парк", "park"], "park"),
     ("informant_type", ["Конобар", "konobar", "kamarier", "келнер", "офіціант"], "bar_staff"),
     ("informant_type", ["Таксист", "taksist", "taksista", "таксиста"], "taxi_driver"),
     ("informant_type", ["Полицајац", "policajac", "polic", "полицаец", "поліцейський"], "police")],
)  # fmt: skip
def test_words_of_the_field_are_known_in_both_scripts(kind, words, code):
    assert set(as_words(cells(*words), kind)) == {code}


def test_kinds_that_a_study_may_tell_apart_are_never_put_together():
    """Our form has one answer `Bar or café`; other studies have two strata."""
    words = ["cafe", "kafene", "motel", "banesë", "диско"]
    assert as_words(cells(*words), "typology").tolist() == words
