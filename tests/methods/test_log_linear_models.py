"""All hierarchical models of lists: Rcapture's closedpMS row by row, selection, averages, refusals."""

import math
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.estimate import EstimateWarning
from pse.methods.histories import histories
from pse.methods.log_linear import log_linear_fit
from pse.methods.log_linear_models import average_models, best_model, log_linear_models, model_weights
from pse.methods.log_linear_terms import hierarchical_models, largest_terms, model_name, model_terms
from pse.methods.refusal import NoEstimateError
from tests.methods.lists_data import rcapture_input
from tests.methods.reference import reference, reference_names
from tests.methods.test_log_linear import THREE, table

SELECTIONS = [n for n in reference_names("Rcapture") if "_closedpMS" in n]


@cache
def beside_rcapture(name):
    """Our table and that of Rcapture (columns `r_...`), row by row."""
    result, lists = reference("Rcapture", name)["result"], rcapture_input(name)
    order = 1 if name.endswith("order2") else len(lists.lists) - 1  # "maxorder 1 used", says the note
    theirs = pd.DataFrame(result["results"]).set_index("row").assign(bias=pd.Series(result["bias"]))
    ours = log_linear_models(lists, most_order=order).set_index("model")
    assert set(ours.index) == set(theirs.index) and len(ours) == len(theirs) == result["n_models"]
    return ours.join(theirs.add_prefix("r_"))


@pytest.mark.parametrize("name", SELECTIONS)
def test_the_fit_of_every_model_is_that_of_rcapture(name):
    both = beside_rcapture(name)
    assert (both["df"] == both["r_df"]).all()
    for ours, theirs in (("aic", "r_AIC"), ("bic", "r_BIC"), ("deviance", "r_deviance")):
        assert np.allclose(both[ours], both[theirs], rtol=1e-7, atol=1e-7), ours


@pytest.mark.parametrize("name", SELECTIONS)
def test_every_size_that_exists_is_that_of_rcapture(name):
    both = beside_rcapture(name)
    exists = both["standard_error"].notna()
    assert exists.mean() > 0.9 and (both["refused"] == "").eq(both["point"].notna()).all()
    known = both[exists]
    assert np.allclose(known["point"], known["r_abundance"], rtol=1e-6)
    assert np.allclose(known["standard_error"], known["r_stderr"], rtol=1e-4)
    off = (known["bias"] / known["r_bias"] - 1).abs() > 1e-3
    assert off.sum() <= 5 and known.loc[off, "biased"].all()  # R adds leverage of cells that fall to 0
    # infoFit holds the digit 1 where the bias is large; 3 is about fitted counts of 0
    clear = (known["bias"] / known["point"] - 0.1).abs() > 1e-6
    flagged = known["r_infoFit"].astype(str).str.contains("1")
    assert (known["biased"] == flagged)[clear].all()


@pytest.mark.parametrize("name", SELECTIONS)
def test_sizes_without_bound_are_refused_where_rcapture_prints_them(name):
    both = beside_rcapture(name)
    refused = both[both["refused"] != ""]
    relative = refused["r_stderr"] / refused["r_abundance"]
    assert ((relative > 1000) | (relative < 1e-3)).all()  # anywhere along the open direction
    nobody_left = both[both["standard_error"].isna() & (both["refused"] == "")]
    assert np.allclose(nobody_left["r_abundance"], nobody_left["people"], rtol=1e-6)
    assert (nobody_left["point"] == nobody_left["people"]).all()
    assert len(refused) + len(nobody_left) <= 0.1 * len(both)


def test_numbers_of_hierarchical_models():
    # 2, 9, 114, 6,894 hierarchical models hold each of 2 to 5 lists (OEIS A006126); one of each is saturated
    assert [len(hierarchical_models(k, most_order=k - 1)) for k in (2, 3, 4, 5)] == [1, 8, 113, 6893]
    assert len(hierarchical_models(6, most_order=2)) == 2**15
    models = hierarchical_models(4, most_order=3)
    assert len(set(models)) == 113
    for terms in models:  # hierarchical: all parts of a term are there
        assert all(part in terms for term in terms for part in range(term) if part & term == part)
        assert set(model_terms("abcd", model_name(terms, 4))) == set(terms)


def test_the_largest_terms_are_those_in_no_other():
    for terms in hierarchical_models(4, most_order=3):
        inside = {t for t in terms for other in terms if t != other and t & other == t}
        assert set(largest_terms(terms)) == set(terms) - inside


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2, 9, 40, 20_000]), min_size=15, max_size=15).filter(any), st.data())
def test_the_table_is_that_of_the_models_one_by_one(counts, data):
    lists = table(counts)
    models = log_linear_models(lists, most_order=3)
    for at in data.draw(st.lists(st.integers(0, 112), min_size=8, max_size=8)):
        row = models.loc[at]
        try:
            fit = log_linear_fit(lists, interactions=row["model"])
        except NoEstimateError as refusal:
            assert row["refused"] == str(refusal) and math.isnan(row["point"])
            continue
        for name in ("point", "deviance", "pearson", "aic", "bic", "fit_p"):
            assert row[name] == pytest.approx(getattr(fit, name), rel=1e-6, abs=1e-6, nan_ok=True), name
        assert row["standard_error"] == pytest.approx(fit.standard_error, rel=1e-3, nan_ok=True)
        assert row["bias"] == pytest.approx(fit.bias, rel=1e-3, abs=1e-3)
        assert (row["parameters"], row["df"]) == (len(fit.coefficients), fit.df)


