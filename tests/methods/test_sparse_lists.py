"""Sparse lists: closed forms, existence, forward choice, BCa, refusals."""

import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linprog

from pse.estimate import EstimateWarning
from pse.methods.existence import estimate_exists, identified, model_state
from pse.methods.histories import Histories, histories, history_patterns
from pse.methods.poisson_fit import fit_poisson
from pse.methods.refusal import NoEstimateError
from pse.methods.sparse_lists import sparse_size, stepwise_path
from pse.methods.sparse_lists_bca import acceleration, bca_shares, bias_correction, ordered_quantile
from pse.methods.sparse_lists_bootstrap import bootstrap_pair_sizes
from pse.methods.sparse_lists_cells import kept_cells, pair_cells, used_columns
from pse.methods.sparse_lists_check import sparse_models_check
from pse.methods.sparse_lists_fit import fit_pairs, pair_model_state, start_from_lists
from pse.methods.sparse_lists_model import fit_model, pair_model
from pse.methods.sparse_lists_single import sparse_fit


def table_of(**people):
    """Return histories from counts by pattern: table_of(p110=6)."""
    patterns = {name[1:]: count for name, count in people.items()}
    lists = "abcdefghij"[: len(next(iter(patterns)))]
    rows = [[*map(int, pattern), count] for pattern, count in patterns.items()]
    return histories(pd.DataFrame(rows, columns=[*lists, "n"]), people="n")


SPARSE = table_of(p100=90, p010=70, p001=60, p110=12, p011=9)  # a and c share nobody
NO_OVERLAP = table_of(p100=40, p010=30, p001=20)
UNIDENTIFIED = table_of(p100=40, p010=30, p001=20, p110=6)


def sparse_tables(lists: int) -> st.SearchStrategy[Histories]:
    """Tables with many empty cells, but people on each list alone."""
    patterns = history_patterns(lists)
    alone = patterns.sum(axis=1) == 1

    def build(more: list[int]) -> Histories:
        counts = np.where(alone, np.array(more) + 5, np.maximum(np.array(more) - 6, 0))
        return Histories(tuple("abcde"[:lists]), patterns, counts)

    return st.lists(st.integers(0, 12), min_size=len(patterns), max_size=len(patterns)).map(build)


def test_two_lists_without_pairs_are_lincoln_petersen():
    got = sparse_size(table_of(p10=80, p01=60, p11=20), model="main", interval="log")
    assert got.point == pytest.approx(100 * 80 / 20)


def test_all_pairs_of_three_lists_is_the_closed_form():
    """Bishop, Fienberg, Holland 1975, Discrete Multivariate Analysis, chapter 6."""
    n = {"p111": 7, "p110": 20, "p101": 15, "p011": 30, "p100": 80, "p010": 90, "p001": 110}
    unseen = n["p111"] * n["p100"] * n["p010"] * n["p001"] / (n["p110"] * n["p101"] * n["p011"])
    assert sparse_fit(table_of(**n), model="all pairs").unseen == pytest.approx(unseen)


def test_a_pair_that_shares_nobody_makes_its_two_lists_one():
    """Without the cells on both, a and c together are one list beside b: Lincoln-Petersen by hand."""
    fit = sparse_fit(SPARSE, model=[("a", "c")])
    assert fit.coefficients["a:c"] == -np.inf
    assert fit.unseen == pytest.approx((90 + 60) * 70 / (12 + 9))
    assert fit.log_unseen_error**2 == pytest.approx(1 / 150 + 1 / 70 + 1 / 21)  # delta method of the same


def test_all_pairs_with_empty_overlaps_have_a_finite_size():
    data = table_of(
        p1000=50, p0100=60, p0010=70, p0001=40, p1100=8, p0110=9, p0011=6, p0101=3, p1110=2, p1010=1
    )
    got = sparse_size(data, model="all pairs", interval="log")
    assert data.n < got.lower < got.point < got.upper < np.inf
    assert sparse_fit(data, model="all pairs").coefficients["a:d"] == -np.inf


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 2, 0)])
def test_the_order_of_lists_does_not_matter(order):
    table = pd.DataFrame(SPARSE.patterns, columns=list(SPARSE.lists)).assign(n=SPARSE.counts)
    moved = histories(table[[*(SPARSE.lists[place] for place in order), "n"]], people="n")
    for model, threshold in (("main", None), ("stepwise", 0.05)):
        sizes = [sparse_fit(data, model=model, threshold=threshold).size for data in (SPARSE, moved)]
        assert sizes[0] == pytest.approx(sizes[1], rel=1e-9)


