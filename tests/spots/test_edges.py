"""Edges of the chain: each gives a documented result, never a blank or infinite size, never a traceback."""

import numpy as np
import pandas as pd
import pytest

import pse
from tests.records.tiny import tiny_study, tiny_tables

ENDS = ["point", "lower", "upper"]


def near(value):
    return pytest.approx(value, abs=1e-6)


def estimate(tables, **options):
    sizes = pse.estimate_study(tiny_study(tables=tables), **options)
    for name in ("national", "municipalities", "spots", "days", "components", "steps"):
        assert np.isfinite(getattr(sizes, name)[ENDS].to_numpy(dtype=float)).all(), name
    return sizes


def only_spots():
    tables = tiny_tables()
    del tables["nonspot"], tables["virtual"]
    return tables


@pytest.mark.parametrize(
    ("form", "unvisited"), [("all", 0), ("active_share", 0), ("active", 24), ("mean", 24)]
)
def test_all_visited_spots_inactive(form, unvisited):
    # sum(E2) = 0 gives R = 0; the active-only forms are 0/0, so R is 1 and a notice says so
    tables = only_spots()
    tables["level2"] = tables["level2"].assign(
        status="inactive", usual_min=None, usual_max=None, peak_min=None, peak_max=None, peak_days=None,
        share_other_spots=None, other_spots_mean=None,
    )  # fmt: skip
    sizes = estimate(tables, ratio=form)
    assert sizes.national["point"].iloc[0] == near(unvisited)
    says = any("no ratio can be formed" in notice for notice in sizes.notices)
    assert says == (form in ("active", "mean"))


def test_nobody_visited_any_spot():
    tables = only_spots()
    tables["level2"] = tables["level2"].iloc[:0]
    sizes = estimate(tables)
    assert sizes.national["point"].iloc[0] == near(58)
    assert set(sizes.ratios["rests_on"]) == {"1: no visited spot"}
    assert any("no visited spot" in notice for notice in sizes.notices)


def test_nobody_answered_about_other_spots():
    tables = only_spots()
    tables["level2"] = tables["level2"].assign(share_other_spots=None, other_spots_mean=None)
    sizes = estimate(tables)
    assert sizes.national["point"].iloc[0] == near(24 + 24 * 24 / 34)
    assert any("nobody answered about other spots" in notice for notice in sizes.notices)
    assert set(sizes.duplication["source"]) == {"none"}


def test_everybody_on_platforms_also_comes_to_spots():
    tables = tiny_tables()
    tables["virtual"] = tables["virtual"].assign(share_at_spots=1.0)
    sizes = estimate(tables)
    assert sizes.components.set_index("component").loc["virtual", "point"] == 0


def test_no_profiles_per_person_is_refused_at_the_door():
    tables = tiny_tables()
    tables["virtual"] = tables["virtual"].assign(profiles_per_person=0.0)
    with pytest.raises(pse.TableError, match="profiles_per_person"):
        tiny_study(tables=tables)


def test_a_kp_without_a_denominator_has_a_size_and_a_blank_rate():
    study = tiny_study(denominators={})
    sizes = pse.estimate_study(study)
    row = sizes.national.iloc[0]
    assert row["point"] == near(70.7058824)
    assert row["denominator"] == "none declared"
    assert pd.isna(row["rate"])
    assert [p.rule for p in study.notices] == ["no_denominator"]
    assert not any("rate" in notice for notice in sizes.notices)  # the records say it already
    assert sizes.extrapolated.empty


def test_a_municipality_with_zero_adults_has_a_size_and_a_blank_rate():
    tables = tiny_tables()
    tables["municipalities"] = tables["municipalities"].assign(adult_women=0)
    study = tiny_study(tables=tables)
    sizes = pse.estimate_study(study)
    assert pd.isna(sizes.municipalities["rate"].iloc[0])
    assert [p.rule for p in study.notices] == ["zero_adults"]
    assert not any("rate" in notice for notice in sizes.notices)


def test_informants_who_named_nothing_leave_an_empty_result():
    tables = only_spots()
    tables["level1"] = tables["level1"].assign(spot_id=None, kp=None, typology=None, kp_min=None, kp_max=None)
    tables["level2"] = tables["level2"].iloc[:0]
    sizes = estimate(tables)
    assert sizes.national.empty
    assert sizes.informants["named_nothing"].to_list() == [6]
    assert str(sizes) == ""


def test_a_mapped_municipality_without_spots_is_zero_and_an_unmapped_one_has_no_row():
    tables = tiny_tables()
    more = pd.DataFrame(
        {
            "municipality": ["M2", "M3"],
            "name": ["Two", "Three"],
            "adult_men": [100, 100],
            "adult_women": [100, 200],
            "mapped": ["yes", "no"],
        }
    )
    tables["municipalities"] = pd.concat([tables["municipalities"], more], ignore_index=True)
    sizes = estimate(tables)
    assert sizes.municipalities.set_index("municipality")["point"].to_dict() == near(
        {"M1": 70.7058824, "M2": 0}
    )
    table = sizes.extrapolated.set_index("form")
    assert set(table["municipality"]) == {"M3"}
    assert table.loc["pooled", "point"] == near(200 * 70.7058824 / 1100)
    assert table.loc["mean", "point"] == near(200 * (70.7058824 / 1000 + 0) / 2)
    assert table.loc["lowest", "point"] == 0
    assert sizes.national["point"].iloc[0] == near(70.7058824)  # never inside the mapped total


