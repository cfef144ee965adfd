"""Size of the offline web map, and the time to its first picture in Chromium, without and with 20,000 points.

    python benchmarks/webmap.py [--points 20000] [--runs 5]

Needs playwright and Debian's chromium. The time runs from the opening of the file to the first frame that
holds areas and points; the network is off.
"""

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
from playwright.sync_api import Browser, sync_playwright

import pse
from mapping.boundaries import study_boundaries
from mapping.release import release
from mapping.webmap import write_webmap

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
READY = "performance.getEntriesByName('first map')[0]?.startTime"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = write_pages(Path(folder), wanted.points)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        print(f"{'points of one KP':>16} {'file, kB':>9} {'first map, ms (median)':>23} {'slowest':>8}")
        for count, page in pages.items():
            times = [first_map(browser, page) for _ in range(wanted.runs)]
            size = page.stat().st_size / 1000
            print(f"{count:>16,} {size:>9,.0f} {statistics.median(times):>23,.0f} {max(times):>8,.0f}")
        browser.close()


def write_pages(folder: Path, count: int) -> dict[int, Path]:
    study = pse.read_study(pse.sample_folder())
    released, areas = release(pse.estimate_study(study), "programme"), study_boundaries(study)
    pages = {}
    for n in (0, count):
        points = made_up_points(areas, n) if n else None
        pages[n] = write_webmap(
            released, areas, folder / f"{n}.html", title="Benchmark", source="Made up", points=points
        )
    return pages


def made_up_points(areas: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """Return points of the first KP anywhere in the box of the areas; no spot is behind them."""
    rng = np.random.default_rng(1)
    west, south, east, north = areas.total_bounds
    places = gpd.points_from_xy(rng.uniform(west, east, count), rng.uniform(south, north, count))
    return gpd.GeoDataFrame(geometry=places, crs=areas.crs).assign(kp="FSW", masked=True)


def first_map(browser: Browser, page: Path) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_offline(True)
    tab = context.new_page()
    tab.goto(page.as_uri())
    tab.wait_for_function(f"{READY} > 0")
    time = float(tab.evaluate(READY))
    context.close()
    return time


if __name__ == "__main__":
    main()
