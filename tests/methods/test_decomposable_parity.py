"""Averaging over decomposable graphs against the reference results of dga 2.0.2, entry by entry."""

import json
from functools import cache

import numpy as np
import pytest
from scipy import stats

from pse.methods.decomposable import DecomposablePosterior, decomposable_posterior
from pse.methods.decomposable_graphs import decomposable_graphs
from pse.methods.histories import histories
from tests.methods.reference import FOLDER, reference, reference_input, reference_names

CASES = {
    "HIV_delta0.0625": ("Rcapture", "HIV", "freq", 0.0625, 60_000),
    "kosovo_delta0.0625": ("LCMCR", "kosovo_aggregate", None, 0.0625, 40_000),
    "madigan_york3_delta1": ("dga", "madigan_york_3list", "freq", 1, 300),
    "madigan_york5_delta0.5": ("dga", "madigan_york_5list", "freq", 0.5, 300),
}


def test_every_reference_is_compared():
    assert set(reference_names("dga")) <= set(CASES)


@cache
def made(name: str) -> DecomposablePosterior:
    """Return ours with the prior and the grid of the reference, which starts at one missing person."""
    package, data, people, delta, most_missing = CASES[name]
    given = histories(reference_input(package, data), people=people)
    log = stats.nbinom(13.14, 1 / 56.17).logpmf if name == "madigan_york3_delta1" else lambda n: -np.log(n)
    return decomposable_posterior(
        given,
        delta=delta,
        most_missing=most_missing,
        prior=lambda size: np.where(size > given.n, log(size), -np.inf),
    )


def lists_of(name: str) -> tuple[str, ...]:
    package, data, people, *_ = CASES[name]
    return tuple(column for column in reference_input(package, data).columns if column != people)


def nested(table: list | dict) -> list[tuple[int, ...]]:
    """Return the sets of lists of a graph; the file has {"ID": one set} for the graph with all lines."""
    sets = [table["ID"]] if isinstance(table, dict) else table
    return [tuple(sorted(i for part in one for i in part)) for one in sets]


def text_of(cliques: list[tuple[int, ...]], lists: tuple[str, ...]) -> str:
    return "".join(f"[{' '.join(lists[i - 1] for i in clique)}]" for clique in sorted(cliques))


def graphs_of(lists: int) -> list[dict]:
    path = FOLDER / "inputs" / "dga" / f"graphs{lists}.json"
    if not path.exists():
        pytest.skip("the reference values of other packages are not on this machine")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("k", [3, 4, 5])
def test_the_same_graphs_with_the_same_cliques_and_separators(k):
    theirs = set()
    for graph in graphs_of(k):
        powers = np.zeros(1 << k, dtype=int)
        for sets, sign in ((graph["C"], 1), (graph["S"], -1)):
            for one in nested(sets):
                powers[sum(1 << (i - 1) for i in one)] += sign
        theirs.add(tuple(powers))
    assert theirs == {tuple(row) for row in decomposable_graphs(k)}


@pytest.mark.parametrize("name", CASES)
def test_weights_of_all_graphs(name):
    told, lists = reference("dga", name)["result"], lists_of(name)
    ours = made(name).graphs.set_index("graph")["probability"]
    names = [text_of(nested(graph["C"]), lists) for graph in graphs_of(len(lists))]
    assert len(ours) == told["n_graphs"]
    assert ours.loc[names].to_numpy() == pytest.approx(np.array(told["model_prob"]), rel=1e-6, abs=0)
    top = [text_of(nested(model["cliques"]), lists) for model in told["top_models"]]
    assert list(ours.index[: len(top)]) == top
    assert ours.iloc[: len(top)].tolist() == pytest.approx([m["prob"] for m in told["top_models"]], rel=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_probabilities_moments_and_quantiles_of_the_size(name):
    told, ours = reference("dga", name)["result"], made(name)
    p = ours.missing.set_index("missing")["probability"]
    at = told["pN_at"]
    assert p.loc[at["Nmissing"]].to_numpy() == pytest.approx(np.array(at["p"]), rel=1e-6, abs=0)
    size = ours.seen + p.index.to_numpy()
    mean = (size * p).sum()
    sd = np.sqrt(((size - mean) ** 2 * p).sum())
    assert (ours.seen, mean, sd) == pytest.approx((told["n"], told["mean"], told["sd"]), rel=1e-6)
    assert ours.seen + p.idxmax() == told["mode"]
    for low, high in (("0.025", "0.975"), ("0.05", "0.95"), ("0.25", "0.75")):
        got = ours.estimate(level=float(high) - float(low))
        q = told["quantiles"]
        assert (got.lower, got.point, got.upper) == (q[low], q["0.5"], q[high])
