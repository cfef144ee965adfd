"""Weights and shares of respondent-driven samples: reference values, enumeration, simulation, limits."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.methods.rds import rds_sample, trait_codes
from pse.methods.rds_hcg import fit_ties, pair_ties
from pse.methods.rds_inclusion import successive_inclusion, successive_population, timed_population
from pse.methods.rds_shares import differential_activity, population_homophily, rds_mean, rds_shares
from pse.methods.rds_transitions import (
    equilibrium,
    group_degrees,
    group_homophily,
    recruitment_homophily,
    smoothed_transitions,
    transitions,
)
from pse.methods.rds_weights import rds_weights
from pse.methods.refusal import NoEstimateError
from tests.methods.rds_data import GROUP, POPULATION, TRAIT, made_sample, reference_sample
from tests.methods.reference import reference

NAMES = list(TRAIT)
CLOSED = {
    "ArithmeticMean": "arithmetic",
    "RDSI": "RDS-I",
    "RDSIDS": "RDS-I (DS)",
    "RDSII": "RDS-II",
}


def first_value(result, name):
    """The estimates of a factor stand by value, those of a number alone."""
    return result[GROUP[name]] if isinstance(result, dict) else result[0]


@pytest.mark.parametrize("key", list(CLOSED))
@pytest.mark.parametrize("name", NAMES)
def test_weights_in_closed_form_are_those_of_the_package(name, key):
    want = reference("RDS", f"{name}_weights_{key}")["result"]
    got = rds_weights(reference_sample(name), how=CLOSED[key], trait=TRAIT[name], population=POPULATION[name])
    np.testing.assert_allclose(got[:30], want["first30"], rtol=1e-9)
    summary = (got.sum(), got.mean(), got.min(), got.max())
    assert summary == pytest.approx([want[part] for part in ("sum", "mean", "min", "max")], rel=1e-9)


def simulated_error(sample, weights):
    """Relative error of a weight from one simulated sample, for the first 30 people."""
    _, place = np.unique(sample.degree, return_inverse=True)
    people = np.bincount(place, weights=weights)[place]
    chance = np.minimum(1 / weights, 1)
    return np.sqrt((1 - chance) / (chance * people))[:30]


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_successive_sampling_are_within_the_error_of_the_package(name):
    """The package simulates 500 samples in each iteration."""
    want = np.array(reference("RDS", f"{name}_weights_GilesSS")["result"]["first30"])
    sample = reference_sample(name)
    got = rds_weights(sample, how="SS", population=POPULATION[name])
    error = simulated_error(sample, got) / math.sqrt(500)
    assert (np.abs(want / got[:30] - 1) <= 4 * error).all()


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_the_homophily_graph_are_within_the_error_of_the_package(name):
    """The package simulates; its scatter is that of about 150 samples, and of up to 2% for a whole group."""
    want = np.array(reference("RDS", f"{name}_weights_HCG")["result"]["first30"])
    sample = reference_sample(name)
    got = rds_weights(sample, how="HCG", trait=TRAIT[name], population=POPULATION[name])
    _, code = trait_codes(sample, TRAIT[name])
    error = simulated_error(sample, got) / math.sqrt(150)
    for group in (0, 1):
        mine = code[:30] == group
        ratio = want[mine] / got[:30][mine]
        assert abs(np.median(ratio) - 1) < 0.02
        assert (np.abs(ratio / np.median(ratio) - 1) <= 4 * error[mine] + 0.005).all()


@pytest.mark.parametrize("name", ["fauxmadrona", "fauxsycamore"])
def test_groups_differ_in_the_homophily_graph_as_in_the_package(name):
    """Both sets of seeds have too many ill people; the weights of the ill move by 1% against SS."""
    sample = reference_sample(name)
    _, code = trait_codes(sample, TRAIT[name])
    ss = rds_weights(sample, how="SS", population=POPULATION[name])[:30]
    ours = rds_weights(sample, how="HCG", trait=TRAIT[name], population=POPULATION[name])[:30]
    theirs = np.array(reference("RDS", f"{name}_weights_HCG")["result"]["first30"])
    ill = code[:30] == 1
    assert np.mean(ours[ill] / ss[ill]) == pytest.approx(np.mean(theirs[ill] / ss[ill]), abs=0.004)
    assert abs(np.mean(ours[ill] / ss[ill]) - 1) > 0.008


@pytest.mark.parametrize("kind", ["RDSI", "RDSI_smoothed", "RDSII", "RDSII_el"])
@pytest.mark.parametrize("name", NAMES)
def test_shares_are_those_of_the_package(name, kind):
    result = reference("RDS", f"{name}_{kind}")["result"]
    how = {"RDSI": "RDS-I", "RDSI_smoothed": "RDS-I (DS)"}.get(kind, "RDS-II")
    want = result["interval"][0]["point"] if kind == "RDSII_el" else first_value(result["estimate"], name)
    got = rds_shares(reference_sample(name), TRAIT[name], how=how)
    assert got[GROUP[name]] == pytest.approx(want, rel=1e-9)
    assert got.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
def test_shares_of_successive_sampling_are_those_of_the_package(name):
    """5,000 simulated samples: four errors are below 0.001."""
    want = first_value(reference("RDS", f"{name}_SS")["result"]["estimate"], name)
    got = rds_shares(reference_sample(name), TRAIT[name], how="SS", population=POPULATION[name])
    assert got[GROUP[name]] == pytest.approx(want, abs=0.001)


@pytest.mark.parametrize("name", NAMES)
def test_transitions_equilibrium_and_degrees_are_those_of_the_package(name):
    want = reference("RDS", f"{name}_transitions")["result"]
    sample = reference_sample(name)
    counts = transitions(sample, TRAIT[name])
    for row in want["transitions"]:
        assert counts.loc[row["row"]].to_dict() == {value: row[value] for value in counts.columns}
    assert equilibrium(counts) == pytest.approx(list(want["stationary"].values()), rel=1e-9)
    assert group_degrees(sample, TRAIT[name]).to_dict() == pytest.approx(want["h_hat"], rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_homophily_and_activity_are_those_of_the_package(name):
    sample = reference_sample(name)
    text = reference("RDS", f"{name}_homophily")["result"]["value"][2]
    got = recruitment_homophily(transitions(sample, TRAIT[name]))
    assert got == pytest.approx(float(text.split("=")[1]), abs=1e-6)
    words = reference("RDS", f"{name}_diff_activity")["result"]["value"].split()
    value = "red" if name == "faux" else "1"
    ratio = differential_activity(sample, TRAIT[name], value, weights=1 / sample.degree)
    assert ratio == pytest.approx(float(words[-1]), rel=1e-6)


def enumerated(degree, drawn):
    """Chances of successive sampling by all orders of drawing."""
    chance = np.zeros(len(degree))

    def draw(left, probability, more):
        total = sum(degree[person] for person in left)
        for person in left if more else ():
            here = probability * degree[person] / total
            chance[person] += here
            draw([other for other in left if other != person], here, more - 1)

    draw(range(len(degree)), 1.0, drawn)
    return chance


@pytest.mark.parametrize("drawn", range(1, 6))
def test_chances_are_near_those_by_enumeration_even_for_six_people(drawn):
    want = enumerated([1, 1, 1, 2, 2, 5], drawn)[[0, 3, 5]]
    got = successive_inclusion(np.array([1.0, 2.0, 5.0]), np.array([3.0, 2.0, 1.0]), drawn)
    np.testing.assert_allclose(got, want, atol=0.011)


def test_chances_are_those_of_simulated_samples():
    rng = np.random.default_rng(20260101)
    degree, people = np.array([1.0, 2.0, 5.0, 12.0, 40.0, 200.0]), np.array([300, 200, 150, 60, 20, 4])
    place, runs, n = np.repeat(np.arange(6), people), 4000, 150
    count = np.zeros(6)
    for _ in range(runs):
        first = np.argpartition(rng.exponential(size=len(place)) / degree[place], n)[:n]
        count += np.bincount(place[first], minlength=6)
    want = count / runs / people
    got = successive_inclusion(degree, people.astype(float), n)
    error = np.sqrt(want * (1 - want) / (runs * people))
    assert (np.abs(got - want) < 4 * error + 1e-4).all()
    assert got @ people == pytest.approx(n, rel=1e-5)


@given(seed=st.integers(0, 10_000), part=st.floats(0.02, 0.98))
@settings(max_examples=40, deadline=None)
def test_chances_rise_with_degree_and_the_population_is_a_fixed_point(seed, part):
    rng = np.random.default_rng(seed)
    degree = np.unique(rng.integers(1, 60, size=12)).astype(float)
    sampled = rng.integers(1, 30, size=len(degree)).astype(float)
    population = sampled.sum() / part
    people = successive_population(degree, sampled, population)
    chance = successive_inclusion(degree, people, sampled.sum())
    assert people.sum() == pytest.approx(population)
    assert (np.diff(chance) > -1e-9).all()
    assert (people >= sampled).all()
    if part < 0.8:  # beyond, a chance near 1 is that of less than one person who is left
        np.testing.assert_allclose(sampled / chance, people, rtol=2e-3)


def test_many_samples_at_once_are_those_one_by_one():
    degree, sampled = np.array([1.0, 3.0, 9.0]), np.array([[20.0, 30, 10], [40, 5, 0]])
    got = successive_population(degree, sampled, 500)
    for row in (0, 1):
        assert got[row] == pytest.approx(successive_population(degree, sampled[row], 500), rel=1e-6)


@pytest.mark.parametrize(("name", "close"), [*((name, 1e-4) for name in NAMES), ("made", 1e-3)])
def test_weights_by_a_time_give_the_shares_of_the_iteration(name, close):
    """Resamples are weighted so; their shares scatter by 0.009 and more."""
    sample = made_sample(np.random.default_rng(5)) if name == "made" else reference_sample(name)
    _, code = trait_codes(sample, TRAIT.get(name, "trait"))
    degree, place = np.unique(sample.degree, return_inverse=True)
    met = np.bincount(place).astype(float)
    for population in (POPULATION.get(name, 100), 2 * len(sample), 10 * len(sample)):
        shares = [
            np.bincount(code, weights=(make(degree, met, population) / met)[place]) / population
            for make in (successive_population, timed_population)
        ]
        np.testing.assert_allclose(*shares, atol=close)
        assert (shares[0] != shares[1]).any()


def test_successive_sampling_ends_at_rds_ii_and_at_equal_weights():
    sample = made_sample(np.random.default_rng(3), people=80)
    large = rds_weights(sample, how="SS", population=1e8)
    assert large == pytest.approx(rds_weights(sample, how="RDS-II", population=1e8), rel=1e-3)
    assert rds_weights(sample, how="SS", population=80) == pytest.approx(np.ones(80))


def test_the_homophily_graph_of_one_group_is_successive_sampling():
    sample = made_sample(np.random.default_rng(4), people=80, values=1)
    got = rds_weights(sample, how="HCG", trait="trait", population=400)
    assert got == pytest.approx(rds_weights(sample, how="SS", population=400), rel=1e-5)


@given(seed=st.integers(0, 1000), groups=st.integers(2, 4))
@settings(max_examples=20, deadline=None)
def test_ties_are_symmetric_with_the_given_rows(seed, groups):
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(groups, 3.0))
    got = pair_ties(share, rng.normal(0, 2, size=groups * (groups - 1) // 2))
    np.testing.assert_allclose(got, got.T, rtol=1e-8)
    np.testing.assert_allclose(got.sum(axis=1), share, rtol=1e-6)


def test_the_most_likely_ties_follow_the_recruitments_where_the_population_is_large():
    """Nobody is used up, so the chance of a recruit's group is constant: 70 of 100 stay in each group."""
    by = ["seed", "seed", *[0] * 70, *[0] * 30, *[1] * 70, *[1] * 30]
    group = ["a", "b", *["a"] * 70, *["b"] * 30, *["b"] * 70, *["a"] * 30]
    table = pd.DataFrame({"id": range(202), "by": by, "degree": 2, "trait": group})
    sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="seed")
    _, code = trait_codes(sample, "trait")
    got = fit_ties(sample, code, half_ties=np.array([1e9, 1e9]))
    assert got == pytest.approx(np.array([[0.35, 0.15], [0.15, 0.35]]), abs=1e-4)


