"""The release ledger: hidden numbers that follow from two releases, each safe alone. Constructed numbers."""

import json
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.release.comparison import compare_release, decide_release, hide_cells
from mapping.release.differences import bounds, join_numbers
from mapping.release.ledger import ReleaseLedger, read_ledger, record_release, release_record

SIZES = {"M1": 40.0, "M2": 30.0, "M3": 20.0, "M4": 7.0, "M5": 4.0}


def tables(sizes=SIZES, hide=(), total=True):
    """Return a national and a municipal table of one KP; the municipalities of `hide` are blank."""
    municipal = pd.DataFrame({"municipality": list(sizes), "kp": "FSW", "point": list(sizes.values())})
    national = pd.DataFrame({"kp": ["FSW"], "point": [sum(sizes.values()) if total else np.nan]})
    hidden = municipal["municipality"].isin(hide)
    municipal["point"] = municipal["point"].mask(hidden)
    return {"national": national, "municipalities": municipal.assign(hidden=hidden)}


def record(shown, whole=None, *, level="public", round="2016", within=None):
    whole = tables() if whole is None else whole
    return release_record(
        shown, whole, level=level, round=round, formats=["csv"], date="2016-05-01", within=within
    )


def compare(new, *earlier):
    return compare_release(new, ReleaseLedger(earlier))


def found(table):
    """Return kind and municipality of every revelation."""
    return {(row["kind"], dict(row["keys"]).get("municipality")) for row in table.to_dict("records")}


FIRST = {"hide": ("M3", "M4", "M5")}


def test_a_first_release_has_nothing_to_be_compared_with():
    assert compare(record(tables(hide=("M5",)))).empty


def test_the_same_release_again_gives_nothing_away():
    assert compare(record(tables(**FIRST)), record(tables(**FIRST))).empty


def test_a_cell_hidden_before_and_printed_now_is_found():
    got = compare(record(tables(hide=("M4", "M5"))), record(tables(**FIRST)))
    assert ("shown", "M3") in found(got)


def test_two_safe_releases_with_other_partners_narrow_the_small_cells():
    """One hides M4 and M5 with M3, the other with M2; M2 and M3 are printed: 101 - 90 = 11 = M4 + M5."""
    got = compare(record(tables(hide=("M2", "M4", "M5"))), record(tables(**FIRST)))
    assert found(got) == {("shown", "M3")}
    small = {**SIZES, "M4": 4.0}
    first, second = (record(tables(small, hide=(m, "M4", "M5")), tables(small)) for m in ("M3", "M2"))
    assert found(compare(second, first)) == {("shown", "M3"), ("narrowed", "M4"), ("narrowed", "M5")}


def test_total_minus_parts_over_two_formats_is_found_by_subtraction():
    """The tables hide M5 and have no total; the map that comes later prints the total: 101 - 97 = 4."""
    earlier = record({"municipalities": tables(hide=("M5",))["municipalities"]})
    later = record({"national": tables()["national"]})
    got = compare(later, earlier)
    assert found(got) == {("derived", "M5")}
    assert got.loc[0, ["low", "high"]].tolist() == pytest.approx([4, 4])


def test_a_rate_on_a_map_is_a_size_because_adults_are_known():
    earlier = record(tables(hide=("M4", "M5")))
    rates = tables(hide=tuple(SIZES))["municipalities"].assign(rate=1.5)
    assert ("shown", "M5") in found(compare(record({"municipalities": rates}), earlier))


def test_two_geographies_give_away_the_municipality_between_them():
    """North = M1 + M2 + M5, and later Plain = M1 + M2: the difference is M5, 4 people, never printed."""
    within = {
        "region": {"M1": "North", "M2": "North", "M5": "North", "M3": "South", "M4": "South"},
        "landscape": {"M1": "Plain", "M2": "Plain", "M5": "Hills", "M3": "Hills", "M4": "Hills"},
    }
    region = pd.DataFrame({"region": ["North", "South"], "kp": "FSW", "point": [74.0, 27.0]})
    landscape = pd.DataFrame({"landscape": ["Plain", "Hills"], "kp": "FSW", "point": [70.0, 31.0]})
    earlier = record({"region": region}, within=within)
    assert compare(earlier).empty
    got = compare(record({"landscape": landscape}, within=within), earlier)
    assert ("derived", "M5") in found(got)


