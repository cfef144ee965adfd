"""One function for each kind of interval: tables with ranges in, the same tables with that interval out."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from pse import checks
from pse.estimate import EstimateWarning
from pse.records.study import Study
from pse.spots.attendance import attendance_table, dual_table, without_bounds
from pse.spots.bootstrap import Ready, make_state, run_blocks
from pse.spots.draws import ROUNDING, Draws, percentile_interval, varies
from pse.spots.model import fit_model
from pse.spots.model_formulas import Scales
from pse.spots.model_sampler import Run
from pse.spots.overlap import unions_table
from pse.spots.rates import rate_per_1000
from pse.spots.results import StudyEstimates, national_estimates

if TYPE_CHECKING:
    from pse.spots.chain import Parts

KINDS = ("range", "bootstrap", "model")
METHODS = {"confidence": "bootstrap", "credible": "model"}
Kind = Literal["confidence", "credible"]


def check_interval(interval: str, *, level: float, replicates: int) -> None:
    """Refuse a kind of interval that does not exist, a level or a number of draws that cannot be."""
    if interval not in KINDS:
        raise ValueError(f"interval must be 'range', 'bootstrap' or 'model'; got {interval!r}.")
    if interval != "range":
        checks.level(level)
        checks.count(replicates=replicates, at_least=2)


def with_interval(
    sizes: StudyEstimates,
    study: Study,
    parts: Parts,
    *,
    interval: str,
    level: float,
    replicates: int,
    rng: np.random.Generator | None,
    engine: Any,
) -> StudyEstimates:
    """Return the estimates with the interval asked for: the one place where the kinds part."""
    if interval == "range":
        return sizes
    make = bootstrap_interval if interval == "bootstrap" else model_interval
    return make(sizes, study, parts, level=level, replicates=replicates, rng=rng, engine=engine)


def bootstrap_interval(
    sizes: StudyEstimates,
    study: Study,
    parts: Parts,
    *,
    level: float,
    replicates: int,
    rng: np.random.Generator | None,
    engine: Any,
) -> StudyEstimates:
    """Return the estimates with percentile intervals of a bootstrap; points stay those of the chain.

    Parameters
    ----------
    sizes : StudyEstimates
        With ranges.
    study, parts
        The records and what the chain made of them.
    level, replicates, rng
        As in `estimate_study`; without `rng` the draws differ from run to run.
    engine
        As in `pse.engine.run_tasks`.

    Warns
    -----
    EstimateWarning
        For each KP that has no interval; the sentence is among the notices too.
    """
    ready = make_state(study, parts, sizes.options)
    generator = np.random.default_rng() if rng is None else rng
    columns = run_blocks(ready.state, replicates, generator, engine=engine)
    return _with_draws(sizes, study, parts, ready, columns, level=level, kind="confidence")


def model_interval(
    sizes: StudyEstimates,
    study: Study,
    parts: Parts,
    *,
    level: float,
    replicates: int,
    rng: np.random.Generator | None,
    engine: Any,
    scales: Scales | None = None,
    run: Run | None = None,
) -> StudyEstimates:
    """Return the estimates with credible intervals of the hierarchical model; points stay those of the chain.

    The points are the replication estimate whatever the kind of interval, so that one study has one number;
    where the posterior mean differs, the interval shows it: its middle is the posterior's, not the point.

    Parameters
    ----------
    sizes, study, parts, level, replicates, rng, engine
        As in `bootstrap_interval`; the sampler itself runs here, only the draws of sizes run on `engine`.
    scales : Scales, optional
        Scales held fixed; by default all are estimated but those that the options give.
    run : Run, optional
        Length of the run of the sampler.

    Raises
    ------
    ConvergenceError
        If the chains have not converged after a second, longer run.
    ValueError
        If numpyro is not installed, naming the extra.

    Warns
    -----
    EstimateWarning
        For each KP that has no interval.
    """
    generator = np.random.default_rng() if rng is None else rng
    fit = fit_model(study, parts, sizes.options, rng=generator, scales=scales, run=run)
    columns = run_blocks(fit.ready.state, replicates, generator, engine=engine)
    drawn = _with_draws(sizes, study, parts, fit.ready, columns, level=level, kind="credible")
    return replace(drawn, diagnostics=fit.diagnostics)


def _with_draws(
    sizes: StudyEstimates,
    study: Study,
    parts: Parts,
    ready: Ready,
    columns: np.ndarray,
    *,
    level: float,
    kind: Kind,
) -> StudyEstimates:
    found = _split(columns, ready.columns)
    draws = joint_draws(columns, ready, parts, level=level, kind=kind)
    for kp, reason in ready.without.items():
        warnings.warn(f"{kp}: no {kind} interval: {reason}.", EstimateWarning, stacklevel=5)
    return _fill_tables(sizes, study, parts, ready, found, draws)


def _split(columns: np.ndarray, parts: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return views of the columns of a draw by the name of their part."""
    ends = np.cumsum([0, *parts.values()])
    return {name: columns[:, ends[i] : ends[i + 1]] for i, name in enumerate(parts)}


