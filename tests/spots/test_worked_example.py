"""The worked example: six constructed spots, every step by hand (METHOD, section 2).

Expected values are those of worked_example_expected.csv, restated, and our own extension of them by hand
for pooling, for D from people's answers and for the other forms of R. All to 1e-6.
"""

import pandas as pd
import pytest

import pse
from pse.spots.ratio import ratio_from_sums
from tests.records.tiny import tiny_study, tiny_tables

R = {
    "all": 24 / 34,
    "active": 24 / 29,
    "active_share": 24 / 29 * 3 / 4,
    "mean": (9 / 11 + 11 / 15 + 4 / 3) / 3,
}
PRINTED_R = {"all": 0.705882, "active": 0.827586, "active_share": 0.620690, "mean": 0.961616}
UNVISITED = {"all": 16.941176, "active": 19.862069, "active_share": 14.896552}


def near(value):
    return pytest.approx(value, abs=1e-6)


def step(sizes, name):
    return sizes.steps.set_index("step").loc[name]


def three(row):
    return row["point"], row["lower"], row["upper"]


def estimate(tables=None, **options):
    study = tiny_study() if tables is None else tiny_study(tables=tables)
    return pse.estimate_study(study, **options)


def with_level1(*rows):
    """Add level-1 rows (interview, spot, typology, min, max) to the tiny study."""
    tables = tiny_tables()
    columns = ["interview_id", "spot_id", "typology", "kp_min", "kp_max"]
    extra = pd.DataFrame(rows, columns=columns).assign(
        informant_type="taxi", municipality="M1", zone=None, kp="FSW"
    )
    tables["level1"] = pd.concat([tables["level1"], extra], ignore_index=True)
    return tables


def with_people(*rows, **columns):
    """Record people (spot, spots visited) in the tiny study."""
    tables = tiny_tables()
    tables["people"] = pd.DataFrame(rows, columns=["spot_id", "spots_visited"]).assign(
        person_id=[f"Q{i}" for i in range(len(rows))], municipality="M1", kp="FSW", **columns
    )
    return tables


def test_every_intermediate_of_the_worked_example():
    sizes = estimate()
    assert three(step(sizes, "level1")) == near((58, 42, 74))
    assert three(step(sizes, "ratio")) == near((40.9411765, 29.7058824, 52.1764706))
    assert step(sizes, "ratio")["factor"] == near(R["all"])
    assert step(sizes, "duplication")["factor"] == near(0.75)
    assert three(step(sizes, "duplication")) == near((30.7058824, 22.2794118, 39.1323529))
    assert three(step(sizes, "nonspot")) == near((35.7058824, 27.2794118, 44.1323529))
    assert three(step(sizes, "virtual")) == near((70.7058824, 62.2794118, 79.1323529))
    assert three(sizes.national.iloc[0]) == near((70.7058824, 62.2794118, 79.1323529))


@pytest.mark.parametrize("form", R)
def test_the_four_forms_of_the_ratio(form):
    sizes = estimate(ratio=form)
    assert sizes.ratios["ratio"].to_numpy() == near(R[form])
    assert R[form] == pytest.approx(PRINTED_R[form], abs=1e-6)
    assert step(sizes, "ratio")["point"] - 24 == near(24 * R[form])
    if form in UNVISITED:
        assert 24 * R[form] == pytest.approx(UNVISITED[form], abs=1e-6)
    assert sizes.national["point"].iloc[0] == near((24 + 24 * R[form]) * 0.75 + 5 + 35)


def test_the_ratio_says_on_how_many_spots_it_rests():
    rests = {form: estimate(ratio=form).ratios["n"].iloc[0] for form in R}
    assert rests == {"all": 4, "active": 3, "active_share": 4, "mean": 3}
    assert set(estimate().ratios["rests_on"]) == {"KP"}  # 4 visited spots are fewer than 5


def test_ratio_within_the_typology_when_enough_spots_were_visited():
    ratios = estimate(ratio_min_spots=1).ratios.set_index("stratum")
    assert ratios["ratio"].to_dict() == near({"bar": 9 / 11, "street": 11 / 15, "hotel": 0, "lodge": 4 / 3})
    assert set(ratios["rests_on"]) == {"stratum"}


