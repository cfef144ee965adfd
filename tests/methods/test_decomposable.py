"""Averaging over decomposable graphs: known counts, exact probabilities, the end of the grid, refusals."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import gammaln

from benchmarks.methods_coverage_decomposable import draw_lists, to_histories
from pse.methods.decomposable import decomposable_posterior, decomposable_size
from pse.methods.decomposable_graphs import decomposable_graphs, graph_text
from pse.methods.decomposable_score import Scores, sum_weights
from pse.methods.histories import Histories, history_patterns
from pse.methods.refusal import NoEstimateError

THREE = [247, 49, 142, 60, 112, 4, 12]  # 001 to 111, three lists of Madigan and York 1997


def lists(counts, names="abcde"):
    k = (len(counts) + 1).bit_length() - 1
    return Histories(tuple(names[:k]), history_patterns(k), np.array(counts))


def posterior(counts, *, delta=0.125, most_missing=3000, prior="one over size"):
    return decomposable_posterior(lists(counts), delta=delta, most_missing=most_missing, prior=prior)


# --- graphs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "known"), [(1, 1), (2, 2), (3, 8), (4, 61), (5, 822)])
def test_as_many_graphs_as_there_are_labelled_chordal_graphs(k, known):
    """OEIS A058862."""
    graphs = decomposable_graphs(k)
    assert graphs.shape == (known, 1 << k)
    assert len(np.unique(graphs, axis=0)) == known


def test_no_graph_has_a_cycle_without_a_chord_and_every_other_graph_has():
    """By the definition: a chordal graph has no induced cycle of four or more nodes."""
    pairs = list(combinations(range(5), 2))
    chordal = {frozenset(lines) for n in range(11) for lines in combinations(pairs, n) if not _hole(lines)}
    ours = set()
    for powers in decomposable_graphs(5):
        cliques = [[i for i in range(5) if margin >> i & 1] for margin in np.flatnonzero(powers > 0)]
        ours.add(frozenset(pair for clique in cliques for pair in combinations(clique, 2)))
    assert ours == chordal


def _hole(lines):
    joined = set(lines)
    for size in (4, 5):
        for ring in permutations(range(5), size):
            around = {tuple(sorted((ring[i - 1], ring[i]))) for i in range(size)}
            if {pair for pair in combinations(sorted(ring), 2) if pair in joined} == around:
                return True
    return False


def test_powers_of_the_chain_are_its_cliques_over_its_separators():
    chain = next(row for row in decomposable_graphs(4) if graph_text(row, tuple("abcd")) == "[a b][b c][c d]")
    assert {margin: power for margin, power in enumerate(chain) if power} == {3: 1, 6: 1, 12: 1, 2: -1, 4: -1}


def test_each_list_counts_once_in_every_graph():
    for k in (3, 4, 5):
        for node in range(k):
            holds = np.arange(1 << k) >> node & 1
            assert (decomposable_graphs(k) @ holds == 1).all()


# --- probabilities -----------------------------------------------------------------------------------


@pytest.mark.parametrize("delta", [0.125, 1.0, 2.5])
def test_probabilities_of_all_possible_tables_of_four_people_add_up_to_1(delta):
    graphs, total = decomposable_graphs(3), 0
    for cells in combinations(range(11), 7):  # seven bars between four people: 330 tables of eight cells
        ends = np.array([-1, *cells, 11])
        hidden, *seen = np.diff(ends) - 1
        scores = Scores(lists(seen), delta, graphs, np.zeros_like)
        total = total + np.exp(scores(np.array([hidden]))[:, 0] - gammaln(np.array(seen) + 1).sum())
    assert total == pytest.approx(np.ones(8))


def test_no_lines_is_the_product_of_the_lists_and_all_lines_one_dirichlet():
    """By hand: beta-binomials of the lists, and a Dirichlet-multinomial of the eight cells."""
    missing, n, delta = np.array([7, 400]), sum(THREE), 0.5
    scores = Scores(lists(THREE), delta, decomposable_graphs(3), np.zeros_like)(missing)
    full = n + missing
    ways = gammaln(full + 1) - gammaln(missing + 1)
    sizes = np.array(THREE) @ history_patterns(3)
    alone = sum(
        gammaln(x + 4 * delta) + gammaln(full - x + 4 * delta) - gammaln(full + 8 * delta) for x in sizes
    ) + 3 * (gammaln(8 * delta) - 2 * gammaln(4 * delta))
    cells = np.array([[*THREE, m] for m in missing])
    joint = gammaln(cells + delta).sum(axis=1) - gammaln(full + 8 * delta)
    assert scores[0] == pytest.approx(ways + alone, rel=1e-12)
    assert scores[-1] == pytest.approx(ways + joint + gammaln(8 * delta) - 8 * gammaln(delta), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(1, 60), min_size=7, max_size=7),
    order=st.permutations(range(3)),
    delta=st.sampled_from([0.125, 0.5, 1.0]),
)
def test_order_of_the_lists_does_not_matter_and_probabilities_add_up(counts, order, delta):
    prior = stats.nbinom(3, 1 / 101).logpmf  # ends long before the grid does
    plain = posterior(counts, delta=delta, prior=prior)
    patterns = history_patterns(3)
    code = patterns[:, order] @ [4, 2, 1]
    moved = np.zeros(7, dtype=int)
    moved[code - 1] = counts
    names = "".join("abc"[i] for i in order)
    again = decomposable_posterior(lists(moved, names), delta=delta, most_missing=3000, prior=prior)
    assert again.missing["probability"].to_numpy() == pytest.approx(plain.missing["probability"].to_numpy())
    assert _by_cliques(again) == pytest.approx(_by_cliques(plain))
    assert plain.missing["probability"].sum() == pytest.approx(1)
    assert plain.graphs["probability"].sum() == pytest.approx(1)
    got = plain.estimate()
    assert plain.seen <= got.lower <= got.point <= got.upper


def _by_cliques(made):
    return {
        frozenset(frozenset(clique.split()) for clique in text.strip("[]").split("][")): probability
        for text, probability in made.graphs.itertuples(index=False)
    }


def test_a_dependence_that_was_put_in_is_found():
    """Lists a and b are of the same people more often than chance; c is independent: cells as expected."""
    both, chance = np.array([[0.6, 0.1], [0.1, 0.2]]), np.array([0.7, 0.3])  # [a, b], [c]
    cells = np.round(20_000 * both[:, :, None] * chance).astype(int).ravel()
    made = posterior(cells[1:], most_missing=60_000)
    best = made.graphs.iloc[0]
    assert best["graph"] == "[a b][c]"
    assert best["probability"] > 0.9
    got = made.estimate()
    assert got.lower < 20_000 < got.upper
    independent = posterior([30, 30, 10, 30, 10, 10, 5])
    assert independent.graphs.iloc[0]["graph"] == "[a][b][c]"


def test_drawn_from_the_prior_the_intervals_hold_what_they_promise():
    """400 sizes, graphs and cells from the prior: 50 and 90 % intervals hold the size so often."""
    rng, prior, graphs = np.random.default_rng(1997), stats.nbinom(6, 1 / 51), decomposable_graphs(3)
    held = []
    for graph in graphs[rng.integers(len(graphs), size=400)]:
        size = int(prior.rvs(random_state=rng))
        try:
            made = decomposable_posterior(
                to_histories(draw_lists(size, graph, 1.0, rng)),
                delta=1.0,
                most_missing=3000,
                prior=prior.logpmf,
            )
        except NoEstimateError:  # by the lists alone, not by the size
            continue
        held.append([(got := made.estimate(level=q)).lower <= size <= got.upper for q in (0.5, 0.9)])
    assert len(held) > 380
    half, most = np.mean(held, axis=0)
    assert 0.5 - 0.1 < half < 0.5 + 0.13  # four standard errors; whole people make it wider
    assert most > 0.9 - 0.06


def test_interval_is_of_quantiles_of_the_table():
    made = posterior(THREE)
    got = made.estimate(level=0.9)
    sizes = made.seen + made.missing["missing"].to_numpy()
    p = made.missing["probability"].to_numpy()
    for bound, q in ((got.lower, 0.05), (got.point, 0.5), (got.upper, 0.95)):
        assert p[sizes < bound].sum() < q <= p[sizes <= bound].sum()
    assert (got.interval, got.level) == ("credible", 0.9)
    assert got == decomposable_size(
        lists(THREE), delta=0.125, most_missing=3000, prior="one over size", level=0.9
    )


def test_a_prior_of_the_size_pulls_towards_itself():
    low = posterior(THREE, prior=stats.nbinom(200, 200 / 850).logpmf).estimate()
    high = posterior(THREE, prior=stats.nbinom(200, 200 / 1100).logpmf).estimate()
    plain = posterior(THREE).estimate()
    assert low.point < high.point
    assert plain.upper < high.upper
    assert "prior of the size given" in low.method


def test_one_over_missing_is_that_prior():
    named = posterior(THREE, prior="one over missing")
    n = sum(THREE)

    def own(size):
        return np.where(size > n, -np.log(np.maximum(size - n, 1)), -np.inf)

    assert named.missing["missing"].iloc[0] == 1
    assert posterior(THREE, prior=own).missing.equals(named.missing)


# --- the end of the grid -----------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [[10, 12, 3, 9, 4, 2, 5], [10, 12, 1, 9, 1, 0, 1], [3, 4, 9, 5, 8, 7, 30]])
def test_probability_beyond_the_end_is_what_a_longer_grid_holds(counts):
    short, long = posterior(counts, most_missing=2000), posterior(counts, most_missing=1_000_000)
    beyond = long.missing.loc[long.missing["missing"] > 2000, "probability"].sum()
    assert short.beyond == pytest.approx(beyond, rel=0.01)
    assert short.beyond > 0
    assert long.estimate().upper == pytest.approx(short.estimate().upper, rel=0.05)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(1, 400), min_size=7, max_size=7),
    most_missing=st.integers(100, 4000),
    delta=st.sampled_from([0.125, 1.0]),
)
def test_a_grid_is_refused_or_long_enough_for_the_interval(counts, most_missing, delta):
    """Also where a graph has its peak beyond the end: the upper bound has its probability on a long grid."""
    try:
        got = posterior(counts, delta=delta, most_missing=most_missing).estimate()
    except NoEstimateError as no:
        assert "Raise most_missing" in str(no)
        return
    long = Scores(
        lists(counts), delta, decomposable_graphs(3), lambda missing: -np.log(sum(counts) + missing)
    )
    weights = sum_weights(long, np.arange(200_001))
    below = weights.by_missing[: int(got.upper) - sum(counts) + 1].sum()
    assert below > 0.975 - 0.003


def test_a_peak_far_beyond_the_end_is_seen():
    """20,000 people, of whom 8,000 are missing, and a grid of 1,000."""
    cells = np.round(20_000 * np.kron([0.8, 0.2], np.kron([0.7, 0.3], [0.7, 0.3]))).astype(int)
    with pytest.raises(NoEstimateError, match=r"got about 100% beyond 1,000\. Raise most_missing to") as no:
        posterior(cells[1:], most_missing=1000)
    raised = int(str(no.value).split("Raise most_missing to ")[1].split(" or more")[0].replace(",", ""))
    assert 8000 < raised < 12_000
    assert posterior(cells[1:], most_missing=raised).estimate().point == pytest.approx(20_000, rel=0.01)


def test_a_grid_that_ends_too_early_is_refused_and_the_remedy_helps():
    with pytest.raises(
        NoEstimateError, match=r"at most 0\.25% of the probability beyond it; got about"
    ) as no:
        posterior([0, 0, 0, 0, 0, 0, 100], most_missing=1000)
    assert no.value.lower == 100
    raised = int(str(no.value).split("Raise most_missing to ")[1].split(" or more")[0].replace(",", ""))
    assert posterior([0, 0, 0, 0, 0, 0, 100], most_missing=raised).beyond < 0.0025
    with pytest.raises(NoEstimateError, match="Raise most_missing"):
        posterior(THREE, most_missing=100, prior=lambda size: 0.01 * size)  # still rising at its end


def test_a_prior_without_an_end_is_refused_where_the_lists_do_not_bound_the_size():
    with pytest.raises(NoEstimateError, match="do not bound the size: give a prior that falls faster"):
        posterior([10, 12, 3, 9, 4, 2, 5], most_missing=100_000, prior=lambda size: 0.0 * size)


def test_a_prior_that_ends_within_the_grid_leaves_nothing_beyond():
    made = posterior(THREE, most_missing=500, prior=lambda size: np.where(size <= 800, 0.0, -np.inf))
    assert made.beyond == 0
    assert made.missing["missing"].iloc[-1] == 800 - sum(THREE)


def test_a_level_above_what_the_grid_can_tell_is_refused():
    made = posterior([10, 12, 3, 9, 4, 2, 5], most_missing=300)
    assert 0.00005 < made.beyond < 0.0025
    assert made.estimate(level=0.95).upper > 0
    with pytest.raises(NoEstimateError, match=r"for an interval at 99\.9%; got 0\.049%\. Raise it"):
        made.estimate(level=0.999)


# --- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "match"),
    [
        ([10, 12, 0, 9, 0, 0, 0], "people on two lists or more; got none. Report the people met"),
        ([0, 12, 0, 9, 0, 3, 0], "every list must hold somebody; got 1 of 3 lists without. Leave them out"),
        ([0] * 7, "every list must hold somebody; got 3 of 3"),
        ([10**9] * 7, "Raise most_missing"),
    ],
)
def test_lists_that_tell_no_size_are_refused_with_the_people_met(counts, match):
    with pytest.raises(NoEstimateError, match=match) as no:
        posterior(counts)
    assert no.value.lower == sum(counts)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"delta": 0}, "delta must be a number above 0"),
        ({"most_missing": 50}, "most_missing must be a whole number, at least 100 and at most 10000000"),
        ({"prior": "1/N"}, "prior must be one of 'one over size', 'one over missing'; got '1/N'"),
        ({"prior": lambda size: np.nan * size}, "one number below infinity for each size; got others"),
        ({"prior": lambda size: 1.0}, "one number below infinity for each size; got others"),
        (
            {"prior": lambda size: np.where(size > 1e9, 0, -np.inf)},
            "above 0 for a size of the grid; got none",
        ),
    ],
)
def test_wrong_arguments_are_refused(changed, match):
    with pytest.raises(ValueError, match=match):
        posterior(THREE, **changed)


def test_two_and_six_lists_are_refused():
    with pytest.raises(ValueError, match="lists must be a whole number, at least 3 and at most 5; got 2"):
        posterior([5, 6, 7])
    with pytest.raises(ValueError, match="got 6"):
        decomposable_size(
            lists([1] * 63, names="abcdef"), delta=1, most_missing=100, prior="one over missing"
        )
