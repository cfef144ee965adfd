"""Attacks on legends: the limits of classes must not tell digits that the table beside the map leaves out.

A municipality of 3.004 people in 10,000 adults is printed as 3 people and a rate of 0.3. A legend of its own,
"0.300 to 0.301", would tell the rest: so two releases whose tables print the same must look the same.
"""

import matplotlib as mpl
import numpy as np
import pytest

import pse
from mapping.boundaries import study_boundaries
from mapping.classes import as_printed, class_breaks, class_labels
from mapping.maps import map_figures, tables_to_draw, write_maps
from mapping.release import release
from mapping.style import STYLE
from mapping.webmap import write_webmap
from tests.attacks.plain_study import plain_study

SPOTS = {"alba": [20] * 5, "bora": [3, 3, 2], "cira": [12] * 4, "dova": [15] * 6, "elma": [14] * 4}
MORE = {"municipalities": {"point": 0.2, "upper": 0.2, "rate": 0.02}, "municipality_days": {"point": 0.2}}
"""What the tables leave out: people are printed whole, rates to a tenth."""


@pytest.fixture(scope="module")
def study():
    return plain_study(SPOTS)


@pytest.fixture(scope="module")
def areas(study):
    return study_boundaries(study).assign(name=study.municipalities["name"])


@pytest.fixture
def pair(study):
    """Two releases whose tables print the same numbers."""
    both = [release(pse.estimate_study(study)) for _ in range(2)]
    tables = both[1].tables
    for name, added in MORE.items():
        more = {column: tables[name][column] + digits for column, digits in added.items()}
        tables[name] = tables[name].assign(**more)
    for name in MORE:
        first, second = (as_printed(one.tables[name]) for one in both)
        assert first["point"].equals(second["point"]) and first["point"].notna().any()
    return both


def test_the_web_map_is_the_same_to_the_byte(pair, areas, tmp_path):
    first, second = (
        write_webmap(one, areas, tmp_path / f"{n}.html", title="T", source="S").read_bytes()
        for n, one in enumerate(pair)
    )
    assert first == second


def test_pictures_of_municipalities_are_the_same_to_the_byte(pair, areas, tmp_path):
    drawn = []
    for number, one in enumerate(pair):
        out = tmp_path / str(number)
        write_maps(tables_to_draw(one), areas, out, formats=("svg",))
        drawn.append({path.stem: path.read_bytes() for path in out.glob("*.svg")})
    assert {"rate_map_FSW", "size_map_FSW", "forest_FSW", "days_map_FSW"} <= set(drawn[0])
    assert [name for name in drawn[0] if drawn[0][name] != drawn[1][name]] == []


def test_the_legend_of_one_shown_municipality_has_no_more_digits_than_its_table(pair, areas):
    one = pair[1]
    table = one.tables["municipalities"]
    keep = table["municipality"].eq("alba")
    shown = table.assign(rate=np.where(keep, 0.3004, np.nan), hidden=~keep)
    one.tables["municipalities"] = shown.assign(point=np.where(keep, 3.004, np.nan), lower=3.0, upper=3.01)
    with mpl.rc_context(STYLE):
        figures = map_figures(tables_to_draw(one), areas, None, "en")
    legend = figures["rate_map_FSW"].axes[0].get_legend().get_texts()
    assert legend[0].get_text() == "0.3"


def test_a_careless_legend_tells_a_hundredth_of_a_person():
    """The attack: 1,000 x the limits over 10,000 adults are 3.00 to 3.01 people where the table says 3."""
    assert class_labels(class_breaks([0.3004])) == ["0.300 to 0.301"]


def test_what_is_hidden_is_blank_before_limits_are_made(pair):
    table = pair[0].tables["municipalities"].assign(rate=7.0, point=70.0, hidden=True)
    assert as_printed(table)[["point", "rate"]].isna().all(axis=None)
