"""The opportunity gap: the ladder, its flags, and what of the counts may be shown."""

import numpy as np
import pandas as pd
import pytest

from mapping.microplan.gap import (
    ABOVE,
    LATER,
    check_places,
    latest,
    opportunity_gap,
    people_at_spots,
    read_coverage,
    release_coverage,
)
from mapping.microplan.people import people_table
from pse.records.problems import TableError

NO_SPOTS = pd.DataFrame(columns=["municipality", "kp", "people"])


def ladder(steps, *, size=(80.0, 100.0, 120.0)):
    low, central, high = size
    row = {"municipality": "a", "name": "A", "kp": "FSW", "low": low, "central": central, "high": high}
    people = pd.DataFrame([{**row, "hidden": False}])
    counts = pd.DataFrame(
        {"municipality": "a", "kp": "FSW", "step": list(steps), "people": list(steps.values())}
    )
    table = opportunity_gap(people, counts.assign(hidden=False), NO_SPOTS)
    return table.set_index("step")


def test_a_ladder_by_hand():
    table = ladder({"registered": 60.0, "contacted": 45.0, "tested": 30.0})
    assert table.index.tolist() == ["estimated", "registered", "contacted", "tested"]
    assert table["share"].tolist() == pytest.approx([1, 0.6, 0.45, 0.3])
    assert table["lost"].tolist()[1:] == [40, 15, 15]
    assert table["flag"].eq("").all()


def test_a_later_step_larger_than_an_earlier_one_is_flagged():
    table = ladder({"registered": 60.0, "contacted": 70.0, "tested": 65.0})
    assert table["flag"].to_dict() == {"estimated": "", "registered": "", "contacted": LATER, "tested": LATER}
    assert table.loc["contacted", "lost"] == -10


def test_more_registered_than_the_upper_size_is_flagged():
    assert ladder({"registered": 120.0}).loc["registered", "flag"] == ""
    table = ladder({"registered": 121.0})
    assert table.loc["registered", "flag"] == ABOVE
    assert table.loc["registered", "share"] == pytest.approx(1.21)


def test_steps_come_in_the_order_of_the_ladder_whatever_the_file_says():
    table = ladder({"tested": 10.0, "condoms_given": 99.0, "registered": 50.0})
    assert table.index.tolist() == ["estimated", "registered", "tested", "condoms_given"]
    assert np.isnan(table.loc["condoms_given", "lost"])
    assert table.loc["condoms_given", "flag"] == ""


def test_only_the_latest_period_counts():
    periods = ["2016-Q1", "2016-Q2", "2016-Q2"]
    counts = pd.DataFrame({"municipality": "a", "kp": "FSW", "step": "tested", "people": [10, 20, 5]})
    counts["period"] = periods
    assert latest(counts)["people"].tolist() == [25]


def test_no_hidden_count_can_be_subtracted_from_the_total(public, counts):
    shown = release_coverage(counts, public)
    places = shown[shown["municipality"].ne("")]
    hidden_sizes = public.municipalities[public.municipalities["hidden"]]
    for place, kp in zip(
        hidden_sizes["municipality"].astype(str), hidden_sizes["kp"].astype(str), strict=True
    ):
        assert places.loc[places["municipality"].eq(place) & places["kp"].eq(kp), "people"].isna().all()
    for (kp, step), rows in places.groupby(["kp", "step"]):
        own = counts[counts["kp"].eq(kp) & counts["step"].eq(step)].set_index("municipality")["people"]
        gone = own[rows.loc[rows["hidden"], "municipality"]]
        assert len(gone) == 0 or (len(gone) >= 2 and gone.sum() >= 10)


def test_small_counts_are_hidden_with_all_steps_of_their_place(public, counts):
    small = counts.copy()
    place = counts["municipality"].iloc[-1]
    small.loc[small["municipality"].eq(place) & small["step"].eq("tested"), "people"] = 3
    shown = release_coverage(small, public)
    assert shown.loc[shown["municipality"].eq(place), "people"].isna().all()
    total = shown[shown["municipality"].eq("") & shown["kp"].eq("FSW")].set_index("step")["people"]
    fsw = small[small["kp"].eq("FSW")].groupby("step")["people"].sum()
    assert total["tested"] == fsw["tested"]  # totals are true


def test_at_restricted_nothing_is_hidden(restricted, counts):
    shown = release_coverage(counts, restricted)
    assert not shown["hidden"].any()


def test_a_hidden_place_has_one_row_without_numbers(public, counts):
    people = people_table(public)
    table = opportunity_gap(people, release_coverage(counts, public), people_at_spots(public))
    gone = table[table["hidden"]]
    assert len(gone)
    assert gone[["people", "share", "lost"]].isna().all().all()
    assert not gone.duplicated(["municipality", "kp"]).any()


def test_municipalities_that_match_none_are_refused_without_their_text(sample):
    counts = pd.DataFrame({"municipality": ["decan", "Atlantis"], "kp": "FSW", "step": "tested", "people": 5})
    with pytest.raises(
        ValueError, match=r"coverage must name municipalities .* 1 row\(s\).*\(row 3\)"
    ) as caught:
        check_places(counts, sample.municipalities["municipality"])
    assert "Atlantis" not in str(caught.value)


def test_a_file_of_counts_is_read_at_the_door(tmp_path, sample):
    path = tmp_path / "coverage.csv"
    path.write_text(
        "municipality,kp,step,people\ndecan,FSW,tested,-4\ndecan,XXX,tested,many\n", encoding="utf-8"
    )
    places = sample.municipalities["municipality"]
    with pytest.raises(TableError) as caught:
        read_coverage(path, municipalities=places, kps=sample.kps)
    assert {problem.row for problem in caught.value.problems} == {2, 3}
    path.write_text("municipality,kp,step,people\ndecan,FSW,tested,4\n", encoding="utf-8")
    assert read_coverage(path, municipalities=places, kps=sample.kps)["people"].tolist() == [4]
