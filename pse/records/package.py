"""Zip packages (exports, XLSX, ODS) looked at before they are unpacked: nothing here trusts its input."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from pse.records.said import Said, say
from pse.records.sheets import Corners

__all__ = [
    "DAMAGED_ZIP",
    "MOST_CELLS",
    "MOST_UNPACKED",
    "Looked",
    "look_at",
    "package_fault",
    "read_member",
    "show_errors",
]

DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a cut, damaged or locked package may raise."""

MOST_UNPACKED = 400 * 1024 * 1024
"""Bytes of all members together, as the package states them and as they really are: with long texts in a wide
alphabet, reading and checking a study of this size takes less than 3 GB."""

MOST_CELLS = 20_000_000
"""Cells of all sheets with the blank ones between: what a reader must make room for."""

_RATIO = 1000  # unpacked over packed: deflate reaches it for nothing that people wrote
_SMALL = 10 * 1024 * 1024  # a package so small when unpacked harms nobody
_MEMBERS = 10_000
_BLOCK = 1024 * 1024
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TAG = re.compile(rb"<(?:[\w.-]+:)?(row|c)\b([^>]*)>")
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{0,7})(\d{1,9})[\"']")
_ERROR = re.compile(rb"\bt\s*=\s*[\"']e[\"']")
_P = rb"(?:[\w.-]+:)?"  # a prefix of a name
_NO_RESULT = re.compile(
    rb"<%bc\b(?![^>]*\bt\s*=\s*[\"']str[\"'])[^>]*>\s*<%bf\b(?:[^>]*/>|[^>]*>[^<]*</%bf>)"
    rb"\s*(?:<%bv\s*/>|<%bv>\s*</%bv>)?\s*</%bc>" % ((_P,) * 7)
)
_SHARED = re.compile(rb"\bt\s*=\s*[\"']s[\"'][^>]*>\s*<%bv>\s*(\d{1,9})" % _P)
_TEXT = re.compile(rb"<%bsi\b" % _P)
_LONGEST_FORMULA = 8192
_MANIFEST = "META-INF/manifest.xml"
_SHARED_TEXTS = "xl/sharedstrings.xml"


