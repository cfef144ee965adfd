"""The bootstrap: known answers, joint draws, engines, and an interval or a sentence on every poor study."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pse
from pse.engine import refuse_personal
from pse.simulate import simulate, simulate_study
from pse.spots.bootstrap import make_state, run_blocks
from pse.spots.chain import study_parts
from pse.spots.options import options_for
from tests.records.tiny import tiny_study, tiny_tables
from tests.spots.poor_studies import never_silent

SMALL = {"municipalities": 4, "spots": 6.0, "people": 50.0}


def bootstrap(study, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pse.EstimateWarning)
        return pse.estimate_study(
            study, interval="bootstrap", replicates=200, rng=np.random.default_rng(1), **options
        )


def only_tiny(spots, **people):
    """The worked example with some of its spots and nobody beside them."""
    tables = tiny_tables()
    for name in ("nonspot", "virtual"):
        tables.pop(name, None)
    for name in ("level1", "level2"):
        tables[name] = tables[name][tables[name]["spot_id"].isin(spots)].reset_index(drop=True)
    return tables | people


def test_points_stay_those_of_the_chain():
    study, _ = simulate_study("plain", rng=np.random.default_rng(2), **SMALL)
    plain, drawn = pse.estimate_study(study), bootstrap(study)
    for name in ("national", "municipalities", "components", "typologies", "days"):
        pd.testing.assert_series_equal(getattr(plain, name)["point"], getattr(drawn, name)["point"])


def test_without_any_error_every_draw_is_the_estimate_and_a_sentence_says_so():
    # all spots visited, nobody asked about visits, no spread given: nothing is left to draw
    tables = only_tiny(["A", "B", "C", "D"])
    tables["level2"] = tables["level2"].assign(share_other_spots=None, other_spots_mean=None)
    sizes = bootstrap(tiny_study(tables=tables), interview_sd=0.0, team_sd=0.0)
    assert np.allclose(sizes.draws.people, sizes.national["point"].iloc[0])
    assert any("no width of the national size is drawn" in said for said in sizes.notices)


def test_spread_of_one_spot_is_that_of_the_formula():
    # one spot, sigma 0.3: the coefficient of variation is sqrt(1 - exp(-0.09)) = 0.29337
    tables = only_tiny(["A"])
    tables["level2"] = tables["level2"].assign(share_other_spots=None, other_spots_mean=None)
    sizes = pse.estimate_study(
        tiny_study(tables=tables),
        interval="bootstrap",
        replicates=40_000,
        rng=np.random.default_rng(1),
        interview_sd=0.3,
        team_sd=0.0,
    )
    drawn = sizes.draws.people.ravel()
    assert drawn.mean() == pytest.approx(9, rel=0.01)  # 6 to 12
    assert drawn.std() / drawn.mean() == pytest.approx(0.29337, rel=0.03)


def test_one_spot_with_one_interview_keeps_its_range_and_says_why():
    study = tiny_study(tables=only_tiny(["A"]))
    with pytest.warns(pse.EstimateWarning, match="no spot has two interviews"):
        sizes = pse.estimate_study(study, interval="bootstrap", replicates=50, rng=np.random.default_rng(1))
    assert set(sizes.national["interval"]) == {"range"}
    assert np.isnan(sizes.draws.people).all()
    never_silent(bootstrap(study, interview_sd=0.3))


def test_one_municipality_says_that_team_effects_are_not_seen():
    study, _ = simulate_study("plain", rng=np.random.default_rng(4), municipalities=1, zones=1)
    sizes = bootstrap(study)
    never_silent(sizes)
    assert any("give team_sd" in said for said in sizes.notices)
    wider = bootstrap(study, team_sd=0.5)
    assert (wider.national["upper"] > sizes.national["upper"]).all()


@pytest.mark.parametrize("unlisted", ["chao2", "people"])
def test_one_informant_cannot_tell_what_was_missed(unlisted):
    study, _ = simulate_study("unlisted", rng=np.random.default_rng(5), **SMALL, informants=1, zones=1)
    sizes = bootstrap(study, unlisted=unlisted)
    never_silent(sizes)
    assert sizes.unlisted["people"].sum() == 0
    assert sum("spots that nobody named cannot be estimated" in said for said in sizes.notices) == 3


def test_nobody_asked_about_visits():
    made = simulate("plain", rng=np.random.default_rng(6), **SMALL)
    people = made.tables.pop("people")
    made.tables["virtual"] = made.tables["virtual"].assign(profiles_per_person=1.5, share_at_spots=0.5)
    assert len(people)
    sizes = bootstrap(made.study())
    never_silent(sizes)
    assert set(sizes.duplication["source"]) == {"none"}
    assert any("nobody answered about other spots" in said for said in sizes.notices)


def test_everybody_goes_to_one_spot_only():
    study, _ = simulate_study("plain", rng=np.random.default_rng(7), **SMALL, further_spots=0.0)
    sizes = bootstrap(study)
    never_silent(sizes)
    assert (sizes.national["interval"] == "confidence").all()


def test_a_kp_in_half_of_the_municipalities():
    made = simulate("plain", rng=np.random.default_rng(8), **SMALL)
    for name, table in made.tables.items():
        if "kp" in table:
            gone = (table["kp"] == "MSM") & table["municipality"].isin(["M01", "M02"])
            made.tables[name] = table[~gone].reset_index(drop=True)
    sizes = bootstrap(made.study())
    never_silent(sizes)
    places = sizes.municipalities[lambda table: table["kp"] == "MSM"].set_index("municipality")
    assert (places.loc[["M01", "M02"], "point"] == 0).all()
    assert set(places.loc[["M03", "M04"], "interval"]) == {"confidence"}


@pytest.mark.parametrize("range_of_accounts", [True, False])
def test_a_municipality_with_virtual_people_only(range_of_accounts):
    made = simulate("plain", rng=np.random.default_rng(9), **SMALL)
    for name in ("level1", "level2", "people", "nonspot"):
        table = made.tables[name]
        made.tables[name] = table[table["municipality"] != "M01"].reset_index(drop=True)
    online = made.tables["virtual"]
    if not range_of_accounts:
        online = online.assign(
            accounts_max=online["accounts_min"], profiles_per_person=1.5, share_at_spots=0.5
        )
    made.tables["virtual"] = online
    sizes = bootstrap(made.study())
    never_silent(sizes)
    kinds = sizes.municipalities[lambda table: table["municipality"] == "M01"]["interval"]
    assert set(kinds) == {"confidence" if range_of_accounts else "range"}


def test_a_kp_with_a_constant_added_and_nothing_else_keeps_its_range():
    tables = only_tiny(["A", "B", "D"])
    tables["nonspot"] = pd.DataFrame(
        {"municipality": ["M1"], "kp": ["PWID"], "setting": ["home"], "people": [10]}
    )
    sizes = bootstrap(tiny_study(tables=tables), interview_sd=0.3)
    assert sizes.national.set_index("kp")["interval"].to_dict() == {"FSW": "confidence", "PWID": "range"}


def test_draws_are_joint():
    study, _ = simulate_study("team", rng=np.random.default_rng(10), **SMALL)
    sizes = bootstrap(study)
    draws = sizes.draws
    assert np.allclose(draws.people, sum(draws.components.values()))
    low, high = draws.interval(draws.total(kps=["FSW"]))
    row = sizes.national.set_index("kp").loc["FSW"]
    assert (row["lower"], row["upper"]) == (pytest.approx(low), pytest.approx(high))
    apart = sizes.municipalities[lambda table: table["kp"] == "FSW"]
    assert high - low < (apart["upper"] - apart["lower"]).sum()
    assert (np.sort(draws.ranks("FSW"), axis=1) == np.arange(1, 5)).all()


@pytest.mark.parametrize(
    ("scenario", "unlisted"), [("unlisted", "people"), ("unlisted", "chao2"), ("infrequent", "none")]
)
def test_the_state_of_a_draw_holds_numbers_only(scenario, unlisted):
    study, _ = simulate_study(scenario, rng=np.random.default_rng(11), **SMALL)
    options = options_for(dict(study.options), {"size_basis": study.size_basis, "unlisted": unlisted})
    refuse_personal(make_state(study, study_parts(study, options), options).state, name="state")


@pytest.mark.slow
def test_processes_give_the_same_bits():
    study, _ = simulate_study("plain", rng=np.random.default_rng(12), **SMALL)
    options = options_for(dict(study.options), {"size_basis": study.size_basis})
    ready = make_state(study, study_parts(study, options), options)
    one, two = (
        run_blocks(ready.state, 250, np.random.default_rng(1), engine=engine)
        for engine in ("serial", "processes")
    )
    np.testing.assert_array_equal(one, two)


def test_an_unknown_engine_is_refused():
    study, _ = simulate_study("plain", rng=np.random.default_rng(12), **SMALL)
    with pytest.raises(ValueError, match="engine must be 'serial', 'processes'"):
        pse.estimate_study(study, interval="bootstrap", replicates=10, engine="threads")


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), visited=st.sampled_from([0.2, 0.6, 1.0]), asked=st.integers(1, 3))
def test_any_study_has_ordered_bounds_and_no_silent_interval(seed, visited, asked):
    study, _ = simulate_study("plain", rng=np.random.default_rng(seed), visited=visited, asked=asked, **SMALL)
    never_silent(bootstrap(study))


def test_components_of_the_country_have_the_interval_of_their_sum_not_the_sum_of_bounds():
    study, _ = simulate_study("team", rng=np.random.default_rng(10), **SMALL)
    sizes = bootstrap(study)
    table = sizes.national_components.set_index(["kp", "component"])
    for name in ("spots", "virtual"):
        low, high = sizes.draws.interval(sizes.draws.components[name][:, :, 0].sum(axis=1))
        row = table.loc[(sizes.draws.kps[0], name)]
        assert (row["lower"], row["upper"]) == (pytest.approx(low), pytest.approx(high))
    places = sizes.components[lambda t: (t["component"] == "spots") & (t["kp"] == sizes.draws.kps[0])]
    of_country = table.loc[(sizes.draws.kps[0], "spots")]
    assert of_country["upper"] - of_country["lower"] < (places["upper"] - places["lower"]).sum()
    assert table["point"].groupby("kp").sum().to_numpy() == pytest.approx(sizes.national["point"].to_numpy())
    from mapping.release import release

    out = release(sizes, level="restricted").tables["national_components"].set_index(["kp", "component"])
    assert (out["lower"] == table["lower"]).all() and (out["interval"] == table["interval"]).all()
