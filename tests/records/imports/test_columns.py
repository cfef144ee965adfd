"""The column file: what it may hold, what is told about it, and how one is proposed."""

import tomllib
from pathlib import Path

import pytest
from openpyxl import load_workbook

import pse
from pse.records.imports import import_records, read_columns, read_sources
from pse.records.imports.columns import targets
from pse.records.imports.vocabulary import heading_words
from pse.records.problems import TableError
from pse.records.tables import TABLES
from tests.records.imports.exports import as_csv, exercise, kobo_level1, municipalities_csv
from tests.records.imports.test_three_sources import SETTINGS, errors

VISITS = ["interview_id", "municipality", "spot_id", "kp", "status", "typology", "usual_min", "usual_max"]
VISIT = ["B1", "M1", "S1", "FSW", "active", "bar", 6, 12]


def visits(tmp_path, headings, rows, rules="", name="visits.csv"):
    """Import level-2 visits beside the level 1 of the exercise, with a column file where rules are given."""
    (tmp_path / name).write_text(as_csv([headings, *rows]), encoding="utf-8")
    towns = municipalities_csv(tmp_path / "m.csv")
    level1 = kobo_level1(exercise()[0], tmp_path / "kobo.xlsx")
    columns = None
    if rules:
        (tmp_path / "import.toml").write_text(rules, encoding="utf-8")
        columns = read_columns(tmp_path / "import.toml")
    return import_records(read_sources([level1, tmp_path / name, towns]), settings=SETTINGS, columns=columns)


def rules_for(headings, columns=VISITS, more=""):
    lines = [f'"{heading}" = "{column}"' for heading, column in zip(headings, columns, strict=True)]
    return "\n".join(["[[part]]", 'file = "visits*.csv"', 'table = "level2"', more, "[part.columns]", *lines])


FOREIGN = [f"Q{i}" for i in range(1, 9)]


RULES_WITHOUT_Q9 = rules_for([*FOREIGN, "Q9"], [*VISITS, ""])


def test_headings_of_any_kind_become_columns(tmp_path):
    found = visits(tmp_path, FOREIGN, [VISIT], rules_for(FOREIGN))
    assert not errors(found)
    assert found.study.level2["usual_max"].tolist() == [12]


def test_words_of_the_user_become_codes(tmp_path):
    row = [*VISIT[:4], "still there", "Kafiq", *VISIT[6:]]
    words = '\n[part.values.status]\n"Still there" = "active"\n[part.values.typology]\n"kafiq" = "bar"\n'
    found = visits(tmp_path, FOREIGN, [row], rules_for(FOREIGN) + words)
    assert not errors(found)
    assert found.study.level2[["status", "typology"]].to_numpy().tolist() == [["active", "bar"]]


def test_an_empty_column_is_not_imported(tmp_path):
    found = visits(
        tmp_path, [*FOREIGN, "Q9"], [[*VISIT, "18-24"]], rules_for([*FOREIGN, "Q9"], [*VISITS, ""])
    )
    assert "hours" not in found.tables["level2"]
    assert any("'Q9'" in p.message for p in found.problems if p.rule == "left_out")


def test_a_column_that_only_another_sheet_uses_is_told_as_left_out(tmp_path):
    (tmp_path / "visits_2.csv").write_text(
        as_csv([[*FOREIGN, "Q9"], ["B2", *VISIT[1:], "18-24"]]), encoding="utf-8"
    )
    path = tmp_path / "import.toml"
    first = rules_for([*FOREIGN, "Q9"], [*VISITS, "hours"]).replace("visits*", "visits_1*")
    path.write_text(first + "\n" + rules_for(FOREIGN).replace("visits*", "visits_2*"), encoding="utf-8")
    (tmp_path / "visits_1.csv").write_text(as_csv([[*FOREIGN, "Q9"], [*VISIT, "18-24"]]), encoding="utf-8")
    files = [kobo_level1(exercise()[0], tmp_path / "kobo.xlsx"), tmp_path / "visits_1.csv",
             tmp_path / "visits_2.csv", municipalities_csv(tmp_path / "m.csv")]  # fmt: skip
    found = import_records(read_sources(files), settings=SETTINGS, columns=read_columns(path))
    told = [p.file for p in found.problems if p.rule == "left_out" and "'Q9'" in p.message]
    assert not errors(found) and told == ["visits_2.csv"]


