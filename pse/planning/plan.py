"""A plan of field work: what a coordinator can decide, and the plans to try beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from pse import checks
from pse.simulation.scenario import Scenario


@dataclass(frozen=True)
class Plan:
    """What a coordinator decides before field work.

    Attributes
    ----------
    informants : int
        Key informants asked in each zone (level 1).
    visited : float
        Share of the listed spots that teams visit (level 2), above 0 and up to 1.
    asked : int
        People of a KP asked at each visited spot how many spots they go to.
    interviews : float
        Mean number of interviews about the size of a visited spot: 1.25 is a second one at a quarter of them.

    Examples
    --------
    >>> Plan(informants=8, visited=0.5, asked=4, interviews=1.25).asked
    4
    """

    informants: int
    visited: float
    asked: int
    interviews: float

    def __post_init__(self) -> None:
        """Refuse what no field team can do."""
        checks.count(informants=self.informants, asked=self.asked, at_least=1)
        checks.share(visited=self.visited)
        checks.positive(visited=self.visited, interviews=self.interviews)
        if self.interviews < 1:
            raise ValueError(
                f"interviews must be 1 or more, the mean number at a visited spot; got {self.interviews!r}. "
                "Give 1.25 for a second interview at every fourth spot."
            )

    def sentence(self) -> str:
        """Return the plan in words.

        Examples
        --------
        >>> Plan(informants=8, visited=0.5, asked=1, interviews=1).sentence()
        '8 informants a zone, visits to 50% of the listed spots, 1 person asked and 1 interview a spot'
        """
        who = "informant" if self.informants == 1 else "informants"
        asked = "person" if self.asked == 1 else "people"
        said = "interview" if self.interviews == 1 else "interviews"
        return (
            f"{self.informants} {who} a zone, visits to {self.visited:.0%} of the listed spots, "
            f"{self.asked} {asked} asked and {self.interviews:.3g} {said} a spot"
        )


def base_plan(scenario: Scenario) -> Plan:
    """Return the plan that a scenario follows."""
    return Plan(scenario.informants, scenario.visited, scenario.asked, 1 + scenario.repeated)


def carried_out(scenario: Scenario, plan: Plan) -> Scenario:
    """Return a scenario with the field work of `plan`; its people, spots and errors stay."""
    return replace(
        scenario,
        informants=int(plan.informants),
        visited=plan.visited,
        asked=int(plan.asked),
        repeated=plan.interviews - 1,
    )


def levels_around(base: Plan) -> Mapping[str, tuple[float, ...]]:
    """Return the values of each factor to try beside those of `base`, in increasing order.

    Half and twice the informants; a quarter, a half and all of the spots; one person and twice as many; half
    and twice as many further interviews, or two at each spot if that is more. Ours.
    """
    further = base.interviews - 1
    values = {
        "informants": (max(1, base.informants // 2), base.informants, 2 * base.informants),
        "visited": (0.25, 0.5, base.visited, 1.0),
        "asked": (1, base.asked, 2 * base.asked),
        "interviews": (1 + further / 2, base.interviews, 1 + max(1.0, 2 * further)),
    }
    return {name: tuple(sorted({*found})) for name, found in values.items()}


def plans_around(base: Plan, *, grid: bool = False) -> list[Plan]:
    """Return the plans to try.

    Parameters
    ----------
    base : Plan
        It comes first.
    grid : bool
        False: `base` with one factor changed at a time, then everything at its least and at its most. True:
        every combination.

    Examples
    --------
    >>> plans = plans_around(Plan(informants=8, visited=0.85, asked=4, interviews=1.25))
    >>> len(plans), plans[1].informants
    (12, 4)
    """
    levels = levels_around(base)
    if grid:
        plans = [Plan(*values) for values in product(*levels.values())]  # type: ignore[arg-type]
    else:
        plans = [_changed(base, name, value) for name, found in levels.items() for value in found]
        plans += [Plan(*(found[end] for found in levels.values())) for end in (0, -1)]  # type: ignore[arg-type]
    return list(dict.fromkeys([base, *plans]))


def _changed(base: Plan, name: str, value: Any) -> Plan:
    return replace(base, **{name: value})
