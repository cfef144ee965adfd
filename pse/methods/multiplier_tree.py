"""Multipliers in a row or as a tree: counts at some nodes, shares on the branches, the size at the root.

The weighted multiplier method for trees is that of Flynn (2023, hdl.handle.net/2429/86174; R package
AutoWMM): every counted node gives a size of the root, and their weights make the variance smallest. The
drawing of sister branches and the weights on the log scale are this project's own, so numbers differ from
the package's.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from pse import checks
from pse.estimate import Estimate
from pse.methods.multiplier import REPLICATES, draw_counts
from pse.methods.refusal import NoEstimateError
from pse.methods.shares import (
    Share,
    counted_share,
    draw_shares,
    joint_degrees,
    share_from_error,
    t_quantile,
)

__all__ = ["multiplier_chain", "multiplier_tree", "tree_draws", "tree_table"]


def multiplier_chain(
    *,
    count: float,
    shares: Sequence[Share],
    times: Sequence[Share] = (),
    how: Literal["delta", "draws"],
    level: float = 0.95,
    count_error: float = 0.0,
    replicates: int = REPLICATES,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Estimate a size as count x times / shares, with the errors of all.

    Parameters
    ----------
    count : float
        People or records.
    shares : sequence of Share
        Shares that lead from the population to the count: of the country's KP in the city, of these in
        contact with a service. Each from its own survey.
    times : sequence of Share
        Shares that the count is multiplied with: of the records that are of different people, of the clients
        who are of the KP.
    how : {"delta", "draws"}
        "delta": relative errors as squares, log scale, t with joint degrees of freedom.
        "draws": percentiles (`replicates`, `rng`).

    Raises
    ------
    NoEstimateError
        If one of `shares` or `times` is 0, or is drawn as 0.

    Examples
    --------
    >>> steps = [counted_share(holders=50, asked=100), counted_share(holders=80, asked=200)]
    >>> print(multiplier_chain(count=300, shares=steps, how="delta"))
    1,500 (1,157 to 1,944, 95% confidence; multiplier chain of 2 shares, delta)
    """
    checks.one_of(how, ("delta", "draws"), name="how")
    checks.positive(count=count)
    checks.non_negative(count_error=count_error)
    checks.level(level)
    every = [*shares, *times]
    if not shares or any(step.point == 0 for step in every):
        raise NoEstimateError(
            "shares must be one or more, above 0; got none or a share of 0. Ask more people, or take a count "
            "that more of them are in."
        )
    point = count * math.prod(s.point for s in times) / math.prod(s.point for s in shares)
    name = f"multiplier chain of {len(every)} shares, {how}"
    if how == "delta":
        parts = [((s.error / s.point) ** 2, s.degrees) for s in every]
        parts.append(((count_error / count) ** 2, math.inf))
        relative = math.sqrt(sum(variance for variance, _ in parts))
        factor = math.exp(t_quantile(joint_degrees(parts), level=level) * relative)
        return Estimate(point, point / factor, point * factor, "confidence", level, name)
    rng = checks.generator(rng, "for draws")
    logs = np.log(draw_counts(count, count_error, replicates, rng))
    for sign, steps in ((-1, shares), (1, times)):
        for step in steps:
            logs += sign * _log_draws(draw_shares(step, replicates=replicates, rng=rng))
    lower, upper = np.exp(np.quantile(logs, [(1 - level) / 2, (1 + level) / 2]))
    return Estimate(point, min(lower, point), max(upper, point), "confidence", level, name)


