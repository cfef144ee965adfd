"""Real numbers that are in print: the steps of the toolkit give them again.

Kenya and Nigeria are read from the folder of reference numbers beside the project and are not copied into it;
where the folder is missing these tests are skipped.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pse
from pse.spots.extrapolate import extrapolate_by_rate, lowest_rate, mean_rate, pooled_rate

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "reference"

# (a) Kosovo 2015: PWID in nine municipalities from two surveyed ones. Kosovo HIV Concept Note, CCM meeting of
# 15 January 2015, studylib.net/doc/5472496/pwid. Population at the end of 2012; adults are 0.77 of it.
POPULATION_2012 = pd.Series(
    {
        "Pristina": 205133,
        "Prizren": 181756,
        "Gjilan": 91413,
        "Peja": 98237,
        "Mitrovica": 73160,
        "Ferizaj": 111141,
        "Gjakova": 96071,
        "Vushtrri": 71042,
        "Podujeva": 89185,
    }
)
ADULTS = 0.77 * POPULATION_2012
PRINTED_ADULTS = [157952, 139952, 70388, 75642, 56333, 85579, 73975, 54702, 68672]
SURVEYED = pd.Series({"Pristina": 3946, "Prizren": 1113})
PRINTED_BY_MEAN_RATE = [3946, 1113, 1159, 1246, 928, 1409, 1218, 901, 1131]
PRINTED_BY_PRIZREN = [3946, 1113, 560, 602, 448, 681, 588, 435, 546]


def kosovo_2015(rate_of, adults=ADULTS):
    """Return the PWID of all nine: surveyed municipalities keep their size, the others get adults x rate."""
    rate = rate_of(SURVEYED, adults[SURVEYED.index])
    unsurveyed = extrapolate_by_rate(adults.drop(SURVEYED.index), rate=rate)
    return pd.concat([SURVEYED, unsurveyed])


def test_kosovo_2015_adults_and_surveyed_rates_are_those_in_print():
    assert ADULTS.round().tolist() == PRINTED_ADULTS
    # percentages of adults, printed with nine decimals: made from unrounded adults
    printed = [2.498220825, 0.795271983]
    rates = [100 * lowest_rate(SURVEYED[[name]], ADULTS[[name]]) for name in SURVEYED.index]
    assert rates == pytest.approx(printed, abs=5e-10)


@pytest.mark.parametrize(
    "rounding", [lambda adults: adults, np.round, np.floor], ids=["none", "nearest", "down"]
)
def test_kosovo_2015_every_municipality_is_as_printed_however_adults_are_rounded(rounding):
    adults = rounding(ADULTS)
    assert kosovo_2015(mean_rate, adults).round().tolist() == PRINTED_BY_MEAN_RATE
    assert kosovo_2015(lowest_rate, adults).round().tolist() == PRINTED_BY_PRIZREN


def test_kosovo_2015_total_13051_is_from_the_unweighted_mean_of_the_two_rates():
    assert round(kosovo_2015(mean_rate).sum()) == sum(PRINTED_BY_MEAN_RATE) == 13051


def test_kosovo_2015_total_8918_is_from_the_lower_rate_and_unrounded():
    by_prizren = kosovo_2015(lowest_rate)
    assert round(by_prizren.sum()) == 8918
    assert by_prizren.round().sum() == sum(PRINTED_BY_PRIZREN) == 8919


def test_kosovo_2015_the_pooled_rate_would_have_given_13300():
    assert round(kosovo_2015(pooled_rate).sum()) == 13300


# (b) Kenya 2012: FSW in mapped towns. Odek et al., PLoS ONE 2014;9(3):e89180.


def read_reference(name):
    path = REFERENCE / name
    if not path.is_file():
        pytest.skip(f"{name} is not in the folder of reference numbers")
    return pd.read_csv(path)


@pytest.fixture(scope="module")
def kenya():
    table = read_reference("kenya_2012_fsw_towns.csv")
    renamed = {"fsw_estimate": "point", "fsw_min": "lower", "fsw_max": "upper"}
    return table.rename(columns=renamed).drop(columns=["source", "note"])


def level(table, name):
    return table[table["level"] == name]


def with_bounds(table):
    return table[table[["lower", "upper"]].notna().all(axis=1)]


def estimate(row):
    return pse.Estimate(row.point, row.lower, row.upper, interval="range", level=None, method="mapping")


def test_kenya_bounds_are_printed_for_34_of_58_units_and_5_of_7_provinces(kenya):
    units, provinces = level(kenya, "unit"), level(kenya, "province_total")
    assert (len(units), len(with_bounds(units))) == (58, 34)
    assert (len(provinces), len(with_bounds(provinces))) == (7, 5)
    without = units[units["lower"].isna()].groupby("province").size()
    assert without.to_dict() == {"Nairobi": 6, "Rift Valley": 11, "Western": 7}  # 24 units


def test_kenya_every_size_is_the_middle_of_its_bounds(kenya):
    rows = with_bounds(kenya)
    assert len(rows) == 41
    assert ((rows["lower"] + rows["upper"]) / 2 - rows["point"]).abs().max() <= 0.5


def test_kenya_units_add_to_provinces_in_all_three_numbers_where_all_bounds_are_printed(kenya):
    units = level(kenya, "unit")
    complete = units.groupby("province").filter(lambda rows: rows["lower"].notna().all())
    printed = level(kenya, "province_total").set_index("province")
    assert set(complete["province"]) == {"Central", "Coast", "Eastern", "Nyanza"}
    for province, rows in complete.groupby("province"):
        got = pse.add([estimate(row) for row in rows.itertuples()], dependence="together")
        expected = printed.loc[province]
        assert (got.lower, got.point, got.upper) == pytest.approx(
            (expected["lower"], expected["point"], expected["upper"]), abs=2
        )
        assert got.kind == "range"


def test_kenya_points_add_from_all_units_to_provinces_to_the_nation(kenya):
    # points only: 24 units have no bounds in print, and none are invented here
    by_province = level(kenya, "unit").groupby("province")["point"].sum()
    printed = level(kenya, "province_total").set_index("province")["point"]
    assert (by_province - printed).abs().max() <= 2
    national = level(kenya, "mapped_total")["point"].item()
    assert national == 103298
    assert printed.sum() == pytest.approx(national, abs=2)


def test_kenya_national_bounds_leave_a_range_around_the_two_provinces_without_bounds(kenya):
    # The national bounds, 77,878 to 128,717, are published only: Rift Valley and Western print none. What the
    # other five leave for these two has their points in the middle, so bounds were summed like points.
    provinces = level(kenya, "province_total")
    five = pse.add([estimate(row) for row in with_bounds(provinces).itertuples()], dependence="together")
    national = level(kenya, "mapped_total").iloc[0]
    left = [national[name] - getattr(five, name) for name in ("lower", "point", "upper")]
    assert left[1] == pytest.approx(provinces[provinces["lower"].isna()]["point"].sum(), abs=2)
    assert (left[0] + left[2]) / 2 == pytest.approx(left[1], abs=2)


# (c) Nigeria 2012: FSW in 86 local government areas (LGA) of 7 states. Ikpeazu et al., PLoS ONE
# 2014;9(8):e103619. No bounds are printed, so these are sums of points.


def test_nigeria_areas_add_to_states_and_states_to_the_nation():
    nigeria = read_reference("nigeria_2012_fsw_lga.csv")
    areas, states = level(nigeria, "lga"), level(nigeria, "state_total")
    assert (len(areas), len(states)) == (86, 7)
    by_state = areas.groupby("state")["fsw_estimate"].sum()
    printed = states.set_index("state")["fsw_estimate"]
    assert (by_state - printed).abs().max() <= 2
    national = level(nigeria, "national_total(7 states)")["fsw_estimate"].item()
    assert printed.sum() == pytest.approx(national, abs=2)
