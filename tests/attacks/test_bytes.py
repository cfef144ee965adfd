"""Attacks on the bytes of exports: tokens in any coding, metadata, hidden sheets, formulas.

The scanner is first shown to find every kind of token in careless exports of each format. An exporter that is
new goes into `EXPORTERS`, and is scanned from then on.
"""

import base64
import csv
import gzip
import json
import re
import sqlite3
import struct
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import openpyxl
import pandas as pd
import pytest
from matplotlib.figure import Figure

import pse
from mapping.outgoing import Outgoing
from mapping.output import write_estimates
from mapping.release import release, withheld_spots
from tests.attacks.canary import make_canary
from tests.attacks.scan import Token, drawn_text, holds, scan
from tests.records.tiny import tiny_study, tiny_tables

LEVELS = ("public", "programme")


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    return make_canary(tmp_path_factory.mktemp("study") / "xqzvkwstudyfolder")


# Our exports


def export_tables(canary, level, out):
    from mapping.jobs import estimate_job

    estimate_job(canary.folder, out, Outgoing(level, ledger=out / "ledger"), chosen={})


def export_maps(canary, level, out):
    """PNG, PDF, offline web map, GeoPackage."""
    from mapping.jobs import map_job

    map_job(canary.folder, out, Outgoing(level))


def export_svg(canary, level, out):
    from mapping.boundaries import study_boundaries
    from mapping.maps import write_maps

    study = pse.read_study(canary.folder)
    released = release(pse.estimate_study(study), level, withheld=withheld_spots(study))
    write_maps(released.for_maps(), study_boundaries(study), out, formats=("svg",), source=study.title)


def export_microplan(canary, level, out):
    """Workbook, tables, donor sheets."""
    from mapping.microplan.job import Wanted, microplan_job

    wanted = Wanted(csv=out / "csv", donors=out / "donors")
    microplan_job(canary.folder, out / "plan.xlsx", Outgoing(level), wanted)


def export_template(_, __, out):
    from pse.records.template import write_template

    out.mkdir()
    write_template(out / "study.xlsx")


EXPORTERS = {
    export_tables: {".csv", ".json", ".txt"},
    export_maps: {".png", ".pdf", ".html", ".gpkg", ".txt"},
    export_svg: {".svg"},
    export_microplan: {".xlsx", ".csv"},
    export_template: {".xlsx"},
}
"""Exporter -> what it must write. A new format is one line here, and is scanned from then on."""


@pytest.fixture(
    scope="module",
    params=[(e, level) for e in EXPORTERS for level in LEVELS],
    ids=lambda p: f"{p[0].__name__}-{p[1]}",
)
def exported(request, canary, tmp_path_factory):
    """Return exporter, level and folder of one export; what it printed and drew is in the folder too."""
    exporter, level = request.param
    out = tmp_path_factory.mktemp("exports") / "out"
    told = StringIO()
    with drawn_text() as drawn, redirect_stdout(told), redirect_stderr(told):
        exporter(canary, level, out)
    out.mkdir(exist_ok=True)
    (out / "printed.txt").write_text(told.getvalue(), encoding="utf-8")
    (out / "drawn.txt").write_text("\n".join(drawn), encoding="utf-8")
    return exporter, level, out, scan(out, [*canary.tokens, *canary.codes()])


def test_no_export_holds_a_token(canary, exported):
    assert exported[3] & {token.name for token in canary.tokens} == set()


def test_no_public_export_holds_the_code_of_a_spot_and_none_that_of_a_barred_one(canary, exported):
    exporter, level, _, found = exported
    codes = found & {token.name for token in canary.codes()}
    assert not codes & canary.barred()
    if level == "public":
        assert codes == set()
    elif exporter is export_tables:  # partners see the codes of the others
        assert len(codes) == len(canary.codes()) - len(canary.barred())


