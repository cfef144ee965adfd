"""Faults of the files of a study folder: one plain sentence each, never a traceback."""

import pandas as pd
import pytest

from pse.records.problems import TableError
from pse.records.study import check_study, read_study
from tests.records.tiny import tiny_settings, tiny_study, tiny_tables, write_folder

TABLES = ("municipalities", "level1", "level2", "people", "virtual", "nonspot", "overrides", "coverage")


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "study")


def errors_of(path):
    with pytest.raises(TableError) as caught:
        read_study(path)
    return caught.value.problems


def rewrite(path, change, encoding="utf-8"):
    path.write_bytes(change(path.read_text(encoding="utf-8")).encode(encoding))


def test_a_folder_gives_the_tables_that_memory_gives(folder):
    study, expected = read_study(folder), tiny_study()
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(study, name), getattr(expected, name))
    assert study.notices == ()
    assert sorted(study.sources) == sorted(
        ["study.toml", "municipalities.csv", "level1.csv", "level2.csv", "virtual.csv", "nonspot.csv"]
    )


def test_byte_order_mark_and_windows_line_ends_change_nothing(folder):
    for path in folder.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    rewrite(folder / "study.toml", str, "utf-8-sig")
    study = read_study(folder)
    pd.testing.assert_frame_equal(study.level1, tiny_study().level1)
    assert study.notices == ()


def test_keys_of_digits_stay_text(folder):
    rewrite(folder / "level1.csv", lambda text: text.replace("A,bar", "007,bar").replace("M1", "07"))
    rewrite(folder / "level2.csv", lambda text: text.replace("A,bar", "007,bar").replace("M1", "07"))
    for name in ("municipalities", "virtual", "nonspot"):
        rewrite(folder / f"{name}.csv", lambda text: text.replace("M1", "07"))
    study = read_study(folder)
    assert study.level1["spot_id"][0] == study.level2["spot_id"][0] == "007"
    assert set(study.level1["municipality"]) == {"07"}


def test_text_na_in_a_file_is_text(folder):
    rewrite(folder / "level1.csv", lambda text: text.replace("A,bar", "A,NA"))
    assert read_study(folder).level1["typology"][0] == "NA"


FAULTS = [
    (lambda text: "", "empty_file", "the file is empty. Its first row must hold the headings interview_id,"),
    (lambda text: "\n\n", "empty_file", "the file is empty"),
    (lambda text: "\ufeff", "empty_file", "the file is empty"),
    (lambda text: text.splitlines()[0], "no_rows", "must have at least one row below the header"),
    (lambda text: "\n" + text, "no_header", "row 1 must hold the column headings; it is blank"),
    (lambda text: text.replace(",", ";"), "wrong_delimiter", "separated by commas; this file has semicolons"),
    (lambda text: text.replace(",", "\t"), "wrong_delimiter", "separated by commas; this file has tabs"),
    (
        lambda text: text.replace(",", "|"),
        "wrong_delimiter",
        "separated by commas; this file has vertical bars",
    ),
    (
        lambda text: text.replace("zone", "kp", 1),
        "duplicate_column",
        "row 1: the heading 'kp' must not come twice",
    ),
    (
        lambda text: text.split("\n", 1)[1],
        "no_known_column",
        "row 1 must hold the headings of the columns; none",
    ),
    (
        lambda text: text.replace("B,", "B,7,"),
        "fields",
        "row 3: must have 9 fields, as the header has; got 10",
    ),
    (
        lambda text: text.replace("B,street,", ""),
        "fields",
        "row 3: must have 9 fields, as the header has; got 7",
    ),
    (lambda text: text + "X\n", "fields", "row 8: must have 9 fields, as the header has; got 1"),
    (
        lambda text: text.replace("C,", "C\0,"),
        "nul_byte",
        "row 4: the row must hold text only; it holds a NUL byte",
    ),
    (lambda text: text.replace("F,", '"F,'), "unreadable_row", "row 7: the rows cannot be told apart"),
    (lambda text: text.replace("M1,\nF", 'M1,"\nF'), "unreadable_row", "a quotation mark is open"),
    (
        lambda text: f"Mapping of the towns\n{text}",
        "title",
        "row 1: must hold the headings of the columns; it",
    ),
]


@pytest.mark.parametrize(("change", "rule", "words"), FAULTS)
def test_fault_of_a_file_is_one_plain_sentence(folder, change, rule, words):
    rewrite(folder / "level1.csv", change)
    problem = errors_of(folder)[0]
    assert (problem.file, problem.rule) == ("level1.csv", rule)
    assert words in str(problem)


