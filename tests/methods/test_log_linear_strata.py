"""Log-linear models in strata: separate and shared coefficients, sums, errors, refusals."""

import math

import numpy as np
import pandas as pd
import pytest

from pse.estimate import EstimateWarning
from pse.methods.histories import Histories
from pse.methods.log_linear import log_linear_fit
from pse.methods.log_linear_strata import strata_fit, strata_size, strata_table, stratify
from pse.methods.partial_lists import partial_lists
from pse.methods.refusal import NoEstimateError
from tests.methods.lists_data import two_lists
from tests.methods.test_log_linear import THREE, expected, table

OTHER = [40, 30, 15, 55, 12, 22, 6]


def test_strata_with_nothing_in_common_are_separate_fits():
    strata = {"north": table(THREE), "south": table(OTHER)}
    fit = strata_fit(strata, interactions={"north": "[12,3]", "south": []}, common="nothing")
    parts = [
        log_linear_fit(table(THREE), interactions="[12,3]"),
        log_linear_fit(table(OTHER), interactions=[]),
    ]
    assert fit.people + fit.unseen == pytest.approx([part.point for part in parts])
    assert np.diag(fit.covariance) == pytest.approx([part.standard_error**2 for part in parts])
    assert fit.covariance[0, 1] == pytest.approx(0, abs=1e-6)
    assert fit.aic == pytest.approx(sum(part.aic for part in parts))
    assert fit.df == sum(part.df for part in parts)
    assert fit.method == "log-linear [12,3] and [1,2,3] in 2 strata with nothing in common"


def test_shared_lists_and_interactions_are_the_model_of_partial_lists():
    # with the same lists everywhere, an intercept of each area and common lists: `partial_lists`
    strata = {"north": two_lists(400, 350, 52), "south": two_lists(90, 80, 9)}
    fit = strata_fit(strata, interactions=[], common="lists and interactions")
    got, want = strata_size(fit), partial_lists(strata)
    assert (got.point, got.lower, got.upper) == pytest.approx((want.point, want.lower, want.upper))


@pytest.mark.parametrize("common", ["nothing", "interactions"])
def test_expected_counts_of_strata_give_back_their_sizes(common):
    shared = {(0, 1): 0.8}
    counts = [
        np.round(expected(size, {(): 0.0, (0,): a, (1,): -1.0, (2,): -0.5} | shared, 3))[1:]
        for size, a in ((1e7, -1.5), (3e7, -0.4))
    ]
    strata = {str(j): table(part) for j, part in enumerate(counts)}
    fit = strata_fit(strata, interactions="[12,3]", common=common)
    assert fit.people + fit.unseen == pytest.approx([1e7, 3e7], rel=1e-4)
    assert (fit.parameters, fit.df) == ((10, 4) if common == "nothing" else (9, 5))


def test_sharing_a_true_interaction_narrows_the_interval():
    counts = [
        np.round(expected(2000, {(): 0.0, (0,): a, (1,): -1.0, (2,): -0.5, (0, 1): 0.8}, 3))[1:]
        for a in (-1.5, -0.4)
    ]
    strata = {str(j): table(part) for j, part in enumerate(counts)}
    own, shared = (
        strata_size(strata_fit(strata, interactions="[12,3]", common=c)) for c in ("nothing", "interactions")
    )
    assert shared.upper - shared.lower < own.upper - own.lower


def test_the_table_adds_up_to_the_size():
    fit = strata_fit({"a": table(THREE), "b": table(OTHER)}, interactions="[12,3]", common="interactions")
    rows, total = strata_table(fit, level=0.9), strata_size(fit, level=0.9)
    assert rows["point"].sum() == pytest.approx(total.point)
    assert (rows["lower"] < rows["point"]).all() and (rows["point"] < rows["upper"]).all()
    assert (rows["level"] == 0.9).all() and total.level == 0.9


def test_a_stratum_whose_list_is_nested_has_no_upper_bound_of_its_own():
    fit = strata_fit(
        {"a": two_lists(40, 30, 30), "b": two_lists(90, 80, 9)}, interactions=[], common="nothing"
    )
    rows = strata_table(fit)
    assert rows.loc[0, "point"] == rows.loc[0, "lower"] == 40 and math.isnan(rows.loc[0, "upper"])
    with pytest.warns(EstimateWarning, match="fall to 0"):
        assert strata_size(fit).point == pytest.approx(40 + rows.loc[1, "point"])
    alone = strata_fit({"a": two_lists(40, 30, 30)}, interactions=[], common="nothing")
    with pytest.raises(NoEstimateError, match="fall to 0 in every stratum") as refusal:
        strata_size(alone)
    assert refusal.value.lower == 40


