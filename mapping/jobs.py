"""What the commands do, from a study on disk to files on disk and a text on the screen."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapping.labels import texts
from mapping.outgoing import Outgoing
from mapping.output import check_folder, run_record, staged, write_files, write_receipt
from mapping.plain import Refused, WrongUse
from mapping.release import Level, Released, withheld_spots
from mapping.screen import (
    open_console,
    print_estimates,
    print_map_problems,
    print_notices,
    progress,
    say,
)
from pse.records.study import Study, read_study
from pse.spots.chain import estimate_study
from pse.spots.options import options_for
from pse.spots.results import StudyEstimates
from pse.spots.sensitivity import sensitivity_table

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SYNTHETIC = (
    "This is the bundled sample. It is synthetic: no real spot and no real person is in it. It is consistent "
    "with the published totals of the Kosovo 2016 mapping (JMIR Public Health Surveill 2019;5(1):e11194)."
)
RANGE: dict[str, Any] = {"interval": "range", "level": 0.95, "replicates": 2000, "seed": None}
"""How `pse estimate` computes when nothing else is asked for."""


@dataclass(frozen=True)
class Results:
    """One run: the study, its estimates, and what of them may be shown."""

    study: Study
    sizes: StudyEstimates
    released: Released

    @property
    def notices(self) -> list[str]:
        """What a reader should know: of the numbers first, then of the records."""
        of_records = [f"{problem.file}, {problem}" for problem in self.study.notices]
        return [*self.sizes.notices, *of_records]

    @property
    def title(self) -> str:
        """Title, country and year of the study."""
        return f"{self.study.title} ({self.study.country}, {self.study.year})"


@dataclass(frozen=True)
class _Masks:
    """Files that masked points need, and the folder of the results, where the key may not lie."""

    key: Path | None
    residents: Path | None
    out: Path


def estimate_job(
    study: Path,
    out: Path,
    going: Outgoing,
    *,
    chosen: Mapping[str, Any],
    given: Mapping[str, Any] = RANGE,
    engine: str = "serial",
) -> None:
    """Estimate a study, write its tables to `out` and print the result.

    Parameters
    ----------
    study, out : pathlib.Path
        Study folder or workbook; folder for the results.
    going : Outgoing
        Level of release, threshold, ledger, and language of the receipt.
    chosen : mapping
        Options of the chain that beat those of study.toml.
    given : mapping
        `interval`, `level`, `replicates` and `seed`.
    engine : str
        Where draws are made: see `pse.cluster.open_engine`. `run.json` does not hold it: the numbers are the
        same.
    """
    check_folder(out, level=going.level)
    _check_options(chosen)
    with progress(4) as begin, _opened(engine, given["interval"]) as opened:
        results = compute(study, going, chosen=chosen, given=given, begin=begin, engine=opened)
        begin("Writing the tables")
        with staged(out) as folder:
            names = _write_tables(results, folder, command="estimate", given={**given, **chosen})
    _print(results, out, names, lang=going.lang)
    remember(going, results)


def demo_job(study: Path, out: Path, level: Level) -> None:
    """Do on the bundled sample what `estimate`, `map` and `microplan` do; maps go to `out/maps`."""
    check_folder(out, level=level)
    check_folder(out / "maps", level=level)
    with progress(6) as begin:
        results = compute(study, Outgoing(level), chosen={}, given=RANGE, begin=begin)
        begin("Drawing the maps")
        with staged(out) as folder:
            maps, notices, problems = _draw_maps(results, folder / "maps")
            begin("Writing the microplan")
            _write_microplan(results, folder / "microplan.xlsx")
            begin("Writing the tables")
            names = _write_tables(results, folder, command="demo", given=RANGE)
    _print(results, out, names, notices)
    console = open_console()
    print_map_problems(problems, console=console)
    say(texts("done", "en")["maps"].format(folder=out / "maps", names=", ".join(maps)), console=console)
    say(f"The microplan is in {out / 'microplan.xlsx'}.", console=console)
    say(SYNTHETIC, console=console)


def simulate_job(out: Path, *, scenario: str, seed: int | None) -> None:
    """Write a simulated exercise to the new folder `out` and say how to estimate it."""
    import numpy as np

    from pse.simulate import simulate, write_simulated

    try:
        made = simulate(scenario, rng=np.random.default_rng(seed))
        write_simulated(made, out)
    except ValueError as error:
        raise WrongUse(str(error)) from error
    console = open_console()
    for kp, people in made.truth.national().items():
        say(f"{kp}: {people:,} people in truth.", console=console)
    say(
        f"The study is in {out}, the truth in {out / 'truth'}. Nothing in it is real. Next: "
        f"pse estimate {out} --out RESULTS --interval bootstrap",
        console=console,
    )


def map_job(
    study: Path,
    out: Path,
    going: Outgoing,
    *,
    mask_key: Path | None = None,
    residents: Path | None = None,
) -> None:
    """Estimate a study and write its maps to `out`: PNG, SVG and PDF, an offline web map, a GeoPackage.

    Parameters
    ----------
    study, out : pathlib.Path
        Study folder or workbook; folder for the maps.
    going : Outgoing
        Level of release, threshold, ledger, and language of maps and receipt.
    mask_key, residents : pathlib.Path, optional
        Key file, made if it is not there, and a layer with `adults`. At `programme`, with both, web map
        and GeoPackage have masked points.
    """
    check_folder(out, level=going.level)
    if (mask_key or residents) and going.level != "programme":
        raise WrongUse(
            f"--mask-key and --residents must come with --release programme; got {going.level}. "
            "Leave them out: no masked point is drawn there."
        )
    if residents is not None and not residents.is_file():
        raise Refused("residents_missing", name=residents.name)
    with progress(3) as begin:
        results = compute(study, going, chosen={}, given=RANGE, begin=begin, with_sensitivity=False)
        begin("Drawing the maps")
        with staged(out) as folder:
            masks = _Masks(mask_key, residents, out)
            maps, notices, problems = _draw_maps(results, folder, lang=going.lang, masks=masks)
    console = open_console()
    print_map_problems(problems, console=console)
    print_notices([*notices, *results.notices], console=console, lang=going.lang)
    console.print(results.released.receipt)
    say(texts("done", going.lang)["maps"].format(folder=out, names=", ".join(maps)), console=console)
    remember(going, results)


def remember(going: Outgoing, results: Results) -> None:
    """Add a release that was written to the ledger, if there is one, and say so."""
    sentence = going.remember(results.released, day=date.today().isoformat())
    if sentence:
        say(sentence, console=open_console())


def compute(
    study: Path,
    going: Outgoing,
    *,
    chosen: Mapping[str, Any],
    given: Mapping[str, Any],
    begin: Callable[[str], None],
    with_sensitivity: bool = True,
    engine: Any = "serial",
) -> Results:
    """Read and estimate a study and decide what of it may be shown; `begin` is told each step."""
    begin("Reading the study")
    records = read_study(study)
    begin("Estimating")
    sizes = _estimate(records, chosen, given, engine)
    table = None
    if with_sensitivity:
        begin("Trying the other choices")
        table = sensitivity_table(records, **chosen)
    released = going.release(sizes, sensitivity=table, withheld=withheld_spots(records))
    return Results(records, sizes, released)


def _check_options(chosen: Mapping[str, Any]) -> None:
    """Refuse an option of the command before the study is read."""
    try:
        options_for({}, dict(chosen))
    except ValueError as error:
        raise WrongUse(str(error)) from error


@contextmanager
def _opened(engine: str, interval: str) -> Iterator[Any]:
    """Give the engine of this name or address, or refuse it before the study is read."""
    from pse.cluster import open_engine

    if engine != "serial" and interval == "range":
        raise WrongUse(
            "--engine must come with --interval bootstrap or model; got a range, which draws nothing. "
            "Leave it out, or ask for an interval."
        )
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(open_engine(engine))
        except ValueError as error:
            raise WrongUse(f"--{error}") from error
        yield opened


def _estimate(
    study: Study, chosen: Mapping[str, Any], given: Mapping[str, Any], engine: Any
) -> StudyEstimates:
    import numpy as np

    from pse.engine import EngineError

    try:
        return estimate_study(
            study,
            interval=given["interval"],
            level=given["level"],
            replicates=given["replicates"],
            rng=np.random.default_rng(given["seed"]),
            engine=engine,
            **chosen,
        )
    except EngineError as error:
        raise WrongUse(str(error)) from error
    except ValueError as error:
        if given["interval"] != "range":
            raise WrongUse(str(error)) from error
        raise


def _write_tables(results: Results, folder: Path, *, command: str, given: Mapping[str, Any]) -> list[str]:
    study = results.study
    run = run_record(
        command=command,
        given=given,
        options=results.sizes.options.as_dict(),
        study={"title": study.title, "country": study.country, "year": study.year},
        inputs=study.sources,
        released=results.released,
        notices=len(results.notices),
        date=date.today().isoformat(),
    )
    return [path.name for path in write_files(results.released, folder, run=run)]


def _draw_maps(
    results: Results, folder: Path, *, lang: str = "en", masks: _Masks | None = None
) -> tuple[list[str], list[str], pd.DataFrame]:
    """Draw all maps into `folder`; return the names of the files, notices, and what was wrong with areas.

    A picture is named once, as PNG; the same in SVG and PDF stands beside it.
    """
    from mapping.geopackage import write_geopackage
    from mapping.inside import write_inside_maps
    from mapping.mapcheck import map_problems
    from mapping.maps import as_sentence, tables_to_draw, write_maps
    from mapping.webmap import write_webmap

    names = _names(results.study, lang)
    areas = _areas(results.study, names)
    problems = map_problems(results.study, results.sizes.spots, areas)
    notices = [f"{kp}: no map, because its whole size is hidden." for kp in results.released.unmapped_kps]
    released, title = results.released, results.study.title
    source = " ".join([as_sentence(results.title), released.stamp]).strip()
    common: dict[str, Any] = {"source": source, "lang": lang}
    paths = write_maps(tables_to_draw(released, names), areas, folder, **common)
    if released.level == "restricted":
        paths += write_inside_maps(released, results.study, areas, folder, **common)
    points, sentence = _points(results, areas, masks)
    notices += [sentence] if sentence else []
    page = folder / "map.html"  # it has a place of its own for the stamp
    paths.append(
        write_webmap(released, areas, page, title=title, source=results.title, lang=lang, points=points)
    )
    paths.append(write_geopackage(released, areas, folder / "areas.gpkg", points=points))
    write_receipt(released, folder)
    return [path.name for path in paths if path.suffix not in (".pdf", ".svg")], notices, problems


def _areas(study: Study, names: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Return the areas of a study with their names."""
    from mapping.boundaries import study_boundaries

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # map_problems lists the same, and more
        areas = study_boundaries(study)
    areas["name"] = areas["municipality"].map(names)
    return areas


