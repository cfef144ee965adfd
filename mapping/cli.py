"""The `pse` command. Heavy imports stay inside the commands, so that `pse --help` answers at once."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mapping.check_cli import check
from mapping.forms_cli import forms
from mapping.import_cli import import_
from mapping.methods_cli import methods, run
from mapping.plain import Language, Refused, check_line, existing, language_of, level_of, plain_words
from mapping.plan_cli import plan

if TYPE_CHECKING:
    from mapping.outgoing import Outgoing

app = typer.Typer(
    name="pse",
    help="Sizes of key populations (KP) from the records of a mapping exercise, with tables and maps.",
    epilog="Exit codes: 0 done, 1 problems in the data, 2 wrong use, 3 a fault of pse. Start with: pse demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print local variables, and with them names and places
)

StudyPath = Annotated[
    Path,
    typer.Argument(metavar="STUDY", help="Folder of the study, or one .xlsx workbook.", show_default=False),
]
OutPath = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder for the results; made if it is not there.")
]
ReleaseName = Annotated[
    str,
    typer.Option(
        "--release",
        metavar="LEVEL",
        help="Who may see the results: public (small numbers hidden, no spots), programme (partners) or "
        "restricted (your own organisation: everything).",
    ),
]
ThresholdPeople = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        metavar="PEOPLE",
        help="Hide sizes under so many people; a lower limit than that of the level needs --reason.",
    ),
]
Reason = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Who decided on the threshold and why: it is printed."),
]
LedgerPath = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        metavar="DIR",
        help="Folder that keeps what went out: this release is compared with it, and added to it.",
    ),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        import pse

        typer.echo(f"pse {pse.__version__}")
        raise typer.Exit


@app.callback()
def _pse(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    pass


@app.command()
def demo(out: OutPath = Path("pse-demo"), release: ReleaseName = "public") -> None:
    """Run everything on the bundled sample: sizes, tables, maps and a microplan."""
    with plain_words():
        import pse
        from mapping.jobs import demo_job

        demo_job(pse.sample_folder(), out, level_of(release))


app.command()(check)
app.command("import")(import_)
app.command()(forms)


@app.command()
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="New workbook.", show_default=False)],
    lang: Annotated[
        str,
        typer.Option(
            "--lang", metavar="CODE", help="Language of what is said here; the workbook is English."
        ),
    ] = "en",
) -> None:
    """Write an empty study as an Excel workbook with drop-downs, ready to be filled."""
    with plain_words(lang):
        from mapping.labels import texts

        language_of(lang)
        _write_template(file)
        typer.echo(texts("check", lang)["template"].format(file=file, line=check_line(file, lang)))


@app.command()
def estimate(
    study: StudyPath,
    out: OutPath,
    interval: Annotated[
        str, typer.Option(metavar="KIND", help="Kind of interval: range, bootstrap or model.")
    ] = "range",
    level: Annotated[
        float, typer.Option(min=0.01, max=0.999, help="Level of a random interval; a range has none.")
    ] = 0.95,
    replicates: Annotated[int, typer.Option(min=1, help="Draws of a random interval.")] = 2000,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of a random interval.")] = None,
    engine: Annotated[
        str,
        typer.Option(
            metavar="WHERE",
            help="Where draws are made, with the same numbers: serial, processes, or the address of a Dask "
            "scheduler, tls://HOST:PORT.",
        ),
    ] = "serial",
    release: ReleaseName = "public",
    pool: Annotated[
        str | None, typer.Option(metavar="HOW", help="Pooling of informants: mean, median, widest.")
    ] = None,
    ratio: Annotated[
        str | None,
        typer.Option(metavar="FORM", help="Factor for unvisited spots: all, active, active_share, mean."),
    ] = None,
    ratio_strata: Annotated[
        str | None, typer.Option(metavar="BY", help="Where that factor is formed: typology, size.")
    ] = None,
    duplication: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="People at several spots: auto, people, shares, days, none."),
    ] = None,
    size_basis: Annotated[
        str | None, typer.Option(metavar="DAY", help="The day a size is about: usual_day, peak_day.")
    ] = None,
    unlisted: Annotated[
        str | None,
        typer.Option(metavar="HOW", help="People at spots that nobody named: none, chao2, people."),
    ] = None,
    interview_sd: Annotated[
        float | None,
        typer.Option(
            min=0, help="Random intervals: scatter of one interview (0.3: off by 30%); else from the records."
        ),
    ] = None,
    team_sd: Annotated[
        float | None,
        typer.Option(
            min=0, help="Random intervals: scatter that a municipality's team shares; else from the records."
        ),
    ] = None,
    threshold: ThresholdPeople = None,
    reason: Reason = None,
    ledger: LedgerPath = None,
    lang: Language = "en",
) -> None:
    """Compute the sizes of a study and write them as tables.

    Choices that are not given here are those of study.toml, else the usual ones.
    """
    options = {
        "pool": pool,
        "ratio": ratio,
        "ratio_strata": ratio_strata,
        "duplication": duplication,
        "size_basis": size_basis,
        "unlisted": unlisted,
        "interview_sd": interview_sd,
        "team_sd": team_sd,
    }
    chosen = {name: value for name, value in options.items() if value is not None}
    given = {"interval": interval, "level": level, "replicates": replicates, "seed": seed}
    with plain_words(lang):
        from mapping.jobs import estimate_job

        going = _outgoing(release, threshold, reason, ledger, lang)
        estimate_job(existing(study), out, going, chosen=chosen, given=given, engine=engine)


@app.command()
def simulate(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="New folder for the study.", show_default=False)
    ],
    scenario: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="plain, half_visited, level1_bias, noisy, unlisted, team, six or infrequent.",
        ),
    ] = "plain",
    seed: Annotated[int | None, typer.Option(min=0, help="Seed: the same one, the same exercise.")] = None,
) -> None:
    """Write a simulated mapping exercise as a study folder, with the truth in its folder `truth`."""
    with plain_words():
        from mapping.jobs import simulate_job

        simulate_job(out, scenario=scenario, seed=seed)


app.command()(plan)
app.command()(methods)
app.command()(run)


@app.command("map")
def map_(
    study: StudyPath,
    out: OutPath,
    release: ReleaseName = "public",
    threshold: ThresholdPeople = None,
    reason: Reason = None,
    ledger: LedgerPath = None,
    lang: Language = "en",
    mask_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="At programme: secret key of masked points, outside DIR; made if it is not there.",
        ),
    ] = None,
    residents: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="At programme: map layer with a column adults, to mask points."),
    ] = None,
) -> None:
    """Draw maps and charts of a study: pictures, one web page that works offline, a GeoPackage."""
    with plain_words(lang):
        from mapping.jobs import map_job

        going = _outgoing(release, threshold, reason, ledger, lang)
        map_job(existing(study), out, going, mask_key=mask_key, residents=residents)


@app.command()
def microplan(
    study: StudyPath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.xlsx", help="The workbook to write.")],
    norms: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your norms (TOML), laid over the usual ones.")
    ] = None,
    coverage: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Counts of the programme, in place of coverage.csv.")
    ] = None,
    release: ReleaseName = "public",
    threshold: ThresholdPeople = None,
    reason: Reason = None,
    ledger: LedgerPath = None,
    lang: Language = "en",
    password: Annotated[bool, typer.Option("--password", help="Ask for a password and encrypt.")] = False,
    csv: Annotated[Path | None, typer.Option(metavar="DIR", help="Also write the tables as CSV.")] = None,
    separator: Annotated[str, typer.Option(metavar="MARK", help="Between the columns of the CSV.")] = ",",
    decimal: Annotated[str, typer.Option(metavar="MARK", help="Decimal mark of the CSV.")] = ".",
    donors: Annotated[Path | None, typer.Option(metavar="DIR", help="Also write the donor sheets.")] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --donors: definitions and the codes of DHIS2 (TOML)."),
    ] = None,
    calendars: Annotated[
        Path | None, typer.Option(metavar="FILE.pdf", help="Also write blank peer calendars to print.")
    ] = None,
    peers: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="At restricted: peer educators; their week is planned."),
    ] = None,
    rosters: Annotated[
        Path | None, typer.Option(metavar="FILE.pdf", help="With --peers: also write their rosters to print.")
    ] = None,
    visits: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="With --peers: least visits in the week, pairs.")
    ] = None,
    travel: Annotated[
        str, typer.Option(metavar="MINUTES|FILE.csv", help="With --peers: ways between two spots of a day.")
    ] = "20",
) -> None:
    """Turn the sizes of a study into staff, goods, services and targets: one Excel workbook."""
    with plain_words(lang):
        from mapping.microplan.job import Wanted, microplan_job, minutes_or_file

        asked = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if password else ""
        wanted = Wanted(
            norms=norms, coverage=coverage, password=asked, csv=csv, separator=separator,
            decimal=decimal, donors=donors, mapping=mapping, calendars=calendars,
            peers=peers, rosters=rosters, visits=visits, travel=minutes_or_file(travel),
        )  # fmt: skip
        going = _outgoing(release, threshold, reason, ledger, lang)
        microplan_job(existing(study), out, going, wanted)


def main() -> None:
    """Run the `pse` command."""
    _stop_cleanly()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console without this letter still gets the line
    app(prog_name="pse")


def _stop_cleanly() -> None:
    """Let a closed window end the command as an error does: half-written files, and names in them, go."""
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):  # those that this system has
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup stays as it is
            signal.signal(number, lambda got, frame: sys.exit(128 + got))


def _outgoing(
    release: str, threshold: float | None, reason: str | None, ledger: Path | None, lang: str
) -> Outgoing:
    from mapping.outgoing import Outgoing

    return Outgoing(level_of(release), threshold, reason, ledger, lang)


def _write_template(file: Path) -> None:
    from mapping.output import staged
    from pse.records.template import write_template

    if file.suffix.lower() != ".xlsx":
        raise Refused("template_ending", name=file.name)
    if file.exists():
        raise Refused("template_new", name=file.name)
    with staged(file.parent) as folder:
        write_template(folder / file.name)


if __name__ == "__main__":
    main()
