"""Seconds to suppress 40 municipalities x 5 KPs x 8 typologies with margins, and how far from the optimum.

    python benchmarks/suppression.py [--rounds 4] [--summed] [--kps 5] [--municipalities 40] [--typologies 8]

Sizes are made up; every number is printed as point, lower and upper, with the sums by municipality, by
typology and of all. A share of the cells is dominated, and a few rest on one spot, whose people know them.
Each KP is a system of its own, as in a release: people of different KPs are never summed. With `--summed`
there is a table harder than anything that goes out: KPs are summed as well, so that all of it is one system.
The last line is a release of a study of that size, from estimates to the audited tables. The gap is against
a bound that no safe choice can be under, after so many rounds of cutting planes (never after so many
seconds); small systems are solved to the optimum.
"""

import argparse
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

import pse
from mapping.release import release
from mapping.release.optimum import gap, lower_bound, optimum
from mapping.release.protect import loss_of
from mapping.release.reader import Need, Reader
from mapping.release.sensitive import Sensitive, limits, loose_needs, needs_of
from mapping.release.suppress import loss, suppress
from mapping.release.system import ENDS, Atom, Row, System, assemble

THRESHOLD = 10.0
DOMINATED, SINGLE = 0.10, 0.01
"""Share of cells in which one spot stands out, and of those that are one spot."""

SMALL = (8, 5)
"""Municipalities and typologies of the systems that are solved to the optimum."""


