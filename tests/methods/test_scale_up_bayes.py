"""Bayesian network scale-up: posteriors by importance sampling, calibration by simulation, two R packages."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import betaln, gammaln

from pse.estimate import EstimateWarning
from pse.methods import scale_up_kernels
from pse.methods.chains import Chains
from pse.methods.refusal import NoEstimateError
from pse.methods.scale_up_bayes import DegreePrior, ScaleUpDraws, bayesian_scale_up_size, scale_up_draws
from pse.methods.scale_up_overdispersed import overdispersed_draws
from pse.methods.surveys import Measure
from tests.methods.reference import reference
from tests.methods.scale_up_data import laga, maltiel, random_degree_data

# three respondents, two known groups and the KP: small enough for the prior to reach the posterior
TINY = pd.DataFrame({"a": [1, 0, 2], "b": [2, 1, 3], "kp": [0, 1, 1]})
TINY_KNOWN, TINY_TOTAL = {"a": 50.0, "b": 100.0}, 1000.0
TINY_PRIOR = DegreePrior(mu=(1.5, 4.0), sigma=(0.25, 1.0), smallest=5.0)
TAU = Measure(0.6, 0.15, math.inf, "game of contacts")


def log_choose(d, y):
    return gammaln(d + 1) - gammaln(d - y + 1) - gammaln(y + 1)


def tiny_posterior(model: str, draws: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return draws from the prior of the tiny case and their weights: the stated likelihood."""
    rng = np.random.default_rng(1)
    mu, sigma = rng.uniform(*TINY_PRIOR.mu, draws), rng.uniform(*TINY_PRIOR.sigma, draws)
    share = np.exp(rng.uniform(math.log(TINY_PRIOR.smallest / TINY_TOTAL), 0, draws))
    size = TAU.point * (1 - TAU.point) / TAU.error**2 - 1
    thin = model in ("transmission", "combined")
    tau = rng.beta(TAU.point * size, (1 - TAU.point) * size, draws) if thin else np.ones(draws)
    rho = rng.uniform(size=(3, draws))
    d = np.exp(mu[:, None] + sigma[:, None] * rng.standard_normal((draws, 3)))
    loglik = np.where(d >= TINY.to_numpy().max(axis=1), 0.0, -np.inf)
    d = np.maximum(d, TINY.to_numpy().max(axis=1))
    shares = [np.full(draws, n / TINY_TOTAL) for n in TINY_KNOWN.values()] + [share]
    for k, m in enumerate(shares):
        y, keep = TINY.iloc[:, k].to_numpy(), tau[:, None] if k == 2 else np.ones((draws, 1))
        a, b = (m * (1 / rho[k] - 1))[:, None], ((1 - m) * (1 / rho[k] - 1))[:, None]
        loglik += log_choose(d, y)
        if model in ("barrier", "combined") and not (thin and k == 2):
            loglik += betaln(a + y, b + d - y) - betaln(a, b)
        else:
            q = rng.beta(a, b, (draws, 3)) if model == "combined" else m[:, None]
            with np.errstate(divide="ignore", invalid="ignore"):
                loglik += np.where(y > 0, y * np.log(keep * q), 0) + (d - y) * np.log1p(-keep * q)
    weights = np.exp(loglik.sum(axis=1) - np.nanmax(loglik.sum(axis=1)))
    found = {"log size": np.log(TINY_TOTAL * share), "mu": mu, "sigma": sigma}
    found["log mean degree"] = np.log(d.mean(axis=1))
    found |= {"transmission of kp": tau} if thin else {}
    found |= (
        {f"barrier of {g}": rho[k] for k, g in enumerate(TINY)} if model in ("barrier", "combined") else {}
    )
    return found, np.nan_to_num(weights)


def assert_same_mean(name: str, chains: np.ndarray, values: np.ndarray, weights: np.ndarray) -> None:
    """The mean of chains is the weighted mean, within 4 combined Monte-Carlo errors."""
    mean = float(weights @ values / weights.sum())
    error = math.sqrt(float(weights**2 @ (values - mean) ** 2)) / float(weights.sum())
    got = Chains(chains)
    ours = chains.std() / math.sqrt(got.effective)
    assert got.effective > 1000, name
    assert error < 0.05 * chains.std(), f"{name}: the prior does not reach the posterior"
    assert abs(chains.mean() - mean) < 4 * math.hypot(error, ours), (name, chains.mean(), mean, error, ours)