def multiplier_tree(
    nodes: pd.DataFrame, *, level: float = 0.95, replicates: int = REPLICATES, rng: np.random.Generator
) -> Estimate:
    """Estimate the size at the root of a tree from all its counted nodes.

    Parameters
    ----------
    nodes : pandas.DataFrame
        One row for each node: `node`, `parent` (blank at the root), the share of the parent's people who are
        here as `holders` and `asked`, or as `share` and `error`; `count` where people were counted [blank
        elsewhere], `source` of the share. Sisters with the same `source` are answers to one question
        (drawn together, they sum to 1 or less); others are drawn on their own.
    level : float
        Probability of the interval.

    Returns
    -------
    Estimate
        People at the root: the weighted geometric mean over the counted nodes. Weights are those of the
        smallest variance of the log size given how the draws move together, none below 0.

    Raises
    ------
    ValueError
        If the table is no tree (no root or two, an unknown parent, a circle), or nothing is counted.
    NoEstimateError
        If a share on the way to a count is 0.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node": ["all", "clinic", "jail"], "parent": [None, "all", "all"],
    ...     "holders": [None, 40, 10], "asked": [None, 100, 100], "count": [None, 400, 110], "source": "q7"})
    >>> print(multiplier_tree(nodes, rng=np.random.default_rng(1)).method)
    multiplier tree of 2 counts
    """
    tree = _read_tree(nodes)
    checks.level(level)
    logs = _log_sizes(tree, replicates=replicates, rng=rng)
    weights = _weights(logs)
    point = float(np.exp(np.log(tree.points) @ weights))
    lower, upper = np.exp(np.quantile(logs @ weights, [(1 - level) / 2, (1 + level) / 2]))
    name = f"multiplier tree of {len(tree.count)} counts"
    return Estimate(point, min(lower, point), max(upper, point), "confidence", level, name)


def tree_table(
    nodes: pd.DataFrame, *, level: float = 0.95, replicates: int = REPLICATES, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the size of the root by each counted node, with its weight: look here before the weighted one.

    Returns
    -------
    pandas.DataFrame
        Index the counted nodes; point, lower, upper, interval, level, method, weight.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node": ["all", "clinic"], "parent": [None, "all"], "holders": [None, 40],
    ...     "asked": [None, 100], "count": [None, 400], "source": "survey"})
    >>> tree_table(nodes, rng=np.random.default_rng(1)).loc["clinic", ["point", "weight"]].tolist()
    [1000.0, 1.0]
    """
    tree = _read_tree(nodes)
    checks.level(level)
    logs = _log_sizes(tree, replicates=replicates, rng=rng)
    low, high = np.exp(np.quantile(logs, [(1 - level) / 2, (1 + level) / 2], axis=0))
    points = tree.points
    columns = {"point": points, "lower": np.minimum(low, points), "upper": np.maximum(high, points)}
    table = pd.DataFrame(columns, index=pd.Index(list(tree.count), name="node"))
    table = table.assign(interval="confidence", level=level, method="multiplier through the tree")
    return table.assign(weight=_weights(logs))


def tree_draws(nodes: pd.DataFrame, *, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return draws of the size of the root by each counted node: shape (replicates, counted nodes).

    A branch that several ways share is drawn once for all of them.

    Examples
    --------
    >>> nodes = pd.DataFrame({"node": ["all", "clinic"], "parent": [None, "all"], "holders": [None, 40],
    ...     "asked": [None, 100], "count": [None, 400], "source": "survey"})
    >>> tree_draws(nodes, replicates=5, rng=np.random.default_rng(1)).shape
    (5, 1)
    """
    return np.exp(_log_sizes(_read_tree(nodes), replicates=replicates, rng=rng))


@dataclass(frozen=True)
class _Tree:
    """The tree without its table: who hangs on whom, by which share, and what was counted."""

    parent: dict[str, str]
    share: dict[str, Share]
    count: dict[str, float]
    sisters: list[list[str]]  # branches that are drawn together

    def way(self, node: str) -> list[str]:
        """Return the nodes from `node` up to below the root."""
        steps: list[str] = []
        while node in self.parent:
            steps.append(node)
            node = self.parent[node]
            if len(steps) > len(self.parent):
                raise ValueError("nodes must be a tree; got a circle of parents.")
        return steps

    @property
    def points(self) -> np.ndarray:
        """The size of the root by each counted node."""
        shares = (math.prod(self.share[step].point for step in self.way(node)) for node in self.count)
        return np.array(list(self.count.values())) / np.array(list(shares))


def _log_sizes(tree: _Tree, *, replicates: int, rng: np.random.Generator) -> np.ndarray:
    drawn: dict[str, np.ndarray] = {}
    for sisters in tree.sisters:
        drawn.update(_draw_sisters(tree, sisters, replicates, rng))
    columns = []
    for node, count in tree.count.items():
        column = np.full(replicates, math.log(count))
        for step in tree.way(node):
            column -= _log_draws(drawn[step])
        columns.append(column)
    return np.column_stack(columns)


