"""Zip packages (exports, XLSX, ODS) looked at before they are unpacked: nothing here trusts its input."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from pse.records.said import Said, say
from pse.records.sheets import Corners

__all__ = [
    "DAMAGED_ZIP",
    "EPOCH",
    "EPOCH_1904",
    "MOST_CELLS",
    "MOST_UNPACKED",
    "Looked",
    "Marks",
    "look_at",
    "package_fault",
    "read_member",
    "show_errors",
]

DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a cut, damaged or locked package may raise."""

EPOCH, EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
"""Day 0 of a workbook's serial days: the usual one, after which Excel holds a 29 February 1900, and an old
Mac's."""

MOST_UNPACKED = 400 * 1024 * 1024
"""Bytes of all members together, as the package states them and as they really are: with long texts in a wide
alphabet, reading and checking a study of this size takes less than 3 GB."""

MOST_CELLS = 20_000_000
"""Cells of all sheets with the blank ones between: what a reader must make room for."""

_RATIO = 1000  # unpacked over packed: deflate reaches it for nothing that people wrote
_SMALL = 10 * 1024 * 1024  # a package so small when unpacked harms nobody
_MEMBERS = 10_000
_BLOCK = 1024 * 1024
_CELL = re.compile(r"([A-Za-z]{1,7})(\d{1,9})")
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


@dataclass(repr=False)
class Marks:
    """What a sheet shows and its cells, as a reader gives them, do not.

    Attributes
    ----------
    errors : list of (int, int)
        Row and column of cells with an error value such as #N/A, which a reader takes for blank.
    hidden : list of range
        Rows that a filter or a person hid.
    merged : list of Corners
        Merged cells of an ODS, of which a reader says nothing.
    """

    errors: list[tuple[int, int]] = field(default_factory=list)
    hidden: list[range] = field(default_factory=list)
    merged: list[Corners] = field(default_factory=list)


@dataclass(repr=False)
class Looked:
    """What a workbook shows before it is read: why it must not be, or the marks of each sheet by its name.

    `epoch` is day 0 of its serial days.
    """

    fault: Said | None = None
    sheets: dict[str, Marks] = field(default_factory=dict)
    epoch: date = EPOCH

    def marks(self, sheet: str) -> Marks:
        """Return the marks of a sheet."""
        return self.sheets.get(sheet) or Marks()


def look_at(path: Path) -> Looked:
    """Return what an XLSX or ODS workbook shows; whatever is in it, nothing is raised.

    Every part of XML is gone through in blocks: no declaration of entities, no cell so far away that the
    blank ones before it would fill the memory, no long text repeated in many cells, no formula that lacks its
    result.
    """
    try:
        with zipfile.ZipFile(path) as package:
            return _look(package)
    except DAMAGED_ZIP:
        return Looked(say("imports.damaged_workbook"))


def _look(package: zipfile.ZipFile) -> Looked:
    names = sorted(filter(_is_xml, package.namelist()), key=lambda name: name.lower() != _SHARED_TEXTS)
    found = Looked(package_fault(package) or _kind_fault(package))
    texts = _SharedTexts()
    parts: dict[str, Marks] = {}
    cells, letters = MOST_CELLS, MOST_UNPACKED  # left for the parts that follow
    for name in names if found.fault is None else ():
        content = _content(name, texts, parts)
        found.fault = _part_fault(package, name, content, most_cells=cells, most_letters=letters)
        if found.fault:
            return found
        cells, letters = cells - content.cells, letters - content.letters
        found.epoch = content.epoch or found.epoch
    names_of = _sheets_of(package) if found.fault is None else {}
    if not all(map(_is_xml, names_of)):
        found.fault = say("imports.damaged_workbook")
    found.sheets = {names_of.get(name, name): marks for name, marks in parts.items()}
    return found


def _is_xml(name: str) -> bool:
    """Return whether a reader may read this part: the others are pictures, old drawings and programs."""
    return name.lower().endswith((".xml", ".rels"))


