"""Repeats in repeats, and exports with labels in place of names."""

import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from pse.records.imports import Sources, import_records, read_columns, read_sources
from pse.records.imports.repeats import join_up, parent_of
from tests.records.imports.exports import as_csv, exercise, kobo_level1, kobo_level2, municipalities_csv, uuid
from tests.records.imports.test_three_sources import SETTINGS, errors

MAIN = [
    ["interview_id", "informant_type", "municipality", "_uuid", "_index"],
    ["A1", "taxi", "M1", uuid(1), 1],
    ["A2", "taxi", "M2", uuid(2), 2],
    ["A3", "taxi", "M2", uuid(3), 3],
]
SPOTS = [
    ["spot/spot_name", "spot/typology", "_index", "_parent_table_name", "_parent_index"],
    ["Kafe Alfa", "bar", 1, "main", 1],
    ["Park Beta", "park", 2, "main", 1],
    ["Most Gama", "street", 3, "main", 2],
]
KPS = [
    [
        "spot/people/kp",
        "spot/people/kp_min",
        "spot/people/kp_max",
        "_index",
        "_parent_table_name",
        "_parent_index",
    ],
    ["FSW", 3, 5, 1, "spot", 1],
    ["MSM", 2, 4, 2, "spot", 1],
    ["MSM", 6, 9, 3, "spot", 2],
    ["FSW", 1, 2, 4, "spot", 3],
]


def nested(tmp_path, kps=KPS, main=MAIN):
    book = Workbook()
    book.remove(book.active)
    for name, rows in (("main", main), ("spot", SPOTS), ("people", kps)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "kobo.xlsx")
    files = [tmp_path / "kobo.xlsx", municipalities_csv(tmp_path / "m.csv")]
    return import_records(read_sources(files), settings=SETTINGS)


def test_a_repeat_in_a_repeat_is_a_row_for_each_kp(tmp_path):
    found = nested(tmp_path)
    assert not errors(found)
    rows = found.study.level1[["interview_id", "municipality", "spot_name", "kp", "kp_min"]]
    assert rows.iloc[:4].to_numpy().tolist() == [
        ["A1", "M1", "Kafe Alfa", "FSW", 3],
        ["A1", "M1", "Kafe Alfa", "MSM", 2],
        ["A1", "M1", "Park Beta", "MSM", 6],
        ["A2", "M2", "Most Gama", "FSW", 1],
    ]
    assert found.study.level1["spot_id"].nunique() == 3
    assert found.study.level1["interview_id"].tolist()[4] == "A3"  # named no spot


def test_an_interview_without_consent_takes_the_repeats_of_its_repeats_along(tmp_path):
    main = [[*MAIN[0], "consent"], [*MAIN[1], "no"], [*MAIN[2], "yes"], [*MAIN[3], "yes"]]
    found = nested(tmp_path, main=main)
    assert not errors(found) and found.study.level1["interview_id"].tolist() == ["A2", "A3"]


def test_repeats_of_repeats_in_two_exports_that_overlap_count_once(tmp_path):
    uuids = {row[4]: f"uuid:{row[3]}" for row in MAIN[1:]}
    form = [[*MAIN[0][:3], "KEY"], *([*row[:3], uuids[row[4]]] for row in MAIN[1:])]
    keys = [f"{uuids[row[4]]}/spot[{row[2]}]" for row in SPOTS[1:]]
    spots = [["spot_name", "typology", "PARENT_KEY", "KEY"],
             *([*row[:2], uuids[row[4]], key] for row, key in zip(SPOTS[1:], keys, strict=True))]  # fmt: skip
    kps = [["kp", "kp_min", "kp_max", "PARENT_KEY", "KEY"],
           *([*row[:3], (key := keys[row[5] - 1]), f"{key}/kp[{row[3]}]"] for row in KPS[1:])]  # fmt: skip
    files = []
    for name in ("monday", "tuesday"):
        files.append(tmp_path / f"{name}.zip")
        with zipfile.ZipFile(files[-1], "w") as package:
            for table, rows in {"form": form, "form-spot": spots, "form-spot-kp": kps}.items():
                package.writestr(f"{table}.csv", as_csv(rows))
    towns = municipalities_csv(tmp_path / "m.csv")
    found = import_records(read_sources([*files, towns]), settings=SETTINGS)
    assert not errors(found) and len(found.study.level1) == 5


