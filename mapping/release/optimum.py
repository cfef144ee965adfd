"""The optimum of complementary suppression, and a lower bound of the loss of any safe choice.

Cutting planes after Fischetti and Salazar (Management Science 2001;47:1008-1027): choose the cheapest units
by an integer programme, let the attacker try, and turn the dual prices of each success of his into a rule
that any safe choice must keep. Solved by HiGHS through scipy.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from mapping.release.linked import SLACK, close
from mapping.release.suppress import Moves, Need

REACHED = 1e-6
FAR = 1e7
"""Stands for no upper bound, in people; only where rules are formed, never where protection is judged."""


def best_choice(
    moves: Moves, needs: Sequence[Need], *, rounds: int, whole: bool
) -> tuple[np.ndarray | None, float]:
    """Return the cheapest safe choice, if it was found in so many rounds, and a lower bound of the loss.

    Parameters
    ----------
    moves : Moves
        The system.
    needs : sequence of Need
        What the attacker must not be able to rule out.
    rounds : int
        Rounds of choosing and attacking.
    whole : bool
        Whether units are chosen whole (the optimum) or in part (a lower bound only, faster).

    Returns
    -------
    tuple
        Hidden units or None; lower bound of the loss.
    """
    system = moves.system
    may = np.isfinite(system.cost) & ~system.hidden
    cost = np.where(may, system.cost, 0.0)
    most = np.where(np.isfinite(system.cost) | system.hidden, 1.0, 0.0)
    rules = _ties(system.after, len(cost))
    bound = 0.0
    for _ in range(rounds):
        chosen = _choose(cost, system.hidden.astype(float), most, rules, whole=whole)
        bound = max(bound, float(cost @ chosen))
        broken = [rule for need in needs if (rule := _rule(moves, need, chosen)) is not None]
        if not broken:
            hidden = close(chosen > 0.5, system.after)
            return (hidden if whole else None), bound
        rules += broken
    return None, bound


def _ties(after: Sequence[tuple[int, int]], width: int) -> list[tuple[np.ndarray, float]]:
    rules = []
    for first, second in after:
        row = np.zeros(width)
        row[first], row[second] = -1.0, 1.0
        rules.append((row, 0.0))
    return rules


def _choose(
    cost: np.ndarray,
    least: np.ndarray,
    most: np.ndarray,
    rules: Sequence[tuple[np.ndarray, float]],
    *,
    whole: bool,
) -> np.ndarray:
    """Return the cheapest choice that keeps all rules so far."""
    if not rules:
        return least
    matrix = np.array([row for row, _ in rules])
    needed = np.array([at_least for _, at_least in rules])
    found = milp(
        cost,
        constraints=LinearConstraint(matrix, needed, np.inf),
        bounds=Bounds(least, np.maximum(least, most)),
        integrality=np.ones(len(cost)) if whole else np.zeros(len(cost)),
    )
    if found.x is None:
        return np.maximum(least, most)
    return np.round(found.x) if whole else found.x


def _rule(moves: Moves, need: Need, chosen: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Return the rule that `chosen` breaks, or None if the attacker cannot rule out the need.

    He finds max x_p = a_p + sum((alpha U + beta L) h), with the dual prices alpha, beta of the bounds
    a - L h <= x <= a + U h. So any safe choice h has sum((alpha U + beta L) h) >= target - a_p.
    """
    system = moves.system
    share = np.append(chosen, 1.0)[system.unit]
    share[np.isin(system.unit, need.known)] = 0.0
    up = np.minimum(np.maximum(system.high - system.value, 0.0), FAR)
    down = np.minimum(np.maximum(system.value - system.low, 0.0), FAR)
    goal = np.zeros(len(share))
    goal[need.index] = -1.0 if need.up else 1.0
    found = linprog(
        goal,
        A_eq=system.matrix,
        b_eq=np.zeros(system.matrix.shape[0]),
        bounds=np.column_stack([-down * share, up * share]),
        method="highs",
    )
    distance = abs(need.target - system.value[need.index])
    if found.status != 0 or -found.fun >= distance - REACHED:
        return None
    worth = -found.upper.marginals * up + found.lower.marginals * down
    worth[np.isin(system.unit, need.known)] = 0.0
    row = np.bincount(
        system.unit[system.unit != SLACK], weights=worth[system.unit != SLACK], minlength=len(chosen)
    )
    left = distance - float(worth[system.unit == SLACK].sum())
    if left <= 0:
        return None
    return np.minimum(row, left) / left, 1.0