@pytest.mark.parametrize("model", ["random degree", "barrier", "transmission", "combined"])
def test_posterior_of_a_tiny_case_is_that_of_the_stated_model(model):
    found, weights = tiny_posterior(model, draws=600_000)
    given = {"transmission": {"kp": TAU}} if model in ("transmission", "combined") else {}
    got = scale_up_draws(
        TINY,
        TINY_KNOWN,
        unknown=["kp"],
        total_population=TINY_TOTAL,
        model=model,
        prior=TINY_PRIOR,
        draws=10_000,
        warmup=1000,
        rng=np.random.default_rng(2),
        **given,
    )
    chains = got.others | {"log size": np.log(got.sizes["kp"])}
    chains["log mean degree"] = np.log(chains.pop("mean degree"))
    assert set(chains) == set(found)
    for name, values in found.items():
        assert_same_mean(name, chains[name], values, weights)
        assert_same_mean(f"{name}, squared", chains[name] ** 2, values**2, weights)


OVER_LIMITS = np.array([-1.0, 1.0, 0.3, 1.5, 0.2, 1.0])  # mu and sigma of beta, sigma of alpha


def overdispersed_prior(rng: np.random.Generator, draws: int, respondents: int, groups: int):
    """Return draws of (mu, sigma, sigma of alpha), beta, 1 / omega, alpha from the prior with limits."""
    law = np.column_stack([rng.uniform(*OVER_LIMITS[k : k + 2], draws) for k in (0, 2, 4)])
    beta = law[:, :1] + law[:, 1:2] * rng.standard_normal((draws, groups))
    alpha = law[:, 2:3] * rng.standard_normal((draws, respondents))
    return law, beta, rng.uniform(size=(draws, groups)), alpha


def test_posterior_of_a_tiny_overdispersed_case_is_that_of_the_stated_model():
    y = TINY.to_numpy().T.astype(np.int64)
    law, beta, inverse, alpha = overdispersed_prior(np.random.default_rng(3), 600_000, 3, 3)
    mean = np.exp(alpha[:, None, :] + beta[:, :, None])
    size = mean / (1 / inverse - 1)[:, :, None]
    weights = np.exp(stats.nbinom.logpmf(y, size, inverse[:, :, None]).sum(axis=(1, 2)))
    runs = [
        scale_up_kernels.overdispersed_chain(
            np.ascontiguousarray(y),
            np.array([1, 1, 3]),
            OVER_LIMITS,
            np.zeros(3),
            np.zeros(3),
            10_000,
            1000,
            rng,
        )
        for rng in np.random.default_rng(4).spawn(4)
    ]
    betas, omegas, laws = (np.array(part) for part in zip(*runs, strict=True))
    for k in range(3):
        assert_same_mean(f"beta {k}", betas[..., k], beta[:, k], weights)
        assert_same_mean(f"1 / omega {k}", 1 / omegas[..., k], inverse[:, k], weights)
        assert_same_mean(f"law {k}", laws[..., k], law[:, k], weights)
    assert_same_mean("activity", laws[..., 3], np.exp(alpha).mean(axis=1), weights)


@pytest.mark.slow
def test_simulation_based_calibration_of_the_overdispersed_chain():
    """Talts S, Betancourt M, Simpson D, Vehtari A, Gelman A (2018): ranks of the truth are uniform."""
    rng = np.random.default_rng(5)
    ranks = []
    for _ in range(400):
        law, beta, inverse, alpha = overdispersed_prior(rng, 1, 15, 4)
        mean = np.exp(alpha[0][None, :] + beta[0][:, None])
        size = mean / (1 / inverse[0] - 1)[:, None]
        y = rng.negative_binomial(size, np.broadcast_to(inverse[0][:, None], size.shape))
        betas, omegas, laws = scale_up_kernels.overdispersed_chain(
            y, np.ones(4, np.int64), OVER_LIMITS, np.zeros(15), np.zeros(4), 1900, 500, rng
        )
        kept = np.column_stack([laws[::100, :3], betas[::100, 0], omegas[::100, 0]])
        ranks.append((kept < np.array([*law[0], beta[0, 0], 1 / inverse[0, 0]])).sum(axis=0))
    for column in np.array(ranks).T:
        seen = np.bincount(column, minlength=20).reshape(10, 2).sum(axis=1)
        assert stats.chisquare(seen).pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the mean of log degrees")  # the truth comes from these narrow limits
