"""Any file that a field team hands in, as grids: what it is, is told by its first bytes, not by its name."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pse.records.imports.grid import Sources, shown_name
from pse.records.imports.package import package_fault, read_member
from pse.records.imports.text_file import MOST_TEXT, text_grid
from pse.records.imports.workbook_file import OLE, read_sheets
from pse.records.problems import Place
from pse.records.said import Said, say

__all__ = ["read_sources"]

_ENCRYPTED = ".enc"  # of ODK: submissions that only the private key of the project opens
_OTHER_KINDS = {
    b"%PDF": "imports.is_pdf",
    b"\x89PNG": "imports.is_picture",
    b"\xff\xd8\xff": "imports.is_picture",
    b"<html": "imports.is_web_page",
    b"<!doc": "imports.is_web_page",
}


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
        own = _same_name(path) if path.name in names else _read_one(path)
        names.add(path.name)
        found.grids += own.grids
        found.problems += own.problems
    return found


def _same_name(path: Path) -> Sources:
    """Refuse a second file of one name: sheets and repeats are told apart, and joined, by the name."""
    return _refused(Place(path.name), "same_name", say("imports.same_name"), say("imports.rename"))


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
        if start[:2] == b"PK":
            return _read_package(path, place)
        return _read_text(path, place, start)
    except OSError as error:
        return _refused(place, "unreadable", say("not_opened", why=error.strerror))


def _refused(place: Place, rule: str, message: Said, remedy: str = "") -> Sources:
    return Sources(problems=[place.error(rule, message, remedy=remedy or say("imports.export_again"))])


def _read_text(path: Path, place: Place, start: bytes) -> Sources:
    for mark, key in _OTHER_KINDS.items():
        if start.lstrip()[: len(mark)].lower() == mark.lower():
            return _refused(place, "kind", say("imports.other_kind", kind=say(key)))
    if path.stat().st_size > MOST_TEXT:
        message = say("imports.too_large", most=MOST_TEXT // 1024**2)
        return _refused(place, "too_large", message, say("imports.split"))
    grid, problems = text_grid(path.read_bytes(), place)
    return Sources([grid] if grid is not None else [], problems)


def _read_package(path: Path, place: Place) -> Sources:
    try:
        with zipfile.ZipFile(path) as package:
            fault = package_fault(package)
            if fault:
                return _refused(place, "zip", fault)
            names = package.namelist()
            if "[Content_Types].xml" in names or "mimetype" in names:
                return read_sheets(path)
            return _read_tables(package, place)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError):
        return _refused(place, "cut", say("imports.cut_zip"))


def _read_tables(package: zipfile.ZipFile, place: Place) -> Sources:
    """Return every CSV file of an export of ODK Central."""
    found = Sources()
    names = [name for name in package.namelist() if not name.endswith("/")]
    if any(name.lower().endswith(_ENCRYPTED) for name in names):
        return _refused(place, "encrypted", say("imports.odk_encrypted"), say("imports.decrypt"))
    tables = [n for n in names if n.lower().endswith(".csv") and not n.startswith(("__MACOSX/", "media/"))]
    if not tables:
        return _refused(place, "zip", say("imports.no_table_in_zip"))
    left = MOST_TEXT
    for name in tables:
        data = read_member(package, name, most=left)
        if data is None:
            message = say("imports.too_large", most=MOST_TEXT // 1024**2)
            return _refused(place, "too_large", message, say("imports.split"))
        left -= len(data)
        grid, problems = text_grid(data, Place(place.file, shown_name(PurePosixPath(name).name)))
        found.problems += problems
        if grid is not None:
            found.grids.append(grid)
    return found
