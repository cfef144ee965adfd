"""Paths of shares as a respondent-driven sample grew, and where people stand in the trees."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.methods.rds import rds_sample
from pse.methods.rds_checks import bottleneck_paths, convergence_path, settled_since, tree_places
from pse.methods.rds_shares import rds_shares
from pse.methods.refusal import NoEstimateError
from tests.methods.rds_data import made_sample, reference_sample


@given(seed=st.integers(0, 10_000), seeds=st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_paths_end_at_the_share_of_all_and_of_each_chain(seed, seeds):
    sample = made_sample(np.random.default_rng(seed), people=60, seeds=seeds)
    path = convergence_path(sample, "trait", "1")
    assert path["people"].tolist() == list(range(1, 61))
    assert path["share"].iloc[-1] == pytest.approx(rds_shares(sample, "trait", how="RDS-II")["1"])
    chains = bottleneck_paths(sample, "trait", "1")
    assert chains["chain"].nunique() == seeds
    sizes = chains.groupby("chain").size()
    assert (sizes.diff().dropna() <= 0).all()
    assert sizes.sum() == 60
    ill, weight = sample.traits["trait"].eq("1").to_numpy(), 1 / sample.degree
    largest = np.bincount(sample.tree).argmax()
    mine = sample.tree == largest
    if (np.bincount(sample.tree) == mine.sum()).sum() == 1:
        end = chains[chains["chain"] == 1]["share"].iloc[-1]
        assert end == pytest.approx(weight[mine & ill].sum() / weight[mine].sum())


def test_a_share_that_moves_until_the_end_settles_late():
    """The seeds of fauxsycamore are all ill, and the share falls while the sample grows."""
    path = convergence_path(reference_sample("fauxsycamore"), "disease", "1")
    assert path["share"].iloc[0] == 1
    assert settled_since(path, within=0.02) > 300
    flat = pd.DataFrame({"people": [1, 2, 3], "share": [0.5, 0.5, 0.5]})
    assert settled_since(flat, within=0.02) == 1


def test_everybody_alike_has_no_path():
    sample = made_sample(np.random.default_rng(1), values=1)
    with pytest.raises(NoEstimateError, match="trait must divide the sample"):
        convergence_path(sample, "trait", "0")


@given(seed=st.integers(0, 10_000), seeds=st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_leaves_stand_side_by_side_and_recruiters_over_the_middle(seed, seeds):
    sample = made_sample(np.random.default_rng(seed), people=50, seeds=seeds)
    places = tree_places(sample)
    leaf = sample.recruits == 0
    assert sorted(places["across"][leaf]) == list(range(leaf.sum()))
    for row in np.flatnonzero(~leaf):
        below = places["across"][sample.recruiter == row]
        assert places["across"][row] == pytest.approx((below.min() + below.max()) / 2)


def test_chains_do_not_cross_in_the_drawing():
    table = pd.DataFrame({"id": range(6), "by": ["", "", 0, 1, 0, 1], "degree": 2})
    sample = rds_sample(table, id="id", recruiter="by", degree="degree", seed="")
    across = tree_places(sample)["across"]
    assert across[[2, 4]].max() < across[[3, 5]].min() or across[[3, 5]].max() < across[[2, 4]].min()
