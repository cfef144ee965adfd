"""Norms: the numbers that turn people into staff and goods. They are data, in `norms/*.toml`."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FOLDER = Path(__file__).with_name("norms")
EVERYBODY = "all"
"""Population of a norm that holds for every KP without a norm of its own."""

ABOVE_ZERO = ("people_per_", "peer_educators_per_", "contacts_per_peer_month", "pack_size_")
"""How the names of norms begin that stand below a line of division, or count what a pack holds."""

NEEDED = (
    "reach", "people_per_peer_educator", "contacts_per_month", "contacts_per_peer_month",
    "people_per_outreach_worker", "peer_educators_per_supervisor", "clients_per_week", "acts_per_client",
    "weeks_worked", "partner_acts_per_week", "condom_wastage", "lubricant_per_condom",
    "ramp_q1", "ramp_q2", "ramp_q3", "ramp_q4", "priority_share", "places_per_typology",
    "places_per_municipality",
)  # fmt: skip
"""Norms that every KP of a microplan must have, of its own or for everybody."""


class Norm(BaseModel):
    """One norm.

    Attributes
    ----------
    value : float
        The number; a share lies between 0 and 1.
    unit, population : str
        What the number counts, and of whom: a KP code or `all`.
    source, year, note : str, int or None, str
        Where it is from; `year` is blank where there is no document.
    assumption : bool
        True where no source was seen: a number to replace by your own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float = Field(ge=0, allow_inf_nan=False)
    unit: str = Field(min_length=1)
    population: str = Field(min_length=1)
    source: str = Field(min_length=1)
    year: int | None
    note: str
    assumption: bool


@dataclass(frozen=True)
class Norms:
    """A set of norms by name and population.

    Attributes
    ----------
    title : str
        What the set is.
    norms : mapping of (str, str) to Norm
        By name and population.
    """

    title: str
    norms: Mapping[tuple[str, str], Norm]

    def has(self, name: str, kp: str) -> bool:
        """Return whether there is a norm of this name for a KP, its own or one for everybody."""
        return (name, kp) in self.norms or (name, EVERYBODY) in self.norms

    def key(self, name: str, kp: str) -> tuple[str, str]:
        """Return under which name and population the norm of a KP stands.

        Raises
        ------
        ValueError
            If there is none.
        """
        for population in (kp, EVERYBODY):
            if (name, population) in self.norms:
                return name, population
        raise missing([name], [kp])

    def value(self, name: str, kp: str = EVERYBODY) -> float:
        """Return the number for one KP."""
        return self.norms[self.key(name, kp)].value

    def values(self, name: str, kps: Iterable[str]) -> np.ndarray:
        """Return the number for each of `kps`."""
        return np.array([self.value(name, str(kp)) for kp in kps], dtype=float)

    def table(self) -> pd.DataFrame:
        """Return `norm, population, value, unit, source, year, note, assumption`, one row a norm."""
        rows = [{"norm": name, **norm.model_dump()} for (name, _), norm in self.norms.items()]
        columns = ["norm", "population", "value", "unit", "source", "year", "note", "assumption"]
        return pd.DataFrame(rows, columns=columns).astype({"year": "Int64"})


def missing(names: Iterable[str], kps: Iterable[str]) -> ValueError:
    """Return the error for norms that are not there."""
    names, kps = list(dict.fromkeys(names)), list(dict.fromkeys(kps))
    return ValueError(
        f"norms must have {', '.join(names)} for {', '.join(kps)}; got none. "
        f"Add [{names[0]}.{kps[0]}] to a norm file and give it with --norms."
    )


def check_needed(norms: Norms, kps: Iterable[str]) -> None:
    """Refuse norms that lack one of `NEEDED` for one of `kps`, naming all that are not there.

    Raises
    ------
    ValueError
        With the names of the norms and of the KPs.
    """
    gone = [(name, kp) for kp in kps for name in NEEDED if not norms.has(name, kp)]
    if gone:
        raise missing((name for name, _ in gone), (kp for _, kp in gone))


def read_norms(path: str | Path | None = None, *, base: str = "default") -> Norms:
    """Return a bundled set of norms with a local file laid over it.

    Parameters
    ----------
    path : str or pathlib.Path, optional
        A TOML file such as `norms/local_template.toml`; its norms replace those of the same name and
        population.
    base : str
        Name of the bundled set.

    Returns
    -------
    Norms
        Checked norms.

    Raises
    ------
    ValueError
        If the file cannot be read as TOML, or a norm lacks a part or is out of bounds: all problems at once.

    Examples
    --------
    >>> read_norms().value("people_per_peer_educator", "FSW")
    60.0
    """
    bundled = _read(FOLDER / f"{base}.toml")
    return bundled if path is None else overlay(bundled, _read(Path(path)))


def overlay(base: Norms, local: Norms) -> Norms:
    """Return `base` with the norms of `local` in place of those of the same name and population.

    Examples
    --------
    >>> local = read_norms(base="swit_2013")
    >>> overlay(read_norms(), local).value("people_per_peer_educator", "FSW")
    50.0
    """
    return Norms(f"{base.title}; {local.title}", {**base.norms, **local.norms})


def _read(path: Path) -> Norms:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(
            f"norms must be a TOML file in UTF-8; got {path.name!r}, which is not. "
            "Start from norms/local_template.toml."
        ) from error
    return make_norms(found, title=str(found.pop("title", path.stem)))


def make_norms(found: Mapping[str, Any], *, title: str) -> Norms:
    """Return norms from tables as of a TOML file: name -> population -> parts of the norm.

    Raises
    ------
    ValueError
        If a norm lacks a part or is out of bounds: all problems at once.
    """
    norms, wrong = {}, []
    for name, by_population in found.items():
        if not isinstance(by_population, Mapping):
            wrong.append(f"{name} must be a table such as [{name}.FSW]")
            continue
        for population, parts in by_population.items():
            norm, faults = _norm(name, population, parts)
            wrong += faults
            if norm is not None:
                norms[name, population] = norm
    if wrong:
        raise ValueError(f"norms has {len(wrong)} problem(s): {'; '.join(wrong)}.")
    return Norms(title, norms)


def _norm(name: str, population: str, parts: Any) -> tuple[Norm | None, list[str]]:
    place = f"{name}.{population}"
    if not isinstance(parts, Mapping):
        return None, [f"{place} must be a table with value, unit, source, year, note and assumption"]
    given = {"year": None, "note": "", **parts, "population": population}
    try:
        norm = Norm(**given)
    except ValidationError as error:
        return None, [f"{place}: {_words(fault)}" for fault in error.errors()]
    if norm.value == 0 and name.startswith(ABOVE_ZERO):
        return None, [f"{place} must be above 0; got 0"]
    if norm.value > 1 and norm.unit.startswith("share"):
        return None, [f"{place} must be between 0 and 1; got {norm.value:g} (a percentage is divided by 100)"]
    return norm, []


def _words(fault: Any) -> str:
    name = str(fault["loc"][0])
    if fault["type"] == "missing":
        return f"{name} is missing"
    if fault["type"] == "extra_forbidden":
        return f"{name[:30]} is not a part of a norm"
    if name == "value":
        return f"value must be a number, 0 or more; got {str(fault['input'])[:20]}"
    return f"{name} has the wrong kind of value"
