"""Which tables go out at a level, and in which shape, before any number is hidden.

At `public` and `programme` the waterfall and the corrections for duplication are national only: their factors
and running totals by municipality tie hidden numbers together by products, which no audit by sums covers.
So are nominations (table `unlisted`): a municipality's spots named once and twice times the people of a spot
are its people at unlisted spots. Those are printed in `components`, where the audit sees them.
Sizes of unmapped municipalities go out as one sum for each rate: a single one is no more than a printed rate
x adults. Ratios of people before duplication are printed with few decimals.
"""

import pandas as pd

from mapping.release.levels import Level
from pse.spots.results import StudyEstimates

END = ["point", "lower", "upper"]
FACTOR_DECIMALS = 3
UPLIFT_DECIMALS = 2
ASKED_FOR = ("unlisted", "attendance", "dual")
"""Tables that are empty where nothing was asked about them; then there is no file."""

FORMS = ("mean", "pooled")
"""Rates that are sums over municipalities; what other forms give away of single ones is not audited."""


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
    for name in ASKED_FOR:
        if name in tables and tables[name].empty:
            del tables[name]
    tables["national_steps"] = national_steps(sizes.steps)
    if level == "restricted":
        return tables
    tables["steps"] = tables.pop("national_steps")
    tables["extrapolated"] = extrapolated_sums(sizes.extrapolated)
    tables["duplication"] = national_duplication(sizes.steps, sizes.duplication)
    tables["days"] = tables["days"].assign(factor=tables["days"]["factor"].round(FACTOR_DECIMALS))
    tables["uplift"] = tables["uplift"].assign(uplift=tables["uplift"]["uplift"].round(UPLIFT_DECIMALS))
    if "unlisted" in tables:
        tables["unlisted"] = national_unlisted(tables["unlisted"])
    if "attendance" in tables:
        tables["attendance"] = week_over_day(tables["attendance"])
    return tables


def national_unlisted(unlisted: pd.DataFrame) -> pd.DataFrame:
    """Return nominations by `kp`: informants, spots named, once, twice and missed, new spots, people.

    Informants are counted once for each municipality in which spots of the KP are known.
    """
    counts = ["informants", "named", "once", "twice", "missed_spots", "new_spots", "people"]
    return unlisted.groupby("kp", as_index=False, observed=True)[counts].sum()


def week_over_day(attendance: pd.DataFrame) -> pd.DataFrame:
    """Return `kp, answers, factor` with bounds: people of a week over those of a day, in two decimals.

    The people themselves would be one more sum over municipalities, with weights that no audit knows.
    """
    factors = ["factor", "factor_lower", "factor_upper"]
    return attendance[["kp", "answers", *factors]].round(dict.fromkeys(factors, UPLIFT_DECIMALS))


def national_steps(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the waterfall of each KP for the mapped area: `kp, order, step, n, point, lower, upper`."""
    return steps.groupby(["kp", "order", "step"], as_index=False, observed=True)[["n", *END]].sum()


def extrapolated_sums(extrapolated: pd.DataFrame) -> pd.DataFrame:
    """Return `kp, form, municipalities, adults, denominator, rate` and people, for the unmapped area."""
    keys = ["kp", "form"]
    sums = {name: (name, "sum") for name in ["adults", *END]}
    firsts = {name: (name, "first") for name in ("denominator", "rate")}
    counts = {"municipalities": ("municipality", "nunique")}
    kept = extrapolated[extrapolated["form"].isin(FORMS)]
    found = kept.groupby(keys, as_index=False, observed=True, sort=False).agg(**counts, **sums, **firsts)
    return found[[*keys, "municipalities", "adults", "denominator", "rate", *END]]


def national_duplication(steps: pd.DataFrame, duplication: pd.DataFrame) -> pd.DataFrame:
    """Return `kp, source, factor`: people at spots after the correction over those before it."""
    people = steps.pivot_table(index="kp", columns="step", values="point", aggfunc="sum", observed=True)
    if "duplication" not in people:
        return pd.DataFrame(columns=["kp", "source", "factor"])
    factor = people["duplication"] / people["ratio"].where(people["ratio"] > 0)
    source = duplication.groupby("kp", observed=True)["source"].agg(
        lambda names: " ".join(sorted(set(names)))
    )
    found = pd.DataFrame({"source": source, "factor": factor}).reset_index(names="kp")
    return found.assign(factor=found["factor"].fillna(1.0).round(FACTOR_DECIMALS))


def duplication_weights(steps: pd.DataFrame) -> pd.DataFrame:
    """Return `municipality, kp, weight`: 1 / D, which a reader of the records could know."""
    factors = steps.loc[steps["step"].eq("duplication"), ["municipality", "kp", "factor"]]
    weight = 1 / factors["factor"].where(factors["factor"] > 0, 1.0)
    return factors.assign(weight=weight).drop(columns="factor").reset_index(drop=True)
