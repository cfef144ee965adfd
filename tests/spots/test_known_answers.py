"""Known answers for formulas behind the intervals: published ones with their source, others by hand."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import pse
from pse.spots.bootstrap_block import log_normal
from pse.spots.naming import fit_naming, missed_spots, missing_share, more_informants
from pse.spots.spread import correction_variance, paule_mandel
from pse.spots.unlisted_draws import less_known
from tests.records.tiny import tiny_study, tiny_tables

# BCG vaccine against tuberculosis, 13 trials (Colditz et al., JAMA 1994;271:698-702; data `dat.bcg` of the R
# package metadat): vaccinated with and without the disease, controls with and without it.
PRINTED = """4 119 11 128  6 300 29 274  3 228 11 209  62 13536 248 12619  33 5036 47 5761  180 1361 372 1079
    8 2537 10 619  505 87886 499 87892  29 7470 45 7232  17 1699 65 1600  186 50448 141 27197
    5 2493 3 2338  27 16886 29 17825"""
BCG = np.array(PRINTED.split(), dtype=float).reshape(13, 4)
ALLOCATION = np.array([0, 0, 0, 0, 1, 1, 0, 0, 2, 2, 2, 2, 2])  # random, alternate, systematic; as in dat.bcg


def log_relative_risks():
    a, b, c, d = BCG.T
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def test_the_trials_are_those_that_were_published():
    # yi and vi of metafor::escalc(measure="RR", data=dat.bcg), first and last trial, as printed there
    y, v = log_relative_risks()
    assert y[[0, 12]] == pytest.approx([-0.8893, -0.0173], abs=5e-5)
    assert v[[0, 12]] == pytest.approx([0.3256, 0.0714], abs=5e-5)


def test_paule_mandel_on_the_bcg_trials():
    # 0.3181: metafor's rma(yi, vi, data=dat.bcg, method="PM")
    y, v = log_relative_risks()
    assert paule_mandel(y, v, np.zeros(13, dtype=int)) == pytest.approx(0.3181, abs=5e-5)


def test_paule_mandel_solves_its_equation_with_a_mean_for_each_group():
    # the groups of `alloc`: with a mean of its own each group, sum (y - mean)^2 / (v + tau^2) = 13 - 3
    y, v = log_relative_risks()
    tau2 = paule_mandel(y, v, ALLOCATION)
    weight = 1 / (v + tau2)
    off = 0.0
    for group in range(3):
        here = group == ALLOCATION
        off += np.sum(weight[here] * (y[here] - np.average(y[here], weights=weight[here])) ** 2)
    assert tau2 > 0 and off == pytest.approx(10, abs=1e-6)


def test_chao2_by_hand_in_fractions():
    # t = 5 informants; 12 spots named, Q1 = 6 by one, Q2 = 4 by two. a = 4/5; a Q1^2 / (2 Q2) = 18/5.
    # variance, Q2 > 0: Q2 (a/2 r^2 + a^2 r^3 + a^2/4 r^4), r = 6/4 (Colwell, EstimateS, appendix B)
    a, r = Fraction(4, 5), Fraction(6, 4)
    missed, variance = missed_spots(once=np.array([6.0]), twice=np.array([4.0]), informants=np.array([5.0]))
    assert missed[0] == pytest.approx(float(a * 36 / 8), abs=1e-12) and a * 36 / 8 == Fraction(18, 5)
    exact = 4 * (a / 2 * r**2 + a**2 * r**3 + a**2 / 4 * r**4)
    assert exact == Fraction(387, 25) and variance[0] == pytest.approx(float(exact), abs=1e-12)


def test_chao2_without_spots_named_twice_by_hand():
    # t = 4, Q1 = 3, Q2 = 0: a = 3/4; a Q1 (Q1 - 1) / 2 = 9/4; variance a 3 + a^2 3 x 25 / 4 = 9/4 + 675/64
    missed, variance = missed_spots(once=np.array([3.0]), twice=np.array([0.0]), informants=np.array([4.0]))
    assert missed[0] == pytest.approx(2.25)
    assert variance[0] == pytest.approx(float(Fraction(9, 4) + Fraction(675, 64)))
    nothing = missed_spots(
        once=np.array([0.0, 5.0]), twice=np.array([3.0, 0.0]), informants=np.array([4.0, 1.0])
    )
    assert np.array(nothing).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_coverage_and_further_informants_by_hand():
    # Q1 = 4, Q2 = 2, t = 4, 20 namings: base (t-1) Q1 / ((t-1) Q1 + 2 Q2) = 12/16; 1 - C = 4/20 x 3/4 = 0.15;
    # k more informants: 4/20 x 0.75^(k+1) <= 0.05 first at 0.75^(k+1) <= 0.25, k = 4
    one = {"once": np.array([4.0]), "twice": np.array([2.0]), "informants": np.array([4.0])}
    assert missing_share(**one, namings=20) == pytest.approx(0.15)
    assert more_informants(**one, namings=20) == 4


def test_chao2_through_a_study():
    # 3 informants of one zone name A by all, B by two, C and D by one each: Q1 = 2, Q2 = 1, t = 3, so
    # 2/3 x 4/2 = 4/3 spots; those named once hold 6 and 12 people: 4/3 x 9 = 12 people. Nobody visits other
    # spots, and all four are visited.
    sizes = pse.estimate_study(_named({"A": "123", "B": "12", "C": "1", "D": "3"}), unlisted="chao2")
    row = sizes.unlisted.iloc[0]
    assert (row["informants"], row["named"], row["once"], row["twice"]) == (3, 4, 2, 1)
    assert row["missed_spots"] == pytest.approx(4 / 3) and row["people"] == pytest.approx(12)
    assert sizes.national["point"].iloc[0] == pytest.approx(10 + 8 + 6 + 12 + 12)


def test_naming_weights_by_hand():
    # Horvitz-Thompson: with fewer than 10 spots all have the same chance p. Truncated at 0, the mean of k is
    # t p / (1 - (1 - p)^t). k = 3, 2, 1, 1 of t = 3: mean 7/4, so 3 p / (1 - (1-p)^3) = 3 / (3 - 3 p + p^2)
    # = 7/4, 7 p^2 - 21 p + 9 = 0, p = (21 - sqrt(189)) / 14. Each person stands for 1 / (1 - (1-p)^3).
    p = (21 - np.sqrt(189)) / 14
    fit = fit_naming(np.array([3.0, 2, 1, 1]), np.full(4, 3.0), np.log([10.0, 8, 6, 12]))
    assert 1 - np.exp(-np.exp(fit[0][0])) == pytest.approx(p, abs=1e-9) and fit[0][1] == 0
    sizes = pse.estimate_study(_named({"A": "123", "B": "12", "C": "1", "D": "3"}), unlisted="people")
    assert sizes.unlisted["people"].iloc[0] == pytest.approx(36 / (1 - (1 - p) ** 3) - 36, rel=1e-9)


def test_people_known_otherwise_are_taken_off_in_proportion_and_never_below_zero():
    gross = np.array([[30.0, 3.0], [10.0, 1.0]])
    assert less_known(gross, np.array([8.0, 8.0])).tolist() == [[24.0, 0.0], [8.0, 0.0]]


def _named(by):
    """Return the tiny study with spots A to D of 10, 8, 6, 12 people, all visited, and who named them."""
    people = dict(zip("ABCD", (10, 8, 6, 12), strict=True))
    place = {"municipality": "M1", "zone": "Z1", "kp": "FSW", "typology": "bar"}
    level1 = [
        {**place, "interview_id": f"I{who}", "spot_id": spot, "kp_min": people[spot], "kp_max": people[spot]}
        for spot, names in by.items()
        for who in names
    ]
    level2 = [
        {
            **place,
            "interview_id": f"J{spot}",
            "spot_id": spot,
            "usual_min": people[spot],
            "usual_max": people[spot],
        }
        for spot in by
    ]
    blank = {"peak_min": None, "peak_max": None, "peak_days": None}
    tables = {
        "municipalities": tiny_tables()["municipalities"],
        "level1": pd.DataFrame(level1).assign(informant_type="taxi"),
        "level2": pd.DataFrame(level2).assign(status="active", **blank),
    }
    return tiny_study(tables=tables)


@pytest.mark.parametrize(("sd", "n"), [(0.3, 1), (0.6, 1), (0.6, 2), (1.0, 3)])
def test_drawn_sizes_vary_as_reported_means_do(sd, n):
    # METHOD: a report is E exp(e - v/2), v = sigma^2 / n, with variance E^2 (exp(v) - 1). Drawing X times a
    # log-normal factor of mean 1 and log-variance s^2 must give that variance on average over reports X.
    rng = np.random.default_rng(5)
    v, size = sd**2 / n, 40.0
    x = size * np.exp(np.sqrt(v) * rng.standard_normal(400_000) - v / 2)
    s2 = float(correction_variance(sd=sd, n=n))
    drawn = x * log_normal(np.full(1, s2), rng, len(x))[0]
    within = np.mean((drawn - x) ** 2)  # variance of the draw, given the report
    assert within == pytest.approx(size**2 * np.expm1(v), rel=0.06)
    assert within == pytest.approx(np.var(x), rel=0.06)
    assert np.mean(drawn) == pytest.approx(size, rel=0.01)
    plain = np.mean(x**2) * np.expm1(v)  # sigma^2 / n itself would be too wide by exp(v)
    assert plain / np.var(x) == pytest.approx(np.exp(v), rel=0.06)


def test_hours_and_days_by_hand():
    # METHOD, section 3: peak size on its peak days, usual on the others; E_usual 10 and 4, peak 16 on fri
    # and sat at the first spot. f(fri) = (16 + 4) / 14, f(mon) = 1; weekend = (20 + 14) / 2 / 14 - 1 = 3/14
    study = _two_spots(peak=True)
    sizes = pse.estimate_study(study)
    factor = sizes.days.set_index("day")["factor"]
    expected = {"mon": 1, "thu": 1, "fri": 20 / 14, "sat": 20 / 14, "sun": 1}
    assert {day: factor[day] for day in expected} == pytest.approx(expected)
    whole = sizes.uplift[sizes.uplift["kp"] == "FSW"].iloc[0]
    assert whole["uplift"] == pytest.approx(3 / 14)


def test_week_weights_of_two_spots_by_hand():
    # E one-day counts 10 and 4. At the first spot people who come 7, 7, 1 days stand for 1, 1, 7: mean 3;
    # at the second one who comes 2 days stands for 7/2. People of the week: 10 x 3 + 4 x 3.5 = 44
    study = _two_spots(days={"A": [7, 7, 1], "B": [2]})
    row = pse.estimate_study(study).attendance.iloc[0]
    assert (row["answers"], row["day"]) == (4, 14) and row["week"] == pytest.approx(44)
    assert row["factor"] == pytest.approx(44 / 14)


def test_weights_of_visits_by_hand_where_a_fixed_number_is_asked():
    # METHOD, section 2, step 5: sum of E_s mean_s(1/M): 10 x mean(1, 1/2, 1/4) + 4 x mean(1/2) = 5.8333 + 2;
    # the mean over all answers (2.25 / 4) would give 14 x 0.5625 = 7.875
    sizes = pse.estimate_study(_two_spots(visits={"A": [1, 2, 4], "B": [2]}))
    assert sizes.national["point"].iloc[0] == pytest.approx(10 * 7 / 12 + 2)


def _two_spots(peak=False, days=None, visits=None):
    tables = {"municipalities": tiny_tables()["municipalities"]}
    place = {"municipality": "M1", "zone": None, "kp": "FSW", "typology": "bar", "spot_id": ["A", "B"]}
    size = [10, 4]
    tables["level1"] = pd.DataFrame(
        {**place, "interview_id": ["I1", "I2"], "informant_type": "taxi", "kp_min": size, "kp_max": size}
    )
    high = [16, None] if peak else [None, None]
    level2 = {**place, "interview_id": ["J1", "J2"], "status": "active", "usual_min": size, "usual_max": size}
    level2 |= {"peak_min": high, "peak_max": high, "peak_days": ["fri sat", None] if peak else [None, None]}
    tables["level2"] = pd.DataFrame(level2)
    asked = [(spot, value) for spot, values in (days or visits or {}).items() for value in values]
    if asked:
        people = pd.DataFrame(asked, columns=["spot_id", "days_per_week" if days else "spots_visited"])
        if days:
            people["spots_visited"] = 1
        names = [f"P{i}" for i in range(len(people))]
        tables["people"] = people.assign(municipality="M1", kp="FSW", person_id=names)
    return tiny_study(tables=tables)
