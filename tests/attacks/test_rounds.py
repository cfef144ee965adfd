"""Attacks by comparing releases: two rounds, two levels, two divisions into municipalities.

Each is first shown to read a hidden number where no ledger was kept.
"""

import numpy as np
import pandas as pd
import pytest

import pse
from mapping.release import release
from mapping.release.ledger import LedgerError, PastRelease, read_ledger, write_to_ledger
from tests.attacks.plain_study import plain_study

FIRST = {"alba": [20] * 5, "bora": [3, 3, 2], "cira": [12] * 4, "dova": [15] * 6, "elma": [14] * 4}
SECOND = {**FIRST, "bora": [5, 4, 4]}
"""A year later `bora` has 13 people, enough to show; nothing else changed."""


def sizes_of(spots):
    return pse.estimate_study(plain_study(spots))


def past(released, day="2026-01-01"):
    return PastRelease(day, released.level, released.tables)


def points(released):
    return released.municipalities.set_index("municipality")["point"]


def by_rounds(first, second, place):
    """Return a size hidden in the first round: the second one less the growth of the nation."""
    growth = second.national["point"].iloc[0] - first.national["point"].iloc[0]
    return points(second)[place] - growth


def test_a_second_round_reads_the_first_where_no_ledger_was_kept():
    first, second = release(sizes_of(FIRST)), release(sizes_of(SECOND))
    assert np.isnan(points(first)["bora"])
    assert by_rounds(first, second, "bora") == pytest.approx(8)


def test_with_the_ledger_a_hidden_municipality_stays_hidden():
    first = release(sizes_of(FIRST))
    second = release(sizes_of(SECOND), ledger=[past(first)])
    assert np.isnan(by_rounds(first, second, "bora"))
    # nor do the partners of bora give it away: none of them is shown that was hidden
    gone = set(points(first).index[points(first).isna()])
    assert gone <= set(points(second).index[points(second).isna()])
    assert len(gone) >= 2


def by_two_releases(one, other, place):
    """Return a size of `one` that is hidden there, from the same total less what either release shows."""
    shown = points(one).fillna(points(other))
    rest = shown.drop(place)
    return one.national["point"].iloc[0] - rest.sum(skipna=False)


def test_a_partner_shown_in_another_release_reads_the_hidden_one_without_the_ledger():
    """Whoever hides by hand may choose another partner each time."""
    sizes = sizes_of(FIRST)
    one, other = release(sizes), release(sizes)
    partner = next(p for p in points(one).index[points(one).isna()] if p != "bora")
    table = other.tables["municipalities"]
    mine = sizes.municipalities["municipality"].eq(partner)
    table.loc[mine, "point"] = sizes.municipalities.loc[mine, "point"]
    assert by_two_releases(one, other, "bora") == pytest.approx(8)


def test_partners_and_public_see_the_same_gaps_with_the_ledger():
    sizes = sizes_of(FIRST)
    public = release(sizes, "public")
    partners = release(sizes, "programme", withheld=(), ledger=[past(public)])
    assert not np.isnan(points(partners)["bora"])  # 8 people may be seen by partners
    again = release(sizes, "public", ledger=[past(public), past(partners)])
    pd.testing.assert_frame_equal(again.municipalities, public.municipalities)


def test_what_partners_may_not_see_is_not_public_either():
    sizes = sizes_of({**FIRST, "bora": [1, 1, 1]})
    public, partners = release(sizes, "public"), release(sizes, "programme", withheld=())
    gone = partners.municipalities["hidden"].to_numpy()
    assert gone.any()
    assert public.municipalities["hidden"].to_numpy()[gone].all()
    assert np.isnan(by_two_releases(public, partners, "bora"))


def test_another_division_reads_a_part_without_the_ledger_and_is_refused_with_it():
    rest = {"alba": [20] * 5, "bora": [15] * 6, "elma": [5] * 4}
    first = release(sizes_of({**rest, "cira": [9, 9, 9, 9, 3, 3, 2]}))
    split = {**rest, "cira": [9] * 4, "cira2": [3, 3, 2]}
    second = release(sizes_of(split))
    assert np.isnan(points(second)["cira2"])
    assert points(first)["cira"] - points(second)["cira"] == pytest.approx(8)  # cira2
    with pytest.raises(LedgerError, match="municipalities must be those of earlier releases"):
        release(sizes_of(split), ledger=[past(first)])


# The folder


def test_the_ledger_gives_back_what_was_written(tmp_path):
    released = release(sizes_of(FIRST))
    assert read_ledger(tmp_path / "ledger") == []
    place = write_to_ledger(released.tables, tmp_path / "ledger", level="public", day="2026-01-01")
    assert place.name == "0001-2026-01-01-public"
    found = read_ledger(tmp_path / "ledger")
    assert [(one.day, one.level) for one in found] == [("2026-01-01", "public")]
    pd.testing.assert_series_equal(
        found[0].tables["municipalities"]["point"], released.municipalities["point"], check_names=False
    )
    second = release(sizes_of(SECOND), ledger=found)
    assert np.isnan(points(second)["bora"])
    assert "compared with the 1 in the ledger" in " ".join(second.receipt.split())


def test_the_same_release_is_written_once_and_another_one_beside_it(tmp_path):
    one, other = release(sizes_of(FIRST)), release(sizes_of(SECOND))
    for day, tables in (("2026-01-01", one.tables), ("2026-01-02", one.tables), ("2026-01-03", other.tables)):
        write_to_ledger(tables, tmp_path, level="public", day=day)
    assert [one.day for one in read_ledger(tmp_path)] == ["2026-01-01", "2026-01-03"]


def test_a_ledger_with_a_broken_release_is_refused(tmp_path):
    place = write_to_ledger(release(sizes_of(FIRST)).tables, tmp_path, level="public", day="2026-01-01")
    (place / "release.json").unlink()
    with pytest.raises(LedgerError, match="ledger must hold whole releases; got '0001-2026-01-01-public'"):
        read_ledger(tmp_path)


def test_a_file_is_no_ledger(tmp_path):
    (tmp_path / "ledger").write_text("", encoding="utf-8")
    with pytest.raises(LedgerError, match="ledger must be a folder; got 'ledger', which is a file"):
        read_ledger(tmp_path / "ledger")


def test_restricted_results_and_days_that_are_none_do_not_go_in(tmp_path):
    tables = release(sizes_of(FIRST)).tables
    with pytest.raises(LedgerError, match="level must be public or programme; got 'restricted'"):
        write_to_ledger(tables, tmp_path, level="restricted", day="2026-01-01")
    with pytest.raises(LedgerError, match="day must be a date such as 2026-11-26; got 'today'"):
        write_to_ledger(tables, tmp_path, level="public", day="today")


def test_without_a_ledger_the_receipt_says_that_nothing_was_compared():
    assert "not compared, because no ledger was named" in " ".join(release(sizes_of(FIRST)).receipt.split())
