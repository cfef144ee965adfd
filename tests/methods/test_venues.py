"""Venues: the Changsha case, exact designs by full enumeration, simulated visits."""

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse import Estimate, add
from pse.estimate import round_people
from pse.methods.refusal import NoEstimateError
from pse.methods.surveys import Measure
from pse.methods.venues import (
    last_visit_size,
    net_of_overlap,
    place_size,
    reverse_tracking,
    time_location_size,
    time_location_weights,
    venue_duplication,
)

CHANGSHA = Path(__file__).parents[3] / "shared" / "reference" / "lms_msm_changsha_2013.csv"
NO_DUPLICATION = Measure(1.0, 0.0, math.inf, "none")


def rng(seed=1):
    return np.random.default_rng(seed)


def changsha(level):
    if not CHANGSHA.exists():
        pytest.skip("the reference values of other packages are not on this machine")
    return pd.read_csv(CHANGSHA).query("level == @level")


def test_changsha_venues_to_the_unit():
    """Only sum i m_i and r are printed: the sum stands as one visitor, whose answer is the sum."""
    for _, row in changsha("venue").iterrows():
        got = last_visit_size(days=[row["INPUT_sum_i_m_i"]], sampled=row["INPUT_r2"])
        assert round_people(got.point) == row["OUTPUT_N"]


def test_changsha_totals_to_the_unit():
    """The printed venue total adds points, and half-widths too: errors that go together."""
    venues = [
        Estimate(row["OUTPUT_N"], row["OUTPUT_lower"], row["OUTPUT_upper"], "confidence", 0.95, "LMS")
        for _, row in changsha("venue").iterrows()
    ]
    total = add(venues, dependence="together")
    printed = changsha("venue_total").iloc[0]
    assert [total.point, total.lower, total.upper] == printed[
        ["OUTPUT_N", "OUTPUT_lower", "OUTPUT_upper"]
    ].tolist()
    online = changsha("virtual_before_overlap").iloc[0]
    size = Estimate(
        online["OUTPUT_N"], online["OUTPUT_lower"], online["OUTPUT_upper"], "confidence", 0.95, "LMS"
    )
    net_printed = changsha("virtual_net_of_overlap").iloc[0]["OUTPUT_N"]
    # printed as 19 %: the overlap share before its rounding
    share = 1 - net_printed / size.point
    assert round(share, 2) == 0.19
    net = net_of_overlap(size, share_elsewhere=share)
    both = add([total, net], dependence="together")
    assert round_people(both.point) == changsha("grand_total").iloc[0]["OUTPUT_N"] == 65657
    assert net_of_overlap(size, share_elsewhere=0.19).point == pytest.approx(
        net_printed, abs=0.005 * size.point
    )


def simulate_visitors(people, draw, *, days=400):
    """Return for the last day who came and how many days before each came last; daily chances differ."""
    chance = draw.choice([0.02, 0.1, 0.4], size=people)
    came = draw.random((people, days)) < chance[:, None]
    today = came[:, -1]
    before = came[today, -2::-1]
    gap = np.where(before.any(axis=1), before.argmax(axis=1) + 1, days)
    return gap


def test_last_visits_count_those_who_come_in_the_window():
    """Within 28 days: E N = people who came at least once in 28 days, whatever their frequencies."""
    draw, points, inside, truth = rng(5), [], 0, 0.0
    for _ in range(300):
        gap = simulate_visitors(300, draw, days=60)
        asked = gap[draw.random(len(gap)) < 0.5]
        got = last_visit_size(days=asked, sampled=0.5, window=28)
        points.append(got.point)
        truth = 100 * sum(1 - (1 - p) ** 28 for p in (0.02, 0.1, 0.4))
        inside += got.lower <= truth <= got.upper
    assert np.mean(points) == pytest.approx(truth, abs=4 * np.std(points) / math.sqrt(300))
    assert inside / 300 > 0.88


def test_last_visit_variance_is_that_of_unequal_chances():
    """Everybody in the frame is met with chance r / i: Horvitz-Thompson variance by hand."""
    got = last_visit_size(days=[2, 4], people=[6, 3], sampled=0.5)
    assert got.point == (12 + 12) / 0.5
    chances = [0.25] * 6 + [0.125] * 3
    error = math.sqrt(sum((1 - c) / c**2 for c in chances))
    assert math.log(got.upper / got.point) == pytest.approx(2.306004 * error / 48, rel=1e-6)  # t, 8 degrees


@settings(max_examples=30, deadline=None)
@given(
    days=st.lists(st.integers(1, 60), min_size=1, max_size=30),
    sampled=st.floats(0.05, 1),
    seed=st.integers(0, 9),
)
def test_last_visits_order_and_monotone(days, sampled, seed):
    got = last_visit_size(days=days, sampled=sampled)
    assert len(days) <= got.lower + 1e-9 or got.lower == got.point
    assert got.lower <= got.point <= got.upper
    mixed = last_visit_size(days=rng(seed).permutation(days), sampled=sampled)
    assert mixed.point == pytest.approx(got.point)
    assert last_visit_size(days=days, sampled=sampled, window=10).point <= got.point + 1e-9


def test_last_visits_refuse_by_words():
    with pytest.raises(ValueError, match="days must be 1 or more"):
        last_visit_size(days=[0, 3], sampled=0.5)
    with pytest.raises(ValueError, match="sampled must be a number above 0"):
        last_visit_size(days=[3], sampled=0)
    with pytest.raises(ValueError, match="days must be finite"):
        last_visit_size(days=[3, math.inf], sampled=0.5)
    assert last_visit_size(days=[3, math.inf], sampled=0.5, window=30).point == 66
    with pytest.raises(ValueError, match="people must be one number"):
        last_visit_size(days=[3, 4], people=[0, 0], sampled=0.5)


