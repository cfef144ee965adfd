"""What goes into an import besides the files, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pse.records.imports.assemble import SET_ASIDE_COLUMNS
from pse.records.imports.privacy import QUARANTINE_COLUMNS
from pse.records.imports.spots import GIVEN_COLUMNS, PLACE_COLUMNS
from pse.records.problems import Problem
from pse.records.study import Study

__all__ = ["Decisions", "Imported"]


@dataclass(frozen=True, repr=False)
class Decisions:
    """What people decided, and which codes earlier imports gave.

    Attributes
    ----------
    spot_ids : pandas.DataFrame
        `interview_id`, `mention`, `spot_id` of the last import.
    places : pandas.DataFrame
        Proposals for wrong places with `accept` filled in, as places.csv of the last import.
    same_spots : pathlib.Path or None
        Pairs of spots that are one or two, as same_spots.csv of the last import.
    same_spots_table : pandas.DataFrame
        The same file as a table.
    """

    spot_ids: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(GIVEN_COLUMNS), dtype=object)
    )
    places: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(PLACE_COLUMNS), dtype=object)
    )
    same_spots: Path | None = None
    same_spots_table: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(repr=False)
class Imported:
    """What an import found.

    Attributes
    ----------
    study : Study or None
        None if there is any error, or if a column file is needed first.
    problems : list of Problem
        Errors and notices, at file, sheet, row and heading of the source.
    tables : dict of str to pandas.DataFrame
        Tables as they are to be written, text as it stands.
    settings : dict
        Settings of study.toml.
    set_aside, quarantine, places, spot_ids, same_spots : pandas.DataFrame
        Private: rows kept out with the reason, cells that look personal, proposals for places, codes given,
        pairs of spots to look at.
    proposal : str
        A column file to look at, where one is needed; else empty.
    """

    study: Study | None = None
    problems: list[Problem] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    set_aside: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SET_ASIDE_COLUMNS)))
    quarantine: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(QUARANTINE_COLUMNS)))
    places: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(PLACE_COLUMNS)))
    spot_ids: pd.DataFrame = field(default_factory=pd.DataFrame)
    same_spots: pd.DataFrame = field(default_factory=pd.DataFrame)
    proposal: str = ""
