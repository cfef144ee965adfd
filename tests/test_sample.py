"""The bundled sample: consistent with the published totals of Kosovo 2016, by the ordinary chain alone.

Published: JMIR Public Health Surveill 2019;5(1):e11194 (abstract) and the conference abstract of 2018;
METHOD, section 1. No formula of the paper has been seen.
"""

import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

import pse
from pse.estimate import round_people

PUBLISHED = {
    "FSW": (5037, 4213, 5860),
    "MSM": (6814, 6445, 7117),
    "PWID": (5819, 4777, 6860),
}
ENDS = ["point", "lower", "upper"]


def rounded(row):
    return tuple(round_people(row[end]) for end in ENDS)


@pytest.mark.parametrize("kp", PUBLISHED)
def test_the_chain_returns_the_published_totals_and_ranges(sample_sizes, kp):
    assert rounded(sample_sizes.national.set_index("kp").loc[kp]) == PUBLISHED[kp]


def test_pwid_at_spots(sample_sizes):
    spots = sample_sizes.components.query("kp == 'PWID' and component == 'spots'")[ENDS].sum()
    assert rounded(spots) == (4973, 3932, 6015)


def test_exactly_one_override_explains_the_msm_point(sample, sample_sizes):
    assert list(sample.overrides["kp"]) == ["MSM"]
    assert "33" in sample.overrides["reason"].iloc[0]
    msm = sample_sizes.national.set_index("kp").loc["MSM"]
    assert round_people(msm["computed_point"]) == 6781
    assert msm["point"] - msm["computed_point"] == pytest.approx(33, abs=0.1)


def test_mean_size_of_spots(sample_sizes):
    spots = sample_sizes.typologies.query("component == 'spots'").groupby("kp")[["point", "spots"]].sum()
    means = (spots["point"] / spots["spots"]).round(1)
    assert means["MSM"] == 13.3
    assert means["PWID"] == 7.1
    assert spots.loc["MSM", "spots"] == 138  # implied by the print: 138 to 141
    assert spots.loc["PWID", "spots"] == 700  # implied: 695 to 705


def test_three_quarters_of_msm_are_in_five_municipalities(sample_sizes):
    msm = sample_sizes.municipalities.query("kp == 'MSM'")["point"].sort_values()
    assert msm.tail(5).sum() / msm.sum() == pytest.approx(0.75, abs=0.005)


def test_weekends_and_peak_days(sample_sizes):
    factor = sample_sizes.days.set_index(["kp", "day"])["factor"]
    uplift = sample_sizes.uplift.set_index(["kp", "municipality_size"])["uplift"]
    assert uplift["FSW", "all"] == pytest.approx(0.25, abs=0.005)
    assert uplift["FSW", "large"] > 0.25 > uplift["FSW", "other"]  # "more in large municipalities"
    assert [factor["MSM", day] for day in ("fri", "sat")] == pytest.approx([1.05, 1.05], abs=0.005)
    assert [factor["MSM", day] for day in ("mon", "tue", "wed", "thu", "sun")] == [1] * 5
    assert set(sample_sizes.days.query("kp == 'PWID'")["factor"]) == {1.0}


def test_channels(sample_sizes):
    channel = sample_sizes.components.groupby(["kp", "channel"])["point"].sum()
    assert channel["FSW", "phone"] / 5037 == pytest.approx(0.20, abs=0.005)
    assert channel["FSW", "web"] / 5037 == pytest.approx(0.10, abs=0.005)
    assert round_people(channel["MSM", "web"]) == 4940


def test_counts_of_typologies(sample_sizes):
    counts = sample_sizes.typologies.groupby("kp")["typology"].nunique()
    assert counts.to_dict() == {"FSW": 8, "MSM": 6, "PWID": 5}


def test_rates_per_1000_adults(sample_sizes):
    rates = sample_sizes.national.set_index("kp")
    assert rates["denominator"].to_dict() == {
        "FSW": "adult_women",
        "MSM": "adult_men",
        "PWID": "adult_men",
    }
    assert rates["rate"].round(1).to_dict() == {"FSW": 8.9, "MSM": 12.0, "PWID": 10.2}


def test_interviews_and_municipalities(sample, sample_sizes):
    effort = sample_sizes.effort.set_index("kp").loc["all"]
    assert effort["level1_interviews"] == 1537
    assert effort["level2_interviews"] == 976
    assert int(sample.municipalities["mapped"].sum()) == 26
    assert len(sample.municipalities) == 38


def test_no_women_among_pwid_at_spots(sample):
    assert set(sample.people.query("kp == 'PWID'")["sex"]) == {"male"}


def test_nothing_in_the_sample_says_where_a_spot_is_or_who_spoke(sample):
    for table in (sample.level1, sample.level2, sample.people):
        assert not {"lat", "lon", "spot_name", "name", "phone"} & set(table.columns)
    assert sample.level1["spot_id"].dropna().str.fullmatch(r"S[A-Z2-9]{5}").all()


def test_the_sample_says_that_it_is_synthetic():
    assert "Synthetic" in (pse.sample_folder() / "study.toml").read_text(encoding="utf-8")


def test_a_fresh_run_of_make_gives_the_committed_files(tmp_path, monkeypatch):
    script = Path(__file__).resolve().parents[1] / "data" / "sample" / "make.py"
    monkeypatch.syspath_prepend(script.parent)  # as when it is run: its own files lie beside it
    spec = importlib.util.spec_from_file_location("make_sample", script)
    make = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["make_sample"] = make
    spec.loader.exec_module(make)
    make.main(tmp_path)
    committed = script.parent / "kosovo_2016"
    names = sorted(path.name for path in committed.iterdir() if path.suffix in {".csv", ".toml"})
    assert names == sorted(path.name for path in tmp_path.iterdir() if path.suffix in {".csv", ".toml"})
    for name in names:
        assert (tmp_path / name).read_bytes() == (committed / name).read_bytes(), name
    fresh, kept = (gpd.read_file(folder / "boundaries.geojson") for folder in (tmp_path, committed))
    assert list(fresh["municipality"]) == list(kept["municipality"])
    apart = fresh.to_crs(32634).symmetric_difference(kept.to_crs(32634)).area
    assert np.all(apart < 1e4)  # square metres