def test_a_region_of_one_hidden_and_one_printed_municipality_gives_the_hidden_one_away():
    within = {"region": {"M1": "A", "M5": "A", "M2": "B", "M3": "B", "M4": "B"}}
    region = pd.DataFrame({"region": ["A", "B"], "kp": "FSW", "point": [44.0, 57.0]})
    got = compare(record({"region": region}, within=within), record(tables(hide=("M4", "M5"))))
    assert {("derived", "M4"), ("derived", "M5")} <= found(got)


def test_where_only_one_hidden_cell_changed_its_change_is_found():
    """M5 grows from 4 to 9, M4 stays: the totals 101 and 106 print the change, 5 people."""
    after = {**SIZES, "M5": 9.0}
    hide = {"hide": ("M4", "M5")}
    new = record(tables(after, **hide), tables(after), round="2018")
    got = compare(new, record(tables(**hide)))
    assert ("change", "M5") in found(got)
    assert got.loc[got["kind"].eq("change"), ["low", "high"]].to_numpy().ravel() == pytest.approx([5, 5])


def test_a_partner_that_grew_over_the_threshold_gives_the_other_away():
    """2016 hides M4 = 7 and M5 = 4. In 2018 M4 = 12 is printed; M3, unchanged, hides M5 = 4 in its place.

    A reader who takes M3 = 20 from 2016 has 106 - 40 - 30 - 20 - 12 = 4.
    """
    after = {**SIZES, "M4": 12.0}
    new = record(tables(after, hide=("M3", "M5")), tables(after), round="2018")
    got = compare(new, record(tables(hide=("M4", "M5"))))
    assert {("derived", "M5"), ("derived", "M4")} & found(got)
    assert ("derived", "M5") in found(got)


def test_linear_programming_finds_what_no_single_subtraction_does():
    """Three unknowns, three sums of two: M3 + M4, M4 + M5 and M3 + M5 give all three."""
    within = {
        "a": {"M3": "x", "M4": "x"},
        "b": {"M4": "x", "M5": "x"},
        "c": {"M3": "x", "M5": "x"},
    }
    pairs = {"a": 27.0, "b": 11.0, "c": 24.0}
    sums = {name: pd.DataFrame({name: ["x"], "kp": ["FSW"], "point": [size]}) for name, size in pairs.items()}
    first = record({name: sums[name] for name in "ab"}, within=within)
    got = compare(record({"c": sums["c"]}, within=within), first)
    assert {("derived", "M4"), ("derived", "M5")} <= found(got)


def test_a_number_under_the_threshold_may_not_be_narrowed():
    """The first release leaves M3 + M4 + M5 open, the region M1 + M3 gives M3, so M4 + M5 are known.

    With 11 people together M4 is still open from 0 to 11. With 8 the reader knows that both are under 10.
    """
    within = {"region": {"M1": "R", "M3": "R"}}
    for small, kinds in ((7.0, set()), (4.0, {("narrowed", "M4"), ("narrowed", "M5")})):
        sizes = {**SIZES, "M4": small}
        region = pd.DataFrame({"region": ["R"], "kp": ["FSW"], "point": [60.0]})
        first = record(tables(sizes, **FIRST), tables(sizes))
        got = compare(record({"region": region}, tables(sizes), within=within), first)
        assert ("derived", "M3") in found(got)
        assert {pair for pair in found(got) if pair[1] in ("M4", "M5")} == kinds


def test_partners_may_see_more_than_the_public_but_not_what_both_releases_give_away():
    """Public prints M3 and hides M4 with M5. Programme hides M5 with M3, and prints M4: M5 = 101 - 97."""
    public = record(tables(hide=("M4", "M5")))
    safe = record(tables(hide=("M5", "M4")), level="programme")
    assert compare(safe, public).empty
    other = record(tables(hide=("M5", "M3")), level="programme")
    got = compare(other, public)
    assert ("derived", "M5") in found(got)
    assert set(got["audience"]) == {"programme"}


def test_what_the_public_may_not_see_is_no_revelation_in_a_programme_release():
    """M4 = 7 is under 10 and not under 5: partners may see it, and M5 is hidden with M3 both times."""
    public = record(tables(hide=("M3", "M4", "M5")))
    assert compare(record(tables(hide=("M3", "M5")), level="programme"), public).empty


