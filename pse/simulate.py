"""Simulated mapping exercises with known truth: to test intervals, to plan field work, to teach.

Every draw comes from the generator that the caller gives. Nobody and no place in them is real.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pse.records.study import Study, make_study
from pse.simulation.fieldwork import do_fieldwork
from pse.simulation.people import make_world
from pse.simulation.scenario import SCENARIOS, Scenario, scenario_of
from pse.simulation.tables import Truth, settings_of, tables_of

__all__ = ["SCENARIOS", "Scenario", "SimulatedStudy", "Truth", "simulate_study", "write_simulated"]


@dataclass(frozen=True)
class SimulatedStudy:
    """A simulated exercise: what a study would record, and the truth behind it.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
        Tables of the study folder.
    settings : dict
        What study.toml says.
    truth : Truth
        People and spots as they are.
    """

    tables: dict[str, pd.DataFrame] = field(repr=False)
    settings: dict[str, Any] = field(repr=False)
    truth: Truth = field(repr=False)

    def study(self) -> Study:
        """Return the checked study, as `read_study` returns it."""
        return make_study(**self.settings, tables=self.tables)


def simulate_study(
    scenario: str | Scenario = "plain", *, rng: np.random.Generator, **changes: Any
) -> tuple[Study, Truth]:
    """Simulate one mapping exercise.

    Parameters
    ----------
    scenario : str or Scenario
        A name out of `pse.simulate.SCENARIOS`, or numbers of your own.
    rng : numpy.random.Generator
        Source of all draws; the same one gives the same exercise.
    **changes
        Numbers of the scenario to change, such as ``visited=0.5``.

    Returns
    -------
    study : Study
        What a study would record; it passed the door like any other.
    truth : Truth
        `people` (by municipality and KP) and `spots` as they are.

    Raises
    ------
    ValueError
        If there is no such scenario, or a number cannot be.

    Notes
    -----
    People go to 1 + Poisson spots in proportion to a log-normal attraction. Informants name big spots more
    often and say sizes with bias, noise and heaping; teams find closed spots, are refused, and may lean one
    way in a municipality; people are asked at spots, so in proportion to their visits. Ours.

    Examples
    --------
    >>> study, truth = simulate_study("plain", rng=np.random.default_rng(1), municipalities=2)
    >>> sorted(truth.people["kp"].unique())
    ['FSW', 'MSM', 'PWID']
    """
    made = simulate(scenario, rng=rng, **changes)
    return made.study(), made.truth


def simulate(
    scenario: str | Scenario = "plain", *, rng: np.random.Generator, **changes: Any
) -> SimulatedStudy:
    """Simulate one exercise and return its tables as they would be written; see `simulate_study`."""
    chosen = scenario_of(scenario, changes)
    world = make_world(chosen, rng)
    reports = [do_fieldwork(group, chosen, rng) for group in world]
    tables, truth = tables_of(world, reports, chosen)
    name = scenario if isinstance(scenario, str) else "own numbers"
    return SimulatedStudy(tables, settings_of(chosen, name), truth)


def write_simulated(made: SimulatedStudy, folder: str | Path) -> Path:
    """Write a simulated exercise as a study folder, and the truth in its folder `truth`.

    Parameters
    ----------
    made : SimulatedStudy
        From `simulate`.
    folder : str or pathlib.Path
        A folder that is not there yet.

    Returns
    -------
    pathlib.Path
        The folder. `read_study` reads it and leaves `truth` alone.

    Raises
    ------
    ValueError
        If there is something of this name: it could be a real study.
    """
    out = Path(folder)
    if out.exists():
        raise ValueError(
            f"folder must be new; got {out.name!r}, which is there. It could hold a study; give another name."
        )
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".pse-", dir=out.absolute().parent))
    try:
        (temporary / "new" / "truth").mkdir(parents=True)
        _write(made, temporary / "new")
        (temporary / "new").rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return out


def _write(made: SimulatedStudy, folder: Path) -> None:
    for name, table in made.tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    for name, table in (("people", made.truth.people), ("spots", made.truth.spots)):
        table.to_csv(folder / "truth" / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    lines = ["# Simulated. No spot, informant or person is real."]
    simple = {name: value for name, value in made.settings.items() if not isinstance(value, dict)}
    lines += [f"{name} = {_toml(value)}" for name, value in simple.items()]
    for name, inner in made.settings.items():
        if isinstance(inner, dict):
            lines += [f"\n[{name}]", *(f"{key} = {_toml(value)}" for key, value in inner.items())]
    (folder / "study.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
