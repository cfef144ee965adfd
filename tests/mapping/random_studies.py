"""Small random studies with every table that a release links: spots, homes, platforms, days, overrides."""

import numpy as np
import pandas as pd

from pse.records.study import Study, make_study

KINDS = ("bar", "street", "home", "park")
DENOMINATORS = {"FSW": "adult_women", "MSM": "adult_men", "PWID": "adult_men"}


def random_study(seed: int, *, towns: int = 6, kps: int = 2, spots: int = 25) -> Study:
    """Return a study in which many numbers are small, some spots dominate, and some are alone."""
    rng = np.random.default_rng(seed)
    codes = [f"t{i}" for i in range(towns)]
    names = list(DENOMINATORS)[:kps]
    frame = _spots(rng, codes, names, spots)
    tables = {
        "municipalities": _places(rng, codes),
        "level1": _level1(rng, frame),
        "level2": _level2(rng, frame[rng.random(len(frame)) < 0.7]),
        "nonspot": _nonspot(rng, codes, names),
        "virtual": _virtual(rng, codes, names),
        "overrides": _overrides(rng, codes, names),
    }
    tables = {name: table for name, table in tables.items() if len(table)}
    return make_study(title="T", country="C", year=2020, tables=tables, denominators=DENOMINATORS)


def _places(rng: np.random.Generator, codes: list[str]) -> pd.DataFrame:
    adults = rng.integers(500, 40_000, size=(len(codes) + 1, 2))
    return pd.DataFrame(
        {
            "municipality": [*codes, "far"],
            "name": [*(code.upper() for code in codes), "FAR"],
            "adult_men": adults[:, 0],
            "adult_women": adults[:, 1],
            "mapped": ["yes"] * len(codes) + ["no"],
        }
    )


def _spots(rng: np.random.Generator, codes: list[str], kps: list[str], n: int) -> pd.DataFrame:
    weight = rng.dirichlet(np.full(len(codes), 0.6))
    size = np.maximum(1, rng.lognormal(1.7, 1.0, n)).astype(int)
    return pd.DataFrame(
        {
            "spot_id": [f"S{i:03d}" for i in range(n)],
            "municipality": rng.choice(codes, n, p=weight),
            "zone": None,
            "kp": rng.choice(kps, n),
            "typology": rng.choice(KINDS, n, p=[0.5, 0.3, 0.15, 0.05]),
            "low": size,
            "high": size + rng.integers(0, 8, n),
        }
    )


def _level1(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    table = frame.rename(columns={"low": "kp_min", "high": "kp_max"})
    return table.assign(
        interview_id=[f"A{i}" for i in range(len(table))],
        informant_type=rng.choice(["taxi", "bar"], len(table)),
    )


def _level2(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    more = rng.integers(0, 6, len(frame))
    asked = rng.random() < 0.5
    table = frame.assign(
        interview_id=[f"B{i}" for i in range(len(frame))],
        status=rng.choice(["active", "inactive", "refused"], len(frame), p=[0.85, 0.1, 0.05]),
        usual_min=frame["low"],
        usual_max=frame["high"],
        peak_min=frame["low"] + more,
        peak_max=frame["high"] + more,
        peak_days=rng.choice(["sat sun", "fri sat", ""], len(frame)),
        share_other_spots=np.round(rng.uniform(0, 0.8, len(frame)), 2) if asked else np.nan,
        other_spots_mean=np.round(rng.uniform(1, 3, len(frame)), 1) if asked else np.nan,
    )
    return table.drop(columns=["low", "high"])


def _nonspot(rng: np.random.Generator, codes: list[str], kps: list[str]) -> pd.DataFrame:
    rows = [
        (m, kp, rng.choice(["home", "phone"]), int(rng.integers(0, 40)))
        for m in codes
        for kp in kps
        if rng.random() < 0.4
    ]
    return pd.DataFrame(rows, columns=["municipality", "kp", "setting", "people"])


def _virtual(rng: np.random.Generator, codes: list[str], kps: list[str]) -> pd.DataFrame:
    rows = [
        {
            "municipality": m, "kp": kp, "platform_type": rng.choice(["app", "site"]), "platform": "P",
            "accounts_min": 20, "accounts_max": int(rng.integers(20, 150)), "share_genuine": 0.9,
            "share_active": 0.8, "share_resident": 0.9, "profiles_per_person": 1.5, "share_at_spots": 0.3,
        }
        for m in codes
        for kp in kps
        if rng.random() < 0.3
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _overrides(rng: np.random.Generator, codes: list[str], kps: list[str]) -> pd.DataFrame:
    rows = [
        {
            "municipality": m, "kp": kps[0], "point": 30, "lower": 20, "upper": 45,
            "reason": "community meeting", "role": "coordinator",
        }
        for m in codes[:1]
        if rng.random() < 0.3
    ]  # fmt: skip
    return pd.DataFrame(rows)
