"""Delphi: experts guess in rounds and see what the others said; agreement is measured, not assumed.

Agreement is not truth: rounds bring experts together whether or not they come nearer to the size. So the
result is a range (quartiles of the last round), never a confidence interval.

Sources
-------
Kendall MG, Babington Smith B. Ann Math Stat 1939;10:275-287 (W). Shrout PE, Fleiss JL. Psychol Bull
1979;86:420-428 (intraclass correlations). The stop rule is this project's wording of common practice.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from pse import checks
from pse.estimate import Estimate
from pse.methods.refusal import NoEstimateError

__all__ = ["delphi_rounds", "delphi_size", "delphi_stop", "intraclass", "kendalls_w"]


def delphi_rounds(guesses: pd.DataFrame) -> pd.DataFrame:
    """Return the agreement of experts round by round, about one size.

    Parameters
    ----------
    guesses : pandas.DataFrame
        `round` (1, 2, ...), `expert` (a code), `guess` in people; one row for each expert and round.

    Returns
    -------
    pandas.DataFrame
        Index `round`: experts, point (median), lower and upper (quartiles), interval "range", level (blank),
        method, relative_iqr ((upper - lower) / point), iqr_shrinkage (1 - IQR / IQR of the first round),
        median_change (relative to the round before), moved (share of experts of both rounds who changed
        their guess), stayed (experts of the round before who are still there, as a share).

    Raises
    ------
    ValueError
        If an expert has two guesses in a round, or a guess is not a number, 0 or more.

    Examples
    --------
    >>> guesses = pd.DataFrame({"round": [1, 1, 1, 2, 2, 2], "expert": list("abcabc"),
    ...     "guess": [100, 200, 600, 150, 200, 300]})
    >>> delphi_rounds(guesses)["iqr_shrinkage"].tolist()
    [0.0, 0.7]
    """
    wide = _wide(guesses)
    quartiles = wide.quantile([0.25, 0.5, 0.75], axis=1).T.set_axis(["lower", "point", "upper"], axis=1)
    table = pd.DataFrame({"experts": wide.notna().sum(axis=1)}).join(quartiles[["point", "lower", "upper"]])
    table = table.assign(interval="range", level=np.nan, method="Delphi, median and quartiles")
    iqr = table["upper"] - table["lower"]
    table["relative_iqr"] = iqr / table["point"].where(table["point"] > 0)
    table["iqr_shrinkage"] = 1 - iqr / iqr.iloc[0] if iqr.iloc[0] > 0 else np.nan
    before = table["point"].shift()
    table["median_change"] = (table["point"] - before).abs() / before.where(before > 0)
    both = wide.notna() & wide.shift().notna()
    table["moved"] = ((wide != wide.shift()) & both).sum(axis=1) / both.sum(axis=1).replace(0, np.nan)
    table["stayed"] = both.sum(axis=1) / wide.shift().notna().sum(axis=1).replace(0, np.nan)
    return table


def delphi_stop(rounds: pd.DataFrame, *, relative_iqr: float, median_change: float) -> int | None:
    """Return the first round at which to stop, or None: go on, or say that experts disagree.

    Parameters
    ----------
    rounds : pandas.DataFrame
        Of `delphi_rounds`.
    relative_iqr, median_change : float
        Stop when the quartiles are within `relative_iqr` of the median **and** the median moved by no more
        than `median_change` of itself since the round before. Fix both before round 1. The first round
        never stops: it has nothing to be stable against.

    Examples
    --------
    >>> guesses = pd.DataFrame({"round": [1, 1, 1, 2, 2, 2], "expert": list("abcabc"),
    ...     "guess": [100, 200, 600, 180, 200, 210]})
    >>> delphi_stop(delphi_rounds(guesses), relative_iqr=0.3, median_change=0.1)
    2
    """
    checks.non_negative(relative_iqr=relative_iqr, median_change=median_change)
    rule = (rounds["relative_iqr"] <= relative_iqr) & (rounds["median_change"] <= median_change)
    return int(rounds.index[rule][0]) if rule.any() else None


def delphi_size(guesses: pd.DataFrame, *, relative_iqr: float, median_change: float) -> Estimate:
    """Return the median and quartiles of the round at which the stop rule holds: a range.

    Raises
    ------
    NoEstimateError
        If it never holds: the experts have not agreed, and a median would hide it.

    Examples
    --------
    >>> guesses = pd.DataFrame({"round": [1, 1, 1, 2, 2, 2], "expert": list("abcabc"),
    ...     "guess": [100, 200, 600, 180, 200, 210]})
    >>> print(delphi_size(guesses, relative_iqr=0.3, median_change=0.1))
    200 (190 to 205, range; Delphi, stopped at round 2: IQR <= 30% and change <= 10% of the median)
    """
    rounds = delphi_rounds(guesses)
    at = delphi_stop(rounds, relative_iqr=relative_iqr, median_change=median_change)
    rule = f"IQR <= {100 * relative_iqr:g}% and change <= {100 * median_change:g}% of the median"
    if at is None:
        raise NoEstimateError(
            f"rounds must meet the stop rule ({rule}); got {len(rounds)} that do not. Hold another round, or "
            "report the spread of the last one as disagreement."
        )
    point, lower, upper = rounds.loc[[at], ["point", "lower", "upper"]].to_numpy(dtype=float)[0]
    return Estimate(point, lower, upper, "range", None, f"Delphi, stopped at round {at}: {rule}")


def kendalls_w(ratings: ArrayLike) -> tuple[float, float]:
    """Return Kendall's coefficient of concordance W, corrected for ties, and its p-value.

    Parameters
    ----------
    ratings : array_like, shape (experts, items)
        Numbers that each expert gives to two or more items (areas, KPs); only their order counts.

    Returns
    -------
    W, p_value : float
        W is 1 where all rank alike, 0 where ranks cancel. The p-value is that of chi-squared,
        m (n - 1) W with n - 1 degrees of freedom: rough below 7 items.

    Raises
    ------
    NoEstimateError
        If no expert tells any item from another.

    Examples
    --------
    >>> kendalls_w([[1, 2, 3], [10, 20, 30]])[0]
    1.0
    """
    x = _ratings(ratings)
    m, n = x.shape
    ranks = stats.rankdata(x, axis=1)
    sums = ranks.sum(axis=0)
    ties = sum(float((t**3 - t).sum()) for t in (np.unique(row, return_counts=True)[1] for row in x))
    bottom = m**2 * (n**3 - n) - m * ties
    if bottom <= 0:
        raise NoEstimateError("ratings must differ between items; got the same for all.")
    w = 12 * float(((sums - sums.mean()) ** 2).sum()) / bottom
    return w, float(stats.chi2.sf(m * (n - 1) * w, n - 1))


def intraclass(ratings: ArrayLike, *, kind: Literal["one-way", "two-way random", "two-way fixed"]) -> float:
    """Return the intraclass correlation of single experts: how far numbers, not only ranks, agree.

    Parameters
    ----------
    ratings : array_like, shape (experts, items)
        Logarithms of sizes are better than sizes where they differ by factors.
    kind : {"one-way", "two-way random", "two-way fixed"}
        ICC(1,1), ICC(2,1) (absolute agreement of experts taken from many) and ICC(3,1) (these experts,
        their own level left out) of Shrout and Fleiss.

    Examples
    --------
    >>> round(intraclass([[1, 2, 3], [2, 3, 4]], kind="two-way fixed"), 6)
    1.0
    """
    checks.one_of(kind, ("one-way", "two-way random", "two-way fixed"), name="kind")
    x = _ratings(ratings).T  # targets by judges
    n, k = x.shape
    targets = k * float(((x.mean(axis=1) - x.mean()) ** 2).sum()) / (n - 1)
    judges = n * float(((x.mean(axis=0) - x.mean()) ** 2).sum())
    within = float(((x - x.mean(axis=1, keepdims=True)) ** 2).sum())
    if kind == "one-way":
        top, rest = targets - within / (n * (k - 1)), (k - 1) * within / (n * (k - 1))
    else:
        error = max(within - judges, 0.0) / ((n - 1) * (k - 1))
        own = k * (judges / (k - 1) - error) / n if kind == "two-way random" else 0.0
        top, rest = targets - error, (k - 1) * error + own
    if targets + rest <= 0:
        raise NoEstimateError("ratings must differ; got the same number everywhere.")
    return float(top / (targets + rest))


def _wide(guesses: pd.DataFrame) -> pd.DataFrame:
    checks.count(guesses=len(guesses), at_least=1)
    table = guesses[["round", "expert", "guess"]].copy()
    table["guess"] = pd.to_numeric(table["guess"])
    guess = table["guess"].to_numpy(dtype=float)
    rule = "guess must be a number, 0 or more, in every row"
    checks.rows(np.isfinite(guess) & (guess >= 0), rule, remedy="Leave out who gave none.")
    if table.duplicated(["round", "expert"]).any():
        raise ValueError("an expert must have one guess in a round; got two.")
    return table.set_index(["round", "expert"])["guess"].unstack("expert").sort_index()  # noqa: PD010


def _ratings(ratings: ArrayLike) -> np.ndarray:
    x = np.asarray(ratings, dtype=float)
    if x.ndim != 2 or min(x.shape) < 2 or not np.isfinite(x).all():
        raise ValueError("ratings must have two experts and two items or more, without blanks; got others.")
    return x