@pytest.mark.parametrize("model", ["random degree", "transmission"])
def test_simulation_based_calibration_of_sizes(model):
    rng = np.random.default_rng(6)
    prior = DegreePrior(mu=(4.0, 5.0), sigma=(0.3, 0.8), smallest=100.0)
    known, total, ranks = {f"g{k}": 100.0 * (k + 1) for k in range(4)}, 10_000.0, []
    beta = TAU.point * (TAU.point * (1 - TAU.point) / TAU.error**2 - 1)
    while len(ranks) < 300:
        mu, sigma = rng.uniform(*prior.mu), rng.uniform(*prior.sigma)
        size = math.exp(rng.uniform(math.log(100), math.log(total)))
        tau = rng.beta(beta, beta / TAU.point - beta) if model == "transmission" else 1.0
        degrees = np.exp(rng.normal(mu, sigma, 15))
        shares = np.array([*known.values(), size * tau]) / total
        # binomial draws need whole degrees: of the same mean, and close to the real ones of the model
        whole = np.floor(degrees + rng.random(15)).astype(int)
        table = pd.DataFrame(rng.binomial(whole[:, None], shares), columns=[*known, "kp"])
        if not table["kp"].any():
            continue
        got = scale_up_draws(
            table,
            known,
            unknown=["kp"],
            total_population=total,
            model=model,
            prior=prior,
            draws=475,
            warmup=300,
            chains=2,
            rng=rng,
            transmission={"kp": TAU} if model == "transmission" else None,
        )
        ranks.append((got.sizes["kp"].ravel()[::50] < size).sum())
    seen = np.bincount(ranks, minlength=20).reshape(10, 2).sum(axis=1)
    assert stats.chisquare(seen).pvalue > 1e-3


def assert_like_theirs(chains: np.ndarray, theirs: dict[str, float]) -> None:
    """Mean and spread are within 4 combined Monte-Carlo errors; theirs has 400 effective draws or more."""
    assert theirs["ess"] >= 400
    ours = Chains(chains)
    ess = min(ours.effective, ours.effective_tail)
    error = math.hypot(theirs["mcse_mean"], chains.std() / math.sqrt(ess))
    assert abs(chains.mean() - theirs["mean"]) < 4 * error
    spread = theirs["sd"] * math.sqrt(0.5 / theirs["ess"] + 0.5 / ess)
    assert abs(chains.std() - theirs["sd"]) < 4 * spread


@pytest.mark.parametrize(
    ("data", "simulated"),
    [
        ("Curitiba", ["degree"]),
        ("Curitiba", ["barrier"]),
        ("Curitiba", ["transmission"]),
        ("Curitiba", ["combined"]),
        ("McCarty", ["degree", "transmission"]),  # tau is 1 there: the same reports
        ("McCarty", ["barrier", "combined"]),
    ],
)
def test_nsum_random_degree(data, simulated):
    """The size of Curitiba has fewer than 400 effective draws there and is left out."""
    reports, known, kp, total = maltiel(data, simulated[0])
    got = scale_up_draws(
        reports,
        known,
        unknown=[kp],
        total_population=total,
        model="random degree",
        draws=1500,
        warmup=500,
        rng=np.random.default_rng(7),
    )
    assert bayesian_scale_up_size(got, kp).interval == "credible"
    for name in simulated:
        pd.testing.assert_frame_equal(maltiel(data, name)[0], reports)
        result = reference("NSUM", f"{data}_{name}_mcmc_degree")["result"]
        assert_like_theirs(got.others["mu"], result["mu"])
        if data == "McCarty":
            assert_like_theirs(got.sizes[kp], result["NK"][0])
        if (data, name) not in NSUM_SIGMA_OFF:
            assert_like_theirs(got.others["sigma"], result["sigma"])


NSUM_SIGMA_OFF = [("McCarty", "barrier"), ("McCarty", "combined")]  # the next test says why


def test_nsum_has_too_large_a_degree_for_who_knows_nobody():
    """One respondent reports nobody. At NSUM's own mu and sigma their degree has mean 19.5, by quadrature.

    The smallest mean degree of NSUM is 31.3: its sigma of log degrees is too small by that respondent.
    """
    reports, known, _, total = maltiel("McCarty", "barrier")
    assert (reports.sum(axis=1) == 0).sum() == 1
    result = reference("NSUM", "McCarty_barrier_mcmc_degree")["result"]
    x = np.linspace(-5, 9, 20_001)
    shares = np.array([*known.values(), result["NK"][0]["mean"]]) / total
    log = stats.norm.logpdf(x, result["mu"]["mean"], result["sigma"]["mean"])
    density = np.exp(log + np.exp(x) * np.log1p(-shares).sum())
    mean = (density * np.exp(x)).sum() / density.sum()
    assert mean == pytest.approx(19.5, abs=0.2)
    assert result["mean_degree_posterior"]["Min."] > 1.5 * mean


