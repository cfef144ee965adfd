"""Bootstrap of a near-census of listed spots: what is drawn, made ready once (METHOD, section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse.engine import finish_tasks, split_work
from pse.records.study import Study
from pse.spots.attendance import week_factors
from pse.spots.bootstrap_added import nonspot_ranges, override_ranges, platform_rows
from pse.spots.bootstrap_block import Donors, PeopleFactor, State, replicate_block
from pse.spots.bootstrap_visits import drawn_factors, people_factor
from pse.spots.donors import ALL_CLOSED, NO_DONOR, ONE_DONOR, find_donors
from pse.spots.model_draws import ModelSizes
from pse.spots.options import Options
from pse.spots.spread import (
    TRUSTED_DF,
    correction_variance,
    log_ratios,
    paule_mandel,
    pooled_sd,
    within_squares,
)
from pse.spots.sums import Sums, indicator, stacked
from pse.spots.units import Units

if TYPE_CHECKING:
    from pse.spots.chain import Parts

CELLS_PER_BLOCK = 2_000_000
"""Units x draws of one block at most: what is in memory at once, whatever the number of draws."""

DRAWS_PER_BLOCK = 100


@dataclass(frozen=True)
class Ready:
    """What a bootstrap needs: the state of a draw, the keys of its columns, and what to tell the reader.

    `columns` says how many columns of a draw each part has, in their order. `without` maps a KP that has no
    interval to the reason; `override_cells` are the cells of the overrides.
    """

    state: State
    columns: dict[str, int]
    typologies: pd.DataFrame
    platforms: pd.DataFrame
    override_cells: np.ndarray
    without: dict[str, str]
    notices: tuple[str, ...]


def block_size(units: int) -> int:
    """Return how many draws each block has: it depends on the study, never on who computes the blocks.

    Examples
    --------
    >>> block_size(1000), block_size(1_000_000)
    (100, 2)
    """
    return max(1, min(DRAWS_PER_BLOCK, CELLS_PER_BLOCK // max(units, 1)))


def run_blocks(
    state: State, replicates: int, rng: np.random.Generator, *, engine: Any = "serial"
) -> np.ndarray:
    """Return all draws, shape (replicates, columns): bit for bit the same for the same `rng`, anywhere.

    Parameters
    ----------
    state : State
        From `make_state`.
    replicates : int
        Number of draws.
    rng : numpy.random.Generator
        Gives the entropy of the seeds.
    engine
        As in `pse.engine.run_tasks`.
    """
    blocks = split_work(replicates, block=block_size(state.units))
    starts = np.cumsum([0, *blocks])
    draws = np.zeros((0, 0))
    for number, block in finish_tasks(replicate_block, blocks, state=state, seed=rng, engine=engine):
        if not draws.size:
            draws = np.empty((replicates, block.shape[1]))
        draws[starts[number] : starts[number + 1]] = block
    return draws


def make_state(study: Study, parts: Parts, options: Options) -> Ready:
    """Return what a draw needs, from the records and what the chain made of them.

    Notes
    -----
    Municipalities, zones, the list and the visited set are fixed. Drawn are: the reporting error of visited
    spots; one factor per municipality x KP for its team; unvisited spots, from donors; answers about visits;
    ranges of accounts and of people not at spots; profiles per person. Level 1 is taken to share no team
    effect: informants of a municipality do not all lean one way because of the team that asks them.
    """
    return _ready(study, parts, _reported(parts, options), None)


def model_state(
    study: Study, parts: Parts, model: ModelSizes, without: dict[str, str], notices: tuple[str, ...]
) -> Ready:
    """Return what a draw needs when sizes come from the model; the rest is as in the bootstrap."""
    nobody = np.zeros(0, dtype=np.int64)
    return _ready(study, parts, _Reported(nobody, np.zeros(0), nobody, 0.0, (), without, notices), model)


@dataclass(frozen=True)
class _Reported:
    """How reported sizes err in the bootstrap: fields of `State`, KPs without an interval, notices."""

    seen: np.ndarray
    log_variance: np.ndarray
    team: np.ndarray
    team_sd: float
    donors: tuple[Donors, ...]
    without: dict[str, str]
    notices: tuple[str, ...]


def _reported(parts: Parts, options: Options) -> _Reported:
    spots, cells = parts.spots, parts.spots.cells
    e1, e2 = spots.sizes.level1.point, spots.sizes.validated(options.size_basis).point
    seen = np.flatnonzero(spots.groups.active | spots.groups.new)
    sd, notices = _interview_sd(parts, options)
    team_sd, said = _team_sd(parts, e1, e2, options)
    donors, lost = find_donors(spots.units, e1, e2, spots.groups.unvisited, options=options)
    kp = spots.units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    variance = correction_variance(
        sd=np.nan_to_num(sd[kp[seen]]), n=np.maximum(spots.sizes.active_rows[seen], 1)
    )
    place = np.where(spots.cell[seen] >= 0, spots.cell[seen], cells.n)
    without = _without(parts, sd, lost, donors)
    notices = [*notices, *_closed(donors, spots.units)]
    if len(without) < len(spots.units.kps):
        notices += said
    return _Reported(seen, np.asarray(variance), place, team_sd, tuple(donors), without, tuple(notices))


def _ready(study: Study, parts: Parts, reported: _Reported, model: ModelSizes | None) -> Ready:
    spots, cells = parts.spots, parts.spots.cells
    visits, told = drawn_factors(
        spots.units, study.level2, study.people, spots.crude.point, spots.duplication
    )
    week, day_sums, week_sums = _week(study, parts)
    sums, typologies, lines = _sums(parts)
    overrides, override_cells = override_ranges(study, cells)
    platforms, platform_table = platform_rows(study, parts.online, cells)
    columns = {
        **lines,
        "day": len(cells.kps),
        "week": len(cells.kps),
        "nonspot": 2 * cells.n,
        "override": len(override_cells),
        "virtual": cells.n,
        "platform": len(platform_table),
        "online_at_spots": len(cells.kps),
        "uses_platforms": len(cells.kps),
        **{f"unlisted{i}": cells.n for i in range(len(parts.unlisted.draws))},
    }
    state = State(
        units=len(spots.units.table),
        seen=reported.seen,
        log_variance=reported.log_variance,
        team=reported.team,
        teams=cells.n + 1,
        team_sd=reported.team_sd,
        donors=reported.donors,
        visits=visits,
        week=week,
        sums=sums,
        day_sums=day_sums,
        week_sums=week_sums,
        nonspot=nonspot_ranges(study, cells),
        overrides=overrides,
        platforms=platforms,
        unlisted=parts.unlisted.draws,
        model=model,
    )
    notices = (*reported.notices, *told)
    return Ready(state, columns, typologies, platform_table, override_cells, reported.without, notices)


def _interview_sd(parts: Parts, options: Options) -> tuple[np.ndarray, list[str]]:
    """Return sigma by KP of the units: given, or from spots with several interviews; NaN if unknown."""
    units, active = parts.spots.units, parts.spots.active
    n = len(units.kps)
    if options.interview_sd is not None:
        return np.full(n, float(options.interview_sd)), []
    middle = _middle(active.rows, options.size_basis)
    good = middle > 0
    kp = units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    squares, df = within_squares(
        np.log(middle[good]), active.part[good], kp[active.unit], n_groups=len(active.unit), n_labels=n
    )
    sd = pooled_sd(squares, df)
    has = np.bincount(kp[active.unit], minlength=n) > 0
    return sd, _about_sd(sd, df, [name if has[code] else "" for code, name in enumerate(units.kps)])


def _about_sd(sd: np.ndarray, df: np.ndarray, kps: list[str]) -> list[str]:
    """Return sentences about what sigma of each KP rests on; a KP without visited spots is blank in `kps`."""
    total = int(df.sum())
    said = []
    for code, name in enumerate(kps):
        if np.isnan(sd[code]) or not name:
            continue
        if sd[code] == 0:
            said.append(
                f"{name}: all repeated interviews say the same, so no error of reports is drawn; give "
                "interview_sd if you know better."
            )
        elif df[code] < min(TRUSTED_DF, total) and (df[code] == 0 or total >= TRUSTED_DF):
            said.append(
                f"{name}: spots were interviewed again {int(df[code])} time(s), too few to tell the error of "
                "a report, so that of all KPs together is taken."
            )
    if 0 < total < TRUSTED_DF and any(kps):
        said.append(
            f"Spots were interviewed again {total} time(s) in all, so the error of a report, and with it the "
            "width of the intervals, is itself poorly known; give interview_sd if you know better."
        )
    return said


def _closed(donors: list[Donors], units: Units) -> list[str]:
    """Say how many unvisited spots count as nobody because all visited spots like them were closed."""
    closed = [part.receivers for part in donors if len(part.donors) and not part.ratio.any()]
    n = sum(len(receivers) for receivers in closed)
    return [ALL_CLOSED.format(n=n)] if n else []


def _middle(rows: pd.DataFrame, size_basis: str) -> np.ndarray:
    """Return the middle of the range of each active interview; a blank peak is the usual size."""
    ends = []
    for end in ("min", "max"):
        usual = rows[f"usual_{end}"].to_numpy(dtype=float)
        peak = rows[f"peak_{end}"].to_numpy(dtype=float)
        ends.append(np.where(np.isnan(peak), usual, peak) if size_basis == "peak_day" else usual)
    return (ends[0] + ends[1]) / 2


def _team_sd(parts: Parts, e1: np.ndarray, e2: np.ndarray, options: Options) -> tuple[float, list[str]]:
    """Return tau: given, or from the spread between municipalities of ln(sum E2 / sum E1)."""
    if options.team_sd is not None:
        return float(options.team_sd), []
    spots = parts.spots
    used = spots.groups.active & (e1 > 0) & (e2 > 0) & (spots.cell >= 0)
    kp = spots.units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    tau2 = float("nan")
    if used.any():
        y, variance, of_kp = log_ratios(e1[used], e2[used], spots.cell[used], kp[used])
        tau2 = paule_mandel(y, variance, of_kp)
    if np.isnan(tau2):
        return 0.0, [
            "No KP has visited spots in two municipalities, so an error that the whole team of a "
            "municipality shares cannot be seen and is not in the intervals; give team_sd to put one in, "
            "such as 0.15 for teams that count 15% too many or too few."
        ]
    return float(np.sqrt(tau2)), []


def _without(parts: Parts, sd: np.ndarray, lost: np.ndarray, donors: list[Donors]) -> dict[str, str]:
    """Return the KPs without an interval, with the reason."""
    spots = parts.spots
    kp = spots.units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    nobody = np.zeros(0, dtype=int)
    alone = np.concatenate([nobody, *(part.receivers for part in donors if len(part.donors) < 2)])
    reasons = {}
    for code, name in enumerate(spots.units.kps):
        here = kp == code
        seen = here & (spots.groups.active | spots.groups.new)
        if (kp[lost] == code).any():
            reasons[name] = NO_DONOR
        elif (kp[alone] == code).any():
            reasons[name] = ONE_DONOR
        elif seen.any() and np.isnan(sd[code]):
            reasons[name] = (
                "no spot has two interviews, so the error of a report is not known and it keeps its range; "
                "give interview_sd, such as 0.3 for reports that are off by 30%"
            )
    return reasons


def _week(study: Study, parts: Parts) -> tuple[tuple[PeopleFactor, ...], Sums, Sums]:
    """Return D from days of attendance where recorded, and the sums of people of a day and of a week."""
    spots, kps = parts.spots, parts.spots.cells.kps
    units, size = spots.units, spots.crude.point
    week, answers = week_factors(parts, study.people)
    kp = units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    row = pd.Index(kps).get_indexer(pd.Index(units.kps))
    asked = np.unique(kp[answers["unit"].to_numpy(dtype=int)])
    factors = tuple(people_factor(units, answers, kp == code, size, week)[0] for code in asked)
    at = row[kp] if len(kp) else kp
    return (
        factors,
        indicator(at, n=len(kps), values=size),
        indicator(at, n=len(kps), values=size * week),
    )


def _sums(parts: Parts) -> tuple[Sums, pd.DataFrame, dict[str, int]]:
    """Return the sums that a draw makes over units, the keys of typologies, and how many rows each has."""
    spots, cells = parts.spots, parts.spots.cells
    people = spots.people.point
    frame = spots.units.table
    held = ~frame["status"].isin(["inactive", "not_found", "duplicate"]).to_numpy()
    typology = frame["typology"].astype(object).where(frame["typology"].notna(), "not recorded")
    keys = pd.MultiIndex.from_arrays([frame["kp"].astype(object), typology], names=["kp", "typology"])
    code, found = pd.factorize(keys) if len(keys) else (np.zeros(0, int), keys)
    table = pd.DataFrame([tuple(key) for key in found], columns=["kp", "typology"])
    matrices = [
        indicator(spots.cell, n=cells.n, values=people),
        indicator(np.where(held, code, -1), n=len(table), values=people),
    ]
    for size in parts.days:
        of_day = people if size is None else (size.times(spots.duplication.factor)).point
        matrices.append(indicator(spots.cell, n=cells.n, values=of_day))
    rows = {"spots": cells.n, "typology": len(table), "days": 7 * cells.n}
    return stacked(matrices), table, rows
