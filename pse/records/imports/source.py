"""Any file that a field team hands in, as grids: what it is, is told by its first bytes, not by its name."""

from __future__ import annotations

import zipfile
from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pse.records.imports.grid import Sources, same_name, shown_name
from pse.records.imports.text_file import MOST_TEXT, text_grid
from pse.records.imports.workbook_file import read_sheets
from pse.records.package import DAMAGED_ZIP, package_fault, read_member
from pse.records.problems import Place
from pse.records.said import Said, say
from pse.records.workbook import OLE

__all__ = ["read_sources"]

_ENCRYPTED = ".enc"  # of ODK: submissions that only the private key of the project opens
_OTHER_KINDS = {
    b"%PDF": "imports.is_pdf",
    b"\x89PNG": "imports.is_picture",
    b"\xff\xd8\xff": "imports.is_picture",
    b"<html": "imports.is_web_page",
    b"<!doc": "imports.is_web_page",
    b"<?xml": "imports.is_xml",
    b"{": "imports.is_xml",
    b"[{": "imports.is_xml",
    b"Rar!": "imports.is_archive",
    b"7z\xbc\xaf": "imports.is_archive",
    b"\x1f\x8b": "imports.is_archive",
}
_PACKAGES = (b"PK\x03\x04", b"PK\x05\x06")  # a zip with and without members
_BOOK_PARTS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/", b"mimetype")
_NAME_AT = 30  # where the name of the first member begins in a zip
_BOOKS = (".xlsx", ".xlsm", ".xls", ".ods", ".zip")
_NO_TABLES = ("__MACOSX", "media")  # folders of a zip: what a Mac adds, and attachments


def read_sources(paths: Sequence[str | Path]) -> Sources:
    """Read exports and tables of any of the usual kinds.

    Parameters
    ----------
    paths : sequence of str or pathlib.Path
        Kobo exports (CSV, XLSX), ODK Central zips, and plain CSV, XLSX, ODS and XLS files.

    Returns
    -------
    Sources
        Grids in the order of the files. Nothing in a file makes this raise: each fault is a problem, also a
        second file of one name.

    Examples
    --------
    >>> read_sources(["no such file.csv"]).problems[0].message
    'there is nothing of this name'
    """
    found = Sources()
    names: set[str] = set()
    for path in map(Path, paths):
        own = Sources(problems=[same_name(Place(path.name))]) if path.name in names else _read_one(path)
        names.add(path.name)
        found.grids += own.grids
        found.problems += own.problems
    return found


def _read_one(path: Path) -> Sources:
    place = Place(path.name)
    if not path.is_file():
        message = say("imports.is_folder" if path.exists() else "nothing_of_this_name")
        return _refused(place, "unreadable", message, say("give_file_there"))
    try:
        with path.open("rb") as file:
            start = file.read(1024)
        if path.suffix.lower() == _ENCRYPTED:
            return _refused(place, "encrypted", say("imports.odk_encrypted"), say("imports.decrypt"))
        if start[:8] == OLE:
            return read_sheets(path)
        if start.startswith(_PACKAGES):
            return _read_package(path, place, start)
        return _read_text(path, place, start)
    except OSError as error:
        return _refused(place, "unreadable", say("not_opened", why=error.strerror))


def _refused(place: Place, rule: str, message: Said, remedy: str = "") -> Sources:
    return Sources(problems=[place.error(rule, message, remedy=remedy or say("imports.export_again"))])


def _read_text(path: Path, place: Place, start: bytes) -> Sources:
    for mark, key in _OTHER_KINDS.items():
        if start.removeprefix(BOM_UTF8).lstrip().lower().startswith(mark.lower()):
            return _refused(place, "kind", say("imports.other_kind", kind=say(key)))
    if path.stat().st_size > MOST_TEXT:
        message = say("imports.too_large", most=MOST_TEXT // 1024**2)
        return _refused(place, "too_large", message, say("imports.split"))
    grid, problems = text_grid(path.read_bytes(), place)
    return Sources([grid] if grid is not None else [], problems)


def _read_package(path: Path, place: Place, start: bytes) -> Sources:
    try:
        with zipfile.ZipFile(path) as package:
            fault = package_fault(package)
            if fault:
                return _refused(place, "zip", fault)
            names = package.namelist()
            if "[Content_Types].xml" in names or "mimetype" in names:
                return read_sheets(path)
            return _read_tables(package, place)
    except DAMAGED_ZIP:
        name = start[_NAME_AT:]  # of the first member
        cut = "imports.damaged_workbook" if name.startswith(_BOOK_PARTS) else "imports.cut_zip"
        return _refused(place, "cut", say(cut))


def _read_tables(package: zipfile.ZipFile, place: Place) -> Sources:
    """Return every CSV file of an export of ODK Central."""
    names = [name for name in package.namelist() if _may_be_table(name)]
    tables = [name for name in names if name.lower().endswith(".csv")]
    fault = _names_fault(names, tables, place)
    if fault:
        return fault
    found = Sources()
    left = MOST_TEXT
    for name in tables:
        data = read_member(package, name, most=left)
        if data is None:
            message = say("imports.too_large", most=MOST_TEXT // 1024**2)
            return _refused(place, "too_large", message, say("imports.split"))
        left -= len(data)
        grid, problems = text_grid(data, Place(place.file, _sheet(name)))
        found.problems += problems
        if grid is not None:
            found.grids.append(grid)
    return found


def _may_be_table(name: str) -> bool:
    """Return whether a member is a file that a person put there: no attachment, nothing that a Mac adds."""
    path = PurePosixPath(name)
    return not (name.endswith("/") or path.name.startswith(".") or set(_NO_TABLES) & set(path.parts))


def _sheet(name: str) -> str:
    return shown_name(PurePosixPath(name).name)


def _names_fault(names: list[str], tables: list[str], place: Place) -> Sources | None:
    """Return why the members of a zip are not read, as their names tell."""
    if any(name.lower().endswith(_ENCRYPTED) for name in names):
        return _refused(place, "encrypted", say("imports.odk_encrypted"), say("imports.decrypt"))
    if any(name.lower().endswith(_BOOKS) for name in names):
        return _refused(place, "zip", say("imports.books_in_zip"), say("imports.unpack"))
    if not tables:
        return _refused(place, "zip", say("imports.no_table_in_zip"))
    sheets = [_sheet(name) for name in tables]
    twice = next((sheet for sheet in sheets if sheets.count(sheet) > 1), None)
    return None if twice is None else Sources(problems=[same_name(Place(place.file, twice))])