@pytest.mark.parametrize(
    ("encoding", "guess"),
    [("cp1250", "Windows-1250"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("latin-1", "Windows-1252")],
)
def test_another_encoding_is_named_with_how_to_save(folder, encoding, guess):
    rewrite(folder / "level1.csv", lambda text: text.replace("hotel", "hôtel"), encoding)
    (problem,) = errors_of(folder)
    assert problem.row == (1 if "utf" in encoding else 4)
    assert guess in problem.message
    assert "save it again" in problem.remedy.lower()


def test_a_character_cut_at_the_end_of_a_file_is_found(folder):
    path = folder / "nonspot.csv"
    path.write_bytes(path.read_bytes() + "é".encode()[:1])
    assert errors_of(folder)[0].rule == "not_utf8"


def test_blank_lines_do_not_shift_the_rows_that_are_named(folder):
    rewrite(
        folder / "level1.csv",
        lambda text: text.replace("\nB,", "\n\n,,,,,,,,\nB,").replace("B,street,10", "B,street,-1") + "\n\n",
    )
    (problem,) = errors_of(folder)
    assert (problem.row, problem.column) == (5, "kp_min")
    rewrite(folder / "level1.csv", lambda text: text.replace("-1", "10"))
    pd.testing.assert_frame_equal(read_study(folder).level1, tiny_study().level1)


def test_a_line_break_inside_a_cell_is_one_row(folder):
    rewrite(
        folder / "level1.csv",
        lambda text: text.replace("A,bar", 'A,"bar,\nsmall ""x"""').replace("B,street,10", "B,street,-1"),
    )
    (problem,) = errors_of(folder)
    assert problem.row == 3
    rewrite(folder / "level1.csv", lambda text: text.replace("-1", "10"))
    assert read_study(folder).level1["typology"][0] == 'bar,\nsmall "x"'


def test_a_quotation_mark_without_a_partner_swallows_no_rows(folder):
    rewrite(folder / "level1.csv", lambda text: text.replace("\nB,", '\nB,"', 1).replace("\nD,", '\n"D",', 1))
    [problem] = errors_of(folder)
    assert (problem.file, problem.row, problem.rule) == ("level1.csv", 3, "unreadable_row")


def test_lines_within_a_cell_do_not_shift_the_row_of_a_damaged_one(folder):
    path = folder / "level1.csv"
    rewrite(path, lambda text: text.replace("A,", '"A\nfirst",', 1))
    whole = path.read_bytes()
    for damage, rule in ((b"C\0,", "nul_byte"), (b"C\xe8,", "not_utf8")):
        path.write_bytes(whole.replace(b"C,", damage, 1))
        [problem] = errors_of(folder)
        assert (problem.row, problem.rule) == (4, rule)


def test_a_column_without_heading_is_dropped_with_a_notice_if_it_holds_anything(folder):
    rewrite(folder / "level1.csv", lambda text: text.replace("\n", ",\n"))
    assert read_study(folder).notices == ()
    rewrite(folder / "level1.csv", lambda text: text.replace("M1,,", "M1,,x", 1))
    (notice,) = read_study(folder).notices
    assert notice.message == "1 column(s) without a heading are not read"


def test_a_comma_at_the_end_of_every_row_but_the_first_is_a_fault(folder):
    rewrite(folder / "level1.csv", lambda text: text.replace("\n", ",\n").replace(",\n", "\n", 1))
    assert [p.row for p in errors_of(folder)] == [2, 3, 4, 5, 6, 7]


def test_a_thousand_ragged_rows_are_kept_and_the_last_counts_the_rest(folder):
    rewrite(folder / "level1.csv", lambda text: text.splitlines()[0] + "\n" + "A,bar\n" * 2500)
    found = errors_of(folder)
    assert [len(found), found[-1].row] == [1000, 1001]
    assert found[-1].message.endswith("got 2; 1,500 more rows break the same rule")


def test_level2_may_have_only_a_header(folder):
    rewrite(folder / "level2.csv", lambda text: text.splitlines()[0] + "\n")
    study = read_study(folder)
    assert len(study.level2) == 0
    assert "shift" in study.level2


@pytest.mark.parametrize("name", ["study.toml", "municipalities.csv", "level1.csv", "level2.csv"])
def test_required_file_that_is_missing(folder, name):
    (folder / name).unlink()
    problem = next(p for p in errors_of(folder) if p.rule == "missing_file")
    assert problem.file == name
    assert problem.message == "the file must be there; it is missing"


def test_optional_files_may_be_missing(folder):
    (folder / "nonspot.csv").unlink()
    (folder / "virtual.csv").unlink()
    assert read_study(folder).notices == ()


def test_faults_of_all_files_come_at_once(folder):
    rewrite(folder / "level1.csv", lambda text: text.replace("A,bar,8", "A,bar,about 20"))
    rewrite(folder / "level2.csv", lambda text: text.replace(",", ";"))
    rewrite(folder / "nonspot.csv", lambda text: text.replace("FSW", "FWS"))
    rewrite(folder / "study.toml", lambda text: text.replace("2016", "16"))
    assert [p.file for p in errors_of(folder)] == ["study.toml", "level1.csv", "level2.csv", "nonspot.csv"]
    with pytest.raises(
        TableError, match=r"level1 has 1 problem\(s\):\n  row 2, kp_min: must be a whole number"
    ):
        read_study(folder)


def test_a_table_that_cannot_be_read_gives_no_problems_in_others(folder):
    rewrite(folder / "municipalities.csv", lambda text: text.replace(",", ";"))
    assert [p.rule for p in errors_of(folder)] == ["wrong_delimiter"]
    rewrite(folder / "municipalities.csv", lambda text: text.replace(";", ","))
    rewrite(folder / "study.toml", lambda text: "title = ")
    rewrite(folder / "level1.csv", lambda text: text.replace("FSW", "CLIENT"))
    assert [p.rule for p in errors_of(folder)] == ["broken_toml"]


def test_unknown_files_are_named_and_a_readme_is_not(folder):
    for name in ("level3.csv", "README.md", ".hidden", "~$level1.xlsx"):
        (folder / name).write_text("x")
    (folder / "estimates").mkdir()
    ((notice),) = read_study(folder).notices
    assert (notice.file, notice.severity) == ("level3.csv", "notice")
    assert notice.message == "the file is not part of a study and is not read"


def test_boundaries_are_found(folder):
    assert read_study(folder).boundaries is None
    (folder / "boundaries.geojson").write_text("{}")
    study = read_study(folder)
    assert study.boundaries == folder / "boundaries.geojson"
    assert "boundaries.geojson" in study.sources


def test_broken_toml_names_the_line(folder):
    (folder / "study.toml").write_text('title = "x"\ncountry = Kosovo\n')
    (problem,) = errors_of(folder)
    assert (problem.file, problem.row) == ("study.toml", 2)
    assert problem.message == "the line cannot be read as TOML"


@pytest.mark.parametrize("name", ["nothing", "notes.txt"])
def test_a_path_that_is_no_study(tmp_path, name):
    (tmp_path / "notes.txt").write_text("x")
    (problem,) = errors_of(tmp_path / name)
    assert problem.rule == "no_study"
    assert problem.message.startswith("the study must be a folder or an .xlsx workbook; ")


def test_check_study_gives_errors_and_notices_and_raises_nothing(folder):
    (folder / "extra.csv").write_text("x")
    study, problems = check_study(folder)
    assert study is not None
    assert [p.severity for p in problems] == ["notice"]
    (folder / "level1.csv").write_bytes(b"\xff\xfe\x00")
    study, problems = check_study(folder)
    assert study is None
    assert {p.severity for p in problems} == {"error", "notice"}


def test_a_wide_file_is_read_in_blocks(folder, monkeypatch):
    """Fields are counted over the edges of blocks, in quotation marks too."""
    rewrite(folder / "level1.csv", lambda text: text.replace("bar", '"b,\nar"'))
    for size in (1, 2, 7, 64):
        monkeypatch.setattr("pse.records.csv_file._BLOCK", size)
        assert len(read_study(folder).level1) == 6
    rewrite(folder / "level1.csv", lambda text: text.replace("B,", "B,,"))
    assert errors_of(folder)[0].row == 3


def test_settings_of_the_folder_arrive(folder):
    write_folder(
        folder, settings=tiny_settings() | {"options": {"pool": "median", "weekend": ["fri", "sat"]}}
    )
    study = read_study(folder)
    assert (study.title, study.country, study.year) == ("Worked example", "Nowhere", 2016)
    assert study.options == {"pool": "median", "weekend": ["fri", "sat"]}
    assert study.denominators == {"FSW": "adult_women"}


def test_order_of_rows_of_a_file_is_kept(tmp_path):
    tables = tiny_tables()
    tables["level1"] = tables["level1"].iloc[::-1]
    assert read_study(write_folder(tmp_path / "s", tables)).level1["spot_id"].tolist() == list("FEDCBA")


def test_rows_beside_a_ragged_one_are_checked_too(tmp_path):
    folder = write_folder(tmp_path)
    file = folder / "level1.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    at = lines[0].split(",").index("kp_min")
    cells = lines[3].split(",")
    cells[at] = "-1"
    lines[1] += ",more"
    lines[3] = ",".join(cells)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_study(folder)
    assert (2, "fields") in [(p.row, p.rule) for p in caught.value.problems]
    assert (4, "kp_min") in [(p.row, p.column) for p in caught.value.problems]


def test_thousands_with_a_point_are_seen_before_they_become_decimals(folder):
    rewrite(folder / "municipalities.csv", lambda text: text.replace(",1000,", ",60.000,"))
    rewrite(folder / "level1.csv", lambda text: text.replace("8,14", "2.000,3.000"))
    assert [(p.file, p.row, p.column, p.rule) for p in errors_of(folder)] == [
        ("municipalities.csv", 2, "adult_women", "two_numbers"),
        ("level1.csv", 2, "kp_min", "two_numbers"),
        ("level1.csv", 2, "kp_max", "two_numbers"),
    ]


def test_a_number_outside_its_limits_is_shown_as_a_number(folder):
    rewrite(folder / "level1.csv", lambda text: text.replace("8,14", "-8,044123456"))
    assert [p.message.partition("; ")[2] for p in errors_of(folder)] == ["got -8", "got a number of 8 digits"]
