"""Files made to do harm, and files that were cut or locked: each is one clear problem and nothing else."""

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook

from pse.records.imports import read_sources
from pse.records.imports import source as source_module
from pse.records.package import MOST_CELLS, look_at
from tests.records.imports.exports import exercise
from tests.records.imports.test_three_sources import errors, import_exercise

SHEET = "xl/worksheets/sheet1.xml"


def workbook_bytes(rows=(("municipality", "name"), ("M1", "Town"))):
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def with_member(data, name, content):
    """Return a package with one of its members replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            if item != name:
                new.writestr(item, old.read(item))
        new.writestr(name, content)
    return out.getvalue()


def member(data, name):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read(name).decode()


def zip_of(**members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return data.getvalue()


def only_problem(path, data):
    path.write_bytes(data)
    found = read_sources([path])
    assert not found.grids
    [problem] = found.problems
    assert (problem.file, problem.severity) == (path.name, "error")
    return problem


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    bomb = zip_of(**{"level1.csv": b"0" * 20 * 1024**2})
    problem = only_problem(tmp_path / "bomb.zip", bomb)
    assert "packed a thousand times" in problem.message


def test_a_member_that_lies_about_its_size_is_not_unpacked_further(tmp_path, monkeypatch):
    monkeypatch.setattr(source_module, "MOST_TEXT", 1000)
    problem = only_problem(tmp_path / "large.zip", zip_of(**{"level1.csv": "a,b\n" + "1,2\n" * 1000}))
    assert problem.rule == "too_large"


@pytest.mark.parametrize("name", ["../../level1.csv", "/etc/level1.csv", "C:/level1.csv", "..\\level1.csv"])
def test_names_that_lead_out_of_the_zip_are_refused(name, tmp_path):
    problem = only_problem(tmp_path / "export.zip", zip_of(**{name: "a,b\n1,2\n"}))
    assert "leads out of its folder" in problem.message and name not in str(problem)


LAUGHS = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", [SHEET, "xl/styles.xml", "xl/workbook.xml"])
def test_entities_in_a_workbook_are_refused(name, encoding, tmp_path):
    data = workbook_bytes()
    declared = '<?xml version="1.0"?>' + LAUGHS + member(data, name).partition("?>")[2]
    problem = only_problem(tmp_path / "laughs.xlsx", with_member(data, name, declared.encode(encoding)))
    assert "declares entities" in problem.message


def ods_bytes(body):
    content = (
        '<?xml version="1.0"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="municipalities">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    manifest = f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{kind}"/>'
    return zip_of(
        mimetype="application/vnd.oasis.opendocument.spreadsheet",
        **{"content.xml": content, "META-INF/manifest.xml": manifest},
    )


def ods_row(*cells, repeat=1):
    inner = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
        for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeat}">{inner}</table:table-row>'


def test_an_ods_is_read(tmp_path):
    path = tmp_path / "towns.ods"
    path.write_bytes(ods_bytes(ods_row("municipality", "name") + ods_row("M1", "Приштина")))
    [grid] = read_sources([path]).grids
    assert grid.frame.to_dict("records") == [{"municipality": "M1", "name": "Приштина"}]
    assert (grid.place.sheet, grid.rows.tolist()) == ("municipalities", [2])


def test_entities_in_an_ods_are_refused(tmp_path):
    data = ods_bytes(ods_row("municipality"))
    laughing = member(data, "content.xml").replace("?>", f"?>{LAUGHS}", 1)
    problem = only_problem(tmp_path / "laughs.ods", with_member(data, "content.xml", laughing))
    assert "declares entities" in problem.message


def test_repeated_cells_of_an_ods_do_not_fill_the_memory(tmp_path):
    many = ods_row("municipality") + ods_row("M1", repeat=MOST_CELLS)
    problem = only_problem(tmp_path / "many.ods", ods_bytes(many))
    assert f"more than {MOST_CELLS:,} cells" in problem.message


def test_the_blank_end_of_an_ods_sheet_costs_nothing(tmp_path):
    blank = (
        '<table:table-row table:number-rows-repeated="1048570">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    path = tmp_path / "towns.ods"
    path.write_bytes(ods_bytes(ods_row("municipality", "name") + ods_row("M1", "Town") + blank))
    found = read_sources([path])
    assert not found.problems and len(found.grids[0].rows) == 1


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="XFD1048576" t="n">',
        "<c t='n' r='XFD1048576'>",
        '<c\tr = "xfd1048576">',
        """<c a="'>'" r="XFD1048576">""",
    ],
)
def test_a_cell_far_away_does_not_fill_the_memory(cell, tmp_path):
    data = workbook_bytes()
    far = f'<row r="1048576">{cell}<v>1</v></c></row></sheetData>'
    sheet = member(data, SHEET).replace("</sheetData>", far)
    problem = only_problem(tmp_path / "far.xlsx", with_member(data, SHEET, sheet))
    assert f"more than {MOST_CELLS:,} cells" in problem.message


def test_a_sheet_in_a_part_of_another_kind_is_not_read(tmp_path):
    links = "xl/_rels/workbook.xml.rels"
    data = workbook_bytes()
    moved = with_member(data, links, member(data, links).replace("sheet1.xml", "sheet1.png"))
    problem = only_problem(
        tmp_path / "book.xlsx", with_member(moved, SHEET[:-3] + "png", member(data, SHEET))
    )
    assert problem.message == "the workbook is cut, damaged or no workbook"


def test_a_part_that_stands_twice_is_told(tmp_path):
    data = with_member(workbook_bytes(), SHEET.upper(), "<worksheet/>")
    problem = only_problem(tmp_path / "book.xlsx", data)
    assert problem.message == "the workbook is cut, damaged or no workbook"


def test_cells_without_their_places_are_counted_too(tmp_path):
    data = workbook_bytes()
    rows = "<row>" + "<c><v>1</v></c>" * 16_384 + "</row>" + "<row/>" * 40_000 + "<row><c><v>1</v></c></row>"
    sheet = member(data, SHEET).replace("</sheetData>", rows + "</sheetData>")
    problem = only_problem(tmp_path / "far.xlsx", with_member(data, SHEET, sheet))
    assert f"more than {MOST_CELLS:,} cells" in problem.message


def test_a_far_cell_with_only_a_format_harms_nobody(tmp_path):
    path = tmp_path / "towns.xlsx"
    data = workbook_bytes()
    far = '<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    path.write_bytes(with_member(data, SHEET, member(data, SHEET).replace("</sheetData>", far)))
    found = read_sources([path])
    assert not found.problems and len(found.grids[0].rows) == 1


def test_an_ods_that_is_no_xml_is_told(tmp_path):
    data = with_member(ods_bytes(ods_row("municipality")), "content.xml", b"<office:document-content><a></b>")
    assert only_problem(tmp_path / "broken.ods", data).rule == "workbook"


def test_a_binary_workbook_is_told(tmp_path):
    data = with_member(workbook_bytes(), "xl/workbook.bin", b"\0")
    assert only_problem(tmp_path / "book.xlsb", data).message == "the workbook is a binary one (.xlsb)"


def test_a_nul_byte_in_a_csv_is_told_by_its_row(tmp_path):
    problem = only_problem(tmp_path / "level1.csv", b"interview_id,kp\nA1,FSW\nA2,M\0SM\n")
    assert (problem.row, problem.rule) == (3, "nul_byte")


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_million_columns_are_refused(separator, tmp_path):
    header = separator.join(f"c{i}" for i in range(1_000_000))
    problem = only_problem(tmp_path / "wide.csv", f"{header}\n{header}\n".encode())
    assert problem.rule == "too_wide"


def test_a_row_of_a_million_columns_is_told_by_its_row(tmp_path):
    path = tmp_path / "level1.csv"
    path.write_bytes(b"interview_id,kp\nA1,FSW\n" + b"x," * 1_000_000 + b"\nA2,MSM\n")
    found = read_sources([path])
    [problem] = found.problems
    assert (problem.row, problem.rule) == (3, "fields")
    assert found.grids[0].rows.tolist() == [2, 4]


def test_a_locked_workbook_is_told(tmp_path):
    locked = io.BytesIO()
    OOXMLFile(io.BytesIO(workbook_bytes())).encrypt("secret", locked)
    problem = only_problem(tmp_path / "locked.xlsx", locked.getvalue())
    assert problem.message == "the workbook has a password"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_cut_workbook_is_told(share, tmp_path):
    data = workbook_bytes()
    problem = only_problem(tmp_path / "cut.xlsx", data[: int(len(data) * share)])
    assert problem.message == "the workbook is cut, damaged or no workbook"


def test_a_cut_odk_zip_is_told(tmp_path):
    data = zip_of(**{"level1.csv": "a,b\n" + "1,2\n" * 500, "level1-spot.csv": "a,b\n1,2\n"})
    assert only_problem(tmp_path / "odk.zip", data[:-60]).rule == "cut"


def test_a_member_with_a_wrong_checksum_is_told(tmp_path):
    data = zip_of(**{"level1.csv": "a,b\n1,2\n"})
    right = struct.pack("<L", zlib.crc32(b"a,b\n1,2\n"))
    assert only_problem(tmp_path / "odk.zip", data.replace(right, b"\0\0\0\0")).rule == "cut"


def test_a_zip_with_a_password_is_told(tmp_path):
    data = bytearray(zip_of(**{"level1.csv": "a,b\n1,2\n"}))
    data[6] |= 1  # the flag of encryption, of the member and in the table of contents
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert only_problem(tmp_path / "odk.zip", bytes(data)).message == "the zip has a password"


def test_submissions_that_odk_encrypted_are_told(tmp_path):
    problem = only_problem(tmp_path / "odk.zip", zip_of(**{"submission.xml.enc": b"\1\2"}))
    assert "encrypted by ODK" in problem.message
    assert only_problem(tmp_path / "submission.xml.enc", b"\1\2").rule == "encrypted"


@pytest.mark.parametrize(
    "end", ["A2,FS", "A2,MSM,3,", 'A2,"MSM and', 'A2,MSM,3,"never closed\nA3,FSW,1,2'], ids=str
)
def test_a_csv_that_ends_within_a_row_is_told(end, tmp_path):
    problem = only_problem(
        tmp_path / "level1.csv", f"interview_id,kp,kp_min,note,x\nA1,FSW,3,n,x\n{end}".encode()
    )
    assert (problem.rule, problem.row) == ("cut", 3)


def test_a_csv_that_ends_within_its_headings_is_told(tmp_path):
    problem = only_problem(tmp_path / "level1.csv", b'"interview_id;kp;kp_min\nA1;FSW;3')
    assert (problem.rule, problem.row) == ("cut", 1)


def test_a_csv_without_a_last_line_end_is_whole(tmp_path):
    path = tmp_path / "level1.csv"
    path.write_bytes(b"interview_id,kp\nA1,FSW\nA2,MSM")
    found = read_sources([path])
    assert not found.problems and found.grids[0].rows.tolist() == [2, 3]


def test_a_csv_of_a_gigabyte_says_that_it_is_too_large(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        file.truncate(1024**3)  # sparse: it takes no room on the disk
    tracemalloc.start()
    [problem] = read_sources([path]).problems
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (
        problem.message == "the file is larger than 50 MB: it is not read, because it could fill the memory"
    )
    assert most < 1024**2


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf<html>", "a web page"),
        (b"\x89PNG\r\n", "a picture"),
        (b'<?xml version="1.0"?>', "an XML or JSON file"),
        (b'{"type": "FeatureCollection"', "an XML or JSON file"),
        (b"Rar!\x1a\x07", "an archive that is no zip"),
    ],
)
def test_another_kind_of_file_is_named(start, kind, tmp_path):
    assert kind in only_problem(tmp_path / "level1.csv", start + b"\n1,2\n").message


@pytest.mark.parametrize("name", ["gone.csv", "."])
def test_what_is_no_file_is_told(name, tmp_path):
    assert read_sources([tmp_path / name]).problems[0].rule == "unreadable"


def test_a_member_whose_name_steers_the_screen_is_shown_plainly(tmp_path):
    path = tmp_path / "odk.zip"
    path.write_bytes(zip_of(**{"level1\x1b[2J.csv": "a,b\n1,2\n"}))
    assert read_sources([path]).grids[0].place.sheet == "level1?[2J.csv"


def test_words_of_two_scripts_are_told_at_their_row(tmp_path):
    level1, level2 = exercise()
    level1[0]["spots"][0]["spot_name"] = "K\u0430fe"  # a Cyrillic letter among Latin ones
    level1[2]["municipality"] = "M\u0430lisheva"
    found = import_exercise("kobo", level1, level2, tmp_path / "kobo")
    [notice] = [p for p in found.problems if p.rule == "two_scripts"]
    assert (notice.sheet, notice.row, notice.column) == ("spot", 2, "spot/spot_name")
    assert [(p.sheet, p.row, p.rule) for p in errors(found)] == [("level 1", 4, "unknown_code")]


def test_noise_never_raises(tmp_path):
    import random

    noise = random.Random(7)
    for number, start in enumerate(
        [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"a;b\n"]
    ):
        path = tmp_path / f"noise{number}.xlsx"
        path.write_bytes(start + noise.randbytes(3000))
        assert read_sources([path]).problems


def test_one_long_text_in_many_cells_does_not_fill_the_memory(tmp_path):
    texts = f"<sst><si><t>{'x' * 9_000_000}</t></si></sst>"
    row = "<row>" + '<c t="s"><v>0</v></c>' * 100 + "</row>"
    data = with_member(workbook_bytes(), "xl/sharedStrings.xml", texts)
    problem = only_problem(tmp_path / "long.xlsx", with_member(data, SHEET, f"<sheetData>{row}</sheetData>"))
    assert "larger than 400 MB when unpacked" in problem.message


def test_blank_rows_between_filled_ones_of_an_ods_are_counted(tmp_path):
    blank = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/></table:table-row>'
    body = ods_row("municipality", "name") + blank + ods_row(*["x"] * 20)
    problem = only_problem(tmp_path / "many.ods", ods_bytes(body))
    assert f"more than {MOST_CELLS:,} cells" in problem.message


def test_an_ods_with_a_password_is_told(tmp_path):
    locked = '<manifest:manifest xmlns:manifest="x"><manifest:encryption-data/></manifest:manifest>'
    data = with_member(ods_bytes(ods_row("a")), "META-INF/manifest.xml", locked)
    problem = only_problem(tmp_path / "locked.ods", with_member(data, "content.xml", b"\x93\x02noise"))
    assert problem.message == "the workbook has a password"


def test_an_ods_in_an_unknown_encoding_is_told(tmp_path):
    data = with_member(ods_bytes(ods_row("a")), "content.xml", '<?xml version="1.0" encoding="A0"?><a/>')
    assert only_problem(tmp_path / "broken.ods", data).rule == "workbook"


def test_a_member_whose_packing_is_damaged_is_told(tmp_path):
    data = bytearray(zip_of(**{"level1.csv": "a,b\n" + "".join(f"{i},{i * 7}\n" for i in range(300))}))
    data[40:44] = b"\xff\xff\xff\xff"  # the start of the packed bytes
    assert only_problem(tmp_path / "odk.zip", bytes(data)).rule == "cut"


@pytest.mark.parametrize("name", ["level1.xlsx", "forms/both.zip", "level1.ODS"])
def test_a_workbook_or_a_zip_in_a_zip_is_told(name, tmp_path):
    problem = only_problem(tmp_path / "all.zip", zip_of(**{"level2.csv": "a,b\n1,2\n", name: b"PK"}))
    assert problem.message.startswith("the zip holds a workbook or another zip")
    assert problem.remedy == "Unpack the zip and give the files in it."


def test_what_a_mac_and_the_attachments_add_to_a_zip_is_no_table(tmp_path):
    path = tmp_path / "odk.zip"
    added = [
        "__MACOSX/odk/._level1.csv",
        "odk/._level1.csv",
        "odk/.DS_Store",
        "odk/media/cafes.csv",
        "media/a.xlsx",
    ]
    path.write_bytes(zip_of(**{"odk/level1.csv": "a,b\n1,2\n"}, **dict.fromkeys(added, "\0\5")))
    found = read_sources([path])
    assert not found.problems and [grid.place.sheet for grid in found.grids] == ["level1.csv"]


def test_two_members_of_one_name_are_told(tmp_path):
    problem = only_problem(
        tmp_path / "odk.zip", zip_of(**{"new/level1.csv": "a,b\n1,2\n", "old/level1.csv": "a,b\n1,2\n"})
    )
    assert (problem.sheet, problem.rule) == ("level1.csv", "same_name")


def test_a_table_that_begins_as_a_zip_does_is_read(tmp_path):
    path = tmp_path / "keys.csv"
    path.write_bytes(b"PK;name\n1;x\n")
    assert read_sources([path]).grids[0].headings == ["PK", "name"]


def test_the_cells_of_all_sheets_count_together(tmp_path):
    far = '<sheetData><row r="1048576"><c r="{}1048576"><v>1</v></c></row></sheetData>'
    data = with_member(workbook_bytes(), SHEET, far.format("O"))
    both = with_member(data, "xl/worksheets/sheet2.xml", far.format("O"))
    assert look_at(save(tmp_path / "one.xlsx", data)).fault is None
    assert f"more than {MOST_CELLS:,} cells" in look_at(save(tmp_path / "both.xlsx", both)).fault


def save(path, data):
    path.write_bytes(data)
    return path