def test_restricted_releases_are_no_source_for_readers_and_are_never_refused():
    whole = record(tables(), level="restricted")
    assert compare(record(tables(hide=("M4", "M5"))), whole).empty
    assert compare(whole, record(tables(hide=("M4", "M5")))).empty


def test_typologies_and_components_join_though_nobody_printed_their_common_total():
    """Spots of M1 and M2 by place (20 + hidden), and by typology (bar 18, street 6): 24 - 20 = 4."""
    components = pd.DataFrame(
        {"municipality": ["M1", "M2"], "kp": "FSW", "component": "spots", "channel": "", "point": [20.0, 4.0]}
    )
    typologies = pd.DataFrame(
        {"kp": "FSW", "component": "spots", "typology": ["bar", "street"], "point": [18.0, 6.0]}
    )
    whole = {"components": components, "typologies": typologies}
    hidden = components.assign(point=[20.0, np.nan])
    got = compare(record({"typologies": typologies}, whole), record({"components": hidden}, whole))
    assert ("derived", "M2") in found(got)


def test_an_override_breaks_the_sum_and_is_not_taken_for_one():
    whole = tables()
    whole["national"]["point"] = 150.0
    hidden = tables(hide=("M5",))["municipalities"]
    got = compare(record({"national": whole["national"]}, whole), record({"municipalities": hidden}, whole))
    assert got.empty


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.integers(0, 60), min_size=3, max_size=6),
    masks=st.tuples(*[st.lists(st.booleans(), min_size=6, max_size=6)] * 2),
)
def test_the_bounds_hold_the_truth_and_more_releases_never_widen_them(values, masks):
    sizes = {f"M{i}": float(value) for i, value in enumerate(values)}
    records = [
        record(tables(sizes, hide=[m for m, off in zip(sizes, mask, strict=False) if off]), tables(sizes))
        for mask in masks
    ]
    joined = join_numbers([(one.cells, {}) for one in records])
    alone = join_numbers([(records[0].cells, {})])
    wanted = [{name: 1.0} for name in alone.place]
    truth = np.array([name[2] for name in alone.place])
    wide, narrow = bounds(alone, wanted), bounds(joined, wanted)
    assert (wide[:, 0] <= truth + 1e-6).all() and (truth - 1e-6 <= wide[:, 1]).all()
    assert (narrow[:, 0] >= wide[:, 0] - 1e-6).all() and (narrow[:, 1] <= wide[:, 1] + 1e-6).all()
    assert (narrow[:, 0] <= truth + 1e-6).all() and (truth - 1e-6 <= narrow[:, 1]).all()


def test_a_harmless_release_is_allowed():
    earlier = record(tables(**FIRST))
    decision = decide_release(record(tables(**FIRST)), ReleaseLedger((earlier,)), otherwise="refuse")
    assert decision.action == "allow"
    assert decision.hide == ()


def test_a_harmful_release_is_refused_in_words_without_places_and_numbers():
    earlier = record({"municipalities": tables(hide=("M5",))["municipalities"]})
    later = record({"national": tables()["national"]})
    decision = decide_release(later, ReleaseLedger((earlier,)), otherwise="refuse")
    assert decision.action == "refuse"
    assert "must not give away what is hidden; got one hidden number" in decision.sentence
    assert "Hide what was hidden before, or hide more" in decision.sentence
    for text in (decision.sentence, repr(decision)):
        assert "M5" not in text and "FSW" not in text


def test_coarsening_hides_more_until_nothing_is_given_away():
    earlier = record(tables(**FIRST))
    shown = tables(hide=("M4", "M5"))
    ledger = ReleaseLedger((earlier,))
    decision = decide_release(record(shown), ledger, otherwise="coarsen")
    assert decision.action == "coarsen"
    safe = hide_cells(shown, decision.hide)
    assert compare(record(safe), earlier).empty
    assert safe["municipalities"]["point"].isna().sum() > 2
    assert safe["municipalities"].loc[safe["municipalities"]["point"].isna(), "hidden"].all()
    assert shown["municipalities"]["point"].isna().sum() == 2


def test_coarsening_finds_partners_across_rounds():
    after = {**SIZES, "M4": 12.0}
    shown = tables(after, hide=("M3", "M5"))
    earlier = record(tables(hide=("M4", "M5")))
    new = record(shown, tables(after), round="2018")
    decision = decide_release(new, ReleaseLedger((earlier,)), otherwise="coarsen")
    assert decision.action == "coarsen"
    assert compare(decision.record, earlier).empty
    printed = record(hide_cells(shown, decision.hide), tables(after), round="2018").cells
    assert printed["state"].eq("shown").equals(decision.record.cells["state"].eq("shown"))


