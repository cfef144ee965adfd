"""Every refusal names the argument, the rule and what was given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pse import checks


def test_good_values_pass_in_silence():
    checks.count(first=50, second=0, both=np.int64(10), whole=12.0)
    checks.positive(profiles_per_person=1.4)
    checks.non_negative(other_spots_mean=0, people=2.5)
    checks.share(none_of_them=0, some=np.float64(0.5), all_of_them=1)
    checks.one_of("all", ("all", "active"), name="ratio")


@given(
    st.sampled_from([True, False, np.True_, float("nan"), float("inf"), -float("inf"), None, "12", 1j, [3]])
)
def test_no_check_takes_truth_values_nan_infinity_or_text_for_a_number(value):
    for check in (checks.count, checks.positive, checks.non_negative, checks.share):
        with pytest.raises(ValueError, match=r"^people must .*; got "):
            check(people=value)


def test_a_number_too_large_for_a_float_is_refused_and_does_not_overflow():
    with pytest.raises(ValueError, match=r"^people must be a number, 0 or more; got 1000"):
        checks.non_negative(people=10**400)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: checks.count(both=2.5), "both must be a whole number, at least 0; got 2.5"),
        (lambda: checks.count(both=-1), "both must be a whole number, at least 0; got -1"),
        (
            lambda: checks.count(both=60, at_least=1, at_most=50),
            "both must be a whole number, at least 1 and at most 50; got 60",
        ),
        (lambda: checks.positive(rate=0), "rate must be a number above 0; got 0"),
        (lambda: checks.non_negative(rate=-0.1), "rate must be a number, 0 or more; got -0.1"),
        (lambda: checks.share(active=-0.1), "active must be between 0 and 1; got -0.1"),
        (
            lambda: checks.share(active=np.float64(55)),
            "active must be between 0 and 1; got 55.0. If it is a percentage, divide it by 100.",
        ),
        (
            lambda: checks.one_of("some", ("all", "active"), name="ratio"),
            "ratio must be one of 'all', 'active'; got 'some'",
        ),
        (lambda: checks.one_of(None, ("all",), name="ratio"), "ratio must be one of 'all'; got None"),
        (lambda: checks.one_of(["all"], ("all",), name="ratio"), "ratio must be one of 'all'; got ['all']"),
    ],
)
def test_the_message_in_full(call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == message


def test_the_first_bad_argument_is_the_one_named():
    with pytest.raises(ValueError, match=r"^second must"):
        checks.count(first=1, second=-1, third=-2)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_share_is_exactly_a_number_from_0_to_1(value):
    if 0 <= value <= 1:
        checks.share(share_active=value)
    else:
        with pytest.raises(ValueError, match=r"^share_active must be between 0 and 1"):
            checks.share(share_active=value)
