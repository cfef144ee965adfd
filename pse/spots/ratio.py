"""Step 4: R, the factor for listed spots that nobody visited."""

import numpy as np
import pandas as pd

from pse.spots.options import Options
from pse.spots.pool import mean_by
from pse.spots.units import VISITED, Units

TIE = 1e-9
"""Level-1 sizes this close to the limit of a quarter are at the limit, so that rounding decides nothing."""

FLAG_DIFFERENCE = 0.10
"""Mean level-1 sizes of visited and unvisited spots that differ by more than this are flagged."""


def ratio_from_sums(
    *,
    form: str,
    level2: np.ndarray,
    level1_visited: np.ndarray,
    level1_active: np.ndarray,
    visited: np.ndarray,
    active: np.ndarray,
    ratios: np.ndarray,
    with_ratio: np.ndarray,
) -> np.ndarray:
    """Return R = size at level 2 over size at level 1, in one of its four forms.

    Parameters
    ----------
    form : {"all", "active", "active_share", "mean"}
        ``all``: sum(E2) / sum(E1) over visited spots, inactive ones with E2 = 0; ``active``: over active
        spots only; ``active_share``: that times the share of visited spots that are active; ``mean``:
        unweighted mean of E2 / E1 over active spots.
    level2, level1_visited, level1_active : array of float
        Sum(E2), and sum(E1) over visited and over active spots, for each stratum.
    visited, active : array of int
        Numbers of visited and of active spots.
    ratios, with_ratio : array
        Sum of E2 / E1 over active spots with E1 > 0, and their number.

    Returns
    -------
    numpy.ndarray
        R for each stratum; NaN where it is 0/0 (the caller then falls back).

    Notes
    -----
    Nigeria 2012 prints that such a factor was used, not its form; the four forms are METHOD, section 2,
    step 4. R is consistent only if visits depend on neither size nor activity.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        forms = {
            "all": level2 / level1_visited,
            "active": level2 / level1_active,
            "active_share": np.where(active == 0, 0.0, level2 / level1_active) * active / visited,
            "mean": ratios / with_ratio,
        }
    return np.where(np.isfinite(forms[form]), forms[form], np.nan)


def estimate_ratios(
    units: Units, level1: np.ndarray, level2: np.ndarray, *, options: Options
) -> tuple[np.ndarray, pd.DataFrame]:
    """Return R of every unit, and the table of ratios that says what each rests on.

    Parameters
    ----------
    units : Units
        Units of the study.
    level1, level2 : numpy.ndarray of float, shape (units,)
        Points E1 and E2 in people, E2 being 0 for spots that are not active.
    options : Options
        `ratio`, `ratio_strata` and `ratio_min_spots` are used.

    Returns
    -------
    ratio : numpy.ndarray, shape (units,)
        R for listed units without a visit; refused and unsafe ones take the active-only form, because
        they are known not to have been found closed.
    table : pandas.DataFrame
        One row per KP x stratum: `ratio`, `refused_ratio`, `form`, `strata`, `rests_on` (stratum, KP, or
        why it is 1), `n` (spots that R rests on), `visited`, `active`, `unvisited`, mean level-1 sizes of
        visited and unvisited spots where R comes from, their `difference` and its `flag`.
    """
    frame = units.table
    kp = frame["kp"].cat.codes.to_numpy(dtype=np.int64)
    stratum, names = strata_of(frame, level1, kp, options.ratio_strata)
    width = len(names) + 1
    cell, cells = pd.factorize(kp * width + stratum + 1, sort=True)
    cell_kp = np.asarray(cells) // width
    fine = ratio_sums(cell, len(cells), frame, level1, level2)
    coarse = ratio_sums(kp, len(units.kps), frame, level1, level2)
    ratio, rests_on, n = with_fallback(fine, coarse, cell_kp, options.ratio, options.ratio_min_spots)
    refused, _, _ = with_fallback(fine, coarse, cell_kp, "active", options.ratio_min_spots)
    sizes = _mean_sizes(cell, len(cells), frame, level1)
    over_kp = _mean_sizes(kp, len(units.kps), frame, level1)
    sizes |= {  # compared where R comes from: the whole KP after a fallback
        name: np.where(rests_on == "stratum", sizes[name], over_kp[name][cell_kp])
        for name in ("mean_level1_visited", "mean_level1_unvisited", "difference", "flag")
    }
    table = pd.DataFrame(
        {
            "kp": np.asarray(units.kps, dtype=object)[cell_kp],
            "stratum": np.append(np.asarray(names, dtype=object), "not recorded")[
                np.asarray(cells) % width - 1
            ],
            "ratio": ratio,
            "refused_ratio": refused,
            "form": options.ratio,
            "strata": options.ratio_strata,
            "rests_on": rests_on,
            "n": n,
            **sizes,
        }
    )
    unseen = frame["status"].isin(["refused", "unsafe"]).to_numpy()
    return np.where(unseen, refused[cell], ratio[cell]) if len(cells) else np.ones(0), table


def strata_of(
    frame: pd.DataFrame, level1: np.ndarray, kp: np.ndarray, strata: str
) -> tuple[np.ndarray, list[str]]:
    """Return the stratum of each unit within its KP, and the names of the strata."""
    if strata == "typology":
        return frame["typology"].cat.codes.to_numpy(dtype=np.int64), list(frame["typology"].cat.categories)
    quarter = np.zeros(len(frame), dtype=np.int64)
    listed = frame["listed"].to_numpy()
    for code in np.unique(kp[listed]):
        limits = np.quantile(level1[listed & (kp == code)], [0.25, 0.5, 0.75]) * (1 + TIE)
        quarter[kp == code] = np.searchsorted(limits, level1[kp == code], side="left")
    return quarter, [f"quarter {i} of level-1 sizes" for i in (1, 2, 3, 4)]


def ratio_sums(
    group: np.ndarray, n: int, frame: pd.DataFrame, level1: np.ndarray, level2: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the sums of `ratio_from_sums`: new spots never enter."""
    visited = frame["listed"].to_numpy() & frame["status"].isin(VISITED).to_numpy()
    active = visited & (frame["status"] == "active").to_numpy()
    sized = active & (level1 > 0)

    def total(keep: np.ndarray, values: np.ndarray) -> np.ndarray:
        return np.bincount(group[keep], weights=values[keep], minlength=n)

    return {
        "level2": total(active, level2),
        "level1_visited": total(visited, level1),
        "level1_active": total(active, level1),
        "visited": np.bincount(group[visited], minlength=n),
        "active": np.bincount(group[active], minlength=n),
        "ratios": total(sized, level2 / np.where(level1 > 0, level1, 1)),
        "with_ratio": np.bincount(group[sized], minlength=n),
    }


