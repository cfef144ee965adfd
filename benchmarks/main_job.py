"""Speed and memory of the main job, as ratios measured in one run.

    python benchmarks/main_job.py [--spots 10000 100000 1000000] [--csv]

The chain is compared with the two passes that nobody can avoid (the means of level 1 and of level 2 by
spot and KP in pandas), its peak memory with the size of the input tables, and reading a study with a plain
`pandas.read_csv` of the same files. Seconds differ between machines; the ratios should not by much.
"""

import argparse
import gc
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import pse

TYPOLOGIES = np.array(["bar", "hotel", "street", "park", "apartment", "den"], dtype=object)
KPS = np.array(["FSW", "MSM", "PWID"], dtype=object)
MUNICIPALITIES = np.array([f"M{i:03d}" for i in range(200)], dtype=object)


def make_tables(spots: int, *, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Return a study of `spots` spots x 1.5 KPs: 3 level-1 rows a spot, level 2 for about two in three."""
    rng = np.random.default_rng(seed)
    second = rng.random(spots) < 0.5
    spot = np.concatenate([np.arange(spots), np.flatnonzero(second)])
    kp = np.concatenate([np.arange(spots) % 3, (np.flatnonzero(second) + 1) % 3])
    place = rng.integers(0, len(MUNICIPALITIES), spots)
    typology = rng.integers(0, len(TYPOLOGIES), len(spot))
    code = np.array([f"S{i:07d}" for i in range(spots)], dtype=object)
    size = np.exp(rng.normal(2, 0.8, len(spot))).astype(int)

    def rows(unit: np.ndarray, prefix: str, interviews: int) -> dict[str, np.ndarray]:
        return {
            "interview_id": np.array(
                [f"{prefix}{i % interviews:07d}" for i in range(len(unit))], dtype=object
            ),
            "municipality": MUNICIPALITIES[place[spot[unit]]],
            "zone": np.char.add("Z", (spot[unit] % 9).astype(str)).astype(object),
            "spot_id": code[spot[unit]],
            "kp": KPS[kp[unit]],
            "typology": TYPOLOGIES[typology[unit]],
        }

    named = np.repeat(np.arange(len(spot)), 2)
    seen = np.flatnonzero(rng.random(len(spot)) < 0.65)
    seen = np.concatenate([seen, seen[: len(seen) // 5]])
    status = np.where(seen % 11 == 0, "inactive", "active").astype(object)
    low = size[seen].astype(float)
    blank = np.where(status == "active", 0.0, np.nan)
    level1 = pd.DataFrame(
        {
            **rows(named, "I", max(1, len(named) // 4)),
            "informant_type": "taxi",
            "kp_min": size[named],
            "kp_max": size[named] + 4,
        }
    )
    level2 = pd.DataFrame(
        {
            **rows(seen, "J", len(seen)),
            "status": status,
            "usual_min": low + blank,
            "usual_max": low + 3 + blank,
            "peak_min": low + 2 + blank,
            "peak_max": low + 6 + blank,
            "peak_days": np.where(status == "active", "fri sat", None),
            "share_other_spots": 0.4 + blank,
            "other_spots_mean": 1.5 + blank,
        }
    )
    municipalities = pd.DataFrame(
        {
            "municipality": MUNICIPALITIES,
            "name": MUNICIPALITIES,
            "adult_men": 10_000,
            "adult_women": 10_000,
            "mapped": "yes",
        }
    )
    return {"municipalities": municipalities, "level1": level1, "level2": level2}


def study_of(tables: dict[str, pd.DataFrame]) -> pse.Study:
    return pse.make_study(
        title="Generated",
        country="Nowhere",
        year=2020,
        tables=tables,
        denominators={"FSW": "adult_women", "MSM": "adult_men", "PWID": "adult_men"},
    )


def two_passes(study: pse.Study) -> None:
    """The passes over the records that no implementation can avoid."""
    study.level1.groupby(["spot_id", "kp"])[["kp_min", "kp_max"]].mean()
    columns = ["usual_min", "usual_max", "peak_min", "peak_max"]
    study.level2.groupby(["spot_id", "kp"])[columns].mean()


def seconds(task: Callable[[], object], *, times: int = 2) -> float:
    """Return the shortest of `times` runs."""
    taken = []
    for _ in range(times):
        gc.collect()
        start = time.perf_counter()
        task()
        taken.append(time.perf_counter() - start)
    return min(taken)


def resident() -> int:
    """Return the memory of this process in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def peak_growth(task: Callable[[], object]) -> int:
    """Return by how many bytes the memory of this process grows at most while `task` runs."""
    gc.collect()
    start, peak, done = resident(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            peak[0] = max(peak[0], resident() - start)

    watcher = threading.Thread(target=watch)
    watcher.start()
    task()
    done.set()
    watcher.join()
    return peak[0]


def frame_bytes(study: pse.Study) -> int:
    return sum(int(table.memory_usage(deep=True).sum()) for table in (study.level1, study.level2))


def chain(sizes: list[int]) -> None:
    head = ("spots", "level-1 rows", "two passes", "chain", "ratio", "per spot", "memory")
    print("{:>9} {:>12} {:>10} {:>8} {:>6} {:>9} {:>7}".format(*head))
    for spots in sizes:
        study = study_of(make_tables(spots))
        growth = peak_growth(lambda study=study: pse.estimate_study(study))
        base = seconds(lambda study=study: two_passes(study))
        run = seconds(lambda study=study: pse.estimate_study(study))
        memory = (frame_bytes(study) + growth) / frame_bytes(study)
        print(
            f"{spots:>9,} {len(study.level1):>12,} {base:>9.2f}s {run:>7.2f}s {run / base:>6.2f} "
            f"{1e6 * run / spots:>7.2f}us {memory:>6.2f}x"
        )


def reading(spots: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for table, frame in make_tables(spots).items():
            frame.to_csv(folder / f"{table}.csv", index=False)
        (folder / "study.toml").write_text(
            'title = "Generated"\ncountry = "Nowhere"\nyear = 2020\n[denominators]\nFSW = "adult_women"\n'
            'MSM = "adult_men"\nPWID = "adult_men"\n'
        )
        files = sorted(folder.glob("*.csv"))
        plain = seconds(lambda: [pd.read_csv(file) for file in files])
        whole = seconds(lambda: pse.read_study(folder))
    ratio = whole / plain
    print(f"reading {spots:,} spots: read_csv {plain:.2f}s, read_study {whole:.2f}s, ratio {ratio:.2f}")
    print("(at most 1.5 for reading plus 1.5 for validating)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spots", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options = parser.parse_args()
    chain(options.spots)
    reading(options.spots[-1])
