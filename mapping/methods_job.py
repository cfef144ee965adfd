"""What `pse methods` and `pse run` do: print the list of methods, and run one on a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import typer

from mapping.output import file_in_the_way, staged, write_csv
from mapping.plain import BAD_DATA, WrongUse
from mapping.screen import RANGE_LINE, counting, make_table, open_console, people, print_notices, say, show
from pse.methods.refusal import NoEstimateError
from pse.methods.registry import METHODS, OptionError, Ran, find_method, run_method
from pse.methods.registry_parts import Method, Option

NUMBERS_ONLY = ("choice", "number", "numbers", "count", "share", "flag")
"""Kinds of options that are written to a file: names of columns and sentences stay in the house."""


def methods_job(name: str | None, example: Path | None) -> None:
    """Print all methods by family, or one; write its example if asked for."""
    if name is None:
        if example is not None:
            raise WrongUse("--example must come with NAME; got no name. For example: pse methods chapman")
        _print_all()
        return
    method = _found(name)
    if example is not None:
        _write_example(method, example)
        return
    _print_one(method)


def run_job(
    name: str, file: Path, given: Sequence[str], *, out: Path | None, level: float, seed: int
) -> None:
    """Run a method on a file, print the size and what to know of it, and write it if wanted."""
    method = _found(name)
    target = _target(out, endings=(".csv", ".json"), option="--out")
    options = _pairs(given)
    if not file.is_file():
        raise WrongUse(f"FILE must be a CSV file; got {file.name!r}, which is none. Check the spelling.")
    try:
        with counting(f"{method.name}: computing") as tell:
            ran = run_method(name, file, options=options, level=level, seed=seed, progress=tell)
    except OptionError as error:
        raise WrongUse(str(error)) from error
    except NoEstimateError as error:
        _refuse(method, error)
    _print_result(method, ran)
    if target is not None:
        _write(method, ran, target, seed)


def _found(name: str) -> Method:
    try:
        return find_method(name)
    except OptionError as error:
        raise WrongUse(str(error)) from error


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for number, text in enumerate(given, start=1):
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise WrongUse(
                f"--option must be NAME=VALUE; got something else in option {number}. For example: how=log"
            )
        if name.strip() in pairs:
            raise WrongUse(f"--option must give each name once; got {name.strip()!r} twice.")
        pairs[name.strip()] = value
    return pairs


def _target(out: Path | None, *, endings: tuple[str, ...], option: str) -> Path | None:
    """Return the file to write, or refuse it before any work is done."""
    if out is None:
        return None
    if out.suffix.lower() not in endings or out.is_dir():
        raise WrongUse(f"{option} must be a file that ends in {' or '.join(endings)}; got {out.name!r}.")
    file = file_in_the_way(out.parent)
    if file is not None:
        raise WrongUse(f"{option} must be in a folder; got {file.name!r}, which is a file.")
    return out


def _refuse(method: Method, error: NoEstimateError) -> None:
    typer.echo(f"No estimate by {method.name}: {error}", err=True)
    if error.lower is not None:
        typer.echo(f"What the data do say: at least {people(error.lower)} people.", err=True)
    raise typer.Exit(BAD_DATA)


# What is printed


def _print_all() -> None:
    console = open_console()
    families = dict.fromkeys(method.family for method in METHODS.values())
    for family in families:
        rows = [[one.name, one.title] for one in METHODS.values() if one.family == family]
        show(family, make_table(["method", "when"], rows, text=["method", "when"]), console=console)
    say("All about one: pse methods NAME. Which one when: docs/methods.md.", console=console)


def _print_one(method: Method) -> None:
    console = open_console()
    say(f"{method.name} ({method.family}): {method.title}", console=console)
    console.print()
    say(f"A row of the file: {method.row}", console=console)
    console.print()
    columns = [[one.name, "yes" if one.required else "no", one.rule, one.meaning] for one in method.columns]
    if columns:
        show(
            "Columns",
            make_table(["column", "needed", "must be", ""], columns, text=_ALL_TEXT),
            console=console,
        )
    options = [[one.name, _needed(one), _values(one), one.meaning] for one in method.options]
    if options:
        show(
            "Options",
            make_table(["option", "needed", "may be", ""], options, text=_ALL_TEXT),
            console=console,
        )
    for heading, text in (
        ("Gives", method.gives), ("Holds only if", method.assumes), ("Pitfalls", method.pitfalls)
    ):  # fmt: skip
        say(f"{heading}: {text}", console=console)
    console.print()
    say("Example (synthetic):", console=console)
    console.print(method.example.rstrip("\n"), soft_wrap=True)
    say(f"{example_command(method)}", console=console)


_ALL_TEXT = ("column", "option", "needed", "must be", "may be", "")


def _needed(option: Option) -> str:
    return "yes" if option.needed else f"no ({option.default})" if option.default else "no"


def _values(option: Option) -> str:
    kinds = {"flag": "yes or no", "columns": "names of columns", "count": "a whole number"}
    kinds |= {
        "number": "a number",
        "numbers": "numbers with commas",
        "share": "a share between 0 and 1",
        "text": "a sentence",
    }
    return ", ".join(option.allowed) or kinds[option.kind]


def example_command(method: Method, file: str = "example.csv") -> str:
    """Return the command that runs the example of a method, saved as `file`."""
    options = (
        f'--option {name}="{value}"' if " " in value else f"--option {name}={value}"
        for name, value in method.example_options.items()
    )
    return " ".join(["pse run", method.name, file, *options])


def _print_result(method: Method, ran: Ran) -> None:
    console = open_console()
    say(f"{method.name}: {ran.estimate}", console=console)
    if ran.estimate.interval == "range":
        say(RANGE_LINE, console=console)
    console.print()
    if ran.details is not None:
        headings = [str(name) for name in ran.details.columns]
        show("", make_table(headings, _cells(ran.details), text=headings[:1]), console=console)
    print_notices(ran.notices, console=console)
    say(f"Holds only if: {method.assumes}", console=console)
    say(f"Pitfalls: {method.pitfalls}", console=console)


def _cells(details: pd.DataFrame) -> list[list[str]]:
    """Return the numbers of a table of details as they are printed."""
    formats = {name: "{:.1%}".format if name == "weight" else people for name in details.columns[1:]}
    return [
        [str(first), *(formats[name](value) for name, value in zip(formats, rest, strict=True))]
        for first, *rest in details.itertuples(index=False)
    ]


# What is written


def _write_example(method: Method, file: Path) -> None:
    target = _target(file, endings=(".csv",), option="--example")
    if target is None or target.exists():
        raise WrongUse(f"--example must be new; got {file.name!r}, which is there already.")
    with staged(target.parent) as folder:
        (folder / target.name).write_text(method.example, encoding="utf-8")
    say(
        f"The example is in {target.name}. Run it: {example_command(method, target.name)}",
        console=open_console(),
    )


def _write(method: Method, ran: Ran, target: Path, seed: int) -> None:
    with staged(target.parent) as folder:
        if target.suffix.lower() == ".json":
            text = json.dumps(run_record(method, ran, seed), indent=2, ensure_ascii=False, allow_nan=False)
            (folder / target.name).write_text(text + "\n", encoding="utf-8")
        else:
            write_csv(pd.DataFrame([asdict(ran.estimate)]), folder / target.name)
    say(f"The numbers are in {target.name}.", console=open_console())


def run_record(method: Method, ran: Ran, seed: int) -> Mapping[str, Any]:
    """Return what is written as JSON: the size, and the options that are numbers or choices of the list."""
    import pse

    kinds = {option.name: option.kind for option in method.options}
    return {
        "pse": pse.__version__,
        "method": method.name,
        "options": {name: value for name, value in ran.options.items() if kinds[name] in NUMBERS_ONLY},
        "seed": seed,
        "estimate": asdict(ran.estimate),
        "details": [] if ran.details is None else ran.details.to_dict("records"),
        "notices": len(ran.notices),
    }