def joint_draws(
    columns: np.ndarray, ready: Ready, parts: Parts, *, level: float, kind: Kind = "confidence"
) -> Draws:
    """Return totals and components by municipality and KP; overrides stand in the totals only."""
    found = _split(columns, ready.columns)
    cells = parts.spots.cells
    shape = (-1, len(cells.municipalities), len(cells.kps))
    unlisted = [values for name, values in found.items() if name.startswith("unlisted")]
    components = {
        "spots": found["spots"],
        "nonspot": found["nonspot"][:, : cells.n] + found["nonspot"][:, cells.n :],
        "virtual": found["virtual"],
    }
    if unlisted:
        components["unlisted"] = np.sum(unlisted, axis=0)
    total = np.sum(list(components.values()), axis=0)
    total[:, ready.override_cells] = found["override"]
    blank = np.array([kp in ready.without for kp in cells.kps], dtype=bool)
    shaped = {name: values.reshape(shape) for name, values in components.items()}
    people = total.reshape(shape)
    if blank.any():
        people[:, :, blank] = np.nan
        shaped = {name: np.where(blank, np.nan, values) for name, values in shaped.items()}
    return Draws(tuple(cells.municipalities), tuple(cells.kps), people, shaped, level, kind)


def _fill_tables(
    sizes: StudyEstimates,
    study: Study,
    parts: Parts,
    ready: Ready,
    found: dict[str, np.ndarray],
    draws: Draws,
) -> StudyEstimates:
    """Put the intervals of the draws into every table that has draws; the others keep their range."""
    cells = parts.spots.cells
    fill = _Fill(ready.without, draws)
    computed = np.sum(list(draws.components.values()), axis=0)
    by_cell = draws.people.reshape(draws.replicates, -1)
    has_spots: np.ndarray = np.asarray(parts.at_spots.point > 0)
    own = ~np.isin(np.arange(cells.n), ready.override_cells)
    places = fill(sizes.municipalities, by_cell, random=has_spots, use=own)
    places = _computed(places, computed.reshape(draws.replicates, -1), fill)
    counted = np.bincount(np.flatnonzero(has_spots) % len(cells.kps), minlength=len(cells.kps)) > 0
    national = fill(sizes.national, draws.people.sum(axis=1), random=counted)
    national = _computed(national, computed.sum(axis=1), fill)
    days = found["days"].reshape(draws.replicates, 7, len(cells.municipalities), len(cells.kps))
    by_kp = days.sum(axis=2).transpose(0, 2, 1).reshape(draws.replicates, -1)
    of_parts = _component_rows(sizes.components, found, parts)
    tables: dict[str, Any] = {
        "national": _rates(national),
        "municipalities": _rates(places),
        "components": fill(sizes.components, of_parts),
        "national_components": fill(
            sizes.national_components, _over_municipalities(sizes.components, of_parts)
        ),
        "typologies": fill(sizes.typologies, _typology_rows(sizes.typologies, found, ready)),
        "days": fill(sizes.days, by_kp),
        "municipality_days": fill(
            sizes.municipality_days,
            days.reshape(draws.replicates, -1),
            random=np.tile(has_spots, 7),
        ),
    }
    if len(national["interval"].unique()) == 1:
        tables["unions"] = unions_table(national_estimates(tables["national"]), study.people)
    drawn = _of_kps(found, ready, parts)
    tables["attendance"] = attendance_table(study, parts, drawn, level=draws.level)
    tables["dual"] = dual_table(study, parts, drawn, level=draws.level)
    told = _notices(sizes, places, national, ready, draws.kind)
    more = [said for name in ("attendance", "dual") for said in without_bounds(tables[name], ready.without)]
    more = [*_added_without_range(tables["components"], ready.without), *more]
    return replace(sizes, draws=draws, notices=(*told, *more), **tables)


