"""The model's formulas against numerical integration and known answers; its draws without any sampler."""

import numpy as np
import pytest
from scipy import special, stats
from scipy.integrate import quad

from pse.simulate import simulate_study
from pse.spots.chain import study_parts
from pse.spots.model_data import model_data, rounding_variance
from pse.spots.model_draws import ModelSizes, draw_factors, draw_sizes
from pse.spots.model_formulas import (
    NO_NOISE,
    Scales,
    log_density,
    log_gamma,
    log_variance,
    report_shape,
    size_shape,
    squared_cv,
    tables,
    units,
)
from pse.spots.model_priors import draw_prior, log_prior, number_shapes, parameters_of, reported_centre
from pse.spots.options import options_for
from tests.records.tiny import tiny_study, tiny_tables

SMALL = {"municipalities": 3, "spots": 6.0, "people": 50.0}


def data_of(study, **options):
    chosen = options_for(dict(study.options), {"size_basis": study.size_basis, **options})
    return model_data(study, study_parts(study, chosen), chosen)


def simulated(seed=1, **changes):
    return data_of(simulate_study("plain", rng=np.random.default_rng(seed), **(SMALL | changes))[0])


def one_spot(*, interviews=1):
    """The worked example with spot A alone: 8-14 at level 1, 6-12 at level 2."""
    tables_ = tiny_tables()
    for name in ("nonspot", "virtual"):
        tables_.pop(name, None)
    for name in ("level1", "level2"):
        tables_[name] = tables_[name][tables_[name]["spot_id"] == "A"].reset_index(drop=True)
    return tiny_study(tables=tables_)


def parameters(data, scales=None, seed=0, draws=None):
    scales = scales or Scales()
    z = draw_prior(data, scales, np.random.default_rng(seed), draws=draws or 1)
    if draws is None:
        z = {name: values[0] for name, values in z.items()}
    return parameters_of(z, data, reported_centre(data), scales, np)


def test_the_size_is_integrated_out_rightly():
    # one visited spot: the integral over N of gamma(N) x inverse gamma(Y1 | N) x inverse gamma(Y2 | N)
    data = data_of(one_spot())
    p = parameters(data, seed=3)
    t = tables(p, data, np)
    mean = np.exp(t.log_mean[0] + t.place[0])
    q = size_shape(mean, p.dispersion[0])
    a1, a2 = t.shape1[1], t.shape2[1]
    bias, team = np.exp(t.ratio1[0]), np.exp(t.team[0])

    def joint(n):
        return (
            stats.gamma.pdf(n, q, scale=mean / q)
            * stats.invgamma.pdf(11.0, a1, scale=(a1 - 1) * bias * n)
            * stats.invgamma.pdf(9.0, a2, scale=(a2 - 1) * team * n)
        )

    integral = quad(joint, 0, 200, limit=400, points=[5, 9, 15])[0]
    odds = p.open[0] + p.open_typology[0]
    # powers of Y that depend on no parameter are left out: 1 / Y of each report
    expected = np.log(integral) + np.log(11.0) + np.log(9.0) - np.log1p(np.exp(-odds))
    assert log_density(p, data, np) == pytest.approx(expected, abs=1e-6)


def test_padding_adds_nothing_to_the_density():
    from pse.spots.model_sampler import pad

    data = simulated()
    longer = pad(data)
    assert len(longer.kp) % 128 == 0 and len(longer.kp) > len(data.kp)
    z = {
        name: values[0]
        for name, values in draw_prior(longer, Scales(), np.random.default_rng(1), draws=1).items()
    }
    shapes = number_shapes(data, Scales())
    short = {name: value[: shapes[name][0]] if shapes[name] else value for name, value in z.items()}
    one, two = (
        log_density(parameters_of(each, of, 2.0, Scales(), np), of, np)
        for each, of in ((short, data), (z, longer))
    )
    assert one == pytest.approx(two, rel=1e-12)


@pytest.mark.parametrize("x", [0.05, 0.7, 3.0, 40.0, 1e7])
def test_log_gamma_is_that_of_scipy(x):
    assert float(log_gamma(np.float64(x), np)) == pytest.approx(special.gammaln(x), rel=1e-10, abs=1e-8)


@pytest.mark.parametrize("cv", [0.05, 0.3, 0.7, 2.0])
def test_log_variance_of_a_report_is_trigamma(cv):
    assert log_variance(cv**2) == pytest.approx(special.polygamma(1, report_shape(cv**2)), rel=0.002)


def test_a_size_has_the_variance_of_a_negative_binomial():
    mean, r = 12.0, 1.7
    q = size_shape(mean, r)
    assert stats.gamma.var(q, scale=mean / q) == pytest.approx(stats.nbinom.var(r, r / (r + mean)))


