"""Find private tokens in files, however they are packed or written. It is a tool of the tests only.

A token is a text or a coordinate. A file is opened in every way that is known here: archives, compressed
streams of PDF and PNG, databases, base64 and escapes. All that comes out is searched for the token in every
coding and in every way to write a number.
"""

import base64
import binascii
import gzip
import html
import io
import re
import sqlite3
import struct
import tempfile
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

CODINGS = ("utf-8", "utf-16-le", "utf-16-be")
PNG = b"\x89PNG"
_DEEP = 4  # archives in archives
_LONG = 40_000_000  # bytes of one decompressed stream


@dataclass(frozen=True)
class Token:
    """Something private: `text`, or a coordinate in degrees (`degrees`, with at least 5 decimals)."""

    name: str
    text: str = ""
    degrees: float | None = None


def scan(path: Path, tokens: list[Token], *, decimals: int = 2) -> set[str]:
    """Return the names of the tokens that a file, or any file of a folder, holds; its name counts as well.

    `decimals` is the smallest number of decimals at which a coordinate counts as found.
    """
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    found: set[str] = set()
    for file in files:
        for layer in {file.name.encode(), *unpacked(file.read_bytes())}:
            found |= holds(layer, tokens, decimals=decimals)
    return found


def unpacked(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """Give the bytes as they are, but for pixels as packed in a PNG, and all that can be got out of them."""
    yield _without_pixels(content) if content[:4] == PNG else content
    if depth >= _DEEP:
        return
    for inner in _inside(content):
        yield from unpacked(inner, depth + 1)


def _inside(content: bytes) -> Iterator[bytes]:
    if content[:4] == b"PK\x03\x04":
        yield from _zip(content)
    elif content[:4] == PNG:
        yield from _png(content)
    elif content[:5] == b"%PDF-":
        yield from _pdf(content)
    elif content[:15] == b"SQLite format 3":
        yield _database(content)
    elif content[:2] == b"\x1f\x8b":
        with suppress(OSError, EOFError, zlib.error):
            yield gzip.decompress(content)
    else:
        yield from _plain(content)


def _zip(content: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield archive.comment
        for info in archive.infolist():
            yield info.filename.encode() + b"\n" + info.comment + info.extra
            yield archive.read(info)


def _png(content: bytes) -> Iterator[bytes]:
    """Give every chunk, the compressed ones decompressed, and what can be read among the pixels of IDAT.

    Colours hold every short binary number by chance, so only runs of ASCII text are looked for there.
    """
    pixels = b""
    for kind, body in _chunks(content):
        pixels += body if kind == b"IDAT" else b""
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            yield from _streams(body)
    yield b"\n".join(re.findall(rb"[\x20-\x7e]{6,}", _inflate(pixels)))


def _without_pixels(content: bytes) -> bytes:
    """Return the chunks of a PNG and what follows them, without IDAT: packed, it holds any four bytes."""
    return b"\n".join(kind + body for kind, body in _chunks(content) if kind != b"IDAT")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give kind and body of each chunk of a PNG; what stands behind the last one is of no kind."""
    at = 8
    while at + 8 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        yield kind, content[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IEND":
            break
    yield b"", content[at:]


def _streams(body: bytes) -> Iterator[bytes]:
    """Give what decompresses from any place of a short chunk where zlib may begin."""
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", body):
        yield _inflate(body[match.start() :])


def _inflate(content: bytes) -> bytes:
    with suppress(zlib.error):
        return zlib.decompressobj().decompress(content, _LONG)
    return b""


def _pdf(content: bytes) -> Iterator[bytes]:
    """Give every stream decompressed, and the texts that it shows joined over kerning."""
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        plain = _inflate(match[1]) or _ascii85(match[1])
        yield plain
        yield b"\n".join(
            b"".join(_strings(row[1])) for row in re.finditer(rb"\[(.*?)\]\s*TJ", plain, re.DOTALL)
        )
        yield b"".join(_strings(plain))
    for match in re.finditer(rb"<([0-9A-Fa-f\s]{8,})>", content):
        with suppress(binascii.Error, ValueError):
            yield bytes.fromhex(match[1].decode())


def _strings(content: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"\(((?:\\.|[^\\)])*)\)", content, re.DOTALL):
        yield re.sub(rb"\\([()\\])", rb"\1", match[1])


def _ascii85(content: bytes) -> bytes:
    with suppress(ValueError):
        return _inflate(base64.a85decode(content.strip().removesuffix(b"~>")))
    return b""


def _database(content: bytes) -> bytes:
    """Return all cells of all tables as text, and binary ones as they are."""
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
        file.write(content)
        file.flush()
        database = sqlite3.connect(f"file:{file.name}?mode=ro", uri=True)
        try:
            names = [
                row[0] for row in database.execute("select name from sqlite_master where type = 'table'")
            ]
            cells: list[object] = list(names)
            for name in names:
                with suppress(sqlite3.Error):
                    cells += [cell for row in database.execute(f'select * from "{name}"') for cell in row]
        finally:
            database.close()
    return b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)


def _plain(content: bytes) -> Iterator[bytes]:
    """Give what stands in a text as base64, hexadecimal digits, or with escapes of HTML, JSON or URLs."""
    for match in re.finditer(rb"[A-Za-z0-9+/_-]{12,}={0,2}", content):
        with suppress(binascii.Error, ValueError):
            packed = match[0].replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
            yield base64.b64decode(packed + b"=" * (-len(packed) % 4))
    for match in re.finditer(rb"(?:[0-9A-Fa-f]{2}){8,}", content):
        yield bytes.fromhex(match[0].decode())
    for coding in ("utf-8", "utf-16"):
        with suppress(UnicodeError):
            text = content.decode(coding)
            for other in (html.unescape(text), urllib.parse.unquote_plus(text), _unescaped(text)):
                if other != text:
                    yield other.encode("utf-8", "replace")


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})", lambda m: chr(int(m[1] or m[2], 16)), text)


def holds(layer: bytes, tokens: Sequence[Token], *, decimals: int = 2) -> set[str]:
    """Return the names of the tokens that these bytes hold in any way to write them."""
    numbers = _numbers(layer.replace(b"\0", b""))  # UTF-16 of digits is digits and NUL
    degrees = [token for token in tokens if token.degrees is not None]
    found = {
        token.name for token in degrees if not numbers.isdisjoint(_number_forms(token.degrees, decimals))
    }
    texts, binaries = _forms(tuple(tokens))
    return found | _present(layer.lower(), texts) | _present(layer, binaries)


Forms = dict[int, dict[bytes, list[tuple[bytes, str]]]]
"""Length of the beginning -> beginning -> whole form and name of the token."""


@cache
def _forms(tokens: tuple[Token, ...]) -> tuple[Forms, Forms]:
    texts = [(form, one.name) for one in tokens if one.degrees is None for form in _text_forms(one.text)]
    binaries = [
        (f, one.name) for one in tokens if one.degrees is not None for f in _binary_forms(one.degrees)
    ]
    return _by_beginning(texts), _by_beginning(binaries)


def _by_beginning(forms: Sequence[tuple[bytes, str]]) -> Forms:
    found: Forms = {8: {}, 4: {}, 1: {}}
    for form, name in forms:
        length = next(length for length in found if len(form) >= length)
        found[length].setdefault(form[:length], []).append((form, name))
    return found


def _present(layer: bytes, forms: Forms) -> set[str]:
    """Look for thousands of forms at once: by their first bytes, and then in full."""
    found: set[str] = set()
    for length, beginnings in forms.items():
        wanted = np.frombuffer(b"".join(beginnings), dtype=f"<u{length}")
        for start in range(length) if beginnings else ():
            size = (len(layer) - start) // length
            here = np.frombuffer(
                layer, dtype=f"<u{length}", count=max(size, 0), offset=min(start, len(layer))
            )
            for number in wanted[np.isin(wanted, here)]:
                hits = beginnings[int(number).to_bytes(length, "little")]
                found |= {name for form, name in hits if form in layer}
    return found


@cache
def _text_forms(text: str) -> tuple[bytes, ...]:
    """Return the text in small letters as UTF-8 and UTF-16, and base64 of it at each of its three offsets."""
    variants = {text, text.lower(), text.upper(), text[::-1]}
    forms = []
    for plain in (variant.encode(coding) for variant in variants for coding in CODINGS):
        forms.append(plain.lower())  # as the layer: ASCII capitals, whatever the coding makes of them
        for offset in range(3):
            packed = base64.b64encode(b"\0" * offset + plain)
            forms.append(packed[[0, 2, 3][offset] : len(packed) - 4].lower())
    return tuple(forms)


@cache
def _binary_forms(degrees: float) -> tuple[bytes, ...]:
    """Return the number as a float, whole, rounded and cut, and as scaled whole ones, in both byte orders."""
    values = {degrees, *(round(degrees, d) for d in range(4, 8)), *(_cut(degrees, d) for d in range(4, 8))}
    forms = [struct.pack(order + "d", value) for value in values for order in "<>"]
    forms += [struct.pack(order + "i", int(degrees * 10**d)) for d in (6, 7) for order in "<>"]
    return (*forms, *(struct.pack(order + "f", degrees) for order in "<>"))


def _cut(degrees: float, decimals: int) -> float:
    return int(degrees * 10**decimals) / 10**decimals


def _numbers(text: bytes) -> set[bytes]:
    """Return the numbers of a text, cut to 7 decimals, and `a b c` for degrees, minutes and seconds."""
    found = set()
    for sign, whole, decimals in re.findall(rb"(-?)(?<![\d.])(\d{1,12})(?:[.,](\d+))?", text):
        number = whole + b"." + decimals[:7] if decimals else whole
        found |= {number, sign + number}
    return found | {b" ".join(part.lstrip(b"0") or b"0" for part in parts) for parts in _DMS.findall(text)}


_APART = rb"[^\w.,\n]{1,12}"
_DMS = re.compile(rb"(?<![\d.,])(?=(\d{1,3})" + _APART + rb"(\d{1,2})" + _APART + rb"(\d{1,2})(?!\d))")


@cache
def _number_forms(degrees: float, least: int = 2) -> frozenset[bytes]:
    """Return the number cut and rounded to `least`-7 decimals, scaled, and in degrees and minutes."""
    size = abs(degrees)
    texts = {f"{int(size * 10**d)}" for d in (5, 6, 7)} | {f"{round(size * 10**d)}" for d in (5, 6, 7)}
    for decimals in range(least, 8):
        sign = "-" if degrees < 0 and decimals < 4 else ""  # few digits without their sign are any number
        texts |= {f"{sign}{value:.{decimals}f}" for value in (_cut(size, decimals), round(size, decimals))}
    if least > 4:  # a second is 30 m
        return frozenset(text.encode() for text in texts)
    minutes, seconds = int(size % 1 * 60), size * 60 % 1 * 60
    texts |= {f"{int(size)} {minutes} {second}" for second in (int(seconds), round(seconds))}
    texts |= {f"{minutes + size * 60 % 1:.{decimals}f}" for decimals in (4, 5, 6)}
    return frozenset(text.encode() for text in texts)


@contextmanager
def drawn_text() -> Iterator[list[str]]:
    """Collect every text that matplotlib draws: pixels cannot be searched."""
    from matplotlib.text import Text

    texts: list[str] = []
    draw = Text.draw

    def listen(self: Text, *args: object, **named: object) -> object:
        texts.append(self.get_text())
        return draw(self, *args, **named)

    Text.draw = listen
    try:
        yield texts
    finally:
        Text.draw = draw