def _kind_fault(package: zipfile.ZipFile) -> Said | None:
    names = [name.lower() for name in package.namelist()]
    if len(set(names)) < len(names):  # a reader might take another part than we look at
        return say("imports.damaged_workbook")
    if any(name.endswith("workbook.bin") for name in names):
        return say("imports.binary_workbook")
    manifest = read_member(package, _MANIFEST, most=_BLOCK) if _MANIFEST in package.namelist() else None
    return say("has_password") if b":encryption-data" in (manifest or b"") else None  # an ODS


def _content(name: str, texts: _SharedTexts, parts: dict[str, Marks]) -> _Content:
    """Return what follows a part; marks are kept by the name of the part, or of the sheet of an ODS."""
    if name == "content.xml":
        return _OdsReach(parts)
    return texts if name.lower() == _SHARED_TEXTS else _SheetReach(texts, parts.setdefault(name, Marks()))


def _sheets_of(package: zipfile.ZipFile) -> dict[str, str]:
    """Return part -> name of the sheet that it holds, of an XLSX workbook; nothing of another package."""
    exact = {name.lower(): name for name in package.namelist()}
    parts = [exact.get(name) for name in ("xl/_rels/workbook.xml.rels", "xl/workbook.xml")]
    if None in parts:
        return {}
    try:
        links, sheets = (ElementTree.fromstring(package.read(part)) for part in parts if part)
    except ElementTree.ParseError:
        raise ValueError("the workbook must be XML") from None
    targets = {link.get("Id"): posixpath.join("/xl", link.get("Target", "")) for link in links}
    return {
        posixpath.normpath(targets[value])[1:]: sheet.get("name", "")
        for sheet in sheets.iterfind(".//{*}sheet")
        for key, value in sheet.items()
        if key.endswith("}id") and value in targets
    }


def show_errors(cells: list[list[Any]], errors: list[tuple[int, int]]) -> None:
    """Write #N/A into the cells with an error value, so that the checks see that they are not blank."""
    for row, column in errors:
        if row <= len(cells) and column <= len(cells[row - 1]):
            cells[row - 1][column - 1] = "#N/A"


