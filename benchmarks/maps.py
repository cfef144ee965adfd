"""Seconds from a cold start to a written rate map of the areas of the sample.

    python benchmarks/maps.py

A new Python does all of it, imports included: it reads the areas, makes classes, draws and saves one PNG.
"""

import subprocess
import sys
import time

JOB = """
import tempfile, pathlib
import numpy as np, pandas as pd
from mapping.boundaries import read_boundaries
from mapping.maps import class_breaks, plot_choropleth
from mapping.style import new_figure
from pse.sample import sample_folder

folder = sample_folder()
table = pd.read_csv(folder / "municipalities.csv", dtype={"municipality": str})
areas = read_boundaries(folder / "boundaries.geojson", table)
table["rate"] = np.linspace(1, 20, len(table))
figure, ax = new_figure(7.0, 5.6)
plot_choropleth(areas, table, "rate", breaks=class_breaks(table["rate"]), unit="rate", title="Map", ax=ax)
with tempfile.TemporaryDirectory() as place:
    figure.savefig(pathlib.Path(place) / "map.png", dpi=150)
print(len(areas))
"""


def main() -> None:
    times, areas = [], ""
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", JOB], capture_output=True, text=True, check=True)
        times.append(time.perf_counter() - start)
        areas = done.stdout.strip()
    print(f"rate map of {areas} areas from a cold start: {min(times):.1f} s (best of {len(times)}; under 3)")


if __name__ == "__main__":
    main()
