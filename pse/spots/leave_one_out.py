"""How far off an extrapolation is where the answer is known: each mapped area is left out once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from pse.estimate import EstimateWarning

Extrapolate = Callable[[pd.DataFrame, pd.DataFrame, Mapping[str, str]], pd.DataFrame]
END = ["point", "lower", "upper"]


def leave_one_out(
    extrapolate: Extrapolate,
    by_municipality: pd.DataFrame,
    municipalities: pd.DataFrame,
    denominators: Mapping[str, str],
) -> pd.DataFrame:
    """Extrapolate to every mapped area from the others, as if it had not been mapped.

    Parameters
    ----------
    extrapolate : callable
        Any of the `extrapolate_` functions, with its options bound by `functools.partial`.
    by_municipality, municipalities, denominators
        What it is called with; the area left out has `mapped` false and no size.

    Returns
    -------
    pandas.DataFrame
        `municipality, kp` [`form`], `adults, mapped_point`, the prediction `point, lower, upper, interval,
        level, method`, `error` (prediction less mapped size, people), `inside` (the mapped size lies between
        the bounds) and `reason`, not blank where the others allow no prediction.

    Notes
    -----
    The mapped size is itself an estimate: the error holds both, and a perfect method has some. Areas that
    nobody mapped may differ from the mapped ones in a way that no leaving-out can show.
    """
    mapped = municipalities.loc[municipalities["mapped"].astype(bool), "municipality"]
    parts = [
        _without(code, extrapolate, by_municipality, municipalities, denominators) for code in sorted(mapped)
    ]
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def _without(
    code: str,
    extrapolate: Extrapolate,
    by_municipality: pd.DataFrame,
    municipalities: pd.DataFrame,
    denominators: Mapping[str, str],
) -> pd.DataFrame:
    known = by_municipality.loc[by_municipality["municipality"].eq(code), ["municipality", "kp", "point"]]
    known = known.rename(columns={"point": "mapped_point"})
    kept = municipalities["municipality"].eq(code) | municipalities["mapped"].astype(bool)
    others = municipalities[kept].copy()
    others["mapped"] = others["mapped"].astype(bool) & ~others["municipality"].eq(code)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", EstimateWarning)  # said once, of the real extrapolation
            found = extrapolate(
                by_municipality[~by_municipality["municipality"].eq(code)], others, denominators
            )
    except ValueError as error:
        return known.assign(reason=str(error))
    found = known.merge(found[found["municipality"].eq(code)], on=["municipality", "kp"], how="inner")
    inside = found["mapped_point"].between(found["lower"], found["upper"])
    return found.assign(error=found["point"] - found["mapped_point"], inside=inside, reason="")


def summarise_errors(errors: pd.DataFrame) -> pd.DataFrame:
    """Return one row per KP and method from `leave_one_out`: the errors that are printed beside a result.

    Parameters
    ----------
    errors : pandas.DataFrame
        What `leave_one_out` gave.

    Returns
    -------
    pandas.DataFrame
        `kp` [`form`], `areas` (predicted), `failed`, `bias` (sum of predictions over sum of mapped sizes,
        less 1), `relative_error` (sum of absolute errors over sum of mapped sizes),
        `median_relative_error` (over areas with people) and `inside` (share of areas whose mapped size lies
        between the bounds).
    """
    keys = [name for name in ("kp", "form") if name in errors]
    rows = []
    for key, group in errors.groupby(keys, sort=True, dropna=False):
        done = group[group["reason"].eq("")]
        rows.append({**dict(zip(keys, key, strict=True)), **_summary(done), "failed": len(group) - len(done)})
    columns = [*keys, "areas", "failed", "bias", "relative_error", "median_relative_error", "inside"]
    return pd.DataFrame(rows, columns=columns)


def _summary(done: pd.DataFrame) -> dict[str, float]:
    if done.empty:
        return {"areas": 0}
    total = float(done["mapped_point"].sum())
    people = done[done["mapped_point"] > 0]
    return {
        "areas": len(done),
        "bias": float(done["error"].sum()) / total if total else np.nan,
        "relative_error": float(done["error"].abs().sum()) / total if total else np.nan,
        "median_relative_error": float((people["error"].abs() / people["mapped_point"]).median()),
        "inside": float(done["inside"].astype(float).mean()),
    }


def extrapolate_with_errors(
    extrapolate: Extrapolate,
    by_municipality: pd.DataFrame,
    municipalities: pd.DataFrame,
    denominators: Mapping[str, str],
) -> pd.DataFrame:
    """Return the extrapolation with its leave-one-out errors in every row: the two are printed together.

    Parameters
    ----------
    extrapolate, by_municipality, municipalities, denominators
        As in `leave_one_out`.

    Returns
    -------
    pandas.DataFrame
        The table of `extrapolate` with `left_out_areas, left_out_bias, left_out_relative_error,
        left_out_inside` of its KP (and form).
    """
    found = extrapolate(by_municipality, municipalities, denominators)
    errors = summarise_errors(leave_one_out(extrapolate, by_municipality, municipalities, denominators))
    keys = [name for name in ("kp", "form") if name in errors and name in found]
    beside = errors[[*keys, "areas", "bias", "relative_error", "inside"]]
    beside = beside.rename(columns={name: f"left_out_{name}" for name in beside if name not in keys})
    return found.merge(beside, on=keys, how="left")
