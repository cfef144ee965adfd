"""The command `pse import`: from files to a study folder, its private files, and what it says."""

import json
import tomllib

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

import pse
from mapping.cli import app
from mapping.labels import texts
from pse.labels import LANGUAGES, read_texts
from pse.records.said import FOLDER
from tests.records.imports.exports import (
    exercise,
    kobo_level1,
    kobo_level2,
    municipalities_csv,
    odk_zip,
    serbian_workbook,
)
from tests.records.imports.test_three_sources import planted_exercise
from tests.records.tiny import write_folder

STUDY = ["--title", "Exercise", "--country", "Kosovo", "--year", "2016"]


def run(*args):
    return CliRunner().invoke(app, ["import", *map(str, args)])


@pytest.fixture
def towns(tmp_path):
    return municipalities_csv(tmp_path / "towns.csv")


def test_an_export_becomes_a_study_that_can_be_read(tmp_path, towns):
    source = odk_zip(*exercise(), tmp_path / "odk.zip")
    before = source.read_bytes()
    result = run(source, "--out", tmp_path / "study", "--municipalities", towns, *STUDY)
    assert result.exit_code == 0, result.output
    study = pse.read_study(tmp_path / "study")
    assert (study.title, study.year, len(study.level1), len(study.level2)) == ("Exercise", 2016, 6, 3)
    assert "it stays at your desk" in result.output
    assert source.read_bytes() == before


def test_a_second_import_needs_no_settings_and_keeps_the_codes(tmp_path, towns):
    level1, _ = exercise()
    for record in level1:
        for spot in record["spots"]:
            spot["spot_id"] = None
    source, out = kobo_level1(level1, tmp_path / "kobo.xlsx"), tmp_path / "study"
    assert run(source, "--out", out, "--municipalities", towns, *STUDY).exit_code == 0
    first = pse.read_study(out).level1
    assert run(source, "--out", out, "--municipalities", towns).exit_code == 0
    assert pse.read_study(out).level1.equals(first)


def test_decisions_are_applied_and_taken_back(tmp_path, towns):
    level1, level2 = exercise()
    level1[2]["spots"][0] |= {"lat": 20.4305, "lon": 42.3804}
    level1[1]["spots"][0]["spot_id"] = "S9"  # Kafe Alfa under another code
    source, out = odk_zip(level1, level2, tmp_path / "odk.zip"), tmp_path / "study"
    base = [source, "--out", out, "--municipalities", towns, *STUDY]
    assert run(*base).exit_code == 0
    for name, column in (("places", "accept"), ("same_spots", "same")):
        table = pd.read_csv(out / "private" / f"{name}.csv", dtype=object, encoding="utf-8-sig")
        table.assign(**{column: "yes"}).to_csv(tmp_path / f"{name}.csv", index=False)
    decided = [*base, "--places", tmp_path / "places.csv", "--same-spots", tmp_path / "same_spots.csv"]
    assert run(*decided).exit_code == 0
    mended = pse.read_study(out).level1
    assert mended["lat"].iloc[4] == 42.3804 and "S9" not in set(mended["spot_id"])
    assert run(*base).exit_code == 0
    undone = pse.read_study(out).level1
    assert undone["lat"].iloc[4] == 20.4305 and "S9" in set(undone["spot_id"])


