"""`release`: from estimates with everything in them to what may be shown at one level."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mapping.release.hide import hide, sight
from mapping.release.levels import Level, check_level
from mapping.release.receipt import receipt_text
from mapping.release.rules import END, RULES
from mapping.release.withheld import spots_of_programme
from pse.spots.results import StudyEstimates


@dataclass(frozen=True)
class MapTables:
    """The tables that `write_maps` draws, of the KPs that have something to draw."""

    municipalities: pd.DataFrame
    days: pd.DataFrame
    steps: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Released:
    """Tables that may be shown at one level; each is an attribute too, such as `.national`.

    Attributes
    ----------
    level : {"public", "programme", "restricted"}
        Level of release.
    tables : dict of str to pandas.DataFrame
        By the name that their CSV file has. `hidden` (bool) marks rows whose numbers are blank because
        they are too small to show. `spots` is there at `programme` (code, KP, typology, status and size
        class only) and at `restricted`.
    receipt : str
        What was hidden, by which rule and how much, and what is not promised; it goes with every export.
    hidden : int
        Number of municipality x KP cells that are hidden.
    stamp : str
        A sentence that must stand on every page, if there is one.
    """

    level: Level
    tables: dict[str, pd.DataFrame] = field(repr=False)
    receipt: str = field(repr=False)
    hidden: int
    stamp: str = ""

    def __getattr__(self, name: str) -> Any:
        tables = self.__dict__.get("tables", {})
        if name in tables:
            return tables[name]
        level = self.__dict__.get("level", "")
        raise AttributeError(f"a release at level {level!r} has no table {name!r}")

    @property
    def unmapped_kps(self) -> list[str]:
        """KPs that no map shows, because their whole size is hidden."""
        national = self.tables["national"]
        return list(national.loc[national["hidden"], "kp"])

    def for_maps(self) -> MapTables:
        """Return what `write_maps` draws: the waterfall is national, summed before anything was hidden.

        A hidden step is left out, so that its change is part of the next bar.
        """
        shown = {
            name: table[~table["kp"].isin(self.unmapped_kps)].reset_index(drop=True)
            for name, table in self.tables.items()
            if name in ("municipalities", "days", "national_steps")
        }
        steps = shown["national_steps"]
        return MapTables(
            shown["municipalities"], shown["days"], steps[~steps["hidden"]].reset_index(drop=True)
        )


def release(
    sizes: StudyEstimates,
    level: Level = "public",
    *,
    sensitivity: pd.DataFrame | None = None,
    withheld: Collection[str] | None = None,
) -> Released:
    """Return what may be shown of the estimates at one level. The one place that decides it.

    Parameters
    ----------
    sizes : pse.StudyEstimates
        Estimates with every number; they are not changed.
    level : {"public", "programme", "restricted"}
        `public` hides municipal and national sizes under 10 people and has no spots; `programme` hides
        those under 5 and has spots by code, typology and size class; `restricted` hides nothing.
    sensitivity : pandas.DataFrame, optional
        From `pse.sensitivity_table`; it goes out under the same rules.
    withheld : collection of str, optional
        Codes of spots that never leave the organisation, from `withheld_spots(study)`. At `programme`
        the table of spots goes out only when this is given.

    Returns
    -------
    Released
        Copies of the tables, with a column `hidden`.

    Raises
    ------
    ValueError
        If there is no such level.

    Notes
    -----
    A row is hidden when its own size or that of its municipality x KP cell is under the threshold, zero
    included; then point, lower, upper and every number made from them are blank. Totals stay true, so a
    hidden number may still be worked out from them: complementary suppression is not built yet, and the
    receipt says so.

    Examples
    --------
    >>> import pse
    >>> sizes = pse.estimate_study(pse.read_study(pse.sample_folder()))
    >>> "spots" in release(sizes).tables
    False
    """
    level = check_level(level)
    seen = sight(sizes, level)
    whole = {name: getattr(sizes, name) for name in RULES if hasattr(sizes, name)}
    whole["national_steps"] = _national_steps(sizes.steps)
    if sensitivity is not None:
        whole["sensitivity"] = sensitivity
    tables = {name: hide(name, table, seen) for name, table in whole.items()}
    spots, sentence = _spots(sizes.spots, level, withheld)
    if spots is not None:
        tables["spots"] = spots
    hidden = 0 if level == "restricted" else int(tables["municipalities"]["hidden"].sum())
    return Released(level, tables, receipt_text(sizes.municipalities, tables, seen, sentence), hidden)


def _national_steps(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the waterfall of each KP for the mapped area: `kp, order, step, point, lower, upper`."""
    return steps.groupby(["kp", "order", "step"], as_index=False, observed=True)[list(END)].sum()


def _spots(
    spots: pd.DataFrame, level: Level, withheld: Collection[str] | None
) -> tuple[pd.DataFrame | None, str]:
    """Return the table of spots, if there may be one, and a sentence about it."""
    if level == "restricted":
        return spots.copy(), ""
    if level == "public":
        return None, "Spots: none."
    if withheld is None:
        return None, "Spots: none, because it was not said which spots must not leave the organisation."
    shown = spots_of_programme(spots, frozenset(withheld))
    left_out = len(spots) - len(shown)
    return shown, (
        f"Spots: codes, KP, typology, status and size class of {len(shown):,} rows; {left_out:,} are left "
        "out (refused, unsafe or do_not_publish)."
    )
