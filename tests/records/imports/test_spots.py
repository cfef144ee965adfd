"""Codes for spots, pairs that may be one, wrong places: proposed, decided, applied and undone."""

import pandas as pd
import pytest

from pse.records.imports import Decisions, import_records, read_private, read_sources
from pse.records.imports.spots import GIVEN_COLUMNS, PLACE_COLUMNS, SAME_COLUMNS
from tests.records.imports.exports import as_csv, exercise, kobo_level1, municipalities_csv
from tests.records.imports.test_three_sources import SETTINGS, errors, import_exercise


def without_codes(level1):
    for record in level1:
        for spot in record["spots"]:
            spot["spot_id"] = None
    return level1


def level1_only(tmp_path, level1, **more):
    files = [kobo_level1(level1, tmp_path / "kobo.xlsx"), municipalities_csv(tmp_path / "m.csv")]
    return import_records(read_sources(files), settings=SETTINGS, **more)


def test_spots_without_codes_get_random_ones_that_stay(tmp_path):
    level1 = without_codes(exercise()[0])
    first = level1_only(tmp_path, level1)
    codes = first.study.level1["spot_id"].dropna()
    assert len(set(codes)) == 5 and codes.str.fullmatch("[b-z]{8}").all()
    again = level1_only(tmp_path, level1[1:], decisions=Decisions(spot_ids=first.spot_ids))
    assert again.study.level1["spot_id"].dropna().tolist() == codes.tolist()[2:]
    fresh = level1_only(tmp_path, level1)
    assert not set(fresh.study.level1["spot_id"].dropna()) & set(codes)  # not made from names


def test_one_spot_of_one_interview_has_one_code_for_both_kps(tmp_path):
    level1 = without_codes(exercise()[0])
    level1[0]["spots"][1] |= {"spot_name": "KAFE  Алфа", "kp": "MSM"}
    codes = level1_only(tmp_path, level1).study.level1["spot_id"].tolist()
    assert codes[0] == codes[1] != codes[2]


FLAT = ["interview_id", "informant_type", "municipality", "zone", "kp", "typology", "kp_min", "kp_max",
        "spot_name"]  # fmt: skip


def flat(tmp_path, *sheets, **more):
    """Import level 1 as tables of an office; a row is interview, zone, kp, kp_max and name."""
    files = []
    for number, rows in enumerate(sheets, start=1):
        table = [[who, "taxi", "M1", zone, kp, "bar", 1, most, name] for who, zone, kp, most, name in rows]
        files.append(tmp_path / f"level1_{number}.csv")
        files[-1].write_text(as_csv([FLAT, *table]), encoding="utf-8")
    files.append(municipalities_csv(tmp_path / "m.csv"))
    return import_records(read_sources(files), settings=SETTINGS, **more)


def codes_of(found):
    return found.study.level1["spot_id"].tolist()


def answered(found, folder, **answers):
    """Return the decisions of somebody who wrote these answers into all rows of places.csv."""
    path = folder / "places.csv"
    found.places.assign(**answers).to_csv(path, index=False)
    return Decisions(places=read_private(path, PLACE_COLUMNS))


def test_one_name_in_two_zones_is_two_spots(tmp_path):
    rows = [("A1", "Z1", "FSW", 5, "Park"), ("A1", "Z2", "MSM", 5, "Park"), ("A1", "Z1", "MSM", 5, "ПАРК")]
    one, other, same = codes_of(flat(tmp_path, rows))
    assert one == same != other


def test_names_that_differ_in_their_ending_are_two_spots(tmp_path):
    rows = [("A1", "Z1", "FSW", 5, "Bar Mira"), ("A1", "Z1", "FSW", 9, "Bar Miri")]
    assert len(set(codes_of(flat(tmp_path, rows)))) == 2


