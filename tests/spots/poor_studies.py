"""Poor studies by name: too little of something, as field data sometimes are. Simulated, no real place."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import pse
from pse.simulate import simulate

SMALL = {"municipalities": 4, "spots": 6.0, "people": 50.0}
TABLES = ("level1", "level2", "people", "virtual", "nonspot")
WITH_INTERVALS = (
    *("national", "municipalities", "components", "national_components"),
    *("typologies", "days", "municipality_days"),
)
SETTINGS: dict[str, Any] = {
    "title": "Poor",
    "country": "Nowhere",
    "year": 2016,
    "size_basis": "usual_day",
    "denominators": {"FSW": "adult_women", "MSM": "adult_men", "PWID": "adult_men"},
}
Tables = dict[str, pd.DataFrame]


def _simulated(*, kps: tuple[str, ...], zoned: bool = True, **changes: Any) -> Tables:
    tables = simulate("plain", rng=np.random.default_rng(6), **SMALL | changes).tables
    for name in TABLES:
        tables[name] = tables[name][tables[name]["kp"].isin(kps)].reset_index(drop=True)
        if not zoned and "zone" in tables[name]:
            tables[name] = tables[name].assign(zone=None)
    return tables


def _keep(
    tables: Tables, keep: Callable[[pd.DataFrame], pd.Series], names: tuple[str, ...] = TABLES
) -> Tables:
    cut = {name: tables[name][keep(tables[name]).to_numpy()].reset_index(drop=True) for name in names}
    return tables | cut


def _one_spot(tables: Tables) -> Tables:
    active = tables["level2"][tables["level2"]["status"] == "active"]
    spots = active.drop_duplicates("kp").set_index("kp")["spot_id"]
    met = tables["people"]["spot_id"].notna() & (
        tables["people"]["spot_id"] != tables["people"]["kp"].map(spots)
    )
    tables = tables | {"people": tables["people"][~met].reset_index(drop=True)}
    cut = _keep(tables, lambda t: t["spot_id"] == t["kp"].map(spots), ("level1", "level2"))
    return cut | {"level2": cut["level2"].drop_duplicates("kp").reset_index(drop=True)}


def _one_zone(tables: Tables) -> Tables:
    first = tables["municipalities"]["municipality"].iloc[0]
    cut = _keep(tables, lambda t: t["municipality"] == first, ("municipalities", *TABLES))
    return {n: t.assign(zone="Z1") if "zone" in t else t for n, t in cut.items()}


def _no_visits_asked(tables: Tables) -> Tables:
    tables.pop("people")
    filled = {"profiles_per_person": 1.6, "share_at_spots": 0.7}
    return tables | {"virtual": tables["virtual"].assign(**filled)}


def _all_m_one(tables: Tables) -> Tables:
    return tables | {"people": tables["people"].assign(spots_visited=1)}


def _absent(tables: Tables) -> Tables:
    kp = tables["level1"]["kp"].iloc[0]
    half = tables["municipalities"]["municipality"].iloc[:2]
    return _keep(tables, lambda t: (t["kp"] != kp) | ~t["municipality"].isin(half))


def _virtual_only(tables: Tables) -> Tables:
    first = tables["municipalities"]["municipality"].iloc[0]
    cut = _keep(tables, lambda t: t["municipality"] != first, ("level1", "level2", "people", "nonspot"))
    same = cut["virtual"].assign(accounts_max=cut["virtual"]["accounts_min"], share_at_spots=0.5)
    return cut | {"virtual": same.assign(profiles_per_person=1.5)}


def _refused_only(tables: Tables) -> Tables:
    level2 = tables["level2"].drop_duplicates(["spot_id", "kp"])
    said = [name for name in level2 if name.startswith(("usual", "peak"))]
    return tables | {"level2": level2.assign(status="refused", **dict.fromkeys(said))}


def _nobody_twice(tables: Tables) -> Tables:
    return tables | {"level2": tables["level2"].drop_duplicates(["spot_id", "kp"]).reset_index(drop=True)}


def _level2_empty(tables: Tables) -> Tables:
    kp = tables["level1"]["kp"].iloc[0]
    met = (tables["people"]["kp"] == kp) & tables["people"]["spot_id"].notna()
    tables = tables | {"people": tables["people"][~met].reset_index(drop=True)}
    return _keep(tables, lambda t: t["kp"] != kp, ("level2",))


CHANGES: dict[str, Callable[[Tables], Tables]] = {
    "one spot": _one_spot,
    "one zone": _one_zone,
    "one informant": lambda tables: tables,
    "nobody asked about visits": _no_visits_asked,
    "all M are 1": _all_m_one,
    "a KP absent from half of the municipalities": _absent,
    "virtual people only in one municipality": _virtual_only,
    "refused spots only": _refused_only,
    "one municipality": lambda tables: tables,
    "no repeated interviews": _nobody_twice,
    "level 2 empty for one KP": _level2_empty,
}


def poor_tables(name: str, *, kps: tuple[str, ...] = ("FSW", "MSM", "PWID"), zoned: bool = True) -> Tables:
    """Return the tables of a poor study; `kps` and `zoned` give fewer KPs and no zones."""
    few = {"one informant": {"informants": 1, "zones": 1}, "one municipality": {"municipalities": 1}}
    return CHANGES[name](_simulated(kps=kps, zoned=zoned, **few.get(name, {})))


def study_of(tables: Tables) -> pse.Study:
    """Return the study of these tables."""
    return pse.make_study(**SETTINGS, tables=tables)


def flat_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with people whose bounds are one number."""
    width = table["upper"] - table["lower"]
    return table[(table["point"] > 0) & (width <= 1e-9 * (1 + table["point"]))]


def never_silent(sizes: pse.StudyEstimates) -> None:
    """Fail if a random interval has no width, or if a number without an interval has no sentence."""
    for name in WITH_INTERVALS:
        table = getattr(sizes, name)
        assert (table["lower"] <= table["point"]).all() and (table["point"] <= table["upper"]).all(), name
        assert (flat_rows(table)["interval"] == "range").all(), name
    alone = {said.split(":")[0] for said in sizes.notices if " interval: " in said}
    still = flat_rows(sizes.municipalities)
    assert set(still["kp"]) <= alone or any("marked as a range" in said for said in sizes.notices)
    added = flat_rows(sizes.components)
    exact = {said.split(":")[0] for said in sizes.notices if "count as exact" in said}
    assert set(added["kp"]) <= alone | exact
    assert set(sizes.national.loc[sizes.national["interval"] == "range", "kp"]) <= alone | exact
    for table in (sizes.attendance, sizes.dual):
        for name in [n.removesuffix("_lower") for n in table if n.endswith("_lower")]:
            low, high = table[f"{name}_lower"], table[f"{name}_upper"]
            assert (low.isna() | (low < high)).all(), name
            for kp in table.loc[low.isna() & (table[name] > 0) & ~table["kp"].isin(alone), "kp"]:
                assert any(said.startswith(f"{kp}: ") and f"{name}" in said for said in sizes.notices)
