"""Differencing of releases: rounds, formats, levels and geographies. Constructed sizes.

Every attack is a subtraction that a reader of two files can do. It is first done on releases that nobody
compared, and finds the true size; then the ledger refuses the same release, or hides more and the subtraction
finds nothing.
"""

import numpy as np
import pandas as pd
import pytest

from mapping.release.comparison import decide_release, hide_cells
from mapping.release.ledger import ReleaseLedger, read_ledger, record_release, release_record

SIZES = {"M1": 64.0, "M2": 41.0, "M3": 22.0, "M4": 15.0, "M5": 8.0, "M6": 3.0}
LATER = {**SIZES, "M5": 13.0}


def tables(sizes, hide=()):
    names = list(sizes)
    point = pd.Series([sizes[name] for name in names])
    adults = pd.Series([1000.0 * (i + 1) for i in range(len(names))])
    municipal = pd.DataFrame({"municipality": names, "kp": "FSW", "adults": adults})
    municipal = municipal.assign(
        point=point, lower=point * 0.8, upper=point * 1.3, rate=1000 * point / adults
    )
    hidden = municipal["municipality"].isin(hide)
    numbers = ["point", "lower", "upper", "rate"]
    municipal[numbers] = municipal[numbers].mask(hidden)
    national = pd.DataFrame({"kp": ["FSW"], "point": [point.sum()]})
    national = national.assign(lower=0.8 * point.sum(), upper=1.3 * point.sum())
    return {"national": national, "municipalities": municipal.assign(hidden=hidden)}


def record(shown, sizes=SIZES, *, level="public", round="2016", formats=("csv",), within=None):
    return release_record(
        shown, tables(sizes), level=level, round=round, formats=formats, date="2016-05-01", within=within
    )


def size(shown, name):
    """Return the size of a municipality as a reader sees it; NaN where it is blank."""
    if "municipalities" not in shown:
        return np.nan
    table = shown["municipalities"]
    return float(table.loc[table["municipality"].eq(name), "point"].iloc[0])


def read_off(*releases):
    """Return what a patient reader makes of several files: every number from wherever it is printed, and the
    last one of each total from its other parts, over and over."""
    known = {name: size(one, name) for one in releases for name in SIZES if not np.isnan(size(one, name))}
    totals = [float(one["national"]["point"].iloc[0]) for one in releases if "national" in one]
    left = [name for name in SIZES if name not in known]
    if len(left) == 1 and totals and not np.isnan(totals[-1]):
        known[left[0]] = totals[-1] - sum(known.values())
    return known


def decided(shown, earlier, otherwise, **about):
    """Return the decision and the tables that go out after it; none where the release is refused."""
    decision = decide_release(record(shown, **about), ReleaseLedger(tuple(earlier)), otherwise=otherwise)
    return decision, {} if decision.action == "refuse" else hide_cells(shown, decision.hide)


FORMATS = {"csv": tables(SIZES, hide=("M4", "M5", "M6")), "map": tables(SIZES, hide=("M3", "M5", "M6"))}


def test_two_formats_that_hide_different_partners_leave_one_sum_of_two():
    """Naive: table and map each choose their own partners. Together they leave M5 + M6 = 11 only."""
    known = read_off(*FORMATS.values())
    assert known["M3"] == 22 and known["M4"] == 15
    assert sum(SIZES.values()) - sum(known.values()) == pytest.approx(11)


@pytest.mark.parametrize("otherwise", ["refuse", "coarsen"])
def test_the_second_format_must_hide_what_the_first_hid(otherwise):
    first = record(FORMATS["csv"])
    decision, out = decided(FORMATS["map"], [first], otherwise, formats=("map",))
    assert decision.action == otherwise
    assert "M4" not in read_off(FORMATS["csv"], *([out] if out else []))


TOTAL_LATER = {"municipalities": tables(SIZES, hide=("M6",))["municipalities"]}


def test_a_total_in_another_format_gives_the_only_hidden_cell_away():
    """Naive: the map without totals hides M6; the table with the total comes a week later."""
    assert read_off(TOTAL_LATER, {"national": tables(SIZES)["national"]})["M6"] == pytest.approx(3)


@pytest.mark.parametrize("otherwise", ["refuse", "coarsen"])
def test_the_total_is_not_printed_after_all_its_parts_but_one(otherwise):
    total = {"national": tables(SIZES)["national"]}
    decision, out = decided(total, [record(TOTAL_LATER)], otherwise)
    assert decision.action == otherwise
    assert set(decision.revelations["kind"]) == {"derived"}
    assert "M6" not in read_off(TOTAL_LATER, *([out] if out else []))


ROUNDS = (tables(SIZES, hide=("M5", "M6")), tables(LATER, hide=("M4", "M6")))


def test_the_next_round_gives_the_hidden_cell_of_both_rounds_away():
    """Naive: M5 grew over 10 and is printed, M4 takes its place. M4 was not mapped again: 15 from 2016.

    2018: 158 - 64 - 41 - 22 - 13 - 15 = 3 = M6. And with it 2016: 153 - 142 - 3 = 8 = M5.
    """
    first, second = ROUNDS
    known = read_off(first, second)
    assert known["M6"] == pytest.approx(3)
    total = float(first["national"]["point"].iloc[0])
    assert total - sum(known[name] for name in SIZES if name != "M5") == pytest.approx(8)