def test_the_exports_are_there_to_be_scanned(exported):
    """An exporter that writes nothing would pass every scan."""
    exporter, _, out, _ = exported
    assert EXPORTERS[exporter] <= {path.suffix for path in out.rglob("*")}
    if exporter is export_maps:
        assert "FSW" in (out / "drawn.txt").read_text(encoding="utf-8")


# Careless exports: the scanner must find everything in them


def first_tokens(canary):
    """Return a spot and its tokens: a name in Latin letters, one in Cyrillic, latitude and longitude."""
    spot, other = canary.spots.iloc[4], canary.spots.iloc[5]
    tokens = [
        Token("name", text=spot["spot_name"]),
        Token("cyrillic", text=other["spot_name"]),
        Token("lat", degrees=spot["lat"]),
        Token("lon", degrees=spot["lon"]),
    ]
    return spot, other, tokens


def naive_csv(spots, path):
    spots.drop(columns="geometry").to_csv(path, index=False)


def naive_utf16(spots, path):
    path.write_bytes(spots.drop(columns="geometry").to_csv(index=False).encode("utf-16"))


def naive_xlsx(spots, path):
    """A hidden sheet, as a pivot table leaves one behind."""
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        pd.DataFrame({"total": [48]}).to_excel(writer, sheet_name="Totals")
        spots.drop(columns="geometry").to_excel(writer, sheet_name="cache")
        writer.sheets["cache"].very_hidden()


def naive_gpkg(spots, path):
    spots[["spot_name", "geometry"]].to_file(path)


def naive_html(spots, path):
    """A web map with its data in base64, as some libraries write them."""
    data = spots[["spot_name", "geometry"]].to_json().encode()
    path.write_text(f"<script>load('{base64.b64encode(data).decode()}')</script>", encoding="utf-8")


def naive_html_text(spots, path):
    rows = "".join(f"<li>{row.spot_name} {row.lat} {row.lon}</li>" for row in spots.itertuples())
    escaped = rows.encode("ascii", "xmlcharrefreplace").decode()
    path.write_text(f"<ul>{escaped}</ul>", encoding="utf-8")


def naive_figure(spots, path):
    figure = Figure()
    axes = figure.subplots()
    axes.set_axis_off()
    for row in spots.itertuples():
        axes.text(0, 0, f"{row.spot_name}")
    rows = "; ".join(f"{row.spot_name} {row.lat:.5f} {row.lon:.5f}" for row in spots.itertuples())
    key = {"png": "Comment", "pdf": "Subject", "svg": "Description"}[path.suffix[1:]]
    figure.savefig(path, metadata={key: rows})


NAIVE = {
    "a.csv": naive_csv,
    "b.csv": naive_utf16,
    "a.xlsx": naive_xlsx,
    "a.gpkg": naive_gpkg,
    "a.html": naive_html,
    "b.html": naive_html_text,
    "a.png": naive_figure,
    "a.svg": naive_figure,
    "a.pdf": naive_figure,
}


@pytest.mark.parametrize("name", NAIVE)
def test_the_scanner_finds_every_token_of_a_careless_export(canary, name, tmp_path):
    spots = canary.spots.iloc[4:6]
    path = tmp_path / name
    NAIVE[name](spots, path)
    wanted = first_tokens(canary)[2]
    if name == "a.pdf":  # its Info writes Cyrillic as escaped UTF-16, octal
        wanted = [token for token in wanted if token.name != "cyrillic"]
    assert scan(path, wanted) == {token.name for token in wanted}


def test_the_scanner_finds_the_tokens_of_our_restricted_export(canary, tmp_path):
    """The records themselves, and every column of them: the scan of a study finds all its tokens."""
    found = scan(canary.folder, canary.tokens)
    assert {token.name for token in canary.tokens} - found == {"folder"}


def test_names_drawn_into_pixels_are_collected(canary, tmp_path):
    with drawn_text() as drawn:
        naive_figure(canary.spots.iloc[4:6], tmp_path / "a.png")
    assert set(canary.spots.iloc[4:6]["spot_name"]) <= set(drawn)


