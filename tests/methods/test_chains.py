import numpy as np
import pytest

from pse.methods.chains import Chains, each_chain
from pse.methods.refusal import NoEstimateError


def test_chains_that_agree_give_their_quantiles():
    draws = np.random.default_rng(2).normal(1000, 10, size=(4, 2000))
    chains = Chains(draws)
    chains.check("a model")
    got = chains.estimate(level=0.9, method="a model")
    assert (got.lower, got.point, got.upper) == pytest.approx(np.quantile(draws, [0.05, 0.5, 0.95]))
    assert 7000 < chains.effective < 9500


def test_chains_in_two_places_are_refused():
    draws = np.random.default_rng(2).normal(1000, 10, size=(4, 2000))
    draws[3] += 40
    with pytest.raises(NoEstimateError, match=r"a model must have chains that agree .* Take more draws"):
        Chains(draws).check("a model")


def test_sticky_chains_are_refused():
    rng = np.random.default_rng(3)
    steps = rng.normal(size=(4, 1000))
    sticky = np.empty_like(steps)
    sticky[:, 0] = steps[:, 0] * 7
    for i in range(1, 1000):
        sticky[:, i] = 0.99 * sticky[:, i - 1] + steps[:, i]
    with pytest.raises(NoEstimateError, match="effective"):
        Chains(1000 + sticky).check("a model")


def test_draws_that_never_move_are_refused():
    with pytest.raises(NoEstimateError, match="R-hat nan"):
        Chains(np.full((2, 500), 7)).check("a model")


def test_each_chain_has_random_numbers_of_its_own_and_is_told_after_it_ran():
    told, first = [], []
    for chain, own in each_chain(np.random.default_rng(4), 3, lambda done, of: told.append((done, of))):
        assert len(told) == chain
        first.append(own.random())
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert len(set(first)) == 3
    again = [own.random() for _, own in each_chain(np.random.default_rng(4), 3, None)]
    assert again == first


def test_chains_need_random_numbers():
    with pytest.raises(ValueError, match=r"rng must be .* for draws; got None"):
        next(each_chain(None, 3, None))
