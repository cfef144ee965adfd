"""Models of a closed population beside Rcapture 1.4-4, closed forms, refusals and properties."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.methods.closed import closed_fit, closed_models, descriptive
from pse.methods.closed_cells import frequencies
from pse.methods.closed_corrected import closed_corrected, corrected_size
from pse.methods.closed_profile import closed_estimate, closed_profile
from pse.methods.histories import histories, history_counts, history_patterns
from pse.methods.refusal import NoEstimateError
from pse.methods.two_list_intervals import transformed_logit
from tests.methods.lists_data import close, model_name, rcapture_input, two_lists
from tests.methods.reference import reference, reference_names

TABLES = [n for n in reference_names("Rcapture") if n.endswith(("_closedp", "_closedp0", "_closedp_neg"))]
INTERVALS = [n for n in reference_names("Rcapture") if "_CI" in n]
CORRECTED = [n for n in reference_names("Rcapture") if "_bc_" in n]
DESCRIBED = [n for n in reference_names("Rcapture") if n.endswith("_descriptive")]
BIAS_KEYS = {
    "M0": "M0", "Mt": "Mt", "Mh Chao": "MhC", "Mh Poisson": "MhP", "Mh Darroch": "MhD", "Mh Gamma": "MhG",
    "Mth Chao": "MthC", "Mth Poisson": "MthP", "Mth Darroch": "MthD", "Mth Gamma": "MthG",
}  # fmt: skip


def _given(name):
    given = rcapture_input(name)
    if name.endswith("closedp0") and hasattr(given, "patterns"):
        return frequencies(history_counts(given), occasions=len(given.lists))
    return given


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_models_are_those_of_rcapture(name):
    result, given = reference("Rcapture", name)["result"], _given(name)
    for row in result["results"]:
        model = model_name(row["row"])
        if row["abundance"] < 0:  # Mbh of duck, -103 people: refused here
            continue
        fit = closed_fit(given, model=model, ordered=True, nonnegative=not name.endswith("neg"))
        assert close(fit.point, row["abundance"], 1e-6), model
        assert close(fit.deviance, row["deviance"], 1e-6) and fit.df == row["df"], model
        assert close(fit.aic, row["AIC"], 1e-6) and close(fit.bic, row["BIC"], 1e-6), model
        if model != "Mbh":  # its standard error is another, see the removal test
            assert close(fit.standard_error, row["stderr"], 1e-4), model
        if model in BIAS_KEYS:
            assert close(fit.bias, result["bias"][BIAS_KEYS[model]], 1e-3), model
            assert fit.unstable == (row["infoFit"] == 1)
            key = BIAS_KEYS[model]
            assert close(fit.log_likelihood, result["loglik"][key], 1e-6)
            _same_coefficients(fit, result["coef"][key])


def _same_coefficients(fit, coefficients):
    for name, value in coefficients.items():
        if name.startswith("eta") and value < -10:  # runs to minus infinity: an empty frequency
            continue
        assert abs(fit.coefficients[name.lower()] - value) < 1e-4 * max(1, abs(value)), name


@pytest.mark.parametrize("name", TABLES)
def test_dropped_steps_of_the_lower_bound_are_those_of_rcapture(name):
    result, given = reference("Rcapture", name)["result"], _given(name)
    for key, model in (("MhC", "Mh Chao"), ("MthC", "Mth Chao")):
        wanted = result["neg_eta"].get(key)
        if wanted is not None and not name.endswith("neg"):
            wanted = [wanted] if isinstance(wanted, str) else wanted
            assert list(closed_fit(given, model=model).dropped) == wanted


@pytest.mark.parametrize("name", INTERVALS)
def test_profile_intervals_are_those_of_rcapture(name):
    result, given = reference("Rcapture", name)["result"], rcapture_input(name)
    row = result["CI"][0]
    level = 0.99 if name.endswith("_99") else 0.95
    if name.startswith("two_no_overlap"):
        with pytest.raises(NoEstimateError, match="people met more than once") as caught:
            closed_estimate(given, model="Mt", interval="profile")
        assert caught.value.lower == pytest.approx(row["infCL"], rel=1e-3)
        return
    got = closed_estimate(given, model=model_name(row["row"]), interval="profile", level=level)
    # Rcapture takes log N! by a short Stirling series above 100: up to 2e-4 on small populations
    tolerance = 2e-4 if got.point < 500 else 2e-6
    assert got.point == pytest.approx(row["abundance"], rel=tolerance)
    assert got.lower == pytest.approx(row["infCL"], rel=tolerance)
    if isinstance(row["supCL"], str):  # it stops at three times the size; ours goes on
        assert got.upper > float(row["supCL"].strip(">")) * (1 - tolerance)
    else:
        assert got.upper == pytest.approx(row["supCL"], rel=tolerance)


def test_the_stirling_series_of_rcapture_explains_the_difference_at_large_unseen():
    result = reference("Rcapture", "hare_CI_Mh_Gamma")["result"]
    profile = closed_profile(rcapture_input("hare_CI_Mh_Gamma"), model="Mh Gamma")
    sizes, theirs = (np.array(result["profile"][key]) for key in ("N", "loglik"))
    ours = np.array([profile.value(size) for size in sizes])
    left_out = 1 / (12 * np.maximum(sizes - 68, 1)) - 1 / (12 * sizes)  # the next term of the series
    series = np.where(sizes > 100, left_out, 0)
    shift = (ours + series - theirs) - (ours + series - theirs)[0]
    assert np.abs(shift).max() < 2e-6


@pytest.mark.parametrize("name", CORRECTED)
def test_bias_corrected_sizes_are_those_of_rcapture(name):
    row = reference("Rcapture", name)["result"][0]
    point, error, _ = corrected_size(rcapture_input(name), model=model_name(row["row"]))
    assert close(point, row["abundance"], 1e-6)
    assert close(error, row["stderr"], 1e-5)


@pytest.mark.parametrize("name", DESCRIBED)
def test_descriptive_counts_are_those_of_rcapture(name):
    base = pd.DataFrame(reference("Rcapture", name)["result"]["base"])
    assert (
        descriptive(rcapture_input(name)).to_numpy().tolist()
        == base[["fi", "ui", "vi", "ni"]].values.tolist()
    )


@pytest.mark.parametrize("name", ["hare_Mtb", "mvole_p3_Mtb"])
def test_mtb_fits_no_worse_than_rcapture(name):
    result, given = reference("Rcapture", name)["result"], rcapture_input(name)
    row = result["results"][0]
    fit = closed_fit(given, model="Mtb", ordered=True)
    assert fit.df == row["df"] and fit.deviance <= row["deviance"] + 1e-6
    if name.startswith("hare"):  # the likelihood of mvole is flat: 152 with an error of 760
        assert close(fit.point, row["abundance"], 1e-4) and close(fit.standard_error, row["stderr"], 1e-2)
        par = [fit.point, *fit.coefficients.values()]
        assert np.allclose(par, result["parMtb"]["V1"], rtol=1e-4)


@pytest.mark.parametrize("name", ["HIV_Mtb", "duck_Mtb"])
def test_mtb_whose_size_runs_away_is_refused(name):
    """Rcapture stops at these data for another reason, counts above 170."""
    assert "cannot be fitted" in reference("Rcapture", name)["error"]
    with pytest.raises(NoEstimateError, match="the likelihood rises for ever"):
        closed_fit(rcapture_input(name), model="Mtb", ordered=True)


def test_expected_first_meetings_are_those_of_rcapture():
    wanted = pd.DataFrame(reference("Rcapture", "hare_uifit")["result"]["predicted"])[:6]
    given = rcapture_input("hare_uifit")
    first = given.patterns.argmax(axis=1)
    for column in wanted.columns.drop(["row", "observed"]):
        fit = closed_fit(given, model=model_name(column), ordered=True)
        got = np.bincount(first, weights=fit.fitted)
        assert np.allclose(got, wanted[column].astype(float), rtol=1e-6), column


@pytest.mark.parametrize("name", ["hare", "HIV", "lesbian", "mvole_p3"])
def test_removal_errors_are_zippins(name):
    """Zippin 1956 (Biometrics 12:163): N q^T (1 - q^T) / ((1 - q^T)^2 - (p T)^2 q^(T-1)), and nothing for the
    first occasion of Mbh, whose count is known. Rcapture prints a larger error for Mbh."""
    given = rcapture_input(f"{name}_closedp")
    for model, held in (("Mb", 0), ("Mbh", 1)):
        fit = closed_fit(given, model=model, ordered=True)
        first = np.bincount(given.patterns.argmax(axis=1), weights=given.counts)
        left, t = fit.point - first[:held].sum(), len(first) - held
        q = (1 - (given.n - first[:held].sum()) / left) ** (1 / t)
        zippin = left * q**t * (1 - q**t) / ((1 - q**t) ** 2 - ((1 - q) * t) ** 2 * q ** (t - 1))
        assert fit.standard_error**2 == pytest.approx(zippin, rel=1e-4)


def test_the_bias_of_two_removals_is_half_the_trace_of_the_curvature():
    """N = u1^2 / (u1 - u2): bias = (u1 N_11 + u2 N_22) / 2 for Poisson counts."""
    u1, u2 = 60.0, 30.0
    bend = 2 * u2**2 / (u1 - u2) ** 3, 2 * u1**2 / (u1 - u2) ** 3
    fit = closed_fit(two_lists(60, 40, 10), model="Mb", ordered=True)
    assert fit.bias == pytest.approx((u1 * bend[0] + u2 * bend[1]) / 2, rel=1e-3)


def test_two_lists_under_mt_are_lincoln_petersen_and_chapman():
    given = two_lists(400, 350, 52)
    assert closed_fit(given, model="Mt").point == pytest.approx(400 * 350 / 52, rel=1e-9)
    assert corrected_size(given, model="Mt")[0] == pytest.approx(401 * 351 / 53 - 1, rel=1e-12)


def test_darroch_1958_size_solves_its_equation():
    given = rcapture_input("hare_closedp")
    size = closed_fit(given, model="Mt").point
    assert 1 - given.n / size == pytest.approx(np.prod(1 - given.sizes / size), rel=1e-8)


def test_chao_lower_bound_is_its_closed_form():
    met = [1645, 183, 37, 13, 1, 1]
    fit = closed_fit(frequencies(met, occasions=math.inf), model="Mh Chao")
    assert fit.point == pytest.approx(sum(met) + 1645**2 / (2 * 183), rel=1e-8)


def test_everybody_on_every_list_is_the_whole_population():
    got = closed_estimate(two_lists(50, 50, 50), model="Mt", interval="log")
    assert (got.lower, got.point, got.upper) == (50, 50, 50)


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        ("Mt", two_lists(60, 45, 0), "people met more than once"),
        ("Mh Darroch", two_lists(60, 45, 9), "at least as many cells as coefficients"),
        ("M0", frequencies([40], occasions=5), "people met more than once"),
        ("Mh Chao", frequencies([40, 0], occasions=5), "people met more than once"),
        ("M0", frequencies([40], occasions=math.inf), "people met more than once"),
        ("Mh Chao", frequencies([0, 0, 7], occasions=math.inf), "the empty ones leave the size open"),
        ("Mb", two_lists(10, 60, 5), "new people become fewer"),
    ],
)
def test_a_size_that_does_not_exist_is_refused_with_a_limit(model, given, words):
    with pytest.raises(NoEstimateError, match=words) as caught:
        closed_fit(given, model=model, ordered=True)
    assert caught.value.lower == given.n


def test_behaviour_needs_ordered_occasions_and_patterns():
    with pytest.raises(ValueError, match="unless the occasions are ordered in time"):
        closed_fit(two_lists(60, 45, 9), model="Mb")
    with pytest.raises(ValueError, match="when only frequencies are given"):
        closed_fit(frequencies([5, 2], occasions=2), model="Mt")
    with pytest.raises(ValueError, match="interval must be log or wald for Mb"):
        closed_estimate(two_lists(60, 45, 9), model="Mb", interval="profile", ordered=True)


def test_the_table_keeps_the_rows_of_models_that_cannot_be_fitted():
    table = closed_models(two_lists(400, 350, 52), ordered=True)
    assert set(table.loc[table["point"].isna(), "model"]) >= {"Mh Darroch", "Mth Gamma"}
    assert (table.loc[table["point"].isna(), "note"] != "").all()
    done = table.dropna(subset=["point"])
    assert (done["lower"] <= done["point"]).all() and (done["point"] <= done["upper"]).all()


def test_a_curve_that_ran_to_its_limit_has_no_interval_of_width_zero():
    given_ = frequencies([100, 1], occasions=12)
    row = closed_models(given_).set_index("model").loc["Mh Poisson"]
    assert row["point"] == 101 and math.isnan(row["upper"]) and "ran to its limit" in row["note"]
    with pytest.raises(NoEstimateError, match="must have a standard error for this interval"):
        closed_estimate(given_, model="Mh Poisson", interval="log")
    assert closed_estimate(given_, model="Mh Poisson", interval="profile").upper > 101


def test_a_table_without_overlap_has_no_number_but_the_people_met():
    table = closed_models(two_lists(60, 45, 0))
    assert table["point"].isna().all() and (table["lower"] == 105).all()


def test_corrected_sizes_without_overlap_are_flagged():
    with pytest.warns(Warning, match="nobody was met twice"):
        closed_corrected(two_lists(60, 45, 0), model="Mt")


@pytest.mark.parametrize(
    ("counts", "occasions", "words"),
    [
        ([1, 2, 3], 2, "occasions must be a whole number, at least 3"),
        ([0, 0], 5, "counts must hold somebody"),
        ([1.5], 5, "people must be a whole number"),
    ],
)
def test_frequencies_say_what_is_wrong(counts, occasions, words):
    with pytest.raises(ValueError, match=words):
        frequencies(counts, occasions=occasions)


tables = st.lists(st.integers(1, 40), min_size=7, max_size=7)


@settings(max_examples=15, deadline=None)
@given(tables, st.permutations([0, 1, 2]))
def test_the_order_of_the_lists_changes_nothing(counts, order):
    frame = pd.DataFrame(history_patterns(3), columns=list("abc")).assign(n=counts)
    one = histories(frame, people="n")
    other = histories(frame, lists=[list("abc")[j] for j in order], people="n")
    for model in ("M0", "Mt", "Mh Chao", "Mth Darroch"):
        try:
            want = closed_fit(one, model=model)
        except NoEstimateError:
            continue
        got = closed_fit(other, model=model)
        assert got.point == pytest.approx(want.point, rel=1e-6)
        assert got.standard_error == pytest.approx(want.standard_error, rel=1e-5)


@settings(max_examples=15, deadline=None)
@given(tables, st.integers(2, 50))
def test_counts_times_ten_give_sizes_times_ten(counts, times):
    frame = pd.DataFrame(history_patterns(3), columns=list("abc")).assign(n=counts)
    many = frame.assign(n=frame["n"] * times)
    for model in ("M0", "Mt"):
        small = closed_fit(histories(frame, people="n"), model=model).point
        assert closed_fit(histories(many, people="n"), model=model).point == pytest.approx(
            times * small, rel=1e-7
        )


@settings(max_examples=15, deadline=None)
@given(tables)
def test_bounds_are_ordered_and_never_below_the_people_met(counts):
    frame = pd.DataFrame(history_patterns(3), columns=list("abc")).assign(n=counts)
    given_ = histories(frame, people="n")
    for interval in ("profile", "log", "wald"):
        got = closed_estimate(given_, model="Mt", interval=interval)
        assert given_.n - 1e-9 <= got.lower <= got.point <= got.upper
    wide = closed_estimate(given_, model="Mt", interval="profile", level=0.99)
    narrow = closed_estimate(given_, model="Mt", interval="profile", level=0.8)
    assert wide.lower <= narrow.lower and narrow.upper <= wide.upper


def test_the_transformed_logit_interval_needs_people_on_one_list_only():
    with pytest.raises(NoEstimateError, match="people on one list only"):
        transformed_logit(first=50, second=50, both=50, level=0.95)