def test_a_repeat_that_names_no_row_is_told_although_a_row_above_has_no_number(tmp_path):
    main = [*MAIN[:3], [*MAIN[3][:4], None]]
    spots = [*spots_of(1, 2), ["Kafe 3", 3, "main", None]]
    _, problems = joined(kobo_book(tmp_path / "kobo.xlsx", main=main, spot=spots))
    assert [(p.sheet, p.row, p.rule) for p in problems] == [("spot", 4, "orphan")]


def test_a_problem_stands_in_the_sheet_of_its_cell(tmp_path):
    wrong = [*KPS[:1], ["FSW", 7, 5, *KPS[1][3:]], *KPS[2:]]
    [problem] = errors(nested(tmp_path, wrong))
    assert (problem.sheet, problem.row, problem.column) == ("people", 2, "spot/people/kp_min")


def test_a_spot_without_anybody_is_told_in_its_own_sheet(tmp_path):
    found = nested(tmp_path, KPS[:-1])
    told = [(p.sheet, p.row, p.column) for p in errors(found)]
    headings = ("spot/people/kp", "spot/people/kp_max", "spot/people/kp_min")
    assert sorted(told) == [("spot", 4, heading) for heading in headings]


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        (
            [
                "Interview code",
                "Kind of informant",
                "Municipality",
                "Spot name",
                "Key population",
                "Typology",
                "Minimum",
                "Maximum",
                "Busiest days",
            ],
            ["Female sex workers", "Friday Saturday"],
        ),
        (
            [
                "Kodi i intervistës",
                "Lloji i informatorit",
                "Komuna",
                "Emri i vendit",
                "Popullata kyçe",
                "Tipologjia",
                "Numri minimal",
                "Numri maksimal",
                "Ditët me më shumë njerëz",
            ],
            ["Punëtore seksi", "E premte, E shtunë"],
        ),
        (
            [
                "Код інтерв'ю",
                "Тип інформанта",
                "Громада",
                "Назва місця",
                "Ключова група",
                "Тип місця",
                "Мінімум",
                "Максимум",
                "Пікові дні",
            ],
            ["секс-працівниці", "п'ятниця, субота"],
        ),
        (
            [
                "Шифра на интервју",
                "Тип информант",
                "Општина",
                "Назив на место",
                "Клучна популација",
                "Вид на место",
                "Најмалку",
                "Најмногу",
                "Најпрометни денови",
            ],
            ["Сексуални работнички", "петок сабота"],
        ),
    ],
)
def test_labels_in_any_language_are_proposed_and_then_read(headings, words, tmp_path):
    kp, days = words
    path, towns = tmp_path / "labels.csv", municipalities_csv(tmp_path / "m.csv")
    path.write_text(
        as_csv([headings, ["A1", "taxi", "Ђаковица", "Alfa", kp, "bar", 3, 5, days]]), encoding="utf-8"
    )
    first = import_records(read_sources([path, towns]), settings=SETTINGS)
    (tmp_path / "import.toml").write_text(first.proposal, encoding="utf-8")
    rules = read_columns(tmp_path / "import.toml")
    found = import_records(read_sources([path, towns]), settings=SETTINGS, columns=rules)
    assert not errors(found)
    columns = ["interview_id", "municipality", "spot_name", "kp", "kp_min", "kp_max", "peak_days"]
    assert found.study.level1[columns].to_numpy().tolist() == [["A1", "M2", "Alfa", "FSW", 3, 5, "fri sat"]]


def test_a_second_file_of_one_name_is_refused_and_never_joined_with_the_first(tmp_path):
    level1, level2 = exercise()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, other = (kobo_level1(level1, tmp_path / name / "export.xlsx") for name in ("a", "b"))
    towns, visits = municipalities_csv(tmp_path / "m.csv"), kobo_level2(level2, tmp_path / "2.csv")
    sources = read_sources([one, visits, other, towns])
    assert [grid.place.file for grid in sources.grids].count("export.xlsx") == 2  # sheets of the first
    [problem] = import_records(sources, settings=SETTINGS).problems[:1]
    assert (problem.file, problem.rule, problem.severity) == ("export.xlsx", "same_name", "error")
    assert "another file of this name" in problem.message and problem.remedy == "Rename one of them."


