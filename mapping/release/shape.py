"""Which tables go out at a level, and in which shape, before any number is hidden.

At `public` and `programme` the waterfall is national only: its factors and running totals by municipality tie
hidden numbers together by products, which no audit by sums covers. Components and days by municipality do go
out, each row judged on its own, and the municipal totals stay shown where only a part of them is sensitive:
that shows most, because a total is what readers need most and a part is cheap to give up. Sizes of unmapped
municipalities go out as one sum for each rate: a single one is no more than a printed rate x adults.
"""

import numpy as np
import pandas as pd

from mapping.release.levels import Level
from pse.spots.options import DAYS
from pse.spots.results import StudyEstimates

END = ["point", "lower", "upper"]
STAMP = ["interval", "level", "method", "size_basis"]


def tables_at(sizes: StudyEstimates, level: Level, names: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """Return copies of the tables of one level, with every number.

    Parameters
    ----------
    sizes : pse.StudyEstimates
        The estimates.
    level : {"public", "programme", "restricted"}
        At `restricted` all tables are as they are.
    names : tuple of str
        Tables that may go out.
    """
    tables = {name: getattr(sizes, name).copy() for name in names if hasattr(sizes, name)}
    tables["national_components"] = national_components(sizes.components)
    if level == "restricted":
        return {**tables, "national_steps": national_steps(sizes.steps)}
    tables["steps"] = national_steps(sizes.steps)
    tables["extrapolated"] = extrapolated_sums(sizes.extrapolated)
    return tables


def national_steps(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the waterfall of each KP for the mapped area: `kp, order, step, point, lower, upper`."""
    return steps.groupby(["kp", "order", "step"], as_index=False, observed=True)[END].sum()


def national_components(components: pd.DataFrame) -> pd.DataFrame:
    """Return people by `kp, component, channel` in the mapped area."""
    keys = ["kp", "component", "channel"]
    stamp = {name: (name, "first") for name in STAMP if name in components}
    sums = {end: (end, "sum") for end in END}
    return components.groupby(keys, as_index=False, observed=True).agg(**sums, **stamp)


def extrapolated_sums(extrapolated: pd.DataFrame) -> pd.DataFrame:
    """Return `kp, form, municipalities, adults, denominator, rate` and people, for the unmapped area."""
    keys = ["kp", "form"]
    sums = {name: (name, "sum") for name in ["adults", *END]}
    firsts = {name: (name, "first") for name in ("denominator", "rate")}
    counts = {"municipalities": ("municipality", "nunique")}
    found = extrapolated.groupby(keys, as_index=False, observed=True, sort=False).agg(
        **counts, **sums, **firsts
    )
    return found[[*keys, "municipalities", "adults", "denominator", "rate", *END]]


def duplication_weights(sizes: StudyEstimates) -> pd.DataFrame:
    """Return 1 / D of every municipality x KP, for the numbers of people before duplication.

    Returns
    -------
    pandas.DataFrame
        `kp, municipality_size, number, table, municipality, item, weight`: `number` (`usual` or `weekend`,
        all municipalities) is the sum of weight x cell. KPs whose sums do not hold, as with sizes about the
        peak day, have no row.
    """
    steps = sizes.steps
    factors = steps.loc[steps["step"].eq("duplication"), ["municipality", "kp", "factor"]]
    factors = factors.assign(municipality=factors["municipality"].astype(str), municipality_size="all")
    one_over = 1 / factors["factor"].where(factors["factor"] > 0, 1.0)
    days = [day for day in DAYS if day in sizes.options.weekend]
    parts = [factors.assign(number="usual", table="part", item="spots/geographic", weight=one_over)]
    parts += [
        factors.assign(number="weekend", table="day", item=day, weight=one_over / len(days)) for day in days
    ]
    weights = pd.concat(parts, ignore_index=True).drop(columns="factor")
    return weights[_holds(weights, sizes)]


def _holds(weights: pd.DataFrame, sizes: StudyEstimates) -> np.ndarray:
    """Return the rows of `weights` whose sum is the number of the table of uplift."""
    spots = sizes.components[sizes.components["component"].eq("spots")]
    values = pd.concat(
        [spots.assign(item="spots/geographic"), sizes.municipality_days.rename(columns={"day": "item"})]
    )
    values = values.assign(municipality=values["municipality"].astype(str))
    found = weights.merge(values[["municipality", "kp", "item", "point"]], on=["municipality", "kp", "item"])
    sums = (found["weight"] * found["point"]).groupby([found["kp"], found["number"]]).sum()
    whole = sizes.uplift[sizes.uplift["municipality_size"].eq("all")].set_index("kp")
    numbers = [whole[number].get(kp, np.nan) for kp, number in sums.index]
    true = set(sums.index[np.isclose(sums, numbers, rtol=1e-6, atol=1e-6)])
    keys = zip(weights["kp"], weights["number"], strict=True)
    return np.array([key in true for key in keys], dtype=bool)