def test_a_list_without_people_changes_nothing_and_is_told():
    table = pd.DataFrame(SPARSE.patterns, columns=list("abc")).assign(n=SPARSE.counts, d=0)
    with_empty = histories(table[[*"abcd", "n"]], people="n")
    with pytest.warns(EstimateWarning, match="1 of 4 lists hold nobody"):
        fit = sparse_fit(with_empty, model="stepwise", threshold=0.02)
    assert fit.size == pytest.approx(sparse_fit(SPARSE, model="stepwise", threshold=0.02).size)


@settings(max_examples=60, deadline=None)
@drawn(data=sparse_tables(4), chosen=st.lists(st.booleans(), min_size=6, max_size=6))
def test_batched_fits_are_those_of_one_table(data, chosen):
    """Where the linear programme says so, the fit exists, has the observed totals and is the common one."""
    cells, counts = pair_cells(data), data.counts[None].astype(float)
    pairs = np.array([chosen])
    fits = fit_pairs(cells, counts, pairs, start_from_lists(cells, counts))
    assert bool(fits.exists[0]) == (pair_model_state(cells, data.counts, pairs[0]) == "fine")
    if not fits.exists[0]:
        return
    keep, used = kept_cells(cells, counts, pairs)[0], used_columns(cells, counts, pairs)[0]
    design = cells.design[keep][:, used]
    assert design.T @ fits.fitted[0][keep] == pytest.approx(design.T @ counts[0][keep], rel=1e-8)
    alone = fit_poisson(design, counts[0][keep], np.zeros(int(keep.sum())))
    assert fits.coefficients[0][used] == pytest.approx(alone.coefficients, rel=1e-4, abs=1e-4)


def all_cells_positive(design, counts):
    """Ask the primal question: are there counts above 0 everywhere with the observed totals?"""
    cells = len(counts)
    found = linprog(
        np.append(np.zeros(cells), -1.0),
        A_ub=np.hstack([-np.eye(cells), np.ones((cells, 1))]),
        b_ub=np.zeros(cells),
        A_eq=np.hstack([design.T, np.zeros((design.shape[1], 1))]),
        b_eq=design.T @ counts,
        bounds=[(0, None)] * cells + [(None, 1)],
    )
    return found.status == 0 and -found.fun > 1e-9


@settings(max_examples=60, deadline=None)
@drawn(data=sparse_tables(3), columns=st.lists(st.booleans(), min_size=3, max_size=3))
def test_existence_agrees_with_the_primal_programme(data, columns):
    """Fienberg and Rinaldo (2012) state it both ways."""
    design = pair_cells(data).design[:, [True] * 4 + columns]
    assert estimate_exists(design, data.counts) == all_cells_positive(design, data.counts)


def test_states_of_designs():
    design = np.array([[1, 1, 0], [1, 0, 1], [1, 0, 0]])
    assert model_state(design, np.array([3, 2, 0])) == "does not exist"
    assert model_state(design[:2], np.array([3, 2])) == "not identified"
    assert model_state(design[:2], np.array([3, 0])) == "neither"
    assert identified(design) and not identified(design[:2])


@settings(max_examples=15, deadline=None)
@drawn(data=sparse_tables(3))
def test_the_search_finds_every_model_that_fails(data):
    cells = pair_cells(data)
    one_by_one = {
        chosen: pair_model_state(cells, data.counts, np.array(chosen))
        for chosen in product((False, True), repeat=3)
    }
    table = sparse_models_check(data)
    found = {tuple(map(bool, row[:-1])): row[-1] for row in table.itertuples(index=False)}
    assert found == {chosen: state for chosen, state in one_by_one.items() if state != "fine"}


def test_the_search_stops_before_it_takes_for_ever(monkeypatch):
    monkeypatch.setattr("pse.methods.sparse_lists_check.MOST_MODELS", 40)
    alone = {"p" + "".join("1" if i == j else "0" for i in range(6)): 20 for j in range(6)}
    with pytest.raises(ValueError, match=r"15 pairs share nobody\). Fit the model you need"):
        sparse_models_check(table_of(**alone))


def test_first_step_is_the_smallest_poisson_tail():
    path = stepwise_path(SPARSE, threshold=0.02)
    main = sparse_fit(SPARSE, model="main")
    a, c = (main.coefficients[name] for name in "ac")
    b = main.coefficients["b"]
    expected = main.unseen * np.exp(a + c) * (1 + np.exp(b))  # fitted people on a and c
    assert path.loc[0, "pair"] == "a:c"
    assert path.loc[0, "expected"] == pytest.approx(expected)
    assert path.loc[0, "p"] == pytest.approx(stats.poisson(expected).cdf(0))
    assert path["result"].tolist() == ["added", "above the threshold"]
    assert path["point"].iloc[-1] == pytest.approx(sparse_fit(SPARSE, model=[("a", "c")]).size)


