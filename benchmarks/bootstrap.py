"""Time and memory of the bootstrap against spots, replicates and workers: prints a table in Markdown.

    python -m benchmarks.bootstrap [--most 100000]

The studies are simulated ones of 1,000 spots x KP and more: the
time is that of the draws on one core (or two processes), without reading or the tables.
"""

import argparse
import time
import tracemalloc

import numpy as np

from pse.simulate import simulate
from pse.spots.bootstrap import make_state, run_blocks
from pse.spots.chain import study_parts
from pse.spots.options import options_for

PLANS = [(1_000, 500), (1_000, 2_000), (1_000, 8_000), (10_000, 2_000), (100_000, 2_000), (1_000_000, 100)]


def state_of(spots: int):
    """Return the state of a simulated study with about so many spots x KP in 30 municipalities or more."""
    towns = max(30, min(300, spots // 100))
    each = spots / towns / 3 / 1.12
    made = simulate("plain", rng=np.random.default_rng(1), municipalities=towns, spots=each, people=10 * each)
    study = made.study()
    options = options_for(dict(study.options), {"size_basis": study.size_basis})
    return make_state(study, study_parts(study, options), options).state


def measure(state, replicates: int, engine: str) -> tuple[float, float]:
    """Return seconds, and the peak of memory in MB (of this process) of a second, traced run if serial."""
    start = time.perf_counter()
    run_blocks(state, replicates, np.random.default_rng(1), engine=engine)
    seconds = time.perf_counter() - start
    if engine != "serial":
        return seconds, float("nan")
    tracemalloc.start()
    run_blocks(state, replicates, np.random.default_rng(1))
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return seconds, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=10_000)
    parser.add_argument("--engines", default="serial")
    given = parser.parse_args()
    print("| spots x KP | replicates | engine | s | peak MB |\n|---|---|---|---|---|")
    states: dict = {}
    for spots, replicates in PLANS:
        if spots > given.most:
            continue
        state = states.setdefault(spots, None) or state_of(spots)
        states = {spots: state}
        for engine in given.engines.split(","):
            seconds, peak = measure(state, replicates, engine)
            print(f"| {state.units:,} | {replicates:,} | {engine} | {seconds:.2f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
