"""What a planner gives for the weekly roster: peer educators, rules for visits, ways."""

from pathlib import Path

import numpy as np
import pandas as pd

from mapping.microplan.blocks import BLOCKS, SLOTS
from mapping.microplan.register import UNIT
from mapping.microplan.roster_inputs import WEEK_HOURS
from pse.records.checked import CheckedTable, to_frame
from pse.records.one_file import frame_or_refuse, read_checked
from pse.records.problems import Problem
from pse.records.tables import Column, Table
from pse.records.validate import check_codes
from pse.spots.concentration import CLASS_NAMES, size_class

MINUTES_OF_A_DAY = 1440

PEERS = Table(
    "peers",
    "One row per peer educator.",
    (
        Column("peer", "key", "Code of the peer educator, never a name.", private=True),
        Column("municipality", "code", "Where she or he works.", refers="municipality"),
        Column("hours_per_week", "number", "Hours of outreach, with the ways.", high=WEEK_HOURS),
        Column("kps", "code", "KPs served; blank for all.", False, "yes", refers="kps"),
        Column("days", "days", "Days of work; blank for all.", False, "yes"),
        Column("blocks", "hours", "Hours of the day, such as 16-24; blank for all.", False, "yes"),
    ),
    key=("peer",),
    header_only=False,
)

VISITS = Table(
    "visits",
    "One row per rule: which spots (every cell that is not blank must fit) and what is asked there.",
    (
        Column("municipality", "code", "Municipality.", False, "yes", refers="municipality"),
        Column("spot_id", "key", "Code of the spot.", False, "yes"),
        Column("kp", "code", "KP.", False, "yes", refers="kp"),
        Column("typology", "code", "Kind of spot.", False, "yes"),
        Column("size_class", "code", "People on a usual day.", False, "yes", allowed=CLASS_NAMES),
        Column("visits", "count", "Visits in the week at least.", False, "yes", high=SLOTS),
        Column("pair", "answer", "Whether peer educators go by two.", False, "yes"),
    ),
    header_only=False,
)

WAYS = Table(
    "travel",
    "One row per two spots; one row with blank spots holds for all other ways.",
    (
        Column("from_spot", "key", "Code of a spot.", blank="yes"),
        Column("to_spot", "key", "Code of the other spot; the way back is as long.", blank="yes"),
        Column("minutes", "number", "Minutes between them.", high=MINUTES_OF_A_DAY),
    ),
    header_only=False,
)

CHOOSE = ("municipality", "spot_id", "kp", "typology", "size_class")
"""Columns of a rule that say which spots it is for."""


def read_peers(path: str | Path, *, municipalities: pd.Series, kps: tuple[str, ...]) -> pd.DataFrame:
    """Read the peer educators of a programme as `plan_roster` takes them.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV with `peer, municipality, hours_per_week` and, if wanted, `kps, days, blocks` (see `PEERS`).
    municipalities : pandas.Series
        Codes of the study.
    kps : tuple of str
        KP codes of the study.

    Raises
    ------
    TableError
        With every problem of the file, also a municipality that the study does not have and hours that hold
        no whole block of four hours.
    """
    checked, problems = read_checked(Path(path), PEERS, kps=kps)
    problems += _unknown(checked, "municipality", municipalities)
    if checked.has("blocks"):
        empty = [not _blocks(text) for text in checked.texts["blocks"]]
        where = np.append(np.array(empty, dtype=bool), False)[checked.codes["blocks"]] & checked.good(
            "blocks"
        )
        rule = f"must hold one of the blocks {' '.join(BLOCKS)}"
        problems += checked.problems(where, "no_block", rule, column="blocks")
    table = frame_or_refuse(checked, problems)
    if "blocks" in table:
        table["blocks"] = [_blocks(text) if pd.notna(text) else "" for text in table["blocks"]]
    return table


