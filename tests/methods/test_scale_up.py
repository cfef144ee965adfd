"""Network scale-up: degrees, basic and generalised sizes, bootstrap, checks; against two R packages."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.estimate import EstimateWarning
from pse.methods.refusal import NoEstimateError
from pse.methods.scale_up import average_degree, known_population_degrees, scale_up_measure, scale_up_size
from pse.methods.scale_up_bootstrap import bootstrap_scale_up_size, scale_up_replicates
from pse.methods.scale_up_checks import leave_one_out_known_groups
from pse.methods.scale_up_general import degree_ratio, generalised_scale_up_size, visible_scale_up_size
from pse.methods.surveys import Measure, survey_design
from tests.methods.reference import reference
from tests.methods.scale_up_data import REPORTING_TOTAL, laga, maltiel, random_degree_data, reporting

GROUPS = ["idu", "msm", "sex.workers", "clients"]
Y, D = [1, 0, 2, 1], [100, 150, 200, 150]
DESIGN = survey_design(pd.DataFrame({"id": range(4)}))
HALF = Measure(0.5, 0.05, math.inf, "game of contacts")


pytestmark = pytest.mark.filterwarnings("ignore:1 of 2406 respondents have blanks")


def reporting_degrees() -> tuple[pd.DataFrame, pd.Series]:
    survey, known = reporting()
    return survey, known_population_degrees(survey, known, total_population=REPORTING_TOTAL)


def test_networkreporting_degrees():
    _, degrees = reporting_degrees()
    result = reference("networkreporting", "example_kp_degree")["result"]
    assert (degrees.mean(), degrees.std(), degrees.sum()) == pytest.approx(
        (result["mean"], result["sd"], result["sum"]), rel=1e-9
    )
    assert degrees[:20].tolist() == pytest.approx([d for (d,) in result["first20"]], rel=1e-9)


@pytest.mark.parametrize("group", GROUPS)
def test_networkreporting_sizes_and_killworth_errors(group):
    survey, degrees = reporting_degrees()
    result = reference("networkreporting", f"example_nsum_{group}_kse")["result"]
    plain = reference("networkreporting", f"example_nsum_{group}")["result"]
    got = scale_up_measure(survey[group], degrees, total_population=REPORTING_TOTAL, how="mle")
    assert got.point == pytest.approx(result["estimate"], rel=1e-9)
    assert got.point == pytest.approx(plain["estimate"], rel=1e-9)
    assert got.error == pytest.approx(result["killworth.se"], rel=1e-9)
    assert survey[group].sum() == result["tot.connections"]


@pytest.mark.parametrize("group", GROUPS)
def test_networkreporting_sizes_with_weights(group):
    survey, degrees = reporting_degrees()
    result = reference("networkreporting", f"example_nsum_w_{group}")["result"]
    design = survey_design(survey, weight="indweight")
    got = scale_up_size(survey[group], degrees, total_population=REPORTING_TOTAL, how="survey", design=design)
    assert got.point == pytest.approx(result["estimate"], rel=1e-9)
    assert design.weights @ degrees == pytest.approx(result["sum.d.hat"], rel=1e-9)


def test_networkreporting_average_degree_of_women():
    """The package writes blanks for men, of whom one has a blank report."""
    survey, known = reporting()
    _, women = reference("networkreporting", "example_kp_estimator")["result"]
    design = survey_design(survey, weight="indweight")
    degrees = known_population_degrees(survey, known, total_population=REPORTING_TOTAL)
    among = (survey["sex"] == women["sex"]).to_numpy()
    got = average_degree(degrees, design, among=among)
    assert among.sum() == women["num.obs.y.kp"]
    assert design.weights[among].sum() == pytest.approx(women["wgt.total.y.kp"], rel=1e-9)
    assert got.point == pytest.approx(women["dbar.Fcell.F"], rel=1e-9)


def test_networkreporting_internal_validation():
    survey, known = reporting()
    table = leave_one_out_known_groups(survey, known, total_population=REPORTING_TOTAL, how="mle")
    rows = pd.DataFrame(reference("networkreporting", "example_internal_validation")["result"])
    assert table["group"].tolist() == rows["name"].tolist()
    np.testing.assert_allclose(table["point"], rows["nsum.holdout.est"], rtol=1e-9)
    np.testing.assert_allclose(table["error"].abs(), rows["relerr"], rtol=1e-9)
    relative = np.log(table["upper"] / table["point"]) / 1.959963984540054
    np.testing.assert_allclose(relative * table["point"], rows["killworth.se"], rtol=1e-9)


def test_networkreporting_rescaled_bootstrap():
    """Mean, spread and quantiles of 1,000 draws of the package, within 4 combined Monte-Carlo errors."""
    survey, degrees = reporting_degrees()
    design = survey_design(survey, weight="indweight", stratum="region", cluster="cluster")
    draws = scale_up_replicates(
        survey["idu"],
        degrees,
        total_population=REPORTING_TOTAL,
        design=design,
        replicates=20_000,
        rng=np.random.default_rng(1),
    )
    for name in ("example_boot_idu", "example_boot_w_idu"):
        theirs = reference("networkreporting", name)["result"]
        sd = theirs["sd"]
        assert draws.mean() == pytest.approx(theirs["mean"], abs=4 * theirs["mcse_mean"] * 1.03)
        assert draws.std() == pytest.approx(sd, abs=4 * sd / math.sqrt(2 * 1000) * 1.1)
        for level, quantile in theirs["quantiles"].items():
            share = float((draws <= quantile).mean())
            p = float(level)
            assert share == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 1000) * 1.03)


def test_rescaled_bootstrap_has_the_error_of_linearisation():
    survey, degrees = reporting_degrees()
    design = survey_design(survey, weight="indweight", stratum="region", cluster="cluster")
    given = {"total_population": REPORTING_TOTAL, "design": design}
    linear = scale_up_measure(survey["clients"], degrees, how="survey", **given)
    draws = scale_up_replicates(
        survey["clients"], degrees, replicates=4000, rng=np.random.default_rng(2), **given
    )
    assert draws.std() == pytest.approx(linear.error, rel=0.06)


@pytest.mark.parametrize("how", ["mle", "pimle"])
@pytest.mark.filterwarnings("ignore::pse.estimate.EstimateWarning")
def test_networkscaleup_killworth(how):
    reports, known, total = laga()
    result = reference("networkscaleup", f"example_killworth_{how.upper()}")["result"]
    degrees = known_population_degrees(reports, known, total_population=total)
    assert degrees.mean() == pytest.approx(result["degrees_mean"], rel=1e-9)
    assert degrees[:20].tolist() == pytest.approx(result["degrees_first20"], rel=1e-9)
    got = [
        scale_up_size(reports[group], degrees, total_population=total, how=how).point
        for group in ("V3", "V5")
    ]
    assert got == pytest.approx(result["sizes"], rel=1e-9)


@pytest.mark.parametrize("data", ["Curitiba", "McCarty"])
@pytest.mark.parametrize("model", ["degree", "barrier", "transmission", "combined"])
def test_nsum_killworth(data, model):
    """NSUM's mu and sigma to start from are those of the logs of degrees above 0."""
    reports, known, group, total = maltiel(data, model)
    result = reference("NSUM", f"{data}_{model}_killworth")["result"]
    degrees = known_population_degrees(reports, known, total_population=total)
    assert degrees[:20].tolist() == pytest.approx(result["degrees_first20"], rel=1e-9)
    size = scale_up_size(reports[group], degrees, total_population=total, how="mle").point
    assert size == pytest.approx(result["NK"], rel=1e-9)
    logs = np.log(degrees[degrees > 0])
    assert (logs.mean(), logs.std(ddof=0)) == pytest.approx(
        (result["mu_start"], result["sigma_start"]), rel=1e-9
    )