def test_a_new_spot_that_refused_counts_as_zero_and_is_told():
    tables = tiny_tables()
    refused = tables["level2"].iloc[[2]].assign(interview_id="J9", spot_id="N", status="refused")
    tables["level2"] = pd.concat([tables["level2"], refused], ignore_index=True)
    sizes = estimate(tables)
    assert sizes.spots.set_index("spot_id").loc["N", "point"] == 0
    assert any("1 new spot(s) were refused or unsafe" in notice for notice in sizes.notices)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pool": "average"}, "pool must be one of mean, median, widest; got 'average'"),
        ({"ratio": 1}, "ratio must be one of all, active, active_share, mean; got 1"),
        ({"ratio_min_spots": 0}, "ratio_min_spots must be a whole number, 1 or more; got 0"),
        ({"weekend": "sat"}, "weekend must be a list of days"),
        ({"colour": "red"}, "options must be some of .*; got colour"),
        ({"interval": "guess"}, "interval must be 'range', 'bootstrap' or 'model'; got 'guess'"),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        pse.estimate_study(tiny_study(), **options)


def test_a_keyword_beats_study_toml():
    study = tiny_study(options={"ratio": "active"})
    assert pse.estimate_study(study).options.ratio == "active"
    assert pse.estimate_study(study, ratio="mean").options.ratio == "mean"


def test_an_unknown_kp_is_named():
    with pytest.raises(ValueError, match="kp must be one of FSW; got 'TG'"):
        pse.estimate_study(tiny_study()).estimate("TG")


def test_the_callers_tables_are_not_changed():
    study = tiny_study()
    before = {name: getattr(study, name).copy() for name in ("level1", "level2", "municipalities")}
    pse.estimate_study(study)
    for name, table in before.items():
        pd.testing.assert_frame_equal(getattr(study, name), table)


def test_two_kps_at_one_spot_count_as_one_spot_in_the_effort():
    tables = tiny_tables()
    other = tables["level1"].assign(kp="PWID", interview_id=[f"X{i}" for i in range(6)])
    tables["level1"] = pd.concat([tables["level1"], other], ignore_index=True)
    effort = estimate(tables).effort.set_index("kp")
    assert effort["spots_listed"].to_dict() == {"FSW": 6, "PWID": 6, "all": 6}


def test_unions_with_and_without_recorded_shares():
    tables = tiny_tables()
    other = tables["level1"].assign(kp="PWID", interview_id=[f"X{i}" for i in range(6)])
    tables["level1"] = pd.concat([tables["level1"], other], ignore_index=True)
    row = estimate(tables).unions.iloc[0]
    assert row["basis"].startswith("no overlap recorded")
    assert (row["lower"], row["upper"]) == near((62.2794118, 79.1323529 + 74))
    tables["people"] = pd.DataFrame(
        {
            "person_id": ["Q1", "Q2"],
            "municipality": "M1",
            "kp": "PWID",
            "spot_id": ["A", "B"],
            "spots_visited": [1, 2],
            "also_kp": ["FSW", None],
        }
    )
    row = estimate(tables, duplication="none").unions.iloc[0]
    both = 58 * (1 / 1.5)  # weighted by 1/M
    assert row["both_from_other"] == near(both)
    assert row["point"] == near(80.9411765 + 58 - min(both, 58))


def test_sensitivity_marks_the_choice_made_and_measures_the_others():
    table = pse.sensitivity_table(tiny_study())
    chosen = table[table["chosen"]]
    assert len(chosen) == 1
    assert chosen[["pool", "ratio", "duplication"]].iloc[0].to_list() == ["mean", "all", "shares"]
    assert chosen["change"].iloc[0] == near(0)
    assert len(table) == 3 * 4 * 2  # nobody recorded people's own visits
    none = table.query("pool == 'mean' and ratio == 'all' and duplication == 'none'").iloc[0]
    assert none["point"] == near(40.9411765 + 40)


def test_concentration_and_size_classes():
    from pse.spots.concentration import gini, spots_holding

    assert gini(np.array([0.0, 0.0, 0.0, 12.0])) == near(0.75)  # 1 - 1/n where one spot holds everybody
    assert gini(np.array([1.0, 2.0, 3.0, 4.0])) == near(0.25)
    assert spots_holding(np.array([50.0, 30.0, 10.0, 10.0])) == 2
    sizes = estimate(only_spots())
    assert sizes.size_classes["spots"].sum() == 5
    assert sizes.concentration["people"].iloc[0] == near(30.7058824)


def test_age_and_sex_are_weighted_by_visits():
    tables = tiny_tables()
    tables["people"] = pd.DataFrame(
        {
            "person_id": ["Q1", "Q2"],
            "municipality": "M1",
            "kp": "FSW",
            "spot_id": ["A", "B"],
            "spots_visited": [1, 3],
            "sex": ["female", "female"],
            "age_group": ["18-24", "25-34"],
        }
    )
    ages = estimate(tables).ages.set_index("age_group")
    assert ages["share"].to_dict() == near({"18-24": 0.75, "25-34": 0.25})


def test_dual_check_of_platforms_and_spots():
    tables = tiny_tables()
    tables["people"] = pd.DataFrame(
        {
            "person_id": ["Q1", "Q2"],
            "municipality": "M1",
            "kp": "FSW",
            "spot_id": ["A", "B"],
            "spots_visited": [1, 1],
            "uses_platforms": ["yes", "no"],
        }
    )
    check = estimate(tables, duplication="none").checks.iloc[0]
    assert check["from_platforms"] == near(50 * 0.3)
    assert check["from_spots"] == near(40.9411765 * 0.5)
