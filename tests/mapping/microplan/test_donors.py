"""Donor sheets: the same numbers, in the shapes that others ask for."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.microplan.dhis2 import data_values, read_mapping, write_dhis2
from mapping.microplan.donors import gam_sheet, gap_row, global_fund_gap, kp_atlas, write_donors

UID = "AbCdEfGhI{:02d}"


def mapping_text(plan, extra=""):
    places = dict.fromkeys(plan.people["municipality"])
    places.pop("")
    units = "\n".join(f'{place} = "{UID.format(n)}"' for n, place in enumerate(places))
    return f"""
[definitions]
FSW = "Women who sold sex in the last 12 months"
[financed]
FSW = 500
[dhis2]
period = "2026"
country = "Country0001"
data_set = "DataSet0001"
{extra}
[[dhis2.values]]
table = "sizes"
kp = "FSW"
column = "central"
data_element = "SizeOfFsw01"
[[dhis2.values]]
table = "workforce"
kp = "FSW"
column = "central"
data_element = "PeersOfFsw1"
category_option_combo = "Option00001"
[[dhis2.values]]
table = "commodities"
kp = "PWID"
item = "syringes_plan"
column = "high"
data_element = "SyringesOfP"
[dhis2.org_units]
{units}
"""


@pytest.fixture
def mapping_file(tmp_path, plan):
    path = tmp_path / "mapping.toml"
    path.write_text(mapping_text(plan), encoding="utf-8")
    return path


def test_gam_has_size_range_method_sites_and_year(public):
    table = gam_sheet(public, year=2016, country="Kosovo", definitions={"FSW": "D"}).set_index("kp")
    row = table.loc["FSW"]
    assert (row["estimate"], row["lower"], row["upper"]) == (5037, 4213, 5860)
    assert (row["year"], row["sites"], row["range_is"], row["definition"]) == (2016, 26, "range", "D")
    assert table.loc["MSM", "definition"] == ""  # nobody wrote one, so none is made up


def test_the_gap_of_the_global_fund_by_hand():
    assert gap_row(need=1000, target=900, covered=400, financed=300) == dict(
        zip("ABCDEFG", (1000, 900, 400, 600, 300, 700, 300), strict=True)
    )


@given(need=st.integers(0, 10**6), covered=st.integers(0, 10**6), financed=st.integers(0, 10**6))
def test_the_letters_add_up(need, covered, financed):
    if covered + financed > need:
        with pytest.raises(ValueError, match="coverage must not be above 100 % of the people in need"):
            gap_row(need=need, target=need, covered=covered, financed=financed)
        return
    row = gap_row(need=need, target=need, covered=covered, financed=financed)
    assert row["C"] + row["D"] == row["A"] == row["F"] + row["G"]
    assert row["C"] + row["E"] == row["F"]


def test_the_gap_uses_the_strictest_step_and_says_which(plan, counts):
    table = global_fund_gap(plan, financed={"FSW": 100}).set_index(["kp", "size"])
    row = table.loc[("FSW", "central")]
    regular = counts[counts["kp"].eq("FSW") & counts["step"].eq("regular")]["people"].sum()
    assert row["covered_by"] == "regular" and row["adds_up"] == "yes"
    assert (row["C"], row["E"], row["F"], row["G"]) == (regular, 100, regular + 100, 5037 - regular - 100)
    assert table.loc[("MSM", "central"), "note"] == "nothing counted"
    assert pd.isna(table.loc[("MSM", "central"), "C"])


def test_more_people_counted_than_there_are_is_a_note_and_no_number(plan):
    gap = plan.tables["gap"]
    many = gap.assign(people=gap["people"].where(~gap["step"].eq("regular"), 99_999.0))
    table = global_fund_gap(replace(plan, tables={**plan.tables, "gap": many}))
    assert "coverage must not be above 100 %" in table.loc[0, "note"]
    assert pd.isna(table.loc[0, "D"])


def test_the_atlas_has_a_row_for_every_number_shown(plan):
    table = kp_atlas(plan, year=2016, country="Kosovo", source="S")
    assert len(table) == 3 * (~plan.people["hidden"]).sum()
    assert table.loc[0, ["Area", "Subgroup", "Data Value"]].tolist() == ["Kosovo", "estimate", 5037]
    gone = plan.people[plan.people["hidden"]]
    for place, kp in zip(gone["municipality"], gone["kp"], strict=True):
        title = {"FSW": "Sex workers", "MSM": "Men who", "PWID": "People who"}[kp]
        assert not (table["Area ID"].eq(place) & table["Indicator"].str.startswith(title)).any()


def test_dhis2_values_come_through_the_mapping(plan, mapping_file, tmp_path):
    given_ = read_mapping(mapping_file)["dhis2"]
    table = data_values(plan, given_)
    country = table[table["orgunit"].eq("Country0001")].set_index("dataelement")["value"]
    assert country["SizeOfFsw01"] == 5037 and country["PeersOfFsw1"] == 76
    hidden = plan.people[plan.people["kp"].eq("FSW")]["hidden"].sum()
    assert hidden and (table["dataelement"] == "SizeOfFsw01").sum() == 27 - hidden
    write_dhis2(plan, given_, tmp_path)
    payload = json.loads((tmp_path / "dhis2_values.json").read_text(encoding="utf-8"))
    assert payload["dataSet"] == "DataSet0001" and len(payload["dataValues"]) == len(table)
    assert payload["dataValues"][0] == {
        "dataElement": "SizeOfFsw01", "period": "2026", "orgUnit": "Country0001", "value": "5037",
    }  # fmt: skip
    raw = (tmp_path / "dhis2_values.csv").read_bytes()
    assert raw.startswith(b"dataelement,period,orgunit,categoryoptioncombo,attributeoptioncombo,value\n")


def test_all_sheets_are_written_with_the_receipt(plan, sample, mapping_file, tmp_path):
    paths = write_donors(plan, sample, tmp_path, mapping_file=mapping_file)
    assert [path.name for path in paths] == [
        "gam_sizes.csv", "global_fund_gap.csv", "kp_atlas.csv", "dhis2_values.json", "dhis2_values.csv",
        "receipt.txt",
    ]  # fmt: skip
    gam = pd.read_csv(tmp_path / "gam_sizes.csv", encoding="utf-8-sig")
    assert gam.loc[0, "definition"].startswith("Women who sold sex")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('period = "2026"', 'period = "next year"', "dhis2.period must be 2026, 202601, 2026Q1"),
        ('period = "2026"', "", "dhis2 must have period; got none"),
        ("SizeOfFsw01", "short", "values 1, data_element must be an identifier of DHIS2"),
        ('table = "sizes"', 'table = "secrets"', "values 1, table must be one of sizes, workforce"),
        ("FSW = 500", "FSW = -5", "financed.FSW must be people, 0 or more; got '-5'"),
        ("[financed]", "[finances]", "must have the parts definitions, financed and dhis2; got 'finances'"),
        ("[definitions]", "[definitions", "mapping must be TOML in UTF-8"),
    ],
)
def test_a_wrong_mapping_is_refused(tmp_path, plan, old, new, words):
    path = tmp_path / "mapping.toml"
    text = mapping_text(plan)
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        read_mapping(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("decan =", "somewhere =", "org_units must name every municipality of the estimates; 1 do not match"),
        ('column = "central"', 'column = "how"', "values 1 must name numbers of the plan"),
        ('item = "syringes_plan"', 'item = "spoons"', "values 3 must name numbers of the plan"),
    ],
)
def test_a_mapping_that_does_not_fit_the_plan_is_refused(tmp_path, plan, old, new, words):
    path = tmp_path / "mapping.toml"
    path.write_text(mapping_text(plan).replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        data_values(plan, read_mapping(path)["dhis2"])
