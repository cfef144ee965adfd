"""What the fieldwork took: informants by type, interviews, and what became of the spots."""

import numpy as np
import pandas as pd

from pse.spots.units import STATUSES, Units


def number_interviews(table: pd.DataFrame) -> np.ndarray:
    """Return a whole number, from 0, for the interview of each row."""
    return pd.factorize(table["interview_id"])[0]


def informants_table(level1: pd.DataFrame, interview: np.ndarray) -> pd.DataFrame:
    """Return level-1 effort by `informant_type`: `interviews`, how many `named_nothing`, `mentions` of spots.

    `interview` numbers the interviews of the rows. Spots that come from other sources
    (`informant_type = list`) are counted as their own type.
    """
    n_interviews = int(interview.max(initial=-1)) + 1
    kind, kinds = pd.factorize(level1["informant_type"], sort=True)
    mentions = np.bincount(interview[level1["spot_id"].notna().to_numpy()], minlength=n_interviews)
    kind_of = np.zeros(n_interviews, dtype=np.int64)
    kind_of[interview] = kind
    n = len(kinds)
    return pd.DataFrame(
        {
            "informant_type": np.asarray(kinds, dtype=object),
            "interviews": np.bincount(kind_of, minlength=n),
            "named_nothing": np.bincount(kind_of[mentions == 0], minlength=n),
            "mentions": np.bincount(kind_of, weights=mentions, minlength=n).astype(int),
        }
    )


def effort_table(
    units: Units, level1: pd.DataFrame, level2: pd.DataFrame, interview: np.ndarray
) -> pd.DataFrame:
    """Return effort by `kp`, with a last row `all` that counts a spot of two KPs once.

    `interview` numbers the interviews of the level-1 rows.

    Returns
    -------
    pandas.DataFrame
        `kp, level1_interviews` (lists from other sources are none), `level2_interviews` (with people met at
        an active spot), `spots_listed, spots_new, spots_validated` (visited and active), then one column
        of spots for every other status.
    """
    named = _interviews(units, interview, units.level1, (level1["informant_type"] != "list").to_numpy())
    active = (level2["status"] == "active").to_numpy()
    met = _interviews(units, number_interviews(level2), units.level2, active)
    kp = units.table["kp"].cat.codes.to_numpy()
    status = units.table["status"].cat.codes.to_numpy()
    listed = units.table["listed"].to_numpy()
    spots = [_spots(status[kp == code], listed[kp == code]) for code in range(len(units.kps))]
    spots.append(_spots(*_by_spot(units, status, listed)))
    interviews = pd.DataFrame(
        {"kp": [*units.kps, "all"], "level1_interviews": named, "level2_interviews": met}
    )
    return pd.concat([interviews, pd.DataFrame(spots)], axis=1)


def _interviews(units: Units, interview: np.ndarray, unit: np.ndarray, keep: np.ndarray) -> list[int]:
    """Return how many interviews named each KP, and how many there were, over the rows to `keep`."""
    width = len(units.kps) + 1
    kp = np.append(units.table["kp"].cat.codes.to_numpy(), width - 1)[unit]  # unit -1 named no KP
    seen = np.zeros((int(interview.max(initial=-1)) + 1, width), dtype=bool)
    seen[interview[keep], kp[keep]] = True
    return [*seen[:, : width - 1].sum(axis=0).tolist(), int(seen.any(axis=1).sum())]


def _by_spot(units: Units, status: np.ndarray, listed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the strongest status of each spot over its KPs, and whether any KP was listed there."""
    spot = np.flatnonzero(units.lookup >= 0) // max(1, len(units.kps))
    strongest = np.full(len(units.spots), -1)
    np.maximum.at(strongest, spot, status)
    used = strongest >= 0
    return strongest[used], (np.bincount(spot[listed], minlength=len(units.spots)) > 0)[used]


def _spots(status: np.ndarray, listed: np.ndarray) -> dict[str, int]:
    counts = dict(zip(STATUSES, np.bincount(status, minlength=len(STATUSES)).tolist(), strict=True))
    validated = counts.pop("active")
    return {
        "spots_listed": int(listed.sum()),
        "spots_new": int((~listed).sum()),
        "spots_validated": validated,
        **{f"spots_{name}": count for name, count in counts.items()},
    }
