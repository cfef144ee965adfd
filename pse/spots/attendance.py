"""A day against a week at spots, and people who are both online and at spots seen from either side."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pse.records.study import Study
from pse.spots.draws import percentile_interval, varies
from pse.spots.duplication import from_people, places, visit_answers
from pse.spots.virtual import share_on_platforms

if TYPE_CHECKING:
    from pse.spots.chain import Parts

WEEK = ("day", "week", "factor")
DUAL = ("both_from_platforms", "both_from_spots", "ratio", "total", "total_from_spots")


def week_factors(parts: Parts, people: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the factor from people of a day to people of a week at every unit, and the answers behind it.

    Each person met on a day counts 1 / sum_s f_is = 7 / days a week, one spot a day (METHOD, section 3): who
    comes every day is seven times as likely to be met as who comes once. 0 where the KP has no answers.
    """
    units, size = parts.spots.units, parts.spots.crude.point
    answers = visit_answers(units, people, "days_per_week")
    kp = units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    factor = np.zeros(len(kp))
    for code in np.unique(kp[answers["unit"].to_numpy(dtype=int)]):
        of_kp = kp == code
        factor[of_kp] = from_people(answers, places(units), of_kp, size)["factor"][of_kp]
    return factor, answers


def attendance_table(
    study: Study, parts: Parts, draws: dict[str, np.ndarray] | None = None, *, level: float = 0.95
) -> pd.DataFrame:
    """Return people at spots on a day and in a week, for KPs whose people said how many days they come.

    Parameters
    ----------
    study, parts
        The records and what the chain made of them.
    draws : dict of str to numpy.ndarray, optional
        Draws of `day` and `week` by KP; without them the bounds are blank.
    level : float
        Level of the bounds.

    Returns
    -------
    pandas.DataFrame
        `kp, answers`, and `day`, `week`, `factor` = week / day, each with `_lower` and `_upper`.

    Notes
    -----
    Reads sizes as one-day counts and takes one spot a day: then nobody is counted twice on one day.
    """
    kps = parts.spots.cells.kps
    factor, answers = week_factors(parts, study.people)
    codes = pd.Index(kps).get_indexer(pd.Index(parts.spots.units.kps))
    kp = codes[parts.spots.units.table["kp"].cat.codes.to_numpy(dtype=np.int64)]
    size = parts.spots.crude.point
    rows = []
    for code, name in enumerate(kps):
        asked = int((kp[answers["unit"].to_numpy(dtype=int)] == code).sum())
        if asked == 0:
            continue
        day, week = size[kp == code].sum(), (size * factor)[kp == code].sum()
        drawn = None
        if draws is not None:
            days, weeks = draws["day"][:, code], draws["week"][:, code]
            drawn = {"day": days, "week": weeks, "factor": _over(weeks, days)}
        point = {"day": day, "week": week, "factor": float(_over(week, day))}
        rows.append({"kp": name, "answers": asked, **_with_bounds(point, drawn, level)})
    return pd.DataFrame(rows, columns=["kp", "answers", *_columns(WEEK)])


def dual_table(
    study: Study,
    parts: Parts,
    draws: dict[str, np.ndarray] | None = None,
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return people who are both on platforms and at spots, seen from either side.

    Parameters
    ----------
    study, parts, draws, level
        As in `attendance_table`; draws of `spots` (by cell), `virtual`, `online_at_spots`, `uses_platforms`.

    Returns
    -------
    pandas.DataFrame
        By KP with answers about g: `both_from_platforms` = people online x v; `both_from_spots` = people
        at spots x g; their `ratio`, 1 when the two agree; `total` = at spots + online only, as the chain has
        it; `total_from_spots` = at spots + both_from_spots (1 - v) / v, which needs no count of accounts.
        Each with `_lower` and `_upper`.

    Notes
    -----
    Two sources for one overlap (METHOD, section 2, step 7): v and g come from different people, so a ratio
    whose interval leaves out 1 says that an account count, v, g or the sizes at spots are off. Ours.
    """
    cells = parts.spots.cells
    kp_of_row = pd.Index(cells.kps).get_indexer(pd.Index(study.virtual["kp"].astype(object)))
    everybody, v = parts.online.everybody, parts.online.at_spots
    rows = []
    for code, name in enumerate(cells.kps):
        g = share_on_platforms(study.people, name)
        here = kp_of_row == code
        if g is None or not here.any():
            continue
        at_spots = parts.at_spots.point[code :: len(cells.kps)].sum()
        only, both = (everybody * (1 - v))[here].sum(), (everybody * v)[here].sum()
        drawn = None
        if draws is not None:
            columns = slice(code, None, len(cells.kps))
            drawn = _dual(
                draws["spots"][:, columns].sum(axis=1),
                draws["virtual"][:, columns].sum(axis=1),
                draws["online_at_spots"][:, code],
                draws["uses_platforms"][:, code],
            )
        point = {key: float(value) for key, value in _dual(at_spots, only, both, g).items()}
        rows.append({"kp": name, **_with_bounds(point, drawn, level)})
    return pd.DataFrame(rows, columns=["kp", *_columns(DUAL)])


def _dual(at_spots: Any, only: Any, both: Any, g: Any) -> dict[str, np.ndarray]:
    """Return the numbers of `DUAL` from people at spots, only online, both, and the share g."""
    from_spots = np.asarray(at_spots * g)
    return {
        "both_from_platforms": both,
        "both_from_spots": from_spots,
        "ratio": _over(both, from_spots),
        "total": at_spots + only,
        "total_from_spots": at_spots + from_spots * _over(only, both),
    }


def _over(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    top, bottom = np.asarray(top, dtype=float), np.asarray(bottom, dtype=float)
    return np.divide(top, bottom, out=np.full(np.shape(bottom), np.nan), where=bottom > 0)


def _columns(names: tuple[str, ...]) -> list[str]:
    return [f"{name}{end}" for name in names for end in ("", "_lower", "_upper")]


def _with_bounds(
    point: dict[str, float], drawn: dict[str, np.ndarray] | None, level: float
) -> dict[str, float]:
    """Return each number with its bounds; blank where nothing was drawn, or nothing of it varies."""
    row: dict[str, float] = {}
    for name, value in point.items():
        known = np.zeros(0) if drawn is None else drawn[name][np.isfinite(drawn[name])]
        ends = percentile_interval(known, level=level) if varies(known, value) else (np.nan, np.nan)
        row |= {name: value, f"{name}_lower": float(ends[0]), f"{name}_upper": float(ends[1])}
    return row


def without_bounds(table: pd.DataFrame, kps: Collection[str]) -> list[str]:
    """Return a sentence for each row of a drawn table with a number without bounds; KPs in `kps` apart."""
    names = [name for name in (*WEEK, *DUAL) if name in table]
    said = []
    for _, row in table[~table["kp"].isin(kps)].iterrows():
        blank = [name for name in names if row[name] > 0 and np.isnan(row[f"{name}_lower"])]
        if blank:
            said.append(
                f"{row['kp']}: {', '.join(blank)} has no bounds: nothing recorded says how far it errs."
            )
    return said