def _part_fault(
    package: zipfile.ZipFile, name: str, content: _Content, *, most_cells: int, most_letters: int
) -> Said | None:
    total = 0
    with package.open(name) as member:
        while block := member.read(_BLOCK):
            total += len(block)
            fault = content.fault_in(block)
            if fault:
                return fault
            if total > MOST_UNPACKED or content.letters > most_letters:
                return say("imports.zip_bomb", megabytes=MOST_UNPACKED // 1024**2)
            if content.cells > most_cells:
                return say("imports.far_cell", most=f"{MOST_CELLS:,}")
    return say("no_results") if content.lacks_result() else None


class _DeclaredError(Exception):
    """A document type is declared: entities come after it."""


class _Content:
    """A part of a package while it is gone through."""

    def __init__(self) -> None:
        self.cells = 0
        self.letters = 0
        self.epoch: date | None = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._refuse

    def fault_in(self, block: bytes) -> Said | None:
        """Go through the next bytes."""
        try:
            self._parser.Parse(block)
        except _DeclaredError:
            return say("imports.entities")
        except (expat.ExpatError, LookupError):
            return say("imports.damaged_workbook")
        return None

    def lacks_result(self) -> bool:
        """Return whether a formula stands there without its result."""
        return False

    def _refuse(self, *declared: Any) -> None:
        raise _DeclaredError

    def _start(self, name: str, given: dict[str, str]) -> None:
        """Take the start of an element."""


class _SharedTexts(_Content):
    """Lengths of the texts that cells of an XLSX share: each cell gets a copy of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []
        self._parser.CharacterDataHandler = self._text

    def _start(self, name: str, given: dict[str, str]) -> None:
        if _local(name) == "si":
            self.lengths.append(0)

    def _text(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


class _SheetReach(_Content):
    """Follows the cells of an XLSX sheet to the farthest one that holds anything, named or only counted."""

    def __init__(self, texts: _SharedTexts, marks: Marks) -> None:
        super().__init__()
        self._row, self._column, self._width, self._height = 0, 0, 0, 0
        self._lengths, self._marks = texts.lengths, marks
        self._kind, self._value = "", ""
        self._formula = self._without_result = False

    def lacks_result(self) -> bool:
        self._end_cell()
        return self._without_result

    def _start(self, name: str, given: dict[str, str]) -> None:
        name = _local(name)
        if name == "c":
            if self._formula or self._kind:
                self._end_cell()
            self._cell(given)
        elif name == "row":
            row = given.get("r", "")
            self._row, self._column = int(row) if _is_number(row) else self._row + 1, 0
            if given.get("hidden") in ("1", "true"):
                self._marks.hidden.append(range(self._row, self._row + 1))
        elif self._column and name in ("v", "f", "is"):  # a cell with only a format costs nothing
            self._fill()
            if name == "f":
                self._formula = True
            elif self._formula or self._kind == "s":
                self._parser.CharacterDataHandler = self._text
        elif name == "workbookPr" and given.get("date1904") in ("1", "true"):
            self.epoch = EPOCH_1904

    def _cell(self, given: dict[str, str]) -> None:
        place = _CELL.fullmatch(given.get("r", ""))
        self._column = _column(place[1]) if place else self._column + 1
        self._row = int(place[2]) if place else max(self._row, 1)
        self._kind = given.get("t", "")
        if self._kind == "e":
            self._marks.errors.append((self._row, self._column))

    def _fill(self) -> None:
        self._width, self._height = max(self._width, self._column), max(self._height, self._row)
        self.cells = self._width * self._height

    def _text(self, text: str) -> None:
        self._value += text

    def _end_cell(self) -> None:
        """Judge the cell that ends, when the next one begins."""
        self._parser.CharacterDataHandler = None
        value = self._value.strip()
        if self._kind == "s" and _is_number(value) and int(value) < len(self._lengths):
            self.letters += self._lengths[int(value)]
        self._without_result |= self._formula and not value and self._kind != "str"
        self._formula, self._kind, self._value = False, "", ""


def _local(name: str) -> str:
    """Return the name of an element without its prefix."""
    return name.rpartition(":")[2] if ":" in name else name


@cache
def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


class _OdsReach(_Content):
    """Follows the cells of an ODS with its repetitions, which a few bytes can make into billions."""

    def __init__(self, sheets: dict[str, Marks]) -> None:
        super().__init__()
        self._sheets, self._marks = sheets, Marks()
        self._before = 0  # cells of the sheets before this one
        self._row, self._repeat, self._column, self._filled = 0, 1, 0, 0
        self._width, self._height = 0, 0
        self._parser.EndElementHandler = self._end
        self._without_result = False

    def lacks_result(self) -> bool:
        return self._without_result

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "table:table":
            self._before = self.cells
            self._marks = self._sheets.setdefault(given.get("table:name", ""), Marks())
            self._row = self._width = self._height = 0
        elif name == "table:table-row":
            self._column, self._filled = 0, 0
            self._repeat = _times(given.get("table:number-rows-repeated"))
            if given.get("table:visibility") in ("collapse", "filter"):
                self._marks.hidden.append(range(self._row + 1, self._row + self._repeat + 1))
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._cell(given)
        elif name == "table:null-date":
            self.epoch = date.fromisoformat(given.get("table:date-value", EPOCH.isoformat()))
        elif name == "text:p":
            self._filled = self._column

    def _cell(self, given: dict[str, str]) -> None:
        if given.get("calcext:value-type") == "error":
            self._marks.errors.append((self._row + 1, self._column + 1))
        rows = _times(given.get("table:number-rows-spanned"))
        if rows > 1:
            top = (self._row, self._column)
            self._marks.merged.append((top, (self._row + rows - 1, self._column)))
        self._column += _times(given.get("table:number-columns-repeated"))
        if "office:value-type" in given:
            self._filled = self._column
        elif "table:formula" in given:
            self._without_result = True

    def _end(self, name: str) -> None:
        if name == "table:table-row":
            self._row += self._repeat
            if self._filled:
                self._width, self._height = max(self._width, self._filled), self._row
                self.cells = self._before + self._width * self._height  # blank ends cost nothing


def _times(text: str | None) -> int:
    return int(text) if text and _is_number(text) else 1


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 12
