"""Predictive checks: figures of the records at hand, and of records that the model makes."""

import numpy as np
import pytest

from pse.spots.model_checks import CHECKS, draw_records, predictive_table, recorded
from pse.spots.model_formulas import Parameters, Scales, tables
from pse.spots.model_priors import draw_prior, parameters_of, reported_centre
from tests.records.tiny import tiny_study
from tests.spots.test_model_formulas import data_of, one_spot, parameters, simulated


def many(p, n):
    return Parameters(*(np.broadcast_to(value, (n, *value.shape)) for value in p))


def test_recorded_figures_of_the_worked_example_are_those_by_hand():
    data = data_of(tiny_study())
    at_hand, here = recorded(data), np.ones(6, dtype=bool)
    figures = {name: figure(at_hand, data, here) for name, figure in CHECKS.items()}
    # level 2: A 9, B 11, D 4; level 1: A 11, B 15, D 3, E 8, F 16; C is closed
    assert figures["mean level-2 size"][0] == pytest.approx(8)
    assert figures["mean level-1 size"][0] == pytest.approx(53 / 5)
    assert figures["largest level-2 size"][0] == 11
    assert figures["level 2 over level 1"][0] == pytest.approx(24 / 29)
    assert figures["share of visited spots open"][0] == pytest.approx(3 / 4)
    assert figures["the same between municipalities"] is None  # there is one


def test_drawn_reports_have_the_mean_that_the_parameters_say():
    data = data_of(one_spot())
    p = parameters(data, Scales(report1=0.4, report2=0.2, shared=0.1, team=0.1), seed=5)
    t = tables(p, data, np)
    mean = float(np.exp(t.log_mean[0] + t.place[0]))
    drawn = draw_records(many(p, 60_000), data, np.random.default_rng(1))
    assert drawn.level1.mean() == pytest.approx(mean * np.exp(t.ratio1[0]), rel=0.03)
    assert drawn.level2.mean() == pytest.approx(mean * np.exp(t.team[0]), rel=0.03)
    chance = 1 / (1 + np.exp(-(p.open[0] + p.open_typology[0])))
    assert drawn.open.mean() == pytest.approx(chance, abs=0.01)


def test_records_that_the_model_made_are_like_those_it_makes():
    # the recorded figures are replaced by a draw of the same parameters: p is then uniform
    data = simulated(municipalities=4)
    p = parameters(data, seed=7)
    rng = np.random.default_rng(2)
    made = draw_records(many(p, 1), data, rng)
    level1, level2 = data.level1._replace(size=made.level1[0]), data.level2._replace(size=made.level2[0])
    faked = data._replace(level1=level1, level2=level2, active=made.open[0])
    table = predictive_table(faked, many(p, 400), ["FSW", "MSM", "PWID"], rng)
    assert len(table) == 3 * len(CHECKS)
    inside = (table["lower"] <= table["recorded"]) & (table["recorded"] <= table["upper"])
    assert inside.mean() > 0.75  # 90 % on average of 24 figures
    assert (table["lower"] <= table["middle"]).all() and (table["middle"] <= table["upper"]).all()


def test_records_from_the_prior_are_wider_than_the_records():
    data = simulated(municipalities=4)
    z = draw_prior(data, Scales(), np.random.default_rng(1), draws=400)
    p = parameters_of(z, data, reported_centre(data), Scales(), np)
    table = predictive_table(data, p, ["FSW", "MSM", "PWID"], np.random.default_rng(2))
    sizes = table[table["check"] == "mean level-2 size"]
    assert (sizes["upper"] / sizes["lower"] > 5).all()
    assert ((sizes["lower"] < sizes["recorded"]) & (sizes["recorded"] < sizes["upper"])).all()