def test_p_value_counts_the_observed_number_in_the_upper_tail():
    data = table_of(p100=90, p010=70, p001=60, p110=40, p101=6, p011=5, p111=2)
    step = stepwise_path(data, threshold=0.02).iloc[0]
    assert (step["pair"], step["on_both"]) == ("a:b", 42)
    assert step["p"] == pytest.approx(stats.poisson(step["expected"]).sf(41))


def test_a_pair_without_an_estimate_is_passed_over():
    """a and b, the only lists that overlap, are seen together too often; with their pair nothing bounds c."""
    data = table_of(p100=20, p010=20, p001=50, p110=30)
    path = stepwise_path(data, threshold=0.9)
    assert set(path.loc[path["pair"] == "a:b", "result"]) == {"no estimate"}
    assert (path["result"] == "added").any()
    assert sparse_models_check(data)["a:b"].all()


def test_threshold_of_zero_adds_nothing():
    got = [sparse_fit(SPARSE, model=m, threshold=t).size for m, t in (("stepwise", 0), ("main", None))]
    assert got[0] == got[1]


def test_every_replicate_is_fitted_as_if_alone():
    data = table_of(p1000=50, p0100=60, p0010=70, p0001=40, p1100=18, p0110=3, p0011=6, p1110=2, p0111=2)
    cells = pair_cells(data)
    model = pair_model(cells, "stepwise", threshold=0.05)
    counts = np.random.default_rng(1).multinomial(data.n, data.counts / data.n, size=30).astype(float)
    together = fit_model(cells, counts, model).fits.sizes(counts)
    alone = [fit_model(cells, row[None], model).fits.sizes(row[None])[0] for row in counts]
    assert together == pytest.approx(alone, rel=1e-9)


def test_replicates_without_an_estimate_have_the_size_of_the_limit():
    data = table_of(p10=80, p01=60, p11=1)
    cells = pair_cells(data)
    rng = np.random.default_rng(1)
    sizes = bootstrap_pair_sizes(
        cells, data.counts, pair_model(cells, "main", threshold=None), replicates=200, rng=rng
    )
    assert np.mean(np.isinf(sizes)) == pytest.approx((1 - 1 / data.n) ** data.n, abs=0.08)
    everybody = table_of(p10=40, p11=5, p01=1)  # without the one of 01, everybody is on the first list
    cells = pair_cells(everybody)
    model = pair_model(cells, "main", threshold=None)
    sizes = bootstrap_pair_sizes(cells, everybody.counts, model, replicates=200, rng=rng)
    assert (sizes == everybody.n).any()


def test_bca_is_asymmetric_and_repeats_with_the_seed():
    data = table_of(p100=90, p010=70, p001=60, p110=14, p101=11, p011=9, p111=2)
    got = [
        sparse_size(
            data,
            model="stepwise",
            threshold=0.02,
            interval="bca",
            replicates=500,
            rng=np.random.default_rng(7),
        )
        for _ in range(2)
    ]
    assert got[0] == got[1]
    assert got[0].upper - got[0].point > got[0].point - got[0].lower
    assert got[0].method == "3 lists, pairs chosen stepwise (p below 0.02), BCa bootstrap"


def test_bca_of_a_mean_is_that_of_its_skewness():
    """Efron 1987, JASA 82:171: the acceleration of a mean is its skewness / (6 sqrt n)."""
    x = np.random.default_rng(1).exponential(size=200)
    jackknife = (x.sum() - x) / 199
    told = stats.skew(x) / (6 * np.sqrt(200))
    assert acceleration(jackknife, people=np.ones(200)) == pytest.approx(told, rel=1e-9)


def test_bca_pieces():
    assert bca_shares(bias=0.2, acceleration=0.0, level=0.95) == pytest.approx(
        stats.norm.cdf([0.4 - 1.959964, 0.4 + 1.959964]), abs=1e-6
    )
    moved = 0.2 + 1.959964
    assert bca_shares(bias=0.2, acceleration=0.1, level=0.95)[1] == pytest.approx(
        stats.norm.cdf(0.2 + moved / (1 - 0.1 * moved)), abs=1e-6
    )
    assert bca_shares(bias=1.0, acceleration=0.5, level=0.95)[1] == 1.0
    assert bias_correction([1, 1, 3], point=2) == pytest.approx(stats.norm.ppf(2 / 3))
    assert bias_correction([1, 2, 3], point=2) == pytest.approx(0)
    assert bias_correction([3, np.inf], point=2) == -np.inf