def test_ratio_by_quarter_of_level_1_size():
    # level-1 sizes 3 5 8 11 15 16: quarters end at 5.75, 9.5, 14; visited: 3 and 5 | none | 11 | 15
    ratios = estimate(ratio_strata="size", ratio_min_spots=1).ratios
    by_quarter = ratios.set_index("stratum")["ratio"]
    assert by_quarter["quarter 1 of level-1 sizes"] == near(4 / 8)
    assert by_quarter["quarter 3 of level-1 sizes"] == near(9 / 11)
    assert by_quarter["quarter 4 of level-1 sizes"] == near(11 / 15)
    assert by_quarter["quarter 2 of level-1 sizes"] == near(24 / 34)  # nobody visited: R of the KP


@pytest.mark.parametrize(
    ("pool", "low", "high"),
    [("mean", 8, 13), ("median", 8, 11), ("widest", 6, 18)],
)
def test_pooling_of_three_informants_at_an_unvisited_spot(pool, low, high):
    tables = with_level1(("I7", "E", "bar", 10, 18), ("I8", "E", "bar", 8, 11))
    got = step(estimate(tables, pool=pool), "ratio")
    assert got["lower"] == near(17 + (low + 12) * R["all"])
    assert got["upper"] == near(31 + (high + 20) * R["all"])
    assert got["point"] == near(24 + ((low + high) / 2 + 16) * R["all"])


def test_duplication_from_people_is_the_mean_of_one_over_visits_at_each_spot():
    tables = with_people(("A", 1), ("A", 2), ("B", 4))
    sizes = estimate(tables)
    elsewhere = (9 * 0.75 + 11 * 0.25) / 20  # weighted by E where nobody answered
    expected = 9 * 0.75 + 11 * 0.25 + (4 + 24 * R["all"]) * elsewhere
    assert step(sizes, "duplication")["point"] == near(expected)
    assert step(sizes, "duplication")["option"] == "people"
    assert estimate(tables, duplication="shares").national["point"].iloc[0] == near(70.7058824)


def test_duplication_from_days_of_the_week_gives_different_people_in_a_week():
    tables = with_people(("A", 1), ("B", 1), days_per_week=3.5)
    sizes = estimate(tables, duplication="days")
    assert step(sizes, "duplication")["factor"] == near(2.0)
    assert set(sizes.national["size_basis"]) == {"week"}
    assert step(estimate(tables), "duplication")["option"] == "people"  # auto never chooses days


def test_no_duplication_on_request():
    assert estimate(duplication="none").national["point"].iloc[0] == near(24 + 24 * R["all"] + 40)


def test_refused_and_unsafe_spots_take_the_active_only_ratio():
    tables = tiny_tables()
    refused = (
        tables["level2"].iloc[[2]].assign(interview_id="J9", spot_id="E", typology="bar", status="refused")
    )
    tables["level2"] = pd.concat([tables["level2"], refused], ignore_index=True)
    assert step(estimate(tables), "ratio")["point"] == near(24 + 8 * R["active"] + 16 * R["all"])


def test_new_spots_are_added_and_never_enter_the_ratio():
    tables = tiny_tables()
    new = tables["level2"].iloc[[0]].assign(interview_id="J9", spot_id="N")
    tables["level2"] = pd.concat([tables["level2"], new], ignore_index=True)
    sizes = estimate(tables)
    assert step(sizes, "ratio")["factor"] == near(R["all"])
    assert step(sizes, "new")["point"] - step(sizes, "validated")["point"] == near(9)


def test_several_interviews_at_a_spot_pool_the_active_ones_only():
    tables = tiny_tables()
    closed = tables["level2"].iloc[[2]].assign(interview_id="J8", spot_id="A", typology="bar")
    second = tables["level2"].iloc[[0]].assign(interview_id="J9", usual_min=10, usual_max=16, peak_max=20)
    tables["level2"] = pd.concat([tables["level2"], closed, second], ignore_index=True)
    spot = estimate(tables, duplication="none").spots.set_index("spot_id").loc["A"]
    assert spot["status"] == "active"
    assert three(spot) == near((11, 8, 14))


def test_peak_basis_uses_peak_sizes_and_is_stamped():
    sizes = estimate(size_basis="peak_day")
    assert step(sizes, "ratio")["point"] == near(30.5 + 24 * 30.5 / 34)
    assert set(sizes.national["size_basis"]) == {"peak_day"}


