"""Files that only the organisation may read, such as the mask key."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

OWNER_ONLY = 0o600
_OUTPUT_MARKS = ("receipt.txt", "run.json")


def refuse_output_folder(path: Path, *, name: str, outputs: Iterable[str | Path] = ()) -> None:
    """Refuse a private file that would lie among results: they are copied and sent as a whole.

    Parameters
    ----------
    path : pathlib.Path
        Where the private file is or will be; links are followed.
    name : str
        What the message calls the file.
    outputs : iterable of str or pathlib.Path
        Folders that results are or will be written to. A folder with `receipt.txt` or `run.json` counts as
        one without being named.

    Raises
    ------
    ValueError
        If one of these folders holds the file, at any depth.
    """
    folders = [*path.parent.resolve().parents, path.parent.resolve()]
    if path.is_symlink():
        target = path.resolve().parent
        folders += [*target.parents, target]
    named = {Path(folder).resolve() for folder in outputs}
    marked = any((folder / mark).exists() for folder in folders for mark in _OUTPUT_MARKS)
    if marked or named & set(folders):
        raise ValueError(
            f"{name} must lie outside every folder with results; got one inside such a folder. "
            "Keep it beside the records of the study."
        )


def check_owner_only(path: Path, *, name: str) -> None:
    """Refuse a private file that other users of the computer can read.

    Raises
    ------
    ValueError
        If group or others have any right on it. Windows has no such mode; nothing is checked there.
    """
    if os.name == "nt":
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ValueError(
            f"{name} must be readable by its owner only (mode 600); got mode {mode:o}. "
            "Take the rights of the others away (chmod 600), and ask who may have copied it."
        )


def write_new(path: Path, content: bytes) -> None:
    """Write a private file that is not there yet, readable by its owner only from the first moment.

    Raises
    ------
    FileExistsError
        If it is there already.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), OWNER_ONLY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
