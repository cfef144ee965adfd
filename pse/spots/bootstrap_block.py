"""One block of bootstrap draws: a pure function of arrays, so that it can run in any process.

A process that starts for it loads NumPy and the sparse matrices of SciPy, and neither pandas nor the chain:
that is half of the time it takes to start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pse.spots.model_visits import Asked, apply_visits, scatter_counts
from pse.spots.sums import Sums
from pse.spots.unlisted_draws import Missing, Naming, draw_unlisted

if TYPE_CHECKING:
    from pse.spots.model_draws import ModelSizes


@dataclass(frozen=True)
class Donors:
    """Visited spots of one stratum and the unvisited spots whose sizes they give.

    Attributes
    ----------
    donors, receivers : numpy.ndarray of int
        Units.
    weight : numpy.ndarray, shape (donors,)
        What donors are drawn in proportion to: E1, or 1 for the form `mean` of R.
    ratio : numpy.ndarray, shape (donors,)
        E2 / E1 of each donor over its mean by `weight`, so that its own mean is 1: a factor on E1 x R.
    active, visited : int
        For the form `active_share`: the share of active spots is drawn anew too; else both 0.
    """

    donors: np.ndarray
    receivers: np.ndarray
    weight: np.ndarray
    ratio: np.ndarray
    active: int = 0
    visited: int = 0


@dataclass(frozen=True)
class PeopleFactor:
    """D of one KP from people's answers, as drawn.

    `asked` are units with answers, `mean` and `sd` their mean weight (1/M) and its error, `size` their E;
    `sums` (groups x asked) adds up asked units by municipality and over the KP, and unit `others[i]`, where
    nobody answered, takes the mean of group `group[i]`. `people` is what the model needs besides.
    """

    asked: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    sums: Sums
    others: np.ndarray
    group: np.ndarray
    others_mean: np.ndarray
    people: Asked


@dataclass(frozen=True)
class ShareFactor:
    """D of one group of units from shares: answers p and m, which are resampled, and D at the point."""

    share: np.ndarray
    others: np.ndarray
    units: np.ndarray
    mean: float


@dataclass(frozen=True)
class Ranges:
    """Numbers of people with a range of their own, drawn by row: nonspot people, overrides."""

    lower: np.ndarray
    point: np.ndarray
    upper: np.ndarray
    sums: Sums

    def at_point(self) -> Ranges:
        """Return rows that stand still at their points."""
        return replace(self, lower=self.point, upper=self.point)


@dataclass(frozen=True)
class Answers:
    """Answers of people of one KP that are resampled together: value and weight of each person."""

    value: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Platforms:
    """Rows of virtual.csv as drawn, and answers about them.

    `accounts` and `inverse` (1 / profiles per person) hold lower, point, upper by row; `base` is the product
    of the recorded shares, `at_spots` v. `profiles` and `visits` give, by KP, answers that stand in for
    them in the rows `fill_profiles`, `fill_visits`; `uses` gives answers about g. `spread` is the
    squared coefficient of variation of profiles between people; with `counts` (the model) people of a row
    scatter as counts do.
    """

    accounts: tuple[np.ndarray, np.ndarray, np.ndarray]
    inverse: tuple[np.ndarray, np.ndarray, np.ndarray]
    base: np.ndarray
    at_spots: np.ndarray
    profiles: dict[int, Answers]
    visits: dict[int, Answers]
    uses: dict[int, Answers]
    fill_profiles: dict[int, np.ndarray]
    fill_visits: dict[int, np.ndarray]
    sums: Sums
    by_kp: Sums
    spread: np.ndarray
    counts: bool = False


@dataclass(frozen=True)
class State:
    """All that one draw needs, as plain arrays: no name, no code, no coordinate.

    `sums` (rows x units) turns factors of units into sums of people; `day_sums` and `week_sums` (KPs x
    units) do the same for people of a day and of a whole week. With `model`, sizes come from the hierarchical
    model instead of `seen` to `donors`.
    """

    units: int
    seen: np.ndarray
    log_variance: np.ndarray
    team: np.ndarray
    teams: int
    team_sd: float
    donors: tuple[Donors, ...]
    visits: tuple[PeopleFactor | ShareFactor, ...]
    week: tuple[PeopleFactor, ...]
    sums: Sums
    day_sums: Sums
    week_sums: Sums
    nonspot: Ranges
    overrides: Ranges
    platforms: Platforms
    unlisted: tuple[Naming | Missing, ...] = ()
    model: ModelSizes | None = None


def replicate_block(state: State, seed: np.random.SeedSequence, n: int) -> np.ndarray:
    """Return `n` joint draws: shape (n, sum of `Ready.columns`), the same for the same seed anywhere.

    Parameters
    ----------
    state : State
        From `pse.spots.bootstrap.make_state`.
    seed : numpy.random.SeedSequence
        Of this block alone.
    n : int
        Draws of the block.
    """
    rng = np.random.default_rng(seed)
    size = _draw_sizes(state, rng, n) if state.model is None else _draw_from_model(state.model, rng, n)
    people = size.copy()
    for factor in state.visits:
        if state.model is None or isinstance(factor, ShareFactor):
            _apply(factor, people, size, rng)
        else:
            apply_visits(factor, people, size, rng)
    rows = [state.sums @ people, _draw_week(state, size, rng)]
    rows += [
        state.nonspot.sums @ split_uniform(state.nonspot, rng, n),
        state.overrides.sums @ split_uniform(state.overrides, rng, n),
        *_draw_platforms(state.platforms, rng, n),
    ]
    rows += [draw_unlisted(part, people, rng) for part in state.unlisted]
    return np.concatenate(rows).T


def _draw_from_model(model: ModelSizes, rng: np.random.Generator, n: int) -> np.ndarray:
    from pse.spots.model_draws import draw_factors  # loads pandas, which the bootstrap can do without

    return draw_factors(model, rng, n)


def _draw_sizes(state: State, rng: np.random.Generator, n: int) -> np.ndarray:
    """Return the factor on the size of every unit, shape (units, n): errors, team effects, donors."""
    factor = np.ones((state.units, n))
    error = log_normal(state.log_variance, rng, n)
    team = log_normal(np.full(state.teams, state.team_sd**2), rng, n)
    factor[state.seen] = error * team[state.team]
    for donors in state.donors:
        factor[donors.receivers] = _draw_receivers(donors, factor, rng, n)
    return factor


def log_normal(variance: np.ndarray, rng: np.random.Generator, n: int) -> np.ndarray:
    """Return log-normal factors of mean 1, shape (len(variance), n), with these log-variances."""
    drawn = rng.standard_normal((len(variance), n))
    drawn *= np.sqrt(variance)[:, None]
    drawn -= (variance / 2)[:, None]
    return np.exp(drawn, out=drawn)


def _draw_receivers(donors: Donors, factor: np.ndarray, rng: np.random.Generator, n: int) -> np.ndarray:
    """Return factors of unvisited spots: visited spots are resampled, then donors drawn by weight."""
    d, r = len(donors.donors), len(donors.receivers)
    if d == 0:
        return np.ones((r, n))
    rows = np.arange(n)[:, None]
    resampled = rng.integers(d, size=(n, d)) + rows * d
    count = np.bincount(resampled.ravel(), minlength=n * d).reshape(n, d)
    chance = np.cumsum(count * donors.weight, axis=1)
    chance /= chance[:, -1:]
    at = np.searchsorted((chance + rows).ravel(), (rng.random((n, r)) + rows).ravel(), side="right")
    at = np.minimum(at.reshape(n, r) - rows * d, d - 1)
    drawn = donors.ratio[at] * factor[donors.donors[at], rows]
    if donors.visited:
        share = rng.binomial(donors.visited, donors.active / donors.visited, size=(n, 1)) / donors.visited
        drawn *= (rng.random((n, r)) < share) * (donors.visited / donors.active)
    return drawn.T


def _apply(
    factor: PeopleFactor | ShareFactor, people: np.ndarray, size: np.ndarray, rng: np.random.Generator
) -> None:
    """Multiply the units of one group by D as drawn over D at the point."""
    if isinstance(factor, ShareFactor):
        people[factor.units] *= _draw_share_factor(factor, rng, people.shape[1]) / factor.mean
        return
    spread = np.log1p((factor.sd / factor.mean) ** 2)  # log-normal: never below 0, its mean exact
    drawn = factor.mean[:, None] * log_normal(spread, rng, people.shape[1])
    if len(factor.others):
        weight = size[factor.asked]
        total = factor.sums @ weight
        mean = np.divide(factor.sums @ (weight * drawn), total, out=np.ones_like(total), where=total > 0)
        people[factor.others] *= mean[factor.group] / factor.others_mean[:, None]
    people[factor.asked] *= drawn / factor.mean[:, None]


def _draw_share_factor(factor: ShareFactor, rng: np.random.Generator, n: int) -> np.ndarray:
    """Return D = (1 - p) + p / (1 + m) of resampled interviews, shape (n,)."""
    k = len(factor.share)
    at = rng.integers(k, size=(n, k))
    share = factor.share[at]
    p, weighted = share.mean(axis=1), (share * factor.others[at]).sum(axis=1)
    total = share.sum(axis=1)
    m = np.divide(weighted, total, out=np.zeros(n), where=total > 0)
    return (1 - p) + p / (1 + m)


def _draw_week(state: State, size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return people of a day (before duplication) and of a whole week, by KP: first all KPs, then all."""
    people = size.copy() if state.week else size
    for factor in state.week:
        _apply(factor, people, size, rng)
    return np.concatenate([state.day_sums @ size, state.week_sums @ people])