@given(seed=st.integers(0, 10_000), values=st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_smoothing_keeps_the_equilibrium_and_makes_recruitment_mutual(seed, values):
    sample = made_sample(np.random.default_rng(seed), people=150, values=values)
    raw, smooth = transitions(sample, "trait"), smoothed_transitions(sample, "trait")
    np.testing.assert_allclose(smooth, smooth.T)
    assert equilibrium(smooth) == pytest.approx(equilibrium(raw), rel=1e-8)
    assert smooth.to_numpy().sum() == pytest.approx(raw.to_numpy().sum())


def test_rds_i_of_two_groups_solves_the_equation_of_salganik_and_heckathorn():
    """P_a D_a C_ab = P_b D_b C_ba (2004, reciprocity model)."""
    sample = made_sample(np.random.default_rng(8), people=120)
    counts, degree = transitions(sample, "trait").to_numpy(), group_degrees(sample, "trait").to_numpy()
    share = rds_shares(sample, "trait", how="RDS-I").to_numpy()
    crossed = [counts[0, 1] / counts[0].sum(), counts[1, 0] / counts[1].sum()]
    assert share[0] * degree[0] * crossed[0] == pytest.approx(share[1] * degree[1] * crossed[1])


def test_a_group_apart_or_without_recruits_has_no_equilibrium():
    with pytest.raises(NoEstimateError, match="got a group that recruited nobody"):
        equilibrium(np.array([[5, 2], [0, 0]]))
    with pytest.raises(NoEstimateError, match="must be reached from every other by recruitment"):
        equilibrium(np.array([[5, 0], [0, 4]]))


def test_homophily_of_groups_is_plus_one_apart_and_zero_where_groups_do_not_matter():
    """Heckathorn (2002): H = (S - P) / (1 - P) or (S - P) / P."""
    sample = made_sample(np.random.default_rng(5), people=200)
    got = group_homophily(sample, "trait")
    share = rds_shares(sample, "trait", how="RDS-I")
    counts = transitions(sample, "trait")
    own = counts.loc["0", "0"] / counts.loc["0"].sum()
    scale = 1 - share["0"] if own >= share["0"] else share["0"]
    assert got["0"] == pytest.approx((own - share["0"]) / scale)
    assert got.between(-1, 1).all()


def test_population_homophily_is_one_without_homophily():
    """Ties in proportion to half-ties: what crosses is T0 T1 / T on each side."""
    by = ["seed", "seed", *[0] * 30, *[1] * 30]
    group = ["a", "b", *(["a"] * 20 + ["b"] * 10) * 2]
    table = pd.DataFrame({"id": range(62), "by": by, "degree": 3, "trait": group})
    sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="seed")
    _, code = trait_codes(sample, "trait")
    weights = np.where(code == 0, 2 / 41, 1 / 21)
    assert population_homophily(sample, "trait", "a", weights=weights) == pytest.approx(1.0)


def test_refusals_of_weights():
    sample = made_sample(np.random.default_rng(6))
    with pytest.raises(ValueError, match="population must be given for SS weights; got None"):
        rds_weights(sample, how="SS")
    with pytest.raises(ValueError, match="population must be at least the 60 people of the sample; got 59"):
        rds_weights(sample, how="RDS-II", population=59)
    with pytest.raises(ValueError, match="trait must be given for RDS-I weights; got None"):
        rds_weights(sample, how="RDS-I")
    with pytest.raises(ValueError, match="how must be one of 'arithmetic'"):
        rds_weights(sample, how="best")
    with pytest.raises(NoEstimateError, match="trait must divide the sample"):
        differential_activity(sample, "trait", "7", weights=1 / sample.degree)
    with pytest.raises(ValueError, match="numbers must be known for everybody"):
        rds_mean(np.array([1.0, np.nan]), np.ones(2))