def test_codes_do_not_depend_on_the_order_of_rows(tmp_path):
    rows = [("A1", "Z1", "FSW", 5, None), ("A1", "Z1", "FSW", 9, None), ("A1", "Z1", "MSM", 5, "Park")]
    first = flat(tmp_path, rows)
    again = flat(tmp_path, rows[::-1], decisions=Decisions(spot_ids=first.spot_ids))
    assert codes_of(again) == codes_of(first)[::-1] and len(set(codes_of(first))) == 3


def test_spots_without_a_name_in_two_files_are_two_spots(tmp_path):
    row = ("A1", "Z1", "FSW", 5, None)
    found = flat(tmp_path, [row, ("A2", "Z1", "FSW", 5, None)], [row])
    assert len(set(codes_of(found))) == 3


def test_interviews_of_one_code_in_two_files_are_told(tmp_path):
    found = flat(tmp_path, [("1", "Z1", "FSW", 5, "Park"), ("2", "Z1", "FSW", 5, "Most")],
                 [("1", "Z1", "FSW", 5, "Kafe"), ("3", "Z1", "FSW", 5, "Trg")])  # fmt: skip
    [told] = [p for p in found.problems if p.rule == "shared_interviews"]
    assert (told.file, told.severity) == ("level1_2.csv", "notice")
    assert told.message.startswith("1 code(s) of interviews stand in level1_1.csv too")


def test_one_informant_who_names_a_spot_for_two_kps_does_not_tell_two_spots_apart(tmp_path):
    rows = [("A1", "Z1", "FSW", 5, "Kafe Lepotica"), ("A1", "Z1", "MSM", 5, "Kafe Lepotika")]
    assert len(flat(tmp_path, rows).same_spots) == 1
    rows = [(who, zone, "FSW", most, name) for who, zone, _, most, name in rows]
    assert len(flat(tmp_path, rows).same_spots) == 0


def test_two_names_of_spots_that_somebody_called_one_are_not_told(tmp_path):
    rows = [("A1", "Z1", "FSW", 5, "Motel Zora"), ("A2", "Z1", "FSW", 5, "Kafe Alfa")]
    first = flat(tmp_path, rows)
    pair = pd.DataFrame([[*codes_of(first), "yes", ""]], columns=list(SAME_COLUMNS))
    path = tmp_path / "same_spots.csv"
    pair.to_csv(path, index=False)
    decisions = Decisions(
        spot_ids=first.spot_ids, same_spots=path, same_spots_table=read_private(path, SAME_COLUMNS)
    )
    merged = flat(tmp_path, rows, decisions=decisions)
    assert len(set(codes_of(merged))) == 1
    assert not [p for p in merged.problems if p.rule == "two_names"]


def test_spots_without_a_name_are_each_a_spot(tmp_path):
    level1 = without_codes(exercise()[0])
    for spot in level1[0]["spots"]:
        spot["spot_name"] = None
    codes = level1_only(tmp_path, level1).study.level1["spot_id"].tolist()
    assert codes[0] != codes[1]


def test_likely_doubles_are_laid_out_decided_and_undone(tmp_path):
    level1 = without_codes(exercise()[0])
    first = level1_only(tmp_path, level1)
    pairs = first.same_spots[["first_name", "second_name"]].to_numpy().tolist()
    assert sorted(pairs) == [["Kafe Alfa", "Kafe Alfa"], ["Park Beta", "Park Beta"]]
    decided = first.same_spots.assign(same=["yes", "no"])
    path = tmp_path / "same_spots.csv"
    decided.to_csv(path, index=False)
    decisions = Decisions(
        spot_ids=first.spot_ids, same_spots=path, same_spots_table=read_private(path, SAME_COLUMNS)
    )
    merged = level1_only(tmp_path, level1, decisions=decisions)
    assert not errors(merged)
    assert merged.study.level1["spot_id"].nunique() == 4
    assert sorted(merged.same_spots["same"]) == ["no", "yes"]  # what was decided is kept
    undone = level1_only(tmp_path, level1, decisions=Decisions(spot_ids=first.spot_ids))
    assert undone.study.level1.equals(first.study.level1)


