"""The opportunity gap: from the people estimated to those reached and served, step by step."""

from pathlib import Path

import numpy as np
import pandas as pd

from mapping.microplan.people import COUNTRY, KEYS
from mapping.release import Released
from pse.records.one_file import frame_or_refuse, read_checked
from pse.records.tables import COVERAGE

STEPS = ("estimated", "mapped", "registered", "contacted", "regular", "referred", "tested")
"""Steps of the ladder in their order; the first two come from the estimates, the others from coverage.csv.
Steps of other names follow in the order of the file and are not compared with one another."""

LATER, ABOVE = "later_larger", "above_upper"
"""Flags: a later step is larger than an earlier one; registered is above the upper size."""


def read_coverage(path: str | Path, *, municipalities: pd.Series, kps: tuple[str, ...]) -> pd.DataFrame:
    """Read a file of counts as the door of a study does.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV with `municipality, kp, step, people` and, optional, `period`.
    municipalities : pandas.Series
        Codes of the study.
    kps : tuple of str
        KP codes of the study.

    Raises
    ------
    TableError
        With every problem of the file.
    ValueError
        If a municipality is not one of the study.
    """
    table = frame_or_refuse(*read_checked(Path(path), COVERAGE, kps=kps))
    check_places(table, municipalities)
    return table


def check_places(counts: pd.DataFrame, municipalities: pd.Series) -> None:
    """Refuse counts about municipalities that the study does not have.

    Raises
    ------
    ValueError
        With the spreadsheet rows; the text that stands there is not repeated.
    """
    known = counts["municipality"].astype(str).isin(set(municipalities.astype(str)))
    if not known.all():
        rows = ", ".join(str(i + 2) for i in np.flatnonzero(~known)[:10])
        raise ValueError(
            f"coverage must name municipalities of the study by their code; got {int((~known).sum())} row(s) "
            f"that match none (row {rows}). Use the codes of the table municipalities."
        )


