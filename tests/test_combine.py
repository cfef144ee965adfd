"""add, pool and union: against hand computation, against print, and their laws."""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pse import Estimate, EstimateWarning, add, pool, union
from pse.combine import birge_ratio, overlap_check

Z95 = 1.959963984540054  # 0.975 quantile of the standard normal distribution
NEAR = 1e-9


def ranged(lower, point, upper, method="mapping"):
    return Estimate(point, lower, upper, interval="range", level=None, method=method)


def sampled(lower, point, upper, method="survey", level=0.95, interval="confidence"):
    return Estimate(point, lower, upper, interval=interval, level=level, method=method)


def numbers(estimate):
    return (estimate.lower, estimate.point, estimate.upper)


def near(*values):
    return pytest.approx(values, rel=NEAR)


def log_normal(point, error):
    """Return an estimate whose interval is point x exp(+-1.96 error)."""
    reach = math.exp(Z95 * error)
    return sampled(point / reach, point, point * reach)


def triples(smallest):
    return st.lists(st.floats(smallest, 1e7), min_size=3, max_size=3).map(sorted)


RANGES = triples(0).map(lambda numbers: ranged(*numbers))
INTERVALS = triples(0).map(lambda numbers: sampled(*numbers))
POSITIVE = triples(1).map(lambda numbers: sampled(*numbers)).filter(lambda e: e.upper > 1.001 * e.lower)
SHARES = st.one_of(st.none(), st.floats(0, 1))
DEPENDENCE = st.sampled_from(["together", "independent"])


# add


def test_bounds_of_ranges_are_summed_separately():
    got = add([ranged(90, 120, 150), ranged(60, 80, 110)], dependence="together")
    assert str(got) == "200 (150 to 260, range; mapping, summed together)"
    assert (got.interval, got.level) == ("range", None)


def test_independent_areas_are_added_by_mover():
    # distances 30 and 40 down, 60 and 80 up: 3-4-5 triangles
    got = add([sampled(70, 100, 160), sampled(160, 200, 280)], dependence="independent")
    assert numbers(got) == near(300 - 50, 300, 300 + 100)
    assert str(got) == "300 (250 to 400, 95% confidence; survey, summed as independent)"


def wilson(positive, asked):
    """Return p and its 95% Wilson limits."""
    p, z2 = positive / asked, Z95**2
    centre = (p + z2 / (2 * asked)) / (1 + z2 / asked)
    half = Z95 * math.sqrt(p * (1 - p) / asked + z2 / (4 * asked**2)) / (1 + z2 / asked)
    return centre - half, p, centre + half


def test_mover_gives_the_printed_interval_of_newcombe():
    # Newcombe RG, Stat Med 1998;17:873-890, table II, case (a), method 10: 56/70 - 48/80 = 0.2000,
    # 0.0524 to 0.3339. A difference of shares is a sum with the complement, less 1.
    lower, p, upper = wilson(48, 80)
    got = add([sampled(*wilson(56, 70)), sampled(1 - upper, 1 - p, 1 - lower)], dependence="independent")
    assert [round(number - 1, 4) for number in numbers(got)] == [0.0524, 0.2, 0.3339]


