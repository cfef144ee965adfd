"""One CSV file in: every fault of the file itself as a plain sentence, else its rows."""

import codecs
import csv
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from pse.records.problems import KEPT_PER_RULE, Place, Problem
from pse.records.raw import (
    RawTable,
    as_raw_table,
    first_rows,
    heading_problems,
    is_text_column,
    is_title,
    title_problem,
    unique_headings,
)
from pse.records.said import say
from pse.records.tables import Table

MOST_BYTES = 150 * 1024 * 1024
"""Bytes of a CSV file, and of all CSV files of a study: over a million rows of level 1."""

MOST_CELLS = 100_000_000
"""Cells of a CSV file, blank rows included: with `MOST_BYTES`, reading and checking take less than 3 GB."""

_BLOCK = 4 * 1024 * 1024  # bytes looked at together: bounds the memory of the scan
_LONGEST_HEADER = 1024 * 1024
_COMMA, _NEWLINE, _QUOTE = (ord(c) for c in ',\n"')
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_RAGGED = "fields"


def read_csv_table(path: Path, table: Table) -> tuple[RawTable | None, list[Problem]]:
    """Return the rows of a CSV file, or why it cannot be read.

    Parameters
    ----------
    path : pathlib.Path
        UTF-8, with or without a byte order mark; the first row holds the headings.
    table : Table
        Its declaration: shares, places and measures are read as numbers, all else as text.

    Returns
    -------
    RawTable or None
        None if the file itself is at fault.
    list of Problem
        Faults of the file, each with the row where there is one.
    """
    place = Place(path.name)
    try:
        if path.stat().st_size > MOST_BYTES:
            return None, [too_large(place)]
        with path.open("rb") as file:
            return _read(path, _first_bytes(file.read(_LONGEST_HEADER)), table, place)
    except OSError as error:
        return None, [place.error("unreadable", say("not_opened", why=error.strerror))]


