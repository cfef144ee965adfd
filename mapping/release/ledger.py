"""The ledger: what went out before, so that a new release does not give away what an earlier one hid.

It is a folder with one folder for each release: the tables as they were published and a note of when and at
which level. It holds nothing that did not leave already, and it is read with the same rows as a new release.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from mapping.release.levels import LEVELS, Level
from mapping.release.printed import Tables, rows_of
from mapping.release.protect import Earlier
from mapping.release.system import Atom, Row

LINKED = (
    "national", "municipalities", "components", "national_components", "typologies", "days",
    "municipality_days", "extrapolated", "effort", "steps", "unlisted", "dual",
)  # fmt: skip
"""Tables whose numbers are tied to each other by sums; the ledger keeps these."""

NOTE = "release.json"
TOLD_APART = 1e-5
"""People by which a number must have changed to be another one; numbers are printed with 6 decimals."""


class LedgerError(ValueError):
    """The ledger cannot be used, or a release must not go out after the earlier ones."""


@dataclass(frozen=True)
class PastRelease:
    """One earlier release: its day (`2026-11-26`), its level and its linked tables, hidden numbers blank."""

    day: str
    level: Level
    tables: Mapping[str, pd.DataFrame] = field(repr=False)


def read_ledger(folder: str | Path) -> list[PastRelease]:
    """Return the releases of a ledger, the oldest first; none if the folder is not there yet.

    Raises
    ------
    LedgerError
        If it is no folder, or a release in it cannot be read: a ledger with a gap would protect nobody.
    """
    if Path(folder).exists() and not Path(folder).is_dir():
        raise LedgerError(
            f"ledger must be a folder; got {Path(folder).name!r}, which is a file. Name another."
        )
    found = []
    for place in sorted(path for path in Path(folder).glob("[0-9]*") if path.is_dir()):
        try:
            note = json.loads((place / NOTE).read_text(encoding="utf-8"))
            names = [name for name in LINKED if (place / f"{name}.csv").exists()]
            tables = {name: _read(place / f"{name}.csv") for name in names}
            found.append(PastRelease(str(note["day"]), _level(note["level"]), tables))
        except (OSError, KeyError, ValueError) as error:
            raise LedgerError(
                f"ledger must hold whole releases; got {place.name!r}, which cannot be read. Put it back "
                "from a copy, or begin a new ledger and say so in your records."
            ) from error
    return found


def _level(name: object) -> Level:
    if name not in LEVELS:
        raise KeyError(name)
    return name  # type: ignore[return-value]


def _read(path: Path) -> pd.DataFrame:
    text = dict.fromkeys(("municipality", "kp", "typology", "component", "channel", "day", "form"), str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""], encoding="utf-8-sig")  # type: ignore[arg-type]


def write_to_ledger(tables: Tables, folder: str | Path, *, level: Level, day: str) -> Path:
    """Add a release to a ledger and return its folder there; that of the same release if it is in already.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        `.tables` of the release.
    folder : str or pathlib.Path
        The ledger; made if it is not there.
    level : {"public", "programme"}
        Who may see it. `restricted` results are no release.
    day : str
        `2026-11-26`.
    """
    if level == "restricted":
        raise LedgerError("level must be public or programme; got 'restricted', which does not go out.")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise LedgerError(f"day must be a date such as 2026-11-26; got {day!r}.")
    ledger = Path(folder)
    texts = {
        f"{name}.csv": tables[name].round(6).to_csv(index=False, lineterminator="\n")
        for name in LINKED
        if name in tables
    }
    again = next((place for place in ledger.glob(f"*-{level}") if _holds_files(place, texts)), None)
    if again is not None:
        return again
    last = max((int(path.name[:4]) for path in ledger.glob("[0-9][0-9][0-9][0-9]-*")), default=0)
    place = ledger / f"{last + 1:04d}-{day}-{level}"
    unfinished = ledger / f".{place.name}"
    unfinished.mkdir(parents=True)
    for name, text in texts.items():
        (unfinished / name).write_text(text, encoding="utf-8", newline="")
    (unfinished / NOTE).write_text(json.dumps({"day": day, "level": level}), encoding="utf-8")
    unfinished.rename(place)
    return place


def _holds_files(place: Path, texts: Mapping[str, str]) -> bool:
    """Return whether a release in the ledger has the same tables."""
    there = {path.name: path for path in place.glob("*.csv")}
    return there.keys() == texts.keys() and all(
        path.read_bytes() == texts[name].encode() for name, path in there.items()
    )


def earlier_of(tables: Tables, ledger: list[PastRelease], kp: str, *, level: Level) -> Earlier:
    """Return what the readers of a new release have already, of one KP.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The linked tables of the new release with every number.
    ledger : list of PastRelease
        What went out before.
    kp : str
        KP code.
    level : {"public", "programme"}
        Level of the new release. Partners see public releases too, so what was hidden from them stays hidden
        in public ones.

    Raises
    ------
    LedgerError
        If an earlier release has the same sizes by other municipalities: how the two differ cannot be judged.

    Notes
    -----
    A number that was printed and still holds is known. One that was printed and has changed since is
    remembered: it hides nobody, because a reader who takes it for unchanged would subtract it. What was
    hidden stays hidden, so that no second look finds another gap; a new ledger begins afresh.
    """
    rows = rows_of(tables, kp)
    now = {_key(row): row for row in rows}
    atoms = _atoms(rows)
    facts: list[Row] = []
    shown: set[str] = set()
    hidden: set[str] = set()
    for past in ledger:
        national = past.tables["national"]
        if national.loc[national["kp"].astype(str).eq(kp), "point"].isna().all():
            continue  # nothing of this KP was printed
        _check_areas(tables, past.tables, kp)
        known = past.level == "public" or level == "programme"
        for row in rows_of(past.tables, kp):
            same = now.get(_key(row))
            if np.isnan(row.value):
                hidden |= {row.unit} if level == "public" or past.level == "programme" else set()
            elif known and same is not None and abs(same.value - row.value) > TOLD_APART:
                shown.add(row.unit)
            elif known and _holds(row, same, atoms):
                facts.append(row)
    return Earlier(tuple(facts), frozenset(shown - hidden), frozenset(hidden - {""}))


def _key(row: Row) -> tuple[str, str, frozenset[tuple[Atom, float]]]:
    return row.unit, row.kind, frozenset(row.weights.items())


def _atoms(rows: list[Row]) -> dict[Atom, float]:
    """Return the atoms that are printed on their own."""
    return {
        next(iter(row.weights)): row.value for row in rows if len(row.weights) == 1 and row.kind != "other"
    }


def _holds(row: Row, same: Row | None, atoms: Mapping[Atom, float]) -> bool:
    """Return whether a number that was printed is true of the new tables too."""
    if same is not None:
        return True  # it did not change, or it would be remembered
    if row.kind not in ("people", "bound") or any(atom not in atoms for atom in row.weights):
        return False
    return abs(sum(weight * atoms[atom] for atom, weight in row.weights.items()) - row.value) <= TOLD_APART


def _check_areas(now: Tables, then: Tables, kp: str) -> None:
    points = [_national(tables["national"], kp) for tables in (now, then)]
    places = [
        set(tables["municipalities"].loc[tables["municipalities"]["kp"].astype(str).eq(kp), "municipality"])
        for tables in (now, then)
    ]
    if abs(points[0] - points[1]) <= TOLD_APART and places[0] != places[1]:
        raise LedgerError(
            f"municipalities must be those of earlier releases of the same sizes; got {len(places[0]):,} in "
            f"place of {len(places[1]):,}. The difference of two divisions shows single areas: keep to one."
        )


def _national(national: pd.DataFrame, kp: str) -> float:
    return float(national.loc[national["kp"].astype(str).eq(kp), "point"].iloc[0])
