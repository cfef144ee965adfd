"""Bootstraps of respondent-driven samples: reference errors, theory of chains and trees, multipliers."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.methods.multiplier import multiplier
from pse.methods.rds import rds_sample, trait_codes
from pse.methods.rds_bootstrap import bootstrap_shares, rds_intervals, rds_share
from pse.methods.rds_hcg import expected_course
from pse.methods.rds_resampling import recruit_again
from pse.methods.rds_shares import rds_shares
from pse.methods.refusal import NoEstimateError
from tests.methods.rds_data import GROUP, POPULATION, TRAIT, made_sample, reference_sample
from tests.methods.reference import reference
from tests.methods.test_rds_weights import enumerated

REPLICATES = 4000


def within_errors(ours, theirs, *, our_draws, their_draws):
    """A bootstrap error of B draws has a relative error of about 1 / sqrt(2 B)."""
    return abs(ours / theirs - 1) <= 4 * math.sqrt(1 / (2 * our_draws) + 1 / (2 * their_draws))


def interval_of(name, *, how, bootstrap, replicates):
    return rds_intervals(
        reference_sample(name),
        TRAIT[name],
        how=how,
        bootstrap=bootstrap,
        interval="normal",
        population=POPULATION[name],
        replicates=replicates,
        rng=np.random.default_rng(1),
    ).loc[GROUP[name]]


def reference_interval(key, name):
    """The interval of the same group; numbers have one row, factors two."""
    rows = reference("RDS", f"{name}_{key}")["result"]["interval"]
    return rows[-1] if name != "faux" else rows[0]


@pytest.mark.parametrize(("key", "how"), [("boot_RDSI", "RDS-I"), ("boot_RDSII", "RDS-II")])
@pytest.mark.parametrize("name", ["faux", "fauxtime"])
def test_salganiks_error_is_that_of_the_package(name, key, how):
    want = reference_interval(key, name)
    got = interval_of(name, how=how, bootstrap="salganik", replicates=REPLICATES)
    assert got["point"] == pytest.approx(want["point"], rel=1e-9)
    assert within_errors(got["error"], want["se"], our_draws=REPLICATES, their_draws=1000)


@pytest.mark.parametrize("name", ["faux", "fauxmadrona", "fauxsycamore"])
def test_giles_error_is_that_of_the_package(name):
    want = reference_interval("boot_GilesSS", name)
    got = interval_of(name, how="SS", bootstrap="gile", replicates=1000)
    assert got["point"] == pytest.approx(want["point"], abs=0.002)  # the package simulates the weights
    assert within_errors(got["error"], want["se"], our_draws=1000, their_draws=500)


@pytest.mark.parametrize("name", list(TRAIT))
def test_the_error_of_trees_is_that_of_the_package(name):
    want = reference_interval("Treeboot_RDSII", name)
    got = interval_of(name, how="RDS-II", bootstrap="tree", replicates=REPLICATES)
    assert got["point"] == pytest.approx(want["point"], rel=1e-9)
    assert within_errors(got["error"], want["se"], our_draws=REPLICATES, their_draws=200)


@pytest.mark.parametrize("name", ["faux", "fauxmadrona"])
def test_the_design_effect_is_that_of_the_package_for_its_error(name):
    """Variance over p (1 - p) / n (N - n) / (N - 1)."""
    want = reference_interval("Treeboot_RDSII", name)
    got = interval_of(name, how="RDS-II", bootstrap="tree", replicates=100)
    scaled = got["design_effect"] * (want["se"] / got["error"]) ** 2
    assert scaled == pytest.approx(want["design_effect"], rel=1e-6)


@pytest.mark.parametrize("name", list(TRAIT))
def test_salganiks_error_is_that_of_the_chain_in_theory(name):
    """Variance of a ratio along a chain: own variance, and twice its covariances at all distances."""
    sample = reference_sample(name)
    _, code = trait_codes(sample, TRAIT[name])
    recruit = np.flatnonzero(sample.recruiter >= 0)
    by, got, weight = code[sample.recruiter[recruit]], code[recruit], 1 / sample.degree[recruit]
    chance = np.array([[np.mean(got[by == g] == h) for h in (0, 1)] for g in (0, 1)])
    long_run = np.array([chance[1, 0], chance[0, 1]]) / (chance[1, 0] + chance[0, 1])

    def mean(x, g):
        return x[by == g].mean()

    total = sum(long_run[g] * mean(weight, g) for g in (0, 1))
    point = sum(long_run[g] * mean(weight * got, g) for g in (0, 1)) / total
    z = weight * (got - point) / total
    own = sum(long_run[g] * mean(z * z, g) for g in (0, 1))
    # someone drawn after group g has mean m_g; of those, what comes next depends on their own group only
    m = np.array([mean(z, g) for g in (0, 1)])
    first = sum(long_run[g] * np.array([mean(z * (got == h), g) for h in (0, 1)]) for g in (0, 1))
    covariance = sum(first @ np.linalg.matrix_power(chance, lag) @ m for lag in range(200))
    theory = math.sqrt((own + 2 * covariance) / len(sample))
    draws = bootstrap_shares(
        sample, TRAIT[name], how="RDS-II", bootstrap="salganik", replicates=4000, rng=np.random.default_rng(2)
    )
    assert draws.iloc[:, 1].std() == pytest.approx(theory, rel=0.06)


def test_resampled_trees_of_one_wave_are_two_draws_with_replacement():
    """Seeds with as many recruits each: seeds are drawn, then recruits; here the variance is known."""
    table = pd.DataFrame(
        {
            "id": range(24),
            "by": [*["seed"] * 4, *np.repeat(range(4), 5)],
            "degree": 3,
            "trait": [*"0000", *"11100", *"10000", *"11110", *"00000"],
        }
    )
    sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="seed")
    draws = bootstrap_shares(
        sample, "trait", how="arithmetic", bootstrap="tree", replicates=20_000, rng=np.random.default_rng(3)
    )["1"]
    means = np.array([0.6, 0.2, 0.8, 0.0])
    between, within = means.var() / 4, (means * (1 - means)).mean() / 20
    assert draws.mean() == pytest.approx(8 / 24, abs=0.003)
    assert draws.std() == pytest.approx(20 / 24 * math.sqrt(between + within), rel=0.03)


@given(seed=st.integers(0, 10_000), values=st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_draws_are_shares_that_add_up_to_one_whatever_the_bootstrap(seed, values):
    sample = made_sample(np.random.default_rng(seed), people=50, values=values)
    for how, bootstrap in (("RDS-I", "tree"), ("RDS-II", "tree"), ("SS", "gile"), ("HCG", "tree")):
        got = bootstrap_shares(
            sample,
            "trait",
            how=how,
            bootstrap=bootstrap,
            population=300,
            replicates=100,
            rng=np.random.default_rng(seed),
        ).to_numpy()
        assert np.isfinite(got).all()
        assert (got >= 0).all()
        np.testing.assert_allclose(got.sum(axis=1), 1)


def test_the_expected_course_is_the_mean_of_simulated_samples():
    """Strong homophily, seeds of one group, half of the population in the sample: groups in expectation."""
    rng = np.random.default_rng(11)
    sample = made_sample(rng, people=300, seeds=4)
    _, code = trait_codes(sample, "trait")
    degree = np.array([2.0, 5.0, 10.0])
    people = np.array([[100, 150, 50], [100, 150, 50]])
    share = people @ degree / (people @ degree).sum()
    crossed = 0.05
    ties = np.array([[share[0] - crossed, crossed], [crossed, share[1] - crossed]])
    runs = recruit_again(sample, degree, people, ties, 2000, rng).sum(axis=2)
    expected = expected_course(sample, code, degree, people.astype(float), ties, known_seeds=False)
    assert expected.sum() == pytest.approx(300)
    error = runs.std(axis=0) / math.sqrt(len(runs))
    assert (np.abs(runs.mean(axis=0) - expected) < 4 * error + 1.5).all()


def test_resampled_people_have_the_chances_of_successive_sampling():
    """Six people of whom four come, in proportion to degree: by enumeration (test_rds_weights.py)."""
    table = pd.DataFrame({"id": range(4), "by": ["seed", 0, 1, 1], "degree": 1, "trait": "a"})
    sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="seed")
    degree, people = np.array([1.0, 2.0, 5.0]), np.array([[3, 2, 1]])
    runs = recruit_again(sample, degree, people, np.ones((1, 1)), 40_000, np.random.default_rng(21))
    want = enumerated([1, 1, 1, 2, 2, 5], 4)[[0, 3, 5]]
    np.testing.assert_allclose(runs.mean(axis=0)[0] / people[0], want, atol=4 * 0.5 / math.sqrt(40_000))


@given(seed=st.integers(0, 10_000), groups=st.integers(1, 3), left_over=st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_nobody_is_recruited_twice_even_where_nearly_everybody_comes(seed, groups, left_over):
    rng = np.random.default_rng(seed)
    sample = made_sample(rng, people=40)
    degree = np.sort(rng.uniform(0.1, 30.0, size=5))
    people = rng.multinomial(len(sample) + left_over, np.full(groups * 5, 1 / (groups * 5))).reshape(
        groups, 5
    )
    ties = rng.random((groups, groups)) + 1e-6
    runs = recruit_again(sample, degree, people, ties + ties.T, 200, rng)
    assert (runs >= 0).all() and (runs <= people).all()
    assert (runs.sum(axis=(1, 2)) == len(sample)).all()


def test_the_same_seed_gives_the_same_draws_and_batches_do_not_matter(monkeypatch):
    sample = made_sample(np.random.default_rng(12))

    def draws(bootstrap, how):
        return bootstrap_shares(
            sample,
            "trait",
            how=how,
            bootstrap=bootstrap,
            population=200,
            replicates=150,
            rng=np.random.default_rng(4),
        )

    for bootstrap, how in (("tree", "RDS-II"), ("gile", "SS"), ("salganik", "RDS-I")):
        pd.testing.assert_frame_equal(draws(bootstrap, how), draws(bootstrap, how))
    monkeypatch.setattr("pse.methods.rds_resampling.CELLS", 100)
    assert len(draws("tree", "RDS-II")) == len(draws("gile", "SS")) == 150


def test_an_rds_share_goes_into_a_multiplier():
    sample = made_sample(np.random.default_rng(13), people=200)
    rng = np.random.default_rng(5)
    share = rds_share(sample, "trait", "1", how="RDS-II", bootstrap="tree", replicates=1000, rng=rng)
    assert share.point == rds_shares(sample, "trait", how="RDS-II")["1"]
    assert share.holders == (sample.traits["trait"] == "1").sum()
    assert share.error == pytest.approx(share.draws.std(ddof=1))
    got = multiplier(count=300, share=share, kind="service", how="log")
    assert got.point == pytest.approx(300 / share.point)
    assert "RDS share (RDS-II, tree bootstrap)" in share.method


def test_normal_and_percentile_intervals():
    sample = made_sample(np.random.default_rng(14), people=200)
    got = {
        interval: rds_intervals(
            sample,
            "trait",
            how="RDS-II",
            bootstrap="tree",
            interval=interval,
            replicates=2000,
            rng=np.random.default_rng(6),
        )
        for interval in ("normal", "percentile")
    }
    for table in got.values():
        assert (table["lower"] <= table["point"]).all()
        assert (table["point"] <= table["upper"]).all()
        assert table["people"].sum() == 200
    normal = got["normal"]
    width = 2 * 1.959964 * normal["error"]
    np.testing.assert_allclose(normal["upper"] - normal["lower"], width, rtol=1e-6)
    draws = bootstrap_shares(
        sample, "trait", how="RDS-II", bootstrap="tree", replicates=2000, rng=np.random.default_rng(6)
    )
    assert got["percentile"].loc["1", "lower"] == pytest.approx(draws["1"].quantile(0.025))


def test_refusals_of_bootstraps():
    sample = made_sample(np.random.default_rng(15), values=1)
    options = {"replicates": 100, "rng": np.random.default_rng(1)}
    with pytest.raises(ValueError, match="how with the gile bootstrap must be one of 'SS'; got 'RDS-II'"):
        bootstrap_shares(sample, "trait", how="RDS-II", bootstrap="gile", population=99, **options)
    with pytest.raises(ValueError, match="replicates must be a whole number, at least 100; got 20"):
        bootstrap_shares(
            sample, "trait", how="RDS-II", bootstrap="tree", replicates=20, rng=np.random.default_rng(1)
        )
    with pytest.raises(NoEstimateError, match="must have the value of trait for a bootstrap; got everybody"):
        rds_share(sample, "trait", "0", how="RDS-II", bootstrap="tree", **options)
    with pytest.raises(NoEstimateError, match="got nobody"):
        rds_share(sample, "trait", "1", how="RDS-II", bootstrap="tree", **options)


def test_a_group_that_recruited_nobody_has_no_chain():
    table = pd.DataFrame({"id": [1, 2, 3], "by": ["", 1, 1], "degree": 2, "trait": ["a", "a", "b"]})
    sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    with pytest.raises(NoEstimateError, match=r"got one that recruited nobody\. Use the tree"):
        bootstrap_shares(
            sample, "trait", how="RDS-II", bootstrap="salganik", replicates=100, rng=np.random.default_rng(1)
        )