@pytest.mark.parametrize("name", ["example_overdispersed", "example_overdispersedStan"])
def test_networkscaleup_overdispersed(name):
    reports, known, total = laga()
    got = overdispersed_draws(
        reports,
        known,
        unknown=["V3", "V5"],
        total_population=total,
        scale_by=["V1"],
        balance=(["V2"], ["V4"]),
        draws=4000,
        rng=np.random.default_rng(8),
    )
    result = reference("networkscaleup", name)["result"]
    for group, theirs in zip(("V1", "V2", "V3", "V4", "V5"), result["sizes"], strict=True):
        assert_like_theirs(got.sizes[group], theirs)
    degree = got.others["mean degree"]
    assert abs(degree.mean() - result["mean_degree"]) < 4 * degree.std() / math.sqrt(400)


def test_barrier_and_transmission_find_what_was_simulated():
    """NSUM simulated 65,000 people, tau 0.542 and barriers of 0.1229 (KP) and 0.11 (pupils)."""
    reports, known, kp, total = maltiel("Curitiba", "combined")
    got = scale_up_draws(
        reports,
        known,
        unknown=[kp],
        total_population=total,
        model="combined",
        transmission={kp: Measure(0.542, 0.05, math.inf, "as simulated")},
        draws=700,
        warmup=300,
        rng=np.random.default_rng(9),
    )
    lower, upper = np.quantile(got.sizes[kp], [0.025, 0.975])
    assert lower < 65_000 < upper and upper < 2 * lower
    for group, rho in ((kp, 0.1229), ("public.middle.school.student", 0.11)):
        low, high = np.quantile(got.others[f"barrier of {group}"], [0.025, 0.975])
        assert low < rho < high
    basic = scale_up_draws(
        reports,
        known,
        unknown=[kp],
        total_population=total,
        model="random degree",
        draws=1000,
        rng=np.random.default_rng(9),
    )
    assert bayesian_scale_up_size(basic, kp).upper < 65_000  # basic scale-up misses it


def test_transmission_divides_the_size_by_its_prior():
    rng = np.random.default_rng(10)
    reports, known, total = random_degree_data(rng, respondents=200, size=1000)
    given = {"unknown": ["kp"], "total_population": total, "draws": 2000}
    basic = scale_up_draws(reports, known, model="random degree", rng=np.random.default_rng(1), **given)
    half = scale_up_draws(
        reports,
        known,
        model="transmission",
        transmission={"kp": Measure(0.5, 0.001, math.inf, "")},
        rng=np.random.default_rng(1),
        **given,
    )
    assert np.median(half.sizes["kp"]) == pytest.approx(2 * np.median(basic.sizes["kp"]), rel=0.01)
    wide = scale_up_draws(
        reports,
        known,
        model="transmission",
        transmission={"kp": Measure(0.5, 0.1, math.inf, "")},
        rng=np.random.default_rng(1),
        **given,
    )
    assert wide.others["transmission of kp"].std() == pytest.approx(0.1, rel=0.05)  # nothing learnt
    assert wide.sizes["kp"].std() > 2 * half.sizes["kp"].std()


def test_the_same_seed_gives_the_same_draws_and_several_groups_come_together():
    reports, known, total = random_degree_data(np.random.default_rng(11), respondents=60, size=2000)
    fewer = {name: size for name, size in known.items() if name != "group 11"}
    for model in ("random degree", "barrier"):
        first, second = (
            scale_up_draws(
                reports,
                fewer,
                unknown=["kp", "group 11"],
                total_population=total,
                model=model,
                draws=100,
                warmup=100,
                rng=np.random.default_rng(3),
            )
            for _ in range(2)
        )
        assert set(first.sizes) == {"kp", "group 11"} and first.sizes["kp"].shape == (4, 100)
        np.testing.assert_array_equal(first.sizes["kp"], second.sizes["kp"])
        assert len({float(chain[0]) for chain in first.sizes["kp"]}) == 4


def test_a_prior_that_cuts_off_the_degrees_is_told():
    reports, known, total = random_degree_data(np.random.default_rng(13), respondents=60, size=2000)
    with pytest.warns(EstimateWarning, match="outside the prior's limits 6 and 8: they decide the size"):
        scale_up_draws(
            reports,
            known,
            unknown=["kp"],
            total_population=total,
            model="random degree",
            prior=DegreePrior(mu=(6, 8)),
            draws=5,
            warmup=5,
            rng=np.random.default_rng(1),
        )