def split_uniform(rows: Ranges, rng: np.random.Generator, n: int) -> np.ndarray:
    """Return draws between lower and upper with mean point, shape (rows, n).

    Below or above the point with chances in inverse proportion to the two distances, uniform on each side
    (ours): for a range that is symmetric about its point this is the uniform distribution.
    """
    below, above = rows.point - rows.lower, rows.upper - rows.point
    width = below + above
    chance = np.divide(above, width, out=np.zeros_like(width), where=width > 0)
    side, far = rng.random((len(width), n)), rng.random((len(width), n))
    low = rows.point[:, None] - below[:, None] * far
    high = rows.point[:, None] + above[:, None] * far
    return np.where(side < chance[:, None], low, high)


def _weighted_mean(answers: Answers, at: np.ndarray) -> np.ndarray:
    """Return the weighted mean of resampled answers, shape (n,)."""
    return (answers.weight * answers.value)[at].sum(axis=1) / answers.weight[at].sum(axis=1)


def _draw_platforms(state: Platforms, rng: np.random.Generator, n: int) -> list[np.ndarray]:
    """Return people online only (by cell and platform type), those who come to spots, and g, by KP."""
    accounts = split_uniform(Ranges(*state.accounts, state.sums), rng, n)
    inverse = split_uniform(Ranges(*state.inverse, state.sums), rng, n)
    at_spots = np.repeat(state.at_spots[:, None], n, axis=1)
    for kp in sorted({*state.profiles, *state.visits}):
        k = len((state.profiles.get(kp) or state.visits[kp]).value)
        at = rng.integers(k, size=(n, k))  # answers of the same person stay together
        if kp in state.profiles:
            inverse[state.fill_profiles[kp]] = _mean_inverse(state.profiles[kp], at)
        if kp in state.visits:
            at_spots[state.fill_visits[kp]] = _weighted_mean(state.visits[kp], at)
    everybody = accounts * state.base[:, None] * inverse
    only = everybody * (1 - at_spots)
    if state.counts:
        only = scatter_counts(only, at_spots, state.spread, rng)
    uses = np.full((state.by_kp.rows, n), np.nan)
    for kp, answers in state.uses.items():
        uses[kp] = _weighted_mean(answers, rng.integers(len(answers.value), size=(n, len(answers.value))))
    return [state.sums @ only, state.by_kp @ (everybody * at_spots), uses]


def _mean_inverse(answers: Answers, at: np.ndarray) -> np.ndarray:
    """Return 1 / (mean profiles per person) of resampled people.

    `weight` is 1/profiles for people met on platforms (harmonic mean: sum(weight) / n) and 1/M for people
    met at spots (1 over the weighted mean); `value` holds the profiles.
    """
    return answers.weight[at].sum(axis=1) / (answers.weight * answers.value)[at].sum(axis=1)