def too_large(place: Place) -> Problem:
    """Return the problem of a file that is not read because of its size, or of all of them together."""
    message = say("too_large", most=MOST_BYTES // 1024**2)
    return place.error("too_large", message, remedy=say("split_study"))


def _first_bytes(data: bytes) -> bytes:
    return data.removeprefix(codecs.BOM_UTF8)


def _read(path: Path, start: bytes, table: Table, place: Place) -> tuple[RawTable | None, list[Problem]]:
    if not start.strip():
        return None, [place.error("empty_file", say("empty_file"), remedy=_headings_needed(table))]
    scan = scan_file(path)
    if scan.encoding:
        return None, [_encoding_problem(path, scan, place)]
    start_rows = _first_rows(path)
    if is_title(start_rows):
        return None, [title_problem(place)]
    headings = [heading.strip() for heading in start_rows[0]]
    problems = _delimiter_problems(headings, table, place) or heading_problems(headings, place)
    problems = problems or _nul_problems(path, scan, place) or _cell_problems(scan, len(headings), place)
    if problems:
        return None, problems
    ragged = _ragged_problems(path, scan, len(headings), place)
    if any(problem.rule != _RAGGED for problem in ragged):
        return None, ragged
    try:
        frame = _read_frame(_without_ragged(path, len(headings)) if ragged else path, headings, table)
    except pd.errors.ParserError:
        return None, [_open_quote(place)]
    found, problems = as_raw_table(frame, headings, table, place)
    if ragged and (found is None or found.frame.empty):
        return None, ragged  # no row has the right number of fields
    return found, [*ragged, *problems]


def _headings_needed(table: Table) -> str:
    names = ", ".join(column.name for column in table.columns if column.required)
    return say("first_row_holds", names=names)


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes of a file shows.

    `encoding` says what the file probably is when it is not UTF-8, in line `bad_line`; `nul_line` is the
    line of the first NUL byte; `fields` is the number of fields of every line when all have the same; `lines`
    is the number of line ends.
    """

    encoding: str = ""
    bad_line: int = 0
    nul_line: int = 0
    fields: int | None = None
    lines: int = 0


def scan_file(path: Path) -> Scan:
    """Return what the bytes of a file show, in one pass with bounded memory."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    counter = _FieldCounter()
    nul_line, lines = 0, 0
    for block in _blocks(path):
        if not lines and (block[:2] in _UTF16_MARKS or _guess_encoding(block) == "UTF-16"):
            return Scan(encoding="UTF-16", bad_line=1)
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            return Scan(
                encoding=_guess_encoding(block), bad_line=lines + 1 + block[: error.start].count(b"\n")
            )
        if not nul_line and b"\0" in block:
            nul_line = lines + 1 + block[: block.index(b"\0")].count(b"\n")
        counter.add(block)
        lines += block.count(b"\n")
    if decoder.getstate()[0]:
        return Scan(encoding=_guess_encoding(b""), bad_line=lines + 1)
    return Scan(nul_line=nul_line, fields=counter.fields(), lines=lines)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


class _FieldCounter:
    """Counts the fields of every line, block after block, and remembers whether all have the same."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.open_commas = 0
        self.open_bytes = False
        self.quoted = False

    def add(self, block: bytes) -> None:
        data = np.frombuffer(block, dtype=np.uint8)
        ends = data == _NEWLINE
        marks = ends | (data == _COMMA)
        if self.quoted or b'"' in block:
            inside = np.logical_xor.accumulate(data == _QUOTE) ^ self.quoted
            marks &= ~inside
            self.quoted = bool(inside[-1])
        at = np.flatnonzero(marks)
        line_ends = np.flatnonzero(ends[at])
        if not len(line_ends):
            self.open_commas += len(at)
        else:
            counts = np.diff(line_ends, prepend=-1 - self.open_commas) - 1
            self.seen.update(range(int(counts.min()), int(counts.max()) + 1)[:3])
            self.open_commas = len(at) - 1 - int(line_ends[-1])
        self.open_bytes = not len(at) or int(at[-1]) < len(data) - 1 or self.open_commas > 0

    def fields(self) -> int | None:
        """Return the fields of every line; None when lines differ or a quotation mark stays open."""
        seen = self.seen | ({self.open_commas} if self.open_bytes else set())
        return seen.pop() + 1 if len(seen) == 1 and not self.quoted else None


def _guess_encoding(block: bytes) -> str:
    return "UTF-16" if block.count(b"\0") > len(block) // 4 else "Windows-1250 or Windows-1252"


def _encoding_problem(path: Path, scan: Scan, place: Place) -> Problem:
    message = say("row_not_utf8", encoding=scan.encoding)
    row = _row_of(path, scan.bad_line)
    return place.error("not_utf8", message, row=row, remedy=say("save_utf8_csv"))


def _row_of(path: Path, line: int) -> int:
    """Return the row that a line belongs to: a cell may hold several lines."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
        try:
            return sum(1 for _ in csv.reader(islice(file, line)))
        except csv.Error:
            return line


def _nul_problems(path: Path, scan: Scan, place: Place) -> list[Problem]:
    if not scan.nul_line:
        return []
    row = _row_of(path, scan.nul_line)
    return [place.error("nul_byte", say("nul_byte"), row=row, remedy=say("damaged_csv"))]


def _cell_problems(scan: Scan, fields: int, place: Place) -> list[Problem]:
    if scan.lines * fields <= MOST_CELLS:
        return []
    message = say("too_many_cells", most=MOST_CELLS)
    return [place.error("too_large", message, remedy=say("split_study"))]


def _first_rows(path: Path) -> list[list[str]]:
    """Return the header and some rows below it, as far as quotation marks let them be told apart."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        start = file.read(_LONGEST_HEADER)
    rows = first_rows(csv.reader(io.StringIO(start, newline="")))
    return rows or [start.partition("\n")[0].split(",")]


def _delimiter_problems(headings: list[str], table: Table, place: Place) -> list[Problem]:
    """Return a problem when another delimiter would show more of the declared headings."""
    known = set(table.by_name)
    line = ",".join(headings)
    for delimiter, name in _OTHER_DELIMITERS.items():
        others = {heading.strip().strip('"') for heading in line.split(delimiter)}
        if len(known & others) > len(known & set(headings)):
            message = say("wrong_delimiter", delimiter=say(name))
            return [place.error("wrong_delimiter", message, row=1, remedy=say("save_commas"))]
    return []


def _ragged_problems(path: Path, scan: Scan, fields: int, place: Place) -> list[Problem]:
    """Return the rows with another number of fields than the header has.

    Read strictly: a quotation mark without its partner would swallow the rows after it in silence.
    """
    if scan.fields == fields:
        return []
    problems: list[Problem] = []
    row, more = 0, 0
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            for row, cells in enumerate(csv.reader(file, strict=True), start=1):
                if len(cells) == fields or not any(cell.strip() for cell in cells):
                    continue
                if len(problems) < KEPT_PER_RULE:
                    problems.append(_ragged(place, row, len(cells), fields))
                else:
                    more += 1
        except csv.Error:
            problems.append(_open_quote(place, row=row + 1))
    if more:
        last = problems[KEPT_PER_RULE - 1]
        message = say("more_rows", message=last.message, rows=more)
        problems[KEPT_PER_RULE - 1] = replace(last, message=message)
    return problems


def _without_ragged(path: Path, fields: int) -> io.BytesIO:
    """Return the file with a blank row in place of every ragged one, so that the others are checked too."""
    kept = io.BytesIO()
    text = io.TextIOWrapper(kept, encoding="utf-8", newline="")  # a quarter of the memory of a StringIO
    writer = csv.writer(text, lineterminator="\n")
    with path.open(encoding="utf-8-sig", newline="") as file:
        for cells in csv.reader(file):
            writer.writerow(cells if len(cells) == fields else [""] * fields)
    text.detach()  # writes what is left, and leaves `kept` open
    kept.seek(0)
    return kept


def _open_quote(place: Place, *, row: int | None = None) -> Problem:
    return place.error("unreadable_row", say("open_quote"), row=row, remedy=say("look_for_quote"))


def _ragged(place: Place, row: int, got: int, fields: int) -> Problem:
    message = say("fields", fields=fields, got=got)
    remedy = say("quote_commas") if got > fields else ""
    return place.error(_RAGGED, message, row=row, remedy=remedy)


def _is_read_as_text(table: Table, name: str) -> bool:
    """Return whether a column is kept as it is written: text, and numbers in which `60.000` must be seen."""
    return is_text_column(table, name) or table.by_name[name].may_be_thousands


def _read_frame(source: Path | io.BytesIO, headings: list[str], table: Table) -> pd.DataFrame:
    """Return all rows. Blank lines are kept as blank rows, so that row numbers stay right."""
    names = unique_headings(headings)
    text = {name: object for name in names if _is_read_as_text(table, name)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # mixed columns are looked at later
        return pd.read_csv(
            source,
            header=0,
            names=names,
            index_col=False,
            dtype=text,
            keep_default_na=False,
            na_values={name: [""] for name in names if name not in text},
            skip_blank_lines=False,
            encoding="utf-8",
        )
