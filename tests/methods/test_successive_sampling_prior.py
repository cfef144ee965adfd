"""Priors of a size and of degrees: stated numbers are met, printed priors of sspse agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.methods.successive_sampling_prior import (
    DegreePrior,
    beta_size_prior,
    degree_prior,
    flat_size_prior,
    given_size_prior,
    quartile_size_prior,
)
from tests.methods.reference import reference

PRINTED = {
    "dsizeprior_n500_median.prior.size_1000": ("median", 500, 1000),
    "dsizeprior_n400_median.prior.size_1500": ("median", 400, 1500),
    "dsizeprior_n500_mode.prior.size_1000": ("mode", 500, 1000),
    "dsizeprior_n300_mean.prior.size_2000": ("mean", 300, 2000),
    "dsizeprior_n500_quartiles.prior.size_800_1600": (None, 500, None),
}


def given_shape(seen, largest, a, b):
    """The beta form by the beta density: N ~ n / share, share ~ Beta(a, b), at the middle of [N, N + 1)."""
    at = np.arange(seen, largest + 1) + 0.5
    weights = (seen / at) ** (a - 1) * (1 - seen / at) ** (b - 1) * seen / at**2
    return given_size_prior(weights, seen=seen, stated="beta")


@pytest.mark.parametrize("name", PRINTED)
def test_printed_priors_of_sspse_agree_at_their_own_parameters(name):
    """Its sizes are the middles of [N, N + 1), so half a person is added to ours."""
    stated, seen, size = PRINTED[name]
    printed = reference("sspse", name)["result"]
    got = given_shape(seen, printed["maxN"], printed["alpha"], printed["beta"])
    assert got.mean + 0.5 == pytest.approx(printed["mean"], rel=1e-6)
    assert got.mode + 0.5 == printed["mode"]
    assert (got.quantiles([0.25, 0.5, 0.75]) + 0.5).tolist() == [
        printed["quartiles"][0],
        printed["median"],
        printed["quartiles"][1],
    ]
    if stated is not None:  # its search for b stops early, within 0.4 %
        ours = beta_size_prior(seen=seen, largest=printed["maxN"], stated=stated, size=size)
        assert ours.shape[0] == pytest.approx(printed["alpha"], rel=1e-6)
        assert ours.shape[1] == pytest.approx(printed["beta"], rel=4e-3)
        assert ours.mean == pytest.approx(printed["mean"], rel=1e-3)


@pytest.mark.parametrize("stated", ["median", "mode", "mean"])
@settings(max_examples=25, deadline=None)
@given(seen=st.integers(20, 800), times=st.floats(1.2, 8), room=st.floats(3, 12), strength=st.floats(0.8, 6))
def test_the_prior_has_what_was_stated(stated, seen, times, room, strength):
    size = round(seen * times)
    largest = round(size * room)
    prior = beta_size_prior(seen=seen, largest=largest, stated=stated, size=size, strength=strength)
    assert prior.probabilities.sum() == pytest.approx(1)
    assert (prior.seen, prior.largest) == (seen, largest)
    got = {"median": prior.quantiles(0.5), "mode": prior.mode, "mean": prior.mean}[stated]
    assert got == pytest.approx(size, abs=1)
    assert f"{stated} {size:,}" in prior.stated


def test_quartiles_are_met_and_a_stronger_prior_is_narrower():
    prior = quartile_size_prior(seen=300, largest=9000, quartiles=(700, 1900))
    assert prior.quantiles([0.25, 0.75]).tolist() == [700, 1900]
    weak, strong = (
        beta_size_prior(seen=300, largest=9000, stated="median", size=1200, strength=strength)
        for strength in (1, 5)
    )
    assert np.diff(strong.quantiles([0.1, 0.9])) < 0.7 * np.diff(weak.quantiles([0.1, 0.9]))


def test_the_form_is_a_beta_share_seen():
    """Cut nowhere: with a = b = 2 and half seen, the share seen has mean 1/2 (Handcock et al. 2014)."""
    prior = given_shape(1000, 3_000_000, 2.0, 2.0)
    share = (1000 / (prior.sizes + 0.5)) @ prior.probabilities
    assert share == pytest.approx(0.5, abs=1e-3)


def test_an_interval_of_the_prior_can_stand_in_a_report():
    got = flat_size_prior(seen=100, largest=1099).estimate(level=0.95)
    assert (got.lower, got.point, got.upper) == (124, 599, 1074)
    assert got.method == "prior only: flat prior up to 1,099"


def test_weights_may_be_those_of_an_earlier_posterior():
    prior = given_size_prior([0, 3, 1], seen=40, stated="posterior of 2019")
    assert prior.mode == 41
    assert prior.quantiles([0.1, 0.9]).tolist() == [41, 42]


def test_what_cannot_be_a_prior_is_refused():
    with pytest.raises(
        ValueError, match=r"size must be above seen \(500\) and below largest \(900\); got 400"
    ):
        beta_size_prior(seen=500, largest=900, stated="median", size=400)
    with pytest.raises(ValueError, match="stated must be one of 'median', 'mode', 'mean'; got 'middle'"):
        beta_size_prior(seen=500, largest=9000, stated="middle", size=1000)
    with pytest.raises(ValueError, match="size must be a mean that a prior up to largest can have"):
        beta_size_prior(seen=500, largest=9000, stated="mean", size=500.4, strength=0.1)
    with pytest.raises(ValueError, match=r"strength must give a first beta parameter above 0; got 0\.1"):
        beta_size_prior(seen=500, largest=9000, stated="mean", size=2000, strength=0.1)
    with pytest.raises(ValueError, match="quartiles must rise; got 1600 and 800"):
        quartile_size_prior(seen=500, largest=9000, quartiles=(1600, 800))
    with pytest.raises(ValueError, match="weights must be two or more numbers"):
        given_size_prior([1, -1], seen=5, stated="x")
    with pytest.raises(ValueError, match="largest must be a whole number, at least 11; got 10"):
        flat_size_prior(seen=10, largest=10)


def test_a_weak_degree_prior_weighs_by_one_over_degree():
    got = degree_prior([2, 4, 4, 8, np.nan])
    assert got.mean == pytest.approx(4 / (1 / 2 + 1 / 4 + 1 / 4 + 1 / 8))  # the harmonic mean
    assert (got.largest, got.mean_people, got.sd_people) == (16, 1, 3)
    assert degree_prior([1, 400], largest=900).sd == 4
    with pytest.raises(ValueError, match="degrees must be 1 or more, of two people or more"):
        degree_prior([0, 3])
    with pytest.raises(ValueError, match=r"mean must be above 1 and below largest \(5\); got 6"):
        DegreePrior(mean=6, sd=1, largest=5, mean_people=1, sd_people=3)
