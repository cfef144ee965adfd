"""Latent classes: the sampler against exact posteriors and its own prior, references, refusals."""

import numpy as np
import pandas as pd
import pytest
from arviz_stats.base import array_stats
from scipy import stats

from pse.methods import latent_class_kernels as kernels
from pse.methods.histories import histories, history_patterns
from pse.methods.latent_class import latent_class_draws, latent_class_fit, latent_class_size
from pse.methods.refusal import NoEstimateError
from tests.methods.latent_prior import cells, independent_posterior, log_weights, prior_draws
from tests.methods.reference import reference, reference_input, reference_names

HALVES = (0.05, 0.25, 0.5, 0.75, 0.95)


def from_counts(counts):
    lists = int(np.log2(len(counts) + 1))
    names = [f"list {i + 1}" for i in range(lists)]
    table = pd.DataFrame(history_patterns(lists), columns=names)
    return histories(table.assign(people=counts), people="people")


def two_classes(rng, *, size=2000, hard=(0.15, 0.2, 0.12, 0.18), easy=(0.6, 0.7, 0.65, 0.6), share=0.3):
    """A population in which 30 % are easily found by every list, and the others hardly."""
    chance = np.where(rng.random(size)[:, None] < share, easy, hard)
    on = (rng.random(chance.shape) < chance).astype(int)
    return histories(pd.DataFrame(on[on.any(axis=1)], columns=list("abcd")))


def effective(draws, **of):
    """Return effective draws of a mean or a quantile; shape of draws: (chains, draws)."""
    return array_stats.ess(np.asarray(draws, dtype=float), chain_axis=0, draw_axis=1, **of)


def below(chains, at):
    """Return the share of draws up to a number and its Monte Carlo error."""
    hit = (np.asarray(chains.draws) <= at).astype(float)
    return hit.mean(), np.sqrt(hit.var() / effective(hit, method="mean"))


@pytest.mark.parametrize("counts", [[12, 9, 5], [3, 0, 2, 4, 1, 0, 1], [40, 30, 12, 50, 15, 10, 4]])
def test_one_class_has_the_exact_posterior_of_independent_lists(counts):
    given = from_counts(counts)
    drawn = latent_class_draws(
        given, classes=1, rng=np.random.default_rng(8), draws=20_000, thin=1, warmup=500
    )
    size, p = independent_posterior(given.counts, given.patterns, 400_000)
    for half in HALVES:
        at = size[np.searchsorted(np.cumsum(p), half)]
        got, error = below(drawn.size, at)
        assert abs(got - p[size <= at].sum()) < 4 * error


@pytest.mark.parametrize(
    ("counts", "classes"),
    [([1, 0, 1, 2, 0, 0, 1], 3), ([0, 3, 0, 1, 0, 0, 4], 2), ([4, 1, 0, 3, 1, 0, 0], 8)],
)
def test_several_classes_agree_with_weighted_draws_of_the_prior(counts, classes):
    """With few people the posterior is the prior, weighted: no Markov chain is needed."""
    given = from_counts(counts)
    rng = np.random.default_rng(4)
    a, log_share, chance = prior_draws(rng, draws=150_000, classes=classes, lists=3)
    cell = cells(log_share, chance)
    weight = np.exp(log_weights(given.counts, cell))
    weight /= weight.sum()
    drawn = latent_class_draws(given, classes=classes, rng=rng, draws=15_000, thin=2, warmup=1000)
    for at in given.n + np.array([0, 1, 3, 8, 20, 60, 300]):
        under = stats.nbinom(given.n, 1 - cell[:, 0]).cdf(at - given.n)  # N given classes: p(N) is 1/N
        want = weight @ under
        got, error = below(drawn.size, at)
        assert abs(got - want) < 4 * np.hypot(error, np.sqrt((weight**2) @ (under - want) ** 2))
    want = weight @ np.log(a)
    error = np.sqrt((weight**2) @ (np.log(a) - want) ** 2)
    logs = np.log(drawn.alpha)
    spread = logs.std() / np.sqrt(effective(logs, method="mean"))
    assert abs(logs.mean() - want) < 4 * np.hypot(spread, error)