def test_the_order_of_days_is_asked_for_and_then_taken(tmp_path):
    headings, columns = [*FOREIGN, "Q9"], [*VISITS, "date"]
    row = [*VISIT, "3/4/2016"]
    found = visits(tmp_path, headings, [row], rules_for(headings, columns))
    [problem] = errors(found)
    assert (problem.row, problem.column, problem.rule) == (2, "Q9", "two_orders")
    assert 'date_order = "dmy"' in problem.remedy
    told = visits(tmp_path, headings, [row], rules_for(headings, columns, 'date_order = "mdy"'))
    assert told.study.level2["date"].tolist() == ["2016-03-04"]


def test_the_decimal_mark_is_asked_for_and_then_taken(tmp_path):
    row = [*VISIT[:6], "1.234", "2.345"]
    found = visits(tmp_path, FOREIGN, [row], rules_for(FOREIGN))
    assert [(p.row, p.column, p.rule) for p in errors(found)] == [
        (2, "Q7", "two_numbers"), (2, "Q8", "two_numbers")]  # fmt: skip
    told = visits(tmp_path, FOREIGN, [row], rules_for(FOREIGN, more='decimal = ","'))
    assert told.study.level2["usual_min"].tolist() == [1234]


def test_a_place_in_one_cell_is_split(tmp_path):
    headings, columns = [*FOREIGN, "Q9"], [*VISITS, "geopoint"]
    found = visits(tmp_path, headings, [[*VISIT, "42.6601 21.1602 580.0 4.5"]], rules_for(headings, columns))
    assert found.study.level2[["lat", "lon"]].to_numpy().tolist() == [[42.6601, 21.1602]]


