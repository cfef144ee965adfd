"""The command `pse import`: its options, in words for a field coordinator."""

from pathlib import Path
from typing import Annotated

import typer

from mapping.plain import Language, plain_words


def import_(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="Exports of Kobo (CSV, XLSX) or ODK Central (zip), or CSV, XLSX, ODS and XLS tables.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="STUDY", help="Folder of the study; made if it is not there.")
    ],
    columns: Annotated[
        Path | None,
        typer.Option(metavar="import.toml", help="Which heading is which column; proposed where needed."),
    ] = None,
    municipalities: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Table of municipalities, where neither a SOURCE nor STUDY holds it, or a study folder with "
            "it; its boundaries, else those of STUDY, tell which places lie outside their municipality.",
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the study.")] = None,
    country: Annotated[str | None, typer.Option(help="Country of the study.")] = None,
    year: Annotated[int | None, typer.Option(help="Year of the field work.")] = None,
    places: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="private/places.csv with yes under accept: wrong places to mend."),
    ] = None,
    same_spots: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="private/same_spots.csv with yes or no under same: spots that are one."
        ),
    ] = None,
    marked: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.xlsx", help="Also write a copy of the one SOURCE with the wrong cells marked."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for programs instead of a table.")
    ] = False,
    lang: Language = "en",
) -> None:
    """Make a study from exports of Kobo and ODK or from your own tables, and list what is wrong in them."""
    with plain_words(lang):
        from mapping.import_job import ImportWish, import_job

        settings = {"title": title, "country": country, "year": year}
        import_job(
            ImportWish(
                sources=tuple(sources),
                out=out,
                columns=columns,
                municipalities=municipalities,
                settings={name: value for name, value in settings.items() if value is not None},
                places=places,
                same_spots=same_spots,
                marked=marked,
                as_json=as_json,
                lang=lang,
            )
        )