LAT = Token("lat", degrees=-47.3319587)
WRITTEN = {
    **{f"cut to {d}": f"{int(-47.3319587 * 10**d) / 10**d:.{d}f}".encode() for d in range(2, 8)},
    **{f"rounded to {d}": f"{-47.3319587:.{d}f}".encode() for d in range(2, 8)},
    "longer than it was": b"-47.33195870000001",
    "decimal comma": b"x;-47,33196;y",
    "in JSON": b"[-47.3319587,3]",
    "DMS": "47°19'55\"S".encode(),
    "DMS with spaces": b"47 19 55 S",
    "degrees and minutes": "47° 19.9175' S".encode(),
    "scaled by 1e5": b"4733195",
    "scaled by 1e7": b"-473319587",
    "double": struct.pack("<d", -47.3319587),
    "double, other order": struct.pack(">d", -47.3319587),
    "float": struct.pack("<f", -47.3319587),
    "32-bit integer": struct.pack("<i", -473319587),
    "UTF-16": "-47.3320".encode("utf-16-le"),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_the_scanner_finds_a_coordinate_however_it_is_written(how):
    assert holds(b"x " + WRITTEN[how] + b" y", [LAT]) == {"lat"}


@pytest.mark.parametrize("text", [b"-47.34", b"-47.3321", b"147.3320", b"47.33209", b"-48.33", b"47 20 55"])
def test_another_number_is_no_coordinate(text):
    assert holds(b"x " + text + b" y", [LAT]) == set()


def test_packed_pixels_are_no_coordinate_but_what_stands_behind_a_picture_is(tmp_path):
    """Four bytes of packed pixels can be any number by chance."""
    parts = ((b"IHDR", b"x" * 13), (b"IDAT", WRITTEN["float"]), (b"IEND", b""))
    chunks = [struct.pack(">I", len(body)) + kind + body + b"sums" for kind, body in parts]
    picture = b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
    (tmp_path / "a.png").write_bytes(picture)
    assert scan(tmp_path, [LAT]) == set()
    (tmp_path / "a.png").write_bytes(picture + WRITTEN["float"])
    assert scan(tmp_path, [LAT]) == {"lat"}


@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("packing", ["plain", "base64", "gzip", "zip", "percent", "entities", "json"])
def test_the_scanner_finds_a_text_however_it_is_packed(coding, packing, tmp_path):
    from urllib.parse import quote

    text = "Кафаната зад млинот qzx"
    raw = f"pad {text} pad".encode(coding)
    if packing == "base64":
        raw = b"data:text/plain;base64," + base64.b64encode(b"x" + raw)
    elif packing == "gzip":
        raw = gzip.compress(raw)
    elif packing == "zip":
        with zipfile.ZipFile(tmp_path / "inner.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/b.txt", raw)
        raw = (tmp_path / "inner.zip").read_bytes()
        (tmp_path / "inner.zip").unlink()
    elif packing == "percent":
        raw = quote(text).encode()
    elif packing == "entities":
        raw = text.encode("ascii", "xmlcharrefreplace")
    elif packing == "json":
        raw = json.dumps(text).encode()
    (tmp_path / "file.bin").write_bytes(raw)
    assert scan(tmp_path, [Token("text", text=text)]) == {"text"}


# Metadata


PDF_INFO = rb"/(Author|Creator|Producer|Title|Subject|Keywords|CreationDate|ModDate|Metadata)\b"


def files(out, suffix):
    return sorted(out.rglob(f"*{suffix}"))


def test_metadata_of_pictures_are_empty(exported):
    out = exported[2]
    for path in files(out, ".png"):
        kinds = re.findall(rb"(tEXt|zTXt|iTXt|eXIf|tIME|iCCP)", path.read_bytes())
        assert not [kind for kind in kinds if png_has(path.read_bytes(), kind)]
    for path in files(out, ".pdf"):
        assert re.findall(PDF_INFO, path.read_bytes()) == []
    for path in files(out, ".svg"):
        text = path.read_text(encoding="utf-8").lower()
        for word in ("<dc:date", "<dc:creator", "<dc:title", "matplotlib", "author"):
            assert word not in text, word


def png_has(content, kind):
    """Return whether a PNG has a chunk of this kind."""
    at = 8
    while at + 8 <= len(content):
        if content[at + 4 : at + 8] == kind:
            return True
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    return False


def test_metadata_of_a_careless_picture_are_found(tmp_path):
    figure = Figure()
    for suffix in ("png", "pdf", "svg"):
        figure.savefig(tmp_path / f"a.{suffix}")
    assert png_has((tmp_path / "a.png").read_bytes(), b"tEXt")
    assert b"/Creator" in (tmp_path / "a.pdf").read_bytes()
    assert "matplotlib" in (tmp_path / "a.svg").read_text(encoding="utf-8").lower()


def workbook_marks(path):
    """Return what a workbook tells that it should not: people, hidden sheets, comments, formulas."""
    book = openpyxl.load_workbook(path)
    told = [book.properties.creator, book.properties.lastModifiedBy, book.properties.description]
    marks = [text for text in told if text]
    marks += [f"{sheet.title} is hidden" for sheet in book if sheet.sheet_state != "visible"]
    for sheet in book:
        for row in sheet.iter_rows():
            marks += [f"comment at {cell.coordinate}" for cell in row if cell.comment]
            marks += [f"formula at {cell.coordinate}" for cell in row if cell.data_type == "f"]
    return marks


def test_a_workbook_of_ours_has_no_author_no_hidden_sheet_no_comment_and_only_declared_formulas(exported):
    exporter, _, out, _ = exported
    declared = exporter is export_microplan
    for path in files(out, ".xlsx"):
        marks = [mark for mark in workbook_marks(path) if not (declared and mark.startswith("formula"))]
        assert marks == []
        assert foreign_formulas(path) == []


ARITHMETIC = {"ROUND", "ROUNDUP", "CEILING", "SUM", "MAX", "MIN", "IF", "IFERROR", "OR", "N"}


def foreign_formulas(path):
    """Return the formulas that do anything but arithmetic on cells and names of their own workbook."""
    book = openpyxl.load_workbook(path)
    texts = [
        str(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    return [
        text
        for text in texts
        if not set(re.findall(r"([A-Z][A-Z.]+)\(", text)) <= ARITHMETIC
        or re.search(r"\[(?!@?\w+\])|://|\\\\|\|", text)
    ]


def test_a_formula_that_reaches_out_is_found(tmp_path):
    book = openpyxl.Workbook()
    book["Sheet"]["A1"] = '=WEBSERVICE("https://example.org/"&B1)'
    book["Sheet"]["A2"] = "='[other.xlsx]Sheet'!A1"
    book["Sheet"]["A3"] = "=SUM(B1:B3)"
    book.save(tmp_path / "a.xlsx")
    assert len(foreign_formulas(tmp_path / "a.xlsx")) == 2


def test_marks_of_a_careless_workbook_are_found(tmp_path):
    book = openpyxl.Workbook()
    book.properties.creator = "Somebody"
    book.create_sheet("cache").sheet_state = "veryHidden"
    book["Sheet"]["A1"] = "=1+1"
    book["Sheet"]["A2"].comment = openpyxl.comments.Comment("call me", "Somebody")
    book.save(tmp_path / "a.xlsx")
    assert workbook_marks(tmp_path / "a.xlsx") == [
        "Somebody", "cache is hidden", "comment at A2", "formula at A1",
    ] or len(workbook_marks(tmp_path / "a.xlsx")) == 4  # fmt: skip


def geopackage_texts(path):
    """Return the free texts of a GeoPackage beside its layers: descriptions, metadata, aspatial tables."""
    with sqlite3.connect(path) as database:
        names = {row[0] for row in database.execute("select name from sqlite_master where type = 'table'")}
        texts = [row[0] for row in database.execute("select description from gpkg_contents") if row[0]]
        for name in names & {"gpkg_metadata", "layer_styles", "qgis_projects"}:
            texts += [str(row) for row in database.execute(f"select * from {name}")]
    return texts


def test_a_geopackage_of_ours_has_no_free_text(exported):
    out = exported[2]
    for path in files(out, ".gpkg"):
        assert geopackage_texts(path) == []


def test_free_text_of_a_careless_geopackage_is_found(canary, tmp_path):
    canary.spots[["geometry"]].to_file(tmp_path / "a.gpkg", layer_options={"DESCRIPTION": "by Somebody"})
    assert geopackage_texts(tmp_path / "a.gpkg") == ["by Somebody"]


def test_a_page_of_ours_names_no_author_and_loads_nothing(exported):
    out = exported[2]
    for path in files(out, ".html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<meta[^>]+name=.?(author|generator|date)", text, re.IGNORECASE)
        assert outside(text) == []


def outside(page):
    """Return what a page names outside itself; scripts are held by its policy, and may name no address."""
    tags = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL | re.IGNORECASE)
    found = re.findall(r"(?:src|href|action)\s*=\s*[\"']?(?!data:|#)[^\s\"'>]+", tags)
    found += re.findall(r"@import|url\(\s*[\"']?(?!data:|#)", tags)
    return found + re.findall(r"https?://[^\s\"']+", page)


def test_a_page_that_loads_its_tiles_is_found():
    assert outside('<link href="https://cdn.example/a.css"><script>tiles("http://b.example/")</script>')
    assert outside("<img src=//c.example/x.png>")
    assert outside("<style>a { background: url(//c.example/x.png) }</style>")


def test_no_file_names_this_computer(exported, canary):
    out = exported[2]
    for path in (p for p in out.rglob("*") if p.is_file()):
        content = path.read_bytes()
        for place in (str(canary.folder.parent), canary.folder.name):
            assert place.encode() not in content, path.name


# Formulas

PAYLOADS = (
    "=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd", "\t=1+1", "\r=1+1", "＝1+1",
    "＋1+1", "－1+1", "＠SUM(1)", " =1+1", "\u00a0=1+1",
)  # fmt: skip
RISKY = tuple("=+-@\t\r\n\0＝＋－＠")


def risky_cells(path):
    """Return the cells of a CSV file that begin like a formula and are no number."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    bare = [cell.lstrip(" \u00a0\u3000\ufeff") for cell in cells]
    return [cell for cell in bare if cell.startswith(RISKY) and not re.fullmatch(r"[+-]?\d+(\.\d+)?", cell)]


def hostile_study(payload):
    tables = tiny_tables()
    tables["municipalities"]["name"] = payload
    for name in ("level1", "level2"):
        tables[name]["typology"] = tables[name]["typology"].replace("bar", payload)
    tables["level1"]["informant_type"] = payload
    tables["nonspot"]["setting"] = payload
    tables["virtual"]["platform_type"] = payload
    return tiny_study(tables=tables)


def test_a_careless_table_runs_the_formula(tmp_path):
    hostile_study("=1+1").level1.to_csv(tmp_path / "a.csv", index=False)
    assert "=1+1" in risky_cells(tmp_path / "a.csv")
    with pd.ExcelWriter(tmp_path / "a.xlsx", engine="xlsxwriter") as writer:
        pd.DataFrame({"name": ["=1+1"]}).to_excel(writer, index=False)
    assert "formula at A2" in workbook_marks(tmp_path / "a.xlsx")


@pytest.mark.parametrize("level", ["public", "programme", "restricted"])
@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_a_formula_in_the_records_is_text_in_every_table(payload, level, tmp_path):
    study = hostile_study(payload)
    released = release(pse.estimate_study(study), level, withheld=withheld_spots(study))
    paths = write_estimates(released, tmp_path / "out", run={"title": payload})
    tables = [path for path in paths if path.suffix == ".csv"]
    assert len(tables) > 10
    assert [cell for path in tables for cell in risky_cells(path)] == []
    assert payload.strip() in "".join(path.read_text(encoding="utf-8-sig") for path in tables)
