"""Files that could fill the memory: refused by their size or their cells, before anything is read."""

import os

import pytest

from pse.labels import LANGUAGES
from pse.records.csv_file import MOST_BYTES, MOST_CELLS
from pse.records.one_file import read_checked
from pse.records.problems import TableError
from pse.records.study import check_study
from pse.records.tables import COVERAGE
from tests.records.tiny import write_folder

GIGABYTE = 1024**3


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "study")


def swell(path, size):
    """Give a file a size without writing anything: what is added takes no place on the disk."""
    path.touch()
    os.truncate(path, size)
    return path


def told(folder):
    study, problems = check_study(folder)
    assert study is None
    return [problem for problem in problems if problem.severity == "error"]


def test_a_gigabyte_is_refused_and_nothing_else_is_said(folder):
    swell(folder / "level1.csv", GIGABYTE)
    [problem] = told(folder)
    assert (problem.file, problem.rule) == ("level1.csv", "too_large")
    assert "larger than 150 MB" in problem.message and "for each region" in problem.remedy
    assert not [p for p in check_study(folder)[1] if p.rule == "unknown_file"]
    for lang in LANGUAGES:
        assert "150" in problem.in_language(lang).message


def test_the_files_of_a_study_count_together(folder):
    half = MOST_BYTES // 2
    swell(folder / "level2.csv", half)
    swell(folder / "people.csv", half + 1)
    assert [(p.file, p.rule) for p in told(folder)] == [("people.csv", "too_large")]


def test_files_up_to_the_limit_are_read(folder):
    rest = sum(path.stat().st_size for path in folder.glob("*.csv"))
    swell(folder / "people.csv", MOST_BYTES - rest)
    assert [(p.file, p.rule) for p in told(folder)] == [("people.csv", "not_utf8")]  # nothing but NUL bytes


def test_blank_rows_count_because_each_is_a_row_of_cells(folder):
    columns = (folder / "level1.csv").read_text().partition("\n")[0].count(",") + 1
    with (folder / "level1.csv").open("ab") as file:
        file.write(b"\n" * (MOST_CELLS // columns))
    [problem] = told(folder)
    assert (problem.file, problem.rule) == ("level1.csv", "too_large")
    assert "more than 100,000,000 cells" in problem.message


def test_a_file_beside_a_study_has_the_same_limit(tmp_path):
    with pytest.raises(TableError, match=r"coverage has 1 problem.*\n.*larger than 150 MB"):
        read_checked(swell(tmp_path / "coverage.csv", GIGABYTE), COVERAGE, kps=())