def test_errors_are_told_and_nothing_is_written(tmp_path, towns):
    source = odk_zip(*planted_exercise(), tmp_path / "odk.zip")
    result = run(source, "--out", tmp_path / "study", "--municipalities", towns, *STUDY, "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["errors"] == 9
    assert not (tmp_path / "study").exists()


def test_a_place_out_of_range_still_lays_out_its_proposal(tmp_path, towns):
    level1, level2 = exercise()
    level1[0]["spots"][0] |= {"lat": 42660100, "lon": 21160200}
    source, out = odk_zip(level1, level2, tmp_path / "odk.zip"), tmp_path / "study"
    base = [source, "--out", out, "--municipalities", towns, *STUDY]
    result = run(*base)
    assert result.exit_code == 1 and "places.csv" in result.output
    assert [path.name for path in out.rglob("*") if path.is_file()] == ["places.csv"]
    table = pd.read_csv(out / "private" / "places.csv", dtype=object, encoding="utf-8-sig")
    table.assign(accept="yes").to_csv(tmp_path / "places.csv", index=False)
    assert run(*base, "--places", tmp_path / "places.csv").exit_code == 0
    assert pse.read_study(out).level1["lat"].iloc[0] == 42.6601


def test_missing_settings_name_the_option(tmp_path):
    source = odk_zip(*exercise(), tmp_path / "odk.zip")
    result = run(source, "--out", tmp_path / "study", "--json")
    problems = json.loads(result.output)["problems"]
    remedies = {p["remedy"] for p in problems if p["severity"] == "error"}
    assert {"Give it with --title.", "Give it with --municipalities FILE."} <= remedies


def test_foreign_headings_get_a_proposal_that_works_when_looked_at(tmp_path, towns):
    source = serbian_workbook(*exercise(), tmp_path / "terenski.xlsx")
    result = run(source, "--out", tmp_path / "study", "--municipalities", towns, *STUDY, "--lang", "sr-Cyrl")
    assert result.exit_code == 1 and "import.toml" in result.output
    assert not (tmp_path / "study").exists()
    proposal = tmp_path / "import.toml"
    text = proposal.read_text(encoding="utf-8")
    assert '"Општина" = "municipality"' in text and "Погледајте сваки ред" in text
    assert result.output.count("--columns") == 3  # of both sheets, and at the end
    again = run(source, "--out", tmp_path / "study", "--municipalities", towns, *STUDY, "--columns", proposal)
    assert again.exit_code == 0, again.output
    assert pse.read_study(tmp_path / "study").level1["municipality"].tolist() == ["M1"] * 4 + ["M2"] * 2
    assert run(source, "--out", tmp_path / "other", *STUDY).exit_code == 1
    assert (tmp_path / "import-2.toml").exists()  # the first one is not written over


def test_a_proposal_for_a_new_source_holds_the_parts_in_use_and_does_alone(tmp_path, towns):
    level1, level2 = exercise()
    first = serbian_workbook(level1[:2], level2[:2], tmp_path / "first.xlsx")
    second = serbian_workbook(level1[2:], level2[2:], tmp_path / "second.xlsx")
    to_study = ("--out", tmp_path / "study", "--municipalities", towns, *STUDY)
    assert run(first, *to_study).exit_code == 1
    in_use = tmp_path / "import.toml"
    settings = '[study]\ntitle = "My own"\n\n'
    in_use.write_text(f"{settings}{in_use.read_text('utf-8')}# my own remark", encoding="utf-8-sig")
    assert run(first, second, *to_study, "--columns", in_use).exit_code == 1
    both = tmp_path / "import-2.toml"
    text = both.read_text(encoding="utf-8")
    assert [part["file"] for part in tomllib.loads(text)["part"]] == ["first.xlsx"] * 2 + ["second.xlsx"] * 2
    assert text.startswith(f"{settings}# Proposed") and "# my own remark\n" in text
    done = run(first, second, *to_study, "--columns", both)
    assert done.exit_code == 0, done.output
    assert len(pse.read_study(tmp_path / "study").level1) == 6 and not (tmp_path / "import-3.toml").exists()


def test_three_decimals_are_written_so_that_the_check_reads_no_thousands(tmp_path, towns):
    homes = [["municipality", "kp", "setting", "people"], ["M1", "FSW", "home", 12.375],
             ["M2", "FSW", "home", "12,375"], ["M2", "MSM", "home", "0,5"]]  # fmt: skip
    book = Workbook()
    for row in homes:
        book.active.append(row)
    book.save(tmp_path / "nonspot.xlsx")
    sources, study = (
        [odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "nonspot.xlsx"],
        tmp_path / "study",
    )
    assert run(*sources, "--out", study, "--municipalities", towns, *STUDY).exit_code == 0
    lines = (study / "nonspot.csv").read_text("utf-8-sig").splitlines()
    assert [line.rpartition(",")[2] for line in lines[1:]] == ["12.3750", "12.3750", "0.5"]
    checked = CliRunner().invoke(app, ["check", str(study)])
    assert checked.exit_code == 0, checked.output
    assert pse.read_study(study).nonspot["people"].tolist() == [12.375, 12.375, 0.5]


def test_a_formula_in_a_name_is_written_as_text(tmp_path, towns):
    level1, level2 = exercise()
    level1[0]["spots"][0]["spot_name"] = "=1+1"
    source = odk_zip(level1, level2, tmp_path / "odk.zip")
    assert run(source, "--out", tmp_path / "study", "--municipalities", towns, *STUDY).exit_code == 0
    lines = (tmp_path / "study" / "level1.csv").read_text("utf-8-sig").splitlines()
    assert ",'=1+1," in lines[1]


def test_private_data_stands_in_private_files_only(tmp_path, towns):
    level1, level2 = exercise()
    level1[1]["spots"][0]["spot_name"] = "ask at 044 123 456"
    source, out = odk_zip(level1, level2, tmp_path / "odk.zip"), tmp_path / "study"
    result = run(source, "--out", out, "--municipalities", towns, *STUDY)
    holding = [p.name for p in out.rglob("*") if p.is_file() and b"044 123" in p.read_bytes()]
    assert holding == ["quarantine.csv"] and "044 123" not in result.output


def test_a_marked_copy_of_the_workbook(tmp_path, towns):
    from openpyxl import load_workbook

    source = kobo_level1(planted_exercise()[0], tmp_path / "kobo.xlsx")
    marked = tmp_path / "marked.xlsx"
    run(source, "--out", tmp_path / "study", "--municipalities", towns, *STUDY, "--marked", marked)
    sheet = load_workbook(marked)["spot"]
    at = [cell.value for cell in sheet[1]].index("spot/kp_min") + 1
    assert "must be at most kp_max" in sheet.cell(row=2, column=at).comment.text


@pytest.mark.parametrize(
    ("args", "words"),
    [(["--lang", "de"], "lang must be one of"), (["--marked", "x.csv"], "must end in .xlsx"),
     (["--columns", "gone.toml"], "gone.toml")],
)  # fmt: skip
def test_wrong_use_is_a_sentence(args, words, tmp_path, towns):
    source = odk_zip(*exercise(), tmp_path / "odk.zip")
    result = run(source, "--out", tmp_path / "study", *STUDY, *args)
    assert result.exit_code in (1, 2) and words in result.output and "Traceback" not in result.output


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_prints(lang, tmp_path, towns):
    source = odk_zip(*planted_exercise(), tmp_path / "odk.zip")
    result = run(source, "--out", tmp_path / "study", "--municipalities", towns, *STUDY, "--lang", lang)
    assert result.exit_code == 1 and "{" not in result.output


def test_settings_and_municipalities_of_the_study_are_used_and_left_as_they_are(tmp_path):
    out = tmp_path / "study"
    out.mkdir()
    own = municipalities_csv(out / "municipalities.csv")
    text = (
        own.read_text(encoding="utf-8").replace("lat,lon", "lat,lon,note").replace("21.1655", "21.1655,one")
    )
    own.write_text(text.replace("20.4308", "20.4308,two"), encoding="utf-8")
    settings = out / "study.toml"
    settings.write_text('title = "Exercise"  # ours\ncountry = "Kosovo"\nyear = 2016\n', encoding="utf-8")
    before = own.read_bytes(), settings.read_bytes()
    source = odk_zip(*exercise(), tmp_path / "odk.zip")
    result = run(source, "--out", out)
    assert result.exit_code == 0, result.output
    assert (own.read_bytes(), settings.read_bytes()) == before
    assert len(pse.read_study(out).level1) == 6
    assert run(source, "--out", out, "--title", "Another").exit_code == 0
    assert pse.read_study(out).title == "Another"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_personal_data_in_the_municipalities_of_the_study_is_said_to_stay(lang, tmp_path):
    out = tmp_path / "study"
    out.mkdir()
    municipalities_csv(out / "municipalities.csv")
    table = pd.read_csv(out / "municipalities.csv").assign(
        note="044 123 456", phone="1", Phone="2", Other="3"
    )
    table.to_csv(out / "municipalities.csv", index=False)
    source = odk_zip(*exercise(), tmp_path / "odk.zip")
    result = run(source, "--out", out, *STUDY, "--json", "--lang", lang)
    told = [p for p in json.loads(result.output)["problems"] if p["file"] == "municipalities.csv"]
    assert {p["rule"] for p in told} == {"personal_column", "personal_cell", "unknown_column"}
    told = [p for p in told if p["rule"] != "unknown_column"]
    words = read_texts(FOLDER, "imports", lang)
    assert {p["remedy"] for p in told} == {words["mend_towns"]}
    stays = words["stays"].split("{kind}")[1]
    assert len(told) == len(table) + 2 and all(stays in p["message"] for p in told)


def test_municipalities_among_the_sources_win_over_those_of_the_study(tmp_path, towns):
    source, out = odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "study"
    assert run(source, towns, "--out", out, *STUDY).exit_code == 0
    towns.write_text(towns.read_text(encoding="utf-8").replace("62000", "63000"), encoding="utf-8")
    assert run(source, towns, "--out", out).exit_code == 0
    assert pse.read_study(out).municipalities["adult_women"].iloc[0] == 63000


def test_only_what_waits_for_a_decision_is_told(tmp_path, towns):
    level1, level2 = exercise()
    level1[2]["spots"][0] |= {"lat": 20.4305, "lon": 42.3804}
    level1[1]["spots"][0]["spot_id"] = "S9"
    source, out = odk_zip(level1, level2, tmp_path / "odk.zip"), tmp_path / "study"
    base = [source, "--out", out, "--municipalities", towns, *STUDY]
    first = run(*base).output
    assert "Places that are probably wrong" in first and "Pairs of spots that may be one: 1" in first
    for name, column in (("places", "accept"), ("same_spots", "same")):
        table = pd.read_csv(out / "private" / f"{name}.csv", dtype=object, encoding="utf-8-sig")
        table.assign(**{column: "yes"}).to_csv(tmp_path / f"{name}.csv", index=False)
    then = run(*base, "--places", tmp_path / "places.csv", "--same-spots", tmp_path / "same_spots.csv").output
    assert "Places that are probably wrong" not in then and "Pairs of spots" not in then


def test_a_wrong_column_file_is_told_in_the_language_that_was_asked_for(tmp_path, towns):
    source, columns = odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "import.toml"
    columns.write_text("x = [", encoding="utf-8")
    result = run(source, "--out", tmp_path / "study", "--columns", columns, "--lang", "sq")
    assert result.exit_code == 1 and "skedari nuk mund të lexohet si TOML" in result.output


def test_a_private_file_that_a_problem_names_is_there_although_the_import_failed(tmp_path, towns):
    level1, level2 = exercise()
    level1[0]["spots"][0]["kp_min"] = 99
    level1[1]["spots"][0]["spot_name"] = "ask at 044 123 456"
    source, out = odk_zip(level1, level2, tmp_path / "odk.zip"), tmp_path / "study"
    result = run(source, "--out", out, "--municipalities", towns, *STUDY)
    assert result.exit_code == 1 and "private/quarantine.csv" in " ".join(result.output.split())
    assert [path.name for path in out.rglob("*.*")] == ["quarantine.csv"]


def squares(path, west):
    """Write boundaries of two invented squares side by side: M1 from `west` on, M2 east of it."""
    from shapely.geometry import box

    shapes = [box(west + i, 42.0, west + i + 1, 43.0) for i in range(2)]
    codes = {"municipality": ["M1", "M2"]}
    gpd.GeoDataFrame(codes, geometry=shapes, crs="EPSG:4326").to_file(path)
    return path


def outside(result):
    told = json.loads(result.output)["problems"]
    return [(p["row"], p["message"]) for p in told if p["rule"] == "place"]


@pytest.mark.parametrize("where", ["municipalities", "study"])
@pytest.mark.parametrize("kind", ["geojson", "gpkg"])
def test_a_place_outside_its_municipality_is_told(where, kind, tmp_path):
    level1, level2 = exercise()
    level1, out = [record for record in level1 if record["municipality"] == "M1"], tmp_path / "study"
    level1[1]["spots"][0] |= {"lat": 42.5, "lon": 21.9}  # in the square of M2
    level2 = level2[:2]
    source, prepared = odk_zip(level1, level2, tmp_path / "odk.zip"), tmp_path / "prepared"
    prepared.mkdir(), out.mkdir()
    municipalities_csv(prepared / "municipalities.csv")
    base = [source, "--out", out, "--municipalities", prepared, *STUDY, "--json"]
    assert outside(run(*base)) == []
    squares((prepared if where == "municipalities" else out) / f"boundaries.{kind}", west=20.8)
    assert outside(run(*base)) == [(4, "the place lies outside its municipality")]
    [wrong] = pd.read_csv(out / "private" / "places.csv", encoding="utf-8-sig").to_dict("records")
    assert (wrong["rule"], wrong["row"]) == ("other_municipality", 4)


def test_boundaries_that_cannot_be_used_are_told_and_stop_nothing(tmp_path, towns):
    source, out = odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "study"
    out.mkdir()
    (out / "boundaries.geojson").write_text("{}", encoding="utf-8")
    result = run(source, "--out", out, "--municipalities", towns, *STUDY, "--json")
    assert result.exit_code == 0
    [told] = [p for p in json.loads(result.output)["problems"] if p["rule"] == "boundaries"]
    assert "no place is compared" in told["message"]


def test_schematic_cells_judge_no_place(tmp_path, towns):
    source, out = odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "study"
    out.mkdir()
    path = squares(out / "boundaries.geojson", west=10.0)
    gpd.read_file(path).assign(schematic=True).to_file(path)
    assert outside(run(source, "--out", out, "--municipalities", towns, *STUDY, "--json")) == []


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_private_files_give_reasons_in_the_language(lang, tmp_path, towns):
    level1, level2 = exercise()
    level1[0]["spots"][0]["spot_name"] = "Alfa, alfa@example.org"
    level1[3]["end"] = "2016-06-15T10:30:00.000+02:00"
    source, out = odk_zip([*level1, level1[3]], level2, tmp_path / "odk.zip"), tmp_path / "study"
    assert run(source, "--out", out, "--municipalities", towns, *STUDY, "--lang", lang).exit_code == 0
    aside, kept_out = (
        pd.read_csv(out / "private" / f"{name}.csv", encoding="utf-8-sig")
        for name in ("set_aside", "quarantine")
    )
    reasons, kinds = (read_texts(FOLDER, section, lang) for section in ("imports", "screening"))
    assert aside["reason"].tolist() == [reasons["same_submission"].format(row=5)]
    assert kept_out["kind"].tolist() == [kinds["mail"]]


def test_two_exports_of_one_name_are_not_mixed_up(tmp_path, towns):
    level1, _ = exercise()
    folders = [tmp_path / "monday", tmp_path / "tuesday"]
    for folder in folders:
        folder.mkdir()
    monday = kobo_level1(level1[:2], folders[0] / "export.xlsx")
    tuesday = kobo_level1(level1[2:], folders[1] / "export.xlsx")
    base = ["--out", tmp_path / "study", "--municipalities", towns, *STUDY]
    result = run(monday, tuesday, *base)
    assert result.exit_code == 2 and "'export.xlsx' twice. Rename one of them" in result.output
    assert run(monday, tuesday.rename(folders[1] / "second.xlsx"), *base).exit_code == 0
    found = pse.read_study(tmp_path / "study").level1
    assert found["interview_id"].tolist() == ["A1", "A1", "A2", "A2", "A3", "A4"]


def test_an_original_in_the_folder_of_the_study_is_not_written_over(tmp_path, towns):
    out = tmp_path / "study"
    out.mkdir()
    level1, level2 = exercise()
    sources = [kobo_level1(level1, out / "kobo.xlsx"), kobo_level2(level2, out / "level2.csv")]
    own = municipalities_csv(out / "municipalities.csv")
    before = [path.read_bytes() for path in (*sources, own)]
    result = run(*sources, "--out", out, *STUDY)
    assert result.exit_code == 2 and "written over 'level2.csv'" in result.output
    assert run(sources[0], own, "--out", out, *STUDY).exit_code == 0
    assert [path.read_bytes() for path in (sources[0], own)] == [before[0], before[2]]


def test_tables_of_an_earlier_import_that_stay_are_told(tmp_path, towns):
    source, out, people = odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "study", tmp_path / "p.csv"
    people.write_text("person_id,municipality,kp,spot_id,spots_visited\nP1,M1,FSW,S1,2\n", encoding="utf-8")
    first = run(source, people, "--out", out, "--municipalities", towns, *STUDY)
    assert first.exit_code == 0 and "stay in the study" not in first.output
    then = run(source, "--out", out)
    assert "people.csv of an earlier import stay in the study as they are" in then.output
    assert len(pse.read_study(out).people) == 1


def test_visits_of_before_stay_where_only_key_informants_are_imported_again(tmp_path, towns):
    level1, level2 = exercise()
    sources = [kobo_level1(level1, tmp_path / "kobo.xlsx"), kobo_level2(level2, tmp_path / "visits.csv")]
    out = tmp_path / "study"
    assert run(*sources, "--out", out, "--municipalities", towns, *STUDY).exit_code == 0
    result = run(sources[0], "--out", out)
    assert result.exit_code == 0, result.output
    assert len(pse.read_study(out).level2) == 3
    assert "level2.csv of an earlier import stay in the study as they are" in result.output


def test_nothing_is_said_of_visits_that_never_were(tmp_path, towns):
    source, out = kobo_level1(exercise()[0], tmp_path / "kobo.xlsx"), tmp_path / "study"
    assert run(source, "--out", out, "--municipalities", towns, *STUDY).exit_code == 0
    result = run(source, "--out", out)
    assert result.exit_code == 0 and "of an earlier import stay" not in result.output


def test_visits_that_a_source_holds_no_more_are_gone(tmp_path, towns):
    level1, level2 = exercise()
    sources = [kobo_level1(level1, tmp_path / "kobo.xlsx"), kobo_level2(level2, tmp_path / "visits.csv")]
    out = tmp_path / "study"
    assert run(*sources, "--out", out, "--municipalities", towns, *STUDY).exit_code == 0
    kobo_level2([], sources[1])  # as when everybody took the consent back
    assert run(*sources, "--out", out).exit_code == 0
    assert not len(pse.read_study(out).level2)


def test_a_study_typed_by_hand_is_not_written_over(tmp_path, towns):
    out = write_folder(tmp_path / "study")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    source = odk_zip(*exercise(), tmp_path / "odk.zip")
    result = run(source, "--out", out, "--municipalities", towns, "--lang", "sq")
    assert result.exit_code == 2 and "STUDY mban 'municipalities.csv'" in " ".join(result.output.split())
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_table_that_was_changed_after_the_import_is_not_written_over(tmp_path, towns):
    source, out = odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "study"
    base = [source, "--out", out, "--municipalities", towns, *STUDY]
    assert run(*base).exit_code == run(*base).exit_code == 0
    table = out / "level1.csv"
    table.write_text(table.read_text("utf-8-sig").replace("14", "15", 1), encoding="utf-8")
    mended = table.read_bytes()
    result = run(*base)
    assert result.exit_code == 2 and "STUDY holds 'level1.csv', which is not as an import" in result.output
    assert table.read_bytes() == mended
    table.rename(tmp_path / "mended.csv")
    assert run(*base).exit_code == 0


def test_answers_that_were_not_given_are_kept(tmp_path, towns):
    level1, level2 = exercise()
    level1[2]["spots"][0] |= {"lat": 20.4305, "lon": 42.3804}
    source, out = odk_zip(level1, level2, tmp_path / "odk.zip"), tmp_path / "my study"
    base = [source, "--out", out, "--municipalities", towns, *STUDY]
    assert run(*base).exit_code == 0
    places = out / "private" / "places.csv"
    assert f'--places "{places}"' in run(*base).output
    table = pd.read_csv(places, dtype=object, encoding="utf-8-sig")
    table.assign(accept="yes").to_csv(places, index=False)  # where it is, as tired people do
    result = run(*base)
    assert result.exit_code == 0 and "because --places was not given" in result.output
    kept = places.with_name("places_before.csv")
    assert pd.read_csv(kept)["accept"].tolist() == ["yes"]
    assert "not given" not in run(*base).output  # there is nothing more to lose
    done = run(*base, "--places", kept)
    assert done.exit_code == 0 and pse.read_study(out).level1["lat"].iloc[4] == 42.3804


def test_a_filled_template_is_told_to_be_a_study(tmp_path):
    from pse.records.template import write_template

    file = write_template(tmp_path / "my study.xlsx")
    result = run(file, "--out", tmp_path / "out", "--lang", "sr-Latn")
    assert result.exit_code == 2 and "je već studija" in result.output
    assert f'pse check "{file}" --lang sr-Latn' in result.output
    assert not (tmp_path / "out").exists()


def test_the_command_that_comes_next_is_in_the_same_language(tmp_path, towns):
    source, out = odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "study"
    result = run(source, "--out", out, "--municipalities", towns, *STUDY, "--lang", "mk")
    assert f"pse check {out} --lang mk" in result.output


def test_settings_of_any_kind_survive_a_new_title(tmp_path, towns):
    source, out = odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "study"
    assert run(source, "--out", out, "--municipalities", towns, *STUDY).exit_code == 0
    own = '"field work" = 2016-05-13\ntitle = "A"\ncountry = "B"\nyear = 2016\n["a & b"]\nx = {y = [1]}\n'
    (out / "study.toml").write_text(own, encoding="utf-8")
    before = tomllib.loads(own)
    assert run(source, "--out", out, "--title", "C").exit_code == 0
    assert tomllib.loads((out / "study.toml").read_text("utf-8")) == before | {"title": "C"}


def test_json_stays_json_where_a_file_of_the_user_is_wrong(tmp_path, towns):
    source, columns = odk_zip(*exercise(), tmp_path / "odk.zip"), tmp_path / "import.toml"
    columns.write_text("x = [", encoding="utf-8")
    result = run(source, "--out", tmp_path / "study", "--columns", columns, "--json", "--lang", "sq")
    assert result.exit_code == 1
    assert "TOML" in json.loads(result.stdout)["problems"][0]["message"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_wrong_use_is_told_in_every_language(lang, tmp_path, towns):
    source = odk_zip(*exercise(), tmp_path / "odk.zip")
    (tmp_path / "file").write_text("mine")
    words = texts("use", lang)
    wrong = {
        "marked_ending": (["--marked", "x.csv"], {"name": "x.csv"}),
        "marked_new": (["--marked", tmp_path / "m.xlsx"], {"name": "m.xlsx"}),
        "marked_one": (["--marked", tmp_path / "new.xlsx"], {}),
        "out_is_file": (["--out", tmp_path / "file"], {"name": "file"}),
    }
    (tmp_path / "m.xlsx").write_text("mine")
    for key, (args, values) in wrong.items():
        result = run(source, "--out", tmp_path / "study", *STUDY, *args, "--lang", lang)
        assert (result.exit_code, result.stderr.strip()) == (2, words[key].format(**values))
    assert (tmp_path / "m.xlsx").read_text() == (tmp_path / "file").read_text() == "mine"


def refuse_writing(*args, **kwargs):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_that_cannot_be_written_is_named_and_not_the_folder_of_the_study(
    lang, tmp_path, towns, monkeypatch
):
    foreign = serbian_workbook(*exercise(), tmp_path / "terenski.xlsx")
    source = kobo_level1(exercise()[0], tmp_path / "kobo.xlsx")
    words = texts("use", lang)
    given = ["--out", tmp_path / "study", "--municipalities", towns, *STUDY, "--lang", lang]
    monkeypatch.setattr("mapping.output.tempfile.mkdtemp", refuse_writing)
    for args, key, name in (
        ([foreign], "proposal_unwritable", "import.toml"),
        ([source, "--marked", tmp_path / "m.xlsx"], "marked_unwritable", "m.xlsx"),
    ):
        result = run(*args, *given)
        told = words[key].format(name=name, why="Permission denied")
        assert (result.exit_code, result.stderr.strip()) == (2, told)
    assert not (tmp_path / "study").exists()
