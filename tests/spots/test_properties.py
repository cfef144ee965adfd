"""Properties that hold for any study: order, scale, closed spots, bounds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pse

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
STATUSES = ["active", "active", "active", "inactive", "not_found", "duplicate", "refused", "unsafe"]


def random_tables(seed: int) -> dict[str, pd.DataFrame]:
    """Return the tables of a small random study: 3 municipalities, 2 KPs, about 30 spots."""
    rng = np.random.default_rng(seed)
    spots = [(f"S{i:02d}", f"M{1 + i % 3}") for i in range(int(rng.integers(1, 30)))]
    level1, level2, people = [], [], []
    for spot, place in spots:
        for kp in ("FSW", "PWID"):
            if rng.random() < 0.3:
                continue
            base = {"municipality": place, "zone": None, "spot_id": spot, "kp": kp}
            typology = str(rng.choice(["bar", "street"]))
            listed = rng.random() < 0.9
            for _ in range(int(rng.integers(1, 4)) if listed else 0):
                low = int(rng.integers(0, 20))
                level1.append(
                    {**base, "typology": typology, "kp_min": low, "kp_max": low + int(rng.integers(0, 9))}
                )
            for _ in range(int(rng.integers(0 if listed else 1, 3))):
                level2.append({**base, **visit(rng, typology)})
                if rng.random() < 0.4:
                    people.append({**base, "spots_visited": int(rng.integers(1, 5))})
    tables = {
        "municipalities": pd.DataFrame(
            {
                "municipality": ["M1", "M2", "M3", "M4"],
                "name": ["One", "Two", "Three", "Four"],
                "adult_men": [1000, 500, 200, 300],
                "adult_women": [1100, 520, 210, 310],
                "mapped": ["yes", "yes", "yes", "no"],
            }
        ),
        "level1": pd.DataFrame([*level1, {"municipality": "M1"}]).assign(
            interview_id=[f"I{i}" for i in range(len(level1) + 1)], informant_type="taxi"
        ),
        "level2": pd.DataFrame(level2, columns=LEVEL2).assign(
            interview_id=[f"J{i}" for i in range(len(level2))]
        ),
    }
    for name in ("zone", "spot_id", "kp", "typology", "kp_min", "kp_max"):
        if name not in tables["level1"]:
            tables["level1"][name] = None
    if people:
        tables["people"] = pd.DataFrame(people).assign(person_id=[f"Q{i}" for i in range(len(people))])
    return tables


LEVEL2 = [
    "municipality",
    "zone",
    "spot_id",
    "kp",
    "status",
    "typology",
    "usual_min",
    "usual_max",
    "peak_min",
    "peak_max",
    "peak_days",
    "share_other_spots",
    "other_spots_mean",
]


def visit(rng: np.random.Generator, typology: str) -> dict[str, object]:
    status = str(rng.choice(STATUSES))
    if status != "active":
        return {"status": status, "typology": None}
    low, more = int(rng.integers(0, 15)), int(rng.integers(0, 8))
    return {
        "status": status,
        "typology": typology,
        "usual_min": low,
        "usual_max": low + more,
        "peak_min": low + 1,
        "peak_max": low + more + 2,
        "peak_days": str(rng.choice(["sat", "fri sat", "sun"])),
        "share_other_spots": round(float(rng.random()), 2),
        "other_spots_mean": float(rng.integers(1, 4)),
    }


def study_of(tables):
    return pse.make_study(
        title="Random",
        country="Nowhere",
        year=2020,
        tables=tables,
        denominators={"FSW": "adult_women", "PWID": "adult_men"},
    )


OPTIONS = st.fixed_dictionaries(
    {
        "pool": st.sampled_from(["mean", "median", "widest"]),
        "ratio": st.sampled_from(["all", "active", "active_share", "mean"]),
        "ratio_strata": st.sampled_from(["typology", "size"]),
        "duplication": st.sampled_from(["auto", "people", "shares", "none"]),
        "size_basis": st.sampled_from(["usual_day", "peak_day"]),
        "ratio_min_spots": st.sampled_from([1, 5]),
        "duplication_min_people": st.sampled_from([1, 30]),
    }
)
SEEDS = st.integers(0, 10_000)
ENDS = ["point", "lower", "upper"]


@QUICK
@given(seed=SEEDS, options=OPTIONS, shuffle=SEEDS)
def test_the_order_of_rows_does_not_matter(seed, options, shuffle):
    tables = random_tables(seed)
    mixed = {name: table.sample(frac=1, random_state=shuffle) for name, table in tables.items()}
    first = pse.estimate_study(study_of(tables), **options)
    second = pse.estimate_study(study_of(dict(reversed(mixed.items()))), **options)
    for name in (
        "national",
        "municipalities",
        "spots",
        "typologies",
        "days",
        "steps",
        "components",
        "effort",
    ):
        pd.testing.assert_frame_equal(
            getattr(first, name), getattr(second, name), rtol=1e-9, check_exact=False
        )


@QUICK
@given(seed=SEEDS, options=OPTIONS)
def test_bounds_enclose_the_point_and_nothing_is_blank(seed, options):
    sizes = pse.estimate_study(study_of(random_tables(seed)), **options)
    for name in (
        "national",
        "municipalities",
        "spots",
        "typologies",
        "days",
        "components",
        "steps",
        "unions",
    ):
        table = getattr(sizes, name)
        assert np.isfinite(table[ENDS].to_numpy(dtype=float)).all(), name
        assert (table["lower"] <= table["point"] + 1e-9).all(), name
        assert (table["point"] <= table["upper"] + 1e-9).all(), name
        assert (table["lower"] >= 0).all(), name


@QUICK
@given(seed=SEEDS, options=OPTIONS)
def test_tables_add_up_to_each_other(seed, options):
    sizes = pse.estimate_study(study_of(random_tables(seed)), **options)
    computed = sizes.national.set_index("kp")["computed_point"]
    last = sizes.steps.query("step == 'virtual'").groupby("kp")["point"].sum()
    for table in (sizes.spots, sizes.typologies, sizes.components):
        sums = table.groupby("kp", observed=True)["point"].sum()
        assert sums.reindex(computed.index, fill_value=0).to_numpy() == pytest.approx(computed.to_numpy())
    assert last.to_numpy() == pytest.approx(computed.to_numpy())
    assert len(sizes.municipalities) == 3 * len(sizes.national)  # a mapped municipality without spots is 0


@QUICK
@given(seed=SEEDS, options=OPTIONS, times=st.integers(2, 5))
def test_sizes_scale_with_the_counts(seed, options, times):
    tables = random_tables(seed)
    bigger = {name: table.copy() for name, table in tables.items()}
    for name, columns in {
        "level1": ["kp_min", "kp_max"],
        "level2": ["usual_min", "usual_max", "peak_min", "peak_max"],
    }.items():
        bigger[name][columns] = bigger[name][columns].astype(float) * times
    first, second = (pse.estimate_study(study_of(t), **options) for t in (tables, bigger))
    assert second.national[ENDS].to_numpy() == pytest.approx(times * first.national[ENDS].to_numpy())


@QUICK
@given(seed=SEEDS, ratio=st.sampled_from(["all", "active", "active_share", "mean"]))
def test_an_inactive_spot_changes_nothing_when_every_spot_was_visited(seed, ratio):
    tables = random_tables(seed)
    visited = set(
        tables["level2"].query("status in ('active', 'inactive', 'not_found', 'duplicate')")["spot_id"]
    )
    keep = tables["level1"]["spot_id"].isin(visited) | tables["level1"]["spot_id"].isna()
    seen = tables["level2"][~tables["level2"]["status"].isin(["refused", "unsafe"])]
    units = set(zip(seen["spot_id"], seen["kp"], strict=True))
    pairs = pd.Series(list(zip(tables["level1"]["spot_id"], tables["level1"]["kp"], strict=True)))
    keep &= pairs.isin(units).to_numpy() | tables["level1"]["spot_id"].isna()
    tables["level1"], tables["level2"] = tables["level1"][keep], seen
    tables.pop("people", None)
    first = pse.estimate_study(study_of(tables), ratio=ratio).national
    extra = {"interview_id": "X", "municipality": "M1", "spot_id": "ZZ", "kp": "FSW"}
    tables["level1"] = pd.concat(
        [
            tables["level1"],
            pd.DataFrame([{**extra, "informant_type": "taxi", "typology": "bar", "kp_min": 9, "kp_max": 40}]),
        ]
    )
    tables["level2"] = pd.concat([tables["level2"], pd.DataFrame([{**extra, "status": "inactive"}])])
    second = pse.estimate_study(study_of(tables), ratio=ratio).national
    for kp in first["kp"]:
        before, after = (table.set_index("kp").loc[kp, ENDS].astype(float) for table in (first, second))
        assert after.to_numpy() == pytest.approx(before.to_numpy())
