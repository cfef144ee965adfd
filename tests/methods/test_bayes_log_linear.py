"""Bayesian log-linear models: weighted draws of their prior, conting, properties, refusals."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import gammaln, logsumexp

from pse.methods.bayes_log_linear import bayes_log_linear_draws, bayes_log_linear_size
from pse.methods.bayes_log_linear_cells import log_linear_cells
from pse.methods.bayes_log_linear_fit import at_most, log_posterior, model_modes
from pse.methods.histories import history_patterns
from pse.methods.refusal import NoEstimateError
from tests.methods.latent_prior import log_weights

OUTCOMES = Path(__file__).parent / "data"


def from_counts(counts):
    lists = int(np.log2(len(counts) + 1))
    return pd.DataFrame(history_patterns(lists), columns=list("abcd")[:lists]).assign(people=counts)


def draws(table, **changed):
    columns = [name for name in table.columns if name != "people"]
    given = {"lists": columns, "people": "people", "covariates": [], "uncertain": None, "draws": 20_000}
    return bayes_log_linear_draws(table, **{**given, "rng": np.random.default_rng(2), **changed})


def prior_models(rng, lists, size):
    """Return, for every choice of pairs, log means of all cells drawn from the prior but for the constant.

    On a full table of yes-or-no factors X'X / cells is the identity: coefficients are standard normal.
    """
    sign = np.vstack([np.zeros(lists, int), history_patterns(lists)]) * -2 + 1
    pairs = list(combinations(range(lists), 2))
    for code in range(1 << len(pairs)):
        chosen = [pair for bit, pair in enumerate(pairs) if code >> bit & 1]
        columns = np.column_stack([sign, *(sign[:, i] * sign[:, j] for i, j in chosen)])
        yield chosen, rng.normal(size=(size, columns.shape[1])) @ columns.T


def shares_of(log_mean):
    return np.exp(log_mean - logsumexp(log_mean, axis=1, keepdims=True))


def within(got, want, weights, want_weights, under):
    """Compare two weighted shares within 4 combined Monte Carlo errors."""
    error = np.sqrt((weights**2) @ (got - weights @ got) ** 2)
    other = np.sqrt((want_weights**2) @ (under - want) ** 2)
    assert abs(weights @ got - want) < 4 * np.hypot(error, other)


@pytest.mark.parametrize("counts", [[3, 5, 2], [2, 1, 0, 3, 1, 0, 2], [0, 4, 1, 2, 0, 2, 1]])
def test_size_and_pairs_agree_with_weighted_draws_of_the_prior(counts):
    """The constant has a flat prior, so it sums out as N does under 1/N; models are equally likely."""
    counts, rng = np.array(counts), np.random.default_rng(7)
    lists = int(np.log2(len(counts) + 1))
    logs, cdfs, first, at = [], [], [], counts.sum() + np.array([0, 1, 2, 5, 15, 60])
    for chosen, log_mean in prior_models(rng, lists, 40_000):
        cell = shares_of(log_mean)
        logs.append(log_weights(counts, cell))
        cdfs.append(stats.nbinom(counts.sum(), 1 - cell[:, [0]]).cdf(at - counts.sum()))
        first.append(np.full(len(cell), (0, 1) in chosen))
    weight = np.concatenate(logs)
    weight = np.exp(weight - logsumexp(weight))
    under, first = np.vstack(cdfs), np.concatenate(first)
    got = draws(from_counts(counts))
    for i, people in enumerate(at):
        below = (got.size <= people).astype(float)
        within(below, weight @ under[:, i], got.weights, weight, under[:, i])
    error = np.sqrt((weight**2) @ (first - weight @ first) ** 2)
    assert got.pairs["probability"].iloc[0] == pytest.approx(weight @ first, abs=4 * error + 0.01)


def test_upper_limits_agree_with_weighted_draws_of_the_prior():
    """With list c as an upper limit of u, the likelihood is the sum of those of 0 to u people on c alone."""
    counts, rng, most = np.array([6, 2, 1, 3, 1, 0, 2]), np.random.default_rng(9), 6
    logs, cdfs, at = [], [], counts[1:].sum() + np.array([1, 3, 6, 12, 40])
    for _, log_mean in prior_models(rng, 3, 40_000):
        cell = shares_of(log_mean)
        for alone in range(most + 1):
            seen = np.r_[alone, counts[1:]]
            logs.append(log_weights(seen, cell) + gammaln(seen.sum()) - gammaln(alone + 1))
            cdfs.append(stats.nbinom(seen.sum(), 1 - cell[:, [0]]).cdf(at - seen.sum()))
    weight = np.concatenate(logs)
    weight, under = np.exp(weight - logsumexp(weight)), np.vstack(cdfs)
    got = draws(from_counts(counts), uncertain="c")
    for i, people in enumerate(at):
        below = (got.size <= people).astype(float)
        within(below, weight @ under[:, i], got.weights, weight, under[:, i])


def test_counts_under_a_limit_are_truncated_poisson_and_reach_it_when_many_are_expected():
    rng = np.random.default_rng(3)
    drawn = at_most(np.array([4.0]), np.full((50_000, 1), 3.0), rng).ravel()
    p = stats.poisson.pmf(range(5), 3.0) / stats.poisson.cdf(4, 3.0)
    assert stats.chisquare(np.bincount(drawn.astype(int), minlength=5), 50_000 * p).pvalue > 1e-4
    assert at_most(np.array([4.0]), np.array([[1e5]]), rng).tolist() == [[4.0]]


def test_modes_are_where_the_posterior_is_flat():
    table = from_counts([30, 22, 9, 41, 12, 8, 15]).assign(sex="F")
    table = pd.concat([table, from_counts([10, 25, 3, 20, 14, 2, 6]).assign(sex="M")])
    cells = log_linear_cells(table, lists=list("abc"), people="people", covariates=["sex"], uncertain="c")
    held = np.ones((2, cells.design.shape[1]), dtype=bool)
    held[1, -2:] = False
    found = model_modes(cells, held)
    top = log_posterior(cells, found.modes, held)
    for j in range(held.shape[1]):
        for side in (-1e-4, 1e-4):
            aside = found.modes.copy()
            aside[:, j] += side * held[:, j]
            fall = top - log_posterior(cells, aside, held)
            expected = np.where(held[:, j], found.curvature[:, j, j] * 1e-8 / 2, 0)
            assert fall == pytest.approx(expected, rel=0.02, abs=1e-11)


@pytest.mark.parametrize(
    ("run", "table", "columns"),
    [
        ("conting_three_lists", "conting_table", {"lists": ["clinic", "outreach", "police"]}),
        ("conting_spina", "conting_spina_table", {"lists": ["S1", "S2", "S3"], "covariates": ["eth"]}),
    ],
)
def test_a_long_run_of_conting_agrees(run, table, columns):
    """Run by us in R; the error of a share below from its effective draws and ours."""
    told = json.loads((OUTCOMES / f"{run}.json").read_text(encoding="utf-8"))["result"]
    assert told["ess"] >= 400
    got = draws(pd.read_csv(OUTCOMES / f"{table}.csv"), **columns)
    for p, q in ((float(p), q) for p, q in told["quantiles"].items()):
        below, up_to = (got.weights[got.size <= q + side].sum() for side in (-1, 0))
        error = np.sqrt(p * (1 - p) * (1 / told["ess"] + 1 / got.effective))
        assert below - 4 * error <= p <= up_to + 4 * error


def test_conting_finds_the_same_ties():
    """Spina bifida in New York; ties switch often in its 50,000 steps; their error was not printed."""
    told = json.loads((OUTCOMES / "conting_spina.json").read_text(encoding="utf-8"))["result"]["pairs"]
    got = draws(
        pd.read_csv(OUTCOMES / "conting_spina_table.csv"), lists=["S1", "S2", "S3"], covariates=["eth"]
    )
    ours = {f"{first}:{second}": p for first, second, p in got.pairs.itertuples(index=False)}
    assert ours == pytest.approx(told, abs=0.03)


def simulated(rng, size=1500, tied=0.5):
    on = rng.random((size, 4)) < (0.3, 0.2, 0.25, 0.35)
    on[:, 1] |= on[:, 0] & (rng.random(size) < tied)
    table = pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list("abcd"))
    return table.groupby(list("abcd"), as_index=False).size().rename(columns={"size": "people"})


def test_a_tie_of_two_lists_is_found_and_the_size_is_held():
    table = simulated(np.random.default_rng(4))
    found = draws(table)
    assert found.pairs.loc[0, "probability"] > 0.99
    assert (found.pairs["probability"][1:] < 0.6).all()
    assert found.models["probability"].sum() == pytest.approx(1)
    got = bayes_log_linear_size(
        table,
        lists=list("abcd"),
        people="people",
        covariates=[],
        uncertain=None,
        rng=np.random.default_rng(1),
    )
    assert got.lower < 1500 < got.upper
    assert got.method == "Bayesian log-linear models, averaged over 64, unit information prior"


def test_others_on_an_uncertain_list_raise_the_size_only_if_they_are_believed():
    table = simulated(np.random.default_rng(4), tied=0)
    mixed = table.copy()
    mixed.loc[(mixed["d"] == 1) & (mixed[list("abc")].sum(axis=1) == 0), "people"] += 600
    plain, fooled, wary = (
        bayes_log_linear_size(
            rows,
            lists=list("abcd"),
            people="people",
            covariates=[],
            uncertain=u,
            rng=np.random.default_rng(1),
        )
        for rows, u in ((table, None), (mixed, None), (mixed, "d"))
    )
    assert fooled.lower > 1.2 * plain.point
    assert wary.lower < 1500 < wary.upper
    assert "one list as an upper limit" in wary.method


def test_order_of_rows_columns_and_split_rows_do_not_matter():
    table = simulated(np.random.default_rng(4))
    half = table.assign(people=table["people"] // 2)
    split = pd.concat([half, table.assign(people=table["people"] - half["people"])]).sample(
        frac=1, random_state=1
    )
    before = split.copy()
    one, two = draws(table), draws(split)
    assert np.array_equal(one.size, two.size)
    pd.testing.assert_frame_equal(split, before)
    turned = draws(table[["d", "c", "b", "a", "people"]])
    tied = turned.pairs.set_index(["first", "second"])["probability"]
    assert tied["b", "a"] == pytest.approx(one.pairs.loc[0, "probability"], abs=0.01)


def test_covariate_with_three_levels_is_one_tie():
    rng = np.random.default_rng(6)
    parts = [simulated(rng, size=n, tied=0).assign(city=c) for c, n in (("x", 600), ("y", 300), ("z", 900))]
    table = pd.concat(parts)
    table = table[table[list("abc")].any(axis=1)]
    got = draws(table, lists=list("abc"), covariates=["city"])
    assert len(got.models) == 64
    assert got.pairs[["first", "second"]].iloc[-1].tolist() == ["c", "city"]


def test_data_that_give_no_size_are_refused():
    with pytest.raises(NoEstimateError, match="people on two lists or more; got none") as caught:
        draws(from_counts([5, 7, 0, 9, 0, 0, 0]))
    assert caught.value.lower == 21
    table = from_counts([5, 7, 1, 9, 2, 3, 1])
    with pytest.raises(NoEstimateError, match="must have 400 effective draws; got"):
        bayes_log_linear_size(
            table, lists=list("abc"), people="people", covariates=[], uncertain=None, draws=100,
            rng=np.random.default_rng(1),
        )  # fmt: skip


def test_wrong_tables_are_refused():
    table = from_counts([5, 7, 1, 9, 2, 3, 1])
    with pytest.raises(ValueError, match="uncertain must be one of 'a', 'b', 'c'; got 'x'"):
        draws(table, uncertain="x")
    with pytest.raises(
        ValueError, match="people must be whole numbers, 0 or more; got something else in row 2"
    ):
        draws(table.assign(people=table["people"].where(table.index != 1, 1.5)))
    with pytest.raises(ValueError, match="sex must be given in every row; got a blank in row 1"):
        draws(table.assign(sex=[None, *"MFMFMF"]), lists=list("abc"), covariates=["sex"])
    with pytest.raises(ValueError, match="levels of sex must be a whole number, at least 2; got 1"):
        draws(table.assign(sex="M"), lists=list("abc"), covariates=["sex"])
    nobody = pd.DataFrame([[0, 0, 0, 4]], columns=table.columns)
    with pytest.raises(ValueError, match="everybody must be on a list; got none in row 8"):
        draws(pd.concat([table, nobody]))
    assert len(draws(pd.concat([table, nobody.assign(people=0)])).models) == 8
    wide = pd.DataFrame(np.eye(7, dtype=int), columns=list("abcdefg")).assign(people=3)
    with pytest.raises(
        ValueError, match="pairs of lists and covariates must be a whole number, at least 0 and at"
    ):
        draws(wide)
