"""Time and memory of the bootstrap against spots, replicates and processes: prints a table in Markdown.

    OMP_NUM_THREADS=1 python -m benchmarks.bootstrap --spots 1000 10000 100000
    OMP_NUM_THREADS=1 python -m benchmarks.bootstrap --spots 1000000

The studies are simulated. `draws` is `run_blocks` alone; `estimate_study` holds the chain, the draws and the
tables. CPU seconds are those of this process and of the processes it started: on a machine that others use
they say more than seconds. Memory is the peak of this process above what it held before the run (Linux with
glibc), for runs in this process only.
Every engine must give the same bits, or the run stops.
"""

import argparse
import ctypes
import gc
import hashlib
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

import numpy as np

PLANS = {
    1_000: (500, 2_000, 8_000),
    10_000: (500, 2_000),
    100_000: (500, 2_000),
    1_000_000: (20, 100),
}
SEED = 1
HEADINGS = ("spots x KP", "replicates", "run", "s", "CPU s", "peak MB", "kept draws MB")
ENGINES = {0: "draws, serial", 1: "draws, 1 process", 2: "draws, 2 processes"}


def simulated(spots: int) -> Any:
    """Return a simulated study with about so many spots x KP in 30 to 1,000 municipalities."""
    from pse.simulate import simulate

    towns = max(30, min(300 if spots <= 100_000 else 1_000, spots // 100))  # codes repeat above 999 spots
    each = spots / towns / 3 / 1.12
    people = 10 if spots <= 100_000 else 3  # by spot; a draw takes about as long, the simulator much less
    rng = np.random.default_rng(1)
    return simulate("plain", rng=rng, municipalities=towns, spots=each, people=people * each).study()


def state_of(study: Any) -> Any:
    from pse.spots.bootstrap import make_state
    from pse.spots.chain import study_parts
    from pse.spots.options import options_of

    options = options_of(study, {})
    return make_state(study, study_parts(study, options), options).state


def memory(field: str) -> float:
    """Return a field of /proc/self/status in MB: VmRSS now, VmHWM at most since it was set back."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1e3


def cpu() -> float:
    return sum(getrusage(who).ru_utime + getrusage(who).ru_stime for who in (RUSAGE_SELF, RUSAGE_CHILDREN))


def measure(run: Callable[[], Any]) -> tuple[Any, float, float, float]:
    """Return the result, seconds, CPU seconds, and the peak of memory in MB above what was held before."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed is given back, or it would hide what is taken next
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back
    held, start, used = memory("VmRSS"), time.perf_counter(), cpu()
    result = run()
    return result, time.perf_counter() - start, cpu() - used, memory("VmHWM") - held


def draw_with(state: Any, replicates: int, workers: int) -> np.ndarray:
    """Draw here (`workers` 0) or in so many processes."""
    from pse.engine import finish_tasks, split_work
    from pse.spots.bootstrap import block_size, run_blocks
    from pse.spots.bootstrap_block import replicate_block

    rng = np.random.default_rng(SEED)
    if workers == 0:
        return run_blocks(state, replicates, rng)
    blocks = split_work(replicates, block=block_size(state.units))
    how = {"state": state, "seed": rng, "engine": "processes", "workers": workers}
    found = dict(finish_tasks(replicate_block, blocks, **how))
    return np.concatenate([found[number] for number in range(len(blocks))])


def whole(study: Any, replicates: int) -> np.ndarray:
    import pse

    rng = np.random.default_rng(SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pse.EstimateWarning)
        return pse.estimate_study(study, interval="bootstrap", replicates=replicates, rng=rng).draws.people


def show(label: str, units: int, replicates: int, measured: tuple, kept: float | None = None) -> None:
    _, seconds, used, peak = measured
    cells = [f"{units:,}", f"{replicates:,}", label, f"{seconds:.1f}", f"{used:.1f}"]
    cells += [f"{peak:,.0f}" if "serial" in label else "", "" if kept is None else f"{kept:,.0f}"]
    print("| " + " | ".join(cells) + " |", flush=True)


def run_size(spots: int) -> None:
    study = simulated(spots)
    state = state_of(study)
    if spots > 100_000:
        del study  # gigabytes, and only the state is needed
    for replicates in PLANS[spots]:
        last = replicates == PLANS[spots][-1]
        bits = set()
        both = (0, 2) if last and spots > 100_000 else (0,)
        for workers in (0, 1, 2) if replicates == 2_000 else both:
            measured = measure(lambda n=replicates, w=workers: draw_with(state, n, w))
            draws = measured[0]
            bits.add(hashlib.sha256(np.ascontiguousarray(draws)).hexdigest())
            show(ENGINES[workers], state.units, replicates, measured, draws.nbytes / 1e6)
            del draws, measured
        if len(bits) > 1:
            raise SystemExit("engines do not agree")
        if replicates == 2_000:
            show("estimate_study, serial", state.units, replicates, measure(lambda: whole(study, 2_000)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spots", type=int, nargs="+", choices=PLANS, default=[1_000, 10_000])
    given = parser.parse_args()
    print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
    for spots in given.spots:
        run_size(spots)


if __name__ == "__main__":
    main()
