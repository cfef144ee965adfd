"""Sample coverage beside CARE1 1.1.0, its definition, refusals and properties."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.methods.histories import histories, history_patterns
from pse.methods.refusal import NoEstimateError
from pse.methods.sample_coverage import coverage_table, list_pairs, pair_dependence, sample_coverage
from tests.methods.lists_data import care1_input
from tests.methods.reference import reference, reference_names

FORMS = {"Indep": "independent", "HSC": "high coverage", "LSC": "low coverage"}


@pytest.mark.parametrize("name", reference_names("CARE1"))
def test_points_are_those_of_care1(name):
    result = reference("CARE1", name)["result"]
    table = coverage_table(care1_input(name)).set_index("form")
    for theirs, ours in FORMS.items():
        assert table.loc[ours, "point"] == pytest.approx(result["est"][theirs][0]["est"], rel=1e-9)
    people, reduced, coverage = result["stat"][1].split("]")[1].split()
    first = table.iloc[0]
    assert first["people"] == int(people) and f"{first['reduced']:.6g}" == reduced
    assert round(first["coverage"], 3) == float(coverage)


@pytest.mark.parametrize("name", reference_names("CARE1"))
def test_pairs_are_those_of_care1(name):
    given_ = care1_input(name)
    wanted = pd.DataFrame(reference("CARE1", name)["result"]["pair"])
    got = list_pairs(given_)[["petersen", "point", "standard_error", "lower", "upper"]]
    assert np.allclose(got, wanted[["Petersen", "Chapman", "se", "cil", "ciu"]].astype(float), rtol=1e-9)
    assert dict(zip(reference("CARE1", name)["result"]["n"].values(), given_.sizes, strict=True))


@pytest.mark.parametrize("name", reference_names("CARE1"))
@pytest.mark.parametrize("form", FORMS)
def test_bootstrap_errors_are_those_of_care1(name, form):
    """Two bootstraps of 1,000: a standard error has 1 / sqrt(2000) = 2.2 % of noise, heavy tails more."""
    if (name, form) == ("HAV", "HSC"):
        pytest.skip(
            "its bootstrap has no finite variance: 9,033 people there, another number with every seed"
        )
    wanted = reference("CARE1", name)["result"]["est"][form][0]
    got = sample_coverage(care1_input(name), form=FORMS[form], rng=np.random.default_rng(7))
    lower, upper = (wanted["est"] - got.lower, got.upper - wanted["est"])
    assert upper == pytest.approx(wanted["ciu"] - wanted["est"], rel=0.15)
    assert lower == pytest.approx(wanted["est"] - wanted["cil"], rel=0.15)


def test_the_high_coverage_form_of_three_lists_is_its_printed_formula():
    """Chao et al. 2001: pair overlaps and people on one or two of the pair but not on the third list."""
    z = dict(zip(map(tuple, history_patterns(3)), [63, 55, 18, 69, 17, 21, 28], strict=True))
    total = lambda *fixed: sum(n for w, n in z.items() if all(w[i] == v for i, v in fixed))  # noqa: E731
    n = [total((i, 1)) for i in range(3)]
    coverage = 1 - np.mean([z[tuple(int(i == j) for i in range(3))] / n[j] for j in range(3)])
    top = bottom = 0.0
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        both = total((i, 1), (j, 1))
        top += both / (3 * coverage)
        bottom += (total((i, 1), (k, 0)) + total((j, 1), (k, 0))) * both / (n[i] * n[j]) / (3 * coverage)
    table = pd.DataFrame(history_patterns(3), columns=list("abc")).assign(n=list(z.values()))
    got = coverage_table(histories(table, people="n")).set_index("form").loc["high coverage", "point"]
    assert got == pytest.approx(top / (1 - bottom), rel=1e-10)


def test_independent_lists_give_the_truth():
    chances = np.array([0.3, 0.4, 0.5])
    patterns = history_patterns(3)
    expected = 10_000_000 * np.prod(np.where(patterns, chances, 1 - chances), axis=1)
    table = pd.DataFrame(patterns, columns=list("abc")).assign(n=np.round(expected))
    given_ = histories(table, people="n")
    assert np.allclose(coverage_table(given_)["point"], 10_000_000, rtol=1e-5)
    assert np.abs(pair_dependence(given_, size=1e7)["dependence"]).max() < 1e-5


def test_low_coverage_is_flagged_in_the_high_coverage_form():
    with pytest.warns(UserWarning, match="the coverage is 51%, below 55%"):
        sample_coverage(_hav(), form="high coverage", replicates=200, rng=np.random.default_rng(1))


def _hav():
    frame = pd.DataFrame(history_patterns(3), columns=list("abc"))
    return histories(frame.assign(n=[63, 55, 18, 69, 17, 21, 28]), people="n")


def test_lists_without_overlap_or_without_people_are_refused():
    frame = pd.DataFrame(history_patterns(3), columns=list("abc"))
    rng = np.random.default_rng(1)
    apart = histories(frame.assign(n=[5, 6, 0, 7, 0, 0, 0]), people="n")
    with pytest.raises(NoEstimateError, match="people on two lists or more") as caught:
        sample_coverage(apart, form="independent", rng=rng)
    assert caught.value.lower == 18
    empty = histories(frame.assign(n=[0, 6, 0, 7, 0, 3, 0]), people="n")
    with pytest.raises(NoEstimateError, match="every list must hold somebody"):
        sample_coverage(empty, form="independent", rng=rng)
    with pytest.raises(ValueError, match="lists must be a whole number, at least 3"):
        coverage_table(histories(pd.DataFrame({"a": [1, 1], "b": [0, 1]})))


def test_a_list_that_holds_everybody_is_the_whole_population():
    frame = pd.DataFrame(history_patterns(3), columns=list("abc"))
    whole = histories(frame.assign(n=[0, 0, 0, 40, 0, 12, 5]), people="n")
    assert np.allclose(coverage_table(whole)["point"].iloc[0], 57)


def test_the_seed_decides():
    one, other = (
        sample_coverage(_hav(), form="low coverage", replicates=50, rng=np.random.default_rng(3))
        for _ in range(2)
    )
    assert one == other


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(1, 60), min_size=15, max_size=15), st.permutations(list("abcd")), st.integers(2, 9)
)
def test_order_and_scale_of_the_lists(counts, order, times):
    frame = pd.DataFrame(history_patterns(4), columns=list("abcd")).assign(n=counts)
    one = coverage_table(histories(frame, people="n"))["point"]
    other = coverage_table(histories(frame, lists=order, people="n"))["point"]
    more = coverage_table(histories(frame.assign(n=frame["n"] * times), people="n"))["point"]
    assert np.allclose(one, other, equal_nan=True) and np.allclose(one * times, more, equal_nan=True)