def _points(
    results: Results, areas: gpd.GeoDataFrame, masks: _Masks | None
) -> tuple[gpd.GeoDataFrame | None, str]:
    """Return the masked points, if there may be any, and a sentence about them."""
    from mapping.points import NO_POINTS, masked_points, points_sentence, read_residents
    from mapping.release.masking import read_or_make_key

    if results.released.level != "programme":
        return None, ""
    if masks is None or masks.key is None or masks.residents is None or areas["schematic"].any():
        return None, NO_POINTS
    residents = read_residents(masks.residents)
    made = "" if masks.key.exists() else " A new key was made: keep it, and use it for every map."
    key = read_or_make_key(masks.key, outputs=[masks.out])
    points = masked_points(
        results.study, results.sizes, results.released, areas, key=key, residents=residents
    )
    return points, points_sentence(points) + made


def _write_microplan(results: Results, path: Path) -> None:
    from mapping.microplan.job import plan_of
    from mapping.microplan.workbook import write_workbook

    write_workbook(plan_of(results), path, title=results.title)


def _names(study: Study, lang: str) -> dict[str, str]:
    """Return what every municipality, mapped or not, is called in a language, by its code."""
    from pse.records.names import town_name

    return {row["municipality"]: town_name(row, lang) for row in study.municipalities.to_dict("records")}


def _print(
    results: Results, out: Path, names: list[str], notices: list[str] | None = None, *, lang: str = "en"
) -> None:
    weekend = results.sizes.options.weekend
    all_notices = [*(notices or []), *results.notices]
    print_estimates(results.released, title=results.title, weekend=weekend, notices=all_notices)
    say(texts("done", lang)["tables"].format(folder=out, names=", ".join(names)), console=open_console())
