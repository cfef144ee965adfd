"""Zip packages (exports, XLSX, ODS) looked at before they are unpacked: nothing here trusts its input."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from pse.records.said import Said, say

__all__ = ["MOST_CELLS", "MOST_UNPACKED", "package_fault", "read_member", "sheet_fault"]

MOST_UNPACKED = 512 * 1024 * 1024
"""Bytes of all members together, as the package states them and as they really are."""

MOST_CELLS = 20_000_000
"""Cells of one sheet with the blank ones between: what a reader must make room for."""

_RATIO = 1000  # unpacked over packed: deflate reaches it for nothing that people wrote
_SMALL = 10 * 1024 * 1024  # a package so small when unpacked harms nobody
_MEMBERS = 10_000
_BLOCK = 1024 * 1024
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TAG = re.compile(rb"<(?:[\w.-]+:)?(row|c)\b([^>]*)>")
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{0,7})(\d{1,9})[\"']")


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


def sheet_fault(path: Path) -> Said | None:
    """Return why a workbook (XLSX or ODS) must not be given to a reader; None when it may.

    Every part is gone through in blocks, whatever its name: no declaration of entities, and no cell so far
    away that the blank ones before it would fill the memory.
    """
    with zipfile.ZipFile(path) as package:
        fault = package_fault(package)
        if fault:
            return fault
        if any(name.lower().endswith("workbook.bin") for name in package.namelist()):
            return say("imports.binary_workbook")
        for name in package.namelist():
            fault = _xml_fault(package, name)
            if fault:
                return fault
    return None


def _xml_fault(package: zipfile.ZipFile, name: str) -> Said | None:
    total, rest = 0, b""
    counter: _OdsCounter | _SheetReach = _OdsCounter() if name == "content.xml" else _SheetReach()
    with package.open(name) as member:
        while block := member.read(_BLOCK):
            total += len(block)
            if total > MOST_UNPACKED or len(rest) > _BLOCK:
                return say("imports.zip_bomb", megabytes=MOST_UNPACKED // 1024**2)
            text = rest + block.replace(b"\0", b"")  # UTF-16 shows its tags too
            if _ENTITY.search(text):
                return say("imports.entities")
            counter.feed(block if name == "content.xml" else text)
            rest = text[text.rfind(b"<") :] if text.rfind(b"<") > text.rfind(b">") else b""
            if counter.cells > MOST_CELLS:
                return say("imports.far_cell", most=f"{MOST_CELLS:,}")
    return say("imports.damaged_workbook") if counter.broken else None


class _SheetReach:
    """Follows the cells of an XLSX sheet to the farthest one that holds anything, named or only counted."""

    broken = False

    def __init__(self) -> None:
        self._row, self._column, self._width, self._height = 0, 0, 0, 0

    @property
    def cells(self) -> int:
        """Cells of the rectangle that a reader makes room for."""
        return self._width * self._height

    def feed(self, text: bytes) -> None:
        """Go through the next part of the sheet; a tag is whole in one part."""
        for tag in _TAG.finditer(text):
            place = _PLACE.search(tag[2])
            if tag[1] == b"row":
                self._row, self._column = int(place[2]) if place else self._row + 1, 0
                continue
            self._column = _column(place[1]) if place else self._column + 1
            self._row = int(place[2]) if place else max(self._row, 1)
            if not tag[2].endswith(b"/"):  # a cell with only a format costs nothing
                self._width, self._height = max(self._width, self._column), max(self._height, self._row)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


class _OdsCounter:
    """Counts the cells of an ODS with its repetitions, which a few bytes can make into billions."""

    def __init__(self) -> None:
        self.cells = 0
        self._row, self._repeat, self._blank, self._any, self._filled = 0, 1, 0, False, False
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self.broken = False

    def feed(self, block: bytes) -> None:
        """Go through the next part of the file; what is no XML is broken."""
        if self.broken:
            return
        try:
            self._parser.Parse(block)
        except expat.ExpatError:
            self.broken = True

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "table:table-row":
            self._row, self._blank, self._filled = 0, 0, False
            self._repeat = _whole(given.get("table:number-rows-repeated"))
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._blank += _whole(given.get("table:number-columns-repeated"))
            self._any = "office:value-type" in given
        elif name == "text:p":
            self._any = True

    def _end(self, name: str) -> None:
        if name == "table:table-cell" and self._any:
            self._row, self._blank, self._any, self._filled = self._row + self._blank, 0, False, True
        elif name == "table:table-row" and self._filled:  # blank ends of rows and sheets cost nothing
            self.cells += self._row * self._repeat


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 12 else 1