def test_peak_over_usual_of_visited_spots():
    # 30.5 / 24 - 1, printed as 0.270833; A and B name Saturday, D has no peak
    days = estimate().days.set_index("day")
    assert days.loc["sat", "factor"] - 1 == near(0.2708333)
    assert days.loc["fri", "factor"] == near((14 + 11 + 4) / 24)
    assert days.loc["mon", "factor"] == near(1)


def test_days_do_not_depend_on_the_basis_of_the_totals():
    usual, peak = estimate().days, estimate(size_basis="peak_day").days
    assert usual["point"].to_list() == near(peak["point"].to_list())


def test_counts_recorded_for_a_day_replace_usual_and_peak():
    tables = tiny_tables()
    tables["level2"]["mon"] = [3, 11, None, 4]
    assert estimate(tables).days.set_index("day").loc["mon", "factor"] == near((3 + 11 + 4) / 24)


def test_two_shifts_are_added_less_their_overlap():
    tables = tiny_tables()
    tables["level2"]["shift"] = ["day", None, None, None]
    tables["level2"]["share_other_shift"] = None
    night = tables["level2"].iloc[[0]].assign(shift="night", share_other_shift=0.25, usual_min=4, usual_max=8)
    tables["level2"] = pd.concat([tables["level2"], night], ignore_index=True)
    spot = estimate(tables, duplication="none").spots.set_index("spot_id").loc["A"]
    assert three(spot) == near((9 + 0.75 * 6, 6 + 0.75 * 4, 12 + 0.75 * 8))


def test_override_keeps_both_numbers():
    tables = tiny_tables()
    tables["overrides"] = pd.DataFrame(
        {
            "municipality": ["M1"],
            "kp": ["FSW"],
            "point": [90],
            "lower": [80],
            "upper": [100],
            "reason": ["known"],
            "role": ["community meeting"],
        }
    )
    row = estimate(tables).national.iloc[0]
    assert three(row) == (90, 80, 100)
    assert row["computed_point"] == near(70.7058824)


def test_virtual_bounds_invert_the_range_of_profiles_per_person():
    tables = tiny_tables()
    tables["virtual"] = tables["virtual"].assign(profiles_min=1.6, profiles_max=2.5)
    web = estimate(tables).components.set_index("component").loc["virtual"]
    assert three(web) == near((35, 100 / 2.5 * 0.7, 100 / 1.6 * 0.7))


def test_profiles_per_person_from_people_recruited_on_platforms_is_the_harmonic_mean():
    tables = with_people((None, 0), (None, 1), (None, 2), profiles=[1, 2, 4])
    tables["virtual"] = tables["virtual"].assign(profiles_per_person=None, share_at_spots=None)
    web = estimate(tables, duplication="shares").components.set_index("component").loc["virtual"]
    per_person = 3 / (1 + 1 / 2 + 1 / 4)
    at_spots = (1 / 2 + 1 / 4) / (1 + 1 / 2 + 1 / 4)
    assert web["point"] == near(100 / per_person * (1 - at_spots))


def test_profiles_per_person_from_people_at_spots_is_weighted_by_visits():
    tables = with_people(("A", 1), ("B", 2), profiles=[1, 4])
    tables["virtual"] = tables["virtual"].assign(profiles_per_person=None)
    web = estimate(tables).components.set_index("component").loc["virtual"]
    assert web["point"] == near(100 / ((1 * 1 + 4 * 0.5) / 1.5) * 0.7)


def test_ratio_formula_by_hand():
    sums = {
        "level2": 24.0,
        "level1_visited": 34.0,
        "level1_active": 29.0,
        "visited": 4,
        "active": 3,
        "ratios": 9 / 11 + 11 / 15 + 4 / 3,
        "with_ratio": 3,
    }
    arrays = {name: pd.Series([value]).to_numpy() for name, value in sums.items()}
    for form, expected in R.items():
        assert ratio_from_sums(form=form, **arrays)[0] == near(expected)


def test_typologies_and_their_mean_size():
    table = estimate().typologies.set_index("typology")
    assert table.loc["bar", "mean_size"] == near((9 + 8 * R["all"]) * 0.75 / 2)
    assert "hotel" not in table.index  # its only spot is closed
    assert table["point"].sum() == near(70.7058824 - 5)


def test_components_add_up_exactly_to_the_computed_total():
    sizes = estimate()
    for end in ("point", "lower", "upper"):
        assert sizes.components[end].sum() == pytest.approx(
            sizes.national[f"computed_{end}"].iloc[0], rel=1e-12
        )