def test_where_all_is_printed_already_coarsening_becomes_refusal():
    """The later release prints nothing new but the total, and hiding it is all that helps: that is done."""
    earlier = record({"municipalities": tables(hide=("M5",))["municipalities"]})
    total = {"national": tables()["national"]}
    decision = decide_release(record(total), ReleaseLedger((earlier,)), otherwise="coarsen")
    assert decision.action == "coarsen"
    assert decision.hide == ((("kp", "FSW"),),)


def test_a_row_twice_or_of_other_estimates_is_refused():
    twice = tables()
    twice["municipalities"] = pd.concat([twice["municipalities"]] * 2)
    with pytest.raises(ValueError, match="municipalities must have each row once"):
        record(twice)
    other = tables({**SIZES, "M9": 3.0})
    with pytest.raises(ValueError, match="no row that is not in the whole table"):
        record(other)


def test_a_ledger_keeps_every_release_in_order(tmp_path):
    path = tmp_path / "ledger.jsonl"
    assert read_ledger(path) == ReleaseLedger()
    within = {"region": {"M1": "Župa\u2028x"}}
    first = record(tables(**FIRST), within=within)
    second = replace(record(tables(**FIRST), level="programme"), formats=("png", "webmap"), date="2016-06-01")
    record_release(path, first)
    before = path.read_text(encoding="utf-8")
    record_release(path, second)
    assert path.read_text(encoding="utf-8").startswith(before)
    got = read_ledger(path).releases
    for one, other in zip(got, (first, second), strict=True):
        pd.testing.assert_frame_equal(one.cells, other.cells)
        assert replace(one, cells=None) == replace(other, cells=None)
    assert not list(tmp_path.glob(".*"))


def test_a_ledger_says_that_it_is_restricted_and_only_its_owner_can_read_it(tmp_path):
    path = tmp_path / "ledger.jsonl"
    record_release(path, record(tables(**FIRST)))
    assert json.loads(path.read_text(encoding="utf-8").split("\n")[0])["about"].startswith("RESTRICTED")
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o640)
        with pytest.raises(ValueError, match="ledger must be readable by its owner only"):
            read_ledger(path)


def test_a_ledger_among_results_is_refused(tmp_path):
    (tmp_path / "receipt.txt").touch()
    with pytest.raises(ValueError, match="ledger must lie outside every folder with results"):
        record_release(tmp_path / "ledger.jsonl", record(tables(**FIRST)))


@pytest.mark.parametrize("damage", ["change", "remove", "garbage", "half"])
def test_a_ledger_that_was_changed_is_refused_and_left_alone(tmp_path, damage):
    path = tmp_path / "ledger.jsonl"
    for _ in range(3):
        record_release(path, record(tables(**FIRST)))
    lines = path.read_text(encoding="utf-8").split("\n")
    if damage == "change":
        lines[1] = lines[1].replace("2016-05-01", "2016-05-02")
    elif damage == "remove":
        del lines[2]
    else:
        lines[2] = "[]" if damage == "garbage" else lines[2][:40]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ValueError, match=r"ledger must be as it was written; got line \d"):
        record_release(path, record(tables(**FIRST)))
    assert path.read_text(encoding="utf-8") == "\n".join(lines)
    assert not list(tmp_path.glob(".*"))


def test_a_second_writer_is_refused(tmp_path):
    (tmp_path / ".ledger.jsonl.new").touch()
    with pytest.raises(ValueError, match="one writer at a time"):
        record_release(tmp_path / "ledger.jsonl", record(tables(**FIRST)))


def test_nothing_is_half_written_when_the_disk_fails(tmp_path, monkeypatch):
    path = tmp_path / "ledger.jsonl"
    record_release(path, record(tables(**FIRST)))
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        record_release(path, record(tables(**FIRST)))
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_no_repr_shows_a_cell():
    one = record(tables(**FIRST))
    decision = decide_release(one, ReleaseLedger((one,)), otherwise="refuse")
    for text in (repr(one), repr(ReleaseLedger((one,))), repr(decision)):
        assert "M5" not in text
