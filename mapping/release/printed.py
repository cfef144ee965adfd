"""Which numbers the tables print, as rows over atoms: read from the tables as they go out.

The same rows serve to choose what to hide (from the tables with every number) and to audit what was
published (where a hidden number is blank). One KP at a time: people of different KPs are never summed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mapping.release.nation import nation_rows
from mapping.release.system import ENDS, Atom, Row

Tables = Mapping[str, pd.DataFrame]
Record = Mapping[Any, Any]
SPOTS = "spots"
NATION = "nation"
SAME = 1e-6
"""People by which two printed numbers may differ and still be the same."""

HALF_DIGIT = 5e-4
"""Half a unit of the last decimal of `factor`, which is printed with three (`FACTOR_DECIMALS`)."""


def rows_of(tables: Tables, kp: str) -> list[Row]:
    """Return the rows of one KP.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        `national, municipalities, components, national_components, typologies, days, municipality_days,
        extrapolated, effort, steps, unlisted, dual` as they go out, and `weights` (`municipality, kp,
        weight`: 1 / D) where duplication by municipality is known to the reader. Any but the first two may be
        missing.
    kp : str
        KP code.

    Notes
    -----
    Only bounds of a `range` add up; bounds of other intervals stand for themselves and go with their point.
    A day on which every spot has its usual size is the people at spots under another name. Where nothing was
    overridden the total of a municipality is the sum of its parts.
    """
    return list(_Printed({name: _only(table, kp) for name, table in tables.items()}).rows())


def _only(table: pd.DataFrame, kp: str) -> pd.DataFrame:
    return table[table["kp"].astype(str).eq(kp)] if "kp" in table else table


class _Printed:
    """The tables of one KP while they are read."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._ends = ENDS if tables["national"]["interval"].eq("range").all() else ENDS[:1]
        self._parts = self._parts_of_places()
        self._apart = self._overridden()
        self._as_usual = self._days_as_usual()

    def rows(self) -> Iterator[Row]:
        yield from self._totals()
        yield from self._components()
        yield from self._typologies()
        yield from self._counts()
        yield from self._days()
        yield from self._factors()
        yield from self._mean_rate()
        yield from self._nation()

    def _table(self, name: str) -> pd.DataFrame:
        return self._tables.get(name, pd.DataFrame(columns=["municipality"]))

    def _people(
        self,
        name: str,
        unit: Callable[[Record], str],
        atoms: Callable[[Record], Mapping[Atom, float]],
        before: str = "",
    ) -> Iterator[Row]:
        """Yield the rows of point, lower and upper of every row of a table."""
        for label, row in _records(self._table(name)):
            weights = atoms(row)
            for end in self._ends:
                kind = "people" if end == "point" else "bound"
                at = {(*atom, end): weight for atom, weight in weights.items()}
                value = _number(row[f"{before}{end}"])
                yield Row(unit(row), at, value, kind=kind, places=((name, label, f"{before}{end}"),))

    # What is what, in atoms ------------------------------------------------------------------------

    def _parts_of_places(self) -> dict[str, list[Atom]]:
        parts: dict[str, list[Atom]] = {str(m): [] for m in self._tables["municipalities"]["municipality"]}
        for _, row in _records(self._table("components")):
            parts.setdefault(str(row["municipality"]), []).append(_part(row))
        return parts

    def _computed(self, place: str) -> Mapping[Atom, float]:
        return dict.fromkeys(self._parts[place] or [("total", place)], 1.0)

    def _total(self, place: str) -> Mapping[Atom, float]:
        return {("total", place): 1.0} if place in self._apart else self._computed(place)

    def _overridden(self) -> set[str]:
        """Return municipalities whose total is not the computed one; of blank ones nothing is known."""
        table, national = self._tables["municipalities"], self._tables["national"].iloc[0]
        if "computed_point" not in table:
            return set()
        apart = (table["point"] - table["computed_point"]).abs() > SAME
        left = [float(national[n]) - float(table[n].sum()) for n in ("point", "computed_point")]
        if table["point"].isna().any() and abs(left[0] - left[1]) > SAME * (1 + len(table)):
            apart |= table["point"].isna()
        return set(table.loc[apart, "municipality"].astype(str))

    def _sum(self, of: Callable[[str], Mapping[Atom, float]]) -> Mapping[Atom, float]:
        return {atom: weight for place in self._parts for atom, weight in of(place).items()}

    def _day(self, place: str, day: str) -> Mapping[Atom, float]:
        """Return the atoms of a municipality on one day; days with the same numbers share theirs."""
        same = self._as_usual[day]
        if same == SPOTS:
            return self._at_spots(place)
        return {("day", place, same): 1.0}

    def _at_spots(self, place: str) -> Mapping[Atom, float]:
        return {atom: 1.0 for atom in self._parts[place] if atom[2].startswith(f"{SPOTS}/")}

    def _days_as_usual(self) -> dict[str, str]:
        """Return for each day `spots`, or the first day that has the same numbers everywhere."""
        seen: dict[str, dict[str, float]] = {}
        if len(self._table("components")):
            seen[SPOTS] = self._by_place("components", "national_components", "component", SPOTS)
        same: dict[str, str] = {}
        for day in dict.fromkeys(self._table("municipality_days").get("day", ())):
            numbers = self._by_place("municipality_days", "days", "day", day)
            same[str(day)] = next((name for name, other in seen.items() if _alike(numbers, other)), str(day))
            seen.setdefault(same[str(day)], numbers)
        return same

    def _by_place(self, places: str, nation: str, column: str, name: str) -> dict[str, float]:
        """Return the points of one component or day by municipality, and of the nation."""
        rows, whole = self._table(places), self._table(nation)
        rows = rows[rows[column].eq(name)]
        found = dict(zip(rows["municipality"].astype(str), rows["point"].astype(float), strict=True))
        if len(whole):
            found[NATION] = float(whole.loc[whole[column].eq(name), "point"].sum(min_count=1))
        return found

    # What is printed -------------------------------------------------------------------------------

    def _totals(self) -> Iterator[Row]:
        yield from self._people("national", lambda _: NATION, lambda _: self._sum(self._total))
        yield from self._people(
            "municipalities",
            lambda row: f"total/{row['municipality']}",
            lambda row: self._total(str(row["municipality"])),
        )
        if "computed_point" in self._tables["municipalities"]:
            yield from self._people(
                "municipalities",
                lambda row: f"total/{row['municipality']}",
                lambda row: self._computed(str(row["municipality"])),
                "computed_",
            )
        if "computed_point" in self._tables["national"]:
            yield from self._people(
                "national", lambda _: NATION, lambda _: self._sum(self._computed), "computed_"
            )

    def _components(self) -> Iterator[Row]:
        yield from self._people("components", _unit_of_part, lambda row: {_part(row): 1.0})
        yield from self._people(
            "national_components", lambda row: f"part/{_item(row)}", lambda row: self._sum_of_item(_item(row))
        )

    def _sum_of_item(self, item: str) -> Mapping[Atom, float]:
        return {atom: 1.0 for parts in self._parts.values() for atom in parts if atom[2] == item}

    def _typologies(self) -> Iterator[Row]:
        yield from self._people(
            "typologies",
            lambda row: f"kind/{row['component']}/{row['typology']}",
            lambda row: {("kind", str(row["component"]), str(row["typology"])): 1.0},
        )
        kinds = self._table("typologies")
        for component, rows in kinds.groupby("component", observed=True) if len(kinds) else []:
            atoms = {("kind", str(component), str(name)): 1.0 for name in rows["typology"]}
            parts = {
                atom: -1.0
                for own in self._parts.values()
                for atom in own
                if atom[2].startswith(f"{component}/")
            }
            if parts and self._adds_up(rows, str(component)):
                for end in self._ends:
                    yield Row("", {(*atom, end): w for atom, w in (atoms | parts).items()}, 0.0)

    def _adds_up(self, rows: pd.DataFrame, component: str) -> bool:
        """Return whether typologies and municipalities hold the same people, as far as can be seen."""
        whole = self._table("national_components")
        total = (
            whole.loc[whole["component"].eq(component), "point"].sum(skipna=False) if len(whole) else np.nan
        )
        return not abs(rows["point"].sum(skipna=False) - total) > SAME * (1 + abs(total))

    def _counts(self) -> Iterator[Row]:
        """Spots by typology and, from the table of effort, all that are active or were not visited."""
        kinds, effort = self._table("typologies"), self._table("effort")
        kinds = kinds[kinds["component"].eq(SPOTS)] if len(kinds) else kinds
        for label, row in _records(kinds):
            atom = ("count", str(row["typology"]), "point")
            unit = f"kind/{SPOTS}/{row['typology']}"
            yield Row(
                unit,
                {atom: 1.0},
                _number(row["spots"]),
                kind="count",
                places=(("typologies", label, "spots"),),
            )
        if len(kinds) and len(effort):
            names = [f"spots_{name}" for name in ("validated", "not_visited", "refused", "unsafe")]
            held = float(effort.iloc[0][names].astype(float).sum())
            shown = kinds["spots"].astype(float)
            if shown.isna().any() or abs(shown.sum() - held) < SAME:
                yield Row("", {("count", str(name), "point"): 1.0 for name in kinds["typology"]}, held)

    def _days(self) -> Iterator[Row]:
        yield from self._people(
            "municipality_days",
            lambda row: f"part/{row['municipality']}/{SPOTS}/geographic",
            lambda row: self._day(str(row["municipality"]), str(row["day"])),
        )
        if len(self._table("municipality_days")):
            yield from self._people(
                "days",
                lambda row: f"day/{row['day']}",
                lambda row: self._sum(lambda place: self._day(place, str(row["day"]))),
            )

    def _factors(self) -> Iterator[Row]:
        """Factors of days: people before duplication on that day over those on a usual day, rounded.

        Where sizes are of peak days nobody printed those of a usual day: any day with a factor stands for
        it, and two factors tell how two days compare.
        """
        weights = self._table("weights")
        if not len(weights):
            return
        one_over_d = dict(
            zip(weights["municipality"].astype(str), weights["weight"].astype(float), strict=True)
        )
        factors = {str(row["day"]): _number(row["factor"]) for _, row in _records(self._table("days"))}
        labels = {str(row["day"]): label for label, row in _records(self._table("days"))}
        against, least, most = self._usual(factors)
        for day, factor in factors.items():
            if self._as_usual.get(day, against) != self._as_usual.get(against, against):
                lowest, highest = (factor - HALF_DIGIT) / most, (factor + HALF_DIGIT) / least
                for end, room in ((lowest, (0.0, np.inf)), (highest, (np.inf, 0.0))):
                    at = self._above(day, 0.0 if np.isnan(factor) else end, against, one_over_d)
                    value = np.nan if np.isnan(factor) else 0.0
                    yield Row(f"day/{day}", at, value, room, places=(("days", labels[day], "factor"),))

    def _usual(self, factors: Mapping[str, float]) -> tuple[str, float, float]:
        """Return what factors compare with, `spots` or a day, and the least and most of its own factor."""
        national = self._tables["national"].iloc[0]
        if national.get("size_basis", "usual_day") == "usual_day":
            return SPOTS, 1.0, 1.0
        for day, factor in factors.items():
            if factor > HALF_DIGIT:
                return day, factor - HALF_DIGIT, factor + HALF_DIGIT
        return SPOTS, 1.0, 1.0

    def _above(
        self, day: str, factor: float, against: str, weights: Mapping[str, float]
    ) -> dict[Atom, float]:
        """Return people before duplication on one day less factor x those on another."""
        entries: dict[Atom, float] = {}
        for place, weight in weights.items():
            _add(entries, self._day(place, day), weight)
            usual = self._at_spots(place) if against == SPOTS else self._day(place, against)
            _add(entries, usual, -weight * factor)
        return {(*atom, "point"): weight for atom, weight in entries.items()}

    def _mean_rate(self) -> Iterator[Row]:
        """Mean over municipalities of people / adults, from which unmapped ones are extrapolated."""
        rows, places = self._table("extrapolated"), self._tables["municipalities"]
        rows = rows[rows["form"].eq("mean")] if len(rows) else rows
        places = places[places["adults"].astype(float) > 0]
        if rows.empty or places.empty:
            return
        weights: dict[Atom, float] = {}
        for _, row in _records(places):
            _add(weights, self._total(str(row["municipality"])), 1000 / float(row["adults"]))
        first = rows.iloc[0]
        for end in self._ends:
            rate = len(places) * _number(first[end]) / float(first["adults"]) * 1000
            at = {(*atom, end): weight for atom, weight in weights.items()}
            yield Row("mean rate", at, rate, places=(("extrapolated", first.name, end),))

    def _nation(self) -> Iterator[Row]:
        """Waterfall, people at unlisted spots and the check from two sides: sums over all municipalities."""
        weights = self._table("weights")
        one_over_d = dict(zip(weights.get("municipality", ()), weights.get("weight", ()), strict=True))
        parts = [atom for own in self._parts.values() for atom in own]
        yield from nation_rows(
            self._tables,
            parts,
            total=self._sum(self._total),
            one_over_d={str(place): float(weight) for place, weight in one_over_d.items()},
            ends=self._ends,
        )


