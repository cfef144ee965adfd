"""The Lorenz curve, and what is said where the extra `spatial` is not installed."""

import importlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from shapely.geometry import box

from mapping.hotspots import concentration_table, getis_ord, local_moran, lorenz_points


@pytest.mark.parametrize("test", [getis_ord, local_moran])
def test_a_missing_extra_is_named_with_its_remedy(monkeypatch, test):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    cells = [box(1000 * i, 0, 1000 * i + 1000, 1000) for i in range(4)]
    areas = gpd.GeoDataFrame({"rate": [1.0, 2.0, 4.0, 8.0], "hidden": False}, geometry=cells, crs=32634)
    with pytest.raises(ImportError, match=r'pip install "pse-toolkit\[spatial\]"'):
        test(areas, value="rate", gap_metres=1, false_discovery=0.05, rng=np.random.default_rng(1))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.1, 1e4), min_size=1, max_size=60))
def test_the_gini_is_twice_the_area_above_the_lorenz_curve(sizes):
    spots = pd.DataFrame({"kp": "FSW", "point": sizes})
    curve = lorenz_points(spots)
    area = trapezoid(curve["people_share"], curve["spots_share"])
    assert concentration_table(spots)["gini"].iloc[0] == pytest.approx(1 - 2 * area, abs=1e-9)
    assert curve.iloc[0, 1:].tolist() == [0, 0]
    assert curve.iloc[-1, 1:].tolist() == pytest.approx([1, 1])
    assert (curve["people_share"] <= curve["spots_share"] + 1e-12).all()


def test_spots_without_people_are_not_on_the_curve_and_no_spots_give_no_points():
    spots = pd.DataFrame({"kp": ["FSW", "FSW", "MSM"], "point": [4.0, 0.0, 0.0]})
    assert lorenz_points(spots)[["kp", "people_share"]].to_numpy().tolist() == [["FSW", 0.0], ["FSW", 1.0]]
    assert list(lorenz_points(spots.iloc[2:]).columns) == ["kp", "spots_share", "people_share"]
    assert lorenz_points(spots.iloc[2:]).empty
