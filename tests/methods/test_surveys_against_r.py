"""Shares, totals and ratios of a survey beside those of the R package survey, run by us on a made table."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pse.methods.survey_replicates import jackknife_weights, replicated_share
from pse.methods.surveys import survey_design, survey_ratio, survey_share, survey_total

DATA = Path(__file__).parent / "data"
TOLD = json.loads((DATA / "survey_designs.json").read_text(encoding="utf-8"))["result"]
DESIGNS = {
    "strata and towns, finite": {"stratum": "region", "cluster": "town", "population": "towns"},
    "strata and towns": {"stratum": "region", "cluster": "town"},
    "towns": {"cluster": "town_of_region"},
    "strata": {"stratum": "region"},
}


@pytest.mark.parametrize("name", DESIGNS)
def test_the_package_survey_has_the_same_numbers(name):
    table = pd.read_csv(DATA / "survey_table.csv")
    table["town_of_region"] = table["region"] + table["town"]
    design = survey_design(table, weight="weight", **DESIGNS[name])
    young, clinic = table["age"] < 25, table["clinic"]
    jackknife = jackknife_weights(design)
    got = {
        "share": survey_share(clinic, design),
        "total": survey_total(clinic, design),
        "ratio": survey_ratio(table["positive"], table["contacts"], design),
        "young": survey_share(clinic, design, among=young),
        "jackknife": replicated_share(clinic, design, jackknife),
        "jackknife_young": replicated_share(clinic, design, jackknife, among=young),
    }
    for what, ours in got.items():
        assert [ours.point, ours.error] == pytest.approx(TOLD[name][what], rel=1e-9), what
    assert design.degrees == TOLD[name]["degrees"]
