"""What a simulated exercise is like: every number that shapes it, and the named scenarios."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from pse import checks

KPS = ("FSW", "MSM", "PWID")
TYPOLOGIES = ("bar", "street", "flat")


@dataclass(frozen=True)
class Scenario:
    """One kind of exercise. Shares are between 0 and 1; `_noise` are standard deviations of logarithms.

    Municipalities, spots, people and the width of reports are by default about those of the bundled sample,
    which adds up to the published Kosovo 2016: 26 mapped municipalities, on average 16 spots and 130 people
    of a KP at spots in each, reported as the middle and about a fifth more or less.

    Attributes
    ----------
    municipalities, zones : int
        Mapped municipalities, and zones in each.
    spots, people : float
        Mean number of spots with people, and of people, of one KP in a municipality.
    tail : float
        Standard deviation of the logarithm of a spot's attraction: heavy-tailed.
    further_spots : float
        Mean number of further spots that a person goes to.
    home, online_only, online : float
        Share of people who only stay at home, who are only online, and of spot-goers who are online too.
    false_spots : float
        Named spots that are closed, per spot with people.
    informants : int
        Level-1 informants in a zone.
    naming, naming_power : float
        A spot of E people is named with the chance 1 - exp(-naming x E^naming_power) by each informant of
        its zone.
    complete_list : bool
        Whether spots that nobody named are on another list; if not, they stay unlisted.
    level1_bias, level1_noise, level2_noise : float
        Factor on what informants say; scatter of informants and of interviews.
    heaping : float
        Share of reports rounded to a multiple of 5.
    team_noise : float
        Scatter of the factor that all level-2 sizes of a KP in a municipality share.
    visited, refused : float
        Share of listed spots visited; of those, refused.
    repeated : float
        Mean number of further interviews at an interviewed spot: 0.25 is a second one at a quarter of them.
    width : float
        Half-width of a reported range over its middle.
    asked : int
        People interviewed at a spot about their visits.
    days : float
        Mean share of days that a person is at some spot; 1 makes sizes people of the period, less than 1
        makes them one-day counts, and people are asked for days a week.
    peak : float
        How many more people come on Friday and Saturday to a half of the spots.
    """

    municipalities: int = 26
    zones: int = 3
    spots: float = 16.0
    people: float = 130.0
    tail: float = 0.8
    further_spots: float = 0.8
    home: float = 0.05
    online_only: float = 0.1
    online: float = 0.3
    false_spots: float = 0.12
    informants: int = 8
    naming: float = 0.08
    naming_power: float = 0.7
    complete_list: bool = True
    level1_bias: float = 1.2
    level1_noise: float = 0.35
    level2_noise: float = 0.15
    heaping: float = 0.3
    team_noise: float = 0.0
    visited: float = 0.85
    refused: float = 0.01
    repeated: float = 0.25
    width: float = 0.2
    asked: int = 4
    days: float = 1.0
    peak: float = 0.3

    def __post_init__(self) -> None:
        """Refuse numbers that no exercise can have."""
        checks.count(municipalities=self.municipalities, zones=self.zones, at_least=1)
        checks.count(informants=self.informants, asked=self.asked, at_least=1)
        for name in ("spots", "people", "naming", "level1_bias", "days"):
            checks.positive(**{name: getattr(self, name)})
        for name in ("tail", "further_spots", "false_spots", "naming_power", "team_noise", "peak"):
            checks.non_negative(**{name: getattr(self, name)})
        for name in ("level1_noise", "level2_noise", "repeated"):
            checks.non_negative(**{name: getattr(self, name)})
        for name in ("home", "online_only", "online", "heaping", "visited", "refused", "width"):
            checks.share(**{name: getattr(self, name)})
        checks.share(days=self.days)
        checks.share(home_and_online_only=self.home + self.online_only)


SCENARIOS: Mapping[str, Scenario] = {
    "plain": Scenario(),
    "half_visited": Scenario(visited=0.5),
    "level1_bias": Scenario(level1_bias=1.5),
    "noisy": Scenario(level1_noise=0.7, level2_noise=0.35, heaping=0.6),
    "unlisted": Scenario(complete_list=False, naming=0.05),
    "team": Scenario(team_noise=0.2),
    "six": Scenario(municipalities=6),
    "infrequent": Scenario(days=0.4),
}
"""Scenarios by name: each differs from `plain` in one respect."""


def scenario_of(scenario: str | Scenario, changes: Mapping[str, Any]) -> Scenario:
    """Return a scenario by its name, with some numbers changed.

    Raises
    ------
    ValueError
        If there is no such scenario or number.
    """
    if isinstance(scenario, str):
        checks.one_of(scenario, tuple(SCENARIOS), name="scenario")
        scenario = SCENARIOS[scenario]
    unknown = sorted(set(changes) - {field.name for field in fields(Scenario)})
    if unknown:
        raise ValueError(
            f"changes must be numbers of a Scenario; got {', '.join(unknown)}. See pse.simulate.Scenario."
        )
    return replace(scenario, **changes)
