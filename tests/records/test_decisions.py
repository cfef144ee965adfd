"""Decisions about spots: applied as written, undone by taking them back, refused where they contradict."""

import pandas as pd
import pytest

from pse.records.decisions import SAME_SPOTS, apply_same_spots, same_spots_of
from pse.records.imports.private import read_decided
from pse.records.problems import TableError

SPOTS = {"a", "b", "c", "d"}


def decided(tmp_path, text):
    path = tmp_path / "same_spots.csv"
    path.write_text("first,second,same\n" + text, encoding="utf-8")
    return same_spots_of(read_decided(path, SAME_SPOTS), spots=SPOTS)


def test_a_chain_of_pairs_becomes_one_spot_under_the_first(tmp_path):
    assert decided(tmp_path, "a,b,yes\nb,c,yes\nc,d,no\n") == {"b": "a", "c": "a"}


def test_no_and_blank_change_nothing(tmp_path):
    assert decided(tmp_path, "a,b,no\nc,d,\n") == {}


def test_the_group_keeps_the_code_of_its_earliest_row(tmp_path):
    assert decided(tmp_path, "c,d,yes\na,b,yes\nb,d,yes\n") == {"d": "c", "a": "c", "b": "c"}


def test_two_that_are_said_to_be_two_and_are_one_through_others_are_refused(tmp_path):
    with pytest.raises(TableError, match=r"row 4, same: must be yes: other rows make these two spots one"):
        decided(tmp_path, "a,b,yes\nb,c,yes\na,c,no\n")


def test_unknown_codes_and_a_spot_with_itself_come_with_their_rows(tmp_path):
    with pytest.raises(TableError) as caught:
        decided(tmp_path, "a,x,yes\nb,b,yes\n")
    assert [(p.row, p.rule) for p in caught.value.problems] == [(2, "unknown_spot"), (3, "same_code")]


def test_a_decision_about_a_spot_that_is_gone_says_what_to_do_and_an_open_pair_says_nothing(tmp_path):
    assert decided(tmp_path, "a,x,\na,b,yes\n") == {"b": "a"}
    with pytest.raises(TableError, match="delete the row if the spot is no longer in the records"):
        decided(tmp_path, "a,x,no\n")


def test_tables_get_new_codes_and_the_given_ones_stay():
    level1 = pd.DataFrame({"spot_id": ["a", "b", "c"], "kp": "FSW"})
    virtual = pd.DataFrame({"platform": ["x"]})
    got = apply_same_spots({"level1": level1, "virtual": virtual}, {"c": "a"})
    assert got["level1"]["spot_id"].tolist() == ["a", "b", "a"]
    assert got["virtual"] is virtual
    assert level1["spot_id"].tolist() == ["a", "b", "c"]
