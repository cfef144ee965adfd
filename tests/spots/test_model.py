"""The model: the replication estimate without noise, credible intervals, refusals, poor studies."""

import sys
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import pse
from pse.engine import refuse_personal
from pse.simulate import simulate_study
from pse.spots import model
from pse.spots.chain import study_parts
from pse.spots.intervals import model_interval
from pse.spots.model import ConvergenceError, fit_model, what_is_wrong
from pse.spots.model_draws import draw_factors
from pse.spots.model_formulas import NO_NOISE
from pse.spots.model_priors import number_shapes
from pse.spots.model_sampler import Run, Sampled
from pse.spots.options import options_for
from tests.records.tiny import tiny_study, tiny_tables
from tests.spots.poor_studies import never_silent
from tests.spots.test_bootstrap import only_tiny

SMALL = {"municipalities": 3, "spots": 5.0, "people": 40.0}
SHORT = Run(chains=2, warmup=250, draws=500)


def needs_numpyro():
    pytest.importorskip("numpyro", reason="the model needs the extra bayes: pip install 'pse-toolkit[bayes]'")


def parts_of(study, **options):
    chosen = options_for(dict(study.options), {"size_basis": study.size_basis, **options})
    return study_parts(study, chosen), chosen


def drawn_with(study, *, scales=None, run=SHORT, replicates=200, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pse.EstimateWarning)
        plain = pse.estimate_study(study, **options)
        return model_interval(
            plain,
            study,
            parts_of(study, **options)[0],
            level=0.95,
            replicates=replicates,
            rng=np.random.default_rng(1),
            engine=None,
            scales=scales,
            run=run,
        )


@pytest.mark.parametrize("ratio", ["all", "active", "active_share", "mean"])
def test_with_all_variances_at_zero_it_is_the_replication_estimate_of_the_worked_example(ratio):
    sizes = drawn_with(tiny_study(), scales=NO_NOISE, replicates=5, ratio=ratio)
    point = pse.estimate_study(tiny_study(), ratio=ratio).national["point"].iloc[0]
    assert np.abs(sizes.draws.people - point).max() < 1e-6
    if ratio == "all":
        assert point == pytest.approx(70.705882, abs=1e-6)  # by hand, see tests/records/tiny.py


def test_with_all_variances_at_zero_it_is_the_replication_estimate_of_the_sample():
    study = pse.read_study(pse.sample_folder())
    sizes = drawn_with(study, scales=NO_NOISE, replicates=3)
    plain = pse.estimate_study(study)
    by_cell = sizes.draws.people.reshape(3, -1)
    assert np.abs(by_cell - plain.municipalities["point"].to_numpy()).max() < 1e-6
    assert np.abs(sizes.draws.people.sum(axis=1) - plain.national["point"].to_numpy()).max() < 1e-6
    for name in ("spots", "nonspot", "virtual"):
        of_kp = plain.components[plain.components["component"] == name].groupby("kp")["point"].sum()
        drawn = dict(zip(sizes.draws.kps, sizes.draws.components[name].sum(axis=1).T, strict=True))
        assert all(np.abs(drawn[kp] - people).max() < 1e-6 for kp, people in of_kp.items())
    assert any("no width of the national size is drawn" in said for said in sizes.notices)
    assert sizes.diagnostics.empty  # nothing was sampled


def test_points_stay_those_of_the_chain_and_intervals_are_credible():
    needs_numpyro()
    study, _ = simulate_study("plain", rng=np.random.default_rng(2), **SMALL)
    plain, sizes = pse.estimate_study(study), drawn_with(study)
    for name in ("national", "municipalities", "components", "typologies", "days"):
        pd.testing.assert_series_equal(getattr(plain, name)["point"], getattr(sizes, name)["point"])
    assert set(sizes.national["interval"]) == {"credible"} and sizes.draws.kind == "credible"
    assert sizes.national["method"].str.endswith("model of 200 draws").all()
    assert sizes.estimate("FSW").interval == "credible"
    assert (sizes.diagnostics["r_hat"] <= 1.05).all()
    never_silent(sizes)
    # the draws stand about the chain's own number: both estimate the same people
    assert sizes.draws.people.sum(axis=1).mean(axis=0) == pytest.approx(plain.national["point"], rel=0.15)


def test_the_same_generator_gives_the_same_draws():
    needs_numpyro()
    one, two = (drawn_with(tiny_study(), replicates=20).draws.people for _ in range(2))
    assert np.array_equal(one, two)


def test_on_records_without_noise_the_draws_stand_at_the_replication_estimate():
    needs_numpyro()
    exact = {"level1_noise": 0.0, "level2_noise": 0.0, "heaping": 0.0, "width": 0.0, "false_spots": 0.0}
    study, _ = simulate_study("plain", rng=np.random.default_rng(3), **SMALL, **exact, visited=0.6)
    parts, options = parts_of(study)
    fit = fit_model(study, parts, options, rng=np.random.default_rng(1), run=SHORT)
    # how many spots are closed rests on a prior where few were visited, so that is left out
    sizes = replace(fit.ready.state.model, share_open=True)
    factor = draw_factors(sizes, np.random.default_rng(1), 400)
    size, data = fit.data.chain_open, fit.data
    for part in (data.level2.kind > 0, data.unvisited):
        drawn = np.bincount(data.kp[part], weights=(size * factor.mean(axis=1))[part])
        assert drawn == pytest.approx(np.bincount(data.kp[part], weights=size[part]), rel=0.04)


def test_only_numbers_would_travel():
    study, _ = simulate_study("plain", rng=np.random.default_rng(2), **SMALL)
    parts, options = parts_of(study)
    fit = fit_model(study, parts, options, rng=np.random.default_rng(1), scales=NO_NOISE)
    refuse_personal(fit.ready.state, name="state")


