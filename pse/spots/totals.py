"""Step 8: spots to municipality to nation, point, lower and upper summed separately and unrounded."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.spots.nonspot import channel_of_setting, nonspot_people
from pse.spots.sizes import SpotSizes
from pse.spots.three import Three
from pse.spots.units import Units
from pse.spots.virtual import Virtual

STEPS = (
    "level1",
    "inactive",
    "validated",
    "new",
    "ratio",
    "duplication",
    "nonspot",
    "virtual",
    "unlisted",
    "override",
)
"""Steps of the chain in their order; `.steps` has one row per municipality x KP x step.

`unlisted` is there only where it was asked for."""


@dataclass(frozen=True)
class Cells:
    """The municipality x KP cells of the study: every mapped municipality, zero or not."""

    municipalities: list[str]
    kps: list[str]

    @property
    def n(self) -> int:
        """Number of cells."""
        return len(self.municipalities) * len(self.kps)

    def of(self, table: pd.DataFrame) -> np.ndarray:
        """Return the cell of each row of a table with `municipality` and `kp`."""
        place = pd.Index(self.municipalities).get_indexer(pd.Index(table["municipality"].astype(object)))
        kp = pd.Index(self.kps).get_indexer(pd.Index(table["kp"].astype(object)))
        return np.where((place >= 0) & (kp >= 0), place * len(self.kps) + kp, -1)

    def of_units(self, units: Units) -> np.ndarray:
        """Return the cell of each unit, by the categories of its table."""
        place, kp = units.table["municipality"].cat, units.table["kp"].cat
        places = pd.Index(self.municipalities).get_indexer(place.categories)[place.codes]
        kps = pd.Index(self.kps).get_indexer(kp.categories)[kp.codes]
        return np.where((places >= 0) & (kps >= 0), places * len(self.kps) + kps, -1)

    def keys(self) -> dict[str, np.ndarray]:
        """Return the key columns of a table with one row per cell."""
        return {
            "municipality": np.repeat(np.asarray(self.municipalities, dtype=object), len(self.kps)),
            "kp": np.tile(np.asarray(self.kps, dtype=object), len(self.municipalities)),
        }


@dataclass(frozen=True)
class Groups:
    """What each step touches: masks over units, with inactive standing for not found and duplicate too."""

    inactive: np.ndarray
    active: np.ndarray
    new: np.ndarray
    unvisited: np.ndarray


def group_units(units: Units) -> Groups:
    """Return which units are closed, active, new and active, or listed without a visit."""
    frame = units.table
    listed = frame["listed"].to_numpy()
    active = (frame["status"] == "active").to_numpy()
    closed = frame["status"].isin(["inactive", "not_found", "duplicate"]).to_numpy()
    return Groups(listed & closed, listed & active, ~listed & active, listed & ~active & ~closed)


def size_spots(groups: Groups, sizes: SpotSizes, ratio: np.ndarray, *, size_basis: str) -> Three:
    """Return the size of every unit before duplication: validated, else level 1 x R, else 0.

    Inactive, not found and duplicate spots are 0; refused and unsafe ones count as not visited.
    """
    seen = sizes.validated(size_basis).where(groups.active | groups.new)
    return sizes.level1.times(ratio).where(groups.unvisited, seen)


@dataclass(frozen=True)
class Step:
    """One step of the waterfall: totals by cell after it, the factor on what it touches, and how many."""

    name: str
    after: Three
    factor: np.ndarray
    n: np.ndarray
    option: np.ndarray | str


def spot_steps(
    cell: np.ndarray,
    cells: Cells,
    groups: Groups,
    sizes: SpotSizes,
    crude: Three,
    *,
    size_basis: str,
    pool: str,
) -> list[Step]:
    """Return the steps from level 1 to the corrected list, each a running total by cell."""
    n, seen = cells.n, sizes.validated(size_basis)
    parts = {
        "level1": (sizes.level1, np.ones(len(cell), dtype=bool)),
        "inactive": (sizes.level1.where(~groups.inactive), groups.inactive),
        "validated": (seen.where(groups.active, sizes.level1.where(groups.unvisited)), groups.active),
    }
    with_new = seen.where(groups.active | groups.new, sizes.level1.where(groups.unvisited))
    parts |= {"new": (with_new, groups.new), "ratio": (crude, groups.unvisited)}
    options = {"level1": pool, "inactive": "size 0", "validated": size_basis, "new": size_basis, "ratio": ""}
    steps: list[Step] = []
    before = sizes.level1
    for name, (after, touched) in parts.items():
        factor = _factor(before, after, touched, cell, n)
        count = np.bincount(cell[touched & (cell >= 0)], minlength=n)
        steps.append(Step(name, after.sum_by(cell, n=n), factor, count, options[name]))
        before = after
    return steps


def _factor(before: Three, after: Three, touched: np.ndarray, cell: np.ndarray, n: int) -> np.ndarray:
    """Return after / before of what the step touches; 1 where there was nothing before."""
    rows = np.flatnonzero(touched & (cell >= 0))
    start = np.bincount(cell[rows], weights=before.point[rows], minlength=n)
    end = np.bincount(cell[rows], weights=after.point[rows], minlength=n)
    return np.where(start > 0, end / np.where(start > 0, start, 1), 1.0)


def added_steps(start: Three, components: dict[str, tuple[Three, np.ndarray]]) -> list[Step]:
    """Return the steps that add people who are not at spots; `components` has people and rows by cell."""
    steps = []
    for name, (people, rows) in components.items():
        start = start + people
        steps.append(Step(name, start, np.ones(len(rows)), rows, "added"))
    return steps


def steps_table(steps: list[Step], cells: Cells) -> pd.DataFrame:
    """Return `.steps`: `municipality, kp, order, step, factor, n, option, point, lower, upper`."""
    parts = [
        pd.DataFrame(
            {
                **cells.keys(),
                "order": order,
                "step": step.name,
                "factor": step.factor,
                "n": step.n,
                "option": step.option,
                **step.after.columns(),
            }
        )
        for order, step in enumerate(steps, start=1)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["municipality", "kp", "order"], kind="stable", ignore_index=True)


def components_table(
    cells: Cells,
    spots: Three,
    nonspot: pd.DataFrame,
    virtual: pd.DataFrame,
    online: Virtual,
    unlisted: Three | None = None,
) -> pd.DataFrame:
    """Return people by `municipality, kp, component, channel`; they add up to the computed totals.

    Spots have a row in every cell, and so have unlisted spots where they were asked for; the other
    components only where people were recorded.
    """
    spot_rows = pd.DataFrame(
        {**cells.keys(), "component": "spots", "channel": "geographic", **spots.columns()}
    )
    home = pd.DataFrame(
        {
            "municipality": nonspot["municipality"].to_numpy(dtype=object),
            "kp": nonspot["kp"].to_numpy(dtype=object),
            "component": "nonspot",
            "channel": channel_of_setting(nonspot["setting"]),
            **nonspot_people(nonspot).columns(),
        }
    )
    web = pd.DataFrame(
        {
            "municipality": virtual["municipality"].to_numpy(dtype=object),
            "kp": virtual["kp"].to_numpy(dtype=object),
            "component": "virtual",
            "channel": "web",
            **online.only.columns(),
        }
    )
    keys = ["municipality", "kp", "component", "channel"]
    if unlisted is not None:
        hidden = {**cells.keys(), "component": "unlisted", "channel": "geographic", **unlisted.columns()}
        spot_rows = pd.concat([spot_rows, pd.DataFrame(hidden)], ignore_index=True)
    added = pd.concat([part for part in (home, web) if len(part)] or [home], ignore_index=True)
    added = added.groupby(keys, as_index=False)[["point", "lower", "upper"]].sum()
    parts = [part for part in (spot_rows, added) if len(part)] or [spot_rows]
    return pd.concat(parts, ignore_index=True).sort_values(keys, kind="stable", ignore_index=True)


def component_by_cell(components: pd.DataFrame, component: str, cells: Cells) -> Three:
    """Return the people of one component in every cell."""
    rows = components[components["component"] == component]
    return Three.of(rows).sum_by(cells.of(rows), n=cells.n)


def sum_by(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the sums of point, lower and upper (and their computed ones) by `keys`, each on its own.

    A range does not narrow with aggregation: it bounds reporting error, given R, D and the adders.
    """
    numbers = [
        name
        for name in (
            "point",
            "lower",
            "upper",
            "computed_point",
            "computed_lower",
            "computed_upper",
        )
        if name in table
    ]
    return table.groupby(keys, as_index=False, observed=True)[numbers].sum()
