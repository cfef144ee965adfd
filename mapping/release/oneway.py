"""Small tables whose sum everybody knows: which rows are hidden with the sensitive ones."""

import numpy as np

from mapping.release.reader import Need, Reader
from mapping.release.suppress import UnprotectableError, suppress
from mapping.release.system import Row, assemble


def hidden_rows(amounts: np.ndarray, sensitive: np.ndarray, *, low: float, high: float) -> np.ndarray:
    """Return which rows of a table with a known sum are hidden: the sensitive ones and partners.

    Parameters
    ----------
    amounts : numpy.ndarray
        Numbers whose sum everybody knows, such as answers by age, or spots by size class.
    sensitive : numpy.ndarray of bool
        Rows that must not be found.
    low, high : float
        What a reader knows of each sensitive row, and what it must be able to be.

    Returns
    -------
    numpy.ndarray of bool
        All rows where no choice is safe.

    Examples
    --------
    >>> n, small = np.array([4.0, 30.0, 50.0]), np.array([True, False, False])
    >>> hidden_rows(n, small, low=0, high=10).tolist()
    [True, True, False]
    """
    if not sensitive.any():
        return np.zeros(len(amounts), dtype=bool)
    names = [f"row/{i}" for i in range(len(amounts))]
    rows = [Row(name, {(name, "point"): 1.0}, float(n)) for name, n in zip(names, amounts, strict=True)]
    rows.append(Row("", {(name, "point"): 1.0 for name in names}, float(amounts.sum())))
    system = assemble(rows, cost=lambda _, n: 1 + float(np.log10(1 + n)))
    where = [i for i, is_so in enumerate(sensitive) if is_so]
    known = dict.fromkeys(range(len(amounts)), (0.0, np.inf)) | dict.fromkeys(where, (low, high))
    needs = [Need(i, end, up) for i in where for end, up in ((low, False), (high, True))]
    try:
        hidden = suppress(Reader(system, known), needs, system.mask(names[i] for i in where))
    except UnprotectableError:
        return np.ones(len(amounts), dtype=bool)
    return hidden[1:]
