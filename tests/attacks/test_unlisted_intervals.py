"""Attacks by unlisted spots, the waterfall, attendance and people on both sides, in random intervals.

Each attack is first shown to read a hidden number from tables of which only the small numbers were blanked.
"""

import numpy as np
import pandas as pd
import pytest

import pse
from mapping.release import release
from mapping.release.rules import RULES
from mapping.release.shape import duplication_weights, national_steps
from tests.attacks.plain_study import plain_study
from tests.attacks.random_sizes import SMALL, audited, blanked, estimated

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
