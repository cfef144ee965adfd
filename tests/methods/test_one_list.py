"""One list: known answers, properties, refusals and their words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import nbinom

from pse.methods.one_list import (
    covariance,
    fit_one_list,
    one_list_by,
    one_list_size,
    one_list_table,
    size_and_variance,
)
from pse.methods.one_list_bootstrap import bootstrap_size, bootstrap_sizes
from pse.methods.one_list_influence import influence_of_counts, influence_of_rows
from pse.methods.refusal import NoEstimateError
from pse.methods.truncated_counts import FAMILIES, stands_for, terms

PEOPLE = {1: 400, 2: 190, 3: 85, 4: 40, 5: 20, 6: 10, 7: 6, 9: 2}


def _table(people=None, **columns):
    people = people or PEOPLE
    return pd.DataFrame({"times": list(people), "people": list(people.values()), **columns})


def _fit(family, people=None):
    return fit_one_list(_table(people), seen="times", family=family, people="people")


def _people_with_covariates(size=400, seed=3):
    rng = np.random.default_rng(seed)
    age, sex = rng.normal(size=size), rng.choice(["f", "m"], size)
    times = rng.poisson(np.exp(0.1 + 0.3 * age + 0.4 * (sex == "m")) * rng.gamma(2, 0.5, size))
    return pd.DataFrame({"times": times, "age": age, "sex": sex})[times > 0].reset_index(drop=True)


@pytest.mark.parametrize("name", list(FAMILIES))
def test_derivatives_are_those_of_the_likelihood_and_of_the_size(name):
    family, h = FAMILIES[name], 1e-4
    seen = {"zero_one": [2, 3, 7], "first_two": [1, 2]}.get(family.kind, [1, 2, 3, 7])
    seen = np.array(seen)
    eta, zeta = np.random.default_rng(1).normal(size=(2, len(seen))), np.array([[0.3], [-0.4]])
    at, up, down = (terms(family, seen, eta + d, zeta) for d in (0, h, -h))
    np.testing.assert_allclose(at.eta, (up.value - down.value) / (2 * h), atol=1e-6)
    np.testing.assert_allclose(at.eta_eta, (up.eta - down.eta) / (2 * h), atol=1e-5)
    size = [stands_for(family, seen, eta + d, zeta) for d in (0, h, -h)]
    np.testing.assert_allclose(size[0][1], (size[1][0] - size[2][0]) / (2 * h), atol=1e-5)
    if family.extra:
        up, down = (terms(family, seen, eta, zeta + d) for d in (h, -h))
        np.testing.assert_allclose(at.zeta, (up.value - down.value) / (2 * h), atol=1e-6)
        np.testing.assert_allclose(at.eta_zeta, (up.eta - down.eta) / (2 * h), atol=1e-6)
        np.testing.assert_allclose(at.zeta_zeta, (up.zeta - down.zeta) / (2 * h), atol=1e-5)


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family.kind != "first_two"])
def test_probabilities_add_up_to_one(name):
    seen = np.arange(2 if FAMILIES[name].kind == "zero_one" else 1, 3000)
    mass = np.exp(terms(FAMILIES[name], seen, np.full((1, len(seen)), 0.2), np.array([[0.3]])).value)
    assert mass.sum() == pytest.approx(1, abs=1e-9)


def test_geometric_has_a_closed_form():
    """The mean of a geometric is sightings beyond the first over people: N = n + n^2 / extra sightings."""
    n = sum(PEOPLE.values())
    extra = sum((times - 1) * people for times, people in PEOPLE.items())
    assert one_list_size(_fit("ztgeom")).point == pytest.approx(n + n**2 / extra, rel=1e-9)


def test_negative_binomial_is_the_maximum_of_scipys_likelihood():
    seen, people = np.array(list(PEOPLE)), np.array(list(PEOPLE.values()))

    def minus(parameters):
        lam, size = np.exp(parameters[0]), np.exp(-parameters[1])
        chance = size / (size + lam)
        return -(people * (nbinom.logpmf(seen, size, chance) - np.log1p(-(chance**size)))).sum()

    best = minimize(minus, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    fit = _fit("ztnegbin")
    assert fit.log_likelihood == pytest.approx(-best.fun, rel=1e-9)
    np.testing.assert_allclose(fit.parameters, best.x, atol=1e-4)


def test_one_inflation_alone_fits_the_ones_exactly_and_the_rest_as_without_them():
    inflated, cut = _fit("oiztpoisson"), _fit("zotpoisson")
    assert inflated.parameters[0] == pytest.approx(cut.parameters[0], abs=1e-6)


def test_chao_and_zelterman_without_covariates_are_the_classic_forms():
    n, f1, f2 = sum(PEOPLE.values()), PEOPLE[1], PEOPLE[2]
    assert size_and_variance(_fit("chao"))[0] == pytest.approx(n + f1**2 / (2 * f2), rel=1e-9)
    assert size_and_variance(_fit("zelterman"))[0] == pytest.approx(n / (1 - np.exp(-2 * f2 / f1)), rel=1e-9)


def test_fisher_and_observed_information_agree_for_the_poisson_and_not_for_the_geometric():
    table = _people_with_covariates()
    for family, same in (("ztpoisson", True), ("ztgeom", False)):
        fit = fit_one_list(table, seen="times", family=family, numeric=["age"])
        observed, fisher = covariance(fit), covariance(fit, information="fisher")
        assert np.allclose(observed, fisher, rtol=1e-5) == same
        np.testing.assert_allclose(observed, fisher, rtol=0.3, atol=1e-3)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), family=st.sampled_from(["ztpoisson", "ztgeom", "zotpoisson", "chao"]))
def test_order_of_rows_columns_units_and_reference_category_change_nothing(seed, family):
    table = _people_with_covariates()
    fit = fit_one_list(table, seen="times", family=family, numeric=["age"], categories={"sex": ["f", "m"]})
    other = fit_one_list(
        table.sample(frac=1, random_state=seed).assign(age=lambda t: 3 * t["age"] - 50),
        seen="times",
        family=family,
        numeric=["age"],
        categories={"sex": ["m", "f"]},
    )
    np.testing.assert_allclose(size_and_variance(other), size_and_variance(fit), rtol=1e-6)
    assert other.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(
    times=st.integers(2, 9), family=st.sampled_from(["ztpoisson", "ztgeom", "ztnegbin", "zotgeom", "chao"])
)
def test_twice_the_people_are_twice_the_size_and_narrower(times, family):
    one, many = (_fit(family, {k: m * v for k, v in PEOPLE.items()}) for m in (1, times))
    small, large = size_and_variance(one), size_and_variance(many)
    assert large[0] == pytest.approx(times * small[0], rel=1e-5)
    assert large[1] == pytest.approx(times * small[1], rel=1e-3)


@settings(max_examples=20, deadline=None)
@given(
    people=st.lists(st.integers(0, 60), min_size=3, max_size=8),
    family=st.sampled_from(list(FAMILIES)),
    interval=st.sampled_from(["log-normal", "normal"]),
)
def test_any_list_gives_ordered_bounds_above_the_people_seen_or_a_reason(people, family, interval):
    counted = {times: number for times, number in enumerate(people, 1) if number}
    if not counted:
        return
    n = sum(counted.values())
    try:
        size = one_list_size(_fit(family, counted), interval=interval)
    except NoEstimateError as refused:
        assert refused.lower is not None and refused.lower >= n
        return
    assert n <= size.lower <= size.point <= size.upper < 1e6 * n


def test_people_column_is_the_same_as_rows():
    table = _table()
    rows = table.loc[table.index.repeat(table["people"]), ["times"]]
    assert size_and_variance(fit_one_list(rows, seen="times", family="ztpoisson")) == pytest.approx(
        size_and_variance(_fit("ztpoisson"))
    )


def test_groups_add_up_and_need_not_be_a_covariate():
    table = _people_with_covariates()
    fit = fit_one_list(table, seen="times", family="ztpoisson", numeric=["age"])
    by = one_list_by(fit, table["sex"])
    assert by["point"].sum() == pytest.approx(one_list_size(fit).point)
    assert by["group"].tolist() == ["f", "m"]
    assert (by["lower"] >= by["seen"]).all()


def test_influence_is_that_of_fitting_again_without_the_row():
    table = _people_with_covariates(size=120)
    fit = fit_one_list(table, seen="times", family="ztgeom", numeric=["age"])
    found = influence_of_rows(fit)
    for row in (0, 7, len(table) - 1):
        again = fit_one_list(table.drop(index=row), seen="times", family="ztgeom", numeric=["age"])
        assert found.loc[row, "size"] == pytest.approx(size_and_variance(again)[0], rel=1e-8)
    counts = influence_of_counts(fit).set_index("seen")
    again = fit_one_list(table[table["times"] != 2], seen="times", family="ztgeom", numeric=["age"])
    assert counts.loc[2, "size"] == pytest.approx(size_and_variance(again)[0], rel=1e-8)


def test_the_only_one_who_came_back_in_a_category_is_seen_to_carry_the_size():
    table = pd.DataFrame({"times": [1] * 60 + [2] * 15 + [1] * 9 + [2], "sex": ["f"] * 75 + ["m"] * 10})
    fit = fit_one_list(table, seen="times", family="ztpoisson", categories={"sex": ["f", "m"]})
    change = influence_of_rows(fit)["change"]
    assert np.flatnonzero(np.isinf(change)).tolist() == [84]


@pytest.mark.parametrize("kind", ["nonparametric", "semiparametric", "parametric"])
@pytest.mark.parametrize("family", ["ztpoisson", "ztnegbin", "oiztpoisson"])
def test_bootstrap_spread_is_near_the_analytic_one(kind, family):
    people = {1: 3000, 2: 1100, 3: 420, 4: 160, 5: 60, 6: 25, 7: 10, 8: 4}
    fit = _fit(family, people)
    sizes = bootstrap_sizes(fit, kind=kind, replicates=400, rng=np.random.default_rng(4))
    point, variance = size_and_variance(fit)
    if kind == "nonparametric":  # who is seen at all does not vary there
        seen = point - fit.n
        variance -= seen * point / fit.n if family == "ztpoisson" else 0
    ratio = sizes.std() / np.sqrt(variance)
    assert 0.75 < ratio < 1.35
    assert sizes.mean() == pytest.approx(point, abs=1.5 * np.sqrt(variance))


@pytest.mark.parametrize("kind", ["nonparametric", "semiparametric", "parametric"])
def test_a_bootstrap_hardly_ever_with_a_size_has_the_lower_limit_of_chao(kind):
    groups = list("abcdefghij")  # one of 50 people came back in each: no replicate keeps all ten
    table = pd.DataFrame({"times": [1, 2] * 10, "people": [50, 1] * 10, "group": np.repeat(groups, 2)})
    fit = fit_one_list(table, seen="times", people="people", family="ztpoisson", categories={"group": groups})
    with pytest.raises(NoEstimateError, match="without a finite size") as refusal:
        bootstrap_size(fit, kind=kind, replicates=300, rng=np.random.default_rng(1))
    assert refusal.value.lower == 510 + 500**2 / 20


def test_a_parametric_bootstrap_of_many_people_draws_those_seen_again():
    fit = _fit("ztpoisson", people={1: 10**9, 2: 4})
    sizes = bootstrap_sizes(fit, kind="parametric", replicates=400, rng=np.random.default_rng(1))
    assert np.mean(np.isinf(sizes)) == pytest.approx(np.exp(-4), abs=0.03)  # Poisson(4) seen again


def test_bootstrap_depends_on_the_generator_alone():
    fit = _fit("ztpoisson")
    one, two = (
        bootstrap_size(fit, kind="parametric", replicates=50, rng=np.random.default_rng(9)) for _ in range(2)
    )
    assert one == two
    with pytest.raises(ValueError, match="no model of all counts"):
        bootstrap_sizes(_fit("chao"), kind="parametric", replicates=5, rng=np.random.default_rng(1))


@pytest.mark.parametrize("family", list(FAMILIES))
def test_everybody_seen_once_is_refused_with_chaos_limit(family):
    with pytest.raises(NoEstimateError, match="everybody seen exactly once") as refused:
        _fit(family, {1: 50})
    assert refused.value.lower == 50 + 50 * 49 / 2


@pytest.mark.parametrize(
    ("family", "people", "words"),
    [
        ("chao", {1: 20, 3: 4}, "people seen twice; got none"),
        ("zelterman", {2: 20, 3: 4}, "people seen once; got none"),
        ("zotpoisson", {1: 20, 2: 4}, "three times or more; got none"),
        ("ztnegbin", {1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}, "rises for ever"),
        ("ztnegbin", {1: 100, 2: 100, 3: 66, 4: 30, 5: 3}, "Use ztpoisson"),
        ("oiztpoisson", {1: 100, 2: 100, 3: 90, 4: 70}, "use ztpoisson"),
    ],
)
def test_what_the_counts_cannot_tell_is_refused(family, people, words):
    with pytest.raises(NoEstimateError, match=words) as refused:
        _fit(family, people)
    assert refused.value.lower >= sum(people.values())


def test_separation_and_empty_categories_are_refused():
    table = pd.DataFrame({"times": [1, 1, 2, 1, 1], "sex": ["f", "f", "f", "m", "m"]})
    with pytest.raises(NoEstimateError, match="part people seen again"):
        fit_one_list(table, seen="times", family="ztpoisson", categories={"sex": ["f", "m"]})
    with pytest.raises(NoEstimateError, match="a category without people"):
        fit_one_list(table, seen="times", family="ztpoisson", categories={"sex": ["f", "m", "x"]})


def test_an_endless_size_within_the_interval_is_refused_at_the_size_not_at_the_fit():
    people = {1: 200, 2: 60, 3: 22, 4: 8, 5: 3, 6: 2}
    fit = _fit("ztnegbin", people)
    with pytest.raises(NoEstimateError, match="endless size") as refused:
        one_list_size(fit)
    assert refused.value.lower == pytest.approx(295 + 200**2 / 120)


def test_table_of_families_keeps_the_refused_with_their_reason():
    found = one_list_table(_table({1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}), seen="times", people="people")
    found = found.set_index("method")
    assert found.loc["ztgeom", "point"] == pytest.approx(13468.2, abs=0.1)
    assert "rises for ever" in found.loc["ztnegbin", "reason"]
    assert np.isnan(found.loc["ztnegbin", "point"])
    assert found.loc["zotgeom", "uses"] == "2 and more"


@pytest.mark.parametrize(
    ("column", "options", "words"),
    [
        ([0, 1, 2], {}, "times must be whole numbers, at least 1; got something else in row 1"),
        ([1, 1.5, 2], {}, "row 2"),
        ([1, 1, 2], {"numeric": ["sex"]}, "Give a column of words as categories"),
        (
            [1, 1, 2],
            {"categories": {"sex": ["f", "x"]}},
            "one of its categories in every row; got another in row 2",
        ),
        ([1, 1, 2], {"categories": {"sex": ["f"]}}, "two or more different values; got 1"),
        ([1, 1, 2], {"numeric": ["nowhere"]}, "must have the column 'nowhere'"),
    ],
)
def test_wrong_tables_are_refused_by_row(column, options, words):
    table = pd.DataFrame({"times": column, "sex": ["f", "m", "f"]})
    with pytest.raises(ValueError, match=words):
        fit_one_list(table, seen="times", family="ztpoisson", **options)


def test_wrong_options_are_refused():
    with pytest.raises(ValueError, match="family must be one of 'ztpoisson'"):
        _fit("poisson")
    with pytest.raises(ValueError, match="information must be 'observed'"):
        covariance(_fit("ztnegbin"), information="fisher")
    with pytest.raises(ValueError, match="interval must be one of"):
        one_list_size(_fit("ztgeom"), interval="wald")
    with pytest.raises(ValueError, match="a value for each row"):
        one_list_by(_fit("ztgeom"), pd.Series(["a"]))
