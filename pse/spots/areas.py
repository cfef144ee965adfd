"""What every way to the sizes of unmapped areas starts from and returns: areas, covariates, one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse import checks
from pse.spots.rates import adults_of, mapped_codes

KEYS = ["municipality", "kp", "adults", "denominator"]
COLUMNS = [*KEYS, "rate", "point", "lower", "upper", "interval", "level", "method", "outside"]


@dataclass(frozen=True)
class Areas:
    """All areas of one KP that have adults: the mapped ones first, then the others.

    Attributes
    ----------
    kp : str
        The KP.
    table : pandas.DataFrame
        `municipality, kp, adults, denominator, outside` and, blank where not mapped, `point, lower, upper,
        interval, level`; `outside` names the covariates beyond the range of the mapped areas.
    x : numpy.ndarray
        Intercept and covariates, areas x columns; covariates have mean 0 and variance 1 over mapped areas.
    """

    kp: str
    table: pd.DataFrame
    x: np.ndarray

    @property
    def mapped(self) -> int:
        """How many of the areas are mapped."""
        return int(self.table["point"].notna().sum())


def areas_by_kp(
    by_municipality: pd.DataFrame,
    municipalities: pd.DataFrame,
    denominators: Mapping[str, str],
    covariates: Sequence[str] = (),
) -> Iterator[Areas]:
    """Give the areas of each KP that has a denominator.

    Parameters
    ----------
    by_municipality : pandas.DataFrame
        `.municipalities` of the study: `municipality, kp, point, lower, upper, interval, level`.
    municipalities : pandas.DataFrame
        All municipalities, with `mapped`, adults and covariates.
    denominators : mapping
        KP to the column of adults.
    covariates : sequence of str
        Columns of `municipalities`; numbers, none blank where there are adults.

    Raises
    ------
    ValueError
        If a covariate is missing, blank, text or the same everywhere; if there are too few mapped areas for
        the covariates, or a KP has nobody in any of them.
    """
    codes = set(mapped_codes(municipalities))
    for kp in sorted(set(by_municipality["kp"]) & set(denominators)):
        sizes = by_municipality.loc[by_municipality["kp"].eq(kp)].set_index("municipality")
        table = municipalities[["municipality"]].assign(kp=kp)
        table = pd.concat([table, adults_of(table, municipalities, denominators)], axis=1)
        kept = ["point", "lower", "upper", *[name for name in ("interval", "level") if name in sizes]]
        table = table.join(sizes[kept], on="municipality").reset_index(drop=True)
        table.loc[~table["municipality"].isin(codes), ["point", "lower", "upper"]] = np.nan
        table = table[table["adults"] > 0]
        table = table.sort_values(["point", "municipality"], key=_unmapped_last, kind="stable")
        _check_mapped(table, kp=kp, columns=1 + len(covariates))
        x = _design(table, municipalities, covariates)
        table = table.assign(outside=_outside(x, table["point"].notna().to_numpy(), covariates))
        areas = Areas(kp, table.reset_index(drop=True), x)
        if np.linalg.matrix_rank(areas.x[: areas.mapped]) < areas.x.shape[1]:
            raise ValueError("covariates must not follow from each other in the mapped areas. Leave one out.")
        yield areas


def _unmapped_last(values: pd.Series) -> pd.Series:
    return values.isna().astype(int) if values.name == "point" else values


def _design(table: pd.DataFrame, municipalities: pd.DataFrame, covariates: Sequence[str]) -> np.ndarray:
    """Return intercept and standardised covariates of the areas of `table`."""
    absent = [name for name in covariates if name not in municipalities]
    if absent:
        raise ValueError(
            f"covariates must be columns of municipalities; got {', '.join(absent)}. Add them to the file."
        )
    columns = [np.ones(len(table))]
    mapped = table["point"].notna().to_numpy()
    chosen = municipalities.set_index("municipality").reindex(table["municipality"])
    for name in covariates:
        values = pd.to_numeric(chosen[name], errors="coerce").to_numpy(dtype=float)
        blank = int((~np.isfinite(values)).sum())
        if blank:
            raise ValueError(
                f"{name} must be a number in every area with adults; got {blank} blank or not a number. "
                "Fill them in, or leave the covariate out."
            )
        spread = values[mapped].std() if mapped.any() else 0.0
        if spread <= 1e-12 * max(1.0, float(np.abs(values).max(initial=0.0))):
            raise ValueError(f"{name} must differ between mapped areas; got one value. Leave it out.")
        columns.append((values - values[mapped].mean()) / spread)
    return np.column_stack(columns)


def _outside(x: np.ndarray, mapped: np.ndarray, covariates: Sequence[str]) -> list[str]:
    """Return for each area the covariates in which it lies outside the range of the mapped areas."""
    slack = 1e-9  # x has variance 1
    beyond = (x < x[mapped].min(axis=0) - slack) | (x > x[mapped].max(axis=0) + slack)
    return [", ".join(name for name, out in zip(covariates, row[1:], strict=True) if out) for row in beyond]


def _check_mapped(table: pd.DataFrame, *, kp: str, columns: int) -> None:
    mapped = int(table["point"].notna().sum())
    if mapped <= columns:
        raise ValueError(
            f"mapped areas with adults must be at least {columns + 1} for {kp}; got {mapped}. "
            "Use fewer covariates, or a rate: extrapolate_by_strata."
        )
    if not (table["point"] > 0).any():
        raise ValueError(
            f"sizes must be above 0 in some mapped area for {kp}; got 0 in all of them. "
            "There is no rate to carry over."
        )


def check_asked(*, by: str, level: float) -> None:
    """Refuse anything but sizes by municipality or their sum by KP, at a level between 0 and 1."""
    checks.one_of(by, ("municipality", "kp"), name="by")
    checks.level(level)


def size_rows(
    areas: Areas,
    *,
    point: np.ndarray,
    error: np.ndarray,
    quantile: float,
    level: float,
    method: str,
    logs: bool,
    by: str,
    centre: np.ndarray | None = None,
) -> pd.DataFrame:
    """Return the house table of the unmapped areas, or their sum with its own interval.

    Parameters
    ----------
    areas : Areas
        Areas of one KP.
    point : numpy.ndarray
        People in each unmapped area.
    error : numpy.ndarray
        Covariance of the prediction errors: of logs with `logs`, else of people.
    quantile, level : float
        Standard errors on each side, and the level that they stand for.
    method : str
        Method, as it should stand in a report.
    logs : bool
        Whether bounds are ``exp(log centre -+ quantile x se)`` or ``point -+ quantile x se``, at least 0.
    by : {"municipality", "kp"}
        One row an area, or the sum. The error of a sum of logs is by the delta method.
    centre : numpy.ndarray, optional
        Middle of the interval on the log scale, in people, when it is not the point.
    """
    unmapped = areas.table[areas.table["point"].isna()].reset_index(drop=True)
    table, outside = unmapped[KEYS], unmapped["outside"].to_list()
    middle = point if centre is None else centre
    if by == "kp" and len(table):
        weight = middle if logs else np.ones_like(middle)
        variance = np.atleast_1d(weight @ error @ weight) / (middle.sum() ** 2 if logs else 1.0)
        point, middle = np.atleast_1d(point.sum()), np.atleast_1d(middle.sum())
        table = table.head(1).assign(adults=table["adults"].sum()).drop(columns="municipality")
        outside = [", ".join(sorted({name for names in outside for name in names.split(", ") if name}))]
    else:
        variance = np.diag(error)
    spread = quantile * np.sqrt(variance)
    lower = middle * np.exp(-spread) if logs else np.maximum(middle - spread, 0)
    upper = middle * np.exp(spread) if logs else np.maximum(middle + spread, 0)
    return table.assign(
        rate=1000 * point / table["adults"],
        point=point,
        lower=np.minimum(lower, point),
        upper=np.maximum(upper, point),
        interval="confidence",
        level=level,
        method=method,
        outside=outside,
    )


def stack(parts: Sequence[pd.DataFrame], *, by: str) -> pd.DataFrame:
    """Put the tables of all KPs below each other; an empty table of the same shape when there is none."""
    kept = [part for part in parts if len(part)]
    columns = [name for name in COLUMNS if by == "municipality" or name != "municipality"]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=columns)
