"""Seconds from a cold start to a written rate map of the areas of the sample, and where they go.

    python benchmarks/maps.py [--runs 5]

A new Python does all of it, imports included: it reads the areas, makes classes, draws and saves one PNG. The
ratio is against a new Python that imports geopandas and matplotlib and draws nothing: less is not possible.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOOR = "import geopandas, matplotlib.figure, matplotlib.backends.backend_agg"
JOB = """
import time
start = time.perf_counter()
import json, pathlib, tempfile
import numpy as np, pandas as pd
from mapping.boundaries import read_boundaries
from mapping.maps import class_breaks, plot_choropleth
from mapping.style import new_figure
from pse.sample import sample_folder
imported = time.perf_counter()
folder = sample_folder()
table = pd.read_csv(folder / "municipalities.csv", dtype={"municipality": str})
areas = read_boundaries(folder / "boundaries.geojson", table)
read = time.perf_counter()
table["rate"] = np.linspace(1, 20, len(table))
figure, ax = new_figure(7.0, 5.6)
plot_choropleth(areas, table, "rate", breaks=class_breaks(table["rate"]), unit="rate", title="Map", ax=ax)
with tempfile.TemporaryDirectory() as place:
    figure.savefig(pathlib.Path(place) / "map.png", dpi=200)
drawn = time.perf_counter()
steps = {"imports": imported - start, "reading": read - imported, "drawing and saving": drawn - read}
print(json.dumps({"areas": len(areas), "steps": steps}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    pairs = [(cold(JOB), cold(FLOOR)) for _ in range(runs)]  # in turn, so that other work falls on both
    seconds, cpu, printed = min(job for job, _ in pairs)
    least, least_cpu, _ = min(floor for _, floor in pairs)
    found = json.loads(printed)
    print(f"rate map of {found['areas']} areas from a cold start: {seconds:.2f} s (best of {runs}; under 3)")
    for step, part in found["steps"].items():
        print(f"  {step:<20} {part:5.2f} s")
    print(f"imports of geopandas and matplotlib alone: {least:.2f} s; ratio {seconds / least:.1f}")
    print(f"processor time: {cpu:.2f} s and {least_cpu:.2f} s; ratio {cpu / least_cpu:.1f}")


def cold(code: str) -> tuple[float, float, str]:
    """Return the seconds by the clock and of the processor that a new Python takes, and what it prints."""
    start, before = time.perf_counter(), os.times()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, cpu, done.stdout


if __name__ == "__main__":
    main()
