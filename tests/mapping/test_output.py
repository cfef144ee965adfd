"""Files of the results: what stands in them, and that they come whole or not at all."""

import csv
import json
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pse
from mapping import output
from mapping.output import (
    OutputError,
    check_folder,
    input_hashes,
    run_record,
    staged,
    write_csv,
    write_estimates,
)
from mapping.release import release
from tests.mapping.towns import town_folder, town_study

MAIN = ["national", "municipalities", "typologies", "days", "components", "steps"]


@pytest.fixture(scope="module")
def sizes():
    return pse.estimate_study(town_study())


@pytest.fixture(scope="module")
def released(sizes):
    return release(sizes)


def _files(folder):
    """Return the content of every file of a folder by its path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# --- what is written


def test_each_table_is_a_csv_file_with_the_receipt_and_the_run_beside_it(tmp_path, released):
    paths = write_estimates(released, tmp_path / "out", run={"pse": "0"})
    names = [path.name for path in paths]
    assert names == [*(f"{name}.csv" for name in released.tables), "receipt.txt", "run.json"]
    assert {f"{name}.csv" for name in MAIN} <= set(names)
    assert sorted((tmp_path / "out").iterdir()) == sorted(paths)
    assert (tmp_path / "out" / "receipt.txt").read_text(encoding="utf-8") == released.receipt


@pytest.mark.parametrize(("level", "there"), [("public", False), ("programme", True), ("restricted", True)])
def test_spots_are_written_at_programme_and_restricted_only(tmp_path, sizes, level, there):
    write_estimates(release(sizes, level, withheld=()), tmp_path / "out", run={})
    assert (tmp_path / "out" / "spots.csv").exists() is there


def test_csv_begins_with_the_mark_by_which_excel_knows_utf8(tmp_path):
    write_csv(pd.DataFrame({"name": ["Ferizaj", "Gjakovë", "Ђаковица"]}), tmp_path / "t.csv")
    raw = (tmp_path / "t.csv").read_bytes()
    assert raw == "\ufeffname\r\nFerizaj\r\nGjakovë\r\nЂаковица\r\n".encode()


def test_numbers_come_back_to_the_millionth_and_hidden_ones_are_blank(tmp_path, released):
    write_estimates(released, tmp_path, run={})
    for name in MAIN:
        back, table = pd.read_csv(tmp_path / f"{name}.csv"), released.tables[name]
        assert list(back) == list(table)
        assert back["hidden"].tolist() == table["hidden"].tolist()
        numbers = table.select_dtypes("number").astype(float)
        pd.testing.assert_frame_equal(back[numbers.columns].astype(float), numbers, rtol=0, atol=5.1e-7)


def test_numbers_have_at_most_six_decimals_and_are_not_rounded_to_people(tmp_path):
    table = pd.DataFrame({"point": [5036.5898651234, 1 / 3, -1e-9, 12.0, math.nan], "n": [1, 2, 3, 4, 5]})
    write_csv(table, tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["point,n", "5036.589865,1", "0.333333,2", "0.0,3", "12.0,4", ",5"]


def test_text_never_becomes_a_formula_and_numbers_stay_numbers(tmp_path):
    table = pd.DataFrame(
        {
            "kp": pd.Categorical(["=1+1", "FSW"]),
            "name": ["@SUM(A1)", '+383 44, "x"\n=2'],
            "spot_id": ["007", "-5"],
            "change": [-0.25, 0.5],
        }
    )
    write_csv(table, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1:] == [["'=1+1", "'@SUM(A1)", "007", "-0.25"], ["FSW", '\'+383 44, "x"\n=2', "-5", "0.5"]]


@example(["x\r=1+1", "\r"])  # a bare CR would begin a new row
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=5))
def test_any_text_can_be_read_back(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    write_csv(pd.DataFrame({"name": texts, "n": 1}), path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        back = [row[0] for row in csv.reader(file)][1:]
    assert [text.removeprefix("'") for text in back] == [text.removeprefix("'") for text in texts]


def test_the_run_says_how_to_get_the_same_numbers_and_no_path(tmp_path, sizes, released):
    folder = town_folder(tmp_path / "private name")
    study = pse.read_study(folder)
    run = run_record(
        command="estimate", given={"seed": 1}, options=sizes.options.as_dict(), study={"title": "T"},
        inputs=study.sources, released=released, notices=2, date="2020-02-29",
    )  # fmt: skip
    write_estimates(released, tmp_path / "out", run=run)
    text = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    assert "private name" not in text
    record = json.loads(text)
    assert record["pse"] == pse.__version__
    assert record["release"] == "public"
    assert record["given"] == {"seed": 1}
    assert record["options"]["weekend"] == ["sat", "sun"]
    assert record["cells_hidden"] == 20
    assert record["inputs"] == input_hashes(study.sources, keyed=True)
    assert record["inputs"] != input_hashes(study.sources, keyed=False)
    assert set(record["inputs"]) == {path.name for path in folder.iterdir()}


def test_hashes_for_the_organisation_are_those_of_the_files(tmp_path):
    path = tmp_path / "level1.csv"
    path.write_bytes(b"abc")  # FIPS 180-4, example of SHA-256
    got = input_hashes({"level1.csv": path}, keyed=False)
    assert got["level1.csv"].startswith("ba7816bf8f01cfea414140de")


def test_keyed_hashes_all_change_with_any_file_and_only_then(tmp_path):
    paths = {name: tmp_path / name for name in ("a.csv", "b.csv")}
    for path in paths.values():
        path.write_bytes(b"1")
    first = input_hashes(paths, keyed=True)
    assert first == input_hashes(paths, keyed=True)
    assert first["a.csv"] != first["b.csv"]
    paths["b.csv"].write_bytes(b"2")
    assert not set(first.values()) & set(input_hashes(paths, keyed=True).values())


def test_the_name_of_a_workbook_does_not_go_out(tmp_path):
    path = tmp_path / "Spots of Zorbina.xlsx"
    path.write_bytes(b"1")
    assert list(input_hashes({path.name: path}, keyed=True)) == ["study.xlsx"]


def test_the_same_estimates_give_the_same_files(tmp_path, released):
    for name in ("a", "b"):
        write_estimates(released, tmp_path / name, run={"date": "2020-02-29"})
    assert _files(tmp_path / "a") == _files(tmp_path / "b")


# --- whole or not at all


def test_files_arrive_together_and_other_files_are_left_alone(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    (out / "a.txt").write_text("old")
    with staged(out) as folder:
        (folder / "a.txt").write_text("new")
        (folder / "maps").mkdir()
        (folder / "maps" / "b.txt").write_text("b")
        assert (out / "a.txt").read_text() == "old"
    assert _files(out) == {"a.txt": b"new", "maps/b.txt": b"b", "notes.txt": b"mine"}


def test_a_folder_that_is_not_there_is_made_with_those_above_it(tmp_path):
    with staged(tmp_path / "a" / "b") as folder:
        (folder / "x.txt").write_text("x")
    assert _files(tmp_path) == {"a/b/x.txt": b"x"}
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_after_an_error_everything_is_as_it_was(tmp_path, error):
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.txt").write_text("old")
    for place in (out, tmp_path / "new"):
        with pytest.raises(error), staged(place) as folder:
            (folder / "a.txt").write_text("half")
            raise error
    assert _files(tmp_path) == {"out/a.txt": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_error_while_writing_the_third_table_leaves_nothing(tmp_path, monkeypatch, released):
    written = []

    def fail_at_the_third(table, path):
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        write_csv(table, path)

    monkeypatch.setattr(output, "write_csv", fail_at_the_third)
    with pytest.raises(OutputError, match=r"can be written to; got 'out' \(No space left on device\)"):
        write_estimates(released, tmp_path / "out", run={})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4])
def test_an_error_while_moving_puts_the_old_files_back(tmp_path, monkeypatch, fails_at):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"old {name}")
    rename, calls = Path.rename, []

    def failing(path, target):
        calls.append(path)
        if len(calls) == fails_at:
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="Close its files in other programs"), staged(tmp_path) as folder:
        for name in ("a.txt", "b.txt"):
            (folder / name).write_text("new")
    assert _files(tmp_path) == {"a.txt": b"old a.txt", "b.txt": b"old b.txt"}
    assert len(calls) >= fails_at


def test_a_folder_in_the_way_of_a_file_is_refused_and_kept(tmp_path):
    (tmp_path / "b.csv").mkdir()
    (tmp_path / "b.csv" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"must not hold a folder 'b\.csv'"), staged(tmp_path) as folder:
        for name in ("a.csv", "b.csv"):
            (folder / name).write_text("new")
    assert _files(tmp_path) == {"b.csv/mine.txt": b"mine"}


def test_a_file_as_folder_is_refused_in_one_sentence(tmp_path, released):
    (tmp_path / "taken").write_text("x")
    for out in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(OutputError, match="out must be a folder; got 'taken', which is a file"):
            write_estimates(released, out, run={})
    assert (tmp_path / "taken").read_text() == "x"


def test_a_folder_that_cannot_be_written_to_is_refused_in_one_sentence(tmp_path, monkeypatch, released):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(output.tempfile, "mkdtemp", refuse)
    with pytest.raises(OutputError, match=r"can be written to; got 'out' \(Permission denied\)"):
        write_estimates(released, tmp_path / "out", run={})


# --- levels are not mixed


def test_public_results_never_come_to_stand_beside_restricted_ones(tmp_path, sizes, released):
    write_estimates(release(sizes, "restricted"), tmp_path, run={})
    before = _files(tmp_path)
    with pytest.raises(
        OutputError, match=r"must not hold results of another level.* which holds restricted ones"
    ):
        write_estimates(released, tmp_path, run={})
    assert _files(tmp_path) == before


def test_a_table_of_spots_of_unknown_level_is_not_joined(tmp_path, released):
    (tmp_path / "spots.csv").write_text("spot_id\n")
    with pytest.raises(OutputError, match=r"which holds unlabelled ones\. Give another folder"):
        write_estimates(released, tmp_path, run={})


def test_the_same_level_may_be_written_again(tmp_path, released):
    write_estimates(released, tmp_path, run={"n": 1})
    write_estimates(released, tmp_path, run={"n": 2})
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8")) == {"n": 2}
    check_folder(tmp_path, level="public")
