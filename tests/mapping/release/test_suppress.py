"""Complementary suppression: known answers by hand, and what holds of every table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.release.reader import Need, Reader
from mapping.release.suppress import UnprotectableError, loss, suppress
from tests.mapping.release.tables import THRESHOLD, case, interval, is_safe, known_limits, table

CELLS = st.lists(st.integers(0, 60), min_size=12, max_size=12).map(lambda n: np.reshape(n, (3, 4)))


def units(system, hidden):
    return {system.units[i] for i in np.flatnonzero(hidden)}


def solve(cells):
    system, reader, needs, start = case(cells)
    return system, suppress(reader, needs, start), start


def test_a_small_cell_alone_is_read_off_its_row():
    system, _, _, start = case([[3, 20], [30, 40]])
    assert interval(system, start, 0) == pytest.approx((3, 3))
    assert not is_safe(system, start)


def test_a_table_of_two_by_two_with_a_small_cell_hides_all_four_cells_and_no_margin():
    system, hidden, start = solve([[3, 20], [30, 40]])
    assert units(system, hidden) == {"cell/0/0", "cell/0/1", "cell/1/0", "cell/1/1"}
    assert loss(system, hidden, start) == pytest.approx(3.09)  # 1 each, and 90 people / 1000
    assert is_safe(system, hidden)


def test_two_small_cells_of_a_row_do_not_hide_each_other_enough():
    """Together they are 9, so neither can be 10 without a third cell that gives way."""
    system, hidden, start = solve([[5, 4, 70], [5, 40, 50], [80, 60, 90]])
    assert is_safe(system, hidden)
    assert not is_safe(system, start)


def test_nothing_is_hidden_where_nothing_is_small():
    assert not solve([[30, 20], [30, 40]])[1].any()


def test_a_small_margin_is_hidden_with_its_cells():
    system, hidden, _ = solve([[1, 2, 3], [40, 50, 60], [30, 30, 30]])
    assert "row/0" in units(system, hidden)
    assert is_safe(system, hidden)


def test_a_dominated_cell_can_move_a_fifth_to_each_side():
    system = table([[100, 40], [35, 50]])
    reader = Reader(system, {0: (0.0, np.inf)} | dict.fromkeys(range(1, 4), (10.0, np.inf)))
    hidden = suppress(reader, [Need(0, 79, False), Need(0, 121, True)], system.mask(["cell/0/0"]))
    assert units(system, hidden) == {"cell/0/0", "cell/0/1", "cell/1/0", "cell/1/1"}
    numbers = reader.cheapest(Need(0, 121, True), hidden, more=False)
    assert numbers[:4] == pytest.approx([121, 19, 14, 71])  # what a reader cannot rule out: the sums are kept


def test_a_dominated_cell_whose_partners_are_too_small_takes_a_margin():
    """The other cell of its column is 10 or more, so it rises by 20 at most, not 21: a margin goes."""
    system = table([[100, 40], [30, 50]])
    reader = Reader(system, known_limits(system) | {0: (0.0, np.inf)})
    hidden = suppress(reader, [Need(0, 121, True)], system.mask(["cell/0/0"]))
    assert {"row/0", "row/1", "column/0", "column/1"} & units(system, hidden)


def test_the_people_of_a_single_spot_find_no_other_hidden_cell():
    """Cells 3 and 4 hide each other in their row, but not from the people of the second one's only spot."""
    cells = [[3, 7, 30, 40], [20, 50, 60, 70], [80, 90, 90, 90]]
    system, reader, needs, start = case(cells)
    plain = suppress(reader, needs, start)
    known = frozenset({"cell/0/1"})
    inside = [Need(n.row, n.target, n.up, known) for n in needs if n.row != 1]
    hidden = suppress(reader, needs + inside, start)
    low, high = interval(system, hidden, 0, known)
    assert low <= 0.5 + 1e-6 and high >= THRESHOLD - 1e-6
    assert loss(system, hidden, start) >= loss(system, plain, start)


def test_a_single_partner_is_none_for_who_knows_it():
    system = table([[3, 30], [30, 40]])
    reader = Reader(system, known_limits(system))
    known = frozenset({"cell/0/1", "row/0"})
    with pytest.raises(UnprotectableError, match="must leave a choice of what to hide"):
        suppress(reader, [Need(0, THRESHOLD, True, known)], system.mask(["cell/0/0"]))


def test_a_nation_of_few_people_cannot_be_protected():
    system, reader, needs, start = case([[1, 2], [1, 1]])
    with pytest.raises(UnprotectableError, match="must leave a choice of what to hide"):
        suppress(reader, needs, start & np.isfinite(system.cost))


@given(cells=CELLS)
@settings(max_examples=15, deadline=None)
def test_every_small_number_stays_unsure_and_no_more_is_hidden_than_that_takes(cells):
    cells = cells + np.array([[60], [0], [0]])  # the nation is large
    system, reader, needs, start = case(cells)
    hidden = suppress(reader, needs, start)
    assert is_safe(system, hidden)
    assert not hidden[system.units.index("nation")]
    for unit in np.flatnonzero(hidden & ~start):
        fewer = hidden.copy()
        fewer[unit] = False
        assert not is_safe(system, fewer)


def test_the_same_table_gives_the_same_choice():
    cells = np.random.default_rng(3).integers(0, 50, (6, 5))
    assert (solve(cells)[1] == solve(cells)[1]).all()