@given(st.lists(RANGES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_order_of_areas_does_not_matter(areas, shuffler: random.Random):
    shuffled = shuffler.sample(areas, len(areas))
    assert add(areas, dependence="together") == add(shuffled, dependence="together")


@given(st.lists(INTERVALS, min_size=1, max_size=8))
def test_independent_errors_are_never_wider_than_errors_that_go_together(areas):
    together, independent = add(areas, dependence="together"), add(areas, dependence="independent")
    slack = NEAR * together.upper
    assert independent.point == together.point
    assert together.lower - slack <= independent.lower <= independent.point
    assert independent.point <= independent.upper <= together.upper + slack


@given(INTERVALS, DEPENDENCE)
def test_add_and_pool_of_one_estimate_is_itself(estimate, dependence):
    assert add([estimate], dependence=dependence) == estimate
    assert pool([estimate], dependence=dependence) == estimate


@given(st.lists(INTERVALS, min_size=1, max_size=5), st.floats(1e-3, 1e3), DEPENDENCE)
def test_a_sum_scales_with_its_parts(areas, factor, dependence):
    scaled = [sampled(*(factor * number for number in numbers(area))) for area in areas]
    expected = [factor * number for number in numbers(add(areas, dependence=dependence))]
    assert numbers(add(scaled, dependence=dependence)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(st.lists(RANGES, min_size=2, max_size=6))
def test_municipalities_to_regions_to_nation_is_the_same_as_at_once(areas):
    regions = [add(part, dependence="together") for part in (areas[:2], areas[2:]) if part]
    by_region, at_once = add(regions, dependence="together"), add(areas, dependence="together")
    assert numbers(by_region) == pytest.approx(numbers(at_once), rel=NEAR)
    assert by_region.method == at_once.method == "mapping, summed together"


def test_the_method_names_its_parts_in_one_order_and_then_counts_them():
    parts = [ranged(1, 2, 3, method=name) for name in ("mapping", "enumeration", "mapping")]
    assert add(parts, dependence="together").method == "enumeration + mapping, summed together"
    many = [ranged(1, 2, 3, method=f"method {letter}") for letter in "abcd"]
    assert add(many, dependence="together").method == "4 methods, summed together"


# pool


def test_equal_agreeing_estimates_narrow_by_the_square_root_of_their_number():
    got = pool([log_normal(500, 0.2)] * 4, dependence="independent")
    assert numbers(got) == near(*numbers(log_normal(500, 0.1)))
    assert got.method == "survey, 4 estimates pooled as independent"


def test_the_more_precise_estimate_weighs_more():
    # weights 1/0.1^2 = 100 and 1/0.2^2 = 25; Q = 0.2^2 / (0.01 + 0.04) = 0.8, so no widening
    first, second = log_normal(1000, 0.1), log_normal(1000 * math.exp(0.2), 0.2)
    expected = log_normal(1000 * math.exp(0.2 * 25 / 125), math.sqrt(1 / 125))
    assert numbers(pool([first, second], dependence="independent")) == near(*numbers(expected))


def test_disagreement_widens_the_interval_by_birges_ratio():
    # 100 and 400 with equal standard errors: geometric mean 200; with Birge's ratio the standard error of
    # the mean is half of their distance, log(4)/2 = log(2), whatever precision they claim
    for claimed in (0.01, 0.1, 0.3):
        got = pool([log_normal(100, claimed), log_normal(400, claimed)], dependence="independent")
        assert numbers(got) == near(*numbers(log_normal(200, math.log(2))))
    assert got.method == (
        "survey, 2 estimates pooled as independent, "
        "interval 3.27 times wider because they disagree (Birge 1932)"
    )


def test_birges_ratio_by_hand():
    # Q = (1/1)^2 + (0/1)^2 + (1/1)^2 = 2 over 3 - 1
    assert birge_ratio(values=[1, 2, 3], errors=[1, 1, 1], mean=2) == 1


def test_shared_errors_give_the_plain_means_for_ranges_and_intervals():
    got = pool([ranged(90, 100, 150, "desk"), ranged(110, 200, 250, "field")], dependence="together")
    assert str(got) == "150 (100 to 200, range; desk + field, mean of 2 estimates)"
    intervals = pool([sampled(90, 100, 150), sampled(110, 200, 250)], dependence="together")
    assert numbers(intervals) == (100, 150, 200)
    assert intervals.kind == "95% confidence"


@given(st.lists(POSITIVE, min_size=2, max_size=6), st.randoms(use_true_random=False), DEPENDENCE)
def test_order_of_methods_does_not_matter(estimates, shuffler: random.Random, dependence):
    shuffled = shuffler.sample(estimates, len(estimates))
    got, other = pool(estimates, dependence=dependence), pool(shuffled, dependence=dependence)
    assert numbers(got) == pytest.approx(numbers(other), rel=1e-6)


@given(st.lists(POSITIVE, min_size=2, max_size=6), DEPENDENCE)
def test_a_pooled_size_lies_among_its_estimates(estimates, dependence):
    got = pool(estimates, dependence=dependence)
    points = [estimate.point for estimate in estimates]
    assert min(points) * (1 - NEAR) <= got.point <= max(points) * (1 + NEAR)


@given(st.lists(POSITIVE, min_size=2, max_size=5), st.floats(0.01, 100), DEPENDENCE)
def test_a_pool_scales_with_its_estimates(estimates, factor, dependence):
    scaled = [sampled(*(factor * number for number in numbers(estimate))) for estimate in estimates]
    expected = [factor * number for number in numbers(pool(estimates, dependence=dependence))]
    assert numbers(pool(scaled, dependence=dependence)) == pytest.approx(expected, rel=1e-6)


@given(st.lists(POSITIVE, min_size=2, max_size=5))
def test_disagreement_never_narrows(estimates):
    got = pool(estimates, dependence="independent")
    agreed = [sampled(*(number / e.point * got.point for number in numbers(e))) for e in estimates]
    without = pool(agreed, dependence="independent")
    assert got.upper / got.lower >= without.upper / without.lower * (1 - 1e-6)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            (0, 100, 200),
            r"^lower must be above 0 to pool on the log scale; got 0\.0\. Pool with dependence='tog",
        ),
        ((100, 100, 100), r"^upper must be above lower to give a standard error; got 100\.0\. Pool with"),
    ],
)
def test_an_estimate_without_a_standard_error_on_the_log_scale_is_refused(bad, message):
    estimates = [sampled(80, 100, 120), sampled(*bad)]
    with pytest.raises(ValueError, match=message):
        pool(estimates, dependence="independent")
    assert pool(estimates, dependence="together").point == 100


