"""How people are spread over spots: size classes, share of spots that hold 80 % of people, Gini."""

import numpy as np
import pandas as pd

SIZE_CLASSES = (0, 5, 10, 20, 50, np.inf)
"""Limits of the size classes in people: under 5, 5 to 9, 10 to 19, 20 to 49, 50 and more. Ours."""

CLASS_NAMES = ("under 5", "5 to 9", "10 to 19", "20 to 49", "50 and more")


def gini(sizes: np.ndarray) -> float:
    """Return the Gini coefficient: 0 where all spots are alike, near 1 where one spot holds everybody.

    G = 2 sum(i x_i) / (n sum(x)) - (n + 1) / n for sizes in rising order (the usual sample form). 0 for
    no spots or no people.

    Examples
    --------
    >>> gini(np.array([1.0, 1.0, 1.0]))
    0.0
    """
    x = np.sort(np.asarray(sizes, dtype=float))
    if not x.sum() > 0:
        return 0.0
    n = len(x)
    return max(0.0, float(2 * np.sum(np.arange(1, n + 1) * x) / (n * x.sum()) - (n + 1) / n))


def spots_holding(sizes: np.ndarray, *, share: float = 0.8) -> int:
    """Return the smallest number of spots that together hold at least `share` of all people.

    Examples
    --------
    >>> spots_holding(np.array([8.0, 1.0, 1.0]))
    1
    """
    x = np.sort(np.asarray(sizes, dtype=float))[::-1]
    if not x.sum() > 0:
        return 0
    held = np.cumsum(x) / x.sum()
    return int(np.searchsorted(held, share - 1e-12) + 1)


def concentration_table(spots: pd.DataFrame) -> pd.DataFrame:
    """Return, by `kp`, `spots, people, spots_for_80, share_for_80, gini` over spots with people."""
    rows = []
    for kp, part in spots[spots["point"] > 0].groupby("kp", observed=True):
        sizes = part["point"].to_numpy()
        n = spots_holding(sizes)
        rows.append(
            {
                "kp": kp,
                "spots": len(sizes),
                "people": sizes.sum(),
                "spots_for_80": n,
                "share_for_80": n / len(sizes),
                "gini": gini(sizes),
            }
        )
    return pd.DataFrame(rows, columns=["kp", "spots", "people", "spots_for_80", "share_for_80", "gini"])


def size_class(sizes: np.ndarray) -> pd.Categorical:
    """Return the size class of each spot by its people."""
    return pd.cut(np.asarray(sizes, dtype=float), SIZE_CLASSES, right=False, labels=CLASS_NAMES)


def size_classes_table(spots: pd.DataFrame) -> pd.DataFrame:
    """Return `kp, size_class, spots, people` over spots with people; empty classes are shown as 0."""
    held = spots[spots["point"] > 0]
    classes = size_class(held["point"].to_numpy())
    frame = pd.DataFrame({"kp": held["kp"].astype(object), "size_class": classes, "people": held["point"]})
    grouped = frame.groupby(["kp", "size_class"], observed=False)["people"]
    return grouped.agg(spots="size", people="sum").reset_index()
