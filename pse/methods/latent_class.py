"""Latent class capture-recapture: people differ in how easily lists find them, in classes nobody sees.

Within a class the lists are independent of each other; classes have shares and chances of their own. How many
classes there are is left to the data (a Dirichlet process, cut off at a largest number). This removes the
bias that people who are easily found by several lists give to independent lists. It does not remove a
dependence that is between two lists only (one refers its people to the other): compare log-linear models.

Source
------
Manrique-Vallier D. Bayesian population size estimation using Dirichlet process mixtures. Biometrics
2016;72:1246-1254. Priors as there: p(N) proportional to 1/N, chances uniform, shares by breaking sticks with
parameter alpha, alpha Gamma(0.25, 0.25).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from pse import checks
from pse.engine import Progress
from pse.estimate import Estimate
from pse.methods.chains import Chains
from pse.methods.histories import Histories
from pse.methods.refusal import NoEstimateError

__all__ = ["LatentClasses", "latent_class_draws", "latent_class_fit", "latent_class_size"]

ALPHA = (0.25, 0.25)  # shape and rate: Manrique-Vallier 2016
ONE_OVER_N = (0.0, 0.0)  # as the kernel takes the prior of N
MOST_CLASSES = 100
MOST_LISTS_OF_FIT = 10
DRAWS_OF_FIT = 1000


@dataclass(frozen=True)
class LatentClasses:
    """Draws from the posterior of a latent class model.

    Classes have no identity: they change places from draw to draw. Their shares and chances tell how well the
    model fits, never who belongs together.

    Attributes
    ----------
    given : Histories
        The data.
    size : Chains
        Draws of the number of people, seen or not.
    alpha : numpy.ndarray, shape (chains, draws)
        Parameter of the shares: small where few classes hold everybody.
    occupied : numpy.ndarray of int, shape (chains, draws)
        Classes with at least one person. If it is often the largest number allowed, allow more.
    shares : numpy.ndarray, shape (chains, draws, classes)
        Shares of the classes; they add up to 1.
    chances : numpy.ndarray, shape (chains, draws, classes, lists)
        Chance of a person of the class to be on the list.
    """

    given: Histories
    size: Chains
    alpha: np.ndarray = field(repr=False)
    occupied: np.ndarray = field(repr=False)
    shares: np.ndarray = field(repr=False)
    chances: np.ndarray = field(repr=False)

    @property
    def classes(self) -> int:
        """The largest number of classes allowed."""
        return int(self.shares.shape[-1])


def latent_class_size(
    given: Histories,
    *,
    classes: int,
    rng: np.random.Generator,
    level: float = 0.95,
    chains: int = 4,
    draws: int = 2000,
    warmup: int = 10_000,
    thin: int = 100,
    progress: Progress | None = None,
) -> Estimate:
    """Estimate a size from three or more lists of a KP whose members differ in how easily they are found.

    Parameters
    ----------
    given : Histories
        Who was on which lists.
    classes : int
        Largest number of classes. It hardly matters once it is above the number that the data need: give 10.
        1 is the model of independent lists.
    rng : numpy.random.Generator
        Source of random numbers.
    level : float
        Probability of the interval.
    chains, draws, warmup, thin, progress
        As for `latent_class_draws`. More draws make the numbers more exact; they do not change what is
        estimated.

    Raises
    ------
    NoEstimateError
        If nobody was seen twice, or if the chains do not agree: then no number is given.

    Notes
    -----
    Assumes a closed population, lists that cover the same area and time, links without errors, and that
    people of the same class are found by each list independently. Always look at `latent_class_fit`.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> people = [67, 67, 45, 43, 29, 29, 19]
    >>> table = pd.DataFrame({"clinic": [0, 0, 0, 1, 1, 1, 1], "outreach": [0, 1, 1, 0, 0, 1, 1],
    ...                       "test": [1, 0, 1, 0, 1, 0, 1], "people": people})
    >>> got = latent_class_size(histories(table, people="people"), classes=5, warmup=1000, thin=20,
    ...                         rng=np.random.default_rng(1))
    >>> got.method, 299 < got.lower < got.point < got.upper
    ('latent class capture-recapture, up to 5 classes, 3 lists', True)
    """
    checks.level(level)
    drawn = latent_class_draws(
        given,
        classes=classes,
        chains=chains,
        draws=draws,
        warmup=warmup,
        thin=thin,
        rng=rng,
        progress=progress,
    )
    drawn.size.check("latent class capture-recapture")
    allowed = "1 class" if classes == 1 else f"up to {classes} classes"
    name = f"latent class capture-recapture, {allowed}, {len(given.lists)} lists"
    return drawn.size.estimate(level=level, method=name)


def latent_class_draws(
    given: Histories,
    *,
    classes: int,
    rng: np.random.Generator,
    chains: int = 4,
    draws: int = 2000,
    warmup: int = 10_000,
    thin: int = 100,
    progress: Progress | None = None,
) -> LatentClasses:
    """Draw sizes and classes from the posterior; look at ``.size.check(...)`` before using them.

    Parameters
    ----------
    given, classes, rng
        As for `latent_class_size`.
    chains : int
        Chains, each started from a draw of the prior and run with random numbers of its own.
    draws : int
        Draws kept from each chain.
    warmup : int
        Steps of each chain that are thrown away first.
    thin : int
        Steps for each draw kept.
    progress : callable, optional
        Called as ``progress(done, of)`` after each chain.

    Raises
    ------
    ValueError
        If a number is out of its bounds, or several classes are to be found from two lists: three cells
        cannot show them.
    NoEstimateError
        If nobody is on two lists: the size is then whatever the prior says.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 1], "people": [60, 30, 20]})
    >>> drawn = latent_class_draws(histories(table, people="people"), classes=1, draws=500, thin=1,
    ...                            rng=np.random.default_rng(1))
    >>> drawn.size.draws.shape, drawn.chances.shape
    ((4, 500), (4, 500, 1, 2))
    """
    checks.count(classes=classes, at_least=1, at_most=MOST_CLASSES)
    checks.count(chains=chains, at_least=2)
    checks.count(draws=draws, at_least=4)
    checks.count(warmup=warmup, at_least=0)
    checks.count(thin=thin, at_least=1)
    _check_data(given, classes)
    from pse.methods import latent_class_kernels as kernels  # not above: numba takes a second to load

    met = given.counts > 0
    patterns, counts = given.patterns[met], given.counts[met]

    def run(stream: np.random.Generator) -> tuple[np.ndarray, ...]:
        start = _start(classes, len(given.lists), stream)
        length = (warmup, draws, thin)
        return kernels.sample_classes(patterns, counts, start, (*ALPHA, *ONE_OVER_N), length, stream)

    parts = []
    with ThreadPoolExecutor() as pool:  # the kernel lets go of the lock; each chain has numbers of its own
        for part in pool.map(run, checks.generator(rng, "for draws").spawn(chains)):
            parts.append(part)
            if progress is not None:
                progress(len(parts), chains)
    unseen, alpha, occupied, shares, chances = (np.stack(part) for part in zip(*parts, strict=True))
    return LatentClasses(given, Chains(given.n + unseen), alpha, occupied, shares, chances)


def latent_class_fit(drawn: LatentClasses) -> pd.DataFrame:
    """Return the people of each pattern as observed and as the model predicts them.

    Parameters
    ----------
    drawn : LatentClasses
        Draws from chains that agree.

    Returns
    -------
    pandas.DataFrame
        A row for each pattern: a column of 0 and 1 for each list, then `observed`; `predicted`, the mean
        number of a new population with the same size and classes; `p`, the chance of that new number to be
        above the observed one (a tie counts half). Near 0 the model predicts too few, near 1 too many. With
        more than 10 lists only the patterns that people have.

    Notes
    -----
    A posterior predictive check (Gelman A, Meng XL, Stern H. Stat Sinica 1996;6:733-760) averaged over at
    most 1,000 draws. A model that fits can still be wrong about those whom nobody saw.

    Examples
    --------
    >>> from pse.methods.histories import histories
    >>> table = pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 1], "people": [60, 30, 20]})
    >>> drawn = latent_class_draws(histories(table, people="people"), classes=1, thin=1,
    ...                            rng=np.random.default_rng(1))
    >>> latent_class_fit(drawn)[["a", "b", "observed", "predicted"]].round({"predicted": -1})
       a  b  observed  predicted
    0  0  1        30       30.0
    1  1  0        60       60.0
    2  1  1        20       20.0
    """
    given = drawn.given
    shown = np.full(len(given.counts), True) if len(given.lists) <= MOST_LISTS_OF_FIT else given.counts > 0
    size, shares, chances = (
        part.reshape(-1, *part.shape[2:]) for part in (drawn.size.draws, drawn.shares, drawn.chances)
    )
    every = -(-len(size) // DRAWS_OF_FIT)
    size, cells = (
        size[::every, None],
        _pattern_chances(given.patterns[shown], shares[::every], chances[::every]),
    )
    observed = given.counts[shown]
    above = stats.binom.sf(observed, size, cells) + stats.binom.pmf(observed, size, cells) / 2
    table = pd.DataFrame(given.patterns[shown], columns=list(given.lists))
    return table.assign(observed=observed, predicted=(size * cells).mean(axis=0), p=above.mean(axis=0))


def _pattern_chances(patterns: np.ndarray, shares: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """Return the chance of each pattern in each draw: sum over classes of share times product over lists."""
    made = np.empty((len(shares), len(patterns)))
    for column, pattern in enumerate(patterns):
        within = np.where(pattern == 1, chances, 1 - chances).prod(axis=2)
        made[:, column] = (shares * within).sum(axis=1)
    return made


def _check_data(given: Histories, classes: int) -> None:
    if classes > 1 and len(given.lists) < 3:
        raise ValueError("lists must be 3 or more for several classes; got 2. Use classes=1, or chapman.")
    if not (given.counts[given.patterns.sum(axis=1) > 1]).any():
        raise NoEstimateError(
            "latent class capture-recapture must have people on two lists or more; got none. "
            "The people seen are a lower limit.",
            lower=given.n,
        )


def _start(classes: int, lists: int, rng: np.random.Generator) -> tuple[float, np.ndarray, np.ndarray]:
    """Return a start far from the others: alpha 0.2 to 5, sticks broken with it, uniform chances."""
    alpha = float(np.exp(rng.uniform(np.log(0.2), np.log(5))))
    stays = np.log1p(-rng.random(classes - 1)) / alpha  # log(1 - V), V Beta(1, alpha)
    broken = np.append(np.log(-np.expm1(stays)), 0.0)
    return alpha, broken + np.append(0.0, np.cumsum(stays)), rng.random((classes, lists))