def test_missing_cells_are_those_of_one_model():
    lists = table([70, 80, 25, 90, 30, 0, 12])
    for where in ({"unobserved": ["110"]}, {"impossible": ["110"]}):
        models = log_linear_models(lists, most_order=2, **where)
        for row in models.itertuples():
            try:
                fit = log_linear_fit(lists, interactions=row.model, **where)
            except NoEstimateError as refusal:
                assert row.refused == str(refusal)
                continue
            assert row.point == pytest.approx(fit.point) and row.bic == pytest.approx(fit.bic)
            assert row.standard_error == pytest.approx(fit.standard_error, rel=1e-6)
        # without 110 the cells of [13,23] cannot tell the intercept from the chance to be on c
        assert set(models.loc[models["refused"] != "", "model"]) == {"[13,23]", "[12,13,23]"}


def test_a_term_that_only_missing_cells_hold_is_refused():
    lists = table([70, 80, 25, 90, 30, 0, 0])
    models = log_linear_models(lists, most_order=2, impossible=["110", "111"]).set_index("model")
    assert models.loc["[12,3]", "refused"].startswith(
        "a log-linear model must have no more coefficients than"
    )
    assert math.isnan(models.loc["[12,3]", "aic"]) and models.loc["[13,2]", "refused"] == ""


@pytest.fixture(scope="module")
def models():
    return log_linear_models(table(THREE), most_order=2)


def test_weights_and_average_are_those_of_buckland_burnham_and_augustin(models):
    weight = np.exp(-(models["bic"] - models["bic"].min()) / 2)
    weight = weight / weight.sum()
    got = average_models(models, criterion="bic", biased="keep")
    point = (weight * models["point"]).sum()
    error = (weight * np.sqrt(models["standard_error"] ** 2 + (models["point"] - point) ** 2)).sum()
    assert model_weights(models, criterion="bic", biased="keep").to_numpy() == pytest.approx(weight)
    assert got.point == pytest.approx(point)
    unseen = point - 327
    factor = math.exp(1.959963985 * math.sqrt(math.log1p((error / unseen) ** 2)))  # Burnham et al. 1987
    assert (got.lower, got.upper) == pytest.approx((327 + unseen / factor, 327 + unseen * factor))
    assert got.method == "average of 8 log-linear models by BIC, log interval"


def test_the_best_model_is_that_of_the_smallest_criterion(models):
    for criterion in ("aic", "bic"):
        row = best_model(models, criterion=criterion, biased="keep")
        assert row[criterion] == models[criterion].min()


def test_an_average_of_one_model_is_its_log_interval(models):
    row = models.iloc[[3]]
    got = average_models(row, criterion="aic", biased="keep")
    assert (got.point, got.lower, got.upper) == pytest.approx(tuple(row[["point", "lower", "upper"]].iloc[0]))


def test_models_without_a_size_are_left_out_and_told():
    sparse = log_linear_models(table([9, 8, 0, 7, 0, 3, 0]), most_order=2)
    assert (sparse["refused"] != "").any()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EstimateWarning)
        weight = model_weights(sparse, criterion="aic", biased="keep")
    assert (weight[sparse["refused"] != ""] == 0).all() and weight.sum() == pytest.approx(1)
    heavy = sparse.assign(aic=np.where(sparse["refused"] != "", 0.0, 50.0))
    with pytest.warns(EstimateWarning, match=r"models left out would hold 100 % of the weight by aic"):
        average_models(heavy, criterion="aic", biased="keep")


def test_biased_models_are_kept_or_left_out_as_asked():
    few = log_linear_models(table([20, 30, 2, 25, 3, 3, 1]), most_order=2)
    assert few["biased"].any() and not few["biased"].all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EstimateWarning)
        without = model_weights(few, criterion="aic", biased="leave out")
        kept = model_weights(few, criterion="aic", biased="keep")
    assert (without[few["biased"]] == 0).all() and (kept > 0).all()


def test_no_usable_model_is_refused_with_the_people_met():
    apart = log_linear_models(table([20, 30, 0, 25, 0, 0, 0]), most_order=2)
    with pytest.raises(NoEstimateError, match="models must hold one with a standard error") as refusal:
        average_models(apart, criterion="aic", biased="keep")
    assert refusal.value.lower == 75


def test_choices_have_no_default_and_must_be_known(models):
    with pytest.raises(TypeError, match="criterion"):
        best_model(models, biased="keep")
    with pytest.raises(ValueError, match="criterion must be one of 'aic', 'bic'; got 'AIC'"):
        best_model(models, criterion="AIC", biased="keep")
    with pytest.raises(ValueError, match="biased must be one of 'keep', 'leave out'; got 'drop'"):
        model_weights(models, criterion="aic", biased="drop")


def test_too_many_models_are_refused():
    seven = histories(pd.DataFrame(np.eye(7, dtype=int), columns=list("abcdefg")))
    with pytest.raises(ValueError, match="most_order must leave at most 50,000 models of 7 lists; got 2"):
        log_linear_models(seven, most_order=2)
    with pytest.raises(
        ValueError, match="most_order must be a whole number, at least 1 and at most 2; got 3"
    ):
        log_linear_models(table(THREE), most_order=3)