def test_pimle_is_the_mean_of_ratios_and_says_whom_it_drops():
    with pytest.warns(EstimateWarning, match="1 of 4 respondents have degree 0"):
        got = scale_up_measure([1, 0, 2, 1], [100, 150, 200, 0], total_population=1000, how="pimle")
    ratios = np.array([0.01, 0, 0.01])
    assert got.point == pytest.approx(1000 * ratios.mean())
    # the design keeps the place of the respondent left out: 4 / 3 for 3 / 2, and 3^2 for the mean
    assert got.error == pytest.approx(1000 * math.sqrt(4 / 3 * ((ratios - ratios.mean()) ** 2).sum() / 9))


def test_mle_is_the_maximum_of_the_binomial_likelihood():
    sizes = np.arange(1, 5000)
    loglik = sum(
        y * np.log(sizes / 1e5) + (d - y) * np.log1p(-sizes / 1e5) for y, d in zip(Y, D, strict=True)
    )
    best = sizes[np.argmax(loglik)]
    assert scale_up_size(Y, D, total_population=1e5, how="mle").point == pytest.approx(best, abs=0.5)


@settings(max_examples=40, deadline=None)
@given(
    y=st.lists(st.integers(0, 9), min_size=6, max_size=30).filter(any),
    factor=st.floats(0.2, 5),
    seed=st.integers(0, 99),
)
def test_sizes_scale_with_the_population_and_forget_the_order(y, factor, seed):
    rng = np.random.default_rng(seed)
    degrees = rng.integers(50, 500, size=len(y))
    design = survey_design(pd.DataFrame({"w": rng.uniform(1, 3, size=len(y))}), weight="w")
    for how in ("pimle", "survey"):
        got = scale_up_size(y, degrees, total_population=1e5, how=how, design=design)
        scaled = scale_up_size(y, degrees, total_population=1e5 * factor, how=how, design=design)
        more = scale_up_size(y, degrees * 2, total_population=2e5, how=how, design=design)
        assert got.lower <= got.point <= got.upper <= 1e5
        assert scaled.point == pytest.approx(factor * got.point)
        assert more.point == pytest.approx(got.point)
    order = rng.permutation(len(y))
    mle = scale_up_size(np.array(y)[order], degrees[order], total_population=1e5, how="mle")
    assert mle.point == pytest.approx(scale_up_size(y, degrees, total_population=1e5, how="mle").point)


