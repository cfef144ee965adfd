"""The world: spots, and people who go to them or do not."""

from dataclasses import dataclass

import numpy as np

from pse.simulation.scenario import KPS, TYPOLOGIES, Scenario


@dataclass(frozen=True)
class Group:
    """People and spots of one KP in one municipality.

    Attributes
    ----------
    municipality, kp : int
        Numbers of both.
    zone, typology : numpy.ndarray of int, shape (spots,)
        Of each spot with people.
    person, spot : numpy.ndarray of int, shape (visits,)
        Who goes where; a person goes to a spot once in these lists.
    visits : numpy.ndarray of int, shape (people,)
        M, spots that each person goes to; 0 for people at home or only online.
    days : numpy.ndarray of int, shape (people,)
        Days a week that the person is at some spot, 1 to 7; 7 where sizes are people of the period.
    profiles : numpy.ndarray of int, shape (people,)
        Profiles on platforms; 0 for people who are not online.
    home : numpy.ndarray of bool, shape (people,)
        People who are neither at spots nor online.
    """

    municipality: int
    kp: int
    zone: np.ndarray
    typology: np.ndarray
    person: np.ndarray
    spot: np.ndarray
    visits: np.ndarray
    days: np.ndarray
    profiles: np.ndarray
    home: np.ndarray

    @property
    def size(self) -> np.ndarray:
        """E of each spot: people of the period, or expected people of a day (one spot a day)."""
        share = self.days[self.person] / 7 / self.visits[self.person]
        each = np.ones(len(self.person)) if (self.days == 7).all() else share
        return np.bincount(self.spot, weights=each, minlength=len(self.zone))


def make_world(scenario: Scenario, rng: np.random.Generator) -> list[Group]:
    """Return the people and spots of every municipality and KP."""
    scale = np.exp(0.5 * rng.standard_normal(scenario.municipalities) - 0.125)  # towns differ in size
    return [
        _make_group(m, k, float(scale[m]), scenario, rng)
        for m in range(scenario.municipalities)
        for k in range(len(KPS))
    ]


def _make_group(m: int, k: int, scale: float, scenario: Scenario, rng: np.random.Generator) -> Group:
    n_spots = max(1, int(rng.poisson(scenario.spots * scale)))
    n_people = max(1, int(rng.poisson(scenario.people * scale)))
    at_home = rng.random(n_people) < scenario.home
    only_online = ~at_home & (rng.random(n_people) < scenario.online_only / max(1 - scenario.home, 1e-9))
    goes = np.flatnonzero(~at_home & ~only_online)
    typology = rng.integers(len(TYPOLOGIES), size=n_spots)
    attraction = np.exp(scenario.tail * rng.standard_normal(n_spots) + 0.3 * typology)
    wanted = np.minimum(1 + rng.poisson(scenario.further_spots, size=len(goes)), n_spots)
    person, spot = _choose_spots(goes, wanted, attraction, rng)
    visits = np.bincount(person, minlength=n_people)
    days = np.full(n_people, 7)
    if scenario.days < 1:
        days = 1 + rng.binomial(6, max(0.0, (7 * scenario.days - 1) / 6), size=n_people)
    online = only_online | (~at_home & (rng.random(n_people) < scenario.online))
    profiles = np.where(online, 1 + rng.poisson(0.6, size=n_people), 0)
    zone = rng.integers(scenario.zones, size=n_spots)
    return Group(m, k, zone, typology, person, spot, visits, days, profiles, at_home)


def _choose_spots(
    goes: np.ndarray, wanted: np.ndarray, attraction: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return who goes where: `wanted` different spots each, in proportion to attraction (Gumbel trick)."""
    keys = np.log(attraction) + rng.gumbel(size=(len(goes), len(attraction)))
    order = np.argsort(-keys, axis=1)
    chosen = np.arange(len(attraction))[None, :] < wanted[:, None]
    person = np.broadcast_to(goes[:, None], order.shape)[chosen]
    return person, order[chosen]
