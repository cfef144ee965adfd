"""The weekly roster: which peer educator goes to which spot, on which day, in which four-hour block."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mapping.microplan.roster_deal import COLUMNS, deal, people_met
from mapping.microplan.roster_greedy import greedy_crew
from mapping.microplan.roster_inputs import Group, check_options, roster_groups
from mapping.microplan.roster_model import Solution, solve
from mapping.microplan.roster_rules import (
    binding_rule,
    binding_sentences,
    out_of_reach,
    reach_sentences,
    why_impossible,
)

__all__ = ["Roster", "plan_roster"]


@dataclass(frozen=True)
class Roster:
    """A weekly roster and how far from the best it can be.

    Attributes
    ----------
    table : pandas.DataFrame
        `peer, municipality, spot_id, kp, day, block, expected_people` (unreached people that the visit is
        expected to meet), one row per peer educator and visit; a pair is two rows that share the people.
        For the organisation itself only (`restricted`): it says where outreach will be.
    groups : pandas.DataFrame
        One row per municipality (and zone): `peers, visits, expected_people, bound, gap, solver, binds`.
    gap : float
        (bound - people met) / bound over all groups, 0 to 1; also by group in `groups`.
    bound : float
        The most unreached people that any roster under these rules can be expected to meet.
    method : str
        How it was found and the choices behind it, for the reader of the table.
    binding : tuple of str
        Which rule keeps it from meeting more, in how many municipalities or zones; how many spots x KP can
        have no visit, and why; how many peer educators work where no spot can be visited.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    gap: float
    bound: float
    method: str
    binding: tuple[str, ...]

    def __str__(self) -> str:
        people = self.groups["expected_people"].sum()
        return (
            f"{len(self.table)} shifts of {self.table['peer'].nunique()} peer educators, {people:,.0f} "
            f"unreached people expected; gap {100 * self.gap:.2f} % "
            f"({self.method}; {'; '.join(self.binding)})"
        )


def plan_roster(
    load: pd.DataFrame,
    peers: pd.DataFrame,
    *,
    by: str = "municipality",
    minimum_visits: Mapping[str, int] | None = None,
    decay: tuple[float, ...] = (1.0, 0.5, 0.25),
    blocks_per_day: int = 2,
    travel: float | pd.DataFrame = 0.0,
    gap: float = 1e-4,
    node_limit: int = 10_000,
    method: str = "milp",
) -> Roster:
    """Plan the week of outreach that is expected to meet most unreached people.

    Parameters
    ----------
    load : pandas.DataFrame
        One row per `municipality, spot_id, kp, day` (mon to sun) and `block` (`00-04` to `20-24`), with
        `low, central, high` people expected, `open` and `unsafe` (true or false). Optional: `reached` (share
        of them reached already, 0 where absent), `size_class` (needed by `minimum_visits`), `pair` (true
        where peer educators go by two), `visits` (minimum of visits to the spot x KP in the week), `zone`.
        Blocks that are not in the table are closed.
    peers : pandas.DataFrame
        One row per `peer` (a code) with `municipality, hours_per_week`. Optional, space separated, blank for
        all: `kps`, `days`, `blocks`; `zone`, needed by `by="zone"`.
    by : str
        `municipality` or `zone`: each is planned alone, because peer educators work in one.
    minimum_visits : mapping of str to int
        Size class -> visits in the week to each spot x KP of the class; where the load has `visits` too, the
        larger of both. Exempt are unsafe spots, spots that
        are never open (closed ones), and municipalities where no peer educator works.
    decay : tuple of float
        Share of the people met by the fullest visit of the week to a spot x KP, by the second fullest and so
        on; the last holds for all others. Begins with 1 and never rises. The default is an assumption.
    blocks_per_day : int
        Blocks that one peer educator works in a day at most. The default, 8 hours, is an assumption.
    travel : float or pandas.DataFrame
        Minutes between two spots of a day: one number, or `from_spot, to_spot, minutes`, in which a row with
        blank spots holds for all other ways. They count as hours worked. Each visit is charged (B - 1)/B of
        the longest way of its municipality or zone, B being `blocks_per_day`, so that hours hold whatever the
        order; a few far spots make this careful.
    gap : float
        Relative gap to the bound at which the search stops.
    node_limit : int
        Branching nodes at which it stops; never seconds, so that two machines give the same roster.
    method : str
        `milp` (mixed-integer programme; greedy where it stops without a roster) or `greedy`.

    Returns
    -------
    Roster

    Raises
    ------
    ValueError
        If a table or option breaks its rule, or if no roster keeps all rules: which one binds is said.

    Notes
    -----
    `central` is maximised. A visit is one block at one spot x KP by one peer educator, or two where `pair`;
    nobody visits a spot x KP twice in one block. Closed blocks and spots with any `unsafe` row are never
    visited. Visits of equal worth go to the earlier day of the week. The order of rows does not matter. Ours.

    Examples
    --------
    >>> load = pd.DataFrame({"municipality": "M", "spot_id": "S1", "kp": "FSW", "day": ["fri", "sat"],
    ...     "block": "20-24", "low": 6, "central": [8, 10], "high": 12, "open": True, "unsafe": False})
    >>> peers = pd.DataFrame({"peer": ["P1"], "municipality": ["M"], "hours_per_week": [4]})
    >>> plan_roster(load, peers).table[["peer", "spot_id", "day", "block"]].to_numpy().tolist()
    [['P1', 'S1', 'sat', '20-24']]
    """
    minimum = dict(minimum_visits or {})
    check_options(
        by=by, decay=decay, blocks_per_day=blocks_per_day, minimum_visits=minimum,
        travel=travel, gap=gap, node_limit=node_limit, method=method,
    )  # fmt: skip
    groups = roster_groups(
        load, peers, by=by, minimum_visits=minimum, travel=travel, blocks_per_day=blocks_per_day
    )
    limits = {"gap": gap, "node_limit": node_limit}
    plans = [_plan(group, tuple(decay), method, limits) for group in groups]
    impossible = [sentence for sentence in (plan[2] for plan in plans) if sentence]
    if impossible:
        more = f" (and {len(impossible) - 1} more like it)" if len(impossible) > 1 else ""
        raise ValueError(impossible[0] + more)
    tables = [table for table, _, _ in plans if len(table)]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    rows = pd.DataFrame([row for _, row, _ in plans], columns=_GROUP_COLUMNS)
    ends = [*rows.columns[:2]] if by == "zone" else ["municipality"]
    return Roster(
        table=table,
        groups=rows.drop(columns=[name for name in ("zone",) if name not in ends]),
        gap=_gap(rows["expected_people"].sum(), rows["bound"].sum()),
        bound=float(rows["bound"].sum()),
        method=_method(method, rows, decay, blocks_per_day, travel, reached="reached" in load),
        binding=(
            *binding_sentences(rows["binds"].tolist(), by=by),
            *reach_sentences([reason for group in groups for reason in out_of_reach(group)]),
            *_idle(len(peers) - int(rows["peers"].sum())),
        ),
    )