def _of_kps(found: dict[str, np.ndarray], ready: Ready, parts: Parts) -> dict[str, np.ndarray]:
    """Return the draws by cell and by KP, blank for KPs without an interval."""
    kps = parts.spots.cells.kps
    blank = np.array([kp in ready.without for kp in kps], dtype=bool)
    shown = {}
    for name in ("day", "week", "online_at_spots", "uses_platforms"):
        shown[name] = np.where(blank, np.nan, found[name])
    for name in ("spots", "virtual"):
        shown[name] = np.where(np.tile(blank, len(parts.spots.cells.municipalities)), np.nan, found[name])
    return shown


class _Fill:
    """Put percentile intervals into a table, row by row."""

    def __init__(self, without: Mapping[str, str], draws: Draws) -> None:
        self._without, self._level, self._kind = without, draws.level, draws.kind
        self._method = f", {METHODS[draws.kind]} of {draws.replicates:,} draws"

    def __call__(
        self,
        table: pd.DataFrame,
        values: np.ndarray,
        *,
        random: np.ndarray | None = None,
        use: np.ndarray | None = None,
    ) -> pd.DataFrame:
        """Return `table` with the intervals of `values` (draws x rows).

        A row keeps its range where its KP has no interval, where `use` is false, or where all draws are
        equal and nothing of it is random: then nothing is known about its error.
        """
        if table.empty:
            return table
        lower, upper = self.bounds(values, table["point"].to_numpy(dtype=float))
        vary = varies(values, table["point"].to_numpy(dtype=float))
        vary = vary | (False if random is None else random)
        keep = vary & ~table["kp"].astype(str).isin(self._without).to_numpy()
        keep &= np.ones(len(table), dtype=bool) if use is None else use
        method = table["method"].astype(object)
        return table.assign(
            lower=np.where(keep, lower, table["lower"]),
            upper=np.where(keep, upper, table["upper"]),
            interval=np.where(keep, self._kind, table["interval"].astype(object)),
            level=np.where(keep, self._level, np.nan),
            method=method.where(~keep, method + self._method),
        )

    def bounds(self, values: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return percentile bounds; a point outside them becomes the bound it passes."""
        lower, upper = percentile_interval(values, level=self._level)
        return np.minimum(lower, point), np.maximum(upper, point)


def _computed(table: pd.DataFrame, values: np.ndarray, fill: _Fill) -> pd.DataFrame:
    """Put the interval before overrides into the columns `computed_lower` and `computed_upper`."""
    if table.empty:
        return table
    lower, upper = fill.bounds(values, table["computed_point"].to_numpy(dtype=float))
    keep = (table["interval"] != "range").to_numpy()
    return table.assign(
        computed_lower=np.where(keep, lower, table["computed_lower"]),
        computed_upper=np.where(keep, upper, table["computed_upper"]),
    )


def _rates(table: pd.DataFrame) -> pd.DataFrame:
    adults = table["adults"].to_numpy(dtype=float)
    ends = {"rate_lower": "lower", "rate_upper": "upper"}
    return table.assign(
        **{rate: rate_per_1000(people=table[end].to_numpy(), adults=adults) for rate, end in ends.items()}
    )


def _component_rows(table: pd.DataFrame, found: dict[str, np.ndarray], parts: Parts) -> np.ndarray:
    """Return the draws of each row of `.components`."""
    cells = parts.spots.cells
    cell = cells.of(table)
    unlisted = sum(
        (values for name, values in found.items() if name.startswith("unlisted")), 0 * found["spots"]
    )
    phone = (table["channel"] == "phone").to_numpy()
    columns = []
    for row, name in enumerate(table["component"]):
        source = {"spots": found["spots"], "virtual": found["virtual"], "unlisted": unlisted}.get(name)
        if source is None:
            columns.append(found["nonspot"][:, cell[row] + (cells.n if phone[row] else 0)])
        else:
            columns.append(np.asarray(source)[:, cell[row]])
    return np.column_stack(columns) if columns else np.zeros((len(found["spots"]), 0))


def _over_municipalities(components: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Return the draws of each row of `.national_components`: bounds of random intervals do not add up."""
    row = components.groupby(["kp", "component", "channel"], observed=True).ngroup().to_numpy()
    return values @ np.eye(row.max(initial=-1) + 1)[row]


def _typology_rows(table: pd.DataFrame, found: dict[str, np.ndarray], ready: Ready) -> np.ndarray:
    """Return the draws of each row of `.typologies`."""
    columns = []
    for _, row in table.iterrows():
        keys, values = (
            (ready.typologies, found["typology"])
            if row["component"] == "spots"
            else (ready.platforms, found["platform"])
        )
        at = np.flatnonzero((keys["kp"] == row["kp"]) & (keys["typology"] == row["typology"]))
        columns.append(values[:, at].sum(axis=1))
    return np.column_stack(columns) if columns else np.zeros((len(found["spots"]), 0))


def _notices(
    sizes: StudyEstimates, places: pd.DataFrame, national: pd.DataFrame, ready: Ready, kind: str
) -> tuple[str, ...]:
    told = [f"{kp}: no {kind} interval: {reason}." for kp, reason in ready.without.items()]
    still = places[(places["interval"] == "range") & ~places["kp"].isin(ready.without)]
    still = still[still["lower"] == still["upper"]]
    if len(still):
        told.append(
            f"{len(still)} municipality x KP row(s) have no interval and are marked as a range: nobody is "
            "counted at spots there, and the numbers added come without a range."
        )
    for kp in _without_width(national):
        told.append(
            f"{kp}: no width of the national size is drawn: nothing recorded says how far its numbers err."
        )
    sure = places[~places["kp"].isin(_without_width(national))]
    if _without_width(sure):
        told.append(
            f"{len(_without_width(sure))} municipality x KP row(s) have an interval without width: nothing "
            "in the records says how far their numbers err."
        )
    return (*sizes.notices, *told, *ready.notices)


def _added_without_range(components: pd.DataFrame, without: Collection[str]) -> list[str]:
    """Say for which KPs people who are added count as exact, because they come without a range."""
    added = components[(components["component"] != "spots") & ~components["kp"].isin(without)]
    flat = added[(added["lower"] == added["upper"]) & (added["point"] > 0)]
    return [
        f"{kp}: people added without a recorded range ({', '.join(sorted(set(rows['component'])))}) count as "
        "exact, so the interval holds no error of theirs."
        for kp, rows in flat.groupby("kp", observed=True)
    ]


def _without_width(table: pd.DataFrame) -> list[str]:
    """Return the KP of every row whose random interval has no width though there are people."""
    width = table["upper"] - table["lower"]
    none = (table["interval"] != "range") & (width <= ROUNDING * (1 + table["point"]))
    return table.loc[none & (table["point"] > 0), "kp"].astype(str).tolist()