def test_what_spoke_for_a_pair_stands_beside_its_decision(tmp_path):
    rows = [("A1", "Z1", "FSW", 5, "Kafe Lepotica"), ("A2", "Z1", "FSW", 7, "Kafe Lepotica")]
    first = flat(tmp_path, rows)
    path = tmp_path / "same_spots.csv"
    turned = first.same_spots.rename(columns={"first": "second", "second": "first"})
    turned.assign(same="no", note="two doors")[list(SAME_COLUMNS)].to_csv(path, index=False)
    decisions = Decisions(
        spot_ids=first.spot_ids, same_spots=path, same_spots_table=read_private(path, SAME_COLUMNS)
    )
    later = flat(tmp_path, rows, decisions=decisions)
    told = ["score", "name_alike", "reason", "first_name", "second_name"]
    assert later.same_spots[told].to_numpy().tolist() == first.same_spots[told].to_numpy().tolist()
    assert later.same_spots[["same", "note"]].to_numpy().tolist() == [["no", "two doors"]]


def test_two_names_of_one_interview_that_a_decision_makes_one_say_where_to_mend(tmp_path):
    rows = [("A1", "Z1", "FSW", 5, "Kafe Lepotica"), ("A1", "Z1", "FSW", 7, "Caffe Lepotica")]
    first = flat(tmp_path, rows)
    path = tmp_path / "same_spots.csv"
    path.write_text("first,second,same\n{},{},yes\n".format(*codes_of(first)), encoding="utf-8")
    decisions = Decisions(spot_ids=first.spot_ids, same_spots=path)
    [told] = errors(flat(tmp_path, rows, decisions=decisions))
    assert (told.file, told.row, told.rule) == ("level1_1.csv", 3, "duplicate_key")
    assert "a yes in same_spots.csv made two spots of one interview one" in told.remedy


SAVED = {
    "excel": {"sep": ";", "encoding": "utf-8-sig", "lineterminator": "\r\n"},
    "unicode text": {"sep": "\t", "encoding": "utf-16"},
    "central europe": {"sep": ";", "encoding": "cp1250"},
    "cyrillic": {"sep": ";", "encoding": "cp1251"},
    "numbers": {"sep": ";", "encoding": "utf-8", "decimal": ","},
}


@pytest.mark.parametrize("saved", SAVED)
def test_decisions_count_as_any_spreadsheet_saves_them(saved, tmp_path):
    cyrillic = saved in ("cyrillic", "unicode text")
    names = ("Кафе Звезда ноћ", "Парк на брду") if cyrillic else ("Kafić Šećer", "Park Žuti cvet Đurđevak")
    level1 = without_codes(exercise()[0])
    for record in level1[:2]:
        for spot, name in zip(record["spots"], names, strict=True):
            spot["spot_name"] = name
    first = level1_only(tmp_path, level1)
    note = "исти улаз" if cyrillic else "isti ulaz, žuta kuća"
    decided = first.same_spots.assign(same=["да" if cyrillic else "Da", "yes"], note=note)
    path = tmp_path / "same_spots.csv"
    decided[["first", "second", "same", "note", "first_name", "second_name", "metres"]].to_csv(
        path, index=False, **SAVED[saved]
    )
    decisions = Decisions(
        spot_ids=first.spot_ids, same_spots=path, same_spots_table=read_private(path, SAME_COLUMNS)
    )
    merged = level1_only(tmp_path, level1, decisions=decisions)
    assert not errors(merged)
    assert merged.study.level1["spot_id"].nunique() == 3
    assert merged.same_spots["note"].tolist() == [note] * 2


def test_a_problem_of_a_decision_stands_at_its_row_in_any_locale(tmp_path):
    path = tmp_path / "same_spots.csv"
    path.write_bytes("first;second;same;note\n;;;\nS1;S1;yes;\nS1;S2;perhaps;\n".encode("utf-16"))
    found = import_exercise("kobo", *exercise(), tmp_path / "kobo", decisions=Decisions(same_spots=path))
    told = [(p.file, p.row, p.column, p.rule) for p in errors(found)]
    assert told == [("same_spots.csv", 3, "second", "same_code"), ("same_spots.csv", 4, "same", "answer")]