def test_a_report_has_the_stated_mean_and_scatter():
    a = report_shape(0.3**2)
    told = stats.invgamma(a, scale=(a - 1) * 1.4 * 20)
    assert told.mean() == pytest.approx(28)
    assert told.std() / told.mean() == pytest.approx(0.3)


def test_rounding_is_seen_where_round_numbers_are_too_many():
    even = rounding_variance(np.arange(100, 600))
    assert np.allclose(even, 1 / 12)  # every number equally often: nothing is heaped
    fives = rounding_variance(5 * np.arange(20, 120))
    assert np.allclose(fives, 25 / 12)
    both = rounding_variance(np.concatenate([np.arange(10, 110), 5 * np.arange(2, 22)]))
    assert 1 / 12 < both[0] < 25 / 12 and both[1] == 1 / 12
    assert np.allclose(
        rounding_variance(np.array([0, 5, 5, 5])), 1 / 12
    )  # 5 is not large against a step of 5


def test_draws_of_a_size_have_the_moments_of_its_gamma_distribution():
    data = data_of(one_spot())
    p = parameters(data, seed=3)
    t = tables(p, data, np)
    u = units(t, p, data, np)
    many = type(p)(*(np.broadcast_to(value, (40_000, *value.shape)) for value in p))
    drawn = draw_sizes(many, data, np.random.default_rng(1))[:, 0]
    shape, rate = u.shape + u.reported, np.exp(u.log_rate) + u.report_rate
    assert drawn.mean() == pytest.approx(float(shape[0] / rate[0]), rel=0.01)
    assert drawn.var() == pytest.approx(float(shape[0] / rate[0] ** 2), rel=0.05)


def test_without_errors_at_level_2_visited_spots_are_what_level_2_says():
    data = simulated()
    scales = Scales(report2=0, rounding=0, team=0)
    from pse.spots.model import without_rounding

    data = without_rounding(data, scales)
    p = parameters(data, scales, draws=20)
    factor = draw_factors(ModelSizes(data, p, False, False), np.random.default_rng(1), 50)
    seen = data.level2.kind > 0
    assert np.array_equal(factor[seen], np.ones_like(factor[seen]))
    assert np.ptp(factor[data.unvisited], axis=1).min() > 0


def test_a_team_without_spread_puts_no_factor_on_its_reports():
    data = simulated()
    assert np.array_equal(parameters(data, Scales(team=0)).team, np.zeros(len(data.cell_kp)))
    held = parameters(data, Scales(team=0.2), draws=4_000).team
    assert np.exp(held).mean() == pytest.approx(1, abs=0.01)  # a factor of mean 1
    assert held.std() == pytest.approx(0.2, rel=0.02)


def test_activity_at_zero_gives_the_share_of_open_spots_of_the_chain():
    data = simulated(visited=0.5)
    p = parameters(data, Scales(activity=0), draws=5)
    drawn = draw_factors(ModelSizes(data, p, False, True), np.random.default_rng(1), 200)
    assert (drawn[data.unvisited] > 0).all()
    closing = draw_factors(ModelSizes(data, p, False, False), np.random.default_rng(1), 200)
    assert (closing[data.unvisited] == 0).any()


def test_without_rounding_the_scale_of_a_report_is_its_whole_error():
    from pse.spots.model import without_rounding

    data = simulated(heaping=1.0)
    assert data.level1.rounding.max() > 0 and data.level1.round_within.max() > 0
    exact = without_rounding(data, Scales(rounding=0))
    kps = len(data.level1.free)
    assert (squared_cv(exact.level1, np.zeros(kps), np.zeros(kps)) == 0).all()


def test_the_prior_of_a_scale_is_half_normal():
    data = simulated()
    z = draw_prior(data, Scales(), np.random.default_rng(1), draws=20_000)
    sd = 0.15 * np.exp(z["sd_team"])
    assert np.quantile(sd, 0.5) == pytest.approx(0.15 * stats.halfnorm.median(), rel=0.03)
    grid = np.linspace(-8, 3, 4001)
    density = np.exp([log_prior({"sd_team": u}, np) for u in grid])
    assert (density * grid).sum() / density.sum() == pytest.approx(z["sd_team"].mean(), abs=0.02)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"report1": -0.1}, "report1 must be 0 or more"),
        ({"activity": 1}, "activity must be 0 or None"),
        ({"report1": 0, "report2": 0, "shared": 0, "rounding": 0}, "team and activity must be 0 where"),
    ],
)
def test_scales_that_cannot_be_are_refused(given, words):
    with pytest.raises(ValueError, match=words):
        Scales(**given)


def test_every_scale_can_be_zero_by_itself():
    for name in ("report1", "report2", "shared", "team", "rounding", "activity", "people", "added"):
        assert getattr(Scales(**{name: 0}), name) == 0
    assert NO_NOISE.exact_sizes