# --- PLACE -------------------------------------------------------------------------------------------


def venues():
    return pd.DataFrame(
        {
            "workers": [10, 4, 0, 6, 8, 2],
            "workers_kp": [0.5, 0.25, 0, 0.5, 1, 0],
            "patrons": [20, 30, 10, 0, 15, 40],
            "patrons_kp": [0.1, 0.2, 0, 0, 0.2, 0.05],
            "list": 18,
            "w": 3.0,
        }
    )


def test_place_by_hand():
    kp = np.array([7, 7, 0, 3, 11, 2.0])
    got = place_size(venues(), duplication=NO_DUPLICATION, weight="w", population="list")
    assert got.point == pytest.approx(3 * kp.sum())
    error = math.sqrt(18**2 * (1 - 6 / 18) * kp.var(ddof=1) / 6)
    assert math.log(got.upper / got.point) == pytest.approx(2.570582 * error / 90, rel=1e-6)  # t, 5 degrees
    halved = place_size(
        venues(), duplication=Measure(0.5, 0.05, math.inf, "D"), weight="w", population="list"
    )
    assert halved.point == pytest.approx(45)
    assert halved.upper / halved.point > got.upper / got.point * 0.9


def test_place_total_is_unbiased_over_all_samples():
    kp = venues()
    points = [
        place_size(kp.iloc[list(part)].assign(w=2.0), duplication=NO_DUPLICATION, weight="w").point
        for part in itertools.combinations(range(6), 3)
    ]
    assert np.mean(points) == pytest.approx(30)


def test_place_refuses_a_census_without_error_and_empty_venues():
    census = venues().assign(list=6)
    with pytest.raises(NoEstimateError, match="The total is 30: report it with the range") as refusal:
        place_size(census, duplication=NO_DUPLICATION, population="list")
    assert refusal.value.lower == 11
    with pytest.raises(NoEstimateError, match="got nobody"):
        place_size(venues().assign(workers=0, patrons=0), duplication=NO_DUPLICATION)
    with pytest.raises(ValueError, match="patrons_kp must be between 0 and 1"):
        place_size(venues().assign(patrons_kp=20), duplication=NO_DUPLICATION)
    with pytest.raises(ValueError, match="workers must be a number, 0 or more, in every row"):
        place_size(venues().assign(workers=-1), duplication=NO_DUPLICATION)


def test_duplication_uses_the_mean_of_reciprocals():
    """60 people at one venue and 20 at three: 120 counted, 80 people; the people met are 60 and 60."""
    met = [1] * 60 + [3] * 60
    got = venue_duplication(met)
    assert got.point * 120 == pytest.approx(80)
    with pytest.raises(ValueError, match="this venue counts too"):
        venue_duplication([0, 1])


# --- time-location -----------------------------------------------------------------------------------


def test_time_location_sizes_are_unbiased_over_all_samples_of_events():
    """Four events, people at one to four of them: the mean over all pairs of events is the people."""
    attends = {"a": [0], "b": [0, 1], "c": [1, 2, 3], "d": [0, 1, 2, 3], "e": [3], "f": [2, 3]}
    points = []
    for drawn in itertools.combinations(range(4), 2):
        met = [(event, len(at)) for event in drawn for at in attends.values() if event in at]
        table = pd.DataFrame(met, columns=["event", "visits"])
        table["w"] = time_location_weights(
            event_share=0.5, present=3, interviewed=3, visits=table["visits"].to_numpy()
        )
        points.append(table["w"].sum())
    assert np.mean(points) == pytest.approx(6)


def test_time_location_interval_is_between_events():
    table = pd.DataFrame({"event": [1, 1, 2, 3, 3, 3], "w": [5.0, 3, 6, 2, 2, 6]})
    got = time_location_size(table, event="event", weight="w")
    totals = np.array([8, 6, 10.0])
    error = math.sqrt(3 * totals.var(ddof=1))
    assert got.point == 24
    assert math.log(got.upper / 24) == pytest.approx(4.302653 * error / 24, rel=1e-6)  # t, 2 degrees


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"event_share": 0}, "event_share must be above 0"),
        ({"interviewed": 9}, "present must be at least interviewed"),
        ({"visits": 0.5}, "visits must be 1 or more"),
    ],
)
def test_time_location_weights_refuse_by_words(change, words):
    good = {"event_share": 0.5, "present": 8, "interviewed": 4, "visits": 2}
    assert time_location_weights(**good) == 2
    with pytest.raises(ValueError, match=words):
        time_location_weights(**{**good, **change})


# --- reverse tracking --------------------------------------------------------------------------------


def test_reverse_tracking_by_hand():
    spots = pd.DataFrame({"mapped": [10, 20, 30, 40], "found": [8, 17, 20, 35], "of": 40})
    got = reverse_tracking(spots, mapped_total=1000, population="of")
    residuals = np.array([8 - 8, 17 - 16, 20 - 24, 35 - 32]) / 100
    error = math.sqrt((1 - 0.1) * 4 / 3 * (residuals**2).sum())
    assert got.point == pytest.approx(800)
    assert math.log(got.upper / 800) == pytest.approx(3.182446 * error / 0.8, rel=1e-6)  # t, 3 degrees


def test_reverse_tracking_exact_mapping_and_closed_spots():
    spots = pd.DataFrame({"mapped": [10, 20, 30], "found": [0, 0, 0]})
    with pytest.raises(NoEstimateError, match="got nobody"):
        reverse_tracking(spots, mapped_total=100)
    with pytest.raises(ValueError, match=r"mapped_total must be at least .* \(60\); got 50"):
        reverse_tracking(spots, mapped_total=50)
