"""Samples of networks that say little or nothing: a finite interval, or a refusal in words that help."""

import pytest

from tests.methods.refusal_networks import named_cases
from tests.methods.test_refusals import complaint

CASES = named_cases()


@pytest.mark.parametrize("make", [make for _, make in CASES], ids=[name for name, _ in CASES])
def test_samples_of_networks_give_a_finite_interval_or_a_refusal_that_helps(make):
    assert complaint(make) == ""