def test_scaled_groups_have_their_sizes_together():
    reports, known, total = laga()
    got = overdispersed_draws(
        reports,
        known,
        unknown=["V5"],
        total_population=total,
        scale_by=["V1", "V4"],
        draws=50,
        warmup=50,
        rng=np.random.default_rng(1),
    )
    together = got.sizes["V1"] + got.sizes["V4"]
    np.testing.assert_allclose(together, known["V1"] + known["V4"])


def test_chains_that_do_not_agree_are_refused():
    reports, known, total = random_degree_data(np.random.default_rng(12), respondents=60, size=2000)
    got = scale_up_draws(
        reports,
        known,
        unknown=["kp"],
        total_population=total,
        model="barrier",
        draws=20,
        warmup=1,
        rng=np.random.default_rng(1),
    )
    with pytest.raises(
        NoEstimateError, match="barrier model, 60 respondents, 12 known groups must have chains"
    ):
        bayesian_scale_up_size(got, "kp")
    with pytest.raises(ValueError, match="kp must be one of 'kp'; got 'fsw'"):
        bayesian_scale_up_size(ScaleUpDraws(got.sizes, {}, "x"), "fsw")


@pytest.mark.parametrize("model", ["random degree", "barrier"])
def test_silence_is_refused_by_models_too(model):
    with pytest.raises(
        NoEstimateError, match=r"got only zeros for \['kp'\]. The size would be that"
    ) as refusal:
        scale_up_draws(
            TINY.assign(kp=0),
            TINY_KNOWN,
            unknown=["kp"],
            total_population=1000,
            model=model,
            draws=10,
            rng=np.random.default_rng(1),
        )
    assert refusal.value.lower == 0
    with pytest.raises(NoEstimateError, match="known in the known groups; got only zeros"):
        scale_up_draws(
            TINY.assign(a=0, b=0),
            TINY_KNOWN,
            unknown=["kp"],
            total_population=1000,
            model=model,
            draws=10,
            rng=np.random.default_rng(1),
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "correlated"}, "model must be one of 'random degree', 'barrier'"),
        ({"unknown": ["a"]}, r"unknown must be columns of reports without a known size; got \['a'\]"),
        ({"unknown": []}, "unknown_groups must be a whole number, at least 1"),
        ({"chains": 1}, "chains must be a whole number, at least 2"),
        ({"draws": 0}, "draws must be a whole number, at least 1"),
        ({"total_population": 100}, "sizes of known groups must be below total_population"),
        ({"transmission": {"kp": TAU}}, 'transmission must not be given to "random degree"'),
        ({"model": "combined"}, 'transmission must be given for each unknown group with "combined"'),
        (
            {"model": "transmission", "transmission": {"kp": Measure(0.6, 0.5, 1, "")}},
            r"error of transmission must be below 0.49; got 0.5",
        ),
        (
            {"model": "transmission", "transmission": {"kp": Measure(0.6, 0.0, 1, "")}},
            "error_of_transmission must be a number above 0; got 0.0",
        ),
        ({"prior": DegreePrior(mu=(8, 3))}, "mu of the prior must be a low and a high limit; got 8 and 3"),
        ({"prior": DegreePrior(sigma=(0, 3))}, "lowest_sigma must be a number above 0"),
        ({"prior": DegreePrior(smallest=1e9)}, "smallest must be below total_population"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    given = {
        "unknown": ["kp"],
        "total_population": 1000,
        "model": "random degree",
        "draws": 10,
        "rng": np.random.default_rng(1),
    }
    with pytest.raises(ValueError, match=words):
        scale_up_draws(TINY, TINY_KNOWN, **(given | change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scale_by": []}, "groups of scale_by must be a whole number, at least 1; got 0"),
        ({"scale_by": ["kp"]}, "scale_by must be one of 'a', 'b'; got 'kp'"),
        ({"balance": (["a"], ["c"])}, "balance must be one of 'a', 'b'; got 'c'"),
    ],
)
def test_wrong_scaling_is_named(change, words):
    given = {"unknown": ["kp"], "total_population": 1000, "scale_by": ["a"], "draws": 10, "warmup": 10}
    with pytest.raises(ValueError, match=words):
        overdispersed_draws(TINY, TINY_KNOWN, rng=np.random.default_rng(1), **(given | change))
    with pytest.raises(NoEstimateError, match="somebody known in every group"):
        overdispersed_draws(TINY.assign(a=0), TINY_KNOWN, rng=np.random.default_rng(1), **given)