def _idle(peers: int) -> tuple[str, ...]:
    return (f"{peers} peer educators work where there is no spot of the load",) if peers else ()


_GROUP_COLUMNS = [
    "municipality",
    "zone",
    "peers",
    "visits",
    "expected_people",
    "bound",
    "gap",
    "solver",
    "binds",
]


def _plan(
    group: Group, decay: tuple[float, ...], method: str, limits: dict[str, float]
) -> tuple[pd.DataFrame, list[object], str]:
    """Return the roster of one group, its row of `groups`, and why there is none (blank if there is one)."""
    solution, solver, crew = _search(group, decay, method, limits)
    if crew is None:
        if solution.infeasible:
            why = why_impossible(group, lambda lifted: not _bound(lifted, decay, limits).infeasible)
        else:
            why = _not_found(group)
        return pd.DataFrame(columns=COLUMNS), [], why
    met = float(people_met(group, solution.cells, np.asarray(crew.any(axis=0)), decay).sum())
    bound = max(solution.bound, met)
    hands = sum(len(profile.peers) for profile in group.profiles)
    visits = int(crew.any(axis=0).sum())
    binds = binding_rule(group, solution.cells, crew)
    zone = group.key[1] if len(group.key) > 1 else ""
    row: list[object] = [group.key[0], zone, hands, visits, met, bound, _gap(met, bound), solver, binds]
    return deal(group, solution.cells, crew, decay), row, ""


def _search(
    group: Group, decay: tuple[float, ...], method: str, limits: dict[str, float]
) -> tuple[Solution, str, np.ndarray | None]:
    """Return what was solved, by what the roster was found, and the crews, if there are any."""
    if method == "milp":
        solution = solve(group, decay, gap=limits["gap"], node_limit=int(limits["node_limit"]))
        if solution.infeasible:
            return solution, "milp", None
        if solution.crew is not None:
            return solution, "milp", solution.crew
    solution = _bound(group, decay, limits)
    crew = None if solution.infeasible else greedy_crew(group, solution.cells, decay)
    return solution, "greedy", crew


def _bound(group: Group, decay: tuple[float, ...], limits: dict[str, float]) -> Solution:
    """Return the linear relaxation: a bound, and whether any roster can exist."""
    return solve(group, decay, gap=limits["gap"], node_limit=int(limits["node_limit"]), whole=False)


def _not_found(group: Group) -> str:
    row = int(group.units["row"].iloc[0])
    return (
        f"minimum_visits must be found within node_limit; got no roster for the place of load row {row}. "
        "Raise node_limit or lower the minimum."
    )


def _gap(met: float, bound: float) -> float:
    return max(0.0, (bound - met) / bound) if bound > 0 else 0.0


def _method(
    method: str,
    rows: pd.DataFrame,
    decay: tuple[float, ...],
    blocks_per_day: int,
    travel: float | pd.DataFrame,
    *,
    reached: bool,
) -> str:
    """Return how it was found and the choices behind it."""
    greedy = int(rows["solver"].eq("greedy").sum())
    found = (
        "greedy" if method == "greedy" else f"mixed-integer programme, {greedy} of {len(rows)} places greedy"
    )
    ways = "a table of ways" if isinstance(travel, pd.DataFrame) else f"{travel:g} minutes between spots"
    shares = " ".join(f"{weight:g}" for weight in decay)
    whom = "people reached already are left out" if reached else "nobody counts as reached already"
    return f"{found}; later visits meet {shares} of the people; {blocks_per_day} blocks a day; {ways}; {whom}"
