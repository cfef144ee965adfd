"""Attacks on pictures: the colour of a hidden area, the limits of the legend, the size of its circle.

Two studies differ in one small number only. Whatever a picture shows of it makes the two pictures differ.
"""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import image

import pse
from mapping.areamaps import plot_choropleth
from mapping.boundaries import study_boundaries
from mapping.classes import class_breaks
from mapping.maps import tables_to_draw, write_maps
from mapping.release import release
from mapping.style import STYLE, new_figure
from tests.attacks.plain_study import plain_study

ONE = {"alba": [20] * 5, "bora": [3, 3, 2], "cira": [12] * 4, "dova": [15] * 6, "elma": [14] * 4}
OTHER = {**ONE, "bora": [1, 1, 1]}
PICTURES = ("rate_map_FSW", "size_map_FSW", "forest_FSW", "kps_map")


@pytest.fixture(scope="module")
def pair():
    return [pse.estimate_study(plain_study(spots)) for spots in (ONE, OTHER)]


@pytest.fixture(scope="module")
def areas():
    areas = study_boundaries(plain_study(ONE))
    return areas.assign(name=areas["municipality"])


def pixels(path):
    return image.imread(path)


def choropleth(table, areas, path, breaks):
    with mpl.rc_context(STYLE):
        figure, ax = new_figure(7, 7)
        plot_choropleth(areas, table, "rate", breaks=breaks, unit="per 1,000", title="FSW", ax=ax)
        figure.savefig(path)
    return pixels(path)


def test_a_careless_map_paints_the_hidden_number(pair, areas, tmp_path):
    """Numbers are blanked in the tables, but the map is drawn from the estimates."""
    first, second = (
        choropleth(sizes.municipalities, areas, tmp_path / f"{n}.png", [0, 0.5, 5, 10])
        for n, sizes in enumerate(pair)
    )
    assert not np.array_equal(first, second)


def test_a_careless_legend_counts_the_hidden_number(pair, areas, tmp_path):
    """The area is dotted, but the classes were made with it."""
    drawn = []
    for number, sizes in enumerate(pair):
        table = sizes.municipalities.copy()
        breaks = class_breaks(table["rate"])
        table.loc[table["point"] < 10, ["point", "rate"]] = np.nan
        drawn.append(choropleth(table, areas, tmp_path / f"{number}.png", breaks))
    assert not np.array_equal(*drawn)


def test_our_pictures_are_the_same_to_the_pixel(pair, areas, tmp_path):
    drawn = []
    for number, sizes in enumerate(pair):
        out = tmp_path / str(number)
        write_maps(tables_to_draw(release(sizes)), areas, out, formats=("png",))
        drawn.append({path.stem: pixels(path) for path in out.glob("*.png")})
    same = [name for name in PICTURES if name in drawn[0]]
    assert {"rate_map_FSW", "size_map_FSW", "forest_FSW"} <= set(same)
    for name in same:
        assert np.array_equal(drawn[0][name], drawn[1][name]), name
