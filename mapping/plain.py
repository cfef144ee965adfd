"""Errors in plain words: what the `pse` command says instead of a traceback, and its exit codes."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mapping.labels import LANGUAGES, texts

if TYPE_CHECKING:
    from mapping.release import Level
    from pse.records.problems import TableError

BAD_DATA, WRONG_USE, OWN_FAULT = 1, 2, 3
"""Exit codes; 0 is done."""


Language = Annotated[
    str,
    typer.Option("--lang", metavar="CODE", help="Language: en, sq, sr-Latn, sr-Cyrl, mk, uk."),
]
"""The option of every command that can speak another language."""


class WrongUse(ValueError):  # noqa: N818, it is what the reader did, not an error of ours
    """The command was given something that it cannot use; the text says what and how to mend it."""

    def in_language(self, lang: str) -> str:
        """Return the text in one of the six languages, where it is there."""
        return str(self)


class Refused(WrongUse):
    """Wrong use that is told in six languages.

    Parameters
    ----------
    key : str
        In the label files `use`.
    **values
        What is filled in: names of files and numbers.
    """

    def __init__(self, key: str, /, **values: str) -> None:
        self.key, self.values = key, values
        super().__init__(self.in_language("en"))

    def in_language(self, lang: str) -> str:
        """Return the text in one of the six languages."""
        return texts("use", lang)[self.key].format(**self.values)


def level_of(name: str) -> Level:
    """Return the level of release of this name, or refuse the name."""
    from mapping.release import check_level

    try:
        return check_level(name)
    except ValueError as error:
        raise WrongUse(str(error)) from error


def language_of(code: str) -> str:
    """Return the language of this code, or refuse the code."""
    from pse.labels import check_language

    try:
        return check_language(code)
    except ValueError as error:
        raise WrongUse(str(error)) from error


def existing(path: Path) -> Path:
    """Return the path of a study, or refuse it if nothing is there."""
    if not path.exists():
        raise Refused("study_missing", path=str(path))
    return path


def check_line(study: Path, lang: str) -> str:
    """Return the command that looks at a study, to be typed as it stands.

    Examples
    --------
    >>> check_line(Path("my study"), "sq")
    'pse check "my study" --lang sq'
    """
    return f"pse check {typed(study)}" + (f" --lang {lang}" if lang != "en" else "")


def typed(path: Path) -> str:
    """Return a path as it is typed in a terminal: in quotation marks where it holds a space."""
    return f'"{path}"' if " " in str(path) else str(path)


@contextmanager
def plain_words(lang: str = "en") -> Iterator[None]:
    """Turn every error into a sentence and an exit code: 1 for the data, 2 for wrong use, 3 for our fault.

    Parameters
    ----------
    lang : str
        Language of problems in tables and of wrong use, one of the six; any other is taken for English.

    Notes
    -----
    An error text is printed only if this project wrote it: texts of other libraries, and of errors that
    nobody foresaw, could repeat a name or a coordinate. `python -X dev` shows the traceback.
    """
    from pse.records.problems import TableError

    lang = lang if lang in LANGUAGES else "en"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # those for the reader are caught and printed as notices
            yield
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except TableError as error:
        _say_problems(error, lang)
        raise typer.Exit(BAD_DATA) from None
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        text, code = _sentence(error, lang)
        typer.echo(text, err=True)
        raise typer.Exit(code) from None


def _say_problems(error: TableError, lang: str) -> None:
    from mapping.screen import open_console, print_problems

    told = [problem.in_language(lang) for problem in error.problems]
    print_problems(told, console=open_console(stderr=True), lang=lang)


def _sentence(error: Exception, lang: str) -> tuple[str, int]:
    """Return what to print of an error, and the exit code."""
    if isinstance(error, WrongUse):
        return error.in_language(lang), WRONG_USE
    words = texts("use", lang)
    if isinstance(error, OSError):
        name = Path(str(error.filename)).name if error.filename else "a file"
        return words["file_unusable"].format(name=name, why=error.strerror or "no access"), BAD_DATA
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = Path(where.filename)
    if isinstance(error, ValueError) and _is_ours(place):
        return str(error), BAD_DATA
    fault = words["own_fault"].format(kind=type(error).__name__, file=place.name, line=where.lineno)
    return fault, OWN_FAULT


def _is_ours(file: Path) -> bool:
    """Return whether a source file belongs to `pse` or `mapping`."""
    home = Path(__file__).resolve().parents[1]
    return any(file.resolve().is_relative_to(home / package) for package in ("pse", "mapping"))
