"""Matching error, lists of parts of the area, events, and lists with covariates."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from pse.methods.capture_recapture import lincoln_petersen
from pse.methods.closed import closed_fit
from pse.methods.histories import Histories, histories, history_patterns
from pse.methods.huggins import huggins, huggins_fit
from pse.methods.linkage import linkage_sensitivity
from pse.methods.partial_lists import event_histories, partial_lists, partial_lists_table
from pse.methods.refusal import NoEstimateError
from tests.methods.lists_data import two_lists

LISTS = {"first": 400, "second": 350, "both": 52}


def test_no_matching_error_is_lincoln_petersen():
    row = linkage_sensitivity(**LISTS, missed=[0], false=[0]).iloc[0]
    assert row["point"] == pytest.approx(lincoln_petersen(**LISTS).point, rel=1e-12)
    assert row["lower"] < row["point"] < row["upper"] and row["note"] == ""


def test_known_matching_errors_are_undone_exactly():
    """1,000 people, shares 0.4 and 0.3: 120 true matches, of which 10 % are missed; 2 % of 180 false ones."""
    found = 0.9 * 120 + 0.02 * 180
    row = linkage_sensitivity(
        first=4000, second=3000, both=round(10 * found), missed=[0.1], false=[0.02]
    ).iloc[0]
    assert row["point"] == pytest.approx(10_000, rel=1e-12) and row["both"] == pytest.approx(1200)


def test_missed_matches_lower_the_size_and_false_ones_raise_it():
    table = linkage_sensitivity(**LISTS, missed=[0, 0.1, 0.3], false=[0, 0.02, 0.05])
    wide = table["point"].to_numpy().reshape(3, 3)
    assert (np.diff(wide, axis=0) < 0).all() and (np.diff(wide, axis=1) > 0).all()


def test_error_rates_that_cannot_be_keep_their_row():
    table = linkage_sensitivity(**LISTS, missed=[0, 0.9], false=[0, 0.2])
    assert table["note"].tolist() == [
        "", "all matches may be false", "more true matches than people on the smaller list",
        "all matches may be false",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="missed must be between 0 and 1"):
        linkage_sensitivity(**LISTS, missed=[10], false=[0])


def test_one_area_with_all_lists_is_mt():
    rng = np.random.default_rng(4)
    given = Histories(tuple("abc"), history_patterns(3), rng.integers(5, 60, 7))
    fit, got = closed_fit(given, model="Mt"), partial_lists({"all": given})
    assert got.point == pytest.approx(fit.point, rel=1e-9)
    table = partial_lists_table({"all": given})
    assert table["standard_error"].iloc[0] == pytest.approx(fit.standard_error, rel=1e-7)


def _expected(size, chances):
    patterns = history_patterns(len(chances))
    p = np.array(list(chances.values()))
    counts = np.round(size * np.prod(np.where(patterns, p, 1 - p), axis=1)).astype(int)
    return Histories(tuple(chances), patterns, counts)


def test_lists_of_parts_give_the_truth_in_every_area_even_with_one_list():
    chances = {"a": 0.3, "b": 0.2, "c": 0.4}
    areas = {
        "one": _expected(1_000_000, chances),
        "two": _expected(500_000, {k: chances[k] for k in "bc"}),
        "three": Histories(("a",), history_patterns(1), np.array([600_000])),
    }
    table = partial_lists_table(areas)
    assert np.allclose(table["point"], [1_000_000, 500_000, 2_000_000], rtol=1e-4)
    assert partial_lists(areas).point == pytest.approx(table["point"].sum(), rel=1e-12)


def test_an_area_whose_list_overlaps_nothing_is_refused():
    alone = Histories(("z",), history_patterns(1), np.array([60]))
    with pytest.raises(NoEstimateError, match="area 2 has none") as caught:
        partial_lists({"one": two_lists(400, 350, 52), "two": alone})
    assert caught.value.lower == 698 + 60


@pytest.mark.slow
def test_intervals_of_lists_of_parts_hold_the_truth():
    rng, held = np.random.default_rng(8), 0
    p = {"a": 0.3, "b": 0.25, "c": 0.35}
    for _ in range(400):
        areas = {}
        for name, size, lists in (("one", 800, "ab"), ("two", 600, "bc")):
            share = np.array([p[k] for k in lists])
            w = history_patterns(2)
            cells = np.prod(np.where(w, share, 1 - share), axis=1)
            counts = rng.multinomial(size, np.append(cells, 1 - cells.sum()))[:-1]
            areas[name] = Histories(tuple(lists), w, counts)
        got = partial_lists(areas)
        held += got.lower <= 1400 <= got.upper
    assert 0.915 <= held / 400 <= 0.985


def test_events_of_a_person_on_a_list_count_once():
    events = pd.DataFrame({"id": [1, 1, 1, 2, 3, 3], "source": list("aabbba")})
    assert event_histories(events, person="id", source="source").counts.tolist() == [1, 0, 2]
    again = pd.concat([events, events.sample(frac=1, random_state=1)])
    assert event_histories(again, person="id", source="source").counts.tolist() == [1, 0, 2]
    with pytest.raises(ValueError, match="id must not be blank; got a blank in row 2"):
        event_histories(events.assign(id=["x", " ", "y", "z", "u", "v"]), person="id", source="source")


def _people(rng, size=3000, slope=1.0):
    x = rng.normal(size=size)
    logit = np.array([-1.2, -0.8, -1.0])[None, :] + slope * x[:, None]
    on = (rng.random((size, 3)) < expit(logit)).astype(int)
    table = pd.DataFrame(on, columns=list("abc")).assign(x=x)
    return table[on.any(axis=1)]


def test_without_covariates_it_is_mt_and_m0():
    table = _people(np.random.default_rng(2))
    given = histories(table[list("abc")])
    for model, per_list in (("Mt", True), ("M0", False)):
        got, want = huggins_fit(table, lists=list("abc"), per_list=per_list), closed_fit(given, model=model)
        assert got.point == pytest.approx(want.point, rel=1e-8)
        assert got.standard_error == pytest.approx(want.standard_error, rel=1e-6)


def test_a_covariate_that_matters_repairs_the_size_and_its_slope():
    table = _people(np.random.default_rng(3))
    plain, full = (huggins(table, lists=list("abc"), covariates=c) for c in ([], ["x"]))
    assert plain.upper < 3000 and full.lower < 3000 < full.upper
    fit = huggins_fit(table, lists=list("abc"), covariates=["x"])
    slope, error = fit.coefficients.loc["x"]
    assert abs(slope - 1) < 3 * error
    assert fit.aic < huggins_fit(table, lists=list("abc")).aic


def test_the_error_is_that_of_repeated_samples():
    fits = [
        huggins_fit(_people(np.random.default_rng(seed), 800), lists=list("abc"), covariates=["x"])
        for seed in range(120)
    ]
    spread = np.std([fit.point for fit in fits])
    assert np.median([fit.standard_error for fit in fits]) == pytest.approx(spread, rel=0.25)


def test_the_unit_of_a_covariate_and_the_order_of_people_change_nothing():
    table = _people(np.random.default_rng(5), 600)
    one = huggins_fit(table, lists=list("abc"), covariates=["x"])
    moved = table.assign(x=1000 + 50 * table["x"]).sample(frac=1, random_state=2)
    other = huggins_fit(moved, lists=list("abc"), covariates=["x"])
    assert other.point == pytest.approx(one.point, rel=1e-7)
    assert other.coefficients.loc["x", "estimate"] * 50 == pytest.approx(
        one.coefficients.loc["x", "estimate"]
    )


def test_what_huggins_cannot_do_is_said():
    table = pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 0], "x": [1.0, 2.0, np.nan]})
    with pytest.raises(NoEstimateError, match="people on two lists; got none") as caught:
        huggins(table, lists=["a", "b"])
    assert caught.value.lower == 3
    with pytest.raises(ValueError, match="finite number; got something else in row 3"):
        huggins(table, lists=["a", "b"], covariates=["x"])
    with pytest.raises(ValueError, match="must differ between people"):
        huggins(table.assign(x=1.0), lists=["a", "b"], covariates=["x"])
    apart = pd.DataFrame({"a": [1] * 40 + [1] * 20 + [0] * 20, "b": [1] * 40 + [0] * 20 + [1] * 20})
    apart["x"] = (np.arange(80) < 40).astype(float)
    with pytest.raises(NoEstimateError, match="runs to infinity"):
        huggins(apart, lists=["a", "b"], covariates=["x"])
