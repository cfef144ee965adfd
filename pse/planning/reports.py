"""How reports of a study err: what informants say against what teams see, and interviews at one spot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.simulation.scenario import Scenario
from pse.spots.chain import Spots
from pse.spots.spread import pooled_sd, within_squares

_USUAL = Scenario()
TYPOLOGY_SPREAD = 0.3**2 * 2 / 3
"""Log-variance that the simulator adds to a spot's attraction by its typology."""

FEWEST = 5
"""With fewer spots than this, a scatter is not taken from the records."""


@dataclass(frozen=True)
class Records:
    """Records of one KP: `of_kp` marks its units in mapped municipalities."""

    kp: str
    of_kp: np.ndarray
    spots: Spots
    level1: pd.DataFrame
    level2: pd.DataFrame
    basis: str
    interview_sd: float | None

    @property
    def towns(self) -> int:
        """Municipalities with spots of the KP."""
        return int(self.spots.units.table.loc[self.of_kp, "municipality"].nunique())


def said_and_seen(records: Records) -> dict[str, tuple[float, str]]:
    """Return bias and scatter of both levels, the tail of sizes, width and heaping of reports."""
    sigma, of_sigma = interview_scatter(records)
    seen = records.of_kp & records.spots.groups.active
    e1 = records.spots.sizes.level1.point[seen]
    e2 = records.spots.sizes.validated(records.basis).point[seen]
    both = (e1 > 0) & (e2 > 0)
    error = sigma**2 / np.maximum(records.spots.sizes.active_rows[seen], 1)
    bias, of_bias = _bias(e1[both], e2[both])
    return {
        "tail": size_tail(e2[e2 > 0], error[e2 > 0]),
        "level1_bias": (bias, of_bias),
        "level1_noise": _informant_scatter(records, seen, np.log(e1[both] / e2[both]), both, error[both]),
        "level2_noise": (sigma, of_sigma),
        "width": _width(records),
        "heaping": _heaping(records),
    }


def interview_scatter(records: Records) -> tuple[float, str]:
    """Return sigma as the bootstrap has it, and where it comes from.

    Raises
    ------
    ValueError
        If no spot of any KP has two interviews and `interview_sd` is not given.
    """
    if records.interview_sd is not None:
        return records.interview_sd, f"{records.interview_sd:.0%} error of one interview, as you gave it."
    active, units = records.spots.active, records.spots.units
    middle = _middle(active.rows, records.basis)
    kp = units.table["kp"].cat.codes.to_numpy(dtype=np.int64)
    squares, df = within_squares(
        np.log(middle[middle > 0]),
        active.part[middle > 0],
        kp[active.unit],
        n_groups=len(active.unit),
        n_labels=len(units.kps),
    )
    sd = float(pooled_sd(squares, df)[units.kps.index(records.kp)])
    if np.isnan(sd):
        raise ValueError(
            "interview_sd must be given for this study; got nothing, and no spot has two interviews that "
            "would tell how far a report is off. Give, for example, 0.3 for reports that are off by 30%."
        )
    n = int(df[units.kps.index(records.kp)])
    return sd, f"{sd:.0%} error of one interview about a spot: {n} repeated interviews of {records.kp}."


def size_tail(size: np.ndarray, error: np.ndarray) -> tuple[float, str]:
    """Return the spread of attraction beyond chance, typology and errors of reports.

    `size` is E of visited spots, `error` the log-variance of its report.

    Examples
    --------
    >>> size_tail(np.full(8, 10.0), np.zeros(8))[0]
    0.0
    """
    if len(size) < FEWEST:
        return _USUAL.tail, f"Spread of spot sizes: an assumption, because fewer than {FEWEST} were seen."
    excess = max(0.0, (size.var(ddof=1) - size.mean()) / size.mean() ** 2)
    tail = float(np.sqrt(max(0.0, np.log1p(excess) - error.mean() - TYPOLOGY_SPREAD)))
    return (
        tail,
        f"Spread of spot sizes {tail:.2f} (standard deviation of logarithms), from {len(size)} spots.",
    )


def _bias(e1: np.ndarray, e2: np.ndarray) -> tuple[float, str]:
    if len(e1) == 0:
        return _USUAL.level1_bias, "Informants against teams: an assumption, no spot has both sizes."
    bias = float(e1.sum() / e2.sum())
    return bias, f"Informants say {bias:.2f} times what teams see, over {len(e1)} spots."


def _informant_scatter(
    records: Records, seen: np.ndarray, log_ratio: np.ndarray, both: np.ndarray, error: np.ndarray
) -> tuple[float, str]:
    """Return the scatter of one informant: of ln(E1/E2), less the error of level 2, for one naming."""
    if len(log_ratio) < FEWEST:
        text = f"Scatter of informants: an assumption, because fewer than {FEWEST} spots have both sizes."
        return _USUAL.level1_noise, text
    level1 = records.spots.units.level1
    named = np.bincount(level1[level1 >= 0], minlength=len(seen))[seen][both]
    left = max(0.0, float(log_ratio.var(ddof=1)) - float(error.mean()))
    noise = float(np.sqrt(left / np.mean(1 / np.maximum(named, 1))))
    return noise, f"{noise:.0%} error of one informant: from {len(log_ratio)} spots with both sizes."


def _middle(rows: pd.DataFrame, basis: str) -> np.ndarray:
    low, high = _ends(rows, basis)
    return (low + high) / 2


def _ends(rows: pd.DataFrame, basis: str) -> tuple[np.ndarray, np.ndarray]:
    """Return minimum and maximum of each active interview; a blank peak is the usual size."""
    ends = []
    for end in ("min", "max"):
        usual, peak = (rows[f"{day}_{end}"].to_numpy(dtype=float) for day in ("usual", "peak"))
        ends.append(np.where(np.isnan(peak), usual, peak) if basis == "peak_day" else usual)
    return ends[0], ends[1]


def _of_kp(records: Records) -> pd.DataFrame:
    active = records.spots.active
    return active.rows[records.of_kp[active.unit[active.part]]]


def _width(records: Records) -> tuple[float, str]:
    low, high = _ends(_of_kp(records), records.basis)
    width = float((high - low).sum() / max((high + low).sum(), 1))
    return width, f"A reported range is the middle and {width:.0%} more or less."


def _heaping(records: Records) -> tuple[float, str]:
    """Return the share of minima rounded to fives: multiples of 5 beyond the fifth that chance gives."""
    low = _ends(_of_kp(records), records.basis)[0]
    low = low[low >= 8]
    if len(low) < FEWEST:
        return _USUAL.heaping, "Rounding to fives: an assumption, because few reported sizes are 8 or more."
    share = float(np.clip(((low % 5 == 0).mean() - 0.2) / 0.8, 0, 1))
    return share, f"{share:.0%} of reported minima are rounded to fives beyond what chance gives."