def read_visits(
    path: str | Path, spots: pd.DataFrame, *, municipalities: pd.Series, kps: tuple[str, ...]
) -> pd.DataFrame:
    """Read rules for visits and return what they ask at each spot x KP.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV with any of `municipality, spot_id, kp, typology, size_class` and `visits` or `pair` (`VISITS`).
    spots : pandas.DataFrame
        The table `spots` at `restricted`.
    municipalities, kps : pandas.Series, tuple of str
        Codes of the study.

    Returns
    -------
    pandas.DataFrame
        `municipality, spot_id, kp, visits, pair`, one row per spot x KP: the most visits of the rules that
        fit, and a pair if any of them asks for one.

    Raises
    ------
    TableError
        With every problem of the file, also a rule that asks for nothing or fits no spot of the study.
    """
    checked, problems = read_checked(Path(path), VISITS, kps=kps)
    problems += _unknown(checked, "municipality", municipalities)
    table = to_frame(checked).reindex(columns=[*CHOOSE, "visits", "pair"])
    asks = (table["visits"].notna() | table["pair"].notna()).to_numpy()
    fits = _fitting(table, spots)
    good = checked.good(*(name for name in CHOOSE if checked.has(name)))
    problems += checked.problems(
        ~asks & checked.good(*checked.bad), "asks_nothing", "must have visits or pair"
    )
    problems += checked.problems(~fits.any(axis=1) & good, "fits_none", "must fit a spot; it fits none")
    frame_or_refuse(checked, problems)
    visits = np.where(fits, table["visits"].fillna(0).to_numpy(dtype=float)[:, None], 0).max(axis=0)
    pair = np.asarray((fits & table["pair"].eq(1).to_numpy()[:, None]).any(axis=0))
    found = spots[UNIT].astype(object).reset_index(drop=True)
    return found.assign(visits=visits.astype(int), pair=pair)


def read_ways(path: str | Path, spots: pd.DataFrame) -> pd.DataFrame:
    """Read minutes between spots as `plan_roster` takes them.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV with `from_spot, to_spot, minutes` (see `WAYS`).
    spots : pandas.DataFrame
        The table `spots` at `restricted`: a code must be one of these.

    Raises
    ------
    TableError
        With every problem of the file.
    """
    checked, problems = read_checked(Path(path), WAYS, kps=())
    for name, other in (("from_spot", "to_spot"), ("to_spot", "from_spot")):
        known = checked.blank(name) | checked.is_text(name, *spots["spot_id"].astype(str))
        problems += checked.problems(~known, "unknown_spot", "must be a spot of the study", column=name)
        half = checked.blank(name) & ~checked.blank(other)
        remedy = "Leave both blank for all other ways."
        problems += checked.problems(half, "half_blank", "must not be blank", column=name, remedy=remedy)
    return frame_or_refuse(checked, problems)


def with_visits(load: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """Return the site load with `visits` and `pair` of each spot x KP, from `read_visits`.

    Examples
    --------
    >>> load = pd.DataFrame({"municipality": "M", "spot_id": "S1", "kp": "FSW", "day": ["mon", "tue"]})
    >>> asked = pd.DataFrame({**dict(zip(UNIT, [["M"], ["S1"], ["FSW"]])), "visits": 2, "pair": True})
    >>> with_visits(load, asked)["visits"].tolist()
    [2, 2]
    """
    return load.astype(dict.fromkeys(UNIT, object)).merge(asked, on=UNIT, how="left", validate="many_to_one")


def _fitting(rules: pd.DataFrame, spots: pd.DataFrame) -> np.ndarray:
    """Return rules x spots: whether every cell of the rule that is not blank is that of the spot."""
    known = spots.assign(size_class=size_class(spots["point"].to_numpy(dtype=float)))
    fits = np.ones((len(rules), len(spots)), dtype=bool)
    for name in CHOOSE:
        wanted = rules[name].astype(object).to_numpy()
        same = wanted[:, None] == known[name].astype(object).to_numpy()[None, :]
        fits &= same | pd.isna(wanted)[:, None]
    return fits


def _blocks(hours: str) -> str:
    """Return the blocks that lie whole within hours such as `16-24`."""
    spans = [tuple(map(int, part.split("-"))) for part in hours.split()]
    inside = {hour for start, end in spans for hour in range(start, end)}
    limits = {block: map(int, block.split("-")) for block in BLOCKS}
    return " ".join(block for block, ends in limits.items() if inside.issuperset(range(*ends)))


def _unknown(checked: CheckedTable, name: str, codes: pd.Series) -> list[Problem]:
    if not checked.has(name):
        return []
    return check_codes(checked, name, tuple(codes.astype(str)), "Use the codes of the table municipalities.")
