"""Text files of any locale: encoding by content, separator by the rows, refusal where neither is clear."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.records.imports import read_sources
from pse.records.imports.encoding import decode
from pse.records.imports.text_file import text_grid
from pse.records.problems import Place

HEADER = ["šifra", "naziv", "kp_min"]
LATIN = [HEADER, ["A1", "Đakovica, Kafe Žuti", "3"], ["A2", "Peć; Čaršija", "4"], ["A3", "Štrpce", "5"]]
CYRILLIC = [["шифра", "назив", "kp_min"], ["A1", "Ђаковица", "3"], ["A2", "Пећ", "4"], ["A3", "Штрпце", "5"]]
ALBANIAN = [["shifra", "emri", "kp_min"], ["A1", "Gjakovë", "3"], ["A2", "Pejë, Çarshia", "4"]]
UKRAINIAN = [["код", "назва", "kp_min"], ["A1", "Печ'є", "3"], ["A2", "Ґжицьке, їжа", "4"]]

UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")


def as_bytes(rows, encoding, separator=",", end="\r\n"):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
    return text.getvalue().encode(encoding)


def rows_of(data):
    grid, problems = text_grid(data, Place("a.csv"))
    assert grid is not None, problems
    return [grid.headings, *grid.frame.to_numpy().tolist()]


@pytest.mark.parametrize(
    ("rows", "encoding"),
    [
        *((rows, enc) for rows in (LATIN, CYRILLIC, ALBANIAN, UKRAINIAN) for enc in UNICODE),
        (LATIN, "cp1250"),
        (ALBANIAN, "cp1250"),
        (CYRILLIC, "cp1251"),
        (UKRAINIAN, "cp1251"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_encoding_and_separator_gives_the_same_rows(rows, encoding, separator):
    assert rows_of(as_bytes(rows, encoding, separator)) == rows


def test_the_guess_is_told_with_its_reason():
    _, [notice] = text_grid(as_bytes(CYRILLIC, "cp1251", ";"), Place("a.csv"))
    assert notice.severity == "notice" and notice.message.startswith(
        "read as Windows-1251: then 100 % of the 5 words"
    )


@pytest.mark.parametrize("encoding", ["koi8-u", "cp866", "mac_cyrillic", "iso-8859-5"])
def test_other_cyrillic_encodings_are_refused_and_not_misread(encoding):
    rows = [["шифра", "назва"], ["A1", "Площа ринок"], ["A2", "Вокзал"], ["A3", "Набережна"]]
    grid, [problem] = text_grid(as_bytes(rows, encoding), Place("a.csv"))
    assert grid is None and "encoding of the file cannot be told" in problem.message


def test_utf8_that_breaks_off_is_refused():
    assert decode("шифра".encode()[:-1]).text is None
    assert decode(b"\xff\xfea\x00b").text is None


def test_the_hint_of_excel_shifts_the_rows():
    grid, _ = text_grid(b"sep=;\r\na;b\r\n1;2\r\n", Place("a.csv"))
    assert (grid.headings, grid.rows.tolist()) == (["a", "b"], [3])


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    data = b'a,b\n1,"two\nlines"\n\n,\n3,4\n'
    grid, _ = text_grid(data, Place("a.csv"))
    assert grid.rows.tolist() == [2, 5]


def test_decimal_commas_do_not_part_columns():
    assert rows_of(b"a;b\n1,5;2,5\n3,5;4,5\n") == [["a", "b"], ["1,5", "2,5"], ["3,5", "4,5"]]


def test_two_separators_that_fit_alike_are_refused():
    grid, [problem] = text_grid(b"a;b,c\n1;2,3\n4;5,6\n", Place("a.csv"))
    assert grid is None and problem.rule == "separator"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"\xef\xbb\xbf\r\n", "empty_file"),
        (b",,\n1,2,3\n", "no_header"),
        (b"a,a\n1,2\n", "duplicate_column"),
    ],
)
def test_a_table_without_usable_headings_is_told(data, rule):
    grid, [problem] = text_grid(data, Place("a.csv"))
    assert grid is None and problem.rule == rule


def test_short_and_long_rows_are_told_and_the_others_read():
    grid, problems = text_grid(b"a,b\n1,2\n3\n4,5,6\n7,8\n", Place("a.csv"))
    assert [(p.row, p.rule) for p in problems] == [(3, "fields"), (4, "fields")]
    assert problems[0].remedy.startswith("Add the cells that are missing")
    assert "has more cells than there are headings: 3 for 2" in problems[1].message
    assert problems[1].remedy.startswith("Put a text or number that holds the separator in quotation marks")
    assert grid.rows.tolist() == [2, 5]


@pytest.mark.parametrize(
    ("data", "rows"),
    [(b"a,b,c\nx,1,5,2\ny,2,5,3\n", [2, 3]), (b"a;b;c\n1;2\n3;4\n", [2, 3])],
    ids=["decimal commas", "short"],
)
def test_where_no_row_is_as_long_as_the_header_each_is_told(data, rows):
    grid, problems = text_grid(data, Place("a.csv"))
    assert [(p.row, p.rule) for p in problems] == [(row, "fields") for row in rows]
    assert not len(grid.rows)


def test_blank_cells_after_the_last_heading_are_no_cells():
    assert rows_of(b"a,b\n1,2,\n3,4, ,\n") == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_a_row_of_blanks_is_a_blank_row():
    grid, problems = text_grid(b"a,b\n1,2\n  \n3,4\n", Place("a.csv"))
    assert not problems and grid.rows.tolist() == [2, 4]


def test_columns_after_the_last_heading_are_told():
    _, [notice] = text_grid(b"a,b,,\n1,2,3,4\n5,6,7,\n", Place("a.csv"))
    assert (notice.severity, notice.message) == ("notice", "2 column(s) without a heading are not read")


@pytest.mark.parametrize(
    "data",
    [
        b"Mapping 2016\na,b,c\n1,2,3\n",
        b"Mapping 2016\n\na;b;c\n1;2;3\n4,5;5;6\n",
        b"Mapping 2016;;\na;b;c\n1;2;3\n",
        b"Mapping;2016\na;b;c;d\n1;2;3;4\n5;6;7;\n8;9;10;11\n",
    ],
)
def test_a_title_above_the_headings_is_told_once(data):
    grid, [problem] = text_grid(data, Place("a.csv"))
    assert grid is None and (problem.row, problem.rule) == (1, "title")
    assert "it holds far fewer cells than most rows below, as a title does" in problem.message
    assert problem.remedy == "Delete what stands above the headings, and give each column a heading."


@pytest.mark.parametrize("rows", [b'1,"two\n3,4\n5,6\n', b'1,"two\n3,"x"\n5,6\n'], ids=["open", "odd"])
def test_a_quotation_mark_without_a_partner_swallows_no_rows(rows):
    grid, [problem] = text_grid(b"a,b\n0,0\n" + rows, Place("a.csv"))
    assert grid is None and (problem.row, problem.rule) == (3, "unreadable_row")


def test_a_quotation_mark_within_a_cell_is_a_sign_like_others():
    assert rows_of(b'a,b\n1,5" pipe\n') == [["a", "b"], ["1", '5" pipe']]


def test_a_nul_byte_is_told_at_its_row_as_a_spreadsheet_counts():
    data = b'name of the spot,kp_min\n"two\nlines of text",1\nthree,2\0\n'
    grid, [problem] = text_grid(data, Place("a.csv"))
    assert grid is None and (problem.row, problem.rule) == (3, "nul_byte")


def test_a_workbook_is_known_by_its_bytes_and_not_by_its_name(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"PK\x03\x04 cut")
    assert read_sources([path]).problems[0].rule == "cut"


WORDS = st.text(alphabet="abcčćdđefgšžëç", min_size=2, max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(WORDS, WORDS), min_size=3, max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1250"]),
    separator=st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_is_written_is_read_or_refused_but_never_misread(rows, encoding, separator):
    table = [["heading one", "heading two"], *map(list, rows)]
    grid, problems = text_grid(as_bytes(table, encoding, separator), Place("a.csv"))
    if grid is None:
        assert problems[0].rule == "encoding" and encoding == "cp1250"
    else:
        assert grid.frame.to_numpy().tolist() == table[1:]