def test_without_numpyro_one_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "numpyro", None)
    study, _ = simulate_study("plain", rng=np.random.default_rng(2), **SMALL)
    with pytest.raises(ValueError, match=r'pip install "pse-toolkit\[bayes\]"'):
        pse.estimate_study(study, interval="model", replicates=10, rng=np.random.default_rng(1))


def test_importing_the_package_does_not_load_jax():
    import subprocess

    code = "import sys, pse; pse.estimate_study; import pse.spots.model; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def table_of(r_hat=1.0, draws=500.0):
    return pd.DataFrame({"r_hat": [1.0, r_hat], "effective_draws": [400.0, draws]})


@pytest.mark.parametrize(
    ("table", "divergent", "words"),
    [
        (table_of(), 0, ""),
        (table_of(r_hat=1.3), 0, "R-hat 1.30"),
        (table_of(r_hat=np.nan), 0, "R-hat nan"),
        (table_of(draws=40), 0, "40 effective draws"),
        (table_of(), 30, "30 of 1000 draws divergent"),
    ],
)
def test_bad_figures_are_named(table, divergent, words):
    said = what_is_wrong(table, np.arange(1000) < divergent)
    assert words in said if words else said == ""


def test_chains_that_do_not_agree_are_refused_after_a_second_run(monkeypatch):
    needs_numpyro()
    runs = []

    def apart(data, scales, run, rng):
        runs.append(run)
        numbers = {
            name: rng.standard_normal((2, 100, *shape)) + 5 * np.arange(2).reshape(2, 1, *[1] * len(shape))
            for name, shape in number_shapes(data, scales).items()
        }
        return Sampled(numbers, np.zeros((2, 100), dtype=bool), np.ones((2, 100)))

    monkeypatch.setattr(model, "sample_numbers", apart)
    study, _ = simulate_study("plain", rng=np.random.default_rng(2), **SMALL)
    with pytest.raises(ConvergenceError, match=r"must converge .* got R-hat .*interval='bootstrap'"):
        drawn_with(study)
    assert len(runs) == 2 and runs[1].draws == 2 * runs[0].draws


def sees_team_effects(scenario):
    study, _ = simulate_study(scenario, rng=np.random.default_rng(8), **SMALL | {"municipalities": 6})
    table = drawn_with(study).diagnostics
    return float(table.loc[table["parameter"] == "sd_team", "mean"].iloc[0])


def poor(name):
    """Return a poor study of one KP by name. One KP and no zones: all of them are of one shape to jax."""
    if name == "one spot":
        return tiny_study(tables=only_tiny(["A"]))
    if name == "one zone":
        return tiny_study()
    informants = {"informants": 1} if name == "one informant" else {}
    study, _ = simulate_study(
        "plain", rng=np.random.default_rng(6), **SMALL | {"municipalities": 4}, **informants
    )
    tables = {"municipalities": study.municipalities.copy()}
    for key in ("level1", "level2", "people", "virtual", "nonspot"):
        rows = getattr(study, key)
        tables[key] = rows[rows["kp"] == "FSW"].reset_index(drop=True)
        if "zone" in rows:
            tables[key] = tables[key].assign(zone=None)
    towns = tables["municipalities"]["municipality"].tolist()
    if name == "nobody asked about visits":
        tables.pop("people")
        tables["virtual"] = tables["virtual"].assign(profiles_per_person=1.6, share_at_spots=0.7)
    if name == "all M are 1":
        tables["people"]["spots_visited"] = 1
    if name == "a KP absent from half of the municipalities":
        for key in ("level1", "level2", "people", "virtual", "nonspot"):
            tables[key] = tables[key][tables[key]["municipality"].isin(towns[:2])].reset_index(drop=True)
    if name == "virtual people only in one municipality":
        for key in ("level1", "level2", "people", "nonspot"):
            tables[key] = tables[key][tables[key]["municipality"] != towns[0]].reset_index(drop=True)
    return pse.make_study(
        title="Poor",
        country="Nowhere",
        year=2016,
        size_basis=study.size_basis,
        denominators={},
        tables=tables,
    )


@pytest.mark.parametrize(
    "name",
    [
        "one spot",
        "one zone",
        "one informant",
        "nobody asked about visits",
        "all M are 1",
        "a KP absent from half of the municipalities",
        "virtual people only in one municipality",
    ],
)
def test_a_poor_study_has_an_interval_or_a_sentence(name):
    needs_numpyro()
    try:
        sizes = drawn_with(poor(name), replicates=100)
    except ConvergenceError as refused:
        assert "must converge" in str(refused)
        return
    never_silent(sizes)
    spots = sizes.components[(sizes.components["component"] == "spots") & (sizes.components["point"] > 0)]
    assert (spots["upper"] > spots["lower"]).all()
    if name == "one spot":
        assert any("rests on" in said and "two interviews" in said for said in sizes.notices)
        assert any("give team_sd" in said for said in sizes.notices)


def test_unvisited_spots_of_a_kp_that_nobody_visited_keep_their_range():
    needs_numpyro()
    tables = tiny_tables()
    tables["level2"] = tables["level2"].iloc[:0]
    sizes = drawn_with(tiny_study(tables=tables), replicates=20)
    assert any("no credible interval: no visited spot" in said for said in sizes.notices)
    assert set(sizes.national["interval"]) == {"range"}


@pytest.mark.slow
def test_team_effects_widen_the_scale_of_teams():
    needs_numpyro()
    assert sees_team_effects(pse.simulate.SCENARIOS["team"]) > sees_team_effects("plain")
