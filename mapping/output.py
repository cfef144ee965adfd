"""Write results to a folder: all of it or nothing, and never two levels of release side by side."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from mapping.plain import Refused
from mapping.release import Released, safe_text
from mapping.release.receipt import level_of_receipt

RECEIPT = "receipt.txt"
DECIMALS = 6
"""Decimals written: enough to work on with, few enough to read; people are never rounded to whole ones."""


PLAIN, KEYED = "SHA-256", "HMAC-SHA256, keyed by all inputs together"
"""What the hashes of the inputs in `run.json` are."""


class OutputError(Refused):
    """The folder for the results cannot be used; the text says why."""


def write_estimates(released: Released, out_dir: str | Path, *, run: Mapping[str, Any]) -> list[Path]:
    """Write one CSV file per table, `receipt.txt` and `run.json`.

    Parameters
    ----------
    released : Released
        What may be shown, from `release`.
    out_dir : str or pathlib.Path
        Folder to write to; made if it is not there. Other files in it are left alone.
    run : mapping
        What `run.json` says, from `run_record`; plain values only.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of the tables.

    Raises
    ------
    OutputError
        If the folder cannot be used, or holds results of another level of release.

    Notes
    -----
    CSV is UTF-8 with a byte order mark, so that Excel opens it right; numbers have at most 6 decimals and
    hidden ones are blank. Nothing is half-written: see `staged`.
    """
    out = Path(out_dir)
    check_folder(out, level=released.level)
    with staged(out) as folder:
        names = [path.name for path in write_files(released, folder, run=run)]
    return [out / name for name in names]


def write_files(released: Released, folder: Path, *, run: Mapping[str, Any]) -> list[Path]:
    """Write the files of `write_estimates` straight into a folder that is there, such as a staged one."""
    paths = []
    for name, table in released.tables.items():
        paths.append(folder / f"{name}.csv")
        write_csv(table, paths[-1])
    paths += [write_receipt(released, folder), folder / "run.json"]
    text = json.dumps(dict(run), indent=2, ensure_ascii=False, allow_nan=False)
    paths[-1].write_text(text + "\n", encoding="utf-8")
    return paths


def write_receipt(released: Released, folder: Path) -> Path:
    """Write `receipt.txt`: what was hidden in the files beside it."""
    path = folder / RECEIPT
    path.write_text(released.receipt, encoding="utf-8")
    return path


def write_csv(table: pd.DataFrame, path: Path, *, separator: str = ",", decimal: str = ".") -> None:
    """Write one table as CSV that a spreadsheet opens right and never takes for formulas.

    Lines end with CR LF, because only then a CR inside a text is quoted and cannot begin a new row.
    """
    frame = pd.DataFrame({safe_text(name): _plain(table[name]) for name in table.columns})
    frame.to_csv(
        path, index=False, sep=separator, decimal=decimal, encoding="utf-8-sig", lineterminator="\r\n"
    )


def _plain(column: pd.Series) -> pd.Series:
    """Return a column as it is written: numbers with at most 6 decimals, text made safe."""
    if pd.api.types.is_float_dtype(column):
        return column.round(DECIMALS) + 0.0  # no -0.0
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        return column
    return column.astype(object).map(safe_text, na_action="ignore")


def run_record(
    *,
    command: str,
    given: Mapping[str, Any],
    options: Mapping[str, Any],
    study: Mapping[str, Any],
    inputs: Mapping[str, Path],
    released: Released,
    notices: int,
    date: str,
) -> dict[str, Any]:
    """Return what `run.json` says: how to get the same numbers again. No path, no name, no number of people.

    Parameters
    ----------
    command : str
        `estimate` or `demo`.
    given : mapping
        Options of the command, the seed among them.
    options : mapping
        Options of the chain, all of them.
    study : mapping
        Title, country and year.
    inputs : mapping of str to pathlib.Path
        File name -> path of every file read; only names and hashes are kept: see `input_hashes`.
    released : Released
        What is written.
    notices : int
        How many notices there were.
    date : str
        Day of the run, `2016-02-29`: the only entry that differs when a run is repeated.
    """
    import pse

    return {
        "pse": pse.__version__,
        "command": command,
        "study": dict(study),
        "release": released.level,
        "cells_hidden": released.hidden,
        "given": dict(given),
        "options": dict(options),
        "hashes": PLAIN if released.level == "restricted" else KEYED,
        "inputs": input_hashes(inputs, keyed=released.level != "restricted"),
        "notices": notices,
        "date": date,
    }


def input_hashes(inputs: Mapping[str, Path], *, keyed: bool) -> dict[str, str]:
    """Return a hash of each file that was read, 64 hexadecimal digits by file name.

    Parameters
    ----------
    inputs : mapping of str to pathlib.Path
        File name -> path.
    keyed : bool
        False: SHA-256 of the file. A file with a few counts could be guessed until its hash fits, so this
        is for the organisation alone. True: HMAC-SHA256, with a key made by scrypt from all files together.
        Who holds the records can make the hashes again and compare; who lacks any other file cannot try a
        guess. A change in one file changes all hashes, so they do not tell which file is new. A workbook,
        whose name is free, is called study.xlsx.

    Notes
    -----
    Who holds all files but one can still try guesses of that one, slowly; the published numbers, which are
    computed from the same files, allow the same. Ours; HMAC: RFC 2104, scrypt: RFC 7914.
    """
    plain = {name: sha256(path) for name, path in sorted(inputs.items())}
    if not keyed:
        return {name: digest.hex() for name, digest in plain.items()}
    key = hashlib.scrypt(b"".join(plain.values()), salt=b"pse run 1", n=2**14, r=8, p=1, dklen=32)
    return {
        "study.xlsx" if name.lower().endswith(".xlsx") else name: hmac.digest(
            key, name.encode() + digest, "sha256"
        ).hex()
        for name, digest in plain.items()
    }


def sha256(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def check_folder(out_dir: str | Path, *, level: str) -> None:
    """Refuse a folder that cannot take results of this level of release, before any work is done.

    Raises
    ------
    OutputError
        If `out_dir` is a file or lies in one, or holds results of another level: a public table beside
        restricted ones would be shared together with them.
    """
    out = Path(out_dir)
    check_is_folder(out)
    before = _level_in(out)
    if before not in ("", level):
        raise OutputError("out_other_level", name=_name(out), level=before)


def check_is_folder(out: Path) -> None:
    """Refuse a folder where a file stands in its place, or in that of one of its parents.

    Raises
    ------
    OutputError
        That names the file.
    """
    file = file_in_the_way(out)
    if file is not None:
        raise OutputError("out_is_file", name=file.name)


def file_in_the_way(folder: Path) -> Path | None:
    """Return the file that stands where a folder or one of its parents should be, if any."""
    places = (folder, *folder.parents)
    return next((place for place in places if place.exists() and not place.is_dir()), None)


def _level_in(out: Path) -> str:
    """Return the level of the results in a folder; empty if there are none."""
    try:
        text = (out / RECEIPT).read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    return level_of_receipt(text) or ("unlabelled" if (out / "spots.csv").exists() else "")


@contextmanager
def staged(out_dir: str | Path) -> Iterator[Path]:
    """Give an empty folder to write to, and move all of it to `out_dir` at the end, or nothing.

    Parameters
    ----------
    out_dir : str or pathlib.Path
        Where the files go. Files of the same name are replaced, others are left alone. After an error,
        also one while moving, `out_dir` is as it was.

    Yields
    ------
    pathlib.Path
        A folder on the same disk: in `out_dir` where that is there, else beside it.

    Raises
    ------
    OutputError
        If nothing can be written there.
    """
    out = Path(out_dir)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=".pse-", dir=_nearest_folder(out)))
    except OSError as error:
        raise _cannot_write(out, error) from error
    try:
        (temporary / "new").mkdir()
        (temporary / "old").mkdir()
        yield temporary / "new"
        _move_in(temporary / "new", out, temporary / "old")
    except OSError as error:
        raise _cannot_write(out, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _nearest_folder(out: Path) -> Path:
    return next(place for place in (out, *out.absolute().parents) if place.is_dir())


def _name(out: Path) -> str:
    return out.absolute().name or str(out.absolute())


def _cannot_write(out: Path, error: OSError) -> OutputError:
    return OutputError("out_unwritable", name=_name(out), why=error.strerror or "no access")


def _move_in(new: Path, out: Path, old: Path) -> None:
    """Move all files of `new` to `out`; what stood in their place waits in `old` until all are there."""
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        new.rename(out)
        return
    kept: list[Path] = []
    placed: list[Path] = []
    try:
        for path in sorted(path for path in new.rglob("*") if path.is_file()):
            name = path.relative_to(new)
            if _make_room(out / name, old / name):
                kept.append(name)
            path.rename(out / name)
            placed.append(name)
    except BaseException:
        for name in placed:
            (out / name).unlink()
        for name in kept:
            (old / name).rename(out / name)
        raise


def _make_room(target: Path, kept: Path) -> bool:
    """Move away the file that stands at `target`; return whether there was one."""
    if target.is_dir():
        raise OutputError("out_holds_folder", name=target.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        return False
    kept.parent.mkdir(parents=True, exist_ok=True)
    target.rename(kept)
    return True
