"""How much the answer moves with choices that no source decides."""

from itertools import product
from typing import Any

import pandas as pd

from pse.records.study import Study
from pse.spots.chain import estimate_study

CHOICES: dict[str, tuple[str, ...]] = {
    "pool": ("mean", "median", "widest"),
    "ratio": ("all", "active", "active_share", "mean"),
    "duplication": ("people", "shares", "none"),
}
"""The undecided choices: how informants are pooled, the form of R, and the source of D."""


def sensitivity_table(study: Study, **options: Any) -> pd.DataFrame:
    """Run the chain under every combination of the undecided choices.

    Parameters
    ----------
    study : Study
        Checked records.
    **options
        Options held fixed in all runs; naming one of `pool`, `ratio`, `duplication` keeps it fixed too.

    Returns
    -------
    pandas.DataFrame
        `kp, pool, ratio, duplication, point, lower, upper, chosen, change`: one row per KP and
        combination; `chosen` marks the combination that the study itself uses and `change` is the point
        over the chosen point - 1. A source of D that a KP did not record is left out.
    """
    base = estimate_study(study, **options)
    sources = base.duplication.drop_duplicates("kp").set_index("kp")["source"].to_dict()
    free = {name: (options[name],) if name in options else values for name, values in CHOICES.items()}
    parts = []
    for choice in product(*free.values()):
        named = dict(zip(free, choice, strict=True))
        run = estimate_study(study, **{**options, **named})
        used = run.duplication.drop_duplicates("kp").set_index("kp")["source"].to_dict()
        table = run.national[["kp", "point", "lower", "upper"]].assign(**named)
        table["duplication"] = table["kp"].map(used).fillna("none")
        parts.append(
            table[table["duplication"] == named["duplication"]] if "duplication" not in options else table
        )
    table = pd.concat(parts, ignore_index=True)
    chosen = (table["pool"] == base.options.pool) & (table["ratio"] == base.options.ratio)
    table["chosen"] = chosen & (table["duplication"] == table["kp"].map(sources).fillna("none"))
    table["change"] = table["point"] / table["kp"].map(base.national.set_index("kp")["point"]) - 1
    columns = ["kp", "pool", "ratio", "duplication", "point", "lower", "upper", "chosen", "change"]
    return table[columns].sort_values(["kp", "pool", "ratio", "duplication"], ignore_index=True)
