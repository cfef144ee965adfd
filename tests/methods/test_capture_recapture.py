"""Two lists: published sizes, FSA 0.10.0, refusals and properties."""

import csv
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from pse.estimate import EstimateWarning
from pse.methods.capture_recapture import bailey, chapman, lincoln_petersen, ricker, two_list_error
from pse.methods.refusal import NoEstimateError
from pse.methods.two_list_intervals import smallest_size
from tests.methods.reference import FOLDER, reference

FORMS = {"Petersen": lincoln_petersen, "Chapman": chapman, "Bailey": bailey, "Ricker": ricker}
LISTS = {"first": 948, "second": 421, "both": 167}  # Seber 1982, p. 107
INTERVALS = ("log", "wald", "profile", "transformed logit", "binomial", "hypergeometric", "poisson")


@pytest.mark.parametrize("form", FORMS)
def test_points_and_errors_are_those_of_fsa(form):
    result = reference("FSA", f"seber1982_p107_{form}")["result"]
    assert FORMS[form](**LISTS).point == pytest.approx(result["N_unrounded"], rel=1e-11)
    assert round(two_list_error(form, **LISTS), 1) == result["summary"][0]["SE"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["binomial", "hypergeometric", "Poisson"])
def test_intervals_from_the_overlap_are_those_of_fsa_to_whole_people(form, kind):
    """FSA rounds its bounds to whole animals, some outward, some not: one person apart at most."""
    bounds = reference("FSA", f"seber1982_p107_{form}")["result"]["ci"][kind]
    got = FORMS[form](**LISTS, interval=kind.lower())
    assert abs(got.lower - bounds["95% LCI"]) <= 1 and abs(got.upper - bounds["95% UCI"]) <= 1


@pytest.mark.parametrize("form", ["Chapman", "Bailey", "Ricker"])
def test_wald_intervals_are_the_normal_ones_of_fsa(form):
    bounds = reference("FSA", f"seber1982_p107_{form}")["result"]["ci"]["normal"]
    got = FORMS[form](**LISTS, interval="wald")
    assert (round(got.lower), round(got.upper)) == (bounds["95% LCI"], bounds["95% UCI"])


def test_the_normal_petersen_interval_of_fsa_adds_the_continuity_correction_on_both_sides():
    """A correction must widen; theirs moves both bounds of the share up, so ours is not made like that."""
    bounds = reference("FSA", "seber1982_p107_Petersen")["result"]["ci"]["normal"]
    first, second, both = LISTS.values()
    share, z = both / second, norm.ppf(0.975)
    reach = z * math.sqrt(share * (1 - share) * (1 - both / first) / (second - 1))
    theirs = [first / (share + reach + 0.5 / second), first / (share - reach + 0.5 / second)]
    assert [round(x) for x in theirs] == [bounds["95% LCI"], bounds["95% UCI"]]
    wide = first / (share - reach - 0.5 / second)
    assert wide > theirs[1] + 15


def test_exact_bounds_put_the_tail_just_above_a_half_of_five_percent():
    from scipy.stats import hypergeom

    first, second, both = LISTS.values()
    got = lincoln_petersen(**LISTS, interval="hypergeometric")
    assert hypergeom.cdf(both, got.lower, first, second) >= 0.025
    assert hypergeom.cdf(both, got.lower - 1, first, second) < 0.025
    assert hypergeom.sf(both - 1, got.upper, first, second) >= 0.025
    assert hypergeom.sf(both - 1, got.upper + 1, first, second) < 0.025


def _goldens():
    path = FOLDER.parent / "crc_goldens.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["design"] == "2S"]


@pytest.mark.parametrize("row", _goldens(), ids=lambda row: row["case"])
def test_published_two_source_sizes(row):
    got = lincoln_petersen(first=int(row["n1"]), second=int(row["n2"]), both=int(row["m12"]))
    assert round(got.point) == int(row["OUTPUT_N"])


def test_kampala_pwid_chapman_prints_as_in_the_style_guide():
    got = chapman(first=467, second=450, both=54)
    assert str(got) == "3,837 (3,075 to 4,860, 95% confidence; Chapman, log interval)"


