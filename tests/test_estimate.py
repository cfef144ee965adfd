"""The result type: its invariants, its sentence, and no hidden change of the three numbers."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pse import Estimate, EstimateWarning
from pse.estimate import round_people

PEOPLE = st.floats(0, 1e9)


def estimate(**changes):
    base = {"point": 100, "lower": 80, "upper": 130, "interval": "range", "level": None, "method": "mapping"}
    return Estimate(**{**base, **changes})


def test_the_sentence_of_a_confidence_interval():
    chapman = estimate(
        point=3836.7, lower=3075, upper=4860, interval="confidence", level=0.95, method="chapman"
    )
    assert str(chapman) == "3,837 (3,075 to 4,860, 95% confidence; chapman)"


def test_the_sentence_of_a_range_has_no_level():
    # FSW, Kosovo 2016, JMIR Public Health Surveill 2019;5(1):e11194: midpoint 5,036.5, printed 5,037
    fsw = estimate(point=(4213 + 5860) / 2, lower=4213, upper=5860, method="programmatic mapping")
    assert str(fsw) == "5,037 (4,213 to 5,860, range; programmatic mapping)"


@pytest.mark.parametrize(("level", "words"), [(0.9, "90%"), (0.975, "97.5%"), (0.999, "99.9%")])
def test_the_level_is_printed_without_noise(level, words):
    assert estimate(interval="credible", level=level).kind == f"{words} credible"


def test_the_point_is_never_moved_to_the_midpoint():
    # MSM, Kosovo 2016: midpoint 6,781, printed 6,814
    msm = estimate(point=6814, lower=6445, upper=7117)
    assert (msm.lower, msm.point, msm.upper) == (6445, 6814, 7117)


@given(st.tuples(PEOPLE, PEOPLE, PEOPLE))
def test_any_three_ordered_numbers_are_kept_and_any_other_order_is_refused(numbers):
    lower, point, upper = numbers
    if lower <= point <= upper:
        got = estimate(point=point, lower=lower, upper=upper)
        assert (got.lower, got.point, got.upper) == numbers
    else:
        with pytest.raises(ValueError, match=r"^(lower must be at most|upper must be at least) point"):
            estimate(point=point, lower=lower, upper=upper)


@pytest.mark.parametrize("name", ["point", "lower", "upper"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, "100", None, True])
def test_each_number_must_be_finite_and_not_negative(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must be a number, 0 or more; got "):
        estimate(**{name: value})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"interval": "ci", "level": 0.95},
            "^interval must be one of 'range', 'confidence', 'credible'; got 'ci'",
        ),
        ({"level": 0.95}, "^level must be None for a range; got 0.95. A range has no probability"),
        ({"interval": "confidence"}, "^level must be a number above 0; got None"),
        ({"interval": "confidence", "level": 0}, "^level must be a number above 0; got 0"),
        (
            {"interval": "credible", "level": 1},
            "^level must be above 0 and below 1; got 1. Give 0.95 for 95%",
        ),
        (
            {"interval": "credible", "level": 95},
            "^level must be above 0 and below 1; got 95. Give 0.95 for 95%",
        ),
        ({"method": " "}, "^method must say in one line how the number was made; got ' '"),
        ({"method": None}, "^method must say in one line how the number was made; got None"),
        ({"method": "two\nlines"}, "^method must say in one line"),
    ],
)
def test_interval_level_and_method_must_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        estimate(**changes)


def test_numpy_numbers_become_plain_floats():
    got = estimate(point=np.int64(100), lower=np.float64(80), upper=130)
    assert [type(number) for number in (got.point, got.lower, got.upper)] == [float, float, float]
    assert "np." not in repr(got)


def test_an_estimate_cannot_be_changed_and_can_be_sent_to_a_worker():
    got = estimate()
    with pytest.raises(dataclasses.FrozenInstanceError):
        got.point = 5
    assert pickle.loads(pickle.dumps(got)) == got


def test_people_are_rounded_half_up_and_machine_noise_does_not_count():
    # PWID, Kosovo 2016: midpoint of 4,777 and 6,860 is 5,818.5, printed 5,819
    assert [round_people(n) for n in (0, 0.5, 1.5, 2.4999, 5818.5)] == [0, 1, 2, 2, 5819]
    assert round_people(5036.4999999999) == 5037


def test_the_warning_can_be_caught_on_its_own():
    assert issubclass(EstimateWarning, UserWarning)
