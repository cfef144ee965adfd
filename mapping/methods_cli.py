"""The commands `pse methods` and `pse run`: their options, in words for a programme officer."""

from pathlib import Path
from typing import Annotated

import typer

from mapping.plain import plain_words


def methods(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One method: what it needs, assumes and gives.")
    ] = None,
    example: Annotated[
        Path | None,
        typer.Option("--example", metavar="FILE.csv", help="With NAME: write its small example file."),
    ] = None,
) -> None:
    """List the methods of `pse run`, or say all about one of them."""
    with plain_words():
        from mapping.methods_job import methods_job

        methods_job(name, example)


def run(
    method: Annotated[
        str, typer.Argument(metavar="METHOD", help="A method of `pse methods`.", show_default=False)
    ],
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE.csv", help="The data: CSV UTF-8, comma delimited.", show_default=False),
    ],
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="An option of the method; may come again."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE.csv|FILE.json", help="Also write the size; .json: weights or areas too."
        ),
    ] = None,
    level: Annotated[float, typer.Option(help="Probability of the interval.")] = 0.95,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of methods that draw: the same one, the same size.")
    ] = 1,
) -> None:
    """Estimate a size from one CSV file by a method of `pse methods`."""
    with plain_words():
        from mapping.methods_job import run_job

        run_job(method, file, option or [], out=out, level=level, seed=seed)