def with_fallback(
    fine: dict[str, np.ndarray], coarse: dict[str, np.ndarray], kp: np.ndarray, form: str, min_spots: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return R per stratum, falling back to the KP, then to 1; what it rests on; on how many spots."""
    own = ratio_from_sums(form=form, **fine)
    pooled = ratio_from_sums(form=form, **coarse)[kp]
    use_own = (fine["visited"] >= min_spots) & ~np.isnan(own)
    use_pooled = ~use_own & ~np.isnan(pooled)
    ratio = np.select([use_own, use_pooled], [own, pooled], 1.0)
    nobody = np.where(coarse["visited"][kp] == 0, "1: no visited spot", "1: no ratio can be formed")
    rests_on = np.select([use_own, use_pooled], ["stratum", "KP"], nobody)
    counted = {"active": "active", "mean": "with_ratio"}.get(form, "visited")
    n = np.select([use_own, use_pooled], [fine[counted], coarse[counted][kp]], 0)
    return ratio, rests_on, n


def _mean_sizes(group: np.ndarray, n: int, frame: pd.DataFrame, level1: np.ndarray) -> dict[str, np.ndarray]:
    listed = frame["listed"].to_numpy()
    visited = listed & frame["status"].isin(VISITED).to_numpy()
    active = visited & (frame["status"] == "active").to_numpy()
    rest = listed & ~visited
    seen, unseen = mean_by(group[visited], level1[visited], n=n), mean_by(group[rest], level1[rest], n=n)
    both = (np.bincount(group[visited], minlength=n) > 0) & (np.bincount(group[rest], minlength=n) > 0)
    difference = np.where(both & (unseen > 0), seen / np.where(unseen > 0, unseen, 1) - 1, 0.0)
    return {
        "visited": np.bincount(group[visited], minlength=n),
        "active": np.bincount(group[active], minlength=n),
        "unvisited": np.bincount(group[rest], minlength=n),
        "mean_level1_visited": seen,
        "mean_level1_unvisited": unseen,
        "difference": difference,
        "flag": np.abs(difference) > FLAG_DIFFERENCE,
    }