@dataclass(frozen=True)
class Case:
    """One system and what is asked of it."""

    system: System
    needs: list[Need]
    loose: list[list[Need]]
    start: np.ndarray
    reader: Reader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (("rounds", 4), ("kps", 5), ("municipalities", 40), ("typologies", 8), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--summed", action="store_true", help="sums over KPs too: minutes")
    given = parser.parse_args()
    shape = (given.municipalities, given.kps, given.typologies)
    rng = np.random.default_rng(given.seed)
    people = make_sizes(rng, shape)
    print("| system | printed numbers | sensitive | hidden | seconds | loss | no safe choice under | gap |")
    print("|---|---|---|---|---|---|---|---|")
    each = [make_case(rng, people[:, [kp]]) for kp in range(given.kps)]
    report(f"{given.kps} KPs, each apart", each, rounds=given.rounds)
    if given.summed:
        report("KPs summed: one system", [make_case(rng, people)], rounds=given.rounds)
    small = [
        make_case(rng, people[i : i + SMALL[0], [0], None][:, :, 0, : SMALL[1]]) for i in range(0, 40, 8)
    ]
    report(f"{len(small)} of {SMALL[0]} x {SMALL[1]}, to the optimum", small, rounds=0)
    sizes = pse.estimate_study(make_study(rng, shape))
    start = time.perf_counter()
    shown = release(sizes)
    seconds = time.perf_counter() - start
    print(
        f"release of a study of {' x '.join(map(str, shape))}: {seconds:.1f} s, {shown.hidden:,} cells hidden"
    )


def report(name: str, cases: list[Case], *, rounds: int) -> None:
    """Print one line of the table: the heuristic's seconds and loss, and the bound."""
    start = time.perf_counter()
    hidden = [suppress(case.reader, case.needs, case.start, loose=case.loose) for case in cases]
    seconds = time.perf_counter() - start
    lost = sum(loss(case.system, found, case.start) for case, found in zip(cases, hidden, strict=True))
    bound = sum(_bound(case, rounds) for case in cases)
    numbers = sum(len(case.system.rows) for case in cases)
    sensitive = sum(int(case.start.sum()) for case in cases)
    units = sum(int(found.sum()) for found in hidden)
    print(
        f"| {name} | {numbers:,} | {sensitive:,} | {units:,} | {seconds:.1f} | {lost:.1f} | {bound:.1f} "
        f"| {gap(lost, bound):.0%} |"
        if bound
        else "| no bound yet |",
        flush=True,
    )


def _bound(case: Case, rounds: int) -> float:
    if rounds:
        outside = [need for need in case.needs if not need.known]  # fewer needs: the bound holds all the same
        return lower_bound(case.reader, outside, case.start, rounds=rounds)
    return optimum(case.reader, case.needs, case.start, loose=case.loose).bound


def make_sizes(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Return people by municipality, KP and typology: a few large towns, and many small numbers."""
    town = rng.lognormal(0.0, 0.8, (shape[0], 1, 1))
    return np.round(town * rng.lognormal(2.3, 1.0, shape), 1)


def make_case(rng: np.random.Generator, people: np.ndarray) -> Case:
    """Return the system of some sizes by municipality, KP and typology."""
    system = assemble(rows_of_cells(people), cost=loss_of)
    cells = [i for i, row in enumerate(system.rows) if row.unit.startswith("part/") and row.kind == "people"]
    reasons = {
        i: "size" for i, row in enumerate(system.rows) if row.kind == "people" and row.value < THRESHOLD
    }
    large = [i for i in cells if i not in reasons]
    reasons |= {int(i): "dominance" for i in rng.choice(large, int(DOMINATED * len(cells)), replace=False)}
    roomy = {row.unit.replace("total/", "part/") for row in system.rows if row.value > 3 * THRESHOLD}
    among = [i for i in cells if system.rows[i].unit.rpartition("/")[0] in roomy]  # else a KP goes out whole
    alone = rng.choice(among, max(1, int(SINGLE * len(cells))), replace=False)
    sensitive = Sensitive(reasons, [frozenset({system.rows[i].unit}) for i in alone])
    known = limits(system, reasons, threshold=THRESHOLD)
    return Case(
        system,
        needs_of(system, sensitive, threshold=THRESHOLD),
        loose_needs(system, reasons, threshold=THRESHOLD),
        system.mask(system.rows[i].unit for i in reasons),
        Reader(system, known),
    )


def rows_of_cells(people: np.ndarray) -> Iterator[Row]:
    """Yield every cell and margin as point, lower and upper; sums over KPs too if there are several."""
    ends = {"point": people, "lower": people * 0.7, "upper": people * 1.4}
    places = [
        (m, k, t)
        for m in range(people.shape[0])
        for k in range(people.shape[1])
        for t in range(people.shape[2])
    ]
    groups: dict[str, list[tuple[int, int, int]]] = {}
    for m, k, t in places:
        names = [f"part/{k}/{m}/{t}", f"total/{k}/{m}", f"kind/{k}/{t}", f"nation/{k}"]
        if people.shape[1] > 1:
            names += [f"sum/{m}/{t}", f"sum/{m}/all", f"sum/all/{t}", "nation"]
        for name in names:
            groups.setdefault(name, []).append((m, k, t))
    for name, cells in groups.items():
        for end in ENDS:
            weights: Mapping[Atom, float] = {(*map(str, cell), end): 1.0 for cell in cells}
            value = float(sum(ends[end][cell] for cell in cells))
            yield Row(name, weights, value, kind="people" if end == "point" else "bound")


def make_study(rng: np.random.Generator, shape: tuple[int, int, int]) -> pse.Study:
    """Return a study of so many municipalities, KPs and typologies: about four spots of a KP in each."""
    codes = [f"t{i:02d}" for i in range(shape[0])]
    kps = ["FSW", "MSM", "PWID", "TG", "PRIS"][: shape[1]]
    weight = rng.dirichlet(np.full(len(codes), 1.5))
    n = 4 * len(codes) * len(kps)
    low = np.maximum(1, rng.lognormal(1.7, 0.9, n)).astype(int)
    spots = pd.DataFrame(
        {
            "spot_id": [f"S{i:04d}" for i in range(n)],
            "municipality": rng.choice(codes, n, p=weight),
            "zone": None,
            "kp": rng.choice(kps, n),
            "typology": rng.choice([f"kind {i}" for i in range(shape[2])], n),
        }
    )
    one = spots.assign(
        interview_id=[f"A{i}" for i in range(n)], informant_type="taxi", kp_min=low, kp_max=low + 4
    )
    two = spots.assign(
        interview_id=[f"B{i}" for i in range(n)], status="active", usual_min=low, usual_max=low + 3,
        peak_min=low + 2, peak_max=low + 6, peak_days="sat sun",
    )  # fmt: skip
    adults = rng.integers(2_000, 60_000, (len(codes), 2))
    places = pd.DataFrame(
        {
            "municipality": codes, "name": [code.upper() for code in codes], "adult_men": adults[:, 0],
            "adult_women": adults[:, 1], "mapped": "yes",
        }
    )  # fmt: skip
    return pse.make_study(
        title="Made up", country="None", year=2020,
        tables={"municipalities": places, "level1": one, "level2": two[rng.random(n) < 0.7]},
        denominators=dict.fromkeys(kps, "adult_men"),
    )  # fmt: skip


if __name__ == "__main__":
    main()
