"""Capture histories: counts of patterns, whatever form they come in."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pse.methods.histories import histories, history_counts


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=40))
def test_rows_of_people_and_rows_of_patterns_are_the_same(codes):
    people = pd.DataFrame([[c >> 2 & 1, c >> 1 & 1, c & 1] for c in codes], columns=list("abc"))
    tally = people.value_counts().rename("n").reset_index()
    one, other = histories(people), histories(tally, people="n")
    assert (one.counts == other.counts).all()
    assert one.n == len(codes) and history_counts(one).sum() == len(codes)
    assert (one.sizes == people.sum().to_numpy()).all()


def test_the_order_of_patterns_is_said_and_kept():
    table = pd.DataFrame({"x": [1, 0, 1], "y": [0, 1, 1], "n": [5, 6, 7]})
    got = histories(table, people="n")
    assert got.lists == ("x", "y")
    assert got.patterns.tolist() == [[0, 1], [1, 0], [1, 1]]
    assert got.counts.tolist() == [6, 5, 7]


@pytest.mark.parametrize(
    ("table", "people", "words"),
    [
        ({"a": [1, 0]}, None, "lists must be a whole number, at least 2"),
        ({"a": [1, 2], "b": [0, 1]}, None, "every list must hold 0 or 1 in every row; got .* row 2"),
        ({"a": [1, 0], "b": [0, 0]}, None, "everybody must be on a list; got .* row 2"),
        ({"a": [1], "b": [1], "n": [1.5]}, "n", "people must be whole numbers, 0 or more; got .* row 1"),
        ({"a": [1], "b": [1], "n": [np.nan]}, "n", "people must be whole numbers"),
    ],
)
def test_what_is_wrong_is_said_by_row(table, people, words):
    with pytest.raises(ValueError, match=words):
        histories(pd.DataFrame(table), people=people)
