"""One log-linear model of lists: closed forms, Rcapture 1.4-4, nested lists, missing cells, refusals."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.estimate import EstimateWarning
from pse.methods.closed_profile import closed_estimate
from pse.methods.histories import Histories, histories, history_patterns
from pse.methods.log_linear import log_linear_fit, log_linear_profile, log_linear_size
from pse.methods.log_linear_terms import term_design
from pse.methods.refusal import NoEstimateError
from tests.methods.lists_data import rcapture_input, two_lists
from tests.methods.reference import reference, reference_names

ONE_MODEL = [n for n in reference_names("Rcapture") if "_mX_" in n]
MX = {"12": "[12,3,4]", "34": "[34,1,2]", "all2": "[12,13,14,23,24,34]"}
THREE = [70, 80, 25, 90, 30, 20, 12]  # 001, 010, 011, 100, 101, 110, 111


def table(counts):
    """Histories of lists a, b, c, ... from the counts of 0..01 to 1..1."""
    k = (len(counts) + 1).bit_length() - 1
    return Histories(tuple("abcde"[:k]), history_patterns(k), np.array(counts, dtype=np.int64))


def expected(size, coefficients, lists):
    """Expected counts, unrounded, of a population with log-linear coefficients by sets of list numbers."""
    patterns = np.vstack([np.zeros((1, lists), dtype=int), history_patterns(lists)])
    terms = [sum(1 << j for j in places) for places in coefficients]
    mean = np.exp(term_design(patterns, terms) @ list(coefficients.values()))
    return size * mean / mean.sum()


@pytest.mark.parametrize("name", ONE_MODEL)
def test_one_model_is_that_of_rcapture(name):
    result = reference("Rcapture", name)["result"]
    data, kind = name.split("_mX_")
    lists = rcapture_input(f"{data}_closedp")
    fit = log_linear_fit(lists, interactions=MX[kind])
    row, size = result["results"][0], log_linear_size(lists, interactions=MX[kind], interval="profile")
    for got, want in (
        (fit.point, row["abundance"]), (fit.deviance, row["deviance"]), (fit.aic, row["AIC"]),
        (fit.bic, row["BIC"]), (size.point, result["CI"][0]["abundance"]),
        (size.lower, result["CI"][0]["infCL"]), (size.upper, result["CI"][0]["supCL"]),
    ):  # fmt: skip
        assert got == pytest.approx(want, rel=1e-6)
    assert fit.standard_error == pytest.approx(row["stderr"], rel=1e-5)
    assert fit.bias == pytest.approx(result["bias"][0], rel=1e-4)
    assert (fit.df, fit.unstable) == (row["df"], row["infoFit"] == 1)
    assert list(fit.coefficients.values()) == pytest.approx(list(result["coef"].values()), abs=1e-6)


@pytest.mark.parametrize("name", ONE_MODEL)
def test_the_profile_likelihood_is_that_of_rcapture_up_to_a_constant(name):
    result = reference("Rcapture", name)["result"]
    data, kind = name.split("_mX_")
    profile = log_linear_profile(rcapture_input(f"{data}_closedp"), interactions=MX[kind])
    sizes, values = result["profile"]["N"][::4], np.array(result["profile"]["loglik"][::4])
    ours = np.array([profile.value(size) for size in sizes])
    assert ours - ours.max() == pytest.approx(values - values.max(), abs=2e-5)


def test_closed_forms_of_three_lists():
    # Bishop, Fienberg, Holland 1975, Discrete Multivariate Analysis, chapter 6
    n001, n010, n011, n100, n101, n110, n111 = THREE
    wanted = {
        "[12,13,23]": n111 * n100 * n010 * n001 / (n110 * n101 * n011),
        "[12,13]": n010 * n001 / n011,
        "[12,3]": (n110 + n100 + n010) * n001 / (n111 + n101 + n011),
    }
    for model, unseen in wanted.items():
        assert log_linear_fit(table(THREE), interactions=model).point == pytest.approx(327 + unseen)


def test_the_model_without_interactions_is_that_of_closed_populations():
    got = log_linear_size(table(THREE), interactions=[], interval="profile")
    want = closed_estimate(table(THREE), model="Mt", interval="profile")
    assert (got.point, got.lower, got.upper) == pytest.approx((want.point, want.lower, want.upper))


@pytest.mark.parametrize("lists", [2, 3, 4, 5])
def test_expected_counts_give_back_the_size(lists):
    coefficients = {(): 0.0} | {(j,): -1.0 - 0.2 * j for j in range(lists)}
    if lists > 2:
        coefficients |= {(0, 1): 0.7, (1, 2): -0.4}
    counts = np.round(expected(1e7, coefficients, lists))[1:]
    fit = log_linear_fit(table(counts), interactions=[] if lists == 2 else [("a", "b"), ("b", "c")])
    assert fit.point == pytest.approx(1e7, rel=1e-4)
    assert fit.coefficients["a"] == pytest.approx(-1.0, abs=1e-3)


def test_a_nested_list_has_a_profile_interval_and_no_log_interval():
    nested = table([0, 30, 40])  # the second list lies in the first
    assert log_linear_fit(nested, interactions=[]).point == 70
    size = log_linear_size(nested, interactions=[], interval="profile")
    assert size.point == size.lower == 70 < size.upper < 80
    with pytest.raises(NoEstimateError, match=r"fall to 0 here\. Use the profile interval") as refusal:
        log_linear_size(nested, interactions=[], interval="log")
    assert refusal.value.lower == 70


def test_an_empty_cell_of_an_interaction_is_no_reason_to_refuse():
    # nobody on a and c together: a:c runs to minus infinity; without c, a and b are independent
    fit = log_linear_fit(table([70, 80, 25, 90, 0, 20, 0]), interactions=[("a", "c"), ("b", "c")])
    assert fit.coefficients["a:c"] == -math.inf and fit.fitted[[4, 6]].tolist() == [0, 0]
    assert fit.point == pytest.approx(285 + 90 * 80 / 20)
    assert fit.df == 1 and fit.aic == pytest.approx(-2 * fit.log_likelihood + 12)  # a:c counts


def test_no_overlap_is_refused_with_the_lower_limit_of_the_profile():
    apart = two_lists(200, 150, 0)
    with pytest.raises(NoEstimateError, match="must have people met together to bound the size") as refusal:
        log_linear_size(apart, interactions=[], interval="log")
    assert refusal.value.lower > 1000
    want = closed_refusal(apart)
    assert refusal.value.lower == pytest.approx(want)


def closed_refusal(lists):
    with pytest.raises(NoEstimateError) as refusal:
        closed_estimate(lists, model="Mt", interval="profile")
    return refusal.value.lower


def test_cells_that_say_nothing_are_refused():
    with pytest.raises(NoEstimateError, match="the empty ones leave the size open") as refusal:
        log_linear_size(table([5, 6, 0, 7, 0, 0, 0]), interactions="[12,13,23]", interval="profile")
    assert refusal.value.lower >= 18


def test_all_lists_in_one_interaction_are_refused():
    with pytest.raises(
        NoEstimateError, match="no more coefficients than its cells can tell apart"
    ) as refusal:
        log_linear_fit(table(THREE), interactions=[("a", "b", "c")])
    assert refusal.value.lower == 327


def test_nobody_is_refused():
    with pytest.raises(NoEstimateError, match="must hold somebody"):
        log_linear_fit(table([0, 0, 0]), interactions=[])


def test_a_large_bias_is_told():
    with pytest.warns(EstimateWarning, match="first-order bias of this size is .* % of it"):
        log_linear_size(table([20, 30, 2, 25, 3, 3, 1]), interactions="[12,13,23]", interval="log")


def test_a_profile_that_hardly_falls_is_refused_with_the_lower_bound():
    with (
        pytest.warns(EstimateWarning, match="first-order bias"),
        pytest.raises(NoEstimateError, match="does not fall far enough for an upper") as refusal,
    ):
        log_linear_size(two_lists(30, 40, 1), interactions=[], interval="profile", level=1 - 1e-9)
    assert 69 <= refusal.value.lower < 1200


def test_an_unobserved_pattern_is_filled_by_the_model():
    counts = np.round(expected(1e7, {(): 0.0, (0,): -1.0, (1,): -0.7, (2,): -1.2}, 3))
    hidden = counts[6]
    counts[6] = 0
    given = table(counts[1:])
    fit = log_linear_fit(given, interactions=[], unobserved=["110"])
    assert fit.point == pytest.approx(1e7, rel=1e-4) and fit.df == 2
    assert log_linear_fit(given, interactions=[], impossible=["110"]).point == pytest.approx(
        1e7 - hidden, rel=1e-4
    )
    size = log_linear_size(given, interactions=[], interval="log", unobserved=["110"])
    assert size.lower < size.point < size.upper
    with pytest.raises(ValueError, match="interval must be 'log' with unobserved patterns; got 'profile'"):
        log_linear_size(given, interactions=[], interval="profile", unobserved=["110"])


def test_the_error_of_unobserved_cells_is_that_of_simulated_sizes():
    rng, points, errors = np.random.default_rng(4), [], []
    chances = expected(1, {(): 0.0, (0,): -0.8, (1,): -0.5, (2,): -0.9}, 3)
    for _ in range(400):
        counts = rng.multinomial(2000, chances)
        counts[6] = 0
        fit = log_linear_fit(table(counts[1:]), interactions=[], unobserved=["110"])
        points.append(fit.point)
        errors.append(fit.standard_error)
    # the error of a standard deviation of 400 draws is 3.5 %
    assert np.std(points) == pytest.approx(np.mean(errors), rel=4 * 0.036)
    assert np.mean(points) == pytest.approx(2000, abs=4 * np.std(points) / 20 + 5)


def test_many_lists_with_many_empty_cells_are_fitted():
    met = np.random.default_rng(1).random((3000, 12)) < 0.08
    names = [f"list {j}" for j in range(12)]
    given = histories(pd.DataFrame(met[met.any(axis=1)].astype(int), columns=names))
    size = log_linear_size(given, interactions=[("list 0", "list 1", "list 2")], interval="log")
    assert size.lower < 3000 < size.upper
    assert size.method == "log-linear [1.2.3,4,5,6,7,8,9,10,11,12], log interval"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=7, max_size=7), st.permutations([0, 1, 2]))
def test_the_order_of_lists_does_not_matter(counts, order):
    given = table(counts)
    people = pd.DataFrame(given.patterns, columns=list("abc")).assign(n=given.counts)
    turned = histories(people, lists=["abc"[j] for j in order], people="n")
    first, second = (log_linear_fit(part, interactions=[("a", "c")]) for part in (given, turned))
    assert first.point == pytest.approx(second.point, rel=1e-8)
    assert first.standard_error == pytest.approx(second.standard_error, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=15, max_size=15))
def test_an_extended_fit_keeps_the_margins_of_its_terms(counts):
    given = table(counts)
    terms = [0, 1, 2, 4, 8, 3, 6]
    try:
        fit = log_linear_fit(given, interactions="[12,23,4]")
    except NoEstimateError:
        return
    margins = term_design(given.patterns, terms).T
    assert margins @ fit.fitted == pytest.approx(margins @ given.counts, abs=1e-6)
    assert (fit.fitted >= 0).all() and fit.point >= given.n


@pytest.mark.parametrize(
    ("interactions", "text"),
    [
        ("[12;3]", r"interactions must name lists 1 to 3 as in '\[12,3\]'; got '\[12;3\]'"),
        ("[14]", "interactions must name lists 1 to 3"),
        ("[11]", "interactions must name lists 1 to 3"),
        ([("a", "x")], "interactions must be sets of two or more of the lists a, b, c"),
        ([("a",)], "interactions must be sets of two or more"),
        (["ab"], "interactions must be sets of two or more"),
    ],
)
def test_wrong_interactions_are_named(interactions, text):
    with pytest.raises(ValueError, match=text):
        log_linear_fit(table(THREE), interactions=interactions)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({"impossible": ["11"]}, "impossible must hold patterns of 0 and 1, one digit for each of 3 lists"),
        (
            {"unobserved": ["000"]},
            "unobserved must hold patterns of 0 and 1, .* and a 1 somewhere; got '000'",
        ),
        ({"impossible": ["111"]}, "impossible must hold patterns without people; got '111', which has some"),
        ({"impossible": ["110"], "unobserved": ["110"]}, "must name each pattern once; got one twice"),
    ],
)
def test_wrong_patterns_are_named(where, text):
    with pytest.raises(ValueError, match=text):
        log_linear_fit(table([70, 80, 25, 90, 30, 0, 12]), interactions=[], **where)
