"""Old .xls workbooks: looked at, then read by a process of its own, which a broken one may end or fill."""

from __future__ import annotations

import io
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pse.records import sheets
from pse.records.package import EPOCH_1904, Looked, Marks
from pse.records.said import say

__all__ = ["look_at_old", "read_old"]

_MOST_BYTES = 100 * 1024 * 1024
_SECONDS = 300
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # a new workbook in the wrapping of an old one
_LOCKED, _SHEET, _EPOCH, _FORMULA, _ERROR, _ROW = 0x2F, 0x85, 0x22, 0x06, 0x205, 0x208  # kinds of records
_HIDDEN = 0x20  # of the marks of a row


def look_at_old(path: Path) -> Looked:
    """Return what an old workbook shows: why it must not be read, or the marks of its sheets."""
    import olefile  # type: ignore[import-untyped]

    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if _ENCRYPTED in data:
        return Looked(say("has_password"))
    if len(data) > _MOST_BYTES:
        return Looked(say("imports.too_large", most=_MOST_BYTES // 1024**2))
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as package:
            stream = package.openstream("Workbook" if package.exists("Workbook") else "Book").read()
        return _look(stream)
    except (OSError, ValueError, struct.error, IndexError, TypeError, AttributeError):
        return Looked(say("imports.damaged_workbook"))


def read_old(path: Path) -> list[sheets.Sheet]:
    """Return every sheet.

    Raises
    ------
    ValueError
        If the workbook cannot be read.
    """
    command = [sys.executable, "-P", sheets.__file__, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_SECONDS)
    except subprocess.SubprocessError:
        raise ValueError("the workbook must be whole") from None
    found: list[sheets.Sheet] = pickle.loads(done.stdout)
    return found


def _look(stream: bytes) -> Looked:
    found = Looked()
    names: dict[int, str] = {}
    sheet = ""
    for at, kind, body in _records(stream):
        if kind == _LOCKED:
            return Looked(say("has_password"))
        if kind == _EPOCH and body[0]:
            found.epoch = EPOCH_1904
        if kind == _SHEET:
            names[struct.unpack_from("<I", body)[0]] = _sheet_name(body)
        sheet = names.get(at, sheet)
        marks = found.sheets.setdefault(sheet, Marks())
        if _is_error(kind, body):
            row, column = struct.unpack_from("<HH", body)
            marks.errors.append((row + 1, column + 1))
        elif kind == _ROW and body[12] & _HIDDEN:
            row = struct.unpack_from("<H", body)[0]
            marks.hidden.append(range(row + 1, row + 2))
    return found


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield where each record begins, its kind and what it holds."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _sheet_name(body: bytes) -> str:
    letters, wide = body[6], body[7] & 1
    return body[8 : 8 + letters * (1 + wide)].decode("utf-16-le" if wide else "latin-1")


def _is_error(kind: int, body: bytes) -> bool:
    if kind == _ERROR:
        return body[7] == 1
    return kind == _FORMULA and body[6] == 2 and body[12:14] == b"\xff\xff"