def latest(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of the latest period of each municipality, KP and step, summed over its rows.

    Notes
    -----
    Periods are compared as text (`2016-Q1` before `2016-Q2`); rows without a period are the oldest. People
    of different periods are never added up: they may be the same people.
    """
    keys = ["municipality", "kp", "step"]
    table = counts.astype(dict.fromkeys(keys, object)).assign(people=counts["people"].astype(float))
    period = table["period"].fillna("").astype(str) if "period" in table else pd.Series("", table.index)
    table = table.assign(period=period)
    last = table.groupby(keys)["period"].transform("max")
    kept = table[table["period"].eq(last)]
    return kept.groupby([*keys, "period"], sort=False)["people"].sum().reset_index()


def release_coverage(counts: pd.DataFrame, released: Released) -> pd.DataFrame:
    """Return the counts that may be shown at the level of `released`, with true totals for the country.

    Parameters
    ----------
    counts : pandas.DataFrame
        `municipality, kp, step, people` [`period`].
    released : Released
        Its threshold holds here too; its hidden sizes stay hidden here.

    Returns
    -------
    pandas.DataFrame
        `municipality, kp, step, people, hidden`: the country (`municipality` empty) and municipalities with
        an estimate. Counts of unmapped municipalities are left out: there is no size to compare with.

    Notes
    -----
    A municipality x KP is hidden with all its steps where its size is hidden or any count is under the
    threshold. Further ones, the smallest first, are hidden until at each step the hidden counts are two or
    more and add up to the threshold or more; so the totals give none of them away. Ours.
    """
    places = released.tables["municipalities"]
    known = _cells(places)
    hidden_sizes = _cells(places[places["hidden"].astype(bool)])
    table = latest(counts)
    cells = list(zip(table["municipality"], table["kp"], strict=True))
    table = table[[cell in known for cell in cells]].reset_index(drop=True)
    threshold = released.threshold
    parts = [_hide(rows, hidden_sizes, threshold) for _, rows in table.groupby("kp", sort=True)]
    empty = table.assign(hidden=False)[["municipality", "kp", "step", "people", "hidden"]]
    return pd.concat(parts, ignore_index=True) if parts else empty


def _cells(places: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(places["municipality"].astype(str), places["kp"].astype(str), strict=True))


def _hide(rows: pd.DataFrame, hidden_sizes: set[tuple[str, str]], threshold: float) -> pd.DataFrame:
    kp = str(rows["kp"].iloc[0])
    wide = rows.pivot_table(index="municipality", columns="step", values="people", aggfunc="sum")
    wide = wide[list(dict.fromkeys(rows["step"]))]
    hidden = pd.Series([(place, kp) in hidden_sizes for place in wide.index], index=wide.index)
    hidden |= (wide < threshold).any(axis=1)
    for place in wide.sum(axis=1).sort_values(kind="stable").index:
        if not _open(wide, hidden, threshold):
            break
        hidden[place] = True
    total = wide.sum(min_count=1)
    long = wide.reset_index().melt(id_vars="municipality", var_name="step", value_name="people")
    long = long.dropna(subset=["people"])
    long["hidden"] = long["municipality"].map(hidden).astype(bool)
    country = pd.DataFrame({"municipality": COUNTRY, "step": total.index, "people": total.to_numpy()})
    country["hidden"] = country["people"] < threshold
    both = pd.concat([country, long], ignore_index=True).assign(kp=kp)
    both["people"] = both["people"].where(~both["hidden"])
    return both[["municipality", "kp", "step", "people", "hidden"]]


def _open(wide: pd.DataFrame, hidden: pd.Series, threshold: float) -> bool:
    """Return whether a total less the counts shown would give a hidden count away, at any step."""
    part = wide[hidden]
    counted = part.notna().sum()
    risky = (counted > 0) & ((counted < 2) | (part.sum() < threshold))
    return bool(risky.any()) and threshold > 0


def opportunity_gap(people: pd.DataFrame, counts: pd.DataFrame, mapped: pd.DataFrame) -> pd.DataFrame:
    """Return the ladder of each place and KP with counts.

    Parameters
    ----------
    people : pandas.DataFrame
        From `people_table`.
    counts : pandas.DataFrame
        From `release_coverage`.
    mapped : pandas.DataFrame
        `municipality, kp, people`: people at mapped spots, from `people_at_spots`.

    Returns
    -------
    pandas.DataFrame
        Keys, `step`, `people`, `share` of those estimated, `lost` since the step before, `flag`
        (`later_larger`, `above_upper`), `how`, `hidden`. Shares can exceed 1: then the size or the count is
        wrong, and the flag says so. Hidden places have one row without numbers.
    """
    parts = [
        _ladder(place, counts, mapped)
        for _, place in people.iterrows()
        if ((counts["municipality"] == place["municipality"]) & (counts["kp"] == place["kp"])).any()
    ]
    columns = [*KEYS, "step", "people", "share", "lost", "flag", "how", "hidden"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _ladder(place: pd.Series, counts: pd.DataFrame, mapped: pd.DataFrame) -> pd.DataFrame:
    def of(table: pd.DataFrame) -> pd.DataFrame:
        return table[(table["municipality"] == place["municipality"]) & (table["kp"] == place["kp"])]

    own = of(counts)
    keys = {name: place[name] for name in KEYS}
    if place["hidden"] or own["hidden"].all():
        return pd.DataFrame([{**keys, "step": "estimated", "flag": "", "how": "gap", "hidden": True}])
    found = {"estimated": place["central"]}
    at_spots = of(mapped)["people"]
    if len(at_spots):
        found["mapped"] = at_spots.iloc[0]
    found |= dict(zip(own["step"], own["people"], strict=True))
    steps = [step for step in STEPS if step in found] + [step for step in found if step not in STEPS]
    values = np.array([found[step] for step in steps], dtype=float)
    return pd.DataFrame(
        {
            **keys,
            "step": steps,
            "people": values,
            "share": values / values[0] if values[0] > 0 else np.nan,
            "lost": _lost(steps, values),
            "flag": _flags(steps, values, upper=float(place["high"])),
            "how": "gap",
            "hidden": np.isnan(values),
        }
    )


def _lost(steps: list[str], values: np.ndarray) -> np.ndarray:
    lost = np.concatenate([[np.nan], values[:-1] - values[1:]])
    return np.where([step in STEPS for step in steps], lost, np.nan)


def _flags(steps: list[str], values: np.ndarray, *, upper: float) -> list[str]:
    flags: list[str] = []
    for i, step in enumerate(steps):
        earlier = values[2 if steps[1:2] == ["mapped"] else 1 : i]  # against counts: sizes have a range
        if step == "registered" and values[i] > upper:
            flags.append(ABOVE)
        elif step in STEPS[2:] and (values[i] > earlier).any():
            flags.append(LATER)
        else:
            flags.append("")
    return flags


def people_at_spots(released: Released) -> pd.DataFrame:
    """Return `municipality, kp, people`: people at mapped spots, as far as they may be shown.

    Notes
    -----
    The country's number is there only where nothing is hidden, or where the release itself gives it.
    """
    tables = released.tables
    none = pd.DataFrame(columns=["municipality", "kp", "people"])
    if "components" not in tables:
        return none
    columns = ["municipality", "kp", "point", "hidden"]
    parts = tables["components"][tables["components"]["component"].eq("spots")][columns]
    parts = parts.astype({"municipality": object, "kp": object})
    if "national_components" in tables:
        whole = tables["national_components"]
        whole = whole[whole["component"].eq("spots")].assign(municipality=COUNTRY)[columns]
    else:
        clean = parts.groupby("kp")["hidden"].transform("any").eq(False)
        whole = parts[clean].groupby("kp")["point"].sum().reset_index()
        whole = whole.assign(municipality=COUNTRY, hidden=False)[columns]
    both = pd.concat([whole.astype({"kp": object}), parts], ignore_index=True)
    both["people"] = both["point"].astype(float).where(~both["hidden"].astype(bool))
    sums = both.groupby(["municipality", "kp"])["people"].agg(lambda v: v.sum(skipna=False))
    return sums.dropna().reset_index()
