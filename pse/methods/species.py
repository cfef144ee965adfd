"""How many were never seen, from how many people were seen once, twice, three times: closed formulas.

They come from counting species and take no covariates. ``people`` is a mapping from times seen to people:
``{1: 1645, 2: 183, 3: 37}``; `times_seen` makes it from a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import comb, sqrt

import numpy as np

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError
from pse.methods.unseen import log_bounds, normal_quantile

__all__ = ["chao", "chao_bunge", "chao_lee", "chao_lower_limit", "jackknife", "times_seen"]

Array = np.ndarray


def times_seen(column: Iterable[int]) -> dict[int, int]:
    """Count people by how often they were seen, from one number for each person.

    Examples
    --------
    >>> times_seen([1, 1, 3, 1])
    {1: 3, 3: 1}
    """
    numbers = list(column)
    checks.count(at_least=1, **{f"seen_{row}": number for row, number in enumerate(numbers, 1)})
    values, people = np.unique(np.array(numbers, dtype=np.int64), return_counts=True)
    return dict(zip(values.tolist(), people.tolist(), strict=True))


def chao(
    *, people: Mapping[int, int], bias_corrected: bool, interval: str = "log-normal", level: float = 0.95
) -> Estimate:
    """Estimate a lower limit of the size from people seen once and twice (Chao 1984, 1987).

    Parameters
    ----------
    people : mapping of int to int
        People by times seen, from 1.
    bias_corrected : bool
        Chao's (1987) form n + f1 (f1 - 1) / (2 (f2 + 1)); else n + f1^2 / (2 f2).
    interval : {"log-normal", "normal"}
        Log-normal in the people never seen (Chao 1987), or normal.

    Raises
    ------
    NoEstimateError
        If nobody was seen twice: f1 tells nothing alone. `.lower` is n + f1 (f1 - 1) / 2.

    Notes
    -----
    If people differ in how easily they are seen, the expectation is at or below the true size.

    Examples
    --------
    >>> print(chao(people={1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}, bias_corrected=False))
    9,274 (8,085 to 10,690, 95% confidence; chao, log-normal interval)
    """
    f, n = frequencies(people)
    f1, f2 = _first_two(f)
    name = "chao, bias-corrected" if bias_corrected else "chao"
    if f2 == 0:
        raise NoEstimateError(
            "chao must have people seen twice; got none. Report the lower limit, or count for longer.",
            lower=chao_lower_limit(people),
        )
    if bias_corrected:
        point = n + f1 * (f1 - 1) / (2 * (f2 + 1))
        variance = f1 * (f1 - 1) / (2 * (f2 + 1)) + f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
        variance += f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)
    else:
        ratio = f1 / f2
        point, variance = n + f1 * ratio / 2, f2 * (ratio**4 / 4 + ratio**3 + ratio**2 / 2)
    return size_interval(point, variance, seen=n, interval=interval, level=level, method=name)


def chao_lower_limit(people: Mapping[int, float]) -> float:
    """Return n + f1^2 / (2 f2), or n + f1 (f1 - 1) / 2 when nobody was seen twice.

    Examples
    --------
    >>> chao_lower_limit({1: 20, 2: 10}), chao_lower_limit({1: 4})
    (50.0, 10.0)
    """
    n, f1, f2 = float(sum(people.values())), float(people.get(1, 0)), float(people.get(2, 0))
    return n + (f1**2 / (2 * f2) if f2 > 0 else f1 * max(f1 - 1, 0) / 2)


def chao_lee(
    *,
    people: Mapping[int, int],
    rare_up_to: int = 10,
    form: int = 1,
    interval: str = "log-normal",
    level: float = 0.95,
) -> Estimate:
    """Estimate the size from the share of sightings that are not first ones (Chao and Lee 1992).

    Parameters
    ----------
    rare_up_to : int
        People seen more often are added as they are; 10 by custom.
    form : {1, 2}
        Estimator of the squared variation: the plain one, or the one for very uneven chances.

    Raises
    ------
    NoEstimateError
        If all rare people were seen once: the coverage is 0.

    Examples
    --------
    >>> print(chao_lee(people={1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}))
    9,376 (8,197 to 10,774, 95% confidence; chao-lee 1, log-normal interval)
    """
    f, n = frequencies(people)
    checks.count(rare_up_to=rare_up_to, at_least=2)
    checks.count(form=form, at_least=1, at_most=2)
    rare = f[:rare_up_to]
    if not rare[1:].any():
        raise NoEstimateError(
            "chao_lee must have rare people seen more than once; got none. Report the lower limit.",
            lower=chao_lower_limit(people),
        )
    point = chao_lee_point(rare, form=form)
    variance = multinomial_variance(rare, lambda g: chao_lee_point(g, form=form), total=point)
    often = n - float(rare.sum())
    point = max(point + often, n)
    name = f"chao-lee {form}"
    return size_interval(point, variance, seen=n, interval=interval, level=level, method=name)


def chao_bunge(
    *, people: Mapping[int, int], rare_up_to: int = 10, interval: str = "log-normal", level: float = 0.95
) -> Estimate:
    """Estimate the size for chances of being seen that follow a gamma (Chao and Bunge 2002).

    Raises
    ------
    NoEstimateError
        If the share of people seen more than once comes out at 0 or below: with so many ones the formula
        turns negative. `.lower` is Chao's lower limit.

    Examples
    --------
    >>> print(chao_bunge(people={1: 60, 2: 30, 3: 18, 4: 10, 5: 5}))
    185 (152 to 255, 95% confidence; chao-bunge, log-normal interval)
    """
    f, n = frequencies(people)
    checks.count(rare_up_to=rare_up_to, at_least=2)
    rare = f[:rare_up_to]
    if not rare[1:].any() or _duplicated(rare) <= 0:
        raise NoEstimateError(
            "chao_bunge must find a share of people seen again above 0; got 0 or less, because so many were "
            "seen once. Report the lower limit.",
            lower=chao_lower_limit(people),
        )
    point = chao_bunge_point(rare)
    variance = multinomial_variance(rare, chao_bunge_point, total=point)
    total = max(point + n - float(rare.sum()), n)
    return size_interval(total, variance, seen=n, interval=interval, level=level, method="chao-bunge")


def jackknife(
    *, people: Mapping[int, int], order: int | None = None, most: int = 5, level: float = 0.95
) -> Estimate:
    """Estimate the size by the jackknife (Burnham and Overton 1978, 1979), its limit for many occasions.

    Parameters
    ----------
    order : int, optional
        Order of the jackknife; by default the first one whose next adds nothing clear (test at 5 %).
    most : int
        Highest order looked at.

    Raises
    ------
    NoEstimateError
        If everybody was seen once.

    Examples
    --------
    >>> print(jackknife(people={1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}))
    8,581 (8,062 to 9,100, 95% confidence; jackknife of order 5, normal interval)
    """
    f, n = frequencies(people)
    checks.count(most=most, at_least=1, at_most=20)
    if n == f[0]:
        raise NoEstimateError(
            "jackknife must have people seen again; got everybody seen once. Report the lower limit, or "
            "count for longer.",
            lower=chao_lower_limit(people),
        )
    if order is not None:
        checks.count(order=order, at_least=1, at_most=most)
    chosen = order or jackknife_order(f, most=most)
    weights = _jackknife_weights(chosen, len(f))
    point = float(weights @ f)
    if point < n:
        raise NoEstimateError(
            f"a jackknife of order {chosen} must be at least the people seen; got less. Use a lower order.",
            lower=chao_lower_limit(people),
        )
    variance = max(float(weights**2 @ f) - point, 0.0)
    name = f"jackknife of order {chosen}"
    return size_interval(point, variance, seen=n, interval="normal", level=level, method=name)


def jackknife_order(f: Array, *, most: int, significance: float = 0.05) -> int:
    """Return the first order whose next one does not differ clearly (Burnham and Overton 1979).

    Examples
    --------
    >>> jackknife_order(np.array([30.0, 15, 8, 4]), most=5)
    2
    """
    n = f.sum()
    for order in range(1, most):
        step = _jackknife_weights(order + 1, len(f)) - _jackknife_weights(order, len(f))
        difference = step @ f
        variance = n / max(n - 1, 1) * (step**2 @ f - difference**2 / n)
        if abs(difference) <= normal_quantile(1 - significance) * sqrt(max(variance, 0.0)):
            return order
    return most


def size_interval(
    point: float, variance: float, *, seen: float, interval: str, level: float, method: str
) -> Estimate:
    """Return an Estimate with a normal or a log-normal interval, never below the people seen.

    Log-normal in the people never seen (`log_bounds`; Chao 1987).

    Examples
    --------
    >>> size_interval(150, 100, seen=100, interval="normal", level=0.95, method="chao").upper.__round__(1)
    169.6
    """
    checks.one_of(interval, ("log-normal", "normal"), name="interval")
    checks.level(level)
    unseen, error = max(point - seen, 0.0), sqrt(variance)
    reach = normal_quantile(level) * error
    lower, upper = max(point - reach, seen), point + reach
    if interval == "log-normal" and unseen > 0:
        lower, upper = log_bounds(unseen=unseen, people=seen, standard_error=error, level=level)
    name = f"{method}, {interval} interval"
    return Estimate(point, min(lower, point), max(upper, point), "confidence", level, name)


def frequencies(people: Mapping[int, int]) -> tuple[Array, float]:
    """Return people seen 1, 2, ... times, and all people."""
    if not people:
        raise ValueError("people must hold at least one count; got none.")
    for times, number in people.items():
        checks.count(times=times, at_least=1)
        checks.count(people=number)
    f = np.zeros(max(int(times) for times in people))
    for times, number in people.items():
        f[int(times) - 1] += number
    if f.sum() == 0:
        raise ValueError("people must hold somebody; got 0 everywhere.")
    return f, float(f.sum())


def _first_two(f: Array) -> tuple[float, float]:
    return float(f[0]), float(f[1]) if len(f) > 1 else 0.0


def chao_lee_point(f: Array, *, form: int) -> float:
    """Return the size of Chao and Lee from `f`, people seen once, twice, ...; no check of its own."""
    j = np.arange(1, len(f) + 1)
    d, t, pairs = f.sum(), j @ f, (j * (j - 1)) @ f
    cover = 1 - f[0] / t
    spread = max(d / cover * pairs / (t * (t - 1)) - 1, 0.0)
    if form == 2:
        spread = max(spread * (1 + t * (1 - cover) * pairs / (t * (t - 1) * cover)), 0.0)
    return float(d / cover + t * (1 - cover) / cover * spread)


def _duplicated(f: Array) -> float:
    """Theta of Chao and Bunge: the share of people seen more than once, over all."""
    j = np.arange(1, len(f) + 1)
    return float(1 - f[0] * (j**2 @ f) / (j @ f) ** 2)


def chao_bunge_point(f: Array) -> float:
    """Return the size of Chao and Bunge from `f`, people seen once, twice, ...; no check of its own."""
    return float(f[1:].sum() / _duplicated(f))


def _jackknife_weights(order: int, length: int) -> Array:
    weights = np.ones(length)
    for i in range(1, min(order, length) + 1):
        weights[i - 1] += (-1) ** (i + 1) * comb(order, i)
    return weights


def multinomial_variance(f: Array, formula, *, total: float) -> float:  # type: ignore[no-untyped-def]
    """Delta method with cov(f_i, f_j) = f_i (1[i=j] - f_j / N); derivatives are central differences."""
    step = 1e-4 * np.maximum(1.0, f)
    slope = np.array([(formula(f + e) - formula(f - e)) / (2 * e.sum()) for e in np.diag(step)])
    return max(float(slope**2 @ f - (slope @ f) ** 2 / total), 0.0)