def test_the_narrowest_possible_interval_still_has_a_standard_error():
    tiny = sampled(1e6, 1e6, math.nextafter(1e6, 2e6))
    assert pool([tiny, tiny], dependence="independent").point == pytest.approx(1e6, rel=NEAR)


# union


def test_union_by_one_share():
    # 500 MSM, 200 FSW, a tenth of the MSM sell sex: 50 people are in both
    msm, fsw = ranged(400, 500, 600), ranged(150, 200, 250)
    got = union(msm, fsw, share_second_in_first=0.1, dependence="together")
    assert numbers(got) == near(400 + 150 - 40, 650, 600 + 250 - 60)
    assert str(got) == "650 (510 to 790, range; mapping, union by recorded shares)"


def test_two_shares_that_disagree_are_averaged():
    # 500 x 0.1 = 50 and 200 x 0.35 = 70: 60 in both
    shares = {"share_second_in_first": 0.1, "share_first_in_second": 0.35}
    first, second = ranged(400, 500, 600), ranged(150, 200, 250)
    assert union(first, second, **shares, dependence="together").point == pytest.approx(640)
    assert overlap_check(first, second, **shares) == pytest.approx(50 / 70)


def test_independent_errors_of_a_union_by_hand():
    # share(B|A) = 0.5: N = 0.5 A + B; distances 0.5 x 60 = 30 and 40 down, 0.5 x 120 = 60 and 80 up
    got = union(
        sampled(140, 200, 320), sampled(160, 200, 280), share_second_in_first=0.5, dependence="independent"
    )
    assert numbers(got) == near(300 - 50, 300, 300 + 100)
    assert got.kind == "95% confidence"


def test_without_shares_the_union_is_a_bracket_and_a_range():
    got = union(sampled(400, 500, 600), sampled(150, 200, 250), dependence="independent")
    assert numbers(got) == (400, (500 + 700) / 2, 850)
    assert got.kind == "range"
    assert got.method == "survey, no overlap recorded: between the larger and the sum"


@given(RANGES, RANGES)
def test_union_of_disjoint_kps_is_their_sum(first, second):
    together = union(first, second, share_second_in_first=0, dependence="together")
    assert numbers(together) == numbers(add([first, second], dependence="together"))


@given(INTERVALS, INTERVALS)
def test_union_of_disjoint_kps_with_independent_errors_is_their_sum(first, second):
    got = union(first, second, share_first_in_second=0, dependence="independent")
    expected = add([first, second], dependence="independent")
    assert numbers(got) == pytest.approx(numbers(expected), rel=1e-6, abs=1e-6)


@given(RANGES, RANGES)
def test_union_with_a_kp_inside_the_other_is_the_larger(first, second):
    assume(all(b <= a for a, b in zip(numbers(first), numbers(second), strict=True)))
    got = union(first, second, share_first_in_second=1, dependence="together")
    assert numbers(got) == numbers(first)


@pytest.mark.filterwarnings("ignore::pse.EstimateWarning")
@given(INTERVALS, INTERVALS, SHARES, SHARES, DEPENDENCE)
@example(sampled(90, 100, 120), sampled(90, 100, 120), 1.0, None, "independent")
def test_a_union_lies_between_the_larger_kp_and_the_sum(
    first, second, second_in_first, first_in_second, dependence
):
    shares = {"share_second_in_first": second_in_first, "share_first_in_second": first_in_second}
    got = union(first, second, **shares, dependence=dependence)
    assert max(first.point, second.point) <= got.point <= first.point + second.point
    assert max(first.lower, second.lower) <= got.lower <= got.point
    assert got.point <= got.upper <= first.upper + second.upper


@pytest.mark.filterwarnings("ignore::pse.EstimateWarning")
@given(INTERVALS, INTERVALS, SHARES, SHARES, DEPENDENCE)
def test_the_order_of_the_two_kps_does_not_matter(
    first, second, second_in_first, first_in_second, dependence
):
    one = union(
        first,
        second,
        share_second_in_first=second_in_first,
        share_first_in_second=first_in_second,
        dependence=dependence,
    )
    other = union(
        second,
        first,
        share_second_in_first=first_in_second,
        share_first_in_second=second_in_first,
        dependence=dependence,
    )
    assert one == other


