"""Spots that are probably one: found on a corpus with known truth, with reasons that name nobody."""

import numpy as np
import pandas as pd
import pytest

from pse.records.duplicates import likely_same_spots
from tests.records.spot_corpus import mentions, pair_quality


@pytest.mark.parametrize(("number", "each", "municipalities", "seed"), [(4000, 5, 38, 11), (3000, 2, 8, 12)])
def test_precision_and_recall_on_a_corpus_with_known_truth(number, each, municipalities, seed):
    frame, truth = mentions(number, each=each, municipalities=municipalities, rng=np.random.default_rng(seed))
    precision, recall = pair_quality(likely_same_spots(frame), frame["spot_id"], truth)
    assert precision >= 0.95
    assert recall >= 0.95


def pair(**columns):
    frame = pd.DataFrame({"spot_id": ["a", "b"], "municipality": ["M1", "M1"]} | columns)
    return likely_same_spots(frame, threshold=0.0).set_index(["first", "second"])["score"].get(("a", "b"), 0)


SAME = {"spot_name": ["Bar Luna", "Бар Луна"]}


def test_scripts_kinds_and_case_do_not_keep_a_spot_apart():
    assert pair(**SAME) > 0.9
    assert pair(spot_name=["KAFE LUNA", "Luna"]) > 0.9
    assert pair(spot_name=["Bar Kristal", "Bar Krsital"]) > 0.5


def test_numbers_keep_spots_apart():
    assert pair(spot_name=["Park 1", "Park 2"]) < 0.05
    assert pair(spot_name=["Rruga Dardania 3", "Rruga Dardania 4"]) < 0.05


def test_a_name_that_every_spot_has_says_nothing():
    assert pair(spot_name=["Bar", "Kafe"]) < 0.4
    assert pair(spot_name=["Parku", "Park"]) < 0.5


def test_distance_speaks_for_and_against():
    near, far = {"lat": [42.0, 42.0001], "lon": [21.0, 21.0]}, {"lat": [42.0, 42.05], "lon": [21.0, 21.0]}
    assert pair(**SAME, **near) > pair(**SAME) > pair(**SAME, **far)
    assert pair(**SAME, **far) < 0.4


def test_an_informant_who_names_both_tells_them_apart():
    assert pair(**SAME, interview_id=["i1", "i1"]) < pair(**SAME, interview_id=["i1", "i2"])


def test_typology_counts_only_where_both_have_one():
    same, other, blank = (pair(**SAME, typology=["bar", t]) for t in ("bar", "park", None))
    assert same > blank > other


def test_two_municipalities_are_compared_only_where_spots_touch():
    frame = pd.DataFrame({"spot_id": ["a", "b"], "municipality": ["M1", "M2"], **SAME})
    assert likely_same_spots(frame).empty
    touching = frame.assign(lat=[42.0, 42.0002], lon=21.0)
    assert likely_same_spots(touching)["metres"].tolist() == [22]


def test_many_mentions_of_a_spot_are_one_spot():
    frame = pd.DataFrame(
        {
            "spot_id": ["a", "a", "b", None],
            "municipality": "M1",
            "spot_name": ["Bar Luna", "Luna", "LUNA", None],
        }
    )
    assert likely_same_spots(frame)[["first", "second"]].to_numpy().tolist() == [["a", "b"]]


def test_nothing_to_compare_is_an_empty_table():
    for frame in (
        pd.DataFrame({"spot_id": [], "municipality": []}),
        pd.DataFrame({"spot_id": ["a"], "municipality": "M"}),
    ):
        got = likely_same_spots(frame)
        assert got.empty
        assert list(got) == ["first", "second", "score", "name_alike", "metres", "reason"]


def test_the_order_of_rows_does_not_change_the_score():
    frame, _ = mentions(400, each=4, municipalities=5, rng=np.random.default_rng(3))
    one, other = (likely_same_spots(f) for f in (frame, frame.sample(frac=1, random_state=1)))
    as_sets = [
        {(frozenset(pair), score) for *pair, score in t[["first", "second", "score"]].to_numpy()}
        for t in (one, other)
    ]
    assert as_sets[0] == as_sets[1]


def test_reasons_name_nobody_and_come_in_six_languages():
    frame = pd.DataFrame(
        {"spot_id": ["a", "b"], "municipality": "M1", "spot_name": ["Zanzibar", "Zanzibari"]}
    )
    reasons = [likely_same_spots(frame, lang=lang)["reason"][0] for lang in ("en", "sq", "sr-Cyrl", "uk")]
    assert reasons[0] == "names alike (100 of 100)"
    assert len(set(reasons)) == 4
    assert not any("anzi" in reason.lower() for reason in reasons)


def test_a_threshold_in_percent_is_refused():
    with pytest.raises(ValueError, match="threshold must be between 0 and 1; got 40"):
        likely_same_spots(pd.DataFrame({"spot_id": [], "municipality": []}), threshold=40)
