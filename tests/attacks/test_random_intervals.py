"""Attacks by what random intervals and unlisted spots add: bounds, waterfall, nominations, checks.

Each attack is first shown to read a hidden number from tables of which only the small numbers were blanked.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pse
from mapping.output import write_estimates
from mapping.release import release
from mapping.release.audit import audit
from mapping.release.coarse import bound_step
from mapping.release.rules import RULES
from mapping.release.shape import duplication_weights, national_steps
from pse.spots.totals import sum_by
from tests.attacks.plain_study import plain_study
from tests.mapping.random_studies import random_study

SMALL = {"alba": [20] * 5, "bora": [3, 3, 2], "cira": [12] * 4, "dova": [15] * 6, "none": []}
"""`bora` has 8 people at three spots, `none` nobody: too few to show."""

KIND = ["interval", "level", "method"]


def estimated(study, *, seed=1, replicates=200, **options):
    options = {"interview_sd": 0.1, "team_sd": 0.3, **options}
    rng = np.random.default_rng(seed)
    return pse.estimate_study(study, interval="bootstrap", replicates=replicates, rng=rng, **options)


def blanked(table, columns=("point", "lower", "upper")):
    """Hide the careless way: blank what is small, and nothing else."""
    table = table.copy()
    table.loc[table["point"] < 10, list(columns)] = np.nan
    return table.assign(hidden=table["point"].isna())


def audited(sizes, released):
    """Return what the strongest reader of ours finds: he knows the rules, the reasons and every 1 / D."""
    reasons = {kp: found.reasons for kp, found in released.sight.kps.items()}
    return audit(
        released.tables,
        threshold=released.threshold,
        reasons=reasons,
        true=sizes_at(sizes, released),
        weights=duplication_weights(sizes.steps),
    )


def sizes_at(sizes, released):
    from mapping.release.shape import tables_at

    return tables_at(sizes, released.level, tuple(RULES))


@pytest.fixture(scope="module")
def sizes():
    return estimated(plain_study(SMALL, typologies=("bar", "street")))


@pytest.fixture(scope="module")
def released(sizes):
    return release(sizes)


# What kind of bounds a hidden row has


def by_kind(table):
    """Return hidden municipalities whose bounds are a range among intervals: nobody is at spots there."""
    hidden = table[table["hidden"]]
    return set(hidden.loc[hidden["interval"].eq("range"), "municipality"])


@pytest.mark.parametrize("name", ["municipalities", "components", "municipality_days"])
def test_the_kind_of_bounds_reads_who_has_nobody_and_ours_does_not_say(sizes, released, name):
    assert by_kind(blanked(getattr(sizes, name))) == {"none"}
    ours = released.tables[name]
    assert {"none", "bora"} <= set(ours.loc[ours["hidden"], "municipality"])
    assert by_kind(ours) == set()
    assert ours.loc[ours["hidden"], KIND].isna().all(axis=None)


# Sums of bounds


def by_bounds(nation, parts, end):
    """Return the bound of the one hidden part: the printed sum of bounds less those that are shown."""
    hidden = parts["hidden"] & parts["interval"].ne("range")
    left = nation.loc[nation["component"].eq("spots"), end].iloc[0] - parts[end].sum()
    return left if hidden.sum() == 1 else np.nan


def test_sums_of_random_bounds_read_a_hidden_interval_and_ours_are_those_of_the_draws(sizes, released):
    careless = sum_by(sizes.components, ["kp", "component", "channel"])
    bora = sizes.components.set_index("municipality").loc["bora"]
    for end in ("lower", "upper"):
        assert by_bounds(careless, blanked(sizes.components), end) == pytest.approx(bora[end])
        true = sizes.national_components
        assert abs(by_bounds(true, blanked(sizes.components), end) - bora[end]) > 10
    ours = released.national_components.iloc[0]
    low, high = sizes.draws.interval(sizes.draws.total())
    assert ours["lower"] <= low <= high <= ours["upper"]
    assert ours["upper"] - ours["lower"] <= high - low + 2 * bound_step(10)


# The width of an interval


def by_width(width, *, known, hidden, sd, slack):
    """Return how small the first of two hidden sizes can be, from the width of the interval of the nation.

    The reader knows the scheme: each municipality has one log-normal factor of its own. He tries all ways to
    split the sum of the two, draws the nation for each, and keeps those that agree with what is printed.
    """
    rng = np.random.default_rng(99)
    factors = np.exp(rng.normal(-(sd**2) / 2, sd, size=(40_000, len(known) + 2)))
    splits = np.arange(0.5, 10.5)
    ends = [
        np.quantile(factors @ np.array([*known, small, hidden - small]), [0.025, 0.975]) for small in splits
    ]
    wide = np.diff(ends).ravel()
    return splits[np.abs(wide - width) <= slack]


WIDE = {"alba": [25, 25], "bora": [1, 1, 1], "cira": [20] * 5, "dova": [12, 12, 12], "elma": [11, 11, 11]}
"""`bora` has 3 people; with `cira`, who has 100, they are 103. Careless people hide these two."""


def test_widths_of_averaged_runs_split_a_hidden_sum_and_rounded_ones_do_not():
    """Runs with other seeds average the noise of the draws away."""
    runs = [
        estimated(plain_study(WIDE), seed=seed, replicates=20_000, interview_sd=0.0, team_sd=0.25)
        for seed in (1, 2)
    ]
    widths = [np.diff(run.national[["lower", "upper"]].to_numpy())[0, 0] for run in runs]
    told = {"known": [50, 36, 33], "hidden": 103, "sd": 0.25}
    read = by_width(np.mean(widths), **told, slack=1.0)
    assert 2.5 in read or 3.5 in read
    assert np.ptp(read) < 5
    ours = [release(run).national for run in runs]
    rounded = [np.diff(table[["lower", "upper"]].to_numpy(dtype=float))[0, 0] for table in ours]
    assert all(0 <= wide - width <= 2 * bound_step(10) for wide, width in zip(rounded, widths, strict=True))
    # rounding outward adds 0 to 20 people: he takes off the mean, 10, and is right to 10
    left = by_width(np.mean(rounded) - 10, **told, slack=10.0)
    assert {0.5, 9.5} <= set(left)


def test_rates_tell_no_more_than_rounded_bounds(released):
    shown = released.municipalities[~released.municipalities["hidden"]]
    for end in ("lower", "upper"):
        people = shown[f"rate_{end}"] * shown["adults"] / 1000
        assert people.to_numpy(dtype=float) == pytest.approx(shown[end].to_numpy(dtype=float))
        assert (shown[end] % bound_step(10) == 0).all()


def test_bounds_stay_as_they_are_where_nothing_is_hidden():
    sizes = estimated(plain_study({"alba": [20] * 5, "cira": [12] * 4, "dova": [15] * 6}))
    ours = release(sizes)
    assert ours.hidden == 0
    pd.testing.assert_series_equal(ours.national["lower"], sizes.national["lower"])


# Unlisted spots


def named(spots, times, *, informants=10, more=None):
    """Return a study in which spot j of a municipality is named by `times[municipality][j]` informants."""
    study = plain_study(spots)
    first = study.level1.set_index("spot_id")
    rows = []
    for place, counts in times.items():
        for who in range(informants):
            said = [f"{place}{j:02d}" for j, count in enumerate(counts) if who < count]
            for spot in said or [None]:
                size = first.loc[spot, "kp_min"] if spot else None
                rows.append(
                    (f"{place}-{who}", "taxi", place, spot, "FSW", "bar" if spot else None, size, size)
                )
    names = [
        "interview_id",
        "informant_type",
        "municipality",
        "spot_id",
        "kp",
        "typology",
        "kp_min",
        "kp_max",
    ]
    level1 = pd.DataFrame(rows, columns=names).assign(zone=None)
    level1.loc[level1["spot_id"].isna(), "kp"] = None
    return plain_study(spots, more={"level1": level1, **(more or {})})


PLACES = {"alba": [20] * 6, "bora": [5] * 5, "cira": [12] * 6, "dova": [15] * 8, "elma": [14] * 6}
FEW = {
    "alba": [2, 2, 3, 4, 5, 6],
    "bora": [1, 1, 2, 4, 5],
    "cira": [2, 2, 3, 4, 5, 6],
    "dova": [2, 2, 3, 4, 5, 6, 7, 8],
    "elma": [2, 2, 3, 4, 5, 6],
}
"""Spots named once in `bora` only: a few people are at unlisted spots there, and nowhere else."""

MANY = {place: [1, 1, 1, 2, *counts[4:]] for place, counts in FEW.items()} | {"bora": [1, 2, 2, 4, 5]}


def by_waterfall(steps):
    """Return people at unlisted spots of a KP: what the last step of the waterfall adds."""
    people = steps.set_index("step")["point"]
    return people["unlisted"] - people["virtual"]


def by_rest(municipalities, components):
    """Return people at unlisted spots of a municipality: its total less all its other parts."""
    others = components[components["component"].ne("unlisted")]
    parts = others.groupby("municipality")["point"].apply(lambda part: part.sum(skipna=False))
    hidden = components[components["component"].eq("unlisted") & components["hidden"]]["municipality"]
    total = municipalities.set_index("municipality")["point"]
    return (total - parts)[list(hidden)].dropna().to_dict()


def by_nominations(table, people):
    """Return people at unlisted spots: missed spots x people of one, which any other municipality shows."""
    table = table.set_index("municipality")
    each = (people / table["missed_spots"]).dropna()
    return (table["missed_spots"] * each.iloc[0])[people.isna() & table["missed_spots"].gt(0)].to_dict()


@pytest.mark.parametrize("at_home", [False, True])
def test_the_waterfall_reads_few_unlisted_people_and_ours_does_not(at_home):
    """With people at home these are the partner, and people at spots stay: so did the step after them."""
    home = pd.DataFrame({"municipality": list(PLACES), "people": [12, 13, 14, 15, 16]})
    more = {"nonspot": home.assign(kp="FSW", setting="home")} if at_home else {}
    sizes = pse.estimate_study(named(PLACES, FEW, more=more), unlisted="chao2")
    true = sizes.components.query("component == 'unlisted'")["point"].sum()
    assert 0 < true < 10
    assert by_waterfall(national_steps(sizes.steps)) == pytest.approx(true)
    ours = release(sizes)
    assert np.isnan(by_waterfall(ours.steps))
    assert ours.unlisted["hidden"].all()
    assert ours.unlisted.drop(columns=["kp", "hidden"]).isna().all(axis=None)
    assert audited(sizes, ours)["protected"].all()


@pytest.mark.parametrize("level", ["public", "programme"])
def test_totals_and_nominations_read_unlisted_people_and_ours_do_not(level):
    sizes = pse.estimate_study(named(PLACES, MANY), unlisted="chao2")
    parts = sizes.components[sizes.components["component"].eq("unlisted")].set_index("municipality")
    small = parts.loc["bora", "point"]
    assert 0 < small < (10 if level == "public" else 5)
    assert by_rest(sizes.municipalities, blanked(sizes.components))["bora"] == pytest.approx(small)
    people = blanked(parts)["point"]
    assert by_nominations(sizes.unlisted, people)["bora"] == pytest.approx(small)
    ours = release(sizes, level, withheld=())
    assert "bora" not in by_rest(ours.municipalities, ours.components)
    assert "municipality" not in ours.unlisted
    assert ours.unlisted["people"].tolist() == [pytest.approx(sizes.unlisted["people"].sum())]
    assert audited(sizes, ours)["protected"].all()
    assert "table unlisted" in " ".join(ours.receipt.split())


def test_one_spot_named_once_shows_its_size_and_our_row_is_hidden():
    sizes = pse.estimate_study(named(PLACES, {**FEW, "bora": [1, 2, 3, 4, 5]}), unlisted="chao2")
    table = sizes.unlisted.query("municipality == 'bora'").iloc[0]
    assert table["once"] == 1
    ours = release(sizes)
    assert ours.unlisted["hidden"].all()


# People before duplication


def test_people_before_duplication_solve_for_two_hidden_municipalities_and_ours_leave_them_open():
    study = plain_study({name: SMALL[name] for name in ("alba", "bora", "cira", "dova")})
    share = study.level2["municipality"].map({"alba": 0.2, "bora": 0.9, "cira": 0.4, "dova": 0.6})
    level2 = study.level2.assign(share_other_spots=share, other_spots_mean=1.0)
    study = plain_study(
        {name: SMALL[name] for name in ("alba", "bora", "cira", "dova")}, more={"level2": level2}
    )
    sizes = pse.estimate_study(study, duplication="shares", duplication_min_people=1)
    weights = duplication_weights(sizes.steps).set_index("municipality")["weight"]
    points = sizes.municipalities.set_index("municipality")["point"]
    before = national_steps(sizes.steps).set_index("step")["point"]["ratio"]
    # careless: bora and cira are hidden, the waterfall is printed
    shown = points[["alba", "dova"]]
    sums = [sizes.national["point"].iloc[0] - shown.sum(), before - (shown * weights[shown.index]).sum()]
    read = np.linalg.solve([[1, 1], weights[["bora", "cira"]]], sums)
    assert read == pytest.approx(points[["bora", "cira"]].to_numpy())
    assert points["bora"] < 10
    ours = release(sizes)
    step = ours.steps.set_index("step")["point"]["ratio"]
    assert np.isnan(step) or ours.municipalities["hidden"].sum() > 2
    assert audited(sizes, ours)["protected"].all()


# Attendance, and people on both sides


def answers(days, uses):
    """Return people of `alba`, one for each number of days a week, who all use one spot."""
    return pd.DataFrame(
        {
            "person_id": [f"P{n}" for n in range(len(days))],
            "municipality": "alba",
            "kp": "FSW",
            "spot_id": "alba00",
            "spots_visited": 1,
            "days_per_week": days,
            "uses_platforms": uses,
        }
    )


def platforms(accounts):
    table = pd.DataFrame({"municipality": list(accounts), "accounts_min": list(accounts.values())})
    return table.assign(
        kp="FSW", platform_type="app", platform="P", accounts_max=table["accounts_min"], share_genuine=1.0,
        share_active=1.0, share_resident=1.0, profiles_per_person=1.0, share_at_spots=0.7,
    )  # fmt: skip


def test_the_factor_of_one_answer_is_the_answer_and_ours_is_blank():
    sizes = estimated(plain_study(SMALL, more={"people": answers([2], ["yes"])}))
    assert 7 / sizes.attendance["factor"].iloc[0] == pytest.approx(2)
    ours = release(sizes).attendance
    assert list(ours) == ["kp", "answers", "factor", "factor_lower", "factor_upper", "hidden"]
    assert ours["hidden"].all()
    assert ours["factor"].isna().all()


def test_people_of_a_week_stay_and_the_factor_of_many_answers_goes_out_in_two_decimals():
    sizes = estimated(plain_study(SMALL, more={"people": answers([1, 2, 3, 7] * 5, ["yes", "no"] * 10)}))
    ours = release(sizes)
    row = ours.attendance.iloc[0]
    assert row["factor"] == pytest.approx(sizes.attendance["factor"].iloc[0], abs=0.0051)
    assert row["factor"] == round(row["factor"], 2)
    assert "day to a week" in " ".join(ours.receipt.split())
    assert "week" in release(sizes, "restricted").attendance


def by_two_sides(dual, at_spots):
    """Return people who are only online: at spots and online together, less those at spots."""
    return dual["total"].iloc[0] - at_spots


def test_the_check_of_two_sides_reads_few_people_online_and_ours_does_not():
    people = answers([7] * 20, ["yes", "no"] * 10)
    more = {"people": people, "virtual": platforms({"alba": 15, "cira": 15})}
    home = pd.DataFrame({"municipality": ["alba", "cira", "dova"], "people": [30, 40, 50]})
    more["nonspot"] = home.assign(kp="FSW", setting="home")
    sizes = estimated(plain_study(SMALL, more=more))
    parts = sizes.national_components.set_index("component")["point"]
    assert parts["virtual"] == pytest.approx(9)
    assert by_two_sides(sizes.dual, parts["spots"]) == pytest.approx(9)
    ours = release(sizes)
    numbers = [name for name in RULES["dual"].numbers if name in ours.dual]
    assert len(numbers) == 15
    assert ours.dual[numbers].isna().all(axis=None)
    assert np.isnan(
        by_two_sides(ours.dual, ours.national_components.set_index("component")["point"]["spots"])
    )
    assert audited(sizes, ours)["protected"].all()


# Draws


def test_draws_give_every_hidden_size_and_are_in_no_file(sizes, tmp_path):
    towns = list(sizes.draws.municipalities)
    assert sizes.draws.of("FSW")[:, towns.index("bora")].mean() == pytest.approx(8, abs=0.5)
    for level in ("public", "programme", "restricted"):
        ours = release(sizes, level, withheld=())
        write_estimates(ours, tmp_path / level, run={})
        assert not [path for path in (tmp_path / level).iterdir() if "draw" in path.name]
        assert "Joint draws are in no file" in " ".join(ours.receipt.split())
        assert "draws" not in ours.tables


def test_nothing_is_said_of_draws_where_there_are_none():
    assert "draws" not in release(pse.estimate_study(plain_study(SMALL))).receipt


# Whatever the study


@settings(max_examples=3, deadline=None)
@given(
    st.integers(0, 500),
    st.sampled_from(["none", "chao2", "people"]),
    st.sampled_from(["public", "programme"]),
)
@pytest.mark.filterwarnings("ignore::pse.EstimateWarning")
def test_no_study_is_refused_and_hidden_rows_say_nothing(seed, unlisted, level):
    study = random_study(seed, towns=4, kps=1, spots=16)
    sizes = estimated(study, replicates=20, unlisted=unlisted)
    ours = release(sizes, level, withheld=())
    partly = [kp for kp, found in ours.sight.kps.items() if found.units or found.whole]
    for name, table in ours.tables.items():
        if name == "spots":
            continue
        hidden = table[table["hidden"].astype(bool)]
        blank = [c for c in (*RULES[name].numbers, *KIND) if c in table and c not in ("p", "m")]
        assert hidden[blank].isna().all(axis=None), name
        if {"lower", "upper", "interval"} <= set(table) and "kp" in table:
            random = table[table["interval"].eq("confidence") & table["kp"].isin(partly)]
            ends = random[["lower", "upper"]].astype(float)
            assert (ends % bound_step(ours.threshold) == 0).all(axis=None), name
            assert (random["lower"] <= random["point"]).all(), name
            assert (random["point"] <= random["upper"]).all(), name
    assert audited(sizes, ours)["protected"].all()
