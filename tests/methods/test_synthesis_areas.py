"""Areas and methods at once: against importance sampling of the same model, and what it must do."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import multivariate_normal

from pse.methods.synthesis_areas import Spreads, area_sizes
from pse.methods.synthesis_scale import on_scale
from tests.methods.synthesis_data import entry

SPREADS = Spreads(area=0.8, method=0.4, study=0.2)
ADULTS = {"north": 9_000, "south": 30_000, "east": 12_000}


def at(area, method, point, error=0.15, **more):
    return entry(
        point, error, area=area, method=method, denominator=ADULTS[area], source=f"{area} {method}", **more
    )


FIVE = [
    at("north", "lists", 250), at("north", "multiplier", 400), at("south", "lists", 500, 0.1),
    at("south", "multiplier", 700), at("east", "lists", 450, 0.3),
]  # fmt: skip


def fit(evidence, spreads=SPREADS, draws=20_000, seed=1, **more):
    return area_sizes(evidence, spreads=spreads, draws=draws, rng=np.random.default_rng(seed), **more)


def by_importance(evidence, spreads, draws=40_000):
    """Return posterior means and standard deviations of mu + u: spreads from the prior, weighted."""
    rng = np.random.default_rng(5)
    y, error = on_scale(evidence, scale="logit", range_as=None)
    area, _ = pd.factorize(pd.Series([one.area for one in evidence]))
    method, _ = pd.factorize(pd.Series([one.method for one in evidence]))
    same_area, same_method = area[:, None] == area, method[:, None] == method
    own = area[None, :] == np.arange(area.max() + 1)[:, None]
    total, first, second = 0.0, 0.0, 0.0
    flat, centre = 400.0, y.mean()  # mu normal and very wide in place of flat
    for a, m, s in np.abs(rng.standard_normal((draws, 3))) * [spreads.area, spreads.method, spreads.study]:
        cov = flat + a**2 * same_area + m**2 * same_method + np.diag(error**2 + s**2)
        w = multivariate_normal(np.full(len(y), centre), cov).pdf(y)
        to = flat + a**2 * own
        gain = np.linalg.solve(cov, to.T).T
        mean = centre + gain @ (y - centre)
        var = flat + a**2 - np.einsum("ij,ij->i", gain, to)
        total, first, second = total + w, first + w * mean, second + w * (mean**2 + var)
    mean = first / total
    return mean, np.sqrt(second / total - mean**2)


def test_areas_are_those_of_importance_sampling():
    got = fit(FIVE)
    logits = logit(got.sizes / [ADULTS[area] for area in got.areas])
    mean, sd = by_importance(FIVE, SPREADS, draws=8_000)
    assert got.areas == ("north", "south", "east") and got.methods == ("lists", "multiplier")
    assert logits.mean(axis=0) == pytest.approx(mean, abs=0.03)
    assert logits.std(axis=0) == pytest.approx(sd, rel=0.05)


def test_nearly_no_spread_of_methods_and_areas_is_one_weighted_mean():
    tiny = Spreads(area=1e-4, method=1e-4, study=1e-4)
    got = fit(FIVE, tiny)
    y, error = on_scale(FIVE, scale="logit", range_as=None)
    w = 1 / error**2
    shares = got.table()["point"] / [ADULTS[area] for area in got.areas]
    assert shares.to_numpy() == pytest.approx(np.full(3, expit(w @ y / w.sum())), rel=5e-3)
    assert got.weights.to_numpy() == pytest.approx(np.tile(w / w.sum(), (3, 1)), rel=1e-3)


def test_a_weak_area_borrows_and_a_strong_one_keeps_its_own():
    strong = [at("south", "lists", 500, 0.02), at("south", "multiplier", 520, 0.02)]
    weak = [at("east", "lists", 450, 1.0), *strong, at("north", "multiplier", 160, 0.1)]
    got = fit(weak, Spreads(area=0.5, method=0.05, study=0.05))
    own = {
        area: got.weights.loc[area, [n for n, e in enumerate(weak, 1) if e.area == area]].sum()
        for area in ADULTS
    }
    assert own["east"] < 0.4 < 0.9 < own["south"]
    assert got.weights.sum(axis=1).to_numpy() == pytest.approx(np.ones(3))


def test_a_method_that_finds_more_everywhere_is_seen():
    rows = []
    for number, area in enumerate(ADULTS):
        rows += [at(area, "lists", 100 * (number + 2), 0.05), at(area, "mapping", 150 * (number + 2), 0.05)]
    table = fit(rows).method_table().set_index("method")
    ratio = table["point"]["mapping"] / table["point"]["lists"]
    assert ratio == pytest.approx(1.5, rel=0.05)
    assert table["lower"]["lists"] < 1 < table["upper"]["mapping"]


def test_one_method_alone_has_the_whole_prior_of_its_bias():
    alone = [at(area, "lists", 300, 0.05) for area in ADULTS]
    narrow = fit(alone, Spreads(area=0.5, method=0.05, study=0.05)).total()
    wide = fit(alone, Spreads(area=0.5, method=1.0, study=0.05)).total()
    assert wide.upper / wide.lower > 4 * narrow.upper / narrow.lower


def test_the_total_is_that_of_the_draws_and_the_table_has_every_area():
    got = fit(FIVE, draws=4000)
    total = got.total(level=0.9)
    assert total.point == pytest.approx(np.median(got.sizes.sum(axis=1)))
    assert total.method == "hierarchical pool of areas and methods, 3 areas" and total.level == 0.9
    table = got.table(level=0.9)
    assert list(table) == ["area", "point", "lower", "upper", "interval", "level", "method"]
    assert (table["lower"] < table["point"]).all() and (table["upper"] < list(ADULTS.values())).all()
    assert table["lower"].sum() < total.lower and table["upper"].sum() > total.upper


def test_capitals_make_no_area_of_their_own():
    mixed = [
        at("north", "lists", 250),
        entry(300, area="North ", denominator=9_000, method="LISTS"),
        *FIVE[2:],
    ]
    got = fit(mixed, draws=100)
    assert got.areas == ("north", "south", "east") and got.methods == ("lists", "multiplier")


def test_the_same_seed_gives_the_same_and_the_table_is_not_touched():
    assert fit(FIVE, draws=200).table().equals(fit(FIVE, draws=200).table())


def test_refusals():
    with pytest.raises(ValueError, match="areas must be a whole number, at least 2; got 1"):
        fit(FIVE[:2])
    with pytest.raises(ValueError, match=r"got 1 area.s. with several"):
        fit([*FIVE, entry(300, area="east", denominator=13_000)])
    with pytest.raises(ValueError, match=r"denominator must be given.*entry 6"):
        fit([*FIVE, entry(300, area="east", denominator=None)])
    with pytest.raises(ValueError, match="draws must be a whole number, at least 100; got 10"):
        fit(FIVE, draws=10)
    with pytest.raises(ValueError, match="method must be a number above 0; got 0"):
        Spreads(area=1, method=0, study=1)
