"""The command `pse check`: every problem of a study on the screen, as JSON, or in a marked copy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mapping.plain import BAD_DATA, Language, Refused, existing, language_of, plain_words

if TYPE_CHECKING:
    from pse.records.problems import Problem

CHECK_SCHEMA = "pse-check/1"
PROBLEM_KEYS = ("file", "sheet", "row", "column", "severity", "rule", "message", "remedy")


def check(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY", help="Folder of the study, or one .xlsx workbook.", show_default=False
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for programs instead of a table.")
    ] = False,
    lang: Language = "en",
    marked: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.xlsx",
            help="Also write a copy of the records with the wrong cells marked, for your own desk.",
        ),
    ] = None,
) -> None:
    """Look for problems in the records: every one, with file, row, column and how to mend it."""
    with plain_words(lang):
        from pse.records.study import check_study

        language_of(lang)
        refuse_marked(marked)
        found, problems = check_study(existing(study))
        told = [problem.in_language(lang) for problem in problems]
        if as_json:
            _print_json(told)
        else:
            _print_table(told, title=found.title if found else None, lang=lang)
        if marked is not None:
            save_marked(study, told, marked, lang=lang, quiet=as_json)
    if found is None:
        raise typer.Exit(BAD_DATA)


def check_record(problems: Sequence[Problem]) -> dict[str, Any]:
    """Return what `pse check --json` prints; the schema is frozen in docs/check_json.md."""
    errors = sum(problem.severity == "error" for problem in problems)
    return {
        "schema": CHECK_SCHEMA,
        "errors": errors,
        "notices": len(problems) - errors,
        "problems": [{key: getattr(problem, key) for key in PROBLEM_KEYS} for problem in problems],
    }


def _print_json(problems: Sequence[Problem]) -> None:
    import json

    typer.echo(json.dumps(check_record(problems), indent=2))


def _print_table(problems: Sequence[Problem], *, title: str | None, lang: str) -> None:
    from mapping.labels import texts
    from mapping.screen import open_console, print_problems, say

    console = open_console()
    print_problems(problems, console=console, lang=lang)
    if title is not None:
        say(texts("check", lang)["fine"].format(title=title), console=console)


def refuse_marked(file: Path | None) -> None:
    """Refuse a file that the marked copy cannot be, before anything is read."""
    if file is not None and file.suffix.lower() != ".xlsx":
        raise Refused("marked_ending", name=file.name)
    if file is not None and file.exists():
        raise Refused("marked_new", name=file.name)


def save_marked(source: Path, problems: Sequence[Problem], file: Path, *, lang: str, quiet: bool) -> None:
    """Write the marked copy of a study or file, whole or not at all, and say so unless `quiet`.

    `problems` are in the language already.
    """
    from mapping.labels import texts
    from mapping.marked import write_marked
    from mapping.staged_file import staged_file

    with staged_file(file, "marked_unwritable") as new:
        write_marked(source, problems, new, lang=lang)
    if not quiet:
        typer.echo(texts("check", lang)["marked"].format(file=file))