def kobo_book(path, **sheets):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def spots_of(*parents, table="main", headings=(), more=()):
    """Rows of a sheet of spots, each below the row of this number in the sheet above."""
    heads = ["spot_name", "_index", "_parent_table_name", "_parent_index", *headings]
    rows = [[f"Kafe {i}", i, table, parent, *more] for i, parent in enumerate(parents, start=1)]
    return [heads, *rows]


def joined(path):
    """Return the part of the last sheet, and the problems of joining."""
    grids = read_sources([path]).grids
    return join_up(grids[-1], grids, dropped={})


LONG = "Level 1: key informants in towns"  # 32 signs: Kobo cuts it, and writes _ for the colon
CUT = "Level 1_ key informants in t..."


@pytest.mark.parametrize("sheet", [CUT, LONG[:31].replace(":", "_")], ids=["by Kobo", "by others"])
def test_the_sheet_above_is_found_by_a_name_that_was_cut(sheet, tmp_path):
    people = [
        ["kp", "_index", "_parent_table_name", "_parent_index"],
        ["FSW", 1, LONG, 2],
    ]
    spots = spots_of(3, 2, 1, table="form")
    path = kobo_book(tmp_path / "kobo.xlsx", **{"form": MAIN, sheet: spots, "people": people})
    part, problems = joined(path)
    assert not problems
    assert part.frame.loc[part.frame["kp"] == "FSW", ["spot_name", "interview_id"]].to_numpy().tolist() == [
        ["Kafe 2", "A2"]
    ]


@pytest.mark.parametrize("table", ["spot", "renamed"])
def test_repeats_without_their_form_are_no_circle(table, tmp_path):
    rows = spots_of(1, 2, table=table)
    grids = read_sources([kobo_book(tmp_path / "kobo.xlsx", spot=rows, people=rows)]).grids
    assert [parent_of(grid, grids) is None for grid in grids] == [True, table == "renamed"]


def test_sheets_that_name_each_other_are_no_circle(tmp_path):
    path = kobo_book(
        tmp_path / "kobo.xlsx", spot=spots_of(1, table="people"), people=spots_of(1, table="spot")
    )
    grids = read_sources([path]).grids
    assert [parent_of(grid, grids) for grid in grids] == [None, None]


def test_exports_put_under_each_other_are_told_and_not_joined_by_number(tmp_path):
    twice = [*MAIN, *([f"{row[0]}b", *row[1:3], uuid(20 + row[4]), row[4]] for row in MAIN[1:3])]
    part, problems = joined(kobo_book(tmp_path / "kobo.xlsx", main=twice, spot=spots_of(1, 2, 3, 1, 2)))
    assert [(p.sheet, p.row, p.column, p.rule) for p in problems] == [
        ("main", 5, "_index", "joint_twice"),
        ("main", 6, "_index", "joint_twice"),
    ]
    assert "exports were put under each other" in problems[0].message
    assert problems[0].remedy == "Give each export as a file of its own, as it was downloaded."
    assert part.frame["spot_name"].dropna().tolist() == ["Kafe 3"]  # no error of the doubles comes on top


def test_a_repeat_of_another_submission_than_its_number_says_is_told(tmp_path):
    spots = spots_of(1, 2, headings=["_submission__uuid"], more=[uuid(1)])
    part, [problem] = joined(kobo_book(tmp_path / "kobo.xlsx", main=MAIN, spot=spots))
    assert (problem.sheet, problem.row, problem.rule) == ("spot", 3, "orphan")
    assert part.frame["spot_name"].tolist() == ["Kafe 1", None, None]


ODK_FORM = [["interview_id", "KEY"], ["A1", "uuid:1"], ["A2", "uuid:2"]]
ODK_SPOTS = [["spot_name", "PARENT_KEY", "KEY"], ["Alfa", "uuid:1", "uuid:1/spot[1]"]]


def odk_files(folder, **tables):
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text(as_csv(rows), encoding="utf-8")
    return [folder / f"{name}.csv" for name in tables]


