"""Simulated exercises, and a second, simpler simulator that shares no code with them."""

import numpy as np
import pandas as pd
import pytest

import pse
from pse.records.study import make_study
from pse.simulate import SCENARIOS, simulate, simulate_study, write_simulated
from tests.records.tiny import tiny_settings


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_every_scenario_passes_the_door_and_is_near_the_truth(scenario):
    study, truth = simulate_study(scenario, rng=np.random.default_rng(1))
    point = pse.estimate_study(study).national.set_index("kp")["point"]
    assert point.to_numpy() == pytest.approx(truth.national()[point.index].to_numpy(), rel=0.15)


def test_the_same_seed_gives_the_same_exercise():
    one, two = (simulate("noisy", rng=np.random.default_rng(5), municipalities=2) for _ in range(2))
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name])


def test_truth_adds_up():
    _, truth = simulate_study("unlisted", rng=np.random.default_rng(2), municipalities=3)
    people = truth.people
    assert (people["people"] == people[["at_spots", "online_only", "home"]].sum(axis=1)).all()
    assert (people["at_unlisted"] > 0).any() and (people["at_unlisted"] <= people["at_spots"]).all()


def test_a_perfect_exercise_gives_the_truth_at_spots():
    # no noise, everything listed and visited, everybody asked about M: at spots the estimate is the truth
    study, truth = simulate_study(
        "plain", rng=np.random.default_rng(3), municipalities=3, level1_noise=0.0, level2_noise=0.0,
        level1_bias=1.0, visited=1.0, refused=0.0, asked=10_000, width=0.0, heaping=0.0,
    )  # fmt: skip
    sizes = pse.estimate_study(study)
    spots = sizes.components[lambda table: table["component"] == "spots"]
    got = spots.groupby("kp")["point"].sum()
    assert got.to_numpy() == pytest.approx(truth.people.groupby("kp")["at_spots"].sum().to_numpy(), abs=1e-6)


def test_a_written_exercise_is_read_back(tmp_path):
    made = simulate("plain", rng=np.random.default_rng(4), municipalities=2)
    folder = write_simulated(made, tmp_path / "new")
    read = pse.estimate_study(pse.read_study(folder)).national
    pd.testing.assert_frame_equal(read, pse.estimate_study(made.study()).national)
    truth = pd.read_csv(folder / "truth" / "people.csv")
    pd.testing.assert_frame_equal(truth, made.truth.people, check_dtype=False)
    with pytest.raises(ValueError, match="folder must be new"):
        write_simulated(made, folder)


def test_wrong_scenarios_are_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="scenario must be one of 'plain'"):
        simulate("easy", rng=rng)
    with pytest.raises(ValueError, match="changes must be numbers of a Scenario; got spotz"):
        simulate("plain", rng=rng, spotz=3)
    with pytest.raises(ValueError, match="visited"):
        simulate("plain", rng=rng, visited=1.5)


def simple_exercise(rng, *, towns=15, spots=12, visited=0.8, sigma=0.25, bias=1.3):
    """Draw spots with gamma sizes where nobody goes to two; level 2 errs by a gamma factor of mean 1."""
    level1, level2, truth = [], [], 0.0
    for town in range(towns):
        for spot in range(spots):
            size = 5 + rng.gamma(1.5, 10)
            truth += size
            place = {"municipality": f"T{town}", "zone": None, "spot_id": f"T{town}-{spot}", "kp": "FSW"}
            said = size * bias * rng.gamma(1 / 0.3**2, 0.3**2)
            level1.append({**place, "kp_min": round(0.8 * said), "kp_max": round(1.2 * said)})
            for _ in range((rng.random() < visited) * (1 + (rng.random() < 0.4))):
                seen = size * rng.gamma(1 / sigma**2, sigma**2)
                ends = {"usual_min": round(0.8 * seen), "usual_max": round(1.2 * seen)}
                level2.append({**place, "status": "active", **ends, "peak_min": None, "peak_max": None})
    named = {"typology": "bar", "informant_type": "taxi"}
    tables = {
        "municipalities": pd.DataFrame(
            {"municipality": [f"T{i}" for i in range(towns)], "name": [f"Town {i}" for i in range(towns)]}
        ).assign(adult_men=9000, adult_women=9000, mapped="yes"),
        "level1": pd.DataFrame(level1).assign(**named, interview_id=[f"I{i}" for i in range(len(level1))]),
        "level2": pd.DataFrame(level2).assign(
            typology="bar", interview_id=[f"J{i}" for i in range(len(level2))], peak_days=None
        ),
    }
    return make_study(**tiny_settings(), tables=tables), truth


def held(n):
    """Return over `n` simple exercises how often national intervals held the truth, and the mean bias."""
    holds, ratios = [], []
    for number in range(n):
        study, truth = simple_exercise(np.random.default_rng([7, number]))
        sizes = pse.estimate_study(
            study, interval="bootstrap", replicates=300, rng=np.random.default_rng(number)
        )
        row = sizes.national.iloc[0]
        holds.append(row["lower"] <= truth <= row["upper"])
        ratios.append(row["point"] / truth)
    return float(np.mean(holds)), float(np.mean(ratios)) - 1


def test_intervals_hold_the_truth_of_the_simpler_simulator_most_of_the_time():
    # 12 exercises: fewer than 9 held has a chance of 0.0002 at a coverage of 95 %
    coverage, bias = held(12)
    assert coverage >= 9 / 12
    assert abs(bias) < 0.03


@pytest.mark.slow
def test_coverage_on_the_simpler_simulator():
    # 300 exercises: the standard error of a coverage of 95 % is 1.3 points
    coverage, bias = held(300)
    assert 0.92 <= coverage <= 0.98
    assert abs(bias) < 0.015