@drawn(share=st.floats(0, 1), values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_quantile_is_definition_8(share, values):
    told = np.quantile(values, share, method="median_unbiased")
    assert ordered_quantile(values, share) == pytest.approx(told, rel=1e-9, abs=1e-6)


def test_acceleration_with_infinite_sizes_is_the_limit_of_large_ones():
    people = [30, 5, 1]
    large = acceleration([500.0, 700.0, 1e15], people=people)
    assert acceleration([500.0, 700.0, np.inf], people=people) == pytest.approx(large, rel=1e-6)


@pytest.mark.parametrize("interval", ["log", "bca"])
def test_lists_that_share_nobody_are_refused_with_the_people_seen(interval):
    with pytest.raises(
        NoEstimateError, match=r"an estimate that exists; got counts with.*Leave pairs out"
    ) as told:
        sparse_size(NO_OVERLAP, model="main", interval=interval, replicates=50, rng=np.random.default_rng(1))
    assert told.value.lower == 90


def test_a_model_with_too_few_cells_is_refused():
    with pytest.raises(NoEstimateError, match="all pairs must be identified; got several estimates") as told:
        sparse_size(UNIDENTIFIED, model="all pairs", interval="log")
    assert told.value.lower == 96


def test_one_list_with_people_is_refused():
    with pytest.raises(NoEstimateError, match="two lists or more must hold people; got 1"):
        sparse_size(table_of(p10=5, p01=0), model="main", interval="log")


def test_a_bootstrap_without_an_upper_end_is_refused_with_the_lower():
    data = table_of(p100=40, p010=30, p001=20, p110=1, p011=1)
    with pytest.raises(NoEstimateError, match=r"bound the size from above; got \d+\.\d% of the") as told:
        sparse_size(data, model="main", interval="bca", replicates=400, rng=np.random.default_rng(1))
    assert data.n < told.value.lower < sparse_fit(data, model="main").size


def test_replicates_all_on_one_side_are_refused():
    data = table_of(p100=90, p010=70, p001=60, p110=14, p101=11, p011=9)
    with pytest.raises(NoEstimateError, match="replicates on both sides of the point; got all 2 on one"):
        for seed in range(50):
            rng = np.random.default_rng(seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", EstimateWarning)
                sparse_size(data, model="main", interval="bca", replicates=2, rng=rng)


def test_a_limit_at_the_last_replicate_is_told():
    data = table_of(p100=90, p010=70, p001=60, p110=14, p101=11, p011=9)
    with pytest.warns(EstimateWarning, match=r"most extreme of 20 replicates, .*Take [\d,]+ or more"):
        sparse_size(data, model="main", interval="bca", replicates=20, rng=np.random.default_rng(1))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "stepwise"}, r"threshold must be given for model=\"stepwise\"; got None"),
        ({"model": "main", "threshold": 0.02}, "threshold must be None unless"),
        ({"model": "stepwise", "threshold": 2}, "threshold must be between 0 and 1; got 2"),
        ({"model": "pairs"}, "model must be one of 'main', 'all pairs', 'stepwise'; got 'pairs'"),
        ({"model": [("a", "z")]}, "model must hold pairs of two different lists"),
        ({"model": [("a", "a")]}, "model must hold pairs of two different lists"),
        ({"model": "main", "interval": "wald"}, "interval must be one of 'log', 'bca'; got 'wald'"),
        ({"model": "main", "interval": "bca"}, 'replicates must be given for interval="bca"; got None'),
        ({"model": "main", "interval": "bca", "replicates": 9}, "rng must be given for a bootstrap"),
        ({"model": "main", "level": 95}, "level must be above 0 and below 1; got 95"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        sparse_size(SPARSE, **{"interval": "log", **arguments})


def test_more_than_ten_lists_are_refused():
    table = pd.DataFrame(np.eye(11, dtype=int), columns=[f"l{i}" for i in range(11)])
    with pytest.raises(ValueError, match="lists must be a whole number, at least 2 and at most 10; got 11"):
        sparse_size(histories(table), model="main", interval="log")


def test_the_log_interval_of_a_known_model_holds_the_truth():
    """200 tables of 2,000 people on four lists, of which one pair never overlaps."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        on = rng.random((2000, 4)) < [0.1, 0.12, 0.08, 0.1]
        on[on[:, 0], 1] = False
        people = histories(pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list("abcd")))
        got = sparse_size(people, model=[("a", "b")], interval="log")
        held += got.lower <= 2000 <= got.upper
    assert 0.915 * 200 <= held <= 0.985 * 200
