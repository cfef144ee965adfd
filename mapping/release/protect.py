"""What is hidden of a study, so that no sensitive number can be worked out of what is left.

Where no choice of numbers is enough, nothing of the KP is printed; where the audit finds a gap all the same,
less is: first no parts, days and typologies, then no municipality, and in the end nothing. So a release never
fails and never gives way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mapping.release.printed import NATION, Tables, rows_of
from mapping.release.reader import Reader
from mapping.release.sensitive import Sensitive, find_sensitive, limits, loose_needs, needs_of
from mapping.release.suppress import UnprotectableError, loss, suppress
from mapping.release.system import Place, Row, System, assemble

TOTAL_LOSS, KIND_LOSS, PART_LOSS, MARGIN_LOSS = 10.0, 2.0, 1.0, 50.0


@dataclass(frozen=True)
class Hidden:
    """What is hidden of one KP, and why; the reasons never leave this package.

    Attributes
    ----------
    units : frozenset of str
        Hidden units.
    places : frozenset of Place
        Where their numbers are printed.
    whole : bool
        Whether the national size is hidden, and with it everything of the KP.
    reasons : dict of Place to str
        `size`, `dominance` or `few` of the sensitive numbers, by where they are printed.
    loss : float
        Loss of what was hidden beside the sensitive numbers.
    """

    units: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()
    whole: bool = False
    reasons: Mapping[Place, str] = field(default_factory=dict)
    loss: float = 0.0


@dataclass(frozen=True)
class Earlier:
    """What readers have from earlier releases, of one KP.

    Attributes
    ----------
    facts : tuple of Row
        Numbers that were printed and are still true: they can be used, and hiding them hides nothing.
    shown : frozenset of str
        Units of which an older number was printed: they hide nobody else, because who remembers it
        subtracts it.
    hidden : frozenset of str
        Units that were hidden: they stay hidden.
    """

    facts: tuple[Row, ...] = ()
    shown: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()


def numbers_of(tables: Tables, kp: str) -> System:
    """Return every printed number of one KP, with the loss when it is hidden.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        As for `rows_of`, with every number.
    kp : str
        KP code.
    """
    return assemble(rows_of(tables, kp), cost=loss_of)


def protect(
    system: System,
    spots: pd.DataFrame,
    *,
    threshold: float,
    earlier: Earlier | None = None,
    less: int = 0,
) -> Hidden:
    """Return what must be hidden of one KP so that a reader who knows the rules finds no sensitive number.

    Parameters
    ----------
    system : System
        From `numbers_of`.
    spots : pandas.DataFrame
        `.spots` of the estimates of this KP.
    threshold : float
        Sizes under so many people are sensitive.
    earlier : Earlier, optional
        What readers have already.
    less : int
        How much less is printed from the start: 1 no parts, days and typologies, 2 no municipality.
    """
    earlier = earlier or Earlier()
    if _smallest_nation(system) < threshold:
        return Hidden(whole=True)
    found = find_sensitive(system, spots, threshold=threshold)
    facts = _facts(earlier, {system.rows[row].unit for row in found.reasons})
    system = assemble([*system.rows, *facts], cost=loss_of) if facts else system
    start = _start(system, found, earlier, less)
    if start is None:
        return Hidden(whole=True)
    try:
        return _chosen(system, found, start, earlier, threshold)
    except UnprotectableError:  # then no more numbers of this KP are enough, however many are hidden
        return Hidden(whole=True)


def _smallest_nation(system: System) -> float:
    return min(row.value for row in system.rows if row.unit == NATION and row.kind == "people")


def _facts(earlier: Earlier, sensitive: set[str]) -> list[Row]:
    """Return what is known already as rows that are never hidden.

    A number that is sensitive now and was printed before is out: it is hidden all the same.
    """
    return [row._replace(unit="", places=()) for row in earlier.facts if row.unit not in sensitive]


def loss_of(unit: str, people: float) -> float:
    """Return the loss when a unit is hidden: what readers need, plus log10(1 + people).

    A municipal total costs 10, because readers need it most; a typology or mean rate 2, a part of a
    municipality 1; national parts and days 50, so that they go only where nothing else helps. A national
    size is never hidden to protect another number. The term of size is small: one large cell is given up
    rather than two small ones. The prices are ours.
    """
    kind = unit.partition("/")[0]
    size = float(np.log10(1 + max(people, 0.0)))
    if kind == NATION:
        return float("inf")
    if kind == "part" and unit.count("/") > 2:
        return PART_LOSS + size
    return {"total": TOTAL_LOSS, "kind": KIND_LOSS, "mean rate": KIND_LOSS}.get(kind, MARGIN_LOSS) + size


def _start(system: System, found: Sensitive, earlier: Earlier, less: int) -> np.ndarray | None:
    """Return what is hidden from the start: the sensitive units; all but totals; all but the nation.

    None where nothing of the KP can be printed.
    """
    units = [system.rows[row].unit for row in found.reasons]
    if NATION in units:
        return None
    sensitive = system.mask(units) | system.mask(earlier.hidden)
    totals = np.array([unit.startswith("total/") for unit in system.units])
    may = np.isfinite(system.cost)
    return dict(enumerate((sensitive, sensitive | (may & ~totals), may))).get(less)


def _chosen(
    system: System, found: Sensitive, start: np.ndarray, earlier: Earlier, threshold: float
) -> Hidden:
    reader = Reader(system, limits(system, found.reasons, threshold=threshold))
    needs = needs_of(system, found, threshold=threshold)
    remembered = earlier.shown - {system.rows[row].unit for row in found.reasons}
    needs = [replace(need, known=need.known | remembered) for need in needs]
    hidden = suppress(reader, needs, start, loose=loose_needs(system, found.reasons, threshold=threshold))
    places = frozenset(
        place for i, row in enumerate(system.rows) if hidden[system.unit[i]] for place in row.places
    )
    reasons = {place: reason for row, reason in found.reasons.items() for place in system.rows[row].places}
    units = frozenset(np.array(system.units, dtype=object)[hidden])
    return Hidden(units, places, False, reasons, loss(system, hidden, start))