def test_the_place_of_an_interview_is_not_taken_for_that_of_the_spots_it_names(tmp_path):
    level1, _ = exercise()
    book = load_workbook(kobo_level1(level1, tmp_path / "kobo.xlsx"))
    spots = book["spot"]
    for heading in ("spot/gps", "_gps_latitude", "_gps_longitude"):
        spots.delete_cols([cell.value for cell in spots[1]].index(heading) + 1)
    at = book["level 1"].max_column
    for row in book["level 1"].iter_rows():
        for number, name in enumerate(("_here_latitude", "_here_longitude"), start=1):
            row[0].offset(column=at + number - 1).value = (
                name if row[0].row == 1 else 42.6 - 21 * (number - 1)
            )
    book.save(tmp_path / "kobo.xlsx")
    files = [tmp_path / "kobo.xlsx", municipalities_csv(tmp_path / "m.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    assert not errors(found) and "lat" not in found.study.level1


def test_our_own_headings_need_no_column_file_whatever_the_group(tmp_path):
    for prefix in ("", "visit/", "group_ab1/inner/", "visit-"):
        found = visits(tmp_path, [f"{prefix}{name}" for name in VISITS], [VISIT])
        assert not errors(found) and len(found.study.level2) == 1


def test_choices_one_by_one_become_days(tmp_path):
    headings = [*VISITS, "peak_days/fri", "peak_days/sat", "peak_days/sun"]
    found = visits(
        tmp_path, headings, [[*VISIT, 1, 0, "True"], [*VISIT[:2], "S2", "MSM", *VISIT[4:], 0, 0, 0]]
    )
    assert found.study.level2["peak_days"].tolist()[0] == "fri sun"
    assert found.study.level2["peak_days"].isna().tolist() == [False, True]


def test_a_choice_that_is_neither_yes_nor_no_is_told(tmp_path):
    headings = [*VISITS, "peak_days/fri", "peak_days/sat"]
    found = visits(tmp_path, headings, [[*VISIT, "often", 1]])
    assert [(p.row, p.column, p.rule) for p in errors(found)] == [(2, "peak_days", "days")]


def test_two_headings_for_all_days_are_told_and_none_wins(tmp_path):
    headings, columns = [*FOREIGN, "Q9", "Q10"], [*VISITS, "peak_days", "peak_days"]
    found = visits(tmp_path, headings, [[*VISIT, "fri", "sat"]], rules_for(headings, columns))
    assert [(p.file, p.column, p.rule) for p in errors(found)] == [("visits.csv", "peak_days", "twice")]


def test_other_kps_are_read_by_what_the_study_calls_them(tmp_path):
    (tmp_path / "people.csv").write_text(
        as_csv([["person_id", "municipality", "kp", "spot_id", "spots_visited", "also_kp/FSW",
                 "also_kp/Clients of sex workers"], ["P1", "M1", "MSM", "S1", 2, 1, 1],
                ["P2", "M1", "Clients of sex workers", "S1", 2, 0, 0]]),
        encoding="utf-8",
    )  # fmt: skip
    files = [kobo_level1(exercise()[0], tmp_path / "kobo.xlsx"), tmp_path / "people.csv"]
    settings = SETTINGS | {"kps": {"CLIENT": "Clients of sex workers"}}
    found = import_records(read_sources([*files, municipalities_csv(tmp_path / "m.csv")]), settings=settings)
    assert not errors(found)
    assert found.study.people["kp"].tolist() == ["MSM", "CLIENT"]
    assert found.study.people["also_kp"].tolist()[0] == "FSW CLIENT"


def test_two_parts_that_would_take_the_same_rows_twice_are_told(tmp_path):
    (tmp_path / "homes [final].csv").write_text(
        as_csv([["Komuna", "KP", "Vendi", "Numri"], ["M1", "FSW", "home", 30]]), encoding="utf-8"
    )
    part = '[[part]]\nfile = "{file}"\ntable = "nonspot"\n[part.columns]\n' + "".join(
        f'"{heading}" = "{column}"\n'
        for heading, column in zip(
            ("Komuna", "KP", "Vendi", "Numri"), ("municipality", "kp", "setting", "people"), strict=True
        )
    )
    sources = read_sources([
        kobo_level1(exercise()[0], tmp_path / "kobo.xlsx"), tmp_path / "homes [final].csv",
        municipalities_csv(tmp_path / "m.csv"),
    ])  # fmt: skip
    path = tmp_path / "import.toml"
    path.write_text(part.format(file="homes [final].csv"), encoding="utf-8")
    once = import_records(sources, settings=SETTINGS, columns=read_columns(path))
    assert not errors(once) and once.study.nonspot["people"].tolist() == [30]
    path.write_text(part.format(file="homes*") + part.format(file="homes [final].csv"), encoding="utf-8")
    twice = import_records(sources, settings=SETTINGS, columns=read_columns(path))
    assert [(p.file, p.rule) for p in errors(twice)] == [("homes [final].csv", "same_part")]
    assert "would count twice" in errors(twice)[0].message


def test_a_heading_that_is_gone_is_told(tmp_path):
    found = visits(tmp_path, FOREIGN, [VISIT], rules_for([*FOREIGN[:-1], "Q99"]))
    assert [(p.file, p.column, p.rule) for p in errors(found)] == [
        ("visits.csv", "usual_max", "missing_heading")]  # fmt: skip
    assert errors(found)[0].message == "the column file names a heading that is not there: 'Q99'"


def test_a_part_that_fits_no_file_is_told_with_its_number(tmp_path):
    two = "\n".join([rules_for(FOREIGN), rules_for(FOREIGN).replace("visits*", "other")])
    [told] = errors(visits(tmp_path, FOREIGN, [VISIT], two))
    assert (told.column, told.rule) == ("file", "no_sheet")
    assert told.message == "part 2 of the column file fits no file and sheet that was given"


PART = '[[part]]\ntable = "level2"\n'
QUESTION = '[part.columns]\nQ1 = "kp"\n'


def test_the_column_file_of_the_documentation_can_be_read(tmp_path):
    page = (Path(pse.__file__).parents[1] / "docs" / "imports.md").read_text(encoding="utf-8")
    path = tmp_path / "import.toml"
    path.write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    given = read_columns(path)
    [rules] = given.rules
    assert given.settings["year"] == 2016
    assert (rules.columns["GPS"], rules.columns["Shënime"], rules.decimal) == ("geopoint", "", ",")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"must hold one \[\[part\]\]"),
        ('[[part]]\ntable = "level9"\n', "must be one of the tables"),
        (PART, "must be lines such as"),
        (
            PART + '[part.columns]\nQ1 = "statis"\n',
            "'statis' is not known here.*'status'",
        ),
        (
            PART + QUESTION + 'Q2 = "kp"\n',
            "must not become the same column kp",
        ),
        (PART + 'decimal = "x"\n' + QUESTION, "decimal: must be one of"),
        (
            PART + 'keep = "Q1"\n' + QUESTION,
            "must be a list of headings",
        ),
        (
            PART + 'sheets = "x"\n' + QUESTION,
            "'sheets' is not known here",
        ),
        (
            PART + QUESTION + "[part.values]\nkp = 1\n",
            "must be tables such as",
        ),
        ("not toml", "cannot be read as TOML"),
        (
            PART + QUESTION + 'GPS = "geopoint"\nQ2 = "lat"\n',
            "must not become the same column lat",
        ),
        (PART + "sheet = 2016\n" + QUESTION, "sheet: must be text in quotation marks"),
        (PART + "file = 5\n" + QUESTION, "file: must be text in quotation marks"),
        ('[[part]]\ntable = ["level2"]\n' + QUESTION, "must be one of the tables"),
        ("study = 5\n" + PART + QUESTION, r"must be a line \[study\]"),
    ],
)
def test_what_is_wrong_in_a_column_file(text, words, tmp_path):
    path = tmp_path / "import.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=words):
        read_columns(path)


