"""Which published numbers are tied to which: the sums between the tables of one KP.

Everything is read from the tables as they go out; a blank is a hidden number. The same relations serve to
choose what to hide (from the true tables) and to audit what was published.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mapping.release.linked import ENDS, Cell, Sum, System, assemble

Tables = Mapping[str, pd.DataFrame]
Numbers = dict[Cell, tuple[float, ...]]
SPOTS = "spots/geographic"
TOGETHER = 1e-6
"""People by which two printed numbers may differ and still be the same."""


def linked_cells(tables: Tables, kp: str) -> System:
    """Return every number of people of one KP and the sums that tie them.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        `national, municipalities, components, municipality_days, national_components, typologies, days,
        uplift, extrapolated` as they go out, and `duplication` where D by municipality is known.
    kp : str
        KP code; people of different KPs are never summed.

    Returns
    -------
    System
        Municipal totals -> national; components of a municipality -> its total and -> the national component;
        typologies -> component; days by municipality -> national days; and the relations with other
        weights: the mean rate of municipalities, and people at spots before duplication.

    Notes
    -----
    Where no municipality was overridden, the total and the computed total are one cell. Only `range` bounds
    add up; other bounds only keep lower <= point <= upper. A day on which every spot has its usual size is
    the spots component under another name, as the national numbers show.
    """
    one = {name: _only(table, kp) for name, table in tables.items()}
    numbers = read_numbers(one)
    ends = ENDS if one["national"]["interval"].eq("range").all() else ENDS[:1]
    sums = _total_sums(one, numbers, ends) + _part_sums(numbers, ends) + _typology_sums(numbers, ends)
    sums += _count_sums(one, numbers) + _day_sums(numbers, ends)
    sums += _mean_rate_sums(one, numbers, ends) + _uplift_sums(one, numbers)
    return assemble(sums, numbers, unit=unit_of, cost=loss_of, with_unit=_hidden_with(numbers))


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, by name of column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _only(table: pd.DataFrame, kp: str) -> pd.DataFrame:
    return table[table["kp"].astype(str).eq(kp)] if "kp" in table else table


def unit_of(cell: Cell) -> Cell:
    """Return what a cell is hidden with: a row, both kinds of total, or all that is about people at spots."""
    if cell.table == "computed" and cell.place:
        return Cell("total", cell.place)
    if cell.table == "count" and cell.item:
        return Cell("typology", "", cell.item)
    if cell.table == "day" and cell.place:
        return Cell("part", cell.place, SPOTS)
    return cell


LOSS = {"total": 10.0, "part": 1.0, "typology": 2.0, "mean rate": 2.0, "computed": 9.0}
MARGIN_LOSS = 50.0
NATIONAL_LOSS = 1000.0


def loss_of(unit: Cell, people: float) -> float:
    """Return the loss when a unit is hidden: what readers need, plus log10(1 + people).

    A municipal total costs 10, because readers need it most; a typology 2, a component of a municipality 1;
    national parts 50, so that they go only where nothing else helps, and a national total 1,000, the very
    last. The term of size is small: one large cell is given up rather than two small ones.
    """
    size = float(np.log10(1 + max(people, 0.0)))
    if unit.table == "count":
        return float("inf")  # the table of effort shows it
    if unit.table in ("usual", "weekend"):
        return MARGIN_LOSS + size
    if not unit.place and unit.table in ("total", "part", "day"):
        return (NATIONAL_LOSS if unit.table == "total" else MARGIN_LOSS) + size
    return LOSS[unit.table] + size


def _hidden_with(numbers: Numbers) -> "_After":
    parts: dict[str, list[Cell]] = {}
    for cell in numbers:
        if cell.place and cell.table in ("part", "day"):
            parts.setdefault(cell.place, []).append(unit_of(cell))
    return _After(parts)


class _After:
    """What must be hidden with a unit: with a municipal total its components and days."""

    def __init__(self, parts: Mapping[str, list[Cell]]) -> None:
        self._parts = parts

    def __call__(self, unit: Cell) -> list[Cell]:
        if unit.table == "total" and unit.place:
            return list(dict.fromkeys(self._parts.get(unit.place, [])))
        return []


def read_numbers(one: Tables) -> Numbers:
    """Return the numbers of one KP by cell, NaN where they are hidden."""
    numbers: Numbers = {Cell("total"): _ends(records(one["national"])[0])}
    numbers[Cell("computed")] = _ends(records(one["national"])[0], "computed_")
    for row in records(one["municipalities"]):
        place = str(row["municipality"])
        numbers[Cell("total", place)] = _ends(row)
        numbers[Cell("computed", place)] = _ends(row, "computed_")
    for row in records(one["national_components"]):
        numbers[Cell("part", "", _part(row))] = _ends(row)
    for row in records(one["components"]):
        numbers[Cell("part", str(row["municipality"]), _part(row))] = _ends(row)
    for row in records(one["typologies"]):
        item = f"{row['component']}/{row['typology']}"
        numbers[Cell("typology", "", item)] = _ends(row)
        if row["component"] == "spots":
            numbers[Cell("count", "", item)] = (_number(row["spots"]),)
    for row in records(one["days"]):
        numbers[Cell("day", "", str(row["day"]))] = _ends(row)
    for row in records(one["municipality_days"]):
        numbers[Cell("day", str(row["municipality"]), str(row["day"]))] = _ends(row)
    return numbers


def _part(row: Mapping[str, Any]) -> str:
    return f"{row['component']}/{row['channel']}"


def _number(value: Any) -> float:
    return float("nan") if pd.isna(value) else float(value)


def _ends(row: Mapping[str, Any], before: str = "") -> tuple[float, ...]:
    return tuple(_number(row[f"{before}{end}"]) for end in ENDS)


def _same(numbers: Numbers, first: Cell, second: Cell) -> bool:
    a, b = np.array(numbers[first]), np.array(numbers[second])
    return bool(np.isclose(a, b, rtol=1e-9, atol=TOGETHER).all())


def places_of(numbers: Numbers) -> list[str]:
    """Return the municipalities that have a total."""
    return [cell.place for cell in numbers if cell.table == "total" and cell.place]


def _total_sums(one: Tables, numbers: Numbers, ends: tuple[str, ...]) -> list[Sum]:
    """Return the sums of totals; drop the computed ones where nothing was overridden."""
    places = places_of(numbers)
    apart = [
        m for m in places if _shown(numbers, m) and not _same(numbers, Cell("total", m), Cell("computed", m))
    ]
    blank = [m for m in places if not _shown(numbers, m)]
    together = _same(numbers, Cell("total"), Cell("computed")) and not apart
    if together:
        for place in ["", *places]:
            del numbers[Cell("computed", place)]
        return [Sum(Cell("total"), {Cell("total", m): 1.0 for m in places}, ends)]
    sums = [Sum(Cell(table), {Cell(table, m): 1.0 for m in places}, ends) for table in ("total", "computed")]
    alike = [m for m in places if m not in apart and m not in blank]
    if _left(numbers, "total", places) == _left(numbers, "computed", places):
        alike += blank
    return sums + [Sum(Cell("total", m), {Cell("computed", m): 1.0}) for m in alike]


def _shown(numbers: Numbers, place: str) -> bool:
    return not np.isnan([numbers[Cell("total", place)][0], numbers[Cell("computed", place)][0]]).any()


def _left(numbers: Numbers, table: str, places: list[str]) -> float:
    """Return the people in municipalities whose number is blank."""
    return round(numbers[Cell(table)][0] - float(np.nansum([numbers[Cell(table, m)][0] for m in places])), 4)


def _part_sums(numbers: Numbers, ends: tuple[str, ...]) -> list[Sum]:
    """Components of a municipality -> its computed total, and -> the national component."""
    table = "computed" if Cell("computed") in numbers else "total"
    by_place: dict[str, list[Cell]] = {}
    by_item: dict[str, list[Cell]] = {}
    for cell in numbers:
        if cell.table == "part" and cell.place:
            by_place.setdefault(cell.place, []).append(cell)
            by_item.setdefault(cell.item, []).append(cell)
    national = [cell for cell in numbers if cell.table == "part" and not cell.place]
    sums = [Sum(Cell(table, m), dict.fromkeys(cells, 1.0)) for m, cells in by_place.items()]
    sums += [Sum(Cell("part", "", item), dict.fromkeys(cells, 1.0), ends) for item, cells in by_item.items()]
    return [*sums, Sum(Cell(table), dict.fromkeys(national, 1.0), ends)] if national else sums


def _typology_sums(numbers: Numbers, ends: tuple[str, ...]) -> list[Sum]:
    sums = []
    for part in (SPOTS, "virtual/web"):
        component = part.partition("/")[0]
        cells = [c for c in numbers if c.table == "typology" and c.item.startswith(f"{component}/")]
        if cells and Cell("part", "", part) in numbers:
            sums.append(Sum(Cell("part", "", part), dict.fromkeys(cells, 1.0), ends))
    return sums


def _count_sums(one: Tables, numbers: Numbers) -> list[Sum]:
    """Spots by typology -> spots of the table of effort that are active or were not visited."""
    cells = [cell for cell in numbers if cell.table == "count"]
    if not cells or one["effort"].empty:
        return []
    row = one["effort"].iloc[0]
    held = sum(_number(row[f"spots_{name}"]) for name in ("validated", "not_visited", "refused", "unsafe"))
    shown = [numbers[cell][0] for cell in cells]
    if np.isnan(held) or (not np.isnan(shown).any() and abs(sum(shown) - held) > TOGETHER):
        return []
    numbers[Cell("count")] = (held,)
    return [Sum(Cell("count"), dict.fromkeys(cells, 1.0), ENDS[:1])]


def _day_sums(numbers: Numbers, ends: tuple[str, ...]) -> list[Sum]:
    """Days by municipality -> national days, but for days on which every spot has its usual size."""
    sums = []
    for national in [cell for cell in numbers if cell.table == "day" and not cell.place]:
        cells = [c for c in numbers if c.table == "day" and c.item == national.item]
        pairs = {c: Cell("part", c.place, SPOTS) for c in cells}
        if all(part in numbers and not _differ(numbers, c, part) for c, part in pairs.items()):
            for cell in cells:  # the spots component under another name
                del numbers[cell]
        elif len(cells) > 1:
            sums.append(Sum(national, {c: 1.0 for c in cells if c.place}, ends))
    return sums


def _differ(numbers: Numbers, first: Cell, second: Cell) -> bool:
    known = not np.isnan([*numbers[first], *numbers[second]]).any()
    return known and not _same(numbers, first, second)


def _mean_rate_sums(one: Tables, numbers: Numbers, ends: tuple[str, ...]) -> list[Sum]:
    """Mean over municipalities of people / adults, from which the unmapped ones are extrapolated."""
    rows = one["extrapolated"]
    rows = rows[rows["form"].eq("mean")] if len(rows) else rows
    places = one["municipalities"]
    places = places[places["adults"].astype(float) > 0]
    if rows.empty or places.empty:
        return []
    row = records(rows)[0]
    numbers[Cell("mean rate")] = tuple(len(places) * x / float(row["adults"]) * 1000 for x in _ends(row))
    parts = {Cell("total", str(r["municipality"])): 1000 / float(r["adults"]) for r in records(places)}
    return [Sum(Cell("mean rate"), parts, ENDS)]


def _uplift_sums(one: Tables, numbers: Numbers) -> list[Sum]:
    """People at spots before duplication: sums of people / D, where D is known."""
    rows, known = {row["municipality_size"]: row for row in records(one["uplift"])}, one.get("weights")
    if known is None:
        return []
    sums = []
    for (table, size), group in known.groupby(["number", "municipality_size"]):
        cells = [Cell(*key) for key in zip(group["table"], group["municipality"], group["item"], strict=True)]
        cells = [c if c in numbers else Cell("part", c.place, SPOTS) for c in cells]
        if size in rows and all(cell in numbers for cell in cells):
            total = Cell(str(table), "", str(size))
            numbers[total] = (_number(rows[size][table]),)
            sums.append(Sum(total, _added(cells, group["weight"].to_numpy(dtype=float)), ENDS[:1]))
    return sums


def _added(cells: list[Cell], weights: np.ndarray) -> dict[Cell, float]:
    """Return the weight of each cell; two days with one number are one cell."""
    found: dict[Cell, float] = {}
    for cell, weight in zip(cells, weights, strict=True):
        found[cell] = found.get(cell, 0.0) + float(weight)
    return found
