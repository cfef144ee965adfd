"""Parity with singleRcapture 0.2.3 and SPECIES 1.2.0 (docs/parity_one_list.md lists every reference file)."""

import numpy as np
import pytest

from pse.methods.one_list import coefficient_table, one_list_by, one_list_size, size_and_variance
from pse.methods.one_list_bootstrap import bootstrap_size, bootstrap_sizes
from pse.methods.one_list_newton import linear
from pse.methods.refusal import NoEstimateError
from pse.methods.species import chao, chao_bunge, chao_lee, jackknife, times_seen
from pse.methods.truncated_counts import stands_for
from pse.methods.unseen_mixture import mixture_point, mixture_size
from tests.methods.one_list_reference import reference_fit, reference_table
from tests.methods.reference import reference, reference_names

ANALYTIC = [
    name for name in reference_names("singleRcapture") if name.endswith(("_Fisher", "_observedInform"))
]
REFUSED = ("cov_zotgeom", "cov_zotpoisson", "cov_ztnegbin", "null_ztnegbin")
FITTED = [name for name in ANALYTIC if not any(part in name for part in REFUSED)]
ENDLESS = sorted(set(ANALYTIC) - set(FITTED))


def _information(name):
    return "fisher" if name.endswith("_Fisher") else "observed"


@pytest.mark.parametrize("name", FITTED)
def test_coefficients_likelihood_and_criteria(name):
    expected = reference("singleRcapture", name)["result"]
    fit = reference_fit(*name.split("_")[:3])
    table = coefficient_table(fit, information=_information(name))
    assert fit.log_likelihood == pytest.approx(expected["loglik"], rel=1e-6)
    assert fit.aic == pytest.approx(expected["aic"], rel=1e-6)
    assert fit.bic == pytest.approx(expected["bic"], rel=1e-6)
    assert fit.n == expected["n"]
    np.testing.assert_allclose(table["coefficient"], list(expected["coef"].values()), rtol=1e-4)
    np.testing.assert_allclose(table["standard_error"], list(expected["se"].values()), rtol=1e-4)
    theirs = [key.replace("(Intercept):omega", "logit_omega") for key in expected["coef"]]
    ours = [key.replace("=", "").replace("intercept", "(Intercept)") for key in table["parameter"]]
    assert ours == theirs


@pytest.mark.parametrize("name", [name for name in FITTED if "zotgeom" not in name])
def test_size_variance_and_intervals(name):
    expected = reference("singleRcapture", name)["result"]
    fit, information = reference_fit(*name.split("_")[:3]), _information(name)
    size, variance = size_and_variance(fit, information=information)
    assert size == pytest.approx(expected["N"], rel=1e-6)
    assert variance == pytest.approx(expected["variance"], rel=1e-4)
    for bounds in expected["ci"]:
        interval = {"logNormal": "log-normal", "normal": "normal"}[bounds["row"]]
        ours = one_list_size(fit, interval=interval, information=information)
        assert ours.lower == pytest.approx(bounds["lowerBound"], rel=1e-5)
        assert ours.upper == pytest.approx(bounds["upperBound"], rel=1e-5)


@pytest.mark.parametrize("name", [name for name in FITTED if "zotgeom" in name])
def test_zero_one_truncated_variance_is_the_documented_one(name):
    """The package adds (1 - P1) / q for each person seen twice or more, q = 1 - P0 - P1.

    The formula in its manual, (1 - p) / p^2 with p = q / (1 - P1), is P0 (1 - P1) / q^2; the next test shows
    that this is the exact variance. The part of the coefficients, the size and all else agree.
    """
    expected = reference("singleRcapture", name)["result"]
    fit = reference_fit(*name.split("_")[:3])
    size, variance = size_and_variance(fit, information=_information(name))
    assert size == pytest.approx(expected["N"], rel=1e-6)
    cells = fit.cells
    eta, zeta = linear(fit.shape, cells.design, fit.parameters[None, :])
    whole, _, own = (x[0] for x in stands_for(fit.shape, cells.seen, eta, zeta))
    theirs = np.where(cells.seen >= 2, whole, 0)
    assert variance - cells.people @ own + cells.people @ theirs == pytest.approx(
        expected["variance"], rel=1e-4
    )


def test_zero_one_truncated_variance_by_simulation():
    """With the mean known, f1 + N2 (1 - P1) / q has the variance N P0 (1 - P1) / q, not N (1 - P1)."""
    lam, size, rng = 0.3, 5000, np.random.default_rng(5)
    p0, p1 = 1 / (1 + lam), lam / (1 + lam) ** 2
    q = 1 - p0 - p1
    drawn = rng.multinomial(size, [p0, p1, q], size=20_000)
    spread = (drawn[:, 1] + drawn[:, 2] * (1 - p1) / q).var()
    assert spread == pytest.approx(size * p0 * (1 - p1) / q, rel=0.05)
    assert spread > 5 * size * (1 - p1)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_reference_that_runs_to_infinity_is_refused(name):
    """The package prints 5e16, 3e12, 5e14, or stops with an unrelated message."""
    expected = reference("singleRcapture", name)
    assert "error" in expected or expected["result"]["N"] > 1e12
    with pytest.raises(NoEstimateError, match="lower limit") as refused:
        reference_fit(*name.split("_")[:3])
    assert refused.value.lower == pytest.approx(9273.51, abs=0.01)


