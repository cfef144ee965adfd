"""Made networks of a key population with two groups, and respondent-driven samples from them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pse.methods.rds import RdsSample, rds_sample


@dataclass(frozen=True)
class Network:
    """Acquaintances of everybody, and who is in the group."""

    friends: list[np.ndarray]
    inside: np.ndarray

    @property
    def share(self) -> float:
        """Share of the population in the group."""
        return float(self.inside.mean())


def made_network(
    *, people: int, share: float, degree: float, activity: float, homophily: float, seed: int
) -> Network:
    """Return a random network.

    Parameters
    ----------
    people, share
        People, and their share in the group.
    degree, activity
        Mean degree of those outside the group, and how many times as many acquaintances those inside have;
        within groups degrees are gamma with shape 2.
    homophily
        How many times as likely a tie within groups is as one between them.
    """
    rng = np.random.default_rng(seed)
    inside = np.arange(people) < round(share * people)
    wish = rng.gamma(2, 0.5, size=people) * degree * np.where(inside, activity, 1.0)
    ties = int(wish.sum() / 2)
    pairs = rng.choice(people, size=(40 * ties, 2), p=wish / wish.sum())
    alike = inside[pairs[:, 0]] == inside[pairs[:, 1]]
    pairs = pairs[(rng.random(len(pairs)) < np.where(alike, 1, 1 / homophily)) & (pairs[:, 0] != pairs[:, 1])]
    pairs = np.unique(np.sort(pairs[:ties], axis=1), axis=0)
    friends: list[list[int]] = [[] for _ in range(people)]
    for one, other in pairs.tolist():
        friends[one].append(other)
        friends[other].append(one)
    return Network([np.array(row, dtype=int) for row in friends], inside)


def recruit(
    network: Network, *, people: int, seeds: int, seeds_inside: bool, rng: np.random.Generator
) -> RdsSample:
    """Return a sample: everybody passes up to 3 coupons (1/6, 1/3, 1/3, 1/6 for 0 to 3) to new people.

    Seeds are drawn in proportion to degree, from the group alone with `seeds_inside`. If all chains end, one
    more seed is drawn.
    """
    degree = np.array([len(row) for row in network.friends])
    free = degree > 0
    chance = degree * (network.inside if seeds_inside else 1.0)
    rows: list[tuple[int, int]] = []
    waiting: list[int] = []
    while len(rows) < people:
        if not waiting:
            start = chance * free
            count = seeds if not rows else 1
            for person in rng.choice(len(degree), size=count, replace=False, p=start / start.sum()):
                free[person] = False
                rows.append((int(person), -1))
                waiting.append(int(person))
        recruiter = waiting.pop(0)
        known = network.friends[recruiter][free[network.friends[recruiter]]]
        coupons = min(int(rng.choice(4, p=[1 / 6, 1 / 3, 1 / 3, 1 / 6])), len(known), people - len(rows))
        for person in rng.choice(known, size=coupons, replace=False) if coupons else ():
            free[person] = False
            rows.append((int(person), recruiter))
            waiting.append(int(person))
    table = pd.DataFrame(rows, columns=["id", "by"])
    table["by"] = table["by"].astype(str).replace("-1", "seed")
    who = table["id"].to_numpy()
    table["degree"], table["group"] = degree[who], np.where(network.inside[who], "yes", "no")
    return rds_sample(table, id="id", recruiter="by", degree="degree", seed="seed")