def test_a_decision_about_an_unknown_spot_is_told(tmp_path):
    path = tmp_path / "same_spots.csv"
    path.write_text("first,second,same,note\nS1,nowhere,yes,\n", encoding="utf-8")
    found = import_exercise("kobo", *exercise(), tmp_path / "kobo", decisions=Decisions(same_spots=path))
    assert [(p.file, p.row, p.rule) for p in errors(found)] == [("same_spots.csv", 2, "unknown_spot")]


@pytest.mark.parametrize("place", [(0, 0), ("inf", "inf"), (42660100, 21160200)])
def test_spots_in_no_place_are_not_near_each_other(place, tmp_path):
    level1 = without_codes(exercise()[0])
    for spot in (spot for record in level1 for spot in record["spots"]):
        spot |= {"spot_name": None, "lat": place[0], "lon": place[1]}
    assert not len(level1_only(tmp_path, level1).same_spots)


SWAPPED = {"lat": 21.1602, "lon": 42.6601}
LOST = {"lat": 42660100, "lon": 21160200}


@pytest.mark.parametrize(("wrong", "severity"), [(SWAPPED, "notice"), (LOST, "error")])
def test_a_wrong_place_is_told_once_and_mended_only_when_accepted(wrong, severity, tmp_path):
    level1, level2 = exercise()
    level1[0]["spots"][0] |= wrong
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    [problem] = [p for p in found.problems if p.rule in ("place", "number")]
    assert (problem.sheet, problem.row, problem.severity) == ("spot", 2, severity)
    [row] = found.places.to_dict("records")
    assert (row["file"], row["sheet"], row["row"], row["accept"]) == ("kobo_1.xlsx", "spot", 2, "")
    assert (row["proposed_lat"], row["proposed_lon"]) == (42.6601, 21.1602)
    path = tmp_path / "places.csv"
    entered = found.places[["lat", "lon"]].astype(float)
    saved = found.places.assign(accept="DA", **entered)
    saved.to_csv(path, index=False, sep=";", decimal=",", encoding="utf-8-sig")  # by a local Excel
    decisions = Decisions(places=read_private(path, PLACE_COLUMNS))
    mended = import_exercise("kobo", level1, level2, tmp_path / "kobo", decisions=decisions)
    assert not errors(mended)
    assert (mended.study.level1["lat"].iloc[0], mended.study.level1["lon"].iloc[0]) == (42.6601, 21.1602)
    assert len(mended.places) == 1  # the decision is kept for the next import


def test_a_code_for_two_places_is_told_at_its_row_and_a_wrong_place_once(tmp_path):
    level1, level2 = exercise()
    level1[1]["spots"][0]["lat"] = 42.75
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    [told] = [p for p in found.problems if p.rule == "two_places"]
    assert (told.sheet, told.row) == ("spot", 4) and "level1 row 2" in told.message
    level1[0]["spots"][0] |= SWAPPED
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    assert [p.row for p in found.problems if p.rule in ("place", "two_places")] == [2]


def test_a_wrong_place_does_not_keep_two_names_of_a_spot_apart(tmp_path):
    level1 = without_codes(exercise()[0])
    right = level1_only(tmp_path, level1)
    level1[1]["spots"][0] |= SWAPPED
    wrong = level1_only(tmp_path, level1, decisions=Decisions(spot_ids=right.spot_ids))
    pairs = {tuple(pair) for pair in right.same_spots[["first", "second"]].to_numpy()}
    assert {tuple(pair) for pair in wrong.same_spots[["first", "second"]].to_numpy()} == pairs