def test_a_stratum_without_overlap_is_named_by_number_and_can_share():
    strata = {"a": two_lists(90, 80, 9), "secret name": two_lists(40, 30, 0)}
    with pytest.raises(NoEstimateError, match=r"^In stratum 2: .* share coefficients") as refusal:
        strata_fit(strata, interactions=[], common="nothing")
    assert "secret" not in str(refusal.value) and refusal.value.lower == 161 + 70
    fit = strata_fit(strata, interactions=[], common="lists and interactions")
    assert np.isfinite(fit.unseen).all()


def test_missing_cells_hold_in_each_stratum():
    lists = table([70, 80, 25, 90, 30, 0, 12])
    one = log_linear_fit(lists, interactions=[], unobserved=["110"])
    two = strata_fit({"a": lists, "b": lists}, interactions=[], common="nothing", unobserved=["110"])
    assert two.people + two.unseen == pytest.approx([one.point] * 2)
    assert np.diag(two.covariance) == pytest.approx([one.standard_error**2] * 2)


def test_strata_come_from_covariates():
    people = pd.DataFrame(
        {
            "sex": ["f", "f", "m", "m"],
            "age": [1, 2, 1, 1],
            "a": [1, 0, 1, 1],
            "b": [0, 1, 1, 1],
            "n": [3, 4, 5, 6],
        }
    )
    strata = stratify(people, by=["sex", "age"], lists=["a", "b"], people="n")
    assert {name: part.counts.tolist() for name, part in strata.items()} == {
        "f, 1": [0, 3, 0], "f, 2": [4, 0, 0], "m, 1": [0, 0, 11],
    }  # fmt: skip
    with pytest.raises(ValueError, match="sex must not be blank; got a blank in row 2"):
        stratify(people.assign(sex=["f", None, "m", "m"]), by=["sex"], lists=["a", "b"], people="n")
    with pytest.raises(ValueError, match="covariates must be a whole number, at least 1"):
        stratify(people, by=[], lists=["a", "b"], people="n")


def test_a_stratum_without_people_is_named_by_its_number():
    strata = {
        "a": two_lists(90, 80, 30),
        "b": Histories(("a", "b"), two_lists(1, 1, 1).patterns, np.zeros(3, int)),
    }
    with pytest.raises(NoEstimateError, match=r"got nobody in stratum 2\. Leave it out") as refusal:
        strata_fit(strata, interactions=[], common="nothing")
    assert refusal.value.lower == 140


def test_a_stratum_that_is_all_on_the_lists_has_no_error_and_the_total_says_so():
    strata = {"a": two_lists(90, 80, 30), "b": two_lists(50, 50, 50)}
    fit = strata_fit(strata, interactions=[], common="nothing")
    with pytest.warns(EstimateWarning, match=r"In 1 of 2 strata the people on no list fall to 0"):
        total = strata_size(fit)
    alone = strata_size(strata_fit({"a": strata["a"]}, interactions=[], common="nothing"))
    assert (total.lower, total.point, total.upper) == pytest.approx(
        (alone.lower + 50, alone.point + 50, alone.upper + 50), rel=1e-6
    )


def test_strata_that_do_not_fit_together_are_refused():
    other = Histories(("x", "y"), two_lists(9, 8, 3).patterns, two_lists(9, 8, 3).counts)
    with pytest.raises(ValueError, match="strata must all have the same lists"):
        strata_fit({"a": two_lists(9, 8, 3), "b": other}, interactions=[], common="nothing")
    with pytest.raises(ValueError, match="strata must all have the same lists"):
        strata_fit({}, interactions=[], common="nothing")
    with pytest.raises(ValueError, match="got a mapping that does not fit"):
        strata_fit({"a": table(THREE)}, interactions={"b": []}, common="nothing")
    with pytest.raises(ValueError, match="common must be one of 'nothing', 'interactions'"):
        strata_fit({"a": table(THREE)}, interactions=[], common="all")
    with pytest.raises(NoEstimateError, match="no more coefficients than its cells can tell apart"):
        strata_fit({"a": table(THREE)}, interactions=[("a", "b", "c")], common="nothing")