def test_a_row_copied_by_hand_is_never_lost_because_of_its_key(tmp_path):
    spots = [*ODK_SPOTS, ODK_SPOTS[1], ["Beta", *ODK_SPOTS[1][1:]]]
    grids = read_sources(odk_files(tmp_path, form=ODK_FORM, spots=spots)).grids
    part, [problem] = join_up(grids[1], grids, dropped={})
    assert (problem.file, problem.row, problem.column, problem.rule) == ("spots.csv", 4, "KEY", "joint_twice")
    assert part.frame["spot_name"].tolist() == ["Alfa", "Beta", None]


def test_the_files_of_an_unpacked_zip_of_odk_are_joined(tmp_path):
    files = odk_files(tmp_path, form=ODK_FORM, spots=ODK_SPOTS)
    grids = read_sources(files).grids
    part, problems = join_up(grids[1], grids, dropped={})
    assert not problems
    assert part.frame[["spot_name", "interview_id"]].to_numpy().tolist() == [["Alfa", "A1"], [None, "A2"]]


def test_repeats_are_joined_within_their_own_export_although_another_one_holds_more(tmp_path):
    second = ["Beta", "uuid:2", "uuid:2/spot[1]"]
    for name, form in (("older", ODK_FORM[:2]), ("newer", ODK_FORM)):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as package:
            package.writestr("form.csv", as_csv(form))
            package.writestr("form-spots.csv", as_csv([*ODK_SPOTS, second]))
    grids = read_sources([tmp_path / "older.zip", tmp_path / "newer.zip"]).grids
    older, newer = (join_up(grid, grids, dropped={}) for grid in (grids[1], grids[3]))
    assert [(p.file, p.row, p.rule) for p in older[1]] == [("older.zip", 3, "orphan")]
    assert older[0].frame["spot_name"].tolist() == ["Alfa"] and not newer[1]


def test_a_repeat_that_nobody_filled_belongs_to_the_form_of_its_name(tmp_path):
    path = tmp_path / "odk.zip"
    tables = {
        "level2": [["status", "KEY"], ["active", "uuid:9"]],
        "level1": ODK_FORM,
        "level1-spot": ODK_SPOTS[:1],
    }
    with zipfile.ZipFile(path, "w") as package:
        for name, rows in tables.items():
            package.writestr(f"{name}.csv", as_csv(rows))
    grids = read_sources([path]).grids
    assert parent_of(grids[2], grids)[0].place.sheet == "level1.csv"


def test_readings_put_together_tell_a_second_file_of_one_name(tmp_path):
    one, other = (read_sources(odk_files(tmp_path, form=rows)) for rows in (ODK_FORM, ODK_FORM[:2]))
    both = Sources(one.grids + other.grids, one.problems + other.problems)
    assert both.grids == one.grids
    assert [(p.file, p.rule, p.severity) for p in both.problems] == [("form.csv", "same_name", "error")]


@pytest.mark.parametrize("repeat", ["spot", "people"])
def test_a_repeat_without_its_form_says_that_the_interviews_are_missing(repeat, tmp_path):
    kobo_level1(exercise()[0], tmp_path / "kobo.xlsx")
    book = load_workbook(tmp_path / "kobo.xlsx")
    del book["level 1"]
    book["spot"].title = repeat
    book.save(tmp_path / "kobo.xlsx")
    files = [tmp_path / "kobo.xlsx", municipalities_csv(tmp_path / "m.csv")]
    found = import_records(read_sources(files), settings=SETTINGS)
    [told] = errors(found)
    assert (told.file, told.sheet, told.rule) == ("kobo.xlsx", repeat, "no_parent")
    assert "the sheet of interviews that its rows belong to is not there" in told.message
    assert "whole export" in told.remedy and not found.proposal


def test_a_repeat_that_somebody_joined_by_hand_needs_no_form(tmp_path):
    row = ["A1", "taxi", "M1", "Kafe Alfa", "bar", "FSW", 3, 5, "2016-05-02", 1]
    headings = ["interview_id", "informant_type", "municipality", "spot_name", "typology", "kp", "kp_min",
                "kp_max", "date", "_parent_index"]  # fmt: skip
    (tmp_path / "level1.csv").write_text(as_csv([headings, row]), encoding="utf-8")
    files = [tmp_path / "level1.csv", municipalities_csv(tmp_path / "m.csv")]
    assert not errors(import_records(read_sources(files), settings=SETTINGS))