def test_an_accepted_place_whose_record_changed_is_not_used(tmp_path):
    level1, level2 = exercise()
    level1[0]["spots"][0] |= SWAPPED
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    decisions = answered(found, tmp_path, accept="yes")
    level1[0]["spots"][0] |= {"lat": 42.1, "lon": 21.2}
    later = import_exercise("kobo", level1, level2, tmp_path / "kobo", decisions=decisions)
    assert later.study.level1["lat"].iloc[0] == 42.1
    assert "places_unused" in {p.rule for p in later.problems}


@pytest.mark.parametrize(
    ("accept", "lat"), [("maybe", "42.6601"), ("yes", "42.66.01"), ("yes", ""), ("yes?", "42.6601")]
)
def test_a_decision_about_a_place_that_nobody_can_read_is_told(accept, lat, tmp_path):
    level1, level2 = exercise()
    level1[0]["spots"][0] |= SWAPPED
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    decisions = answered(found, tmp_path, accept=accept, proposed_lat=lat)
    later = import_exercise("kobo", level1, level2, tmp_path / "kobo", decisions=decisions)
    [problem] = errors(later)
    assert problem.file == "places.csv" and "1 row(s) have neither yes nor no under accept" in problem.message


def test_a_place_that_somebody_left_as_it_is_is_not_asked_about_again(tmp_path):
    level1, level2 = exercise()
    level1[0]["spots"][0] |= SWAPPED
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    decisions = answered(found, tmp_path, accept="ne")
    later = import_exercise("kobo", level1, level2, tmp_path / "kobo", decisions=decisions)
    assert later.places["accept"].tolist() == ["no"]
    assert later.study.level1["lat"].iloc[0] == SWAPPED["lat"]


def test_private_files_name_what_they_lack(tmp_path):
    path = tmp_path / "spot_ids.csv"
    path.write_text("interview_id,mention\nA1,x\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"it lacks the columns spot_id\. Give the file of this kind"):
        read_private(path, GIVEN_COLUMNS)
    with pytest.raises(ValueError, match=r"has 1 problem\(s\):\n.* file, sheet, row, rule, .*, accept\."):
        read_private(path, PLACE_COLUMNS)


@pytest.mark.parametrize(
    "last",
    [
        ["Total", None, None, None, None, None, 2, 10, None],
        [None, None, None, None, None, None, None, 10, None],
        [None, "Gjithsej", None, "Z1", None, None, 2, 10, None],
        ["Source: the teams", None, None, None, None, None, None, None, None],
        [None, None, None, None, None, None, None, None, "Total of the day"],
    ],
)
def test_a_total_or_a_note_below_the_table_is_one_error_and_gets_no_code(last, tmp_path):
    rows = [
        ["A1", "taxi", "M1", "Z1", "FSW", "bar", 1, 5, "Kafe"],
        ["A2", *["taxi", "M1", "Z1"], *[None] * 5],
    ]
    (tmp_path / "level1.csv").write_text(as_csv([FLAT, *rows, last]), encoding="utf-8")
    found = import_records(
        read_sources([tmp_path / "level1.csv", municipalities_csv(tmp_path / "m.csv")]), settings=SETTINGS
    )
    [told] = errors(found)
    assert (told.file, told.row, told.column, told.rule) == ("level1.csv", 4, None, "total_row")
    assert told.message == "looks like a total or a note: it names no municipality, KP and typology"
    assert told.remedy == "Delete the row in the source, or fill it in." and len(found.spot_ids) == 1


def test_an_informant_whose_municipality_was_forgotten_is_no_note(tmp_path):
    rows = [["A1", "taxi", "M1", "Z1", "FSW", "bar", 1, 5, "Kafe"], ["A2", "taxi", *[None] * 7]]
    (tmp_path / "level1.csv").write_text(as_csv([FLAT, *rows]), encoding="utf-8")
    files = [tmp_path / "level1.csv", municipalities_csv(tmp_path / "m.csv")]
    [told] = errors(import_records(read_sources(files), settings=SETTINGS))
    assert (told.row, told.column, told.rule) == (3, "municipality", "blank")