def test_generalised_size_divides_by_both_factors_and_adds_relative_variances():
    ratio = Measure(0.8, 0.1, math.inf, "survey")
    given = {"total_population": 1e5, "how": "mle"}
    basic = scale_up_measure(Y, D, **given)
    got = generalised_scale_up_size(Y, D, degree_ratio=ratio, transmission=HALF, **given)
    assert got.point == pytest.approx(basic.point / 0.4)
    relative = math.sqrt((basic.error / basic.point) ** 2 + 0.125**2 + 0.1**2)
    assert math.log(got.upper / got.point) == pytest.approx(1.959964 * relative, rel=1e-6)
    sure = Measure(1.0, 0.0, math.inf, "as assumed")
    same = generalised_scale_up_size(Y, D, degree_ratio=sure, transmission=sure, **given)
    assert (same.point, same.upper) == pytest.approx(
        (basic.point, scale_up_size(Y, D, **given).upper), rel=1e-12
    )


def test_generalised_size_is_exact_in_a_whole_network():
    """A census of a small network: reports over visibility, and degree ratio x transmission, give the truth.

    The identity of Feehan and Salganik (2016): with everybody asked, size = sum of reports / mean visibility.
    """
    rng = np.random.default_rng(5)
    people, kp = 400, 40
    ties = np.triu(rng.random((people, people)) < 0.05, 1)
    ties = ties | ties.T
    hidden = np.arange(people) < kp
    aware = (rng.random((people, people)) < 0.6) & ties  # whether the row knows that the column is of the KP
    reports = (aware & hidden[None, :]).sum(axis=1)
    degrees = ties.sum(axis=1)
    design = survey_design(pd.DataFrame({"w": np.ones(people)}), weight="w")
    exact = math.inf
    visible = Measure(float(aware[:, hidden].sum(axis=0).mean()), 0.0, exact, "census of the KP")
    got = visible_scale_up_size(reports, design, visibility=visible, total_population=people)
    assert got.point == pytest.approx(kp)
    ratio = Measure(degrees[hidden].mean() / degrees.mean(), 0.0, exact, "census")
    told = Measure(aware[:, hidden].sum() / ties[:, hidden].sum(), 0.0, exact, "census")
    got = generalised_scale_up_size(
        reports, degrees, total_population=people, how="mle", degree_ratio=ratio, transmission=told
    )
    assert got.point == pytest.approx(kp)


