"""Beside R packages that we ran on made tables (`data/`): designs of surveys, lists with covariates."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pse.methods.huggins import huggins_fit
from pse.methods.survey_replicates import jackknife_weights, replicated_share
from pse.methods.surveys import survey_design, survey_ratio, survey_share, survey_total

DATA = Path(__file__).parent / "data"
DESIGNS = {
    "strata and towns, finite": {"stratum": "region", "cluster": "town", "population": "towns"},
    "strata and towns": {"stratum": "region", "cluster": "town"},
    "towns": {"cluster": "town_of_region"},
    "strata": {"stratum": "region"},
}


def told(run):
    return json.loads((DATA / f"{run}.json").read_text(encoding="utf-8"))["result"]


@pytest.mark.parametrize("name", DESIGNS)
def test_the_package_survey_has_the_same_numbers(name):
    want = told("survey_designs")[name]
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
        assert [ours.point, ours.error] == pytest.approx(want[what], rel=1e-9), what
    assert design.degrees == want["degrees"]


@pytest.mark.parametrize(
    ("name", "covariates"),
    [("per list", ["age", "street"]), ("all lists", ["age", "street"]), ("per list, none", [])],
)
def test_vgam_has_the_same_sizes_and_coefficients(name, covariates):
    want = told("vgam_huggins")[name]
    table = pd.read_csv(DATA / "huggins_table.csv")
    got = huggins_fit(
        table,
        lists=["clinic", "ngo", "police", "test"],
        covariates=covariates,
        per_list=name.startswith("per list"),
    )
    assert [got.point, got.standard_error] == pytest.approx(want["size"], rel=1e-6)
    assert got.coefficients["estimate"].tolist() == pytest.approx(want["coefficients"], rel=1e-6)
    assert got.coefficients["standard_error"].tolist() == pytest.approx(want["errors"], rel=1e-6)
    assert got.log_likelihood == pytest.approx(want["log_likelihood"], rel=1e-9)