def package_fault(package: zipfile.ZipFile) -> Said | None:
    """Return why a zip must not be unpacked; None when nothing speaks against it.

    Names that lead out of a folder, passwords, bombs and declarations of entities are refused.
    """
    members = package.infolist()
    if any(_leads_out(item.filename) for item in members):
        return say("imports.path_in_zip")
    if any(item.flag_bits & 1 for item in members):
        return say("imports.zip_password")
    unpacked, packed = sum(i.file_size for i in members), sum(i.compress_size for i in members)
    bomb = unpacked > _SMALL and unpacked > _RATIO * max(packed, 1)
    if bomb or unpacked > MOST_UNPACKED or len(members) > _MEMBERS:
        return say("imports.zip_bomb", megabytes=MOST_UNPACKED // 1024**2)
    return None


def _leads_out(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.startswith(("/", "\\")) or ".." in parts or name[1:2] == ":" or "\0" in name


def read_member(package: zipfile.ZipFile, name: str, *, most: int) -> bytes | None:
    """Return a member of a package; None if it is larger than `most`, whatever the package says."""
    with package.open(name) as member:
        data = member.read(most + 1)
    return None if len(data) > most else data


Errors = dict[str, list[tuple[int, int]]]
"""Row and column of cells, by the name of their sheet or of its part of the package."""


@dataclass(repr=False)
class Looked:
    """What a workbook shows before it is read.

    Attributes
    ----------
    fault : Said or None
        Why it must not be given to a reader.
    errors : dict of str to list of (int, int)
        Row and column, by sheet, of cells with an error value such as #N/A, which a reader takes for blank.
    merged : dict of str to list of Corners
        By sheet of an ODS, of whose merged cells a reader says nothing.
    """

    fault: Said | None = None
    errors: Errors = field(default_factory=dict)
    merged: dict[str, list[Corners]] = field(default_factory=dict)


def look_at(path: Path) -> Looked:
    """Return what an XLSX or ODS workbook shows; whatever is in it, nothing is raised.

    Every part is gone through in blocks, whatever its name: no declaration of entities, no cell so far away
    that the blank ones before it would fill the memory, no long text repeated in many cells, no formula
    without its result.
    """
    try:
        with zipfile.ZipFile(path) as package:
            return _look(package)
    except DAMAGED_ZIP:
        return Looked(say("imports.damaged_workbook"))


def _look(package: zipfile.ZipFile) -> Looked:
    names = sorted(package.namelist(), key=lambda name: name.lower() != _SHARED_TEXTS)
    found = Looked(package_fault(package) or _kind_fault(package, names))
    texts = _SharedTexts()
    errors: Errors = {}
    cells, letters = MOST_CELLS, MOST_UNPACKED  # left for the parts that follow
    for name in names if found.fault is None else ():
        content = _content(name, texts, errors, found)
        found.fault = _xml_fault(package, name, content, most_cells=cells, most_letters=letters)
        if found.fault:
            return found
        cells, letters = cells - content.cells, letters - content.letters
    sheets = _sheets_of(package) if any(errors.values()) else {}
    found.errors = {sheets.get(name, name): places for name, places in errors.items() if places}
    return found


def _kind_fault(package: zipfile.ZipFile, names: list[str]) -> Said | None:
    if any(name.lower().endswith("workbook.bin") for name in names):
        return say("imports.binary_workbook")
    manifest = read_member(package, _MANIFEST, most=_BLOCK) if _MANIFEST in names else None
    return say("has_password") if b":encryption-data" in (manifest or b"") else None  # an ODS


def _content(name: str, texts: _SharedTexts, errors: Errors, found: Looked) -> _Content:
    if name == "content.xml":
        return _OdsReach(errors, found.merged)
    return texts if name.lower() == _SHARED_TEXTS else _SheetReach(texts, errors.setdefault(name, []))


def _sheets_of(package: zipfile.ZipFile) -> dict[str, str]:
    """Return member -> name of the sheet that it holds, of an XLSX workbook."""
    try:
        links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
        sheets = ElementTree.fromstring(package.read("xl/workbook.xml"))
    except (LookupError, ElementTree.ParseError):
        return {}
    targets = {link.get("Id"): posixpath.join("/xl", link.get("Target", "")) for link in links}
    return {
        posixpath.normpath(targets.get(value, ""))[1:]: sheet.get("name", "")
        for sheet in sheets.iterfind(".//{*}sheet")
        for key, value in sheet.items()
        if key.endswith("}id")
    }


def show_errors(cells: list[list[Any]], errors: list[tuple[int, int]]) -> None:
    """Write #N/A into the cells with an error value, so that the checks see that they are not blank."""
    for row, column in errors:
        if row <= len(cells) and column <= len(cells[row - 1]):
            cells[row - 1][column - 1] = "#N/A"


def _xml_fault(
    package: zipfile.ZipFile, name: str, content: _Content, *, most_cells: int, most_letters: int
) -> Said | None:
    total, rest = 0, b""
    too_large = say("imports.zip_bomb", megabytes=MOST_UNPACKED // 1024**2)
    with package.open(name) as member:
        while block := member.read(_BLOCK):
            total += len(block)
            if total > MOST_UNPACKED or len(rest) > _BLOCK:
                return too_large
            text = rest + block.replace(b"\0", b"")  # UTF-16 shows its tags too
            if _ENTITY.search(text):
                return say("imports.entities")
            content.feed(block if name == "content.xml" else text)
            rest = text[text.rfind(b"<") :] if text.rfind(b"<") > text.rfind(b">") else b""
            if content.cells > most_cells:
                return say("imports.far_cell", most=f"{MOST_CELLS:,}")
            if content.letters > most_letters:
                return too_large
    if content.without_result:
        return say("no_results")
    return say("imports.damaged_workbook") if content.broken else None


class _Content:
    """What is counted of a part of a package while it is gone through."""

    def __init__(self) -> None:
        self.cells = 0
        self.letters = 0
        self.without_result = False
        self.broken = False

    def feed(self, text: bytes) -> None:
        """Go through the next part of the file; a tag is whole in one part."""


class _SharedTexts(_Content):
    """Lengths of the texts that cells of an XLSX share: each cell gets a copy of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._starts: list[int] = []
        self._gone = 0

    def feed(self, text: bytes) -> None:
        self._starts += [self._gone + found.start() for found in _TEXT.finditer(text)]
        self._gone += len(text)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Bytes of each text, when all of them were gone through."""
        return np.diff(self._starts, append=self._gone)


class _SheetReach(_Content):
    """Follows the cells of an XLSX sheet to the farthest one that holds anything, named or only counted."""

    def __init__(self, texts: _SharedTexts, errors: list[tuple[int, int]]) -> None:
        super().__init__()
        self._row, self._column, self._width, self._height = 0, 0, 0, 0
        self._texts, self._errors, self._before = texts, errors, b""

    def feed(self, text: bytes) -> None:
        at = np.array(_SHARED.findall(text), dtype=np.int64)
        self.letters += int(self._texts.lengths[at[at < len(self._texts.lengths)]].sum())
        self.without_result |= bool(_NO_RESULT.search(self._before + text))
        self._before = text[-_LONGEST_FORMULA:]
        for tag in _TAG.finditer(text):
            place = _PLACE.search(tag[2])
            if tag[1] == b"row":
                self._row, self._column = int(place[2]) if place else self._row + 1, 0
                continue
            self._column = _column(place[1]) if place else self._column + 1
            self._row = int(place[2]) if place else max(self._row, 1)
            if not tag[2].endswith(b"/"):  # a cell with only a format costs nothing
                self._width, self._height = max(self._width, self._column), max(self._height, self._row)
            if _ERROR.search(tag[2]):
                self._errors.append((self._row, self._column))
        self.cells = self._width * self._height


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


class _OdsReach(_Content):
    """Follows the cells of an ODS with its repetitions, which a few bytes can make into billions."""

    def __init__(self, errors: Errors, merged: dict[str, list[Corners]]) -> None:
        super().__init__()
        self._sheet, self._before = "", 0  # name of the sheet, cells of the sheets before it
        self._row, self._repeat, self._column, self._filled = 0, 1, 0, 0
        self._width, self._height = 0, 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._errors, self._merged = errors, merged

    def feed(self, block: bytes) -> None:
        if self.broken:
            return
        try:
            self._parser.Parse(block)
        except (expat.ExpatError, LookupError):
            self.broken = True

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "table:table":
            self._before, self._sheet = self.cells, given.get("table:name", "")
            self._row = self._width = self._height = 0
        elif name == "table:table-row":
            self._column, self._filled = 0, 0
            self._repeat = _whole(given.get("table:number-rows-repeated"))
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._cell(given)
        elif name == "text:p":
            self._filled = self._column

    def _cell(self, given: dict[str, str]) -> None:
        if given.get("calcext:value-type") == "error":
            self._errors.setdefault(self._sheet, []).append((self._row + 1, self._column + 1))
        rows = _whole(given.get("table:number-rows-spanned"))
        if rows > 1:
            top = (self._row, self._column)
            self._merged.setdefault(self._sheet, []).append((top, (self._row + rows - 1, self._column)))
        self._column += _whole(given.get("table:number-columns-repeated"))
        if "office:value-type" in given:
            self._filled = self._column
        elif "table:formula" in given:
            self.without_result = True

    def _end(self, name: str) -> None:
        if name == "table:table-row":
            self._row += self._repeat
            if self._filled:
                self._width, self._height = max(self._width, self._filled), self._row
                self.cells = self._before + self._width * self._height  # blank ends cost nothing


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 12 else 1