def test_degree_ratio_of_two_surveys():
    got = degree_ratio(kp=Measure(60, 6, 20, ""), everybody=Measure(120, 6, 200, ""))
    assert (got.point, got.error) == pytest.approx((0.5, 0.5 * math.sqrt(0.01 + 0.0025)))
    assert 20 < got.degrees < 220


def test_bootstrap_interval_with_factors_is_wider_around_the_corrected_point():
    rng = np.random.default_rng(4)
    reports, known, total = random_degree_data(rng, respondents=300, size=1500)
    degrees = known_population_degrees(reports, known, total_population=total)
    design = survey_design(reports)
    given = {"total_population": total, "design": design, "replicates": 2000}
    basic = bootstrap_scale_up_size(reports["kp"], degrees, rng=rng, **given)
    general = bootstrap_scale_up_size(
        reports["kp"],
        degrees,
        degree_ratio=Measure(0.8, 0.1, math.inf, ""),
        transmission=HALF,
        rng=rng,
        **given,
    )
    assert general.point == pytest.approx(basic.point / 0.4)
    assert general.upper / general.lower > basic.upper / basic.lower
    assert basic.method.startswith("basic") and general.method.startswith("generalised")
    with pytest.raises(ValueError, match="must be given both or not at all"):
        bootstrap_scale_up_size(reports["kp"], degrees, transmission=HALF, rng=rng, **given)


def test_leave_one_out_finds_the_group_that_is_hidden():
    reports, known, total = random_degree_data(np.random.default_rng(8), respondents=400, size=1500)
    hidden = known | {"kp": 1500.0}
    reports["kp"] = np.random.default_rng(9).binomial(reports["kp"], 0.4)
    design = survey_design(reports)
    table = leave_one_out_known_groups(reports, hidden, total_population=total, how="survey", design=design)
    worst = table.loc[table["error"].abs().idxmax()]
    assert worst["group"] == "kp" and not worst["held"] and worst["error"] == pytest.approx(-0.6, abs=0.1)
    assert table.loc[table["group"] != "kp", "held"].mean() > 0.7


def test_leave_one_out_keeps_a_group_nobody_knows_with_its_reason():
    reports = pd.DataFrame({"a": [1, 2], "b": [3, 1], "c": [0, 0]})
    sizes = {"a": 10, "b": 20, "c": 5}
    table = leave_one_out_known_groups(reports, sizes, total_population=1000, how="mle").set_index("group")
    assert np.isnan(table.loc["c", "point"]) and "got only zeros" in table.loc["c", "reason"]
    assert table.loc["a", "point"] > 0 and table.loc["a", "reason"] == ""
    with pytest.raises(ValueError, match="known_groups must be a whole number, at least 2"):
        leave_one_out_known_groups(reports, {"a": 10}, total_population=1000, how="mle")


def test_a_blank_takes_the_degree_from_the_groups_answered():
    reports = pd.DataFrame({"a": [1, 2], "b": [3, None]})
    with pytest.warns(EstimateWarning, match="1 of 2 respondents have blanks"):
        degrees = known_population_degrees(reports, {"a": 10, "b": 30}, total_population=1000)
    assert degrees.tolist() == [100, 200]
    reports["a"] = [1, None]
    with pytest.raises(
        ValueError, match="known group must be answered in every row; got blanks only in row 2"
    ):
        known_population_degrees(reports, {"a": 10, "b": 30}, total_population=1000)
    reports["a"] = [1, "many"]
    with pytest.raises(ValueError, match="a must be numbers in every row; got a blank in row 2"):
        known_population_degrees(reports, {"a": 10, "b": 30}, total_population=1000)


def test_silence_is_refused_with_what_it_still_allows():
    with pytest.raises(NoEstimateError, match="sizes up to 498") as refusal:
        scale_up_size([0, 0, 0, 0], D, total_population=1e5, how="mle")
    assert refusal.value.lower == 0
    nobody_known = (1 - 498 / 1e5) ** 600
    assert nobody_known == pytest.approx(0.05, abs=1e-4)
    for call in (bootstrap_scale_up_size, scale_up_replicates):
        with pytest.raises(NoEstimateError, match="got only zeros"):
            call([0] * 4, D, total_population=1e5, design=DESIGN, replicates=10, rng=np.random.default_rng(1))


