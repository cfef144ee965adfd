"""What is drawn about D: answers of people about their visits, or shares that interviews gave."""

import numpy as np
import pandas as pd

from pse.spots.bootstrap_block import PeopleFactor, ShareFactor
from pse.spots.duplication import Duplication, share_answers, visit_answers
from pse.spots.model_visits import Asked
from pse.spots.spread import within_squares
from pse.spots.sums import Sums
from pse.spots.units import Units

COLUMN = {"people": "spots_visited", "days": "days_per_week"}


def mean_error(*, variance: np.ndarray | float, asked: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the standard error of a spot's mean: sqrt(v (1 - n/E) / n).

    Parameters
    ----------
    variance : float
        v, variance of 1/M between the people of one spot, pooled over spots.
    asked, size : array
        n people asked out of the E at the spot; nobody is left to ask where n is E or more.

    Examples
    --------
    >>> float(mean_error(variance=0.08, asked=np.array([4]), size=np.array([8.0]))[0])
    0.1
    """
    left = np.maximum(1 - asked / np.maximum(size, asked), 0)
    return np.sqrt(variance * left / asked)


def drawn_factors(
    units: Units, level2: pd.DataFrame, people: pd.DataFrame, size: np.ndarray, found: Duplication
) -> tuple[tuple[PeopleFactor | ShareFactor, ...], list[str]]:
    """Return what is drawn about D for every KP, as its source in the chain has it, and notices.

    `size` is E at every unit before duplication, `found` the duplication of the chain.
    """
    parts: list[PeopleFactor | ShareFactor] = []
    notices: list[str] = []
    shares = share_answers(units, level2)
    sources = dict(zip(found.table["kp"], found.table["source"], strict=True))
    for code, kp in enumerate(units.kps):
        of_kp = (units.table["kp"].cat.codes == code).to_numpy()
        source = str(sources.get(kp, "none"))
        if source == "shares":
            some = _share_factors(units, shares, kp, of_kp, found)
            parts += some
            if all(np.ptp(part.share) == 0 and np.ptp(part.others) == 0 for part in some):
                notices.append(
                    f"{kp}: all interviews gave the same answer about other spots, or only one did, so the "
                    "interval holds no error of duplication."
                )
        elif source in COLUMN:
            answers = visit_answers(units, people, COLUMN[source])
            part, known = people_factor(units, answers, of_kp, size, found.factor)
            parts.append(part)
            if not known:
                notices.append(
                    f"{kp}: one person answered about visits, so the interval holds no error of duplication."
                )
            elif part.people.variance == 0 and (part.people.rows < part.people.size).any():
                notices.append(
                    f"{kp}: people of the same spot all gave the same answer about visits, so the interval "
                    "holds no error of duplication."
                )
    return tuple(parts), notices


def people_factor(
    units: Units, answers: pd.DataFrame, of_kp: np.ndarray, size: np.ndarray, factor: np.ndarray
) -> tuple[PeopleFactor, bool]:
    """Return D of one KP from people's answers, and whether their variance is known.

    v is pooled over spots with two or more answers; where no spot has two, it is that of all answers, which
    also holds differences between spots.
    """
    rows = answers[of_kp[answers["unit"]]]
    unit, weight = rows["unit"].to_numpy(), rows["weight"].to_numpy()
    asked, code = np.unique(unit, return_inverse=True)
    n = np.bincount(code)
    squares, df = within_squares(
        weight, code, np.zeros(len(asked), dtype=int), n_groups=len(asked), n_labels=1
    )
    v = squares[0] / df[0] if df[0] > 0 else (np.var(weight, ddof=1) if len(weight) > 1 else 0.0)
    free = int(df[0]) if df[0] > 0 else max(len(weight) - 1, 0)
    sd = mean_error(variance=v, asked=n, size=size[asked])
    sums, others, group = _neighbours(units, asked, size[asked], of_kp)
    place = units.table["municipality"].cat.codes.to_numpy(dtype=np.int64)
    people = Asked(n, float(v), free, size[asked], place[asked], size[others], place[others])
    part = PeopleFactor(asked, factor[asked], sd, sums, others, group, factor[others], people)
    return part, len(weight) > 1


def _neighbours(
    units: Units, asked: np.ndarray, size: np.ndarray, of_kp: np.ndarray
) -> tuple[Sums, np.ndarray, np.ndarray]:
    """Return sums over asked units by municipality and over the KP, and who takes the mean of which."""
    place = units.table["municipality"].cat.codes.to_numpy(dtype=np.int64)
    n_places = len(units.table["municipality"].cat.categories)
    rows = np.concatenate([place[asked], np.full(len(asked), n_places)])
    columns = np.tile(np.arange(len(asked)), 2)
    sums = Sums.of(np.tile(size, 2), rows, columns, rows=n_places + 1, columns=len(asked))
    others = np.setdiff1d(np.flatnonzero(of_kp), asked)
    has = np.bincount(place[asked], minlength=n_places) > 0
    group = np.where(has[place[others]], place[others], n_places)
    weighed = (sums @ np.ones(len(asked)))[group] > 0
    return sums, others[weighed], group[weighed]


def _share_factors(
    units: Units, answers: pd.DataFrame, kp: str, of_kp: np.ndarray, found: Duplication
) -> list[ShareFactor]:
    """Return a factor for each municipality with answers enough, and one for the rest of the KP."""
    rows = answers[of_kp[answers["unit"]]]
    place = units.table["municipality"].cat.codes.to_numpy(dtype=np.int64)
    table = found.table[found.table["kp"] == kp]
    rests = dict(zip(table["municipality"], table["rests_on"], strict=True))
    names = units.table["municipality"].cat.categories
    local = np.array([rests.get(name) == "municipality" for name in names], dtype=bool)
    parts = []
    for code in [*np.flatnonzero(local), -1]:
        of_rows = place[rows["unit"]] == code if code >= 0 else np.ones(len(rows), dtype=bool)
        of_units = np.flatnonzero(of_kp & ((place == code) if code >= 0 else ~local[place]))
        share = rows["share"].to_numpy()[of_rows]
        others = rows["others"].to_numpy()[of_rows]
        if len(of_units) and len(share):
            parts.append(ShareFactor(share, others, of_units, float(found.factor[of_units[0]])))
    return parts
