"""Where to begin: small sets by hand, floors, unsafe places, ties, and how sure a place is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.microplan.begin import covered, municipality_priorities, spot_priorities
from mapping.microplan.norms import make_norms, overlay, read_norms
from mapping.microplan.priorities import priorities_table


def places_of(central, spread=0.0, **more):
    central = np.asarray(central, dtype=float)
    table = pd.DataFrame({"municipality": [f"m{i}" for i in range(len(central))], "kp": "FSW"})
    return table.assign(low=central * (1 - spread), central=central, high=central * (1 + spread), **more)


def table_of(places, **options):
    chosen = {"reach": 0.8, **options}
    return priorities_table(places, rng=np.random.default_rng(1), **chosen).set_index("municipality")


def test_the_smallest_set_by_hand():
    """80 of 100 people: 50 + 20 are not enough, 50 + 20 + 15 are."""
    found = table_of(places_of([50, 15, 20, 10, 5]))
    assert found["chosen"].to_dict() == {"m0": True, "m2": True, "m1": True, "m3": False, "m4": False}
    assert found["band"].tolist() == [1, 2, 3, 4, 5]
    assert found["reason"].tolist() == ["size", "size", "size", "below", "below"]
    assert set(found["stability"]) == {"stable"}  # nothing varies


def test_places_that_tie_with_the_last_one_are_in_together():
    found = table_of(places_of([50, 15, 15, 15, 5]))
    assert found["band"].to_dict() == {"m0": 1, "m1": 2, "m2": 2, "m3": 2, "m4": 3}
    assert found["chosen"].sum() == 4


def test_people_who_were_reached_do_not_count():
    found = table_of(places_of([50, 40, 10], reached=[1.0, 0.0, 0.0]))
    assert found.loc[["m0", "m1", "m2"], "chosen"].tolist() == [False, True, False]


def test_unsafe_places_are_never_in_and_say_so():
    found = table_of(places_of([50, 40, 10], unsafe=[True, False, False]))
    assert not found.loc["m0", "chosen"]
    assert found.loc["m0", ["reason", "probability"]].tolist() == ["unsafe", 0.0]


def test_floors_bring_in_the_largest_of_a_typology_and_of_each_municipality():
    places = places_of([60, 30, 6, 4], typology=["bar", "bar", "home", "home"])
    found = table_of(places, floors={"home": 1})
    assert found["chosen"].to_dict() == {"m0": True, "m1": True, "m2": True, "m3": False}
    assert found.loc["m2", ["reason", "probability", "stability"]].tolist() == ["floor", 1.0, "stable"]
    assert table_of(places, per_municipality=1)["chosen"].all()


def test_a_place_near_the_edge_is_borderline():
    found = table_of(places_of([60, 20.5, 20, 3], spread=0.4), draws=2000)
    assert found.loc["m0", "stability"] == "stable"
    assert {found.loc["m1", "stability"], found.loc["m2", "stability"]} == {"borderline"}
    assert 0.1 < found.loc["m2", "probability"] < 0.9


def test_probabilities_of_two_places_are_those_of_the_triangle():
    """One of two is enough for half of the people: the larger one. Alike, each is it every other time."""
    found = table_of(places_of([10, 10], spread=0.5), reach=0.5, draws=20_000)
    assert found["probability"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.02)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.5, 500), min_size=1, max_size=30), st.floats(0.05, 1))
def test_the_set_holds_the_share_and_no_smaller_set_does(sizes, reach):
    found = table_of(places_of(sizes), reach=reach, draws=1)
    chosen = found.loc[found["chosen"], "unreached"]
    assert chosen.sum() >= reach * sum(sizes) - 1e-6
    larger = chosen[chosen > chosen.min() + 1e-6]
    assert larger.sum() < reach * sum(sizes) + 1e-6  # without its last band it does not


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(1, 500), min_size=2, max_size=20), st.floats(0.1, 0.8))
def test_more_reach_never_leaves_a_place_out(sizes, reach):
    less, more = (table_of(places_of(sizes), reach=share, draws=1) for share in (reach, reach + 0.15))
    assert (more["chosen"] | ~less["chosen"]).all()


def test_what_breaks_a_rule_is_said():
    with pytest.raises(ValueError, match=r"places must have the columns .* got none named high"):
        table_of(places_of([1]).drop(columns="high"))
    with pytest.raises(ValueError, match="0 <= low <= central <= high; got 1 rows that do not, first row 2"):
        table_of(places_of([5, 6]).assign(high=[5, 1]))
    with pytest.raises(ValueError, match="reached must be a share"):
        table_of(places_of([5], reached=55))


COLUMNS = ["municipality", "spot_id", "kp", "typology", "status", "unsafe", "lower", "point", "upper"]
PEOPLE = pd.DataFrame(
    [["", "", 105.0, False], ["a", "A", 100.0, False], ["b", "B", 5.0, False], ["c", "C", np.nan, True]],
    columns=["municipality", "name", "central", "hidden"],
).assign(kp="FSW")
PEOPLE = PEOPLE.assign(low=PEOPLE["central"], high=PEOPLE["central"])


def spots_of(*rows):
    table = pd.DataFrame(rows, columns=["municipality", "spot_id", "typology", "status", "unsafe", "point"])
    return table.assign(kp="FSW", lower=table["point"], upper=table["point"])


SPOTS = spots_of(
    ["a", "s1", "bar", "active", False, 60.0],
    ["a", "s2", "bar", "active", True, 20.0],
    ["a", "s3", "bar", "refused", False, 15.0],
    ["a", "s4", "home", "active", False, 3.0],
    ["a", "s5", "bar", "active", False, 2.0],
    ["b", "s6", "bar", "active", False, 1.0],
)


def test_a_register_with_nobody_in_it_has_no_priorities():
    assert spot_priorities(pd.DataFrame(columns=COLUMNS), PEOPLE, read_norms()).empty


def test_spots_say_why_they_are_in_or_out():
    """80 % of 66 people is s1; the floors bring in a home and a spot of b; nobody is sent to s2 and s3."""
    found = spot_priorities(SPOTS, PEOPLE, read_norms()).set_index("spot_id")
    assert found["reason"].to_dict() == {
        "s1": "size", "s2": "unsafe", "s3": "refused", "s4": "floor", "s5": "below", "s6": "floor",
    }  # fmt: skip
    assert found.loc[["s1", "s2", "s6"], "size_class"].tolist() == ["large", "large", "small"]
    assert (found["risk_class"] == "").all()


def test_norms_set_floors_and_risk_of_a_typology():
    part = {"unit": "spots", "source": "ours", "note": "n", "assumption": True}
    own = {"places_home": {"all": {"value": 0, **part}}, "risk_bar": {"FSW": {"value": 3, **part}}}
    norms = overlay(read_norms(), make_norms(own, title="own"))
    found = spot_priorities(SPOTS, PEOPLE, norms).set_index("spot_id")
    assert found.loc["s4", "reason"] == "below"
    assert found.loc[["s1", "s4"], "risk_class"].tolist() == ["high", ""]


def counts_of(*rows):
    return pd.DataFrame(rows, columns=["municipality", "kp", "step", "people"])


def test_who_is_covered_does_not_count():
    """Regular is the strictest step: 90 of 100 in a are reached, nobody in b."""
    counts = counts_of(["a", "FSW", "registered", 120.0], ["a", "FSW", "regular", 90.0])
    assert covered(counts) == {("a", "FSW"): ("regular", 90.0)}
    found = spot_priorities(SPOTS, PEOPLE, read_norms(), counts).set_index("spot_id")
    assert found.loc[["s1", "s6", "s2"], "unreached"].to_numpy() == pytest.approx([6.0, 1.0, 0.0])


def test_municipalities_with_hidden_sizes_take_no_part():
    found = municipality_priorities(PEOPLE, read_norms()).set_index("municipality")
    assert found["reason"].to_dict() == {"a": "size", "b": "below", "c": ""}
    assert found.loc["c", ["central", "unreached", "band", "probability"]].isna().all()
    assert found["hidden"].tolist() == [False, False, True]


def test_which_place_fills_a_floor_is_not_certain():
    places = places_of([90, 6, 5.9], spread=0.4, typology=["bar", "home", "home"])
    found = table_of(places, floors={"home": 1})
    assert found.loc["m1", "reason"] == "floor"
    assert found.loc["m1", "stability"] == "borderline"
    assert found.loc[["m1", "m2"], "probability"].sum() == pytest.approx(1)