@pytest.mark.filterwarnings("ignore::pse.EstimateWarning")
@given(INTERVALS, INTERVALS, st.floats(0, 1))
@example(sampled(90, 100, 120), sampled(90, 100, 120), 1.0)
def test_a_union_is_never_wider_with_independent_errors(first, second, share):
    together = union(first, second, share_second_in_first=share, dependence="together")
    independent = union(first, second, share_second_in_first=share, dependence="independent")
    assert together.lower <= independent.lower <= independent.point == together.point
    assert independent.point <= independent.upper <= together.upper


def test_more_people_in_both_than_the_smaller_kp_has_gives_a_warning_and_the_larger_kp():
    with pytest.warns(EstimateWarning, match=r"more people into both KPs than the smaller KP has; .* Check"):
        got = union(
            ranged(400, 500, 600), ranged(50, 60, 70), share_second_in_first=0.5, dependence="together"
        )
    assert numbers(got) == (400, 500, 600)


@pytest.mark.filterwarnings("error::pse.EstimateWarning")
@pytest.mark.parametrize("shares", [{}, {"share_first_in_second": 1.0}])
def test_a_kp_inside_the_other_gives_no_warning(shares):
    # 7 of 25 people: 25 x (7 / 25) is 7.000000000000001 in the machine
    first, second = ranged(25, 25, 25), ranged(7, 7, 7)
    got = union(first, second, share_second_in_first=7 / 25, **shares, dependence="together")
    assert numbers(got) == near(25, 25, 25)


def test_the_overlap_check_is_a_number_also_where_nobody_is_in_both():
    first, second = ranged(400, 500, 600), ranged(150, 200, 250)
    assert overlap_check(first, second, share_second_in_first=0, share_first_in_second=0) == 1
    assert overlap_check(first, second, share_second_in_first=0, share_first_in_second=0.1) == 0
    assert overlap_check(first, second, share_second_in_first=0.1, share_first_in_second=0) == math.inf


def test_a_share_in_percent_is_caught():
    first, second = ranged(400, 500, 600), ranged(150, 200, 250)
    with pytest.raises(
        ValueError, match=r"^share_second_in_first must be between 0 and 1; got 10\. If it is a p"
    ):
        union(first, second, share_second_in_first=10, dependence="together")
    with pytest.raises(ValueError, match=r"^share_first_in_second must be between 0 and 1; got 25"):
        overlap_check(first, second, share_second_in_first=0.1, share_first_in_second=25)


# what all three refuse

ALL = pytest.mark.parametrize(
    "combine",
    [add, pool, lambda estimates, dependence: union(*estimates, dependence=dependence)],
    ids=["add", "pool", "union"],
)


@ALL
@pytest.mark.parametrize(
    ("other", "kinds"),
    [
        (ranged(80, 100, 120), "95% confidence, range"),
        (sampled(80, 100, 120, level=0.9), "90% confidence, 95% confidence"),
        (sampled(80, 100, 120, interval="credible"), "95% confidence, 95% credible"),
    ],
)
def test_kinds_and_levels_are_never_mixed(combine, other, kinds):
    message = (
        f"^estimates must have one kind of interval and one level; got {kinds}. Report them side by side"
    )
    for pair in ([sampled(80, 100, 120), other], [other, sampled(80, 100, 120)]):
        with pytest.raises(ValueError, match=message):
            combine(pair, dependence="together")


@ALL
def test_ranges_cannot_be_independent(combine):
    message = r"^dependence must be 'together' for ranges; got 'independent'. A range has"
    with pytest.raises(ValueError, match=message):
        combine([ranged(80, 100, 120), ranged(70, 90, 100)], dependence="independent")


@ALL
def test_dependence_must_be_known_and_said(combine):
    pair = [ranged(80, 100, 120), ranged(70, 90, 100)]
    with pytest.raises(
        ValueError, match=r"^dependence must be one of 'together', 'independent'; got 'apart'"
    ):
        combine(pair, dependence="apart")
    with pytest.raises(TypeError, match="dependence"):
        combine(pair)


@pytest.mark.parametrize("combine", [add, pool])
def test_nothing_to_combine_is_refused(combine):
    with pytest.raises(ValueError, match=r"^estimates must hold at least one Estimate; got none"):
        combine([], dependence="together")


def test_an_iterator_is_as_good_as_a_list_and_nothing_is_changed():
    areas = [ranged(90, 120, 150), ranged(60, 80, 110)]
    before = [replace(area) for area in areas]
    assert add(iter(areas), dependence="together") == add(areas, dependence="together")
    assert areas == before
