"""All decomposable graphs of a few lists, and how the probability of a history splits along each.

Lists are nodes; lists without a line between them do not depend on each other once the lists between are
known. A graph is decomposable (chordal) if its nodes can be taken away one by one, each with neighbours that
are all joined (Dirac GA. Abh Math Sem Hamburg 1961;25:71-76; Lauritzen SL. Graphical Models. Oxford 1996,
2.1.3). Then the probability is that of each node given the neighbours that it had when it was taken away:
margins of cliques over margins of separators.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np

__all__ = ["decomposable_graphs", "graph_text"]


@cache
def decomposable_graphs(lists: int) -> np.ndarray:
    """Return all decomposable graphs, as the powers of the margins of which each is made.

    Parameters
    ----------
    lists : int
        Number of lists; all graphs are tried, so it must be small: 2^10 for 5 lists.

    Returns
    -------
    numpy.ndarray of int, shape (graphs, 2^lists), read-only
        For each graph and each set of lists (bit i: list i): 1 for a clique, minus the number of times for a
        separator, else 0. Graphs with fewer lines stand first.

    Examples
    --------
    >>> [len(decomposable_graphs(lists)) for lists in (1, 2, 3, 4)]
    [1, 2, 8, 61]
    """
    pairs = list(combinations(range(lists), 2))
    powers = [
        split
        for lines in range(len(pairs) + 1)
        for joined in combinations(pairs, lines)
        if (split := _split(joined, lists)) is not None
    ]
    graphs = np.array(powers)
    graphs.setflags(write=False)
    return graphs


def graph_text(powers: np.ndarray, lists: tuple[str, ...]) -> str:
    """Return the cliques of a graph in brackets, as log-linear models are written.

    Examples
    --------
    >>> graph_text(decomposable_graphs(3)[1], ("clinic", "outreach", "prison"))
    '[clinic outreach][prison]'
    """
    cliques = [
        [name for i, name in enumerate(lists) if margin >> i & 1] for margin in np.flatnonzero(powers > 0)
    ]
    cliques.sort(key=lambda names: [lists.index(name) for name in names])
    return "".join(f"[{' '.join(names)}]" for names in cliques)


def _split(joined: tuple[tuple[int, int], ...], lists: int) -> np.ndarray | None:
    """Return the powers of the margins of a graph; None if it is not decomposable."""
    near = [0] * lists  # neighbours of each list, a bit for each
    for a, b in joined:
        near[a] |= 1 << b
        near[b] |= 1 << a
    powers, left = np.zeros(1 << lists, dtype=np.int64), (1 << lists) - 1
    while left:
        node = next((i for i in range(lists) if left >> i & 1 and _all_joined(near[i] & left, near)), None)
        if node is None:
            return None
        around = near[node] & left
        powers[around | 1 << node] += 1
        powers[around] -= 1  # a clique inside a larger one comes and goes
        left &= ~(1 << node)
    powers[0] = 0  # the margin of no list is 1
    return powers


def _all_joined(nodes: int, near: list[int]) -> bool:
    return all(nodes & ~(near[i] | 1 << i) == 0 for i in range(len(near)) if nodes >> i & 1)