@pytest.mark.parametrize("table", ["level1", "level2", "people", "virtual"])
@pytest.mark.parametrize("which", range(5))  # English, then the other languages, by their place in the list
def test_headings_in_every_language_are_proposed_rightly(table, which, tmp_path):
    columns = [c.name for c in TABLES[table].columns if c.required]
    words = {c: [w for w, meant in _given_words(c)] for c in columns}
    headings = {c: words[c][min(which * len(words[c]) // 5, len(words[c]) - 1)] for c in columns if words[c]}
    path = tmp_path / f"{table}.csv"
    path.write_text(as_csv([list(headings.values()), ["1"] * len(headings)]), encoding="utf-8")
    found = import_records(read_sources([path]), settings=SETTINGS)
    proposed = tomllib.loads(found.proposal)["part"][0]["columns"] if found.proposal else {}
    wrong = {h: proposed.get(h) for c, h in headings.items() if proposed.get(h) not in (c, "")}
    assert not wrong and sum(bool(c) for c in proposed.values()) >= 0.8 * len(headings)


def _given_words(column):
    return [(key, meant) for key, meant in heading_words().items() if column in meant and len(meant) == 1]


def test_a_proposal_is_a_column_file_that_can_be_read(tmp_path):
    headings = ["Emri i vendit", "Komuna", 'He said "x"', "Popullata kyçe", "Numri minimal", "Numri maksimal",
                "Tipologjia", "Lloji i informatorit", "Kodi i intervistës"]  # fmt: skip
    path = tmp_path / "terreni.csv"
    path.write_text(as_csv([headings, ["x"] * 4 + ["3", "4", "x", "x", "x"]]), encoding="utf-8")
    found = import_records(read_sources([path]), settings=SETTINGS, lang="sq")
    (tmp_path / "import.toml").write_text(found.proposal, encoding="utf-8")
    [rules] = read_columns(tmp_path / "import.toml").rules
    assert rules.columns["Komuna"] == "municipality" and rules.columns['He said "x"'] == ""
    assert set(filter(None, rules.columns.values())) <= set(targets(TABLES["level1"]))


def test_a_sheet_of_nothing_known_is_told_when_it_is_all_there_is(tmp_path):
    path = tmp_path / "budget.csv"
    path.write_text("item,euro\npens,3\n", encoding="utf-8")
    found = import_records(read_sources([path]), settings=SETTINGS)
    [problem] = found.problems
    assert problem.rule == "unknown_sheet" and "--columns" in problem.remedy and not found.proposal


def test_the_id_of_a_submission_is_taken_where_no_other_is_named(tmp_path):
    headings = [*FOREIGN[1:], "KEY"]
    rules = rules_for(FOREIGN[1:], VISITS[1:])
    found = visits(tmp_path, headings, [[*VISIT[1:], "uuid:0af1"]], rules)
    assert found.study.level2["interview_id"].tolist() == ["0af1"]
    named = visits(tmp_path, headings, [[*VISIT[1:], "uuid:0af1"]], rules + '\n"_uuid" = "interview_id"\n')
    assert named.study.level2["interview_id"].tolist() == ["0af1"]


def test_a_column_called_key_is_no_id_of_odk(tmp_path):
    found = visits(tmp_path, [*VISITS, "key"], [[*VISIT, "k1"]])
    assert found.study.level2["interview_id"].tolist() == ["B1"]
    assert any("'key'" in p.message for p in found.problems if p.rule == "left_out")


def test_columns_of_denominators_come_with_the_municipalities(tmp_path):
    towns = tmp_path / "towns.csv"
    headings = ["municipality", "name", "adult_men", "adult_women", "mapped", "adult_trans"]
    rows = [["M1", "Prishtinë", 9, 9, "po", 7], ["M2", "Gjakovë", 9, 9, "да", 5]]
    towns.write_text(as_csv([headings, *rows]), encoding="utf-8")
    level1 = kobo_level1(exercise()[0], tmp_path / "kobo.xlsx")
    settings = SETTINGS | {"denominators": {"FSW": "adult_women", "MSM": "adult_trans"}}
    found = import_records(read_sources([level1, towns]), settings=settings)
    assert found.study.municipalities["adult_trans"].tolist() == [7, 5]


@pytest.mark.parametrize(
    ("column", "headings"),
    [("kp", ["ciljna grupa", "Циљна група", "ciljana populacija", "Циљана популација", "Grupi i synuar",
             "Целна група", "Цільова група", "Target group"]),
     ("typology", ["Vrsta lokala", "Врста локала", "Lloji i lokacionit", "Тип на локација", "Тип закладу",
                   "Type of venue"]),
     ("spot_name", ["Naziv lokala", "Назив локала", "Emri i lokalit", "Назив на место", "Назва закладу",
                    "Venue name"]),
     ("informant_type", ["Informator", "Врста информатора", "Lloji i informatorit kyç", "Тип на информант",
                         "Тип ключового інформанта"]),
     ("date", ["Datum posete", "Датум посете", "Data e vizitës", "Датум на посета", "Дата відвідування"])],
)  # fmt: skip
def test_usual_headings_of_the_field_are_proposed_in_every_language(column, headings, tmp_path):
    others = ["Komuna", "Najmanje", "Najviše", "Intervju"]
    for heading in headings:
        text = as_csv([[*others, heading], ["M1", 3, 5, "A1", "x"]])
        (tmp_path / "level1.csv").write_text(text, encoding="utf-8")
        found = import_records(read_sources([tmp_path / "level1.csv"]), settings=SETTINGS)
        assert f'"{heading}" = "{column}"' in found.proposal, heading
