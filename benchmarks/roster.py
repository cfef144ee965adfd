"""The weekly roster of invented places: time and gap of the programme against the greedy fallback.

    python -m benchmarks.roster [--plans 100x6 300x20 1000x60] [--seeds 1 2]

Everything is invented: spots on a plane with one KP each, their people and opening hours, peer educators with
their own hours, days, blocks and KPs, pairs at 15 % of spots, two visits to the largest spots and one to the
next, unsafe and closed spots, ways by distance. Searches stop on gap or nodes, never on seconds. Each roster
is made twice, the second time from shuffled rows; `same` says whether both have the same bytes. Gaps are to
the bound that the roster itself prints: that of the programme, or for greedy of the linear relaxation.
"""

import argparse
import time

import numpy as np
import pandas as pd

from mapping.microplan.blocks import BLOCKS, SLOTS
from mapping.microplan.roster import Roster, plan_roster
from mapping.microplan.roster_inputs import roster_groups
from mapping.microplan.roster_model import find_cells
from pse.records.tables import DAYS

SPOTS_A_PLACE = 40
"""About so many spots are in one municipality."""

MINIMUM = {"large": 2, "medium": 1}
KPS = ("FSW", "MSM", "PWID")
EVENING = {"FSW": (4, 5, 0), "MSM": (4, 5), "PWID": (2, 3, 4)}
"""Blocks of the day, by number, at which most people of a KP are at spots."""


def make_spots(spots: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return spots with place, KP, people, class and flags; sizes are lognormal, places of unlike size."""
    towns = max(1, spots // SPOTS_A_PLACE)
    people = np.exp(rng.normal(2.2, 0.8, spots)).round() + 1
    town = np.sort(rng.choice(towns, spots, p=rng.dirichlet(np.full(towns, 6.0))))
    table = pd.DataFrame(
        {
            "municipality": [f"M{i:02d}" for i in town],
            "spot_id": [f"S{i:04d}" for i in range(spots)],
            "kp": rng.choice(KPS, spots),
            "people": people,
            "size_class": np.select([people >= 40, people >= 30], ["large", "medium"], "small"),
            "pair": rng.random(spots) < 0.15,
            "unsafe": rng.random(spots) < 0.03,
            "reached": rng.beta(1, 3, spots).round(2),
            "km_east": rng.gamma(2, 2, spots),
            "km_north": rng.gamma(2, 2, spots),
        }
    )
    return table


def make_load(spots: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return 42 rows a spot: open in one to three blocks around its evening, on five days or more."""
    parts = []
    for spot in spots.itertuples():
        own = EVENING[str(spot.kp)]
        hours = np.zeros(len(BLOCKS))
        hours[list(rng.choice(own, size=rng.integers(1, len(own) + 1), replace=False))] = rng.uniform(0.5, 1)
        days = np.where(np.isin(DAYS, ["fri", "sat", "sun"]) & (spot.kp != "PWID"), rng.uniform(1, 2), 1.0)
        days = days * (rng.random(len(DAYS)) > 0.15) * (rng.random() > 0.05)  # 5 % of spots are closed
        parts.append((spot.people * days[:, None] * hours[None, :] / max(hours.sum(), 1)).ravel())
    people = np.concatenate(parts)
    table = spots.loc[spots.index.repeat(SLOTS)].reset_index(drop=True)
    table = table.assign(
        day=np.tile(np.repeat(DAYS, len(BLOCKS)), len(spots)), block=np.tile(BLOCKS, SLOTS // 6 * len(spots))
    )
    return table.assign(low=0.7 * people, central=people, high=1.4 * people, open=people > 0)


def make_peers(peers: int, spots: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return peer educators by the spots of a place, two or more; from the third on they have limits."""
    towns, many = np.unique(spots["municipality"], return_counts=True)
    share = np.maximum(2, np.round(peers * many / many.sum())).astype(int)
    for _ in range(abs(int(share.sum()) - peers)):
        share[np.argmax(share)] += 1 if share.sum() < peers else -1
    place = np.repeat(towns, share)
    table = pd.DataFrame(
        {
            "peer": [f"P{i:02d}" for i in range(peers)],
            "municipality": place,
            "hours_per_week": rng.choice([24, 32, 40], peers),
            "kps": rng.choice(["", "", "", "FSW MSM", "PWID"], peers),
            "days": rng.choice(["", "", "mon tue wed thu fri", "wed thu fri sat sun"], peers),
            "blocks": rng.choice(["", "12-16 16-20 20-24", "08-12 12-16 16-20"], peers),
        }
    )
    table.loc[table.groupby("municipality").cumcount() < 2, ["kps", "days", "blocks"]] = ""
    return table


def make_ways(spots: pd.DataFrame) -> pd.DataFrame:
    """Return minutes between every two spots of a place: 5 and 2 for each kilometre, 30 km/h."""
    both = spots.merge(spots, on="municipality", suffixes=("_a", "_b"))
    both = both[both["spot_id_a"] < both["spot_id_b"]]
    km = np.hypot(both["km_east_a"] - both["km_east_b"], both["km_north_a"] - both["km_north_b"])
    return pd.DataFrame(
        {"from_spot": both["spot_id_a"], "to_spot": both["spot_id_b"], "minutes": (5 + 2 * km).round()}
    )


def whole_numbers(load: pd.DataFrame, peers: pd.DataFrame, **rules: object) -> int:
    """Return how many whole numbers the programmes of all places choose together."""
    groups = roster_groups(load, peers, by="municipality", blocks_per_day=2, **rules)
    cells = [find_cells(group) for group in groups]
    return sum(3 * len(c.unit) + len(c.at) for c in cells)  # 3 ranks of a visit: the weights of decay


def measure(spots_n: int, peers_n: int, seed: int, method: str) -> str:
    """Return one row of the table: a roster is made, and made again from shuffled rows."""
    rng = np.random.default_rng(seed)
    spots = make_spots(spots_n, rng)
    load, peers = make_load(spots, rng), make_peers(peers_n, spots, rng)
    rules = {"travel": make_ways(spots), "minimum_visits": MINIMUM}
    start = time.perf_counter()
    roster = plan_roster(load, peers, method=method, **rules)
    taken = time.perf_counter() - start
    again = plan_roster(load.sample(frac=1, random_state=1), peers.iloc[::-1], method=method, **rules)
    same = bytes_of(roster) == bytes_of(again)
    whole = f"{whole_numbers(load, peers, **rules):,}" if method == "milp" else ""
    people, visits = (roster.groups[name].sum() for name in ("expected_people", "visits"))
    return (
        f"| {spots_n:,} | {spots['municipality'].nunique()} | {peers_n} | {seed} | {method} | {whole} | "
        f"{taken:.1f} | {visits} | {people:,.1f} | {100 * roster.gap:.4f} % | {'yes' if same else 'NO'} |"
    )


def bytes_of(roster: Roster) -> bytes:
    """Return all bytes of a roster and of its groups, as CSV."""
    return (roster.table.to_csv(index=False) + roster.groups.to_csv(index=False)).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", nargs="+", default=["100x6", "300x20", "1000x60"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    given = parser.parse_args()
    head = (
        "spots",
        "places",
        "peers",
        "seed",
        "method",
        "whole numbers",
        "s",
        "visits",
        "people",
        "gap",
        "same",
    )
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for plan in given.plans:
        spots, peers = map(int, plan.split("x"))
        for seed in given.seeds:
            for method in ("milp", "greedy"):
                print(measure(spots, peers, seed, method), flush=True)


if __name__ == "__main__":
    main()