def _number(value: object) -> float:
    return float("nan") if pd.isna(value) else float(value)  # type: ignore[arg-type,call-overload]


def _records(table: pd.DataFrame) -> Iterator[tuple[object, Record]]:
    """Yield label and values of each row; much quicker than one Series, or `to_dict`, per row."""
    names, columns = list(table.columns), [table[name].tolist() for name in table.columns]
    for label, *values in zip(table.index, *columns, strict=True):
        yield label, dict(zip(names, values, strict=True))


def _item(row: Record) -> str:
    return f"{row['component']}/{row['channel']}"


def _part(row: Record) -> Atom:
    return ("part", str(row["municipality"]), _item(row))


def _unit_of_part(row: Record) -> str:
    return f"part/{row['municipality']}/{_item(row)}"


def _add(entries: dict[Atom, float], more: Mapping[Atom, float], weight: float) -> None:
    for atom, share in more.items():
        entries[atom] = entries.get(atom, 0.0) + share * weight


def _alike(first: Mapping[str, float], second: Mapping[str, float]) -> bool:
    """Return whether two sets of numbers are the same, as far as both can be seen; the nation must be."""
    apart = np.array([first[name] - second[name] for name in first if name in second])
    if NATION in first and NATION in second and np.isnan(first[NATION] - second[NATION]):
        return False
    known = apart[~np.isnan(apart)]
    return bool(len(known)) and bool((np.abs(known) < SAME).all())
