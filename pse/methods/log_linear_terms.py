"""Terms of hierarchical log-linear models: names, designs and the list of all models.

A term is a set of lists, held as a whole number whose bit j stands for list j; 0 is the intercept. A model is
hierarchical: with a term it holds all smaller ones, and it holds every list by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations

import numpy as np

from pse import checks

__all__ = ["Interactions", "hierarchical_models", "model_name", "model_terms", "term_design", "term_text"]

Interactions = str | Sequence[Sequence[str]]
MOST_MODELS = 50_000
NAMED_BY_DIGIT = 9


def model_terms(lists: Sequence[str], interactions: Interactions) -> tuple[int, ...]:
    """Return the terms of a hierarchical model, the intercept first, then by the number of lists in them.

    Parameters
    ----------
    lists : sequence of str
        Names of the lists.
    interactions : sequence of sequences of str, or str
        Sets of two or more lists that depend on each other; the sets inside them come along. Or the name of a
        model, such as ``"[12,3]"``: lists by number, up to nine.

    Raises
    ------
    ValueError
        If a set names an unknown list, a list twice, or only one list.

    Examples
    --------
    >>> model_terms(["a", "b", "c"], [("a", "b")])
    (0, 1, 2, 4, 3)
    >>> model_terms(["a", "b", "c"], "[12,3]") == model_terms(["a", "b", "c"], [("a", "b")])
    True
    """
    sets = (
        _read_name(interactions, len(lists))
        if isinstance(interactions, str)
        else [_places(lists, names) for names in interactions]
    )
    terms = {0, *(1 << j for j in range(len(lists)))}
    for places in sets:
        for size in range(2, len(places) + 1):
            terms |= {_mask(part) for part in combinations(places, size)}
    return _in_order(terms)


def _read_name(name: str, lists: int) -> list[tuple[int, ...]]:
    body = re.fullmatch(r"\[([1-9]+(?:,[1-9]+)*)\]", name.replace(" ", ""))
    parts = body[1].split(",") if body else []
    sets = [tuple(int(digit) - 1 for digit in part) for part in parts]
    if not sets or any(len(set(part)) < len(part) or max(part) >= lists for part in sets):
        raise ValueError(
            f"interactions must name lists 1 to {lists} as in '[12,3]'; got {name!r}. Or give sets of names, "
            "[] for independent lists."
        )
    return sets


def _places(lists: Sequence[str], names: Sequence[str]) -> tuple[int, ...]:
    known = not isinstance(names, str) and all(name in lists for name in names)
    if not known or len(set(names)) < max(2, len(names)):
        raise ValueError(
            f"interactions must be sets of two or more of the lists {', '.join(lists)}; got {names!r}. "
            "Write [('first', 'second')], with the names of your lists."
        )
    return tuple(list(lists).index(name) for name in names)


def _mask(places: Sequence[int]) -> int:
    return sum(1 << j for j in places)


@cache
def _members(term: int) -> tuple[int, ...]:
    return tuple(j for j in range(term.bit_length()) if term >> j & 1)


def _in_order(terms: set[int]) -> tuple[int, ...]:
    return tuple(sorted(terms, key=lambda term: (term.bit_count(), _members(term))))


def largest_terms(terms: Sequence[int]) -> tuple[int, ...]:
    """Return the terms of a hierarchical model that lie in no other of its terms: they name it.

    Examples
    --------
    >>> largest_terms((0, 1, 2, 4, 3))  # the lists 1 and 2 together, and list 3
    (3, 4)
    """
    held = set(terms)
    wide = range(max(terms).bit_length())
    top = [term for term in held if all(term >> j & 1 or term | 1 << j not in held for j in wide)]
    return tuple(sorted(top, key=lambda term: (-term.bit_count(), _members(term))))


def model_name(terms: Sequence[int], lists: int) -> str:
    """Return the name of a model: its largest terms, lists by number.

    Examples
    --------
    >>> model_name((0, 1, 2, 4, 3), lists=3)
    '[12,3]'
    """
    between = "" if lists <= NAMED_BY_DIGIT else "."
    return f"[{','.join(between.join(str(j + 1) for j in _members(term)) for term in largest_terms(terms))}]"


def term_text(term: int, lists: Sequence[str]) -> str:
    """Return a term by the names of its lists.

    Examples
    --------
    >>> term_text(5, ["clinic", "van", "bar"]), term_text(0, ["clinic"])
    ('clinic:bar', 'intercept')
    """
    return ":".join(lists[j] for j in _members(term)) or "intercept"


def interaction_text(terms: Sequence[int], lists: Sequence[str]) -> str:
    """Return the largest interactions of a model by the names of the lists.

    Examples
    --------
    >>> interaction_text((0, 1, 2, 3), ["clinic", "van"]), interaction_text((0, 1, 2), ["clinic", "van"])
    ('clinic:van', 'none')
    """
    top = [term for term in largest_terms(terms) if term.bit_count() > 1]
    return ", ".join(term_text(term, lists) for term in top) or "none"


def term_design(patterns: np.ndarray, terms: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return the design: 1 where a pattern holds all lists of a term, shape (patterns, terms).

    Examples
    --------
    >>> term_design(np.array([[0, 1], [1, 0], [1, 1]]), (0, 1, 2, 3)).astype(int).tolist()
    [[1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]]
    """
    held = patterns @ (1 << np.arange(patterns.shape[1]))
    wanted = np.asarray(terms, dtype=np.int64)
    return ((held[:, None] & wanted) == wanted).astype(float)


def hierarchical_models(lists: int, *, most_order: int) -> list[tuple[int, ...]]:
    """Return all hierarchical models, each as its terms, the model of independent lists first.

    Parameters
    ----------
    lists : int
        Number of lists, 2 to 9.
    most_order : int
        Most lists in one interaction: 1 for independent lists alone, at most one less than `lists` (the
        highest interaction of all lists can never be estimated: Fienberg 1972, Biometrika 59:591).

    Raises
    ------
    ValueError
        If there are more than 50,000 models; take a smaller `most_order`.

    Examples
    --------
    >>> [len(hierarchical_models(k, most_order=k - 1)) for k in (2, 3, 4, 5)]
    [1, 8, 113, 6893]
    """
    checks.count(lists=lists, at_least=2, at_most=NAMED_BY_DIGIT)
    checks.count(most_order=most_order, at_least=1, at_most=lists - 1)
    first = (0, *(1 << j for j in range(lists)))
    orders = [_parts_of_order(lists, order) for order in range(2, most_order + 1)]
    models: list[tuple[int, ...]] = []
    for more in _grow(orders, frozenset(first)):
        if len(models) == MOST_MODELS:
            raise ValueError(
                f"most_order must leave at most {MOST_MODELS:,} models of {lists} lists; got {most_order}. "
                "Use a smaller most_order."
            )
        models.append(first + more)
    return sorted(models, key=len)


def _parts_of_order(lists: int, order: int) -> dict[int, frozenset[int]]:
    """Return every term of so many lists with its parts of one list less."""
    masks = map(_mask, combinations(range(lists), order))
    return {term: frozenset(term & ~(1 << j) for j in _members(term)) for term in masks}


def _grow(orders: list[dict[int, frozenset[int]]], below: frozenset[int]) -> Iterator[tuple[int, ...]]:
    """Yield every set of interactions of these orders that the terms one order below allow."""
    if not orders:
        yield ()
        return
    allowed = [term for term, parts in orders[0].items() if parts <= below]
    for size in range(len(allowed) + 1):
        for chosen in combinations(allowed, size):
            for more in _grow(orders[1:], frozenset(chosen)) if chosen else ((),):
                yield chosen + more
