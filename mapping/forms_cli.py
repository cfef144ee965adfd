"""The command `pse forms`: forms for phones and tablets, with a note that says what to do with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mapping.plain import Refused, existing, language_of, plain_words

if TYPE_CHECKING:
    from pse.records.study import Study

NOTE = "about_these_forms.txt"
"""What each file is for; a folder that holds it may be written to again."""


def forms(
    study: Annotated[
        Path,
        typer.Argument(
            metavar="STUDY",
            help="Folder of the study, or one .xlsx workbook. Before field work, its settings and "
            "municipalities are enough.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="New folder for the forms.", show_default=False)
    ],
    lang: Annotated[
        str,
        typer.Option("--lang", metavar="CODE", help="Language that forms open in; all six are in them."),
    ] = "en",
) -> None:
    """Write forms for KoboToolbox and ODK, with the limits that the records are checked by."""
    with plain_words(lang):
        from mapping.labels import texts
        from mapping.output import check_is_folder, staged
        from mapping.release import withheld_spots
        from pse.records.forms import read_prepared, spots_with_personal_names, write_forms

        language_of(lang)
        check_is_folder(out)
        _check_folder(out)
        found = read_prepared(existing(study))
        without = withheld_spots(found)
        with staged(out) as folder:
            write_forms(folder, study=found, without=without, lang=lang)
            nameless = spots_with_personal_names(found, without=without)
            counts = {"listed": _listed(folder), "withheld": len(without), "nameless": nameless}
            note = forms_note(found, **counts, lang=lang)
            (folder / NOTE).write_text(note, encoding="utf-8")
        typer.echo(note)
        typer.echo(texts("forms", lang)["done"].format(folder=out))


def forms_note(study: Study, *, listed: int, withheld: int, nameless: int, lang: str) -> str:
    """Return what each file is for, what is private, and how forms are loaded; without a name or a code.

    Parameters
    ----------
    study : pse.Study
        Its title is the heading.
    listed, withheld, nameless : int
        Spots in the list, spots that are left out of it, and spots in it whose name is left out.
    lang : str
        One of the six languages.
    """
    from mapping.labels import texts

    words = texts("forms", lang)
    lines = [words[name] for name in ("level1", "level2", "people", "virtual")]
    lines.append(words["spots"].format(spots=listed) if listed else words["no_spots"])
    if withheld:
        lines.append(words["withheld"].format(spots=withheld))
    if nameless:
        lines.append(words["nameless"].format(spots=nameless))
    return "\n".join([study.title, "", *lines, "", words["load"], words["attach"], words["private"], ""])


def _check_folder(out: Path) -> None:
    """Refuse a folder with other files: records could be called level1.xlsx too, and results spots.csv.

    In a folder with forms of before, forms that somebody changed, and exports with their names, stay too.
    """
    from pse.records.forms import FORMS, is_as_written

    if out.is_dir() and not (out / NOTE).exists() and any(out.iterdir()):
        raise Refused("forms_folder", name=out.absolute().name)
    for file in (out / f"{name}.xlsx" for name in FORMS):
        if file.exists() and not is_as_written(file):
            raise Refused("changed_form", name=file.name)


def _listed(folder: Path) -> int:
    import pandas as pd

    from pse.records.forms.build import SPOTS_FILE

    return len(pd.read_csv(folder / SPOTS_FILE, dtype=str, usecols=["name"]))
