"""National numbers that are sums of parts under other names: waterfall, unlisted people, check of two sides.

A running total of the waterfall less the one before is a part; so are people at spots and online less those
at spots. Equal sums are one unit, whichever table prints them: they are hidden together, or none of them is.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

import pandas as pd

from mapping.release.system import Atom, Place, Row

NATION = "nation"
AFTER = {
    "duplication": ("spots",),
    "nonspot": ("spots", "nonspot"),
    "virtual": ("spots", "nonspot", "virtual"),
    "unlisted": ("spots", "nonspot", "virtual", "unlisted"),
}
"""Components that a step of the waterfall has summed so far."""

BEFORE = "sum/before duplication"


def nation_rows(
    tables: Mapping[str, pd.DataFrame],
    parts: Sequence[Atom],
    *,
    total: Mapping[Atom, float],
    one_over_d: Mapping[str, float],
    ends: Sequence[str],
) -> Iterator[Row]:
    """Yield the rows of `steps`, `unlisted` and `dual` of one KP.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        As they go out, of one KP; any of the three may be missing.
    parts : sequence of Atom
        People of every component in every municipality.
    total : mapping of Atom to float
        The national total, overrides included.
    one_over_d : mapping of str to float
        1 / D by municipality, where it is known to the reader; else empty.
    ends : sequence of str
        Which of point, lower and upper add up.

    Notes
    -----
    People before duplication (step `ratio`) are people at spots x 1 / D: one more sum of the same parts,
    which solves for two hidden ones whose D differ. Earlier steps are sums of nothing else that is printed.
    That step and `total` of `dual` are hidden by rules of their own too (`hide`), so they are of kind
    `other`: numbers to compute with, not judged themselves.
    """
    steps = tables.get("steps", pd.DataFrame())
    if len(steps) and "municipality" not in steps:
        for label, step, *values in zip(steps.index, steps["step"], *(steps[e] for e in ends), strict=True):
            sums = _sums_of_step(str(step), parts, total, one_over_d)
            for end, value in zip(ends, values, strict=True):
                kind = "other" if step == "ratio" else "people" if end == "point" else "bound"
                yield from _row(sums, end, value, kind, ("steps", label, end))
    for name, column, kind, components in (
        ("unlisted", "people", "people", ("unlisted",)),
        ("dual", "total", "other", ("spots", "virtual")),
    ):
        table = tables.get(name, pd.DataFrame())
        if len(table) and "municipality" not in table:
            sums = _sum_of(components, parts)
            for label, value in zip(table.index, table[column], strict=True):
                yield from _row(sums, "point", value, kind, (name, label, column))


Sum = tuple[str, Mapping[Atom, float]]


def _sums_of_step(
    step: str, parts: Sequence[Atom], total: Mapping[Atom, float], one_over_d: Mapping[str, float]
) -> Sum:
    """Return the unit of a running total and its atoms; none where they are not known."""
    if step == "override":
        return NATION, total
    if step == "ratio":
        at_spots = _sum_of(AFTER["duplication"], parts)[1]
        known = all(atom[1] in one_over_d for atom in at_spots)
        return BEFORE, {atom: one_over_d[atom[1]] for atom in at_spots} if known else {}
    return _sum_of(AFTER.get(step, ()), parts)


def _sum_of(components: Collection[str], parts: Sequence[Atom]) -> Sum:
    """Return the unit and the atoms of a sum of components; a sum of one or of all has the name of that."""
    chosen = {atom: 1.0 for atom in parts if atom[2].partition("/")[0] in components}
    items = sorted({atom[2] for atom in chosen})
    if len(chosen) == len(parts):
        return NATION, chosen
    return f"part/{items[0]}" if len(items) == 1 else f"sum/{' '.join(items)}", chosen


def _row(sums: Sum, end: str, value: float, kind: str, place: Place) -> Iterator[Row]:
    unit, weights = sums
    if weights:
        at = {(*atom, end): weight for atom, weight in weights.items()}
        yield Row(unit, at, float("nan") if pd.isna(value) else float(value), kind=kind, places=(place,))
