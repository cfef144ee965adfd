"""Repeats in repeats, and exports with labels in place of names."""

import pytest
from openpyxl import Workbook

from pse.records.imports import import_records, read_columns, read_sources
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


def nested(tmp_path, kps=KPS):
    book = Workbook()
    book.remove(book.active)
    for name, rows in (("main", MAIN), ("spot", SPOTS), ("people", kps)):
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