@pytest.mark.parametrize("otherwise", ["refuse", "coarsen"])
def test_the_ledger_stops_the_next_round(otherwise):
    first, second = ROUNDS
    decision, out = decided(second, [record(first)], otherwise, sizes=LATER, round="2018")
    assert decision.action == otherwise
    assert {"derived", "narrowed"} & set(decision.revelations["kind"])
    if out:
        assert "M6" not in read_off(first, out)
        again = decide_release(decision.record, ReleaseLedger((record(first),)), otherwise="refuse")
        assert again.action == "allow"


ONE_CHANGED = {**SIZES, "M6": 9.0}


def test_totals_of_two_rounds_print_the_change_of_the_only_hidden_cell_that_changed():
    hide = ("M5", "M6")
    totals = [float(tables(sizes, hide)["national"]["point"].iloc[0]) for sizes in (SIZES, ONE_CHANGED)]
    assert totals[1] - totals[0] == ONE_CHANGED["M6"] - SIZES["M6"]


@pytest.mark.parametrize("otherwise", ["refuse", "coarsen"])
def test_the_ledger_does_not_let_the_change_of_one_hidden_cell_out(otherwise):
    hide = ("M5", "M6")
    decision, out = decided(
        tables(ONE_CHANGED, hide), [record(tables(SIZES, hide))], otherwise, sizes=ONE_CHANGED, round="2018"
    )
    assert decision.action == otherwise
    assert "change" in set(decision.revelations["kind"])
    if out:
        printed = [float(table["national"]["point"].iloc[0]) for table in (tables(SIZES), out)]
        cells = out["municipalities"]
        assert np.isnan(printed[1]) or cells["point"].isna().sum() > 2


PROGRAMME, PUBLIC = tables(SIZES, hide=("M6", "M3")), tables(SIZES, hide=("M4", "M5", "M6"))


def test_a_partner_with_both_levels_has_the_cell_that_each_hides():
    assert read_off(PUBLIC, PROGRAMME)["M6"] == pytest.approx(3)


@pytest.mark.parametrize("order", ["public first", "programme first"])
def test_two_levels_are_compared_for_the_eyes_of_partners(order):
    pairs = [(PUBLIC, "public"), (PROGRAMME, "programme")]
    (early, level), (late, other) = pairs if order == "public first" else pairs[::-1]
    decision, _ = decided(late, [record(early, level=level)], "refuse", level=other)
    assert decision.action == "refuse"
    assert set(decision.revelations["audience"]) == {"programme"}
    decision, out = decided(late, [record(early, level=level)], "coarsen", level=other)
    assert not out or "M6" not in read_off(early, out)


WITHIN = {
    "region": {"M1": "North", "M2": "North", "M6": "North", "M3": "South", "M4": "South", "M5": "South"},
    "clinic": {"M1": "A", "M2": "A", "M3": "B", "M4": "B", "M5": "B", "M6": "B"},
}


def by(geography, sizes=SIZES):
    point = pd.Series(sizes).groupby(WITHIN[geography]).sum()
    return {geography: pd.DataFrame({geography: point.index, "kp": "FSW", "point": point.to_numpy()})}


def test_two_geographies_print_the_municipality_between_them():
    """Naive: by region North = 108, by clinic A = 105. The one municipality between them has 3."""
    north = by("region")["region"].set_index("region").loc["North", "point"]
    clinic = by("clinic")["clinic"].set_index("clinic").loc["A", "point"]
    assert north - clinic == SIZES["M6"]


@pytest.mark.parametrize("otherwise", ["refuse", "coarsen"])
def test_the_second_geography_is_refused_or_hidden(otherwise):
    first = record(by("region"), within=WITHIN)
    decision, out = decided(by("clinic"), [first], otherwise, within=WITHIN)
    assert decision.action == otherwise
    assert ("municipality", "M6") in {pair for keys in decision.revelations["keys"] for pair in keys}
    if out:
        printed = out["clinic"].set_index("clinic")["point"]
        assert printed.isna().any()
        assert np.isnan(printed["A"]) and np.isnan(printed["B"])


def test_harmless_releases_pass_so_refusal_says_something():
    hide = ("M4", "M5", "M6")
    first = record(tables(SIZES, hide))
    for shown, about in (
        (tables(SIZES, hide), {"formats": ("map",)}),
        (tables(LATER, hide), {"sizes": {**LATER, "M4": 17.0, "M6": 5.0}, "round": "2018"}),
        ({"national": tables(SIZES)["national"]}, {}),
    ):
        if "sizes" in about:
            shown = tables(about["sizes"], hide)
        assert (
            decide_release(record(shown, **about), ReleaseLedger((first,)), otherwise="refuse").action
            == "allow"
        )


def test_the_ledger_on_disk_stops_the_attack_in_another_session(tmp_path):
    path = tmp_path / "ledger.jsonl"
    record_release(path, record(FORMATS["csv"]))
    again = decide_release(record(FORMATS["map"], formats=("map",)), read_ledger(path), otherwise="refuse")
    assert again.action == "refuse"
    assert not [name for name in SIZES if name in again.sentence]


def test_releases_of_the_sample_at_both_levels_go_together(sample_sizes):
    """Public and programme of one study, as the toolkit hides them, and then a map with every number."""
    from mapping.release import release

    whole = release(sample_sizes, "restricted").tables

    def kept(tables, level):
        return release_record(tables, whole, level=level, round="2016", formats=["csv"], date="2016-05-01")

    public = kept(release(sample_sizes, "public").tables, "public")
    naive = kept({"municipalities": whole["municipalities"]}, "public")
    found = decide_release(naive, ReleaseLedger((public,)), otherwise="refuse")
    assert found.action == "refuse"
    assert set(found.revelations["kind"]) >= {"shown"}
    same = decide_release(public, ReleaseLedger((public,)), otherwise="refuse")
    assert same.action == "allow"
