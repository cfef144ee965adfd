"""The exact optimum, against every choice there is on tiny tables, and against the heuristic."""

import numpy as np
import pytest

from mapping.release.optimum import gap, lower_bound, optimum
from mapping.release.reader import Need
from mapping.release.suppress import UnprotectableError, loss, suppress
from tests.mapping.release.tables import THRESHOLD, case, cheapest_of_all, interval, is_safe

TINY = [[*np.random.default_rng(seed).integers(0, 40, (2, 3)), [0, 0, 0], [9, 20, 30]] for seed in range(5)]


def test_two_by_two_costs_the_other_three_cells():
    system, reader, needs, start = case([[3, 20], [30, 40]])
    found = optimum(reader, needs, start)
    assert (found.loss, found.bound) == pytest.approx((3.09, 3.09))
    assert found.proven and is_safe(system, found.hidden)


def test_three_by_three_closes_the_cheapest_rectangle():
    """A cell of 3 needs a rectangle through it; of the four, that over 21, 22 and 23 people costs least."""
    system, reader, needs, start = case([[3, 21, 50], [22, 23, 60], [70, 80, 90]])
    found = optimum(reader, needs, start)
    hidden = {system.units[i] for i in np.flatnonzero(found.hidden)}
    assert hidden == {"cell/0/0", "cell/0/1", "cell/1/0", "cell/1/1"}
    assert found.loss == pytest.approx(3.066) == cheapest_of_all(system, start)
    assert is_safe(system, found.hidden)


@pytest.mark.parametrize("cells", [pytest.param(TINY[0], marks=pytest.mark.slow), *TINY[1:]])
def test_no_choice_at_all_is_cheaper_than_the_optimum(cells):
    system, reader, needs, start = case(cells)
    found = optimum(reader, needs, start)
    assert found.proven and is_safe(system, found.hidden)
    assert found.loss == pytest.approx(cheapest_of_all(system, start))


@pytest.mark.parametrize("seed", range(6))
def test_bound_optimum_and_heuristic_come_in_this_order(seed):
    cells = np.round(np.random.default_rng(seed).lognormal(3.2, 1.1, (4 + seed % 3, 4)))
    system, reader, needs, start = case(cells)
    found, quick = optimum(reader, needs, start), suppress(reader, needs, start)
    assert found.proven and is_safe(system, found.hidden) and is_safe(system, quick)
    assert found.loss <= loss(system, quick, start) + 1e-6
    assert lower_bound(reader, needs, start) <= found.loss + 1e-6


def test_a_reader_who_knows_a_cell_makes_it_dearer():
    system, reader, needs, start = case([[3, 7, 30, 40], [20, 50, 60, 70], [80, 90, 90, 90]])
    known = frozenset({"cell/0/1"})
    inside = [Need(n.row, n.target, n.up, known) for n in needs if n.row != 1]
    plain, found = optimum(reader, needs, start), optimum(reader, needs + inside, start)
    assert found.loss >= plain.loss
    low, high = interval(system, found.hidden, 0, known)
    assert low <= 0.5 + 1e-5 and high >= THRESHOLD - 1e-5


def test_a_hidden_number_that_the_sums_give_away_asks_for_more():
    """Hidden from the start: one large cell alone in its row and column."""
    system, reader, _, _ = case([[30, 20, 40], [30, 40, 50]])
    group = [Need(0, 31, True), Need(0, 29, False)]
    found = optimum(reader, [], system.mask(["cell/0/0"]), loose=[group])
    assert found.proven and found.hidden.sum() == 4
    low, high = interval(system, found.hidden, 0)
    assert high - low >= 1


def test_few_rounds_leave_a_bound_and_no_choice():
    _, reader, needs, start = case(np.round(np.random.default_rng(2).lognormal(3.2, 1.2, (5, 5))))
    whole, stopped = optimum(reader, needs, start), optimum(reader, needs, start, rounds=1)
    assert stopped.hidden is None and not stopped.proven
    assert 0 < stopped.bound <= whole.loss


def test_no_choice_is_enough_for_a_small_nation():
    system, reader, needs, start = case([[1, 2], [1, 1]])
    with pytest.raises(UnprotectableError, match="must leave a choice of what to hide"):
        optimum(reader, needs, start & np.isfinite(system.cost))


def test_the_gap_is_a_share_of_the_bound():
    assert gap(12.0, 10.0) == pytest.approx(0.2)
    assert gap(5.0, 0.0) == float("inf")