def test_degrees_of_zero_are_refused():
    with pytest.raises(NoEstimateError, match="degrees must be above 0 for somebody"):
        scale_up_size(Y, [0] * 4, total_population=1e5, how="mle")
    with pytest.raises(NoEstimateError, match="All degrees would be 0"):
        known_population_degrees(pd.DataFrame({"a": [0, 0]}), {"a": 10}, total_population=1000)
    with (
        pytest.warns(EstimateWarning, match="1 of 2"),
        pytest.raises(NoEstimateError, match="for a respondent of degree above 0"),
    ):
        scale_up_size([0, 2], [100, 0], total_population=1e5, how="pimle")


def test_a_size_above_the_population_is_refused():
    with pytest.raises(NoEstimateError, match=r"at most total_population \(1,000\); got 1,500"):
        scale_up_size([30, 30], [20, 20], total_population=1000, how="mle")
    with pytest.raises(NoEstimateError, match="at most total_population"):
        generalised_scale_up_size(
            [5, 10],
            [20, 20],
            total_population=1000,
            how="mle",
            degree_ratio=Measure(0.5, 0, math.inf, ""),
            transmission=HALF,
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reports": [1, 0, 2]}, "degrees must be one for each of the 3 respondents; got 4"),
        ({"reports": [1, 0, 2, -1]}, "reports must be whole numbers, 0 or more, in every row; got"),
        ({"reports": [1, 0, 2, 0.5]}, "got something else in row 4"),
        (
            {"reports": [1, None, 2, 1]},
            "reports must be numbers in every row; got a blank in row 2. Leave out",
        ),
        ({"degrees": [1, 2, np.inf, 3]}, "degrees must be numbers in every row; got a blank in row 3"),
        ({"degrees": [-1, 2, 3, 3]}, "degrees must be numbers, 0 or more, in every row"),
        ({"how": "kse"}, "how must be one of 'mle', 'pimle', 'survey'; got 'kse'"),
        ({"how": "survey"}, 'design must be given with "survey"; got None'),
        ({"design": DESIGN}, 'design must not be given with "mle"'),
        ({"total_population": 0}, "total_population must be a number above 0; got 0"),
        ({"level": 95}, "level must be above 0 and below 1; got 95"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    given = {"reports": Y, "degrees": D, "total_population": 1e5, "how": "mle"} | change
    with pytest.raises(ValueError, match=words):
        scale_up_size(**given)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"b": 10}, r"reports must have a column for each known group; got none for \['b'\]"),
        ({"a": 0}, "size of a must be a number above 0; got 0"),
        ({"a": 5000}, "size of a must be at most total_population; got 5,000"),
        ({}, "known_groups must be a whole number, at least 1"),
    ],
)
def test_wrong_known_groups_are_named(known, words):
    with pytest.raises(ValueError, match=words):
        known_population_degrees(pd.DataFrame({"a": [1, 0]}), known, total_population=1000)


def test_wrong_factors_are_named():
    given = {"total_population": 1e5, "how": "mle"}
    one = Measure(1, 0, math.inf, "")
    with pytest.raises(ValueError, match=r"transmission must be between 0 and 1; got 1.2"):
        generalised_scale_up_size(Y, D, degree_ratio=one, transmission=Measure(1.2, 0, 1, ""), **given)
    with pytest.raises(ValueError, match="degree_ratio must be a number above 0"):
        generalised_scale_up_size(Y, D, degree_ratio=Measure(0, 0, 1, ""), transmission=one, **given)
    with pytest.raises(ValueError, match=r"weights must add up to total_population \(100,000\); got 4"):
        visible_scale_up_size(Y, DESIGN, visibility=one, total_population=1e5)


def test_tables_are_not_changed():
    reports = pd.DataFrame({"a": [1, 0], "kp": [1, 1]})
    before = reports.copy()
    leave_one_out_known_groups(reports, {"a": 10, "kp": 20}, total_population=1000, how="mle")
    pd.testing.assert_frame_equal(reports, before)