def _draw_sisters(
    tree: _Tree, sisters: list[str], replicates: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw answers to one question from a Dirichlet with the variances of multinomial shares."""
    shares = [tree.share[node] for node in sisters]
    if len(sisters) == 1:
        return {sisters[0]: draw_shares(shares[0], replicates=replicates, rng=rng)}
    n, points = shares[0].effective, np.array([share.point for share in shares])
    rest = 1 - points.sum()
    if n < 2:
        raise NoEstimateError(f"asked must be at least 2; got {n:g}. One answer shows no error.")
    if len({share.effective for share in shares}) > 1 or rest < -1e-9:
        raise ValueError(
            "sisters with one source must have one `asked` and not more holders than it; got others. "
            "Give another source to shares of another question, or of groups that overlap."
        )
    parts = np.append(points, max(rest, 0.0)) * (n - 1)
    gammas = np.where(parts > 1e-9, rng.gamma(np.maximum(parts, 1e-9), size=(replicates, len(parts))), 0.0)
    made = gammas / gammas.sum(axis=1, keepdims=True)
    return {node: made[:, i] for i, node in enumerate(sisters)}


def _read_tree(nodes: pd.DataFrame) -> _Tree:
    columns = ["node", "parent", "holders", "asked", "share", "error", "count", "source"]
    rows = nodes.reindex(columns=columns).to_dict("records")
    names = [str(row["node"]) for row in rows]
    parent = {str(row["node"]): str(row["parent"]) for row in rows if pd.notna(row["parent"])}
    if len(set(names)) < len(names) or len(parent) != len(names) - 1:
        raise ValueError("nodes must have one root (blank parent) and every node once; got others.")
    if not set(parent.values()) <= set(names):
        raise ValueError("parent must be a node of the table; got one that is not.")
    share = {str(row["node"]): _share(row) for row in rows if pd.notna(row["parent"])}
    count = {str(row["node"]): float(row["count"]) for row in rows if pd.notna(row["count"])}
    if not count or min(count.values()) <= 0:
        raise ValueError("count must be above 0 at one node or more; got none, or one of 0 or below.")
    if not set(count) <= set(parent):
        raise ValueError("count must stand below the root; got one at the root, which is the size itself.")
    tree = _Tree(parent, share, count, _sisters(rows))
    for node in count:
        _check_way(tree, node)
    return tree


def _share(row: Mapping[Hashable, Any]) -> Share:
    if pd.notna(row["asked"]) and pd.notna(row["holders"]):
        return counted_share(holders=int(row["holders"]), asked=int(row["asked"]))
    if pd.notna(row["share"]) and pd.notna(row["error"]):
        return share_from_error(point=float(row["share"]), error=float(row["error"]))
    raise ValueError("every branch must have holders and asked, or share and error; got one without.")


def _sisters(rows: Sequence[Mapping[Hashable, Any]]) -> list[list[str]]:
    groups: dict[tuple[object, ...], list[str]] = {}
    for row in rows:
        if pd.notna(row["parent"]):
            together = pd.notna(row["source"]) and pd.notna(row["asked"])
            key = (row["parent"], row["source"]) if together else (row["parent"], row["node"], "alone")
            groups.setdefault(key, []).append(str(row["node"]))
    return list(groups.values())


def _check_way(tree: _Tree, node: str) -> None:
    steps = [tree.share[step] for step in tree.way(node)]
    if any(step.point == 0 for step in steps):
        raise NoEstimateError(
            "every share on the way to a count must be above 0; got one of 0. Leave out that count.",
            lower=max(tree.count.values()),
        )


def _weights(logs: np.ndarray) -> np.ndarray:
    """Return weights that sum to 1, none below 0, with the smallest variance of the weighted log size."""
    covariance = np.atleast_2d(np.cov(logs, rowvar=False))
    kept = np.ones(len(covariance), dtype=bool)
    while True:
        part = covariance[np.ix_(kept, kept)]
        w = np.linalg.pinv(part, hermitian=True) @ np.ones(len(part))
        w = w / w.sum() if w.sum() > 0 else np.full(len(part), 1 / len(part))
        if (w >= -1e-12).all():
            break
        kept[np.flatnonzero(kept)[int(np.argmin(w))]] = False
    weights = np.zeros(len(covariance))
    weights[kept] = np.maximum(w, 0)
    return weights / weights.sum()


def _log_draws(shares: np.ndarray) -> np.ndarray:
    if (shares <= 0).any():
        raise NoEstimateError("shares must be above 0 in every draw; got draws of 0. Ask more people.")
    return np.asarray(np.log(shares))