def test_everybody_seen_twice_is_the_whole_population():
    got = chapman(first=50, second=50, both=50)
    assert (got.lower, got.point, got.upper) == (50, 50, 50)


def test_no_overlap_has_no_petersen_size_but_a_limit():
    with pytest.raises(NoEstimateError, match="people on both lists; got none") as caught:
        lincoln_petersen(first=60, second=45, both=0)
    assert caught.value.lower == smallest_size(first=60, second=45, both=0, level=0.95)
    # P(no overlap) = C(N - 60, 45) / C(N, 45) is 2.5 % there
    size = caught.value.lower
    chance = np.prod([(size - 60 - i) / (size - i) for i in range(45)])
    before = np.prod([(size - 1 - 60 - i) / (size - 1 - i) for i in range(45)])
    assert before < 0.025 <= chance


@pytest.mark.parametrize("form", [chapman, bailey, ricker])
def test_no_overlap_is_flagged_in_the_other_forms(form):
    with pytest.warns(EstimateWarning, match="no upper limit; it is at least 785"):
        got = form(first=60, second=45, both=0)
    assert got.lower >= 105


@pytest.mark.parametrize("interval", ["binomial", "hypergeometric", "poisson", "profile"])
def test_intervals_without_an_upper_bound_are_refused(interval):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EstimateWarning)
        with pytest.raises(NoEstimateError, match="lower"):
            chapman(first=60, second=45, both=0, interval=interval)


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        ({"first": 0, "second": 5, "both": 0}, "first must be a whole number, at least 1"),
        ({"first": 9, "second": 5, "both": 6}, "both must be between 0 and the smaller list"),
        ({"first": 9, "second": 5, "both": 2.5}, "both must be a whole number"),
        ({"first": 9, "second": 5, "both": 2, "level": 95}, "level must be above 0 and below 1"),
        ({"first": 9, "second": 5, "both": 2, "interval": "best"}, "interval must be"),
    ],
)
def test_what_is_wrong_is_said(lists, words):
    with pytest.raises(ValueError, match=words):
        chapman(**lists)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("form", [lincoln_petersen, chapman, bailey, ricker])
def test_counts_of_a_table_are_those_of_python(form, interval):
    # 64 bits do not hold the product of four of them
    plain = {"first": 100_000, "second": 90_000, "both": 50}
    for kind in (np.int64, np.int32, float):
        got = form(**{name: kind(count) for name, count in plain.items()}, interval=interval)
        assert got == form(**plain, interval=interval)


overlaps = st.tuples(st.integers(5, 400), st.integers(5, 400), st.floats(0.05, 0.95))


@settings(max_examples=40, deadline=None)
@given(overlaps, st.sampled_from(INTERVALS))
def test_bounds_are_ordered_and_hold_the_people_met(lists, interval):
    first, second, share = lists
    both = max(1, int(share * min(first, second)))
    got = chapman(first=first, second=second, both=both, interval=interval)
    assert first + second - both - 1e-6 <= got.lower <= got.point <= got.upper
    assert interval in got.method


@settings(max_examples=25, deadline=None)
@given(overlaps)
def test_lists_can_change_places_and_less_overlap_means_more_people(lists):
    first, second, share = lists
    both = max(2, int(share * min(first, second)))
    for form in (lincoln_petersen, chapman):
        one, other = (form(first=a, second=b, both=both) for a, b in ((first, second), (second, first)))
        assert (one.point, one.lower, one.upper) == pytest.approx((other.point, other.lower, other.upper))
        assert form(first=first, second=second, both=both - 1).point > one.point


@settings(max_examples=10, deadline=None)
@given(overlaps)
def test_more_confidence_is_wider(lists):
    first, second, share = lists
    both = max(1, int(share * min(first, second)))
    for interval in INTERVALS:
        wide, narrow = (
            chapman(first=first, second=second, both=both, interval=interval, level=level)
            for level in (0.99, 0.8)
        )
        assert wide.lower <= narrow.lower + 1e-6 and narrow.upper <= wide.upper + 1e-6