def joint_statistics(alpha, log_share, chance, n):
    """Return numbers whose means tell whether two ways to draw from the joint distribution agree."""
    share = np.exp(log_share)
    cell = cells(log_share, chance)[:, 0]
    firsts = [np.log(alpha), np.log(alpha) ** 2, share[:, 0], share.max(axis=1), (share**2).sum(axis=1)]
    weighted = (share[:, :, None] * chance).sum(axis=1)
    lasts = [weighted[:, 0], (share * chance[:, :, 0] * chance[:, :, 1]).sum(axis=1), cell, chance[:, 0, 0]]
    return np.stack([*firsts, *lasts, chance[:, -1, 1], n, n**2, n * cell], axis=1)


def joint_distribution_z(steps, *, classes, seed):
    """Geweke J. JASA 2004;99:799-804: draws of parameters and data, from the prior and by the sampler.

    One step of the sampler given the data, then new data given the parameters: if the step leaves the
    posterior unchanged, parameters and data stay distributed as drawn from the prior. N needs a proper prior
    here.
    """
    rng = np.random.default_rng(seed)
    prior, lists = (2.0, 1.5, 3.0, 0.15), 3
    first = prior_draws(rng, draws=4 * steps, classes=classes, lists=lists, alpha=prior[:2])
    size = rng.poisson(rng.gamma(prior[2], 1 / prior[3], size=4 * steps))
    seen = rng.binomial(size, 1 - np.clip(cells(*first[1:])[:, 0], 0, 1))
    want = joint_statistics(*first, seen)
    state = (first[0][0], first[1][0], first[2][0])
    patterns, kept = history_patterns(lists), []
    for _ in range(steps):
        people = rng.poisson(rng.gamma(prior[2], 1 / prior[3]))
        counts = rng.multinomial(people, cells(state[1][None], state[2][None])[0])[1:]
        _, alpha, _, share, chance = kernels.sample_classes(patterns, counts, state, prior, (0, 1, 1), rng)
        with np.errstate(divide="ignore"):
            state = (alpha[0], np.log(np.maximum(share[0], 1e-300)), chance[0])
        kept.append((*state, counts.sum()))
    got = joint_statistics(*(np.array(part) for part in zip(*kept, strict=True)))
    moves = want.std(axis=0) > 0  # with one class the share is always 1
    want, got = want[:, moves], got[:, moves]
    errors = [np.sqrt(x.var() / effective(x.reshape(4, -1), method="mean")) for x in got.T]
    return (got.mean(axis=0) - want.mean(axis=0)) / np.hypot(errors, want.std(axis=0) / np.sqrt(len(want)))


@pytest.mark.parametrize("classes", [1, 2, 4])
def test_sampler_leaves_the_joint_distribution_unchanged(classes):
    z = joint_distribution_z(12_000, classes=classes, seed=classes)
    assert np.abs(z).max() < 4


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 3, 6])
def test_sampler_leaves_the_joint_distribution_unchanged_in_long_runs(classes):
    z = joint_distribution_z(240_000, classes=classes, seed=40 + classes)
    assert np.abs(z).max() < 4


REFERENCES = {  # the two with 400 effective draws and more
    "HIV_K10_seed1": ("Rcapture", "HIV", {"people": "freq"}, {"thin": 10}),
    "kosovo_long_K10_seed11": ("LCMCR", "kosovo_aggregate", {}, {"thin": 50}),
}
TOO_SHORT = {"kosovo_K10_seed1", "kosovo_K10_seed2", "kosovo_K10_seed3", "kosovo_K5_seed1"}


@pytest.mark.parametrize("name", REFERENCES)
def test_quantiles_are_those_of_lcmcr_within_monte_carlo_error(name):
    """Errors of a quantile: sqrt(p (1 - p) / effective draws) over the density, which our draws give."""
    want = reference("LCMCR", name)["result"]
    package, data, columns, length = REFERENCES[name]
    given = histories(reference_input(package, data), **columns)
    drawn = latent_class_draws(given, classes=10, rng=np.random.default_rng(5), **length)
    p, q = np.array([[float(p), value] for p, value in want["quantiles"].items()]).T
    got = np.quantile(drawn.size.draws, p)
    aside = np.minimum(p, 1 - p) / 2
    high, low = (np.quantile(drawn.size.draws, p + side * aside) for side in (1, -1))
    density = 2 * aside / (high - low)
    own = np.array([effective(drawn.size.draws, method="quantile", prob=at) for at in p])
    error = np.sqrt(p * (1 - p) * (1 / want["ess"] + 1 / own)) / density
    assert (np.abs(got - q) < 4 * error).all()