def test_strata():
    expected = reference("singleRcapture", "netherlands_strata")["result"]
    fit, table = reference_fit("netherlands", "cov", "ztpoisson"), reference_table("netherlands")
    for column in ("gender", "age"):
        logs = one_list_by(fit, table[column], information="fisher").set_index("group")
        normal = one_list_by(fit, table[column], information="fisher", interval="normal").set_index("group")
        for row in expected:
            name, group = row["name"].split("==")
            if name != column:
                continue
            assert logs.loc[group, "seen"] == row["Observed"]
            assert logs.loc[group, "point"] == pytest.approx(row["Estimated"], rel=1e-6)
            assert logs.loc[group, "lower"] == pytest.approx(row["logNormalLowerBound"], rel=1e-5)
            assert logs.loc[group, "upper"] == pytest.approx(row["logNormalUpperBound"], rel=1e-5)
            assert normal.loc[group, "upper"] == pytest.approx(row["normalUpperBound"], rel=1e-5)
            lowest = max(row["normalLowerBound"], row["Observed"])  # ours is never below the people seen
            assert normal.loc[group, "lower"] == pytest.approx(lowest, rel=1e-5)


@pytest.mark.parametrize("kind", ["nonparametric", "semiparametric", "parametric"])
def test_bootstrap_lower_bound_within_its_noise_and_no_upper_one(kind):
    """One of 64 Surinamese came back; in a third of the replicates nobody does, and the size is infinite.

    The package reports an upper bound of 16 million, where its iterations happened to stop.
    """
    expected = reference("singleRcapture", f"netherlands_cov_ztpoisson_boot_{kind}")["result"]
    fit = reference_fit("netherlands", "cov", "ztpoisson")
    sizes = bootstrap_sizes(fit, kind=kind, replicates=4000, rng=np.random.default_rng(8))
    lower, next_to_it = np.quantile(sizes, [0.025, 0.05], method="inverted_cdf")
    density = 0.025 / (next_to_it - lower)
    noise = np.sqrt(0.025 * 0.975 * (1 / 500 + 1 / 4000)) / density
    assert abs(lower - expected["ci"][0]["x"]) < 4 * noise
    assert 0.25 < np.mean(np.isinf(sizes)) < 0.55
    with pytest.raises(NoEstimateError, match="without a finite size") as refused:
        bootstrap_size(fit, kind=kind, replicates=500, rng=np.random.default_rng(8))
    assert abs(refused.value.lower - lower) < 4 * noise


def _netherlands():
    return times_seen(reference_table("netherlands")["capture"])


def _as_printed(size):
    return [round(size.point), [round(size.lower), round(size.upper)]]


def test_species_chao():
    expected = reference("SPECIES", "netherlands_chao1984")["result"]
    ours = chao(people=_netherlands(), bias_corrected=False)
    assert _as_printed(ours) == [expected["Nhat"], expected["CI"][0]]


def test_species_chao_lee():
    expected = reference("SPECIES", "netherlands_ChaoLee1992")["result"]
    for form in (1, 2):
        ours = chao_lee(people=_netherlands(), form=form)
        assert _as_printed(ours) == [expected["Nhat"][form - 1], expected["CI"][form - 1]]


def test_species_jackknife():
    expected = reference("SPECIES", "netherlands_jackknife")["result"]
    ours = jackknife(people=_netherlands(), most=5)
    assert _as_printed(ours) == [expected["Nhat"], expected["CI"][0]]
    assert f"order {expected['JackknifeOrder']}" in ours.method


def test_species_chao_bunge_is_negative_and_refused():
    from pse.methods.species import chao_bunge_point, frequencies

    expected = reference("SPECIES", "netherlands_ChaoBunge")["result"]
    assert round(chao_bunge_point(frequencies(_netherlands())[0])) == expected["Nhat"] == -8888
    with pytest.raises(NoEstimateError, match="above 0") as refused:
        chao_bunge(people=_netherlands())
    assert refused.value.lower == pytest.approx(9273.51, abs=0.01)


def test_species_standard_errors():
    from pse.methods.species import chao_bunge_point, chao_lee_point, frequencies, multinomial_variance

    f, _ = frequencies(_netherlands())
    bunge = reference("SPECIES", "netherlands_ChaoBunge")["result"]["SE"]
    variance = multinomial_variance(f, chao_bunge_point, total=chao_bunge_point(f))
    assert np.sqrt(variance) == pytest.approx(bunge, rel=1e-6)
    for form, expected in enumerate(reference("SPECIES", "netherlands_ChaoLee1992")["result"]["SE"], 1):

        def formula(g, form=form):
            return chao_lee_point(g, form=form)

        variance = multinomial_variance(f, formula, total=formula(f))
        assert np.sqrt(variance) == pytest.approx(expected, rel=1e-6)


def test_species_mixture():
    expected = reference("SPECIES", "netherlands_unpmle")["result"]
    assert mixture_point(people=_netherlands()) == expected["Nhat"]
    with pytest.raises(NoEstimateError, match="bound the size from above") as refused:
        mixture_size(people=_netherlands(), interval="profile")
    assert 9_000 < refused.value.lower < 10_000


def test_every_reference_file_is_compared_or_refused_here():
    others = {
        f"netherlands_cov_ztpoisson_boot_{k}" for k in ("nonparametric", "semiparametric", "parametric")
    }
    names = set(reference_names("singleRcapture"))
    assert not names - set(FITTED) - set(ENDLESS) - others - {"netherlands_strata"}
    if not names:
        pytest.skip("the reference values of other packages are not on this machine")
    assert len(names) == 44
