"""The chain: a checked study in, population sizes out, step by step in the order of METHOD, section 2."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pse.records.study import Study
from pse.spots import days as dynamics
from pse.spots.ages import ages_table
from pse.spots.attendance import attendance_table, dual_table
from pse.spots.concentration import concentration_table, size_classes_table
from pse.spots.duplication import Duplication, estimate_duplication
from pse.spots.effort import effort_table, informants_table, number_interviews
from pse.spots.extrapolate import extrapolate_study
from pse.spots.intervals import check_interval, with_interval
from pse.spots.notices import chain_notices, checks_table
from pse.spots.options import Options, options_of
from pse.spots.overlap import unions_table
from pse.spots.override import apply_overrides
from pse.spots.rates import add_rates, mapped_codes
from pse.spots.ratio import estimate_ratios
from pse.spots.results import StudyEstimates, national_estimates
from pse.spots.sizes import ActiveRows, SpotSizes, find_active_rows, report_sizes
from pse.spots.stamp import Stamp
from pse.spots.three import Three
from pse.spots.totals import (
    Cells,
    Groups,
    Step,
    added_steps,
    component_by_cell,
    components_table,
    group_units,
    size_spots,
    spot_steps,
    steps_table,
    sum_by,
)
from pse.spots.typologies import typologies_table
from pse.spots.units import Units, find_units
from pse.spots.unlisted import Unlisted, find_unlisted, nobody_unlisted, open_sizes
from pse.spots.virtual import Virtual, virtual_people


@dataclass(frozen=True)
class Spots:
    """The part of the chain that is about spots: units with their sizes, R, D and people."""

    units: Units
    groups: Groups
    sizes: SpotSizes
    active: ActiveRows
    cells: Cells
    cell: np.ndarray
    ratio: np.ndarray
    ratios: pd.DataFrame
    crude: Three
    duplication: Duplication
    people: Three


@dataclass(frozen=True)
class _Totals:
    """Totals by municipality x KP: computed, after overrides, and the people of each component."""

    components: pd.DataFrame
    steps: list[Step]
    computed: Three
    final: Three


@dataclass(frozen=True)
class Parts:
    """What the chain made of the records, for random intervals: they draw the same steps anew.

    `days` has E(s, d) of every unit before duplication for each day, None for a usual day everywhere;
    `at_spots` is people at spots by cell.
    """

    spots: Spots
    online: Virtual
    unlisted: Unlisted
    days: tuple[Three | None, ...]
    at_spots: Three


def estimate_study(
    study: Study,
    interval: str = "range",
    level: float = 0.95,
    replicates: int = 2000,
    rng: np.random.Generator | None = None,
    engine: Any = None,
    **options: Any,
) -> StudyEstimates:
    """Estimate key-population sizes from the records of a programmatic mapping study.

    Parameters
    ----------
    study : Study
        From `read_study` or `make_study`: records that passed the door.
    interval : {"range", "bootstrap", "model"}
        `range` sums the reported minima and maxima: it bounds reporting error given R, D and the adders.
        It is not a confidence interval. `bootstrap` draws reporting errors, team effects, unvisited spots,
        answers about visits, accounts and profiles anew and gives confidence intervals; the points stay.
        `model` fits a hierarchical model and gives credible intervals; the points stay too. It needs the
        extra `bayes`.
    level : float
        Level of a random interval; a range has none.
    replicates : int
        Draws of a random interval.
    rng : numpy.random.Generator
        Source of the draws; the same one gives the same intervals. None: they differ from run to run.
    engine
        Where the draws are made, with the same numbers: None (here), "processes" or a dask client; see
        `pse.engine.run_tasks`, and `pse.cluster.open_engine` for an address. A range draws nothing.
    **options
        Fields of `pse.Options`; they beat those of `study.toml`.

    Returns
    -------
    StudyEstimates
        Unrounded; `print()` gives one line per KP.

    Raises
    ------
    ValueError
        If an option has no such name or value, the interval is not one of those above, or the chains of
        the model have not converged.

    Warns
    -----
    EstimateWarning
        For each KP for which no random interval can be given; it keeps its range, marked as such.

    Notes
    -----
    Steps: pool informants; take level 2 where visited; inactive spots are 0; unvisited spots x R; x D;
    add non-spot and virtual people; sum point, lower and upper separately; rates; overrides last. In the
    way of the Kosovo 2016 study, whose formulas have not been seen: results are consistent with its
    published totals, not its computation.

    Examples
    --------
    >>> import pse
    >>> sizes = pse.estimate_study(pse.read_study(pse.sample_folder()))
    >>> int(round(sizes.estimate("FSW").point))
    5037
    """
    check_interval(interval, level=level, replicates=replicates)
    chosen = options_of(study, options)
    parts = study_parts(study, chosen, with_days=interval != "range")
    totals = _total(study, parts, chosen)
    sizes = _tables(study, parts, totals, chosen)
    return with_interval(
        sizes,
        study,
        parts,
        interval=interval,
        level=level,
        replicates=replicates,
        rng=rng,
        engine=engine,
    )


def study_parts(study: Study, options: Options, *, with_days: bool = True) -> Parts:
    """Run the steps that random intervals draw anew; `estimate_study` makes tables of them."""
    spots = estimate_spots(study, options)
    online = virtual_people(study.virtual, study.people)
    unlisted = _unlisted(study, spots, options)
    days = _day_sizes(spots, options) if with_days else ()
    return Parts(spots, online, unlisted, days, spots.people.sum_by(spots.cell, n=spots.cells.n))


def total_parts(study: Study, parts: Parts, options: Options) -> Three:
    """Return the computed totals by cell, before overrides: what the points of the tables are."""
    return _total(study, parts, options).computed


def estimate_spots(study: Study, options: Options) -> Spots:
    """Run steps 1 to 5: from records to unique people at every spot x KP."""
    units = find_units(study.level1, study.level2)
    groups = group_units(units)
    active = find_active_rows(study.level2, units)
    sizes = report_sizes(study.level1, active, units, pool=options.pool)
    cells = Cells(mapped_codes(study.municipalities), _kps(study, units))
    seen = sizes.validated(options.size_basis).point
    ratio, ratios = estimate_ratios(units, sizes.level1.point, seen, options=options)
    crude = size_spots(groups, sizes, ratio, size_basis=options.size_basis)
    duplication = estimate_duplication(units, study.level2, study.people, crude.point, options=options)
    people = crude.times(duplication.factor)
    cell = cells.of_units(units)
    return Spots(units, groups, sizes, active, cells, cell, ratio, ratios, crude, duplication, people)


def _kps(study: Study, units: Units) -> list[str]:
    """Return the KPs that the records are about, sorted."""
    others = (study.nonspot["kp"], study.virtual["kp"], study.overrides["kp"])
    return sorted(set(units.kps).union(*(set(codes.dropna()) for codes in others)))


def _unlisted(study: Study, spots: Spots, options: Options) -> Unlisted:
    """Run the step between: people at spots that nobody named, where they were asked for."""
    if options.unlisted == "none":
        return nobody_unlisted(spots.cells)
    open_size = open_sizes(spots.groups, spots.sizes, spots.units, size_basis=options.size_basis)
    return find_unlisted(study.level1, spots.units, spots.people, open_size, spots.cells, options=options)


def _total(study: Study, parts: Parts, options: Options) -> _Totals:
    """Run steps 6 to 8 and 12: add who is not at spots, sum, override; keep every step."""
    spots, online, unlisted, at_spots = parts.spots, parts.online, parts.unlisted, parts.at_spots
    cells = spots.cells
    with_unlisted = unlisted.people if options.unlisted != "none" else None
    components = components_table(cells, at_spots, study.nonspot, study.virtual, online, with_unlisted)
    steps = spot_steps(
        spots.cell,
        cells,
        spots.groups,
        spots.sizes,
        spots.crude,
        size_basis=options.size_basis,
        pool=options.pool,
    )
    steps[-1] = _named(steps[-1], f"{options.ratio} by {options.ratio_strata}")
    steps.append(_duplication_step(spots, at_spots))
    added = {
        name: (
            component_by_cell(components, name, cells),
            np.bincount(_known(cells.of(rows)), minlength=cells.n),
        )
        for name, rows in (("nonspot", study.nonspot), ("virtual", study.virtual))
    }
    if with_unlisted is not None:
        rows = np.bincount(_known(cells.of(unlisted.table)), minlength=cells.n)
        added["unlisted"] = (with_unlisted, rows)
    steps += added_steps(at_spots, added)
    computed = steps[-1].after
    final, count = apply_overrides(computed, study.overrides, cells)
    factor = np.where(computed.point > 0, final.point / np.where(computed.point > 0, computed.point, 1), 1.0)
    steps.append(Step("override", final, factor, count, np.where(count > 0, "override", "none")))
    return _Totals(components, steps, computed, final)


def _known(cell: np.ndarray) -> np.ndarray:
    return cell[cell >= 0]


def _named(step: Step, option: str) -> Step:
    return Step(step.name, step.after, step.factor, step.n, option)


def _duplication_step(spots: Spots, after: Three) -> Step:
    cells, table = spots.cells, spots.duplication.table
    before = spots.crude.sum_by(spots.cell, n=cells.n).point
    factor = np.where(before > 0, after.point / np.where(before > 0, before, 1), 1.0)
    option, n = np.full(cells.n, "none", dtype=object), np.zeros(cells.n, dtype=int)
    cell = cells.of(table)
    option[cell[cell >= 0]] = table["source"].to_numpy(dtype=object)[cell >= 0]
    n[cell[cell >= 0]] = table["n"].to_numpy()[cell >= 0]
    return Step("duplication", after, factor, n, option)


def _tables(study: Study, parts: Parts, totals: _Totals, options: Options) -> StudyEstimates:
    spots, online, unlisted, cells = parts.spots, parts.online, parts.unlisted, parts.spots.cells
    stamp = Stamp(spots.duplication.table, options)
    by_municipality = _municipalities(study, totals, cells, stamp)
    national = sum_by(by_municipality, ["kp"])
    national = stamp(add_rates(national, study.municipalities, study.denominators))
    spot_table = _spot_table(spots, stamp)
    interview = number_interviews(study.level1)
    day_people = _day_people(spots, options)
    return StudyEstimates(
        national=national,
        municipalities=by_municipality,
        spots=spot_table,
        typologies=stamp(typologies_table(spot_table, study.virtual, online)),
        days=stamp(dynamics.days_table(day_people, cells, options=options), basis="day"),
        municipality_days=stamp(dynamics.days_by_cell(day_people, cells, options=options), basis="day"),
        uplift=dynamics.uplift_table(day_people, cells, study.municipalities, options=options),
        components=stamp(totals.components),
        national_components=stamp(sum_by(totals.components, ["kp", "component", "channel"])),
        steps=steps_table(totals.steps, cells),
        ratios=spots.ratios,
        duplication=spots.duplication.table,
        effort=effort_table(spots.units, study.level1, study.level2, interview),
        informants=informants_table(study.level1, interview),
        size_classes=size_classes_table(spot_table),
        concentration=concentration_table(spot_table),
        ages=ages_table(study.people),
        unions=unions_table(national_estimates(national), study.people),
        extrapolated=extrapolate_study(by_municipality, study.municipalities, study.denominators),
        checks=checks_table(study, online, totals.components),
        options=options,
        notices=(
            *spots.duplication.notices,
            *online.notices,
            *unlisted.notices,
            *chain_notices(study, spots.units, spots.ratios),
        ),
        unlisted=unlisted.table,
        attendance=attendance_table(study, parts),
        dual=dual_table(study, parts),
    )


def _municipalities(study: Study, totals: _Totals, cells: Cells, stamp: Stamp) -> pd.DataFrame:
    computed = {f"computed_{end}": values for end, values in totals.computed.columns().items()}
    table = pd.DataFrame({**cells.keys(), **totals.final.columns(), **computed})
    names = study.municipalities.set_index("municipality")["name"]
    table.insert(1, "name", table["municipality"].map(names))
    return stamp(add_rates(table, study.municipalities, study.denominators))


def _spot_table(spots: Spots, stamp: Stamp) -> pd.DataFrame:
    frame = spots.units.table
    keys = frame[["municipality", "zone", "kp", "spot_id", "typology", "status", "new", "unsafe"]]
    level1 = {f"level1_{end}": values for end, values in spots.sizes.level1.columns().items()}
    table = keys.assign(
        **level1,
        ratio=np.where(spots.groups.unvisited, spots.ratio, 1.0),
        duplication=spots.duplication.factor,
        **spots.people.columns(),
    )
    return stamp(table)


def _day_people(spots: Spots, options: Options) -> dynamics.DayPeople:
    return dynamics.people_by_day(
        spots.units,
        spots.groups,
        spots.sizes,
        spots.active,
        usual_sizes(spots, options),
        spots.duplication.factor,
        spots.cells,
        min_spots=options.ratio_min_spots,
    )


def _day_sizes(spots: Spots, options: Options) -> tuple[Three | None, ...]:
    return tuple(
        dynamics.day_sizes(
            spots.units,
            spots.groups,
            spots.sizes,
            spots.active,
            usual_sizes(spots, options),
            min_spots=options.ratio_min_spots,
        )
    )


def usual_sizes(spots: Spots, options: Options) -> Three:
    """Return sizes of a usual day: days are built from them, whichever basis the totals have."""
    if options.size_basis == "usual_day":
        return spots.crude
    ratio, _ = estimate_ratios(
        spots.units, spots.sizes.level1.point, spots.sizes.usual.point, options=options
    )
    return size_spots(spots.groups, spots.sizes, ratio, size_basis="usual_day")