def test_every_reference_is_compared_or_listed():
    names = set(reference_names("LCMCR"))
    assert not names or names == {*REFERENCES, *TOO_SHORT}
    assert all(reference("LCMCR", name)["result"]["ess"] < 400 for name in TOO_SHORT & names)


def test_classes_find_those_whom_independent_lists_miss():
    given = two_classes(np.random.default_rng(3))
    length = {"warmup": 2000, "thin": 20, "draws": 1500}
    classes = latent_class_size(given, classes=8, rng=np.random.default_rng(1), **length)
    independent = latent_class_size(given, classes=1, rng=np.random.default_rng(1), **length)
    assert classes.lower < 2000 < classes.upper
    assert independent.upper < 1600
    assert (classes.interval, classes.level) == ("credible", 0.95)
    assert classes.method == "latent class capture-recapture, up to 8 classes, 4 lists"


def test_fit_names_the_patterns_that_one_class_cannot_explain():
    given = two_classes(np.random.default_rng(3))
    length = {"warmup": 2000, "thin": 20, "draws": 500}
    one, many = (
        latent_class_fit(latent_class_draws(given, classes=k, rng=np.random.default_rng(2), **length))
        for k in (1, 8)
    )
    assert one["observed"].tolist() == given.counts.tolist()
    assert one["p"].iloc[-1] < 0.001  # people on all four lists: more than chance
    assert many["p"].between(0.02, 0.98).all()
    assert many["predicted"].sum() == pytest.approx(given.n, rel=0.02)
    assert list(one.columns) == ["a", "b", "c", "d", "observed", "predicted", "p"]


def test_draws_keep_the_rules_of_the_model():
    given = two_classes(np.random.default_rng(3))
    counts = given.counts.copy()
    drawn = latent_class_draws(given, classes=5, rng=np.random.default_rng(1), draws=50, warmup=10, thin=2)
    again = latent_class_draws(given, classes=5, rng=np.random.default_rng(1), draws=50, warmup=10, thin=2)
    assert np.array_equal(drawn.size.draws, again.size.draws)
    assert (drawn.size.draws >= given.n).all()
    assert np.allclose(drawn.shares.sum(axis=2), 1)
    assert ((drawn.chances >= 0) & (drawn.chances <= 1)).all()
    assert ((drawn.occupied >= 1) & (drawn.occupied <= drawn.classes)).all()
    assert drawn.chances.shape == (4, 50, 5, 4)
    assert np.array_equal(given.counts, counts)


def test_chains_that_do_not_agree_give_no_number():
    given = two_classes(np.random.default_rng(3))
    with pytest.raises(NoEstimateError, match=r"latent class capture-recapture must have chains that agree"):
        latent_class_size(given, classes=5, rng=np.random.default_rng(1), draws=20, warmup=0, thin=1)


def test_data_without_overlap_are_refused_with_the_lower_limit():
    with pytest.raises(NoEstimateError, match="must have people on two lists or more; got none") as caught:
        latent_class_size(from_counts([5, 7, 0, 9, 0, 0, 0]), classes=5, rng=np.random.default_rng(1))
    assert caught.value.lower == 21


def test_wrong_arguments_are_refused():
    given, rng = from_counts([3, 0, 2, 4, 1, 0, 1]), np.random.default_rng(1)
    for wrong in ({"classes": 0}, {"classes": 5, "chains": 1}, {"classes": 5, "thin": 0}, {"classes": 2.5}):
        with pytest.raises(ValueError, match="must be a whole number, at least"):
            latent_class_draws(given, rng=rng, **wrong)
    with pytest.raises(ValueError, match="lists must be 3 or more for several classes; got 2"):
        latent_class_draws(from_counts([3, 4, 5]), classes=2, rng=rng)
    with pytest.raises(ValueError, match="rng must be given for draws"):
        latent_class_draws(given, classes=2, rng=None)
    with pytest.raises(ValueError, match="level must be above 0 and below 1"):
        latent_class_size(given, classes=2, rng=rng, level=95)
